/* gwspike benchmark - how fast this machine runs the line, row by row. */
#include "base/arena.h"
#include "base/cpu.h"
#include "base/file.h"
#include "base/json.h"
#include "base/progress.h"
#include "perf/measure.h"
#include "perf/peak.h"
#include "perf/rapl.h"
#include "base/rng.h"
#include "cli/interrupt.h"
#include "perf/layer.h"
#include "cli/opts.h"
#include "perf/workload.h"
#include "sim/simulate.h"
#include "model/classifier.h"
#include "model/energy.h"
#include "stream/pipeline.h"
#include "train/dataset.h"
#include "train/train.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define WINDOW_S 4.0
#define LEAST_RUNS 3
#define REFERENCE_GFLOPS 444.0 /* two cores of the machine for which the targets were set */
#define SEARCH_S 256           /* strain of one run of the whole line */
#define CHUNK_S 64
#define HOPS 4000
#define LAYER_B 16
#define LAYER_T 500
#define START_S 1262304000

enum { KEY = 256 };
enum { LESS = 1, MORE = 2 }; /* which side of a target is good */

typedef struct row {
    char name[40], shape[40];
    const char *unit; /* NULL: a time */
    double ms, min_ms, spread_ms;
    int runs;
    double value;
    double gflops, share; /* 0: not of this row */
    double target;        /* NaN: none */
    int side;
    double before; /* of a saved run; NaN: none */
} row;

typedef struct bench {
    gws_cli *cli;
    const char *config, *only;
    char path[1024]; /* of the recipe */
    int batch, threads, json, curves;
    int64_t cap, T;
    gws_pool *pool;
    gws_watch *watch;
    gws_workload w;
    int shown;       /* rows */
    double seconds;  /* that a row is measured for at least */
    double opened_s; /* what reading recipe and parameters took */
    gws_model *model;
    double peak, peak1, scale; /* GFLOP/s of all threads and of one; targets are divided by scale */
    FILE *save;
    int unsaved;   /* a row got no memory */
    json_t *saved; /* rows of an earlier run by name and shape */
} bench;

/* ---- rows ---- */

/* One name is the other or the beginning of it, up to an underscore. */
static int begins(const char *name, const char *with, size_t n)
{
    return strncmp(name, with, n) == 0 && n > 0 && (name[n] == 0 || name[n] == '_');
}

/* "layer_512" asks for layer_512_forward and layer_512_backward. */
static int wanted(const bench *b, const char *name)
{
    const char *list = b->only;
    if (!list || (b->curves && strncmp(name, "curve_", 6) == 0))
        return 1;
    for (; *list; list += strcspn(list, ","), list += *list == ',')
        if (begins(name, list, strcspn(list, ",")))
            return 1;
    return 0;
}

/* Some row of a group whose names begin so. */
static int wanted_group(const bench *b, const char *group)
{
    if (wanted(b, group))
        return 1;
    for (const char *list = b->only; *list; list += strcspn(list, ","), list += *list == ',')
        if (begins(list, group, strlen(group)))
            return 1;
    return 0;
}

/* Is any of these rows wanted?  Then what all of them need has to be made. */
static int wanted_any(const bench *b, const char *const *names)
{
    for (; *names; names++)
        if (wanted_group(b, *names))
            return 1;
    return 0;
}

static gws_json *object_of(const bench *b, const row *r)
{
    gws_json *j = gws_json_object();
    gws_json_put_string(j, "name", r->name);
    gws_json_put_i64(j, "batch", b->batch);
    if (r->unit) {
        gws_json_put_f64(j, "value", r->value);
        gws_json_put_string(j, "unit", r->unit);
    } else {
        gws_json_put_f64(j, "median_ms", r->ms);
        gws_json_put_f64(j, "min_ms", r->min_ms);
    }
    gws_json_put_f64(j, r->unit ? "target" : "target_ms", r->target);
    if (isnan(r->target))
        gws_json_put_null(j, "met");
    else
        gws_json_put_bool(j, "met", r->side == LESS ? (r->unit ? r->value : r->ms) < r->target : r->value >= r->target);
    if (!r->unit) {
        gws_json_put_f64(j, "spread_ms", r->spread_ms);
        gws_json_put_i64(j, "runs", r->runs);
    }
    if (r->gflops > 0.0) {
        gws_json_put_f64(j, "gflops", r->gflops);
        gws_json_put_f64(j, "share_of_peak", r->share);
    }
    if (r->shape[0])
        gws_json_put_string(j, "shape", r->shape);
    gws_json_put_string(j, "config", b->config);
    gws_json_put_i64(j, "threads", b->threads);
    if (!isnan(r->before)) {
        gws_json_put_f64(j, "before", r->before);
        gws_json_put_f64(j, "ratio", (r->unit ? r->value : r->ms) / r->before);
    }
    return j;
}

static void print_text(const bench *b, const row *r)
{
    char target[32] = "", share[40] = "", spread[24] = "";
    const double v = r->unit ? r->value : r->ms;
    if (!isnan(r->target))
        snprintf(target, sizeof target, "%s %-7.4g %s", r->side == LESS ? "<" : ">", r->target,
                 (r->side == LESS ? v < r->target : v >= r->target) ? "met" : "MISSED");
    if (r->gflops > 0.0)
        snprintf(share, sizeof share, "%.1f GFLOP/s, %.0f%% of peak", r->gflops, 100.0 * r->share);
    if (!r->unit)
        snprintf(spread, sizeof spread, "+-%.2g (%d)", 0.5 * r->spread_ms, r->runs);
    if (isnan(v))
        printf("%-26s %-14s %10s %-10s\n", r->name, r->shape, "-", r->unit ? r->unit : "ms");
    else
        printf("%-26s %-14s %10.4g %-10s %-15s %-17s %s", r->name, r->shape, v, r->unit ? r->unit : "ms", spread, target, share);
    if (!isnan(v) && !isnan(r->before))
        printf("%sbefore %.4g, ratio %.3f", share[0] ? "; " : "", r->before, v / r->before);
    if (!isnan(v))
        printf("\n");
}

/* Rows of an earlier run are known by name, shape and config; other threads or another batch are what one may want to compare. */
static void saved_key(const char *name, const char *shape, const char *config, char out[KEY])
{
    snprintf(out, KEY, "%s %s %s", name, shape, config);
}

static void emit(bench *b, row *r)
{
    char key[KEY];
    if (!wanted(b, r->name))
        return;
    b->shown++;
    r->before = (double)NAN;
    saved_key(r->name, r->shape, b->config, key);
    const json_t *before = b->saved ? json_object_get(b->saved, key) : NULL;
    if (before && json_is_number(before))
        r->before = json_number_value(before);
    if (b->json)
        gws_cli_json(object_of(b, r));
    else
        print_text(b, r);
    fflush(stdout);
    if (b->save && gws_json_print(object_of(b, r), b->save) != 0)
        b->unsaved = 1;
}

static void put_time(bench *b, const char *name, const char *shape, gws_timing t, double target_ms, double flops, double peak)
{
    row r = {.ms = 1e3 * t.median_s,
             .min_ms = 1e3 * t.min_s,
             .spread_ms = 1e3 * t.spread_s,
             .runs = t.runs,
             .target = target_ms,
             .side = LESS,
             .gflops = 1e-9 * flops / t.median_s};
    r.share = r.gflops / peak;
    snprintf(r.name, sizeof r.name, "%s", name);
    snprintf(r.shape, sizeof r.shape, "%s", shape);
    emit(b, &r);
}

static void put_value(bench *b, const char *name, const char *shape, double value, const char *unit, double target, int side)
{
    row r = {.value = value, .unit = unit, .target = target, .side = side};
    snprintf(r.name, sizeof r.name, "%s", name);
    snprintf(r.shape, sizeof r.shape, "%s", shape);
    emit(b, &r);
}

/* Targets are of batch 16 on the reference machine; those of arithmetic grow where this one's peak is lower. */
static double target_of(const bench *b, double ms)
{
    return b->batch == 16 ? ms / b->scale : (double)NAN;
}

static double default_target(const bench *b, double ms)
{
    return strcmp(b->config, "default") == 0 ? target_of(b, ms) : (double)NAN;
}

/* ---- set-up and memory ---- */

static gws_status open_model(bench *b, gws_err *err)
{
    if (b->w.trained && (b->model = gws_model_load(b->cli->default_model, NULL)))
        return GWS_OK;
    b->model = gws_model_borrow(&b->w.c, err);
    return b->model ? GWS_OK : err->status;
}

static gws_status open_pipeline(const bench *b, gws_pipeline **out, gws_err *err)
{
    const gws_model_meta *meta = gws_model_describe(b->model);
    int rate_hz[GWS_MODEL_IFOS];
    for (int i = 0; i < meta->n_ifo; i++)
        rate_hz[i] = meta->rate_hz;
    *out = gws_pipeline_create(b->model, GWS_HEAD_SPIKING, rate_hz, (double)NAN, NULL, err);
    return *out ? GWS_OK : err->status;
}

/* All that happens once: weights, plans of transforms, arenas of a search and of training. */
static gws_status set_up(bench *b, int again, gws_err *err)
{
    gws_pipeline *p = NULL;
    gws_bench_train t = {0};
    gws_status st = GWS_OK;
    if (again) {
        gws_model_destroy(b->model);
        b->model = NULL;
        gws_workload_clear(&b->w);
        st = gws_workload_open(&b->w, b->path, gws_cli_default_model(b->cli), err);
    }
    if (st == GWS_OK && (st = open_model(b, err)) == GWS_OK && (st = open_pipeline(b, &p, err)) == GWS_OK)
        st = gws_bench_train_create(&t, &b->w, b->batch, b->T, b->pool, err);
    gws_bench_train_clear(&t);
    gws_pipeline_destroy(p);
    return st;
}

static gws_status bench_setup(bench *b, gws_err *err)
{
    for (int again = 0; again <= wanted_group(b, "setup"); again++) {
        const char *name = again ? "setup_again" : "setup";
        const double begin = gws_now_s();
        const gws_status st = set_up(b, again, err);
        const double took = gws_now_s() - begin + (again ? 0.0 : b->opened_s);
        if (st)
            return st;
        if (wanted_group(b, "setup"))
            put_time(b, name, "", (gws_timing){.runs = 1, .median_s = took, .min_s = took}, again ? 1000.0 : 10000.0, 0.0, b->peak);
    }
    return GWS_OK;
}

/* Peak of a process that does nothing but train: a child, so that no other row is in it.  Before any thread is made. */
static gws_status bench_memory(bench *b, double *gb, gws_err *err)
{
    const pid_t child = fork();
    struct rusage use;
    int status;
    if (child < 0)
        return gws_err_set(err, GWS_EIO, "the system gives no process to measure memory in");
    if (child == 0) {
        gws_interrupt_in_child();
        gws_bench_train t;
        gws_pool *pool = gws_pool_create(b->threads, err);
        if (!pool || gws_bench_train_create(&t, &b->w, b->batch, b->T, pool, err))
            _exit(1);
        gws_bench_train_run(&t);
        gws_bench_train_run(&t);
        _exit(t.status != GWS_OK);
    }
    gws_interrupt_child(child);
    const pid_t ended = wait4(child, &status, 0, &use);
    gws_interrupt_child(0);
    if (ended != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return gws_err_set(err, GWS_EDATA, "training in a process of its own failed");
#if defined(__APPLE__)
    *gb = 1e-9 * (double)use.ru_maxrss;
#else
    *gb = 1e-9 * 1024.0 * (double)use.ru_maxrss;
#endif
    return GWS_OK;
}

/* ---- windows, network, training ---- */

typedef struct batch_job {
    const gws_dataset *data;
    gws_pool *pool;
    float *x; /* (B,N,I) */
    int64_t window, next;
    int B;
} batch_job;

static void fill_window(void *user, int task, int thread)
{
    const batch_job *j = user;
    gws_window w = {.w = j->x + task * j->window};
    gws_dataset_window(j->data, 0, j->next + task, 0.0, 0.0, -1, &w);
}

static void fill_batch(void *user)
{
    batch_job *j = user;
    gws_pool_run(j->pool, j->B, fill_window, j);
    j->next += j->B;
}

static gws_status bench_data(bench *b, gws_err *err)
{
    gws_status st = GWS_OK;
    gws_ini *recipe = gws_workload_data(&b->w, 64, 64, WINDOW_S, err);
    gws_dataset *data = recipe ? gws_dataset_create(recipe, GWS_SPLIT_TRAIN, 1, b->pool, NULL, NULL, err) : NULL;
    if (!data) {
        st = err->status;
        goto fail;
    }
    batch_job j = {.data = data, .pool = b->pool, .B = b->batch};
    j.window = (int64_t)gws_dataset_samples(data) * gws_dataset_ifos(data);
    j.x = gws_arena_alloc((size_t)(j.B * j.window) * sizeof *j.x);
    if (!j.x) {
        st = gws_err_set(err, GWS_ENOMEM, "no memory for a batch of windows");
        goto fail;
    }
    put_time(b, "data_batch", "", gws_measure(fill_batch, &j, b->seconds, LEAST_RUNS), target_of(b, 10.0), 0.0, b->peak);
    gws_arena_free(j.x);
fail:
    gws_dataset_destroy(data);
    gws_ini_destroy(recipe);
    return st;
}

static void put_stage(bench *b, gws_bench_net *n, const char *name, unsigned stages, double target_ms)
{
    if (!wanted(b, name))
        return;
    n->stages = stages;
    put_time(b, name, "", gws_measure(gws_bench_net_run, n, b->seconds, LEAST_RUNS), target_ms,
             gws_bench_net_flops(&b->w.c.arch, b->batch, b->T, stages), b->peak);
}

/* The spiking layers on made events: their time falls with the rate. */
static void put_rates(bench *b, gws_bench_net *n)
{
    static const double rates[] = {0.01, 0.03, 0.1, 0.3};
    const int64_t lines = 2 * b->w.c.arch.C, words = GWS_BIT_WORDS(lines), rows = b->batch * b->T;
    char shape[40];
    if (!wanted(b, "snn_rate"))
        return;
    n->stages = GWS_DO_SPIKING;
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        gws_rng r = gws_rng_init(1, "events", i);
        memset(n->k.ev, 0, (size_t)(rows * words) * sizeof *n->k.ev);
        for (int64_t t = 0; t < rows; t++)
            for (int64_t j = 0; j < lines; j++)
                n->k.ev[t * words + j / 64] |= (uint64_t)(gws_rng_uniform(&r) < rates[i]) << (j % 64);
        snprintf(shape, sizeof shape, "events %.0f %%", 100.0 * rates[i]);
        put_time(b, "snn_rate", shape, gws_measure(gws_bench_net_run, n, 0.4 * b->seconds, LEAST_RUNS), (double)NAN, 0.0, b->peak);
    }
    n->stages = GWS_DO_BRIDGE;
    gws_bench_net_run(n);
}

static void put_energy(bench *b, gws_bench_net *n, const gws_cost *c)
{
    const gws_energy e = gws_energy_estimate(c);
    const struct {
        const char *name, *unit;
        double value;
    } all[] = {{"energy_arithmetic", "uJ/window", 1e6 * e.arithmetic_j},
               {"energy_with_memory", "uJ/window", 1e6 * e.total_j},
               {"energy_dense_arithmetic", "uJ/window", 1e6 * e.dense_arithmetic_j},
               {"energy_dense_with_memory", "uJ/window", 1e6 * e.dense_total_j},
               {"energy_footprint", "byte", (double)c->footprint_bytes},
               {"energy_parameters", "", (double)c->parameters},
               {"energy_connection_sparsity", "", c->connection_sparsity},
               {"energy_activation_sparsity", "", c->activation_sparsity},
               {"energy_spike_rate", "", c->spike_rate},
               {"energy_effective_macs", "/window", c->macs},
               {"energy_effective_acs", "/window", c->acs},
               {"energy_dense_synops", "/window", c->dense},
               {"energy_membrane_updates", "/window", c->membrane_updates}};
    gws_rapl counter;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        put_value(b, all[i].name, "", all[i].value, all[i].unit, (double)NAN, LESS);
    /* what the processor itself counted, everything else that ran included */
    n->stages = GWS_DO_LOGITS;
    gws_rapl_begin(&counter, NULL);
    const int runs = counter.n ? gws_measure(gws_bench_net_run, n, 4.0 * b->seconds, LEAST_RUNS).runs + 1 : 1;
    put_value(b, "energy_processor", counter.n ? "" : "not offered", 1e6 * gws_rapl_joules(&counter) / runs / b->batch, "uJ/window",
              (double)NAN, LESS);
}

static gws_status bench_network(bench *b, gws_err *err)
{
    gws_bench_net n;
    gws_cost c;
    gws_status st = gws_bench_net_create(&n, &b->w, b->batch, b->T, b->pool, err);
    if (st || (st = gws_cost_count(&n.w, &n.k, &c, err)))
        goto fail;
    put_stage(b, &n, "cpc_forward", GWS_DO_STEM | GWS_DO_CONTEXT, default_target(b, 20.0));
    put_stage(b, &n, "bridge_forward", GWS_DO_BRIDGE, (double)NAN);
    put_stage(b, &n, "snn_forward", GWS_DO_SPIKING, target_of(b, 30.0));
    put_rates(b, &n);
    put_stage(b, &n, "full_pipeline", GWS_DO_LOGITS, target_of(b, 100.0));
    if (wanted(b, "spikes_per_s")) {
        /* events and spikes that go through the spiking layers */
        const gws_arch *a = &b->w.c.arch;
        n.stages = GWS_DO_SPIKING;
        const double units = 2.0 * a->C + a->H[0] + a->H[1];
        put_value(b, "spikes_per_s", "",
                  c.spike_rate * units * (double)(b->batch * b->T) /
                      gws_measure(gws_bench_net_run, &n, b->seconds, LEAST_RUNS).median_s,
                  "1/s", (double)NAN, MORE);
    }
    if (wanted_group(b, "energy"))
        put_energy(b, &n, &c);
fail:
    gws_bench_net_clear(&n);
    return st;
}

static gws_status bench_training(bench *b, gws_err *err)
{
    gws_bench_train t;
    gws_status st = gws_bench_train_create(&t, &b->w, b->batch, b->T, b->pool, err);
    if (st == GWS_OK) {
        const gws_timing took = gws_measure(gws_bench_train_run, &t, b->seconds, LEAST_RUNS);
        if (t.status) {
            st = t.status;
            *err = t.err;
        } else {
            put_time(b, "train_step", "", took, default_target(b, 200.0), gws_bench_train_flops(&b->w, b->batch, b->T), b->peak);
        }
    }
    gws_bench_train_clear(&t);
    return st;
}

/* ---- the search ---- */

typedef struct search {
    gws_pipeline *p;
    gws_pool *pool;
    int n_ifo, rate_hz;
    double *h[GWS_MODEL_IFOS]; /* (SEARCH_S * rate) */
} search;

static void run_search(void *user)
{
    search *s = user;
    int64_t sample[GWS_MODEL_IFOS], n[GWS_MODEL_IFOS];
    const double *h[GWS_MODEL_IFOS];
    const int64_t chunk = (int64_t)CHUNK_S * s->rate_hz;
    for (int64_t at = 0; at < (int64_t)SEARCH_S * s->rate_hz; at += chunk) {
        for (int i = 0; i < s->n_ifo; i++) {
            sample[i] = (int64_t)START_S * s->rate_hz + at;
            n[i] = chunk;
            h[i] = s->h[i] + at;
        }
        gws_pipeline_push_all(s->p, s->pool, sample, h, n);
    }
    gws_pipeline_finish(s->p);
}

static gws_status bench_search(bench *b, gws_err *err)
{
    const gws_model_meta *meta = gws_model_describe(b->model);
    gws_sim_params sp = gws_sim_defaults();
    search s = {.pool = b->pool, .n_ifo = meta->n_ifo, .rate_hz = meta->rate_hz};
    gws_sim *sim = NULL;
    gws_status st;
    sp.n_ifo = meta->n_ifo;
    for (int i = 0; i < meta->n_ifo; i++)
        sp.ifo[i] = meta->ifo[i];
    sp.rate_hz = meta->rate_hz;
    sp.begin = (int64_t)START_S * meta->rate_hz;
    sp.n = (int64_t)SEARCH_S * meta->rate_hz;
    sp.step_s = 0.0;
    if (!(sim = gws_sim_create(&sp, err)))
        return err->status;
    st = open_pipeline(b, &s.p, err);
    for (int i = 0; i < meta->n_ifo && st == GWS_OK; i++)
        st = (s.h[i] = malloc((size_t)sp.n * sizeof **s.h))
                 ? gws_sim_fill(sim, i, sp.begin, sp.n, s.h[i], err)
                 : gws_err_set(err, GWS_ENOMEM, "no memory for %d s of strain", SEARCH_S);
    if (st == GWS_OK)
        st = gws_pipeline_set_pool(s.p, b->pool, b->cli->machine.block, err);
    if (st == GWS_OK)
        put_value(b, "realtime_factor", "", SEARCH_S / gws_measure(run_search, &s, b->seconds, LEAST_RUNS).median_s, "x",
                  strcmp(b->config, "default") == 0 ? 1000.0 * b->scale : (double)NAN, MORE);
    for (int i = 0; i < meta->n_ifo; i++)
        free(s.h[i]);
    gws_pipeline_destroy(s.p);
    gws_sim_destroy(sim);
    return st;
}

/* Time every hop of one stream as it comes. */
static gws_status bench_hops(bench *b, gws_err *err)
{
    const gws_model_meta *meta = gws_model_describe(b->model);
    const int hop = meta->hop;
    gws_status st = GWS_OK;
    gws_classifier *d = gws_classifier_create(b->model, 1, err);
    double *took = malloc(HOPS * sizeof *took);
    float *w = gws_arena_alloc((size_t)hop * GWS_MODEL_IFOS * sizeof *w);
    if (!d || !took || !w) {
        st = gws_err_set(err, GWS_ENOMEM, "no memory for a stream");
        goto fail;
    }
    gws_rng r = gws_rng_init(1, "hops", 0);
    const float *in[GWS_MODEL_IFOS];
    for (int i = 0; i < GWS_MODEL_IFOS; i++)
        in[i] = w + i * hop;
    for (int k = 0; k < HOPS; k++) {
        for (int i = 0; i < hop * meta->n_ifo; i++)
            w[i] = (float)gws_rng_normal(&r);
        const double begin = gws_now_s();
        gws_classifier_push(d, (int64_t)k * hop, in, hop, NULL, NULL);
        took[k] = 1e3 * (gws_now_s() - begin);
    }
    const double late = gws_quantile(took, HOPS, 0.999);
    put_value(b, "hop_latency", "99.9th of 4000", late, "ms", 2.0 / b->scale, LESS);
    put_value(b, "hop_latency_median", "", gws_quantile(took, HOPS, 0.5), "ms", (double)NAN, LESS);
fail:
    gws_classifier_destroy(d);
    free(took);
    gws_arena_free(w);
    return st;
}

/* ---- kernels, on one thread ---- */

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

static float *normals(int64_t n)
{
    float *x = gws_arena_alloc((size_t)n * sizeof *x);
    gws_rng r = gws_rng_init(1, "kernels", 0);
    for (int64_t i = 0; x && i < n; i++)
        x[i] = (float)gws_rng_normal(&r);
    return x;
}

static gws_status put_product(bench *b, const char *name, int64_t m, int64_t n, int64_t k, int64_t a_row, gws_err *err)
{
    char full[40], shape[40];
    snprintf(full, sizeof full, "kernel_%s", name);
    if (!wanted(b, full))
        return GWS_OK;
    snprintf(shape, sizeof shape, "%lldx%lldx%lld", (long long)m, (long long)n, (long long)k);
    product p = {.K = gws_kernels_get(),
                 .m = m,
                 .n = n,
                 .k = k,
                 .a_row = a_row,
                 .a = normals((m - 1) * a_row + k),
                 .b = gws_arena_alloc((size_t)gws_pack_size(k, n) * sizeof(float)),
                 .c = normals(m * n)};
    float *w = normals(k * n);
    const int ok = p.a && p.b && p.c && w;
    if (ok) {
        gws_pack(k, n, w, n, 1, p.b);
        put_time(b, full, shape, gws_measure(run_product, &p, 0.2 * b->seconds, LEAST_RUNS), (double)NAN, 2.0 * (double)(m * n * k),
                 b->peak1);
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

static gws_status bench_kernels(bench *b, gws_err *err)
{
    const gws_arch *a = &b->w.c.arch;
    const int64_t C = a->C, T = b->T;
    static const char *const names[5] = {"kernel_gelu", "kernel_gelu_backward", "kernel_exp", "kernel_tanh", "kernel_gru_gates"};
    int64_t rows = T * gws_arch_rows(a);
    char name[32];
    gws_status st = GWS_OK;
    for (int l = 0; l < a->n_stem && st == GWS_OK; l++) {
        const gws_conv *v = &a->stem[l];
        rows /= v->stride;
        snprintf(name, sizeof name, "stem_%d", l);
        st = put_product(b, name, rows, v->cout, (int64_t)v->kernel * v->cin, (int64_t)v->stride * v->cin, err);
    }
    const struct {
        const char *name;
        int64_t m, n, k;
    } all[] = {{"context_input", T, 3 * C, C},         {"context_step", 1, 3 * C, C},           {"context_step", 4, 3 * C, C},
               {"context_step", 16, 3 * C, C},         {"context_step", 64, 3 * C, C},          {"predict", T, a->K * C, C},
               {"spiking_0_dense", T, a->H[0], 2 * C}, {"spiking_1_dense", T, a->H[1], a->H[0]}};
    for (size_t i = 0; i < sizeof all / sizeof *all && st == GWS_OK; i++)
        st = put_product(b, all[i].name, all[i].m, all[i].n, all[i].k, all[i].k, err);
    elements e = {.K = gws_kernels_get(), .x = normals(ELEMENTS), .y = normals(ELEMENTS), .units = (int)C};
    for (e.what = 0; e.what < 5 && e.x && e.y && st == GWS_OK; e.what++) {
        if (!wanted(b, names[e.what]))
            continue;
        const int64_t gates = ELEMENTS / (8 * C) * C;
        const double n = e.what == 4 ? (double)gates : ELEMENTS;
        put_value(b, names[e.what], "", 1e9 * gws_measure(run_elements, &e, 0.2 * b->seconds, LEAST_RUNS).median_s / REPEAT / n,
                  "ns/element", (double)NAN, LESS);
    }
    gws_arena_free(e.x);
    gws_arena_free(e.y);
    return st;
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
    return (gws_neuron_trace){.u = s->u, .bits = s->neuron.model == GWS_NEURON_LI ? NULL : s->bits, .b = s->c};
}

static void run_neurons(void *user)
{
    const spiking *s = user;
    const gws_neuron_params p = params_of(s);
    const gws_neuron_trace tr = trace_of(s);
    memcpy(s->g, s->x, (size_t)(s->m * s->n) * sizeof *s->x); /* the recurrent model adds to its input */
    gws_neuron_forward(s->K, &s->neuron, &p, s->g, &tr, s->state, 1, s->m);
}

static void run_neurons_back(void *user)
{
    const spiking *s = user;
    const gws_neuron_params p = params_of(s);
    const gws_neuron_trace tr = trace_of(s);
    const gws_neuron_grads none = {0};
    gws_neuron_backward(s->K, &s->neuron, &p, &tr, s->x, NULL, s->g, &none, s->tmp, 1, s->m);
}

static void run_encoder(void *user)
{
    const spiking *s = user;
    gws_encoder_forward(s->K, &s->encoder, s->decay, s->x, 0, s->state, s->bits, NULL, s->m - 1);
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
static gws_status bench_spiking(bench *b, gws_err *err)
{
    static const double rates[] = {0.01, 0.05, 0.1, 0.3, 0.6};
    const gws_arch *a = &b->w.c.arch;
    const int64_t T = b->T, H = a->H[0], k = 2 * a->C, most = k > H ? k : H;
    char name[40], shape[40];
    spiking s = {.K = gws_kernels_get(), .m = T, .n = H, .k = k};
    s.bits = gws_arena_alloc((size_t)(T * GWS_BIT_WORDS(most)) * sizeof *s.bits);
    s.packed = normals(gws_pack_size(most, most));
    s.c = normals(T * most);
    s.x = normals((T + 1) * most);
    s.u = normals(T * most);
    s.g = normals(T * most);
    s.state = normals(4 * most);
    s.decay = normals(most);
    s.tmp = normals(gws_neuron_scratch(&(gws_neuron){.model = GWS_NEURON_RECURRENT, .n = (int)H}, 1));
    const int ok = s.bits && s.packed && s.c && s.x && s.u && s.g && s.state && s.decay && s.tmp;
    for (int64_t i = 0; ok && i < most; i++)
        s.decay[i] = 0.9f;
    for (size_t i = 0; ok && i < sizeof rates / sizeof *rates && wanted(b, "kernel_spikes"); i++) {
        fill_spikes(&s, rates[i]);
        const gws_timing t = gws_measure(run_spikes, &s, 0.1 * b->seconds, LEAST_RUNS);
        snprintf(shape, sizeof shape, "at %.0f %%", 100.0 * rates[i]);
        put_value(b, "kernel_spikes", shape, (double)gws_bits_count(s.bits, T * GWS_BIT_WORDS(k)) / t.median_s, "spikes/s",
                  (double)NAN, MORE);
        /* what the dense product would have to do in that time */
        put_value(b, "kernel_spikes_as_dense", shape, 2e-9 * (double)(T * H * k) / t.median_s, "GFLOP/s", (double)NAN, MORE);
    }
    s.n = H;
    for (int m = 0; ok && m < GWS_NEURON_MODELS; m++)
        for (int back = 0; back < 2; back++) {
            s.neuron = (gws_neuron){.model = (gws_neuron_model)m, .n = (int)H, .slope = 5.0f};
            snprintf(name, sizeof name, "kernel_%s%s", gws_neuron_describe(s.neuron.model)->name, back ? "_backward" : "");
            if (!wanted(b, name))
                continue;
            memset(s.state, 0, (size_t)(4 * most) * sizeof *s.state);
            run_neurons(&s);
            put_value(b, name, "",
                      1e9 * gws_measure(back ? run_neurons_back : run_neurons, &s, 0.1 * b->seconds, LEAST_RUNS).median_s /
                          (double)(T * H),
                      "ns/step", (double)NAN, LESS);
        }
    for (int e = 0; ok && e < GWS_ENCODES; e++) {
        s.encoder = (gws_encoder){.kind = (gws_encode)e, .C = a->C, .slope = 20.0f, .period = 8, .tau = 4.0f};
        snprintf(name, sizeof name, "kernel_encode_%s", gws_encode_name(s.encoder.kind));
        if (wanted(b, name))
            put_value(b, name, "",
                      1e9 * gws_measure(run_encoder, &s, 0.1 * b->seconds, LEAST_RUNS).median_s / (double)((T - 1) * a->C),
                      "ns/channel", (double)NAN, LESS);
    }
    float *const all[] = {s.packed, s.c, s.x, s.u, s.g, s.state, s.decay, s.tmp};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        gws_arena_free(all[i]);
    gws_arena_free(s.bits);
    return ok ? GWS_OK : gws_err_set(err, GWS_ENOMEM, "no memory for spikes and neurons");
}

/* ---- one layer of n neurons ---- */

static gws_status bench_layer(bench *b, int n, gws_err *err)
{
    char name[40], shape[40], text[24];
    gws_bench_layer l;
    const int64_t need = gws_bench_layer_bytes(n, LAYER_B, LAYER_T, b->threads);
    snprintf(name, sizeof name, "layer_%d", n);
    if (need > b->cap) {
        gws_memory_text(need, text);
        gws_cli_log(GWS_LOG_INFO, "%s left out: it would need %s", name, text);
        return GWS_OK;
    }
    const gws_status st = gws_bench_layer_create(&l, n, LAYER_B, LAYER_T, b->pool, err);
    if (st == GWS_OK) {
        const double flops = gws_bench_layer_flops(n, LAYER_B, LAYER_T), limit_ms = 1.6 * 1e-6 * flops / b->peak;
        snprintf(shape, sizeof shape, "%dx%dx%d", LAYER_B, LAYER_T, n);
        gws_bench_layer_forward(&l);
        for (int way = 0; way < 2; way++) {
            snprintf(name, sizeof name, "layer_%d_%s", n, way ? "backward" : "forward");
            if (wanted(b, name))
                put_time(b, name, shape,
                         gws_measure(way ? gws_bench_layer_backward : gws_bench_layer_forward, &l, b->seconds, LEAST_RUNS),
                         limit_ms, flops, b->peak);
        }
    }
    gws_bench_layer_clear(&l);
    return st;
}

/* ---- how the cost grows ---- */

typedef struct curve {
    const char *name;
    double x[16], y[16];
    int n;
} curve;

static void put_point(bench *b, curve *c, double x, gws_timing t, double flops)
{
    char shape[40];
    snprintf(shape, sizeof shape, "%g", x);
    put_time(b, c->name, shape, t, (double)NAN, flops, b->peak);
    c->x[c->n] = x;
    c->y[c->n++] = t.median_s;
}

static void put_slope(bench *b, const curve *c)
{
    char name[40];
    snprintf(name, sizeof name, "%s_slope", c->name);
    put_value(b, name, "", gws_log_slope(c->x, c->y, c->n), "", (double)NAN, LESS);
}

/* One point of a curve of forward passes; 0 when it does not fit under the cap. */
static int forward_point(bench *b, curve *c, double x, int B, int64_t T, gws_pool *pool, gws_status *st, gws_err *err)
{
    gws_bench_net n;
    if (*st || gws_bench_net_bytes(&b->w, B, T, gws_pool_threads(pool)) > b->cap)
        return 0;
    if ((*st = gws_bench_net_create(&n, &b->w, B, T, pool, err)) == GWS_OK) {
        n.stages = GWS_DO_LOGITS;
        put_point(b, c, x, gws_measure(gws_bench_net_run, &n, 0.6 * b->seconds, LEAST_RUNS),
                  gws_bench_net_flops(&b->w.c.arch, B, T, GWS_DO_LOGITS));
    }
    gws_bench_net_clear(&n);
    return *st == GWS_OK;
}

typedef struct streams {
    gws_classifier *d;
    int64_t at, samples;
    const float *w[64 * GWS_MODEL_IFOS];
} streams;

static void run_streams(void *user)
{
    streams *s = user;
    gws_classifier_push_many(s->d, s->at, s->w, s->samples, NULL, NULL);
    s->at += s->samples;
}

/* One second of every stream, side by side. */
static gws_status streams_curve(bench *b, gws_err *err)
{
    curve c = {.name = "curve_streams"};
    const gws_model_meta *meta = gws_model_describe(b->model);
    streams s = {.samples = meta->rate_hz};
    float *noise = normals((int64_t)GWS_MODEL_IFOS * meta->rate_hz);
    gws_status st = noise ? GWS_OK : gws_err_set(err, GWS_ENOMEM, "no memory for streams");
    for (int i = 0; i < 64 * meta->n_ifo && noise; i++)
        s.w[i] = noise + (int64_t)(i % meta->n_ifo) * meta->rate_hz;
    for (int n = 1; n <= 64 && st == GWS_OK && gws_classifier_bytes(b->model, n, 0, b->pool) <= b->cap; n *= 2) {
        if ((s.d = gws_classifier_create_many(b->model, n, 0, b->pool, err)))
            put_point(b, &c, n, gws_measure(run_streams, &s, 0.6 * b->seconds, LEAST_RUNS), 0.0);
        else
            st = err->status;
        gws_classifier_destroy(s.d);
    }
    put_slope(b, &c);
    gws_arena_free(noise);
    return st;
}

static gws_status bench_curves(bench *b, gws_err *err)
{
    curve batch = {.name = "curve_batch"}, window = {.name = "curve_window"}, threads = {.name = "curve_threads"};
    gws_status st = GWS_OK;
    for (int B = 1; B <= 256 && forward_point(b, &batch, B, B, b->T, b->pool, &st, err); B *= 2)
        ;
    put_slope(b, &batch);
    for (int s = 1; s <= 64 && forward_point(b, &window, s, 1, gws_workload_steps(&b->w, s), b->pool, &st, err); s *= 2)
        ;
    put_slope(b, &window);
    for (int t = 1; t <= gws_cpu_count() && st == GWS_OK && threads.n < 16;
         t = t < gws_cpu_count() && 2 * t > gws_cpu_count() ? gws_cpu_count() : 2 * t) {
        gws_pool *pool = gws_pool_create(t, err);
        if (!pool)
            return err->status;
        forward_point(b, &threads, t, b->batch, b->T, pool, &st, err);
        gws_pool_destroy(pool);
    }
    put_slope(b, &threads);
    return st ? st : streams_curve(b, err);
}

/* ---- all ---- */

static int64_t need_of_batch(void *user, int64_t batch)
{
    const bench *b = user;
    gws_memory now;
    gws_memory_now(&now);
    const int64_t net = gws_bench_net_bytes(&b->w, (int)batch, b->T, b->threads),
                  train = gws_bench_train_bytes(&b->w, (int)batch, b->T, b->threads);
    return now.resident_bytes + (net > train ? net : train);
}

static gws_status load_saved(const char *path, json_t **out, gws_err *err)
{
    char *text = NULL;
    size_t size;
    gws_status st = gws_file_read(path, 16 << 20, &text, &size, err);
    json_t *all = json_object();
    int line = 0;
    for (char *at = text, *next; st == GWS_OK && at && *at; at = next) {
        next = at + strcspn(at, "\n");
        if (*next)
            *next++ = 0;
        line++;
        json_t *r = json_loads(at, 0, NULL), *v = json_object_get(r, "median_ms");
        const char *name = json_string_value(json_object_get(r, "name")), *shape = json_string_value(json_object_get(r, "shape")),
                   *config = json_string_value(json_object_get(r, "config"));
        char key[KEY];
        if (!name) {
            st = gws_err_set(err, GWS_EFORMAT, "%s: line %d is not a row that benchmark --save wrote", path, line);
        } else {
            saved_key(name, shape ? shape : "", config ? config : "", key);
            json_object_set(all, key, v ? v : json_object_get(r, "value"));
        }
        json_decref(r);
    }
    free(text);
    if (st == GWS_OK)
        *out = all;
    else
        json_decref(all);
    return st;
}

static gws_status run_all(bench *b, gws_err *err)
{
    static const char *const search_rows[] = {"realtime_factor", NULL}, *const net_rows[] = {"cpc_forward",   "bridge_forward",
                                                                                             "snn_forward",   "snn_rate",
                                                                                             "full_pipeline", "spikes_per_s",
                                                                                             "energy",        NULL};
    gws_status st;
    double gb = 0.0;
    const int asked_layer_4096 = b->only && wanted_group(b, "layer_4096");
    const double known = (double)need_of_batch(b, b->batch);
    if (wanted_group(b, "peak_memory_gb") && (st = bench_memory(b, &gb, err)))
        return st;
    if (!(b->pool = gws_pool_create(b->threads, err)) || !(b->watch = gws_cli_watch(err)))
        return err->status;
    b->peak = gws_peak_gflops(gws_kernels_get()->isa, b->pool, fmin(0.05, 0.1 * b->seconds));
    b->peak1 = gws_peak_gflops(gws_kernels_get()->isa, NULL, fmin(0.05, 0.1 * b->seconds));
    b->scale = b->peak < REFERENCE_GFLOPS ? b->peak / REFERENCE_GFLOPS : 1.0;
    if (!b->json) {
        char cpu[128];
        gws_cpu_model(cpu);
        printf("%s, %s, %d thread%s; config %s, batch %d, windows of %.0f s%s\n", cpu, gws_isa_name(gws_kernels_get()->isa),
               b->threads, b->threads == 1 ? "" : "s", b->config, b->batch, WINDOW_S,
               b->w.trained ? ", parameters of the shipped model" : "");
        if (b->scale < 1.0)
            printf("Targets are of a machine of %.0f GFLOP/s; this one has %.0f: those of arithmetic are divided by %.3f.\n",
                   REFERENCE_GFLOPS, b->peak, b->scale);
        if (b->batch != 16)
            printf("Targets of a batch are of batch 16: left out here.\n");
        printf("\n%-26s %-14s %10s %-10s %-15s %-17s\n", "row", "shape", "median", "", "spread (runs)", "target");
    }
    if (wanted(b, "peak_gflops"))
        put_value(b, "peak_gflops", gws_isa_name(gws_kernels_get()->isa), b->peak, "GFLOP/s", (double)NAN, MORE);
    if ((st = bench_setup(b, err)) || (wanted(b, "data_batch") && (st = bench_data(b, err))) ||
        (wanted_any(b, net_rows) && (st = bench_network(b, err))) || (wanted(b, "train_step") && (st = bench_training(b, err))))
        return st;
    if (wanted_group(b, "peak_memory_gb"))
        put_value(b, "peak_memory_gb", "training", gb, "GB", 8.0, LESS);
    if (wanted_group(b, "peak_memory_gb"))
        put_value(b, "peak_memory_gb_known", "before the run", 1e-9 * known, "GB", (double)NAN, LESS);
    if ((wanted_group(b, "hop_latency") && (st = bench_hops(b, err))) ||
        (wanted_any(b, search_rows) && (st = bench_search(b, err))) ||
        (wanted_group(b, "kernel") && ((st = bench_kernels(b, err)) || (st = bench_spiking(b, err)))) ||
        (wanted_group(b, "layer_512") && (st = bench_layer(b, 512, err))) ||
        (asked_layer_4096 && (st = bench_layer(b, 4096, err))) || (b->curves && (st = bench_curves(b, err))))
        return st;
    return b->shown ? GWS_OK : gws_err_set(err, GWS_EARG, "--only %s: no row is called so (--help lists them)", b->only);
}

int gws_cmd_benchmark(gws_cli *cli, int argc, char **argv)
{
    const char *config = "default", *only = NULL, *memory = NULL, *save = NULL, *compare = NULL;
    char *text = NULL;
    size_t size = 0;
    int64_t batch = 16, threads = 0;
    double seconds = 0.5;
    int json = 0, curves = 0, status;
    const gws_opt options[] = {
        {'c', "config", GWS_OPT_STRING, &config, "NAME", "default, seed or a recipe's file (default: default)", 0},
        {0, "batch", GWS_OPT_INT, &batch, "N", "windows at once (default 16, what the targets are of)", 0},
        {0, "only", GWS_OPT_STRING, &only, "ROW,...", "these rows; a beginning such as kernel or layer_512 is enough", 0},
        {0, "seconds", GWS_OPT_DOUBLE, &seconds, "S", "measure every row for at least so long (default 0.5)", 0},
        {0, "curves", GWS_OPT_FLAG, &curves, NULL, "also how the cost grows with batch, window, threads and streams", 0},
        {0, "save", GWS_OPT_STRING, &save, "FILE", "also write the rows to FILE, .jsonl or .json, for --compare", GWS_OPT_TO_LINES},
        {0, "compare", GWS_OPT_STRING, &compare, "FILE", "show a saved run beside this one: ratio is now over then", 1},
        GWS_OPT_JSON(&json),
        GWS_OPT_THREADS(&threads),
        GWS_OPT_MEMORY(&memory),
    };
    const gws_opts opts = {
        .usage =
            "[--config default|seed|FILE] [--batch 16] [--only ROW,...] [--curves] [-j N] [--json]\n[--save FILE] [--compare FILE]",
        .about =
            "Time every stage of the line on this machine: medians over at least half a second and three runs, the distance "
            "of the\n"
            "quartiles as spread, and beside the stages that are arithmetic their share of the fused multiply-adds that this\n"
            "machine was measured to do on registers alone.\n\n"
            "setup data_batch cpc_forward bridge_forward snn_forward full_pipeline train_step   a batch of windows of 4 s\n"
            "peak_memory_gb    of a process that only trains\n"
            "realtime_factor   strain of all detectors to triggers, conditioning included\n"
            "hop_latency       one hop of one stream, 99.9th percentile\n"
            "spikes_per_s      events and spikes through the spiking layers; snn_rate: their time on events made at four rates\n"
            "energy            NeuroBench's counts, an estimate, and what the processor counted where it says\n"
            "kernel            products and functions, one thread\n"
            "layer_512         a dense layer of 512 spiking neurons, 500 steps, batch 16; layer_4096 only when asked for with "
            "--only\n\n"
            "Targets are of batch 16 on two cores with 444 GFLOP/s; on a machine with less they grow in proportion.",
        .examples = "gwspike benchmark\n"
                    "gwspike benchmark --config seed --json --save before.jsonl\n"
                    "gwspike benchmark --only train_step,kernel --compare before.jsonl",
        .options = options,
        .n_options = (int)(sizeof options / sizeof options[0]),
        .max_inputs = 0,
    };
    gws_err err = {0};
    bench *b = NULL;
    int parsed = gws_opts_parse(cli, &opts, argc, argv, NULL, NULL);

    if (parsed != GWS_OPTS_RUN)
        return parsed;
    if (batch < 1 || batch > 4096)
        return gws_cli_misuse(cli, "--batch is 1 to 4096, got %lld", (long long)batch);
    if (!(seconds >= 0.0 && seconds <= 3600.0))
        return gws_cli_misuse(cli, "--seconds is 0 to 3600, got %g", seconds);
    if (!(b = calloc(1, sizeof *b))) {
        gws_err_set(&err, GWS_ENOMEM, "no memory");
        goto fail;
    }
    b->cli = cli;
    b->config = config;
    b->only = only;
    b->batch = (int)batch;
    b->threads = (int)(threads ? threads : cli->machine.threads ? cli->machine.threads : gws_cpu_count());
    b->json = json;
    b->curves = curves;
    b->seconds = seconds;
    const double begin = gws_now_s();
    if (gws_cli_cap(cli, memory, &b->cap, &err) || (compare && load_saved(compare, &b->saved, &err)) ||
        gws_cli_recipe(cli, config, b->path, &err) || gws_workload_open(&b->w, b->path, gws_cli_default_model(cli), &err))
        goto fail;
    b->opened_s = gws_now_s() - begin;
    b->T = gws_workload_steps(&b->w, WINDOW_S);
    if (gws_memory_check(b->cap, "batch", batch, 1, need_of_batch, b, &err))
        goto fail;
    if (save && !(b->save = open_memstream(&text, &size))) {
        gws_err_set(&err, GWS_ENOMEM, "no memory");
        goto fail;
    }
    if (run_all(b, &err))
        goto fail;
    if (b->save && (fflush(b->save) != 0 || b->unsaved)) {
        gws_err_set(&err, GWS_ENOMEM, "%s: no memory for the rows", save);
        goto fail;
    }
    if (b->save && gws_file_write(save, text, size, &err) != GWS_OK)
        goto fail;
    if (gws_cli_commit(cli, &err) != GWS_OK)
        goto fail;
    status = gws_cli_done(cli);
    goto done;
fail:
    status = gws_cli_fail(cli, &err);
done:
    if (b) {
        gws_watch_destroy(b->watch);
        if (b->save)
            fclose(b->save);
        gws_model_destroy(b->model);
        gws_workload_clear(&b->w);
        gws_pool_destroy(b->pool);
        json_decref(b->saved);
    }
    free(b);
    free(text);
    return status;
}
