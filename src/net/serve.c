#include "net/serve.h"

#include "base/log.h"
#include "base/number.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SOCK_CLOEXEC /* macOS */
#define SOCK_CLOEXEC 0
#endif

#define CONNECTIONS 32
#define SILENCE_S 10
#define WHERE_MOST 64

struct gws_serve {
    struct MHD_Daemon *daemon;
    int fd; /* until the daemon has it */
    const gws_serve_page *pages;
    int n;
    void *user;
    char address[96];
};

const char *gws_serve_library(void)
{
    static char name[64];
    snprintf(name, sizeof name, "libmicrohttpd %s", MHD_get_version());
    return name;
}

/* ---- answers ---- */

static enum MHD_Result answer(struct MHD_Connection *c, int status, const char *type, char *text)
{
    struct MHD_Response *r = text ? MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE) : NULL;
    if (!r) {
        free(text);
        return MHD_NO; /* memory is out: the connection is closed */
    }
    MHD_add_response_header(r, "Content-Type", type);
    MHD_add_response_header(r, "Cache-Control", "no-store");
    MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
    if (status == MHD_HTTP_METHOD_NOT_ALLOWED)
        MHD_add_response_header(r, "Allow", "GET, HEAD");
    const enum MHD_Result queued = MHD_queue_response(c, (unsigned)status, r);
    MHD_destroy_response(r);
    return queued;
}

static char *list_of(const gws_serve *s)
{
    size_t size = 1;
    for (int i = 0; i < s->n; i++)
        size += strlen(s->pages[i].path) + 1;
    char *text = calloc(size, 1), *to = text;
    for (int i = 0; text && i < s->n; i++)
        to += sprintf(to, "%s\n", s->pages[i].path);
    return text;
}

static enum MHD_Result on_request(void *user, struct MHD_Connection *c, const char *path, const char *method, const char *version,
                                  const char *upload, size_t *upload_size, void **state)
{
    static const char plain[] = "text/plain; charset=utf-8";
    static int seen;
    const gws_serve *s = user;
    char *text = NULL;
    (void)version;
    (void)upload;
    if (strcmp(method, MHD_HTTP_METHOD_GET) != 0 && strcmp(method, MHD_HTTP_METHOD_HEAD) != 0) {
        if (!*state) /* a body comes first, which nobody reads */
            return *state = &seen, MHD_YES;
        if (*upload_size > 0)
            return *upload_size = 0, MHD_YES;
        return answer(c, MHD_HTTP_METHOD_NOT_ALLOWED, plain, strdup("GET and HEAD only\n"));
    }
    if (!*state) /* the request is not whole yet */
        return *state = &seen, MHD_YES;
    for (int i = 0; i < s->n; i++)
        if (strcmp(path, s->pages[i].path) == 0) {
            const int status = s->pages[i].make(s->user, &text);
            return answer(c, status, s->pages[i].type, text);
        }
    if (strcmp(path, "/") == 0)
        return answer(c, MHD_HTTP_OK, plain, list_of(s));
    return answer(c, MHD_HTTP_NOT_FOUND, plain, strdup("no such page\n"));
}

static void on_log(void *user, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
static void on_log(void *user, const char *fmt, va_list ap)
{
    char text[300];
    (void)user;
    gws_text_vprint(text, sizeof text, fmt, ap);
    text[strcspn(text, "\n")] = '\0';
    gws_log_write(GWS_LOG_DEBUG, "serve", "%s", text);
}

/* ---- the address ---- */

typedef union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
} address;

static gws_status refuse(const char *where, gws_err *err)
{
    return gws_err_set(err, GWS_EARG,
                       "'%.60s': wanted PORT, ADDRESS:PORT or [ADDRESS]:PORT, the address in digits, the port up to 65535", where);
}

static gws_status parse(const char *where, address *out, socklen_t *size, gws_err *err)
{
    char host[WHERE_MOST] = "127.0.0.1", *end;
    const char *colon = strrchr(where, ':'), *digits = colon ? colon + 1 : where;
    if (strlen(where) >= sizeof host || strspn(digits, "0123456789") != strlen(digits) || !*digits)
        return refuse(where, err);
    const long port = strtol(digits, &end, 10);
    if (port > 65535 || strlen(digits) > 5)
        return refuse(where, err);
    if (colon) {
        const size_t n = (size_t)(colon - where);
        const int brackets = n >= 2 && where[0] == '[' && where[n - 1] == ']';
        snprintf(host, sizeof host, "%.*s", (int)(brackets ? n - 2 : n), where + brackets);
        if (!brackets && strchr(host, ':'))
            return refuse(where, err);
    }
    *out = (address){0};
    if (inet_pton(AF_INET, host, &out->v4.sin_addr) == 1) {
        out->v4.sin_family = AF_INET;
        out->v4.sin_port = htons((uint16_t)port);
        *size = sizeof out->v4;
    } else if (inet_pton(AF_INET6, host, &out->v6.sin6_addr) == 1) {
        out->v6.sin6_family = AF_INET6;
        out->v6.sin6_port = htons((uint16_t)port);
        *size = sizeof out->v6;
    } else {
        return refuse(where, err);
    }
    return GWS_OK;
}

/* A socket of our own, not the library's: its failure has a reason, and port 0 an answer. */
static gws_status listen_at(gws_serve *s, const char *where, gws_err *err)
{
    address a;
    socklen_t size;
    const int on = 1;
    char host[INET6_ADDRSTRLEN] = "";
    gws_status status = parse(where, &a, &size, err);
    if (status != GWS_OK)
        return status;
    s->fd = socket(a.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (s->fd < 0)
        return gws_err_set(err, GWS_EIO, "%s: %s", where, strerror(errno));
    setsockopt(s->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (a.any.sa_family == AF_INET6)
        setsockopt(s->fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (bind(s->fd, &a.any, size) != 0 || listen(s->fd, CONNECTIONS) != 0 || getsockname(s->fd, &a.any, &size) != 0)
        return gws_err_set(err, GWS_EIO, "%s: %s", where, strerror(errno));
    if (a.any.sa_family == AF_INET) {
        inet_ntop(AF_INET, &a.v4.sin_addr, host, sizeof host);
        snprintf(s->address, sizeof s->address, "http://%s:%u", host, (unsigned)ntohs(a.v4.sin_port));
    } else {
        inet_ntop(AF_INET6, &a.v6.sin6_addr, host, sizeof host);
        snprintf(s->address, sizeof s->address, "http://[%s]:%u", host, (unsigned)ntohs(a.v6.sin6_port));
    }
    return GWS_OK;
}

/* ---- the server ---- */

gws_serve *gws_serve_create(const char *where, const gws_serve_page *pages, int n, void *user, gws_err *err)
{
    GWS_ASSERT(where && pages && n > 0);
    gws_serve *s = calloc(1, sizeof *s);
    if (!s) {
        gws_err_set(err, GWS_ENOMEM, "%s: out of memory", where);
        return NULL;
    }
    *s = (gws_serve){.fd = -1, .pages = pages, .n = n, .user = user};
    if (listen_at(s, where, err) != GWS_OK)
        goto fail;
    s->daemon =
        MHD_start_daemon(MHD_USE_AUTO_INTERNAL_THREAD | MHD_USE_ERROR_LOG, 0, NULL, NULL, on_request, s, MHD_OPTION_LISTEN_SOCKET,
                         s->fd, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
                         (unsigned)SILENCE_S, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL, MHD_OPTION_END);
    if (!s->daemon) {
        gws_err_set(err, GWS_EIO, "%s: libmicrohttpd cannot begin", where);
        goto fail;
    }
    s->fd = -1;
    return s;
fail:
    gws_serve_destroy(s);
    return NULL;
}

const char *gws_serve_address(const gws_serve *s)
{
    return s->address;
}

void gws_serve_destroy(gws_serve *s)
{
    if (!s)
        return;
    if (s->daemon)
        MHD_stop_daemon(s->daemon);
    if (s->fd >= 0)
        close(s->fd);
    free(s);
}
