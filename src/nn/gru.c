#include "nn/gru.h"

#include <string.h>

void gws_gru_forward(const gws_kernels *K, int n, const float *w_rec_packed, const float *bias_rec, gws_gru_work *w)
{
    const int R = w->R;
    const int64_t T = w->T;
    float *spare = w->step + (int64_t)R * 3 * n; /* gates that nobody will read */
    for (int64_t t = 0; t < T; t++) {
        K->gemm(R, 3 * n, n, w->h + t * n, (w->cap + 1) * n, 1, w_rec_packed, bias_rec, w->step, 3 * n, 0);
        for (int q = 0; q < R; q++) {
            const int64_t row = q * w->cap + t;
            float *h = w->h + (q * (w->cap + 1) + t) * n;
            const float *hg = w->step + (int64_t)q * 3 * n;
            if (w->r) {
                K->gru_gates(w->xi + row * 3 * n, hg, h, w->r + row * n, w->u + row * n, w->c + row * n, h + n, w->keep, n);
                memcpy(w->hn + row * n, hg + 2 * n, (size_t)n * sizeof *hg);
            } else {
                K->gru_gates(w->xi + row * 3 * n, hg, h, spare, spare + n, spare + 2 * n, h + n, w->keep, n);
            }
        }
    }
}

void gws_gru_backward(const gws_kernels *K, int n, const float *w_rec_t_packed, gws_gru_work *w, const float *g_h, float *g_hn,
                      float *carry)
{
    const int R = w->R;
    const int64_t T = w->T;
    memset(carry, 0, (size_t)R * n * sizeof *carry);
    for (int64_t t = T - 1; t >= 0; t--) {
        for (int q = 0; q < R; q++) {
            const int64_t row = q * w->cap + t;
            float *gr = w->step + (int64_t)q * 3 * n;
            K->gru_gates_backward(w->h + (q * (w->cap + 1) + t) * n, w->r + row * n, w->u + row * n, w->c + row * n,
                                  w->hn + row * n, g_h + row * n, carry + (int64_t)q * n, w->xi + row * 3 * n, g_hn + row * n,
                                  w->keep, n);
            memcpy(gr, w->xi + row * 3 * n, 2 * (size_t)n * sizeof *gr);
            memcpy(gr + 2 * n, g_hn + row * n, (size_t)n * sizeof *gr);
        }
        K->gemm(R, n, 3 * n, w->step, 3 * n, 1, w_rec_t_packed, NULL, carry, n, 1);
    }
}
