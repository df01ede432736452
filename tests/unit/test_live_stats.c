/* Truth: counting by hand; the bounds are 1e-4 * 1.25^i. */
#include "live/stats.h"

#include <math.h>
#include <string.h>

#include "gwstest.h"

static void a_time_is_counted_in_the_bucket_that_ends_at_or_above_it(void **state)
{
    gws_live_times t = {0};

    gws_live_times_add(&t, 0);
    gws_live_times_add(&t, 1e-4);
    gws_live_times_add(&t, 1.1e-4);
    gws_live_times_add(&t, 1e9);
    assert_int_equal(t.n, 4);
    assert_int_equal(t.count[0], 2);
    assert_int_equal(t.count[1], 1);
    assert_int_equal(t.count[GWS_LIVE_BUCKETS - 1], 1);
    assert_true(t.most_s == 1e9);
    assert_true(isinf(gws_live_bound_s(GWS_LIVE_BUCKETS - 1)));
    assert_true(fabs(gws_live_bound_s(1) - 1.25e-4) < 1e-18);
    (void)state;
}

static void a_quantile_is_the_bound_of_its_bucket(void **state)
{
    gws_live_times t = {0};

    assert_true(isnan(gws_live_times_quantile(&t, 0.5)));
    for (int i = 0; i < 999; i++)
        gws_live_times_add(&t, 0.01);
    gws_live_times_add(&t, 3);
    const double median = gws_live_times_quantile(&t, 0.5);
    assert_true(median >= 0.01 && median <= 0.0125);
    assert_true(gws_live_times_quantile(&t, 0.999) == median);
    assert_true(gws_live_times_quantile(&t, 1) == 3);
    (void)state;
}

static void every_reason_has_a_word_of_its_own(void **state)
{
    for (int i = 0; i < GWS_LIVE_GAPS; i++) {
        assert_string_not_equal(gws_live_gap_name((gws_live_gap)i), "unknown");
        for (int k = 0; k < i; k++)
            assert_string_not_equal(gws_live_gap_name((gws_live_gap)i), gws_live_gap_name((gws_live_gap)k));
    }
    assert_string_equal(gws_live_gap_name((gws_live_gap)GWS_LIVE_GAPS), "unknown");
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_time_is_counted_in_the_bucket_that_ends_at_or_above_it),
        cmocka_unit_test(a_quantile_is_the_bound_of_its_bucket),
        cmocka_unit_test(every_reason_has_a_word_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
