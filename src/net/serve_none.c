/* In place of serve.c where libmicrohttpd is not: create fails, so that nothing else is ever called. */
#include "net/serve.h"

#include <stddef.h>

const char *gws_serve_library(void)
{
    return NULL;
}

gws_serve *gws_serve_create(const char *where, const gws_serve_page *pages, int n, void *user, gws_err *err)
{
    (void)where;
    (void)pages;
    (void)n;
    (void)user;
    gws_err_set(err, GWS_EVERSION, "http: this program was built without libmicrohttpd (Debian: libmicrohttpd-dev)");
    return NULL;
}

const char *gws_serve_address(const gws_serve *s)
{
    GWS_ASSERT(!s);
    return "";
}

void gws_serve_destroy(gws_serve *s)
{
    GWS_ASSERT(!s);
}
