/* inside.h - private to model/: the shape of the network for the files that work on it; network.h is the interface. */
#ifndef GWS_MODEL_INSIDE_H
#define GWS_MODEL_INSIDE_H

#include "model/arch.h"
#include "model/weights.h"
#include "gwspike.h"

/* Blocks of weights that a backward pass may be cut into, and the floats that one takes. */
enum { GWS_TASKS = 4096, GWS_TASK_FLOATS = 12 };

enum {
    GWS_GROUP = 64,    /* most items whose recurrent steps go together */
    GWS_ROWS = 96,     /* rows of a convolution between product and GELU: they stay in the second-level cache */
    GWS_STRETCH = 512, /* rows of a gradient packed at once; a multiple of 64 */
    GWS_COLS = 256     /* columns of weights whose gradient is one task */
};

/* What a model is made of (classifier.c). */
const gws_arch *gws_model_arch(const gws_model *m);
const gws_weights *gws_model_weights(const gws_model *m);

int64_t gws_rows_of(const gws_arch *a, int l, int64_t T); /* input rows of layer l for T latent steps; l = n_stem: T */
int gws_history_of(const gws_arch *a, int l);             /* rows in front of the input of layer l */

/* Gradients of small tensors are made item by item and added in order.  gws_is_small says whether a row is such a tensor;
 * gws_item_gradients says where the row begins in an item's part (for row n: how large a part is). */
int gws_is_small(const gws_param_rows *r, int row);
int64_t gws_item_gradients(const gws_weights *w, int row);

static inline gws_neuron gws_arch_neuron(const gws_arch *a, int l)
{
    return (gws_neuron){.model = a->neuron[l],
                        .surrogate = a->lif_surrogate,
                        .reset = a->reset,
                        .n = a->H[l],
                        .slope = a->lif_slope,
                        .reset_gradient = a->reset_gradient,
                        .smooth = a->smooth};
}

static inline gws_encoder gws_arch_encoder(const gws_arch *a)
{
    return (gws_encoder){.kind = a->bridge,
                         .surrogate = a->bridge_surrogate,
                         .C = a->C,
                         .slope = a->bridge_slope,
                         .hold = a->bridge_hold,
                         .period = a->bridge_period,
                         .tau = a->bridge_tau,
                         .smooth = a->smooth};
}

/* A parameter's numbers; NULL when the network does not have it. */
static inline const float *gws_row_of(const gws_weights *w, int row)
{
    return row < 0 ? NULL : w->p + w->table->rows[row].offset;
}

#endif
