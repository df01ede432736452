/* result_training.c - a training log as curves; see results.h. */
#include "report/results.h"

#include "base/array.h"
#include "base/file.h"
#include "base/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOG_MOST ((size_t)1 << 30)
#define PHASES 16

/* One figure: the keys that it draws. */
typedef struct figure {
    const char *id, *title, *says, *label;
    int logarithmic;
    double scale;
    const char *keys[8], *names[8];
} figure;

static const figure figures[] = {
    {"loss",
     "Losses.",
     "The sum that is minimised and its parts.",
     "loss",
     0,
     1,
     {"loss", "loss_cpc", "loss_spiking", "loss_linear", "loss_distil", "loss_rates"},
     {"all", "contrastive", "spiking head", "linear head", "distillation", "rates above their targets"}},
    {"accuracy",
     "Contrastive accuracy.",
     "Share of anchors whose true future scores highest among all of the batch.",
     "share",
     0,
     1,
     {"cpc_accuracy"},
     {"accuracy"}},
    {"rates",
     "Events and spikes.",
     "Per unit and step: of the bridge, the first and the second layer.",
     "share of steps with a spike",
     0,
     1,
     {"event_rate", "spike_rate_1", "spike_rate_2"},
     {"events", "first layer", "second layer"}},
    {"gradient",
     "Norm of the gradient.",
     "Before it is clipped.",
     "norm",
     1,
     1,
     {"grad_norm", "grad_norm_encoder", "grad_norm_spiking", "grad_norm_linear"},
     {"as clipped", "encoder", "spiking classifier", "linear head"}},
    {"lr", "Learning rate.", NULL, "learning rate", 0, 1, {"lr"}, {"learning rate"}},
    {"held-out",
     "On held-out windows.",
     "Area under the ROC curve, and share of signals louder than all held-out noise; SNR 8 to 15.",
     "share",
     0,
     1,
     {"auc_spiking", "auc_linear", "efficiency_spiking", "efficiency_linear"},
     {"area, spiking", "area, linear", "louder than noise, spiking", "louder than noise, linear"}},
    {"distance",
     "Held-out distance.",
     "Over that of the untrained network, at 30 to 300 false alarms a month.",
     "ratio",
     0,
     1,
     {"distance_spiking", "distance_linear"},
     {"spiking head", "linear head"}},
    {"throughput", "Throughput.", NULL, "windows per second", 0, 1, {"samples_per_s"}, {"windows per second"}},
    {"memory", "Memory in use.", NULL, "GiB", 0, 1.0 / (1 << 30), {"resident_bytes"}, {"resident"}},
};

/* The lines of the last run. */
typedef struct trace {
    gws_json **lines;
    double *step; /* of all phases */
    int64_t n, lines_room, step_room;
    double run;
    double phase_step[PHASES]; /* where phases begin */
    char phase_name[PHASES][24];
    int n_phases;
} trace;

static void clear(trace *t)
{
    for (int64_t i = 0; i < t->n; i++)
        gws_json_destroy(t->lines[i]);
    free(t->lines);
    free(t->step);
    *t = (trace){0};
}

static void note_phase(trace *t, const gws_json *j, double step)
{
    const char *phase = gws_json_get_string(j, "phase");

    if (!phase || t->n_phases == PHASES || (t->n_phases > 0 && strcmp(t->phase_name[t->n_phases - 1], phase) == 0))
        return;
    snprintf(t->phase_name[t->n_phases], sizeof t->phase_name[0], "%.20s", phase);
    t->phase_step[t->n_phases++] = step;
}

/* Logs of older programs count steps in each phase anew. */
static double step_of(const trace *t, const gws_json *j, double *before, double *last)
{
    double step;

    if (gws_json_get_f64(j, "total_step", &step))
        return step;
    if (!gws_json_get_f64(j, "step", &step))
        return (double)NAN;
    if (t->n > 0 && step < *last)
        *before += *last;
    *last = step;
    return *before + step;
}

static gws_status add_line(trace *t, const char *text, size_t size, double *before, double *last, gws_err *err)
{
    gws_json *j = gws_json_parse(text, size);
    double run = 0;

    if (!j)
        return GWS_OK; /* of a run that died, the last one may be cut */
    if (gws_json_get_f64(j, "run", &run) && run != t->run && t->n > 0) {
        clear(t);
        *before = *last = 0;
    }
    t->run = run;
    const double step = step_of(t, j, before, last);
    if (isnan(step)) {
        gws_json_destroy(j);
        return GWS_OK;
    }
    if (!GWS_ARRAY_ROOM(t->lines, t->lines_room, t->n + 1) || !GWS_ARRAY_ROOM(t->step, t->step_room, t->n + 1)) {
        gws_json_destroy(j);
        return gws_err_set(err, GWS_ENOMEM, "no memory for %lld lines", (long long)t->n);
    }
    note_phase(t, j, step);
    t->step[t->n] = step;
    t->lines[t->n++] = j;
    return GWS_OK;
}

static gws_status load(const char *path, trace *t, gws_err *err)
{
    char name[1100], *text = NULL;
    size_t size;
    double before = 0, last = 0;
    gws_status status;

    snprintf(name, sizeof name, "%s/trainlog.jsonl", path);
    status = gws_file_read(gws_file_exists(name) ? name : path, LOG_MOST, &text, &size, err);
    for (char *at = text, *end = text ? text + size : NULL; at < end && status == GWS_OK;) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const size_t length = newline ? (size_t)(newline - at) : (size_t)(end - at);
        if (length > 0)
            status = add_line(t, at, length, &before, &last, err);
        at += length + 1;
    }
    free(text);
    if (status == GWS_OK && t->n == 0)
        status = gws_err_set(err, GWS_EDATA, "%s: no line of a training log", path);
    return status;
}

/* Values of a key; returns how many there are.  A loss or a rate that a phase does not measure stands as 0 in its lines, where a result on
 * held-out data is in those lines alone that have one. */
static int64_t column(const trace *t, const char *key, double scale, double *x, double *y)
{
    const int is_result = strncmp(key, "auc", 3) == 0 || strncmp(key, "efficiency", 10) == 0 || strncmp(key, "distance", 8) == 0;
    int64_t n = 0;

    for (int64_t i = 0; i < t->n; i++) {
        double v;
        if (!gws_json_get_f64(t->lines[i], key, &v))
            continue;
        x[n] = t->step[i];
        y[n++] = v == 0 && !is_result ? (double)NAN : scale * v;
    }
    return n;
}

static gws_status put_figure(gws_page *p, const trace *t, const figure *f, int number, double *x, double *y, gws_err *err)
{
    char id[64];
    gws_status status = GWS_OK;
    gws_chart *c;

    snprintf(id, sizeof id, "training-%d-%s", number, f->id);
    c = gws_chart_create(&(gws_chart_params){.id = id,
                                             .title = f->title,
                                             .says = f->says,
                                             .x = {.label = "optimizer step"},
                                             .y = {.label = f->label, .logarithmic = f->logarithmic}},
                         err);
    if (!c)
        return GWS_ENOMEM;
    for (int k = 0; k < 8 && f->keys[k] && status == GWS_OK; k++) {
        const int64_t n = column(t, f->keys[k], f->scale, x, y);
        int any = 0;
        for (int64_t i = 0; i < n; i++)
            any |= isfinite(y[i]);
        if (any)
            status = gws_chart_curve(c, &(gws_curve){.name = f->names[k], .x = x, .y = y, .n = n, .pen = k + 1}, err);
    }
    for (int i = 1; i < t->n_phases && status == GWS_OK; i++)
        gws_chart_moment(c, &(gws_moment){t->phase_step[i], t->phase_name[i]});
    if (status == GWS_OK)
        status = gws_page_chart(p, c, err);
    gws_chart_destroy(c);
    return status;
}

gws_status gws_result_put_training(gws_page *p, const char *path, int number, gws_err *err)
{
    trace t = {0};
    char reports[32], phases[PHASES * 26] = "";
    double *x = NULL;
    gws_status status = load(path, &t, err);

    if (status == GWS_OK && !(x = malloc(2 * (size_t)t.n * sizeof *x)))
        status = gws_err_set(err, GWS_ENOMEM, "no memory for %lld lines", (long long)t.n);
    if (status == GWS_OK) {
        snprintf(reports, sizeof reports, "%lld", (long long)t.n);
        for (int i = 0; i < t.n_phases; i++)
            snprintf(phases + strlen(phases), sizeof phases - strlen(phases), "%s%s", i ? ", " : "", t.phase_name[i]);
        const gws_fact facts[] = {{"reports", reports}, {"phases", phases}};
        gws_page_facts(p, facts, 2);
        gws_page_grid(p);
        for (size_t i = 0; i < sizeof figures / sizeof figures[0] && status == GWS_OK; i++)
            status = put_figure(p, &t, &figures[i], number, x, x + t.n, err);
        gws_page_grid_end(p);
    }
    free(x);
    clear(&t);
    return status;
}
