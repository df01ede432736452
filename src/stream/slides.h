/* slides.h - measures the background of a model: it moves the detectors of recorded strain against one another and searches the
 * result.
 *
 * On the line: strain files --kept.h--> whitened strain --slides--> triggers that no coincidence has made (search/background.h).
 *
 * In slide k detector i (in the model's order) is read i k step_s seconds later than detector 0.  Nothing wraps around: a slide has the
 * stretches that its moved detectors share, and each of them goes through network and search as it would from a file, from a reset on,
 * to the same bits.  Its live time is that of the steps that were scored, gaps and warm-up left out.  Each detector is read and
 * whitened once.  Stretches of several slides go through the network side by side; how many changes no bit.  Behind a matched stem with spans
 * (model/spans.h) the filters run once a detector and group of slides too, as far as memory allows (slides_stem.c).
 *
 * Slides go in groups, in order: a background of the slides so far is whole after each, and a run may go on from one that has fewer.
 *
 * One detector, as of a part of a model, cannot be moved against another: its one row is its data as they are, and every trigger counts.
 */
#ifndef GWS_STREAM_SLIDES_H
#define GWS_STREAM_SLIDES_H

#include "base/err.h"
#include "base/progress.h"
#include "base/thread.h"
#include "model/classifier.h"
#include "search/background.h"
#include "stream/feed.h"

#include <stdint.h>

#define GWS_SLIDES_NOTE "seconds of slides" /* of progress, once the strain is whitened */

typedef struct gws_slides_params {
    int64_t slides;      /* 1 .. GWS_SLIDES_MAX: k = 1 .. slides; with one detector one, not moved, whatever is asked for */
    int64_t step_s;      /* 1 or more */
    int zero_lag;        /* k = 0 as well, which is no background */
    double threshold[2]; /* triggers of each head above it; NaN: the model's */
    int streams;         /* stretches side by side; 0: the default */
    int block;           /* as gws_classifier_create_many's */
    int64_t group;       /* slides that go together; 0: the default */
    int64_t memory;      /* most bytes, triggers left out: so many slides go behind a stem at once; 0: all */
    const char *work;    /* whitened strain lies in a work file in this folder; NULL: in memory */
    gws_pool *pool;      /* borrowed; NULL is one thread */
    gws_progress progress;
    gws_status (*whole)(void *user, const gws_background *b,
                        gws_err *err); /* after each group; NULL: nobody; a failure ends the run */
    void *user;                        /* of `whole` */
} gws_slides_params;

int gws_slides_streams(const gws_model *m, const gws_slides_params *p); /* what is meant by `streams` */

/* Bytes that gws_slides_run takes at least, its triggers left out. */
int64_t gws_slides_bytes(const gws_strain_set *set, const gws_feed_plan *plan, const gws_model *m, const gws_slides_params *p);

/* Whiten and search.
 *   b   in/out  the rows that are there, none or those of gws_background_load, and then all; whole rows stay on failure too, else it is zero
 *               then; `model` and `strain` are the caller's; free with gws_background_clear
 * Rows that are there and were made otherwise, or no slide with a stretch that can be scored: EDATA.  GWS_ESTOP when progress asks to
 * stop.  Nothing is read when no row is missing. */
gws_status gws_slides_run(gws_strain_set *set, const gws_feed_plan *plan, const gws_model *m, const gws_slides_params *p,
                          gws_background *b, gws_err *err);

#endif
