#include "stream/kept.h"

#include "stream/together.h"

#include <stdlib.h>
#include <string.h>

int64_t gws_kept_bytes(const gws_strain_set *set, const gws_feed_plan *plan, int rate_hz)
{
    int64_t n = 0;

    for (int i = 0; i < plan->n_ifo; i++)
        n += gws_kept_ifo_bytes(set, plan->index[i], rate_hz);
    return n;
}

gws_status gws_kept_make(gws_strain_set *set, const gws_feed_plan *plan, const gws_condition_params *params, const char *work,
                         gws_kept *out, const gws_progress *progress, gws_err *err)
{
    gws_status status = GWS_OK;

    out->n_ifo = plan->n_ifo;
    for (int i = 0; i < plan->n_ifo && status == GWS_OK; i++) {
        const gws_strain_whitening how = {
            .ifo = plan->index[i], .rate_hz = out->rate_hz, .params = params, .progress = progress ? *progress : (gws_progress){0}};
        status = gws_kept_ifo_make(set, &how, work, &out->ifo[i], err);
    }
    if (status != GWS_OK)
        gws_kept_clear(out);
    return status;
}

void gws_kept_clear(gws_kept *k)
{
    for (int i = 0; i < GWS_MODEL_IFOS; i++)
        gws_kept_ifo_clear(&k->ifo[i]);
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
