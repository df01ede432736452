#include "base/err.h"

#include "base/escape.h"
#include "base/number.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

gws_status gws_err_set(gws_err *err, gws_status status, const char *fmt, ...)
{
    if (!err)
        return status;
    va_list ap;
    va_start(ap, fmt);
    /* through a buffer of its own, because an argument may be err->text itself */
    char text[sizeof err->text];
    gws_text_vprint(text, sizeof text, fmt, ap);
    va_end(ap);
    err->status = status;
    /* one line whatever a file name or a library message contains, and nothing that a terminal would obey */
    gws_escape(err->text, sizeof err->text, text, 0);
    return status;
}

void gws_err_prefix(gws_err *err, const char *fmt, ...)
{
    if (!err)
        return;
    va_list ap;
    va_start(ap, fmt);
    char text[sizeof err->text];
    int n = gws_text_vprint(text, sizeof text, fmt, ap);
    va_end(ap);
    if (n < 0)
        return;
    size_t used = (size_t)n < sizeof text ? (size_t)n : sizeof text - 1;
    const char *parts[2] = {": ", err->text};
    for (int i = 0; i < 2; i++) {
        size_t room = sizeof text - 1 - used, len = strlen(parts[i]);
        if (len > room)
            len = room;
        memcpy(text + used, parts[i], len);
        used += len;
    }
    text[used] = '\0';
    gws_escape(err->text, sizeof err->text, text, 0);
}

const char *gws_status_name(gws_status status)
{
    switch (status) {
    case GWS_OK: return "ok";
    case GWS_EARG: return "argument";
    case GWS_ENOMEM: return "memory";
    case GWS_EIO: return "io";
    case GWS_EFORMAT: return "format";
    case GWS_EVERSION: return "version";
    case GWS_EDATA: return "data";
    case GWS_ENUM: return "number";
    case GWS_ESTOP: return "stopped";
    }
    return "unknown";
}
