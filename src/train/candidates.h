/* candidates.h - training data for a correction of the statistic: the loudest clusters of days of noise, and signals, as rows of a
 * matched stem.
 *
 * A network that begins at the statistic (model/network.h, "A carried statistic") gains or loses where its threshold lies, at some hundred
 * false alarms a month, and a window at random holds nothing of that kind.  So days of noise go through the stem, and of every cluster of
 * the statistic x[0] above a floor (steps no more than [search] gap_s apart) the rows around its peak are kept: `before` steps that give
 * the context what it remembers, the peak, and behind it `behind` - 1 more.  Signals are treated alike: the peak is the largest statistic
 * within GWS_CANDIDATE_NEAR_S of the merger, and a signal whose peak is below the floor is left out, for no threshold finds it.
 *
 * Noise is white by construction (whitened noise of a known curve), or goes through the conditioner with curves of [data] as the search's
 * does; in stretches of ten minutes that are a pure function of (seed, split, stretch, detector), and of each come `slides` more by time
 * slides (model/stem.h), which count as days like any other.  A slide has the same glitches again, so that disturbed noise may have fewer.
 * Same bits for any number of threads and any instruction set.
 *
 * Section [candidates] of a recipe; keys are documented in configs/bbh-design.ini and configs/bbh-real.ini.
 */
#ifndef GWS_TRAIN_CANDIDATES_H
#define GWS_TRAIN_CANDIDATES_H

#include "base/err.h"
#include "base/hdf5.h"
#include "base/ini.h"
#include "base/progress.h"
#include "base/thread.h"
#include "train/dataset.h"
#include "train/window.h"

#include <stdint.h>

#define GWS_CANDIDATE_NEAR_S 0.1

typedef struct gws_candidate_params {
    double days[3];      /* of quiet noise, per split; all 0: no candidates, windows are drawn as dataset.h has them */
    double disturbed[3]; /* days of noise with the glitches and lines of [data] besides; conditioned, whatever the quiet noise is */
    double floor[3];     /* of the statistic, log-likelihood */
    int64_t signals[3];  /* drawn, of which those above the floor stay */
    int64_t before, behind;
    int64_t slides, disturbed_slides; /* of each stretch of quiet noise, of disturbed noise */
    int64_t most;                     /* windows of noise kept in a split; more are an error, told as soon as it is plain */
    double gap_s;
    int conditioned; /* noise goes through the conditioner; else it is white */
    uint64_t seed;
} gws_candidate_params;

gws_status gws_candidate_params_from_ini(gws_ini *ini, uint64_t seed, gws_candidate_params *out, gws_err *err);

/* Windows, those of quiet noise first, then those of disturbed noise, then signals.  Owned by the caller. */
typedef struct gws_candidates {
    int64_t n, noise;      /* all; of noise */
    int64_t quiet;         /* of quiet noise */
    int64_t T, before;     /* rows of a window; the row of the peak */
    int inputs;            /* numbers of a row */
    float *x;              /* (n,T,inputs) */
    double *mass1, *mass2; /* (n) Msun; 0 in noise */
    double *loudness;      /* (n) of a signal (whitened.h); 0 in noise */
    double livetime_s;     /* of the noise */
    double quiet_s;        /* of the quiet noise */
    int64_t signals;       /* drawn */
} gws_candidates;

/* The objects with which the candidates of a split are made; all borrowed. */
typedef struct gws_candidate_tools {
    gws_windows *windows;    /* of a matched stem: the stem, and how signals go through it; as many threads as the pool has */
    const gws_dataset *data; /* of that split: whose signals */
    gws_pool *pool;
    gws_progress progress;
} gws_candidate_tools;

/* Make the candidates of a split.
 * EFORMAT: the windows are too short for `before` and `behind`, or the floor is too low; ESTOP; ENOMEM */
gws_status gws_candidates_make(const gws_candidate_params *p, gws_split split, const gws_candidate_tools *with, gws_candidates *out,
                               gws_err *err);
int64_t gws_candidates_bytes(const gws_candidate_params *p, gws_split split, int inputs, int threads); /* at most */
void gws_candidates_clear(gws_candidates *c);

/* ---- a file of candidates, for several trainings with the same data ---- */

/* Give as text everything that the candidates depend on: sections [data], [candidates], [bank], [condition], [search], what [model]
 * says of the stem, the seed, and a hash of the bank.  Free with free(). */
char *gws_candidates_identity(gws_ini *ini, uint64_t seed, const gws_checkpoint *c, gws_err *err);
gws_status gws_candidates_write(gws_h5 *f, gws_split split, const gws_candidates *c, gws_err *err);
/* Read candidates.  EDATA when their identity is not `identity`. */
gws_status gws_candidates_read(const char *path, gws_split split, const char *identity, gws_candidates *out, gws_err *err);

#endif
