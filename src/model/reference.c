/* reference.c - see reference.h. */
#include "model/reference.h"

#include "base/arena.h"
#include "dsp/fft.h"
#include "nn/filters.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_HZ 512 /* rate of the filters */

void gws_reference_destroy(gws_reference *r)
{
    if (!r)
        return;
    gws_arena_free((void *)(uintptr_t)r->psd);
    gws_arena_free((void *)(uintptr_t)r->power);
    free(r);
}

/* Power of one filter and of the decimator before it, in bins of GWS_REFERENCE_DF_HZ, with the sum 1.
 *   z, spec   (N) pairs, scratch
 *   response  (N) of the decimator */
static void power_of(const gws_cfft *fft, int64_t N, int taps, const float *g, const double *response, double *z, double *spec,
                     float *power)
{
    const double df_hz = (double)ROWS_HZ / (double)N;
    double sum = 0;

    memset(z, 0, (size_t)(2 * N) * sizeof *z);
    for (int i = 0; i < 2 * taps; i++)
        z[i] = (double)g[i];
    gws_cfft_forward(fft, z, spec);
    for (int64_t k = 0; k < N; k++) {
        z[k] = response[k] * response[k] * (spec[2 * k] * spec[2 * k] + spec[2 * k + 1] * spec[2 * k + 1]);
        sum += z[k];
    }
    for (int64_t k = 0; k < N && sum > 0; k++)
        power[llround((double)k * df_hz / GWS_REFERENCE_DF_HZ)] += (float)(z[k] / sum);
}

gws_reference *gws_reference_create(int n, int taps, const float *g, const float *log_curve, gws_err *err)
{
    int64_t N = (int64_t)(ROWS_HZ / GWS_REFERENCE_DF_HZ);
    while (N < taps)
        N *= 2;
    gws_reference *r = calloc(1, sizeof *r);
    double *psd = gws_arena_alloc(GWS_REFERENCE_BINS * sizeof *psd), *z = gws_arena_alloc((size_t)(2 * N) * sizeof *z),
           *spec = gws_arena_alloc((size_t)(2 * N) * sizeof *spec), *response = gws_arena_alloc((size_t)N * sizeof *response);
    float *power = gws_arena_alloc((size_t)n * GWS_REFERENCE_BINS * sizeof *power);
    gws_cfft *fft = gws_cfft_create(N, 1, err);

    if (!r || !psd || !z || !spec || !response || !power || !fft) {
        gws_err_set(err, GWS_ENOMEM, "no memory for the spectra of %d filters", n);
        gws_arena_free(psd);
        gws_arena_free(power);
        free(r);
        r = NULL;
        goto done;
    }
    *r = (gws_reference){
        .n = GWS_REFERENCE_BINS, .delta_f_hz = GWS_REFERENCE_DF_HZ, .high_hz = ROWS_HZ, .psd = psd, .filters = n, .power = power};
    for (int64_t k = 0; k < GWS_REFERENCE_BINS; k++)
        psd[k] = exp((double)log_curve[k]);
    for (int64_t k = 0; k < N; k++)
        z[k] = (double)(k * ROWS_HZ) / (double)N;
    gws_filters_response(N, z, response);
    for (int k = 0; k < n; k++)
        power_of(fft, N, taps, g + (int64_t)k * taps * 2, response, z, spec, power + (int64_t)k * GWS_REFERENCE_BINS);
done:
    gws_cfft_destroy(fft);
    gws_arena_free(z);
    gws_arena_free(spec);
    gws_arena_free(response);
    return r;
}
