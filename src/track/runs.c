#include "track/runs.h"

#include "base/array.h"
#include "base/file.h"
#include "base/ini.h"
#include "track/lines.h"
#include "track/track.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const gws_run_state_name[4] = {"open", "done", "stopped", "failed"};
static const char *const kept_keys[] = {"loss", "auc_spiking", "distance_spiking"};

/* ---- lines to runs ---- */

typedef struct reader {
    gws_runs *runs;
    const char *folder;
    int64_t first; /* run of this folder */
    int failed;    /* memory is out */
} reader;

static void put_text(reader *r, char **at, const char *text)
{
    char *copy = text ? strdup(text) : NULL;
    r->failed |= text && !copy;
    free(*at);
    *at = copy;
}

/* The run of that number, which may be new. */
static gws_run *run_of(reader *r, int64_t number)
{
    gws_runs *all = r->runs;
    for (int64_t i = r->first; i < all->n; i++)
        if (all->run[i].number == number)
            return &all->run[i];
    if (!GWS_ARRAY_ROOM(all->run, all->room, all->n + 1)) {
        r->failed = 1;
        return NULL;
    }
    gws_run *run = &all->run[all->n++];
    *run = (gws_run){.number = number, .parameters = -1};
    put_text(r, &run->folder, r->folder);
    return run;
}

static int take_rest(void *user, const gws_json *j)
{
    reader *r = user;
    const char *kind = gws_json_get_string(j, "kind");
    const int64_t number = gws_lines_number(j, "run", 0), step = gws_lines_number(j, "total_step", 0);
    if (!kind || strcmp(kind, "histogram") == 0 || strcmp(kind, "image") == 0 || number <= 0)
        return 0;
    gws_run *run = run_of(r, number);
    if (!run)
        return 1;
    if (strcmp(kind, "run") == 0) {
        put_text(r, &run->output, gws_json_get_string(j, "output"));
        put_text(r, &run->recipe, gws_json_get_string(j, "recipe"));
        run->seed = gws_lines_number(j, "seed", 0);
        run->parameters = gws_lines_number(j, "parameters", -1);
    } else if (strcmp(kind, "resume") == 0) {
        run->state = GWS_RUN_OPEN;
        put_text(r, &run->message, NULL);
    } else if (strcmp(kind, "checkpoint") == 0) {
        put_text(r, &run->checkpoint, gws_json_get_string(j, "file"));
        run->checkpoint_step = step;
    } else if (strcmp(kind, "end") == 0) {
        const char *how = gws_json_get_string(j, "status");
        for (int i = 1; i < 4; i++)
            if (how && strcmp(how, gws_run_state_name[i]) == 0)
                run->state = (gws_run_state)i;
        put_text(r, &run->message, gws_json_get_string(j, "message"));
    }
    return r->failed;
}

static int take_row(void *user, const gws_json *j)
{
    reader *r = user;
    const char *phase = gws_json_get_string(j, "phase");
    gws_run *run = run_of(r, gws_lines_number(j, "run", 0));
    if (!run || !phase)
        return r->failed;
    if (strcmp(phase, "test") == 0) /* of no step */
        return 0;
    const int64_t at = run->rows;
    for (int c = 0; c < GWS_RUN_COLUMNS; c++) {
        if (!GWS_ARRAY_ROOM(run->column[c], run->room[c], at + 1))
            return r->failed = 1;
        const char *key = gws_run_key(r->runs, c);
        run->column[c][at] = (double)NAN;
        if (key)
            gws_json_get_f64(j, key, &run->column[c][at]);
    }
    if (!GWS_ARRAY_ROOM(run->row_step, run->room[GWS_RUN_COLUMNS], at + 1))
        return r->failed = 1;
    run->step = gws_lines_number(j, "total_step", at + 1);
    run->row_step[at] = (double)run->step;
    snprintf(run->phase, sizeof run->phase, "%s", phase);
    run->rows++;
    return 0;
}

static int has_trace(const char *folder)
{
    char path[1100];
    return snprintf(path, sizeof path, "%s/%s", folder, gws_track_file[GWS_TRACK_ROWS]) < (int)sizeof path && gws_file_exists(path);
}

static gws_status load_folder(gws_runs *runs, const char *folder, gws_err *err)
{
    reader r = {runs, folder, runs->n, 0};
    char path[1100];
    gws_status status = GWS_OK;
    for (int i = GWS_TRACK_REST; i >= GWS_TRACK_ROWS && status == GWS_OK; i--) {
        snprintf(path, sizeof path, "%s/%s", folder, gws_track_file[i]);
        status = gws_lines_each(path, i == GWS_TRACK_REST ? take_rest : take_row, &r, err);
    }
    return status == GWS_OK && r.failed ? gws_err_set(err, GWS_ENOMEM, "%s: no memory for its runs", folder) : status;
}

static int is_shown(const struct dirent *e)
{
    return e->d_name[0] != '.';
}

/* The folder's own runs, else those of its folders. */
static gws_status load_any(gws_runs *runs, const char *folder, gws_err *err)
{
    struct dirent **in = NULL;
    char path[1100];
    gws_status status = GWS_OK;
    const int64_t before = runs->n;
    if (has_trace(folder))
        return load_folder(runs, folder, err);
    const int n = scandir(folder, &in, is_shown, alphasort);
    if (n < 0)
        return gws_err_set(err, GWS_EIO, "%s: cannot be read as a folder: %s", folder, strerror(errno));
    for (int i = 0; i < n; i++) {
        if (status == GWS_OK && snprintf(path, sizeof path, "%s/%s", folder, in[i]->d_name) < (int)sizeof path && has_trace(path))
            status = load_folder(runs, path, err);
        free(in[i]);
    }
    free(in);
    if (status == GWS_OK && runs->n == before)
        return gws_err_set(err, GWS_EIO, "%s: wanted a folder that train --logdir wrote to, or one with such folders, found no %s",
                           folder, gws_track_file[GWS_TRACK_ROWS]);
    return status;
}

gws_status gws_runs_load(char *const *folders, int n, const char *key, gws_runs *out, gws_err *err)
{
    gws_status status = GWS_OK;
    *out = (gws_runs){.key = key};
    for (int i = 0; i < n && status == GWS_OK; i++)
        status = load_any(out, folders[i], err);
    if (status)
        gws_runs_clear(out);
    return status;
}

void gws_runs_clear(gws_runs *r)
{
    for (int64_t i = 0; i < r->n; i++) {
        gws_run *run = &r->run[i];
        free(run->folder);
        free(run->output);
        free(run->recipe);
        free(run->message);
        free(run->checkpoint);
        free(run->row_step);
        for (int c = 0; c < GWS_RUN_COLUMNS; c++)
            free(run->column[c]);
    }
    free(r->run);
    *r = (gws_runs){0};
}

/* ---- what was best ---- */

const char *gws_run_key(const gws_runs *r, int column)
{
    return column == GWS_RUN_CHOSEN ? r->key : kept_keys[column];
}

int64_t gws_run_best(const gws_runs *r, const gws_run *run, int column)
{
    const char *key = gws_run_key(r, column);
    const double sign = key && strncmp(key, "loss", 4) == 0 ? -1.0 : 1.0, *y = run->column[column];
    int64_t best = -1;
    for (int64_t i = 0; i < run->rows; i++)
        if (isfinite(y[i]) && (best < 0 || sign * y[i] > sign * y[best]))
            best = i;
    return best;
}

int gws_run_judged_by(const gws_runs *r, const gws_run *run)
{
    if (r->key)
        return GWS_RUN_CHOSEN;
    return gws_run_best(r, run, GWS_RUN_DISTANCE) >= 0 ? GWS_RUN_DISTANCE
           : gws_run_best(r, run, GWS_RUN_AUC) >= 0    ? GWS_RUN_AUC
                                                       : GWS_RUN_LOSS;
}

/* ---- recipes ---- */

void gws_run_differences_clear(gws_run_differences *d)
{
    for (int64_t k = 0; k < d->n; k++)
        free(d->names[k]);
    for (int64_t i = 0; d->values && i < d->n * d->runs; i++)
        free(d->values[i]);
    free(d->names);
    free(d->values);
    *d = (gws_run_differences){0};
}

static const char *value_of(gws_ini *ini, const char *section, const char *key)
{
    return ini ? gws_ini_string(ini, section, key, NULL) : NULL;
}

/* Whether a key of recipe i is new to the list, and not the same in all. */
static int differs(gws_ini *const *ini, int64_t n, int64_t i, const char *section, const char *key)
{
    const char *own = value_of(ini[i], section, key);
    int other = 0;
    for (int64_t k = 0; k < n; k++) {
        const char *value = value_of(ini[k], section, key);
        if (k < i && value)
            return 0;
        other |= ini[k] && (!value || strcmp(value, own) != 0);
    }
    return other;
}

static gws_status add_key(gws_run_differences *d, int64_t *room, const char *section, const char *key, gws_err *err)
{
    if (!GWS_ARRAY_ROOM(d->names, *room, d->n + 1) || asprintf(&d->names[d->n], "%s.%s", section, key) < 0)
        return gws_err_set(err, GWS_ENOMEM, "no memory for the keys of recipes");
    d->n++;
    return GWS_OK;
}

static gws_status fill_values(gws_ini *const *ini, gws_run_differences *d, gws_err *err)
{
    if (d->n == 0)
        return GWS_OK;
    if (!(d->values = calloc((size_t)(d->n * d->runs), sizeof *d->values)))
        return gws_err_set(err, GWS_ENOMEM, "no memory for the keys of recipes");
    for (int64_t k = 0; k < d->n; k++) {
        char section[64];
        const size_t dot = strcspn(d->names[k], ".");
        snprintf(section, sizeof section, "%.*s", (int)dot, d->names[k]);
        for (int64_t i = 0; i < d->runs; i++) {
            const char *value = value_of(ini[i], section, d->names[k] + dot + 1);
            if (value && !(d->values[i * d->n + k] = strdup(value)))
                return gws_err_set(err, GWS_ENOMEM, "no memory for the keys of recipes");
        }
    }
    return GWS_OK;
}

gws_status gws_runs_compare(const gws_runs *r, gws_run_differences *out, gws_err *err)
{
    gws_status status = GWS_OK;
    int64_t room = 0;
    *out = (gws_run_differences){.runs = r->n};
    gws_ini **ini = calloc((size_t)r->n + 1, sizeof(gws_ini *));
    if (!ini)
        return gws_err_set(err, GWS_ENOMEM, "no memory for the recipes of %lld runs", (long long)r->n);
    for (int64_t i = 0; i < r->n; i++)
        ini[i] = r->run[i].recipe ? gws_ini_parse(r->run[i].recipe, r->run[i].folder, NULL) : NULL;
    for (int64_t i = 0; i < r->n && status == GWS_OK; i++) {
        const char *section, *key, *value;
        for (int e = 0; ini[i] && status == GWS_OK && gws_ini_entry(ini[i], e, &section, &key, &value); e++)
            if (!strchr(section, '.') && differs(ini, r->n, i, section, key))
                status = add_key(out, &room, section, key, err);
    }
    if (status == GWS_OK)
        status = fill_values(ini, out, err);
    for (int64_t i = 0; i < r->n; i++)
        gws_ini_destroy(ini[i]);
    free(ini);
    if (status)
        gws_run_differences_clear(out);
    return status;
}

/* ---- curves ---- */

void gws_sparkline(const double *x, const double *y, int64_t n, int width, char *out)
{
    double low = INFINITY, high = -INFINITY;
    int64_t at = 0;
    for (int64_t i = 0; i < n; i++)
        if (isfinite(y[i])) {
            low = fmin(low, y[i]);
            high = fmax(high, y[i]);
        }
    const double begin = n ? x[0] : 0.0, whole = n > 1 ? x[n - 1] - begin : 0.0;
    double last = (double)NAN;
    for (int c = 0; c < width; c++) {
        for (; at < n && (!(whole > 0.0) || (x[at] - begin) / whole * (width - 1) < c + 0.5); at++)
            last = isfinite(y[at]) ? y[at] : last;
        if (!isfinite(last)) {
            *out++ = ' ';
            continue;
        }
        const int level = high > low ? (int)((last - low) / (high - low) * 7.0 + 0.5) : 3;
        *out++ = (char)0xe2;
        *out++ = (char)0x96;
        *out++ = (char)(0x81 + level);
    }
    *out = 0;
}
