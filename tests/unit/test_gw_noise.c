/* Coloured noise against identities: its Welch PSD is the curve asked for, its samples do not depend on how they are asked for. */
#include "base/rng.h"
#include "gw/noise.h"
#include "gwstest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RATE 2048

static gws_noise *make(double filter_s, uint64_t stream, gws_psd *psd)
{
    gws_err err;
    assert_int_equal(gws_psd_by_name("aLIGOZeroDetHighPower", 0.25, 4097, 10, psd, &err), GWS_OK);
    gws_noise *s = gws_noise_create(psd, RATE, filter_s, 7, stream, &err);
    assert_non_null(s);
    return s;
}

static void stretch_is_pure_function_of_index(void **state)
{
    (void)state;
    gws_psd psd;
    gws_noise *a = make(4, 3, &psd), *b = make(4, 3, &psd), *other = make(4, 4, &psd);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stretch_is_pure_function_of_index),
        cmocka_unit_test(welch_psd_is_the_curve),
        cmocka_unit_test(white_curve_gives_white_noise),
        cmocka_unit_test(unknown_curve_is_refused),
    };
    return GWS_RUN_TESTS(tests);
}
