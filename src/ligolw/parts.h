/* parts.h - private to ligolw/: a document in memory. */
#ifndef GWS_LIGOLW_PARTS_H
#define GWS_LIGOLW_PARTS_H

#include "ligolw/reader.h"

typedef union gws_ligolw_cell {
    int64_t integer; /* of text: where it begins in the pool of the document */
    double real;
} gws_ligolw_cell;

typedef struct gws_ligolw_column {
    char name[GWS_LIGOLW_NAME];
    const gws_ligolw_type *type;
    gws_ligolw_cell *cells; /* (rows of the table) */
    unsigned char *null;    /* (rows) */
    int64_t room, null_room;
} gws_ligolw_column;

struct gws_ligolw_rowset {
    char name[GWS_LIGOLW_NAME];
    const gws_ligolw *document;
    gws_ligolw_column *columns;
    int n_columns;
    int64_t columns_room;
    int64_t rows;
    int next; /* column of the next cell */
    int kept; /* 0: cells are counted and dropped */
};

struct gws_ligolw_element {
    char name[GWS_LIGOLW_NAME];
    int has_epoch;
    int64_t epoch_ns;
};

struct gws_ligolw_param {
    char name[GWS_LIGOLW_NAME];
    int element;
    char *text;
};

struct gws_ligolw {
    struct gws_ligolw_element *elements;
    gws_ligolw_rowset **tables;
    struct gws_ligolw_param *params;
    gws_ligolw_array *arrays;
    char *pool; /* (n_pool) texts, each with its NUL */
    int n_elements, n_tables, n_params, n_arrays;
    int64_t elements_room, tables_room, params_room, arrays_room, n_pool, pool_room;
    int64_t cells;
};

#endif
