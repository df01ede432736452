/* poisson.h - events at random times, found for any stretch of time without going through what lies before it.
 *
 * A Poisson process on the whole time line: absolute cells of GWS_POISSON_CELL_S seconds (cell c is GPS [64 c, 64 c + 64)) each
 * hold a Poisson number of events at uniform times.  The events of a cell are a pure function of (seed, name, cell), so those of any
 * stretch of time are found without visiting what lies before it.
 */
#ifndef GWS_SIM_POISSON_H
#define GWS_SIM_POISSON_H

#include "base/rng.h"

#include <stdint.h>

#define GWS_POISSON_CELL_S 64
#define GWS_POISSON_MAX_PER_HOUR 3600.0

typedef struct gws_poisson {
    uint64_t seed;
    char name[40]; /* of the process: one of its own for each detector and kind */
    double mean;   /* events in a cell */
} gws_poisson;

/* name: at most 39 characters; per_hour: 0 .. GWS_POISSON_MAX_PER_HOUR */
gws_poisson gws_poisson_init(uint64_t seed, const char *name, double per_hour);

/* Cell in which a time lies. */
int64_t gws_poisson_cell(int64_t t_ns);

/* Number of events in a cell; below 4096. */
int gws_poisson_count(const gws_poisson *p, int64_t cell);

/* Time of event k of a cell, ns; not in order of time within the cell. */
int64_t gws_poisson_time_ns(const gws_poisson *p, int64_t cell, int k);

/* A sequence of random numbers that belongs to this event alone. */
gws_rng gws_poisson_event(const gws_poisson *p, int64_t cell, int k);

#endif
