/* optimize.h - threads, block length and batch size that suit this machine, found by measuring. */
#ifndef GWS_PERF_OPTIMIZE_H
#define GWS_PERF_OPTIMIZE_H

#include "perf/machine.h"

#include <stdint.h>

#define GWS_OPTIMIZE_POINTS 16

/* How fast the work is with each of some sizes. */
typedef struct gws_optimize_curve {
    const char *what, *unit;
    double x[GWS_OPTIMIZE_POINTS], rate[GWS_OPTIMIZE_POINTS];
    int n, chosen;
} gws_optimize_curve;

typedef struct gws_optimize_wish {
    const char *recipe;                                    /* its file */
    const char *model;                                     /* as benchmark's */
    double seconds;                                        /* that a point is measured for at least */
    int64_t most;                                          /* largest batch to try */
    int64_t cap;                                           /* bytes that the run may take */
    void (*show)(void *user, const gws_optimize_curve *c); /* called as soon as a curve is known */
    void *user;
} gws_optimize_wish;

typedef struct gws_optimized {
    gws_optimize_curve threads, batches, blocks;
    gws_machine best;
} gws_optimized;

/* Measure training with 1, 2, 4 ... threads and windows, and the network over a stream in blocks of 8 to 1024 steps, as far as they fit
 * under the cap.  Chosen is the smallest that is within some percent of the fastest.
 * ENOMEM: not even one window fits, or no block. */
gws_status gws_optimize_run(const gws_optimize_wish *wish, gws_optimized *out, gws_err *err);

#endif
