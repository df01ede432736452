#include "search/p_astro.h"

#include "search/far.h"

#include <math.h>
#include <stddef.h>

#define ORIENTATION 2.2648 /* horizon over the radius of the volume averaged over directions and inclinations */
#define FEWEST 10          /* triggers that a slope is made of */

gws_p_astro_params gws_p_astro_defaults(void)
{
    return (gws_p_astro_params){.rate_gpc3_yr = 25, .slope = (double)NAN, .snr_min = 6};
}

/* More foreground than p knows of is a rate below: the bound turns round. */
static gws_far_bound turned(gws_far_bound rate)
{
    switch (rate) {
    case GWS_FAR_BELOW: return GWS_FAR_ABOVE;
    case GWS_FAR_ABOVE: return GWS_FAR_BELOW;
    default: return rate;
    }
}

/* The SNR at which both are taken: the trigger's, or that of the background's loudest where the trigger is louder. */
static double where(const gws_p_astro_trigger *t, double least)
{
    if (t->far.bound != GWS_FAR_BELOW || !(t->beyond > 0))
        return t->snr;
    return sqrt(fmax(t->snr * t->snr - 2 * t->beyond, least * least));
}

gws_p_astro gws_p_astro_at(const gws_p_astro_params *params, const gws_p_astro_trigger *t)
{
    gws_p_astro out = {.bound = GWS_FAR_NONE, .p = (double)NAN, .foreground_yr = (double)NAN, .background_yr = (double)NAN};
    const double far_yr = t->far.per_month * GWS_YEAR_S / GWS_MONTH_S;
    const double noise2 = 2 * t->detectors + 4;
    if (t->far.bound == GWS_FAR_NONE || !(far_yr >= 0) || !isfinite(far_yr) || !(params->slope > 0) || !isfinite(params->slope) ||
        !(params->rate_gpc3_yr >= 0) || !(t->snr >= params->snr_min) || !(t->snr * t->snr >= 2 * noise2) || !isfinite(t->snr) ||
        !(t->reach > 0) || !isfinite(t->reach))
        return out;
    const double rho = where(t, fmax(params->snr_min, sqrt(2 * noise2))), own2 = rho * rho - noise2;
    const double radius_gpc = t->reach / sqrt(own2) / ORIENTATION / 1000;
    const double volume_gpc3 = 4.0 / 3 * M_PI * radius_gpc * radius_gpc * radius_gpc;
    out.foreground_yr = 3 * params->rate_gpc3_yr * volume_gpc3 * rho / own2;
    out.background_yr = params->slope * far_yr * rho;
    if (!(out.foreground_yr + out.background_yr > 0)) /* neither: nothing to weigh */
        return out;
    out.p = out.foreground_yr / (out.foreground_yr + out.background_yr);
    out.bound = turned(t->far.bound);
    return out;
}

double gws_p_astro_tail(double sum, int64_t n)
{
    return n >= FEWEST && sum > 0 && isfinite(sum) ? (double)n / sum : (double)NAN;
}

double gws_p_astro_slope(const gws_calibration *background, int64_t n, double *sigma)
{
    if (sigma)
        *sigma = (double)NAN;
    if (n > background->n)
        n = background->n;
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += (double)background->stat[i] - (double)background->stat[n - 1];
    const double slope = gws_p_astro_tail(sum, n);
    if (sigma)
        *sigma = slope / sqrt((double)n);
    return slope;
}
