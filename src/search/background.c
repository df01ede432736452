#include "search/background.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const head_name[2] = {"spiking", "linear"};

void gws_background_clear(gws_background *b)
{
    for (int h = 0; h < 2; h++) {
        free(b->head[h].time_s);
        free(b->head[h].stat);
        free(b->head[h].slide);
        free(b->head[h].livetime_s);
    }
    free(b->strain);
    free(b->shift_s);
    free(b->live_slide);
    free(b->live_begin_s);
    free(b->live_end_s);
    free(b->on_begin_s);
    free(b->on_end_s);
    *b = (gws_background){0};
}

int gws_background_is_slide(const gws_background *b, int64_t row)
{
    for (int i = 0; i < b->n_ifo; i++)
        if (b->shift_s[row * b->n_ifo + i] != b->shift_s[row * b->n_ifo])
            return 1;
    return b->n_ifo == 1;
}

/* ---- reading ---- */

/* Read how many rows a table has; `columns` 0 is a list. */
static gws_status rows_of(gws_h5 *f, const char *path, int64_t columns, int64_t *n, gws_err *err)
{
    gws_h5_info info;
    gws_status status;

    if (!gws_h5_exists(f, path))
        return gws_err_set(err, GWS_EFORMAT, "%s: wanted a data set %s, found none", gws_h5_path(f), path);
    if ((status = gws_h5_stat(f, path, &info, err)) != GWS_OK)
        return status;
    if (info.ndim != (columns ? 2 : 1) || (columns && info.shape[1] != columns) || info.type < GWS_H5_F32 ||
        info.type > GWS_H5_UINT)
        return gws_err_set(err, GWS_EFORMAT, "%s: %s has not the shape of a background's", gws_h5_path(f), path);
    if (info.shape[0] > GWS_BACKGROUND_MAX / (columns ? columns : 1))
        return gws_err_set(err, GWS_EDATA, "%s: %s claims %lld rows", gws_h5_path(f), path, (long long)info.shape[0]);
    *n = info.shape[0];
    return GWS_OK;
}

/* A table of numbers: *n is how many rows it must have, or is set when negative. */
static gws_status read_f64(gws_h5 *f, const char *path, int64_t columns, int64_t *n, double **out, gws_err *err)
{
    int64_t rows = 0, all;
    gws_status status = rows_of(f, path, columns, &rows, err);

    if (status != GWS_OK)
        return status;
    if (*n >= 0 && rows != *n)
        return gws_err_set(err, GWS_EFORMAT, "%s: %lld rows in %s, wanted %lld", gws_h5_path(f), (long long)rows, path,
                           (long long)*n);
    *n = rows;
    all = rows * (columns ? columns : 1);
    if (!(*out = malloc((size_t)(all + 1) * sizeof **out)))
        return gws_err_set(err, GWS_ENOMEM, "%s: no memory for %lld numbers", gws_h5_path(f), (long long)all);
    if ((status = gws_h5_read_f64(f, path, 0, all, *out, err)) != GWS_OK)
        return status;
    for (int64_t i = 0; i < all; i++)
        if (!isfinite((*out)[i]))
            return gws_err_set(err, GWS_EDATA, "%s: number %lld of %s is not finite", gws_h5_path(f), (long long)i, path);
    return GWS_OK;
}

/* Rows of /slides, each within it. */
static gws_status read_slides(gws_h5 *f, const char *path, int64_t n, int64_t slides, int64_t **out, gws_err *err)
{
    int64_t rows = 0;
    gws_status status = rows_of(f, path, 0, &rows, err);

    if (status != GWS_OK)
        return status;
    if (rows != n)
        return gws_err_set(err, GWS_EFORMAT, "%s: %lld rows in %s, wanted %lld", gws_h5_path(f), (long long)rows, path,
                           (long long)n);
    if (!(*out = malloc((size_t)(n + 1) * sizeof **out)))
        return gws_err_set(err, GWS_ENOMEM, "%s: no memory for %lld numbers", gws_h5_path(f), (long long)n);
    if ((status = gws_h5_read_i64(f, path, 0, n, *out, err)) != GWS_OK)
        return status;
    for (int64_t i = 0; i < n; i++)
        if ((*out)[i] < 0 || (*out)[i] >= slides)
            return gws_err_set(err, GWS_EDATA, "%s: row %lld of %s is slide %lld of %lld", gws_h5_path(f), (long long)i, path,
                               (long long)(*out)[i], (long long)slides);
    return GWS_OK;
}

static gws_status read_head(gws_h5 *f, int h, gws_background *b, gws_err *err)
{
    gws_background_head *out = &b->head[h];
    int64_t slides = b->slides;
    char group[16], path[64];
    gws_status status;

    snprintf(group, sizeof group, "/%s", head_name[h]);
    if (h == GWS_HEAD_LINEAR && !gws_h5_exists(f, group))
        return gws_h5_check(f, err);
#define COLUMN(name) (snprintf(path, sizeof path, "%s/%s", group, name), path)
    out->n = -1;
    if ((status = read_f64(f, COLUMN("time"), 0, &out->n, &out->time_s, err)) ||
        (status = read_f64(f, COLUMN("stat"), 0, &out->n, &out->stat, err)) ||
        (status = read_slides(f, COLUMN("slide"), out->n, slides, &out->slide, err)) ||
        (status = read_f64(f, COLUMN("livetime"), 0, &slides, &out->livetime_s, err)) ||
        (status = gws_h5_attr_f64(f, group, "threshold", &out->threshold, err)))
        return status;
#undef COLUMN
    for (int64_t k = 0; k < slides; k++) {
        if (out->livetime_s[k] < 0)
            return gws_err_set(err, GWS_EDATA, "%s: live time of slide %lld is below zero", gws_h5_path(f), (long long)k);
        out->total_s += gws_background_is_slide(b, k) ? out->livetime_s[k] : 0.0;
    }
    return GWS_OK;
}

static gws_status read_names(gws_h5 *f, gws_background *out, gws_err *err)
{
    char *text = NULL, *format = NULL;
    int64_t version = 0;
    gws_status status =
        gws_h5_has_attr(f, "/", "format") ? gws_h5_attr_string(f, "/", "format", &format, err) : gws_h5_check(f, err);

    if (status == GWS_OK && (!format || strcmp(format, "gwspike-background") != 0))
        status = gws_err_set(err, GWS_EFORMAT, "%s: not a background, as gwspike background writes it", gws_h5_path(f));
    if (status == GWS_OK && (status = gws_h5_attr_i64(f, "/", "format_version", &version, err)) == GWS_OK &&
        version != GWS_BACKGROUND_VERSION)
        status = gws_err_set(err, GWS_EVERSION, "%s: background of format version %lld, wanted %d", gws_h5_path(f),
                             (long long)version, GWS_BACKGROUND_VERSION);
    if (status == GWS_OK && (status = gws_h5_attr_string(f, "/", "model_sha256", &text, err)) == GWS_OK) {
        if (strlen(text) != 64)
            status = gws_err_set(err, GWS_EFORMAT, "%s: model_sha256 is no SHA-256", gws_h5_path(f));
        else
            memcpy(out->model, text, 65);
    }
    free(text);
    free(format);
    if (status == GWS_OK)
        status = gws_h5_attr_f64(f, "/", "slide_step_s", &out->step_s, err);
    return status;
}

static gws_status read_detectors(gws_h5 *f, gws_background *out, gws_err *err)
{
    char **names = NULL;
    int n = 0;
    gws_status status = gws_h5_attr_strings(f, "/", "detectors", &names, &n, err);

    if (status != GWS_OK)
        return status;
    for (int i = 0; i < n && status == GWS_OK; i++)
        if (n > GWS_MODEL_IFOS || strlen(names[i]) < 1 || strlen(names[i]) > 3)
            status = gws_err_set(err, GWS_EFORMAT, "%s: detectors are not up to %d short names", gws_h5_path(f), GWS_MODEL_IFOS);
        else
            snprintf(out->ifo[i], sizeof out->ifo[i], "%s", names[i]);
    out->n_ifo = status == GWS_OK ? n : 0;
    gws_h5_list_free(names, n);
    if (status == GWS_OK && n < 1)
        status = gws_err_set(err, GWS_EFORMAT, "%s: no detectors", gws_h5_path(f));
    return status;
}

/* Files of before have none. */
static gws_status read_whitening(gws_h5 *f, gws_background *out, gws_err *err)
{
    gws_status status;

    if (!gws_h5_has_attr(f, "/", "whitening_filter_s"))
        return gws_h5_check(f, err);
    if ((status = gws_h5_attr_f64(f, "/", "whitening_filter_s", &out->filter_s, err)) ||
        (status = gws_h5_attr_f64(f, "/", "whitening_block_s", &out->block_s, err)) ||
        (status = gws_h5_attr_f64(f, "/", "whitening_ahead_s", &out->ahead_s, err)))
        return status;
    if (!(out->filter_s > 0 && isfinite(out->filter_s) && out->block_s > 0 && out->block_s <= 1 && out->ahead_s > 0 &&
          out->ahead_s <= out->filter_s / 2))
        return gws_err_set(err, GWS_EDATA, "%s: no whitening has a filter of %g s, blocks of %g s and %g s ahead", gws_h5_path(f),
                           out->filter_s, out->block_s, out->ahead_s);
    return GWS_OK;
}

/* Files of before have no hash. */
static gws_status read_strain(gws_h5 *f, gws_background *out, gws_err *err)
{
    char *text = NULL, *end;
    gws_status status = gws_h5_has_attr(f, "/", "input_sha256") ? gws_h5_attr_string(f, "/", "input_sha256", &out->strain, err)
                                                                : gws_h5_check(f, err);

    if (status != GWS_OK || !gws_h5_has_attr(f, "/", "strain_hash"))
        return status != GWS_OK ? status : gws_h5_check(f, err);
    if ((status = gws_h5_attr_string(f, "/", "strain_hash", &text, err)) != GWS_OK)
        return status;
    out->hash = strtoull(text, &end, 16);
    if (strlen(text) != 16 || *end)
        status = gws_err_set(err, GWS_EFORMAT, "%s: strain_hash is no number of 16 hexadecimal digits", gws_h5_path(f));
    free(text);
    return status;
}

gws_status gws_background_load(const char *path, gws_background *out, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    gws_background b = {.slides = -1, .n_live = -1, .n_on = -1};
    gws_h5 *f = gws_h5_open(path, err);
    gws_status status;

    *out = (gws_background){0};
    if (!f)
        return err->status;
    if ((status = read_names(f, &b, err)) || (status = read_detectors(f, &b, err)) || (status = read_whitening(f, &b, err)) ||
        (status = read_strain(f, &b, err)) || (status = read_f64(f, "/slides/shift", b.n_ifo, &b.slides, &b.shift_s, err)) ||
        (status = read_f64(f, "/live/begin", 0, &b.n_live, &b.live_begin_s, err)) ||
        (status = read_f64(f, "/live/end", 0, &b.n_live, &b.live_end_s, err)) ||
        (status = read_slides(f, "/live/slide", b.n_live, b.slides, &b.live_slide, err)) ||
        (status = read_f64(f, "/zero_lag/begin", 0, &b.n_on, &b.on_begin_s, err)) ||
        (status = read_f64(f, "/zero_lag/end", 0, &b.n_on, &b.on_end_s, err)) ||
        (status = read_head(f, GWS_HEAD_SPIKING, &b, err)) || (status = read_head(f, GWS_HEAD_LINEAR, &b, err)))
        gws_background_clear(&b);
    gws_h5_close(f);
    *out = b;
    return status;
}

/* ---- writing ---- */

static gws_status write_head(gws_h5 *f, int h, const gws_background *b, gws_err *err)
{
    const gws_background_head *a = &b->head[h];
    char group[16], path[64];
    gws_status status;

    if (!a->livetime_s)
        return GWS_OK;
    snprintf(group, sizeof group, "/%s", head_name[h]);
#define COLUMN(name) (snprintf(path, sizeof path, "%s/%s", group, name), path)
    if ((status = gws_h5_write_f64(f, COLUMN("time"), 1, &a->n, a->time_s, err)) ||
        (status = gws_h5_write_f64(f, COLUMN("stat"), 1, &a->n, a->stat, err)) ||
        (status = gws_h5_write_i64(f, COLUMN("slide"), 1, &a->n, a->slide, err)) ||
        (status = gws_h5_write_f64(f, COLUMN("livetime"), 1, &b->slides, a->livetime_s, err)) ||
        (status = gws_h5_put_attr_f64(f, group, "threshold", a->threshold, err)) ||
        (status = gws_h5_put_attr_f64(f, group, "livetime_s", a->total_s, err)))
        return status;
#undef COLUMN
    return GWS_OK;
}

static gws_status write_hash(gws_h5 *f, const gws_background *b, gws_err *err)
{
    char text[17];

    if (!b->hash)
        return GWS_OK;
    snprintf(text, sizeof text, "%016llx", (unsigned long long)b->hash);
    return gws_h5_put_attr_string(f, "/", "strain_hash", text, err);
}

static gws_status write_whitening(gws_h5 *f, const gws_background *b, gws_err *err)
{
    gws_status status;

    if (!(b->filter_s > 0))
        return GWS_OK;
    if ((status = gws_h5_put_attr_f64(f, "/", "whitening_filter_s", b->filter_s, err)) ||
        (status = gws_h5_put_attr_f64(f, "/", "whitening_block_s", b->block_s, err)))
        return status;
    return gws_h5_put_attr_f64(f, "/", "whitening_ahead_s", b->ahead_s, err);
}

gws_status gws_background_write(gws_h5 *f, const gws_background *b, gws_err *err)
{
    const char *ifos[GWS_MODEL_IFOS];
    const int64_t shape[2] = {b->slides, b->n_ifo};
    gws_status status;

    for (int i = 0; i < b->n_ifo; i++)
        ifos[i] = b->ifo[i];
    if ((status = gws_h5_put_attr_string(f, "/", "format", "gwspike-background", err)) ||
        (status = gws_h5_put_attr_i64(f, "/", "format_version", GWS_BACKGROUND_VERSION, err)) ||
        (status = gws_h5_put_attr_string(f, "/", "model_sha256", b->model, err)) ||
        (status = gws_h5_put_attr_strings(f, "/", "detectors", ifos, b->n_ifo, err)) ||
        (status = gws_h5_put_attr_f64(f, "/", "slide_step_s", b->step_s, err)) || (status = write_whitening(f, b, err)) ||
        (status = write_hash(f, b, err)) || (status = gws_h5_write_f64(f, "/slides/shift", 2, shape, b->shift_s, err)) ||
        (status = gws_h5_write_i64(f, "/live/slide", 1, &b->n_live, b->live_slide, err)) ||
        (status = gws_h5_write_f64(f, "/live/begin", 1, &b->n_live, b->live_begin_s, err)) ||
        (status = gws_h5_write_f64(f, "/live/end", 1, &b->n_live, b->live_end_s, err)) ||
        (status = gws_h5_write_f64(f, "/zero_lag/begin", 1, &b->n_on, b->on_begin_s, err)) ||
        (status = gws_h5_write_f64(f, "/zero_lag/end", 1, &b->n_on, b->on_end_s, err)) ||
        (status = write_head(f, GWS_HEAD_SPIKING, b, err)) || (status = write_head(f, GWS_HEAD_LINEAR, b, err)))
        return status;
    return GWS_OK;
}
