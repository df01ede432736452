/* taylorf2.h - private to gw/: TaylorF2: the inspiral in the stationary-phase approximation, spins along the orbital momentum,
 * with tides.
 *
 * Phase  pi/4 - sum_k (phi_k + phi_k^log log v) v^(k-5),  v = (pi M f)^(1/3):
 *   point particles to 3.5PN         Buonanno et al. 2009 (arXiv:0907.0700) eq. 3.18
 *   spin-orbit to 3.5PN              Bohe et al. 2013 (arXiv:1303.7412) eqs. 3.15, 3.16
 *   spin-spin at 2PN and 3PN         Arun et al. 2009 (arXiv:0810.5336) eq. 6.24; Bohe et al. 2015 (arXiv:1501.01529);
 *                                    LIGO-T1800298.  Neither spin-spin nor cubic terms at 3.5PN, as in LALSimulation
 *   tides at 5, 6, 6.5 and 7PN       Vines et al. 2011 (arXiv:1101.1673), Agathos et al. 2015 (arXiv:1503.05405) eq. 5, the
 *                                    7PN term as completed by Narikawa et al. 2021 (arXiv:2106.09193) eq. 4
 *   quadrupole of a tidal body       Yagi & Yunes 2013 (arXiv:1303.1528) eq. 54 from lambda >= 0.5; below, a black hole's
 * Amplitude of leading order.  The series has no end of its own.  Without a last frequency it stops, as LALSimulation does, at the
 * smaller of the Schwarzschild ISCO's frequency and that of contact, with radii from Maselli et al. 2013 (arXiv:1304.2052) eq. 8.
 */
#ifndef GWS_GW_WAVEFORM_TAYLORF2_H
#define GWS_GW_WAVEFORM_TAYLORF2_H

#include "base/err.h"
#include "gw/waveform/binary.h"
#include "gw/waveform/family.h"

#include <complex.h>
#include <stdint.h>

/* Where the series stops without a last frequency. */
double gws_taylorf2_end_hz(const gws_binary *b);

/* Arguments as in gws_waveform_fd, which checks them, but for f_ref: 0 puts the phase where v is infinite, as LALSimulation does.
 * Cost: about 25 ns a bin. */
gws_status gws_taylorf2_fd(const gws_binary *b, const gws_fd_bins *bins, double complex *hp, double complex *hc, gws_err *err);

#endif
