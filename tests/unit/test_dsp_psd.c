/* Transforms, windows, averages, PSD estimates and files.  Truth: identities (naive sums, Parseval, a round trip), the closed
 * form of the median's bias, and the values of it in Allen et al. 2012 as PyCBC 2.11.0 prints them. */
#include "gwstest.h"

#include "base/arena.h"
#include "base/rng.h"
#include "dsp/fft.h"
#include "dsp/psd.h"
#include "dsp/welch.h"
#include "dsp/whiten.h"
#include "dsp/window.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void transform_is_the_naive_sum(void **state)
{
    static const int64_t sizes[] = {2, 5, 48, 96};
    for (int c = 0; c < 4; c++) {
        int64_t n = sizes[c];
        gws_fft *f = gws_fft_create(n, NULL);
        double *x = gws_arena_alloc((size_t)n * sizeof *x), *y = gws_arena_alloc((size_t)n * sizeof *y);
        double *spec = gws_arena_alloc((size_t)(2 * gws_fft_bins(f)) * sizeof *spec);
        gws_rng r = gws_rng_init(1, "fft", (uint64_t)n);
        gws_rng_normal_at(&r, 0, x, (size_t)n);
        gws_fft_forward(f, x, spec);
        for (int64_t k = 0; k < gws_fft_bins(f); k++) {
            double re = 0.0, im = 0.0;
            for (int64_t i = 0; i < n; i++) {
                re += x[i] * cos(2.0 * M_PI * (double)(i * k) / (double)n);
                im -= x[i] * sin(2.0 * M_PI * (double)(i * k) / (double)n);
            }
            assert_true(fabs(re - spec[2 * k]) < 1e-12 && fabs(im - spec[2 * k + 1]) < 1e-12);
        }
        gws_fft_inverse(f, spec, y);
        for (int64_t i = 0; i < n; i++)
            assert_true(fabs(y[i] / (double)n - x[i]) < 1e-14);
        gws_fft_destroy(f);
        gws_arena_free(x);
        gws_arena_free(y);
        gws_arena_free(spec);
    }
}

static void windows(void **state)
{
    double w[9], one;
    gws_window_hann(9, w);
    assert_true(w[0] == 0.0 && w[8] == 0.0 && w[4] == 1.0 && fabs(w[2] - 0.5) < 1e-15);
    for (int i = 0; i < 9; i++)
        assert_true(fabs(w[i] - w[8 - i]) < 1e-15);
    gws_window_hann(1, &one);
    assert_true(one == 1.0);
    gws_window_tukey(9, 0.5, w); /* two samples of edge on either side */
    assert_true(w[0] == 0.0 && fabs(w[1] - 0.5) < 1e-15 && w[2] == 1.0 && w[6] == 1.0 && fabs(w[7] - 0.5) < 1e-15 && w[8] == 0.0);
    gws_window_tukey(9, 0.0, w);
    assert_true(w[0] == 1.0 && w[8] == 1.0);
}

static void median_bias(void **state)
{
    static const struct {
        int n;
        double bias;
    } known[] = {{1, 1.0}, {3, 0.83333333}, {7, 0.75952381}, {15, 0.72537185}, {31, 0.70901620}, {63, 0.70102071}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        assert_true(fabs(gws_median_bias(known[i].n) - known[i].bias) < 1e-8);
    assert_true(gws_median_bias(1000) == M_LN2 && fabs(gws_median_bias(999) - M_LN2) < 1e-3);
}

static int ascending(const void *a, const void *b)
{
    double u = *(const double *)a, v = *(const double *)b;
    return (u > v) - (u < v);
}

/* Both ways to the median (whole tiles sorted, the last bins and long columns selected) against qsort, for every number of rows to
 * beyond where one takes over; infinities and ties among the values. */
static void medians_are_those_of_qsort(void **state)
{
    enum { BINS = 2 * GWS_WELCH_TILE + 3, MOST = 140 };
    double(*data)[BINS] = malloc(MOST * sizeof *data);
    double scratch[MOST * GWS_WELCH_TILE], out[BINS], column[MOST];
    const double *rows[MOST];
    gws_rng r = gws_rng_init(7, "median", 0);
    for (int i = 0; i < MOST; i++) {
        rows[i] = data[i];
        for (int k = 0; k < BINS; k++)
            data[i][k] = gws_rng_below(&r, 20) == 0 ? HUGE_VAL : floor(50.0 * gws_rng_uniform(&r));
    }
    for (int n = 1; n <= MOST; n++) {
        gws_welch_average(rows, n, BINS, GWS_PSD_MEDIAN, scratch, out);
        for (int k = 0; k < BINS; k++) {
            for (int i = 0; i < n; i++)
                column[i] = data[i][k];
            qsort(column, (size_t)n, sizeof *column, ascending);
            double want = n % 2 ? column[n / 2] : 0.5 * (column[n / 2 - 1] + column[n / 2]);
            assert_true(out[k] == want / gws_median_bias(n));
        }
    }
    free(data);
}

/* White noise of variance s^2 has the one-sided density 2 s^2 / rate.  4000 degrees of freedom and 500 bins: the mean over bins
 * is good to a per cent; a sine of amplitude a brings a^2/2 of power wherever its bin is. */
static void level_of_white_noise_and_power_of_a_sine(void **state)
{
    const int64_t n = 1024 * 128;
    const int rate = 1024;
    double *x = malloc((size_t)n * sizeof *x);
    gws_rng r = gws_rng_init(3, "white", 0);
    gws_rng_normal_at(&r, 0, x, (size_t)n);
    for (int i = 0; i < 3; i++) {
        gws_psd p;
        assert_int_equal(gws_psd_welch(x, n, rate, &(gws_welch_params){1024, 512, (gws_psd_average)i}, &p, NULL), GWS_OK);
        double sum = 0.0;
        for (int64_t k = 1; k < p.n - 1; k++)
            sum += p.data[k];
        assert_true(fabs(sum / (double)(p.n - 2) * rate / 2.0 - 1.0) < 0.01);
        assert_true(p.data[0] * rate / 2.0 < 0.7); /* halved: no mirror image */
        gws_psd_clear(&p);
    }
    for (int64_t i = 0; i < n; i++)
        x[i] = 3.0 * sin(2.0 * M_PI * 100.3 * (double)i / rate);
    gws_psd p;
    assert_int_equal(gws_psd_welch(x, n, rate, &(gws_welch_params){1024, 512, GWS_PSD_MEAN}, &p, NULL), GWS_OK);
    double power = 0.0;
    for (int64_t k = 0; k < p.n; k++)
        power += p.data[k] * p.delta_f_hz;
    assert_true(fabs(power / 4.5 - 1.0) < 1e-3);
    gws_psd_clear(&p);
    free(x);
}

static void refusals_say_why(void **state)
{
    double x[64] = {0};
    gws_psd p;
    gws_err err;
    assert_int_equal(gws_psd_welch(x, 64, 64, &(gws_welch_params){128, 32, GWS_PSD_MEAN}, &p, &err), GWS_EDATA);
    assert_non_null(strstr(err.text, "too few"));
    assert_null(p.data);
    assert_int_equal(gws_psd_welch(x, 64, 64, &(gws_welch_params){31, 16, GWS_PSD_MEAN}, &p, &err), GWS_EARG);
    assert_int_equal(gws_psd_welch(x, 64, 64, &(gws_welch_params){32, 0, GWS_PSD_MEAN}, &p, &err), GWS_EARG);
    x[17] = (double)NAN;
    assert_int_equal(gws_psd_welch(x, 64, 64, &(gws_welch_params){32, 16, GWS_PSD_MEAN}, &p, &err), GWS_EDATA);
    assert_non_null(strstr(err.text, "17"));
    double flat[33], fir[16];
    for (int i = 0; i < 33; i++)
        flat[i] = 1.0;
    gws_psd in = {.data = flat, .n = 33, .delta_f_hz = 1.0};
    assert_int_equal(gws_psd_truncate_inverse(&in, 128, 16, 0.0, 1, &p, &err), GWS_EARG); /* stops at 32 Hz */
    assert_int_equal(gws_psd_truncate_inverse(&in, 64, 15, 0.0, 1, &p, &err), GWS_EARG);
    assert_int_equal(gws_psd_interpolate(&in, 0.0, 4, &p, &err), GWS_EARG);
    assert_int_equal(gws_whitening_fir(&in, 64, 16, 20.0, 10.0, fir, &err), GWS_EARG);
    assert_int_equal(gws_whitening_fir(&in, 64, 15, 0.0, 0.0, fir, &err), GWS_EARG);
    flat[20] = 0.0;
    assert_int_equal(gws_whitening_fir(&in, 64, 16, 4.0, 0.0, fir, &err), GWS_EDATA);
    flat[20] = HUGE_VAL;
    assert_int_equal(gws_whitening_fir(&in, 64, 16, 4.0, 0.0, fir, &err), GWS_EDATA);
    assert_int_equal(gws_whitening_fir(&in, 64, 16, 4.0, 15.0, fir, &err), GWS_OK); /* outside the band it does not matter */
}

/* White noise through its own filter: a flat PSD gives a single tap; in a band, the energy of the taps is the share. */
static void filter_of_a_flat_psd(void **state)
{
    const int rate = 2048;
    const int64_t length = 1024;
    double level[1025], fir[1024];
    for (int i = 0; i < 1025; i++)
        level[i] = 2.0 * 9.0 / rate; /* noise of standard deviation 3 */
    gws_psd p = {.data = level, .n = 1025, .delta_f_hz = 1.0};
    assert_int_equal(gws_whitening_fir(&p, rate, length, 0.0, 0.0, fir, NULL), GWS_OK);
    for (int64_t i = 0; i < length; i++)
        assert_true(fabs(fir[i] - (i == length / 2 ? 1.0 / 3.0 : 0.0)) < 1e-15);

    gws_whiten *w = gws_whiten_create(length, 0, rate, 40.0, 400.0, NULL);
    assert_int_equal(gws_whiten_design(w, level, 1025, 1.0, fir), 1);
    double energy = 0.0;
    for (int64_t i = 0; i < length; i++)
        energy += 9.0 * fir[i] * fir[i];
    /* half-cosine edges of 10 and 40 Hz hold 3/8 of their width; the taper costs a little at the edges */
    assert_true(fabs(gws_whiten_share(w) - (360.0 + 0.375 * 50.0) / 1024.0) < 1e-4);
    assert_true(fabs(energy - gws_whiten_share(w)) < 2e-3);
    gws_whiten_destroy(w);
}

static double response(const double *fir, int64_t length, int rate, double f)
{
    double re = 0.0;
    for (int64_t i = 0; i < length; i++)
        re += fir[i] * cos(2.0 * M_PI * f * (double)(i - length / 2) / rate);
    return fabs(re);
}

/* A detector's steep wall, f^-14 below 30 Hz, and a line: nothing may leak to where the raw strain is a million times louder. */
static void stop_band(void **state)
{
    const int rate = 2048;
    const int64_t length = 4096;
    double s[2049], fir[4096];
    for (int k = 0; k < 2049; k++) {
        double f = k ? 0.5 * k : 0.5;
        s[k] = 1e-46 * (1.0 + pow(f / 30.0, -14.0) + pow(f / 200.0, 2.0)) * (k == 120 ? 1e5 : 1.0);
    }
    gws_psd p = {.data = s, .n = 2049, .delta_f_hz = 0.5};
    assert_int_equal(gws_whitening_fir(&p, rate, length, 20.0, 0.0, fir, NULL), GWS_OK);
    double peak = 0.0;
    for (double f = 0.0; f < 1000.0; f += 3.0)
        peak = fmax(peak, response(fir, length, rate, f));
    for (double f = 0.0; f <= 12.0; f += 0.1)
        assert_true(response(fir, length, rate, f) < 1e-6 * peak);
    assert_true(response(fir, length, rate, 100.0) * sqrt(s[200] * rate / 2.0) > 0.99);
}

static void file_round_trip(void **state)
{
    char path[] = "test-psd-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    double data[5] = {1e-46, 2e-46, 3e-46, 4e-46, 5e-46};
    gws_psd p = {.data = data, .n = 5, .delta_f_hz = 0.25}, q;
    gws_err err = {GWS_OK, ""};
    assert_int_equal(gws_psd_save(&p, path, "H1", 1126259446.0, "test", &err), GWS_OK);
    assert_int_equal(gws_psd_load(path, &q, &err), GWS_OK);
    assert_int_equal(q.n, 5);
    assert_true(q.delta_f_hz == 0.25 && memcmp(q.data, data, sizeof data) == 0);
    gws_psd_clear(&q);
    unlink(path);
    assert_true(gws_psd_load(path, &q, &err) != GWS_OK);
    assert_null(q.data);
}

static void names_of_averages(void **state)
{
    gws_psd_average a;
    gws_err err;
    assert_int_equal(gws_psd_average_parse("mean", &a, NULL), GWS_OK);
    assert_int_equal(a, GWS_PSD_MEAN);
    assert_int_equal(gws_psd_average_parse("median-mean", &a, NULL), GWS_OK);
    assert_int_equal(a, GWS_PSD_MEDIAN_MEAN);
    assert_int_equal(gws_psd_average_parse("mode", &a, &err), GWS_EARG);
    assert_non_null(strstr(err.text, "mode"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transform_is_the_naive_sum),
        cmocka_unit_test(windows),
        cmocka_unit_test(median_bias),
        cmocka_unit_test(medians_are_those_of_qsort),
        cmocka_unit_test(level_of_white_noise_and_power_of_a_sine),
        cmocka_unit_test(refusals_say_why),
        cmocka_unit_test(filter_of_a_flat_psd),
        cmocka_unit_test(stop_band),
        cmocka_unit_test(file_round_trip),
        cmocka_unit_test(names_of_averages),
    };
    return GWS_RUN_TESTS(tests);
}
