/* contaminate.h - makes what real detectors add to stationary noise: mains lines and gaps.  gws_contaminate
 * does all of it for one detector, with glitches (glitch.h) and continuous waves (continuous.h).
 *
 * Everything is a pure function of (parameters, seed, detector, absolute sample).  Formulas: docs/math/glitches.md.
 */
#ifndef GWS_SIM_CONTAMINATE_H
#define GWS_SIM_CONTAMINATE_H

#include "base/err.h"
#include "dsp/psd.h"
#include "gw/continuous.h"
#include "sim/glitch.h"

#include <stdint.h>

typedef struct gws_contaminate_params {
    gws_glitch_params glitch;
    double line_snr;             /* of the mains' fundamental in one second of data; its harmonic m has 1/m of it; 0: no lines */
    double gaps_per_hour, gap_s; /* Poisson starts; lengths exponential with this mean, cut at ten means */
    const gws_pulsar *pulsars;   /* (n_pulsars), read in create only */
    int n_pulsars;
} gws_contaminate_params;

/* gws_glitch_defaults, no lines, no gaps (of 10 s), no pulsars. */
gws_contaminate_params gws_contaminate_defaults(void);

typedef struct gws_contaminate gws_contaminate;

/* Mains lines: 60 Hz (V1, G1 and ET: 50 Hz) and its harmonics up to the eighth, below 0.95 Nyquist.  The phase wanders as the mains
 * do (0.5 rad of the fundamental, knots of 16 s), the amplitude by 20 % (knots of 30 s), and two pairs of sidebands within 3 Hz stand
 * beside each.
 *   psd   copied; lines and glitches are measured in it
 */
gws_contaminate *gws_contaminate_create(const gws_contaminate_params *params, const char *ifo, int rate_hz, const gws_psd *psd,
                                        uint64_t seed, gws_err *err);

/* Add to samples [begin, begin + n) of strain; gaps become NaN.  NaN stays NaN.  One object from one thread at a time. */
void gws_contaminate_add(gws_contaminate *c, int64_t begin, int64_t n, double *h);
void gws_contaminate_destroy(gws_contaminate *c);

/* The detector's name, its rate and its glitches, as gws_glitches_list gives them. */
const char *gws_contaminate_ifo(const gws_contaminate *c);
int gws_contaminate_rate_hz(const gws_contaminate *c);
const gws_glitches *gws_contaminate_glitches(const gws_contaminate *c);

#endif
