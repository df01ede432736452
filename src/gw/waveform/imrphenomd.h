/* imrphenomd.h - private to gw/: IMRPhenomD: inspiral, merger and ringdown of two black holes with spins along the orbital
 * momentum.
 *
 * Khan et al. 2016 (arXiv:1508.07253, below K) for amplitude and phase, Husa et al. 2016 (arXiv:1508.07250, below H) for the remnant.
 * Conventions (phase at f_ref, time of the peak, constants) are LALSimulation's.
 */
#ifndef GWS_GW_WAVEFORM_IMRPHENOMD_H
#define GWS_GW_WAVEFORM_IMRPHENOMD_H

#include "base/err.h"
#include "gw/waveform/binary.h"
#include "gw/waveform/family.h"

#include <complex.h>
#include <stdint.h>

/* The frequency at which the model ends, M f = 0.2. */
double gws_imrphenomd_end_hz(const gws_binary *b);

/* Arguments as in gws_waveform_fd; masses, spins and frequencies are checked there.
 * Cost: some 40 ns a bin between f_lower and M f = 0.2. */
gws_status gws_imrphenomd_fd(const gws_binary *b, const gws_fd_bins *bins, double complex *hp, double complex *hc, gws_err *err);

/* The model itself, for families that are built upon it. */

#define GWS_IMRPHENOMD_END 0.2 /* M f at which the model ends */

/* Everything that does not depend on the frequency; frequencies are M f throughout. */
typedef struct gws_imrphenomd {
    double m_s; /* total mass in seconds */
    double eta, inv_eta;
    double f_ring, f_damp;
    double amp_ins[10];              /* factors of (M f)^(k/3) */
    double amp_int[5], f_int, w_int; /* polynomial in (M f - f_int)/w_int */
    double gamma1, gamma2, gamma3d;  /* gamma3d = gamma3 f_damp */
    double f_peak;
    double phase_ins[13];          /* factors of (M f)^((k-5)/3) */
    double phase_log5, phase_log6; /* of log(M f) and (M f)^(1/3) log(M f) */
    double alpha[5], beta[3];
    double c1_int, c2_int, c1_mrd, c2_mrd, f_mrd;
} gws_imrphenomd;

/* Spin of the remnant over its mass squared (H eq. 3.6); body 1 is the heavier, eta <= 1/4. */
double gws_imrphenomd_spin(double eta, double chi1, double chi2);

double gws_imrphenomd_eta(double m1_msun, double m2_msun);

/* Body 1 is the heavier; spin, -1..1, is the remnant's. */
void gws_imrphenomd_init(gws_imrphenomd *m, double m1_msun, double m2_msun, double chi1, double chi2, double spin);

/* At ascending frequencies f (n), M f, below GWS_IMRPHENOMD_END; u (n) their cube roots, log_f (n) their logarithms.
 *   amp    (n)  out  amplitude over the factors of K eq. 17 that do not depend on f: (M f)^(-7/6) times a correction to it
 *   phase  (n)  out  phi of exp(-i phi), with neither time nor phase of coalescence taken out
 * A value does not depend on where the frequencies are cut. */
void gws_imrphenomd_amplitude(const gws_imrphenomd *m, int64_t n, const double *f, const double *u, double *amp);
void gws_imrphenomd_phase(const gws_imrphenomd *m, int64_t n, const double *f, const double *u, const double *log_f, double *phase);

/* How long the signal lasts from f_hz on, s, by the phase's slope: XLALSimIMRPhenomDChirpTime of lalsimulation 6.2.  It takes the slope at
 * f_peak/M^2 instead of M f_peak for the end's (a peak in Hz divided by the mass in seconds), some 10 M late; PyCBC's lengths of
 * time series hang on it, so it is kept.  Masses and the spins' z components count; negative when f_hz lies beyond the end. */
gws_status gws_imrphenomd_chirp_time_s(const gws_binary *b, double f_hz, double *out_s, gws_err *err);

#endif
