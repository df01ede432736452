/* whiten_stretch.h - whitens a stretch by its own noise as a whole: for pictures, where nobody waits for the next sample.
 *
 * On the line: beside condition.h, which whitens a stream and looks at the past alone.  The steps are those of gwpy's TimeSeries.whiten:
 * one over the amplitude of the noise, tapered over 5 bins at both ends and cut to `filter_s` by a Hann window; the mean is taken off the
 * strain and its ends are tapered; then one convolution, without delay.  White noise comes out with variance 1 over the full band.  Half
 * a filter at each end is not whitened rightly.
 */
#ifndef GWS_DSP_WHITEN_STRETCH_H
#define GWS_DSP_WHITEN_STRETCH_H

#include "base/err.h"
#include "dsp/psd.h"

#include <stdint.h>

typedef struct gws_whiten_stretch_params {
    double segment_s, stride_s; /* of the noise's median; 2 and 1 */
    double filter_s;            /* 2 */
    double low_hz;              /* what is below becomes 0; 0: nothing */
} gws_whiten_stretch_params;

gws_whiten_stretch_params gws_whiten_stretch_defaults(void);

/* Whiten.
 *   h    (n) in   strain, finite; n even, at least a filter and a segment
 *   psd  out  the noise that was found, 1/Hz; free with gws_psd_clear; zero on failure.  NULL: not wanted
 *   w    (n) out
 * EDATA: too short, or noise that is zero at some frequency. */
gws_status gws_whiten_stretch(const double *h, int64_t n, int rate_hz, const gws_whiten_stretch_params *params, gws_psd *psd,
                              double *w, gws_err *err);

#endif
