/* resample.h - integer decimation through a linear-phase polyphase FIR, streaming.
 *
 * Stop band: at least 80 dB below the pass band from the new Nyquist frequency times 1.0 on; pass band flat to 0.01 dB
 * up to 0.9 of the new Nyquist (Kaiser window).  Outputs fall on absolute samples of the new rate: output sample m
 * stands at the time of input sample m*factor.
 *
 * Gap: a sample whose filter would reach beyond a gap or an end is not output.  Cut: the output does not depend on how the input is
 * cut.
 */
#ifndef GWS_DSP_RESAMPLE_H
#define GWS_DSP_RESAMPLE_H

#include "base/err.h"

#include <stdint.h>

typedef struct gws_resample gws_resample;

/* Consecutive output samples: absolute index at the new rate. */
typedef void (*gws_resample_sink)(void *user, int64_t sample, const double *h, int64_t n);

/* in_hz must be a multiple of out_hz (equal rates pass through untouched). */
gws_resample *gws_resample_create(int in_hz, int out_hz, gws_err *err);
void gws_resample_push(gws_resample *r, int64_t sample, const double *h, int64_t n, gws_resample_sink sink, void *user);
void gws_resample_finish(gws_resample *r, gws_resample_sink sink, void *user);
int64_t gws_resample_delay(const gws_resample *r); /* input samples */
void gws_resample_reset(gws_resample *r);
void gws_resample_destroy(gws_resample *r);

#endif
