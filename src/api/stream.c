#include "api/api.h"

#include "base/clock.h"
#include "base/log.h"
#include "stream/feed.h"
#include "stream/pipeline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_S 64 /* strain of an input is read in stretches of this many seconds */
#define KEPT 8192  /* steps of the head that is not searched: two minutes of 64 Hz; a power of two */

typedef struct answer {
    int64_t step;
    float y;
} answer;

struct gws_stream {
    const gws_model *model;
    const gws_model_meta *meta;
    gws_stream_params p; /* its pointers to numbers are not kept */
    double threshold;    /* NaN: the model's */
    int rate_hz[GWS_MODEL_IFOS];
    int smooth; /* steps of the running mean in the search */
    gws_pipeline *pipeline;
    gws_api_end end[GWS_MODEL_IFOS];
    answer other[KEPT]; /* of the head that is not searched, step s at s mod KEPT */
    int inside;         /* a callback runs */
    int silent;         /* what comes out is dropped */
    int64_t triggers;
};

static void init_kept(gws_stream *s)
{
    for (int i = 0; i < KEPT; i++)
        s->other[i] = (answer){INT64_MIN, 0};
}

/* The answer of the other head at a step, if it is still known. */
static const answer *kept(const gws_stream *s, int64_t step)
{
    const answer *a = &s->other[step & (KEPT - 1)];

    return a->step == step && isfinite(a->y) ? a : NULL;
}

/* The largest mean of `smooth` steps, as search/trigger.c makes it, of the other head from one step to another. */
static double largest_of_other(const gws_stream *s, int64_t first, int64_t last)
{
    double most = (double)NAN;

    if (first < last - KEPT)
        first = last - KEPT;
    for (int64_t step = first; step <= last; step++) {
        double sum = 0;
        int n = 0;
        while (n < s->smooth && kept(s, step - n))
            n++;
        for (int64_t i = step - n + 1; i <= step; i++)
            sum += (double)kept(s, i)->y;
        if (n > 0 && !(sum / n <= most))
            most = sum / n;
    }
    return most;
}

static int64_t step_of(const gws_stream *s, int64_t ns)
{
    return gws_floor_div(gws_sample_of_ns(ns, s->meta->rate_hz), s->meta->hop);
}

static void on_trigger(void *user, const gws_trigger *t, gws_far_rate far)
{
    gws_stream *s = user;
    gws_stream_trigger out = {.time_ns = t->gps_ns,
                              .window_s = t->window_s,
                              .head = s->p.head,
                              .statistic = {(double)NAN, (double)NAN},
                              .far = far,
                              .begin_ns = t->begin_ns,
                              .end_ns = t->end_ns};

    if (s->silent)
        return;
    s->triggers++;
    if (!s->p.trigger)
        return;
    out.statistic[s->p.head] = t->stat;
    if (s->meta->linear)
        out.statistic[!s->p.head] = largest_of_other(s, step_of(s, t->begin_ns), step_of(s, t->end_ns));
    s->inside = 1;
    s->p.trigger(s->p.user, &out);
    s->inside = 0;
}

static void on_logits(void *user, int64_t step, const float *y_spiking, const float *y_linear, int64_t n)
{
    gws_stream *s = user;
    const float *other = s->p.head == GWS_HEAD_SPIKING ? y_linear : y_spiking;

    for (int64_t i = 0; i < n; i++)
        s->other[(step + i) & (KEPT - 1)] = (answer){step + i, other[i]};
    if (!s->p.logits || s->silent)
        return;
    s->inside = 1;
    s->p.logits(s->p.user, gws_ns_of_sample(step * s->meta->hop, s->meta->rate_hz), y_spiking, s->meta->linear ? y_linear : NULL,
                (size_t)n);
    s->inside = 0;
}

static void on_whitened(void *user, int ifo, int64_t sample, const float *w, int64_t n)
{
    gws_stream *s = user;

    if (!s->p.whitened || s->silent)
        return;
    s->inside = 1;
    s->p.whitened(s->p.user, s->meta->ifo[ifo], gws_ns_of_sample(sample, s->meta->rate_hz), w, (size_t)n);
    s->inside = 0;
}

static gws_status make_pipeline(gws_stream *s, gws_pipeline **out, gws_err *err)
{
    const gws_pipeline_sinks sinks = {s, on_trigger, on_logits, on_whitened};
    gws_err own = {0};

    *out = gws_pipeline_create(s->model, s->p.head, s->rate_hz, s->threshold, &sinks, &own);
    if (*out && (!s->p.pool || gws_pipeline_set_pool(*out, s->p.pool, 0, &own) == GWS_OK))
        return GWS_OK;
    gws_pipeline_destroy(*out);
    *out = NULL;
    return gws_err_set(err, own.status, "%s", own.text);
}

static gws_status take_params(gws_stream *s, const gws_stream_params *params, gws_err *err)
{
    gws_condition_params cp;
    gws_search_params sp;
    gws_status status = gws_api_take(&s->p, sizeof s->p, params, "gws_stream_params", err);

    if (status != GWS_OK)
        return status;
    if (s->p.head != GWS_HEAD_SPIKING && s->p.head != GWS_HEAD_LINEAR)
        return gws_err_set(err, GWS_EARG, "gws_stream_params: head is %d, wanted 0 or 1", (int)s->p.head);
    s->threshold = s->p.threshold ? *s->p.threshold : (double)NAN;
    if (s->p.threshold && isnan(s->threshold))
        return gws_err_set(err, GWS_EARG, "gws_stream_params: the threshold is not a number");
    for (int i = 0; i < s->meta->n_ifo; i++) {
        s->rate_hz[i] = s->p.rate_hz ? s->p.rate_hz[i] : s->meta->rate_hz;
        if (s->rate_hz[i] < s->meta->rate_hz || s->rate_hz[i] > 65536 || s->rate_hz[i] % s->meta->rate_hz != 0)
            return gws_err_set(err, GWS_EARG, "%s: rate %d Hz, wanted a multiple of %d Hz, 65536 Hz at most", s->meta->ifo[i],
                               s->rate_hz[i], s->meta->rate_hz);
    }
    s->p.threshold = NULL;
    s->p.rate_hz = NULL;
    if ((status = gws_pipeline_params(s->meta, s->p.head, s->threshold, &cp, &sp, err)) == GWS_OK)
        s->smooth = sp.smooth;
    return status;
}

gws_stream *gws_stream_create(const gws_model *m, const gws_stream_params *params, gws_err *err)
{
    gws_stream *s = NULL;

    if (!m) {
        gws_err_set(err, GWS_EARG, "stream: no model");
        goto fail;
    }
    if (!(s = calloc(1, sizeof *s))) {
        gws_err_set(err, GWS_ENOMEM, "stream: out of memory");
        goto fail;
    }
    s->model = m;
    s->meta = gws_model_describe(m);
    init_kept(s);
    if (take_params(s, params, err) != GWS_OK || make_pipeline(s, &s->pipeline, err) != GWS_OK)
        goto fail;
    return s;
fail:
    gws_stream_destroy(s);
    return NULL;
}

static gws_status check_idle(const gws_stream *s, gws_err *err)
{
    if (!s)
        return gws_err_set(err, GWS_EARG, "stream: none was given");
    if (s->inside)
        return gws_err_set(err, GWS_EARG, "stream: called from one of its callbacks");
    return GWS_OK;
}

gws_status gws_stream_push(gws_stream *s, const char *detector, double gps_s, const double *h, size_t n, gws_err *err)
{
    gws_status status = check_idle(s, err);
    int64_t sample;
    int i = 0;

    if (status != GWS_OK)
        return status;
    if (!detector || (!h && n > 0))
        return gws_err_set(err, GWS_EARG, "stream: wanted a detector and its strain");
    while (i < s->meta->n_ifo && strcmp(s->meta->ifo[i], detector) != 0)
        i++;
    if (i == s->meta->n_ifo)
        return gws_err_set(err, GWS_EARG, "stream: the model does not use a detector %.20s", detector);
    if ((status = gws_api_sample(s->meta->ifo[i], gps_s, n, s->rate_hz[i], &sample, err)) != GWS_OK ||
        (status = gws_api_follow(&s->end[i], s->meta->ifo[i], sample, s->rate_hz[i], err)) != GWS_OK)
        return status;
    s->end[i] = (gws_api_end){1, sample + (int64_t)n};
    if ((status = gws_pipeline_push(s->pipeline, i, sample, h, (int64_t)n)) != GWS_OK)
        return gws_err_set(err, status, "%s: no memory for what waits for the other detectors", s->meta->ifo[i]);
    return GWS_OK;
}

static void say_end(const gws_stream *s)
{
    gws_pipeline_stats known;

    gws_pipeline_get_stats(s->pipeline, &known);
    gws_log_write(GWS_LOG_DEBUG, "stream", "end of data: so far %lld answers and %lld triggers", (long long)known.classifier.steps,
                  (long long)s->triggers);
    if (known.classifier.bad > 0)
        gws_log_write(GWS_LOG_WARNING, "stream", "so far %lld answers were no numbers", (long long)known.classifier.bad);
}

static void forget(gws_stream *s)
{
    memset(s->end, 0, sizeof s->end);
    init_kept(s);
}

/* Take over the rates of an input. */
static gws_status take_rates(gws_stream *s, const gws_feed_plan *plan, gws_err *err)
{
    gws_pipeline *pipeline = NULL;
    int before[GWS_MODEL_IFOS];
    gws_status status;

    if (memcmp(s->rate_hz, plan->rate_hz, sizeof *s->rate_hz * (size_t)plan->n_ifo) == 0)
        return GWS_OK;
    memcpy(before, s->rate_hz, sizeof before);
    memcpy(s->rate_hz, plan->rate_hz, sizeof *s->rate_hz * (size_t)plan->n_ifo);
    if ((status = make_pipeline(s, &pipeline, err)) != GWS_OK) {
        memcpy(s->rate_hz, before, sizeof before);
        return status;
    }
    gws_pipeline_destroy(s->pipeline);
    s->pipeline = pipeline;
    s->triggers = 0;
    return GWS_OK;
}

gws_status gws_stream_feed(gws_stream *s, gws_input *in, gws_err *err)
{
    gws_status status = check_idle(s, err);
    gws_feed_plan plan;
    gws_err own = {0};

    if (status != GWS_OK)
        return status;
    if (!in)
        return gws_err_set(err, GWS_EARG, "stream: no input");
    for (int i = 0; i < s->meta->n_ifo; i++)
        if (s->end[i].started)
            return gws_err_set(err, GWS_EARG, "stream: an input cannot follow blocks that were pushed; finish comes before");
    if ((status = gws_feed_plan_make(in->set, s->meta, &plan, err)) != GWS_OK || (status = take_rates(s, &plan, err)) != GWS_OK)
        return status;
    if ((status = gws_feed_run(in->set, &plan, s->pipeline, s->p.pool, CHUNK_S, NULL, &own)) != GWS_OK) {
        gws_stream_reset(s);
        return gws_err_set(err, status, "%s", own.text);
    }
    say_end(s);
    forget(s);
    return GWS_OK;
}

gws_status gws_stream_finish(gws_stream *s, gws_err *err)
{
    const gws_status status = check_idle(s, err);

    if (status != GWS_OK)
        return status;
    gws_pipeline_finish(s->pipeline);
    say_end(s);
    forget(s);
    return GWS_OK;
}

void gws_stream_reset(gws_stream *s)
{
    if (!s || s->inside)
        return;
    s->silent = 1;
    gws_pipeline_finish(s->pipeline);
    s->silent = 0;
    forget(s);
}

gws_status gws_stream_get_stats(const gws_stream *s, gws_stream_stats *out, gws_err *err)
{
    gws_stream_stats stats = {.struct_size = sizeof stats};
    gws_pipeline_stats known;

    if (!s)
        return gws_err_set(err, GWS_EARG, "stream: none was given");
    gws_pipeline_get_stats(s->pipeline, &known);
    stats.together_s = (double)known.samples_together / s->meta->rate_hz;
    stats.steps = known.classifier.steps;
    stats.scored = known.search.scored;
    stats.triggers = s->triggers;
    stats.bad = known.classifier.bad;
    for (int i = 0; i < s->meta->n_ifo; i++) {
        stats.strain_s[i] = (double)known.condition[i].samples_in / s->meta->rate_hz;
        stats.whitened_s[i] = (double)known.condition[i].samples_out / s->meta->rate_hz;
        stats.gaps[i] = known.condition[i].gaps;
    }
    return gws_api_give(out, &stats, sizeof stats, "gws_stream_stats", err);
}

void gws_stream_destroy(gws_stream *s)
{
    if (!s)
        return;
    gws_pipeline_destroy(s->pipeline);
    free(s);
}
