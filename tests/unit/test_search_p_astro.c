/* Truth: closed forms.  The foreground's density integrates to R V(rho); an exponential list has its own slope; p = S/(S+N). */
#include "gwstest.h"

#include "search/far.h"
#include "search/p_astro.h"

#include <math.h>

#define SIGMA 20000.0 /* GW150914's two detectors at 1 Mpc, about */

static gws_p_astro at(double snr, gws_far_bound bound, double per_month, double slope)
{
    gws_p_astro_params p = gws_p_astro_defaults();
    p.slope = slope;
    return gws_p_astro_at(&p, &(gws_p_astro_trigger){.far = {bound, per_month, 0}, .snr = snr, .sigma_at_1mpc = SIGMA});
}

static double rate_above(double snr)
{
    const double radius_gpc = SIGMA / snr / 2.2648 * 1e-3;
    return 25 * 4.0 / 3 * M_PI * pow(radius_gpc, 3);
}

static void foreground_integrates_to_rate_times_volume(void **state)
{
    /* Midpoints in 1/rho, in which rho^-4 d rho is u^2 du: exact to the square of the step. */
    double sum = 0;
    const int n = 2000;
    const double from = 9.5, step = 1 / from / n;
    for (int i = 0; i < n; i++) {
        const double u = (i + 0.5) * step, rho = 1 / u;
        sum += at(rho, GWS_FAR_COUNTED, 1, 0.5).foreground_yr * rho * rho * step;
    }
    assert_true(fabs(sum / rate_above(from) - 1) < 1e-6);
    const double ratio = at(20, GWS_FAR_COUNTED, 1, 0.5).foreground_yr / at(10, GWS_FAR_COUNTED, 1, 0.5).foreground_yr;
    assert_true(fabs(ratio - 1.0 / 16) < 1e-12);
}

static void background_is_the_slope_of_the_rate(void **state)
{
    /* F(x) = 3 exp(-alpha x) a month; x = rho^2/2 + c: N = -dF/d rho a year */
    const double alpha = 0.7, rho = 9, h = 1e-4;
    const double above = 3 * exp(-alpha * (rho + h) * (rho + h) / 2), below = 3 * exp(-alpha * (rho - h) * (rho - h) / 2);
    const double density_yr = (below - above) / (2 * h) * GWS_YEAR_S / GWS_MONTH_S;
    const gws_p_astro p = at(rho, GWS_FAR_COUNTED, 3 * exp(-alpha * rho * rho / 2), alpha);
    assert_true(fabs(p.background_yr / density_yr - 1) < 1e-5);
    assert_true(fabs(p.p - p.foreground_yr / (p.foreground_yr + density_yr)) < 1e-6);

    gws_p_astro_params snr = gws_p_astro_defaults(); /* where the statistic is an SNR, N = alpha F */
    snr.slope = 6;
    snr.statistic_is_snr = 1;
    const gws_p_astro q =
        gws_p_astro_at(&snr, &(gws_p_astro_trigger){.far = {GWS_FAR_FITTED, 1, 0}, .snr = 8, .sigma_at_1mpc = SIGMA});
    assert_true(fabs(q.background_yr / (6 * GWS_YEAR_S / GWS_MONTH_S) - 1) < 1e-12);
    assert_int_equal(q.bound, GWS_FAR_FITTED);
}

static void bounds_turn_round_and_what_is_not_known_is_not_claimed(void **state)
{
    assert_int_equal(at(10, GWS_FAR_BELOW, 1e-3, 1).bound, GWS_FAR_ABOVE);
    assert_int_equal(at(10, GWS_FAR_ABOVE, 1e3, 1).bound, GWS_FAR_BELOW);
    assert_true(at(10, GWS_FAR_COUNTED, 1e-3, 1).p > at(10, GWS_FAR_COUNTED, 1, 1).p);
    assert_true(at(10, GWS_FAR_COUNTED, 0, 1).p == 1);
    const gws_p_astro none[] = {at(10, GWS_FAR_NONE, (double)NAN, 1),
                                at(10, GWS_FAR_COUNTED, (double)INFINITY, 1),
                                at(10, GWS_FAR_COUNTED, 1, (double)NAN),
                                at(10, GWS_FAR_COUNTED, 1, 0),
                                at(5.9, GWS_FAR_COUNTED, 1, 1),
                                at((double)NAN, GWS_FAR_COUNTED, 1, 1),
                                at((double)INFINITY, GWS_FAR_COUNTED, 1, 1)};
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        assert_int_equal(none[i].bound, GWS_FAR_NONE);
        assert_true(isnan(none[i].p));
    }
}

static void slope_of_an_exponential_list_is_its_own(void **state)
{
    /* Quantiles of exp(-x/2): the mean above the lowest is 2 to 1/n of it. */
    static float stat[4000];
    const int n = 4000;
    for (int i = 0; i < n; i++)
        stat[i] = 5 + (float)(-2 * log((i + 0.5) / n));
    gws_calibration b = {.stat = stat, .n = n, .livetime_s = 1e6};
    double sigma;
    const double slope = gws_p_astro_slope(&b, n, &sigma);
    assert_true(fabs(slope - 0.5) < 0.005);
    assert_true(fabs(sigma / slope - 1 / sqrt(n)) < 1e-12);
    assert_true(fabs(gws_p_astro_slope(&b, 1000, NULL) - 0.5) < 0.01); /* an exponential's tail is the same */
    assert_true(gws_p_astro_slope(&b, 1000000, NULL) == slope);
    b.n = 9;
    assert_true(isnan(gws_p_astro_slope(&b, 100, &sigma)) && isnan(sigma));
    static float same[20];
    assert_true(isnan(gws_p_astro_slope(&(gws_calibration){.stat = same, .n = 20}, 20, NULL)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(foreground_integrates_to_rate_times_volume),
        cmocka_unit_test(background_is_the_slope_of_the_rate),
        cmocka_unit_test(bounds_turn_round_and_what_is_not_known_is_not_claimed),
        cmocka_unit_test(slope_of_an_exponential_list_is_its_own),
    };
    return GWS_RUN_TESTS(tests);
}
