/* stats.h - what a live search knows of itself: states of the detectors, gaps by reason, latencies, rates, the last logits.
 *
 * gws_live_get_stats (live.h) copies all of it out of a running search; metrics and the terminal view are made from such a copy and never
 * touch the search.  A copy is some 300 KiB: on the heap.
 */
#ifndef GWS_LIVE_STATS_H
#define GWS_LIVE_STATS_H

#include "base/ifo.h"
#include "net/kafka.h"

#include <stdint.h>

#define GWS_LIVE_SEARCHES 16
#define GWS_LIVE_RING 3840 /* logits of each search that are kept: a minute at 64 Hz */

/* Why a stretch of a detector was not searched.  Append only. */
typedef enum gws_live_gap {
    GWS_LIVE_NO_GAP = 0,
    GWS_LIVE_MISSING = 1,       /* no frame of that time came while it was waited for */
    GWS_LIVE_TRUNCATED = 2,     /* a frame began and was never whole */
    GWS_LIVE_CORRUPT = 3,       /* a whole frame that cannot be read, or has a wrong checksum */
    GWS_LIVE_VANISHED = 4,      /* a frame was listed and gone when it was opened */
    GWS_LIVE_NO_CHANNEL = 5,    /* a frame without the channel of strain, or without one that says the state */
    GWS_LIVE_RATE = 6,          /* another rate than before, or one that no model can use */
    GWS_LIVE_NOT_OBSERVING = 7, /* the state's bits are not what they have to be */
    GWS_LIVE_INJECTION = 8,     /* a hardware injection */
    GWS_LIVE_CATEGORY1 = 9,     /* data quality, category 1 */
    GWS_LIVE_GLITCH = 10,       /* iDQ's false-alarm probability is at or below the limit */
    GWS_LIVE_NOT_FINITE = 11,   /* samples that are no number, or that the file's own masks exclude */
    GWS_LIVE_REPEATED = 12      /* one value repeated (strain/gap.h) */
} gws_live_gap;
#define GWS_LIVE_GAPS 13

/* "missing", "truncated", "no-channel", ...: a word for metrics and the log; never NULL. */
const char *gws_live_gap_name(gws_live_gap why);

/* Times from 0.1 ms to 2 minutes; bucket i has those above bound i-1 up to bound i. */
#define GWS_LIVE_BUCKETS 64
typedef struct gws_live_times {
    int64_t n, count[GWS_LIVE_BUCKETS];
    double sum_s, most_s;
} gws_live_times;

double gws_live_bound_s(int bucket); /* 1e-4 * 1.25^bucket; of the last: infinity */
void gws_live_times_add(gws_live_times *t, double s);

/* The bound of the bucket that holds the fraction q (0 to 1) of all; at most most_s; NaN when there is none. */
double gws_live_times_quantile(const gws_live_times *t, double q);

typedef enum gws_live_state {
    GWS_LIVE_ABSENT = 0, /* nothing comes */
    GWS_LIVE_OFF = 1,    /* what came last was a gap */
    GWS_LIVE_ON = 2      /* what came last is searched */
} gws_live_state;

typedef struct gws_live_ifo_stats {
    char ifo[4];
    int rate_hz; /* 0: not known yet */
    gws_live_state state;
    int64_t end_ns; /* GPS up to which it is decided what is data and what a gap; 0: nothing yet */
    int64_t frames, repeated, late, reordered,
        retried;                         /* pieces of strain taken; come twice; come after they were given up; come before
                                                         * an earlier one; readings of a frame that was not whole yet */
    int waiting;                         /* pieces that wait for an earlier one */
    double data_s, gap_s[GWS_LIVE_GAPS]; /* seconds searched, and not, by reason */
    double heard_s;                      /* gws_now_s of the last piece */
} gws_live_ifo_stats;

/* Where the false-alarm rates of a search come from. */
typedef enum gws_live_rates { GWS_LIVE_RATES_NONE = 0, GWS_LIVE_RATES_MODEL = 1, GWS_LIVE_RATES_SLIDES = 2 } gws_live_rates;

typedef struct gws_live_search_stats {
    char name[64];    /* of the search */
    char model[1024]; /* path */
    char sha256[65];  /* of the model's file */
    int n_ifo;
    char ifo[GWS_MODEL_IFOS][4];
    int on; /* all of its detectors are */
    gws_live_rates rates;
    double background_s;                    /* time that the rates were measured in */
    int64_t triggers, steps, scored, awake; /* steps of the network; those that could become triggers; in which it was awake */
    double events, spikes1, spikes2;        /* mean rates a unit and step */
    int64_t silent, bad;                    /* steps without any event; logits that are no number */
    double delay_s;                         /* gws_live_delay (live.h), all stages but the frame */
    double busy_s;                          /* time spent in it */
    int64_t searched_ns;                    /* GPS up to which logits are there; 0: none yet */
    int step_hz;                            /* logits a second */
    int n_logits;                           /* in the ring, the last at the end */
    float logits[GWS_LIVE_RING];
} gws_live_search_stats;

typedef struct gws_live_stats {
    const char *version;
    double started_s, now_s; /* gws_now_s */
    int n_ifo, n_searches;
    gws_live_ifo_stats ifo[GWS_MAX_IFO];
    gws_live_search_stats search[GWS_LIVE_SEARCHES];
    char unserved[64];       /* detectors that are on and that no search with all its detectors on has: "V1"; "": none */
    gws_live_times searched; /* from a frame that is closed to the end of the search in it */
    gws_live_times alerted;  /* from the frame that completed a trigger to when its callback was done with it */
    int64_t triggers;
    double data_s,
        busy_s; /* seconds of data of the detector that has most, and time spent on them: their ratio is the real-time factor */
    int inbox;  /* frames that are known of and not read */
    int64_t kept_bytes;    /* of the saved state */
    int64_t replayed;      /* pieces that the saved state gave back at the start */
    int has_topic;         /* the source is a topic, */
    gws_kafka_state topic; /* whose client is so */
} gws_live_stats;

#endif
