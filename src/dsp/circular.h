/* circular.h - long circular filters: the spectrum of a real series of millions of samples times real gains.
 *
 *     y[n] = sum_k gain[k] X[k] exp(2 pi i n k / N),  X[k] = sum_n x[n] exp(-2 pi i n k / N)
 *
 * no factor 1/N.  The length is given from outside and often has an awkward prime: 3856 s at 2048 Hz are 2^15 * 241.  It is
 * split into coprime N = L P and the series laid out as P rows of L samples (Good 1958, the prime-factor algorithm): real transforms
 * along rows, which fit a processor's cache, then complex ones along columns, without twiddle factors.  Columns of an awkward
 * length are circular convolutions of a better one (Rader 1968, Bluestein 1970).  Nothing puts the spectrum into order: the gains
 * are kept in the order in which it comes.  One pass over the memory serves the columns' transforms, the gains and the way
 * back; the whole is done in place.
 *
 * The series lives in a workspace of the caller's: put samples there, filter, get samples.  A gws_circular is const after it is made and
 * may be used by many threads, each with a workspace of its own.
 */
#ifndef GWS_DSP_CIRCULAR_H
#define GWS_DSP_CIRCULAR_H

#include "base/err.h"

#include <stdint.h>

typedef struct gws_circular gws_circular;

/* Make a filter for n samples; n is even and at most 2^31.  NULL on failure (ENOMEM). */
gws_circular *gws_circular_create(int64_t n, gws_err *err);
void gws_circular_destroy(gws_circular *c);

int64_t gws_circular_work(const gws_circular *c); /* doubles in a workspace, from gws_arena_alloc; a few per cent above n */

/* The gains are columns * rows doubles, about n/2 in all.  The gains of one column lie side by side. */
int64_t gws_circular_columns(const gws_circular *c);
int64_t gws_circular_rows(const gws_circular *c);

/* Say which frequency bin each gain of a column belongs to.
 *   bin   (rows) out; 0..n/2; a bin appears twice where it stands for both k and n-k
 */
void gws_circular_bins(const gws_circular *c, int64_t column, int64_t *bin);

/* Samples at .. at+n-1 of the series into the workspace and out of it. */
void gws_circular_put(const gws_circular *c, double *work, int64_t at, const double *x, int64_t n);
void gws_circular_get(const gws_circular *c, const double *work, int64_t at, double *x, int64_t n);

/* Filter in place: the series x in the workspace becomes y. */
void gws_circular_filter(const gws_circular *c, const double *gain, double *work);

/* Give |X[k]| in the order of the gains.  The workspace is used up. */
void gws_circular_magnitude(const gws_circular *c, double *work, double *gain);

#endif
