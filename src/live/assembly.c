#include "live/assembly.h"

#include "base/array.h"
#include "base/clock.h"
#include "strain/gap.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GIVEN_UP 64 /* stretches that are remembered, to tell late from repeated */

typedef struct waiting {
    gws_live_piece piece; /* with its own copies of h and dq */
} waiting;

struct gws_assembly {
    char ifo[4];
    gws_assembly_sinks sinks;
    int rate_hz; /* of samples below; 1 until it is known */
    int known, useless;
    int started;
    int64_t next; /* sample that is wanted next */

    waiting *queue; /* (n_queue) in order of time */
    int64_t n_queue, room;
    int64_t given_up[GIVEN_UP][2]; /* in ns */
    int n_given_up;

    double *tail; /* (shortest + n) samples that are held back, and then those of the piece */
    int64_t n_tail, tail_room, shortest;
    int in_run; /* the last sample was part of a run of one value that is a gap */
    double value;
    gws_live_ifo_stats stats;
};

gws_assembly *gws_assembly_create(const char *ifo, const gws_assembly_sinks *sinks, gws_err *err)
{
    gws_assembly *a = calloc(1, sizeof *a);

    if (!a) {
        gws_err_set(err, GWS_ENOMEM, "no memory for a detector");
        return NULL;
    }
    snprintf(a->ifo, sizeof a->ifo, "%s", ifo);
    snprintf(a->stats.ifo, sizeof a->stats.ifo, "%s", ifo);
    a->sinks = *sinks;
    a->rate_hz = 1;
    return a;
}

static void forget(waiting *w)
{
    free((void *)(uintptr_t)w->piece.h);
    free((void *)(uintptr_t)w->piece.dq);
}

void gws_assembly_destroy(gws_assembly *a)
{
    if (!a)
        return;
    for (int64_t i = 0; i < a->n_queue; i++)
        forget(&a->queue[i]);
    free(a->queue);
    free(a->tail);
    free(a);
}

static int64_t end_of(const gws_live_piece *p)
{
    return p->sample + p->n;
}

/* ---- the strain of a piece that is next ---- */

static void count_samples(gws_assembly *a, const double *h, int64_t n)
{
    int64_t good = n, lost[3] = {0};

    for (int64_t i = 0; i < n; i++) {
        if (isfinite(h[i]))
            continue;
        const gws_gap why = gws_gap_of(h[i]);
        lost[why == GWS_GAP_REPEATED ? 1 : why == GWS_GAP_STATE ? 2 : 0]++;
        good--;
    }
    a->stats.data_s += (double)good / a->rate_hz;
    a->stats.gap_s[GWS_LIVE_NOT_FINITE] += (double)lost[0] / a->rate_hz;
    a->stats.gap_s[GWS_LIVE_REPEATED] += (double)lost[1] / a->rate_hz;
    a->stats.gap_s[GWS_LIVE_NOT_OBSERVING] += (double)lost[2] / a->rate_hz;
    a->stats.state = n > 0 ? (isfinite(h[n - 1]) ? GWS_LIVE_ON : GWS_LIVE_OFF) : a->stats.state;
}

static gws_status hand_on(gws_assembly *a, int64_t sample, const double *h, int64_t n, gws_err *err)
{
    if (n == 0)
        return GWS_OK;
    count_samples(a, h, n);
    return a->sinks.strain(a->sinks.user, sample, h, n, err);
}

/* What was held back is followed by nothing of its value. */
static gws_status release(gws_assembly *a, gws_err *err)
{
    const int64_t n = a->n_tail;

    a->n_tail = 0;
    a->in_run = 0;
    return hand_on(a, a->next - n, a->tail, n, err);
}

/* n more samples behind those that are held back. */
static gws_status strain(gws_assembly *a, const gws_live_piece *p, gws_err *err)
{
    const int64_t n = a->n_tail + p->n, first = a->next - a->n_tail;
    int64_t run, before = 0;
    gws_status status;

    if (!GWS_ARRAY_ROOM(a->tail, a->tail_room, n))
        return gws_err_set(err, GWS_ENOMEM, "%s: no memory for a second of strain", a->ifo);
    memcpy(a->tail + a->n_tail, p->h, (size_t)p->n * sizeof *p->h);
    if (a->in_run && a->tail[0] == a->value)
        before = a->shortest;
    run = p->marked ? 0 : gws_run_at_end(a->tail, n);
    a->value = a->tail[n - 1];
    const int64_t whole = run == n ? run + before : run;
    if (!p->marked)
        gws_gap_mark_runs(a->tail, n, before, 0, a->shortest);
    a->in_run = whole >= a->shortest;
    run = a->in_run ? 0 : run;
    status = hand_on(a, first, a->tail, n - run, err);
    memmove(a->tail, a->tail + n - run, (size_t)run * sizeof *a->tail);
    a->n_tail = run;
    return status;
}

static gws_status gap_to(gws_assembly *a, int64_t sample, gws_live_gap why, gws_err *err)
{
    gws_status status = release(a, err);

    a->stats.gap_s[why] += (double)(sample - a->next) / a->rate_hz;
    a->next = sample;
    a->stats.state = why == GWS_LIVE_MISSING ? GWS_LIVE_ABSENT : GWS_LIVE_OFF;
    return status == GWS_OK ? a->sinks.absent(a->sinks.user, gws_ns_of_sample(sample, a->rate_hz), err) : status;
}

/* A piece that begins where the last one ended. */
static gws_status place(gws_assembly *a, const gws_live_piece *p, gws_err *err)
{
    gws_status status = a->sinks.taken ? a->sinks.taken(a->sinks.user, p, err) : GWS_OK;

    if (status != GWS_OK)
        return status;
    if (!p->h) {
        status = gap_to(a, end_of(p), p->why, err);
    } else if (a->useless || p->rate_hz != a->rate_hz) {
        status = gap_to(a, end_of(p), GWS_LIVE_RATE, err);
    } else {
        status = strain(a, p, err);
        a->next = end_of(p);
    }
    return status;
}

/* ---- order ---- */

/* A piece in samples of the rate that is known.  What begins before `next` loses its beginning. */
static gws_live_piece in_place(const gws_assembly *a, const gws_live_piece *p)
{
    gws_live_piece q = *p;

    if (p->rate_hz != a->rate_hz) {
        q.sample = gws_sample_of_ns(gws_ns_of_sample(p->sample, p->rate_hz), a->rate_hz);
        q.n = gws_sample_of_ns(gws_ns_of_sample(end_of(p), p->rate_hz), a->rate_hz) - q.sample;
        q.rate_hz = a->rate_hz;
        if (q.h) {
            q.h = NULL;
            q.why = GWS_LIVE_RATE;
        }
    }
    if (a->started && q.sample < a->next) {
        const int64_t known = a->next - q.sample < q.n ? a->next - q.sample : q.n;
        q.sample += known;
        q.n -= known;
        if (q.h)
            q.h += known;
    }
    return q;
}

static gws_status learn_rate(gws_assembly *a, int rate_hz, gws_err *err)
{
    if (a->started)
        a->next *= rate_hz;
    for (int64_t i = 0; i < a->n_queue; i++) {
        a->queue[i].piece.sample *= rate_hz; /* gaps, all of them */
        a->queue[i].piece.n *= rate_hz;
        a->queue[i].piece.rate_hz = rate_hz;
    }
    a->known = 1;
    a->rate_hz = a->stats.rate_hz = rate_hz;
    a->shortest = gws_gap_run(rate_hz);
    return a->sinks.rate(a->sinks.user, rate_hz, &a->useless, err);
}

/* Those that wait and are next by now. */
static gws_status drain(gws_assembly *a, gws_err *err)
{
    gws_status status = GWS_OK;

    while (a->n_queue > 0 && a->queue[0].piece.sample <= a->next && status == GWS_OK) {
        waiting w = a->queue[0];
        memmove(a->queue, a->queue + 1, (size_t)--a->n_queue * sizeof *a->queue);
        const gws_live_piece q = in_place(a, &w.piece);
        if (q.n > 0)
            status = place(a, &q, err);
        forget(&w);
    }
    return status;
}

static gws_status keep(gws_assembly *a, const gws_live_piece *p, gws_err *err)
{
    int64_t at = a->n_queue;
    waiting w = {*p};

    if (!GWS_ARRAY_ROOM(a->queue, a->room, a->n_queue + 1))
        return gws_err_set(err, GWS_ENOMEM, "%s: no memory for what waits", a->ifo);
    w.piece.h = NULL;
    w.piece.dq = NULL;
    if (p->h) {
        double *h = malloc((size_t)p->n * sizeof *h);
        if (!h)
            return gws_err_set(err, GWS_ENOMEM, "%s: no memory for what waits", a->ifo);
        memcpy(h, p->h, (size_t)p->n * sizeof *h);
        w.piece.h = h;
    }
    if (p->dq && !(w.piece.dq = strdup(p->dq))) {
        forget(&w);
        return gws_err_set(err, GWS_ENOMEM, "%s: no memory for what waits", a->ifo);
    }
    while (at > 0 && a->queue[at - 1].piece.sample > p->sample)
        at--;
    a->stats.reordered += at < a->n_queue;
    memmove(a->queue + at + 1, a->queue + at, (size_t)(a->n_queue - at) * sizeof *a->queue);
    a->queue[at] = w;
    a->n_queue++;
    return GWS_OK;
}

static int was_given_up(const gws_assembly *a, int64_t begin_ns, int64_t end_ns)
{
    for (int i = 0; i < GIVEN_UP && i < a->n_given_up; i++)
        if (begin_ns < a->given_up[i][1] && a->given_up[i][0] < end_ns)
            return 1;
    return 0;
}

int gws_assembly_wants(gws_assembly *a, const gws_live_piece *piece)
{
    const int64_t begin_ns = gws_ns_of_sample(piece->sample, piece->rate_hz),
                  end_ns = gws_ns_of_sample(end_of(piece), piece->rate_hz);
    int seen = a->started && end_ns <= gws_ns_of_sample(a->next, a->rate_hz);

    for (int64_t i = 0; i < a->n_queue && !seen; i++) {
        const gws_live_piece *q = &a->queue[i].piece;
        seen = gws_ns_of_sample(q->sample, q->rate_hz) <= begin_ns && gws_ns_of_sample(end_of(q), q->rate_hz) >= end_ns;
    }
    if (!seen)
        return piece->n > 0;
    if (was_given_up(a, begin_ns, end_ns))
        a->stats.late++;
    else
        a->stats.repeated++;
    return 0;
}

gws_status gws_assembly_take(gws_assembly *a, const gws_live_piece *piece, gws_err *err)
{
    gws_status status = GWS_OK;

    a->stats.frames++;
    if (piece->h && !a->known && (status = learn_rate(a, piece->rate_hz, err)) != GWS_OK)
        return status;
    const gws_live_piece p = in_place(a, piece);
    if (p.n <= 0)
        return GWS_OK;
    if (!a->started) {
        a->started = 1;
        a->next = p.sample;
    }
    if (p.final && p.sample > a->next && (status = gws_assembly_give_up(a, gws_ns_of_sample(p.sample, a->rate_hz), err)) != GWS_OK)
        return status;
    if (p.sample > a->next)
        return keep(a, &p, err);
    status = place(a, &p, err);
    return status == GWS_OK ? drain(a, err) : status;
}

gws_status gws_assembly_give_up(gws_assembly *a, int64_t ns, gws_err *err)
{
    const int64_t to = gws_sample_of_ns(ns, a->rate_hz);
    gws_status status = GWS_OK;

    if (!a->started) {
        a->started = 1;
        a->next = to;
        return a->sinks.absent(a->sinks.user, ns, err);
    }
    while (status == GWS_OK && a->next < to) {
        const int64_t next = a->n_queue > 0 && a->queue[0].piece.sample < to ? a->queue[0].piece.sample : to;
        int64_t *slot = a->given_up[a->n_given_up++ % GIVEN_UP];
        slot[0] = gws_ns_of_sample(a->next, a->rate_hz);
        slot[1] = gws_ns_of_sample(next, a->rate_hz);
        status = gap_to(a, next, GWS_LIVE_MISSING, err);
        if (status == GWS_OK)
            status = drain(a, err);
    }
    return status;
}

int64_t gws_assembly_end_ns(const gws_assembly *a)
{
    return a->started ? gws_ns_of_sample(a->next, a->rate_hz) : INT64_MIN;
}

gws_status gws_assembly_finish(gws_assembly *a, gws_err *err)
{
    gws_status status = GWS_OK;

    while (a->n_queue > 0 && status == GWS_OK)
        status = gws_assembly_give_up(a, gws_ns_of_sample(a->queue[0].piece.sample, a->rate_hz), err);
    return status == GWS_OK ? release(a, err) : status;
}

void gws_assembly_get_stats(const gws_assembly *a, gws_live_ifo_stats *out)
{
    const gws_live_ifo_stats kept = *out;

    *out = a->stats;
    out->retried = kept.retried;
    out->heard_s = kept.heard_s;
    out->waiting = (int)a->n_queue;
    out->end_ns = a->started ? gws_assembly_end_ns(a) : 0;
}
