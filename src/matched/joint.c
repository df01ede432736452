#include "matched/joint.h"

#include "base/clock.h"
#include "gw/antenna.h"
#include "search/background.h"
#include "nn/coherent.h"
#include "matched/joint_lane.h"
#include "model/reference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    RATE_HZ = 2048,                                       /* of whitened strain, */
    ROWS_HZ = RATE_HZ / GWS_DECIMATE,                     /* of rho, */
    STEPS_HZ = RATE_HZ / GWS_DECIMATE / GWS_COHERENT_HOP, /* and of y */
    AHEAD = 128,                                          /* steps of a slide worked on at once: what stays in the caches */
};

gws_joint_params gws_joint_defaults(void)
{
    return (gws_joint_params){
        .condition = gws_condition_defaults(), .threshold = 18, .gap_s = 0.25, .warmup = 64, .chunk_s = 16, .slide_s = 0.1};
}

void gws_joint_result_clear(gws_joint_result *r)
{
    free(r->events);
    gws_calibration_clear(&r->far);
    *r = (gws_joint_result){0};
}

double gws_joint_live_s(const gws_joint_result *r)
{
    double sum = 0;
    for (int i = 1; i < GWS_JOINT_SETS; i++)
        sum += r->live_s[i];
    return sum;
}

static int several(unsigned ifos)
{
    return (ifos & (ifos - 1)) != 0;
}

gws_far_rate gws_joint_far(const gws_joint_result *r, const gws_joint_event *e)
{
    return several(e->ifos) ? gws_far_at(&r->far, e->stat) : (gws_far_rate){GWS_FAR_NONE, (double)NAN, 0.0};
}

/* ---- the detectors ---- */

static gws_status add_detector(const gws_strain_set *set, int index, gws_joint_network *out, gws_err *err)
{
    gws_strain_info info;
    gws_strain_describe(set, index, &info);
    for (int i = 0; i < out->n; i++)
        if (out->index[i] == index)
            return GWS_OK;
    if (out->n == GWS_MODEL_IFOS)
        return gws_err_set(err, GWS_EDATA, "strain of more than %d detectors; the coherent sum takes 1 to %d", GWS_MODEL_IFOS,
                           GWS_MODEL_IFOS);
    if (info.rate_hz < RATE_HZ || info.rate_hz % RATE_HZ != 0)
        return gws_err_set(err, GWS_EDATA, "%s: rate %d Hz, the coherent sum wants a multiple of %d Hz", info.ifo, info.rate_hz,
                           RATE_HZ);
    memcpy(out->ifo[out->n], info.ifo, sizeof out->ifo[0]);
    out->index[out->n] = index;
    out->rate_hz[out->n++] = info.rate_hz;
    return GWS_OK;
}

gws_status gws_joint_network_make(const gws_strain_set *set, const char *first, gws_joint_network *out, gws_err *err)
{
    gws_status status = GWS_OK;
    *out = (gws_joint_network){0};
    for (const char *s = first; s && *s && status == GWS_OK;) {
        const size_t n = strcspn(s, ", ");
        char name[4] = {0};
        if (n > 0 && n < sizeof name) {
            memcpy(name, s, n);
            const int index = gws_strain_find(set, name);
            if (index >= 0)
                status = add_detector(set, index, out, err);
        }
        s += n + (s[n] != 0);
    }
    for (int i = 0; i < gws_strain_ifos(set) && status == GWS_OK; i++)
        status = add_detector(set, i, out, err);
    for (int a = 0; a < out->n && out->n > 1 && status == GWS_OK; a++) {
        const gws_site *site = gws_site_find(out->ifo[a]);
        if (!site)
            return gws_err_set(err, GWS_EDATA, "%s: a detector of unknown site cannot be searched together with others",
                               out->ifo[a]);
        for (int b = 0; b < a; b++)
            out->reach[a][b] = out->reach[b][a] = (int)ceil(gws_light_travel_s(site, gws_site_find(out->ifo[b])) * ROWS_HZ);
    }
    return status;
}

/* ---- the search ---- */

/* An event that may go on. */
typedef struct cluster {
    int open;
    unsigned ifos;
    int64_t next, last; /* step that would go on; last one above the threshold */
    float most;
} cluster;

/* Detector i is moved by i * shift steps.  The one with shift 0 is the search itself. */
typedef struct slide {
    int64_t shift;
    cluster c;
    float *stat;
    int64_t n, capacity, together; /* together: steps with two detectors or more */
    int out_of_memory;
} slide;

/* Steps that slide `k` moves the second detector. */
static int64_t move_of(const gws_joint_params *p, int64_t k)
{
    return gws_slide_shift(k, 1, llround(p->slide_s * STEPS_HZ));
}

int64_t gws_joint_bytes(const gws_joint_network *network, const gws_stem_bank *bank, const gws_joint_params *params,
                        const gws_pool *pool)
{
    const int n = network->n;
    const gws_reference reference = {.n = GWS_REFERENCE_BINS, .delta_f_hz = GWS_REFERENCE_DF_HZ, .filters = bank->n};
    gws_condition_params with = params->condition;
    with.reference = bank->log_curve ? &reference : NULL;
    const gws_condition_params *c = &with;
    const int64_t row = (bank->n + GWS_PANEL - 1) / GWS_PANEL * (2 * GWS_PANEL) * (int64_t)sizeof(float);
    const double held_s = c->first_s + c->update_s + 2 * c->filter_s + 2.0 * params->chunk_s;
    int64_t bytes = params->slides * (int64_t)sizeof(slide) + gws_filters_bytes(bank->n, bank->taps) +
                    (gws_pool_threads(pool) + 1) * ((int64_t)1 << n) * gws_coherent_bytes(bank->n, n);
    for (int i = 0; i < n; i++) {
        const double rows = held_s * ROWS_HZ + (double)i * (double)move_of(params, params->slides) * GWS_COHERENT_HOP;
        const double all = 3 * rows * (double)row;
        bytes += gws_condition_bytes(c, RATE_HZ) + 2 * (int64_t)params->chunk_s * network->rate_hz[i] * (int64_t)sizeof(double);
        bytes = all < 4e18 - (double)bytes ? bytes + (int64_t)all : INT64_MAX / 2;
    }
    return bytes;
}

/* A coherent sum for each combination of detectors.  Each thread has a set, and the search has one that runs on all threads. */
typedef struct sums {
    gws_coherent *of[GWS_JOINT_SETS];
} sums;

typedef struct search {
    const gws_joint_network *net;
    const gws_joint_params *p;
    const gws_stem_bank *bank;
    const gws_kernels *K;
    gws_pool *pool;
    gws_filters *filters;
    gws_reference *reference; /* of a bank that has a curve */
    gws_joint_lane *lane[GWS_MODEL_IFOS];
    sums whole, *thread; /* (threads) */
    int threads;
    int apart;                               /* each thread has a detector of its own to filter */
    int64_t wanted[GWS_JOINT_SETS], history; /* rows: step s asks for those below 8 s + wanted, and at most history before 8 s */
    int64_t row;                             /* floats */
    int64_t gap;                             /* steps */
    int64_t longest;                         /* steps that the last slide moves the last detector */
    slide own, *slides;
    gws_joint_event event; /* of own's cluster */
    int64_t events_capacity;
    int64_t done, from; /* steps below `done` are searched; those from `from` to `done` are being slid */
    gws_joint_result *out;
} search;

/* The data of a sink. */
typedef struct job {
    search *s;
    slide *at;
    gws_coherent *sum;
    int64_t step; /* expected next */
} job;

/* Light travel from the first of some detectors. */
static int members(const search *s, unsigned ifos, int *lane, int *reach)
{
    int n = 0;
    for (int i = 0; i < s->net->n; i++)
        if (ifos >> i & 1) {
            lane[n] = i;
            reach[n] = s->net->reach[lane[0]][i];
            n++;
        }
    return n;
}

static gws_coherent *sum_of(search *s, sums *all, unsigned ifos, gws_pool *pool, gws_err *err)
{
    int lane[GWS_MODEL_IFOS], reach[GWS_MODEL_IFOS];
    const int n = members(s, ifos, lane, reach);
    if (!all->of[ifos])
        all->of[ifos] =
            gws_coherent_create(s->K, &(gws_coherent_params){s->bank->n, n, reach, s->bank->after, s->bank->log_weight}, pool, err);
    return all->of[ifos];
}

static void clear_sums(sums *all)
{
    for (int i = 0; i < GWS_JOINT_SETS; i++)
        gws_coherent_destroy(all->of[i]);
}

/* ---- events ---- */

static void close_event(search *s, slide *at)
{
    cluster *c = &at->c;
    if (!c->open)
        return;
    c->open = 0;
    if (at == &s->own) {
        gws_joint_event *events = gws_joint_reserved(s->out->events, &s->events_capacity, s->out->n + 1, sizeof *events);
        at->out_of_memory |= !events;
        if (!events)
            return;
        s->out->events = events;
        s->out->events[s->out->n++] = s->event;
        return;
    }
    float *stat = gws_joint_reserved(at->stat, &at->capacity, at->n + 1, sizeof *stat);
    at->out_of_memory |= !stat;
    if (!stat)
        return;
    at->stat = stat;
    at->stat[at->n++] = c->most;
}

static double power(const float *z)
{
    return (double)z[0] * (double)z[0] + (double)z[GWS_PANEL] * (double)z[GWS_PANEL];
}

/* Phase of z conj(w). */
static double between(const float *z, const float *w)
{
    return atan2((double)z[GWS_PANEL] * (double)w[0] - (double)z[0] * (double)w[GWS_PANEL],
                 (double)z[0] * (double)w[0] + (double)z[GWS_PANEL] * (double)w[GWS_PANEL]);
}

/* Time, in samples from z, of the peak of |rho|^2 on the parabola through z and its neighbours, within half a sample; phase there. */
static double peak(const float *z, int64_t row, double *phase_rad)
{
    const double before = power(z - row), here = power(z), after = power(z + row), bend = 2 * here - before - after;
    const double x = bend > 0 ? fmax(-0.5, fmin(0.5, (after - before) / (2 * bend))) : 0;
    *phase_rad = remainder(atan2((double)z[GWS_PANEL], (double)z[0]) + x * between(z + row, z - row) / 2, 2 * M_PI);
    return x;
}

/* Everything about step i of `c`, which is the loudest of the event so far. */
static void describe(search *s, const job *j, const gws_coherent_steps *c, int64_t i)
{
    float f[GWS_COHERENT_FEATURES(GWS_MODEL_IFOS)];
    int lane[GWS_MODEL_IFOS], reach[GWS_MODEL_IFOS];
    const unsigned ifos = j->at->c.ifos;
    const int n = members(s, ifos, lane, reach), k = c->best[i];
    gws_coherent_features(j->sum, c, i, k, f);
    const int64_t column = k / GWS_PANEL * 2 * GWS_PANEL + k % GWS_PANEL;
    const int64_t step_ns = gws_ns_of_sample((c->step + i) * GWS_COHERENT_HOP, ROWS_HZ);
    gws_joint_event *e = &s->event;
    double squares = 0, mean_ns = 0;
    *e = (gws_joint_event){.stat = (double)c->y[i], .template_index = k, .ifos = ifos};
    for (int d = 0; d < n; d++) {
        const int64_t sample = llroundf(f[5 * n - 3] + (d ? f[4 * n - 2 + d - 1] : 0.0f));
        const float *z = c->rho[d] + (i * GWS_COHERENT_HOP + sample) * s->row + column;
        gws_joint_arrival *a = &e->arrival[lane[d]];
        const double after_ns = ((double)sample + peak(z, s->row, &a->phase_rad)) * 1e9 / ROWS_HZ;
        a->snr = (double)f[n + d];
        a->gps_ns = step_ns + llround(after_ns);
        squares += (double)f[d];
        mean_ns += after_ns / n;
    }
    e->snr = sqrt(squares);
    e->gps_ns = step_ns + llround(mean_ns);
}

static void on_steps(void *user, const gws_coherent_steps *c)
{
    job *j = user;
    search *s = j->s;
    slide *at = j->at;
    GWS_ASSERT(c->step == j->step);
    j->step += c->n;
    for (int64_t i = 0; i < c->n; i++) {
        const int64_t step = c->step + i;
        cluster *k = &at->c;
        if (!((double)c->y[i] > s->p->threshold))
            continue;
        if (k->open && step - k->last > s->gap)
            close_event(s, at);
        k->last = step;
        if (k->open && !(c->y[i] > k->most))
            continue;
        k->open = 1;
        k->most = c->y[i];
        if (at == &s->own)
            describe(s, j, c, i);
    }
}

/* ---- steps ---- */

/* The detectors that are usable in a step, and the first step after it for which that may be otherwise. */
static unsigned present(const search *s, int64_t shift, int64_t step, int64_t *next)
{
    unsigned ifos = 0;
    *next = INT64_MAX;
    for (int i = 0; i < s->net->n; i++) {
        int64_t change;
        ifos |= (unsigned)gws_joint_lane_has(s->lane[i], step - i * shift, &change) << i;
        if (change < INT64_MAX && change + i * shift < *next)
            *next = change + i * shift;
    }
    return ifos;
}

/* Steps [from, to) with some detectors.  The sum looks at rows alone, so what it did before is forgotten. */
static void add_up(job *j, unsigned ifos, int64_t from, int64_t to)
{
    search *s = j->s;
    const float *rho[GWS_MODEL_IFOS];
    int lane[GWS_MODEL_IFOS], reach[GWS_MODEL_IFOS];
    const int n = members(s, ifos, lane, reach);
    for (int d = 0; d < n; d++)
        rho[d] = gws_joint_lane_row(s->lane[lane[d]], from - lane[d] * j->at->shift);
    j->step = from;
    gws_coherent_reset(j->sum);
    gws_coherent_push(j->sum, GWS_COHERENT_HOP * from, rho, GWS_COHERENT_HOP * (to - from - 1) + s->wanted[ifos], on_steps, j);
    GWS_ASSERT(j->step == to);
}

/* Steps [from, to) of the search itself or of a slide. */
static gws_status run_steps(search *s, slide *at, sums *all, gws_pool *pool, int64_t from, int64_t to, gws_err *err)
{
    for (int64_t step = from, next; step < to; step = next) {
        const unsigned ifos = present(s, at->shift, step, &next);
        next = next < to ? next : to;
        cluster *c = &at->c;
        if (ifos != c->ifos || step != c->next)
            close_event(s, at);
        c->ifos = ifos;
        c->next = next;
        if (ifos == 0 || (at != &s->own && !several(ifos)))
            continue;
        job j = {.s = s, .at = at, .sum = sum_of(s, all, ifos, pool, err)};
        if (!j.sum)
            return GWS_ENOMEM;
        add_up(&j, ifos, step, next);
        if (several(ifos))
            at->together += next - step;
        if (at == &s->own)
            s->out->live_s[ifos] += (double)(next - step) / STEPS_HZ;
    }
    return at->out_of_memory ? gws_err_set(err, GWS_ENOMEM, "no memory for %lld events", (long long)at->n) : GWS_OK;
}

static void slide_task(void *user, int task, int thread)
{
    search *s = user;
    gws_err err;
    if (run_steps(s, &s->slides[task], &s->thread[thread], NULL, s->from, s->done, &err) != GWS_OK)
        s->slides[task].out_of_memory = 1;
}

/* Steps up to `to`, of the search (not behind the end of data, where only slides go on) and of all slides. */
static gws_status advance(search *s, int64_t to, int slides_only, gws_err *err)
{
    gws_status status = GWS_OK;
    double t0_s = gws_now_s();
    int64_t begin = s->done;
    if (to <= begin)
        return GWS_OK;
    if (!slides_only)
        status = run_steps(s, &s->own, &s->whole, s->pool, begin, to, err);
    s->out->sum_s += gws_now_s() - t0_s;
    t0_s = gws_now_s();
    while (begin < to && status == GWS_OK) {
        int64_t found = s->out->n;
        s->from = begin;
        s->done = begin = s->p->slides && begin + AHEAD < to ? begin + AHEAD : to;
        gws_pool_run(s->pool, s->p->slides, slide_task, s);
        for (int i = 0; i < s->p->slides; i++) {
            found += s->slides[i].n;
            if (s->slides[i].out_of_memory)
                status = gws_err_set(err, GWS_ENOMEM, "no memory for the events of %d slides", s->p->slides);
        }
        if (s->p->max_events && found > s->p->max_events)
            status = gws_err_set(err, GWS_ENOMEM, "more than %lld events of search and slides: a higher threshold leaves fewer",
                                 (long long)s->p->max_events);
    }
    s->out->slide_s += gws_now_s() - t0_s;
    for (int i = 0; i < s->net->n; i++)
        gws_joint_lane_drop(s->lane[i], s->done - i * (s->longest / (s->net->n > 1 ? s->net->n - 1 : 1)));
    return status;
}

static int64_t decided(const search *s)
{
    int64_t least = INT64_MAX;
    for (int i = 0; i < s->net->n; i++) {
        const int64_t d = gws_joint_lane_decided(s->lane[i]);
        least = d < least ? d : least;
    }
    return least;
}

/* ---- reading ---- */

/* The same stretch of time of every detector. */
typedef struct chunk {
    double *h[GWS_MODEL_IFOS];
    int64_t begin[GWS_MODEL_IFOS], n[GWS_MODEL_IFOS], end[GWS_MODEL_IFOS];
    int64_t to_s; /* where it ends */
    int any;      /* 0: the data have ended */
    gws_status status;
    gws_err err;
} chunk;

typedef struct reading {
    search *s;
    gws_strain_set *set;
    gws_strain_info info[GWS_MODEL_IFOS];
    chunk chunk[2]; /* one is searched while the other is read */
    chunk *now, *next;
    int64_t from_s, to_s, at_s; /* what any detector covers, and where the next chunk begins */
    int64_t finite[GWS_MODEL_IFOS];
    int span[GWS_MODEL_IFOS]; /* first that is not over */
    int last;                 /* no more is to come */
    gws_status status[GWS_MODEL_IFOS];
    double condition_s[GWS_MODEL_IFOS], filter_s[GWS_MODEL_IFOS];
} reading;

static void filter_lane(reading *r, int i)
{
    const double t0_s = gws_now_s();
    r->status[i] = gws_joint_lane_filter(r->s->lane[i]);
    r->filter_s[i] += gws_now_s() - t0_s;
}

static void push_task(void *user, int task, int thread)
{
    reading *r = user;
    const chunk *c = r->now;
    const double t0_s = gws_now_s();
    if (r->last)
        gws_joint_lane_finish(r->s->lane[task]);
    else
        gws_joint_lane_push(r->s->lane[task], c->begin[task], c->h[task], c->n[task], c->end[task]);
    r->condition_s[task] += gws_now_s() - t0_s;
    if (r->s->apart)
        filter_lane(r, task);
}

static gws_status whiten_and_filter(reading *r, gws_err *err)
{
    search *s = r->s;
    gws_pool_run(s->pool, s->net->n, push_task, r);
    for (int i = 0; i < s->net->n; i++) {
        if (!s->apart)
            filter_lane(r, i);
        if (r->status[i] != GWS_OK)
            return gws_err_set(err, r->status[i], "no memory for the filtered strain of %s", s->net->ifo[i]);
    }
    return GWS_OK;
}

/* Read what files cover of a detector in seconds [from_s, to_s). */
static gws_status read_detector(reading *r, int i, int64_t from_s, int64_t to_s, chunk *c)
{
    const gws_strain_info *info = &r->info[i];
    const int64_t begin = from_s * info->rate_hz, end = to_s * info->rate_hz;
    c->begin[i] = c->end[i] = end;
    c->n[i] = 0;
    while (r->span[i] < info->n_spans && info->spans[r->span[i]].end <= begin)
        r->span[i]++;
    if (r->span[i] == info->n_spans || info->spans[r->span[i]].begin >= end)
        return GWS_OK;
    c->any = 1;
    c->begin[i] = info->spans[r->span[i]].begin > begin ? info->spans[r->span[i]].begin : begin;
    int64_t to = c->begin[i];
    for (int k = r->span[i]; k < info->n_spans && info->spans[k].begin < end; k++)
        to = info->spans[k].end < end ? info->spans[k].end : end;
    c->n[i] = to - c->begin[i];
    const gws_status status = gws_strain_read(r->set, r->s->net->index[i], c->begin[i], to, c->h[i], &c->err);
    for (int64_t k = 0; k < c->n[i] && status == GWS_OK; k++)
        r->finite[i] += isfinite(c->h[i][k]) != 0;
    return status;
}

/* The next chunk in which any detector has something. */
static void read_chunk(reading *r)
{
    const double t0_s = gws_now_s();
    chunk *c = r->next;
    c->any = 0;
    c->status = GWS_OK;
    while (!c->any && r->at_s < r->to_s && c->status == GWS_OK) {
        c->to_s = r->at_s + r->s->p->chunk_s;
        for (int i = 0; i < r->s->net->n && c->status == GWS_OK; i++)
            c->status = read_detector(r, i, r->at_s, c->to_s, c);
        r->at_s = c->to_s;
    }
    r->s->out->read_s += gws_now_s() - t0_s;
}

static void search_chunk(reading *r)
{
    chunk *c = r->now;
    c->status = whiten_and_filter(r, &c->err);
    if (c->status == GWS_OK)
        c->status = advance(r->s, decided(r->s), 0, &c->err);
}

static void read_or_search_task(void *user, int task, int thread)
{
    if (task == 0)
        read_chunk(user);
    else
        search_chunk(user);
}

/* First and end of the seconds that any detector covers. */
static void extent(const reading *r, int64_t *from_s, int64_t *to_s)
{
    *from_s = INT64_MAX;
    *to_s = INT64_MIN;
    for (int i = 0; i < r->s->net->n; i++) {
        const gws_strain_info *info = &r->info[i];
        if (info->n_spans == 0)
            continue;
        const int64_t from = gws_floor_div(info->spans[0].begin, info->rate_hz);
        const int64_t to = gws_floor_div(info->spans[info->n_spans - 1].end - 1, info->rate_hz) + 1;
        *from_s = from < *from_s ? from : *from_s;
        *to_s = to > *to_s ? to : *to_s;
    }
}

static gws_status begin_reading(reading *r, gws_err *err)
{
    search *s = r->s;
    const int64_t chunk_s = s->p->chunk_s;
    for (int i = 0; i < s->net->n; i++) {
        gws_strain_describe(r->set, s->net->index[i], &r->info[i]);
        for (int k = 0; k < 2; k++)
            if (!(r->chunk[k].h[i] = malloc(sizeof(double) * (size_t)chunk_s * (size_t)r->info[i].rate_hz)))
                return gws_err_set(err, GWS_ENOMEM, "no memory for %lld s of strain", (long long)chunk_s);
    }
    r->now = &r->chunk[0];
    r->next = &r->chunk[1];
    extent(r, &r->from_s, &r->to_s);
    if (r->from_s >= r->to_s)
        return gws_err_set(err, GWS_EDATA, "%s: no data", s->net->ifo[0]);
    r->at_s = r->from_s = gws_floor_div(r->from_s, chunk_s) * chunk_s;
    s->done = (r->from_s - 1) * STEPS_HZ; /* steps before the data: none of them is usable */
    return GWS_OK;
}

/* The last rows, and what the slides still have beyond the end. */
static gws_status finish_reading(reading *r, gws_err *err)
{
    search *s = r->s;
    const int64_t end = r->to_s * STEPS_HZ;
    r->last = 1;
    gws_status status = whiten_and_filter(r, err);
    if (status == GWS_OK && (status = advance(s, end, 0, err)) == GWS_OK)
        status = advance(s, end + s->longest, 1, err);
    return status;
}

/*   both  a pool that reads a chunk while the one before it is searched; NULL: one after the other */
static gws_status read_all(reading *r, gws_pool *both, gws_err *err)
{
    gws_status status = begin_reading(r, err);
    if (status != GWS_OK)
        return status;
    read_chunk(r);
    for (;;) {
        chunk *c = r->next;
        r->next = r->now;
        r->now = c;
        if (c->status != GWS_OK || !c->any) {
            status = c->status == GWS_OK ? GWS_OK : gws_err_set(err, c->status, "%s", c->err.text);
            break;
        }
        const double done_s = (double)(c->to_s - r->from_s);
        gws_pool_run(both, 2, read_or_search_task, r);
        if (c->status != GWS_OK)
            return gws_err_set(err, c->status, "%s", c->err.text);
        if (gws_progress_tell(&r->s->p->progress, done_s, (double)(r->to_s - r->from_s), "searching"))
            return gws_err_set(err, GWS_ESTOP, "stopped");
    }
    return status == GWS_OK ? finish_reading(r, err) : status;
}

/* ---- beginning and end ---- */

static void on_first(void *user, const gws_coherent_steps *c)
{
    *(int *)user = 1;
}

/* How many rows a step of some detectors asks for: zeros are pushed until the first step comes out. */
static gws_status measure(search *s, unsigned ifos, gws_err *err)
{
    gws_coherent *c = sum_of(s, &s->whole, ifos, s->pool, err);
    if (!c)
        return GWS_ENOMEM;
    const int64_t history = gws_coherent_history(c), most = s->bank->after + 2 * GWS_REACH_MAX + 4 * GWS_COHERENT_HOP;
    float *zeros = calloc((size_t)((history + most) * s->row), sizeof *zeros);
    int out = 0;
    if (!zeros)
        return gws_err_set(err, GWS_ENOMEM, "no memory for the coherent sum");
    const float *rho[GWS_MODEL_IFOS];
    for (int i = 0; i < GWS_MODEL_IFOS; i++)
        rho[i] = zeros + history * s->row;
    for (int64_t n = 1; n <= most && !out; n++) {
        gws_coherent_reset(c);
        gws_coherent_push(c, 0, rho, n, on_first, &out);
        s->wanted[ifos] = n;
    }
    free(zeros);
    GWS_ASSERT(out);
    s->history = history > s->history ? history : s->history;
    return GWS_OK;
}

static gws_status check(const gws_joint_params *p, const gws_joint_network *net, gws_err *err)
{
    const int64_t step = move_of(p, 1);
    int widest = 0;
    if (isnan(p->threshold) || !(p->gap_s >= 0 && p->gap_s <= 10) || p->warmup < 0 || p->chunk_s < 1)
        return gws_err_set(err, GWS_EARG, "joint search: threshold %g, events %g s apart: wanted a number, 0 to 10 s", p->threshold,
                           p->gap_s);
    for (int a = 0; a < net->n; a++)
        for (int b = 0; b < net->n; b++)
            widest = net->reach[a][b] > widest ? net->reach[a][b] : widest;
    if (p->slides < 0 || p->slides > GWS_SLIDES_MAX)
        return gws_err_set(err, GWS_EARG, "background: %d slides, wanted 1 to %d", p->slides, GWS_SLIDES_MAX);
    if (p->slides && net->n < 2)
        return gws_err_set(err, GWS_EDATA, "time slides move detectors against one another; the input has %s only", net->ifo[0]);
    if (p->slides && (!(p->slide_s <= 1e6) || step * GWS_COHERENT_HOP <= 2 * widest))
        return gws_err_set(err, GWS_EARG, "background: slides of %g s, wanted more than %.3g s", p->slide_s,
                           (2.0 * widest + GWS_COHERENT_HOP / 2.0) / ROWS_HZ);
    return GWS_OK;
}

static gws_status begin(search *s, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    const gws_joint_params *p = s->p;
    const unsigned all = (1u << s->net->n) - 1;
    gws_status status = check(p, s->net, err);
    if (status != GWS_OK)
        return status;
    if (!(s->filters = gws_filters_create(s->K, s->bank->n, s->bank->taps, s->bank->g, err)))
        return err->status;
    s->row = gws_filters_row(s->filters);
    s->gap = (int64_t)floor(p->gap_s * STEPS_HZ + 1e-9); /* as search/trigger.c's */
    s->threads = gws_pool_threads(s->pool);
    s->apart = s->threads <= s->net->n;
    s->thread = calloc((size_t)s->threads, sizeof *s->thread);
    s->slides = calloc((size_t)p->slides + 1, sizeof *s->slides);
    if (!s->thread || !s->slides)
        return gws_err_set(err, GWS_ENOMEM, "no memory for %d slides", p->slides);
    for (unsigned ifos = 1; ifos <= all && status == GWS_OK; ifos++)
        status = measure(s, ifos, err);
    for (int k = 0; k < p->slides; k++)
        s->slides[k].shift = move_of(p, k + 1);
    s->longest = move_of(p, p->slides) * (s->net->n - 1);
    if (s->bank->log_curve &&
        !(s->reference = gws_reference_create(s->bank->n, s->bank->taps, s->bank->g, s->bank->log_curve, err)))
        return err->status;
    gws_condition_params condition = p->condition;
    condition.reference = s->reference;
    for (int i = 0; i < s->net->n && status == GWS_OK; i++) {
        const gws_joint_lane_params l = {.filters = s->filters,
                                         .condition = &condition,
                                         .rate_hz = s->net->rate_hz[i],
                                         .warmup = p->warmup,
                                         .history = s->history,
                                         .wanted = s->wanted[all],
                                         .pool = s->apart ? NULL : s->pool};
        if (!(s->lane[i] = gws_joint_lane_create(&l, err)))
            status = err->status;
    }
    return status;
}

/* Everything was read; was anything of it usable? */
static gws_status verdict(const reading *r, gws_err *err)
{
    const search *s = r->s;
    int64_t finite = 0, whitened = 0;
    for (int i = 0; i < s->net->n; i++) {
        gws_condition_stats c;
        gws_joint_lane_stats(s->lane[i], &c);
        whitened += c.samples_out;
        s->out->condition_s += r->condition_s[i];
        s->out->filter_s += r->filter_s[i];
        finite += r->finite[i];
    }
    s->out->whitened_s = (double)whitened / RATE_HZ;
    if (finite == 0)
        return gws_strain_no_data(r->set, s->net->index[0], err);
    if (whitened == 0)
        return gws_err_set(err, GWS_EDATA,
                           "%s%s: valid strain, but no unbroken stretch that is long enough (or not all zero) to be whitened",
                           s->net->ifo[0], s->net->n > 1 ? " and others" : "");
    if (!(gws_joint_live_s(s->out) > 0))
        return gws_err_set(err, GWS_EDATA, "%.1f s of whitened strain: shorter than what the filters need", s->out->whitened_s);
    return GWS_OK;
}

static gws_status gather(search *s, gws_err *err)
{
    gws_calibration *far = &s->out->far;
    int64_t total = 0, together = 0;
    far->complete = 1; /* down to the threshold of the search */
    if (!s->p->slides)
        return GWS_OK;
    for (int i = 0; i < s->p->slides; i++) {
        close_event(s, &s->slides[i]);
        total += s->slides[i].n;
        together += s->slides[i].together;
    }
    if (together == 0)
        return gws_err_set(err, GWS_EDATA, "background: no slide of %g s or more leaves the detectors any time in common",
                           s->p->slide_s);
    const gws_status status = gws_calibration_begin(far, total, err);
    if (status != GWS_OK)
        return status;
    for (int i = 0; i < s->p->slides; i++)
        gws_calibration_add(far, s->slides[i].stat, s->slides[i].n);
    gws_calibration_sort(far);
    far->livetime_s = (double)together / STEPS_HZ;
    return GWS_OK;
}

static void search_clear(search *s)
{
    for (int i = 0; i < GWS_MODEL_IFOS; i++)
        gws_joint_lane_destroy(s->lane[i]);
    for (int i = 0; i < s->threads && s->thread; i++)
        clear_sums(&s->thread[i]);
    for (int i = 0; i < s->p->slides && s->slides; i++)
        free(s->slides[i].stat);
    clear_sums(&s->whole);
    free(s->thread);
    free(s->slides);
    gws_filters_destroy(s->filters);
    gws_reference_destroy(s->reference);
}

gws_status gws_joint_search(gws_strain_set *set, const gws_joint_network *network, const gws_stem_bank *bank,
                            const gws_joint_params *params, gws_pool *pool, gws_joint_result *out, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    GWS_ASSERT(set && network && network->n > 0 && bank && params && out);
    *out = (gws_joint_result){.network = *network};
    search s = {.net = network, .p = params, .bank = bank, .K = gws_kernels_get(), .pool = pool, .out = out};
    reading r = {.s = &s, .set = set};
    gws_pool *both = NULL;
    int64_t made = 0;
    gws_status status = begin(&s, err);
    if (status == GWS_OK)
        status = gws_strain_bytes(set, &made, err);
    /* what is made when it is read is made on the pool itself */
    if (status == GWS_OK && made == 0 && s.threads > 1 && !(both = gws_pool_create(2, err)))
        status = err->status;
    if (status == GWS_OK)
        status = read_all(&r, both, err);
    if (status == GWS_OK) {
        close_event(&s, &s.own);
        status = verdict(&r, err);
    }
    if (status == GWS_OK)
        status = gather(&s, err);
    gws_pool_destroy(both);
    for (int i = 0; i < network->n; i++)
        for (int k = 0; k < 2; k++)
            free(r.chunk[k].h[i]);
    search_clear(&s);
    if (status != GWS_OK)
        gws_joint_result_clear(out);
    return status;
}
