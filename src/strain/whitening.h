/* whitening.h - recorded strain of one detector, whitened: read, resample, condition, hand out.
 *
 * On the line: strain files --read--> resample --condition--> w.  No model is needed.  Each read is a chunk of absolute time, so the memory
 * needed does not grow with the length of the data; stretches without a file cost nothing.
 */
#ifndef GWS_STRAIN_WHITENING_H
#define GWS_STRAIN_WHITENING_H

#include "base/err.h"
#include "base/gains.h"
#include "base/progress.h"
#include "dsp/condition.h"
#include "strain/strain.h"

#include <stdint.h>

/* How one detector is whitened. */
typedef struct gws_strain_whitening {
    int ifo;                            /* index in the set */
    int rate_hz;                        /* of the whitened strain; divides the detector's */
    const gws_condition_params *params; /* NULL: the defaults */
    int chunk_s;                        /* whole seconds read at once, 1 or more */
    gws_condition_sink sink;            /* what is whitened */
    void *user;
    gws_gains *gains;      /* with params->reference: where the gains go (dsp/condition.h); else NULL */
    gws_progress progress; /* in seconds of data; GWS_ESTOP when it asks to stop */
} gws_strain_whitening;

/* Whiten one detector of a set: resample, condition, hand out.
 *   stats    out; may be NULL
 * A rate that does not divide the detector's, or nothing that could be whitened: GWS_EDATA.
 */
gws_status gws_strain_condition(gws_strain_set *set, const gws_strain_whitening *how, gws_condition_stats *stats, gws_err *err);

#endif
