/* cmd_runs.c - gwspike runs: what trainings left in their folders, side by side. */
#include "base/escape.h"
#include "cli/cli.h"
#include "cli/opts.h"
#include "track/runs.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define CURVE 48

static void name_of(const gws_run *run, char out[300])
{
    char folder[280];
    gws_escape(folder, sizeof folder, run->folder, 0);
    if (run->number > 1)
        snprintf(out, 300, "%s#%lld", folder, (long long)run->number);
    else
        snprintf(out, 300, "%s", folder);
}

static void show_run(const gws_runs *r, const gws_run *run, int width)
{
    char name[300];
    const int by = gws_run_judged_by(r, run);
    const int64_t best = gws_run_best(r, run, by);
    name_of(run, name);
    printf("%-*s  %-8s %8lld  %-8s", width, name, gws_run_state_name[run->state], (long long)run->step, run->phase);
    if (run->rows)
        printf("  %9.5g", run->column[GWS_RUN_LOSS][run->rows - 1]);
    else
        printf("  %9s", "-");
    if (best >= 0)
        printf("  %9.5g %8.0f  %s", run->column[by][best], run->row_step[best], gws_run_key(r, by));
    printf("\n");
}

static void show_curve(const gws_runs *r, const gws_run *run, int column)
{
    char line[3 * CURVE + 1];
    double low = INFINITY, high = -INFINITY;
    const double *y = run->column[column];
    for (int64_t i = 0; i < run->rows; i++) {
        low = isfinite(y[i]) ? fmin(low, y[i]) : low;
        high = isfinite(y[i]) ? fmax(high, y[i]) : high;
    }
    if (high < low)
        return;
    gws_sparkline(run->row_step, y, run->rows, CURVE, line);
    printf("  %-18s %s  %.4g to %.4g\n", gws_run_key(r, column), line, low, high);
}

static void show_curves(const gws_runs *r)
{
    char name[300];
    for (int64_t i = 0; i < r->n; i++) {
        const gws_run *run = &r->run[i];
        const int by = gws_run_judged_by(r, run);
        name_of(run, name);
        printf("\n%s", name);
        if (run->checkpoint) {
            printf(": ");
            gws_escape_print(stdout, run->checkpoint, 0);
            printf(", step %lld", (long long)run->checkpoint_step);
        }
        if (run->state == GWS_RUN_DONE && run->output) {
            printf("; ");
            gws_escape_print(stdout, run->output, 0);
        }
        printf("\n");
        if (run->state == GWS_RUN_FAILED && run->message) {
            printf("  ");
            gws_escape_print(stdout, run->message, 0);
            printf("\n");
        }
        show_curve(r, run, GWS_RUN_LOSS);
        if (by != GWS_RUN_LOSS)
            show_curve(r, run, by);
    }
}

static void show_differences(const gws_runs *r, const gws_run_differences *d)
{
    char name[300];
    if (d->n == 0)
        return;
    printf("\nrecipes differ in\n");
    for (int64_t k = 0; k < d->n; k++) {
        printf("  ");
        gws_escape_print(stdout, d->names[k], 0);
        printf("\n");
        for (int64_t i = 0; i < r->n; i++) {
            const char *value = d->values[i * d->n + k];
            name_of(&r->run[i], name);
            char shown[80];
            gws_escape(shown, sizeof shown, value ? value : "-", 0);
            printf("    %-24s  %s\n", shown, name);
        }
    }
}

static void print_run(const gws_runs *r, const gws_run *run, const gws_run_differences *d, int64_t at)
{
    const int by = gws_run_judged_by(r, run);
    const int64_t best = gws_run_best(r, run, by);
    gws_json *j = gws_json_object();
    gws_json_put_string(j, "folder", run->folder);
    gws_json_put_i64(j, "run", run->number);
    gws_json_put_string(j, "status", gws_run_state_name[run->state]);
    gws_json_put_string(j, "message", run->message);
    gws_json_put_string(j, "phase", run->rows ? run->phase : NULL);
    gws_json_put_i64(j, "total_step", run->step);
    gws_json_put_f64(j, "loss", run->rows ? run->column[GWS_RUN_LOSS][run->rows - 1] : (double)NAN);
    gws_json_put_string(j, "by", gws_run_key(r, by));
    gws_json_put_f64(j, "best", best < 0 ? (double)NAN : run->column[by][best]);
    gws_json_put_f64(j, "best_step", best < 0 ? (double)NAN : run->row_step[best]);
    gws_json_put_string(j, "output", run->output);
    gws_json_put_string(j, "checkpoint", run->checkpoint);
    gws_json_put_f64(j, "checkpoint_step", run->checkpoint ? (double)run->checkpoint_step : (double)NAN);
    gws_json_put_i64(j, "seed", run->seed);
    gws_json_put_f64(j, "parameters", run->parameters < 0 ? (double)NAN : (double)run->parameters);
    gws_json_put_strings(j, "differs", (const char *const *)d->names, (int)d->n);
    gws_json_put_strings(j, "differs_values", d->n ? (const char *const *)d->values + at * d->n : NULL, (int)d->n);
    gws_json_put_f64s(j, "curve_step", run->row_step, (int)run->rows);
    gws_json_put_f64s(j, "curve_loss", run->column[GWS_RUN_LOSS], (int)run->rows);
    gws_json_put_f64s(j, "curve_best", run->column[by], (int)run->rows);
    gws_cli_json(j);
}

static void show(const gws_runs *r, const gws_run_differences *d)
{
    char name[300];
    int width = 3;
    for (int64_t i = 0; i < r->n; i++) {
        name_of(&r->run[i], name);
        width = (int)strlen(name) > width ? (int)strlen(name) : width;
    }
    printf("%-*s  %-8s %8s  %-8s  %9s  %9s %8s  %s\n", width, "run", "status", "step", "phase", "loss", "best", "at", "by");
    for (int64_t i = 0; i < r->n; i++)
        show_run(r, &r->run[i], width);
    show_curves(r);
    show_differences(r, d);
}

int gws_cmd_runs(gws_cli *cli, int argc, char **argv)
{
    static char here[] = ".";
    char *only[] = {here};
    const char *by = NULL;
    char **folders;
    int json = 0, n;
    const gws_opt options[] = {
        {0, "by", GWS_OPT_STRING, &by, "KEY",
         "number of trainlog.jsonl to judge by (default: distance_spiking, else auc_spiking, else loss)", 1},
        GWS_OPT_JSON(&json),
    };
    const gws_opts opts = {
        .usage = "[--by KEY] [--json] [DIR...]",
        .about = "Show what trainings left in the folders of train --logdir: how far each came, the step that was best on held-out "
                 "data, the last\n"
                 "checkpoint, curves, and the keys in which their recipes differ.  A folder without a trace stands for the folders "
                 "in it that have\n"
                 "one; none stands for this folder.  `open` is a run without an end: it goes on, or was killed.\n",
        .examples = "gwspike runs runs\n"
                    "gwspike runs runs/a runs/b --by efficiency_linear\n"
                    "gwspike runs --json | head -n 1\n",
        .options = options,
        .n_options = (int)(sizeof options / sizeof *options),
        .max_inputs = -1,
        .input = "folders",
    };
    gws_err err = {0};
    gws_runs runs;
    gws_run_differences d;
    const int status = gws_opts_parse(cli, &opts, argc, argv, &folders, &n);
    if (status != GWS_OPTS_RUN)
        return status;
    if (gws_runs_load(n ? folders : only, n ? n : 1, by, &runs, &err))
        return gws_cli_fail(cli, &err);
    if (gws_runs_compare(&runs, &d, &err)) {
        gws_runs_clear(&runs);
        return gws_cli_fail(cli, &err);
    }
    if (json)
        for (int64_t i = 0; i < runs.n; i++)
            print_run(&runs, &runs.run[i], &d, i);
    else
        show(&runs, &d);
    gws_run_differences_clear(&d);
    gws_runs_clear(&runs);
    return gws_cli_done(cli);
}
