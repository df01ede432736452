/* bench_nn.c - how fast the networks run: products at the default model's shapes, elementwise kernels, the whole detector.
 *
 *   bench_nn [--json] [--seconds S] [--isa scalar|avx2|avx512|neon]
 *
 * One thread.  Every number is the best of several rounds of S seconds (0.1) of that thread's own processor time: other programs
 * only ever make things slower.
 * The share is of the fused multiply-adds that this processor was measured to do on registers alone just before.
 */
#include "base/json.h"
#include "base/progress.h"
#include "perf/peak.h"
#include "base/rng.h"
#include "model/checkpoint.h"
#include "model/classifier.h"
#include "nn/gru.h"
#include "nn/kernels/kernels.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 5
#define STEPS 64 /* of a block: one second of the default model */

typedef struct bench {
    int json;
    double seconds, peak; /* peak in GFLOP/s */
    const gws_kernels *K;
} bench;

/* ---- measuring ---- */

/* Seconds a call of fn, the best of the rounds. */
static double time_of(const bench *b, void (*fn)(void *), void *user)
{
    double best = INFINITY;
    fn(user); /* caches warm, memory touched */
    for (int r = 0; r < ROUNDS; r++) {
        int64_t calls = 0, batch = 1;
        const double begin = gws_cpu_s();
        double took;
        do { /* ever larger batches, so that the clock is not what is measured */
            for (int64_t i = 0; i < batch; i++)
                fn(user);
            calls += batch;
            batch *= 2;
            took = gws_cpu_s() - begin;
        } while (took < b->seconds);
        best = fmin(best, took / (double)calls);
    }
    return best;
}

static float *normals(int64_t n, const char *purpose)
{
    float *x = gws_arena_alloc((size_t)n * sizeof *x);
    if (!x) {
        fprintf(stderr, "bench_nn: no memory\n");
        exit(1);
    }
    gws_rng r = gws_rng_init(1, purpose, 0);
    for (int64_t i = 0; i < n; i++)
        x[i] = (float)gws_rng_normal(&r);
    return x;
}

static void report(const bench *b, const char *name, const char *shape, double value, const char *unit, double share)
{
    if (b->json) {
        gws_json *j = gws_json_object();
        gws_json_put_string(j, "name", name);
        gws_json_put_string(j, "shape", shape);
        gws_json_put_string(j, "isa", gws_isa_name(b->K->isa));
        gws_json_put_f64(j, "value", value);
        gws_json_put_string(j, "unit", unit);
        if (share > 0.0)
            gws_json_put_f64(j, "share_of_peak", share);
        gws_json_print(j, stdout);
    } else if (share > 0.0) {
        printf("%-28s %-20s %10.3f %-14s %3.0f%% of peak\n", name, shape, value, unit, 100.0 * share);
    } else {
        printf("%-28s %-20s %10.3f %s\n", name, shape, value, unit);
    }
    fflush(stdout);
}

typedef struct product {
    const gws_kernels *K;
    int64_t m, n, k, a_row;
    float *a, *b, *c;
} product;

static void run_product(void *user)
{
    product *p = user;
    p->K->gemm(p->m, p->n, p->k, p->a, p->a_row, 1, p->b, NULL, p->c, p->n, 0);
}

static void bench_product(const bench *b, const char *name, int64_t m, int64_t n, int64_t k, int64_t a_row)
{
    char shape[64];
    float *w = normals(k * n, "weights");
    product p = {.K = b->K,
                 .m = m,
                 .n = n,
                 .k = k,
                 .a_row = a_row,
                 .a = normals((m - 1) * a_row + k, "input"),
                 .b = normals(gws_pack_size(k, n), "packed"),
                 .c = normals(m * n, "output")};
    gws_pack(k, n, w, n, 1, p.b);
    const double gflops = 2e-9 * (double)(m * n * k) / time_of(b, run_product, &p);
    snprintf(shape, sizeof shape, "%lldx%lldx%lld", (long long)m, (long long)n, (long long)k);
    report(b, name, shape, gflops, "GFLOP/s", gflops / b->peak);
    gws_arena_free(w);
    gws_arena_free(p.a);
    gws_arena_free(p.b);
    gws_arena_free(p.c);
}

/* Weight gradient of a layer: x^T g, x read across its rows. */
static void run_transposed(void *user)
{
    product *p = user;
    p->K->gemm(p->m, p->n, p->k, p->a, 1, p->a_row, p->b, NULL, p->c, p->n, 1);
}

static void bench_transposed(const bench *b, const char *name, int64_t m, int64_t n, int64_t k, int64_t a_row)
{
    char shape[64];
    product p = {.K = b->K,
                 .m = m,
                 .n = n,
                 .k = k,
                 .a_row = a_row,
                 .a = normals((k - 1) * a_row + m, "input"),
                 .b = normals(gws_pack_size(k, n), "packed"),
                 .c = normals(m * n, "output")};
    const double gflops = 2e-9 * (double)(m * n * k) / time_of(b, run_transposed, &p);
    snprintf(shape, sizeof shape, "%lldx%lldx%lld", (long long)m, (long long)n, (long long)k);
    report(b, name, shape, gflops, "GFLOP/s", b->peak > 0.0 ? gflops / b->peak : 0.0);
    gws_arena_free(p.a);
    gws_arena_free(p.b);
    gws_arena_free(p.c);
}

typedef struct spike_product {
    product p;
    uint64_t *bits;
} spike_product;

static void run_spikes(void *user)
{
    spike_product *s = user;
    s->p.K->gemm_spikes(s->p.m, s->p.n, s->p.k, s->bits, GWS_BIT_WORDS(s->p.k), s->p.b, NULL, s->p.c, s->p.n, 0);
}

/* The first spiking layer at several rates: time beside the dense product's, and spikes a second. */
static void bench_spikes(const bench *b, int64_t m, int64_t n, int64_t k)
{
    static const double rates[] = {0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 1.0};
    spike_product s = {.p = {.K = b->K,
                             .m = m,
                             .n = n,
                             .k = k,
                             .a_row = k,
                             .a = normals(m * k, "input"),
                             .b = normals(gws_pack_size(k, n), "packed"),
                             .c = normals(m * n, "output")},
                       .bits = gws_arena_alloc((size_t)(m * GWS_BIT_WORDS(k)) * sizeof *s.bits)};
    if (!s.bits)
        exit(1);
    const double dense = time_of(b, run_product, &s.p);
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        gws_rng r = gws_rng_init(1, "spikes", i);
        for (int64_t row = 0; row < m; row++)
            for (int64_t j = 0; j < k; j++) {
                uint64_t *w = &s.bits[row * GWS_BIT_WORDS(k) + j / 64];
                *w = (*w & ~(UINT64_C(1) << (j % 64))) | (uint64_t)(gws_rng_uniform(&r) < rates[i]) << (j % 64);
            }
        char shape[64], name[64];
        const double took = time_of(b, run_spikes, &s);
        snprintf(name, sizeof name, "spikes at %.0f %%", 100.0 * rates[i]);
        snprintf(shape, sizeof shape, "%.2f of dense", took / dense);
        report(b, name, shape, 1e-6 * (double)gws_bits_count(s.bits, m * GWS_BIT_WORDS(k)) / took, "M spikes/s", 0.0);
    }
    gws_arena_free(s.p.a);
    gws_arena_free(s.p.b);
    gws_arena_free(s.p.c);
    gws_arena_free(s.bits);
}

enum { ELEMENTS = 4096, UNITS = 256 };

typedef struct elements {
    const gws_kernels *K;
    float *x, *y, *z; /* (ELEMENTS) */
    int64_t T;
} elements;

static void run_gelu(void *user)
{
    elements *e = user;
    e->K->gelu(e->x, e->y, ELEMENTS);
}

static void run_gelu_backward(void *user)
{
    elements *e = user;
    memcpy(e->y, e->z, ELEMENTS * sizeof *e->y); /* it works in place: without this the numbers would soon be denormal */
    e->K->gelu_backward(e->y, e->x, ELEMENTS);
}

static void run_exp(void *user)
{
    elements *e = user;
    memcpy(e->y, e->x, ELEMENTS * sizeof *e->y);
    e->K->exp(e->y, ELEMENTS);
}

static void run_gates(void *user)
{
    elements *e = user;
    e->K->gru_gates(e->x, e->z, e->x + 3 * UNITS, e->y, e->y + UNITS, e->y + 2 * UNITS, e->y + 3 * UNITS, 1.0f, UNITS);
}

static void run_neurons(void *user)
{
    static float decay[UNITS], state[2 * UNITS], u[ELEMENTS];
    static uint64_t bits[ELEMENTS / 64];
    elements *e = user;
    const gws_neuron l = {.model = GWS_NEURON_CUBA, .n = UNITS, .slope = 5.0f};
    const gws_neuron_params p = {.a_m = decay, .a_s = decay};
    const gws_neuron_trace tr = {.u = u, .bits = bits, .R = 1, .T = ELEMENTS / UNITS};
    for (int k = 0; k < UNITS; k++)
        decay[k] = 0.9f;
    gws_neuron_forward(e->K, &l, &p, e->x, &tr, state);
}

static void run_neurons_backward(void *user)
{
    static float decay[UNITS], tmp[8 * UNITS], u[ELEMENTS];
    static uint64_t bits[ELEMENTS / 64];
    elements *e = user;
    const gws_neuron l = {.model = GWS_NEURON_CUBA, .n = UNITS, .slope = 5.0f};
    const gws_neuron_params p = {.a_m = decay, .a_s = decay};
    const gws_neuron_trace tr = {.u = u, .bits = bits, .R = 1, .T = ELEMENTS / UNITS};
    const gws_neuron_grads g = {.s = e->x, .x = e->y};
    for (int k = 0; k < UNITS; k++)
        decay[k] = 0.9f;
    gws_neuron_backward(e->K, &l, &p, &tr, &g, tmp);
}

static void bench_elements(const bench *b)
{
    elements e = {.K = b->K, .x = normals(ELEMENTS, "x"), .y = normals(ELEMENTS, "y"), .z = normals(ELEMENTS, "z")};
    const struct {
        const char *name, *shape;
        void (*fn)(void *);
        double n;
        const char *unit;
    } all[] = {{"gelu", "4096", run_gelu, ELEMENTS, "ns/element"},
               {"gelu backward", "4096", run_gelu_backward, ELEMENTS, "ns/element"},
               {"exp", "4096", run_exp, ELEMENTS, "ns/element"},
               {"GRU gates", "256", run_gates, UNITS, "ns/unit"},
               {"neurons (cuba)", "16x256", run_neurons, ELEMENTS, "ns/neuron"},
               {"neurons backward", "16x256", run_neurons_backward, ELEMENTS, "ns/neuron"}};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        report(b, all[i].name, all[i].shape, 1e9 * time_of(b, all[i].fn, &e) / all[i].n, all[i].unit, 0.0);
    gws_arena_free(e.x);
    gws_arena_free(e.y);
    gws_arena_free(e.z);
}

/* One step of the context network for a few sequences: the product and the gates, as in nn/gru.c. */
typedef struct gru_bench {
    const gws_kernels *K;
    gws_gru_work w;
    float *rec, *bias;
    int R, n;
} gru_bench;

static void run_gru(void *user)
{
    gru_bench *g = user;
    gws_gru_forward(g->K, g->n, g->rec, g->bias, &g->w);
}

static void bench_gru(const bench *b, int n, int R)
{
    const int64_t RT = (int64_t)R * STEPS;
    gru_bench g = {.K = b->K, .R = R, .n = n, .rec = normals(gws_pack_size(n, 3 * n), "rec"), .bias = normals(3 * n, "bias")};
    g.w = (gws_gru_work){.R = R,
                         .T = STEPS,
                         .cap = STEPS,
                         .keep = 1.0f,
                         .xi = normals(RT * 3 * n, "xi"),
                         .r = normals(RT * n, "r"),
                         .u = normals(RT * n, "u"),
                         .c = normals(RT * n, "c"),
                         .hn = normals(RT * n, "hn"),
                         .h = normals((RT + R) * n, "h"),
                         .step = normals(3 * (int64_t)(R + 1) * n, "step")};
    for (int64_t i = 0; i < gws_pack_size(n, 3 * n); i++)
        g.rec[i] *= 0.06f; /* 1/sqrt(n): states stay in range */
    char shape[64];
    snprintf(shape, sizeof shape, "%d x %d units", R, n);
    report(b, "GRU step", shape, 1e6 * time_of(b, run_gru, &g) / STEPS, "us", 0.0);
    float *const all[] = {g.rec, g.bias, g.w.xi, g.w.r, g.w.u, g.w.c, g.w.hn, g.w.h, g.w.step};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        gws_arena_free(all[i]);
}

/* ---- the whole detector ---- */

typedef struct stream {
    gws_classifier *d;
    const float *w[GWS_MODEL_IFOS];
    int64_t at, n, rate;
} stream;

static void run_second(void *user)
{
    stream *s = user;
    for (int64_t i = 0; i < s->rate; i += s->n)
        gws_classifier_push(s->d, s->at + i,
                            (const float *const[]){s->w[0] + i, s->w[1] + i, s->w[2] + i, s->w[3] + i, s->w[4] + i},
                            s->n < s->rate - i ? s->n : s->rate - i, NULL, NULL);
    s->at += s->rate;
}

static int bench_detector(const bench *b, const gws_checkpoint *c)
{
    gws_err err;
    gws_model *m = gws_model_borrow(c, &err);
    if (!m) {
        fprintf(stderr, "bench_nn: %s\n", err.text);
        return 1;
    }
    const int rate = c->arch.rate_hz, hop = gws_arch_hop(&c->arch);
    float *noise = normals((int64_t)GWS_MODEL_IFOS * rate, "noise");
    const struct {
        const char *name;
        int64_t n;
    } all[] = {{"detector, seconds at once", rate}, {"detector, hop by hop", hop}};
    for (int i = 0; i < 2; i++) {
        stream s = {.d = gws_classifier_create(m, 0, &err), .n = all[i].n, .rate = rate};
        if (!s.d) {
            fprintf(stderr, "bench_nn: %s\n", err.text);
            gws_arena_free(noise);
            gws_model_destroy(m);
            return 1;
        }
        for (int k = 0; k < GWS_MODEL_IFOS; k++)
            s.w[k] = noise + (int64_t)k * rate;
        const double took = time_of(b, run_second, &s);
        char shape[64];
        snprintf(shape, sizeof shape, "%.2f ms a second", 1e3 * took);
        report(b, all[i].name, shape, 1.0 / took, "x real time", 0.0);
        gws_classifier_destroy(s.d);
    }
    gws_arena_free(noise);
    gws_model_destroy(m);
    return 0;
}

int main(int argc, char **argv)
{
    bench b = {.seconds = 0.1};
    gws_isa isa;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            b.json = 1;
        } else if (strcmp(argv[i], "--seconds") == 0 && i + 1 < argc && atof(argv[i + 1]) > 0.0) {
            b.seconds = atof(argv[++i]);
        } else if (strcmp(argv[i], "--isa") == 0 && i + 1 < argc && gws_isa_parse(argv[i + 1], &isa) && gws_kernels_of(isa)) {
            gws_isa_limit(isa);
            i++;
        } else {
            fprintf(stderr, "usage: bench_nn [--json] [--seconds S] [--isa NAME]    (an instruction set that this machine has)\n");
            return 2;
        }
    }
    b.K = gws_kernels_get();
    gws_checkpoint c;
    gws_err err;
    if (gws_checkpoint_init(&c, "[model]\n", 1, GWS_TO_RUN, &err)) { /* the defaults are the shipped model's shapes */
        fprintf(stderr, "bench_nn: %s\n", err.text);
        return 1;
    }
    b.peak = gws_peak_gflops(b.K->isa, NULL, b.seconds);
    report(&b, "fused multiply-adds", "registers", b.peak, "GFLOP/s", 1.0);

    const gws_arch *a = &c.arch;
    const int64_t C = a->C;
    int64_t rows = (int64_t)STEPS * gws_arch_hop(a);
    for (int l = 0; l < a->n_stem; l++) {
        const gws_conv *v = &a->stem[l];
        char name[32];
        snprintf(name, sizeof name, "convolution %d", l);
        rows /= v->stride;
        bench_product(&b, name, rows, v->cout, (int64_t)v->kernel * v->cin, (int64_t)v->stride * v->cin);
    }
    bench_product(&b, "context, input", STEPS, 3 * C, C, C);
    for (int64_t m = 1; m <= 64; m = m == 4 || m == 2 ? m + m / 2 : m == 3 ? 4 : m == 6 ? 8 : 2 * m) {
        char name[32];
        snprintf(name, sizeof name, "context, %lld rows", (long long)m);
        bench_product(&b, name, m, 3 * C, C, C);
    }
    rows = (int64_t)STEPS * gws_arch_hop(a);
    for (int l = 0; l < a->n_stem; l++) {
        const gws_conv *v = &a->stem[l];
        char name[32];
        snprintf(name, sizeof name, "weights of convolution %d", l);
        rows /= v->stride;
        bench_transposed(&b, name, (int64_t)v->kernel * v->cin, v->cout, 4 * rows, (int64_t)v->stride * v->cin);
    }
    bench_transposed(&b, "weights of context", C, 3 * C, 4 * STEPS, C);
    bench_product(&b, "predictions", STEPS, a->K * C, C, C);
    bench_product(&b, "first spiking layer", STEPS, a->H[0], 2 * C, 2 * C);
    bench_product(&b, "second spiking layer", STEPS, a->H[1], a->H[0], a->H[0]);
    bench_spikes(&b, 4 * STEPS, a->H[0], 2 * C);
    bench_elements(&b);
    bench_gru(&b, (int)C, 1);
    bench_gru(&b, (int)C, 16);
    const int failed = bench_detector(&b, &c);
    gws_checkpoint_clear(&c);
    return failed;
}
