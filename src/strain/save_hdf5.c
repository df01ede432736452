/* save_hdf5.c - the three layouts of HDF5: MLGWSC-1's, GWOSC's, gwpy's. */
#include "base/clock.h"
#include "base/hdf5.h"
#include "strain/mlgwsc_writer.h"
#include "strain/save_private.h"
#include "strain/series.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- MLGWSC-1: a data set for each stretch without a gap ---- */

struct stretches {
    gws_mlgwsc_writer *writer;
    int64_t next; /* end of the stretch that is open; INT64_MIN: none */
};

static gws_status add_stretches(void *user, const gws_save_series *s, int64_t begin, const double *h, int64_t n, gws_err *err)
{
    struct stretches *w = user;
    gws_status status = GWS_OK;
    for (int64_t i = 0, k; i < n && status == GWS_OK; i = k) {
        while (i < n && isnan(h[i]))
            i++;
        for (k = i; k < n && !isnan(h[k]);)
            k++;
        if (k == i)
            break;
        if (w->next != begin + i)
            status = gws_mlgwsc_writer_segment(w->writer, s->ifo, s->rate_hz, begin + i, err);
        if (status == GWS_OK)
            status = gws_mlgwsc_writer_append_f64(w->writer, s->ifo, h + i, k - i, err);
        w->next = begin + k;
    }
    return status;
}

gws_status gws_save_mlgwsc(const char *path, const gws_save *s, gws_err *err)
{
    struct stretches w = {.writer = gws_mlgwsc_writer_create(path, err)};
    if (!w.writer)
        return err->status;
    gws_h5 *f = gws_mlgwsc_writer_h5(w.writer);
    gws_status status = GWS_OK;
    gws_h5_set_pool(f, s->pool);
    for (int k = 0; k < s->n && status == GWS_OK; k++) {
        w.next = INT64_MIN;
        status = gws_save_blocks(s, k, 1, add_stretches, &w, err);
    }
    if (status == GWS_OK && s->whitened)
        status = gws_mlgwsc_writer_whitened(w.writer, err);
    if (status == GWS_OK && s->command)
        status = gws_h5_provenance(f, s->command, -1, s->files, err);
    if (status == GWS_OK)
        return gws_mlgwsc_writer_commit(w.writer, err);
    gws_mlgwsc_writer_destroy(w.writer);
    return status;
}

/* ---- GWOSC: one detector, whole seconds, masks ---- */

#define STRAIN "/strain/Strain"
#define MASK_TEXT                                                                                                                  \
    "A bitmask encoded as an integer-valued timeseries. The first \"Bits\" bits might be used, for each there is an entry in "     \
    "\"Shortnames\" and \"Descriptions\"."

struct growing {
    gws_h5 *f;
    const char *path;
    unsigned char *finite; /* (seconds) not 0: a sample of that second is a number; NULL: nobody asks */
};

static gws_status grow(void *user, const gws_save_series *s, int64_t begin, const double *h, int64_t n, gws_err *err)
{
    struct growing *g = user;
    const int64_t first = gws_save_first_s(s) * s->rate_hz;
    for (int64_t i = 0; g->finite && i < n; i++)
        if (!isnan(h[i]))
            g->finite[(begin + i - first) / s->rate_hz] = 1;
    return gws_h5_append_f64(g->f, g->path, h, n, err);
}

static gws_status put_axis(gws_h5 *f, const char *path, int64_t n, int64_t start_s, double spacing_s, const char *what,
                           gws_err *err)
{
    gws_status status;
    if ((status = gws_h5_put_attr_i64(f, path, "Npoints", n, err)) != GWS_OK ||
        (status = gws_h5_put_attr_i64(f, path, "Xstart", start_s, err)) != GWS_OK ||
        (status = gws_h5_put_attr_f64(f, path, "Xspacing", spacing_s, err)) != GWS_OK ||
        (status = gws_h5_put_attr_string(f, path, "Xunits", "second", err)) != GWS_OK ||
        (status = gws_h5_put_attr_string(f, path, "Xlabel", "GPS time", err)) != GWS_OK)
        return status;
    return gws_h5_put_attr_string(f, path, "Ylabel", what, err);
}

/* Where a mask and its tables stand, and what it is called. */
struct mask_place {
    const char *mask, *names, *texts, *label;
};

static gws_status put_mask(gws_h5 *f, const gws_save_series *s, const struct mask_place *at, const uint32_t *bits,
                           const char (*name)[GWS_QUALITY_NAME], int n_names, gws_err *err)
{
    const int64_t n = gws_save_seconds(s);
    const char *names[GWS_QUALITY_BITS], *texts[GWS_QUALITY_BITS];
    char text[GWS_QUALITY_BITS][GWS_QUALITY_NAME + 16];
    gws_status status;
    for (int i = 0; i < n_names; i++) {
        snprintf(text[i], sizeof text[i], "Passes %s test", name[i]);
        names[i] = name[i];
        texts[i] = text[i];
    }
    if ((status = gws_h5_write_u32(f, at->mask, 1, &n, bits, err)) != GWS_OK ||
        (status = put_axis(f, at->mask, n, gws_save_first_s(s), 1.0, at->label, err)) != GWS_OK ||
        (status = gws_h5_put_attr_i64(f, at->mask, "Bits", n_names, err)) != GWS_OK ||
        (status = gws_h5_put_attr_string(f, at->mask, "Description", MASK_TEXT, err)) != GWS_OK ||
        (status = gws_h5_write_strings(f, at->names, n_names, names, err)) != GWS_OK)
        return status;
    return gws_h5_write_strings(f, at->texts, n_names, texts, err);
}

static gws_status put_masks(gws_h5 *f, const gws_save_series *s, const unsigned char *finite, gws_err *err)
{
    static const struct mask_place dq_at = {GWS_QUALITY_DQ, GWS_QUALITY_DQ_NAMES, "/quality/simple/DQDescriptions", "DQmask"},
                                   inj_at = {GWS_QUALITY_INJ, GWS_QUALITY_INJ_NAMES, "/quality/injections/InjDescriptions",
                                             "Injmask"};
    static const char data_alone[1][GWS_QUALITY_NAME] = {"DATA"};
    const gws_quality *q = &s->quality;
    const int64_t n = gws_save_seconds(s);
    uint32_t *dq = malloc((size_t)n * sizeof *dq);
    if (!dq)
        return gws_err_set(err, GWS_ENOMEM, "%s: out of memory for masks", gws_h5_path(f));
    for (int64_t i = 0; i < n; i++)
        dq[i] = gws_save_dq(s, i, finite[i]);
    gws_status status =
        put_mask(f, s, &dq_at, dq, q->dq ? (const char(*)[GWS_QUALITY_NAME])q->dq_name : data_alone, q->dq ? q->n_dq : 1, err);
    free(dq);
    if (status == GWS_OK && q->inj)
        status = put_mask(f, s, &inj_at, q->inj, (const char(*)[GWS_QUALITY_NAME])q->inj_name, q->n_inj, err);
    return status;
}

static gws_status put_meta(gws_h5 *f, const gws_save_series *s, gws_err *err)
{
    const int64_t start_s = gws_save_first_s(s), seconds = gws_save_seconds(s);
    const char observatory[2] = {s->ifo[0], '\0'};
    char utc[32];
    gws_status status;
    gws_utc_text(start_s * GWS_NS, 0, utc);
    utc[strcspn(utc, " ")] = 'T';
    if ((status = gws_h5_write_string(f, "/meta/Description", "Strain data time series", err)) != GWS_OK ||
        (status = gws_h5_write_string(f, "/meta/Detector", s->ifo, err)) != GWS_OK ||
        (status = gws_h5_write_string(f, "/meta/Observatory", observatory, err)) != GWS_OK ||
        (status = gws_h5_write_string(f, "/meta/Type", "StrainTimeSeries", err)) != GWS_OK ||
        (status = gws_h5_write_string(f, "/meta/UTCstart", utc, err)) != GWS_OK ||
        (status = gws_h5_write_i64(f, "/meta/GPSstart", 0, NULL, &start_s, err)) != GWS_OK ||
        (status = gws_h5_write_i64(f, "/meta/Duration", 0, NULL, &seconds, err)) != GWS_OK)
        return status;
    status = put_axis(f, STRAIN, s->end - s->begin, start_s, 1.0 / s->rate_hz, "Strain", err);
    return status == GWS_OK ? gws_h5_put_attr_string(f, STRAIN, "Yunits", "", err) : status;
}

gws_status gws_save_gwosc(const char *path, const gws_save *s, gws_err *err)
{
    const gws_save_series *g = &s->series[0];
    struct growing w = {.path = STRAIN};
    gws_status status;
    if (gws_save_seconds(g) > GWS_QUALITY_MAX_S)
        return gws_err_set(err, GWS_EDATA, "%s: %lld s in one file of GWOSC's layout, at most %d s; --duration cuts them", path,
                           (long long)gws_save_seconds(g), GWS_QUALITY_MAX_S);
    if (!(w.finite = calloc((size_t)gws_save_seconds(g), 1)))
        return gws_err_set(err, GWS_ENOMEM, "%s: out of memory for masks", path);
    if (!(w.f = gws_h5_create(path, err))) {
        free(w.finite);
        return err->status;
    }
    gws_h5_set_pool(w.f, s->pool);
    if ((status = gws_save_blocks(s, 0, 0, grow, &w, err)) == GWS_OK && (status = gws_h5_append_end(w.f, STRAIN, err)) == GWS_OK &&
        (status = put_meta(w.f, g, err)) == GWS_OK && (status = put_masks(w.f, g, w.finite, err)) == GWS_OK && s->command)
        status = gws_h5_provenance(w.f, s->command, -1, s->files, err);
    free(w.finite);
    if (status == GWS_OK)
        return gws_h5_commit(w.f, err);
    gws_h5_close(w.f);
    return status;
}

/* ---- gwpy, which hands every attribute to its constructor: none of ours may stand beside its own ---- */

static gws_status put_series(gws_h5 *f, const char *path, const gws_save_series *s, gws_err *err)
{
    gws_status status;
    if ((status = gws_h5_put_attr_f64(f, path, "x0", (double)s->begin / s->rate_hz, err)) != GWS_OK ||
        (status = gws_h5_put_attr_f64(f, path, "dx", 1.0 / s->rate_hz, err)) != GWS_OK ||
        (status = gws_h5_put_attr_string(f, path, "xunit", "s", err)) != GWS_OK ||
        (status = gws_h5_put_attr_string(f, path, "unit", "", err)) != GWS_OK ||
        (status = gws_h5_put_attr_string(f, path, "name", s->channel, err)) != GWS_OK)
        return status;
    return gws_h5_put_attr_string(f, path, "channel", s->channel, err);
}

gws_status gws_save_gwpy(const char *path, const gws_save *s, gws_err *err)
{
    struct growing w = {.f = gws_h5_create(path, err)};
    gws_status status = w.f ? gws_h5_put_attr_string(w.f, "/", "content", GWS_SERIES_CONTENT, err) : err->status;
    if (!w.f)
        return status;
    gws_h5_set_pool(w.f, s->pool);
    for (int k = 0; k < s->n && status == GWS_OK; k++) {
        char where[256];
        snprintf(where, sizeof where, "/%s", s->series[k].channel);
        w.path = where;
        if ((status = gws_save_blocks(s, k, 0, grow, &w, err)) == GWS_OK && (status = gws_h5_append_end(w.f, where, err)) == GWS_OK)
            status = put_series(w.f, where, &s->series[k], err);
    }
    if (status == GWS_OK && s->command)
        status = gws_h5_provenance(w.f, s->command, -1, s->files, err);
    if (status == GWS_OK)
        return gws_h5_commit(w.f, err);
    gws_h5_close(w.f);
    return status;
}
