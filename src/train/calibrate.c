#include "train/calibrate.h"

#include "base/array.h"
#include "model/network.h"
#include "model/classifier.h"
#include "search/far.h"
#include "search/trigger.h"
#include "train/dataset.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STOPPED "stopped during calibration; go on with --resume"

const double gws_eff_rates[3] = {1000.0, 100.0, 30.0};

enum { STRETCH_S = 600, LEAD = 12, BLOCK = 256 }; /* LEAD: windows of noise in front of each test signal */

/* Rank sum: ties count half. */
static int ascending(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

double gws_auc(const float *signal, int64_t ns, const float *noise, int64_t nn)
{
    if (ns < 1 || nn < 1)
        return 0.5;
    float *sorted = malloc((size_t)nn * sizeof *sorted);
    if (!sorted)
        return NAN;
    memcpy(sorted, noise, (size_t)nn * sizeof *sorted);
    qsort(sorted, (size_t)nn, sizeof *sorted, ascending);
    double sum = 0.0;
    for (int64_t i = 0; i < ns; i++) {
        int64_t lo = 0, hi = nn; /* first not below */
        while (lo < hi) {
            const int64_t mid = (lo + hi) / 2;
            if (sorted[mid] < signal[i])
                lo = mid + 1;
            else
                hi = mid;
        }
        int64_t above = lo;
        while (above < nn && sorted[above] == signal[i])
            above++;
        sum += (double)lo + 0.5 * (double)(above - lo);
    }
    free(sorted);
    return sum / ((double)ns * (double)nn);
}

typedef struct list {
    float *stat;
    int64_t n, room;
    int lost; /* out of memory */
} list;

static void list_add(list *l, float v)
{
    if (!GWS_ARRAY_ROOM(l->stat, l->room, l->n + 1)) {
        l->lost = 1;
        return;
    }
    l->stat[l->n++] = v;
}

static void list_trigger(void *user, const gws_trigger *t)
{
    list_add(user, (float)t->stat);
}

/* One thread's machines. */
typedef struct machines {
    gws_classifier *classifier;
    gws_search *search[2];
    gws_dataset_stretch strain;
    list all[2]; /* smoothed logits, when thresholds are being chosen */
    int smooth;
    float ring[2][64];
    int64_t seen;
    gws_trigger_sink sink[2];
    void *sink_user[2];
} machines;

typedef struct best { /* loudest trigger of a window */
    double stat, dt_s;
    int64_t from_ns; /* earlier ones belong to the noise in front */
} best;

static void to_search(void *user, int64_t step, const float *y_spiking, const float *y_linear, int64_t n)
{
    machines *k = user;
    gws_search_push(k->search[0], step, y_spiking, n, k->sink[0], k->sink_user[0]);
    gws_search_push(k->search[1], step, y_linear, n, k->sink[1], k->sink_user[1]);
}

/* Running mean of `smooth` logits, for the quantile that becomes the threshold. */
static void to_list(void *user, int64_t step, const float *y_spiking, const float *y_linear, int64_t n)
{
    machines *k = user;
    const float *y[2] = {y_spiking, y_linear};
    for (int64_t i = 0; i < n; i++, k->seen++)
        for (int h = 0; h < 2; h++) {
            k->ring[h][k->seen % k->smooth] = y[h][i];
            float sum = 0.0f;
            for (int s = 0; s < k->smooth; s++)
                sum += k->ring[h][s];
            if (k->seen >= 64)
                list_add(&k->all[h], sum / (float)k->smooth);
        }
}

typedef struct job {
    gws_ini *ini;
    const gws_reference *reference; /* of the model */
    gws_dataset *test;
    machines *worker; /* (threads) */
    int threads, ifos, rate, hop, warmup, windows;
    int at[GWS_MODEL_IFOS];          /* (ifos) number of the model's detector in the recipe */
    char of[4 * GWS_MODEL_IFOS + 8]; /* " of H1,L1" for reports; "": of all detectors */
    int64_t stretches;
    uint64_t seed;
    int64_t first, samples;
    int choose;        /* collecting logits for the threshold */
    list *stretch[2];  /* (stretches + 2) */
    best *found;       /* (2, SNRs, windows) */
    gws_status status; /* of a task that failed */
    gws_err err;
    float *window_memory; /* per thread */
    int64_t N;
} job;

static void background_task(void *user, int task, int thread)
{
    job *j = user;
    machines *k = &j->worker[thread];
    gws_err err;
    if (gws_background_stretch(j->ini, j->reference, j->seed, j->first + task, j->samples, &k->strain, &err)) {
        j->status = err.status;
        j->err = err;
        return;
    }
    gws_classifier_reset(k->classifier);
    const float *w[GWS_MODEL_IFOS];
    for (int f = 0; f < j->ifos; f++) {
        w[f] = k->strain.w[j->at[f]];
        if (j->reference)
            gws_classifier_follow(k->classifier, f, &k->strain.gains[j->at[f]], 0);
    }
    k->seen = 0;
    for (int h = 0; h < 2; h++)
        if (!j->choose) {
            k->sink[h] = list_trigger;
            k->sink_user[h] = &j->stretch[h][j->first + task];
        } else
            k->all[h] = j->stretch[h][task];
    gws_classifier_push(k->classifier, 0, w, j->samples, j->choose ? to_list : to_search, k);
    for (int h = 0; h < 2; h++) {
        if (j->choose)
            j->stretch[h][task] = k->all[h];
        else
            gws_search_finish(k->search[h], k->sink[h], k->sink_user[h]);
    }
}

static void best_trigger(void *user, const gws_trigger *t)
{
    best *b = user;
    if (t->gps_ns >= b->from_ns && t->stat > b->stat) {
        b->stat = t->stat;
        b->dt_s = 1e-9 * (double)t->gps_ns;
    }
}

static void window_task(void *user, int task, int thread)
{
    job *j = user;
    machines *k = &j->worker[thread];
    const int at = (int)j->first + task, snr = at / j->windows, n = at % j->windows;
    gws_window w = {.w = j->window_memory + thread * j->N * j->ifos};
    for (int h = 0; h < 2; h++) {
        best *b = &j->found[((int64_t)h * GWS_EFF_SNRS + snr) * j->windows + n];
        *b = (best){.stat = -INFINITY, .dt_s = (double)NAN, .from_ns = gws_ns_of_sample(LEAD * j->N, j->rate)};
        k->sink[h] = best_trigger;
        k->sink_user[h] = b;
    }
    /* A stream has no beginning where a signal comes: noise first, until nothing is left of the reset.  Fresh from a reset the network finds twice
     * as many signals of SNR 8.  The same signals and noise at every SNR: what differs is the amplitude alone. */
    gws_classifier_reset(k->classifier);
    for (int i = 0; i <= LEAD; i++) {
        const int is_signal = i == LEAD;
        gws_dataset_window(j->test, is_signal ? 0 : 1, is_signal ? n : (int64_t)n * LEAD + i, 5.0 + snr, 5.0 + snr + 1e-9,
                           is_signal, &w);
        for (int f = 0; f < j->ifos; f++)
            for (int64_t q = 0; q < j->N; q++)
                k->strain.w[f][q] = w.w[q * j->ifos + f];
        for (int f = 0; f < j->ifos; f++)
            gws_classifier_follow(k->classifier, f, w.gains[f], w.offset[f] - i * j->N);
        gws_classifier_push(k->classifier, i * j->N, (const float *const *)k->strain.w, j->N, to_search, k);
    }
    for (int h = 0; h < 2; h++) {
        best *b = k->sink_user[h];
        gws_search_finish(k->search[h], best_trigger, b);
        b->dt_s -= (double)(LEAD * j->N + w.merger) / j->rate;
    }
}

static gws_status no_memory(gws_err *err)
{
    return gws_err_set(err, GWS_ENOMEM, "no memory for the calibration");
}

static gws_status failed_task(const job *j, gws_err *err)
{
    if (err)
        *err = j->err;
    return j->status;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void close_searches(job *j)
{
    for (int i = 0; i < j->threads; i++)
        for (int h = 0; h < 2; h++) {
            gws_search_destroy(j->worker[i].search[h]);
            j->worker[i].search[h] = NULL;
        }
}

static gws_status open_searches(job *j, const gws_search_params *base, const double *threshold, int warmup, gws_err *err)
{
    close_searches(j);
    for (int i = 0; i < j->threads; i++)
        for (int h = 0; h < 2; h++) {
            gws_search_params p = *base;
            p.threshold = threshold[h];
            p.offset_s = 0.0;
            p.warmup = warmup;
            if (!(j->worker[i].search[h] = gws_search_create(&p, j->rate, j->hop, err)))
                return err ? err->status : GWS_ENOMEM;
        }
    return GWS_OK;
}

/* [calibrate], and what it needs of [search] and [target]. */
typedef struct settings {
    double hours, part_hours, quantile, trigger_rate;
    int64_t windows, seed, skip;
    gws_search_params search;
    gws_ini *recipe; /* these are the caller's */
    gws_pool *pool;
    gws_progress_fn progress;
    void *user;
} settings;

static gws_status read_settings(gws_ini *recipe, settings *s, gws_err *err)
{
    gws_status status;
    s->search = gws_search_defaults();
    if ((status = gws_ini_double(recipe, "calibrate", "background_hours", 36.0, &s->hours, err)) ||
        (status = gws_ini_double(recipe, "calibrate", "part_hours", s->hours, &s->part_hours, err)) ||
        (status = gws_ini_int(recipe, "calibrate", "windows", 1000, &s->windows, err)) ||
        (status = gws_ini_int(recipe, "calibrate", "seed", 77, &s->seed, err)) ||
        (status = gws_ini_double(recipe, "calibrate", "quantile", 0.9995, &s->quantile, err)) ||
        (status = gws_ini_double(recipe, "calibrate", "trigger_rate", 3000.0, &s->trigger_rate, err)) ||
        (status = gws_ini_int(recipe, "target", "skip_steps", 12, &s->skip, err)) ||
        (status = gws_search_params_from_ini(recipe, &s->search, err)))
        return status;
    if (!(s->hours > 0.0 && s->hours < 1e6) || !(s->part_hours >= 0.0 && s->part_hours < 1e6) || s->windows < 1 ||
        s->windows > 1 << 20 || s->search.smooth > 64 || !(s->quantile > 0.0 && s->quantile < 1.0))
        return gws_err_set(err, GWS_EFORMAT,
                           "[calibrate]: background_hours and windows must be positive, part_hours not negative, "
                           "quantile within 0..1, [search] smooth at most 64");
    return GWS_OK;
}

gws_status gws_calibrate_check(gws_ini *recipe, gws_err *err)
{
    settings s;
    return read_settings(recipe, &s, err);
}

int64_t gws_calibrate_bytes(const gws_arch *a, int threads)
{
    const int64_t stretch = (int64_t)STRETCH_S * a->rate_hz * a->ifos * (int64_t)sizeof(float);
    return gws_weights_bytes(a, GWS_TO_RUN) +
           threads * (stretch + gws_work_bytes(a, &(gws_work_shape){1, BLOCK, 0, GWS_TO_RUN, 1}));
}

/* A job of m, which has the detectors `ifos` of c. */
static gws_status open_job(job *j, const settings *set, const gws_checkpoint *c, const gws_model *m, unsigned ifos, gws_err *err)
{
    const gws_model_meta *d = gws_model_describe(m);
    const int whole = d->n_ifo == c->arch.ifos, threads = gws_pool_threads(set->pool);
    *j = (job){.ini = set->recipe,
               .reference = d->reference,
               .threads = threads,
               .ifos = d->n_ifo,
               .rate = d->rate_hz,
               .hop = d->hop,
               .warmup = d->warmup,
               .seed = (uint64_t)set->seed,
               .samples = (int64_t)STRETCH_S * d->rate_hz,
               .stretches = (int64_t)ceil((whole ? set->hours : set->part_hours) * 3600.0 / STRETCH_S),
               .windows = whole ? (int)set->windows : 0};
    for (int i = 0, k = 0; i < c->arch.ifos; i++)
        if (ifos >> i & 1)
            j->at[k++] = i;
    if (!whole) {
        memcpy(j->of, " of ", 4);
        gws_checkpoint_names(c, ifos, j->of + 4);
    }
    j->worker = calloc((size_t)threads, sizeof *j->worker);
    j->stretch[0] = calloc((size_t)j->stretches + 2, sizeof(list));
    j->stretch[1] = calloc((size_t)j->stretches + 2, sizeof(list));
    j->found = calloc((size_t)(2 * GWS_EFF_SNRS * j->windows + 1), sizeof *j->found);
    if (!j->worker || !j->stretch[0] || !j->stretch[1] || !j->found)
        return no_memory(err);
    for (int i = 0; i < threads; i++) {
        j->worker[i].smooth = set->search.smooth;
        if (!(j->worker[i].classifier = gws_classifier_create(m, BLOCK, err)))
            return err ? err->status : GWS_ENOMEM;
        for (int f = 0; f < j->ifos; f++)
            if (!(j->worker[i].strain.w[j->at[f]] = malloc((size_t)j->samples * sizeof(float))))
                return no_memory(err);
    }
    return GWS_OK;
}

static void close_job(job *j)
{
    if (j->worker) {
        close_searches(j);
        for (int i = 0; i < j->threads; i++) {
            gws_classifier_destroy(j->worker[i].classifier);
            for (int f = 0; f < GWS_MODEL_IFOS; f++) {
                free(j->worker[i].strain.w[f]);
                gws_gains_clear(&j->worker[i].strain.gains[f]);
            }
        }
    }
    for (int h = 0; h < 2; h++)
        if (j->stretch[h]) {
            for (int64_t i = 0; i < j->stretches + 2; i++)
                free(j->stretch[h][i].stat);
            free(j->stretch[h]);
        }
    free(j->worker);
    free(j->found);
    free(j->window_memory);
    gws_dataset_destroy(j->test);
}

/* The thresholds are a high quantile of the smoothed logit of noise, so that clusters are short and triggers many. */
static gws_status choose_thresholds(job *j, gws_pool *pool, double quantile, double threshold[2], gws_err *err)
{
    j->choose = 1;
    gws_pool_run(pool, 2, background_task, j);
    j->choose = 0;
    if (j->status)
        return failed_task(j, err);
    for (int h = 0; h < 2; h++) {
        list *l = &j->stretch[h][0], *second = &j->stretch[h][1];
        if (l->lost || !l->n || second->lost || !second->n)
            return no_memory(err);
        for (int64_t q = 0; q < second->n; q++)
            list_add(l, second->stat[q]);
        if (l->lost)
            return no_memory(err);
        qsort(l->stat, (size_t)l->n, sizeof *l->stat, ascending);
        threshold[h] = (double)l->stat[(int64_t)(quantile * (double)(l->n - 1))];
        for (int i = 0; i < 2; i++) {
            free(j->stretch[h][i].stat);
            j->stretch[h][i] = (list){.stat = NULL};
        }
    }
    return GWS_OK;
}

static gws_status tell_hours(const job *j, const settings *set, int64_t done, gws_err *err)
{
    char note[64];
    snprintf(note, sizeof note, "calibrating: hours of background%s", j->of);
    if (set->progress &&
        set->progress(set->user, (double)done * STRETCH_S / 3600.0, (double)j->stretches * STRETCH_S / 3600.0, note))
        return gws_err_set(err, GWS_ESTOP, STOPPED);
    return GWS_OK;
}

/* All stretches of background through the searches. */
static gws_status run_background(job *j, const settings *set, gws_err *err)
{
    const int64_t lot = 4 * j->threads; /* the lots differ with the number of threads, the stretches do not */
    gws_status status = GWS_OK;
    for (j->first = 0; j->first < j->stretches && status == GWS_OK; j->first += lot) {
        const int64_t left = j->stretches - j->first, done = left < lot ? j->stretches : j->first + lot;
        gws_pool_run(set->pool, (int)(left < lot ? left : lot), background_task, j);
        status = j->status ? failed_task(j, err) : tell_hours(j, set, done, err);
    }
    return status;
}

/* The triggers of all stretches become the calibration of head h. */
static gws_status keep_background(const job *j, int h, double trigger_rate, double threshold, gws_calibration *cal, gws_err *err)
{
    int64_t n = 0;
    for (int64_t i = 0; i < j->stretches; i++) {
        if (j->stretch[h][i].lost)
            return no_memory(err);
        n += j->stretch[h][i].n;
    }
    if (gws_calibration_begin(cal, n, NULL) != GWS_OK)
        return no_memory(err);
    for (int64_t i = 0; i < j->stretches; i++)
        gws_calibration_add(cal, j->stretch[h][i].stat, j->stretch[h][i].n);
    gws_calibration_sort(cal);
    cal->livetime_s = (double)j->stretches * (STRETCH_S - (double)j->warmup * j->hop / j->rate);
    /* what `detect` shows unless told otherwise: a hundred candidates a day, of which the rate says what they are worth */
    const double shown = gws_far_threshold(cal, trigger_rate);
    cal->threshold = isfinite(shown) ? shown : threshold;
    return GWS_OK;
}

/* Timing of head h: the median of trigger minus merger over the signals of SNR 10 and louder, and the scatter about it.
 *   dt  (SNRs, windows) scratch */
static void measure_timing(const job *j, int h, double window_s, double *dt, gws_calibration *cal, gws_efficiency *out)
{
    const int64_t windows = j->windows;
    const best *b = j->found + (int64_t)h * GWS_EFF_SNRS * windows;
    int64_t n = 0, near = 0;
    for (int64_t i = 5 * windows; i < GWS_EFF_SNRS * windows; i++)
        if (isfinite(b[i].stat) && fabs(b[i].dt_s) < 1.0)
            dt[n++] = b[i].dt_s;
    qsort(dt, (size_t)n, sizeof *dt, by_value);
    const double offset = n ? dt[n / 2] : 0.0;
    double sum = 0.0;
    for (int64_t i = 0; i < n; i++)
        if (fabs(dt[i] - offset) <= window_s) {
            sum += (dt[i] - offset) * (dt[i] - offset);
            near++;
        }
    cal->offset_s = offset;
    out->timing_rms_s[h] = near ? sqrt(sum / (double)near) : (double)NAN;
}

/* Share of signals that head h finds, at each rate and SNR. */
static void measure_found(const job *j, int h, double window_s, const gws_calibration *cal, gws_efficiency *out)
{
    const int64_t windows = j->windows;
    const best *b = j->found + (int64_t)h * GWS_EFF_SNRS * windows;
    for (int f = 0; f < 3; f++) {
        out->threshold[h][f] = gws_far_threshold(cal, gws_eff_rates[f]);
        for (int s = 0; s < GWS_EFF_SNRS; s++) {
            int64_t found = 0;
            for (int64_t i = 0; i < windows; i++) {
                const best *q = &b[s * windows + i];
                found += q->stat > out->threshold[h][f] && fabs(q->dt_s - cal->offset_s) <= window_s;
            }
            out->found[h][f][s] = isfinite(out->threshold[h][f]) ? (double)found / (double)windows : (double)NAN;
        }
    }
}

/* Every signal at every SNR, in lots between which it is said how far they are. */
static gws_status run_windows(job *j, const settings *set, gws_err *err)
{
    const int64_t all = (int64_t)GWS_EFF_SNRS * j->windows, lot = 16 * j->threads;
    for (j->first = 0; j->first < all; j->first += lot) {
        const int64_t n = all - j->first < lot ? all - j->first : lot;
        gws_pool_run(set->pool, (int)n, window_task, j);
        if (set->progress && set->progress(set->user, (double)(j->first + n), (double)all, "calibrating: signals in the stream"))
            return gws_err_set(err, GWS_ESTOP, STOPPED);
    }
    return GWS_OK;
}

/* Test signals through the searches: timing and efficiency. */
static gws_status measure_signals(job *j, const settings *set, const double threshold[2], gws_calibration cal[2],
                                  gws_efficiency *out, gws_err *err)
{
    j->N = gws_dataset_samples(j->test);
    if (!(j->window_memory = malloc((size_t)(j->threads * j->N * j->ifos) * sizeof(float))))
        return no_memory(err);
    gws_status status = open_searches(j, &set->search, threshold, (int)set->skip, err);
    if (status == GWS_OK)
        status = run_windows(j, set, err);
    if (status != GWS_OK)
        return status;
    out->windows = j->windows;
    out->lead_s = (double)(LEAD * j->N) / j->rate;
    out->livetime_s = cal[0].livetime_s;
    double *dt = malloc((size_t)(GWS_EFF_SNRS * j->windows) * sizeof *dt);
    if (!dt)
        return no_memory(err);
    for (int h = 0; h < 2; h++) {
        measure_timing(j, h, set->search.window_s, dt, &cal[h], out);
        measure_found(j, h, set->search.window_s, &cal[h], out);
    }
    free(dt);
    return GWS_OK;
}

/* The background of the model of a job: thresholds out, and the calibration of both heads. */
static gws_status measure_background(job *j, const settings *set, double threshold[2], gws_calibration cal[2], gws_err *err)
{
    gws_status status = tell_hours(j, set, 0, err);
    if (status || (status = choose_thresholds(j, set->pool, set->quantile, threshold, err)) ||
        (status = open_searches(j, &set->search, threshold, j->warmup, err)) || (status = run_background(j, set, err)))
        return status;
    for (int h = 0; h < 2; h++) {
        gws_calibration_clear(&cal[h]);
        if ((status = keep_background(j, h, set->trigger_rate, threshold[h], &cal[h], err)))
            return status;
    }
    return GWS_OK;
}

static gws_status calibrate_whole(gws_checkpoint *c, const gws_model *m, const settings *set, gws_efficiency *out, gws_err *err)
{
    const gws_progress told = {set->progress, set->user};
    job j;
    double threshold[2];
    gws_status status = open_job(&j, set, c, m, (1u << c->arch.ifos) - 1, err);
    if (!status)
        status = measure_background(&j, set, threshold, c->cal, err);
    if (!status && !(j.test = gws_dataset_create(set->recipe, GWS_SPLIT_TEST, j.seed, j.reference, set->pool, &told, err)))
        status = err ? err->status : GWS_EDATA;
    if (!status)
        status = measure_signals(&j, set, threshold, c->cal, out, err);
    close_job(&j);
    return status;
}

/* Fewer detectors: their background; where a plateau stands is a matter of the filters and the heads, and theirs is the whole's. */
static gws_status calibrate_part(gws_checkpoint *c, const gws_model *m, unsigned ifos, const settings *set, gws_err *err)
{
    gws_calibration *cal = c->part[ifos];
    job j = {.ifos = 0};
    double threshold[2];
    gws_model *part = gws_model_part(m, ifos, err);
    gws_status status = part ? open_job(&j, set, c, part, ifos, err) : err ? err->status : GWS_ENOMEM;
    if (!status)
        status = measure_background(&j, set, threshold, cal, err);
    for (int h = 0; h < 2 && !status; h++)
        cal[h].offset_s = c->cal[h].offset_s;
    close_job(&j);
    gws_model_destroy(part);
    return status;
}

gws_status gws_calibrate(gws_checkpoint *c, gws_ini *recipe, gws_pool *pool, gws_progress_fn progress, void *user,
                         gws_efficiency *out, gws_err *err)
{
    settings set;
    gws_model *m = NULL;
    int measured = 0;
    memset(out, 0, sizeof *out);
    gws_status status = read_settings(recipe, &set, err);
    if (status)
        return status;
    set.recipe = recipe;
    set.pool = pool;
    set.progress = progress;
    set.user = user;
    if (!(m = gws_model_borrow(c, err)))
        return err ? err->status : GWS_ENOMEM;
    const unsigned all = (1u << c->arch.ifos) - 1;
    if (!gws_checkpoint_is_calibrated(c, all)) {
        status = calibrate_whole(c, m, &set, out, err);
        measured++;
    }
    for (unsigned ifos = 1; c->arch.matched && set.part_hours > 0.0 && ifos < all && !status; ifos++)
        if (!gws_checkpoint_is_calibrated(c, ifos)) {
            status = calibrate_part(c, m, ifos, &set, err);
            measured++;
        }
    gws_model_destroy(m);
    return status || measured
               ? status
               : gws_err_set(err, GWS_EDATA, "nothing to measure: every set of detectors that [calibrate] wants has a calibration");
}
