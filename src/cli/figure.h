/* figure.h - draws the picture of a search: whitened strain and logits around the loudest trigger, and the logit over the whole
 * stretch.
 *
 * It listens to a pipeline's sinks while the search runs and keeps only what it may have to draw: rings of the last minutes and an
 * envelope of the logits, so that a month costs no more memory than a minute.
 */
#ifndef GWS_CLI_FIGURE_H
#define GWS_CLI_FIGURE_H

#include "base/err.h"
#include "model/classifier.h"
#include "search/far.h"
#include "search/trigger.h"

#include <stdint.h>

typedef struct gws_figure gws_figure;

/* meta: kept by pointer; threshold: the line drawn with the logits of `head`; zero_ns: GPS time from which the panel of the whole
 * stretch counts, the same as in the table beside it. */
gws_figure *gws_figure_create(const gws_model_meta *meta, gws_head head, double threshold, int64_t zero_ns, gws_err *err);
void gws_figure_destroy(gws_figure *f);

/* What the pipeline hands out. */
void gws_figure_whitened(gws_figure *f, int ifo, int64_t sample, const float *w, int64_t n);
void gws_figure_logits(gws_figure *f, int64_t step, const float *y_spiking, const float *y_linear, int64_t n);
void gws_figure_trigger(gws_figure *f, const gws_trigger *t);

/* A known signal: marked in the panel of the whole stretch. */
void gws_figure_injection(gws_figure *f, int64_t merger_ns, int found);

/* What stands beside the curves. */
typedef struct gws_figure_words {
    const char *what;     /* of the data, for the line below the title */
    gws_far_rate loudest; /* false-alarm rate of the loudest trigger */
    double livetime_s;    /* of the background that the rates come from */
    /* Rate of any statistic, which never rises with it: the second axis of the logits.  NULL: rates are not known. */
    gws_far_rate (*rate)(double stat, const void *user);
    const void *user;
} gws_figure_words;

/* The rates that a model carries for the head. */
gws_figure_words gws_figure_model_rates(const gws_calibration *calibration);

/* Draw; the loudest trigger, if there is one, names the figure. */
gws_status gws_figure_save(gws_figure *f, const char *path, const gws_figure_words *words, gws_err *err);

#endif
