#include "sim/contaminate.h"

#include "base/clock.h"
#include "sim/drift.h"
#include "sim/poisson.h"

#include <complex.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_HARMONICS 8
#define N_SIDEBANDS 2
#define LINE_TOP 0.95  /* of Nyquist */
#define WANDER_RAD 0.5 /* of the fundamental's phase */
#define WANDER_S 16
#define LINE_DEPTH 0.2 /* of its amplitude */
#define LINE_DEPTH_S 30
#define GAP_MOST 10 /* means */

typedef struct lines {
    int mains_hz, n;                       /* harmonics; 0: no lines */
    double complex amplitude[N_HARMONICS]; /* times exp(i phase) */
    gws_smooth wander, depth;
    int64_t offset_mhz[N_SIDEBANDS]; /* whole mHz, so that the phase is exact at any time */
    double ratio[N_SIDEBANDS], phase[N_SIDEBANDS];
} lines;

struct gws_contaminate {
    char ifo[4];
    int rate_hz;
    gws_glitches *glitches;
    gws_continuous *waves;
    lines lines;
    gws_poisson gaps;
    double gap_s;
};

gws_contaminate_params gws_contaminate_defaults(void)
{
    return (gws_contaminate_params){.glitch = gws_glitch_defaults(), .gap_s = 10};
}

static gws_status lines_init(lines *l, double snr, const char *ifo, int rate_hz, const gws_psd *psd, uint64_t seed, gws_err *err)
{
    char name[32];
    gws_psd grid = {0};
    l->mains_hz = strchr("VGE", ifo[0]) ? 50 : 60;
    int top = (int)(LINE_TOP * 0.5 * rate_hz / l->mains_hz);
    gws_status status = gws_psd_interpolate(psd, 1, (int64_t)l->mains_hz * N_HARMONICS + 1, &grid, err);
    if (status != GWS_OK)
        return status;
    snprintf(name, sizeof name, "lines-%.3s", ifo);
    gws_rng rng = gws_rng_init(seed, name, 0);
    l->n = top < N_HARMONICS ? top : N_HARMONICS;
    for (int m = 1; m <= l->n; m++) {
        /* A sine of amplitude A, T seconds of it: rho^2 = A^2 T/S */
        double amplitude = snr / m * sqrt(grid.data[m * l->mains_hz]), phase = gws_rng_range(&rng, 0, 2 * M_PI);
        l->amplitude[m - 1] = CMPLX(amplitude * cos(phase), amplitude * sin(phase));
        if (!isfinite(amplitude))
            status =
                gws_err_set(err, GWS_EDATA, "lines: the noise curve is %g at %d Hz", grid.data[m * l->mains_hz], m * l->mains_hz);
    }
    for (int k = 0; k < N_SIDEBANDS; k++) {
        l->offset_mhz[k] = 100 + (int64_t)gws_rng_below(&rng, 2900);
        l->ratio[k] = gws_rng_range(&rng, 0.05, 0.3);
        l->phase[k] = gws_rng_range(&rng, 0, 2 * M_PI);
    }
    snprintf(name, sizeof name, "lines-wander-%.3s", ifo);
    l->wander = gws_smooth_init(seed, name, (int64_t)WANDER_S * rate_hz);
    snprintf(name, sizeof name, "lines-depth-%.3s", ifo);
    l->depth = gws_smooth_init(seed, name, (int64_t)LINE_DEPTH_S * rate_hz);
    gws_psd_clear(&grid);
    return status;
}

/* Fraction of a turn, f_mhz being whole: no rounding however far from GPS 0. */
static double exact_turns(int64_t f_mhz, int64_t sample, int rate_hz)
{
    int64_t period = (int64_t)1000 * rate_hz, in_period = sample - gws_floor_div(sample, period) * period;
    return (double)(f_mhz * in_period % period) / (double)period;
}

static void lines_add(lines *l, int rate_hz, int64_t begin, int64_t n, double *h)
{
    for (int64_t a = begin; a < begin + n; a++) {
        double angle = 2 * M_PI * exact_turns(1000 * (int64_t)l->mains_hz, a, rate_hz) + WANDER_RAD * gws_smooth_at(&l->wander, a);
        double strength = 1 + LINE_DEPTH * gws_smooth_at(&l->depth, a), sum = 0;
        for (int k = 0; k < N_SIDEBANDS; k++)
            strength += l->ratio[k] * cos(2 * M_PI * exact_turns(l->offset_mhz[k], a, rate_hz) + l->phase[k]);
        double c = cos(angle), s = sin(angle), re = 1, im = 0;
        for (int m = 0; m < l->n; m++) {
            double next = re * c - im * s;
            im = re * s + im * c;
            re = next;
            sum += creal(l->amplitude[m]) * re - cimag(l->amplitude[m]) * im;
        }
        h[a - begin] += strength * sum;
    }
}

gws_contaminate *gws_contaminate_create(const gws_contaminate_params *params, const char *ifo, int rate_hz, const gws_psd *psd,
                                        uint64_t seed, gws_err *err)
{
    GWS_ASSERT(params && ifo && rate_hz > 0 && psd && psd->n >= 2);
    char name[32];
    if (!(params->line_snr >= 0 && params->line_snr <= 1e6)) {
        gws_err_set(err, GWS_EARG, "lines: SNR %g in a second; want 0 to 1e6", params->line_snr);
        return NULL;
    }
    if (!(params->gaps_per_hour >= 0 && params->gaps_per_hour <= GWS_POISSON_MAX_PER_HOUR && params->gap_s > 0 &&
          params->gap_s <= 1e5)) {
        gws_err_set(err, GWS_EARG, "gaps: %g an hour, %g s long; want 0 to %g, more than 0 and up to 1e5 s", params->gaps_per_hour,
                    params->gap_s, GWS_POISSON_MAX_PER_HOUR);
        return NULL;
    }
    gws_contaminate *c = calloc(1, sizeof *c);
    if (!c) {
        gws_err_set(err, GWS_ENOMEM, "contamination: no memory");
        return NULL;
    }
    snprintf(c->ifo, sizeof c->ifo, "%.3s", ifo);
    c->rate_hz = rate_hz;
    snprintf(name, sizeof name, "gap-%s", c->ifo);
    c->gaps = gws_poisson_init(seed, name, params->gaps_per_hour);
    c->gap_s = params->gap_s;
    c->glitches = gws_glitches_create(&params->glitch, ifo, rate_hz, psd, seed, err);
    if (!c->glitches)
        goto fail;
    if (params->line_snr > 0 && lines_init(&c->lines, params->line_snr, ifo, rate_hz, psd, seed, err) != GWS_OK)
        goto fail;
    if (params->n_pulsars > 0) {
        const gws_site *site = gws_site_find(ifo);
        if (!site)
            gws_err_set(err, GWS_EARG, "pulsars: unknown detector %.8s", ifo);
        if (!site || !(c->waves = gws_continuous_create(params->pulsars, params->n_pulsars, site, rate_hz, err)))
            goto fail;
    }
    return c;
fail:
    gws_contaminate_destroy(c);
    return NULL;
}

void gws_contaminate_destroy(gws_contaminate *c)
{
    if (!c)
        return;
    gws_glitches_destroy(c->glitches);
    gws_continuous_destroy(c->waves);
    free(c);
}

static void cut_gaps(const gws_contaminate *c, int64_t begin, int64_t n, double *h)
{
    int64_t most = (int64_t)ceil(GAP_MOST * c->gap_s * c->rate_hz) + 1;
    int64_t first = gws_poisson_cell(gws_ns_of_sample(begin - most, c->rate_hz));
    int64_t last = gws_poisson_cell(gws_ns_of_sample(begin + n + 1, c->rate_hz));
    for (int64_t cell = first; cell <= last; cell++) {
        int count = gws_poisson_count(&c->gaps, cell);
        for (int k = 0; k < count; k++) {
            gws_rng rng = gws_poisson_event(&c->gaps, cell, k);
            double length_s = fmin(-log(gws_rng_uniform(&rng)), GAP_MOST) * c->gap_s;
            int64_t from = gws_sample_of_ns(gws_poisson_time_ns(&c->gaps, cell, k), c->rate_hz);
            int64_t to = from + (int64_t)ceil(length_s * c->rate_hz);
            for (int64_t a = from > begin ? from : begin; a < to && a < begin + n; a++)
                h[a - begin] = (double)NAN;
        }
    }
}

void gws_contaminate_add(gws_contaminate *c, int64_t begin, int64_t n, double *h)
{
    GWS_ASSERT(c && n >= 0 && (h || n == 0));
    if (n == 0)
        return;
    if (c->waves)
        gws_continuous_add(c->waves, begin, n, h);
    if (c->lines.n > 0)
        lines_add(&c->lines, c->rate_hz, begin, n, h);
    gws_glitches_add(c->glitches, begin, n, h);
    if (c->gaps.mean > 0)
        cut_gaps(c, begin, n, h);
}

const char *gws_contaminate_ifo(const gws_contaminate *c)
{
    return c->ifo;
}

int gws_contaminate_rate_hz(const gws_contaminate *c)
{
    return c->rate_hz;
}

const gws_glitches *gws_contaminate_glitches(const gws_contaminate *c)
{
    return c->glitches;
}
