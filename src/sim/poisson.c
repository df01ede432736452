#include "sim/poisson.h"

#include "base/clock.h"
#include "base/err.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MAX_EVENTS 4096 /* of a cell: 4000 standard deviations of the largest mean, 64 */

gws_poisson gws_poisson_init(uint64_t seed, const char *name, double per_hour)
{
    GWS_ASSERT(name && strlen(name) < sizeof((gws_poisson *)0)->name && per_hour >= 0 && per_hour <= GWS_POISSON_MAX_PER_HOUR);
    gws_poisson p = {.seed = seed, .mean = per_hour * GWS_POISSON_CELL_S / 3600};
    snprintf(p.name, sizeof p.name, "%s", name);
    return p;
}

int64_t gws_poisson_cell(int64_t t_ns)
{
    return gws_floor_div(t_ns, GWS_POISSON_CELL_S * GWS_NS);
}

static gws_rng cell_rng(const gws_poisson *p, int64_t cell)
{
    return gws_rng_init(p->seed, p->name, (uint64_t)cell);
}

int gws_poisson_count(const gws_poisson *p, int64_t cell)
{
    if (!(p->mean > 0))
        return 0;
    /* Inversion of the distribution function: draw 0 */
    gws_rng rng = cell_rng(p, cell);
    double u = gws_rng_uniform_at(&rng, 0), term = exp(-p->mean), sum = term;
    int n = 0;
    while (u > sum && n < MAX_EVENTS - 1) {
        term *= p->mean / ++n;
        sum += term;
        if (term < 1e-300)
            break;
    }
    return n;
}

int64_t gws_poisson_time_ns(const gws_poisson *p, int64_t cell, int k)
{
    gws_rng rng = cell_rng(p, cell);
    return cell * GWS_POISSON_CELL_S * GWS_NS + (int64_t)(gws_rng_uniform_at(&rng, (uint64_t)k + 1) * GWS_POISSON_CELL_S * 1e9);
}

gws_rng gws_poisson_event(const gws_poisson *p, int64_t cell, int k)
{
    char name[48];
    snprintf(name, sizeof name, "event-%s", p->name);
    return gws_rng_init(p->seed, name, (uint64_t)cell * MAX_EVENTS + (uint64_t)k);
}
