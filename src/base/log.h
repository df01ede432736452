/* log.h - the one logger of the program and of the library.
 *
 * A line of the log has a time, a module, a level and a sentence.  The library hands each line to one function that the host
 * program gives (gws_log_set).  Until it gives one, nothing happens: the library never prints.
 *
 * The function belongs to the whole process.  So a warning of a low layer needs no pointer through every call above it, and all
 * that one process says goes to one place.  No result depends on it.
 *
 * A log is often sent to others.  Every line therefore goes through gws_log_clean, which takes out the names of users and the
 * secrets of addresses.
 *
 * Progress is not logged: it has a callback of its own (progress.h).
 *
 * gws_log_set, gws_log_text and what they take: gwspike.h.
 *
 * Thread rule: everything here may be called from any thread.
 */
#ifndef GWS_BASE_LOG_H
#define GWS_BASE_LOG_H

#include "gwspike.h"

#include <stddef.h>

/* Would a line of this level be taken?  For lines that are costly to make. */
int gws_log_wants(gws_log_level level);

/* Log a sentence.  What is longer than 1000 bytes is cut. */
void gws_log_write(gws_log_level level, const char *module, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* "ERROR", "WARNING", "INFO", "DEBUG" */
const char *gws_level_name(gws_log_level level);

/* A level by its name, in letters of either case.  Returns not 0 when it is one. */
int gws_level_parse(const char *text, gws_log_level *out);

/* A line as one JSON object, without newline, with the keys time (ISO 8601, UTC), module, level and message.  Caller frees; NULL when
 * memory is out. */
char *gws_log_json(const gws_log_line *line);

/* The home folder and the name of the user, which gws_log_clean hides.  NULL or "": not known. */
void gws_log_hide(const char *home, const char *user);

/* Copy a sentence without what others should not see:
 *   - the home folder of the user, /home/NAME and /Users/NAME become ~;
 *   - the user's name as a part of a path becomes ~;
 *   - user and password of an address (scheme://user:password@host) are left out, and what follows its ? or # becomes "?...".
 *   out  (size) out  cut where there is no room; not text */
void gws_log_clean(char *out, size_t size, const char *text);

#endif
