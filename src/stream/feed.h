/* feed.h - feeds recorded strain into the line: the files of all detectors, aligned in time, chunk by chunk.
 *
 * On the line: strain files --read--> pipeline.  Each chunk is the same stretch of time of every detector, cut on absolute time,
 * so the memory needed does not grow with the length of the data.
 *
 * Gap: time that no file covers is a gap; stretches in which no detector has a file cost nothing.
 */
#ifndef GWS_STREAM_FEED_H
#define GWS_STREAM_FEED_H

#include "base/err.h"
#include "base/progress.h"
#include "base/thread.h"
#include "strain/strain.h"
#include "model/classifier.h"
#include "stream/pipeline.h"

#include <stdint.h>

/* Which detector of the files is which of the model's, and what they have in common. */
typedef struct gws_feed_plan {
    int n_ifo;
    char ifo[GWS_MODEL_IFOS][4];
    int index[GWS_MODEL_IFOS];   /* in the strain set */
    int rate_hz[GWS_MODEL_IFOS]; /* for gws_pipeline_create */
    int64_t begin_ns, end_ns;    /* first and last time that any of them covers */
    double together_s;           /* time that all of them cover */
} gws_feed_plan;

/* The model with those of its detectors that have files (gws_model_part).  It is m itself where all have, where none has, or where it cannot do
 * without any. */
gws_model *gws_feed_model(const gws_strain_set *set, gws_model *m, gws_err *err);

/* Match files to a model.  A detector of the model that has no file, a rate the model cannot use, detectors that never overlap
 * in time: one sentence. */
gws_status gws_feed_plan_make(const gws_strain_set *set, const gws_model_meta *meta, gws_feed_plan *out, gws_err *err);

/* The same for a search of parts of the model too: its detectors need not overlap. */
gws_status gws_feed_plan_apart(const gws_strain_set *set, const gws_model_meta *meta, gws_feed_plan *out, gws_err *err);

int64_t gws_feed_bytes(const gws_feed_plan *plan, int chunk_s); /* what gws_feed_run takes besides the pipeline */

/* Push everything through a pipeline and finish it.
 *   pool       conditions the detectors in parallel; NULL is one thread; never changes a byte
 *   chunk_s    whole seconds read at once, 1 or more
 *   progress   in seconds of data; may be NULL; GWS_ESTOP when it asks to stop
 * Data that could be read but not used (nothing finite, no stretch long enough to be whitened or to get past the network's
 * warm-up) give GWS_EDATA after the pipeline has been finished; with parts of the model, where none of them could use any.
 */
gws_status gws_feed_run(gws_strain_set *set, const gws_feed_plan *plan, gws_pipeline *p, gws_pool *pool, int chunk_s,
                        const gws_progress *progress, gws_err *err);

#endif
