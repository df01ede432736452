/* burst.h - short signals that are no binary's inspiral: sine-Gaussians and the ringdown of a black hole, plus and cross.
 *
 * Arguments, phases, lengths and tapers are LALSimulation's (XLALSimBurstSineGaussian, XLALSimBlackHoleRingdown).
 */
#ifndef GWS_GW_BURST_H
#define GWS_GW_BURST_H

#include "base/err.h"

#include <complex.h>
#include <stdint.h>

/* A time series of both polarisations; t = 0 at sample `zero`.  gws_burst_clear frees it. */
typedef struct gws_burst {
    double rate_hz;
    int64_t n, zero;
    double *hplus, *hcross; /* (n), strain */
} gws_burst;

/* exp(-t^2 / 2 s^2) cos(2 pi f t - phase) and the sine of the same, s = q / 2 pi f. */
typedef struct gws_sine_gaussian {
    double q, frequency_hz;
    double hrss;         /* root of the integral of plus^2 + cross^2 before the taper, 1/sqrt(Hz): Riles, LIGO-T040055 eq. 7 */
    double eccentricity; /* of the ellipse of polarisation: 0 circular, 1 all plus */
    double phase_rad;    /* 0: plus goes as the cosine */
} gws_sine_gaussian;

/* 21 widths of the Gaussian, an odd number of samples, t = 0 in the middle; a Tukey window of 1/2 tapers the ends.
 * returns  GWS_EARG for q, frequency, hrss or rate that are not positive, a frequency at or above half of the rate, an
 *          eccentricity outside 0..1, more than 2^26 samples */
gws_status gws_burst_sine_gaussian(const gws_sine_gaussian *s, double rate_hz, gws_burst *out, gws_err *err);

/* One quasi-normal mode (l, m) of Kerr, no overtone. */
typedef struct gws_ringdown {
    double mass_msun, spin; /* of the remnant, detector frame; spin 0..0.999 */
    double mass_loss;       /* share of the mass that the mode radiates, 0..1 */
    double distance_mpc;
    double incl_rad;  /* line of sight against the spin */
    double phase_rad; /* azimuth */
    int l, m;         /* l 2..6; m < 0 turns against the spin */
} gws_ringdown;

/* Begins at its loudest at t = 0, sample 0, and ends where it has fallen by 2^-52.
 *
 * Frequency, damping and the spheroidal harmonics are Leaver's (Proc. R. Soc. Lond. A 402, 285, 1985: eqs. 18-21, 25-27), solved
 * to 1e-12.  LALSimulation solves the same equations to 1e-7, which is how far its frequencies are; it ends the harmonics'
 * series at terms of 1e-2, which leaves amplitudes some 1e-3 apart; it takes a spin below 0.02 for none; and from l = 4 on it
 * lands on another mode where |m| is well below l.
 * A hole with its spin towards the other side is this one seen from pi - incl: a negative spin is refused.
 * returns  GWS_EARG for what is not in the ranges above, or more than 2^26 samples
 * Cost: some ms for the mode. */
gws_status gws_burst_ringdown(const gws_ringdown *r, double rate_hz, gws_burst *out, gws_err *err);

/* Quasi-normal mode of a hole of unit mass (G = c = 1): omega with h ~ exp(-i omega t), its imaginary part negative.
 *   spin, l, m  as above
 *   separation  out, Leaver's constant A for s = -2; may be NULL
 * returns  GWS_EARG out of range, GWS_ENUM when Newton's method does not settle */
gws_status gws_quasinormal_mode(double spin, int l, int m, double complex *omega, double complex *separation, gws_err *err);

/* The discrete Fourier transform of a burst, times 1/rate: strain/Hz at k*delta_f, k = 0..n-1, t = 0 at the first sample of the
 * cyclic series of 2 (n - 1) samples; what is longer than the cycle is folded into it, which is exact at these frequencies.
 *   b->rate_hz  must be 2 (n - 1) delta_f (EARG otherwise), n >= 2
 *   hp, hc      (n) out */
gws_status gws_burst_fd(const gws_burst *b, double delta_f_hz, int64_t n, double complex *hp, double complex *hc, gws_err *err);

void gws_burst_clear(gws_burst *b);

#endif
