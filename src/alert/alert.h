/* alert.h - tells the world of triggers: whole, at least once, and again where a receiver was not there.
 *
 * On the line: triggers of a search that runs --> journal on disk --> lines, webhook, topic, hook.
 *
 * Events.  Triggers no more than update_s apart are one event, which bears the identifier of its first.  The first trigger whose rate is at
 * or below the threshold is told at once ("initial"); a louder one of the same event is told as "update", a quieter one is not.  Each time
 * the strain around it is filtered (matched/followup.h), and what that finds is told as "followup".  Messages of an event are numbered:
 * EVENT-0, EVENT-1, ...  A receiver drops a message whose `id` it has seen, and of an event the highest `revision` holds.
 *
 * Journal.  A message is on the disk before anyone is told.  Each receiver takes the messages in their order, in a thread of its own, and what it
 * has taken is noted.  So a message is delivered at least once to each receiver that was named when it was made: after a crash, a receiver that
 * was away, a restart.  A trigger that is found again after a restart under the identifier that it had is no new one.
 *
 * Follow-up.  It wants strain behind the time, which is not there yet when the trigger is (GWS_FOLLOWUP_BEHIND_S).  So a trigger is given at once
 * without strain, and again, under the same identifier, with it; that which made a message and has no follow-up yet then gets one, in a
 * thread of its own.
 *
 * Files.  FOLDER/journal; FOLDER/ID.json with each message; FOLDER/ID-coinc.xml beside it once there is a follow-up; and
 * FOLDER/ID-strain.hdf, what was followed up (all detectors, layout of MLGWSC-1, for `gwspike followup`).  No file is removed.
 *
 * Numbers.  Times are integer nanoseconds throughout.  A trigger whose time, statistic or rate is not finite is refused, counted and logged; one
 * without a rate is not told.  The rate is in Hz in `far`, as GraceDB has it, and what kind of bound it is stands in `far_bound`.
 *
 * Thread rule: one gws_alerts from one thread at a time; its own threads work beside it.
 */
#ifndef GWS_ALERT_ALERT_H
#define GWS_ALERT_ALERT_H

#include "base/err.h"
#include "base/ifo.h"
#include "matched/followup.h"
#include "search/p_astro.h"

#include <stdint.h>

#define GWS_ALERT_ID 64 /* bytes of an identifier with its NUL: A-Z a-z 0-9 . _ - */

typedef struct gws_alerts gws_alerts;

/* Who is told.  A path or an address that is NULL is nobody. */
typedef enum gws_alert_sink { GWS_SINK_LINES, GWS_SINK_WEBHOOK, GWS_SINK_TOPIC, GWS_SINK_HOOK, GWS_SINKS } gws_alert_sink;

/* "lines", "webhook", "topic", "hook" */
extern const char *const gws_alert_sink_names[GWS_SINKS];

/* Strings are copied. */
typedef struct gws_alerts_params {
    const char *folder;   /* of the journal and of what is written; made when it is not there, locked while it is open */
    double far_per_month; /* told are triggers at or below this rate; 1 */
    double update_s;      /* 1 */
    int lines_fd;         /* JSON lines, one a message; borrowed; -1: none */
    const char *webhook;  /* https address that each message is posted to */
    const char *ca_file;  /* certificates to trust for it; NULL: the system's */
    const char *token;    /* bearer token for it; NULL: none */
    const char *brokers;  /* of the topic: "host:port,host:port" */
    const char *topic;    /* name of it */
    const char *hook;     /* program that is run with the message's files as its arguments, the JSON first */
    double hook_s;        /* it is ended after so long; 60 */
    double wait_s;        /* before the second try; doubles, at most wait_most_s; 1 */
    double wait_most_s;   /* 60 */
    double alarm_s;       /* a receiver that takes nothing for so long while there is something is logged as an error; 300 */
    const char *group;    /* "CBC" */
    const char *search;   /* "AllSky" */
    const char *pipeline; /* "gwspike" */
    const char *model;    /* file's name and SHA-256 */
    const char *model_hash;
    int follow_up; /* not 0: triggers that come with strain are followed up; 1 */
    gws_followup_params followup;
    gws_p_astro_params p_astro; /* slope NaN: the probability is not claimed */
} gws_alerts_params;

gws_alerts_params gws_alerts_defaults(void);

/* A trigger.  All is copied. */
typedef struct gws_alert_trigger {
    const char *id;  /* the same trigger found again has the same */
    int64_t gps_ns;  /* merger at the Earth's centre, */
    double window_s; /* within so much */
    double stat;
    gws_far_rate far;
    double delay_s; /* that the search declares, from the last sample it needs to its answer */
    int n;          /* detectors that gave the statistic and the rate */
    char ifo[GWS_MAX_IFO][4];
    const char *channel[GWS_MAX_IFO];  /* NULL: not known */
    int64_t quality[GWS_MAX_IFO];      /* bits of the second that holds the time; -1: not known */
    const gws_followup_strain *strain; /* (n_strain) around the time, for the follow-up; NULL: none */
    int n_strain;                      /* detectors; more than gave the statistic may be used for the sky */
} gws_alert_trigger;

/* Open the journal, and go on telling what is not told yet.
 * EIO: another process has the folder, or the system refuses; EFORMAT: the journal is none.  A journal whose end is damaged is cut there,
 * and that is logged; EARG: a receiver that this build does not have, an address that is not https. */
gws_alerts *gws_alerts_open(const gws_alerts_params *params, gws_err *err);

/* Take a trigger.  On return the message is on the disk.
 *   told  out, may be NULL: not 0 when it made a message
 * ENUM: not finite; EARG: the identifier; EIO: the journal cannot be written, the trigger is not taken and may be given again. */
gws_status gws_alerts_trigger(gws_alerts *a, const gws_alert_trigger *t, int *told, gws_err *err);

/* From now on. */
void gws_alerts_set_threshold(gws_alerts *a, double far_per_month);

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

/* How it stands.  Wakes the receivers' threads, raises alarms, and shortens the journal when most of it is done with; once a second is often
 * enough. */
void gws_alerts_poll(gws_alerts *a, gws_alerts_stats *out);

/* Wait until all is told and followed up, at most so long, then end.  What is left stays in the journal.  NULL is fine.
 * returns  messages that are not delivered to all */
int64_t gws_alerts_close(gws_alerts *a, double wait_s);

#endif
