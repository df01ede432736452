/* budget.h - the memory that a training takes at its highest, known before it begins. */
#ifndef GWS_TRAIN_BUDGET_H
#define GWS_TRAIN_BUDGET_H

#include "base/err.h"
#include "base/ini.h"

#include <stdint.h>

/* Bytes that a run takes at its highest on so many threads: parameters, moments and averages, gradients, activations, contrastive loss, data sets
 * and calibration.  What the program takes by itself is not in it.
 *   batch   0: the recipe's */
gws_status gws_train_bytes(gws_ini *recipe, int64_t batch, int threads, int64_t *out, gws_err *err);

/* Refuse a run that needs more than `cap` bytes together with what the program holds already.  ENOMEM: it does, with a batch that would fit */
gws_status gws_train_fits(gws_ini *recipe, int threads, int64_t cap, gws_err *err);

#endif
