#include "train/train.h"

#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/rng.h"
#include "model/reference.h"
#include "train/bank.h"
#include "train/calibrate.h"
#include "train/candidates.h"
#include "train/dataset.h"
#include "train/recipe.h"
#include "train/recorded.h"
#include "train/step.h"
#include "train/tail.h"
#include "train/window.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum labels { LABELS_TRUE, LABELS_SHUFFLED, LABELS_NOISE } labels;

typedef struct settings {
    gws_step_params step;
    int64_t seed; /* of the data; step.seed is that of the weights */
    int64_t evaluate_every, evaluate_windows, save_every;
    double begin_s, end_s, before_s, after_s, positive, metric, loudness, disturbed;
    int64_t skip;
    labels labels;
    int recorded; /* pretraining is on recorded strain */
    gws_candidate_params candidates;
} settings;

typedef struct trainer {
    const gws_train_options *o;
    settings s;
    gws_checkpoint c;
    gws_stepper *step;
    gws_reference *reference; /* of templates that follow the noise, or NULL */
    gws_dataset *train, *valid;
    gws_recorded *recorded; /* what [pretrain] strain names, or NULL */
    int64_t T, hop, N;
    gws_windows *windows; /* from what is drawn to what the network takes */
    gws_window *window;   /* (micro) the last windows filled */
    gws_tail *tail;       /* with candidates, which then take the place of the windows */
    double signal_share;
    gws_track *track;     /* NULL: no trace is kept */
    gws_distance test[2]; /* at the end */
    int64_t done;         /* steps of this call */
} trainer;

static int has_candidates(const settings *s)
{
    return s->candidates.days[GWS_SPLIT_TRAIN] > 0.0;
}

static gws_status read_settings(gws_ini *ini, settings *s, gws_err *err)
{
    const char *l = gws_ini_string(ini, "train", "labels", "true");
    gws_status status;
    if ((status = gws_step_params_from_ini(ini, &s->step, err)) || (status = gws_ini_int(ini, "train", "seed", 1, &s->seed, err)) ||
        (status = gws_ini_int(ini, "train", "evaluate_every", 400, &s->evaluate_every, err)) ||
        (status = gws_ini_int(ini, "train", "evaluate_windows", 512, &s->evaluate_windows, err)) ||
        (status = gws_ini_int(ini, "train", "save_every", 200, &s->save_every, err)) ||
        (status = gws_ini_double(ini, "target", "begin_s", 0.03, &s->begin_s, err)) ||
        (status = gws_ini_double(ini, "target", "end_s", 0.19, &s->end_s, err)) ||
        (status = gws_ini_double(ini, "target", "unscored_before_s", 0.15, &s->before_s, err)) ||
        (status = gws_ini_double(ini, "target", "unscored_after_s", 0.17, &s->after_s, err)) ||
        (status = gws_ini_double(ini, "target", "positive_weight", 4.0, &s->positive, err)) ||
        (status = gws_ini_double(ini, "target", "metric", 0.0, &s->metric, err)) ||
        (status = gws_ini_double(ini, "target", "loudness", 0.0, &s->loudness, err)) ||
        (status = gws_ini_double(ini, "target", "disturbed_share", 0.25, &s->disturbed, err)) ||
        (status = gws_ini_int(ini, "target", "skip_steps", 12, &s->skip, err)) ||
        (status = gws_candidate_params_from_ini(ini, (uint64_t)s->seed, &s->candidates, err)))
        return status;
    s->recorded = gws_recorded_wanted(ini);
    if (strcmp(l, "true") == 0)
        s->labels = LABELS_TRUE;
    else if (strcmp(l, "shuffled") == 0)
        s->labels = LABELS_SHUFFLED;
    else if (strcmp(l, "noise") == 0)
        s->labels = LABELS_NOISE;
    else
        return gws_err_set(err, GWS_EFORMAT, "[train] labels: wanted true, shuffled or noise, found '%s'", l);
    if (!(s->metric >= 0.0 && s->metric <= 5.0 && s->loudness >= 0.0 && s->loudness <= 5.0))
        return gws_err_set(err, GWS_EFORMAT, "[target] metric, loudness: wanted powers of 0 to 5, found %g, %g", s->metric,
                           s->loudness);
    if (!(s->disturbed >= 0.0 && s->disturbed <= 1.0))
        return gws_err_set(err, GWS_EFORMAT, "[target] disturbed_share: wanted 0 to 1, found %g", s->disturbed);
    if (has_candidates(s) && s->labels != LABELS_TRUE)
        return gws_err_set(err, GWS_EFORMAT, "[train] labels: wanted true with [candidates], found '%s'", l);
    for (int split = 0; split < 3 && has_candidates(s); split++)
        if ((s->candidates.days[split] > 0.0 || split != GWS_SPLIT_TEST) &&
            (s->candidates.days[split] == 0.0 || s->candidates.signals[split] == 0))
            return gws_err_set(
                err, GWS_EFORMAT,
                "[candidates]: days and signals are wanted for training and validation, and test_signals with test_days");
    if (s->evaluate_windows < 0)
        return gws_err_set(err, GWS_EFORMAT, "[train] evaluate_windows must not be negative");
    return GWS_OK;
}

/* ---- windows ---- */

typedef struct fill_job {
    trainer *t;
    const gws_dataset *data; /* NULL: recorded strain */
    int64_t epoch, first;
    float *x;
    int64_t x_next;
    double snr_lo, snr_hi;
    int alternate; /* evaluation: even windows noise, odd windows signal */
} fill_job;

static void draw_window(const fill_job *f, int64_t k, gws_window *w)
{
    const trainer *t = f->t;
    int force = f->alternate ? (int)(k & 1) : -1;
    if (t->s.labels == LABELS_NOISE && !f->alternate) { /* where the merger would have been, in data without one */
        gws_dataset_window(f->data, f->epoch, k, f->snr_lo, f->snr_hi, -1, w);
        const int has = w->has_signal;
        const int64_t merger = w->merger;
        gws_dataset_window(f->data, f->epoch, k, f->snr_lo, f->snr_hi, 0, w);
        w->has_signal = has;
        w->merger = merger;
        return;
    }
    if (t->s.labels == LABELS_NOISE) {
        gws_dataset_window(f->data, f->epoch, k, f->snr_lo, f->snr_hi, 0, w);
        w->has_signal = (int)(k & 1);
        w->merger = -1;
        return;
    }
    gws_dataset_window(f->data, f->epoch, k, f->snr_lo, f->snr_hi, force, w);
    if (t->s.labels == LABELS_SHUFFLED && !f->alternate) {
        gws_rng r = gws_rng_init((uint64_t)t->s.seed, "shuffled labels", (uint64_t)(f->epoch * (INT64_C(1) << 32) + k));
        w->has_signal = gws_rng_uniform(&r) < 0.5;
        w->merger = w->has_signal ? (int64_t)((0.45 + 0.43 * gws_rng_uniform(&r)) * (double)t->N) : -1;
    }
}

static void fill_one(void *user, int b, int thread)
{
    const fill_job *f = user;
    const trainer *t = f->t;
    float *x = f->x + b * f->x_next;
    t->window[b].w = gws_windows_room(t->windows, thread, x);
    if (f->data)
        draw_window(f, f->first + b, &t->window[b]);
    else
        gws_recorded_window(t->recorded, t->s.step.seed, f->first + b, &t->window[b]);
    gws_windows_put(t->windows, thread, &t->window[b], t->T, x);
}

/* What a source counts for in the sensitive volume, relative to one of 30 and 30 Msun. */
static double worth(const settings *s, const gws_window *w)
{
    const double sum = w->mass1_msun + w->mass2_msun;
    if (s->metric == 0.0 || !(sum > 0.0))
        return 1.0;
    return pow(pow(w->mass1_msun * w->mass2_msun, 0.6) / pow(sum, 0.2) / 26.1165, s->metric);
}

/* Target and weight of every step of n windows, (n,T) each. */
static void make_targets(const trainer *t, int n, float *target, float *weight)
{
    const settings *s = &t->s;
    const double rate = t->c.arch.rate_hz;
    const int64_t lead = gws_windows_lead(t->windows);
    for (int b = 0; b < n; b++)
        for (int64_t i = 0; i < t->T; i++) {
            float *y = &target[b * t->T + i], *w = &weight[b * t->T + i];
            *y = 0.0f;
            *w = i < s->skip ? 0.0f : 1.0f;
            if (t->window[b].has_signal && t->window[b].merger >= 0) {
                const double dt = ((double)((i + lead + 1) * t->hop) - (double)t->window[b].merger) / rate;
                if (dt >= s->begin_s && dt <= s->end_s) {
                    *y = 1.0f;
                    *w *= (float)(s->positive * worth(s, &t->window[b]));
                } else if (dt > -s->before_s && dt < s->end_s + s->after_s)
                    *w = 0.0f;
            }
        }
}

static void load_train(void *user, int64_t first, int n, float *x, int64_t x_next, float *target, float *weight)
{
    trainer *t = user;
    const int64_t per_epoch = INT64_C(1) << 20;
    fill_job f = {.t = t, .data = t->train, .epoch = first / per_epoch, .first = first % per_epoch, .x = x, .x_next = x_next};
    gws_pool_run(t->o->pool, n, fill_one, &f);
    make_targets(t, n, target, weight);
}

/* Recorded strain, of which nothing is scored. */
static void load_recorded(void *user, int64_t first, int n, float *x, int64_t x_next, float *target, float *weight)
{
    trainer *t = user;
    fill_job f = {.t = t, .first = first, .x = x, .x_next = x_next};
    gws_pool_run(t->o->pool, n, fill_one, &f);
    memset(target, 0, (size_t)(n * t->T) * sizeof *target);
    memset(weight, 0, (size_t)(n * t->T) * sizeof *weight);
}

/* Held-out windows, SNR 8 to 15, every other one with a signal. */
static void load_valid(void *user, int64_t first, int n, float *x, int64_t x_next, float *target, float *weight)
{
    trainer *t = user;
    fill_job f = {
        .t = t, .data = t->valid, .first = first, .x = x, .x_next = x_next, .snr_lo = 8.0, .snr_hi = 15.0, .alternate = 1};
    gws_pool_run(t->o->pool, n, fill_one, &f);
    make_targets(t, n, target, weight);
}

/* ---- held-out windows ---- */

static gws_status evaluate(trainer *t, gws_train_report *r, gws_err *err)
{
    const int micro = gws_stepper_micro(t->step);
    const int64_t n = t->s.evaluate_windows / micro * micro;
    if (n < 2)
        return GWS_OK;
    float *top = calloc((size_t)(4 * n), sizeof *top); /* (head, label) lists */
    if (!top)
        return gws_err_set(err, GWS_ENOMEM, "no memory for the evaluation");
    int64_t count[2] = {0, 0};
    for (int64_t at = 0; at < n; at += micro) {
        const float *y, *y_linear;
        if (t->o->stop && t->o->stop(t->o->user)) {
            free(top);
            return gws_err_set(err, GWS_ESTOP, "stopped");
        }
        gws_stepper_logits(t->step, at, load_valid, t, &y, &y_linear);
        for (int b = 0; b < micro; b++) {
            const int label = t->window[b].has_signal;
            float m[2] = {-INFINITY, -INFINITY};
            for (int64_t i = t->s.skip; i < t->T; i++) {
                m[0] = fmaxf(m[0], y[b * t->T + i]);
                m[1] = fmaxf(m[1], y_linear[b * t->T + i]);
            }
            for (int h = 0; h < 2; h++)
                top[(2 * h + label) * n + count[label]] = m[h];
            count[label]++;
        }
    }
    double auc[2], eff[2];
    for (int h = 0; h < 2; h++) {
        const float *noise = top + 2 * h * n, *signal = noise + n;
        auc[h] = gws_auc(signal, count[1], noise, count[0]);
        float loudest = -INFINITY;
        int64_t found = 0;
        for (int64_t i = 0; i < count[0]; i++)
            loudest = fmaxf(loudest, noise[i]);
        for (int64_t i = 0; i < count[1]; i++)
            found += signal[i] > loudest;
        eff[h] = count[1] ? (double)found / (double)count[1] : 0.0;
    }
    r->evaluated = 1;
    r->auc_spiking = auc[0];
    r->auc_linear = auc[1];
    r->eff_spiking = eff[0];
    r->eff_linear = eff[1];
    free(top);
    return GWS_OK;
}

/* ---- the run ---- */

/* A row of the trace, and the caller's report. */
static gws_status tell(const trainer *t, gws_train_report *r, gws_err *err)
{
    r->total_step =
        t->c.step + (strcmp(r->phase, "test") == 0); /* behind the last step, so that a run that goes on from it makes it again */
    const gws_status status = t->track ? gws_trace_report(t->track, r, err) : GWS_OK;
    if (status == GWS_OK && t->o->report)
        t->o->report(t->o->user, r);
    return status;
}

static gws_status save_checkpoint(const trainer *t, gws_err *err)
{
    char path[1024];
    snprintf(path, sizeof path, "%s.ckpt", t->o->out);
    const gws_status status = gws_checkpoint_save(&t->c, path, t->o->command, t->s.seed, err);
    return status || !t->track ? status : gws_track_saved(t->track, t->c.step, path, err);
}

/* Every section is read once before the work begins, so that a slip anywhere shows now and not hours later. */
static gws_status check_recipe(gws_ini *ini, settings *s, gws_err *err)
{
    gws_arch arch;
    gws_data_recipe data;
    gws_status status;
    if ((status = read_settings(ini, s, err)) || (status = gws_arch_from_ini(ini, &arch, err)) ||
        (status = gws_calibrate_check(ini, err)) || (status = gws_train_bank_check(ini, &arch, err)))
        return status;
    if (has_candidates(s) && !(arch.matched && arch.levels && arch.linear))
        return gws_err_set(err, GWS_EFORMAT, "[candidates] want a matched stem with levels and the linear head");
    status = gws_data_recipe_read(ini, GWS_SPLIT_TRAIN, &data, err);
    gws_data_recipe_clear(&data);
    return status ? status : gws_ini_unused(ini, NULL, err);
}

/* What gws_train_bytes adds up, read once. */
typedef struct budget {
    gws_step_params step;
    gws_arch arch;
    int64_t parameters, T, train, valid, test, stem, own, candidates, recorded;
    int threads;
} budget;

static gws_status budget_read(gws_ini *ini, int threads, budget *b, gws_err *err)
{
    settings s;
    gws_data_recipe data = {0};
    gws_table table;
    gws_param_rows rows;
    gws_status status;
    memset(b, 0, sizeof *b);
    gws_table_init(&table);
    if ((status = read_settings(ini, &s, err)) || (status = gws_arch_from_ini(ini, &b->arch, err)) ||
        (status = gws_arch_parameters(&b->arch, &table, &rows, err)) ||
        (status = gws_data_recipe_read(ini, GWS_SPLIT_TRAIN, &data, err)) ||
        (status = gws_dataset_bytes_most(ini, GWS_SPLIT_TRAIN, threads, &b->train, err)) ||
        (status = gws_dataset_bytes_most(ini, GWS_SPLIT_VALID, threads, &b->valid, err)) ||
        (status = gws_recorded_bytes(ini, &b->recorded, err)))
        goto fail;
    status = gws_dataset_bytes_most(ini, GWS_SPLIT_TEST, threads, &b->test, err);
    b->step = s.step;
    b->parameters = table.total;
    b->T = has_candidates(&s) ? s.candidates.before + s.candidates.behind : data.window / gws_arch_hop(&b->arch);
    for (int split = 0; split < 3; split++)
        b->candidates += gws_candidates_bytes(&s.candidates, split, b->arch.inputs, threads);
    b->threads = threads;
    if (!status)
        status = gws_windows_bytes(&b->arch, data.window, threads, &b->stem, err);
fail:
    gws_data_recipe_clear(&data);
    gws_table_clear(&table);
    return status;
}

/* Training and calibration do not hold their data at the same time. */
static int64_t budget_need(void *user, int64_t batch)
{
    const budget *b = user;
    gws_step_params p = b->step;
    p.batch = batch;
    /* A matched stem is there three times: that of the windows, that of the model which is calibrated, and that of a part of it. */
    const int64_t after = b->test + gws_calibrate_bytes(&b->arch, b->threads) + 2 * b->stem;
    return b->own + b->recorded + ((b->candidates ? 5 : 3) + (b->step.average > 0)) * b->parameters * (int64_t)sizeof(float) +
           b->candidates + gws_stepper_bytes(&p, &b->arch, b->parameters, b->T, b->threads) + b->valid + b->stem +
           (b->train > after ? b->train : after);
}

gws_status gws_train_bytes(gws_ini *recipe, int64_t batch, int threads, int64_t *out, gws_err *err)
{
    budget b;
    const gws_status status = budget_read(recipe, threads, &b, err);
    *out = status == GWS_OK ? budget_need(&b, batch ? batch : b.step.batch) : 0;
    return status;
}

static gws_status within_cap(const gws_train_options *o, gws_ini *ini, gws_err *err)
{
    budget b;
    gws_memory now;
    const gws_status status = budget_read(ini, gws_pool_threads(o->pool), &b, err);
    if (status)
        return status;
    gws_memory_now(&now);
    b.own = now.resident_bytes;
    return gws_memory_check(o->memory_bytes, "batch", b.step.batch, b.step.accumulate, budget_need, &b, err);
}

/* ---- candidates ---- */

static gws_status make_candidates(trainer *t, gws_ini *ini, gws_split split, gws_candidates *out, gws_err *err)
{
    gws_err why = {0};
    err = err ? err : &why;
    const gws_train_options *o = t->o;
    gws_dataset *own = NULL, *data = split == GWS_SPLIT_TRAIN ? t->train : t->valid;
    gws_status status = GWS_OK;
    if (split == GWS_SPLIT_TEST && !(data = own = gws_dataset_create(ini, GWS_SPLIT_TEST, (uint64_t)t->s.seed, t->reference,
                                                                     o->pool, &(gws_progress){o->progress, o->user}, err)))
        return err->status;
    status = gws_candidates_make(&t->s.candidates, split, &(gws_candidate_tools){t->windows, data, o->pool, {o->progress, o->user}},
                                 out, err);
    gws_dataset_destroy(own);
    return status;
}

/* All splits into a file, which other trainings with the same data may read. */
static gws_status write_candidates(trainer *t, gws_ini *ini, const char *identity, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    gws_status status;
    gws_h5 *f = gws_h5_create(t->o->candidates, err);
    if (!f)
        return err->status;
    if ((status = gws_h5_put_attr_string(f, "/", "format", "gwspike-candidates", err)) ||
        (status = gws_h5_provenance(f, t->o->command, t->s.seed, NULL, err)) ||
        (status = gws_h5_write_string(f, "/identity", identity, err)))
        goto fail;
    for (int split = 0; split < 3; split++) {
        gws_candidates c = {0};
        if (!(status = make_candidates(t, ini, split, &c, err)))
            status = gws_candidates_write(f, split, &c, err);
        gws_candidates_clear(&c);
        if (status)
            goto fail;
    }
    return gws_h5_commit(f, err);
fail:
    gws_h5_close(f);
    return status;
}

static gws_status get_candidates(trainer *t, gws_ini *ini, gws_split split, gws_candidates *out, gws_err *err)
{
    const int there = t->o->candidates && gws_file_exists(t->o->candidates);
    if (!t->o->candidates || (!there && !t->train)) /* at the end of a run whose file was taken away */
        return make_candidates(t, ini, split, out, err);
    gws_status status = GWS_OK;
    char *identity = gws_candidates_identity(ini, (uint64_t)t->s.seed, &t->c, err);
    if (!identity)
        return GWS_ENOMEM;
    if (!there)
        status = write_candidates(t, ini, identity, err);
    if (!status)
        status = gws_candidates_read(t->o->candidates, split, identity, out, err);
    free(identity);
    if (!status && (out->T != t->T || out->before != t->s.candidates.before || out->inputs != t->c.arch.inputs)) {
        gws_candidates_clear(out);
        status = gws_err_set(err, GWS_EFORMAT, "%s: windows of another size than the recipe's", t->o->candidates);
    }
    return status;
}

/* The parameters as they are become the best in the groups asked for, or the best take their place. */
static void copy_best(trainer *t, int to_best, int group)
{
    for (int i = 0; i < t->c.table.n; i++) {
        const gws_tensor *r = &t->c.table.rows[i];
        float *p = t->c.p + r->offset, *best = t->c.best + r->offset;
        if (group == GWS_GROUPS || gws_step_group(r->name) == group)
            memcpy(to_best ? best : p, to_best ? p : best, (size_t)r->size * sizeof *p);
    }
}

enum { RESAMPLE = 100, RESAMPLE_TEST = 400 };

/* In classify the heads stand beside each other on an encoder that stays: each has a best of its own. */
static gws_status measure(trainer *t, int phase, gws_train_report *r, gws_err *err)
{
    const gws_status status = gws_tail_measure(t->tail, RESAMPLE, r->distance, err);
    const double *best = t->c.best_score, now[2] = {r->distance[0].mean, r->distance[1].mean};
    r->measured = !status;
    if (status || !isfinite(now[0] + now[1]))
        return status;
    if (phase == GWS_PRETRAIN || (phase == GWS_JOINT && now[0] + now[1] > best[0] + best[1])) {
        copy_best(t, 1, GWS_GROUPS);
        memcpy(t->c.best_score, now, sizeof now);
    }
    for (int h = 0; h < 2 && phase == GWS_CLASSIFY; h++)
        if (now[h] > best[h]) {
            copy_best(t, 1, h ? GWS_GROUP_LINEAR : GWS_GROUP_SPIKING);
            t->c.best_score[h] = now[h];
        }
    return GWS_OK;
}

static gws_status prepare_tail(trainer *t, gws_ini *ini, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    gws_candidates train = {0}, valid = {0};
    gws_train_report r = {0};
    const gws_tail_params p = {.seed = t->s.step.seed,
                               .signal_share = t->signal_share,
                               .positive = t->s.positive,
                               .metric = t->s.metric,
                               .loudness = t->s.loudness,
                               .disturbed_share = t->s.disturbed,
                               .stop = t->o->stop,
                               .user = t->o->user};
    gws_status status;
    if ((status = get_candidates(t, ini, GWS_SPLIT_TRAIN, &train, err)) ||
        (status = get_candidates(t, ini, GWS_SPLIT_VALID, &valid, err)))
        goto fail;
    gws_dataset_destroy(t->train);
    gws_dataset_destroy(t->valid);
    t->train = t->valid = NULL;
    if (!(t->tail = gws_tail_create(&p, &train, &valid, &t->c, t->step, err))) {
        status = err->status;
        goto fail;
    }
    if (!t->c.best) {
        if (!(t->c.best = gws_table_alloc(&t->c.table))) {
            status = gws_err_set(err, GWS_ENOMEM, "no memory for a second set of parameters");
            goto fail;
        }
        copy_best(t, 1, GWS_GROUPS);
        status = measure(t, GWS_PRETRAIN, &r, err);
        if (!status && !isfinite(r.distance[0].mean + r.distance[1].mean))
            status = gws_err_set(err, GWS_EDATA,
                                 "[candidates]: valid_days above valid_floor do not resolve 30, 100 and 300 false alarms a month");
    }
fail:
    gws_candidates_clear(&train);
    gws_candidates_clear(&valid);
    return status;
}

static gws_status begin_held_out(const trainer *t, gws_ini *ini, gws_h5 *f, gws_err *err)
{
    char *identity = gws_candidates_identity(ini, (uint64_t)t->s.seed, &t->c, err);
    gws_status status = identity ? gws_h5_put_attr_string(f, "/", "format", "gwspike-held-out", err) : GWS_ENOMEM;
    if (!status && !(status = gws_h5_provenance(f, t->o->command, t->s.seed, NULL, err)))
        status = gws_h5_write_string(f, "/identity", identity, err);
    free(identity);
    return status;
}

/* What the best is worth on candidates that no decision rested on. */
static gws_status test_tail(trainer *t, gws_ini *ini, gws_err *err)
{
    gws_candidates test = {0};
    gws_train_report r = {.phase = "test", .measured = 1};
    gws_status status;
    if ((status = get_candidates(t, ini, GWS_SPLIT_TEST, &test, err)) || (status = gws_tail_replace(t->tail, &test, err)) ||
        (status = gws_tail_measure(t->tail, RESAMPLE_TEST, t->test, err))) {
        gws_candidates_clear(&test);
        return status;
    }
    memcpy(r.distance, t->test, sizeof r.distance);
    return tell(t, &r, err);
}

/* The best becomes the model, and is measured. */
static gws_status finish_tail(trainer *t, gws_ini *ini, gws_err *err)
{
    const int has_test = t->s.candidates.days[GWS_SPLIT_TEST] > 0.0;
    gws_status status = GWS_OK;
    gws_h5 *f = NULL;
    copy_best(t, 0, GWS_GROUPS);
    gws_stepper_renew(t->step);
    if (t->o->held_out && !(f = gws_h5_create(t->o->held_out, err)))
        return err->status;
    if (f && ((status = begin_held_out(t, ini, f, err)) || (status = gws_tail_write(t->tail, f, GWS_SPLIT_VALID, err))))
        goto fail;
    if (has_test && ((status = test_tail(t, ini, err)) || (f && (status = gws_tail_write(t->tail, f, GWS_SPLIT_TEST, err)))))
        goto fail;
    return f ? gws_h5_commit(f, err) : GWS_OK;
fail:
    gws_h5_close(f);
    return status;
}

/* Training and validation data, unless candidates made of them lie in a file. */
static gws_status open_data(trainer *t, gws_ini *ini, int *ifos, gws_err *err)
{
    const gws_train_options *o = t->o;
    const uint64_t seed = (uint64_t)t->s.seed;
    const gws_progress told = {o->progress, o->user};
    gws_data_recipe data;
    const gws_status status = gws_data_recipe_read(ini, GWS_SPLIT_TRAIN, &data, err);
    t->N = data.window;
    *ifos = data.n_ifo;
    gws_data_recipe_clear(&data);
    if (status || (o->candidates && gws_file_exists(o->candidates)))
        return status;
    if (!(t->train = gws_dataset_create(ini, GWS_SPLIT_TRAIN, seed, t->reference, o->pool, &told, err)) ||
        !(t->valid = gws_dataset_create(ini, GWS_SPLIT_VALID, seed, t->reference, o->pool, &told, err)))
        return err ? err->status : GWS_EDATA;
    return GWS_OK;
}

/* Recorded strain for pretraining that is still to be done. */
static gws_status open_recorded(trainer *t, gws_ini *ini, gws_err *err)
{
    if (!t->s.recorded || t->c.phase > GWS_PRETRAIN || t->s.step.phase[GWS_PRETRAIN].steps == 0)
        return GWS_OK;
    if (t->T > gws_windows_steps(t->windows))
        return gws_err_set(err, GWS_EFORMAT, "[data] window_s leaves %lld steps, [candidates] before and behind want %lld",
                           (long long)gws_windows_steps(t->windows), (long long)t->T);
    t->recorded = gws_recorded_create(ini, t->reference, &(gws_progress){t->o->progress, t->o->user}, err);
    return t->recorded ? GWS_OK : err->status;
}

static gws_status open_track(trainer *t, gws_err *err)
{
    const gws_train_options *o = t->o;
    const gws_track_run run = {.folder = o->logdir,
                               .recipe = o->recipe,
                               .recipe_name = o->recipe_name,
                               .output = o->out,
                               .command = o->command,
                               .seed = t->s.seed,
                               .parameters = gws_table_values(&t->c.table),
                               .step = t->c.step,
                               .resume = o->resume};
    if (!o->logdir)
        return GWS_OK;
    t->track = gws_track_open(&run, err);
    return t->track ? GWS_OK : err->status;
}

/* A run that goes on has the average of the steps before. */
static gws_status open_average(trainer *t, gws_err *err)
{
    if (!t->s.step.average || t->c.average)
        return GWS_OK;
    if (t->c.phase_step > 0)
        return gws_err_set(err, GWS_EDATA, "%s.ckpt: holds no average of the parameters, which the recipe asks for", t->o->out);
    t->c.average = gws_table_alloc(&t->c.table);
    return t->c.average ? GWS_OK : gws_err_set(err, GWS_ENOMEM, "no memory for an average of the parameters");
}

static gws_status prepare(trainer *t, gws_ini *ini, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    const gws_train_options *o = t->o;
    int ifos;
    gws_status status = check_recipe(ini, &t->s, err);
    if (status || (o->memory_bytes && (status = within_cap(o, ini, err))))
        return status;
    if ((o->candidates || o->held_out) && !has_candidates(&t->s))
        return gws_err_set(err, GWS_EARG, "%s: [candidates] of %s has no days, and nothing would be written or read",
                           o->candidates ? o->candidates : o->held_out, o->recipe_name);
    if (o->resume) {
        char path[1024];
        snprintf(path, sizeof path, "%s.ckpt", o->out);
        if ((status = gws_checkpoint_load(&t->c, path, err)))
            return status;
        if (t->c.phase < 0)
            return gws_err_set(err, GWS_EDATA, "%s: a finished model, nothing to resume", path);
        if (strcmp(t->c.recipe, o->recipe))
            return gws_err_set(err, GWS_EDATA, "%s: was made with another recipe than %s", path, o->recipe_name);
    } else if ((status = gws_checkpoint_init(&t->c, o->recipe, t->s.step.seed, GWS_TO_TRAIN, err)) ||
               (status = o->start            ? gws_checkpoint_start_from(&t->c, o->start, err)
                         : t->c.arch.matched ? gws_train_bank(ini, &t->c, o->pool, err)
                                             : GWS_OK))
        return status;
    if (t->c.arch.follow && !(t->reference = gws_checkpoint_reference(&t->c, err)))
        return err->status;
    if ((status = open_average(t, err)) || (status = open_track(t, err)))
        return status;
    t->hop = gws_arch_hop(&t->c.arch);
    if ((status = open_data(t, ini, &ifos, err)))
        return status;
    if ((status = gws_ini_double(ini, "data", "signal_share", 0.5, &t->signal_share, err)))
        return status;
    if (ifos != t->c.arch.ifos)
        return gws_err_set(err, GWS_EFORMAT, "%s: [data] makes windows of %d detectors, [model] wants %d", o->recipe_name, ifos,
                           t->c.arch.ifos);
    if (!(t->windows = gws_windows_create(&t->c, t->N, gws_pool_threads(o->pool), err))) {
        gws_err_prefix(err, "%s", o->recipe_name);
        return err->status;
    }
    t->T = has_candidates(&t->s) ? t->s.candidates.before + t->s.candidates.behind : gws_windows_steps(t->windows);
    if (!(t->step = gws_stepper_create(&t->s.step, &t->c, t->T, o->pool, err))) {
        gws_err_prefix(err, "%s", o->recipe_name);
        return err->status;
    }
    gws_stepper_set_stop(t->step, o->stop, o->user);
    if ((status = open_recorded(t, ini, err)))
        return status;
    t->window = calloc((size_t)gws_stepper_micro(t->step), sizeof *t->window);
    if (!t->window)
        return gws_err_set(err, GWS_ENOMEM, "no memory for a batch of windows");
    return has_candidates(&t->s) ? prepare_tail(t, ini, err) : GWS_OK;
}

static void release(trainer *t)
{
    gws_windows_destroy(t->windows);
    gws_dataset_destroy(t->train);
    gws_dataset_destroy(t->valid);
    gws_recorded_destroy(t->recorded);
    gws_reference_destroy(t->reference);
    gws_tail_destroy(t->tail);
    gws_stepper_destroy(t->step);
    gws_track_destroy(t->track);
    gws_checkpoint_clear(&t->c);
    free(t->window);
}

/* Save a checkpoint and stop.  A step that was given up half way is made again by the run that resumes. */
static gws_status stop_here(const trainer *t, int p, gws_err *err)
{
    const gws_status status = save_checkpoint(t, err);
    return status ? status
                  : gws_err_set(err, GWS_ESTOP, "stopped after %s step %lld; go on with --resume", gws_phase_name[p],
                                (long long)t->c.phase_step);
}

/* The parameters and their average change places. */
static void swap_average(trainer *t)
{
    float *const p = t->c.p;
    if (!t->s.step.average)
        return;
    t->c.p = t->c.average;
    t->c.average = p;
    gws_stepper_renew(t->step);
}

/* Look at what is held out, with the average of the parameters where there is one. */
static gws_status look_at(trainer *t, int p, gws_train_report *r, gws_err *err)
{
    swap_average(t);
    const gws_status status = t->tail ? measure(t, p, r, err) : evaluate(t, r, err);
    swap_average(t);
    return status;
}

/* Whether what is held out is looked at after so many steps of a phase. */
static int is_looked_at(const trainer *t, int p, int64_t step)
{
    const int end = step == t->s.step.phase[p].steps, each = t->s.evaluate_every > 0;
    if (p == GWS_PRETRAIN)
        return t->tail && end;
    return (end && (each || t->tail)) || (each && step % t->s.evaluate_every == 0);
}

static gws_status run_phase(trainer *t, int p, gws_err *err)
{
    const gws_phase *ph = &t->s.step.phase[p];
    gws_train_report again = {0};
    gws_status status;
    double last = gws_now_s();
    int64_t last_step = t->c.phase_step;
    const int64_t every = t->o->log_every > 0 ? t->o->log_every : 20;
    const int recorded = p == GWS_PRETRAIN && t->recorded;
    const gws_step_load load = recorded ? load_recorded : t->tail ? gws_tail_load : load_train;
    void *const from = t->tail && !recorded ? (void *)t->tail : (void *)t;
    if (t->tail && t->c.phase_step == 0 && ph->steps > 0) {
        copy_best(t, 0, GWS_GROUPS);
        gws_stepper_renew(t->step);
    }
    /* A stop may have come before this was done; where it was, the same numbers are no better. */
    if (t->tail && t->c.phase_step > 0 && is_looked_at(t, p, t->c.phase_step) && (status = look_at(t, p, &again, err)))
        return status;
    while (t->c.phase_step < ph->steps) {
        gws_step_result made;
        if ((status = gws_stepper_run(t->step, p, t->c.phase_step, load, from, &made, err)))
            return status == GWS_ESTOP ? stop_here(t, p, err) : status;
        t->c.phase_step++;
        t->c.step++;
        t->done++;
        gws_train_report r = {.phase = gws_phase_name[p],
                              .step = t->c.phase_step,
                              .steps = ph->steps,
                              .loss = made.loss,
                              .loss_cpc = made.loss_cpc,
                              .loss_spiking = made.loss_spiking,
                              .loss_linear = made.loss_linear,
                              .loss_distil = made.loss_distil,
                              .loss_rates = made.loss_rates,
                              .cpc_accuracy = made.cpc_accuracy,
                              .grad_norm = made.grad_norm,
                              .lr = made.lr};
        memcpy(r.grad_norms, made.grad_norms, sizeof r.grad_norms);
        const int end = r.step == ph->steps;
        const int stop = (t->o->stop && t->o->stop(t->o->user)) || (t->o->stop_after && t->done >= t->o->stop_after);
        const int look = is_looked_at(t, p, r.step);
        if (look || r.step % every == 0 || end) {
            if (p != GWS_PRETRAIN)
                gws_stepper_rates(t->step, &r.rates);
            const double now = gws_now_s();
            r.samples_per_s = gws_thousandths((double)((t->c.phase_step - last_step) * t->s.step.batch) / fmax(now - last, 1e-9));
            int64_t left = ph->steps - r.step;
            for (int q = p + 1; q < GWS_PHASES; q++)
                left += t->s.step.phase[q].steps;
            r.left_s = gws_thousandths((double)(left * t->s.step.batch) / fmax(r.samples_per_s, 1e-9));
            if (look && (status = look_at(t, p, &r, err)))
                return status == GWS_ESTOP ? stop_here(t, p, err) : status;
            last = gws_now_s();
            last_step = t->c.phase_step;
            if ((status = tell(t, &r, err)) || (look && t->track && (status = gws_trace_look(t->track, &t->c, t->step, err))))
                return status;
        }
        if (stop)
            return stop_here(t, p, err);
        if (t->s.save_every > 0 && r.step % t->s.save_every == 0 && (status = save_checkpoint(t, err)))
            return status;
    }
    if (t->s.step.average && ph->steps > 0) {
        memcpy(t->c.p, t->c.average, (size_t)t->c.table.total * sizeof *t->c.p);
        gws_stepper_renew(t->step);
    }
    return GWS_OK;
}

#define CARD_MAX 8192

/* Print a line for a head and rate; a rate that the background cannot resolve has no threshold and no shares. */
static int put_efficiency(char *to, size_t room, const gws_efficiency *e, int head, int rate)
{
    int n = gws_text_print(to, room, "\n%-9s %9.0f", head ? "linear" : "spiking", gws_eff_rates[rate]);
    if (!isfinite(e->threshold[head][rate]))
        return n + gws_text_print(to + n, room - (size_t)n, "  not resolved by %.3g h of background", e->livetime_s / 3600.0);
    n += gws_text_print(to + n, room - (size_t)n, "  %9.3f", e->threshold[head][rate]);
    for (int i = 0; i < GWS_EFF_SNRS; i++)
        n += gws_text_print(to + n, room - (size_t)n, "  %6.3f", e->found[head][rate][i]);
    return n;
}

static char *make_card(const trainer *t, const gws_efficiency *e)
{
    char *text = malloc(CARD_MAX);
    if (!text)
        return NULL;
    int n = gws_text_print(text, CARD_MAX, "parameters %lld\nwindows seen %lld (batch %lld, %lld steps)\nseed %llu",
                           (long long)gws_table_values(&t->c.table), (long long)(t->c.step * t->s.step.batch),
                           (long long)t->s.step.batch, (long long)t->c.step, (unsigned long long)t->s.seed);
    if (t->s.step.seed != (uint64_t)t->s.seed)
        n += gws_text_print(text + n, CARD_MAX - (size_t)n, ", of the weights %llu", (unsigned long long)t->s.step.seed);
    n += gws_text_print(text + n, CARD_MAX - (size_t)n,
                        "\nbackground %.2f h of simulated noise, %lld spiking and %lld linear triggers\ntiming rms (SNR >= 10)",
                        e->livetime_s / 3600.0, (long long)t->c.cal[0].n, (long long)t->c.cal[1].n);
    for (int h = 0; h < 2; h++)
        if (isfinite(e->timing_rms_s[h]))
            n += gws_text_print(text + n, CARD_MAX - (size_t)n, "%s %.4f s", h ? ", linear" : " spiking", e->timing_rms_s[h]);
        else
            n += gws_text_print(text + n, CARD_MAX - (size_t)n, "%s: none found", h ? ", linear" : " spiking");
    for (int h = 0; h < 2 && t->s.candidates.days[GWS_SPLIT_TEST] > 0.0 && has_candidates(&t->s); h++) {
        const gws_distance *d = &t->test[h];
        n += gws_text_print(text + n, CARD_MAX - (size_t)n,
                            "\n%s head against itself untrained, %.3g days of test candidates: distance", h ? "linear" : "spiking",
                            t->s.candidates.days[GWS_SPLIT_TEST]);
        for (int i = 0; i < GWS_DISTANCE_RATES; i++)
            n += gws_text_print(text + n, CARD_MAX - (size_t)n, "%s %.2f +- %.2f %% at %g a month", i ? "," : "",
                                100.0 * d->ratio[i], 100.0 * d->error[i], gws_distance_rates[i]);
    }
    n += gws_text_print(text + n, CARD_MAX - (size_t)n,
                        "\nefficiency in the stream (%d signals each, %g s of noise in front)\nhead      per month  threshold",
                        e->windows, e->lead_s);
    for (int i = 0; i < GWS_EFF_SNRS; i++)
        n += gws_text_print(text + n, CARD_MAX - (size_t)n, "  SNR%-3d", 5 + i);
    for (int h = 0; h < 2; h++)
        for (int f = 0; f < 3; f++)
            n += put_efficiency(text + n, CARD_MAX - (size_t)n, e, h, f);
    gws_text_print(text + n, CARD_MAX - (size_t)n, "\n");
    return text;
}

gws_status gws_train_run(const gws_train_options *o, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    gws_status status;
    trainer t;
    gws_efficiency eff;
    memset(&t, 0, sizeof t);
    t.o = o;
    gws_ini *ini = gws_ini_parse(o->recipe, o->recipe_name, err);
    if (!ini)
        return err->status;
    if ((status = prepare(&t, ini, err)))
        goto fail;
    for (; t.c.phase < GWS_PHASES; t.c.phase++, t.c.phase_step = 0)
        if ((status = run_phase(&t, t.c.phase, err)))
            goto fail;
    t.c.phase = GWS_PHASES - 1; /* checkpoints of the end: the last measurement and calibration can be repeated from them */
    t.c.phase_step = t.s.step.phase[GWS_PHASES - 1].steps;
    if (t.tail && ((status = save_checkpoint(&t, err)) || (status = finish_tail(&t, ini, err))))
        goto fail;
    if ((status = save_checkpoint(&t, err)))
        goto fail;
    gws_dataset_destroy(t.train);
    t.train = NULL;
    gws_tail_destroy(t.tail);
    t.tail = NULL;
    if ((status = gws_calibrate(&t.c, ini, o->pool, o->progress, o->user, &eff, err)))
        goto fail;
    free(t.c.card);
    t.c.card = make_card(&t, &eff);
    t.c.phase = -1;
    status = gws_checkpoint_save(&t.c, o->out, o->command, t.s.seed, err);
fail:
    if (t.track) { /* a failure keeps its own sentence */
        gws_err why = {0};
        const gws_status told = gws_track_end(t.track, t.c.step, status, status ? err->text : NULL, &why);
        if (status == GWS_OK && told) {
            *err = why;
            status = told;
        }
    }
    release(&t);
    gws_ini_destroy(ini);
    return status;
}

/* Record in the history how the file came about whose place this one takes. */
static gws_status keep_provenance(gws_checkpoint *c, const char *path, int64_t *seed, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    char *version = NULL, *hash = NULL, *command = NULL, *more = NULL;
    gws_h5 *f = gws_h5_open(path, err);
    gws_status status = f ? GWS_OK : err->status;
    *seed = -1;
    if (!status && gws_h5_has_attr(f, "/", "seed"))
        status = gws_h5_attr_i64(f, "/", "seed", seed, err);
    if (status || (status = gws_h5_attr_string(f, "/", "gwspike_version", &version, err)) ||
        (status = gws_h5_attr_string(f, "/", "git_hash", &hash, err)) ||
        (status = gws_h5_attr_string(f, "/", "command_line", &command, err)))
        goto fail;
    if (asprintf(&more, " that gwspike %s (%s) made: %s", version, hash, command) < 0) {
        more = NULL; /* asprintf does not say what it left there */
        status = gws_err_set(err, GWS_ENOMEM, "no memory for the history of a model");
        goto fail;
    }
    status = gws_checkpoint_note(c, "calibrations added to a model", path, more, err);
fail:
    free(version);
    free(hash);
    free(command);
    free(more);
    gws_h5_close(f);
    return status;
}

gws_status gws_train_calibrate(const gws_train_options *o, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    gws_checkpoint c;
    gws_efficiency measured;
    int64_t seed;
    gws_ini *ini = NULL;
    gws_status status = gws_checkpoint_load(&c, o->start, err);
    if (status)
        return status;
    if (c.phase >= 0) {
        status = gws_err_set(err, GWS_EDATA, "%s: the checkpoint of a training; --resume goes on with it", o->start);
        goto fail;
    }
    if (!(ini = gws_ini_parse(c.recipe, o->start, err))) {
        status = err->status;
        goto fail;
    }
    if ((status = gws_calibrate(&c, ini, o->pool, o->progress, o->user, &measured, err)) == GWS_ESTOP)
        gws_err_set(err, GWS_ESTOP, "stopped; nothing was written");
    else if (status)
        gws_err_prefix(err, "%s", o->start);
    else if (!(status = keep_provenance(&c, o->start, &seed, err)))
        status = gws_checkpoint_save(&c, o->out, o->command, seed, err);
fail:
    gws_ini_destroy(ini);
    gws_checkpoint_clear(&c);
    return status;
}
