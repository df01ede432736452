/* whitened.h - makes the two raw materials of a data set: whitened noise and whitened signals.
 *
 * Noise goes through the conditioner as recorded strain does, so it has the same imperfect whitening.  Signals are
 * whitened with the filter that the conditioner would make from their own true curve, and scaled to network SNR 1: the root of the
 * sum over detectors and samples of w^2, where w is in units of the noise's standard deviation over the full band.
 *
 * Where templates follow the noise (r->condition.reference, dsp/follow.h), noise has gains, and a signal goes with the noise of one stretch in each
 * detector: the conditioner's filter for that stretch's true curve makes it, and its SNR is still that behind white noise.
 */
#ifndef GWS_TRAIN_WHITENED_H
#define GWS_TRAIN_WHITENED_H

#include "base/err.h"
#include "base/gains.h"
#include "train/recipe.h"

#include <stdint.h>

/* Which noise: of which detector, and the random streams' name (base/rng.h). */
typedef struct gws_noise_name {
    int ifo; /* number of the detector in [data] detectors */
    const char *purpose;
    uint64_t number;
    int disturbed; /* with the glitches and lines of [data]; else Gaussian */
} gws_noise_name;

/* Whitened noise of one detector with a curve of its own.
 *   w      (n) out
 *   gains  out  where templates follow the noise: those that go with it, counted from w[0]; clear with gws_gains_clear.  Else NULL
 * EDATA when the conditioner does not hand out n consecutive samples.  Thread safe. */
gws_status gws_whitened_noise(const gws_data_recipe *r, uint64_t seed, const gws_noise_name *name, int64_t n, float *w,
                              gws_gains *gains, gws_err *err);

/* A source at network SNR 1. */
typedef struct gws_signal {
    float *w[GWS_MODEL_IFOS];     /* (len) each, one allocation owned by w[0] */
    int len, merger;              /* samples; the merger at the Earth's centre lies within half a sample of w[.][merger] */
    double share[GWS_MODEL_IFOS]; /* SNR in each detector */
    int64_t row[GWS_MODEL_IFOS];  /* where templates follow the noise: number of the stretch whose curve it is whitened for */
    double mass1_msun, mass2_msun;
    double
        loudness; /* SNR at a given distance over Mc^(5/6), and over the cube root of the share of draws kept there: the cube weighs
                        the draws as a volume does */
} gws_signal;

/* Scratch of one thread; plans are shared. */
typedef struct gws_signal_maker gws_signal_maker;

/* Stretches of noise, where templates follow it: stretch k of detector i is number k n_ifo + i of a purpose. */
typedef struct gws_noise_rows {
    const char *purpose;
    uint64_t seed;
    int64_t n;
} gws_noise_rows;

/*   rows  whose curves signals have; borrowed.  NULL: they have their own, and no template follows the noise */
gws_signal_maker *gws_signal_maker_create(const gws_data_recipe *r, const gws_noise_rows *rows, gws_err *err);
int64_t gws_signal_maker_bytes(const gws_data_recipe *r); /* what one takes, tables of the transforms left out */

/* Draw source `number` and make it.  A share of 1e-5 of the energy is cut from the quiet beginning.
 * A pure function of (recipe, seed, purpose, number); one maker from one thread at a time. */
gws_status gws_signal_make(gws_signal_maker *m, uint64_t seed, const char *purpose, uint64_t number, gws_signal *out, gws_err *err);
void gws_signal_clear(gws_signal *s);
void gws_signal_maker_destroy(gws_signal_maker *m);

#endif
