/* simulate.h - simulated strain: coloured noise of several detectors with sources at known times.
 *
 * Everything is a pure function of the parameters: any stretch of any detector comes out the same, whoever asks first and however it is
 * cut.  Noise reaches from minus to plus infinity; sources lie in [begin, begin + n).
 *
 * Times of coalescence: pad_s after begin, then steps drawn uniformly from step_s .. step_s + window_s (MLGWSC-1's way: 24 + 6),
 * until pad_s before the end.  A population that sets tc, fixed or by a law, makes one source, there.
 */
#ifndef GWS_SIM_SIMULATE_H
#define GWS_SIM_SIMULATE_H

#include "base/err.h"
#include "base/ifo.h"
#include "base/ini.h"
#include "dsp/psd.h"
#include "gw/named_psd.h"
#include "gw/series.h"

#include <stdint.h>

typedef struct gws_sim gws_sim;

typedef struct gws_sim_params {
    int n_ifo;
    const char *ifo[GWS_MAX_IFO]; /* "H1" ... */
    int rate_hz;                  /* even */
    int64_t begin, n;             /* absolute samples in which sources lie */
    const char *psd; /* as gws_psd_design, which holds it constant below psd_low_hz or where it begins, at 20 Hz at most */
    double psd_low_hz, filter_s;
    const gws_psd *measured[GWS_MAX_IFO]; /* NULL: the curve psd; else this one in its place, 0 to Nyquist, held alike */
    int no_noise;                         /* not 0: signals alone */
    double drift, drift_s;                /* depth and time scale of a drifting noise level (drift.h); drift 0: stationary */
    uint64_t seed;
    double step_s, window_s, pad_s; /* step_s 0: no sources */
    int max_sources;                /* 0: no limit */
    gws_ini *population;            /* read in create only; NULL: population.h's built-in law */
    const char *approximant;        /* NULL: the population's */
    gws_taper taper;                /* how signals begin, where the population has no taper of its own */
    double snr_min, snr_max;        /* > 0: network SNR uniform between them, by moving the source, places and orientations
                                as an SNR-limited sample shows them; else the population's distance */
    double snr_low_hz;              /* SNRs count from here to Nyquist */
} gws_sim_params;

/* The defaults: H1 and L1, 2048 Hz, aLIGOZeroDetHighPower, held below 8 Hz, filter 8 s, step 24 + 6 s, pad 8 s, GWS_TAPER_START,
 * SNR from 20 Hz; begin and n are 0. */
gws_sim_params gws_sim_defaults(void);

typedef struct gws_sim_source {
    gws_source source;
    double snr[GWS_MAX_IFO], snr_network; /* optimal, in the order of the detectors */
} gws_sim_source;

/* Strings are used in this call only.  NULL on failure: unknown detector, curve, approximant; laws that cannot be met. */
gws_sim *gws_sim_create(const gws_sim_params *params, gws_err *err);

/* Strain of detector `ifo` (index) in absolute samples [begin, begin + n).  One sim from one thread at a time.
 * Cost: some 50 ns a sample, and some ms for each source met; a source stays at hand for the next stretch. */
gws_status gws_sim_fill(gws_sim *s, int ifo, int64_t begin, int64_t n, double *out, gws_err *err);

/* The noise curve of a detector (index) as held below psd_low_hz, 0 to Nyquist; the sim's. */
const gws_psd *gws_sim_psd(const gws_sim *s, int ifo);

/* The sources in order of time. */
const gws_sim_source *gws_sim_sources(const gws_sim *s, int *n);

/* PyCBC-style injection table: one root data set per parameter (tc, mass1, mass2, spin1x .. spin2z, ra, dec, inclination, coa_phase,
 * polarization, distance, chirp_distance, mchirp, q), and snr, snr_H1 ...; attributes f_lower, f_ref, approximant, injtype, cmd. */
gws_status gws_sim_write_injections(const gws_sim *s, const char *path, const char *command, gws_err *err);

void gws_sim_destroy(gws_sim *s);

#endif
