/* filtered.h - private to stream/: holds rho of a whitened detector in a window that moves forward, so that the filters of a
 * matched stem run once for many slides.
 *
 * On the line: kept whitened strain of one detector (kept.h) --nn/filters.h--> rows of rho at 512 Hz, each stretch by itself.
 *
 * Rows that no stretch makes are zero or left over from before.  A caller asks gws_stem_steps_of which rows are valid.
 */
#ifndef GWS_STREAM_FILTERED_H
#define GWS_STREAM_FILTERED_H

#include "base/err.h"
#include "base/thread.h"
#include "nn/filters.h"
#include "strain/kept.h"

#include <stdint.h>

typedef struct gws_filtered {
    const gws_filters *f;
    const gws_kept_ifo *k;
    gws_filtering *filtering;
    int64_t room, row;  /* rows that the window holds; floats of one */
    float *rho;         /* (room, row) */
    int64_t begin, end; /* absolute rows in it */
    int64_t run, fed;   /* the stretch that is being filtered, and its next sample */
} gws_filtered;

/*   rows   most rows that are wanted at once */
gws_status gws_filtered_create(gws_filtered *w, const gws_filters *f, const gws_kept_ifo *k, int64_t rows, gws_pool *pool,
                               gws_err *err);
int64_t gws_filtered_bytes(const gws_filters *f, int64_t rows, const gws_pool *pool);
void gws_filtered_clear(gws_filtered *w);

/* Move the window so that it holds rows [from, to).  Neither bound may ever fall, and to - from is at most `rows`. */
void gws_filtered_advance(gws_filtered *w, int64_t from, int64_t to);

/* A row that the window holds. */
static inline const float *gws_filtered_at(const gws_filtered *w, int64_t row)
{
    return w->rho + (row - w->begin) * w->row;
}

#endif
