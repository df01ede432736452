/* message.h - private to alert/: what is told of a trigger, as one JSON object.
 *
 * Its flat keys are those of GraceDB's JSON layout (gpstime, detection_statistic, far in Hz, ifos, channels, end_time, end_time_ns, and with a
 * follow-up mchirp, mass1, mass2, mtotal, spin1z, spin2z, snr); the others are ours and are only ever added to (docs/formats.md).
 */
#ifndef GWS_ALERT_MESSAGE_H
#define GWS_ALERT_MESSAGE_H

#include "alert/params.h"
#include "alert/journal.h"

#define GWS_MESSAGE_ID (GWS_ALERT_ID + 12) /* EVENT-REVISION */

#define GWS_MESSAGE_CHANNEL 80 /* bytes of a channel's name with its NUL; what is longer is cut */

/* EVENT-REVISION */
void gws_message_id(const char *event, int revision, char out[GWS_MESSAGE_ID]);

/* A trigger as it is first told.  NULL: no memory; the caller frees it. */
char *gws_message_trigger(const gws_alerts_params *params, const gws_alert_trigger *t, gws_journal_kind kind, const char *event,
                          int revision);

/* What an earlier message said. */
typedef struct gws_message_facts {
    gws_far_rate far;
    double stat, slope, loudest; /* the last two of the background; NaN: not known */
    int n;
    char ifo[GWS_MAX_IFO][4], channel[GWS_MAX_IFO][GWS_MESSAGE_CHANNEL];
} gws_message_facts;

/* returns  0 when it is no message */
int gws_message_read(const char *text, gws_message_facts *out);

/* An earlier message of the event with what the follow-up found; all else stays as it was. */
char *gws_message_followup(const char *text, const char *event, int revision, const gws_followup *f, const gws_p_astro *p);

#endif
