/* step.h - makes one optimizer step, on windows that a callback provides.
 *
 * Forward, the losses, backward, clipping by groups, AdamW: everything between the windows and the changed parameters, and
 * nothing about where the windows come from.  Losses, gradients and the update are written down in docs/math/network.md.
 *
 * A batch may be worked on in `accumulate` micro batches.  The loss stays the mean over the whole batch: the weights of all
 * micro batches are summed before the first gradient, and the contrastive loss sees the latents of all items (one more
 * forward pass), so 4 x 4 items are 16.
 *
 * Same bits for any number of threads: every gradient is one sum over the windows in order (model/network.h).
 */
#ifndef GWS_TRAIN_STEP_H
#define GWS_TRAIN_STEP_H

#include "base/err.h"
#include "base/thread.h"
#include "model/checkpoint.h"
#include "model/network.h"
#include "nn/infonce.h"

#include <stdint.h>

/* What is trained: the encoder alone, the heads alone on a fixed encoder, all of it. */
enum { GWS_PRETRAIN, GWS_CLASSIFY, GWS_JOINT, GWS_PHASES };
extern const char *const gws_phase_name[GWS_PHASES];

#define GWS_ANCHORS_ALL (-1) /* with batch negatives only */

typedef struct gws_phase {
    int64_t steps, warmup;
    int64_t anchors;                     /* of the contrastive loss, per item; 0: without it; GWS_ANCHORS_ALL: every step */
    double lr;                           /* at its highest */
    double cpc, spiking, linear, distil; /* weights of the losses */
    double rates;                        /* weight of what the rates exceed their targets by */
    double spike_target, event_target;   /* a second, of a window's spikes and of its context's events; 0: none */
} gws_phase;

typedef struct gws_step_params {
    uint64_t seed;             /* of the weights at the start, the anchors' places and the order of candidates; not of the data */
    int64_t batch, accumulate; /* windows a step; micro batches that they are cut into */
    double clip, weight_decay, beta2, temperature; /* clip 0: none */
    int decay_all;                                 /* weight decay also on biases, decays and thresholds */
    int constant_rate;                             /* no cosine: the rate stays at its highest after the warmup */
    gws_negatives negatives;                       /* of the contrastive loss */
    int64_t average;                               /* span of c->average, steps, where there is one */
    double spiking_lr;                             /* learning rate of the small weights of the spiking classifier, relative */
    gws_phase phase[GWS_PHASES];
} gws_step_params;

/* Sections [train], [pretrain], [classify], [joint] of a recipe; keys in configs/default.ini. */
gws_status gws_step_params_from_ini(gws_ini *ini, gws_step_params *out, gws_err *err);

int64_t gws_phase_anchors(const gws_phase *p, int64_t T); /* of a window of T steps */

/* Learning rate of step `step` (from 0) of a phase: rises linearly over `warmup` steps, then half a cosine down to 2 %, or constant. */
double gws_phase_lr(const gws_phase *p, int constant, int64_t step);

/* Provide the windows first .. first+n-1.  Asked for the same windows again, it must give the same.
 *   x       (n)(N,I)  out  window b begins at x + b*x_next
 *   target  (n,T)     out  0 or 1; a network with the mean readout answers once a window: 1 where any step has one
 *   weight  (n,T)     out  of the step's loss; 0: not scored */
typedef void (*gws_step_load)(void *user, int64_t first, int n, float *x, int64_t x_next, float *target, float *weight);

typedef struct gws_step_result {
    double loss, loss_cpc, loss_spiking, loss_linear, loss_distil, loss_rates; /* the parts without their weights */
    double cpc_accuracy;  /* share of anchors whose true target scores highest */
    double grad_norm;     /* of the encoder's gradient before clipping (of the heads' in classify) */
    double grad_norms[3]; /* before clipping, by group: encoder, spiking, linear */
    double lr;
} gws_step_result;

typedef struct gws_stepper gws_stepper;

/* Build the machine.  The only call here that allocates.
 *   c     in/out  borrowed: parameters, moments, their average (NULL: none) and the count of steps; must outlive the machine and not move
 *   T     in      latent steps of a window
 *   pool  in      borrowed; NULL is one thread
 * returns  NULL on failure (EFORMAT: anchors and horizons do not fit into T; ENOMEM) */
gws_stepper *gws_stepper_create(const gws_step_params *p, gws_checkpoint *c, int64_t T, gws_pool *pool, gws_err *err);
void gws_stepper_destroy(gws_stepper *s);

/* Set a function that is asked while a step is made.  When it answers non-zero the step ends with GWS_ESTOP, and parameters and
 * moments are as they were. */
void gws_stepper_set_stop(gws_stepper *s, int (*stop)(void *user), void *user);

/* Set the numbers that the losses subtract from the two logits (0 at the start).  Where the heads carry a statistic, the threshold
 * lies far from 0, and cross-entropy has its weight where its argument is near 0. */
void gws_stepper_set_offsets(gws_stepper *s, float spiking, float linear);

/* To be called after someone else changed the parameters. */
void gws_stepper_renew(gws_stepper *s);

/* Bytes that gws_stepper_create takes for a network of `parameters` floats (the size of its table), known beforehand. */
int64_t gws_stepper_bytes(const gws_step_params *p, const gws_arch *a, int64_t parameters, int64_t T, int threads);

/* One optimizer step of a phase, on windows c->step * batch and those after it.  Parameters, moments and average change, c's counters
 * do not: the caller counts.  A number that is not finite: GWS_ENUM with the name of the first tensor that holds one, and
 * parameters and moments are as they were. */
gws_status gws_stepper_run(gws_stepper *s, int phase, int64_t phase_step, gws_step_load load, void *user, gws_step_result *out,
                           gws_err *err);

/* Logits of windows first .. first+micro-1, without any gradient.  The next call overwrites them.
 *   y, y_linear  (micro,T) out */
void gws_stepper_logits(gws_stepper *s, int64_t first, gws_step_load load, void *user, const float **y, const float **y_linear);
const gws_work *gws_stepper_work(const gws_stepper *s); /* activations and gradients of the last micro batch */

/* Where the time of all steps so far went. */
typedef struct gws_stage_time {
    const char *name;
    double seconds; /* summed over threads */
    double flops;   /* of all steps, 2 per multiplication and addition; 0: not counted */
} gws_stage_time;
#define GWS_STEP_STAGES (GWS_STAGES + 4)
void gws_stepper_times(const gws_stepper *s, gws_stage_time out[GWS_STEP_STAGES]);
int gws_stepper_micro(const gws_stepper *s); /* batch / accumulate */

/* What was sent in the last windows worked on. */
typedef struct gws_step_rates {
    double events, spikes1, spikes2;   /* share of ones among the bridge's events and the two layers' spikes */
    double spikes_per_s, events_per_s; /* of both layers together; of the context, without those that carry a level */
} gws_step_rates;
void gws_stepper_rates(const gws_stepper *s, gws_step_rates *out);

/* Gradient of the last gws_stepper_run before clipping: an arena of the parameter table. */
const float *gws_stepper_gradient(const gws_stepper *s);

/* Groups whose gradients are clipped each by its own norm: the membranes gather some hundred steps, so the gradients of the
 * spiking classifier's weights are a hundred times those of the encoder and one common norm would stop the encoder. */
enum { GWS_GROUP_ENCODER, GWS_GROUP_SPIKING, GWS_GROUP_LINEAR, GWS_GROUP_FIXED, GWS_GROUPS }; /* fixed: not trained */
int gws_step_group(const char *tensor);

#endif
