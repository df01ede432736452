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

#endif
