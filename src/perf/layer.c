#include "perf/layer.h"

#include "base/arena.h"
#include "base/rng.h"

#include <math.h>
#include <string.h>

#define BLOCK 512   /* rows, and most columns, of a block of the weights' gradient */
#define STRETCH 512 /* steps of it at once */

typedef struct place {
    void **where;
    int64_t bytes;
} place;

enum { PLACES = 14 };

/* Everything a layer keeps: the one list that allocates, adds up and frees. */
static void lay_out(gws_bench_layer *l, int n, int B, int64_t T, int threads, place want[PLACES])
{
    const int64_t N = n, BT = B * T, f = sizeof(float);
    l->n = n;
    l->B = B;
    l->T = T;
    l->neuron = (gws_neuron){.model = GWS_NEURON_LIF,
                             .surrogate = GWS_SURROGATE_FAST_SIGMOID,
                             .reset = GWS_RESET_SOFT,
                             .n = n,
                             .slope = 25.0f,
                             .reset_gradient = 1};
    l->scratch_n = (gws_neuron_scratch(&l->neuron, 1) + 15) / 16 * 16;
    const place all[PLACES] = {{(void **)&l->x, BT * N * f},
                               {(void **)&l->current, BT * N * f},
                               {(void **)&l->u, BT * N * f},
                               {(void **)&l->g, BT * N * f},
                               {(void **)&l->bits, BT * GWS_BIT_WORDS(N) * (int64_t)sizeof(uint64_t)},
                               {(void **)&l->w, gws_pack_size(N, N) * f},
                               {(void **)&l->bias, N * f},
                               {(void **)&l->g_w, N * N * f},
                               {(void **)&l->g_b, N * f},
                               {(void **)&l->pack, threads * gws_pack_size(STRETCH, BLOCK) * f},
                               {(void **)&l->decay, N * f},
                               {(void **)&l->state, B * N * f},
                               {(void **)&l->one, T * N * f},
                               {(void **)&l->scratch, B * l->scratch_n * f}};
    memcpy(want, all, sizeof all);
}

int64_t gws_bench_layer_bytes(int n, int B, int64_t T, int threads)
{
    gws_bench_layer l;
    place want[PLACES];
    int64_t bytes = (int64_t)n * n * (int64_t)sizeof(float); /* the weights before they are packed */
    lay_out(&l, n, B, T, threads, want);
    for (int k = 0; k < PLACES; k++)
        bytes += want[k].bytes;
    return bytes;
}

double gws_bench_layer_flops(int n, int B, int64_t T)
{
    return 2.0 * (double)B * (double)T * n * n;
}

gws_status gws_bench_layer_create(gws_bench_layer *l, int n, int B, int64_t T, gws_pool *pool, gws_err *err)
{
    const int64_t N = n, BT = B * T;
    gws_rng r = gws_rng_init(1, "layer", 0);
    place want[PLACES];
    memset(l, 0, sizeof *l);
    l->K = gws_kernels_get();
    l->pool = pool;
    lay_out(l, n, B, T, gws_pool_threads(pool), want);
    float *w = gws_arena_alloc((size_t)(N * N) * sizeof *w);
    for (int k = 0; k < PLACES && w; k++)
        if (!(*want[k].where = gws_arena_alloc((size_t)want[k].bytes))) {
            gws_arena_free(w);
            w = NULL;
        }
    if (!w)
        return gws_err_set(err, GWS_ENOMEM, "no memory for a layer of %d neurons", n);
    for (int64_t k = 0; k < N * N; k++)
        w[k] = (float)(gws_rng_normal(&r) / sqrt((double)n));
    gws_pack(N, N, w, N, 1, l->w);
    gws_arena_free(w);
    for (int64_t k = 0; k < BT * N; k++)
        l->x[k] = (float)gws_rng_normal(&r);
    for (int64_t k = 0; k < N; k++)
        l->decay[k] = 0.95f;
    for (int64_t k = 0; k < T * N; k++)
        l->one[k] = 1.0f;
    return GWS_OK;
}

static gws_neuron_trace trace_of(const gws_bench_layer *l, int b)
{
    const int64_t row = b * l->T;
    return (gws_neuron_trace){.u = l->u + row * l->n, .bits = l->bits + row * GWS_BIT_WORDS(l->n), .R = 1, .T = l->T};
}

static void forward_item(void *user, int b, int thread)
{
    gws_bench_layer *l = user;
    const int64_t n = l->n, at = b * l->T * n;
    const gws_neuron_trace tr = trace_of(l, b);
    const gws_neuron_params p = {.a_m = l->decay};
    memset(l->state + b * n, 0, (size_t)n * sizeof *l->state);
    l->K->gemm(l->T, n, n, l->x + at, n, 1, l->w, l->bias, l->current + at, n, 0);
    gws_neuron_forward(l->K, &l->neuron, &p, l->current + at, &tr, l->state + b * n);
}

void gws_bench_layer_forward(void *layer)
{
    gws_bench_layer *l = layer;
    gws_pool_run(l->pool, l->B, forward_item, l);
}

static void backward_item(void *user, int b, int thread)
{
    gws_bench_layer *l = user;
    const gws_neuron_trace tr = trace_of(l, b);
    const gws_neuron_params p = {.a_m = l->decay};
    const gws_neuron_grads grads = {.s = l->one, .x = l->g + b * l->T * l->n};
    gws_neuron_backward(l->K, &l->neuron, &p, &tr, &grads, l->scratch + b * l->scratch_n);
}

/* Columns of a task: enough to be worth the reading of x, few enough to share out. */
static int64_t columns(const gws_bench_layer *l)
{
    const int64_t share = l->n / (2 * gws_pool_threads(l->pool)) / GWS_PANEL * GWS_PANEL;
    return share < GWS_PANEL ? GWS_PANEL : share > BLOCK ? BLOCK : share;
}

/* A block of the weights' gradient, all items and steps added in order, and the bias's share. */
static void weight_block(void *user, int task, int thread)
{
    gws_bench_layer *l = user;
    const int64_t n = l->n, BT = l->B * l->T, wide = columns(l), down = (n + BLOCK - 1) / BLOCK;
    const int64_t n0 = task / down * wide, m0 = task % down * BLOCK;
    const int64_t cols = n - n0 < wide ? n - n0 : wide, rows = n - m0 < BLOCK ? n - m0 : BLOCK;
    float *pack = l->pack + thread * gws_pack_size(STRETCH, BLOCK);
    if (m0 == 0)
        memset(l->g_b + n0, 0, (size_t)cols * sizeof *l->g_b);
    for (int64_t t = 0; t < BT; t += STRETCH) {
        const int64_t steps = BT - t < STRETCH ? BT - t : STRETCH;
        const float *g = l->g + t * n + n0;
        gws_pack(steps, cols, g, n, 1, pack);
        l->K->gemm(rows, cols, steps, l->x + t * n + m0, 1, n, pack, NULL, l->g_w + m0 * n + n0, n, t > 0);
        for (int64_t i = 0; i < steps && m0 == 0; i++)
            l->K->add(l->g_b + n0, g + i * n, cols);
    }
}

void gws_bench_layer_backward(void *layer)
{
    gws_bench_layer *l = layer;
    const int64_t across = (l->n + columns(l) - 1) / columns(l), down = (l->n + BLOCK - 1) / BLOCK;
    gws_pool_run(l->pool, l->B, backward_item, l);
    gws_pool_run(l->pool, (int)(across * down), weight_block, l);
}

void gws_bench_layer_clear(gws_bench_layer *l)
{
    void *const all[] = {l->x,   l->current, l->u,    l->g,     l->bits,  l->w,   l->bias,
                         l->g_w, l->g_b,     l->pack, l->decay, l->state, l->one, l->scratch};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        gws_arena_free(all[k]);
    memset(l, 0, sizeof *l);
}
