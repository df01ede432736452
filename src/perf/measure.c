#include "perf/measure.h"

#include "base/progress.h"

#include <math.h>
#include <stdlib.h>

#define RUNS_MOST 1000

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double gws_quantile(double *x, int n, double q)
{
    qsort(x, (size_t)n, sizeof *x, ascending);
    const double at = q * (n - 1);
    const int below = (int)at;
    return below + 1 < n ? x[below] + (at - below) * (x[below + 1] - x[below]) : x[n - 1];
}

gws_timing gws_measure(void (*fn)(void *user), void *user, double least_s, int least_runs)
{
    double took[RUNS_MOST];
    gws_timing t = {0};
    fn(user);
    const double begin = gws_now_s();
    double now = begin;
    while (t.runs < RUNS_MOST && (t.runs < least_runs || now - begin < least_s)) {
        const double from = now;
        fn(user);
        now = gws_now_s();
        took[t.runs++] = now - from;
    }
    t.spread_s = gws_quantile(took, t.runs, 0.75) - gws_quantile(took, t.runs, 0.25);
    t.median_s = gws_quantile(took, t.runs, 0.5);
    t.min_s = took[0];
    return t;
}

double gws_log_slope(const double *x, const double *y, int n)
{
    double sx = 0.0, sy = 0.0, sxx = 0.0, sxy = 0.0;
    for (int i = 0; i < n; i++) {
        const double u = log(x[i]), v = log(y[i]);
        sx += u;
        sy += v;
        sxx += u * u;
        sxy += u * v;
    }
    return n < 2 ? (double)NAN : (n * sxy - sx * sy) / (n * sxx - sx * sx);
}
