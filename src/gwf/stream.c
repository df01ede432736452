/* stream.c - frame files one behind the other; see gwf.h. */
#include "gwf/parse.h"

#include <string.h>

#define HEAD 8 /* bytes of the length that begins a structure */

/* FrEndOfFile: its length in versions 6 and 8; that of the file stands behind 14 bytes of header and 4 of the number of frames. */
#define LAST_6 42
#define LAST_8 46
#define BYTES_AT 18

static uint64_t number_of(const unsigned char *b, int big)
{
    uint64_t x = 0;
    for (int i = 0; i < 8; i++)
        x |= (uint64_t)b[i] << 8 * (big ? 7 - i : i);
    return x;
}

static int is_big(const unsigned char *header)
{
    return header[12] == 0x12;
}

static int is_header(const unsigned char *h)
{
    return memcmp(h, "IGWD", 5) == 0 && (h[5] == 6 || h[5] == 8) && memcmp(h + 7, "\2\4\10\4\10", 5) == 0 &&
           (memcmp(h + 12, "\x12\x34\x12\x34\x56\x78", 6) == 0 || memcmp(h + 12, "\x34\x12\x78\x56\x34\x12", 6) == 0);
}

size_t gws_gwf_find_header(const void *bytes, size_t from, size_t n)
{
    const unsigned char *b = bytes, *at;
    while (n - from >= GWS_GWF_HEADER && (at = memchr(b + from, 'I', n - from - GWS_GWF_HEADER + 1))) {
        if (is_header(at))
            return (size_t)(at - b);
        from = (size_t)(at - b) + 1;
    }
    return n;
}

gws_gwf_extent gws_gwf_measure(const void *bytes, size_t n, uint64_t *at)
{
    const unsigned char *b = bytes;
    GWS_ASSERT(n >= GWS_GWF_HEADER && is_header(b));
    const int big = is_big(b), last = b[5] == 8 ? LAST_8 : LAST_6;
    *at = *at ? *at : GWS_GWF_HEADER;
    while (*at <= n && n - *at >= HEAD) {
        const uint64_t length = number_of(b + *at, big);
        if (length < 14 || length > INT64_MAX - *at)
            return GWS_GWF_DAMAGED;
        if (length == (uint64_t)last && n - *at < BYTES_AT + 8)
            return GWS_GWF_GOES_ON;
        if (length == (uint64_t)last && number_of(b + *at + BYTES_AT, big) == *at + length) {
            if (n - *at < length)
                return GWS_GWF_GOES_ON;
            *at += length;
            return GWS_GWF_ENDS;
        }
        *at += length;
    }
    return GWS_GWF_GOES_ON;
}
