/* result_events.c - an events file; see results.h. */
#include "report/results.h"

#include "base/clock.h"
#include "base/hdf5.h"
#include "base/number.h"
#include "report/ifar.h"
#include "report/text.h"
#include "search/events.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define ROWS 200
#define CLOUD 2000 /* events that are drawn in time: the loudest */

/* An events file, with the rates where it has them. */
typedef struct list {
    gws_events e;
    gws_far_rate *far;
    double livetime_s;
    int64_t *order; /* by falling statistic */
    int has_far;
} list;

static gws_status load_rates(gws_h5 *f, list *l, gws_err *err)
{
    const int64_t n = l->e.n;
    double *v = malloc(2 * (size_t)(n + 1) * sizeof *v), *limit = v ? v + n + 1 : NULL;
    gws_h5_info info[2];
    gws_status status = v ? GWS_OK : gws_err_set(err, GWS_ENOMEM, "no memory for %lld events", (long long)n);

    if (status == GWS_OK)
        status = gws_h5_stat(f, "/far_per_month", &info[0], err);
    if (status == GWS_OK)
        status = gws_h5_stat(f, "/far_per_month_limit", &info[1], err);
    for (int k = 0; k < 2 && status == GWS_OK; k++)
        if (info[k].ndim != 1 || info[k].shape[0] != n)
            status = gws_err_set(err, GWS_EFORMAT, "%s: rates and events differ in number", gws_h5_path(f));
    if (status == GWS_OK)
        status = gws_h5_read_f64(f, "/far_per_month", 0, n, v, err);
    if (status == GWS_OK)
        status = gws_h5_read_f64(f, "/far_per_month_limit", 0, n, limit, err);
    for (int64_t i = 0; i < n && status == GWS_OK; i++) {
        /* the file does not say on which side the bound is: louder than what has a rate is below */
        const int known = isfinite(v[i]);
        l->far[i] = (gws_far_rate){known                ? GWS_FAR_COUNTED
                                   : isfinite(limit[i]) ? GWS_FAR_BELOW
                                                        : GWS_FAR_NONE,
                                   known ? v[i] : limit[i], 0};
        l->has_far = 1;
    }
    double loudest = -INFINITY;
    for (int64_t i = 0; i < n && status == GWS_OK; i++)
        if (l->far[i].bound == GWS_FAR_COUNTED)
            loudest = fmax(loudest, l->e.stat[i]);
    for (int64_t i = 0; i < n && status == GWS_OK; i++)
        if (l->far[i].bound == GWS_FAR_BELOW && l->e.stat[i] < loudest)
            l->far[i].bound = GWS_FAR_ABOVE;
    free(v);
    return status;
}

typedef struct ranked {
    double stat;
    int64_t index;
} ranked;

static int falling(const void *a, const void *b)
{
    const ranked *x = a, *y = b;

    return x->stat < y->stat ? 1 : x->stat > y->stat ? -1 : (x->index > y->index) - (x->index < y->index);
}

static gws_status rank(list *l, gws_err *err)
{
    ranked *all = malloc((size_t)(l->e.n + 1) * sizeof *all);

    if (!all)
        return gws_err_set(err, GWS_ENOMEM, "no memory for %lld events", (long long)l->e.n);
    for (int64_t i = 0; i < l->e.n; i++)
        all[i] = (ranked){l->e.stat[i], i};
    qsort(all, (size_t)l->e.n, sizeof *all, falling);
    for (int64_t i = 0; i < l->e.n; i++)
        l->order[i] = all[i].index;
    free(all);
    return GWS_OK;
}

static gws_status load(const char *path, list *l, gws_err *err)
{
    gws_h5 *f = NULL;
    gws_status status = gws_events_load(&path, 1, &l->e, err);

    l->livetime_s = (double)NAN;
    if (status == GWS_OK) {
        l->far = calloc((size_t)l->e.n + 1, sizeof *l->far);
        l->order = calloc((size_t)l->e.n + 1, sizeof *l->order);
        if (!l->far || !l->order)
            status = gws_err_set(err, GWS_ENOMEM, "no memory for %lld events", (long long)l->e.n);
    }
    if (status == GWS_OK && !(f = gws_h5_open(path, err)))
        status = err->status;
    if (status == GWS_OK && gws_h5_has_attr(f, "/", "livetime"))
        status = gws_h5_attr_f64(f, "/", "livetime", &l->livetime_s, err);
    if (status == GWS_OK && gws_h5_exists(f, "/far_per_month") && gws_h5_exists(f, "/far_per_month_limit"))
        status = load_rates(f, l, err);
    gws_h5_close(f);
    return status == GWS_OK ? rank(l, err) : status;
}

static void put_table(gws_page *p, const list *l)
{
    static const char *const heads[] = {"", "GPS (s)", "UTC", "statistic", "within (s)", "false alarms / 30 days"};

    gws_page_table(p, heads, l->has_far ? 6 : 5);
    for (int64_t i = 0; i < l->e.n && i < ROWS; i++) {
        const int64_t k = l->order[i], ns = llround(l->e.time_s[k] * (double)GWS_NS);
        const gws_far_rate r = l->far[k];
        char number[24], gps[32], utc[32], stat[24], window[24], far[40];
        snprintf(number, sizeof number, "%lld", (long long)i + 1);
        gws_gps_text(ns, 3, gps);
        gws_utc_text(ns, 3, utc);
        gws_text_print(stat, sizeof stat, "%.4g", l->e.stat[k]);
        gws_text_print(window, sizeof window, "%.3g", l->e.var_s[k]);
        gws_text_print(far, sizeof far, "%s%.3g",
                       r.bound == GWS_FAR_BELOW   ? "< "
                       : r.bound == GWS_FAR_ABOVE ? "> "
                                                  : "",
                       r.per_month);
        gws_page_row(p, (const char *const[]){number, gps, utc, stat, window, r.bound == GWS_FAR_NONE ? "-" : far},
                     l->has_far ? 6 : 5);
    }
    gws_page_table_end(p);
    if (l->e.n > ROWS)
        gws_page_paragraph(p, "The table has the 200 loudest events.");
}

/* Statistic against time, and how many are at least so loud. */
static gws_status put_curves(gws_page *p, const list *l, int number, gws_err *err)
{
    const int64_t n = l->e.n;
    double *x = malloc(4 * (size_t)(n + 1) * sizeof *x), *y = x ? x + n + 1 : NULL, *stat = x ? y + n + 1 : NULL,
           *count = x ? stat + n + 1 : NULL;
    char id[2][48], label[80], zero[32];
    gws_status status = x ? GWS_OK : gws_err_set(err, GWS_ENOMEM, "no memory for %lld events", (long long)n);
    double first = INFINITY;
    int64_t steps = 0;

    for (int64_t i = 0; i < n; i++)
        first = fmin(first, floor(l->e.time_s[i]));
    for (int64_t i = 0; i < n && i < CLOUD && x; i++) {
        x[i] = (l->e.time_s[l->order[i]] - first) / 3600;
        y[i] = l->e.stat[l->order[i]];
    }
    for (int64_t i = n - 1; i >= 0 && x; i--) { /* the loudest is order 0 and stands last */
        if (!gws_curve_keeps(i, n))
            continue;
        stat[steps] = l->e.stat[l->order[i]];
        count[steps++] = (double)(i + 1);
    }
    for (int k = 0; k < 2; k++)
        snprintf(id[k], sizeof id[k], "events-%d-%s", number, k ? "count" : "time");
    gws_gps_text((int64_t)first * GWS_NS, 0, zero);
    snprintf(label, sizeof label, "time from GPS %s (hours)", zero);
    if (status == GWS_OK)
        status = gws_page_curves(
            p,
            &(gws_chart_params){.id = id[0],
                                .title = "Events in time.",
                                .says = n > CLOUD ? "The 2000 loudest." : NULL,
                                .x = {.label = label},
                                .y = {.label = "statistic"}},
            &(gws_curve){.name = "events", .x = x, .y = y, .n = n < CLOUD ? n : CLOUD, .kind = GWS_CURVE_POINTS}, 1, err);
    if (status == GWS_OK)
        status =
            gws_page_curves(p,
                            &(gws_chart_params){.id = id[1],
                                                .title = "Events at least so loud.",
                                                .x = {.label = "statistic"},
                                                .y = {.label = "events", .logarithmic = 1}},
                            &(gws_curve){.name = "events", .x = stat, .y = count, .n = steps, .kind = GWS_CURVE_STEPS}, 1, err);
    free(x);
    return status;
}

gws_status gws_result_put_events(gws_page *p, const char *path, int number, gws_err *err)
{
    list l = {0};
    char id[48], count[32], live[40] = "not in the file";
    gws_status status = load(path, &l, err);

    if (status == GWS_OK) {
        snprintf(count, sizeof count, "%lld", (long long)l.e.n);
        if (isfinite(l.livetime_s))
            gws_text_time(l.livetime_s, live);
        const gws_fact facts[] = {{"events", count}, {"live time of the search", live}};
        gws_page_facts(p, facts, 2);
        if (l.e.n > 0)
            put_table(p, &l);
        gws_page_grid(p);
        if (l.e.n > 0)
            status = put_curves(p, &l, number, err);
        snprintf(id, sizeof id, "events-%d-ifar", number);
        if (status == GWS_OK && l.has_far)
            status = gws_ifar_put(p, id, l.far, l.e.n, l.livetime_s, err);
        gws_page_grid_end(p);
    }
    gws_events_clear(&l.e);
    free(l.far);
    free(l.order);
    return status;
}
