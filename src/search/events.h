/* events.h - what a search found, as a list: the data sets time, stat and var that MLGWSC-1 asks of a search.
 *
 * On the line: search --> events file --> evaluation (volume.h, found.h).  Every verb that finds something writes its file through here, and
 * every reader of such files reads them here.
 *
 * Kinds of event.  Each search has a struct of its own, because each knows something else of what it found; all of them end as a
 * row of this list.
 *
 *   gws_trigger          (search/trigger.h) what the network found: a time and a statistic of all its detectors together
 *   gws_single           (matched/singles.h) a template in one detector: no event yet, part of a coincidence
 *   gws_coincidence      (matched/coincidence.h) an event of matched filters: singles of one template in several detectors
 *   gws_joint_event      (matched/joint.h) an event of the coherent sum: a step at which all detectors together were loud
 *   gws_events           any of these that are events, without what only one search knows
 *   gws_background       (search/background.h) what time slides found, which are false alarms by their making
 */
#ifndef GWS_SEARCH_EVENTS_H
#define GWS_SEARCH_EVENTS_H

#include "base/err.h"
#include "base/hdf5.h"

#include <stdint.h>

/* A noun: transparent, owned by the caller; zero is the empty list. */
typedef struct gws_events {
    double *time_s; /* (n) GPS, any order */
    double *stat;   /* (n) larger is more signal-like */
    double *var_s;  /* (n) half-window */
    int64_t n, room;
} gws_events;

/* Add one event.  returns  ENOMEM, and the list is as it was */
gws_status gws_events_add(gws_events *e, double time_s, double stat, double var_s);

/* Read event files one after the other into one list.  Missing or unequal data sets and a NaN are refused in a sentence that names
 * the file; no event at all is fine.
 *   out   zero on failure; free with gws_events_clear */
gws_status gws_events_load(const char *const *paths, int n, gws_events *out, gws_err *err);

/* Write /time, /stat and /var. */
gws_status gws_events_write(gws_h5 *f, const gws_events *e, gws_err *err);
void gws_events_clear(gws_events *e);

#endif
