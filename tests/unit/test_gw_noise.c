/* Coloured noise against identities: its Welch PSD is the curve asked for, its samples do not depend on how they are asked for. */
#include "base/file.h"
#include "base/hdf5.h"
#include "base/rng.h"
#include "gw/noise.h"
#include "gwstest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RATE 2048

/* psd: NULL, or out */
static gws_noise *make(double filter_s, uint64_t stream, gws_psd *psd)
{
    gws_err err;
    gws_psd own;
    assert_int_equal(gws_psd_by_name("aLIGOZeroDetHighPower", 0.25, 4097, 10, &own, &err), GWS_OK);
    gws_noise *s = gws_noise_create(&own, RATE, filter_s, 7, stream, &err);
    assert_non_null(s);
    if (psd)
        *psd = own;
    else
        gws_psd_clear(&own);
    return s;
}

static void stretch_is_pure_function_of_index(void **state)
{
    (void)state;
    gws_noise *a = make(4, 3, NULL), *b = make(4, 3, NULL), *other = make(4, 4, NULL);
    enum { N = 200000 };
    static double x[N], y[N];
    const int64_t begin = INT64_C(1126259446) * RATE - 12345;
    gws_noise_fill(a, begin, N, x);
    gws_rng r = gws_rng_init(1, "cuts", 0);
    /* Pieces in an order of their own: backwards, random lengths. */
    for (int64_t end = N; end > 0;) {
        int64_t n = 1 + (int64_t)gws_rng_below(&r, 9000);
        n = n < end ? n : end;
        gws_noise_fill(b, begin + end - n, n, y + end - n);
        end -= n;
    }
    assert_memory_equal(x, y, sizeof x);
    gws_noise_fill(other, begin, N, y);
    double xy = 0, xx = 0, yy = 0;
    for (int i = 0; i < N; i++) {
        xy += x[i] * y[i];
        xx += x[i] * x[i];
        yy += y[i] * y[i];
    }
    /* Streams are independent; low frequencies dominate, so only some 20 s * 20 Hz numbers average here. */
    assert_true(fabs(xy) < 0.3 * sqrt(xx * yy));
    gws_noise_destroy(a);
    gws_noise_destroy(b);
    gws_noise_destroy(other);
}

static void welch_psd_is_the_curve(void **state)
{
    (void)state;
    gws_psd psd, est;
    gws_err err;
    gws_noise *s = make(8, 0, &psd);
    const int64_t n = 512 * RATE;
    double *x = malloc((size_t)n * sizeof *x);
    assert_non_null(x);
    gws_noise_fill(s, -n / 2, n, x);
    assert_int_equal(gws_psd_welch(x, n, RATE, 4 * RATE, 2 * RATE, GWS_PSD_MEAN, &est, &err), GWS_OK);
    /* 255 half-overlapping segments: one bin scatters by 7 %, the mean of 16 bins by 2 %. */
    for (int64_t k = 12 * 4; k + 16 < 1000 * 4; k += 16) {
        double ratio = 0;
        for (int64_t j = k; j < k + 16; j++)
            ratio += est.data[j] / psd.data[j] / 16;
        assert_true(fabs(ratio - 1) < 0.09);
    }
    gws_psd_clear(&psd);
    gws_psd_clear(&est);
    gws_noise_destroy(s);
    free(x);
}

static void white_curve_gives_white_noise(void **state)
{
    (void)state;
    double flat[] = {2e-40, 2e-40};
    gws_psd psd = {flat, 2, RATE / 2};
    gws_err err;
    gws_noise *s = gws_noise_create(&psd, RATE, 1, 1, 1, &err);
    assert_non_null(s);
    enum { N = 1 << 17 };
    static double x[N];
    gws_noise_fill(s, 0, N, x);
    double sum = 0;
    for (int i = 0; i < N; i++)
        sum += x[i] * x[i] / N;
    /* variance S rate/2; relative scatter sqrt(2/N) = 0.4 % */
    assert_true(fabs(sum / (2e-40 * RATE / 2) - 1) < 0.016);
    gws_noise_destroy(s);
}

static void unknown_curve_is_refused(void **state)
{
    (void)state;
    gws_psd psd;
    gws_err err;
    assert_int_equal(gws_psd_by_name("noSuchCurve", 1, 100, 0, &psd, &err), GWS_EARG);
    assert_null(psd.data);
    assert_non_null(strstr(err.text, "noSuchCurve"));
}

static void curves_come_from_files(void **state)
{
    (void)state;
    /* A power law is a straight line in log-log, whatever the rows; the ends are held. */
    static const char text[] = "# frequency asd\n10 1e-22\n\n40 0.25e-22\n1000 1e-24\n";
    const char *path = "test_gw_noise.tmp.txt";
    gws_err err;
    gws_psd psd;
    assert_int_equal(gws_file_write(path, text, strlen(text), &err), GWS_OK);
    assert_int_equal(gws_psd_by_name("asd:test_gw_noise.tmp.txt", 5, 401, 20, &psd, &err), GWS_OK);
    for (int k = 0; k < 401; k++) {
        double f = 5.0 * k, asd = 1e-21 / fmin(fmax(f, 10), 1000), want = f < 20 ? 0 : asd * asd;
        assert_true(fabs(psd.data[k] - want) <= 1e-12 * want);
    }
    gws_psd_clear(&psd);
    assert_int_equal(gws_file_write(path, "10 1e-22\n9 1e-22\n", 18, &err), GWS_OK);
    assert_int_equal(gws_psd_by_name(path, 5, 401, 20, &psd, &err), GWS_EFORMAT);
    assert_non_null(strstr(err.text, "row 2"));
    assert_int_equal(gws_file_write(path, "", 0, &err), GWS_OK);
    assert_int_equal(gws_psd_by_name(path, 5, 401, 20, &psd, &err), GWS_EFORMAT);
    remove(path);
}

static void curves_of_mlgwsc_load(void **state)
{
    (void)state;
    for (int i = 0; i < 40; i++) {
        char path[400];
        snprintf(path, sizeof path, "%s/mlgwsc/psds/%s/psd-%d.hdf", GWS_TEST_DATA, i < 20 ? "H1" : "L1", i % 20);
        if (!gws_file_exists(path))
            GWS_SKIP("no %s", path);
        gws_psd psd, file;
        gws_err err;
        assert_int_equal(gws_psd_load(path, &file, &err), GWS_OK);
        assert_true(file.n == 1025 && file.delta_f_hz == 1);
        gws_psd_clear(&file);
        assert_int_equal(gws_psd_by_name(path, 0.5, 2049, 0, &psd, &err), GWS_OK);
        /* linear between bins of 1 Hz; near 100 Hz O3a's detectors lie between 1e-47 and 1e-45 */
        for (int k = 21; k < 2047; k += 2)
            assert_true(fabs(psd.data[k] - 0.5 * (psd.data[k - 1] + psd.data[k + 1])) <= 1e-12 * psd.data[k]);
        assert_true(psd.data[200] > 1e-47 && psd.data[200] < 1e-45);
        gws_psd_clear(&psd);
    }
}

/* A file whose only PSD lies at `set`; `also`: NULL or a second one. */
static void save_psd(const char *path, const char *set, const char *also)
{
    const double values[3] = {4, 9, 25};
    const int64_t n = 3;
    gws_err err;
    gws_h5 *f = gws_h5_create(path, &err);
    assert_non_null(f);
    for (const char *at = set; at; at = at == set ? also : NULL) {
        assert_int_equal(gws_h5_write_f64(f, at, 1, &n, values, &err), GWS_OK);
        assert_int_equal(gws_h5_put_attr_f64(f, at, "delta_f", 2, &err), GWS_OK);
    }
    assert_int_equal(gws_h5_commit(f, &err), GWS_OK);
}

static void hdf5_of_any_name_and_layout_loads(void **state)
{
    (void)state;
    static const char *const sets[] = {"/psd", "/data", "/other", "/H1/psds/0"};
    const char *path = "test_gw_noise.tmp.psdfile"; /* known by its content */
    gws_err err;
    gws_psd psd;
    for (int i = 0; i < 4; i++) {
        save_psd(path, sets[i], NULL);
        assert_int_equal(gws_psd_by_name(path, 1, 7, 1, &psd, &err), GWS_OK);
        const double want[7] = {0, 6.5, 9, 17, 25, 25, 25};
        assert_memory_equal(psd.data, want, sizeof want);
        gws_psd_clear(&psd);
    }
    assert_int_equal(gws_psd_by_name("asd:test_gw_noise.tmp.psdfile", 2, 3, 0, &psd, &err), GWS_OK);
    assert_true(psd.data[0] == 16 && psd.data[2] == 625);
    gws_psd_clear(&psd);
    save_psd(path, "/H1/psds/0", "/H1/psds/1");
    assert_int_equal(gws_psd_by_name(path, 1, 7, 1, &psd, &err), GWS_EFORMAT);
    assert_non_null(strstr(err.text, "found 2 such"));
    assert_null(psd.data);
    remove(path);
}

static void low_frequency_beyond_the_grid_leaves_zeros(void **state)
{
    (void)state;
    gws_psd psd;
    gws_err err;
    static const char *const names[] = {"aLIGOZeroDetHighPower", "aLIGOAPlusDesignSensitivityT1800042"};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(gws_psd_by_name(names[i], 1e-3, 50, 1e300, &psd, &err), GWS_OK);
        for (int k = 0; k < 50; k++)
            assert_true(psd.data[k] == 0);
        gws_psd_clear(&psd);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stretch_is_pure_function_of_index),
        cmocka_unit_test(welch_psd_is_the_curve),
        cmocka_unit_test(white_curve_gives_white_noise),
        cmocka_unit_test(unknown_curve_is_refused),
        cmocka_unit_test(curves_come_from_files),
        cmocka_unit_test(curves_of_mlgwsc_load),
        cmocka_unit_test(hdf5_of_any_name_and_layout_loads),
        cmocka_unit_test(low_frequency_beyond_the_grid_leaves_zeros),
    };
    return GWS_RUN_TESTS(tests);
}
