/* truth.h - the table of the glitches that simulated strain holds. */
#ifndef GWS_SIM_TRUTH_H
#define GWS_SIM_TRUTH_H

#include "base/err.h"
#include "sim/contaminate.h"

#include <stdint.h>

/* Table of the glitches that stretches of strain hold. */
typedef struct gws_truth gws_truth;

gws_truth *gws_truth_create(gws_err *err);

/* Note the glitches whose time lies in samples [begin, begin + n) and not in a gap of them.
 *   h   (n) in  the finished strain */
gws_status gws_truth_add(gws_truth *t, const gws_contaminate *c, int64_t begin, int64_t n, const double *h, gws_err *err);
int64_t gws_truth_count(const gws_truth *t);

/* Write the group /glitches with one entry a glitch, by detector and then by time: time (GPS s), ifo and family (strings), snr, f
 * (Hz) and duration (s).  gws_glitch says what f and duration mean for each family. */
gws_status gws_truth_save(const gws_truth *t, const char *path, const char *command, uint64_t seed, gws_err *err);
void gws_truth_destroy(gws_truth *t);

#endif
