/* Long circular filters against one plain transform of the same length.  Lengths: rows alone, columns of a prime (Rader's way), of a
 * product of primes and of a power; rows lengthened by odd factors. */
#include "base/arena.h"
#include "base/rng.h"
#include "dsp/circular.h"
#include "dsp/fft.h"
#include "gwstest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const int64_t lengths[] = {2,         6,         4096,          512 * 3,        1024 * 5,  512 * 11,
                                  2048 * 13, 512 * 241, 512 * 35,      512 * 47 * 41,  512 * 121, 512 * 1039,
                                  1000 * 33, 2 * 9973,  512 * 17 * 15, 6 * 7 * 11 * 13};

static double *numbers(int64_t n)
{
    double *x = gws_arena_alloc((size_t)n * sizeof *x);
    gws_rng r = gws_rng_init(4, "circular", 0);
    assert_non_null(x);
    gws_rng_normal_at(&r, 0, x, (size_t)n);
    return x;
}

static void spectrum_times_gains(void **state)
{
    for (size_t l = 0; l < sizeof lengths / sizeof *lengths; l++) {
        const int64_t n = lengths[l];
        gws_err err;
        gws_circular *c = gws_circular_create(n, &err);
        gws_fft *f = gws_fft_create(n, &err);
        assert_non_null(c);
        assert_non_null(f);
        int64_t rows = gws_circular_rows(c), columns = gws_circular_columns(c), *bin = calloc((size_t)rows, sizeof *bin);
        double *x = numbers(n), *spec = gws_arena_alloc((size_t)(n / 2 + 1) * 2 * sizeof *spec), *y = numbers(n);
        double *work = gws_arena_alloc((size_t)gws_circular_work(c) * sizeof *work);
        double *gain = calloc((size_t)(rows * columns), sizeof *gain), *seen = calloc((size_t)n / 2 + 1, sizeof *seen);
        assert_true(bin && spec && work && gain && seen);

        /* magnitudes, and each frequency at its place as often as it should be */
        gws_circular_put(c, work, 0, x, n);
        gws_circular_magnitude(c, work, gain);
        gws_fft_forward(f, x, spec);
        double worst = 0;
        for (int64_t k = 0; k < columns; k++) {
            gws_circular_bins(c, k, bin);
            for (int64_t r = 0; r < rows; r++) {
                double *z = spec + 2 * bin[r];
                worst = fmax(worst, fabs(hypot(z[0], z[1]) - gain[k * rows + r]));
                seen[bin[r]]++;
                gain[k * rows + r] = 1.0 / (1.0 + (double)bin[r]); /* what it is filtered with below */
            }
        }
        for (int64_t k = 0; k <= n / 2; k++)
            assert_true(seen[k] == 1 || seen[k] == 2);
        assert_true(worst < 1e-14 * sqrt((double)n) * log2((double)n) + 1e-15);

        /* put in pieces and taken out in pieces */
        memset(work, 0, (size_t)gws_circular_work(c) * sizeof *work);
        for (int64_t at = 0, k = 1; at < n; at += k, k = k * 5 % 3001 + 1) {
            k = k < n - at ? k : n - at;
            gws_circular_put(c, work, at, x + at, k);
        }
        gws_circular_get(c, work, 0, y, n);
        assert_memory_equal(x, y, (size_t)n * sizeof *x);
        gws_circular_filter(c, gain, work);
        for (int64_t at = 0, k = 1; at < n; at += k, k = k * 7 % 5003 + 1) {
            k = k < n - at ? k : n - at;
            gws_circular_get(c, work, at, y + at, k);
        }
        for (int64_t k = 0; k <= n / 2; k++) {
            spec[2 * k] /= 1.0 + (double)k;
            spec[2 * k + 1] /= 1.0 + (double)k;
        }
        gws_fft_inverse(f, spec, x);
        worst = 0;
        double square = 0;
        for (int64_t i = 0; i < n; i++) {
            worst = fmax(worst, fabs(x[i] - y[i]));
            square += x[i] * x[i];
        }
        assert_true(worst < 1e-13 * sqrt(square / (double)n));

        gws_circular_destroy(c);
        gws_fft_destroy(f);
        gws_arena_free(x);
        gws_arena_free(y);
        gws_arena_free(spec);
        gws_arena_free(work);
        free(bin);
        free(gain);
        free(seen);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(spectrum_times_gains)};
    return GWS_RUN_TESTS(tests);
}
