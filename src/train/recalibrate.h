/* recalibrate.h - adds to a finished model the calibrations that it lacks. */
#ifndef GWS_TRAIN_RECALIBRATE_H
#define GWS_TRAIN_RECALIBRATE_H

#include "base/err.h"
#include "train/options.h"

/* Measure what the finished model `start` has no calibration of (gws_calibrate), with the recipe inside it, and write it with that into `out`.
 * All else stays as it was; the history says which file it was and how that was made.  Of the options only start, out, command, pool, progress
 * and user count.
 * EDATA: nothing is missing, or a training that is not finished; ESTOP: progress wanted it, and nothing was written */
gws_status gws_train_calibrate(const gws_train_options *o, gws_err *err);

#endif
