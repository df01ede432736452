/* tensorboard.h - private to track/: an event file as TensorBoard reads it.
 *
 * A file is a row of records of TFRecord: length (u64), its checksum, the bytes, their checksum (proto.h), all little-endian.  The
 * first record says the version, each other is an Event with a step and a Summary of values.  Values gather until gws_board_flush
 * writes them in one record with one call of the system, so a process that dies leaves whole records.
 */
#ifndef GWS_TRACK_TENSORBOARD_H
#define GWS_TRACK_TENSORBOARD_H

#include "base/err.h"
#include "track/histogram.h"
#include "track/proto.h"

#include <stdint.h>

/* The name begins as TensorBoard wants it. */
#define GWS_BOARD_FILE "events.out.tfevents.0000000000.gwspike"

typedef struct gws_board gws_board;

/* Open for appending, or begin.  NULL on failure (EIO, ENOMEM). */
gws_board *gws_board_open(const char *path, double wall_s, gws_err *err);
void gws_board_close(gws_board *b); /* what was not flushed is lost; NULL is fine */

/* ---- values of the next record; what memory was too short for is said by gws_board_flush ---- */

void gws_board_scalar(gws_board *b, const char *tag, double v); /* in single precision: TensorBoard's scalars are */
void gws_board_histogram(gws_board *b, const char *tag, const gws_histogram *h);
void gws_board_text(gws_board *b, const char *tag, const char *markdown);

typedef struct gws_picture {
    int width, height;
    const void *png;
    size_t size;
} gws_picture;
void gws_board_image(gws_board *b, const char *tag, const gws_picture *p);

/* Hyper-parameters of the run: numbers where the values are, else texts. */
typedef struct gws_board_pairs {
    const char *const *names, *const *values;
    int n;
} gws_board_pairs;
void gws_board_hparams(gws_board *b, const char *name, const gws_board_pairs *pairs, double wall_s);
void gws_board_session_end(gws_board *b, int done, double wall_s);

/* Write the values as one record.  EIO, ENOMEM. */
gws_status gws_board_flush(gws_board *b, double wall_s, int64_t step, gws_err *err);

/* A record that says that a run begins here: TensorBoard drops what it has of this step and later. */
gws_status gws_board_start(gws_board *b, double wall_s, int64_t step, gws_err *err);

/* Where a run that goes on after `step` cuts the file: at the first record of the last run with a later step, or where the records end
 * that are whole.
 *   size  out  bytes that stay */
gws_status gws_board_kept(const char *path, int64_t step, int64_t *size, gws_err *err);

#endif
