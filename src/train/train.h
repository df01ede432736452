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
#include "train/options.h"

gws_status gws_train_run(const gws_train_options *o, gws_err *err);

#endif
