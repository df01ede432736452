/* hdf5_file.h - private to base/: the handle behind hdf5.h; shared by hdf5.c, which writes, and h5ask.c, which reads. */
#ifndef GWS_BASE_HDF5_FILE_H
#define GWS_BASE_HDF5_FILE_H

#include "base/h5reader.h"
#include "base/hdf5.h"
#include "base/output.h"

#define GWS_H5_MAX_APPEND 16
#define GWS_H5_KEPT 8

typedef struct gws_h5_append_set {
    char *path;
    hid_t set;
    hsize_t size;
} gws_h5_append_set;

/* What is known of an object; the attributes as they came. */
typedef struct gws_h5_card {
    char *name; /* in its group, or the whole path */
    gws_h5_card_head head;
    unsigned char *attrs;
    size_t n_bytes;
} gws_h5_card;

typedef struct gws_h5_listing {
    char *group;
    gws_h5_card *cards; /* (n) in order of names */
    int n;
} gws_h5_listing;

struct gws_h5 {
    char *path; /* final name */
    /* of a file being read */
    gws_h5_reader *reader;
    gws_h5_listing listings[GWS_H5_KEPT]; /* groups that were listed, so that ten thousand children are one question */
    gws_h5_card cards[GWS_H5_KEPT];       /* objects that were asked for on their own */
    int next_listing, next_card;
    char *strings_path; /* the strings read last */
    char **strings;
    int64_t first_string;
    int n_strings;
    /* of a file being written */
    hid_t file;
    gws_output *out;                             /* the file while it is written; NULL when reading */
    gws_h5_append_set append[GWS_H5_MAX_APPEND]; /* kept open, so that a half-filled chunk is compressed once */
    int n_append;
    gws_pool *pool; /* packs what is appended; NULL: the caller does */
    int failed;     /* a write was refused: the file is not whole, whatever the library says at the end */
    int starved;    /* a question with no way to say so was not answered for want of memory: nothing else is to be believed */
};

/* libhdf5 as packaged keeps global state without locks, even when two threads use two files.
 *
 * Take the library's lock and silence the library; gws_h5_leave gives back both, and the host program's own error handler stands as before.  It ends in an endless recursion when it gets no memory for
 * its words about having got none, so it is only called where there is room: a call takes up to 2 MiB to convert numbers and 1 MiB for
 * chunks.
 *   f  may be NULL
 * ENOMEM when there is not enough; the lock is not held then. */
gws_status gws_h5_enter(const gws_h5 *f, gws_err *err);
void gws_h5_leave(void);

/* A new file, empty.  Once a write was refused and the caller told, the rest is dropped, so that closing it always works (h5store.c).
 * Negative on failure.  With the lock. */
hid_t gws_h5_create_file(const char *path);

void gws_h5_forget(gws_h5 *f); /* free all that is known of the file */

#endif
