#include "strain/mlgwsc.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/ifo.h"
#include "strain/gap.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_RATE_HZ 1048576
#define MAX_GPS_S 4.0e9       /* year 2106: a time beyond it, either way, is a broken header */
#define LEAST_NAMED_S 1000000 /* a smaller number in a name is a running number and no GPS time */

static gws_status keep_segment(gws_h5 *f, const gws_mlgwsc_segment *s, gws_mlgwsc *out, int64_t *room, gws_err *err)
{
    if (!GWS_ARRAY_ROOM(out->segments, *room, out->n + 1))
        return gws_err_set(err, GWS_ENOMEM, "%s: out of memory for %d segments", gws_h5_path(f), out->n + 1);
    out->segments[out->n++] = *s;
    return GWS_OK;
}

/* The parts of a data set that were ever written, each a segment: a file of a few bytes may claim a thousand years. */
static gws_status keep_written(gws_h5 *f, const gws_mlgwsc_segment *whole, gws_mlgwsc *out, int64_t *room, gws_err *err)
{
    int64_t *ranges = NULL;
    int n = 0;
    gws_status status = gws_h5_written(f, whole->path, &ranges, &n, err);
    for (int i = 0; i < n && status == GWS_OK; i++) {
        gws_mlgwsc_segment s = *whole;
        s.offset = ranges[2 * i];
        s.begin += s.offset;
        s.n = ranges[2 * i + 1] - s.offset;
        status = keep_segment(f, &s, out, room, err);
    }
    free(ranges);
    return status;
}

/* Start of a data set, s: its attribute start_time, which its name has to agree with where that is a GPS second, or the name alone. */
static gws_status read_start(gws_h5 *f, const char *path, const char *key, double *start_s, gws_err *err)
{
    const char *name = gws_h5_path(f);
    char *end = NULL, what[340];
    gws_status status;
    errno = 0;
    long long named = strtoll(key, &end, 10);
    int is_number = errno == 0 && end != key;
    if (!gws_h5_has_attr(f, path, "start_time")) {
        if (!is_number || *end != '\0')
            return gws_err_set(err, GWS_EFORMAT, "%s: %s has no attribute start_time and its name is not a GPS second", name, path);
        *start_s = (double)named;
        return GWS_OK;
    }
    snprintf(what, sizeof what, "attribute start_time of %s", path);
    if ((status = gws_h5_check_time(f, gws_h5_attr_type(f, path, "start_time"), what, err)) != GWS_OK ||
        (status = gws_h5_attr_f64(f, path, "start_time", start_s, err)) != GWS_OK)
        return status;
    if (is_number && llabs(named) >= LEAST_NAMED_S && !(fabs(*start_s - (double)named) < 1))
        return gws_err_set(err, GWS_EFORMAT, "%s: %s is named after GPS second %lld, its attribute start_time says %.17g", name,
                           path, named, *start_s);
    return GWS_OK;
}

/* Check one data set and put it on the list.  key: its name. */
static gws_status append_segment(gws_h5 *f, const char *ifo, const char *path, const char *key, gws_mlgwsc *out, int64_t *room,
                                 gws_err *err)
{
    const char *name = gws_h5_path(f);
    gws_mlgwsc_segment s;
    gws_h5_info info;
    gws_status status;
    double delta_s = 0.0, start_s = 0.0;
    memset(&s, 0, sizeof s);
    if ((status = gws_h5_stat(f, path, &info, err)) != GWS_OK)
        return status;
    if ((info.type != GWS_H5_F64 && info.type != GWS_H5_F32) || info.ndim != 1)
        return gws_err_set(err, GWS_EFORMAT, "%s: %s is not a one-dimensional array of floating-point numbers", name, path);
    if ((status = gws_h5_attr_f64(f, path, "delta_t", &delta_s, err)) != GWS_OK)
        return status;
    double rate = 1.0 / delta_s;
    /* delta_t may be off by rounding, to which only the error in Hz matters: the nearest whole number must be meant */
    if (!(delta_s > 0.0) || !(rate >= 0.5 && rate <= MAX_RATE_HZ) || fabs(rate - round(rate)) > 0.01 + 1e-6 * rate)
        return gws_err_set(err, GWS_EDATA, "%s: attribute delta_t %.17g s of %s is not one over a whole number of Hz", name,
                           delta_s, path);
    s.rate_hz = (int)lround(rate);
    if ((status = read_start(f, path, key, &start_s, err)) != GWS_OK)
        return status;
    if (!(fabs(start_s) <= MAX_GPS_S))
        return gws_err_set(err, GWS_EFORMAT, "%s: start time %.17g of %s is not a GPS time", name, start_s, path);
    double at = start_s * s.rate_hz;
    if (fabs(at - round(at)) > 0.01)
        return gws_err_set(err, GWS_EDATA, "%s: %s starts at GPS %.17g, which is not on the grid of %d samples per second", name,
                           path, start_s, s.rate_hz);
    s.begin = llround(at);
    s.n = info.shape[0];
    if ((double)s.n / s.rate_hz > MAX_GPS_S)
        return gws_err_set(err, GWS_EFORMAT, "%s: %s claims %" PRId64 " samples", name, path, s.n);
    if (s.n == 0)
        return GWS_OK;
    if ((size_t)snprintf(s.path, sizeof s.path, "%s", path) >= sizeof s.path)
        return gws_err_set(err, GWS_EFORMAT, "%s: the name %.40s... is longer than any GPS time", name, path);
    memcpy(s.ifo, ifo, 3);
    return info.whole ? keep_segment(f, &s, out, room, err) : keep_written(f, &s, out, room, err);
}

static int by_ifo_and_time(const void *a, const void *b)
{
    const gws_mlgwsc_segment *x = a, *y = b;
    int c = strcmp(x->ifo, y->ifo);
    if (c != 0)
        return c;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return strcmp(x->path, y->path);
}

static gws_status append_group(gws_h5 *f, const char *ifo, gws_mlgwsc *out, int64_t *room, gws_err *err)
{
    char group[8], **keys = NULL;
    int n = 0;
    snprintf(group, sizeof group, "/%s", ifo);
    gws_status status = gws_h5_list(f, group, &keys, &n, err);
    for (int i = 0; status == GWS_OK && i < n; i++) {
        char path[300];
        if ((size_t)snprintf(path, sizeof path, "/%s/%s", ifo, keys[i]) >= sizeof path)
            status = gws_err_set(err, GWS_EFORMAT, "%s: the name %s/%.40s... is longer than any GPS time", gws_h5_path(f), group,
                                 keys[i]);
        else if (!gws_h5_is_group(f, path))
            status = append_segment(f, ifo, path, keys[i], out, room, err);
    }
    gws_h5_list_free(keys, n);
    return status;
}

static int probe(const char *path, gws_h5 *f)
{
    char **names = NULL;
    int n = 0, found = 0;
    (void)path;
    if (!f || gws_h5_list(f, "/", &names, &n, NULL) != GWS_OK)
        return 0;
    for (int i = 0; i < n && !found; i++) {
        char at[300];
        if ((size_t)snprintf(at, sizeof at, "/%s", names[i]) < sizeof at)
            found = gws_is_ifo(names[i]) && gws_h5_is_group(f, at);
    }
    gws_h5_list_free(names, n);
    return found;
}

static int is_whitened(gws_h5 *f)
{
    char *content = NULL;
    int found = gws_h5_has_attr(f, "/", "content") && gws_h5_attr_string(f, "/", "content", &content, NULL) == GWS_OK &&
                strcmp(content, GWS_MLGWSC_WHITENED) == 0;
    free(content);
    return found;
}

gws_status gws_mlgwsc_stat(gws_h5 *f, gws_mlgwsc *out, gws_err *err)
{
    GWS_ASSERT(f && out);
    char **names = NULL;
    int n = 0;
    int64_t room = 0;
    gws_mlgwsc m = {0};
    memset(out, 0, sizeof *out);
    gws_status status = gws_h5_list(f, "/", &names, &n, err);
    for (int i = 0; status == GWS_OK && i < n; i++) {
        char path[300];
        if ((size_t)snprintf(path, sizeof path, "/%s", names[i]) >= sizeof path)
            continue;
        if (gws_is_ifo(names[i]) && gws_h5_is_group(f, path))
            status = append_group(f, names[i], &m, &room, err);
    }
    if (status != GWS_OK)
        goto fail;
    if (m.n == 0) {
        status = gws_err_set(err, GWS_EDATA, "%s: holds no sample of any detector", gws_h5_path(f));
        goto fail;
    }
    qsort(m.segments, (size_t)m.n, sizeof *m.segments, by_ifo_and_time);
    for (int i = 1; i < m.n; i++) {
        const gws_mlgwsc_segment *a = &m.segments[i - 1], *b = &m.segments[i];
        if (strcmp(a->ifo, b->ifo) != 0)
            continue;
        if (a->rate_hz != b->rate_hz) {
            status = gws_err_set(err, GWS_EDATA, "%s: %s is sampled at %d Hz, %s at %d Hz; wanted one rate for a detector",
                                 gws_h5_path(f), a->path, a->rate_hz, b->path, b->rate_hz);
            goto fail;
        }
        if (a->begin + a->n > b->begin) {
            status = gws_err_set(err, GWS_EDATA, "%s: %s and %s overlap in time", gws_h5_path(f), a->path, b->path);
            goto fail;
        }
    }
    gws_h5_list_free(names, n);
    m.whitened = is_whitened(f);
    *out = m;
    return GWS_OK;
fail:
    gws_h5_list_free(names, n);
    gws_mlgwsc_clear(&m);
    return status;
}

void gws_mlgwsc_clear(gws_mlgwsc *m)
{
    if (!m)
        return;
    free(m->segments);
    m->segments = NULL;
    m->n = 0;
}

gws_status gws_mlgwsc_read(gws_h5 *f, const gws_mlgwsc_segment *s, int64_t start, int64_t n, double *out, gws_err *err)
{
    GWS_ASSERT(f && s && start >= 0 && n >= 0 && start + n <= s->n && (out || n == 0));
    if (n == 0)
        return GWS_OK;
    gws_status status = gws_h5_read_f64(f, s->path, s->offset + start, n, out, err);
    if (status != GWS_OK)
        return status;
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(out[i]))
            out[i] = gws_gap_nan(GWS_GAP_NOT_FINITE);
    return GWS_OK;
}

/* ---- the row ---- */

static gws_status list(const char *path, gws_h5 *f, const gws_strain_use *use, gws_strain_content *out, gws_err *err)
{
    (void)use;
    gws_mlgwsc *m = out->own = calloc(1, sizeof *m);
    if (!m)
        return gws_err_set(err, GWS_ENOMEM, "%s: out of memory", path);
    gws_status status = gws_mlgwsc_stat(f, m, err);
    if (status != GWS_OK)
        return status;
    if (!(out->segments = calloc((size_t)m->n, sizeof *out->segments)))
        return gws_err_set(err, GWS_ENOMEM, "%s: out of memory", path);
    out->n_segments = m->n;
    out->whitened = m->whitened;
    for (int i = 0; i < m->n; i++) {
        gws_strain_segment *s = &out->segments[i];
        memcpy(s->ifo, m->segments[i].ifo, sizeof s->ifo);
        memcpy(s->path, m->segments[i].path, sizeof s->path);
        s->rate_hz = m->segments[i].rate_hz;
        s->begin = m->segments[i].begin;
        s->n = m->segments[i].n;
    }
    return GWS_OK;
}

static void forget(void *own)
{
    gws_mlgwsc_clear(own);
    free(own);
}

static gws_status read_segment(const gws_strain_content *c, void *handle, int segment, int64_t start, int64_t n, double *out,
                               gws_err *err)
{
    const gws_mlgwsc *m = c->own;
    GWS_ASSERT(segment >= 0 && segment < m->n);
    return gws_mlgwsc_read(handle, &m->segments[segment], start, n, out, err);
}

const gws_strain_format gws_strain_mlgwsc = {
    .name = "MLGWSC-1 HDF5",
    .layout = "groups such as /H1 (MLGWSC-1)",
    .probe = probe,
    .list = list,
    .forget = forget,
    .open = gws_strain_hdf5_open,
    .close = gws_strain_hdf5_close,
    .read = read_segment,
};
