/* sim_inspiral.c - see sim_inspiral.h. */
#include "sim/sim_inspiral.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

gws_ligolw *gws_sim_inspiral_load(const char *path, const gws_ligolw_rowset **table, gws_err *err)
{
    static const char *const tables[] = {"sim_inspiral", NULL};
    gws_ligolw *d = gws_ligolw_load(path, tables, err);
    *table = d ? gws_ligolw_find_table(d, "sim_inspiral", 0) : NULL;
    if (!d || (*table && !gws_ligolw_find_table(d, "sim_inspiral", 1)))
        return d;
    gws_err_set(err, GWS_EDATA, "%s: wanted one table sim_inspiral, found %s", path, *table ? "several" : "none");
    *table = NULL;
    gws_ligolw_destroy(d);
    return NULL;
}

gws_status gws_sim_inspiral_column(const gws_ligolw_rowset *t, const char *name, double *out, gws_err *err)
{
    const int is_time = strcmp(name, "tc") == 0;
    const char *column_name = is_time ? "geocent_end_time" : name;
    const int column = gws_ligolw_find_column(t, column_name),
              ns_column = is_time ? gws_ligolw_find_column(t, "geocent_end_time_ns") : -1;
    if (column < 0)
        return gws_err_set(err, GWS_EFORMAT, "sim_inspiral: no column %s", column_name);
    for (int64_t row = 0; row < gws_ligolw_rows(t); row++) {
        double ns = 0;
        if (!gws_ligolw_get_real(t, column, row, &out[row]) || !isfinite(out[row]) ||
            (ns_column >= 0 && !gws_ligolw_get_real(t, ns_column, row, &ns)))
            return gws_err_set(err, GWS_EDATA, "sim_inspiral: row %lld: %s is no finite number", (long long)row, column_name);
        out[row] += ns * 1e-9;
    }
    return GWS_OK;
}

void gws_sim_inspiral_approximant(const char *waveform, char *out, size_t size)
{
    static const char *const orders[] = {"threePointFivePN", "pseudoFourPN", "twoPointFivePN", "onePointFivePN", "oneHalfPN",
                                         "newtonian",        "zeroPN",       "onePN",          "twoPN",          "threePN"};
    const int taylor = strncmp(waveform, "Taylor", 6) == 0;
    size_t n = strlen(waveform);
    for (size_t i = 0; i < (taylor ? 1 : sizeof orders / sizeof *orders); i++) {
        const size_t m = strlen(orders[i]);
        if (n > m && strcmp(waveform + n - m, orders[i]) == 0) {
            n -= m;
            break;
        }
    }
    snprintf(out, size, "%.*s", n < size ? (int)n : 0, waveform);
}
