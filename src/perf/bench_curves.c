/* bench_curves.c - how the cost grows with batch, window, threads and streams. */
#include "perf/benchmark_private.h"

#include "base/arena.h"
#include "base/cpu.h"
#include "base/number.h"

#include <math.h>
#include <stdio.h>

typedef struct curve {
    const char *name;
    double x[16], y[16];
    int n;
} curve;

static void put_point(gws_bench *b, curve *c, double x, gws_timing t, double flops)
{
    char shape[40];
    gws_text_print(shape, sizeof shape, "%g", x);
    gws_bench_put_time(b, c->name, shape, t, (double)NAN, flops, b->peak);
    c->x[c->n] = x;
    c->y[c->n++] = t.median_s;
}

static void put_slope(gws_bench *b, const curve *c)
{
    char name[40];
    snprintf(name, sizeof name, "%s_slope", c->name);
    gws_bench_put_value(b, name, "", gws_log_slope(c->x, c->y, c->n), "", (double)NAN, GWS_BENCH_LESS);
}

/* One point of a curve of forward passes; 0 when it does not fit under the cap. */
static int forward_point(gws_bench *b, curve *c, double x, int B, int64_t T, gws_pool *pool, gws_status *status, gws_err *err)
{
    gws_bench_net n;
    if (*status || gws_bench_net_bytes(&b->w, B, T, gws_pool_threads(pool)) > b->wish->cap)
        return 0;
    if ((*status = gws_bench_net_create(&n, &b->w, B, T, pool, err)) == GWS_OK) {
        n.stages = GWS_DO_LOGITS;
        put_point(b, c, x, gws_measure(gws_bench_net_run, &n, 0.6 * b->wish->seconds, GWS_BENCH_RUNS),
                  gws_bench_net_flops(&b->w.c.arch, B, T, GWS_DO_LOGITS));
    }
    gws_bench_net_clear(&n);
    return *status == GWS_OK;
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
static gws_status streams_curve(gws_bench *b, gws_err *err)
{
    curve c = {.name = "curve_streams"};
    const gws_model_meta *meta = gws_model_describe(b->model);
    streams s = {.samples = meta->rate_hz};
    float *noise = gws_bench_normals((int64_t)GWS_MODEL_IFOS * meta->rate_hz);
    gws_status status = noise ? GWS_OK : gws_err_set(err, GWS_ENOMEM, "no memory for streams");
    for (int i = 0; i < 64 * meta->n_ifo && noise; i++)
        s.w[i] = noise + (int64_t)(i % meta->n_ifo) * meta->rate_hz;
    for (int n = 1; n <= 64 && status == GWS_OK && gws_classifier_bytes(b->model, n, 0, b->pool) <= b->wish->cap; n *= 2) {
        if ((s.d = gws_classifier_create_many(b->model, n, 0, b->pool, err)))
            put_point(b, &c, n, gws_measure(run_streams, &s, 0.6 * b->wish->seconds, GWS_BENCH_RUNS), 0.0);
        else
            status = err->status;
        gws_classifier_destroy(s.d);
    }
    put_slope(b, &c);
    gws_arena_free(noise);
    return status;
}

gws_status gws_bench_curves_rows(gws_bench *b, gws_err *err)
{
    curve batch = {.name = "curve_batch"}, window = {.name = "curve_window"}, threads = {.name = "curve_threads"};
    gws_status status = GWS_OK;
    for (int B = 1; B <= 256 && forward_point(b, &batch, B, B, b->T, b->pool, &status, err); B *= 2)
        ;
    put_slope(b, &batch);
    for (int s = 1; s <= 64 && forward_point(b, &window, s, 1, gws_workload_steps(&b->w, s), b->pool, &status, err); s *= 2)
        ;
    put_slope(b, &window);
    for (int t = 1; t <= gws_cpu_count() && status == GWS_OK && threads.n < 16;
         t = t < gws_cpu_count() && 2 * t > gws_cpu_count() ? gws_cpu_count() : 2 * t) {
        gws_pool *pool = gws_pool_create(t, err);
        if (!pool)
            return err->status;
        forward_point(b, &threads, t, b->wish->batch, b->T, pool, &status, err);
        gws_pool_destroy(pool);
    }
    put_slope(b, &threads);
    return status ? status : streams_curve(b, err);
}
