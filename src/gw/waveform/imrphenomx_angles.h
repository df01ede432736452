/* imrphenomx_angles.h - private to gw/: how the orbital plane of IMRPhenomXPHM precesses: Euler angles over frequency, and the
 * frame of J.
 *
 * Pratten et al. 2021 (arXiv:2004.06503, below P), its default in LALSimulation: the double-spin angles of Chatziioannou et al. 2017
 * (arXiv:1703.03967, below C: multiple-scale analysis) with fifth-order terms left out, and where those fail, the single-spin angles
 * at next-to-next-to-leading order of P app. G.  Frame and signs are P's convention 1 (app. C).
 */
#ifndef GWS_GW_WAVEFORM_IMRPHENOMX_ANGLES_H
#define GWS_GW_WAVEFORM_IMRPHENOMX_ANGLES_H

#include "gw/waveform/binary.h"
#include "gw/waveform/imrphenomx.h"

typedef struct gws_imrphenomx_angles {
    double eta;
    double alpha_offset, epsilon_offset; /* make the angles start right at f_ref */
    double theta_jn;                     /* between J at f_ref and the line of sight */
    double zeta;                         /* from the polarisations that J fixes to those of the binary's frame */
    int msa;                             /* else single-spin */

    /* Multiple-scale analysis, C's names; q = m2/m1 */
    double q, delta, s1_2, s2_2, s_eff;
    double cos_s1, cos_s2;  /* of spins to orbital momentum at f_ref */
    double s0_2;            /* (S1 + S2)^2 there */
    double s_av2, s_av, c1; /* C eqs. 45, 41 */
    double l_pn[5];         /* orbital momentum to 3PN: factors of v^2 ... v^6 */
    double g0, psi0, psi1, psi2;
    double phi_z[5], phi_z0, zeta_z[5], zeta_z0; /* C eqs. 66, F5 */

    /* Single spin: P app. G */
    double alpha[5], epsilon[5]; /* of 1/w, w^(-2/3), w^(-1/3), log w, w^(1/3), w = v^3 */
    double l_one[7];             /* orbital momentum: factors of v^k */
    double s_perp, s_along;
} gws_imrphenomx_angles;

/* Frame and angles for the binary, spins of b at f_ref.  Gives the remnant of x the spin that precession leaves it with (P sec. IV.D). */
void gws_imrphenomx_angles_init(gws_imrphenomx_angles *a, gws_imrphenomx *x, const gws_binary *b);

/* Angles at v = (pi M f)^(1/3), f of the (2,2) mode: alpha, epsilon = -gamma, cos beta. */
void gws_imrphenomx_angles_at(const gws_imrphenomx_angles *a, double v, double *alpha, double *epsilon, double *cos_beta);

#endif
