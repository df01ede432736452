#include "base/number.h"

#include "base/assert.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(__APPLE__)
#include <xlocale.h>
#endif

#define BLANK " \t\r\n\v\f"

static locale_t c_locale;
static pthread_once_t c_locale_once = PTHREAD_ONCE_INIT;

/* glibc, musl and macOS hand out a constant here.  It is kept for the life of the process. */
static void make_c_locale(void)
{
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
}

gws_c_locale gws_c_locale_enter(void)
{
    pthread_once(&c_locale_once, make_c_locale);
    GWS_ASSERT(c_locale != (locale_t)0);
    return (gws_c_locale){uselocale(c_locale)};
}

void gws_c_locale_leave(gws_c_locale scope)
{
    uselocale((locale_t)scope.before);
}

const char *gws_number_read(const char *text, double *out)
{
    const char *digits = text + strspn(text, BLANK);
    char *end;
    digits += *digits == '+' || *digits == '-';
    *out = 0;
    if (digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X'))
        return NULL;
    gws_c_locale scope = gws_c_locale_enter();
    *out = strtod(text, &end);
    gws_c_locale_leave(scope);
    return end == text ? NULL : end;
}

int gws_number_parse(const char *text, double *out)
{
    errno = 0;
    const char *end = gws_number_read(text, out);
    /* strtod sets ERANGE for subnormal numbers too, which are as good as others */
    if (end && end[strspn(end, BLANK)] == '\0' && isfinite(*out) && !(errno == ERANGE && *out == 0))
        return 1;
    *out = 0;
    return 0;
}

double gws_thousandths(double v)
{
    return rint(v * 1000.0) / 1000.0;
}

int gws_text_vprint(char *out, size_t size, const char *fmt, va_list ap)
{
    gws_c_locale scope = gws_c_locale_enter();
    int n = vsnprintf(out, size, fmt, ap);
    gws_c_locale_leave(scope);
    return n;
}

int gws_text_print(char *out, size_t size, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    int n = gws_text_vprint(out, size, fmt, ap);
    va_end(ap);
    return n;
}
