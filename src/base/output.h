/* output.h - the one way in which files are written.
 *
 * A file is written under a temporary name in the folder of its final one, synced, then renamed: a name holds a whole file or
 * what was there before.  The outputs of a run form a set, which is made before the work begins: it finds what cannot be
 * written, keeps outputs off the inputs, and gives all files their names together at the end.  Whoever writes to a name of a
 * set (hdf5.h, gws_file_write) writes into the set's temporary, and the file appears with the others; a name of no set is a
 * set of its own that replaces what is there.
 *
 * Rules.  An output is never one of the inputs, by device and inode, whatever its name.  It replaces an existing file only
 * when the set was made so.  Only regular files are replaced; the mode (and, where the system lets, the owner) is kept.  A FIFO
 * or a character device is written to as such at the end, where the format can be streamed, and refused where it cannot; so are
 * folders, sockets and block devices.  A symbolic link is followed: the file it points to is replaced, in that file's folder.
 * One that points to nothing is refused.
 *
 * Temporaries are called .gwspike-<16 hex digits>.tmp and are locked while their process lives.  Those of a process that was
 * killed are removed by the next set with an output in that folder.
 *
 * Thread rule: any thread may call these functions; one set, and one output, is used by one thread at a time.
 */
#ifndef GWS_BASE_OUTPUT_H
#define GWS_BASE_OUTPUT_H

#include "base/err.h"

#include <stddef.h>

typedef struct gws_outputs gws_outputs; /* all files of a run */
typedef struct gws_output gws_output;   /* one file being written */

/* ---- formats ---- */

typedef enum gws_format {
    GWS_FORMAT_HDF5,    /* .hdf .hdf5 .h5 */
    GWS_FORMAT_FIGURE,  /* .png .svg .pdf */
    GWS_FORMAT_LINES,   /* .jsonl .json: one JSON object per line */
    GWS_FORMAT_INI,     /* .ini */
    GWS_FORMAT_DERIVED, /* HDF5 under a name that the program made of another output's: any */
    GWS_FORMAT_LOG,     /* .log .txt: text; .jsonl .json: one JSON object per line */
    GWS_FORMAT_LIGOLW,  /* .xml .xml.gz: LIGO_LW */
    GWS_FORMAT_EVENTS,  /* .hdf .hdf5 .h5; .xml .xml.gz: LIGO_LW */
    GWS_FORMAT_STRAIN,  /* .hdf .hdf5 .h5 .gwf .txt .txt.gz .csv .csv.gz .npy .npz .wav */
    GWS_FORMAT_PAGE     /* .html .htm */
} gws_format;

/* Is the ending one of the format's?  The sentence lists them.  A FIFO or device needs none where the format has no variants. */
gws_status gws_format_check(gws_format format, const char *path, gws_err *err);

/* Does the path end so (".svg"), in letters of either case? */
int gws_path_ends(const char *path, const char *ending);

/* ---- the outputs of a run ---- */

enum {
    GWS_OUTPUT_AGAIN = 1,  /* written more than once, and each time visible at once: a checkpoint */
    GWS_OUTPUT_OWN = 2,    /* may be read and may be replaced without --force: a checkpoint that a run resumes from */
    GWS_OUTPUT_APPEND = 4, /* added to by its writer, not replaced: a log */
    GWS_OUTPUT_SAME = 8    /* may exist when it holds the same bytes, and then stays: one of many files of a run that goes on */
};

/* replace: existing files are replaced, else they are an error.  NULL when memory is out. */
gws_outputs *gws_outputs_create(int replace, gws_err *err);

/* Declare a file that the run reads.  It need not exist.  EARG when it is one of the outputs. */
gws_status gws_outputs_input(gws_outputs *set, const char *path, gws_err *err);

/* Declare a file that the run writes.  Everything is checked here, and its temporary is made.  EARG: it is an input, another output
 * has that name, or it is not a regular file.  EIO: it exists, or the system refuses. */
gws_status gws_outputs_add(gws_outputs *set, const char *path, gws_format format, int flags, gws_err *err);

/* Give all files that were written their names.  On failure no file has its name, and the files that were replaced are back (except
 * on a file system that cannot exchange two names).  An output that was never written is dropped.  The set stays and is empty. */
gws_status gws_outputs_commit(gws_outputs *set, gws_err *err);

/* Remove what is not committed, and the set.  NULL is fine. */
void gws_outputs_destroy(gws_outputs *set);

/* EARG when the path is an output of a set that may not be read.  Whoever opens a file for reading asks this first. */
gws_status gws_outputs_guard(const char *path, gws_err *err);

/* For a process that ends now: wait for a commit that is under way, remove every temporary, and hold all further writing. */
void gws_outputs_abandon_all(void);

/* ---- writing one file ---- */

/* Begin a file under its final name.
 *   streamed  in  the bytes come through gws_output_write alone, so that a FIFO or a device will do */
gws_output *gws_output_begin(const char *path, int streamed, gws_err *err);

/* Name to write to, for libraries that open files by themselves. */
const char *gws_output_temporary(const gws_output *o);
gws_status gws_output_write(gws_output *o, const void *data, size_t size, gws_err *err);

/* The file is whole: sync it, and publish it unless a set will.  On failure nothing is left.  Gone in either case. */
gws_status gws_output_end(gws_output *o, gws_err *err);

/* Remove what was written.  NULL is fine. */
void gws_output_abandon(gws_output *o);

#endif
