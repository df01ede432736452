#include "strain/strain.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/log.h"
#include "strain/source.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MERGE_BLOCK 65536 /* samples compared at once where files overlap */

/* A stretch of one detector in one file. */
struct piece {
    int file;         /* index into sources */
    int segment;      /* number in that source */
    int64_t begin, n; /* absolute samples; a part of the segment where the user wants no more */
};

struct detector {
    char ifo[4];
    int rate_hz;
    struct piece *pieces; /* (n_pieces) in order of begin */
    int n_pieces;
    int64_t room;
    gws_span *spans; /* (n_spans) */
    int n_spans;
    gws_span *vetoes; /* (n_vetoes) in order, apart */
    int n_vetoes;
    int n_files;
    void *open;    /* handle of file `open_file`, kept for the next read */
    int open_file; /* -1: none */

    int64_t shortest;       /* run of one value that is a gap, samples */
    int64_t end, run;       /* of the last read: its end, and how often its last value stood there in a row, `shortest` at most */
    double last;            /* that value */
    int64_t counted;        /* losses are counted up to this sample */
    gws_strain_losses loss; /* so far */
    gws_quality quality;    /* masks of file `quality_file` */
    int quality_file;
};

struct gws_strain_set {
    gws_strain_source *sources; /* (n_sources) */
    int n_sources;
    struct detector ifo[GWS_MAX_IFO];
    int n_ifo;
    gws_strain_use use;
    double *merge; /* (MERGE_BLOCK) */
    double *near;  /* (longest `shortest`) samples beside those that are read */
    char *sha256;  /* NULL until asked for */
};

/* ---- the set ---- */

static gws_status add_piece(gws_strain_set *s, int file, int segment, gws_err *err)
{
    const gws_strain_segment *g = &s->sources[file].content.segments[segment];
    const char *path = s->sources[file].path, *ifo = g->ifo;
    const int rate_hz = g->rate_hz;
    int k = gws_strain_find(s, ifo);
    if (k < 0) {
        if (s->n_ifo == GWS_MAX_IFO)
            return gws_err_set(err, GWS_EDATA, "%s: detector %s is one more than the %d that can be read together", path, ifo,
                               GWS_MAX_IFO);
        k = s->n_ifo++;
        memcpy(s->ifo[k].ifo, ifo, 3);
        s->ifo[k].rate_hz = rate_hz;
        s->ifo[k].open_file = s->ifo[k].quality_file = -1;
        s->ifo[k].shortest = gws_gap_run(rate_hz);
        s->ifo[k].end = s->ifo[k].counted = INT64_MIN;
    }
    struct detector *d = &s->ifo[k];
    if (d->rate_hz != rate_hz)
        return gws_err_set(err, GWS_EDATA, "%s: %s is sampled at %d Hz here but at %d Hz in %s", path, ifo, rate_hz, d->rate_hz,
                           s->sources[d->pieces[0].file].path);
    if (!GWS_ARRAY_ROOM(d->pieces, d->room, d->n_pieces + 1))
        return gws_err_set(err, GWS_ENOMEM, "%s: out of memory for %d segments", path, d->n_pieces + 1);
    if (d->n_pieces == 0 || d->pieces[d->n_pieces - 1].file != file)
        d->n_files++; /* pieces come file by file */
    d->pieces[d->n_pieces++] = (struct piece){file, segment, g->begin, g->n};
    return GWS_OK;
}

static gws_status add_file(gws_strain_set *s, const char *path, gws_err *err)
{
    const int file = s->n_sources;
    gws_strain_source *source = &s->sources[file];
    gws_status status = gws_strain_source_list(path, &s->use, source, err);
    if (status != GWS_OK)
        return status;
    s->n_sources++;
    if (source->content.whitened && !s->use.whitened)
        return gws_err_set(err, GWS_EDATA, "%s: whitened strain, as gwspike condition writes it; strain itself is wanted", path);
    for (int i = 0; i < source->content.n_segments && status == GWS_OK; i++)
        status = add_piece(s, file, i, err);
    return status;
}

static int by_begin(const void *a, const void *b)
{
    const struct piece *x = a, *y = b;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return x->file != y->file ? (x->file < y->file ? -1 : 1) : 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct detector *)a)->ifo, ((const struct detector *)b)->ifo);
}

static int by_span(const void *a, const void *b)
{
    const gws_span *x = a, *y = b;
    return x->begin != y->begin ? (x->begin < y->begin ? -1 : 1) : (x->end > y->end) - (x->end < y->end);
}

/* The intervals of a detector as samples, in order, none touching the next.
 *   out   (n) allocated; NULL when there is none */
static gws_status to_spans(const struct detector *d, const gws_intervals *list, gws_span **out, int *n, gws_err *err)
{
    int m = 0;
    gws_span *spans = malloc((size_t)(list->n + 1) * sizeof *spans);
    *out = NULL;
    *n = 0;
    if (!spans)
        return gws_err_set(err, GWS_ENOMEM, "%s: out of memory for %d segments", d->ifo, list->n);
    for (int i = 0; i < list->n; i++) {
        const gws_interval *v = &list->items[i];
        if (v->ifo[0] == '\0' || strcmp(v->ifo, d->ifo) == 0)
            spans[m++] = (gws_span){(int64_t)ceil(v->begin_s * d->rate_hz), (int64_t)ceil(v->end_s * d->rate_hz)};
    }
    qsort(spans, (size_t)m, sizeof *spans, by_span);
    for (int i = 0; i < m; i++)
        if (*n > 0 && spans[i].begin <= spans[*n - 1].end)
            spans[*n - 1].end = spans[i].end > spans[*n - 1].end ? spans[i].end : spans[*n - 1].end;
        else if (spans[i].end > spans[i].begin)
            spans[(*n)++] = spans[i];
    *out = spans;
    return GWS_OK;
}

/* Of each piece what lies in the spans. */
static gws_status clip_pieces(struct detector *d, const gws_span *spans, int n, gws_err *err)
{
    struct piece *kept = NULL;
    int n_kept = 0;
    int64_t room = 0;
    for (int i = 0; i < d->n_pieces; i++) {
        const int64_t begin = d->pieces[i].begin, end = begin + d->pieces[i].n;
        for (int k = 0; k < n; k++) {
            const int64_t a = spans[k].begin > begin ? spans[k].begin : begin, b = spans[k].end < end ? spans[k].end : end;
            if (a >= b)
                continue;
            if (!GWS_ARRAY_ROOM(kept, room, n_kept + 1)) {
                free(kept);
                return gws_err_set(err, GWS_ENOMEM, "%s: out of memory for %d segments", d->ifo, n_kept + 1);
            }
            kept[n_kept] = d->pieces[i];
            kept[n_kept].begin = a;
            kept[n_kept++].n = b - a;
        }
    }
    free(d->pieces);
    d->pieces = kept;
    d->n_pieces = n_kept;
    d->room = room;
    return GWS_OK;
}

/* What the user wants of the files, and nothing else; a detector of which nothing is left goes. */
static gws_status select_times(gws_strain_set *s, gws_err *err)
{
    int n = 0;
    gws_status status = GWS_OK;
    for (int k = 0; k < s->n_ifo && status == GWS_OK; k++) {
        struct detector *d = &s->ifo[k];
        gws_span *only = NULL;
        int n_only = 0;
        if (s->use.only && (status = to_spans(d, s->use.only, &only, &n_only, err)) == GWS_OK)
            status = clip_pieces(d, only, n_only, err);
        free(only);
        if (status == GWS_OK && s->use.veto)
            status = to_spans(d, s->use.veto, &d->vetoes, &d->n_vetoes, err);
    }
    if (status != GWS_OK)
        return status;
    for (int k = 0; k < s->n_ifo; k++) {
        const struct detector d = s->ifo[k];
        if (d.n_pieces > 0) {
            s->ifo[k] = s->ifo[n];
            s->ifo[n++] = d;
        }
    }
    for (int k = n; k < s->n_ifo; k++) {
        if (n > 0)
            gws_log_write(GWS_LOG_WARNING, "strain", "%s has no data in the time that is to be read", s->ifo[k].ifo);
        free(s->ifo[k].vetoes);
    }
    s->n_ifo = n;
    return n > 0 ? GWS_OK : gws_err_set(err, GWS_EDATA, "strain: no input has data in the time that is to be read");
}

static gws_status join_spans(struct detector *d, gws_err *err)
{
    qsort(d->pieces, (size_t)d->n_pieces, sizeof *d->pieces, by_begin);
    d->spans = malloc((size_t)d->n_pieces * sizeof *d->spans);
    if (!d->spans)
        return gws_err_set(err, GWS_ENOMEM, "%s: out of memory for %d segments", d->ifo, d->n_pieces);
    for (int i = 0; i < d->n_pieces; i++) {
        int64_t begin = d->pieces[i].begin, end = begin + d->pieces[i].n;
        gws_span *last = d->n_spans > 0 ? &d->spans[d->n_spans - 1] : NULL;
        if (last && begin <= last->end) {
            if (end > last->end)
                last->end = end;
        } else {
            d->spans[d->n_spans++] = (gws_span){begin, end};
        }
    }
    return GWS_OK;
}

gws_strain_set *gws_strain_open(const char *const *paths, int n, gws_err *err)
{
    return gws_strain_open_use(paths, n, NULL, err);
}

gws_strain_set *gws_strain_open_use(const char *const *paths, int n, const gws_strain_use *use, gws_err *err)
{
    GWS_ASSERT(paths || n == 0);
    gws_strain_set *s = NULL;
    int64_t near = 1;
    if (n <= 0) {
        gws_err_set(err, GWS_EARG, "strain: no input file given");
        return NULL;
    }
    s = calloc(1, sizeof *s);
    if (!s)
        goto nomem;
    s->sources = calloc((size_t)n, sizeof *s->sources);
    s->merge = malloc(MERGE_BLOCK * sizeof *s->merge);
    if (!s->sources || !s->merge)
        goto nomem;
    if (use)
        s->use = *use;
    for (int i = 0; i < n; i++)
        if (add_file(s, paths[i], err) != GWS_OK)
            goto fail;
    if ((s->use.only || s->use.veto) && select_times(s, err) != GWS_OK)
        goto fail;
    s->use.only = s->use.veto = NULL; /* the caller's, and done with */
    s->use.channels = NULL;
    s->use.states = NULL;
    qsort(s->ifo, (size_t)s->n_ifo, sizeof *s->ifo, by_name);
    for (int k = 0; k < s->n_ifo; k++) {
        if (join_spans(&s->ifo[k], err) != GWS_OK)
            goto fail;
        near = s->ifo[k].shortest > near ? s->ifo[k].shortest : near;
    }
    if (!(s->near = malloc((size_t)near * sizeof *s->near)))
        goto nomem;
    return s;
nomem:
    gws_err_set(err, GWS_ENOMEM, "strain: out of memory");
fail:
    gws_strain_destroy(s);
    return NULL;
}

int gws_strain_ifos(const gws_strain_set *s)
{
    return s->n_ifo;
}

void gws_strain_set_pool(gws_strain_set *s, gws_pool *pool)
{
    for (int i = 0; i < s->n_sources; i++)
        if (s->sources[i].format->set_pool)
            s->sources[i].format->set_pool(s->sources[i].content.own, pool);
}

gws_status gws_strain_bytes(gws_strain_set *s, int64_t *out, gws_err *err)
{
    GWS_ASSERT(s && out);
    gws_status status = GWS_OK;
    *out = 0;
    for (int i = 0; i < s->n_sources && status == GWS_OK; i++) {
        const gws_strain_source *source = &s->sources[i];
        int64_t bytes = 0;
        if (source->format->bytes && (status = source->format->bytes(source->content.own, &bytes, err)) != GWS_OK)
            gws_err_prefix(err, "%s", source->path);
        *out += bytes;
    }
    return status;
}

int gws_strain_covered(const gws_strain_info *info, int *first_span, int64_t begin, int64_t end, gws_span *out)
{
    while (*first_span < info->n_spans && info->spans[*first_span].end <= begin)
        (*first_span)++;
    if (*first_span == info->n_spans || info->spans[*first_span].begin >= end)
        return 0;
    out->begin = info->spans[*first_span].begin > begin ? info->spans[*first_span].begin : begin;
    out->end = out->begin;
    for (int i = *first_span; i < info->n_spans && info->spans[i].begin < end; i++)
        out->end = info->spans[i].end < end ? info->spans[i].end : end;
    return 1;
}

int gws_strain_find(const gws_strain_set *s, const char *ifo)
{
    for (int k = 0; k < s->n_ifo; k++)
        if (strcmp(s->ifo[k].ifo, ifo) == 0)
            return k;
    return -1;
}

void gws_strain_describe(const gws_strain_set *s, int ifo, gws_strain_info *out)
{
    GWS_ASSERT(s && out && ifo >= 0 && ifo < s->n_ifo);
    const struct detector *d = &s->ifo[ifo];
    memset(out, 0, sizeof *out);
    memcpy(out->ifo, d->ifo, sizeof out->ifo);
    out->rate_hz = d->rate_hz;
    out->n_spans = d->n_spans;
    out->spans = d->spans;
    out->n_files = d->n_files;
    out->where = s->sources[d->pieces[0].file].content.segments[d->pieces[0].segment].path;
}

int gws_strain_is_whitened(const gws_strain_set *s)
{
    int whitened = 0;
    for (int i = 0; i < s->n_sources; i++)
        whitened |= s->sources[i].content.whitened;
    return whitened;
}

static void close_file(gws_strain_set *s, struct detector *d)
{
    if (d->open_file >= 0)
        gws_strain_source_close(&s->sources[d->open_file], d->open);
    d->open = NULL;
    d->open_file = -1;
}

/* Absolute samples [begin, end) of a piece, all of which it covers. */
static gws_status read_piece(gws_strain_set *s, struct detector *d, const struct piece *p, int64_t begin, int64_t end, double *out,
                             gws_err *err)
{
    const gws_strain_source *source = &s->sources[p->file];
    if (d->open_file != p->file) {
        close_file(s, d);
        gws_status status = gws_strain_source_open(source, &d->open, err);
        if (status != GWS_OK)
            return status;
        d->open_file = p->file;
    }
    return source->format->read(&source->content, d->open, p->segment, begin - source->content.segments[p->segment].begin,
                                end - begin, out, err);
}

/* What a file excludes of what it has. */
static int is_excluded(gws_gap why)
{
    return why == GWS_GAP_CAT1 || why == GWS_GAP_INJECTION || why == GWS_GAP_STATE;
}

/* Samples that an earlier piece has already given: fill its holes, insist on agreement elsewhere. */
static gws_status merge_piece(gws_strain_set *s, struct detector *d, const struct piece *p, int64_t begin, int64_t end, double *out,
                              gws_err *err)
{
    for (int64_t at = begin; at < end;) {
        int64_t n = end - at < MERGE_BLOCK ? end - at : MERGE_BLOCK;
        gws_status status = read_piece(s, d, p, at, at + n, s->merge, err);
        if (status != GWS_OK)
            return status;
        for (int64_t i = 0; i < n; i++) {
            double *x = &out[at - begin + i], y = s->merge[i];
            gws_gap of_x = gws_gap_of(*x), of_y = gws_gap_of(y);
            if (is_excluded(of_x))
                continue; /* what one file excludes, another does not bring back */
            if (of_x != GWS_GAP_NONE || is_excluded(of_y)) {
                *x = y;
            } else if (of_y == GWS_GAP_NONE && *x != y) {
                const char *other = "another file";
                for (const struct piece *q = d->pieces; q < p; q++)
                    if (q->begin <= at + i && at + i < q->begin + q->n)
                        other = s->sources[q->file].path;
                return gws_err_set(err, GWS_EDATA, "%s: %s differs from %s at GPS %.6f, where both have data; give one of them",
                                   s->sources[p->file].path, d->ifo, other, (double)(at + i) / d->rate_hz);
            }
        }
        at += n;
    }
    return GWS_OK;
}

/* Samples [begin, end) from all files, gaps but those of repeated values marked. */
static gws_status read_files(gws_strain_set *s, struct detector *d, int64_t begin, int64_t end, double *out, gws_err *err)
{
    gws_status status;
    int64_t done = begin; /* everything before it is settled as far as earlier pieces go */
    for (int i = 0; i < d->n_pieces; i++) {
        const struct piece *p = &d->pieces[i];
        if (p->begin >= end)
            break;
        int64_t a = p->begin > begin ? p->begin : begin;
        int64_t b = p->begin + p->n < end ? p->begin + p->n : end;
        if (a >= b)
            continue;
        for (; done < a; done++)
            out[done - begin] = gws_gap_nan(GWS_GAP_UNCOVERED);
        int64_t common = done < b ? done : b; /* [a, common) has been given before, [common, b) is new */
        if (common > a && (status = merge_piece(s, d, p, a, common, out + (a - begin), err)) != GWS_OK)
            return status;
        if (b > common) {
            if ((status = read_piece(s, d, p, common, b, out + (common - begin), err)) != GWS_OK)
                return status;
            done = b;
        }
    }
    for (; done < end; done++)
        out[done - begin] = gws_gap_nan(GWS_GAP_UNCOVERED);
    for (int i = 0; i < d->n_vetoes && d->vetoes[i].begin < end; i++) {
        const int64_t last = d->vetoes[i].end < end ? d->vetoes[i].end : end;
        for (int64_t k = d->vetoes[i].begin > begin ? d->vetoes[i].begin : begin; k < last; k++)
            if (gws_gap_of(out[k - begin]) != GWS_GAP_UNCOVERED)
                out[k - begin] = gws_gap_nan(GWS_GAP_VETOED);
    }
    return GWS_OK;
}

/* Mark runs of one value in what read_files gave.  What stands beside it decides about the runs at its ends: before it, that is known from
 * the read that ended here, or is read. */
static gws_status mark_runs(gws_strain_set *s, struct detector *d, int64_t begin, int64_t end, double *out, gws_err *err)
{
    int64_t n = end - begin, before = 0, after = 0;
    gws_status status;
    if (!isnan(out[0]) && d->end == begin) {
        before = d->last == out[0] ? d->run : 0;
    } else if (!isnan(out[0])) {
        if ((status = read_files(s, d, begin - d->shortest, begin, s->near, err)) != GWS_OK)
            return status;
        before = s->near[d->shortest - 1] == out[0] ? gws_run_at_end(s->near, d->shortest) : 0;
    }
    int64_t run = gws_run_at_end(out, n);
    run += run == n ? before : 0;
    if (run > 0 && run < d->shortest) {
        if ((status = read_files(s, d, end, end + d->shortest - run, s->near, err)) != GWS_OK)
            return status;
        after = s->near[0] == out[n - 1] ? gws_run_at_begin(s->near, d->shortest - run) : 0;
    }
    d->end = end;
    d->last = out[n - 1];
    d->run = run < d->shortest ? run : d->shortest;
    gws_gap_mark_runs(out, n, before, after, d->shortest);
    return GWS_OK;
}

static void count_losses(struct detector *d, int64_t begin, int64_t end, const double *out)
{
    int64_t gaps = 0, from = d->counted > begin ? d->counted : begin;
    for (int64_t i = from; i < end; i++)
        gaps += isnan(out[i - begin]) != 0;
    for (int64_t i = from; i < end && gaps > 0; i++) {
        gws_gap why = gws_gap_of(out[i - begin]);
        d->loss.lost[why]++;
        gaps -= why != GWS_GAP_NONE;
    }
    d->loss.lost[GWS_GAP_NONE] = 0;
    if (end > from) {
        d->loss.read += end - from;
        d->counted = end;
    }
}

gws_status gws_strain_read(gws_strain_set *s, int ifo, int64_t begin, int64_t end, double *out, gws_err *err)
{
    GWS_ASSERT(s && ifo >= 0 && ifo < s->n_ifo && begin <= end && (out || begin == end));
    struct detector *d = &s->ifo[ifo];
    gws_status status;
    if (begin == end)
        return GWS_OK;
    if ((status = read_files(s, d, begin, end, out, err)) != GWS_OK ||
        (!s->use.repeated && (status = mark_runs(s, d, begin, end, out, err)) != GWS_OK))
        return status;
    count_losses(d, begin, end, out);
    return GWS_OK;
}

void gws_strain_get_losses(const gws_strain_set *s, int ifo, gws_strain_losses *out)
{
    GWS_ASSERT(s && out && ifo >= 0 && ifo < s->n_ifo);
    *out = s->ifo[ifo].loss;
}

gws_status gws_strain_no_data(const gws_strain_set *s, int ifo, gws_err *err)
{
    gws_strain_losses loss;
    char why[300] = "";
    gws_strain_get_losses(s, ifo, &loss);
    for (int k = GWS_GAP_NOT_FINITE; k < GWS_GAPS; k++)
        if (loss.lost[k] > 0)
            snprintf(why + strlen(why), sizeof why - strlen(why), "%s%" PRId64 " %s", *why ? ", " : "", loss.lost[k],
                     gws_gap_name((gws_gap)k));
    return gws_err_set(err, GWS_EDATA, "%s: none of its %" PRId64 " samples is a finite number with valid data: %s%s",
                       s->ifo[ifo].ifo, loss.read - loss.lost[GWS_GAP_UNCOVERED], *why ? why : "no file has any",
                       loss.lost[GWS_GAP_REPEATED] > 0 ? " (a run of zeros, or of any one value, is a gap)" : "");
}

/* Have the masks of a file at hand. */
static gws_status hold_quality(gws_strain_set *s, struct detector *d, int file, gws_err *err)
{
    const gws_strain_source *source = &s->sources[file];
    void *handle = NULL;
    if (d->quality_file == file)
        return GWS_OK;
    gws_quality_clear(&d->quality);
    d->quality_file = -1;
    gws_status status = gws_strain_source_open(source, &handle, err);
    if (status == GWS_OK)
        status = source->format->quality(&source->content, handle, d->ifo, &d->quality, err);
    if (status == GWS_OK)
        d->quality_file = file;
    gws_strain_source_close(source, handle);
    return status;
}

static void add_flags(uint32_t set, const char (*names)[GWS_QUALITY_NAME], int n, gws_strain_flags *out)
{
    for (int i = 0; i < n; i++) {
        if ((set >> i) & 1u || strcmp(names[i], GWS_QUALITY_CW) == 0)
            continue;
        if (gws_quality_bit((const char(*)[GWS_QUALITY_NAME])out->name, out->n, names[i]) < 0 && out->n < 2 * GWS_QUALITY_BITS)
            memcpy(out->name[out->n++], names[i], GWS_QUALITY_NAME);
    }
}

gws_status gws_strain_get_flags(gws_strain_set *s, int ifo, int64_t begin_ns, int64_t end_ns, gws_strain_flags *out, gws_err *err)
{
    GWS_ASSERT(s && out && ifo >= 0 && ifo < s->n_ifo && begin_ns <= end_ns);
    struct detector *d = &s->ifo[ifo];
    int64_t first = gws_floor_div(begin_ns, GWS_NS), last = gws_floor_div(end_ns, GWS_NS);
    *out = (gws_strain_flags){0};
    for (int i = 0; i < d->n_pieces; i++) {
        const struct piece *p = &d->pieces[i];
        if (!s->sources[p->file].content.has_quality || p->begin >= (last + 1) * d->rate_hz ||
            p->begin + p->n <= first * d->rate_hz)
            continue;
        gws_status status = hold_quality(s, d, p->file, err);
        if (status != GWS_OK)
            return status;
        const gws_quality *q = &d->quality;
        uint32_t dq = UINT32_MAX, inj = UINT32_MAX;
        for (int64_t t = first; t <= last; t++) {
            int64_t k = t - q->gps_start_s;
            if (k < 0 || k >= q->n)
                continue;
            dq &= q->dq[k];
            inj &= q->inj ? q->inj[k] : UINT32_MAX;
        }
        add_flags(dq, (const char(*)[GWS_QUALITY_NAME])q->dq_name, q->n_dq, out);
        add_flags(inj, (const char(*)[GWS_QUALITY_NAME])q->inj_name, q->n_inj, out);
    }
    return GWS_OK;
}

/* Bits of a mask, by the names of another table; a name that it lacks is added. */
static uint32_t translate(uint32_t bits, const char (*from)[GWS_QUALITY_NAME], int n_from, char (*to)[GWS_QUALITY_NAME], int *n_to)
{
    uint32_t out = 0;
    for (int i = 0; i < n_from; i++) {
        int k = gws_quality_bit((const char(*)[GWS_QUALITY_NAME])to, *n_to, from[i]);
        if (k < 0 && *n_to < GWS_QUALITY_BITS)
            memcpy(to[k = (*n_to)++], from[i], GWS_QUALITY_NAME);
        if (k >= 0 && (bits >> i & 1u))
            out |= UINT32_C(1) << k;
    }
    return out;
}

/* The masks at hand, put into those of a longer time; what a mask does not say counts as set. */
static void add_masks(const gws_quality *q, gws_quality *out)
{
    static const char data_alone[1][GWS_QUALITY_NAME] = {"DATA"}; /* of a mask without a table of names */
    const char(*dq)[GWS_QUALITY_NAME] = q->n_dq ? (const char(*)[GWS_QUALITY_NAME])q->dq_name : data_alone;
    const int n_dq = q->n_dq ? q->n_dq : 1;
    const char(*inj)[GWS_QUALITY_NAME] = (const char(*)[GWS_QUALITY_NAME])q->inj_name;
    translate(0, dq, n_dq, out->dq_name, &out->n_dq); /* every name has its place before the first bit is set */
    translate(0, inj, q->n_inj, out->inj_name, &out->n_inj);
    const int data = gws_quality_bit((const char(*)[GWS_QUALITY_NAME])out->dq_name, out->n_dq, "DATA");
    const uint32_t is_data = data >= 0 ? UINT32_C(1) << data : 0;
    for (int64_t i = 0; i < q->n; i++) {
        const int64_t k = q->gps_start_s + i - out->gps_start_s;
        if (k < 0 || k >= out->n)
            continue;
        const uint32_t clear = translate(~q->dq[i], dq, n_dq, out->dq_name, &out->n_dq);
        out->dq[k] = (out->dq[k] & ~(clear & ~is_data)) | (clear & is_data ? 0 : is_data);
        if (q->inj)
            out->inj[k] &= ~translate(~q->inj[i], inj, q->n_inj, out->inj_name, &out->n_inj);
    }
}

gws_status gws_strain_get_masks(gws_strain_set *s, int ifo, int64_t begin_s, int64_t n, gws_quality *out, gws_err *err)
{
    GWS_ASSERT(s && out && ifo >= 0 && ifo < s->n_ifo && n >= 0);
    struct detector *d = &s->ifo[ifo];
    gws_quality all = {.gps_start_s = begin_s, .n = n};
    gws_status status = GWS_OK;
    memset(out, 0, sizeof *out);
    for (int i = 0; i < d->n_pieces && status == GWS_OK; i++) {
        const struct piece *p = &d->pieces[i];
        if (!s->sources[p->file].content.has_quality || p->begin >= (begin_s + n) * d->rate_hz ||
            p->begin + p->n <= begin_s * d->rate_hz)
            continue;
        if ((status = hold_quality(s, d, p->file, err)) != GWS_OK || !d->quality.dq)
            continue;
        if (!all.dq) {
            all.dq = malloc((size_t)(n + 1) * sizeof *all.dq);
            all.inj = malloc((size_t)(n + 1) * sizeof *all.inj);
            if (!all.dq || !all.inj) {
                status = gws_err_set(err, GWS_ENOMEM, "%s: out of memory for masks of %" PRId64 " s", d->ifo, n);
                continue;
            }
            memcpy(all.dq_name[all.n_dq++], "DATA", sizeof "DATA");
            for (int64_t k = 0; k < n; k++) {
                all.dq[k] = ~UINT32_C(1);
                all.inj[k] = UINT32_MAX;
            }
        }
        add_masks(&d->quality, &all);
    }
    for (int64_t k = 0; all.dq && k < n && status == GWS_OK; k++) {
        all.dq[k] &= all.n_dq < 32 ? (UINT32_C(1) << all.n_dq) - 1 : UINT32_MAX;
        all.inj[k] &= all.n_inj < 32 ? (UINT32_C(1) << all.n_inj) - 1 : UINT32_MAX;
    }
    if (all.n_inj == 0) {
        free(all.inj);
        all.inj = NULL;
    }
    if (status == GWS_OK)
        *out = all;
    else
        gws_quality_clear(&all);
    return status;
}

static const char *made_by(const gws_strain_source *source)
{
    return source->format->identity ? source->format->identity(source->content.own) : NULL;
}

/* What stands for a file's name in provenance: where it was fetched from, else the name without its folder, so that the same input gives the same
 * provenance wherever it lies. */
static const char *shown_name(const gws_strain_set *s, const char *path)
{
    const char *slash = strrchr(path, '/');
    for (const gws_strain_origin *o = s->use.origins; o && o->path; o++)
        if (strcmp(o->path, path) == 0)
            return o->text;
    return slash ? slash + 1 : path;
}

const char *gws_strain_sha256(gws_strain_set *s, gws_err *err)
{
    GWS_ASSERT(s != NULL);
    if (s->sha256)
        return s->sha256;
    size_t size = 1, at = 0;
    for (int i = 0; i < s->n_sources; i++)
        size += strlen(made_by(&s->sources[i]) ? made_by(&s->sources[i]) : shown_name(s, s->sources[i].path)) + 68;
    char *text = calloc(size, 1);
    if (!text) {
        gws_err_set(err, GWS_ENOMEM, "strain: out of memory");
        return NULL;
    }
    for (int i = 0; i < s->n_sources; i++) {
        const char *path = s->sources[i].path, *identity = made_by(&s->sources[i]);
        char hex[65];
        if (identity) {
            at += (size_t)snprintf(text + at, size - at, "virtual  %s\n", identity);
            continue;
        }
        if (gws_file_sha256(path, hex, err) != GWS_OK) {
            free(text);
            return NULL;
        }
        at += (size_t)snprintf(text + at, size - at, "%s  %s\n", hex, shown_name(s, path));
    }
    s->sha256 = text;
    return text;
}

void gws_strain_destroy(gws_strain_set *s)
{
    if (!s)
        return;
    for (int k = 0; k < s->n_ifo; k++) {
        close_file(s, &s->ifo[k]);
        free(s->ifo[k].pieces);
        free(s->ifo[k].spans);
        free(s->ifo[k].vetoes);
        gws_quality_clear(&s->ifo[k].quality);
    }
    for (int i = 0; i < s->n_sources; i++)
        gws_strain_source_clear(&s->sources[i]);
    free(s->sources);
    free(s->merge);
    free(s->near);
    free(s->sha256);
    free(s);
}

/* The longest run of valid samples. */
static void longest_run(const double *h, int64_t n, int64_t *begin, int64_t *length)
{
    *begin = *length = 0;
    for (int64_t i = 0; i < n;) {
        int64_t k = i;
        while (k < n && isfinite(h[k]))
            k++;
        if (k - i > *length) {
            *begin = i;
            *length = k - i;
        }
        i = k + 1;
    }
}

gws_status gws_strain_stretch(gws_strain_set *set, int ifo, double start_s, double most_s, gws_strain_run *out, gws_err *err)
{
    gws_strain_info info;
    gws_span best = {0, 0};
    int64_t at, n;
    double *h;

    *out = (gws_strain_run){0};
    gws_strain_describe(set, ifo, &info);
    if (info.n_spans > 0 && !isnan(start_s)) {
        const double from_s = (double)gws_ns_of_sample(info.spans[0].begin, info.rate_hz) / (double)GWS_NS,
                     to_s = (double)gws_ns_of_sample(info.spans[info.n_spans - 1].end, info.rate_hz) / (double)GWS_NS;
        if (!(start_s >= from_s && start_s < to_s))
            return gws_err_set(err, GWS_EARG, "%s: GPS %.15g is outside the data, GPS %.15g to %.15g", info.ifo, start_s, from_s,
                               to_s);
    }
    for (int i = 0; i < info.n_spans; i++) {
        gws_span s = info.spans[i];
        if (!isnan(start_s) && (double)s.begin < start_s * info.rate_hz)
            s.begin = (int64_t)ceil(start_s * info.rate_hz);
        if ((double)(s.end - s.begin) > most_s * info.rate_hz)
            s.end = s.begin + (int64_t)(most_s * info.rate_hz);
        if (s.end - s.begin > best.end - best.begin)
            best = s;
    }
    if (best.end <= best.begin)
        return gws_err_set(err, GWS_EDATA, "%s: no data from GPS %.0f on", info.ifo, start_s);
    if (!(h = malloc(sizeof *h * (size_t)(best.end - best.begin))))
        return gws_err_set(err, GWS_ENOMEM, "no memory for %lld samples", (long long)(best.end - best.begin));
    gws_status status = gws_strain_read(set, ifo, best.begin, best.end, h, err);
    longest_run(h, status == GWS_OK ? best.end - best.begin : 0, &at, &n);
    if (status == GWS_OK && n == 0)
        status = gws_strain_no_data(set, ifo, err);
    if (status != GWS_OK) {
        free(h);
        return status;
    }
    memmove(h, h + at, sizeof *h * (size_t)n);
    *out = (gws_strain_run){h, best.begin + at, n};
    return GWS_OK;
}
