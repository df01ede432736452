#include "model/calibration.h"

#include <stdlib.h>
#include <string.h>

gws_status gws_calibration_begin(gws_calibration *c, int64_t total, gws_err *err)
{
    c->n = 0;
    c->stat = malloc((size_t)(total + 1) * sizeof *c->stat);
    return c->stat ? GWS_OK : gws_err_set(err, GWS_ENOMEM, "background: no memory for %lld events", (long long)total);
}

void gws_calibration_add(gws_calibration *c, const float *stat, int64_t n)
{
    if (n > 0)
        memcpy(c->stat + c->n, stat, (size_t)n * sizeof *stat);
    c->n += n;
}

static int descending(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;

    return (x < y) - (x > y);
}

void gws_calibration_sort(gws_calibration *c)
{
    qsort(c->stat, (size_t)c->n, sizeof *c->stat, descending);
}

void gws_calibration_clear(gws_calibration *c)
{
    free(c->stat);
    *c = (gws_calibration){0};
}
