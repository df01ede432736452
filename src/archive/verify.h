/* verify.h - is a fetched file the file that was listed? */
#ifndef GWS_ARCHIVE_VERIFY_H
#define GWS_ARCHIVE_VERIFY_H

#include "archive/gwosc_api.h"

/* A gws_fetch_check whose user is a const gws_remote: the file is whole, and has the detector, the start, the length and the rate that were
 * promised.  Checksums of frames are verified, and gzip is read to its end. */
gws_status gws_remote_verify(void *remote, const char *path, gws_err *err);

/* A name for a remote file: the last part of its address.  Letters, digits, dots, dashes and underscores only, and no dot first.
 *   out   (size) */
gws_status gws_remote_name(const gws_remote *r, char *out, size_t size, gws_err *err);

#endif
