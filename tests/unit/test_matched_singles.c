/* The matched filter in Gaussian noise.  Truth: theory.  Complex SNR has unit variance in each part, so its modulus is distributed as
 * Rayleigh without a signal and as Rice about the optimal SNR with one (Maggiore, Gravitational Waves, chapter 7); chi-squared of a
 * signal that the template matches as chi-squared of 2p - 2 degrees of freedom (Allen 2005, gr-qc/0405045).  Distributions are compared
 * by Kolmogorov and Smirnov's test with fixed seeds; noise and signals are sim/simulate's.  Seconds. */
#include "gwstest.h"

#include "base/arena.h"
#include "base/clock.h"
#include "dsp/fft.h"
#include "gw/named_psd.h"
#include "sim/simulate.h"
#include "gw/antenna.h"
#include "matched/filter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RATE 2048
#define N (32 * RATE)
#define BINS (N / 2 + 1)
#define SKIP (6 * RATE) /* what the stretch's ends spoil */
#define P 16

static gws_fft *fft;
static double *x, *inverse;
static double complex *data, *hp, *hc;

/* One over the PSD of the noise that simulate makes, as it is known. */
static int setup(void **state)
{
    gws_sim_params p = gws_sim_defaults();
    gws_psd psd;
    fft = gws_fft_create(N, NULL);
    x = gws_arena_alloc(N * sizeof *x);
    inverse = gws_arena_alloc(BINS * sizeof *inverse);
    data = gws_arena_alloc(BINS * sizeof *data);
    hp = gws_arena_alloc(BINS * sizeof *hp);
    hc = gws_arena_alloc(BINS * sizeof *hc);
    if (gws_psd_by_name(p.psd, (double)RATE / N, BINS, 0, &psd, NULL) != GWS_OK)
        return 1;
    for (int k = 1; k < BINS; k++)
        inverse[k] = 1 / psd.data[k];
    gws_psd_clear(&psd);
    return 0;
}

static int teardown(void **state)
{
    gws_fft_destroy(fft);
    gws_arena_free(x);
    gws_arena_free(inverse);
    gws_arena_free(data);
    gws_arena_free(hp);
    gws_arena_free(hc);
    return 0;
}

/* x to its spectrum over the PSD, its ends tapered. */
static void weigh(void)
{
    for (int i = 0; i < RATE; i++) {
        double rise = 0.5 - 0.5 * cos(M_PI * i / RATE);
        x[i] *= rise;
        x[N - 1 - i] *= rise;
    }
    gws_fft_forward(fft, x, (double *)data);
    for (int k = 0; k < BINS; k++)
        data[k] *= inverse[k] / RATE;
}

static int ascending(const void *a, const void *b)
{
    double u = *(const double *)a, v = *(const double *)b;
    return u < v ? -1 : u > v;
}

/* Kolmogorov's statistic sqrt(n) D of values that should be uniform on (0,1); beyond 1.95 chance is 1e-3. */
static double kolmogorov(double *u, int n)
{
    double d = 0;
    qsort(u, (size_t)n, sizeof *u, ascending);
    for (int i = 0; i < n; i++)
        d = fmax(d, fmax(u[i] - (double)i / n, (double)(i + 1) / n - u[i]));
    return d * sqrt(n);
}

/* exp(-z) I0(z), from the integral that defines it. */
static double bessel_scaled(double z)
{
    double sum = 0;
    for (int i = 0; i < 256; i++)
        sum += exp(z * (cos(M_PI * (i + 0.5) / 256) - 1));
    return sum / 256;
}

/* Rice's distribution function, by Simpson's rule. */
static double rice(double r, double a)
{
    enum { STEPS = 400 };
    double from = fmax(0, a - 9), h = (r - from) / STEPS, sum = 0;
    if (r <= from)
        return 0;
    for (int i = 0; i <= STEPS; i++) {
        double t = from + i * h, f = t * exp(-0.5 * (t - a) * (t - a)) * bessel_scaled(a * t);
        sum += f * (i == 0 || i == STEPS ? 1 : i % 2 ? 4 : 2);
    }
    return sum * h / 3;
}

/* Distribution function of chi-squared with 2m degrees of freedom: a finite sum. */
static double chisq_cdf(double c, int m)
{
    double term = 1, sum = 0;
    for (int i = 0; i < m; i++) {
        sum += term;
        term *= 0.5 * c / (i + 1);
    }
    return 1 - exp(-0.5 * c) * sum;
}

static void distribution_functions(void **state)
{
    /* scipy 1.16: chi2.cdf(30, 30), rice.cdf(20.3, 20), rice.cdf(6, 7.5) */
    assert_true(fabs(chisq_cdf(30, 15) - 0.534346291) < 1e-8);
    assert_true(fabs(rice(1.5, 0) - (1 - exp(-1.125))) < 1e-9);
    assert_true(fabs(rice(20.3, 20) - 0.608409282) < 1e-8);
    assert_true(fabs(rice(6, 7.5) - 0.057666622) < 1e-8);
    assert_true(fabs(rice(30, 12) - 1) < 1e-9);
}

static void noise_is_rayleigh(void **state)
{
    enum { STRETCHES = 12, EACH = 40, COUNT = STRETCHES * EACH };
    static double u[COUNT], v[COUNT];
    gws_sim_params p = gws_sim_defaults();
    gws_binary b = {.mass1_msun = 30, .mass2_msun = 25, .distance_mpc = 1, .f_lower_hz = 20};
    gws_matched_filter *m = gws_matched_filter_create(N, RATE, P, NULL);
    double re2 = 0;
    int n = 0;
    p.step_s = 0;
    p.seed = 4;
    gws_sim *sim = gws_sim_create(&p, NULL);
    assert_int_equal(gws_waveform_fd("IMRPhenomD", &b, (double)RATE / N, BINS, hp, hc, NULL), GWS_OK);
    for (int s = 0; s < STRETCHES; s++) {
        assert_int_equal(gws_sim_fill(sim, 0, (int64_t)s * N, N, x, NULL), GWS_OK);
        weigh();
        assert_true(gws_matched_filter_run(m, hp, data, inverse, gws_matched_filter_band(20, 0, (double)RATE / N, N)) > 0);
        /* Half a second apart: the template's autocorrelation is some ten milliseconds wide. */
        for (int i = 0; i < EACH; i++, n++) {
            int64_t at = SKIP + i * (RATE / 2);
            double complex rho = gws_matched_filter_snr(m, at);
            double power = gws_matched_filter_power(m)[at];
            assert_true(fabs(power - creal(rho * conj(rho))) <= 1e-12 * power);
            u[n] = 1 - exp(-0.5 * power);
            v[n] = chisq_cdf(30 * gws_matched_filter_chisq_reduced(m, at), 15);
            re2 += creal(rho) * creal(rho);
        }
    }
    double rayleigh = kolmogorov(u, COUNT), chisq = kolmogorov(v, COUNT);
    printf("noise: K-S %.2f for |rho|, %.2f for chi-squared, variance %.3f\n", rayleigh, chisq, re2 / COUNT);
    assert_true(rayleigh < 1.63 && chisq < 1.63);
    assert_true(fabs(re2 / COUNT - 1) < 4 * sqrt(2.0 / COUNT));
    gws_matched_filter_destroy(m);
    gws_sim_destroy(sim);
}

/* Each source of a simulation, filtered with its own waveform moved to its own arrival between the samples. */
static void signals_are_rice(void **state)
{
    enum { MOST = 200 };
    static double u[MOST], v[MOST];
    gws_sim_params p = gws_sim_defaults();
    gws_matched_filter *m = gws_matched_filter_create(N, RATE, P, NULL);
    double delta_f = (double)RATE / N, sum = 0, sum_new = 0;
    int n_sources, n = 0, shifted = 0;
    p.begin = (int64_t)1000000000 * RATE;
    p.n = 1500 * RATE;
    p.seed = 11;
    p.pad_s = 20;
    p.snr_min = 12;
    p.snr_max = 24;
    gws_err err;
    gws_sim *sim = gws_sim_create(&p, &err);
    if (!sim)
        fail_msg("%s", err.text);
    const gws_sim_source *sources = gws_sim_sources(sim, &n_sources);
    assert_true(n_sources >= 40);
    for (int i = 0; i < n_sources; i++)
        for (int d = 0; d < 2 && n < MOST; d++) {
            const gws_source *s = &sources[i].source;
            const gws_site *site = gws_site_find(d ? "L1" : "H1");
            double delay = gws_delay_s(site, gws_gmst_rad(s->tc_ns), s->ra_rad, s->dec_rad);
            double arrival = ((double)(s->tc_ns % GWS_NS) * 1e-9 + delay) * RATE; /* samples after a whole second */
            int64_t whole = (int64_t)floor(arrival), begin = s->tc_ns / GWS_NS * RATE + whole - N / 2;
            gws_binary b = s->binary;
            b.incl_rad = 0;
            if (sources[i].snr[d] < 5)
                continue;
            assert_int_equal(gws_sim_fill(sim, d, begin, N, x, NULL), GWS_OK);
            weigh();
            assert_int_equal(gws_waveform_fd("IMRPhenomD", &b, delta_f, BINS, hp, hc, NULL), GWS_OK);
            for (int k = 0; k < BINS; k++) {
                double angle = 2 * M_PI * k * (arrival - (double)whole) / N;
                hp[k] *= CMPLX(cos(angle), -sin(angle));
            }
            assert_true(gws_matched_filter_run(m, hp, data, inverse, gws_matched_filter_band(20, 0, delta_f, N)) > 0);
            double snr = sqrt(gws_matched_filter_power(m)[N / 2]), reduced = gws_matched_filter_chisq_reduced(m, N / 2);
            u[n] = rice(snr, sources[i].snr[d]);
            v[n++] = chisq_cdf(30 * reduced, 15);
            sum += reduced;
            sum_new += gws_new_snr(snr, reduced) / snr;
            /* A template a tenth heavier does not match: chi-squared sees it in a loud signal. */
            if (sources[i].snr[d] > 15) {
                b.mass1_msun *= 1.25;
                b.mass2_msun *= 1.25;
                assert_int_equal(gws_waveform_fd("IMRPhenomD", &b, delta_f, BINS, hp, hc, NULL), GWS_OK);
                gws_matched_filter_run(m, hp, data, inverse, gws_matched_filter_band(20, 0, delta_f, N));
                shifted += gws_matched_filter_power(m)[N / 2] < snr * snr;
            }
        }
    double about_rice = kolmogorov(u, n), about_chisq = kolmogorov(v, n);
    printf("%d signals: K-S %.2f for |rho|, %.2f for chi-squared, mean reduced chi-squared %.3f, new SNR %.3f of SNR\n", n,
           about_rice, about_chisq, sum / n, sum_new / n);
    assert_true(n >= 60);
    assert_true(about_rice < 1.63 && about_chisq < 1.63);
    assert_true(fabs(sum / n - 1) < 4 * sqrt(2.0 / 30 / n));
    assert_true(sum_new / n > 0.93 && sum_new / n <= 1);
    assert_true(shifted >= 5);
    gws_matched_filter_destroy(m);
    gws_sim_destroy(sim);
}

/* A signal without noise: SNR is sigma times its amplitude, chi-squared of the same waveform 0, whatever its phase. */
static void a_signal_alone(void **state)
{
    gws_binary b = {.mass1_msun = 30, .mass2_msun = 25, .distance_mpc = 1, .f_lower_hz = 20};
    gws_matched_filter *m = gws_matched_filter_create(N, RATE, P, NULL);
    gws_band band = gws_matched_filter_band(20, 0, (double)RATE / N, N);
    assert_int_equal(gws_waveform_fd("IMRPhenomD", &b, (double)RATE / N, BINS, hp, hc, NULL), GWS_OK);
    for (int k = 0; k < BINS; k++)
        data[k] = hp[k] * inverse[k] * CMPLX(cos(0.7), sin(0.7)) / 400;
    double sigma = gws_matched_filter_run(m, hp, data, inverse, band);
    assert_true(fabs(cabs(gws_matched_filter_snr(m, 0)) * 400 / sigma - 1) < 1e-12);
    assert_true(fabs(carg(gws_matched_filter_snr(m, 0)) - 0.7) < 1e-12);
    /* Bands of equal power: what is left is how unequal whole bins make them. */
    assert_true(gws_matched_filter_chisq_reduced(m, 0) < 1e-3 * sigma * sigma / 400 / 400);
    for (int64_t j = 1; j < N; j++)
        assert_true(gws_matched_filter_power(m)[j] < gws_matched_filter_power(m)[0]);
    gws_matched_filter_destroy(m);
}

static void bands_and_new_snr(void **state)
{
    gws_band b = gws_matched_filter_band(20, 0, 0.25, 8192);
    assert_true(b.first == 80 && b.end == 4096);
    b = gws_matched_filter_band(0, 100, 0.25, 8192);
    assert_true(b.first == 1 && b.end == 400);
    b = gws_matched_filter_band(5000, 0, 0.25, 8192);
    assert_true(b.first == b.end);
    /* the formula of Babak et al. 2013 */
    assert_true(gws_new_snr(10, 1) == 10 && gws_new_snr(10, 0.3) == 10);
    assert_true(fabs(gws_new_snr(10, 2) - 10 / pow(4.5, 1.0 / 6)) < 1e-12);
    assert_true(isnan(gws_new_snr((double)NAN, 1)));
}

static void what_cannot_be_filtered(void **state)
{
    gws_err err;
    gws_matched_filter_peak peak;
    gws_matched_filter_options o = gws_matched_filter_options_defaults();
    gws_matched_filter_recipe recipe;
    double *zero = calloc(N, sizeof *zero);
    assert_null(gws_matched_filter_create(N, RATE, 1, &err));
    assert_null(gws_matched_filter_create(N, RATE, GWS_CHISQ_BINS_MAX + 1, &err));
    assert_int_equal(gws_matched_filter_recipe_parse("pycbc", &recipe, &err), GWS_OK);
    assert_int_equal(recipe, GWS_RECIPE_PYCBC);
    assert_int_equal(gws_matched_filter_recipe_parse("best", &recipe, &err), GWS_EARG);
    /* too short, odd, shorter than the template, all zero, not finite */
    assert_int_equal(gws_matched_filter_one(&o, &(gws_matched_filter_template){zero, zero, 100}, zero, 8 * RATE, RATE, &peak, &err),
                     GWS_EDATA);
    assert_int_equal(gws_matched_filter_one(&o, &(gws_matched_filter_template){zero, zero, 100}, zero, N - 1, RATE, &peak, &err),
                     GWS_EDATA);
    assert_int_equal(gws_matched_filter_one(&o, &(gws_matched_filter_template){zero, zero, N}, zero, N - 2, RATE, &peak, &err),
                     GWS_EDATA);
    for (int i = 0; i < 2; i++) {
        o.recipe = (gws_matched_filter_recipe)i;
        assert_int_equal(gws_matched_filter_one(&o, &(gws_matched_filter_template){zero, zero, N}, zero, N, RATE, &peak, &err),
                         GWS_ENUM);
    }
    o.low_hz = RATE;
    assert_int_equal(gws_matched_filter_one(&o, &(gws_matched_filter_template){zero, zero, N}, zero, N, RATE, &peak, &err),
                     GWS_EARG);
    o.low_hz = 20;
    zero[77] = (double)NAN;
    assert_int_equal(gws_matched_filter_one(&o, &(gws_matched_filter_template){zero, zero, N}, zero, N, RATE, &peak, &err),
                     GWS_EDATA);
    free(zero);
    /* A template without power in the band gives sigma 0 and no filtering. */
    gws_matched_filter *m = gws_matched_filter_create(N, RATE, P, NULL);
    memset(hp, 0, BINS * sizeof *hp);
    assert_true(gws_matched_filter_run(m, hp, data, inverse, gws_matched_filter_band(20, 0, (double)RATE / N, N)) == 0);
    gws_matched_filter_destroy(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distribution_functions), cmocka_unit_test(noise_is_rayleigh), cmocka_unit_test(signals_are_rice),
        cmocka_unit_test(a_signal_alone),         cmocka_unit_test(bands_and_new_snr), cmocka_unit_test(what_cannot_be_filtered),
    };
    return cmocka_run_group_tests(tests, setup, teardown) != 0;
}
