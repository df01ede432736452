/* alert.h - tells the world of triggers: whole, at least once, and again where a receiver was not there.
 *
 * On the line: triggers of a search that runs --> journal on disk --> lines, webhook, topic, hook.
 *
 * Events.  Triggers no more than update_s apart are one event, which bears the identifier of its first.  The first trigger whose rate is at
 * or below the threshold is told at once ("initial"); a louder one of the same event is told as "update", a quieter one is not.  Each time
 * the strain around it is filtered (matched/followup.h), and what that finds is told as "followup".  Messages of an event are numbered:
 * EVENT-0, EVENT-1, ...  A receiver drops a message whose `id` it has seen, and of an event the highest `revision` holds.
 *
 * Journal.  A message is on the disk before anyone is told.  Each receiver is told in a thread of its own, in the messages' order but for
 * those that it refuses, and what it has taken is noted.  So a message is delivered at least once to each receiver that was named when it
 * was made: after a crash, a restart, a receiver that was away.  A trigger that is found again after a restart under the identifier that it
 * had is no new one.
 *
 * Follow-up.  It wants strain behind the time, which is not there yet when the trigger is (GWS_FOLLOWUP_BEHIND_S).  So a trigger is given at once
 * without strain, and again, under the same identifier, with it; that which made a message and has no follow-up yet then gets one, in a
 * thread of its own.  At most GWS_ALERT_JOBS wait for that thread; more are counted as failed.
 *
 * Files.  FOLDER/journal; FOLDER/ID.json with each message; FOLDER/ID-coinc.xml beside it once there is a follow-up; and
 * FOLDER/ID-strain.hdf, what was followed up (all detectors, layout of MLGWSC-1, for `gwspike followup`).  The files of an
 * event whose messages all receivers have are removed when they were written keep_days ago.
 *
 * Numbers.  Times are integer nanoseconds throughout.  A trigger whose time, statistic or rate is not finite is refused, counted and logged; one
 * without a rate is not told.  The rate is in Hz in `far`, as GraceDB has it, and what kind of bound it is stands in `far_bound`.
 *
 * Thread rule: one gws_alerts from one thread at a time; its own threads work beside it.
 */
#ifndef GWS_ALERT_ALERT_H
#define GWS_ALERT_ALERT_H

#include "alert/params.h"
#include "base/err.h"

#include <stdint.h>

#define GWS_ALERT_JOBS 16

typedef struct gws_alerts gws_alerts;

/* "lines", "webhook", "topic", "hook" */
extern const char *const gws_alert_sink_names[GWS_SINKS];

gws_alerts_params gws_alerts_defaults(void);

/* Open the journal, and go on telling what is not told yet.
 * EIO: another process has the folder, or the system refuses; EFORMAT: the journal is none; EARG: an address that is not https;
 * EVERSION: a receiver that this build does not have.  Damaged lines of the journal are passed over: that is logged, and the file as it was
 * stays as journal.damaged. */
gws_alerts *gws_alerts_open(const gws_alerts_params *params, gws_err *err);

/* Take a trigger.  On return the message is on the disk.
 *   told  out, may be NULL: not 0 when it made a message
 * ENUM: not finite; EARG: the identifier; EIO: the journal cannot be written, the trigger is not taken and may be given again. */
gws_status gws_alerts_trigger(gws_alerts *a, const gws_alert_trigger *t, int *told, gws_err *err);

/* A trigger that made a message and is not followed up: one whose strain was not there yet when its process ended. */
typedef struct gws_alert_unfollowed {
    char id[GWS_ALERT_ID];
    int64_t gps_ns;
    double stat;
    gws_far_rate far;
    int n;
    char ifo[GWS_MAX_IFO][4];
} gws_alert_unfollowed;

/* Which there are.  Given again with strain (gws_alerts_trigger), such a trigger gets its follow-up.
 *   i  0 for the newest
 * returns  0: there are no more */
int gws_alerts_unfollowed(gws_alerts *a, int i, gws_alert_unfollowed *out);

/* From now on.  EARG: no finite number above 0; nothing changes. */
gws_status gws_alerts_set_threshold(gws_alerts *a, double far_per_month, gws_err *err);

typedef struct gws_alerts_stats {
    int64_t triggers;  /* taken, */
    int64_t refused;   /* of them not finite, */
    int64_t quiet;     /* above the threshold or without a rate, */
    int64_t repeated;  /* known, or quieter than their event's */
    int64_t messages;  /* made since the start */
    int64_t followups; /* of them with a follow-up */
    int64_t failed;    /* follow-ups that failed */
    double followup_s; /* that the last one took; NaN: none yet */
    struct {
        int on;            /* configured */
        int64_t waiting;   /* messages that it has not taken, */
        double oldest_s;   /* for so long; 0: none */
        int64_t delivered; /* since the start */
        int64_t tries;     /* that failed since the start */
        int alarm;         /* not 0: gone for alarm_s */
    } sink[GWS_SINKS];
} gws_alerts_stats;

/* How it stands.  Raises alarms, shortens the journal when most of it is done with, and removes files that are old enough; once a second is
 * often enough. */
void gws_alerts_poll(gws_alerts *a, gws_alerts_stats *out);

/* Wait until all is told and followed up, at most so long, then end.  What is left stays in the journal.  NULL is fine.
 * returns  messages that are not delivered to all */
int64_t gws_alerts_close(gws_alerts *a, double wait_s);

#endif
