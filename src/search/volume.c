/* volume.c - see volume.h. */
#include "search/volume.h"

#include "sim/population.h"
#include "search/columns.h"
#include "search/far.h"
#include "sim/sim_inspiral.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- files ---- */

static int is_ascending(const double *x, int64_t n)
{
    for (int64_t i = 1; i < n; i++)
        if (x[i] < x[i - 1])
            return 0;
    return 1;
}

/* The columns of a table sim_inspiral. */
static gws_status read_sim_inspiral(const char *path, const char *const *names, int n, double **column, int64_t *rows, gws_err *err)
{
    const gws_ligolw_rowset *t;
    gws_ligolw *d = gws_sim_inspiral_load(path, &t, err);
    gws_status status = d ? GWS_OK : err->status;
    if (d)
        *rows = gws_ligolw_rows(t);
    for (int i = 0; i < n && status == GWS_OK; i++) {
        if (!(column[i] = malloc((size_t)(*rows + 1) * sizeof **column)))
            status = gws_err_set(err, GWS_ENOMEM, "no memory for %lld injections", (long long)*rows);
        else
            status = gws_sim_inspiral_column(t, names[i], column[i], err);
        if (status != GWS_OK)
            gws_err_prefix(err, "%s", path);
    }
    gws_ligolw_destroy(d);
    return status;
}

static gws_status read_hdf5(const char *path, const char *const *names, int n, double **column, gws_injected *inj, gws_err *err)
{
    gws_h5 *f = gws_h5_open(path, err);
    if (!f)
        return err->status;
    gws_status status = gws_columns_read(f, names, n, column, 0, &inj->n, err);
    inj->chirp_distance = gws_h5_exists(f, "/chirp_distance");
    if (status == GWS_OK)
        status = gws_h5_check(f, err);
    gws_h5_close(f);
    return status;
}

gws_status gws_injected_load(const char *path, gws_injected *out, gws_err *err)
{
    static const char *const names[4] = {"tc", "distance", "mass1", "mass2"};
    double *column[4] = {NULL, NULL, NULL, NULL};
    gws_injected inj = {0};
    gws_err own = {0};

    GWS_ASSERT(path && out);
    err = err ? err : &own;
    *out = inj;
    const gws_status status = gws_ligolw_is_name(path) ? read_sim_inspiral(path, names, 4, column, &inj.n, err)
                                                       : read_hdf5(path, names, 4, column, &inj, err);
    inj.tc_s = column[0];
    inj.distance_mpc = column[1];
    inj.mass1_msun = column[2];
    inj.mass2_msun = column[3];
    if (status == GWS_OK)
        inj.ascending = is_ascending(inj.tc_s, inj.n);
    else
        gws_injected_clear(&inj);
    *out = inj;
    return status;
}

void gws_injected_clear(gws_injected *inj)
{
    if (!inj)
        return;
    free(inj->tc_s);
    free(inj->distance_mpc);
    free(inj->mass1_msun);
    free(inj->mass2_msun);
    *inj = (gws_injected){0};
}

void gws_injected_select(gws_injected *inj, const gws_stretch *stretches, int64_t n, double pad_s)
{
    int64_t kept = 0;

    GWS_ASSERT(inj && (stretches || n == 0));
    for (int64_t i = 0; i < inj->n; i++) {
        int inside = 0;
        for (int64_t k = 0; k < n && !inside; k++) {
            double begin = stretches[k].begin_s + pad_s, end = stretches[k].end_s - pad_s;
            inside = end > begin && begin <= inj->tc_s[i] && inj->tc_s[i] <= end;
        }
        if (!inside)
            continue;
        inj->tc_s[kept] = inj->tc_s[i];
        inj->distance_mpc[kept] = inj->distance_mpc[i];
        inj->mass1_msun[kept] = inj->mass1_msun[i];
        inj->mass2_msun[kept] = inj->mass2_msun[i];
        kept++;
    }
    inj->n = kept;
    inj->ascending = is_ascending(inj->tc_s, kept);
}

/* ---- order ---- */

typedef struct ranked {
    double key;
    int64_t index;
} ranked;

static int by_key(const void *a, const void *b)
{
    const ranked *x = a, *y = b;

    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->index > y->index) - (x->index < y->index);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* How many of a rising list are <= x. */
static int64_t count_up_to(const double *list, int64_t n, double x)
{
    int64_t lo = 0, hi = n;

    while (lo < hi) {
        int64_t mid = lo + (hi - lo) / 2;
        if (list[mid] <= x)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* ---- the measurement ---- */

/* Working memory: what the result is made from. */
typedef struct bench {
    ranked *order;                       /* (F), later (found) */
    double *sorted_tc;                   /* (M) */
    double *best;                        /* (M) statistic of each injection */
    int64_t *hits;                       /* (M) events to which it is nearest */
    double *mchirp;                      /* (M) */
    double *loud, *sum_half5, *sum_five; /* found statistics, rising; sums of Mc^(5/2), Mc^5 from each upwards */
} bench;

static void bench_clear(bench *b)
{
    free(b->order);
    free(b->sorted_tc);
    free(b->best);
    free(b->hits);
    free(b->mchirp);
    free(b->loud);
    free(b->sum_half5);
    free(b->sum_five);
}

/* Memory for n things, one more so that an empty list is no special case. */
static void *space(int64_t n, size_t size, int *failed)
{
    void *p = calloc((size_t)n + 1, size);

    *failed |= !p;
    return p;
}

static gws_status take_space(bench *b, gws_volume *v, gws_err *err)
{
    const int64_t f = v->n_events, m = v->n_injections, n = v->n_background, most = f > m ? f : m;
    int failed = 0;

    b->order = space(most, sizeof *b->order, &failed);
    b->sorted_tc = space(m, sizeof *b->sorted_tc, &failed);
    b->best = space(m, sizeof *b->best, &failed);
    b->hits = space(m, sizeof *b->hits, &failed);
    b->mchirp = space(m, sizeof *b->mchirp, &failed);
    b->loud = space(m, sizeof *b->loud, &failed);
    b->sum_half5 = space(m, sizeof *b->sum_half5, &failed);
    b->sum_five = space(m, sizeof *b->sum_five, &failed);
    v->events = space(3 * f, sizeof *v->events, &failed);
    v->order = space(f, sizeof *v->order, &failed);
    v->nearest = space(f, sizeof *v->nearest, &failed);
    v->missed = space(m, sizeof *v->missed, &failed);
    v->tp_index = space(f, sizeof *v->tp_index, &failed);
    v->fp_index = space(f, sizeof *v->fp_index, &failed);
    v->tp_diff_s = space(f, sizeof *v->tp_diff_s, &failed);
    v->fp_diff_s = space(f, sizeof *v->fp_diff_s, &failed);
    v->tp = space(3 * f, sizeof *v->tp, &failed);
    v->fp = space(3 * f, sizeof *v->fp, &failed);
    v->fp_far_hz = space(f, sizeof *v->fp_far_hz, &failed);
    v->background = space(n, sizeof *v->background, &failed);
    v->far_hz = space(n, sizeof *v->far_hz, &failed);
    v->volume_mpc3 = space(n, sizeof *v->volume_mpc3, &failed);
    v->distance_mpc = space(n, sizeof *v->distance_mpc, &failed);
    v->error_mpc3 = space(n, sizeof *v->error_mpc3, &failed);
    v->fraction = space(n, sizeof *v->fraction, &failed);
    v->found = space(n, sizeof *v->found, &failed);
    if (failed)
        return gws_err_set(err, GWS_ENOMEM, "no memory to evaluate %lld events, %lld injections, %lld background events",
                           (long long)f, (long long)m, (long long)n);
    return GWS_OK;
}

/* Index of the injection nearest to t, the later one of two at equal distance. */
static int64_t nearest_injection(const double *sorted_tc, int64_t m, double t)
{
    int64_t right = count_up_to(sorted_tc, m, t), left = right > 0 ? right - 1 : 0;

    if (right == m)
        return m - 1;
    return fabs(sorted_tc[left] - t) < fabs(sorted_tc[right] - t) ? left : right;
}

/* Pick columns `index` (n of them) out of (3,f). */
static void pick(const double *events, int64_t f, const int64_t *index, int64_t n, double *out)
{
    for (int row = 0; row < 3; row++)
        for (int64_t i = 0; i < n; i++)
            out[row * n + i] = events[row * f + index[i]];
}

/* Sort the foreground, find each event's injection, split true from false. */
static void match(const gws_events *fg, const gws_injected *inj, bench *b, gws_volume *v)
{
    const int64_t f = v->n_events, m = v->n_injections;

    for (int64_t i = 0; i < f; i++)
        b->order[i] = (ranked){fg->time_s[i], i};
    qsort(b->order, (size_t)f, sizeof *b->order, by_key);
    memcpy(b->sorted_tc, inj->tc_s, (size_t)m * sizeof *b->sorted_tc);
    qsort(b->sorted_tc, (size_t)m, sizeof *b->sorted_tc, by_value);
    for (int64_t j = 0; j < m; j++)
        b->best[j] = (double)NAN;
    for (int64_t i = 0; i < f; i++) {
        int64_t from = b->order[i].index, j = nearest_injection(b->sorted_tc, m, fg->time_s[from]);
        double stat = fg->stat[from], diff = fabs(inj->tc_s[j] - fg->time_s[from]);
        v->events[i] = fg->time_s[from];
        v->events[f + i] = stat;
        v->events[2 * f + i] = fg->var_s[from];
        v->order[i] = from;
        v->nearest[i] = j;
        b->hits[j]++;
        if (diff <= fg->var_s[from]) {
            v->tp_index[v->n_tp] = i;
            v->tp_diff_s[v->n_tp++] = diff;
            if (!(b->best[j] >= stat))
                b->best[j] = stat;
        } else {
            v->fp_index[v->n_fp] = i;
            v->fp_diff_s[v->n_fp++] = diff;
        }
    }
    for (int64_t j = 0; j < m; j++)
        if (b->hits[j] == 0)
            v->missed[v->n_missed++] = j;
    pick(v->events, f, v->tp_index, v->n_tp, v->tp);
    pick(v->events, f, v->fp_index, v->n_fp, v->fp);
}

static void rates(double *far_hz, int64_t n, double duration_s)
{
    for (int64_t i = 0; i < n; i++)
        far_hz[i] = (double)(n - 1 - i) / duration_s;
}

/* Distances and, where they count, masses must be positive numbers. */
static gws_status check_injections(const gws_injected *inj, gws_err *err)
{
    for (int64_t j = 0; j < inj->n; j++) {
        const double values[3] = {inj->distance_mpc[j], inj->mass1_msun[j], inj->mass2_msun[j]};
        for (int k = 0; k < (inj->chirp_distance ? 3 : 1); k++)
            if (!(values[k] > 0) || !isfinite(values[k]))
                return gws_err_set(err, GWS_EDATA, "injection at GPS %.3f: %s is %g, wanted a positive number", inj->tc_s[j],
                                   k == 0   ? "distance"
                                   : k == 1 ? "mass1"
                                            : "mass2",
                                   values[k]);
    }
    return GWS_OK;
}

static void weigh(const gws_injected *inj, bench *b, gws_volume *v)
{
    const int64_t m = v->n_injections, n = v->n_background;
    double farthest = 0, heaviest = 0, weight = (double)m, norm = (double)m;

    for (int64_t j = 0; j < m; j++)
        if (!isnan(b->best[j]))
            b->order[v->n_found++] = (ranked){b->best[j], j};
    qsort(b->order, (size_t)v->n_found, sizeof *b->order, by_key);
    for (int64_t j = 0; j < m; j++)
        farthest = fmax(farthest, inj->distance_mpc[j]);
    if (inj->chirp_distance) {
        double rest = 0; /* compensated: hundreds of thousands of terms, and twelve digits are promised */
        for (int64_t j = 0; j < m; j++) {
            b->mchirp[j] = gws_chirp_mass(inj->mass1_msun[j], inj->mass2_msun[j]);
            heaviest = fmax(heaviest, b->mchirp[j]);
        }
        weight = 0;
        for (int64_t j = 0; j < m; j++) {
            double term = pow(heaviest / b->mchirp[j], 5.0 / 2.0) - rest, sum = weight + term;
            rest = (sum - weight) - term;
            weight = sum;
        }
        norm *= pow(heaviest, 5.0 / 2.0);
    }
    const double unit = 4.0 / 3.0 * M_PI * pow(farthest, 3) / norm;

    for (int64_t i = v->n_found - 1; i >= 0; i--) {
        double mc = inj->chirp_distance ? b->mchirp[b->order[i].index] : 1;
        b->loud[i] = b->order[i].key;
        b->sum_half5[i] = b->sum_half5[i + 1] + pow(mc, 5.0 / 2.0);
        b->sum_five[i] = b->sum_five[i + 1] + pow(mc, 5);
    }
    for (int64_t i = 0; i < n; i++) {
        int64_t first = count_up_to(b->loud, v->n_found, v->background[i]);
        double mean = b->sum_half5[first] / weight, variance = b->sum_five[first] / weight - mean * mean;
        v->found[i] = v->n_found - first;
        v->volume_mpc3[i] = unit * b->sum_half5[first];
        v->distance_mpc[i] = pow(3 * v->volume_mpc3[i] / (4 * M_PI), 1.0 / 3.0);
        v->error_mpc3[i] = unit * sqrt(weight * fmax(variance, 0)); /* below 0 by rounding only: S^2 <= Q found, found <= W */
        v->fraction[i] = (double)v->found[i] / weight;
    }
}

gws_status gws_volume_measure(const gws_events *fg, const gws_events *bg, const gws_injected *inj, double duration_s,
                              double background_s, gws_volume *out, gws_err *err)
{
    GWS_ASSERT(fg && bg && inj && inj->n > 0 && out);
    bench b = {0};
    gws_volume v = {
        .n_events = fg->n, .n_injections = inj->n, .n_background = bg->n, .duration_s = duration_s, .background_s = background_s};
    gws_status status = check_injections(inj, err);

    *out = (gws_volume){0};
    if (status == GWS_OK)
        status = take_space(&b, &v, err);
    if (status != GWS_OK)
        goto done;
    match(fg, inj, &b, &v);
    if (v.n_tp == 0) {
        status =
            gws_err_set(err, GWS_EDATA,
                        "none of the %lld foreground events lies within its var of an injection (%lld injections in the data): "
                        "there is no sensitive distance",
                        (long long)v.n_events, (long long)v.n_injections);
        goto done;
    }
    if (bg->n > 0)
        memcpy(v.background, bg->stat, (size_t)bg->n * sizeof *v.background);
    qsort(v.background, (size_t)bg->n, sizeof *v.background, by_value);
    rates(v.fp_far_hz, v.n_fp, duration_s);
    rates(v.far_hz, v.n_background, background_s);
    weigh(inj, &b, &v);
done:
    bench_clear(&b);
    if (status != GWS_OK)
        gws_volume_clear(&v);
    else
        *out = v;
    return status;
}

void gws_volume_clear(gws_volume *v)
{
    if (!v)
        return;
    free(v->events);
    free(v->order);
    free(v->nearest);
    free(v->missed);
    free(v->tp_index);
    free(v->fp_index);
    free(v->tp_diff_s);
    free(v->fp_diff_s);
    free(v->tp);
    free(v->fp);
    free(v->fp_far_hz);
    free(v->background);
    free(v->far_hz);
    free(v->volume_mpc3);
    free(v->distance_mpc);
    free(v->error_mpc3);
    free(v->fraction);
    free(v->found);
    *v = (gws_volume){0};
}

gws_volume_point gws_volume_at(const gws_volume *v, double far_per_month)
{
    const double none = (double)NAN;
    gws_volume_point p = {0, none, none, none, none, 0};

    GWS_ASSERT(v);
    /* As in far.c, a product such as 3 * (T/month) must not land just below 3. */
    double louder = floor(far_per_month * v->background_s / GWS_MONTH_S * (1 + 1e-12));
    if (!(louder >= 1) || v->n_background == 0)
        return p;
    int64_t i = louder < (double)v->n_background ? v->n_background - 1 - (int64_t)louder : 0;
    p.resolved = 1;
    p.far_hz = v->far_hz[i];
    p.threshold = v->background[i];
    p.distance_mpc = v->distance_mpc[i];
    p.found = v->found[i];
    if (v->volume_mpc3[i] > 0)
        p.error_mpc = v->distance_mpc[i] * v->error_mpc3[i] / (3 * v->volume_mpc3[i]);
    return p;
}

gws_status gws_volume_write(const gws_volume *v, gws_h5 *f, gws_err *err)
{
    GWS_ASSERT(v && f);
    const struct {
        const char *name;
        int64_t n;
        int rows; /* 3: events */
        const double *real;
        const int64_t *whole;
    } sets[] = {
        {"/fg-events", v->n_events, 3, v->events, NULL},
        {"/found-indices", v->n_events, 1, NULL, v->nearest},
        {"/missed-indices", v->n_missed, 1, NULL, v->missed},
        {"/true-positive-event-indices", v->n_tp, 1, NULL, v->tp_index},
        {"/false-positive-event-indices", v->n_fp, 1, NULL, v->fp_index},
        {"/sorting-indices", v->n_events, 1, NULL, v->order},
        {"/true-positive-diffs", v->n_tp, 1, v->tp_diff_s, NULL},
        {"/false-positive-diffs", v->n_fp, 1, v->fp_diff_s, NULL},
        {"/true-positives", v->n_tp, 3, v->tp, NULL},
        {"/false-positives", v->n_fp, 3, v->fp, NULL},
        {"/fg-far", v->n_fp, 1, v->fp_far_hz, NULL},
        {"/far", v->n_background, 1, v->far_hz, NULL},
        {"/sensitive-volume", v->n_background, 1, v->volume_mpc3, NULL},
        {"/sensitive-distance", v->n_background, 1, v->distance_mpc, NULL},
        {"/sensitive-volume-error", v->n_background, 1, v->error_mpc3, NULL},
        {"/sensitive-fraction", v->n_background, 1, v->fraction, NULL},
    };
    gws_status status = GWS_OK;

    for (size_t i = 0; i < sizeof sets / sizeof sets[0] && status == GWS_OK; i++) {
        const int64_t table[2] = {3, sets[i].n}, *shape = sets[i].rows == 3 ? table : table + 1;
        const int ndim = sets[i].rows == 3 ? 2 : 1;
        status = sets[i].real ? gws_h5_write_f64(f, sets[i].name, ndim, shape, sets[i].real, err)
                              : gws_h5_write_i64(f, sets[i].name, ndim, shape, sets[i].whole, err);
    }
    return status;
}

gws_status gws_volume_write_injected(const gws_volume *v, const gws_injected *inj, const double *snr, gws_h5 *f, gws_err *err)
{
    const int64_t m = v->n_injections;
    double *stat = malloc((size_t)(m + 1) * sizeof *stat);
    const double *const columns[] = {inj->tc_s, inj->distance_mpc, inj->mass1_msun, inj->mass2_msun, stat, snr};
    static const char *const names[] = {"/injected/tc",    "/injected/distance", "/injected/mass1",
                                        "/injected/mass2", "/injected/stat",     "/injected/snr"};
    gws_status status = stat ? GWS_OK : gws_err_set(err, GWS_ENOMEM, "no memory for %lld injections", (long long)m);

    for (int64_t j = 0; j < m && stat; j++)
        stat[j] = NAN;
    for (int64_t i = 0; i < v->n_tp && stat; i++) {
        double *best = &stat[v->nearest[v->tp_index[i]]];
        *best = fmax(*best, v->tp[v->n_tp + i]); /* passes over NaN */
    }
    for (int k = 0; k < 6 && status == GWS_OK; k++)
        if (columns[k])
            status = gws_h5_write_f64(f, names[k], 1, &m, columns[k], err);
    if (status == GWS_OK)
        status = gws_h5_write_f64(f, "/background-stat", 1, &v->n_background, v->background, err);
    if (status == GWS_OK)
        status = gws_h5_put_attr_f64(f, "/", "duration", v->duration_s, err);
    if (status == GWS_OK)
        status = gws_h5_put_attr_f64(f, "/", "background_duration", v->background_s, err);
    if (status == GWS_OK)
        status = gws_h5_put_attr_i64(f, "/", "chirp_distance", inj->chirp_distance, err);
    free(stat);
    return status;
}
