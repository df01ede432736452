/* coherent.h - combines the detectors: the coherent statistic of a bank of filters, one number a step.
 *
 * On the line: rho of every detector (filters.h, 512 Hz) --coherent--> y (64 Hz), and the numbers that a small network is given
 * about the template that made y.
 *
 * Step s covers the eight samples 8s .. 8s+7 of the merger in detector 0.  Row t of rho belongs to the merger at sample t - after,
 * `after` being what the filters keep behind the merger.  With light travel of at most reach_i samples from detector 0 to i,
 *
 *     c_k[s]  = log w_k + max over those t, and |d_i| <= reach_i, of (|rho_0,k[t]|^2 + sum_i |rho_i,k[t + d_i]|^2) / 2
 *     y[s]    = log sum_k exp c_k[s]
 *     bare[s] = sqrt(2 max_k (c_k[s] - log w_k))                          the largest network SNR
 *
 * so y is the log-likelihood ratio with arrival, phases and amplitudes each at their best, and the template averaged over with the
 * weights w.  With fewer detectors terms of the sum are missing.  With more than two, each delay is maximised by itself: nothing
 * checks that the delays fit one direction in the sky.
 *
 * Linear.  rho of a signal and rho of noise may be filtered apart and added before they are pushed here; y is what the sum would give.
 *
 * Bits: as filters.h.  A sum over templates is sixteen partial sums, added in pairs.
 * Reset and gap: rows that do not follow the last ones reset; the first step is the first that begins with or after the first row.
 * Delay: gws_coherent_delay().  Cost for 48 templates and two detectors: 0.6 MFLOP per second of data.
 */
#ifndef GWS_NN_COHERENT_H
#define GWS_NN_COHERENT_H

#include "base/err.h"
#include "base/thread.h"
#include "nn/kernels/kernels.h"

#include <stdint.h>

#define GWS_COHERENT_INPUTS 8
#define GWS_COHERENT_FEATURES(inputs) (5 * (inputs)-2) /* numbers that gws_coherent_features gives */

typedef struct gws_coherent gws_coherent;

/* Consecutive steps; valid until the sink returns. */
typedef struct gws_coherent_steps {
    int64_t step, n;         /* absolute index of the first, and how many */
    const float *y, *bare;   /* (n) */
    const int *best;         /* (n) template of the largest c_k, the first of equals */
    const float *c;          /* (n, c_row) c_k of the templates, k < K */
    int64_t c_row;           /* K rounded up to a multiple of 16 */
    const float *const *rho; /* (inputs) the row of the first sample of the first step */
} gws_coherent_steps;

typedef void (*gws_coherent_sink)(void *user, const gws_coherent_steps *steps);

/* What is combined. */
typedef struct gws_coherent_params {
    int templates, inputs;   /* K and I */
    const int *reach;        /* (inputs) samples at 512 Hz, 0..GWS_REACH_MAX; that of detector 0 is not used */
    int after;               /* samples at 512 Hz that a filter keeps behind the merger, 0..4096 */
    const float *log_weight; /* (K), finite */
} gws_coherent_params;

/* The only call here that allocates or fails (EARG, ENOMEM).
 *   params  in  copied, what it points to as well
 *   pool    in  borrowed; NULL is one thread
 */
gws_coherent *gws_coherent_create(const gws_kernels *K, const gws_coherent_params *params, gws_pool *pool, gws_err *err);
int64_t gws_coherent_bytes(int templates, int inputs);

/* The number of rows that must be readable in front of the rows that are pushed. */
int64_t gws_coherent_history(const gws_coherent *c);

/* Step s leaves when input sample 32 s + delay is in, filters.h's own delay included. */
int64_t gws_coherent_delay(const gws_coherent *c);

/* The next n rows of all inputs, as gws_filters_sink gets them.  Allocates nothing. */
void gws_coherent_push(gws_coherent *c, int64_t t, const float *const *rho, int64_t n, gws_coherent_sink sink, void *user);
void gws_coherent_reset(gws_coherent *c);
void gws_coherent_destroy(gws_coherent *c);

/* The numbers that a network is given about template k in step i of `steps`.  They belong to the sample and the delays at which c_k
 * was found (the earliest, where several are equal).  For two detectors:
 *
 *     0,1  powers |rho_0|^2, |rho_1|^2         2,3  amplitudes |rho_0|, |rho_1|
 *     4,5  rho_0 conj(rho_1), re and im        6    delay of detector 1, samples        7    sample within the step, 0..7
 *
 * For I detectors: I powers, I amplitudes, I-1 products with detector 0, I-1 delays, the sample.
 *   out  (GWS_COHERENT_FEATURES(I))
 */
void gws_coherent_features(const gws_coherent *c, const gws_coherent_steps *steps, int64_t i, int k, float *out);

#endif
