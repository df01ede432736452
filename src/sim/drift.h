/* drift.h - makes a noise level drift, by a smooth random process.
 *
 * Everything is a pure function of (parameters, seed, detector, absolute sample).  Formulas: docs/math/glitches.md.
 */
#ifndef GWS_SIM_DRIFT_H
#define GWS_SIM_DRIFT_H

#include "base/err.h"
#include "base/rng.h"
#include "dsp/psd.h"
#include "sim/noise.h"

#include <stdint.h>

/* A smooth Gaussian process.  It has mean 0 and variance 1 at every time and a continuous slope; numbers further apart than two
 * knots are independent. Between knots j and j+1, normal numbers g: cos(a) g_j + sin(a) g_{j+1}, a = (pi/2) (3 u^2 - 2 u^3). */
typedef struct gws_smooth {
    gws_rng rng;
    int64_t every; /* samples from one knot to the next, > 0 */
    int64_t knot;  /* whose numbers are at hand when have != 0 */
    int have;
    double g[2];
} gws_smooth;

gws_smooth gws_smooth_init(uint64_t seed, const char *name, int64_t every);
double gws_smooth_at(gws_smooth *s, int64_t sample);

/* Noise n becomes g (n + (l - 1) n_low), with ln g = depth u(t), ln l = depth v(t), u and v smooth processes with knots every
 * time_s.  n_low is the same noise, sample for sample, below W(f): 1 up to 30 Hz, falling as a half cosine in ln f to 0 at 60 Hz.
 * While u and v change slowly against a spectrum's length the PSD is
 *     S(f, t) = S(f) g(t)^2 (1 + (l(t) - 1) W(f))^2:
 * its median over time is S(f), and its mean S(f) exp(2 depth^2) above 60 Hz, S(f) exp(4 depth^2) below 30 Hz. */
typedef struct gws_drift gws_drift;

typedef struct gws_drift_params {
    int rate_hz; /* this and the next three, with the curve, are those of gws_noise_create of the noise to be changed */
    double filter_s;
    uint64_t seed, stream;
    const char *ifo; /* names the stream of the modulation */
    double depth;    /* 0..2 */
    double time_s;   /* from 1 s */
} gws_drift_params;

gws_drift *gws_drift_create(const gws_psd *psd, const gws_drift_params *params, gws_err *err);

/* noise (n) in and out: samples [begin, begin + n) of that noise. */
void gws_drift_apply(gws_drift *d, int64_t begin, int64_t n, double *noise);
void gws_drift_destroy(gws_drift *d);

#endif
