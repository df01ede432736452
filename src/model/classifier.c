#include "model/classifier.h"

#include "base/arena.h"
#include "base/clock.h"
#include "model/checkpoint.h"
#include "model/inside.h"
#include "model/network.h"
#include "model/reference.h"
#include "model/spans.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct gws_model {
    gws_checkpoint own; /* when loaded from a file */
    const gws_checkpoint *c;
    const gws_model *whole;          /* of a part: what it borrows from; else NULL */
    unsigned present;                /* detectors of the checkpoint that it has */
    gws_calibration uncalibrated[2]; /* of a part that was never calibrated: by gws_head, with the whole's threshold and offset */
    gws_weights w;
    gws_stem *stem; /* NULL: the network takes samples */
    gws_reference *reference;
    gws_model_meta meta;
    const gws_kernels *K;
};

/* present: as gws_stem_shape's */
static gws_stem *stem_of(const gws_model *m, unsigned present, gws_err *err)
{
    const gws_checkpoint *c = m->c;
    gws_stem_shape shape = c->arch.bank;
    shape.present = present;
#define ROW(row) (c->p + c->table.rows[row].offset)
    return gws_stem_create(m->K, &shape, ROW(c->rows.bank), ROW(c->rows.bank_weight), ROW(c->rows.bank_place), err);
#undef ROW
}

static gws_status describe(gws_model *m, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    const gws_checkpoint *c = m->c;
    m->K = gws_kernels_get();
    gws_status status = gws_weights_create(&m->w, &c->arch, &c->table, &c->rows, GWS_TO_RUN, err);
    if (status)
        return status;
    gws_weights_update(&m->w, m->K, NULL, c->p);
    if (c->arch.matched && !(m->stem = stem_of(m, 0, err)))
        return err->status;
    if (c->arch.follow && !(m->reference = gws_checkpoint_reference(c, err)))
        return err->status;
    gws_model_meta *d = &m->meta;
    d->rate_hz = c->arch.rate_hz;
    d->hop = gws_arch_hop(&c->arch);
    d->linear = c->arch.linear;
    d->carries = c->arch.span > 0 && c->arch.levels > 0;
    d->wake = (double)c->arch.wake;
    d->span = c->arch.span;
    d->lead = c->arch.lead;
    d->warmup = c->warmup;
    d->reference = m->reference;
    d->recipe = c->recipe;
    const char *s = c->detectors;
    for (d->n_ifo = 0; d->n_ifo < c->arch.ifos; d->n_ifo++) {
        size_t n = strcspn(s, ",");
        if (n == 0 || n > 3)
            return gws_err_set(err, GWS_EFORMAT, "detectors '%s' are not two-letter names", c->detectors);
        memcpy(d->ifo[d->n_ifo], s, n);
        s += n + (s[n] == ',');
    }
    d->calibration = c->cal;
    m->present = (1u << d->n_ifo) - 1;
    return GWS_OK;
}

gws_model *gws_model_borrow(const gws_checkpoint *c, gws_err *err)
{
    gws_model *m = calloc(1, sizeof *m);
    if (!m) {
        gws_err_set(err, GWS_ENOMEM, "no memory for a model");
        return NULL;
    }
    m->c = c;
    if (describe(m, err)) {
        gws_model_destroy(m);
        return NULL;
    }
    return m;
}

gws_model *gws_model_load(const char *path, gws_err *err)
{
    gws_model *m = calloc(1, sizeof *m);
    if (!m) {
        gws_err_set(err, GWS_ENOMEM, "no memory for a model");
        return NULL;
    }
    m->c = &m->own;
    if (gws_checkpoint_load(&m->own, path, err))
        goto fail;
    if (describe(m, err)) {
        gws_err_prefix(err, "%s", path);
        goto fail;
    }
    return m;
fail:
    gws_model_destroy(m);
    return NULL;
}

/* A part's own calibration, which its file may have; whole: that of all detectors, by gws_head. */
static void take_calibration(gws_model *part, const gws_calibration *whole)
{
    for (int h = 0; h < 2; h++)
        part->uncalibrated[h] = (gws_calibration){.offset_s = whole[h].offset_s, .threshold = whole[h].threshold};
    part->meta.calibration = gws_checkpoint_is_calibrated(part->c, part->present)
                                 ? gws_checkpoint_calibration(part->c, part->present)
                                 : part->uncalibrated;
}

gws_model *gws_model_part(const gws_model *m, unsigned ifos, gws_err *err)
{
    const gws_model_meta *d = &m->meta;
    gws_model *part = NULL;
    if (!m->stem)
        gws_err_set(err, GWS_EARG, "the model needs all its detectors: its network takes samples, and has no matched stem");
    else if (!ifos || ifos >> d->n_ifo)
        gws_err_set(err, GWS_EARG, "detectors %#x of a model of %d", ifos, d->n_ifo);
    else if (!(part = calloc(1, sizeof *part)))
        gws_err_set(err, GWS_ENOMEM, "no memory for a model");
    if (!part)
        return NULL;
    part->whole = m;
    part->c = m->c;
    part->w = m->w;
    part->reference = m->reference;
    part->K = m->K;
    part->meta = *d;
    part->meta.n_ifo = 0;
    for (int i = 0, k = 0; i < GWS_MODEL_IFOS; i++) {
        if (!(m->present >> i & 1))
            continue;
        if (ifos >> k & 1) {
            memcpy(part->meta.ifo[part->meta.n_ifo++], d->ifo[k], sizeof d->ifo[k]);
            part->present |= 1u << i;
        }
        k++;
    }
    part->w.open = part->meta.n_ifo < 2 && part->c->arch.ifos > 1;
    take_calibration(part, d->calibration);
    if (!(part->stem = stem_of(m, part->present, err))) {
        gws_model_destroy(part);
        return NULL;
    }
    return part;
}

const gws_model_meta *gws_model_describe(const gws_model *m)
{
    return &m->meta;
}

void gws_model_set_whitening(gws_model *m, double filter_s, double block_s, double ahead_s)
{
    m->meta.filter_s = filter_s;
    m->meta.block_s = block_s;
    m->meta.ahead_s = ahead_s;
}

const gws_stem *gws_model_stem(const gws_model *m)
{
    return m->stem;
}

int64_t gws_model_period(const gws_model *m)
{
    int64_t period = m->meta.hop * (int64_t)(m->c->arch.span > 0 ? m->c->arch.span : 1);
    while (m->stem && period % GWS_STEM_PERIOD != 0)
        period *= 2;
    return period;
}

const gws_arch *gws_model_arch(const gws_model *m)
{
    return &m->c->arch;
}

const gws_weights *gws_model_weights(const gws_model *m)
{
    return &m->w;
}

void gws_model_destroy(gws_model *m)
{
    if (!m)
        return;
    gws_stem_destroy(m->stem);
    if (m->whole) {
        free(m);
        return;
    }
    gws_reference_destroy(m->reference);
    gws_weights_clear(&m->w);
    gws_checkpoint_clear(&m->own);
    free(m);
}

/* One stream on several threads works on two blocks at once: context and heads of one go step by step, while the stem of the next begins. */
enum { BLOCKS = 2 };

/* Spans of one stream that go side by side: rows enough for the products, and half a minute each. */
enum { LANES = 16 };

/* Rows that a matched stem may hand out beyond those of the samples it was given: what its own blocks held back. */
enum { HELD_BACK = 64 };

/* Rows of one stream on their way from the matched stem to the network. */
typedef struct rows {
    float *x;      /* (block + HELD_BACK, inputs) */
    int64_t least; /* steps before this begin before the data do: left out */
    int64_t first, n;
    int inputs;
} rows;

struct gws_classifier {
    const gws_model *m;
    gws_pool *pool;
    gws_work k[BLOCKS];    /* the second only where blocks overlap */
    int64_t begin[BLOCKS]; /* absolute index of the first row of the block */
    int blocks, now;       /* which one is being filled */
    int waiting;           /* the other has its stem done, and waits for the rest */
    int block, streams;
    int inputs, step;    /* numbers of a row of the network's input, rows of a latent step */
    gws_stemming **stem; /* (streams) of a matched stem; NULL: rows are samples */
    rows *made;          /* (streams) */
    gws_spans *spans;    /* a network whose context begins afresh: takes the place of k */
    int64_t next;        /* absolute sample that continues the streams; INT64_MIN before the first */
    int64_t next_row;    /* the same of rows */
    int64_t filled;      /* rows in the block */
    gws_spans_tally sum;
};

int gws_classifier_block(int block, const gws_pool *pool)
{
    return block > 0 ? block : gws_pool_threads(pool) > 1 ? 256 : 64;
}

/* Spans of a network whose context begins afresh go side by side where memory is no concern and there is one stream. */
static gws_spans_params spans_of(int streams, int block)
{
    return (gws_spans_params){.streams = streams, .block = block, .lanes = streams == 1 && block >= 64 ? LANES : 0};
}

static int overlaps(const gws_arch *a, int streams, const gws_pool *pool)
{
    return a->span == 0 && streams == 1 && gws_pool_threads(pool) > 1;
}

static int64_t made_rows(int block)
{
    return block + HELD_BACK;
}

static gws_status create_stems(gws_classifier *d, gws_err *err)
{
    d->stem = calloc((size_t)d->streams, sizeof *d->stem);
    d->made = calloc((size_t)d->streams, sizeof *d->made);
    if (!d->stem || !d->made)
        return gws_err_set(err, GWS_ENOMEM, "no memory for the stems of %d streams", d->streams);
    for (int s = 0; s < d->streams; s++) {
        if (!(d->stem[s] = gws_stemming_create(d->m->stem, 0, d->pool, err)))
            return GWS_ENOMEM;
        d->made[s].inputs = d->inputs;
        if (!(d->made[s].x = gws_arena_alloc((size_t)(made_rows(d->block) * d->inputs) * sizeof(float))))
            return gws_err_set(err, GWS_ENOMEM, "no memory for the stems of %d streams", d->streams);
    }
    return GWS_OK;
}

gws_classifier *gws_classifier_create_many(const gws_model *m, int streams, int block, gws_pool *pool, gws_err *err)
{
    gws_classifier *d = calloc(1, sizeof *d);
    if (!d) {
        gws_err_set(err, GWS_ENOMEM, "no memory for a stream of the network");
        return NULL;
    }
    GWS_ASSERT(streams >= 1);
    d->m = m;
    d->pool = pool;
    d->streams = streams;
    d->block = gws_classifier_block(block, pool);
    d->inputs = m->c->arch.inputs;
    d->step = gws_arch_rows(&m->c->arch);
    if (m->c->arch.span > 0) {
        const gws_spans_params p = spans_of(streams, d->block);
        if (!(d->spans = gws_spans_create(&m->w, m->K, &p, pool, err))) {
            gws_classifier_destroy(d);
            return NULL;
        }
    } else {
        d->blocks = overlaps(&m->c->arch, streams, pool) ? BLOCKS : 1;
    }
    for (int i = 0; i < d->blocks; i++)
        if (gws_work_create(&d->k[i], &m->c->arch, &(gws_work_shape){streams, d->block, 0, GWS_TO_RUN, gws_pool_threads(pool)},
                            err)) {
            gws_classifier_destroy(d);
            return NULL;
        }
    if (m->stem && create_stems(d, err)) {
        gws_classifier_destroy(d);
        return NULL;
    }
    gws_classifier_reset(d);
    return d;
}

gws_classifier *gws_classifier_create(const gws_model *m, int block, gws_err *err)
{
    return gws_classifier_create_many(m, 1, block, NULL, err);
}

int64_t gws_classifier_bytes(const gws_model *m, int streams, int block, const gws_pool *pool)
{
    const gws_arch *a = &m->c->arch;
    const int steps = gws_classifier_block(block, pool);
    const gws_spans_params p = spans_of(streams, steps);
    const int64_t stems =
        m->stem ? gws_stemming_bytes(m->stem, 0, pool) + made_rows(steps) * a->inputs * (int64_t)sizeof(float) : 0;
    const int64_t works = a->span > 0
                              ? gws_spans_bytes(a, &p, pool)
                              : (overlaps(a, streams, pool) ? BLOCKS : 1) *
                                    gws_work_bytes(a, &(gws_work_shape){streams, steps, 0, GWS_TO_RUN, gws_pool_threads(pool)});
    return works + streams * stems;
}

void gws_classifier_reset(gws_classifier *d)
{
    GWS_ASSERT(!d->waiting); /* every push ends with nothing under way */
    for (int s = 0; s < d->streams && d->blocks; s++)
        gws_work_reset(&d->k[d->now], s);
    if (d->spans)
        gws_spans_reset(d->spans);
    for (int s = 0; s < d->streams && d->stem; s++)
        gws_stemming_reset(d->stem[s]);
    d->next = d->next_row = INT64_MIN;
    d->filled = 0;
}

static float *input_of(const gws_classifier *d, int s)
{
    const gws_work *k = &d->k[d->now];
    const int64_t hist = d->m->c->arch.stem[0].history;
    return k->x + (s * (hist + k->cap * d->step) + hist) * d->inputs;
}

/* Logits of a block that is done, and its part of the statistics. */
static void hand_out(gws_classifier *d, int which, gws_logit_sink sink, void *const *user)
{
    const gws_work *k = &d->k[which];
    for (int s = 0; s < d->streams; s++) {
        const float *y = k->y + s * k->cap, *y_lin = k->y_lin ? k->y_lin + s * k->cap : y;
        gws_tally_add(&d->sum, k, s, 0);
        d->sum.steps += k->T;
        if (sink)
            sink(user ? user[s] : NULL, d->begin[which] / d->step, y, y_lin, k->T);
    }
}

/* Context and heads of the block that waits, alone. */
static void finish_waiting(gws_classifier *d, gws_logit_sink sink, void *const *user)
{
    static const gws_pass pass;
    const int behind = 1 - d->now;
    if (!d->waiting)
        return;
    d->waiting = 0;
    gws_net_run(d->m->K, d->pool, &d->m->w, &d->k[behind], &pass, GWS_DO_CONTEXT | GWS_DO_HEADS);
    gws_work_pass_state(&d->k[behind], &d->k[d->now], 0);
    hand_out(d, behind, sink, user);
}

/* Run the network on the first n steps of the block being filled. */
static void run_steps(gws_classifier *d, int64_t n, gws_logit_sink sink, void *const *user)
{
    static const gws_pass pass;
    const gws_kernels *K = d->m->K;
    const gws_weights *w = &d->m->w;
    const int64_t used = n * d->step, left = d->filled - used;
    const int now = d->now, then = d->blocks == 1 ? now : 1 - now;
    gws_work *k = &d->k[now];
    const float *in = input_of(d, 0);
    const int64_t item = d->streams > 1 ? input_of(d, 1) - in : 0;
    k->T = n;
    if (d->blocks == 1) {
        gws_net_run(K, d->pool, w, k, &pass, GWS_DO_ENCODER | GWS_DO_HEADS);
        hand_out(d, now, sink, user);
        for (int s = 0; s < d->streams; s++)
            gws_work_pass_state(k, k, s);
    } else if (d->waiting) {
        gws_net_run_overlapped(K, d->pool, w, &d->k[then], k);
        gws_work_pass_state(&d->k[then], k, 0);
        hand_out(d, then, sink, user);
    } else {
        gws_net_run(K, d->pool, w, k, &pass, GWS_DO_STEM);
        d->waiting = 1;
    }
    /* what is left over and what the next block looks back at go to the work it will be done in */
    for (int s = 0; s < d->streams; s++)
        gws_work_pass_history(k, &d->k[then], s);
    d->now = then;
    d->begin[then] = d->begin[now] + used;
    for (int s = 0; s < d->streams && left > 0; s++)
        memmove(input_of(d, s), in + s * item + used * d->inputs, (size_t)(left * d->inputs) * sizeof *in);
    d->filled = left;
}

/* Rows [i, i+take) of what stands at w (samples, detector by detector) or in `made`, behind those that the block has. */
static void fill_rows(gws_classifier *d, const float *const *w, int64_t i, int64_t take)
{
    const int F = d->inputs;
    for (int s = 0; s < d->streams; s++) {
        float *in = input_of(d, s) + d->filled * F;
        if (d->stem) {
            memcpy(in, d->made[s].x + i * F, (size_t)(take * F) * sizeof *in);
            continue;
        }
        for (int f = 0; f < F; f++)
            for (int64_t j = 0; j < take; j++)
                in[j * F + f] = w[s * F + f][i + j];
    }
}

/* The next n rows of all streams, `row` the absolute index of the first. */
static void push_rows(gws_classifier *d, int64_t row, const float *const *w, int64_t n, gws_logit_sink sink, void *const *user)
{
    const int64_t room = (int64_t)d->block * d->step;
    int64_t i = 0;
    if (n <= 0)
        return;
    if (d->next_row != row) {
        const int64_t into = ((row % d->step) + d->step) % d->step;
        i = into ? d->step - into : 0; /* the first whole step */
        d->begin[d->now] = row + i;
    }
    d->next_row = row + n;
    if (i > n) { /* still in front of the first whole step: remember how much is missing */
        d->filled = n - i;
        return;
    }
    if (d->filled < 0) {
        i = -d->filled < n ? -d->filled : n;
        d->filled += i;
        if (d->filled < 0)
            return;
    }
    while (i < n) {
        const int64_t take = room - d->filled < n - i ? room - d->filled : n - i;
        fill_rows(d, w, i, take);
        d->filled += take;
        i += take;
        if (d->filled >= d->step && (d->filled == room || i == n))
            run_steps(d, d->filled / d->step, sink, user);
    }
}

static void keep_rows(void *user, int64_t step, const float *x, int64_t n)
{
    rows *r = user;
    if (step < r->least) {
        const int64_t skip = r->least - step < n ? r->least - step : n;
        step += skip;
        x += skip * r->inputs;
        n -= skip;
    }
    if (r->n == 0)
        r->first = step;
    memcpy(r->x + r->n * r->inputs, x, (size_t)(n * r->inputs) * sizeof *x);
    r->n += n;
}

/* Hand the rows that the stems made to the spans, which run when no more rows fit. */
static void push_spans(gws_classifier *d, const rows *made, gws_logit_sink sink, void *const *user)
{
    const int64_t n = made[0].n;
    for (int64_t i = 0; i < n;) {
        const int64_t room = gws_spans_room(d->spans), take = room < n - i ? room : n - i;
        if (take == 0) {
            gws_spans_run(d->spans, sink, user);
            continue;
        }
        gws_spans_put(d->spans, made[0].first + i, take);
        for (int s = 0; s < d->streams; s++)
            memcpy(gws_spans_rows(d->spans, s), made[s].x + i * d->inputs, (size_t)(take * d->inputs) * sizeof(float));
        i += take;
    }
}

/* Samples through the matched stems, as many at a time as their rows have room. */
static void push_samples(gws_classifier *d, int64_t sample, const float *const *w, int64_t n, gws_logit_sink sink,
                         void *const *user)
{
    const int I = d->m->meta.n_ifo;
    for (int64_t done = 0; done < n;) {
        const int64_t most = (int64_t)d->block * GWS_STEM_HOP, take = n - done < most ? n - done : most;
        for (int s = 0; s < d->streams; s++) {
            const float *at[GWS_MODEL_IFOS];
            for (int f = 0; f < I; f++)
                at[f] = w[s * I + f] + done;
            d->made[s].n = 0;
            gws_stemming_push(d->stem[s], sample + done, at, take, keep_rows, &d->made[s]);
            GWS_ASSERT(d->made[s].n <= made_rows(d->block));
        }
        if (d->spans)
            push_spans(d, d->made, sink, user);
        else
            push_rows(d, d->made[0].first, NULL, d->made[0].n, sink, user);
        done += take;
    }
    if (d->spans)
        gws_spans_run(d->spans, sink, user);
}

const float *gws_classifier_statistic(const gws_classifier *d)
{
    return d->spans ? gws_spans_statistic(d->spans) : NULL;
}

void gws_classifier_push_many(gws_classifier *d, int64_t sample, const float *const *w, int64_t n, gws_logit_sink sink,
                              void *const *user)
{
    if (n <= 0)
        return;
    if (d->next != sample)
        gws_classifier_reset(d);
    for (int s = 0; s < d->streams && d->stem && d->next != sample; s++)
        d->made[s].least = gws_floor_div(sample + GWS_STEM_HOP - 1, GWS_STEM_HOP);
    d->next = sample + n;
    if (d->stem)
        push_samples(d, sample, w, n, sink, user);
    else
        push_rows(d, sample, w, n, sink, user);
    finish_waiting(d, sink, user);
}

void gws_classifier_push(gws_classifier *d, int64_t sample, const float *const *w, int64_t n, gws_logit_sink sink, void *user)
{
    GWS_ASSERT(d->streams == 1);
    gws_classifier_push_many(d, sample, w, n, sink, &user);
}

void gws_classifier_push_rows(gws_classifier *d, int64_t step, const float *x, int64_t n, gws_logit_sink sink, void *user)
{
    const rows made = {.x = (float *)(uintptr_t)x, .first = step, .n = n, .inputs = d->inputs}; /* only read */
    GWS_ASSERT(d->spans && d->streams == 1);
    push_spans(d, &made, sink, &user);
    gws_spans_run(d->spans, sink, &user);
}

void gws_classifier_follow(gws_classifier *d, int input, const gws_gains *gains, int64_t offset)
{
    const int I = d->m->meta.n_ifo;
    if (d->stem)
        gws_stemming_follow(d->stem[input / I], input % I, gains, offset);
}

int64_t gws_classifier_gather(const gws_model *m, int streams, int block, const gws_pool *pool)
{
    const gws_arch *a = &m->c->arch;
    const gws_spans_params p = spans_of(streams, gws_classifier_block(block, pool));
    return a->span > 0 && p.lanes > 1 ? gws_spans_waiting(a, &p) * gws_arch_hop(a) : 0;
}

int64_t gws_classifier_delay(const gws_classifier *d)
{
    return d->m->stem ? gws_stem_delay(d->m->stem) + (int64_t)(d->step - 1) * GWS_STEM_HOP : d->step - 1;
}

/* Where a stream is, in front of its samples that wait, fewer than a step has, and of what its work carries. */
typedef struct place {
    int64_t next, next_row, begin, filled;
} place;

int64_t gws_classifier_state_bytes(const gws_classifier *d)
{
    GWS_ASSERT(d->streams == 1);
    if (d->spans)
        return 0;
    if (d->stem)
        return -1;
    const int64_t most = (int64_t)d->step * d->inputs * (int64_t)sizeof(float);
    return (int64_t)sizeof(place) + most + gws_work_state_save(&d->k[d->now], 0, NULL);
}

void gws_classifier_state_save(const gws_classifier *d, void *out)
{
    const place p = {d->next, d->next_row, d->begin[d->now], d->filled};
    const size_t most = (size_t)d->step * (size_t)d->inputs * sizeof(float);
    char *at = out;
    GWS_ASSERT(gws_classifier_state_bytes(d) > 0 && !d->waiting);
    memcpy(at, &p, sizeof p);
    memset(at + sizeof p, 0, most);
    if (d->filled > 0)
        memcpy(at + sizeof p, input_of(d, 0), (size_t)(d->filled * d->inputs) * sizeof(float));
    gws_work_state_save(&d->k[d->now], 0, at + sizeof p + most);
}

void gws_classifier_state_load(gws_classifier *d, const void *in)
{
    place p;
    const size_t most = (size_t)d->step * (size_t)d->inputs * sizeof(float);
    const char *at = in;
    GWS_ASSERT(gws_classifier_state_bytes(d) > 0 && !d->waiting);
    memcpy(&p, at, sizeof p);
    d->next = p.next;
    d->next_row = p.next_row;
    d->begin[d->now] = p.begin;
    d->filled = p.filled;
    if (p.filled > 0)
        memcpy(input_of(d, 0), at + sizeof p, (size_t)(p.filled * d->inputs) * sizeof(float));
    gws_work_state_load(&d->k[d->now], 0, at + sizeof p + most);
}

double gws_classifier_remembers_s(const gws_classifier *d)
{
    const gws_model_meta *m = &d->m->meta;
    const int64_t stem = d->stem ? d->m->c->arch.bank.taps + (int64_t)GWS_STEM_PERIOD : 0;
    return d->spans ? (double)(m->span + m->lead + 1) * m->hop / m->rate_hz + (double)stem * GWS_STEM_HOP / m->rate_hz : 0;
}

void gws_classifier_destroy(gws_classifier *d)
{
    if (!d)
        return;
    for (int i = 0; i < d->blocks; i++)
        gws_work_clear(&d->k[i]);
    gws_spans_destroy(d->spans);
    for (int s = 0; s < d->streams; s++) {
        if (d->stem)
            gws_stemming_destroy(d->stem[s]);
        if (d->made)
            gws_arena_free(d->made[s].x);
    }
    free(d->stem);
    free(d->made);
    free(d);
}

void gws_classifier_get_stats(const gws_classifier *d, gws_classifier_stats *out)
{
    const gws_arch *a = &d->m->c->arch;
    const gws_spans_tally *t = d->spans ? gws_spans_tallied(d->spans) : &d->sum;
    const double n = t->awake ? (double)t->awake : 1.0;
    *out = (gws_classifier_stats){.steps = t->steps,
                                  .awake = t->awake,
                                  .silent_steps = t->silent,
                                  .bad = t->bad,
                                  .events = (double)t->events / (2.0 * a->C) / n,
                                  .spikes1 = (double)t->spikes[0] / a->H[0] / n,
                                  .spikes2 = (double)t->spikes[1] / a->H[1] / n};
}
