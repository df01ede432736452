/* kept.h - private to stream/: keeps the whitened strain of all detectors of a model while it is worked on (strain/kept.h), and says what
 * they have together.
 */
#ifndef GWS_STREAM_KEPT_H
#define GWS_STREAM_KEPT_H

#include "base/err.h"
#include "base/progress.h"
#include "dsp/condition.h"
#include "model/classifier.h"
#include "strain/kept.h"
#include "strain/strain.h"
#include "stream/feed.h"

#include <stdint.h>

typedef struct gws_kept {
    int n_ifo, rate_hz;
    gws_kept_ifo ifo[GWS_MODEL_IFOS];
} gws_kept;

int64_t gws_kept_bytes(const gws_strain_set *set, const gws_feed_plan *plan, int rate_hz);

/* Whiten every detector of the plan, one after the other, at out->rate_hz.
 *   work      folder of a work file; NULL: memory
 *   progress  over the seconds of each; may be NULL; GWS_ESTOP when it asks to stop
 *   out       rate_hz in; zero on failure; free with gws_kept_clear */
gws_status gws_kept_make(gws_strain_set *set, const gws_feed_plan *plan, const gws_condition_params *params, const char *work,
                         gws_kept *out, const gws_progress *progress, gws_err *err);
void gws_kept_clear(gws_kept *k);

/* Stretches that all detectors have together when detector i is read shift[i] samples later, in samples of detector 0.
 *   out, n   owned by the caller (free) */
gws_status gws_kept_together(const gws_kept *k, const int64_t *shift, gws_span **out, int64_t *n, gws_err *err);

/* Sample `sample` of a detector and those after it; the run that holds it must be there. */
const float *gws_kept_at(const gws_kept *k, int ifo, int64_t sample);

#endif
