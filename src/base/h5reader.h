/* h5reader.h - private to base/: libhdf5 on a file of unknown origin, in a process of its own.
 *
 * One damaged byte can make libhdf5 loop, read outside its memory or divide by zero, and no check made beforehand covers the faults
 * that nobody has found yet.  So no file that was opened for reading is ever touched by libhdf5 in this process: each has a child that
 * holds it open, answers questions (h5read.h) and has a limit on processor time for each of them and on memory.  Whatever befalls the
 * child is one sentence here.
 *
 * The children are forked by a process that is itself forked at the first use, so that they begin small and with one thread whatever
 * this process has become; it ends with this process.  To open and close a file costs about 2 ms of
 * processor time.
 *
 * Thread rule: one reader from one thread at a time; readers are independent of one another.
 */
#ifndef GWS_BASE_H5READER_H
#define GWS_BASE_H5READER_H

#include "base/h5read.h"

typedef struct gws_h5_reader gws_h5_reader;

/* Start a child that opens the file.
 *   path      for sentences and, with `external`, to open it by its name
 *   fd        open for reading; stays the caller's
 *   size      bytes of the file
 *   external  also follow links into other files
 * returns   NULL when it is not an HDF5 file or a damaged one */
gws_h5_reader *gws_h5_reader_open(const char *path, int fd, int64_t size, int external, gws_err *err);

/* Ask; the answer comes through the sink, in order.  Once the child has died every question gives the sentence that says how. */
gws_status gws_h5_reader_ask(gws_h5_reader *r, const gws_h5_question *q, gws_h5_sink sink, void *user, gws_err *err);

/* GWS_OK while the child lives, else how it died. */
gws_status gws_h5_reader_check(const gws_h5_reader *r, gws_err *err);

/* End the child. NULL is fine. */
void gws_h5_reader_close(gws_h5_reader *r);

/* libhdf5's lock, which is held while the first process is forked. */
void gws_h5_lock(void);
void gws_h5_unlock(void);

#endif
