#include "search/events.h"

#include "search/columns.h"

#include <math.h>
#include <stdlib.h>

static const char *const names[3] = {"time", "stat", "var"};

gws_status gws_events_add(gws_events *e, double time_s, double stat, double var_s)
{
    double **const column[3] = {&e->time_s, &e->stat, &e->var_s};

    if (e->n == e->room) {
        const int64_t room = e->room ? 2 * e->room : 256;
        for (int c = 0; c < 3; c++) {
            double *more = realloc(*column[c], (size_t)room * sizeof *more);
            if (!more)
                return GWS_ENOMEM;
            *column[c] = more;
        }
        e->room = room;
    }
    e->time_s[e->n] = time_s;
    e->stat[e->n] = stat;
    e->var_s[e->n++] = var_s;
    return GWS_OK;
}

/* Behind the `total` events that the columns hold already. */
static gws_status load_one(const char *path, double **column, int64_t total, int64_t *rows, gws_err *err)
{
    gws_err own = {0};
    gws_h5 *f = gws_h5_open(path, &own);
    gws_status status;

    if (!f)
        return gws_err_set(err, own.status, "%s", own.text);
    status = gws_columns_read(f, names, 3, column, total, rows, err);
    gws_h5_close(f);
    for (int c = 0; c < 3 && status == GWS_OK; c++)
        for (int64_t k = 0; k < *rows && status == GWS_OK; k++)
            if (isnan(column[c][total + k]))
                status = gws_err_set(err, GWS_EDATA, "%s: %s of event %lld is not a number", path, names[c], (long long)k);
    if (status == GWS_OK && total + *rows > GWS_COLUMNS_ROWS)
        status = gws_err_set(err, GWS_EDATA, "%s: more than %lld events", path, (long long)GWS_COLUMNS_ROWS);
    return status;
}

gws_status gws_events_load(const char *const *paths, int n, gws_events *out, gws_err *err)
{
    double *column[3] = {NULL, NULL, NULL};
    int64_t total = 0;
    gws_status status = GWS_OK;

    GWS_ASSERT(out && n > 0);
    for (int i = 0; i < n && status == GWS_OK; i++) {
        int64_t rows = 0;
        status = load_one(paths[i], column, total, &rows, err);
        total += rows;
    }
    *out = (gws_events){column[0], column[1], column[2], total, total};
    if (status != GWS_OK)
        gws_events_clear(out);
    return status;
}

static double value(const void *user, int64_t row, int column)
{
    const gws_events *e = user;

    return (column == 0 ? e->time_s : column == 1 ? e->stat : e->var_s)[row];
}

gws_status gws_events_write(gws_h5 *f, const gws_events *e, gws_err *err)
{
    return gws_columns_write(f, &(gws_columns){names, 3, value, e}, e->n, err);
}

void gws_events_clear(gws_events *e)
{
    if (!e)
        return;
    free(e->time_s);
    free(e->stat);
    free(e->var_s);
    *e = (gws_events){0};
}
