/* track.h - the trace that a training leaves in a folder, step by step: JSON lines, and an event file for TensorBoard.
 *
 *   trainlog.jsonl       rows of numbers, one a report
 *   track.jsonl          all else: where runs begin, go on and end, histograms, pictures, checkpoints
 *   GWS_BOARD_FILE       the same for TensorBoard (tensorboard.h)
 *
 * docs/formats.md has the keys.  Each row is written by one call of the system when it is made, so a process that dies leaves all rows
 * but the one that it was making.  Files are added to.  A run that resumes goes on in its own lines: those of later steps, which it is
 * about to make again, are cut off, and so is a row that is not whole.  Another run of the folder gets the next number.
 *
 * A log has times in it; it is the one output whose bytes differ from run to run.
 */
#ifndef GWS_TRACK_TRACK_H
#define GWS_TRACK_TRACK_H

#include "base/err.h"
#include "track/tensorboard.h"

#include <stdint.h>

typedef struct gws_track gws_track;

enum { GWS_TRACK_ROWS, GWS_TRACK_REST, GWS_TRACK_BOARD, GWS_TRACK_FILES };
extern const char *const gws_track_file[GWS_TRACK_FILES]; /* their names in the folder */

typedef struct gws_track_run {
    const char *folder;               /* which exists */
    const char *recipe, *recipe_name; /* text of the .ini; how it was called */
    const char *output, *command;     /* the model file; provenance */
    int64_t seed, parameters;
    int64_t step;          /* of the optimizer, from which it goes: 0, or that of the checkpoint */
    int resume;            /* goes on with the folder's last run, if that has the same recipe and output */
    double (*clock)(void); /* seconds since 1970; NULL: the system's */
} gws_track_run;

/* Open the folder's files, or begin them, and write how the run begins.  NULL on failure (EIO, ENOMEM, EFORMAT: the recipe). */
gws_track *gws_track_open(const gws_track_run *run, gws_err *err);
void gws_track_destroy(gws_track *t); /* NULL is fine */

/* A number, or several of a kind.  TensorBoard's tag is GROUP/KEY, of several GROUP/KEY/0, GROUP/KEY/1, ...; what is not finite is not
 * drawn there and is null in JSON. */
typedef struct gws_track_value {
    const char *group, *key;
    const double *v;
    int n;
} gws_track_value;

typedef struct gws_track_row {
    const char *phase;
    int64_t phase_step, step; /* of the phase; of all phases */
    const gws_track_value *values;
    int n;
} gws_track_row;

gws_status gws_track_put(gws_track *t, const gws_track_row *row, gws_err *err);

/*   x  (n) in  the numbers to count */
gws_status gws_track_histogram(gws_track *t, int64_t step, const char *tag, const float *x, int64_t n, gws_err *err);
gws_status gws_track_image(gws_track *t, int64_t step, const char *tag, const gws_picture *picture, gws_err *err);

/* A checkpoint was written. */
gws_status gws_track_saved(gws_track *t, int64_t step, const char *path, gws_err *err);

/* How the run ended.
 *   how  in  GWS_OK: done; GWS_ESTOP: stopped, and may be resumed; else failed
 *   why  in  sentence; may be NULL */
gws_status gws_track_end(gws_track *t, int64_t step, gws_status how, const char *why, gws_err *err);

#endif
