/* live_tell.h - section [alerts] of a site's file: who is told of the triggers of `live`, and the follow-up of what was told. */
#ifndef GWS_CLI_LIVE_TELL_H
#define GWS_CLI_LIVE_TELL_H

#include "alert/alert.h"
#include "base/ini.h"
#include "live/live.h"

/* Strain that a search has to keep for the follow-up, s (gws_live_params.keep_s). */
#define GWS_TELL_KEEP_S 128

typedef struct gws_tell gws_tell;

/* Open what [alerts] names.  returns  NULL when it names nothing (err->status GWS_OK), or on failure.  ini borrowed. */
gws_tell *gws_tell_open(gws_ini *ini, const char *ca_file, gws_err *err);

/* Tell of a trigger; when this returns GWS_OK it is on the disk.
 *   delay_s  that its search declares */
gws_status gws_tell_trigger(gws_tell *t, const gws_live_trigger *trigger, double delay_s, gws_err *err);

/* Follow up what was told and has enough strain behind it by now; to be called each second at least.
 *   last  not 0: no more strain will come */
gws_status gws_tell_look(gws_tell *t, const gws_live *l, int last, gws_alerts_stats *out, gws_err *err);

/* The threshold of [alerts] from now on; what is wrong changes nothing. */
gws_status gws_tell_reload(gws_tell *t, gws_ini *ini, gws_err *err);

/* Waits a few seconds for what is not told yet; the rest stays in the journal.  NULL is fine. */
void gws_tell_close(gws_tell *t);

#endif
