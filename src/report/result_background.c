/* result_background.c - a background of time slides; see results.h. */
#include "report/results.h"

#include "base/number.h"
#include "report/text.h"
#include "search/background.h"
#include "search/far.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return x < y ? 1 : x > y ? -1 : 0;
}

/* Statistic, falling, against the rate of those at least as loud; zero lag is no background. */
static int64_t curve_of(const gws_background *b, int head, double *stat, double *rate, double *low, double *high)
{
    const gws_background_head *h = &b->head[head];
    int64_t n = 0;

    for (int64_t i = 0; i < h->n; i++)
        if (gws_background_is_slide(b, h->slide[i]))
            stat[n++] = h->stat[i];
    qsort(stat, (size_t)n, sizeof *stat, by_size);
    const int64_t all = n;
    n = 0;
    for (int64_t i = 0; i < all; i++) {
        const double unit = GWS_MONTH_S / h->total_s, count = (double)(i + 1);
        if (!gws_curve_keeps(i, all))
            continue;
        stat[n] = stat[i];
        rate[n] = count * unit;
        low[n] = fmax(count - sqrt(count), 0.3) * unit;
        high[n++] = (count + sqrt(count)) * unit;
    }
    for (int64_t i = 0; i < n / 2; i++) { /* curves have rising x */
        double *const columns[] = {stat, rate, low, high};
        for (int k = 0; k < 4; k++) {
            const double t = columns[k][i];
            columns[k][i] = columns[k][n - 1 - i];
            columns[k][n - 1 - i] = t;
        }
    }
    return n;
}

static gws_status put_rates(gws_page *p, const gws_background *b, int number, gws_err *err)
{
    static const char *const names[2] = {"spiking head", "linear head"};
    char id[40];
    gws_status status = GWS_OK;
    gws_chart *c;

    snprintf(id, sizeof id, "background-%d-rate", number);
    c = gws_chart_create(&(gws_chart_params){.id = id,
                                             .title = "False alarms against the statistic.",
                                             .says = "Triggers of the slides that are at least as loud, in 30 days of the "
                                                     "background's live time; bands are the root of their number.",
                                             .x = {.label = "statistic"},
                                             .y = {.label = "false alarms in 30 days", .logarithmic = 1}},
                         err);
    if (!c)
        return GWS_ENOMEM;
    for (int k = 0; k < 2 && status == GWS_OK; k++) {
        const gws_background_head *h = &b->head[k];
        double *v = malloc(4 * (size_t)(h->n + 1) * sizeof *v);
        if (!v)
            status = gws_err_set(err, GWS_ENOMEM, "no memory for %lld triggers", (long long)h->n);
        else if (h->livetime_s && h->total_s > 0) {
            const int64_t room = h->n + 1, n = curve_of(b, k, v, v + room, v + 2 * room, v + 3 * room);
            status = gws_chart_curve(
                c, &(gws_curve){.name = names[k], .x = v, .y = v + room, .low = v + 2 * room, .high = v + 3 * room, .n = n}, err);
        }
        free(v);
    }
    if (status == GWS_OK)
        status = gws_page_chart(p, c, err);
    gws_chart_destroy(c);
    return status;
}

/* Triggers of each slide: a slide apart from the others has data of another kind. */
static gws_status put_slides(gws_page *p, const gws_background *b, int number, gws_err *err)
{
    char id[40];
    double *x = malloc(2 * (size_t)(b->slides + 1) * sizeof *x), *y = x ? x + b->slides + 1 : NULL;
    gws_status status = x ? GWS_OK : gws_err_set(err, GWS_ENOMEM, "no memory for %lld slides", (long long)b->slides);

    for (int64_t k = 0; k < b->slides && x; k++) {
        x[k] = (double)k;
        y[k] = 0;
    }
    for (int64_t i = 0; i < b->head[0].n && x; i++)
        y[b->head[0].slide[i]]++;
    snprintf(id, sizeof id, "background-%d-slides", number);
    if (status == GWS_OK)
        status =
            gws_page_curves(p,
                            &(gws_chart_params){.id = id,
                                                .title = "Triggers of each slide.",
                                                .says = "Spiking head. Slides are independent searches of the same noise, so their "
                                                        "numbers scatter as a Poisson number does.",
                                                .x = {.label = "slide"},
                                                .y = {.label = "triggers"}},
                            &(gws_curve){.name = "triggers", .x = x, .y = y, .n = b->slides, .kind = GWS_CURVE_POINTS}, 1, err);
    free(x);
    return status;
}

gws_status gws_result_put_background(gws_page *p, const char *path, int number, gws_err *err)
{
    gws_background b;
    char detectors[40] = "", slides[32], live[40], triggers[32], step[32], whitening[80];
    gws_status status = gws_background_load(path, &b, err);

    if (status != GWS_OK)
        return status;
    for (int i = 0; i < b.n_ifo; i++)
        snprintf(detectors + strlen(detectors), sizeof detectors - strlen(detectors), "%s%s", i ? ", " : "", b.ifo[i]);
    snprintf(slides, sizeof slides, "%lld", (long long)b.slides);
    gws_text_time(b.head[0].total_s, live);
    snprintf(triggers, sizeof triggers, "%lld", (long long)b.head[0].n);
    gws_text_print(step, sizeof step, "%.4g s", b.step_s);
    gws_text_print(whitening, sizeof whitening, "filter of %.4g s, %.4g s of it ahead, blocks of %.4g s", b.filter_s, b.ahead_s,
                   b.block_s);
    const gws_fact facts[] = {{"detectors", detectors},
                              {"slides", slides},
                              {"step", step},
                              {"live time", live},
                              {"triggers of the spiking head", triggers},
                              {"whitening", whitening}};
    gws_page_facts(p, facts, b.filter_s > 0 ? 6 : 5);
    gws_page_grid(p);
    status = put_rates(p, &b, number, err);
    if (status == GWS_OK)
        status = put_slides(p, &b, number, err);
    gws_page_grid_end(p);
    gws_background_clear(&b);
    return status;
}
