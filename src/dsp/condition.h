/* condition.h - strain in, whitened strain out: causal, streaming, one detector.
 *
 * On the line: strain (double, 1/rate) --condition--> w (float, unit variance).  This is the one place where
 * double becomes float.
 *
 * Method.  The stream is cut into whitening blocks of `block_s` on absolute samples and PSD blocks of
 * `update_s` on absolute samples.  The PSD that serves PSD block b is a Welch estimate over the last
 * `history_s` seconds of the segment that end at the start of b; it uses no later sample.  Only the beginning of a
 * segment is different: until `first_s` seconds have come there is no estimate, so output waits for them and the estimate
 * of those first seconds serves them (and later blocks, until one of them begins at least first_s after the segment's start).
 * A segment that ends before first_s but lasts at least `min_s` is whitened with the estimate of its whole length
 * when it ends; a shorter one gives no output.  Whitening is a FIR of `filter_s` seconds made from the PSD by
 * inverse spectrum truncation (Hann), of zero phase or, with `ahead_s`, of the same amplitude with less of it ahead: full from low_hz to high_hz, zero below 3/4 low_hz and above 11/10 high_hz with half-cosine
 * edges between (whiten.h), applied by overlap-save FFT on the absolute blocks, in parts of a block's length where blocks are short.  Welch segments too begin on absolute multiples of the stride.  Scaled so that white noise gives variance 1 over the full band; band-limited
 * output therefore has the variance that is left in the band.
 *
 * Reference.  Filters behind the conditioner that were whitened once, with a curve of their own, can be made to follow the noise
 * (params.reference; follow.h): the conditioner's filter is then another one, and each filter's output is to be multiplied by its gain
 * (gws_condition_gains).
 *
 * Gap.  A run of invalid or non-finite samples ends the segment: where the filter would reach into it there is no output (it would mix data with nothing), ahead_s before it
 * and filter_s - ahead_s behind it; all state resets, the next segment begins afresh.
 *
 * Cut.  However the input is cut into pushes, the output is the same, bit for bit.
 *
 * Delay.  gws_condition_delay() samples: output sample n leaves at the latest when input sample n + delay is in
 * (in steady state; while a segment begins, first_s more).
 */
#ifndef GWS_DSP_CONDITION_H
#define GWS_DSP_CONDITION_H

#include "base/err.h"
#include "base/ini.h"
#include "dsp/follow.h"
#include "dsp/welch.h"

#include <stdint.h>

typedef struct gws_condition gws_condition;

typedef struct gws_condition_params {
    double low_hz, high_hz;   /* band; high 0 means Nyquist */
    double welch_s, stride_s; /* Welch segment and stride */
    double history_s;         /* most data that an estimate uses */
    double first_s, min_s;    /* see above */
    double update_s;          /* PSD block */
    double filter_s;          /* whole length of the whitening FIR */
    double ahead_s;           /* of it, what uses later data: at most filter_s / 2, which is what 0 means (zero phase) */
    double block_s;           /* whitening block: shorter is later by less, and costs more; does not divide a second: refused */
    gws_psd_average average;
    const gws_reference *reference; /* NULL: none; borrowed until gws_condition_create is done */
} gws_condition_params;

/* The defaults: 20 Hz to Nyquist, Welch 2 s by 1 s, history 64 s, first 16 s, min 8 s, update 8 s, filter 2 s of zero phase, blocks of 1 s, median. */
gws_condition_params gws_condition_defaults(void);

/* Called for each run of whitened samples.
 *   sample  absolute index of w[0] at rate_hz
 *   w       (n)  whitened, consecutive; runs come in order of time and never overlap
 *   A jump of `sample` against the end of the previous run is a gap. */
typedef void (*gws_condition_sink)(void *user, int64_t sample, const float *w, int64_t n);

/* Read section [condition]: keys as the fields above, average = mean | median | median-mean; what is absent is the default.
 * Unknown keys are for gws_ini_unused to find. */
gws_status gws_condition_params_from_ini(gws_ini *ini, gws_condition_params *out, gws_err *err);

/* The bytes that gws_condition_create allocates with valid parameters.  The tables of the transforms are not counted. */
int64_t gws_condition_bytes(const gws_condition_params *params, int rate_hz);

/* The only call here that allocates or fails. params NULL means the defaults.
 *   params   every duration a whole number of samples, update_s of seconds; min_s >= welch_s + stride_s,
 *            min_s <= first_s <= history_s
 *   rate_hz  16..65536
 */
gws_condition *gws_condition_create(const gws_condition_params *params, int rate_hz, gws_err *err);

/* Give the next n strain samples.
 *   sample  absolute index of h[0]; must not be lower than the end of the previous push; a jump is a gap
 *   h       (n)  strain; a non-finite sample is a gap
 */
void gws_condition_push(gws_condition *c, int64_t sample, const double *h, int64_t n, gws_condition_sink sink, void *user);

/* End the data: hand out what the last segment still allows.  Afterwards a push may begin at any sample.  The statistics stay. */
void gws_condition_finish(gws_condition *c, gws_condition_sink sink, void *user);

/* Where the band ends, as gws_whiten_create takes it: with a reference no higher than its filters reach. */
double gws_condition_high_hz(const gws_condition_params *params, int rate_hz);

/* Seconds of later data that the filter uses. */
double gws_condition_ahead_s(const gws_condition_params *params);
/* (filters of the reference) what the output of each filter is to be multiplied by where it belongs to the samples that a sink is being given;
 * valid while the sink runs.  NULL without a reference. */
const float *gws_condition_gains(const gws_condition *c);

int64_t gws_condition_delay(const gws_condition *c); /* samples */
void gws_condition_reset(gws_condition *c);          /* forget all data and statistics */
void gws_condition_destroy(gws_condition *c);

typedef struct gws_condition_stats {
    int64_t samples_in, samples_out, gaps, psd_updates, segments_too_short;
    int64_t psd_bad;           /* estimates refused because a band bin was zero or not finite: their block counts as gap */
    int64_t samples_overflown; /* whitened samples beyond the range of a float; each becomes a gap in the output and nowhere else */
} gws_condition_stats;
void gws_condition_get_stats(const gws_condition *c, gws_condition_stats *out);

#endif
