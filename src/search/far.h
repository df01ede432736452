/* far.h - the false-alarm rate of a statistic, read from a measured background.
 *
 * The calibration is the list of statistics of all background triggers, descending, and the time they came from.  With n
 * triggers at or above `stat` in time T the rate is n/T.  Beyond the loudest background trigger nothing was measured
 * and the answer is "no value" (null), never an extrapolation; below the lowest one that was kept it is no value either.
 */
#ifndef GWS_SEARCH_FAR_H
#define GWS_SEARCH_FAR_H

#include <stdint.h>

#define GWS_MONTH_S 2592000.0 /* 30 days */

typedef struct gws_far {
    float *stat; /* (n) descending, owned by the caller */
    int64_t n;
    double livetime_s;
} gws_far;

/* False alarms per 30 days at or above stat, or NaN where the calibration has no answer. */
double gws_far_per_month(const gws_far *f, double stat);

/* Statistic above which the rate is at most far_per_month: smallest threshold x such that triggers with stat > x come at most
 * that often; NaN when the livetime cannot resolve it. */
double gws_far_threshold(const gws_far *f, double far_per_month);

#endif
