#include "perf/workload.h"

#include "base/arena.h"
#include "base/file.h"
#include "base/number.h"
#include "base/rng.h"
#include "train/step.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

gws_status gws_workload_open(gws_workload *w, const char *path, const char *model, gws_err *err)
{
    gws_status status;
    memset(w, 0, sizeof *w);
    snprintf(w->path, sizeof w->path, "%s", path);
    if (!(w->ini = gws_ini_load(w->path, err)))
        return err->status;
    if ((status = gws_step_params_from_ini(w->ini, &w->step, err)) ||
        (status = gws_checkpoint_init(&w->c, gws_ini_text(w->ini), w->step.seed, GWS_TO_TRAIN, err))) {
        gws_err_prefix(err, "%s", w->path);
        return status;
    }
    w->step.accumulate = 1;
    w->step.phase[GWS_PRETRAIN].anchors = w->step.phase[GWS_CLASSIFY].anchors = 0;
    if (model) /* of another architecture: the fresh ones stay */
        w->trained = gws_checkpoint_start_from(&w->c, model, NULL) == GWS_OK;
    return GWS_OK;
}

void gws_workload_clear(gws_workload *w)
{
    gws_ini_destroy(w->ini);
    gws_checkpoint_clear(&w->c);
    memset(w, 0, sizeof *w);
}

int64_t gws_workload_steps(const gws_workload *w, double window_s)
{
    return (int64_t)(window_s * w->c.arch.rate_hz) / gws_arch_hop(&w->c.arch);
}

gws_ini *gws_workload_data(const gws_workload *w, int signals, int noise_s, double window_s, gws_err *err)
{
    static const char *const ours[] = {"detectors",    "rate_hz",  "signals",       "valid_signals",
                                       "test_signals", "noise_s",  "valid_noise_s", "test_noise_s",
                                       "stretch_s",    "window_s", "merger_min_s",  "merger_max_s"};
    const int matched = w->c.arch.matched && window_s > 0.0;
    const size_t n_ours = sizeof ours / sizeof *ours - (matched ? 0 : 2); /* mergers stay where the recipe has them */
    const char *section, *key, *value, *last = "", *window = gws_ini_string(w->ini, "data", "window_s", "2");
    const size_t room = strlen(gws_ini_text(w->ini)) * 2 + 2000;
    char *text = malloc(room);
    gws_ini *ini = NULL;
    if (!text) {
        gws_err_set(err, GWS_ENOMEM, "no memory for a recipe");
        return NULL;
    }
    size_t n = (size_t)gws_text_print(
        text, room,
        "[data]\ndetectors = %s\nrate_hz = %d\nsignals = %d\nvalid_signals = %d\ntest_signals = %d\nnoise_s = %d\n"
        "valid_noise_s = %d\ntest_noise_s = %d\nstretch_s = %d\n",
        w->c.detectors, w->c.arch.rate_hz, signals, signals, signals, noise_s, noise_s, noise_s, noise_s / 2);
    if (matched) {
        window_s += ceil((double)w->c.arch.bank.taps / 512.0 + 0.25);
        n += (size_t)gws_text_print(text + n, room - n, "merger_min_s = %.9g\nmerger_max_s = %.9g\n", window_s - 1.5,
                                    window_s - 0.5);
    }
    n += (size_t)(window_s > 0.0 ? gws_text_print(text + n, room - n, "window_s = %.9g\n", window_s)
                                 : gws_text_print(text + n, room - n, "window_s = %s\n", window));
    /* the rest of [data], then the other sections as they are */
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; gws_ini_entry(w->ini, i, &section, &key, &value); i++) {
            const int is_data = strcmp(section, "data") == 0;
            int skip = is_data == pass;
            for (size_t k = 0; is_data && k < n_ours; k++)
                skip |= strcmp(key, ours[k]) == 0;
            if (skip || n + strlen(section) + strlen(key) + strlen(value) + 16 > room)
                continue;
            if (pass && strcmp(section, last) != 0)
                n += (size_t)gws_text_print(text + n, room - n, "[%s]\n", section);
            last = section;
            n += (size_t)gws_text_print(text + n, room - n, "%s = %s\n", key, value);
        }
    ini = gws_ini_parse(text, w->path, err);
    free(text);
    return ini;
}

/* ---- forward ---- */

static void fill_noise(float *x, int64_t n, const char *purpose, uint64_t number)
{
    gws_rng r = gws_rng_init(1, purpose, number);
    for (int64_t i = 0; i < n; i++)
        x[i] = (float)gws_rng_normal(&r);
}

static gws_status open_stem(gws_bench_net *n, const gws_workload *w, int64_t T, gws_err *err)
{
    const gws_checkpoint *c = &w->c;
    const int threads = gws_pool_threads(n->pool);
    const int64_t N = T * GWS_STEM_HOP * c->arch.ifos;
#define ROW(row) (c->p + c->table.rows[row].offset)
    n->stem = gws_stem_create(n->K, &c->arch.bank, ROW(c->rows.bank), ROW(c->rows.bank_weight), ROW(c->rows.bank_place), err);
#undef ROW
    n->streams = calloc((size_t)threads, sizeof *n->streams);
    n->at = calloc((size_t)threads, sizeof *n->at);
    n->strain = gws_arena_alloc((size_t)N * sizeof *n->strain);
    if (!n->stem || !n->streams || !n->at || !n->strain)
        return gws_err_set(err, GWS_ENOMEM, "no memory for a matched stem");
    for (int i = 0; i < threads; i++)
        if (!(n->streams[i] = gws_stemming_create(n->stem, 0, NULL, err)))
            return GWS_ENOMEM;
    fill_noise(n->strain, N, "benchmark strain", 0);
    return GWS_OK;
}

/* Where the rows of an item go, and how many are still wanted. */
typedef struct filling {
    float *x;
    int64_t left, inputs;
} filling;

static void keep_rows(void *user, int64_t step, const float *x, int64_t n)
{
    filling *f = user;
    const int64_t take = n < f->left ? n : f->left;
    memcpy(f->x, x, (size_t)(take * f->inputs) * sizeof *x);
    f->x += take * f->inputs;
    f->left -= take;
}

static void filter_item(void *user, int b, int thread)
{
    gws_bench_net *n = user;
    const gws_arch *a = n->k.a;
    const int64_t history = a->stem[0].history, N = n->k.T * GWS_STEM_HOP;
    const float *w[GWS_MODEL_IFOS];
    filling f = {.x = n->k.x + (b * (history + n->k.T) + history) * a->inputs, .left = n->k.T, .inputs = a->inputs};
    for (int i = 0; i < a->ifos; i++)
        w[i] = n->strain + i * N;
    gws_stemming_push(n->streams[thread], n->at[thread], w, N, keep_rows, &f);
    n->at[thread] += N;
}

gws_status gws_bench_net_create(gws_bench_net *n, const gws_workload *w, int B, int64_t T, gws_pool *pool, gws_err *err)
{
    const gws_arch *a = &w->c.arch;
    const int64_t history = a->stem[0].history, N = T * gws_arch_rows(a);
    gws_status status;
    memset(n, 0, sizeof *n);
    n->K = gws_kernels_get();
    n->pool = pool;
    if ((status = gws_weights_create(&n->w, a, &w->c.table, &w->c.rows, GWS_TO_RUN, err)) ||
        (status = gws_work_create(&n->k, a, &(gws_work_shape){B, T, 0, GWS_TO_RUN, gws_pool_threads(pool)}, err)))
        return status;
    gws_weights_update(&n->w, n->K, pool, w->c.p);
    for (int b = 0; b < B; b++)
        fill_noise(n->k.x + (b * (history + N) + history) * a->inputs, N * a->inputs, "benchmark", (uint64_t)b);
    n->stages = GWS_DO_LOGITS;
    if (a->matched && (status = open_stem(n, w, T, err)))
        return status;
    gws_bench_net_run(n);
    return GWS_OK;
}

void gws_bench_net_run(void *net)
{
    gws_bench_net *n = net;
    for (int b = 0; b < n->k.B && n->stages & GWS_DO_SPIKING; b++)
        gws_work_reset(&n->k, b);
    if (n->stem && n->stages & GWS_DO_STEM)
        gws_pool_run(n->pool, n->k.B, filter_item, n);
    gws_net_run(n->K, n->pool, &n->w, &n->k, &n->pass, n->stages);
}

void gws_bench_net_clear(gws_bench_net *n)
{
    for (int i = 0; i < gws_pool_threads(n->pool) && n->streams; i++)
        gws_stemming_destroy(n->streams[i]);
    gws_stem_destroy(n->stem);
    gws_arena_free(n->strain);
    free(n->streams);
    free(n->at);
    gws_work_clear(&n->k);
    gws_weights_clear(&n->w);
}

int64_t gws_bench_net_bytes(const gws_workload *w, int B, int64_t T, int threads)
{
    const gws_stem_shape *shape = &w->c.arch.bank;
    int64_t stems = 0;
    if (w->c.arch.matched) /* what a stream holds is about what the filters hold, and its rows */
        stems = (1 + threads) * gws_stem_bytes(shape) + T * GWS_STEM_HOP * shape->ifos * (int64_t)sizeof(float);
    return gws_weights_bytes(&w->c.arch, GWS_TO_RUN) + gws_work_bytes(&w->c.arch, &(gws_work_shape){B, T, 0, GWS_TO_RUN, threads}) +
           stems;
}

double gws_bench_net_flops(const gws_arch *a, int64_t B, int64_t T, unsigned stages)
{
    gws_arch_macs m;
    gws_arch_count(a, T, 0, &m);
    const double macs = (stages & GWS_DO_STEM ? m.stem + m.gates : 0.0) + (stages & GWS_DO_CONTEXT ? m.recurrent : 0.0) +
                        (stages & GWS_DO_SPIKING ? m.lif[0] + m.lif[1] + m.heads : 0.0);
    return 2.0 * macs * (double)B;
}

/* ---- training ---- */

gws_status gws_bench_train_create(gws_bench_train *t, gws_workload *w, int B, int64_t T, gws_pool *pool, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    const gws_arch *a = &w->c.arch;
    gws_step_params p = w->step;
    memset(t, 0, sizeof *t);
    p.batch = B;
    t->T = T;
    t->window = T * gws_arch_rows(a) * a->inputs;
    t->x = gws_arena_alloc((size_t)(B * t->window) * sizeof *t->x);
    t->target = gws_arena_alloc((size_t)(B * T) * sizeof *t->target);
    t->weight = gws_arena_alloc((size_t)(B * T) * sizeof *t->weight);
    if (!t->x || !t->target || !t->weight)
        return gws_err_set(err, GWS_ENOMEM, "no memory for %d windows", B);
    for (int b = 0; b < B; b++)
        fill_noise(t->x + b * t->window, t->window, "benchmark", (uint64_t)b);
    for (int64_t i = 0; i < B * T; i++) {
        t->weight[i] = 1.0f;
        t->target[i] =
            i / T % 2 && i % T > 3 * T / 5 && i % T < 2 * T / 3 ? 1.0f : 0.0f; /* in every other window, behind a merger */
    }
    if (!(t->s = gws_stepper_create(&p, &w->c, T, pool, err)))
        return err->status;
    return GWS_OK;
}

static void load(void *user, int64_t first, int n, float *x, int64_t x_next, float *target, float *weight)
{
    const gws_bench_train *t = user;
    for (int b = 0; b < n; b++)
        memcpy(x + b * x_next, t->x + b * t->window, (size_t)t->window * sizeof *x);
    memcpy(target, t->target, (size_t)(n * t->T) * sizeof *target);
    memcpy(weight, t->weight, (size_t)(n * t->T) * sizeof *weight);
}

void gws_bench_train_run(void *train)
{
    gws_bench_train *t = train;
    gws_step_result out;
    gws_err err;
    const gws_status status = gws_stepper_run(t->s, GWS_JOINT, 0, load, t, &out, &err);
    if (status) {
        t->status = status;
        t->err = err;
    }
}

void gws_bench_train_clear(gws_bench_train *t)
{
    gws_stepper_destroy(t->s);
    gws_arena_free(t->x);
    gws_arena_free(t->target);
    gws_arena_free(t->weight);
    memset(t, 0, sizeof *t);
}

int64_t gws_bench_train_bytes(const gws_workload *w, int B, int64_t T, int threads)
{
    const gws_arch *a = &w->c.arch;
    gws_step_params p = w->step;
    p.batch = B;
    return gws_stepper_bytes(&p, a, w->c.table.total, T, threads) +
           B * (T * gws_arch_rows(a) * a->inputs + 2 * T) * (int64_t)sizeof(float);
}

double gws_bench_train_flops(const gws_workload *w, int64_t B, int64_t T)
{
    const gws_arch *a = &w->c.arch;
    const gws_conv *c = &a->stem[0];
    const int rows = gws_arch_rows(a) / c->stride; /* of the first layer, a latent step */
    const int64_t A = gws_phase_anchors(&w->step.phase[GWS_JOINT], T);
    gws_arch_macs m;
    gws_arch_count(a, T, A, &m);
    const double first = (double)T * rows * c->kernel * c->cin * c->cout;
    const double scores =
        (double)a->K * a->C * (double)A * ((w->step.negatives == GWS_NEGATIVES_BOTH ? (double)A : 0.0) + (double)B);
    return 2.0 * (double)B * (3.0 * (m.stem + m.gates + m.recurrent + m.predict + m.lif[0] + m.lif[1] + m.heads + scores) - first);
}
