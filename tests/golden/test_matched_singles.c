/* The matched filter against PyCBC 2.11.0's matched_filter, sigma, power_chisq and newsnr: on a synthetic series with Newtonian
 * chirps through tests/golden/matched.h (made by tools/golden/matched.py), and on three events with published recipes, GWOSC's
 * event tutorial among them, run with numpy and scipy; digits as they were printed.  Files: GWOSC, fetched, not committed. */
#include "gwstest.h"

#include "base/arena.h"
#include "base/file.h"
#include "base/hdf5.h"
#include "dsp/fft.h"
#include "golden/matched.h"
#include "matched/filter.h"

#include <math.h>
#include <stdlib.h>

#define RATE 4096
#define N (32 * RATE)

static double x[N], template[2 * N];

static const struct event {
    const char *template, *strain;
    int64_t gps_s;
    struct {
        double snr;
        int64_t sample;
    } tutorial;
    struct {
        double snr, sigma, chisq, new_snr;
        int64_t sample;
    } pycbc[2]; /* plain, then with inverse spectrum truncation of 4 s */
} events[] = {
    {"GW150914",
     "H-H1_LOSC_4_V2-1126259446-32",
     1126259446,
     {18.561372, 67336},
     {{19.374725, 15734.4, 1.15578, 18.61331, 67336}, {19.669245, 15610.1, 1.24910, 18.43665, 67336}}},
    {"GW150914",
     "L-L1_LOSC_4_V2-1126259446-32",
     1126259446,
     {13.208409, 67307},
     {{13.050788, 13486.9, 0.67392, 13.05079, 67307}, {13.647675, 13397.8, 0.63755, 13.64767, 67307}}},
    {"GW151226",
     "H-H1_LOSC_4_V2-1135136334-32",
     1135136334,
     {9.609843, 68189},
     {{10.243953, 6998.15, 1.27911, 9.52609, 68189}, {10.255998, 6933.34, 1.11792, 9.95102, 68188}}},
    {"GW151226",
     "L-L1_LOSC_4_V2-1135136334-32",
     1135136334,
     {7.194544, 68184},
     {{7.506528, 4986.32, 1.51897, 6.55643, 68184}, {7.566187, 4952.93, 1.55628, 6.54594, 68184}}},
    {"GW170104",
     "H-H1_LOSC_4_V1-1167559920-32",
     1167559920,
     {7.836141, 68028},
     {{7.849768, 12560.7, 0.84630, 7.84977, 68028}, {8.125731, 12471.8, 0.86500, 8.12573, 68028}}},
    {"GW170104",
     "L-L1_LOSC_4_V1-1167559920-32",
     1167559920,
     {9.547856, 68040},
     {{9.778043, 16298.0, 1.17021, 9.35819, 68040}, {9.860797, 16182.7, 1.17071, 9.43616, 68040}}},
};

#define N_EVENTS ((int)(sizeof events / sizeof events[0]))

/* 1 when both files are there. */
static int load(const struct event *e)
{
    char strain[500], wave[500];
    snprintf(strain, sizeof strain, "%s/gwosc/%s.hdf5", GWS_TEST_DATA, e->strain);
    snprintf(wave, sizeof wave, "%s/gwosc/%s_4_template.hdf5", GWS_TEST_DATA, e->template);
    if (!gws_file_exists(strain) || !gws_file_exists(wave))
        return 0;
    gws_h5 *f = gws_h5_open(strain, NULL);
    assert_non_null(f);
    assert_int_equal(gws_h5_read_f64(f, "/strain/Strain", 0, N, x, NULL), GWS_OK);
    gws_h5_close(f);
    f = gws_h5_open(wave, NULL);
    assert_non_null(f);
    assert_int_equal(gws_h5_read_f64(f, "/template", 0, 2 * N, template, NULL), GWS_OK);
    gws_h5_close(f);
    return 1;
}

static void assert_near(const char *what, double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance * fabs(want)))
        fail_msg("%s: %.9g, wanted %.9g", what, got, want);
}

/* The series of tools/golden/matched.py. */
static void series(double *out, int64_t n)
{
    uint64_t state = 1;
    double y = 0.0;
    for (int64_t i = 0; i < n; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        y = 0.9 * y + ((double)(state >> 11) * 0x1p-53 - 0.5);
        out[i] = y * 1e-21;
    }
}

static void assert_within(const char *what, double got, double want, double tolerance)
{
    if (!(fabs(got - want) <= tolerance))
        fail_msg("%s: %.12g, wanted %.12g", what, got, want);
}

static void synthetic(void **state)
{
    enum { BINS = MATCHED_N / 2 + 1 };
    const double delta_f = (double)MATCHED_RATE / MATCHED_N;
    double *h = gws_arena_alloc(MATCHED_N * sizeof *h), *inverse = gws_arena_alloc(BINS * sizeof *inverse);
    double complex *d = gws_arena_alloc(BINS * sizeof *d), *w = gws_arena_alloc(BINS * sizeof *w),
                   *hp = gws_arena_alloc(BINS * sizeof *hp);
    gws_fft *fft = gws_fft_create(MATCHED_N, NULL);
    gws_matched_filter *m = gws_matched_filter_create(MATCHED_N, MATCHED_RATE, MATCHED_BINS, NULL);
    gws_psd coarse, psd[2];
    series(h, MATCHED_N);
    assert_int_equal(gws_psd_welch(h, MATCHED_N, MATCHED_RATE, &(gws_welch_params){MATCHED_SEGMENT, MATCHED_STRIDE, GWS_PSD_MEDIAN},
                                   &coarse, NULL),
                     GWS_OK);
    assert_int_equal(gws_psd_interpolate(&coarse, delta_f, BINS, &psd[0], NULL), GWS_OK);
    assert_int_equal(gws_psd_truncate_inverse(&psd[0], MATCHED_RATE, MATCHED_LENGTH, MATCHED_LOW, 1, &psd[1], NULL), GWS_OK);
    gws_fft_forward(fft, h, (double *)d);
    for (int i = 0; i < 2 * MATCHED_TEMPLATES; i++) {
        const double *t = matched_template[i % MATCHED_TEMPLATES];
        for (int k = 0; k < BINS; k++) {
            double f = k * delta_f, psi = 3.0 / 128 * pow(M_PI * t[0] * f, -5.0 / 3);
            hp[k] = f >= MATCHED_LOW && f < t[1] ? 1e-20 * pow(f, -7.0 / 6) * CMPLX(cos(psi), -sin(psi)) : 0;
            inverse[k] = 1 / psd[i / MATCHED_TEMPLATES].data[k];
            w[k] = d[k] / MATCHED_RATE * inverse[k];
        }
        double sigma = gws_matched_filter_run(m, hp, w, inverse, gws_matched_filter_band(MATCHED_LOW, 0, delta_f, MATCHED_N));
        assert_near("sigma", sigma, matched_sigma[i], 1e-9);
        for (int k = 0; k < MATCHED_SAMPLES; k++) {
            const double *want = matched_answer[i][k];
            double complex rho = gws_matched_filter_snr(m, matched_sample[k]);
            double chisq = gws_matched_filter_chisq_reduced(m, matched_sample[k]);
            assert_within("re rho", creal(rho), want[0], 1e-8);
            assert_within("im rho", cimag(rho), want[1], 1e-8);
            assert_within("reduced chi-squared", chisq, want[2], 1e-8);
            assert_within("new SNR", gws_new_snr(cabs(rho), chisq), want[3], 1e-8);
        }
    }
    for (int i = 0; i < 2; i++)
        gws_psd_clear(&psd[i]);
    gws_psd_clear(&coarse);
    gws_matched_filter_destroy(m);
    gws_fft_destroy(fft);
    gws_arena_free(h);
    gws_arena_free(inverse);
    gws_arena_free(d);
    gws_arena_free(w);
    gws_arena_free(hp);
}

static void event_tutorial(void **state)
{
    gws_matched_filter_options o = gws_matched_filter_options_defaults();
    for (int i = 0; i < N_EVENTS; i++) {
        gws_matched_filter_peak p;
        if (!load(&events[i]))
            GWS_SKIP("no %s under %s/gwosc", events[i].strain, GWS_TEST_DATA);
        assert_int_equal(
            gws_matched_filter_one(&o, &(gws_matched_filter_template){template, template + N, N}, x, N, RATE, &p, NULL), GWS_OK);
        assert_near("tutorial SNR", p.snr, events[i].tutorial.snr, 1e-7);
        assert_int_equal(p.sample, events[i].tutorial.sample);
        assert_true(isnan(p.chisq_reduced) && isnan(p.new_snr));
    }
}

static void pycbc_recipe(void **state)
{
    gws_matched_filter_options o = gws_matched_filter_options_defaults();
    o.recipe = GWS_RECIPE_PYCBC;
    for (int i = 0; i < N_EVENTS; i++) {
        if (!load(&events[i]))
            GWS_SKIP("no %s under %s/gwosc", events[i].strain, GWS_TEST_DATA);
        for (int truncated = 0; truncated < 2; truncated++) {
            gws_matched_filter_peak p;
            o.inverse_s = truncated ? 4 : 0;
            assert_int_equal(
                gws_matched_filter_one(&o, &(gws_matched_filter_template){template, template + N, N}, x, N, RATE, &p, NULL),
                GWS_OK);
            assert_near("SNR", p.snr, events[i].pycbc[truncated].snr, 1e-6);
            assert_near("sigma", p.sigma, events[i].pycbc[truncated].sigma, 1e-5);
            assert_near("reduced chi-squared", p.chisq_reduced, events[i].pycbc[truncated].chisq, 1e-5);
            assert_near("new SNR", p.new_snr, events[i].pycbc[truncated].new_snr, 1e-6);
            assert_int_equal(p.sample, events[i].pycbc[truncated].sample);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(synthetic), cmocka_unit_test(event_tutorial),
                                       cmocka_unit_test(pycbc_recipe)};
    return GWS_RUN_TESTS(tests);
}
