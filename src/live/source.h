/* source.h - the row of functions that makes a source of live strain, and the pieces of strain that it hands over.
 *
 *   folder   frames that appear in folders, as in /dev/shm/kafka at the observatories: inotify, or a look every so often
 *   replay   recorded files of any format, at any speed
 *   list     paths that come on standard input, one a line
 *   pipe     frame files themselves on standard input, one behind the other
 *   kafka    messages of a topic, each a frame
 *
 * A new source is one file that exports its row, and one line in the table of source.c.
 */
#ifndef GWS_LIVE_SOURCE_H
#define GWS_LIVE_SOURCE_H

#include "base/err.h"
#include "base/ifo.h"
#include "base/ini.h"
#include "base/thread.h"
#include "live/stats.h"
#include "strain/format.h"

#include <stdint.h>
#include <stdio.h>

/* A stretch of one detector: strain, or the word that there is none. */
typedef struct gws_live_piece {
    char ifo[4];
    int rate_hz;       /* of a gap whose rate is not known: 1 */
    int64_t sample, n; /* absolute index of the first, number of samples */
    const double *h;   /* (n) gaps are NaN; NULL: all of it is a gap */
    gws_live_gap why;  /* of h NULL */
    int final;         /* not 0: nothing of this detector will ever come before its end, so that nothing need be waited for */
    int marked;        /* not 0: runs of one value are gaps already (strain/gap.h) */
    const char *dq;    /* names of the quality bits that fail in it, one blank between two; NULL or "": none */
    double closed_s;   /* gws_now_s when its frame was closed, or known of */
} gws_live_piece;

typedef gws_status (*gws_live_piece_fn)(void *user, const gws_live_piece *piece, gws_err *err);

/* Where pieces go, and what else a source tells. */
typedef struct gws_live_taker {
    void *user;
    gws_live_piece_fn piece;
    void (*retried)(void *user, const char *ifo); /* a frame was not whole yet; ifo "": not known whose */
} gws_live_taker;

/* What a detector's other channels have to say for its strain to be searched: bits, or a false-alarm probability. */
typedef struct gws_live_rule {
    char ifo[4];
    char channel[128];   /* "H1:GDS-CALIB_STATE_VECTOR" */
    uint32_t mask, bits; /* every sample & mask == bits; mask 0: a probability */
    double above;        /* every sample has to be above it */
    char valid[128];     /* a channel that is 1 in every sample where `channel` counts; "": it always does */
    gws_live_gap why;    /* what a second is that fails */
} gws_live_rule;

typedef struct gws_live_source_params {
    const char *const *names; /* (n) folders, files */
    int n;
    const gws_strain_use *use;  /* as for `detect`; may be NULL */
    const gws_live_rule *rules; /* (n_rules) in the order in which they are asked */
    int n_rules;
    double speed;   /* replay: seconds of data a second; 0: as fast as it goes */
    double whole_s; /* how long a frame that is not whole is tried again */
    double poll_s;  /* folder: look so often where the system does not tell */
    int polling;    /* folder: not 0: look, also where the system would tell */
    double back_s;  /* folder: frames older than this before the newest are left alone at the start */
    FILE *list;     /* list: where the paths come from */
    gws_ini *ini;   /* kafka: its section [kafka]; NULL: none */
    gws_pool *pool; /* replay: for inputs that are made as they are read; NULL: one thread */
    /* folder, list: the monotonic clock of whole_s; NULL: gws_now_s */
    double (*now_s)(void);
} gws_live_source_params;

/* No frame is so far ahead of the machine's clock and of all that came.  One that says so is left out: all before it would be given up. */
#define GWS_LIVE_AHEAD_S 3600

/* After a poll. */
typedef enum gws_live_after {
    GWS_LIVE_WAITS, /* nothing more is there yet */
    GWS_LIVE_MORE,  /* more is there already */
    GWS_LIVE_ENDED  /* there will never be more */
} gws_live_after;

typedef struct gws_live_source_row {
    const char *name;
    gws_status (*open)(const gws_live_source_params *p, void **own, gws_err *err);

    /* Hand over what is there, waiting at most wait_s for the first of it; not more at a time than a moment's work.
     *   after   out  what is to be expected now */
    gws_status (*poll)(void *own, double wait_s, const gws_live_taker *taker, gws_live_after *after, gws_err *err);

    /* A detector has been searched up to a GPS time: what is before that need not be read.  Before the first poll.  NULL: it does not matter */
    void (*skip)(void *own, const char *ifo, int64_t ns);
    int (*waiting)(const void *own);                      /* frames known of and not read; NULL: it cannot be known */
    void (*close)(void *own);                             /* NULL is fine */
    void (*topic)(const void *own, gws_kafka_state *out); /* how the client of a topic is; NULL: there is none */
    void (*safe)(void *own); /* all that was handed over is kept, and need not be given again.  NULL: the source does not count */
    void (*progress)(const void *own, double *done_s, double *total_s); /* of data that end.  NULL: nobody knows their end */
    double (*known_s)(
        const void *own); /* gws_now_s: what came before was handed over once a poll says GWS_LIVE_WAITS.  NULL: its beginning */
} gws_live_source_row;

extern const gws_live_source_row gws_live_folder, gws_live_replay, gws_live_list, gws_live_pipe, gws_live_kafka;

/* A row by its name; NULL: there is none. */
const gws_live_source_row *gws_live_source_find(const char *name);

#endif
