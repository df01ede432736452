#include "archive/url.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

void gws_url_escape(const char *text, char *out, size_t size)
{
    size_t n = 0;
    for (; *text && n + 4 < size; text++)
        if (isalnum((unsigned char)*text) || strchr("-_.~@", *text))
            out[n++] = *text;
        else
            n += (size_t)snprintf(out + n, size - n, "%%%02X", (unsigned char)*text);
    out[n] = '\0';
}

char *gws_url_clean(const char *url)
{
    const size_t size = strlen(url) + 2;
    char *out = malloc(size);
    const char *from = url, *scheme = "";
    if (!out)
        return NULL;
    if (strncasecmp(from, "http://", 7) == 0 || strncasecmp(from, "https://", 8) == 0) {
        from = strchr(from, ':') + 3;
        scheme = "https://";
        for (size_t i = strcspn(from, "/?#"); i > 0; i--)
            if (from[i - 1] == '@') { /* the last one ends user and password */
                from += i;
                break;
            }
    }
    snprintf(out, size, "%s%.*s", scheme, (int)strcspn(from, "?#"), from);
    return out;
}
