#include "matched/bank.h"

#include "base/arena.h"
#include "base/hdf5.h"
#include "base/rng.h"
#include "dsp/fft.h"
#include "gw/constants.h"

#include <complex.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 64          /* draws compared with the bank at once */
#define RECENT 1024       /* draws over which the bank is judged */
#define NEIGHBOUR_S 0.25  /* templates whose tau0 differs by more are not compared, */
#define NEIGHBOUR 0.08    /* or by more than this share */
#define SHARE_TRIES 10000 /* draws in chirp times before the masses are drawn instead */

void gws_bank_clear(gws_bank *b)
{
    if (!b)
        return;
    free(b->templates);
    *b = (gws_bank){0};
}

gws_bank_params gws_bank_defaults(void)
{
    return (gws_bank_params){.mass_min_msun = 10,
                             .mass_max_msun = 50,
                             .min_match = 0.97,
                             .coverage = 0.99,
                             .low_hz = 20,
                             .high_hz = 1024,
                             .approximant = "IMRPhenomD"};
}

gws_binary gws_template_binary(const gws_template *t)
{
    return (gws_binary){.mass1_msun = t->mass1_msun,
                        .mass2_msun = t->mass2_msun,
                        .spin1 = {0, 0, t->spin1z},
                        .spin2 = {0, 0, t->spin2z},
                        .distance_mpc = 1,
                        .f_lower_hz = t->f_lower_hz};
}

double gws_template_tau0_s(const gws_template *t)
{
    double total = (t->mass1_msun + t->mass2_msun) * GWS_MTSUN_S, x = M_PI * total * t->f_lower_hz;
    double eta = t->mass1_msun * t->mass2_msun / ((t->mass1_msun + t->mass2_msun) * (t->mass1_msun + t->mass2_msun));
    return 5 / (256 * M_PI * eta * t->f_lower_hz) * pow(x, -5.0 / 3);
}

/* ---- placement ---- */

/* A template as a vector of norm 1: whitened, bins first .. first+n-1. */
typedef struct item {
    gws_template t;
    double tau0_s;
    int64_t n;
    float complex *a;
} item;

typedef struct scratch {
    double complex *hp, *hc; /* (bins) */
    double *re, *im;         /* (size) */
} scratch;

typedef struct placer {
    const gws_bank_params *p;
    gws_fft *fft;
    int64_t size, bins, first;
    double *weight; /* (bins) 1/sqrt(S) */
    item **bank;    /* (n) in order of tau0 */
    int n, capacity;
    scratch *work; /* one a thread */
    int threads;
    uint64_t drawn; /* draws so far */
    item *batch[BATCH];
    int known[BATCH]; /* matched by the bank as it was before the batch */
    gws_status status[BATCH];
    gws_err err[BATCH];
} placer;

static void item_free(item *i)
{
    if (i)
        free(i->a);
    free(i);
}

static void placer_clear(placer *s)
{
    gws_fft_destroy(s->fft);
    gws_arena_free(s->weight);
    for (int i = 0; i < s->n; i++)
        item_free(s->bank[i]);
    free(s->bank);
    for (int i = 0; i < BATCH; i++)
        item_free(s->batch[i]);
    for (int i = 0; s->work && i < s->threads; i++) {
        gws_arena_free(s->work[i].hp);
        gws_arena_free(s->work[i].hc);
        gws_arena_free(s->work[i].re);
        gws_arena_free(s->work[i].im);
    }
    free(s->work);
}

static gws_status check(const gws_bank_params *p, gws_err *err)
{
    if (!(p->mass_min_msun > 0 && p->mass_min_msun <= p->mass_max_msun && p->mass_max_msun < 1e4))
        return gws_err_set(err, GWS_EARG, "template bank: masses from %g to %g Msun, wanted 0 < min <= max", p->mass_min_msun,
                           p->mass_max_msun);
    if (!(p->spin_min >= -1 && p->spin_min <= p->spin_max && p->spin_max <= 1))
        return gws_err_set(err, GWS_EARG, "template bank: spins from %g to %g, wanted -1 <= min <= max <= 1", p->spin_min,
                           p->spin_max);
    if (!(p->min_match >= 0.5 && p->min_match <= 0.999))
        return gws_err_set(err, GWS_EARG, "template bank: min_match %g, wanted 0.5 to 0.999", p->min_match);
    if (!(p->coverage >= 0.5 && p->coverage < 1))
        return gws_err_set(err, GWS_EARG, "template bank: coverage %g, wanted 0.5 to less than 1", p->coverage);
    if (!(p->low_hz >= 1 && p->low_hz < 0.9 * p->high_hz && p->high_hz <= 65536))
        return gws_err_set(err, GWS_EARG, "template bank: band from %g to %g Hz, wanted 1 Hz to less than 9/10 of the upper end",
                           p->low_hz, p->high_hz);
    return GWS_OK;
}

static gws_status placer_init(placer *s, const gws_bank_params *p, const gws_psd *psd, int threads, gws_err *err)
{
    gws_psd grid = {0};
    gws_status status = GWS_ENOMEM;
    *s = (placer){.p = p, .threads = threads};
    s->bins = (int64_t)(p->high_hz / GWS_BANK_DELTA_F_HZ) + 1;
    s->size = 2 * (s->bins - 1);
    s->first = (int64_t)(p->low_hz / GWS_BANK_DELTA_F_HZ);
    s->weight = gws_arena_alloc((size_t)s->bins * sizeof *s->weight);
    s->work = calloc((size_t)threads, sizeof *s->work);
    if (!s->weight || !s->work)
        goto nomem;
    for (int i = 0; i < threads; i++) {
        scratch *w = &s->work[i];
        w->hp = gws_arena_alloc((size_t)s->bins * sizeof *w->hp);
        w->hc = gws_arena_alloc((size_t)s->bins * sizeof *w->hc);
        w->re = gws_arena_alloc((size_t)s->size * sizeof *w->re);
        w->im = gws_arena_alloc((size_t)s->size * sizeof *w->im);
        if (!w->hp || !w->hc || !w->re || !w->im)
            goto nomem;
    }
    if (!(s->fft = gws_fft_create(s->size, err)))
        goto fail;
    status = gws_psd_interpolate(psd, GWS_BANK_DELTA_F_HZ, s->bins, &grid, err);
    for (int64_t k = s->first; status == GWS_OK && k < s->bins - 1; k++) {
        if (!(grid.data[k] > 0) || !isfinite(grid.data[k]))
            status = gws_err_set(err, GWS_EDATA, "template bank: the PSD is %g at %g Hz, wanted a positive number from %g to %g Hz",
                                 grid.data[k], (double)k * GWS_BANK_DELTA_F_HZ, p->low_hz, p->high_hz);
        s->weight[k] = 1 / sqrt(grid.data[k]);
    }
    gws_psd_clear(&grid);
    return status;
nomem:
    gws_err_set(err, GWS_ENOMEM, "template bank: no memory for overlaps of %lld bins", (long long)s->bins);
fail:
    return status;
}

/* A point uniform in (tau0, tau3) of the masses allowed; 0 when none was met. */
static int draw_chirp_times(const gws_bank_params *p, gws_rng *rng, double *m1, double *m2)
{
    /* tau0 = a M^(-5/3)/eta, tau3 = b M^(-2/3)/eta */
    double f = p->low_hz, a = 5 / (256 * M_PI * f) * pow(M_PI * f, -5.0 / 3), b = 1 / (8 * f) * pow(M_PI * f, -2.0 / 3);
    double lo = p->mass_min_msun * GWS_MTSUN_S, hi = p->mass_max_msun * GWS_MTSUN_S;
    double tau0_max = 4 * a * pow(2 * lo, -5.0 / 3), tau0_min = 4 * a * pow(2 * hi, -5.0 / 3);
    double uneven = b * pow(lo + hi, 4.0 / 3) / (lo * hi), tau3_max = fmax(4 * b * pow(2 * lo, -2.0 / 3), uneven);
    double tau3_min = 4 * b * pow(2 * hi, -2.0 / 3);
    for (int i = 0; i < SHARE_TRIES; i++) {
        double tau0 = gws_rng_range(rng, tau0_min, tau0_max), tau3 = gws_rng_range(rng, tau3_min, tau3_max);
        double total = a / b * tau3 / tau0, eta = b * pow(total, -2.0 / 3) / tau3;
        if (!(eta <= 0.25))
            continue;
        double root = sqrt(1 - 4 * eta), heavy = 0.5 * total * (1 + root), light = 0.5 * total * (1 - root);
        if (light < lo || heavy > hi)
            continue;
        *m1 = heavy / GWS_MTSUN_S;
        *m2 = light / GWS_MTSUN_S;
        return 1;
    }
    return 0;
}

static gws_template draw(const gws_bank_params *p, uint64_t index)
{
    gws_rng rng = gws_rng_init(p->seed, "template-bank", index);
    gws_template t = {.f_lower_hz = p->low_hz};
    snprintf(t.approximant, sizeof t.approximant, "%s", p->approximant);
    if (index % 2 == 0 || !draw_chirp_times(p, &rng, &t.mass1_msun, &t.mass2_msun)) {
        double a = p->mass_min_msun + (p->mass_max_msun - p->mass_min_msun) * gws_rng_uniform(&rng);
        double b = p->mass_min_msun + (p->mass_max_msun - p->mass_min_msun) * gws_rng_uniform(&rng);
        t.mass1_msun = fmax(a, b);
        t.mass2_msun = fmin(a, b);
    }
    t.spin1z = p->spin_min + (p->spin_max - p->spin_min) * gws_rng_uniform(&rng);
    t.spin2z = p->spin_min + (p->spin_max - p->spin_min) * gws_rng_uniform(&rng);
    return t;
}

static gws_status make_item(const placer *s, scratch *w, const gws_template *t, item **out, gws_err *err)
{
    gws_binary b = gws_template_binary(t);
    double sum = 0;
    int64_t end = s->bins - 1;
    item *made = NULL;
    *out = NULL;
    gws_status status = gws_waveform_fd(t->approximant, &b, GWS_BANK_DELTA_F_HZ, s->bins, w->hp, w->hc, err);
    if (status != GWS_OK)
        return status;
    while (end > s->first && w->hp[end - 1] == 0)
        end--;
    for (int64_t k = s->first; k < end; k++) {
        w->hp[k] *= s->weight[k];
        sum += creal(w->hp[k]) * creal(w->hp[k]) + cimag(w->hp[k]) * cimag(w->hp[k]);
    }
    if (!(sum > 0) || !isfinite(sum))
        return gws_err_set(err, GWS_ENUM, "template bank: masses %g and %g Msun, spins %g and %g: norm %g between %g and %g Hz",
                           t->mass1_msun, t->mass2_msun, t->spin1z, t->spin2z, sqrt(sum), s->p->low_hz, s->p->high_hz);
    made = calloc(1, sizeof *made);
    if (made)
        made->a = malloc((size_t)(end - s->first) * sizeof *made->a);
    if (!made || !made->a) {
        item_free(made);
        return gws_err_set(err, GWS_ENOMEM, "template bank: no memory for a template of %lld bins", (long long)(end - s->first));
    }
    made->t = *t;
    made->tau0_s = gws_template_tau0_s(t);
    made->n = end - s->first;
    for (int64_t k = 0; k < made->n; k++)
        made->a[k] = (float complex)(w->hp[s->first + k] / sqrt(sum));
    *out = made;
    return GWS_OK;
}

/* Largest |(a|b)| over time: on the samples of a real transform of both quadratures, then a parabola through the top three. */
static double match(const placer *s, scratch *w, const item *a, const item *b)
{
    int64_t n = a->n < b->n ? a->n : b->n, top = 0, last = s->size - 1;
    double best = -1;
    for (int part = 0; part < 2; part++) {
        memset(w->hp, 0, (size_t)s->bins * sizeof *w->hp);
        for (int64_t k = 0; k < n; k++) {
            double ar = (double)crealf(a->a[k]), ai = (double)cimagf(a->a[k]);
            double br = (double)crealf(b->a[k]), bi = (double)cimagf(b->a[k]);
            double re = 0.5 * (ar * br + ai * bi), im = 0.5 * (ai * br - ar * bi);
            w->hp[s->first + k] = part ? CMPLX(im, -re) : CMPLX(re, im);
        }
        gws_fft_inverse(s->fft, (double *)w->hp, part ? w->im : w->re);
    }
    for (int64_t j = 0; j < s->size; j++) {
        w->re[j] = w->re[j] * w->re[j] + w->im[j] * w->im[j];
        if (w->re[j] > best) {
            best = w->re[j];
            top = j;
        }
    }
    double before = w->re[top > 0 ? top - 1 : last], after = w->re[top < last ? top + 1 : 0], bend = before - 2 * best + after;
    if (bend < 0)
        best -= (after - before) * (after - before) / (8 * bend);
    return sqrt(best);
}

static double reach_s(const item *i)
{
    return fmax(NEIGHBOUR_S, NEIGHBOUR * i->tau0_s);
}

/* Place of a chirp time in the bank: the first template that is not below it. */
static int place_of(const placer *s, double tau0_s)
{
    int lo = 0, hi = s->n;
    while (lo < hi) {
        int mid = (lo + hi) / 2;
        if (s->bank[mid]->tau0_s < tau0_s)
            lo = mid + 1;
        else
            hi = mid;
    }
    return lo;
}

/* Does any template near i match it?  Nearest in chirp time first. */
static int is_known(const placer *s, scratch *w, const item *i)
{
    int above = place_of(s, i->tau0_s), below = above - 1;
    for (;;) {
        double up = above < s->n ? s->bank[above]->tau0_s - i->tau0_s : (double)INFINITY;
        double down = below >= 0 ? i->tau0_s - s->bank[below]->tau0_s : (double)INFINITY;
        if (!(fmin(up, down) <= reach_s(i)))
            return 0;
        if (match(s, w, i, up <= down ? s->bank[above++] : s->bank[below--]) >= s->p->min_match)
            return 1;
    }
}

static void try_draw(void *user, int task, int thread)
{
    placer *s = user;
    gws_template t = draw(s->p, s->drawn + (uint64_t)task);
    s->status[task] = make_item(s, &s->work[thread], &t, &s->batch[task], &s->err[task]);
    if (s->status[task] == GWS_OK)
        s->known[task] = is_known(s, &s->work[thread], s->batch[task]);
}

/* Take over an item. */
static gws_status add(placer *s, item *i, gws_err *err)
{
    if (s->n == s->capacity) {
        int more = s->capacity ? 2 * s->capacity : 256;
        item **bank = realloc(s->bank, (size_t)more * sizeof *bank);
        if (!bank) {
            item_free(i);
            return gws_err_set(err, GWS_ENOMEM, "template bank: no memory for %d templates", more);
        }
        s->bank = bank;
        s->capacity = more;
    }
    int at = place_of(s, i->tau0_s);
    memmove(s->bank + at + 1, s->bank + at, (size_t)(s->n - at) * sizeof(item *));
    s->bank[at] = i;
    s->n++;
    return GWS_OK;
}

/* Take a batch into the bank: every draw that the bank did not match before the batch and that no earlier draw of the batch
 * matches.
 *   fresh  (BATCH) out: 1 for what was new */
static gws_status take_batch(placer *s, int *fresh, gws_err *err)
{
    item *added[BATCH];
    int n_added = 0;
    gws_status status = GWS_OK;
    for (int i = 0; i < BATCH; i++) {
        item *it = s->batch[i];
        s->batch[i] = NULL;
        fresh[i] = 0;
        if (status == GWS_OK && s->status[i] != GWS_OK) {
            if (err)
                *err = s->err[i];
            status = s->status[i];
        }
        if (status != GWS_OK || !it || s->known[i]) {
            item_free(it);
            continue;
        }
        int known = 0;
        for (int k = 0; k < n_added && !known; k++)
            known = fabs(added[k]->tau0_s - it->tau0_s) <= reach_s(it) && match(s, &s->work[0], it, added[k]) >= s->p->min_match;
        if (known) {
            item_free(it);
            continue;
        }
        if ((status = add(s, it, err)) == GWS_OK) {
            added[n_added++] = it;
            fresh[i] = 1;
        }
    }
    return status;
}

gws_status gws_bank_place(const gws_bank_params *params, const gws_psd *psd, gws_pool *pool, gws_progress_fn progress, void *user,
                          gws_bank *out, gws_err *err)
{
    GWS_ASSERT(params && params->approximant && psd && psd->n >= 2 && out);
    *out = (gws_bank){0};
    placer s = {0};
    unsigned char recent[RECENT]; /* was the draw new? a ring */
    int n_new = RECENT, least_new = RECENT;
    memset(recent, 1, sizeof recent);
    gws_status status = check(params, err);
    if (status == GWS_OK)
        status = placer_init(&s, params, psd, gws_pool_threads(pool), err);
    while (status == GWS_OK && n_new >= (1 - params->coverage) * RECENT) {
        int fresh[BATCH];
        gws_pool_run(pool, BATCH, try_draw, &s);
        status = take_batch(&s, fresh, err);
        for (int i = 0; i < BATCH; i++) {
            unsigned char *slot = &recent[(s.drawn + (uint64_t)i) % RECENT];
            n_new += fresh[i] - *slot;
            *slot = (unsigned char)fresh[i];
        }
        s.drawn += BATCH;
        least_new = n_new < least_new ? n_new : least_new; /* chance has a few more now and then: told work does not go back */
        if (status == GWS_OK && gws_progress_tell(&(gws_progress){progress, user}, 1 - (double)least_new / RECENT, params->coverage,
                                                  "placing templates"))
            status = gws_err_set(err, GWS_ESTOP, "template bank: stopped");
    }
    if (status == GWS_OK) {
        out->templates = malloc((size_t)s.n * sizeof *out->templates);
        if (!out->templates)
            status = gws_err_set(err, GWS_ENOMEM, "template bank: no memory for %d templates", s.n);
    }
    if (status == GWS_OK) {
        out->n = s.n;
        for (int i = 0; i < s.n; i++)
            out->templates[i] = s.bank[i]->t;
    }
    placer_clear(&s);
    return status;
}

/* ---- files ---- */

#define N_COLUMNS 5

const char *const gws_bank_columns[] = {"mass1", "mass2", "spin1z", "spin2z", "f_lower", "approximant", NULL};
const char *const gws_bank_zero_columns[] = {"spin1x", "spin1y", "spin2x", "spin2y", "lambda1", "lambda2", "eccentricity", NULL};

static const char *const column_names[N_COLUMNS] = {"/mass1", "/mass2", "/spin1z", "/spin2z", "/f_lower"};

static double *column_of(gws_template *t, int c)
{
    double *all[N_COLUMNS] = {&t->mass1_msun, &t->mass2_msun, &t->spin1z, &t->spin2z, &t->f_lower_hz};
    return all[c];
}

gws_status gws_bank_save(const gws_bank *b, const char *path, const char *command, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    GWS_ASSERT(b && path);
    gws_status status = GWS_ENOMEM;
    double *column = malloc((size_t)(b->n + 1) * sizeof *column);
    const char **names = malloc((size_t)(b->n + 1) * sizeof *names);
    gws_h5 *f = NULL;
    const int64_t shape[1] = {b->n};
    if (!column || !names) {
        gws_err_set(err, GWS_ENOMEM, "%s: no memory for %d templates", path, b->n);
        goto fail;
    }
    if (!(f = gws_h5_create(path, err))) {
        status = err->status;
        goto fail;
    }
    status = GWS_OK;
    for (int c = 0; c < N_COLUMNS && status == GWS_OK; c++) {
        for (int i = 0; i < b->n; i++)
            column[i] = *column_of(&b->templates[i], c);
        status = gws_h5_write_f64(f, column_names[c], 1, shape, column, err);
    }
    for (int i = 0; i < b->n; i++)
        names[i] = b->templates[i].approximant;
    if (status == GWS_OK)
        status = gws_h5_write_strings(f, "/approximant", b->n, names, err);
    if (status == GWS_OK && command)
        status = gws_h5_provenance(f, command, -1, NULL, err);
    if (status == GWS_OK) {
        status = gws_h5_commit(f, err);
        f = NULL;
    }
fail:
    gws_h5_close(f);
    free(column);
    free(names);
    return status;
}

static gws_status check_template(const gws_template *t, int row, const char *path, gws_err *err)
{
    int known = 0;
    for (int i = 0; gws_approximant_name(i); i++)
        known |= strcmp(gws_approximant_name(i), t->approximant) == 0;
    if (!known)
        return gws_err_set(err, GWS_EDATA, "%s: template %d: waveform '%s' is unknown; known is %s", path, row, t->approximant,
                           gws_approximant_name(0));
    if (!(t->mass1_msun > 0 && t->mass2_msun > 0 && t->mass1_msun + t->mass2_msun < 1e4 && fabs(t->spin1z) <= 1 &&
          fabs(t->spin2z) <= 1 && t->f_lower_hz >= 1 && t->f_lower_hz < 1e4))
        return gws_err_set(err, GWS_EDATA,
                           "%s: template %d: masses %g and %g Msun, spins %g and %g from %g Hz: wanted positive masses, spins "
                           "of -1 to 1, 1 Hz or more",
                           path, row, t->mass1_msun, t->mass2_msun, t->spin1z, t->spin2z, t->f_lower_hz);
    return GWS_OK;
}

/* What these templates cannot have: columns that must be 0. */
static gws_status check_others(gws_h5 *f, int64_t n, double *column, gws_err *err)
{
    for (int c = 0; gws_bank_zero_columns[c]; c++) {
        char path[40];
        gws_h5_info info;
        snprintf(path, sizeof path, "/%s", gws_bank_zero_columns[c]);
        if (!gws_h5_exists(f, path))
            continue;
        gws_status status = gws_h5_stat(f, path, &info, err);
        if (status == GWS_OK && (info.ndim != 1 || info.shape[0] != n))
            status = gws_err_set(err, GWS_EFORMAT, "%s: %s is not a row of %lld numbers as /mass1 is", gws_h5_path(f), path,
                                 (long long)n);
        if (status == GWS_OK)
            status = gws_h5_read_f64(f, path, 0, n, column, err);
        for (int64_t i = 0; status == GWS_OK && i < n; i++)
            if (column[i] != 0)
                status =
                    gws_err_set(err, GWS_EDATA,
                                "%s: template %lld: %s is %g, and templates have masses and spins along the orbital momentum alone",
                                gws_h5_path(f), (long long)i, gws_bank_zero_columns[c], column[i]);
        if (status != GWS_OK)
            return status;
    }
    return GWS_OK;
}

gws_status gws_bank_load(const char *path, double f_lower_hz, const char *approximant, gws_bank *out, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    GWS_ASSERT(path && approximant && out);
    gws_status status;
    gws_h5_info info;
    double *column = NULL;
    *out = (gws_bank){0};
    gws_h5 *f = gws_h5_open(path, err);
    if (!f)
        return err->status;
    if ((status = gws_h5_stat(f, "/mass1", &info, err)) != GWS_OK)
        goto fail;
    if (info.ndim != 1 || info.shape[0] < 1 || info.shape[0] > 10000000) {
        status = gws_err_set(err, GWS_EFORMAT, "%s: /mass1 is not a row of templates", path);
        goto fail;
    }
    int64_t n = info.shape[0];
    out->templates = calloc((size_t)n, sizeof *out->templates);
    column = malloc((size_t)n * sizeof *column);
    if (!out->templates || !column) {
        status = gws_err_set(err, GWS_ENOMEM, "%s: no memory for %lld templates", path, (long long)n);
        goto fail;
    }
    out->n = (int)n;
    for (int c = 0; c < N_COLUMNS; c++) {
        for (int64_t i = 0; i < n; i++)
            column[i] = c == N_COLUMNS - 1 ? f_lower_hz : 0;
        if (c < 2 || gws_h5_exists(f, column_names[c])) {
            if ((status = gws_h5_stat(f, column_names[c], &info, err)) != GWS_OK)
                goto fail;
            if (info.ndim != 1 || info.shape[0] != n) {
                status = gws_err_set(err, GWS_EFORMAT, "%s: %s is not a row of %lld numbers as /mass1 is", path, column_names[c],
                                     (long long)n);
                goto fail;
            }
            if ((status = gws_h5_read_f64(f, column_names[c], 0, n, column, err)) != GWS_OK)
                goto fail;
        }
        for (int64_t i = 0; i < n; i++)
            *column_of(&out->templates[i], c) = column[i];
    }
    if ((status = check_others(f, n, column, err)) != GWS_OK)
        goto fail;
    int named = gws_h5_exists(f, "/approximant");
    if (named && ((status = gws_h5_stat(f, "/approximant", &info, err)) != GWS_OK || info.ndim != 1 || info.shape[0] != n)) {
        if (status == GWS_OK)
            status = gws_err_set(err, GWS_EFORMAT, "%s: /approximant is not a row of %lld names", path, (long long)n);
        goto fail;
    }
    for (int64_t i = 0; i < n && status == GWS_OK; i++) {
        char *name = NULL;
        gws_template *t = &out->templates[i];
        if (named && (status = gws_h5_read_string(f, "/approximant", i, &name, err)) != GWS_OK)
            break;
        snprintf(t->approximant, sizeof t->approximant, "%s", name ? name : approximant);
        free(name);
        status = check_template(t, (int)i, path, err);
    }
    if (status == GWS_OK)
        status = gws_h5_check(f, err);
fail:
    free(column);
    gws_h5_close(f);
    if (status != GWS_OK)
        gws_bank_clear(out);
    return status;
}
