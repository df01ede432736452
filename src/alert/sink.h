/* sink.h - private to alert/: one way of telling a message to one receiver.
 *
 * A row opens its receiver, delivers a message, and closes.  Whatever deliver does not report as GWS_OK is tried again by alert.c, later.
 * deliver runs in the receiver's own thread, and looks at `stop` whenever it waits.
 */
#ifndef GWS_ALERT_SINK_H
#define GWS_ALERT_SINK_H

#include "alert/params.h"
#include "base/err.h"

#include <stdatomic.h>

typedef struct gws_sink_message {
    const char *id, *event;
    const char *text;  /* JSON without newline */
    const char *json;  /* file that holds it */
    const char *coinc; /* NULL: there is none */
} gws_sink_message;

typedef struct gws_sink_row {
    int (*wanted)(const gws_alerts_params *p);
    /* p and stop outlive what is opened. */
    gws_status (*open)(const gws_alerts_params *p, atomic_int *stop, void **out, gws_err *err);
    gws_status (*deliver)(void *state, const gws_sink_message *m, gws_err *err);
    void (*close)(void *state);
} gws_sink_row;

extern const gws_sink_row gws_sink_lines, gws_sink_webhook, gws_sink_topic, gws_sink_hook;

#endif
