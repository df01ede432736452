/* logging.h - where the program's log goes: stderr, and a file when one is asked for.
 *
 * Every verb has the same options for it (gws_logging_options).  Notes, warnings and what -v adds are lines of the log.  Results and
 * progress are not.  The one line of a failure, "gwspike VERB: ...", is for the user: on stderr it stands as it is, in the log it is
 * an ERROR.
 */
#ifndef GWS_CLI_LOGGING_H
#define GWS_CLI_LOGGING_H

#include "base/err.h"
#include "base/log.h"

/* What the options of every verb say. */
typedef struct gws_logging {
    const char *file, *rotate, *level, *format; /* NULL: not given */
    int louder, quieter;                        /* how often -v and -q were given */
} gws_logging;

/* Log notes on stderr until the options are known.  home, user: whose names the log leaves out; NULL: not known. */
void gws_logging_start(const char *home, const char *user);

/* Do what the options say.  EARG: a level or format of no such name, -v with -q, sizes that are none, --log-rotate without a file. */
gws_status gws_logging_set(const gws_logging *l, gws_err *err);

/* Add the log to this file from now on; it is renamed when it is large, as gws_logging_set was told. */
gws_status gws_logging_open(const char *path, gws_err *err);

/* Open the file again before its next line: logrotate has moved it.  From any thread. */
void gws_logging_reopen(void);

/* The line with which a run fails: on stderr "gwspike VERB: text" (a JSON object where JSON was asked for), in the log an error. */
void gws_logging_failure(const char *verb, const char *text);

/* Lines that would go to a terminal at stderr go to this function instead, as text; NULL: no more.  It must not log. */
void gws_logging_divert(void (*take)(void *user, const char *text), void *user);

/* Columns of the progress line that stands on the terminal, which a line of the log wipes first. */
void gws_logging_progress(int width);

void gws_logging_close(void);

#endif
