#include "train/candidates.h"

#include "base/array.h"
#include "base/arena.h"
#include "base/rng.h"
#include "train/whitened.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STRETCH_S = 600, PIECE = 4096, PER_LOT = 8, SIGNALS_A_TASK = 8, SLIDES_MOST = 63, BLOCK = 256, ENOUGH = 100 };

gws_status gws_candidate_params_from_ini(gws_ini *ini, uint64_t seed, gws_candidate_params *p, gws_err *err)
{
    static const char *const days[3] = {"days", "valid_days", "test_days"},
                             *const disturbed[3] = {"disturbed_days", "valid_disturbed_days", "test_disturbed_days"},
                             *const floors[3] = {"floor", "valid_floor", "test_floor"},
                             *const signals[3] = {"signals", "valid_signals", "test_signals"};
    const char *noise = gws_ini_string(ini, "candidates", "noise", "white");
    gws_status status;
    memset(p, 0, sizeof *p);
    p->seed = seed;
    p->conditioned = strcmp(noise, "conditioned") == 0;
    if (!p->conditioned && strcmp(noise, "white") != 0)
        return gws_err_set(err, GWS_EFORMAT, "[candidates] noise: wanted white or conditioned, found '%s'", noise);
    for (int s = 0; s < 3; s++)
        if ((status = gws_ini_double(ini, "candidates", days[s], 0.0, &p->days[s], err)) ||
            (status = gws_ini_double(ini, "candidates", disturbed[s], 0.0, &p->disturbed[s], err)) ||
            (status = gws_ini_double(ini, "candidates", floors[s], 20.0, &p->floor[s], err)) ||
            (status = gws_ini_int(ini, "candidates", signals[s], 0, &p->signals[s], err)))
            return status;
    if ((status = gws_ini_int(ini, "candidates", "before", 128, &p->before, err)) ||
        (status = gws_ini_int(ini, "candidates", "behind", 20, &p->behind, err)) ||
        (status = gws_ini_int(ini, "candidates", "slides", 0, &p->slides, err)) ||
        (status = gws_ini_int(ini, "candidates", "disturbed_slides", p->slides, &p->disturbed_slides, err)) ||
        (status = gws_ini_int(ini, "candidates", "most", 50000, &p->most, err)) ||
        (status = gws_ini_double(ini, "search", "gap_s", 0.35, &p->gap_s, err)))
        return status;
    for (int s = 0; s < 3; s++)
        if (!(p->days[s] >= 0.0 && p->days[s] <= 1e4) || p->signals[s] < 0 || p->signals[s] > 10000000 || !isfinite(p->floor[s]))
            return gws_err_set(err, GWS_EFORMAT, "[candidates]: %s is %g, wanted 0 to 10000; %s is %lld, wanted 0 to 10000000",
                               days[s], p->days[s], signals[s], (long long)p->signals[s]);
    for (int s = 0; s < 3; s++)
        if (!(p->disturbed[s] >= 0.0 && p->disturbed[s] <= 1e4) || (p->disturbed[s] > 0.0 && p->days[s] == 0.0))
            return gws_err_set(err, GWS_EFORMAT, "[candidates]: %s is %g, wanted 0 to 10000, and 0 without %s", disturbed[s],
                               p->disturbed[s], days[s]);
    if (p->slides < 0 || p->slides > SLIDES_MOST || p->disturbed_slides < 0 || p->disturbed_slides > SLIDES_MOST)
        return gws_err_set(err, GWS_EFORMAT, "[candidates] slides and disturbed_slides: wanted 0 to %d, found %lld and %lld",
                           SLIDES_MOST, (long long)p->slides, (long long)p->disturbed_slides);
    if (p->before < 1 || p->before > 4096 || p->behind < 1 || p->behind > 4096 || p->most < 1 || p->most > 10000000)
        return gws_err_set(err, GWS_EFORMAT, "[candidates]: before and behind must be 1 to 4096 steps, most 1 to 10000000 windows");
    if (!(p->gap_s >= 0.0 && p->gap_s <= 10.0))
        return gws_err_set(err, GWS_EFORMAT, "[search] gap_s: wanted 0 to 10, found %g", p->gap_s);
    return GWS_OK;
}

/* Windows found by one task. */
typedef struct found {
    float *x;
    double *mass; /* (n,3), of signals: masses and loudness */
    int64_t n, room_x, room_mass;
    int lost; /* out of memory */
    gws_err err;
} found;

typedef struct worker {
    gws_stemming *run;
    float *w[GWS_MODEL_IFOS];        /* whitened strain of a stretch, */
    gws_gains gains[GWS_MODEL_IFOS]; /* and what goes with it where templates follow the noise */
    float *x;                        /* (slides + 1, rows, inputs) what the stem made of it, or of a signal's window */
} worker;

typedef struct job {
    const gws_candidate_params *p;
    gws_split split;
    const gws_candidate_tools *with;
    int disturbed;
    gws_candidates *out;
    int inputs, ifos;
    int64_t slides;                   /* of each stretch of this kind of noise */
    int64_t first_row, rows, samples; /* of a stretch: the first that is scored, all, and its samples */
    int64_t T, first, signals;
    _Atomic int64_t kept; /* windows of noise, of all tasks; those that were too many count */
    worker *workers;
    found *task;
} job;

static void keep(const job *j, found *f, const float *rows, int64_t peak, const gws_window *w)
{
    const int64_t size = j->T * j->inputs;
    if (!GWS_ARRAY_ROOM(f->x, f->room_x, (f->n + 1) * size) || !GWS_ARRAY_ROOM(f->mass, f->room_mass, 3 * f->n + 3)) {
        f->lost = 1;
        return;
    }
    memcpy(f->x + f->n * size, rows + (peak - j->p->before) * j->inputs, (size_t)size * sizeof *f->x);
    f->mass[3 * f->n] = w ? w->mass1_msun : 0.0;
    f->mass[3 * f->n + 1] = w ? w->mass2_msun : 0.0;
    f->mass[3 * f->n + 2] = w ? w->loudness : 0.0;
    f->n++;
}

/* ---- noise ---- */

typedef struct rows_to {
    float *x;
    int64_t rows, inputs;
} rows_to;

static void take_rows(void *user, int64_t step, const float *x, int64_t n)
{
    const rows_to *r = user;
    const int64_t begin = step > 0 ? step : 0, end = step + n < r->rows ? step + n : r->rows;
    if (begin < end)
        memcpy(r->x + begin * r->inputs, x + (begin - step) * r->inputs, (size_t)((end - begin) * r->inputs) * sizeof *x);
}

static gws_status make_noise(const job *j, worker *k, int64_t stretch, gws_err *err)
{
    char purpose[32];
    double normal[PIECE];
    gws_status status = GWS_OK;
    snprintf(purpose, sizeof purpose, "%s-%s", j->disturbed ? "disturbed" : "candidates", gws_split_name[j->split]);
    for (int i = 0; i < j->ifos && status == GWS_OK; i++) {
        const uint64_t number = (uint64_t)(stretch * GWS_MODEL_IFOS + i);
        if (j->p->conditioned || j->disturbed) {
            const gws_noise_name name = {.ifo = i, .purpose = purpose, .number = number, .disturbed = j->disturbed};
            gws_gains *gains = gws_dataset_follows(j->with->data) ? &k->gains[i] : NULL;
            gws_gains_clear(&k->gains[i]);
            status = gws_dataset_noise(j->with->data, &name, j->samples, k->w[i], gains, err);
            gws_stemming_follow(k->run, i, gains, 0);
            continue;
        }
        const gws_rng r = gws_rng_init(j->p->seed, purpose, number);
        for (int64_t at = 0; at < j->samples; at += PIECE) {
            const int64_t n = j->samples - at < PIECE ? j->samples - at : PIECE;
            gws_rng_normal_at(&r, (uint64_t)at, normal, (size_t)n);
            for (int64_t q = 0; q < n; q++)
                k->w[i][at + q] = (float)normal[q];
        }
    }
    return status;
}

static void make_rows(const job *j, worker *k)
{
    rows_to to[SLIDES_MOST + 1];
    void *user[SLIDES_MOST + 1];
    for (int64_t q = 0; q <= j->slides; q++) {
        to[q] = (rows_to){k->x + q * j->rows * j->inputs, j->rows, j->inputs};
        user[q] = &to[q];
    }
    gws_stemming_reset(k->run);
    for (int64_t at = 0; at < j->samples; at += PIECE) {
        const int64_t n = j->samples - at < PIECE ? j->samples - at : PIECE;
        const float *each[GWS_MODEL_IFOS];
        for (int i = 0; i < j->ifos; i++)
            each[i] = k->w[i] + at;
        gws_stemming_push_slides(k->run, at, each, n, take_rows, user);
    }
}

/* Keep a window of noise unless there are too many already.  check_most() refuses too many, so which are kept does not matter. */
static void keep_noise(job *j, found *f, const float *x, int64_t peak)
{
    if (atomic_fetch_add(&j->kept, 1) < j->p->most)
        keep(j, f, x, peak, NULL);
}

/* Clusters of one stream of rows, whose loudest steps are kept. */
static void keep_clusters(job *j, found *f, const float *x)
{
    const float floor = (float)j->p->floor[j->split] / GWS_STEM_UNIT;
    const int64_t gap = (int64_t)(j->p->gap_s * GWS_STEM_RATE_HZ / GWS_STEM_HOP), end = j->rows - j->p->behind + 1;
    int64_t last = -1, peak = -1; /* last step above the floor; the open cluster's loudest */
    for (int64_t i = j->first_row; i < end; i++) {
        const float y = x[i * j->inputs];
        if (peak >= 0 && i - last > gap) {
            keep_noise(j, f, x, peak);
            peak = -1;
        }
        if (y < floor)
            continue;
        last = i;
        if (peak < 0 || y > x[peak * j->inputs])
            peak = i;
    }
    if (peak >= 0)
        keep_noise(j, f, x, peak);
}

static void noise_task(void *user, int task, int thread)
{
    job *j = user;
    worker *k = &j->workers[thread];
    if (make_noise(j, k, j->first + task, &j->task[task].err) != GWS_OK)
        return;
    make_rows(j, k);
    for (int64_t q = 0; q <= j->slides; q++)
        keep_clusters(j, &j->task[task], k->x + q * j->rows * j->inputs);
}

/* ---- signals ---- */

static void signal_task(void *user, int task, int thread)
{
    job *j = user;
    worker *k = &j->workers[thread];
    gws_windows *windows = j->with->windows;
    const int64_t lead = gws_windows_lead(windows), T = gws_windows_steps(windows);
    const int64_t near = (int64_t)(GWS_CANDIDATE_NEAR_S * GWS_STEM_RATE_HZ / GWS_STEM_HOP);
    for (int64_t n = (j->first + task) * SIGNALS_A_TASK; n < (j->first + task + 1) * SIGNALS_A_TASK && n < j->signals; n++) {
        gws_window w = {.w = gws_windows_room(windows, thread, k->x)};
        gws_dataset_window(j->with->data, 0, n, 0.0, 0.0, 1, &w);
        gws_windows_put(windows, thread, &w, T, k->x);
        const int64_t merger = w.merger / GWS_STEM_HOP - lead;
        int64_t peak = -1;
        for (int64_t i = merger - near; i <= merger + near; i++)
            if (i >= j->p->before && i + j->p->behind <= T && (peak < 0 || k->x[i * j->inputs] > k->x[peak * j->inputs]))
                peak = i;
        if (peak >= 0 && k->x[peak * j->inputs] >= (float)j->p->floor[j->split] / GWS_STEM_UNIT)
            keep(j, &j->task[task], k->x, peak, &w);
    }
}

/* ---- all of a split ---- */

/* Are there too many windows of noise, or will there plainly be: with enough of them to go by, twice as many as may be?  `before` were
 * there before the first of these tasks. */
static gws_status check_most(const job *j, int64_t before, int64_t done, int64_t tasks, gws_err *err)
{
    const int64_t kept = j->kept, most = j->p->most;
    const double all = (double)before + (double)(kept - before) * (double)tasks / (double)done;
    if (kept <= most && (kept - before < ENOUGH || all <= 2.0 * (double)most))
        return GWS_OK;
    return gws_err_set(err, GWS_EFORMAT, "[candidates] floor = %g keeps some %.0f windows of noise, more than most = %lld",
                       j->p->floor[j->split], all, (long long)most);
}

static gws_status append(const job *j, const found *f, gws_err *err)
{
    gws_candidates *out = j->out;
    const int64_t size = out->T * out->inputs;
    if (f->err.status != GWS_OK)
        return gws_err_set(err, f->err.status, "%s", f->err.text);
    if (f->lost)
        return gws_err_set(err, GWS_ENOMEM, "no memory for candidates");
    if (!f->n)
        return GWS_OK;
    memcpy(out->x + out->n * size, f->x, (size_t)(f->n * size) * sizeof *f->x);
    for (int64_t i = 0; i < f->n; i++, out->n++) {
        out->mass1[out->n] = f->mass[3 * i];
        out->mass2[out->n] = f->mass[3 * i + 1];
        out->loudness[out->n] = f->mass[3 * i + 2];
    }
    return GWS_OK;
}

/* Tasks in lots; what they found is put together in their order. */
static gws_status run_tasks(job *j, gws_task_fn fn, int64_t tasks, double unit, const char *note, gws_err *err)
{
    gws_pool *pool = j->with->pool;
    const gws_progress *tell = &j->with->progress;
    const int64_t lot = (int64_t)PER_LOT * gws_pool_threads(pool), before = j->kept;
    for (j->first = 0; j->first < tasks; j->first += lot) {
        const int64_t n = tasks - j->first < lot ? tasks - j->first : lot;
        memset(j->task, 0, (size_t)lot * sizeof *j->task);
        gws_pool_run(pool, (int)n, fn, j);
        gws_status status = check_most(j, before, j->first + n, tasks, err);
        for (int64_t i = 0; i < n; i++) {
            if (!status)
                status = append(j, &j->task[i], err);
            free(j->task[i].x);
            free(j->task[i].mass);
        }
        if (status)
            return status;
        if (gws_progress_tell(tell, unit * (double)(j->first + n), unit * (double)tasks, note))
            return gws_err_set(err, GWS_ESTOP, "candidates: stopped");
    }
    return GWS_OK;
}

static int64_t stretch_samples(void)
{
    return (int64_t)STRETCH_S * GWS_STEM_RATE_HZ;
}

static int64_t max_i64(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static gws_status open_workers(job *j, int threads, gws_err *err)
{
    gws_windows *windows = j->with->windows;
    const int64_t rows = max_i64((j->slides + 1) * j->rows, gws_windows_steps(windows));
    j->workers = calloc((size_t)threads, sizeof *j->workers);
    j->task = calloc((size_t)(PER_LOT * threads), sizeof *j->task);
    if (!j->workers || !j->task)
        return gws_err_set(err, GWS_ENOMEM, "no memory for candidates");
    for (int t = 0; t < threads; t++) {
        worker *k = &j->workers[t];
        int ok = (k->x = gws_arena_alloc((size_t)(rows * j->inputs) * sizeof *k->x)) != NULL;
        for (int i = 0; i < j->ifos; i++)
            ok = (k->w[i] = gws_arena_alloc((size_t)j->samples * sizeof *k->w[i])) && ok;
        if (!ok)
            return gws_err_set(err, GWS_ENOMEM, "no memory for candidates");
        if (!(k->run = gws_stemming_create_slides(gws_windows_stem(windows), BLOCK, (int)j->slides, NULL, err)))
            return GWS_ENOMEM;
    }
    return GWS_OK;
}

static void close_workers(job *j, int threads)
{
    for (int t = 0; t < threads && j->workers; t++) {
        gws_stemming_destroy(j->workers[t].run);
        gws_arena_free(j->workers[t].x);
        for (int i = 0; i < j->ifos; i++) {
            gws_arena_free(j->workers[t].w[i]);
            gws_gains_clear(&j->workers[t].gains[i]);
        }
    }
    free(j->workers);
    free(j->task);
    j->workers = NULL;
    j->task = NULL;
}

/* The candidates of days of one kind of noise; *live_s: how much of it was looked at. */
static gws_status make_kind(job *j, double days, double *live_s, gws_err *err)
{
    const gws_windows *windows = j->with->windows;
    const int threads = gws_pool_threads(j->with->pool);
    const int64_t late = j->slides * (j->ifos - 1) * GWS_STEM_SLIDE * 4 / GWS_STEM_HOP; /* steps of the last slide's silence */
    j->first_row = late + gws_windows_lead(windows) + j->p->before;
    const int64_t scored = j->rows - j->p->behind + 1 - j->first_row; /* steps of a stretch */
    if (scored < 1)
        return gws_err_set(err, GWS_EFORMAT, "[candidates] %d slides leave nothing of stretches of %d s", (int)j->slides,
                           STRETCH_S);
    const double stretch_s = (double)(scored * (j->slides + 1)) * GWS_STEM_HOP / GWS_STEM_RATE_HZ; /* livetime of one */
    const double shown = (double)(j->slides + 1) * STRETCH_S / 86400.0;                            /* days of one, for the eye */
    const int64_t stretches = (int64_t)ceil(days * 86400.0 / stretch_s);
    gws_status status = open_workers(j, threads, err);
    if (!status)
        status = run_tasks(j, noise_task, stretches, shown,
                           j->disturbed ? "candidates: days of disturbed noise" : "candidates: days of noise", err);
    close_workers(j, threads);
    *live_s = (double)stretches * stretch_s;
    return status;
}

gws_status gws_candidates_make(const gws_candidate_params *p, gws_split split, const gws_candidate_tools *with, gws_candidates *out,
                               gws_err *err)
{
    const gws_windows *windows = with->windows;
    const int threads = gws_pool_threads(with->pool);
    job j = {.p = p, .split = split, .with = with, .out = out, .T = p->before + p->behind, .signals = p->signals[split]};
    double disturbed_s;
    gws_status status = GWS_ENOMEM;
    j.inputs = gws_windows_inputs(windows);
    j.ifos = gws_dataset_ifos(with->data);
    j.samples = stretch_samples();
    j.rows = (j.samples - gws_stem_delay(gws_windows_stem(windows))) / GWS_STEM_HOP;
    if (gws_windows_steps(windows) < j.T)
        return gws_err_set(err, GWS_EFORMAT, "[data] window_s leaves %lld steps, [candidates] before and behind want %lld",
                           (long long)gws_windows_steps(windows), (long long)j.T);
    const int64_t room = p->most + j.signals;
    *out = (gws_candidates){.T = j.T, .before = p->before, .inputs = j.inputs, .signals = j.signals};
    out->x = malloc((size_t)(room * j.T * j.inputs) * sizeof *out->x);
    out->mass1 = calloc((size_t)room, sizeof *out->mass1);
    out->mass2 = calloc((size_t)room, sizeof *out->mass2);
    out->loudness = calloc((size_t)room, sizeof *out->loudness);
    if (!out->x || !out->mass1 || !out->mass2 || !out->loudness) {
        gws_err_set(err, GWS_ENOMEM, "no memory for %lld candidates", (long long)room);
        goto fail;
    }
    j.slides = p->slides;
    if ((status = make_kind(&j, p->days[split], &out->quiet_s, err)))
        goto fail;
    out->quiet = out->n;
    j.disturbed = 1;
    j.slides = p->disturbed_slides;
    if ((status = make_kind(&j, p->disturbed[split], &disturbed_s, err)))
        goto fail;
    out->noise = out->n;
    out->livetime_s = out->quiet_s + disturbed_s;
    j.slides = 0;
    if (!(status = open_workers(&j, threads, err)))
        status = run_tasks(&j, signal_task, (j.signals + SIGNALS_A_TASK - 1) / SIGNALS_A_TASK, SIGNALS_A_TASK,
                           "candidates: signals", err);
    close_workers(&j, threads);
fail:
    if (status)
        gws_candidates_clear(out);
    return status;
}

int64_t gws_candidates_bytes(const gws_candidate_params *p, gws_split split, int inputs, int threads)
{
    const int64_t f = sizeof(float), T = p->before + p->behind, slid = max_i64(p->slides, p->disturbed_slides) + 1;
    if (p->days[GWS_SPLIT_TRAIN] == 0.0)
        return 0;
    return (p->most + p->signals[split]) * (T * inputs * f + 3 * (int64_t)sizeof(double)) +
           threads * (stretch_samples() * GWS_MODEL_IFOS * f + slid * (stretch_samples() / GWS_STEM_HOP) * inputs * f +
                      slid * GWS_STEM_SLIDE * GWS_MODEL_IFOS * 2 * inputs * f); /* the slides' rho: two numbers a template */
}

void gws_candidates_clear(gws_candidates *c)
{
    free(c->x);
    free(c->mass1);
    free(c->mass2);
    free(c->loudness);
    *c = (gws_candidates){0};
}
