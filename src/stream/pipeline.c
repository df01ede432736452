#include "stream/pipeline.h"

#include "base/ini.h"
#include "dsp/lane.h"
#include "search/far.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Whitened samples that a lane can hold from the start, in seconds beyond what conditioning holds back. */
#define HELD_S 128

struct gws_pipeline {
    const gws_model *model;
    const gws_model_meta *meta;
    gws_head head;
    int n_ifo;
    gws_lane *lanes[GWS_MODEL_IFOS];
    gws_classifier *classifier;
    gws_search *search;
    const gws_calibration *calibration; /* of the head */
    double delay_s, remembers_s;
    gws_condition_params condition;
    gws_pipeline_sinks sinks;
    int64_t fed, stepped;               /* end of what the network was given, and of the logits that the search was */
    int64_t fed_before, stepped_before; /* the same of the pipeline whose state was loaded: nothing earlier is handed on */
    int64_t samples_together;
    int64_t gather; /* samples that wait for each other before the network runs */
    int ending;

    /* the push under way, for the pool's tasks */
    const int64_t *push_sample, *push_n;
    const double *const *push_h;
};

static void on_trigger(void *user, const gws_trigger *t)
{
    gws_pipeline *p = user;

    if (p->sinks.trigger)
        p->sinks.trigger(p->sinks.user, t, gws_far_at(p->calibration, t->stat));
}

static void on_logits(void *user, int64_t step, const float *y_spiking, const float *y_linear, int64_t n)
{
    gws_pipeline *p = user;
    const int64_t known = p->stepped_before > step ? p->stepped_before - step : 0;

    if (known >= n)
        return;
    step += known;
    y_spiking += known;
    y_linear += known;
    n -= known;
    p->stepped = step + n;
    if (p->sinks.logits)
        p->sinks.logits(p->sinks.user, step, y_spiking, y_linear, n);
    gws_search_push(p->search, step, p->head == GWS_HEAD_LINEAR ? y_linear : y_spiking, n, on_trigger, p);
}

/* Every detector may still continue the run that it stands in. */
static int still_growing(const gws_pipeline *p)
{
    for (int i = 0; i < p->n_ifo; i++)
        if (gws_lane_look(p->lanes[i]).n_runs != 1 || gws_lane_low(p->lanes[i]) != gws_lane_end(p->lanes[i]))
            return 0;
    return 1;
}

/* The first sample that all detectors may have: what the latest of them holds, or may get. */
static int64_t first_of_all(const gws_pipeline *p)
{
    int64_t start = INT64_MIN;

    for (int i = 0; i < p->n_ifo; i++) {
        const gws_lane_held held = gws_lane_look(p->lanes[i]);
        const int64_t first = held.n > 0 ? held.runs[0].sample : gws_lane_low(p->lanes[i]);
        if (first > start)
            start = first;
    }
    return start;
}

/* Drop what a lane holds below `start`. */
static gws_lane_held drop_below(gws_lane *l, int64_t start)
{
    gws_lane_held held = gws_lane_look(l);

    while (held.n > 0 && held.runs[0].sample < start) {
        const int64_t n = held.runs[0].n, before = start - held.runs[0].sample;
        gws_lane_drop(l, n < before ? n : before);
        held = gws_lane_look(l);
    }
    return held;
}

/* The network's state is not a function of the last samples alone. */
static int carries_for_ever(const gws_pipeline *p)
{
    return p->meta->span == 0;
}

/* Give the network what all detectors have, and drop what some detector will never have. */
static void give(gws_pipeline *p)
{
    for (;;) {
        const float *w[GWS_MODEL_IFOS];
        const int64_t start = first_of_all(p);
        int64_t n = INT64_MAX;
        int complete = 1;

        for (int i = 0; i < p->n_ifo; i++) {
            const gws_lane_held held = drop_below(p->lanes[i], start);
            if (held.n == 0 || held.runs[0].sample != start) {
                complete = 0;
                continue;
            }
            w[i] = held.w;
            if (held.runs[0].n < n)
                n = held.runs[0].n;
        }
        if (complete && n < p->gather && !p->ending && still_growing(p))
            return;
        if (complete && carries_for_ever(p) && start < p->fed_before) {
            const int64_t known = p->fed_before - start < n ? p->fed_before - start : n;
            for (int i = 0; i < p->n_ifo; i++)
                gws_lane_drop(p->lanes[i], known);
            continue;
        }
        if (complete) {
            gws_classifier_push(p->classifier, start, w, n, on_logits, p);
            p->fed = start + n > p->fed ? start + n : p->fed; /* it is behind where it goes on while it finds back */
            p->samples_together += n;
            for (int i = 0; i < p->n_ifo; i++)
                gws_lane_drop(p->lanes[i], n);
            continue;
        }
        /* Not complete: a lane is empty and must be waited for, or all lanes that hold something begin later than
         * before, and the next round sees it. */
        for (int i = 0; i < p->n_ifo; i++)
            if (gws_lane_look(p->lanes[i]).n == 0)
                return;
    }
}

/* Where the next samples can only come behind a gap, a cluster that is open is not made to wait for them. */
static void align(gws_pipeline *p)
{
    give(p);
    if (p->fed != INT64_MIN && first_of_all(p) > p->fed)
        gws_search_break(p->search, on_trigger, p);
}

/* Hand out the whitened samples that a lane holds beyond its first `seen`. */
static void show_whitened(gws_pipeline *p, int ifo, int64_t seen)
{
    const gws_lane_held held = gws_lane_look(p->lanes[ifo]);
    const float *w = held.w;

    if (!p->sinks.whitened)
        return;
    for (int64_t i = 0; i < held.n_runs; i++) {
        const gws_lane_run *r = &held.runs[i];
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
        gws_lane_push(p->lanes[task], p->push_sample[task], p->push_h[task], p->push_n[task]);
}

gws_status gws_pipeline_push_all(gws_pipeline *p, gws_pool *pool, const int64_t *sample, const double *const *h, const int64_t *n)
{
    int64_t seen[GWS_MODEL_IFOS];
    gws_status status = GWS_OK;

    GWS_ASSERT(p && sample && h && n);
    for (int i = 0; i < p->n_ifo; i++)
        seen[i] = gws_lane_look(p->lanes[i]).n;
    p->push_sample = sample;
    p->push_h = h;
    p->push_n = n;
    gws_pool_run(pool, p->n_ifo, push_task, p);
    for (int i = 0; i < p->n_ifo; i++) {
        if (gws_lane_lost(p->lanes[i]))
            status = GWS_ENOMEM;
        else
            show_whitened(p, i, seen[i]);
    }
    align(p);
    return status;
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
    for (int i = 0; i < p->n_ifo; i++)
        gws_lane_reset(p->lanes[i]);
    gws_classifier_reset(p->classifier);
    gws_search_reset(p->search);
    p->fed = p->stepped = p->fed_before = p->stepped_before = INT64_MIN;
}

void gws_pipeline_finish(gws_pipeline *p)
{
    GWS_ASSERT(p);
    for (int i = 0; i < p->n_ifo; i++) {
        const int64_t seen = gws_lane_look(p->lanes[i]).n;
        gws_lane_finish(p->lanes[i]);
        show_whitened(p, i, seen);
    }
    p->ending = 1;
    align(p);
    p->ending = 0;
    gws_search_finish(p->search, on_trigger, p);
    reset(p);
}

static gws_status condition_of(const gws_model_meta *meta, gws_ini *ini, gws_condition_params *out, gws_err *err)
{
    const gws_status status = gws_condition_params_from_ini(ini, out, err);

    if (status == GWS_OK && meta->filter_s > 0) {
        out->filter_s = meta->filter_s;
        out->block_s = meta->block_s;
        out->ahead_s = meta->ahead_s;
    }
    out->reference = meta->reference;
    return status;
}

gws_status gws_pipeline_condition(const gws_model_meta *meta, gws_condition_params *out, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    gws_ini *ini = gws_ini_parse(meta->recipe ? meta->recipe : "", "recipe of the model", err);
    const gws_status status = ini ? condition_of(meta, ini, out, err) : err->status;
    gws_ini_destroy(ini);
    return status;
}

gws_status gws_pipeline_params(const gws_model_meta *meta, gws_head head, double threshold, gws_condition_params *condition,
                               gws_search_params *search, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    gws_ini *ini;
    gws_status status;

    if (head == GWS_HEAD_LINEAR && !meta->linear)
        return gws_err_set(err, GWS_EARG, "pipeline: the model has no linear head");
    if (!(ini = gws_ini_parse(meta->recipe ? meta->recipe : "", "recipe of the model", err)))
        return err->status;
    if ((status = condition_of(meta, ini, condition, err)) == GWS_OK)
        status = gws_search_params_from_ini(ini, search, err);
    search->threshold = isnan(threshold) ? meta->calibration[head].threshold : threshold;
    search->offset_s = meta->calibration[head].offset_s;
    search->warmup = meta->warmup;
    gws_ini_destroy(ini);
    return status;
}

/* A whitened sample is a function of so much strain before it, once that much of the segment is there. */
static double memory_s(const gws_condition_params *c)
{
    const double beginning_s = c->first_s > c->history_s + c->update_s ? c->first_s : c->history_s + c->update_s;

    return beginning_s + 2 * c->filter_s + 4;
}

/* The filters of the network are told of the noise of their detectors. */
static void follow(gws_pipeline *p)
{
    for (int i = 0; i < p->n_ifo; i++)
        gws_classifier_follow(p->classifier, i, gws_lane_gains(p->lanes[i]), 0);
}

gws_pipeline *gws_pipeline_create(const gws_model *m, gws_head head, const int *rate_hz, double threshold,
                                  const gws_pipeline_sinks *sinks, gws_err *err)
{
    const gws_model_meta *meta;
    gws_pipeline *p = NULL;
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

    if (gws_pipeline_params(meta, head, threshold, &p->condition, &sp, err) != GWS_OK)
        goto fail;
    p->remembers_s = memory_s(&p->condition);
    for (int i = 0; i < p->n_ifo; i++) {
        if (rate_hz[i] < meta->rate_hz || rate_hz[i] % meta->rate_hz != 0) {
            gws_err_set(err, GWS_EDATA, "%s: rate %d Hz, model wants a multiple of %d Hz", meta->ifo[i], rate_hz[i], meta->rate_hz);
            goto fail;
        }
        if (!(p->lanes[i] = gws_lane_create(&p->condition, rate_hz[i], meta->rate_hz, (int64_t)HELD_S * meta->rate_hz, err)))
            goto fail;
        if (gws_lane_delay_s(p->lanes[i]) > slowest_s)
            slowest_s = gws_lane_delay_s(p->lanes[i]);
    }
    p->classifier = gws_classifier_create(m, 0, err);
    if (!p->classifier)
        goto fail;
    p->search = gws_search_create(&sp, meta->rate_hz, meta->hop, err);
    if (!p->search)
        goto fail;
    follow(p);
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
    follow(p);
    p->gather = gws_classifier_gather(p->model, 1, block, pool);
    return GWS_OK;
}

gws_status gws_pipeline_set_rate(gws_pipeline *p, int ifo, int rate_hz, gws_err *err)
{
    const int to_hz = p->meta->rate_hz;
    gws_lane *l;

    if (rate_hz < to_hz || rate_hz % to_hz != 0)
        return gws_err_set(err, GWS_EDATA, "%s: rate %d Hz, model wants a multiple of %d Hz", p->meta->ifo[ifo], rate_hz, to_hz);
    if (!(l = gws_lane_create(&p->condition, rate_hz, to_hz, (int64_t)HELD_S * to_hz, err)))
        return GWS_ENOMEM;
    gws_lane_destroy(p->lanes[ifo]);
    p->lanes[ifo] = l;
    follow(p);
    return GWS_OK;
}

/* ---- the state ---- */

typedef struct state_head {
    int64_t bytes, fed, stepped;
} state_head;

double gws_pipeline_remembers_s(const gws_pipeline *p)
{
    /* what waits for a batch was not searched yet, and what it is whitened by lies before it */
    return p->remembers_s + gws_classifier_remembers_s(p->classifier) + (double)p->gather / p->meta->rate_hz;
}

gws_status gws_pipeline_state_bytes(const gws_pipeline *p, int64_t *out, gws_err *err)
{
    const int64_t network = gws_classifier_state_bytes(p->classifier);

    *out = 0;
    if (network < 0)
        return gws_err_set(err, GWS_EARG, "a model with a matched stem and no context_span: its state cannot be saved");
    *out = (int64_t)sizeof(state_head) + gws_search_state_bytes() + network;
    return GWS_OK;
}

void gws_pipeline_state_save(const gws_pipeline *p, void *out)
{
    state_head head = {.fed = p->fed, .stepped = p->stepped};
    char *at = out;

    GWS_ASSERT(gws_pipeline_state_bytes(p, &head.bytes, NULL) == GWS_OK);
    memcpy(at, &head, sizeof head);
    gws_search_state_save(p->search, at + sizeof head);
    if (gws_classifier_state_bytes(p->classifier) > 0)
        gws_classifier_state_save(p->classifier, at + sizeof head + gws_search_state_bytes());
}

gws_status gws_pipeline_state_load(gws_pipeline *p, const void *in, int64_t bytes, gws_err *err)
{
    const char *at = in;
    state_head head;
    int64_t wanted;
    gws_status status = gws_pipeline_state_bytes(p, &wanted, err);

    if (status != GWS_OK)
        return status;
    if (bytes != wanted || (memcpy(&head, at, sizeof head), head.bytes != wanted) ||
        gws_search_state_load(p->search, at + sizeof head))
        return gws_err_set(err, GWS_EARG, "the saved state is that of another model, threshold or version");
    if (gws_classifier_state_bytes(p->classifier) > 0)
        gws_classifier_state_load(p->classifier, at + sizeof head + gws_search_state_bytes());
    p->fed = p->fed_before = head.fed;
    p->stepped = p->stepped_before = head.stepped;
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
    const gws_status status = gws_pipeline_condition(meta, &cp, err);
    *out = 0;
    if (status == GWS_OK) {
        /* what a conditioner holds back is about what it needs for its first estimate and its filter */
        const double gather_s = (double)gws_classifier_gather(m, 1, block, pool) / meta->rate_hz;
        const double hold_s = HELD_S + 2.0 * gather_s + cp.first_s + cp.update_s + 2.0 * cp.filter_s;
        *out = gws_classifier_bytes(m, 1, block, pool);
        for (int i = 0; i < meta->n_ifo; i++)
            *out += gws_condition_bytes(&cp, meta->rate_hz) + (int64_t)(hold_s * meta->rate_hz) * (int64_t)sizeof(float);
    }
    return status;
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
        gws_lane_destroy(p->lanes[i]);
    gws_classifier_destroy(p->classifier);
    gws_search_destroy(p->search);
    free(p);
}

void gws_pipeline_get_stats(const gws_pipeline *p, gws_pipeline_stats *out)
{
    memset(out, 0, sizeof *out);
    for (int i = 0; i < p->n_ifo; i++)
        gws_lane_get_stats(p->lanes[i], &out->condition[i]);
    gws_classifier_get_stats(p->classifier, &out->classifier);
    gws_search_get_stats(p->search, &out->search);
    out->samples_together = p->samples_together;
}
