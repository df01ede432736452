/* escape.h - makes text that came out of a file safe to show.  A name in a file may hold bytes that move a terminal's cursor, or
 * worse. */
#ifndef GWS_BASE_ESCAPE_H
#define GWS_BASE_ESCAPE_H

#include <stddef.h>
#include <stdio.h>

/* Copy text, control characters and bytes that are not UTF-8 as \xNN.
 *   out    (size) out; cut at the end of a character when there is no room, always ends with NUL
 *   lines  1: newlines and tabs stay; 0: newlines and carriage returns become blanks */
void gws_escape(char *out, size_t size, const char *text, int lines);

/* The same straight onto a stream. */
void gws_escape_print(FILE *out, const char *text, int lines);

#endif
