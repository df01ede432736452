#include "alert/journal.h"

#include "base/number.h"
#include "base/output.h"
#include "gwf/crc.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HEAD "gwspike-alerts 1\n"
#define FRONT 400 /* of a line, all but its text */

const char *const gws_journal_kinds[3] = {"initial", "update", "followup"};

struct gws_journal {
    int fd;
    char *path;
    int64_t size; /* of whole records */
};

/* ---- reading ---- */

int gws_journal_is_id(const char *id)
{
    const size_t n = strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
    return n > 0 && n < GWS_JOURNAL_ID && id[n] == '\0' && id[0] != '.';
}

/* The next word up to a blank, into `out`; what is behind the blank becomes *at.  Returns 0 when there is none or it is too long. */
static int word(const char **at, const char *end, char *out, size_t size)
{
    const char *stop = *at < end ? memchr(*at, ' ', (size_t)(end - *at)) : NULL;
    const size_t n = (size_t)((stop ? stop : end) - *at);
    if (n == 0 || n >= size)
        return 0;
    memcpy(out, *at, n);
    out[n] = '\0';
    *at = stop ? stop + 1 : end;
    return 1;
}

static int whole(const char **at, const char *end, int64_t low, int64_t high, int64_t *out)
{
    char text[24], *stop;
    if (!word(at, end, text, sizeof text) || (text[0] != '-' && (text[0] < '0' || text[0] > '9')))
        return 0;
    errno = 0;
    const long long v = strtoll(text, &stop, 10);
    *out = v;
    return errno == 0 && *stop == '\0' && v >= low && v <= high;
}

static int parse_message(const char *at, const char *end, gws_journal_record *r)
{
    char text[64];
    int64_t v;
    if (!whole(&at, end, 0, (1 << GWS_JOURNAL_SINKS) - 1, &v))
        return 0;
    r->sinks = (unsigned)v;
    if (!whole(&at, end, 0, 2, &v))
        return 0;
    r->kind = (gws_journal_kind)v;
    if (!whole(&at, end, 0, INT32_MAX, &v))
        return 0;
    r->revision = (int)v;
    if (!whole(&at, end, INT64_MIN, INT64_MAX, &r->gps_ns) || !word(&at, end, text, sizeof text) ||
        !gws_number_parse(text, &r->stat) || !word(&at, end, r->event, sizeof r->event) || !gws_journal_is_id(r->event) ||
        !word(&at, end, r->trigger, sizeof r->trigger) || !gws_journal_is_id(r->trigger))
        return 0;
    if (r->what == 's')
        return at == end;
    r->text = at;
    r->size = (size_t)(end - at);
    return r->size > 0 && r->size <= GWS_JOURNAL_TEXT_MAX;
}

/* A line without its newline. */
static int parse_line(const char *at, const char *end, gws_journal_record *r)
{
    char text[16], *stop;
    *r = (gws_journal_record){0};
    if (!word(&at, end, text, sizeof text) || strlen(text) != 8 || strspn(text, "0123456789abcdef") != 8 ||
        strtoul(text, &stop, 16) != gws_crc_of(at, (size_t)(end - at)))
        return 0;
    if (!word(&at, end, text, sizeof text) || text[1] != '\0' || !whole(&at, end, 0, INT64_MAX, &r->sequence))
        return 0;
    r->what = text[0];
    int64_t v;
    switch (r->what) {
    case 'm':
    case 's': return parse_message(at, end, r);
    case 'd':
        if (!whole(&at, end, 0, GWS_JOURNAL_SINKS - 1, &v))
            return 0;
        r->sink = (int)v;
        return at == end;
    default: return 0;
    }
}

gws_status gws_journal_parse(const char *text, size_t n, gws_journal_fn fn, void *user, int64_t *damaged, gws_err *err)
{
    const char *at = text, *end = text + n;
    const size_t head = strlen(HEAD);
    *damaged = 0;
    if (n < head && memcmp(text, HEAD, n) == 0)
        return GWS_OK; /* empty, or cut while it was begun */
    if (n < head || memcmp(text, HEAD, head) != 0)
        return gws_err_set(err, GWS_EFORMAT, "not a journal of alerts: its first line is not \"gwspike-alerts 1\"");
    for (at += head; at < end;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        gws_journal_record r;
        if (!stop || !parse_line(at, stop, &r))
            (*damaged)++;
        else if (fn(user, &r))
            return gws_err_set(err, GWS_ESTOP, "stopped");
        at = stop ? stop + 1 : end;
    }
    return GWS_OK;
}

/* ---- writing ---- */

/* A line in one allocation; the caller frees it.  NULL: no memory. */
static char *line_of(const gws_journal_record *r, size_t *size)
{
    char front[FRONT], number[40];
    if (r->what == 'd')
        gws_text_print(front, sizeof front, "d %lld %d", (long long)r->sequence, r->sink);
    else {
        gws_text_print(number, sizeof number, "%.17g", r->stat);
        gws_text_print(front, sizeof front, "%c %lld %u %d %d %lld %s %s %s%s", r->what, (long long)r->sequence, r->sinks,
                       (int)r->kind, r->revision, (long long)r->gps_ns, number, r->event, r->trigger, r->what == 'm' ? " " : "");
    }
    const size_t n = strlen(front), more = r->what == 'm' ? r->size : 0;
    char *line = malloc(9 + n + more + 2);
    if (!line)
        return NULL;
    memcpy(line + 9, front, n);
    if (more)
        memcpy(line + 9 + n, r->text, more);
    snprintf(line, 9, "%08x", (unsigned)gws_crc_of(line + 9, n + more));
    line[8] = ' ';
    line[9 + n + more] = '\n';
    *size = 9 + n + more + 1;
    return line;
}

static int write_all(int fd, const char *data, size_t n)
{
    while (n > 0) {
        const ssize_t m = write(fd, data, n);
        if (m < 0 && errno == EINTR)
            continue;
        if (m < 0)
            return 0;
        data += m;
        n -= (size_t)m;
    }
    return 1;
}

static gws_status failed(const gws_journal *j, gws_err *err)
{
    return gws_err_set(err, GWS_EIO, "%s: %s", j->path, strerror(errno));
}

/* Open the file that stands there now, for adding behind its last newline. */
static gws_status reopen(gws_journal *j, gws_err *err)
{
    struct stat st;
    char last = '\n';
    if (j->fd >= 0)
        close(j->fd);
    j->fd = open(j->path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (j->fd < 0 || fstat(j->fd, &st) != 0 || lseek(j->fd, 0, SEEK_END) < 0)
        return failed(j, err);
    if (!S_ISREG(st.st_mode))
        return gws_err_set(err, GWS_EIO, "%s: not a regular file", j->path);
    if (st.st_size < (off_t)strlen(HEAD)) {
        if (ftruncate(j->fd, 0) != 0 || lseek(j->fd, 0, SEEK_SET) < 0 || !write_all(j->fd, HEAD, strlen(HEAD)) || fsync(j->fd) != 0)
            return failed(j, err);
        st.st_size = (off_t)strlen(HEAD);
    } else if (pread(j->fd, &last, 1, st.st_size - 1) != 1 || (last != '\n' && !write_all(j->fd, "\n", 1)))
        return failed(j, err);
    j->size = st.st_size + (last != '\n');
    return GWS_OK;
}

gws_journal *gws_journal_open(const char *path, gws_err *err)
{
    gws_journal *j = calloc(1, sizeof *j);
    if (!j || !(j->path = strdup(path))) {
        free(j);
        gws_err_set(err, GWS_ENOMEM, "journal: out of memory");
        return NULL;
    }
    j->fd = -1;
    if (reopen(j, err) != GWS_OK) {
        gws_journal_close(j);
        return NULL;
    }
    return j;
}

gws_status gws_journal_add(gws_journal *j, const gws_journal_record *r, int sync, gws_err *err)
{
    size_t n;
    char *line = line_of(r, &n);
    if (!line)
        return gws_err_set(err, GWS_ENOMEM, "journal: out of memory");
    gws_status status = GWS_OK;
    if (!write_all(j->fd, line, n) || (sync && fsync(j->fd) != 0)) {
        status = failed(j, err);
        if (ftruncate(j->fd, (off_t)j->size) != 0 || lseek(j->fd, (off_t)j->size, SEEK_SET) < 0)
            gws_err_prefix(err, "what was begun cannot be taken back");
    } else
        j->size += (int64_t)n;
    free(line);
    return status;
}

gws_status gws_journal_replace(gws_journal *j, const gws_journal_record *records, int64_t n, gws_err *err)
{
    gws_output *o = gws_output_begin(j->path, 1, err);
    if (!o)
        return GWS_EIO;
    gws_status status = gws_output_write(o, HEAD, strlen(HEAD), err);
    for (int64_t i = 0; i < n && status == GWS_OK; i++) {
        size_t size;
        char *line = line_of(&records[i], &size);
        status = line ? gws_output_write(o, line, size, err) : gws_err_set(err, GWS_ENOMEM, "journal: out of memory");
        free(line);
    }
    if (status != GWS_OK) {
        gws_output_abandon(o);
        return status;
    }
    status = gws_output_end(o, err);
    return status == GWS_OK ? reopen(j, err) : status;
}

int64_t gws_journal_bytes(const gws_journal *j)
{
    return j->size;
}

void gws_journal_close(gws_journal *j)
{
    if (!j)
        return;
    if (j->fd >= 0)
        close(j->fd);
    free(j->path);
    free(j);
}
