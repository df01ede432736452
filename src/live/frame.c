#include "live/frame.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/log.h"
#include "gwf/gwf.h"
#include "strain/filename.h"
#include "strain/source.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* FrEndOfFile, the last structure of a frame file: its length in versions 6 and 8, and where the file's length stands in it. */
static const struct {
    size_t length, at;
} tails[] = {{42, 18}, {46, 18}};
#define TAIL 46

#define LONGEST_S 1e6    /* of a frame that is given as a gap */
#define PARTS_HZ 1000000 /* of its times, where they are no whole seconds */

/* ---- whole or not ---- */

static uint64_t number_of(const unsigned char *b, int big)
{
    uint64_t x = 0;

    for (int i = 0; i < 8; i++)
        x |= (uint64_t)b[i] << 8 * (big ? 7 - i : i);
    return x;
}

/* Does a file of so many bytes end as a frame file does?
 *   b  (n) its last bytes, 46 of them where it has more */
static int ends_whole(const unsigned char *b, size_t n, int64_t size)
{
    int whole = 0;

    for (size_t i = 0; i < sizeof tails / sizeof *tails; i++)
        for (int big = 0; big < 2 && tails[i].length <= n; big++) {
            const unsigned char *tail = b + n - tails[i].length;
            whole |= number_of(tail, big) == tails[i].length && number_of(tail + tails[i].at, big) == (uint64_t)size;
        }
    return whole;
}

static int is_whole(const gws_live_file *file)
{
    unsigned char b[TAIL];
    struct stat st;
    ssize_t n = -1;

    if (file->bytes)
        return file->n > TAIL && ends_whole((const unsigned char *)file->bytes + file->n - TAIL, TAIL, (int64_t)file->n);
    const int fd = open(file->name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return 0;
    if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > TAIL)
        n = pread(fd, b, TAIL, st.st_size - TAIL);
    close(fd);
    return n == TAIL && ends_whole(b, TAIL, (int64_t)st.st_size);
}

static int is_gwf(const gws_live_file *file)
{
    return file->bytes ? file->n >= 5 && memcmp(file->bytes, "IGWD", 5) == 0 : gws_gwf_probe(file->name);
}

static gws_gwf *open_gwf(const gws_live_file *file, gws_err *err)
{
    return file->bytes ? gws_gwf_open_bytes(file->name, file->bytes, file->n, err) : gws_gwf_open(file->name, err);
}

/* ---- what the other channels say ---- */

/* The samples of a channel in all frames of a file that lie in one second. */
typedef struct channel {
    double *x;
    int64_t n;
    int invalid;
} channel;

static gws_status read_second(gws_gwf *f, const char *name, int64_t second, channel *out, gws_err *err)
{
    const int c = gws_gwf_find(f, name);
    gws_status status = GWS_OK;

    *out = (channel){0};
    for (int k = 0; c >= 0 && k < gws_gwf_frames(f, NULL) && status == GWS_OK; k++) {
        gws_gwf_series s;
        if ((status = gws_gwf_stat(f, c, k, &s, err)) != GWS_OK || !s.present || !(s.dx_s > 0))
            continue;
        const double at = (double)(second - s.t0_ns / GWS_NS) - (double)(s.t0_ns % GWS_NS) * 1e-9 - s.offset_s;
        const double first = ceil(at / s.dx_s - 1e-6), last = ceil((at + 1) / s.dx_s - 1e-6);
        const int64_t from = first > 0 ? (int64_t)first : 0, to = last < (double)s.n ? (int64_t)last : s.n;
        if (from >= to)
            continue;
        double *more = realloc(out->x, (size_t)(out->n + to - from) * sizeof *more);
        if (!more)
            return gws_err_set(err, GWS_ENOMEM, "%s: no memory for %s", gws_gwf_path(f), name);
        out->x = more;
        status = gws_gwf_read(f, &s, from, to - from, out->x + out->n, err);
        out->n += to - from;
        out->invalid |= s.invalid;
    }
    return status;
}

/* Does a channel that says where another one counts say so in the whole second? */
static gws_status counts(gws_gwf *f, const gws_live_rule *r, int64_t second, int *yes, gws_err *err)
{
    channel valid;
    gws_status status = read_second(f, r->valid, second, &valid, err);

    *yes = status == GWS_OK && valid.n > 0 && !valid.invalid;
    for (int64_t i = 0; i < valid.n && *yes; i++)
        *yes = valid.x[i] == 1;
    free(valid.x);
    return status;
}

/* Ask one rule about one second.  why: GWS_LIVE_NO_GAP when it holds. */
static gws_status ask(gws_gwf *f, const gws_live_rule *r, int64_t second, gws_live_gap *why, gws_err *err)
{
    channel c;
    int yes = 1;
    gws_status status = GWS_OK;

    *why = GWS_LIVE_NO_GAP;
    if (r->valid[0] && ((status = counts(f, r, second, &yes, err)) != GWS_OK || !yes))
        return status;
    status = read_second(f, r->channel, second, &c, err);
    if (status == GWS_OK && c.n == 0)
        *why = GWS_LIVE_NO_CHANNEL;
    else if (status == GWS_OK && c.invalid)
        *why = r->why;
    for (int64_t i = 0; i < c.n && status == GWS_OK && *why == GWS_LIVE_NO_GAP; i++) {
        const double x = c.x[i];
        const int good = r->mask ? x >= 0 && x < 4294967296.0 && ((uint32_t)x & r->mask) == r->bits : x > r->above;
        *why = good ? GWS_LIVE_NO_GAP : r->why;
    }
    free(c.x);
    return status;
}

/* Ask the rules of a detector about one second; f NULL: the file has no such channels. */
static gws_status judge(gws_gwf *f, const gws_live_source_params *p, const char *ifo, int64_t second, gws_live_gap *why,
                        gws_err *err)
{
    gws_status status = GWS_OK;

    *why = GWS_LIVE_NO_GAP;
    for (int i = 0; i < p->n_rules && status == GWS_OK && *why == GWS_LIVE_NO_GAP; i++) {
        if (strcmp(p->rules[i].ifo, ifo) != 0)
            continue;
        if (!f)
            *why = GWS_LIVE_NO_CHANNEL;
        else
            status = ask(f, &p->rules[i], second, why, err);
    }
    return status;
}

/* ---- a file in memory ---- */

typedef struct stretch {
    gws_live_piece piece;
    double *h;
    char *dq;
} stretch;

typedef struct stretches {
    stretch *items;
    int64_t n, room;
} stretches;

static void clear(stretches *all)
{
    for (int64_t i = 0; i < all->n; i++) {
        free(all->items[i].h);
        free(all->items[i].dq);
    }
    free(all->items);
    *all = (stretches){0};
}

/* Names of the bits that fail in a second; NULL: none. */
static gws_status find_failing(const gws_quality *q, int64_t second, char **out, gws_err *err)
{
    const int64_t i = second - q->gps_start_s;
    char text[2 * GWS_QUALITY_BITS * (GWS_QUALITY_NAME + 1)] = "";
    size_t used = 0;

    *out = NULL;
    if (!q->dq || i < 0 || i >= q->n)
        return GWS_OK;
    for (int k = 0; k < q->n_dq + q->n_inj; k++) {
        const int inj = k >= q->n_dq;
        const char *name = inj ? q->inj_name[k - q->n_dq] : q->dq_name[k];
        if ((inj && !q->inj) || !name[0] || strcmp(name, GWS_QUALITY_CW) == 0 ||
            ((inj ? q->inj[i] >> (k - q->n_dq) : q->dq[i] >> k) & 1))
            continue;
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", used ? " " : "", name);
    }
    if (used && !(*out = strdup(text)))
        return gws_err_set(err, GWS_ENOMEM, "no memory for quality bits");
    return GWS_OK;
}

/* The samples of a segment that lie in one second. */
static gws_status read_piece(const gws_strain_source *s, void *handle, int segment, int64_t begin, int64_t end, stretch *out,
                             gws_err *err)
{
    const gws_strain_segment *g = &s->content.segments[segment];

    out->piece = (gws_live_piece){.rate_hz = g->rate_hz, .sample = begin, .n = end - begin};
    memcpy(out->piece.ifo, g->ifo, sizeof out->piece.ifo);
    if (!(out->h = malloc((size_t)(end - begin) * sizeof *out->h)))
        return gws_err_set(err, GWS_ENOMEM, "%s: no memory for a second of strain", s->path);
    return s->format->read(&s->content, handle, segment, begin - g->begin, end - begin, out->h, err);
}

static gws_status read_segments(const gws_strain_source *s, void *handle, gws_gwf *f, const gws_live_source_params *p,
                                stretches *all, gws_err *err)
{
    gws_quality q = {0};
    gws_status status = GWS_OK;

    for (int k = 0; k < s->content.n_segments && status == GWS_OK; k++) {
        const gws_strain_segment *g = &s->content.segments[k];
        if (s->content.has_quality && (k == 0 || strcmp(g[-1].ifo, g->ifo) != 0)) {
            gws_quality_clear(&q);
            status = s->format->quality(&s->content, handle, g->ifo, &q, err);
        }
        for (int64_t at = g->begin; at < g->begin + g->n && status == GWS_OK;) {
            const int64_t second = gws_floor_div(at, g->rate_hz), next = (second + 1) * g->rate_hz;
            const int64_t end = next < g->begin + g->n ? next : g->begin + g->n;
            gws_live_gap why;
            if (!GWS_ARRAY_ROOM(all->items, all->room, all->n + 1))
                return gws_err_set(err, GWS_ENOMEM, "%s: no memory for its seconds", s->path);
            stretch *t = &all->items[all->n++];
            *t = (stretch){0};
            if ((status = read_piece(s, handle, k, at, end, t, err)) == GWS_OK &&
                (status = judge(f, p, g->ifo, second, &why, err)) == GWS_OK) {
                t->piece.why = why;
                t->piece.h = why == GWS_LIVE_NO_GAP ? t->h : NULL;
                status = find_failing(&q, second, &t->dq, err);
                t->piece.dq = t->dq;
            }
            at = end;
        }
    }
    gws_quality_clear(&q);
    return status;
}

/* A frame without strain: what its state says, for every detector that has rules, or that its name has. */
static gws_status without_strain(const gws_live_file *file, const gws_live_source_params *p, stretches *all, gws_err *err)
{
    const gws_gwf_frame *frames;
    gws_gwf *f = open_gwf(file, err);
    gws_status status = f ? GWS_OK : err->status;
    const int n = f ? gws_gwf_frames(f, &frames) : 0;

    for (int i = 0; i < p->n_rules && status == GWS_OK; i++) {
        const gws_live_rule *r = &p->rules[i];
        int first = gws_gwf_find(f, r->channel) >= 0;
        for (int k = 0; k < i; k++)
            first &= strcmp(p->rules[k].ifo, r->ifo) != 0; /* once a detector */
        for (int k = 0; first && k < n && status == GWS_OK; k++)
            for (int64_t t = frames[k].t0_ns / GWS_NS; t < frames[k].t0_ns / GWS_NS + (int64_t)ceil(frames[k].dt_s); t++) {
                gws_live_gap why;
                if (!GWS_ARRAY_ROOM(all->items, all->room, all->n + 1))
                    status = gws_err_set(err, GWS_ENOMEM, "%s: no memory for its seconds", file->name);
                if (status != GWS_OK || (status = judge(f, p, r->ifo, t, &why, err)) != GWS_OK)
                    break;
                stretch *s = &all->items[all->n++];
                *s = (stretch){.piece = {.rate_hz = 1, .sample = t, .n = 1, .why = why ? why : GWS_LIVE_NO_CHANNEL}};
                memcpy(s->piece.ifo, r->ifo, sizeof s->piece.ifo);
            }
    }
    gws_gwf_close(f);
    return status;
}

static gws_status read_all(const gws_live_file *file, const gws_live_source_params *p, stretches *all, int *no_strain, gws_err *err)
{
    gws_strain_source s;
    void *handle = NULL;
    gws_gwf *f = NULL;
    gws_status status = file->bytes ? gws_strain_source_list_bytes(file->name, file->bytes, file->n, p->use, &s, err)
                                    : gws_strain_source_list(file->name, p->use, &s, err);

    *no_strain = status == GWS_EDATA;
    if (status != GWS_OK)
        return status;
    if (s.content.whitened && !(p->use && p->use->whitened)) {
        gws_strain_source_clear(&s);
        return gws_err_set(err, GWS_EFORMAT, "%s: whitened strain; strain itself is wanted", file->name);
    }
    if (p->n_rules > 0 && is_gwf(file) && !(f = open_gwf(file, err)))
        status = err->status;
    if (status == GWS_OK && (status = gws_strain_source_open(&s, &handle, err)) == GWS_OK)
        status = read_segments(&s, handle, f, p, all, err);
    gws_strain_source_close(&s, handle);
    gws_strain_source_clear(&s);
    gws_gwf_close(f);
    return status;
}

/* A frame of a detector as a gap. */
static gws_status lose(const char *ifo, const gws_gwf_frame *frame, gws_live_piece *piece, const gws_live_taker *taker,
                       gws_err *err)
{
    if (!(frame->dt_s > 0 && frame->dt_s < LONGEST_S))
        return GWS_OK;
    piece->rate_hz = frame->t0_ns % GWS_NS == 0 && frame->dt_s == floor(frame->dt_s) ? 1 : PARTS_HZ;
    piece->sample = gws_sample_of_ns(frame->t0_ns, piece->rate_hz);
    piece->n = gws_sample_of_ns(frame->t0_ns + gws_ns_of_s(frame->dt_s), piece->rate_hz) - piece->sample;
    snprintf(piece->ifo, sizeof piece->ifo, "%.2s", ifo);
    return taker->piece(taker->user, piece, err);
}

gws_status gws_live_frame_lost(const gws_live_file *file, gws_live_gap why, double closed_s, const gws_live_taker *taker,
                               gws_err *err)
{
    gws_filename name;
    gws_live_piece piece = {.rate_hz = 1, .why = why, .closed_s = closed_s};
    gws_gwf *f = NULL;
    const gws_gwf_frame *frames;
    char seen[4 * GWS_MAX_IFO] = "";
    gws_status status = GWS_OK;

    if (gws_filename_parse(file->name, &name) && name.ifo[0]) {
        piece.sample = name.start_s;
        piece.n = name.duration_s;
        memcpy(piece.ifo, name.ifo, sizeof piece.ifo);
        return taker->piece(taker->user, &piece, err);
    }
    if (!file->bytes || !(f = gws_gwf_open_part(file->name, file->bytes, file->n, NULL)))
        return GWS_OK;
    const int n = gws_gwf_frames(f, &frames);
    for (int c = 0; c < gws_gwf_channels(f) && status == GWS_OK; c++) {
        const char word[4] = {gws_gwf_name(f, c)[0], gws_gwf_name(f, c)[1], '\0'};
        if (!gws_is_ifo(word) || gws_gwf_name(f, c)[2] != ':' || strstr(seen, word) || strlen(seen) + 3 > sizeof seen)
            continue;
        memcpy(seen + strlen(seen), word, 3);
        for (int k = 0; k < n && status == GWS_OK; k++)
            status = lose(word, &frames[k], &piece, taker, err);
    }
    gws_gwf_close(f);
    return status;
}

/* How large it is; -1: it is not there. */
static int64_t size_of(const gws_live_file *file, gws_err *err)
{
    struct stat st;

    if (file->bytes)
        return (int64_t)file->n;
    if (stat(file->name, &st) == 0)
        return (int64_t)st.st_size;
    gws_err_set(err, GWS_EIO, "%s: %s", file->name, strerror(errno));
    return -1;
}

gws_status gws_live_frame_read(const gws_live_source_params *p, const gws_live_file *file, double closed_s,
                               const gws_live_taker *taker, gws_live_reading *reading, gws_err *err)
{
    stretches all = {0};
    int no_strain = 0;
    gws_status status = GWS_OK;
    const int64_t size = size_of(file, err);

    *reading = size < 0 ? GWS_LIVE_GONE : GWS_LIVE_READ;
    if (size < 0)
        return GWS_OK;
    if ((size < 5 || is_gwf(file)) && !is_whole(file)) {
        *reading = GWS_LIVE_NOT_WHOLE;
        gws_err_set(err, GWS_EFORMAT, "%s: ends without the structure that ends a frame file", file->name);
        return GWS_OK;
    }
    status = read_all(file, p, &all, &no_strain, err);
    if (no_strain) {
        gws_log_write(GWS_LOG_WARNING, "live", "%s", err->text);
        status = without_strain(file, p, &all, err);
        if (status == GWS_OK && all.n == 0)
            return gws_live_frame_lost(file, GWS_LIVE_NO_CHANNEL, closed_s, taker, err);
    }
    if (status != GWS_OK && status != GWS_ENOMEM) {
        *reading = size_of(file, NULL) < 0 ? GWS_LIVE_GONE : is_gwf(file) ? GWS_LIVE_BROKEN : GWS_LIVE_NOT_WHOLE;
        clear(&all);
        return GWS_OK;
    }
    for (int64_t i = 0; i < all.n && status == GWS_OK; i++) {
        all.items[i].piece.closed_s = closed_s;
        status = taker->piece(taker->user, &all.items[i].piece, err);
    }
    clear(&all);
    return status;
}
