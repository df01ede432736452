/* imrphenomxas.h - private to gw/: IMRPhenomXAS: the (2,2) mode of two black holes with spins along the orbital momentum.
 *
 * Pratten et al. 2020 (arXiv:2001.11412); conventions (phase at f_ref, time of the peak, constants) are LALSimulation's.
 */
#ifndef GWS_GW_WAVEFORM_IMRPHENOMXAS_H
#define GWS_GW_WAVEFORM_IMRPHENOMXAS_H

#include "base/err.h"
#include "gw/waveform/binary.h"
#include "gw/waveform/family.h"

#include <complex.h>
#include <stdint.h>

/* Arguments as in gws_waveform_fd; masses, spins and frequencies are checked there.
 * Cost: as IMRPhenomD a bin between f_lower and M f = 0.3 (a cube root, a logarithm or arc tangent, a sine and cosine). */
gws_status gws_imrphenomxas_fd(const gws_binary *b, const gws_fd_bins *bins, double complex *hp, double complex *hc, gws_err *err);

#endif
