/* reference.h - what a conditioner is told of a matched stem whose templates follow the noise (dsp/condition.h, "Reference").
 *
 * The templates of a stem are whitened once, with a curve that its model holds: the logarithm of the PSD (1/Hz) on GWS_REFERENCE_BINS bins
 * of GWS_REFERENCE_DF_HZ.
 */
#ifndef GWS_MODEL_REFERENCE_H
#define GWS_MODEL_REFERENCE_H

#include "base/err.h"
#include "dsp/follow.h"

#define GWS_REFERENCE_BINS 2049
#define GWS_REFERENCE_DF_HZ 0.5

/* Make one.  A third of a millisecond a template.
 *   g          (n,taps,2) the filters at 512 Hz, as nn/filters.h has them
 *   log_curve  (GWS_REFERENCE_BINS)
 * NULL: ENOMEM */
gws_reference *gws_reference_create(int n, int taps, const float *g, const float *log_curve, gws_err *err);
void gws_reference_destroy(gws_reference *r);

#endif
