#include "strain/grid.h"

#include <math.h>

#define MAX_RATE_HZ 1048576
#define MAX_GPS_S 4.0e9 /* year 2106: a time beyond it, either way, is a broken header */

gws_status gws_grid_place(const char *where, double start_s, double delta_s, int *rate_hz, int64_t *begin, gws_err *err)
{
    const double rate = 1 / delta_s;
    /* delta_s may be off by rounding, to which only the error in Hz matters: the nearest whole number must be meant */
    if (!(delta_s > 0) || !(rate >= 0.5 && rate <= MAX_RATE_HZ) || fabs(rate - round(rate)) > 0.01 + 1e-6 * rate)
        return gws_err_set(err, GWS_EDATA, "%s: samples %.17g s apart, which is not one over a whole number of Hz", where, delta_s);
    if (!(fabs(start_s) <= MAX_GPS_S))
        return gws_err_set(err, GWS_EFORMAT, "%s: start %.17g is not a GPS time", where, start_s);
    *rate_hz = (int)lround(rate);
    const double at = start_s * *rate_hz;
    if (fabs(at - round(at)) > 0.01)
        return gws_err_set(err, GWS_EDATA, "%s: starts at GPS %.17g, which is not on the grid of %d samples per second", where,
                           start_s, *rate_hz);
    *begin = llround(at);
    return GWS_OK;
}
