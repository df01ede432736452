#include "live/live.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/progress.h"
#include "gws_config.h"
#include "live/assembly.h"
#include "live/spool.h"
#include "stream/pipeline.h"

#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PART_S 64.0    /* data in a part of the saved state */
#define MARGIN_S 192.0 /* kept beyond what the pipelines remember: parts, first estimates, detectors behind the newest */
#define TIMES 4096     /* ends of data whose arrival is remembered */
#define DQ_KEPT_S 900
#define PUBLISH_S 0.05
#define SAFE_S 1.0 /* between two times at which a source hears that all is kept */
#define SAID_S 60.0

struct detector;

/* A search at work. */
typedef struct search {
    struct gws_live *l;
    const gws_live_search *of;
    const gws_model_meta *meta;
    gws_pipeline *pipeline;
    struct detector *detector[GWS_MODEL_IFOS];
    gws_live_search_stats stats;
} search;

/* Quality bits that fail in a second. */
typedef struct dq {
    int64_t second;
    char *names;
} dq;

typedef struct detector {
    struct gws_live *l;
    char ifo[4];
    int rate_hz; /* 0: not known */
    gws_assembly *assembly;
    dq *dq; /* (n_dq) in order of time */
    int64_t n_dq, room;
    int64_t retried;
    double heard_s;
    double *kept; /* (kept_room) sample s stands at s mod kept_room; NULL: nothing is kept */
    int64_t kept_room, kept_begin, kept_end;
} detector;

struct gws_live {
    gws_live_params p;
    search *searches;
    detector ifo[GWS_MAX_IFO];
    int n_ifo;
    void *source;
    gws_spool *spool; /* NULL: no state */
    char *snapshot;
    int64_t snapshot_bytes;
    char (*done)[GWS_LIVE_ID]; /* (n_done) handed over before the restart */
    int64_t n_done, done_room;
    double remembers_s;

    struct {
        int64_t end_ns;
        double s;
    } came[TIMES]; /* ring: when data first reached so far */
    int64_t n_came;

    int restoring, batch;
    double safe_s, said_s; /* when the source was told last; when an impossible time was logged */
    double closed_s;       /* of the piece that is being worked on */
    gws_status status;     /* first trouble of a callback */
    gws_err err;
    char others[32]; /* detectors that no search has */

    gws_live_times searched, alerted;
    double started_s, busy_s, published_s;
    int64_t triggers, replayed;
    char unserved[64];

    pthread_mutex_t lock; /* of what follows */
    gws_live_stats published;
};

/* ---- triggers ---- */

static int was_done(const gws_live *l, const char *id)
{
    for (int64_t i = 0; i < l->n_done; i++)
        if (strcmp(l->done[i], id) == 0)
            return 1;
    return 0;
}

static void make_id(const search *s, const gws_trigger *t, char out[GWS_LIVE_ID])
{
    char names[3 * GWS_MODEL_IFOS + 1] = "", gps[32];
    int twins = 0; /* earlier searches with the same model, by another threshold or whitening */

    for (int i = 0; i < s->meta->n_ifo; i++)
        strncat(names, s->meta->ifo[i], 3);
    for (const search *o = s->l->searches; o < s; o++)
        twins += o->of->head == s->of->head && strcmp(o->of->sha256, s->of->sha256) == 0;
    gws_gps_text(t->begin_ns, 6, gps);
    const int n =
        snprintf(out, GWS_LIVE_ID, "%s-%s-%.12s%s", names, gps, s->of->sha256, s->of->head == GWS_HEAD_LINEAR ? "-l" : "");
    if (twins > 0 && n < GWS_LIVE_ID)
        snprintf(out + n, GWS_LIVE_ID - (size_t)n, "-%d", twins + 1);
}

/* A name behind those that are there; each once. */
static size_t add_word(char *out, size_t used, size_t size, const char *ifo, const char *name, size_t n)
{
    char word[64];

    snprintf(word, sizeof word, "%s:%.*s", ifo, (int)n, name);
    for (const char *p = out; (p = strstr(p, word)); p++)
        if ((p == out || p[-1] == ' ') && (p[strlen(word)] == ' ' || p[strlen(word)] == '\0'))
            return used;
    used += (size_t)snprintf(out + used, used < size ? size - used : 0, "%s%s", used ? " " : "", word);
    return used < size ? used : size - 1;
}

/* Quality bits that fail within a trigger's window. */
static void find_dq(const search *s, const gws_trigger *t, char *out, size_t size)
{
    const int64_t window_ns = (int64_t)(t->window_s * (double)GWS_NS);
    const int64_t from = gws_floor_div(t->gps_ns - window_ns, GWS_NS), to = gws_floor_div(t->gps_ns + window_ns, GWS_NS);
    size_t used = 0;

    out[0] = '\0';
    for (int i = 0; i < s->meta->n_ifo; i++) {
        const detector *d = s->detector[i];
        for (int64_t k = 0; k < d->n_dq; k++)
            for (const char *p = d->dq[k].names; d->dq[k].second >= from && d->dq[k].second <= to && *p;) {
                const size_t n = strcspn(p, " ");
                used = add_word(out, used, size, d->ifo, p, n);
                p += n + strspn(p + n, " ");
            }
    }
}

static void on_trigger(void *user, const gws_trigger *t, gws_far_rate far)
{
    search *s = user;
    gws_live *l = s->l;
    char quality[4096];
    gws_live_trigger out = {.search = (int)(s - l->searches), .of = s->of, .t = *t, .far = far, .dq = quality};

    if (s->of->ranking)
        out.far = gws_ranking_at(s->of->ranking, t->stat, (double)t->gps_ns / (double)GWS_NS);
    out.n_ifo = s->meta->n_ifo;
    out.ifo = s->meta->ifo;
    out.arrived_s = l->closed_s;
    make_id(s, t, out.id);
    find_dq(s, t, quality, sizeof quality);
    s->stats.triggers++;
    l->triggers++;
    if (l->status != GWS_OK || !l->p.trigger || was_done(l, out.id))
        return;
    l->status = l->p.trigger(l->p.user, &out, &l->err);
    if (l->restoring)
        return; /* the part that begins then has it behind it */
    gws_live_times_add(&l->alerted, l->p.now_s() - l->closed_s);
    if (l->status == GWS_OK && l->spool)
        l->status = gws_spool_done(l->spool, out.id, &l->err);
}

static void on_logits(void *user, int64_t step, const float *y_spiking, const float *y_linear, int64_t n)
{
    search *s = user;
    gws_live_search_stats *t = &s->stats;
    const float *y = s->of->head == GWS_HEAD_LINEAR ? y_linear : y_spiking;
    const int64_t take = n < GWS_LIVE_RING ? n : GWS_LIVE_RING;
    const int64_t stay = t->n_logits < GWS_LIVE_RING - take ? t->n_logits : GWS_LIVE_RING - take;

    memmove(t->logits, t->logits + t->n_logits - stay, (size_t)stay * sizeof *y);
    memcpy(t->logits + stay, y + n - take, (size_t)take * sizeof *y);
    t->n_logits = (int)(stay + take);
    t->searched_ns = gws_ns_of_sample((step + n) * s->meta->hop, s->meta->rate_hz);
}

/* ---- from the assembly of a detector to the pipelines ---- */

/* The place of a detector in a search, or -1. */
static int place_of(const search *s, const detector *d)
{
    for (int i = 0; i < s->meta->n_ifo; i++)
        if (s->detector[i] == d)
            return i;
    return -1;
}

static gws_status push(detector *d, int64_t sample, const double *h, int64_t n, gws_err *err)
{
    gws_live *l = d->l;

    for (int k = 0; k < l->p.n_searches; k++) {
        search *s = &l->searches[k];
        const int i = place_of(s, d);
        const int64_t at = d->rate_hz > 0 ? sample : gws_sample_of_ns(sample, s->meta->rate_hz);
        if (i < 0)
            continue;
        const double t0_s = l->p.now_s();
        const gws_status status = gws_pipeline_push(s->pipeline, i, at, h, n);
        s->stats.busy_s += l->p.now_s() - t0_s;
        if (status != GWS_OK)
            return gws_err_set(err, status, "no memory for the whitened strain of a detector that is ahead of the others");
        if (l->status != GWS_OK) {
            if (err)
                *err = l->err;
            return l->status;
        }
    }
    return GWS_OK;
}

/* Samples up to `end` are there now, h (n) the last of them; what is between is a gap. */
static void keep(detector *d, int64_t end, const double *h, int64_t n)
{
    if (!d->kept)
        return;
    if (d->kept_end == d->kept_begin || end - d->kept_end > d->kept_room)
        d->kept_begin = d->kept_end = end - (n < d->kept_room ? n : d->kept_room);
    for (int64_t s = d->kept_end; s < end - n; s++)
        d->kept[s % d->kept_room] = (double)NAN;
    for (int64_t i = n < d->kept_room ? 0 : n - d->kept_room; i < n; i++)
        d->kept[(end - n + i) % d->kept_room] = h[i];
    d->kept_end = end;
    if (d->kept_end - d->kept_begin > d->kept_room)
        d->kept_begin = d->kept_end - d->kept_room;
}

int gws_live_ifos(const gws_live *l)
{
    return l->n_ifo;
}

gws_status gws_live_strain(const gws_live *l, int ifo, int64_t begin_ns, int64_t end_ns, gws_live_kept *out, gws_err *err)
{
    const detector *d = &l->ifo[ifo];

    *out = (gws_live_kept){.rate_hz = d->rate_hz};
    memcpy(out->ifo, d->ifo, sizeof out->ifo);
    if (!d->kept)
        return gws_err_set(err, GWS_EDATA, "%s: no strain is kept", d->ifo);
    const int64_t begin = gws_sample_of_ns(begin_ns, d->rate_hz), end = gws_sample_of_ns(end_ns, d->rate_hz);
    out->first = begin > d->kept_begin ? begin : d->kept_begin;
    out->n = (end < d->kept_end ? end : d->kept_end) - out->first;
    out->n = out->n > 0 ? out->n : 0;
    if (!(out->h = malloc((size_t)(out->n + 1) * sizeof *out->h)))
        return gws_err_set(err, GWS_ENOMEM, "%s: no memory for %lld samples", d->ifo, (long long)out->n);
    for (int64_t i = 0; i < out->n; i++)
        out->h[i] = d->kept[(out->first + i) % d->kept_room];
    return GWS_OK;
}

static gws_status on_strain(void *user, int64_t sample, const double *h, int64_t n, gws_err *err)
{
    keep(user, sample + n, h, n);
    return push(user, sample, h, n, err);
}

static gws_status on_absent(void *user, int64_t ns, gws_err *err)
{
    detector *d = user;

    return push(d, d->rate_hz > 0 ? gws_sample_of_ns(ns, d->rate_hz) : ns, NULL, 0, err);
}

static gws_status on_rate(void *user, int rate_hz, int *useless, gws_err *err)
{
    detector *d = user;
    const int64_t end_ns = gws_assembly_end_ns(d->assembly);
    gws_err why = {0};
    gws_status status = GWS_OK;

    *useless = 0;
    for (int k = 0; k < d->l->p.n_searches && status == GWS_OK; k++) {
        search *s = &d->l->searches[k];
        const int i = place_of(s, d);
        if (i < 0)
            continue;
        status = gws_pipeline_set_rate(s->pipeline, i, rate_hz, &why);
        if (status == GWS_EDATA) {
            gws_log_write(GWS_LOG_WARNING, "live", "%s: %s; it is left out", s->stats.name, why.text);
            *useless = 1;
            status = GWS_OK;
        } else if (status == GWS_OK && end_ns != INT64_MIN) {
            status = gws_pipeline_push(s->pipeline, i, gws_sample_of_ns(end_ns, rate_hz), NULL, 0);
        }
    }
    d->rate_hz = *useless ? 0 : rate_hz;
    if (status == GWS_OK && !*useless && d->l->p.keep_s > 0) {
        d->kept_room = (int64_t)ceil(d->l->p.keep_s * rate_hz);
        if (!(d->kept = malloc((size_t)d->kept_room * sizeof *d->kept)))
            status = GWS_ENOMEM;
    }
    return status == GWS_OK ? GWS_OK : gws_err_set(err, status, "%s: no memory for a detector at %d Hz", d->ifo, rate_hz);
}

/* Keep the quality bits of a piece for the triggers that may come of it. */
static gws_status on_taken(void *user, const gws_live_piece *piece, gws_err *err)
{
    detector *d = user;
    const int64_t second = gws_floor_div(piece->sample, piece->rate_hz);
    int64_t old = 0;

    if (!piece->dq || !piece->dq[0])
        return GWS_OK;
    while (old < d->n_dq && d->dq[old].second < second - DQ_KEPT_S)
        free(d->dq[old++].names);
    memmove(d->dq, d->dq + old, (size_t)(d->n_dq - old) * sizeof *d->dq);
    d->n_dq -= old;
    char *names = strdup(piece->dq);
    if (!names || !GWS_ARRAY_ROOM(d->dq, d->room, d->n_dq + 1)) {
        free(names);
        return gws_err_set(err, GWS_ENOMEM, "%s: no memory for quality bits", d->ifo);
    }
    d->dq[d->n_dq++] = (dq){second, names};
    return GWS_OK;
}

/* ---- the saved state ---- */

static gws_status snapshot_bytes(const gws_live *l, int64_t *out, gws_err *err)
{
    gws_status status = GWS_OK;

    *out = 0;
    for (int k = 0; k < l->p.n_searches && status == GWS_OK; k++) {
        int64_t bytes;
        status = gws_pipeline_state_bytes(l->searches[k].pipeline, &bytes, err);
        *out += bytes;
    }
    return status;
}

static gws_status begin_part(gws_live *l, gws_err *err)
{
    int64_t at = 0;

    if (l->p.source->safe && gws_spool_sync(l->spool, err) != GWS_OK)
        return GWS_EIO;
    for (int k = 0; k < l->p.n_searches; k++) {
        int64_t bytes;
        const gws_status status = gws_pipeline_state_bytes(l->searches[k].pipeline, &bytes, err);
        if (status != GWS_OK)
            return status;
        gws_pipeline_state_save(l->searches[k].pipeline, l->snapshot + at);
        at += bytes;
    }
    return gws_spool_begin(l->spool, l->snapshot, at, l->remembers_s + l->p.wait_s + MARGIN_S, err);
}

static detector *detector_of(gws_live *l, const char *ifo)
{
    for (int i = 0; i < l->n_ifo; i++)
        if (strcmp(l->ifo[i].ifo, ifo) == 0)
            return &l->ifo[i];
    return NULL;
}

static gws_status old_piece(void *user, const gws_live_piece *piece, gws_err *err)
{
    gws_live *l = user;
    detector *d = detector_of(l, piece->ifo);

    l->replayed++;
    l->closed_s = l->p.now_s();
    return d && gws_assembly_wants(d->assembly, piece) ? gws_assembly_take(d->assembly, piece, err) : GWS_OK;
}

static gws_status old_given_up(void *user, const char *ifo, int64_t ns, gws_err *err)
{
    detector *d = detector_of(user, ifo);

    return d ? gws_assembly_give_up(d->assembly, ns, err) : GWS_OK;
}

static gws_status old_done(void *user, const char *id, gws_err *err)
{
    gws_live *l = user;

    if (!GWS_ARRAY_ROOM(l->done, l->done_room, l->n_done + 1))
        return gws_err_set(err, GWS_ENOMEM, "no memory for the triggers that were handed over");
    snprintf(l->done[l->n_done++], GWS_LIVE_ID, "%s", id);
    return GWS_OK;
}

/* Go on where the last session of this folder was. */
static gws_status restore(gws_live *l, gws_err *err)
{
    const gws_spool_reader reader = {l, old_piece, old_given_up, old_done};
    int64_t bytes, at = 0;
    const char *snapshot = gws_spool_snapshot(l->spool, &bytes);
    gws_status status = GWS_OK;

    if (!snapshot)
        return GWS_OK;
    for (int k = 0; k < l->p.n_searches && status == GWS_OK; k++) {
        int64_t n;
        if ((status = gws_pipeline_state_bytes(l->searches[k].pipeline, &n, err)) == GWS_OK)
            status = gws_pipeline_state_load(l->searches[k].pipeline, snapshot + at, n < bytes - at ? n : bytes - at, err);
        at += n;
    }
    l->restoring = 1;
    if (status == GWS_OK)
        status = gws_spool_read(l->spool, &reader, err);
    l->restoring = 0;
    for (int i = 0; i < l->n_ifo && status == GWS_OK; i++) {
        const int64_t end_ns = gws_assembly_end_ns(l->ifo[i].assembly);
        char gps[32];
        if (end_ns == INT64_MIN)
            continue;
        gws_gps_text(end_ns, 0, gps);
        gws_live_ifo_stats t = {0};
        gws_assembly_get_stats(l->ifo[i].assembly, &t);
        gws_log_write(GWS_LOG_INFO, "live", "%s: goes on at GPS %s behind %.10g s that were saved", l->ifo[i].ifo, gps, t.data_s);
        if (l->p.source->skip)
            l->p.source->skip(l->source, l->ifo[i].ifo, end_ns);
    }
    return status;
}

/* What a snapshot is of. */
static void identity_of(const gws_live *l, char out[64])
{
    uint64_t h = UINT64_C(14695981039346656037);
    char text[512];

    for (int k = 0; k < l->p.n_searches; k++) {
        const gws_live_search *s = &l->p.searches[k];
        uint64_t threshold;
        memcpy(&threshold, &s->threshold, sizeof threshold);
        const gws_model_meta *m = gws_model_describe(s->model);
        snprintf(text, sizeof text, "%s %d %016" PRIx64 " %lld %lld %lld %s;", s->sha256, (int)s->head, threshold,
                 (long long)(m->filter_s * 1e9), (long long)(m->block_s * 1e9), (long long)(m->ahead_s * 1e9), GWS_VERSION);
        for (const char *c = text; *c; c++)
            h = (h ^ (unsigned char)*c) * UINT64_C(1099511628211);
    }
    snprintf(out, 64, "gwspike live %016" PRIx64, h);
}

static gws_status open_state(gws_live *l, gws_err *err)
{
    char identity[64];
    int64_t bytes;
    gws_status status = snapshot_bytes(l, &bytes, err);

    if (status != GWS_OK)
        return status;
    identity_of(l, identity);
    if (!(l->snapshot = malloc((size_t)bytes + 1)))
        return gws_err_set(err, GWS_ENOMEM, "no memory for the saved state");
    if (!(l->spool = gws_spool_open(l->p.state, identity, err)))
        return err ? err->status : GWS_EIO;
    if ((status = restore(l, err)) != GWS_OK)
        return status;
    return begin_part(l, err);
}

/* What was taken is as safe as it will be: the source need not give it again, whatever becomes of this machine. */
static gws_status make_safe(gws_live *l, gws_err *err)
{
    const gws_status status = l->spool ? gws_spool_sync(l->spool, err) : GWS_OK;

    l->safe_s = l->p.now_s();
    if (status == GWS_OK)
        l->p.source->safe(l->source);
    return status;
}

static void publish(gws_live *l)
{
    gws_live_stats *t = &l->published;
    double data_s = 0;

    l->published_s = l->p.now_s();
    pthread_mutex_lock(&l->lock);
    t->version = GWS_VERSION;
    t->started_s = l->started_s;
    t->now_s = l->published_s;
    t->n_ifo = l->n_ifo;
    t->n_searches = l->p.n_searches;
    for (int i = 0; i < l->n_ifo; i++) {
        t->ifo[i].retried = l->ifo[i].retried;
        t->ifo[i].heard_s = l->ifo[i].heard_s;
        gws_assembly_get_stats(l->ifo[i].assembly, &t->ifo[i]);
        data_s = t->ifo[i].data_s > data_s ? t->ifo[i].data_s : data_s;
    }
    for (int k = 0; k < l->p.n_searches; k++) {
        gws_live_search_stats *s = &l->searches[k].stats;
        gws_pipeline_stats p;
        gws_pipeline_get_stats(l->searches[k].pipeline, &p);
        s->steps = p.classifier.steps;
        s->awake = p.classifier.awake;
        s->scored = p.search.scored;
        s->events = p.classifier.events;
        s->spikes1 = p.classifier.spikes1;
        s->spikes2 = p.classifier.spikes2;
        s->silent = p.classifier.silent_steps;
        s->bad = p.classifier.bad + p.search.bad;
        t->search[k] = *s;
    }
    memcpy(t->unserved, l->unserved, sizeof t->unserved);
    t->searched = l->searched;
    t->alerted = l->alerted;
    t->triggers = l->triggers;
    t->data_s = data_s;
    t->busy_s = l->busy_s;
    t->inbox = l->p.source->waiting && l->source ? l->p.source->waiting(l->source) : 0;
    t->has_topic = l->p.source->topic && l->source;
    if (t->has_topic)
        l->p.source->topic(l->source, &t->topic);
    t->kept_bytes = l->spool ? gws_spool_bytes(l->spool) : 0;
    t->replayed = l->replayed;
    pthread_mutex_unlock(&l->lock);
}

/* ---- create and destroy ---- */

static gws_status add_detector(gws_live *l, search *s, int i, gws_err *err)
{
    detector *d = detector_of(l, s->meta->ifo[i]);

    if (!d) {
        if (l->n_ifo == GWS_MAX_IFO)
            return gws_err_set(err, GWS_EARG, "the models have more than %d detectors", GWS_MAX_IFO);
        d = &l->ifo[l->n_ifo++];
        d->l = l;
        memcpy(d->ifo, s->meta->ifo[i], sizeof d->ifo);
        const gws_assembly_sinks sinks = {d, on_rate, on_strain, on_absent, on_taken};
        if (!(d->assembly = gws_assembly_create(d->ifo, &sinks, err)))
            return GWS_ENOMEM;
    }
    s->detector[i] = d;
    return GWS_OK;
}

static gws_status add_search(gws_live *l, int k, gws_err *err)
{
    search *s = &l->searches[k];
    const gws_live_search *of = s->of = &l->p.searches[k];
    const gws_pipeline_sinks sinks = {s, on_trigger, on_logits, NULL};
    int rate_hz[GWS_MODEL_IFOS];
    gws_live_search_stats *t = &s->stats;
    gws_status status = GWS_OK;

    s->l = l;
    s->meta = gws_model_describe(of->model);
    for (int i = 0; i < s->meta->n_ifo; i++)
        rate_hz[i] = s->meta->rate_hz; /* until it is known */
    if (!(s->pipeline = gws_pipeline_create(of->model, of->head, rate_hz, of->threshold, &sinks, err)))
        return err ? err->status : GWS_ENOMEM;
    if (l->batch && (status = gws_pipeline_set_pool(s->pipeline, l->p.pool, 0, err)) != GWS_OK)
        return status;
    for (int i = 0; i < s->meta->n_ifo && status == GWS_OK; i++)
        status = add_detector(l, s, i, err);
    snprintf(t->name, sizeof t->name, "%s", of->name ? of->name : of->path);
    snprintf(t->model, sizeof t->model, "%s", of->path);
    snprintf(t->sha256, sizeof t->sha256, "%s", of->sha256);
    t->n_ifo = s->meta->n_ifo;
    memcpy(t->ifo, s->meta->ifo, sizeof t->ifo);
    t->step_hz = s->meta->rate_hz / s->meta->hop;
    const gws_calibration *c = &s->meta->calibration[of->head];
    t->rates = of->ranking ? GWS_LIVE_RATES_SLIDES : c->n > 0 ? GWS_LIVE_RATES_MODEL : GWS_LIVE_RATES_NONE;
    t->background_s = of->ranking ? of->background_s : c->n > 0 ? c->livetime_s : 0;
    if (t->rates == GWS_LIVE_RATES_NONE)
        gws_log_write(GWS_LOG_WARNING, "live", "%s: no background; its triggers have no false-alarm rate", t->name);
    const double remembers_s = gws_pipeline_remembers_s(s->pipeline);
    l->remembers_s = remembers_s > l->remembers_s ? remembers_s : l->remembers_s;
    return status;
}

gws_live *gws_live_create(const gws_live_params *p, gws_err *err)
{
    gws_live_delay delay;
    gws_live *l = calloc(1, sizeof *l);

    GWS_ASSERT(p->n_searches >= 1 && p->n_searches <= GWS_LIVE_SEARCHES && p->source);
    if (!l || !(l->searches = calloc((size_t)p->n_searches, sizeof *l->searches))) {
        free(l);
        gws_err_set(err, GWS_ENOMEM, "no memory for the search");
        return NULL;
    }
    pthread_mutex_init(&l->lock, NULL);
    l->p = *p;
    l->p.now_s = p->now_s ? p->now_s : gws_now_s;
    l->started_s = l->p.now_s();
    l->batch = strcmp(p->source->name, "replay") == 0 && !(p->from->speed > 0);
    for (int k = 0; k < p->n_searches; k++) {
        if (add_search(l, k, err) != GWS_OK ||
            gws_live_delays(&p->searches[k], l->searches[k].meta->rate_hz, 1, &delay, err) != GWS_OK)
            goto fail;
        l->searches[k].stats.delay_s = delay.sum_s;
    }
    if (p->source->open(p->from, &l->source, err) != GWS_OK || (p->state && open_state(l, err) != GWS_OK))
        goto fail;
    publish(l); /* whoever asks before the first step is told of a search that has begun */
    return l;
fail:
    gws_live_destroy(l);
    return NULL;
}

void gws_live_destroy(gws_live *l)
{
    if (!l)
        return;
    if (l->source && l->p.source->safe && l->status == GWS_OK)
        (void)make_safe(l, NULL);
    if (l->source)
        l->p.source->close(l->source);
    gws_spool_close(l->spool);
    for (int k = 0; k < l->p.n_searches; k++)
        gws_pipeline_destroy(l->searches[k].pipeline);
    for (int i = 0; i < l->n_ifo; i++) {
        gws_assembly_destroy(l->ifo[i].assembly);
        for (int64_t k = 0; k < l->ifo[i].n_dq; k++)
            free(l->ifo[i].dq[k].names);
        free(l->ifo[i].dq);
        free(l->ifo[i].kept);
    }
    pthread_mutex_destroy(&l->lock);
    free(l->searches);
    free(l->snapshot);
    free(l->done);
    free(l);
}

/* ---- what it knows ---- */

/* Detectors that are on, and that no search has with all its detectors on.  Said when it changes. */
static void find_unserved(gws_live *l)
{
    char now[sizeof l->unserved] = "";
    gws_live_state state[GWS_MAX_IFO];
    int served[GWS_MAX_IFO] = {0};

    for (int i = 0; i < l->n_ifo; i++) {
        gws_live_ifo_stats t = {0};
        gws_assembly_get_stats(l->ifo[i].assembly, &t);
        state[i] = t.state;
    }
    for (int k = 0; k < l->p.n_searches; k++) {
        search *s = &l->searches[k];
        s->stats.on = 1;
        for (int i = 0; i < s->meta->n_ifo; i++)
            s->stats.on &= state[s->detector[i] - l->ifo] == GWS_LIVE_ON;
        for (int i = 0; i < s->meta->n_ifo && s->stats.on; i++)
            served[s->detector[i] - l->ifo] = 1;
    }
    for (int i = 0; i < l->n_ifo; i++)
        if (state[i] == GWS_LIVE_ON && !served[i])
            snprintf(now + strlen(now), sizeof now - strlen(now), "%s%s", now[0] ? "," : "", l->ifo[i].ifo);
    if (l->others[0])
        snprintf(now + strlen(now), sizeof now - strlen(now), "%s%s", now[0] ? "," : "", l->others);
    if (strcmp(now, l->unserved) != 0 && now[0])
        gws_log_write(GWS_LOG_WARNING, "live", "%s: there, and no search has it with detectors that are on", now);
    else if (strcmp(now, l->unserved) != 0)
        gws_log_write(GWS_LOG_INFO, "live", "every detector that is on is searched");
    memcpy(l->unserved, now, sizeof now);
}

void gws_live_get_stats(gws_live *l, gws_live_stats *out)
{
    pthread_mutex_lock(&l->lock);
    *out = l->published;
    pthread_mutex_unlock(&l->lock);
}

void gws_live_progress(const gws_live *l, double *done_s, double *total_s)
{
    *done_s = *total_s = 0;
    if (l->p.source->progress)
        l->p.source->progress(l->source, done_s, total_s);
}

/* ---- at work ---- */

/* The end of all data so far, GPS; 0: nothing came yet. */
static int64_t newest_s(const gws_live *l)
{
    int64_t newest_ns = l->n_came > 0 ? l->came[(l->n_came - 1) % TIMES].end_ns : 0;

    for (int i = 0; i < l->n_ifo; i++) {
        const int64_t end_ns = gws_assembly_end_ns(l->ifo[i].assembly);
        newest_ns = end_ns > newest_ns ? end_ns : newest_ns;
    }
    return newest_ns / GWS_NS;
}

/* A time that no frame has: before GPS 0, or far ahead.  Simulated data may be of the future, and go on from where they began. */
static int is_impossible(gws_live *l, const gws_live_piece *p)
{
    const int64_t end_s = gws_floor_div(p->sample, p->rate_hz) + p->n / p->rate_hz, newest = newest_s(l);

    if (p->sample >= 0 && end_s < INT32_MAX * INT64_C(4) &&
        (p->final || newest == 0 || end_s <= newest + GWS_LIVE_AHEAD_S || end_s <= gws_gps_now_s() + GWS_LIVE_AHEAD_S))
        return 0;
    if (l->said_s == 0 || l->p.now_s() > l->said_s + SAID_S)
        gws_log_write(GWS_LOG_WARNING, "live", "%s: a frame that ends at GPS %lld is left out: no frame has that time", p->ifo,
                      (long long)end_s);
    l->said_s = l->p.now_s();
    return 1;
}

/* Remember when data first reached so far. */
static void remember(gws_live *l, const gws_live_piece *p)
{
    const int64_t end_ns = gws_ns_of_sample(p->sample + p->n, p->rate_hz);

    if (l->n_came > 0 && end_ns <= l->came[(l->n_came - 1) % TIMES].end_ns)
        return;
    l->came[l->n_came % TIMES].end_ns = end_ns;
    l->came[l->n_came++ % TIMES].s = l->p.now_s();
}

static gws_status on_piece(void *user, const gws_live_piece *piece, gws_err *err)
{
    gws_live *l = user;
    detector *d = detector_of(l, piece->ifo);
    gws_status status = GWS_OK;

    if (!d) {
        if (strlen(l->others) + 4 < sizeof l->others && !strstr(l->others, piece->ifo)) {
            snprintf(l->others + strlen(l->others), sizeof l->others - strlen(l->others), "%s%s", l->others[0] ? "," : "",
                     piece->ifo);
            gws_log_write(GWS_LOG_WARNING, "live", "%s: left out, for no model uses it", piece->ifo);
        }
        return GWS_OK;
    }
    if (is_impossible(l, piece))
        return GWS_OK;
    d->heard_s = l->p.now_s();
    remember(l, piece);
    if (!gws_assembly_wants(d->assembly, piece))
        return GWS_OK;
    if (l->spool && (status = gws_spool_piece(l->spool, piece, err)) != GWS_OK)
        return status;
    l->closed_s = piece->closed_s;
    status = gws_assembly_take(d->assembly, piece, err);
    gws_live_times_add(&l->searched, l->p.now_s() - piece->closed_s);
    l->busy_s += l->p.now_s() - d->heard_s;
    if (status == GWS_OK && l->spool && gws_spool_part_s(l->spool) > PART_S)
        status = begin_part(l, err);
    return status;
}

static void on_retried(void *user, const char *ifo)
{
    detector *d = detector_of(user, ifo);

    if (d)
        d->retried++;
}

/* What has been waited for long enough does not come any more.
 *   known_s  whatever came by then has been handed over: time in which nobody looked is no time of waiting */
static gws_status give_up(gws_live *l, double known_s, gws_err *err)
{
    const double then_s = known_s - l->p.wait_s;
    const int64_t first = l->n_came > TIMES ? l->n_came - TIMES : 0;
    int64_t to = INT64_MIN;
    gws_status status = GWS_OK;

    for (int64_t i = l->n_came - 1; i >= first && to == INT64_MIN; i--)
        if (l->came[i % TIMES].s <= then_s)
            to = l->came[i % TIMES].end_ns;
    for (int i = 0; i < l->n_ifo && status == GWS_OK && to != INT64_MIN; i++) {
        detector *d = &l->ifo[i];
        const int64_t end_ns = gws_assembly_end_ns(d->assembly);
        if (end_ns >= to)
            continue;
        if (l->spool)
            status = gws_spool_given_up(l->spool, d->ifo, to, err);
        l->closed_s = l->p.now_s();
        if (status == GWS_OK)
            status = gws_assembly_give_up(d->assembly, to, err);
        char gps[32];
        gws_gps_text(to, 3, gps);
        gws_log_write(GWS_LOG_DEBUG, "live", "%s: nothing came before GPS %s in %g s", d->ifo, gps, l->p.wait_s);
    }
    return status;
}

gws_status gws_live_step(gws_live *l, double wait_s, int *ended, gws_err *err)
{
    const gws_live_taker taker = {l, on_piece, on_retried};
    gws_live_after after = GWS_LIVE_WAITS;
    const double asked_s = l->p.now_s();
    gws_status status = l->p.source->poll(l->source, wait_s, &taker, &after, err);

    *ended = after == GWS_LIVE_ENDED;
    if (status == GWS_OK && after == GWS_LIVE_WAITS)
        status = give_up(l, l->p.source->known_s ? l->p.source->known_s(l->source) : asked_s, err);
    if (status == GWS_OK && l->p.source->safe && l->p.now_s() > l->safe_s + SAFE_S)
        status = make_safe(l, err);
    if (status == GWS_OK && (l->p.now_s() - l->published_s > PUBLISH_S || *ended)) {
        find_unserved(l);
        publish(l);
    }
    return status;
}

void gws_live_set_wait(gws_live *l, double wait_s)
{
    l->p.wait_s = wait_s;
}

gws_status gws_live_finish(gws_live *l, gws_err *err)
{
    gws_status status = GWS_OK;

    l->closed_s = l->p.now_s();
    for (int i = 0; i < l->n_ifo && status == GWS_OK; i++)
        status = gws_assembly_finish(l->ifo[i].assembly, err);
    for (int k = 0; k < l->p.n_searches && status == GWS_OK; k++) {
        gws_pipeline_finish(l->searches[k].pipeline);
        status = l->status;
        if (status != GWS_OK && err)
            *err = l->err;
    }
    publish(l);
    return status;
}
