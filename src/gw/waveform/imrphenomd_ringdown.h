/* imrphenomd_ringdown.h - private to gw/: oscillation and decay of the (2,2,0) mode of a Kerr hole, as IMRPhenomD takes them.
 *
 * Modes by Leaver's equations (Proc. R. Soc. A 402, 285, 1985) as Berti, Cardoso and Will tabulate them (arXiv:gr-qc/0512160), at the
 * 1003 spins and with the digits of lalsimulation 6.2 (LALSimIMRPhenomD.h).  The rounding to some six digits is part of the model as
 * it is used: better numbers change the ringdown's amplitude by 1e-4.
 */
#ifndef GWS_GW_WAVEFORM_IMRPHENOMD_RINGDOWN_H
#define GWS_GW_WAVEFORM_IMRPHENOMD_RINGDOWN_H

/* Natural cubic spline through the table.
 *   spin    in   of the hole over its mass squared, -1..1; negative: the mode m = -2 of a hole with that much spin
 *   f_ring  out  frequency, in units of 1/M
 *   f_damp  out  decay rate over 2 pi, likewise
 * Cost: some 2 us. */
void gws_imrphenomd_ringdown(double spin, double *f_ring, double *f_damp);

#endif
