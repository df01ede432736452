/* inject.h - from a source to what each detector records. */
#ifndef GWS_GW_INJECT_H
#define GWS_GW_INJECT_H

#include "base/err.h"
#include "gw/antenna.h"
#include "gw/waveform/waveform.h"

#include <stdint.h>

typedef struct gws_source {
    gws_binary binary;
    int64_t tc_ns; /* coalescence at the Earth's centre: t = 0 of the model, as LAL has it; the amplitude's peak in
                              * time lies some ms from it (IMRPhenomD from 10 to 50 Msun: -15 to +3 ms) */
    double ra_rad, dec_rad, psi_rad;
} gws_source;

/* Polarisations in the frequency domain as gws_waveform_fd gives them, but beginning softly: a half-cosine rise from 4/5 f_lower to
 * f_lower, which a chirp turns into a rise in time.  f_ref 0 still means f_lower.
 *   hp, hc   (n) out, at k*delta_f
 */
gws_status gws_waveform_conditioned_fd(const char *approximant, const gws_binary *b, double delta_f_hz, int64_t n,
                                       double complex *hp, double complex *hc, gws_err *err);

/* Seconds of a cyclic buffer in which the conditioned signal does not run into itself: a power of two that holds the chirp from
 * 4/5 f_lower on and GWS_RINGDOWN_S after the merger. */
double gws_signal_duration_s(const gws_binary *b);

#define GWS_RINGDOWN_S 0.5

/* Time series of both polarisations: conditioned (tapered at the start), coalescence `peak` samples after out[0].
 *   rate_hz    samples per second
 *   n, peak    length of the outputs and index at which the coalescence falls
 *   hp, hc     (n) out
 */
gws_status gws_waveform_td(const char *approximant, const gws_binary *b, int rate_hz, int64_t n, int64_t peak, double *hp,
                           double *hc, gws_err *err);

/* Strain of a source in one detector: antenna pattern at tc, arrival delay with sub-sample precision (phase shift in the
 * frequency domain).
 *   begin, n   absolute samples [begin, begin+n) to be filled
 *   out        (n) out: the signal alone, zero where there is none
 */
gws_status gws_project(const char *approximant, const gws_source *s, const gws_site *site, int rate_hz, int64_t begin, int64_t n,
                       double *out, gws_err *err);

#endif
