/* imrphenomx_fits.h - private to gw/: the calibrated numbers of the IMRPhenomX family, as rational functions of mass ratio and
 * spins.
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
    GWS_IMRPHENOMX_RING_21,
    GWS_IMRPHENOMX_DAMP_21,
    GWS_IMRPHENOMX_RING_33,
    GWS_IMRPHENOMX_DAMP_33,
    GWS_IMRPHENOMX_RING_32,
    GWS_IMRPHENOMX_DAMP_32,
    GWS_IMRPHENOMX_RING_44,
    GWS_IMRPHENOMX_DAMP_44,
    /* Spheroidal to spherical harmonics of the (3,2) mode, H eq. 5.6 */
    GWS_IMRPHENOMX_MIX_322_RE,
    GWS_IMRPHENOMX_MIX_322_IM,
    GWS_IMRPHENOMX_MIX_323_RE,
    GWS_IMRPHENOMX_MIX_323_IM,
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
    /* Intermediate phase of (2,1), H sec. VI */
    GWS_IMRPHENOMX_HM_PHASE_INT_21_0,
    GWS_IMRPHENOMX_HM_PHASE_INT_21_1,
    GWS_IMRPHENOMX_HM_PHASE_INT_21_2,
    GWS_IMRPHENOMX_HM_PHASE_INT_21_3,
    GWS_IMRPHENOMX_HM_PHASE_INT_21_4,
    GWS_IMRPHENOMX_HM_PHASE_INT_21_5,
    /* Intermediate phase of (3,3), H sec. VI */
    GWS_IMRPHENOMX_HM_PHASE_INT_33_0,
    GWS_IMRPHENOMX_HM_PHASE_INT_33_1,
    GWS_IMRPHENOMX_HM_PHASE_INT_33_2,
    GWS_IMRPHENOMX_HM_PHASE_INT_33_3,
    GWS_IMRPHENOMX_HM_PHASE_INT_33_4,
    GWS_IMRPHENOMX_HM_PHASE_INT_33_5,
    /* Intermediate phase of (3,2), H sec. VI */
    GWS_IMRPHENOMX_HM_PHASE_INT_32_0,
    GWS_IMRPHENOMX_HM_PHASE_INT_32_1,
    GWS_IMRPHENOMX_HM_PHASE_INT_32_2,
    GWS_IMRPHENOMX_HM_PHASE_INT_32_3,
    GWS_IMRPHENOMX_HM_PHASE_INT_32_4,
    /* Intermediate phase of (4,4), H sec. VI */
    GWS_IMRPHENOMX_HM_PHASE_INT_44_0,
    GWS_IMRPHENOMX_HM_PHASE_INT_44_1,
    GWS_IMRPHENOMX_HM_PHASE_INT_44_2,
    GWS_IMRPHENOMX_HM_PHASE_INT_44_3,
    GWS_IMRPHENOMX_HM_PHASE_INT_44_4,
    GWS_IMRPHENOMX_HM_PHASE_INT_44_5,
    /* Ringdown phase of the modes that do not mix, H sec. VI */
    GWS_IMRPHENOMX_HM_PHASE_RD_ALPHA2,
    GWS_IMRPHENOMX_HM_PHASE_RD_ALPHAL,
    /* Ringdown phase of the spheroidal (3,2), H sec. VI */
    GWS_IMRPHENOMX_HM_PHASE_RD_32_0,
    GWS_IMRPHENOMX_HM_PHASE_RD_32_1,
    GWS_IMRPHENOMX_HM_PHASE_RD_32_2,
    GWS_IMRPHENOMX_HM_PHASE_RD_32_3,
    GWS_IMRPHENOMX_HM_PHASE_RD_32_TIME,
    GWS_IMRPHENOMX_HM_PHASE_RD_32_SHIFT,
    /* Amplitude of (2,1), H sec. V */
    GWS_IMRPHENOMX_HM_AMP_INS_21_0,
    GWS_IMRPHENOMX_HM_AMP_INS_21_1,
    GWS_IMRPHENOMX_HM_AMP_INS_21_2,
    GWS_IMRPHENOMX_HM_AMP_INT_21_0,
    GWS_IMRPHENOMX_HM_AMP_INT_21_2,
    GWS_IMRPHENOMX_HM_AMP_RD_21_0,
    GWS_IMRPHENOMX_HM_AMP_RD_21_1,
    GWS_IMRPHENOMX_HM_AMP_RD_21_2,
    /* Amplitude of (3,3), H sec. V */
    GWS_IMRPHENOMX_HM_AMP_INS_33_0,
    GWS_IMRPHENOMX_HM_AMP_INS_33_1,
    GWS_IMRPHENOMX_HM_AMP_INS_33_2,
    GWS_IMRPHENOMX_HM_AMP_INT_33_0,
    GWS_IMRPHENOMX_HM_AMP_INT_33_1,
    GWS_IMRPHENOMX_HM_AMP_INT_33_2,
    GWS_IMRPHENOMX_HM_AMP_INT_33_3,
    GWS_IMRPHENOMX_HM_AMP_RD_33_0,
    GWS_IMRPHENOMX_HM_AMP_RD_33_1,
    GWS_IMRPHENOMX_HM_AMP_RD_33_2,
    /* Amplitude of (3,2), H sec. V */
    GWS_IMRPHENOMX_HM_AMP_INS_32_0,
    GWS_IMRPHENOMX_HM_AMP_INS_32_1,
    GWS_IMRPHENOMX_HM_AMP_INS_32_2,
    GWS_IMRPHENOMX_HM_AMP_INT_32_0,
    GWS_IMRPHENOMX_HM_AMP_INT_32_1,
    GWS_IMRPHENOMX_HM_AMP_INT_32_2,
    GWS_IMRPHENOMX_HM_AMP_INT_32_3,
    GWS_IMRPHENOMX_HM_AMP_RD_32_0,
    GWS_IMRPHENOMX_HM_AMP_RD_32_1,
    GWS_IMRPHENOMX_HM_AMP_RD_32_2,
    GWS_IMRPHENOMX_HM_AMP_AUX_32_0,
    GWS_IMRPHENOMX_HM_AMP_AUX_32_1,
    /* Amplitude of (4,4), H sec. V */
    GWS_IMRPHENOMX_HM_AMP_INS_44_0,
    GWS_IMRPHENOMX_HM_AMP_INS_44_1,
    GWS_IMRPHENOMX_HM_AMP_INS_44_2,
    GWS_IMRPHENOMX_HM_AMP_INT_44_0,
    GWS_IMRPHENOMX_HM_AMP_INT_44_1,
    GWS_IMRPHENOMX_HM_AMP_INT_44_2,
    GWS_IMRPHENOMX_HM_AMP_INT_44_3,
    GWS_IMRPHENOMX_HM_AMP_RD_44_0,
    GWS_IMRPHENOMX_HM_AMP_RD_44_1,
    GWS_IMRPHENOMX_HM_AMP_RD_44_2,
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
