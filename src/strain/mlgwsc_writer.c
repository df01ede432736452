#include "strain/mlgwsc_writer.h"

#include "base/clock.h"
#include "base/ifo.h"
#include "strain/mlgwsc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct open_segment {
    char ifo[4];
    char path[60];
    int rate_hz;
    int64_t begin, n; /* n: samples appended so far */
};

struct gws_mlgwsc_writer {
    gws_h5 *f;
    struct open_segment segment[GWS_MAX_IFO];
    int n_ifo;
};

gws_mlgwsc_writer *gws_mlgwsc_writer_create(const char *path, gws_err *err)
{
    gws_mlgwsc_writer *w = calloc(1, sizeof *w);
    if (!w) {
        gws_err_set(err, GWS_ENOMEM, "%s: out of memory", path);
        return NULL;
    }
    w->f = gws_h5_create(path, err);
    if (!w->f) {
        gws_mlgwsc_writer_destroy(w);
        return NULL;
    }
    return w;
}

static struct open_segment *find_segment(gws_mlgwsc_writer *w, const char *ifo)
{
    for (int i = 0; i < w->n_ifo; i++)
        if (strcmp(w->segment[i].ifo, ifo) == 0)
            return &w->segment[i];
    return NULL;
}

gws_status gws_mlgwsc_writer_segment(gws_mlgwsc_writer *w, const char *ifo, int rate_hz, int64_t begin, gws_err *err)
{
    GWS_ASSERT(w && ifo && rate_hz > 0);
    if (!gws_is_ifo(ifo))
        return gws_err_set(err, GWS_EARG, "%s: \"%.16s\" is not a detector's name such as H1", gws_h5_path(w->f), ifo);
    struct open_segment *s = find_segment(w, ifo);
    if (!s) {
        if (w->n_ifo == GWS_MAX_IFO)
            return gws_err_set(err, GWS_EARG, "%s: more than %d detectors", gws_h5_path(w->f), GWS_MAX_IFO);
        s = &w->segment[w->n_ifo++];
        memcpy(s->ifo, ifo, 3);
    }
    gws_status status = gws_h5_append_end(w->f, s->path, err);
    if (status != GWS_OK)
        return status;
    int64_t gps_s = gws_floor_div(begin, rate_hz);
    s->rate_hz = rate_hz;
    s->begin = begin;
    s->n = 0;
    snprintf(s->path, sizeof s->path, "/%s/%" PRId64, ifo, gps_s);
    if (gws_h5_exists(w->f, s->path))
        snprintf(s->path, sizeof s->path, "/%s/%" PRId64 "-%" PRId64, ifo, gps_s, begin - gps_s * rate_hz);
    if (gws_h5_exists(w->f, s->path))
        return gws_err_set(err, GWS_EARG, "%s: a second segment at %s", gws_h5_path(w->f), s->path);
    return GWS_OK;
}

/* The data set appears with its first samples; only then can it carry attributes. */
static gws_status appended(gws_mlgwsc_writer *w, struct open_segment *s, int64_t n, gws_err *err)
{
    gws_status status = GWS_OK;
    if (s->n == 0) {
        status = gws_h5_put_attr_f64(w->f, s->path, "start_time", (double)s->begin / s->rate_hz, err);
        if (status == GWS_OK)
            status = gws_h5_put_attr_f64(w->f, s->path, "delta_t", 1.0 / s->rate_hz, err);
    }
    s->n += n;
    return status;
}

gws_status gws_mlgwsc_writer_append_f64(gws_mlgwsc_writer *w, const char *ifo, const double *x, int64_t n, gws_err *err)
{
    GWS_ASSERT(w && ifo && n >= 0 && (x || n == 0));
    struct open_segment *s = find_segment(w, ifo);
    GWS_ASSERT(s != NULL); /* gws_mlgwsc_writer_segment comes first */
    if (n == 0)
        return GWS_OK;
    gws_status status = gws_h5_append_f64(w->f, s->path, x, n, err);
    return status == GWS_OK ? appended(w, s, n, err) : status;
}

gws_status gws_mlgwsc_writer_append_f32(gws_mlgwsc_writer *w, const char *ifo, const float *x, int64_t n, gws_err *err)
{
    GWS_ASSERT(w && ifo && n >= 0 && (x || n == 0));
    struct open_segment *s = find_segment(w, ifo);
    GWS_ASSERT(s != NULL);
    if (n == 0)
        return GWS_OK;
    gws_status status = gws_h5_append_f32(w->f, s->path, x, n, err);
    return status == GWS_OK ? appended(w, s, n, err) : status;
}

gws_status gws_mlgwsc_writer_whitened(gws_mlgwsc_writer *w, gws_err *err)
{
    return gws_h5_put_attr_string(w->f, "/", "content", GWS_MLGWSC_WHITENED, err);
}

gws_h5 *gws_mlgwsc_writer_h5(gws_mlgwsc_writer *w)
{
    return w->f;
}

gws_status gws_mlgwsc_writer_commit(gws_mlgwsc_writer *w, gws_err *err)
{
    GWS_ASSERT(w != NULL);
    gws_h5 *f = w->f;
    w->f = NULL; /* commit takes the handle, whatever happens */
    gws_mlgwsc_writer_destroy(w);
    return gws_h5_commit(f, err);
}

void gws_mlgwsc_writer_destroy(gws_mlgwsc_writer *w)
{
    if (!w)
        return;
    gws_h5_close(w->f);
    free(w);
}
