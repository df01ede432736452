/* imrphenomx.h - private to gw/: the (2,2) mode of the IMRPhenomX family, which its aligned, higher-mode and precessing members
 * share.
 *
 * Pratten et al. 2020 (arXiv:2001.11412, below A): inspiral phase with four pseudo-PN terms, intermediate phase with five collocation
 * points, quartic intermediate amplitude (LALSimulation's versions 104, 105, 105 and 103, 104, 103).  Frequencies are M f, phases
 * grow with frequency as LALSimulation's do; h22 = amp0 norm f^(-7/6) amplitude exp(i phase).
 */
#ifndef GWS_GW_WAVEFORM_IMRPHENOMX_H
#define GWS_GW_WAVEFORM_IMRPHENOMX_H

#include "base/err.h"
#include "gw/constants.h"
#include "gw/waveform/binary.h"
#include "gw/waveform/family.h"
#include "gw/waveform/imrphenomx_fits.h"

typedef struct gws_imrphenomx {
    double m1_kg, m2_kg;    /* as given; those below come back from kilograms, as LALSimulation's do */
    double total_msun, m_s; /* total mass, also in seconds */
    double m1, m2;          /* in units of the total, m1 >= m2 */
    double eta, inv_eta, delta;
    double chi1, chi2; /* along the orbital angular momentum */
    double s_total, s_reduced;
    gws_imrphenomx_vars vars;
    double mass_final, spin_final; /* of the remnant; spin_aligned is what aligned spins alone give */
    double spin_aligned;
    double f_ring, f_damp, f_meco, f_isco;
    double f_cut;      /* the model ends here */
    double amp0, norm; /* M^2/d in seconds, and A eq. 6.2's factor of f^(-7/6) */

    double f_amp_in, f_amp_im; /* where the amplitude's three pieces meet */
    double amp_ins[10];        /* factors of f^(k/3) */
    double amp_int[5];         /* f^(7/6)/amplitude as a quartic in (f - f_amp_in)/(f_amp_im - f_amp_in) */
    double amp_height, amp_decay, amp_width;

    double f_phase_in, f_phase_im; /* where the phase's three pieces meet */
    double ins[12];                /* factors of f^((k-5)/3), 1/eta in them as in the rest of the phase */
    double ins_log[3];             /* of log f, f^(1/3) log f, f log f */
    double mid[6];                 /* of 1, f, log f, 1/f, 1/f^2, 1/f^3 */
    double mid_atan;
    double rd[5]; /* of 1, f, f^(2/3), 1/f, 1/f^3 */
    double rd_atan;
    double time_shift; /* linear term that puts the peak of the strain near t = 0, A sec. VIII */
} gws_imrphenomx;

/* Where the family's models end: M f = 0.3, or 0.33 where nearly all spin lies along the orbital momentum. */
double gws_imrphenomx_end_hz(const gws_binary *b);

/* The end of the bins without the last if its frequency passes the last one wanted by rounding, where LALSimulation puts 0. */
int64_t gws_imrphenomx_end(const gws_imrphenomx *x, const gws_fd_bins *bins);

/* Masses, spins, remnant and its ringdown for the binary; the larger mass becomes body 1.
 *   name  of the approximant, for messages
 * returns  EARG when the mass ratio passes 1000 or the remnant is not a black hole */
gws_status gws_imrphenomx_init(gws_imrphenomx *x, const char *name, const gws_binary *b, gws_err *err);

/* Give the remnant another spin, as precession does; before gws_imrphenomx_prepare. */
void gws_imrphenomx_remnant(gws_imrphenomx *x, double spin_final);

/* Everything else: coefficients of amplitude and phase. */
void gws_imrphenomx_prepare(gws_imrphenomx *x);

/* Phase of (2,2) without time and phase shift, and its slope.  u = f^(1/3), log_f = log f. */
double gws_imrphenomx_phase(const gws_imrphenomx *x, double f, double u, double log_f);
double gws_imrphenomx_phase_slope(const gws_imrphenomx *x, double f);

/* The inspiral's phase continued to any f. */
double gws_imrphenomx_phase_ins(const gws_imrphenomx *x, double u, double log_f);
double gws_imrphenomx_phase_ins_slope(const gws_imrphenomx *x, double f);

/* Amplitude over norm, f^(-7/6) included. */
double gws_imrphenomx_amplitude(const gws_imrphenomx *x, double f, double u);

/* The ringdown's amplitude continued to any f, over norm, f^(-7/6) included. */
double gws_imrphenomx_amplitude_rd(const gws_imrphenomx *x, double f);

/* Phase at f_ref that makes the wave's phase there 2 coa_phase + pi/4, A sec. VIII. */
double gws_imrphenomx_phase_ref(const gws_imrphenomx *x, const gws_binary *b);

/* Term k of Wigner's d^l_{m,n}, the factor of c^(2l+n-m-2k) s^(m-n+2k) with c and s the cosine and sine of half the angle; 0 where the
 * sum has no such term. */
double gws_imrphenomx_wigner(int l, int m, int n, int k);

/* Spin-weighted spherical harmonic of weight -2 at azimuth 0 */
double gws_imrphenomx_harmonic(int l, int m, double theta);

/* a x = b by elimination with row pivots; a (n,n) is destroyed, b becomes x. */
void gws_imrphenomx_solve(int n, double *a, double *b);

#endif
