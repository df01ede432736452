#include "train/train.h"

#include "base/file.h"
#include "base/json.h"
#include "base/rng.h"
#include "nn/infonce.h"
#include "nn/loss.h"
#include "nn/optim.h"
#include "train/calibrate.h"
#include "train/dataset.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PRETRAIN, CLASSIFY, JOINT, N_PHASES };
static const char *const phase_name[N_PHASES] = {"pretrain", "classify", "joint"};

typedef struct phase {
    int64_t steps, warmup, anchors;
    double lr, cpc, spiking, linear, distil;
} phase;

typedef enum labels { LABELS_TRUE, LABELS_SHUFFLED, LABELS_NOISE } labels;

typedef struct settings {
    uint64_t seed;
    int64_t batch, accumulate, evaluate_every, evaluate_windows, save_every;
    double clip, weight_decay, beta2, temperature, spiking_lr;
    double begin_s, end_s, before_s, after_s, positive;
    int64_t skip;
    labels labels;
    phase phase[N_PHASES];
} settings;

typedef struct trainer {
    const gws_train_options *o;
    settings s;
    gws_checkpoint c;
    gws_weights w;
    gws_work k;
    gws_infonce *nce;
    int nce_anchors;
    gws_dataset *train, *valid;
    const gws_kernels *K;
    gws_pool *pool;
    int micro, tiles, threads;
    int64_t T, hop, N;
    float *g, *g_tile;              /* sum; (tiles) parts */
    float *target, *weight;         /* (micro,T) */
    gws_window *window;             /* (micro) */
    float *z_all, *p_all, *gz_all, *gp_all; /* (batch,...) when accumulating */
    double began;
    int64_t done;                   /* steps of this call */
} trainer;

static gws_status read_settings(gws_ini *ini, settings *s, gws_err *err)
{
    int64_t seed;
#define INT(sec, key, dflt, where)                                                                                                         \
    if (gws_ini_int(ini, sec, key, dflt, where, err))                                                                                      \
    return GWS_EFORMAT
#define DBL(sec, key, dflt, where)                                                                                                         \
    if (gws_ini_double(ini, sec, key, dflt, where, err))                                                                                   \
    return GWS_EFORMAT
    INT("train", "seed", 1, &seed);
    s->seed = (uint64_t)seed;
    INT("train", "batch", 32, &s->batch);
    INT("train", "accumulate", 1, &s->accumulate);
    INT("train", "evaluate_every", 400, &s->evaluate_every);
    INT("train", "evaluate_windows", 512, &s->evaluate_windows);
    INT("train", "save_every", 200, &s->save_every);
    DBL("train", "clip", 1.0, &s->clip);
    DBL("train", "weight_decay", 0.01, &s->weight_decay);
    DBL("train", "beta2", 0.99, &s->beta2);
    DBL("train", "spiking_lr", 0.1, &s->spiking_lr);
    DBL("train", "temperature", 0.1, &s->temperature);
    DBL("target", "begin_s", 0.03, &s->begin_s);
    DBL("target", "end_s", 0.19, &s->end_s);
    DBL("target", "unscored_before_s", 0.15, &s->before_s);
    DBL("target", "unscored_after_s", 0.17, &s->after_s);
    DBL("target", "positive_weight", 4.0, &s->positive);
    INT("target", "skip_steps", 12, &s->skip);
    const char *l = gws_ini_string(ini, "train", "labels", "true");
    if (strcmp(l, "true") == 0)
        s->labels = LABELS_TRUE;
    else if (strcmp(l, "shuffled") == 0)
        s->labels = LABELS_SHUFFLED;
    else if (strcmp(l, "noise") == 0)
        s->labels = LABELS_NOISE;
    else
        return gws_err_set(err, GWS_EFORMAT, "[train] labels: wanted true, shuffled or noise, found '%s'", l);
    static const phase dflt[N_PHASES] = {{.steps = 800, .warmup = 100, .anchors = 24, .lr = 1e-3, .cpc = 1.0},
                                         {.steps = 400, .warmup = 50, .lr = 1e-3, .spiking = 1.0, .linear = 1.0},
                                         {.steps = 8000, .warmup = 200, .anchors = 8, .lr = 1e-3, .cpc = 0.02, .spiking = 1.0, .linear = 1.0, .distil = 0.25}};
    for (int p = 0; p < N_PHASES; p++) {
        phase *q = &s->phase[p];
        *q = dflt[p];
        INT(phase_name[p], "steps", q->steps, &q->steps);
        INT(phase_name[p], "warmup", q->warmup, &q->warmup);
        DBL(phase_name[p], "lr", q->lr, &q->lr);
        if (p != CLASSIFY) {
            INT(phase_name[p], "anchors", q->anchors, &q->anchors);
            DBL(phase_name[p], "cpc_weight", q->cpc, &q->cpc);
        }
        if (p != PRETRAIN) {
            DBL(phase_name[p], "spiking_weight", q->spiking, &q->spiking);
            DBL(phase_name[p], "linear_weight", q->linear, &q->linear);
            DBL(phase_name[p], "distil_weight", q->distil, &q->distil);
        }
        if (q->cpc == 0.0)
            q->anchors = 0;
        if (q->steps < 0 || q->lr < 0.0 || q->warmup < 0 || q->anchors < 0)
            return gws_err_set(err, GWS_EFORMAT, "[%s]: steps, lr, warmup and anchors must not be negative", phase_name[p]);
    }
#undef INT
#undef DBL
    if (s->batch < 1 || s->accumulate < 1 || s->batch % s->accumulate || s->batch > 4096 || s->evaluate_windows < 0)
        return gws_err_set(err, GWS_EFORMAT, "[train]: batch %lld is not a positive multiple of accumulate %lld", (long long)s->batch,
                           (long long)s->accumulate);
    if (!(s->temperature > 0.0) || !(s->clip > 0.0))
        return gws_err_set(err, GWS_EFORMAT, "[train]: temperature and clip must be positive");
    return GWS_OK;
}

/* ---- one batch ---- */

typedef struct fill_job {
    trainer *t;
    const gws_dataset *data;
    int64_t epoch, first;
    double snr_lo, snr_hi;
    int alternate; /* evaluation: even windows noise, odd windows signal */
} fill_job;

static void fill_one(void *user, int b, int thread)
{
    const fill_job *f = user;
    trainer *t = f->t;
    const gws_conv *c = &t->c.arch.stem[0];
    const int64_t hist = (int64_t)(c->kernel - c->stride) * c->cin, n = t->N * c->cin;
    gws_window *w = &t->window[b];
    w->w = t->k.x + b * (hist + n) + hist;
    const int64_t k = f->first + b;
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
        gws_rng r = gws_rng_init(t->s.seed, "shuffled labels", (uint64_t)(f->epoch * (INT64_C(1) << 32) + k));
        w->has_signal = gws_rng_uniform(&r) < 0.5;
        w->merger = w->has_signal ? (int64_t)((0.45 + 0.43 * gws_rng_uniform(&r)) * (double)t->N) : -1;
    }
}

/* Target and weight of every step; returns the sum of weights. */
static double make_targets(trainer *t)
{
    const settings *s = &t->s;
    const double rate = t->c.arch.rate_hz;
    double sum = 0.0;
    for (int b = 0; b < t->micro; b++)
        for (int64_t i = 0; i < t->T; i++) {
            float *y = &t->target[b * t->T + i], *w = &t->weight[b * t->T + i];
            *y = 0.0f;
            *w = i < s->skip ? 0.0f : 1.0f;
            if (t->window[b].has_signal && t->window[b].merger >= 0) {
                const double dt = ((double)((i + 1) * t->hop) - (double)t->window[b].merger) / rate;
                if (dt >= s->begin_s && dt <= s->end_s) {
                    *y = 1.0f;
                    *w *= (float)s->positive;
                } else if (dt > -s->before_s && dt < s->end_s + s->after_s)
                    *w = 0.0f;
            }
            sum += (double)*w;
        }
    return sum;
}

typedef struct net_job {
    trainer *t;
    gws_pass pass;
} net_job;

static void forward_tile(void *user, int tile, int thread)
{
    const net_job *j = user;
    trainer *t = j->t;
    const int b0 = tile * GWS_TILE, b1 = b0 + GWS_TILE < t->micro ? b0 + GWS_TILE : t->micro;
    const gws_arch *a = &t->c.arch;
    memset(t->k.i1_0 + (int64_t)b0 * a->H1, 0, (size_t)((b1 - b0) * a->H1) * sizeof(float));
    memset(t->k.v1_0 + (int64_t)b0 * a->H1, 0, (size_t)((b1 - b0) * a->H1) * sizeof(float));
    memset(t->k.i2_0 + (int64_t)b0 * a->H2, 0, (size_t)((b1 - b0) * a->H2) * sizeof(float));
    memset(t->k.v2_0 + (int64_t)b0 * a->H2, 0, (size_t)((b1 - b0) * a->H2) * sizeof(float));
    memset(t->k.o_0 + b0, 0, (size_t)(b1 - b0) * sizeof(float));
    gws_net_forward(t->K, &t->w, &t->k, &j->pass, b0, b1, thread);
}

static void backward_tile(void *user, int tile, int thread)
{
    const net_job *j = user;
    trainer *t = j->t;
    const int b0 = tile * GWS_TILE, b1 = b0 + GWS_TILE < t->micro ? b0 + GWS_TILE : t->micro;
    gws_net_backward(t->K, &t->w, &t->k, &j->pass, b0, b1, thread, t->g_tile + (int64_t)tile * t->c.table.total);
}

enum { CHUNK = 1 << 15 };

static void reduce_chunk(void *user, int chunk, int thread)
{
    trainer *t = user;
    const int64_t a = (int64_t)chunk * CHUNK, n = t->c.table.total - a < CHUNK ? t->c.table.total - a : CHUNK;
    for (int tile = 0; tile < t->tiles; tile++)
        t->K->add(t->g + a, t->g_tile + tile * t->c.table.total + a, n);
}

static int chunks(const trainer *t)
{
    return (int)((t->c.table.total + CHUNK - 1) / CHUNK);
}

typedef struct update_job {
    trainer *t;
    gws_adamw o;
    double scale[3];  /* of the gradients, per group: clipping */
    int trained[3];
} update_job;

/* Parameters are clipped in groups: the membranes gather some hundred steps, so the gradients of the spiking classifier's weights are a hundred times
 * those of the encoder and one common norm would stop the encoder. */
enum { ENCODER, SPIKING, LINEAR };

static int group_of(const char *name)
{
    if (strncmp(name, "stem.", 5) == 0 || strncmp(name, "context.", 8) == 0 || strncmp(name, "cpc.", 4) == 0)
        return ENCODER;
    return strncmp(name, "linear.", 7) == 0 ? LINEAR : SPIKING;
}

/* For the same reason these weights are small, and take steps in proportion. */
static int has_small_weights(const char *name)
{
    return strncmp(name, "readout.membrane", 16) == 0 || (strncmp(name, "lif.", 4) == 0 && (strstr(name, ".weight") || strstr(name, ".bias")));
}

static void update_tensor(void *user, int row, int thread)
{
    const update_job *u = user;
    trainer *t = u->t;
    const gws_tensor *r = &t->c.table.rows[row];
    const int group = group_of(r->name);
    if (!u->trained[group])
        return;
    const int64_t o = r->offset;
    gws_adamw opt = u->o;
    if (has_small_weights(r->name))
        opt.lr *= t->s.spiking_lr;
    gws_adamw_update(&opt, t->c.p + o, t->g + o, t->c.m + o, t->c.v + o, r->size, u->scale[group], r->ndim > 1);
}

static const char *bad_row(const gws_table *t, const float *x)
{
    for (int i = 0; i < t->n; i++)
        for (int64_t j = 0; j < t->rows[i].size; j++)
            if (!isfinite(x[t->rows[i].offset + j]))
                return t->rows[i].name;
    return NULL;
}

static void rates(const trainer *t, gws_train_report *r)
{
    const gws_arch *a = &t->c.arch;
    const int64_t n = (int64_t)t->micro * t->T;
    int64_t e = 0, s1 = 0, s2 = 0;
    for (int64_t i = 0; i < n * 2 * a->C; i++)
        e += t->k.ev[i] > 0.0f;
    for (int64_t i = 0; i < n * a->H1; i++)
        s1 += t->k.s1[i] > 0.0f;
    for (int64_t i = 0; i < n * a->H2; i++)
        s2 += t->k.s2[i] > 0.0f;
    r->events = (double)e / (double)(n * 2 * a->C);
    r->spikes1 = (double)s1 / (double)(n * a->H1);
    r->spikes2 = (double)s2 / (double)(n * a->H2);
}

/* Fill micro batch m of the step that begins at window `at`. */
static void load(trainer *t, int64_t at, int64_t m)
{
    const int64_t per_epoch = INT64_C(1) << 20;
    const int64_t first = at + m * t->micro;
    fill_job f = {.t = t, .data = t->train, .epoch = first / per_epoch, .first = first % per_epoch};
    gws_pool_run(t->pool, t->micro, fill_one, &f);
}

static gws_status one_step(trainer *t, int p, int64_t phase_step, gws_train_report *r, gws_err *err)
{
    const phase *ph = &t->s.phase[p];
    const gws_arch *a = &t->c.arch;
    const int acc = (int)t->s.accumulate, A = (int)ph->anchors;
    const int64_t T = t->T, C = a->C, KC = (int64_t)a->K * C;
    const int64_t at = t->c.step * t->s.batch; /* windows served before this step */
    const int64_t zn = t->micro * T * C, pn = t->micro * A * KC;
    net_job j = {.t = t, .pass = {.heads = p != PRETRAIN, .anchors = A, .encoder = p != CLASSIFY, .spike_to_context = p == JOINT}};
    double sums[3] = {0}, weights = 0.0;

    if (A) { /* anchors spread over the window, their phase drawn */
        j.pass.stride = (int)((T - a->K - 1) / A);
        gws_rng g = gws_rng_init(t->s.seed, "anchors", (uint64_t)t->c.step);
        const int room = (int)(T - a->K - 1 - (int64_t)(A - 1) * j.pass.stride);
        j.pass.first = (int)gws_rng_below(&g, (uint64_t)(room > 0 ? room : 1));
    }
    memset(t->g, 0, (size_t)t->c.table.total * sizeof *t->g);

    /* The loss is the whole batch's mean, so the weights of all micro batches must be known before the first gradient. */
    const float *z_last = t->k.act[a->n_stem - 1];
    if (acc > 1)
        for (int m = 0; m < acc; m++) {
            load(t, at, m);
            weights += make_targets(t);
            if (A) {
                gws_pass only = j.pass;
                net_job f = {.t = t, .pass = only};
                f.pass.heads = 0;
                gws_pool_run(t->pool, t->tiles, forward_tile, &f);
                memcpy(t->z_all + m * zn, z_last, (size_t)zn * sizeof(float));
                memcpy(t->p_all + m * pn, t->k.pred, (size_t)pn * sizeof(float));
            }
        }
    if (acc > 1 && A) {
        memset(t->gz_all, 0, (size_t)(acc * zn) * sizeof(float));
        r->loss_cpc = gws_infonce_run(t->nce, t->K, t->pool, (int)t->s.batch, j.pass.first, j.pass.stride, t->s.temperature, ph->cpc, t->p_all, t->z_all,
                                      t->gp_all, t->gz_all, &r->cpc_accuracy);
    }
    for (int m = 0; m < acc; m++) {
        load(t, at, m);
        const double own = make_targets(t);
        if (acc == 1)
            weights = own;
        gws_pool_run(t->pool, t->tiles, forward_tile, &j);
        memset(t->k.g_z, 0, (size_t)zn * sizeof(float));
        if (A && acc > 1) {
            memcpy(t->k.g_z, t->gz_all + m * zn, (size_t)zn * sizeof(float));
            memcpy(t->k.g_pred, t->gp_all + m * pn, (size_t)pn * sizeof(float));
        } else if (A) {
            r->loss_cpc = gws_infonce_run(t->nce, t->K, t->pool, t->micro, j.pass.first, j.pass.stride, t->s.temperature, ph->cpc, t->k.pred, z_last,
                                          t->k.g_pred, t->k.g_z, &r->cpc_accuracy);
        }
        if (j.pass.heads) {
            const int64_t n = t->micro * T;
            const double unit = 1.0 / weights;
            memset(t->k.g_y, 0, (size_t)n * sizeof(float));
            memset(t->k.g_y_lin, 0, (size_t)n * sizeof(float));
            sums[0] += unit * gws_bce(t->k.y, t->target, t->weight, n, (float)(ph->spiking * unit), t->k.g_y);
            sums[1] += unit * gws_bce(t->k.y_lin, t->target, t->weight, n, (float)(ph->linear * unit), t->k.g_y_lin);
            if (ph->distil > 0.0)
                sums[2] += unit * gws_huber(t->k.y, t->k.y_lin, t->weight, n, (float)(ph->distil * unit), t->k.g_y);
        }
        const double total = ph->cpc * r->loss_cpc + ph->spiking * sums[0] + ph->linear * sums[1] + ph->distil * sums[2];
        if (!isfinite(total)) {
            const char *name = gws_work_find_bad(&t->k, &j.pass);
            return gws_err_set(err, GWS_ENUM, "%s step %lld: %s is not finite", phase_name[p], (long long)phase_step, name ? name : "the loss");
        }
        r->loss = total;
        memset(t->g_tile, 0, (size_t)(t->tiles * t->c.table.total) * sizeof(float));
        gws_pool_run(t->pool, t->tiles, backward_tile, &j);
        gws_pool_run(t->pool, chunks(t), reduce_chunk, t);
    }
    r->loss_spiking = sums[0];
    r->loss_linear = sums[1];
    gws_net_finish_gradients(&t->w, t->g);

    double norms[3] = {0.0};
    for (int i = 0; i < t->c.table.n; i++)
        norms[group_of(t->c.table.rows[i].name)] += gws_sum_squares(t->g + t->c.table.rows[i].offset, t->c.table.rows[i].size);
    const double norm = sqrt(norms[0] + norms[1] + norms[2]);
    if (!isfinite(norm)) {
        const char *name = bad_row(&t->c.table, t->g);
        return gws_err_set(err, GWS_ENUM, "%s step %lld: the gradient of %s is not finite", phase_name[p], (long long)phase_step, name ? name : "the loss");
    }
    double lr = ph->lr;
    if (phase_step < ph->warmup)
        lr *= (double)(phase_step + 1) / (double)ph->warmup;
    else
        lr *= 0.02 + 0.98 * 0.5 * (1.0 + cos(M_PI * (double)(phase_step - ph->warmup) / (double)(ph->steps > ph->warmup ? ph->steps - ph->warmup : 1)));
    update_job u = {.t = t,
                    .o = {.lr = lr, .beta1 = 0.9, .beta2 = t->s.beta2, .eps = 1e-8, .decay = t->s.weight_decay, .step = phase_step + 1},
                    .trained = {p != CLASSIFY, p != PRETRAIN, p != PRETRAIN}};
    for (int i = 0; i < 3; i++)
        u.scale[i] = norms[i] > t->s.clip * t->s.clip ? t->s.clip / sqrt(norms[i]) : 1.0;
    gws_pool_run(t->pool, t->c.table.n, update_tensor, &u);
    gws_weights_update(&t->w, t->K, t->c.p);
    r->grad_norm = p == CLASSIFY ? norm : sqrt(norms[ENCODER]);
    r->lr = lr;
    return GWS_OK;
}

/* ---- held-out windows ---- */

static gws_status evaluate(trainer *t, gws_train_report *r, gws_err *err)
{
    const int64_t n = t->s.evaluate_windows / t->micro * t->micro;
    if (n < 2)
        return GWS_OK;
    float *top = calloc((size_t)(4 * n), sizeof *top); /* (head, label) lists */
    if (!top)
        return gws_err_set(err, GWS_ENOMEM, "no memory for the evaluation");
    int64_t count[2] = {0, 0};
    net_job j = {.t = t, .pass = {.heads = 1}};
    for (int64_t at = 0; at < n; at += t->micro) {
        fill_job f = {.t = t, .data = t->valid, .epoch = 0, .first = at, .snr_lo = 8.0, .snr_hi = 15.0, .alternate = 1};
        gws_pool_run(t->pool, t->micro, fill_one, &f);
        gws_pool_run(t->pool, t->tiles, forward_tile, &j);
        for (int b = 0; b < t->micro; b++) {
            const int label = t->window[b].has_signal;
            float m[2] = {-INFINITY, -INFINITY};
            for (int64_t i = t->s.skip; i < t->T; i++) {
                m[0] = fmaxf(m[0], t->k.y[b * t->T + i]);
                m[1] = fmaxf(m[1], t->k.y_lin[b * t->T + i]);
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
    return gws_checkpoint_save(&t->c, path, t->o->command, (int64_t)t->s.seed, err);
}

static gws_status prepare(trainer *t, gws_ini *ini, gws_err *err)
{
    const gws_train_options *o = t->o;
    gws_status st = read_settings(ini, &t->s, err);
    if (st)
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
    } else if ((st = gws_checkpoint_init(&t->c, o->recipe, t->s.seed, 1, err)))
        return st;
    t->K = gws_kernels_get();
    t->pool = o->pool;
    t->threads = gws_pool_threads(o->pool);
    t->micro = (int)(t->s.batch / t->s.accumulate);
    t->tiles = (t->micro + GWS_TILE - 1) / GWS_TILE;
    t->hop = gws_arch_hop(&t->c.arch);
    if (!(t->train = gws_dataset_create(ini, GWS_SPLIT_TRAIN, t->s.seed, o->pool, o->progress, o->user, err)) ||
        !(t->valid = gws_dataset_create(ini, GWS_SPLIT_VALID, t->s.seed, o->pool, o->progress, o->user, err)))
        return err ? err->status : GWS_EDATA;
    t->N = gws_dataset_samples(t->train);
    if (gws_dataset_ifos(t->train) != t->c.arch.ifos || t->N % t->hop)
        return gws_err_set(err, GWS_EFORMAT, "%s: [data] makes windows of %lld samples and %d detectors, [model] wants a multiple of %lld and %d",
                           o->recipe_name, (long long)t->N, gws_dataset_ifos(t->train), (long long)t->hop, t->c.arch.ifos);
    t->T = t->N / t->hop;
    int A = 0;
    for (int p = 0; p < N_PHASES; p++)
        A = t->s.phase[p].anchors > A ? (int)t->s.phase[p].anchors : A;
    if (A && t->T <= t->c.arch.K + A)
        return gws_err_set(err, GWS_EFORMAT, "%s: %d anchors and %d horizons do not fit into %lld steps", o->recipe_name, A, t->c.arch.K, (long long)t->T);
    if ((st = gws_work_create(&t->k, &t->c.arch, t->micro, t->T, A, 1, t->threads, err)) ||
        (st = gws_weights_create(&t->w, &t->c.arch, &t->c.table, &t->c.rows, 1, err)))
        return st;
    const int64_t P = t->c.table.total, C = t->c.arch.C, acc = t->s.accumulate;
    const size_t f = sizeof(float);
    t->g = gws_arena_alloc((size_t)P * f);
    t->g_tile = gws_arena_alloc((size_t)(t->tiles * P) * f);
    t->target = gws_arena_alloc((size_t)(t->micro * t->T) * f);
    t->weight = gws_arena_alloc((size_t)(t->micro * t->T) * f);
    t->window = calloc((size_t)t->micro, sizeof *t->window);
    if (acc > 1 && A) {
        t->z_all = gws_arena_alloc((size_t)(t->s.batch * t->T * C) * f);
        t->gz_all = gws_arena_alloc((size_t)(t->s.batch * t->T * C) * f);
        t->p_all = gws_arena_alloc((size_t)(t->s.batch * A * t->c.arch.K * C) * f);
        t->gp_all = gws_arena_alloc((size_t)(t->s.batch * A * t->c.arch.K * C) * f);
    }
    if (!t->g || !t->g_tile || !t->target || !t->weight || !t->window || (acc > 1 && A && (!t->z_all || !t->gz_all || !t->p_all || !t->gp_all)))
        return gws_err_set(err, GWS_ENOMEM, "no memory for training with batch %lld", (long long)t->s.batch);
    gws_weights_update(&t->w, t->K, t->c.p);
    return GWS_OK;
}

static void release(trainer *t)
{
    gws_dataset_destroy(t->train);
    gws_dataset_destroy(t->valid);
    gws_infonce_destroy(t->nce);
    gws_work_clear(&t->k);
    gws_weights_clear(&t->w);
    gws_checkpoint_clear(&t->c);
    float *const all[] = {t->g, t->g_tile, t->target, t->weight, t->z_all, t->gz_all, t->p_all, t->gp_all};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        gws_arena_free(all[i]);
    free(t->window);
}

static gws_status run_phase(trainer *t, int p, gws_err *err)
{
    const phase *ph = &t->s.phase[p];
    gws_status st;
    if (ph->anchors && ph->anchors != t->nce_anchors) {
        gws_infonce_destroy(t->nce);
        const gws_infonce_shape s = {.B = (int)t->s.batch, .T = (int)t->T, .C = t->c.arch.C, .K = t->c.arch.K, .A = (int)ph->anchors};
        if (!(t->nce = gws_infonce_create(&s, t->threads, err)))
            return GWS_ENOMEM;
        t->nce_anchors = (int)ph->anchors;
    }
    double last = gws_now_s();
    int64_t last_step = t->c.phase_step;
    while (t->c.phase_step < ph->steps) {
        gws_train_report r = {.phase = phase_name[p], .steps = ph->steps};
        if ((st = one_step(t, p, t->c.phase_step, &r, err)))
            return st;
        t->c.phase_step++;
        t->c.step++;
        t->done++;
        r.step = t->c.phase_step;
        const int end = r.step == ph->steps;
        const int stop = (t->o->stop && t->o->stop(t->o->user)) || (t->o->stop_after && t->done >= t->o->stop_after);
        const int look = t->s.evaluate_every > 0 && p != PRETRAIN && (r.step % t->s.evaluate_every == 0 || end);
        if (look || r.step % 20 == 0 || end) {
            if (p != PRETRAIN)
                rates(t, &r);
            const double now = gws_now_s();
            r.samples_per_s = (double)((t->c.phase_step - last_step) * t->s.batch) / fmax(now - last, 1e-9);
            int64_t left = ph->steps - r.step;
            for (int q = p + 1; q < N_PHASES; q++)
                left += t->s.phase[q].steps;
            r.left_s = (double)(left * t->s.batch) / fmax(r.samples_per_s, 1e-9);
            if (look && (st = evaluate(t, &r, err)))
                return st;
            last = gws_now_s();
            last_step = t->c.phase_step;
            if ((st = write_log(t, &r, err)))
                return st;
            if (t->o->report)
                t->o->report(t->o->user, &r);
        }
        if (stop || (t->s.save_every > 0 && r.step % t->s.save_every == 0))
            if ((st = save_checkpoint(t, err)))
                return st;
        if (stop)
            return gws_err_set(err, GWS_ESTOP, "stopped after %s step %lld; go on with --resume", phase_name[p], (long long)r.step);
    }
    return GWS_OK;
}

static char *make_card(const trainer *t, const gws_efficiency *e)
{
    char *text = malloc(8192);
    if (!text)
        return NULL;
    int n = snprintf(text, 8192,
                     "parameters %lld\nwindows seen %lld (batch %lld, %lld steps)\nseed %llu\nbackground %.2f h of simulated noise, %lld spiking and %lld linear "
                     "triggers\ntiming rms (SNR >= 10) spiking %.4f s, linear %.4f s\n",
                     (long long)t->c.table.total, (long long)(t->c.step * t->s.batch), (long long)t->s.batch, (long long)t->c.step,
                     (unsigned long long)t->s.seed, e->livetime_s / 3600.0, (long long)t->c.cal[0].n, (long long)t->c.cal[1].n, e->timing_rms_s[0],
                     e->timing_rms_s[1]);
    n += snprintf(text + n, 8192 - (size_t)n, "efficiency (%d signals each)\nhead      per month  threshold", e->windows);
    for (int i = 0; i < GWS_EFF_SNRS; i++)
        n += snprintf(text + n, 8192 - (size_t)n, "  SNR%-3d", 5 + i);
    for (int h = 0; h < 2; h++)
        for (int f = 0; f < 3; f++) {
            n += snprintf(text + n, 8192 - (size_t)n, "\n%-9s %9.0f  %9.3f", h ? "linear" : "spiking", gws_eff_rates[f], e->threshold[h][f]);
            for (int i = 0; i < GWS_EFF_SNRS; i++)
                n += snprintf(text + n, 8192 - (size_t)n, "  %6.3f", e->found[h][f][i]);
        }
    snprintf(text + n, 8192 - (size_t)n, "\n");
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
    for (; t.c.phase < N_PHASES; t.c.phase++, t.c.phase_step = 0)
        if ((st = run_phase(&t, t.c.phase, err)))
            goto fail;
    t.c.phase = N_PHASES - 1; /* a checkpoint of the end: calibration can be repeated from it */
    t.c.phase_step = t.s.phase[N_PHASES - 1].steps;
    if ((st = save_checkpoint(&t, err)))
        goto fail;
    gws_dataset_destroy(t.train);
    t.train = NULL;
    if ((st = gws_calibrate(&t.c, ini, o->pool, o->progress, o->user, &eff, err)))
        goto fail;
    free(t.c.card);
    t.c.card = make_card(&t, &eff);
    t.c.phase = -1;
    st = gws_checkpoint_save(&t.c, o->out, o->command, (int64_t)t.s.seed, err);
fail:
    release(&t);
    gws_ini_destroy(ini);
    return st;
}
