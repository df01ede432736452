/* far.h - the false-alarm rate of a statistic, read from a measured background (model/calibration.h).
 *
 * A calibration is the list of statistics of all background triggers, descending, and the time T they came from.  A trigger as
 * loud as n of them, or quieter, is claimed to be as frequent as (n+1)/T: were it noise, it would be one more (Usman et al. 2016,
 * 1508.02357).  Beyond the list nothing is extrapolated; what is left is a bound.
 *
 *   louder than the whole list    n is 0: at most 1/T
 *   quieter than its lowest       a model keeps the triggers of its background above some statistic only; quieter ones were not
 *                                 counted.  All N that were kept are louder, so the rate is at least (N+1)/T, the rate of the
 *                                 quietest that was kept.  Where the list is complete there are no more, and the rate is (N+1)/T
 */
#ifndef GWS_SEARCH_FAR_H
#define GWS_SEARCH_FAR_H

#include "gwspike.h"
#include "model/calibration.h"

#define GWS_MONTH_S 2592000.0 /* 30 days */

/* How often noise gives a trigger as loud as this one. */
gws_far_rate gws_far_at(const gws_calibration *c, double stat);

/* Threshold that lets at most far_per_month background triggers through, as MLGWSC-1 counts: smallest x of the list such that those with
 * stat > x were at most that many, n/T without the one more that a trigger's own rate has.  NaN when the livetime cannot resolve
 * it. */
double gws_far_threshold(const gws_calibration *c, double far_per_month);

#endif
