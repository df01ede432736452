/* layer.h - one dense layer of spiking neurons over time, the Open Neuromorphic benchmark's work: Linear(n,n) and LIF (decay 0.95,
 * threshold 1, soft reset, fast sigmoid of slope 25, through the reset too) on dense normal input; backward is the gradient of weights
 * and bias for the sum of all spikes. */
#ifndef GWS_PERF_LAYER_H
#define GWS_PERF_LAYER_H

#include "base/err.h"
#include "base/thread.h"
#include "nn/kernels/kernels.h"
#include "nn/neuron.h"

#include <stdint.h>

typedef struct gws_bench_layer {
    const gws_kernels *K;
    gws_pool *pool;
    gws_neuron neuron;
    int n, B;
    int64_t T, scratch_n;
    float *x, *current, *u, *g;         /* (B,T,n) */
    uint64_t *bits;                     /* (B,T,GWS_BIT_WORDS(n)) */
    float *w, *bias, *g_w, *g_b, *pack; /* packed (n,n); (n); (n,n); (n); a stretch of g packed, per thread */
    float *decay, *state, *one;         /* (n); (B,n); (T,n) gradient of the spikes */
    float *scratch;                     /* (B,scratch_n) */
} gws_bench_layer;

/* Clear in any case. */
gws_status gws_bench_layer_create(gws_bench_layer *l, int n, int B, int64_t T, gws_pool *pool, gws_err *err);
void gws_bench_layer_forward(void *layer);
void gws_bench_layer_backward(void *layer); /* of the last forward */
void gws_bench_layer_clear(gws_bench_layer *l);
int64_t gws_bench_layer_bytes(int n, int B, int64_t T, int threads);
double gws_bench_layer_flops(int n, int B, int64_t T); /* of either way */

#endif
