/* number.h - numbers read and written as the C locale has them, whatever locale the host program works in.
 *
 * A program that calls setlocale or uselocale may have a decimal comma, and then strtod stops at the point of "0.5" and printf writes
 * "0,5".  So the library reads and prints floating point through this file alone (tools/check_numbers sees to it), and what a library
 * below it reads or prints is put between enter and leave.  Only the calling thread is touched.
 */
#ifndef GWS_BASE_NUMBER_H
#define GWS_BASE_NUMBER_H

#include <stdarg.h>
#include <stddef.h>

/* The number at the start of a text, after blanks: strtod without its hexadecimal notation; inf and nan are numbers here.
 *   out   out  0 when there is none
 * returns  what is behind it; NULL: there is no number */
const char *gws_number_read(const char *text, double *out);

/* A text that is one finite number with nothing but blanks around it.  Returns not 0 when it is; else out is 0.  A number too large or
 * too small for a double is none. */
int gws_number_parse(const char *text, double *out);

/* The double next to v in thousandths: for clock readings in JSON, whose rows print every number with the digits that its neediest one asks for. */
double gws_thousandths(double v);

/* snprintf and vsnprintf. */
int gws_text_print(char *out, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
int gws_text_vprint(char *out, size_t size, const char *fmt, va_list ap) __attribute__((format(printf, 3, 0)));

/* From enter to leave this thread is in the C locale.  They may be nested. */
typedef struct gws_c_locale {
    void *before;
} gws_c_locale;

gws_c_locale gws_c_locale_enter(void);
void gws_c_locale_leave(gws_c_locale scope);

#endif
