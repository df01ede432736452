/* gwspike detect - strain files to triggers. */
#include "base/clock.h"
#include "base/hdf5.h"
#include "base/json.h"
#include "cli/backgrounds.h"
#include "cli/figure.h"
#include "cli/heads.h"
#include "cli/opts.h"
#include "cli/quality.h"
#include "cli/rate.h"
#include "gw/strain.h"
#include "model/detector.h"
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

/* What the pipeline's sinks fill. */
typedef struct run {
    const gws_model_meta *meta;
    gws_backgrounds slides; /* where rates come from, if not from the model */
    double fit_above;
    found *triggers;
    int n, capacity;
    gws_figure *figure; /* NULL: none asked for */
    gws_h5 *logits;     /* NULL: none asked for */
    gws_heads *heads;   /* NULL: none asked for */
    gws_pipeline *pipeline;
    char track[2][64]; /* data sets being written, one per head */
    int64_t next_step;
    gws_status status; /* first trouble of a sink */
    gws_err err;
} run;

static void on_trigger(void *user, const gws_trigger *t, gws_far_rate far)
{
    run *r = user;

    if (r->slides.ranking)
        far = gws_ranking_at(r->slides.ranking, t->stat, (double)t->gps_ns / (double)GWS_NS);
    if (r->n == r->capacity) {
        int capacity = r->capacity ? 2 * r->capacity : 64;
        found *more = realloc(r->triggers, sizeof *more * (size_t)capacity);
        if (!more) {
            r->status = gws_err_set(&r->err, GWS_ENOMEM, "no memory for %d triggers", capacity);
            return;
        }
        r->triggers = more;
        r->capacity = capacity;
    }
    r->triggers[r->n++] = (found){*t, far, NULL};
    if (r->figure)
        gws_figure_trigger(r->figure, t, far);
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

static int loudest(const run *r)
{
    int best = -1;

    for (int i = 0; i < r->n; i++)
        if (best < 0 || r->triggers[i].t.stat > r->triggers[best].t.stat)
            best = i;
    return best;
}

static void print_json(const run *r)
{
    const char *ifos[GWS_MODEL_IFOS];

    for (int i = 0; i < r->meta->n_ifo; i++)
        ifos[i] = r->meta->ifo[i];
    for (int i = 0; i < r->n; i++) {
        gws_json *j = gws_json_object();
        gws_json_put_f64(j, "gps", gps_s(&r->triggers[i].t));
        gws_json_put_f64(j, "stat", r->triggers[i].t.stat);
        gws_rate_put(j, r->triggers[i].far);
        gws_json_put_f64(j, "window_s", r->triggers[i].t.window_s);
        gws_json_put_strings(j, "detectors", ifos, r->meta->n_ifo);
        gws_dq_json(j, r->triggers[i].dq);
        gws_cli_json(j);
    }
}

static void print_table(const run *r, gws_head head, double searched_s, double threshold)
{
    const gws_model_far *background = &r->meta->far[head];
    int best = loudest(r);

    if (r->n == 0) {
        printf("no trigger above %.4g in %.1f s searched\n", threshold, searched_s);
        return;
    }
    printf("  %-16s %-23s  %8s  %12s  %8s\n", "GPS (s)", "UTC", "stat", "FAR /30 days", "window");
    for (int i = 0; i < r->n; i++) {
        const found *t = &r->triggers[i];
        char gps[32], utc[32], far[GWS_RATE_TEXT];
        gws_gps_text(t->t.gps_ns, 3, gps);
        gws_utc_text(t->t.gps_ns, 3, utc);
        gws_rate_text(t->far, far);
        printf("%c %-16s %-23s  %8.3f  %12s  +-%.2f s%s%s\n", i == best ? '*' : ' ', gps, utc, t->t.stat, far, t->t.window_s,
               *t->dq ? "  " : "", t->dq);
    }
    printf("%d trigger%s above %.4g in %.1f s searched; * is the loudest\n", r->n, r->n == 1 ? "" : "s", threshold, searched_s);
    if (r->slides.ranking)
        gws_backgrounds_note(&r->slides, r->fit_above);
    else if (background->n > 0)
        gws_rate_note(background->livetime_s, "the model's background");
    else
        printf("FAR: none, the model was never calibrated\n");
}

/* The rates of all triggers; with remove, hierarchically. */
static gws_status rank(run *r, int remove, gws_err *err)
{
    const size_t n = (size_t)r->n;
    double *stat = malloc((n + 1) * sizeof *stat), *time_s = malloc((n + 1) * sizeof *time_s);
    gws_far_rate *far = malloc((n + 1) * sizeof *far);
    gws_status st = stat && time_s && far ? GWS_OK : gws_err_set(err, GWS_ENOMEM, "no memory for %d triggers", r->n);

    for (size_t i = 0; i < n && st == GWS_OK; i++) {
        stat[i] = r->triggers[i].t.stat;
        time_s[i] = gps_s(&r->triggers[i].t);
    }
    if (st == GWS_OK)
        st = gws_ranking_events(r->slides.ranking, r->n, stat, time_s, far, remove ? &r->slides.removed : NULL, err);
    for (size_t i = 0; i < n && st == GWS_OK; i++)
        r->triggers[i].far = far[i];
    free(stat);
    free(time_s);
    free(far);
    return st;
}

static gws_status write_rates(const run *r, gws_h5 *f, gws_err *err)
{
    gws_far_rate *far = malloc((size_t)(r->n + 1) * sizeof *far);

    if (!far)
        return gws_err_set(err, GWS_ENOMEM, "no memory for %d triggers", r->n);
    for (int i = 0; i < r->n; i++)
        far[i] = r->triggers[i].far;
    const gws_status st = gws_backgrounds_write(f, &r->slides, far, r->n, err);
    free(far);
    return st;
}

static gws_status write_dq(const run *r, gws_h5 *f, gws_err *err)
{
    const char **dq = malloc(sizeof *dq * (size_t)(r->n + 1));
    gws_status st;

    if (!dq)
        return gws_err_set(err, GWS_ENOMEM, "no memory for %d triggers", r->n);
    for (int i = 0; i < r->n; i++)
        dq[i] = r->triggers[i].dq;
    st = gws_dq_write(f, dq, r->n, err);
    free(dq);
    return st;
}

static gws_status write_triggers(const run *r, gws_h5 *f, gws_err *err)
{
    static const char *const names[3] = {"/time", "/stat", "/var"};
    double *column = malloc(sizeof *column * (size_t)(r->n + 1));
    const int64_t shape[1] = {r->n};
    gws_status st = GWS_OK;

    if (!column)
        return gws_err_set(err, GWS_ENOMEM, "no memory for %d triggers", r->n);
    for (int c = 0; c < 3 && st == GWS_OK; c++) {
        for (int i = 0; i < r->n; i++)
            column[i] = c == 0 ? gps_s(&r->triggers[i].t) : c == 1 ? r->triggers[i].t.stat : r->triggers[i].t.window_s;
        st = gws_h5_write_f64(f, names[c], 1, shape, column, err);
    }
    free(column);
    if (st == GWS_OK && r->slides.ranking)
        st = write_rates(r, f, err);
    if (st == GWS_OK)
        st = write_dq(r, f, err);
    return st;
}

/* Look up the quality bits of each trigger within its window. */
static gws_status find_dq(run *r, gws_strain_set *set, const gws_feed_plan *plan, gws_err *err)
{
    gws_status st = GWS_OK;

    for (int i = 0; i < r->n && st == GWS_OK; i++) {
        const gws_trigger *t = &r->triggers[i].t;
        const int64_t window_ns = (int64_t)(t->window_s * (double)GWS_NS);
        st = gws_dq_find(set, plan->index, plan->n_ifo, t->gps_ns - window_ns, t->gps_ns + window_ns, &r->triggers[i].dq, err);
    }
    return st;
}

/* With fewer detectors than the model needs, say what searches them. */
static gws_status make_plan(const gws_strain_set *set, const gws_model_meta *meta, gws_feed_plan *out, gws_err *err)
{
    gws_status st = gws_feed_plan_make(set, meta, out, err);
    size_t used = strlen(err->text);

    if (st != GWS_OK && gws_strain_ifos(set) < meta->n_ifo)
        snprintf(err->text + used, sizeof err->text - used, "; gwspike matched searches any detectors");
    return st;
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
        if (!used)
            fprintf(to, "%s: left out, for the model does not use it\n", info.ifo);
    }
}

static void report(const gws_pipeline_stats *st, const gws_feed_plan *plan, const gws_model_meta *meta, double took_s)
{
    for (int i = 0; i < plan->n_ifo; i++) {
        const gws_condition_stats *c = &st->condition[i];
        gws_cli_note("%s: %d Hz, %.1f s whitened of %.1f s, %lld gaps, %lld PSD estimates, %lld refused, %lld segments too short",
                     plan->ifo[i], plan->rate_hz[i], (double)c->samples_out / meta->rate_hz, (double)c->samples_in / meta->rate_hz,
                     (long long)c->gaps, (long long)c->psd_updates, (long long)c->psd_bad, (long long)c->segments_too_short);
    }
    gws_cli_note("network: %lld steps, awake in %.1f %%, %lld scored; events %.4f, spikes %.4f and %.4f per unit and step; %lld "
                 "silent steps, "
                 "%lld bad logits",
                 (long long)st->detector.steps,
                 st->detector.steps ? 100.0 * (double)st->detector.awake / (double)st->detector.steps : 0.0,
                 (long long)st->search.scored, st->detector.events, st->detector.spikes1, st->detector.spikes2,
                 (long long)st->detector.silent_steps, (long long)(st->detector.bad + st->search.bad));
    gws_cli_note("%.1f s of data together in %.2f s: %.0f times real time", (double)st->samples_together / meta->rate_hz, took_s,
                 (double)st->samples_together / meta->rate_hz / took_s);
}

/* What a search takes with the network working on so many steps at once. */
typedef struct budget {
    const gws_model *model;
    const gws_pool *pool;
    int64_t others;
} budget;

static int64_t need_of_block(void *user, int64_t block)
{
    const budget *b = user;
    int64_t bytes;

    return gws_pipeline_bytes(b->model, b->pool, (int)block, &bytes, NULL) == GWS_OK ? b->others + bytes : INT64_MAX;
}

int gws_cmd_detect(gws_cli *cli, int argc, char **argv)
{
    const char *model_path = NULL, *out_path = NULL, *logits_path = NULL, *plot_path = NULL, *head_name = "spiking";
    const char *keep = NULL, *background = NULL, *head_paths[GWS_HEADS] = {NULL};
    gws_strain_use use = {0};
    double threshold = (double)NAN;
    const char *memory = NULL;
    int64_t threads = 0, cap;
    int json = 0, verbose = 0, remove = 0, n_inputs = 0, status = 1;
    double fit_above = (double)NAN;
    char **inputs = NULL;
    const gws_opt options[] = {
        GWS_OPT_MODEL(&model_path),
        GWS_OPT_OUTPUT(&out_path, "triggers as MLGWSC-1 wants them: time, stat, var (HDF5)"),
        GWS_OPT_JSON(&json),
        {0, "threshold", GWS_OPT_DOUBLE, &threshold, "X", "triggers above this statistic (default: the model's)", 0},
        {0, "head", GWS_OPT_STRING, &head_name, "NAME", "spiking (default) or linear", 0},
        GWS_OPT_BACKGROUND(&background),
        GWS_OPT_FIT_ABOVE(&fit_above),
        GWS_OPT_REMOVE_LOUD(&remove),
        {0, "logits", GWS_OPT_STRING, &logits_path, "FILE", "the logits of both heads, in the layout of strain (HDF5)",
         GWS_OPT_TO_HDF5},
        {0, "spiking-events", GWS_OPT_STRING, &head_paths[GWS_HEADS_SPIKING], "FILE",
         "triggers of the spiking head as well, down to what the model's background measured (HDF5)", GWS_OPT_TO_HDF5},
        {0, "linear-events", GWS_OPT_STRING, &head_paths[GWS_HEADS_LINEAR], "FILE", "the same of the linear head", GWS_OPT_TO_HDF5},
        {0, "statistic-events", GWS_OPT_STRING, &head_paths[GWS_HEADS_STATISTIC], "FILE",
         "the same of the matched filters' statistic, which the heads of a model with a matched stem began as", GWS_OPT_TO_HDF5},
        {0, "plot", GWS_OPT_STRING, &plot_path, "FILE", "a figure of the loudest trigger, .png or .svg", GWS_OPT_TO_FIGURE},
        GWS_OPT_KEEP(&keep),
        GWS_OPT_THREADS(&threads),
        GWS_OPT_MEMORY(&memory),
        GWS_OPT_VERBOSE(&verbose),
    };
    const gws_opts opts = {
        .usage = "[-m MODEL] [-o OUT.hdf] [--json] [--threshold X] INPUT...",
        .about =
            "Search strain of the model's detectors for merging black holes.  INPUT is any number of files: GWOSC HDF5 (4 or\n"
            "16 kHz) or MLGWSC-1; detector, epoch and rate are read from the file, files of a detector are joined in time,\n"
            "and what the detectors have in common is searched.  sim:... names data made when they are read (gwspike simulate "
            "--help).\n\n"
            "A trigger has the merger time at the Earth's centre, a statistic that is unbounded and larger for what is more\n"
            "signal-like, the false-alarm rate of that statistic in 30 days as counted when the model was calibrated (beyond what\n"
            "that background measured, a bound: < 20, > 9e3; with --json far_bound and far_per_month_limit), and a half-window.\n\n"
            "--background takes the rates from time slides instead, which gwspike background measured with the same model.  Files "
            "of\n"
            "that model count together; of another model with other detectors the rate at the same statistic is added where those\n"
            "were on.  --fit-above marks the rates that it gives with ~ and their uncertainty (far_fitted, "
            "far_sigma_per_month).\n\n"
            "Seconds whose CBC_CAT1 bit is off, with a hardware injection (other than a continuous wave), without finite numbers\n"
            "or of one value repeated are gaps; how many is said at the end.  Bits that fail at a trigger are named beside it.",
        .examples = "gwspike detect H-H1_LOSC_4_V2-1126259446-32.hdf5 L-L1_LOSC_4_V2-1126259446-32.hdf5\n"
                    "gwspike detect --json --threshold 0 --plot event.png H1.hdf5 L1.hdf5\n"
                    "gwspike detect -o fg_events.hdf foreground.hdf\n"
                    "gwspike detect --background bg.hdf --fit-above 12 --remove-loud H-H1_*.hdf5 L-L1_*.hdf5",
        .options = options,
        .n_options = (int)(sizeof options / sizeof options[0]),
        .min_inputs = 1,
        .max_inputs = -1,
        .input = "at least one strain file",
    };
    gws_err err = {0};
    gws_head head;
    gws_model *model = NULL;
    gws_strain_set *set = NULL;
    gws_pipeline *pipeline = NULL;
    gws_pool *pool = NULL;
    gws_watch *watch = NULL;
    gws_h5 *out = NULL;
    gws_feed_plan plan;
    gws_pipeline_stats stats;
    const char *sha256 = NULL;
    run r = {.fit_above = (double)NAN};
    gws_bar bar;
    double t0_s, searched_s;
    int parsed = gws_opts_parse(cli, &opts, argc, argv, &inputs, &n_inputs);

    if (parsed != GWS_OPTS_RUN)
        return parsed;
    if (strcmp(head_name, "spiking") != 0 && strcmp(head_name, "linear") != 0)
        return gws_cli_misuse(cli, "--head is spiking or linear, got '%s'", head_name);
    if (gws_keep_parse(keep, &use))
        return gws_cli_misuse(cli, "--keep is cat1, injections or cat1,injections, got '%s'", keep);
    head = strcmp(head_name, "linear") == 0 ? GWS_HEAD_LINEAR : GWS_HEAD_SPIKING;
    const gws_opt_rule rules[] = {{background != NULL, "fit-above remove-loud", "goes with --background"}};
    if (gws_opts_check(cli, &opts, rules, 1))
        return 2;
    r.fit_above = fit_above;

    if (!(model_path = gws_cli_model(cli, model_path, &err)) || !(model = gws_model_load(model_path, &err)))
        goto fail;
    r.meta = gws_model_describe(model);
    if (gws_backgrounds_open(background, model_path, &(gws_ranking_params){.head = head, .fit_above = fit_above}, &r.slides,
                             &err) != GWS_OK)
        goto fail;
    if (!(pool = gws_cli_pool(cli, threads, &err)) || !(set = gws_cli_strain(cli, inputs, n_inputs, &use, pool, &err)) ||
        make_plan(set, r.meta, &plan, &err) != GWS_OK || gws_cli_cap(cli, memory, &cap, &err) != GWS_OK)
        goto fail;
    budget b = {.model = model, .pool = pool};
    gws_memory now;
    int64_t made;
    gws_memory_now(&now);
    if (gws_strain_bytes(set, &made, &err) != GWS_OK)
        goto fail;
    b.others = now.resident_bytes + gws_feed_bytes(&plan, CHUNK_S) + made;
    if (gws_memory_check(cap, "block", gws_detector_block(cli->machine.block, pool), 1, need_of_block, &b, &err))
        goto fail;
    if (out_path && !(out = gws_h5_create(out_path, &err)))
        goto fail;
    if (logits_path && !(r.logits = gws_h5_create(logits_path, &err)))
        goto fail;
    if (!(r.heads = gws_heads_create(model, head_paths, &err)) && err.status != GWS_OK)
        goto fail;
    if (plot_path && !(r.figure = gws_figure_create(r.meta, head, threshold, gws_floor_div(plan.begin_ns, GWS_NS) * GWS_NS, &err)))
        goto fail;
    if ((out || r.logits || r.heads) && !(sha256 = gws_strain_sha256(set, &err)))
        goto fail;
    pipeline = gws_pipeline_create(model, head, plan.rate_hz, threshold,
                                   &(gws_pipeline_sinks){&r, on_trigger, on_logits, on_whitened}, &err);
    if (!pipeline || gws_pipeline_set_pool(pipeline, pool, cli->machine.block, &err) || !(watch = gws_cli_watch(cli, &err)))
        goto fail;

    r.pipeline = pipeline;
    bar = gws_bar_start();
    t0_s = gws_now_s();
    gws_status st = gws_feed_run(set, &plan, pipeline, pool, CHUNK_S, gws_bar_show, &bar, &err);
    gws_bar_clear(&bar);
    if (st != GWS_OK)
        goto fail;
    if (r.status != GWS_OK) {
        err = r.err;
        goto fail;
    }
    gws_pipeline_get_stats(pipeline, &stats);
    if ((r.slides.ranking && rank(&r, remove, &err) != GWS_OK) || find_dq(&r, set, &plan, &err) != GWS_OK)
        goto fail;
    searched_s = (double)stats.search.scored * r.meta->hop / r.meta->rate_hz;
    if (verbose)
        report(&stats, &plan, r.meta, gws_now_s() - t0_s);

    if (out) {
        st = write_triggers(&r, out, &err);
        if (st == GWS_OK)
            st = gws_h5_provenance(out, cli->command, -1, sha256, &err);
        if (st != GWS_OK)
            goto fail;
        st = gws_h5_commit(out, &err);
        out = NULL;
        if (st != GWS_OK)
            goto fail;
    }
    if (r.logits) {
        st = gws_h5_provenance(r.logits, cli->command, -1, sha256, &err);
        if (st != GWS_OK)
            goto fail;
        st = gws_h5_commit(r.logits, &err);
        r.logits = NULL;
        if (st != GWS_OK)
            goto fail;
    }
    if (gws_heads_save(r.heads, cli->command, sha256, &err) != GWS_OK)
        goto fail;
    if (r.figure) {
        char what[200];
        snprintf(what, sizeof what, "%d trigger%s in %.1f s searched; %s head", r.n, r.n == 1 ? "" : "s", searched_s, head_name);
        if (gws_figure_save(r.figure, plot_path, what, &err) != GWS_OK)
            goto fail;
    }
    if (gws_cli_commit(cli, &err) != GWS_OK)
        goto fail;
    if (json)
        print_json(&r);
    else
        print_table(&r, head, searched_s, isnan(threshold) ? r.meta->threshold[head] : threshold);
    print_left_out(json ? stderr : stdout, set, &plan);
    status = gws_cli_done(cli);
    goto done;
fail:
    status = gws_cli_fail(cli, &err);
done:
    gws_watch_destroy(watch);
    gws_h5_close(out);
    gws_h5_close(r.logits);
    gws_heads_destroy(r.heads);
    gws_figure_destroy(r.figure);
    for (int i = 0; i < r.n; i++)
        free(r.triggers[i].dq);
    free(r.triggers);
    gws_backgrounds_clear(&r.slides);
    gws_pipeline_destroy(pipeline);
    gws_pool_destroy(pool);
    gws_strain_destroy(set);
    gws_model_destroy(model);
    return status;
}
