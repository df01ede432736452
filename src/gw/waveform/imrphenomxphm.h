/* imrphenomxphm.h - private to gw/: IMRPhenomXPHM: two black holes with spins in any direction, modes (2,2) (2,1) (3,3) (3,2)
 * (4,4).
 *
 * Pratten et al. 2021 (arXiv:2004.06503, below P): the modes of IMRPhenomXHM turned by the Euler angles of the orbital plane.  Conventions
 * are LALSimulation's, and so is the default of evaluating modes and angles on coarse frequencies with straight lines between them
 * (imrphenomx_bands.h), which gws_binary.exact switches off.  Aligned spins do not reduce this model to IMRPhenomXHM: its angles keep turning the phase, as LALSimulation's do.
 */
#ifndef GWS_GW_WAVEFORM_IMRPHENOMXPHM_H
#define GWS_GW_WAVEFORM_IMRPHENOMXPHM_H

#include "base/err.h"
#include "gw/waveform/binary.h"
#include "gw/waveform/family.h"

#include <complex.h>
#include <stdint.h>

/* Arguments as in gws_waveform_fd; masses, spins and frequencies are checked there. */
gws_status gws_imrphenomxphm_fd(const gws_binary *b, const gws_fd_bins *bins, double complex *hp, double complex *hc, gws_err *err);

#endif
