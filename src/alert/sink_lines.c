/* sink_lines.c - private to alert/: JSON lines on a descriptor. */
#include "alert/sink.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOOK_MS 200

typedef struct lines {
    int fd, regular;
    int begun; /* a line that broke off stands there */
    atomic_int *stop;
} lines;

static int wanted(const gws_alerts_params *p)
{
    return p->lines_fd >= 0;
}

static gws_status open_lines(const gws_alerts_params *p, atomic_int *stop, void **out, gws_err *err)
{
    struct stat st;
    char last;
    lines *l = calloc(1, sizeof *l);
    if (!l)
        return gws_err_set(err, GWS_ENOMEM, "lines: out of memory");
    l->fd = p->lines_fd;
    l->stop = stop;
    l->regular = fstat(l->fd, &st) == 0 && S_ISREG(st.st_mode);
    l->begun = l->regular && st.st_size > 0 && (pread(l->fd, &last, 1, st.st_size - 1) != 1 || last != '\n');
    *out = l;
    return GWS_OK;
}

static gws_status put(lines *l, const char *data, size_t n, gws_err *err)
{
    while (n > 0) {
        struct pollfd ready = {.fd = l->fd, .events = POLLOUT};
        if (*l->stop)
            return gws_err_set(err, GWS_ESTOP, "lines: stopped");
        if (poll(&ready, 1, LOOK_MS) == 0)
            continue;
        const ssize_t m = write(l->fd, data, n);
        if (m < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (m < 0)
            return gws_err_set(err, GWS_EIO, "lines: %s", strerror(errno));
        l->begun = data[m - 1] != '\n';
        data += m;
        n -= (size_t)m;
    }
    return GWS_OK;
}

static gws_status deliver(void *state, const gws_sink_message *m, gws_err *err)
{
    lines *l = state;
    gws_status status = l->begun ? put(l, "\n", 1, err) : GWS_OK;
    if (status == GWS_OK)
        status = put(l, m->text, strlen(m->text), err);
    if (status == GWS_OK)
        status = put(l, "\n", 1, err);
    if (status == GWS_OK && l->regular && fsync(l->fd) != 0)
        status = gws_err_set(err, GWS_EIO, "lines: %s", strerror(errno));
    return status;
}

const gws_sink_row gws_sink_lines = {wanted, open_lines, deliver, free};
