/* Truth: closed forms.  The foreground's density integrates to R V(rho); an exponential list has its own slope; p = S/(S+N).  And counting:
 * of drawn triggers to which p was given the share of signals is p. */
#include "gwstest.h"

#include "base/rng.h"
#include "search/far.h"
#include "search/p_astro.h"

#include <math.h>
#include <stdlib.h>

#define REACH 20000.0 /* of two detectors, at 1 Mpc */
#define NOISE2 8      /* that noise adds to the square of the SNR of two detectors */

static gws_p_astro at(double snr, gws_far_bound bound, double per_month, double slope)
{
    gws_p_astro_params p = gws_p_astro_defaults();
    p.slope = slope;
    return gws_p_astro_at(&p, &(gws_p_astro_trigger){.far = {bound, per_month, 0}, .snr = snr, .reach = REACH, .detectors = 2});
}

static double rate_above(double snr)
{
    const double radius_gpc = REACH / snr / 2.2648 * 1e-3;
    return 25 * 4.0 / 3 * M_PI * pow(radius_gpc, 3);
}

static void foreground_integrates_to_rate_times_volume(void **state)
{
    /* Midpoints in u = 1/rho_0, d rho = rho_0/rho d rho_0: exact to the square of the step. */
    double sum = 0;
    const int n = 2000;
    const double from = 9.5, step = 1 / from / n;
    for (int i = 0; i < n; i++) {
        const double own = 1 / ((i + 0.5) * step), rho = sqrt(own * own + NOISE2);
        sum += at(rho, GWS_FAR_COUNTED, 1, 0.5).foreground_yr * own / rho * own * own * step;
    }
    assert_true(fabs(sum / rate_above(from) - 1) < 1e-6);
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
    assert_int_equal(at(8, GWS_FAR_FITTED, 1, 0.7).bound, GWS_FAR_FITTED);
}

static void beyond_the_background_p_is_that_of_its_end(void **state)
{
    gws_p_astro_params p = gws_p_astro_defaults();
    p.slope = 1;
    gws_p_astro_trigger t = {.far = {GWS_FAR_BELOW, 1, 0}, .beyond = 0, .snr = 9, .reach = REACH, .detectors = 2};
    const double end = gws_p_astro_at(&p, &t).p;
    for (; t.snr < 100; t.snr *= 1.5) {
        t.beyond = (t.snr * t.snr - 81) / 2;
        assert_true(fabs(gws_p_astro_at(&p, &t).p - end) < 1e-12);
    }
    t.beyond = (double)NAN; /* not known: its own SNR, as within the background */
    const double own = gws_p_astro_at(&p, &t).p;
    t.far.bound = GWS_FAR_COUNTED;
    t.beyond = 10;
    assert_true(gws_p_astro_at(&p, &t).p == own && own < end);
    t.far.bound = GWS_FAR_BELOW;
    t.beyond = 1e6; /* more than its SNR allows: no lower than where something is claimed */
    const double most = gws_p_astro_at(&p, &t).p;
    t.beyond = 0;
    t.snr = p.snr_min;
    assert_true(fabs(gws_p_astro_at(&p, &t).p - most) < 1e-12);
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

/* ---- counting ---- */

#define YEARS 400.0
#define ABOVE 24.0   /* statistic rho^2/2 of what is drawn */
#define PER_YR 350.0 /* of noise above it */
#define FAINTEST 3.8 /* SNR of a source that is drawn */
#define DRAWN_SLOPE 0.95
#define BINS 5

typedef struct tally {
    double promised[BINS];
    int all[BINS], signals[BINS];
} tally;

/* SNR at 1 Mpc, face on and overhead: a power law as inspirals have it, of masses of 10 to 50 Msun. */
static double draw_reach(gws_rng *r)
{
    const double m1 = gws_rng_range(r, 10, 50), m2 = gws_rng_range(r, 10, 50);
    const double mchirp = pow(m1 * m2, 0.6) / pow(m1 + m2, 0.2);
    return 1000 * pow(mchirp, 5.0 / 6);
}

/* The share of that SNR that a direction, polarization and inclination leave. */
static double draw_orientation(gws_rng *r)
{
    const double z = gws_rng_range(r, -1, 1), phi = gws_rng_range(r, 0, 2 * M_PI), psi = gws_rng_range(r, 0, M_PI);
    const double c = gws_rng_range(r, -1, 1), a = 0.5 * (1 + z * z) * cos(2 * phi), b = z * sin(2 * phi);
    const double plus = a * cos(2 * psi) - b * sin(2 * psi), cross = a * sin(2 * psi) + b * cos(2 * psi);
    return hypot(plus * 0.5 * (1 + c * c), cross * c);
}

/* What is measured of a source: noise in its amplitude, and what the other three numbers that are fitted take from noise. */
static double measure(gws_rng *r, double own)
{
    double sum = own + gws_rng_normal(r);
    sum *= sum;
    for (int i = 0; i < 3; i++) {
        const double x = gws_rng_normal(r);
        sum += x * x;
    }
    return sqrt(sum);
}

static void count(tally *t, const gws_p_astro_params *params, const gws_calibration *background, double rho, double reach,
                  int signal)
{
    const double x = rho * rho / 2;
    const gws_p_astro_trigger trigger = {
        .far = gws_far_at(background, x), .beyond = x - (double)background->stat[0], .snr = rho, .reach = reach, .detectors = 2};
    const gws_p_astro a = gws_p_astro_at(params, &trigger);
    assert_true(a.p >= 0 && a.p <= 1);
    const int k = a.p < 1 ? (int)(BINS * a.p) : BINS - 1;
    t->promised[k] += a.p;
    t->all[k]++;
    t->signals[k] += signal;
}

static void of_triggers_with_p_a_share_of_p_are_signals(void **state)
{
    const int n_noise = (int)(YEARS * PER_YR);
    gws_rng r = gws_rng_init(1, "p_astro", 0);
    gws_calibration background = {
        .stat = malloc((size_t)n_noise * sizeof(float)), .n = n_noise, .livetime_s = YEARS * GWS_YEAR_S, .complete = 1};
    gws_p_astro_params params = gws_p_astro_defaults();
    tally t = {{0}, {0}, {0}};
    double sum3 = 0, most = 0;
    assert_non_null(background.stat);
    for (int i = 0; i < n_noise; i++)
        background.stat[i] = (float)(ABOVE - log(gws_rng_uniform(&r)) / DRAWN_SLOPE);
    gws_calibration_sort(&background);
    params.slope = gws_p_astro_slope(&background, 20000, NULL);
    for (int i = 0; i < 100000; i++) {
        const double s = draw_reach(&r);
        sum3 += s * s * s / 100000;
        most = s > most ? s : most;
    }
    const double reach = cbrt(sum3), far_gpc = most / FAINTEST / 1000;
    for (int i = 0; i < n_noise; i++)
        count(&t, &params, &background, sqrt(2 * (ABOVE - log(gws_rng_uniform(&r)) / DRAWN_SLOPE)), reach, 0);
    const int n_sources = (int)(YEARS * params.rate_gpc3_yr * 4 / 3 * M_PI * far_gpc * far_gpc * far_gpc);
    for (int i = 0; i < n_sources; i++) {
        const double overhead = draw_reach(&r) / (1000 * far_gpc * cbrt(gws_rng_uniform(&r)));
        const double own = overhead > FAINTEST ? overhead * draw_orientation(&r) : 0;
        const double rho = own > FAINTEST ? measure(&r, own) : 0;
        if (rho * rho / 2 > ABOVE)
            count(&t, &params, &background, rho, reach, 1);
    }
    for (int k = 0; k < BINS; k++) {
        const double p = t.promised[k] / t.all[k], share = (double)t.signals[k] / t.all[k];
        printf("p %.3f, signals %.3f of %d\n", p, share, t.all[k]);
        assert_true(t.all[k] > 2000);
        assert_true(fabs(share - p) <
                    0.01 + 3 * sqrt(p * (1 - p) / t.all[k])); /* 0.01: the slope's error, 2.2648 and what the background counts */
    }
    free(background.stat);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(foreground_integrates_to_rate_times_volume),
        cmocka_unit_test(background_is_the_slope_of_the_rate),
        cmocka_unit_test(beyond_the_background_p_is_that_of_its_end),
        cmocka_unit_test(bounds_turn_round_and_what_is_not_known_is_not_claimed),
        cmocka_unit_test(slope_of_an_exponential_list_is_its_own),
        cmocka_unit_test(of_triggers_with_p_a_share_of_p_are_signals),
    };
    return GWS_RUN_TESTS(tests);
}
