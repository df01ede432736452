/* psd.h - one-sided power spectral densities (PSD, strain^2/Hz) in double precision.
 *
 * Welch's estimate as PyCBC makes it (welch.h); interpolation; inverse spectrum truncation.
 */
#ifndef GWS_DSP_PSD_H
#define GWS_DSP_PSD_H

#include "base/err.h"
#include "dsp/welch.h"

#include <stdint.h>

/* The struct is transparent and belongs to the caller.  data holds (n) values at k*delta_f_hz, k = 0..n-1. */
typedef struct gws_psd {
    double *data;
    int64_t n;
    double delta_f_hz;
} gws_psd;

/* A PSD of n zeros. */
gws_status gws_psd_init(gws_psd *out, int64_t n, double delta_f_hz, gws_err *err);
void gws_psd_clear(gws_psd *p);

/* Welch estimate.
 *   x        (n)  strain; a sample that is not finite is EDATA, fewer than a segment of them too
 *   welch    segment, stride and average; data left over are cropped from both ends as PyCBC does
 *   out      cleared by the caller; allocated here: segment/2+1 bins, delta_f = rate/segment
 */
gws_status gws_psd_welch(const double *x, int64_t n, int rate_hz, const gws_welch_params *welch, gws_psd *out, gws_err *err);

/* Linear interpolation to another spacing, clamped at the ends. */
gws_status gws_psd_interpolate(const gws_psd *in, double delta_f_hz, int64_t n, gws_psd *out, gws_err *err);

/* Inverse spectrum truncation (Allen et al. 2012, arXiv gr-qc/0509116, section VII.B): the PSD whose amplitude-inverse filter has
 * at most `length` taps.
 *   in       from 0 to Nyquist
 *   low_hz   below it the inverse is 0 before it is truncated, so the result is very large there; at least the DC bin
 *   hann     not 0: tapers; 0: hard truncation
 */
gws_status gws_psd_truncate_inverse(const gws_psd *in, int rate_hz, int64_t length, double low_hz, int hann, gws_psd *out,
                                    gws_err *err);

/* The zero-phase whitening FIR that condition.h applies (with ahead_s 0), for use on signals: `length` taps, centre at length/2,
 * scaled so that noise of this PSD comes out with unit variance over the full band.
 *   psd     any spacing; interpolated
 *   band    low_hz..high_hz as in whiten.h (high 0: Nyquist), half-cosine edges outside it
 *   fir     (length) out; w[n] = sum_k fir[k] x[n + length/2 - k]; fir[0] is 0 and the rest symmetric about length/2
 */
gws_status gws_whitening_fir(const gws_psd *psd, int rate_hz, int64_t length, double low_hz, double high_hz, double *fir,
                             gws_err *err);

/* Write a PSD file: f64 data set `psd` with attributes delta_f (Hz), detector, epoch (GPS s), which the root repeats.
 *   command  for provenance; NULL leaves it out
 */
gws_status gws_psd_save(const gws_psd *psd, const char *path, const char *detector, double epoch_s, const char *command,
                        gws_err *err);

/* Read such a file, MLGWSC-1's and PyCBC's (data set `data`, attribute delta_f), or any in which one data set only, at most two groups
 * deep, has the attribute delta_f (PyCBC's with a group name, `H1/psds/0`). */
gws_status gws_psd_load(const char *path, gws_psd *out, gws_err *err);

#endif
