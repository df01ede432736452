/* network.h - the whole network: stem, context, bridge, spiking classifier, and the linear head beside it.  The neurons are leaky
 * integrate-and-fire (LIF) neurons.
 *
 *   x (N,I) --convolutions--> z (T,C) --GRU--> c (T,C) --bridge--> events (T,2C) --neurons, neurons, readout--> y (T)
 *                              |                 |--linear head--> y_linear (T)
 *                              |<---InfoNCE--- predictions of c, K horizons
 *
 * A carried statistic.  Where the first input channel is a statistic already (nn/level.h says why that is worth keeping), `levels`
 * channels of the bridge code its level crossings instead of the context's first channels, the readout hears events directly, and the
 * linear head adds the statistic to what it reads off the context.  All other readout weights begin at zero, so an untrained network is
 * the statistic, and training can only add to it:
 *
 *   x[:,0] --level crossings--> events[:, 0..levels) ON and OFF --weights of readout.event--> leaky membrane y
 *   x[:,0] ---------------------------------------------------------weight linear.carry-----> y_linear
 *
 * Shapes of models/cpc.hdf: 4 s of two detectors at 2048 Hz is N=8192, I=2; T=256 at 64 Hz, C=256; events (256,512), ON then OFF.
 * With a gate both heads are given the statistic times sigmoid(gate.weight context + gate.bias), which begins all but open.  A glitch's
 * statistic has no bound, and what a head adds has one, so it takes a factor to call a loud glitch quiet.  The gate learns from the linear
 * head's loss alone: the way through the level crossings has no gradient.
 *
 * With delays the first layer of neurons is given the events of some steps before besides the present ones (docs/math/neurons.md); a stream
 * carries them.
 *
 * One code serves training (many sequences from zero state) and streaming (state carried over).
 *
 * Threads: the work is cut into items, stretches of rows and blocks of weights; every element is one fixed sum, so no bit depends
 * on how many threads there are or where a sequence was cut.
 */
#ifndef GWS_MODEL_NETWORK_H
#define GWS_MODEL_NETWORK_H

#include "base/thread.h"
#include "model/arch.h"
#include "model/weights.h"
#include "model/work.h"
#include "nn/kernels/kernels.h"

/* What a forward or backward pass is to do. */
typedef struct gws_pass {
    int heads;            /* backward: bridge, classifier, linear head */
    int anchors;          /* predictions for this many anchors; 0 none */
    int first, stride;    /* anchor a stands at step first + a*stride */
    int encoder;          /* backward: also stem and context */
    int spike_to_context; /* backward: the spiking loss reaches the context */
} gws_pass;

/* Run the stages asked for on all items.  Each stage reads what the one before it left.  x must be filled.  States and histories
 * are read, and the states advance. */
void gws_net_run(const gws_kernels *K, gws_pool *pool, const gws_weights *w, gws_work *k, const gws_pass *pass, unsigned stages);

/* Context and heads of one block of a single stream, which must follow each other step by step, while the other threads begin with the stem
 * of the next block; then all finish that stem. */
void gws_net_run_overlapped(const gws_kernels *K, gws_pool *pool, const gws_weights *w, gws_work *behind, gws_work *ahead);

/* Gradients of all items are added to g, an arena of the parameter table, chain rules through sigmoid (decays) and softplus
 * (thresholds) included.  Forward must have started from zero state.  What comes in: g_y, g_y_lin, g_out and g_count of the work; pred
 * holds the gradient of the predictions, g_z that of the latents, and both are used up, as are the activations. */
void gws_net_backward(const gws_kernels *K, gws_pool *pool, const gws_weights *w, gws_work *k, const gws_pass *pass, float *g);

#endif
