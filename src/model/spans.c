#include "model/spans.h"

#include "base/arena.h"
#include "base/clock.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    LANE_BLOCK = 32, /* steps of all lanes worked on at once: their activations stay in the second-level cache */
    GATHERED = 4,    /* rows that may wait, in spans a lane: with a network that sleeps, most spans take none */
};

#define ASLEEP INT64_MAX

struct gws_spans {
    const gws_weights *w;
    const gws_arch *a;
    const gws_kernels *K;
    gws_pool *pool;
    int streams, lanes;
    int64_t span, lead, F;
    gws_work one;  /* (streams) goes on from push to push */
    gws_work many; /* (lanes) */
    int has_many;
    float **x;          /* (streams) (keep + cap, F) rows */
    int64_t keep, cap;  /* rows that are kept behind the next step; that may wait */
    int64_t base, have; /* absolute step of x[.][0], and how many rows there are */
    int64_t put;        /* the row that was put last */
    int64_t at, begin;  /* step that is next; first since the reset, INT64_MIN: none yet */
    int running;        /* `one` stands at step `at` of its span */
    int64_t *woke;      /* (streams) step of the span at hand from which on the network answers, or ASLEEP */
    float *y, *y_lin;   /* (cap) logits of one stream on their way out */
    float *statistic;   /* (cap) and what is carried, at the same steps */
    gws_spans_tally sum;
};

int64_t gws_spans_waiting(const gws_arch *a, const gws_spans_params *p)
{
    return p->lanes > 1 ? (int64_t)p->lanes * GATHERED * a->span : p->block;
}

static gws_status allocate(gws_spans *s, const gws_spans_params *p, gws_err *err)
{
    const int threads = gws_pool_threads(s->pool);
    gws_status status = gws_work_create(&s->one, s->a, &(gws_work_shape){p->streams, p->block, 0, GWS_TO_RUN, threads}, err);
    if (status == GWS_OK && p->lanes > 1) {
        status = gws_work_create(&s->many, s->a, &(gws_work_shape){p->lanes, LANE_BLOCK, 0, GWS_TO_RUN, threads}, err);
        s->has_many = status == GWS_OK;
    }
    if (status)
        return status;
    s->x = calloc((size_t)p->streams, sizeof *s->x);
    s->woke = calloc((size_t)p->streams, sizeof *s->woke);
    s->y = gws_arena_alloc((size_t)s->cap * sizeof *s->y);
    s->y_lin = gws_arena_alloc((size_t)s->cap * sizeof *s->y_lin);
    s->statistic = gws_arena_alloc((size_t)s->cap * sizeof *s->statistic);
    int ok = s->x && s->woke && s->y && s->y_lin && s->statistic;
    for (int i = 0; i < p->streams && ok; i++)
        ok = (s->x[i] = gws_arena_alloc((size_t)((s->keep + s->cap) * s->F) * sizeof(float))) != NULL;
    return ok ? GWS_OK : gws_err_set(err, GWS_ENOMEM, "no memory for the rows of %d streams", p->streams);
}

gws_spans *gws_spans_create(const gws_weights *w, const gws_kernels *K, const gws_spans_params *p, gws_pool *pool, gws_err *err)
{
    gws_spans *s = calloc(1, sizeof *s);
    if (!s) {
        gws_err_set(err, GWS_ENOMEM, "no memory for a stream");
        return NULL;
    }
    GWS_ASSERT(w->a->span > 0 && (p->streams == 1 || p->lanes < 2));
    s->w = w;
    s->a = w->a;
    s->K = K;
    s->pool = pool;
    s->streams = p->streams;
    s->lanes = p->lanes;
    s->span = w->a->span;
    s->lead = w->a->lead;
    s->F = w->a->inputs;
    s->keep = s->lead + s->span;
    s->cap = gws_spans_waiting(w->a, p);
    if (allocate(s, p, err)) {
        gws_spans_destroy(s);
        return NULL;
    }
    gws_spans_reset(s);
    return s;
}

int64_t gws_spans_bytes(const gws_arch *a, const gws_spans_params *p, const gws_pool *pool)
{
    const int threads = gws_pool_threads(pool);
    const int64_t waiting = gws_spans_waiting(a, p);
    return gws_work_bytes(a, &(gws_work_shape){p->streams, p->block, 0, GWS_TO_RUN, threads}) +
           (p->lanes > 1 ? gws_work_bytes(a, &(gws_work_shape){p->lanes, LANE_BLOCK, 0, GWS_TO_RUN, threads}) : 0) +
           (p->streams * (a->lead + a->span + waiting) * a->inputs + 3 * waiting) * (int64_t)sizeof(float);
}

void gws_spans_destroy(gws_spans *s)
{
    if (!s)
        return;
    gws_work_clear(&s->one);
    if (s->has_many)
        gws_work_clear(&s->many);
    for (int i = 0; i < s->streams && s->x; i++)
        gws_arena_free(s->x[i]);
    free(s->x);
    free(s->woke);
    gws_arena_free(s->y);
    gws_arena_free(s->y_lin);
    gws_arena_free(s->statistic);
    free(s);
}

void gws_spans_reset(gws_spans *s)
{
    s->begin = INT64_MIN;
    s->base = s->at = s->have = 0;
    s->running = 0;
}

int64_t gws_spans_room(const gws_spans *s)
{
    return s->cap - (s->base + s->have - s->at);
}

void gws_spans_put(gws_spans *s, int64_t step, int64_t n)
{
    GWS_ASSERT(n > 0 && n <= gws_spans_room(s));
    if (s->begin == INT64_MIN)
        s->begin = s->base = s->at = step;
    GWS_ASSERT(step == s->base + s->have);
    if (s->have + n > s->keep + s->cap) { /* what waits stays, and what may be asked for in front of it */
        const int64_t from = s->at - s->keep - s->base;
        for (int i = 0; i < s->streams; i++)
            memmove(s->x[i], s->x[i] + from * s->F, (size_t)((s->have - from) * s->F) * sizeof(float));
        s->base += from;
        s->have -= from;
    }
    s->put = s->have;
    s->have += n;
}

float *gws_spans_rows(gws_spans *s, int stream)
{
    return s->x[stream] + s->put * s->F;
}

static const float *row_at(const gws_spans *s, int stream, int64_t step)
{
    return s->x[stream] + (step - s->base) * s->F;
}

static float *input_of(const gws_work *k, int b)
{
    const gws_arch *a = k->a;
    const int64_t hist = a->stem[0].history;
    return k->x + (b * (hist + k->cap) + hist) * a->inputs;
}

void gws_tally_add(gws_spans_tally *t, const gws_work *k, int b, int64_t from)
{
    const gws_arch *a = k->a;
    const int64_t at = b * k->cap, words = GWS_BIT_WORDS(2 * a->C);
    const float *y = k->y + at, *y_lin = k->y_lin ? k->y_lin + at : y;
    for (int64_t i = from; i < k->T; i++) {
        const int64_t e = gws_bits_count(k->ev + (at + i) * words, words);
        t->silent += e == 0;
        t->events += e;
        t->bad += !isfinite(y[i]) || !isfinite(y_lin[i]);
        for (int l = 0; l < GWS_LIF_LAYERS; l++) {
            const int64_t w = GWS_BIT_WORDS(a->H[l]);
            t->spikes[l] += k->lif[l].bits ? gws_bits_count(k->lif[l].bits + (at + i) * w, w) : 0;
        }
    }
    t->awake += from < k->T ? k->T - from : 0;
}

const float *gws_spans_statistic(const gws_spans *s)
{
    return s->a->levels ? s->statistic : NULL;
}

const gws_spans_tally *gws_spans_tallied(const gws_spans *s)
{
    return &s->sum;
}

/* First step of [from, to) at which a stream's statistic wakes the network. */
static int64_t waking_step(const gws_spans *s, int stream, int64_t from, int64_t to)
{
    if (s->a->wake <= 0.0f)
        return from < to ? from : ASLEEP;
    for (int64_t t = from; t < to; t++)
        if (!(row_at(s, stream, t)[0] * s->a->unit < s->a->wake)) /* what is no number must be seen */
            return t;
    return ASLEEP;
}

/* Statistic of steps [from, to) of a stream, and its logits while the network sleeps. */
static void sleep_through(gws_spans *s, int stream, int64_t from, int64_t to)
{
    const gws_param_rows *r = s->w->rows;
    const float carry = s->a->levels && s->a->linear ? s->w->p[s->w->table->rows[r->carry].offset] : 0.0f;
    for (int64_t t = from; t < to; t++) {
        const float x = row_at(s, stream, t)[0];
        s->y[t - from] = 0.0f;
        s->y_lin[t - from] = carry * x;
        s->statistic[t - from] = s->a->unit * x;
    }
}

/* The next n steps of all items of k, whose rows are in. */
static void advance(gws_spans *s, gws_work *k, int64_t n)
{
    static const gws_pass pass;
    k->T = n;
    gws_net_run(s->K, s->pool, s->w, k, &pass, GWS_DO_ENCODER | GWS_DO_HEADS);
}

static void carry_on(gws_work *k)
{
    for (int b = 0; b < k->B; b++) {
        gws_work_pass_history(k, k, b);
        gws_work_pass_state(k, k, b);
    }
}

/* Copy the logits of item b of k, whose first step is `from`, into the buffer that begins at step `origin`; steps before `woke` are
 * left out. */
static void take_logits(gws_spans *s, const gws_work *k, int b, int64_t from, int64_t woke, int64_t origin)
{
    if (woke >= from + k->T)
        return;
    const int64_t skip = woke > from ? woke - from : 0, n = k->T - skip;
    gws_tally_add(&s->sum, k, b, skip);
    const float *y = k->y + b * k->cap + skip, *y_lin = k->y_lin ? k->y_lin + b * k->cap + skip : y;
    memcpy(s->y + (from + skip - origin), y, (size_t)n * sizeof *y);
    memcpy(s->y_lin + (from + skip - origin), y_lin, (size_t)n * sizeof *y_lin);
}

/* ---- step by step: all streams together ---- */

/* Rows [from, to) through `one`, which stands at `from`; logits are handed out when there is a sink. */
static void run_one(gws_spans *s, int64_t from, int64_t to, gws_spans_sink sink, void *const *user)
{
    gws_work *k = &s->one;
    while (from < to) {
        const int64_t n = to - from < k->cap ? to - from : k->cap;
        for (int i = 0; i < s->streams; i++)
            memcpy(input_of(k, i), row_at(s, i, from), (size_t)(n * s->F) * sizeof(float));
        advance(s, k, n);
        for (int i = 0; i < s->streams && sink; i++) {
            sleep_through(s, i, from, from + n);
            take_logits(s, k, i, from, s->woke[i], from);
            sink(user ? user[i] : NULL, from, s->y, s->y_lin, n);
        }
        carry_on(k);
        from += n;
    }
}

/* Steps [at, to), within one span. */
static void step_by_step(gws_spans *s, int64_t to, gws_spans_sink sink, void *const *user)
{
    const int64_t span_at = gws_floor_div(s->at, s->span) * s->span;
    int64_t first = ASLEEP;
    for (int i = 0; i < s->streams; i++) {
        if (s->at == span_at || s->at == s->begin)
            s->woke[i] = ASLEEP;
        if (s->woke[i] == ASLEEP)
            s->woke[i] = waking_step(s, i, s->at, to);
        first = s->woke[i] < first ? s->woke[i] : first;
    }
    if (s->at == span_at || s->at == s->begin)
        s->running = 0;
    const int64_t asleep = s->running ? s->at : first < to ? first : to;
    for (int64_t from = s->at; from < asleep;) {
        const int64_t n = asleep - from < s->cap ? asleep - from : s->cap;
        for (int i = 0; i < s->streams; i++) {
            sleep_through(s, i, from, from + n);
            sink(user ? user[i] : NULL, from, s->y, s->y_lin, n);
        }
        from += n;
    }
    if (asleep < to && !s->running) {
        const int64_t from = span_at > s->begin ? (span_at - s->lead > s->begin ? span_at - s->lead : s->begin) : s->begin;
        for (int i = 0; i < s->streams; i++)
            gws_work_reset(&s->one, i);
        run_one(s, from, asleep, NULL, NULL);
        s->running = 1;
    }
    run_one(s, asleep, to, sink, user);
    s->sum.steps += (to - s->at) * s->streams;
    s->at = to;
}

/* ---- side by side: many spans of one stream ---- */

/* The spans that begin at steps at[0..n), each from its `woke` on, to where step `origin` goes. */
static void run_lanes(gws_spans *s, const int64_t *at, const int64_t *woke, int n, int64_t origin)
{
    gws_work *k = &s->many;
    k->B = n;
    for (int b = 0; b < n; b++)
        gws_work_reset(k, b);
    for (int64_t t = -s->lead; t < s->span;) {
        const int64_t end = t < 0 ? 0 : s->span, step = end - t < k->cap ? end - t : k->cap;
        for (int b = 0; b < n; b++)
            memcpy(input_of(k, b), row_at(s, 0, at[b] + t), (size_t)(step * s->F) * sizeof(float));
        advance(s, k, step);
        for (int b = 0; b < n && t >= 0; b++)
            take_logits(s, k, b, at[b] + t, woke[b], origin);
        carry_on(k);
        t += step;
    }
}

/* `whole` spans from step `at` on. */
static void side_by_side(gws_spans *s, int64_t whole, gws_spans_sink sink, void *const *user)
{
    int64_t at[GWS_LANES_MAX], woke[GWS_LANES_MAX];
    const int64_t origin = s->at, end = origin + whole * s->span;
    int n = 0;
    sleep_through(s, 0, origin, end);
    for (int64_t t = origin; t < end; t += s->span) {
        at[n] = t;
        woke[n] = waking_step(s, 0, t, t + s->span);
        n += woke[n] != ASLEEP;
        if (n == s->lanes || (n > 0 && t + s->span == end)) {
            run_lanes(s, at, woke, n, origin);
            n = 0;
        }
    }
    sink(user ? user[0] : NULL, origin, s->y, s->y_lin, end - origin);
    s->sum.steps += end - origin;
    s->at = end;
}

static void discard(void *user, int64_t step, const float *y, const float *y_linear, int64_t n)
{
}

void gws_spans_run(gws_spans *s, gws_spans_sink sink, void *const *user)
{
    const int64_t end = s->base + s->have;
    if (!sink)
        sink = discard;
    while (s->at < end) {
        const int64_t next = (gws_floor_div(s->at, s->span) + 1) * s->span;
        const int64_t whole = s->at == next - s->span && s->at - s->lead >= s->begin ? (end - s->at) / s->span : 0;
        if (s->has_many && whole > 1)
            side_by_side(s, whole, sink, user);
        else
            step_by_step(s, next < end ? next : end, sink, user);
    }
}
