#include "archive/http.h"

#include "base/log.h"

#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define SLOW_BYTES 100
#define MOST_WAIT_S 60.0
#define MOST_ASKED_WAIT_S 600.0 /* what a server may ask for */
#define CONNECT_S 20
#define UNREACHED 4 /* attempts while no server has answered */
#define TAG 512
#define FORWARD 1048576 /* bytes of an attempt after which the attempts are counted anew */

struct gws_http {
    CURL *curl;
    gws_http_params p;
    char *ca_file, *origin, *token, *cert, *key;
    struct curl_slist *headers;
    int reached; /* some server has answered */
};

/* What one attempt gathers. */
struct answer {
    char *text; /* of a document */
    size_t n, limit;
    int too_long;
    int fd;       /* of a file; -1: a document */
    int64_t from; /* bytes that were there before */
    int64_t written;
    int failed; /* errno of a write */
    char tag[TAG];
    double retry_after_s; /* NaN: not said */
    long code;
    const char *part; /* of a file */
    const gws_http_body *post;
    gws_http *h;
};

static int write_tag(const char *part, const char *tag);

gws_http_params gws_http_defaults(void)
{
    return (gws_http_params){.attempts = 10, .wait_s = 1, .stall_s = 30};
}

/* ---- the client ---- */

static int copy(const char *from, char **to)
{
    return !from || (*to = strdup(from)) != NULL;
}

gws_http *gws_http_create(const gws_http_params *params, gws_err *err)
{
    GWS_ASSERT(params && params->attempts > 0);
    gws_http *h = calloc(1, sizeof *h);
    if (!h)
        goto nomem;
    h->p = *params;
    if (!copy(params->ca_file, &h->ca_file) || !copy(params->origin, &h->origin) || !copy(params->token, &h->token) ||
        !copy(params->cert, &h->cert) || !copy(params->key ? params->key : params->cert, &h->key) ||
        curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || !(h->curl = curl_easy_init()))
        goto nomem;
    if (h->ca_file && access(h->ca_file, R_OK) != 0) {
        gws_err_set(err, GWS_EIO, "%s: %s", h->ca_file, strerror(errno));
        gws_http_destroy(h);
        return NULL;
    }
    return h;
nomem:
    gws_http_destroy(h);
    gws_err_set(err, GWS_ENOMEM, "https: out of memory");
    return NULL;
}

void gws_http_destroy(gws_http *h)
{
    if (!h)
        return;
    curl_slist_free_all(h->headers);
    if (h->curl)
        curl_easy_cleanup(h->curl);
    free(h->ca_file);
    free(h->origin);
    if (h->token)
        OPENSSL_cleanse(h->token, strlen(h->token));
    free(h->token);
    free(h->cert);
    free(h->key);
    free(h);
}

/* ---- one attempt ---- */

static size_t on_body(char *data, size_t size, size_t n, void *user)
{
    struct answer *a = user;
    n *= size;
    long code = 0;
    curl_easy_getinfo(a->h->curl, CURLINFO_RESPONSE_CODE, &code);
    if (code >= 300)
        return n; /* what a server says beside an error is not the file */
    if (a->fd >= 0) {
        if (a->written == 0 && !write_tag(a->part, a->tag)) /* before the first byte, so that a part is never without it */
            return a->failed = errno, 0;
        if (code == 200 && a->from > 0) { /* the file is another one, or the server cannot begin in the middle */
            if (ftruncate(a->fd, 0) != 0 || lseek(a->fd, 0, SEEK_SET) != 0)
                return a->failed = errno, 0;
            a->from = 0;
        }
        for (size_t done = 0; done < n;) {
            const ssize_t m = write(a->fd, data + done, n - done);
            if (m < 0 && errno == EINTR)
                continue;
            if (m < 0)
                return a->failed = errno, 0;
            done += (size_t)m;
        }
        a->written += (int64_t)n;
        return n;
    }
    if (n > a->limit - a->n) {
        a->too_long = 1;
        return 0;
    }
    char *more = realloc(a->text, a->n + n + 1);
    if (!more)
        return a->failed = ENOMEM, 0;
    a->text = more;
    memcpy(a->text + a->n, data, n);
    a->n += n;
    a->text[a->n] = '\0';
    return n;
}

static int begins(const char *line, size_t n, const char *name)
{
    const size_t m = strlen(name);
    return n > m && strncasecmp(line, name, m) == 0;
}

static size_t on_header(char *line, size_t size, size_t n, void *user)
{
    struct answer *a = user;
    n *= size;
    if (begins(line, n, "HTTP/")) { /* of a new answer, after a redirect */
        a->tag[0] = '\0';
        a->retry_after_s = (double)NAN;
    }
    const int etag = begins(line, n, "ETag:"), modified = begins(line, n, "Last-Modified:");
    if (etag || (modified && !a->tag[0])) {
        const char *p = strchr(line, ':') + 1;
        size_t m = n - (size_t)(p - line);
        while (m > 0 && (*p == ' ' || *p == '\t'))
            p++, m--;
        while (m > 0 && (p[m - 1] == '\r' || p[m - 1] == '\n' || p[m - 1] == ' '))
            m--;
        if (m > 0 && m < TAG && !(m > 2 && p[0] == 'W' && p[1] == '/')) { /* a weak tag does not promise the same bytes */
            memcpy(a->tag, p, m);
            a->tag[m] = '\0';
        }
    }
    if (begins(line, n, "Retry-After:")) {
        char text[64] = "", *end;
        const char *p = strchr(line, ':') + 1;
        snprintf(text, sizeof text, "%.*s", (int)(n - (size_t)(p - line)), p);
        const long s = strtol(text, &end, 10);
        if (end != text)
            a->retry_after_s = (double)s;
        else if (curl_getdate(text, NULL) > 0)
            a->retry_after_s = difftime(curl_getdate(text, NULL), time(NULL));
    }
    return n;
}

static int on_progress(void *user, curl_off_t total, curl_off_t now, curl_off_t up_total, curl_off_t up)
{
    struct answer *a = user;
    (void)up_total;
    (void)up;
    const gws_progress *p = &a->h->p.progress;
    const double before = (double)a->from;
    return gws_progress_tell(p, before + (double)now, total > 0 ? before + (double)total : 0, NULL);
}

/* Do two addresses have the same host and port? */
static int is_same_server(const char *a, const char *b)
{
    CURLU *u[2] = {curl_url(), curl_url()};
    const char *const text[2] = {a, b};
    char *host[2] = {NULL}, *port[2] = {NULL};
    int good = 1;
    for (int i = 0; i < 2; i++)
        good = good && u[i] && curl_url_set(u[i], CURLUPART_URL, text[i], 0) == CURLUE_OK &&
               curl_url_get(u[i], CURLUPART_HOST, &host[i], 0) == CURLUE_OK &&
               curl_url_get(u[i], CURLUPART_PORT, &port[i], CURLU_DEFAULT_PORT) == CURLUE_OK;
    good = good && strcasecmp(host[0], host[1]) == 0 && strcmp(port[0], port[1]) == 0;
    for (int i = 0; i < 2; i++) {
        curl_free(host[i]);
        curl_free(port[i]);
        curl_url_cleanup(u[i]);
    }
    return good;
}

/* Say who asks. */
static void identify(gws_http *h)
{
    if (h->token) {
        curl_easy_setopt(h->curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
        curl_easy_setopt(h->curl, CURLOPT_XOAUTH2_BEARER, h->token);
    }
    if (h->cert) {
        curl_easy_setopt(h->curl, CURLOPT_SSLCERT, h->cert);
        curl_easy_setopt(h->curl, CURLOPT_SSLKEY, h->key);
        curl_easy_setopt(h->curl, CURLOPT_KEYPASSWD, ""); /* nobody is asked for one */
    }
    if (h->token || h->cert)
        curl_easy_setopt(h->curl, CURLOPT_FOLLOWLOCATION, 0L);
}

static CURLcode attempt(gws_http *h, const char *url, struct answer *a, const char *tag)
{
    char range[64];
    CURL *c = h->curl;
    struct curl_slist *headers = NULL;
    char line[TAG + 32];
    curl_easy_reset(c);
    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "https");
    curl_easy_setopt(c, CURLOPT_REDIR_PROTOCOLS_STR, "https");
    curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 1L);
    curl_easy_setopt(c, CURLOPT_MAXREDIRS, 8L);
    curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(c, CURLOPT_USERAGENT, "gwspike");
    curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_S);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_LIMIT, (long)SLOW_BYTES);
    curl_easy_setopt(c, CURLOPT_LOW_SPEED_TIME, (long)ceil(h->p.stall_s));
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, a);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, a);
    curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(c, CURLOPT_XFERINFODATA, a);
    if (a->fd < 0)
        curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, "");
    if (h->ca_file)
        curl_easy_setopt(c, CURLOPT_CAINFO, h->ca_file);
    if (h->origin && is_same_server(url, h->origin))
        identify(h);
    headers = curl_slist_append(headers, a->fd < 0 ? "Accept: application/json" : "Accept: */*");
    if (a->post) {
        snprintf(line, sizeof line, "Content-Type: %s", a->post->type);
        headers = curl_slist_append(headers, line);
        headers = curl_slist_append(headers, "Expect:"); /* no wait for a "continue" */
        for (const char *const *p = a->post->headers; p && *p; p++)
            headers = curl_slist_append(headers, *p);
        curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
        curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)a->post->size);
        curl_easy_setopt(c, CURLOPT_POSTFIELDS, a->post->size ? (const char *)a->post->data : "");
    }
    if (a->from > 0) {
        snprintf(range, sizeof range, "%lld-", (long long)a->from);
        curl_easy_setopt(c, CURLOPT_RANGE, range);
        snprintf(line, sizeof line, "If-Range: %s", tag);
        headers = curl_slist_append(headers, line);
    }
    curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
    a->h = h;
    a->retry_after_s = (double)NAN;
    const CURLcode code = curl_easy_perform(c);
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &a->code);
    h->reached |= a->code > 0;
    curl_slist_free_all(headers);
    return code;
}

/* ---- and again ---- */

static int is_worth_another(CURLcode code, long status)
{
    switch (code) {
    case CURLE_OK: return status == 408 || status == 429 || status >= 500;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_PARTIAL_FILE:
    case CURLE_OPERATION_TIMEDOUT:
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
    case CURLE_SSL_CONNECT_ERROR: return 1;
    default: return 0;
    }
}

/* A machine without a network is not kept waiting for long. */
static int most_attempts(const gws_http *h)
{
    return h->reached || h->p.attempts < UNREACHED ? h->p.attempts : UNREACHED;
}

/* Sleep in short steps so that a stop is heard.  Returns not 0 when it was asked for. */
static int wait_for(const gws_http *h, double s)
{
    const double end = gws_now_s() + s;
    while (gws_now_s() < end) {
        const struct timespec step = {0, 100000000};
        if (gws_progress_tell(&h->p.progress, 0, 0, "waiting for the server"))
            return 1;
        nanosleep(&step, NULL);
    }
    return 0;
}

static gws_status explain(const struct answer *a, CURLcode code, const char *url, int attempts, gws_err *err)
{
    char *shown = gws_url_clean(url);
    const char *name = shown ? shown : "https";
    gws_status status;
    if (shown && a->post) /* the rest of a hook's address may be all that keeps others from it */
        shown[8 + strcspn(shown + 8, "/")] = '\0';
    if (code == CURLE_ABORTED_BY_CALLBACK)
        status = gws_err_set(err, GWS_ESTOP, "%s: stopped", name);
    else if (a->too_long)
        status = gws_err_set(err, GWS_EDATA, "%s: the answer is longer than %zu bytes", name, a->limit);
    else if (a->failed)
        status = gws_err_set(err, a->failed == ENOMEM ? GWS_ENOMEM : GWS_EIO, "%s: %s", name, strerror(a->failed));
    else if (code == CURLE_URL_MALFORMAT)
        status = gws_err_set(err, GWS_EARG, "%s: not an address as https has them", name);
    else if (code == CURLE_UNSUPPORTED_PROTOCOL)
        status = gws_err_set(err, GWS_EARG, "%s: only https is fetched, also where a server sends elsewhere", name);
    else if (code == CURLE_PEER_FAILED_VERIFICATION)
        status = gws_err_set(err, GWS_EIO, "%s: the server's certificate cannot be verified", name);
    else if (code != CURLE_OK)
        status = gws_err_set(err, GWS_EIO, "%s: %s, after %d attempt%s", name, curl_easy_strerror(code), attempts,
                             attempts == 1 ? "" : "s");
    else if (a->code == 404 || a->code == 410)
        status = gws_err_set(err, GWS_EDATA, "%s: the server does not have it (%ld)", name, a->code);
    else if (a->code == 401 || a->code == 403)
        status = gws_err_set(err, GWS_EIO, "%s: the server wants an authorization for this (%ld)", name, a->code);
    else if (a->code >= 300 && a->code < 400)
        status = gws_err_set(err, GWS_EIO, "%s: the server sends elsewhere (%ld), where this is not sent", name, a->code);
    else
        status = gws_err_set(err, GWS_EIO, "%s: the server answers %ld, after %d attempt%s", name, a->code, attempts,
                             attempts == 1 ? "" : "s");
    free(shown);
    return status;
}

static gws_status refuse_scheme(const char *url, gws_err *err)
{
    if (strncasecmp(url, "https://", 8) == 0)
        return GWS_OK;
    char *shown = gws_url_clean(url);
    gws_status status =
        gws_err_set(err, GWS_EARG, "%s: only https is fetched", shown ? url[0] ? shown : "an empty address" : "an address");
    free(shown);
    return status;
}

static double next_wait(const struct answer *a, double *wait_s)
{
    const double s = a->retry_after_s >= 0 ? fmin(a->retry_after_s, MOST_ASKED_WAIT_S) : *wait_s;
    *wait_s = fmin(2 * *wait_s, MOST_WAIT_S);
    return s;
}

/* A document, or what comes back for a body. */
static gws_status ask(gws_http *h, const char *url, const gws_http_body *post, size_t limit, char **out, size_t *size, gws_err *err)
{
    double wait_s = h->p.wait_s;
    gws_status status = refuse_scheme(url, err);
    *out = NULL;
    if (status != GWS_OK)
        return status;
    for (int k = 1;; k++) {
        struct answer a = {.fd = -1, .limit = limit, .post = post};
        CURLcode code = attempt(h, url, &a, "");
        if (code == CURLE_OK && a.code >= 200 && a.code < 300) {
            *out = a.text ? a.text : calloc(1, 1);
            if (size)
                *size = a.n;
            return *out ? GWS_OK : gws_err_set(err, GWS_ENOMEM, "https: out of memory");
        }
        free(a.text);
        a.text = NULL;
        if (k >= most_attempts(h) || !is_worth_another(code, a.code))
            return explain(&a, code, url, k, err);
        if (!post)
            gws_log_write(GWS_LOG_DEBUG, "archive", "%s: %s (%ld), attempt %d", url, curl_easy_strerror(code), a.code, k);
        if (wait_for(h, next_wait(&a, &wait_s)))
            return explain(&a, CURLE_ABORTED_BY_CALLBACK, url, k, err);
    }
}

gws_status gws_http_get(gws_http *h, const char *url, size_t limit, char **out, size_t *size, gws_err *err)
{
    GWS_ASSERT(h && url && out);
    return ask(h, url, NULL, limit, out, size, err);
}

gws_status gws_http_post(gws_http *h, const char *url, const gws_http_body *body, size_t limit, char **out, gws_err *err)
{
    GWS_ASSERT(h && url && body && body->type && (body->data || body->size == 0));
    char *answer = NULL;
    gws_status status = ask(h, url, body, limit, &answer, NULL, err);
    if (out)
        *out = answer;
    else
        free(answer);
    return status;
}

/* What the server called the part that is there; "" when nothing is known, and the part is of no use then. */
static void read_tag(const char *part, char tag[TAG])
{
    char name[4200];
    tag[0] = '\0';
    snprintf(name, sizeof name, "%s.tag", part);
    FILE *f = fopen(name, "re");
    if (!f)
        return;
    if (!fgets(tag, TAG, f))
        tag[0] = '\0';
    tag[strcspn(tag, "\r\n")] = '\0';
    fclose(f);
}

static int write_tag(const char *part, const char *tag)
{
    char name[4200];
    snprintf(name, sizeof name, "%s.tag", part);
    if (!tag[0])
        return unlink(name) == 0 || errno == ENOENT;
    FILE *f = fopen(name, "we");
    if (!f)
        return 0;
    const int good = fputs(tag, f) >= 0;
    return fclose(f) == 0 && good;
}

static int64_t size_of(int fd)
{
    struct stat st;
    return fstat(fd, &st) == 0 ? (int64_t)st.st_size : -1;
}

/* The rest of a part, in one request. */
static CURLcode go_on(gws_http *h, const char *url, const char *part, int fd, struct answer *a)
{
    char tag[TAG];
    read_tag(part, tag);
    *a = (struct answer){.fd = fd, .part = part};
    if (!tag[0] && ftruncate(fd, 0) != 0)
        return a->failed = errno, CURLE_WRITE_ERROR;
    a->from = size_of(fd);
    lseek(fd, 0, SEEK_END);
    CURLcode code = attempt(h, url, a, tag);
    if (a->from > 0 && a->code == 416) { /* nothing comes behind it: it was whole, or it is another file; begin anew */
        write_tag(part, "");
        *a = (struct answer){.fd = fd, .part = part};
        if (ftruncate(fd, 0) != 0)
            return a->failed = errno, CURLE_WRITE_ERROR;
        lseek(fd, 0, SEEK_SET);
        code = attempt(h, url, a, "");
    }
    return code;
}

gws_status gws_http_download(gws_http *h, const char *url, int fd, const char *part, gws_err *err)
{
    GWS_ASSERT(h && url && part && fd >= 0);
    double wait_s = h->p.wait_s;
    gws_status status = refuse_scheme(url, err);
    for (int k = 1; status == GWS_OK; k++) {
        struct answer a;
        const CURLcode code = go_on(h, url, part, fd, &a);
        if (code == CURLE_OK && (a.code == 200 || a.code == 206)) {
            if (fsync(fd) != 0)
                status = gws_err_set(err, GWS_EIO, "%s: %s", part, strerror(errno));
            break;
        }
        if (a.written >= FORWARD)
            k = 1;
        if (k >= most_attempts(h) || !is_worth_another(code, a.code)) {
            status = explain(&a, code, url, k, err);
        } else {
            gws_log_write(GWS_LOG_DEBUG, "archive", "%s: %s (%ld), goes on at byte %lld", url, curl_easy_strerror(code), a.code,
                          (long long)size_of(fd));
            if (wait_for(h, next_wait(&a, &wait_s)))
                status = explain(&a, CURLE_ABORTED_BY_CALLBACK, url, k, err);
        }
    }
    return status;
}
