#include "nn/lif.h"

#include <math.h>
#include <string.h>

void gws_lif_forward(const gws_lif *l, const float *restrict a_s, const float *restrict a_m, const float *x, float *i, float *u,
                     float *s, float *restrict i0, float *restrict v0, int64_t T)
{
    const int n = l->n;
    for (int64_t t = 0; t < T; t++) {
        const float *restrict xt = x + t * n;
        float *restrict it = i + t * n, *restrict ut = u + t * n, *restrict st = s + t * n;
        for (int j = 0; j < n; j++) {
            const float cur = a_s[j] * i0[j] + xt[j];
            const float mem = a_m[j] * v0[j] + cur;
            const float spike = gws_step(mem - 1.0f, l->slope, l->smooth);
            it[j] = cur;
            ut[j] = mem;
            st[j] = spike;
            i0[j] = cur;
            v0[j] = mem * (1.0f - spike);
        }
    }
}

void gws_lif_backward(const gws_lif *l, const float *restrict a_s, const float *restrict a_m, const float *i, const float *u,
                      const float *s, const float *i_first, const float *v_first, const float *g_s, const float *g_u, float *g_x,
                      float *restrict g_as, float *restrict g_am, float *tmp, int64_t T)
{
    const int n = l->n;
    const float through = l->reset_gradient ? 1.0f : 0.0f;
    float *restrict gi = tmp, *restrict gv = tmp + n; /* gradients flowing back into i and v of the step before */
    memset(tmp, 0, 2 * (size_t)n * sizeof *tmp);
    for (int64_t t = T - 1; t >= 0; t--) {
        const float *restrict ut = u + t * n, *restrict st = s + t * n, *restrict gst = g_s + t * n;
        const float *restrict gut = g_u ? g_u + t * n : NULL;
        const float *restrict ip = t ? i + (t - 1) * n : i_first, *restrict up = t ? u + (t - 1) * n : NULL,
                              *restrict sp = t ? s + (t - 1) * n : NULL;
        float *restrict gxt = g_x + t * n;
        for (int j = 0; j < n; j++) {
            const float g_spike = gst[j] - through * gv[j] * ut[j];
            const float gm = g_spike * gws_surrogate(ut[j] - 1.0f, l->slope) + gv[j] * (1.0f - st[j]) + (gut ? gut[j] : 0.0f);
            const float gc = gm + gi[j];
            const float vp = up ? up[j] * (1.0f - sp[j]) : v_first[j];
            gxt[j] = gc;
            g_am[j] += gm * vp;
            g_as[j] += gc * ip[j];
            gv[j] = gm * a_m[j];
            gi[j] = gc * a_s[j];
        }
    }
}
