/* clock.h - time as a counter.
 *
 * A sampling interval such as 1/2048 s is not a whole number of nanoseconds, so
 * summing periods drifts.  Every stage therefore counts rows from an origin and
 * converts once, on output.  All times are GPS (seconds since 1980-01-06 UTC).
 *
 * "Absolute sample" means the index counted from GPS 0 at the given rate: blocks
 * are cut on it, so no result depends on where a file or a chunk begins.
 */
#ifndef GWS_BASE_CLOCK_H
#define GWS_BASE_CLOCK_H

#include <stdint.h>

#define GWS_NS INT64_C(1000000000)

/* Absolute index of the base sample nearest to a time: round(t * rate). */
int64_t gws_sample_of_ns(int64_t t_ns, int32_t rate_hz);

/* Time of an absolute base sample, rounded to the nearest nanosecond. */
int64_t gws_ns_of_sample(int64_t sample, int32_t rate_hz);

/* Convert between nanoseconds and GPS seconds in one double, the form that tables use; the way back rounds to the nearest ns.
 * A time that came out of a double goes back into the same double.  Both hold within 9e9 s of GPS 0. */
double gws_s_of_ns(int64_t t_ns);
int64_t gws_ns_of_s(double t_s);

/* GPS minus UTC in the second that begins at GPS gps_s: the number of leap seconds since 1980.  A leap second itself still counts
 * as before it. */
int gws_leap_seconds(int64_t gps_s);

/* The machine's clock as GPS time, as good as that clock is. */
int64_t gws_gps_now_s(void);

/* A time as text: "1126259462.421" and "2015-09-14 09:50:45.421".  Both round to the nearest of `digits` places (0..9), so that the two of
 * one line name the same instant.  The last second of 2016 is 23:59:60. */
void gws_gps_text(int64_t gps_ns, int digits, char out[32]);
void gws_utc_text(int64_t gps_ns, int digits, char out[32]);

/* Quotient rounded towards minus infinity, b > 0: block numbers of negative indices come out right. */
int64_t gws_floor_div(int64_t a, int64_t b);

#endif
