/* gwspike optimize - threads, block length and batch size that suit this machine, found by measuring. */
#include "base/cpu.h"
#include "base/json.h"
#include "cli/opts.h"
#include "perf/optimize.h"
#include "plot/plot.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define BAR 40

static void show(void *user, const gws_optimize_curve *c)
{
    const int json = *(const int *)user;
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
static void draw_curve(gws_plot *p, gws_box box, const gws_optimize_curve *c)
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

static gws_status draw(const gws_optimized *o, const char *path, gws_err *err)
{
    const gws_optimize_curve *const all[3] = {&o->threads, &o->batches, &o->blocks};
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

int gws_cmd_optimize(gws_cli *cli, int argc, char **argv)
{
    const char *config = "default", *memory = NULL, *out = NULL, *plot = NULL;
    gws_optimize_wish o = {.seconds = 0.3, .most = 64};
    gws_optimized made;
    int json = 0;
    const gws_opt options[] = {
        {'c', "config", GWS_OPT_STRING, &config, "NAME",
         "default (the recipe of models/cpc.hdf), seed, bbh-real or a recipe's file (default: default)", 0},
        {0, "seconds", GWS_OPT_DOUBLE, &o.seconds, "S", "measure every point for at least so long (default 0.3)", 0},
        {0, "batch", GWS_OPT_INT, &o.most, "N", "largest batch to try (default 64)", 0},
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
    char path[1024], model[1024];
    int parsed = gws_opts_parse(cli, &opts, argc, argv, NULL, NULL);

    if (parsed != GWS_OPTS_RUN)
        return parsed;
    if (o.most < 1 || o.most > 4096)
        return gws_cli_misuse(cli, "--batch is 1 to 4096, got %lld", (long long)o.most);
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
    if (gws_cli_cap(cli, memory, &o.cap, &err) || gws_cli_recipe(cli, config, path, &err))
        goto fail;
    o.recipe = path;
    o.model = gws_cli_model_of(cli, config, model);
    o.show = show;
    o.user = &json;
    if (gws_optimize_run(&o, &made, &err) || (plot && draw(&made, plot, &err)))
        goto fail;
    if (gws_machine_save(out, &made.best, &err) || gws_cli_commit(cli, &err))
        goto fail;
    if (!json)
        printf("\nthreads %d, block %d, batch %d\n", made.best.threads, made.best.block, made.best.batch);
    gws_cli_log(GWS_LOG_INFO, "written: %s", out);
    return gws_cli_done(cli);
fail:
    return gws_cli_fail(cli, &err);
}
