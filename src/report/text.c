/* text.c - see text.h. */
#include "report/text.h"

#include "base/escape.h"
#include "base/log.h"
#include "base/number.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Clean and safe words; NULL when memory is out.  A byte takes four at most. */
static char *safe_of(const char *text)
{
    const size_t size = 4 * strlen(text) + 64;
    char *clean = malloc(size), *safe = malloc(size);

    if (clean && safe) {
        gws_log_clean(clean, size, text);
        gws_escape(safe, size, clean, 1);
    } else {
        free(safe);
        safe = NULL;
    }
    free(clean);
    return safe;
}

void gws_text_html(FILE *out, const char *text)
{
    char *safe = safe_of(text);

    for (const char *c = safe; c && *c; c++) {
        switch (*c) {
        case '<': fputs("&lt;", out); break;
        case '>': fputs("&gt;", out); break;
        case '&': fputs("&amp;", out); break;
        case '"': fputs("&quot;", out); break;
        case '\'': fputs("&#39;", out); break;
        default: fputc(*c, out);
        }
    }
    free(safe);
}

void gws_text_json(FILE *out, const char *text)
{
    char *safe = safe_of(text);

    fputc('"', out);
    for (const unsigned char *c = (const unsigned char *)safe; c && *c; c++) {
        if (*c < 0x20 || *c == '"' || *c == '\\' || *c == '<' || *c == '>' || *c == '&' || *c == '\'')
            fprintf(out, "\\u%04x", *c);
        else
            fputc(*c, out);
    }
    fputc('"', out);
    free(safe);
}

void gws_text_number(FILE *out, double v, int digits)
{
    char text[40];

    if (!isfinite(v)) {
        fputs("null", out);
        return;
    }
    gws_text_print(text, sizeof text, "%.*g", digits, v);
    fputs(text, out);
}

void gws_text_time(double s, char out[32])
{
    if (!isfinite(s))
        gws_text_print(out, 32, "not known");
    else
        gws_text_print(out, 32, "%.4g %s",
                       s > 172800 ? s / 86400
                       : s > 7200 ? s / 3600
                                  : s,
                       s > 172800 ? "days"
                       : s > 7200 ? "h"
                                  : "s");
}

void gws_text_base64(FILE *out, const void *data, size_t size)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *b = data;

    for (size_t i = 0; i < size; i += 3) {
        const uint32_t three = (uint32_t)b[i] << 16 | (i + 1 < size ? (uint32_t)b[i + 1] << 8 : 0) | (i + 2 < size ? b[i + 2] : 0);
        const char four[4] = {letters[three >> 18], letters[three >> 12 & 63u], i + 1 < size ? letters[three >> 6 & 63u] : '=',
                              i + 2 < size ? letters[three & 63u] : '='};
        fwrite(four, 1, 4, out);
    }
}
