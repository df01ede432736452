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

#define GWS_COHERENT_HOP 8 /* samples of the SNR in a step */
#define GWS_REACH_MAX 24   /* samples, 47 ms at 512 Hz: light takes 42.5 ms through the Earth */

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

    /* The same product where A holds spikes, as bits: row i in the words bits[i*bits_row ...].  The work grows with the number of
     * spikes; rows with too many are multiplied densely.  The result has the bits of gemm on zeros and ones; a start of -0 counts
     * as +0. */
    void (*gemm_spikes)(int64_t m, int64_t n, int64_t k, const uint64_t *bits, int64_t bits_row, const float *b, const float *bias,
                        float *c, int64_t ldc, int accumulate);

    /* y[i] = [y[i] or start] + inner product of row i of a with w (k).  Sixteen partial sums, element p in number p%16. */
    void (*dots)(int64_t m, int64_t k, const float *a, int64_t a_row, const float *w, float start, float *y, int accumulate);

    /* GELU, tanh form: y = x s(2 sqrt(2/pi) (x + 0.044715 x^3)). */
    void (*gelu)(const float *x, float *y, int64_t n);
    /* x = g gelu'(x): the gradient takes the place of what it belongs to */
    void (*gelu_backward)(float *x, const float *g, int64_t n);

    void (*exp)(float *x, int64_t n); /* in place */
    void (*sigmoid)(const float *x, float *y, int64_t n);
    void (*tanh)(const float *x, float *y, int64_t n);

    /* Gates of a GRU step (Cho et al. 2014 with the reset applied after the recurrent product, as cuDNN and Flax do):
     *   xi (3n)  input parts r,u,n;  hg (3n) recurrent parts, the third with its bias
     *   h  (n)   state before;  r,u,c (n) out: gates and candidate;  out (n) new state c + u (h - c)
     *   keep     u is keep times its sigmoid: 1, or less for a unit that must forget */
    void (*gru_gates)(const float *xi, const float *hg, const float *h, float *r, float *u, float *c, float *out, float keep,
                      int64_t n);

    /* Its gradients from g_h (n), that of the new state, and carry (n), what later steps sent back; carry becomes what goes to the state
     * before without passing the recurrent product.
     *   g_x (3n) out: of the input parts;  g_hn (n) out: of hg's third part (its first two have the gradients of xi's) */
    void (*gru_gates_backward)(const float *h, const float *r, const float *u, const float *c, const float *hn, const float *g_h,
                               float *carry, float *g_x, float *g_hn, float keep, int64_t n);

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

    /* Transforms of sixteen sequences of n points side by side, n = 8, 64, 512 or 4096.  Row j of x holds number j of each: 16 real
     * parts, then 16 imaginary parts.
     *   twiddles  of n points, from gws_fft_twiddles
     * Forward, exp(-2 pi i j k / n), in place: bin k comes to stand in the row whose number is k with its digits, base 8, reversed.
     * Inverse, exp(+2 pi i j k / n) without the factor 1/n, takes that order and gives the later half, samples n/2 .. n-1:
     *   x       (n, 32)    used up
     *   out     (n/2) rows of 32, out_row floats apart; accumulate: added to what stands there */
    void (*fft_forward)(int64_t n, const float *twiddles, float *x);
    void (*fft_inverse)(int64_t n, const float *twiddles, float *x, float *out, int64_t out_row, int accumulate);

    /* Products of spectra, added up: of n blocks with sixteen filters that are `pieces` blocks long each, in every bin for itself,
     *     out[i] = sum over p = 0 .. pieces-1 of x[i + p] h[p],   complex, each part one sum of fused multiply-adds
     *   x    bin b at x + b*x_row: (n + pieces - 1) pairs (re, im), oldest block first
     *   h    (bins, pieces, 32): 16 real parts, 16 imaginary parts; p = 0 goes with the oldest block
     *   out  block i at out + i*out_block: (bins, 32) */
    void (*spectral_products)(int64_t n, int64_t bins, int64_t pieces, const float *x, int64_t x_row, const float *h, float *out,
                              int64_t out_block);

    /* Coherent statistic of sixteen templates (coherent.h has the equation).
     *   rho     (inputs)  the row of the first sample of the first step; rows of 32 as above, `row` floats apart, of which those from
     *                     -reach[i] to GWS_COHERENT_HOP*steps + reach[i] are read
     *   reach   (inputs)  0..GWS_REACH_MAX; that of the first is not used
     *   c       (steps) rows of 16 out, c_row floats apart */
    void (*coherent)(int64_t steps, int inputs, const float *const *rho, int64_t row, const int *reach, float *c, int64_t c_row);
} gws_kernels;

/* Share of spikes above which gemm_spikes multiplies densely.  Measured: bench_nn's rows "spikes". */
#define GWS_SPIKE_DENSE 0.5

/* Table of the best instruction set allowed (base/cpu.h). */
const gws_kernels *gws_kernels_get(void);

/* Table of one instruction set, or NULL when the build or the processor lacks it: for tests and benchmarks. */
const gws_kernels *gws_kernels_of(gws_isa isa);

/* Floats that a packed (k,n) matrix takes. */
int64_t gws_pack_size(int64_t k, int64_t n);

/* Pack B: element (p,j) at b[p*b_row + j*b_col] into panels of 16 columns, zero padded.  out 64-byte aligned. */
void gws_pack(int64_t k, int64_t n, const float *b, int64_t b_row, int64_t b_col, float *out);

/* Twiddle factors that the transforms of n points read, (gws_fft_twiddles_size(n)) floats: computed in double, rounded once. */
int64_t gws_fft_twiddles_size(int64_t n);
void gws_fft_twiddles(int64_t n, float *out);

/* Transpose spikes: in (rows, GWS_BIT_WORDS(cols)) to out (cols, GWS_BIT_WORDS(rows)). */
void gws_bits_transpose(int64_t rows, int64_t cols, const uint64_t *in, uint64_t *out);

/* The number of spikes in a row of `words` words. */
int64_t gws_bits_count(const uint64_t *bits, int64_t words);

#endif
