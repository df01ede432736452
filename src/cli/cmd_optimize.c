/* gwspike optimize - threads, block length and batch size that suit this machine, found by measuring. */
#include "base/arena.h"
#include "base/cpu.h"
#include "base/json.h"
#include "perf/measure.h"
#include "base/rng.h"
#include "cli/opts.h"
#include "perf/workload.h"
#include "plot/plot.h"
#include "model/classifier.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW_S 4.0
#define LEAST_RUNS 3
#define POINTS 16
#define BAR 40
#define STREAM_S 64 /* of one run of the network over a stream: what a search reads at once */

typedef struct curve {
    const char *what, *unit;
    double x[POINTS], rate[POINTS];
    int n, chosen;
} curve;

typedef struct optimizer {
    gws_workload w;
    int64_t cap, T;
    double seconds; /* that a point is measured for at least */
    int batch;      /* that a number of threads is tried with */
    curve threads, batches, blocks;
} optimizer;

/* The smallest whose rate is within so much of the best: beyond it memory and latency are paid for nothing. */
static void choose(curve *c, double within)
{
    double best = 0.0;
    for (int i = 0; i < c->n; i++)
        best = fmax(best, c->rate[i]);
    for (c->chosen = 0; c->chosen < c->n - 1 && c->rate[c->chosen] < (1.0 - within) * best; c->chosen++)
        ;
}

static void add(curve *c, double x, double rate)
{
    if (c->n < POINTS) {
        c->x[c->n] = x;
        c->rate[c->n++] = rate;
    }
}

static int64_t need_of_batch(void *user, int64_t batch)
{
    const optimizer *o = user;
    gws_memory now;
    gws_memory_now(&now);
    return now.resident_bytes + gws_bench_train_bytes(&o->w, (int)batch, o->T, gws_cpu_count());
}

/* Windows a second in training. */
static gws_status try_training(optimizer *o, curve *c, double x, int batch, int threads, gws_err *err)
{
    gws_bench_train t = {0};
    gws_pool *pool = gws_pool_create(threads, err);
    gws_status st = pool ? gws_bench_train_create(&t, &o->w, batch, o->T, pool, err) : err->status;
    if (st == GWS_OK) {
        const gws_timing took = gws_measure(gws_bench_train_run, &t, o->seconds, LEAST_RUNS);
        if ((st = t.status))
            *err = t.err;
        add(c, x, batch / took.median_s);
    }
    gws_bench_train_clear(&t);
    gws_pool_destroy(pool);
    return st;
}

typedef struct stream {
    gws_classifier *d;
    const float *w[GWS_MODEL_IFOS];
    int64_t at, n;
} stream;

static void run_stream(void *user)
{
    stream *s = user;
    gws_classifier_push(s->d, s->at, s->w, s->n, NULL, NULL);
    s->at += s->n;
}

/* Seconds of data a second through the network, one stream. */
static gws_status try_blocks(optimizer *o, int threads, gws_err *err)
{
    gws_model *m = gws_model_borrow(&o->w.c, err);
    if (!m)
        return err->status;
    gws_pool *pool = gws_pool_create(threads, err);
    const int rate = o->w.c.arch.rate_hz;
    gws_status st = pool ? GWS_OK : err->status;
    float *noise = gws_arena_alloc((size_t)GWS_MODEL_IFOS * STREAM_S * (size_t)rate * sizeof *noise);
    gws_rng r = gws_rng_init(1, "optimize", 0);
    if (!noise)
        st = gws_err_set(err, GWS_ENOMEM, "no memory for a stream");
    for (int64_t i = 0; noise && i < (int64_t)GWS_MODEL_IFOS * STREAM_S * rate; i++)
        noise[i] = (float)gws_rng_normal(&r);
    for (int block = 8; block <= 1024 && st == GWS_OK && gws_classifier_bytes(m, 1, block, pool) <= o->cap; block *= 2) {
        stream s = {.d = gws_classifier_create_many(m, 1, block, pool, err), .n = (int64_t)STREAM_S * rate};
        for (int i = 0; i < GWS_MODEL_IFOS; i++)
            s.w[i] = noise + (int64_t)i * STREAM_S * rate;
        if (s.d)
            add(&o->blocks, block, STREAM_S / gws_measure(run_stream, &s, o->seconds, LEAST_RUNS).median_s);
        else
            st = err->status;
        gws_classifier_destroy(s.d);
    }
    gws_arena_free(noise);
    gws_pool_destroy(pool);
    gws_model_destroy(m);
    return st;
}

static void show(const curve *c, int json)
{
    double best = 0.0;
    for (int i = 0; i < c->n; i++)
        best = fmax(best, c->rate[i]);
    if (!json)
        printf("\n%s\n", c->what);
    for (int i = 0; i < c->n; i++) {
        if (json) {
            gws_json *j = gws_json_object();
            gws_json_put_string(j, "name", c->what);
            gws_json_put_f64(j, "size", c->x[i]);
            gws_json_put_f64(j, "rate", c->rate[i]);
            gws_json_put_string(j, "unit", c->unit);
            gws_json_put_bool(j, "chosen", i == c->chosen);
            gws_cli_json(j);
            continue;
        }
        char bar[BAR + 1];
        const int n = (int)lround(BAR * c->rate[i] / best);
        memset(bar, '#', (size_t)n);
        bar[n] = 0;
        printf("%s %5.0f  %-*s %10.4g %s\n", i == c->chosen ? "*" : " ", c->x[i], BAR, bar, c->rate[i], c->unit);
    }
    fflush(stdout);
}

/* The curve of one setting; one number alone, as of threads with one processor, has its double beside it. */
static void draw_curve(gws_plot *p, gws_box box, const curve *c)
{
    const gws_mark tried = {GWS_DISC, GWS_PURPLE, 6}, chosen = {GWS_DISC, GWS_VERMILLION, 9};
    double top = 0.0;

    for (int i = 0; i < c->n; i++)
        top = fmax(top, c->rate[i]);
    gws_panel *q = gws_plot_panel(
        p, box, &(gws_axis){c->x[0] / sqrt(2), fmax(c->x[c->n - 1], 2 * c->x[0]) * sqrt(2), GWS_LOG2, GWS_NUMBERS, c->what},
        &(gws_axis){0.0, 1.1 * top, GWS_LINEAR, GWS_NUMBERS, c->unit});
    gws_panel_line(q, c->x, c->rate, c->n, gws_style_lines[0]);
    for (int i = 0; i < c->n; i++)
        gws_panel_mark(q, c->x[i], c->rate[i], i == c->chosen ? chosen : tried);
    gws_panel_legend(q, &(gws_key){.name = "chosen", .mark = &chosen}, 1);
}

static gws_status draw(const optimizer *o, const char *path, gws_err *err)
{
    const curve *const all[3] = {&o->threads, &o->batches, &o->blocks};
    char cpu[128];
    gws_plot *p = gws_plot_create(path, 960, 360, err);

    if (!p)
        return err->status;
    gws_cpu_model(cpu);
    gws_plot_title(p, "What this machine does best with", cpu);
    for (int k = 0; k < 3; k++)
        draw_curve(p, (gws_box){80 + 308.0 * k, 100, 232, 200}, all[k]);
    const gws_status status = gws_plot_save(p, err);
    gws_plot_destroy(p);
    return status;
}

static gws_status run(optimizer *o, int64_t most, int json, gws_err *err)
{
    const int all = gws_cpu_count();
    gws_status st = GWS_OK;
    o->batch = (int)gws_memory_fit(o->cap, 1, most < 16 ? most : 16, need_of_batch, o);
    for (int t = 1; t <= all && st == GWS_OK; t = t < all && 2 * t > all ? all : 2 * t)
        st = try_training(o, &o->threads, t, o->batch, t, err);
    if (st)
        return st;
    choose(&o->threads, 0.02);
    show(&o->threads, json);
    const int threads = (int)o->threads.x[o->threads.chosen];
    for (int64_t B = 1; B <= most && st == GWS_OK && need_of_batch(o, B) <= o->cap; B *= 2)
        st = try_training(o, &o->batches, (double)B, (int)B, threads, err);
    if (st)
        return st;
    choose(&o->batches, 0.05);
    show(&o->batches, json);
    if ((st = try_blocks(o, threads, err)))
        return st;
    if (o->blocks.n == 0)
        return gws_err_set(err, GWS_ENOMEM, "no block of steps fits under the cap");
    choose(&o->blocks, 0.02);
    show(&o->blocks, json);
    return GWS_OK;
}

int gws_cmd_optimize(gws_cli *cli, int argc, char **argv)
{
    const char *config = "default", *memory = NULL, *out = NULL, *plot = NULL;
    int64_t most = 64;
    optimizer o = {.seconds = 0.3,
                   .threads = {.what = "threads", .unit = "windows/s"},
                   .batches = {.what = "batch", .unit = "windows/s"},
                   .blocks = {.what = "block", .unit = "x real time"}};
    int json = 0, status = 1;
    const gws_opt options[] = {
        {'c', "config", GWS_OPT_STRING, &config, "NAME", "default, seed or a recipe's file (default: default)", 0},
        {0, "seconds", GWS_OPT_DOUBLE, &o.seconds, "S", "measure every point for at least so long (default 0.3)", 0},
        {0, "batch", GWS_OPT_INT, &most, "N", "largest batch to try (default 64)", 0},
        GWS_OPT_OUTPUT_AS(&out, GWS_OPT_TO_INI,
                          "where to write what was found (default: gwspike/machine.ini in the user's configuration)"),
        {0, "plot", GWS_OPT_STRING, &plot, "FILE", "the curves as a figure, .png, .svg or .pdf", GWS_OPT_TO_FIGURE},
        GWS_OPT_JSON(&json),
        GWS_OPT_MEMORY(&memory),
    };
    const gws_opts opts = {
        .usage = "[--config NAME] [--batch N] [-o FILE] [--plot FILE] [--json]",
        .about =
            "Measure training with 1, 2, 4 ... threads and batches of 1, 2, 4 ... windows, and the network over a stream in blocks "
            "of\n"
            "8 to 1024 steps, as far as they fit under the cap on memory; choose the smallest that is within some percent of the\n"
            "fastest; and write it down.\n\n"
            "Later runs on this machine take from there the number of threads (where -j is not given) and the length of blocks,\n"
            "neither of which changes a byte.  The batch is a suggestion for recipes, and what `profile` uses; training takes its\n"
            "own from the recipe.",
        .examples = "gwspike optimize\n"
                    "gwspike optimize --memory 2G --plot curves.png -o machine.ini",
        .options = options,
        .n_options = (int)(sizeof options / sizeof options[0]),
        .max_inputs = 0,
    };
    gws_err err = {0};
    gws_watch *watch = NULL;
    char path[1024];
    int parsed = gws_opts_parse(cli, &opts, argc, argv, NULL, NULL);

    if (parsed != GWS_OPTS_RUN)
        return parsed;
    if (most < 1 || most > 4096)
        return gws_cli_misuse(cli, "--batch is 1 to 4096, got %lld", (long long)most);
    if (!(o.seconds >= 0.0 && o.seconds <= 3600.0))
        return gws_cli_misuse(cli, "--seconds is 0 to 3600, got %g", o.seconds);
    if (!out && !cli->machine_path[0])
        return gws_cli_misuse(cli, "-o FILE is missing, and there is no home to write to");
    if (!out) {
        out = cli->machine_path;
        gws_machine_make_folders(out);
        if (gws_cli_output(cli, out, GWS_FORMAT_INI, 0, &err) != GWS_OK)
            goto fail;
    }
    if (gws_cli_cap(cli, memory, &o.cap, &err) || gws_cli_recipe(cli, config, path, &err) ||
        gws_workload_open(&o.w, path, gws_cli_default_model(cli), &err))
        goto fail;
    o.T = gws_workload_steps(&o.w, WINDOW_S);
    if (gws_memory_check(o.cap, "batch", 1, 1, need_of_batch, &o, &err) || !(watch = gws_cli_watch(&err)) ||
        run(&o, most, json, &err) || (plot && draw(&o, plot, &err)))
        goto fail;
    const gws_machine found = {.threads = (int)o.threads.x[o.threads.chosen],
                               .block = (int)o.blocks.x[o.blocks.chosen],
                               .batch = (int)o.batches.x[o.batches.chosen]};
    if (gws_machine_save(out, &found, &err) || gws_cli_commit(cli, &err))
        goto fail;
    if (!json)
        printf("\nthreads %d, block %d, batch %d\n", found.threads, found.block, found.batch);
    gws_cli_log(GWS_LOG_INFO, "written: %s", out);
    status = gws_cli_done(cli);
    goto done;
fail:
    status = gws_cli_fail(cli, &err);
done:
    gws_watch_destroy(watch);
    gws_workload_clear(&o.w);
    return status;
}
