#include "sim/projected.h"

#include <stdlib.h>
#include <string.h>

/* A signal, and as each detector records it. */
typedef struct kept {
    int64_t number; /* -1: empty */
    gws_wave wave;  /* empty where all detectors are served at once */
    int64_t begin[GWS_MAX_IFO], n[GWS_MAX_IFO];
    double *h[GWS_MAX_IFO]; /* NULL: not asked for yet */
} kept;

struct gws_projected {
    gws_projected_params p;
    kept *kept; /* (p.kept) */
    int next;   /* the one that is replaced next */
};

static void forget(kept *k)
{
    gws_wave_clear(&k->wave);
    for (int d = 0; d < GWS_MAX_IFO; d++)
        free(k->h[d]);
    *k = (kept){.number = -1};
}

gws_projected *gws_projected_create(const gws_projected_params *params, gws_err *err)
{
    GWS_ASSERT(params && params->source && params->approximant && params->n_ifo > 0 && params->n_ifo <= GWS_MAX_IFO &&
               params->kept >= GWS_PROJECTED_AT_ONCE);
    gws_projected *c = calloc(1, sizeof *c);
    if (!c || !(c->kept = calloc((size_t)params->kept, sizeof *c->kept))) {
        free(c);
        gws_err_set(err, GWS_ENOMEM, "no memory for %d signals", params->kept);
        return NULL;
    }
    c->p = *params;
    for (int i = 0; i < params->kept; i++)
        c->kept[i].number = -1;
    return c;
}

void gws_projected_destroy(gws_projected *c)
{
    if (!c)
        return;
    for (int i = 0; i < c->p.kept; i++)
        forget(&c->kept[i]);
    free(c->kept);
    free(c);
}

static gws_status project(const gws_projected_params *p, const gws_wave *wave, int ifo, kept *k, gws_err *err)
{
    gws_project_span(wave, p->site[ifo], &k->begin[ifo], &k->n[ifo]);
    k->h[ifo] = malloc((size_t)(k->n[ifo] + 1) * sizeof *k->h[ifo]);
    if (!k->h[ifo])
        return gws_err_set(err, GWS_ENOMEM, "no memory for a signal of %lld samples", (long long)k->n[ifo]);
    gws_project(wave, p->site[ifo], k->begin[ifo], k->n[ifo], k->h[ifo]);
    return GWS_OK;
}

/* Signals being made side by side. */
typedef struct making {
    const gws_projected_params *p;
    int64_t first;
    kept *slot[GWS_PROJECTED_AT_ONCE];
    gws_status status[GWS_PROJECTED_AT_ONCE];
    gws_err err[GWS_PROJECTED_AT_ONCE];
} making;

static void make_task(void *user, int task, int thread)
{
    making *job = user;
    const gws_projected_params *p = job->p;
    kept *k = job->slot[task];
    gws_err *err = &job->err[task];
    gws_source source;
    (void)thread;
    gws_status status = p->source(p->user, job->first + task, &source, err);
    if (status == GWS_OK)
        status = gws_wave_init(&k->wave, p->approximant, &source, p->rate_hz, p->how, p->taper, err);
    for (int d = 0; d < p->n_ifo && p->which == GWS_PROJECTING_ALL && status == GWS_OK; d++)
        status = project(p, &k->wave, d, k, err);
    if (p->which == GWS_PROJECTING_ALL)
        gws_wave_clear(&k->wave);
    job->status[task] = status;
}

/* The signal that is asked for, of which at least the wave is at hand afterwards. */
static gws_status find(gws_projected *c, const gws_projected_ask *ask, kept **out, gws_err *err)
{
    for (int i = 0; i < c->p.kept; i++)
        if (c->kept[i].number == ask->number) {
            *out = &c->kept[i];
            return GWS_OK;
        }
    making job = {.p = &c->p, .first = ask->number};
    int n = ask->pool && gws_pool_threads(ask->pool) > 1 ? GWS_PROJECTED_AT_ONCE : 1;
    n = ask->end - ask->number < n ? (int)(ask->end - ask->number) : n;
    for (int i = 0; i < n; i++) {
        job.slot[i] = &c->kept[c->next];
        forget(job.slot[i]);
        c->next = (c->next + 1) % c->p.kept;
    }
    gws_pool_run(ask->pool, n, make_task, &job);
    for (int i = 0; i < n; i++) {
        if (job.status[i] == GWS_OK)
            job.slot[i]->number = ask->number + i;
        else
            forget(job.slot[i]);
    }
    *out = job.slot[0];
    return job.status[0] == GWS_OK ? GWS_OK : gws_err_set(err, job.status[0], "%s", job.err[0].text);
}

gws_status gws_projected_add(gws_projected *c, const gws_projected_ask *ask, double *h, gws_err *err)
{
    GWS_ASSERT(c && ask && ask->number >= 0 && ask->end > ask->number && ask->ifo >= 0 && ask->ifo < c->p.n_ifo && h);
    kept *k = NULL;
    const int d = ask->ifo;
    gws_status status = find(c, ask, &k, err);
    if (status == GWS_OK && !k->h[d])
        status = project(&c->p, &k->wave, d, k, err);
    if (status != GWS_OK)
        return status;
    const int64_t first = k->begin[d], last = first + k->n[d], end = ask->begin + ask->n;
    const int64_t from = first > ask->begin ? first : ask->begin, to = last < end ? last : end;
    for (int64_t a = from; a < to; a++)
        h[a - ask->begin] += k->h[d][a - first];
    return GWS_OK;
}
