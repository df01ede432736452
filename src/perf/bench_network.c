/* bench_network.c - windows of training, the stages of the network, a step of training. */
#include "perf/benchmark_private.h"

#include "base/arena.h"
#include "base/number.h"
#include "base/rng.h"
#include "model/energy.h"
#include "perf/rapl.h"
#include "train/dataset.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

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

gws_status gws_bench_data_rows(gws_bench *b, gws_err *err)
{
    gws_status status = GWS_OK;
    gws_ini *recipe = gws_workload_data(&b->w, 64, 64, GWS_BENCH_WINDOW_S, err);
    gws_dataset *data = recipe ? gws_dataset_create(recipe, GWS_SPLIT_TRAIN, 1, NULL, b->pool, NULL, err) : NULL;
    if (!data) {
        status = err->status;
        goto fail;
    }
    batch_job j = {.data = data, .pool = b->pool, .B = b->wish->batch};
    j.window = (int64_t)gws_dataset_samples(data) * gws_dataset_ifos(data);
    j.x = gws_arena_alloc((size_t)(j.B * j.window) * sizeof *j.x);
    if (!j.x) {
        status = gws_err_set(err, GWS_ENOMEM, "no memory for a batch of windows");
        goto fail;
    }
    gws_bench_put_time(b, "data_batch", "", gws_measure(fill_batch, &j, b->wish->seconds, GWS_BENCH_RUNS),
                       gws_bench_target(b, 10.0), 0.0, b->peak);
    gws_arena_free(j.x);
fail:
    gws_dataset_destroy(data);
    gws_ini_destroy(recipe);
    return status;
}

static void put_stage(gws_bench *b, gws_bench_net *n, const char *name, unsigned stages, double target_ms)
{
    if (!gws_bench_wanted(b, name))
        return;
    n->stages = stages;
    gws_bench_put_time(b, name, "", gws_measure(gws_bench_net_run, n, b->wish->seconds, GWS_BENCH_RUNS), target_ms,
                       gws_bench_net_flops(&b->w.c.arch, b->wish->batch, b->T, stages), b->peak);
}

/* The spiking layers on made events: their time falls with the rate. */
static void put_rates(gws_bench *b, gws_bench_net *n)
{
    static const double rates[] = {0.01, 0.03, 0.1, 0.3};
    const int64_t lines = 2 * b->w.c.arch.C, words = GWS_BIT_WORDS(lines), rows = b->wish->batch * b->T;
    char shape[40];
    if (!gws_bench_wanted(b, "snn_rate"))
        return;
    n->stages = GWS_DO_SPIKING;
    for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
        gws_rng r = gws_rng_init(1, "events", i);
        memset(n->k.ev, 0, (size_t)(rows * words) * sizeof *n->k.ev);
        for (int64_t t = 0; t < rows; t++)
            for (int64_t j = 0; j < lines; j++)
                n->k.ev[t * words + j / 64] |= (uint64_t)(gws_rng_uniform(&r) < rates[i]) << (j % 64);
        gws_text_print(shape, sizeof shape, "events %.0f %%", 100.0 * rates[i]);
        gws_bench_put_time(b, "snn_rate", shape, gws_measure(gws_bench_net_run, n, 0.4 * b->wish->seconds, GWS_BENCH_RUNS),
                           (double)NAN, 0.0, b->peak);
    }
    n->stages = GWS_DO_BRIDGE;
    gws_bench_net_run(n);
}

static void put_energy(gws_bench *b, gws_bench_net *n, const gws_cost *c)
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
        gws_bench_put_value(b, all[i].name, "", all[i].value, all[i].unit, (double)NAN, GWS_BENCH_LESS);
    /* what the processor itself counted, everything else that ran included */
    n->stages = GWS_DO_LOGITS;
    gws_rapl_begin(&counter, NULL);
    const int runs = counter.n ? gws_measure(gws_bench_net_run, n, 4.0 * b->wish->seconds, GWS_BENCH_RUNS).runs + 1 : 1;
    gws_bench_put_value(b, "energy_processor", counter.n ? "" : "not offered",
                        1e6 * gws_rapl_joules(&counter) / runs / b->wish->batch, "uJ/window", (double)NAN, GWS_BENCH_LESS);
}

gws_status gws_bench_network_rows(gws_bench *b, gws_err *err)
{
    gws_bench_net n;
    gws_cost c;
    gws_status status = gws_bench_net_create(&n, &b->w, b->wish->batch, b->T, b->pool, err);
    if (status || (status = gws_cost_count(&n.w, &n.k, &c, err)))
        goto fail;
    put_stage(b, &n, "cpc_forward", GWS_DO_STEM | GWS_DO_CONTEXT, gws_bench_default_target(b, 20.0));
    put_stage(b, &n, "bridge_forward", GWS_DO_BRIDGE, (double)NAN);
    put_stage(b, &n, "snn_forward", GWS_DO_SPIKING, gws_bench_target(b, 30.0));
    put_rates(b, &n);
    put_stage(b, &n, "full_pipeline", GWS_DO_LOGITS, gws_bench_target(b, 100.0));
    if (gws_bench_wanted(b, "spikes_per_s")) {
        /* events and spikes that go through the spiking layers */
        const gws_arch *a = &b->w.c.arch;
        n.stages = GWS_DO_SPIKING;
        const double units = 2.0 * a->C + a->H[0] + a->H[1];
        gws_bench_put_value(b, "spikes_per_s", "",
                            c.spike_rate * units * (double)(b->wish->batch * b->T) /
                                gws_measure(gws_bench_net_run, &n, b->wish->seconds, GWS_BENCH_RUNS).median_s,
                            "1/s", (double)NAN, GWS_BENCH_MORE);
    }
    if (gws_bench_wanted_group(b, "energy"))
        put_energy(b, &n, &c);
fail:
    gws_bench_net_clear(&n);
    return status;
}

gws_status gws_bench_training_rows(gws_bench *b, gws_err *err)
{
    gws_bench_train t;
    gws_status status = gws_bench_train_create(&t, &b->w, b->wish->batch, b->T, b->pool, err);
    if (status == GWS_OK) {
        const gws_timing took = gws_measure(gws_bench_train_run, &t, b->wish->seconds, GWS_BENCH_RUNS);
        if (t.status) {
            status = t.status;
            *err = t.err;
        } else {
            gws_bench_put_time(b, "train_step", "", took, gws_bench_default_target(b, 200.0),
                               gws_bench_train_flops(&b->w, b->wish->batch, b->T), b->peak);
        }
    }
    gws_bench_train_clear(&t);
    return status;
}
