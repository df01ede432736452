/* conv.h - causal strided convolution over channels-last sequences, without unfolding.
 *
 * Row t of the output sees input rows s*t - history .. s*t - history + k - 1.  With `history` rows (zeros at the start of a stream)
 * in front of the input, row t is one contiguous stretch of k*cin floats that starts s*cin floats after row t-1, so the convolution
 * is a matrix product over overlapping rows, and so is the gradient of the input.
 *
 *   history = k - s   the last tap is the last row of the hop, nothing that is known is left out    gws_conv_last
 *   history = k - 1   the last tap is the first row of the hop                                      gws_conv_first, as Flax pads "CAUSAL"
 *
 * Delay: s - 1 input rows at most.  Cut: it changes nothing, because every output element is one fixed sum.
 */
#ifndef GWS_NN_CONV_H
#define GWS_NN_CONV_H

#include "nn/kernels/kernels.h"

typedef struct gws_conv {
    int kernel, stride, cin, cout;
    int history; /* stride <= kernel, kernel - stride <= history < kernel */
} gws_conv;

static inline gws_conv gws_conv_last(int kernel, int stride, int cin, int cout)
{
    return (gws_conv){kernel, stride, cin, cout, kernel - stride};
}

static inline gws_conv gws_conv_first(int kernel, int stride, int cin, int cout)
{
    return (gws_conv){kernel, stride, cin, cout, kernel - 1};
}

/* The number of rows of g_y in which one hop of input takes part.  One fewer rows of zeros must follow the last row of g_y. */
static inline int gws_conv_reach(const gws_conv *c)
{
    return (c->history + c->stride - 1) / c->stride + 1;
}

/* Floats that packed weights take: for forward, where gws_pack makes them from (k*cin,cout), and for the gradient of the input. */
int64_t gws_conv_pack_size(const gws_conv *c);
int64_t gws_conv_pack_back_size(const gws_conv *c);
void gws_conv_pack_back(const gws_conv *c, const float *weight, float *packed);

/* x (history + s*t, cin) history first;  y (t, cout) out, before any activation */
void gws_conv_forward(const gws_kernels *K, const gws_conv *c, const float *packed, const float *bias, const float *x, float *y,
                      int64_t t);

/* Gradient of the input rows that are not history.
 *   g_y  (t + reach - 1, cout)  the rows beyond t must be zero
 *   g_x  (s*t, cin) out */
void gws_conv_backward_x(const gws_kernels *K, const gws_conv *c, const float *packed_back, const float *g_y, float *g_x,
                         int64_t t);

#endif
