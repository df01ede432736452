/* layer.h - one dense layer of spiking neurons over time, the Open Neuromorphic benchmark's work: Linear(n,n) and LIF on dense
 * normal input; backward is the gradient of weights and bias for the sum of all spikes. */
#ifndef GWS_CLI_LAYER_H
#define GWS_CLI_LAYER_H

#include "base/err.h"
#include "base/thread.h"
#include "nn/kernels/kernels.h"
#include "nn/lif.h"

#include <stdint.h>

typedef struct gws_bench_layer {
    const gws_kernels *K;
    gws_pool *pool;
    gws_lif lif;
    int n, B;
    int64_t T;
    float *x, *current, *i, *u, *s, *g;    /* (B,T,n) */
    float *w, *bias, *g_w, *g_b, *pack;    /* packed (n,n); (n); (n,n); (n); g packed (B*T,n) */
    float *a_s, *a_m, *zero, *state, *one; /* (n) decays; zeros; (B,4n) scratch; (T,n) gradient of the spikes */
} gws_bench_layer;

/* Clear in any case. */
gws_status gws_bench_layer_create(gws_bench_layer *l, int n, int B, int64_t T, gws_pool *pool, gws_err *err);
void gws_bench_layer_forward(void *layer);
void gws_bench_layer_backward(void *layer); /* of the last forward */
void gws_bench_layer_clear(gws_bench_layer *l);
int64_t gws_bench_layer_bytes(int n, int B, int64_t T);
double gws_bench_layer_flops(int n, int B, int64_t T); /* of either way */

#endif
