/* reproducible.h - coloured Gaussian noise that is PyCBC's own, sample by sample.
 *
 * It makes what pycbc.noise.reproduceable.colored_noise (2.11) makes for a PSD, a seed and a GPS time: white noise in fixed blocks,
 * a zero-phase filter, and one circular transform of the stretch wanted with a margin of a filter's length on either side.  The
 * white noise depends on seed and GPS time alone.  The coloured noise depends on where the stretch begins and ends as well, because
 * its filter is cut off sharply at the low frequency and so reaches farther than the margin: a stretch is a unit, to be made whole.
 *
 * Agreement with PyCBC: some 1e-12 of the noise's standard deviation.
 */
#ifndef GWS_SIM_REPRODUCIBLE_H
#define GWS_SIM_REPRODUCIBLE_H

#include "base/err.h"
#include "dsp/psd.h"

#include <stdint.h>

#define GWS_REPRODUCIBLE_BLOCK 1638400 /* samples: 800 s at 2048 Hz */

/* White noise of one-sided PSD 1/Hz: samples begin .. begin+n-1 on absolute index.  Block b holds normal numbers of standard deviation
 * sqrt(rate/2) from RandomState((b + s) mod 2^32), s = RandomState(seed).randint(-2^50, 2^50).
 *   out   (n) out
 * Cost: 8 ns a sample, and the same for the samples of the first block before `begin`.
 */
void gws_reproducible_white(uint32_t seed, int rate_hz, int64_t begin, int64_t n, double *out);

/* The filter for a PSD and a length.  Const once made; may be used by many threads. */
typedef struct gws_colouring gws_colouring;

typedef struct gws_colouring_params {
    int rate_hz;   /* even */
    double low_hz; /* above 0, to half the rate */
    int filter_s;  /* above 0; 128 in MLGWSC-1 */
} gws_colouring_params;

/* Make the filter: square root of the PSD with its last bin like the one before, bins beyond it the same, zeros replaced by the largest
 * value; interpolated to 1/(2 filter_s), or to the length of the stretch if it is finer already; taper in time to filter_s
 * (Allen et al. 2012, gr-qc/0509116, section VII, on the square root itself); bins below low_hz cleared at last.
 *   psd         one-sided, at least 2 bins, finite, not negative, not zero throughout; delta_f such that rate/delta_f is an even number
 *   duration_s  of the stretches to be made, > 0
 * NULL on failure: EARG, EDATA, ENOMEM.  Cost: 0.2 s for an hour at 2048 Hz.
 */
gws_colouring *gws_colouring_create(const gws_psd *psd, int64_t duration_s, const gws_colouring_params *params, gws_err *err);
void gws_colouring_destroy(gws_colouring *c);
int64_t gws_colouring_work(const gws_colouring *c); /* doubles of workspace, from gws_arena_alloc */

/* Samples start_s*rate .. of duration_s, the first n of them.
 *   work  destroyed
 *   out   (n) out, n up to duration_s * rate
 */
void gws_colouring_noise(const gws_colouring *c, uint32_t seed, int64_t start_s, double *work, double *out, int64_t n);

/* All of it in one call: colored_noise(psd, start, end, seed, rate, low, filter_duration).
 *   out   ((end_s - start_s) * rate_hz) out
 */
gws_status gws_reproducible_noise(const gws_psd *psd, int64_t start_s, int64_t end_s, uint32_t seed,
                                  const gws_colouring_params *params, double *out, gws_err *err);

#endif
