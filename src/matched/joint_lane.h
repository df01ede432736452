/* joint_lane.h - private to matched/: one detector of the joint search: strain in, rows of SNR out, and the steps in which they
 * may be used.
 *
 * On the line: strain (double) --resample--> 2048 Hz --condition--> whitened --filters--> rho (complex, a row a sample of 512 Hz).
 *
 * A run is a stretch of whitened strain without a gap.  Its steps (nn/coherent.h) are usable from `warmup` whole steps after its first
 * sample on, up to the last for which every row is there that the statistic of all detectors may ask for.  Both depend on the run
 * alone, so what is usable does not depend on how the strain was cut, nor on the other detectors.
 *
 * Rows are kept until they are dropped: 4 bytes times gws_filters_row() times 512 a second.
 * Thread rule: gws_joint_lane_push, _finish and, without a pool, _filter may run for several lanes at a time, all else for one.
 */
#ifndef GWS_MATCHED_JOINT_LANE_H
#define GWS_MATCHED_JOINT_LANE_H

#include "base/err.h"
#include "base/thread.h"
#include "dsp/condition.h"
#include "nn/filters.h"

#include <stddef.h>
#include <stdint.h>

typedef struct gws_joint_lane gws_joint_lane;

typedef struct gws_joint_lane_params {
    const gws_filters *filters; /* borrowed */
    const gws_condition_params *condition;
    int rate_hz;     /* of the strain, a multiple of 2048 */
    int warmup;      /* steps */
    int64_t history; /* rows that are read in front of a step's first */
    int64_t wanted;  /* step s asks for rows below 8 s + wanted */
    gws_pool *pool;  /* for the filters; NULL: one thread */
} gws_joint_lane_params;

gws_joint_lane *gws_joint_lane_create(const gws_joint_lane_params *p, gws_err *err);
void gws_joint_lane_destroy(gws_joint_lane *l);

/* Strain [begin, begin + n) at its own rate, NaN is a gap; what lies between the last push and `begin`, and from its end to `end`, is a gap
 * too.  Resamples and whitens. */
void gws_joint_lane_push(gws_joint_lane *l, int64_t begin, const double *h, int64_t n, int64_t end);

/* No more strain comes. */
void gws_joint_lane_finish(gws_joint_lane *l);

/* Filter what was whitened.  ENOMEM: rows are missing. */
gws_status gws_joint_lane_filter(gws_joint_lane *l);

/* The first step of which it is not known yet whether it is usable. */
int64_t gws_joint_lane_decided(const gws_joint_lane *l);

/* Not 0: step s is usable.  *next out: the first later step for which the answer may differ. */
int gws_joint_lane_has(const gws_joint_lane *l, int64_t s, int64_t *next);

/* Row 8 s of a usable step; those around it lie around it. */
const float *gws_joint_lane_row(const gws_joint_lane *l, int64_t s);

/* No step below s will be asked for. */
void gws_joint_lane_drop(gws_joint_lane *l, int64_t s);

/* An array with room for n things of `size` bytes; NULL without memory, and it is as it was. */
void *gws_joint_reserved(void *array, int64_t *capacity, int64_t n, size_t size);

void gws_joint_lane_stats(const gws_joint_lane *l, gws_condition_stats *out);

#endif
