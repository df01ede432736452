/* dataset.h - the training data: whitened windows with and without a signal.
 *
 * The data are made once, in memory and in chunks, from the recipe's [data] section and a seed, and are then served as shuffled
 * slices. Signals are kept whitened, each at a network signal-to-noise ratio (SNR) of 1.  Noise is kept as long whitened stretches
 * that went through the same conditioning as real data.  A served window is noise (a random stretch for each detector) plus, in
 * half of them, a signal scaled to a drawn network SNR with its merger at a drawn time.  The noise pool is split: stretches that
 * serve signal windows never serve noise windows.  A share of the windows without signal carries a disturbance of one detector (a
 * glitch, or a signal in one detector only).
 *
 * Which window is number k of epoch e is a pure function of (seed, split, e, k): order of asking, threads and batch size do
 * not matter, so a resumed run sees what the uninterrupted one would have seen.
 */
#ifndef GWS_TRAIN_DATASET_H
#define GWS_TRAIN_DATASET_H

#include "base/err.h"
#include "base/gains.h"
#include "base/ini.h"
#include "base/progress.h"
#include "base/thread.h"
#include "train/recipe.h"

#include <stdint.h>

typedef struct gws_dataset gws_dataset;
struct gws_noise_name; /* train/whitened.h */

typedef struct gws_window {
    float *w; /* (N,I) out: whitened strain, detectors interleaved (channels last) */
    const gws_gains
        *gains[GWS_MODEL_IFOS];     /* where templates follow the noise: those of a detector, owned by the data set; else NULL */
    int64_t offset[GWS_MODEL_IFOS]; /* what is added to a sample of the window to get that of the gains */
    int has_signal;
    int64_t merger; /* sample index of the merger at the Earth's centre within the window; -1 without signal */
    double snr;     /* network optimal SNR of the signal; 0 without */
    double mass1_msun, mass2_msun, loudness; /* of the signal (whitened.h); 0 without */
} gws_window;

/* Make the data.  Keys of [data] are documented in configs/default.ini. A split has its own noise, its own signals and its own seed.
 * `pool` NULL is one thread; same bits for any. Progress, which may be NULL, in windows' worth of work.
 *   reference  of templates that follow the noise (dsp/follow.h), borrowed; NULL: none does */
gws_dataset *gws_dataset_create(gws_ini *recipe, gws_split split, uint64_t seed, const gws_reference *reference, gws_pool *pool,
                                const gws_progress *progress, gws_err *err);

int gws_dataset_samples(const gws_dataset *d); /* N */
int gws_dataset_ifos(const gws_dataset *d);    /* I */
int64_t gws_dataset_bytes(const gws_dataset *d);

/* Bytes that a split of this recipe takes at most, and the scratch of `threads` threads while it is made: known beforehand, for signals
 * are never longer than what a window can show of them. */
gws_status gws_dataset_bytes_most(gws_ini *recipe, gws_split split, int threads, int64_t *out, gws_err *err);

/* Fill window k of epoch e; thread safe. snr_lo/hi > 0 override the recipe's SNR law with U(lo,hi); force: -1 as drawn, 0 noise, 1 signal. */
void gws_dataset_window(const gws_dataset *d, int64_t epoch, int64_t k, double snr_lo, double snr_hi, int force, gws_window *out);

/* Conditioned noise of one detector that no window holds, made as the data set's own is.  Thread safe.
 *   w, gains  (n) out, as gws_whitened_noise has them */
gws_status gws_dataset_noise(const gws_dataset *d, const struct gws_noise_name *name, int64_t n, float *w, gws_gains *gains,
                             gws_err *err);
int gws_dataset_follows(const gws_dataset *d); /* not 0: noise has gains */

void gws_dataset_destroy(gws_dataset *d);

/* One stretch of whitened noise that no window ever holds, made on demand: the background that calibrates the false-alarm rate.
 *   index   0, 1, ...: independent stretches of the same length
 *   n       samples per detector
 *   out     w (I)(n), and with a reference the gains, whose earlier content is cleared; where w is NULL nothing is made, and the others are the same
 */
typedef struct gws_dataset_stretch {
    float *w[GWS_MODEL_IFOS];
    gws_gains gains[GWS_MODEL_IFOS];
} gws_dataset_stretch;
gws_status gws_background_stretch(gws_ini *recipe, const gws_reference *reference, uint64_t seed, int64_t index, int64_t n,
                                  gws_dataset_stretch *out, gws_err *err);

#endif
