/* http.h - fetch a document or a file over HTTPS, as often as it takes.
 *
 * https only, certificates verified; a redirect to anything else is refused.  On 408, 429, 5xx and on a connection that fails, stalls or is
 * cut, the request is made again after the server's Retry-After, else after a wait that doubles.  A file is written to a name of its own,
 * `PART`, from which a later call goes on where this one ended, if the server says that the file is still the same; it is whole only
 * when it has the length that the server promised.
 *
 * A token or a certificate of the client's goes to one server.  A request that has them follows no redirect.
 *
 * Addresses in sentences go without user, password, query and fragment, and what is posted to without its path.  Thread rule: a client from one thread at a time.
 */
#ifndef GWS_ARCHIVE_HTTP_H
#define GWS_ARCHIVE_HTTP_H

#include "archive/url.h"
#include "base/err.h"
#include "base/progress.h"

#include <stddef.h>
#include <stdint.h>

typedef struct gws_http gws_http;

typedef struct gws_http_params {
    int attempts;          /* of one request; 10; no more than 4 while no server has answered */
    double wait_s;         /* before the second attempt; doubles, at most 60; 1 */
    double stall_s;        /* a connection that gives fewer than 100 bytes a second for so long is given up; 30 */
    const char *ca_file;   /* certificates to trust in place of the system's; NULL: the system's */
    const char *origin;    /* "https://host:port": where what follows is sent, and to no other; NULL: nowhere */
    const char *token;     /* as "Authorization: Bearer"; NULL: none */
    const char *cert;      /* the client's certificates, a PEM file; NULL: none */
    const char *key;       /* their key, a PEM file; NULL: in that of the certificates */
    gws_progress progress; /* bytes of the file that is fetched */
} gws_http_params;

gws_http_params gws_http_defaults(void);

/* Strings are copied.  NULL: ENOMEM, or a certificate file that cannot be read. */
gws_http *gws_http_create(const gws_http_params *params, gws_err *err);
void gws_http_destroy(gws_http *h); /* NULL is fine */

/* A document of at most `limit` bytes, NUL-terminated; the caller frees it.
 * EARG: not https; EIO: the server, or the way to it, with the number of its last answer;
 * EDATA: 404 or 410, the server does not have it. */
gws_status gws_http_get(gws_http *h, const char *url, size_t limit, char **out, size_t *size, gws_err *err);

/* What is posted. */
typedef struct gws_http_body {
    const char *type; /* "application/json" */
    const void *data;
    size_t size;
    const char *const *headers; /* "Name: value" each, ends with NULL; NULL: none */
} gws_http_body;

/* Post a body; a redirect is not followed, so that it goes to this address and no other.  Tried again as a document is: the
 * receiver may get it twice.
 *   out   what the server answers, of at most `limit` bytes, NUL-terminated; the caller frees it; NULL: not wanted
 * Errors as gws_http_get. */
gws_status gws_http_post(gws_http *h, const char *url, const gws_http_body *body, size_t limit, char **out, gws_err *err);

/* A file into `fd`, which is that of `part` and perhaps holds a beginning.  On success it is whole and synced.  On failure what has come
 * stays for the next call.  Beside it stands `PART.tag`, which knows what the server called this state of the file. */
gws_status gws_http_download(gws_http *h, const char *url, int fd, const char *part, gws_err *err);

#endif
