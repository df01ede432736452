/* service.h - tells the service manager how a program is: ready, alive, stopping.
 *
 * The protocol is systemd's (sd_notify): one datagram of lines NAME=VALUE to the socket that $NOTIFY_SOCKET names.  It is written here, in some
 * fifty lines, and not taken from libsystemd, which would bring all that is in that library into the program for one sendmsg; systemd documents
 * the protocol as stable for that purpose.  Without a manager nothing happens.
 *
 * Thread rule: after init, any thread.
 */
#ifndef GWS_BASE_SERVICE_H
#define GWS_BASE_SERVICE_H

typedef struct gws_service {
    char socket[108];  /* "": there is no manager */
    double watchdog_s; /* "WATCHDOG=1" is wanted at least so often, half of what the manager waits; 0: never */
} gws_service;

/* What the manager said in the environment.
 *   socket        $NOTIFY_SOCKET: a path, or @NAME in the abstract namespace; NULL: not set
 *   watchdog_us   $WATCHDOG_USEC; NULL: not set
 *   watchdog_pid  $WATCHDOG_PID, whom it is meant for; NULL: not set, this process
 * What makes no sense counts as not set. */
void gws_service_init(gws_service *s, const char *socket, const char *watchdog_us, const char *watchdog_pid);

/* Send "READY=1", "STATUS=...", "RELOADING=1", "STOPPING=1", "WATCHDOG=1"; several lines may come at once.
 * returns  not 0: it was sent */
int gws_service_tell(const gws_service *s, const char *state);

#endif
