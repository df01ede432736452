/* file.c - a frame file as bytes and structures; see gwf.h. */
#include "gwf/crc.h"
#include "gwf/parse.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char *const role_name[ROLES] = {"structure", "FrSH",   "FrSE",      "FrameH",       "FrAdcData",   "FrProcData",
                                             "FrSimData", "FrVect", "FrRawData", "FrEndOfFrame", "FrEndOfFile", "FrTOC"};

const char *gws_gwf_role_name(gws_gwf_role role)
{
    return role_name[role];
}

gws_status gws_gwf_wrong(const gws_gwf *f, const gws_gwf_head *h, gws_err *err, const char *what)
{
    return gws_err_set(err, GWS_EFORMAT, "%s: %s at %lld: %s", f->path, role_name[h->role], (long long)h->at, what);
}

/* ---- cursor ---- */

static const unsigned char *take_bytes(gws_gwf_cursor *c, uint64_t n)
{
    if (n > (uint64_t)(c->end - c->p)) {
        c->bad = 1;
        c->p = c->end;
        return NULL;
    }
    const unsigned char *p = c->p;
    c->p += n;
    return p;
}

void gws_gwf_skip(gws_gwf_cursor *c, uint64_t bytes)
{
    take_bytes(c, bytes);
}

static int is_little(void)
{
    const uint16_t one = 1;
    unsigned char low;
    memcpy(&low, &one, 1);
    return low == 1;
}

static uint64_t number_of(const unsigned char *p, int bytes, int little)
{
    uint64_t x = 0;
    for (int i = 0; i < bytes; i++)
        x |= (uint64_t)p[little ? i : bytes - 1 - i] << 8 * i;
    return x;
}

uint64_t gws_gwf_take(gws_gwf_cursor *c, int bytes)
{
    const unsigned char *p = take_bytes(c, (uint64_t)bytes);
    return p ? number_of(p, bytes, is_little() != (c->swap != 0)) : 0;
}

double gws_gwf_take_f4(gws_gwf_cursor *c)
{
    const uint32_t bits = (uint32_t)gws_gwf_take(c, 4);
    float x;
    memcpy(&x, &bits, sizeof x);
    return (double)x;
}

double gws_gwf_take_f8(gws_gwf_cursor *c)
{
    const uint64_t bits = gws_gwf_take(c, 8);
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

gws_gwf_pointer gws_gwf_take_pointer(gws_gwf_cursor *c)
{
    gws_gwf_pointer p;
    p.cls = (unsigned)gws_gwf_take(c, 2);
    p.instance = (uint32_t)gws_gwf_take(c, 4);
    return p;
}

void gws_gwf_take_string(gws_gwf_cursor *c, const char **out, size_t *n)
{
    const uint64_t length = gws_gwf_take(c, 2);
    const unsigned char *p = take_bytes(c, length);
    if (out) {
        *out = p ? (const char *)p : "";
        *n = p ? strnlen((const char *)p, length) : 0;
    }
}

/* ---- structures ---- */

gws_status gws_gwf_pread(gws_gwf *f, int64_t at, void *out, size_t n, gws_err *err)
{
    unsigned char *to = out;
    if (f->bytes && at >= 0 && at <= f->size && n <= (uint64_t)(f->size - at)) {
        memcpy(out, f->bytes + at, n);
        return GWS_OK;
    }
    while (n > 0) {
        const ssize_t got = f->bytes ? 0 : pread(f->fd, to, n, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return gws_err_set(err, GWS_EIO, "%s: %s", f->path, strerror(errno));
        if (got == 0)
            return gws_err_set(err, GWS_EFORMAT, "%s: the file ends at %lld, %zu bytes more were wanted", f->path, (long long)at,
                               n);
        to += got;
        at += got;
        n -= (size_t)got;
    }
    return GWS_OK;
}

gws_status gws_gwf_head_at(gws_gwf *f, int64_t at, gws_gwf_head *out, gws_err *err)
{
    unsigned char bytes[14];
    memset(out, 0, sizeof *out);
    out->at = at;
    if (at < GWS_GWF_HEADER || at > f->size - (int64_t)sizeof bytes)
        return gws_err_set(err, GWS_EFORMAT, "%s: the file ends at %lld, a structure was wanted at %lld", f->path,
                           (long long)f->size, (long long)at);
    gws_status status = gws_gwf_pread(f, at, bytes, sizeof bytes, err);
    if (status != GWS_OK)
        return status;
    gws_gwf_cursor c = {bytes, bytes + sizeof bytes, f->swap, 0};
    const uint64_t length = gws_gwf_take(&c, 8);
    if (f->version >= 8) {
        gws_gwf_skip(&c, 1);
        out->cls = (unsigned)gws_gwf_take(&c, 1);
    } else {
        out->cls = (unsigned)gws_gwf_take(&c, 2);
    }
    out->instance = (uint32_t)gws_gwf_take(&c, 4);
    out->role = f->role[out->cls];
    if (length < sizeof bytes + (f->version >= 8 ? 4 : 0) || length > (uint64_t)(f->size - at)) {
        char what[120];
        snprintf(what, sizeof what, "a length of %llu bytes, the file has %lld from there on", (unsigned long long)length,
                 (long long)(f->size - at));
        return gws_gwf_wrong(f, out, err, what);
    }
    out->length = (int64_t)length;
    return GWS_OK;
}

gws_status gws_gwf_load(gws_gwf *f, const gws_gwf_head *h, gws_gwf_cursor *out, gws_err *err)
{
    const size_t n = (size_t)h->length, tail = f->version >= 8 ? 4 : 0;
    memset(out, 0, sizeof *out);
    if (n > f->buffer_size) {
        unsigned char *more = realloc(f->buffer, n);
        if (!more)
            return gws_err_set(err, GWS_ENOMEM, "%s: no memory for the %zu bytes of %s at %lld", f->path, n, role_name[h->role],
                               (long long)h->at);
        f->buffer = more;
        f->buffer_size = n;
    }
    gws_status status = gws_gwf_pread(f, h->at, f->buffer, n, err);
    if (status != GWS_OK)
        return status;
    *out = (gws_gwf_cursor){f->buffer + 14, f->buffer + n - tail, f->swap, 0};
    if (!f->checksums || f->buffer[8] != 1)
        return GWS_OK;
    gws_gwf_cursor c = {f->buffer + n - 4, f->buffer + n, f->swap, 0};
    const uint32_t written = (uint32_t)gws_gwf_take(&c, 4), counted = gws_crc_of(f->buffer, n - 4);
    if (written == counted || h->role == ROLE_END_OF_FILE) /* that one's last four bytes are the file's */
        return GWS_OK;
    char what[80];
    snprintf(what, sizeof what, "checksum %lu, the bytes have %lu", (unsigned long)written, (unsigned long)counted);
    return gws_gwf_wrong(f, h, err, what);
}

/* ---- the file ---- */

int gws_gwf_probe(const char *path)
{
    char magic[5] = {0};
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe shall not stop us */
    if (fd < 0)
        return 0;
    struct stat st;
    const ssize_t got = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) ? read(fd, magic, sizeof magic) : 0;
    close(fd);
    return got == (ssize_t)sizeof magic && memcmp(magic, "IGWD", 5) == 0;
}

static gws_status read_file_header(gws_gwf *f, gws_err *err)
{
    unsigned char h[GWS_GWF_HEADER];
    if (f->size < GWS_GWF_HEADER)
        return gws_err_set(err, GWS_EFORMAT, "%s: %lld bytes are no frame file", f->path, (long long)f->size);
    gws_status status = gws_gwf_pread(f, 0, h, sizeof h, err);
    if (status != GWS_OK)
        return status;
    if (memcmp(h, "IGWD", 5) != 0)
        return gws_err_set(err, GWS_EFORMAT, "%s: not a frame file", f->path);
    f->version = h[5];
    if (f->version != 6 && f->version != 8)
        return gws_err_set(err, GWS_EVERSION, "%s: a frame file of version %d; 6 and 8 are read", f->path, f->version);
    const int little = h[12] == 0x34 && h[13] == 0x12, big = h[12] == 0x12 && h[13] == 0x34;
    f->swap = little != is_little();
    gws_gwf_cursor c = {h + 14, h + sizeof h, f->swap, 0};
    if ((!little && !big) || memcmp(h + 7, "\2\4\10\4\10", 5) != 0 || gws_gwf_take(&c, 4) != 0x12345678u ||
        gws_gwf_take(&c, 8) != UINT64_C(0x0123456789ABCDEF))
        return gws_err_set(err, GWS_EFORMAT, "%s: a frame file with a damaged header (its sizes or its byte order)", f->path);
    f->checksums = f->version >= 8 && h[39] == 1;
    f->role[1] = ROLE_SH;
    f->role[2] = ROLE_SE;
    return GWS_OK;
}

/* A file of this name that is not open yet. */
static gws_gwf *create(const char *name, gws_err *err)
{
    gws_gwf *f = calloc(1, sizeof *f);
    if (f && (f->path = strdup(name))) {
        f->fd = -1;
        return f;
    }
    free(f);
    gws_err_set(err, GWS_ENOMEM, "%s: out of memory", name);
    return NULL;
}

gws_gwf *gws_gwf_open(const char *path, gws_err *err)
{
    GWS_ASSERT(path);
    struct stat st;
    gws_gwf *f = create(path, err);
    if (!f)
        return NULL;
    f->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (f->fd < 0 || fstat(f->fd, &st) != 0) {
        gws_err_set(err, GWS_EIO, "%s: %s", path, strerror(errno));
        goto fail;
    }
    if (!S_ISREG(st.st_mode)) {
        gws_err_set(err, GWS_EFORMAT, "%s: not a file", path);
        goto fail;
    }
    f->size = (int64_t)st.st_size;
    if (read_file_header(f, err) != GWS_OK || gws_gwf_list(f, err) != GWS_OK)
        goto fail;
    return f;
fail:
    gws_gwf_close(f);
    return NULL;
}

static gws_gwf *open_bytes(const char *name, const void *bytes, size_t n, gws_status (*list)(gws_gwf *f, gws_err *err),
                           gws_err *err)
{
    GWS_ASSERT(name && bytes);
    gws_gwf *f = create(name, err);
    if (!f)
        return NULL;
    f->bytes = bytes;
    f->size = (int64_t)n;
    if (read_file_header(f, err) == GWS_OK && list(f, err) == GWS_OK)
        return f;
    gws_gwf_close(f);
    return NULL;
}

gws_gwf *gws_gwf_open_bytes(const char *name, const void *bytes, size_t n, gws_err *err)
{
    return open_bytes(name, bytes, n, gws_gwf_list, err);
}

gws_gwf *gws_gwf_open_part(const char *name, const void *bytes, size_t n, gws_err *err)
{
    return open_bytes(name, bytes, n, gws_gwf_list_part, err);
}

void gws_gwf_close(gws_gwf *f)
{
    if (!f)
        return;
    if (f->fd >= 0)
        close(f->fd);
    for (int i = 0; i < f->n_channels; i++) {
        free(f->channels[i].name);
        free(f->channels[i].at);
    }
    free(f->channels);
    free(f->hash);
    free(f->frames);
    free(f->frame_at);
    free(f->buffer);
    free(f->cached);
    free(f->path);
    free(f);
}

const char *gws_gwf_path(const gws_gwf *f)
{
    return f->path;
}

int gws_gwf_version(const gws_gwf *f)
{
    return f->version;
}

int gws_gwf_frames(const gws_gwf *f, const gws_gwf_frame **frames)
{
    if (frames)
        *frames = f->frames;
    return f->n_frames;
}

int gws_gwf_channels(const gws_gwf *f)
{
    return f->n_channels;
}

const char *gws_gwf_name(const gws_gwf *f, int channel)
{
    GWS_ASSERT(channel >= 0 && channel < f->n_channels);
    return f->channels[channel].name;
}

/* ---- every checksum ---- */

#define PIECE 65536

/* The checksum of bytes [begin, end) of the file, `blank` 4 bytes from `hole` on taken as zeros where hole is not negative. */
static gws_status sum_of(gws_gwf *f, int64_t begin, int64_t end, int64_t hole, uint32_t *out, gws_err *err)
{
    unsigned char piece[PIECE];
    gws_crc c = {0};
    for (int64_t at = begin; at < end;) {
        const size_t n = end - at < PIECE ? (size_t)(end - at) : PIECE;
        gws_status status = gws_gwf_pread(f, at, piece, n, err);
        if (status != GWS_OK)
            return status;
        for (int64_t i = hole > at ? hole - at : 0; hole >= 0 && i < hole + 4 - at && i < (int64_t)n; i++)
            piece[i] = 0;
        gws_crc_push(&c, piece, n);
        at += (int64_t)n;
    }
    *out = gws_crc_get(&c);
    return GWS_OK;
}

static gws_status compare(gws_gwf *f, const gws_gwf_head *h, const char *of, uint32_t written, int64_t begin, int64_t end,
                          int64_t hole, gws_err *err)
{
    uint32_t counted = 0;
    char what[120];
    gws_status status = sum_of(f, begin, end, hole, &counted, err);
    if (status != GWS_OK || counted == written)
        return status;
    snprintf(what, sizeof what, "checksum of the %s %lu, the bytes have %lu", of, (unsigned long)written, (unsigned long)counted);
    return gws_gwf_wrong(f, h, err, what);
}

static gws_status verify_end_of_file(gws_gwf *f, const gws_gwf_head *h, gws_gwf_cursor *c, gws_err *err)
{
    const int64_t end = h->at + h->length;
    gws_status status;
    gws_gwf_skip(c, 4 + 8); /* frames, bytes */
    if (f->version == 6) {
        const uint32_t kind = (uint32_t)gws_gwf_take(c, 4), sum = (uint32_t)gws_gwf_take(c, 4);
        if (c->bad)
            return gws_gwf_wrong(f, h, err, "too short");
        return kind == 1 ? compare(f, h, "file", sum, 0, end, end - 12, err) : GWS_OK;
    }
    gws_gwf_skip(c, 8); /* the table of contents */
    const uint32_t header = (uint32_t)gws_gwf_take(c, 4), own = (uint32_t)gws_gwf_take(c, 4);
    c->end += 4;
    const uint32_t file = (uint32_t)gws_gwf_take(c, 4);
    if (c->bad || c->p != c->end)
        return gws_gwf_wrong(f, h, err, "not of 46 bytes");
    if (!f->checksums)
        return GWS_OK;
    if ((status = compare(f, h, "file's header", header, 0, GWS_GWF_HEADER, -1, err)) != GWS_OK ||
        (status = compare(f, h, "structure", own, h->at, end - 8, -1, err)) != GWS_OK)
        return status;
    return compare(f, h, "file", file, 0, end - 4, -1, err);
}

gws_status gws_gwf_verify(gws_gwf *f, gws_err *err)
{
    GWS_ASSERT(f);
    int64_t frame_at = 0;
    gws_gwf_head h;
    gws_gwf_cursor c;
    gws_status status;
    for (int64_t at = GWS_GWF_HEADER;; at += h.length) {
        if ((status = gws_gwf_head_at(f, at, &h, err)) != GWS_OK || (status = gws_gwf_load(f, &h, &c, err)) != GWS_OK)
            return status;
        if (h.role == ROLE_SH && (status = gws_gwf_note_class(f, &h, &c, err)) != GWS_OK)
            return status;
        if (h.role == ROLE_FRAME)
            frame_at = at;
        if (h.role == ROLE_END_OF_FRAME && f->version == 6 && frame_at > 0) {
            gws_gwf_skip(&c, 8);
            const uint32_t kind = (uint32_t)gws_gwf_take(&c, 4), sum = (uint32_t)gws_gwf_take(&c, 4);
            if (!c.bad && kind == 1 &&
                (status = compare(f, &h, "frame", sum, frame_at, at + h.length, at + h.length - 4, err)) != GWS_OK)
                return status;
        }
        if (h.role == ROLE_END_OF_FILE)
            return verify_end_of_file(f, &h, &c, err);
    }
}
