#include "train/drawn.h"

#include "base/rng.h"
#include "train/calibrate.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct fill_job {
    gws_trainer *t;
    const gws_dataset *data; /* NULL: recorded strain */
    int64_t epoch, first;
    float *x;
    int64_t x_next;
    double snr_lo, snr_hi;
    int alternate; /* evaluation: even windows noise, odd windows signal */
} fill_job;

static void draw_window(const fill_job *f, int64_t k, gws_window *w)
{
    const gws_trainer *t = f->t;
    int force = f->alternate ? (int)(k & 1) : -1;
    if (t->s.labels == GWS_LABELS_NOISE && !f->alternate) { /* where the merger would have been, in data without one */
        gws_dataset_window(f->data, f->epoch, k, f->snr_lo, f->snr_hi, -1, w);
        const int has = w->has_signal;
        const int64_t merger = w->merger;
        gws_dataset_window(f->data, f->epoch, k, f->snr_lo, f->snr_hi, 0, w);
        w->has_signal = has;
        w->merger = merger;
        return;
    }
    if (t->s.labels == GWS_LABELS_NOISE) {
        gws_dataset_window(f->data, f->epoch, k, f->snr_lo, f->snr_hi, 0, w);
        w->has_signal = (int)(k & 1);
        w->merger = -1;
        return;
    }
    gws_dataset_window(f->data, f->epoch, k, f->snr_lo, f->snr_hi, force, w);
    if (t->s.labels == GWS_LABELS_SHUFFLED && !f->alternate) {
        gws_rng r = gws_rng_init((uint64_t)t->s.seed, "shuffled labels", (uint64_t)(f->epoch * (INT64_C(1) << 32) + k));
        w->has_signal = gws_rng_uniform(&r) < 0.5;
        w->merger = w->has_signal ? (int64_t)((0.45 + 0.43 * gws_rng_uniform(&r)) * (double)t->N) : -1;
    }
}

static void fill_one(void *user, int b, int thread)
{
    const fill_job *f = user;
    const gws_trainer *t = f->t;
    float *x = f->x + b * f->x_next;
    t->window[b].w = gws_windows_room(t->windows, thread, x);
    if (f->data)
        draw_window(f, f->first + b, &t->window[b]);
    else
        gws_recorded_window(t->recorded, t->s.step.seed, f->first + b, &t->window[b]);
    gws_windows_put(t->windows, thread, &t->window[b], t->T, x);
}

/* What a source counts for in the sensitive volume, relative to one of 30 and 30 Msun. */
static double worth(const gws_train_settings *s, const gws_window *w)
{
    const double sum = w->mass1_msun + w->mass2_msun;
    if (s->metric == 0.0 || !(sum > 0.0))
        return 1.0;
    return pow(pow(w->mass1_msun * w->mass2_msun, 0.6) / pow(sum, 0.2) / 26.1165, s->metric);
}

/* Target and weight of every step of n windows, (n,T) each. */
static void make_targets(const gws_trainer *t, int n, float *target, float *weight)
{
    const gws_train_settings *s = &t->s;
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

void gws_drawn_load(void *user, int64_t first, int n, float *x, int64_t x_next, float *target, float *weight)
{
    gws_trainer *t = user;
    const int64_t per_epoch = INT64_C(1) << 20;
    fill_job f = {.t = t, .data = t->train, .epoch = first / per_epoch, .first = first % per_epoch, .x = x, .x_next = x_next};
    gws_pool_run(t->o->pool, n, fill_one, &f);
    make_targets(t, n, target, weight);
}

void gws_drawn_load_recorded(void *user, int64_t first, int n, float *x, int64_t x_next, float *target, float *weight)
{
    gws_trainer *t = user;
    fill_job f = {.t = t, .first = first, .x = x, .x_next = x_next};
    gws_pool_run(t->o->pool, n, fill_one, &f);
    memset(target, 0, (size_t)(n * t->T) * sizeof *target);
    memset(weight, 0, (size_t)(n * t->T) * sizeof *weight);
}

/* Held-out windows, SNR 8 to 15, every other one with a signal. */
static void load_valid(void *user, int64_t first, int n, float *x, int64_t x_next, float *target, float *weight)
{
    gws_trainer *t = user;
    fill_job f = {
        .t = t, .data = t->valid, .first = first, .x = x, .x_next = x_next, .snr_lo = 8.0, .snr_hi = 15.0, .alternate = 1};
    gws_pool_run(t->o->pool, n, fill_one, &f);
    make_targets(t, n, target, weight);
}

gws_status gws_drawn_evaluate(gws_trainer *t, gws_train_report *r, gws_err *err)
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
