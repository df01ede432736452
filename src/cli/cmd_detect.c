/* gwspike detect - strain files to triggers. */
#include "base/array.h"
#include "base/clock.h"
#include "base/hdf5.h"
#include "base/json.h"
#include "cli/backgrounds.h"
#include "cli/event_out.h"
#include "cli/event_xml.h"
#include "cli/figure.h"
#include "cli/heads.h"
#include "cli/inputs.h"
#include "cli/opts.h"
#include "cli/quality.h"
#include "cli/rate.h"
#include "ligolw/reader.h"
#include "strain/strain.h"
#include "model/classifier.h"
#include "search/events.h"
#include "stream/feed.h"
#include "stream/pipeline.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Strain is read and searched in stretches of this many seconds. */
#define CHUNK_S 64

typedef struct found {
    gws_trigger t;
    gws_far_rate far;
    char *dq; /* quality bits that fail, once the search is done */
} found;

/* What the user asked for. */
typedef struct wish {
    const char *model, *out, *logits, *plot, *head_name, *background, *whitening, *keep, *memory, *heads[GWS_HEADS];
    gws_strain_use use;
    gws_head head;
    double threshold, fit_above;
    int64_t threads;
    int json, remove, singles;
} wish;

/* Detectors that are searched together, and what of. */
typedef struct part {
    unsigned ifos; /* bit i: detector i of the model that is searched */
    gws_model *model;
    const gws_model_meta *meta;
    gws_ranking *ranking; /* of time slides; NULL: there are none of these detectors */
    double searched_s;
} part;

/* A search: what it is made of, and what the pipeline's sinks fill. */
typedef struct run {
    gws_model *whole;               /* as its file has it */
    gws_model *model;               /* with the detectors that have files: whole, or a part of it */
    const gws_model_meta *meta;     /* of model */
    part parts[GWS_PIPELINE_PARTS]; /* (n_parts) the first is model */
    int n_parts;
    gws_pool *pool;
    gws_strain_set *set;
    gws_feed_plan plan;
    gws_pipeline *pipeline;
    gws_watch *watch;
    gws_backgrounds slides; /* where rates come from, if not from the model; each part has its own ranking */
    found *triggers;
    int n;
    int64_t room;
    gws_h5 *out; /* NULL: none asked for; nor of the following */
    gws_h5 *logits;
    gws_heads *heads;
    gws_figure *figure;
    const char *sha256; /* of the input; NULL without a file to put it in */
    char track[2][64];  /* data sets being written, one per head */
    int64_t next_step;
    double searched_s;
    gws_status status; /* first trouble of a sink */
    gws_err err;
} run;

static const part *part_of(const run *r, unsigned ifos)
{
    int k = 0;

    while (r->parts[k].ifos != ifos)
        k++;
    return &r->parts[k];
}

/* Is anything searched but all of the model's detectors? */
static int in_parts(const run *r)
{
    return r->n_parts > 1 || r->model != r->whole;
}

/* A rate where there are time slides, but none of these detectors. */
static gws_far_rate no_rate(void)
{
    return (gws_far_rate){GWS_FAR_NONE, (double)NAN, 0.0};
}

static void on_trigger(void *user, const gws_trigger *t, gws_far_rate far)
{
    run *r = user;
    const gws_ranking *ranking = part_of(r, t->ifos)->ranking;

    if (r->slides.n > 0)
        far = ranking ? gws_ranking_at(ranking, t->stat, (double)t->gps_ns / (double)GWS_NS) : no_rate();
    if (!GWS_ARRAY_ROOM(r->triggers, r->room, r->n + 1)) {
        r->status = gws_err_set(&r->err, GWS_ENOMEM, "no memory for %d triggers", r->n + 1);
        return;
    }
    r->triggers[r->n++] = (found){*t, far, NULL};
    if (r->figure && t->ifos == r->parts[0].ifos)
        gws_figure_trigger(r->figure, t);
}

/* Logit tracks are written in the layout of strain files: a group per head, a data set per unbroken stretch. */
static void write_logits(run *r, int64_t step, const float *y[2], int64_t n)
{
    static const char *const heads[2] = {"spiking", "linear"};
    int begins = step != r->next_step || !r->track[0][0];

    r->next_step = step + n;
    for (int k = 0; k < 2 && r->status == GWS_OK; k++) {
        char *path = r->track[k];
        if (begins) {
            if (path[0])
                r->status = gws_h5_append_end(r->logits, path, &r->err);
            if (r->status != GWS_OK)
                return;
            double start_s = (double)gws_ns_of_sample(step * r->meta->hop, r->meta->rate_hz) / (double)GWS_NS;
            snprintf(path, sizeof r->track[k], "/%s/%.6f", heads[k], start_s);
            r->status = gws_h5_append_f32(r->logits, path, y[k], n, &r->err);
            if (r->status == GWS_OK)
                r->status = gws_h5_put_attr_f64(r->logits, path, "start_time", start_s, &r->err);
            if (r->status == GWS_OK)
                r->status = gws_h5_put_attr_f64(r->logits, path, "delta_t", (double)r->meta->hop / r->meta->rate_hz, &r->err);
        } else {
            r->status = gws_h5_append_f32(r->logits, path, y[k], n, &r->err);
        }
    }
}

static void on_logits(void *user, int64_t step, const float *y_spiking, const float *y_linear, int64_t n)
{
    run *r = user;

    if (r->figure)
        gws_figure_logits(r->figure, step, y_spiking, y_linear, n);
    gws_heads_push(r->heads, step, y_spiking, y_linear, gws_pipeline_statistic(r->pipeline), n);
    if (r->logits && r->status == GWS_OK)
        write_logits(r, step, (const float *[2]){y_spiking, y_linear}, n);
}

static void on_whitened(void *user, int ifo, int64_t sample, const float *w, int64_t n)
{
    run *r = user;

    if (r->figure)
        gws_figure_whitened(r->figure, ifo, sample, w, n);
}

static double gps_s(const gws_trigger *t)
{
    return (double)t->gps_ns / (double)GWS_NS;
}

/* The loudest trigger of the first n_parts parts; -1: there is none. */
static int loudest(const run *r, int n_parts)
{
    int best = -1;

    for (int i = 0; i < r->n; i++)
        if (part_of(r, r->triggers[i].t.ifos) < r->parts + n_parts &&
            (best < 0 || r->triggers[i].t.stat > r->triggers[best].t.stat))
            best = i;
    return best;
}

static void print_json(const run *r)
{
    for (int i = 0; i < r->n; i++) {
        const gws_trigger *t = &r->triggers[i].t;
        const gws_model_meta *of = part_of(r, t->ifos)->meta;
        const char *ifos[GWS_MODEL_IFOS];
        for (int k = 0; k < of->n_ifo; k++)
            ifos[k] = of->ifo[k];
        gws_json *j = gws_event_json(t->gps_ns, t->stat, r->triggers[i].far, t->window_s);
        gws_json_put_strings(j, "detectors", ifos, of->n_ifo);
        gws_dq_json(j, r->triggers[i].dq);
        gws_cli_json(j);
    }
}

/* "H1" or "H1,L1". */
static void names_of(const gws_model_meta *meta, char out[4 * GWS_MODEL_IFOS + 1])
{
    out[0] = 0;
    for (int i = 0; i < meta->n_ifo; i++)
        snprintf(out + strlen(out), (size_t)(4 * GWS_MODEL_IFOS + 1) - strlen(out), "%s%s", i ? "," : "", meta->ifo[i]);
}

static double threshold_of(const part *q, const wish *w)
{
    return isnan(w->threshold) ? q->meta->calibration[w->head].threshold : w->threshold;
}

/* Where the rates of some detectors come from, and with parts how long these were searched. */
static void print_part(const run *r, const part *q, const wish *w)
{
    const gws_calibration *background = &q->meta->calibration[w->head];
    char names[4 * GWS_MODEL_IFOS + 1];

    names_of(q->meta, names);
    if (in_parts(r))
        printf("%s: %.1f s searched above %.4g\n", names, q->searched_s, threshold_of(q, w));
    if (r->n == 0)
        return;
    if (q->ranking)
        gws_backgrounds_note(&r->slides, q->ranking, w->fit_above);
    else if (r->slides.n > 0)
        printf("FAR: none, no file of --background is of %s\n", names);
    else if (background->n > 0)
        gws_rate_note(background->livetime_s, "the model's background");
    else if (in_parts(r))
        printf("FAR: none, the model was never calibrated with %s alone\n", names);
    else
        printf("FAR: none, the model was never calibrated\n");
}

static void print_table(const run *r, const wish *w)
{
    int best = loudest(r, r->n_parts);

    if (r->n == 0) {
        printf("no trigger above %.4g in %.1f s searched\n", threshold_of(r->parts, w), r->searched_s);
        for (int k = 0; in_parts(r) && k < r->n_parts; k++)
            print_part(r, &r->parts[k], w);
        return;
    }
    printf("  %-16s %-23s  %8s  %12s  %8s\n", "GPS (s)", "UTC", "stat", "FAR /30 days", "window");
    for (int i = 0; i < r->n; i++) {
        const found *t = &r->triggers[i];
        char gps[32], utc[32], far[GWS_RATE_TEXT], names[4 * GWS_MODEL_IFOS + 1] = "";
        if (in_parts(r))
            names_of(part_of(r, t->t.ifos)->meta, names);
        gws_gps_text(t->t.gps_ns, 3, gps);
        gws_utc_text(t->t.gps_ns, 3, utc);
        gws_rate_text(t->far, far);
        printf("%c %-16s %-23s  %8.3f  %12s  +-%.2f s%s%s%s%s\n", i == best ? '*' : ' ', gps, utc, t->t.stat, far, t->t.window_s,
               *names ? "  " : "", names, *t->dq ? "  " : "", t->dq);
    }
    printf("%d trigger%s above %.4g in %.1f s searched; * is the loudest\n", r->n, r->n == 1 ? "" : "s", threshold_of(r->parts, w),
           r->searched_s);
    for (int k = 0; k < r->n_parts; k++)
        print_part(r, &r->parts[k], w);
}

/* The rates of all triggers of a part; with remove, hierarchically. */
static gws_status rank(run *r, const part *q, int remove, gws_err *err)
{
    const size_t most = (size_t)r->n + 1;
    double *stat = malloc(most * sizeof *stat), *time_s = malloc(most * sizeof *time_s);
    gws_far_rate *far = malloc(most * sizeof *far);
    int64_t n = 0, removed = 0;
    gws_status status = stat && time_s && far ? GWS_OK : gws_err_set(err, GWS_ENOMEM, "no memory for %d triggers", r->n);

    for (int i = 0; i < r->n && status == GWS_OK; i++)
        if (r->triggers[i].t.ifos == q->ifos) {
            stat[n] = r->triggers[i].t.stat;
            time_s[n++] = gps_s(&r->triggers[i].t);
        }
    if (status == GWS_OK)
        status = gws_ranking_events(q->ranking, n, stat, time_s, far, remove ? &removed : NULL, err);
    for (int i = 0, k = 0; i < r->n && status == GWS_OK; i++)
        if (r->triggers[i].t.ifos == q->ifos)
            r->triggers[i].far = far[k++];
    r->slides.removed += removed;
    free(stat);
    free(time_s);
    free(far);
    return status;
}

static gws_status write_rates(const run *r, gws_h5 *f, gws_err *err)
{
    gws_far_rate *far = malloc((size_t)(r->n + 1) * sizeof *far);

    if (!far)
        return gws_err_set(err, GWS_ENOMEM, "no memory for %d triggers", r->n);
    for (int i = 0; i < r->n; i++)
        far[i] = r->triggers[i].far;
    const gws_status status = gws_backgrounds_write(f, r->parts[0].ranking, far, r->n, err);
    free(far);
    return status;
}

/* Whose each trigger is, as "H1,L1". */
static gws_status write_detectors(const run *r, gws_h5 *f, gws_err *err)
{
    char(*names)[4 * GWS_MODEL_IFOS + 1] = malloc((size_t)r->n_parts * sizeof *names);
    const char **of = malloc(sizeof *of * (size_t)(r->n + 1));
    gws_status status = GWS_OK;

    if (!names || !of)
        status = gws_err_set(err, GWS_ENOMEM, "no memory for %d triggers", r->n);
    for (int k = 0; k < r->n_parts && status == GWS_OK; k++)
        names_of(r->parts[k].meta, names[k]);
    for (int i = 0; i < r->n && status == GWS_OK; i++)
        of[i] = names[part_of(r, r->triggers[i].t.ifos) - r->parts];
    if (status == GWS_OK)
        status = gws_h5_write_strings(f, "/detectors", r->n, of, err);
    free(names);
    free(of);
    return status;
}

static gws_status write_dq(const run *r, gws_h5 *f, gws_err *err)
{
    const char **dq = malloc(sizeof *dq * (size_t)(r->n + 1));
    gws_status status;

    if (!dq)
        return gws_err_set(err, GWS_ENOMEM, "no memory for %d triggers", r->n);
    for (int i = 0; i < r->n; i++)
        dq[i] = r->triggers[i].dq;
    status = gws_dq_write(f, dq, r->n, err);
    free(dq);
    return status;
}

static gws_status write_triggers(const run *r, gws_h5 *f, gws_err *err)
{
    gws_events all = {0};
    gws_status status = GWS_OK;

    for (int i = 0; i < r->n && status == GWS_OK; i++)
        status = gws_events_add(&all, gps_s(&r->triggers[i].t), r->triggers[i].t.stat, r->triggers[i].t.window_s);
    status = status == GWS_OK ? gws_events_write(f, &all, err) : gws_err_set(err, status, "no memory for %d triggers", r->n);
    gws_events_clear(&all);
    if (status == GWS_OK && r->slides.n > 0)
        status = write_rates(r, f, err);
    if (status == GWS_OK && in_parts(r))
        status = write_detectors(r, f, err);
    if (status == GWS_OK)
        status = write_dq(r, f, err);
    if (status == GWS_OK)
        status = gws_h5_put_attr_f64(f, "/", "livetime", r->searched_s, err);
    for (int k = 0; k < r->n_parts && in_parts(r) && status == GWS_OK; k++) {
        char names[4 * GWS_MODEL_IFOS + 1], attr[sizeof names + 16];
        names_of(r->parts[k].meta, names);
        snprintf(attr, sizeof attr, "livetime_%s", names);
        status = gws_h5_put_attr_f64(f, "/", attr, r->parts[k].searched_s, err);
    }
    return status;
}

static void xml_event(const void *user, int64_t i, gws_xml_event *out)
{
    const run *r = user;
    *out = (gws_xml_event){.end_ns = r->triggers[i].t.gps_ns,
                           .stat = r->triggers[i].t.stat,
                           .snr = (double)NAN,
                           .far = r->triggers[i].far,
                           .ifos = (int)r->triggers[i].t.ifos};
    for (int k = 0; k < GWS_MAX_IFO; k++)
        out->single[k] = -1;
}

/* Events of the network, which has no triggers of single detectors. */
static gws_status write_xml(const run *r, const char *path, const char *command, gws_err *err)
{
    gws_xml_found x = {
        .n_ifo = r->plan.n_ifo, .command = command, .sha256 = r->sha256, .user = r, .n_events = r->n, .event = xml_event};
    for (int i = 0; i < r->plan.n_ifo; i++)
        snprintf(x.ifo[i], sizeof x.ifo[i], "%s", r->plan.ifo[i]);
    return gws_event_xml_write(path, &x, err);
}

/* Look up the quality bits of each trigger within its window. */
static gws_status find_dq(run *r, gws_err *err)
{
    gws_status status = GWS_OK;

    for (int i = 0; i < r->n && status == GWS_OK; i++) {
        const gws_trigger *t = &r->triggers[i].t;
        const int64_t window_ns = (int64_t)(t->window_s * (double)GWS_NS);
        int index[GWS_MODEL_IFOS], n = 0;
        for (int k = 0; k < r->plan.n_ifo; k++)
            if (t->ifos >> k & 1)
                index[n++] = r->plan.index[k];
        status = gws_dq_find(r->set, index, n, t->gps_ns - window_ns, t->gps_ns + window_ns, &r->triggers[i].dq, err);
    }
    return status;
}

/* The model with the detectors that have files. */
static gws_status take_model(run *r, int singles, gws_err *err)
{
    if (!(r->model = gws_feed_model(r->set, r->whole, err)))
        return err->status;
    r->meta = gws_model_describe(r->model);
    const gws_status status = (singles ? gws_feed_plan_apart : gws_feed_plan_make)(r->set, r->meta, &r->plan, err);
    const size_t used = strlen(err->text);
    if (status != GWS_OK && gws_strain_ifos(r->set) < r->meta->n_ifo)
        snprintf(err->text + used, sizeof err->text - used, "; gwspike matched searches any detectors");
    return status;
}

/* All detectors together; with singles, the parts of the model as well, those of more detectors first. */
static gws_status take_parts(run *r, const wish *w, gws_err *err)
{
    gws_ranking_params p = {.head = w->head, .fit_above = w->fit_above};
    const int n = r->meta->n_ifo;
    int any = r->slides.n == 0;

    r->parts[r->n_parts++] = (part){.ifos = (1u << n) - 1, .model = r->model, .meta = r->meta};
    for (int of = n - 1; of > 0 && w->singles; of--)
        for (unsigned ifos = 1; ifos < (1u << n) - 1; ifos++) {
            if (__builtin_popcount(ifos) != of)
                continue;
            part *q = &r->parts[r->n_parts];
            if (!(q->model = gws_model_part(r->model, ifos, err)))
                return err->status;
            q->ifos = ifos;
            q->meta = gws_model_describe(q->model);
            r->n_parts++;
        }
    for (int k = 0; k < r->n_parts; k++) {
        part *q = &r->parts[k];
        const gws_status status = gws_backgrounds_rank(&r->slides, w->model, q->model, &p, 0, &q->ranking, err);
        if (status != GWS_OK)
            return status;
        any |= q->ranking != NULL;
    }
    return any ? GWS_OK : gws_backgrounds_rank(&r->slides, w->model, r->model, &p, 1, &r->parts[0].ranking, err);
}

/* Data that were not searched, and detectors that the model does not know. */
static void print_left_out(FILE *to, const gws_strain_set *set, const gws_feed_plan *plan)
{
    gws_losses_print(to, set, plan->index, plan->n_ifo, 1);
    for (int i = 0; i < gws_strain_ifos(set); i++) {
        gws_strain_info info;
        int used = 0;
        gws_strain_describe(set, i, &info);
        for (int k = 0; k < plan->n_ifo; k++)
            used |= plan->index[k] == i;
        if (!used && to)
            fprintf(to, "%s: left out, for the model does not use it\n", info.ifo);
        else if (!used)
            gws_cli_log(GWS_LOG_INFO, "%s: left out, for the model does not use it", info.ifo);
    }
}

static void report(const gws_pipeline_stats *stats, const gws_feed_plan *plan, const gws_model_meta *meta, double took_s)
{
    for (int i = 0; i < plan->n_ifo; i++) {
        const gws_condition_stats *c = &stats->condition[i];
        gws_cli_log(GWS_LOG_DEBUG,
                    "%s: %d Hz, %.1f s whitened of %.1f s, %lld gaps, %lld PSD estimates, %lld refused, %lld segments too short",
                    plan->ifo[i], plan->rate_hz[i], (double)c->samples_out / meta->rate_hz, (double)c->samples_in / meta->rate_hz,
                    (long long)c->gaps, (long long)c->psd_updates, (long long)c->psd_bad, (long long)c->segments_too_short);
    }
    gws_cli_log(GWS_LOG_DEBUG,
                "network: %lld steps, awake in %.1f %%, %lld scored; events %.4f, spikes %.4f and %.4f per unit and step; %lld "
                "silent steps, "
                "%lld bad logits",
                (long long)stats->classifier.steps,
                stats->classifier.steps ? 100.0 * (double)stats->classifier.awake / (double)stats->classifier.steps : 0.0,
                (long long)stats->search.scored, stats->classifier.events, stats->classifier.spikes1, stats->classifier.spikes2,
                (long long)stats->classifier.silent_steps, (long long)(stats->classifier.bad + stats->search.bad));
    gws_cli_log(GWS_LOG_DEBUG, "%.1f s of data together in %.2f s: %.0f times real time",
                (double)stats->samples_together / meta->rate_hz, took_s, (double)stats->samples_together / meta->rate_hz / took_s);
}

/* The bytes that a search takes when the network works on so many steps at once. */
typedef struct budget {
    const run *r;
    int64_t others;
} budget;

static int64_t need_of_block(void *user, int64_t block)
{
    const budget *b = user;
    int64_t bytes, parts = 0;

    for (int k = 1; k < b->r->n_parts; k++)
        parts += gws_classifier_bytes(b->r->parts[k].model, 1, (int)block, b->r->pool);
    return gws_pipeline_bytes(b->r->model, b->r->pool, (int)block, &bytes, NULL) == GWS_OK ? b->others + bytes + parts : INT64_MAX;
}

static gws_status check_memory(gws_cli *cli, const wish *w, run *r, gws_err *err)
{
    budget b = {.r = r};
    gws_memory now;
    int64_t cap, made;
    gws_status status;

    if ((status = gws_cli_cap(cli, w->memory, &cap, err)) != GWS_OK)
        return status;
    gws_memory_now(&now);
    if ((status = gws_strain_bytes(r->set, &made, err)) != GWS_OK)
        return status;
    b.others = now.resident_bytes + gws_feed_bytes(&r->plan, CHUNK_S) + made;
    return gws_memory_check(cap, "block", gws_classifier_block(cli->machine.block, r->pool), 1, need_of_block, &b, err);
}

/* Model, backgrounds and strain. */
static gws_status open_inputs(gws_cli *cli, wish *w, char **inputs, int n_inputs, run *r, gws_err *err)
{
    gws_status status;

    if (!(w->model = gws_cli_model(cli, w->model, err)) || !(r->whole = gws_model_load(w->model, err)) ||
        gws_whitening_set(r->whole, w->whitening, err) != GWS_OK)
        return err->status;
    const gws_model_meta *meta = gws_model_describe(r->whole);
    gws_cli_want(cli, meta->ifo, meta->n_ifo);
    if (!(r->pool = gws_cli_pool(cli, w->threads, err)) || !(r->set = gws_cli_strain(cli, inputs, n_inputs, &w->use, r->pool, err)))
        return err->status;
    if ((status = take_model(r, w->singles, err)) != GWS_OK ||
        (status = gws_backgrounds_load(w->background, &r->slides, err)) != GWS_OK || (status = take_parts(r, w, err)) != GWS_OK)
        return status;
    return check_memory(cli, w, r, err);
}

static gws_status begin_outputs(const wish *w, run *r, gws_err *err)
{
    const int64_t begin_ns = gws_floor_div(r->plan.begin_ns, GWS_NS) * GWS_NS;

    if ((w->out && !gws_ligolw_is_name(w->out) && !(r->out = gws_h5_create(w->out, err))) ||
        (w->logits && !(r->logits = gws_h5_create(w->logits, err))))
        return err->status;
    if (!(r->heads = gws_heads_create(r->model, w->heads, err)) && err->status != GWS_OK)
        return err->status;
    if (w->plot && !(r->figure = gws_figure_create(r->meta, w->head, w->threshold, begin_ns, err)))
        return err->status;
    if ((w->out || r->logits || r->heads) && !(r->sha256 = gws_strain_sha256(r->set, err)))
        return err->status;
    return GWS_OK;
}

static gws_status search(gws_cli *cli, const wish *w, run *r, gws_err *err)
{
    const gws_pipeline_sinks sinks = {r, on_trigger, on_logits, on_whitened};
    gws_pipeline_stats stats;
    gws_status status;

    if (!(r->pipeline = gws_pipeline_create(r->model, w->head, r->plan.rate_hz, w->threshold, &sinks, err)))
        return err->status;
    for (int k = 1; k < r->n_parts; k++)
        if ((status = gws_pipeline_add_part(r->pipeline, r->parts[k].model, w->head, w->threshold, err)) != GWS_OK)
            return status;
    if ((status = gws_pipeline_set_pool(r->pipeline, r->pool, cli->machine.block, err)) != GWS_OK)
        return status;
    if (!(r->watch = gws_cli_watch(err)))
        return err->status;
    gws_bar bar = gws_bar_start();
    bar.unit = GWS_REAL_TIME;
    bar.each = 1;
    const double t0_s = gws_now_s();
    status = gws_feed_run(r->set, &r->plan, r->pipeline, r->pool, CHUNK_S, &(gws_progress){gws_bar_show, &bar}, err);
    gws_bar_clear(&bar);
    if (status == GWS_OK && (status = r->status) != GWS_OK)
        *err = r->err;
    for (int k = 0; k < r->n_parts && status == GWS_OK; k++)
        if (r->parts[k].ranking)
            status = rank(r, &r->parts[k], w->remove, err);
    if (status == GWS_OK)
        status = find_dq(r, err);
    if (status != GWS_OK)
        return status;
    gws_pipeline_get_stats(r->pipeline, &stats);
    for (int k = 0; k < r->n_parts; k++) {
        part *q = &r->parts[k];
        char names[4 * GWS_MODEL_IFOS + 1];
        q->searched_s = (double)stats.part[k].scored * r->meta->hop / r->meta->rate_hz;
        r->searched_s += q->searched_s;
        names_of(q->meta, names);
        if (in_parts(r))
            gws_cli_log(GWS_LOG_INFO, "%s: %.1f s searched", names, q->searched_s);
    }
    if (gws_log_wants(GWS_LOG_DEBUG))
        report(&stats, &r->plan, r->meta, gws_now_s() - t0_s);
    return GWS_OK;
}

/* The rate of a statistic at the time of the loudest trigger. */
static gws_far_rate rate_by_slides(double stat, const void *user)
{
    const run *r = user;

    return gws_ranking_at(r->parts[0].ranking, stat, gps_s(&r->triggers[loudest(r, 1)].t));
}

/* What all detectors found together. */
static gws_status save_figure(const wish *w, run *r, gws_err *err)
{
    const part *q = &r->parts[0];
    const int best = loudest(r, 1);
    gws_figure_words words = gws_figure_model_rates(&q->meta->calibration[w->head]);
    char what[200];
    int n = 0;

    for (int i = 0; i < r->n; i++)
        n += r->triggers[i].t.ifos == q->ifos;
    if (r->slides.n > 0) {
        words.livetime_s = q->ranking ? gws_ranking_livetime_s(q->ranking) : 0;
        words.rate = best >= 0 && q->ranking ? rate_by_slides : NULL;
        words.user = r;
    }
    if (best >= 0)
        words.loudest = r->triggers[best].far;
    snprintf(what, sizeof what, "%d trigger%s in %.1f s searched, %s head", n, n == 1 ? "" : "s", q->searched_s, w->head_name);
    words.what = what;
    return gws_figure_save(r->figure, w->plot, &words, err);
}

static gws_status save(gws_cli *cli, const wish *w, run *r, gws_err *err)
{
    gws_status status = GWS_OK;

    if (r->out && (status = write_triggers(r, r->out, err)) == GWS_OK)
        status = gws_event_file_finish(&r->out, cli->command, -1, r->sha256, err);
    if (status == GWS_OK && w->out && gws_ligolw_is_name(w->out))
        status = write_xml(r, w->out, cli->command, err);
    if (status == GWS_OK && r->logits)
        status = gws_event_file_finish(&r->logits, cli->command, -1, r->sha256, err);
    if (status == GWS_OK)
        status = gws_heads_save(r->heads, cli->command, r->sha256, err);
    if (status == GWS_OK && r->figure)
        status = save_figure(w, r, err);
    return status == GWS_OK ? gws_cli_commit(cli, err) : status;
}

static void clear(run *r)
{
    gws_watch_destroy(r->watch);
    gws_h5_close(r->out);
    gws_h5_close(r->logits);
    gws_heads_destroy(r->heads);
    gws_figure_destroy(r->figure);
    for (int i = 0; i < r->n; i++)
        free(r->triggers[i].dq);
    free(r->triggers);
    for (int k = 0; k < r->n_parts; k++)
        gws_ranking_destroy(r->parts[k].ranking);
    gws_backgrounds_clear(&r->slides);
    gws_pipeline_destroy(r->pipeline);
    gws_pool_destroy(r->pool);
    gws_strain_destroy(r->set);
    for (int k = 1; k < r->n_parts; k++)
        gws_model_destroy(r->parts[k].model);
    if (r->model != r->whole)
        gws_model_destroy(r->model);
    gws_model_destroy(r->whole);
}

static int run_wish(gws_cli *cli, wish *w, char **inputs, int n_inputs)
{
    gws_err err = {0};
    run r = {0};
    int status;

    if (open_inputs(cli, w, inputs, n_inputs, &r, &err) != GWS_OK || begin_outputs(w, &r, &err) != GWS_OK ||
        search(cli, w, &r, &err) != GWS_OK || save(cli, w, &r, &err) != GWS_OK) {
        status = gws_cli_fail(cli, &err);
    } else {
        if (w->json)
            print_json(&r);
        else
            print_table(&r, w);
        print_left_out(w->json ? NULL : stdout, r.set, &r.plan);
        status = gws_cli_done(cli);
    }
    clear(&r);
    return status;
}

/* Returns 0, or 2 after the message. */
static int check_wish(gws_cli *cli, const gws_opts *opts, wish *w)
{
    const gws_opt_rule rules[] = {{w->background != NULL, "fit-above remove-loud", "goes with --background"}};

    if (strcmp(w->head_name, "spiking") != 0 && strcmp(w->head_name, "linear") != 0)
        return gws_cli_misuse(cli, "--head is spiking or linear, got '%s'", w->head_name);
    if (gws_keep_parse(w->keep, &w->use))
        return gws_cli_misuse(cli, "--keep is cat1, injections or cat1,injections, got '%s'", w->keep);
    w->head = strcmp(w->head_name, "linear") == 0 ? GWS_HEAD_LINEAR : GWS_HEAD_SPIKING;
    return gws_opts_check(cli, opts, rules, 1);
}

int gws_cmd_detect(gws_cli *cli, int argc, char **argv)
{
    wish w = {.head_name = "spiking", .threshold = (double)NAN, .fit_above = (double)NAN};
    char **inputs = NULL;
    int n_inputs = 0;
    const gws_opt options[] = {
        GWS_OPT_MODEL(&w.model),
        GWS_OPT_OUTPUT_AS(&w.out, GWS_OPT_TO_EVENTS,
                          "triggers as MLGWSC-1 wants them: time, stat, var (HDF5); or LIGO_LW (.xml, .xml.gz)"),
        GWS_OPT_JSON(&w.json),
        {0, "threshold", GWS_OPT_DOUBLE, &w.threshold, "X", "triggers above this statistic (default: the model's)", 0},
        {0, "head", GWS_OPT_STRING, &w.head_name, "NAME", "spiking (default) or linear", 0},
        {0, "singles", GWS_OPT_FLAG, &w.singles, NULL, "search as well where only some of the model's detectors are on", 0},
        GWS_OPT_WHITENING(&w.whitening),
        GWS_OPT_BACKGROUND(&w.background),
        GWS_OPT_FIT_ABOVE(&w.fit_above),
        GWS_OPT_REMOVE_LOUD(&w.remove),
        {0, "logits", GWS_OPT_STRING, &w.logits, "FILE", "the logits of both heads, in the layout of strain (HDF5)",
         GWS_OPT_TO_HDF5},
        {0, "spiking-events", GWS_OPT_STRING, &w.heads[GWS_HEADS_SPIKING], "FILE",
         "triggers of the spiking head as well, down to what the model's background measured (HDF5)", GWS_OPT_TO_HDF5},
        {0, "linear-events", GWS_OPT_STRING, &w.heads[GWS_HEADS_LINEAR], "FILE", "the same of the linear head", GWS_OPT_TO_HDF5},
        {0, "statistic-events", GWS_OPT_STRING, &w.heads[GWS_HEADS_STATISTIC], "FILE",
         "the same of the matched filters' statistic, which the heads of a model with a matched stem began as", GWS_OPT_TO_HDF5},
        {0, "plot", GWS_OPT_STRING, &w.plot, "FILE", "a figure of the loudest trigger, .png, .svg or .pdf", GWS_OPT_TO_FIGURE},
        GWS_OPT_KEEP(&w.keep),
        GWS_OPTS_SELECT(&cli->select),
        GWS_OPT_THREADS(&w.threads),
        GWS_OPT_MEMORY(&w.memory),
    };
    const gws_opts opts = {
        .usage = "[-m MODEL] [-o OUT.hdf] [--json] [--threshold X] INPUT...",
        .about =
            "Search strain of the model's detectors for merging black holes.  INPUT is any number of files: GWOSC HDF5 or text,\n"
            "GWF frames, MLGWSC-1, what gwpy and PyCBC write; a folder of them, a LIGO cache (.lcf), or - for a list on\n"
            "standard input.  Detector, epoch and rate are read from the file, files of a detector are joined in time, and\n"
            "what the detectors have in common is searched.  sim:... names data made when they are read (gwspike simulate\n"
            "--help).\n\n"
            "A model with a matched stem searches files of some of its detectors too, as of H1 alone.  --singles searches, beside\n"
            "what all of them have in common, what only some have.  Each combination has its own rates: those of a background of\n"
            "just these detectors (of the model, or of --background), and none where there is none.\n\n"
            "A trigger has the merger time at the Earth's centre, a statistic that is unbounded and larger for what is more\n"
            "signal-like, the false-alarm rate of that statistic in 30 days as counted when the model was calibrated (beyond what\n"
            "that background measured, a bound: < 20, > 9e3; with --json far_bound and far_per_month_limit), and a half-window.\n\n"
            "--background takes the rates from time slides instead, which gwspike background measured with the same model.\n"
            "Files of that model count together; of another model with other detectors the rate at the same statistic is\n"
            "added where those were on.  --fit-above marks the rates that it gives with ~ and their uncertainty (far_fitted,\n"
            "far_sigma_per_month).  --remove-loud, as PyCBC: the loudest event, if it is louder than all of the slides, gets\n"
            "its rate, and what lies within 1 s of it in any detector leaves them, triggers and live time, before the next is\n"
            "looked at.\n\n"
            "Seconds whose CBC_CAT1 bit is off, with a hardware injection (other than a continuous wave), without finite numbers\n"
            "or of one value repeated are gaps; how many is said at the end.  Bits that fail at a trigger are named beside it.",
        .examples = "gwspike detect H-H1_LOSC_4_V2-1126259446-32.hdf5 L-L1_LOSC_4_V2-1126259446-32.hdf5\n"
                    "gwspike detect --json --threshold 0 --plot event.png H1.hdf5 L1.hdf5\n"
                    "gwspike detect -o fg_events.hdf foreground.hdf\n"
                    "gwspike detect --singles --background both.hdf,h1.hdf,l1.hdf H-H1_*.hdf5 L-L1_*.hdf5\n"
                    "gwspike detect --background bg.hdf --fit-above 12 --remove-loud H-H1_*.hdf5 L-L1_*.hdf5",
        .options = options,
        .n_options = (int)(sizeof options / sizeof options[0]),
        .min_inputs = 1,
        .max_inputs = -1,
        .input = "at least one strain file",
    };
    const int parsed = gws_opts_parse(cli, &opts, argc, argv, &inputs, &n_inputs);

    if (parsed != GWS_OPTS_RUN)
        return parsed;
    if (check_wish(cli, &opts, &w))
        return 2;
    return run_wish(cli, &w, inputs, n_inputs);
}
