/* found.c - see found.h. */
#include "search/found.h"

#include "sim/population.h"
#include "search/far.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LINEAR_BINS 8 /* about as many of masses and distances */

const double gws_found_within_s[GWS_FOUND_WITHIN] = {0.1, 0.2, 0.3};

/* Narrow where searches begin to find. */
static const double snr_edges[] = {0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 15, 20, 30, 50, 100, 200, 500, 1000};

#define N_SNR ((int)(sizeof snr_edges / sizeof snr_edges[0]))
_Static_assert(N_SNR <= GWS_FOUND_BINS, "room for the bins of SNRs");

void gws_share_interval(int64_t found, int64_t n, double *low, double *high)
{
    GWS_ASSERT(n > 0 && found >= 0 && found <= n && low && high);
    const double m = (double)n, p = (double)found / m, half = sqrt(p * (1 - p) / m + 0.25 / (m * m));

    *low = found == 0 ? 0 : (p + 0.5 / m - half) / (1 + 1 / m);
    *high = found == n ? 1 : (p + 0.5 / m + half) / (1 + 1 / m);
}

/* ---- bins ---- */

/* The least of 1, 2, 5 times a power of ten that is not below x > 0. */
static double round_step(double x)
{
    const double unit = pow(10, floor(log10(x)));

    return x <= unit ? unit : x <= 2 * unit ? 2 * unit : x <= 5 * unit ? 5 * unit : 10 * unit;
}

/* Edges at multiples of a round step, about LINEAR_BINS of them from the least to the largest value. */
static int linear_bins(const double *x, int64_t n, gws_found_bin *bin)
{
    double least = x[0], most = x[0];

    for (int64_t i = 1; i < n; i++) {
        least = fmin(least, x[i]);
        most = fmax(most, x[i]);
    }
    const double step = round_step(fmax((most - least) / LINEAR_BINS, 1e-6 * most)), first = floor(least / step);
    int n_bins = 0;
    do {
        bin[n_bins].from = (first + n_bins) * step;
        bin[n_bins].to = (first + n_bins + 1) * step;
    } while (bin[n_bins++].to < most && n_bins < GWS_FOUND_BINS);
    return n_bins;
}

static int snr_bins(gws_found_bin *bin)
{
    for (int b = 0; b < N_SNR; b++) {
        bin[b].from = snr_edges[b];
        bin[b].to = b + 1 < N_SNR ? snr_edges[b + 1] : (double)INFINITY;
    }
    return N_SNR;
}

static void count_bins(gws_found *f, gws_found_by by)
{
    gws_found_bin *bin = f->bins[by];
    const int n_bins = by == GWS_BY_SNR ? snr_bins(bin) : linear_bins(f->value[by], f->n, bin);

    f->n_bins[by] = n_bins;
    for (int64_t i = 0; i < f->n; i++) {
        int b = 0;
        while (b + 1 < n_bins && f->value[by][i] >= bin[b].to)
            b++;
        bin[b].injections++;
        bin[b].found += f->found[i];
    }
    for (int b = 0; b < n_bins; b++) {
        bin[b].share = bin[b].low = bin[b].high = (double)NAN;
        if (bin[b].injections == 0)
            continue;
        bin[b].share = (double)bin[b].found / (double)bin[b].injections;
        gws_share_interval(bin[b].found, bin[b].injections, &bin[b].low, &bin[b].high);
    }
}

/* ---- offsets ---- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Offsets of the found, in any order: they are sorted here. */
static void count_offsets(gws_found *f, double *offset_s, int64_t n)
{
    double squares = 0;

    f->median_s = f->rms_s = (double)NAN;
    if (n == 0)
        return;
    qsort(offset_s, (size_t)n, sizeof *offset_s, by_value);
    for (int64_t i = 0; i < n; i++) {
        squares += offset_s[i] * offset_s[i];
        for (int k = 0; k < GWS_FOUND_WITHIN; k++)
            f->within[k] += fabs(offset_s[i]) <= gws_found_within_s[k];
    }
    f->median_s = (offset_s[(n - 1) / 2] + offset_s[n / 2]) / 2;
    f->rms_s = sqrt(squares / (double)n);
}

/* ---- all ---- */

static gws_status take_values(gws_found *f, const gws_injected *inj, const double *snr, gws_err *err)
{
    for (int64_t j = 0; j < f->n; j++) {
        const double m1 = inj->mass1_msun[j], m2 = inj->mass2_msun[j];
        if (!(m1 > 0 && isfinite(m1) && m2 > 0 && isfinite(m2)))
            return gws_err_set(err, GWS_EDATA, "injection at GPS %.3f: masses are %g and %g, wanted positive numbers", inj->tc_s[j],
                               m1, m2);
        if (snr && !(snr[j] >= 0 && isfinite(snr[j])))
            return gws_err_set(err, GWS_EDATA, "injection at GPS %.3f: snr is %g, wanted a number not below 0", inj->tc_s[j],
                               snr[j]);
        f->value[GWS_BY_CHIRP_MASS][j] = gws_chirp_mass(m1, m2);
        f->value[GWS_BY_DISTANCE][j] =
            inj->chirp_distance ? gws_chirp_distance(inj->distance_mpc[j], m1, m2) : inj->distance_mpc[j];
        if (snr)
            f->value[GWS_BY_SNR][j] = snr[j];
    }
    return GWS_OK;
}

/* The loudest true positive of each injection, the earliest of equals, and its time less tc; NaN: none. */
static void find_loudest(const gws_volume *v, const gws_injected *inj, double *stat, double *offset_s)
{
    for (int64_t j = 0; j < inj->n; j++)
        stat[j] = offset_s[j] = (double)NAN;
    for (int64_t k = 0; k < v->n_tp; k++) {
        const int64_t i = v->tp_index[k], j = v->nearest[i];
        const double s = v->events[v->n_events + i];
        if (stat[j] >= s)
            continue;
        stat[j] = s;
        offset_s[j] = v->events[i] - inj->tc_s[j];
    }
}

gws_status gws_found_measure(const gws_volume *v, const gws_injected *inj, const double *snr, double far_per_month, gws_found *out,
                             gws_err *err)
{
    GWS_ASSERT(v && inj && inj->n == v->n_injections && inj->n > 0 && out);
    const gws_volume_point at = gws_volume_at(v, far_per_month);
    const size_t n = (size_t)inj->n;
    gws_found f = {.far_per_month = far_per_month,
                   .threshold = at.threshold,
                   .short_list = far_per_month * v->duration_s / GWS_MONTH_S >= (double)v->n_background,
                   .chirp_distance = inj->chirp_distance,
                   .n = inj->n};
    double *stat = NULL, *offset_s = NULL;
    int64_t n_found = 0;
    gws_status status = GWS_OK;

    *out = (gws_found){0};
    if (!at.resolved)
        return gws_err_set(err, GWS_EDATA,
                           "%g false alarms a month are not resolved: wanted %.3g or more and a background, in %.10g s with %lld "
                           "background events",
                           far_per_month, GWS_MONTH_S / v->duration_s, v->duration_s, (long long)v->n_background);
    stat = malloc(n * sizeof *stat);
    offset_s = malloc(n * sizeof *offset_s);
    f.found = calloc(n, 1);
    for (int by = 0; by < (snr ? GWS_BY_ALL : GWS_BY_SNR); by++)
        f.value[by] = malloc(n * sizeof **f.value);
    if (!stat || !offset_s || !f.found || !f.value[0] || !f.value[1] || (snr && !f.value[GWS_BY_SNR]))
        status = gws_err_set(err, GWS_ENOMEM, "no memory to count %lld injections", (long long)inj->n);
    if (status == GWS_OK)
        status = take_values(&f, inj, snr, err);
    if (status == GWS_OK) {
        find_loudest(v, inj, stat, offset_s);
        for (int64_t j = 0; j < inj->n; j++)
            if (stat[j] > at.threshold) {
                f.found[j] = 1;
                offset_s[n_found++] = offset_s[j];
            }
        f.n_found = n_found;
        for (int by = 0; by < GWS_BY_ALL; by++)
            if (f.value[by])
                count_bins(&f, (gws_found_by)by);
        count_offsets(&f, offset_s, n_found);
        *out = f;
    } else {
        gws_found_clear(&f);
    }
    free(stat);
    free(offset_s);
    return status;
}

void gws_found_clear(gws_found *f)
{
    if (!f)
        return;
    free(f->found);
    for (int by = 0; by < GWS_BY_ALL; by++)
        free(f->value[by]);
    *f = (gws_found){0};
}
