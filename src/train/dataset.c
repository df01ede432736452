#include "train/dataset.h"

#include "base/rng.h"
#include "train/recipe.h"
#include "train/whitened.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BATCH 256       /* tasks between two reports of progress */
#define CLEAR_S 0.3     /* a glitch in a signal's window keeps this far from the merger */
#define WRONG_LO_S 0.02 /* light needs 10 ms from H1 to L1, 27 ms to V1: twice this where there are three */
#define WRONG_HI_S 0.5

struct gws_dataset {
    gws_data_recipe r;
    gws_split split;
    uint64_t seed;
    char window_stream[24];
    gws_signal *signals; /* (r.n_signals) */
    float **noise;       /* (n_stretch * n_ifo) whitened stretches of `stretch` samples each */
    gws_gains *gains;    /* (n_stretch * n_ifo) of each, where templates follow the noise; else NULL */
    int64_t n_stretch, stretch;
    int64_t n_for_signals; /* stretches 0 .. n_for_signals-1 serve signal windows, the others noise windows */
};

/* What the tasks share; every task has its own place for its failure. */
typedef struct job {
    gws_dataset *d;
    gws_signal_maker **makers; /* one a thread */
    int64_t first;             /* number of task 0 of this batch */
    int64_t per_task, total;
    char purpose[32];
    gws_err *errors; /* (BATCH) */
} job;

static void noise_task(void *user, int task, int thread)
{
    (void)thread;
    job *j = user;
    int64_t k = j->first + task;
    const gws_noise_name name = {.ifo = (int)(k % j->d->r.n_ifo), .purpose = j->purpose, .number = (uint64_t)k};
    j->errors[task].status = gws_whitened_noise(&j->d->r, j->d->seed, &name, j->d->stretch, j->d->noise[k],
                                                j->d->gains ? &j->d->gains[k] : NULL, &j->errors[task]);
}

static void signal_task(void *user, int task, int thread)
{
    job *j = user;
    for (int64_t k = (j->first + task) * j->per_task; k < (j->first + task + 1) * j->per_task && k < j->total; k++) {
        j->errors[task].status =
            gws_signal_make(j->makers[thread], j->d->seed, j->purpose, (uint64_t)k, &j->d->signals[k], &j->errors[task]);
        if (j->errors[task].status != GWS_OK)
            return;
    }
}

/* Run all tasks in batches; between batches say how far it is.  The first failure in task order wins. */
static gws_status run_job(job *j, gws_pool *pool, gws_task_fn fn, int batch, double done0, double done1, const char *note,
                          const gws_progress *progress, gws_err *err)
{
    int64_t tasks = (j->total + j->per_task - 1) / j->per_task;
    for (j->first = 0; j->first < tasks; j->first += batch) {
        int n = (int)(tasks - j->first < batch ? tasks - j->first : batch);
        memset(j->errors, 0, (size_t)n * sizeof *j->errors);
        gws_pool_run(pool, n, fn, j);
        for (int i = 0; i < n; i++)
            if (j->errors[i].status != GWS_OK) {
                if (err)
                    *err = j->errors[i];
                return j->errors[i].status;
            }
        double done = done0 + (done1 - done0) * (double)(j->first + n) / (double)tasks;
        if (gws_progress_tell(progress, done, 1, note))
            return gws_err_set(err, GWS_ESTOP, "data set: stopped");
    }
    return GWS_OK;
}

static gws_status make_all(gws_dataset *d, gws_pool *pool, const gws_progress *progress, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    gws_status status = GWS_OK;
    int threads = gws_pool_threads(pool);
    job j = {.d = d};
    j.errors = malloc(BATCH * sizeof *j.errors);
    j.makers = calloc((size_t)threads, sizeof *j.makers);
    if (!j.errors || !j.makers) {
        status = gws_err_set(err, GWS_ENOMEM, "data set: no memory");
        goto fail;
    }
    char of_noise[32];
    snprintf(of_noise, sizeof of_noise, "noise-%s", gws_split_name[d->split]);
    const gws_noise_rows rows = {of_noise, d->seed, d->n_for_signals};
    for (int t = 0; t < threads; t++) {
        j.makers[t] = gws_signal_maker_create(&d->r, d->gains ? &rows : NULL, err);
        if (!j.makers[t]) {
            status = err->status;
            goto fail;
        }
    }
    snprintf(j.purpose, sizeof j.purpose, "%s", of_noise);
    j.per_task = 1;
    j.total = d->n_stretch * d->r.n_ifo;
    status = run_job(&j, pool, noise_task, 2 * threads, 0, 0.3, "noise", progress, err);
    if (status != GWS_OK)
        goto fail;
    snprintf(j.purpose, sizeof j.purpose, "signal-%s", gws_split_name[d->split]);
    j.per_task = 16;
    j.total = d->r.n_signals;
    status = run_job(&j, pool, signal_task, BATCH / 8, 0.3, 1, "signals", progress, err);
fail:
    if (j.makers)
        for (int t = 0; t < threads; t++)
            gws_signal_maker_destroy(j.makers[t]);
    free(j.makers);
    free(j.errors);
    return status;
}

static int64_t stretches(const gws_data_recipe *r)
{
    const int64_t n = (int64_t)ceil(r->noise_s / r->stretch_s);
    return n < 2 ? 2 : n;
}

gws_dataset *gws_dataset_create(gws_ini *recipe, gws_split split, uint64_t seed, const gws_reference *reference, gws_pool *pool,
                                const gws_progress *progress, gws_err *err)
{
    gws_err mine;
    if (!err)
        err = &mine;
    gws_dataset *d = calloc(1, sizeof *d);
    if (!d) {
        gws_err_set(err, GWS_ENOMEM, "data set: no memory");
        return NULL;
    }
    if (gws_data_recipe_read(recipe, split, &d->r, err) != GWS_OK)
        goto fail;
    d->r.condition.reference = reference;
    d->split = split;
    d->seed = seed;
    snprintf(d->window_stream, sizeof d->window_stream, "window-%s", gws_split_name[split]);
    d->stretch = (int64_t)(d->r.stretch_s * d->r.rate_hz);
    d->n_stretch = stretches(&d->r);
    d->n_for_signals = (int64_t)lround((double)d->n_stretch * d->r.signal_share);
    if (d->n_for_signals < 1)
        d->n_for_signals = 1;
    if (d->n_for_signals > d->n_stretch - 1)
        d->n_for_signals = d->n_stretch - 1;
    d->signals = calloc((size_t)d->r.n_signals, sizeof *d->signals);
    d->noise = calloc((size_t)(d->n_stretch * d->r.n_ifo), sizeof *d->noise);
    d->gains = reference ? calloc((size_t)(d->n_stretch * d->r.n_ifo), sizeof *d->gains) : NULL;
    int ok = d->signals && d->noise && (d->gains || !reference);
    for (int64_t i = 0; ok && i < d->n_stretch * d->r.n_ifo; i++) {
        d->noise[i] = malloc((size_t)d->stretch * sizeof **d->noise);
        ok = d->noise[i] != NULL;
    }
    if (!ok) {
        gws_err_set(err, GWS_ENOMEM, "data set: no memory for %lld stretches of %g s", (long long)(d->n_stretch * d->r.n_ifo),
                    d->r.stretch_s);
        goto fail;
    }
    if (make_all(d, pool, progress, err) != GWS_OK)
        goto fail;
    return d;
fail:
    gws_dataset_destroy(d);
    return NULL;
}

gws_status gws_dataset_bytes_most(gws_ini *recipe, gws_split split, int threads, int64_t *out, gws_err *err)
{
    gws_data_recipe r;
    const gws_status status = gws_data_recipe_read(recipe, split, &r, err);
    *out = 0;
    if (status == GWS_OK) {
        const int64_t f = sizeof(float);
        const int64_t length = (int64_t)(r.merger_max_s * r.rate_hz) + (int64_t)(r.after_s * r.rate_hz);
        *out = stretches(&r) * r.n_ifo * (int64_t)(r.stretch_s * r.rate_hz) * f +
               r.n_signals * ((int64_t)sizeof(gws_signal) + length * r.n_ifo * f) + threads * gws_signal_maker_bytes(&r);
    }
    gws_data_recipe_clear(&r);
    return status;
}

void gws_dataset_destroy(gws_dataset *d)
{
    if (!d)
        return;
    for (int64_t i = 0; d->signals && i < d->r.n_signals; i++)
        gws_signal_clear(&d->signals[i]);
    for (int64_t i = 0; d->noise && i < d->n_stretch * d->r.n_ifo; i++)
        free(d->noise[i]);
    for (int64_t i = 0; d->gains && i < d->n_stretch * d->r.n_ifo; i++)
        gws_gains_clear(&d->gains[i]);
    free(d->gains);
    free(d->signals);
    free(d->noise);
    gws_data_recipe_clear(&d->r);
    free(d);
}

int gws_dataset_samples(const gws_dataset *d)
{
    return d->r.window;
}

int gws_dataset_ifos(const gws_dataset *d)
{
    return d->r.n_ifo;
}

int64_t gws_dataset_bytes(const gws_dataset *d)
{
    int64_t bytes = d->n_stretch * d->r.n_ifo * d->stretch * (int64_t)sizeof(float);
    for (int64_t i = 0; i < d->r.n_signals; i++)
        bytes += (int64_t)sizeof *d->signals + d->signals[i].len * d->r.n_ifo * (int64_t)sizeof(float);
    return bytes;
}

/* Add one detector's share of a source with its merger at sample `merger` of the window. */
static void add_signal(const gws_dataset *d, const gws_signal *s, int ifo, int64_t merger, double snr, float *w)
{
    int n_ifo = d->r.n_ifo;
    for (int i = 0; i < s->len; i++) {
        int64_t at = merger - s->merger + i;
        if (at >= 0 && at < d->r.window)
            w[at * n_ifo + ifo] += (float)snr * s->w[ifo][i];
    }
}

static void add_burst(const gws_dataset *d, gws_rng *rng, int ifo, double centre, float *w)
{
    const gws_whitened_burst b = gws_whitened_burst_draw(d->r.rate_hz, rng);
    gws_whitened_burst_add(&b, d->r.rate_hz, centre, d->r.window, w + ifo, d->r.n_ifo);
}

/* A disturbance that must not be called a signal: half of them bursts in one detector, a quarter a signal in one detector only, a
 * quarter signals that no sky position explains. */
static void add_disturbance(const gws_dataset *d, gws_rng *rng, float *w)
{
    double kind = gws_rng_uniform(rng);
    int ifo = (int)gws_rng_below(rng, (uint64_t)d->r.n_ifo);
    if (kind < 0.5 || d->r.n_ifo < 2) {
        add_burst(d, rng, ifo, gws_rng_range(rng, 0, d->r.window), w);
        return;
    }
    const gws_signal *s = &d->signals[gws_rng_below(rng, (uint64_t)d->r.n_signals)];
    double snr = gws_rng_range(rng, 5, 30);
    int64_t merger = (int64_t)(gws_rng_range(rng, d->r.merger_min_s, d->r.merger_max_s) * d->r.rate_hz);
    if (kind < 0.75) {
        if (s->share[ifo] > 1e-3)
            add_signal(d, s, ifo, merger, snr / s->share[ifo], w);
        return;
    }
    /* Every other detector is displaced against the first by a delay that light does not need. */
    double lowest = d->r.n_ifo > 2 ? 2 * WRONG_LO_S : WRONG_LO_S;
    add_signal(d, s, 0, merger, snr, w);
    for (int i = 1; i < d->r.n_ifo; i++) {
        double delay = gws_rng_range(rng, lowest, WRONG_HI_S) * (gws_rng_uniform(rng) < 0.5 ? -1 : 1);
        add_signal(d, s, i, merger + (int64_t)lround(delay * d->r.rate_hz), snr, w);
    }
}

/* Noise of a detector into a window: row `row` of the stretches, from a drawn sample on. */
static void put_noise(const gws_dataset *d, gws_rng *rng, int ifo, int64_t row, gws_window *out)
{
    const int64_t offset = (int64_t)gws_rng_below(rng, (uint64_t)(d->stretch - d->r.window + 1)), at = row * d->r.n_ifo + ifo;
    const float *noise = d->noise[at] + offset;
    for (int n = 0; n < d->r.window; n++)
        out->w[n * d->r.n_ifo + ifo] = noise[n];
    out->gains[ifo] = d->gains ? &d->gains[at] : NULL;
    out->offset[ifo] = offset;
}

void gws_dataset_window(const gws_dataset *d, int64_t epoch, int64_t k, double snr_lo, double snr_hi, int force, gws_window *out)
{
    GWS_ASSERT(d && out && out->w && epoch >= 0 && k >= 0 && k < INT64_C(1) << 32);
    const gws_data_recipe *r = &d->r;
    gws_rng rng = gws_rng_init(d->seed, d->window_stream, ((uint64_t)epoch << 32) + (uint64_t)k);
    double role = gws_rng_uniform(&rng);
    int has_signal = force < 0 ? role < r->signal_share : force != 0;

    int64_t first = has_signal ? 0 : d->n_for_signals, count = has_signal ? d->n_for_signals : d->n_stretch - d->n_for_signals;
    for (int i = 0; i < r->n_ifo; i++) {
        const int64_t row = first + (int64_t)gws_rng_below(&rng, (uint64_t)count);
        put_noise(d, &rng, i, row, out);
    }
    out->has_signal = has_signal;
    out->merger = -1;
    out->snr = out->mass1_msun = out->mass2_msun = out->loudness = 0;
    if (!has_signal) {
        if (gws_rng_uniform(&rng) < r->glitch_share)
            add_disturbance(d, &rng, out->w);
        return;
    }
    const gws_signal *s = &d->signals[gws_rng_below(&rng, (uint64_t)r->n_signals)];
    for (int i = 0; i < r->n_ifo && d->gains; i++) /* a signal goes with the noise that it was whitened for */
        put_noise(d, &rng, i, s->row[i], out);
    double tail = gws_rng_uniform(&rng), part = gws_rng_uniform(&rng);
    if (snr_lo > 0 && snr_hi > 0)
        out->snr = snr_lo + (snr_hi - snr_lo) * part;
    else if (tail < r->snr_tail)
        out->snr = r->snr_max + (r->snr_tail_max - r->snr_max) * part;
    else
        out->snr = gws_snr_law(r->snr_min, r->snr_max, r->snr_power, part);
    out->merger = (int64_t)(gws_rng_range(&rng, r->merger_min_s, r->merger_max_s) * r->rate_hz);
    out->mass1_msun = s->mass1_msun;
    out->mass2_msun = s->mass2_msun;
    out->loudness = s->loudness;
    for (int i = 0; i < r->n_ifo; i++)
        add_signal(d, s, i, out->merger, out->snr, out->w);
    if (gws_rng_uniform(&rng) < r->signal_glitch_share) {
        double at = gws_rng_range(&rng, 0, r->window);
        int ifo = (int)gws_rng_below(&rng, (uint64_t)r->n_ifo);
        if (fabs(at - (double)out->merger) > CLEAR_S * r->rate_hz)
            add_burst(d, &rng, ifo, at, out->w);
    }
}

gws_status gws_dataset_noise(const gws_dataset *d, const gws_noise_name *name, int64_t n, float *w, gws_gains *gains, gws_err *err)
{
    return gws_whitened_noise(&d->r, d->seed, name, n, w, gains, err);
}

int gws_dataset_follows(const gws_dataset *d)
{
    return d->gains != NULL;
}

gws_status gws_background_stretch(gws_ini *recipe, const gws_reference *reference, uint64_t seed, int64_t index, int64_t n,
                                  gws_dataset_stretch *out, gws_err *err)
{
    GWS_ASSERT(recipe && out && n > 0 && index >= 0);
    gws_data_recipe r;
    gws_status status = gws_data_recipe_read(recipe, GWS_SPLIT_TEST, &r, err);
    r.condition.reference = reference;
    for (int i = 0; status == GWS_OK && i < r.n_ifo; i++) {
        if (!out->w[i])
            continue;
        const gws_noise_name name = {.ifo = i, .purpose = "background", .number = (uint64_t)(index * GWS_MODEL_IFOS + i)};
        gws_gains_clear(&out->gains[i]);
        status = gws_whitened_noise(&r, seed, &name, n, out->w[i], reference ? &out->gains[i] : NULL, err);
    }
    gws_data_recipe_clear(&r);
    return status;
}
