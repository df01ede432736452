/* columns.h - tables of numbers as this program's event files have them: data sets of equal length at the root of the file. */
#ifndef GWS_SEARCH_COLUMNS_H
#define GWS_SEARCH_COLUMNS_H

#include "base/err.h"
#include "base/hdf5.h"

#include <stdint.h>

#define GWS_COLUMNS_ROWS (INT64_C(1) << 27) /* more than a file of events or injections can mean */

/* Read columns of equal length behind the rows that are there already.  A missing one, unequal lengths, and times in float32 are refused in
 * a sentence that names the file.
 *   names    (n_columns)  without the slash
 *   columns  (n_columns)  grown to have + *n rows; the caller frees them, on failure too
 *   have     rows that each holds
 *   n        out  rows that were read */
gws_status gws_columns_read(gws_h5 *f, const char *const *names, int n_columns, double **columns, int64_t have, int64_t *n,
                            gws_err *err);

/* A table that is written column by column, f64. */
typedef struct gws_columns {
    const char *const *names; /* (n_columns)  without the slash */
    int n_columns;
    double (*value)(const void *user, int64_t row, int column);
    const void *user;
} gws_columns;

/* Write its n rows.  The second adds "_H1" to each name. */
gws_status gws_columns_write(gws_h5 *f, const gws_columns *c, int64_t n, gws_err *err);
gws_status gws_columns_write_of(gws_h5 *f, const gws_columns *c, const char *ifo, int64_t n, gws_err *err);

#endif
