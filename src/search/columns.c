#include "search/columns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH = 64 };

static const char *path_of(const char *name, char path[PATH])
{
    snprintf(path, PATH, "/%s", name);
    return path;
}

/* Read how many numbers a column holds. */
static gws_status length_of(gws_h5 *f, const char *name, int64_t *n, gws_err *err)
{
    gws_h5_info info;
    gws_status status;
    char path[PATH];

    if (!gws_h5_exists(f, path_of(name, path)))
        return gws_err_set(err, GWS_EFORMAT, "%s: wanted a data set %s, found none", gws_h5_path(f), name);
    if ((status = gws_h5_stat(f, path, &info, err)) != GWS_OK)
        return status;
    if (info.ndim != 1 || info.type < GWS_H5_F32 || info.type > GWS_H5_UINT)
        return gws_err_set(err, GWS_EFORMAT, "%s: %s is not a one-dimensional list of numbers", gws_h5_path(f), name);
    if (info.shape[0] > GWS_COLUMNS_ROWS)
        return gws_err_set(err, GWS_EDATA, "%s: %s claims %lld entries", gws_h5_path(f), name, (long long)info.shape[0]);
    *n = info.shape[0];
    return strcmp(name, "time") == 0 || strcmp(name, "tc") == 0 ? gws_h5_check_time(f, info.type, name, err) : GWS_OK;
}

gws_status gws_columns_read(gws_h5 *f, const char *const *names, int n_columns, double **columns, int64_t have, int64_t *n,
                            gws_err *err)
{
    char path[PATH];
    gws_status status = length_of(f, names[0], n, err);

    for (int c = 1; c < n_columns && status == GWS_OK; c++) {
        int64_t other = 0;
        status = length_of(f, names[c], &other, err);
        if (status == GWS_OK && other != *n)
            status = gws_err_set(err, GWS_EFORMAT, "%s: %lld entries in %s, %lld in %s; wanted as many", gws_h5_path(f),
                                 (long long)*n, names[0], (long long)other, names[c]);
    }
    for (int c = 0; c < n_columns && status == GWS_OK; c++) {
        double *more = realloc(columns[c], (size_t)(have + *n + 1) * sizeof *more);
        if (!more)
            return gws_err_set(err, GWS_ENOMEM, "%s: no memory for %lld rows", gws_h5_path(f), (long long)(have + *n));
        columns[c] = more;
        status = gws_h5_read_f64(f, path_of(names[c], path), 0, *n, more + have, err);
    }
    return status;
}

static gws_status write_all(gws_h5 *f, const gws_columns *c, const char *between, const char *ifo, int64_t n, gws_err *err)
{
    double *column = malloc((size_t)(n + 1) * sizeof *column);
    char path[PATH];
    gws_status status = column ? GWS_OK : gws_err_set(err, GWS_ENOMEM, "no memory for %lld events", (long long)n);

    for (int k = 0; k < c->n_columns && status == GWS_OK; k++) {
        for (int64_t i = 0; i < n; i++)
            column[i] = c->value(c->user, i, k);
        snprintf(path, sizeof path, "/%s%s%s", c->names[k], between, ifo);
        status = gws_h5_write_f64(f, path, 1, &n, column, err);
    }
    free(column);
    return status;
}

gws_status gws_columns_write(gws_h5 *f, const gws_columns *c, int64_t n, gws_err *err)
{
    return write_all(f, c, "", "", n, err);
}

gws_status gws_columns_write_of(gws_h5 *f, const gws_columns *c, const char *ifo, int64_t n, gws_err *err)
{
    return write_all(f, c, "_", ifo, n, err);
}
