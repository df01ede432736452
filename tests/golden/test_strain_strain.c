/* Real strain files against h5py (tests/golden/strain.h), the first samples of GW150914 as h5py
 * and gwpy print them, and the decimator against GWOSC's own down-sampling.  Skipped, file by file, where the data are not at hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "dsp/resample.h"
#include "golden/strain.h"
#include "strain/inspect.h"
#include "strain/strain.h"

#include <complex.h>
#include <fftw3.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define N_GOLDEN (sizeof strain_golden / sizeof strain_golden[0])

static const char *data_file(const char *name)
{
    static char path[1024];
    snprintf(path, sizeof path, "%s/%s", GWS_TEST_DATA, name);
    if (access(path, R_OK) == 0)
        return path;
    print_message("SKIPPED: test data not found: %s\n", path);
    return NULL;
}

static double *read_all(const char *name, gws_strain_info *info, gws_strain_set **set)
{
    const char *path = data_file(name);
    if (!path)
        return NULL;
    gws_err err = {0};
    *set = gws_strain_open(&path, 1, &err);
    if (!*set)
        fail_msg("%s", err.text);
    gws_strain_describe(*set, 0, info);
    int64_t n = info->spans[0].end - info->spans[0].begin;
    double *x = malloc((size_t)n * sizeof *x);
    assert_non_null(x);
    if (gws_strain_read(*set, 0, info->spans[0].begin, info->spans[0].end, x, &err) != GWS_OK)
        fail_msg("%s", err.text);
    return x;
}

static void files_read_as_h5py_reads_them(void **state)
{
    size_t seen = 0;
    for (size_t k = 0; k < N_GOLDEN; k++) {
        gws_strain_info info;
        gws_strain_set *set = NULL;
        double *x = read_all(strain_golden[k].path, &info, &set);
        if (!x)
            continue;
        seen++;
        assert_int_equal(gws_strain_ifos(set), 1);
        assert_string_equal(info.ifo, strain_golden[k].ifo);
        assert_int_equal(info.rate_hz, strain_golden[k].rate_hz);
        assert_int_equal(info.n_spans, 1);
        assert_int_equal(info.spans[0].begin, strain_golden[k].gps_s * strain_golden[k].rate_hz);
        assert_int_equal(info.spans[0].end - info.spans[0].begin, strain_golden[k].n);
        double max = 0.0, energy = 0.0;
        for (int64_t i = 0; i < strain_golden[k].n; i++) {
            max = fabs(x[i]) > max ? fabs(x[i]) : max;
            energy += x[i] * x[i];
        }
        assert_true(x[0] == strain_golden[k].first);
        assert_true(max == strain_golden[k].max_abs);
        assert_true(fabs(energy - strain_golden[k].energy) <= 1e-11 * energy); /* sums in another order: 1e6 additions */
        free(x);
        gws_strain_destroy(set);

        gws_strain_file file;
        assert_int_equal(gws_strain_inspect(data_file(strain_golden[k].path), NULL, &file, NULL), GWS_OK);
        if (strain_golden[k].dq >= 0) {
            assert_string_equal(file.format->name, "GWOSC HDF5");
            assert_int_equal(file.n_masks, 1);
            assert_int_equal(file.masks[0].quality.n, 32);
            assert_int_equal(file.masks[0].quality.n_dq, 7);
            assert_int_equal(file.masks[0].quality.n_inj, 5);
            assert_string_equal(file.masks[0].quality.dq_name[0], "DATA");
            assert_string_equal(file.masks[0].quality.inj_name[3], "NO_CW_HW_INJ");
            for (int i = 0; i < 32; i++) {
                assert_int_equal(file.masks[0].quality.dq[i], strain_golden[k].dq);
                assert_int_equal(file.masks[0].quality.inj[i], strain_golden[k].inj);
            }
        } else {
            assert_string_equal(file.format->name, "HDF5 time series");
        }
        gws_strain_file_clear(&file);
    }
    print_message("%zu of %zu files compared\n", seen, N_GOLDEN);
    if (seen == 0)
        skip();
}

/* Longest run of one value among x, rounded to steps of `step` (0: as it is). */
static int64_t longest_run(const double *x, int64_t n, double step)
{
    int64_t longest = 0;
    for (int64_t i = 0, k; i < n; i = k) {
        double v = step > 0 ? round(x[i] / step) : x[i];
        for (k = i + 1; k < n && (step > 0 ? round(x[k] / step) : x[k]) == v; k++)
            ;
        longest = k - i > longest ? k - i : longest;
    }
    return longest;
}

/* What gap.h says of real strain: published strain never repeats a value, rounded strain a few times, and nothing of it is a gap. */
static void real_strain_stands_still_for_no_gap(void **state)
{
    size_t seen = 0;
    for (size_t k = 0; k < N_GOLDEN; k++) {
        gws_strain_info info;
        gws_strain_losses loss;
        gws_strain_set *set = NULL;
        double *x = read_all(strain_golden[k].path, &info, &set);
        if (!x)
            continue;
        seen++;
        int64_t n = info.spans[0].end - info.spans[0].begin;
        double max = 0;
        gws_strain_get_losses(set, 0, &loss);
        assert_int_equal(loss.read, n);
        for (int why = 0; why < GWS_GAPS; why++)
            assert_int_equal(loss.lost[why], 0);
        for (int64_t i = 0; i < n; i++)
            max = fabs(x[i]) > max ? fabs(x[i]) : max;
        assert_int_equal(longest_run(x, n, 0), 1);
        assert_in_range(longest_run(x, n, max / 32767), 1, 3);
        assert_in_range(longest_run(x, n, max / 2047), 1, 4);
        for (int64_t i = 0; i < n; i++)
            x[i] = (double)(float)(x[i] * 1e20); /* a float32 holds strain in such units */
        assert_in_range(longest_run(x, n, 0), 1, 2);
        free(x);
        gws_strain_destroy(set);
    }
    if (seen == 0)
        skip();
}

static void first_samples_of_gw150914_are_the_published_ones(void **state)
{
    gws_strain_info info;
    gws_strain_set *set = NULL;
    double *x = read_all("gwosc/H-H1_LOSC_4_V2-1126259446-32.hdf5", &info, &set);
    if (!x)
        skip();
    static const double published[3] = {2.17704028e-19, 2.08763900e-19, 2.39681183e-19}; /* what h5py prints of the file */
    for (int i = 0; i < 3; i++)
        assert_true(fabs(x[i] - published[i]) <= 0.5000001e-27); /* the digits that are printed */
    free(x);
    gws_strain_destroy(set);
}

static void releases_v1_and_v2_together_are_refused_by_name(void **state)
{
    char v2[1024];
    const char *path = data_file("gwosc/H-H1_LOSC_4_V2-1126259446-32.hdf5");
    if (!path)
        skip();
    snprintf(v2, sizeof v2, "%s", path);
    const char *v1 = data_file("gwosc_v1/H-H1_LOSC_4_V1-1126259446-32.hdf5");
    if (!v1)
        skip();
    const char *both[] = {v2, v1};
    gws_strain_set *set = gws_strain_open(both, 2, NULL);
    assert_non_null(set);
    double x[16];
    gws_err err = {0};
    int64_t begin = INT64_C(1126259446) * 4096;
    assert_int_equal(gws_strain_read(set, 0, begin, begin + 16, x, &err), GWS_EDATA);
    assert_non_null(strstr(err.text, "V1"));
    assert_non_null(strstr(err.text, "V2"));
    gws_strain_destroy(set);
}

/* ---- the decimator ---- */

struct target {
    int64_t begin, n;
    double *h;
};

static void collect(void *user, int64_t sample, const double *h, int64_t n)
{
    struct target *t = user;
    for (int64_t i = 0; i < n; i++)
        if (sample + i >= t->begin && sample + i < t->begin + t->n)
            t->h[sample + i - t->begin] = h[i];
}

/* Squared magnitude of scipy's cheby1(8, 0.05 dB, 0.8/4) at 16384 Hz, from the definition of Chebyshev filters and the bilinear
 * transform; applied forwards and backwards it is the amplitude response of the reference. */
static double chebyshev_squared(double f_hz)
{
    double fs = 16384.0, cut_hz = 0.8 / 4.0 * fs / 2.0;
    double w = tan(M_PI * f_hz / fs) / tan(M_PI * cut_hz / fs);
    double t8 = w <= 1.0 ? cos(8.0 * acos(w)) : cosh(8.0 * acosh(w));
    return 1.0 / (1.0 + (pow(10.0, 0.005) - 1.0) * t8 * t8);
}

/* GWOSC made its 4 kHz files from the 16 kHz ones with scipy.signal.decimate(ftype='iir', zero_phase=True).  So
 * our output, times that filter's response, must be their file, bin by bin, phase included, below its cut-off at 1638 Hz. */
static void decimation_agrees_with_gwosc_in_the_pass_band(void **state)
{
    enum { N = 26 * 4096 };
    gws_strain_info fine, coarse;
    gws_strain_set *a = NULL, *b = NULL;
    double *x = read_all("gwosc/H-H1_GWOSC_16KHZ_R1-1126259447-32.hdf5", &fine, &a);
    double *z = x ? read_all("gwosc/H-H1_LOSC_4_V2-1126259446-32.hdf5", &coarse, &b) : NULL;
    if (!z) {
        free(x);
        gws_strain_destroy(a);
        skip();
    }
    struct target t = {.begin = INT64_C(1126259450) * 4096, .n = N, .h = calloc(N, sizeof(double))};
    gws_resample *r = gws_resample_create(16384, 4096, NULL);
    assert_non_null(r);
    gws_resample_push(r, fine.spans[0].begin, x, fine.spans[0].end - fine.spans[0].begin, collect, &t);
    gws_resample_destroy(r);
    double *y = t.h, *ref = z + (t.begin - coarse.spans[0].begin);
    double complex *fy = malloc((N / 2 + 1) * sizeof *fy), *fz = malloc((N / 2 + 1) * sizeof *fz);
    for (int i = 0; i < N; i++) {
        double hann = 0.5 - 0.5 * cos(2.0 * M_PI * i / N);
        y[i] *= hann;
        ref[i] *= hann;
    }
    fftw_plan plan = fftw_plan_dft_r2c_1d(N, y, fy, FFTW_ESTIMATE);
    fftw_execute(plan);
    fftw_execute_dft_r2c(plan, ref, fz);
    fftw_destroy_plan(plan);
    double energy = 0.0, error = 0.0, worst = 0.0;
    for (int k = 20 * 26; k <= 1600 * 26; k++) {
        double complex d = fy[k] * chebyshev_squared(k / 26.0) - fz[k];
        double whiten = cabs(fz[k - 1]) + cabs(fz[k]) + cabs(fz[k + 1]); /* a quiet bin between loud ones is not penalised */
        energy += 1.0;
        error += pow(cabs(d) / whiten, 2.0);
        worst = cabs(d) / whiten > worst ? cabs(d) / whiten : worst;
    }
    print_message("decimation, 20 to 1600 Hz: relative difference rms %.2e, worst bin %.2e\n", sqrt(error / energy), worst);
    assert_true(sqrt(error / energy) < 3e-5); /* our pass-band ripple is 3e-5 by design */
    assert_true(worst < 1e-3);
    free(fy);
    free(fz);
    free(x);
    free(z);
    free(y);
    gws_strain_destroy(a);
    gws_strain_destroy(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_read_as_h5py_reads_them),
        cmocka_unit_test(real_strain_stands_still_for_no_gap),
        cmocka_unit_test(first_samples_of_gw150914_are_the_published_ones),
        cmocka_unit_test(releases_v1_and_v2_together_are_refused_by_name),
        cmocka_unit_test(decimation_agrees_with_gwosc_in_the_pass_band),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
