#include "sim/mlgwsc_noise.h"

#include "base/arena.h"
#include "base/array.h"
#include "base/file.h"
#include "base/mt19937.h"
#include "strain/mlgwsc.h"
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
#define MOST_S INT64_C(4000000000)
#define DYN_RANGE 0x1p69 /* PyCBC's DYN_RANGE_FAC, 5.9029581035870565e+20, by which recorded noise is stored larger */

const char gws_mlgwsc_noise_ifo[GWS_MLGWSC_IFOS][4] = {"H1", "L1"};

gws_mlgwsc_noise_params gws_mlgwsc_noise_defaults(void)
{
    return (gws_mlgwsc_noise_params){.dataset = 1, .duration_s = 2592000, .generate_s = 3600};
}

/* ---- segments ---- */

typedef struct segment_list {
    gws_mlgwsc_noise_segment *s;
    int n;
    int64_t room;
} segment_list;

static int append(segment_list *l, int64_t start_s, int64_t end_s)
{
    if (!GWS_ARRAY_ROOM(l->s, l->room, l->n + 1))
        return 0;
    l->s[l->n++] = (gws_mlgwsc_noise_segment){start_s, end_s};
    return 1;
}

static gws_status join(char *path, size_t size, const char *folder, const char *name, gws_err *err)
{
    if ((size_t)snprintf(path, size, "%s/%s", folder, name) >= size)
        return gws_err_set(err, GWS_EARG, "%s: the name of the folder is too long", folder);
    return GWS_OK;
}

/* folder/segments.csv: a heading, then rows "index,start,end" of whole GPS seconds, in time. */
static gws_status load_segments(const char *folder, segment_list *out, gws_err *err)
{
    char path[4096], *text = NULL;
    size_t size;
    gws_status status = join(path, sizeof path, folder, "segments.csv", err);
    if (status != GWS_OK)
        return status;
    if (!gws_file_exists(path))
        return gws_err_set(err, GWS_EIO, "%s: not found; wanted MLGWSC-1's list of segments, segments.csv, in the folder %s", path,
                           folder);
    status = gws_file_read(path, (size_t)16 << 20, &text, &size, err);
    if (status != GWS_OK)
        return status;
    char *row = strchr(text, '\n');
    for (int line = 2; row && row[1]; line++) {
        int64_t start, end;
        int used = 0;
        char *next = strchr(++row, '\n');
        if (next)
            *next = '\0';
        int found = sscanf(row, "%*d,%" SCNd64 ",%" SCNd64 " %n", &start, &end, &used);
        if (found != 2 || row[used] != '\0' || start < 0 || end > MOST_S || end <= start ||
            (out->n > 0 && start < out->s[out->n - 1].end_s)) {
            status = gws_err_set(err, GWS_EFORMAT, "%s: line %d: wanted \"index,start,end\" in GPS seconds, in order and apart",
                                 path, line);
            break;
        }
        if (!append(out, start, end)) {
            status = gws_err_set(err, GWS_ENOMEM, "%s: out of memory", path);
            break;
        }
        row = next;
    }
    if (status == GWS_OK && out->n == 0)
        status = gws_err_set(err, GWS_EFORMAT, "%s: lists no segment", path);
    free(text);
    return status;
}

/* What generate_data.py's restrict_segments takes of the list; `slide` seconds at the end of each count for nothing. */
static gws_status restrict_to(const segment_list *all, int64_t offset, int64_t duration, int64_t slide, segment_list *out,
                              gws_err *err)
{
    int64_t past = 0;
    for (int i = 0; i < all->n && past - offset < duration; i++) {
        int64_t start = all->s[i].start_s, end = all->s[i].end_s;
        if (end - start - slide < GWS_MLGWSC_SHORTEST_S)
            continue;
        if (past + end - start < offset) {
            past += end - start - slide;
            continue;
        }
        if (past < offset) {
            start += offset - past;
            past = offset;
            if (end - start - slide < GWS_MLGWSC_SHORTEST_S)
                continue;
        }
        if (past + end - start - slide > offset + duration)
            end = start + offset + duration + slide - past;
        past += end - start - slide;
        if (out->n > 0 && out->s[out->n - 1].end_s == start)
            out->s[out->n - 1].end_s = end;
        else if (!append(out, start, end))
            return gws_err_set(err, GWS_ENOMEM, "segments: out of memory");
    }
    if (out->n == 0)
        return gws_err_set(err, GWS_EDATA, "segments: none of %d is left after an offset of %" PRId64 " s", all->n, offset);
    return GWS_OK;
}

static gws_status plan(const gws_mlgwsc_noise_params *p, segment_list *all, segment_list *out, gws_err *err)
{
    GWS_ASSERT(p != NULL);
    if (p->dataset < 1 || p->dataset > 4)
        return gws_err_set(err, GWS_EARG, "MLGWSC-1: data set %d, wanted 1, 2, 3 or 4", p->dataset);
    if (p->seed < 0 || p->seed > UINT32_MAX)
        return gws_err_set(err, GWS_EARG, "MLGWSC-1: seed %" PRId64 ", wanted 0 to 4294967295", p->seed);
    if (p->start_offset_s < 0 || p->start_offset_s > MOST_S || p->duration_s <= 0 || p->duration_s > MOST_S)
        return gws_err_set(err, GWS_EARG,
                           "MLGWSC-1: offset %" PRId64 " s and duration %" PRId64 " s, wanted at least 0 and above 0",
                           p->start_offset_s, p->duration_s);
    if (p->generate_s <= 0)
        return gws_err_set(err, GWS_EARG, "MLGWSC-1: chunks of %d s, wanted 1 s or more", p->generate_s);
    if (!p->folder)
        return gws_err_set(err, GWS_EARG, "MLGWSC-1: no folder is given; wanted one that holds segments.csv and psds/");
    gws_status status = load_segments(p->folder, all, err);
    if (status != GWS_OK)
        return status;
    return restrict_to(all, p->start_offset_s, p->duration_s, p->dataset == 4 ? GWS_MLGWSC_SLIDE_S : 0, out, err);
}

gws_status gws_mlgwsc_noise_plan(const gws_mlgwsc_noise_params *params, gws_mlgwsc_noise_segment **out, int *n, gws_err *err)
{
    segment_list all = {0}, used = {0};
    *out = NULL;
    *n = 0;
    gws_status status = plan(params, &all, &used, err);
    free(all.s);
    if (status != GWS_OK) {
        free(used.s);
        return status;
    }
    *out = used.s;
    *n = used.n;
    return GWS_OK;
}

/* ---- the data set ---- */

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

/* Recorded noise of a segment in a detector. */
typedef struct source {
    gws_mlgwsc_segment data;
    int64_t from; /* its sample where our segment begins, the slide included */
} source;

struct gws_mlgwsc_noise {
    int dataset;
    segment_list segments;
    gws_mlgwsc_noise_segment extent;
    gws_pool *pool;

    /* sets 1 to 3 */
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

    /* set 4 */
    gws_h5 *file;
    source *sources; /* (segments, IFOS) */
};

static int at_once(const gws_mlgwsc_noise *c)
{
    int threads = gws_pool_threads(c->pool);
    return threads < AT_ONCE ? threads : AT_ONCE;
}

static int slots_kept(const gws_mlgwsc_noise *c)
{
    int n = at_once(c) + 2;
    return n > FEWEST_KEPT ? n : FEWEST_KEPT;
}

static int filters_kept(const gws_mlgwsc_noise *c)
{
    int n = at_once(c);
    return n > FEWEST_KEPT ? n : FEWEST_KEPT;
}

static gws_status load_curve(gws_mlgwsc_noise *c, const char *folder, int ifo, int index, gws_err *err)
{
    char name[40], path[4096];
    gws_psd *psd = &c->curve[ifo * CURVES + index];
    if (psd->data)
        return GWS_OK;
    snprintf(name, sizeof name, "psds/%s/psd-%d.hdf", gws_mlgwsc_noise_ifo[ifo], index);
    gws_status status = join(path, sizeof path, folder, name, err);
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
static gws_status draw_curves(gws_mlgwsc_noise *c, const gws_mlgwsc_noise_params *p, gws_err *err)
{
    gws_mt m;
    gws_status status = GWS_OK;
    gws_mt_seed(&m, (uint32_t)p->seed);
    for (int ifo = 0; ifo < IFOS; ifo++)
        c->seed[ifo] = (uint32_t)gws_mt_integer(&m, 0, INT64_C(1) << 32);
    c->curve_of = calloc((size_t)c->segments.n * IFOS, sizeof *c->curve_of);
    if (!c->curve_of)
        return gws_err_set(err, GWS_ENOMEM, "MLGWSC-1: out of memory");
    if (p->dataset == 1)
        return gws_psd_by_name("aLIGOZeroDetHighPower", 1.0 / GWS_MLGWSC_FILTER_S, RATE * GWS_MLGWSC_FILTER_S / 2 + 1,
                               GWS_MLGWSC_LOW_HZ, &c->curve[0], err);
    for (int i = 0; i < c->segments.n * IFOS && status == GWS_OK; i++) {
        int ifo = i % IFOS, again = p->dataset == 2 && i >= IFOS;
        int index = again ? c->curve_of[ifo] - ifo * CURVES : (int)gws_mt_integer(&m, 0, CURVES);
        c->curve_of[i] = ifo * CURVES + index;
        status = load_curve(c, p->folder, ifo, index, err);
    }
    return status;
}

static gws_status cut_chunks(gws_mlgwsc_noise *c, int generate_s, gws_err *err)
{
    int64_t n = 0;
    for (int i = 0; i < c->segments.n; i++)
        n += (c->segments.s[i].end_s - c->segments.s[i].start_s + generate_s - 1) / generate_s;
    if (n > INT32_MAX / 4 || !(c->chunks = calloc((size_t)n, sizeof *c->chunks)))
        return gws_err_set(err, GWS_ENOMEM, "MLGWSC-1: no memory for %" PRId64 " chunks of %d s", n, generate_s);
    for (int i = 0; i < c->segments.n; i++) {
        int64_t end = c->segments.s[i].end_s;
        for (int64_t start = c->segments.s[i].start_s; start < end; start += generate_s) {
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

/* spare: samples beyond what the segment needs, which is how far it can slide */
static gws_status find_source(const gws_mlgwsc_noise *c, const gws_mlgwsc *list, const gws_mlgwsc_noise_segment *seg, int64_t key_s,
                              int ifo, source *out, int64_t *spare, gws_err *err)
{
    const char *path = gws_h5_path(c->file);
    char key[60];
    int i = 0;
    snprintf(key, sizeof key, "/%s/%" PRId64, gws_mlgwsc_noise_ifo[ifo], key_s);
    while (i < list->n && strcmp(list->segments[i].path, key) != 0)
        i++;
    if (i == list->n)
        return gws_err_set(err, GWS_EDATA, "%s: %s not found; wanted recorded noise under the starts in segments.csv", path, key);
    out->data = list->segments[i];
    if (out->data.rate_hz != RATE)
        return gws_err_set(err, GWS_EDATA, "%s: %s is sampled at %d Hz, wanted %d Hz", path, key, out->data.rate_hz, RATE);
    out->from = seg->start_s * RATE - out->data.begin;
    int64_t end = seg->end_s * RATE - out->data.begin, want = (seg->end_s - seg->start_s - GWS_MLGWSC_SLIDE_S) * RATE;
    *spare = (end < out->data.n ? end : out->data.n) - out->from - want;
    if (out->from < 0 || *spare < 0)
        return gws_err_set(err, GWS_EDATA, "%s: %s does not cover GPS %" PRId64 " to %" PRId64, path, key, seg->start_s,
                           seg->end_s - GWS_MLGWSC_SLIDE_S);
    return GWS_OK;
}

/* Slides: a seed for each segment, from which L1 draws how many samples later it is read. */
static gws_status open_recorded(gws_mlgwsc_noise *c, const gws_mlgwsc_noise_params *p, const segment_list *all, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    char path[4096];
    gws_mlgwsc list = {0};
    gws_mt per_set, per_segment;
    gws_status status = GWS_OK;
    if (p->real_noise) {
        if ((size_t)snprintf(path, sizeof path, "%s", p->real_noise) >= sizeof path)
            return gws_err_set(err, GWS_EARG, "%.200s...: the name of the file is too long", p->real_noise);
    } else if ((status = join(path, sizeof path, p->folder, "real_noise_file.hdf", err)) != GWS_OK) {
        return status;
    }
    if (!gws_file_exists(path))
        return gws_err_set(err, GWS_EIO, "%s: not found; wanted MLGWSC-1's file of recorded noise for data set 4", path);
    c->sources = calloc((size_t)c->segments.n * IFOS, sizeof *c->sources);
    if (!c->sources)
        return gws_err_set(err, GWS_ENOMEM, "MLGWSC-1: out of memory");
    c->file = gws_h5_open(path, err);
    if (!c->file)
        return err->status;
    status = gws_mlgwsc_stat(c->file, &list, err);
    if (status == GWS_OK && list.whitened)
        status = gws_err_set(err, GWS_EDATA, "%s: whitened strain; recorded noise is wanted", path);
    gws_mt_seed(&per_set, (uint32_t)p->seed);
    for (int i = 0, row = 0; i < c->segments.n && status == GWS_OK; i++) {
        gws_mlgwsc_noise_segment *s = &c->segments.s[i];
        while (row < all->n && all->s[row].end_s < s->end_s)
            row++;
        if (row == all->n || all->s[row].start_s > s->start_s) {
            status = gws_err_set(err, GWS_EDATA, "segments.csv: GPS %" PRId64 " to %" PRId64 " does not lie in one row", s->start_s,
                                 s->end_s);
            break;
        }
        gws_mt_seed(&per_segment, (uint32_t)gws_mt_integer(&per_set, 0, 1000000));
        for (int ifo = 0; ifo < IFOS && status == GWS_OK; ifo++) {
            source *from = &c->sources[i * IFOS + ifo];
            int64_t spare = 0;
            status = find_source(c, &list, s, all->s[row].start_s, ifo, from, &spare, err);
            if (status == GWS_OK && ifo > 0 && spare > 0)
                from->from += gws_mt_integer(&per_segment, 0, spare);
        }
        s->end_s -= GWS_MLGWSC_SLIDE_S;
    }
    gws_mlgwsc_clear(&list);
    return status;
}

gws_mlgwsc_noise *gws_mlgwsc_noise_create(const gws_mlgwsc_noise_params *params, gws_err *err)
{
    segment_list all = {0};
    gws_mlgwsc_noise *c = calloc(1, sizeof *c);
    if (!c) {
        gws_err_set(err, GWS_ENOMEM, "MLGWSC-1: out of memory");
        return NULL;
    }
    for (int i = 0; i < AT_ONCE + 2; i++)
        c->slots[i].chunk = -1;
    if (plan(params, &all, &c->segments, err) != GWS_OK)
        goto fail;
    c->extent = (gws_mlgwsc_noise_segment){all.s[0].start_s, all.s[all.n - 1].end_s};
    c->dataset = params->dataset;
    if (c->dataset == 4) {
        if (open_recorded(c, params, &all, err) != GWS_OK)
            goto fail;
    } else if (draw_curves(c, params, err) != GWS_OK || cut_chunks(c, params->generate_s, err) != GWS_OK) {
        goto fail;
    }
    free(all.s);
    return c;

fail:
    free(all.s);
    gws_mlgwsc_noise_destroy(c);
    return NULL;
}

void gws_mlgwsc_noise_destroy(gws_mlgwsc_noise *c)
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
    gws_h5_close(c->file);
    free(c->curve_of);
    free(c->chunks);
    free(c->sources);
    free(c->segments.s);
    free(c);
}

const gws_mlgwsc_noise_segment *gws_mlgwsc_noise_segments(const gws_mlgwsc_noise *c, int *n)
{
    *n = c->segments.n;
    return c->segments.s;
}

gws_mlgwsc_noise_segment gws_mlgwsc_noise_extent(const gws_mlgwsc_noise *c)
{
    return c->extent;
}

/* A smaller pool gives back the memory that it does not need, so that gws_mlgwsc_noise_bytes stays true. */
void gws_mlgwsc_noise_set_pool(gws_mlgwsc_noise *c, gws_pool *pool)
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

int64_t gws_mlgwsc_noise_bytes(const gws_mlgwsc_noise *c)
{
    if (c->dataset == 4)
        return 0;
    int64_t whole = (c->longest_s + 2 * GWS_MLGWSC_FILTER_S) * RATE * (int64_t)sizeof(double);
    /* a workspace a little wider than the series, and while filters are made one more and their short transforms; filters, half as
     * long; slots */
    return at_once(c) * (2 * whole + whole / 8 + ((int64_t)24 << 20)) + filters_kept(c) * (whole / 2 + whole / 16) +
           slots_kept(c) * whole;
}

/* ---- making chunks ---- */

static slot *find_slot(gws_mlgwsc_noise *c, int ifo, int index)
{
    for (int i = 0; i < slots_kept(c); i++)
        if (c->slots[i].chunk == index && c->slots[i].ifo == ifo)
            return &c->slots[i];
    return NULL;
}

static slot *oldest_slot(gws_mlgwsc_noise *c)
{
    slot *s = &c->slots[0];
    for (int i = 1; i < slots_kept(c); i++)
        if (c->slots[i].used < s->used)
            s = &c->slots[i];
    return s;
}

/* The slot used longest ago is emptied and set aside for a chunk. */
static slot *take_slot(gws_mlgwsc_noise *c, int ifo, int index, gws_err *err)
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
static filter *take_filter(gws_mlgwsc_noise *c, int curve, int64_t made_s, int *fresh)
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
    gws_mlgwsc_noise *c = user;
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
    gws_mlgwsc_noise *c = user;
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
static gws_status make(gws_mlgwsc_noise *c, int ifo, int first, gws_err *err)
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

static gws_status simulated(gws_mlgwsc_noise *c, int ifo, int64_t begin, int64_t n, double *out, gws_err *err)
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

static gws_status recorded(gws_mlgwsc_noise *c, int ifo, int segment, int64_t begin, int64_t n, double *out, gws_err *err)
{
    const source *s = &c->sources[segment * IFOS + ifo];
    gws_status status = gws_mlgwsc_read(c->file, &s->data, s->from + begin - c->segments.s[segment].start_s * RATE, n, out, err);
    if (status != GWS_OK)
        return status;
    for (int64_t i = 0; i < n; i++)
        out[i] /= DYN_RANGE;
    return GWS_OK;
}

gws_status gws_mlgwsc_noise_fill(gws_mlgwsc_noise *c, int ifo, int64_t begin, int64_t n, double *out, gws_err *err)
{
    GWS_ASSERT(c && ifo >= 0 && ifo < IFOS && n >= 0 && (out || n == 0));
    int i = 0;
    while (i < c->segments.n && (begin < c->segments.s[i].start_s * RATE || begin > c->segments.s[i].end_s * RATE - n))
        i++;
    if (i == c->segments.n)
        return gws_err_set(err, GWS_EARG,
                           "MLGWSC-1: %" PRId64 " samples from %" PRId64 " on at %d Hz do not lie within one segment", n, begin,
                           RATE);
    if (n == 0)
        return GWS_OK;
    return c->dataset == 4 ? recorded(c, ifo, i, begin, n, out, err) : simulated(c, ifo, begin, n, out, err);
}
