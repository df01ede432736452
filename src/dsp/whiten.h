/* whiten.h - the whitening filter, made again and again without allocation.
 *
 * Amplitude response wanted: g(f) sqrt(2 / (rate S(f))), where the band g is 1 from low_hz to high_hz and falls by half
 * cosines to 0 at 3/4 low_hz and 11/10 high_hz (no edge where low_hz is 0 or high_hz reaches Nyquist).  Its zero-phase
 * impulse response, made on a grid four times finer than the filter's, is cut to `length` taps by a Hann taper: inverse spectrum
 * truncation (Allen et al. 2012, arXiv gr-qc/0509116, section VII.B; Hann as in PyCBC).  White noise with one-sided PSD S has
 * variance S rate/2, so its output has the variance share = integral of g^2 df / (rate/2).
 */
#ifndef GWS_DSP_WHITEN_H
#define GWS_DSP_WHITEN_H

#include "base/err.h"

#include <stdint.h>

typedef struct gws_whiten gws_whiten;

/*   length   taps, even, >= 4
 *   low_hz, high_hz  0 <= low < high <= rate/2; high 0 means Nyquist (EARG otherwise)
 */
gws_whiten *gws_whiten_create(int64_t length, int rate_hz, double low_hz, double high_hz, gws_err *err);

/* Make the filter of a PSD.
 *   psd      (n) in    one-sided, k * delta_f_hz; interpolated linearly, clamped at the ends; its Nyquist bin, which is
 *                      halved by convention, is replaced by its neighbour
 *   fir      (length) out   symmetric about length/2; fir[0] is 0
 * returns    0 when it cannot be made: a bin that the band needs is not finite, or is zero to double precision (below 1e-26 of
 *            the loudest bin, where the rounding of a transform hides it); fir is then untouched
 */
int gws_whiten_design(gws_whiten *w, const double *psd, int64_t n, double delta_f_hz, double *fir);

/* The variance that white noise keeps in the band; it is 1 for the full band. */
double gws_whiten_share(const gws_whiten *w);
void gws_whiten_destroy(gws_whiten *w);

#endif
