/* quality.h - the two 1 Hz bit masks of GWOSC files, with the names that the file itself gives its bits.
 *
 * DQmask: 1 is good.  Injmask: 1 is "no injection"; continuous-wave hardware injections run all the time, so a
 * compact-binary search never vetoes on bit 3 (value 23 is normal).
 */
#ifndef GWS_GW_QUALITY_H
#define GWS_GW_QUALITY_H

#include "base/err.h"
#include "base/hdf5.h"

#include <stdint.h>

typedef struct gws_quality {
    int64_t gps_start_s;
    int64_t n;             /* seconds */
    uint32_t *dq, *inj;    /* (n) each; inj NULL when the file has none */
    int n_dq, n_inj;       /* bits that have names */
    char dq_name[32][24], inj_name[32][24];
} gws_quality;

gws_status gws_quality_read(gws_h5 *f, gws_quality *out, gws_err *err);
void gws_quality_clear(gws_quality *q);

#endif
