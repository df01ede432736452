#include "track/lines.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

int64_t gws_lines_number(const gws_json *j, const char *key, int64_t fallback)
{
    double v;
    return gws_json_get_f64(j, key, &v) && fabs(v) < 9e15 ? (int64_t)v : fallback;
}

/*   end  in  where the line ends in the file; -1: it is not whole */
typedef int (*line_fn)(void *user, const gws_json *j, int64_t end);

static gws_status walk(const char *path, line_fn fn, void *user, gws_err *err)
{
    FILE *f = fopen(path, "rb");
    char *text = NULL;
    size_t room = 0;
    ssize_t n;
    int64_t at = 0;
    if (!f)
        return errno == ENOENT ? GWS_OK : gws_err_set(err, GWS_EIO, "%s: cannot read it: %s", path, strerror(errno));
    errno = 0;
    while ((n = getline(&text, &room, f)) >= 0) {
        gws_json *j = text[n - 1] == '\n' ? gws_json_parse(text, (size_t)n) : NULL;
        at += n;
        const int ends = fn(user, j, text[n - 1] == '\n' ? at : -1);
        gws_json_destroy(j);
        if (ends)
            break;
    }
    const int why = errno;
    const gws_status status = n >= 0 || feof(f) ? GWS_OK
                              : why == ENOMEM   ? gws_err_set(err, GWS_ENOMEM, "%s: no memory for a line of it", path)
                                                : gws_err_set(err, GWS_EIO, "%s: cannot read it: %s", path, strerror(why));
    free(text);
    fclose(f);
    return status;
}

typedef struct each {
    int (*line)(void *user, const gws_json *j);
    void *user;
} each;

static int pass_on(void *user, const gws_json *j, int64_t end)
{
    const each *e = user;
    return j ? e->line(e->user, j) : 0;
}

gws_status gws_lines_each(const char *path, int (*line)(void *user, const gws_json *j), void *user, gws_err *err)
{
    return walk(path, pass_on, &(each){line, user}, err);
}

static int take_run(void *user, const gws_json *j)
{
    gws_lines_run *run = user;
    const char *kind = gws_json_get_string(j, "kind"), *recipe = gws_json_get_string(j, "recipe"),
               *output = gws_json_get_string(j, "output");
    const int64_t number = gws_lines_number(j, "run", 0);
    if (!kind || strcmp(kind, "run") != 0 || number <= 0 || !recipe || !output)
        return 0;
    gws_lines_run_clear(run);
    run->recipe = strdup(recipe);
    run->output = strdup(output);
    run->number = number;
    return !run->recipe || !run->output;
}

gws_status gws_lines_last_run(const char *path, gws_lines_run *out, gws_err *err)
{
    *out = (gws_lines_run){0};
    const gws_status status = gws_lines_each(path, take_run, out, err);
    if (status == GWS_OK && out->number && (!out->recipe || !out->output)) {
        gws_lines_run_clear(out);
        return gws_err_set(err, GWS_ENOMEM, "%s: no memory for a line of it", path);
    }
    return status;
}

void gws_lines_run_clear(gws_lines_run *run)
{
    free(run->recipe);
    free(run->output);
    *run = (gws_lines_run){0};
}

typedef struct kept {
    int64_t step, run, whole, later;
} kept;

static int keep(void *user, const gws_json *j, int64_t end)
{
    kept *k = user;
    if (end < 0)
        return 1;
    const int64_t run = j ? gws_lines_number(j, "run", 0) : 0;
    if (run && run != k->run) {
        k->run = run;
        k->later = -1;
    }
    if (run && k->later < 0 && gws_lines_number(j, "total_step", 0) > k->step)
        k->later = k->whole;
    k->whole = end;
    return 0;
}

gws_status gws_lines_kept(const char *path, int64_t step, int64_t *size, gws_err *err)
{
    kept k = {.step = step, .later = -1};
    const gws_status status = walk(path, keep, &k, err);
    *size = k.later >= 0 ? k.later : k.whole;
    return status;
}
