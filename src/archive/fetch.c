#include "archive/fetch.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NAME 4096

static gws_status part_name(const char *path, char out[NAME], gws_err *err)
{
    const char *slash = strrchr(path, '/');
    const int folder = slash ? (int)(slash - path) + 1 : 0;
    if (snprintf(out, NAME, "%.*s.part-%s", folder, path, path + folder) >= NAME - 8)
        return gws_err_set(err, GWS_EARG, "%.80s...: the name is too long", path);
    return GWS_OK;
}

static void sync_folder(const char *path)
{
    char folder[NAME];
    snprintf(folder, sizeof folder, "%s", path);
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = '\0';
    const int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        (void)fsync(fd);
        close(fd);
    }
}

/* A file of the user's own is no link. */
static int is_there(const char *path, const gws_fetch_options *o)
{
    struct stat st;
    return !o->again && (o->own ? lstat(path, &st) == 0 && S_ISREG(st.st_mode) : gws_file_exists(path));
}

/* The part, open and locked, and still under its name: one that another process has finished meanwhile has got its final name.
 *   out   -1: the file is there by now */
static gws_status lock_part(const char *part, const char *path, const gws_fetch_options *o, int *out, gws_err *err)
{
    for (;;) {
        struct stat a, b;
        if (is_there(path, o)) {
            *out = -1;
            return GWS_OK;
        }
        const int fd = open(part, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, o->own ? 0600 : 0666);
        if (fd < 0 || fstat(fd, &a) != 0 || !S_ISREG(a.st_mode)) {
            gws_status status = gws_err_set(err, GWS_EIO, "%s: %s", part, fd < 0 ? strerror(errno) : "not a file");
            if (fd >= 0)
                close(fd);
            return status;
        }
        const int locked = flock(fd, LOCK_EX | LOCK_NB) == 0;
        if (locked && stat(part, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino && !is_there(path, o)) {
            *out = fd;
            return GWS_OK;
        }
        close(fd);
        if (locked)
            continue;
        const struct timespec step = {0, 100000000};
        if (gws_progress_tell(&o->progress, 0, 0, "waiting for another process that fetches it"))
            return gws_err_set(err, GWS_ESTOP, "%s: stopped", path);
        nanosleep(&step, NULL);
    }
}

gws_status gws_fetch_file(gws_http *http, const char *url, const char *path, const gws_fetch_options *options, int *fetched,
                          gws_err *err)
{
    GWS_ASSERT(http && url && path && options);
    char part[NAME], tag[NAME + 8];
    int fd = -1;
    gws_status status = part_name(path, part, err);
    if (fetched)
        *fetched = 0;
    if (status != GWS_OK || (status = lock_part(part, path, options, &fd, err)) != GWS_OK || fd < 0)
        return status;
    snprintf(tag, sizeof tag, "%s.tag", part);
    status = gws_http_download(http, url, fd, part, err);
    if (status == GWS_OK && options->check && (status = options->check(options->user, part, err)) != GWS_OK) {
        unlink(part);
        unlink(tag);
    }
    if (status == GWS_OK) {
        unlink(tag);
        if (rename(part, path) != 0)
            status = gws_err_set(err, GWS_EIO, "%s: %s", path, strerror(errno));
        else
            sync_folder(path);
    }
    if (status == GWS_EARG || status == GWS_EDATA) { /* there is no such thing: leave nothing of it */
        struct stat st;
        if (fstat(fd, &st) == 0 && st.st_size == 0)
            unlink(part);
    }
    close(fd);
    if (fetched)
        *fetched = status == GWS_OK;
    return status;
}
