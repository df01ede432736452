/* state.h - when a detector was in the state that a search wants, by a channel of states beside its strain.
 *
 * A state is an integer whose bits say what was well: of the calibration's state vector bit 0 is "h(t) is good" and bit 1 "the detector is
 * observing", so science mode is (state & 3) == 3.  The channel has a rate of its own (16 Hz as a rule, 1 Hz).  A sample of strain is data when
 * every state in its time has all bits that are wanted; where there is no state there is no data.
 */
#ifndef GWS_STRAIN_STATE_H
#define GWS_STRAIN_STATE_H

#include "base/err.h"

#include <stdint.h>

#define GWS_STATE_SCIENCE 3u /* bits of GDS-CALIB_STATE_VECTOR that science mode has */

/* The times in which the state was the wanted one. */
typedef struct gws_states {
    int rate_hz;    /* of the channel; 0: no state yet */
    int64_t *spans; /* (n,2) absolute samples at that rate, half-open; after gws_states_finish in order, and apart */
    int n;
    int64_t room;
} gws_states;

/* Append a stretch of the channel.
 *   begin  absolute sample of the first
 *   x      (n) states; what is no whole number from 0 to 2^32 - 1 (or a negative one of 32 bits) has no bit
 *   bits   that are wanted
 * EDATA when the rate is another than before. */
gws_status gws_states_add(gws_states *s, int rate_hz, int64_t begin, const double *x, int64_t n, uint32_t bits, gws_err *err);
gws_status gws_states_finish(gws_states *s, gws_err *err);

/* Make gaps (GWS_GAP_STATE) of the samples that do not lie within the spans.
 *   begin  absolute sample of out[0] at rate_hz
 *   out    (n) in and out
 * Cost O(n + log of the spans). */
void gws_states_apply(const gws_states *s, int rate_hz, int64_t begin, int64_t n, double *out);
void gws_states_clear(gws_states *s);

#endif
