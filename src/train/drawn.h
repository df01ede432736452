/* drawn.h - private to train/: windows drawn at random for a training's steps, with target and weight, and how well the heads tell the
 * held-out ones apart.
 *
 * They are those of dataset.h, or of recorded strain, which has no labels; a recipe with [candidates] has those of tail.h in their place.
 */
#ifndef GWS_TRAIN_DRAWN_H
#define GWS_TRAIN_DRAWN_H

#include "train/trainer.h"

/* gws_step_load, of a gws_trainer: of the training data, and of recorded strain, where nothing is scored. */
void gws_drawn_load(void *trainer, int64_t first, int n, float *x, int64_t x_next, float *target, float *weight);
void gws_drawn_load_recorded(void *trainer, int64_t first, int n, float *x, int64_t x_next, float *target, float *weight);

/* Put into the report how many held-out windows with a signal the heads find, and what they make of those without.
 * ESTOP: the caller wanted it; ENOMEM */
gws_status gws_drawn_evaluate(gws_trainer *t, gws_train_report *r, gws_err *err);

#endif
