/* logfile.h - a file that lines are added to for months: renamed when it is large, opened again when it was moved.
 *
 * FILE.1 is the one before, FILE.2 the one before that; the oldest is removed.  Every line is one write, so that several processes may add to
 * one file; the one that finds it large renames it, the others follow.  A FIFO or a device is only written to.
 *
 * Thread rule: one thread at a time, but for gws_logfile_reopen, which any thread and any handler of a signal may call.
 */
#ifndef GWS_BASE_LOGFILE_H
#define GWS_BASE_LOGFILE_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

typedef struct gws_logfile gws_logfile;

/* Open a file, which is made when it is not there.
 *   most_bytes  begin a new file rather than let this one grow beyond; 0: never
 *   keep        files beside it, 1 to 999
 * NULL: EIO, ENOMEM. */
gws_logfile *gws_logfile_open(const char *path, int64_t most_bytes, int keep, gws_err *err);

typedef enum gws_logfile_written {
    GWS_LOGFILE_WRITTEN,
    GWS_LOGFILE_NOT_RENAMED, /* the line is there, but the file is large and cannot be renamed; said once */
    GWS_LOGFILE_LOST         /* the line could not be written */
} gws_logfile_written;

/* Add a line.
 *   line  (n) in  with its newline */
gws_logfile_written gws_logfile_write(gws_logfile *f, const char *line, size_t n);

/* Before the next line open the path again: somebody (logrotate) has moved the file away.  Where that fails the old one goes on. */
void gws_logfile_reopen(gws_logfile *f);

void gws_logfile_close(gws_logfile *f); /* NULL is fine */

#endif
