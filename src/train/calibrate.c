#include "train/calibrate.h"

#include "model/classifier.h"
#include "search/far.h"
#include "search/trigger.h"
#include "train/dataset.h"

#include <math.h>
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
    if (l->n == l->room) {
        const int64_t room = l->room ? 2 * l->room : 256;
        float *p = realloc(l->stat, (size_t)room * sizeof *p);
        if (!p) {
            l->lost = 1;
            return;
        }
        l->stat = p;
        l->room = room;
    }
    l->stat[l->n++] = v;
}

static void list_trigger(void *user, const gws_trigger *t)
{
    list_add(user, (float)t->stat);
}

/* One thread's machines. */
typedef struct machines {
    gws_classifier *detector;
    gws_search *search[2];
    float *w[GWS_MODEL_IFOS];
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
    gws_dataset *test;
    machines *worker;
    int ifos, rate, hop, windows;
    uint64_t seed;
    int64_t first, samples;
    int choose;       /* collecting logits for the threshold */
    list *stretch[2]; /* (n stretches) */
    best *found;      /* (2, SNRs, windows) */
    gws_status st;    /* of the lowest failing task */
    gws_err err;
    float *window_memory; /* per thread */
    int64_t N;
} job;

static void background_task(void *user, int task, int thread)
{
    job *j = user;
    machines *k = &j->worker[thread];
    gws_err err;
    if (gws_background_stretch(j->ini, j->seed, j->first + task, j->samples, k->w, &err)) {
        j->st = err.status;
        j->err = err;
        return;
    }
    gws_classifier_reset(k->detector);
    k->seen = 0;
    for (int h = 0; h < 2; h++)
        if (!j->choose) {
            k->sink[h] = list_trigger;
            k->sink_user[h] = &j->stretch[h][j->first + task];
        } else
            k->all[h] = j->stretch[h][task];
    gws_classifier_push(k->detector, 0, (const float *const *)k->w, j->samples, j->choose ? to_list : to_search, k);
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
    gws_classifier_reset(k->detector);
    for (int i = 0; i <= LEAD; i++) {
        const int is_signal = i == LEAD;
        gws_dataset_window(j->test, is_signal ? 0 : 1, is_signal ? n : (int64_t)n * LEAD + i, 5.0 + snr, 5.0 + snr + 1e-9,
                           is_signal, &w);
        for (int f = 0; f < j->ifos; f++)
            for (int64_t q = 0; q < j->N; q++)
                k->w[f][q] = w.w[q * j->ifos + f];
        gws_classifier_push(k->detector, i * j->N, (const float *const *)k->w, j->N, to_search, k);
    }
    for (int h = 0; h < 2; h++) {
        best *b = k->sink_user[h];
        gws_search_finish(k->search[h], best_trigger, b);
        b->dt_s -= (double)(LEAD * j->N + w.merger) / j->rate;
    }
}

/* Every signal at every SNR, in lots between which it is said how far they are. */
static gws_status run_windows(job *j, gws_pool *pool, gws_progress_fn progress, void *user, gws_err *err)
{
    const int64_t all = (int64_t)GWS_EFF_SNRS * j->windows, lot = 16 * gws_pool_threads(pool);
    for (j->first = 0; j->first < all; j->first += lot) {
        const int64_t n = all - j->first < lot ? all - j->first : lot;
        gws_pool_run(pool, (int)n, window_task, j);
        if (progress && progress(user, (double)(j->first + n), (double)all, "calibrating: signals in the stream"))
            return gws_err_set(err, GWS_ESTOP, STOPPED);
    }
    return GWS_OK;
}

static int descending(const void *a, const void *b)
{
    return ascending(b, a);
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void close_searches(machines *worker, int threads)
{
    for (int i = 0; i < threads; i++)
        for (int h = 0; h < 2; h++) {
            gws_search_destroy(worker[i].search[h]);
            worker[i].search[h] = NULL;
        }
}

static gws_status open_searches(job *j, int threads, const gws_search_params *base, const double *threshold, int warmup,
                                gws_err *err)
{
    close_searches(j->worker, threads);
    for (int i = 0; i < threads; i++)
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
    double hours, quantile, trigger_rate;
    int64_t windows, seed, skip;
    gws_search_params search;
} settings;

static gws_status read_settings(gws_ini *recipe, settings *s, gws_err *err)
{
    gws_status st;
    s->search = gws_search_defaults();
    if ((st = gws_ini_double(recipe, "calibrate", "background_hours", 36.0, &s->hours, err)) ||
        (st = gws_ini_int(recipe, "calibrate", "windows", 1000, &s->windows, err)) ||
        (st = gws_ini_int(recipe, "calibrate", "seed", 77, &s->seed, err)) ||
        (st = gws_ini_double(recipe, "calibrate", "quantile", 0.9995, &s->quantile, err)) ||
        (st = gws_ini_double(recipe, "calibrate", "trigger_rate", 3000.0, &s->trigger_rate, err)) ||
        (st = gws_ini_int(recipe, "target", "skip_steps", 12, &s->skip, err)) ||
        (st = gws_search_params_from_ini(recipe, &s->search, err)))
        return st;
    if (!(s->hours > 0.0 && s->hours < 1e6) || s->windows < 1 || s->windows > 1 << 20 || s->search.smooth > 64 ||
        !(s->quantile > 0.0 && s->quantile < 1.0))
        return gws_err_set(
            err, GWS_EFORMAT,
            "[calibrate]: background_hours and windows must be positive, quantile within 0..1, [search] smooth at most 64");
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
    return gws_weights_bytes(a, 0) + threads * (stretch + gws_work_bytes(a, 1, BLOCK, 0, 0, 1));
}

gws_status gws_calibrate(gws_checkpoint *c, gws_ini *recipe, gws_pool *pool, gws_progress_fn progress, void *user,
                         gws_efficiency *out, gws_err *err)
{
    settings set;
    const int threads = gws_pool_threads(pool);
    gws_model *m = NULL;
    job j;
    memset(&j, 0, sizeof j);
    memset(out, 0, sizeof *out);
    gws_status st = read_settings(recipe, &set, err);
    if (st)
        return st;
    const int64_t windows = set.windows, seed = set.seed;
    const gws_search_params base = set.search;
    const int64_t stretches = (int64_t)ceil(set.hours * 3600.0 / STRETCH_S);

    for (int h = 0; h < 2; h++) {
        free(c->cal[h].stat);
        c->cal[h] = (gws_calibration){.stat = NULL};
    }
    if (!(m = gws_model_borrow(c, err)))
        return err ? err->status : GWS_ENOMEM;
    const gws_model_meta *d = gws_model_describe(m);
    j.ini = recipe;
    j.ifos = d->n_ifo;
    j.rate = d->rate_hz;
    j.hop = d->hop;
    j.seed = (uint64_t)seed;
    j.samples = (int64_t)STRETCH_S * d->rate_hz;
    j.windows = (int)windows;
    st = GWS_ENOMEM;
    j.worker = calloc((size_t)threads, sizeof *j.worker);
    j.stretch[0] = calloc((size_t)stretches + 2, sizeof(list));
    j.stretch[1] = calloc((size_t)stretches + 2, sizeof(list));
    j.found = calloc((size_t)(2 * GWS_EFF_SNRS * windows), sizeof *j.found);
    if (!j.worker || !j.stretch[0] || !j.stretch[1] || !j.found)
        goto memory;
    for (int i = 0; i < threads; i++) {
        j.worker[i].smooth = base.smooth;
        if (!(j.worker[i].detector = gws_classifier_create(m, BLOCK, err)))
            goto fail;
        for (int f = 0; f < j.ifos; f++)
            if (!(j.worker[i].w[f] = malloc((size_t)j.samples * sizeof(float))))
                goto memory;
    }

    /* thresholds: a high quantile of the smoothed logit of noise, so that clusters are short and triggers many */
    double threshold[2];
    if (progress && progress(user, 0, (double)stretches * STRETCH_S / 3600.0, "calibrating: hours of background")) {
        st = gws_err_set(err, GWS_ESTOP, STOPPED);
        goto fail;
    }
    j.choose = 1;
    gws_pool_run(pool, 2, background_task, &j);
    if (j.st)
        goto task;
    for (int h = 0; h < 2; h++) {
        for (int i = 1; i >= 0; i--) {
            list *l = &j.stretch[h][i];
            if (l->lost || !l->n)
                goto memory;
            if (i == 1) /* append to the first */
                for (int64_t q = 0; q < l->n; q++)
                    list_add(&j.stretch[h][0], l->stat[q]);
        }
        list *l = &j.stretch[h][0];
        qsort(l->stat, (size_t)l->n, sizeof *l->stat, ascending);
        threshold[h] = (double)l->stat[(int64_t)(set.quantile * (double)(l->n - 1))];
        for (int i = 0; i < 2; i++) {
            free(j.stretch[h][i].stat);
            j.stretch[h][i] = (list){.stat = NULL};
        }
    }
    j.choose = 0;

    if ((st = open_searches(&j, threads, &base, threshold, d->warmup, err)))
        goto fail;
    const int lot = 4 * threads; /* the lots differ with the number of threads, the stretches do not */
    for (j.first = 0; j.first < stretches; j.first += lot) {
        gws_pool_run(pool, (int)(stretches - j.first < lot ? stretches - j.first : lot), background_task, &j);
        if (j.st)
            goto task;
        if (progress && progress(user, (double)fmin((double)(j.first + lot), (double)stretches) * STRETCH_S / 3600.0,
                                 (double)stretches * STRETCH_S / 3600.0, "calibrating: hours of background")) {
            st = gws_err_set(err, GWS_ESTOP, STOPPED);
            goto fail;
        }
    }
    const double livetime = (double)stretches * (STRETCH_S - (double)d->warmup * d->hop / d->rate_hz);
    for (int h = 0; h < 2; h++) {
        int64_t n = 0;
        for (int64_t i = 0; i < stretches; i++) {
            if (j.stretch[h][i].lost)
                goto memory;
            n += j.stretch[h][i].n;
        }
        c->cal[h].stat = malloc((size_t)(n ? n : 1) * sizeof(float));
        if (!c->cal[h].stat)
            goto memory;
        for (int64_t i = 0; i < stretches; i++)
            for (int64_t q = 0; q < j.stretch[h][i].n; q++)
                c->cal[h].stat[c->cal[h].n++] = j.stretch[h][i].stat[q];
        qsort(c->cal[h].stat, (size_t)n, sizeof(float), descending);
        c->cal[h].livetime_s = livetime;
        /* what `detect` shows unless told otherwise: a hundred candidates a day, of which the rate says what they are worth */
        const double shown = gws_far_threshold(&c->cal[h], set.trigger_rate);
        c->cal[h].threshold = isfinite(shown) ? shown : threshold[h];
    }

    if (!(j.test = gws_dataset_create(recipe, GWS_SPLIT_TEST, (uint64_t)seed, pool, progress, user, err))) {
        st = err ? err->status : GWS_EDATA;
        goto fail;
    }
    j.N = gws_dataset_samples(j.test);
    if (!(j.window_memory = malloc((size_t)(threads * j.N * j.ifos) * sizeof(float))))
        goto memory;
    if ((st = open_searches(&j, threads, &base, threshold, (int)set.skip, err)))
        goto fail;
    if ((st = run_windows(&j, pool, progress, user, err)))
        goto fail;

    out->windows = (int)windows;
    out->lead_s = (double)(LEAD * j.N) / j.rate;
    out->livetime_s = c->cal[0].livetime_s;
    double *dt = malloc((size_t)(GWS_EFF_SNRS * windows) * sizeof *dt);
    if (!dt)
        goto memory;
    for (int h = 0; h < 2; h++) {
        const best *b = j.found + (int64_t)h * GWS_EFF_SNRS * windows;
        int64_t n = 0;
        for (int64_t i = 5 * windows; i < GWS_EFF_SNRS * windows; i++) /* SNR 10 and louder */
            if (isfinite(b[i].stat) && fabs(b[i].dt_s) < 1.0)
                dt[n++] = b[i].dt_s;
        qsort(dt, (size_t)n, sizeof *dt, by_value);
        const double offset = n ? dt[n / 2] : 0.0;
        c->cal[h].offset_s = offset;
        double sum = 0.0;
        int64_t near = 0;
        for (int64_t i = 0; i < n; i++)
            if (fabs(dt[i] - offset) <= base.window_s) {
                sum += (dt[i] - offset) * (dt[i] - offset);
                near++;
            }
        out->timing_rms_s[h] = near ? sqrt(sum / (double)near) : (double)NAN;
        for (int f = 0; f < 3; f++) {
            out->threshold[h][f] = gws_far_threshold(&c->cal[h], gws_eff_rates[f]);
            for (int s = 0; s < GWS_EFF_SNRS; s++) {
                int64_t found = 0;
                for (int64_t i = 0; i < windows; i++) {
                    const best *q = &b[s * windows + i];
                    found += q->stat > out->threshold[h][f] && fabs(q->dt_s - offset) <= base.window_s;
                }
                out->found[h][f][s] = isfinite(out->threshold[h][f]) ? (double)found / (double)windows : (double)NAN;
            }
        }
    }
    free(dt);
    st = GWS_OK;
    goto done;
task:
    st = j.st;
    if (err)
        *err = j.err;
    goto fail;
memory:
    st = gws_err_set(err, GWS_ENOMEM, "no memory for the calibration");
fail:
done:
    if (j.worker) {
        close_searches(j.worker, threads);
        for (int i = 0; i < threads; i++) {
            gws_classifier_destroy(j.worker[i].detector);
            for (int f = 0; f < j.ifos; f++)
                free(j.worker[i].w[f]);
        }
    }
    for (int h = 0; h < 2; h++)
        if (j.stretch[h]) {
            for (int64_t i = 0; i < stretches + 2; i++)
                free(j.stretch[h][i].stat);
            free(j.stretch[h]);
        }
    free(j.worker);
    free(j.found);
    free(j.window_memory);
    gws_dataset_destroy(j.test);
    gws_model_destroy(m);
    return st;
}
