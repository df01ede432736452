#include "base/log.h"

#include "base/escape.h"
#include "base/json.h"
#include "base/number.h"

#include <ctype.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#define TEXT_MOST 1001
#define NOBODY (-1)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static gws_log_fn taker; /* with its user: under the lock */
static void *taker_user;
/* The highest level that is taken.  It is read without the lock, so that a line that nobody wants costs nothing. */
static atomic_int most = NOBODY;
static char hidden_home[1024], hidden_user[128];
static _Thread_local int inside; /* this thread is in the taker, and holds the lock */

void gws_log_set(gws_log_fn fn, void *user, gws_log_level level)
{
    if (!inside)
        pthread_mutex_lock(&lock);
    taker = fn;
    taker_user = user;
    most = fn ? (int)level : NOBODY;
    if (!inside)
        pthread_mutex_unlock(&lock);
}

int gws_log_wants(gws_log_level level)
{
    return (int)level <= most;
}

void gws_log_write(gws_log_level level, const char *module, const char *fmt, ...)
{
    char raw[TEXT_MOST], clean[TEXT_MOST], text[TEXT_MOST];
    struct timespec now;
    va_list ap;

    if (!gws_log_wants(level) || inside)
        return;
    va_start(ap, fmt);
    gws_text_vprint(raw, sizeof raw, fmt, ap);
    va_end(ap);
    gws_log_clean(clean, sizeof clean, raw);
    gws_escape(text, sizeof text, clean, 0);
    pthread_mutex_lock(&lock);
    if (taker && gws_log_wants(level)) {
        clock_gettime(CLOCK_REALTIME, &now); /* under the lock, so that times never fall from one line to the next */
        const gws_log_line line = {
            .unix_ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000, .level = level, .module = module, .text = text};
        inside = 1;
        taker(taker_user, &line);
        inside = 0;
    }
    pthread_mutex_unlock(&lock);
}

/* ---- levels ---- */

static const char *const names[] = {
    [GWS_LOG_ERROR] = "ERROR", [GWS_LOG_WARNING] = "WARNING", [GWS_LOG_INFO] = "INFO", [GWS_LOG_DEBUG] = "DEBUG"};

#define LEVELS (sizeof names / sizeof names[0])

const char *gws_level_name(gws_log_level level)
{
    return (unsigned)level < LEVELS ? names[level] : "UNKNOWN";
}

int gws_level_parse(const char *text, gws_log_level *out)
{
    for (size_t i = 0; i < LEVELS; i++)
        if (strcasecmp(names[i], text) == 0) {
            *out = (gws_log_level)i;
            return 1;
        }
    return 0;
}

/* ---- forms ---- */

/* "2026-11-28T22:10:03.123": `between` stands between date and time, `point` before the milliseconds. */
static void time_text(int64_t unix_ms, char between, char point, char out[32])
{
    const int ms = (int)((unix_ms % 1000 + 1000) % 1000); /* from 0 on before 1970 too */
    time_t s = (time_t)(unix_ms / 1000 - (unix_ms % 1000 < 0));
    struct tm utc;
    char day[16] = "", clock[16] = "";

    if (gmtime_r(&s, &utc)) {
        strftime(day, sizeof day, "%Y-%m-%d", &utc);
        strftime(clock, sizeof clock, "%H:%M:%S", &utc);
    }
    snprintf(out, 32, "%s%c%s%c%03d", day, between, clock, point, ms);
}

void gws_log_text(const gws_log_line *line, char *out, size_t size)
{
    char when[32];

    if (!line) {
        snprintf(out, size, "%s", "");
        return;
    }
    time_text(line->unix_ms, ' ', ',', when);
    snprintf(out, size, "%s - %s - %s - %s", when, line->module ? line->module : "", gws_level_name(line->level),
             line->text ? line->text : "");
}

char *gws_log_json(const gws_log_line *line)
{
    char when[32];
    gws_json *j = gws_json_object();

    time_text(line->unix_ms, 'T', '.', when);
    memcpy(when + strlen(when), "Z", 2);
    gws_json_put_string(j, "time", when);
    gws_json_put_string(j, "module", line->module);
    gws_json_put_string(j, "level", gws_level_name(line->level));
    gws_json_put_string(j, "message", line->text);
    return gws_json_text(j);
}

/* ---- what others should not see ---- */

void gws_log_hide(const char *home, const char *user)
{
    pthread_mutex_lock(&lock);
    snprintf(hidden_home, sizeof hidden_home, "%s", home ? home : "");
    snprintf(hidden_user, sizeof hidden_user, "%s", user ? user : "");
    for (size_t n = strlen(hidden_home); n > 0 && hidden_home[n - 1] == '/'; n--)
        hidden_home[n - 1] = '\0';
    pthread_mutex_unlock(&lock);
}

static int in_name(char c)
{
    return isalnum((unsigned char)c) || c == '_' || c == '-' || (unsigned char)c >= 0x80;
}

/* Does a part of a path end here?  A full stop belongs to it when more of it follows. */
static int part_ends(const char *p)
{
    return !in_name(p[0]) && !(p[0] == '.' && in_name(p[1]));
}

static size_t part_length(const char *p)
{
    size_t n = 0;
    while (!part_ends(p + n))
        n++;
    return n;
}

/* Bytes of text that name a home folder or the user; `skip` says how many of them stay as they are. */
static size_t find_user(const char *text, const char *p, size_t *skip)
{
    static const char *const parents[] = {"/home/", "/Users/"};
    const size_t home = strlen(hidden_home), user = strlen(hidden_user);

    *skip = 0;
    if (home > 0 && strncmp(p, hidden_home, home) == 0 && part_ends(p + home))
        return home;
    for (int i = 0; i < 2; i++) {
        const size_t n = strlen(parents[i]);
        if (strncmp(p, parents[i], n) != 0 || part_length(p + n) == 0)
            continue;
        if (p > text && in_name(p[-1])) /* within a path */
            *skip = n;
        return n + part_length(p + n);
    }
    if (user > 0 && p > text && p[-1] == '/' && strncmp(p, hidden_user, user) == 0 && part_ends(p + user))
        return user;
    return 0;
}

static void add(char *out, size_t size, size_t *used, const char *text, size_t n)
{
    if (n > size - 1 - *used)
        n = size - 1 - *used;
    memcpy(out + *used, text, n);
    *used += n;
}

void gws_log_clean(char *out, size_t size, const char *text)
{
    static const char ends[] = " \t\n\"'<>";
    size_t used = 0, skip, n;
    int address = 0; /* p is in one */

    if (size == 0)
        return;
    pthread_mutex_lock(&lock);
    for (const char *p = text; *p;) {
        if (strncmp(p, "://", 3) == 0) {
            const char *host = p + 3, *end = host + strcspn(host, "/?# \t\n\"'<>");
            for (const char *q = host; q < end; q++)
                if (*q == '@')
                    host = q + 1;
            add(out, size, &used, "://", 3);
            add(out, size, &used, host, (size_t)(end - host));
            p = end;
            address = 1;
        } else if (address && (*p == '?' || *p == '#')) {
            add(out, size, &used, "?...", 4);
            p += strcspn(p, ends);
        } else if ((n = find_user(text, p, &skip)) > 0) {
            add(out, size, &used, p, skip);
            add(out, size, &used, "~", 1);
            p += n;
        } else {
            address = address && !strchr(ends, *p);
            add(out, size, &used, p++, 1);
        }
    }
    pthread_mutex_unlock(&lock);
    out[used] = '\0';
}
