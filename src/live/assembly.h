/* assembly.h - puts the pieces of one detector in order, and says what is missing.
 *
 * On the line: pieces as they come (source.h) --> strain in order of time, each sample once, gaps as jumps or NaN --> pipeline.
 *
 * Pieces that come before an earlier one wait for it; what came already, or comes after it was given up, is dropped and counted.  Whoever knows
 * how long to wait says when a missing stretch is given up (gws_assembly_give_up).  Runs of one value are gaps as in recorded strain
 * (strain/gap.h), wherever one piece ends and the next begins: therefore the last samples are held back while they have one value, which is
 * one sample in all data that are not a run.  Cut: how strain is cut into pieces changes no bit.
 */
#ifndef GWS_LIVE_ASSEMBLY_H
#define GWS_LIVE_ASSEMBLY_H

#include "base/err.h"
#include "live/source.h"
#include "live/stats.h"

#include <stdint.h>

typedef struct gws_assembly gws_assembly;

typedef struct gws_assembly_sinks {
    void *user;

    /* The rate becomes known, once, before all samples.
     *   useless   out  not 0: then every piece is a gap */
    gws_status (*rate)(void *user, int rate_hz, int *useless, gws_err *err);
    gws_status (*strain)(void *user, int64_t sample, const double *h, int64_t n, gws_err *err); /* in order of time */
    gws_status (*absent)(void *user, int64_t ns, gws_err *err); /* nothing comes before this GPS time */
    gws_status (*taken)(void *user, const gws_live_piece *piece,
                        gws_err *err); /* a piece comes next, before its strain; may be NULL */
} gws_assembly_sinks;

gws_assembly *gws_assembly_create(const char *ifo, const gws_assembly_sinks *sinks, gws_err *err);
void gws_assembly_destroy(gws_assembly *a); /* NULL is fine */

/* Would this piece be used?  0: it came already, or too late; that is counted. */
int gws_assembly_wants(gws_assembly *a, const gws_live_piece *piece);

/* Take a piece that is wanted; it is copied where it has to wait. */
gws_status gws_assembly_take(gws_assembly *a, const gws_live_piece *piece, gws_err *err);

/* What is not there before a GPS time does not come any more.  Changes nothing when all is there. */
gws_status gws_assembly_give_up(gws_assembly *a, int64_t ns, gws_err *err);

/* GPS time up to which all is decided; INT64_MIN before the first piece. */
int64_t gws_assembly_end_ns(const gws_assembly *a);

/* No more pieces: what was held back goes. */
gws_status gws_assembly_finish(gws_assembly *a, gws_err *err);

/* Counts; those that others keep (retried, heard_s) are left alone. */
void gws_assembly_get_stats(const gws_assembly *a, gws_live_ifo_stats *out);

#endif
