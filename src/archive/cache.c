#include "archive/cache.h"

#include "base/array.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define LOCK "lock"

struct gws_cache {
    char *folder;
    int64_t limit;
    int fd; /* of the folder */
};

/* A file of the folder. */
struct entry {
    char name[128];
    int64_t bytes;
    struct timespec used;
};

gws_cache *gws_cache_open(const char *folder, int64_t limit, gws_err *err)
{
    struct stat st;
    GWS_ASSERT(folder && limit > 0);
    gws_cache *c = calloc(1, sizeof *c);
    if (!c || !(c->folder = strdup(folder))) {
        gws_err_set(err, GWS_ENOMEM, "cache: out of memory");
        free(c);
        return NULL;
    }
    c->limit = limit;
    if (mkdir(c->folder, 0700) != 0 && errno != EEXIST) {
        gws_err_set(err, GWS_EIO, "%s: %s", c->folder, strerror(errno));
        c->fd = -1;
        goto fail;
    }
    c->fd = open(c->folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (c->fd < 0 || fstat(c->fd, &st) != 0) {
        gws_err_set(err, GWS_EIO, "%s: %s", c->folder, strerror(errno));
        goto fail;
    }
    if (st.st_uid != getuid() || (st.st_mode & 022)) {
        gws_err_set(err, GWS_EIO, "%s: wanted a folder of one's own that nobody else may write to", c->folder);
        goto fail;
    }
    return c;
fail:
    gws_cache_close(c);
    return NULL;
}

void gws_cache_close(gws_cache *c)
{
    if (!c)
        return;
    if (c->fd >= 0)
        close(c->fd);
    free(c->folder);
    free(c);
}

const char *gws_cache_folder(const gws_cache *c)
{
    return c->folder;
}

char *gws_cache_path(const gws_cache *c, const gws_remote *r, gws_err *err)
{
    char what[200], hex[65];
    unsigned char sum[SHA256_DIGEST_LENGTH];
    const char *dot = strrchr(r->url, '.'), *slash = strrchr(r->url, '/');
    const char *ending = dot && (!slash || dot > slash) && strlen(dot) < 8 ? dot : "";
    if (strcmp(ending, ".gz") == 0)
        ending = ".txt.gz";
    const int n = snprintf(what, sizeof what, "%s %" PRId64 " %" PRId64 " %d %s %s", r->ifo, r->start_s, r->duration_s, r->rate_hz,
                           ending, r->source);
    SHA256((const unsigned char *)what, (size_t)n, sum);
    for (int i = 0; i < SHA256_DIGEST_LENGTH; i++)
        snprintf(hex + 2 * i, 3, "%02x", sum[i]);
    const size_t size = strlen(c->folder) + strlen(hex) + strlen(ending) + 2;
    char *path = malloc(size);
    if (!path)
        gws_err_set(err, GWS_ENOMEM, "cache: out of memory");
    else
        snprintf(path, size, "%s/%s%s", c->folder, hex, ending);
    return path;
}

void gws_cache_touch(const char *path)
{
    (void)utimensat(AT_FDCWD, path, NULL, 0);
}

/* Is it a name that we give: 64 hexadecimal digits and an ending, or the part or the tag of such a file? */
static int is_ours(const char *name)
{
    if (strncmp(name, ".part-", 6) == 0)
        name += 6;
    return strspn(name, "0123456789abcdef") == 64 && (name[64] == '\0' || name[64] == '.');
}

static gws_status list(const gws_cache *c, struct entry **out, int *n, gws_err *err)
{
    struct entry *entries = NULL;
    int64_t room = 0;
    const int fd = openat(c->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *e;
    *n = 0;
    *out = NULL;
    if (!d) {
        if (fd >= 0)
            close(fd);
        return gws_err_set(err, GWS_EIO, "%s: %s", c->folder, strerror(errno));
    }
    while ((e = readdir(d))) {
        struct stat st;
        if (!is_ours(e->d_name) || strlen(e->d_name) >= sizeof entries->name ||
            fstatat(c->fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
            continue;
        if (!GWS_ARRAY_ROOM(entries, room, *n + 1)) {
            free(entries);
            closedir(d);
            return gws_err_set(err, GWS_ENOMEM, "cache: out of memory");
        }
        struct entry *to = &entries[(*n)++];
        snprintf(to->name, sizeof to->name, "%s", e->d_name);
        to->bytes = (int64_t)st.st_size;
        to->used = st.st_mtim;
    }
    closedir(d);
    *out = entries;
    return GWS_OK;
}

static int by_use(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    if (x->used.tv_sec != y->used.tv_sec)
        return x->used.tv_sec < y->used.tv_sec ? -1 : 1;
    if (x->used.tv_nsec != y->used.tv_nsec)
        return x->used.tv_nsec < y->used.tv_nsec ? -1 : 1;
    return strcmp(x->name, y->name);
}

/* Does a living process hold this part? */
static int is_locked(const gws_cache *c, const char *name)
{
    if (strncmp(name, ".part-", 6) != 0)
        return 0;
    const int fd = openat(c->fd, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return 0;
    const int locked = flock(fd, LOCK_EX | LOCK_NB) != 0;
    close(fd);
    return locked;
}

/* Remove files in order until `leave` bytes are left. */
static gws_status remove_until(gws_cache *c, int64_t more_than, int64_t leave, const char *keep, int *files, int64_t *bytes,
                               gws_err *err)
{
    struct entry *entries = NULL;
    int n = 0;
    int64_t total = 0;
    const int lock = openat(c->fd, LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (lock < 0 || flock(lock, LOCK_EX) != 0) {
        gws_status status = gws_err_set(err, GWS_EIO, "%s/%s: %s", c->folder, LOCK, strerror(errno));
        if (lock >= 0)
            close(lock);
        return status;
    }
    gws_status status = list(c, &entries, &n, err);
    for (int i = 0; i < n; i++)
        total += entries[i].bytes;
    if (status == GWS_OK && n > 0 && total > more_than) {
        qsort(entries, (size_t)n, sizeof *entries, by_use);
        for (int i = 0; i < n && total > leave; i++) {
            if ((keep && strcmp(entries[i].name, keep) == 0) || is_locked(c, entries[i].name) ||
                unlinkat(c->fd, entries[i].name, 0) != 0)
                continue;
            total -= entries[i].bytes;
            if (files)
                ++*files;
            if (bytes)
                *bytes += entries[i].bytes;
        }
    }
    free(entries);
    close(lock);
    return status;
}

gws_status gws_cache_trim(gws_cache *c, const char *keep, gws_err *err)
{
    GWS_ASSERT(c != NULL);
    const char *slash = keep ? strrchr(keep, '/') : NULL;
    return remove_until(c, c->limit, c->limit / 2, slash ? slash + 1 : keep, NULL, NULL, err);
}

gws_status gws_cache_clean(gws_cache *c, int *files, int64_t *bytes, gws_err *err)
{
    GWS_ASSERT(c != NULL);
    if (files)
        *files = 0;
    if (bytes)
        *bytes = 0;
    return remove_until(c, -1, -1, NULL, files, bytes, err);
}
