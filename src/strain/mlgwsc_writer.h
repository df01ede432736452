/* mlgwsc_writer.h - strain written in the layout of MLGWSC-1 (mlgwsc.h). */
#ifndef GWS_STRAIN_MLGWSC_WRITER_H
#define GWS_STRAIN_MLGWSC_WRITER_H

#include "base/err.h"
#include "base/hdf5.h"

#include <stdint.h>

/* Nothing is visible under the final name until commit.  Detectors may be written in any interleaving: each has an open
 * segment of its own.  One writer from one thread. */
typedef struct gws_mlgwsc_writer gws_mlgwsc_writer;

gws_mlgwsc_writer *gws_mlgwsc_writer_create(const char *path, gws_err *err);

/* Start a segment of a detector; what is appended to this detector from now on belongs to it.
 *   ifo      a letter and a digit
 *   begin    absolute sample of the first sample to be appended
 *   The key is the GPS time in whole seconds, rounded down; should a detector have that key already (two segments
 *   that begin within one second), a sample number is appended to it: "1238205077-1024".
 * A segment to which nothing is appended leaves no data set. */
gws_status gws_mlgwsc_writer_segment(gws_mlgwsc_writer *w, const char *ifo, int rate_hz, int64_t begin, gws_err *err);

/* Append to the detector's open segment; all of one segment in one type. */
gws_status gws_mlgwsc_writer_append_f64(gws_mlgwsc_writer *w, const char *ifo, const double *x, int64_t n, gws_err *err);
gws_status gws_mlgwsc_writer_append_f32(gws_mlgwsc_writer *w, const char *ifo, const float *x, int64_t n, gws_err *err);

/* Say in the root attribute `content` that what is written is whitened strain, which no reader is to take for strain. */
gws_status gws_mlgwsc_writer_whitened(gws_mlgwsc_writer *w, gws_err *err);

/* The file being written, for root attributes and provenance; still owned by the writer. */
gws_h5 *gws_mlgwsc_writer_h5(gws_mlgwsc_writer *w);

/* Sync and rename to the final name.  The writer is gone in either case; on failure so is the file. */
gws_status gws_mlgwsc_writer_commit(gws_mlgwsc_writer *w, gws_err *err);

/* Give up: nothing is left on disk.  NULL is fine. */
void gws_mlgwsc_writer_destroy(gws_mlgwsc_writer *w);

#endif
