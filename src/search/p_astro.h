/* p_astro.h - the probability that a trigger is of astrophysical origin, from the densities of background and foreground.
 *
 *     p = S/(S + N)
 *
 * Both are densities in the network's signal-to-noise ratio (SNR) rho, per year.
 *
 * Background.  Its tail falls exponentially with the statistic x: the rate above x is F(x) = F0 exp(-alpha x), so the density is alpha F,
 * with F the trigger's own false-alarm rate.  alpha = 1/(mean(x | x >= x0) - x0) of the measured background (ranking.h).  The statistic of
 * the network is a log-likelihood ratio, which grows as rho^2/2; so N = alpha F dx/drho, dx/drho = rho.
 *
 * Foreground.  Sources are uniform in Euclidean volume, so the rate of those whose own SNR is above rho_0 is R V(rho_0), V ~ rho_0^-3 (Schutz
 * 2011, 1102.5421; Chen and Holz 2014, 1409.0522).  Noise adds one to rho^2 for each number that is fitted, and lifts more sources than it
 * sinks: with rho_0^2 = rho^2 - (nu + 4), nu of these, the density of what is measured is S = 3 R V(rho_0) rho/rho_0^2, to 3 % from rho = 6.5 on.
 * Counted are two for each detector, amplitude and phase; what times and template gain, mismatch loses again.  V is the volume in
 * which a source of the population has rho_0, averaged over directions and masses: 4/3 pi (D/2.2648)^3, D = reach/rho_0 Mpc, reach the
 * network's SNR at 1 Mpc, face on, of a source that is seen as far as the population on the average.  The masses of the trigger's best template
 * do not enter: S and N are densities of all signals and of all noise.  Redshift is left out.
 *
 * Limits.  Where the rate is a bound, so is p.  A trigger that is louder than all of the background has at least the p of the background's
 * loudest, and both densities are taken there, at rho^2 less twice what its statistic has beyond; S at its own rho would compare with the
 * background's end a foreground that has fallen since.  Below snr_min, where the foreground is not what the search finds, and where noise has more
 * than half of rho^2, nothing is claimed.
 */
#ifndef GWS_SEARCH_P_ASTRO_H
#define GWS_SEARCH_P_ASTRO_H

#include "base/err.h"
#include "gwspike.h"
#include "model/calibration.h"

#define GWS_YEAR_S 31557600.0 /* Julian */

typedef struct gws_p_astro_params {
    double rate_gpc3_yr; /* R; 25, between LIGO-Virgo-KAGRA's 17.9 and 44 for black holes (2111.03634) */
    double slope;        /* alpha, per unit of the statistic; NaN: not known */
    double snr_min;      /* 6 */
} gws_p_astro_params;

gws_p_astro_params gws_p_astro_defaults(void);

/* What a trigger is judged by. */
typedef struct gws_p_astro_trigger {
    gws_far_rate far;
    double beyond; /* its statistic less the background's loudest, where the rate is GWS_FAR_BELOW; NaN, below 0: as 0 */
    double snr;    /* of the network */
    double reach;  /* its SNR at 1 Mpc, face on and overhead, of the source that stands for the population */
    int detectors;
} gws_p_astro_trigger;

typedef struct gws_p_astro {
    gws_far_bound bound;  /* of p: NONE nothing is claimed, COUNTED, FITTED, ABOVE at least, BELOW at most */
    double p;             /* NaN with NONE */
    double foreground_yr; /* S and */
    double background_yr; /* N, per year and unit of SNR */
} gws_p_astro;

gws_p_astro gws_p_astro_at(const gws_p_astro_params *params, const gws_p_astro_trigger *t);

#define GWS_P_ASTRO_TAIL 200 /* loudest of the background that its slope is fitted to */

/* alpha of n statistics above the lowest of them, which together exceed it by `sum`.  NaN where there are fewer than 10, or where they
 * are all equal. */
double gws_p_astro_tail(double sum, int64_t n);

/* alpha of the loudest `n` of a background's statistics (fewer where there are fewer); *sigma, which may be NULL, its error alpha/sqrt(n).
 * NaN as gws_p_astro_tail.  Of time slides: gws_ranking_slope. */
double gws_p_astro_slope(const gws_calibration *background, int64_t n, double *sigma);

#endif
