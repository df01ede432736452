/* cached.h - private to train/: the candidates of a training, out of the file that the caller named, or made.
 *
 * A file that is not there yet is written with all splits, for the trainings with the same data that come after.
 */
#ifndef GWS_TRAIN_CACHED_H
#define GWS_TRAIN_CACHED_H

#include "train/trainer.h"

/* EDATA: the file is of other data; EFORMAT: of windows of another size; else as gws_candidates_make */
gws_status gws_cached_candidates(gws_trainer *t, gws_ini *recipe, gws_split split, gws_candidates *out, gws_err *err);

#endif
