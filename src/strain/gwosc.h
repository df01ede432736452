/* gwosc.h - strain files of the Gravitational Wave Open Science Center, HDF5, 4 and 16 kHz.
 *
 * Both layouts are read: the 2016 release with strings of fixed length and the later ones with strings of variable length.
 * meta/UTCstart is wrong in some old event files, so it is never read.
 *
 * Gap: where the DATA or the CBC_CAT1 bit of a second is clear, where a hardware injection other than a continuous wave is on, or a
 * sample is not finite, the sample reads as NaN, which says why (gap.h).
 */
#ifndef GWS_STRAIN_GWOSC_H
#define GWS_STRAIN_GWOSC_H

#include "strain/format.h"

/* The row.  Listing refuses with GWS_EFORMAT or GWS_EDATA and one sentence that names the file: a rate that is not a whole number, no
 * sample, Npoints against array against Duration, Xstart against GPSstart, a detector that is not a letter and a digit, a mask of
 * another length. */
extern const gws_strain_format gws_strain_gwosc;

#endif
