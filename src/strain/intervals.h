/* intervals.h - stretches of time that a user names: what to search, what to leave out.
 *
 * Files of segments, by what is in them:
 *   text    two numbers a line, begin and end in seconds of GPS; or the four of segwizard: number, begin, end, duration; # begins a comment
 *   JSON    [[begin, end], ...], or {"segments": ...}, or one list a detector: {"H1": [[begin, end], ...], ...};
 *           or a flag as gwpy and DQSEGDB have it, {"ifo": "H1", "active": [[begin, end], ...], ...}
 *   XML     LIGO_LW, plain or gzip: the table segment, with the detectors of its flag in segment_definer.  Of several flags in a file none is
 *           guessed: they are refused.  segment_summary, where a flag is known, is not looked at: what is not active is not active
 */
#ifndef GWS_STRAIN_INTERVALS_H
#define GWS_STRAIN_INTERVALS_H

#include "base/err.h"

#include <stdint.h>

typedef struct gws_interval {
    char ifo[4];           /* "H1"; empty: of every detector */
    double begin_s, end_s; /* GPS, half-open */
} gws_interval;

typedef struct gws_intervals {
    gws_interval *items; /* (n) in the order of the file */
    int n;
    int64_t room;
} gws_intervals;

/* Append those of a file.  EFORMAT names file and line; an end before its begin is refused. */
gws_status gws_intervals_load(const char *path, gws_intervals *out, gws_err *err);

/* Append one. */
gws_status gws_intervals_add(gws_intervals *list, const char *ifo, double begin_s, double end_s, gws_err *err);
void gws_intervals_clear(gws_intervals *list);

#endif
