#include "train/distance.h"

#include "base/rng.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MONTH_S (30.0 * 86400.0)

const double gws_distance_rates[GWS_DISTANCE_RATES] = {30.0, 100.0, 300.0, 1000.0};

typedef struct event {
    float stat;
    int64_t at;
} event;

static int louder(const void *a, const void *b)
{
    const event *x = a, *y = b;
    return x->stat != y->stat ? (x->stat < y->stat) - (x->stat > y->stat) : (x->at > y->at) - (x->at < y->at);
}

static event *sorted(const float *stat, int64_t noise, gws_err *err)
{
    event *e = malloc((size_t)(noise ? noise : 1) * sizeof *e);
    if (!e) {
        gws_err_set(err, GWS_ENOMEM, "no memory for %lld events", (long long)noise);
        return NULL;
    }
    for (int64_t i = 0; i < noise; i++)
        e[i] = (event){stat[i], i};
    qsort(e, (size_t)noise, sizeof *e, louder);
    return e;
}

/* Thresholds at all rates; weight NULL: one each. */
static void thresholds(const event *e, int64_t noise, const int *weight, double livetime_s, double *out)
{
    for (int r = 0; r < GWS_DISTANCE_RATES; r++) {
        const double allowed = floor(gws_distance_rates[r] * livetime_s / MONTH_S + 1e-9);
        double sum = 0.0;
        out[r] = (double)NAN;
        for (int64_t i = 0; i < noise && isnan(out[r]); i++)
            if ((sum += weight ? weight[e[i].at] : 1) > allowed)
                out[r] = (double)e[i].stat;
    }
}

double gws_distance_threshold(const float *stat, int64_t noise, double livetime_s, double per_month, gws_err *err)
{
    const int64_t k = (int64_t)floor(per_month * livetime_s / MONTH_S + 1e-9);
    event *e = sorted(stat, noise, err);
    const double t = e && k < noise ? (double)e[k].stat : (double)NAN;
    free(e);
    return t;
}

/* Ratios at all rates, and their mean. */
static void ratios(const gws_distance_events *all, event *const e[2], const float *const stat[2], const int *weight,
                   double out[GWS_DISTANCE_RATES + 1])
{
    double t[2][GWS_DISTANCE_RATES], found[2][GWS_DISTANCE_RATES] = {{0.0}};
    for (int s = 0; s < 2; s++) {
        thresholds(e[s], s ? all->quiet : all->noise, weight, s ? all->quiet_s : all->livetime_s, t[s]);
        for (int64_t i = all->noise; i < all->n; i++)
            for (int r = 0; r < GWS_DISTANCE_RATES; r++)
                found[s][r] += (double)stat[s][i] > t[s][r] ? all->worth[i] * (weight ? weight[i] : 1) : 0.0;
    }
    out[GWS_DISTANCE_RATES] = 0.0;
    for (int r = 0; r < GWS_DISTANCE_RATES; r++) {
        out[r] = isnan(t[0][r]) || isnan(t[1][r]) || !(found[1][r] > 0.0) ? (double)NAN : cbrt(found[0][r] / found[1][r]);
        out[GWS_DISTANCE_RATES] += r < GWS_DISTANCE_MEAN ? out[r] / GWS_DISTANCE_MEAN : 0.0;
    }
}

static int poisson(gws_rng *r)
{
    const double u = gws_rng_uniform(r);
    double p = exp(-1.0), sum = p;
    int k = 0;
    while (u > sum && k < 12) {
        p /= ++k;
        sum += p;
    }
    return k;
}

gws_status gws_distance_measure(const gws_distance_events *all, const float *stat, const float *bare, int resample,
                                gws_distance *out, gws_err *err)
{
    const int64_t n = all->n, noise = all->noise;
    const float *const both[2] = {stat, bare};
    event *e[2] = {sorted(stat, noise, err), NULL};
    int *weight = malloc((size_t)(n ? n : 1) * sizeof *weight);
    double point[GWS_DISTANCE_RATES + 1], sum[GWS_DISTANCE_RATES + 1] = {0.0}, square[GWS_DISTANCE_RATES + 1] = {0.0},
                                                                   count[GWS_DISTANCE_RATES + 1] = {0.0};
    gws_status status = GWS_ENOMEM;
    if (!e[0] || !(e[1] = sorted(bare, all->quiet, err)))
        goto fail;
    if (!weight) {
        gws_err_set(err, GWS_ENOMEM, "no memory for %lld events", (long long)n);
        goto fail;
    }
    ratios(all, e, both, NULL, point);
    for (int k = 0; k < resample; k++) {
        gws_rng r = gws_rng_init(1, "resampling", (uint64_t)k);
        double one[GWS_DISTANCE_RATES + 1];
        for (int64_t i = 0; i < n; i++)
            weight[i] = poisson(&r);
        ratios(all, e, both, weight, one);
        for (int i = 0; i <= GWS_DISTANCE_RATES; i++)
            if (isfinite(one[i])) { /* a resampling of few events may not resolve a rate that all of them do */
                count[i] += 1.0;
                sum[i] += one[i];
                square[i] += one[i] * one[i];
            }
    }
    for (int i = 0; i <= GWS_DISTANCE_RATES; i++) {
        const double mean = sum[i] / count[i];
        *(i < GWS_DISTANCE_RATES ? &out->ratio[i] : &out->mean) = point[i];
        *(i < GWS_DISTANCE_RATES ? &out->error[i] : &out->mean_error) =
            count[i] > 1.0 ? sqrt(fmax(square[i] / count[i] - mean * mean, 0.0)) : (double)NAN;
    }
    status = GWS_OK;
fail:
    free(e[0]);
    free(e[1]);
    free(weight);
    return status;
}
