/* imrphenompv2.h - private to gw/: IMRPhenomPv2: inspiral, merger and ringdown of two black holes whose spins point anywhere.
 *
 * IMRPhenomD in the frame that precesses with the orbit, turned into the inertial one by three angles: Hannam et al. 2014
 * (arXiv:1308.3271), Schmidt et al. 2015 (arXiv:1408.1810, chi_p), and LIGO-T1500602 for the angles to 3.5PN and the frames.
 * One effective spin in the orbital plane, on the heavier body; the l = 2 modes that (2,2) turns into, no others.
 * Conventions (spins at f_ref with the separation along x, time of the peak, constants) are LALSimulation's.
 */
#ifndef GWS_GW_WAVEFORM_IMRPHENOMPV2_H
#define GWS_GW_WAVEFORM_IMRPHENOMPV2_H

#include "base/err.h"
#include "gw/waveform/binary.h"
#include "gw/waveform/family.h"

#include <complex.h>
#include <stdint.h>

/* Arguments as in gws_waveform_fd; masses, spins and frequencies are checked there.
 * The model ends where IMRPhenomD does.
 * LALSimulation warns beyond a mass ratio of 18 and an opening angle of pi/4, as the model was not tested there; it is made all the same.
 * Cost: about 90 ns a bin between f_lower and M f = 0.2. */
gws_status gws_imrphenompv2_fd(const gws_binary *b, const gws_fd_bins *bins, double complex *hp, double complex *hc, gws_err *err);

#endif
