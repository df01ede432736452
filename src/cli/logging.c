#include "cli/logging.h"

#include "base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LINE_MOST 1100

static gws_log_level console_level = GWS_LOG_INFO, file_level = GWS_LOG_DEBUG;
static int console_json, file_json, given_format; /* given_format: --log-format rules the file too */
static int file_fd = -1, file_broken;
static atomic_int progress_width;
static _Thread_local int failing; /* the line of a failure, which stderr gets in its own form */

void gws_logging_progress(int width)
{
    progress_width = width;
}

/* One write a line, so that lines of several programs do not mix.  Returns 0, or -1. */
static int write_line(int fd, const gws_log_line *line, int json)
{
    char text[LINE_MOST + 1];
    char *made = json ? gws_log_json(line) : NULL;
    int bad;

    if (json) {
        char *whole = NULL;
        const int n = made ? asprintf(&whole, "%s\n", made) : -1;
        bad = n < 0 || write(fd, whole, (size_t)n) != n;
        if (n >= 0)
            free(whole);
        free(made);
        return bad ? -1 : 0;
    }
    gws_log_text(line, text, LINE_MOST);
    const size_t n = strlen(text);
    text[n] = '\n';
    return write(fd, text, n + 1) == (ssize_t)(n + 1) ? 0 : -1;
}

static void take(void *user, const gws_log_line *line)
{
    (void)user;
    if (line->level <= console_level && !(failing && !console_json)) {
        if (progress_width > 0)
            fprintf(stderr, "\r%*s\r", (int)progress_width, "");
        progress_width = 0;
        fflush(stderr);
        (void)write_line(STDERR_FILENO, line, console_json);
    }
    if (file_fd >= 0 && line->level <= file_level && write_line(file_fd, line, file_json) != 0 && !file_broken) {
        file_broken = 1; /* a disk that is full is no reason to end a search, but the user should know */
        const gws_log_line lost = {line->unix_ms, GWS_LOG_WARNING, line->module,
                                   "the log file cannot be written; lines of it are lost"};
        if (console_level >= GWS_LOG_WARNING)
            (void)write_line(STDERR_FILENO, &lost, console_json);
    }
}

static void listen(void)
{
    gws_log_set(take, NULL, file_fd >= 0 && file_level > console_level ? file_level : console_level);
}

void gws_logging_start(const char *home, const char *user)
{
    gws_log_hide(home, user);
    listen();
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
    file_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0666);
    if (file_fd < 0)
        return gws_err_set(err, GWS_EIO, "%s: cannot open the log file: %s", path, strerror(errno));
    listen();
    return GWS_OK;
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
    if (file_fd >= 0)
        close(file_fd);
    file_fd = -1;
}
