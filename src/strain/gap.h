/* gap.h - says why a sample of strain is missing, and finds runs of one value.
 *
 * A gap of a double series is NaN.  The readers of strain put the reason into the NaN's payload, so that it can be counted where
 * the samples come together.  Code that asks isnan or isfinite need not know about it.
 *
 * One value repeated.  A detector's noise never stands still, and a record of it repeats a value only where its steps are coarser than the noise.
 * For one value to last 1/128 s, all noise above 64 Hz has to stay within one step for that long; a record so coarse holds nothing in the band of
 * a search.  Such a run is therefore no measurement but a channel that was off, stuck or filled up, mostly with zeros, and is a gap as NaN
 * is.  The shortest run that counts is 1/128 s and at least 16 samples: 16 at 2048 Hz, 32 at 4096 Hz, 128 at 16384 Hz.  No two neighbours
 * are alike in the strain of O1, O2 and O3 that GWOSC and MLGWSC-1 publish, in float64; rounded to float32 at most 2 are, to 16-bit
 * integers of its full scale 3, to 12-bit ones 4 (tests/golden/test_strain_strain.c counts them).
 */
#ifndef GWS_STRAIN_GAP_H
#define GWS_STRAIN_GAP_H

#include <stdint.h>

/* Append only. */
typedef enum gws_gap {
    GWS_GAP_NONE = 0,
    GWS_GAP_UNCOVERED = 1,  /* no file has that time */
    GWS_GAP_NOT_FINITE = 2, /* the file has NaN or infinity there */
    GWS_GAP_DATA = 3,       /* the quality bit DATA is off */
    GWS_GAP_CAT1 = 4,       /* CBC_CAT1 is off */
    GWS_GAP_INJECTION = 5,  /* a hardware injection, other than a continuous wave, is on */
    GWS_GAP_REPEATED = 6,   /* one value repeated */
    GWS_GAP_VETOED = 7,     /* the user took it out */
    GWS_GAP_STATE = 8       /* the detector was not in the wanted state, or has none there (state.h) */
} gws_gap;
#define GWS_GAPS 9

/* NaN that says why; why > GWS_GAP_NONE. */
double gws_gap_nan(gws_gap why);

/* Why x is missing: GWS_GAP_NONE for a finite number, GWS_GAP_NOT_FINITE for what is not finite and says nothing. */
gws_gap gws_gap_of(double x);

/* "not finite", "with DATA off", ...: what stands behind a number of seconds. */
const char *gws_gap_name(gws_gap why);

/* Shortest run of one value that is a gap, samples. */
int64_t gws_gap_run(int rate_hz);

/* How many samples at the beginning of x (n) have its first value, and how many at its end its last; 0 when it is NaN or n is 0. */
int64_t gws_run_at_begin(const double *x, int64_t n);
int64_t gws_run_at_end(const double *x, int64_t n);

/* Turn runs of one value of `shortest` samples or more into gaps.
 *   x              (n) in and out
 *   before, after  how many samples just outside of x have its first and its last value; they count for the length of a run
 * Cost: looks at one sample in `shortest`. */
void gws_gap_mark_runs(double *x, int64_t n, int64_t before, int64_t after, int64_t shortest);

#endif
