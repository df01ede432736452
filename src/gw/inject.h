/* inject.h - from a source to what each detector records. */
#ifndef GWS_GW_INJECT_H
#define GWS_GW_INJECT_H

#include "base/err.h"
#include "gw/antenna.h"
#include "gw/waveform/waveform.h"

#include <stdint.h>

typedef struct gws_source {
    gws_binary binary;
    int64_t tc_ns;           /* coalescence at the Earth's centre: peak of the signal's amplitude (gws_project) */
    double ra_rad, dec_rad, psi_rad;
} gws_source;

/* Time series of both polarisations: conditioned (tapered at the start), coalescence `peak` samples after out[0].
 *   rate_hz    samples per second
 *   n, peak    length of the outputs and index at which the coalescence falls
 *   hp, hc     (n) out
 */
gws_status gws_waveform_td(const char *approximant, const gws_binary *b, int rate_hz, int64_t n, int64_t peak, double *hp, double *hc,
                           gws_err *err);

/* Strain of a source in one detector: antenna pattern at tc, arrival delay with sub-sample precision (phase shift in the
 * frequency domain).
 *   begin, n   absolute samples [begin, begin+n) to be filled
 *   out        (n) out: the signal alone, zero where there is none
 */
gws_status gws_project(const char *approximant, const gws_source *s, const gws_site *site, int rate_hz, int64_t begin, int64_t n,
                       double *out, gws_err *err);

#endif
