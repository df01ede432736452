/* ifar.c - see ifar.h. */
#include "report/ifar.h"

#include "base/number.h"
#include "report/text.h"
#include "search/far.h"

#include <math.h>
#include <stdlib.h>

#define POINTS 120
#define MEAN_GAUSS 400 /* above it a Poisson number is as good as Gaussian */

static double quantile(double mean, double p)
{
    double term = exp(-mean), sum = term;
    int k = 0;

    while (sum < p && k < 2000) {
        k++;
        term *= mean / k;
        sum += term;
    }
    return k;
}

void gws_poisson_band(double mean, double share, double *low, double *high)
{
    const double tail = (1 - share) / 2;

    if (mean > MEAN_GAUSS) {
        const double z = share > 0.99 ? 3 : share > 0.9 ? 2 : 1;
        *low = mean - z * sqrt(mean);
        *high = mean + z * sqrt(mean);
        return;
    }
    *low = quantile(mean, tail);
    *high = quantile(mean, 1 - tail);
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

/* IFARs in years, rising.  returns how many */
static int64_t years_of(const gws_far_rate *far, int64_t n, double *out, int64_t *bounds)
{
    int64_t m = 0;

    *bounds = 0;
    for (int64_t i = 0; i < n; i++) {
        const int is_bound = far[i].bound == GWS_FAR_BELOW;
        if ((far[i].bound != GWS_FAR_COUNTED && far[i].bound != GWS_FAR_FITTED && !is_bound) || !(far[i].per_month > 0))
            continue;
        *bounds += is_bound;
        out[m++] = GWS_MONTH_S / far[i].per_month / GWS_REPORT_YEAR_S;
    }
    qsort(out, (size_t)m, sizeof *out, by_size);
    return m;
}

static gws_status put_expected(gws_chart *c, double from, double to, double searched_s, gws_err *err)
{
    static const struct {
        const char *name;
        double share;
        int pen;
    } bands[3] = {{"expected of noise, 1 sigma", 0.683, 2}, {"2 sigma", 0.954, 3}, {"3 sigma", 0.997, 4}};
    double x[POINTS], y[POINTS], low[POINTS], high[POINTS];
    gws_status status = GWS_OK;

    for (int b = 2; b >= 0 && status == GWS_OK; b--) {
        for (int i = 0; i < POINTS; i++) {
            x[i] = from * pow(to / from, i / (POINTS - 1.0));
            y[i] = searched_s / GWS_REPORT_YEAR_S / x[i];
            gws_poisson_band(y[i], bands[b].share, &low[i], &high[i]);
            low[i] = fmax(low[i], 0.1); /* 0 has no place on the axis */
        }
        status = gws_chart_curve(
            c, &(gws_curve){.name = bands[b].name, .x = x, .y = y, .low = low, .high = high, .n = POINTS, .pen = bands[b].pen},
            err);
    }
    return status;
}

gws_status gws_ifar_put(gws_page *p, const char *id, const gws_far_rate *far, int64_t n, double searched_s, gws_err *err)
{
    double *x = malloc(3 * (size_t)(n + 1) * sizeof *x), *y = x ? x + n + 1 : NULL, *at = x ? y + n + 1 : NULL;
    int64_t bounds, shown = 0;
    char says[300], searched[32];
    gws_chart *c = NULL;
    gws_status status = x ? GWS_OK : gws_err_set(err, GWS_ENOMEM, "no memory for %lld triggers", (long long)n);
    const int64_t m = x ? years_of(far, n, x, &bounds) : 0;

    if (status != GWS_OK || m == 0) {
        free(x);
        return status;
    }
    for (int64_t i = 0; i < m; i++) /* those of one rate stand together: at least that rate have all of them */
        if ((i == 0 || x[i] > x[i - 1]) && (i == 0 || gws_curve_keeps(m - 1 - i, m))) {
            y[shown] = (double)(m - i);
            at[shown++] = x[i];
        }
    gws_text_time(searched_s, searched);
    gws_text_print(
        says, sizeof says, "Triggers with at least this inverse rate.%s Of noise alone, T/IFAR are expected; searched, T: %s.",
        bounds > 0 ? " Those louder than all of the background stand at its bound, and belong further to the right." : "",
        searched);
    c = gws_chart_create(
        &(gws_chart_params){
            .id = id,
            .title = "Cumulative count against inverse false-alarm rate.",
            .says = says,
            .x = {.label = "inverse false-alarm rate (years)", .logarithmic = 1},
            .y = {.label = "triggers with at least that", .logarithmic = 1, .from = 0.1, .to = 3 * fmax(1, (double)m)}},
        err);
    if (!c)
        status = err->status;
    if (status == GWS_OK && isfinite(searched_s) && searched_s > 0)
        status = put_expected(c, fmin(x[0], searched_s / GWS_REPORT_YEAR_S) / 2, x[m - 1] * 2, searched_s, err);
    if (status == GWS_OK)
        status = gws_chart_curve(
            c, &(gws_curve){.name = "triggers", .x = at, .y = y, .n = shown, .kind = GWS_CURVE_POINTS, .pen = 1}, err);
    if (status == GWS_OK)
        status = gws_page_chart(p, c, err);
    gws_chart_destroy(c);
    free(x);
    return status;
}
