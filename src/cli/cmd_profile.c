/* gwspike profile - where time and memory go, in a training run or in a search. */
#include "base/json.h"
#include "cli/inputs.h"
#include "cli/opts.h"
#include "perf/profile.h"
#include "plot/plot.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN 16 /* tensors in the text */

typedef struct wish {
    const char *config, *model, *memory, *out;
    int64_t threads, steps, batch;
    int json;
} wish;

static void print_json(const gws_profile *p)
{
    for (int i = 0; i < p->n_stages; i++) {
        gws_json *j = gws_json_object();
        gws_json_put_string(j, "kind", "stage");
        gws_json_put_string(j, "name", p->stages[i].name);
        gws_json_put_f64(j, "seconds", p->stages[i].seconds);
        gws_json_put_f64(j, "share", p->stages[i].seconds / p->whole_s);
        gws_json_put_i64(j, "calls", p->stages[i].calls);
        if (p->stages[i].gflops > 0.0)
            gws_json_put_f64(j, "gflops", p->stages[i].gflops);
        gws_cli_json(j);
    }
    for (int i = 0; i < p->n_tensors; i++) {
        gws_json *j = gws_json_object();
        gws_json_put_string(j, "kind", "tensor");
        gws_json_put_string(j, "name", p->tensors[i].name);
        gws_json_put_i64(j, "bytes", p->tensors[i].bytes);
        gws_cli_json(j);
    }
    for (int i = 0; i < p->memory.n; i++) {
        gws_json *j = gws_json_object();
        gws_json_put_string(j, "kind", "resident");
        gws_json_put_f64(j, "t_s", p->memory.t[i]);
        gws_json_put_f64(j, "mib", p->memory.mib[i]);
        gws_cli_json(j);
    }
}

static void print_text(const gws_profile *p, const char *what)
{
    char text[24], peak[24];
    int64_t total = 0, others = 0;
    printf("%s: %s\n\n%-20s %10s %6s %12s\n", what, p->summary, "stage", "s", "share", "GFLOP/s");
    for (int i = 0; i < p->n_stages; i++) {
        const gws_profile_stage *s = &p->stages[i];
        printf("%-20s %10.4f %5.1f%%", s->name, s->seconds, 100.0 * s->seconds / p->whole_s);
        if (s->gflops > 0.0)
            printf(" %12.1f", s->gflops);
        printf("\n");
    }
    for (int i = 0; i < p->n_tensors; i++) {
        total += p->tensors[i].bytes;
        others += i < SHOWN ? 0 : p->tensors[i].bytes;
    }
    printf("\n%-56s %10s %6s\n", "memory, by the tables", "", "share");
    for (int i = 0; i < p->n_tensors && i < SHOWN; i++) {
        gws_memory_text(p->tensors[i].bytes, text);
        printf("%-56s %10s %5.1f%%\n", p->tensors[i].name, text, 100.0 * (double)p->tensors[i].bytes / (double)total);
    }
    if (p->n_tensors > SHOWN) {
        gws_memory_text(others, text);
        printf("%-56s %10s %5.1f%%\n", "others", text, 100.0 * (double)others / (double)total);
    }
    gws_memory_text(total, text);
    gws_memory_text(p->now.peak_bytes, peak);
    printf("%-56s %10s\n\nresident at most %s; over time:\n", "together", text, peak);
    /* twelve stretches of time, the most of each */
    const double end = p->memory.t[p->memory.n - 1], most = (double)p->now.peak_bytes / (1024.0 * 1024.0);
    for (int k = 0; k < 12; k++) {
        double mib = 0.0;
        for (int i = 0; i < p->memory.n; i++)
            if (p->memory.t[i] >= end * k / 12.0 && p->memory.t[i] <= end * (k + 1) / 12.0)
                mib = fmax(mib, p->memory.mib[i]);
        char bar[51];
        const int n = (int)lround(fmin(50.0 * mib / most, 50.0));
        memset(bar, '#', (size_t)n);
        bar[n] = 0;
        printf("%7.2f s  %-50s %8.0f MiB\n", end * (k + 1) / 12.0, bar, mib);
    }
}

static void draw_memory(gws_plot *page, const gws_profile *p)
{
    double top = 0.0;

    for (int i = 0; i < p->memory.n; i++)
        top = fmax(top, p->memory.mib[i]);
    gws_panel *q =
        gws_plot_panel(page, (gws_box){90, 84, 830, 190},
                       &(gws_axis){0.0, p->memory.t[p->memory.n - 1] + GWS_PROFILE_PERIOD_S, GWS_LINEAR, GWS_NUMBERS, "time (s)"},
                       &(gws_axis){0.0, 1.1 * top, GWS_LINEAR, GWS_NUMBERS, "resident memory (MiB)"});
    gws_panel_line(q, p->memory.t, p->memory.mib, p->memory.n, gws_style_lines[0]);
}

static void draw_stages(gws_plot *page, const gws_profile *p)
{
    double longest = 0.0;

    for (int i = 0; i < p->n_stages; i++)
        longest = fmax(longest, p->stages[i].seconds);
    gws_panel *q =
        gws_plot_panel(page, (gws_box){90, 348, 830, 232}, &(gws_axis){0.0, 1.3 * longest, GWS_LINEAR, GWS_NUMBERS, "time (s)"},
                       &(gws_axis){-0.5, p->n_stages - 0.5, GWS_LINEAR, GWS_NO_NUMBERS, "stage"});
    for (int i = 0; i < p->n_stages; i++) {
        char text[80];
        const double y = p->n_stages - 1 - i;
        snprintf(text, sizeof text, "%s %.0f%%", p->stages[i].name, 100.0 * p->stages[i].seconds / p->whole_s);
        gws_panel_bar(q, (gws_rect){0.0, p->stages[i].seconds, y - 0.35, y + 0.35}, GWS_BLUE);
        gws_panel_note(q, p->stages[i].seconds, y, &(gws_note){6, 4, GWS_LEFT, GWS_INK, text});
    }
}

static gws_status draw(const gws_profile *p, const char *what, const char *path, gws_err *err)
{
    gws_plot *page = gws_plot_create(path, 960, 640, err);

    if (!page)
        return err->status;
    gws_plot_title(page, what, p->summary);
    draw_memory(page, p);
    draw_stages(page, p);
    const gws_status status = gws_plot_save(page, err);
    gws_plot_destroy(page);
    return status;
}

/* Measure what was asked for. */
static gws_status measure(gws_cli *cli, const wish *w, char **inputs, int n_inputs, gws_profile *p, gws_err *err)
{
    if (w->config) {
        char path[1024], model[1024];
        gws_status status = gws_cli_recipe(cli, w->config, path, err);
        if (status == GWS_OK)
            status = gws_profile_training(p, path, gws_cli_model_of(cli, w->config, model),
                                          w->batch ? w->batch : cli->machine.batch, w->steps, err);
        return status;
    }
    const char *model = gws_cli_model(cli, w->model, err);
    if (!model)
        return err->status;
    gws_strain_set *set = gws_cli_strain(cli, inputs, n_inputs, NULL, p->pool, err);
    if (!set)
        return err->status;
    const gws_status status = gws_profile_search(p, model, set, cli->machine.block, err);
    gws_strain_destroy(set);
    return status;
}

static int run(gws_cli *cli, const wish *w, char **inputs, int n_inputs)
{
    const char *what = w->config ? "training" : "search";
    gws_err err = {0};
    gws_pool *pool = NULL;
    int64_t cap;
    int status;
    gws_profile *p = calloc(1, sizeof *p);

    if (!p) {
        gws_err_set(&err, GWS_ENOMEM, "no memory");
        return gws_cli_fail(cli, &err);
    }
    if (gws_cli_cap(cli, w->memory, &cap, &err) != GWS_OK || !(pool = gws_cli_pool(cli, w->threads, &err)) ||
        gws_profile_begin(p, pool, cap, &err) != GWS_OK || measure(cli, w, inputs, n_inputs, p, &err) != GWS_OK)
        goto fail;
    gws_profile_end(p);
    if ((w->out && draw(p, what, w->out, &err) != GWS_OK) || gws_cli_commit(cli, &err) != GWS_OK)
        goto fail;
    if (w->json)
        print_json(p);
    else
        print_text(p, what);
    status = gws_cli_done(cli);
    goto done;
fail:
    status = gws_cli_fail(cli, &err);
done:
    gws_profile_clear(p);
    gws_pool_destroy(pool);
    free(p);
    return status;
}

int gws_cmd_profile(gws_cli *cli, int argc, char **argv)
{
    wish w = {.steps = 20};
    int n_inputs = 0;
    char **inputs = NULL;
    const gws_opt options[] = {
        {'c', "config", GWS_OPT_STRING, &w.config, "RECIPE",
         "profile training with this recipe: default (that of models/cpc.hdf), seed, bbh-real or a file", 0},
        {0, "steps", GWS_OPT_INT, &w.steps, "N", "training steps (default 20)", 0},
        {0, "batch", GWS_OPT_INT, &w.batch, "N", "windows a step (default: what optimize found, else the recipe's)", 0},
        GWS_OPT_MODEL(&w.model),
        GWS_OPT_OUTPUT_AS(&w.out, GWS_OPT_TO_FIGURE, "a figure of memory over time and of the stages, .png, .svg or .pdf"),
        GWS_OPT_JSON(&w.json),
        GWS_OPT_THREADS(&w.threads),
        GWS_OPT_MEMORY(&w.memory),
    };
    const gws_opts opts = {
        .usage = "-c RECIPE [--steps N] [--batch N] [-o FIGURE.png] [--json]\n[-m MODEL] [-o FIGURE.png] [--json] INPUT...",
        .about = "Measure where time and memory go: seconds per stage, memory per tensor, resident memory over time.\n\n"
                 "With -c it profiles training: some joint steps on a small data set made by the recipe's law.  With strain\n"
                 "files it profiles the search that `detect` does: the whole line runs twice, on the threads asked for and on\n"
                 "one, and then each stage by itself, in processor time of one thread.",
        .examples = "gwspike profile -c default --steps 10 -o training.png\n"
                    "gwspike profile H1.hdf5 L1.hdf5 --json",
        .options = options,
        .n_options = (int)(sizeof options / sizeof options[0]),
        .max_inputs = -1,
    };
    const int parsed = gws_opts_parse(cli, &opts, argc, argv, &inputs, &n_inputs);

    if (parsed != GWS_OPTS_RUN)
        return parsed;
    if ((w.config != NULL) == (n_inputs > 0))
        return gws_cli_misuse(cli, "wants either -c RECIPE or strain files (--help explains)");
    const gws_opt_rule rules[] = {
        {w.config != NULL, "steps batch", "is of training and goes with -c RECIPE"},
        {!w.config, "model", "is of a search and does not go with -c RECIPE"},
    };
    if (gws_opts_check(cli, &opts, rules, (int)(sizeof rules / sizeof rules[0])))
        return 2;
    if (w.steps < 1 || w.batch < 0 || w.batch > 4096)
        return gws_cli_misuse(cli, "--steps is 1 or more and --batch 1 to 4096");
    return run(cli, &w, inputs, n_inputs);
}
