/* kernels.h - the arithmetic of the networks, one table an instruction set.
 *
 * Every kernel computes each output element by one fixed sequence of IEEE operations (fused multiply-adds, k ascending;
 * vectors run across channels, never along a sum), so the scalar table, AVX2, AVX-512 and NEON give the same bits, for any
 * number of rows and any number of threads.  impl.h holds the one source; a file per instruction set compiles it.
 */
#ifndef GWS_NN_KERNELS_KERNELS_H
#define GWS_NN_KERNELS_KERNELS_H

#include "base/cpu.h"

#include <stddef.h>
#include <stdint.h>

#define GWS_PANEL 16 /* columns of a packed panel, the same on every instruction set */

/* Spikes are kept as bits: row by row, neuron j in bit j%64 of word j/64, the bits beyond the last neuron zero. */
#define GWS_BIT_WORDS(n) (((n) + 63) / 64)

struct gws_neuron;
struct gws_neuron_params;
struct gws_neuron_trace;
struct gws_neuron_grads;
struct gws_encoder;

typedef struct gws_kernels {
    gws_isa isa;

    /* C (m,n) = [C +] A (m,k) B (k,n).
     *   a      element (i,p) at a[i*a_row + p*a_col]; rows may overlap (a strided convolution is this product)
     *   b      packed by gws_pack
     *   bias   (n) start value of every row when not accumulating; NULL is 0
     *   c      row-major, ldc floats a row
     * Element: start, then fma over p = 0..k-1. */
    void (*gemm)(int64_t m, int64_t n, int64_t k, const float *a, int64_t a_row, int64_t a_col, const float *b, const float *bias,
                 float *c, int64_t ldc, int accumulate);

    /* GELU, tanh form: y = x s(2 sqrt(2/pi) (x + 0.044715 x^3)). */
    void (*gelu)(const float *x, float *y, int64_t n);
    /* g *= gelu'(x) */
    void (*gelu_backward)(const float *x, float *g, int64_t n);

    void (*exp)(float *x, int64_t n); /* in place */
    void (*sigmoid)(const float *x, float *y, int64_t n);
    void (*tanh)(const float *x, float *y, int64_t n);

    /* Gates of a GRU step (Cho et al. 2014 with the reset applied after the recurrent product, as cuDNN and Flax do):
     *   xi (3n)  input parts r,u,n;  hg (3n) recurrent parts, the third with its bias
     *   h  (n)   state before;  r,u,c (n) out: gates and candidate;  out (n) new state c + u (h - c) */
    void (*gru_gates)(const float *xi, const float *hg, const float *h, float *r, float *u, float *c, float *out, int64_t n);

    /* dst += src */
    void (*add)(float *dst, const float *src, int64_t n);

    /* Neurons of one sequence (neuron.h has the equations, and the functions to call instead of these).  All rows of tr, g_s, g_u
     * and g_x begin at step 0 of the sequence.
     *   state, carry  (states,n)  in/out;  carry holds the gradients that flow into the step before t0, and from the step t1
     * The recurrent model's product with W is the caller's: forward's x holds it, and backward adds what stands in the carry's row
     * of spikes to g_s and leaves that row alone. */
    void (*neuron_forward)(const struct gws_neuron *l, const struct gws_neuron_params *p, const float *x,
                           const struct gws_neuron_trace *tr, float *state, int64_t T);
    void (*neuron_backward)(const struct gws_neuron *l, const struct gws_neuron_params *p, const struct gws_neuron_trace *tr,
                            const float *g_s, const float *g_u, float *g_x, const struct gws_neuron_grads *g, float *carry,
                            int64_t t0, int64_t t1);

    /* gws_encoder_forward and gws_encoder_backward of every kind but rate; forward's bits are zero on entry. */
    void (*encode_forward)(const struct gws_encoder *e, const float *threshold, const float *h, int64_t step, float *state,
                           uint64_t *bits, float *s, int64_t T);
    void (*encode_backward)(const struct gws_encoder *e, const float *threshold, const float *h, const uint64_t *bits,
                            const float *s, const float *g_s, float *g_h, float *g_threshold, float *tmp, int64_t T);
} gws_kernels;

/* Table of the best instruction set allowed (base/cpu.h). */
const gws_kernels *gws_kernels_get(void);

/* Table of one instruction set, or NULL when the build or the processor lacks it: for tests and benchmarks. */
const gws_kernels *gws_kernels_of(gws_isa isa);

/* Floats that a packed (k,n) matrix takes. */
int64_t gws_pack_size(int64_t k, int64_t n);

/* Pack B: element (p,j) at b[p*b_row + j*b_col] into panels of 16 columns, zero padded.  out 64-byte aligned. */
void gws_pack(int64_t k, int64_t n, const float *b, int64_t b_row, int64_t b_col, float *out);

#endif
