/* window.h - turns a window of a data set into the network's input: the samples themselves, or the rows of a matched stem. */
#ifndef GWS_TRAIN_WINDOW_H
#define GWS_TRAIN_WINDOW_H

#include "base/err.h"
#include "model/checkpoint.h"
#include "model/stem.h"
#include "train/dataset.h"

#include <stdint.h>

typedef struct gws_windows gws_windows;

/* For windows of N samples and a network.
 *   c        borrowed; the bank in its parameters is copied
 *   threads  so many may call gws_windows_put at once
 * NULL: EFORMAT when N is no whole number of steps, or no longer than what the filters remember; ENOMEM */
gws_windows *gws_windows_create(const gws_checkpoint *c, int64_t N, int threads, gws_err *err);
void gws_windows_destroy(gws_windows *w);
gws_status gws_windows_bytes(const gws_arch *a, int64_t N, int threads, int64_t *out, gws_err *err);

int64_t gws_windows_steps(const gws_windows *w); /* T: latent steps that the network sees of a window */
int64_t gws_windows_lead(
    const gws_windows *w); /* steps of a window in front of them: 0, or what a matched stem's filters remember */

const gws_stem *gws_windows_stem(const gws_windows *w); /* NULL where the network takes samples */
int gws_windows_inputs(const gws_windows *w);           /* numbers of a row of x */

/* The place where a window is to be drawn: x itself when the network takes samples, else a buffer of this thread's own. */
float *gws_windows_room(gws_windows *w, int thread, float *x);

/* Make the network's input of it.
 *   window               its w (N,I) from gws_windows_room; gains and offset as the data set gives them
 *   steps                T, or of a matched stem the last so many of them
 *   x  (steps rows, inputs) out  as network.h wants it; may be w */
void gws_windows_put(gws_windows *w, int thread, const gws_window *window, int64_t steps, float *x);

#endif
