/* live.h - a search that runs beside an observatory: strain goes in second by second as it comes, triggers go out as they are found.
 *
 * On the line: a source (source.h: a folder of frames, a replay, a list on standard input, Kafka) --pieces of one detector--> assembly
 * (order, gaps) --> one pipeline (stream/pipeline.h) for each model --> triggers with their rates.
 *
 * What it finds is what `detect` finds in the same seconds, gaps included, to the bit.  The search of each model goes on when its
 * detectors are there, whatever the others do; a detector that stays away holds nobody up longer than the time that is waited for it.
 *
 * Restart.  With a folder for its state every piece is written there before it is searched, as far back as the search remembers.
 * A session that begins with that folder searches those pieces again and goes on behind them: after kill -9 as after SIGTERM the same
 * triggers come, with the same identifiers, those that were being handed over once more, and those that were handed over not again.
 *
 * Thread rule: one thread at a time, but for gws_live_get_stats, which any thread may call.
 */
#ifndef GWS_LIVE_LIVE_H
#define GWS_LIVE_LIVE_H

#include "base/err.h"
#include "base/thread.h"
#include "live/source.h"
#include "live/stats.h"
#include "model/classifier.h"
#include "search/far.h"
#include "search/ranking.h"
#include "search/trigger.h"

#include <stdint.h>

typedef struct gws_live gws_live;

/* One search: a model and where its rates come from. */
typedef struct gws_live_search {
    const char *name;       /* for the log and metrics; NULL: the model's path */
    const char *path;       /* of the model's file */
    const char *sha256;     /* of that file, 64 digits */
    const gws_model *model; /* borrowed */
    gws_head head;
    double threshold;           /* on the smoothed logit; NaN: the model's */
    const gws_ranking *ranking; /* of time slides, borrowed; NULL: the model's calibration */
    double background_s;        /* live time of `ranking` */
} gws_live_search;

#define GWS_LIVE_ID 64

/* A trigger as it is handed over. */
typedef struct gws_live_trigger {
    /* "H1L1-1126259462.421875-0123456789ab": detectors, first step above the threshold, model; "-2" behind it for a second search with
     * that model.  The same after a restart. */
    char id[GWS_LIVE_ID];
    int search; /* number of its search */
    const gws_live_search *of;
    int n_ifo;
    const char (*ifo)[4];
    gws_trigger t;
    gws_far_rate far;
    const char *dq;   /* quality bits that fail at its time, "H1:CBC_CAT1 ..."; "": none */
    double arrived_s; /* gws_now_s when the frame that completed it was closed */
} gws_live_trigger;

typedef struct gws_live_params {
    const gws_live_search *searches; /* (n_searches) 1 to GWS_LIVE_SEARCHES; borrowed */
    int n_searches;
    const gws_live_source_row *source;
    const gws_live_source_params *from; /* borrowed */
    double wait_s;                      /* how long a missing second is waited for once later data are there */
    const char *state;                  /* folder of the saved state; NULL: none */
    gws_pool *pool;                     /* borrowed; NULL: one thread */
    double keep_s;                      /* strain that gws_live_strain can give, seconds back from the newest; 0: none */
    double (*now_s)(void);              /* a monotonic clock; NULL: gws_now_s */

    /* A trigger was found.  When this returns GWS_OK it is taken as handed over, and is not handed over again after a restart. */
    gws_status (*trigger)(void *user, const gws_live_trigger *t, gws_err *err);
    void *user;
} gws_live_params;

/* The delays of a search, stage by stage, in seconds of data: what the network needs after a merger until its trigger is there. */
#define GWS_LIVE_STAGES 8
typedef struct gws_live_delay {
    int n;
    struct {
        const char *name;
        double s;
    } stage[GWS_LIVE_STAGES];
    double sum_s; /* of all but the frame */
} gws_live_delay;

/*   rate_hz   of the strain
 *   frame_s   length of the source's frames: the first stage, at most that; what follows does not depend on it */
gws_status gws_live_delays(const gws_live_search *s, int rate_hz, double frame_s, gws_live_delay *out, gws_err *err);

/* Open the source and, where there is one, the saved state.  One of other models or thresholds is removed, and a warning says so. */
gws_live *gws_live_create(const gws_live_params *p, gws_err *err);

/* Take what is there and search it, waiting at most wait_s for the first of it.
 *   ended   out  not 0: the source has no more and never will
 * Errors are those of the trigger's callback, of the saved state (full disk), and of memory; what comes from the source is a gap. */
gws_status gws_live_step(gws_live *l, double wait_s, int *ended, gws_err *err);

/* Wait so long for a missing second from now on (gws_live_params.wait_s). */
void gws_live_set_wait(gws_live *l, double wait_s);

/* No more data will ever come: hand out what the pipelines hold, as `detect` does at the end of its files. */
gws_status gws_live_finish(gws_live *l, gws_err *err);

/* Strain of a detector as it was searched. */
typedef struct gws_live_kept {
    char ifo[4];
    int rate_hz;
    int64_t first, n; /* absolute sample of h[0] */
    double *h;        /* (n) allocated, the caller's to free; gaps are NaN */
} gws_live_kept;

/* What is kept of a time, less where it begins or ends outside of that.
 *   ifo   0 to gws_live_ifos - 1, in the order of the statistics
 * EDATA: its rate is not known yet, or nothing is kept; ENOMEM. */
int gws_live_ifos(const gws_live *l);
gws_status gws_live_strain(const gws_live *l, int ifo, int64_t begin_ns, int64_t end_ns, gws_live_kept *out, gws_err *err);

/* Of a replay: seconds of data that were read, and of all; 0 and 0 where the source does not know its end. */
void gws_live_progress(const gws_live *l, double *done_s, double *total_s);

/* From any thread. */
void gws_live_get_stats(gws_live *l, gws_live_stats *out);

void gws_live_destroy(gws_live *l); /* NULL is fine; the saved state stays */

#endif
