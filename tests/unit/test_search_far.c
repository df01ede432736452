/* Truth: counting by hand, (n+1)/T as Usman et al. 2016 (1508.02357) have it; in MLGWSC-1's evaluate.py k a month is the (k+1)-th
 * loudest of a month's background. */
#include "search/far.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static float stat[] = {9, 7, 7, 7, 5, 4};

static void is(const gws_calibration *f, double at, gws_far_bound bound, double per_month)
{
    const gws_far_rate r = gws_far_at(f, at);

    assert_int_equal(r.bound, bound);
    assert_true(r.per_month == per_month || (isnan(per_month) && isnan(r.per_month)));
}

static void counts_those_at_or_above_and_one_more(void **state)
{
    gws_calibration f = {.stat = stat, .n = 6, .livetime_s = GWS_MONTH_S};

    is(&f, 9, GWS_FAR_COUNTED, 2);
    is(&f, 8, GWS_FAR_COUNTED, 2);
    is(&f, 7, GWS_FAR_COUNTED, 5); /* ties count together */
    is(&f, 6.5, GWS_FAR_COUNTED, 5);
    is(&f, 5, GWS_FAR_COUNTED, 6);
    is(&f, 4, GWS_FAR_COUNTED, 7);
    f.livetime_s = GWS_MONTH_S / 2;
    is(&f, 9, GWS_FAR_COUNTED, 4);
}

static void bounds_beyond_what_was_measured(void **state)
{
    gws_calibration f = {.stat = stat, .n = 6, .livetime_s = GWS_MONTH_S / 2};

    /* louder than all of T: at most 1/T; quieter than what was kept: at least what the quietest has */
    is(&f, nextafter(9, 10), GWS_FAR_BELOW, 2);
    is(&f, INFINITY, GWS_FAR_BELOW, 2);
    is(&f, nextafter(4, 3), GWS_FAR_ABOVE, 14);
    is(&f, -INFINITY, GWS_FAR_ABOVE, 14);
    /* a background that keeps all, or had none at all */
    f.complete = 1;
    is(&f, nextafter(9, 10), GWS_FAR_BELOW, 2);
    is(&f, -1, GWS_FAR_COUNTED, 14);
    f.n = 0;
    is(&f, -1, GWS_FAR_BELOW, 2);
}

static void a_rate_never_falls_with_a_quieter_trigger(void **state)
{
    gws_calibration f = {.stat = stat, .n = 6, .livetime_s = 3 * GWS_MONTH_S};
    double last = 0;

    for (double at = 10; at > 3; at -= 0.125) {
        const gws_far_rate r = gws_far_at(&f, at);
        assert_true(r.per_month >= last);
        last = r.per_month;
    }
}

static void no_value_where_nothing_was_measured(void **state)
{
    gws_calibration f = {.stat = stat, .n = 6, .livetime_s = GWS_MONTH_S}, none = {.livetime_s = GWS_MONTH_S},
                    notime = {.stat = stat, .n = 6, .livetime_s = 0, .complete = 1};

    is(&f, (double)NAN, GWS_FAR_NONE, (double)NAN);
    is(&none, 5, GWS_FAR_NONE, (double)NAN);
    is(&notime, 5, GWS_FAR_NONE, (double)NAN);
    assert_true(isnan(gws_far_threshold(&none, 5)));
}

static void threshold_is_the_smallest_that_keeps_the_rate(void **state)
{
    gws_calibration f = {.stat = stat, .n = 6, .livetime_s = GWS_MONTH_S};

    assert_true(isnan(gws_far_threshold(&f, 0.99))); /* below 1/T: not resolved */
    assert_true(gws_far_threshold(&f, 1) == 7);
    assert_true(gws_far_threshold(&f, 3) == 7);
    assert_true(gws_far_threshold(&f, 3.99) == 7);
    assert_true(gws_far_threshold(&f, 4) == 5);
    assert_true(gws_far_threshold(&f, 5) == 4);
    assert_true(isnan(gws_far_threshold(&f, 6))); /* needs to know what was not kept */
    assert_true(isnan(gws_far_threshold(&f, -1)));
    assert_true(isnan(gws_far_threshold(&f, (double)NAN)));
}

static void threshold_and_rate_agree(void **state)
{
    float many[500];
    gws_calibration f = {.stat = many, .n = 500, .livetime_s = 0.3 * GWS_MONTH_S};

    for (int i = 0; i < 500; i++)
        many[i] = (float)(500 - i) / 16;
    for (int k = 1; k < 499; k++) {
        double x = gws_far_threshold(&f, k / 0.3);
        int64_t above = 0;
        for (int i = 0; i < 500; i++)
            above += (double)many[i] > x;
        assert_int_equal(above, k);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(counts_those_at_or_above_and_one_more),         cmocka_unit_test(bounds_beyond_what_was_measured),
        cmocka_unit_test(a_rate_never_falls_with_a_quieter_trigger),     cmocka_unit_test(no_value_where_nothing_was_measured),
        cmocka_unit_test(threshold_is_the_smallest_that_keeps_the_rate), cmocka_unit_test(threshold_and_rate_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
