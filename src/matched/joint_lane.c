#include "matched/joint_lane.h"

#include "base/arena.h"
#include "base/clock.h"
#include "dsp/resample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    RATE_HZ = 2048,
    STEP = GWS_DECIMATE * GWS_COHERENT_HOP, /* whitened samples */
    ROWS_AT_FIRST = 16384,
};

/* A stretch of whitened strain that waits for the filters. */
typedef struct piece {
    int64_t sample, n;
} piece;

/* A run, and the rows of it that are kept: [row, row + n) stand at x + begin * row_floats. */
typedef struct run {
    int64_t from, to; /* usable steps; `to` grows while it goes on */
    float *x;
    int64_t row, begin, n, capacity;
} run;

struct gws_joint_lane {
    gws_joint_lane_params p;
    int factor;
    int64_t floats; /* of a row */
    gws_resample *resample;
    gws_condition *condition;
    gws_filtering *filtering;
    int64_t held_back; /* most samples by which the conditioner's output is behind its input */

    int started, in_segment;
    int64_t in_next, cond_next; /* as stream/pipeline.c's */
    int64_t low;                /* no whitened sample below it will come any more */

    float *w; /* whitened, not yet filtered */
    int64_t w_n, w_capacity;
    piece *pieces;
    int64_t n_pieces, pieces_capacity;
    int64_t w_next; /* end of the last whitened sample; INT64_MIN before the first */

    run *runs;
    int64_t n_runs, runs_capacity;
    int out_of_memory;
};

gws_joint_lane *gws_joint_lane_create(const gws_joint_lane_params *p, gws_err *err)
{
    gws_joint_lane *l = calloc(1, sizeof *l);
    if (!l) {
        gws_err_set(err, GWS_ENOMEM, "no memory for a detector");
        return NULL;
    }
    l->p = *p;
    l->factor = p->rate_hz / RATE_HZ;
    l->floats = gws_filters_row(p->filters);
    l->low = l->w_next = INT64_MIN;
    if (!(l->resample = gws_resample_create(p->rate_hz, RATE_HZ, err)) ||
        !(l->condition = gws_condition_create(p->condition, RATE_HZ, err)) ||
        !(l->filtering = gws_filtering_create(p->filters, 1, 0, 0, p->pool, err))) {
        gws_joint_lane_destroy(l);
        return NULL;
    }
    l->held_back = gws_condition_delay(l->condition) + (int64_t)ceil(p->condition->first_s * RATE_HZ) + 1;
    return l;
}

void gws_joint_lane_destroy(gws_joint_lane *l)
{
    if (!l)
        return;
    gws_resample_destroy(l->resample);
    gws_condition_destroy(l->condition);
    gws_filtering_destroy(l->filtering);
    for (int64_t i = 0; i < l->n_runs; i++)
        gws_arena_free(l->runs[i].x);
    free(l->runs);
    free(l->w);
    free(l->pieces);
    free(l);
}

void *gws_joint_reserved(void *array, int64_t *capacity, int64_t n, size_t size)
{
    if (n <= *capacity)
        return array;
    const int64_t more = n > 2 * *capacity ? n : 2 * *capacity;
    void *all = realloc(array, (size_t)more * size);
    if (all)
        *capacity = more;
    return all;
}

/* ---- strain to whitened strain ---- */

static void on_whitened(void *user, int64_t sample, const float *w, int64_t n)
{
    gws_joint_lane *l = user;
    float *more = gws_joint_reserved(l->w, &l->w_capacity, l->w_n + n, sizeof *l->w);
    l->w = more ? more : l->w;
    piece *pieces = gws_joint_reserved(l->pieces, &l->pieces_capacity, l->n_pieces + 1, sizeof *l->pieces);
    l->pieces = pieces ? pieces : l->pieces;
    if (!more || !pieces) {
        l->out_of_memory = 1;
        return;
    }
    memcpy(l->w + l->w_n, w, (size_t)n * sizeof *w);
    l->w_n += n;
    piece *last = l->n_pieces ? &l->pieces[l->n_pieces - 1] : NULL;
    if (last && last->sample + last->n == sample)
        last->n += n;
    else
        l->pieces[l->n_pieces++] = (piece){sample, n};
}

static void on_resampled(void *user, int64_t sample, const double *h, int64_t n)
{
    gws_joint_lane *l = user;
    gws_condition_push(l->condition, sample, h, n, on_whitened, l);
    l->cond_next = sample + n;
    l->in_segment = isfinite(h[n - 1]);
}

/* Nothing comes before input sample `end`: one absent sample there ends the segment now. */
static void absent(gws_joint_lane *l, int64_t end)
{
    const double none = (double)NAN;
    const int64_t last = gws_floor_div(end - 1, l->factor);
    if (last < l->cond_next)
        return;
    gws_condition_push(l->condition, last, &none, 1, on_whitened, l);
    l->cond_next = last + 1;
    l->in_segment = 0;
}

static void skip_to(gws_joint_lane *l, int64_t sample)
{
    const double none = (double)NAN;
    if (sample <= l->in_next)
        return;
    gws_resample_push(l->resample, sample - 1, &none, 1, on_resampled, l);
    absent(l, sample);
    l->in_next = sample;
}

void gws_joint_lane_push(gws_joint_lane *l, int64_t begin, const double *h, int64_t n, int64_t end)
{
    if (!l->started) {
        l->started = 1;
        l->in_next = begin;
        l->cond_next = gws_floor_div(begin + l->factor - 1, l->factor);
    }
    GWS_ASSERT(begin >= l->in_next && begin + n <= end);
    skip_to(l, begin);
    if (n > 0) {
        gws_resample_push(l->resample, begin, h, n, on_resampled, l);
        l->in_next = begin + n;
        if (!isfinite(h[n - 1]))
            absent(l, begin + n);
    }
    skip_to(l, end);
    l->low = l->in_segment ? l->cond_next - l->held_back : l->cond_next;
}

void gws_joint_lane_finish(gws_joint_lane *l)
{
    gws_resample_finish(l->resample, on_resampled, l);
    gws_condition_finish(l->condition, on_whitened, l);
    l->low = INT64_MAX / 2;
}

/* ---- whitened strain to rows ---- */

/* A run begins: rows in front of its first are zeros. */
static run *begin_run(gws_joint_lane *l, int64_t sample)
{
    const int64_t first = gws_floor_div(sample + STEP - 1, STEP) + l->p.warmup;
    run *runs = gws_joint_reserved(l->runs, &l->runs_capacity, l->n_runs + 1, sizeof *l->runs);
    if (!runs) {
        l->out_of_memory = 1;
        return NULL;
    }
    l->runs = runs;
    run *r = &l->runs[l->n_runs++];
    *r = (run){.from = first, .to = first};
    return r;
}

/* Room for n more rows: first by moving what is kept to the front, then by growing.  Aligned, for the kernels' sake. */
static int make_room(const gws_joint_lane *l, run *r, int64_t n)
{
    if (r->begin + r->n + n <= r->capacity)
        return 0;
    if (r->n + n <= r->capacity && r->begin >= r->n) {
        memcpy(r->x, r->x + r->begin * l->floats, (size_t)(r->n * l->floats) * sizeof *r->x);
        r->begin = 0;
        return 0;
    }
    const int64_t twice = 2 * (r->n + n), capacity = twice > ROWS_AT_FIRST ? twice : ROWS_AT_FIRST;
    float *x = gws_arena_alloc((size_t)(capacity * l->floats) * sizeof *x);
    if (!x)
        return -1;
    if (r->n > 0)
        memcpy(x, r->x + r->begin * l->floats, (size_t)(r->n * l->floats) * sizeof *x);
    gws_arena_free(r->x);
    r->x = x;
    r->capacity = capacity;
    r->begin = 0;
    return 0;
}

static void append(gws_joint_lane *l, run *r, int64_t t, const float *rho, int64_t n)
{
    const int64_t zeros = r->n == 0 ? l->p.history : 0;
    if (make_room(l, r, zeros + n)) {
        l->out_of_memory = 1;
        return;
    }
    if (r->n == 0)
        r->row = t - zeros;
    float *to = r->x + (r->begin + r->n) * l->floats;
    memset(to, 0, (size_t)(zeros * l->floats) * sizeof *to);
    memcpy(to + zeros * l->floats, rho, (size_t)(n * l->floats) * sizeof *to);
    r->n += zeros + n;
}

static void on_rho(void *user, int64_t t, const float *const *rho, int64_t n)
{
    gws_joint_lane *l = user;
    if (l->out_of_memory)
        return;
    run *r = &l->runs[l->n_runs - 1];
    append(l, r, t, rho[0], n);
    const int64_t ready = gws_floor_div(t + n - l->p.wanted, GWS_COHERENT_HOP) + 1;
    r->to = ready > r->to ? ready : r->to;
}

gws_status gws_joint_lane_filter(gws_joint_lane *l)
{
    const float *w = l->w;
    for (int64_t i = 0; i < l->n_pieces && !l->out_of_memory; i++) {
        const piece *p = &l->pieces[i];
        if (p->sample != l->w_next && !begin_run(l, p->sample))
            break;
        l->w_next = p->sample + p->n;
        gws_filtering_push(l->filtering, p->sample, &w, p->n, on_rho, l);
        w += p->n;
    }
    l->n_pieces = l->w_n = 0;
    return l->out_of_memory ? GWS_ENOMEM : GWS_OK;
}

/* ---- rows to those who ask ---- */

/* The next run, if the last one has ended, begins with or after `low`. */
int64_t gws_joint_lane_decided(const gws_joint_lane *l)
{
    const int64_t known = l->n_runs ? l->runs[l->n_runs - 1].to : INT64_MIN;
    if (l->w_next >= l->low && l->w_next != INT64_MIN)
        return known > INT64_MIN ? known : gws_floor_div(l->w_next, STEP);
    if (l->low == INT64_MIN)
        return INT64_MIN;
    const int64_t next = gws_floor_div(l->low + STEP - 1, STEP) + l->p.warmup;
    return next > known ? next : known;
}

int gws_joint_lane_has(const gws_joint_lane *l, int64_t s, int64_t *next)
{
    for (int64_t i = 0; i < l->n_runs; i++) {
        const run *r = &l->runs[i];
        if (s >= r->to || r->from == r->to)
            continue;
        *next = s < r->from ? r->from : r->to;
        return s >= r->from;
    }
    *next = INT64_MAX;
    return 0;
}

const float *gws_joint_lane_row(const gws_joint_lane *l, int64_t s)
{
    for (int64_t i = 0; i < l->n_runs; i++) {
        const run *r = &l->runs[i];
        if (s < r->to) {
            GWS_ASSERT(s >= r->from && GWS_COHERENT_HOP * s - l->p.history >= r->row);
            return r->x + (r->begin + GWS_COHERENT_HOP * s - r->row) * l->floats;
        }
    }
    return NULL;
}

void gws_joint_lane_drop(gws_joint_lane *l, int64_t s)
{
    int64_t gone = 0;
    /* the last run may go on */
    while (gone < l->n_runs - 1 && l->runs[gone].to <= s)
        gws_arena_free(l->runs[gone++].x);
    if (gone > 0)
        memmove(l->runs, l->runs + gone, (size_t)(l->n_runs - gone) * sizeof *l->runs);
    l->n_runs -= gone;
    if (l->n_runs == 0)
        return;
    run *r = &l->runs[0];
    const int64_t keep = GWS_COHERENT_HOP * s - l->p.history, n = keep - r->row < r->n ? keep - r->row : r->n;
    if (n <= 0 || n == r->n)
        return;
    r->row += n;
    r->begin += n;
    r->n -= n;
}

void gws_joint_lane_stats(const gws_joint_lane *l, gws_condition_stats *out)
{
    gws_condition_get_stats(l->condition, out);
}
