/* imrphenomd.h - IMRPhenomD: inspiral, merger and ringdown of two black holes with spins along the orbital momentum.
 *
 * Khan et al. 2016 (arXiv:1508.07253, below K) for amplitude and phase, Husa et al. 2016 (arXiv:1508.07250, below H) for the remnant.
 * Conventions (phase at f_ref, time of the peak, constants) are LALSimulation's.
 */
#ifndef GWS_GW_WAVEFORM_IMRPHENOMD_H
#define GWS_GW_WAVEFORM_IMRPHENOMD_H

#include "base/err.h"
#include "gw/waveform/waveform.h"

#include <complex.h>
#include <stdint.h>

/* Arguments as in gws_waveform_fd; masses, spins and frequencies are checked there.
 * Cost: about 50 ns a bin between f_lower and M f = 0.2. */
gws_status gws_imrphenomd_fd(const gws_binary *b, double delta_f_hz, int64_t n, double complex *hp, double complex *hc,
                             gws_err *err);

/* How long the signal lasts from f_hz on, s, by the phase's slope: XLALSimIMRPhenomDChirpTime of lalsimulation 6.2.  It takes the slope at
 * f_peak/M^2 instead of M f_peak for the end's (a peak in Hz divided by the mass in seconds), some 10 M late; PyCBC's lengths of
 * time series hang on it, so it is kept.  Masses and the spins' z components count; negative when f_hz lies beyond the end. */
gws_status gws_imrphenomd_chirp_time_s(const gws_binary *b, double f_hz, double *out_s, gws_err *err);

#endif
