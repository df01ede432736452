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
    GROUP = 64,      /* slides; behind the default model's stem the filters of a group cost as much as some slides */
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

/* Shift of a detector in a row, in seconds. */
static int64_t shift_of(const gws_slides_params *p, int64_t row, int i)
{
    return gws_slide_shift(p->zero_lag ? row : row + 1, i, p->step_s);
}

static gws_status make_shifts(gws_slides_job *j, gws_err *err)
{
    if (!(j->shift = malloc((size_t)(j->rows * j->meta->n_ifo) * sizeof *j->shift)))
        return gws_slid_nomem(err);
    for (int64_t k = 0; k < j->rows; k++)
        for (int i = 0; i < j->meta->n_ifo; i++)
            j->shift[k * j->meta->n_ifo + i] = shift_of(j->p, k, i) * j->meta->rate_hz;
    return GWS_OK;
}

static gws_status add_items(gws_slides_job *j, int64_t row, const gws_span *spans, int64_t n, gws_err *err)
{
    if (!GWS_ARRAY_ROOM(j->items, j->item_room, j->n_items + n))
        return gws_slid_nomem(err);
    for (int64_t i = 0; i < n; i++) {
        j->items[j->n_items++] = (gws_slid_item){row, spans[i].begin, spans[i].end};
        const double length_s = (double)(spans[i].end - spans[i].begin) / j->meta->rate_hz;
        j->total_s += length_s;
        j->done_s += row < j->b->slides ? length_s : 0.0;
    }
    return GWS_OK;
}

static gws_status make_items(gws_slides_job *j, gws_err *err)
{
    gws_status status = GWS_OK;

    for (int64_t k = 0; k < j->rows && status == GWS_OK; k++) {
        gws_span *spans = NULL;
        int64_t n = 0;
        status = gws_kept_together(&j->kept, j->shift + k * j->meta->n_ifo, &spans, &n, err);
        if (status == GWS_OK)
            status = add_items(j, k, spans, n, err);
        free(spans);
    }
    return status;
}

/* Record the stretches in which the unmoved detectors are on together; rows that are there have them. */
static gws_status zero_lag(gws_slides_job *j, gws_err *err)
{
    const int64_t none[GWS_MODEL_IFOS] = {0};
    gws_background *b = j->b;
    gws_span *spans = NULL;
    int64_t n = 0;

    if (b->slides > 0)
        return GWS_OK;
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
        j->livetime_s[h][s->it.row - j->row] += (double)scored(s->search[h]) * step_s;
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
    if (gws_progress_tell(&j->p->progress, j->done_s, j->total_s, GWS_SLIDES_NOTE))
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
    const int64_t n_items = j->items_end - j->item;
    gws_slid_item *items = j->items + j->item;
    ordered *order = malloc((size_t)n_items * sizeof *order);

    if (!order)
        return gws_slid_nomem(err);
    for (int64_t i = 0; i < n_items; i++)
        order[i] = (ordered){phase_of(j, &items[i]), items[i]};
    qsort(order, (size_t)n_items, sizeof *order, by_phase);
    for (int64_t i = 0; i < n_items; i++)
        items[i] = order[i].it;
    for (int64_t i = 0, n; i < n_items && status == GWS_OK; i += n) {
        for (n = 1; i + n < n_items && n < j->n_streams && order[i + n].phase == order[i].phase;)
            n++;
        status = run_batch(j, items + i, (int)n, err);
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

/* An array with room for n more numbers after those that it has. */
static int longer(double **x, int64_t has, int64_t n)
{
    double *more = realloc(*x, (size_t)(has + n + 1) * sizeof **x);
    *x = more ? more : *x;
    return more != NULL;
}

static int longer_i64(int64_t **x, int64_t has, int64_t n)
{
    int64_t *more = realloc(*x, (size_t)(has + n + 1) * sizeof **x);
    *x = more ? more : *x;
    return more != NULL;
}

static gws_status make_room(gws_slides_job *j, gws_err *err)
{
    gws_background *b = j->b;

    for (int h = 0; h < j->heads; h++) {
        gws_background_head *out = &b->head[h];
        const int64_t n = j->found[h].n;
        if (!longer(&out->time_s, out->n, n) || !longer(&out->stat, out->n, n) || !longer_i64(&out->slide, out->n, n) ||
            !longer(&out->livetime_s, b->slides, j->n_rows))
            return gws_slid_nomem(err);
    }
    return longer(&b->shift_s, b->slides * b->n_ifo, j->n_rows * b->n_ifo) && longer_i64(&b->live_slide, b->n_live, j->n_live) &&
                   longer(&b->live_begin_s, b->n_live, j->n_live) && longer(&b->live_end_s, b->n_live, j->n_live)
               ? GWS_OK
               : gws_slid_nomem(err);
}

static void put_head(gws_slides_job *j, int h)
{
    gws_slid_list *l = &j->found[h];
    gws_background_head *out = &j->b->head[h];

    if (l->n > 0)
        qsort(l->at, (size_t)l->n, sizeof *l->at, by_time);
    for (int64_t i = 0; i < l->n; i++, out->n++) {
        out->time_s[out->n] = l->at[i].time_s;
        out->stat[out->n] = l->at[i].stat;
        out->slide[out->n] = l->at[i].row;
    }
    l->n = 0;
    for (int64_t k = 0; k < j->n_rows; k++) {
        out->livetime_s[j->row + k] = j->livetime_s[h][k];
        out->total_s += gws_background_is_slide(j->b, j->row + k) ? j->livetime_s[h][k] : 0.0;
    }
}

static void put_live(gws_slides_job *j)
{
    gws_background *b = j->b;

    if (j->n_live > 0)
        qsort(j->live, (size_t)j->n_live, sizeof *j->live, by_begin);
    for (int64_t i = 0; i < j->n_live; i++, b->n_live++) {
        const gws_slid_item *it = &j->live[i];
        b->live_slide[b->n_live] = it->row;
        b->live_begin_s[b->n_live] = gws_s_of_ns(gws_ns_of_sample(it->begin * j->meta->hop, j->meta->rate_hz));
        b->live_end_s[b->n_live] = gws_s_of_ns(gws_ns_of_sample(it->end * j->meta->hop, j->meta->rate_hz));
    }
    j->n_live = 0;
}

/* The group is whole: all of it or nothing becomes part of the background. */
static gws_status put_group(gws_slides_job *j, gws_err *err)
{
    const gws_status status = make_room(j, err);
    const int n_ifo = j->meta->n_ifo;

    if (status != GWS_OK)
        return status;
    for (int64_t k = j->row; k < j->row + j->n_rows; k++)
        for (int i = 0; i < n_ifo; i++)
            j->b->shift_s[k * n_ifo + i] = (double)shift_of(j->p, k, i);
    for (int h = 0; h < j->heads; h++)
        put_head(j, h);
    put_live(j);
    j->b->slides += j->n_rows;
    return GWS_OK;
}

/* Memory for the stretches, which are known now. */
static gws_status begin(gws_slides_job *j, int64_t group, gws_err *err)
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
        if (!(j->livetime_s[h] = malloc((size_t)group * sizeof(double))))
            return gws_slid_nomem(err);
    return j->streams && j->w && j->user && j->zeros && j->live ? GWS_OK : gws_slid_nomem(err);
}

/* The rows that follow those of the background, and their stretches. */
static void next_group(gws_slides_job *j, int64_t most)
{
    j->row = j->b->slides;
    j->n_rows = j->rows - j->row < most ? j->rows - j->row : most;
    for (j->item = j->items_end; j->item < j->n_items && j->items[j->item].row < j->row;)
        j->item++;
    for (j->items_end = j->item; j->items_end < j->n_items && j->items[j->items_end].row < j->row + j->n_rows;)
        j->items_end++;
    for (int h = 0; h < j->heads; h++)
        memset(j->livetime_s[h], 0, (size_t)j->n_rows * sizeof(double));
}

static gws_status run_group(gws_slides_job *j, gws_err *err)
{
    if (j->item == j->items_end)
        return GWS_OK;
    return gws_slides_by_stem(j->m) ? gws_slides_run_stem(j, err) : run_items(j, err);
}

static gws_status run_groups(gws_slides_job *j, gws_err *err)
{
    const int64_t most = j->p->group > 0 ? j->p->group : GROUP;
    gws_status status = begin(j, most, err);

    while (status == GWS_OK && j->b->slides < j->rows && (status = gws_slid_tell(j, 0, err)) == GWS_OK) {
        next_group(j, most);
        if ((status = run_group(j, err)) == GWS_OK && (status = put_group(j, err)) == GWS_OK && j->p->whole)
            status = j->p->whole(j->p->user, j->b, err);
    }
    return status;
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
    for (int h = 0; h < 2; h++) {
        free(j->found[h].at);
        free(j->livetime_s[h]);
    }
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

/* What is wanted, without rows. */
static void describe(const gws_slides_job *j, const gws_condition_params *whitening, gws_background *b)
{
    b->step_s = (double)j->p->step_s;
    b->filter_s = whitening->filter_s;
    b->block_s = whitening->block_s;
    b->ahead_s = gws_condition_ahead_s(whitening);
    b->n_ifo = j->meta->n_ifo;
    memcpy(b->ifo, j->meta->ifo, sizeof b->ifo);
    for (int h = 0; h < j->heads; h++)
        b->head[h].threshold = isnan(j->p->threshold[h]) ? j->meta->calibration[h].threshold : j->p->threshold[h];
}

/* Could rows of `want` follow those of `b`?  All that a background says of how it was made, but model and strain. */
static gws_status same_work(const gws_slides_job *j, const gws_background *want, gws_err *err)
{
    static const char *const head_name[2] = {"spiking", "linear"};
    const gws_background *b = j->b;

    if (!b->hash)
        return gws_err_set(err, GWS_EDATA, "of a version that did not say of what strain it is");
    if (b->n_ifo != want->n_ifo || memcmp(b->ifo, want->ifo, (size_t)b->n_ifo * sizeof b->ifo[0]) != 0)
        return gws_err_set(err, GWS_EDATA, "slides of other detectors");
    if (b->step_s != want->step_s)
        return gws_err_set(err, GWS_EDATA, "slides %g s apart, this run's are %g s", b->step_s, want->step_s);
    if (b->filter_s != want->filter_s || b->block_s != want->block_s || b->ahead_s != want->ahead_s)
        return gws_err_set(
            err, GWS_EDATA,
            "measured with a whitening filter of %g s in blocks of %g s, %g s of it ahead; this run has %g s, %g s, %g s",
            b->filter_s, b->block_s, b->ahead_s, want->filter_s, want->block_s, want->ahead_s);
    if ((b->head[GWS_HEAD_LINEAR].livetime_s != NULL) != (j->heads > 1))
        return gws_err_set(err, GWS_EDATA, "of other heads");
    for (int h = 0; h < j->heads; h++)
        if (b->head[h].threshold != want->head[h].threshold)
            return gws_err_set(err, GWS_EDATA, "%s triggers above %g, this run's are above %g", head_name[h], b->head[h].threshold,
                               want->head[h].threshold);
    if (b->n_ifo > 1 && gws_background_is_slide(b, 0) == (j->p->zero_lag != 0))
        return gws_err_set(err, GWS_EDATA, j->p->zero_lag ? "made without --zero-lag" : "made with --zero-lag");
    return GWS_OK;
}

/* Times and samples of the whitened strain, as one number (FNV-1a of 32-bit words). */
static uint64_t hash_of(const gws_kept *kept)
{
    uint64_t hash = UINT64_C(14695981039346656037);

    for (int i = 0; i < kept->n_ifo; i++)
        for (int64_t r = 0; r < kept->ifo[i].n_runs; r++) {
            const gws_kept_run *run = &kept->ifo[i].runs[r];
            hash = (hash ^ (uint64_t)run->begin) * UINT64_C(1099511628211);
            for (int64_t k = 0; k < run->end - run->begin; k++) {
                uint32_t bits;
                memcpy(&bits, &kept->ifo[i].w[run->at + k], sizeof bits);
                hash = (hash ^ bits) * UINT64_C(1099511628211);
            }
        }
    return hash;
}

static gws_status same_strain(gws_slides_job *j, gws_err *err)
{
    const uint64_t hash = hash_of(&j->kept);

    if (j->b->slides > 0 && j->b->hash != hash)
        return gws_err_set(err, GWS_EDATA, "made of other stretches or channels of the strain, or by another version");
    j->b->hash = hash;
    return GWS_OK;
}

gws_status gws_slides_run(gws_strain_set *set, const gws_feed_plan *plan, const gws_model *m, const gws_slides_params *p,
                          gws_background *b, gws_err *err)
{
    const gws_model_meta *meta = gws_model_describe(m);
    gws_slides_job j = {.m = m,
                        .meta = meta,
                        .p = p,
                        .b = b,
                        .heads = meta->linear ? 2 : 1,
                        .n_streams = gws_slides_streams(m, p),
                        .rows = meta->n_ifo == 1 ? 1 : p->slides + (p->zero_lag != 0)};
    gws_condition_params cp;
    gws_background want = {0};
    gws_status status;

    if ((status = check(p, err)) || (status = gws_pipeline_condition(meta, &cp, err)))
        return status;
    describe(&j, &cp, b->slides > 0 ? &want : b);
    if (b->slides > 0 && ((status = same_work(&j, &want, err)) || b->slides >= j.rows))
        return status;
    pthread_mutex_init(&j.lock, NULL);
    j.kept.rate_hz = meta->rate_hz;
    if (!(status = make_shifts(&j, err)) && !(status = gws_kept_make(set, plan, &cp, p->work, &j.kept, &p->progress, err)) &&
        !(status = same_strain(&j, err)) && !(status = zero_lag(&j, err)) && !(status = make_items(&j, err)))
        status = run_groups(&j, err);
    if (status == GWS_OK && !(b->head[GWS_HEAD_SPIKING].total_s > 0))
        status = meta->n_ifo == 1
                     ? gws_err_set(err, GWS_EDATA, "%s has no stretch that is long enough", meta->ifo[0])
                     : gws_err_set(err, GWS_EDATA,
                                   "no slide of %lld s or more leaves the detectors a stretch in common that is long enough",
                                   (long long)p->step_s);
    if (status != GWS_OK && b->slides == 0)
        gws_background_clear(b);
    clear(&j);
    return status;
}
