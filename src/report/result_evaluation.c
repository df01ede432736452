/* result_evaluation.c - what `evaluate -o` wrote; see results.h. */
#include "report/results.h"

#include "base/hdf5.h"
#include "base/number.h"
#include "report/ifar.h"
#include "report/published.h"
#include "report/text.h"
#include "search/far.h"
#include "search/found.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MOST (INT64_C(1) << 27)
#define POINTS_MOST 2000 /* of a curve or a cloud on the page */
#define BINS 10
#define RATES 4
static const double rates[RATES] = {1000, 100, 10, 1}; /* a month */
static const char *const rate_names[RATES] = {"1000 a month", "100 a month", "10 a month", "1 a month"};

/* The data sets, by name. */
enum { FAR, DISTANCE, VOLUME, VOLUME_ERROR, FRACTION, BACKGROUND, TC, INJECTED, MASS1, MASS2, STAT, SNR, COLUMNS };
static const char *const names[COLUMNS] = {[FAR] = "/far",
                                           [DISTANCE] = "/sensitive-distance",
                                           [VOLUME] = "/sensitive-volume",
                                           [VOLUME_ERROR] = "/sensitive-volume-error",
                                           [FRACTION] = "/sensitive-fraction",
                                           [BACKGROUND] = "/background-stat",
                                           [TC] = "/injected/tc",
                                           [INJECTED] = "/injected/distance",
                                           [MASS1] = "/injected/mass1",
                                           [MASS2] = "/injected/mass2",
                                           [STAT] = "/injected/stat",
                                           [SNR] = "/injected/snr"};

typedef struct evaluation {
    double *column[COLUMNS];
    int64_t n[COLUMNS];
    double *false_stat; /* (n_false) statistics of false positives */
    int64_t n_false;
    double duration_s, background_s; /* of foreground and background */
    int set;                         /* of MLGWSC-1, as the command says; 0 unknown */
    int number;
} evaluation;

static gws_status read_column(gws_h5 *f, const char *name, double **out, int64_t *n, gws_err *err)
{
    gws_h5_info info;
    gws_status status;

    if (!gws_h5_exists(f, name))
        return GWS_OK;
    if ((status = gws_h5_stat(f, name, &info, err)) != GWS_OK)
        return status;
    if (info.ndim != 1 || info.shape[0] > ROWS_MOST)
        return gws_err_set(err, GWS_EFORMAT, "%s: %s has another shape than that of evaluate", gws_h5_path(f), name);
    *n = info.shape[0];
    if (!(*out = malloc((size_t)(*n + 1) * sizeof **out)))
        return gws_err_set(err, GWS_ENOMEM, "no memory for %lld values", (long long)*n);
    return gws_h5_read_f64(f, name, 0, *n, *out, err);
}

/* Statistics of the false positives: the second row of (3, n). */
static gws_status read_false(gws_h5 *f, evaluation *e, gws_err *err)
{
    gws_h5_info info;
    gws_status status = gws_h5_stat(f, "/false-positives", &info, err);

    if (status != GWS_OK)
        return status;
    if (info.ndim != 2 || info.shape[0] != 3 || info.shape[1] > ROWS_MOST)
        return gws_err_set(err, GWS_EFORMAT, "%s: /false-positives has another shape than that of evaluate", gws_h5_path(f));
    const int64_t n = info.shape[1];
    double *all = malloc(3 * (size_t)(n + 1) * sizeof *all);
    if (!all)
        return gws_err_set(err, GWS_ENOMEM, "no memory for %lld values", (long long)n);
    status = gws_h5_read_f64(f, "/false-positives", 0, 3 * n, all, err);
    if (status == GWS_OK) {
        memmove(all, all + n, (size_t)n * sizeof *all);
        e->false_stat = all;
        e->n_false = n;
    } else {
        free(all);
    }
    return status;
}

static int set_of(gws_h5 *f)
{
    char *command = NULL;
    int set = 0;

    if (gws_h5_has_attr(f, "/", "command_line") && gws_h5_attr_string(f, "/", "command_line", &command, NULL) == GWS_OK) {
        const char *at = strstr(command, "mlgwsc=");
        if (at && at[7] >= '1' && at[7] <= '4')
            set = at[7] - '0';
    }
    free(command);
    return set;
}

/* All of one length: those of the background, and those of the injections. */
static gws_status check(const evaluation *e, const char *path, gws_err *err)
{
    for (int k = 0; k < COLUMNS; k++) {
        const int first = k <= BACKGROUND ? FAR : TC;
        if (e->column[k] && (!e->column[first] || e->n[k] != e->n[first]))
            return gws_err_set(err, GWS_EFORMAT, "%s: %s and %s differ in length", path, names[k], names[first]);
    }
    if (!e->column[FAR] || !e->column[DISTANCE] || !e->column[VOLUME] || !e->column[VOLUME_ERROR] || !e->column[FRACTION] ||
        e->n[FAR] < 1)
        return gws_err_set(err, GWS_EDATA, "%s: no background event, so no rate to show", path);
    if (e->column[TC] &&
        (!e->column[INJECTED] || !e->column[MASS1] || !e->column[MASS2] || !e->column[STAT] || !e->column[BACKGROUND]))
        return gws_err_set(err, GWS_EFORMAT, "%s: /injected lacks a column", path);
    return GWS_OK;
}

static int by_size(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return x < y ? -1 : x > y;
}

/* The file's fraction is found/W (volume.h), no share where chirp masses weigh; so the injections are counted, and where the file has none
 * there is no share. */
static gws_status count_shares(evaluation *e, gws_err *err)
{
    double *stat = NULL;
    int64_t n = 0, below = 0;

    if (!e->column[TC] || e->n[TC] < 1) {
        free(e->column[FRACTION]);
        e->column[FRACTION] = NULL;
        return GWS_OK;
    }
    if (!(stat = malloc((size_t)e->n[TC] * sizeof *stat)))
        return gws_err_set(err, GWS_ENOMEM, "no memory for %lld injections", (long long)e->n[TC]);
    for (int64_t j = 0; j < e->n[TC]; j++)
        if (!isnan(e->column[STAT][j]))
            stat[n++] = e->column[STAT][j];
    qsort(stat, (size_t)n, sizeof *stat, by_size);
    for (int64_t i = 0; i < e->n[FAR]; i++) { /* the background rises as well */
        while (below < n && stat[below] <= e->column[BACKGROUND][i])
            below++;
        e->column[FRACTION][i] = (double)(n - below) / (double)e->n[TC];
    }
    free(stat);
    return GWS_OK;
}

static gws_status load(const char *path, evaluation *e, gws_err *err)
{
    gws_h5 *f = gws_h5_open(path, err);
    gws_status status = f ? GWS_OK : err->status;

    e->duration_s = (double)NAN;
    for (int k = 0; k < COLUMNS && status == GWS_OK; k++)
        status = read_column(f, names[k], &e->column[k], &e->n[k], err);
    if (status == GWS_OK && gws_h5_exists(f, "/false-positives"))
        status = read_false(f, e, err);
    if (status == GWS_OK && gws_h5_has_attr(f, "/", "duration"))
        status = gws_h5_attr_f64(f, "/", "duration", &e->duration_s, err);
    e->background_s = e->duration_s;
    if (status == GWS_OK && gws_h5_has_attr(f, "/", "background_duration"))
        status = gws_h5_attr_f64(f, "/", "background_duration", &e->background_s, err);
    if (status == GWS_OK) {
        e->set = set_of(f);
        status = gws_h5_check(f, err);
    }
    gws_h5_close(f);
    if (status == GWS_OK)
        status = check(e, path, err);
    if (status == GWS_OK)
        status = count_shares(e, err);
    /* evaluate.py's own file: rates are multiples of 1/T */
    if (status == GWS_OK && isnan(e->duration_s) && e->n[FAR] > 1 && e->column[FAR][e->n[FAR] - 2] > 0)
        e->duration_s = e->background_s = 1 / e->column[FAR][e->n[FAR] - 2];
    return status;
}

static void clear(evaluation *e)
{
    for (int k = 0; k < COLUMNS; k++)
        free(e->column[k]);
    free(e->false_stat);
}

/* ---- against the rate ---- */

/* Index of the first background event that is no more frequent than so often a month; -1: the list does not resolve it. */
static int64_t at_rate(const evaluation *e, double far_per_month)
{
    const double limit = far_per_month / GWS_MONTH_S * (1 + 1e-12);

    if (!(far_per_month / GWS_MONTH_S * e->background_s >= 1))
        return -1;
    for (int64_t i = 0; i < e->n[FAR]; i++)
        if (e->column[FAR][i] <= limit)
            return i;
    return -1;
}

static double error_of(const evaluation *e, int64_t i)
{
    const double v = e->column[VOLUME][i];

    return v > 0 ? e->column[DISTANCE][i] * e->column[VOLUME_ERROR][i] / (3 * v) : (double)NAN;
}

/* Rates falling, as the background's statistics rise; curves want them rising, few enough, without the loudest event, whose rate is 0. */
typedef struct against {
    int64_t n;
    double *rate, *y, *low, *high; /* rate owns the memory */
} against;

static gws_status make_against(const evaluation *e, int what, double scale, against *a, gws_err *err)
{
    const int64_t all = e->n[FAR] - 1, every = all > POINTS_MOST ? (all + POINTS_MOST - 1) / POINTS_MOST : 1;

    *a = (against){0};
    if (!(a->rate = malloc(4 * (size_t)(all / every + 3) * sizeof *a->rate)))
        return gws_err_set(err, GWS_ENOMEM, "no memory for a curve");
    a->y = a->rate + all / every + 3;
    a->low = a->y + all / every + 3;
    a->high = a->low + all / every + 3;
    /* the rarest, where each event counts, are all there; what is left out is among the many */
    for (int64_t i = all - 1; i >= 0; i -= all - 1 - i < 200 ? 1 : every) {
        if (a->n == all / every + 3)
            break;
        const double y = e->column[what][i], error = what == DISTANCE ? error_of(e, i)
                                                     : what == VOLUME ? e->column[VOLUME_ERROR][i]
                                                                      : 0;
        a->rate[a->n] = e->column[FAR][i] * GWS_MONTH_S;
        a->y[a->n] = y * scale;
        a->low[a->n] = (y - (isfinite(error) ? error : 0)) * scale;
        a->high[a->n++] = (y + (isfinite(error) ? error : 0)) * scale;
    }
    return GWS_OK;
}

static gws_status put_against(gws_page *p, const evaluation *e, int what, double scale, const gws_chart_params *params, int set,
                              gws_err *err)
{
    against a;
    gws_status status = make_against(e, what, scale, &a, err);
    gws_chart *c = status == GWS_OK ? gws_chart_create(params, err) : NULL;

    if (!c)
        status = GWS_ENOMEM;
    if (status == GWS_OK)
        status = gws_chart_curve(c,
                                 &(gws_curve){.name = "this search",
                                              .x = a.rate,
                                              .y = a.y,
                                              .low = what == FRACTION ? NULL : a.low,
                                              .high = what == FRACTION ? NULL : a.high,
                                              .n = a.n,
                                              .pen = 1},
                                 err);
    for (int i = 0; set > 0 && gws_published_of(set, i) && status == GWS_OK; i++) {
        const gws_published *s = gws_published_of(set, i);
        double x[4], y[4], low[4], high[4];
        for (int k = 0; k < s->n; k++) { /* rising */
            x[k] = s->far_per_month[s->n - 1 - k];
            y[k] = s->distance_mpc[s->n - 1 - k];
            low[k] = y[k] - s->error_mpc[s->n - 1 - k];
            high[k] = y[k] + s->error_mpc[s->n - 1 - k];
        }
        status = gws_chart_curve(
            c,
            &(gws_curve){
                .name = s->name, .x = x, .y = y, .low = low, .high = high, .n = s->n, .kind = GWS_CURVE_POINTS, .pen = i + 2},
            err);
    }
    if (status == GWS_OK)
        status = gws_page_chart(p, c, err);
    gws_chart_destroy(c);
    free(a.rate);
    return status;
}

static gws_status put_rates(gws_page *p, const evaluation *e, const gws_result_wish *w, gws_err *err)
{
    const gws_chart_axis rate = {.label = "false alarms in 30 days", .logarithmic = 1};
    const int set = w->beside >= 0 ? w->beside : e->set == 1 || e->set == 4 ? e->set : 0;
    const double years = e->duration_s / GWS_REPORT_YEAR_S;
    char id[3][48], says[400];
    gws_status status;

    for (int k = 0; k < 3; k++)
        snprintf(id[k], sizeof id[k], "evaluation-%d-%s", e->number, k == 0 ? "distance" : k == 1 ? "vt" : "roc");
    snprintf(says, sizeof says,
             "Radius of the sphere that the search sees, by MLGWSC-1's definition; the band is one standard deviation. %s",
             set > 0 ? gws_published_source(set) : "");
    status = put_against(
        p, e, DISTANCE, 1,
        &(gws_chart_params){
            .id = id[0], .title = "Sensitive distance.", .says = says, .x = rate, .y = {.label = "sensitive distance (Mpc)"}},
        set, err);
    if (status == GWS_OK && isfinite(years))
        status = put_against(p, e, VOLUME, 1e-9 * years,
                             &(gws_chart_params){.id = id[1],
                                                 .title = "Volume times time.",
                                                 .says = "Sensitive volume times the length of the data.",
                                                 .x = rate,
                                                 .y = {.label = "volume times time (Gpc\xc2\xb3 yr)"}},
                             0, err);
    if (status == GWS_OK && e->column[FRACTION])
        status = put_against(p, e, FRACTION, 1,
                             &(gws_chart_params){.id = id[2],
                                                 .title = "Receiver operating characteristic.",
                                                 .says = "Share of the injections that is found at each rate of false alarms.",
                                                 .x = rate,
                                                 .y = {.label = "share found"}},
                             0, err);
    return status;
}

static void put_table(gws_page *p, const evaluation *e)
{
    static const char *const heads[] = {"false alarms / 30 days", "sensitive distance (Mpc)", "one sigma (Mpc)", "share found"};

    gws_page_table(p, heads, 4);
    for (int k = 0; k < RATES; k++) {
        const int64_t i = at_rate(e, rates[k]);
        char far[24], distance[24] = "not resolved", error[24] = "-", share[24] = "-";
        gws_text_print(far, sizeof far, "%.4g", rates[k]);
        if (i >= 0) {
            gws_text_print(distance, sizeof distance, "%.1f", e->column[DISTANCE][i]);
            gws_text_print(error, sizeof error, "%.1f", error_of(e, i));
            if (e->column[FRACTION])
                gws_text_print(share, sizeof share, "%.4f", e->column[FRACTION][i]);
        }
        gws_page_row(p, (const char *const[]){far, distance, error, share}, 4);
    }
    gws_page_table_end(p);
}

/* ---- against the injections ---- */

static double chirp_mass(const evaluation *e, int64_t j)
{
    const double a = e->column[MASS1][j], b = e->column[MASS2][j];

    return pow(a * b, 0.6) * pow(a + b, -0.2);
}

static double threshold_at(const evaluation *e, int k)
{
    const int64_t i = at_rate(e, rates[k]);

    return i >= 0 ? e->column[BACKGROUND][i] : (double)NAN;
}

/* Share found in bins of a quantity at one rate.
 *   x  (n) of the injections
 *   at, y, low, high  (BINS) out
 * returns bins with injections */
static int shares(const evaluation *e, const double *x, double lo, double hi, double threshold, double *at, double *y, double *low,
                  double *high)
{
    int64_t all[BINS] = {0}, found[BINS] = {0};
    int n = 0;

    for (int64_t j = 0; j < e->n[TC]; j++) {
        const double place = (x[j] - lo) / (hi - lo) * BINS;
        const int b = place >= 0 && place < BINS ? (int)place : place == BINS ? BINS - 1 : -1;
        if (b < 0)
            continue;
        all[b]++;
        found[b] += e->column[STAT][j] > threshold; /* NaN is not */
    }
    for (int b = 0; b < BINS; b++) {
        if (all[b] == 0)
            continue;
        at[n] = lo + (b + 0.5) / BINS * (hi - lo);
        y[n] = (double)found[b] / (double)all[b];
        gws_share_interval(found[b], all[b], &low[n], &high[n]);
        n++;
    }
    return n;
}

static gws_status put_efficiency(gws_page *p, const evaluation *e, const double *x, double lo, double hi,
                                 const gws_chart_params *params, gws_err *err)
{
    gws_chart *c = gws_chart_create(params, err);
    gws_status status = c ? GWS_OK : GWS_ENOMEM;

    for (int k = 0; k < RATES && status == GWS_OK; k++) {
        double at[BINS], y[BINS], low[BINS], high[BINS];
        const double threshold = threshold_at(e, k);
        const int n = isnan(threshold) ? 0 : shares(e, x, lo, hi, threshold, at, y, low, high);
        if (n > 0)
            status = gws_chart_curve(
                c, &(gws_curve){.name = rate_names[k], .x = at, .y = y, .low = low, .high = high, .n = n, .pen = k + 1}, err);
    }
    if (status == GWS_OK)
        status = gws_page_chart(p, c, err);
    gws_chart_destroy(c);
    return status;
}

/* Chirp mass against distance; of very many every k-th. */
static gws_status put_missed(gws_page *p, const evaluation *e, const double *mass, int k, gws_err *err)
{
    const double threshold = threshold_at(e, k);
    double *x[2] = {NULL, NULL};
    int64_t n[2] = {0, 0}, seen[2] = {0, 0}, all[2] = {0, 0};
    char id[48], says[160];
    gws_status status = GWS_OK;

    for (int64_t j = 0; j < e->n[TC]; j++)
        all[e->column[STAT][j] > threshold]++;
    for (int i = 0; i < 2; i++)
        if (!(x[i] = malloc(2 * (POINTS_MOST + 1) * sizeof **x)))
            status = gws_err_set(err, GWS_ENOMEM, "no memory for a cloud of points");
    for (int64_t j = 0; j < e->n[TC] && status == GWS_OK; j++) {
        const int i = e->column[STAT][j] > threshold;
        const int64_t every = (all[i] + POINTS_MOST - 1) / POINTS_MOST;
        if (seen[i]++ % every || n[i] == POINTS_MOST)
            continue;
        x[i][n[i]] = mass[j];
        x[i][POINTS_MOST + n[i]++] = e->column[INJECTED][j];
    }
    snprintf(id, sizeof id, "evaluation-%d-missed", e->number);
    gws_text_print(says, sizeof says, "At %.4g false alarms in 30 days: %lld found, %lld missed%s.", rates[k], (long long)all[1],
                   (long long)all[0], all[0] > POINTS_MOST || all[1] > POINTS_MOST ? "; of each at most 2000 are drawn" : "");
    if (status == GWS_OK) {
        const gws_curve clouds[2] = {
            {.name = "missed", .x = x[0], .y = x[0] + POINTS_MOST, .n = n[0], .kind = GWS_CURVE_POINTS, .pen = 7},
            {.name = "found", .x = x[1], .y = x[1] + POINTS_MOST, .n = n[1], .kind = GWS_CURVE_POINTS, .pen = 1}};
        status = gws_page_curves(p,
                                 &(gws_chart_params){.id = id,
                                                     .title = "Missed and found.",
                                                     .says = says,
                                                     .x = {.label = "chirp mass, detector frame (solar masses)"},
                                                     .y = {.label = "distance (Mpc)"}},
                                 clouds, 2, err);
    }
    free(x[0]);
    free(x[1]);
    return status;
}

static void ends_of(const double *x, int64_t n, double *lo, double *hi)
{
    *lo = INFINITY;
    *hi = -INFINITY;
    for (int64_t i = 0; i < n; i++)
        if (isfinite(x[i])) {
            *lo = fmin(*lo, x[i]);
            *hi = fmax(*hi, x[i]);
        }
}

static gws_status put_injected(gws_page *p, const evaluation *e, gws_err *err)
{
    const gws_chart_axis share = {.label = "share found"};
    double *mass = malloc((size_t)(e->n[TC] + 1) * sizeof *mass), lo, hi;
    char id[2][48];
    int k = RATES - 1;
    gws_status status = mass ? GWS_OK : gws_err_set(err, GWS_ENOMEM, "no memory for %lld injections", (long long)e->n[TC]);

    for (int64_t j = 0; j < e->n[TC] && mass; j++)
        mass[j] = chirp_mass(e, j);
    for (int i = 0; i < 2; i++)
        snprintf(id[i], sizeof id[i], "evaluation-%d-%s", e->number, i ? "snr" : "chirp-mass");
    if (status == GWS_OK && e->column[SNR]) {
        ends_of(e->column[SNR], e->n[SNR], &lo, &hi);
        if (hi > lo)
            status = put_efficiency(p, e, e->column[SNR], lo, fmin(hi, 40),
                                    &(gws_chart_params){.id = id[1],
                                                        .title = "Efficiency against SNR.",
                                                        .says = "Optimal network SNR; bands are Wilson's interval of one sigma.",
                                                        .x = {.label = "network SNR"},
                                                        .y = share},
                                    err);
    }
    if (status == GWS_OK) {
        ends_of(mass, e->n[TC], &lo, &hi);
        if (hi > lo)
            status = put_efficiency(p, e, mass, lo, hi,
                                    &(gws_chart_params){.id = id[0],
                                                        .title = "Efficiency against chirp mass.",
                                                        .says = "Bands are Wilson's interval of one sigma.",
                                                        .x = {.label = "chirp mass, detector frame (solar masses)"},
                                                        .y = share},
                                    err);
    }
    while (k > 0 && isnan(threshold_at(e, k)))
        k--;
    if (status == GWS_OK && isfinite(threshold_at(e, k)))
        status = put_missed(p, e, mass, k, err);
    free(mass);
    return status;
}

/* ---- reliability ---- */

/* False alarms of the foreground, counted by the rate that the background claims for them: if the claims hold, x a month are T x of them. */
static gws_status put_reliability(gws_page *p, const evaluation *e, gws_err *err)
{
    const double months = e->duration_s / GWS_MONTH_S;
    const int64_t n = e->n_false, every = n > POINTS_MOST ? (n + POINTS_MOST - 1) / POINTS_MOST : 1;
    double *v = malloc(6 * (size_t)(n + 2) * sizeof *v), *claimed = v, *x = v ? v + n + 2 : NULL, *y = v ? x + n + 2 : NULL,
           *want = v ? y + n + 2 : NULL, *low = v ? want + n + 2 : NULL, *high = v ? low + n + 2 : NULL;
    char id[48];
    int64_t m = 0;

    if (!v)
        return gws_err_set(err, GWS_ENOMEM, "no memory for %lld false alarms", (long long)n);
    for (int64_t i = 0; i < n; i++) { /* n louder of the background: (n + 1)/T */
        int64_t first = 0, last = e->n[BACKGROUND];
        while (first < last) {
            const int64_t middle = (first + last) / 2;
            if (e->column[BACKGROUND][middle] < e->false_stat[i])
                first = middle + 1;
            else
                last = middle;
        }
        claimed[i] = (double)(e->n[BACKGROUND] - first + 1) / months;
    }
    qsort(claimed, (size_t)n, sizeof *claimed, by_size);
    for (int64_t i = 0; i < n; i += i < 200 ? 1 : every) {
        x[m] = claimed[i];
        y[m] = (double)(i + 1);
        want[m] = claimed[i] * months;
        gws_poisson_band(want[m], 0.954, &low[m], &high[m]);
        low[m] = fmax(low[m], 0.3);
        m++;
    }
    snprintf(id, sizeof id, "evaluation-%d-reliability", e->number);
    const gws_curve curves[2] = {{.name = "as claimed, 2 sigma", .x = x, .y = want, .low = low, .high = high, .n = m, .pen = 4},
                                 {.name = "counted", .x = x, .y = y, .n = m, .kind = GWS_CURVE_STEPS, .pen = 1}};
    const gws_status status = gws_page_curves(
        p,
        &(gws_chart_params){
            .id = id,
            .title = "Reliability of the rates.",
            .says = "False alarms of the data with injections at or below each claimed rate, beside what the claim says; "
                    "signals that were missed by their time count as false alarms here.",
            .x = {.label = "claimed false alarms in 30 days", .logarithmic = 1},
            .y = {.label = "false alarms counted", .logarithmic = 1}},
        curves, m > 0 ? 2 : 0, err);
    free(v);
    return status;
}

gws_status gws_result_put_evaluation(gws_page *p, const char *path, const gws_result_wish *w, int number, gws_err *err)
{
    evaluation e = {.number = number};
    char days[32], background[32], injections[32] = "not in the file";
    gws_status status = load(path, &e, err);

    if (status == GWS_OK) {
        gws_text_time(e.duration_s, days);
        snprintf(background, sizeof background, "%lld", (long long)e.n[FAR]);
        if (e.column[TC])
            snprintf(injections, sizeof injections, "%lld", (long long)e.n[TC]);
        const gws_fact facts[] = {{"data", days}, {"injections", injections}, {"background events", background}};
        gws_page_facts(p, facts, 3);
        put_table(p, &e);
        gws_page_grid(p);
        status = put_rates(p, &e, w, err);
        if (status == GWS_OK && e.column[TC])
            status = put_injected(p, &e, err);
        if (status == GWS_OK && e.column[BACKGROUND] && e.false_stat && isfinite(e.duration_s))
            status = put_reliability(p, &e, err);
        gws_page_grid_end(p);
    }
    clear(&e);
    return status;
}
