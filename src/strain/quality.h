/* quality.h - the two 1 Hz bit masks of GWOSC files, with the names that the file itself gives its bits.
 *
 * DQmask: 1 is good.  Injmask: 1 is "no injection"; continuous-wave hardware injections run all the time, so a
 * compact-binary search never vetoes on bit 3 (value 23 is normal).
 */
#ifndef GWS_STRAIN_QUALITY_H
#define GWS_STRAIN_QUALITY_H

#include "base/err.h"
#include "base/hdf5.h"
#include "strain/gap.h"

#include <stdint.h>

#define GWS_QUALITY_BITS 32
#define GWS_QUALITY_NAME 24

/* A mask, or a part of one: a number a second. */
typedef struct gws_quality_mask {
    const uint32_t *bits; /* (seconds) */
    int64_t seconds;
    int64_t first; /* sample with which the first second begins */
    int rate_hz;
} gws_quality_mask;

typedef struct gws_quality {
    int64_t gps_start_s;
    int64_t n;          /* seconds */
    uint32_t *dq, *inj; /* (n) each; inj NULL when the file has none */
    int n_dq, n_inj;    /* bits that have names */
    char dq_name[GWS_QUALITY_BITS][GWS_QUALITY_NAME], inj_name[GWS_QUALITY_BITS][GWS_QUALITY_NAME];
} gws_quality;

/* Where the masks and the names of their bits stand in a file. */
#define GWS_QUALITY_DQ "/quality/simple/DQmask"
#define GWS_QUALITY_DQ_NAMES "/quality/simple/DQShortnames"
#define GWS_QUALITY_INJ "/quality/injections/Injmask"
#define GWS_QUALITY_INJ_NAMES "/quality/injections/InjShortnames"

#define GWS_QUALITY_MAX_S 1000000 /* longest mask that is read at once, s; GWOSC files last 32 or 4096 s */

/* Read both masks of an open GWOSC file (/quality/simple, /quality/injections) whole.
 *   f     a file that has /quality/simple/DQmask
 *   out   filled; zero on failure; free with gws_quality_clear
 *   err   a mask that is not one value per second of meta/Duration, starts elsewhere than meta/GPSstart, or is longer than
 *         GWS_QUALITY_MAX_S; a name table that cannot be read
 */
gws_status gws_quality_read(gws_h5 *f, gws_quality *out, gws_err *err);
void gws_quality_clear(gws_quality *q);

/* The names of the bits of a mask; a file without that table has nameless bits, which is no error.
 *   n   out, how many */
gws_status gws_quality_read_names(gws_h5 *f, const char *path, char names[GWS_QUALITY_BITS][GWS_QUALITY_NAME], int *n,
                                  gws_err *err);

#define GWS_QUALITY_CW "NO_CW_HW_INJ"

/* Does this bit, when it is clear, mean a hardware injection that a search for transients would find?  These are the NO_..._HW_INJ
 * bits except GWS_QUALITY_CW, which is clear nearly always. */
int gws_quality_is_injection(const char *name);

/* Bits of a mask that have to be set, and what their being clear makes of the second. */
typedef struct gws_quality_rule {
    uint32_t bits;
    gws_gap why;
} gws_quality_rule;

/* Make gaps of the seconds in which a rule fails; of several the first that fails says why.
 *   start, n      the samples in out, counted as the mask's `first` is; seconds beyond the mask stay as they are
 *   out           (n) in and out */
void gws_quality_apply(const gws_quality_rule *rules, int n_rules, const gws_quality_mask *mask, int64_t start, int64_t n,
                       double *out);

/* Bit number of a name in a table of n names, or -1. */
int gws_quality_bit(const char (*names)[24], int n, const char *name);

/* Fraction of the n seconds in which a bit is set; 0 when n is 0. */
double gws_quality_fraction(const uint32_t *mask, int64_t n, int bit);

#endif
