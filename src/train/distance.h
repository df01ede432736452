/* distance.h - measures the sensitive distance of one search relative to another's, on the same events.
 *
 * At a false-alarm rate each search has its own threshold: the statistic of its loudest noise event after the k that the rate
 * allows in the noise's livetime.  A signal above it is found and counts with its worth (Mc^2.5, as in MLGWSC-1's volume; signals
 * uniform in volume), so
 *
 *     ratio = (sum of worth found by the one / by the other)^(1/3).
 *
 * The other search may be given a part of the noise alone, that without glitches.  What the one search loses to them then shows.
 *
 * The error is the standard deviation over resamplings of all events with Poisson weights.  Both searches get the same weights, so
 * what they share cancels.  The scatter of the thresholds is part of the error.
 */
#ifndef GWS_TRAIN_DISTANCE_H
#define GWS_TRAIN_DISTANCE_H

#include "base/err.h"

#include <stdint.h>

#define GWS_DISTANCE_RATES 4
#define GWS_DISTANCE_MEAN 3                                 /* the first so many rates are averaged */
extern const double gws_distance_rates[GWS_DISTANCE_RATES]; /* false alarms a month of 30 days: 30, 100, 300, 1000 */

typedef struct gws_distance {
    double ratio[GWS_DISTANCE_RATES], error[GWS_DISTANCE_RATES]; /* NaN where the noise is too short to resolve the rate */
    double mean, mean_error;                                     /* of the first GWS_DISTANCE_MEAN */
} gws_distance;

/* The events that both searches rank; borrowed. */
typedef struct gws_distance_events {
    int64_t n, noise;    /* all; the first so many are noise */
    const double *worth; /* (n) of a signal; that of noise is not used */
    double livetime_s;   /* of the noise */
    int64_t quiet;       /* so many of the noise, in */
    double quiet_s;      /* so much of the livetime, are what the other search is given */
} gws_distance_events;

/*   stat, bare (n)  statistics of the events in the one search and in the other
 *   resample        resamplings for the error; 0: errors are NaN
 * ENOMEM */
gws_status gws_distance_measure(const gws_distance_events *e, const float *stat, const float *bare, int resample, gws_distance *out,
                                gws_err *err);

/* The threshold of a search at a rate: the statistic of its k-th loudest noise event, k = floor(rate livetime) + 1.  NaN when there
 * are fewer events. */
double gws_distance_threshold(const float *stat, int64_t noise, double livetime_s, double per_month, gws_err *err);

#endif
