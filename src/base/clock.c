#include "base/clock.h"

#include "base/err.h"

#include <erfa.h>
#include <erfam.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <time.h>

#define DAY_S 86400
#define GPS_DAY_0 44244                     /* modified Julian day of 1980-01-06, where GPS time begins */
#define TAI_GPS_S 19                        /* TAI - GPS, and TAI - UTC on that day */
#define LATEST_S (DAY_S * INT64_C(1000000)) /* no table reaches as far */
#define UNIX_OF_GPS 315964800               /* Unix time of GPS 0 */

int64_t gws_floor_div(int64_t a, int64_t b)
{
    GWS_ASSERT(b > 0);
    int64_t q = a / b;
    return a % b < 0 ? q - 1 : q;
}

int64_t gws_gps_now_s(void)
{
    const int64_t s = (int64_t)time(NULL) - UNIX_OF_GPS;
    return s + gws_leap_seconds(s);
}

/* Whole seconds are split off first: then no product below exceeds 1e9 * rate, whatever the date. */
int64_t gws_sample_of_ns(int64_t t_ns, int32_t rate_hz)
{
    GWS_ASSERT(rate_hz > 0);
    int64_t s = gws_floor_div(t_ns, GWS_NS), ns = t_ns - s * GWS_NS;
    return s * rate_hz + (ns * rate_hz + GWS_NS / 2) / GWS_NS;
}

int64_t gws_ns_of_sample(int64_t sample, int32_t rate_hz)
{
    GWS_ASSERT(rate_hz > 0);
    int64_t s = gws_floor_div(sample, rate_hz), k = sample - s * rate_hz;
    return s * GWS_NS + (2 * k * GWS_NS + rate_hz) / (2 * (int64_t)rate_hz);
}

double gws_s_of_ns(int64_t t_ns)
{
    int64_t s = gws_floor_div(t_ns, GWS_NS);
    return (double)s + (double)(t_ns - s * GWS_NS) / 1e9;
}

int64_t gws_ns_of_s(double t_s)
{
    double whole = floor(t_s);
    return (int64_t)whole * GWS_NS + (int64_t)nearbyint((t_s - whole) * 1e9);
}

/* Leap seconds from GPS_DAY_0 to the beginning of a day (UTC), by ERFA's table. */
static int leap_seconds_on(int64_t day)
{
    int year, month, of_month;
    double rest, tai_minus_utc_s = TAI_GPS_S;
    if (eraJd2cal(ERFA_DJM0, (double)(GPS_DAY_0 + day), &year, &month, &of_month, &rest) != 0 ||
        eraDat(year, month, of_month, 0, &tai_minus_utc_s) < 0)
        return 0;
    return (int)tai_minus_utc_s - TAI_GPS_S;
}

int gws_leap_seconds(int64_t gps_s)
{
    if (gps_s <= 0)
        return 0;
    gps_s = gps_s < LATEST_S ? gps_s : LATEST_S;
    /* The day that GPS time counts may be the next one already, hence the second look. */
    const int64_t day = gws_floor_div(gps_s - leap_seconds_on(gps_s / DAY_S), DAY_S);
    return leap_seconds_on(day);
}

/* Split a time, rounded to `digits` places, into whole seconds and the text of what follows them: "" or ".421". */
static int64_t split_time(int64_t gps_ns, int digits, char fraction[12])
{
    GWS_ASSERT(digits >= 0 && digits <= 9);
    int64_t unit = GWS_NS;
    for (int i = 0; i < digits; i++)
        unit /= 10;
    int64_t s = gws_floor_div(gps_ns, GWS_NS), units = (gps_ns - s * GWS_NS + unit / 2) / unit;
    if (units == GWS_NS / unit) {
        s++;
        units = 0;
    }
    fraction[0] = '\0';
    if (digits > 0)
        snprintf(fraction, 12, ".%0*d", digits, (int)units);
    return s;
}

void gws_gps_text(int64_t gps_ns, int digits, char out[32])
{
    char fraction[12];
    /* The text of a negative time is that of its size. */
    int64_t s = split_time(gps_ns < 0 ? -gps_ns : gps_ns, digits, fraction);
    snprintf(out, 32, "%s%" PRId64 "%s", gps_ns < 0 ? "-" : "", s, fraction);
}

void gws_utc_text(int64_t gps_ns, int digits, char out[32])
{
    char fraction[12], date[20] = "?";
    int64_t s = split_time(gps_ns, digits, fraction);
    int leap = gws_leap_seconds(s + 1) > gws_leap_seconds(s);
    time_t unix_s = (time_t)(s - leap + UNIX_OF_GPS - gws_leap_seconds(s));
    struct tm utc;
    if (gmtime_r(&unix_s, &utc)) {
        utc.tm_sec += leap;
        strftime(date, sizeof date, "%Y-%m-%d %H:%M:%S", &utc);
    }
    snprintf(out, 32, "%s%s", date, fraction);
}
