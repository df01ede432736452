/* coincidence.h - makes events of the network from triggers of single detectors, and counts how often noise makes such events.
 *
 * Coincidence is exact: an event is one template in two detectors or more, and no two of its times are further apart than light
 * travels between the detectors, and pad_s besides (Usman et al. 2016, 1508.02357).  stat is the root of the sum of the squared new
 * SNRs, as theirs is.  An event within cluster_s of a louder one is dropped.  With one detector every trigger is an event, and its
 * stat is its new SNR.
 *
 * Background: detector d (from 0 in order of name) is moved by k d step_s against the others, k = 1 .. slides, and coincidence and
 * clustering are done again; no real signal is coincident then.  Triggers of real signals are not taken out, so the rate is
 * an upper bound where the data hold some.  The time of a slide is what its moved stretches still have in common.
 */
#ifndef GWS_MATCHED_COINCIDENCE_H
#define GWS_MATCHED_COINCIDENCE_H

#include "base/err.h"
#include "base/thread.h"
#include "search/far.h"
#include "matched/singles.h"

#include <stdint.h>

typedef struct gws_coincidence_params {
    double pad_s;     /* 0.005 */
    double cluster_s; /* 1 */
    double threshold; /* events above this stat; 0 */
} gws_coincidence_params;

gws_coincidence_params gws_coincidence_defaults(void);

/* An event: the same template in each of the detectors that take part. */
typedef struct gws_coincidence {
    int64_t gps_ns; /* mean of the arrival times: at most 22 ms from the merger at the Earth's centre, as far as sites go */
    double stat;
    int32_t template_index;
    int64_t trigger[GWS_MAX_IFO]; /* index among the detector's, -1 where it takes no part */
} gws_coincidence;

/* Events in order of time.
 *   out, n   array owned by the caller (free), NULL when there is none
 * A detector whose site is unknown beside another: EDATA. */
gws_status gws_coincidence_find(const gws_singles *r, const gws_coincidence_params *params, gws_coincidence **out, int64_t *n,
                                gws_err *err);

/* Seconds in which two detectors were searched, or one where there is but one. */
double gws_coincidence_livetime_s(const gws_singles *r);

/* Measure the background.
 *   slides   1..GWS_SLIDES_MAX
 *   step_s   more than twice the longest coincidence window
 *   pool     over slides; NULL: one thread
 *   out      a calibration (model/calibration.h), complete, of which the caller frees stat; livetime of all slides together
 * One detector, or no slide that leaves time in common: EDATA. */
gws_status gws_coincidence_background(const gws_singles *r, const gws_coincidence_params *params, int slides, double step_s,
                                      gws_pool *pool, gws_calibration *out, gws_err *err);

#endif
