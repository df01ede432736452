/* lines.h - private to track/: the JSON lines of a folder as they are read again. */
#ifndef GWS_TRACK_LINES_H
#define GWS_TRACK_LINES_H

#include "base/err.h"
#include "base/json.h"

#include <stdint.h>

/* The last run that a folder's track.jsonl tells of. */
typedef struct gws_lines_run {
    int64_t number; /* 0: none */
    char *recipe, *output;
} gws_lines_run;

/* EIO, ENOMEM; a file that does not exist has no run. */
gws_status gws_lines_last_run(const char *path, gws_lines_run *out, gws_err *err);
void gws_lines_run_clear(gws_lines_run *run);

/* Where a run that goes on after `step` cuts the file: at the first line of the last run with a later step, or where the lines end
 * that are whole.  Lines without a number of a run are those of the program before there were any, and stay.
 *   size  out  bytes that stay */
gws_status gws_lines_kept(const char *path, int64_t step, int64_t *size, gws_err *err);

/* Walk the lines of a file that are whole objects; others are passed by.
 *   line  in  borrowed; not 0 ends the walk */
gws_status gws_lines_each(const char *path, int (*line)(void *user, const gws_json *j), void *user, gws_err *err);

/* A whole number of a line, or `fallback`. */
int64_t gws_lines_number(const gws_json *j, const char *key, int64_t fallback);

#endif
