/* Made by tools/golden/energy.py with neurobench 2.3.0, snntorch 1.0.0, torch 2.15.0, numpy 2.4.6: do not edit. */
#ifndef GWS_GOLDEN_ENERGY_H
#define GWS_GOLDEN_ENERGY_H

#define GOLDEN_T 24
#define GOLDEN_CIN 3
#define GOLDEN_KERNEL 8
#define GOLDEN_STRIDE 4
#define GOLDEN_COUT 7
#define GOLDEN_N_IN 70
#define GOLDEN_N_OUT 9
#define GOLDEN_H 11

/* effective, dense, accumulates */
static const long golden_convolution[3] = {2644, 3948, 0};
static const long golden_gru[3] = {9672, 15048, 0};
static const long golden_spikes[3] = {2359, 15120, 1};
static const long golden_ternary[3] = {2359, 15120, 1};
static const long golden_real[3] = {9656, 15120, 0};

static const long golden_membrane_updates = 180;
static const double golden_activation_sparsity = 0.944444444444444; /* of that neuron layer */
static const double golden_connection_sparsity = 0.179; /* rounded; biases of the GRU are weights there */
static const long golden_parameters = 1474, golden_footprint = 5916;

#endif
