/* Coloured noise against identities: its Welch PSD is the curve asked for, its samples do not depend on how they are asked for. */
#include "base/file.h"
#include "base/hdf5.h"
#include "base/rng.h"
#include "sim/noise.h"
#include "gw/named_psd.h"
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
    assert_int_equal(gws_psd_welch(x, n, RATE, &(gws_welch_params){4 * RATE, 2 * RATE, GWS_PSD_MEAN}, &est, &err), GWS_OK);
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
    /* A power law is a straight line in log-log, whatever the rows; outside them there is no value. */
    static const char text[] = "# frequency asd\n10 1e-22\n\n40 0.25e-22 # a comment\n1000 1e-24\n";
    const char *path = "test_gw_noise.tmp.txt";
    gws_err err;
    gws_psd psd;
    assert_int_equal(gws_file_write(path, text, strlen(text), &err), GWS_OK);
    for (double low = 0; low <= 20; low += 20) {
        assert_int_equal(gws_psd_by_name("asd:test_gw_noise.tmp.txt", 5, 401, low, &psd, &err), GWS_OK);
        for (int k = 0; k < 401; k++) {
            double f = 5.0 * k, asd = 1e-21 / f, want = f < fmax(low, 10) || f > 1000 ? 0 : asd * asd;
            assert_true(fabs(psd.data[k] - want) <= 1e-12 * want);
        }
        double first, last;
        assert_true(gws_psd_range(&psd, &first, &last) && first == fmax(low, 10) && last == 1000);
        gws_psd_clear(&psd);
    }
    remove(path);
}

/* What is no pair of numbers, or more than one, is refused by its row. */
static void broken_rows_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } bad[] = {
        {"10 1e-42\n9 1e-42\n", "row 2"},
        {"10 1e-42\n\n20 1e-42abc\n", "row 3: want two columns"},
        {"10 1e-42 1e-41\n20 1e-44 1e-43\n", "row 1: want two columns"},
        {"10abc 1e-42\n20 1e-44\n", "row 1"},
        {"10 1e-42\n0x20 1e-44\n", "row 2"},
        {"10 1e-42\n20 nan\n", "row 2"},
        {"10 1e-42\n20 inf\n", "row 2"},
        {"10 1e-42\n20\n", "row 2"},
        {"", "two rows"},
    };
    const char *path = "test_gw_noise.tmp.txt";
    gws_err err;
    gws_psd psd;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(gws_file_write(path, bad[i].text, strlen(bad[i].text), &err), GWS_OK);
        if (gws_psd_by_name(path, 5, 401, 0, &psd, &err) != GWS_EFORMAT || !strstr(err.text, bad[i].says))
            fail_msg("'%s': %s", bad[i].text, err.text);
        assert_null(psd.data);
    }
    assert_int_equal(gws_file_write(path, "10 1e-42\0\n20 1e-44\n", 20, &err), GWS_OK);
    assert_int_equal(gws_psd_by_name(path, 5, 401, 0, &psd, &err), GWS_EFORMAT);
    remove(path);
}

/* Aplus's amplitude at 100 Hz is some 3e-24, its PSD 1e-47; a placeholder is no PSD at all. */
static void impossible_numbers_are_refused(void **state)
{
    (void)state;
    const char *path = "test_gw_noise.tmp.txt", *amplitudes = "5 1e-20\n20 1e-23\n100 3e-24\n2000 2e-23\n";
    const char *powers = "5 1e-40\n20 1e-46\n100 9e-48\n2000 4e-46\n", *placeholder = "0 0.25\n9 0.25\n10 1e-42\n2000 4e-46\n";
    const char *space = "1e-7 6e-23\n1e-3 1e-35\n1 1e-40\n";
    gws_err err;
    gws_psd psd;
    assert_int_equal(gws_file_write(path, amplitudes, strlen(amplitudes), &err), GWS_OK);
    assert_int_equal(gws_psd_by_name(path, 1, 1025, 0, &psd, &err), GWS_EDATA);
    assert_non_null(strstr(err.text, "a PSD of 1e-23 /Hz at 20 Hz"));
    assert_non_null(strstr(err.text, "asd:test_gw_noise.tmp.txt"));
    assert_null(psd.data);
    assert_int_equal(gws_psd_design(path, 2048, 0.25, 8, 20, &psd, &err), GWS_EDATA);
    assert_int_equal(gws_psd_by_name("asd:test_gw_noise.tmp.txt", 1, 1025, 0, &psd, &err), GWS_OK);
    gws_psd_clear(&psd);
    assert_int_equal(gws_file_write(path, powers, strlen(powers), &err), GWS_OK);
    assert_int_equal(gws_psd_by_name(path, 1, 1025, 0, &psd, &err), GWS_OK);
    gws_psd_clear(&psd);
    assert_int_equal(gws_psd_by_name("asd:test_gw_noise.tmp.txt", 1, 1025, 0, &psd, &err), GWS_EDATA);
    assert_non_null(strstr(err.text, "wants no asd:"));
    assert_int_equal(gws_file_write(path, placeholder, strlen(placeholder), &err), GWS_OK);
    assert_int_equal(gws_psd_by_name(path, 1, 1025, 0, &psd, &err), GWS_EDATA);
    assert_non_null(strstr(err.text, "a PSD of 0.25 /Hz at 1 Hz"));
    assert_null(strstr(err.text, "asd:"));
    assert_int_equal(gws_psd_by_name(path, 1, 1025, 10, &psd, &err), GWS_OK);
    assert_true(psd.data[9] == 0 && psd.data[10] == 1e-42);
    gws_psd_clear(&psd);
    assert_int_equal(gws_psd_design(path, 2048, 0.25, 10, 20, &psd, &err), GWS_OK); /* held from 10 Hz down */
    assert_true(psd.data[0] == 1e-42);
    gws_psd_clear(&psd);
    assert_int_equal(gws_psd_design(path, 2048, 0.25, 8, 20, &psd, &err), GWS_EDATA);
    assert_int_equal(gws_file_write(path, space, strlen(space), &err), GWS_OK);
    assert_int_equal(gws_psd_by_name(path, 0.25, 5, 0, &psd, &err), GWS_OK);
    gws_psd_clear(&psd);
    remove(path);
}

/* Noise wants a value in every bin: held below where that is of no account, refused where it is. */
static void a_design_covers_its_band(void **state)
{
    (void)state;
    static const struct {
        const char *text, *says;
    } files[] = {
        {"5 1e-42\n1024 1e-46\n", NULL},
        {"15 1e-42\n1023.9 1e-46\n", NULL}, /* held below 15 Hz, and Nyquist */
        {"25 1e-42\n1024 1e-46\n", "values from 25 to 1024 Hz, wanted from 20 to 1024 Hz"},
        {"5 1e-42\n1000 1e-46\n", "values from 8 to 1000 Hz, wanted from 20 to 1024 Hz"},
        {"5 1e-42\n100 1e-46\n100.5 0\n101 1e-46\n1024 1e-46\n", "with a hole"},
        {"0.1 1e-42\n1.04 1e-46\n", "no value from 8 to 1024 Hz"},
    };
    const char *path = "test_gw_noise.tmp.txt";
    gws_err err;
    gws_psd psd;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        assert_int_equal(gws_file_write(path, files[i].text, strlen(files[i].text), &err), GWS_OK);
        gws_status status = gws_psd_design(path, 2048, 0.25, 8, 20, &psd, &err);
        if (files[i].says && (status != GWS_EDATA || !strstr(err.text, files[i].says) || psd.data))
            fail_msg("'%s': %s", files[i].text, err.text);
        for (int k = 0; !files[i].says && k < 4097; k++)
            assert_true(psd.data[k] > 0 && (k > 32 || psd.data[k] == psd.data[0]));
        assert_true(files[i].says || status == GWS_OK);
        gws_psd_clear(&psd);
    }
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
    const double values[3] = {4e-22, 9e-22, 25e-22};
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
        const double want[7] = {0, 6.5e-22, 9e-22, 17e-22, 25e-22, 0, 0};
        for (int k = 0; k < 7; k++)
            assert_true(fabs(psd.data[k] - want[k]) <= 1e-15 * want[k]);
        gws_psd_clear(&psd);
    }
    assert_int_equal(gws_psd_by_name("asd:test_gw_noise.tmp.psdfile", 2, 3, 0, &psd, &err), GWS_OK);
    assert_true(fabs(psd.data[0] / 16e-44 - 1) < 1e-15 && fabs(psd.data[2] / 625e-44 - 1) < 1e-15);
    gws_psd_clear(&psd);
    /* a spectrum that does not begin at 0 Hz is not moved there */
    gws_h5 *f = gws_h5_create(path, &err);
    const double values[3] = {4e-22, 9e-22, 25e-22};
    assert_int_equal(gws_h5_write_f64(f, "/psd", 1, (int64_t[]){3}, values, &err), GWS_OK);
    assert_int_equal(gws_h5_put_attr_f64(f, "/psd", "delta_f", 2, &err), GWS_OK);
    assert_int_equal(gws_h5_put_attr_f64(f, "/psd", "f0", 10, &err), GWS_OK);
    assert_int_equal(gws_h5_commit(f, &err), GWS_OK);
    assert_int_equal(gws_psd_by_name(path, 1, 7, 1, &psd, &err), GWS_EFORMAT);
    assert_non_null(strstr(err.text, "begins at 10 Hz"));
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
        cmocka_unit_test(broken_rows_are_refused),
        cmocka_unit_test(impossible_numbers_are_refused),
        cmocka_unit_test(a_design_covers_its_band),
        cmocka_unit_test(curves_of_mlgwsc_load),
        cmocka_unit_test(hdf5_of_any_name_and_layout_loads),
        cmocka_unit_test(low_frequency_beyond_the_grid_leaves_zeros),
    };
    return GWS_RUN_TESTS(tests);
}
