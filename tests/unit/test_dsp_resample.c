/* Unit tests of dsp/resample.h.  Truth: identities (a constant and a sine below 0.9 of the new Nyquist frequency come out as they
 * went in) and the header's promise (80 dB stop band, 0.01 dB pass band, absolute grid, gap rule), measured with sines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "dsp/resample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct capture {
    double h[40000];
    int64_t begin[64], count[64]; /* runs; a jump of the index starts a new one */
    int runs;
    int64_t n;
};

static void on_samples(void *user, int64_t sample, const double *h, int64_t n)
{
    struct capture *c = user;
    assert_true(c->n + n <= (int64_t)(sizeof c->h / sizeof c->h[0]));
    if (c->runs == 0 || c->begin[c->runs - 1] + c->count[c->runs - 1] != sample) {
        assert_true(c->runs < 64);
        c->begin[c->runs] = sample;
        c->count[c->runs++] = 0;
    }
    memcpy(c->h + c->n, h, (size_t)n * sizeof *h);
    c->count[c->runs - 1] += n;
    c->n += n;
}

static struct capture *run(int in_hz, int out_hz, int64_t begin, const double *x, int64_t n)
{
    struct capture *c = test_calloc(1, sizeof *c);
    gws_resample *r = gws_resample_create(in_hz, out_hz, NULL);
    assert_non_null(r);
    gws_resample_push(r, begin, x, n, on_samples, c);
    gws_resample_finish(r, on_samples, c);
    gws_resample_destroy(r);
    return c;
}

static const int rates[][2] = {{16384, 4096}, {16384, 2048}, {4096, 2048}, {6144, 2048}, {4096, 1024}};
#define N_RATES (sizeof rates / sizeof rates[0])

/* rms of the output for a unit-rms sine, in dB */
static double gain_db(int in_hz, int out_hz, double f_hz)
{
    int64_t n = 16384;
    double *x = test_malloc((size_t)n * sizeof *x);
    for (int64_t i = 0; i < n; i++)
        x[i] = M_SQRT2 * sin(2.0 * M_PI * f_hz * (double)i / in_hz + 0.3);
    struct capture *c = run(in_hz, out_hz, 0, x, n);
    assert_true(c->n > 100);
    double peak = 0.0;
    for (int64_t i = 0; i < c->n; i++)
        peak = fabs(c->h[i]) > peak ? fabs(c->h[i]) : peak;
    test_free(x);
    test_free(c);
    return 20.0 * log10(peak / M_SQRT2);
}

static void stop_band_is_80_db_down(void **state)
{
    double worst = -400.0;
    for (size_t k = 0; k < N_RATES; k++) {
        double nyquist = rates[k][1] / 2.0;
        for (double f = nyquist; f <= rates[k][0] / 2.0; f += (rates[k][0] / 2.0 - nyquist) / 37.0) {
            double g = gain_db(rates[k][0], rates[k][1], f);
            worst = g > worst ? g : worst;
        }
    }
    print_message("stop band: worst gain %.1f dB\n", worst);
    assert_true(worst < -80.0);
}

static void pass_band_keeps_sines_sample_by_sample(void **state)
{
    double tolerance = pow(10.0, 0.01 / 20.0) - 1.0; /* 0.01 dB of a unit sine */
    double worst = 0.0;
    for (size_t k = 0; k < N_RATES; k++) {
        int in_hz = rates[k][0], out_hz = rates[k][1], factor = in_hz / out_hz;
        int64_t n = 16384;
        double *x = test_malloc((size_t)n * sizeof *x);
        for (int j = 0; j <= 12; j++) {
            double f = 0.9 * out_hz / 2.0 * j / 12.0;
            for (int64_t i = 0; i < n; i++)
                x[i] = cos(2.0 * M_PI * f * (double)i / in_hz);
            struct capture *c = run(in_hz, out_hz, 0, x, n);
            assert_int_equal(c->runs, 1);
            for (int64_t i = 0; i < c->n; i++) {
                double d = fabs(c->h[i] - x[(c->begin[0] + i) * factor]); /* linear phase: no shift at all */
                worst = d > worst ? d : worst;
            }
            test_free(c);
        }
        test_free(x);
    }
    print_message("pass band: worst error of a unit sine %.2e (allowed %.2e)\n", worst, tolerance);
    assert_true(worst < tolerance);
}

static void outputs_fall_on_the_absolute_grid_and_only_where_the_filter_fits(void **state)
{
    int64_t begins[] = {-5001, -5000, -3, 0, 1, 2, 3, INT64_C(1126259447) * 16384 + 5};
    double *x = test_malloc(9000 * sizeof *x);
    for (int i = 0; i < 9000; i++)
        x[i] = 1.0;
    gws_resample *r = gws_resample_create(16384, 4096, NULL);
    int64_t half = gws_resample_delay(r);
    gws_resample_destroy(r);
    for (size_t k = 0; k < sizeof begins / sizeof begins[0]; k++) {
        struct capture *c = run(16384, 4096, begins[k], x, 9000);
        assert_int_equal(c->runs, 1);
        int64_t first = c->begin[0], last = first + c->n - 1, end = begins[k] + 9000;
        assert_true(first * 4 - half >= begins[k]);
        assert_true((first - 1) * 4 - half < begins[k]); /* none is missing at the start */
        assert_true(last * 4 + half < end);
        assert_true((last + 1) * 4 + half >= end); /* nor at the end */
        for (int64_t i = 0; i < c->n; i++)
            assert_true(fabs(c->h[i] - 1.0) < 1e-4); /* polyphase ripple of a constant, far below 0.01 dB */
        test_free(c);
    }
    test_free(x);
}

static void a_gap_costs_the_filters_reach_and_nothing_else(void **state)
{
    int64_t n = 20000, hole = 9001, width = 7;
    double *x = test_malloc((size_t)n * sizeof *x);
    for (int64_t i = 0; i < n; i++)
        x[i] = sin(0.01 * (double)i) + 0.3 * cos(0.37 * (double)i);
    struct capture *whole = run(4096, 2048, 100, x, n);
    for (int64_t i = hole; i < hole + width; i++)
        x[i] = i % 2 ? (double)NAN : (double)INFINITY;
    struct capture *c = run(4096, 2048, 100, x, n);
    gws_resample *r = gws_resample_create(4096, 2048, NULL);
    int64_t half = gws_resample_delay(r);
    gws_resample_destroy(r);
    assert_int_equal(c->runs, 2);
    int64_t last = c->begin[0] + c->count[0] - 1, next = c->begin[1];
    assert_true(2 * last + half < 100 + hole && 2 * (last + 1) + half >= 100 + hole);
    assert_true(2 * next - half >= 100 + hole + width && 2 * (next - 1) - half < 100 + hole + width);
    /* what is left is the same to the bit as without the gap */
    int64_t at = 0;
    for (int k = 0; k < 2; k++) {
        assert_memory_equal(c->h + at, whole->h + (c->begin[k] - whole->begin[0]), (size_t)c->count[k] * sizeof(double));
        at += c->count[k];
    }
    test_free(whole);
    test_free(c);
    test_free(x);
}

static void equal_rates_pass_through_untouched(void **state)
{
    double x[10] = {1e-21, 2, 3, (double)NAN, 5, 6, 7, (double)NAN, (double)NAN, 10};
    struct capture *c = run(2048, 2048, 77, x, 10);
    assert_int_equal(c->runs, 3);
    assert_int_equal(c->begin[0], 77);
    assert_int_equal(c->begin[1], 81);
    assert_int_equal(c->begin[2], 86);
    assert_memory_equal(c->h, x, 3 * sizeof(double));
    assert_memory_equal(c->h + 3, x + 4, 3 * sizeof(double));
    assert_memory_equal(c->h + 6, x + 9, sizeof(double));
    test_free(c);
}

static void rates_that_do_not_divide_are_refused(void **state)
{
    gws_err err = {0};
    assert_null(gws_resample_create(4096, 3000, &err));
    assert_int_equal(err.status, GWS_EARG);
    assert_non_null(strstr(err.text, "4096"));
    assert_non_null(strstr(err.text, "3000"));
    assert_null(gws_resample_create(2048, 4096, &err));
    assert_null(gws_resample_create(0, 1, &err));
    assert_null(gws_resample_create(1, -1, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stop_band_is_80_db_down),
        cmocka_unit_test(pass_band_keeps_sines_sample_by_sample),
        cmocka_unit_test(outputs_fall_on_the_absolute_grid_and_only_where_the_filter_fits),
        cmocka_unit_test(a_gap_costs_the_filters_reach_and_nothing_else),
        cmocka_unit_test(equal_rates_pass_through_untouched),
        cmocka_unit_test(rates_that_do_not_divide_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
