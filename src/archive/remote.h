/* remote.h - a file of strain that an archive has, and lists of them. */
#ifndef GWS_ARCHIVE_REMOTE_H
#define GWS_ARCHIVE_REMOTE_H

#include "base/err.h"

#include <stddef.h>
#include <stdint.h>

typedef struct gws_remote {
    char *url;          /* https://..., or of another scheme, which the program cannot fetch; file://... is used in place */
    char ifo[4];        /* "H1"; the letters of the site where the archive says no more */
    int64_t start_s;    /* GPS */
    int64_t duration_s; /* 0: not said */
    int rate_hz;        /* 4096 or 16384; 0: not said */
    char source[64];    /* what it is of: "GW150914-v3", "O3a", "H1_HOFT_C00" */
} gws_remote;

typedef struct gws_remote_list {
    gws_remote *files; /* (n) by detector and time */
    int n;
    int64_t room;
} gws_remote_list;

/* Add a copy of *r with this address: http is taken for https, what stands behind "?" or "#" is cut. */
gws_status gws_remote_add(gws_remote_list *list, const gws_remote *r, const char *url, gws_err *err);

/* Sort by detector and time, and keep the first of those of a detector and a source that begin together. */
void gws_remote_settle(gws_remote_list *list);

void gws_remote_list_clear(gws_remote_list *list); /* NULL is fine */

/* A list as JSON: an array of an object a file, with the members url, detector, gps_start, duration_s, sample_rate_hz, release.
 *   text   allocated, NUL-terminated, the caller's; NULL: ENOMEM */
char *gws_remote_list_text(const gws_remote_list *list);

/* And back.  EFORMAT: it is none; only https is taken. */
gws_status gws_remote_list_read(const char *text, size_t n, gws_remote_list *out, gws_err *err);

/* What of [begin_s, end_s) no file of a detector has.
 *   list   settled; a file without a duration counts as if it had all from its start on
 *   out    (2 n) allocated, the caller's: pairs of seconds; NULL with n 0: nothing is missing */
gws_status gws_remote_gaps(const gws_remote_list *list, const char *ifo, int64_t begin_s, int64_t end_s, int64_t **out, int *n,
                           gws_err *err);

/* A name for a remote file: the last part of its address.  Letters, digits, dots, dashes and underscores only, and no dot first.
 *   out   (size) */
gws_status gws_remote_name(const gws_remote *r, char *out, size_t size, gws_err *err);

/* A path on this machine: allocated, the caller's; NULL when it is not of this machine (err is left alone) or without memory. */
char *gws_remote_path(const gws_remote *r);

#endif
