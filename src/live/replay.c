/* replay.c - recorded strain as if it came now, at any speed.  See source.h.  What it hands over is what `detect` reads, sample by sample. */
#include "base/clock.h"
#include "base/progress.h"
#include "live/source.h"
#include "strain/strain.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define AHEAD_S 64 /* read at once */
#define AT_ONCE 16 /* seconds that one call hands over at most */

typedef struct detector {
    gws_strain_info info;
    double *h;          /* (AHEAD_S * rate) */
    int64_t begin, end; /* samples that it holds */
    int64_t from_ns;    /* nothing before this is wanted */
    int span;
} detector;

struct own {
    const gws_live_source_params *p;
    gws_strain_set *set;
    detector ifo[GWS_MAX_IFO];
    int n_ifo;
    int64_t at_s, end_s, first_s; /* the next second, the last, and the first that was handed over */
    int64_t begin_s;
    double began_s; /* gws_now_s then */
};

static void close_replay(void *own)
{
    struct own *o = own;

    if (!o)
        return;
    for (int i = 0; i < o->n_ifo; i++)
        free(o->ifo[i].h);
    gws_strain_destroy(o->set);
    free(o);
}

/* The second in which a detector's strain next begins, at or after one; INT64_MAX: it has no more. */
static int64_t next_second(detector *d, int64_t at_s)
{
    const int64_t at = at_s * d->info.rate_hz;

    while (d->span < d->info.n_spans && d->info.spans[d->span].end <= at)
        d->span++;
    if (d->span == d->info.n_spans)
        return INT64_MAX;
    const int64_t begin = d->info.spans[d->span].begin;
    return begin > at ? gws_floor_div(begin, d->info.rate_hz) : at_s;
}

static gws_status open_replay(const gws_live_source_params *p, void **own, gws_err *err)
{
    struct own *o = calloc(1, sizeof *o);

    *own = NULL;
    if (!o)
        return gws_err_set(err, GWS_ENOMEM, "no memory for the source");
    o->p = p;
    o->at_s = INT64_MAX;
    if (!(o->set = gws_strain_open_use(p->names, p->n, p->use, err))) {
        free(o);
        return err ? err->status : GWS_EIO;
    }
    gws_strain_set_pool(o->set, p->pool);
    o->n_ifo = gws_strain_ifos(o->set);
    for (int i = 0; i < o->n_ifo; i++) {
        detector *d = &o->ifo[i];
        gws_strain_describe(o->set, i, &d->info);
        d->from_ns = INT64_MIN;
        const gws_span *last = &d->info.spans[d->info.n_spans - 1];
        const int64_t first_s = gws_floor_div(d->info.spans[0].begin, d->info.rate_hz),
                      end_s = gws_floor_div(last->end - 1, d->info.rate_hz) + 1;
        o->at_s = first_s < o->at_s ? first_s : o->at_s;
        o->end_s = end_s > o->end_s || i == 0 ? end_s : o->end_s;
        if (!(d->h = malloc((size_t)AHEAD_S * (size_t)d->info.rate_hz * sizeof *d->h))) {
            close_replay(o);
            return gws_err_set(err, GWS_ENOMEM, "no memory for %d s of strain", AHEAD_S);
        }
    }
    o->began_s = (double)NAN;
    o->begin_s = o->at_s;
    *own = o;
    return GWS_OK;
}

static void skip(void *own, const char *ifo, int64_t ns)
{
    struct own *o = own;
    int64_t least = INT64_MAX;

    for (int i = 0; i < o->n_ifo; i++) {
        if (strcmp(o->ifo[i].info.ifo, ifo) == 0)
            o->ifo[i].from_ns = ns;
        least = o->ifo[i].from_ns < least ? o->ifo[i].from_ns : least;
    }
    if (least > o->at_s * GWS_NS)
        o->at_s = gws_floor_div(least, GWS_NS);
}

/* Names of the bits that fail in a second. */
static gws_status find_dq(struct own *o, int ifo, int64_t second, char *out, size_t size, gws_err *err)
{
    gws_strain_flags flags;
    size_t used = 0;
    const gws_status status = gws_strain_get_flags(o->set, ifo, second * GWS_NS, (second + 1) * GWS_NS - 1, &flags, err);

    out[0] = '\0';
    for (int i = 0; status == GWS_OK && i < flags.n && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", used ? " " : "", flags.name[i]);
    return status;
}

/* One second of one detector; where no file has it, the word that it will not come. */
static gws_status hand_over(struct own *o, int i, const gws_live_taker *taker, gws_err *err)
{
    detector *d = &o->ifo[i];
    const int64_t rate = d->info.rate_hz, second = o->at_s;
    int64_t begin = second * rate, end = begin + rate;
    char dq[2 * GWS_QUALITY_BITS * (GWS_QUALITY_NAME + 1)];
    gws_live_piece piece = {.rate_hz = (int)rate, .final = 1, .marked = 1, .closed_s = gws_now_s()};
    gws_status status;

    memcpy(piece.ifo, d->info.ifo, sizeof piece.ifo);
    if (next_second(d, second) != second) {
        piece.sample = begin;
        piece.n = rate;
        piece.why = GWS_LIVE_MISSING;
        return taker->piece(taker->user, &piece, err);
    }
    const gws_span *s = &d->info.spans[d->span];
    begin = s->begin > begin ? s->begin : begin;
    for (int k = d->span; k < d->info.n_spans && d->info.spans[k].begin < end; k++)
        piece.n = (d->info.spans[k].end < end ? d->info.spans[k].end : end) - begin;
    end = begin + piece.n;
    if (end > d->end) {
        const int64_t last = d->info.spans[d->info.n_spans - 1].end, most = (second + AHEAD_S) * rate;
        d->begin = begin;
        d->end = last < most ? last : most;
        if ((status = gws_strain_read(o->set, i, d->begin, d->end, d->h, err)) != GWS_OK)
            return status;
    }
    if ((status = find_dq(o, i, second, dq, sizeof dq, err)) != GWS_OK)
        return status;
    piece.sample = begin;
    piece.h = d->h + (begin - d->begin);
    piece.dq = dq;
    return taker->piece(taker->user, &piece, err);
}

/* Wait until the second that is next would have come. */
static gws_live_after pace(struct own *o, double wait_s)
{
    if (isnan(o->began_s)) {
        o->began_s = gws_now_s();
        o->first_s = o->at_s;
    }
    if (!(o->p->speed > 0))
        return GWS_LIVE_MORE;
    const double left_s = o->began_s + (double)(o->at_s + 1 - o->first_s) / o->p->speed - gws_now_s();
    const double sleep_s = left_s < wait_s ? left_s : wait_s;
    if (sleep_s > 0)
        nanosleep(&(struct timespec){(time_t)sleep_s, (long)((sleep_s - floor(sleep_s)) * 1e9)}, NULL);
    return left_s <= wait_s ? GWS_LIVE_MORE : GWS_LIVE_WAITS;
}

static gws_status poll_replay(void *own, double wait_s, const gws_live_taker *taker, gws_live_after *after, gws_err *err)
{
    struct own *o = own;
    gws_status status = GWS_OK;

    for (int n = 0; n < AT_ONCE && status == GWS_OK; n++) {
        int64_t next = INT64_MAX;
        for (int i = 0; i < o->n_ifo; i++) {
            const int64_t s = next_second(&o->ifo[i], o->at_s);
            next = s < next ? s : next;
        }
        if (next == INT64_MAX) {
            *after = GWS_LIVE_ENDED;
            return GWS_OK;
        }
        o->first_s += !isnan(o->began_s) ? next - o->at_s : 0; /* nobody waits through a hole that all have */
        o->at_s = next;
        if ((*after = pace(o, wait_s)) == GWS_LIVE_WAITS)
            return GWS_OK;
        for (int i = 0; i < o->n_ifo && status == GWS_OK; i++)
            if ((o->at_s + 1) * GWS_NS > o->ifo[i].from_ns)
                status = hand_over(o, i, taker, err);
        o->at_s++;
        wait_s = 0;
    }
    return status;
}

static void progress(const void *own, double *done_s, double *total_s)
{
    const struct own *o = own;

    *done_s = (double)(o->at_s - o->begin_s);
    *total_s = (double)(o->end_s - o->begin_s);
}

const gws_live_source_row gws_live_replay = {"replay",     open_replay, poll_replay, skip,     NULL,
                                             close_replay, NULL,        NULL,        progress, NULL};
