#include "live/spool.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/log.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define MAGIC UINT64_C(0x31306c6f6f707367) /* also says the byte order */
#define IDENTITY 128
#define MOST_BYTES (INT64_C(1) << 28) /* of a record */

enum { SNAPSHOT = 1, PIECE = 2, GIVEN_UP = 3, DONE = 4 };

/* In front of a record's bytes. */
typedef struct head {
    uint32_t kind, crc; /* of what follows, and of the rest of this head */
    int64_t bytes;
} head;

typedef struct piece_head {
    char ifo[4];
    int32_t rate_hz;
    int64_t sample, n;
    int32_t why, final, marked, dq; /* dq: bytes of the names behind this, without an end */
    int32_t has_h, unused;
} piece_head;

typedef struct part {
    int64_t number, bytes;
    int64_t begin_ns, end_ns; /* of the data in it; begin above end: none */
} part;

struct gws_spool {
    char folder[900], identity[IDENTITY];
    int lock, fd;     /* fd: of the last part, -1: none is being written */
    int dirty, fresh; /* something was written, or the part begun, since the last sync */
    part *parts;      /* (n_parts) by number */
    int64_t n_parts, room;
    char *snapshot;
    int64_t snapshot_bytes;
    char *buffer;
    int64_t buffer_room;
};

static void name_of(const gws_spool *s, int64_t number, const char *ending, char out[1000])
{
    snprintf(out, 1000, "%s/live-%010" PRId64 ".%s", s->folder, number, ending);
}

static uint32_t checksum(const head *h, const void *data)
{
    uLong c = crc32(0, (const Bytef *)&h->kind, sizeof h->kind);

    c = crc32(c, (const Bytef *)&h->bytes, sizeof h->bytes);
    return (uint32_t)crc32_z(c, data, (size_t)h->bytes);
}

/* ---- reading ---- */

/* The next whole record.  returns  its kind; 0: there is none */
static uint32_t read_record(FILE *f, gws_spool *s, int64_t *bytes)
{
    head h;

    if (fread(&h, sizeof h, 1, f) != 1 || h.bytes < 0 || h.bytes > MOST_BYTES ||
        !GWS_ARRAY_ROOM(s->buffer, s->buffer_room, h.bytes + 1))
        return 0;
    if (fread(s->buffer, 1, (size_t)h.bytes, f) != (size_t)h.bytes || checksum(&h, s->buffer) != h.crc)
        return 0;
    s->buffer[h.bytes] = '\0';
    *bytes = h.bytes;
    return h.kind;
}

static int parse_piece(gws_spool *s, int64_t bytes, gws_live_piece *out, char **text)
{
    piece_head p;

    if (bytes < (int64_t)sizeof p)
        return 0;
    memcpy(&p, s->buffer, sizeof p);
    const int64_t data = p.has_h ? p.n * (int64_t)sizeof(double) : 0;
    if (p.rate_hz < 1 || p.n < 0 || p.n > MOST_BYTES / 8 || p.dq < 0 || bytes != (int64_t)sizeof p + data + p.dq || p.why < 0 ||
        p.why >= GWS_LIVE_GAPS)
        return 0;
    *out = (gws_live_piece){.rate_hz = p.rate_hz, .sample = p.sample, .n = p.n, .why = (gws_live_gap)p.why};
    memcpy(out->ifo, p.ifo, sizeof out->ifo);
    out->ifo[3] = '\0';
    out->final = p.final;
    out->marked = p.marked;
    out->h = p.has_h ? (const double *)(const void *)(s->buffer + sizeof p) : NULL;
    *text = s->buffer + sizeof p + data;
    return 1;
}

static void widen(part *p, const gws_live_piece *piece)
{
    const int64_t begin = gws_ns_of_sample(piece->sample, piece->rate_hz),
                  end = gws_ns_of_sample(piece->sample + piece->n, piece->rate_hz);

    p->begin_ns = begin < p->begin_ns ? begin : p->begin_ns;
    p->end_ns = end > p->end_ns ? end : p->end_ns;
}

static gws_status tell(gws_spool *s, part *p, uint32_t kind, int64_t bytes, const gws_spool_reader *r, int last, gws_err *err)
{
    gws_live_piece piece;
    char *dq, ifo[4] = "";
    int64_t ns;

    if (kind == PIECE && parse_piece(s, bytes, &piece, &dq)) {
        piece.dq = dq;
        widen(p, &piece);
        return r->piece(r->user, &piece, err);
    }
    if (kind == GIVEN_UP && bytes == (int64_t)(sizeof ifo + sizeof ns)) {
        memcpy(ifo, s->buffer, 3);
        memcpy(&ns, s->buffer + sizeof ifo, sizeof ns);
        return r->given_up(r->user, ifo, ns, err);
    }
    return kind == DONE && last ? r->done(r->user, s->buffer, err) : GWS_OK;
}

gws_status gws_spool_read(gws_spool *s, const gws_spool_reader *reader, gws_err *err)
{
    char path[1000];
    gws_status status = GWS_OK;

    /* what was handed over is known before a piece can bring it again */
    for (int pass = 0; pass < 2; pass++)
        for (int64_t i = 0; i < s->n_parts && status == GWS_OK; i++) {
            const int last = i == s->n_parts - 1;
            int64_t bytes;
            uint32_t kind;
            name_of(s, s->parts[i].number, "gws", path);
            FILE *f = pass == 0 && !last ? NULL : fopen(path, "rbe");
            while (f && status == GWS_OK && (kind = read_record(f, s, &bytes)))
                if ((kind == DONE) == (pass == 0))
                    status = tell(s, &s->parts[i], kind, bytes, reader, last, err);
            if (f)
                fclose(f);
        }
    return status;
}

const void *gws_spool_snapshot(const gws_spool *s, int64_t *bytes)
{
    *bytes = s->snapshot_bytes;
    return s->snapshot;
}

/* ---- opening ---- */

/* Does a part begin with a snapshot of this identity?  It is kept then.
 *   good  out  0: it is another's, or damaged */
static gws_status load_snapshot(gws_spool *s, part *p, int *good, gws_err *err)
{
    char path[1000];
    int64_t bytes = 0;
    uint64_t magic = 0;
    struct stat st;

    *good = 0;
    name_of(s, p->number, "gws", path);
    FILE *f = fopen(path, "rbe");
    if (!f)
        return gws_err_set(err, GWS_EIO, "%s: %s", path, strerror(errno));
    if (fstat(fileno(f), &st) == 0)
        p->bytes = (int64_t)st.st_size;
    if (read_record(f, s, &bytes) == SNAPSHOT && bytes >= (int64_t)(sizeof magic + IDENTITY)) {
        memcpy(&magic, s->buffer, sizeof magic);
        *good = magic == MAGIC && memcmp(s->buffer + sizeof magic, s->identity, IDENTITY) == 0;
    }
    fclose(f);
    if (!*good)
        return GWS_OK;
    const int64_t n = bytes - (int64_t)sizeof magic - IDENTITY;
    char *copy = malloc((size_t)n + 1);
    if (!copy)
        return gws_err_set(err, GWS_ENOMEM, "no memory for the saved state");
    memcpy(copy, s->buffer + sizeof magic + IDENTITY, (size_t)n);
    free(s->snapshot);
    s->snapshot = copy;
    s->snapshot_bytes = n;
    return GWS_OK;
}

static int by_number(const void *a, const void *b)
{
    const part *x = a, *y = b;
    return (x->number > y->number) - (x->number < y->number);
}

/* The parts of the folder, those of another identity removed. */
static gws_status find_parts(gws_spool *s, gws_err *err)
{
    DIR *d = opendir(s->folder);
    const struct dirent *e;
    char path[1000];
    int64_t number, n = 0, others = 0;
    char ending[8];
    int good;

    if (!d)
        return gws_err_set(err, GWS_EIO, "%s: %s", s->folder, strerror(errno));
    while ((e = readdir(d))) {
        if (sscanf(e->d_name, "live-%10" SCNd64 ".%7s", &number, ending) != 2)
            continue;
        if (strcmp(ending, "part") == 0 && unlinkat(dirfd(d), e->d_name, 0) == 0)
            continue;
        if (strcmp(ending, "gws") != 0)
            continue;
        if (!GWS_ARRAY_ROOM(s->parts, s->room, s->n_parts + 1)) {
            closedir(d);
            return gws_err_set(err, GWS_ENOMEM, "%s: out of memory", s->folder);
        }
        s->parts[s->n_parts++] = (part){.number = number, .begin_ns = INT64_MAX, .end_ns = INT64_MIN};
    }
    closedir(d);
    if (s->n_parts > 0)
        qsort(s->parts, (size_t)s->n_parts, sizeof *s->parts, by_number);
    for (int64_t i = 0; i < s->n_parts; i++) {
        const gws_status status = load_snapshot(s, &s->parts[i], &good, err);
        if (status != GWS_OK)
            return status; /* it may be readable another time */
        if (good) {
            s->parts[n++] = s->parts[i];
            continue;
        }
        name_of(s, s->parts[i].number, "gws", path);
        unlink(path);
        others++;
    }
    s->n_parts = n;
    if (others > 0)
        gws_log_write(GWS_LOG_WARNING, "live", "%s: %s was that of other models, thresholds or another version, or damaged; %s",
                      s->folder, n > 0 ? "a part of the saved state" : "the saved state",
                      n > 0 ? "the search goes on from what is left" : "the search begins anew");
    return GWS_OK;
}

gws_spool *gws_spool_open(const char *folder, const char *identity, gws_err *err)
{
    char path[1000];
    gws_spool *s = calloc(1, sizeof *s);

    if (!s) {
        gws_err_set(err, GWS_ENOMEM, "no memory for the saved state");
        return NULL;
    }
    s->lock = s->fd = -1;
    if ((size_t)snprintf(s->folder, sizeof s->folder, "%s", folder) >= sizeof s->folder) {
        gws_err_set(err, GWS_EARG, "%.80s...: a path of more than %zu characters", folder, sizeof s->folder - 1);
        goto fail;
    }
    snprintf(s->identity, sizeof s->identity, "%s", identity);
    if (mkdir(s->folder, 0755) != 0 && errno != EEXIST) {
        gws_err_set(err, GWS_EIO, "%s: %s", s->folder, strerror(errno));
        goto fail;
    }
    snprintf(path, sizeof path, "%s/lock", s->folder);
    s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (s->lock < 0 || flock(s->lock, LOCK_EX | LOCK_NB) != 0) {
        gws_err_set(err, GWS_EIO, "%s: %s", s->lock < 0 ? path : s->folder,
                    s->lock < 0 || errno != EWOULDBLOCK ? strerror(errno) : "another search has its state there");
        goto fail;
    }
    if (find_parts(s, err) != GWS_OK)
        goto fail;
    return s;
fail:
    gws_spool_close(s);
    return NULL;
}

void gws_spool_close(gws_spool *s)
{
    if (!s)
        return;
    if (s->fd >= 0)
        close(s->fd);
    if (s->lock >= 0)
        close(s->lock);
    free(s->parts);
    free(s->snapshot);
    free(s->buffer);
    free(s);
}

/* ---- writing ---- */

static gws_status write_all(gws_spool *s, const void *data, size_t n, gws_err *err)
{
    const char *at = data;

    while (n > 0) {
        const ssize_t got = write(s->fd, at, n);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return gws_err_set(err, GWS_EIO, "%s: the state cannot be saved: %s", s->folder, strerror(errno));
        at += got;
        n -= (size_t)got;
    }
    return GWS_OK;
}

/* The record whose bytes stand in the buffer behind room for its head. */
static gws_status write_record(gws_spool *s, uint32_t kind, int64_t bytes, gws_err *err)
{
    head h = {.kind = kind, .bytes = bytes};

    h.crc = checksum(&h, s->buffer + sizeof h);
    memcpy(s->buffer, &h, sizeof h);
    s->dirty = 1;
    const gws_status status = write_all(s, s->buffer, sizeof h + (size_t)bytes, err);
    if (status == GWS_OK && s->n_parts > 0)
        s->parts[s->n_parts - 1].bytes += (int64_t)sizeof h + bytes;
    return status;
}

static char *room_for(gws_spool *s, int64_t bytes, gws_err *err)
{
    if (GWS_ARRAY_ROOM(s->buffer, s->buffer_room, bytes + (int64_t)sizeof(head)))
        return s->buffer + sizeof(head);
    gws_err_set(err, GWS_ENOMEM, "no memory for the saved state");
    return NULL;
}

gws_status gws_spool_piece(gws_spool *s, const gws_live_piece *piece, gws_err *err)
{
    piece_head p = {.rate_hz = piece->rate_hz, .sample = piece->sample, .n = piece->n, .why = (int32_t)piece->why};
    const int64_t data = piece->h ? piece->n * (int64_t)sizeof(double) : 0;

    memcpy(p.ifo, piece->ifo, sizeof p.ifo);
    p.final = piece->final;
    p.marked = piece->marked;
    p.has_h = piece->h != NULL;
    p.dq = piece->dq ? (int32_t)strlen(piece->dq) : 0;
    char *at = room_for(s, (int64_t)sizeof p + data + p.dq, err);
    if (!at)
        return GWS_ENOMEM;
    memcpy(at, &p, sizeof p);
    if (data > 0)
        memcpy(at + sizeof p, piece->h, (size_t)data);
    if (p.dq > 0)
        memcpy(at + sizeof p + data, piece->dq, (size_t)p.dq);
    widen(&s->parts[s->n_parts - 1], piece);
    return write_record(s, PIECE, (int64_t)sizeof p + data + p.dq, err);
}

gws_status gws_spool_given_up(gws_spool *s, const char *ifo, int64_t ns, gws_err *err)
{
    char *at = room_for(s, 4 + (int64_t)sizeof ns, err);

    if (!at)
        return GWS_ENOMEM;
    memset(at, 0, 4);
    memcpy(at, ifo, 2);
    memcpy(at + 4, &ns, sizeof ns);
    return write_record(s, GIVEN_UP, 4 + (int64_t)sizeof ns, err);
}

gws_status gws_spool_done(gws_spool *s, const char *id, gws_err *err)
{
    const int64_t n = (int64_t)strlen(id);
    char *at = room_for(s, n, err);

    if (!at)
        return GWS_ENOMEM;
    memcpy(at, id, (size_t)n);
    return write_record(s, DONE, n, err);
}

gws_status gws_spool_sync(gws_spool *s, gws_err *err)
{
    int folder = -1;

    if (s->fd < 0 || !s->dirty)
        return GWS_OK;
    int failed = fsync(s->fd) != 0;
    if (!failed && s->fresh) { /* its name too */
        folder = open(s->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        failed = folder < 0 || (fsync(folder) != 0 && errno != EINVAL);
    }
    const int why = errno;
    if (folder >= 0)
        close(folder);
    if (failed)
        return gws_err_set(err, GWS_EIO, "%s: the state cannot be saved: %s", s->folder, strerror(why));
    s->dirty = s->fresh = 0;
    return GWS_OK;
}

/* Parts that hold nothing of the last keep_s seconds. */
static void remove_old(gws_spool *s, double keep_s)
{
    int64_t newest = INT64_MIN, n = 0;
    char path[1000];

    for (int64_t i = 0; i < s->n_parts; i++)
        newest = s->parts[i].end_ns > newest ? s->parts[i].end_ns : newest;
    if (newest == INT64_MIN)
        return;
    const int64_t from = newest - gws_ns_of_s(keep_s);
    while (n < s->n_parts - 1 && s->parts[n].end_ns < from) {
        name_of(s, s->parts[n].number, "gws", path);
        unlink(path);
        n++;
    }
    memmove(s->parts, s->parts + n, (size_t)(s->n_parts - n) * sizeof *s->parts);
    s->n_parts -= n;
}

gws_status gws_spool_begin(gws_spool *s, const void *snapshot, int64_t bytes, double keep_s, gws_err *err)
{
    const int64_t number = s->n_parts > 0 ? s->parts[s->n_parts - 1].number + 1 : 1;
    const uint64_t magic = MAGIC;
    const int64_t all = (int64_t)sizeof magic + IDENTITY + bytes;
    char path[1000], final[1000];
    gws_status status;
    char *at = room_for(s, all, err);

    if (!at || !GWS_ARRAY_ROOM(s->parts, s->room, s->n_parts + 1))
        return gws_err_set(err, GWS_ENOMEM, "no memory for the saved state");
    memcpy(at, &magic, sizeof magic);
    memcpy(at + sizeof magic, s->identity, IDENTITY);
    if (bytes > 0)
        memcpy(at + sizeof magic + IDENTITY, snapshot, (size_t)bytes);
    name_of(s, number, "part", path);
    name_of(s, number, "gws", final);
    if (s->fd >= 0)
        close(s->fd);
    s->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
    if (s->fd < 0)
        return gws_err_set(err, GWS_EIO, "%s: %s", path, strerror(errno));
    head h = {.kind = SNAPSHOT, .bytes = all};
    h.crc = checksum(&h, at);
    memcpy(s->buffer, &h, sizeof h);
    if ((status = write_all(s, s->buffer, sizeof h + (size_t)all, err)) != GWS_OK)
        return status;
    s->dirty = s->fresh = 1;
    if (rename(path, final) != 0)
        return gws_err_set(err, GWS_EIO, "%s: %s", final, strerror(errno));
    s->parts[s->n_parts++] = (part){.number = number, .bytes = (int64_t)sizeof h + all, .begin_ns = INT64_MAX, .end_ns = INT64_MIN};
    remove_old(s, keep_s);
    return GWS_OK;
}

double gws_spool_part_s(const gws_spool *s)
{
    const part *p = s->n_parts > 0 ? &s->parts[s->n_parts - 1] : NULL;

    if (s->fd < 0 || !p)
        return (double)INFINITY;
    return p->end_ns > p->begin_ns ? gws_s_of_ns(p->end_ns - p->begin_ns) : 0;
}

int64_t gws_spool_bytes(const gws_spool *s)
{
    int64_t bytes = 0;

    for (int64_t i = 0; i < s->n_parts; i++)
        bytes += s->parts[i].bytes;
    return bytes;
}
