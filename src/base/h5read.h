/* h5read.h - private to base/: what is asked of a file that is open in libhdf5.
 *
 * A question is a small struct and an answer is a row of bytes, so that both can go through a socket: files of others are open in a
 * process of their own (h5reader.h), and this is all that happens there.  Sentences of errors begin with the object; the caller puts
 * the file's name in front.
 */
#ifndef GWS_BASE_H5READ_H
#define GWS_BASE_H5READ_H

#include "base/err.h"
#include "base/h5chunk.h"

#include <hdf5.h>
#include <stdint.h>

typedef enum gws_h5_op {
    GWS_H5_CARD,        /* what the object at `path` is: one card */
    GWS_H5_LIST,        /* the children of a group: for each its name and its card, in order of names */
    GWS_H5_TREE,        /* every object below the root, each once, however many links lead to it: path and card */
    GWS_H5_WRITTEN,     /* ranges of a 1-D data set that were ever written: pairs of int64, first and end of each */
    GWS_H5_NUMBERS,     /* elements start .. start+count-1 as `type`, in as many pieces as it takes */
    GWS_H5_STRINGS,     /* strings from element `start` on, `count` or fewer: length (u32) and bytes of each */
    GWS_H5_ATTR_STRINGS /* all strings of the attribute `name`; with `count` 1 it must be one string */
} gws_h5_op;

typedef enum gws_h5_number { GWS_H5_AS_F64, GWS_H5_AS_F32, GWS_H5_AS_I64 } gws_h5_number;

typedef struct gws_h5_question {
    int32_t op, type; /* gws_h5_op, gws_h5_number */
    int64_t start, count;
    const char *path, *name; /* name: of the attribute, else "" */
} gws_h5_question;

typedef enum gws_h5_kind {
    GWS_H5_NONE, /* no such object, or a link that leads nowhere */
    GWS_H5_GROUP,
    GWS_H5_SET,
    GWS_H5_ELSE,   /* a named type */
    GWS_H5_BROKEN, /* there, and cannot be opened; `why` says it */
    GWS_H5_FOREIGN /* an external link; `why` says it */
} gws_h5_kind;

/* A card as bytes is this head and then for each attribute the gws_h5_card_attr and its name (without NUL). */
typedef struct gws_h5_card_head {
    int32_t kind;   /* gws_h5_kind */
    int32_t status; /* of a data set: gws_status of what follows, with the reason in `why` */
    int32_t type;   /* gws_h5_type */
    int32_t ndim;
    int64_t shape[8];
    int32_t whole; /* every element was written once */
    int32_t n_attrs;
    char why[200];
} gws_h5_card_head;

typedef struct gws_h5_card_attr {
    int32_t type; /* gws_h5_type */
    int32_t one;  /* one number, and these are its values */
    double f64;
    int64_t i64;
    uint32_t name;  /* bytes of the name */
    int32_t unread; /* one number, but libhdf5 cannot read it */
} gws_h5_card_attr;

/* Takes bytes of the answer in order; returns 0, or -1 when nobody wants them any more. */
typedef int (*gws_h5_sink)(void *user, const void *bytes, size_t n);

/* A file that is open. */
typedef struct gws_h5_source {
    hid_t file;
    int64_t size; /* bytes of the file; an object that claims more is refused.  Negative while writing: no check */
    int external; /* data that lie in other files are read */
    gws_h5_chunk_cache cache;
} gws_h5_source;

/* Answer one question.  The caller holds libhdf5's lock if there are other threads. */
gws_status gws_h5_answer(gws_h5_source *s, const gws_h5_question *q, gws_h5_sink sink, void *user, gws_err *err);

/* Give what libhdf5 found at the bottom of its error stack.  When the system refused, the text holds the system's words alone. */
void gws_h5_reason(char text[200]);

/* Open for reading through a driver that checks what libhdf5 does not: that every read lies in the file, and that a heap of
 * variable-length strings is whole.
 *   fd         open for reading; belongs to libhdf5 from now on
 *   external   NULL; or the file's name, to open it without these checks and follow its links into other files
 * returns   negative when it is not an HDF5 file; gws_h5_reason says why */
hid_t gws_h5_open_checked(int fd, const char *external);

#endif
