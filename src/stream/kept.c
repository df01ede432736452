#include "stream/kept.h"

#include "base/array.h"
#include "base/arena.h"
#include "base/file.h"
#include "strain/whitening.h"
#include "stream/together.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK_S = 64 };

/* Whitened samples that the files of a detector can give. */
static int64_t room_of(const gws_strain_set *set, int ifo, int rate_hz)
{
    gws_strain_info info;
    int64_t n = 0;

    gws_strain_describe(set, ifo, &info);
    for (int i = 0; i < info.n_spans; i++)
        n += (info.spans[i].end - info.spans[i].begin) / (info.rate_hz / rate_hz) + 1;
    return n;
}

int64_t gws_kept_bytes(const gws_strain_set *set, const gws_feed_plan *plan, int rate_hz)
{
    int64_t n = 0;

    for (int i = 0; i < plan->n_ifo; i++)
        n += room_of(set, plan->index[i], rate_hz);
    return n * (int64_t)sizeof(float);
}

/* A detector that is being filled. */
typedef struct filling {
    gws_kept_ifo *k;
    int out_of_memory;
} filling;

static void on_whitened(void *user, int64_t sample, const float *w, int64_t n)
{
    filling *f = user;
    gws_kept_ifo *k = f->k;

    if (f->out_of_memory)
        return;
    GWS_ASSERT(k->n + n <= k->room);
    if (k->n_runs == 0 || k->runs[k->n_runs - 1].end != sample) {
        if (!GWS_ARRAY_ROOM(k->runs, k->run_room, k->n_runs + 1)) {
            f->out_of_memory = 1;
            return;
        }
        k->runs[k->n_runs++] = (gws_kept_run){sample, sample, k->n};
    }
    memcpy(k->w + k->n, w, (size_t)n * sizeof *w);
    k->n += n;
    k->runs[k->n_runs - 1].end += n;
}

static gws_status make_room(gws_kept_ifo *k, const char *work, gws_err *err)
{
    const int64_t bytes = (k->room + 1) * (int64_t)sizeof *k->w;

    k->in_file = work != NULL;
    if (work)
        return (k->w = gws_file_map_scratch(work, bytes, err)) ? GWS_OK : GWS_EIO;
    if (!(k->w = gws_arena_alloc((size_t)bytes)))
        return gws_err_set(err, GWS_ENOMEM, "no memory for %lld samples of whitened strain", (long long)k->room);
    return GWS_OK;
}

gws_status gws_kept_make(gws_strain_set *set, const gws_feed_plan *plan, const gws_condition_params *params, const char *work,
                         gws_kept *out, const gws_progress *progress, gws_err *err)
{
    gws_status status = GWS_OK;

    out->n_ifo = plan->n_ifo;
    for (int i = 0; i < plan->n_ifo && status == GWS_OK; i++) {
        gws_kept_ifo *k = &out->ifo[i];
        filling f = {.k = k};
        k->gains.width = params->reference ? params->reference->filters : 0;
        k->room = room_of(set, plan->index[i], out->rate_hz);
        const gws_strain_whitening how = {.ifo = plan->index[i],
                                          .rate_hz = out->rate_hz,
                                          .params = params,
                                          .chunk_s = CHUNK_S,
                                          .sink = on_whitened,
                                          .user = &f,
                                          .gains = params->reference ? &k->gains : NULL,
                                          .progress = progress ? *progress : (gws_progress){0}};
        if ((status = make_room(k, work, err)) == GWS_OK)
            status = gws_strain_condition(set, &how, NULL, err);
        if (status == GWS_OK && f.out_of_memory)
            status = gws_err_set(err, GWS_ENOMEM, "no memory for the stretches of whitened strain");
    }
    if (status != GWS_OK)
        gws_kept_clear(out);
    return status;
}

void gws_kept_clear(gws_kept *k)
{
    for (int i = 0; i < GWS_MODEL_IFOS; i++) {
        if (k->ifo[i].in_file)
            gws_file_unmap(k->ifo[i].w, (k->ifo[i].room + 1) * (int64_t)sizeof(float));
        else
            gws_arena_free(k->ifo[i].w);
        free(k->ifo[i].runs);
        gws_gains_clear(&k->ifo[i].gains);
    }
    *k = (gws_kept){0};
}

/* The runs of a detector, moved.  returns  how many */
static int64_t moved(const gws_kept_ifo *k, int64_t shift, gws_span *out)
{
    for (int64_t r = 0; r < k->n_runs; r++)
        out[r] = (gws_span){k->runs[r].begin - shift, k->runs[r].end - shift};
    return k->n_runs;
}

gws_status gws_kept_together(const gws_kept *k, const int64_t *shift, gws_span **out, int64_t *n, gws_err *err)
{
    int64_t most = 1;

    for (int i = 0; i < k->n_ifo; i++)
        most += k->ifo[i].n_runs;
    gws_span *const all = malloc(3 * (size_t)most * sizeof *all);
    *out = NULL;
    *n = 0;
    if (!all)
        return gws_err_set(err, GWS_ENOMEM, "no memory for %lld stretches", (long long)most);
    gws_span *have = all, *next = all + most, *const one = all + 2 * most;
    *n = moved(&k->ifo[0], shift[0], have);
    for (int i = 1; i < k->n_ifo; i++) {
        gws_span *swap = have;
        const int64_t n_one = moved(&k->ifo[i], shift[i], one);
        *n = gws_spans_meet(have, *n, one, n_one, next);
        have = next;
        next = swap;
    }
    memmove(all, have, (size_t)*n * sizeof *all);
    *out = all;
    return GWS_OK;
}

const gws_gains *gws_kept_gains(const gws_kept_ifo *k)
{
    return k->gains.width > 0 ? &k->gains : NULL;
}

const float *gws_kept_at(const gws_kept *k, int ifo, int64_t sample)
{
    const gws_kept_ifo *d = &k->ifo[ifo];
    int64_t lo = 0, hi = d->n_runs; /* the last run that begins at or before it */

    while (hi - lo > 1) {
        const int64_t mid = lo + (hi - lo) / 2;
        if (d->runs[mid].begin <= sample)
            lo = mid;
        else
            hi = mid;
    }
    GWS_ASSERT(d->n_runs > 0 && sample >= d->runs[lo].begin && sample < d->runs[lo].end);
    return d->w + d->runs[lo].at + (sample - d->runs[lo].begin);
}
