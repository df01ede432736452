#include "track/track.h"

#include "base/ini.h"
#include "base/json.h"
#include "base/number.h"
#include "gws_config.h"
#include "track/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

const char *const gws_track_file[GWS_TRACK_FILES] = {"trainlog.jsonl", "track.jsonl", GWS_BOARD_FILE};

struct gws_track {
    char *path[GWS_TRACK_FILES];
    int fd[2];
    gws_board *board;
    int64_t number; /* of the run in this folder, from 1 */
    int64_t saved;  /* step of the last checkpoint */
    double (*clock)(void);
    double begun_s;
};

static double system_clock(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* One call of the system, so that lines are whole. */
static gws_status put_line(const gws_track *t, int file, gws_json *j, gws_err *err)
{
    gws_status status = GWS_OK;
    char *text = gws_json_text(j);
    if (!text)
        return gws_err_set(err, GWS_ENOMEM, "%s: no memory for a line", t->path[file]);
    const size_t n = strlen(text);
    text[n] = '\n'; /* in the place of the end */
    errno = 0;
    if (write(t->fd[file], text, n + 1) != (ssize_t)(n + 1))
        status = gws_err_set(err, GWS_EIO, "%s: cannot append to it: %s", t->path[file], errno ? strerror(errno) : "short write");
    free(text);
    return status;
}

static gws_json *line_of(const gws_track *t, const char *kind, int64_t step)
{
    gws_json *j = gws_json_object();
    gws_json_put_string(j, "kind", kind);
    gws_json_put_i64(j, "run", t->number);
    gws_json_put_i64(j, "total_step", step);
    return j;
}

/* ---- how a run begins ---- */

static gws_status cut(const char *path, int64_t size, gws_err *err)
{
    struct stat st;
    if (stat(path, &st) != 0 || st.st_size <= size || truncate(path, size) == 0)
        return GWS_OK;
    return gws_err_set(err, GWS_EIO, "%s: cannot be cut to the step that the run goes on from: %s", path, strerror(errno));
}

/* Rows of later steps than the checkpoint's go, and whatever a process left that died while writing. */
static gws_status go_back(const gws_track *t, int64_t step, gws_err *err)
{
    gws_status status = GWS_OK;
    for (int i = 0; i < GWS_TRACK_FILES && status == GWS_OK; i++) {
        int64_t size;
        status = i == GWS_TRACK_BOARD ? gws_board_kept(t->path[i], step, &size, err) : gws_lines_kept(t->path[i], step, &size, err);
        if (status == GWS_OK)
            status = cut(t->path[i], size, err);
    }
    return status;
}

typedef struct pairs {
    char **names;
    const char **values;
    int n;
} pairs;

static void free_pairs(pairs *p)
{
    for (int i = 0; i < p->n; i++)
        free(p->names[i]);
    free(p->names);
    free(p->values);
}

/* Keys of the recipe as section.key. */
static gws_status list_pairs(const gws_ini *ini, pairs *out, gws_err *err)
{
    const char *section, *key, *value;
    int n = 0;
    while (gws_ini_entry(ini, n, &section, &key, &value))
        n++;
    *out = (pairs){calloc((size_t)n + 1, sizeof *out->names), calloc((size_t)n + 1, sizeof *out->values), 0};
    for (int i = 0; i < n && out->names && out->values; i++) {
        gws_ini_entry(ini, i, &section, &key, &value);
        if (asprintf(&out->names[i], "%s.%s", section, key) < 0) {
            out->names[i] = NULL;
            break;
        }
        out->values[i] = value;
        out->n = i + 1;
    }
    return out->n == n && out->names ? GWS_OK : gws_err_set(err, GWS_ENOMEM, "no memory for the keys of a recipe");
}

/* A text in Markdown stands as it is when it is indented. */
static gws_status put_recipe(gws_track *t, const gws_track_run *run, gws_err *err)
{
    gws_proto text = {0};
    for (const char *at = run->recipe; *at;) {
        const size_t n = strcspn(at, "\n");
        gws_proto_raw(&text, "    ", 4);
        gws_proto_raw(&text, at, n);
        gws_proto_raw(&text, "\n", 1);
        at += n + (at[n] == '\n');
    }
    gws_proto_raw(&text, "", 1);
    if (text.failed) {
        gws_proto_clear(&text);
        return gws_err_set(err, GWS_ENOMEM, "no memory for the text of a recipe");
    }
    gws_board_text(t->board, "recipe", (const char *)text.data);
    gws_board_text(t->board, "command", run->command);
    gws_proto_clear(&text);
    return GWS_OK;
}

static gws_status put_run(gws_track *t, const gws_track_run *run, const pairs *p, gws_err *err)
{
    gws_json *j = line_of(t, "run", run->step);
    gws_json_put_string(j, "output", run->output);
    gws_json_put_string(j, "recipe_name", run->recipe_name);
    gws_json_put_string(j, "command_line", run->command);
    gws_json_put_i64(j, "seed", run->seed);
    gws_json_put_i64(j, "parameters", run->parameters);
    gws_json_put_f64(j, "began_unix_s", t->begun_s);
    gws_json_put_string(j, "gwspike_version", GWS_VERSION);
    gws_json_put_string(j, "git_hash", GWS_GIT_HASH);
    gws_json_put_strings(j, "hparam_names", (const char *const *)p->names, p->n);
    gws_json_put_strings(j, "hparam_values", p->values, p->n);
    gws_json_put_string(j, "recipe", run->recipe);
    return put_line(t, GWS_TRACK_REST, j, err);
}

static gws_status begin(gws_track *t, const gws_track_run *run, gws_err *err)
{
    pairs p = {0};
    gws_ini *ini = gws_ini_parse(run->recipe, run->recipe_name, err);
    if (!ini)
        return err->status;
    gws_status status = list_pairs(ini, &p, err);
    const gws_board_pairs hparams = {(const char *const *)p.names, p.values, p.n};
    if (status == GWS_OK && (status = put_run(t, run, &p, err)) == GWS_OK &&
        (status = gws_board_start(t->board, t->begun_s, run->step, err)) == GWS_OK &&
        (status = put_recipe(t, run, err)) == GWS_OK) {
        gws_board_hparams(t->board, run->output, &hparams, t->begun_s);
        status = gws_board_flush(t->board, t->begun_s, run->step, err);
    }
    free_pairs(&p);
    gws_ini_destroy(ini);
    return status;
}

static gws_status open_files(gws_track *t, gws_err *err)
{
    for (int i = 0; i < 2; i++)
        if ((t->fd[i] = open(t->path[i], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666)) < 0)
            return gws_err_set(err, GWS_EIO, "%s: cannot append to it: %s", t->path[i], strerror(errno));
    t->board = gws_board_open(t->path[GWS_TRACK_BOARD], t->begun_s, err);
    return t->board ? GWS_OK : err->status;
}

gws_track *gws_track_open(const gws_track_run *run, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    gws_lines_run last = {0};
    gws_status status = GWS_OK;
    gws_track *t = calloc(1, sizeof *t);
    if (!t) {
        gws_err_set(err, GWS_ENOMEM, "%s: no memory for a log", run->folder);
        return NULL;
    }
    t->fd[0] = t->fd[1] = -1;
    t->saved = -1;
    t->clock = run->clock ? run->clock : system_clock;
    t->begun_s = t->clock();
    for (int i = 0; i < GWS_TRACK_FILES; i++)
        if (asprintf(&t->path[i], "%s/%s", run->folder, gws_track_file[i]) < 0) {
            t->path[i] = NULL;
            gws_err_set(err, GWS_ENOMEM, "%s: no memory for a log", run->folder);
            goto fail;
        }
    if (gws_lines_last_run(t->path[GWS_TRACK_REST], &last, err) != GWS_OK)
        goto fail;
    const int goes_on =
        run->resume && last.number > 0 && strcmp(last.recipe, run->recipe) == 0 && strcmp(last.output, run->output) == 0;
    t->number = goes_on ? last.number : last.number + 1;
    if (go_back(t, goes_on ? run->step : INT64_MAX, err) != GWS_OK || open_files(t, err) != GWS_OK)
        goto fail;
    if (goes_on) {
        gws_json *j = line_of(t, "resume", run->step);
        gws_json_put_f64(j, "began_unix_s", t->begun_s);
        status = put_line(t, GWS_TRACK_REST, j, err);
    } else {
        status = begin(t, run, err);
    }
    if (status == GWS_OK) {
        gws_lines_run_clear(&last);
        return t;
    }
fail:
    gws_lines_run_clear(&last);
    gws_track_destroy(t);
    return NULL;
}

void gws_track_destroy(gws_track *t)
{
    if (!t)
        return;
    gws_board_close(t->board);
    for (int i = 0; i < 2; i++)
        if (t->fd[i] >= 0)
            close(t->fd[i]);
    for (int i = 0; i < GWS_TRACK_FILES; i++)
        free(t->path[i]);
    free(t);
}

/* ---- rows ---- */

gws_status gws_track_put(gws_track *t, const gws_track_row *row, gws_err *err)
{
    const double now = t->clock();
    gws_json *j = gws_json_object();
    gws_json_put_string(j, "phase", row->phase);
    gws_json_put_i64(j, "step", row->phase_step);
    gws_json_put_i64(j, "total_step", row->step);
    gws_json_put_i64(j, "run", t->number);
    for (int i = 0; i < row->n; i++) {
        const gws_track_value *v = &row->values[i];
        if (v->n == 1)
            gws_json_put_f64(j, v->key, v->v[0]);
        else
            gws_json_put_f64s(j, v->key, v->v, v->n);
        for (int k = 0; k < v->n; k++) {
            char tag[160];
            if (!isfinite(v->v[k]))
                continue;
            if (v->n == 1)
                snprintf(tag, sizeof tag, "%s/%s", v->group, v->key);
            else
                snprintf(tag, sizeof tag, "%s/%s/%d", v->group, v->key, k);
            gws_board_scalar(t->board, tag, v->v[k]);
        }
    }
    gws_json_put_f64(j, "elapsed_s", gws_thousandths(now - t->begun_s));
    const gws_status status = put_line(t, GWS_TRACK_ROWS, j, err);
    return status ? status : gws_board_flush(t->board, now, row->step, err);
}

gws_status gws_track_histogram(gws_track *t, int64_t step, const char *tag, const float *x, int64_t n, gws_err *err)
{
    gws_histogram h;
    gws_histogram_make(x, n, &h);
    gws_json *j = line_of(t, "histogram", step);
    gws_json_put_string(j, "tag", tag);
    gws_json_put_f64(j, "min", h.min);
    gws_json_put_f64(j, "max", h.max);
    gws_json_put_f64(j, "num", h.num);
    gws_json_put_f64(j, "sum", h.sum);
    gws_json_put_f64(j, "sum_squares", h.sum_squares);
    gws_json_put_i64(j, "not_finite", h.lost);
    gws_json_put_f64s(j, "limits", h.limit, h.n);
    gws_json_put_f64s(j, "counts", h.count, h.n);
    const gws_status status = put_line(t, GWS_TRACK_REST, j, err);
    if (status || h.n == 0)
        return status;
    gws_board_histogram(t->board, tag, &h);
    return gws_board_flush(t->board, t->clock(), step, err);
}

static char *base64(const unsigned char *in, size_t n)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char *out = malloc((n + 2) / 3 * 4 + 1), *to = out;
    for (size_t i = 0; out && i < n; i += 3) {
        const unsigned b = i + 1 < n ? in[i + 1] : 0, c = i + 2 < n ? in[i + 2] : 0;
        const unsigned bits = (unsigned)in[i] << 16 | b << 8 | c;
        *to++ = letters[bits >> 18];
        *to++ = letters[bits >> 12 & 63];
        *to++ = i + 1 < n ? letters[bits >> 6 & 63] : '=';
        *to++ = i + 2 < n ? letters[bits & 63] : '=';
    }
    if (out)
        *to = 0;
    return out;
}

gws_status gws_track_image(gws_track *t, int64_t step, const char *tag, const gws_picture *picture, gws_err *err)
{
    char *text = base64(picture->png, picture->size);
    if (!text)
        return gws_err_set(err, GWS_ENOMEM, "%s: no memory for a picture", t->path[GWS_TRACK_REST]);
    gws_json *j = line_of(t, "image", step);
    gws_json_put_string(j, "tag", tag);
    gws_json_put_i64(j, "width", picture->width);
    gws_json_put_i64(j, "height", picture->height);
    gws_json_put_string(j, "png", text);
    free(text);
    const gws_status status = put_line(t, GWS_TRACK_REST, j, err);
    if (status)
        return status;
    gws_board_image(t->board, tag, picture);
    return gws_board_flush(t->board, t->clock(), step, err);
}

gws_status gws_track_saved(gws_track *t, int64_t step, const char *path, gws_err *err)
{
    if (step == t->saved)
        return GWS_OK;
    t->saved = step;
    gws_json *j = line_of(t, "checkpoint", step);
    gws_json_put_string(j, "file", path);
    return put_line(t, GWS_TRACK_REST, j, err);
}

gws_status gws_track_end(gws_track *t, int64_t step, gws_status how, const char *why, gws_err *err)
{
    const double now = t->clock();
    gws_json *j = line_of(t, "end", step);
    gws_json_put_string(j, "status", how == GWS_OK ? "done" : how == GWS_ESTOP ? "stopped" : "failed");
    gws_json_put_string(j, "message", why);
    gws_json_put_f64(j, "elapsed_s", gws_thousandths(now - t->begun_s));
    const gws_status status = put_line(t, GWS_TRACK_REST, j, err);
    if (status || how == GWS_ESTOP) /* it may go on */
        return status;
    gws_board_session_end(t->board, how == GWS_OK, now);
    return gws_board_flush(t->board, now, step, err);
}
