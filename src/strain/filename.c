#include "strain/filename.h"

#include "base/ifo.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A whole number of at most 10 digits that ends in front of `end`. */
static int number_before(const char *begin, const char *end, int64_t *out)
{
    if (end <= begin || end - begin > 10)
        return 0;
    *out = 0;
    for (const char *p = begin; p < end; p++) {
        if (!isdigit((unsigned char)*p))
            return 0;
        *out = *out * 10 + (*p - '0');
    }
    return 1;
}

int gws_filename_parse(const char *path, gws_filename *out)
{
    const char *name = strrchr(path, '/');
    name = name ? name + 1 : path;
    memset(out, 0, sizeof *out);
    const char *end = NULL, *dash[3];
    int n = 0;
    for (const char *p = name; *p; p++) {
        if (*p == '-' && n < 3)
            dash[n++] = p;
        else if (*p == '-')
            return 0;
        else if (*p == '.' && n == 3 && !end)
            end = p;
    }
    gws_filename f = {.start_s = 0};
    if (n != 3 || !end || dash[0] == name || !number_before(dash[1] + 1, dash[2], &f.start_s) ||
        !number_before(dash[2] + 1, end, &f.duration_s) || f.duration_s == 0)
        return 0;
    const char *what = dash[0] + 1;
    const char word[4] = {what[0], what[0] ? what[1] : '\0', '\0', '\0'};
    if (gws_is_ifo(word) && (what[2] == '_' || what[2] == '-' || what[2] == ':'))
        memcpy(f.ifo, word, sizeof f.ifo);
    *out = f;
    return 1;
}
