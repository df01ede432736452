/* gru.h - gated recurrent unit over a few sequences side by side.
 *
 *   r = s(xr + h Wr)   u = s(xu + h Wu)   c = tanh(xc + r (h Wc + b))   h' = c + u (h - c)
 * (Cho et al. 2014, with the reset after the recurrent product as cuDNN and Flax do; u is Flax's z.)
 * The input parts x* = z W_in + b_in come as one product over all rows beforehand.
 */
#ifndef GWS_NN_GRU_H
#define GWS_NN_GRU_H

#include "nn/kernels/kernels.h"

/* Buffers of R sequences by T steps; (R,T+1,n) means that row 0 is the state before the first step. */
typedef struct gws_gru_work {
    float *xi;        /* (R,T,3n) input parts; overwritten by their gradient in backward */
    float *r, *u, *c; /* (R,T,n) gates and candidate */
    float *hn;        /* (R,T,n) h Wc + b */
    float *h;         /* (R,T+1,n) states */
    float *step;      /* (R,3n) scratch */
} gws_gru_work;

/* w_rec packed (n,3n); bias_rec (3n): zeros for r and u, b for c. */
void gws_gru_forward(const gws_kernels *K, int n, const float *w_rec_packed, const float *bias_rec, gws_gru_work *w, int R,
                     int64_t T);

/* Backward through time.
 *   g_h     (R,T,n)  gradient of every state; overwritten
 *   w->xi   out: gradient of the input parts;  g_rec (R,T,3n) out: gradient of the recurrent parts
 *   w_rec_t packed (3n,n), the transpose;  carry (R,n) scratch */
void gws_gru_backward(const gws_kernels *K, int n, const float *w_rec_t_packed, gws_gru_work *w, const float *g_h, float *g_rec,
                      float *carry, int R, int64_t T);

#endif
