#include "archive/url.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

char *gws_url_clean(const char *url)
{
    const size_t n = strlen(url);
    char *out = malloc(n + 2), *to = out;
    if (!out)
        return NULL;
    const char *from = url;
    if (strncasecmp(from, "http://", 7) == 0 || strncasecmp(from, "https://", 8) == 0) {
        from = strchr(from, ':') + 3;
        to += sprintf(to, "https://");
        const size_t host = strcspn(from, "/?#");
        for (size_t i = 0; i < host; i++)
            if (from[i] == '@') { /* the last one ends user and password */
                from += i + 1;
                return strcpy(to, from), to[strcspn(to, "?#")] = '\0', out;
            }
    }
    strcpy(to, from);
    to[strcspn(to, "?#")] = '\0';
    return out;
}

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
