#include "cli/layer.h"

#include "base/arena.h"
#include "base/rng.h"

#include <math.h>
#include <string.h>

#define ROWS 64 /* of the weights' gradient, a task */

static int64_t floats(int n, int B, int64_t T)
{
    const int64_t N = n;
    return 6 * B * T * N + gws_pack_size(N, N) + gws_pack_size(B * T, N) + N * N + 5 * N + 4 * B * N + T * N;
}

int64_t gws_bench_layer_bytes(int n, int B, int64_t T)
{
    return floats(n, B, T) * (int64_t)sizeof(float) + (int64_t)n * n * (int64_t)sizeof(float);
}

double gws_bench_layer_flops(int n, int B, int64_t T)
{
    return 2.0 * (double)B * (double)T * n * n;
}

gws_status gws_bench_layer_create(gws_bench_layer *l, int n, int B, int64_t T, gws_pool *pool, gws_err *err)
{
    const int64_t N = n, BT = B * T;
    gws_rng r = gws_rng_init(1, "layer", 0);
    struct {
        float **where;
        int64_t n;
    } want[] = {{&l->x, BT * N},
                {&l->current, BT * N},
                {&l->i, BT * N},
                {&l->u, BT * N},
                {&l->s, BT * N},
                {&l->g, BT * N},
                {&l->w, gws_pack_size(N, N)},
                {&l->bias, N},
                {&l->g_w, N * N},
                {&l->g_b, N},
                {&l->pack, gws_pack_size(BT, N)},
                {&l->a_s, N},
                {&l->a_m, N},
                {&l->zero, N},
                {&l->state, 4 * B * N},
                {&l->one, T * N}};
    memset(l, 0, sizeof *l);
    l->K = gws_kernels_get();
    l->pool = pool;
    l->lif = (gws_lif){.n = n, .slope = 25.0f};
    l->n = n;
    l->B = B;
    l->T = T;
    float *w = gws_arena_alloc((size_t)(N * N) * sizeof *w);
    for (size_t k = 0; k < sizeof want / sizeof *want && w; k++)
        if (!(*want[k].where = gws_arena_alloc((size_t)want[k].n * sizeof(float)))) {
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
        l->a_m[k] = 0.95f;
    for (int64_t k = 0; k < T * N; k++)
        l->one[k] = 1.0f;
    return GWS_OK;
}

static void forward_item(void *user, int b, int thread)
{
    gws_bench_layer *l = user;
    const int64_t n = l->n, at = b * l->T * n;
    float *i0 = l->state + (int64_t)b * 4 * n, *v0 = i0 + n;
    memset(i0, 0, (size_t)(2 * n) * sizeof *i0);
    l->K->gemm(l->T, n, n, l->x + at, n, 1, l->w, l->bias, l->current + at, n, 0);
    gws_lif_forward(&l->lif, l->a_s, l->a_m, l->current + at, l->i + at, l->u + at, l->s + at, i0, v0, l->T);
}

void gws_bench_layer_forward(void *layer)
{
    gws_bench_layer *l = layer;
    gws_pool_run(l->pool, l->B, forward_item, l);
}

static void backward_item(void *user, int b, int thread)
{
    gws_bench_layer *l = user;
    const int64_t n = l->n, at = b * l->T * n;
    float *scratch = l->state + (int64_t)b * 4 * n;
    memset(scratch, 0, (size_t)(4 * n) * sizeof *scratch);
    gws_lif_backward(&l->lif, l->a_s, l->a_m, l->i + at, l->u + at, l->s + at, l->zero, l->zero, l->one, NULL, l->g + at,
                     scratch + 2 * n, scratch + 3 * n, scratch, l->T);
}

/* Panels of the packed gradient, and the bias's share of them. */
static void pack_columns(void *user, int task, int thread)
{
    gws_bench_layer *l = user;
    const int64_t BT = l->B * l->T, from = (int64_t)task * ROWS, cols = l->n - from < ROWS ? l->n - from : ROWS;
    gws_pack(BT, cols, l->g + from, l->n, 1, l->pack + from * BT);
    memset(l->g_b + from, 0, (size_t)cols * sizeof *l->g_b);
    for (int64_t t = 0; t < BT; t++)
        l->K->add(l->g_b + from, l->g + t * l->n + from, cols);
}

static void weight_rows(void *user, int task, int thread)
{
    gws_bench_layer *l = user;
    const int64_t from = (int64_t)task * ROWS, rows = l->n - from < ROWS ? l->n - from : ROWS;
    l->K->gemm(rows, l->n, l->B * l->T, l->x + from, 1, l->n, l->pack, NULL, l->g_w + from * l->n, l->n, 0);
}

void gws_bench_layer_backward(void *layer)
{
    gws_bench_layer *l = layer;
    const int tasks = (l->n + ROWS - 1) / ROWS;
    gws_pool_run(l->pool, l->B, backward_item, l);
    gws_pool_run(l->pool, tasks, pack_columns, l);
    gws_pool_run(l->pool, tasks, weight_rows, l);
}

void gws_bench_layer_clear(gws_bench_layer *l)
{
    float *const all[] = {l->x,   l->current, l->i,    l->u,   l->s,   l->g,    l->w,     l->bias,
                          l->g_w, l->g_b,     l->pack, l->a_s, l->a_m, l->zero, l->state, l->one};
    for (size_t k = 0; k < sizeof all / sizeof *all; k++)
        gws_arena_free(all[k]);
    memset(l, 0, sizeof *l);
}
