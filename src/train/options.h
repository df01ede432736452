/* options.h - what the caller of a training, or of a calibration that is added later, says about it. */
#ifndef GWS_TRAIN_OPTIONS_H
#define GWS_TRAIN_OPTIONS_H

#include "base/progress.h"
#include "base/thread.h"
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

#endif
