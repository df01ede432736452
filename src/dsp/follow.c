/* follow.c - see follow.h. */
#include "dsp/follow.h"

#include "base/arena.h"

#include <math.h>
#include <stdlib.h>

#define HIGH_END 1.1 /* where the band of the conditioner's filter ends (whiten.h) */
enum { MIDDLE_MOST = 257 };

struct gws_follow {
    int64_t bins;
    double bin_hz, lowest_hz, high_hz;
    int filters;
    double *curve; /* (bins) log of the reference, */
    double *ratio; /* (bins) log sqrt(R/S), */
    double *left;  /* (bins) r^2, */
    double *psd;   /* (bins) and S / r^2 */
    double *share; /* (filters, bins) */
    double *v;     /* (filters) */
    float *gains;  /* (filters) */
};

int64_t gws_follow_bytes(const gws_reference *r, int64_t bins)
{
    return (int64_t)sizeof(double) * (4 * bins + r->filters * (bins + 2));
}

/* Value at bin `at` of a row; behind its end its last. */
static double between(const double *row, int64_t n, double at)
{
    const int64_t i = at < (double)(n - 1) ? (int64_t)at : n - 1;

    return i + 1 < n ? row[i] + (at - (double)i) * (row[i + 1] - row[i]) : row[i];
}

/* What a bin of the reference has goes to the two bins of the estimate beside it. */
static void spread(gws_follow *f, const gws_reference *r)
{
    for (int k = 0; k < f->filters; k++)
        for (int64_t j = 0; j < r->n; j++) {
            const double hz = (double)j * r->delta_f_hz, at = hz / f->bin_hz, p = (double)r->power[k * r->n + j];
            const int64_t i = (int64_t)at;
            if (hz < f->lowest_hz || i + 1 >= f->bins)
                continue;
            f->share[k * f->bins + i] += p * (1 - (at - (double)i));
            f->share[k * f->bins + i + 1] += p * (at - (double)i);
        }
}

gws_follow *gws_follow_create(const gws_reference *r, int rate_hz, int64_t bins, double lowest_hz, gws_err *err)
{
    gws_follow *f = calloc(1, sizeof *f);

    if (!f)
        goto fail;
    f->bins = bins;
    f->bin_hz = 0.5 * rate_hz / (double)(bins - 1);
    f->lowest_hz = lowest_hz;
    f->high_hz = r->high_hz;
    f->filters = r->filters;
    f->curve = gws_arena_alloc((size_t)bins * sizeof *f->curve);
    f->ratio = gws_arena_alloc((size_t)bins * sizeof *f->ratio);
    f->left = gws_arena_alloc((size_t)bins * sizeof *f->left);
    f->psd = gws_arena_alloc((size_t)bins * sizeof *f->psd);
    f->share = gws_arena_alloc((size_t)(f->filters * bins) * sizeof *f->share);
    f->v = gws_arena_alloc((size_t)f->filters * sizeof *f->v);
    f->gains = gws_arena_alloc((size_t)f->filters * sizeof *f->gains);
    if (!f->curve || !f->ratio || !f->left || !f->psd || !f->share || !f->v || !f->gains)
        goto fail;
    for (int64_t i = 0; i < bins; i++)
        f->curve[i] = log(between(r->psd, r->n, (double)i * f->bin_hz / r->delta_f_hz));
    spread(f, r);
    return f;
fail:
    gws_follow_destroy(f);
    gws_err_set(err, GWS_ENOMEM, "no memory to follow the noise behind %d filters", r->filters);
    return NULL;
}

void gws_follow_destroy(gws_follow *f)
{
    if (!f)
        return;
    gws_arena_free(f->curve);
    gws_arena_free(f->ratio);
    gws_arena_free(f->left);
    gws_arena_free(f->psd);
    gws_arena_free(f->share);
    gws_arena_free(f->v);
    gws_arena_free(f->gains);
    free(f);
}

/* The middle one of the values [from, to), at most MIDDLE_MOST of them. */
static double middle(const double *v, int64_t from, int64_t to)
{
    double sorted[MIDDLE_MOST];
    int64_t n = 0;

    for (int64_t i = from; i < to; i++, n++) {
        int64_t at = n;
        for (; at > 0 && sorted[at - 1] > v[i]; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = v[i];
    }
    return sorted[n / 2];
}

/* r^2 in every bin that the conditioner's filter looks at; 1 in the others. */
static void find_ratio(gws_follow *f, const double *psd)
{
    const int64_t bins = f->bins, wide = llround(GWS_FOLLOW_HZ / 2 / f->bin_hz),
                  reach = wide < MIDDLE_MOST / 2 ? wide : MIDDLE_MOST / 2;

    for (int64_t i = 0; i < bins; i++)
        f->ratio[i] = psd[i] > 0 && isfinite(psd[i]) ? 0.5 * (f->curve[i] - log(psd[i])) : 0;
    for (int64_t i = 0; i < bins; i++) {
        const double hz = (double)i * f->bin_hz;
        f->left[i] = 1;
        if (hz < f->lowest_hz - f->bin_hz || hz > HIGH_END * f->high_hz + f->bin_hz)
            continue;
        const double level = middle(f->ratio, i > reach ? i - reach : 0, i + reach + 1 < bins ? i + reach + 1 : bins),
                     above = f->ratio[i] - level;
        f->left[i] = exp(2 * (level + (fabs(above) > GWS_FOLLOW_LINE ? fmin(above, GWS_FOLLOW_MOST) : 0)));
    }
}

const double *gws_follow_take(gws_follow *f, const double *psd)
{
    double mean = 0;

    find_ratio(f, psd);
    for (int k = 0; k < f->filters; k++) {
        f->v[k] = 0;
        for (int64_t i = 0; i < f->bins; i++)
            f->v[k] += f->share[k * f->bins + i] * f->left[i];
        mean += f->v[k] / f->filters;
    }
    for (int k = 0; k < f->filters; k++) {
        const double gain = sqrt(mean / f->v[k]);
        if (!(gain > 0 && isfinite((float)gain)))
            return NULL;
        f->gains[k] = (float)gain;
    }
    for (int64_t i = 0; i < f->bins; i++)
        f->psd[i] = psd[i] / f->left[i] * mean;
    return f->psd;
}

const float *gws_follow_gains(const gws_follow *f)
{
    return f->gains;
}
