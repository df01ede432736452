/* mlgwsc.h - reads the container of the machine-learning mock data challenge (MLGWSC-1): one HDF5 file with a group per detector
 * and a data set per segment.
 *
 *     /H1/<gps>   1-D f64 or f32; key: start as decimal text; attributes start_time (f64, s), delta_t (f64, s)
 *
 * Raw strain, simulated data sets and the whitened output of `gwspike condition` all come in this layout.  Root attributes say
 * where a file came from and are never needed to read it.
 */
#ifndef GWS_STRAIN_MLGWSC_H
#define GWS_STRAIN_MLGWSC_H

#include "strain/format.h"

#include <stdint.h>

#define GWS_MLGWSC_WHITENED "whitened strain" /* root attribute `content` of whitened strain */

typedef struct gws_mlgwsc_segment {
    char ifo[4];
    char path[60];    /* "/H1/1238205077" */
    int rate_hz;      /* round(1/delta_t) */
    int64_t begin, n; /* absolute sample of the first, number of samples */
    int64_t offset;   /* index of the first sample in its data set; a part of a data set that was never written is a gap */
} gws_mlgwsc_segment;

typedef struct gws_mlgwsc {
    gws_mlgwsc_segment *segments; /* by detector in order of name, then by time */
    int n;
    int whitened; /* not 0: by its root attribute `content` the file holds whitened strain */
} gws_mlgwsc;

/* The row. */
extern const gws_strain_format gws_strain_mlgwsc;

/* List the segments; no sample is read.  Empty data sets are left out.  One sentence names file and data set when
 *   - start_time is a float32, or differs by a second or more from the GPS time in the data set's name (a number from 1,000,000 on)
 *   - the rate is not a whole number, or the start is off the sample grid by more than a hundredth of a sample
 *   - a data set is not 1-D floating point, two segments of a detector overlap, or the file has no sample at all
 *   out   filled; zero on failure; free with gws_mlgwsc_clear
 */
gws_status gws_mlgwsc_stat(gws_h5 *f, gws_mlgwsc *out, gws_err *err);
void gws_mlgwsc_clear(gws_mlgwsc *m);

/* Samples start .. start+n-1 counted from the segment's first.
 *   out   (n) out; what is not finite reads as NaN
 */
gws_status gws_mlgwsc_read(gws_h5 *f, const gws_mlgwsc_segment *s, int64_t start, int64_t n, double *out, gws_err *err);

#endif
