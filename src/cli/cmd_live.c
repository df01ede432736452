/* gwspike live - the search beside an observatory: strain as it comes, triggers as they happen. */
#include "base/clock.h"
#include "base/file.h"
#include "base/progress.h"
#include "cli/backgrounds.h"
#include "cli/archive.h"
#include "cli/event_out.h"
#include "cli/inputs.h"
#include "cli/interrupt.h"
#include "cli/live_desk.h"
#include "cli/live_reload.h"
#include "cli/live_tell.h"
#include "cli/opts.h"
#include "cli/quality.h"
#include "cli/rate.h"
#include "live/live.h"
#include "live/site.h"
#include "sim/mlgwsc_input.h"
#include "strain/inputs.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_S 0.2 /* between two looks for triggers that can be followed up */
#define STEP_S 0.1 /* longest wait for data before a signal is looked for */
#define GRACE_S 30 /* a trigger that is being handed over is waited for */

/* What the user asked for. */
typedef struct wish {
    const char *config, *whitening, *model, *head, *background, *keep, *state, *http;
    gws_opt_list frames, replay;
    double threshold, fit_above, speed, wait_s;
    int64_t threads;
    int json, delays, top, pipe;
} wish;

/* A search of the session with what it is made of. */
typedef struct one {
    gws_model *model;
    gws_backgrounds slides;
    char sha256[65];
} one;

typedef struct run {
    gws_live_site site;
    gws_selection selection;
    gws_strain_use use;
    gws_live_source_params from;
    char **names; /* of files to replay */
    int n_names;
    one ones[GWS_LIVE_SEARCHES];
    gws_live_search searches[GWS_LIVE_SEARCHES];
    int n_searches;
    gws_pool *pool;
    gws_live *live;
    gws_tell *tell; /* NULL: nobody is told but standard output */
    double delay_s[GWS_LIVE_SEARCHES], told_s;
    gws_alerts_stats alerts;
    gws_desk *desk;
    gws_live_reload reload;
    gws_bar bar;
    int json, lines, top, hangups;
} run;

/* ---- triggers ---- */

static void print_line(run *r, const gws_live_trigger *t)
{
    char gps[32], utc[32], far[GWS_RATE_TEXT];

    if (r->lines++ == 0)
        printf("  %-16s %-23s  %8s  %12s  %8s  %s\n", "GPS (s)", "UTC", "stat", "FAR /30 days", "window", "detectors");
    gws_gps_text(t->t.gps_ns, 3, gps);
    gws_utc_text(t->t.gps_ns, 3, utc);
    gws_rate_text(t->far, far);
    printf("  %-16s %-23s  %8.3f  %12s  +-%.2f s  ", gps, utc, t->t.stat, far, t->t.window_s);
    for (int i = 0; i < t->n_ifo; i++)
        printf("%s%s", i ? "," : "", t->ifo[i]);
    printf("%s%s\n", *t->dq ? "  " : "", t->dq);
}

/* As `detect` prints it. */
static void print_json(const gws_live_trigger *t)
{
    const char *ifos[GWS_MODEL_IFOS];
    gws_json *j = gws_event_json(t->t.gps_ns, t->t.stat, t->far, t->t.window_s);

    for (int i = 0; i < t->n_ifo; i++)
        ifos[i] = t->ifo[i];
    gws_json_put_strings(j, "detectors", ifos, t->n_ifo);
    gws_dq_json(j, t->dq);
    gws_cli_json(j);
}

static gws_status on_trigger(void *user, const gws_live_trigger *t, gws_err *err)
{
    run *r = user;

    gws_bar_clear(&r->bar);
    if (r->desk) {
        char far[GWS_RATE_TEXT];
        gws_rate_text(t->far, far);
        gws_desk_trigger(r->desk, t, far);
    }
    if (r->json)
        print_json(t);
    else if (!r->top)
        print_line(r, t);
    if (r->tell) {
        const gws_status status = gws_tell_trigger(r->tell, t, r->delay_s[t->search], err);
        if (status != GWS_OK)
            return status;
    }
    gws_cli_log(GWS_LOG_DEBUG, "trigger %s, statistic %.3f", t->id, t->t.stat);
    return fflush(stdout) == 0 ? GWS_OK : gws_err_set(err, GWS_EIO, "a trigger could not be written to standard output");
}

/* ---- beginning ---- */

static gws_status add_search(gws_cli *cli, run *r, const gws_site_search *w, gws_err *err)
{
    one *o = &r->ones[r->n_searches];
    gws_live_search *s = &r->searches[r->n_searches];
    gws_status status;

    *s = (gws_live_search){.name = w->name[0] ? w->name : NULL, .threshold = w->threshold};
    s->head = strcmp(w->head, "linear") == 0 ? GWS_HEAD_LINEAR : GWS_HEAD_SPIKING;
    gws_ranking_params ranking = {.head = s->head, .fit_above = w->fit_above};
    r->n_searches++;
    if (!(s->path = gws_cli_model(cli, w->model, err)) || !(o->model = gws_model_load(s->path, err)) ||
        gws_whitening_set(o->model, w->whitening, err) != GWS_OK)
        return err->status;
    if ((status = gws_file_sha256(s->path, o->sha256, err)) != GWS_OK ||
        (status = gws_backgrounds_open(w->background, s->path, o->model, &ranking, &o->slides, err)) != GWS_OK)
        return status;
    s->model = o->model;
    s->sha256 = o->sha256;
    s->ranking = o->slides.ranking;
    s->background_s = s->ranking ? gws_ranking_livetime_s(s->ranking) : 0;
    return GWS_OK;
}

static gws_status add_searches(gws_cli *cli, const wish *w, run *r, gws_err *err)
{
    const gws_site_search own = {.model = w->model,
                                 .head = w->head,
                                 .background = w->background,
                                 .whitening = w->whitening,
                                 .threshold = w->threshold,
                                 .fit_above = w->fit_above};
    gws_status status = GWS_OK;

    for (int i = 0; i < r->site.n_searches && status == GWS_OK; i++)
        status = add_search(cli, r, &r->site.search[i], err);
    return r->site.n_searches == 0 ? add_search(cli, r, &own, err) : status;
}

/* What is read, by the options or by the file. */
static gws_status choose_source(gws_cli *cli, const wish *w, run *r, const gws_live_source_row **row, gws_err *err)
{
    gws_live_site *s = &r->site;
    const char *name = s->source;
    char **names = s->names;
    int n = s->n_names;
    gws_status status;

    if (w->pipe) {
        name = "pipe";
    } else if (w->frames.n > 0 || w->replay.n > 0) {
        name = w->frames.n == 0 ? "replay" : strcmp(w->frames.words[0], "-") == 0 ? "list" : "folder";
        names = w->frames.n > 0 ? w->frames.words : w->replay.words;
        n = w->frames.n > 0 ? w->frames.n : w->replay.n;
    }
    if (strcmp(name, "replay") == 0) {
        if ((status = gws_cli_inputs(cli, names, n, &r->names, &r->n_names, err)) != GWS_OK)
            return status;
        names = r->names;
        n = r->n_names;
    }
    if (n == 0 && (strcmp(name, "replay") == 0 || strcmp(name, "folder") == 0))
        return gws_err_set(err, GWS_EARG, "%s: [live] frames has to name what to read", w->config);
    r->use.formats = gws_sim_formats;
    r->use.origins = gws_archive_origins();
    if ((status = gws_select_load(&cli->select, &r->selection, &r->use, err)) != GWS_OK)
        return status;
    if (!r->use.channels && s->channels[0])
        r->use.channels = s->channels;
    *row = gws_live_source_find(name);
    r->from = (gws_live_source_params){.names = (const char *const *)names,
                                       .n = n,
                                       .use = &r->use,
                                       .rules = s->rules,
                                       .n_rules = s->n_rules,
                                       .speed = isnan(w->speed) ? s->speed : w->speed,
                                       .whole_s = s->whole_s,
                                       .poll_s = s->poll_s,
                                       .polling = s->polling,
                                       .back_s = s->back_s,
                                       .list = stdin,
                                       .ini = s->ini,
                                       .pool = r->pool};
    return GWS_OK;
}

static gws_status begin(gws_cli *cli, const wish *w, run *r, gws_err *err)
{
    const gws_live_source_row *row = NULL;
    gws_desk_params desk = {.service = &cli->service, .listen = w->http, .top = w->top, .terminal = cli->environment("TERM")};
    gws_status status;

    if ((status = gws_desk_read(r->site.ini, &desk, err)) != GWS_OK)
        return status;
    if (!(r->pool = gws_cli_pool(cli, w->threads, err)))
        return err->status;
    if ((status = add_searches(cli, w, r, err)) != GWS_OK || (status = choose_source(cli, w, r, &row, err)) != GWS_OK)
        return status;
    err->status = GWS_OK;
    if (!(r->tell = gws_tell_open(r->site.ini, cli->ca_file, err)) && err->status != GWS_OK)
        return err->status;
    for (int k = 0; k < r->n_searches; k++) {
        gws_live_delay d;
        if ((status = gws_live_delays(&r->searches[k], 16384, 1, &d, err)) != GWS_OK)
            return status;
        r->delay_s[k] = d.sum_s;
    }
    const gws_live_params p = {.searches = r->searches,
                               .n_searches = r->n_searches,
                               .source = row,
                               .from = &r->from,
                               .wait_s = isnan(w->wait_s) ? r->site.wait_s : w->wait_s,
                               .state = w->state ? w->state : r->site.state,
                               .pool = r->pool,
                               .keep_s = r->tell ? GWS_TELL_KEEP_S : 0,
                               .trigger = on_trigger,
                               .user = r};
    /* what Kafka's section may have is known to librdkafka alone, when the source is open */
    const int kafka = strcmp(row->name, "kafka") == 0;
    if (r->site.ini && !kafka && gws_ini_unused(r->site.ini, NULL, err) != GWS_OK)
        return err->status;
    r->live = gws_live_create(&p, err);
    if (!r->live || (r->site.ini && kafka && gws_ini_unused(r->site.ini, NULL, err) != GWS_OK))
        return err->status;
    desk.live = r->live;
    r->reload = (gws_live_reload){
        .config = w->config, .wait_given = !isnan(w->wait_s), .site = &r->site, .from = &r->from, .live = r->live, .tell = r->tell};
    return (r->reload.desk = r->desk = gws_desk_open(&desk, err)) ? GWS_OK : err->status;
}

/* ---- delays ---- */

static gws_status show_delays(const run *r, gws_err *err)
{
    static const int rates_hz[] = {4096, 16384};

    for (int k = 0; k < r->n_searches; k++)
        for (size_t i = 0; i < sizeof rates_hz / sizeof *rates_hz; i++) {
            gws_live_delay d;
            const gws_status status = gws_live_delays(&r->searches[k], rates_hz[i], 1, &d, err);
            if (status != GWS_OK)
                return status;
            if (r->json) {
                gws_json *j = gws_json_object();
                gws_json_put_string(j, "model", r->searches[k].path);
                gws_json_put_i64(j, "rate_hz", rates_hz[i]);
                for (int s = 0; s < d.n; s++)
                    gws_json_put_f64(j, d.stage[s].name, d.stage[s].s);
                gws_json_put_f64(j, "sum", d.sum_s);
                gws_cli_json(j);
                continue;
            }
            printf("%s, strain at %d Hz\n", r->searches[k].path, rates_hz[i]);
            for (int s = 0; s < d.n; s++)
                printf("  %-42s %8.4f s%s\n", d.stage[s].name, d.stage[s].s, s == 0 ? "  (at most; not in the sum)" : "");
            printf("  %-42s %8.4f s\n", "sum, of data behind the merger", d.sum_s);
        }
    return GWS_OK;
}

/* ---- at work ---- */

static void report(run *r)
{
    gws_live_stats *t = malloc(sizeof *t);

    if (!t)
        return;
    gws_live_get_stats(r->live, t);
    for (int i = 0; i < t->n_ifo; i++) {
        const gws_live_ifo_stats *d = &t->ifo[i];
        char gaps[400] = "";
        for (int k = 1; k < GWS_LIVE_GAPS; k++)
            if (d->gap_s[k] > 0)
                snprintf(gaps + strlen(gaps), sizeof gaps - strlen(gaps), ", %.10g s %s", d->gap_s[k],
                         gws_live_gap_name((gws_live_gap)k));
        gws_cli_log(GWS_LOG_INFO, "%s: %.10g s searched%s; %lld repeated, %lld late, %lld out of order", d->ifo, d->data_s, gaps,
                    (long long)d->repeated, (long long)d->late, (long long)d->reordered);
    }
    if (t->searched.n > 0)
        gws_cli_log(GWS_LOG_INFO,
                    "from a frame to the end of its search: median %.4f s, 99.9 %% %.4f s, at most %.4f s; %.1f times real time",
                    gws_live_times_quantile(&t->searched, 0.5), gws_live_times_quantile(&t->searched, 0.999), t->searched.most_s,
                    t->busy_s > 0 ? t->data_s / t->busy_s : 0.0);
    free(t);
}

/* How far a replay is. */
static void show_progress(run *r)
{
    double done_s, total_s;

    gws_live_progress(r->live, &done_s, &total_s);
    if (total_s > 0 && !r->top)
        gws_bar_show(&r->bar, done_s, total_s, "searching");
}

/* Follow-ups of what was told, a few times a second. */
static gws_status follow_up(run *r, gws_err *err)
{
    if (!r->tell || gws_now_s() < r->told_s + LOOK_S)
        return GWS_OK;
    r->told_s = gws_now_s();
    return gws_tell_look(r->tell, r->live, 0, &r->alerts, err);
}

/* SIGHUP: the log is opened again, should it have been moved, and the file is read again. */
static void obey_hangup(run *r)
{
    const int hangups = gws_hangups;

    if (hangups == r->hangups)
        return;
    r->hangups = hangups;
    gws_logging_reopen();
    gws_cli_log(GWS_LOG_INFO, "SIGHUP: the log is open again");
    if (r->reload.config)
        gws_live_reload_now(&r->reload);
}

static gws_status work(run *r, gws_err *err)
{
    gws_status status = GWS_OK;
    int ended = 0;

    r->bar = gws_bar_start();
    r->bar.unit = GWS_REAL_TIME;
    r->bar.each = 1;
    while (status == GWS_OK && !ended && !gws_interrupted) {
        gws_desk_look(r->desk, r->tell ? &r->alerts : NULL);
        obey_hangup(r);
        if ((status = gws_live_step(r->live, STEP_S, &ended, err)) == GWS_OK)
            status = follow_up(r, err);
        show_progress(r);
    }
    gws_bar_clear(&r->bar);
    if (status == GWS_OK && ended)
        status = gws_live_finish(r->live, err);
    if (status == GWS_OK && r->tell)
        status = gws_tell_look(r->tell, r->live, ended, NULL, err);
    return status;
}

static void clear(run *r)
{
    gws_live_reload_clear(&r->reload);
    gws_desk_close(r->desk);
    gws_tell_close(r->tell);
    gws_live_destroy(r->live);
    for (int i = 0; i < r->n_searches; i++) {
        gws_backgrounds_clear(&r->ones[i].slides);
        gws_model_destroy(r->ones[i].model);
    }
    gws_inputs_free(r->names, r->n_names);
    gws_selection_clear(&r->selection);
    gws_live_site_clear(&r->site);
    gws_pool_destroy(r->pool);
}

static int run_wish(gws_cli *cli, const wish *w, gws_strain_use use)
{
    gws_err err = {0};
    run *r = calloc(1, sizeof *r);
    gws_status status = r ? GWS_OK : gws_err_set(&err, GWS_ENOMEM, "no memory for the search");

    if (!r)
        return gws_cli_fail(cli, &err);
    r->json = w->json;
    r->top = w->top;
    r->use = use;
    r->site = gws_live_site_defaults();
    if (w->config)
        status = gws_live_site_load(w->config, &r->site, &err);
    if (status == GWS_OK && w->delays) {
        if ((status = add_searches(cli, w, r, &err)) == GWS_OK)
            status = show_delays(r, &err);
    } else if (status == GWS_OK) {
        gws_interrupt_serve();
        gws_interrupt_grace(GRACE_S);
        if ((status = begin(cli, w, r, &err)) == GWS_OK) {
            if ((status = work(r, &err)) == GWS_OK) {
                gws_desk_close(r->desk); /* the terminal is given back: what follows is for it */
                r->desk = NULL;
                report(r);
            }
        }
    }
    clear(r);
    free(r);
    if (status != GWS_OK)
        return gws_cli_fail(cli, &err);
    return gws_cli_done(cli);
}

/* Returns 0, or 2 after the message. */
static int check_wish(gws_cli *cli, const gws_opts *opts, wish *w, gws_strain_use *use)
{
    const int sources = (w->config != NULL) + (w->frames.n > 0) + (w->replay.n > 0) + w->pipe;
    const gws_opt_rule rules[] = {
        {w->background != NULL, "fit-above", "goes with --background"},
        {w->replay.n > 0 || w->config, "speed", "goes with --replay"},
        {w->replay.n == 0, "wait", "is for sources that may be late, which --replay is not"},
        {w->config == NULL || w->delays, "model threshold head background fit-above whitening",
         "stands in the file of --config, section [search NAME]"},
        {!w->delays, "frames replay pipe state speed wait http top", "is not looked at with --delays"},
        {!w->json, "top", "and --json are two ways to show triggers"},
    };

    if (!w->delays && sources == 0)
        return gws_cli_misuse(cli, "wanted --config SITE.ini, --frames FOLDER, --replay FILES... or --pipe");
    if ((w->frames.n > 0) + (w->replay.n > 0) + w->pipe > 1)
        return gws_cli_misuse(cli, "--frames, --replay and --pipe are sources; one is searched");
    if (w->frames.n > 1 && strcmp(w->frames.words[0], "-") == 0)
        return gws_cli_misuse(cli, "--frames - is a list on standard input and nothing else");
    if (strcmp(w->head, "spiking") != 0 && strcmp(w->head, "linear") != 0)
        return gws_cli_misuse(cli, "--head is spiking or linear, got '%s'", w->head);
    if (w->speed < 0 || w->wait_s < 0)
        return gws_cli_misuse(cli, "--speed and --wait are 0 or more");
    if (gws_keep_parse(w->keep, use))
        return gws_cli_misuse(cli, "--keep is cat1, injections or cat1,injections, got '%s'", w->keep);
    return gws_opts_check(cli, opts, rules, (int)(sizeof rules / sizeof *rules));
}

int gws_cmd_live(gws_cli *cli, int argc, char **argv)
{
    wish w = {.head = "spiking", .threshold = (double)NAN, .fit_above = (double)NAN, .speed = (double)NAN, .wait_s = (double)NAN};
    gws_strain_use use = {0};
    const gws_opt options[] = {
        {'c', "config", GWS_OPT_STRING, &w.config, "SITE.ini", "sources, state, searches (configs/live-example.ini has every key)",
         0},
        {0, "frames", GWS_OPT_LIST, &w.frames, "FOLDER...", "frames that appear in folders; -: paths on standard input, one a line",
         0},
        {0, "replay", GWS_OPT_LIST, &w.replay, "FILE...", "recorded strain as if it came now; what detect takes", 0},
        {0, "pipe", GWS_OPT_FLAG, &w.pipe, NULL, "frames themselves on standard input, one behind the other", 0},
        {0, "speed", GWS_OPT_DOUBLE, &w.speed, "X", "of a replay, in seconds of data a second; 0: as fast as it goes (default 1)",
         0},
        GWS_OPT_MODEL(&w.model),
        GWS_OPT_JSON(&w.json),
        {0, "threshold", GWS_OPT_DOUBLE, &w.threshold, "X", "triggers above this statistic (default: the model's)", 0},
        {0, "head", GWS_OPT_STRING, &w.head, "NAME", "spiking (default) or linear", 0},
        GWS_OPT_WHITENING(&w.whitening),
        GWS_OPT_BACKGROUND(&w.background),
        GWS_OPT_FIT_ABOVE(&w.fit_above),
        {0, "state", GWS_OPT_STRING, &w.state, "FOLDER", "saved state: a search that is started again goes on from it",
         GWS_OPT_SILENT},
        {0, "wait", GWS_OPT_DOUBLE, &w.wait_s, "S", "a missing second is waited for so long once later ones are there (default 3)",
         0},
        {0, "http", GWS_OPT_STRING, &w.http, "[ADDRESS:]PORT",
         "health and metrics; on this machine alone unless told otherwise; 0: a free port", GWS_OPT_SILENT},
        {0, "top", GWS_OPT_FLAG, &w.top, NULL, "show the search on the terminal in place of lines of triggers", GWS_OPT_SILENT},
        {0, "delays", GWS_OPT_FLAG, &w.delays, NULL, "list the delays that the search declares, stage by stage, and end", 0},
        GWS_OPT_KEEP(&w.keep),
        GWS_OPTS_SELECT(&cli->select),
        GWS_OPT_THREADS(&w.threads),
    };
    const gws_opts opts = {
        .usage = "--config SITE.ini | --frames FOLDER... | --replay FILE... [--speed X] | --pipe  [--json]",
        .about =
            "Search strain as it comes.  Triggers go to standard output as they are found, in the form that detect has, and what "
            "is\n"
            "found is what detect finds in the same seconds, gaps included, byte for byte.\n\n"
            "Frames may be late, missing, repeated, out of order, still being written, damaged or without their channel: what\n"
            "cannot be used is a gap with its reason, which the log and the metrics have.  With several models each is searched\n"
            "while its detectors are there.\n\n"
            "With --state a search that was stopped or killed goes on where it was: the same triggers come, with the same\n"
            "identifiers, and none is lost.  SIGTERM stops it once the trigger at hand is handed over.",
        .examples = "gwspike live --config site.ini\n"
                    "gwspike live --frames /dev/shm/kafka/H1 /dev/shm/kafka/L1 --state /var/lib/gwspike --json\n"
                    "gwspike live --replay H-H1_LOSC_4_V2-1126259446-32.gwf L-L1_LOSC_4_V2-1126259446-32.gwf --speed 0\n"
                    "cat *.gwf | gwspike live --pipe --json\n"
                    "gwspike live --delays",
        .options = options,
        .n_options = (int)(sizeof options / sizeof options[0]),
        .min_inputs = 0,
        .max_inputs = 0,
    };
    const int parsed = gws_opts_parse(cli, &opts, argc, argv, NULL, NULL);

    if (parsed != GWS_OPTS_RUN)
        return parsed;
    if (check_wish(cli, &opts, &w, &use))
        return 2;
    return run_wish(cli, &w, use);
}
