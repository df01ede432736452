#include "nn/gru.h"

#include <string.h>

void gws_gru_forward(const gws_kernels *K, int n, const float *w_rec_packed, const float *bias_rec, gws_gru_work *w, int R,
                     int64_t T)
{
    for (int64_t t = 0; t < T; t++) {
        K->gemm(R, 3 * n, n, w->h + t * n, (T + 1) * n, 1, w_rec_packed, bias_rec, w->step, 3 * n, 0);
        for (int q = 0; q < R; q++) {
            const int64_t row = q * T + t;
            float *h = w->h + (q * (T + 1) + t) * n;
            const float *hg = w->step + (int64_t)q * 3 * n;
            K->gru_gates(w->xi + row * 3 * n, hg, h, w->r + row * n, w->u + row * n, w->c + row * n, h + n, n);
            memcpy(w->hn + row * n, hg + 2 * n, (size_t)n * sizeof *hg);
        }
    }
}

void gws_gru_backward(const gws_kernels *K, int n, const float *w_rec_t_packed, gws_gru_work *w, const float *g_h, float *g_rec,
                      float *carry, int R, int64_t T)
{
    memset(carry, 0, (size_t)R * n * sizeof *carry);
    for (int64_t t = T - 1; t >= 0; t--) {
        for (int q = 0; q < R; q++) {
            const int64_t row = q * T + t;
            const float *restrict h = w->h + (q * (T + 1) + t) * n;
            const float *restrict r = w->r + row * n, *restrict u = w->u + row * n, *restrict c = w->c + row * n,
                                  *restrict hn = w->hn + row * n;
            const float *restrict gh = g_h + row * n;
            float *restrict gx = w->xi + row * 3 * n, *restrict gr = g_rec + row * 3 * n, *restrict cy = carry + (int64_t)q * n;
            for (int i = 0; i < n; i++) {
                const float g = cy[i] + gh[i];
                const float gc = g * (1.0f - u[i]) * (1.0f - c[i] * c[i]);
                const float gu = g * (h[i] - c[i]) * u[i] * (1.0f - u[i]);
                const float grr = gc * hn[i] * r[i] * (1.0f - r[i]);
                gx[i] = gr[i] = grr;
                gx[n + i] = gr[n + i] = gu;
                gx[2 * n + i] = gc;
                gr[2 * n + i] = gc * r[i];
                cy[i] = g * u[i];
            }
        }
        K->gemm(R, n, 3 * n, g_rec + t * 3 * n, T * 3 * n, 1, w_rec_t_packed, NULL, carry, n, 1);
    }
}
