/* trainer.h - private to train/: what a training holds while it runs, and how it is opened, told of, saved and closed. */
#ifndef GWS_TRAIN_TRAINER_H
#define GWS_TRAIN_TRAINER_H

#include "base/err.h"
#include "base/ini.h"
#include "model/checkpoint.h"
#include "model/reference.h"
#include "train/dataset.h"
#include "train/options.h"
#include "train/recorded.h"
#include "train/settings.h"
#include "train/step.h"
#include "train/tail.h"
#include "train/window.h"

#include <stdint.h>

typedef struct gws_trainer {
    const gws_train_options *o;
    gws_train_settings s;
    gws_checkpoint c;
    gws_stepper *step;
    gws_reference *reference; /* of templates that follow the noise, or NULL */
    gws_dataset *train, *valid;
    gws_recorded *recorded; /* what [pretrain] strain names, or NULL */
    int64_t T, hop, N;
    gws_windows *windows; /* from what is drawn to what the network takes */
    gws_window *window;   /* (micro) the last windows filled */
    gws_tail *tail;       /* with candidates, which then take the place of the windows */
    double signal_share;
    gws_track *track;     /* NULL: no trace is kept */
    gws_distance test[2]; /* at the end */
    int64_t done;         /* steps of this call */
} gws_trainer;

/* Read the recipe, start or resume the model, and make what a step needs but for the tail (best.h).
 *   t  out  zero but for o, which is borrowed; gws_trainer_clear whatever comes of it
 * EARG, EFORMAT, EDATA: what the options and the recipe ask for does not go together; ENOMEM; ESTOP */
gws_status gws_trainer_open(gws_trainer *t, gws_ini *recipe, gws_err *err);
void gws_trainer_clear(gws_trainer *t);

/* A row of the trace, and the caller's report. */
gws_status gws_trainer_tell(const gws_trainer *t, gws_train_report *r, gws_err *err);

/* Write the running checkpoint. */
gws_status gws_trainer_save(const gws_trainer *t, gws_err *err);

#endif
