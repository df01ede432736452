#include "sim/mlgwsc_chunks.h"

#include "base/arena.h"
#include "base/file.h"
#include "base/mt19937.h"
#include "gw/named_psd.h"
#include "sim/reproducible.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RATE GWS_MLGWSC_RATE_HZ
#define IFOS GWS_MLGWSC_IFOS
#define CURVES 20
#define AT_ONCE 8
#define FEWEST_KEPT 4 /* two detectors on either side of a chunk's end */

typedef struct chunk {
    int segment;
    int64_t start_s, duration_s, made_s; /* made_s: what is made, of which duration_s are kept */
} chunk;

/* Noise that is kept. */
typedef struct slot {
    int ifo, chunk; /* chunk -1: nothing */
    double *x;
    int64_t room; /* doubles */
    uint64_t used;
} slot;

typedef struct filter {
    int curve;
    int64_t made_s;
    gws_colouring *colouring; /* NULL: none */
    uint64_t used;
} filter;

typedef struct job {
    int chunk;
    slot *to;
    filter *with;
    int make_filter; /* this job's, not an earlier one's */
    double *work;
    int64_t room;
    gws_status status;
    gws_err err;
} job;

struct gws_mlgwsc_chunks {
    const gws_mlgwsc_plan *plan; /* the owner's */
    gws_pool *pool;
    uint32_t seed[IFOS];
    gws_psd curve[IFOS * CURVES];
    int *curve_of; /* (segments, IFOS) */
    chunk *chunks;
    int n_chunks;
    int64_t longest_s; /* of made_s */
    slot slots[AT_ONCE + 2];
    filter filters[AT_ONCE];
    job jobs[AT_ONCE];
    uint64_t clock; /* what was used last is the largest */
};

static int at_once(const gws_mlgwsc_chunks *c)
{
    int threads = gws_pool_threads(c->pool);
    return threads < AT_ONCE ? threads : AT_ONCE;
}

static int slots_kept(const gws_mlgwsc_chunks *c)
{
    int n = at_once(c) + 2;
    return n > FEWEST_KEPT ? n : FEWEST_KEPT;
}

static int filters_kept(const gws_mlgwsc_chunks *c)
{
    int n = at_once(c);
    return n > FEWEST_KEPT ? n : FEWEST_KEPT;
}

static gws_status load_curve(gws_mlgwsc_chunks *c, const char *folder, int ifo, int index, gws_err *err)
{
    char name[40], path[4096];
    gws_psd *psd = &c->curve[ifo * CURVES + index];
    if (psd->data)
        return GWS_OK;
    snprintf(name, sizeof name, "psds/%s/psd-%d.hdf", gws_mlgwsc_noise_ifo[ifo], index);
    gws_status status = gws_mlgwsc_path(path, sizeof path, folder, name, err);
    if (status != GWS_OK)
        return status;
    if (!gws_file_exists(path))
        return gws_err_set(err, GWS_EIO, "%s: not found; wanted MLGWSC-1's noise curves in the folder %s/psds", path, folder);
    status = gws_psd_load(path, psd, err);
    if (status == GWS_OK && (double)(psd->n - 1) * psd->delta_f_hz < RATE / 2)
        status = gws_err_set(err, GWS_EDATA, "%s: the curve ends at %g Hz, wanted %d Hz", path,
                             (double)(psd->n - 1) * psd->delta_f_hz, RATE / 2);
    if (status == GWS_OK)
        status = gws_psd_check(psd, path, GWS_MLGWSC_LOW_HZ, err);
    if (status != GWS_OK)
        gws_psd_clear(psd);
    return status;
}

/* Seeds of the detectors, then curves, in the generator's order of draws. */
static gws_status draw_curves(gws_mlgwsc_chunks *c, const gws_mlgwsc_noise_params *p, gws_err *err)
{
    gws_mt m;
    gws_status status = GWS_OK;
    gws_mt_seed(&m, (uint32_t)p->seed);
    for (int ifo = 0; ifo < IFOS; ifo++)
        c->seed[ifo] = (uint32_t)gws_mt_integer(&m, 0, INT64_C(1) << 32);
    c->curve_of = calloc((size_t)c->plan->n_used * IFOS, sizeof *c->curve_of);
    if (!c->curve_of)
        return gws_err_set(err, GWS_ENOMEM, "MLGWSC-1: out of memory");
    if (p->dataset == 1)
        return gws_psd_by_name("aLIGOZeroDetHighPower", 1.0 / GWS_MLGWSC_FILTER_S, RATE * GWS_MLGWSC_FILTER_S / 2 + 1,
                               GWS_MLGWSC_LOW_HZ, &c->curve[0], err);
    for (int i = 0; i < c->plan->n_used * IFOS && status == GWS_OK; i++) {
        int ifo = i % IFOS, again = p->dataset == 2 && i >= IFOS;
        int index = again ? c->curve_of[ifo] - ifo * CURVES : (int)gws_mt_integer(&m, 0, CURVES);
        c->curve_of[i] = ifo * CURVES + index;
        status = load_curve(c, p->folder, ifo, index, err);
    }
    return status;
}

static gws_status cut_chunks(gws_mlgwsc_chunks *c, int generate_s, gws_err *err)
{
    int64_t n = 0;
    for (int i = 0; i < c->plan->n_used; i++)
        n += (c->plan->used[i].end_s - c->plan->used[i].start_s + generate_s - 1) / generate_s;
    if (n > INT32_MAX / 4 || !(c->chunks = calloc((size_t)n, sizeof *c->chunks)))
        return gws_err_set(err, GWS_ENOMEM, "MLGWSC-1: no memory for %" PRId64 " chunks of %d s", n, generate_s);
    for (int i = 0; i < c->plan->n_used; i++) {
        int64_t end = c->plan->used[i].end_s;
        for (int64_t start = c->plan->used[i].start_s; start < end; start += generate_s) {
            int64_t duration = end - start < generate_s ? end - start : generate_s, made = duration;
            for (;; made++) {
                double d = (double)(made + 2 * GWS_MLGWSC_FILTER_S), back = 1 / (1 / d);
                if (back >= d && back <= d)
                    break;
            }
            c->chunks[c->n_chunks++] = (chunk){i, start, duration, made};
            c->longest_s = made > c->longest_s ? made : c->longest_s;
        }
    }
    return GWS_OK;
}

gws_mlgwsc_chunks *gws_mlgwsc_chunks_create(const gws_mlgwsc_noise_params *params, const gws_mlgwsc_plan *plan, gws_err *err)
{
    GWS_ASSERT(params && plan && params->dataset != 4);
    gws_mlgwsc_chunks *c = calloc(1, sizeof *c);
    if (!c) {
        gws_err_set(err, GWS_ENOMEM, "MLGWSC-1: out of memory");
        return NULL;
    }
    c->plan = plan;
    for (int i = 0; i < AT_ONCE + 2; i++)
        c->slots[i].chunk = -1;
    if (draw_curves(c, params, err) != GWS_OK || cut_chunks(c, params->generate_s, err) != GWS_OK) {
        gws_mlgwsc_chunks_destroy(c);
        return NULL;
    }
    return c;
}

void gws_mlgwsc_chunks_destroy(gws_mlgwsc_chunks *c)
{
    if (!c)
        return;
    for (int i = 0; i < AT_ONCE + 2; i++)
        gws_arena_free(c->slots[i].x);
    for (int i = 0; i < AT_ONCE; i++) {
        gws_colouring_destroy(c->filters[i].colouring);
        gws_arena_free(c->jobs[i].work);
    }
    for (int i = 0; i < IFOS * CURVES; i++)
        gws_psd_clear(&c->curve[i]);
    free(c->curve_of);
    free(c->chunks);
    free(c);
}

/* A smaller pool gives back the memory that it does not need, so that gws_mlgwsc_chunks_bytes stays true. */
void gws_mlgwsc_chunks_set_pool(gws_mlgwsc_chunks *c, gws_pool *pool)
{
    c->pool = pool;
    for (int i = slots_kept(c); i < AT_ONCE + 2; i++) {
        gws_arena_free(c->slots[i].x);
        c->slots[i] = (slot){.chunk = -1};
    }
    for (int i = filters_kept(c); i < AT_ONCE; i++) {
        gws_colouring_destroy(c->filters[i].colouring);
        c->filters[i] = (filter){0};
    }
    for (int i = at_once(c); i < AT_ONCE; i++) {
        gws_arena_free(c->jobs[i].work);
        c->jobs[i] = (job){0};
    }
}

int64_t gws_mlgwsc_chunks_bytes(const gws_mlgwsc_chunks *c)
{
    int64_t whole = (c->longest_s + 2 * GWS_MLGWSC_FILTER_S) * RATE * (int64_t)sizeof(double);
    /* a workspace a little wider than the series, and while filters are made one more and their short transforms; filters, half as
     * long; slots */
    return at_once(c) * (2 * whole + whole / 8 + ((int64_t)24 << 20)) + filters_kept(c) * (whole / 2 + whole / 16) +
           slots_kept(c) * whole;
}

static slot *find_slot(gws_mlgwsc_chunks *c, int ifo, int index)
{
    for (int i = 0; i < slots_kept(c); i++)
        if (c->slots[i].chunk == index && c->slots[i].ifo == ifo)
            return &c->slots[i];
    return NULL;
}

static slot *oldest_slot(gws_mlgwsc_chunks *c)
{
    slot *s = &c->slots[0];
    for (int i = 1; i < slots_kept(c); i++)
        if (c->slots[i].used < s->used)
            s = &c->slots[i];
    return s;
}

/* The slot used longest ago is emptied and set aside for a chunk. */
static slot *take_slot(gws_mlgwsc_chunks *c, int ifo, int index, gws_err *err)
{
    slot *s = oldest_slot(c);
    int64_t n = c->chunks[index].duration_s * RATE;
    s->chunk = -1;
    if (s->room < n) {
        gws_arena_free(s->x);
        s->x = gws_arena_alloc((size_t)n * sizeof *s->x);
        s->room = s->x ? n : 0;
        if (!s->x) {
            gws_err_set(err, GWS_ENOMEM, "MLGWSC-1: no memory for %" PRId64 " s of noise", c->chunks[index].duration_s);
            return NULL;
        }
    }
    s->ifo = ifo;
    s->used = ++c->clock;
    return s;
}

/* The filter for a chunk, or the one used longest ago, emptied. */
static filter *take_filter(gws_mlgwsc_chunks *c, int curve, int64_t made_s, int *fresh)
{
    filter *f = &c->filters[0];
    *fresh = 1;
    for (int i = 0; i < filters_kept(c); i++) {
        filter *g = &c->filters[i];
        if (g->made_s == made_s && g->curve == curve) {
            f = g;
            *fresh = 0;
            break;
        }
        if (g->used < f->used)
            f = g;
    }
    if (*fresh) {
        gws_colouring_destroy(f->colouring);
        *f = (filter){.curve = curve, .made_s = made_s};
    }
    f->used = ++c->clock;
    return f;
}

static void make_filter(void *user, int task, int thread)
{
    gws_mlgwsc_chunks *c = user;
    job *j = &c->jobs[task];
    if (!j->make_filter)
        return;
    j->with->colouring = gws_colouring_create(&c->curve[j->with->curve], j->with->made_s,
                                              &(gws_colouring_params){RATE, GWS_MLGWSC_LOW_HZ, GWS_MLGWSC_FILTER_S}, &j->err);
    if (!j->with->colouring)
        j->status = j->err.status;
}

static void make_chunk(void *user, int task, int thread)
{
    gws_mlgwsc_chunks *c = user;
    job *j = &c->jobs[task];
    const gws_colouring *with = j->with->colouring;
    const chunk *k = &c->chunks[j->chunk];
    if (!with)
        return;
    int64_t need = gws_colouring_work(with);
    if (j->room < need) {
        gws_arena_free(j->work);
        j->work = gws_arena_alloc((size_t)need * sizeof *j->work);
        j->room = j->work ? need : 0;
        if (!j->work) {
            j->status = gws_err_set(&j->err, GWS_ENOMEM, "MLGWSC-1: no memory to make %" PRId64 " s of noise", k->made_s);
            return;
        }
    }
    gws_colouring_noise(with, c->seed[j->to->ifo], k->start_s, j->work, j->to->x, k->duration_s * RATE);
    j->to->chunk = j->chunk;
}

/* Have a chunk made, and with it as many of those that will be asked for next as there are threads. */
static gws_status make(gws_mlgwsc_chunks *c, int ifo, int first, gws_err *err)
{
    int n = 0;
    gws_status status = GWS_OK;
    const uint64_t before = c->clock;
    /* until there is no slot but those taken or found wanted here */
    for (int i = 0; i < IFOS * (c->n_chunks - first) && n < at_once(c) && oldest_slot(c)->used <= before; i++) {
        int index = first + i / IFOS, which = (ifo + i) % IFOS;
        const chunk *k = &c->chunks[index];
        slot *s = find_slot(c, which, index);
        if (s) {
            s->used = ++c->clock;
            continue;
        }
        s = take_slot(c, which, index, err);
        if (!s) {
            status = GWS_ENOMEM;
            break;
        }
        job *j = &c->jobs[n++];
        j->chunk = index;
        j->to = s;
        j->with = take_filter(c, c->curve_of[k->segment * IFOS + which], k->made_s, &j->make_filter);
        j->status = GWS_OK;
    }
    if (status == GWS_OK) {
        gws_pool_run(c->pool, n, make_filter, c);
        gws_pool_run(c->pool, n, make_chunk, c);
    }
    for (int i = 0; i < n; i++) {
        if (!c->jobs[i].with->colouring)
            *c->jobs[i].with = (filter){0}; /* so that nobody finds it */
        if (c->jobs[i].status != GWS_OK && status == GWS_OK)
            status = gws_err_set(err, c->jobs[i].status, "%s", c->jobs[i].err.text);
    }
    return status;
}

gws_status gws_mlgwsc_chunks_fill(gws_mlgwsc_chunks *c, int ifo, int64_t begin, int64_t n, double *out, gws_err *err)
{
    int at = 0;
    for (int last = c->n_chunks; last - at > 1;) { /* the last chunk that does not begin after `begin` */
        int middle = at + (last - at) / 2;
        if (c->chunks[middle].start_s * RATE <= begin)
            at = middle;
        else
            last = middle;
    }
    for (; n > 0; at++) {
        const chunk *k = &c->chunks[at];
        slot *s = find_slot(c, ifo, at);
        if (!s) {
            gws_status status = make(c, ifo, at, err);
            if (status != GWS_OK)
                return status;
            s = find_slot(c, ifo, at);
        }
        s->used = ++c->clock;
        int64_t from = begin - k->start_s * RATE, here = k->duration_s * RATE - from;
        here = here < n ? here : n;
        memcpy(out, s->x + from, (size_t)here * sizeof *out);
        begin += here;
        out += here;
        n -= here;
    }
    return GWS_OK;
}
