/* bandpass.h - a linear-phase band-pass for whitened strain, as figures show it.
 *
 * The filter is the one that whitening flat noise is (whiten.h): response 1 from low_hz to high_hz, half-cosine edges outside, cut to
 * its taps by a Hann taper.  White noise of unit variance comes out with the share of the variance that the band holds.
 */
#ifndef GWS_DSP_BANDPASS_H
#define GWS_DSP_BANDPASS_H

#include "base/err.h"

#include <stdint.h>

/* The filter.
 *   taps   even, at least 4
 *   band   0 <= low < high <= rate/2
 *   fir    (taps) out   symmetric about taps/2; fir[0] is 0
 * returns  EARG as whiten.h has it, ENOMEM */
gws_status gws_bandpass_design(int rate_hz, int64_t taps, double low_hz, double high_hz, double *fir, gws_err *err);

/* Apply it without delay.
 *   x    (n + taps) in   from taps/2 samples before the first that comes out
 *   out  (n) out   NaN where one of the samples that it needs is NaN
 * Cost n taps. */
void gws_bandpass_apply(const double *fir, int64_t taps, const float *x, int64_t n, double *out);

#endif
