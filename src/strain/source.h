/* source.h - one input of strain: finds its format in the table of formats, and lists what it holds. */
#ifndef GWS_STRAIN_SOURCE_H
#define GWS_STRAIN_SOURCE_H

#include "strain/format.h"

typedef struct gws_strain_source {
    char *path;
    const void *bytes; /* (n_bytes) of a frame file in memory, borrowed; NULL: it is read from its path */
    size_t n_bytes;
    const gws_strain_format *format;
    gws_strain_content content;
} gws_strain_source;

/* Find the format of an input.
 *   f      the input opened as HDF5; NULL asks the formats that know it by its name or its first bytes
 *   more   formats besides the table's, as in gws_strain_use
 * returns  its row, or NULL */
const gws_strain_format *gws_strain_format_find(const char *path, gws_h5 *f, const gws_strain_format *const *more);

/* Find the format of an input and list its segments; no sample is read, and no file stays open.
 *   use   NULL: all zero
 *   out   filled; zero on failure; free with gws_strain_source_clear
 *   err   names the input: no such file, truncated, an HDF5 file but not of strain, and what its format refuses
 */
gws_status gws_strain_source_list(const char *path, const gws_strain_use *use, gws_strain_source *out, gws_err *err);
void gws_strain_source_clear(gws_strain_source *s);

/* The same of the bytes of a frame file, which are borrowed until the source is cleared.
 *   name  what sentences call it */
gws_status gws_strain_source_list_bytes(const char *name, const void *bytes, size_t n, const gws_strain_use *use,
                                        gws_strain_source *out, gws_err *err);

/* A handle for reading; NULL where the format needs none.  Of bytes a gws_gwf. */
gws_status gws_strain_source_open(const gws_strain_source *s, void **handle, gws_err *err);
void gws_strain_source_close(const gws_strain_source *s, void *handle);

#endif
