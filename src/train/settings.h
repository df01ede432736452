/* settings.h - what a recipe says to a training itself: sections [train], [target], [pretrain], [classify], [joint] and [candidates]; keys in
 * configs/default.ini.
 */
#ifndef GWS_TRAIN_SETTINGS_H
#define GWS_TRAIN_SETTINGS_H

#include "base/err.h"
#include "base/ini.h"
#include "train/candidates.h"
#include "train/step.h"

#include <stdint.h>

/* True, drawn at random, or of data without any signal: the last two show what a training makes of nothing. */
typedef enum gws_labels { GWS_LABELS_TRUE, GWS_LABELS_SHUFFLED, GWS_LABELS_NOISE } gws_labels;

typedef struct gws_train_settings {
    gws_step_params step;
    int64_t seed; /* of the data; step.seed is that of the weights */
    int64_t evaluate_every, evaluate_windows, save_every;
    double begin_s, end_s, before_s, after_s, positive, metric, loudness, disturbed;
    int64_t skip;
    gws_labels labels;
    int recorded; /* pretraining is on recorded strain */
    gws_candidate_params candidates;
} gws_train_settings;

gws_status gws_train_settings_read(gws_ini *recipe, gws_train_settings *out, gws_err *err);

/* The same, and every other section is read once, so that a slip anywhere shows before the work begins and not hours later. */
gws_status gws_train_settings_check(gws_ini *recipe, gws_train_settings *out, gws_err *err);

int gws_train_settings_have_candidates(const gws_train_settings *s);

#endif
