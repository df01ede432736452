/* best.h - private to train/: the parameters that were best on held-out candidates, of a training that has candidates.
 *
 * What is best, and in which phase of what, is said in train.h.
 */
#ifndef GWS_TRAIN_BEST_H
#define GWS_TRAIN_BEST_H

#include "train/trainer.h"

/* Get the candidates, which take the place of the data sets, and measure the untrained network, the first best.
 * EDATA: the validation split does not resolve the rates that are measured; else as gws_candidates_make and gws_tail_create */
gws_status gws_best_open(gws_trainer *t, gws_ini *recipe, gws_err *err);

/* Go on from the best. */
void gws_best_restore(gws_trainer *t);

/* Measure the parameters as they are, and keep what is better. */
gws_status gws_best_measure(gws_trainer *t, int phase, gws_train_report *r, gws_err *err);

/* The best becomes the model; it is measured on the test split, and the file of held-out candidates is written. */
gws_status gws_best_finish(gws_trainer *t, gws_ini *recipe, gws_err *err);

#endif
