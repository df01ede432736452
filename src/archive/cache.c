#include "archive/cache.h"

#include "base/array.h"
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

/* Besides the files there are in the folder: `lock`, held by who removes (alone) and by who asks (together); a file `use-ID` of each
 * process that has the cache open, locked while it lives, whose time says since when; a folder `run-ID` of each that wants files of its own. */
#define LOCK "lock"
#define USE "use-"
#define RUN "run-"
#define LIST ".json"
#define LIST_BYTES ((size_t)64 << 20)
#define ID 16 /* hexadecimal digits */

struct gws_cache {
    char *folder; /* where the files of this cache are: that of the user, or one within it */
    int64_t limit;
    int fd;  /* of the user's folder */
    int use; /* the locked file */
    char id[ID + 1];
    int alone;
};

/* A file of the folder. */
struct entry {
    char name[128];
    int64_t bytes;
    struct timespec used;
};

/* how: LOCK_SH or LOCK_EX.  Returns what close() ends; -1 with a sentence. */
static int lock_folder(const gws_cache *c, int how, gws_err *err)
{
    const int fd = openat(c->fd, LOCK, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    int locked = fd < 0 ? -1 : flock(fd, how);
    while (locked != 0 && fd >= 0 && errno == EINTR)
        locked = flock(fd, how);
    if (locked == 0)
        return fd;
    gws_err_set(err, GWS_EIO, "%s/%s: %s", c->folder, LOCK, strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

static void name_of(const gws_cache *c, const char *what, char out[32])
{
    snprintf(out, 32, "%s%s", what, c->id);
}

/* Say to others that the cache is in use; with `alone` a folder of one's own. */
static gws_status sign_in(gws_cache *c, int alone, gws_err *err)
{
    unsigned char random[ID / 2];
    char name[32];
    const int lock = lock_folder(c, LOCK_SH, err);
    if (lock < 0)
        return GWS_EIO;
    for (int again = 0; again < 10 && c->use < 0; again++) {
        if (getentropy(random, sizeof random) != 0)
            break;
        for (int i = 0; i < ID / 2; i++)
            snprintf(c->id + (size_t)(2 * i), 3, "%02x", random[i]);
        name_of(c, USE, name);
        c->use = openat(c->fd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    }
    gws_status status = GWS_OK;
    if (c->use < 0 || flock(c->use, LOCK_EX | LOCK_NB) != 0)
        status = gws_err_set(err, GWS_EIO, "%s: %s", c->folder, strerror(errno));
    name_of(c, RUN, name);
    if (status == GWS_OK && alone) {
        char *folder = NULL;
        if (mkdirat(c->fd, name, 0700) != 0)
            status = gws_err_set(err, GWS_EIO, "%s/%s: %s", c->folder, name, strerror(errno));
        else if (asprintf(&folder, "%s/%s", c->folder, name) < 0)
            status = gws_err_set(err, GWS_ENOMEM, "cache: out of memory");
        else {
            free(c->folder);
            c->folder = folder;
            c->alone = 1;
        }
    }
    close(lock);
    return status;
}

gws_cache *gws_cache_open(const char *folder, int64_t limit, int alone, gws_err *err)
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
    c->fd = c->use = -1;
    if (mkdir(c->folder, 0700) != 0 && errno != EEXIST) {
        gws_err_set(err, GWS_EIO, "%s: %s", c->folder, strerror(errno));
        goto fail;
    }
    c->fd = open(c->folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (c->fd < 0 || fstat(c->fd, &st) != 0) {
        gws_err_set(err, GWS_EIO, "%s: %s", c->folder,
                    errno == ELOOP || errno == ENOTDIR ? "wanted a folder, and no link to one" : strerror(errno));
        goto fail;
    }
    if (st.st_uid != geteuid() || (st.st_mode & 022)) {
        gws_err_set(err, GWS_EIO, "%s: wanted a folder of one's own that nobody else may write to", c->folder);
        goto fail;
    }
    if (sign_in(c, alone, err) == GWS_OK)
        return c;
fail:
    gws_cache_close(c);
    return NULL;
}

/* Remove a folder `run-...` with its files. */
static void remove_run(const gws_cache *c, const char *name)
{
    const int fd = openat(c->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *e;
    while (d && (e = readdir(d)))
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            (void)unlinkat(dirfd(d), e->d_name, 0);
    if (d)
        closedir(d);
    else if (fd >= 0)
        close(fd);
    (void)unlinkat(c->fd, name, AT_REMOVEDIR);
}

void gws_cache_close(gws_cache *c)
{
    char name[32];
    if (!c)
        return;
    name_of(c, RUN, name);
    if (c->alone)
        remove_run(c, name);
    name_of(c, USE, name);
    if (c->use >= 0) {
        (void)unlinkat(c->fd, name, 0);
        close(c->use);
    }
    if (c->fd >= 0)
        close(c->fd);
    free(c->folder);
    free(c);
}

/* FOLDER/SHA-256 of a text, and an ending. */
static char *path_of(const gws_cache *c, const char *what, const char *ending, gws_err *err)
{
    unsigned char sum[SHA256_DIGEST_LENGTH];
    char hex[65], *path = NULL;
    SHA256((const unsigned char *)what, strlen(what), sum);
    for (int i = 0; i < SHA256_DIGEST_LENGTH; i++)
        snprintf(hex + 2 * i, 3, "%02x", sum[i]);
    if (asprintf(&path, "%s/%s%s", c->folder, hex, ending) >= 0)
        return path;
    gws_err_set(err, GWS_ENOMEM, "cache: out of memory");
    return NULL;
}

char *gws_cache_path(const gws_cache *c, const gws_remote *r, gws_err *err)
{
    char what[200];
    const char *dot = strrchr(r->url, '.'), *slash = strrchr(r->url, '/');
    const char *ending = dot && (!slash || dot > slash) && strlen(dot) < 8 ? dot : "";
    if (strcmp(ending, ".gz") == 0)
        ending = ".txt.gz";
    snprintf(what, sizeof what, "%s %" PRId64 " %" PRId64 " %d %s %s", r->ifo, r->start_s, r->duration_s, r->rate_hz, ending,
             r->source);
    return path_of(c, what, ending, err);
}

int gws_cache_has(gws_cache *c, const char *path)
{
    GWS_ASSERT(c && path);
    struct stat st;
    const int lock = lock_folder(c, LOCK_SH, NULL); /* nobody removes it between the look and the touch */
    const int there = lock >= 0 && lstat(path, &st) == 0 && S_ISREG(st.st_mode) && utimensat(AT_FDCWD, path, NULL, 0) == 0;
    if (lock >= 0)
        close(lock);
    return there;
}

gws_status gws_cache_put_list(gws_cache *c, const char *name, const gws_remote_list *list, gws_err *err)
{
    GWS_ASSERT(c && name && list);
    char *path = path_of(c, name, LIST, err), *text = gws_remote_list_text(list);
    gws_status status = path && text ? GWS_OK : gws_err_set(err, GWS_ENOMEM, "cache: out of memory");
    if (status == GWS_OK)
        status = gws_file_write(path, text, strlen(text), err);
    if (status == GWS_OK)
        (void)chmod(path, 0600);
    free(text);
    free(path);
    return status;
}

gws_status gws_cache_get_list(gws_cache *c, const char *name, gws_remote_list *out, gws_err *err)
{
    GWS_ASSERT(c && name && out);
    char *path = path_of(c, name, LIST, err), *text = NULL;
    size_t n = 0;
    memset(out, 0, sizeof *out);
    gws_status status = !path ? GWS_ENOMEM : gws_cache_has(c, path) ? GWS_OK : gws_err_set(err, GWS_EDATA, "cache: no such list");
    if (status == GWS_OK)
        status = gws_file_read(path, LIST_BYTES, &text, &n, err);
    if (status == GWS_OK)
        status = gws_remote_list_read(text, n, out, err);
    free(text);
    free(path);
    return status;
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

static int is_before(struct timespec a, struct timespec b)
{
    return a.tv_sec != b.tv_sec ? a.tv_sec < b.tv_sec : a.tv_nsec < b.tv_nsec;
}

static int by_use(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    return is_before(x->used, y->used) ? -1 : is_before(y->used, x->used) ? 1 : strcmp(x->name, y->name);
}

/* Does a living process hold this file? */
static int is_locked(const gws_cache *c, const char *name)
{
    const int fd = openat(c->fd, name, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return 0;
    const int locked = flock(fd, LOCK_EX | LOCK_NB) != 0;
    close(fd);
    return locked;
}

static int is_id(const char *name, const char *what)
{
    const size_t n = strlen(what);
    return strncmp(name, what, n) == 0 && strlen(name) == n + ID && strspn(name + n, "0123456789abcdef") == ID;
}

/* Since when the oldest of other living processes uses the cache, and the remains of dead ones go.  Called with the lock. */
static struct timespec sweep(const gws_cache *c)
{
    struct timespec since = {INT64_MAX, 0};
    const int fd = openat(c->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    const struct dirent *e;
    while (d && (e = readdir(d))) {
        struct stat st;
        char use[64];
        if (is_id(e->d_name, RUN)) {
            snprintf(use, sizeof use, USE "%s", e->d_name + strlen(RUN));
            if (strcmp(use + strlen(USE), c->id) != 0 && !is_locked(c, use))
                remove_run(c, e->d_name);
        } else if (is_id(e->d_name, USE)) {
            if (strcmp(e->d_name + strlen(USE), c->id) != 0 && !is_locked(c, e->d_name))
                (void)unlinkat(c->fd, e->d_name, 0);
            else if (fstatat(c->fd, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && is_before(st.st_mtim, since))
                since = st.st_mtim;
        }
    }
    if (d)
        closedir(d);
    else if (fd >= 0)
        close(fd);
    return since;
}

/* Remove files in order until `leave` bytes are left, when there are more than `most`.
 *   left   out: bytes that are there then */
static gws_status remove_until(gws_cache *c, int64_t most, int64_t leave, int *files, int64_t *bytes, int64_t *left, gws_err *err)
{
    struct entry *entries = NULL;
    int n = 0;
    int64_t total = 0;
    const int lock = lock_folder(c, LOCK_EX, err);
    if (lock < 0)
        return GWS_EIO;
    const struct timespec since = sweep(c);
    gws_status status = list(c, &entries, &n, err);
    for (int i = 0; i < n; i++)
        total += entries[i].bytes;
    if (status == GWS_OK && n > 0 && total > most) {
        qsort(entries, (size_t)n, sizeof *entries, by_use);
        for (int i = 0; i < n && total > leave; i++) {
            const int part = strncmp(entries[i].name, ".part-", 6) == 0;
            if (!is_before(entries[i].used, since) || (part && is_locked(c, entries[i].name)) ||
                unlinkat(c->fd, entries[i].name, 0) != 0)
                continue;
            total -= entries[i].bytes;
            *files += 1;
            *bytes += entries[i].bytes;
        }
    }
    *left = total;
    free(entries);
    close(lock);
    return status;
}

gws_status gws_cache_trim(gws_cache *c, int64_t *left, gws_err *err)
{
    GWS_ASSERT(c != NULL);
    int files = 0;
    int64_t bytes = 0, there = 0;
    const gws_status status = remove_until(c, c->limit, c->limit / 2, &files, &bytes, &there, err);
    if (left)
        *left = there;
    return status;
}

gws_status gws_cache_clean(gws_cache *c, int *files, int64_t *bytes, int64_t *kept, gws_err *err)
{
    GWS_ASSERT(c != NULL);
    int n = 0;
    int64_t gone = 0, there = 0;
    const gws_status status = remove_until(c, -1, -1, &n, &gone, &there, err);
    if (files)
        *files = n;
    if (bytes)
        *bytes = gone;
    if (kept)
        *kept = there;
    return status;
}
