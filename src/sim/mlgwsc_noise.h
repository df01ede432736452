/* mlgwsc_noise.h - the noise of MLGWSC-1's data sets.  It gives any window of a month without making the month.
 *
 * The generator of the mock data challenge (gwastro/ml-mock-data-challenge-1, generate_data.py) writes, for a data set, a seed and a
 * duration, a list of segments and for each detector and segment the noise.  This file makes that list and that noise, sample by
 * sample. The noise is the same in foreground and background files.
 *
 *     1   aLIGOZeroDetHighPower in both detectors
 *     2   one of 20 measured curves for each detector
 *     3   one of 20 measured curves for each detector and segment
 *     4   recorded noise, that of L1 slid against H1 by 0 to 240 s, another amount in each segment
 *
 * Sets 1 to 3 are made in chunks of generate_s (3600) seconds counted from the beginning of a segment, the last of a segment
 * shorter; a chunk's samples depend on its length (reproducible.h), so a chunk is made whole and the last few are kept.  Where FFT
 * lengths run into PyCBC's rounding of 1/(1/duration) the generator makes some seconds more and drops them, and so does this.
 *
 * Agreement with PyCBC 2.11 for sets 1 to 3: some 1e-12 of the noise's standard deviation; to the bit for set 4.
 *
 * Cost at 2048 Hz: 0.3 s of one core for a chunk of an hour (7.4 million samples), and 0.2 s once for each new pair of curve and length;
 * a day of both detectors takes 17 to 20 s of one core.
 * Ask for both detectors in turn: with a pool they are made together.
 * Memory: gws_mlgwsc_noise_bytes(); with chunks of an hour 0.55 GB on one thread, 0.7 GB on two, 2 GB on eight or more.
 * Thread rule: one object from one thread at a time, and not from inside a task of its pool.
 */
#ifndef GWS_SIM_MLGWSC_NOISE_H
#define GWS_SIM_MLGWSC_NOISE_H

#include "base/err.h"
#include "base/thread.h"
#include "sim/mlgwsc_plan.h"

#include <stdint.h>

typedef struct gws_mlgwsc_noise gws_mlgwsc_noise;

/* Strings are used in this call only.  NULL on failure: parameters, files missing or not what they should be. */
gws_mlgwsc_noise *gws_mlgwsc_noise_create(const gws_mlgwsc_noise_params *params, gws_err *err);
void gws_mlgwsc_noise_destroy(gws_mlgwsc_noise *c);

/* Segments of the data set in time, owned by c. */
const gws_mlgwsc_noise_segment *gws_mlgwsc_noise_segments(const gws_mlgwsc_noise *c, int *n);

/* The time for which injections are drawn: from the beginning of the first segment in segments.csv to the end of the last, used or
 * not. */
gws_mlgwsc_noise_segment gws_mlgwsc_noise_extent(const gws_mlgwsc_noise *c);

/* Make chunks on a pool from now on: the chunk that is asked for, the other detector's, and those that follow, as many as the pool
 * has threads and at most 8.  With NULL the caller makes one at a time.  The samples are the same.  The pool belongs to the caller
 * and must outlive its use here. */
void gws_mlgwsc_noise_set_pool(gws_mlgwsc_noise *c, gws_pool *pool);

/* The most that c ever holds at a time with its pool, apart from HDF5's buffers. */
int64_t gws_mlgwsc_noise_bytes(const gws_mlgwsc_noise *c);

/* Noise of detector ifo (0: H1, 1: L1), absolute samples begin .. begin+n-1, which must lie within one segment (EARG).
 *   out   (n) out; strain
 */
gws_status gws_mlgwsc_noise_fill(gws_mlgwsc_noise *c, int ifo, int64_t begin, int64_t n, double *out, gws_err *err);

#endif
