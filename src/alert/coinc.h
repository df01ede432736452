/* coinc.h - a follow-up as `coinc.xml`: the layout in which GraceDB takes compact binaries, and from which BAYESTAR (ligo.skymap) makes a sky map.
 *
 * Tables: process, process_params, coinc_definer, time_slide, sngl_inspiral (one row a detector, one template), coinc_event,
 * coinc_event_map, coinc_inspiral; then each detector's SNR series (COMPLEX8, centred on the row's end time to half a sample) and
 * noise curve (REAL8).  process_params names the file itself as --reference-psd, so that BAYESTAR finds the noise curves in it.
 *
 * The program in the process table is "pycbc": BAYESTAR knows the sign of a phase by that name alone, refuses names that it does not know, and
 * of those that it does (ligo.skymap 2.5, io/events/ligolw.py) only this one has the sign of ours (matched/filter.h).  What made the file
 * stands in the row's comment, "gwspike VERSION; phases as PyCBC's", and in sngl_inspiral.search.
 */
#ifndef GWS_ALERT_COINC_H
#define GWS_ALERT_COINC_H

#include "base/err.h"
#include "matched/followup.h"

typedef struct gws_coinc {
    const gws_followup *followup;
    double stat;                      /* likelihood of coinc_event; NaN: null */
    double far_hz;                    /* NaN: null */
    const char *channel[GWS_MAX_IFO]; /* in the order of the follow-up's detectors; NULL: the detector's name */
} gws_coinc;

/* Write it.  A path that ends with .gz is compressed. */
gws_status gws_coinc_write(const char *path, const gws_coinc *c, gws_err *err);

#endif
