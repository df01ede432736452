/* reader.h - LIGO_LW XML, plain or compressed by gzip, as igwn-ligolw, its predecessors and LAL write it.
 *
 * The parser of XML is libexpat; what LIGO_LW makes of it is here.  A document is read whole: its tables by column, its parameters, its
 * arrays and the elements LIGO_LW that group them.  What is neither (AdcData, Comment, ...) is passed by.
 *
 * Nothing in a file is believed before it is there: no count of a Dim makes room, and every depth, length and number is bounded.  Entities of
 * others than XML's own five are refused, as are external ones and streams that are not in the file, so a document reads nothing else and is
 * never larger than what was read of it.  A file that unpacks to more than GWS_LIGOLW_MAX_BYTES is refused.
 *
 * Thread rule: a document that was read is const.
 */
#ifndef GWS_LIGOLW_READER_H
#define GWS_LIGOLW_READER_H

#include "base/err.h"
#include "ligolw/schema.h"
#include "ligolw/writer.h"

#include <stddef.h>
#include <stdint.h>

#define GWS_LIGOLW_NAME 64                      /* bytes of a name, bare */
#define GWS_LIGOLW_MAX_BYTES (INT64_C(1) << 30) /* of a document, unpacked */
#define GWS_LIGOLW_MAX_CELLS (INT64_C(1) << 27) /* of all tables that are kept */
#define GWS_LIGOLW_MAX_ELEMENTS 100000          /* LIGO_LW, Table, Param and Array together */
#define GWS_LIGOLW_MAX_COLUMNS 256              /* of a table */
#define GWS_LIGOLW_MAX_DEPTH 64                 /* of elements */
#define GWS_LIGOLW_MAX_DIMS 4                   /* of an array */

typedef struct gws_ligolw gws_ligolw;
typedef struct gws_ligolw_rowset gws_ligolw_rowset;

/* An array as it stands in the file, the last dimension fastest. */
typedef struct gws_ligolw_array {
    char name[GWS_LIGOLW_NAME];
    char *unit;  /* "" when there is none */
    int element; /* LIGO_LW that it stands in */
    int n_dims;
    int64_t dim[GWS_LIGOLW_MAX_DIMS];
    double start[GWS_LIGOLW_MAX_DIMS], scale[GWS_LIGOLW_MAX_DIMS]; /* NaN: not said */
    double *data;                                                  /* (n), the product of dim; complex numbers are two */
    int64_t n;
} gws_ligolw_array;

/* Does a name end as those of LIGO_LW do: .xml .xml.gz? */
int gws_ligolw_is_name(const char *path);

/* Read a file, or a document in memory.
 *   tables  names, ends with NULL: of others no cell is kept; NULL: all
 *   name    what errors call it
 * NULL with one sentence that has the line: EIO, EFORMAT, EDATA, ENOMEM. */
gws_ligolw *gws_ligolw_load(const char *path, const char *const *tables, gws_err *err);
gws_ligolw *gws_ligolw_parse(const char *name, const void *data, size_t n, const char *const *tables, gws_err *err);
void gws_ligolw_destroy(gws_ligolw *d); /* NULL is fine */

/* Tables in the order of the file, also those of which no cell was kept. */
int gws_ligolw_tables(const gws_ligolw *d);
const gws_ligolw_rowset *gws_ligolw_get_table(const gws_ligolw *d, int i);
const char *gws_ligolw_name_of(const gws_ligolw_rowset *t);
int gws_ligolw_columns(const gws_ligolw_rowset *t);

/* Table number `i` of that name, from 0; NULL: there are not so many. */
const gws_ligolw_rowset *gws_ligolw_find_table(const gws_ligolw *d, const char *name, int i);
int64_t gws_ligolw_rows(const gws_ligolw_rowset *t);

/* Column by its bare name; -1: none. */
int gws_ligolw_find_column(const gws_ligolw_rowset *t, const char *name);
const gws_ligolw_type *gws_ligolw_type_of(const gws_ligolw_rowset *t, int column);

/* A cell.  Returns not 0 when there is one of that kind; 0 and out zero: null, or column is -1.  An integer is a real too; and text of the
 * form of an ilwd:char, "process:process_id:7", is the integer 7. */
int gws_ligolw_get_int(const gws_ligolw_rowset *t, int column, int64_t row, int64_t *out);
int gws_ligolw_get_real(const gws_ligolw_rowset *t, int column, int64_t row, double *out);
const char *gws_ligolw_get_text(const gws_ligolw_rowset *t, int column, int64_t row); /* NULL: none; "" is text */

/* Elements LIGO_LW: 0 is the document's own.  Their Name, "" when there is none. */
int gws_ligolw_elements(const gws_ligolw *d);
const char *gws_ligolw_element_name(const gws_ligolw *d, int element);

/* The text of a Param of an element; NULL: it has none of that name. */
const char *gws_ligolw_find_param(const gws_ligolw *d, int element, const char *name);

int gws_ligolw_arrays(const gws_ligolw *d);
const gws_ligolw_array *gws_ligolw_get_array(const gws_ligolw *d, int i);

/* An element as a series of LAL's.
 *   out   data are allocated: free(3) them (out->data is const only for the writer's sake); name and unit live as long as the document
 * returns  EDATA when it is no series, or not one that LAL could read: another number of arrays than one, no epoch, no f0. */
gws_status gws_ligolw_read_series(const gws_ligolw *d, int element, gws_ligolw_series *out, gws_err *err);

#endif
