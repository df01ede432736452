#include "cli/cli.h"

#include "base/file.h"
#include "base/hdf5.h"
#include "cli/interrupt.h"
#include "gws_config.h"
#include "sim/mlgwsc_input.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *running = "gwspike"; /* the verb, for lines of the log */

void gws_cli_begin(gws_cli *cli, const char *verb, const char *summary)
{
    cli->verb = running = verb;
    cli->summary = summary;
    cli->select = gws_select_none();
}

int gws_cli_fail(const gws_cli *cli, const gws_err *err)
{
    fflush(stdout);
    if (!gws_interrupted || gws_interrupt_say())
        gws_logging_failure(cli->verb, err->text[0] ? err->text : gws_status_name(err->status));
    return gws_interrupted ? 128 + gws_interrupted : 1;
}

int gws_cli_misuse(const gws_cli *cli, const char *fmt, ...)
{
    char text[1024];
    va_list ap;

    fflush(stdout);
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    gws_logging_failure(cli->verb, text);
    return 2;
}

void gws_cli_log(gws_log_level level, const char *fmt, ...)
{
    char text[1024];
    va_list ap;

    if (!gws_log_wants(level))
        return;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    gws_log_write(level, running, "%s", text);
}

gws_status gws_cli_output(gws_cli *cli, const char *path, gws_format format, int flags, gws_err *err)
{
    if (!cli->outputs && !(cli->outputs = gws_outputs_create(cli->force > 0, err)))
        return GWS_ENOMEM;
    return gws_outputs_add(cli->outputs, path, format, flags, err);
}

gws_status gws_cli_commit(gws_cli *cli, gws_err *err)
{
    if (gws_interrupted)
        return gws_err_set(err, GWS_ESTOP, "stopped");
    if (!cli->outputs)
        return GWS_OK;
    const gws_status status = gws_outputs_commit(cli->outputs, err);
    cli->published = status == GWS_OK;
    return status;
}

static int row_lost; /* of the results on stdout */

void gws_cli_json(gws_json *j)
{
    if (gws_json_print(j, stdout) != 0)
        row_lost = 1;
}

int gws_cli_done(const gws_cli *cli)
{
    if (gws_interrupted && !cli->published)
        return gws_cli_fail(cli, &(gws_err){GWS_ESTOP, "stopped"});
    const int written = fflush(stdout) == 0 && !ferror(stdout);
    const int why = errno;
    if (written && !row_lost)
        return 0;
    gws_err err;
    gws_err_set(&err, GWS_EIO, "cannot write the results to stdout: %s", written ? "no memory for a row of them" : strerror(why));
    gws_logging_failure(cli->verb, err.text);
    return 1;
}

const char *gws_cli_shipped(const gws_cli *cli, const char *name, char path[1024])
{
    for (int i = 0; i < 2; i++)
        if (snprintf(path, 1024, "%s/%s.hdf", cli->models[i], name) < 1024 && gws_file_exists(path))
            return path;
    return NULL;
}

const char *gws_cli_model_of(const gws_cli *cli, const char *config, char path[1024])
{
    const char *shipped = gws_cli_shipped(cli, strcmp(config, "default") == 0 ? "cpc" : config, path);

    if (shipped)
        return shipped;
    return cli->default_model[0] ? cli->default_model : NULL;
}

const char *gws_cli_model(const gws_cli *cli, const char *given, gws_err *err)
{
    if (given)
        return given;
    if (cli->default_model[0])
        return cli->default_model;
    gws_err_set(err, GWS_EIO, "no model: -m was not given and there is no %s.hdf in %s nor in %s", GWS_DEFAULT_MODEL,
                cli->models[0], cli->models[1]);
    return NULL;
}

gws_status gws_cli_recipe(const gws_cli *cli, const char *config, char path[1024], gws_err *err)
{
    if (strchr(config, '/') || strchr(config, '.')) {
        snprintf(path, 1024, "%s", config);
        return GWS_OK;
    }
    for (int i = 0; i < 2; i++)
        if (snprintf(path, 1024, "%s/%s.ini", cli->configs[i], config) < 1024 && gws_file_exists(path))
            return GWS_OK;
    return gws_err_set(err, GWS_EIO, "no recipe %s.ini in %s nor in %s", config, cli->configs[0], cli->configs[1]);
}

const char *gws_cli_mlgwsc(const gws_cli *cli, const char *given, gws_err *err)
{
    char path[1100];

    if (given)
        return given;
    for (int i = 0; i < (int)(sizeof cli->mlgwsc / sizeof cli->mlgwsc[0]); i++) {
        snprintf(path, sizeof path, "%s/segments.csv", cli->mlgwsc[i]);
        if (cli->mlgwsc[i][0] && gws_file_exists(path))
            return cli->mlgwsc[i];
    }
    gws_err_set(
        err, GWS_EIO,
        "MLGWSC-1's segments.csv is not here, nor in $GWSPIKE_MLGWSC or %s: get it and psds/ from gwastro/ml-mock-data-challenge-1",
        cli->mlgwsc[2]);
    return NULL;
}

int gws_cli_detectors(char *text, const char *out[GWS_MAX_IFO])
{
    int n = 0;

    for (char *word = strtok(text, ","); word; word = strtok(NULL, ",")) {
        if (n == GWS_MAX_IFO)
            return -1;
        for (int i = 0; i < n; i++)
            if (strcmp(out[i], word) == 0)
                return -1;
        out[n++] = word;
    }
    return n > 0 ? n : -1;
}

char *gws_cli_input(const gws_cli *cli, const char *name, gws_err *err)
{
    char *out = NULL;
    const char *folder;

    if (!gws_is_mlgwsc_input(name) || gws_mlgwsc_input_has(name, "data"))
        out = strdup(name);
    else if (!(folder = gws_cli_mlgwsc(cli, NULL, err)))
        return NULL;
    else if (asprintf(&out, "%s,data=%s", name, folder) < 0)
        out = NULL;
    if (!out)
        gws_err_set(err, GWS_ENOMEM, "%s: no memory", name);
    return out;
}

void gws_cli_warn_columns(const char *path, int (*known)(const char *name))
{
    char **names = NULL, line[400] = "", at[300];
    int n = 0;
    size_t used = 0;
    gws_h5 *f = gws_h5_open(path, NULL);

    if (!f)
        return;
    if (gws_h5_list(f, "/", &names, &n, NULL) != GWS_OK)
        n = 0;
    for (int i = 0; i < n && used < sizeof line; i++) {
        if (known(names[i]) || (size_t)snprintf(at, sizeof at, "/%s", names[i]) >= sizeof at || gws_h5_is_group(f, at))
            continue;
        used += (size_t)snprintf(line + used, sizeof line - used, "%s%s", used ? ", " : "", names[i]);
    }
    gws_h5_list_free(names, n);
    gws_h5_close(f);
    if (used)
        gws_cli_log(GWS_LOG_WARNING, "%s: not used: %s", path, line);
}

gws_pool *gws_cli_pool(const gws_cli *cli, int64_t threads, gws_err *err)
{
    return gws_pool_create((int)(threads ? threads : cli->machine.threads), err);
}

gws_status gws_cli_cap(const gws_cli *cli, const char *option, int64_t *out, gws_err *err)
{
    gws_memory m;
    const char *text = option ? option : cli->memory;
    gws_memory_now(&m);
    *out = m.limit_bytes > 0 ? m.limit_bytes / 2 : INT64_MAX;
    if (!*text)
        return GWS_OK;
    const gws_status status = gws_memory_parse(text, m.limit_bytes, out, err);
    if (status)
        gws_err_prefix(err, "%s", option ? "--memory" : "GWSPIKE_MEMORY");
    return status;
}

gws_watch *gws_cli_watch(gws_err *err)
{
    return gws_watch_create(2.0, NULL, NULL, err);
}
