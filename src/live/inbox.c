#include "live/inbox.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/progress.h"
#include "live/frame.h"
#include "strain/filename.h"

#include <stdlib.h>
#include <string.h>

#define AGAIN_S 0.05
#define AT_ONCE 32 /* files read in one call */

typedef struct file {
    char *path;
    gws_filename name; /* zero where it has another form */
    double first_s, due_s, closed_s;
} file;

struct gws_inbox {
    const gws_live_source_params *p;
    double (*now_s)(void);
    file *files; /* (n) in order of their times, then of names */
    int64_t n, room;
};

gws_inbox *gws_inbox_create(const gws_live_source_params *p, gws_err *err)
{
    gws_inbox *b = calloc(1, sizeof *b);

    if (!b) {
        gws_err_set(err, GWS_ENOMEM, "no memory for the inbox");
        return NULL;
    }
    b->p = p;
    b->now_s = p->now_s ? p->now_s : gws_now_s;
    return b;
}

void gws_inbox_destroy(gws_inbox *b)
{
    if (!b)
        return;
    for (int64_t i = 0; i < b->n; i++)
        free(b->files[i].path);
    free(b->files);
    free(b);
}

static int before(const file *a, const file *b)
{
    return a->name.start_s != b->name.start_s ? a->name.start_s < b->name.start_s : strcmp(a->path, b->path) < 0;
}

gws_status gws_inbox_add(gws_inbox *b, const char *path, double closed_s, gws_err *err)
{
    file f = {.first_s = b->now_s(), .closed_s = closed_s};
    int64_t at = b->n;

    for (int64_t i = 0; i < b->n; i++)
        if (strcmp(b->files[i].path, path) == 0) {
            b->files[i].due_s = f.first_s;
            b->files[i].closed_s = closed_s;
            return GWS_OK;
        }
    f.due_s = f.first_s;
    gws_filename_parse(path, &f.name);
    if (!GWS_ARRAY_ROOM(b->files, b->room, b->n + 1) || !(f.path = strdup(path)))
        return gws_err_set(err, GWS_ENOMEM, "no memory for the inbox");
    while (at > 0 && before(&f, &b->files[at - 1]))
        at--;
    memmove(b->files + at + 1, b->files + at, (size_t)(b->n - at) * sizeof *b->files);
    b->files[at] = f;
    b->n++;
    return GWS_OK;
}

static void drop(gws_inbox *b, int64_t i)
{
    free(b->files[i].path);
    memmove(b->files + i, b->files + i + 1, (size_t)(--b->n - i) * sizeof *b->files);
}

void gws_inbox_skip(gws_inbox *b, const char *ifo, int64_t ns)
{
    for (int64_t i = b->n - 1; i >= 0; i--) {
        const gws_filename *f = &b->files[i].name;
        if (f->duration_s > 0 && (!ifo[0] || strcmp(f->ifo, ifo) == 0) && f->start_s + f->duration_s <= gws_floor_div(ns, GWS_NS))
            drop(b, i);
    }
}

/* A file that could not be read: it is tried again, or given up.
 *   now_s  before it was read */
static gws_status trouble(gws_inbox *b, int64_t i, gws_live_reading how, double now_s, const gws_err *why,
                          const gws_live_taker *taker, gws_err *err)
{
    file *f = &b->files[i];
    gws_live_gap gap = how == GWS_LIVE_GONE ? GWS_LIVE_VANISHED : how == GWS_LIVE_BROKEN ? GWS_LIVE_CORRUPT : GWS_LIVE_TRUNCATED;

    if (now_s < f->first_s + b->p->whole_s) {
        f->due_s = b->now_s() + AGAIN_S;
        if (taker->retried)
            taker->retried(taker->user, f->name.ifo);
        return GWS_OK;
    }
    gws_log_write(GWS_LOG_WARNING, "live", "%s: %s", gws_live_gap_name(gap), why->text);
    const gws_live_file lost = {.name = f->path};
    const gws_status status = gws_live_frame_lost(&lost, gap, f->closed_s, taker, err);
    drop(b, i);
    return status;
}

gws_status gws_inbox_work(gws_inbox *b, const gws_live_taker *taker, gws_live_after *after, gws_err *err)
{
    const double now_s = b->now_s();
    gws_status status = GWS_OK;
    int done = 0;

    *after = GWS_LIVE_WAITS;
    for (int64_t i = 0; i < b->n && status == GWS_OK;) {
        gws_live_reading how;
        gws_err why = {0};
        if (b->files[i].due_s > now_s) {
            i++;
            continue;
        }
        if (done++ == AT_ONCE) {
            *after = GWS_LIVE_MORE;
            break;
        }
        const int64_t n = b->n;
        const gws_live_file f = {.name = b->files[i].path};
        status = gws_live_frame_read(b->p, &f, b->files[i].closed_s, taker, &how, &why);
        if (status != GWS_OK) {
            if (err)
                *err = why;
        } else if (how == GWS_LIVE_READ) {
            drop(b, i);
        } else {
            status = trouble(b, i, how, now_s, &why, taker, err);
            i += b->n == n; /* it stays */
        }
    }
    return status;
}

double gws_inbox_wait_s(const gws_inbox *b, double most_s)
{
    const double now_s = b->now_s();

    for (int64_t i = 0; i < b->n; i++)
        if (b->files[i].due_s - now_s < most_s)
            most_s = b->files[i].due_s - now_s;
    return most_s > 0 ? most_s : 0;
}

int gws_inbox_waiting(const gws_inbox *b)
{
    return (int)b->n;
}

int64_t gws_inbox_newest_s(const gws_inbox *b)
{
    const int64_t most_s = gws_gps_now_s() + GWS_LIVE_AHEAD_S;
    int64_t newest = 0;

    for (int64_t i = 0; i < b->n; i++) {
        const gws_filename *f = &b->files[i].name;
        const int64_t end_s = f->duration_s > 0 ? f->start_s + f->duration_s : 0;
        if (end_s > newest && end_s <= most_s)
            newest = end_s;
    }
    return newest;
}
