#include "train/tail.h"

#include "base/arena.h"
#include "base/number.h"
#include "base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define OFFSET_A_MONTH 100.0

/* Candidates and what the untrained network makes of them. */
typedef struct side {
    gws_candidates c;
    double *worth;  /* (n) */
    float *bare[2]; /* (n) of both heads, untrained */
} side;

struct gws_tail {
    gws_tail_params p;
    side train, valid;
    gws_checkpoint *c;
    gws_stepper *step;
    double offset[2], positive;
    const side *served; /* by load_all */
};

/* What a source counts for in the sensitive volume, of its masses relative to one of 30 and 30 Msun. */
static double worth_of(const gws_tail_params *p, double m1, double m2, double loudness)
{
    const double sum = m1 + m2, far = p->loudness > 0.0 ? pow(loudness, p->loudness) : 1.0;
    return p->metric == 0.0 || !(sum > 0.0) ? far : far * pow(pow(m1 * m2, 0.6) / pow(sum, 0.2) / 26.1165, p->metric);
}

static void side_clear(side *s)
{
    gws_candidates_clear(&s->c);
    free(s->worth);
    free(s->bare[0]);
    free(s->bare[1]);
    memset(s, 0, sizeof *s);
}

static gws_status side_take(const gws_tail *t, side *s, gws_candidates *c, gws_err *err)
{
    s->c = *c;
    *c = (gws_candidates){0};
    const size_t n = (size_t)(s->c.n ? s->c.n : 1);
    s->worth = malloc(n * sizeof *s->worth);
    s->bare[0] = malloc(n * sizeof *s->bare[0]);
    s->bare[1] = malloc(n * sizeof *s->bare[1]);
    if (!s->worth || !s->bare[0] || !s->bare[1])
        return gws_err_set(err, GWS_ENOMEM, "no memory for %lld candidates", (long long)s->c.n);
    if (s->c.quiet < 1 || s->c.noise == s->c.n)
        return gws_err_set(err, GWS_EDATA, "[candidates]: %lld of noise and %lld signals above the floor; both are needed",
                           (long long)s->c.quiet, (long long)(s->c.n - s->c.noise));
    for (int64_t i = 0; i < s->c.n; i++)
        s->worth[i] = i < s->c.noise ? 1.0 : worth_of(&t->p, s->c.mass1[i], s->c.mass2[i], s->c.loudness[i]);
    return GWS_OK;
}

/* One candidate, its targets and weights. */
static void put(const gws_tail *t, const side *s, int64_t at, float *x, float *target, float *weight)
{
    const gws_candidates *c = &s->c;
    const int noise = at < c->noise;
    memcpy(x, c->x + at * c->T * c->inputs, (size_t)(c->T * c->inputs) * sizeof *x);
    for (int64_t i = 0; i < c->T; i++) {
        const int peak = i == c->before, near = i >= c->before - GWS_TAIL_NEAR && i <= c->before + GWS_TAIL_NEAR;
        target[i] = !noise && peak ? 1.0f : 0.0f;
        weight[i] = noise && near ? 1.0f : !noise && peak ? (float)(t->positive * s->worth[at]) : 0.0f;
    }
}

void gws_tail_load(void *tail, int64_t first, int n, float *x, int64_t x_next, float *target, float *weight)
{
    const gws_tail *t = tail;
    const gws_candidates *c = &t->train.c;
    for (int b = 0; b < n; b++) {
        gws_rng r = gws_rng_init(t->p.seed, "candidates", (uint64_t)(first + b));
        const int noise = gws_rng_uniform(&r) >= t->p.signal_share;
        const int disturbed = noise && c->noise > c->quiet && gws_rng_uniform(&r) < t->p.disturbed_share;
        const int64_t from = !noise ? c->noise : disturbed ? c->quiet : 0, to = !noise ? c->n : disturbed ? c->noise : c->quiet;
        const int64_t at = from + (int64_t)gws_rng_below(&r, (uint64_t)(to - from));
        put(t, &t->train, at, x + b * x_next, target + b * c->T, weight + b * c->T);
    }
}

/* Load candidates in order; beyond the last one the last is loaded again. */
static void load_all(void *tail, int64_t first, int n, float *x, int64_t x_next, float *target, float *weight)
{
    const gws_tail *t = tail;
    const gws_candidates *c = &t->served->c;
    for (int b = 0; b < n; b++)
        put(t, t->served, first + b < c->n ? first + b : c->n - 1, x + b * x_next, target + b * c->T, weight + b * c->T);
}

/* What is wanted of all candidates. */
typedef struct answers {
    float *stat[2];          /* (n) of both heads */
    float *sent[GWS_COUNTS]; /* (n) spikes and events a second, by GWS_COUNT_...; NULL: not wanted */
    double *noise_sum;       /* += sigmoid(linear logit - offset) over the scored steps of quiet noise; NULL: not wanted */
} answers;

/* What the network sent in the windows that it saw last. */
static void take_rates(const gws_tail *t, int64_t at, int64_t n, float *const sent[GWS_COUNTS])
{
    const gws_work *k = gws_stepper_work(t->step);
    const double window_s = (double)(k->T * gws_arch_hop(k->a)) / k->a->rate_hz;
    double counts[GWS_COUNTS];
    for (int b = 0; b < n; b++) {
        gws_work_counts(k, b, counts);
        for (int i = 0; i < GWS_COUNTS; i++)
            sent[i][at + b] = (float)(counts[i] / window_s);
    }
}

static gws_status statistics(gws_tail *t, const side *s, const answers *to, gws_err *err)
{
    const gws_candidates *c = &s->c;
    const int micro = gws_stepper_micro(t->step);
    const int64_t begin = c->before > GWS_TAIL_NEAR ? c->before - GWS_TAIL_NEAR : 0;
    const int64_t end = c->before + GWS_TAIL_NEAR + 1 < c->T ? c->before + GWS_TAIL_NEAR + 1 : c->T;
    t->served = s;
    for (int64_t at = 0; at < c->n; at += micro) {
        const float *y[2];
        if (t->p.stop && t->p.stop(t->p.user))
            return gws_err_set(err, GWS_ESTOP, "stopped");
        gws_stepper_logits(t->step, at, load_all, t, &y[0], &y[1]);
        if (to->sent[0])
            take_rates(t, at, at + micro < c->n ? micro : c->n - at, to->sent);
        for (int64_t b = 0; b < micro && at + b < c->n; b++) {
            for (int h = 0; h < 2; h++) {
                float most = -INFINITY;
                for (int64_t i = begin; i < end; i++)
                    most = fmaxf(most, y[h][b * c->T + i]);
                to->stat[h][at + b] = most;
            }
            for (int64_t i = begin; i < end && to->noise_sum && at + b < c->quiet; i++)
                *to->noise_sum += 1.0 / (1.0 + exp(t->offset[1] - (double)y[1][b * c->T + i]));
        }
    }
    return GWS_OK;
}

/* The statistics of the untrained heads.  Untrained heads do not use the encoder, so its training does not matter. */
static gws_status statistics_bare(gws_tail *t, side *s, double *noise_sum, gws_err *err)
{
    gws_checkpoint *c = t->c;
    const size_t bytes = (size_t)c->table.total * sizeof *c->p;
    float *own = gws_table_alloc(&c->table);
    if (!own)
        return gws_err_set(err, GWS_ENOMEM, "no memory for a model of %lld parameters", (long long)c->table.total);
    memcpy(own, c->p, bytes);
    gws_status status = gws_arch_init(&c->arch, &c->table, &c->rows, c->p, t->p.seed, err);
    if (!status) {
        gws_stepper_renew(t->step);
        status = statistics(t, s, &(answers){.stat = {s->bare[0], s->bare[1]}, .noise_sum = noise_sum}, err);
    }
    memcpy(c->p, own, bytes);
    gws_stepper_renew(t->step);
    gws_arena_free(own);
    return status;
}

/* Offsets, and the weight of signals. */
static gws_status balance(gws_tail *t, gws_err *err)
{
    const side *s = &t->train;
    double noise = 0.0, signals = 0.0;
    gws_status status = statistics_bare(t, &t->train, NULL, err);
    for (int h = 0; h < 2 && !status; h++) {
        t->offset[h] = gws_distance_threshold(s->bare[h], s->c.quiet, s->c.quiet_s, OFFSET_A_MONTH, err);
        if (!isfinite(t->offset[h]))
            status =
                gws_err_set(err, GWS_EDATA, "[candidates]: days of noise above a floor that do not resolve %g false alarms a month",
                            OFFSET_A_MONTH);
    }
    if (status || (status = statistics_bare(t, &t->train, &noise, err)))
        return status;
    for (int64_t i = s->c.noise; i < s->c.n; i++)
        signals += s->worth[i] / (1.0 + exp((double)s->bare[1][i] - t->offset[1]));
    noise *= (1.0 - t->p.signal_share) / (double)s->c.quiet;
    signals *= t->p.signal_share / (double)(s->c.n - s->c.noise);
    t->positive = t->p.positive * noise / signals;
    return GWS_OK;
}

gws_tail *gws_tail_create(const gws_tail_params *p, gws_candidates *train, gws_candidates *valid, gws_checkpoint *c, gws_stepper *s,
                          gws_err *err)
{
    gws_tail *t = calloc(1, sizeof *t);
    if (!t) {
        gws_err_set(err, GWS_ENOMEM, "no memory for candidates");
        return NULL;
    }
    t->p = *p;
    t->c = c;
    t->step = s;
    if (side_take(t, &t->train, train, err) || side_take(t, &t->valid, valid, err) || balance(t, err) ||
        statistics_bare(t, &t->valid, NULL, err)) {
        gws_tail_destroy(t);
        return NULL;
    }
    gws_stepper_set_offsets(s, (float)t->offset[0], (float)t->offset[1]);
    return t;
}

void gws_tail_destroy(gws_tail *t)
{
    if (!t)
        return;
    side_clear(&t->train);
    side_clear(&t->valid);
    free(t);
}

gws_status gws_tail_replace(gws_tail *t, gws_candidates *test, gws_err *err)
{
    side_clear(&t->train);
    side_clear(&t->valid);
    const gws_status status = side_take(t, &t->valid, test, err);
    return status ? status : statistics_bare(t, &t->valid, NULL, err);
}

/* Answers of n candidates in one piece of memory, which stat[0] begins. */
static gws_status answers_alloc(answers *a, int64_t n, int with_sent, gws_err *err)
{
    float *all = malloc((size_t)((with_sent ? 4 : 2) * n) * sizeof *all);
    if (!all)
        return gws_err_set(err, GWS_ENOMEM, "no memory for %lld candidates", (long long)n);
    *a = (answers){.stat = {all, all + n}};
    for (int i = 0; i < GWS_COUNTS && with_sent; i++)
        a->sent[i] = all + (2 + i) * n;
    return GWS_OK;
}

static gws_status distances(const side *s, const answers *a, int resample, gws_distance out[2], gws_err *err)
{
    const gws_distance_events events = {.n = s->c.n,
                                        .noise = s->c.noise,
                                        .worth = s->worth,
                                        .livetime_s = s->c.livetime_s,
                                        .quiet = s->c.quiet,
                                        .quiet_s = s->c.quiet_s};
    gws_status status = GWS_OK;
    for (int h = 0; h < 2 && !status; h++)
        status = gws_distance_measure(&events, a->stat[h], s->bare[h], resample, &out[h], err);
    return status;
}

gws_status gws_tail_measure(gws_tail *t, int resample, gws_distance out[2], gws_err *err)
{
    const side *s = &t->valid;
    answers a = {0};
    gws_status status = answers_alloc(&a, s->c.n, 0, err);
    if (!status && !(status = statistics(t, s, &a, err)))
        status = distances(s, &a, resample, out, err);
    free(a.stat[0]);
    return status;
}

static gws_status write_kinds(gws_h5 *f, const char *at, const side *s, gws_err *err)
{
    uint32_t *kind = malloc((size_t)s->c.n * sizeof *kind);
    if (!kind)
        return gws_err_set(err, GWS_ENOMEM, "no memory for %lld candidates", (long long)s->c.n);
    for (int64_t i = 0; i < s->c.n; i++)
        kind[i] = i < s->c.quiet ? 0 : i < s->c.noise ? 1 : 2;
    const gws_status status = gws_h5_write_u32(f, at, 1, &s->c.n, kind, err);
    free(kind);
    return status;
}

gws_status gws_tail_write(gws_tail *t, gws_h5 *f, gws_split split, gws_err *err)
{
    static const char *const head[2] = {"spiking", "linear"}, *const sent[GWS_COUNTS] = {
                                                                  [GWS_COUNT_SPIKES] = "spikes", [GWS_COUNT_EVENTS] = "events"};
    const side *s = &t->valid;
    char at[64];
    answers a = {0};
    gws_distance d[2];
    gws_status status = answers_alloc(&a, s->c.n, 1, err);
    if (status || (status = statistics(t, s, &a, err)) || (status = distances(s, &a, 0, d, err)))
        goto fail;
#define AT(...) (gws_text_print(at, sizeof at, __VA_ARGS__), at)
    for (int h = 0; h < 2; h++)
        if ((status = gws_h5_write_f32(f, AT("/%s/untrained_%s", gws_split_name[split], head[h]), 1, &s->c.n, s->bare[h], err)) ||
            (status = gws_h5_write_f32(f, AT("/%s/logit_%s", gws_split_name[split], head[h]), 1, &s->c.n, a.stat[h], err)) ||
            (status = gws_h5_put_attr_f64(f, at, "distance", d[h].mean, err)))
            goto fail;
    for (int i = 0; i < GWS_COUNTS; i++)
        if ((status = gws_h5_write_f32(f, AT("/%s/%s_per_s", gws_split_name[split], sent[i]), 1, &s->c.n, a.sent[i], err)))
            goto fail;
    if ((status = write_kinds(f, AT("/%s/kind", gws_split_name[split]), s, err)) ||
        (status = gws_h5_put_attr_f64(f, at, "livetime_s", s->c.livetime_s, err)) ||
        (status = gws_h5_put_attr_f64(f, at, "quiet_s", s->c.quiet_s, err)))
        goto fail;
    status = gws_h5_write_f64(f, AT("/%s/weight", gws_split_name[split]), 1, &s->c.n, s->worth, err);
#undef AT
fail:
    free(a.stat[0]);
    return status;
}

void gws_tail_offsets(const gws_tail *t, double out[2])
{
    out[0] = t->offset[0];
    out[1] = t->offset[1];
}

double gws_tail_positive(const gws_tail *t)
{
    return t->positive;
}
