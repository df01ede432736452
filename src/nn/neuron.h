/* neuron.h - spiking neurons over time and their surrogate backward, one table of models.
 *
 * Per step, x the input current, v the membrane after reset, s in {0,1} the spike:
 *
 *   lif        u = a_m v + x                                          threshold 1
 *   cuba       i = a_s i + x;  u = a_m v + i                          threshold 1   (current-based; the default)
 *   adaptive   u = a_m v + x;  threshold 1 + beta b;  b = a_b b + (1 - a_b) s        (b as it was before the step)
 *   recurrent  u = a_m v + x + s_before W                             threshold 1
 *   li         u = a_m v + x                                          no spikes: a readout
 *
 *   s = [u > threshold];  hard reset: v = u (1 - s);  soft reset: v = u - s threshold     (in the same step)
 *
 * A sequence is worked on in one pass over time for a block of neurons whose state stays in registers or the first cache; the
 * spikes leave as bits, which is what the next layer reads.
 *
 * Every product and sum is rounded on its own, in the order written above.  docs/math/neurons.md has the equations of backward and
 * how snnTorch, Norse and Spyx differ.
 *
 * Cost: a forward step of a cuba neuron reads x and writes u and a bit, 0.5 to 0.8 ns a neuron on a 2 GHz core with AVX2, and a
 * backward step takes 1.5 to 3 ns; the recurrent model adds its product with W.  Cut: state is carried, any chunking gives the
 * same bits, as do any R, any n and any instruction set.  Threads: no state but the caller's.
 *
 * Decays are given per neuron, each in (0,1).  In `smooth` mode, for gradient checks only, the step is replaced by the
 * surrogate's integral plus 1/2, spikes are real numbers in `s`, and no bits are written.
 */
#ifndef GWS_NN_NEURON_H
#define GWS_NN_NEURON_H

#include "nn/kernels/kernels.h"
#include "nn/surrogate.h"

#include <stdint.h>

typedef enum gws_neuron_model {
    GWS_NEURON_LIF,
    GWS_NEURON_CUBA,
    GWS_NEURON_ADAPTIVE,
    GWS_NEURON_RECURRENT,
    GWS_NEURON_LI,
    GWS_NEURON_MODELS
} gws_neuron_model;

#define GWS_NEURONS_MAX 65536 /* of a recurrent layer */

typedef enum gws_reset { GWS_RESET_HARD, GWS_RESET_SOFT, GWS_RESETS } gws_reset;

typedef struct gws_neuron {
    gws_neuron_model model;
    gws_surrogate surrogate;
    gws_reset reset;
    int n;              /* neurons of the layer */
    float slope;        /* k of the surrogate */
    int reset_gradient; /* 0: backward takes the spike in the reset as a constant, as snnTorch does by default (a threshold that the
                         * reset subtracts still has a gradient); 1: the surrogate acts through the reset too */
    int smooth;
} gws_neuron;

/* What each model has: the one table from which names, states and parameters are read. */
typedef struct gws_neuron_info {
    const char *name;
    int synapse, adaptation, recurrent, spikes; /* has i and a_s;  has b, a_b and beta;  has W;  has spikes */
    int states;                                 /* floats of state per neuron: v, then i, then b, then s as far as it has them */
} gws_neuron_info;

const gws_neuron_info *gws_neuron_describe(gws_neuron_model model);
int gws_neuron_parse(const char *name, gws_neuron_model *out); /* 0 when unknown */
int gws_surrogate_parse(const char *name, gws_surrogate *out); /* fast_sigmoid atan superspike triangular boxcar sigmoid */
const char *gws_surrogate_name(gws_surrogate s);
float gws_surrogate_slope(gws_surrogate s);            /* the default k of surrogate.h */
int gws_reset_parse(const char *name, gws_reset *out); /* hard soft */
const char *gws_reset_name(gws_reset r);

/* Parameters of a layer; what a model does not have is NULL. */
typedef struct gws_neuron_params {
    const float *a_m, *a_s, *a_b, *beta; /* (n) */
    const float *rec, *rec_t;            /* packed (n,n): W and, for backward, its transpose */
} gws_neuron_params;

/* What forward leaves for backward and for the next layer: R sequences by T steps.  NULL where not wanted or not there.
 * Row t of sequence q is at (q*T + t)*n. */
typedef struct gws_neuron_trace {
    float *u;       /* (R,T,n) membrane before the reset; backward needs it */
    float *i;       /* (R,T,n) synaptic current; only models with a synapse, only when its decay is learnt */
    float *b;       /* (R,T,n) adaptation before the step; only adaptive */
    uint64_t *bits; /* (R,T,GWS_BIT_WORDS(n)) spikes; bits beyond n are zero.  NULL when smooth or when it has none */
    float *s;       /* (R,T,n) spikes as numbers: only in smooth mode */
    int R;          /* sequences */
    int64_t T;      /* steps */
} gws_neuron_trace;

/*   x      (R,T,n)       input current; the recurrent model adds its feedback into it (x then holds the whole current)
 *   state  (R,states,n)  in/out, carried from call to call; zeros at the start of a stream */
void gws_neuron_forward(const gws_kernels *K, const gws_neuron *l, const gws_neuron_params *p, float *x, const gws_neuron_trace *tr,
                        float *state);

typedef struct gws_neuron_grads {
    /* Sums over time of the gradients of one or more sequences, added to what is there.  NULL: not wanted. */
    float *a_m, *a_s, *a_b, *beta; /* (n) of the decays themselves */
    float *rec;                    /* (n,n) */
    /* Rows as the trace's. */
    const float *s, *u; /* (R,T,n) in: gradients of spikes and of the membrane before the reset; either may be NULL */
    float *x;           /* (R,T,n) out: gradient of the input current; may be s */
} gws_neuron_grads;

/*   tr   from a forward pass that began with zero state
 *   tmp  scratch of gws_neuron_scratch(l, R) floats, 64-byte aligned
 * Backward takes the spikes from u and leaves tr->bits alone.  For the recurrent model g->x is also the gradient of the feedback.
 * Sequences run in order, and a gradient is one chain over them, each from its last step to its first. */
int64_t gws_neuron_scratch(const gws_neuron *l, int R);
void gws_neuron_backward(const gws_kernels *K, const gws_neuron *l, const gws_neuron_params *p, const gws_neuron_trace *tr,
                         const gws_neuron_grads *g, float *tmp);

#endif
