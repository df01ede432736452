#include "train/train.h"

#include "base/file.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/rng.h"
#include "train/bank.h"
#include "train/calibrate.h"
#include "train/dataset.h"
#include "train/recipe.h"
#include "train/step.h"
#include "train/window.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef enum labels { LABELS_TRUE, LABELS_SHUFFLED, LABELS_NOISE } labels;

typedef struct settings {
    gws_step_params step;
    int64_t evaluate_every, evaluate_windows, save_every;
    double begin_s, end_s, before_s, after_s, positive, metric;
    int64_t skip;
    labels labels;
} settings;

typedef struct trainer {
    const gws_train_options *o;
    settings s;
    gws_checkpoint c;
    gws_stepper *step;
    gws_dataset *train, *valid;
    int64_t T, hop, N;
    gws_windows *windows; /* from what is drawn to what the network takes */
    gws_window *window;   /* (micro) the last windows filled */
    int64_t done;         /* steps of this call */
} trainer;

static gws_status read_settings(gws_ini *ini, settings *s, gws_err *err)
{
    const char *l = gws_ini_string(ini, "train", "labels", "true");
    gws_status st;
    if ((st = gws_step_params_from_ini(ini, &s->step, err)) ||
        (st = gws_ini_int(ini, "train", "evaluate_every", 400, &s->evaluate_every, err)) ||
        (st = gws_ini_int(ini, "train", "evaluate_windows", 512, &s->evaluate_windows, err)) ||
        (st = gws_ini_int(ini, "train", "save_every", 200, &s->save_every, err)) ||
        (st = gws_ini_double(ini, "target", "begin_s", 0.03, &s->begin_s, err)) ||
        (st = gws_ini_double(ini, "target", "end_s", 0.19, &s->end_s, err)) ||
        (st = gws_ini_double(ini, "target", "unscored_before_s", 0.15, &s->before_s, err)) ||
        (st = gws_ini_double(ini, "target", "unscored_after_s", 0.17, &s->after_s, err)) ||
        (st = gws_ini_double(ini, "target", "positive_weight", 4.0, &s->positive, err)) ||
        (st = gws_ini_double(ini, "target", "metric", 0.0, &s->metric, err)) ||
        (st = gws_ini_int(ini, "target", "skip_steps", 12, &s->skip, err)))
        return st;
    if (strcmp(l, "true") == 0)
        s->labels = LABELS_TRUE;
    else if (strcmp(l, "shuffled") == 0)
        s->labels = LABELS_SHUFFLED;
    else if (strcmp(l, "noise") == 0)
        s->labels = LABELS_NOISE;
    else
        return gws_err_set(err, GWS_EFORMAT, "[train] labels: wanted true, shuffled or noise, found '%s'", l);
    if (!(s->metric >= 0.0 && s->metric <= 5.0))
        return gws_err_set(err, GWS_EFORMAT, "[target] metric: wanted a power of 0 to 5, found %g", s->metric);
    if (s->evaluate_windows < 0)
        return gws_err_set(err, GWS_EFORMAT, "[train] evaluate_windows must not be negative");
    return GWS_OK;
}

/* ---- windows ---- */

typedef struct fill_job {
    trainer *t;
    const gws_dataset *data;
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
        gws_rng r = gws_rng_init(t->s.step.seed, "shuffled labels", (uint64_t)(f->epoch * (INT64_C(1) << 32) + k));
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
    draw_window(f, f->first + b, &t->window[b]);
    gws_windows_put(t->windows, thread, t->window[b].w, x);
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

static gws_status write_log(const trainer *t, const gws_train_report *r, gws_err *err)
{
    if (!t->o->logdir)
        return GWS_OK;
    char path[1024];
    snprintf(path, sizeof path, "%s/trainlog.jsonl", t->o->logdir);
    FILE *f = fopen(path, "a");
    if (!f)
        return gws_err_set(err, GWS_EIO, "%s: cannot append to the training log", path);
    gws_json *j = gws_json_object();
    gws_json_put_string(j, "phase", r->phase);
    gws_json_put_i64(j, "step", r->step);
    gws_json_put_f64(j, "loss", r->loss);
    gws_json_put_f64(j, "loss_cpc", r->loss_cpc);
    gws_json_put_f64(j, "loss_spiking", r->loss_spiking);
    gws_json_put_f64(j, "loss_linear", r->loss_linear);
    gws_json_put_f64(j, "cpc_accuracy", r->cpc_accuracy);
    gws_json_put_f64(j, "event_rate", r->events);
    gws_json_put_f64(j, "spike_rate_1", r->spikes1);
    gws_json_put_f64(j, "spike_rate_2", r->spikes2);
    gws_json_put_f64(j, "grad_norm", r->grad_norm);
    gws_json_put_f64(j, "lr", r->lr);
    gws_json_put_f64(j, "samples_per_s", r->samples_per_s);
    if (r->evaluated) {
        gws_json_put_f64(j, "auc_spiking", r->auc_spiking);
        gws_json_put_f64(j, "auc_linear", r->auc_linear);
        gws_json_put_f64(j, "efficiency_spiking", r->eff_spiking);
        gws_json_put_f64(j, "efficiency_linear", r->eff_linear);
    }
    const int bad = gws_json_print(j, f);
    if (fclose(f) || bad)
        return gws_err_set(err, GWS_EIO, "%s: cannot write the training log", path);
    return GWS_OK;
}

static gws_status save_checkpoint(const trainer *t, gws_err *err)
{
    char path[1024];
    snprintf(path, sizeof path, "%s.ckpt", t->o->out);
    return gws_checkpoint_save(&t->c, path, t->o->command, (int64_t)t->s.step.seed, err);
}

/* Every section is read once before the work begins, so that a slip anywhere shows now and not hours later. */
static gws_status check_recipe(gws_ini *ini, settings *s, gws_err *err)
{
    gws_arch arch;
    gws_data_recipe data;
    gws_status st;
    if ((st = read_settings(ini, s, err)) || (st = gws_arch_from_ini(ini, &arch, err)) || (st = gws_calibrate_check(ini, err)) ||
        (st = gws_train_bank_check(ini, &arch, err)))
        return st;
    st = gws_data_recipe_read(ini, GWS_SPLIT_TRAIN, &data, err);
    gws_data_recipe_clear(&data);
    return st ? st : gws_ini_unused(ini, NULL, err);
}

/* What gws_train_bytes adds up, read once. */
typedef struct budget {
    gws_step_params step;
    gws_arch arch;
    int64_t parameters, T, train, valid, test, stem, own;
    int threads;
} budget;

static gws_status budget_read(gws_ini *ini, int threads, budget *b, gws_err *err)
{
    settings s;
    gws_data_recipe data = {0};
    gws_table table;
    gws_param_rows rows;
    gws_status st;
    memset(b, 0, sizeof *b);
    gws_table_init(&table);
    if ((st = read_settings(ini, &s, err)) || (st = gws_arch_from_ini(ini, &b->arch, err)) ||
        (st = gws_arch_parameters(&b->arch, &table, &rows, err)) || (st = gws_data_recipe_read(ini, GWS_SPLIT_TRAIN, &data, err)) ||
        (st = gws_dataset_bytes_most(ini, GWS_SPLIT_TRAIN, threads, &b->train, err)) ||
        (st = gws_dataset_bytes_most(ini, GWS_SPLIT_VALID, threads, &b->valid, err)))
        goto fail;
    st = gws_dataset_bytes_most(ini, GWS_SPLIT_TEST, threads, &b->test, err);
    b->step = s.step;
    b->parameters = table.total;
    b->T = data.window / gws_arch_hop(&b->arch);
    b->threads = threads;
    if (!st)
        st = gws_windows_bytes(&b->arch, data.window, threads, &b->stem, err);
fail:
    gws_data_recipe_clear(&data);
    gws_table_clear(&table);
    return st;
}

/* Training and calibration do not hold their data at the same time. */
static int64_t budget_need(void *user, int64_t batch)
{
    const budget *b = user;
    gws_step_params p = b->step;
    p.batch = batch;
    /* A matched stem is there twice: that of the windows, and that of the model which is calibrated. */
    const int64_t after = b->test + gws_calibrate_bytes(&b->arch, b->threads) + b->stem;
    return b->own + 3 * b->parameters * (int64_t)sizeof(float) + gws_stepper_bytes(&p, &b->arch, b->parameters, b->T, b->threads) +
           b->valid + b->stem + (b->train > after ? b->train : after);
}

gws_status gws_train_bytes(gws_ini *recipe, int64_t batch, int threads, int64_t *out, gws_err *err)
{
    budget b;
    const gws_status st = budget_read(recipe, threads, &b, err);
    *out = st == GWS_OK ? budget_need(&b, batch ? batch : b.step.batch) : 0;
    return st;
}

static gws_status within_cap(const gws_train_options *o, gws_ini *ini, gws_err *err)
{
    budget b;
    gws_memory now;
    const gws_status st = budget_read(ini, gws_pool_threads(o->pool), &b, err);
    if (st)
        return st;
    gws_memory_now(&now);
    b.own = now.resident_bytes;
    return gws_memory_check(o->memory_bytes, "batch", b.step.batch, b.step.accumulate, budget_need, &b, err);
}

static gws_status prepare(trainer *t, gws_ini *ini, gws_err *err)
{
    const gws_train_options *o = t->o;
    gws_status st = check_recipe(ini, &t->s, err);
    if (st || (o->memory_bytes && (st = within_cap(o, ini, err))))
        return st;
    if (o->resume) {
        char path[1024];
        snprintf(path, sizeof path, "%s.ckpt", o->out);
        if ((st = gws_checkpoint_load(&t->c, path, err)))
            return st;
        if (t->c.phase < 0)
            return gws_err_set(err, GWS_EDATA, "%s: a finished model, nothing to resume", path);
        if (strcmp(t->c.recipe, o->recipe))
            return gws_err_set(err, GWS_EDATA, "%s: was made with another recipe than %s", path, o->recipe_name);
    } else if ((st = gws_checkpoint_init(&t->c, o->recipe, t->s.step.seed, 1, err)) ||
               (st = o->start            ? gws_checkpoint_start_from(&t->c, o->start, err)
                     : t->c.arch.matched ? gws_train_bank(ini, &t->c, o->pool, err)
                                         : GWS_OK))
        return st;
    t->hop = gws_arch_hop(&t->c.arch);
    if (!(t->train = gws_dataset_create(ini, GWS_SPLIT_TRAIN, t->s.step.seed, o->pool, o->progress, o->user, err)) ||
        !(t->valid = gws_dataset_create(ini, GWS_SPLIT_VALID, t->s.step.seed, o->pool, o->progress, o->user, err)))
        return err ? err->status : GWS_EDATA;
    t->N = gws_dataset_samples(t->train);
    if (gws_dataset_ifos(t->train) != t->c.arch.ifos)
        return gws_err_set(err, GWS_EFORMAT, "%s: [data] makes windows of %d detectors, [model] wants %d", o->recipe_name,
                           gws_dataset_ifos(t->train), t->c.arch.ifos);
    if (!(t->windows = gws_windows_create(&t->c, t->N, gws_pool_threads(o->pool), err))) {
        gws_err_prefix(err, "%s", o->recipe_name);
        return err ? err->status : GWS_ENOMEM;
    }
    t->T = gws_windows_steps(t->windows);
    if (!(t->step = gws_stepper_create(&t->s.step, &t->c, t->T, o->pool, err))) {
        gws_err_prefix(err, "%s", o->recipe_name);
        return err ? err->status : GWS_ENOMEM;
    }
    gws_stepper_set_stop(t->step, o->stop, o->user);
    t->window = calloc((size_t)gws_stepper_micro(t->step), sizeof *t->window);
    return t->window ? GWS_OK : gws_err_set(err, GWS_ENOMEM, "no memory for a batch of windows");
}

static void release(trainer *t)
{
    gws_windows_destroy(t->windows);
    gws_dataset_destroy(t->train);
    gws_dataset_destroy(t->valid);
    gws_stepper_destroy(t->step);
    gws_checkpoint_clear(&t->c);
    free(t->window);
}

/* What is done is kept; a step that was given up half way is made again by the run that goes on. */
static gws_status stop_here(const trainer *t, int p, gws_err *err)
{
    const gws_status st = save_checkpoint(t, err);
    return st ? st
              : gws_err_set(err, GWS_ESTOP, "stopped after %s step %lld; go on with --resume", gws_phase_name[p],
                            (long long)t->c.phase_step);
}

static gws_status run_phase(trainer *t, int p, gws_err *err)
{
    const gws_phase *ph = &t->s.step.phase[p];
    gws_status st;
    double last = gws_now_s();
    int64_t last_step = t->c.phase_step;
    while (t->c.phase_step < ph->steps) {
        gws_step_result made;
        if ((st = gws_stepper_run(t->step, p, t->c.phase_step, load_train, t, &made, err)))
            return st == GWS_ESTOP ? stop_here(t, p, err) : st;
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
                              .cpc_accuracy = made.cpc_accuracy,
                              .grad_norm = made.grad_norm,
                              .lr = made.lr};
        const int end = r.step == ph->steps;
        const int stop = (t->o->stop && t->o->stop(t->o->user)) || (t->o->stop_after && t->done >= t->o->stop_after);
        const int look = t->s.evaluate_every > 0 && p != GWS_PRETRAIN && (r.step % t->s.evaluate_every == 0 || end);
        if (look || r.step % 20 == 0 || end) {
            if (p != GWS_PRETRAIN)
                gws_stepper_rates(t->step, &r.events, &r.spikes1, &r.spikes2);
            const double now = gws_now_s();
            r.samples_per_s = (double)((t->c.phase_step - last_step) * t->s.step.batch) / fmax(now - last, 1e-9);
            int64_t left = ph->steps - r.step;
            for (int q = p + 1; q < GWS_PHASES; q++)
                left += t->s.step.phase[q].steps;
            r.left_s = (double)(left * t->s.step.batch) / fmax(r.samples_per_s, 1e-9);
            if (look && (st = evaluate(t, &r, err)))
                return st == GWS_ESTOP ? stop_here(t, p, err) : st;
            last = gws_now_s();
            last_step = t->c.phase_step;
            if ((st = write_log(t, &r, err)))
                return st;
            if (t->o->report)
                t->o->report(t->o->user, &r);
        }
        if (stop)
            return stop_here(t, p, err);
        if (t->s.save_every > 0 && r.step % t->s.save_every == 0 && (st = save_checkpoint(t, err)))
            return st;
    }
    return GWS_OK;
}

#define CARD_MAX 8192

/* One line a head and rate; a rate that the background cannot resolve has no threshold and no shares. */
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
    int n = gws_text_print(text, CARD_MAX,
                           "parameters %lld\nwindows seen %lld (batch %lld, %lld steps)\nseed %llu\nbackground %.2f h of simulated "
                           "noise, %lld spiking and %lld linear triggers\ntiming rms (SNR >= 10)",
                           (long long)gws_table_values(&t->c.table), (long long)(t->c.step * t->s.step.batch),
                           (long long)t->s.step.batch, (long long)t->c.step, (unsigned long long)t->s.step.seed,
                           e->livetime_s / 3600.0, (long long)t->c.cal[0].n, (long long)t->c.cal[1].n);
    for (int h = 0; h < 2; h++)
        if (isfinite(e->timing_rms_s[h]))
            n += gws_text_print(text + n, CARD_MAX - (size_t)n, "%s %.4f s", h ? ", linear" : " spiking", e->timing_rms_s[h]);
        else
            n += gws_text_print(text + n, CARD_MAX - (size_t)n, "%s: none found", h ? ", linear" : " spiking");
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
    gws_status st;
    trainer t;
    gws_efficiency eff;
    memset(&t, 0, sizeof t);
    t.o = o;
    gws_ini *ini = gws_ini_parse(o->recipe, o->recipe_name, err);
    if (!ini)
        return err ? err->status : GWS_EFORMAT;
    if ((st = prepare(&t, ini, err)))
        goto fail;
    for (; t.c.phase < GWS_PHASES; t.c.phase++, t.c.phase_step = 0)
        if ((st = run_phase(&t, t.c.phase, err)))
            goto fail;
    t.c.phase = GWS_PHASES - 1; /* a checkpoint of the end: calibration can be repeated from it */
    t.c.phase_step = t.s.step.phase[GWS_PHASES - 1].steps;
    if ((st = save_checkpoint(&t, err)))
        goto fail;
    gws_dataset_destroy(t.train);
    t.train = NULL;
    if ((st = gws_calibrate(&t.c, ini, o->pool, o->progress, o->user, &eff, err)))
        goto fail;
    free(t.c.card);
    t.c.card = make_card(&t, &eff);
    t.c.phase = -1;
    st = gws_checkpoint_save(&t.c, o->out, o->command, (int64_t)t.s.step.seed, err);
fail:
    release(&t);
    gws_ini_destroy(ini);
    return st;
}
