/* pipe.c - frame files one behind the other on standard input.  See source.h.
 *
 * Where a file ends its last structure says.  One whose end does not come before the next header is cut: a gap, and the search goes on with that
 * header, as it does behind bytes that belong to no frame.  What a session had not read when it was killed has to be sent again.
 */
#include "base/log.h"
#include "base/progress.h"
#include "gwf/gwf.h"
#include "live/frame.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define READ_BYTES ((size_t)1 << 20)
#define MOST_BYTES ((size_t)1 << 31) /* of a file whose end has not come */
#define LAST_BYTES ((size_t)45)      /* of a file, in which the next may begin: it was cut there, in the structure that ends it */
#define AT_ONCE 32                   /* files that one call hands over at most */

struct own {
    const gws_live_source_params *p;
    int fd, ended, left;    /* left: the last call left files in b */
    double known_s, came_s; /* when nothing was there that had not been taken; when the last bytes came */
    unsigned char *b;       /* (room) what is there: begin to end */
    size_t room, begin, end;
    int64_t passed; /* bytes of the stream in front of b[0] */

    int in_file;     /* the header of a file stands at begin */
    uint64_t walked; /* of it, gws_gwf_measure's */
    size_t looked;   /* behind begin: the next header is no nearer */
    int64_t
        foreign; /* bytes since the last file that belong to none; at first those of its end that are looked at again, negative */
    int64_t n_frames; /* headers found */
};

static void close_pipe(void *own)
{
    struct own *o = own;

    if (o)
        free(o->b);
    free(o);
}

static gws_status open_pipe(const gws_live_source_params *p, void **own, gws_err *err)
{
    struct own *o = calloc(1, sizeof *o);

    *own = o;
    if (!o)
        return gws_err_set(err, GWS_ENOMEM, "no memory for the source");
    o->p = p;
    o->fd = fileno(p->list);
    o->known_s = gws_now_s();
    return GWS_OK;
}

/* What can be read at once. */
static gws_status fill(struct own *o, gws_err *err)
{
    if (o->room - o->end < READ_BYTES && o->begin > 0) {
        memmove(o->b, o->b + o->begin, o->end - o->begin);
        o->passed += (int64_t)o->begin;
        o->end -= o->begin;
        o->begin = 0;
    }
    if (o->room - o->end < READ_BYTES) {
        const size_t room = 2 * o->room + READ_BYTES;
        unsigned char *more = realloc(o->b, room);
        if (!more)
            return gws_err_set(err, GWS_ENOMEM, "standard input: no memory for a frame of more than %zu bytes", o->end);
        o->b = more;
        o->room = room;
    }
    const ssize_t got = read(o->fd, o->b + o->end, READ_BYTES);
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
        return GWS_OK;
    o->ended = got <= 0;
    o->end += got > 0 ? (size_t)got : 0;
    o->came_s = gws_now_s();
    return GWS_OK;
}

/* Go to the next header.  returns  0: it is not there yet */
static int find_file(struct own *o)
{
    const size_t found = gws_gwf_find_header(o->b, o->begin, o->end);
    const size_t rest = found < o->end || o->ended ? 0 : GWS_GWF_HEADER - 1; /* may be the beginning of one */
    const size_t to = found < o->end ? found : o->end - o->begin > rest ? o->end - rest : o->begin;

    o->foreign += (int64_t)(to - o->begin);
    o->begin = to;
    if (o->foreign > 0 && (found < o->end || (o->ended && o->n_frames > 0)))
        gws_log_write(GWS_LOG_WARNING, "live", "standard input: %lld bytes that belong to no frame, up to byte %lld",
                      (long long)o->foreign, (long long)(o->passed + (int64_t)to));
    o->in_file = found < o->end;
    o->n_frames += o->in_file;
    o->walked = 0;
    o->looked = 1;
    return o->in_file;
}

/* A file of n bytes stands at begin: hand it over, or the gap that it is. */
static gws_status take_file(struct own *o, size_t n, gws_live_gap lost, const gws_live_taker *taker, gws_err *err)
{
    char name[60];
    gws_live_reading how = GWS_LIVE_NOT_WHOLE;
    gws_err why = {0};
    gws_status status = GWS_OK;
    const gws_live_file file = {name, o->b + o->begin, n};

    snprintf(name, sizeof name, "standard input, byte %lld", (long long)(o->passed + (int64_t)o->begin));
    const size_t again = lost == GWS_LIVE_NO_GAP ? LAST_BYTES : 0;
    o->begin += n - again;
    o->foreign = -(int64_t)again;
    o->in_file = 0;
    if (lost == GWS_LIVE_NO_GAP)
        status = gws_live_frame_read(o->p, &file, o->came_s, taker, &how, &why);
    else
        gws_err_set(&why, GWS_EFORMAT, "%s: a frame without its end", name);
    if (status != GWS_OK && err)
        *err = why;
    if (status != GWS_OK || how == GWS_LIVE_READ)
        return status;
    lost = lost == GWS_LIVE_NO_GAP ? GWS_LIVE_CORRUPT : lost;
    gws_log_write(GWS_LOG_WARNING, "live", "%s: %s", gws_live_gap_name(lost), why.text);
    return gws_live_frame_lost(&file, lost, o->came_s, taker, err);
}

/* The next file.
 *   more  out  0: it is not there yet */
static gws_status next_file(struct own *o, const gws_live_taker *taker, int *more, gws_err *err)
{
    *more = o->in_file || find_file(o);
    if (!*more)
        return GWS_OK;
    const size_t n = o->end - o->begin;
    const gws_gwf_extent extent = gws_gwf_measure(o->b + o->begin, n, &o->walked);
    if (extent == GWS_GWF_ENDS)
        return take_file(o, (size_t)o->walked, GWS_LIVE_NO_GAP, taker, err);
    const size_t next = gws_gwf_find_header(o->b + o->begin, o->looked, n);
    const int own = extent == GWS_GWF_DAMAGED && o->walked <= next; /* the damage; else the walk is in the next file already */
    if (next < n || o->ended || n > MOST_BYTES)
        return take_file(o, next, own ? GWS_LIVE_CORRUPT : GWS_LIVE_TRUNCATED, taker, err);
    o->looked = n > GWS_GWF_HEADER ? n - GWS_GWF_HEADER + 1 : 1;
    *more = 0;
    return GWS_OK;
}

static gws_status poll_pipe(void *own, double wait_s, const gws_live_taker *taker, gws_live_after *after, gws_err *err)
{
    struct own *o = own;
    struct pollfd f = {.fd = o->fd, .events = POLLIN};
    const double now_s = gws_now_s();
    gws_status status = GWS_OK;
    int more = 1;

    *after = GWS_LIVE_WAITS;
    if (!o->ended && !o->left) {
        if (!o->in_file && poll(&f, 1, 0) == 0)
            o->known_s = now_s;
        if (poll(&f, 1, (int)(wait_s * 1000 + 0.999)) > 0)
            status = fill(o, err);
    }
    for (int i = 0; i < AT_ONCE && more && status == GWS_OK; i++)
        status = next_file(o, taker, &more, err);
    o->left = more;
    if (status == GWS_OK && o->ended && !more && o->n_frames == 0)
        status = gws_err_set(err, GWS_EFORMAT, "standard input: no frame in %lld bytes", (long long)(o->passed + (int64_t)o->end));
    else if (more || (!o->ended && poll(&f, 1, 0) > 0))
        *after = GWS_LIVE_MORE;
    else if (o->ended)
        *after = GWS_LIVE_ENDED;
    return status;
}

static double known_s(const void *own)
{
    return ((const struct own *)own)->known_s;
}

const gws_live_source_row gws_live_pipe = {"pipe", open_pipe, poll_pipe, NULL, NULL, close_pipe, NULL, NULL, NULL, known_s};
