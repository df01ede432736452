#include "cli/rate.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* "9.02e+03" has two characters that say nothing. */
static void shorten_exponent(char *text)
{
    char *e = strchr(text, 'e'), *digits = e ? e + 1 : NULL;

    if (!e)
        return;
    if (*digits == '-')
        e++;
    digits += strspn(digits, "+-0");
    memmove(e + 1, digits, strlen(digits) + 1);
}

int gws_rate_is_known(gws_far_rate r)
{
    return r.bound == GWS_FAR_COUNTED || r.bound == GWS_FAR_FITTED;
}

double gws_rate_value(gws_far_rate r)
{
    return gws_rate_is_known(r) ? r.per_month : (double)NAN;
}

double gws_rate_limit(gws_far_rate r)
{
    return r.bound == GWS_FAR_BELOW || r.bound == GWS_FAR_ABOVE ? r.per_month : (double)NAN;
}

void gws_rate_text(gws_far_rate r, char out[GWS_RATE_TEXT])
{
    if (r.bound == GWS_FAR_NONE) {
        snprintf(out, GWS_RATE_TEXT, "-");
        return;
    }
    if (r.bound == GWS_FAR_FITTED) {
        char sigma[GWS_RATE_TEXT];
        snprintf(out, GWS_RATE_TEXT, "~%.2g", r.per_month);
        snprintf(sigma, sizeof sigma, "%.2g", r.sigma_per_month);
        shorten_exponent(out);
        shorten_exponent(sigma);
        snprintf(out + strlen(out), GWS_RATE_TEXT - strlen(out), "+-%s", sigma);
        return;
    }
    snprintf(out, GWS_RATE_TEXT, "%s%.3g", r.bound == GWS_FAR_BELOW ? "< " : r.bound == GWS_FAR_ABOVE ? "> " : "", r.per_month);
    shorten_exponent(out);
}

void gws_rate_put(gws_json *j, gws_far_rate r)
{
    gws_json_put_f64(j, "far_per_month", gws_rate_value(r));
    if (r.bound == GWS_FAR_FITTED) {
        gws_json_put_bool(j, "far_fitted", 1);
        gws_json_put_f64(j, "far_sigma_per_month", r.sigma_per_month);
    }
    if (r.bound == GWS_FAR_BELOW || r.bound == GWS_FAR_ABOVE) {
        gws_json_put_string(j, "far_bound", r.bound == GWS_FAR_BELOW ? "below" : "above");
        gws_json_put_f64(j, "far_per_month_limit", gws_rate_limit(r));
    }
}

void gws_livetime_text(double s, char out[GWS_RATE_TEXT])
{
    if (s < 3600)
        snprintf(out, GWS_RATE_TEXT, "%.3g s", s);
    else if (s < 3 * 86400.0)
        snprintf(out, GWS_RATE_TEXT, "%.3g h", s / 3600);
    else
        snprintf(out, GWS_RATE_TEXT, "%.3g days", s / 86400);
}

void gws_rate_note(double livetime_s, const char *of)
{
    char time[GWS_RATE_TEXT];

    gws_livetime_text(livetime_s, time);
    printf("FAR: false alarms in 30 days, (n+1)/T with n as loud in T = %s of %s; <, > beyond what that measured\n", time, of);
}
