/* live_reload.h - SIGHUP: the file of a live search is read again, and what can change without a restart does.
 *
 * That is what neither the saved state nor anything that was found depends on: [live] wait_s and whole_s, [http] but for listen, [alerts]
 * far_per_month, and idq_fap_above of a detector, for frames that come from then on.  The log says which keys were taken and which want a restart.
 * A file that cannot be read, or has a value that cannot be, changes nothing.
 */
#ifndef GWS_CLI_LIVE_RELOAD_H
#define GWS_CLI_LIVE_RELOAD_H

#include "cli/live_desk.h"
#include "cli/live_tell.h"
#include "live/live.h"
#include "live/site.h"

/* All but `seen` is borrowed. */
typedef struct gws_live_reload {
    const char *config;           /* NULL: there is no file */
    int wait_given;               /* not 0: an option has wait_s */
    gws_live_site *site;          /* as the search began; its rules change */
    gws_live_source_params *from; /* which the source looks at */
    gws_live *live;
    gws_tell *tell; /* NULL: nobody is told */
    gws_desk *desk;
    gws_ini *seen; /* the file as it was read last; NULL: as the search began */
} gws_live_reload;

void gws_live_reload_now(gws_live_reload *r);
void gws_live_reload_clear(gws_live_reload *r);

#endif
