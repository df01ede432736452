#include "search/far.h"

#include "base/err.h"

#include <math.h>

/* How many of the descending list are >= stat. */
static int64_t count_at_or_above(const gws_far *f, double stat)
{
    int64_t lo = 0, hi = f->n;

    while (lo < hi) {
        int64_t mid = lo + (hi - lo) / 2;
        if ((double)f->stat[mid] >= stat)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

gws_far_rate gws_far_at(const gws_far *f, double stat)
{
    GWS_ASSERT(f && f->n >= 0 && (f->stat || f->n == 0));
    if (!(f->livetime_s > 0) || (f->n == 0 && !f->complete) || isnan(stat))
        return (gws_far_rate){GWS_FAR_NONE, (double)NAN, 0.0};
    const int64_t n = count_at_or_above(f, stat);
    gws_far_rate r = {GWS_FAR_COUNTED, (double)(n + 1) * GWS_MONTH_S / f->livetime_s, 0.0};
    if (n == 0)
        r.bound = GWS_FAR_BELOW;
    else if (stat < (double)f->stat[f->n - 1] && !f->complete)
        r.bound = GWS_FAR_ABOVE;
    return r;
}

double gws_far_threshold(const gws_far *f, double far_per_month)
{
    int64_t k;

    GWS_ASSERT(f && f->n >= 0 && (f->stat || f->n == 0));
    if (f->n == 0 || !(f->livetime_s > 0) || !(far_per_month > 0) || far_per_month * f->livetime_s / GWS_MONTH_S > 9e15)
        return (double)NAN;
    /* The allowed number of triggers; the small factor keeps a product such as 3 * (T/month) from landing just below it. */
    k = (int64_t)floor(far_per_month * f->livetime_s / GWS_MONTH_S * (1 + 1e-12));
    if (k < 1 || k >= f->n)
        return (double)NAN;
    /* Above stat[k] there are at most k; just below it there are k+1. */
    return (double)f->stat[k];
}
