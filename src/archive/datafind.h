/* datafind.h - which files of frames a GWDataFind server knows, and where they are.
 *
 * The server is asked by its interface of version 1, or by the older one of LDR ("ldr").  It answers with an address for each place where a file is;
 * of those of one file the best is taken: file: on this machine when the file is there, then https, then osdf.  What is at osdf comes over
 * https from a director of the federation, when one is named.
 */
#ifndef GWS_ARCHIVE_DATAFIND_H
#define GWS_ARCHIVE_DATAFIND_H

#include "archive/http.h"
#include "archive/remote.h"

typedef struct gws_datafind gws_datafind;

/* What files are wanted. */
typedef struct gws_datafind_query {
    const char *site;       /* "H"; NULL: the first letter of the type */
    const char *type;       /* "H1_HOFT_C00" */
    const char *extension;  /* "gwf" */
    const char *match;      /* a regular expression for the addresses; NULL: any */
    const char *urltype;    /* "file", "https", "osdf": these addresses only; NULL: the best */
    int64_t begin_s, end_s; /* GPS */
} gws_datafind_query;

/* The address of a server as its clients take it, "datafind.igwn.org", "host:443" or "https://...": allocated, the caller's.
 * EARG: of http, which is what port 80 says. */
gws_status gws_datafind_server(const char *name, char **out, gws_err *err);

/* http is borrowed.
 *   server     as gws_datafind_server gives it
 *   api        "v1" or "ldr"; NULL is "v1".  EARG: another
 *   director   "https://...", NULL: none */
gws_datafind *gws_datafind_create(gws_http *http, const char *server, const char *api, const char *director, gws_err *err);
void gws_datafind_destroy(gws_datafind *d); /* NULL is fine */

/* Files that touch the interval, by time.  An empty list is no error. */
gws_status gws_datafind_files(gws_datafind *d, const gws_datafind_query *q, gws_remote_list *out, gws_err *err);

/* The newest. */
gws_status gws_datafind_latest(gws_datafind *d, const gws_datafind_query *q, gws_remote_list *out, gws_err *err);

/* Names of sites (site and type NULL), of types of a site (site "all": of every one): (n) allocated, free with gws_inputs_free. */
gws_status gws_datafind_sites(gws_datafind *d, const char *extension, char ***out, int *n, gws_err *err);
gws_status gws_datafind_types(gws_datafind *d, const char *site, const char *extension, char ***out, int *n, gws_err *err);

/* When there are files of a type: (2 n) allocated pairs of seconds, the caller's.  end_s 0: ever. */
gws_status gws_datafind_times(gws_datafind *d, const gws_datafind_query *q, int64_t **out, int *n, gws_err *err);

/* Take the addresses of an answer; what the two above do with a document.
 *   urls   JSON (n bytes): ["file://localhost/...", ...] */
gws_status gws_datafind_read(const char *urls, size_t n, const gws_datafind_query *q, gws_remote_list *out, gws_err *err);

#endif
