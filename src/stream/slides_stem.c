/* slides_stem.c - slides of a model with a matched stem and spans: each detector goes through the filters once, and what is done again for
 * every slide is where the detectors meet, and what the network makes of it where it is awake.
 *
 * Time goes in blocks of whole spans.  Filtered strain of each detector is held in a window as long as a block and the slides' shifts, so many
 * slides go together as memory allows; the others are another pass.  Near the beginning of a stretch, where a detector that was on before
 * would bring what a stream that begins there has not seen, the stem runs on the stretch itself: so each slide keeps the bits that
 * detect would give it.  Spans begin afresh, so no state is carried from block to block but that of the search. */
#include "stream/slides_job.h"

#include "base/arena.h"
#include "base/clock.h"
#include "model/stem.h"
#include "stream/filtered.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = GWS_STEM_HOP / GWS_DECIMATE }; /* of rho in a step */

typedef struct worker {
    gws_classifier *d;
    gws_stemming *stemming;
    float *x;         /* (steps, F) */
    int64_t x0, from; /* the step of x[0]; the next that is wanted, */
    int64_t to;       /* up to this one */
} worker;

/* A slide on its way through the data. */
typedef struct slid {
    int64_t item, end; /* the stretch that it is in or comes to, of those before `end` */
    int begun;
    gws_slid_stream stream;
    int64_t did; /* steps */
    gws_status status;
    gws_err err;
} slid;

typedef struct stem_job {
    gws_slides_job *j;
    const gws_stem *stem;
    int F;
    int64_t steps; /* of a block: whole spans */
    worker *workers;
    gws_filtered rho[GWS_MODEL_IFOS];
    slid *slids;
    int64_t row, n; /* slides of this pass */
    atomic_int stop;
    int64_t at; /* first step of the block */
} stem_job;

int gws_slides_by_stem(const gws_model *m)
{
    return gws_model_stem(m) && gws_model_describe(m)->span > 0;
}

/* The steps of as many spans as run fastest together. */
static int64_t steps_of_block(const gws_model *m)
{
    const gws_model_meta *meta = gws_model_describe(m);
    const int64_t fast = gws_classifier_gather(m, 1, 0, NULL) / meta->hop;
    return (fast > meta->span ? fast + meta->span - 1 : meta->span) / meta->span * meta->span;
}

static int64_t x_floats(const gws_model *m)
{
    return (steps_of_block(m) + gws_model_describe(m)->lead) * gws_stem_row(gws_model_stem(m));
}

/* Rows of the window of the detector that is moved most, with n slides. */
static int64_t rows_of_window(const gws_model *m, int64_t shift)
{
    return ROWS * (steps_of_block(m) + gws_model_describe(m)->lead) + 2 * gws_stem_reach(gws_model_stem(m)) + shift / GWS_DECIMATE;
}

static int64_t shift_within(const gws_slides_params *p, const gws_model_meta *meta, int ifo, int64_t n)
{
    return ifo * (n - 1) * p->step_s * meta->rate_hz;
}

static int64_t window_bytes(const gws_model *m, const gws_slides_params *p, int64_t n)
{
    const gws_model_meta *meta = gws_model_describe(m);
    const gws_filters *f = gws_stem_filters_of(gws_model_stem(m));
    int64_t sum = n * (int64_t)(sizeof(slid) + (1 << 15)); /* two searches each */
    for (int i = 0; i < meta->n_ifo; i++)
        sum += gws_filtered_bytes(f, rows_of_window(m, shift_within(p, meta, i, n)), p->pool);
    return sum;
}

static int64_t workers_bytes(const gws_model *m, const gws_slides_params *p)
{
    const int64_t one =
        gws_classifier_bytes(m, 1, 0, NULL) + gws_stemming_bytes(gws_model_stem(m), 0, NULL) + x_floats(m) * (int64_t)sizeof(float);
    return gws_pool_threads(p->pool) * one;
}

int64_t gws_slides_stem_bytes(const gws_model *m, const gws_slides_params *p)
{
    return workers_bytes(m, p) + window_bytes(m, p, 1);
}

/* Slides of one pass. */
static int64_t slides_of_pass(const gws_slides_job *j, int64_t kept_bytes)
{
    int64_t fit = 1, above = j->n_rows + 1;
    const int64_t left = j->p->memory - kept_bytes - workers_bytes(j->m, j->p);
    if (j->p->memory == 0)
        return j->n_rows;
    while (above - fit > 1) {
        const int64_t mid = fit + (above - fit) / 2;
        if (window_bytes(j->m, j->p, mid) <= left)
            fit = mid;
        else
            above = mid;
    }
    return fit;
}

/* ---- one slide ---- */

/* Rows of the steps that are wanted, others left out. */
static void take_rows(void *user, int64_t step, const float *x, int64_t n, int F)
{
    worker *w = user;
    const int64_t skip = w->from > step ? w->from - step : 0, end = step + n < w->to ? step + n : w->to;
    if (step + skip >= end)
        return;
    memcpy(w->x + (step + skip - w->x0) * F, x + skip * F, (size_t)((end - step - skip) * F) * sizeof *x);
    w->from = end;
}

typedef struct taking {
    worker *w;
    int F;
} taking;

static void on_rows(void *user, int64_t step, const float *x, int64_t n)
{
    const taking *t = user;
    take_rows(t->w, step, x, n, t->F);
}

/* Steps [r0, z) of a stretch into x: its beginning from its own samples, the rest from what was filtered. */
static void make_rows(const stem_job *q, worker *w, const gws_slid_item *it, const gws_stem_steps *of, int64_t r0, int64_t z)
{
    const gws_slides_job *j = q->j;
    const int64_t *shift = j->shift + it->row * j->meta->n_ifo;
    const int64_t own = of->forgot < z ? of->forgot : z;
    taking t = {w, q->F};
    w->x0 = w->from = r0;
    if (r0 < own) {
        const float *x[GWS_MODEL_IFOS];
        const int64_t end = GWS_STEM_HOP * (own - 1) + gws_stem_delay(q->stem) + 1;
        for (int i = 0; i < j->meta->n_ifo; i++) {
            x[i] = gws_kept_at(&j->kept, i, it->begin + shift[i]);
            gws_stemming_follow(w->stemming, i, gws_kept_ifo_gains(&j->kept.ifo[i]), shift[i]);
        }
        w->to = own;
        gws_stemming_reset(w->stemming);
        gws_stemming_push(w->stemming, it->begin, x, (end < it->end ? end : it->end) - it->begin, on_rows, &t);
        GWS_ASSERT(w->from == own);
    }
    if (w->from < z) {
        const float *rho[GWS_MODEL_IFOS];
        for (int i = 0; i < j->meta->n_ifo; i++)
            rho[i] = gws_filtered_at(&q->rho[i], ROWS * w->from + shift[i] / GWS_DECIMATE);
        w->to = z;
        gws_stemming_meet(w->stemming, w->from, z - w->from, rho, on_rows, &t);
        GWS_ASSERT(w->from == z);
    }
}

/* A slide in one block: what of its stretches lies in it. */
static void slide_task(void *user, int task, int thread)
{
    stem_job *q = user;
    gws_slides_job *j = q->j;
    worker *w = &q->workers[thread];
    slid *s = &q->slids[task];
    if (thread == 0 && gws_slid_tell(j, 0, NULL) != GWS_OK) /* a block of all slides may take long */
        q->stop = 1;
    if (q->stop)
        return;
    for (; s->item < s->end && s->status == GWS_OK; s->item++) {
        const gws_slid_item *it = &j->items[s->item];
        const gws_stem_steps of = gws_stem_steps_of(q->stem, it->begin, it->end);
        const int64_t last = q->at + q->steps, a = of.first > q->at ? of.first : q->at, z = of.end < last ? of.end : last;
        if (of.first >= last)
            return;
        if (!s->begun && (s->status = gws_slid_begin(&s->stream, j, it, &s->err)) != GWS_OK)
            return;
        s->begun = 1;
        if (a < z) {
            const int64_t r0 = of.first > q->at - j->meta->lead ? of.first : q->at - j->meta->lead;
            make_rows(q, w, it, &of, r0, z);
            s->stream.from = a;
            gws_classifier_reset(w->d);
            gws_classifier_push_rows(w->d, r0, w->x, z - r0, gws_slid_logits, &s->stream);
            s->did += z - a;
        }
        if (of.end > last)
            return;
        s->begun = 0;
        s->status = gws_slid_end(j, &s->stream, &s->err);
    }
}

/* ---- all of them ---- */

static gws_status begin_workers(stem_job *q, gws_err *err)
{
    const int n = gws_pool_threads(q->j->p->pool);
    if (!(q->workers = calloc((size_t)n, sizeof *q->workers)))
        return gws_slid_nomem(err);
    for (int t = 0; t < n; t++) {
        worker *w = &q->workers[t];
        if (!(w->d = gws_classifier_create(q->j->m, 0, err)) || !(w->stemming = gws_stemming_create(q->stem, 0, NULL, err)))
            return GWS_ENOMEM;
        if (!(w->x = gws_arena_alloc((size_t)x_floats(q->j->m) * sizeof *w->x)))
            return gws_slid_nomem(err);
    }
    return GWS_OK;
}

/* The slides row .. row+n-1 from the beginning of the data on. */
static gws_status begin_pass(stem_job *q, int64_t row, int64_t n, gws_err *err)
{
    const gws_slides_job *j = q->j;
    gws_status status = GWS_OK;
    q->row = row;
    q->n = n;
    if (!(q->slids = calloc((size_t)n, sizeof *q->slids)))
        return gws_slid_nomem(err);
    for (int64_t k = 0, i = j->item; k < n; k++) {
        while (i < j->items_end && j->items[i].row < row + k)
            i++;
        q->slids[k].item = i;
        while (i < j->items_end && j->items[i].row == row + k)
            i++;
        q->slids[k].end = i;
    }
    for (int i = 0; i < j->meta->n_ifo && status == GWS_OK; i++)
        status = gws_filtered_create(&q->rho[i], gws_stem_filters_of(q->stem), &j->kept.ifo[i],
                                     rows_of_window(j->m, shift_within(j->p, j->meta, i, n)), j->p->pool, err);
    return status;
}

static void end_pass(stem_job *q)
{
    for (int64_t k = 0; k < q->n && q->slids; k++)
        gws_slid_drop(&q->slids[k].stream); /* one that could not begin holds something too */
    free(q->slids);
    q->slids = NULL;
    for (int i = 0; i < GWS_MODEL_IFOS; i++)
        gws_filtered_clear(&q->rho[i]);
}

/* The block that comes next: where the first of the slides has something; 0 when none has. */
static int next_block(stem_job *q)
{
    const int64_t span = q->j->meta->span;
    int64_t first = INT64_MAX;
    for (int64_t k = 0; k < q->n; k++) {
        const slid *s = &q->slids[k];
        if (s->item < s->end) {
            const gws_slid_item *it = &q->j->items[s->item];
            const int64_t step = s->begun ? q->at : gws_floor_div(it->begin + GWS_STEM_HOP - 1, GWS_STEM_HOP);
            first = step < first ? step : first;
        }
    }
    if (first == INT64_MAX)
        return 0;
    q->at = gws_floor_div(first, span) * span;
    return 1;
}

static gws_status run_pass(stem_job *q, gws_err *err)
{
    gws_slides_job *j = q->j;
    const int64_t reach = gws_stem_reach(q->stem), lead = j->meta->lead;
    gws_status status = GWS_OK;
    for (; status == GWS_OK && next_block(q); q->at += q->steps) {
        for (int i = 0; i < j->meta->n_ifo; i++) {
            const int64_t *first = j->shift + q->row * j->meta->n_ifo, *last = first + (q->n - 1) * j->meta->n_ifo;
            gws_filtered_advance(&q->rho[i], ROWS * (q->at - lead) - reach + first[i] / GWS_DECIMATE,
                                 ROWS * (q->at + q->steps) + reach + last[i] / GWS_DECIMATE);
        }
        gws_pool_run(j->p->pool, (int)q->n, slide_task, q);
        if (q->stop)
            return gws_err_set(err, GWS_ESTOP, "stopped");
        int64_t did = 0;
        for (int64_t k = 0; k < q->n && status == GWS_OK; k++) {
            did += q->slids[k].did;
            q->slids[k].did = 0;
            if ((status = q->slids[k].status) != GWS_OK && err)
                *err = q->slids[k].err;
        }
        if (status == GWS_OK)
            status = gws_slid_tell(j, (double)did * GWS_STEM_HOP / GWS_STEM_RATE_HZ, err);
    }
    return status;
}

gws_status gws_slides_run_stem(gws_slides_job *j, gws_err *err)
{
    stem_job q = {.j = j, .stem = gws_model_stem(j->m), .F = gws_stem_row(gws_model_stem(j->m)), .steps = steps_of_block(j->m)};
    gws_status status = begin_workers(&q, err);
    int64_t kept_bytes = 0;
    for (int i = 0; i < j->kept.n_ifo && !j->p->work; i++)
        kept_bytes += j->kept.ifo[i].room * (int64_t)sizeof(float);
    const int64_t most = slides_of_pass(j, kept_bytes);
    const int64_t end = j->row + j->n_rows;
    for (int64_t row = j->row; row < end && status == GWS_OK; row += most) {
        if ((status = begin_pass(&q, row, end - row < most ? end - row : most, err)) == GWS_OK)
            status = run_pass(&q, err);
        end_pass(&q);
    }
    for (int t = 0; t < gws_pool_threads(j->p->pool) && q.workers; t++) {
        gws_classifier_destroy(q.workers[t].d);
        gws_stemming_destroy(q.workers[t].stemming);
        gws_arena_free(q.workers[t].x);
    }
    free(q.workers);
    return status;
}
