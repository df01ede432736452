/* series.h - from a source to its two polarisations in time, as PyCBC and LAL make them.
 *
 * On the line: gws_source --gws_wave_init--> gws_wave at the Earth's centre --gws_project (project.h)--> strain of each detector.  The
 * waveform, which costs most, is made once for all detectors.  docs/math/injection.md derives the steps.
 */
#ifndef GWS_GW_SERIES_H
#define GWS_GW_SERIES_H

#include "base/err.h"
#include "gw/waveform/waveform.h"

#include <stdint.h>

typedef struct gws_source {
    gws_binary binary;
    int64_t tc_ns; /* coalescence at the Earth's centre: t = 0 of the time series, see gws_conditioning */
    double ra_rad, dec_rad, psi_rad;
} gws_source;

/* Polarisations in the frequency domain as gws_waveform_fd gives them, but beginning softly: a half-cosine rise from 4/5 f_lower to
 * f_lower, which a chirp turns into a rise in time.  f_ref 0 still means f_lower.
 *   hp, hc   (n) out, at k*delta_f
 */
gws_status gws_waveform_conditioned_fd(const char *approximant, const gws_binary *b, double delta_f_hz, int64_t n,
                                       double complex *hp, double complex *hc, gws_err *err);

/* Seconds of a cyclic buffer in which the spectrum above does not run into itself: a power of two that holds the chirp from
 * 4/5 f_lower on and GWS_RINGDOWN_S after the merger. */
double gws_signal_duration_s(const gws_binary *b);

#define GWS_RINGDOWN_S 0.5

/* How a spectrum becomes a time series.
 *
 * GWS_LIKE_PYCBC  the series is what pycbc.waveform.get_td_waveform of PyCBC 2.11 returns, and so what its injection sets add.  For
 *                 IMRPhenomD, IMRPhenomPv2, IMRPhenomXHM, IMRPhenomXPHM and TaylorF2 that is PyCBC's own transform.  The spectrum
 *                 begins at a lower frequency, from which the chirp lasts half as long again; half a Kaiser window (beta 8) rises
 *                 up to f_lower.  The cyclic buffer is a power of two samples, of which the last 5 s lie after t = 0.  There is no
 *                 high-pass, and nothing is cut off.  t = 0 is the model's: for IMRPhenomD of 10..50 Msun the peak lies up to 15 ms
 *                 before and 3 ms after it.  All other models go the next way.
 * GWS_LIKE_LAL    the series is what XLALSimInspiralChooseTDWaveform of lalsimulation 6.2 returns.  The spectrum rises as a half
 * cosine up
 *                 to f_lower; a Butterworth high-pass at f_lower runs forth and back; the series is cut to bounds of chirp, merger
 *                 and ringdown; both ends are faded.  For IMRPhenomD, IMRPhenomXAS and IMRPhenomXHM t = 0 is the sample at which
 *                 hp^2 + hc^2 peaks (for IMRPhenomD that of the binary seen face on).
 *
 * In both, LAL's f_ref 0 is f_lower here, whatever the frequency at which the series begins.
 */
typedef enum gws_conditioning { GWS_LIKE_PYCBC, GWS_LIKE_LAL } gws_conditioning;

/* How the series begins. */
typedef enum gws_taper {
    GWS_TAPER_NONE,
    GWS_TAPER_START /* both polarisations fade in over two maxima: LAL's SimInspiralREAL8WaveTaper at the start */
} gws_taper;

/* Read "start", "TAPER_START", "none" or "TAPER_NONE", as PyCBC's files have them.  EARG, and GWS_TAPER_NONE, for anything else. */
gws_status gws_taper_parse(const char *text, gws_taper *out, gws_err *err);

/* A source in time at the Earth's centre. */
typedef struct gws_wave {
    gws_source source;
    int rate_hz;
    int64_t start_ns; /* GPS time of the first sample; it need not lie on a whole sample */
    int64_t n;
    double *hp, *hc; /* (n) strain */
} gws_wave;

/* Make both polarisations.
 *   rate_hz  samples per second, 256..65536
 *   out      to be cleared by gws_wave_clear; empty on failure
 * returns  EARG for parameters outside the model and signals beyond 2^23 samples, ENOMEM.
 * The bits are always the same.  Cost: three transforms of the series' length and the waveform; some 2 ms for 16 s at 2048 Hz, half
 * of it the waveform.  Any number of threads may call it.
 */
gws_status gws_wave_init(gws_wave *out, const char *approximant, const gws_source *source, int rate_hz, gws_conditioning how,
                         gws_taper taper, gws_err *err);
void gws_wave_clear(gws_wave *s);

/* Seconds before and after tc within which the series of a source lies, without making it. */
gws_status gws_wave_reach(const char *approximant, const gws_binary *b, int rate_hz, gws_conditioning how, double *before_s,
                          double *after_s, gws_err *err);

/* The transforms of all sizes that gws_wave_init has wanted are kept for the next one, some 100 bytes a sample of the largest.  This
 * frees them; the next call makes its own anew.  No thread may be within gws_wave_init. */
void gws_wave_forget_transforms(void);

#endif
