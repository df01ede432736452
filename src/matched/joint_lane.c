#include "matched/joint_lane.h"

#include "base/arena.h"
#include "base/clock.h"
#include "dsp/lane.h"

#include <stdlib.h>
#include <string.h>

enum {
    RATE_HZ = 2048,
    STEP = GWS_DECIMATE * GWS_COHERENT_HOP, /* whitened samples */
    ROWS_AT_FIRST = 16384,
};

/* A run, and the rows of it that are kept: [row, row + n) stand at x + begin * row_floats. */
typedef struct run {
    int64_t from, to; /* usable steps; `to` grows while it goes on */
    float *x;
    int64_t row, begin, n, capacity;
} run;

struct gws_joint_lane {
    gws_joint_lane_params p;
    int64_t floats; /* of a row */
    gws_lane *strain;
    gws_filtering *filtering;
    int64_t w_next; /* end of the last sample that was filtered; INT64_MIN before the first */
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
    l->floats = gws_filters_row(p->filters);
    l->w_next = INT64_MIN;
    if (!(l->strain = gws_lane_create(p->condition, p->rate_hz, RATE_HZ, 0, err)) ||
        !(l->filtering = gws_filtering_create(p->filters, 1, 0, 0, p->pool, err))) {
        gws_joint_lane_destroy(l);
        return NULL;
    }
    gws_filtering_follow(l->filtering, 0, gws_lane_gains(l->strain), 0);
    return l;
}

void gws_joint_lane_destroy(gws_joint_lane *l)
{
    if (!l)
        return;
    gws_lane_destroy(l->strain);
    gws_filtering_destroy(l->filtering);
    for (int64_t i = 0; i < l->n_runs; i++)
        gws_arena_free(l->runs[i].x);
    free(l->runs);
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

void gws_joint_lane_push(gws_joint_lane *l, int64_t begin, const double *h, int64_t n, int64_t end)
{
    GWS_ASSERT(begin + n <= end);
    gws_lane_push(l->strain, begin, h, n);
    gws_lane_push(l->strain, end, NULL, 0);
}

void gws_joint_lane_finish(gws_joint_lane *l)
{
    gws_lane_finish(l->strain);
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
    const gws_lane_held held = gws_lane_look(l->strain);
    const float *w = held.w;
    l->out_of_memory |= gws_lane_lost(l->strain);
    for (int64_t i = 0; i < held.n_runs && !l->out_of_memory; i++) {
        const gws_lane_run *r = &held.runs[i];
        if (r->sample != l->w_next && !begin_run(l, r->sample))
            break;
        l->w_next = r->sample + r->n;
        gws_filtering_push(l->filtering, r->sample, &w, r->n, on_rho, l);
        w += r->n;
    }
    gws_lane_drop(l->strain, held.n);
    return l->out_of_memory ? GWS_ENOMEM : GWS_OK;
}

/* ---- rows to those who ask ---- */

/* The next run, if the last one has ended, begins with or after `low`. */
int64_t gws_joint_lane_decided(const gws_joint_lane *l)
{
    const int64_t known = l->n_runs ? l->runs[l->n_runs - 1].to : INT64_MIN;
    const int64_t low = gws_lane_low(l->strain);
    if (l->w_next >= low && l->w_next != INT64_MIN)
        return known > INT64_MIN ? known : gws_floor_div(l->w_next, STEP);
    if (low == INT64_MIN)
        return INT64_MIN;
    const int64_t next = gws_floor_div(low + STEP - 1, STEP) + l->p.warmup;
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
    gws_lane_get_stats(l->strain, out);
}
