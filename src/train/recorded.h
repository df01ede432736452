/* recorded.h - recorded strain as windows without labels, for contrastive pretraining ([pretrain] strain).
 *
 * The files go through the recipe's conditioner as in a search.  A window is a stretch of every detector from a place of its own: what
 * lies in it together never was together, so that no signal is shown in two detectors at once.  Whatever the files hold, glitches and signals
 * included, is in the windows.
 */
#ifndef GWS_TRAIN_RECORDED_H
#define GWS_TRAIN_RECORDED_H

#include "base/err.h"
#include "base/ini.h"
#include "base/progress.h"
#include "train/dataset.h"
#include "train/recipe.h"

#include <stdint.h>

typedef struct gws_recorded gws_recorded;

/* Whether a recipe names recorded strain. */
int gws_recorded_wanted(gws_ini *recipe);

/* Open the files and whiten all of them, in memory.
 *   reference  of templates that follow the noise (dsp/follow.h), borrowed; NULL: none does
 *   progress   in seconds of data; may be NULL
 * returns  NULL: EARG, a path that cannot be made; EDATA, a detector of [data] without a stretch as long as a window, and what
 *          strain/strain.h says of files; ENOMEM; ESTOP */
gws_recorded *gws_recorded_create(gws_ini *recipe, const gws_reference *reference, const gws_progress *progress, gws_err *err);

/* The bytes that it will hold, from what the files say of themselves; 0 where the recipe names none. */
gws_status gws_recorded_bytes(gws_ini *recipe, int64_t *out, gws_err *err);

/* Fill window k: a pure function of (seed, k).  Thread safe.
 *   out  its w (N,I) is the caller's; it has no signal */
void gws_recorded_window(const gws_recorded *r, uint64_t seed, int64_t k, gws_window *out);

void gws_recorded_destroy(gws_recorded *r);

#endif
