/* pipeline.h - the whole line as one machine: strain of all detectors in, triggers out.
 *
 * Each detector: resample -> condition; then the detectors are aligned on absolute samples, and where all that
 * the model needs are present together the network runs and the search makes triggers.  Where one is absent there is a gap, unless the
 * detectors that are there are those of a part of the model that was added: then its network runs and its search goes on.
 * Cut: pushes of any size and any interleaving of detectors give the same triggers, logits and whitened strain, bit for bit.
 */
#ifndef GWS_STREAM_PIPELINE_H
#define GWS_STREAM_PIPELINE_H

#include "base/err.h"
#include "base/thread.h"
#include "dsp/condition.h"
#include "model/classifier.h"
#include "search/far.h"
#include "search/trigger.h"

#include <stdint.h>

typedef struct gws_pipeline gws_pipeline;

#define GWS_PIPELINE_PARTS ((1 << GWS_MODEL_IFOS) - 1) /* every combination of detectors */

/* Any sink may be NULL. */
typedef struct gws_pipeline_sinks {
    void *user;
    void (*trigger)(void *user, const gws_trigger *t, gws_far_rate far); /* far: by the model's calibration */
    /* of all detectors together */
    void (*logits)(void *user, int64_t step, const float *y_spiking, const float *y_linear, int64_t n);
    void (*whitened)(void *user, int ifo, int64_t sample, const float *w, int64_t n);
} gws_pipeline_sinks;

/* Read the parameters of conditioning and of a head's search from the model's recipe and calibration.  threshold NaN means the
 * model's. EARG: the model does not have that head. */
gws_status gws_pipeline_params(const gws_model_meta *meta, gws_head head, double threshold, gws_condition_params *condition,
                               gws_search_params *search, gws_err *err);

/* How the model's strain is whitened: as its recipe has it, or as gws_model_set_whitening. */
gws_status gws_pipeline_condition(const gws_model_meta *meta, gws_condition_params *out, gws_err *err);

/* The parameters of conditioning and search come from the model's recipe ([condition], [search]) and its calibration.
 *   rate_hz    (I) input rate of each of the model's detectors, in its order; multiples of the model's rate
 *   threshold  on the smoothed logit; NaN: the model's
 *   sinks      copied
 * Thread rule: one pipeline from one thread at a time. */
gws_pipeline *gws_pipeline_create(const gws_model *m, gws_head head, const int *rate_hz, double threshold,
                                  const gws_pipeline_sinks *sinks, gws_err *err);

/* Search also where the detectors of a part of the model (gws_model_part) are present and no others, from a reset on and with the part's
 * calibration; before gws_pipeline_set_pool and the first push.  Triggers say whose they are.
 *   m  borrowed; no part twice */
gws_status gws_pipeline_add_part(gws_pipeline *p, const gws_model *m, gws_head head, double threshold, gws_err *err);

/* Let the network work on a pool (borrowed; NULL is one thread) and on at most `block` steps at once (0: the default), as
 * gws_classifier_create_many's; before the first push.  For recorded data: samples then wait for each other until there are as many as the
 * network is fast with (gws_classifier_gather), or the data end or break off.  Speed and memory only.  returns  ENOMEM, and the pipeline is as it was */
gws_status gws_pipeline_set_pool(gws_pipeline *p, gws_pool *pool, int block, gws_err *err);

/* What gws_classifier_statistic gives, valid while the sink of logits runs. */
const float *gws_pipeline_statistic(const gws_pipeline *p);

/* Bytes that a pipeline takes, known beforehand: what waits for detectors that are behind is in it up to two
 * minutes, filters that change a rate (some 100 KiB) are not. */
gws_status gws_pipeline_bytes(const gws_model *m, const gws_pool *pool, int block, int64_t *out, gws_err *err);

/* Strain of detector `ifo` (index in the model); sample: absolute index at its input rate, non-decreasing; NaN is gap.  n may be 0:
 * then the call says that this detector has nothing before `sample`, so that the others need not wait for it.
 * A detector that is ahead of the slowest is kept, 4 bytes a sample; ahead by more than two minutes the buffer grows, which is
 * the only allocation while pushing and the only way to fail (GWS_ENOMEM; what was kept of that detector is then a gap). */
gws_status gws_pipeline_push(gws_pipeline *p, int ifo, int64_t sample, const double *h, int64_t n);

/* Push strain of all detectors at once, (I) entries each.  The detectors are conditioned in parallel on the pool (NULL: in order).
 * The output is that of single pushes. */
gws_status gws_pipeline_push_all(gws_pipeline *p, gws_pool *pool, const int64_t *sample, const double *const *h, const int64_t *n);

/* The rate of a detector turns out to be another one than it was created with; before its first sample.  EDATA: no multiple of the model's. */
gws_status gws_pipeline_set_rate(gws_pipeline *p, int ifo, int rate_hz, gws_err *err);

/* All that a pipeline will not find out again from the strain of the last gws_pipeline_remembers_s seconds: what the network carries, and the
 * open cluster.  A new pipeline of the same model and parameters that is given these bytes, and then that strain again, goes on
 * where this one is: logits and triggers begin behind those that this one had handed out, bit for bit.  Between pushes.
 *   state_bytes  EARG: a model whose state cannot be had
 *   load         EARG: bytes of another model, of other parameters or of another build */
double gws_pipeline_remembers_s(const gws_pipeline *p);
gws_status gws_pipeline_state_bytes(const gws_pipeline *p, int64_t *out, gws_err *err);
void gws_pipeline_state_save(const gws_pipeline *p, void *out);
gws_status gws_pipeline_state_load(gws_pipeline *p, const void *in, int64_t bytes, gws_err *err);

/* End of data: what is still held comes out, then everything is reset. */
void gws_pipeline_finish(gws_pipeline *p);
double gws_pipeline_delay_s(const gws_pipeline *p); /* from the last sample needed to the logit, steady state */
void gws_pipeline_destroy(gws_pipeline *p);

typedef struct gws_pipeline_part_stats {
    unsigned ifos;           /* bit i: detector i of the model */
    int64_t samples, scored; /* what its network saw; steps that were searched */
} gws_pipeline_part_stats;

typedef struct gws_pipeline_stats {
    gws_condition_stats condition[GWS_MODEL_IFOS];
    gws_classifier_stats classifier;
    gws_search_stats search;
    int64_t samples_together; /* whitened samples at which all detectors were present: what the network saw */
    int n_parts;
    gws_pipeline_part_stats part[GWS_PIPELINE_PARTS]; /* (n_parts) the first is of all detectors, as the above */
} gws_pipeline_stats;
void gws_pipeline_get_stats(const gws_pipeline *p, gws_pipeline_stats *out);

/* What the filters behind a detector's whitened strain are multiplied by (base/gains.h), where the templates follow the noise; else NULL.  It
 * goes with what the sink `whitened` is being given. */
const gws_gains *gws_pipeline_gains(const gws_pipeline *p, int ifo);

#endif
