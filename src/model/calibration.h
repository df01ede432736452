/* calibration.h - the measured background of one statistic, with the time offset and threshold of a model's head.
 *
 * This is the only struct for a measured background.  A model file holds one for each head, a time-slide search makes one, and
 * search/far.h reads false-alarm rates from any of them.
 */
#ifndef GWS_MODEL_CALIBRATION_H
#define GWS_MODEL_CALIBRATION_H

#include "base/err.h"

#include <stdint.h>

typedef struct gws_calibration {
    float *stat;       /* (n) statistics of the background's triggers, descending; owned */
    int64_t n;         /* 0 and not complete: never calibrated */
    double livetime_s; /* of the data that gave them */
    int complete;      /* the list holds every trigger that the background gave, however quiet */
    double offset_s;   /* of a model's head: centre of the plateau minus the merger's time; else 0 */
    double threshold;  /* of a model's head: its triggers lie above, unless the user says otherwise; else 0 */
} gws_calibration;

/* Make the list out of what several searches of a background found: gws_calibration_begin makes room for `total` statistics, _add
 * takes those of one search, and _sort puts all in order.  ENOMEM: nothing was allocated. */
gws_status gws_calibration_begin(gws_calibration *c, int64_t total, gws_err *err);
void gws_calibration_add(gws_calibration *c, const float *stat, int64_t n);
void gws_calibration_sort(gws_calibration *c);

void gws_calibration_clear(gws_calibration *c);

#endif
