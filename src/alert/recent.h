/* recent.h - the last seconds of each detector's strain, and the triggers that wait for what comes behind them.
 *
 * A search that runs gives every stretch of strain to it as it comes, and its triggers as they are told.  A trigger's follow-up is due once
 * every detector that is there has GWS_FOLLOWUP_BEHIND_S and a little behind its time, or when late_s have passed: then it is given to the
 * alerts again, with the strain.
 *
 * Memory: 16 bytes a sample of keep_s for each detector.
 */
#ifndef GWS_ALERT_RECENT_H
#define GWS_ALERT_RECENT_H

#include "alert/alert.h"

typedef struct gws_recent gws_recent;

/*   keep_s  of strain; 64 and more are of use
 *   late_s  of the monotonic clock */
gws_recent *gws_recent_create(double keep_s, double late_s, gws_err *err);
void gws_recent_destroy(gws_recent *r); /* NULL is fine */

/* Strain of a detector in order of time; what lies between two stretches is a gap, as is what is not finite.  h NULL: all of it is a gap.
 * ENOMEM: the detector's strain so far is forgotten. */
gws_status gws_recent_push(gws_recent *r, const gws_followup_strain *s, gws_err *err);

/* A trigger that was told: everything in it is copied but the strain.  ENOMEM: it will have no follow-up. */
gws_status gws_recent_wait(gws_recent *r, const gws_alert_trigger *t, gws_err *err);

/* Give those that are due to the alerts.  all: not 0 gives all, at the end. */
void gws_recent_serve(gws_recent *r, gws_alerts *a, int all);

int gws_recent_waiting(const gws_recent *r);

#endif
