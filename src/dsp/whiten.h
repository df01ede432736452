/* whiten.h - the whitening filter, made again and again without allocation.
 *
 * Amplitude response wanted: g(f) sqrt(2 / (rate S(f))), where the band g is 1 from low_hz to high_hz and falls by half
 * cosines to 0 at 3/4 low_hz and 11/10 high_hz (no edge where low_hz is 0 or high_hz reaches Nyquist).  Its zero-phase
 * impulse response, made on a grid four times finer than the filter's, is cut to `length` taps by a Hann taper: inverse spectrum
 * truncation (Allen et al. 2012, arXiv gr-qc/0509116, section VII.B; Hann as in PyCBC).  White noise with one-sided PSD S has
 * variance S rate/2, so its output has the variance share = integral of g^2 df / (rate/2).
 *
 * With `ahead` below length/2 the filter sees fewer later samples and keeps its amplitude.  W is the response of the filter above, V that of
 * its taps under a Hann taper of +-ahead, and P(X) the minimum-phase response of amplitude |X|, from the real cepstrum folded onto positive times
 * (Oppenheim & Schafer, Discrete-Time Signal Processing, 13.5):
 *     H = V P(W) / P(V)
 * The quotient is causal, so H begins at -ahead; its phase lies where W and V differ, at the lines.  What is wide keeps zero phase.  H is cut to
 * `length` taps, by half a cosine over the last eighth of the past side.  Whitening by a minimum-phase filter alone (ahead 0) is that of
 * Tsukada et al. 2018 (arXiv 1708.04125).
 */
#ifndef GWS_DSP_WHITEN_H
#define GWS_DSP_WHITEN_H

#include "base/err.h"
#include "dsp/fft.h"

#include <stdint.h>

typedef struct gws_whiten gws_whiten;

/*   length   taps, even, >= 4
 *   ahead    later samples that the filter sees, 1 .. length/2; 0 means length/2: zero phase
 *   low_hz, high_hz  0 <= low < high <= rate/2; high 0 means Nyquist (EARG otherwise)
 */
gws_whiten *gws_whiten_create(int64_t length, int64_t ahead, int rate_hz, double low_hz, double high_hz, gws_err *err);

/* Make the filter of a PSD.
 *   psd      (n) in    one-sided, k * delta_f_hz; interpolated linearly, clamped at the ends; its Nyquist bin, which is
 *                      halved by convention, is replaced by its neighbour
 *   fir      (length) out   fir[ahead] stands at lag 0; fir[0] is 0; with zero phase symmetric about length/2
 * returns    0 when it cannot be made: a bin that the band needs is not finite, or is zero to double precision (below 1e-26 of
 *            the loudest bin, where the rounding of a transform hides it); fir is then untouched
 */
int gws_whiten_design(gws_whiten *w, const double *psd, int64_t n, double delta_f_hz, double *fir);

/* Response of a filter that gws_whiten_design made, lag 0 at time 0; with zero phase its imaginary part is 0.
 *   fft   of at least length points
 *   x     (size) scratch
 *   spec  (2 * bins) out */
void gws_whiten_response(const gws_whiten *w, const double *fir, const gws_fft *fft, double *x, double *spec);

/* The variance that white noise keeps in the band; it is 1 for the full band. */
double gws_whiten_share(const gws_whiten *w);
void gws_whiten_destroy(gws_whiten *w);

#endif
