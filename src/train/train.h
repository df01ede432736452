/* train.h - trains a model from a recipe: three phases, checkpoints, evaluation, calibration.
 *
 *   pretrain  contrastive predictive coding (CPC): stem, context and predictors
 *   classify  bridge, spiking classifier and linear head on the frozen encoder
 *   joint     everything together
 *
 * Recipe (.ini): [model] of model/arch.h, [data] of train/dataset.h, [condition], [search], and here [train], [target],
 * [pretrain], [classify], [joint], [calibrate]; keys in configs/default.ini.
 *
 * With [candidates] the windows are those of train/tail.h, and held-out distance is reported instead of held-out efficiency.  The best is
 * what has the largest mean distance over 30, 100 and 300 false alarms a month: in classify each head by itself, the two being independent,
 * else both together, and to begin with the untrained network.  Each phase begins with the best so far, and the model holds it at the end.
 * The distance on a third set of candidates that no decision rested on is reported and written into the card.
 *
 * With [train] average what is held out is looked at with the average of the parameters over the last steps of the phase, and what is best is
 * the best average; the training itself goes on from the parameters as they are, and the end of a phase without candidates is its average.
 *
 * Same recipe and seed, same bits, for any number of threads and any instruction set the networks' kernels run on; a run that
 * is stopped and resumed gives the bits of one that was not.  A number that is not finite stops the run with the name of the
 * tensor in which it was born.
 */
#ifndef GWS_TRAIN_TRAIN_H
#define GWS_TRAIN_TRAIN_H

#include "base/err.h"
#include "base/ini.h"
#include "base/progress.h"
#include "base/thread.h"
#include "model/checkpoint.h"
#include "train/step.h"
#include "train/trace.h"

#include <stdint.h>

typedef struct gws_train_options {
    const char *recipe;      /* text of the .ini */
    const char *recipe_name; /* for messages */
    const char *out;         /* model file; the running checkpoint is `out`.ckpt */
    const char *command;     /* provenance */
    const char *logdir;      /* NULL: none; else the trace is kept there (track/track.h) */
    int64_t log_every;       /* steps from report to report; 0: 20 */
    const char *candidates;  /* NULL: made for this run alone; else a file of them: read, or made and written when there is none */
    const char *held_out;    /* NULL: none; else a file of what the parameters that were kept make of the held-out candidates */
    const char *start;       /* NULL: from nothing; else a model or checkpoint whose parameters to start from */
    int resume;              /* go on from `out`.ckpt */
    int64_t stop_after;      /* > 0: stop (GWS_ESTOP, checkpoint written) after so many steps of this call: for tests */
    gws_pool *pool;
    int64_t memory_bytes; /* cap: a run that needs more is refused before the work begins (ENOMEM); 0: none */
    void (*report)(void *user, const gws_train_report *r);
    int (*stop)(void *user);  /* non-zero: save and stop, in the middle of a step as well; may be NULL */
    gws_progress_fn progress; /* of data generation and calibration */
    void *user;
} gws_train_options;

/* Bytes that a run takes at its highest on so many threads: parameters, moments and averages, gradients, activations, contrastive loss, data sets
 * and calibration.  What the program takes by itself is not in it.
 *   batch   0: the recipe's */
gws_status gws_train_bytes(gws_ini *recipe, int64_t batch, int threads, int64_t *out, gws_err *err);

gws_status gws_train_run(const gws_train_options *o, gws_err *err);

/* Measure what the finished model `start` has no calibration of (gws_calibrate), with the recipe inside it, and write it with that into `out`.
 * All else stays as it was; the history says which file it was and how that was made.  Of the options only start, out, command, pool, progress
 * and user count.
 * EDATA: nothing is missing, or a training that is not finished; ESTOP: progress wanted it, and nothing was written */
gws_status gws_train_calibrate(const gws_train_options *o, gws_err *err);

#endif
