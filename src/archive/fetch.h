/* fetch.h - a remote file under its final name: whole, checked, or not there.
 *
 * The file grows as `.part-NAME` in the folder of its final name, locked while its process lives.  A process that finds it locked waits
 * for the other; one that finds it left behind goes on with it.  It gets its name when it is whole and the check has passed.
 */
#ifndef GWS_ARCHIVE_FETCH_H
#define GWS_ARCHIVE_FETCH_H

#include "archive/http.h"

/* Is what was fetched what was wanted?  Called with the name of the part, whose ending is that of the final name. */
typedef gws_status (*gws_fetch_check)(void *user, const char *path, gws_err *err);

typedef struct gws_fetch_options {
    int again;             /* not 0: fetch also what is there */
    int own;               /* not 0: nobody else may read it */
    gws_fetch_check check; /* NULL: the length is enough */
    void *user;
    gws_progress progress; /* asked while another process is waited for */
} gws_fetch_options;

/* Fetch `url` as `path`.
 *   fetched   out, may be NULL: 0 when the file was there already
 * EFORMAT and what `check` says: the part is removed. */
gws_status gws_fetch_file(gws_http *http, const char *url, const char *path, const gws_fetch_options *options, int *fetched,
                          gws_err *err);

#endif
