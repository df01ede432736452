/* format.h - the row of functions that makes a format of strain: it recognises an input, lists what it holds, and reads it.
 *
 * The reader (strain.h) knows a format by its row alone.  A new format is one file that exports its row, and one line in the table of
 * source.c (docs/formats.md, "Adding a format").  A format that a higher layer makes, such as sim/mlgwsc_input.h, is handed in with
 * gws_strain_use.
 */
#ifndef GWS_STRAIN_FORMAT_H
#define GWS_STRAIN_FORMAT_H

#include "base/err.h"
#include "base/hdf5.h"
#include "base/thread.h"
#include "strain/intervals.h"
#include "strain/quality.h"

#include <stdint.h>

#define GWS_IFO_UNKNOWN "X0" /* the detector of data that do not say whose they are */

typedef struct gws_strain_format gws_strain_format;

/* Of an input that was fetched: what stands for its name in provenance. */
typedef struct gws_strain_origin {
    const char *path, *text;
} gws_strain_origin;

/* The state of one detector that is wanted: outside of it its strain is a gap.  Detectors that have no row are in any. */
typedef struct gws_strain_state {
    const char *channel; /* "H1:GDS-CALIB_STATE_VECTOR", of the same file as the strain */
    uint32_t bits;       /* that have to be set */
} gws_strain_state;

/* What the caller wants to read although it is left out by default, and which formats it brings besides the reader's own. */
typedef struct gws_strain_use {
    int cat1;                                /* not 0: seconds whose CBC_CAT1 bit is clear are data */
    int injections;                          /* not 0: seconds with a hardware injection are data */
    int whitened;                            /* not 0: whitened strain is taken for strain */
    int repeated;                            /* not 0: runs of one value are data */
    const gws_intervals *only;               /* what lies outside is as if no file had it; NULL: all is read */
    const gws_intervals *veto;               /* a gap, whatever the files have; NULL: none */
    const char *const *channels;             /* "H1:NAME", ends with NULL: these and no others; NULL: what is plainly strain */
    const gws_strain_state *states;          /* ends with channel NULL: what detectors have to be in (state.h); NULL: in none */
    const gws_strain_format *const *formats; /* ends with NULL; asked before the reader's own; NULL: none */
    const gws_strain_origin *origins;        /* ends with a path of NULL; NULL: none */
} gws_strain_use;

/* One stretch of one detector in an input. */
typedef struct gws_strain_segment {
    char ifo[4];
    int rate_hz;
    int64_t begin, n; /* absolute sample of the first, number of samples */
    char path[60];    /* where it stands in the input; of HDF5 the data set */
} gws_strain_segment;

/* The contents of an input. */
typedef struct gws_strain_content {
    gws_strain_segment *segments; /* (n_segments) allocated; by detector in order of name, then by time */
    int n_segments;
    int whitened;    /* not 0: whitened strain */
    int has_quality; /* not 0: masks, which the row's `quality` reads */
    void *own;       /* what the format needs to read them, or NULL */
} gws_strain_content;

/* NULL where a comment says so, and nowhere else. */
struct gws_strain_format {
    const char *name;   /* "GWOSC HDF5" */
    const char *layout; /* how an HDF5 file of this format looks, for the sentence that refuses others; NULL: it is no HDF5 */

    int has_channels; /* not 0: it looks at gws_strain_use.channels and .states */

    /* Is an input of this format?
     *   f   the input opened as HDF5; NULL where no format has known it by its name or its first bytes yet: then a format of HDF5
     *       answers 0 */
    int (*probe)(const char *path, gws_h5 *f);

    /* List the segments; no sample is read.
     *   f     as for probe
     *   use   what is to be read
     *   out   in: zero; out: filled, also in part where it fails (the caller clears it) */
    gws_status (*list)(const char *path, gws_h5 *f, const gws_strain_use *use, gws_strain_content *out, gws_err *err);
    void (*forget)(void *own); /* free content.own; NULL: it has none */

    /* Open for reading.  A set keeps one handle a detector, and for many inputs no more than that.  Both NULL: `own` is all that
     * `read` needs, and its handle is NULL. */
    gws_status (*open)(const char *path, void **handle, gws_err *err);
    void (*close)(void *handle);

    /* Samples start .. start+n-1 of a segment, counted from its first.
     *   out   (n) out; gaps are NaN with their reason (gap.h) */
    gws_status (*read)(const gws_strain_content *c, void *handle, int segment, int64_t start, int64_t n, double *out, gws_err *err);

    /* The masks of a detector of an input that has_quality; without masks of its own `out` is zero.  NULL: no input of this format
     * has any. */
    gws_status (*quality)(const gws_strain_content *c, void *handle, const char *ifo, gws_quality *out, gws_err *err);

    /* For inputs that are made when they are read; NULL for files.  gws_strain_set_pool and gws_strain_bytes call the first two.
     * The third gives the words that stand in provenance in place of a file's hash. */
    void (*set_pool)(void *own, gws_pool *pool);
    gws_status (*bytes)(void *own, int64_t *out, gws_err *err);
    const char *(*identity)(const void *own);
};

/* `open` and `close` of any format that is HDF5: the handle is a gws_h5. */
gws_status gws_strain_hdf5_open(const char *path, void **handle, gws_err *err);
void gws_strain_hdf5_close(void *handle);

#endif
