#include "base/output.h"

#include "base/array.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_MAX 16 /* of a set */
#define ROOM 65536   /* bytes that must fit into a folder before the work begins */
#define PREFIX ".gwspike-"
#define SUFFIX ".tmp"
#define TEMP_LENGTH (sizeof PREFIX - 1 + 16 + sizeof SUFFIX - 1)

typedef enum state { RESERVED, WRITING, WRITTEN } state;

struct gws_output {
    char *path;          /* as it was asked for */
    char *folder, *name; /* where it lies, links followed */
    int folder_fd, fd;   /* fd: the temporary, locked; -1 without one */
    char temp[TEMP_LENGTH + 1], *temp_path;
    struct stat old; /* of what is there; st_nlink 0: nothing */
    int stream;      /* FIFO or character device */
    char *data;      /* what it will be sent */
    size_t size;
    int64_t room;
    int flags, published, swapped;
    state state;
    gws_outputs *set; /* NULL: on its own */
    gws_output *next; /* in the list of temporaries */
};

typedef struct input {
    dev_t dev;
    ino_t ino;
} input;

struct gws_outputs {
    int replace, n, n_inputs;
    gws_output *file[FILES_MAX];
    input *inputs;
    int64_t room;
    gws_outputs *next;
};

/* Names of files belong to the process, like the files: what is reserved and what lies about is listed once for all threads. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static gws_outputs *sets;
static gws_output *temporaries;

/* ---- formats ---- */

static const char *const endings[][12] = {
    [GWS_FORMAT_HDF5] = {".hdf", ".hdf5", ".h5", NULL},
    [GWS_FORMAT_FIGURE] = {".png", ".svg", ".pdf", NULL},
    [GWS_FORMAT_LINES] = {".jsonl", ".json", NULL, NULL},
    [GWS_FORMAT_INI] = {".ini", NULL, NULL, NULL},
    [GWS_FORMAT_DERIVED] = {"", NULL, NULL, NULL},
    [GWS_FORMAT_LOG] = {".log", ".txt", ".jsonl", ".json", NULL},
    [GWS_FORMAT_LIGOLW] = {".xml", ".xml.gz", NULL},
    [GWS_FORMAT_EVENTS] = {".hdf", ".hdf5", ".h5", ".xml", ".xml.gz", NULL},
    [GWS_FORMAT_STRAIN] = {".hdf", ".hdf5", ".h5", ".gwf", ".txt", ".txt.gz", ".csv", ".csv.gz", ".npy", ".npz", ".wav", NULL},
    [GWS_FORMAT_PAGE] = {".html", ".htm", NULL},
};

int gws_path_ends(const char *path, const char *ending)
{
    const size_t n = strlen(path), m = strlen(ending);
    return n > m && path[n - m - 1] != '/' && strcasecmp(path + n - m, ending) == 0;
}

static int is_stream(mode_t mode)
{
    return S_ISFIFO(mode) || S_ISCHR(mode);
}

gws_status gws_format_check(gws_format format, const char *path, gws_err *err)
{
    char known[128] = "";
    struct stat st;
    const int variants = format == GWS_FORMAT_FIGURE || format == GWS_FORMAT_HDF5 || format == GWS_FORMAT_LIGOLW ||
                         format == GWS_FORMAT_EVENTS || format == GWS_FORMAT_STRAIN;
    for (int i = 0; endings[format][i]; i++) {
        if (gws_path_ends(path, endings[format][i]))
            return GWS_OK;
        snprintf(known + strlen(known), sizeof known - strlen(known), "%s%s", i ? " " : "", endings[format][i]);
    }
    if (!variants && stat(path, &st) == 0 && is_stream(st.st_mode))
        return GWS_OK;
    return gws_err_set(err, GWS_EARG, "%s: the ending of an output chooses its format; known here: %s", path, known);
}

/* ---- what differs between systems ---- */

/* A lock that belongs to the open file, so that it goes with the process, however that ends.  Returns 0, or an errno. */
static int lock_file(int fd)
{
#ifdef F_OFD_SETLK
    struct flock all = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(fd, F_OFD_SETLK, &all) == 0 ? 0 : errno;
#else
    return flock(fd, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
#endif
}

/* Two names change places in one step.  Returns 0, or -1 where that is not to be had. */
static int exchange(int folder, const char *a, const char *b)
{
#ifdef RENAME_EXCHANGE
    return renameat2(folder, a, folder, b, RENAME_EXCHANGE);
#else
    return -1;
#endif
}

/* A name that must be free.  Returns 0, or an errno: EEXIST when it is not. */
static int rename_new(int folder, const char *from, const char *to)
{
    struct stat st;
#ifdef RENAME_NOREPLACE
    if (renameat2(folder, from, folder, to, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno != EINVAL && errno != ENOSYS)
        return errno;
#endif
    if (fstatat(folder, to, &st, AT_SYMLINK_NOFOLLOW) == 0)
        return EEXIST;
    return renameat(folder, from, folder, to) == 0 ? 0 : errno;
}

/* ---- one file ---- */

static void list_remove(gws_output *o)
{
    for (gws_output **p = &temporaries; *p; p = &(*p)->next)
        if (*p == o) {
            *p = o->next;
            break;
        }
}

/* Remove the temporary; the lock on the list is held. */
static void drop_temporary(gws_output *o)
{
    if (o->fd < 0)
        return;
    unlinkat(o->folder_fd, o->temp, 0);
    list_remove(o);
    close(o->fd);
    o->fd = -1;
}

static void destroy(gws_output *o)
{
    if (!o)
        return;
    pthread_mutex_lock(&lock);
    drop_temporary(o);
    pthread_mutex_unlock(&lock);
    if (o->folder_fd >= 0)
        close(o->folder_fd);
    free(o->path);
    free(o->folder);
    free(o->name);
    free(o->temp_path);
    free(o->data);
    free(o);
}

static gws_status refuse(const gws_output *o, int why, gws_err *err)
{
    const int whole = strlen(o->path) <= 300; /* the reason must fit behind it */
    return gws_err_set(err, GWS_EIO, "%.*s%s: cannot create: %s", whole ? 300 : 100, o->path, whole ? "" : "...", strerror(why));
}

/* Folder and name of what `path` means, links followed; o->old of what is there. */
static gws_status resolve(gws_output *o, int streamed, gws_err *err)
{
    struct stat link;
    char *real = NULL;

    if (stat(o->path, &o->old) == 0) {
        const mode_t mode = o->old.st_mode;
        o->stream = is_stream(mode);
        if (o->stream && !streamed)
            return gws_err_set(err, GWS_EARG, "%s: a device or a pipe, where a file is wanted", o->path);
        if (o->stream)
            return access(o->path, W_OK) == 0 ? GWS_OK : refuse(o, errno, err);
        if (!S_ISREG(mode))
            return gws_err_set(err, GWS_EARG, "%s: %s; an output replaces files only", o->path,
                               S_ISDIR(mode)    ? "a folder"
                               : S_ISSOCK(mode) ? "a socket"
                                                : "a block device");
        if (!(real = realpath(o->path, NULL)))
            return refuse(o, errno, err);
    } else if (errno != ENOENT) {
        return refuse(o, errno, err);
    } else if (lstat(o->path, &link) == 0) {
        return gws_err_set(err, GWS_EARG, "%s: a link that points to nothing", o->path);
    } else {
        o->old.st_nlink = 0;
    }
    const char *whole = real ? real : o->path, *slash = strrchr(whole, '/');
    o->name = strdup(slash ? slash + 1 : whole);
    o->folder = !slash ? strdup(".") : strndup(whole, slash == whole ? 1 : (size_t)(slash - whole));
    free(real);
    if (!o->name || !o->folder)
        return gws_err_set(err, GWS_ENOMEM, "%s: no memory for its name", o->path);
    if (!o->name[0])
        return refuse(o, *o->path ? ENOENT : EINVAL, err);
    o->folder_fd = open(o->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
#ifdef O_PATH
    if (o->folder_fd < 0 && errno == EACCES) /* files can be made in it, but not listed */
        o->folder_fd = open(o->folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
#endif
    return o->folder_fd < 0 ? refuse(o, errno, err) : GWS_OK;
}

/* Make and lock a file that nobody has. Returns 0 or an errno. */
static int make_temporary(gws_output *o)
{
    struct stat st;
    uint64_t word;

    for (int tries = 0; tries < 100; tries++) {
        if (getentropy(&word, sizeof word) != 0)
            return errno;
        snprintf(o->temp, sizeof o->temp, PREFIX "%016llx" SUFFIX, (unsigned long long)word);
        o->fd = openat(o->folder_fd, o->temp, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (o->fd < 0 && errno == EEXIST)
            continue;
        if (o->fd < 0)
            return errno;
        /* Between the two calls it looks like one of a dead process; then another run may have locked or removed it. */
        const int busy = lock_file(o->fd);
        if (busy != EAGAIN && busy != EACCES && fstat(o->fd, &st) == 0 && st.st_nlink > 0)
            return 0;
        close(o->fd);
        o->fd = -1;
    }
    return EEXIST;
}

/* While it is written nobody may read it who may not read what it replaces. */
static void take_mode(const gws_output *o, const struct stat *from, mode_t more)
{
    if ((from->st_uid != geteuid() || from->st_gid != getegid()) && fchown(o->fd, from->st_uid, from->st_gid) != 0)
        return; /* another's file, and not ours to give away: the mode of a new file stays */
    fchmod(o->fd, (from->st_mode & 0777) | more);
}

static gws_status make(gws_output *o, gws_err *err)
{
    pthread_mutex_lock(&lock);
    const int bad = make_temporary(o);
    if (!bad) {
        o->next = temporaries;
        temporaries = o;
    }
    pthread_mutex_unlock(&lock);
    if (bad)
        return refuse(o, bad, err);
    if (o->old.st_nlink)
        take_mode(o, &o->old, 0600);
    if (asprintf(&o->temp_path, "%s/%s", o->folder, o->temp) < 0) {
        o->temp_path = NULL;
        return gws_err_set(err, GWS_ENOMEM, "%s: no memory for its name", o->path);
    }
    return GWS_OK;
}

static gws_output *new_output(const char *path, int streamed, gws_err *err)
{
    gws_output *o = calloc(1, sizeof *o);

    if (o) {
        o->fd = o->folder_fd = -1;
        o->path = strdup(path);
    }
    if (!o || !o->path) {
        gws_err_set(err, GWS_ENOMEM, "%s: no memory for its name", path);
        free(o);
        return NULL;
    }
    if (resolve(o, streamed, err) != GWS_OK) {
        destroy(o);
        return NULL;
    }
    return o;
}

/* ---- publishing ---- */

static int is_input(const gws_outputs *set, const struct stat *st)
{
    for (int i = 0; set && i < set->n_inputs; i++)
        if (set->inputs[i].dev == st->st_dev && set->inputs[i].ino == st->st_ino)
            return 1;
    return 0;
}

/* Is that what the output would replace? */
static int is_file(const gws_output *o, const struct stat *st)
{
    return o->old.st_nlink && o->old.st_dev == st->st_dev && o->old.st_ino == st->st_ino;
}

static gws_status refuse_input(const gws_output *o, gws_err *err)
{
    return gws_err_set(err, GWS_EARG, "%s: an input of this run; an output never replaces one", o->path);
}

static gws_status refuse_existing(const gws_output *o, gws_err *err)
{
    return gws_err_set(err, GWS_EIO, "%s exists; --force replaces it", o->path);
}

/* Does the name hold what the temporary does? */
static int same_bytes(const gws_output *o)
{
    unsigned char a[65536], b[65536];
    const int fd = openat(o->folder_fd, o->name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    ssize_t n = 1;
    for (off_t at = 0; fd >= 0 && n > 0; at += n) {
        n = pread(o->fd, a, sizeof a, at);
        for (ssize_t got = 0; n > 0 && got < n;) {
            const ssize_t m = pread(fd, b + got, (size_t)(n - got), at + got);
            if (m <= 0)
                n = -1;
            else
                got += m;
        }
        if (n > 0 && memcmp(a, b, (size_t)n) != 0)
            n = -1;
        if (n == 0 && pread(fd, b, 1, at) != 0) /* it goes on */
            n = -1;
    }
    if (fd >= 0)
        close(fd);
    return fd >= 0 && n == 0;
}

/* Give the file its name; what was there is looked at once more. */
static gws_status publish(gws_output *o, int replace, gws_err *err)
{
    struct stat now, mine;
    int bad = 0;

    if (fstatat(o->folder_fd, o->temp, &now, AT_SYMLINK_NOFOLLOW) != 0 || fstat(o->fd, &mine) != 0)
        return gws_err_set(err, GWS_EIO, "%s: its temporary is gone: %s", o->path, strerror(errno));
    if (now.st_ino != mine.st_ino || now.st_dev != mine.st_dev)
        return gws_err_set(err, GWS_EIO, "%s: its temporary was replaced by another file", o->path);
    if (fstatat(o->folder_fd, o->name, &now, AT_SYMLINK_NOFOLLOW) != 0) {
        bad = rename_new(o->folder_fd, o->temp, o->name);
    } else if (!S_ISREG(now.st_mode) || is_input(o->set, &now)) {
        return gws_err_set(err, GWS_EARG, "%s: became %s while it was being written", o->path,
                           S_ISREG(now.st_mode) ? "an input" : "something else than a file");
    } else if (!replace && (o->flags & GWS_OUTPUT_SAME) && same_bytes(o)) {
        return GWS_OK; /* not published: its temporary goes, what is there stays */
    } else if (!replace) {
        bad = EEXIST;
    } else {
        take_mode(o, &now, 0);
        o->swapped = exchange(o->folder_fd, o->temp, o->name) == 0;
        if (!o->swapped && renameat(o->folder_fd, o->temp, o->folder_fd, o->name) != 0)
            bad = errno;
    }
    if (bad == EEXIST)
        return refuse_existing(o, err);
    if (bad)
        return gws_err_set(err, GWS_EIO, "%s: cannot rename to it: %s", o->path, strerror(bad));
    o->published = 1;
    return GWS_OK;
}

static void take_back(gws_output *o)
{
    if (o->swapped)
        exchange(o->folder_fd, o->temp, o->name);
    else if (!o->old.st_nlink)
        renameat(o->folder_fd, o->name, o->folder_fd, o->temp);
    o->published = o->swapped = 0;
}

/* The name itself is durable only once the folder is.  A file system that cannot sync a folder has nothing better to offer, so
 * this is not an error. */
static void sync_folder(const gws_output *o)
{
    if (o->folder_fd >= 0)
        (void)!fsync(o->folder_fd);
}

static gws_status send_stream(const gws_output *o, gws_err *err)
{
    int fd = open(o->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    int bad = fd < 0 ? errno : 0;

    for (size_t at = 0; !bad && at < o->size;) {
        ssize_t n = write(fd, o->data + at, o->size - at);
        if (n >= 0)
            at += (size_t)n;
        else if (errno != EINTR)
            bad = errno;
    }
    if (fd >= 0 && close(fd) != 0 && !bad)
        bad = errno;
    return bad ? gws_err_set(err, GWS_EIO, "%s: cannot write %zu bytes: %s", o->path, o->size, strerror(bad)) : GWS_OK;
}

/* All of these, or none. */
static gws_status publish_all(gws_output *const *file, int n, int replace, gws_err *err)
{
    gws_status status = GWS_OK;
    int k;

    for (int i = 0; i < n && status == GWS_OK; i++) /* a pipe cannot be taken back, but it can fail while no name is given yet */
        if (file[i]->stream && file[i]->state == WRITTEN)
            status = send_stream(file[i], err);
    if (status != GWS_OK)
        return status;
    pthread_mutex_lock(&lock);
    for (k = 0; k < n && status == GWS_OK; k++)
        if (file[k]->fd >= 0 && file[k]->state == WRITTEN)
            status = publish(file[k], replace || (file[k]->flags & GWS_OUTPUT_OWN), err);
    for (; status != GWS_OK && k > 0; k--)
        if (file[k - 1]->published)
            take_back(file[k - 1]);
    for (k = 0; status == GWS_OK && k < n; k++)
        if (file[k]->published) {
            if (file[k]->swapped)
                unlinkat(file[k]->folder_fd, file[k]->temp, 0); /* what was there before */
            list_remove(file[k]);
            close(file[k]->fd);
            file[k]->fd = -1;
        }
    pthread_mutex_unlock(&lock);
    for (k = 0; status == GWS_OK && k < n; k++)
        if (file[k]->published)
            sync_folder(file[k]);
    return status;
}

/* ---- writing one file ---- */

gws_output *gws_output_begin(const char *path, int streamed, gws_err *err)
{
    gws_output *o = NULL;

    pthread_mutex_lock(&lock);
    for (gws_outputs *s = sets; s && !o; s = s->next)
        for (int i = 0; i < s->n && !o; i++)
            if (strcmp(s->file[i]->path, path) == 0 && !(s->file[i]->flags & (GWS_OUTPUT_AGAIN | GWS_OUTPUT_APPEND)))
                o = s->file[i];
    pthread_mutex_unlock(&lock);
    if (o) {
        GWS_ASSERT(o->state == RESERVED);
        GWS_ASSERT(streamed || !o->stream);
        o->state = WRITING;
        return o;
    }
    if (!(o = new_output(path, streamed, err)) || (!o->stream && make(o, err) != GWS_OK)) {
        destroy(o);
        return NULL;
    }
    o->state = WRITING;
    return o;
}

const char *gws_output_temporary(const gws_output *o)
{
    GWS_ASSERT(o->temp_path);
    return o->temp_path;
}

gws_status gws_output_write(gws_output *o, const void *data, size_t size, gws_err *err)
{
    const char *from = data;

    GWS_ASSERT(o->state == WRITING);
    if (o->stream) {
        if (!GWS_ARRAY_ROOM(o->data, o->room, (int64_t)(o->size + size)))
            return gws_err_set(err, GWS_ENOMEM, "%s: no memory for %zu bytes", o->path, size);
        memcpy(o->data + o->size, data, size);
        o->size += size;
        return GWS_OK;
    }
    for (size_t at = 0; at < size;) {
        ssize_t n = write(o->fd, from + at, size - at);
        if (n >= 0)
            at += (size_t)n;
        else if (errno != EINTR)
            return gws_err_set(err, GWS_EIO, "%s: cannot write %zu bytes: %s", o->path, size, strerror(errno));
    }
    return GWS_OK;
}

gws_status gws_output_end(gws_output *o, gws_err *err)
{
    gws_status status = GWS_OK;

    GWS_ASSERT(o->state == WRITING);
    o->state = WRITTEN;
    if (!o->stream && fsync(o->fd) != 0)
        status = gws_err_set(err, GWS_EIO, "%s: cannot sync: %s", o->path, strerror(errno));
    if (!o->set) {
        if (status == GWS_OK)
            status = publish_all(&o, 1, 1, err);
        destroy(o);
    } else if (status != GWS_OK) {
        gws_output_abandon(o);
    }
    return status;
}

void gws_output_abandon(gws_output *o)
{
    if (!o)
        return;
    if (!o->set) {
        destroy(o);
        return;
    }
    o->state = RESERVED;
    o->size = 0;
    if (o->fd >= 0 && lseek(o->fd, 0, SEEK_SET) == 0)
        (void)!ftruncate(o->fd, 0);
}

/* ---- the outputs of a run ---- */

gws_outputs *gws_outputs_create(int replace, gws_err *err)
{
    gws_outputs *set = calloc(1, sizeof *set);

    if (!set) {
        gws_err_set(err, GWS_ENOMEM, "no memory for a list of outputs");
        return NULL;
    }
    set->replace = replace;
    pthread_mutex_lock(&lock);
    set->next = sets;
    sets = set;
    pthread_mutex_unlock(&lock);
    return set;
}

static int is_temporary(const char *name)
{
    return strlen(name) == TEMP_LENGTH && strncmp(name, PREFIX, strlen(PREFIX)) == 0 &&
           strcmp(name + TEMP_LENGTH - strlen(SUFFIX), SUFFIX) == 0 && strspn(name + strlen(PREFIX), "0123456789abcdef") == 16;
}

/* Remove what killed runs left in the folder: what nobody has locked. */
static void sweep(int folder)
{
    int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
    struct stat st;

    if (!d) {
        if (fd >= 0)
            close(fd);
        return;
    }
    for (struct dirent *e; (e = readdir(d));) {
        if (!is_temporary(e->d_name) || fstatat(folder, e->d_name, &st, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(st.st_mode))
            continue;
        const int file = openat(folder, e->d_name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (file < 0)
            continue;
        if (lock_file(file) == 0)
            unlinkat(folder, e->d_name, 0);
        close(file);
    }
    closedir(d);
}

/* Would the first bytes fit?  Where the file system cannot say, the writing will. */
static gws_status check_room(const gws_output *o, gws_err *err)
{
    const int bad = posix_fallocate(o->fd, 0, ROOM);
    if (bad == ENOSPC || bad == EDQUOT || bad == EFBIG)
        return gws_err_set(err, GWS_EIO, "%s: cannot write: %s", o->path, strerror(bad));
    return ftruncate(o->fd, 0) == 0 ? GWS_OK : refuse(o, errno, err);
}

/* In a folder like /tmp others' files cannot be replaced. */
static int is_guarded(const gws_output *o)
{
    struct stat folder;
    return o->old.st_nlink && geteuid() != 0 && fstat(o->folder_fd, &folder) == 0 && (folder.st_mode & S_ISVTX) &&
           folder.st_uid != geteuid() && o->old.st_uid != geteuid();
}

static int same_name(const gws_output *a, const gws_output *b)
{
    struct stat s, t;
    if (b->old.st_nlink && is_file(a, &b->old))
        return 1;
    return a->name && b->name && strcmp(a->name, b->name) == 0 && fstat(a->folder_fd, &s) == 0 && fstat(b->folder_fd, &t) == 0 &&
           s.st_dev == t.st_dev && s.st_ino == t.st_ino;
}

/* What the rules say of an output whose place is known. */
static gws_status check(const gws_outputs *set, const gws_output *o, gws_err *err)
{
    if (o->old.st_nlink && is_input(set, &o->old))
        return refuse_input(o, err);
    for (int i = 0; i < set->n; i++)
        if (same_name(set->file[i], o))
            return gws_err_set(err, GWS_EARG, "%s and %s: two outputs, one file", set->file[i]->path, o->path);
    if (o->stream)
        return GWS_OK;
    if (o->flags & GWS_OUTPUT_APPEND)
        return !o->old.st_nlink || access(o->path, W_OK) == 0 ? GWS_OK : refuse(o, errno, err);
    if (o->old.st_nlink && !set->replace && !(o->flags & (GWS_OUTPUT_OWN | GWS_OUTPUT_SAME)))
        return refuse_existing(o, err);
    return is_guarded(o) ? refuse(o, EPERM, err) : GWS_OK;
}

gws_status gws_outputs_add(gws_outputs *set, const char *path, gws_format format, int flags, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    gws_status status = gws_format_check(format, path, err);
    gws_output *o = NULL;

    if (status != GWS_OK)
        return status;
    if (set->n == FILES_MAX)
        return gws_err_set(err, GWS_EARG, "%s: more than %d outputs", path, FILES_MAX);
    const int hdf5 =
        format == GWS_FORMAT_HDF5 || format == GWS_FORMAT_DERIVED ||
        ((format == GWS_FORMAT_STRAIN || format == GWS_FORMAT_EVENTS) && gws_format_check(GWS_FORMAT_HDF5, path, NULL) == GWS_OK);
    const int streamed = format == GWS_FORMAT_LOG || (!hdf5 && !flags);
    if (!(o = new_output(path, streamed, err)))
        return err->status;
    o->flags = flags;
    if ((status = check(set, o, err)) != GWS_OK)
        goto fail;
    if (!o->stream && (!(flags & GWS_OUTPUT_APPEND) || !o->old.st_nlink)) {
        sweep(o->folder_fd);
        if ((status = make(o, err)) != GWS_OK || (status = check_room(o, err)) != GWS_OK)
            goto fail;
    }
    if (flags & (GWS_OUTPUT_AGAIN | GWS_OUTPUT_APPEND)) { /* it can be made; its writer makes it */
        pthread_mutex_lock(&lock);
        drop_temporary(o);
        pthread_mutex_unlock(&lock);
    }
    o->set = set;
    pthread_mutex_lock(&lock);
    set->file[set->n++] = o;
    pthread_mutex_unlock(&lock);
    return GWS_OK;
fail:
    destroy(o);
    return status;
}

gws_status gws_outputs_input(gws_outputs *set, const char *path, gws_err *err)
{
    struct stat st;

    if (stat(path, &st) != 0 || S_ISDIR(st.st_mode) || is_input(set, &st))
        return GWS_OK;
    for (int i = 0; i < set->n; i++)
        if (is_file(set->file[i], &st) && !(set->file[i]->flags & GWS_OUTPUT_OWN))
            return refuse_input(set->file[i], err);
    if (!GWS_ARRAY_ROOM(set->inputs, set->room, set->n_inputs + 1))
        return gws_err_set(err, GWS_ENOMEM, "no memory for %d inputs", set->n_inputs + 1);
    set->inputs[set->n_inputs++] = (input){st.st_dev, st.st_ino};
    return GWS_OK;
}

gws_status gws_outputs_guard(const char *path, gws_err *err)
{
    gws_status status = GWS_OK;
    struct stat st;

    if (stat(path, &st) != 0)
        return GWS_OK;
    pthread_mutex_lock(&lock);
    for (gws_outputs *s = sets; s; s = s->next)
        for (int i = 0; i < s->n; i++)
            /* what is written again and again has another inode by now, and its first one may be anyone's */
            if (is_file(s->file[i], &st) && !(s->file[i]->flags & (GWS_OUTPUT_OWN | GWS_OUTPUT_AGAIN)))
                status = refuse_input(s->file[i], err);
    pthread_mutex_unlock(&lock);
    return status;
}

static void clear(gws_outputs *set)
{
    pthread_mutex_lock(&lock);
    const int n = set->n;
    set->n = 0;
    pthread_mutex_unlock(&lock);
    for (int i = 0; i < n; i++)
        destroy(set->file[i]);
}

gws_status gws_outputs_commit(gws_outputs *set, gws_err *err)
{
    const gws_status status = publish_all(set->file, set->n, set->replace, err);
    clear(set);
    return status;
}

void gws_outputs_destroy(gws_outputs *set)
{
    if (!set)
        return;
    clear(set);
    pthread_mutex_lock(&lock);
    for (gws_outputs **p = &sets; *p; p = &(*p)->next)
        if (*p == set) {
            *p = set->next;
            break;
        }
    pthread_mutex_unlock(&lock);
    free(set->inputs);
    free(set);
}

void gws_outputs_abandon_all(void)
{
    pthread_mutex_lock(&lock); /* and kept: nothing is begun or published any more */
    for (gws_output *o = temporaries; o; o = o->next)
        unlinkat(o->folder_fd, o->temp, 0);
}
