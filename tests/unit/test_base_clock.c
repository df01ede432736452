/* Clock: truth is exact integer arithmetic (identity). */
#include "gwstest.h"

#include "base/clock.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void month_has_no_drift(void **state)
{
    /* one row a second of a 30-day run at the latent rate, against 128-bit arithmetic */
    const int64_t rate_hz = 16384, hop = 256, row0 = INT64_C(1253977218) * 64;
    for (int64_t row = row0; row < row0 + INT64_C(30) * 86400 * 64; row += 63) {
        const __int128 exact = (__int128)row * hop * GWS_NS;
        if (gws_ns_of_sample(row * hop, (int32_t)rate_hz) != (int64_t)((2 * exact + rate_hz) / (2 * rate_hz)))
            fail_msg("row %lld", (long long)row);
    }
    assert_true(gws_ns_of_sample((row0 + INT64_C(30) * 86400 * 64) * hop, (int32_t)rate_hz) ==
                (INT64_C(1253977218) + 30 * 86400) * GWS_NS);
    assert_true(gws_s_of_ns(gws_ns_of_sample((row0 + 32) * hop, (int32_t)rate_hz)) == 1253977218.5);
}

static void samples_and_times_invert(void **state)
{
    static const int32_t rates[] = {1, 64, 1000, 2048, 4096, 16384};
    for (int r = 0; r < 6; r++)
        for (int64_t k = -5000; k < 5000; k++)
            for (int far = 0; far < 2; far++) {
                int64_t s = k * 7 + far * INT64_C(1126259462) * rates[r];
                assert_true(gws_sample_of_ns(gws_ns_of_sample(s, rates[r]), rates[r]) == s);
            }
}

static void rounding_is_to_nearest(void **state)
{
    /* 1/2048 s is 488281.25 ns, 3/2048 is 1464843.75 */
    assert_true(gws_ns_of_sample(1, 2048) == 488281);
    assert_true(gws_ns_of_sample(3, 2048) == 1464844);
    assert_true(gws_ns_of_sample(-1, 2048) == -488281);
    assert_true(gws_sample_of_ns(244140, 2048) == 0);
    assert_true(gws_sample_of_ns(244141, 2048) == 1);
    assert_true(gws_sample_of_ns(-244141, 2048) == -1);
}

static void a_time_in_a_double_stays(void **state)
{
    (void)state;
    /* seconds and ns in one double are the double nearest to them: what a decimal number in source code is */
    assert_true(gws_s_of_ns(INT64_C(1239000088448857302)) == 1239000088.448857302);
    assert_true(fabs(gws_s_of_ns(-1) + 1e-9) < 1e-16 && gws_s_of_ns(-INT64_C(1500000000)) == -1.5);
    assert_true(gws_ns_of_s(-0.25) == -250000000 && gws_ns_of_s(1e-9) == 1 && gws_ns_of_s(0.6e-9) == 1);
    for (int64_t k = 0; k < 100000; k++) {
        int64_t t = INT64_C(1239000000) * GWS_NS + k * INT64_C(6000000007);
        double s = gws_s_of_ns(t);
        int64_t once = gws_ns_of_s(s);
        assert_true(llabs(once - t) <= 120); /* half of what separates two doubles there, and a rounding */
        assert_true(gws_s_of_ns(once) == s);
    }
}

static void negative_rows_and_blocks(void **state)
{
    assert_true(gws_floor_div(-1, 256) == -1 && gws_floor_div(-256, 256) == -1 && gws_floor_div(-257, 256) == -2);
    assert_true(gws_floor_div(255, 256) == 0 && gws_floor_div(256, 256) == 1);
    assert_true(gws_ns_of_sample(-32 * 64, 2048) == -GWS_NS && gws_ns_of_sample(-1, 1) == -GWS_NS);
}

/* The seconds around 2016's end and GW150914 as ERFA's and LAL's clocks have them. */
static void utc_has_its_leap_seconds(void **state)
{
    const struct {
        int64_t gps_ns;
        int digits;
        const char *gps, *utc;
    } known[] = {
        {0, 0, "0", "1980-01-06 00:00:00"},
        {INT64_C(1126259462421500000), 3, "1126259462.422", "2015-09-14 09:50:45.422"},
        {INT64_C(1126259462421499999), 3, "1126259462.421", "2015-09-14 09:50:45.421"},
        {INT64_C(1126259462999999999), 6, "1126259463.000000", "2015-09-14 09:50:46.000000"},
        {INT64_C(1126259462000000001), 9, "1126259462.000000001", "2015-09-14 09:50:45.000000001"},
        {INT64_C(1167264016999400000), 3, "1167264016.999", "2016-12-31 23:59:59.999"},
        {INT64_C(1167264016999600000), 3, "1167264017.000", "2016-12-31 23:59:60.000"},
        {INT64_C(1167264017000000000), 0, "1167264017", "2016-12-31 23:59:60"},
        {INT64_C(1167264017999000000), 3, "1167264017.999", "2016-12-31 23:59:60.999"},
        {INT64_C(1167264018000000000), 3, "1167264018.000", "2017-01-01 00:00:00.000"},
        {INT64_C(46828800000000000), 0, "46828800", "1981-06-30 23:59:60"},
        {INT64_C(-1500000000), 3, "-1.500", "1980-01-05 23:59:58.500"},
    };
    char text[32];
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        gws_gps_text(known[i].gps_ns, known[i].digits, text);
        assert_string_equal(text, known[i].gps);
        gws_utc_text(known[i].gps_ns, known[i].digits, text);
        assert_string_equal(text, known[i].utc);
    }
    assert_int_equal(gws_leap_seconds(1167264017), 17);
    assert_int_equal(gws_leap_seconds(1167264018), 18);
    assert_int_equal(gws_leap_seconds(46828800), 0);
    assert_int_equal(gws_leap_seconds(46828801), 1); /* IERS Bulletin C */
    assert_int_equal(gws_leap_seconds(820108813), 13);
    assert_int_equal(gws_leap_seconds(820108814), 14);
    assert_int_equal(gws_leap_seconds(INT64_MIN), 0);
    assert_int_equal(gws_leap_seconds(INT64_MAX), gws_leap_seconds(4000000000));
    /* No second but a leap second is the sixtieth, and none is told twice. */
    char before[32] = "";
    for (int64_t s = 1167263900; s < 1167264100; s++) {
        gws_utc_text(s * GWS_NS, 0, text);
        assert_true(strcmp(text, before) > 0);
        assert_int_equal(strstr(text, ":60") != NULL, s == 1167264017);
        memcpy(before, text, sizeof before);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(month_has_no_drift),       cmocka_unit_test(a_time_in_a_double_stays),
        cmocka_unit_test(samples_and_times_invert), cmocka_unit_test(rounding_is_to_nearest),
        cmocka_unit_test(negative_rows_and_blocks), cmocka_unit_test(utc_has_its_leap_seconds),
    };
    return GWS_RUN_TESTS(tests);
}
