/* schema.h - what is common to reading and writing LIGO_LW XML: the types of columns, and which columns the field's tables have.
 *
 * The tables are those that igwn-ligolw knows (its lsctables), with its names and types, because it refuses a column that it does not know
 * or that has another type.  A column that holds identifiers of another table is written with that table's name in front,
 * "process:process_id", and found with it or without.
 */
#ifndef GWS_LIGOLW_SCHEMA_H
#define GWS_LIGOLW_SCHEMA_H

#include <stddef.h>
#include <stdint.h>

typedef enum gws_ligolw_kind {
    GWS_LIGOLW_TEXT,    /* char_s char_v lstring string ilwd:char */
    GWS_LIGOLW_INTEGER, /* int_2s ... int_8u int */
    GWS_LIGOLW_REAL,    /* real_4 real_8 float double */
    GWS_LIGOLW_COMPLEX, /* complex_8 complex_16, written 1+i2 */
    GWS_LIGOLW_BLOB     /* blob ilwd:char_u, base64 */
} gws_ligolw_kind;

typedef struct gws_ligolw_type {
    const char *name;
    gws_ligolw_kind kind;
    int bytes;     /* of a number or of half a complex one; 0: no number */
    int is_signed; /* of an integer */
} gws_ligolw_type;

/* NULL: there is no such type. */
const gws_ligolw_type *gws_ligolw_type_find(const char *name);

/* The type of a column of a table that the field knows.
 *   table   "sngl_inspiral"
 *   column  (n) bytes, with or without the other table's name
 *   full    out  its name as it is written; may be NULL
 * returns  NULL when the table or the column is not known */
const gws_ligolw_type *gws_ligolw_column_type(const char *table, const char *column, size_t n, const char **full);

/* What stands behind the last colon of a name; ":table", ":param" and ":array" at its end are cut before.
 *   out   (size) out; cut when there is no room
 * "sngl_inspiral:table" and "sngl_inspiralgroup:sngl_inspiral:table" give "sngl_inspiral", "process:process_id" gives "process_id". */
void gws_ligolw_bare_name(const char *name, char *out, size_t size);

#endif
