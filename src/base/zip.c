/* zip.c - see zip.h.  Structures and their numbers: PKWARE's APPNOTE.TXT 6.3.10, sections 4.3 to 4.5. */
#include "base/zip.h"

#include "base/array.h"
#include "base/escape.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define LOCAL 0x04034b50
#define DESCRIPTOR 0x08074b50
#define CENTRAL 0x02014b50
#define END 0x06054b50
#define END64 0x06064b50
#define LOCATOR64 0x07064b50
#define END_SIZE 22
#define END64_SIZE 56
#define LOCATOR64_SIZE 20
#define CENTRAL_SIZE 46
#define LOCAL_SIZE 30
#define COMMENT_MOST 65535
#define WIDE 0xFFFFFFFFu          /* a 32-bit number that stands in a zip64 field instead */
#define DIRECTORY_MOST (64 << 20) /* bytes */
#define BACK (1 << 20)            /* unpacked bytes that are kept */
#define IN 65536

struct place {
    int64_t packed, at; /* bytes; offset of the local header */
    uint32_t crc;
    int deflated;
};

struct gws_zip {
    char *path;
    int fd;
    int64_t size;
    gws_zip_member *members;
    struct place *places;
    int n;
    int64_t room_members, room_places;

    int open;            /* member that is being unpacked, -1: none */
    int64_t data;        /* offset of its bytes */
    z_stream stream;     /* of a deflated one */
    int64_t in, out;     /* packed bytes taken, unpacked bytes given so far */
    uint32_t crc;        /* of the latter, as long as they came in order */
    unsigned char *back; /* (BACK) ring: byte k of the member at k % BACK */
    unsigned char block[IN];
};

static uint64_t number(const unsigned char *p, int n)
{
    uint64_t x = 0;
    for (int i = 0; i < n; i++)
        x |= (uint64_t)p[i] << 8 * i;
    return x;
}

static gws_status broken(const gws_zip *z, const char *what, gws_err *err)
{
    return gws_err_set(err, GWS_EFORMAT, "%s: a damaged zip archive: %s", z->path, what);
}

static gws_status read_at(const gws_zip *z, int64_t at, void *out, size_t n, gws_err *err)
{
    unsigned char *p = out;
    if (at < 0 || (int64_t)n > z->size - at)
        return broken(z, "it ends in the middle", err);
    while (n > 0) {
        const ssize_t got = pread(z->fd, p, n, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? gws_err_set(err, GWS_EIO, "%s: %s", z->path, strerror(errno))
                           : broken(z, "it ends in the middle", err);
        p += got;
        at += got;
        n -= (size_t)got;
    }
    return GWS_OK;
}

/* ---- the directory ---- */

/* Numbers too wide for their 32 bits stand in the extra field 1, in this order: unpacked, packed, offset. */
static int widen(const unsigned char *extra, int64_t n, uint64_t *value[3])
{
    int wanted = 0;
    for (int i = 0; i < 3; i++)
        wanted += *value[i] == WIDE;
    for (int64_t at = 0; at + 4 <= n;) {
        const int64_t length = (int64_t)number(extra + at + 2, 2);
        const unsigned char *p = extra + at + 4;
        if (at + 4 + length > n)
            break;
        if (number(extra + at, 2) == 1 && length >= 8 * wanted) {
            for (int i = 0; i < 3; i++)
                if (*value[i] == WIDE) {
                    *value[i] = number(p, 8);
                    p += 8;
                }
            return 1;
        }
        at += 4 + length;
    }
    return wanted == 0;
}

static gws_status add_member(gws_zip *z, const unsigned char *p, int64_t left, int64_t *used, gws_err *err)
{
    if (left < CENTRAL_SIZE || number(p, 4) != CENTRAL)
        return broken(z, "an entry of its directory is none", err);
    const int64_t name = (int64_t)number(p + 28, 2), extra = (int64_t)number(p + 30, 2), comment = (int64_t)number(p + 32, 2);
    uint64_t packed = number(p + 20, 4), size = number(p + 24, 4), at = number(p + 42, 4);
    const int method = (int)number(p + 10, 2), flags = (int)number(p + 8, 2);
    *used = CENTRAL_SIZE + name + extra + comment;
    if (*used > left || !widen(p + CENTRAL_SIZE + name, extra, (uint64_t *[3]){&size, &packed, &at}))
        return broken(z, "an entry of its directory is cut", err);
    if (!GWS_ARRAY_ROOM(z->members, z->room_members, z->n + 1) || !GWS_ARRAY_ROOM(z->places, z->room_places, z->n + 1))
        return gws_err_set(err, GWS_ENOMEM, "%s: out of memory", z->path);
    gws_zip_member *m = &z->members[z->n];
    char text[GWS_ZIP_NAME];
    snprintf(text, sizeof text, "%.*s", (int)name, (const char *)p + CENTRAL_SIZE);
    gws_escape(m->name, sizeof m->name, text, 0);
    if (flags & 1)
        return gws_err_set(err, GWS_EDATA, "%s: %.80s is encrypted", z->path, m->name);
    if (method != 0 && method != 8)
        return gws_err_set(err, GWS_EDATA, "%s: %.80s is packed by method %d; 0 (stored) and 8 (deflated) are read", z->path,
                           m->name, method);
    if (size > INT64_MAX || packed > (uint64_t)z->size || at > (uint64_t)z->size || (method == 0 && size != packed) ||
        (method == 8 && size / 1032 > packed))
        return broken(z, "the sizes of a member do not fit", err);
    m->size = (int64_t)size;
    z->places[z->n++] = (struct place){(int64_t)packed, (int64_t)at, (uint32_t)number(p + 16, 4), method == 8};
    return GWS_OK;
}

/* Where the directory stands: what the record at the end says, which a comment may follow. */
static gws_status find_directory(const gws_zip *z, uint64_t *at, uint64_t *size, uint64_t *n, gws_err *err)
{
    const int64_t most = z->size < END_SIZE + COMMENT_MOST ? z->size : END_SIZE + COMMENT_MOST;
    unsigned char *tail = malloc((size_t)most + 1), wide[END64_SIZE];
    int64_t k = most - END_SIZE;
    if (!tail)
        return gws_err_set(err, GWS_ENOMEM, "%s: out of memory", z->path);
    gws_status status = read_at(z, z->size - most, tail, (size_t)most, err);
    while (status == GWS_OK && k >= 0 && (number(tail + k, 4) != END || (int64_t)number(tail + k + 20, 2) > most - k - END_SIZE))
        k--;
    if (status == GWS_OK && k < 0)
        status = broken(z, "it has no directory", err);
    if (status == GWS_OK) {
        *n = number(tail + k + 10, 2);
        *size = number(tail + k + 12, 4);
        *at = number(tail + k + 16, 4);
        const int64_t end = z->size - most + k;
        if ((*n == 0xFFFF || *size == WIDE || *at == WIDE) && end >= LOCATOR64_SIZE &&
            (status = read_at(z, end - LOCATOR64_SIZE, wide, LOCATOR64_SIZE, err)) == GWS_OK && number(wide, 4) == LOCATOR64) {
            const uint64_t place = number(wide + 8, 8);
            if (place > (uint64_t)z->size)
                status = broken(z, "its directory lies outside", err);
            else if ((status = read_at(z, (int64_t)place, wide, END64_SIZE, err)) == GWS_OK && number(wide, 4) == END64) {
                *n = number(wide + 32, 8);
                *size = number(wide + 40, 8);
                *at = number(wide + 48, 8);
            }
        }
    }
    free(tail);
    return status;
}

static gws_status list(gws_zip *z, gws_err *err)
{
    uint64_t at = 0, size = 0, n = 0;
    gws_status status = find_directory(z, &at, &size, &n, err);
    if (status != GWS_OK)
        return status;
    if (n > GWS_ZIP_MEMBERS || size > DIRECTORY_MOST || at > (uint64_t)z->size || size > (uint64_t)z->size - at)
        return broken(z, "its directory lies outside, or is too long", err);
    unsigned char *p = malloc((size_t)size + 1);
    if (!p)
        return gws_err_set(err, GWS_ENOMEM, "%s: out of memory", z->path);
    status = read_at(z, (int64_t)at, p, (size_t)size, err);
    int64_t used = 0, one = 0;
    for (uint64_t i = 0; i < n && status == GWS_OK; i++, used += one)
        status = add_member(z, p + used, (int64_t)size - used, &one, err);
    free(p);
    return status;
}

gws_zip *gws_zip_open(const char *path, gws_err *err)
{
    struct stat st;
    gws_zip *z = calloc(1, sizeof *z);
    if (!z || !(z->path = strdup(path)) || !(z->back = malloc(BACK))) {
        gws_err_set(err, GWS_ENOMEM, "%s: out of memory", path);
        if (z)
            z->fd = -1;
        goto fail;
    }
    z->open = -1;
    z->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (z->fd < 0 || fstat(z->fd, &st) != 0) {
        gws_err_set(err, GWS_EIO, "%s: %s", path, strerror(errno));
        goto fail;
    }
    z->size = (int64_t)st.st_size;
    if (list(z, err) != GWS_OK)
        goto fail;
    return z;
fail:
    gws_zip_close(z);
    return NULL;
}

static void shut(gws_zip *z)
{
    if (z->open >= 0 && z->places[z->open].deflated)
        inflateEnd(&z->stream);
    z->open = -1;
}

void gws_zip_close(gws_zip *z)
{
    if (!z)
        return;
    shut(z);
    if (z->fd >= 0)
        close(z->fd);
    free(z->back);
    free(z->members);
    free(z->places);
    free(z->path);
    free(z);
}

const char *gws_zip_path(const gws_zip *z)
{
    return z->path;
}

int gws_zip_members(const gws_zip *z, const gws_zip_member **members)
{
    *members = z->members;
    return z->n;
}

/* ---- a member ---- */

static gws_status begin(gws_zip *z, int member, gws_err *err)
{
    unsigned char head[LOCAL_SIZE];
    const struct place *p = &z->places[member];
    shut(z);
    gws_status status = read_at(z, p->at, head, sizeof head, err);
    if (status != GWS_OK)
        return status;
    z->data = p->at + LOCAL_SIZE + (int64_t)number(head + 26, 2) + (int64_t)number(head + 28, 2);
    if (number(head, 4) != LOCAL || z->data > z->size || p->packed > z->size - z->data)
        return broken(z, "a member is not where its directory says", err);
    z->in = z->out = 0;
    z->crc = 0;
    memset(&z->stream, 0, sizeof z->stream);
    if (p->deflated && inflateInit2(&z->stream, -15) != Z_OK)
        return gws_err_set(err, GWS_ENOMEM, "%s: no memory to unpack", z->path);
    z->open = member;
    return GWS_OK;
}

static gws_status check_sum(gws_zip *z, gws_err *err)
{
    if (z->out < z->members[z->open].size || z->crc == z->places[z->open].crc)
        return GWS_OK;
    const gws_zip_member *m = &z->members[z->open];
    return gws_err_set(err, GWS_EFORMAT, "%s: the checksum of %.80s is wrong", z->path, m->name);
}

/* Unpack the next bytes into the ring; at least one. */
static gws_status unpack(gws_zip *z, gws_err *err)
{
    const struct place *p = &z->places[z->open];
    const int64_t size = z->members[z->open].size;
    unsigned char *to = z->back + z->out % BACK;
    int64_t room = BACK - z->out % BACK;
    room = room < size - z->out ? room : size - z->out;
    if (z->stream.avail_in == 0) {
        const int64_t n = p->packed - z->in < IN ? p->packed - z->in : IN;
        if (n == 0)
            return broken(z, "a member is shorter than it claims", err);
        const gws_status status = read_at(z, z->data + z->in, z->block, (size_t)n, err);
        if (status != GWS_OK)
            return status;
        z->in += n;
        z->stream.next_in = z->block;
        z->stream.avail_in = (uInt)n;
    }
    z->stream.next_out = to;
    z->stream.avail_out = (uInt)room;
    const int code = inflate(&z->stream, Z_NO_FLUSH);
    const int64_t got = room - (int64_t)z->stream.avail_out;
    if ((code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) || (code == Z_STREAM_END && z->out + got < size))
        return broken(z, "a member cannot be unpacked", err);
    z->crc = (uint32_t)crc32(z->crc, to, (uInt)got);
    z->out += got;
    return check_sum(z, err);
}

/* Of a stored member the sum is known when all was read in order. */
static gws_status read_stored(gws_zip *z, int64_t at, size_t n, void *out, gws_err *err)
{
    gws_status status = read_at(z, z->data + at, out, n, err);
    if (status != GWS_OK)
        return status;
    const int64_t again = z->out - at; /* bytes that were read before */
    if (again >= 0 && again < (int64_t)n) {
        const unsigned char *p = (const unsigned char *)out + again;
        for (size_t left = n - (size_t)again, m; left > 0; left -= m, p += m) {
            m = left < IN ? left : IN;
            z->crc = (uint32_t)crc32(z->crc, p, (uInt)m);
        }
        z->out = at + (int64_t)n;
        status = check_sum(z, err);
    }
    return status;
}

gws_status gws_zip_read(gws_zip *z, int member, int64_t at, size_t n, void *out, gws_err *err)
{
    GWS_ASSERT(z && member >= 0 && member < z->n && at >= 0 && (out || n == 0) && (int64_t)n <= z->members[member].size - at);
    unsigned char *to = out;
    gws_status status = GWS_OK;
    if (n == 0)
        return GWS_OK;
    if (z->open != member && (status = begin(z, member, err)) != GWS_OK)
        return status;
    if (!z->places[member].deflated)
        return read_stored(z, at, n, out, err);
    if (at < z->out - BACK && (status = begin(z, member, err)) != GWS_OK)
        return status;
    while (n > 0) {
        if (at < z->out) { /* in the ring */
            const int64_t edge = BACK - at % BACK, there = z->out - at;
            int64_t m = edge < there ? edge : there;
            m = m < (int64_t)n ? m : (int64_t)n;
            memcpy(to, z->back + at % BACK, (size_t)m);
            to += m;
            at += m;
            n -= (size_t)m;
        } else if ((status = unpack(z, err)) != GWS_OK) {
            shut(z);
            return status;
        }
    }
    return GWS_OK;
}

/* ---- writing ---- */

struct written {
    char name[GWS_ZIP_NAME];
    int64_t size, packed, at;
    uint32_t crc;
};

struct gws_zip_writer {
    gws_output *out;
    char *path;
    struct written *members;
    int64_t n, room;
    int64_t at;   /* bytes written */
    int64_t left; /* of the member that is open; -1: none */
    z_stream stream;
    unsigned char raw[IN], packed[IN];
};

gws_zip_writer *gws_zip_writer_create(gws_output *o, const char *path, gws_err *err)
{
    gws_zip_writer *w = calloc(1, sizeof *w);
    if (!w || !(w->path = strdup(path))) {
        gws_err_set(err, GWS_ENOMEM, "%s: out of memory", path);
        free(w);
        return NULL;
    }
    w->out = o;
    w->left = -1;
    return w;
}

void gws_zip_writer_destroy(gws_zip_writer *w)
{
    if (!w)
        return;
    if (w->left >= 0)
        deflateEnd(&w->stream);
    free(w->members);
    free(w->path);
    free(w);
}

static gws_status emit(gws_zip_writer *w, const void *data, size_t n, gws_err *err)
{
    w->at += (int64_t)n;
    return gws_output_write(w->out, data, n, err);
}

static unsigned char *put(unsigned char *p, uint64_t x, int n)
{
    for (int i = 0; i < n; i++)
        *p++ = (unsigned char)(x >> 8 * i);
    return p;
}

/* The packed size may pass 4 GiB a little later than the unpacked one does, and never much before. */
static int is_wide(const struct written *m)
{
    return m->size >= 0xFF000000;
}

/* Version, flags (sizes follow the data), method, time (none: 1980-01-01). */
static unsigned char *put_kind(unsigned char *p, const struct written *m)
{
    p = put(p, is_wide(m) ? 45 : 20, 2);
    p = put(p, 8, 2);
    p = put(p, 8, 2);
    p = put(p, 0, 2);
    return put(p, 0x21, 2);
}

static gws_status pack(gws_zip_writer *w, int flush, gws_err *err)
{
    struct written *m = &w->members[w->n - 1];
    int code = Z_OK;
    do {
        w->stream.next_out = w->packed;
        w->stream.avail_out = IN;
        code = deflate(&w->stream, flush);
        const size_t n = IN - w->stream.avail_out;
        m->packed += (int64_t)n;
        const gws_status status = emit(w, w->packed, n, err);
        if (status != GWS_OK)
            return status;
    } while (w->stream.avail_out == 0 || (flush == Z_FINISH && code == Z_OK));
    return GWS_OK;
}

static gws_status finish_member(gws_zip_writer *w, gws_err *err)
{
    unsigned char tail[24], *p = tail;
    if (w->left < 0)
        return GWS_OK;
    GWS_ASSERT(w->left == 0);
    w->stream.avail_in = 0;
    const gws_status status = pack(w, Z_FINISH, err);
    deflateEnd(&w->stream);
    w->left = -1;
    if (status != GWS_OK)
        return status;
    const struct written *m = &w->members[w->n - 1];
    const int wide = is_wide(m) ? 8 : 4;
    p = put(p, DESCRIPTOR, 4);
    p = put(p, m->crc, 4);
    p = put(p, (uint64_t)m->packed, wide);
    p = put(p, (uint64_t)m->size, wide);
    return emit(w, tail, (size_t)(p - tail), err);
}

gws_status gws_zip_writer_member(gws_zip_writer *w, const char *name, int64_t size, gws_err *err)
{
    GWS_ASSERT(w && name && size >= 0 && strlen(name) < GWS_ZIP_NAME);
    unsigned char head[LOCAL_SIZE + 20], *p = head;
    gws_status status = finish_member(w, err);
    if (status != GWS_OK)
        return status;
    if (!GWS_ARRAY_ROOM(w->members, w->room, w->n + 1))
        return gws_err_set(err, GWS_ENOMEM, "%s: out of memory", w->path);
    struct written *m = &w->members[w->n++];
    *m = (struct written){.size = size, .at = w->at};
    memcpy(m->name, name, strlen(name) + 1);
    const int wide = is_wide(m);
    p = put(p, LOCAL, 4);
    p = put_kind(p, m);
    p = put(p, 0, 4); /* the checksum and both sizes follow the data */
    p = put(p, wide ? WIDE : 0, 4);
    p = put(p, wide ? WIDE : 0, 4);
    p = put(p, strlen(name), 2);
    p = put(p, wide ? 20 : 0, 2);
    if ((status = emit(w, head, LOCAL_SIZE, err)) != GWS_OK || (status = emit(w, name, strlen(name), err)) != GWS_OK)
        return status;
    if (wide) {
        p = put(head, 1, 2);
        p = put(p, 16, 2);
        p = put(p, 0, 8);
        p = put(p, 0, 8);
        if ((status = emit(w, head, 20, err)) != GWS_OK)
            return status;
    }
    memset(&w->stream, 0, sizeof w->stream);
    if (deflateInit2(&w->stream, 1, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return gws_err_set(err, GWS_ENOMEM, "%s: no memory to compress", w->path);
    w->left = size;
    return GWS_OK;
}

gws_status gws_zip_writer_write(gws_zip_writer *w, const void *data, size_t n, gws_err *err)
{
    GWS_ASSERT(w && w->left >= (int64_t)n);
    const unsigned char *from = data;
    gws_status status = GWS_OK;
    for (size_t m; n > 0 && status == GWS_OK; n -= m, from += m) {
        m = n < IN ? n : IN;
        memcpy(w->raw, from, m);
        w->members[w->n - 1].crc = (uint32_t)crc32(w->members[w->n - 1].crc, from, (uInt)m);
        w->left -= (int64_t)m;
        w->stream.next_in = w->raw;
        w->stream.avail_in = (uInt)m;
        status = pack(w, Z_NO_FLUSH, err);
    }
    return status;
}

static gws_status write_entry(gws_zip_writer *w, const struct written *m, gws_err *err)
{
    unsigned char head[CENTRAL_SIZE + 28], *p = head;
    const int wide = is_wide(m) || m->packed >= WIDE || m->at >= WIDE;
    p = put(p, CENTRAL, 4);
    p = put(p, wide ? 45 : 20, 2);
    p = put_kind(p, m);
    p = put(p, m->crc, 4);
    p = put(p, wide ? WIDE : (uint64_t)m->packed, 4);
    p = put(p, wide ? WIDE : (uint64_t)m->size, 4);
    p = put(p, strlen(m->name), 2);
    p = put(p, wide ? 28 : 0, 2);
    p = put(p, 0, 2); /* comment, disk, attributes */
    p = put(p, 0, 2);
    p = put(p, 0, 2);
    p = put(p, 0, 4);
    p = put(p, wide ? WIDE : (uint64_t)m->at, 4);
    gws_status status;
    if ((status = emit(w, head, CENTRAL_SIZE, err)) != GWS_OK || (status = emit(w, m->name, strlen(m->name), err)) != GWS_OK ||
        !wide)
        return status;
    p = put(head, 1, 2);
    p = put(p, 24, 2);
    p = put(p, (uint64_t)m->size, 8);
    p = put(p, (uint64_t)m->packed, 8);
    p = put(p, (uint64_t)m->at, 8);
    return emit(w, head, 28, err);
}

gws_status gws_zip_writer_end(gws_zip_writer *w, const char *comment, gws_err *err)
{
    unsigned char tail[END64_SIZE + LOCATOR64_SIZE + END_SIZE], *p = tail;
    gws_status status = finish_member(w, err);
    const int64_t at = w->at;
    for (int64_t i = 0; i < w->n && status == GWS_OK; i++)
        status = write_entry(w, &w->members[i], err);
    if (status != GWS_OK)
        return status;
    const int64_t size = w->at - at, end64 = w->at;
    const int wide = at >= WIDE || size >= WIDE || w->n >= 0xFFFF;
    const size_t length = strlen(comment) < 60000 ? strlen(comment) : 60000;
    if (wide) {
        p = put(p, END64, 4);
        p = put(p, END64_SIZE - 12, 8);
        p = put(p, 45, 2);
        p = put(p, 45, 2);
        p = put(p, 0, 8); /* disks */
        p = put(p, (uint64_t)w->n, 8);
        p = put(p, (uint64_t)w->n, 8);
        p = put(p, (uint64_t)size, 8);
        p = put(p, (uint64_t)at, 8);
        p = put(p, LOCATOR64, 4);
        p = put(p, 0, 4);
        p = put(p, (uint64_t)end64, 8);
        p = put(p, 1, 4);
    }
    p = put(p, END, 4);
    p = put(p, 0, 4); /* disks */
    p = put(p, wide ? 0xFFFF : (uint64_t)w->n, 2);
    p = put(p, wide ? 0xFFFF : (uint64_t)w->n, 2);
    p = put(p, wide ? WIDE : (uint64_t)size, 4);
    p = put(p, wide ? WIDE : (uint64_t)at, 4);
    p = put(p, length, 2);
    if ((status = emit(w, tail, (size_t)(p - tail), err)) != GWS_OK)
        return status;
    return emit(w, comment, length, err);
}
