/* terminal.h - the terminal as one screen: taken, drawn on, and given back as it was, whatever ends the program (but SIGKILL).
 *
 * Thread rule: one thread draws; gws_terminal_leave may be called from any thread and from a handler of a signal.
 */
#ifndef GWS_CLI_TERMINAL_H
#define GWS_CLI_TERMINAL_H

#include "base/err.h"

#include <stddef.h>

/* Take the terminal at standard output: another screen, no cursor, no echo; Ctrl-Z does not stop the program while it lasts.
 *   kind  $TERM; NULL: not set
 * EARG: it is none, or one that cannot do that ("dumb"). */
gws_status gws_terminal_take(const char *kind, gws_err *err);

/* Rows and columns now. */
void gws_terminal_size(int *rows, int *columns);

int gws_terminal_is_unicode(void);

/* Send text (gws_screen_text).  wipe: not 0: the screen is emptied before, after its size has changed. */
void gws_terminal_show(const char *text, size_t n, int wipe);

/* Give it back.  Twice is fine, and so is without having taken it. */
void gws_terminal_leave(void);

#endif
