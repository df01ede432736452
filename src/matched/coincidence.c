#include "matched/coincidence.h"

#include "base/array.h"
#include "base/clock.h"
#include "gw/antenna.h"
#include "search/background.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

gws_coincidence_params gws_coincidence_defaults(void)
{
    return (gws_coincidence_params){.pad_s = 0.005, .cluster_s = 1, .threshold = 0};
}

/* The network of detectors: how far apart arrivals may lie, and the window of clustering. */
typedef struct network {
    const gws_singles *r;
    const gws_coincidence_params *p;
    int64_t apart[GWS_MAX_IFO][GWS_MAX_IFO]; /* samples that arrivals may lie apart */
    int64_t cluster;
} network;

/* Events so far. */
typedef struct list {
    gws_coincidence *all;
    int64_t n, capacity;
} list;

static gws_status network_init(network *w, const gws_singles *r, const gws_coincidence_params *p, gws_err *err)
{
    *w = (network){.r = r, .p = p};
    if (!(p->pad_s >= 0 && p->pad_s <= 1 && p->cluster_s >= 0 && p->cluster_s <= 1e4) || isnan(p->threshold))
        return gws_err_set(err, GWS_EARG,
                           "coincidence: pad %g s, clusters of %g s, threshold %g: wanted 0 to 1 s, 0 to 1e4 s, a number", p->pad_s,
                           p->cluster_s, p->threshold);
    w->cluster = llround(p->cluster_s * r->rate_hz);
    for (int a = 0; a < r->n_ifo && r->n_ifo > 1; a++) {
        const gws_site *site = gws_site_find(r->ifo[a].ifo);
        if (!site)
            return gws_err_set(err, GWS_EDATA, "%s: a detector of unknown site cannot be searched together with others",
                               r->ifo[a].ifo);
        for (int b = 0; b < a; b++) {
            double light_s = gws_light_travel_s(site, gws_site_find(r->ifo[b].ifo));
            w->apart[a][b] = w->apart[b][a] = (int64_t)floor((light_s + p->pad_s) * r->rate_hz);
        }
    }
    return GWS_OK;
}

static gws_status append(list *l, const gws_coincidence *e, gws_err *err)
{
    if (!GWS_ARRAY_ROOM(l->all, l->capacity, l->n + 1))
        return gws_err_set(err, GWS_ENOMEM, "coincidence: no memory for %lld events", (long long)l->n + 1);
    l->all[l->n++] = *e;
    return GWS_OK;
}

static gws_status close_event(const network *w, const int64_t *shift, gws_coincidence *e, list *l, gws_err *err)
{
    double sum = 0;
    int64_t first = 0, offset = 0, members = 0;
    for (int d = 0; d < w->r->n_ifo; d++) {
        if (e->trigger[d] < 0)
            continue;
        const gws_single *t = &w->r->ifo[d].triggers[e->trigger[d]];
        int64_t at = t->sample + shift[d];
        if (members++ == 0)
            first = at;
        offset += at - first;
        sum += t->new_snr * t->new_snr;
        e->template_index = t->template_index;
    }
    e->stat = sqrt(sum);
    /* The mean from the first one on: whole nanoseconds without an overflow. */
    e->gps_ns = gws_ns_of_sample(first, w->r->rate_hz) + llround((double)offset / (double)members * 1e9 / w->r->rate_hz);
    return e->stat > w->p->threshold ? append(l, e, err) : GWS_OK;
}

/* Triggers [from, to) of a detector that share a template. */
typedef struct range {
    int64_t from, to;
} range;

/* First trigger of a range at or after a moved sample. */
static int64_t at_or_after(const gws_singles_ifo *o, range x, int64_t sample)
{
    while (x.from < x.to) {
        int64_t mid = x.from + (x.to - x.from) / 2;
        if (o->triggers[mid].sample < sample)
            x.from = mid + 1;
        else
            x.to = mid;
    }
    return x.from;
}

/* The loudest trigger of detector d that is near every member so far, or -1. */
static int64_t companion(const network *w, const int64_t *shift, const gws_coincidence *e, int d, range x)
{
    int64_t lo = INT64_MIN, hi = INT64_MAX, best = -1;
    for (int i = 0; i < d; i++)
        if (e->trigger[i] >= 0) {
            int64_t at = w->r->ifo[i].triggers[e->trigger[i]].sample + shift[i] - shift[d];
            lo = at - w->apart[i][d] > lo ? at - w->apart[i][d] : lo;
            hi = at + w->apart[i][d] < hi ? at + w->apart[i][d] : hi;
        }
    const gws_singles_ifo *o = &w->r->ifo[d];
    for (int64_t k = at_or_after(o, x, lo); k < x.to && o->triggers[k].sample <= hi; k++)
        if (best < 0 || o->triggers[k].new_snr > o->triggers[best].new_snr)
            best = k;
    return best;
}

/* All pairs of one template, each with what other detectors add. */
static gws_status pairs_of_template(const network *w, const int64_t *shift, const range *x, list *l, gws_err *err)
{
    gws_status status = GWS_OK;
    for (int a = 0; a < w->r->n_ifo; a++)
        for (int b = a + 1; b < w->r->n_ifo; b++)
            for (int64_t i = x[a].from; i < x[a].to; i++) {
                int64_t at = w->r->ifo[a].triggers[i].sample + shift[a] - shift[b];
                const gws_singles_ifo *o = &w->r->ifo[b];
                for (int64_t k = at_or_after(o, x[b], at - w->apart[a][b]);
                     k < x[b].to && o->triggers[k].sample <= at + w->apart[a][b]; k++) {
                    gws_coincidence e = {0};
                    for (int d = 0; d < GWS_MAX_IFO; d++)
                        e.trigger[d] = -1;
                    e.trigger[a] = i;
                    e.trigger[b] = k;
                    for (int d = b + 1; d < w->r->n_ifo; d++)
                        e.trigger[d] = companion(w, shift, &e, d, x[d]);
                    if ((status = close_event(w, shift, &e, l, err)) != GWS_OK)
                        return status;
                }
            }
    return status;
}

static int by_time(const void *a, const void *b)
{
    const gws_coincidence *x = a, *y = b;
    if (x->gps_ns != y->gps_ns)
        return x->gps_ns < y->gps_ns ? -1 : 1;
    if (x->stat != y->stat)
        return x->stat > y->stat ? -1 : 1;
    if (x->template_index != y->template_index)
        return x->template_index < y->template_index ? -1 : 1;
    return memcmp(x->trigger, y->trigger, sizeof x->trigger);
}

typedef struct rank {
    double stat;
    int64_t index; /* in order of time */
} rank;

static int by_stat(const void *a, const void *b)
{
    const rank *x = a, *y = b;
    if (x->stat != y->stat)
        return x->stat > y->stat ? -1 : 1;
    return x->index < y->index ? -1 : x->index > y->index;
}

/* Go from the loudest event down; each event that is left removes its neighbours. */
static gws_status cluster(const network *w, list *l, gws_err *err)
{
    int64_t reach_ns = gws_ns_of_sample(w->cluster, w->r->rate_hz), kept = 0;
    if (l->n == 0)
        return GWS_OK;
    rank *order = malloc((size_t)l->n * sizeof *order);
    if (!order)
        return gws_err_set(err, GWS_ENOMEM, "coincidence: no memory for %lld events", (long long)l->n);
    qsort(l->all, (size_t)l->n, sizeof *l->all, by_time);
    for (int64_t i = 0; i < l->n; i++)
        order[i] = (rank){l->all[i].stat, i};
    qsort(order, (size_t)l->n, sizeof *order, by_stat);
    for (int64_t i = 0; i < l->n; i++) {
        int64_t k = order[i].index, at = l->all[k].gps_ns;
        if (isnan(l->all[k].stat)) /* taken away */
            continue;
        for (int64_t j = k - 1; j >= 0 && at - l->all[j].gps_ns <= reach_ns; j--)
            l->all[j].stat = (double)NAN;
        for (int64_t j = k + 1; j < l->n && l->all[j].gps_ns - at <= reach_ns; j++)
            l->all[j].stat = (double)NAN;
    }
    for (int64_t i = 0; i < l->n; i++)
        if (!isnan(l->all[i].stat))
            l->all[kept++] = l->all[i];
    l->n = kept;
    free(order);
    return GWS_OK;
}

/* Events with detector d moved by shift[d] samples, clustered. */
static gws_status find(const network *w, const int64_t *shift, list *l, gws_err *err)
{
    const gws_singles *r = w->r;
    gws_status status = GWS_OK;
    range x[GWS_MAX_IFO] = {{0, 0}};
    for (int64_t i = 0; r->n_ifo == 1 && i < r->ifo[0].n && status == GWS_OK; i++) {
        gws_coincidence e = {.trigger = {i, -1, -1, -1, -1}};
        status = close_event(w, shift, &e, l, err);
    }
    while (r->n_ifo > 1 && status == GWS_OK) {
        int32_t template = INT32_MAX;
        for (int d = 0; d < r->n_ifo; d++)
            if (x[d].to < r->ifo[d].n && r->ifo[d].triggers[x[d].to].template_index < template)
                template = r->ifo[d].triggers[x[d].to].template_index;
        if (template == INT32_MAX)
            break;
        for (int d = 0; d < r->n_ifo; d++) {
            x[d].from = x[d].to;
            while (x[d].to < r->ifo[d].n && r->ifo[d].triggers[x[d].to].template_index == template)
                x[d].to++;
        }
        status = pairs_of_template(w, shift, x, l, err);
    }
    return status == GWS_OK ? cluster(w, l, err) : status;
}

gws_status gws_coincidence_find(const gws_singles *r, const gws_coincidence_params *params, gws_coincidence **out, int64_t *n,
                                gws_err *err)
{
    GWS_ASSERT(r && params && out && n && r->n_ifo >= 1);
    static const int64_t still[GWS_MAX_IFO];
    network w;
    list l = {0};
    *out = NULL;
    *n = 0;
    gws_status status = network_init(&w, r, params, err);
    if (status == GWS_OK)
        status = find(&w, still, &l, err);
    if (status != GWS_OK) {
        free(l.all);
        return status;
    }
    *out = l.all;
    *n = l.n;
    return GWS_OK;
}

/* ---- background ---- */

typedef struct edge {
    int64_t at;
    int change;
} edge;

static int by_place(const void *a, const void *b)
{
    const edge *x = a, *y = b;
    return x->at < y->at ? -1 : x->at > y->at;
}

/* Samples in which at least two detectors (one where there is but one) were searched, moved by shift.
 *   edges  scratch for two a stretch of any detector */
static int64_t time_together(const gws_singles *r, const int64_t *shift, edge *edges)
{
    int64_t n = 0, sum = 0;
    int live = 0, wanted = r->n_ifo > 1 ? 2 : 1;
    for (int d = 0; d < r->n_ifo; d++)
        for (int i = 0; i < r->ifo[d].n_live; i++) {
            edges[n++] = (edge){r->ifo[d].live[i].begin + shift[d], 1};
            edges[n++] = (edge){r->ifo[d].live[i].end + shift[d], -1};
        }
    qsort(edges, (size_t)n, sizeof *edges, by_place);
    for (int64_t i = 0; i < n; i++) {
        if (i > 0 && live >= wanted)
            sum += edges[i].at - edges[i - 1].at;
        live += edges[i].change;
    }
    return sum;
}

static edge *make_edges(const gws_singles *r)
{
    size_t n = 1;
    for (int d = 0; d < r->n_ifo; d++)
        n += 2 * (size_t)r->ifo[d].n_live;
    return malloc(n * sizeof(edge));
}

double gws_coincidence_livetime_s(const gws_singles *r)
{
    static const int64_t still[GWS_MAX_IFO];
    edge *edges = make_edges(r);
    double s = edges ? (double)time_together(r, still, edges) / r->rate_hz : (double)NAN;
    free(edges);
    return s;
}

typedef struct slide {
    float *stat;
    int64_t n, together; /* samples */
    gws_status status;
    gws_err err;
} slide;

typedef struct background {
    const network *w;
    slide *slides;
    int64_t step; /* samples */
} background;

static void run_slide(void *user, int task, int thread)
{
    background *b = user;
    slide *s = &b->slides[task];
    int64_t shift[GWS_MAX_IFO];
    list l = {0};
    for (int d = 0; d < GWS_MAX_IFO; d++)
        shift[d] = gws_slide_shift(task + 1, d, b->step);
    edge *edges = make_edges(b->w->r);
    if (!edges) {
        s->status = gws_err_set(&s->err, GWS_ENOMEM, "background: no memory");
        return;
    }
    s->together = time_together(b->w->r, shift, edges);
    free(edges);
    if (s->together > 0)
        s->status = find(b->w, shift, &l, &s->err);
    if (s->status == GWS_OK && l.n > 0) {
        s->stat = malloc((size_t)l.n * sizeof *s->stat);
        if (!s->stat)
            s->status = gws_err_set(&s->err, GWS_ENOMEM, "background: no memory for %lld events", (long long)l.n);
        for (int64_t i = 0; s->stat && i < l.n; i++)
            s->stat[i] = (float)l.all[i].stat;
        s->n = l.n;
    }
    free(l.all);
}

gws_status gws_coincidence_background(const gws_singles *r, const gws_coincidence_params *params, int slides, double step_s,
                                      gws_pool *pool, gws_calibration *out, gws_err *err)
{
    GWS_ASSERT(r && params && out && r->n_ifo >= 1);
    *out = (gws_calibration){.complete =
                                 1}; /* events of the slides are found as those of the search are, down to the same threshold */
    network w;
    background b = {.w = &w, .step = llround(step_s * r->rate_hz)};
    int64_t widest = 0, total = 0;
    gws_status status = network_init(&w, r, params, err);
    if (status != GWS_OK)
        return status;
    if (r->n_ifo < 2)
        return gws_err_set(err, GWS_EDATA, "time slides move detectors against one another; the input has %s only", r->ifo[0].ifo);
    for (int i = 0; i < r->n_ifo; i++)
        for (int k = 0; k < i; k++)
            widest = w.apart[i][k] > widest ? w.apart[i][k] : widest;
    if (slides < 1 || slides > GWS_SLIDES_MAX || !(step_s <= 1e6) || b.step <= 2 * widest)
        return gws_err_set(err, GWS_EARG, "background: %d slides of %g s, wanted 1 to %d of more than %g s", slides, step_s,
                           GWS_SLIDES_MAX, 2.0 * (double)widest / r->rate_hz);
    b.slides = calloc((size_t)slides, sizeof *b.slides);
    if (!b.slides)
        return gws_err_set(err, GWS_ENOMEM, "background: no memory for %d slides", slides);
    gws_pool_run(pool, slides, run_slide, &b);
    for (int i = 0; i < slides && status == GWS_OK; i++) {
        total += b.slides[i].n;
        out->livetime_s += (double)b.slides[i].together / r->rate_hz;
        if ((status = b.slides[i].status) != GWS_OK && err)
            *err = b.slides[i].err;
    }
    if (status == GWS_OK && !(out->livetime_s > 0))
        status =
            gws_err_set(err, GWS_EDATA, "background: no slide of %g s or more leaves the detectors any time in common", step_s);
    if (status == GWS_OK)
        status = gws_calibration_begin(out, total, err);
    for (int i = 0; i < slides; i++) {
        if (status == GWS_OK)
            gws_calibration_add(out, b.slides[i].stat, b.slides[i].n);
        free(b.slides[i].stat);
    }
    free(b.slides);
    if (status == GWS_OK)
        gws_calibration_sort(out);
    else
        gws_calibration_clear(out);
    return status;
}
