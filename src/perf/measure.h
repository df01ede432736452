/* measure.h - how long something takes, and how that grows. */
#ifndef GWS_PERF_MEASURE_H
#define GWS_PERF_MEASURE_H

#include <stdint.h>

typedef struct gws_timing {
    int runs;
    double median_s, min_s;
    double spread_s; /* between the quartiles */
} gws_timing;

/* Run fn once for the caches, then until least_s seconds have passed and it has run least_runs times (at most 1000). */
gws_timing gws_measure(void (*fn)(void *user), void *user, double least_s, int least_runs);

/* Value below which a share q of x lies, interpolated; sorts x (n). */
double gws_quantile(double *x, int n, double q);

/* Slope of log y over log x, least squares: 1 is linear growth.  NaN with fewer than two points. */
double gws_log_slope(const double *x, const double *y, int n);

#endif
