/* classifier.h - the trained network as one causal machine with carried state.
 *
 * On the line: whitened strain (float, I detectors) --encode, bridge, classify--> two logits per latent step.
 *
 * A gws_model is const and shared by any number of streams; a gws_classifier is the small state of one stream.
 * Step s (absolute) covers absolute samples [s*hop, (s+1)*hop) and its logits are known when the last of them is in.
 * Pushed one sample at a time or a month at a time the logits are the same, bit for bit, on any instruction set.
 *
 * gws_head and gws_model_destroy: gwspike.h.
 *
 * Gap: a jump of the sample index resets all state; the next step is the first whole hop after it.
 */
#ifndef GWS_MODEL_CLASSIFIER_H
#define GWS_MODEL_CLASSIFIER_H

#include "base/err.h"
#include "base/gains.h"
#include "base/ifo.h"
#include "base/thread.h"
#include "model/calibration.h"

#include <stdint.h>

typedef struct gws_classifier gws_classifier;

typedef struct gws_model_meta {
    int n_ifo;
    char ifo[GWS_MODEL_IFOS][4]; /* in the order of the input channels */
    int rate_hz, hop;
    int linear;     /* has the linear head */
    int carries;    /* the heads carry a statistic, which gws_classifier_statistic shows */
    double wake;    /* the statistic below which the network sleeps; 0: it never does */
    int span, lead; /* the context begins afresh after so many steps, so many earlier (model/spans.h); 0: never */
    int warmup;     /* steps after a reset that are not to be trusted */
    const struct gws_reference
        *reference;     /* of a matched stem whose templates follow the noise (model/reference.h); NULL: they do not */
    const char *recipe; /* the .ini it was trained with, [condition] and [search] included */
    double filter_s, block_s, ahead_s;  /* in place of the recipe's [condition]; filter_s 0: as the recipe has it */
    const gws_calibration *calibration; /* (2) by gws_head, as the model's file has them */
} gws_model_meta;

/* Load a model file (HDF5).  Wrong format, version, missing or non-finite tensors: one sentence. */
gws_model *gws_model_load(const char *path, gws_err *err);

/* Make the same model with some of its detectors alone (model/stem.h, "Absent detectors").  Its calibration is what the file has of exactly
 * these; where that is nothing it has none, for that of all detectors says nothing of these, and begins with its threshold and time offset.
 * Of one detector alone the gate (network.h) stays open: what it was taught to call a glitch is what one detector has and the others lack.
 *   m     borrowed; how it is whitened is taken over
 *   ifos  bit i: detector i of m
 * EARG: no detector of m, or a network that takes samples. */
gws_model *gws_model_part(const gws_model *m, unsigned ifos, gws_err *err);

/* Whiten with another filter and in other blocks than the recipe (dsp/condition.h), for a search that has to answer soon; filter_s
 * 0: the recipe's.  Its rates are those of a background that was measured so too. */
void gws_model_set_whitening(gws_model *m, double filter_s, double block_s, double ahead_s);

/* A number of samples: a stream that is moved in time by a multiple of it gives the same logits. */
int64_t gws_model_period(const gws_model *m);

struct gws_stem;
const struct gws_stem *gws_model_stem(const gws_model *m); /* NULL: the network takes samples */

/* Make a model over a checkpoint in memory, which must outlive it.  Training calibrates itself this way. */
struct gws_checkpoint;
gws_model *gws_model_borrow(const struct gws_checkpoint *c, gws_err *err);
const gws_model_meta *gws_model_describe(const gws_model *m);

/* Logits of consecutive steps: step is the absolute index of y[0].  Without a linear head y_linear is y_spiking. */
typedef void (*gws_logit_sink)(void *user, int64_t step, const float *y_spiking, const float *y_linear, int64_t n);

/* The bare statistic that the network carries (model/network.h), for the steps that a sink was given.  It is valid while that sink
 * runs; NULL without spans. */
const float *gws_classifier_statistic(const gws_classifier *d);

/* block: most steps worked on at once (memory and speed only, never bits); 0 = default. */
int gws_classifier_block(int block, const gws_pool *pool); /* what is meant by it: default 64, four times that on several threads */
gws_classifier *gws_classifier_create(const gws_model *m, int block, gws_err *err);

/* Make several streams that run side by side on a pool (borrowed; NULL is one thread).  The recurrent steps of all of them are one
 * product.  Each stream has the logits that it would have alone. */
gws_classifier *gws_classifier_create_many(const gws_model *m, int streams, int block, gws_pool *pool, gws_err *err);
int64_t gws_classifier_bytes(const gws_model *m, int streams, int block, const gws_pool *pool); /* what that takes */

/* Next n samples of all detectors.
 *   sample  absolute index of w[i][0]
 *   w       (I)(n) whitened strain, all finite
 */
void gws_classifier_push(gws_classifier *d, int64_t sample, const float *const *w, int64_t n, gws_logit_sink sink, void *user);

/* Push the next n samples of all streams.  w (streams*I)(n) holds those of stream s from w[s*I] on; user (streams) has one for each
 * stream's logits. */
void gws_classifier_push_many(gws_classifier *d, int64_t sample, const float *const *w, int64_t n, gws_logit_sink sink,
                              void *const *user);

/* Push rows that a matched stem made (model/stem.h) to a network with spans and one stream: x (n,F); step is that of the first row.
 * Rows and samples may not follow one another without a reset. */
void gws_classifier_push_rows(gws_classifier *d, int64_t step, const float *x, int64_t n, gws_logit_sink sink, void *user);

/* Multiply what the filters of a matched stem give by gains, as gws_filtering_follow has it, from the next push on.
 *   input  stream times I, and the detector */
void gws_classifier_follow(gws_classifier *d, int input, const gws_gains *gains, int64_t offset);

/* The number of samples in which recorded data are best pushed, as many as spans side by side hold (model/spans.h); 0: any. */
int64_t gws_classifier_gather(const gws_model *m, int streams, int block, const gws_pool *pool);
int64_t gws_classifier_delay(const gws_classifier *d); /* samples: hop - 1 */
void gws_classifier_reset(gws_classifier *d);
void gws_classifier_destroy(gws_classifier *d);

/* The state of one stream as bytes, for a classifier of the same model: it goes on where this one is.  0 where none is carried for ever: with
 * spans the logits are those of the last gws_classifier_remembers_s seconds of samples alone.  -1: a matched stem without spans, whose
 * state cannot be had. */
int64_t gws_classifier_state_bytes(const gws_classifier *d);
void gws_classifier_state_save(const gws_classifier *d, void *out);
void gws_classifier_state_load(gws_classifier *d, const void *in);
double gws_classifier_remembers_s(const gws_classifier *d); /* 0 without spans */

typedef struct gws_classifier_stats {
    int64_t steps, awake;            /* all steps; steps in which the network ran (model/spans.h), to which the rest applies */
    double events, spikes1, spikes2; /* mean rates per unit and step: bridge, first, second layer */
    int64_t silent_steps;            /* steps in which the bridge sent no event */
    int64_t bad;                     /* non-finite logits; never patched */
} gws_classifier_stats;
void gws_classifier_get_stats(const gws_classifier *d, gws_classifier_stats *out);

#endif
