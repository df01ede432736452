/* psd.h - one-sided power spectral densities (strain^2/Hz), double precision.
 *
 * Welch's estimate as PyCBC makes it (symmetric Hann window, no detrending, DC and Nyquist halved before the window's
 * normalisation; pycbc/psd/estimate.py) with the three averages; interpolation; inverse spectrum truncation.
 */
#ifndef GWS_DSP_PSD_H
#define GWS_DSP_PSD_H

#include "base/err.h"
#include "dsp/condition.h"

#include <stdint.h>

/* A noun: transparent, owned by the caller. data: (n) values at k*delta_f_hz, k = 0..n-1 */
typedef struct gws_psd {
    double *data;
    int64_t n;
    double delta_f_hz;
} gws_psd;

void gws_psd_clear(gws_psd *p);

/* Bias of the median of n exponentially distributed values (Allen et al. 2012, FINDCHIRP eq. B12):
 * ln 2 from n = 1000 on, as in PyCBC. */
double gws_median_bias(int n);

/* Welch estimate.
 *   x        (n)  strain
 *   segment, stride  samples; data left over are cropped from both ends as PyCBC does
 *   out      cleared by the caller; allocated here: segment/2+1 bins, delta_f = rate/segment
 */
gws_status gws_psd_welch(const double *x, int64_t n, int rate_hz, int64_t segment, int64_t stride, gws_psd_average average,
                         gws_psd *out, gws_err *err);

/* Linear interpolation to another spacing, clamped at the ends. */
gws_status gws_psd_interpolate(const gws_psd *in, double delta_f_hz, int64_t n, gws_psd *out, gws_err *err);

/* Inverse spectrum truncation (gw-data 9.2): PSD whose amplitude-inverse filter has at most `length` taps.
 *   low_hz   below it the inverse is 0, so the result is +inf there; hann != 0 tapers, else hard truncation
 */
gws_status gws_psd_truncate_inverse(const gws_psd *in, int rate_hz, int64_t length, double low_hz, int hann, gws_psd *out,
                                    gws_err *err);

/* The zero-phase whitening FIR that condition.h applies, for use on signals: `length` taps, centre at length/2,
 * scaled so that noise of this PSD comes out with unit variance over the full band.
 *   psd   any spacing; interpolated
 *   fir   (length) out
 */
gws_status gws_whitening_fir(const gws_psd *psd, int rate_hz, int64_t length, double low_hz, double high_hz, double *fir,
                             gws_err *err);

#endif
