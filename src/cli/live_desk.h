/* live_desk.h - what stands beside a live search while it runs: the port for health and metrics, the service manager, the terminal.
 *
 * The search itself is the caller's loop, which calls gws_desk_look each time it goes round.
 */
#ifndef GWS_CLI_LIVE_DESK_H
#define GWS_CLI_LIVE_DESK_H

#include "alert/alert.h"
#include "base/ini.h"
#include "base/service.h"
#include "live/live.h"
#include "live/metrics.h"

typedef struct gws_desk gws_desk;

typedef struct gws_desk_params {
    gws_live *live;             /* borrowed */
    const gws_service *service; /* borrowed */
    const char *listen;         /* "[ADDRESS:]PORT" for health and metrics (net/serve.h); NULL: none */
    gws_live_limits limits;     /* of what counts as well */
    int top;                    /* not 0: draw on the terminal, */
    const char *terminal;       /* whose kind is this, $TERM */
} gws_desk_params;

/* What section [http] says: the limits, and where to listen unless `listen` is there already.  ini NULL: the defaults. */
gws_status gws_desk_read(gws_ini *ini, gws_desk_params *out, gws_err *err);

/* Open the port, take the terminal, and tell the manager that the search is ready.
 * EARG, EIO, ENOMEM, EVERSION as gws_serve_create and gws_terminal_take have them. */
gws_desk *gws_desk_open(const gws_desk_params *params, gws_err *err);

/* A trigger was found.  far: its rate as text */
void gws_desk_trigger(gws_desk *d, const gws_live_trigger *t, const char *far);

/* Other limits from now on. */
void gws_desk_set_limits(gws_desk *d, const gws_live_limits *limits);

/* The search goes round its loop: feeds the watchdog, and tells how it is.
 *   alerts   NULL: nobody is told */
void gws_desk_look(gws_desk *d, const gws_alerts_stats *alerts);

/* Give all back.  NULL is fine. */
void gws_desk_close(gws_desk *d);

#endif
