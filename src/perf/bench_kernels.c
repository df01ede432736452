/* bench_kernels.c - products, functions, neurons and encoders on one thread; a layer of spiking neurons. */
#include "perf/benchmark_private.h"

#include "base/arena.h"
#include "base/log.h"
#include "base/number.h"
#include "base/rng.h"
#include "perf/layer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LAYER_B 16
#define LAYER_T 500

typedef struct product {
    const gws_kernels *K;
    int64_t m, n, k, a_row;
    float *a, *b, *c;
} product;

static void run_product(void *user)
{
    const product *p = user;
    p->K->gemm(p->m, p->n, p->k, p->a, p->a_row, 1, p->b, NULL, p->c, p->n, 0);
}

static gws_status put_product(gws_bench *b, const char *name, int64_t m, int64_t n, int64_t k, int64_t a_row, gws_err *err)
{
    char full[40], shape[40];
    snprintf(full, sizeof full, "kernel_%s", name);
    if (!gws_bench_wanted(b, full))
        return GWS_OK;
    snprintf(shape, sizeof shape, "%lldx%lldx%lld", (long long)m, (long long)n, (long long)k);
    product p = {.K = gws_kernels_get(),
                 .m = m,
                 .n = n,
                 .k = k,
                 .a_row = a_row,
                 .a = gws_bench_normals((m - 1) * a_row + k),
                 .b = gws_arena_alloc((size_t)gws_pack_size(k, n) * sizeof(float)),
                 .c = gws_bench_normals(m * n)};
    float *w = gws_bench_normals(k * n);
    const int ok = p.a && p.b && p.c && w;
    if (ok) {
        gws_pack(k, n, w, n, 1, p.b);
        gws_bench_put_time(b, full, shape, gws_measure(run_product, &p, 0.2 * b->wish->seconds, GWS_BENCH_RUNS), (double)NAN,
                           2.0 * (double)(m * n * k), b->peak1);
    }
    gws_arena_free(w);
    gws_arena_free(p.a);
    gws_arena_free(p.b);
    gws_arena_free(p.c);
    return ok ? GWS_OK : gws_err_set(err, GWS_ENOMEM, "no memory for a product of %s", shape);
}

enum { ELEMENTS = 1 << 16, REPEAT = 16 };

typedef struct elements {
    const gws_kernels *K;
    float *x, *y;
    int what, units;
} elements;

static void run_elements(void *user)
{
    const elements *e = user;
    const int u = e->units;
    for (int i = 0; i < REPEAT; i++) {
        switch (e->what) {
        case 0: e->K->gelu(e->x, e->y, ELEMENTS); break;
        case 1:
            memcpy(e->y, e->x, ELEMENTS * sizeof *e->y);
            e->K->gelu_backward(e->y, e->x, ELEMENTS);
            break;
        case 2:
            memcpy(e->y, e->x, ELEMENTS * sizeof *e->y);
            e->K->exp(e->y, ELEMENTS);
            break;
        case 3: e->K->tanh(e->x, e->y, ELEMENTS); break;
        default:
            for (int k = 0; k + 8 * u <= ELEMENTS; k += 8 * u)
                e->K->gru_gates(e->x + k, e->x + k + 3 * u, e->x + k + 6 * u, e->y + k, e->y + k + u, e->y + k + 2 * u,
                                e->y + k + 3 * u, 1.0f, u);
        }
    }
}

gws_status gws_bench_kernels_rows(gws_bench *b, gws_err *err)
{
    const gws_arch *a = &b->w.c.arch;
    const int64_t C = a->C, T = b->T;
    static const char *const names[5] = {"kernel_gelu", "kernel_gelu_backward", "kernel_exp", "kernel_tanh", "kernel_gru_gates"};
    int64_t rows = T * gws_arch_rows(a);
    char name[32];
    gws_status status = GWS_OK;
    for (int l = 0; l < a->n_stem && status == GWS_OK; l++) {
        const gws_conv *v = &a->stem[l];
        rows /= v->stride;
        snprintf(name, sizeof name, "stem_%d", l);
        status = put_product(b, name, rows, v->cout, (int64_t)v->kernel * v->cin, (int64_t)v->stride * v->cin, err);
    }
    const struct {
        const char *name;
        int64_t m, n, k;
    } all[] = {{"context_input", T, 3 * C, C},         {"context_step", 1, 3 * C, C},           {"context_step", 4, 3 * C, C},
               {"context_step", 16, 3 * C, C},         {"context_step", 64, 3 * C, C},          {"predict", T, a->K * C, C},
               {"spiking_0_dense", T, a->H[0], 2 * C}, {"spiking_1_dense", T, a->H[1], a->H[0]}};
    for (size_t i = 0; i < sizeof all / sizeof *all && status == GWS_OK; i++)
        status = put_product(b, all[i].name, all[i].m, all[i].n, all[i].k, all[i].k, err);
    elements e = {.K = gws_kernels_get(), .x = gws_bench_normals(ELEMENTS), .y = gws_bench_normals(ELEMENTS), .units = (int)C};
    for (e.what = 0; e.what < 5 && e.x && e.y && status == GWS_OK; e.what++) {
        if (!gws_bench_wanted(b, names[e.what]))
            continue;
        const int64_t gates = ELEMENTS / (8 * C) * C;
        const double n = e.what == 4 ? (double)gates : ELEMENTS;
        gws_bench_put_value(b, names[e.what], "",
                            1e9 * gws_measure(run_elements, &e, 0.2 * b->wish->seconds, GWS_BENCH_RUNS).median_s / REPEAT / n,
                            "ns/element", (double)NAN, GWS_BENCH_LESS);
    }
    gws_arena_free(e.x);
    gws_arena_free(e.y);
    return status;
}

typedef struct spiking {
    const gws_kernels *K;
    int64_t m, n, k;
    uint64_t *bits; /* (m,GWS_BIT_WORDS(k)) */
    float *packed, *c, *x, *u, *g, *state, *decay, *tmp;
    gws_neuron neuron;
    gws_encoder encoder;
} spiking;

static void run_spikes(void *user)
{
    const spiking *s = user;
    s->K->gemm_spikes(s->m, s->n, s->k, s->bits, GWS_BIT_WORDS(s->k), s->packed, NULL, s->c, s->n, 0);
}

static gws_neuron_params params_of(const spiking *s)
{
    return (gws_neuron_params){
        .a_m = s->decay, .a_s = s->decay, .a_b = s->decay, .beta = s->decay, .rec = s->packed, .rec_t = s->packed};
}

static gws_neuron_trace trace_of(const spiking *s)
{
    return (gws_neuron_trace){.u = s->u, .bits = s->neuron.model == GWS_NEURON_LI ? NULL : s->bits, .b = s->c, .R = 1, .T = s->m};
}

static void run_neurons(void *user)
{
    const spiking *s = user;
    const gws_neuron_params p = params_of(s);
    const gws_neuron_trace tr = trace_of(s);
    memcpy(s->g, s->x, (size_t)(s->m * s->n) * sizeof *s->x); /* the recurrent model adds to its input */
    gws_neuron_forward(s->K, &s->neuron, &p, s->g, &tr, s->state);
}

static void run_neurons_back(void *user)
{
    const spiking *s = user;
    const gws_neuron_params p = params_of(s);
    const gws_neuron_trace tr = trace_of(s);
    const gws_neuron_grads grads = {.s = s->x, .x = s->g};
    gws_neuron_backward(s->K, &s->neuron, &p, &tr, &grads, s->tmp);
}

static void run_encoder(void *user)
{
    const spiking *s = user;
    gws_encoder_forward(s->K, &s->encoder, s->decay, &(gws_encoder_rows){s->x, s->bits, NULL, s->m - 1}, 0, s->state);
}

static void fill_spikes(const spiking *s, double rate)
{
    const int64_t words = GWS_BIT_WORDS(s->k);
    gws_rng r = gws_rng_init(1, "spikes", 0);
    memset(s->bits, 0, (size_t)(s->m * words) * sizeof *s->bits);
    for (int64_t i = 0; i < s->m; i++)
        for (int64_t j = 0; j < s->k; j++)
            s->bits[i * words + j / 64] |= (uint64_t)(gws_rng_uniform(&r) < rate) << (j % 64);
}

/* Products with spikes beside the dense one's time, neurons and encoders: shapes of the first spiking layer, one window. */
gws_status gws_bench_spiking_rows(gws_bench *b, gws_err *err)
{
    static const double rates[] = {0.01, 0.05, 0.1, 0.3, 0.6};
    const gws_arch *a = &b->w.c.arch;
    const int64_t T = b->T, H = a->H[0], k = 2 * a->C, most = k > H ? k : H;
    char name[40], shape[40];
    spiking s = {.K = gws_kernels_get(), .m = T, .n = H, .k = k};
    s.bits = gws_arena_alloc((size_t)(T * GWS_BIT_WORDS(most)) * sizeof *s.bits);
    s.packed = gws_bench_normals(gws_pack_size(most, most));
    s.c = gws_bench_normals(T * most);
    s.x = gws_bench_normals((T + 1) * most);
    s.u = gws_bench_normals(T * most);
    s.g = gws_bench_normals(T * most);
    s.state = gws_bench_normals(4 * most);
    s.decay = gws_bench_normals(most);
    s.tmp = gws_bench_normals(gws_neuron_scratch(&(gws_neuron){.model = GWS_NEURON_RECURRENT, .n = (int)H}, 1));
    const int ok = s.bits && s.packed && s.c && s.x && s.u && s.g && s.state && s.decay && s.tmp;
    for (int64_t i = 0; ok && i < most; i++)
        s.decay[i] = 0.9f;
    for (size_t i = 0; ok && i < sizeof rates / sizeof *rates && gws_bench_wanted(b, "kernel_spikes"); i++) {
        fill_spikes(&s, rates[i]);
        const gws_timing t = gws_measure(run_spikes, &s, 0.1 * b->wish->seconds, GWS_BENCH_RUNS);
        gws_text_print(shape, sizeof shape, "at %.0f %%", 100.0 * rates[i]);
        gws_bench_put_value(b, "kernel_spikes", shape, (double)gws_bits_count(s.bits, T * GWS_BIT_WORDS(k)) / t.median_s,
                            "spikes/s", (double)NAN, GWS_BENCH_MORE);
        /* what the dense product would have to do in that time */
        gws_bench_put_value(b, "kernel_spikes_as_dense", shape, 2e-9 * (double)(T * H * k) / t.median_s, "GFLOP/s", (double)NAN,
                            GWS_BENCH_MORE);
    }
    s.n = H;
    for (int m = 0; ok && m < GWS_NEURON_MODELS; m++)
        for (int back = 0; back < 2; back++) {
            s.neuron = (gws_neuron){.model = (gws_neuron_model)m, .n = (int)H, .slope = 5.0f};
            snprintf(name, sizeof name, "kernel_%s%s", gws_neuron_describe(s.neuron.model)->name, back ? "_backward" : "");
            if (!gws_bench_wanted(b, name))
                continue;
            memset(s.state, 0, (size_t)(4 * most) * sizeof *s.state);
            run_neurons(&s);
            gws_bench_put_value(
                b, name, "",
                1e9 * gws_measure(back ? run_neurons_back : run_neurons, &s, 0.1 * b->wish->seconds, GWS_BENCH_RUNS).median_s /
                    (double)(T * H),
                "ns/step", (double)NAN, GWS_BENCH_LESS);
        }
    for (int e = 0; ok && e < GWS_ENCODES; e++) {
        s.encoder = (gws_encoder){.kind = (gws_encode)e, .C = a->C, .slope = 20.0f, .period = 8, .tau = 4.0f};
        snprintf(name, sizeof name, "kernel_encode_%s", gws_encode_name(s.encoder.kind));
        if (gws_bench_wanted(b, name))
            gws_bench_put_value(b, name, "",
                                1e9 * gws_measure(run_encoder, &s, 0.1 * b->wish->seconds, GWS_BENCH_RUNS).median_s /
                                    (double)((T - 1) * a->C),
                                "ns/channel", (double)NAN, GWS_BENCH_LESS);
    }
    float *const all[] = {s.packed, s.c, s.x, s.u, s.g, s.state, s.decay, s.tmp};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        gws_arena_free(all[i]);
    gws_arena_free(s.bits);
    return ok ? GWS_OK : gws_err_set(err, GWS_ENOMEM, "no memory for spikes and neurons");
}

/* ---- one layer of n neurons ---- */

gws_status gws_bench_layer_rows(gws_bench *b, int n, gws_err *err)
{
    char name[40], shape[40], text[24];
    gws_bench_layer l;
    const int64_t need = gws_bench_layer_bytes(n, LAYER_B, LAYER_T, b->wish->threads);
    snprintf(name, sizeof name, "layer_%d", n);
    if (need > b->wish->cap) {
        gws_memory_text(need, text);
        gws_log_write(GWS_LOG_INFO, "benchmark", "%s left out: it would need %s", name, text);
        return GWS_OK;
    }
    const gws_status status = gws_bench_layer_create(&l, n, LAYER_B, LAYER_T, b->pool, err);
    if (status == GWS_OK) {
        const double flops = gws_bench_layer_flops(n, LAYER_B, LAYER_T), limit_ms = 1.6 * 1e-6 * flops / b->peak;
        snprintf(shape, sizeof shape, "%dx%dx%d", LAYER_B, LAYER_T, n);
        gws_bench_layer_forward(&l);
        for (int way = 0; way < 2; way++) {
            snprintf(name, sizeof name, "layer_%d_%s", n, way ? "backward" : "forward");
            if (gws_bench_wanted(b, name))
                gws_bench_put_time(
                    b, name, shape,
                    gws_measure(way ? gws_bench_layer_backward : gws_bench_layer_forward, &l, b->wish->seconds, GWS_BENCH_RUNS),
                    limit_ms, flops, b->peak);
        }
    }
    gws_bench_layer_clear(&l);
    return status;
}
