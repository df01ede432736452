#include "stream/filtered.h"

#include "base/arena.h"

#include <string.h>

enum { PIECE = 1 << 15 }; /* samples that are filtered at once */

/* The most rows that a push makes beyond those that were asked for: rows of its own, and those of a batch that began before. */
static int64_t spare(void)
{
    return PIECE / GWS_DECIMATE + 2 * GWS_FILTERS_TAIL;
}

int64_t gws_filtered_bytes(const gws_filters *f, int64_t rows, const gws_pool *pool)
{
    return (rows + spare()) * gws_filters_row(f) * (int64_t)sizeof(float) + gws_filtering_bytes(f, 1, 0, 0, pool);
}

gws_status gws_filtered_create(gws_filtered *w, const gws_filters *f, const gws_kept_ifo *k, int64_t rows, gws_pool *pool,
                               gws_err *err)
{
    *w = (gws_filtered){.f = f, .k = k, .room = rows + spare(), .row = gws_filters_row(f), .begin = INT64_MIN, .run = -1};
    if (!(w->filtering = gws_filtering_create(f, 1, 0, 0, pool, err)))
        return GWS_ENOMEM;
    gws_filtering_follow(w->filtering, 0, gws_kept_ifo_gains(k), 0);
    if (!(w->rho = gws_arena_alloc((size_t)(w->room * w->row) * sizeof *w->rho)))
        return gws_err_set(err, GWS_ENOMEM, "no memory for %lld rows of filtered strain", (long long)rows);
    return GWS_OK;
}

void gws_filtered_clear(gws_filtered *w)
{
    gws_filtering_destroy(w->filtering);
    gws_arena_free(w->rho);
    *w = (gws_filtered){0};
}

static void zeros_up_to(gws_filtered *w, int64_t row)
{
    if (row > w->end)
        memset(w->rho + (w->end - w->begin) * w->row, 0, (size_t)((row - w->end) * w->row) * sizeof *w->rho);
    w->end = row > w->end ? row : w->end;
}

static void on_rho(void *user, int64_t t, const float *const *rho, int64_t n)
{
    gws_filtered *w = user;
    const int64_t skip = w->end - t > 0 ? (w->end - t < n ? w->end - t : n) : 0; /* rows that the window has left behind */

    if (skip == n)
        return;
    zeros_up_to(w, t);
    GWS_ASSERT(w->end + n - skip - w->begin <= w->room);
    memcpy(w->rho + (w->end - w->begin) * w->row, rho[0] + skip * w->row, (size_t)((n - skip) * w->row) * sizeof *w->rho);
    w->end += n - skip;
}

/* The first row that depends on a sample. */
static int64_t row_of(int64_t sample)
{
    return gws_filters_ready(sample);
}

static void drop(gws_filtered *w, int64_t from)
{
    if (w->begin == INT64_MIN || from >= w->end) {
        w->begin = w->end = from;
        return;
    }
    memmove(w->rho, w->rho + (from - w->begin) * w->row, (size_t)((w->end - from) * w->row) * sizeof *w->rho);
    w->begin = from;
}

void gws_filtered_advance(gws_filtered *w, int64_t from, int64_t to)
{
    const gws_kept_ifo *k = w->k;

    GWS_ASSERT(w->begin == INT64_MIN || from >= w->begin);
    drop(w, from);
    while (w->end < to) {
        if (w->run < 0 || w->fed == k->runs[w->run].end) {
            if (w->run + 1 >= k->n_runs || row_of(k->runs[w->run + 1].begin) >= to)
                break;
            w->run++;
            w->fed = k->runs[w->run].begin;
        }
        const gws_kept_run *r = &k->runs[w->run];
        const int64_t n = r->end - w->fed < PIECE ? r->end - w->fed : PIECE;
        const float *x = k->w + r->at + (w->fed - r->begin);
        gws_filtering_push(w->filtering, w->fed, &x, n, on_rho, w);
        w->fed += n;
    }
    zeros_up_to(w, to);
}
