/* gwosc_api.h - what the Gravitational Wave Open Science Center has: files of events, intervals and runs, catalogs, data quality.
 *
 * Version 2 of its interface is asked, and version 1 for what version 2 does not know (names of events).  Pages are followed to the last.
 * Addresses in answers are taken as https and without what stands behind "?".  The server is https://gwosc.org
 * or one that answers as it does.
 */
#ifndef GWS_ARCHIVE_GWOSC_API_H
#define GWS_ARCHIVE_GWOSC_API_H

#include "archive/http.h"
#include "archive/remote.h"

#include <jansson.h>

typedef enum gws_remote_format { GWS_REMOTE_HDF5, GWS_REMOTE_GWF, GWS_REMOTE_TEXT } gws_remote_format;

/* What is wanted. */
typedef struct gws_gwosc_query {
    const char *ifos; /* "H1,L1"; NULL: all */
    int rate_hz;      /* 4096 or 16384 */
    int duration_s;   /* of the files of an event: 32 or 4096 */
    gws_remote_format format;
    int64_t begin_s, end_s; /* GPS, of intervals and runs; end_s 0: all of a run */
} gws_gwosc_query;

typedef struct gws_gwosc gws_gwosc;

/* server: NULL is https://gwosc.org.  The client is borrowed. */
gws_gwosc *gws_gwosc_create(gws_http *http, const char *server, gws_err *err);
void gws_gwosc_destroy(gws_gwosc *g);
const char *gws_gwosc_server(const gws_gwosc *g); /* for sentences: without user and password */

/* Files around an event: "GW150914", "GW150914-v3".  EDATA: no such event, with names that are like it; no file as wanted. */
gws_status gws_gwosc_event(gws_gwosc *g, const char *name, const gws_gwosc_query *q, gws_remote_list *out, gws_err *err);

/* Files that touch [begin_s, end_s), of a run ("O3a") or of any (NULL).  Where several of a detector begin together, one is listed. */
gws_status gws_gwosc_interval(gws_gwosc *g, const char *run, const gws_gwosc_query *q, gws_remote_list *out, gws_err *err);

/* Results of a list, all pages: an array of the objects that the server gives; json_decref frees it.
 *   path   "/api/v2/catalogs", "/api/v2/event-versions?release=GWTC-3-confident&include-default-parameters=true" */
gws_status gws_gwosc_results(gws_gwosc *g, const char *path, json_t **out, gws_err *err);

/* A flag of data quality within an interval. */
typedef struct gws_gwosc_flag {
    const char *name;       /* "H1_CBC_CAT1" */
    const char *run;        /* where version 2 does not know it, version 1 is asked for that of this run; NULL: it is not */
    int64_t begin_s, end_s; /* GPS */
} gws_gwosc_flag;

/* When it is on: pairs of seconds.
 *   out   (2 n) allocated, the caller's */
gws_status gws_gwosc_segments(gws_gwosc *g, const gws_gwosc_flag *flag, int64_t **out, int *n, gws_err *err);

#endif
