/* noise.h - noise curves and coloured Gaussian noise.
 *
 * Noise is made on absolute blocks from a counter-based generator, so any stretch of a stream is the same whoever asks
 * for it and however it is cut.
 */
#ifndef GWS_GW_NOISE_H
#define GWS_GW_NOISE_H

#include "base/err.h"
#include "dsp/psd.h"

#include <stdint.h>

/* A one-sided PSD by LALSimulation's name ("aLIGOZeroDetHighPower", ...; noise_curve.h) or from a file; `asd:FILE` for a file of
 * amplitudes.
 *   Text: two columns, frequency and PSD, interpolated in log-log as PyCBC's from_txt does, the ends held.
 *   HDF5: ours, MLGWSC-1's and PyCBC's (gws_psd_load), interpolated linearly, the last bin held.
 *   n, delta_f_hz   grid wanted: k*delta_f, k < n; bins below number (int)(low_hz/delta_f) are 0
 */
gws_status gws_psd_by_name(const char *name, double delta_f_hz, int64_t n, double low_hz, gws_psd *out, gws_err *err);

typedef struct gws_noise gws_noise;

/* A stream of coloured noise.
 *   psd      copied; amplitude filter of at most filter_s seconds made from it
 *   seed, stream   the counter-based generator's; each detector takes a stream of its own
 */
gws_noise *gws_noise_create(const gws_psd *psd, int rate_hz, double filter_s, uint64_t seed, uint64_t stream, gws_err *err);

/* Samples [begin, begin+n) on absolute index; pure function of (psd, seed, stream, index). */
void gws_noise_fill(gws_noise *s, int64_t begin, int64_t n, double *out);
void gws_noise_destroy(gws_noise *s);

#endif
