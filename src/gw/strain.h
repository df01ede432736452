/* strain.h - recorded strain: files of any supported layout, seen as one stream per detector.
 *
 * gws_strain_open recognises what a file is (GWOSC HDF5, MLGWSC-1 HDF5; later GWF and virtual inputs) and lists its
 * segments without reading samples.  A gws_strain_set sorts the files of each detector in time and reads any stretch.
 */
#ifndef GWS_GW_STRAIN_H
#define GWS_GW_STRAIN_H

#include "base/err.h"

#include <stdint.h>

#define GWS_MAX_IFO 5

typedef struct gws_span {
    int64_t begin, end; /* absolute samples at the detector's rate, half-open */
} gws_span;

typedef struct gws_strain_set gws_strain_set;

/* What is known of one detector of the set. */
typedef struct gws_strain_info {
    char ifo[4];         /* "H1" */
    int rate_hz;
    int n_spans;         /* stretches that files cover, joined where one ends on the sample where the next begins */
    const gws_span *spans;
    int n_files;
} gws_strain_info;

/* Open files for reading.
 *   paths   (n) files; a MLGWSC-1 file brings several detectors
 *   err     names the file: not a strain file, truncated, zero length, rates that differ within a detector, two
 *           files of a detector that overlap with different content lengths, rate that is not a whole number
 */
gws_strain_set *gws_strain_open(const char *const *paths, int n, gws_err *err);
int gws_strain_ifos(const gws_strain_set *s);
void gws_strain_describe(const gws_strain_set *s, int ifo, gws_strain_info *out);

/* Read samples [begin, end) of a detector; what no file covers, what the data-quality mask calls absent (DATA bit
 * clear) and what is not finite comes out as NaN.
 *   out   (end-begin) out
 */
gws_status gws_strain_read(gws_strain_set *s, int ifo, int64_t begin, int64_t end, double *out, gws_err *err);

/* "hash  name" lines of all files, for provenance; owned by the set. */
const char *gws_strain_sha256(gws_strain_set *s, gws_err *err);
void gws_strain_destroy(gws_strain_set *s);

#endif
