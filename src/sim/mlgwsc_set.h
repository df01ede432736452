/* mlgwsc_set.h - the data sets of MLGWSC-1 as its generator makes them: noise, injection table and foreground.  Any part is made on
 * demand.
 *
 * Foreground is background plus signals: the noise is the same sample by sample.  A signal is added where its tc lies at least 30 s
 * inside a segment, and is cut where the segment ends.  Every sample is a function of (set, seed, offset, duration, its time) alone: a
 * window made by itself has the bits it has within the whole, on any number of threads.
 *
 * Thread rule: one set from one thread at a time; with a pool it uses the pool's threads itself.
 */
#ifndef GWS_SIM_MLGWSC_SET_H
#define GWS_SIM_MLGWSC_SET_H

#include "base/err.h"
#include "base/thread.h"
#include "sim/mlgwsc_noise.h"
#include "sim/injections.h"

#include <stdint.h>

#define GWS_MLGWSC_SET_PAD_S 30    /* no coalescence nearer to the ends of a segment */
#define GWS_MLGWSC_SET_STEP_S 24.0 /* least time between coalescences; up to WINDOW more */
#define GWS_MLGWSC_SET_WINDOW_S 6.0

typedef struct gws_mlgwsc_set gws_mlgwsc_set;

typedef struct gws_mlgwsc_set_params {
    gws_mlgwsc_noise_params noise;
    int signals;             /* not 0: foreground */
    const char *injections;  /* table to be used; NULL: the set's own, drawn from the seed */
    const char *approximant; /* NULL: the table's */
    int taper; /* not 0: fade signals in where the table asks for it.  0 is what PyCBC 2.11 gives: its projector loses the
                                table's taper (docs/math/injection.md), and signals begin with a step of up to 1e-3 of their peak */
} gws_mlgwsc_set_params;

/* Set 1, seed 0, 30 days from offset 0, background. folder has to be filled in. */
gws_mlgwsc_set_params gws_mlgwsc_set_defaults(void);

/* Make the set.  The strings are used in this call only.  One sentence says when a file of the challenge is missing or a number
 * makes no sense. */
gws_mlgwsc_set *gws_mlgwsc_set_create(const gws_mlgwsc_set_params *params, gws_err *err);
void gws_mlgwsc_set_destroy(gws_mlgwsc_set *m);

/* Give it threads; with NULL the caller's thread works alone.  No bit depends on it. */
void gws_mlgwsc_set_set_pool(gws_mlgwsc_set *m, gws_pool *pool);

/* The most bytes that the set ever holds with its pool, apart from HDF5's buffers.  They are the noise's; in a foreground the
 * injection table's and the signals' too.  The call draws the injection table when it is not there yet. */
gws_status gws_mlgwsc_set_bytes(gws_mlgwsc_set *m, int64_t *out, gws_err *err);

/* Segments in order of time, the same for H1 and L1. */
const gws_mlgwsc_noise_segment *gws_mlgwsc_set_segments(const gws_mlgwsc_set *m, int *n);

/* Samples [begin, begin + n), absolute at GWS_MLGWSC_RATE_HZ, within one segment.
 *   ifo   0: H1, 1: L1
 *   out   (n) out, strain
 */
gws_status gws_mlgwsc_set_fill(gws_mlgwsc_set *m, int ifo, int64_t begin, int64_t n, double *out, gws_err *err);

/* The two parts of gws_mlgwsc_set_fill: the first gives the background; the second adds the signals to what stands in `h` (n), even
 * when the parameters ask for none. */
gws_status gws_mlgwsc_set_noise(gws_mlgwsc_set *m, int ifo, int64_t begin, int64_t n, double *out, gws_err *err);
gws_status gws_mlgwsc_set_add_signals(gws_mlgwsc_set *m, int ifo, int64_t begin, int64_t n, double *h, gws_err *err);

/* The whole injection table, about 583,740 rows.  It is drawn at the first call.  NULL with a sentence when that fails. */
const gws_injections *gws_mlgwsc_set_injections(gws_mlgwsc_set *m, gws_err *err);

#endif
