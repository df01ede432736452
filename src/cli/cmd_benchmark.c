/* gwspike benchmark - how fast this machine runs the line, row by row. */
#include "base/array.h"
#include "base/cpu.h"
#include "base/file.h"
#include "base/json.h"
#include "cli/interrupt.h"
#include "cli/opts.h"
#include "nn/kernels/kernels.h"
#include "perf/benchmark.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY = 256 };

/* A row of an earlier run. */
typedef struct saved {
    char key[KEY];
    double value;
} saved;

/* What the rows are shown on. */
typedef struct screen {
    gws_bench_wish wish;
    int json;
    FILE *save;
    int unsaved; /* a row got no memory */
    saved *before;
    int64_t n, room;
} screen;

/* Rows of an earlier run are known by name, shape and config.  Other threads or another batch are what one may want to compare. */
static void saved_key(const char *name, const char *shape, const char *config, char out[KEY])
{
    snprintf(out, KEY, "%s %s %s", name, shape, config);
}

/* The number of this row in the earlier run; NaN when it has none. */
static double find_before(const screen *s, const gws_bench_row *r)
{
    char key[KEY];
    saved_key(r->name, r->shape, s->wish.config, key);
    for (int64_t i = s->n - 1; i >= 0; i--) /* the last of several */
        if (strcmp(s->before[i].key, key) == 0)
            return s->before[i].value;
    return (double)NAN;
}

static gws_json *object_of(const screen *s, const gws_bench_row *r, double before)
{
    gws_json *j = gws_json_object();
    gws_json_put_string(j, "name", r->name);
    gws_json_put_i64(j, "batch", s->wish.batch);
    if (r->unit) {
        gws_json_put_f64(j, "value", r->value);
        gws_json_put_string(j, "unit", r->unit);
    } else {
        gws_json_put_f64(j, "median_ms", r->ms);
        gws_json_put_f64(j, "min_ms", r->min_ms);
    }
    gws_json_put_f64(j, r->unit ? "target" : "target_ms", r->target);
    if (isnan(r->target))
        gws_json_put_null(j, "met");
    else
        gws_json_put_bool(j, "met", gws_bench_met(r));
    if (!r->unit) {
        gws_json_put_f64(j, "spread_ms", r->spread_ms);
        gws_json_put_i64(j, "runs", r->runs);
    }
    if (r->gflops > 0.0) {
        gws_json_put_f64(j, "gflops", r->gflops);
        gws_json_put_f64(j, "share_of_peak", r->share);
    }
    if (r->shape[0])
        gws_json_put_string(j, "shape", r->shape);
    gws_json_put_string(j, "config", s->wish.config);
    gws_json_put_i64(j, "threads", s->wish.threads);
    if (!isnan(before)) {
        gws_json_put_f64(j, "before", before);
        gws_json_put_f64(j, "ratio", gws_bench_number(r) / before);
    }
    return j;
}

static void print_text(const gws_bench_row *r, double before)
{
    char target[32] = "", share[40] = "", spread[24] = "";
    const double v = gws_bench_number(r);
    if (!isnan(r->target))
        snprintf(target, sizeof target, "%s %-7.4g %s", r->side == GWS_BENCH_LESS ? "<" : ">", r->target,
                 gws_bench_met(r) ? "met" : "MISSED");
    if (r->gflops > 0.0)
        snprintf(share, sizeof share, "%.1f GFLOP/s, %.0f%% of peak", r->gflops, 100.0 * r->share);
    if (!r->unit)
        snprintf(spread, sizeof spread, "+-%.2g (%d)", 0.5 * r->spread_ms, r->runs);
    if (isnan(v)) {
        printf("%-26s %-14s %10s %-10s\n", r->name, r->shape, "-", r->unit ? r->unit : "ms");
        return;
    }
    printf("%-26s %-14s %10.4g %-10s %-15s %-17s %s", r->name, r->shape, v, r->unit ? r->unit : "ms", spread, target, share);
    if (!isnan(before))
        printf("%sbefore %.4g, ratio %.3f", share[0] ? "; " : "", before, v / before);
    printf("\n");
}

static void show(void *user, const gws_bench_row *r)
{
    screen *s = user;
    const double before = find_before(s, r);
    if (s->json)
        gws_cli_json(object_of(s, r, before));
    else
        print_text(r, before);
    fflush(stdout);
    if (s->save && gws_json_print(object_of(s, r, before), s->save) != 0)
        s->unsaved = 1;
}

static void show_machine(void *user, const gws_bench_machine *m)
{
    const screen *s = user;
    const gws_bench_wish *w = &s->wish;
    char cpu[128];
    if (s->json)
        return;
    gws_cpu_model(cpu);
    printf("%s, %s, %d thread%s; config %s, batch %d, windows of %.0f s%s\n", cpu, gws_isa_name(gws_kernels_get()->isa), w->threads,
           w->threads == 1 ? "" : "s", w->config, w->batch, GWS_BENCH_WINDOW_S,
           m->trained ? ", parameters of the model that it made" : "");
    if (m->scale < 1.0)
        printf("Targets are of a machine of %.0f GFLOP/s; this one has %.0f: those of arithmetic are divided by %.3f.\n",
               GWS_BENCH_REFERENCE_GFLOPS, m->peak_gflops, m->scale);
    if (w->batch != GWS_BENCH_REFERENCE_BATCH)
        printf("Targets of a batch are of batch %d: left out here.\n", GWS_BENCH_REFERENCE_BATCH);
    printf("\n%-26s %-14s %10s %-10s %-15s %-17s\n", "row", "shape", "median", "", "spread (runs)", "target");
}

/* One line of a file that --save wrote. */
static gws_status load_row(screen *s, const char *path, int line, const char *text, size_t size, gws_err *err)
{
    gws_status status = GWS_OK;
    gws_json *j = gws_json_parse(text, size);
    const char *name = j ? gws_json_get_string(j, "name") : NULL;
    double value;
    if (!name) {
        status = gws_err_set(err, GWS_EFORMAT, "%s: line %d is not a row that benchmark --save wrote", path, line);
    } else if (gws_json_get_f64(j, "median_ms", &value) || gws_json_get_f64(j, "value", &value)) {
        const char *shape = gws_json_get_string(j, "shape"), *config = gws_json_get_string(j, "config");
        if (GWS_ARRAY_ROOM(s->before, s->room, s->n + 1)) {
            saved *to = &s->before[s->n++];
            saved_key(name, shape ? shape : "", config ? config : "", to->key);
            to->value = value;
        } else {
            status = gws_err_set(err, GWS_ENOMEM, "%s: no memory for its rows", path);
        }
    }
    gws_json_destroy(j);
    return status;
}

static gws_status load_saved(screen *s, const char *path, gws_err *err)
{
    char *text = NULL;
    size_t size;
    gws_status status = gws_file_read(path, 16 << 20, &text, &size, err);
    int line = 0;
    for (const char *at = text; status == GWS_OK && at && *at;) {
        const size_t n = strcspn(at, "\n");
        status = load_row(s, path, ++line, at, n, err);
        at += n + (at[n] != 0);
    }
    free(text);
    return status;
}

static int run(gws_cli *cli, screen *s, const char *memory, const char *save, const char *compare)
{
    char *text = NULL, path[1024];
    size_t size = 0;
    gws_err err = {0};
    int status = 1;
    if (gws_cli_cap(cli, memory, &s->wish.cap, &err) || (compare && load_saved(s, compare, &err)) ||
        gws_cli_recipe(cli, s->wish.config, path, &err))
        goto fail;
    s->wish.recipe = path;
    if (save && !(s->save = open_memstream(&text, &size))) {
        gws_err_set(&err, GWS_ENOMEM, "no memory");
        goto fail;
    }
    if (gws_benchmark_run(&s->wish, &err))
        goto fail;
    if (s->save && (fflush(s->save) != 0 || s->unsaved)) {
        gws_err_set(&err, GWS_ENOMEM, "%s: no memory for the rows", save);
        goto fail;
    }
    if ((save && gws_file_write(save, text, size, &err) != GWS_OK) || gws_cli_commit(cli, &err) != GWS_OK)
        goto fail;
    status = gws_cli_done(cli);
    goto done;
fail:
    status = gws_cli_fail(cli, &err);
done:
    if (s->save)
        fclose(s->save);
    free(s->before);
    free(text);
    return status;
}

static const char about[] =
    "Time every stage of the line on this machine: medians over at least half a second and three runs, the distance "
    "of the\n"
    "quartiles as spread, and beside the stages that are arithmetic their share of the fused multiply-adds that this\n"
    "machine was measured to do on registers alone.\n\n"
    "setup data_batch cpc_forward bridge_forward snn_forward full_pipeline train_step   a batch of windows of 4 s\n"
    "peak_memory_gb    of a process that only trains\n"
    "realtime_factor   strain of all detectors to triggers, conditioning included\n"
    "hop_latency       one hop of one stream, 99.9th percentile\n"
    "spikes_per_s      events and spikes through the spiking layers; snn_rate: their time on events made at four rates\n"
    "energy            NeuroBench's counts, an estimate, and what the processor counted where it says\n"
    "kernel            products and functions, one thread\n"
    "layer_512         a dense layer of 512 spiking neurons, 500 steps, batch 16; layer_4096 only when asked for with "
    "--only\n\n"
    "Targets are of batch 16 on two cores with 444 GFLOP/s; on a machine with less they grow in proportion.\n\n"
    "The default recipe is that of models/cpc.hdf, whose network takes samples.  What a search takes without -m has a\n"
    "matched stem in front: --config bbh-real.";

int gws_cmd_benchmark(gws_cli *cli, int argc, char **argv)
{
    const char *memory = NULL, *save = NULL, *compare = NULL;
    char model[1024];
    screen s = {.wish = {.config = "default", .seconds = 0.5}};
    int64_t batch = GWS_BENCH_REFERENCE_BATCH, threads = 0;
    const gws_opt options[] = {
        {'c', "config", GWS_OPT_STRING, &s.wish.config, "NAME",
         "default (the recipe of models/cpc.hdf), seed, bbh-real or a recipe's file (default: default)", 0},
        {0, "batch", GWS_OPT_INT, &batch, "N", "windows at once (default 16, what the targets are of)", 0},
        {0, "only", GWS_OPT_STRING, &s.wish.only, "ROW,...", "these rows; a beginning such as kernel or layer_512 is enough", 0},
        {0, "seconds", GWS_OPT_DOUBLE, &s.wish.seconds, "S", "measure every row for at least so long (default 0.5)", 0},
        {0, "curves", GWS_OPT_FLAG, &s.wish.curves, NULL, "also how the cost grows with batch, window, threads and streams", 0},
        {0, "save", GWS_OPT_STRING, &save, "FILE", "also write the rows to FILE, .jsonl or .json, for --compare", GWS_OPT_TO_LINES},
        {0, "compare", GWS_OPT_STRING, &compare, "FILE", "show a saved run beside this one: ratio is now over then", 1},
        GWS_OPT_JSON(&s.json),
        GWS_OPT_THREADS(&threads),
        GWS_OPT_MEMORY(&memory),
    };
    const gws_opts opts = {
        .usage =
            "[--config default|seed|FILE] [--batch 16] [--only ROW,...] [--curves] [-j N] [--json]\n[--save FILE] [--compare FILE]",
        .about = about,
        .examples = "gwspike benchmark\n"
                    "gwspike benchmark --config bbh-real --only realtime_factor\n"
                    "gwspike benchmark --config seed --json --save before.jsonl\n"
                    "gwspike benchmark --only train_step,kernel --compare before.jsonl",
        .options = options,
        .n_options = (int)(sizeof options / sizeof options[0]),
        .max_inputs = 0,
    };
    const int parsed = gws_opts_parse(cli, &opts, argc, argv, NULL, NULL);

    if (parsed != GWS_OPTS_RUN)
        return parsed;
    if (batch < 1 || batch > 4096)
        return gws_cli_misuse(cli, "--batch is 1 to 4096, got %lld", (long long)batch);
    if (!(s.wish.seconds >= 0.0 && s.wish.seconds <= 3600.0))
        return gws_cli_misuse(cli, "--seconds is 0 to 3600, got %g", s.wish.seconds);
    s.wish.batch = (int)batch;
    s.wish.threads = (int)(threads ? threads : cli->machine.threads ? cli->machine.threads : gws_cpu_count());
    s.wish.block = cli->machine.block;
    s.wish.model = gws_cli_model_of(cli, s.wish.config, model);
    s.wish.begin = show_machine;
    s.wish.row = show;
    s.wish.in_child = gws_interrupt_in_child;
    s.wish.child = gws_interrupt_child;
    s.wish.user = &s;
    return run(cli, &s, memory, save, compare);
}
