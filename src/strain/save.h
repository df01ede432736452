/* save.h - strain written as a file, in each format that the reader knows.
 *
 * The ending of the name chooses the format, and of HDF5 a layout may be named:
 *
 *     .hdf                 mlgwsc  several detectors, a data set for each stretch without a gap; PyCBC reads each
 *     .hdf5                gwosc   one detector with GWOSC's masks; a gap is NaN
 *     .h5                  gwpy    several detectors, one series each, as gwpy's TimeSeriesDict reads them; a gap is NaN
 *     .gwf                         several detectors, GWOSC's masks beside them, frames of whole seconds; a gap is NaN
 *     .txt .txt.gz                 one detector, one column, GWOSC's comments; a gap is "nan"
 *     .csv .csv.gz                 one detector, GPS times and strain
 *     .npy                         one detector, GPS times and strain, float64
 *     .npz                         several detectors: NAME, NAME_start_time, NAME_delta_t for each, NAME being H1
 *     .wav                         one detector, float32, scaled to a largest value of 1; has no gaps
 *
 * Samples are pulled in blocks, so memory does not depend on the length.  Files are written through base/output.h, and the same samples
 * give the same bytes.  Where a format has room it carries the provenance (save.c).
 */
#ifndef GWS_STRAIN_SAVE_H
#define GWS_STRAIN_SAVE_H

#include "base/thread.h"
#include "strain/quality.h"
#include "strain/strain.h"

#include <stdint.h>

/* One detector of a file. */
typedef struct gws_save_series {
    char ifo[4];
    const char *channel; /* its name in formats that have one: "H1:STRAIN", at most 200 bytes */
    int rate_hz;
    int64_t begin, end;    /* absolute samples at rate_hz, not empty; on whole seconds where the format wants them */
    const gws_span *spans; /* (n_spans) in order; what lies outside is a gap and is not asked for */
    int n_spans;
    gws_quality quality; /* masks of exactly the seconds that begin..end touches; dq NULL: there are none */
} gws_save_series;

typedef struct gws_save {
    const gws_save_series *series; /* (n) in order of name */
    int n;

    /* Samples [begin, end) of series k; what is not finite is a gap. */
    gws_status (*read)(void *user, int k, int64_t begin, int64_t end, double *out, gws_err *err);
    void *user;

    int whitened;                /* not 0: it is whitened strain, and the file is to say so */
    const char *command, *files; /* provenance: the command line, and lines "hash  name" of the inputs; NULL: none */
    gws_pool *pool;              /* deflates HDF5; may be NULL */
} gws_save;

typedef struct gws_save_format {
    const char *layout; /* "gwosc"; of formats that are no HDF5 the ending's word */
    const char *what;   /* for sentences: "GWOSC's HDF5" */
    const char *endings[3];
    int many;          /* not 0: several detectors a file */
    int fills;         /* not 0: a gap takes as much room as data */
    int whole_seconds; /* not 0: begins and ends on whole seconds */
    int masks;         /* not 0: has room for masks */
    int whitened;      /* not 0: can say that it is whitened, or need not */
    gws_status (*write)(const char *path, const gws_save *s, gws_err *err);
} gws_save_format;

/* The format of a path.
 *   layout   NULL: as the ending has it; else gwosc, mlgwsc or gwpy, of an HDF5 ending
 * NULL with EARG: an ending, or a layout, that is none. */
const gws_save_format *gws_save_find(const char *path, const char *layout, gws_err *err);

/* Write a file; it has its name when this returns, unless it belongs to a set of outputs.
 *   f   from gws_save_find
 * EDATA: several detectors where one fits, a gap where there is none, whitened strain where it could not be told from strain, too
 * long for the format.  EIO as output.h. */
gws_status gws_save_write(const gws_save_format *f, const char *path, const gws_save *s, gws_err *err);

#endif
