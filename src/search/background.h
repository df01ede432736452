/* background.h - holds the triggers of time slides, as a file and in memory.  In a time slide no signal is coincident, so all are
 * false.  Of a single detector it holds those of its data as they are, in one row that is not moved: an upper bound.
 *
 * In slide k detector i is read shift_s[k][i] seconds later than detector 0, far more than light needs from one to the other, so
 * that no signal is coincident with itself.  Times are those of detector 0; in detector i the trigger is at time_s + shift_s.  With
 * these times the triggers near a known event can be taken out later, in each detector (ranking.h).
 *
 *   /                      attributes format "gwspike-background", format_version 1, model_sha256, detectors, slide_step_s,
 *                          whitening_{filter_s,block_s,ahead_s}, strain_hash, provenance
 *   /slides/shift          f64 (slides, detectors), seconds
 *   /live/{slide,begin,end}  stretches that were searched: row of /slides (int), seconds of detector 0 (f64)
 *   /zero_lag/{begin,end}  f64, stretches in which the unmoved detectors were on together
 *   /{spiking,linear}/{time,stat,slide}  triggers in order of slide and time; attributes threshold, livetime_s of all slides
 *   /{spiking,linear}/livetime           f64 (slides)
 * A model without the linear head has no /linear.
 */
#ifndef GWS_SEARCH_BACKGROUND_H
#define GWS_SEARCH_BACKGROUND_H

#include "base/err.h"
#include "base/hdf5.h"
#include "model/classifier.h"

#include <stdint.h>

#define GWS_SLIDES_MAX 1000000 /* of any search */

/* How far detector i is moved in slide k, in units of step.  Every search that moves detectors takes it from here. */
static inline int64_t gws_slide_shift(int64_t k, int i, int64_t step)
{
    return k * i * step;
}

#define GWS_BACKGROUND_VERSION 1
#define GWS_BACKGROUND_MAX (INT64_C(1) << 27) /* rows of any table */

typedef struct gws_background_head {
    double threshold; /* all triggers above it were kept */
    int64_t n;
    double *time_s, *stat; /* (n) */
    int64_t *slide;        /* (n) row of shift_s */
    double *livetime_s;    /* (slides); NULL: the model has no such head */
    double total_s;        /* their sum, zero lag left out */
} gws_background_head;

typedef struct gws_background {
    char model[65]; /* SHA-256 of the model's file */
    int n_ifo;
    char ifo[GWS_MODEL_IFOS][4];
    char *strain;  /* input_sha256 of the file's provenance (base/hdf5.h); NULL: it has none */
    uint64_t hash; /* of the whitened strain, its times and samples; 0: an older file, which does not say */
    double step_s;
    double filter_s, block_s, ahead_s; /* of the whitening (dsp/condition.h); all 0: an older file, which does not say */
    int64_t slides;
    double *shift_s; /* (slides, n_ifo) */
    int64_t n_live, *live_slide;
    double *live_begin_s, *live_end_s; /* (n_live) in order of slide and time */
    int64_t n_on;
    double *on_begin_s, *on_end_s; /* (n_on) zero lag, in order of time */
    gws_background_head head[2];   /* by gws_head */
} gws_background;

/* Read one.  Another file, another version, tables that do not fit together, numbers that are none: one sentence with the name. */
gws_status gws_background_load(const char *path, gws_background *out, gws_err *err);

/* Not 0: the row is background, since it moves the detectors.  Zero lag may be among the rows of /slides; it is no background and is never
 * counted, but for a single detector, which nothing can be moved against: there every trigger counts, those of signals too. */
int gws_background_is_slide(const gws_background *b, int64_t row);

/* Write all but the provenance. */
gws_status gws_background_write(gws_h5 *f, const gws_background *b, gws_err *err);
void gws_background_clear(gws_background *b);

#endif
