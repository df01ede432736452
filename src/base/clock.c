#include "base/clock.h"

#include "base/err.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <time.h>

#define UNIX_OF_GPS 315964800 /* Unix time of GPS 0 */

int64_t gws_floor_div(int64_t a, int64_t b)
{
    GWS_ASSERT(b > 0);
    int64_t q = a / b;
    return a % b < 0 ? q - 1 : q;
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

int gws_leap_seconds(int64_t gps_s)
{
    /* GPS time of each leap second since 1980 (IERS Bulletin C; the table of ERFA's eraDat) */
    static const int64_t at[] = {46828800,  78364801,  109900802, 173059203,  252028804,  315187205,
                                 346723206, 393984007, 425520008, 457056009,  504489610,  551750411,
                                 599184012, 820108813, 914803214, 1025136015, 1119744016, 1167264017};
    int n = 0;
    while (n < (int)(sizeof at / sizeof at[0]) && gps_s > at[n])
        n++;
    return n;
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
