/* folder.c - frames that appear in folders.  See source.h.
 *
 * Linux tells of files that are closed after writing or renamed into place (inotify).  Each folder is looked through besides, every few
 * seconds, for what was not told (a network file system, an overflow); where the system tells nothing, every poll_s.
 */
#include "base/array.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/progress.h"
#include "live/inbox.h"
#include "strain/filename.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/inotify.h>
#endif

#define BESIDES_S 5.0
#define RECENT_S 60.0 /* a file's own time of its last change counts as its end of writing when it is no older */

typedef struct place {
    char *path;
    int watch; /* of inotify; -1: none */
    int missing;
} place;

struct own {
    const gws_live_source_params *p;
    gws_inbox *inbox;
    place *places;
    int n_places, notify;
    double next_look_s, known_s;
    int looked, goes_on; /* goes_on: a session that goes on takes all that is behind where it was */
    uint64_t *known;     /* (n_known) fingerprints of the names that were there at the last look, sorted */
    int64_t n_known, room;
    uint64_t *found;
    int64_t n_found, found_room;
};

static uint64_t fingerprint(const char *path)
{
    uint64_t h = UINT64_C(14695981039346656037);

    for (; *path; path++)
        h = (h ^ (unsigned char)*path) * UINT64_C(1099511628211);
    return h;
}

static int by_number(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* A name that a frame may have; hidden ones are those of writers that rename. */
static int is_frame(const char *name)
{
    static const char *const endings[] = {".gwf", ".hdf5", ".hdf", ".h5"};
    const size_t n = strlen(name);

    if (name[0] == '.')
        return 0;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (n > strlen(endings[i]) && strcasecmp(name + n - strlen(endings[i]), endings[i]) == 0)
            return 1;
    return 0;
}

static void watch(struct own *o, place *f)
{
#ifdef __linux__
    if (o->notify >= 0 && f->watch < 0)
        f->watch = inotify_add_watch(o->notify, f->path, IN_CLOSE_WRITE | IN_MOVED_TO | IN_ONLYDIR);
#else
    (void)o;
    (void)f;
#endif
}

/* Monotonic time at which a file was last written to. */
static double closed_at(const char *path)
{
    struct stat st;
    struct timespec now;
    const double now_s = gws_now_s();

    if (stat(path, &st) != 0 || clock_gettime(CLOCK_REALTIME, &now) != 0)
        return now_s;
#ifdef __APPLE__
    const struct timespec then = st.st_mtimespec;
#else
    const struct timespec then = st.st_mtim;
#endif
    const double age_s = (double)(now.tv_sec - then.tv_sec) + 1e-9 * (double)(now.tv_nsec - then.tv_nsec);
    return age_s > 0 && age_s < RECENT_S ? now_s - age_s : now_s;
}

static gws_status look_at(struct own *o, place *f, gws_err *err)
{
    char path[4096];
    const struct dirent *e;
    gws_status status = GWS_OK;
    DIR *d = opendir(f->path);

    if (!d) {
        if (!f->missing)
            gws_log_write(GWS_LOG_WARNING, "live", "%s: %s; it is looked for again", f->path, strerror(errno));
        f->missing = 1;
        f->watch = -1;
        return GWS_OK;
    }
    if (f->missing)
        gws_log_write(GWS_LOG_INFO, "live", "%s: there", f->path);
    f->missing = 0;
    watch(o, f);
    while (status == GWS_OK && (e = readdir(d))) {
        if (!is_frame(e->d_name) || (size_t)snprintf(path, sizeof path, "%s/%s", f->path, e->d_name) >= sizeof path)
            continue;
        const uint64_t name = fingerprint(path);
        if (!GWS_ARRAY_ROOM(o->found, o->found_room, o->n_found + 1)) {
            status = gws_err_set(err, GWS_ENOMEM, "%s: no memory for the names in it", f->path);
            break;
        }
        o->found[o->n_found++] = name;
        if (o->n_known == 0 || !bsearch(&name, o->known, (size_t)o->n_known, sizeof name, by_number))
            status = gws_inbox_add(o->inbox, path, o->looked ? closed_at(path) : gws_now_s(), err);
    }
    closedir(d);
    return status;
}

/* Look through all folders for names that are new. */
static gws_status look(struct own *o, gws_err *err)
{
    gws_status status = GWS_OK;

    o->known_s = gws_now_s();
    o->n_found = 0;
    for (int i = 0; i < o->n_places && status == GWS_OK; i++)
        status = look_at(o, &o->places[i], err);
    if (o->n_found > 0)
        qsort(o->found, (size_t)o->n_found, sizeof *o->found, by_number);
    uint64_t *names = o->known;
    const int64_t room = o->room;
    o->known = o->found;
    o->room = o->found_room;
    o->n_known = o->n_found;
    o->found = names;
    o->found_room = room;
    o->next_look_s = gws_now_s() + (o->notify >= 0 ? BESIDES_S : o->p->poll_s);
    return status;
}

#ifdef __linux__
/* What the system tells.  A name is known from then on, for the next look. */
static gws_status hear(struct own *o, gws_err *err)
{
    _Alignas(struct inotify_event) char buffer[8192];
    gws_status status = GWS_OK;
    ssize_t n;

    while (status == GWS_OK && (n = read(o->notify, buffer, sizeof buffer)) > 0)
        for (const char *at = buffer; at < buffer + n && status == GWS_OK;) {
            const struct inotify_event *e = (const struct inotify_event *)(const void *)at;
            char path[4096];
            at += sizeof *e + e->len;
            if (e->mask & (IN_Q_OVERFLOW | IN_IGNORED))
                o->next_look_s = 0;
            for (int i = 0; i < o->n_places && status == GWS_OK; i++) {
                if (o->places[i].watch != e->wd)
                    continue;
                if (e->mask & IN_IGNORED)
                    o->places[i].watch = -1;
                if (e->len == 0 || !is_frame(e->name) ||
                    (size_t)snprintf(path, sizeof path, "%s/%s", o->places[i].path, e->name) >= sizeof path)
                    continue;
                const uint64_t name = fingerprint(path);
                if (!GWS_ARRAY_ROOM(o->known, o->room, o->n_known + 1))
                    return gws_err_set(err, GWS_ENOMEM, "%s: no memory for the names in it", o->places[i].path);
                int64_t k = o->n_known++;
                while (k > 0 && o->known[k - 1] > name) {
                    o->known[k] = o->known[k - 1];
                    k--;
                }
                o->known[k] = name;
                status = gws_inbox_add(o->inbox, path, closed_at(path), err);
            }
        }
    return status;
}
#endif

static void close_folder(void *own)
{
    struct own *o = own;

    if (!o)
        return;
    if (o->notify >= 0)
        close(o->notify);
    for (int i = 0; i < o->n_places; i++)
        free(o->places[i].path);
    free(o->places);
    free(o->known);
    free(o->found);
    gws_inbox_destroy(o->inbox);
    free(o);
}

static gws_status open_folder(const gws_live_source_params *p, void **own, gws_err *err)
{
    struct own *o = calloc(1, sizeof *o);

    *own = NULL;
    if (!o)
        return gws_err_set(err, GWS_ENOMEM, "no memory for the source");
    o->p = p;
    o->notify = -1;
    o->places = calloc((size_t)p->n + 1, sizeof *o->places);
    o->inbox = gws_inbox_create(p, err);
    for (int i = 0; o->places && i < p->n; i++) {
        o->places[i].watch = -1;
        if (!(o->places[i].path = strdup(p->names[i])))
            break;
        o->n_places++;
    }
    if (!o->inbox || o->n_places < p->n) {
        close_folder(o);
        return gws_err_set(err, GWS_ENOMEM, "no memory for the source");
    }
#ifdef __linux__
    if (!p->polling && (o->notify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) < 0)
        gws_log_write(GWS_LOG_WARNING, "live", "inotify: %s; the folders are looked through every %g s", strerror(errno),
                      p->poll_s);
    for (int i = 0; i < o->n_places; i++)
        watch(o, &o->places[i]); /* before the first look, so that nothing is missed between */
#endif
    const gws_status status = look(o, err);
    if (status != GWS_OK)
        close_folder(o);
    else
        *own = o;
    return status;
}

static void skip(void *own, const char *ifo, int64_t ns)
{
    struct own *o = own;

    o->goes_on = 1;
    gws_inbox_skip(o->inbox, ifo, ns);
}

/* At the start: frames that are too old, seen from the newest. */
static void leave_old(struct own *o)
{
    const int64_t newest = gws_inbox_newest_s(o->inbox);

    if (newest > 0)
        gws_inbox_skip(o->inbox, "", newest * GWS_NS - gws_ns_of_s(o->p->back_s));
}

static gws_status poll_folder(void *own, double wait_s, const gws_live_taker *taker, gws_live_after *after, gws_err *err)
{
    struct own *o = own;
    const double now_s = gws_now_s();
    double least_s = gws_inbox_wait_s(o->inbox, wait_s);
    gws_status status = GWS_OK;

    if (!o->looked && !o->goes_on)
        leave_old(o);
    o->looked = 1;
    if (o->notify >= 0)
        o->known_s = now_s;
    if (o->next_look_s - now_s < least_s)
        least_s = o->next_look_s > now_s ? o->next_look_s - now_s : 0;
    struct pollfd f = {.fd = o->notify, .events = POLLIN};
    poll(&f, o->notify >= 0, (int)(least_s * 1000 + 0.999));
#ifdef __linux__
    if (o->notify >= 0 && (f.revents & POLLIN))
        status = hear(o, err);
#endif
    if (status == GWS_OK && gws_now_s() >= o->next_look_s)
        status = look(o, err);
    *after = GWS_LIVE_WAITS;
    return status == GWS_OK ? gws_inbox_work(o->inbox, taker, after, err) : status;
}

static int waiting(const void *own)
{
    return gws_inbox_waiting(((const struct own *)own)->inbox);
}

static double known_s(const void *own)
{
    return ((const struct own *)own)->known_s;
}

const gws_live_source_row gws_live_folder = {"folder",     open_folder, poll_folder, skip, waiting,
                                             close_folder, NULL,        NULL,        NULL, known_s};
