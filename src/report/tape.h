/* tape.h - what a page keeps of a search while it runs: the loudest triggers with the whitened strain and the logits around them, and an
 * envelope of the logits of the whole stretch.  A month costs no more memory than a minute.
 *
 * It listens to a pipeline's sinks (stream/pipeline.h).
 */
#ifndef GWS_REPORT_TAPE_H
#define GWS_REPORT_TAPE_H

#include "base/err.h"
#include "base/gains.h"
#include "model/classifier.h"
#include "search/trigger.h"

#include <stdint.h>

#define GWS_TAPE_BEFORE_S 12.0 /* kept in front of a trigger, */
#define GWS_TAPE_AFTER_S 2.0   /* and behind it, where there is as much */
#define GWS_TAPE_ENVELOPE 2048

typedef struct gws_tape gws_tape;

/* A trigger, and what was around it; NaN where there was nothing. */
typedef struct gws_taped {
    gws_trigger t;
    int64_t sample, n_samples;       /* absolute, at the model's rate */
    float *w[GWS_MODEL_IFOS];        /* (n_samples) each */
    gws_gains gains[GWS_MODEL_IFOS]; /* of these, where the model's templates follow the noise */
    int64_t step, n_steps;
    float *y[2]; /* (n_steps) spiking, linear */
    int open;    /* more of it may come */
} gws_taped;

/*   meta  kept by pointer; most: triggers that are kept, the loudest */
gws_tape *gws_tape_create(const gws_model_meta *meta, int most, gws_err *err);
void gws_tape_destroy(gws_tape *t);

/* What the pipeline hands out. */
void gws_tape_whitened(gws_tape *t, int ifo, int64_t sample, const float *w, int64_t n,
                       const gws_gains *gains); /* gains may be NULL */
void gws_tape_logits(gws_tape *t, int64_t step, const float *y_spiking, const float *y_linear, int64_t n);
gws_status gws_tape_trigger(gws_tape *t, const gws_trigger *trigger, gws_err *err);

/* The data are at their end: what is still awaited is taken as it is. */
void gws_tape_finish(gws_tape *t);

/* The triggers that were kept, by falling statistic. */
int gws_tape_kept(const gws_tape *t);
const gws_taped *gws_tape_at(const gws_tape *t, int i);

/* The largest logit of each head in each of n stretches of `steps` steps, from `step` on; NaN where nothing was scored.
 * returns n, at most GWS_TAPE_ENVELOPE */
int gws_tape_envelope(const gws_tape *t, int64_t *step, int64_t *steps, const float *y[2]);

#endif
