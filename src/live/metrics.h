/* metrics.h - what a live search tells a monitor: numbers in Prometheus' text format, and whether it is well.
 *
 * Both are made of copies of the statistics alone.  What each number means stands beside it in the text (# HELP).
 */
#ifndef GWS_LIVE_METRICS_H
#define GWS_LIVE_METRICS_H

#include "alert/alert.h"
#include "base/memory.h"
#include "live/stats.h"
#include "net/kafka.h"

/* What there is to tell. */
typedef struct gws_live_vitals {
    const gws_live_stats *stats;
    const gws_alerts_stats *alerts; /* NULL: nobody is told */
    const gws_kafka_state *topic;   /* of the source; NULL: it is none of Kafka's */
    gws_memory memory;
    double stopped_s; /* since the search last went round its loop */
} gws_live_vitals;

#define GWS_LIVE_METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

/* All numbers, version 0.0.4 of the text format.  Caller frees; NULL: memory is out. */
char *gws_live_metrics_text(const gws_live_vitals *v);

/* Limits of what counts as well; 0: never mind. */
typedef struct gws_live_limits {
    double stopped_s; /* the search stands still; 30 */
    double silent_s;  /* no detector has sent anything; 60 */
    int inbox;        /* frames wait to be read; 600 */
} gws_live_limits;

gws_live_limits gws_live_limits_defaults(void);

/* Is it well?  "ok", or why not, one reason a line; behind it what is worth knowing and no reason: detectors that are silent or do not
 * observe, detectors that no search has.
 *   text  out  caller frees; NULL: memory is out
 * returns  not 0: it is well.  Detectors that do not observe are no illness, nor is one that is silent while another is not. */
int gws_live_is_well(const gws_live_vitals *v, const gws_live_limits *limits, char **text);

#endif
