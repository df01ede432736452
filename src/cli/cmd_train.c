/* cmd_train.c - gwspike train: a recipe to a model file. */
#include "base/file.h"
#include "base/progress.h"
#include "cli/cli.h"
#include "cli/interrupt.h"
#include "cli/opts.h"
#include "train/recalibrate.h"
#include "train/train.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct screen {
    gws_bar bar;
    int calibrating;
    const char *out; /* NULL: nothing is trained */
} screen;

/* Distances in per cent of the untrained network's. */
static void show_distance(const gws_train_report *r)
{
    for (int h = 0; h < 2; h++) {
        const gws_distance *d = &r->distance[h];
        char rates[400] = "";
        size_t used = 0;
        for (int i = 0; i < GWS_DISTANCE_RATES && used < sizeof rates; i++)
            used += (size_t)snprintf(rates + used, sizeof rates - used, "%s %g a month %.2f +- %.2f", i ? "," : "",
                                     gws_distance_rates[i], 100.0 * d->ratio[i], 100.0 * d->error[i]);
        gws_cli_log(GWS_LOG_INFO, "%s, distance against its own untrained, %s head: mean %.2f +- %.2f %%; at%s",
                    strcmp(r->phase, "test") ? "held out" : "test", h ? "linear" : "spiking", 100.0 * d->mean,
                    100.0 * d->mean_error, rates);
    }
}

static void show(void *user, const gws_train_report *r)
{
    screen *s = user;
    gws_bar_clear(&s->bar);
    if (strcmp(r->phase, "test") == 0) {
        show_distance(r);
        return;
    }
    const int milestone = r->evaluated || r->measured || r->step == r->steps; /* a pipe gets these alone */
    gws_cli_log(s->bar.on || milestone ? GWS_LOG_INFO : GWS_LOG_DEBUG,
                "%-8s %6lld/%lld  loss %.4f (spiking %.4f linear %.4f cpc %.3f acc %.3f)  events %.3f spikes %.3f %.3f (%.0f, %.0f "
                "a second)  |g| %.2f lr %.1e  %.1f windows/s  %.0f min left",
                r->phase, (long long)r->step, (long long)r->steps, r->loss, r->loss_spiking, r->loss_linear, r->loss_cpc,
                r->cpc_accuracy, r->rates.events, r->rates.spikes1, r->rates.spikes2, r->rates.events_per_s, r->rates.spikes_per_s,
                r->grad_norm, r->lr, r->samples_per_s, r->left_s / 60.0);
    if (r->evaluated)
        gws_cli_log(GWS_LOG_INFO,
                    "held out, SNR 8-15: AUC spiking %.4f linear %.4f; louder than all noise: spiking %.3f linear %.3f",
                    r->auc_spiking, r->auc_linear, r->eff_spiking, r->eff_linear);
    if (r->measured)
        show_distance(r);
}

static int progress(void *user, double done, double total, const char *note)
{
    screen *s = user;
    if (!s->calibrating && strncmp(note, "calibrating", 11) == 0) {
        s->calibrating = 1;
        gws_bar_clear(&s->bar);
        if (s->out)
            gws_cli_log(GWS_LOG_INFO, "trained: %s.ckpt; calibrating: %.3g h of background, then signals in it", s->out, total);
        s->bar = gws_bar_start();
    }
    const int counts_hours = strncmp(note, "calibrating: hours", 18) == 0;
    s->bar.unit = counts_hours ? GWS_REAL_TIME : NULL;
    s->bar.each = 3600;
    gws_interrupt_grace(0.5); /* nothing to save */
    return gws_bar_show(&s->bar, done, total, note);
}

static int stop(void *user)
{
    gws_interrupt_grace(5); /* what was learned is worth the wait; mostly it is a fraction of a step */
    return gws_interrupted != 0;
}

/* What is written besides the model. */
static gws_status begin_outputs(gws_cli *cli, const char *out, const char *candidates, const char *logdir, int resume, gws_err *err)
{
    char path[1024];

    if (snprintf(path, sizeof path, "%s.ckpt", out) >= (int)sizeof path)
        return gws_err_set(err, GWS_EARG, "%s: too long a name", out);
    if (!resume && !cli->force && gws_file_exists(path))
        return gws_err_set(err, GWS_EIO, "%s exists; --resume goes on with it, --force begins anew", path);
    gws_status status = gws_cli_output(cli, path, GWS_FORMAT_DERIVED, GWS_OUTPUT_AGAIN | (resume ? GWS_OUTPUT_OWN : 0), err);
    if (!status && candidates && !gws_file_exists(candidates))
        status = gws_cli_output(cli, candidates, GWS_FORMAT_HDF5, GWS_OUTPUT_AGAIN | GWS_OUTPUT_OWN, err);
    if (status || !logdir)
        return status;
    for (int i = 0; i < GWS_TRACK_FILES && status == GWS_OK; i++) {
        if (snprintf(path, sizeof path, "%s/%s", logdir, gws_track_file[i]) >= (int)sizeof path)
            return gws_err_set(err, GWS_EARG, "%s: too long a name", logdir);
        status = gws_cli_output(cli, path, i == GWS_TRACK_BOARD ? GWS_FORMAT_DERIVED : GWS_FORMAT_LINES, GWS_OUTPUT_APPEND, err);
    }
    return status;
}

static int run(gws_cli *cli, gws_train_options *o, gws_status (*work)(const gws_train_options *o, gws_err *err), int64_t threads,
               screen *s)
{
    gws_err err = {0};
    gws_pool *pool = gws_cli_pool(cli, threads, &err);
    gws_watch *watch = pool ? gws_cli_watch(&err) : NULL;
    o->pool = pool;
    const int bad = !watch || work(o, &err);
    gws_bar_clear(&s->bar);
    gws_watch_destroy(watch);
    gws_pool_destroy(pool);
    if (bad || gws_cli_commit(cli, &err))
        return gws_cli_fail(cli, &err);
    gws_cli_log(GWS_LOG_INFO, "model: %s (gwspike inspect prints its card)", o->out);
    return gws_cli_done(cli);
}

int gws_cmd_train(gws_cli *cli, int argc, char **argv)
{
    const char *recipe = NULL, *out = NULL, *logdir = NULL, *start = NULL, *candidates = NULL, *calibrate = NULL, *held_out = NULL;
    int resume = 0;
    const char *memory = NULL;
    int64_t threads = 0, stop_after = 0, log_every = 20, cap;
    const gws_opt options[] = {
        {'c', "config", GWS_OPT_STRING, &recipe, "RECIPE.ini", "recipe: model, data, phases (see configs/default.ini)", 0},
        GWS_OPT_OUTPUT(&out, "model file; the running checkpoint is FILE.ckpt"),
        {0, "calibrate", GWS_OPT_STRING, &calibrate, "MODEL",
         "train nothing: measure the backgrounds that MODEL lacks, by the recipe inside it, and add them", 0},
        {0, "start", GWS_OPT_STRING, &start, "MODEL", "start from the parameters of this model or checkpoint, not from nothing", 0},
        {0, "candidates", GWS_OPT_STRING, &candidates, "FILE.hdf",
         "candidates: read, or made and written when there is no such file (default: made for this run)", 1},
        {0, "held-out", GWS_OPT_STRING, &held_out, "FILE.hdf",
         "with candidates: what the parameters that were kept make of each held-out one (default: not written)", GWS_OPT_TO_HDF5},
        {0, "resume", GWS_OPT_FLAG, &resume, NULL, "go on from FILE.ckpt, to the same bits as a run that was never stopped", 1},
        {0, "logdir", GWS_OPT_STRING, &logdir, "DIR", "keep a trace of the run in DIR: JSON lines, and events for TensorBoard", 1},
        {0, "log-every", GWS_OPT_INT, &log_every, "N", "steps from report to report (default 20)", 1},
        {0, "stop-after", GWS_OPT_INT, &stop_after, "N", "stop, with a checkpoint, after N steps (default: run to the end)", 1},
        GWS_OPT_THREADS(&threads),
        GWS_OPT_MEMORY(&memory),
    };
    const gws_opts opts = {
        .usage = "-c RECIPE.ini -o MODEL.hdf [--start MODEL] [--resume] [--logdir DIR]\n"
                 "       gwspike train --calibrate MODEL -o MODEL.hdf",
        .about =
            "Train a network from nothing.  The data are simulated as the recipe says.  Contrastive pretraining comes first, then\n"
            "spiking classifier and linear head on the frozen encoder, then all of it together.  At the end hours of background\n"
            "that the network never saw become the false-alarm calibration in the model.  The same recipe gives the same bits,\n"
            "on any number of threads.  ^C saves a checkpoint and stops.\n\n"
            "A model with a matched stem can search any of its detectors, and has a background of each set of them.  --calibrate\n"
            "measures those that a model made before lacks; parameters and what it has stay as they are.\n",
        .examples = "gwspike train -c configs/default.ini -o model.hdf --logdir .\n"
                    "gwspike train -c configs/default.ini -o model.hdf --resume\n"
                    "gwspike train -c configs/bbh-design.ini -o bbh-design.hdf\n"
                    "gwspike train -c tune.ini -o tuned.hdf --start model.hdf\n"
                    "gwspike train --calibrate old.hdf -o new.hdf\n",
        .options = options,
        .n_options = (int)(sizeof options / sizeof *options),
    };
    gws_err err = {0};
    char *text = NULL;
    size_t size;
    screen s = {.bar = gws_bar_start()};
    int status = gws_opts_parse(cli, &opts, argc, argv, NULL, NULL);
    if (status != GWS_OPTS_RUN)
        return status;
    if ((!recipe && !calibrate) || !out)
        return gws_cli_misuse(cli, "%s is missing (--help explains)", recipe || calibrate ? "-o MODEL.hdf" : "-c RECIPE.ini");
    const gws_opt_rule rules[] = {{!resume, "start", "does not go with --resume, which goes on from FILE.ckpt"},
                                  {!calibrate, "config", "does not go with --calibrate, which takes the recipe inside the model"},
                                  {!calibrate, "start candidates held-out resume logdir log-every stop-after memory",
                                   "does not go with --calibrate, which trains nothing"}};
    if (gws_opts_check(cli, &opts, rules, (int)(sizeof rules / sizeof rules[0])))
        return 2;
    if (log_every < 1)
        return gws_cli_misuse(cli, "--log-every wants a whole number from 1, got %lld", (long long)log_every);
    gws_train_options o = {
        .out = out, .command = cli->command, .start = calibrate, .report = show, .stop = stop, .progress = progress, .user = &s};
    if (calibrate)
        return run(cli, &o, gws_train_calibrate, threads, &s);
    s.out = out;
    if (begin_outputs(cli, out, candidates, logdir, resume, &err))
        return gws_cli_fail(cli, &err);
    if (gws_cli_cap(cli, memory, &cap, &err) || gws_file_read(recipe, 1 << 20, &text, &size, &err))
        return gws_cli_fail(cli, &err);
    o.recipe = text;
    o.recipe_name = recipe;
    o.logdir = logdir;
    o.log_every = log_every;
    o.start = start;
    o.candidates = candidates;
    o.held_out = held_out;
    o.resume = resume;
    o.stop_after = stop_after;
    o.memory_bytes = cap;
    status = run(cli, &o, gws_train_run, threads, &s);
    free(text);
    return status;
}
