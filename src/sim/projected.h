/* projected.h - a cache of signals as detectors record them; a signal is made when it is asked for.
 *
 * On the line: the number of a signal --source--> gws_source --gw/series.h, gw/project.h--> strain of each detector.  Both simulations
 * draw from it: simulate.h and mlgwsc_set.h.  A signal has the same bits whenever it is made and on any number of threads.
 */
#ifndef GWS_SIM_PROJECTED_H
#define GWS_SIM_PROJECTED_H

#include "base/err.h"
#include "base/ifo.h"
#include "base/thread.h"
#include "gw/project.h"

#include <stdint.h>

#define GWS_PROJECTED_AT_ONCE 8 /* most signals that are made side by side */

typedef struct gws_projected gws_projected;

/* Which detectors are served when a signal is made. */
typedef enum gws_projecting {
    GWS_PROJECTING_ASKED, /* the one that asks; the wave is kept for those that ask later */
    GWS_PROJECTING_ALL    /* all of them; the wave is not kept */
} gws_projecting;

typedef struct gws_projected_params {
    const gws_site *site[GWS_MAX_IFO];
    int n_ifo, rate_hz;
    const char *approximant; /* the caller's; has to outlive the cache */
    gws_conditioning how;
    gws_taper taper;
    gws_projecting which;
    int kept; /* signals at hand; more than overlap any window that is read at once, and GWS_PROJECTED_AT_ONCE or more */
    /* Give the source of a signal.  Called from the pool's threads. */
    gws_status (*source)(const void *user, int64_t number, gws_source *out, gws_err *err);
    const void *user;
} gws_projected_params;

/* params are copied.  NULL when there is no memory. */
gws_projected *gws_projected_create(const gws_projected_params *params, gws_err *err);
void gws_projected_destroy(gws_projected *c);

/* A request: a signal in absolute samples [begin, begin + n) of a detector. */
typedef struct gws_projected_ask {
    int64_t number; /* of the signal */
    int64_t end;    /* with a pool, those that follow up to this number are made too when the signal is not at hand */
    int ifo;        /* index of the detector */
    int64_t begin, n;
    gws_pool *pool; /* NULL: the caller's thread alone */
} gws_projected_ask;

/* Add the signal to strain, where it lies in the samples.
 *   h     (n) in/out
 *   err   of `source` or gws_wave_init; no memory */
gws_status gws_projected_add(gws_projected *c, const gws_projected_ask *ask, double *h, gws_err *err);

#endif
