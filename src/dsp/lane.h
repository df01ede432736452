/* lane.h - one detector of the line: strain of any rate goes in, whitened strain at the line's rate is held until it is taken.
 *
 * On the line: strain (double) --resample--> rate_hz --condition--> whitened (float), in runs without a gap.
 *
 * Whoever puts several detectors side by side has to know what will not come any more: gws_lane_low gives the sample below which no
 * whitened one will come.  A detector that stays away ends its segment at once, so it does not hold up the others.
 *
 * Memory: 4 bytes for each sample that is held.  Room for `hold` samples is made at the start; beyond that, growing is the only allocation.
 * Cut: pushes of any size give the same runs, bit for bit.
 * Thread rule: one lane from one thread at a time, several lanes side by side.
 */
#ifndef GWS_DSP_LANE_H
#define GWS_DSP_LANE_H

#include "base/err.h"
#include "base/gains.h"
#include "dsp/condition.h"

#include <stdint.h>

typedef struct gws_lane gws_lane;

/*   in_hz    rate of the strain, a multiple of rate_hz
 *   rate_hz  rate of the whitened samples
 *   hold     whitened samples that are held without growing, 0 or more; what conditioning holds back is added to it */
gws_lane *gws_lane_create(const gws_condition_params *params, int in_hz, int rate_hz, int64_t hold, gws_err *err);
void gws_lane_destroy(gws_lane *l);

/* Next strain.
 *   sample  absolute index of h[0] at in_hz, non-decreasing; what lies between the last push and it is a gap
 *   h       (n)  a sample that is not finite is a gap; n may be 0: nothing comes before `sample` */
void gws_lane_push(gws_lane *l, int64_t sample, const double *h, int64_t n);
void gws_lane_finish(gws_lane *l); /* no more strain comes: what conditioning still has is handed out */
void gws_lane_reset(gws_lane *l);  /* begin anew after gws_lane_finish; statistics go on */

/* A stretch of whitened samples without a gap. */
typedef struct gws_lane_run {
    int64_t sample, n; /* absolute index of its first at rate_hz */
} gws_lane_run;

/* The samples that a lane holds; valid until the next push, drop or reset. */
typedef struct gws_lane_held {
    const float *w; /* (n) the samples of all runs, one run behind the other */
    int64_t n;
    const gws_lane_run *runs; /* (n_runs) in order of time; two that touch are one */
    int64_t n_runs;
} gws_lane_held;

gws_lane_held gws_lane_look(const gws_lane *l);
void gws_lane_drop(gws_lane *l, int64_t n); /* the first n samples that are held are not needed any more */

/* With a reference (condition.h): the gains that go with the samples that are held, and with those of half a second before them.  The same
 * address from gws_lane_create on.  NULL without one. */
const gws_gains *gws_lane_gains(const gws_lane *l);

int64_t gws_lane_low(const gws_lane *l);    /* no whitened sample below this one will come; INT64_MIN before the first push */
int64_t gws_lane_end(const gws_lane *l);    /* end of the last whitened run: the next one may go on there */
double gws_lane_delay_s(const gws_lane *l); /* from a strain sample to its whitened one, steady state */
int gws_lane_lost(gws_lane *l);             /* not 0: there was no memory, and what was held is lost; asking forgets it */
void gws_lane_get_stats(const gws_lane *l, gws_condition_stats *out);

#endif
