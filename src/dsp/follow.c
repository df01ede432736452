/* follow.c - see follow.h. */
#include "dsp/follow.h"

#include "base/arena.h"
#include "dsp/clones.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define HIGH_END 1.1 /* where the band of the conditioner's filter ends (whiten.h) */
enum { MIDDLE_MOST = 257 };

struct gws_follow {
    int64_t bins;
    double bin_hz, lowest_hz, high_hz;
    int filters;
    int64_t first, end; /* bins in which a filter has something */
    double *curve;      /* (bins) log of the reference, */
    double *ratio;      /* (bins) log sqrt(R/S), */
    double *left;       /* (bins) r^2, */
    double *psd;        /* (bins) and S / r^2 */
    double *share;      /* (bins, filters) */
    double *v;          /* (filters) */
    float *gains;       /* (filters) */
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
    f->first = f->bins;
    for (int64_t j = 0; j < r->n; j++) {
        const double hz = (double)j * r->delta_f_hz, at = hz / f->bin_hz;
        const int64_t i = (int64_t)at;
        if (hz < f->lowest_hz || i + 1 >= f->bins)
            continue;
        double *low = f->share + i * f->filters, *high = low + f->filters;
        for (int k = 0; k < f->filters; k++) {
            const double p = (double)r->power[k * r->n + j];
            low[k] += p * (1 - (at - (double)i));
            high[k] += p * (at - (double)i);
            if (p > 0) {
                f->first = i < f->first ? i : f->first;
                f->end = i + 2;
            }
        }
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

/* The values [from, to) of a row in order, at most MIDDLE_MOST of them, as the window moves up. */
typedef struct window {
    int64_t from, to;
    double sorted[MIDDLE_MOST];
} window;

static void move_up(window *w, const double *v, int64_t from, int64_t to)
{
    double *s = w->sorted;

    if (w->to <= from)
        w->from = w->to = from;
    int64_t n = w->to - w->from, at = 0;
    for (; w->from < from; w->from++, n--) {
        for (at = 0; s[at] != v[w->from]; at++)
            ;
        memmove(s + at, s + at + 1, (size_t)(n - at - 1) * sizeof *s);
    }
    for (; w->to < to; w->to++, n++) {
        for (at = n; at > 0 && s[at - 1] > v[w->to]; at--)
            s[at] = s[at - 1];
        s[at] = v[w->to];
    }
}

static double middle(const window *w)
{
    return w->sorted[(w->to - w->from) / 2];
}

/* r^2 in every bin that the conditioner's filter looks at; 1 in the others. */
static void find_ratio(gws_follow *f, const double *psd)
{
    const int64_t bins = f->bins, wide = llround(GWS_FOLLOW_HZ / 2 / f->bin_hz),
                  reach = wide < MIDDLE_MOST / 2 ? wide : MIDDLE_MOST / 2;
    window around = {0};

    for (int64_t i = 0; i < bins; i++)
        f->ratio[i] = psd[i] > 0 && isfinite(psd[i]) ? 0.5 * (f->curve[i] - log(psd[i])) : 0;
    for (int64_t i = 0; i < bins; i++) {
        const double hz = (double)i * f->bin_hz;
        f->left[i] = 1;
        if (hz < f->lowest_hz - f->bin_hz || hz > HIGH_END * f->high_hz + f->bin_hz)
            continue;
        move_up(&around, f->ratio, i > reach ? i - reach : 0, i + reach + 1 < bins ? i + reach + 1 : bins);
        const double level = middle(&around), above = f->ratio[i] - level;
        f->left[i] = exp(2 * (level + (fabs(above) > GWS_FOLLOW_LINE ? fmin(above, GWS_FOLLOW_MOST) : 0)));
    }
}

/* The variance behind each filter, of what is left of noise. */
GWS_CLONES static void weigh(int filters, int64_t bins, const double *restrict share, const double *restrict left,
                             double *restrict v)
{
    memset(v, 0, (size_t)filters * sizeof *v);
    for (int64_t i = 0; i < bins; i++, share += filters)
        for (int k = 0; k < filters; k++)
            v[k] += share[k] * left[i];
}

const double *gws_follow_take(gws_follow *f, const double *psd)
{
    double mean = 0;

    find_ratio(f, psd);
    weigh(f->filters, f->end - f->first, f->share + f->first * f->filters, f->left + f->first, f->v);
    for (int k = 0; k < f->filters; k++)
        mean += f->v[k] / f->filters;
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
