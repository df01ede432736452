/* serve.h - a few pages on a local port, through libmicrohttpd: what a monitor asks a program that runs for months.
 *
 * Only GET and HEAD of the pages it was given; / lists them.  Nothing is read off a request but its method and path.  At most 32
 * connections at once, each given up after 10 s of silence.  Without encryption and login, so it listens on this machine alone
 * (127.0.0.1) unless told otherwise.
 *
 * Without libmicrohttpd (meson: -Dhttp=disabled) create fails with one sentence that says so.
 *
 * Thread rule: pages are made in a thread of the server's, one at a time.
 */
#ifndef GWS_NET_SERVE_H
#define GWS_NET_SERVE_H

#include "base/err.h"

typedef struct gws_serve gws_serve;

/* "libmicrohttpd 0.9.75"; NULL: built without it. */
const char *gws_serve_library(void);

typedef struct gws_serve_page {
    const char *path; /* "/metrics" */
    const char *type; /* "text/plain; charset=utf-8" */

    /* Make the page.
     *   text  out  from malloc; freed by the server; NULL: memory is out
     * returns  the status, 200 or 503 */
    int (*make)(void *user, char **text);
} gws_serve_page;

/* Listen.
 *   where  in  "PORT", "ADDRESS:PORT", "[ADDRESS]:PORT"; the address in digits, 127.0.0.1 where there is none; port 0: a free one
 *   pages  in  (n) borrowed
 *   user   in  for the pages
 * NULL: EARG (no such address or port), EIO (in use, not allowed), ENOMEM, EVERSION (built without libmicrohttpd). */
gws_serve *gws_serve_create(const char *where, const gws_serve_page *pages, int n, void *user, gws_err *err);

/* "http://127.0.0.1:45671" */
const char *gws_serve_address(const gws_serve *s);

/* Waits for a page that is being made.  NULL is fine. */
void gws_serve_destroy(gws_serve *s);

#endif
