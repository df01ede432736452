/* noise.h - coloured Gaussian noise.
 *
 * Noise is made on absolute blocks from a counter-based generator, so any stretch of a stream is the same whoever asks
 * for it and however it is cut.
 */
#ifndef GWS_SIM_NOISE_H
#define GWS_SIM_NOISE_H

#include "base/err.h"
#include "dsp/psd.h"

#include <stdint.h>

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
