/* activations.h - what a network holds inside while it looks at a stretch: latents, context, events, spikes.  For people who look; a search
 * does without.
 *
 * The stretch goes through from zero state, so its first seconds are those of a network that has just begun, and a network that would sleep
 * (model/spans.h) is awake.
 */
#ifndef GWS_MODEL_ACTIVATIONS_H
#define GWS_MODEL_ACTIVATIONS_H

#include "base/err.h"
#include "base/gains.h"
#include "model/classifier.h"

#include <stdint.h>

typedef struct gws_activations {
    int64_t step, n;         /* absolute index of the first step; how many */
    int channels, hidden[2]; /* C, H */
    float *latent, *context; /* (n,C) */
    float *y, *y_linear;     /* (n) logits; y_linear is y without that head */
    unsigned char *event;    /* (n,2C) 0 or 1: ON, then OFF */
    unsigned char *spike[2]; /* (n,H) */
} gws_activations;

/* Run a stretch.
 *   sample  absolute index of w[i][0]
 *   w       (I)(n) in  whitened, finite
 *   gains   (I) in  of a matched stem whose templates follow the noise (model/stem.h); NULL: none
 *   out     zero on failure; free with gws_activations_clear
 * EDATA: fewer samples than one step. */
gws_status gws_activations_make(const gws_model *m, int64_t sample, const float *const *w, int64_t n, const gws_gains *const *gains,
                                gws_activations *out, gws_err *err);
void gws_activations_clear(gws_activations *a);

#endif
