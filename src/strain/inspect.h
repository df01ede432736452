/* inspect.h - describes a single input of strain, for a person to read. */
#ifndef GWS_STRAIN_INSPECT_H
#define GWS_STRAIN_INSPECT_H

#include "strain/format.h"

/* The masks of a detector, with the file's own bit names. */
typedef struct gws_strain_masks {
    char ifo[4];
    gws_quality quality;
    double dq_good[GWS_QUALITY_BITS], inj_good[GWS_QUALITY_BITS]; /* fraction of seconds in which bit i is set, i < n_dq, n_inj */
} gws_strain_masks;

typedef struct gws_strain_file {
    const gws_strain_format *format;
    gws_strain_segment *segments; /* (n_segments) by detector in order of name, then by time */
    int n_segments;
    int whitened;            /* not 0: whitened strain */
    gws_strain_masks *masks; /* (n_masks) of the detectors that have any */
    int n_masks;
} gws_strain_file;

/* Say what an input is without reading samples.
 *   formats   besides the reader's own, as in gws_strain_use; may be NULL
 *   out       filled; zero on failure; free with gws_strain_file_clear
 */
gws_status gws_strain_inspect(const char *path, const gws_strain_format *const *formats, gws_strain_file *out, gws_err *err);
void gws_strain_file_clear(gws_strain_file *f);

#endif
