/* hdf5.h - the one container.
 *
 * This is a thin shell over libhdf5.  It opens files quietly, returns one sentence instead of an error stack, writes through
 * output.h, and reads strings of fixed and of variable length.  Handles are opaque.  Paths inside the file are absolute
 * ("/strain/Strain").
 *
 * A file that is read is open in a process of its own (base/h5reader.h): whatever a damaged file makes of libhdf5, a crash or a loop
 * without end, is one sentence here.  Links into other files, and data that lie in other files, are refused
 * unless gws_h5_allow_external says otherwise.
 *
 * A program that uses libhdf5 itself finds its error handler as it left it after every call here, and its hook at exit too.
 *
 * Thread rule: one file from one thread at a time.
 */
#ifndef GWS_BASE_HDF5_H
#define GWS_BASE_HDF5_H

#include "base/err.h"
#include "base/h5process.h"
#include "base/h5type.h"
#include "base/thread.h"

#include <stdint.h>

typedef struct gws_h5 gws_h5;

typedef struct gws_h5_info {
    gws_h5_type type;
    int ndim;         /* 0 for a scalar */
    int64_t shape[8]; /* dims beyond 8 are refused */
    int whole;        /* 0: parts of it were never written; see gws_h5_written */
} gws_h5_info;

/* Open for reading. A file that is not HDF5, or truncated, gives GWS_EFORMAT with the path in the sentence. */
gws_h5 *gws_h5_open(const char *path, gws_err *err);

/* Has reading gone well so far?  Once the file has brought down the process that reads it, every question fails, and a question
 * whose answer is yes or no is answered no.  This call then says why (GWS_EFORMAT).  A reader whose last question is of that kind
 * calls it at its end. */
gws_status gws_h5_check(gws_h5 *f, gws_err *err);

/* Allow files opened from now on to lead to others: links into other files are followed, and data that lie outside the file are
 * read.  The default is off. */
void gws_h5_allow_external(int allow);

/* libhdf5 does nothing more when this process ends: for a program that uses it through this header alone, before anything else of the
 * library is called.  A library leaves that to its host. */
void gws_h5_own_process(void);

/* Begin a file under a temporary name; nothing is visible under `path` until gws_h5_commit, or until the set of outputs to
 * which the name belongs is committed. */
gws_h5 *gws_h5_create(const char *path, gws_err *err);

/* Flush, close, sync, and give it its final name unless a set of outputs will.  On failure (no space left, now or in an earlier write) the
 * temporary is removed.  The handle is gone in either case. */
gws_status gws_h5_commit(gws_h5 *f, gws_err *err);

/* Close without committing; a file being written is removed. NULL is fine. */
void gws_h5_close(gws_h5 *f);
const char *gws_h5_path(const gws_h5 *f); /* name for messages */

int gws_h5_exists(gws_h5 *f, const char *path);
gws_status gws_h5_stat(gws_h5 *f, const char *path, gws_h5_info *out, gws_err *err);

/* Names of the children of a group, sorted; names with n entries, free with gws_h5_list_free. */
gws_status gws_h5_list(gws_h5 *f, const char *group, char ***names, int *n, gws_err *err);
void gws_h5_list_free(char **names, int n);
int gws_h5_is_group(gws_h5 *f, const char *path);

/* Every object of the file but the root, each once however many links lead to it, in order of paths; n entries. */
typedef struct gws_h5_entry {
    char *path;
    int is_group, has_delta_f; /* has_delta_f: carries the attribute of a spectrum */
    gws_status status;         /* of a data set, of gws_h5_stat */
    char *why;                 /* its sentence */
    gws_h5_info info;
} gws_h5_entry;
gws_status gws_h5_tree(gws_h5 *f, gws_h5_entry **entries, int *n, gws_err *err);
void gws_h5_tree_free(gws_h5_entry *entries, int n);

/* List which elements of a 1-D data set were ever written: n pairs of first and end, in order; the caller frees them with free().
 * An element that was never written reads as NaN; in a data set of whole numbers it reads as the file's fill value. */
gws_status gws_h5_written(gws_h5 *f, const char *path, int64_t **ranges, int *n, gws_err *err);

/* Read elements start .. start+count-1 of a 1-D data set (or of the flattened whole when start is 0 and count
 * its size), converted to the type asked for. */
gws_status gws_h5_read_f64(gws_h5 *f, const char *path, int64_t start, int64_t count, double *out, gws_err *err);
gws_status gws_h5_read_f32(gws_h5 *f, const char *path, int64_t start, int64_t count, float *out, gws_err *err);
gws_status gws_h5_read_i64(gws_h5 *f, const char *path, int64_t start, int64_t count, int64_t *out, gws_err *err);
/* String element `index` (0 for a scalar), of either storage kind; caller frees. */
gws_status gws_h5_read_string(gws_h5 *f, const char *path, int64_t index, char **out, gws_err *err);

/* Attributes of the object at `path` ("/" is the root). */
int gws_h5_has_attr(gws_h5 *f, const char *path, const char *name);
gws_status gws_h5_attr_f64(gws_h5 *f, const char *path, const char *name, double *out, gws_err *err);
gws_status gws_h5_attr_i64(gws_h5 *f, const char *path, const char *name, int64_t *out, gws_err *err);
gws_status gws_h5_attr_string(gws_h5 *f, const char *path, const char *name, char **out, gws_err *err);
/* A list of strings, or one string as a list of one; free with gws_h5_list_free. */
gws_status gws_h5_attr_strings(gws_h5 *f, const char *path, const char *name, char ***out, int *n, gws_err *err);

/* What kind of number an attribute holds; GWS_H5_OTHER when there is none. */
gws_h5_type gws_h5_attr_type(gws_h5 *f, const char *path, const char *name);

/* Times may not be float32, in which neighbouring GPS seconds of today are 128 s apart: GWS_EFORMAT with that reason, else GWS_OK.
 *   what   of the file: "attribute start_time of /H1/1300000002" */
gws_status gws_h5_check_time(gws_h5 *f, gws_h5_type type, const char *what, gws_err *err);

/* Writing; parent groups are made as needed.  shape: ndim entries; ndim 0 is a scalar. */
gws_status gws_h5_make_group(gws_h5 *f, const char *path, gws_err *err);
gws_status gws_h5_write_f64(gws_h5 *f, const char *path, int ndim, const int64_t *shape, const double *data, gws_err *err);
gws_status gws_h5_write_f32(gws_h5 *f, const char *path, int ndim, const int64_t *shape, const float *data, gws_err *err);
gws_status gws_h5_write_i64(gws_h5 *f, const char *path, int ndim, const int64_t *shape, const int64_t *data, gws_err *err);
gws_status gws_h5_write_u32(gws_h5 *f, const char *path, int ndim, const int64_t *shape, const uint32_t *data, gws_err *err);
gws_status gws_h5_write_string(gws_h5 *f, const char *path, const char *text, gws_err *err);
gws_status gws_h5_write_strings(gws_h5 *f, const char *path, int64_t n, const char *const *texts, gws_err *err); /* 1-D */
/* complex128 as a compound {r, i}, which h5py reads as complex; data: 2*size doubles */
gws_status gws_h5_write_c128(gws_h5 *f, const char *path, int ndim, const int64_t *shape, const double *data, gws_err *err);
gws_status gws_h5_put_attr_f64(gws_h5 *f, const char *path, const char *name, double v, gws_err *err);
gws_status gws_h5_put_attr_i64(gws_h5 *f, const char *path, const char *name, int64_t v, gws_err *err);
gws_status gws_h5_put_attr_string(gws_h5 *f, const char *path, const char *name, const char *v, gws_err *err);
gws_status gws_h5_put_attr_strings(gws_h5 *f, const char *path, const char *name, const char *const *v, int n, gws_err *err);

/* An appendable, chunked, deflated f64/f32 1-D data set, for month-long strain.  Deflating takes most of the time: with a pool, appends
 * of many thousand samples are deflated by its threads, to the same bytes.  The pool is borrowed until the file is closed. */
void gws_h5_set_pool(gws_h5 *f, gws_pool *pool);
gws_status gws_h5_append_f64(gws_h5 *f, const char *path, const double *data, int64_t n, gws_err *err);
gws_status gws_h5_append_f32(gws_h5 *f, const char *path, const float *data, int64_t n, gws_err *err);
/* No more will be appended to this data set: write what is still in memory.  At most 16 may be growing at once.
 * A path that is not growing is fine. */
gws_status gws_h5_append_end(gws_h5 *f, const char *path, gws_err *err);

/* Provenance attributes every output carries: program version, git hash, command line, seed (omitted when
 * negative), and `input_sha256` (lines "hash  name") when not NULL. */
gws_status gws_h5_provenance(gws_h5 *f, const char *command, int64_t seed, const char *input_sha256, gws_err *err);

#endif
