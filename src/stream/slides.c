#include "stream/slides.h"

#include "base/array.h"
#include "base/arena.h"
#include "base/clock.h"
#include "stream/kept.h"
#include "stream/pipeline.h"
#include "stream/slides_job.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum {
    STREAMS = 32,
    PIECE = 1 << 16, /* samples pushed at once, at least */
    CHUNK_S = 64,
};

/* A network whose spans go side by side needs no other streams beside it. */
int gws_slides_streams(const gws_model *m, const gws_slides_params *p)
{
    return gws_classifier_gather(m, 1, p->block, p->pool) > 0 ? 1 : p->streams > 0 ? p->streams : STREAMS;
}

int64_t gws_slides_bytes(const gws_strain_set *set, const gws_feed_plan *plan, const gws_model *m, const gws_slides_params *p)
{
    const int64_t whitened = p->work ? 0 : gws_kept_bytes(set, plan, gws_model_describe(m)->rate_hz);
    int64_t reading = 0;
    for (int i = 0; i < plan->n_ifo; i++) /* one at a time */
        reading = (int64_t)CHUNK_S * plan->rate_hz[i] > reading ? (int64_t)CHUNK_S * plan->rate_hz[i] : reading;
    return whitened + reading * (int64_t)sizeof(double) +
           (gws_slides_by_stem(m) ? gws_slides_stem_bytes(m, p)
                                  : gws_classifier_bytes(m, gws_slides_streams(m, p), p->block, p->pool));
}

/* ---- stretches ---- */

gws_status gws_slid_nomem(gws_err *err)
{
    return gws_err_set(err, GWS_ENOMEM, "no memory for time slides");
}

static gws_status make_shifts(gws_slides_job *j, gws_err *err)
{
    const int64_t rows = j->meta->n_ifo == 1 ? 1 : j->p->slides + (j->p->zero_lag != 0), n = rows * j->meta->n_ifo;

    j->b->slides = rows;
    j->b->shift_s = malloc((size_t)n * sizeof *j->b->shift_s);
    j->shift = malloc((size_t)n * sizeof *j->shift);
    if (!j->b->shift_s || !j->shift)
        return gws_slid_nomem(err);
    for (int64_t k = 0; k < rows; k++)
        for (int i = 0; i < j->meta->n_ifo; i++) {
            const int64_t s = gws_slide_shift(j->p->zero_lag ? k : k + 1, i, j->p->step_s);
            j->b->shift_s[k * j->meta->n_ifo + i] = (double)s;
            j->shift[k * j->meta->n_ifo + i] = s * j->meta->rate_hz;
        }
    return GWS_OK;
}

static gws_status add_items(gws_slides_job *j, int64_t row, const gws_span *spans, int64_t n, gws_err *err)
{
    if (!GWS_ARRAY_ROOM(j->items, j->item_room, j->n_items + n))
        return gws_slid_nomem(err);
    for (int64_t i = 0; i < n; i++) {
        j->items[j->n_items++] = (gws_slid_item){row, spans[i].begin, spans[i].end};
        j->total_s += (double)(spans[i].end - spans[i].begin) / j->meta->rate_hz;
    }
    return GWS_OK;
}

static gws_status make_items(gws_slides_job *j, gws_err *err)
{
    gws_status status = GWS_OK;

    for (int64_t k = 0; k < j->b->slides && status == GWS_OK; k++) {
        gws_span *spans = NULL;
        int64_t n = 0;
        status = gws_kept_together(&j->kept, j->shift + k * j->meta->n_ifo, &spans, &n, err);
        if (status == GWS_OK)
            status = add_items(j, k, spans, n, err);
        free(spans);
    }
    return status;
}

/* Record the stretches in which the unmoved detectors are on together. */
static gws_status zero_lag(gws_slides_job *j, gws_err *err)
{
    const int64_t none[GWS_MODEL_IFOS] = {0};
    gws_background *b = j->b;
    gws_span *spans = NULL;
    int64_t n = 0;
    gws_status status = gws_kept_together(&j->kept, none, &spans, &n, err);

    if (status == GWS_OK) {
        b->on_begin_s = malloc((size_t)(n + 1) * sizeof *b->on_begin_s);
        b->on_end_s = malloc((size_t)(n + 1) * sizeof *b->on_end_s);
        if (!b->on_begin_s || !b->on_end_s)
            status = gws_slid_nomem(err);
    }
    for (int64_t i = 0; i < n && status == GWS_OK; i++) {
        b->on_begin_s[i] = gws_s_of_ns(gws_ns_of_sample(spans[i].begin, j->meta->rate_hz));
        b->on_end_s[i] = gws_s_of_ns(gws_ns_of_sample(spans[i].end, j->meta->rate_hz));
        b->n_on = i + 1;
    }
    free(spans);
    return status;
}

/* ---- through network and search ---- */

static void add(gws_slid_list *l, const gws_slid_trigger *t, int64_t n)
{
    if (!GWS_ARRAY_ROOM(l->at, l->room, l->n + n)) {
        l->lost = 1;
        return;
    }
    if (n > 0)
        memcpy(l->at + l->n, t, (size_t)n * sizeof *t);
    l->n += n;
}

static void on_spiking(void *user, const gws_trigger *t)
{
    gws_slid_stream *s = user;
    add(&s->found[GWS_HEAD_SPIKING], &(gws_slid_trigger){s->it.row, gws_s_of_ns(t->gps_ns), t->stat}, 1);
}

static void on_linear(void *user, const gws_trigger *t)
{
    gws_slid_stream *s = user;
    add(&s->found[GWS_HEAD_LINEAR], &(gws_slid_trigger){s->it.row, gws_s_of_ns(t->gps_ns), t->stat}, 1);
}

void gws_slid_logits(void *stream, int64_t step, const float *y_spiking, const float *y_linear, int64_t n)
{
    gws_slid_stream *s = stream;

    if (s->ended)
        return;
    const int64_t at = step + s->moved / s->j->meta->hop, skip = s->from > at ? s->from - at : 0;
    if (skip >= n)
        return;
    if (skip > 0) {
        gws_slid_logits(s, step + skip, y_spiking + skip, y_linear + skip, n - skip);
        return;
    }
    if (s->next == s->first)
        s->first = at;
    s->next = at + n;
    gws_search_push(s->search[GWS_HEAD_SPIKING], at, y_spiking, n, on_spiking, s);
    if (s->j->heads > 1)
        gws_search_push(s->search[GWS_HEAD_LINEAR], at, y_linear, n, on_linear, s);
}

static int64_t scored(const gws_search *s)
{
    gws_search_stats stats;
    gws_search_get_stats(s, &stats);
    return stats.scored;
}

void gws_slid_drop(gws_slid_stream *s)
{
    for (int h = 0; h < 2; h++) {
        gws_search_destroy(s->search[h]);
        free(s->found[h].at);
    }
    *s = (gws_slid_stream){.ended = 1};
}

gws_status gws_slid_end(gws_slides_job *j, gws_slid_stream *s, gws_err *err)
{
    static const gws_trigger_sink sinks[2] = {on_spiking, on_linear};
    const double step_s = (double)j->meta->hop / j->meta->rate_hz;
    int lost = 0;

    pthread_mutex_lock(&j->lock);
    for (int h = 0; h < j->heads; h++) {
        gws_search_finish(s->search[h], sinks[h], s);
        j->b->head[h].livetime_s[s->it.row] += (double)scored(s->search[h]) * step_s;
        add(&j->found[h], s->found[h].at, s->found[h].n);
        lost |= s->found[h].lost | j->found[h].lost;
    }
    if (s->next - s->first > j->meta->warmup)
        j->live[j->n_live++] = (gws_slid_item){s->it.row, s->first + j->meta->warmup, s->next};
    pthread_mutex_unlock(&j->lock);
    gws_slid_drop(s);
    return lost ? gws_slid_nomem(err) : GWS_OK;
}

gws_status gws_slid_begin(gws_slid_stream *s, const gws_slides_job *j, const gws_slid_item *it, gws_err *err)
{
    *s = (gws_slid_stream){.j = j, .it = *it, .from = INT64_MIN};
    for (int h = 0; h < j->heads; h++) {
        gws_condition_params cp;
        gws_search_params sp;
        gws_status status = gws_pipeline_params(j->meta, (gws_head)h, j->p->threshold[h], &cp, &sp, err);
        if (status != GWS_OK)
            return status;
        if (!(s->search[h] = gws_search_create(&sp, j->meta->rate_hz, j->meta->hop, err)))
            return GWS_ENOMEM;
    }
    return GWS_OK;
}

gws_status gws_slid_tell(gws_slides_job *j, double more_s, gws_err *err)
{
    j->done_s += more_s;
    if (gws_progress_tell(&j->p->progress, j->done_s, j->total_s, "seconds of slides"))
        return gws_err_set(err, GWS_ESTOP, "stopped");
    return GWS_OK;
}

static gws_status begin_streams(gws_slides_job *j, const gws_slid_item *it, int n, gws_err *err)
{
    gws_status status = GWS_OK;

    for (int s = 0; s < n && status == GWS_OK; s++) {
        status = gws_slid_begin(&j->streams[s], j, &it[s], err);
        j->streams[s].moved = it[s].begin - it[0].begin;
        j->user[s] = &j->streams[s];
    }
    return status;
}

/* Stretches of one phase side by side, from their beginnings on.  Every push ends where one of them does, so that each gives the steps
 * that it would give alone. */
static gws_status run_batch(gws_slides_job *j, const gws_slid_item *it, int n, gws_err *err)
{
    const int I = j->meta->n_ifo;
    gws_classifier *d = NULL;
    gws_status status = begin_streams(j, it, n, err);
    int left = n;

    if (status == GWS_OK && !(d = gws_classifier_create_many(j->m, n, j->p->block, j->p->pool, err)))
        status = GWS_ENOMEM;
    for (int s = 0; s < n && status == GWS_OK; s++)
        for (int f = 0; f < I; f++)
            gws_classifier_follow(d, s * I + f, gws_kept_ifo_gains(&j->kept.ifo[f]),
                                  j->streams[s].moved + j->shift[it[s].row * I + f]);
    for (int64_t at = it[0].begin, to; left > 0 && status == GWS_OK; at = to) {
        const int going = left;
        to = at + j->piece;
        for (int s = 0; s < n; s++)
            if (!j->streams[s].ended && it[s].end - j->streams[s].moved < to)
                to = it[s].end - j->streams[s].moved;
        for (int s = 0; s < n; s++)
            for (int f = 0; f < I; f++)
                j->w[s * I + f] = j->streams[s].ended
                                      ? j->zeros
                                      : gws_kept_at(&j->kept, f, at + j->streams[s].moved + j->shift[it[s].row * I + f]);
        gws_classifier_push_many(d, at, j->w, to - at, gws_slid_logits, j->user);
        for (int s = 0; s < n && status == GWS_OK; s++)
            if (!j->streams[s].ended && it[s].end - j->streams[s].moved == to) {
                status = gws_slid_end(j, &j->streams[s], err);
                left--;
            }
        if (status == GWS_OK)
            status = gws_slid_tell(j, (double)going * (double)(to - at) / j->meta->rate_hz, err);
    }
    for (int s = 0; s < n; s++)
        gws_slid_drop(&j->streams[s]);
    gws_classifier_destroy(d);
    return status;
}

static int64_t phase_of(const gws_slides_job *j, const gws_slid_item *it)
{
    const int64_t period = gws_model_period(j->m);
    return it->begin - gws_floor_div(it->begin, period) * period;
}

/* Stretches that can go together, the longest first. */
typedef struct ordered {
    int64_t phase;
    gws_slid_item it;
} ordered;

static int by_phase(const void *a, const void *b)
{
    const ordered *x = a, *y = b;
    const int64_t nx = x->it.end - x->it.begin, ny = y->it.end - y->it.begin;

    if (x->phase != y->phase)
        return x->phase < y->phase ? -1 : 1;
    if (nx != ny)
        return nx > ny ? -1 : 1;
    return x->it.row != y->it.row ? (x->it.row > y->it.row) - (x->it.row < y->it.row)
                                  : (x->it.begin > y->it.begin) - (x->it.begin < y->it.begin);
}

static gws_status run_items(gws_slides_job *j, gws_err *err)
{
    gws_status status = GWS_OK;
    ordered *order = malloc((size_t)(j->n_items + 1) * sizeof *order);

    if (!order)
        return gws_slid_nomem(err);
    for (int64_t i = 0; i < j->n_items; i++)
        order[i] = (ordered){phase_of(j, &j->items[i]), j->items[i]};
    qsort(order, (size_t)j->n_items, sizeof *order, by_phase);
    for (int64_t i = 0; i < j->n_items; i++)
        j->items[i] = order[i].it;
    for (int64_t i = 0, n; i < j->n_items && status == GWS_OK; i += n) {
        for (n = 1; i + n < j->n_items && n < j->n_streams && order[i + n].phase == order[i].phase;)
            n++;
        status = run_batch(j, j->items + i, (int)n, err);
    }
    free(order);
    return status;
}

/* ---- what came of it ---- */

static int by_time(const void *a, const void *b)
{
    const gws_slid_trigger *x = a, *y = b;

    if (x->row != y->row)
        return x->row < y->row ? -1 : 1;
    return (x->time_s > y->time_s) - (x->time_s < y->time_s);
}

static int by_begin(const void *a, const void *b)
{
    const gws_slid_item *x = a, *y = b;

    if (x->row != y->row)
        return x->row < y->row ? -1 : 1;
    return (x->begin > y->begin) - (x->begin < y->begin);
}

static gws_status put_triggers(gws_slides_job *j, int h, gws_err *err)
{
    gws_slid_list *l = &j->found[h];
    gws_background_head *out = &j->b->head[h];

    if (l->n > 0)
        qsort(l->at, (size_t)l->n, sizeof *l->at, by_time);
    out->time_s = malloc((size_t)(l->n + 1) * sizeof *out->time_s);
    out->stat = malloc((size_t)(l->n + 1) * sizeof *out->stat);
    out->slide = malloc((size_t)(l->n + 1) * sizeof *out->slide);
    if (!out->time_s || !out->stat || !out->slide)
        return gws_slid_nomem(err);
    for (out->n = 0; out->n < l->n; out->n++) {
        out->time_s[out->n] = l->at[out->n].time_s;
        out->stat[out->n] = l->at[out->n].stat;
        out->slide[out->n] = l->at[out->n].row;
    }
    for (int64_t k = 0; k < j->b->slides; k++)
        out->total_s += gws_background_is_slide(j->b, k) ? out->livetime_s[k] : 0.0;
    return GWS_OK;
}

static gws_status put_live(gws_slides_job *j, gws_err *err)
{
    gws_background *b = j->b;

    qsort(j->live, (size_t)j->n_live, sizeof *j->live, by_begin);
    b->live_slide = malloc((size_t)(j->n_live + 1) * sizeof *b->live_slide);
    b->live_begin_s = malloc((size_t)(j->n_live + 1) * sizeof *b->live_begin_s);
    b->live_end_s = malloc((size_t)(j->n_live + 1) * sizeof *b->live_end_s);
    if (!b->live_slide || !b->live_begin_s || !b->live_end_s)
        return gws_slid_nomem(err);
    for (b->n_live = 0; b->n_live < j->n_live; b->n_live++) {
        const gws_slid_item *it = &j->live[b->n_live];
        b->live_slide[b->n_live] = it->row;
        b->live_begin_s[b->n_live] = gws_s_of_ns(gws_ns_of_sample(it->begin * j->meta->hop, j->meta->rate_hz));
        b->live_end_s[b->n_live] = gws_s_of_ns(gws_ns_of_sample(it->end * j->meta->hop, j->meta->rate_hz));
    }
    return GWS_OK;
}

/* Memory for the stretches, which are known now. */
static gws_status begin(gws_slides_job *j, gws_err *err)
{
    const size_t n = (size_t)j->n_streams;
    const int64_t gather = gws_classifier_gather(j->m, 1, j->p->block, j->p->pool);

    j->piece = gather > PIECE ? gather : PIECE;
    j->streams = calloc(n, sizeof *j->streams);
    j->w = calloc(n * (size_t)j->meta->n_ifo, sizeof *j->w);
    j->user = calloc(n, sizeof *j->user);
    j->zeros = gws_arena_alloc((size_t)j->piece * sizeof *j->zeros);
    j->live = malloc((size_t)(j->n_items + 1) * sizeof *j->live);
    for (int h = 0; h < j->heads; h++)
        if (!(j->b->head[h].livetime_s = calloc((size_t)j->b->slides, sizeof(double))))
            return gws_slid_nomem(err);
    return j->streams && j->w && j->user && j->zeros && j->live ? GWS_OK : gws_slid_nomem(err);
}

static void clear(gws_slides_job *j)
{
    gws_kept_clear(&j->kept);
    free(j->shift);
    free(j->items);
    free(j->live);
    free(j->streams);
    free((void *)j->w);
    free(j->user);
    free(j->found[0].at);
    free(j->found[1].at);
    gws_arena_free(j->zeros);
    pthread_mutex_destroy(&j->lock);
}

static gws_status check(const gws_slides_params *p, gws_err *err)
{
    if (p->slides < 1 || p->slides > GWS_SLIDES_MAX || p->step_s < 1 || p->step_s > 1000000)
        return gws_err_set(err, GWS_EARG, "%lld slides of %lld s, wanted 1 to %d of 1 to 1000000 s", (long long)p->slides,
                           (long long)p->step_s, GWS_SLIDES_MAX);
    return GWS_OK;
}

static gws_status describe(gws_slides_job *j, const gws_condition_params *whitening, gws_err *err)
{
    gws_background *b = j->b;

    b->step_s = (double)j->p->step_s;
    b->filter_s = whitening->filter_s;
    b->block_s = whitening->block_s;
    b->ahead_s = gws_condition_ahead_s(whitening);
    b->n_ifo = j->meta->n_ifo;
    memcpy(b->ifo, j->meta->ifo, sizeof b->ifo);
    for (int h = 0; h < j->heads; h++)
        b->head[h].threshold = isnan(j->p->threshold[h]) ? j->meta->calibration[h].threshold : j->p->threshold[h];
    return make_shifts(j, err);
}

gws_status gws_slides_run(gws_strain_set *set, const gws_feed_plan *plan, const gws_model *m, const gws_slides_params *p,
                          gws_background *out, gws_err *err)
{
    const gws_model_meta *meta = gws_model_describe(m);
    gws_slides_job j = {
        .m = m, .meta = meta, .p = p, .b = out, .heads = meta->linear ? 2 : 1, .n_streams = gws_slides_streams(m, p)};
    gws_condition_params cp;
    gws_status status;

    *out = (gws_background){0};
    pthread_mutex_init(&j.lock, NULL);
    j.kept.rate_hz = meta->rate_hz;
    if ((status = check(p, err)) || (status = gws_pipeline_condition(meta, &cp, err)) || (status = describe(&j, &cp, err)) ||
        (status = gws_kept_make(set, plan, &cp, p->work, &j.kept, &p->progress, err)) || (status = zero_lag(&j, err)) ||
        (status = make_items(&j, err)) || (status = begin(&j, err)) ||
        (status = gws_slides_by_stem(m) ? gws_slides_run_stem(&j, err) : run_items(&j, err)) || (status = put_live(&j, err)))
        goto fail;
    for (int h = 0; h < j.heads && status == GWS_OK; h++)
        status = put_triggers(&j, h, err);
    if (status == GWS_OK && !(out->head[GWS_HEAD_SPIKING].total_s > 0))
        status = meta->n_ifo == 1
                     ? gws_err_set(err, GWS_EDATA, "%s has no stretch that is long enough", meta->ifo[0])
                     : gws_err_set(err, GWS_EDATA,
                                   "no slide of %lld s or more leaves the detectors a stretch in common that is long enough",
                                   (long long)p->step_s);
fail:
    if (status != GWS_OK)
        gws_background_clear(out);
    clear(&j);
    return status;
}
