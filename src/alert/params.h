/* params.h - what the caller of alert.h says: who is told of what, and a trigger. */
#ifndef GWS_ALERT_PARAMS_H
#define GWS_ALERT_PARAMS_H

#include "base/ifo.h"
#include "matched/followup.h"
#include "net/kafka.h"
#include "search/p_astro.h"

#include <stdint.h>

#define GWS_ALERT_ID 64 /* bytes of an identifier with its NUL: A-Z a-z 0-9 . _ - */

/* Who is told.  A path or an address that is NULL is nobody. */
typedef enum gws_alert_sink { GWS_SINK_LINES, GWS_SINK_WEBHOOK, GWS_SINK_TOPIC, GWS_SINK_HOOK, GWS_SINKS } gws_alert_sink;

/* Strings are copied. */
typedef struct gws_alerts_params {
    const char *folder;            /* of the journal and of what is written; made when it is not there, locked while it is open */
    double far_per_month;          /* told are triggers at or below this rate; 1 */
    double update_s;               /* 1 */
    int lines_fd;                  /* JSON lines, one a message; borrowed; -1: none */
    const char *webhook;           /* https address that each message is posted to */
    const char *ca_file;           /* certificates to trust for it; NULL: the system's */
    const char *token;             /* bearer token for it; NULL: none */
    const gws_kafka_params *kafka; /* brokers of the topic and how to log in; read by gws_alerts_open only */
    const char *topic;             /* each message goes there, its event as the key */
    const char *hook;              /* program that is run with the message's files as its arguments, the JSON first */
    double hook_s;                 /* it is ended after so long; 60 */
    double wait_s;                 /* before the second try; doubles, at most wait_most_s; 1 */
    double wait_most_s;            /* 60 */
    double alarm_s;       /* a receiver that takes nothing for so long while there is something is logged as an error; 300 */
    double keep_days;     /* files of alerts that all receivers have are removed when they are older; 0: never; 30 */
    const char *group;    /* "CBC" */
    const char *search;   /* "AllSky" */
    const char *pipeline; /* "gwspike" */
    int follow_up;        /* not 0: triggers that come with strain are followed up; 1 */
    gws_followup_params followup;
    gws_p_astro_params p_astro; /* its slope is the trigger's */
} gws_alerts_params;

/* A trigger.  All is copied. */
typedef struct gws_alert_trigger {
    const char *id;  /* the same trigger found again has the same */
    int64_t gps_ns;  /* merger at the Earth's centre, */
    double window_s; /* within so much */
    double stat;
    gws_far_rate far;
    double background_slope;   /* of its tail, per unit of the statistic (p_astro.h); NaN: not known, no p_astro is claimed */
    double background_loudest; /* its loudest statistic; NaN: not known */
    double delay_s;            /* that the search declares, from the last sample it needs to its answer */
    int n;                     /* detectors that gave the statistic and the rate */
    char ifo[GWS_MAX_IFO][4];
    const char *channel[GWS_MAX_IFO];  /* NULL: not known */
    const char *quality;               /* bits that fail at the time, "H1:CBC_CAT1 ..."; NULL: none */
    const char *model, *model_hash;    /* file's name and SHA-256; NULL: not known */
    const gws_followup_strain *strain; /* (n_strain) around the time, for the follow-up; NULL: none */
    int n_strain;                      /* detectors; more than gave the statistic may be used for the sky */
} gws_alert_trigger;

#endif
