/* gru.h - runs a gated recurrent unit (GRU) over a few sequences side by side.
 *
 *   r = s(xr + h Wr)   u = s(xu + h Wu)   c = tanh(xc + r (h Wc + b))   h' = c + u (h - c)
 * (Cho et al. 2014, with the reset after the recurrent product as cuDNN and Flax do; u is Flax's z.)
 * The input parts x* = z W_in + b_in come as one product over all rows beforehand.
 *
 * A unit whose u stays near 1 remembers for as long as a stream runs.  Training shows windows of seconds, so it never meets the
 * state that such a unit reaches.  `keep` bounds u: u = keep s(...), and then hardly anything outlives 1/(1 - keep) steps.  keep =
 * 1 is the plain unit.
 */
#ifndef GWS_NN_GRU_H
#define GWS_NN_GRU_H

#include "nn/kernels/kernels.h"

/* Buffers of R sequences by T steps.  Sequence q begins q*cap steps on.  (R,T+1,n) means that row 0 is the state before the first
 * step. */
typedef struct gws_gru_work {
    int R;            /* sequences in use */
    int64_t T, cap;   /* steps in use, and room for so many */
    float *xi;        /* (R,cap,3n) input parts; overwritten by their gradient in backward */
    float *r, *u, *c; /* (R,cap,n) gates and candidate: NULL when there will be no backward */
    float *hn;        /* (R,cap,n) h Wc + b, likewise */
    float *h;         /* (R,cap+1,n) states */
    float *step;      /* (R,3n) and 3n more: scratch */
    float keep;       /* bound of u: above 0, at most 1 */
} gws_gru_work;

/* w_rec packed (n,3n); bias_rec (3n): zeros for r and u, b for c. */
void gws_gru_forward(const gws_kernels *K, int n, const float *w_rec_packed, const float *bias_rec, gws_gru_work *w);

/* Backward through time.
 *   g_h     (R,cap,n)  gradient of every state
 *   w->xi   out: gradient of the input parts, whose first two thirds are those of the recurrent parts too
 *   g_hn    (R,cap,n) out: gradient of hn, the last third of the recurrent parts
 *   w_rec_t packed (3n,n), the transpose;  carry (R,n) scratch */
void gws_gru_backward(const gws_kernels *K, int n, const float *w_rec_t_packed, gws_gru_work *w, const float *g_h, float *g_hn,
                      float *carry);

#endif
