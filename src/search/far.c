#include "search/far.h"

#include "base/err.h"

#include <math.h>

/* Count the entries of the descending list that are >= stat. */
static int64_t count_at_or_above(const gws_calibration *c, double stat)
{
    int64_t lo = 0, hi = c->n;

    while (lo < hi) {
        int64_t mid = lo + (hi - lo) / 2;
        if ((double)c->stat[mid] >= stat)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

gws_far_rate gws_far_at(const gws_calibration *c, double stat)
{
    GWS_ASSERT(c && c->n >= 0 && (c->stat || c->n == 0));
    if (!(c->livetime_s > 0) || (c->n == 0 && !c->complete) || isnan(stat))
        return (gws_far_rate){GWS_FAR_NONE, (double)NAN, 0.0};
    const int64_t n = count_at_or_above(c, stat);
    gws_far_rate r = {GWS_FAR_COUNTED, (double)(n + 1) * GWS_MONTH_S / c->livetime_s, 0.0};
    if (n == 0)
        r.bound = GWS_FAR_BELOW;
    else if (stat < (double)c->stat[c->n - 1] && !c->complete)
        r.bound = GWS_FAR_ABOVE;
    return r;
}

double gws_far_threshold(const gws_calibration *c, double far_per_month)
{
    int64_t k;

    GWS_ASSERT(c && c->n >= 0 && (c->stat || c->n == 0));
    if (c->n == 0 || !(c->livetime_s > 0) || !(far_per_month > 0) || far_per_month * c->livetime_s / GWS_MONTH_S > 9e15)
        return (double)NAN;
    /* The allowed number of triggers; the small factor keeps a product such as 3 * (T/month) from landing just below it. */
    k = (int64_t)floor(far_per_month * c->livetime_s / GWS_MONTH_S * (1 + 1e-12));
    if (k < 1 || k >= c->n)
        return (double)NAN;
    /* Above stat[k] there are at most k; just below it there are k+1. */
    return (double)c->stat[k];
}
