/* law.h - the laws of sources, noise curves and bursts that are given by a few numbers.
 *
 * Training draws its world from here, and simulate.h the choice of sources that an SNR limits.  A population (population.h) is the other
 * way to say what sources there are: a file in PyCBC's words, drawn in PyCBC's order.  Both have uniform masses, directions and
 * orientations.
 *
 * Each function draws its numbers from rng in the order in which its comment names them, always as many.  The order and the arithmetic
 * are part of every trained model.
 */
#ifndef GWS_SIM_LAW_H
#define GWS_SIM_LAW_H

#include "base/err.h"
#include "base/ifo.h"
#include "base/rng.h"
#include "dsp/psd.h"
#include "gw/antenna.h"
#include "gw/series.h"

#include <stdint.h>

/* Which places and orientations a sample of sources shows. */
typedef enum gws_seeing {
    GWS_SEEING_ALL, /* all alike */
    GWS_SEEING_LOUD /* as a sample that is limited by network SNR shows them: those that are seen further are more */
} gws_seeing;

typedef struct gws_source_law {
    double mass_min_msun, mass_max_msun; /* of both, uniform */
    double spin_max;                     /* along the orbit, uniform within -spin_max..spin_max */
    double precessing; /* share of the sources with spins in any direction, their magnitudes uniform up to spin_max */
    double f_lower_hz;
    gws_seeing seeing;
    const gws_site *site[GWS_MAX_IFO]; /* (n_sites) the network that sees */
    int n_sites;
} gws_source_law;

/* Draw a source at 1000 Mpc: both masses, both spins; with `precessing` whether, and then magnitude, height and azimuth of each spin; phase; then time within a sidereal day, right ascension, sine of the
 * declination, polarisation, cosine of the inclination, and for GWS_SEEING_LOUD whether it is seen, these again until it is.
 *   share   out  which part of such draws is kept, in proportion; 1 for GWS_SEEING_ALL; may be NULL */
gws_source gws_source_law_draw(const gws_source_law *law, gws_rng *rng, double *share);

/* Is a source in a sample that network SNR limits?  One draw.
 *   cos_incl   cosine of the source's inclination */
int gws_source_is_seen(const gws_site *const *site, int n_sites, const gws_source *s, double cos_incl, gws_rng *rng);

/* Network SNR rho of sources between two ends: density rho^-power, of which sources uniform in volume have 4.
 *   part   0..1, the share of sources below
 * Glitches have a law of the same form with an arithmetic of its own (glitch.h): the last bit differs, and published tables hold it. */
double gws_snr_law(double lowest, double highest, double power, double part);

/* Curves of noise about a design. */
typedef struct gws_curve_family {
    gws_psd design;
    double *log_f; /* (design.n) log(f/100 Hz) of its bins, constant below hold_hz */
    double spread; /* 0: the design alone */
} gws_curve_family;

/* Take over a design; it is cleared by gws_curve_family_clear, also after a failure.
 *   hold_hz   below it the members rise no further */
gws_status gws_curve_family_init(gws_curve_family *out, gws_psd *design, double hold_hz, double spread, gws_err *err);
void gws_curve_family_clear(gws_curve_family *f);

/* One member: the design times 1 + spread (wall/f)^p and (f/100 Hz)^(spread a).  Drawn: wall, uniform in the logarithm within 10..60 Hz;
 * p, 4..10; a, -0.7..0.7; with others which of them.
 *   others  (n_others) curves that stand in the design's place, on its grid; 0 of them: the design
 *   out   (design.n) out, at the design's frequencies */
void gws_curve_family_draw(const gws_curve_family *f, const gws_psd *others, int n_others, gws_rng *rng, double *out);

/* A burst A exp(-(t/tau)^2) cos(2 pi f t + phase) in whitened strain, tau = Q/(sqrt 2 pi f).  A short one of low Q is a blip. */
typedef struct gws_whitened_burst {
    double f_hz, snr, q, phase_rad;
} gws_whitened_burst;

/* Drawn: f from 30 Hz to the lesser of 600 Hz and 0.4 of the rate, SNR 5..60, both uniform in the logarithm; Q 2..20; phase. */
gws_whitened_burst gws_whitened_burst_draw(double rate_hz, gws_rng *rng);

/* Add it to n samples.
 *   centre   sample of its middle; need not be whole, and may lie outside
 *   w        (n) in/out, sample i at w[i * stride] */
void gws_whitened_burst_add(const gws_whitened_burst *b, double rate_hz, double centre, int64_t n, float *w, int stride);

#endif
