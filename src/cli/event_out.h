/* event_out.h - what the verbs that find events have in common when they print and write them. */
#ifndef GWS_CLI_EVENT_OUT_H
#define GWS_CLI_EVENT_OUT_H

#include "base/hdf5.h"
#include "base/json.h"
#include "matched/bank.h"
#include "search/far.h"

#include <stdint.h>

/* Begin the object of an event: gps, stat, its rate, window_s. */
gws_json *gws_event_json(int64_t gps_ns, double stat, gws_far_rate far, double window_s);

/* Put the template: its index in the bank, chirp_mass where it is asked for (NULL: not), masses and spins. */
void gws_event_json_template(gws_json *j, int index, const double *chirp_mass, const gws_template *t);

/* The last of a file: where it comes from.
 *   f     in/out  finished, committed and closed, also on failure of the last; NULL then
 *   seed  below 0: none */
gws_status gws_event_file_finish(gws_h5 **f, const char *command, int64_t seed, const char *sha256, gws_err *err);

#endif
