#include "dsp/psd.h"

#include "base/hdf5.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_BINS ((int64_t)1 << 27) /* 8192 Hz in steps of 1/16384 Hz; a file that claims more is broken */

gws_status gws_psd_save(const gws_psd *psd, const char *path, const char *detector, double epoch_s, const char *command,
                        gws_err *err)
{
    GWS_ASSERT(psd && psd->data && psd->n >= 1 && path && detector);
    gws_h5 *f = gws_h5_create(path, err);
    if (!f)
        return err ? err->status : GWS_EIO;
    gws_status status = gws_h5_write_f64(f, "/psd", 1, &psd->n, psd->data, err);
    /* On the data set as MLGWSC-1 has them, and on the root, where one looks first. */
    static const char *const where[2] = {"/psd", "/"};
    for (int i = 0; i < 2 && status == GWS_OK; i++) {
        status = gws_h5_put_attr_f64(f, where[i], "delta_f", psd->delta_f_hz, err);
        if (status == GWS_OK)
            status = gws_h5_put_attr_string(f, where[i], "detector", detector, err);
        if (status == GWS_OK)
            status = gws_h5_put_attr_f64(f, where[i], "epoch", epoch_s, err);
    }
    if (status == GWS_OK && command)
        status = gws_h5_provenance(f, command, -1, NULL, err);
    if (status != GWS_OK) {
        gws_h5_close(f);
        return status;
    }
    return gws_h5_commit(f, err);
}

/* The data sets that carry delta_f: how many, and the path of the first. */
static gws_status find_spectra(gws_h5 *f, char *first, size_t size, int *found, gws_err *err)
{
    gws_h5_entry *entries = NULL;
    int n = 0;
    gws_status status = gws_h5_tree(f, &entries, &n, err);
    *found = 0;
    for (int i = 0; i < n; i++)
        if (!entries[i].is_group && entries[i].has_delta_f && strlen(entries[i].path) < size && (*found)++ == 0)
            snprintf(first, size, "%s", entries[i].path);
    gws_h5_tree_free(entries, n);
    return status;
}

/* Where the PSD is: /psd, /data, or the only data set that says its spacing. */
static gws_status find_psd(gws_h5 *f, char *path, size_t size, gws_err *err)
{
    static const char *const usual[2] = {"/psd", "/data"};

    for (int i = 0; i < 2; i++) {
        if (gws_h5_exists(f, usual[i]) && !gws_h5_is_group(f, usual[i])) {
            snprintf(path, size, "%s", usual[i]);
            return GWS_OK;
        }
    }
    int n = 0;
    gws_status status = find_spectra(f, path, size, &n, err);
    if (status == GWS_OK && n != 1)
        return gws_err_set(err, GWS_EFORMAT, "%s: wanted a data set psd or data, or one with the attribute delta_f; found %d such",
                           gws_h5_path(f), n);
    return status;
}

gws_status gws_psd_load(const char *path, gws_psd *out, gws_err *err)
{
    GWS_ASSERT(path && out);
    *out = (gws_psd){0};
    gws_err own = {0};
    gws_h5 *f = gws_h5_open(path, &own);
    if (!f)
        return gws_err_set(err, own.status, "%s", own.text);
    char name[400];
    gws_h5_info info;
    gws_status status = find_psd(f, name, sizeof name, err);
    if (status == GWS_OK)
        status = gws_h5_stat(f, name, &info, err);
    if (status == GWS_OK && (info.ndim != 1 || info.shape[0] < 2 || info.shape[0] > MAX_BINS))
        status = gws_err_set(err, GWS_EFORMAT, "%s: %s is not a row of 2 to %lld PSD bins", path, name, (long long)MAX_BINS);
    if (status == GWS_OK)
        status = gws_h5_attr_f64(f, name, "delta_f", &out->delta_f_hz, err);
    if (status == GWS_OK && !(out->delta_f_hz > 0.0 && isfinite(out->delta_f_hz)))
        status = gws_err_set(err, GWS_EFORMAT, "%s: delta_f is %g, wanted a positive spacing in Hz", path, out->delta_f_hz);
    static const char *const begin[2] = {"f0", "x0"};
    for (int i = 0; i < 2 && status == GWS_OK; i++) {
        double first_hz = 0;
        if (gws_h5_has_attr(f, name, begin[i]))
            status = gws_h5_attr_f64(f, name, begin[i], &first_hz, err);
        if (status == GWS_OK && first_hz != 0)
            status = gws_err_set(err, GWS_EFORMAT, "%s: %s begins at %g Hz (%s), wanted a PSD from 0 Hz on", path, name, first_hz,
                                 begin[i]);
    }
    if (status == GWS_OK) {
        out->n = info.shape[0];
        out->data = malloc((size_t)out->n * sizeof *out->data);
        if (!out->data)
            status = gws_err_set(err, GWS_ENOMEM, "%s: no memory for %lld PSD bins", path, (long long)out->n);
    }
    if (status == GWS_OK)
        status = gws_h5_read_f64(f, name, 0, out->n, out->data, err);
    gws_h5_close(f);
    if (status != GWS_OK)
        gws_psd_clear(out);
    return status;
}
