/* The whitening filter that sees less ahead.  Truth: the filter of zero phase, whose amplitude it has to keep; a polynomial with
 * its zeros inside the unit circle, which is the minimum-phase response of its own amplitude; causality. */
#include "gwstest.h"

#include "base/arena.h"
#include "dsp/whiten.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* |response| of a filter's taps, and its phase turned to lag 0 at `ahead`, on `size` points. */
static double *response(const double *fir, int64_t length, int64_t ahead, int64_t size)
{
    gws_fft *fft = gws_fft_create(size, NULL);
    double *x = gws_arena_alloc((size_t)size * sizeof *x), *spec = gws_arena_alloc((size_t)(size + 2) * sizeof *spec);
    memset(x, 0, (size_t)size * sizeof *x);
    for (int64_t i = 0; i < length; i++)
        x[(i - ahead + size) % size] = fir[i];
    gws_fft_forward(fft, x, spec);
    gws_fft_destroy(fft);
    gws_arena_free(x);
    return spec;
}

/* A detector: a steep wall below 30 Hz, shot noise, lines of one bin. */
static void detector(double *s, int n)
{
    static const int lines[] = {73, 120, 121, 240, 331, 360, 1003};
    for (int k = 0; k < n; k++) {
        const double f = k ? 0.5 * k : 0.5;
        s[k] = 1e-46 * (1 + pow(f / 30, -14) + pow(f / 200, 2));
    }
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
        s[lines[i]] *= 1e4;
}

static void the_amplitude_is_kept(void **state)
{
    enum { RATE = 2048, LENGTH = 4096, SIZE = 8 * LENGTH };
    static const int64_t ahead[] = {1024, 512, 256, 32};
    static const double most[] = {0.2, 0.5, 0.8, 2};
    static double s[2049], fir[LENGTH];
    detector(s, 2049);
    gws_whiten *w = gws_whiten_create(LENGTH, 0, RATE, 20, 0, NULL);
    assert_int_equal(gws_whiten_design(w, s, 2049, 0.5, fir), 1);
    gws_whiten_destroy(w);
    double *want = response(fir, LENGTH, LENGTH / 2, SIZE), loudest = 0;
    for (int64_t k = 0; k <= SIZE / 2; k++)
        loudest = fmax(loudest, fabs(want[2 * k]));
    for (size_t i = 0; i < sizeof ahead / sizeof *ahead; i++) {
        w = gws_whiten_create(LENGTH, ahead[i], RATE, 20, 0, NULL);
        assert_int_equal(gws_whiten_design(w, s, 2049, 0.5, fir), 1);
        gws_whiten_destroy(w);
        assert_true(fir[0] == 0);
        double *got = response(fir, LENGTH, ahead[i], SIZE), energy = 0, late = 0, turned = 0;
        for (int64_t k = 0; k <= SIZE / 2; k++)
            assert_true(fabs(hypot(got[2 * k], got[2 * k + 1]) - fabs(want[2 * k])) < 1e-3 * loudest);
        for (int64_t k = 0; k < LENGTH; k++) {
            energy += fir[k] * fir[k];
            late += k >= LENGTH - (LENGTH - ahead[i]) / 8 ? fir[k] * fir[k] : 0;
        }
        assert_true(late < 1e-5 * energy); /* what the cut may touch */
        /* Away from the lines the phase is small: between 80 and 110 Hz. */
        for (int64_t k = 80 * SIZE / RATE; k < 110 * SIZE / RATE; k++)
            turned = fmax(turned, fabs(atan2(got[2 * k + 1], got[2 * k])));
        assert_true(turned < most[i]);
        gws_arena_free(got);
    }
    gws_arena_free(want);
}

/* One sample ahead is none: the Hann taper has its only tap at lag 0, V is flat, and the filter is the minimum-phase one. */
static void a_minimum_phase_filter_is_recovered(void **state)
{
    enum { RATE = 256, LENGTH = 4096, N = 2 * LENGTH + 1 };
    static double s[N], fir[LENGTH];
    const double b[3] = {1, -2 * 0.5 * cos(1), 0.25}; /* zeros at 0.5 e^(+-i) */
    for (int k = 0; k < N; k++) {
        double re = 0, im = 0;
        for (int j = 0; j < 3; j++) {
            re += b[j] * cos(M_PI * j * k / (N - 1));
            im -= b[j] * sin(M_PI * j * k / (N - 1));
        }
        s[k] = 2 / (RATE * (re * re + im * im));
    }
    gws_whiten *w = gws_whiten_create(LENGTH, 1, RATE, 0, 0, NULL);
    assert_int_equal(gws_whiten_design(w, s, N, (double)RATE / 2 / (N - 1), fir), 1);
    gws_whiten_destroy(w);
    for (int i = 0; i < LENGTH; i++) /* the taper of the amplitude's own taps is (pi lag / LENGTH)^2 below 1 */
        assert_true(fabs(fir[i] - (i >= 1 && i <= 3 ? b[i - 1] : 0)) < 1e-5);
}

static void half_is_zero_phase(void **state)
{
    enum { RATE = 2048, LENGTH = 4096 };
    static double s[2049], a[LENGTH], b[LENGTH];
    gws_err err;
    detector(s, 2049);
    gws_whiten *w = gws_whiten_create(LENGTH, 0, RATE, 20, 0, NULL), *v = gws_whiten_create(LENGTH, LENGTH / 2, RATE, 20, 0, NULL);
    gws_whiten_design(w, s, 2049, 0.5, a);
    gws_whiten_design(v, s, 2049, 0.5, b);
    assert_memory_equal(a, b, sizeof a);
    gws_whiten_destroy(w);
    gws_whiten_destroy(v);
    assert_null(gws_whiten_create(LENGTH, LENGTH / 2 + 1, RATE, 20, 0, &err));
    assert_int_equal(err.status, GWS_EARG);
    assert_null(gws_whiten_create(LENGTH, -1, RATE, 20, 0, &err));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_amplitude_is_kept),
        cmocka_unit_test(a_minimum_phase_filter_is_recovered),
        cmocka_unit_test(half_is_zero_phase),
    };
    return GWS_RUN_TESTS(tests);
}
