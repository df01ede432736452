#include "stream/pipeline.h"

#include "base/ini.h"
#include "dsp/lane.h"
#include "search/far.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Whitened samples that a lane can hold from the start, in seconds beyond what conditioning holds back. */
#define HELD_S 128

/* The network and the search of some of the detectors, where these and no others are present. */
typedef struct part {
    gws_pipeline *p;
    const gws_model *model;
    unsigned ifos; /* bit i: detector i of the whole model */
    gws_head head;
    gws_classifier *classifier;
    gws_search *search;
    const gws_calibration *calibration; /* of the head */
    int64_t fed, stepped;               /* end of what the network was given, and of the logits that the search was */
    int64_t fed_before, stepped_before; /* the same of the pipeline whose state was loaded: nothing earlier is handed on */
    int64_t samples;                    /* what the network was given */
} part;

struct gws_pipeline {
    const gws_model_meta *meta; /* of the whole model */
    int n_ifo;
    gws_lane *lanes[GWS_MODEL_IFOS];
    part parts[GWS_PIPELINE_PARTS]; /* (n_parts) the first has all detectors */
    int n_parts;
    const part *now; /* whose logits are being handed out */
    double delay_s, remembers_s;
    gws_condition_params condition;
    gws_pipeline_sinks sinks;
    int64_t gather; /* samples that wait for each other before the network runs */
    int ending;

    /* the push under way, for the pool's tasks */
    const int64_t *push_sample, *push_n;
    const double *const *push_h;
};

static void on_trigger(void *user, const gws_trigger *t)
{
    const part *q = user;
    const gws_pipeline *p = q->p;
    gws_trigger of = *t;

    of.ifos = q->ifos;
    if (p->sinks.trigger)
        p->sinks.trigger(p->sinks.user, &of, gws_far_at(q->calibration, t->stat));
}

static void on_logits(void *user, int64_t step, const float *y_spiking, const float *y_linear, int64_t n)
{
    part *q = user;
    gws_pipeline *p = q->p;
    const int64_t known = q->stepped_before > step ? q->stepped_before - step : 0;

    if (known >= n)
        return;
    step += known;
    y_spiking += known;
    y_linear += known;
    n -= known;
    q->stepped = step + n;
    p->now = q;
    if (q == p->parts && p->sinks.logits)
        p->sinks.logits(p->sinks.user, step, y_spiking, y_linear, n);
    gws_search_push(q->search, step, q->head == GWS_HEAD_LINEAR ? y_linear : y_spiking, n, on_trigger, q);
}

/* The first sample that a detector holds, or may still get. */
static int64_t next_of(const gws_pipeline *p, int ifo)
{
    const gws_lane_held held = gws_lane_look(p->lanes[ifo]);

    return held.n > 0 ? held.runs[0].sample : gws_lane_low(p->lanes[ifo]);
}

/* The first sample that some detectors may all have. */
static int64_t first_of(const gws_pipeline *p, unsigned ifos)
{
    int64_t start = INT64_MIN;

    for (int i = 0; i < p->n_ifo; i++)
        if (ifos >> i & 1 && next_of(p, i) > start)
            start = next_of(p, i);
    return start;
}

/* Samples of the same detectors, as far as is known. */
typedef struct stretch {
    unsigned ifos;
    int64_t begin, end;
    int grows; /* more of them may come behind `end` */
} stretch;

/* The next stretch; its ifos are 0 where a detector has to be waited for. */
static stretch next_stretch(const gws_pipeline *p)
{
    stretch s = {.begin = INT64_MAX, .end = INT64_MAX, .grows = 1};

    for (int i = 0; i < p->n_ifo; i++)
        if (next_of(p, i) < s.begin)
            s.begin = next_of(p, i);
    for (int i = 0; i < p->n_ifo; i++) {
        const gws_lane *l = p->lanes[i];
        const gws_lane_held held = gws_lane_look(l);
        const int there = next_of(p, i) == s.begin;
        const int64_t end = there && held.n > 0 ? s.begin + held.runs[0].n : next_of(p, i);
        if (there && held.n == 0)
            return (stretch){0};
        if (there)
            s.grows &= held.n_runs == 1 && gws_lane_low(l) == gws_lane_end(l);
        else
            s.grows &= held.n == 0;
        s.ifos |= (unsigned)there << i;
        s.end = end < s.end ? end : s.end;
    }
    return s;
}

/* Drop what the detectors of a stretch hold of it. */
static void drop(gws_pipeline *p, unsigned ifos, int64_t n)
{
    for (int i = 0; i < p->n_ifo; i++)
        if (ifos >> i & 1)
            gws_lane_drop(p->lanes[i], n);
}

static part *part_of(gws_pipeline *p, unsigned ifos)
{
    for (int k = 0; k < p->n_parts; k++)
        if (p->parts[k].ifos == ifos)
            return &p->parts[k];
    return NULL;
}

/* The network's state is not a function of the last samples alone. */
static int carries_for_ever(const gws_pipeline *p)
{
    return p->meta->span == 0;
}

/* A cluster that is open is not made to wait for what can only come behind a gap. */
static void break_before(gws_pipeline *p, const part *but, int64_t sample)
{
    for (int k = 0; k < p->n_parts; k++) {
        part *q = &p->parts[k];
        if (q != but && q->fed != INT64_MIN && (sample >= q->fed || first_of(p, q->ifos) > q->fed))
            gws_search_break(q->search, on_trigger, q);
    }
}

/* Give each network what exactly its detectors have, and drop what is no network's. */
static void align(gws_pipeline *p)
{
    for (;;) {
        const float *w[GWS_MODEL_IFOS];
        const stretch s = next_stretch(p);
        part *q = part_of(p, s.ifos);
        int64_t n = s.end - s.begin;
        int k = 0;

        if (!s.ifos || (q && n < p->gather && !p->ending && s.grows))
            break;
        if (q && carries_for_ever(p) && s.begin < q->fed_before) {
            drop(p, s.ifos, q->fed_before - s.begin < n ? q->fed_before - s.begin : n);
            continue;
        }
        break_before(p, q, s.begin);
        for (int i = 0; i < p->n_ifo; i++)
            if (s.ifos >> i & 1)
                w[k++] = gws_lane_look(p->lanes[i]).w;
        if (q) {
            gws_classifier_push(q->classifier, s.begin, w, n, on_logits, q);
            q->fed = s.end > q->fed ? s.end : q->fed; /* it is behind where it goes on while it finds back */
            q->samples += n;
        }
        drop(p, s.ifos, n);
    }
    break_before(p, NULL, INT64_MIN);
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

const gws_gains *gws_pipeline_gains(const gws_pipeline *p, int ifo)
{
    return gws_lane_gains(p->lanes[ifo]);
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
    for (int k = 0; k < p->n_parts; k++) {
        part *q = &p->parts[k];
        gws_classifier_reset(q->classifier);
        gws_search_reset(q->search);
        q->fed = q->stepped = q->fed_before = q->stepped_before = INT64_MIN;
    }
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
    for (int k = 0; k < p->n_parts; k++)
        gws_search_finish(p->parts[k].search, on_trigger, &p->parts[k]);
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

/* The filters of the networks are told of the noise of their detectors. */
static void follow(gws_pipeline *p)
{
    for (int k = 0; k < p->n_parts; k++)
        for (int i = 0, input = 0; i < p->n_ifo; i++)
            if (p->parts[k].ifos >> i & 1)
                gws_classifier_follow(p->parts[k].classifier, input++, gws_lane_gains(p->lanes[i]), 0);
}

gws_status gws_pipeline_add_part(gws_pipeline *p, const gws_model *m, gws_head head, double threshold, gws_err *err)
{
    const gws_model_meta *meta = gws_model_describe(m);
    part *q = &p->parts[p->n_parts];
    gws_condition_params cp;
    gws_search_params sp;
    unsigned ifos = 0;
    gws_status status = gws_pipeline_params(meta, head, threshold, &cp, &sp, err);

    for (int k = 0; k < meta->n_ifo; k++)
        for (int i = 0; i < p->n_ifo; i++)
            if (strcmp(meta->ifo[k], p->meta->ifo[i]) == 0)
                ifos |= 1u << i;
    GWS_ASSERT(ifos && !part_of(p, ifos) && p->n_parts < GWS_PIPELINE_PARTS);
    if (status != GWS_OK)
        return status;
    *q = (part){.p = p,
                .model = m,
                .ifos = ifos,
                .head = head,
                .calibration = &meta->calibration[head],
                .fed = INT64_MIN,
                .stepped = INT64_MIN,
                .fed_before = INT64_MIN,
                .stepped_before = INT64_MIN};
    p->n_parts++;
    if (!(q->classifier = gws_classifier_create(m, 0, err)) || !(q->search = gws_search_create(&sp, meta->rate_hz, meta->hop, err)))
        return GWS_ENOMEM;
    follow(p);
    return GWS_OK;
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
    p->meta = meta;
    p->n_ifo = meta->n_ifo;
    if (sinks)
        p->sinks = *sinks;
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
    if (gws_pipeline_add_part(p, m, head, threshold, err) != GWS_OK)
        goto fail;
    p->delay_s = slowest_s + (double)gws_classifier_delay(p->parts[0].classifier) / meta->rate_hz;
    reset(p);
    return p;
fail:
    gws_pipeline_destroy(p);
    return NULL;
}

gws_status gws_pipeline_set_pool(gws_pipeline *p, gws_pool *pool, int block, gws_err *err)
{
    gws_classifier *with[GWS_PIPELINE_PARTS] = {NULL};

    for (int k = 0; k < p->n_parts; k++)
        if (!(with[k] = gws_classifier_create_many(p->parts[k].model, 1, block, pool, err))) {
            while (k > 0)
                gws_classifier_destroy(with[--k]);
            return GWS_ENOMEM;
        }
    for (int k = 0; k < p->n_parts; k++) {
        gws_classifier_destroy(p->parts[k].classifier);
        p->parts[k].classifier = with[k];
    }
    follow(p);
    p->gather = gws_classifier_gather(p->parts[0].model, 1, block, pool);
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
    return p->remembers_s + gws_classifier_remembers_s(p->parts[0].classifier) + (double)p->gather / p->meta->rate_hz;
}

gws_status gws_pipeline_state_bytes(const gws_pipeline *p, int64_t *out, gws_err *err)
{
    const int64_t network = gws_classifier_state_bytes(p->parts[0].classifier);

    *out = 0;
    if (network < 0)
        return gws_err_set(err, GWS_EARG, "a model with a matched stem and no context_span: its state cannot be saved");
    *out = p->n_parts * ((int64_t)sizeof(state_head) + gws_search_state_bytes() + network);
    return GWS_OK;
}

void gws_pipeline_state_save(const gws_pipeline *p, void *out)
{
    state_head head = {0};
    char *at = out;

    GWS_ASSERT(gws_pipeline_state_bytes(p, &head.bytes, NULL) == GWS_OK);
    for (int k = 0; k < p->n_parts; k++) {
        const part *q = &p->parts[k];
        head.fed = q->fed;
        head.stepped = q->stepped;
        memcpy(at, &head, sizeof head);
        at += sizeof head;
        gws_search_state_save(q->search, at);
        at += gws_search_state_bytes();
        if (gws_classifier_state_bytes(q->classifier) > 0)
            gws_classifier_state_save(q->classifier, at);
        at += gws_classifier_state_bytes(q->classifier);
    }
}

gws_status gws_pipeline_state_load(gws_pipeline *p, const void *in, int64_t bytes, gws_err *err)
{
    const char *at = in;
    int64_t wanted;
    gws_status status = gws_pipeline_state_bytes(p, &wanted, err);

    if (status != GWS_OK)
        return status;
    for (int k = 0; k < p->n_parts && status == GWS_OK; k++) {
        part *q = &p->parts[k];
        state_head head;
        if (bytes != wanted || (memcpy(&head, at, sizeof head), head.bytes != wanted) ||
            gws_search_state_load(q->search, at + sizeof head))
            return gws_err_set(err, GWS_EARG, "the saved state is that of another model, threshold or version");
        at += (int64_t)sizeof head + gws_search_state_bytes();
        if (gws_classifier_state_bytes(q->classifier) > 0)
            gws_classifier_state_load(q->classifier, at);
        at += gws_classifier_state_bytes(q->classifier);
        q->fed = q->fed_before = head.fed;
        q->stepped = q->stepped_before = head.stepped;
    }
    return GWS_OK;
}

const float *gws_pipeline_statistic(const gws_pipeline *p)
{
    return gws_classifier_statistic(p->now->classifier);
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
    for (int k = 0; k < p->n_parts; k++) {
        gws_classifier_destroy(p->parts[k].classifier);
        gws_search_destroy(p->parts[k].search);
    }
    free(p);
}

void gws_pipeline_get_stats(const gws_pipeline *p, gws_pipeline_stats *out)
{
    memset(out, 0, sizeof *out);
    for (int i = 0; i < p->n_ifo; i++)
        gws_lane_get_stats(p->lanes[i], &out->condition[i]);
    gws_classifier_get_stats(p->parts[0].classifier, &out->classifier);
    gws_search_get_stats(p->parts[0].search, &out->search);
    out->samples_together = p->parts[0].samples;
    out->n_parts = p->n_parts;
    for (int k = 0; k < p->n_parts; k++) {
        gws_search_stats found;
        gws_search_get_stats(p->parts[k].search, &found);
        out->part[k] = (gws_pipeline_part_stats){p->parts[k].ifos, p->parts[k].samples, found.scored};
    }
}
