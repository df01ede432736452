/* welch.h - the two halves of Welch's estimate, periodogram and average, for callers that keep periodograms (psd.c, condition.c).
 *
 * Both are PyCBC's (pycbc/psd/estimate.py): symmetric Hann window, no detrending, DC and Nyquist halved before the window's
 * normalisation, and one of three averages.  No call here but create allocates.
 * Thread rule: one gws_welch from one thread at a time.
 */
#ifndef GWS_DSP_WELCH_H
#define GWS_DSP_WELCH_H

#include "base/err.h"

#include <stdint.h>

#define GWS_WELCH_TILE 8 /* bins averaged together, so that rows are read by cache lines */

typedef enum gws_psd_average { GWS_PSD_MEAN, GWS_PSD_MEDIAN, GWS_PSD_MEDIAN_MEAN } gws_psd_average;

/* "mean", "median" or "median-mean". */
gws_status gws_psd_average_parse(const char *name, gws_psd_average *out, gws_err *err);

/* Bias of the median of n exponentially distributed values (Allen et al. 2012, FINDCHIRP eq. B12):
 * ln 2 from n = 1000 on, as in PyCBC. */
double gws_median_bias(int n);

/* How a stretch is cut into segments, and how their periodograms are averaged. */
typedef struct gws_welch_params {
    int64_t segment, stride; /* samples; the segment is even, at least 4, the stride at least 1 */
    gws_psd_average average;
} gws_welch_params;

typedef struct gws_welch gws_welch;

/* segment: samples, even, >= 4 */
gws_welch *gws_welch_create(int64_t segment, int rate_hz, gws_err *err);
int64_t gws_welch_bins(const gws_welch *w); /* segment/2 + 1 */

/* (segment) The buffer to fill with strain before asking for its periodogram, which overwrites it. */
double *gws_welch_input(gws_welch *w);

/* One-sided periodogram of the input, strain^2/Hz.  What is not a number becomes +inf, so that rows can be sorted.
 *   row  (bins) out
 */
void gws_welch_periodogram(gws_welch *w, double *row);

/* Average periodograms bin by bin.
 *   rows     (n) pointers to (bins) each, in order of time; median-mean takes every other one (n = 1: the one)
 *   scratch  (GWS_WELCH_TILE * n)
 *   out      (bins) out
 */
void gws_welch_average(const double *const *rows, int n, int64_t bins, gws_psd_average average, double *scratch, double *out);

void gws_welch_destroy(gws_welch *w);

#endif
