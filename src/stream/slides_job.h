/* slides_job.h - private to stream/: types and helpers that the files of slides.h share among themselves; slides.h is the
 * interface.
 */
#ifndef GWS_STREAM_SLIDES_JOB_H
#define GWS_STREAM_SLIDES_JOB_H

#include "search/trigger.h"
#include "stream/kept.h"
#include "stream/slides.h"

#include <pthread.h>

/* A stretch of a slide, in samples of detector 0. */
typedef struct gws_slid_item {
    int64_t row, begin, end; /* row: of the slides */
} gws_slid_item;

/* A trigger on its way to the background's columns. */
typedef struct gws_slid_trigger {
    int64_t row;
    double time_s, stat;
} gws_slid_trigger;

typedef struct gws_slid_list {
    gws_slid_trigger *at;
    int64_t n, room;
    int lost; /* out of memory */
} gws_slid_list;

struct gws_slides_job;

/* A stream of the network, and the stretch that goes through it. */
typedef struct gws_slid_stream {
    const struct gws_slides_job *j;
    gws_slid_item it;
    int64_t moved; /* samples by which it is pushed earlier than its time says */
    int64_t from;  /* its first own step; earlier steps belong to another stretch */
    int ended;
    gws_search *search[2];
    gws_slid_list found[2];
    int64_t first, next; /* steps that came, half-open */
} gws_slid_stream;

typedef struct gws_slides_job {
    const gws_model *m;
    const gws_model_meta *meta;
    const gws_slides_params *p;
    gws_background *b; /* what is whole */
    gws_kept kept;
    int heads, n_streams;
    int64_t piece;        /* samples pushed at once */
    int64_t rows;         /* that are wanted */
    int64_t *shift;       /* (rows, n_ifo) samples */
    gws_slid_item *items; /* (n_items) in order of row and, up to their group, of time */
    int64_t n_items, item_room;
    int64_t row, n_rows;     /* of the group: that follow those of b */
    int64_t item, items_end; /* of the group */
    gws_slid_list found[2];
    double *livetime_s[2]; /* (n_rows) */
    gws_slid_stream *streams;
    float *zeros; /* (piece) what a stream that has ended is given */
    const float **w;
    void **user;
    gws_slid_item *live; /* (n_live) what was scored, in steps */
    int64_t n_live;
    double done_s, total_s;
    pthread_mutex_t lock; /* of what gws_slid_end adds to */
} gws_slides_job;

gws_status gws_slid_nomem(gws_err *err);

/* Begin a stretch: searches of its own. */
gws_status gws_slid_begin(gws_slid_stream *s, const gws_slides_job *j, const gws_slid_item *it, gws_err *err);
void gws_slid_logits(void *stream, int64_t step, const float *y_spiking, const float *y_linear, int64_t n); /* a gws_logit_sink */

/* End a stretch: take its last triggers and its live time.  Any thread may call it.  ENOMEM when any of its triggers was lost. */
gws_status gws_slid_end(gws_slides_job *j, gws_slid_stream *s, gws_err *err);
void gws_slid_drop(gws_slid_stream *s); /* free what a stream holds */

/* Report that more_s more seconds are done; GWS_ESTOP when the caller asks to stop. */
gws_status gws_slid_tell(gws_slides_job *j, double more_s, gws_err *err);

/* slides_stem.c: all stretches of the group, of a model with a matched stem and spans, the filters run once a detector, or more often
 * where memory is short. */
gws_status gws_slides_run_stem(gws_slides_job *j, gws_err *err);
int64_t gws_slides_stem_bytes(const gws_model *m, const gws_slides_params *p);
int gws_slides_by_stem(const gws_model *m); /* not 0: it is such a model */

#endif
