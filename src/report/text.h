/* text.h - private to report/: words and numbers as HTML and JSON want them.  Words come out of files and may hold anything. */
#ifndef GWS_REPORT_TEXT_H
#define GWS_REPORT_TEXT_H

#include <stddef.h>
#include <stdio.h>

/* Words as HTML: control characters and what is not UTF-8 as \xNN (base/escape.h), < > & and both quotes as entities; names of home
 * folders and users out (base/log.h). */
void gws_text_html(FILE *out, const char *text);

/* A JSON string with its quotes, safe within a script element. */
void gws_text_json(FILE *out, const char *text);

/* A number in so many digits; null when it is not finite. */
void gws_text_number(FILE *out, double v, int digits);

/* "28.9 s", "36 h", "20.5 days": a time as people say it. */
void gws_text_time(double s, char out[32]);

/* Bytes in base 64. */
void gws_text_base64(FILE *out, const void *data, size_t size);

#endif
