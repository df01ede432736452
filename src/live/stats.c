#include "live/stats.h"

#include <math.h>

#define FIRST_S 1e-4
#define STEP 1.25

const char *gws_live_gap_name(gws_live_gap why)
{
    static const char *const names[GWS_LIVE_GAPS] = {"none",       "missing",    "truncated",     "corrupt",   "vanished",
                                                     "no-channel", "rate",       "not-observing", "injection", "category-1",
                                                     "glitch",     "not-finite", "repeated"};

    return why >= 0 && why < GWS_LIVE_GAPS ? names[why] : "unknown";
}

double gws_live_bound_s(int bucket)
{
    double bound_s = FIRST_S;

    if (bucket >= GWS_LIVE_BUCKETS - 1)
        return (double)INFINITY;
    for (int i = 0; i < bucket; i++)
        bound_s *= STEP;
    return bound_s;
}

void gws_live_times_add(gws_live_times *t, double s)
{
    int bucket = 0;

    for (double bound_s = FIRST_S; bucket < GWS_LIVE_BUCKETS - 1 && s > bound_s; bound_s *= STEP)
        bucket++;
    t->count[bucket]++;
    t->n++;
    t->sum_s += s;
    if (s > t->most_s)
        t->most_s = s;
}

double gws_live_times_quantile(const gws_live_times *t, double q)
{
    int64_t below = 0;

    if (t->n == 0)
        return (double)NAN;
    for (int i = 0; i < GWS_LIVE_BUCKETS; i++) {
        below += t->count[i];
        if ((double)below >= q * (double)t->n)
            return fmin(gws_live_bound_s(i), t->most_s);
    }
    return t->most_s;
}
