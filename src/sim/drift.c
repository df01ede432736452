#include "sim/drift.h"

#include "base/clock.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define DRIFT_BLOCK 4096 /* samples of low-frequency noise at once */
#define LOW_FULL_HZ 30.0
#define LOW_END_HZ 60.0

gws_smooth gws_smooth_init(uint64_t seed, const char *name, int64_t every)
{
    GWS_ASSERT(name && every > 0);
    return (gws_smooth){.rng = gws_rng_init(seed, name, 0), .every = every};
}

double gws_smooth_at(gws_smooth *s, int64_t sample)
{
    int64_t j = gws_floor_div(sample, s->every);
    if (!s->have || s->knot != j) {
        gws_rng_normal_at(&s->rng, (uint64_t)j + (UINT64_C(1) << 63), s->g, 2);
        s->knot = j;
        s->have = 1;
    }
    double u = (double)(sample - j * s->every) / (double)s->every, a = M_PI / 2 * u * u * (3 - 2 * u);
    return cos(a) * s->g[0] + sin(a) * s->g[1];
}

struct gws_drift {
    gws_noise *low;
    double depth;
    gws_smooth level, shape;
    double scratch[DRIFT_BLOCK];
};

gws_drift *gws_drift_create(const gws_psd *psd, const gws_drift_params *p, gws_err *err)
{
    GWS_ASSERT(psd && psd->n >= 2 && p && p->rate_hz > 0 && p->ifo);
    if (!(p->depth >= 0 && p->depth <= 2 && p->time_s >= 1 && p->time_s <= 1e7)) {
        gws_err_set(err, GWS_EARG, "drift: depth %g over %g s; want 0 to 2 over 1 to 1e7 s", p->depth, p->time_s);
        return NULL;
    }
    char name[32];
    gws_psd low = *psd;
    gws_drift *d = calloc(1, sizeof *d);
    low.data = malloc((size_t)psd->n * sizeof *low.data);
    if (!d || !low.data) {
        gws_err_set(err, GWS_ENOMEM, "drift: no memory");
        goto fail;
    }
    for (int64_t k = 0; k < psd->n; k++) {
        double part = log((double)k * psd->delta_f_hz / LOW_FULL_HZ) / log(LOW_END_HZ / LOW_FULL_HZ); /* -inf at k 0 */
        double share = part <= 0 ? 1 : part < 1 ? 0.5 + 0.5 * cos(M_PI * part) : 0;
        low.data[k] = psd->data[k] * share * share;
    }
    d->low = gws_noise_create(&low, p->rate_hz, p->filter_s, p->seed, p->stream, err);
    if (!d->low)
        goto fail;
    d->depth = p->depth;
    int64_t every = llround(p->time_s * p->rate_hz);
    snprintf(name, sizeof name, "drift-level-%.3s", p->ifo);
    d->level = gws_smooth_init(p->seed, name, every);
    snprintf(name, sizeof name, "drift-shape-%.3s", p->ifo);
    d->shape = gws_smooth_init(p->seed, name, every);
    free(low.data);
    return d;
fail:
    free(low.data);
    gws_drift_destroy(d);
    return NULL;
}

void gws_drift_apply(gws_drift *d, int64_t begin, int64_t n, double *noise)
{
    GWS_ASSERT(d && n >= 0 && (noise || n == 0));
    for (int64_t done = 0; done < n;) {
        int64_t run = n - done < DRIFT_BLOCK ? n - done : DRIFT_BLOCK;
        gws_noise_fill(d->low, begin + done, run, d->scratch);
        for (int64_t i = 0; i < run; i++) {
            double g = exp(d->depth * gws_smooth_at(&d->level, begin + done + i));
            double l = exp(d->depth * gws_smooth_at(&d->shape, begin + done + i));
            noise[done + i] = g * (noise[done + i] + (l - 1) * d->scratch[i]);
        }
        done += run;
    }
}

void gws_drift_destroy(gws_drift *d)
{
    if (!d)
        return;
    gws_noise_destroy(d->low);
    free(d);
}
