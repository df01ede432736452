#include "cli/logging.h"

#include "base/logfile.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/output.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_MOST 1100
#define ROTATE_LEAST 1024 /* bytes */

static gws_log_level console_level = GWS_LOG_INFO, file_level = GWS_LOG_DEBUG;
static int console_json, file_json, given_format; /* given_format: --log-format rules the file too */
static gws_logfile *file;
static int64_t file_most; /* bytes; 0: never begin another */
static int file_keep = 5, file_broken;
static atomic_int progress_width;
static void (*diversion)(void *user, const char *text); /* with its user: set while nobody else logs */
static void *diversion_user;
static _Thread_local int failing; /* the line of a failure, which stderr gets in its own form */

void gws_logging_progress(int width)
{
    progress_width = width;
}

/* A line with its newline in memory of its own; NULL: there is none left. */
static char *make_line(const gws_log_line *line, int json, size_t *n)
{
    char text[LINE_MOST + 1], *made = NULL, *whole = NULL;

    if (json)
        made = gws_log_json(line);
    else
        gws_log_text(line, text, LINE_MOST);
    const int size = json && !made ? -1 : asprintf(&whole, "%s\n", json ? made : text);
    free(made);
    *n = size > 0 ? (size_t)size : 0;
    return size > 0 ? whole : NULL;
}

/* One write a line, so that lines of several programs do not mix. */
static void write_console(const gws_log_line *line)
{
    size_t n;
    char *text = make_line(line, console_json, &n);

    (void)!write(STDERR_FILENO, text ? text : "", n);
    free(text);
}

static gws_logfile_written write_file(const gws_log_line *line)
{
    size_t n;
    char *text = make_line(line, file_json, &n);
    const gws_logfile_written how = text ? gws_logfile_write(file, text, n) : GWS_LOGFILE_LOST;

    free(text);
    return how;
}

/* To the terminal's screen when something else is drawn there. */
static int diverted(const gws_log_line *line)
{
    char text[LINE_MOST + 1];

    if (!diversion)
        return 0;
    gws_log_text(line, text, LINE_MOST);
    diversion(diversion_user, text);
    return isatty(STDERR_FILENO);
}

/* A disk that is full is no reason to end a search, but the user should know. */
static void warn_of_file(const gws_log_line *line, const char *text)
{
    const gws_log_line lost = {line->unix_ms, GWS_LOG_WARNING, line->module, text};

    if (console_level >= GWS_LOG_WARNING)
        write_console(&lost);
}

static void take(void *user, const gws_log_line *line)
{
    (void)user;
    if (line->level <= console_level && !(failing && !console_json) && !diverted(line)) {
        if (progress_width > 0)
            fprintf(stderr, "\r%*s\r", (int)progress_width, "");
        progress_width = 0;
        fflush(stderr);
        write_console(line);
    }
    if (!file || line->level > file_level)
        return;
    const gws_logfile_written how = write_file(line);
    if (how == GWS_LOGFILE_LOST && !file_broken)
        warn_of_file(line, "the log file cannot be written; lines of it are lost");
    if (how == GWS_LOGFILE_NOT_RENAMED)
        warn_of_file(line, "the log file is large and cannot be renamed; it grows on");
    file_broken = file_broken || how == GWS_LOGFILE_LOST;
}

static void listen(void)
{
    gws_log_set(take, NULL, file && file_level > console_level ? file_level : console_level);
}

void gws_logging_start(const char *home, const char *user)
{
    gws_log_hide(home, user);
    listen();
}

/* "10M" or "10M,3": how large a file may be, and how many older ones stay. */
static gws_status parse_rotate(const gws_logging *l, gws_err *err)
{
    char size[32];
    const char *comma = l->rotate ? strchr(l->rotate, ',') : NULL;
    const size_t n = !l->rotate ? 0 : comma ? (size_t)(comma - l->rotate) : strlen(l->rotate);
    double keep = file_keep;

    if (!l->rotate)
        return GWS_OK;
    snprintf(size, sizeof size, "%.*s", (int)n, l->rotate);
    if (n >= sizeof size || strchr(size, '%') || gws_memory_parse(size, 0, &file_most, NULL) != GWS_OK ||
        file_most < ROTATE_LEAST ||
        (comma && (!gws_number_parse(comma + 1, &keep) || !(keep >= 1 && keep <= 999) || keep != (int)keep)))
        return gws_err_set(err, GWS_EARG,
                           "--log-rotate is a size from 1K on, or a size and a number of files up to 999, 10M,5; got '%.40s'",
                           l->rotate);
    file_keep = (int)keep;
    return l->file ? GWS_OK : gws_err_set(err, GWS_EARG, "--log-rotate wants --log-file");
}

gws_status gws_logging_set(const gws_logging *l, gws_err *err)
{
    gws_log_level level = GWS_LOG_INFO;

    if (l->level && !gws_level_parse(l->level, &level))
        return gws_err_set(err, GWS_EARG, "--log-level is error, warning, info or debug, got '%s'", l->level);
    if (l->format && strcmp(l->format, "text") != 0 && strcmp(l->format, "json") != 0)
        return gws_err_set(err, GWS_EARG, "--log-format is text or json, got '%s'", l->format);
    if (l->louder && l->quieter)
        return gws_err_set(err, GWS_EARG, "-v and -q do not go together");
    if (parse_rotate(l, err) != GWS_OK)
        return GWS_EARG;
    file_level = l->level ? level : GWS_LOG_DEBUG;
    const int moved = (int)level + l->louder - l->quieter;
    console_level = moved < GWS_LOG_ERROR ? GWS_LOG_ERROR : moved > GWS_LOG_DEBUG ? GWS_LOG_DEBUG : (gws_log_level)moved;
    given_format = l->format != NULL;
    console_json = file_json = given_format && strcmp(l->format, "json") == 0;
    listen();
    return GWS_OK;
}

gws_status gws_logging_open(const char *path, gws_err *err)
{
    if (!given_format)
        file_json = gws_path_ends(path, ".jsonl") || gws_path_ends(path, ".json");
    file = gws_logfile_open(path, file_most, file_keep, err);
    if (!file)
        return err ? err->status : GWS_EIO;
    listen();
    return GWS_OK;
}

void gws_logging_divert(void (*to)(void *user, const char *text), void *user)
{
    gws_log_set(NULL, NULL, GWS_LOG_ERROR); /* waits for a line that is being taken */
    diversion = to;
    diversion_user = user;
    listen();
}

void gws_logging_reopen(void)
{
    if (file)
        gws_logfile_reopen(file);
}

void gws_logging_failure(const char *verb, const char *text)
{
    failing = 1;
    gws_log_write(GWS_LOG_ERROR, verb, "%s", text);
    failing = 0;
    if (!console_json)
        fprintf(stderr, "gwspike %s: %s\n", verb, text);
}

void gws_logging_close(void)
{
    gws_log_set(NULL, NULL, GWS_LOG_ERROR);
    gws_logfile_close(file);
    file = NULL;
}
