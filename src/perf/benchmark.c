#include "perf/benchmark_private.h"

#include "base/arena.h"
#include "base/cpu.h"
#include "base/memory.h"
#include "base/progress.h"
#include "base/rng.h"
#include "perf/peak.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define WATCH_S 2.0 /* between two looks at the machine's memory */

/* ---- rows ---- */

/* One name is the other or the beginning of it, up to an underscore. */
static int begins(const char *name, const char *with, size_t n)
{
    return strncmp(name, with, n) == 0 && n > 0 && (name[n] == 0 || name[n] == '_');
}

int gws_bench_wanted(const gws_bench *b, const char *name)
{
    const char *list = b->wish->only;
    if (!list || (b->wish->curves && strncmp(name, "curve_", 6) == 0))
        return 1;
    for (; *list; list += strcspn(list, ","), list += *list == ',')
        if (begins(name, list, strcspn(list, ",")))
            return 1;
    return 0;
}

int gws_bench_wanted_group(const gws_bench *b, const char *group)
{
    if (gws_bench_wanted(b, group))
        return 1;
    for (const char *list = b->wish->only; *list; list += strcspn(list, ","), list += *list == ',')
        if (begins(list, group, strlen(group)))
            return 1;
    return 0;
}

/* Is any of these rows wanted?  Then what all of them need has to be made. */
static int wanted_any(const gws_bench *b, const char *const *names)
{
    for (; *names; names++)
        if (gws_bench_wanted_group(b, *names))
            return 1;
    return 0;
}

static void emit(gws_bench *b, const gws_bench_row *r)
{
    if (!gws_bench_wanted(b, r->name))
        return;
    b->shown++;
    b->wish->row(b->wish->user, r);
}

void gws_bench_put_time(gws_bench *b, const char *name, const char *shape, gws_timing t, double target_ms, double flops,
                        double peak)
{
    gws_bench_row r = {.ms = 1e3 * t.median_s,
                       .min_ms = 1e3 * t.min_s,
                       .spread_ms = 1e3 * t.spread_s,
                       .runs = t.runs,
                       .target = target_ms,
                       .side = GWS_BENCH_LESS,
                       .gflops = 1e-9 * flops / t.median_s};
    r.share = r.gflops / peak;
    snprintf(r.name, sizeof r.name, "%s", name);
    snprintf(r.shape, sizeof r.shape, "%s", shape);
    emit(b, &r);
}

void gws_bench_put_value(gws_bench *b, const char *name, const char *shape, double value, const char *unit, double target,
                         gws_bench_side side)
{
    gws_bench_row r = {.value = value, .unit = unit, .target = target, .side = side};
    snprintf(r.name, sizeof r.name, "%s", name);
    snprintf(r.shape, sizeof r.shape, "%s", shape);
    emit(b, &r);
}

double gws_bench_target(const gws_bench *b, double ms)
{
    return b->wish->batch == GWS_BENCH_REFERENCE_BATCH ? ms / b->scale : (double)NAN;
}

double gws_bench_default_target(const gws_bench *b, double ms)
{
    return strcmp(b->wish->config, "default") == 0 ? gws_bench_target(b, ms) : (double)NAN;
}

float *gws_bench_normals(int64_t n)
{
    float *x = gws_arena_alloc((size_t)n * sizeof *x);
    gws_rng r = gws_rng_init(1, "kernels", 0);
    for (int64_t i = 0; x && i < n; i++)
        x[i] = (float)gws_rng_normal(&r);
    return x;
}

/* ---- set-up and memory ---- */

static gws_status open_model(gws_bench *b, gws_err *err)
{
    if (b->w.trained && (b->model = gws_model_load(b->wish->model, NULL)))
        return GWS_OK;
    b->model = gws_model_borrow(&b->w.c, err);
    return b->model ? GWS_OK : err->status;
}

gws_status gws_bench_pipeline(const gws_bench *b, gws_pipeline **out, gws_err *err)
{
    const gws_model_meta *meta = gws_model_describe(b->model);
    int rate_hz[GWS_MODEL_IFOS];
    for (int i = 0; i < meta->n_ifo; i++)
        rate_hz[i] = meta->rate_hz;
    *out = gws_pipeline_create(b->model, GWS_HEAD_SPIKING, rate_hz, (double)NAN, NULL, err);
    return *out ? GWS_OK : err->status;
}

/* All that happens once: weights, plans of transforms, arenas of a search and of training. */
static gws_status set_up(gws_bench *b, int again, gws_err *err)
{
    gws_pipeline *p = NULL;
    gws_bench_train t = {0};
    gws_status status = GWS_OK;
    if (again) {
        gws_model_destroy(b->model);
        b->model = NULL;
        gws_workload_clear(&b->w);
        status = gws_workload_open(&b->w, b->wish->recipe, b->wish->model, err);
    }
    if (status == GWS_OK && (status = open_model(b, err)) == GWS_OK && (status = gws_bench_pipeline(b, &p, err)) == GWS_OK)
        status = gws_bench_train_create(&t, &b->w, b->wish->batch, b->T, b->pool, err);
    gws_bench_train_clear(&t);
    gws_pipeline_destroy(p);
    return status;
}

static gws_status setup_rows(gws_bench *b, gws_err *err)
{
    for (int again = 0; again <= gws_bench_wanted_group(b, "setup"); again++) {
        const char *name = again ? "setup_again" : "setup";
        const double begin = gws_now_s();
        const gws_status status = set_up(b, again, err);
        const double took = gws_now_s() - begin + (again ? 0.0 : b->opened_s);
        if (status)
            return status;
        if (gws_bench_wanted_group(b, "setup"))
            gws_bench_put_time(b, name, "", (gws_timing){.runs = 1, .median_s = took, .min_s = took}, again ? 1000.0 : 10000.0, 0.0,
                               b->peak);
    }
    return GWS_OK;
}

/* Peak of a process that does nothing but train: a child, so that no other row is in it.  Before any thread is made. */
static gws_status measure_memory(gws_bench *b, double *gb, gws_err *err)
{
    const pid_t child = fork();
    struct rusage use;
    int status;
    if (child < 0)
        return gws_err_set(err, GWS_EIO, "the system gives no process to measure memory in");
    if (child == 0) {
        if (b->wish->in_child)
            b->wish->in_child();
        gws_bench_train t;
        gws_pool *pool = gws_pool_create(b->wish->threads, err);
        if (!pool || gws_bench_train_create(&t, &b->w, b->wish->batch, b->T, pool, err))
            _exit(1);
        gws_bench_train_run(&t);
        gws_bench_train_run(&t);
        _exit(t.status != GWS_OK);
    }
    if (b->wish->child)
        b->wish->child(child);
    const pid_t ended = wait4(child, &status, 0, &use);
    if (b->wish->child)
        b->wish->child(0);
    if (ended != child || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return gws_err_set(err, GWS_EDATA, "training in a process of its own failed");
#if defined(__APPLE__)
    *gb = 1e-9 * (double)use.ru_maxrss;
#else
    *gb = 1e-9 * 1024.0 * (double)use.ru_maxrss;
#endif
    return GWS_OK;
}

/* ---- all ---- */

static int64_t need_of_batch(void *user, int64_t batch)
{
    const gws_bench *b = user;
    gws_memory now;
    gws_memory_now(&now);
    const int64_t net = gws_bench_net_bytes(&b->w, (int)batch, b->T, b->wish->threads),
                  train = gws_bench_train_bytes(&b->w, (int)batch, b->T, b->wish->threads);
    return now.resident_bytes + (net > train ? net : train);
}

static gws_status run_all(gws_bench *b, gws_err *err)
{
    static const char *const search_rows[] = {"realtime_factor", NULL}, *const net_rows[] = {"cpc_forward",   "bridge_forward",
                                                                                             "snn_forward",   "snn_rate",
                                                                                             "full_pipeline", "spikes_per_s",
                                                                                             "energy",        NULL};
    gws_status status;
    double gb = 0.0;
    const int asked_layer_4096 = b->wish->only && gws_bench_wanted_group(b, "layer_4096");
    const double known = (double)need_of_batch(b, b->wish->batch);
    if (gws_bench_wanted_group(b, "peak_memory_gb") && (status = measure_memory(b, &gb, err)))
        return status;
    if (!(b->pool = gws_pool_create(b->wish->threads, err)) || !(b->watch = gws_watch_create(WATCH_S, NULL, NULL, err)))
        return err->status;
    b->peak = gws_peak_gflops(gws_kernels_get()->isa, b->pool, fmin(0.05, 0.1 * b->wish->seconds));
    b->peak1 = gws_peak_gflops(gws_kernels_get()->isa, NULL, fmin(0.05, 0.1 * b->wish->seconds));
    b->scale = b->peak < GWS_BENCH_REFERENCE_GFLOPS ? b->peak / GWS_BENCH_REFERENCE_GFLOPS : 1.0;
    const gws_bench_machine m = {.peak_gflops = b->peak, .scale = b->scale, .trained = b->w.trained};
    b->wish->begin(b->wish->user, &m);
    if (gws_bench_wanted(b, "peak_gflops"))
        gws_bench_put_value(b, "peak_gflops", gws_isa_name(gws_kernels_get()->isa), b->peak, "GFLOP/s", (double)NAN,
                            GWS_BENCH_MORE);
    if ((status = setup_rows(b, err)) || (gws_bench_wanted(b, "data_batch") && (status = gws_bench_data_rows(b, err))) ||
        (wanted_any(b, net_rows) && (status = gws_bench_network_rows(b, err))) ||
        (gws_bench_wanted(b, "train_step") && (status = gws_bench_training_rows(b, err))))
        return status;
    if (gws_bench_wanted_group(b, "peak_memory_gb"))
        gws_bench_put_value(b, "peak_memory_gb", "training", gb, "GB", 8.0, GWS_BENCH_LESS);
    if (gws_bench_wanted_group(b, "peak_memory_gb"))
        gws_bench_put_value(b, "peak_memory_gb_known", "before the run", 1e-9 * known, "GB", (double)NAN, GWS_BENCH_LESS);
    if ((gws_bench_wanted_group(b, "hop_latency") && (status = gws_bench_hops_rows(b, err))) ||
        (wanted_any(b, search_rows) && (status = gws_bench_search_rows(b, err))) ||
        (gws_bench_wanted_group(b, "kernel") &&
         ((status = gws_bench_kernels_rows(b, err)) || (status = gws_bench_spiking_rows(b, err)))) ||
        (gws_bench_wanted_group(b, "layer_512") && (status = gws_bench_layer_rows(b, 512, err))) ||
        (asked_layer_4096 && (status = gws_bench_layer_rows(b, 4096, err))) ||
        (b->wish->curves && (status = gws_bench_curves_rows(b, err))))
        return status;
    return b->shown ? GWS_OK : gws_err_set(err, GWS_EARG, "--only %s: no row is called so (--help lists them)", b->wish->only);
}

gws_status gws_benchmark_run(const gws_bench_wish *wish, gws_err *err)
{
    gws_bench b = {.wish = wish};
    gws_err own;
    err = err ? err : &own;
    const double begin_s = gws_now_s();
    gws_status status = gws_workload_open(&b.w, wish->recipe, wish->model, err);
    if (status == GWS_OK) {
        b.opened_s = gws_now_s() - begin_s;
        b.T = gws_workload_steps(&b.w, GWS_BENCH_WINDOW_S);
        status = gws_memory_check(wish->cap, "batch", wish->batch, 1, need_of_batch, &b, err);
    }
    if (status == GWS_OK)
        status = run_all(&b, err);
    gws_watch_destroy(b.watch);
    gws_model_destroy(b.model);
    gws_workload_clear(&b.w);
    gws_pool_destroy(b.pool);
    return status;
}

double gws_bench_number(const gws_bench_row *r)
{
    return r->unit ? r->value : r->ms;
}

int gws_bench_met(const gws_bench_row *r)
{
    const double v = gws_bench_number(r);
    return r->side == GWS_BENCH_LESS ? v < r->target : v >= r->target;
}
