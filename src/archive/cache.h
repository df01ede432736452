/* cache.h - what was fetched, kept for a while.
 *
 * A folder of the user's own (mode 0700).  A file's name is the SHA-256 of what
 * it is (detector, start, duration, rate, format).  When a file makes the folder larger than its limit, the files that were used longest
 * ago go, until half of the limit is left.  Any number of processes may use it at once: files get their names whole (fetch.h),
 * and one that is removed while another process reads it stays readable to that one.
 */
#ifndef GWS_ARCHIVE_CACHE_H
#define GWS_ARCHIVE_CACHE_H

#include "archive/gwosc_api.h"

#define GWS_CACHE_LIMIT (INT64_C(5) << 30) /* bytes */

typedef struct gws_cache gws_cache;

/* The folder is made when it is not there.
 * EIO: it belongs to another user, or is no folder, or others may write to it. */
gws_cache *gws_cache_open(const char *folder, int64_t limit, gws_err *err);
void gws_cache_close(gws_cache *c); /* NULL is fine */

const char *gws_cache_folder(const gws_cache *c);

/* Where a remote file is, or would be: allocated, the caller frees it.  NULL: ENOMEM. */
char *gws_cache_path(const gws_cache *c, const gws_remote *r, gws_err *err);

/* The file was used now. */
void gws_cache_touch(const char *path);

/* Remove what was used longest ago when the limit is exceeded; `keep` (may be NULL) stays. */
gws_status gws_cache_trim(gws_cache *c, const char *keep, gws_err *err);

/* Remove all that the program put there.
 *   files, bytes   out, may be NULL */
gws_status gws_cache_clean(gws_cache *c, int *files, int64_t *bytes, gws_err *err);

#endif
