#include "matched/stem_bank.h"

#include "base/arena.h"
#include "base/rng.h"
#include "dsp/fft.h"
#include "gw/named_psd.h"
#include "model/reference.h"
#include "nn/filters.h"

#include <complex.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    RATE = 512,
    LENGTH = 32 * RATE, /* samples of the cyclic buffer a waveform is made in: 32 s */
    MATCH_N = 4096,     /* points of a correlation */
    PAIR = 2 * GWS_PANEL,
};
#define DELTA_F_HZ ((double)RATE / LENGTH)

typedef struct thread_work {
    double complex *hp, *hc, *h, *t; /* (LENGTH+1) */
    float *x, *out;                  /* (MATCH_N,32), (MATCH_N/2,32) */
} thread_work;

typedef struct chooser {
    const gws_stem_params *p;
    const char *approximant;
    int groups, threads;
    gws_template *candidate; /* (candidates) */
    double *weight;          /* (candidates) */
    double *colour;          /* (LENGTH) 1/sqrt(S), 0 below low_hz */
    double *response;        /* (LENGTH) of the decimator */
    double *noise;           /* (LENGTH) power of white noise, of variance 1 at 2048 Hz, behind it */
    gws_cfft *fft;
    const gws_kernels *K;
    float *turn;     /* twiddle factors of MATCH_N points */
    float *spectrum; /* (groups, MATCH_N, 32) of the cut templates, rows in gws_kernels' order */
    float *match;    /* (candidates, 16 groups) */
    thread_work *work;
    gws_status status;
    gws_err err;
} chooser;

gws_stem_params gws_stem_defaults(void)
{
    return (gws_stem_params){.templates = 48,
                             .candidates = 900,
                             .taps = 1792,
                             .after = 18,
                             .low_hz = 18,
                             .curve = "aLIGOZeroDetHighPower",
                             .metric = 2.5,
                             .seed = 7};
}

void gws_stem_bank_clear(gws_stem_bank *b)
{
    if (!b)
        return;
    free(b->templates);
    gws_arena_free(b->log_weight);
    gws_arena_free(b->g);
    gws_arena_free(b->log_curve);
    *b = (gws_stem_bank){0};
}

static gws_status check(const gws_stem_params *p, gws_err *err)
{
    if (p->templates < 1 || p->templates > p->candidates || p->candidates > GWS_STEM_CANDIDATES_MAX)
        return gws_err_set(err, GWS_EARG,
                           "stem bank of %d templates out of %d candidates, wanted 1 <= templates <= candidates <= %d",
                           p->templates, p->candidates, GWS_STEM_CANDIDATES_MAX);
    if (p->after < 0 || p->after >= p->taps || p->taps > GWS_STEM_TAPS_MAX)
        return gws_err_set(err, GWS_EARG, "stem bank: %d taps, %d of them after the merger, wanted 0 <= after < taps <= %d",
                           p->taps, p->after, GWS_STEM_TAPS_MAX);
    if (!(p->low_hz >= 5 && p->low_hz < RATE / 2.0))
        return gws_err_set(err, GWS_EARG, "stem bank: lower frequency %g Hz, wanted 5 to less than %d Hz", p->low_hz, RATE / 2);
    if (!(p->metric >= 0 && p->metric <= 10 && p->loudness >= 0 && p->loudness <= 10))
        return gws_err_set(err, GWS_EARG, "stem bank: chirp mass to the power of %g, loudness to that of %g, wanted 0 to 10",
                           p->metric, p->loudness);
    return GWS_OK;
}

static void chooser_clear(chooser *c)
{
    for (int i = 0; c->work && i < c->threads; i++) {
        gws_arena_free(c->work[i].hp);
        gws_arena_free(c->work[i].hc);
        gws_arena_free(c->work[i].h);
        gws_arena_free(c->work[i].t);
        gws_arena_free(c->work[i].x);
        gws_arena_free(c->work[i].out);
    }
    free(c->work);
    free(c->candidate);
    gws_arena_free(c->weight);
    gws_arena_free(c->colour);
    gws_arena_free(c->response);
    gws_arena_free(c->noise);
    gws_arena_free(c->turn);
    gws_arena_free(c->spectrum);
    gws_arena_free(c->match);
    gws_cfft_destroy(c->fft);
}

/* What folds into a bin comes from four frequencies. */
static void make_response(chooser *c)
{
    for (int64_t k = 0; k < LENGTH; k++) {
        double f[4], response[4];
        for (int fold = 0; fold < 4; fold++)
            f[fold] = (double)k * DELTA_F_HZ + (fold - 2) * RATE;
        gws_filters_response(4, f, response);
        for (int fold = 0; fold < 4; fold++)
            c->noise[k] += response[fold] * response[fold] / GWS_DECIMATE;
        c->response[k] = response[2];
    }
}

static gws_status chooser_init(chooser *c, gws_err *err)
{
    const int64_t n = c->p->candidates;
    const size_t bins = (LENGTH + 1) * sizeof(double complex), pairs = MATCH_N * PAIR * sizeof(float);
    int good = 1;
    c->groups = (int)((n + GWS_PANEL - 1) / GWS_PANEL);
    c->candidate = calloc((size_t)n, sizeof *c->candidate);
    c->weight = gws_arena_alloc((size_t)n * sizeof *c->weight);
    c->colour = gws_arena_alloc(LENGTH * sizeof *c->colour);
    c->response = gws_arena_alloc(LENGTH * sizeof *c->response);
    c->noise = gws_arena_alloc(LENGTH * sizeof *c->noise);
    c->turn = gws_arena_alloc((size_t)gws_fft_twiddles_size(MATCH_N) * sizeof *c->turn);
    c->spectrum = gws_arena_alloc((size_t)c->groups * pairs);
    c->match = gws_arena_alloc((size_t)n * (size_t)c->groups * GWS_PANEL * sizeof *c->match);
    c->work = calloc((size_t)c->threads, sizeof *c->work);
    for (int i = 0; c->work && i < c->threads; i++) {
        thread_work *w = &c->work[i];
        w->hp = gws_arena_alloc(bins);
        w->hc = gws_arena_alloc(bins);
        w->h = gws_arena_alloc(bins);
        w->t = gws_arena_alloc(bins);
        w->x = gws_arena_alloc(pairs);
        w->out = gws_arena_alloc(pairs / 2);
        good = good && w->hp && w->hc && w->h && w->t && w->x && w->out;
    }
    if (!good || !c->candidate || !c->weight || !c->colour || !c->response || !c->noise || !c->turn || !c->spectrum || !c->match ||
        !c->work)
        return gws_err_set(err, GWS_ENOMEM, "stem bank: no memory for %lld candidates", (long long)n);
    if (!(c->fft = gws_cfft_create(LENGTH, 1, err)))
        return GWS_ENOMEM;
    gws_fft_twiddles(MATCH_N, c->turn);
    make_response(c);
    gws_psd curve;
    gws_status status = gws_psd_by_name(c->p->curve, DELTA_F_HZ, LENGTH, c->p->low_hz, &curve, err);
    for (int64_t k = 0; k < LENGTH && status == GWS_OK; k++)
        c->colour[k] = curve.data[k] > 0 ? 1 / sqrt(curve.data[k]) : 0;
    gws_psd_clear(&curve);
    return status;
}

static gws_status draw_candidates(chooser *c, const gws_population *population, gws_err *err)
{
    for (int i = 0; i < c->p->candidates; i++) {
        gws_rng rng = gws_rng_init(c->p->seed, "stem-bank", (uint64_t)i);
        gws_source s;
        gws_status status = gws_population_draw(population, &rng, &s, err);
        if (status != GWS_OK)
            return status;
        c->candidate[i] = (gws_template){.mass1_msun = fmax(s.binary.mass1_msun, s.binary.mass2_msun),
                                         .mass2_msun = fmin(s.binary.mass1_msun, s.binary.mass2_msun),
                                         .f_lower_hz = c->p->low_hz};
        const int swapped = s.binary.mass1_msun < s.binary.mass2_msun;
        c->candidate[i].spin1z = swapped ? s.binary.spin2[2] : s.binary.spin1[2];
        c->candidate[i].spin2z = swapped ? s.binary.spin1[2] : s.binary.spin2[2];
        snprintf(c->candidate[i].approximant, sizeof c->candidate[i].approximant, "%s", c->approximant);
        c->weight[i] = pow(gws_chirp_mass(s.binary.mass1_msun, s.binary.mass2_msun), c->p->metric);
    }
    return GWS_OK;
}

/* The whitened waveform in time, w->t[LENGTH], t = 0 at its first sample and times before that at its end.
 *   for_filter  divided by the response of the decimator */
static gws_status whitened(const chooser *c, const gws_template *t, int for_filter, thread_work *w, gws_err *err)
{
    const gws_binary b = gws_template_binary(t);
    gws_status status = gws_waveform_fd(t->approximant, &b, DELTA_F_HZ, LENGTH + 1, w->hp, w->hc, err);
    if (status != GWS_OK)
        return status;
    for (int64_t k = 0; k < LENGTH; k++)
        w->h[k] = w->hp[k] * (for_filter ? c->colour[k] / c->response[k] : c->colour[k]);
    gws_cfft_inverse(c->fft, (double *)w->h, (double *)w->t);
    return GWS_OK;
}

/* Sample i of the cut template: that at i - (taps - after - 1), 0 being the merger. */
static double complex cut(const chooser *c, const double complex *t, int i)
{
    return t[(LENGTH + i - (c->p->taps - c->p->after - 1)) % LENGTH];
}

/* Spectra of the sixteen candidates of a group. */
static void spectra_task(void *user, int group, int thread)
{
    chooser *c = user;
    thread_work *w = &c->work[thread];
    float *x = c->spectrum + (int64_t)group * MATCH_N * PAIR;
    for (int v = 0; v < GWS_PANEL && group * GWS_PANEL + v < c->p->candidates; v++) {
        const gws_template *t = &c->candidate[group * GWS_PANEL + v];
        gws_err err;
        double sum = 0;
        gws_status status = whitened(c, t, 0, w, &err);
        for (int i = 0; i < c->p->taps && status == GWS_OK; i++)
            sum += creal(cut(c, w->t, i)) * creal(cut(c, w->t, i)) + cimag(cut(c, w->t, i)) * cimag(cut(c, w->t, i));
        if (status == GWS_OK && !(sum > 0 && isfinite(sum)))
            status = gws_err_set(&err, GWS_ENUM, "stem bank: masses %g and %g Msun, spins %g and %g: norm %g", t->mass1_msun,
                                 t->mass2_msun, t->spin1z, t->spin2z, sqrt(sum));
        if (status != GWS_OK) { /* which of several is told does not matter: none is expected */
            c->status = status;
            c->err = err;
            return;
        }
        if (c->p->loudness > 0)
            c->weight[group * GWS_PANEL + v] *=
                pow(sqrt(sum) / pow(gws_chirp_mass(t->mass1_msun, t->mass2_msun), 5.0 / 6.0), c->p->loudness);
        for (int i = 0; i < c->p->taps; i++) {
            x[i * PAIR + v] = (float)(creal(cut(c, w->t, i)) / sqrt(sum));
            x[i * PAIR + GWS_PANEL + v] = (float)(cimag(cut(c, w->t, i)) / sqrt(sum));
        }
    }
    c->K->fft_forward(MATCH_N, c->turn, x);
}

/* The remainder by 4 of a row's bin.  The digits of the bin, base 8, are reversed, so its last digit comes first. */
static int quarter_of(int row)
{
    return row / (MATCH_N / 8) % 4;
}

/* Match of candidate i with all from its group on.  The correlation is turned by a quarter to come to lie in the later half. */
static void match_task(void *user, int i, int thread)
{
    static const float turn_re[4] = {1.0f, 0.0f, -1.0f, 0.0f}, turn_im[4] = {0.0f, 1.0f, 0.0f, -1.0f};
    chooser *c = user;
    thread_work *w = &c->work[thread];
    const float *a = c->spectrum + (int64_t)(i / GWS_PANEL) * MATCH_N * PAIR + i % GWS_PANEL;
    for (int group = i / GWS_PANEL; group < c->groups; group++) {
        const float *b = c->spectrum + (int64_t)group * MATCH_N * PAIR;
        float most[GWS_PANEL] = {0};
        for (int r = 0; r < MATCH_N; r++) {
            /* conj(a) exp(2 pi i k/4): a moves by 3/4 of the buffer */
            const float tr = turn_re[quarter_of(r)], ti = turn_im[quarter_of(r)], ar = a[r * PAIR], ai = a[r * PAIR + GWS_PANEL];
            const float re = ar * tr + ai * ti, im = ar * ti - ai * tr;
            for (int v = 0; v < GWS_PANEL; v++) {
                const float br = b[r * PAIR + v], bi = b[r * PAIR + GWS_PANEL + v];
                w->x[r * PAIR + v] = re * br - im * bi;
                w->x[r * PAIR + GWS_PANEL + v] = re * bi + im * br;
            }
        }
        c->K->fft_inverse(MATCH_N, c->turn, w->x, w->out, PAIR, 0);
        for (int r = 0; r < MATCH_N / 2; r++)
            for (int v = 0; v < GWS_PANEL; v++) {
                const float re = w->out[r * PAIR + v], im = w->out[r * PAIR + GWS_PANEL + v], power = re * re + im * im;
                most[v] = power > most[v] ? power : most[v];
            }
        for (int v = 0; v < GWS_PANEL; v++)
            c->match[((int64_t)i * c->groups + group) * GWS_PANEL + v] = sqrtf(most[v]) / (float)MATCH_N;
    }
}

static const float *matches_of(const chooser *c, int i)
{
    return c->match + (int64_t)i * c->groups * GWS_PANEL;
}

/* Fill in the half below the diagonal, which match_task leaves out. */
static void mirror(chooser *c)
{
    const int64_t row = (int64_t)c->groups * GWS_PANEL;
    for (int i = 0; i < c->p->candidates; i++)
        for (int j = 0; j < i; j++)
            c->match[i * row + j] = c->match[j * row + i];
}

/* chosen (templates) out; best (candidates) out: the match of each with the bank. */
static void choose(const chooser *c, int *chosen, double *best)
{
    const int n = c->p->candidates;
    for (int j = 0; j < n; j++)
        best[j] = 0;
    for (int k = 0; k < c->p->templates; k++) {
        double most = -1;
        for (int i = 0; i < n; i++) {
            const float *match = matches_of(c, i);
            double gain = 0;
            for (int j = 0; j < n; j++)
                gain += (double)match[j] > best[j] ? c->weight[j] * ((double)match[j] - best[j]) : 0;
            if (gain > most) {
                most = gain;
                chosen[k] = i;
            }
        }
        for (int j = 0; j < n; j++)
            best[j] = fmax(best[j], (double)matches_of(c, chosen[k])[j]);
    }
}

static void weigh(const chooser *c, const int *chosen, const double *best, double *share, gws_stem_bank *out)
{
    double lightest = INFINITY, all = 0, sum = 0, match = 0, cubes = 0;
    for (int j = 0; j < c->p->candidates; j++) {
        int nearest = 0;
        for (int k = 1; k < out->n; k++)
            if (matches_of(c, chosen[k])[j] > matches_of(c, chosen[nearest])[j])
                nearest = k;
        share[nearest] += c->weight[j];
        lightest = fmin(lightest, c->weight[j]);
        sum += c->weight[j];
        match += c->weight[j] * best[j];
        cubes += c->weight[j] * best[j] * best[j] * best[j];
    }
    for (int k = 0; k < out->n; k++)
        all += share[k] += 0.2 * lightest;
    for (int k = 0; k < out->n; k++)
        out->log_weight[k] = (float)log(share[k] / all * out->n);
    out->match = match / sum;
    out->distance = cbrt(cubes / sum);
}

/* The taps of one template.  Their norm is that of filter and decimator together. */
static gws_status make_filter(const chooser *c, const gws_template *t, float *g, gws_err *err)
{
    thread_work *w = &c->work[0];
    const int taps = c->p->taps;
    gws_status status = whitened(c, t, 1, w, err);
    if (status != GWS_OK)
        return status;
    memset(w->hc, 0, LENGTH * sizeof *w->hc);
    for (int i = 0; i < taps; i++)
        w->hc[i] = cut(c, w->t, i);
    gws_cfft_forward(c->fft, (double *)w->hc, (double *)w->h);
    double sum = 0;
    for (int64_t k = 0; k < LENGTH; k++)
        sum += c->noise[k] * (creal(w->h[k]) * creal(w->h[k]) + cimag(w->h[k]) * cimag(w->h[k])) / LENGTH;
    const double scale = sqrt(2 / sum);
    for (int d = 0; d < taps; d++) {
        g[2 * d] = (float)(scale * creal(w->hc[taps - 1 - d]));
        g[2 * d + 1] = (float)(-scale * cimag(w->hc[taps - 1 - d]));
    }
    return GWS_OK;
}

static gws_status finish(const chooser *c, gws_stem_bank *out, gws_err *err)
{
    const int n = c->p->templates;
    int *chosen = malloc((size_t)n * sizeof *chosen);
    double *best = malloc((size_t)c->p->candidates * sizeof *best), *share = calloc((size_t)n, sizeof *share);
    gws_status status = GWS_OK;
    out->n = n;
    out->taps = c->p->taps;
    out->after = c->p->after;
    out->templates = malloc((size_t)n * sizeof *out->templates);
    out->log_weight = gws_arena_alloc((size_t)n * sizeof *out->log_weight);
    out->g = gws_arena_alloc((size_t)n * (size_t)out->taps * 2 * sizeof *out->g);
    if (!chosen || !best || !share || !out->templates || !out->log_weight || !out->g) {
        status = gws_err_set(err, GWS_ENOMEM, "stem bank: no memory for %d templates", n);
        goto fail;
    }
    choose(c, chosen, best);
    weigh(c, chosen, best, share, out);
    for (int k = 0; k < n && status == GWS_OK; k++) {
        out->templates[k] = c->candidate[chosen[k]];
        status = make_filter(c, &out->templates[k], out->g + (int64_t)k * out->taps * 2, err);
    }
fail:
    free(chosen);
    free(best);
    free(share);
    return status;
}

/* The population asked for, or MLGWSC-1's in *own, and the approximant of its templates; NULL without memory. */
static const gws_population *population_of(chooser *c, const gws_population *given, gws_population **own, gws_err *err)
{
    if (!given)
        given = *own = gws_population_create(NULL, err);
    if (given) {
        const char *name = gws_population_approximant(given);
        c->approximant = strcmp(name, "TaylorF2") == 0 || strcmp(name, "IMRPhenomXAS") == 0 ? name : "IMRPhenomD";
    }
    return given;
}

gws_status gws_stem_candidates(const gws_stem_params *params, const gws_population *population, gws_template *out, gws_err *err)
{
    gws_population *own = NULL;
    chooser c = {.p = params, .candidate = out};
    gws_status status = check(params, err);
    if (status == GWS_OK && !(population = population_of(&c, population, &own, err)))
        status = GWS_ENOMEM;
    if (status == GWS_OK && !(c.weight = gws_arena_alloc((size_t)params->candidates * sizeof *c.weight)))
        status = gws_err_set(err, GWS_ENOMEM, "stem bank: no memory for %d candidates", params->candidates);
    if (status == GWS_OK)
        status = draw_candidates(&c, population, err);
    gws_arena_free(c.weight);
    gws_population_destroy(own);
    return status;
}

gws_status gws_stem_filters(const gws_stem_params *params, const gws_template *t, int n, float *g, gws_err *err)
{
    gws_stem_params p = *params;
    p.templates = p.candidates = 1;
    chooser c = {.p = &p, .threads = 1, .K = gws_kernels_get()};
    gws_status status = check(&p, err);
    if (status == GWS_OK)
        status = chooser_init(&c, err);
    for (int k = 0; k < n && status == GWS_OK; k++)
        status = make_filter(&c, &t[k], g + (int64_t)k * p.taps * 2, err);
    chooser_clear(&c);
    return status;
}

/* The curve as a model holds it: every bin has a value, those that the curve leaves out that of the next. */
static gws_status take_curve(const gws_stem_params *p, gws_stem_bank *out, gws_err *err)
{
    gws_psd psd = {0};
    gws_status status = gws_psd_by_name(p->curve, GWS_REFERENCE_DF_HZ, GWS_REFERENCE_BINS, 0, &psd, err);
    double last = 0;
    if (status == GWS_OK && !(out->log_curve = gws_arena_alloc(GWS_REFERENCE_BINS * sizeof *out->log_curve)))
        status = gws_err_set(err, GWS_ENOMEM, "stem bank: no memory for its curve");
    for (int64_t k = 0; k < 2 * GWS_REFERENCE_BINS && status == GWS_OK; k++) {
        /* up, so that a bin without a value gets that of the one before it; then down, for those before the first */
        const int64_t i = k < GWS_REFERENCE_BINS ? k : 2 * GWS_REFERENCE_BINS - 1 - k;
        last = psd.data[i] > 0 ? psd.data[i] : last;
        psd.data[i] = last;
        if (k >= GWS_REFERENCE_BINS)
            out->log_curve[i] = (float)log(last);
    }
    gws_psd_clear(&psd);
    return status;
}

gws_status gws_stem_bank_choose(const gws_stem_params *params, const gws_population *population, gws_pool *pool, gws_stem_bank *out,
                                gws_err *err)
{
    gws_population *own = NULL;
    chooser c = {.p = params, .threads = gws_pool_threads(pool), .K = gws_kernels_get()};
    *out = (gws_stem_bank){0};
    gws_status status = check(params, err);
    if (status == GWS_OK && !(population = population_of(&c, population, &own, err)))
        status = GWS_ENOMEM;
    if (status == GWS_OK)
        status = chooser_init(&c, err);
    if (status == GWS_OK)
        status = draw_candidates(&c, population, err);
    if (status == GWS_OK) {
        gws_pool_run(pool, c.groups, spectra_task, &c);
        status = c.status == GWS_OK ? GWS_OK : gws_err_set(err, c.status, "%s", c.err.text);
    }
    if (status == GWS_OK) {
        gws_pool_run(pool, params->candidates, match_task, &c);
        mirror(&c);
        status = finish(&c, out, err);
    }
    if (status == GWS_OK && params->follow)
        status = take_curve(params, out, err);
    if (status != GWS_OK)
        gws_stem_bank_clear(out);
    chooser_clear(&c);
    gws_population_destroy(own);
    return status;
}
