#include "sim/noise.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/rng.h"
#include "dsp/fft.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct gws_noise {
    gws_fft *fft;
    int64_t half, hop, size; /* filter's half length, samples a block yields, FFT length; all in samples */
    double *response;        /* (bins) zero-phase amplitude response, 1/size included */
    double *x;               /* (size) */
    double *spec;            /* (2 bins) */
    gws_rng rng;
    int64_t block; /* number of the block in x, valid when have != 0 */
    int have;
};

static int64_t power_of_two(int64_t at_least)
{
    int64_t n = 2;
    while (n < at_least)
        n *= 2;
    return n;
}

gws_noise *gws_noise_create(const gws_psd *psd, int rate_hz, double filter_s, uint64_t seed, uint64_t stream, gws_err *err)
{
    GWS_ASSERT(psd && psd->n >= 2 && rate_hz > 0 && filter_s > 0);
    gws_psd grid = {0};
    gws_noise *s = calloc(1, sizeof *s);
    if (!s) {
        gws_err_set(err, GWS_ENOMEM, "coloured noise: no memory");
        return NULL;
    }
    int64_t length = (int64_t)(filter_s * rate_hz);
    s->half = length / 2 > 0 ? length / 2 : 1;
    s->size = power_of_two(8 * s->half);
    s->hop = s->size - 2 * s->half;
    s->rng = (gws_rng){.seed = seed, .stream = stream};
    s->fft = gws_fft_create(s->size, err);
    if (!s->fft)
        goto fail;
    int64_t bins = gws_fft_bins(s->fft);
    s->response = gws_arena_alloc((size_t)bins * sizeof *s->response);
    s->x = gws_arena_alloc((size_t)s->size * sizeof *s->x);
    s->spec = gws_arena_alloc(2 * (size_t)bins * sizeof *s->spec);
    if (!s->response || !s->x || !s->spec) {
        gws_err_set(err, GWS_ENOMEM, "coloured noise: no memory for blocks of %lld samples", (long long)s->size);
        goto fail;
    }
    if (gws_psd_interpolate(psd, (double)rate_hz / (double)s->size, bins, &grid, err) != GWS_OK)
        goto fail;
    /* Unit-variance white noise has the one-sided PSD 2/rate.  Hann on the zero-phase response keeps its leakage down. */
    for (int64_t k = 0; k < bins; k++) {
        s->spec[2 * k] = sqrt(grid.data[k] * rate_hz / 2) / (double)s->size;
        s->spec[2 * k + 1] = 0;
    }
    gws_fft_inverse(s->fft, s->spec, s->x);
    for (int64_t i = 1; i < s->size; i++) {
        int64_t lag = i <= s->size / 2 ? i : s->size - i;
        s->x[i] *= lag < s->half ? 0.5 + 0.5 * cos(M_PI * (double)lag / (double)s->half) : 0;
    }
    gws_fft_forward(s->fft, s->x, s->spec);
    for (int64_t k = 0; k < bins; k++)
        s->response[k] = s->spec[2 * k] / (double)s->size;
    gws_psd_clear(&grid);
    return s;
fail:
    gws_psd_clear(&grid);
    gws_noise_destroy(s);
    return NULL;
}

/* Block b yields samples [b hop, (b+1) hop); white noise is wanted from half before it to half behind it. */
static void make_block(gws_noise *s, int64_t b)
{
    if (s->have && s->block == b)
        return;
    int64_t first = b * s->hop - s->half;
    gws_rng_normal_at(&s->rng, (uint64_t)first + (UINT64_C(1) << 63), s->x, (size_t)s->size);
    gws_fft_forward(s->fft, s->x, s->spec);
    int64_t bins = gws_fft_bins(s->fft);
    for (int64_t k = 0; k < bins; k++) {
        s->spec[2 * k] *= s->response[k];
        s->spec[2 * k + 1] *= s->response[k];
    }
    gws_fft_inverse(s->fft, s->spec, s->x);
    s->block = b;
    s->have = 1;
}

void gws_noise_fill(gws_noise *s, int64_t begin, int64_t n, double *out)
{
    GWS_ASSERT(s && n >= 0 && (out || n == 0));
    for (int64_t done = 0; done < n;) {
        int64_t b = gws_floor_div(begin + done, s->hop), offset = begin + done - b * s->hop;
        int64_t run = s->hop - offset < n - done ? s->hop - offset : n - done;
        make_block(s, b);
        memcpy(out + done, s->x + s->half + offset, (size_t)run * sizeof *out);
        done += run;
    }
}

void gws_noise_destroy(gws_noise *s)
{
    if (!s)
        return;
    gws_fft_destroy(s->fft);
    gws_arena_free(s->response);
    gws_arena_free(s->x);
    gws_arena_free(s->spec);
    free(s);
}
