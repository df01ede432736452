/* fft.h - transforms in double precision: a thin shell over FFTW3.
 *
 * X[k] = sum x[n] exp(-2 pi i k n / N).  Neither way has a factor, so forward and then inverse multiplies by N.  A spectrum is
 * N/2+1 interleaved (re, im) pairs.
 *
 * Plans are FFTW_ESTIMATE: nothing is timed, so the same machine gives the same bits in every run.  Buffers
 * must be aligned as gws_arena_alloc aligns them, because FFTW picks its kernels by alignment.
 *
 * Thread rule: creating and destroying is serialised here (FFTW's planner is not thread safe); one plan may be executed by
 * many threads at once on different buffers.
 */
#ifndef GWS_DSP_FFT_H
#define GWS_DSP_FFT_H

#include "base/err.h"

#include <stdint.h>

typedef struct gws_fft gws_fft;

/* Plan transforms of n real samples, n >= 2.  NULL on failure (ENOMEM). */
gws_fft *gws_fft_create(int64_t n, gws_err *err);

/* The same with x and spec in one place, which every call must then pass: 2 * bins doubles. */
gws_fft *gws_fft_create_in_place(int64_t n, gws_err *err);
int64_t gws_fft_size(const gws_fft *f);
int64_t gws_fft_bins(const gws_fft *f); /* n/2 + 1 */

/* x (n) in, left as it was;  spec (2 * bins) out */
void gws_fft_forward(const gws_fft *f, double *x, double *spec);

/* spec (2 * bins) in, destroyed;  x (n) out, n times the inverse */
void gws_fft_inverse(const gws_fft *f, double *spec, double *x);

void gws_fft_destroy(gws_fft *f);

/* Complex transforms, `many` of n points each that stand one after the other. */
typedef struct gws_cfft gws_cfft;

gws_cfft *gws_cfft_create(int64_t n, int many, gws_err *err);

/* z (2 * n * many) in, left as it was;  out (2 * n * many) out, another place */
void gws_cfft_forward(const gws_cfft *f, double *z, double *out);
void gws_cfft_inverse(const gws_cfft *f, double *z, double *out);
void gws_cfft_destroy(gws_cfft *f);

#endif
