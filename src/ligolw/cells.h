/* cells.h - private to ligolw/: what the tokens of a stream become. */
#ifndef GWS_LIGOLW_CELLS_H
#define GWS_LIGOLW_CELLS_H

#include "ligolw/parts.h"

/* What a stream of an array is read with. */
typedef struct gws_ligolw_filling {
    gws_ligolw *document;
    gws_ligolw_rowset *table; /* NULL: an array's stream */
    gws_ligolw_array *array;
    const gws_ligolw_type *type; /* of the array */
    int64_t room, expected;      /* numbers: that fit, that the Dims say */
} gws_ligolw_filling;

/* Put the next token where it belongs; a gws_ligolw_token_fn, user is a gws_ligolw_filling. */
gws_status gws_ligolw_fill(void *user, const char *text, size_t n, gws_err *err);

/* The same of numbers in base64.
 *   text  (n) all of the stream, blanks anywhere
 *   big   not 0: the first byte is the highest
 * igwn-ligolw writes them with the first dimension fastest; they are put as text has them, the last one fastest. */
gws_status gws_ligolw_fill_base64(gws_ligolw_filling *f, const char *text, size_t n, int big, gws_err *err);

/* Is it whole: the last row of a table, the numbers of an array? */
gws_status gws_ligolw_filled(const gws_ligolw_filling *f, gws_err *err);

/* "1126259462.123456789", exactly.  Returns not 0 when it is a time. */
int gws_ligolw_time_read(const char *text, int64_t *t_ns);

#endif
