/* stem_bank.h - chooses the few filters that find a population best: the bank behind a matched stem (nn/filters.h, nn/coherent.h).
 *
 * Unlike bank.h's, which covers a space to a minimal match, this bank has a given size and is chosen for a population and for what
 * is asked of it, the sensitive distance: sources count with chirp mass^2.5, as in MLGWSC-1's volume.
 *
 * Of two systems of a chirp mass the one with more SNR at a given distance (spins, the noise curve) is found further out: its share of what
 * is found above an SNR grows with the cube of that.  `loudness` is the power with which it counts besides.
 *
 * Candidates are drawn from the population, aligned parts of the spins alone.  Each is whitened with a noise curve, taken to time at
 * 512 Hz (positive frequencies below 512 Hz), cut to `taps` samples of which `after` lie behind t = 0, and normed.  The match of two
 * is the largest |correlation| over samples.  Templates are taken one by one: each is the candidate that raises the weighted mean
 * match of all candidates most, the first of equals.  The weight of a template is the share of the metric whose candidates match it
 * best (with a fifth of the lightest candidate's on top, so that none is zero).
 *
 * A filter is sqrt 8 times the template's conjugate, back to front, divided by the response of the decimator; its norm is such that white noise
 * of variance 1 at 2048 Hz gives rho with real and imaginary part of variance 1.
 *
 * The bank depends on the parameters and the population alone: not on threads, nor on the instruction set.
 */
#ifndef GWS_MATCHED_STEM_BANK_H
#define GWS_MATCHED_STEM_BANK_H

#include "base/err.h"
#include "base/thread.h"
#include "sim/population.h"
#include "matched/bank.h"

#include <stdint.h>

#define GWS_STEM_CANDIDATES_MAX 8192
#define GWS_STEM_TAPS_MAX 2816 /* 5.5 s at 512 Hz: correlations of two reach 2.5 s to either side */

typedef struct gws_stem_params {
    int templates, candidates;
    int taps, after;   /* samples at 512 Hz */
    double low_hz;     /* f_lower of the waveforms, and where the curve begins */
    const char *curve; /* as gws_psd_by_name takes it: a name or a file */
    double metric;     /* power of the chirp mass */
    double loudness;   /* power of the loudness: SNR at a given distance over Mc^(5/6) */
    uint64_t seed;
    int follow; /* the bank gets its curve, so that its templates can follow the noise (model/reference.h) */
} gws_stem_params;

/* The defaults: 48 of 900 candidates, 1792 taps with 18 after t = 0 (3.465 s and 35 ms), aLIGOZeroDetHighPower from 18 Hz, Mc^2.5,
 * seed 7. */
gws_stem_params gws_stem_defaults(void);

/* A noun: transparent, cleared by the caller. */
typedef struct gws_stem_bank {
    int n, taps, after;
    gws_template *templates; /* (n) in the order of their choice */
    float *log_weight;       /* (n) log of n times a template's share */
    float *g;                /* (n,taps,2) as gws_filters_create wants it */
    float *log_curve;        /* (GWS_REFERENCE_BINS), or NULL */
    double match;            /* weighted mean match of the candidates, */
    double distance;         /* and cube root of its weighted mean cube: what of the distance is kept */
} gws_stem_bank;

/* Choose a bank.
 *   population  NULL: MLGWSC-1's first; its approximant is used if it is one for aligned spins, else IMRPhenomD
 *   pool        NULL: one thread
 *   out         empty on failure
 * Cost: 5 ms and 2 us a pair of candidates; 3 s for 900.
 */
gws_status gws_stem_bank_choose(const gws_stem_params *params, const gws_population *population, gws_pool *pool, gws_stem_bank *out,
                                gws_err *err);

/* The candidates that a bank of these parameters is chosen from: out (candidates).  No waveform is made. */
gws_status gws_stem_candidates(const gws_stem_params *params, const gws_population *population, gws_template *out, gws_err *err);

/* Make the filters of given templates, to make a bank again from its masses or to look at one template.
 *   params  taps, after, low_hz and curve count
 *   t       (n)
 *   g       (n,taps,2) out
 */
gws_status gws_stem_filters(const gws_stem_params *params, const gws_template *t, int n, float *g, gws_err *err);
void gws_stem_bank_clear(gws_stem_bank *b);

#endif
