/* filters.h - a bank of long complex filters, run over a stream: the arithmetic of a matched-filter search.
 *
 * On the line: whitened strain (float, 2048 Hz, I inputs) --analytic signal at 512 Hz--> y (complex) --K filters--> rho (complex, K).
 *
 *     y[t]     = sum_j c[j] x[4t + j],        j = -63 .. 63      (gws_filters_decimator: keeps 0 to 512 Hz, those above 0 alone)
 *     rho_k[t] = sum_d g_k[d] y[t - d],       d = 0 .. taps-1
 *
 * Both sums are exact linear filters: a signal's rho and a noise's rho add up to the rho of their sum, up to rounding.
 *
 * Method.  The second sum is made by overlap-save FFT in two uniform partitions (Gardner 1995, J. Audio Eng. Soc. 43, 127): the first
 * 256 taps in blocks of 32 samples (transforms of 64), which keep the delay short; the others in blocks of 256 (transforms of 512).
 * In each partition the spectra of the last blocks are multiplied with those of the filter's pieces and added up before the one
 * inverse transform.  Blocks begin at absolute multiples of their length.  There is this one way of computing for live and for
 * recorded data alike, so both get the same numbers.
 *
 * Bits.  Every number is one fixed sequence of operations, so no bit depends on how the stream is cut into pushes, on `block`, on the
 * number of threads, or on the instruction set.
 *
 * Rows.  rho comes as rows of gws_filters_row() floats, one a sample: filters in groups of 16, each group 16 real parts, then 16
 * imaginary parts; filter k has its real part at k/16*32 + k%16 and its imaginary part 16 further.  Filters that pad the last
 * group give 0.
 *
 * Reset and gap.  A jump of the sample index resets: what came before counts as zeros.  Until `taps` samples at 512 Hz have come
 * rho sums part of the filter over the data, and its variance is smaller accordingly.  Rows that were not complete at the jump are
 * not given out: at most gws_filters_delay() input samples in front of a gap have none.
 *
 * Gains.  A row may be multiplied by factors that change with time (base/gains.h): row t by those that hold at input sample 4t, or at the
 * first sample behind the last reset if that is later.
 *
 * Delay.  Row t leaves when input sample 4t + gws_filters_delay() is in, at the latest.
 *
 * Cost, K = 48 filters of 1792 taps: 9.2 MFLOP per second of data and input.
 */
#ifndef GWS_NN_FILTERS_H
#define GWS_NN_FILTERS_H

#include "base/err.h"
#include "base/gains.h"
#include "base/thread.h"
#include "nn/kernels/kernels.h"

#include <stdint.h>

#define GWS_DECIMATE 4          /* input samples a sample of y and rho */
#define GWS_DECIMATE_HALF 63    /* c reaches so many input samples to either side */
#define GWS_FILTERS_HEAD 32     /* samples of a short block, */
#define GWS_FILTERS_TAIL 256    /* and of a long one */
#define GWS_FILTERS_BEHIND 1024 /* input samples, more than a row can be behind its input */
#define GWS_FILTERS_MAX 4096    /* filters of a bank */
#define GWS_FILTERS_TAPS 65536  /* taps of a filter: 128 s */

/* The taps c[-63] .. c[63] as (re, im) pairs: a low pass of 256 Hz (Kaiser window, beta 3) moved up by 257.5 Hz.  It is 1 within 1 %
 * from 20 to 495 Hz and a half at 1.5 and 513.5 Hz, so what folds about 0 and 512 Hz lies below 20 Hz, where whitened strain has nothing. */
void gws_filters_decimator(float *c);

/* The response of the decimator, which is real, at n frequencies for a rate of 2048 Hz. */
void gws_filters_response(int64_t n, const double *f_hz, double *response);

typedef struct gws_filters gws_filters;
typedef struct gws_filtering gws_filtering;

/* A bank, const and free for all threads.  The only call on it that allocates or fails (EARG, ENOMEM).
 *   K     kernels; kept
 *   n     filters, 1..GWS_FILTERS_MAX
 *   taps  of each, 1..GWS_FILTERS_TAPS; memory and time go with the next multiple of 256
 *   g     (n,taps,2)  taps as (re, im) pairs, g_k[0] that of the newest sample; copied
 */
gws_filters *gws_filters_create(const gws_kernels *K, int n, int64_t taps, const float *g, gws_err *err);
int64_t gws_filters_bytes(int n, int64_t taps);
int64_t gws_filters_row(const gws_filters *f);   /* floats of a row of rho */
int64_t gws_filters_delay(const gws_filters *f); /* input samples: 187 */
void gws_filters_destroy(gws_filters *f);

/* The first row that has not left when all samples before `sample` are in. */
int64_t gws_filters_ready(int64_t sample);

/* The first row that no longer depends on samples before `sample`: from it on, rows are what they would be without those, to the
 * bit. */
int64_t gws_filters_forgot(const gws_filters *f, int64_t sample);

/* Rows of all inputs.
 *   t    absolute index, at a quarter of the input's rate, of the first row
 *   rho  (inputs)  where that row is; `history` rows in front of it are those that came before (zeros after a reset)
 *   n    rows
 */
typedef void (*gws_filters_sink)(void *user, int64_t t, const float *const *rho, int64_t n);

/* State of `inputs` streams that advance together.
 *   f        borrowed
 *   history  rows that stay readable in front of what the sink gets
 *   block    most short blocks worked on at once: memory and speed, never bits; 0 is the default, a multiple of 8 serves best
 *   pool     borrowed; NULL is one thread
 */
gws_filtering *gws_filtering_create(const gws_filters *f, int inputs, int64_t history, int block, gws_pool *pool, gws_err *err);
int64_t gws_filtering_bytes(const gws_filters *f, int inputs, int64_t history, int block, const gws_pool *pool);

/* Next n samples of all inputs.  Allocates nothing.
 *   sample  absolute index of x[i][0], >= 0; other than the end of the last push: a gap
 *   x       (inputs)(n)  finite
 */
void gws_filtering_push(gws_filtering *s, int64_t sample, const float *const *x, int64_t n, gws_filters_sink sink, void *user);
void gws_filtering_reset(gws_filtering *s);

/* Multiply the rows of an input from the next push on.
 *   gains   borrowed; of as many filters; its rows may change from push to push, but those that hold from GWS_FILTERS_BEHIND samples
 *           before a push on are there.  NULL: as they are
 *   offset  what is added to an input sample to get that of the gains */
void gws_filtering_follow(gws_filtering *s, int input, const gws_gains *gains, int64_t offset);
void gws_filtering_destroy(gws_filtering *s);

#endif
