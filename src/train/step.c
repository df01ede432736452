#include "train/step.h"

#include "base/arena.h"
#include "base/progress.h"
#include "base/rng.h"
#include "nn/infonce.h"
#include "nn/loss.h"
#include "nn/optim.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ANCHORS_MOST 65536
#define LR_END 0.02 /* of the highest: the last steps still settle the noise of the batches */

const char *const gws_phase_name[GWS_PHASES] = {"pretrain", "classify", "joint"};

enum { TIME_WINDOWS, TIME_CONTRAST, TIME_UPDATE, TIME_PACK, TIMES };
static const char *const time_name[TIMES] = {"windows", "contrastive loss", "update", "packing weights"};

struct gws_stepper {
    gws_step_params s;
    gws_checkpoint *c;
    gws_weights w;
    gws_work k;
    gws_infonce *nce[GWS_PHASES]; /* NULL in a phase without anchors */
    const gws_kernels *K;
    gws_pool *pool;
    int micro;
    float offset[2]; /* of the spiking and the linear logit in the losses */
    int (*stop)(void *user);
    void *stop_user;
    int64_t T, N;
    float *g;                      /* gradient */
    float *target, *weight;        /* (micro,T) */
    float *z_all, *p_all, *gz_all; /* (batch,...) when accumulating */
    double seconds[TIMES], flops[GWS_STAGES];
};

int64_t gws_phase_anchors(const gws_phase *p, int64_t T)
{
    return p->anchors != GWS_ANCHORS_ALL ? p->anchors : T > 0 ? T - 1 : 0;
}

static gws_infonce_shape nce_shape(const gws_step_params *p, const gws_arch *a, int64_t T, int phase)
{
    return (gws_infonce_shape){.B = (int)p->batch,
                               .T = (int)T,
                               .C = a->C,
                               .K = a->K,
                               .A = (int)gws_phase_anchors(&p->phase[phase], T),
                               .negatives = p->negatives};
}

/* Most anchors of a phase. */
static int64_t most_anchors(const gws_step_params *p, int64_t T)
{
    int64_t A = 0;
    for (int i = 0; i < GWS_PHASES; i++)
        A = gws_phase_anchors(&p->phase[i], T) > A ? gws_phase_anchors(&p->phase[i], T) : A;
    return A;
}

static gws_status read_phase(gws_ini *ini, int p, gws_phase *f, gws_err *err)
{
    const char *section = gws_phase_name[p], *all = gws_ini_string(ini, section, "anchors", "");
    gws_status status;
    if ((status = gws_ini_int(ini, section, "steps", f->steps, &f->steps, err)) ||
        (status = gws_ini_int(ini, section, "warmup", f->warmup, &f->warmup, err)) ||
        (status = gws_ini_double(ini, section, "lr", f->lr, &f->lr, err)))
        return status;
    if (p != GWS_CLASSIFY) {
        if (strcmp(all, "all") == 0)
            f->anchors = GWS_ANCHORS_ALL;
        else if ((status = gws_ini_int(ini, section, "anchors", f->anchors, &f->anchors, err)))
            return status;
        else if (f->anchors < 0 || f->anchors > ANCHORS_MOST)
            return gws_err_set(err, GWS_EFORMAT, "[%s]: anchors is %lld, wanted 0 to %d or all", section, (long long)f->anchors,
                               ANCHORS_MOST);
        if ((status = gws_ini_double(ini, section, "cpc_weight", f->cpc, &f->cpc, err)))
            return status;
    }
    if (p != GWS_PRETRAIN && ((status = gws_ini_double(ini, section, "spiking_weight", f->spiking, &f->spiking, err)) ||
                              (status = gws_ini_double(ini, section, "linear_weight", f->linear, &f->linear, err)) ||
                              (status = gws_ini_double(ini, section, "distil_weight", f->distil, &f->distil, err)) ||
                              (status = gws_ini_double(ini, section, "rate_weight", f->rates, &f->rates, err)) ||
                              (status = gws_ini_double(ini, section, "spike_target", 0.0, &f->spike_target, err)) ||
                              (status = gws_ini_double(ini, section, "event_target", 0.0, &f->event_target, err))))
        return status;
    if (f->cpc == 0.0)
        f->anchors = 0;
    if (f->steps < 0 || f->lr < 0.0 || f->warmup < 0)
        return gws_err_set(err, GWS_EFORMAT, "[%s]: steps, lr and warmup must not be negative", section);
    if (!(f->rates >= 0.0 && f->spike_target >= 0.0 && f->event_target >= 0.0))
        return gws_err_set(err, GWS_EFORMAT, "[%s]: rate_weight, spike_target and event_target must not be negative", section);
    return GWS_OK;
}

gws_status gws_step_params_from_ini(gws_ini *ini, gws_step_params *out, gws_err *err)
{
    static const gws_phase phases[GWS_PHASES] = {
        {.steps = 800, .warmup = 100, .anchors = 24, .lr = 1e-3, .cpc = 1.0},
        {.steps = 400, .warmup = 50, .lr = 1e-3, .spiking = 1.0, .linear = 1.0, .rates = 0.1},
        {.steps = 8000,
         .warmup = 200,
         .anchors = 8,
         .lr = 1e-3,
         .cpc = 0.02,
         .spiking = 1.0,
         .linear = 1.0,
         .distil = 0.25,
         .rates = 0.1}};
    const char *negatives = gws_ini_string(ini, "train", "negatives", "both"),
               *schedule = gws_ini_string(ini, "train", "schedule", "cosine");
    int64_t of_data, seed, decay_all;
    gws_status status;
    memset(out, 0, sizeof *out);
    if ((status = gws_ini_int(ini, "train", "seed", 1, &of_data, err)) ||
        (status = gws_ini_int(ini, "train", "weights_seed", of_data, &seed, err)) ||
        (status = gws_ini_int(ini, "train", "batch", 32, &out->batch, err)) ||
        (status = gws_ini_int(ini, "train", "accumulate", 1, &out->accumulate, err)) ||
        (status = gws_ini_int(ini, "train", "decay_all", 0, &decay_all, err)) ||
        (status = gws_ini_int(ini, "train", "average", 0, &out->average, err)) ||
        (status = gws_ini_double(ini, "train", "clip", 1.0, &out->clip, err)) ||
        (status = gws_ini_double(ini, "train", "weight_decay", 0.01, &out->weight_decay, err)) ||
        (status = gws_ini_double(ini, "train", "beta2", 0.99, &out->beta2, err)) ||
        (status = gws_ini_double(ini, "train", "spiking_lr", 0.1, &out->spiking_lr, err)) ||
        (status = gws_ini_double(ini, "train", "temperature", 0.1, &out->temperature, err)))
        return status;
    out->seed = (uint64_t)seed;
    out->decay_all = decay_all != 0;
    out->constant_rate = strcmp(schedule, "constant") == 0;
    out->negatives = strcmp(negatives, "batch") == 0 ? GWS_NEGATIVES_BATCH : GWS_NEGATIVES_BOTH;
    if (!out->constant_rate && strcmp(schedule, "cosine") != 0)
        return gws_err_set(err, GWS_EFORMAT, "[train] schedule: wanted cosine or constant, found '%s'", schedule);
    if (out->negatives == GWS_NEGATIVES_BOTH && strcmp(negatives, "both") != 0)
        return gws_err_set(err, GWS_EFORMAT, "[train] negatives: wanted both or batch, found '%s'", negatives);
    for (int p = 0; p < GWS_PHASES; p++) {
        out->phase[p] = phases[p];
        if ((status = read_phase(ini, p, &out->phase[p], err)))
            return status;
        if (out->phase[p].anchors == GWS_ANCHORS_ALL && out->negatives != GWS_NEGATIVES_BATCH)
            return gws_err_set(err, GWS_EFORMAT, "[%s] anchors: all goes with [train] negatives = batch only", gws_phase_name[p]);
    }
    if (out->batch < 1 || out->accumulate < 1 || out->batch % out->accumulate || out->batch > 4096)
        return gws_err_set(err, GWS_EFORMAT, "[train]: batch %lld is not a positive multiple of accumulate %lld",
                           (long long)out->batch, (long long)out->accumulate);
    if (out->average < 0)
        return gws_err_set(err, GWS_EFORMAT, "[train] average: wanted a number of steps or 0, found %lld", (long long)out->average);
    if (!(out->temperature >= 1e-6) || !(out->clip >= 0.0))
        return gws_err_set(err, GWS_EFORMAT, "[train]: temperature must be positive and clip not negative");
    if (!(out->beta2 >= 0.0 && out->beta2 < 1.0) || !(out->weight_decay >= 0.0) || !(out->spiking_lr >= 0.0))
        return gws_err_set(err, GWS_EFORMAT,
                           "[train]: beta2 is %g, wanted 0 to below 1; weight_decay %g and spiking_lr %g must not be negative",
                           out->beta2, out->weight_decay, out->spiking_lr);
    return GWS_OK;
}

/* Floats that the machine holds besides network and losses. */
static int64_t own_floats(const gws_step_params *p, const gws_arch *a, int64_t T, int64_t parameters)
{
    const int64_t A = most_anchors(p, T), micro = p->batch / p->accumulate;
    const int64_t latents = p->batch * T * a->C, predictions = p->batch * A * a->K * a->C;
    const int whole = p->accumulate > 1 && A; /* the contrastive loss needs the whole batch side by side */
    return parameters + 2 * micro * T + whole * (2 * latents + predictions);
}

int64_t gws_stepper_bytes(const gws_step_params *p, const gws_arch *a, int64_t parameters, int64_t T, int threads)
{
    const int64_t A = most_anchors(p, T);
    int64_t bytes = gws_work_bytes(a, &(gws_work_shape){(int)(p->batch / p->accumulate), T, (int)A, GWS_TO_TRAIN, threads}) +
                    gws_weights_bytes(a, GWS_TO_TRAIN) + own_floats(p, a, T, parameters) * (int64_t)sizeof(float);
    for (int i = 0; i < GWS_PHASES; i++) {
        const gws_infonce_shape shape = nce_shape(p, a, T, i);
        bytes += shape.A ? gws_infonce_bytes(&shape, threads) : 0;
    }
    return bytes;
}

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
    s->T = T;
    s->N = T * gws_arch_rows(a);
    for (int i = 0; i < GWS_PHASES; i++) {
        const int64_t A = p->phase[i].anchors == GWS_ANCHORS_ALL ? 1 : p->phase[i].anchors;
        if (A && T <= a->K + A) {
            gws_err_set(err, GWS_EFORMAT, "[%s]: %lld anchors and %d horizons do not fit into %lld steps", gws_phase_name[i],
                        (long long)A, a->K, (long long)T);
            goto fail;
        }
    }
    const int64_t A = most_anchors(p, T);
    if (gws_work_create(&s->k, a, &(gws_work_shape){s->micro, T, (int)A, GWS_TO_TRAIN, threads}, err) ||
        gws_weights_create(&s->w, a, &c->table, &c->rows, GWS_TO_TRAIN, err))
        goto fail;
    for (int i = 0; i < GWS_PHASES; i++) {
        const gws_infonce_shape shape = nce_shape(p, a, T, i);
        if (shape.A && !(s->nce[i] = gws_infonce_create(&shape, threads, err)))
            goto fail;
    }
    const int64_t P = c->table.total, latents = p->batch * T * a->C, predictions = p->batch * A * a->K * a->C;
    const int whole = p->accumulate > 1 && A;
    s->g = gws_arena_alloc((size_t)P * f);
    s->target = gws_arena_alloc((size_t)(s->micro * T) * f);
    s->weight = gws_arena_alloc((size_t)(s->micro * T) * f);
    if (whole) {
        s->z_all = gws_arena_alloc((size_t)latents * f);
        s->gz_all = gws_arena_alloc((size_t)latents * f);
        s->p_all = gws_arena_alloc((size_t)predictions * f);
    }
    if (!s->g || !s->target || !s->weight || (whole && (!s->z_all || !s->gz_all || !s->p_all)))
        goto memory;
    gws_weights_update(&s->w, s->K, pool, c->p);
    return s;
memory:
    gws_err_set(err, GWS_ENOMEM, "no memory for training with batch %lld", (long long)p->batch);
fail:
    gws_stepper_destroy(s);
    return NULL;
}

void gws_stepper_destroy(gws_stepper *s)
{
    if (!s)
        return;
    for (int i = 0; i < GWS_PHASES; i++)
        gws_infonce_destroy(s->nce[i]);
    gws_work_clear(&s->k);
    gws_weights_clear(&s->w);
    float *const all[] = {s->g, s->target, s->weight, s->z_all, s->p_all, s->gz_all};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        gws_arena_free(all[i]);
    free(s);
}

void gws_stepper_set_stop(gws_stepper *s, int (*stop)(void *user), void *user)
{
    s->stop = stop;
    s->stop_user = user;
}

void gws_stepper_set_offsets(gws_stepper *s, float spiking, float linear)
{
    s->offset[0] = spiking;
    s->offset[1] = linear;
}

void gws_stepper_renew(gws_stepper *s)
{
    gws_weights_update(&s->w, s->K, s->pool, s->c->p);
}

static int stopped(const gws_stepper *s)
{
    return s->stop && s->stop(s->stop_user);
}

int gws_stepper_micro(const gws_stepper *s)
{
    return s->micro;
}

const float *gws_stepper_gradient(const gws_stepper *s)
{
    return s->g;
}

const gws_work *gws_stepper_work(const gws_stepper *s)
{
    return &s->k;
}

void gws_stepper_times(const gws_stepper *s, gws_stage_time out[GWS_STEP_STAGES])
{
    for (int i = 0; i < GWS_STAGES; i++) {
        out[i] = (gws_stage_time){.name = gws_stage_name[i], .flops = s->flops[i]};
        for (int t = 0; t < s->k.threads; t++)
            out[i].seconds += s->k.seconds[t * GWS_STAGES + i];
    }
    for (int i = 0; i < TIMES; i++)
        out[GWS_STAGES + i] = (gws_stage_time){.name = time_name[i], .seconds = s->seconds[i]};
}

double gws_phase_lr(const gws_phase *p, int constant, int64_t step)
{
    if (step < p->warmup)
        return p->lr * ((double)(step + 1) / (double)p->warmup);
    if (constant)
        return p->lr;
    const double angle = M_PI * (double)(step - p->warmup) / (double)(p->steps > p->warmup ? p->steps - p->warmup : 1);
    return p->lr * (LR_END + (1.0 - LR_END) * 0.5 * (1.0 + cos(angle)));
}

/* ---- network work ---- */

/* Arithmetic of the products; the rest is not counted. */
static void count_flops(gws_stepper *s, const gws_pass *pass, unsigned stages, int backward)
{
    gws_arch_macs m;
    gws_arch_count(s->k.a, s->T, pass->anchors, &m);
    const double two = 2.0 * s->micro, stem0 = (double)s->T * gws_arch_rows(s->k.a) / s->k.a->stem[0].stride *
                                               s->k.a->stem[0].kernel * s->k.a->stem[0].cin * s->k.a->stem[0].cout;
    if (!backward) {
        s->flops[GWS_STAGE_STEM] += two * (m.stem + m.gates);
        s->flops[GWS_STAGE_CONTEXT] += two * m.recurrent;
        s->flops[GWS_STAGE_SPIKING] += stages & GWS_DO_SPIKING ? two * (m.lif[0] + m.lif[1]) : 0.0;
        s->flops[GWS_STAGE_PREDICT] += two * m.predict;
        return;
    }
    s->flops[GWS_STAGE_BACK_HEADS] += pass->heads ? two * (m.lif[0] + m.lif[1]) : 0.0;
    s->flops[GWS_STAGE_BACK_WEIGHTS] += pass->heads ? two * (m.lif[0] + m.lif[1]) : 0.0;
    if (pass->encoder) {
        s->flops[GWS_STAGE_BACK_PREDICT] += two * m.predict;
        s->flops[GWS_STAGE_BACK_CONTEXT] += two * m.recurrent;
        s->flops[GWS_STAGE_BACK_STEM] += two * (m.stem - stem0 + m.gates);
        s->flops[GWS_STAGE_BACK_WEIGHTS] += two * (m.stem + m.gates + m.recurrent + m.predict);
    }
}

static void forward(gws_stepper *s, const gws_pass *pass, unsigned stages)
{
    for (int b = 0; b < s->micro; b++)
        gws_work_reset(&s->k, b);
    gws_net_run(s->K, s->pool, &s->w, &s->k, pass, stages);
    count_flops(s, pass, stages, 0);
}

/* Gradients of the micro batch are added to s->g. */
static void backward(gws_stepper *s, const gws_pass *pass)
{
    gws_net_backward(s->K, s->pool, &s->w, &s->k, pass, s->g);
    count_flops(s, pass, 0, 1);
}

/* Input, targets and weights of a micro batch; returns the sum of its weights. */
static double take(gws_stepper *s, int64_t first, gws_step_load load, void *user)
{
    const gws_conv *c = &s->k.a->stem[0];
    const int64_t hist = (int64_t)c->history * c->cin; /* zeros in front of every window */
    const double since = gws_now_s();
    double sum = 0.0;
    load(user, first, s->micro, s->k.x + hist, hist + s->N * c->cin, s->target, s->weight);
    for (int64_t i = 0; i < s->micro * s->T; i++)
        sum += (double)s->weight[i];
    s->seconds[TIME_WINDOWS] += gws_now_s() - since;
    return s->k.a->readout == GWS_READOUT_MEAN ? s->micro : sum;
}

void gws_stepper_logits(gws_stepper *s, int64_t first, gws_step_load load, void *user, const float **y, const float **y_linear)
{
    const gws_pass pass = {0};
    take(s, first, load, user);
    forward(s, &pass, GWS_DO_ENCODER | GWS_DO_HEADS);
    *y = s->k.y;
    *y_linear = s->k.y_lin ? s->k.y_lin : s->k.y;
}

static double window_s(const gws_stepper *s)
{
    return (double)(s->T * gws_arch_hop(s->k.a)) / s->k.a->rate_hz;
}

void gws_stepper_rates(const gws_stepper *s, gws_step_rates *out)
{
    const gws_arch *a = s->k.a;
    const int64_t rows = s->micro * s->T;
    double counts[GWS_COUNTS];
    *out = (gws_step_rates){0};
    out->events = (double)gws_bits_count(s->k.ev, rows * GWS_BIT_WORDS(2 * a->C)) / (double)(rows * 2 * a->C);
    double *const spikes[GWS_LIF_LAYERS] = {&out->spikes1, &out->spikes2};
    for (int l = 0; l < GWS_LIF_LAYERS; l++)
        *spikes[l] = s->k.lif[l].bits
                         ? (double)gws_bits_count(s->k.lif[l].bits, rows * GWS_BIT_WORDS(a->H[l])) / (double)(rows * a->H[l])
                         : 0.0;
    for (int b = 0; b < s->micro; b++) {
        gws_work_counts(&s->k, b, counts);
        out->spikes_per_s += counts[GWS_COUNT_SPIKES] / (window_s(s) * s->micro);
        out->events_per_s += counts[GWS_COUNT_EVENTS] / (window_s(s) * s->micro);
    }
}

/* ---- the update ---- */

int gws_step_group(const char *tensor)
{
    if (strncmp(tensor, "matched.", 8) == 0)
        return GWS_GROUP_FIXED;
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

/* Weights decay towards zero; those that carry the statistic did not begin there. */
static int decays(const gws_tensor *r)
{
    return r->ndim > 1 && strcmp(r->name, "readout.event") != 0;
}

enum { CHUNK = 1 << 14, TENSORS_MAX = 128 };

typedef struct update_job {
    gws_stepper *s;
    gws_adamw o;
    double scale[GWS_GROUPS]; /* of the gradients: clipping */
    int trained[GWS_GROUPS];
} update_job;

/* A stretch of the arena: of as many tensors as it touches. */
static void update_chunk(void *user, int chunk, int thread)
{
    const update_job *u = user;
    const gws_checkpoint *c = u->s->c;
    const int64_t from = (int64_t)chunk * CHUNK, to = from + CHUNK;
    for (int row = 0; row < c->table.n; row++) {
        const gws_tensor *r = &c->table.rows[row];
        const int64_t i = r->offset > from ? r->offset : from, end = r->offset + r->size < to ? r->offset + r->size : to;
        const int group = gws_step_group(r->name);
        if (i >= end || !u->trained[group])
            continue;
        gws_adamw o = u->o;
        if (has_small_weights(r->name))
            o.lr *= u->s->s.spiking_lr;
        gws_adamw_update(&o, &(gws_adamw_rows){c->p + i, u->s->g + i, c->m + i, c->v + i, end - i}, u->scale[group],
                         u->s->s.decay_all || decays(r));
    }
    if (c->average)
        gws_average_update(c->average + from, c->p + from, (to < c->table.total ? to : c->table.total) - from, u->o.step,
                           u->s->s.average);
}

typedef struct square_job {
    const gws_stepper *s;
    double *sum; /* one per tensor */
} square_job;

static void square_tensor(void *user, int row, int thread)
{
    const square_job *q = user;
    const gws_tensor *t = &q->s->c->table.rows[row];
    q->sum[row] = gws_sum_squares(q->s->g + t->offset, t->size);
}

static const char *bad_row(const gws_table *t, const float *x)
{
    for (int i = 0; i < t->n; i++)
        for (int64_t j = 0; j < t->rows[i].size; j++)
            if (!isfinite(x[t->rows[i].offset + j]))
                return t->rows[i].name;
    return NULL;
}

/* One step: what the caller asked for, and what follows from it. */
typedef struct asked {
    int phase;
    int64_t step; /* of the phase */
    gws_step_load load;
    void *user;
    gws_pass pass;
    unsigned encode, stages; /* what a forward pass does without and with the heads */
    int64_t zn, pn;          /* floats of a micro batch's latents and predictions */
    double weights;          /* sum over the whole batch */
} asked;

/* A parameter spoils all that follows it, so it is named before any activation; the whole batch is looked through, for the
 * contrastive loss of one micro batch can be spoilt by the latents of another. */
static gws_status not_finite(gws_stepper *s, const asked *o, gws_err *err)
{
    const char *where = gws_phase_name[o->phase], *name = bad_row(&s->c->table, s->c->p);
    if (name)
        return gws_err_set(err, GWS_ENUM, "%s step %lld: parameter %s is not finite", where, (long long)o->step, name);
    for (int64_t m = 0; m < s->s.accumulate && !name; m++) {
        take(s, s->c->step * s->s.batch + m * s->micro, o->load, o->user);
        forward(s, &o->pass, o->stages);
        name = gws_work_find_bad(&s->k, o->stages);
    }
    return gws_err_set(err, GWS_ENUM, "%s step %lld: %s is not finite", where, (long long)o->step, name ? name : "the loss");
}

/* ---- the step ---- */

/* Anchors stand evenly over the window; where the first one stands is drawn. */
static void place_anchors(const gws_stepper *s, const gws_phase *ph, gws_pass *pass)
{
    if (ph->anchors == GWS_ANCHORS_ALL) {
        pass->stride = 1;
        return;
    }
    const int64_t A = ph->anchors, room = s->T - s->k.a->K - 1;
    gws_rng r = gws_rng_init(s->s.seed, "anchors", (uint64_t)s->c->step);
    pass->stride = (int)(room / A);
    const int left = (int)(room - (A - 1) * pass->stride);
    pass->first = (int)gws_rng_below(&r, (uint64_t)(left > 0 ? left : 1));
}

/* Contrastive loss of B items and its gradients, those of the predictions in their place. */
static void contrast(gws_stepper *s, const asked *o, int B, float *pred, const float *z, float *g_z, gws_step_result *out)
{
    const double since = gws_now_s();
    const gws_infonce_batch batch = {.B = B,
                                     .first = o->pass.first,
                                     .stride = o->pass.stride,
                                     .temperature = s->s.temperature,
                                     .scale = s->s.phase[o->phase].cpc,
                                     .pred = pred,
                                     .z = z,
                                     .g_pred = pred,
                                     .g_z = g_z};
    out->loss_cpc = gws_infonce_run(s->nce[o->phase], s->K, s->pool, &batch, &out->cpc_accuracy);
    s->seconds[TIME_CONTRAST] += gws_now_s() - since;
}

/* Losses on the logits of a micro batch and their gradients; `unit` is one over the batch's sum of weights. */
static void score(gws_stepper *s, const gws_phase *ph, double unit, gws_step_result *out)
{
    const int64_t n = s->micro * s->T;
    memset(s->k.g_y, 0, (size_t)n * sizeof(float));
    if (s->k.a->readout == GWS_READOUT_MEAN) {
        for (int64_t b = 0; b < s->micro; b++) {
            int label = 0;
            for (int64_t t = 0; t < s->T; t++)
                label |= s->target[b * s->T + t] > 0.0f;
            const float sum[2] = {s->k.out[2 * b] / (float)s->T, s->k.out[2 * b + 1] / (float)s->T};
            out->loss_spiking += unit * gws_softmax2(sum, label, (float)(ph->spiking * unit), s->k.g_out + 2 * b);
        }
    } else {
        out->loss_spiking += unit * gws_bce(s->k.y, s->offset[0], s->target, s->weight, n, (float)(ph->spiking * unit), s->k.g_y);
    }
    if (!s->k.y_lin)
        return;
    memset(s->k.g_y_lin, 0, (size_t)n * sizeof(float));
    out->loss_linear += unit * gws_bce(s->k.y_lin, s->offset[1], s->target, s->weight, n, (float)(ph->linear * unit), s->k.g_y_lin);
    if (ph->distil > 0.0 && s->k.a->readout == GWS_READOUT_LEAKY)
        out->loss_distil +=
            unit * gws_huber(s->k.y, s->k.y_lin, s->offset[0] - s->offset[1], s->weight, n, (float)(ph->distil * unit), s->k.g_y);
}

/* What the windows' rates exceed their targets by, the mean over the batch. */
static void score_rates(gws_stepper *s, const gws_phase *ph, gws_step_result *out)
{
    const double target[GWS_COUNTS] = {ph->spike_target, ph->event_target}, unit = 1.0 / (double)s->s.batch;
    double n[GWS_COUNTS], g;
    for (int b = 0; b < s->micro; b++) {
        gws_work_counts(&s->k, b, n);
        for (int i = 0; i < GWS_COUNTS; i++) {
            out->loss_rates += unit * gws_excess(n[i] / window_s(s), target[i], &g);
            s->k.g_count[GWS_COUNTS * b + i] = (float)(ph->rates * unit * g / window_s(s));
        }
    }
}

static gws_status stop_here(gws_err *err)
{
    return gws_err_set(err, GWS_ESTOP, "stopped");
}

/* The loss is the whole batch's mean: the weights and latents of all micro batches must be known before the first gradient. */
static gws_status see_all(gws_stepper *s, asked *o, int64_t first, gws_step_result *out, gws_err *err)
{
    const int acc = (int)s->s.accumulate;
    const float *z = s->k.act[s->k.a->n_stem - 1];
    for (int m = 0; m < acc; m++) {
        if (stopped(s))
            return stop_here(err);
        o->weights += take(s, first + m * s->micro, o->load, o->user);
        if (o->pass.anchors) {
            forward(s, &o->pass, o->encode);
            memcpy(s->z_all + m * o->zn, z, (size_t)o->zn * sizeof *z);
            memcpy(s->p_all + m * o->pn, s->k.pred, (size_t)o->pn * sizeof *z);
        }
    }
    if (o->pass.anchors) {
        memset(s->gz_all, 0, (size_t)(acc * o->zn) * sizeof *z);
        contrast(s, o, (int)s->s.batch, s->p_all, s->z_all, s->gz_all, out);
    }
    return GWS_OK;
}

/* Micro batch m forward, its share of the losses, and backward. */
static gws_status work_on(gws_stepper *s, asked *o, int64_t first, int m, gws_step_result *out, gws_err *err)
{
    const gws_phase *ph = &s->s.phase[o->phase];
    const int alone = s->s.accumulate == 1;
    const float *z = s->k.act[s->k.a->n_stem - 1];
    if (stopped(s))
        return stop_here(err);
    const double own = take(s, first + m * s->micro, o->load, o->user);
    if (alone)
        o->weights = own;
    forward(s, &o->pass, o->stages);
    memset(s->k.g_z, 0, (size_t)o->zn * sizeof *z);
    if (o->pass.anchors && !alone) {
        memcpy(s->k.g_z, s->gz_all + m * o->zn, (size_t)o->zn * sizeof *z);
        memcpy(s->k.pred, s->p_all + m * o->pn, (size_t)o->pn * sizeof *z);
    } else if (o->pass.anchors) {
        contrast(s, o, s->micro, s->k.pred, z, s->k.g_z, out);
    }
    if (o->pass.heads) {
        score(s, ph, 1.0 / o->weights, out);
        score_rates(s, ph, out);
    }
    out->loss = ph->cpc * out->loss_cpc + ph->spiking * out->loss_spiking + ph->linear * out->loss_linear +
                ph->distil * out->loss_distil + ph->rates * out->loss_rates;
    if (!isfinite(out->loss))
        return not_finite(s, o, err);
    if (stopped(s))
        return stop_here(err);
    backward(s, &o->pass);
    return GWS_OK;
}

/* The gradient is clipped by groups, and the parameters move. */
static gws_status update(gws_stepper *s, const asked *o, gws_step_result *out, gws_err *err)
{
    const gws_phase *ph = &s->s.phase[o->phase];
    const gws_table *table = &s->c->table;
    const int phase = o->phase;
    const double since = gws_now_s();
    double norms[GWS_GROUPS] = {0.0}, squares[TENSORS_MAX]; /* squared */
    GWS_ASSERT(table->n <= TENSORS_MAX);
    square_job q = {s, squares};
    gws_pool_run(s->pool, table->n, square_tensor, &q);
    for (int i = 0; i < table->n; i++)
        norms[gws_step_group(table->rows[i].name)] += squares[i];
    const double norm = sqrt(norms[GWS_GROUP_ENCODER] + norms[GWS_GROUP_SPIKING] + norms[GWS_GROUP_LINEAR]);
    if (!isfinite(norm)) {
        if (bad_row(table, s->c->p))
            return not_finite(s, o, err);
        const char *name = bad_row(table, s->g);
        return gws_err_set(err, GWS_ENUM, "%s step %lld: the gradient of %s is not finite", gws_phase_name[phase],
                           (long long)o->step, name ? name : "the loss");
    }
    const double lr = gws_phase_lr(ph, s->s.constant_rate, o->step);
    update_job u = {
        .s = s,
        .o = {.lr = lr, .beta1 = 0.9, .beta2 = s->s.beta2, .eps = 1e-8, .decay = s->s.weight_decay, .step = o->step + 1},
        .trained = {phase != GWS_CLASSIFY, phase != GWS_PRETRAIN, phase != GWS_PRETRAIN}};
    for (int i = 0; i < GWS_GROUPS; i++)
        u.scale[i] = s->s.clip > 0.0 && norms[i] > s->s.clip * s->s.clip ? s->s.clip / sqrt(norms[i]) : 1.0;
    gws_pool_run(s->pool, (int)((table->total + CHUNK - 1) / CHUNK), update_chunk, &u);
    const double packing = gws_now_s();
    s->seconds[TIME_UPDATE] += packing - since;
    gws_weights_update(&s->w, s->K, s->pool, s->c->p);
    s->seconds[TIME_PACK] += gws_now_s() - packing;
    out->grad_norm = phase == GWS_CLASSIFY ? norm : sqrt(norms[GWS_GROUP_ENCODER]);
    for (int i = GWS_GROUP_ENCODER; i <= GWS_GROUP_LINEAR; i++)
        out->grad_norms[i] = sqrt(norms[i]);
    out->lr = lr;
    return GWS_OK;
}

gws_status gws_stepper_run(gws_stepper *s, int phase, int64_t phase_step, gws_step_load load, void *user, gws_step_result *out,
                           gws_err *err)
{
    GWS_ASSERT(phase >= 0 && phase < GWS_PHASES);
    const gws_phase *ph = &s->s.phase[phase];
    const gws_arch *a = s->k.a;
    const int A = (int)gws_phase_anchors(ph, s->T);
    const int64_t first = s->c->step * s->s.batch; /* windows served before this step */
    asked o = {.phase = phase,
               .step = phase_step,
               .load = load,
               .user = user,
               .pass = {.heads = phase != GWS_PRETRAIN,
                        .anchors = A,
                        .encoder = phase != GWS_CLASSIFY,
                        .spike_to_context = phase == GWS_JOINT},
               .encode = GWS_DO_ENCODER | (A ? GWS_DO_PREDICT : 0),
               .zn = s->micro * s->T * a->C,
               .pn = (int64_t)s->micro * A * a->K * a->C};
    o.stages = o.encode | (o.pass.heads ? GWS_DO_HEADS : 0);
    memset(out, 0, sizeof *out);
    memset(s->g, 0, (size_t)s->c->table.total * sizeof *s->g);
    if (A)
        place_anchors(s, ph, &o.pass);
    gws_status status = s->s.accumulate > 1 ? see_all(s, &o, first, out, err) : GWS_OK;
    for (int m = 0; m < s->s.accumulate && status == GWS_OK; m++)
        status = work_on(s, &o, first, m, out, err);
    return status == GWS_OK ? update(s, &o, out, err) : status;
}
