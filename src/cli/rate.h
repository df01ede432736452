/* rate.h - false-alarm rates as the verbs print them: one way for tables, figures and JSON. */
#ifndef GWS_CLI_RATE_H
#define GWS_CLI_RATE_H

#include "base/json.h"
#include "search/far.h"

enum { GWS_RATE_TEXT = 32 };

/* Not 0: a number, not a bound. */
int gws_rate_is_known(gws_far_rate r);

/* Two columns of a file of events: far_per_month, which is NaN where the rate is a bound or unknown, and far_per_month_limit, which
 * is the bound and else NaN. */
double gws_rate_value(gws_far_rate r);
double gws_rate_limit(gws_far_rate r);

/* "240", "< 20", "> 9.02e3" in 30 days, "~0.021+-0.009" from a fit, "-" without a calibration. */
void gws_rate_text(gws_far_rate r, char out[GWS_RATE_TEXT]);

/* far_per_month, null beyond what was measured; there also far_bound, "below" or "above", and far_per_month_limit.  From a
 * fit also far_fitted and far_sigma_per_month. */
void gws_rate_put(gws_json *j, gws_far_rate r);

/* "36 h", "20.5 days": a time as people say it. */
void gws_livetime_text(double s, char out[GWS_RATE_TEXT]);

/* The line below a table of rates: unit, live time of the background and rule.
 *   of  what the background is, as in "36 h of OF" */
void gws_rate_note(double livetime_s, const char *of);

#endif
