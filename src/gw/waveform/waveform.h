/* waveform.h - gravitational waveforms in the frequency domain, LALSimulation's arguments and conventions. */
#ifndef GWS_GW_WAVEFORM_WAVEFORM_H
#define GWS_GW_WAVEFORM_WAVEFORM_H

#include "base/err.h"
#include "gw/waveform/binary.h"

#include <complex.h>
#include <stdint.h>

/* The modes that a text names, each with its -m, in PyCBC's spellings: "22 21 33", "22,33", "2-2", "[22, '33']", "22.0"; "" gives 0.
 * EARG, and 0, for what is none of GWS_MODE_*. */
gws_status gws_modes_parse(const char *text, unsigned *modes, gws_err *err);

/* Make the plus and cross polarisations at k*delta_f, k = 0..n-1.  They are 0 outside f_lower..f_final and above the model's end.
 *   approximant  "IMRPhenomD"     aligned spins
 *                "IMRPhenomPv2"   spins in any direction, twisted up IMRPhenomD
 *                "IMRPhenomXAS"   aligned spins
 *                "IMRPhenomXHM"   aligned spins; modes 22, 21, 33, 32, 44
 *                "IMRPhenomXPHM"  spins in any direction; the same modes
 *                "TaylorF2"       the inspiral alone; aligned spins, tides; f_ref 0 is coalescence
 *   hp, hc       (n) out, strain/Hz; LAL's Fourier convention, coalescence near t = 0 of the cyclic inverse transform
 * The bins at both ends are those of LALSimulation.  The one at or just below f_final is filled but for IMRPhenomD and IMRPhenomPv2, whose
 * last is the one before.  An f_lower between two bins begins with the lower one, in TaylorF2 with the upper.  TaylorF2 goes on to
 * whatever f_final; with 0 it stops at the end of the inspiral.  Bin 0 is 0, where LALSimulation has an infinity when f_lower < delta_f.
 * EARG: the binary has what the model lacks (tides, spins out of line, modes), or f_lower is not below f_final and the model's end.
 */
gws_status gws_waveform_fd(const char *approximant, const gws_binary *b, double delta_f_hz, int64_t n, double complex *hp,
                           double complex *hc, gws_err *err);

/* Where the model ends, or TaylorF2 when it is given no f_final, Hz.  EARG as above; frequencies do not count. */
gws_status gws_waveform_end_hz(const char *approximant, const gws_binary *b, double *out_hz, gws_err *err);

/* Names that gws_waveform_fd knows; entry i or NULL. */
const char *gws_approximant_name(int i);

/* Upper bound of the time from f_lower to coalescence, s (2PN-ish chirp time; LALSimInspiralChirpTimeBound). */
double gws_chirp_time_bound_s(double f_lower_hz, double mass1_msun, double mass2_msun, double spin1z, double spin2z);

#endif
