/* contaminate.h - makes what real detectors add to stationary noise: mains lines, a drifting noise level and gaps.  gws_contaminate
 * does all of it for one detector, with glitches (glitch.h) and continuous waves (continuous.h).
 *
 * Everything is a pure function of (parameters, seed, detector, absolute sample).  Formulas: docs/math/glitches.md.
 */
#ifndef GWS_SIM_CONTAMINATE_H
#define GWS_SIM_CONTAMINATE_H

#include "base/err.h"
#include "base/rng.h"
#include "dsp/psd.h"
#include "gw/continuous.h"
#include "sim/glitch.h"
#include "sim/noise.h"

#include <stdint.h>

/* ---- slow random modulation ---- */

/* A smooth Gaussian process: mean 0, variance 1 at every time, continuous slope, numbers further apart than two knots independent.
 * Between knots j and j+1, normal numbers g: cos(a) g_j + sin(a) g_{j+1}, a = (pi/2) (3 u^2 - 2 u^3). */
typedef struct gws_smooth {
    gws_rng rng;
    int64_t every; /* samples from one knot to the next, > 0 */
    int64_t knot;  /* whose numbers are at hand when have != 0 */
    int have;
    double g[2];
} gws_smooth;

gws_smooth gws_smooth_init(uint64_t seed, const char *name, int64_t every);
double gws_smooth_at(gws_smooth *s, int64_t sample);

/* ---- drifting noise level ---- */

/* Noise n becomes g (n + (l - 1) n_low), with ln g = depth u(t), ln l = depth v(t), u and v smooth processes with knots every
 * time_s.  n_low is the same noise, sample for sample, below W(f): 1 up to 30 Hz, falling as a half cosine in ln f to 0 at 60 Hz.
 * While u and v change slowly against a spectrum's length the PSD is
 *     S(f, t) = S(f) g(t)^2 (1 + (l(t) - 1) W(f))^2:
 * its median over time is S(f), and its mean S(f) exp(2 depth^2) above 60 Hz, S(f) exp(4 depth^2) below 30 Hz. */
typedef struct gws_drift gws_drift;

/* The first five arguments are those of gws_noise_create of the noise to be changed.
 *   ifo      names the modulation's stream
 *   depth    0..2;  time_s   from 1 s */
gws_drift *gws_drift_create(const gws_psd *psd, int rate_hz, double filter_s, uint64_t seed, uint64_t stream, const char *ifo,
                            double depth, double time_s, gws_err *err);

/* noise (n) in and out: samples [begin, begin + n) of that noise. */
void gws_drift_apply(gws_drift *d, int64_t begin, int64_t n, double *noise);
void gws_drift_destroy(gws_drift *d);

/* ---- one detector ---- */

typedef struct gws_contaminate_params {
    gws_glitch_params glitch;
    double line_snr;             /* of the mains' fundamental in one second of data; its harmonic m has 1/m of it; 0: no lines */
    double gaps_per_hour, gap_s; /* Poisson starts; lengths exponential with this mean, cut at ten means */
    const gws_pulsar *pulsars;   /* (n_pulsars), read in create only */
    int n_pulsars;
} gws_contaminate_params;

/* gws_glitch_defaults, no lines, no gaps (of 10 s), no pulsars. */
gws_contaminate_params gws_contaminate_defaults(void);

typedef struct gws_contaminate gws_contaminate;

/* Mains lines: 60 Hz (V1, G1 and ET: 50 Hz) and its harmonics up to the eighth, below 0.95 Nyquist.  The phase wanders as the mains
 * do (0.5 rad of the fundamental, knots of 16 s), the amplitude by 20 % (knots of 30 s), and two pairs of sidebands within 3 Hz stand
 * beside each.
 *   psd   copied; lines and glitches are measured in it
 */
gws_contaminate *gws_contaminate_create(const gws_contaminate_params *params, const char *ifo, int rate_hz, const gws_psd *psd,
                                        uint64_t seed, gws_err *err);

/* Add to samples [begin, begin + n) of strain; gaps become NaN.  NaN stays NaN.  One object from one thread at a time. */
void gws_contaminate_add(gws_contaminate *c, int64_t begin, int64_t n, double *h);
void gws_contaminate_destroy(gws_contaminate *c);

/* ---- the truth ---- */

/* Table of the glitches that stretches of strain hold. */
typedef struct gws_truth gws_truth;

gws_truth *gws_truth_create(gws_err *err);

/* Note the glitches whose time lies in samples [begin, begin + n) and not in a gap of them.
 *   h   (n) in  the finished strain */
gws_status gws_truth_add(gws_truth *t, const gws_contaminate *c, int64_t begin, int64_t n, const double *h, gws_err *err);
int64_t gws_truth_count(const gws_truth *t);

/* Write the group /glitches with one entry a glitch, by detector and then by time: time (GPS s), ifo and family (strings), snr, f
 * (Hz) and duration (s).  gws_glitch says what f and duration mean for each family. */
gws_status gws_truth_save(const gws_truth *t, const char *path, const char *command, uint64_t seed, gws_err *err);
void gws_truth_destroy(gws_truth *t);

#endif
