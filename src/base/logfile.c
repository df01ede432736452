#include "base/logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct gws_logfile {
    char *path, *from, *to; /* from, to: room for two names of older files */
    size_t room;
    int64_t most_bytes;
    int keep, fd, stuck; /* stuck: it could not be renamed */
    atomic_int again;
};

static int open_path(const char *path)
{
    return open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0666);
}

gws_logfile *gws_logfile_open(const char *path, int64_t most_bytes, int keep, gws_err *err)
{
    GWS_ASSERT(path && most_bytes >= 0 && keep >= 1 && keep <= 999);
    gws_logfile *f = calloc(1, sizeof *f);
    if (!f)
        goto nomem;
    f->fd = -1;
    f->room = strlen(path) + 8;
    f->most_bytes = most_bytes;
    f->keep = keep;
    if (!(f->path = strdup(path)) || !(f->from = malloc(f->room)) || !(f->to = malloc(f->room)))
        goto nomem;
    f->fd = open_path(path);
    if (f->fd < 0) {
        gws_err_set(err, GWS_EIO, "%s: cannot open the log file: %s", path, strerror(errno));
        gws_logfile_close(f);
        return NULL;
    }
    return f;
nomem:
    gws_logfile_close(f);
    gws_err_set(err, GWS_ENOMEM, "%s: no memory for the log file", path);
    return NULL;
}

/* Follow the path.  A file that cannot be opened leaves the one that is open. */
static int follow(gws_logfile *f)
{
    const int fd = open_path(f->path);
    if (fd < 0)
        return 0;
    close(f->fd);
    f->fd = fd;
    f->stuck = 0;
    return 1;
}

/* FILE.2 to FILE.3, FILE.1 to FILE.2, FILE to FILE.1.  Returns 0 when the file cannot be moved. */
static int move_all(gws_logfile *f)
{
    for (int i = f->keep; i > 0; i--) {
        snprintf(f->to, f->room, "%s.%d", f->path, i);
        if (i > 1)
            snprintf(f->from, f->room, "%s.%d", f->path, i - 1);
        else
            snprintf(f->from, f->room, "%s", f->path);
        if (rename(f->from, f->to) != 0 && errno != ENOENT)
            return 0;
    }
    return 1;
}

/* Is there no room for n bytes more? */
static int is_full(const gws_logfile *f, size_t n)
{
    struct stat st;
    return f->most_bytes > 0 && !f->stuck && fstat(f->fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
           st.st_size + (int64_t)n > f->most_bytes;
}

/* Is what is open still what the path names?  If not, another process has renamed it. */
static int is_ours(const gws_logfile *f)
{
    struct stat open_now, named;
    return fstat(f->fd, &open_now) == 0 && stat(f->path, &named) == 0 && open_now.st_dev == named.st_dev &&
           open_now.st_ino == named.st_ino;
}

gws_logfile_written gws_logfile_write(gws_logfile *f, const char *line, size_t n)
{
    gws_logfile_written how = GWS_LOGFILE_WRITTEN;
    if (atomic_exchange(&f->again, 0))
        (void)follow(f);
    if (is_full(f, n) && !is_ours(f))
        (void)follow(f);
    /* One process renames.  The others add to the file that is open meanwhile, and follow with a later line. */
    if (is_full(f, n) && flock(f->fd, LOCK_EX | LOCK_NB) == 0) {
        if (!((!is_ours(f) || move_all(f)) && follow(f))) {
            flock(f->fd, LOCK_UN);
            f->stuck = 1;
            how = GWS_LOGFILE_NOT_RENAMED;
        }
    }
    return write(f->fd, line, n) == (ssize_t)n ? how : GWS_LOGFILE_LOST;
}

void gws_logfile_reopen(gws_logfile *f)
{
    f->again = 1;
}

void gws_logfile_close(gws_logfile *f)
{
    if (!f)
        return;
    if (f->fd >= 0)
        close(f->fd);
    free(f->path);
    free(f->from);
    free(f->to);
    free(f);
}
