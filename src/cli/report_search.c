/* report_search.c - see report_search.h. */
#include "cli/report_search.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/progress.h"
#include "cli/inputs.h"
#include "cli/quality.h"
#include "cli/rate.h"
#include "report/event.h"
#include "report/run.h"
#include "search/p_astro.h"
#include "stream/feed.h"
#include "stream/pipeline.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_S 64
#define NEAR_S 10.0 /* neighbours of a trigger */

/* A search and what it found. */
typedef struct run {
    const gws_report_search *wish;
    const char *model_path;
    gws_model *model;
    const gws_model_meta *meta;
    gws_pool *pool;
    gws_strain_set *set;
    gws_feed_plan plan;
    gws_pipeline *pipeline;
    gws_watch *watch;
    gws_backgrounds slides;
    gws_tape *tape;
    gws_run_row *rows; /* in order of time */
    char (*far_text)[GWS_RATE_TEXT];
    char **dq;
    int64_t n, room;
    double searched_s;
    gws_status status; /* first trouble of a sink */
    gws_err err;
} run;

static void on_trigger(void *user, const gws_trigger *t, gws_far_rate far)
{
    run *r = user;

    if (r->status != GWS_OK)
        return;
    if (!GWS_ARRAY_ROOM(r->rows, r->room, r->n + 1)) {
        r->status = gws_err_set(&r->err, GWS_ENOMEM, "no memory for %lld triggers", (long long)r->n + 1);
        return;
    }
    if (r->slides.ranking)
        far = gws_ranking_at(r->slides.ranking, t->stat, (double)t->gps_ns / (double)GWS_NS);
    r->rows[r->n++] = (gws_run_row){.t = *t, .far = far};
    r->status = gws_tape_trigger(r->tape, t, &r->err);
}

static void on_logits(void *user, int64_t step, const float *y_spiking, const float *y_linear, int64_t n)
{
    gws_tape_logits(((run *)user)->tape, step, y_spiking, y_linear, n);
}

static void on_whitened(void *user, int ifo, int64_t sample, const float *w, int64_t n)
{
    run *r = user;

    gws_tape_whitened(r->tape, ifo, sample, w, n, gws_pipeline_gains(r->pipeline, ifo));
}

static gws_status open_all(gws_cli *cli, char *const *inputs, int n, run *r, gws_err *err)
{
    const gws_report_search *w = r->wish;
    gws_ranking_params ranking = {.head = w->head, .fit_above = (double)NAN};
    gws_status status;

    if (!(r->model_path = gws_cli_model(cli, w->model, err)) || !(r->model = gws_model_load(r->model_path, err)))
        return err->status;
    r->meta = gws_model_describe(r->model);
    gws_cli_want(cli, r->meta->ifo, r->meta->n_ifo);
    if ((status = gws_backgrounds_open(w->background, r->model_path, r->model, &ranking, &r->slides, err)) != GWS_OK)
        return status;
    if (!(r->pool = gws_cli_pool(cli, w->threads, err)) || !(r->set = gws_cli_strain(cli, inputs, n, &w->use, r->pool, err)))
        return err->status;
    if ((status = gws_feed_plan_make(r->set, r->meta, &r->plan, err)) != GWS_OK)
        return status;
    if (!(r->tape = gws_tape_create(r->meta, (int)w->shown, err)))
        return err->status;
    return GWS_OK;
}

static gws_status search(gws_cli *cli, run *r, gws_err *err)
{
    const gws_pipeline_sinks sinks = {r, on_trigger, on_logits, on_whitened};
    gws_pipeline_stats stats;
    gws_status status;

    if (!(r->pipeline = gws_pipeline_create(r->model, r->wish->head, r->plan.rate_hz, r->wish->threshold, &sinks, err)))
        return err->status;
    if ((status = gws_pipeline_set_pool(r->pipeline, r->pool, cli->machine.block, err)) != GWS_OK)
        return status;
    if (!(r->watch = gws_cli_watch(err)))
        return err->status;
    gws_bar bar = gws_bar_start();
    status = gws_feed_run(r->set, &r->plan, r->pipeline, r->pool, CHUNK_S, &(gws_progress){gws_bar_show, &bar}, err);
    gws_bar_clear(&bar);
    if (status == GWS_OK && (status = r->status) != GWS_OK)
        *err = r->err;
    if (status != GWS_OK)
        return status;
    gws_tape_finish(r->tape);
    gws_pipeline_get_stats(r->pipeline, &stats);
    r->searched_s = (double)stats.search.scored * r->meta->hop / r->meta->rate_hz;
    return GWS_OK;
}

/* Rates as text, and the quality bits of each trigger. */
static gws_status complete(run *r, gws_err *err)
{
    gws_status status = GWS_OK;

    r->far_text = calloc((size_t)r->n + 1, sizeof *r->far_text);
    r->dq = calloc((size_t)r->n + 1, sizeof *r->dq);
    if (!r->far_text || !r->dq)
        return gws_err_set(err, GWS_ENOMEM, "no memory for %lld triggers", (long long)r->n);
    for (int64_t i = 0; i < r->n && status == GWS_OK; i++) {
        const gws_trigger *t = &r->rows[i].t;
        const int64_t window_ns = (int64_t)(t->window_s * (double)GWS_NS);
        gws_rate_text(r->rows[i].far, r->far_text[i]);
        status = gws_dq_find(r->set, r->plan.index, r->plan.n_ifo, t->gps_ns - window_ns, t->gps_ns + window_ns, &r->dq[i], err);
        r->rows[i].far_text = r->far_text[i];
        r->rows[i].dq = r->dq[i];
    }
    return status;
}

/* ---- the page ---- */

static gws_far_rate rate_of(double stat, const void *user)
{
    const run *r = user;

    if (r->slides.ranking)
        return gws_ranking_at(r->slides.ranking, stat, r->n > 0 ? (double)r->rows[0].t.gps_ns / (double)GWS_NS : 0);
    return gws_far_at(&r->meta->calibration[r->wish->head], stat);
}

static double threshold_of(const run *r)
{
    return isnan(r->wish->threshold) ? r->meta->calibration[r->wish->head].threshold : r->wish->threshold;
}

static void put_facts(gws_page *p, const run *r)
{
    char begin[32], end[32], searched[GWS_RATE_TEXT], live[GWS_RATE_TEXT] = "none", ifos[80] = "", threshold[32];
    const gws_calibration *c = &r->meta->calibration[r->wish->head];

    for (int i = 0; i < r->plan.n_ifo; i++)
        snprintf(ifos + strlen(ifos), sizeof ifos - strlen(ifos), "%s%s at %d Hz", i ? ", " : "", r->plan.ifo[i],
                 r->plan.rate_hz[i]);
    gws_utc_text(r->plan.begin_ns, 0, begin);
    gws_utc_text(r->plan.end_ns, 0, end);
    gws_livetime_text(r->searched_s, searched);
    if (r->slides.ranking)
        gws_livetime_text(gws_ranking_livetime_s(r->slides.ranking), live);
    else if (c->n > 0)
        gws_livetime_text(c->livetime_s, live);
    snprintf(threshold, sizeof threshold, "%.4g, %s head", threshold_of(r),
             r->wish->head == GWS_HEAD_LINEAR ? "linear" : "spiking");
    const gws_fact facts[] = {{"detectors", ifos},
                              {"from (UTC)", begin},
                              {"to (UTC)", end},
                              {"searched", searched},
                              {"threshold", threshold},
                              {"background", live},
                              {"rates from", r->slides.ranking ? "time slides" : "the model's calibration"}};
    gws_page_facts(p, facts, (int)(sizeof facts / sizeof facts[0]));
}

/* "3.2 s before (statistic 2.1); ..." */
static void neighbours_of(const run *r, int64_t at, char *out, size_t size)
{
    size_t used = 0;

    out[0] = 0;
    for (int64_t i = 0; i < r->n && used < size; i++) {
        const double away_s = (double)(r->rows[i].t.gps_ns - r->rows[at].t.gps_ns) / (double)GWS_NS;
        if (i != at && fabs(away_s) <= NEAR_S)
            used += (size_t)snprintf(out + used, size - used, "%s%.2f s %s (statistic %.2f)", used ? "; " : "", fabs(away_s),
                                     away_s < 0 ? "before" : "after", r->rows[i].t.stat);
    }
}

/* "0.98", "at least 0.9": NULL where nothing can be said. */
static const char *p_astro_of(const run *r, const gws_run_row *row, const gws_event *e, char out[40])
{
    gws_p_astro_params params = gws_p_astro_defaults();

    params.slope = r->slides.ranking ? gws_ranking_slope(r->slides.ranking, GWS_P_ASTRO_TAIL)
                                     : gws_p_astro_slope(&r->meta->calibration[r->wish->head], GWS_P_ASTRO_TAIL, NULL);
    if (e->found.n == 0 || !isfinite(params.slope))
        return NULL;
    const double loudest =
        r->slides.ranking ? gws_ranking_loudest(r->slides.ranking) : (double)r->meta->calibration[r->wish->head].stat[0];
    const gws_p_astro_trigger t = {
        .far = row->far, .beyond = row->t.stat - loudest, .snr = e->found.snr, .reach = e->found.reach, .detectors = e->found.n};
    const gws_p_astro a = gws_p_astro_at(&params, &t);
    if (a.bound == GWS_FAR_NONE || !isfinite(a.p))
        return NULL;
    snprintf(out, 40, "%s%.3g", a.bound == GWS_FAR_ABOVE ? "at least " : a.bound == GWS_FAR_BELOW ? "at most " : "", a.p);
    return out;
}

static gws_status put_event(gws_page *p, const run *r, int k, gws_err *err)
{
    const gws_taped *taped = gws_tape_at(r->tape, k);
    char near[300], p_astro[40];
    gws_event e;
    int64_t at = 0;
    gws_status status;

    for (int64_t i = 0; i < r->n; i++)
        if (r->rows[i].t.gps_ns == taped->t.gps_ns)
            at = i;
    status = gws_event_make(r->set, r->plan.index, r->plan.n_ifo, taped->t.gps_ns, &e, err);
    if (status != GWS_OK)
        return status;
    neighbours_of(r, at, near, sizeof near);
    const gws_event_words words = {.number = k + 1,
                                   .far = r->far_text[at],
                                   .p_astro = p_astro_of(r, &r->rows[at], &e, p_astro),
                                   .dq = r->dq[at],
                                   .neighbours = near,
                                   .threshold = threshold_of(r),
                                   .head = r->wish->head};
    status = gws_event_put(p, &e, taped, r->model, &words, err);
    gws_event_clear(&e);
    return status;
}

static gws_status put(const run *r, gws_page *p, gws_err *err)
{
    const gws_run all = {.rows = r->rows,
                         .n = r->n,
                         .searched_s = r->searched_s,
                         .threshold = threshold_of(r),
                         .meta = r->meta,
                         .tape = r->tape,
                         .rate = r->slides.ranking || r->meta->calibration[r->wish->head].n > 0 ? rate_of : NULL,
                         .user = r};
    gws_status status;

    gws_page_section(p, "search", "The search");
    put_facts(p, r);
    status = gws_run_put(p, &all, err);
    if (status == GWS_OK && gws_tape_kept(r->tape) > 0)
        gws_page_section(p, "triggers", gws_tape_kept(r->tape) < r->n ? "The loudest triggers" : "The triggers");
    for (int k = 0; k < gws_tape_kept(r->tape) && status == GWS_OK; k++)
        status = put_event(p, r, k, err);
    return status;
}

static void clear(run *r)
{
    gws_watch_destroy(r->watch);
    gws_tape_destroy(r->tape);
    for (int64_t i = 0; i < r->n && r->dq; i++)
        free(r->dq[i]);
    free(r->dq);
    free(r->far_text);
    free(r->rows);
    gws_backgrounds_clear(&r->slides);
    gws_pipeline_destroy(r->pipeline);
    gws_pool_destroy(r->pool);
    gws_strain_destroy(r->set);
    gws_model_destroy(r->model);
}

gws_status gws_report_search_put(gws_cli *cli, const gws_report_search *w, char *const *inputs, int n, gws_page *p, gws_err *err)
{
    run r = {.wish = w};
    gws_status status = open_all(cli, inputs, n, &r, err);

    if (status == GWS_OK)
        status = search(cli, &r, err);
    if (status == GWS_OK)
        status = complete(&r, err);
    if (status == GWS_OK)
        status = put(&r, p, err);
    clear(&r);
    return status;
}
