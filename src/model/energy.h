/* energy.h - what the network costs: NeuroBench's metrics of given windows, and an estimate in joules.
 *
 * Definitions are those of neurobench 2.3.0 (Yik et al. 2025, "The neurobench framework", Nature Communications 16, 1545):
 *
 *   synaptic operations  per connection layer and step: non-zero inputs times the non-zero weights they meet, biases left out.
 *                        Accumulates (AC) when all inputs are -1, 0 or 1, else multiply-accumulates (MAC).  Dense: as if no input
 *                        and no weight were zero.  What stands in front of a stream (padding) is no input.
 *   activation sparsity  zeros / all outputs of activation layers: stem, events, spikes
 *   connection sparsity  zero weights / weights
 *   membrane updates     neurons whose membrane after a step is not what it was before it; the first step counts all
 *   footprint            bytes of all parameters;  parameters: their number
 *
 * The path to the spiking logit is counted: stem, context, both spiking layers, readout.  The filters of a matched stem (9.2 MFLOP
 * per second of data and detector for 48 templates, docs/math/stem.md), the predictions (training only) and the linear head are not
 * counted.
 *
 * Energy of 45 nm at 0.9 V, 32-bit floating point (Horowitz, ISSCC 2014): multiply 3.7 pJ + add 0.9 pJ is a MAC, an add is an AC.
 * A 32-bit word from an 8 KiB on-chip memory 5 pJ (half of his 10 pJ for 64 bits, as PMC8934428 table 3 has it), from DRAM 640 pJ
 * (his 1.3 nJ for 64 bits; Han et al. 2015, arXiv 1506.02626).  Traffic, by the same rules for both networks:
 *
 *   on chip  one weight for every operation done; every real input and output of a layer once, 32 events a word; the state of every
 *            unit of the context (1) and every neuron (2) read and written once a step
 *   DRAM     parameters and input once a window
 *
 * The network beside it is not spiking: the same layers with real activations in place of events and spikes, so every operation is
 * a MAC on dense inputs and the neurons have no state.  This is a proxy for comparing the two, not a measurement of any chip;
 * perf/rapl.h measures this one.
 */
#ifndef GWS_MODEL_ENERGY_H
#define GWS_MODEL_ENERGY_H

#include "model/network.h"

#include <stdint.h>

#define GWS_PJ_MAC 4.6
#define GWS_PJ_AC 0.9
#define GWS_PJ_ON_CHIP 5.0
#define GWS_PJ_DRAM 640.0

/* ---- counting one layer ---- */

typedef struct gws_synops {
    int64_t effective, dense;
    int spiking; /* the effective ones are accumulates */
} gws_synops;

/* Non-zero weights that each input meets.
 *   w    (k,n) in;  fan (k) out
 * returns  their sum */
int64_t gws_fan_out(const float *w, int64_t k, int64_t n, int64_t *fan);

/* Count the operations of `rows` rows of k real inputs.  Row i begins at x + i*x_row; the rows of a strided convolution overlap.
 *   pad  number of floats from x on that are padding */
gws_synops gws_synops_real(const int64_t *fan, int64_t k, int64_t n, const float *x, int64_t rows, int64_t x_row, int64_t pad);

/* Count the operations of rows of k events each, bits (rows,GWS_BIT_WORDS(k)). */
gws_synops gws_synops_spikes(const int64_t *fan, int64_t k, int64_t n, const uint64_t *bits, int64_t rows);

/* v (T,n): membranes after each step's reset, of one sequence. */
int64_t gws_membrane_updates(const float *v, int64_t T, int64_t n);

/* ---- the network ---- */

/* Means of one window. */
typedef struct gws_cost {
    int64_t footprint_bytes, parameters;
    double connection_sparsity, activation_sparsity;
    double spike_rate; /* share of ones among events and spikes */
    double macs, acs, dense;
    double membrane_updates;
    double on_chip_words, dram_words;             /* traffic */
    double dense_on_chip_words, dense_dram_words; /* of the network that does not spike */
} gws_cost;

/* Count what is in `k` after a forward pass of all items from zero state (stem, context, bridge and spiking layers).
 * Allocates scratch.  returns  ENOMEM */
gws_status gws_cost_count(const gws_weights *w, const gws_work *k, gws_cost *out, gws_err *err);

/* Joules of one window. */
typedef struct gws_energy {
    double arithmetic_j, total_j;             /* total: memory traffic included */
    double dense_arithmetic_j, dense_total_j; /* of the network that does not spike */
} gws_energy;

gws_energy gws_energy_estimate(const gws_cost *c);

#endif
