/* figure_kept.h - private to cli/: the part of a search that a figure keeps while it listens; figure.c fills it and figure_draw.c draws it. */
#ifndef GWS_CLI_FIGURE_KEPT_H
#define GWS_CLI_FIGURE_KEPT_H

#include "model/classifier.h"
#include "search/trigger.h"

#include <stdint.h>

/* Shown around the loudest trigger, s. */
#define GWS_FIGURE_STRAIN_BEFORE 0.3
#define GWS_FIGURE_STRAIN_AFTER 0.1
#define GWS_FIGURE_LOGIT_AROUND 3.0

#define GWS_FIGURE_TAPS 512 /* of the filter that the strain is shown through */
#define GWS_FIGURE_ENVELOPE 4096

/* The newest rows of a track, by absolute index. */
typedef struct gws_figure_ring {
    float *data;
    int64_t size, end; /* end: absolute index after the newest; INT64_MIN when empty */
} gws_figure_ring;

struct gws_figure {
    const gws_model_meta *meta;
    gws_head head;
    double threshold;
    int64_t zero_ns; /* where the panel of the whole stretch counts from */
    gws_figure_ring strain[GWS_MODEL_IFOS], logit[2];
    float *envelope[2];                    /* (GWS_FIGURE_ENVELOPE) largest logit of each bucket, NaN where there is none */
    int64_t first_step, last_step, bucket; /* bucket: steps */
    int started;

    int has_loudest, logits_pending;
    gws_trigger loudest;
    float *strain_shown[GWS_MODEL_IFOS]; /* around the loudest, with half the filter on each side */
    int64_t strain_begin, strain_n;
    float *logit_shown[2];
    int64_t logit_begin, logit_n;

    gws_trigger *triggers;
    int n_triggers;
    int64_t *injection_ns;
    int *injection_found;
    int n_injections;
};

/* The logits around the loudest trigger, as far as they are known. */
void gws_figure_take_logits(struct gws_figure *f);

#endif
