/* mlgwsc_recorded.h - the recorded noise of MLGWSC-1's set 4, L1 slid against H1. */
#ifndef GWS_SIM_MLGWSC_RECORDED_H
#define GWS_SIM_MLGWSC_RECORDED_H

#include "base/err.h"
#include "sim/mlgwsc_plan.h"

#include <stdint.h>

typedef struct gws_mlgwsc_recorded gws_mlgwsc_recorded;

/* Open the file of recorded noise and draw the slides.
 *   plan   in/out: each used segment loses the slide's 240 s at its end; has to outlive what is made
 *   err    no such file; it lacks a segment or does not cover it; whitened strain; another rate */
gws_mlgwsc_recorded *gws_mlgwsc_recorded_open(const gws_mlgwsc_noise_params *params, gws_mlgwsc_plan *plan, gws_err *err);
void gws_mlgwsc_recorded_close(gws_mlgwsc_recorded *c);

/* Samples begin .. begin+n-1 of a detector, which lie within the plan's used segment number `segment`.
 *   out   (n) out */
gws_status gws_mlgwsc_recorded_fill(gws_mlgwsc_recorded *c, int ifo, int segment, int64_t begin, int64_t n, double *out,
                                    gws_err *err);

#endif
