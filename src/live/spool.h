/* spool.h - the saved state of a live search: what came, written down before it is used, as far back as the search remembers.
 *
 * A folder holds parts, live-0000000001.gws and so on, each some minute of data.  A part begins with a snapshot of what the strain does not
 * give back (the caller's bytes) and goes on with records: pieces of strain, decisions that a stretch is given up, triggers that were handed
 * over.  A search that starts again takes the last snapshot, is given the pieces of all parts in the order in which they had come, and
 * is then where the other one stopped, wherever that was: a record that was half written when the process was killed is dropped, and
 * its piece comes from the source again.
 *
 * One process uses a folder at a time (a lock).  Nothing is flushed to the disk by force, but by gws_spool_sync: a crash of the machine may
 * lose the last half minute, a crash of the process loses nothing.
 */
#ifndef GWS_LIVE_SPOOL_H
#define GWS_LIVE_SPOOL_H

#include "base/err.h"
#include "live/source.h"

#include <stdint.h>

typedef struct gws_spool gws_spool;

/* What is read back, in the order in which it was written. */
typedef struct gws_spool_reader {
    void *user;
    gws_status (*piece)(void *user, const gws_live_piece *piece, gws_err *err);
    gws_status (*given_up)(void *user, const char *ifo, int64_t ns, gws_err *err);
    gws_status (*done)(void *user, const char *id, gws_err *err); /* of the last part alone */
} gws_spool_reader;

/* Open a folder, which is made when it does not exist.
 *   identity  what the snapshots are of: models, thresholds, version; parts of another one are removed, and a warning says so
 * EIO: it is in use, or cannot be written. */
gws_spool *gws_spool_open(const char *folder, const char *identity, gws_err *err);
void gws_spool_close(gws_spool *s); /* NULL is fine */

/* The last snapshot; NULL: there is none, and nothing to read back. */
const void *gws_spool_snapshot(const gws_spool *s, int64_t *bytes);

/* Read all records back.  Before anything is written. */
gws_status gws_spool_read(gws_spool *s, const gws_spool_reader *reader, gws_err *err);

/* Begin a new part.  Parts are removed that hold nothing of the last keep_s seconds of data. */
gws_status gws_spool_begin(gws_spool *s, const void *snapshot, int64_t bytes, double keep_s, gws_err *err);

gws_status gws_spool_piece(gws_spool *s, const gws_live_piece *piece, gws_err *err);
gws_status gws_spool_given_up(gws_spool *s, const char *ifo, int64_t ns, gws_err *err);
gws_status gws_spool_done(gws_spool *s, const char *id, gws_err *err);

/* All that was written is on the disk when this returns, whatever becomes of the machine. */
gws_status gws_spool_sync(gws_spool *s, gws_err *err);

double gws_spool_part_s(const gws_spool *s); /* data in the part that is being written, s; INFINITY: there is none yet */
int64_t gws_spool_bytes(const gws_spool *s); /* of all parts */

#endif
