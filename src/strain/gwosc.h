/* gwosc.h - strain files of the Gravitational Wave Open Science Center, HDF5, 4 and 16 kHz.
 *
 * Both layouts are read: the 2016 release with strings of fixed length and the later ones with strings of variable length.
 * meta/UTCstart is known to lie in old event files and is never looked at.
 *
 * Gap: where the DATA or the CBC_CAT1 bit of a second is clear, where a hardware injection other than a continuous wave is on, or a
 * sample is not finite, the sample reads as NaN, which says why (gap.h).
 */
#ifndef GWS_STRAIN_GWOSC_H
#define GWS_STRAIN_GWOSC_H

#include "base/err.h"
#include "base/hdf5.h"

#include <stdint.h>

/* What the headers of a file say; checked against each other. */
typedef struct gws_gwosc {
    char ifo[4]; /* "H1" */
    int rate_hz;
    int64_t gps_start_s;
    int64_t n; /* samples: rate_hz times whole seconds */
    /* Bits that make a second a gap when they are clear, found by name; who wants such seconds takes the bits out. */
    int data_bit;      /* bit of DQmask named DATA; -1: the file has no such mask */
    int cat1_bit;      /* bit of DQmask named CBC_CAT1; -1: none */
    uint32_t inj_bits; /* bits of Injmask that gws_quality_is_injection; 0: none */
} gws_gwosc;

/* Does an open file look like GWOSC's (has /strain/Strain and /meta)? */
int gws_gwosc_probe(gws_h5 *f);

/* Read the headers.  Rate not a whole number, Npoints against array against Duration, Xstart against GPSstart, no
 * sample, a detector that is not a letter and a digit, a mask of
 * another length: GWS_EFORMAT or GWS_EDATA naming the file. */
gws_status gws_gwosc_stat(gws_h5 *f, gws_gwosc *out, gws_err *err);

/* Samples start .. start+n-1 counted from the file's first.
 *   out   (n) out, strain; NaN where there are no data
 */
gws_status gws_gwosc_read(gws_h5 *f, const gws_gwosc *g, int64_t start, int64_t n, double *out, gws_err *err);

/* Is a word a detector: one upper-case letter and one digit? */
int gws_is_ifo(const char *word);

#endif
