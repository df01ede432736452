#include "stream/pipeline.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/ini.h"
#include "dsp/resample.h"
#include "search/far.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Whitened samples that a lane can hold from the start, in seconds beyond what conditioning holds back. */
#define HELD_S 128
#define RUNS_AT_FIRST 64

typedef struct run {
    int64_t sample, n;
} run;

/* One detector on its way to the network. */
typedef struct lane {
    int factor; /* input samples per sample at the model's rate */
    gws_resample *resample;
    gws_condition *condition;
    int64_t held_back; /* most samples by which the conditioner's output is behind its input */

    int started;       /* a push has come since the last reset */
    int64_t in_next;   /* input sample expected next */
    int64_t cond_next; /* lowest index that may still be given to the conditioner */
    int64_t out_next;  /* end of the last whitened run */
    int in_segment;    /* the conditioner's last sample was a valid one */
    int64_t low;       /* no whitened sample below this index will come any more */

    float *w; /* whitened samples that wait for the other detectors: [begin, begin + n) */
    int64_t capacity, begin, n;
    run *runs; /* their absolute indices, [run_begin, run_begin + n_runs) */
    int64_t run_capacity, run_begin, n_runs;
    int out_of_memory;
} lane;

struct gws_pipeline {
    const gws_model *model;
    const gws_model_meta *meta;
    gws_head head;
    int n_ifo;
    lane lanes[GWS_MODEL_IFOS];
    gws_classifier *classifier;
    gws_search *search;
    const gws_calibration *calibration; /* of the head */
    double delay_s;
    gws_pipeline_sinks sinks;
    int64_t samples_together;
    int64_t gather; /* samples that wait for each other before the network runs */
    int ending;

    /* the push under way, for the pool's tasks */
    const int64_t *push_sample, *push_n;
    const double *const *push_h;
};

static int lane_create(lane *l, int in_hz, int rate_hz, const gws_condition_params *cp, gws_err *err)
{
    double hold_s;

    l->factor = in_hz / rate_hz;
    l->resample = gws_resample_create(in_hz, rate_hz, err);
    if (!l->resample)
        return -1;
    l->condition = gws_condition_create(cp, rate_hz, err);
    if (!l->condition)
        return -1;
    l->held_back = gws_condition_delay(l->condition) + (int64_t)ceil(cp->first_s * rate_hz) + 1;
    hold_s = (double)l->held_back / rate_hz + HELD_S;
    l->capacity = (int64_t)(hold_s * rate_hz);
    l->run_capacity = RUNS_AT_FIRST;
    l->w = gws_arena_alloc((size_t)l->capacity * sizeof *l->w);
    l->runs = gws_arena_alloc((size_t)l->run_capacity * sizeof *l->runs);
    if (!l->w || !l->runs) {
        gws_err_set(err, GWS_ENOMEM, "pipeline: no memory for %.0f s of whitened strain", hold_s);
        return -1;
    }
    return 0;
}

static void lane_clear(lane *l)
{
    gws_resample_destroy(l->resample);
    gws_condition_destroy(l->condition);
    gws_arena_free(l->w);
    gws_arena_free(l->runs);
}

/* Room for n more samples and one more run: first by moving what is held to the front, then by growing. */
static int lane_reserve(lane *l, int64_t n)
{
    if (l->begin + l->n + n > l->capacity) {
        if (l->n + n <= l->capacity && l->begin >= l->n) {
            memcpy(l->w, l->w + l->begin, (size_t)l->n * sizeof *l->w);
        } else {
            int64_t capacity = 2 * l->capacity > l->n + n ? 2 * l->capacity : l->n + n;
            float *w = gws_arena_alloc((size_t)capacity * sizeof *w);
            if (!w)
                return -1;
            memcpy(w, l->w + l->begin, (size_t)l->n * sizeof *w);
            gws_arena_free(l->w);
            l->w = w;
            l->capacity = capacity;
        }
        l->begin = 0;
    }
    if (l->run_begin + l->n_runs + 1 > l->run_capacity) {
        if (l->n_runs + 1 <= l->run_capacity && l->run_begin >= l->n_runs) {
            memcpy(l->runs, l->runs + l->run_begin, (size_t)l->n_runs * sizeof *l->runs);
        } else {
            run *runs = gws_arena_alloc((size_t)(2 * l->run_capacity) * sizeof *runs);
            if (!runs)
                return -1;
            memcpy(runs, l->runs + l->run_begin, (size_t)l->n_runs * sizeof *runs);
            gws_arena_free(l->runs);
            l->runs = runs;
            l->run_capacity *= 2;
        }
        l->run_begin = 0;
    }
    return 0;
}

/* Drop the first n held samples. */
static void lane_drop(lane *l, int64_t n)
{
    GWS_ASSERT(n <= l->n);
    l->begin += n;
    l->n -= n;
    while (n > 0) {
        run *r = &l->runs[l->run_begin];
        int64_t k = r->n < n ? r->n : n;
        r->sample += k;
        r->n -= k;
        n -= k;
        if (r->n == 0) {
            l->run_begin++;
            l->n_runs--;
        }
    }
}

static void on_whitened(void *user, int64_t sample, const float *w, int64_t n)
{
    lane *l = user;
    run *last;

    l->out_next = sample + n;
    if (lane_reserve(l, n) != 0) {
        l->out_of_memory = 1;
        lane_drop(l, l->n);
        return;
    }
    memcpy(l->w + l->begin + l->n, w, (size_t)n * sizeof *w);
    l->n += n;
    last = l->n_runs > 0 ? &l->runs[l->run_begin + l->n_runs - 1] : NULL;
    if (last && last->sample + last->n == sample)
        last->n += n;
    else
        l->runs[l->run_begin + l->n_runs++] = (run){sample, n};
}

static void on_resampled(void *user, int64_t sample, const double *h, int64_t n)
{
    lane *l = user;

    gws_condition_push(l->condition, sample, h, n, on_whitened, l);
    l->cond_next = sample + n;
    l->in_segment = isfinite(h[n - 1]);
}

/* Tell the conditioner that nothing comes before input sample `end`, by giving it one absent sample there. The segment
 * it may be in ends now instead of at the next valid sample, with the same output; without this a detector that stays away for days
 * would hold up what it has and everyone else. */
static void lane_absent(lane *l, int64_t end)
{
    const double none = (double)NAN;
    int64_t last = gws_floor_div(end - 1, l->factor);

    if (last < l->cond_next)
        return;
    gws_condition_push(l->condition, last, &none, 1, on_whitened, l);
    l->cond_next = last + 1;
    l->in_segment = 0;
}

static void lane_push(lane *l, int64_t sample, const double *h, int64_t n)
{
    const double none = (double)NAN;

    if (!l->started) {
        l->started = 1;
        l->in_next = sample;
        l->cond_next = l->out_next = gws_floor_div(sample + l->factor - 1, l->factor);
        l->in_segment = 0;
    }
    GWS_ASSERT(sample >= l->in_next);
    if (sample > l->in_next) {
        gws_resample_push(l->resample, sample - 1, &none, 1, on_resampled, l);
        lane_absent(l, sample);
        l->in_next = sample;
    }
    if (n > 0) {
        gws_resample_push(l->resample, sample, h, n, on_resampled, l);
        l->in_next = sample + n;
        if (!isfinite(h[n - 1]))
            lane_absent(l, sample + n);
    }
    l->low = l->in_segment ? l->cond_next - l->held_back : l->cond_next;
    if (l->low < l->out_next)
        l->low = l->out_next;
}

static void lane_finish(lane *l)
{
    gws_resample_finish(l->resample, on_resampled, l);
    gws_condition_finish(l->condition, on_whitened, l);
    l->low = INT64_MAX;
}

static void on_trigger(void *user, const gws_trigger *t)
{
    gws_pipeline *p = user;

    if (p->sinks.trigger)
        p->sinks.trigger(p->sinks.user, t, gws_far_at(p->calibration, t->stat));
}

static void on_logits(void *user, int64_t step, const float *y_spiking, const float *y_linear, int64_t n)
{
    gws_pipeline *p = user;

    if (p->sinks.logits)
        p->sinks.logits(p->sinks.user, step, y_spiking, y_linear, n);
    gws_search_push(p->search, step, p->head == GWS_HEAD_LINEAR ? y_linear : y_spiking, n, on_trigger, p);
}

/* Every detector may still continue the run that it stands in. */
static int still_growing(const gws_pipeline *p)
{
    for (int i = 0; i < p->n_ifo; i++)
        if (p->lanes[i].n_runs != 1 || p->lanes[i].low != p->lanes[i].out_next)
            return 0;
    return 1;
}

/* Give the network what all detectors have, and drop what some detector will never have. */
static void align(gws_pipeline *p)
{
    for (;;) {
        const float *w[GWS_MODEL_IFOS];
        int64_t start = INT64_MIN, n = INT64_MAX;
        int complete = 1;

        for (int i = 0; i < p->n_ifo; i++) {
            const lane *l = &p->lanes[i];
            int64_t first = l->n > 0 ? l->runs[l->run_begin].sample : l->low;
            if (first > start)
                start = first;
        }
        for (int i = 0; i < p->n_ifo; i++) {
            lane *l = &p->lanes[i];
            while (l->n > 0 && l->runs[l->run_begin].sample < start) {
                const run *r = &l->runs[l->run_begin];
                lane_drop(l, r->n < start - r->sample ? r->n : start - r->sample);
            }
            if (l->n == 0 || l->runs[l->run_begin].sample != start) {
                complete = 0;
                continue;
            }
            w[i] = l->w + l->begin;
            if (l->runs[l->run_begin].n < n)
                n = l->runs[l->run_begin].n;
        }
        if (complete && n < p->gather && !p->ending && still_growing(p))
            return;
        if (complete) {
            gws_classifier_push(p->classifier, start, w, n, on_logits, p);
            p->samples_together += n;
            for (int i = 0; i < p->n_ifo; i++)
                lane_drop(&p->lanes[i], n);
            continue;
        }
        /* Not complete: a lane is empty and must be waited for, or all lanes that hold something begin later than
         * before, and the next round sees it. */
        for (int i = 0; i < p->n_ifo; i++)
            if (p->lanes[i].n == 0)
                return;
    }
}

/* Hand out the whitened samples that a lane holds beyond its first `seen`. */
static void show_whitened(gws_pipeline *p, int ifo, int64_t seen)
{
    const lane *l = &p->lanes[ifo];
    const float *w = l->w + l->begin;

    if (!p->sinks.whitened)
        return;
    for (int64_t i = 0; i < l->n_runs; i++) {
        const run *r = &l->runs[l->run_begin + i];
        int64_t skip = seen < r->n ? seen : r->n;
        if (skip < r->n)
            p->sinks.whitened(p->sinks.user, ifo, r->sample + skip, w + skip, r->n - skip);
        seen -= skip;
        w += r->n;
    }
}

static void push_task(void *user, int task, int thread)
{
    gws_pipeline *p = user;

    if (p->push_n[task] >= 0)
        lane_push(&p->lanes[task], p->push_sample[task], p->push_h[task], p->push_n[task]);
}

gws_status gws_pipeline_push_all(gws_pipeline *p, gws_pool *pool, const int64_t *sample, const double *const *h, const int64_t *n)
{
    int64_t seen[GWS_MODEL_IFOS];
    gws_status st = GWS_OK;

    GWS_ASSERT(p && sample && h && n);
    for (int i = 0; i < p->n_ifo; i++)
        seen[i] = p->lanes[i].n;
    p->push_sample = sample;
    p->push_h = h;
    p->push_n = n;
    gws_pool_run(pool, p->n_ifo, push_task, p);
    for (int i = 0; i < p->n_ifo; i++) {
        if (p->lanes[i].out_of_memory) {
            p->lanes[i].out_of_memory = 0;
            st = GWS_ENOMEM;
        } else {
            show_whitened(p, i, seen[i]);
        }
    }
    align(p);
    return st;
}

gws_status gws_pipeline_push(gws_pipeline *p, int ifo, int64_t sample, const double *h, int64_t n)
{
    int64_t samples[GWS_MODEL_IFOS] = {0}, lengths[GWS_MODEL_IFOS];
    const double *data[GWS_MODEL_IFOS] = {NULL};

    GWS_ASSERT(p && ifo >= 0 && ifo < p->n_ifo && n >= 0 && (h || n == 0));
    for (int i = 0; i < p->n_ifo; i++)
        lengths[i] = -1;
    samples[ifo] = sample;
    data[ifo] = h;
    lengths[ifo] = n;
    return gws_pipeline_push_all(p, NULL, samples, data, lengths);
}

/* Make ready for a new stream; the statistics go on. */
static void reset(gws_pipeline *p)
{
    for (int i = 0; i < p->n_ifo; i++) {
        lane *l = &p->lanes[i];
        l->started = l->in_segment = 0;
        l->in_next = l->cond_next = l->out_next = l->low = INT64_MIN;
        l->begin = l->n = l->run_begin = l->n_runs = 0;
    }
    gws_classifier_reset(p->classifier);
    gws_search_reset(p->search);
}

void gws_pipeline_finish(gws_pipeline *p)
{
    GWS_ASSERT(p);
    for (int i = 0; i < p->n_ifo; i++) {
        int64_t seen = p->lanes[i].n;
        lane_finish(&p->lanes[i]);
        show_whitened(p, i, seen);
    }
    p->ending = 1;
    align(p);
    p->ending = 0;
    gws_search_finish(p->search, on_trigger, p);
    reset(p);
}

gws_status gws_pipeline_params(const gws_model_meta *meta, gws_head head, double threshold, gws_condition_params *condition,
                               gws_search_params *search, gws_err *err)
{
    gws_ini *ini;
    gws_status st;

    if (head == GWS_HEAD_LINEAR && !meta->linear)
        return gws_err_set(err, GWS_EARG, "pipeline: the model has no linear head");
    if (!(ini = gws_ini_parse(meta->recipe ? meta->recipe : "", "recipe of the model", err)))
        return err ? err->status : GWS_EFORMAT;
    if ((st = gws_condition_params_from_ini(ini, condition, err)) == GWS_OK)
        st = gws_search_params_from_ini(ini, search, err);
    search->threshold = isnan(threshold) ? meta->calibration[head].threshold : threshold;
    search->offset_s = meta->calibration[head].offset_s;
    search->warmup = meta->warmup;
    gws_ini_destroy(ini);
    return st;
}

gws_pipeline *gws_pipeline_create(const gws_model *m, gws_head head, const int *rate_hz, double threshold,
                                  const gws_pipeline_sinks *sinks, gws_err *err)
{
    const gws_model_meta *meta;
    gws_pipeline *p = NULL;
    gws_condition_params cp;
    gws_search_params sp;
    double slowest_s = 0;

    GWS_ASSERT(m && rate_hz && (head == GWS_HEAD_SPIKING || head == GWS_HEAD_LINEAR));
    meta = gws_model_describe(m);
    p = calloc(1, sizeof *p);
    if (!p) {
        gws_err_set(err, GWS_ENOMEM, "pipeline: no memory for %zu bytes", sizeof *p);
        goto fail;
    }
    p->model = m;
    p->meta = meta;
    p->head = head;
    p->n_ifo = meta->n_ifo;
    if (sinks)
        p->sinks = *sinks;
    p->calibration = &meta->calibration[head];

    if (gws_pipeline_params(meta, head, threshold, &cp, &sp, err) != GWS_OK)
        goto fail;
    for (int i = 0; i < p->n_ifo; i++) {
        if (rate_hz[i] < meta->rate_hz || rate_hz[i] % meta->rate_hz != 0) {
            gws_err_set(err, GWS_EDATA, "%s: rate %d Hz, model wants a multiple of %d Hz", meta->ifo[i], rate_hz[i], meta->rate_hz);
            goto fail;
        }
        if (lane_create(&p->lanes[i], rate_hz[i], meta->rate_hz, &cp, err) != 0)
            goto fail;
        double s = (double)gws_resample_delay(p->lanes[i].resample) / rate_hz[i] +
                   (double)gws_condition_delay(p->lanes[i].condition) / meta->rate_hz;
        if (s > slowest_s)
            slowest_s = s;
    }
    p->classifier = gws_classifier_create(m, 0, err);
    if (!p->classifier)
        goto fail;
    p->search = gws_search_create(&sp, meta->rate_hz, meta->hop, err);
    if (!p->search)
        goto fail;
    p->delay_s = slowest_s + (double)gws_classifier_delay(p->classifier) / meta->rate_hz;
    reset(p);
    return p;
fail:
    gws_pipeline_destroy(p);
    return NULL;
}

gws_status gws_pipeline_set_pool(gws_pipeline *p, gws_pool *pool, int block, gws_err *err)
{
    gws_classifier *d = gws_classifier_create_many(p->model, 1, block, pool, err);
    if (!d)
        return GWS_ENOMEM;
    gws_classifier_destroy(p->classifier);
    p->classifier = d;
    p->gather = gws_classifier_gather(p->model, 1, block, pool);
    return GWS_OK;
}

const float *gws_pipeline_statistic(const gws_pipeline *p)
{
    return gws_classifier_statistic(p->classifier);
}

gws_status gws_pipeline_bytes(const gws_model *m, const gws_pool *pool, int block, int64_t *out, gws_err *err)
{
    const gws_model_meta *meta = gws_model_describe(m);
    gws_condition_params cp;
    gws_ini *ini = gws_ini_parse(meta->recipe ? meta->recipe : "", "recipe of the model", err);
    gws_status st = ini ? gws_condition_params_from_ini(ini, &cp, err) : err ? err->status : GWS_EFORMAT;
    *out = 0;
    if (st == GWS_OK) {
        /* what a conditioner holds back is about what it needs for its first estimate and its filter */
        const double gather_s = (double)gws_classifier_gather(m, 1, block, pool) / meta->rate_hz;
        const double hold_s = HELD_S + 2.0 * gather_s + cp.first_s + cp.update_s + 2.0 * cp.filter_s;
        *out = gws_classifier_bytes(m, 1, block, pool);
        for (int i = 0; i < meta->n_ifo; i++)
            *out += gws_condition_bytes(&cp, meta->rate_hz) + (int64_t)(hold_s * meta->rate_hz) * (int64_t)sizeof(float);
    }
    gws_ini_destroy(ini);
    return st;
}

double gws_pipeline_delay_s(const gws_pipeline *p)
{
    return p->delay_s;
}

void gws_pipeline_destroy(gws_pipeline *p)
{
    if (!p)
        return;
    for (int i = 0; i < p->n_ifo; i++)
        lane_clear(&p->lanes[i]);
    gws_classifier_destroy(p->classifier);
    gws_search_destroy(p->search);
    free(p);
}

void gws_pipeline_get_stats(const gws_pipeline *p, gws_pipeline_stats *out)
{
    memset(out, 0, sizeof *out);
    for (int i = 0; i < p->n_ifo; i++)
        gws_condition_get_stats(p->lanes[i].condition, &out->condition[i]);
    gws_classifier_get_stats(p->classifier, &out->classifier);
    gws_search_get_stats(p->search, &out->search);
    out->samples_together = p->samples_together;
}
