#include "sim/contaminate.h"

#include "base/clock.h"
#include "base/hdf5.h"
#include "sim/poisson.h"

#include <complex.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DRIFT_BLOCK 4096 /* samples of low-frequency noise at once */
#define LOW_FULL_HZ 30.0
#define LOW_END_HZ 60.0
#define N_HARMONICS 8
#define N_SIDEBANDS 2
#define LINE_TOP 0.95  /* of Nyquist */
#define WANDER_RAD 0.5 /* of the fundamental's phase */
#define WANDER_S 16
#define LINE_DEPTH 0.2 /* of its amplitude */
#define LINE_DEPTH_S 30
#define GAP_MOST 10 /* means */

/* ---- slow random modulation ---- */

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

/* ---- drifting noise level ---- */

struct gws_drift {
    gws_noise *low;
    double depth;
    gws_smooth level, shape;
    double scratch[DRIFT_BLOCK];
};

gws_drift *gws_drift_create(const gws_psd *psd, int rate_hz, double filter_s, uint64_t seed, uint64_t stream, const char *ifo,
                            double depth, double time_s, gws_err *err)
{
    GWS_ASSERT(psd && psd->n >= 2 && rate_hz > 0 && ifo);
    if (!(depth >= 0 && depth <= 2 && time_s >= 1 && time_s <= 1e7)) {
        gws_err_set(err, GWS_EARG, "drift: depth %g over %g s; want 0 to 2 over 1 to 1e7 s", depth, time_s);
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
    d->low = gws_noise_create(&low, rate_hz, filter_s, seed, stream, err);
    if (!d->low)
        goto fail;
    d->depth = depth;
    int64_t every = llround(time_s * rate_hz);
    snprintf(name, sizeof name, "drift-level-%.3s", ifo);
    d->level = gws_smooth_init(seed, name, every);
    snprintf(name, sizeof name, "drift-shape-%.3s", ifo);
    d->shape = gws_smooth_init(seed, name, every);
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

/* ---- one detector ---- */

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

/* ---- the truth ---- */

typedef struct entry {
    char ifo[4];
    gws_glitch glitch;
} entry;

struct gws_truth {
    entry *entries;
    int64_t n, capacity;
};

gws_truth *gws_truth_create(gws_err *err)
{
    gws_truth *t = calloc(1, sizeof *t);
    if (!t)
        gws_err_set(err, GWS_ENOMEM, "table of glitches: no memory");
    return t;
}

void gws_truth_destroy(gws_truth *t)
{
    if (!t)
        return;
    free(t->entries);
    free(t);
}

int64_t gws_truth_count(const gws_truth *t)
{
    return t->n;
}

gws_status gws_truth_add(gws_truth *t, const gws_contaminate *c, int64_t begin, int64_t n, const double *h, gws_err *err)
{
    GWS_ASSERT(t && c && n >= 0 && (h || n == 0));
    gws_glitch *found;
    int n_found;
    gws_status status = gws_glitches_list(c->glitches, begin, n, &found, &n_found, err);
    for (int i = 0; status == GWS_OK && i < n_found; i++) {
        /* The sample may come out one beside the list's, rounding being what it is. */
        int64_t at = gws_sample_of_ns(found[i].t_ns, c->rate_hz) - begin;
        at = at < 0 ? 0 : at >= n ? n - 1 : at;
        if (!isfinite(h[at]))
            continue;
        if (t->n == t->capacity) {
            int64_t more = 2 * t->capacity + 64;
            entry *grown = realloc(t->entries, (size_t)more * sizeof *grown);
            if (!grown) {
                status = gws_err_set(err, GWS_ENOMEM, "table of glitches: no memory for %lld", (long long)more);
                break;
            }
            t->entries = grown;
            t->capacity = more;
        }
        entry *e = &t->entries[t->n++];
        memcpy(e->ifo, c->ifo, sizeof e->ifo);
        e->glitch = found[i];
    }
    free(found);
    return status;
}

static int by_detector(const void *a, const void *b)
{
    const entry *const *x = a, *const *y = b;
    int c = strcmp((*x)->ifo, (*y)->ifo);
    if (c != 0)
        return c;
    return (*x)->glitch.t_ns < (*y)->glitch.t_ns ? -1 : (*x)->glitch.t_ns > (*y)->glitch.t_ns ? 1 : *x < *y ? -1 : *x > *y;
}

gws_status gws_truth_save(const gws_truth *t, const char *path, const char *command, uint64_t seed, gws_err *err)
{
    GWS_ASSERT(t && path && command);
    static const char *const columns[] = {"/glitches/time", "/glitches/snr", "/glitches/f", "/glitches/duration"};
    gws_status status = GWS_OK;
    int64_t n = t->n;
    gws_h5 *f = NULL;
    const entry **order = malloc((size_t)(n + 1) * sizeof *order);
    const char **words = malloc((size_t)(n + 1) * sizeof *words);
    double *row = malloc((size_t)(n + 1) * sizeof *row);
    if (!order || !words || !row) {
        status = gws_err_set(err, GWS_ENOMEM, "%s: no memory for %lld glitches", path, (long long)n);
        goto fail;
    }
    for (int64_t i = 0; i < n; i++)
        order[i] = &t->entries[i];
    if (n > 0)
        qsort(order, (size_t)n, sizeof *order, by_detector);
    if (!(f = gws_h5_create(path, err))) {
        status = err ? err->status : GWS_EIO;
        goto fail;
    }
    for (int c = 0; status == GWS_OK && c < 4; c++) {
        for (int64_t i = 0; i < n; i++) {
            const gws_glitch *g = &order[i]->glitch;
            row[i] = c == 0 ? (double)g->t_ns * 1e-9 : c == 1 ? g->snr : c == 2 ? g->f_hz : g->duration_s;
        }
        status = gws_h5_write_f64(f, columns[c], 1, &n, row, err);
    }
    for (int64_t i = 0; i < n; i++)
        words[i] = order[i]->ifo;
    if (status == GWS_OK)
        status = gws_h5_write_strings(f, "/glitches/ifo", n, words, err);
    for (int64_t i = 0; i < n; i++)
        words[i] = gws_glitch_name(order[i]->glitch.family);
    if (status == GWS_OK)
        status = gws_h5_write_strings(f, "/glitches/family", n, words, err);
    if (status == GWS_OK)
        status = gws_h5_provenance(f, command, (int64_t)seed, NULL, err);
    if (status == GWS_OK) {
        status = gws_h5_commit(f, err);
        f = NULL;
    }
fail:
    gws_h5_close(f);
    free(order);
    free(words);
    free(row);
    return status;
}
