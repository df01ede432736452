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

/* Refuse a curve that no detector can have.  EDATA names the first bad value from low_hz on: a noise amplitude that was taken as a
 * PSD (1e-24 at 100 Hz), a PSD that was taken as an amplitude, or a placeholder; the sentence says which.  Zeros and bin 0 pass.
 *   name   of the curve, as gws_psd_by_name takes it
 */
gws_status gws_psd_check(const gws_psd *psd, const char *name, double low_hz, gws_err *err);

/* First and last frequency with a value (not 0).  Returns 0 when there is none. */
int gws_psd_range(const gws_psd *psd, double *first_hz, double *last_hz);

/* Give every bin a value, as noise and signal-to-noise ratios need it.  Bins below hold_hz, or below the first value, get the first
 * value from hold_hz on.  When the last bin alone has none it gets its neighbour's.  EDATA: the first value lies above need_hz, or
 * another bin has none; the sentence says which there are. */
gws_status gws_psd_hold(gws_psd *psd, const char *name, double hold_hz, double need_hz, gws_err *err);

/* Call gws_psd_by_name from 0 to Nyquist and gws_psd_hold on the result.  The numbers of a file below hold_hz are not looked at. */
gws_status gws_psd_design(const char *name, int rate_hz, double delta_f_hz, double hold_hz, double need_hz, gws_psd *out,
                          gws_err *err);
#endif
