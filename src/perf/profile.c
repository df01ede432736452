#include "perf/profile.h"

#include "base/array.h"
#include "base/number.h"
#include "base/progress.h"
#include "model/classifier.h"
#include "nn/infonce.h"
#include "perf/workload.h"
#include "strain/whitening.h"
#include "stream/feed.h"
#include "stream/pipeline.h"
#include "train/dataset.h"
#include "train/step.h"
#include "train/window.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIGNALS 128
#define NOISE_S 128
#define CHUNK_S 64

static void read_memory(void *user, gws_memory *out)
{
    gws_profile_trace *m = user;
    gws_memory_now(out);
    pthread_mutex_lock(&m->mutex);
    if (m->n == GWS_PROFILE_SAMPLES) {
        m->keep *= 2;
        m->n /= 2;
        for (int i = 0; i < m->n; i++) {
            m->t[i] = m->t[2 * i];
            m->mib[i] = m->mib[2 * i];
        }
    }
    if (m->asked++ % m->keep == 0) {
        m->t[m->n] = gws_now_s() - m->begin_s;
        m->mib[m->n++] = (double)out->resident_bytes / (1024.0 * 1024.0);
    }
    pthread_mutex_unlock(&m->mutex);
}

gws_status gws_profile_begin(gws_profile *p, gws_pool *pool, int64_t cap, gws_err *err)
{
    p->pool = pool;
    p->cap = cap;
    p->memory.begin_s = gws_now_s();
    p->memory.keep = 1;
    pthread_mutex_init(&p->memory.mutex, NULL);
    p->watch = gws_watch_create(GWS_PROFILE_PERIOD_S, read_memory, &p->memory, err);
    return p->watch ? GWS_OK : GWS_ENOMEM;
}

static void put_stage(gws_profile *p, const char *name, double seconds, int64_t calls, double flops)
{
    if (p->n_stages < GWS_PROFILE_STAGES)
        p->stages[p->n_stages++] = (gws_profile_stage){
            .name = name, .seconds = seconds, .calls = calls, .gflops = seconds > 0.0 ? 1e-9 * flops / seconds : 0.0};
}

/* Rows of a table, `copies` of each in memory. */
static gws_status put_tensors(gws_profile *p, const char *prefix, const gws_table *t, int copies, gws_err *err)
{
    if (!GWS_ARRAY_ROOM(p->tensors, p->room, p->n_tensors + t->n))
        return gws_err_set(err, GWS_ENOMEM, "no memory for a list of tensors");
    for (int i = 0; i < t->n; i++) {
        gws_profile_tensor *q = &p->tensors[p->n_tensors++];
        snprintf(q->name, sizeof q->name, "%s%s", prefix, t->rows[i].name);
        q->bytes = copies * t->rows[i].size * (int64_t)sizeof(float);
    }
    return GWS_OK;
}

static void put_block(gws_profile *p, const char *name, int64_t bytes, gws_status *status, gws_err *err)
{
    gws_tensor row = {.size = bytes / (int64_t)sizeof(float)};
    snprintf(row.name, sizeof row.name, "%s", name);
    if (*status == GWS_OK && bytes > 0)
        *status = put_tensors(p, "", &(gws_table){.rows = &row, .n = 1}, 1, err);
}

/* ---- training ---- */

typedef struct feeding {
    const gws_dataset *data;
    gws_windows *windows;
    gws_pool *pool;
    gws_arch *arch;
    gws_window *window;
    float *x;
    int64_t first, x_next, T;
} feeding;

static void fill_window(void *user, int b, int thread)
{
    const feeding *f = user;
    float *x = f->x + b * f->x_next;
    f->window[b].w = gws_windows_room(f->windows, thread, x);
    gws_dataset_window(f->data, 0, f->first + b, 0.0, 0.0, -1, &f->window[b]);
    gws_windows_put(f->windows, thread, &f->window[b], gws_windows_steps(f->windows), x);
}

/* As in training, with the recipe's usual target: 30 to 190 ms after the merger. */
static void load(void *user, int64_t first, int n, float *x, int64_t x_next, float *target, float *weight)
{
    feeding *f = user;
    const int hop = gws_arch_hop(f->arch);
    f->first = first;
    f->x = x;
    f->x_next = x_next;
    gws_pool_run(f->pool, n, fill_window, f);
    for (int b = 0; b < n; b++)
        for (int64_t i = 0; i < f->T; i++) {
            const double late = (double)((i + 1 + gws_windows_lead(f->windows)) * hop - f->window[b].merger) / f->arch->rate_hz;
            weight[b * f->T + i] = 1.0f;
            target[b * f->T + i] = f->window[b].has_signal && late > 0.03 && late < 0.19 ? 1.0f : 0.0f;
        }
}

typedef struct budget {
    const gws_workload *w;
    gws_step_params step;
    int64_t T, data;
    int threads;
} budget;

static int64_t need_of_batch(void *user, int64_t batch)
{
    const budget *b = user;
    gws_step_params p = b->step;
    gws_memory now;
    gws_memory_now(&now);
    p.batch = batch;
    return now.resident_bytes + b->data + gws_stepper_bytes(&p, &b->w->c.arch, b->w->c.table.total, b->T, b->threads);
}

static gws_status tensors_of_training(gws_profile *p, const gws_workload *w, const gws_step_params *q, int64_t T, int64_t data,
                                      gws_err *err)
{
    const gws_arch *a = &w->c.arch;
    const int64_t micro = q->batch / q->accumulate;
    const int threads = gws_pool_threads(p->pool);
    gws_table packed, work;
    int64_t anchors = 0, contrast = 0;
    gws_status status;
    gws_table_init(&packed);
    gws_table_init(&work);
    for (int i = 0; i < GWS_PHASES; i++) {
        const gws_infonce_shape shape = {.B = (int)q->batch,
                                         .T = (int)T,
                                         .C = a->C,
                                         .K = a->K,
                                         .A = (int)gws_phase_anchors(&q->phase[i], T),
                                         .negatives = q->negatives};
        anchors = shape.A > anchors ? shape.A : anchors;
        contrast += shape.A ? gws_infonce_bytes(&shape, threads) : 0;
    }
    status = put_tensors(p, "parameter, gradient, moments: ", &w->c.table, 4, err);
    if (status == GWS_OK && (status = gws_weights_table(a, GWS_TO_TRAIN, &packed, err)) == GWS_OK)
        put_block(p, "packed weights", packed.total * (int64_t)sizeof(float), &status, err);
    if (status == GWS_OK &&
        (status = gws_work_table(a, &(gws_work_shape){(int)micro, T, (int)anchors, GWS_TO_TRAIN, threads}, &work, err)) == GWS_OK)
        status = put_tensors(p, "", &work, 1, err);
    put_block(p, "contrastive loss", contrast, &status, err);
    put_block(p, "data set", data, &status, err);
    gws_table_clear(&packed);
    gws_table_clear(&work);
    return status;
}

gws_status gws_profile_training(gws_profile *p, const char *recipe_path, const char *model, int64_t batch, int64_t steps,
                                gws_err *err)
{
    gws_workload w = {0};
    gws_ini *recipe = NULL;
    gws_dataset *data = NULL;
    gws_stepper *s = NULL;
    feeding f = {.pool = p->pool};
    gws_step_result made;
    gws_stage_time rows[GWS_STEP_STAGES];
    double t0_s = gws_now_s(), window_s;
    gws_err own;
    err = err ? err : &own;
    gws_status status = gws_workload_open(&w, recipe_path, model, err);
    budget b = {.w = &w, .threads = gws_pool_threads(p->pool)};
    if (status || (status = gws_step_params_from_ini(w.ini, &b.step, err)))
        goto fail;
    if (batch) {
        b.step.batch = batch;
        b.step.accumulate = 1;
    }
    status = GWS_EDATA;
    if (!(recipe = gws_workload_data(&w, SIGNALS, NOISE_S, 0.0, err)) ||
        gws_dataset_bytes_most(recipe, GWS_SPLIT_TRAIN, b.threads, &b.data, err))
        goto fail;
    if ((status = gws_ini_double(recipe, "data", "window_s", 2.0, &window_s, err)))
        goto fail;
    status = GWS_EFORMAT;
    f.windows = gws_windows_create(&w.c, (int64_t)llround(window_s * w.c.arch.rate_hz), b.threads, err);
    if (!f.windows) {
        gws_err_prefix(err, "%s", w.path);
        goto fail;
    }
    b.T = gws_windows_steps(f.windows);
    if ((status = gws_memory_check(p->cap, "batch", b.step.batch, b.step.accumulate, need_of_batch, &b, err)))
        goto fail;
    const double set_up_s = gws_now_s() - t0_s;
    t0_s = gws_now_s();
    status = GWS_EDATA;
    if (!(data = gws_dataset_create(recipe, GWS_SPLIT_TRAIN, 1, NULL, p->pool, NULL, err)))
        goto fail;
    const double data_s = gws_now_s() - t0_s;
    t0_s = gws_now_s();
    if (!(s = gws_stepper_create(&b.step, &w.c, b.T, p->pool, err)))
        goto fail;
    f.data = data;
    f.arch = &w.c.arch;
    f.T = b.T;
    if (!(f.window = calloc((size_t)gws_stepper_micro(s), sizeof *f.window))) {
        status = gws_err_set(err, GWS_ENOMEM, "no memory for a batch of windows");
        goto fail;
    }
    const double stepper_s = gws_now_s() - t0_s;
    t0_s = gws_now_s();
    for (int64_t k = 0; k < steps; k++) {
        if ((status = gws_stepper_run(s, GWS_JOINT, k, load, &f, &made, err)))
            goto fail;
        w.c.step++;
    }
    p->whole_s = gws_now_s() - t0_s;
    double rest = p->whole_s;
    gws_stepper_times(s, rows);
    for (int i = 0; i < GWS_STEP_STAGES; i++) { /* those of the network are sums over threads, which work on them together */
        const double seconds = i < GWS_STAGES ? rows[i].seconds / b.threads : rows[i].seconds;
        put_stage(p, rows[i].name, seconds, steps, rows[i].flops);
        rest -= seconds;
    }
    put_stage(p, "rest", fmax(rest, 0.0), steps, 0.0);
    gws_text_print(p->summary, sizeof p->summary,
                   "%lld joint steps of batch %lld: %.1f ms a step, %.1f windows/s; set-up %.2f s and %.2f s, data %.2f s",
                   (long long)steps, (long long)b.step.batch, 1e3 * p->whole_s / (double)steps,
                   (double)(steps * b.step.batch) / p->whole_s, set_up_s, stepper_s, data_s);
    status = tensors_of_training(p, &w, &b.step, b.T, gws_dataset_bytes(data), err);
fail:
    free(f.window);
    gws_windows_destroy(f.windows);
    gws_stepper_destroy(s);
    gws_dataset_destroy(data);
    gws_ini_destroy(recipe);
    gws_workload_clear(&w);
    return status;
}

/* ---- a search ---- */

static void drop(void *user, int64_t sample, const float *w, int64_t n)
{
    *(int64_t *)user += n;
}

/* Reading alone: every sample once, in chunks. */
static gws_status read_all(gws_strain_set *set, const gws_feed_plan *plan, int64_t *samples, gws_err *err)
{
    gws_status status = GWS_OK;
    for (int i = 0; i < plan->n_ifo && status == GWS_OK; i++) {
        gws_strain_info info;
        const int64_t chunk = (int64_t)CHUNK_S * plan->rate_hz[i];
        double *h = malloc((size_t)chunk * sizeof *h);
        gws_strain_describe(set, plan->index[i], &info);
        if (!h)
            status = gws_err_set(err, GWS_ENOMEM, "no memory for %d s of strain", CHUNK_S);
        for (int k = 0; k < info.n_spans && status == GWS_OK; k++)
            for (int64_t at = info.spans[k].begin; at < info.spans[k].end && status == GWS_OK; at += chunk) {
                const int64_t end = at + chunk < info.spans[k].end ? at + chunk : info.spans[k].end;
                status = gws_strain_read(set, plan->index[i], at, end, h, err);
                *samples += end - at;
            }
        free(h);
    }
    return status;
}

static gws_status whole_line(const gws_model *m, gws_strain_set *set, const gws_feed_plan *plan, gws_pool *pool, int block,
                             gws_pipeline_stats *stats, double *seconds, double *cpu, gws_err *err)
{
    gws_pipeline *line = gws_pipeline_create(m, GWS_HEAD_SPIKING, plan->rate_hz, (double)NAN, NULL, err);
    gws_status status = line ? GWS_OK : err->status;
    if (status == GWS_OK)
        status = gws_pipeline_set_pool(line, pool, block, err);
    const double t0_s = gws_now_s(), cpu0_s = gws_cpu_s();
    if (status == GWS_OK)
        status = gws_feed_run(set, plan, line, pool, CHUNK_S, NULL, err);
    *seconds = gws_now_s() - t0_s;
    *cpu = gws_cpu_s() - cpu0_s;
    if (status == GWS_OK)
        gws_pipeline_get_stats(line, stats);
    gws_pipeline_destroy(line);
    return status;
}

/* The network's stages on blocks as the search runs them: seconds of `steps` steps. */
static gws_status network_stages(gws_profile *p, const gws_workload *w, int block, int64_t steps, double *sum, gws_err *err)
{
    static const struct {
        const char *name;
        unsigned what;
    } all[] = {{"stem", GWS_DO_STEM},
               {"context", GWS_DO_CONTEXT},
               {"bridge", GWS_DO_BRIDGE},
               {"spiking", GWS_DO_SPIKING},
               {"linear", GWS_DO_LINEAR}};
    gws_bench_net n;
    const gws_status status = gws_bench_net_create(&n, w, 1, block, NULL, err);
    for (size_t i = 0; status == GWS_OK && i < sizeof all / sizeof *all; i++) {
        n.stages = all[i].what;
        const double blocks = (double)steps / block, begin = gws_cpu_s();
        int runs = 0;
        do {
            gws_bench_net_run(&n);
            runs++;
        } while (gws_cpu_s() - begin < 0.1);
        const double seconds = blocks * (gws_cpu_s() - begin) / runs;
        put_stage(p, all[i].name, seconds, (int64_t)ceil(blocks), blocks * gws_bench_net_flops(&w->c.arch, 1, block, all[i].what));
        *sum += seconds;
    }
    gws_bench_net_clear(&n);
    return status;
}

typedef struct line_budget {
    const gws_model *model;
    const gws_pool *pool;
    int64_t resident, chunks, made; /* of the process so far; strain being read; inputs that are made */
} line_budget;

static int64_t need_of_block(void *user, int64_t block)
{
    const line_budget *b = user;
    int64_t bytes;
    if (gws_pipeline_bytes(b->model, b->pool, (int)block, &bytes, NULL) != GWS_OK)
        return INT64_MAX;
    return b->resident + b->chunks + b->made + 2 * bytes; /* a block of the network once more, to time its stages */
}

static gws_status tensors_of_search(gws_profile *p, const gws_checkpoint *c, int block, gws_err *err)
{
    gws_table packed, work;
    gws_table_init(&packed);
    gws_table_init(&work);
    gws_status status = put_tensors(p, "parameter: ", &c->table, 1, err);
    if (status == GWS_OK && (status = gws_weights_table(&c->arch, GWS_TO_RUN, &packed, err)) == GWS_OK)
        put_block(p, "packed weights", packed.total * (int64_t)sizeof(float), &status, err);
    if (status == GWS_OK &&
        (status = gws_work_table(&c->arch, &(gws_work_shape){1, block, 0, GWS_TO_RUN, gws_pool_threads(p->pool)}, &work, err)) ==
            GWS_OK)
        status = put_tensors(p, "", &work, 1, err);
    gws_table_clear(&packed);
    gws_table_clear(&work);
    return status;
}

gws_status gws_profile_search(gws_profile *p, const char *model_path, gws_strain_set *set, int block, gws_err *err)
{
    gws_workload w = {0};
    gws_model *model = NULL;
    gws_feed_plan plan;
    gws_pipeline_stats stats;
    gws_condition_params cp;
    int64_t samples = 0, whitened = 0;
    double alone_s, pool_s, line_s, read_s, condition_s, network_s = 0.0, t0_s;
    gws_err own;
    gws_status status = GWS_EIO;
    err = err ? err : &own;
    block = gws_classifier_block(block, p->pool);
    if (!(model = gws_model_load(model_path, err)))
        goto fail;
    const gws_model_meta *meta = gws_model_describe(model);
    if ((status = gws_feed_plan_make(set, meta, &plan, err)))
        goto fail;
    gws_memory now;
    gws_memory_now(&now);
    line_budget b = {.model = model, .pool = p->pool, .resident = now.resident_bytes, .chunks = gws_feed_bytes(&plan, CHUNK_S)};
    if ((status = gws_strain_bytes(set, &b.made, err)))
        goto fail;
    if ((status = gws_memory_check(p->cap, "block", block, 1, need_of_block, &b, err)))
        goto fail;
    if ((status = gws_checkpoint_load(&w.c, model_path, err)))
        goto fail;
    if (!(w.ini = gws_ini_parse(meta->recipe, "recipe of the model", err)) ||
        (status = gws_condition_params_from_ini(w.ini, &cp, err)))
        goto fail;
    cp.reference = meta->reference;

    if ((status = whole_line(model, set, &plan, p->pool, block, &stats, &pool_s, &line_s, err)) ||
        (status = whole_line(model, set, &plan, NULL, block, &stats, &alone_s, &line_s, err)))
        goto fail;
    t0_s = gws_cpu_s();
    if ((status = read_all(set, &plan, &samples, err)))
        goto fail;
    read_s = gws_cpu_s() - t0_s;
    t0_s = gws_cpu_s();
    gws_strain_whitening how = {.rate_hz = meta->rate_hz, .params = &cp, .chunk_s = CHUNK_S, .sink = drop, .user = &whitened};
    for (int i = 0; i < plan.n_ifo; i++) {
        how.ifo = plan.index[i];
        if ((status = gws_strain_condition(set, &how, NULL, err)))
            goto fail;
    }
    condition_s = fmax(gws_cpu_s() - t0_s - read_s, 0.0);
    p->whole_s = line_s;
    put_stage(p, "read", read_s, samples, 0.0);
    put_stage(p, "condition", condition_s, whitened, 0.0);
    if ((status = network_stages(p, &w, block, stats.classifier.steps, &network_s, err)))
        goto fail;
    put_stage(p, "search and rest", fmax(line_s - read_s - condition_s - network_s, 0.0), stats.search.scored, 0.0);
    const double data_s = (double)stats.samples_together / meta->rate_hz;
    gws_text_print(
        p->summary, sizeof p->summary,
        "%.1f s of data: %.3f s on one thread (%.0f times real time), %.3f s on %d (%.0f times); block %d; stages are of one "
        "thread",
        data_s, alone_s, data_s / alone_s, pool_s, gws_pool_threads(p->pool), data_s / pool_s, block);

    if ((status = tensors_of_search(p, &w.c, block, err)))
        goto fail;
    put_block(p, "conditioning", plan.n_ifo * gws_condition_bytes(&cp, meta->rate_hz), &status, err);
    put_block(p, "strain being read", b.chunks, &status, err);
    put_block(p, "strain being made", b.made, &status, err);
fail:
    gws_workload_clear(&w);
    gws_model_destroy(model);
    return status;
}

/* ---- the end ---- */

static int larger(const void *a, const void *b)
{
    const gws_profile_tensor *x = a, *y = b;
    return x->bytes != y->bytes ? (x->bytes < y->bytes) - (x->bytes > y->bytes) : strcmp(x->name, y->name);
}

void gws_profile_end(gws_profile *p)
{
    gws_watch_destroy(p->watch);
    p->watch = NULL;
    read_memory(&p->memory, &p->now); /* the last sample; also the first, of a run that was shorter than the watcher's beginning */
    if (p->n_tensors > 0)
        qsort(p->tensors, (size_t)p->n_tensors, sizeof *p->tensors, larger);
}

void gws_profile_clear(gws_profile *p)
{
    gws_watch_destroy(p->watch);
    free(p->tensors);
    pthread_mutex_destroy(&p->memory.mutex);
    memset(p, 0, sizeof *p);
}
