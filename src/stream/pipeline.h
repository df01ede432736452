/* pipeline.h - the whole line as one machine: strain of all detectors in, triggers out.
 *
 * Each detector: resample -> condition; then the detectors are aligned on absolute samples, and where all that
 * the model needs are present together the network runs and the search makes triggers.  Where one is absent there is a gap.
 * Cut: pushes of any size and any interleaving of detectors give the same triggers, logits and whitened strain, bit for bit.
 */
#ifndef GWS_STREAM_PIPELINE_H
#define GWS_STREAM_PIPELINE_H

#include "base/err.h"
#include "model/detector.h"
#include "search/trigger.h"

#include <stdint.h>

typedef struct gws_pipeline gws_pipeline;

/* Any sink may be NULL. */
typedef struct gws_pipeline_sinks {
    void *user;
    void (*trigger)(void *user, const gws_trigger *t, double far_per_month); /* NaN: no calibration for that value */
    void (*logits)(void *user, int64_t step, const float *y_spiking, const float *y_linear, int64_t n);
    void (*whitened)(void *user, int ifo, int64_t sample, const float *w, int64_t n);
} gws_pipeline_sinks;

/* rate_hz: (I) input rate of each of the model's detectors, in its order. threshold NaN: the model's. */
gws_pipeline *gws_pipeline_create(const gws_model *m, gws_head head, const int *rate_hz, double threshold, const gws_pipeline_sinks *sinks,
                                  gws_err *err);

/* Strain of detector `ifo` (index in the model); sample: absolute index at its input rate, non-decreasing; NaN is gap. */
void gws_pipeline_push(gws_pipeline *p, int ifo, int64_t sample, const double *h, int64_t n);
void gws_pipeline_finish(gws_pipeline *p);
double gws_pipeline_delay_s(const gws_pipeline *p); /* from the last sample needed to the logit, steady state */
void gws_pipeline_destroy(gws_pipeline *p);

#endif
