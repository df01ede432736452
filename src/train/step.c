#include "train/step.h"

#include "base/arena.h"
#include "base/log.h"
#include "base/rng.h"
#include "nn/infonce.h"
#include "nn/loss.h"
#include "nn/optim.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LR_END 0.02 /* of the highest: the last steps still settle the noise of the batches */

const char *const gws_phase_name[GWS_PHASES] = {"pretrain", "classify", "joint"};

enum { STAGE_LOAD, STAGE_FORWARD, STAGE_CONTRAST, STAGE_LOSSES, STAGE_BACKWARD, STAGE_UPDATE, STAGES };

struct gws_stepper {
    gws_step_params s;
    gws_checkpoint *c;
    gws_weights w;
    gws_work k;
    gws_infonce *nce[GWS_PHASES]; /* NULL in a phase without anchors */
    const gws_kernels *K;
    gws_pool *pool;
    int micro, tiles;
    int64_t T, N;
    float *g, *g_tile;                      /* sum; (tiles) parts */
    float *target, *weight;                 /* (micro,T) */
    float *z_all, *p_all, *gz_all, *gp_all; /* (batch,...) when accumulating */
    gws_stage_time stage[STAGES];
};

gws_stepper *gws_stepper_create(const gws_step_params *p, gws_checkpoint *c, int64_t T, gws_pool *pool, gws_err *err)
{
    const gws_arch *a = &c->arch;
    const int threads = gws_pool_threads(pool);
    const size_t f = sizeof(float);
    gws_stepper *s = calloc(1, sizeof *s);
    if (!s)
        goto memory;
    GWS_ASSERT(p->batch >= 1 && p->accumulate >= 1 && p->batch % p->accumulate == 0 && c->m && c->v);
    s->s = *p;
    s->c = c;
    s->K = gws_kernels_get();
    s->pool = pool;
    s->micro = (int)(p->batch / p->accumulate);
    s->tiles = (s->micro + GWS_TILE - 1) / GWS_TILE;
    s->T = T;
    s->N = T * gws_arch_hop(a);
    static const char *const names[STAGES] = {"load", "forward", "contrast", "losses", "backward", "update"};
    for (int i = 0; i < STAGES; i++)
        s->stage[i].name = names[i];
    int A = 0;
    for (int i = 0; i < GWS_PHASES; i++)
        A = p->phase[i].anchors > A ? (int)p->phase[i].anchors : A;
    if (A && T <= a->K + A) {
        gws_err_set(err, GWS_EFORMAT, "%d anchors and %d horizons do not fit into %lld steps", A, a->K, (long long)T);
        goto fail;
    }
    if (gws_work_create(&s->k, a, s->micro, T, A, 1, threads, err) || gws_weights_create(&s->w, a, &c->table, &c->rows, 1, err))
        goto fail;
    for (int i = 0; i < GWS_PHASES; i++) {
        const gws_infonce_shape shape = {.B = (int)p->batch, .T = (int)T, .C = a->C, .K = a->K, .A = (int)p->phase[i].anchors};
        if (shape.A && !(s->nce[i] = gws_infonce_create(&shape, threads, err)))
            goto fail;
    }
    const int64_t P = c->table.total, latents = p->batch * T * a->C, predictions = p->batch * A * a->K * a->C;
    const int whole = p->accumulate > 1 && A; /* the contrastive loss needs the whole batch side by side */
    s->g = gws_arena_alloc((size_t)P * f);
    s->g_tile = gws_arena_alloc((size_t)(s->tiles * P) * f);
    s->target = gws_arena_alloc((size_t)(s->micro * T) * f);
    s->weight = gws_arena_alloc((size_t)(s->micro * T) * f);
    if (whole) {
        s->z_all = gws_arena_alloc((size_t)latents * f);
        s->gz_all = gws_arena_alloc((size_t)latents * f);
        s->p_all = gws_arena_alloc((size_t)predictions * f);
        s->gp_all = gws_arena_alloc((size_t)predictions * f);
    }
    if (!s->g || !s->g_tile || !s->target || !s->weight || (whole && (!s->z_all || !s->gz_all || !s->p_all || !s->gp_all)))
        goto memory;
    gws_weights_update(&s->w, s->K, c->p);
    return s;
memory:
    gws_err_set(err, GWS_ENOMEM, "no memory for training with batch %lld", (long long)p->batch);
fail:
    gws_stepper_destroy(s);
    return NULL;
}

int64_t gws_stepper_bytes(const gws_step_params *p, const gws_arch *a, int64_t parameters, int64_t T, int threads)
{
    const int64_t micro = p->batch / p->accumulate, tiles = (micro + GWS_TILE - 1) / GWS_TILE;
    int64_t A = 0, bytes = gws_weights_bytes(a, 1);
    for (int i = 0; i < GWS_PHASES; i++) {
        const gws_infonce_shape shape = {.B = (int)p->batch, .T = (int)T, .C = a->C, .K = a->K, .A = (int)p->phase[i].anchors};
        if (shape.A)
            bytes += gws_infonce_bytes(&shape, threads);
        A = shape.A > A ? shape.A : A;
    }
    bytes += gws_work_bytes(a, (int)micro, T, (int)A, 1, threads);
    int64_t floats = (1 + tiles) * parameters + 2 * micro * T;
    if (p->accumulate > 1 && A)
        floats += 2 * p->batch * a->C * (T + A * a->K);
    return bytes + floats * (int64_t)sizeof(float);
}

void gws_stepper_destroy(gws_stepper *s)
{
    if (!s)
        return;
    for (int i = 0; i < GWS_PHASES; i++)
        gws_infonce_destroy(s->nce[i]);
    gws_work_clear(&s->k);
    gws_weights_clear(&s->w);
    float *const all[] = {s->g, s->g_tile, s->target, s->weight, s->z_all, s->gz_all, s->p_all, s->gp_all};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        gws_arena_free(all[i]);
    free(s);
}

void gws_stepper_profile(const gws_stepper *s, const gws_stage_time **rows, int *n)
{
    *rows = s->stage;
    *n = STAGES;
}

/* The time since `begin` was spent on a stage. */
static void spent(gws_stepper *s, int stage, double begin)
{
    s->stage[stage].seconds += gws_now_s() - begin;
    s->stage[stage].calls++;
}

int gws_stepper_micro(const gws_stepper *s)
{
    return s->micro;
}

const float *gws_stepper_gradient(const gws_stepper *s)
{
    return s->g;
}

double gws_phase_lr(const gws_phase *p, int64_t step)
{
    if (step < p->warmup)
        return p->lr * ((double)(step + 1) / (double)p->warmup);
    const double angle = M_PI * (double)(step - p->warmup) / (double)(p->steps > p->warmup ? p->steps - p->warmup : 1);
    return p->lr * (LR_END + (1.0 - LR_END) * 0.5 * (1.0 + cos(angle)));
}

/* ---- network work, tile by tile ---- */

typedef struct net_job {
    gws_stepper *s;
    gws_pass pass;
} net_job;

static int tile_end(const gws_stepper *s, int tile)
{
    const int end = (tile + 1) * GWS_TILE;
    return end < s->micro ? end : s->micro;
}

static void forward_tile(void *user, int tile, int thread)
{
    const net_job *j = user;
    gws_stepper *s = j->s;
    const int b0 = tile * GWS_TILE, b1 = tile_end(s, tile);
    const gws_arch *a = s->k.a;
    const size_t items = (size_t)(b1 - b0), f = sizeof(float);
    memset(s->k.i1_0 + (int64_t)b0 * a->H1, 0, items * (size_t)a->H1 * f);
    memset(s->k.v1_0 + (int64_t)b0 * a->H1, 0, items * (size_t)a->H1 * f);
    memset(s->k.i2_0 + (int64_t)b0 * a->H2, 0, items * (size_t)a->H2 * f);
    memset(s->k.v2_0 + (int64_t)b0 * a->H2, 0, items * (size_t)a->H2 * f);
    memset(s->k.o_0 + b0, 0, items * f);
    gws_net_forward(s->K, &s->w, &s->k, &j->pass, b0, b1, thread);
}

static void backward_tile(void *user, int tile, int thread)
{
    const net_job *j = user;
    gws_stepper *s = j->s;
    gws_net_backward(s->K, &s->w, &s->k, &j->pass, tile * GWS_TILE, tile_end(s, tile), thread,
                     s->g_tile + (int64_t)tile * s->c->table.total);
}

enum { CHUNK = 1 << 15 };

static void add_tiles(void *user, int chunk, int thread)
{
    gws_stepper *s = user;
    const int64_t total = s->c->table.total, from = (int64_t)chunk * CHUNK, n = total - from < CHUNK ? total - from : CHUNK;
    for (int tile = 0; tile < s->tiles; tile++)
        s->K->add(s->g + from, s->g_tile + tile * total + from, n);
}

static void forward(gws_stepper *s, const gws_pass *pass)
{
    net_job j = {.s = s, .pass = *pass};
    const double begin = gws_now_s();
    gws_pool_run(s->pool, s->tiles, forward_tile, &j);
    spent(s, STAGE_FORWARD, begin);
}

/* Gradients of the micro batch are added to s->g. */
static void backward(gws_stepper *s, const gws_pass *pass)
{
    net_job j = {.s = s, .pass = *pass};
    const int64_t total = s->c->table.total;
    const double begin = gws_now_s();
    memset(s->g_tile, 0, (size_t)(s->tiles * total) * sizeof *s->g_tile);
    gws_pool_run(s->pool, s->tiles, backward_tile, &j);
    gws_pool_run(s->pool, (int)((total + CHUNK - 1) / CHUNK), add_tiles, s);
    spent(s, STAGE_BACKWARD, begin);
}

/* Input, targets and weights of a micro batch; returns the sum of its weights. */
static double take(gws_stepper *s, int64_t first, gws_step_load load, void *user)
{
    const gws_conv *c = &s->k.a->stem[0];
    const int64_t hist = (int64_t)(c->kernel - c->stride) * c->cin; /* zeros in front of every window */
    double sum = 0.0;
    const double begin = gws_now_s();
    load(user, first, s->micro, s->k.x + hist, hist + s->N * c->cin, s->target, s->weight);
    for (int64_t i = 0; i < s->micro * s->T; i++)
        sum += (double)s->weight[i];
    spent(s, STAGE_LOAD, begin);
    return sum;
}

void gws_stepper_logits(gws_stepper *s, int64_t first, gws_step_load load, void *user, const float **y, const float **y_linear)
{
    const gws_pass pass = {.heads = 1};
    take(s, first, load, user);
    forward(s, &pass);
    *y = s->k.y;
    *y_linear = s->k.y_lin;
}

static double share_of_ones(const float *x, int64_t n)
{
    int64_t ones = 0;
    for (int64_t i = 0; i < n; i++)
        ones += x[i] > 0.0f;
    return (double)ones / (double)n;
}

void gws_stepper_rates(const gws_stepper *s, double *events, double *spikes1, double *spikes2)
{
    const gws_arch *a = s->k.a;
    const int64_t rows = s->micro * s->T;
    *events = share_of_ones(s->k.ev, rows * 2 * a->C);
    *spikes1 = share_of_ones(s->k.s1, rows * a->H1);
    *spikes2 = share_of_ones(s->k.s2, rows * a->H2);
}

/* ---- the update ---- */

int gws_step_group(const char *tensor)
{
    if (strncmp(tensor, "stem.", 5) == 0 || strncmp(tensor, "context.", 8) == 0 || strncmp(tensor, "cpc.", 4) == 0)
        return GWS_GROUP_ENCODER;
    return strncmp(tensor, "linear.", 7) == 0 ? GWS_GROUP_LINEAR : GWS_GROUP_SPIKING;
}

/* Membranes add up some hundred steps, so these weights are small; they take steps in proportion. */
static int has_small_weights(const char *name)
{
    return strncmp(name, "readout.membrane", 16) == 0 ||
           (strncmp(name, "lif.", 4) == 0 && (strstr(name, ".weight") || strstr(name, ".bias")));
}

typedef struct update_job {
    gws_stepper *s;
    gws_adamw o;
    double scale[GWS_GROUPS]; /* of the gradients: clipping */
    int trained[GWS_GROUPS];
} update_job;

static void update_tensor(void *user, int row, int thread)
{
    const update_job *u = user;
    const gws_checkpoint *c = u->s->c;
    const gws_tensor *r = &c->table.rows[row];
    const int group = gws_step_group(r->name);
    if (!u->trained[group])
        return;
    gws_adamw o = u->o;
    if (has_small_weights(r->name))
        o.lr *= u->s->s.spiking_lr;
    gws_adamw_update(&o, c->p + r->offset, u->s->g + r->offset, c->m + r->offset, c->v + r->offset, r->size, u->scale[group],
                     r->ndim > 1);
}

static const char *bad_row(const gws_table *t, const float *x)
{
    for (int i = 0; i < t->n; i++)
        for (int64_t j = 0; j < t->rows[i].size; j++)
            if (!isfinite(x[t->rows[i].offset + j]))
                return t->rows[i].name;
    return NULL;
}

/* A parameter spoils all that follows it, so it is named before any activation; the whole batch is looked through, for the
 * contrastive loss of one micro batch can be spoilt by the latents of another. */
static gws_status not_finite(gws_stepper *s, int phase, int64_t step, const gws_pass *pass, gws_step_load load, void *user,
                             gws_err *err)
{
    const char *where = gws_phase_name[phase], *name = bad_row(&s->c->table, s->c->p);
    if (name)
        return gws_err_set(err, GWS_ENUM, "%s step %lld: parameter %s is not finite", where, (long long)step, name);
    for (int64_t m = 0; m < s->s.accumulate && !name; m++) {
        take(s, s->c->step * s->s.batch + m * s->micro, load, user);
        forward(s, pass);
        name = gws_work_find_bad(&s->k, pass);
    }
    return gws_err_set(err, GWS_ENUM, "%s step %lld: %s is not finite", where, (long long)step, name ? name : "the loss");
}

/* ---- the step ---- */

/* Anchors stand evenly over the window; where the first one stands is drawn. */
static void place_anchors(const gws_stepper *s, int64_t A, gws_pass *pass)
{
    const int64_t room = s->T - s->k.a->K - 1;
    gws_rng r = gws_rng_init(s->s.seed, "anchors", (uint64_t)s->c->step);
    pass->stride = (int)(room / A);
    const int left = (int)(room - (A - 1) * pass->stride);
    pass->first = (int)gws_rng_below(&r, (uint64_t)(left > 0 ? left : 1));
}

/* Contrastive loss of B items and its gradients. */
static void contrast(gws_stepper *s, int phase, const gws_pass *pass, int B, const float *pred, const float *z, float *g_pred,
                     float *g_z, gws_step_result *out)
{
    const double begin = gws_now_s();
    out->loss_cpc = gws_infonce_run(s->nce[phase], s->K, s->pool, B, pass->first, pass->stride, s->s.temperature,
                                    s->s.phase[phase].cpc, pred, z, g_pred, g_z, &out->cpc_accuracy);
    spent(s, STAGE_CONTRAST, begin);
}

/* Losses on the logits of a micro batch and their gradients; `unit` is one over the batch's sum of weights. */
static void score(gws_stepper *s, const gws_phase *ph, double unit, gws_step_result *out)
{
    const int64_t n = s->micro * s->T;
    const double begin = gws_now_s();
    memset(s->k.g_y, 0, (size_t)n * sizeof(float));
    memset(s->k.g_y_lin, 0, (size_t)n * sizeof(float));
    out->loss_spiking += unit * gws_bce(s->k.y, s->target, s->weight, n, (float)(ph->spiking * unit), s->k.g_y);
    out->loss_linear += unit * gws_bce(s->k.y_lin, s->target, s->weight, n, (float)(ph->linear * unit), s->k.g_y_lin);
    if (ph->distil > 0.0)
        out->loss_distil += unit * gws_huber(s->k.y, s->k.y_lin, s->weight, n, (float)(ph->distil * unit), s->k.g_y);
    spent(s, STAGE_LOSSES, begin);
}

gws_status gws_stepper_run(gws_stepper *s, int phase, int64_t phase_step, gws_step_load load, void *user, gws_step_result *out,
                           gws_err *err)
{
    GWS_ASSERT(phase >= 0 && phase < GWS_PHASES);
    const gws_phase *ph = &s->s.phase[phase];
    const gws_arch *a = s->k.a;
    const gws_table *table = &s->c->table;
    const int acc = (int)s->s.accumulate, A = (int)ph->anchors;
    const int64_t first = s->c->step * s->s.batch; /* windows served before this step */
    const int64_t zn = s->micro * s->T * a->C, pn = (int64_t)s->micro * A * a->K * a->C;
    const float *z = s->k.act[a->n_stem - 1];
    gws_pass pass = {
        .heads = phase != GWS_PRETRAIN, .anchors = A, .encoder = phase != GWS_CLASSIFY, .spike_to_context = phase == GWS_JOINT};
    double weights = 0.0;

    memset(out, 0, sizeof *out);
    memset(s->g, 0, (size_t)table->total * sizeof *s->g);
    if (A)
        place_anchors(s, A, &pass);

    /* The loss is the whole batch's mean: the weights and latents of all micro batches must be known before the first gradient. */
    if (acc > 1) {
        gws_pass encode = pass;
        encode.heads = 0;
        for (int m = 0; m < acc; m++) {
            weights += take(s, first + m * s->micro, load, user);
            if (A) {
                forward(s, &encode);
                memcpy(s->z_all + m * zn, z, (size_t)zn * sizeof *z);
                memcpy(s->p_all + m * pn, s->k.pred, (size_t)pn * sizeof *z);
            }
        }
        if (A) {
            memset(s->gz_all, 0, (size_t)(acc * zn) * sizeof *z);
            contrast(s, phase, &pass, (int)s->s.batch, s->p_all, s->z_all, s->gp_all, s->gz_all, out);
        }
    }
    for (int m = 0; m < acc; m++) {
        const double own = take(s, first + m * s->micro, load, user);
        if (acc == 1)
            weights = own;
        forward(s, &pass);
        memset(s->k.g_z, 0, (size_t)zn * sizeof *z);
        if (A && acc > 1) {
            memcpy(s->k.g_z, s->gz_all + m * zn, (size_t)zn * sizeof *z);
            memcpy(s->k.g_pred, s->gp_all + m * pn, (size_t)pn * sizeof *z);
        } else if (A) {
            contrast(s, phase, &pass, s->micro, s->k.pred, z, s->k.g_pred, s->k.g_z, out);
        }
        if (pass.heads)
            score(s, ph, 1.0 / weights, out);
        out->loss = ph->cpc * out->loss_cpc + ph->spiking * out->loss_spiking + ph->linear * out->loss_linear +
                    ph->distil * out->loss_distil;
        if (!isfinite(out->loss))
            return not_finite(s, phase, phase_step, &pass, load, user, err);
        backward(s, &pass);
    }
    const double begin = gws_now_s();
    gws_net_finish_gradients(&s->w, s->g);

    double norms[GWS_GROUPS] = {0.0}; /* squared */
    for (int i = 0; i < table->n; i++)
        norms[gws_step_group(table->rows[i].name)] += gws_sum_squares(s->g + table->rows[i].offset, table->rows[i].size);
    const double norm = sqrt(norms[GWS_GROUP_ENCODER] + norms[GWS_GROUP_SPIKING] + norms[GWS_GROUP_LINEAR]);
    if (!isfinite(norm)) {
        if (bad_row(table, s->c->p))
            return not_finite(s, phase, phase_step, &pass, load, user, err);
        const char *name = bad_row(table, s->g);
        return gws_err_set(err, GWS_ENUM, "%s step %lld: the gradient of %s is not finite", gws_phase_name[phase],
                           (long long)phase_step, name ? name : "the loss");
    }
    const double lr = gws_phase_lr(ph, phase_step);
    update_job u = {
        .s = s,
        .o = {.lr = lr, .beta1 = 0.9, .beta2 = s->s.beta2, .eps = 1e-8, .decay = s->s.weight_decay, .step = phase_step + 1},
        .trained = {phase != GWS_CLASSIFY, phase != GWS_PRETRAIN, phase != GWS_PRETRAIN}};
    for (int i = 0; i < GWS_GROUPS; i++)
        u.scale[i] = norms[i] > s->s.clip * s->s.clip ? s->s.clip / sqrt(norms[i]) : 1.0;
    gws_pool_run(s->pool, table->n, update_tensor, &u);
    gws_weights_update(&s->w, s->K, s->c->p);
    spent(s, STAGE_UPDATE, begin);
    out->grad_norm = phase == GWS_CLASSIFY ? norm : sqrt(norms[GWS_GROUP_ENCODER]);
    out->lr = lr;
    return GWS_OK;
}
