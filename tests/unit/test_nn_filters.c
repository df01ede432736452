/* The filter bank and its transforms.  Truth: the sums of filters.h, made term by term in double.
 *
 * Tolerance: single precision with sums over 1792 taps; white noise of variance 1 and taps of norm 1 give a result of order 1, and an error
 * of some 1e-7 a butterfly stage and product: 2e-6 was seen, 1e-5 is asked. */
#include "gwstest.h"

#include "base/arena.h"
#include "base/rng.h"
#include "nn/filters.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TOLERANCE 1e-5

static float *made(int64_t n, const char *purpose, uint64_t number, double scale)
{
    float *x = gws_arena_alloc((size_t)n * sizeof *x);
    gws_rng r = gws_rng_init(5, purpose, number);
    assert_non_null(x);
    for (int64_t i = 0; i < n; i++)
        x[i] = (float)(scale * gws_rng_normal(&r));
    return x;
}

/* ---- transforms ---- */

static int64_t reversed(int64_t k, int64_t n)
{
    int64_t r = 0;
    for (; n > 1; n /= 8, k /= 8)
        r = 8 * r + k % 8;
    return r;
}

static void check_transforms(const gws_kernels *K, int64_t n)
{
    float *x = made(n * 32, "points", (uint64_t)n, 1.0),
          *turn = gws_arena_alloc((size_t)gws_fft_twiddles_size(n) * sizeof *turn + 64);
    float *y = gws_arena_alloc((size_t)(n * 32) * sizeof *y), *out = gws_arena_alloc((size_t)(n / 2 * 48) * sizeof *out);
    const double tolerance = 2e-7 * sqrt((double)n) * log2((double)n);
    gws_fft_twiddles(n, turn);
    memcpy(y, x, (size_t)(n * 32) * sizeof *x);
    K->fft_forward(n, turn, y);
    for (int64_t k = 0; k<n; k += n> 512 ? 37 : 1)
        for (int lane = 0; lane < 16; lane += 5) {
            double complex sum = 0;
            for (int64_t j = 0; j < n; j++)
                sum += ((double)x[j * 32 + lane] + 1i * (double)x[j * 32 + 16 + lane]) *
                       cexp(-2 * M_PI * 1i * (double)(j * k % n) / (double)n);
            const float *at = y + reversed(k, n) * 32 + lane;
            assert_true(fabs((double)at[0] - creal(sum)) < tolerance && fabs((double)at[16] - cimag(sum)) < tolerance);
        }
    for (int accumulate = 0; accumulate < 2;
         accumulate++) { /* there and back: n times what was, the later half of it, in rows of 48 */
        memcpy(y, x, (size_t)(n * 32) * sizeof *x);
        K->fft_forward(n, turn, y);
        for (int64_t i = 0; i < n / 2 * 48; i++)
            out[i] = 1000.0f;
        K->fft_inverse(n, turn, y, out, 48, accumulate);
        for (int64_t j = 0; j < n / 2; j++)
            for (int v = 0; v < 48; v++) {
                const double was = accumulate && v < 32 ? 1000.0 : 0.0;
                const double want = v < 32 ? (double)n * (double)x[(n / 2 + j) * 32 + v] : 1000.0;
                assert_true(fabs((double)out[j * 48 + v] - was - want) <
                            4e-7 * (double)n * log2((double)n) + (accumulate ? 4e-4 : 0.0));
            }
    }
    gws_arena_free(x);
    gws_arena_free(turn);
    gws_arena_free(y);
    gws_arena_free(out);
}

static void transforms_are_the_sums(void **state)
{
    const gws_isa isas[] = {GWS_ISA_SCALAR, GWS_ISA_AVX2, GWS_ISA_AVX512, GWS_ISA_NEON};
    for (size_t i = 0; i < sizeof isas / sizeof *isas; i++)
        for (int64_t n = 8; n <= 4096; n *= 8)
            if (gws_kernels_of(isas[i]))
                check_transforms(gws_kernels_of(isas[i]), n);
}

/* ---- the decimator ---- */

static void the_decimator_passes_positive_frequencies(void **state)
{
    float c[2 * GWS_DECIMATE_HALF + 1][2];
    gws_filters_decimator(&c[0][0]);
    for (double f = -1024; f <= 1024; f += 0.5) {
        double complex sum = 0;
        double response;
        gws_filters_response(1, &f, &response);
        for (int j = -GWS_DECIMATE_HALF; j <= GWS_DECIMATE_HALF; j++)
            sum += ((double)c[j + GWS_DECIMATE_HALF][0] + 1i * (double)c[j + GWS_DECIMATE_HALF][1]) *
                   cexp(2 * M_PI * 1i * f * j / 2048);
        assert_true(cabs(sum - response) < 1e-6);
        if (f >= 20 && f <= 495)
            assert_true(fabs(creal(sum) - 1) < 0.02);
        if (f < -17 || f > 532)
            assert_true(cabs(sum) < 0.02);
    }
}

/* ---- the bank ---- */

typedef struct gathered {
    int64_t first, n, capacity, row;
    float *rho[2];
    int64_t in, delay; /* input samples pushed so far; most that a row was late by */
} gathered;

static void gather(void *user, int64_t t, const float *const *rho, int64_t n)
{
    gathered *g = user;
    if (g->n == 0)
        g->first = t;
    assert_int_equal(t, g->first + g->n);
    assert_true(g->n + n <= g->capacity);
    for (int i = 0; i < 2; i++)
        memcpy(g->rho[i] + g->n * g->row, rho[i], (size_t)(n * g->row) * sizeof(float));
    g->n += n;
    if (g->in - 1 - 4 * t > g->delay)
        g->delay = g->in - 1 - 4 * t;
}

static void gather_one(void *user, int64_t t, const float *const *rho, int64_t n)
{
    const float *const twice[2] = {rho[0], rho[0]};
    gather(user, t, twice, n);
}

static double complex decimated(const float *x, int64_t sample, int64_t n, int64_t t)
{
    float c[2 * GWS_DECIMATE_HALF + 1][2];
    double complex sum = 0;
    gws_filters_decimator(&c[0][0]);
    for (int64_t j = -GWS_DECIMATE_HALF; j <= GWS_DECIMATE_HALF; j++) {
        const int64_t at = 4 * t + j - sample;
        if (at >= 0 && at < n)
            sum += ((double)c[j + GWS_DECIMATE_HALF][0] + 1i * (double)c[j + GWS_DECIMATE_HALF][1]) * (double)x[at];
    }
    return sum;
}

static void check_bank(int filters, int64_t taps, int64_t sample, int64_t n)
{
    float *g = made(filters * taps * 2, "taps", (uint64_t)taps, 1 / sqrt((double)taps)), *x[2];
    gws_filters *f = gws_filters_create(gws_kernels_get(), filters, taps, g, NULL);
    assert_non_null(f);
    gws_filtering *s = gws_filtering_create(f, 2, 0, 0, NULL, NULL);
    gathered got = {.capacity = n / 4 + 64, .row = gws_filters_row(f), .in = sample};
    for (int i = 0; i < 2; i++) {
        x[i] = made(n, "strain", (uint64_t)i, 1.0);
        got.rho[i] = gws_arena_alloc((size_t)(got.capacity * got.row) * sizeof(float));
    }
    for (int64_t at = 0; at < n; at++) { /* one by one, so that the delay is seen */
        const float *one[2] = {x[0] + at, x[1] + at};
        got.in = sample + at + 1;
        gws_filtering_push(s, sample + at, one, 1, gather, &got);
    }
    assert_int_equal(got.delay, gws_filters_delay(f));
    assert_true(got.first <= (sample - GWS_DECIMATE_HALF + 3) / 4); /* nothing that a sample reaches is left out */
    double complex *y = malloc((size_t)got.n * sizeof *y);
    for (int i = 0; i < 2; i++) {
        for (int64_t t = 0; t < got.n; t++)
            y[t] = decimated(x[i], sample, n, got.first + t);
        for (int64_t t = 0; t < got.n; t += t < 100 ? 1 : 53)
            for (int k = 0; k<filters; k += filters> 3 ? 3 : 1) {
                double complex want = 0;
                for (int64_t d = 0; d < taps && d <= t; d++)
                    want += ((double)g[(k * taps + d) * 2] + 1i * (double)g[(k * taps + d) * 2 + 1]) * y[t - d];
                const float *at = got.rho[i] + t * got.row + k / 16 * 32 + k % 16;
                assert_true(cabs(want - ((double)at[0] + 1i * (double)at[16])) < TOLERANCE);
            }
        for (int64_t t = 0; t < got.n && filters % 16; t++)
            assert_true(got.rho[i][(t + 1) * got.row - 1] == 0.0f);
    }
    for (int i = 0; i < 2; i++) {
        gws_arena_free(x[i]);
        gws_arena_free(got.rho[i]);
    }
    free(y);
    gws_arena_free(g);
    gws_filtering_destroy(s);
    gws_filters_destroy(f);
}

static void a_bank_is_the_sum_over_its_taps(void **state)
{
    const int64_t gps = INT64_C(1238205077) * 2048;
    check_bank(3, 1792, gps + 777, 3 * 2048);
    check_bank(20, 1537, gps, 2048 + 911);
    check_bank(1, 256, 0, 2048);
    check_bank(16, 257, 61, 2048);
    check_bank(2, 31, gps + 127, 1500);
    check_bank(17, 1, gps + 128, 600);
}

/* Rows times the gains that hold at their sample, or at the first sample behind a gap, and moved by an offset: any cut gives these bits. */
static void rows_follow_their_gains(void **state)
{
    enum { FILTERS = 20, TAPS = 700, FROM = 5000, N = 4 * 2048, OFFSET = 12345 };
    static const int64_t from[] = {0, FROM + 100 + OFFSET, FROM + 3001 + OFFSET, FROM + 6000 + OFFSET};
    float *g = made(FILTERS * TAPS * 2, "taps", TAPS, 1 / sqrt(TAPS)), *x = made(N, "strain", 0, 1.0),
          *gain = made(4 * FILTERS, "gains", 0, 1.0);
    gws_filters *f = gws_filters_create(gws_kernels_get(), FILTERS, TAPS, g, NULL);
    gws_gains gains = {.width = FILTERS};
    for (int i = 0; i < 4; i++)
        assert_int_equal(gws_gains_add(&gains, from[i], gain + i * FILTERS), 0);
    assert_int_equal(gws_gains_add(&gains, FROM + 7000 + OFFSET, gain + 3 * FILTERS), 0); /* the same again: no row of its own */
    assert_int_equal(gains.n, 4);
    for (int cut = 1; cut < N; cut = cut * 7 + 90) {
        gathered got[2];
        for (int follow = 0; follow < 2; follow++) {
            gws_filtering *s = gws_filtering_create(f, 1, 0, 0, NULL, NULL);
            got[follow] = (gathered){.capacity = N / 4 + 64, .row = gws_filters_row(f)};
            for (int i = 0; i < 2; i++)
                got[follow].rho[i] = gws_arena_alloc((size_t)(got[follow].capacity * got[follow].row) * sizeof(float));
            if (follow)
                gws_filtering_follow(s, 0, &gains, OFFSET);
            for (int64_t at = 0; at < N; at += cut) {
                const float *one[2] = {x + at, x + at};
                gws_filtering_push(s, FROM + at, one, N - at < cut ? N - at : cut, gather_one, &got[follow]);
            }
            gws_filtering_destroy(s);
        }
        assert_int_equal(got[0].n, got[1].n);
        for (int64_t t = 0; t < got[0].n; t++)
            for (int k = 0; k < FILTERS; k++) {
                const int64_t sample = 4 * (got[0].first + t) > FROM ? 4 * (got[0].first + t) : FROM;
                int row = 3;
                while (from[row] > sample + OFFSET)
                    row--;
                const int64_t at = t * got[0].row + k / 16 * 32 + k % 16;
                for (int part = 0; part < 32; part += 16)
                    assert_true(got[1].rho[0][at + part] == got[0].rho[0][at + part] * gain[row * FILTERS + k]);
            }
        for (int i = 0; i < 4; i++)
            gws_arena_free(got[i / 2].rho[i % 2]);
    }
    gws_gains_drop(&gains, from[2] + 5);
    assert_true(gains.n == 2 && gains.from[0] == from[2] && gains.gain[0] == gain[2 * FILTERS] && gws_gains_at(&gains, 0) == 0 &&
                gws_gains_at(&gains, from[3]) == 1);
    gws_gains_clear(&gains);
    gws_filters_destroy(f);
    gws_arena_free(g);
    gws_arena_free(x);
    gws_arena_free(gain);
}

static void a_bank_that_cannot_be_is_refused(void **state)
{
    const float g[2] = {1.0f, 0.0f};
    gws_err err;
    assert_null(gws_filters_create(gws_kernels_get(), 0, 1, g, &err));
    assert_int_equal(err.status, GWS_EARG);
    assert_null(gws_filters_create(gws_kernels_get(), 1, GWS_FILTERS_TAPS + 1, g, &err));
    assert_int_equal(err.status, GWS_EARG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(transforms_are_the_sums),          cmocka_unit_test(the_decimator_passes_positive_frequencies),
        cmocka_unit_test(a_bank_is_the_sum_over_its_taps),  cmocka_unit_test(rows_follow_their_gains),
        cmocka_unit_test(a_bank_that_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
