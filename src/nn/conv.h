/* conv.h - causal strided convolution over channels-last sequences, without unfolding.
 *
 * Row t of the output sees input rows s*t + s - k .. s*t + s - 1: it is known when the last row of its hop is in.
 * With k - s rows of history (zeros at the start of a stream) in front of the input, row t is one contiguous stretch of
 * k*cin floats that starts s*cin floats after row t-1, so the convolution is a matrix product over overlapping rows; and since
 * k is a multiple of s, so is the gradient of the input.
 *
 * Delay: s - 1 input rows.  Cut: none matters, every output element is one fixed sum.
 */
#ifndef GWS_NN_CONV_H
#define GWS_NN_CONV_H

#include "nn/kernels/kernels.h"

typedef struct gws_conv {
    int kernel, stride, cin, cout; /* kernel a multiple of stride */
} gws_conv;

/* Floats of the packed weights for forward and for the gradient of the input. */
int64_t gws_conv_pack_size(const gws_conv *c);
int64_t gws_conv_pack_back_size(const gws_conv *c);
void gws_conv_pack(const gws_conv *c, const float *weight, float *packed); /* weight (k,cin,cout) */
void gws_conv_pack_back(const gws_conv *c, const float *weight, float *packed);

/* x (k - s + s*t, cin) history first;  y (t, cout) out, before any activation */
void gws_conv_forward(const gws_kernels *K, const gws_conv *c, const float *packed, const float *bias, const float *x, float *y,
                      int64_t t);

/* Gradient of the input rows that are not history.
 *   g_y  (t + k/s - 1, cout)  the rows beyond t must be zero
 *   g_x  (s*t, cin) out */
void gws_conv_backward_x(const gws_kernels *K, const gws_conv *c, const float *packed_back, const float *g_y, float *g_x,
                         int64_t t);

/* g_w (k,cin,cout) += , g_b (cout) +=.   scratch: gws_pack_size(t, cout) floats */
void gws_conv_backward_w(const gws_kernels *K, const gws_conv *c, const float *x, const float *g_y, int64_t t, float *g_w,
                         float *g_b, float *scratch);

/* Dense layer Y = X W + b as the product it is: gradient of weights and bias.
 *   x (t,n_in), rows ldx apart;  g_y (t,n_out) rows ldg apart;  scratch gws_pack_size(t, n_out) */
void gws_dense_backward_w(const gws_kernels *K, int64_t t, int n_in, int n_out, const float *x, int64_t ldx, const float *g_y,
                          int64_t ldg, float *g_w, float *g_b, float *scratch);

#endif
