/* bench_search.c - the whole line on made strain, and one stream hop by hop. */
#include "perf/benchmark_private.h"

#include "base/arena.h"
#include "base/progress.h"
#include "base/rng.h"
#include "sim/simulate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SEARCH_S 256 /* strain of one run of the whole line */
#define CHUNK_S 64
#define HOPS 4000
#define START_S 1262304000

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

gws_status gws_bench_search_rows(gws_bench *b, gws_err *err)
{
    const gws_model_meta *meta = gws_model_describe(b->model);
    gws_sim_params sp = gws_sim_defaults();
    search s = {.pool = b->pool, .n_ifo = meta->n_ifo, .rate_hz = meta->rate_hz};
    gws_sim *sim = NULL;
    gws_status status;
    sp.n_ifo = meta->n_ifo;
    for (int i = 0; i < meta->n_ifo; i++)
        sp.ifo[i] = meta->ifo[i];
    sp.rate_hz = meta->rate_hz;
    sp.begin = (int64_t)START_S * meta->rate_hz;
    sp.n = (int64_t)SEARCH_S * meta->rate_hz;
    sp.step_s = 0.0;
    if (!(sim = gws_sim_create(&sp, err)))
        return err->status;
    status = gws_bench_pipeline(b, &s.p, err);
    for (int i = 0; i < meta->n_ifo && status == GWS_OK; i++)
        status = (s.h[i] = malloc((size_t)sp.n * sizeof **s.h))
                     ? gws_sim_fill(sim, i, sp.begin, sp.n, s.h[i], err)
                     : gws_err_set(err, GWS_ENOMEM, "no memory for %d s of strain", SEARCH_S);
    if (status == GWS_OK)
        status = gws_pipeline_set_pool(s.p, b->pool, b->wish->block, err);
    if (status == GWS_OK)
        gws_bench_put_value(b, "realtime_factor", "",
                            SEARCH_S / gws_measure(run_search, &s, b->wish->seconds, GWS_BENCH_RUNS).median_s, "x",
                            strcmp(b->wish->config, "default") == 0 ? 1000.0 * b->scale : (double)NAN, GWS_BENCH_MORE);
    for (int i = 0; i < meta->n_ifo; i++)
        free(s.h[i]);
    gws_pipeline_destroy(s.p);
    gws_sim_destroy(sim);
    return status;
}

/* Time every hop of one stream as it comes. */
gws_status gws_bench_hops_rows(gws_bench *b, gws_err *err)
{
    const gws_model_meta *meta = gws_model_describe(b->model);
    const int hop = meta->hop;
    gws_status status = GWS_OK;
    gws_classifier *d = gws_classifier_create(b->model, 1, err);
    double *took = malloc(HOPS * sizeof *took);
    float *w = gws_arena_alloc((size_t)hop * GWS_MODEL_IFOS * sizeof *w);
    if (!d || !took || !w) {
        status = gws_err_set(err, GWS_ENOMEM, "no memory for a stream");
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
    gws_bench_put_value(b, "hop_latency", "99.9th of 4000", late, "ms", 2.0 / b->scale, GWS_BENCH_LESS);
    gws_bench_put_value(b, "hop_latency_median", "", gws_quantile(took, HOPS, 0.5), "ms", (double)NAN, GWS_BENCH_LESS);
fail:
    gws_classifier_destroy(d);
    free(took);
    gws_arena_free(w);
    return status;
}
