#include "search/ranking.h"

#include "search/p_astro.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Backgrounds of one model. */
typedef struct combination {
    const gws_background **of;
    int n_of;
    double threshold; /* above it every file has all */
    double *stat;     /* (n) descending, what is left */
    int64_t n;
    double livetime_s;
    int64_t n_above; /* of the fit */
    double alpha;
} combination;

struct gws_ranking {
    gws_head head;
    double fit_above;
    combination *combos; /* (n of room) the model's own first */
    int n, room;
    double *removed_s; /* (n_removed) */
    int64_t n_removed;
};

static int descending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x < y) - (x > y);
}

static int64_t count_at_or_above(const combination *c, double stat)
{
    int64_t lo = 0, hi = c->n;

    while (lo < hi) {
        const int64_t mid = lo + (hi - lo) / 2;
        if (c->stat[mid] >= stat)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* ---- what is left of the slides ---- */

static int is_removed(const gws_ranking *r, const gws_background *b, int64_t slide, double time_s)
{
    for (int64_t e = 0; e < r->n_removed; e++)
        for (int i = 0; i < b->n_ifo; i++)
            if (fabs(time_s + b->shift_s[slide * b->n_ifo + i] - r->removed_s[e]) <= GWS_REMOVE_S)
                return 1;
    return 0;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Seconds of a stretch of a slide that lie near an event that was taken out.  at: room for n_ifo*n_removed times. */
static double removed_of(const gws_ranking *r, const gws_background *b, int64_t live, double *at)
{
    const double *shift = b->shift_s + b->live_slide[live] * b->n_ifo;
    double end = b->live_begin_s[live], sum = 0;
    size_t n = 0;

    for (int64_t e = 0; e < r->n_removed; e++)
        for (int i = 0; i < b->n_ifo; i++)
            at[n++] = r->removed_s[e] - shift[i];
    qsort(at, n, sizeof *at, by_value);
    for (size_t k = 0; k < n; k++) {
        const double from = fmax(at[k] - GWS_REMOVE_S, end), to = fmin(at[k] + GWS_REMOVE_S, b->live_end_s[live]);
        if (to > from) {
            sum += to - from;
            end = to;
        }
    }
    return sum;
}

static void fit(const gws_ranking *r, combination *c)
{
    double sum = 0;

    if (isnan(r->fit_above))
        return;
    c->n_above = count_at_or_above(c, r->fit_above);
    for (int64_t i = 0; i < c->n_above; i++)
        sum += c->stat[i] - r->fit_above;
    c->alpha = (double)c->n_above / sum;
}

/* Count again what is left. */
static gws_status recount(const gws_ranking *r, combination *c, gws_err *err)
{
    c->n = 0;
    c->livetime_s = 0;
    for (int k = 0; k < c->n_of; k++) {
        const gws_background *b = c->of[k];
        const gws_background_head *h = &b->head[r->head];
        for (int64_t i = 0; i < h->n; i++)
            if (h->stat[i] > c->threshold && gws_background_is_slide(b, h->slide[i]) &&
                !is_removed(r, b, h->slide[i], h->time_s[i]))
                c->stat[c->n++] = h->stat[i];
        c->livetime_s += h->total_s;
        if (r->n_removed == 0)
            continue;
        double *at = malloc((size_t)(r->n_removed * b->n_ifo) * sizeof *at);
        if (!at)
            return gws_err_set(err, GWS_ENOMEM, "no memory for %lld events taken out of the background", (long long)r->n_removed);
        for (int64_t i = 0; i < b->n_live; i++)
            c->livetime_s -= gws_background_is_slide(b, b->live_slide[i]) ? removed_of(r, b, i, at) : 0.0;
        free(at);
    }
    qsort(c->stat, (size_t)c->n, sizeof *c->stat, descending);
    fit(r, c);
    return GWS_OK;
}

gws_status gws_ranking_remove(gws_ranking *r, double time_s, gws_err *err)
{
    double *more = realloc(r->removed_s, (size_t)(r->n_removed + 1) * sizeof *more);
    gws_status status = GWS_OK;

    if (!more)
        return gws_err_set(err, GWS_ENOMEM, "no memory for %lld events taken out of the background", (long long)r->n_removed + 1);
    r->removed_s = more;
    r->removed_s[r->n_removed++] = time_s;
    for (int i = 0; i < r->n && status == GWS_OK; i++)
        status = recount(r, &r->combos[i], err);
    return status;
}

/* ---- which backgrounds go together ---- */

int gws_ranking_is_of(const gws_background *b, int n_ifo, const char (*ifo)[4])
{
    int same = b->n_ifo == n_ifo;

    for (int i = 0; same && i < n_ifo; i++)
        same = strcmp(b->ifo[i], ifo[i]) == 0;
    return same;
}

static int same_detectors(const gws_background *a, const gws_background *b)
{
    return gws_ranking_is_of(a, b->n_ifo, b->ifo);
}

/* Returns not 0 when a stretch of a slide is in both backgrounds.  Slides and stretches are in order, as gwspike background writes
 * them. */
static int overlap(const gws_background *a, const gws_background *b)
{
    for (int64_t i = 0, k = 0; i < a->n_live && k < b->n_live;) {
        const double *x = a->shift_s + a->live_slide[i] * a->n_ifo, *y = b->shift_s + b->live_slide[k] * b->n_ifo;
        double order = 0;
        for (int d = 0; d < a->n_ifo && order == 0; d++)
            order = x[d] - y[d];
        if (order == 0 && gws_background_is_slide(a, a->live_slide[i]) && a->live_begin_s[i] < b->live_end_s[k] &&
            b->live_begin_s[k] < a->live_end_s[i])
            return 1;
        if (order < 0 || (order == 0 && a->live_end_s[i] <= b->live_end_s[k]))
            i++;
        else
            k++;
    }
    return 0;
}

/* Live times that are the same time would be counted twice. */
static gws_status check_overlaps(const gws_background *b, const char *const *names, int n, gws_err *err)
{
    for (int i = 1; i < n; i++)
        for (int k = 0; k < i; k++)
            if (strcmp(b[i].model, b[k].model) == 0 && same_detectors(&b[i], &b[k]) && overlap(&b[i], &b[k]))
                return gws_err_set(err, GWS_EDATA, "%s and %s: the same slides of the same time, which would count twice", names[k],
                                   names[i]);
    return GWS_OK;
}

/* Put a background where it belongs. */
static gws_status add(gws_ranking *r, int own, const gws_background *b, const char *name, const gws_ranking_params *p, gws_err *err)
{
    const gws_background *first = own ? NULL : r->combos[0].of[0];
    combination *c = own ? &r->combos[0] : NULL;

    if (first && same_detectors(first, b))
        return gws_err_set(err, GWS_EDATA, "%s: background of another model (SHA-256 %.12s...) than %s (%.12s...)", name, b->model,
                           p->name, p->model);
    if (!b->head[r->head].livetime_s)
        return gws_err_set(err, GWS_EDATA, "%s: no background of the %s head", name,
                           r->head == GWS_HEAD_LINEAR ? "linear" : "spiking");
    if (own && p->filter_s > 0 && b->filter_s > 0 && (b->filter_s != p->filter_s || b->ahead_s != p->ahead_s))
        return gws_err_set(err, GWS_EDATA,
                           "%s: measured with a whitening filter of %g s, %g s of it ahead; the search has %g s, %g s of it ahead",
                           name, b->filter_s, b->ahead_s, p->filter_s, p->ahead_s);
    for (int i = 1; i < r->n && !c; i++)
        if (strcmp(r->combos[i].of[0]->model, b->model) == 0)
            c = &r->combos[i];
    if (!c)
        c = &r->combos[r->n++];
    if (c->n_of == 0 || b->head[r->head].threshold > c->threshold)
        c->threshold = b->head[r->head].threshold;
    c->of[c->n_of++] = b;
    c->n += b->head[r->head].n;
    return GWS_OK;
}

static gws_status allocate(gws_ranking *r, int n, gws_err *err)
{
    r->n = 1;
    r->room = n + 1;
    r->combos = calloc((size_t)r->room, sizeof *r->combos);
    for (int i = 0; r->combos && i < r->room; i++)
        if (!(r->combos[i].of = calloc((size_t)n, sizeof *r->combos[i].of)))
            return gws_err_set(err, GWS_ENOMEM, "no memory for %d backgrounds", n);
    return r->combos ? GWS_OK : gws_err_set(err, GWS_ENOMEM, "no memory for %d backgrounds", n);
}

static gws_status begin(gws_ranking *r, combination *c, gws_err *err)
{
    if (!isnan(r->fit_above) && r->fit_above < c->threshold)
        return gws_err_set(err, GWS_EARG, "fit above %g: the background was kept above %g only", r->fit_above, c->threshold);
    if (!(c->stat = malloc((size_t)(c->n + 1) * sizeof *c->stat)))
        return gws_err_set(err, GWS_ENOMEM, "no memory for a background of %lld triggers", (long long)c->n);
    gws_status status = recount(r, c, err);
    if (status == GWS_OK && !(c->livetime_s > 0))
        status = gws_err_set(err, GWS_EDATA, "the background has no live time");
    if (status == GWS_OK && !isnan(r->fit_above) && (c->n_above < 2 || !isfinite(c->alpha)))
        status = gws_err_set(err, GWS_EARG, "fit above %g: %lld triggers of the background there, wanted 2 different ones or more",
                             r->fit_above, (long long)c->n_above);
    return status;
}

gws_ranking *gws_ranking_create(const gws_background *b, const char *const *names, int n, const gws_ranking_params *p, gws_err *err)
{
    gws_ranking *r = calloc(1, sizeof *r);
    int same_model = -1;

    GWS_ASSERT(b && names && n > 0 && p);
    if (!r) {
        gws_err_set(err, GWS_ENOMEM, "no memory for %d backgrounds", n);
        return NULL;
    }
    r->head = p->head;
    r->fit_above = p->fit_above;
    if (allocate(r, n, err) != GWS_OK || check_overlaps(b, names, n, err) != GWS_OK)
        goto fail;
    for (int i = 0; i < n; i++) {
        const gws_background *first = r->combos[0].n_of ? r->combos[0].of[0] : &b[i];
        const int n_ifo = p->n_ifo ? p->n_ifo : first->n_ifo;
        if (strcmp(b[i].model, p->model) != 0)
            continue;
        same_model = i;
        if (gws_ranking_is_of(&b[i], n_ifo, p->n_ifo ? p->ifo : first->ifo) && add(r, 1, &b[i], names[i], p, err) != GWS_OK)
            goto fail;
    }
    if (r->combos[0].n_of == 0 && same_model >= 0) {
        gws_err_set(err, GWS_EDATA, "%s: background of other detectors of %s than were searched", names[same_model], p->name);
        goto fail;
    }
    if (r->combos[0].n_of == 0) {
        gws_err_set(err, GWS_EDATA, "%s: background of another model (SHA-256 %.12s...) than %s (%.12s...)", names[0], b[0].model,
                    p->name, p->model);
        goto fail;
    }
    for (int i = 0; i < n; i++)
        if (strcmp(b[i].model, p->model) != 0 && add(r, 0, &b[i], names[i], p, err) != GWS_OK)
            goto fail;
    for (int i = 0; i < r->n; i++)
        if (begin(r, &r->combos[i], err) != GWS_OK)
            goto fail;
    return r;
fail:
    gws_ranking_destroy(r);
    return NULL;
}

void gws_ranking_destroy(gws_ranking *r)
{
    if (!r)
        return;
    for (int i = 0; r->combos && i < r->room; i++) {
        free((void *)r->combos[i].of);
        free(r->combos[i].stat);
    }
    free(r->combos);
    free(r->removed_s);
    free(r);
}

/* ---- rates ---- */

static int was_on(const combination *c, double time_s)
{
    for (int k = 0; k < c->n_of; k++)
        for (int64_t i = 0; i < c->of[k]->n_on; i++)
            if (time_s >= c->of[k]->on_begin_s[i] && time_s < c->of[k]->on_end_s[i])
                return 1;
    return 0;
}

static gws_far_rate rate_of(const gws_ranking *r, const combination *c, double stat)
{
    const double per = GWS_MONTH_S / c->livetime_s;

    if (isnan(stat) || !(c->livetime_s > 0))
        return (gws_far_rate){GWS_FAR_NONE, (double)NAN, 0.0};
    if (!isnan(r->fit_above) && stat >= r->fit_above && c->n_above >= 2 && isfinite(c->alpha)) {
        const double n = (double)c->n_above, x = c->alpha * (stat - r->fit_above), rate = n * exp(-x) * per;
        return (gws_far_rate){GWS_FAR_FITTED, rate, rate * sqrt((1 + x * x) / n)};
    }
    const int64_t n = count_at_or_above(c, stat);
    const gws_far_bound bound = stat <= c->threshold ? GWS_FAR_ABOVE : n == 0 ? GWS_FAR_BELOW : GWS_FAR_COUNTED;
    return (gws_far_rate){bound, (double)(n + 1) * per, 0.0};
}

/* A sum is above what its parts are above; it is a number where one part is; and below where all are. */
static gws_far_rate sum_of(gws_far_rate a, gws_far_rate b)
{
    gws_far_rate s = {a.bound, a.per_month + b.per_month, hypot(a.sigma_per_month, b.sigma_per_month)};

    if (a.bound == GWS_FAR_ABOVE || b.bound == GWS_FAR_ABOVE) {
        s.bound = GWS_FAR_ABOVE;
        s.sigma_per_month = 0;
        s.per_month = a.bound == GWS_FAR_BELOW ? b.per_month : b.bound == GWS_FAR_BELOW ? a.per_month : s.per_month;
    } else if (a.bound == GWS_FAR_FITTED || b.bound == GWS_FAR_FITTED) {
        s.bound = GWS_FAR_FITTED;
    } else if (a.bound == GWS_FAR_COUNTED || b.bound == GWS_FAR_COUNTED) {
        s.bound = GWS_FAR_COUNTED;
    }
    return s;
}

gws_far_rate gws_ranking_at(const gws_ranking *r, double stat, double time_s)
{
    gws_far_rate sum = rate_of(r, &r->combos[0], stat);

    for (int i = 1; i < r->n && sum.bound != GWS_FAR_NONE; i++)
        if (was_on(&r->combos[i], time_s))
            sum = sum_of(sum, rate_of(r, &r->combos[i], stat));
    return sum;
}

typedef struct ranked {
    double stat;
    int64_t index;
} ranked;

static int loudest_first(const void *a, const void *b)
{
    const ranked *x = a, *y = b;

    if (x->stat != y->stat)
        return x->stat < y->stat ? 1 : -1;
    return (x->index > y->index) - (x->index < y->index);
}

gws_status gws_ranking_events(gws_ranking *r, int64_t n, const double *stat, const double *time_s, gws_far_rate *out,
                              int64_t *removed, gws_err *err)
{
    ranked *order = malloc((size_t)(n + 1) * sizeof *order);
    gws_status status = GWS_OK;
    int64_t i = 0;

    if (!order)
        return gws_err_set(err, GWS_ENOMEM, "no memory for %lld events", (long long)n);
    for (int64_t k = 0; k < n; k++)
        order[k] = (ranked){stat[k], k};
    qsort(order, (size_t)n, sizeof *order, loudest_first);
    for (; removed && i < n && status == GWS_OK; i++) {
        const int64_t k = order[i].index;
        if (stat[k] <= r->combos[0].threshold || count_at_or_above(&r->combos[0], stat[k]) > 0)
            break;
        out[k] = gws_ranking_at(r, stat[k], time_s[k]);
        status = gws_ranking_remove(r, time_s[k], err);
    }
    if (removed)
        *removed = i;
    for (; i < n; i++)
        out[order[i].index] = gws_ranking_at(r, order[i].stat, time_s[order[i].index]);
    free(order);
    return status;
}

double gws_ranking_slope(const gws_ranking *r, int64_t n)
{
    const combination *c = &r->combos[0];
    double sum = 0;

    if (n > c->n)
        n = c->n;
    for (int64_t i = 0; i < n; i++)
        sum += c->stat[i] - c->stat[n - 1];
    return gws_p_astro_tail(sum, n);
}

double gws_ranking_loudest(const gws_ranking *r)
{
    return r->combos[0].n > 0 ? r->combos[0].stat[0] : (double)NAN;
}

double gws_ranking_livetime_s(const gws_ranking *r)
{
    return r->combos[0].livetime_s;
}

int64_t gws_ranking_triggers(const gws_ranking *r)
{
    return r->combos[0].n;
}
