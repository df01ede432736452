#include "base/clock.h"

#include "base/err.h"

#include <math.h>

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

int64_t gws_clock_ns(const gws_clock *c, int64_t row)
{
    GWS_ASSERT(c && c->hop > 0);
    int64_t sample0 = gws_sample_of_ns(c->t0_ns, c->rate_hz);
    /* zero when t0 is on the grid, as it should be; otherwise row 0 still is exactly t0 */
    int64_t off_grid = c->t0_ns - gws_ns_of_sample(sample0, c->rate_hz);
    return gws_ns_of_sample(sample0 + row * c->hop, c->rate_hz) + off_grid;
}

double gws_clock_s(const gws_clock *c, int64_t row)
{
    return gws_s_of_ns(gws_clock_ns(c, row));
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
