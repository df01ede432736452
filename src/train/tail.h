/* tail.h - trains a correction of the statistic at its tail: the windows around candidates, and the distance that says what is
 * best.
 *
 * Windows come from candidates.h.  Noise is scored at the peak and the GWS_TAIL_NEAR steps to either side, target 0; a signal at its peak
 * alone, target 1, weighted with its worth.  The losses see the logits less an offset, for each head the statistic of its untrained self at
 * a hundred false alarms a month of the quiet training noise, so that steps far below it have no weight; signals are given the
 * weight at which the loss of the untrained linear head has no gradient with respect to a constant shift.  Both are functions of
 * the recipe and the candidates, so a run that goes on has them again to the bit.
 *
 * The distance (distance.h) of both heads is measured on the candidates of the validation split, relative to the untrained network's on the
 * same signals and the quiet part of the noise; an event's statistic is a head's largest logit within GWS_TAIL_NEAR steps of the peak.
 */
#ifndef GWS_TRAIN_TAIL_H
#define GWS_TRAIN_TAIL_H

#include "train/candidates.h"
#include "train/distance.h"
#include "train/step.h"

enum { GWS_TAIL_NEAR = 16 };

typedef struct gws_tail gws_tail;

/*   signal_share  of the windows
 *   positive      weight of the signals relative to that of balance
 *   metric        power of the chirp mass that a signal counts with
 *   loudness      power of its loudness (whitened.h) that it counts with besides */
typedef struct gws_tail_params {
    uint64_t seed;
    double signal_share, positive, metric, loudness;
    double disturbed_share;  /* of the windows of noise that are served, from disturbed noise, where there is any */
    int (*stop)(void *user); /* asked while candidates are gone through, which non-zero ends with GWS_ESTOP; may be NULL */
    void *user;
} gws_tail_params;

/* The candidates are taken over.  The stepper is borrowed, and gets its offsets.  EDATA: no noise or no signals among the candidates. */
gws_tail *gws_tail_create(const gws_tail_params *p, gws_candidates *train, gws_candidates *valid, gws_checkpoint *c, gws_stepper *s,
                          gws_err *err);
void gws_tail_destroy(gws_tail *t);

void gws_tail_load(void *tail, int64_t first, int n, float *x, int64_t x_next, float *target, float *weight); /* a gws_step_load */

/* Distance of both heads (spiking, linear) on the validation split. */
gws_status gws_tail_measure(gws_tail *t, int resample, gws_distance out[2], gws_err *err);

/* The same on other candidates, which replace those of the validation split, and the training split's memory is given back. */
gws_status gws_tail_replace(gws_tail *t, gws_candidates *test, gws_err *err);

/* Write the validation split, or what replaced it, into a group of that name (docs/formats.md, "Held-out candidates"): of each candidate
 * the statistics of both heads, as they are and untrained, its weight and kind, and what the network sent. */
gws_status gws_tail_write(gws_tail *t, gws_h5 *f, gws_split split, gws_err *err);

void gws_tail_offsets(const gws_tail *t, double out[2]);
double gws_tail_positive(const gws_tail *t); /* weight of a signal of worth 1 */
#endif
