#include "perf/optimize.h"

#include "base/arena.h"
#include "base/cpu.h"
#include "base/memory.h"
#include "base/rng.h"
#include "model/classifier.h"
#include "perf/measure.h"
#include "perf/workload.h"

#include <math.h>

#define WINDOW_S 4.0
#define WATCH_S 2.0 /* between two looks at the machine's memory */
#define LEAST_RUNS 3
#define STREAM_S 64 /* of one run of the network over a stream: what a search reads at once */

typedef struct optimizer {
    const gws_optimize_wish *wish;
    gws_workload w;
    int64_t T;
    int batch; /* that a number of threads is tried with */
    gws_optimized *out;
} optimizer;

/* The smallest whose rate is within so much of the best: beyond it memory and latency are paid for nothing. */
static void choose(gws_optimize_curve *c, double within)
{
    double best = 0.0;
    for (int i = 0; i < c->n; i++)
        best = fmax(best, c->rate[i]);
    for (c->chosen = 0; c->chosen < c->n - 1 && c->rate[c->chosen] < (1.0 - within) * best; c->chosen++)
        ;
}

static void add(gws_optimize_curve *c, double x, double rate)
{
    if (c->n < GWS_OPTIMIZE_POINTS) {
        c->x[c->n] = x;
        c->rate[c->n++] = rate;
    }
}

static int64_t need_of_batch(void *user, int64_t batch)
{
    const optimizer *o = user;
    gws_memory now;
    gws_memory_now(&now);
    return now.resident_bytes + gws_bench_train_bytes(&o->w, (int)batch, o->T, gws_cpu_count());
}

/* Windows a second in training. */
static gws_status try_training(optimizer *o, gws_optimize_curve *c, double x, int batch, int threads, gws_err *err)
{
    gws_bench_train t = {0};
    gws_pool *pool = gws_pool_create(threads, err);
    gws_status status = pool ? gws_bench_train_create(&t, &o->w, batch, o->T, pool, err) : err->status;
    if (status == GWS_OK) {
        const gws_timing took = gws_measure(gws_bench_train_run, &t, o->wish->seconds, LEAST_RUNS);
        if ((status = t.status))
            *err = t.err;
        add(c, x, batch / took.median_s);
    }
    gws_bench_train_clear(&t);
    gws_pool_destroy(pool);
    return status;
}

typedef struct stream {
    gws_classifier *d;
    const float *w[GWS_MODEL_IFOS];
    int64_t at, n;
} stream;

static void run_stream(void *user)
{
    stream *s = user;
    gws_classifier_push(s->d, s->at, s->w, s->n, NULL, NULL);
    s->at += s->n;
}

/* Seconds of data a second through the network, one stream. */
static gws_status try_blocks(optimizer *o, int threads, gws_err *err)
{
    gws_model *m = gws_model_borrow(&o->w.c, err);
    if (!m)
        return err->status;
    gws_pool *pool = gws_pool_create(threads, err);
    const int rate = o->w.c.arch.rate_hz;
    gws_status status = pool ? GWS_OK : err->status;
    float *noise = gws_arena_alloc((size_t)GWS_MODEL_IFOS * STREAM_S * (size_t)rate * sizeof *noise);
    gws_rng r = gws_rng_init(1, "optimize", 0);
    if (!noise)
        status = gws_err_set(err, GWS_ENOMEM, "no memory for a stream");
    for (int64_t i = 0; noise && i < (int64_t)GWS_MODEL_IFOS * STREAM_S * rate; i++)
        noise[i] = (float)gws_rng_normal(&r);
    for (int block = 8; block <= 1024 && status == GWS_OK && gws_classifier_bytes(m, 1, block, pool) <= o->wish->cap; block *= 2) {
        stream s = {.d = gws_classifier_create_many(m, 1, block, pool, err), .n = (int64_t)STREAM_S * rate};
        for (int i = 0; i < GWS_MODEL_IFOS; i++)
            s.w[i] = noise + (int64_t)i * STREAM_S * rate;
        if (s.d)
            add(&o->out->blocks, block, STREAM_S / gws_measure(run_stream, &s, o->wish->seconds, LEAST_RUNS).median_s);
        else
            status = err->status;
        gws_classifier_destroy(s.d);
    }
    gws_arena_free(noise);
    gws_pool_destroy(pool);
    gws_model_destroy(m);
    return status;
}

static gws_status run_all(optimizer *o, gws_err *err)
{
    const int all = gws_cpu_count();
    gws_status status = GWS_OK;
    o->batch = (int)gws_memory_fit(o->wish->cap, 1, o->wish->most < 16 ? o->wish->most : 16, need_of_batch, o);
    for (int t = 1; t <= all && status == GWS_OK; t = t < all && 2 * t > all ? all : 2 * t)
        status = try_training(o, &o->out->threads, t, o->batch, t, err);
    if (status)
        return status;
    choose(&o->out->threads, 0.02);
    o->wish->show(o->wish->user, &o->out->threads);
    const int threads = (int)o->out->threads.x[o->out->threads.chosen];
    for (int64_t B = 1; B <= o->wish->most && status == GWS_OK && need_of_batch(o, B) <= o->wish->cap; B *= 2)
        status = try_training(o, &o->out->batches, (double)B, (int)B, threads, err);
    if (status)
        return status;
    choose(&o->out->batches, 0.05);
    o->wish->show(o->wish->user, &o->out->batches);
    if ((status = try_blocks(o, threads, err)))
        return status;
    if (o->out->blocks.n == 0)
        return gws_err_set(err, GWS_ENOMEM, "no block of steps fits under the cap");
    choose(&o->out->blocks, 0.02);
    o->wish->show(o->wish->user, &o->out->blocks);
    return GWS_OK;
}

gws_status gws_optimize_run(const gws_optimize_wish *wish, gws_optimized *out, gws_err *err)
{
    optimizer o = {.wish = wish, .out = out};
    gws_watch *watch = NULL;
    gws_err own;
    err = err ? err : &own;
    *out = (gws_optimized){.threads = {.what = "threads", .unit = "windows/s"},
                           .batches = {.what = "batch", .unit = "windows/s"},
                           .blocks = {.what = "block", .unit = "x real time"}};
    gws_status status = gws_workload_open(&o.w, wish->recipe, wish->model, err);
    if (status != GWS_OK)
        goto fail;
    o.T = gws_workload_steps(&o.w, WINDOW_S);
    if ((status = gws_memory_check(wish->cap, "batch", 1, 1, need_of_batch, &o, err)) != GWS_OK)
        goto fail;
    if (!(watch = gws_watch_create(WATCH_S, NULL, NULL, err))) {
        status = err->status;
        goto fail;
    }
    if ((status = run_all(&o, err)) == GWS_OK)
        out->best = (gws_machine){.threads = (int)out->threads.x[out->threads.chosen],
                                  .block = (int)out->blocks.x[out->blocks.chosen],
                                  .batch = (int)out->batches.x[out->batches.chosen]};
fail:
    gws_watch_destroy(watch);
    gws_workload_clear(&o.w);
    return status;
}
