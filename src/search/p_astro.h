/* p_astro.h - the probability that a trigger is of astrophysical origin, from the densities of background and foreground.
 *
 *     p = S/(S + N)
 *
 * Both are densities in the network's signal-to-noise ratio (SNR) rho, per year.
 *
 * Background.  Its tail falls exponentially with the statistic x: the rate above x is F(x) = F0 exp(-alpha x), so the density is alpha F,
 * with F the trigger's own false-alarm rate.  alpha = 1/(mean(x | x >= x0) - x0) of the measured background (ranking.h).  The statistic of
 * the network is a log-likelihood ratio, which grows as rho^2/2; so N = alpha F dx/drho, dx/drho = rho.  Where `statistic_is_snr` says
 * that x is itself an SNR, dx/drho = 1.
 *
 * Foreground.  Sources are uniform in Euclidean volume, so the rate above rho is R V(rho), V ~ rho^-3, and S = 3 R V(rho)/rho: the rho^-4
 * tail (Schutz 2011, 1102.5421; Chen and Holz 2014, 1409.0522).  V is the volume in which a source with the masses of the trigger
 * reaches rho, averaged over directions: 4/3 pi (D/2.2648)^3, D = sqrt(sum sigma_i^2)/rho Mpc, sigma_i the SNR at 1 Mpc face on.  The whole
 * population, of rate R per Gpc^3 and year, is taken to be seen as far as this trigger's masses; redshift and selection by masses are
 * left out.
 *
 * Limits.  Where the rate is a bound, so is p: a trigger louder than all of the background has at least this p.  Below snr_min, where the
 * foreground is not what the search finds, nothing is claimed.
 */
#ifndef GWS_SEARCH_P_ASTRO_H
#define GWS_SEARCH_P_ASTRO_H

#include "base/err.h"
#include "gwspike.h"
#include "model/calibration.h"

#define GWS_YEAR_S 31557600.0 /* Julian */

typedef struct gws_p_astro_params {
    double rate_gpc3_yr;  /* R; 25, between LIGO-Virgo-KAGRA's 17.9 and 44 for black holes (2111.03634) */
    double slope;         /* alpha, per unit of the statistic; NaN: not known */
    int statistic_is_snr; /* 0 */
    double snr_min;       /* 6 */
} gws_p_astro_params;

gws_p_astro_params gws_p_astro_defaults(void);

/* What a trigger is judged by. */
typedef struct gws_p_astro_trigger {
    gws_far_rate far;
    double snr;           /* of the network */
    double sigma_at_1mpc; /* root of the sum of the squares of the detectors' */
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
