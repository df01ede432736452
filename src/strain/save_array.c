/* save_array.c - arrays of numpy, alone and in archives, and sound. */
#include "base/zip.h"
#include "strain/save_private.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 4096 /* samples turned into bytes at once */

static unsigned char *put(unsigned char *p, uint64_t x, int n)
{
    for (int i = 0; i < n; i++)
        *p++ = (unsigned char)(x >> 8 * i);
    return p;
}

static unsigned char *put_f8(unsigned char *p, double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return put(p, bits, 8);
}

/* The header of an array of float64, version 1.0; shape "(3, 2)".  Its length is a multiple of 64. */
#define HEADER 128
static void npy_header(const char *shape, unsigned char out[HEADER])
{
    char text[HEADER - 10 + 1];
    memcpy(out, "\x93NUMPY\x01\x00", 8);
    put(out + 8, HEADER - 10, 2);
    const int n = snprintf(text, sizeof text, "{'descr': '<f8', 'fortran_order': False, 'shape': %s, }", shape);
    memset(out + 10, ' ', HEADER - 10);
    memcpy(out + 10, text, (size_t)n);
    out[HEADER - 1] = '\n';
}

/* ---- .npy: GPS times and strain ---- */

static gws_status add_pairs(void *user, const gws_save_series *s, int64_t begin, const double *h, int64_t n, gws_err *err)
{
    unsigned char block[16 * BLOCK];
    gws_status status = GWS_OK;
    for (int64_t i = 0; i < n && status == GWS_OK;) {
        unsigned char *p = block;
        for (int64_t end = i + BLOCK < n ? i + BLOCK : n; i < end; i++) {
            p = put_f8(p, (double)(begin + i) / s->rate_hz);
            p = put_f8(p, h[i]);
        }
        status = gws_output_write(user, block, (size_t)(p - block), err);
    }
    return status;
}

gws_status gws_save_npy(const char *path, const gws_save *s, gws_err *err)
{
    char shape[48];
    unsigned char header[HEADER];
    gws_output *o = gws_output_begin(path, 1, err);
    if (!o)
        return err->status;
    snprintf(shape, sizeof shape, "(%" PRId64 ", 2)", s->series[0].end - s->series[0].begin);
    npy_header(shape, header);
    gws_status status = gws_output_write(o, header, HEADER, err);
    if (status == GWS_OK)
        status = gws_save_blocks(s, 0, 0, add_pairs, o, err);
    if (status == GWS_OK)
        return gws_output_end(o, err);
    gws_output_abandon(o);
    return status;
}

/* ---- .npz: strain, start and spacing of each detector ---- */

static gws_status add_samples(void *user, const gws_save_series *s, int64_t begin, const double *h, int64_t n, gws_err *err)
{
    unsigned char block[8 * BLOCK];
    gws_status status = GWS_OK;
    (void)s;
    (void)begin;
    for (int64_t i = 0; i < n && status == GWS_OK;) {
        unsigned char *p = block;
        for (int64_t end = i + BLOCK < n ? i + BLOCK : n; i < end; i++)
            p = put_f8(p, h[i]);
        status = gws_zip_writer_write(user, block, (size_t)(p - block), err);
    }
    return status;
}

static gws_status add_scalar(gws_zip_writer *z, const char *ifo, const char *name, double x, gws_err *err)
{
    char member[64];
    unsigned char bytes[HEADER + 8];
    snprintf(member, sizeof member, "%s_%s.npy", ifo, name);
    npy_header("()", bytes);
    put_f8(bytes + HEADER, x);
    const gws_status status = gws_zip_writer_member(z, member, sizeof bytes, err);
    return status == GWS_OK ? gws_zip_writer_write(z, bytes, sizeof bytes, err) : status;
}

static gws_status add_array(gws_zip_writer *z, const gws_save *s, int k, gws_err *err)
{
    const gws_save_series *g = &s->series[k];
    char shape[48], member[64];
    unsigned char header[HEADER];
    gws_status status;
    snprintf(shape, sizeof shape, "(%" PRId64 ",)", g->end - g->begin);
    snprintf(member, sizeof member, "%s.npy", g->ifo);
    npy_header(shape, header);
    if ((status = gws_zip_writer_member(z, member, HEADER + 8 * (g->end - g->begin), err)) != GWS_OK ||
        (status = gws_zip_writer_write(z, header, HEADER, err)) != GWS_OK ||
        (status = gws_save_blocks(s, k, 0, add_samples, z, err)) != GWS_OK ||
        (status = add_scalar(z, g->ifo, "start_time", (double)g->begin / g->rate_hz, err)) != GWS_OK)
        return status;
    return add_scalar(z, g->ifo, "delta_t", 1.0 / g->rate_hz, err);
}

gws_status gws_save_npz(const char *path, const gws_save *s, gws_err *err)
{
    char *comment = gws_save_provenance(s, "");
    gws_output *o = comment ? gws_output_begin(path, 1, err) : NULL;
    gws_zip_writer *z = o ? gws_zip_writer_create(o, path, err) : NULL;
    gws_status status = comment ? err->status : gws_err_set(err, GWS_ENOMEM, "%s: out of memory", path);
    if (z) {
        status = GWS_OK;
        for (int k = 0; k < s->n && status == GWS_OK; k++)
            status = add_array(z, s, k, err);
        if (status == GWS_OK)
            status = gws_zip_writer_end(z, comment, err);
    }
    gws_zip_writer_destroy(z);
    free(comment);
    if (z && status == GWS_OK)
        return gws_output_end(o, err);
    gws_output_abandon(o);
    return status;
}

/* ---- .wav: float32, scaled to a largest value of 1 ---- */

struct sound {
    gws_output *out;
    const char *path;
    double most; /* largest value; the first pass finds it */
    int second;
};

static gws_status add_sound(void *user, const gws_save_series *s, int64_t begin, const double *h, int64_t n, gws_err *err)
{
    struct sound *w = user;
    unsigned char block[4 * BLOCK];
    gws_status status = GWS_OK;
    for (int64_t i = 0; i < n && !w->second; i++) {
        if (isnan(h[i]))
            return gws_err_set(err, GWS_EDATA,
                               "%s: %s has a gap at GPS %.6f, and sound has none: choose a stretch with --gps-start-time and "
                               "--gps-end-time",
                               w->path, s->ifo, (double)(begin + i) / s->rate_hz);
        w->most = fabs(h[i]) > w->most ? fabs(h[i]) : w->most;
    }
    for (int64_t i = 0; i < n && w->second && status == GWS_OK;) {
        unsigned char *p = block;
        for (int64_t end = i + BLOCK < n ? i + BLOCK : n; i < end; i++) {
            const float x = (float)(h[i] / w->most);
            uint32_t bits;
            memcpy(&bits, &x, sizeof bits);
            p = put(p, bits, 4);
        }
        status = gws_output_write(w->out, block, (size_t)(p - block), err);
    }
    return status;
}

gws_status gws_save_wav(const char *path, const gws_save *s, gws_err *err)
{
    const gws_save_series *g = &s->series[0];
    const int64_t bytes = 4 * (g->end - g->begin);
    struct sound w = {.path = path};
    unsigned char head[58], *p = head;
    if (bytes > INT64_C(4000000000))
        return gws_err_set(err, GWS_EDATA, "%s: sound takes 4 GB at most, which is %lld s of %d Hz", path,
                           1000000000LL / g->rate_hz, g->rate_hz);
    gws_status status = gws_save_blocks(s, 0, 0, add_sound, &w, err);
    if (status != GWS_OK)
        return status;
    w.most = w.most > 0 ? w.most : 1;
    w.second = 1;
    if (!(w.out = gws_output_begin(path, 1, err)))
        return err->status;
    p = (unsigned char *)memcpy(p, "RIFF", 4) + 4;
    p = put(p, (uint64_t)bytes + sizeof head - 8, 4);
    p = (unsigned char *)memcpy(p, "WAVEfmt ", 8) + 8;
    p = put(p, 18, 4);
    p = put(p, 3, 2); /* floats, one channel */
    p = put(p, 1, 2);
    p = put(p, (uint64_t)g->rate_hz, 4);
    p = put(p, 4 * (uint64_t)g->rate_hz, 4);
    p = put(p, 4, 2);
    p = put(p, 32, 2);
    p = put(p, 0, 2);
    p = (unsigned char *)memcpy(p, "fact", 4) + 4;
    p = put(p, 4, 4);
    p = put(p, (uint64_t)bytes / 4, 4);
    p = (unsigned char *)memcpy(p, "data", 4) + 4;
    put(p, (uint64_t)bytes, 4);
    status = gws_output_write(w.out, head, sizeof head, err);
    if (status == GWS_OK)
        status = gws_save_blocks(s, 0, 0, add_sound, &w, err);
    if (status == GWS_OK)
        return gws_output_end(w.out, err);
    gws_output_abandon(w.out);
    return status;
}
