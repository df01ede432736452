#include "strain/array.h"

#include "strain/filename.h"
#include "strain/gap.h"
#include "strain/grid.h"
#include "strain/npy.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#define BLOCK 8192 /* samples turned into numbers at once */

/* Where the samples of a file stand: sample i at first + i * stride. */
struct own {
    gws_npy_kind kind;
    int64_t n;
    int64_t first, stride; /* bytes */
    double start_s, delta_s;
    int rate_hz;
    int64_t begin;
};

struct file {
    const char *path;
    int fd;
    int64_t size;
};

static int is_file_ending(const char *path, const char *ending)
{
    struct stat st;
    const size_t n = strlen(path), m = strlen(ending);
    return n > m && strcasecmp(path + n - m, ending) == 0 && stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static gws_status open_file(const char *path, struct file *out, gws_err *err)
{
    struct stat st;
    out->path = path;
    out->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (out->fd < 0 || fstat(out->fd, &st) != 0) {
        gws_status status = gws_err_set(err, GWS_EIO, "%s: %s", path, strerror(errno));
        if (out->fd >= 0)
            close(out->fd);
        return status;
    }
    out->size = (int64_t)st.st_size;
    return GWS_OK;
}

static gws_status read_at(const struct file *f, int64_t at, void *out, size_t n, gws_err *err)
{
    unsigned char *p = out;
    while (n > 0) {
        const ssize_t got = pread(f->fd, p, n, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return gws_err_set(err, got < 0 ? GWS_EIO : GWS_EFORMAT, "%s: %s", f->path,
                               got < 0 ? strerror(errno) : "the file ends in the middle");
        p += got;
        at += got;
        n -= (size_t)got;
    }
    return GWS_OK;
}

/* ---- .npy ---- */

static gws_status read_file(void *user, int64_t at, void *out, size_t n, gws_err *err)
{
    return read_at(user, at, out, n, err);
}

static gws_status times_of_name(const char *path, int64_t n, double *start_s, double *delta_s, gws_err *err)
{
    gws_filename name;
    if (!gws_filename_parse(path, &name))
        return gws_err_set(err, GWS_EDATA, "%s: holds no times, and its name does not either, as H-H1_NAME-1126259446-32%s would",
                           path, strrchr(path, '.') ? strrchr(path, '.') : "");
    *start_s = (double)name.start_s;
    *delta_s = (double)name.duration_s / (double)n;
    return GWS_OK;
}

static gws_status parse_npy(struct file *f, struct own *o, gws_err *err)
{
    gws_npy a;
    const gws_npy_bytes bytes = {f->path, f->size, read_file, f};
    gws_status status = gws_npy_parse(&bytes, &a, err);
    if (status != GWS_OK)
        return status;
    o->kind = a.kind;
    o->n = a.rows;
    o->stride = a.stride;
    o->first = a.first + (a.columns - 1) * a.next;
    return a.columns == 2 ? gws_npy_times(&bytes, &a, &o->start_s, &o->delta_s, err)
                          : times_of_name(f->path, a.rows, &o->start_s, &o->delta_s, err);
}

static int probe_npy(const char *path, gws_h5 *f)
{
    return !f && is_file_ending(path, ".npy");
}

/* ---- .wav ---- */

static uint32_t little(const unsigned char *p, int n)
{
    uint32_t x = 0;
    for (int i = 0; i < n; i++)
        x |= (uint32_t)p[i] << 8 * i;
    return x;
}

static gws_status parse_wav(struct file *f, struct own *o, gws_err *err)
{
    unsigned char h[40];
    gws_status status;
    double rate_hz = 0;
    if (f->size < 12 || (status = read_at(f, 0, h, 12, err)) != GWS_OK || memcmp(h, "RIFF", 4) != 0 ||
        memcmp(h + 8, "WAVE", 4) != 0)
        return gws_err_set(err, GWS_EFORMAT, "%s: not a wave file", f->path);
    for (int64_t at = 12; at + 8 <= f->size;) {
        if ((status = read_at(f, at, h, 8, err)) != GWS_OK)
            return status;
        const int64_t n = little(h + 4, 4);
        if (n > f->size - at - 8)
            return gws_err_set(err, GWS_EFORMAT, "%s: the file ends in the middle", f->path);
        if (memcmp(h, "fmt ", 4) == 0 && n >= 16) {
            if ((status = read_at(f, at + 8, h, n < 26 ? 16 : 26, err)) != GWS_OK)
                return status;
            const uint32_t tag = little(h, 2), code = tag == 0xFFFE && n >= 26 ? little(h + 24, 2) : tag, bits = little(h + 14, 2);
            rate_hz = little(h + 4, 4);
            o->kind = (gws_npy_kind){code == 3 ? 'f' : 'i', (int)(bits / 8), 0};
            if (little(h + 2, 2) != 1 || !((code == 1 && (bits == 16 || bits == 32)) || (code == 3 && (bits == 32 || bits == 64))))
                return gws_err_set(err, GWS_EDATA, "%s: wanted one channel of 16-bit or 32-bit integers or of floats", f->path);
        } else if (memcmp(h, "data", 4) == 0 && rate_hz > 0) {
            o->stride = o->kind.size;
            o->first = at + 8;
            o->n = n / o->kind.size;
            if (o->n == 0)
                return gws_err_set(err, GWS_EDATA, "%s: holds no sample", f->path);
            if ((status = times_of_name(f->path, o->n, &o->start_s, &o->delta_s, err)) != GWS_OK)
                return status;
            if (fabs(o->delta_s * rate_hz - 1) > 1e-6)
                return gws_err_set(err, GWS_EFORMAT, "%s: has %lld samples at %g Hz, which its name's duration does not fit",
                                   f->path, (long long)o->n, rate_hz);
            return GWS_OK;
        }
        at += 8 + n + (n & 1);
    }
    return gws_err_set(err, GWS_EFORMAT, "%s: a wave file without samples", f->path);
}

static int probe_wav(const char *path, gws_h5 *f)
{
    return !f && is_file_ending(path, ".wav");
}

/* ---- the rows ---- */

static gws_status list(const char *path, gws_strain_content *out, gws_status (*parse)(struct file *, struct own *, gws_err *),
                       gws_err *err)
{
    gws_filename name;
    struct file f;
    struct own *own = out->own = calloc(1, sizeof *own);
    gws_strain_segment *s = out->segments = calloc(1, sizeof *s);
    if (!own || !s)
        return gws_err_set(err, GWS_ENOMEM, "%s: out of memory", path);
    gws_status status = open_file(path, &f, err);
    if (status != GWS_OK)
        return status;
    status = parse(&f, own, err);
    close(f.fd);
    if (status != GWS_OK || (status = gws_grid_place(path, own->start_s, own->delta_s, &own->rate_hz, &own->begin, err)) != GWS_OK)
        return status;
    memcpy(s->ifo, GWS_IFO_UNKNOWN, sizeof GWS_IFO_UNKNOWN);
    if (gws_filename_parse(path, &name) && name.ifo[0])
        memcpy(s->ifo, name.ifo, sizeof s->ifo);
    snprintf(s->path, sizeof s->path, "%s", "strain");
    s->rate_hz = own->rate_hz;
    s->begin = own->begin;
    s->n = own->n;
    out->n_segments = 1;
    return GWS_OK;
}

static gws_status list_npy(const char *path, gws_h5 *h5, const gws_strain_use *use, gws_strain_content *out, gws_err *err)
{
    (void)h5;
    (void)use;
    return list(path, out, parse_npy, err);
}

static gws_status list_wav(const char *path, gws_h5 *h5, const gws_strain_use *use, gws_strain_content *out, gws_err *err)
{
    (void)h5;
    (void)use;
    return list(path, out, parse_wav, err);
}

struct reader {
    struct file f;
    char path[];
};

static gws_status open_array(const char *path, void **handle, gws_err *err)
{
    const size_t n = strlen(path) + 1;
    struct reader *r = malloc(sizeof *r + n);
    if (!r)
        return gws_err_set(err, GWS_ENOMEM, "%s: out of memory", path);
    memcpy(r->path, path, n);
    gws_status status = open_file(r->path, &r->f, err);
    if (status != GWS_OK)
        free(r);
    else
        *handle = r;
    return status;
}

static void close_array(void *handle)
{
    struct reader *r = handle;
    close(r->f.fd);
    free(r);
}

static gws_status read_samples(const gws_strain_content *c, void *handle, int segment, int64_t start, int64_t n, double *out,
                               gws_err *err)
{
    const struct own *o = c->own;
    const struct reader *r = handle;
    unsigned char block[16 * BLOCK];
    (void)segment;
    for (int64_t done = 0; done < n;) {
        const int64_t m = n - done < BLOCK ? n - done : BLOCK;
        gws_status status =
            read_at(&r->f, o->first + (start + done) * o->stride, block, (size_t)((m - 1) * o->stride + o->kind.size), err);
        if (status != GWS_OK)
            return status;
        for (int64_t i = 0; i < m; i++) {
            const double x = gws_npy_number(block + i * o->stride, &o->kind);
            out[done + i] = isfinite(x) ? x : gws_gap_nan(GWS_GAP_NOT_FINITE);
        }
        done += m;
    }
    return GWS_OK;
}

const gws_strain_format gws_strain_npy = {
    .name = "numpy array",
    .probe = probe_npy,
    .list = list_npy,
    .forget = free,
    .open = open_array,
    .close = close_array,
    .read = read_samples,
};

const gws_strain_format gws_strain_wav = {
    .name = "wave sound",
    .probe = probe_wav,
    .list = list_wav,
    .forget = free,
    .open = open_array,
    .close = close_array,
    .read = read_samples,
};
