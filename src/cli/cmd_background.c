/* gwspike background - time slides of strain: what a model finds where nothing is coincident. */
#include "base/file.h"
#include "base/hdf5.h"
#include "base/json.h"
#include "cli/backgrounds.h"
#include "cli/event_out.h"
#include "cli/inputs.h"
#include "cli/interrupt.h"
#include "cli/opts.h"
#include "cli/quality.h"
#include "cli/rate.h"
#include "strain/strain.h"
#include "model/classifier.h"
#include "search/background.h"
#include "stream/feed.h"
#include "stream/slides.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const head_name[2] = {"spiking", "linear"};
static const double shown_rates[] = {1000, 100, 10, 1};
enum { SHOWN_RATES = (int)(sizeof shown_rates / sizeof shown_rates[0]) };
#define SAVE_S 60.0 /* from one save to the next, at least: what a power cut can cost besides the group of slides that it meets */

/* The triggers of a head as far.h wants them; free with gws_calibration_clear. */
static gws_status far_of(const gws_background *b, int head, gws_calibration *out, gws_err *err)
{
    const gws_background_head *h = &b->head[head];

    *out = (gws_calibration){.livetime_s = h->total_s, .complete = 1};
    const gws_status status = gws_calibration_begin(out, h->n, err);
    if (status != GWS_OK)
        return status;
    for (int64_t i = 0; i < h->n; i++)
        if (gws_background_is_slide(b, h->slide[i]))
            gws_calibration_add(out, &(float){(float)h->stat[i]}, 1);
    gws_calibration_sort(out);
    return GWS_OK;
}

/* Without zero lag, which may be the first row. */
static int64_t slides_of(const gws_background *b)
{
    int64_t n = 0;

    for (int64_t k = 0; k < b->slides; k++)
        n += gws_background_is_slide(b, k);
    return n;
}

static void print_json(const gws_background *b, int head, const gws_calibration *far)
{
    const char *ifos[GWS_MODEL_IFOS];
    double at[SHOWN_RATES];
    gws_json *j = gws_json_object();

    for (int i = 0; i < b->n_ifo; i++)
        ifos[i] = b->ifo[i];
    for (int i = 0; i < SHOWN_RATES; i++)
        at[i] = gws_far_threshold(far, shown_rates[i]);
    gws_json_put_string(j, "head", head_name[head]);
    gws_json_put_strings(j, "detectors", ifos, b->n_ifo);
    gws_json_put_i64(j, "slides", slides_of(b));
    gws_json_put_f64(j, "slide_step_s", b->step_s);
    gws_json_put_f64(j, "livetime_s", far->livetime_s);
    gws_json_put_f64(j, "threshold", b->head[head].threshold);
    gws_json_put_i64(j, "triggers", far->n);
    gws_json_put_f64(j, "loudest", far->n ? (double)far->stat[0] : (double)NAN);
    gws_json_put_f64s(j, "far_per_month", shown_rates, SHOWN_RATES);
    gws_json_put_f64s(j, "stat_at_far", at, SHOWN_RATES);
    gws_cli_json(j);
}

static void print_text(const gws_background *b, int head, const gws_calibration *far)
{
    const int64_t slides = slides_of(b);
    char time[GWS_RATE_TEXT];

    gws_livetime_text(far->livetime_s, time);
    printf("%s head: %lld trigger%s above %.4g in %s of ", head_name[head], (long long)far->n, far->n == 1 ? "" : "s",
           b->head[head].threshold, time);
    if (b->n_ifo == 1)
        printf("%s as it is", b->ifo[0]);
    else
        printf("%lld slide%s, %g s apart", (long long)slides, slides == 1 ? "" : "s", b->step_s);
    if (far->n)
        printf("; loudest %.4g", (double)far->stat[0]);
    printf("\n");
    for (int i = 0; i < SHOWN_RATES; i++) {
        const double at = gws_far_threshold(far, shown_rates[i]);
        if (!isnan(at))
            printf("  above %.4g: %g false alarms in 30 days\n", at, shown_rates[i]);
    }
}

static gws_status print_heads(const gws_background *b, int json, gws_err *err)
{
    for (int h = 0; h < 2; h++) {
        gws_calibration far;
        if (!b->head[h].livetime_s)
            continue;
        gws_status status = far_of(b, h, &far, err);
        if (status != GWS_OK)
            return status;
        (json ? print_json : print_text)(b, h, &far);
        gws_calibration_clear(&far);
    }
    return GWS_OK;
}

/* The bytes that slides take with so many stretches side by side. */
typedef struct budget {
    gws_strain_set *set;
    const gws_feed_plan *plan;
    const gws_model *model;
    gws_slides_params p;
    int64_t others;
} budget;

static int64_t need_of_streams(void *user, int64_t streams)
{
    budget *b = user;

    b->p.streams = (int)streams;
    return b->others + gws_slides_bytes(b->set, b->plan, b->model, &b->p);
}

/* Choose as many stretches side by side as the memory allows, up to the default; whitened strain goes to a work file in a folder
 * when it does not leave room for one. */
static gws_status choose_streams(gws_cli *cli, const char *memory, const char *folder, budget *b, gws_slides_params *p,
                                 gws_err *err)
{
    const int most = gws_slides_streams(b->model, p);
    gws_memory now;
    int64_t cap, made;
    gws_status status;

    if ((status = gws_cli_cap(cli, memory, &cap, err)) != GWS_OK || (status = gws_strain_bytes(b->set, &made, err)) != GWS_OK)
        return status;
    gws_memory_now(&now);
    b->others = now.resident_bytes + made;
    b->p = *p;
    if ((p->streams = (int)gws_memory_fit(cap, 1, most, need_of_streams, b)) == 0) {
        b->p.work = p->work = folder;
        p->streams = (int)gws_memory_fit(cap, 1, most, need_of_streams, b);
    }
    p->memory = cap - b->others > 0 ? cap - b->others : 1;
    if (p->streams == 0)
        return gws_memory_check(cap, "--slides", 1, 1, need_of_streams, b, err);
    return GWS_OK;
}

/* The folder of a file, or the present one; the caller frees. */
static char *folder_of(const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;

    return !slash ? strdup(".") : slash == path ? strdup("/") : strndup(path, (size_t)(slash - path));
}

/* What the user asked for. */
typedef struct wish {
    const char *whitening, *model, *out, *memory, *keep;
    int64_t slides, step_s, threads;
    double threshold[2];
    int zero_lag, json, resume;
    gws_strain_use use;
} wish;

/* Returns 0, or 2 after the message. */
static int check_wish(gws_cli *cli, wish *w)
{
    if (w->slides < 1 || w->slides > GWS_SLIDES_MAX)
        return gws_cli_misuse(cli, "--slides %lld, wanted 1 to %d", (long long)w->slides, GWS_SLIDES_MAX);
    if (w->step_s < 1 || w->step_s > 1000000)
        return gws_cli_misuse(cli, "--slide-step %lld, wanted 1 to 1000000 s", (long long)w->step_s);
    if (gws_keep_parse(w->keep, &w->use))
        return gws_cli_misuse(cli, "--keep is cat1, injections or cat1,injections, got '%s'", w->keep);
    return 0;
}

/* The file as it grows. */
typedef struct file {
    gws_cli *cli;
    const char *path, *sha256; /* of the strain; path NULL: there is none */
    int64_t slides;            /* rows that it has */
    double saved_s;
} file;

static gws_status save(file *f, const gws_background *b, gws_err *err)
{
    if (!f->path || b->slides == f->slides || !(b->head[GWS_HEAD_SPIKING].total_s > 0))
        return GWS_OK;
    gws_h5 *out = gws_h5_create(f->path, err);
    if (!out)
        return err->status;
    gws_status status = gws_background_write(out, b, err);
    if (status == GWS_OK)
        status = gws_event_file_finish(&out, f->cli->command, -1, f->sha256, err);
    gws_h5_close(out);
    if (status != GWS_OK)
        return status;
    f->slides = b->slides;
    f->saved_s = gws_now_s();
    return GWS_OK;
}

/* The first group at once, and then not too often. */
static gws_status on_whole(void *user, const gws_background *b, gws_err *err)
{
    file *f = user;
    return f->saved_s > 0 && gws_now_s() - f->saved_s < SAVE_S ? GWS_OK : save(f, b, err);
}

static int show(void *user, double done, double total, const char *note)
{
    if (note && strcmp(note, GWS_SLIDES_NOTE) == 0)
        gws_interrupt_grace(5); /* whole slides are worth the wait */
    return gws_bar_show(user, done, total, note);
}

/* The slides that are there, which have to be of this model and these files. */
static gws_status load(const wish *w, const char *model_sha256, const char *sha256, gws_background *b, gws_err *err)
{
    gws_status status = gws_background_load(w->out, b, err);

    if (status == GWS_OK && strcmp(b->model, model_sha256) != 0)
        return gws_err_set(err, GWS_EDATA, "%s: background of another model (SHA-256 %.12s...) than %s (%.12s...)", w->out,
                           b->model, w->model, model_sha256);
    if (status == GWS_OK && (!b->strain || strcmp(b->strain, sha256) != 0))
        return gws_err_set(err, GWS_EDATA, "%s: background of other strain files; gwspike inspect lists them", w->out);
    return status;
}

/* Say where a run that was stopped left its work. */
static void say_stopped(const file *f, const gws_background *b, gws_err *err)
{
    const int64_t slides = slides_of(b);

    if (f->slides > 0)
        gws_err_set(err, GWS_ESTOP, "stopped; %s has %lld whole slide%s, --resume goes on from there", f->path, (long long)slides,
                    slides == 1 ? "" : "s");
    else if (f->path)
        gws_err_set(err, GWS_ESTOP, "stopped before a slide was whole");
}

/* Search what is missing, and keep what is whole. */
static gws_status search(gws_strain_set *set, const gws_feed_plan *plan, const gws_model *model, gws_slides_params *p, file *f,
                         gws_background *b, gws_err *err)
{
    const int64_t there = f->slides;
    const double t0_s = gws_now_s(), before_s = b->head[0].total_s;
    gws_bar bar = gws_bar_start();
    gws_err lost = {0};

    bar.unit = GWS_REAL_TIME;
    bar.each = 1;
    p->progress = (gws_progress){show, &bar};
    p->whole = on_whole;
    p->user = f;
    gws_status status = gws_slides_run(set, plan, model, p, b, err);
    gws_bar_clear(&bar);
    if (status != GWS_OK && there > 0 && b->slides == there)
        gws_err_prefix(err, "%s", f->path);
    if (save(f, b, &lost) != GWS_OK && (status == GWS_OK || status == GWS_ESTOP)) {
        *err = lost;
        return lost.status;
    }
    if (status == GWS_ESTOP)
        say_stopped(f, b, err);
    if (status == GWS_OK && b->slides == there)
        gws_cli_log(GWS_LOG_INFO, "%s has %lld slide%s: nothing is left to do", f->path, (long long)slides_of(b),
                    slides_of(b) == 1 ? "" : "s");
    else if (status == GWS_OK)
        gws_cli_log(GWS_LOG_DEBUG, "%.1f s of slides in %.2f s: %.0f a second; %d side by side%s", b->head[0].total_s - before_s,
                    gws_now_s() - t0_s, (b->head[0].total_s - before_s) / (gws_now_s() - t0_s), p->streams,
                    p->work ? "; whitened strain in a work file" : "");
    return status;
}

static int run(gws_cli *cli, wish *w, char **inputs, int n_inputs)
{
    gws_err err = {0};
    gws_model *whole = NULL, *model = NULL; /* model: with the detectors that have files */
    gws_strain_set *set = NULL;
    gws_pool *pool = NULL;
    gws_watch *watch = NULL;
    file f = {.cli = cli, .path = w->out};
    gws_feed_plan plan;
    gws_background b = {0};
    char model_sha256[65], *folder = folder_of(w->out);
    int status = 1;

    if (!folder) {
        gws_err_set(&err, GWS_ENOMEM, "no memory for a name");
        goto fail;
    }
    if (!(w->model = gws_cli_model(cli, w->model, &err)) || !(whole = gws_model_load(w->model, &err)) ||
        gws_whitening_set(whole, w->whitening, &err) != GWS_OK || gws_file_sha256(w->model, model_sha256, &err) != GWS_OK ||
        !(pool = gws_cli_pool(cli, w->threads, &err)) || !(set = gws_cli_strain(cli, inputs, n_inputs, &w->use, pool, &err)) ||
        !(model = gws_feed_model(set, whole, &err)) || gws_feed_plan_make(set, gws_model_describe(model), &plan, &err) != GWS_OK)
        goto fail;
    if (plan.n_ifo == 1)
        gws_cli_log(
            GWS_LOG_WARNING,
            "%s alone cannot be moved against another detector: every trigger counts, a signal's too, and rates are upper bounds",
            plan.ifo[0]);
    gws_slides_params p = {.slides = w->slides,
                           .step_s = w->step_s,
                           .zero_lag = w->zero_lag,
                           .threshold = {w->threshold[0], w->threshold[1]},
                           .block = cli->machine.block,
                           .pool = pool};
    if (w->out && !(f.sha256 = gws_strain_sha256(set, &err)))
        goto fail;
    if (w->resume && gws_file_exists(w->out) && load(w, model_sha256, f.sha256, &b, &err) != GWS_OK)
        goto fail;
    const int64_t there = f.slides = b.slides;
    memcpy(b.model, model_sha256, sizeof b.model);
    budget need = {.set = set, .plan = &plan, .model = model};
    if (choose_streams(cli, w->memory, folder, &need, &p, &err) != GWS_OK || !(watch = gws_cli_watch(&err)) ||
        search(set, &plan, model, &p, &f, &b, &err) != GWS_OK || gws_cli_commit(cli, &err) != GWS_OK ||
        print_heads(&b, w->json, &err) != GWS_OK)
        goto fail;
    if (b.slides > there)
        gws_losses_print(w->json ? NULL : stdout, set, plan.index, plan.n_ifo, 1);
    status = gws_cli_done(cli);
    goto done;
fail:
    status = gws_cli_fail(cli, &err);
done:
    gws_watch_destroy(watch);
    gws_background_clear(&b);
    gws_pool_destroy(pool);
    gws_strain_destroy(set);
    if (model != whole)
        gws_model_destroy(model);
    gws_model_destroy(whole);
    free(folder);
    return status;
}

int gws_cmd_background(gws_cli *cli, int argc, char **argv)
{
    wish w = {.slides = 100, .step_s = 4, .threshold = {(double)NAN, (double)NAN}};
    int n_inputs = 0;
    char **inputs = NULL;
    const gws_opt options[] = {
        GWS_OPT_MODEL(&w.model),
        GWS_OPT_WHITENING(&w.whitening),
        GWS_OPT_OUTPUT_AS(&w.out, GWS_OPT_TO_GROWING, "the background, for detect --background (HDF5)"),
        {0, "resume", GWS_OPT_FLAG, &w.resume, NULL, "go on from FILE, to the same bytes as one run of all slides", 1},
        GWS_OPT_JSON(&w.json),
        {0, "slides", GWS_OPT_INT, &w.slides, "N", "time slides (default 100)", 0},
        {0, "slide-step", GWS_OPT_INT, &w.step_s, "S", "whole seconds from one slide to the next (default 4)", 0},
        {0, "zero-lag", GWS_OPT_FLAG, &w.zero_lag, NULL, "search the data as they are too, as slide 0; that is no background", 0},
        {0, "threshold", GWS_OPT_DOUBLE, &w.threshold[0], "X", "keep triggers above this statistic (default: the model's)", 0},
        {0, "threshold-linear", GWS_OPT_DOUBLE, &w.threshold[1], "X", "the same of the linear head", 0},
        GWS_OPT_KEEP(&w.keep),
        GWS_OPTS_SELECT(&cli->select),
        GWS_OPT_THREADS(&w.threads),
        GWS_OPT_MEMORY(&w.memory),
    };
    const gws_opts opts = {
        .usage = "[-m MODEL] [--slides N] [--resume] INPUT... -o BG.hdf",
        .about =
            "Measure how often a model finds something where there is nothing: time slides of strain.  In slide k the second\n"
            "detector is read k steps later than the first, the third 2k steps, much longer than light and templates take, so no\n"
            "signal is coincident.  Each slide is searched as detect would search it; nothing wraps around, and gaps are gaps.\n"
            "INPUT is what detect takes, sim:... included.\n\n"
            "Files of some of the detectors of a model with a matched stem give the background of these alone.  One detector\n"
            "cannot be moved against another: its data are searched as they are and every trigger counts, those of signals too,\n"
            "so that its rates are upper bounds.\n\n"
            "Each detector is read and whitened once, and filtered once for 64 slides by a matched stem whose network sleeps.\n"
            "The file holds the triggers of all slides and of both heads, the live time of each slide, and whose model it is:\n"
            "gwspike detect --background BG.hdf then takes its false-alarm rates from it, (n+1)/T with n triggers as loud in the\n"
            "live time T of all slides.  Triggers that a real signal makes with the other detector's noise are in it, so rates "
            "are\n"
            "upper bounds; detect --remove-loud takes out what lies near events louder than all of it.\n\n"
            "Whitened strain takes 0.7 GB a day and detector, of memory, or beyond --memory of a work file beside the output.\n\n"
            "Slides go in groups of 64.  A file with fewer is a background too: a run that is stopped keeps the groups that are\n"
            "whole, and one that is killed those that were whole a minute before.  --resume goes on from there, or from a\n"
            "finished file to more --slides: it whitens again, searches the slides that are missing, and leaves the file that one\n"
            "run would have made.  Model, strain and what is asked of the slides have to be the same; where there is no file it\n"
            "begins.",
        .examples =
            "gwspike background --slides 1000 H-H1_*.hdf5 L-L1_*.hdf5 -o bg.hdf\n"
            "gwspike background --resume --slides 2000 H-H1_*.hdf5 L-L1_*.hdf5 -o bg.hdf\n"
            "gwspike background -m models/bbh-design.hdf --slides 200 sim:mlgwsc=1,seed=7,duration=86400,part=bg -o bg.hdf\n"
            "gwspike detect --background bg.hdf --remove-loud H-H1_*.hdf5 L-L1_*.hdf5",
        .options = options,
        .n_options = (int)(sizeof options / sizeof options[0]),
        .min_inputs = 1,
        .max_inputs = -1,
        .input = "at least one strain file",
    };
    int parsed = gws_opts_parse(cli, &opts, argc, argv, &inputs, &n_inputs);

    if (parsed != GWS_OPTS_RUN)
        return parsed;
    if (check_wish(cli, &w))
        return 2;
    if (w.resume && !w.out)
        return gws_cli_misuse(cli, "--resume goes with -o BG.hdf, from which it goes on");
    return run(cli, &w, inputs, n_inputs);
}
