/* trigger.h - from the logit track to triggers: smoothing, clustering, merger time.
 *
 * On the line: logits (64 Hz) --search--> triggers.  The logit of step t is known when all samples of its hop are in.
 *
 * Method.  The logit is averaged over the last `smooth` valid steps (a step after a gap starts the average anew and the first
 * `warmup` steps after a gap are not scored).  Steps above the threshold that are no more than gap_s apart form a
 * cluster.  Its statistic is the largest smoothed logit.  Its time is not that of the largest sample, which a flat top
 * leaves to chance, but the centre of the plateau: the mean time of the steps within `plateau` of the maximum,
 * contiguous around it, minus the calibrated constant offset_s.
 * The plateau may pass below the threshold, up to gap_s beyond the cluster's ends, so that the time of a trigger hardly
 * depends on the threshold; to the left of the maximum it reaches back 1024 steps at most.  The time of step s is that of its first
 * sample, s*hop/rate; offset_s absorbs the network's and the smoothing's constant delay.
 *
 * Gap: closes the open cluster.  Cut: does not change the output.  Nothing is allocated while pushing.
 */
#ifndef GWS_SEARCH_TRIGGER_H
#define GWS_SEARCH_TRIGGER_H

#include "base/clock.h"
#include "base/err.h"
#include "base/ini.h"

#include <stdint.h>

/* An event of the network: all detectors that it was given answer together. */
typedef struct gws_trigger {
    int64_t gps_ns;           /* merger at the Earth's centre */
    double stat;              /* unbounded, larger is more signal-like */
    double window_s;          /* half-window: the merger lies within gps +- window */
    int64_t begin_ns, end_ns; /* first and last step above the threshold */
    unsigned ifos;            /* bit i: detector i of the model took part; 0: of all, or not known (stream/pipeline.h says it) */
} gws_trigger;

typedef struct gws_search_params {
    double threshold; /* on the smoothed logit */
    int smooth;       /* steps of the running mean; 5 */
    double gap_s;     /* 0.35 */
    double plateau;   /* 1.0, logit units */
    double offset_s;  /* subtracted from the plateau's centre; from the model's calibration */
    double window_s;  /* at most 0.3 */
    int warmup;       /* steps after a gap that are not scored; 64 */
} gws_search_params;

typedef struct gws_search gws_search;
typedef void (*gws_trigger_sink)(void *user, const gws_trigger *t);

gws_search_params gws_search_defaults(void);

/* The section [search] of a recipe: smooth, gap_s, plateau, window_s; the rest as gws_search_defaults, for the caller to
 * overwrite with what the model's calibration says. */
gws_status gws_search_params_from_ini(gws_ini *ini, gws_search_params *out, gws_err *err);

gws_search *gws_search_create(const gws_search_params *p, int rate_hz, int hop, gws_err *err);

/* Next logits.
 *   step   absolute step: step s covers absolute samples [s*hop, (s+1)*hop); a jump is a gap
 *   y      (n) logits; a non-finite one is counted and treated as gap
 * Triggers are handed out once their cluster is closed, in order of time. */
void gws_search_push(gws_search *s, int64_t step, const float *y, int64_t n, gws_trigger_sink sink, void *user);
void gws_search_break(gws_search *s, gws_trigger_sink sink, void *user);  /* the next logits will be behind a gap: close now */
void gws_search_finish(gws_search *s, gws_trigger_sink sink, void *user); /* close the open cluster, then reset */
int64_t gws_search_delay(const gws_search *s);                            /* steps */
void gws_search_reset(gws_search *s);
void gws_search_destroy(gws_search *s);

/* All that a search knows, as bytes for a search of the same parameters in the same build: it goes on where this one is.
 *   in, out   gws_search_state_bytes()
 * load returns not 0, and changes nothing, when the parameters are others. */
int64_t gws_search_state_bytes(void);
void gws_search_state_save(const gws_search *s, void *out);
int gws_search_state_load(gws_search *s, const void *in);

typedef struct gws_search_stats {
    int64_t steps, scored, bad, gaps, triggers;
} gws_search_stats;
void gws_search_get_stats(const gws_search *s, gws_search_stats *out);

#endif
