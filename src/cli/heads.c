#include "cli/heads.h"

#include "base/clock.h"
#include "base/hdf5.h"
#include "cli/event_out.h"
#include "search/events.h"
#include "search/trigger.h"
#include "stream/pipeline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The threshold where no background was ever measured: all triggers above it are kept. */
#define UNMEASURED 0.0

typedef struct ranking {
    gws_h5 *out;
    gws_search *search;
    gws_events events;
    int out_of_memory;
} ranking;

struct gws_heads {
    ranking of[GWS_HEADS];
};

static double threshold_of(const gws_model_meta *meta, int head)
{
    if (head == GWS_HEADS_STATISTIC)
        return meta->wake;
    const gws_calibration *c = &meta->calibration[head];
    return c->n > 0 ? (double)nextafterf(c->stat[c->n - 1], -INFINITY) : UNMEASURED;
}

static gws_status begin(ranking *r, const gws_model_meta *meta, int head, const char *path, gws_err *err)
{
    gws_condition_params cp;
    gws_search_params sp;
    const gws_head calibrated = head == GWS_HEADS_SPIKING ? GWS_HEAD_SPIKING : GWS_HEAD_LINEAR; /* where the statistic stands too */
    if (head != GWS_HEADS_SPIKING && !meta->linear)
        return gws_err_set(err, GWS_EARG, "%s: the model has no linear head", path);
    if (head == GWS_HEADS_STATISTIC && !meta->carries)
        return gws_err_set(err, GWS_EARG, "%s: the model carries no statistic ([model] levels and context_span)", path);
    if (gws_pipeline_params(meta, calibrated, threshold_of(meta, head), &cp, &sp, err) != GWS_OK ||
        !(r->search = gws_search_create(&sp, meta->rate_hz, meta->hop, err)) || !(r->out = gws_h5_create(path, err)))
        return err->status;
    return GWS_OK;
}

gws_heads *gws_heads_create(const gws_model *m, const char *const *paths, gws_err *err)
{
    const gws_model_meta *meta = gws_model_describe(m);
    gws_heads *h = NULL;
    int any = 0;
    gws_status status = GWS_OK;
    err->status = GWS_OK;
    for (int k = 0; k < GWS_HEADS; k++)
        any |= paths[k] != NULL;
    if (!any)
        return NULL;
    if (!(h = calloc(1, sizeof *h))) {
        gws_err_set(err, GWS_ENOMEM, "no memory for the events of several heads");
        return NULL;
    }
    for (int k = 0; k < GWS_HEADS && status == GWS_OK; k++)
        if (paths[k])
            status = begin(&h->of[k], meta, k, paths[k], err);
    if (status == GWS_OK)
        return h;
    gws_heads_destroy(h);
    return NULL;
}

void gws_heads_destroy(gws_heads *h)
{
    if (!h)
        return;
    for (int k = 0; k < GWS_HEADS; k++) {
        gws_h5_close(h->of[k].out);
        gws_search_destroy(h->of[k].search);
        gws_events_clear(&h->of[k].events);
    }
    free(h);
}

static void on_trigger(void *user, const gws_trigger *t)
{
    ranking *r = user;
    if (gws_events_add(&r->events, (double)t->gps_ns / (double)GWS_NS, t->stat, t->window_s) != GWS_OK)
        r->out_of_memory = 1;
}

void gws_heads_push(gws_heads *h, int64_t step, const float *y_spiking, const float *y_linear, const float *statistic, int64_t n)
{
    const float *y[GWS_HEADS] = {y_spiking, y_linear, statistic};
    for (int k = 0; h && k < GWS_HEADS; k++)
        if (h->of[k].search && y[k])
            gws_search_push(h->of[k].search, step, y[k], n, on_trigger, &h->of[k]);
}

static gws_status save(ranking *r, const char *command, const char *sha256, gws_err *err)
{
    gws_search_finish(r->search, on_trigger, r);
    if (r->out_of_memory)
        return gws_err_set(err, GWS_ENOMEM, "no memory for more than %lld triggers", (long long)r->events.n);
    gws_status status = gws_events_write(r->out, &r->events, err);
    return status == GWS_OK ? gws_event_file_finish(&r->out, command, -1, sha256, err) : status;
}

gws_status gws_heads_save(gws_heads *h, const char *command, const char *sha256, gws_err *err)
{
    gws_status status = GWS_OK;
    for (int k = 0; h && k < GWS_HEADS && status == GWS_OK; k++)
        if (h->of[k].out)
            status = save(&h->of[k], command, sha256, err);
    return status;
}
