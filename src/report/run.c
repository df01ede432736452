/* run.c - see run.h. */
#include "report/run.h"

#include "base/clock.h"
#include "base/number.h"
#include "report/ifar.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define ROWS 200 /* of the table: the loudest */
#define RATE_POINTS 200

static int by_stat(const void *a, const void *b)
{
    const double x = (*(const gws_run_row *const *)a)->t.stat, y = (*(const gws_run_row *const *)b)->t.stat;

    return x < y ? 1 : x > y ? -1 : 0;
}

/*   order  (n) the loudest first */
static void put_table(gws_page *p, const gws_run *r, const gws_run_row *const *order)
{
    static const char *const heads[] = {"", "GPS (s)", "UTC", "statistic", "false alarms / 30 days", "within (s)", "data quality"};

    gws_page_table(p, heads, 7);
    for (int64_t i = 0; i < r->n && i < ROWS; i++) {
        char number[24], gps[32], utc[32], stat[24], window[24];
        snprintf(number, sizeof number, "%lld", (long long)i + 1);
        gws_gps_text(order[i]->t.gps_ns, 3, gps);
        gws_utc_text(order[i]->t.gps_ns, 3, utc);
        gws_text_print(stat, sizeof stat, "%.3f", order[i]->t.stat);
        gws_text_print(window, sizeof window, "%.2f", order[i]->t.window_s);
        gws_page_row(p, (const char *const[]){number, gps, utc, stat, order[i]->far_text, window, order[i]->dq}, 7);
    }
    gws_page_table_end(p);
    if (r->n > ROWS)
        gws_page_paragraph(p, "The table has the 200 loudest triggers.");
}

/* The logits of the whole stretch, in hours or days where it is long. */
static gws_status put_track(gws_page *p, const gws_run *r, const gws_run_row *const *order, gws_err *err)
{
    static const char *const names[2] = {"spiking head", "linear head"};
    const float *y[2];
    int64_t step, steps;
    const int n = gws_tape_envelope(r->tape, &step, &steps, y);
    double *t = malloc(2 * (size_t)(n + 1) * sizeof *t), *v = t ? t + n + 1 : NULL;
    char label[80], zero[32], says[160];
    gws_chart *c = NULL;
    gws_status status = GWS_OK;

    if (!t)
        return gws_err_set(err, GWS_ENOMEM, "no memory for logits");
    const int64_t first_ns = n > 0 ? gws_ns_of_sample(step * r->meta->hop, r->meta->rate_hz) : 0,
                  zero_ns = gws_floor_div(first_ns, GWS_NS) * GWS_NS;
    const double span_s = (double)(n * steps * r->meta->hop) / r->meta->rate_hz, unit_s = span_s > 259200  ? 86400
                                                                                          : span_s > 21600 ? 3600
                                                                                                           : 1;
    gws_gps_text(zero_ns, 0, zero);
    snprintf(label, sizeof label, "time from GPS %s (%s)", zero, unit_s > 4000 ? "days" : unit_s > 1 ? "hours" : "s");
    gws_text_print(says, sizeof says, "The largest of each %.3g s; dotted lines are %striggers.",
                   (double)(steps * r->meta->hop) / r->meta->rate_hz, r->n > GWS_MOMENTS_MAX ? "the 64 loudest " : "");
    c = gws_chart_create(
        &(gws_chart_params){
            .id = "track", .title = "Logits of the whole stretch.", .says = says, .x = {.label = label}, .y = {.label = "logit"}},
        err);
    if (!c)
        status = err->status;
    for (int i = 0; i < n; i++)
        t[i] = (double)(gws_ns_of_sample((step + i * steps) * r->meta->hop, r->meta->rate_hz) - zero_ns) / (double)GWS_NS / unit_s;
    for (int h = 0; h < (r->meta->linear ? 2 : 1) && status == GWS_OK; h++) {
        for (int i = 0; i < n; i++)
            v[i] = (double)y[h][i];
        status = gws_chart_curve(c, &(gws_curve){.name = names[h], .x = t, .y = v, .n = n}, err);
    }
    if (status == GWS_OK && n > 1 && isfinite(r->threshold))
        status = gws_chart_curve(c,
                                 &(gws_curve){.name = "threshold",
                                              .x = (double[2]){t[0], t[n - 1]},
                                              .y = (double[2]){r->threshold, r->threshold},
                                              .n = 2,
                                              .pen = 4},
                                 err);
    for (int64_t i = 0; i < r->n && status == GWS_OK; i++)
        gws_chart_moment(c, &(gws_moment){(double)(order[i]->t.gps_ns - zero_ns) / (double)GWS_NS / unit_s, "trigger"});
    if (status == GWS_OK)
        status = gws_page_chart(p, c, err);
    gws_chart_destroy(c);
    free(t);
    return status;
}

/* The rate of a statistic, with the triggers on it. */
static gws_status put_rate(gws_page *p, const gws_run *run, double stat_low, double stat_high, const gws_run_row *const *order,
                           gws_err *err)
{
    double x[RATE_POINTS], y[RATE_POINTS];
    gws_chart *c = gws_chart_create(
        &(gws_chart_params){
            .id = "rate",
            .title = "False-alarm rate of a statistic.",
            .says = "As counted in the background; where the line ends nothing was measured. Dotted lines are triggers.",
            .x = {.label = "statistic"},
            .y = {.label = "false alarms in 30 days", .logarithmic = 1}},
        err);
    gws_status status = c ? GWS_OK : err->status;

    for (int i = 0; i < RATE_POINTS && c; i++) {
        x[i] = stat_low + (stat_high - stat_low) * i / (RATE_POINTS - 1.0);
        const gws_far_rate r = run->rate(x[i], run->user);
        y[i] = r.bound == GWS_FAR_COUNTED || r.bound == GWS_FAR_FITTED ? r.per_month : (double)NAN;
    }
    if (status == GWS_OK)
        status = gws_chart_curve(c, &(gws_curve){.name = "background", .x = x, .y = y, .n = RATE_POINTS}, err);
    for (int64_t i = 0; i < run->n && status == GWS_OK; i++)
        gws_chart_moment(c, &(gws_moment){order[i]->t.stat, "trigger"});
    if (status == GWS_OK)
        status = gws_page_chart(p, c, err);
    gws_chart_destroy(c);
    return status;
}

static gws_status put_rates(gws_page *p, const gws_run *r, const gws_run_row *const *order, gws_err *err)
{
    gws_far_rate *far = malloc((size_t)(r->n + 1) * sizeof *far);
    const double high = r->n > 0 ? fmax(1, order[0]->t.stat) : 1;
    gws_status status = far ? GWS_OK : gws_err_set(err, GWS_ENOMEM, "no memory for %lld triggers", (long long)r->n);

    for (int64_t i = 0; i < r->n && far; i++)
        far[i] = r->rows[i].far;
    if (status == GWS_OK && r->n > 0)
        status = gws_ifar_put(p, "ifar", far, r->n, r->searched_s, err);
    if (status == GWS_OK && r->rate)
        status = put_rate(p, r, fmin(0, r->threshold), 1.1 * high, order, err);
    free(far);
    return status;
}

gws_status gws_run_put(gws_page *p, const gws_run *r, gws_err *err)
{
    const gws_run_row **order = malloc((size_t)(r->n + 1) * sizeof *order);
    gws_status status;

    if (!order)
        return gws_err_set(err, GWS_ENOMEM, "no memory for %lld triggers", (long long)r->n);
    for (int64_t i = 0; i < r->n; i++)
        order[i] = &r->rows[i];
    qsort(order, (size_t)r->n, sizeof *order, by_stat);
    if (r->n > 0)
        put_table(p, r, order);
    else
        gws_page_paragraph(p, "No trigger above the threshold.");
    gws_page_grid(p);
    status = put_track(p, r, order, err);
    if (status == GWS_OK)
        status = put_rates(p, r, order, err);
    gws_page_grid_end(p);
    free(order);
    return status;
}
