/* glitch.h - short disturbances of one detector, in parametrised families (docs/math/glitches.md has the formulas).
 *
 *     blip       ms, broad band, 30..500 Hz                 Cabero et al. 2019 (arXiv:1901.05093); spectrum: Bondarescu et al. 2023
 *     tomte      tens of ms, lower frequencies, 15..150 Hz  Gravity Spy, Zevin et al. 2017 (arXiv:1611.04596); the same spectrum
 *     whistle    a beat that falls and rises, 0.5..2 kHz    Nuttall et al. 2015 (arXiv:1508.07316)
 *     scattered  arches of seconds, 10..60 Hz, harmonics    Accadia et al. 2010 (CQG 27 194011), Soni et al. 2021
 *                                                           (arXiv:2007.14876)
 *     lowfreq    bursts of noise of 0.2..2 s, 10..30 Hz     Gravity Spy's low-frequency burst
 *
 * Each detector and family has a Poisson process of its own in absolute time (poisson.h), and each glitch has a sequence of random
 * numbers of its own.  So any stretch comes out the same, whoever asks first and however it is cut.  Glitches of different
 * detectors are independent.  Amplitudes: the optimal SNR in a given noise curve follows p(rho) ~ rho^-index between snr_min and
 * snr_max.
 */
#ifndef GWS_SIM_GLITCH_H
#define GWS_SIM_GLITCH_H

#include "base/err.h"
#include "dsp/psd.h"

#include <stdint.h>

/* Append only: they name random streams and are stored by name. */
typedef enum gws_glitch_family {
    GWS_GLITCH_BLIP = 0,
    GWS_GLITCH_TOMTE = 1,
    GWS_GLITCH_WHISTLE = 2,
    GWS_GLITCH_SCATTERED = 3,
    GWS_GLITCH_LOWFREQ = 4,
    GWS_GLITCH_FAMILIES = 5
} gws_glitch_family;

/* "blip" ... */
const char *gws_glitch_name(gws_glitch_family family);

typedef struct gws_glitch_params {
    double per_hour[GWS_GLITCH_FAMILIES]; /* 0..3600 */
    double snr_min, snr_max, snr_index;
    double snr_low_hz; /* SNRs count from here to Nyquist */
} gws_glitch_params;

/* The defaults: no glitches; SNR 7.5 (Gravity Spy's least) to 100 with index 3, counted from 10 Hz. */
gws_glitch_params gws_glitch_defaults(void);

/* Rates from text such as "blip=4,tomte=1.5"; families not named stay.  EARG names what is not understood. */
gws_status gws_glitch_rates_parse(const char *text, gws_glitch_params *p, gws_err *err);

/* The parameters of one glitch. */
typedef struct gws_glitch {
    gws_glitch_family family;
    int64_t t_ns; /* GPS; blip, tomte and lowfreq: the peak; whistle: the lowest frequency; scattered: middle of the arches */
    double snr;
    double f_hz;       /* blip and tomte: peak of the spectrum; whistle: lowest; scattered: highest of the first harmonic;
                          lowfreq: centre of the band */
    double duration_s; /* blip, tomte and lowfreq: four standard deviations of the envelope; else the whole */
} gws_glitch;

typedef struct gws_glitches gws_glitches;

/* The glitches of one detector.
 *   params   families with a rate of 0 are absent
 *   psd      copied, any spacing, up to Nyquist: SNRs count in it
 * returns    NULL on failure: a rate or SNR out of range, rate_hz too low for a family, a PSD that is not positive
 * Memory: a few MB at 2048 Hz, most of it for `scattered`.
 */
gws_glitches *gws_glitches_create(const gws_glitch_params *params, const char *ifo, int rate_hz, const gws_psd *psd, uint64_t seed,
                                  gws_err *err);

/* Add them to samples [begin, begin + n) of strain.  One object from one thread at a time; nothing is allocated. */
void gws_glitches_add(gws_glitches *g, int64_t begin, int64_t n, double *h);

/* Those whose time lies in samples [begin, begin + n), rounded down, in order of time.
 *   out   allocated, free() it; NULL when there are none
 */
gws_status gws_glitches_list(const gws_glitches *g, int64_t begin, int64_t n, gws_glitch **out, int *n_out, gws_err *err);

void gws_glitches_destroy(gws_glitches *g);

#endif
