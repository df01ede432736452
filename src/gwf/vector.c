/* vector.c - the samples of a channel: FrAdcData, FrProcData or FrSimData to its FrVect, and what compression did to it. */
#include "base/unpack.h"
#include "gwf/parse.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define LITTLE 256         /* FrVect.compress: the data are little-endian */
#define MAX_BLOCK 64       /* samples of a block of zero suppression; writers use 12 and 8 */
#define DEFLATE_RATIO 1040 /* zlib makes no more of a byte */
#define PEEK 4096          /* bytes that hold all of a vector but its samples, as a rule */
#define VECTOR_SEARCH 256  /* structures to look at behind a channel before the frame is searched from its beginning */

/* A FrVect without its samples. */
struct vect {
    gws_gwf_type type;
    int scheme, little;
    int64_t n;                 /* samples */
    const unsigned char *data; /* (bytes) compressed */
    uint64_t bytes;
    uint64_t first_dim;
    int dims;
    double dx, start;
    char unit[256];
};

static size_t size_of(gws_gwf_type type)
{
    static const unsigned char size[] = {1, 2, 8, 4, 4, 8, 8, 16, 0, 2, 4, 8, 1};
    return (unsigned)type < sizeof size ? size[type] : 0;
}

/* ---- the structures ---- */

/* Up to the samples. */
static void parse_front(gws_gwf_cursor *c, struct vect *v)
{
    memset(v, 0, sizeof *v);
    gws_gwf_take_string(c, NULL, NULL);
    const unsigned compress = (unsigned)gws_gwf_take(c, 2);
    v->type = (gws_gwf_type)gws_gwf_take(c, 2);
    const uint64_t n = gws_gwf_take(c, 8);
    v->bytes = gws_gwf_take(c, 8);
    v->scheme = (int)(compress & 255);
    v->little = (compress & LITTLE) != 0;
    v->n = n < INT64_MAX / 16 ? (int64_t)n : -1;
}

/* Behind the samples. */
static void parse_back(gws_gwf_cursor *c, struct vect *v)
{
    const char *unit;
    size_t length;
    const uint32_t dims = (uint32_t)gws_gwf_take(c, 4);
    v->dims = (int)(dims < 2 ? dims : 2);
    if (dims > (uint64_t)(c->end - c->p) / 24)
        c->bad = 1;
    for (uint32_t i = 0; i < dims && !c->bad; i++) {
        const uint64_t nx = gws_gwf_take(c, 8);
        if (i == 0)
            v->first_dim = nx;
    }
    const uint64_t others = dims > 0 ? 8 * (uint64_t)(dims - 1) : 0;
    v->dx = dims > 0 ? gws_gwf_take_f8(c) : 0;
    gws_gwf_skip(c, others);
    v->start = dims > 0 ? gws_gwf_take_f8(c) : 0;
    gws_gwf_skip(c, others);
    for (uint32_t i = 0; i < dims && !c->bad; i++)
        gws_gwf_take_string(c, NULL, NULL);
    gws_gwf_take_string(c, &unit, &length);
    snprintf(v->unit, sizeof v->unit, "%.*s", (int)(length < sizeof v->unit ? length : sizeof v->unit - 1), unit);
}

static gws_status leads_outside(const gws_gwf *f, const gws_gwf_head *h, gws_err *err)
{
    return gws_gwf_wrong(f, h, err, "its counts lead outside of it");
}

/* A vector that was loaded whole. */
static gws_status parse_vect(gws_gwf *f, const gws_gwf_head *h, gws_gwf_cursor *c, struct vect *v, gws_err *err)
{
    parse_front(c, v);
    v->data = c->p;
    gws_gwf_skip(c, v->bytes);
    parse_back(c, v);
    return c->bad || v->n < 0 ? leads_outside(f, h, err) : GWS_OK;
}

/* All but the samples, which are not read; the checksum covers them and is left to who reads them. */
static gws_status peek_vect(gws_gwf *f, const gws_gwf_head *h, struct vect *v, gws_err *err)
{
    unsigned char front[PEEK], back[PEEK];
    const int64_t end = h->at + h->length - (f->version >= 8 ? 4 : 0);
    size_t n = h->length < PEEK ? (size_t)h->length : PEEK;
    gws_gwf_cursor c;
    gws_status status = gws_gwf_pread(f, h->at, front, n, err);
    if (status != GWS_OK)
        return status;
    c = (gws_gwf_cursor){front + 14, front + n, f->swap, 0};
    parse_front(&c, v);
    const int64_t from = h->at + (c.p - front);
    if (c.bad || v->n < 0 || from > end || v->bytes > (uint64_t)(end - from) || end - from - (int64_t)v->bytes > PEEK) {
        if ((status = gws_gwf_load(f, h, &c, err)) != GWS_OK) /* long names, many dimensions, or nonsense */
            return status;
        return parse_vect(f, h, &c, v, err);
    }
    n = (size_t)(end - from - (int64_t)v->bytes);
    if ((status = gws_gwf_pread(f, end - (int64_t)n, back, n, err)) != GWS_OK)
        return status;
    c = (gws_gwf_cursor){back, back + n, f->swap, 0};
    parse_back(&c, v);
    return c.bad ? leads_outside(f, h, err) : GWS_OK;
}

/* The vector that a pointer of frame `frame` names, searched from an offset on. */
static gws_status find_vect(gws_gwf *f, gws_gwf_pointer p, int64_t from, int most, gws_gwf_head *out, int *found, gws_err *err)
{
    gws_status status = GWS_OK;
    *found = 0;
    for (int64_t at = from; most != 0 && at < f->size; at += out->length, most--) {
        if ((status = gws_gwf_head_at(f, at, out, err)) != GWS_OK || out->role == ROLE_END_OF_FRAME ||
            out->role == ROLE_END_OF_FILE)
            return status;
        if (out->cls == p.cls && out->instance == p.instance) {
            *found = 1;
            return GWS_OK;
        }
    }
    return status;
}

/* Read what stands in front of the pointer to the data. */
static gws_gwf_pointer parse_channel(gws_gwf_kind kind, gws_gwf_cursor *c, gws_gwf_series *out)
{
    gws_gwf_take_string(c, NULL, NULL);
    gws_gwf_take_string(c, NULL, NULL);
    if (kind == GWS_GWF_PROC) {
        const unsigned type = (unsigned)gws_gwf_take(c, 2);
        gws_gwf_skip(c, 2);
        out->offset_s = gws_gwf_take_f8(c);
        gws_gwf_skip(c, 8 + 8 + 4 + 8 + 8); /* tRange, fShift, phase, fRange, BW */
        const uint64_t aux = gws_gwf_take(c, 2);
        gws_gwf_skip(c, 8 * aux);
        for (uint64_t i = 0; i < aux && !c->bad; i++)
            gws_gwf_take_string(c, NULL, NULL);
        out->invalid = 0;
        if (type > 1)
            c->bad = 2; /* no time series */
    } else if (kind == GWS_GWF_ADC) {
        gws_gwf_skip(c, 4 + 4 + 4);
        out->bias = gws_gwf_take_f4(c);
        out->slope = gws_gwf_take_f4(c);
        gws_gwf_take_string(c, NULL, NULL);
        gws_gwf_skip(c, 8); /* sampleRate: dx says it more exactly */
        out->offset_s = gws_gwf_take_f8(c);
        gws_gwf_skip(c, 8 + 4);
        out->invalid = (int)gws_gwf_take(c, 2);
    } else {
        gws_gwf_skip(c, 8);
        out->offset_s = gws_gwf_take_f8(c);
        gws_gwf_skip(c, 8 + 4);
    }
    if (out->slope == 0) { /* often written as 0, 0, which means nothing */
        out->slope = 1;
        out->bias = 0;
    }
    return gws_gwf_take_pointer(c);
}

gws_status gws_gwf_stat(gws_gwf *f, int channel, int frame, gws_gwf_series *out, gws_err *err)
{
    GWS_ASSERT(f && out && channel >= 0 && channel < f->n_channels && frame >= 0 && frame < f->n_frames);
    const gws_gwf_channel *ch = &f->channels[channel];
    gws_gwf_head h, at;
    gws_gwf_cursor c;
    struct vect v;
    gws_gwf_series s = {.slope = 1};
    int found = 0;
    gws_status status;
    memset(out, 0, sizeof *out);
    if (frame >= ch->n_at || ch->at[frame] == 0)
        return GWS_OK;
    for (int64_t p = ch->at[frame];;
         p += h.length) { /* some tables of contents point at the description of the class in front of it */
        if ((status = gws_gwf_head_at(f, p, &h, err)) != GWS_OK)
            return status;
        if (h.role != ROLE_SH && h.role != ROLE_SE)
            break;
    }
    const gws_gwf_role want = (gws_gwf_role)(ROLE_ADC + (int)ch->kind);
    if (h.role != want)
        return gws_gwf_wrong(f, &h, err, "the table of contents has a channel here");
    if ((status = gws_gwf_load(f, &h, &c, err)) != GWS_OK)
        return status;
    const gws_gwf_pointer data = parse_channel(ch->kind, &c, &s);
    if (c.bad)
        return gws_gwf_wrong(f, &h, err, c.bad == 2 ? "not a time series" : "too short");
    if (data.cls == 0)
        return gws_gwf_wrong(f, &h, err, "it has no data");
    if ((status = find_vect(f, data, h.at + h.length, VECTOR_SEARCH, &at, &found, err)) != GWS_OK)
        return status;
    /* some tables of contents have the dictionary's place for every frame, from which only the first is found */
    const int64_t begin = f->frame_at[frame];
    if (!found && begin < h.at && (frame == 0 || begin > f->frame_at[frame - 1]) &&
        (status = find_vect(f, data, begin, -1, &at, &found, err)) != GWS_OK)
        return status;
    if (!found || at.role != ROLE_VECT)
        return gws_gwf_wrong(f, &h, err, "its data are not in the frame");
    if ((status = peek_vect(f, &at, &v, err)) != GWS_OK)
        return status;
    if (v.dims != 1 || v.first_dim != (uint64_t)v.n || !(v.dx > 0) || !isfinite(v.dx) || !isfinite(v.start) ||
        !isfinite(s.offset_s))
        return gws_gwf_wrong(f, &at, err, "not samples in one dimension, a time apart");
    s.present = 1;
    s.type = v.type;
    s.n = v.n;
    s.dx_s = v.dx;
    s.t0_ns = f->frames[frame].t0_ns;
    s.offset_s += v.start;
    memcpy(s.unit, v.unit, sizeof s.unit);
    s.at = at.at;
    *out = s;
    return GWS_OK;
}

/* ---- compression ---- */

static int host_is_little(void)
{
    const uint16_t one = 1;
    unsigned char low;
    memcpy(&low, &one, 1);
    return low == 1;
}

static void swap_items(unsigned char *p, int64_t n, size_t size)
{
    for (int64_t i = 0; i < n; i++, p += size)
        for (size_t k = 0; k < size / 2; k++) {
            const unsigned char x = p[k];
            p[k] = p[size - 1 - k];
            p[size - 1 - k] = x;
        }
}

static int inflate_all(const unsigned char *data, uint64_t bytes, unsigned char *out, size_t want)
{
    z_stream z = {0};
    int done = 0;
    if (gws_unpack_fast(data, bytes, out, want))
        return 1;
    if (inflateInit(&z) != Z_OK)
        return 0;
    z.next_in = (z_const Bytef *)(uintptr_t)data;
    z.next_out = out;
    while (!done) {
        const uInt in = bytes < 1u << 30 ? (uInt)bytes : 1u << 30, room = want < 1u << 30 ? (uInt)want : 1u << 30;
        z.avail_in = in;
        z.avail_out = room;
        const int r = inflate(&z, Z_NO_FLUSH);
        bytes -= in - z.avail_in;
        want -= room - z.avail_out;
        if (r == Z_STREAM_END || (r != Z_OK && r != Z_BUF_ERROR) || (z.avail_in == in && z.avail_out == room))
            done = 1;
    }
    inflateEnd(&z);
    return want == 0;
}

/* Running sums modulo the size of an integer: what differences came from. */
static void sum_up(unsigned char *p, int64_t n, size_t size)
{
    uint64_t sum = 0;
    for (int64_t i = 0; i < n; i++, p += size) {
        uint64_t x = 0;
        memcpy(&x, p, size); /* little-endian host or not: both ways below agree */
        if (!host_is_little())
            x >>= 8 * (8 - size);
        sum += x;
        x = host_is_little() ? sum : sum << 8 * (8 - size);
        memcpy(p, &x, size);
    }
}

/* Bits, lowest first. */
struct bits {
    const unsigned char *p, *end;
    uint64_t held;
    int n;
    int bad;
};

static uint32_t take_bits(struct bits *b, int n)
{
    while (b->n < n) {
        if (b->p == b->end) {
            b->bad = 1;
            return 0;
        }
        b->held |= (uint64_t)*b->p++ << b->n;
        b->n += 8;
    }
    const uint32_t x = (uint32_t)(b->held & ((UINT64_C(1) << n) - 1));
    b->held >>= n;
    b->n -= n;
    return x;
}

/* Blocks of differences in as few bits as the largest needs; gw_wide is 4 for 2-byte and 5 for 4-byte integers. */
static int expand_zeros(const struct vect *v, unsigned char *out, size_t size)
{
    if (v->bytes < 2)
        return 0;
    const int block = v->data[0] | v->data[1] << 8, field = size == 2 ? 4 : 5;
    struct bits b = {v->data + 2, v->data + v->bytes, 0, 0, 0};
    if (block < 1 || block > MAX_BLOCK)
        return 0;
    for (int64_t i = 0; i < v->n; i += block) {
        const uint32_t f = take_bits(&b, field);
        const int width = (int)f + 1;
        for (int64_t k = i; k < i + block && k < v->n; k++) {
            uint32_t x = f == 0 ? 0 : take_bits(&b, width) - ((UINT32_C(1) << (width - 1)) - 1);
            if (size == 2) {
                const uint16_t y = (uint16_t)x;
                memcpy(out + 2 * k, &y, 2);
            } else {
                memcpy(out + 4 * k, &x, 4);
            }
        }
        if (b.bad)
            return 0;
    }
    sum_up(out, v->n, size);
    return 1;
}

static int is_integer(gws_gwf_type t)
{
    return t != GWS_GWF_F4 && t != GWS_GWF_F8;
}

/* The samples in this machine's byte order; `want` bytes. */
static gws_status expand(const gws_gwf *f, const gws_gwf_head *h, const struct vect *v, unsigned char *out, gws_err *err)
{
    const size_t size = size_of(v->type), want = (size_t)v->n * size;
    int good = 0;
    switch (v->scheme) {
    case 0:
        good = v->bytes == want;
        if (good)
            memcpy(out, v->data, want);
        break;
    case 1: good = inflate_all(v->data, v->bytes, out, want); break;
    case 3: good = is_integer(v->type) && inflate_all(v->data, v->bytes, out, want); break;
    case 5: good = size == 2 && expand_zeros(v, out, 2); break;
    case 8: good = size == 4 && is_integer(v->type) && expand_zeros(v, out, 4); break;
    }
    if (!good)
        return gws_gwf_wrong(f, h, err, "its data do not give the samples that it promises");
    if (v->scheme < 5 && v->little != host_is_little())
        swap_items(out, v->n, size);
    if (v->scheme == 3)
        sum_up(out, v->n, size);
    return GWS_OK;
}

static gws_status check_expansion(const gws_gwf *f, const gws_gwf_head *h, const struct vect *v, gws_err *err)
{
    const uint64_t want = (uint64_t)v->n * size_of(v->type);
    char what[120];
    if (v->type == GWS_GWF_C8 || v->type == GWS_GWF_C16 || size_of(v->type) == 0) {
        snprintf(what, sizeof what, "samples of type %d, which are no real numbers", (int)v->type);
        return gws_gwf_wrong(f, h, err, what);
    }
    if ((v->scheme > 1 && v->scheme != 3 && v->scheme != 5 && v->scheme != 8) || (v->scheme >= 5 && !v->little)) {
        snprintf(what, sizeof what, "compression %d%s is not read (0, 1, 3, 5, 8 are)", v->scheme,
                 v->little ? "" : " of big-endian data");
        return gws_gwf_wrong(f, h, err, what);
    }
    const uint64_t most = v->scheme == 0 ? 1 : v->scheme <= 3 ? DEFLATE_RATIO : 8 * MAX_BLOCK;
    if (want / most > v->bytes)
        return gws_gwf_wrong(f, h, err, "more samples than its bytes can hold");
    return GWS_OK;
}

static gws_status cache_vect(gws_gwf *f, int64_t where, gws_err *err)
{
    gws_gwf_head h;
    gws_gwf_cursor c;
    struct vect v;
    gws_status status;
    f->cached_at = 0;
    if ((status = gws_gwf_head_at(f, where, &h, err)) != GWS_OK || (status = gws_gwf_load(f, &h, &c, err)) != GWS_OK ||
        (status = parse_vect(f, &h, &c, &v, err)) != GWS_OK || (status = check_expansion(f, &h, &v, err)) != GWS_OK)
        return status;
    const size_t want = (size_t)v.n * size_of(v.type);
    free(f->cached);
    f->cached = malloc(want > 0 ? want : 1);
    if (!f->cached)
        return gws_err_set(err, GWS_ENOMEM, "%s: no memory for %lld samples", f->path, (long long)v.n);
    if ((status = expand(f, &h, &v, f->cached, err)) != GWS_OK)
        return status;
    f->cached_type = v.type;
    f->cached_n = v.n;
    f->cached_at = where;
    return GWS_OK;
}

#define EACH(type)                                                                                                                 \
    for (int64_t i = 0; i < n; i++) {                                                                                              \
        type x;                                                                                                                    \
        memcpy(&x, p + (size_t)i * sizeof x, sizeof x);                                                                            \
        out[i] = (double)x;                                                                                                        \
    }                                                                                                                              \
    break

gws_status gws_gwf_read(gws_gwf *f, const gws_gwf_series *s, int64_t start, int64_t n, double *out, gws_err *err)
{
    GWS_ASSERT(f && s && s->present && start >= 0 && n >= 0 && start + n <= s->n && (out || n == 0));
    gws_status status = f->cached_at == s->at ? GWS_OK : cache_vect(f, s->at, err);
    if (status != GWS_OK || n == 0)
        return status;
    if (f->cached_n != s->n || f->cached_type != s->type)
        return gws_err_set(err, GWS_EIO, "%s: the file changed while it was read", f->path);
    const unsigned char *p = f->cached + (size_t)start * size_of(s->type);
    switch (s->type) {
    case GWS_GWF_I1: EACH(int8_t);
    case GWS_GWF_U1: EACH(uint8_t);
    case GWS_GWF_I2: EACH(int16_t);
    case GWS_GWF_U2: EACH(uint16_t);
    case GWS_GWF_I4: EACH(int32_t);
    case GWS_GWF_U4: EACH(uint32_t);
    case GWS_GWF_I8: EACH(int64_t);
    case GWS_GWF_U8: EACH(uint64_t);
    case GWS_GWF_F4: EACH(float);
    case GWS_GWF_F8: EACH(double);
    default: return gws_err_set(err, GWS_EDATA, "%s: samples of type %d are no real numbers", f->path, (int)s->type);
    }
    if (s->slope != 1 || s->bias != 0)
        for (int64_t i = 0; i < n; i++)
            out[i] = s->bias + s->slope * out[i];
    return GWS_OK;
}
