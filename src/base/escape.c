#include "base/escape.h"

#include <string.h>

/* Bytes of the character at text that may be shown as it is: 0 when it may not. */
static size_t harmless(const unsigned char *text, int lines)
{
    unsigned char c = text[0];
    if (c < 0x80)
        return (c >= ' ' && c != 0x7f) || (lines && (c == '\n' || c == '\t'));
    size_t n = c >= 0xf0 && c < 0xf5 ? 4 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xc2 && c < 0xe0 ? 2 : 0;
    for (size_t i = 1; i < n; i++)
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    if (n == 2 && c == 0xc2 && text[1] < 0xa0) /* control characters a second time, U+0080 to U+009F */
        return 0;
    if ((c == 0xe0 && text[1] < 0xa0) || (c == 0xed && text[1] > 0x9f) || (c == 0xf0 && text[1] < 0x90) ||
        (c == 0xf4 && text[1] > 0x8f))
        return 0; /* longer than need be, half of a pair, beyond Unicode */
    return n;
}

/* The next character as it is shown, at most 4 bytes. Returns how many there are in `shown`, and the bytes of text in `used`. */
static size_t show(const char *text, int lines, char shown[5], size_t *used)
{
    static const char hex[] = "0123456789abcdef";
    const unsigned char *p = (const unsigned char *)text;
    size_t n = harmless(p, lines);
    *used = n ? n : 1;
    if (n) {
        memcpy(shown, text, n);
    } else if (!lines && (*text == '\n' || *text == '\r')) {
        shown[0] = ' ';
        n = 1;
    } else {
        memcpy(shown, (char[4]){'\\', 'x', hex[*p >> 4], hex[*p & 15]}, 4);
        n = 4;
    }
    return n;
}

void gws_escape(char *out, size_t size, const char *text, int lines)
{
    size_t at = 0;
    while (*text) {
        char shown[5];
        size_t used, n = show(text, lines, shown, &used);
        if (at + n >= size)
            break;
        memcpy(out + at, shown, n);
        at += n;
        text += used;
    }
    out[at] = '\0';
}

void gws_escape_print(FILE *out, const char *text, int lines)
{
    while (*text) {
        char shown[5];
        size_t used, n = show(text, lines, shown, &used);
        fwrite(shown, 1, n, out);
        text += used;
    }
}
