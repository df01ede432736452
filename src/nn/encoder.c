#include "nn/encoder.h"

#include "base/err.h"
#include "base/rng.h"

#include <math.h>
#include <string.h>

static const char *const names[GWS_ENCODES] = {
    [GWS_ENCODE_CONTRAST] = "contrast", [GWS_ENCODE_DELTA] = "delta", [GWS_ENCODE_RATE] = "rate", [GWS_ENCODE_LATENCY] = "latency"};

int gws_encode_parse(const char *name, gws_encode *out)
{
    for (int i = 0; i < GWS_ENCODES; i++)
        if (strcmp(name, names[i]) == 0) {
            *out = (gws_encode)i;
            return 1;
        }
    return 0;
}

const char *gws_encode_name(gws_encode e)
{
    return names[e];
}

/* Rate coding is not among the kernels, because the random numbers cost most.  A channel draws only the one whose probability is
 * not 0. */
static void rate_forward(const gws_encoder *e, const float *threshold, const float *h, int64_t step, uint64_t *bits, float *s,
                         int64_t T)
{
    const int C = e->C;
    const gws_rng r = gws_rng_init(e->seed, "rate", 0);
    for (int64_t t = 0; t < T; t++)
        for (int c = 0; c < C; c++) {
            const float ratio = h[(t + 1) * C + c] / threshold[c], p = fabsf(ratio) > 1.0f ? 1.0f : fabsf(ratio);
            const int off = ratio < 0.0f, column = off ? C + c : c;
            if (e->smooth) {
                s[t * 2 * C + column] = p;
                s[t * 2 * C + (off ? c : C + c)] = 0.0f;
            } else if (p > 0.0f && gws_rng_uniform_at(&r, 2 * (uint64_t)((step + t) * C + c) + (uint64_t)off) < (double)p) {
                bits[t * GWS_BIT_WORDS(2 * C) + column / 64] |= UINT64_C(1) << (column % 64);
            }
        }
}

static void rate_backward(const gws_encoder *e, const float *threshold, const float *h, const float *g_s, float *g_h,
                          float *g_threshold, int64_t T)
{
    const int C = e->C;
    for (int64_t t = T - 1; t >= 0; t--)
        for (int c = 0; c < C; c++) {
            const float ratio = h[(t + 1) * C + c] / threshold[c];
            if (!(fabsf(ratio) > 0.0f && fabsf(ratio) < 1.0f))
                continue;
            const float g = (ratio < 0.0f ? -g_s[t * 2 * C + C + c] : g_s[t * 2 * C + c]) / threshold[c];
            g_threshold[c] -= g * ratio;
            if (g_h)
                g_h[t * C + c] += g;
        }
}

void gws_encoder_forward(const gws_kernels *K, const gws_encoder *e, const float *threshold, const gws_encoder_rows *rows,
                         int64_t step, float *state)
{
    const int64_t T = rows->T;
    GWS_ASSERT(e->smooth ? rows->s != NULL : rows->bits != NULL);
    GWS_ASSERT(e->kind != GWS_ENCODE_LATENCY || (e->period > 0 && e->tau > 0.0f));
    if (!e->smooth)
        memset(rows->bits, 0, (size_t)(T * GWS_BIT_WORDS(2 * e->C)) * sizeof *rows->bits);
    if (e->kind == GWS_ENCODE_RATE)
        rate_forward(e, threshold, rows->h, step, rows->bits, rows->s, T);
    else
        K->encode_forward(e, threshold, rows->h, step, state, rows->bits, rows->s, T);
}

void gws_encoder_backward(const gws_kernels *K, const gws_encoder *e, const float *threshold, const gws_encoder_rows *rows,
                          const gws_encoder_grads *g, float *tmp)
{
    if (e->kind == GWS_ENCODE_RATE)
        rate_backward(e, threshold, rows->h, g->s, g->h, g->threshold, rows->T);
    else
        K->encode_backward(e, threshold, rows->h, rows->bits, rows->s, g->s, g->h, g->threshold, tmp, rows->T);
}
