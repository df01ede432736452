/* White and coloured noise against PyCBC's (tools/golden/mlgwsc_noise.py).  Samples may differ by rounding in two long transforms. */
#include "mlgwsc_noise_rows.h"
#include "sim/reproducible.h"
#include "gwstest.h"

#include <stdlib.h>
#include <string.h>

#define N_OF(x) ((int)(sizeof(x) / sizeof(x)[0]))
#define BOUND 1e-12 /* of the standard deviation */

/* The golden script's curve. */
static gws_psd curve(int n, double delta_f_hz, double low_hz)
{
    gws_psd psd = {.data = malloc((size_t)n * sizeof(double)), .n = n, .delta_f_hz = delta_f_hz};
    assert_non_null(psd.data);
    for (int k = 0; k < n; k++) {
        double f = k * delta_f_hz, x = 50.0 / (f + 1.0);
        psd.data[k] = f < low_hz ? 0 : 1e-46 * (1.0 + x * x * x * x);
    }
    return psd;
}

static void white_noise_is_pycbcs(void **state)
{
    for (int i = 0; i < N_OF(golden_white); i++) {
        const struct golden_white *g = &golden_white[i];
        int64_t n = g->duration_s * g->rate_hz, begin = g->start_s * g->rate_hz;
        double *x = malloc((size_t)n * sizeof *x);
        assert_non_null(x);
        gws_reproducible_white(g->seed, g->rate_hz, begin, n, x);
        assert_true(off_by(x, n, g->at, g->sum) < BOUND);
        /* a window is a part of the whole */
        double part[1000];
        int64_t at = n - 1500;
        gws_reproducible_white(g->seed, g->rate_hz, begin + at, N_OF(part), part);
        assert_memory_equal(part, x + at, sizeof part);
        free(x);
    }
}

static void coloured_noise_is_pycbcs(void **state)
{
    for (int i = 0; i < N_OF(golden_coloured); i++) {
        const struct golden_coloured *g = &golden_coloured[i];
        gws_err err;
        int64_t n = g->duration_s * g->rate_hz;
        gws_psd psd = curve(g->bins, g->delta_f_hz, g->low_hz);
        double *x = malloc((size_t)n * sizeof *x);
        assert_non_null(x);
        assert_int_equal(gws_reproducible_noise(&psd, g->start_s, g->start_s + g->duration_s, g->seed,
                                                &(gws_colouring_params){g->rate_hz, g->low_hz, g->filter_s}, x, &err),
                         GWS_OK);
        double off = off_by(x, n, g->at, g->sum);
        if (!(off < BOUND))
            fail_msg("row %d is off by %.2e", i, off);
        free(x);
        gws_psd_clear(&psd);
    }
}

static void what_cannot_be_made_is_refused(void **state)
{
    gws_err err;
    double x[2048];
    gws_psd psd = curve(1025, 1.0, 15);
    static const struct {
        int64_t duration_s;
        int rate_hz;
        double low_hz;
        int filter_s;
    } bad[] = {{0, 2048, 15, 8},         {-1, 2048, 15, 8},  {1, 2047, 15, 8}, {1, 2048, 0, 8},
               {1, 2048, -1, 8},         {1, 2048, 1025, 8}, {1, 2048, 15, 0}, {INT64_MAX / 2048, 2048, 15, 8},
               {1, 2048, (double)NAN, 8}};
    for (int i = 0; i < N_OF(bad); i++)
        assert_int_equal(gws_reproducible_noise(&psd, 5, 5 + bad[i].duration_s, 1,
                                                &(gws_colouring_params){bad[i].rate_hz, bad[i].low_hz, bad[i].filter_s}, x, &err),
                         GWS_EARG);
    static const double spacing[] = {0, -1, (double)NAN, 3, 0.3, 1e-9};
    for (int i = 0; i < N_OF(spacing); i++) {
        psd.delta_f_hz = spacing[i];
        assert_int_equal(gws_reproducible_noise(&psd, 5, 6, 1, &(gws_colouring_params){2048, 15, 8}, x, &err), GWS_EARG);
    }
    psd.delta_f_hz = 1;
    static const double value[] = {-1e-46, (double)NAN, (double)INFINITY};
    for (int i = 0; i < N_OF(value); i++) {
        psd.data[100] = value[i];
        assert_int_equal(gws_reproducible_noise(&psd, 5, 6, 1, &(gws_colouring_params){2048, 15, 8}, x, &err), GWS_EDATA);
    }
    memset(psd.data, 0, 1025 * sizeof(double));
    assert_int_equal(gws_reproducible_noise(&psd, 5, 6, 1, &(gws_colouring_params){2048, 15, 8}, x, &err), GWS_EDATA);
    gws_psd_clear(&psd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(white_noise_is_pycbcs), cmocka_unit_test(coloured_noise_is_pycbcs),
                                       cmocka_unit_test(what_cannot_be_made_is_refused)};
    return GWS_RUN_TESTS(tests);
}
