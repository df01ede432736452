/* list.c - paths of files that come one a line, on standard input as a rule.  See source.h.  What a session had not read when it was killed
 * has to be sent again: nobody else knows of it. */
#include "base/progress.h"
#include "live/inbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct own {
    const gws_live_source_params *p;
    gws_inbox *inbox;
    int fd, ended;
    char line[8192];
    size_t n;
};

static void close_list(void *own)
{
    struct own *o = own;

    if (o)
        gws_inbox_destroy(o->inbox);
    free(o);
}

static gws_status open_list(const gws_live_source_params *p, void **own, gws_err *err)
{
    struct own *o = calloc(1, sizeof *o);

    *own = NULL;
    if (!o || !(o->inbox = gws_inbox_create(p, err))) {
        free(o);
        return gws_err_set(err, GWS_ENOMEM, "no memory for the source");
    }
    o->p = p;
    o->fd = fileno(p->list);
    *own = o;
    return GWS_OK;
}

static gws_status add_line(struct own *o, char *line, gws_err *err)
{
    size_t n = strlen(line);

    while (n > 0 && strchr(" \t\r", line[n - 1]))
        line[--n] = '\0';
    line += strspn(line, " \t");
    if (strncmp(line, "file://localhost/", 17) == 0)
        line += 16;
    else if (strncmp(line, "file:///", 8) == 0)
        line += 7;
    return *line && *line != '#' ? gws_inbox_add(o->inbox, line, gws_now_s(), err) : GWS_OK;
}

/* The lines that are there. */
static gws_status read_lines(struct own *o, gws_err *err)
{
    gws_status status = GWS_OK;
    const ssize_t got = read(o->fd, o->line + o->n, sizeof o->line - 1 - o->n);
    char *begin = o->line, *end;

    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return GWS_OK;
    o->ended = got <= 0;
    o->n += got > 0 ? (size_t)got : 0;
    o->line[o->n] = '\0';
    if (o->n >= 5 && memcmp(o->line, "IGWD", 5) == 0)
        return gws_err_set(err, GWS_EFORMAT, "standard input: frames, and paths were wanted; --pipe (source = pipe) reads frames");
    while (status == GWS_OK && (end = strchr(begin, '\n'))) {
        *end = '\0';
        status = add_line(o, begin, err);
        begin = end + 1;
    }
    if (status == GWS_OK && o->ended)
        status = add_line(o, begin, err);
    o->n = o->ended ? 0 : strlen(begin);
    memmove(o->line, begin, o->n);
    if (o->n == sizeof o->line - 1)
        status = gws_err_set(err, GWS_EFORMAT, "standard input: a line of more than %zu characters, a path was wanted", o->n);
    return status;
}

static gws_status poll_list(void *own, double wait_s, const gws_live_taker *taker, gws_live_after *after, gws_err *err)
{
    struct own *o = own;
    struct pollfd f = {.fd = o->fd, .events = POLLIN};
    gws_status status = GWS_OK;

    if (o->ended && gws_inbox_waiting(o->inbox) == 0) {
        *after = GWS_LIVE_ENDED;
        return GWS_OK;
    }
    poll(&f, !o->ended, (int)(gws_inbox_wait_s(o->inbox, wait_s) * 1000 + 0.999));
    if (!o->ended && f.revents)
        status = read_lines(o, err);
    *after = GWS_LIVE_WAITS;
    if (status == GWS_OK)
        status = gws_inbox_work(o->inbox, taker, after, err);
    if (*after == GWS_LIVE_WAITS && !o->ended && poll(&f, 1, 0) > 0)
        *after = GWS_LIVE_MORE; /* lines that were too many for one reading */
    return status;
}

static int waiting(const void *own)
{
    return gws_inbox_waiting(((const struct own *)own)->inbox);
}

const gws_live_source_row gws_live_list = {"list", open_list, poll_list, NULL, waiting, close_list, NULL, NULL, NULL, NULL};
