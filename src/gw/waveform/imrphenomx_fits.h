/* imrphenomx_fits.h - the calibrated numbers of the IMRPhenomX family, as rational functions of mass ratio and spins.
 *
 * Pratten et al. 2020 (arXiv:2001.11412, below A) for the (2,2) mode, Garcia-Quiros et al. 2020 (arXiv:2001.10914, below H) for the
 * others; coefficients as LALSimulation holds them.  Every fit is a sum of fractions N/D (or polynomials N) whose numerator and
 * denominator are sums of c eta^(e/2) S^s (chi1 - chi2)^d (m1 - m2)^a.
 */
#ifndef GWS_GW_WAVEFORM_IMRPHENOMX_FITS_H
#define GWS_GW_WAVEFORM_IMRPHENOMX_FITS_H

enum gws_imrphenomx_fit {
    /* Remnant: spin (m1^2 chi1 + m2^2 chi2 included) and radiated energy; Jimenez-Forteza et al. 2017, arXiv:1611.00332 */
    GWS_IMRPHENOMX_FINAL_SPIN,
    GWS_IMRPHENOMX_RADIATED,
    /* Minimum energy circular orbit, A sec. IV */
    GWS_IMRPHENOMX_MECO,
    /* Quasi-normal modes of a remnant of unit mass over its spin */
    GWS_IMRPHENOMX_RING_22,
    GWS_IMRPHENOMX_DAMP_22,
    /* Phase of (2,2): inspiral, A sec. VII.A */
    GWS_IMRPHENOMX_PHASE_INS_D13,
    GWS_IMRPHENOMX_PHASE_INS_D23,
    GWS_IMRPHENOMX_PHASE_INS_V3,
    GWS_IMRPHENOMX_PHASE_INS_D43,
    /* Phase of (2,2): intermediate, A sec. VII.B */
    GWS_IMRPHENOMX_PHASE_INT_V2MV4,
    GWS_IMRPHENOMX_PHASE_INT_V3MV4,
    GWS_IMRPHENOMX_PHASE_INT_V2,
    GWS_IMRPHENOMX_PHASE_INT_D43,
    /* Phase of (2,2): ringdown, A sec. VII.C */
    GWS_IMRPHENOMX_PHASE_RD_D12,
    GWS_IMRPHENOMX_PHASE_RD_D24,
    GWS_IMRPHENOMX_PHASE_RD_D34,
    GWS_IMRPHENOMX_PHASE_RD_V4,
    GWS_IMRPHENOMX_PHASE_RD_D54,
    /* Amplitude of (2,2), A sec. VI */
    GWS_IMRPHENOMX_AMP_INS_V2,
    GWS_IMRPHENOMX_AMP_INS_V3,
    GWS_IMRPHENOMX_AMP_INS_V4,
    GWS_IMRPHENOMX_AMP_INT_V2,
    GWS_IMRPHENOMX_AMP_RD_GAMMA2,
    GWS_IMRPHENOMX_AMP_RD_GAMMA3,
    GWS_IMRPHENOMX_AMP_RD_V1,
    /* Time of the peak: A sec. VIII */
    GWS_IMRPHENOMX_TIME_SLOPE,
    GWS_IMRPHENOMX_TIME_PSI4,
    GWS_IMRPHENOMX_N_FITS
};

/* Powers of the variables, filled once for each binary. */
typedef struct gws_imrphenomx_vars {
    double eta[21];    /* eta^((k-2)/2) */
    double spin[3][8]; /* spin^k for the three spins that fits are made in: total, reduced (post-Newtonian), of the remnant */
    double asym[8];    /* (chi1 - chi2)^(k/2) (m1 - m2)^(k%2), masses in units of their sum */
} gws_imrphenomx_vars;

/* eta symmetric mass ratio, delta (m1 - m2)/(m1 + m2), s_total and s_reduced as in A eqs. 4.11 ff.; the remnant's spin is 0 until
 * gws_imrphenomx_vars_spin sets it. */
void gws_imrphenomx_vars_init(gws_imrphenomx_vars *v, double eta, double delta, double chi1, double chi2, double s_total,
                              double s_reduced);

/* Spin of the remnant, which the fits of quasi-normal modes need. */
void gws_imrphenomx_vars_spin(gws_imrphenomx_vars *v, double spin);

double gws_imrphenomx_fit(enum gws_imrphenomx_fit fit, const gws_imrphenomx_vars *v);

#endif
