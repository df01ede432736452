/* verify.h - is a fetched file the file that was listed? */
#ifndef GWS_ARCHIVE_VERIFY_H
#define GWS_ARCHIVE_VERIFY_H

#include "archive/remote.h"

/* A gws_fetch_check whose user is a const gws_remote: the file is whole, and has the detector, the start, the length and the rate that were
 * promised.  Checksums of frames are verified, and every sample is read, so that what was
 * compressed is seen to be whole.  Of a file whose rate the archive does not say, the channels may be
 * anything. */
gws_status gws_remote_verify(void *remote, const char *path, gws_err *err);

#endif
