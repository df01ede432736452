/* Truth: counting by hand; MLGWSC-1 section 1.4: k a month is the (k+1)-th loudest of a month's background. */
#include "search/far.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static float stat[] = {9, 7, 7, 7, 5, 4};

static void counts_at_or_above(void **state)
{
    gws_far f = {stat, 6, GWS_MONTH_S};

    assert_true(gws_far_per_month(&f, 9) == 1);
    assert_true(gws_far_per_month(&f, 8) == 1);
    assert_true(gws_far_per_month(&f, 7) == 4); /* ties count together */
    assert_true(gws_far_per_month(&f, 6.5) == 4);
    assert_true(gws_far_per_month(&f, 5) == 5);
    assert_true(gws_far_per_month(&f, 4) == 6);
    f.livetime_s = GWS_MONTH_S / 2;
    assert_true(gws_far_per_month(&f, 9) == 2);
}

static void no_value_where_nothing_was_measured(void **state)
{
    gws_far f = {stat, 6, GWS_MONTH_S}, none = {NULL, 0, GWS_MONTH_S}, notime = {stat, 6, 0};

    assert_true(isnan(gws_far_per_month(&f, nextafter(9, 10))));
    assert_true(isnan(gws_far_per_month(&f, nextafter(4, 3))));
    assert_true(isnan(gws_far_per_month(&f, (double)NAN)));
    assert_true(isnan(gws_far_per_month(&none, 5)));
    assert_true(isnan(gws_far_per_month(&notime, 5)));
    assert_true(isnan(gws_far_threshold(&none, 5)));
}

static void threshold_is_the_smallest_that_keeps_the_rate(void **state)
{
    gws_far f = {stat, 6, GWS_MONTH_S};

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
    gws_far f = {many, 500, 0.3 * GWS_MONTH_S};

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
        cmocka_unit_test(counts_at_or_above),
        cmocka_unit_test(no_value_where_nothing_was_measured),
        cmocka_unit_test(threshold_is_the_smallest_that_keeps_the_rate),
        cmocka_unit_test(threshold_and_rate_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
