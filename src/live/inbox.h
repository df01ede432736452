/* inbox.h - files that are known of and have to be read: in order of their times, tried again while they are not whole.
 *
 * A file that is not whole is read again every 50 ms until whole_s have gone since it was first known of; then it is a gap, `truncated` or
 * `corrupt`.  One that is gone when it is to be read may come back in that time, else it is `vanished`.
 */
#ifndef GWS_LIVE_INBOX_H
#define GWS_LIVE_INBOX_H

#include "base/err.h"
#include "live/source.h"

#include <stdint.h>

typedef struct gws_inbox gws_inbox;

gws_inbox *gws_inbox_create(const gws_live_source_params *p, gws_err *err); /* p borrowed */
void gws_inbox_destroy(gws_inbox *b);                                       /* NULL is fine */

/* Add a file, or try it at once where it is there already.
 *   closed_s  gws_now_s when it was closed */
gws_status gws_inbox_add(gws_inbox *b, const char *path, double closed_s, gws_err *err);

/* Leave out files that by their names hold nothing after a GPS time; ifo "": of any detector. */
void gws_inbox_skip(gws_inbox *b, const char *ifo, int64_t ns);

/* Read what can be read now, some files at most.
 *   after  out  GWS_LIVE_MORE when there are more that can be read now, else GWS_LIVE_WAITS */
gws_status gws_inbox_work(gws_inbox *b, const gws_live_taker *taker, gws_live_after *after, gws_err *err);

double gws_inbox_wait_s(const gws_inbox *b, double most_s); /* how long until a file is to be tried again, at most most_s */
int gws_inbox_waiting(const gws_inbox *b);
int64_t gws_inbox_newest_s(
    const gws_inbox *b); /* GPS at which the newest file ends, by the names, none of the future; 0: none says */

#endif
