/* cache.h - what was fetched, kept for a while.
 *
 * A folder of the user's own, whose files nobody else can read.  A file's name is the SHA-256 of what it is (detector, start, duration, rate,
 * format, release).  When the folder is larger than its limit, the files that were used longest ago go, until half of the limit is left.  Any
 * number of processes may use it at once: files get their names whole (fetch.h), and none is removed that a living process has asked for.
 */
#ifndef GWS_ARCHIVE_CACHE_H
#define GWS_ARCHIVE_CACHE_H

#include "archive/remote.h"

#define GWS_CACHE_LIMIT (INT64_C(5) << 30) /* bytes */

typedef struct gws_cache gws_cache;

/* The folder is made when it is not there.
 *   alone   not 0: files of this process alone, which are gone when it closes, or is killed and another process comes
 * EIO: it belongs to another user, or is no folder, or others may write to it. */
gws_cache *gws_cache_open(const char *folder, int64_t limit, int alone, gws_err *err);
void gws_cache_close(gws_cache *c); /* NULL is fine */

/* Where a remote file is, or would be: allocated, the caller frees it.  NULL: ENOMEM. */
char *gws_cache_path(const gws_cache *c, const gws_remote *r, gws_err *err);

/* Is it there?  Then it stays there until the cache is closed. */
int gws_cache_has(gws_cache *c, const char *path);

/* Keep a list of files under a name, and take it out again: what an archive answered, for when it cannot be asked.
 * EDATA: there is none. */
gws_status gws_cache_put_list(gws_cache *c, const char *name, const gws_remote_list *list, gws_err *err);
gws_status gws_cache_get_list(gws_cache *c, const char *name, gws_remote_list *out, gws_err *err);

/* Remove what was used longest ago when the limit is exceeded.
 *   left   out, may be NULL: bytes that are there then; more than the limit when so much is in use */
gws_status gws_cache_trim(gws_cache *c, int64_t *left, gws_err *err);

/* Remove all that the program put there and no process uses.
 *   files, bytes   out, may be NULL: how much that was
 *   kept           out, may be NULL: bytes that are in use */
gws_status gws_cache_clean(gws_cache *c, int *files, int64_t *bytes, int64_t *kept, gws_err *err);

#endif
