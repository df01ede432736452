/* named_psd.h - a power spectral density by the name of a noise curve or from a file, and whether a detector can have it. */
#ifndef GWS_GW_NAMED_PSD_H
#define GWS_GW_NAMED_PSD_H

#include "base/err.h"
#include "dsp/psd.h"

#include <stdint.h>

/* A one-sided PSD by LALSimulation's name ("aLIGOZeroDetHighPower", ...; noise_curve.h) or from a file; `asd:FILE` for a file of
 * amplitudes.
 *   Text: two columns, frequency and PSD, interpolated in log-log as PyCBC's from_txt does.
 *   HDF5: ours, MLGWSC-1's and PyCBC's (gws_psd_load), interpolated linearly.
 *   n, delta_f_hz   grid wanted: k*delta_f, k < n; bins below number (int)(low_hz/delta_f) are 0
 * Outside a file's band there is no value: 0.  EARG: neither a name nor a file; EFORMAT, EIO; EDATA: a number that gws_psd_check refuses.
 */
gws_status gws_psd_by_name(const char *name, double delta_f_hz, int64_t n, double low_hz, gws_psd *out, gws_err *err);

/* EDATA, naming the value, when from low_hz on a number is none that a detector can have: a noise amplitude taken as a PSD (1e-24 at
 * 100 Hz) or a PSD as an amplitude, which the sentence says, or a placeholder.  Zeros, and bin 0, are let pass.
 *   name   of the curve, as gws_psd_by_name takes it
 */
gws_status gws_psd_check(const gws_psd *psd, const char *name, double low_hz, gws_err *err);

/* First and last frequency with a value (not 0).  Returns 0 when there is none. */
int gws_psd_range(const gws_psd *psd, double *first_hz, double *last_hz);

/* Give every bin a value, for noise and SNRs: bins below hold_hz, or below the first value, get the first value from hold_hz on; the last
 * bin, when it alone has none, its neighbour's.  EDATA, saying what there is, when the first lies above need_hz or another is missing. */
gws_status gws_psd_hold(gws_psd *psd, const char *name, double hold_hz, double need_hz, gws_err *err);

/* gws_psd_by_name from 0 to Nyquist, held so.  Of a file, numbers below hold_hz are not looked at. */
gws_status gws_psd_design(const char *name, int rate_hz, double delta_f_hz, double hold_hz, double need_hz, gws_psd *out,
                          gws_err *err);
#endif
