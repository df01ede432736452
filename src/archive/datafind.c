#include "archive/datafind.h"

#include "base/array.h"
#include "base/file.h"
#include "strain/inputs.h"

#include <ctype.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define ANSWER ((size_t)256 << 20) /* bytes of one answer */

struct gws_datafind {
    gws_http *http;
    char *server, *director;
    const char *prefix;
};

/* ---- the server ---- */

gws_status gws_datafind_server(const char *name, char **out, gws_err *err)
{
    const char *host = name + strspn(name, "/");
    const size_t n = strcspn(host, "/");
    *out = NULL;
    if (strncasecmp(name, "http://", 7) == 0 || (!strstr(name, "://") && n > 3 && strncmp(host + n - 3, ":80", 3) == 0))
        return gws_err_set(err, GWS_EARG, "a data-find server is asked over https, and this one is named for http");
    if (strstr(name, "://") && strncasecmp(name, "https://", 8) != 0)
        return gws_err_set(err, GWS_EARG, "wanted a data-find server's name or https://..., found an address of another scheme");
    if (strncasecmp(name, "https://", 8) == 0)
        host = name + 8;
    if (!*host || asprintf(out, "https://%s", host) < 0)
        return gws_err_set(err, *host ? GWS_ENOMEM : GWS_EARG, "%s",
                           *host ? "datafind: out of memory" : "an empty data-find server");
    for (size_t k = strlen(*out); k > 9 && (*out)[k - 1] == '/';)
        (*out)[--k] = '\0';
    return GWS_OK;
}

gws_datafind *gws_datafind_create(gws_http *http, const char *server, const char *api, const char *director, gws_err *err)
{
    GWS_ASSERT(http && server);
    const int ldr = api && strcasecmp(api, "ldr") == 0;
    if (api && *api && !ldr && strcasecmp(api, "v1") != 0) {
        gws_err_set(err, GWS_EARG, "the data-find server's interface: wanted v1 or ldr, found '%.40s'", api);
        return NULL;
    }
    gws_datafind *d = calloc(1, sizeof *d);
    if (!d || !(d->server = strdup(server)) || (director && !(d->director = strdup(director)))) {
        gws_datafind_destroy(d);
        gws_err_set(err, GWS_ENOMEM, "datafind: out of memory");
        return NULL;
    }
    d->http = http;
    d->prefix = ldr ? "LDR/services/data/v1" : "api/v1";
    return d;
}

void gws_datafind_destroy(gws_datafind *d)
{
    if (!d)
        return;
    free(d->server);
    free(d->director);
    free(d);
}

/* ---- answers ---- */

static gws_status ask(gws_datafind *d, const char *path, char **text, size_t *n, gws_err *err)
{
    char *url = NULL;
    if (asprintf(&url, "%s/%s/%s", d->server, d->prefix, path) < 0)
        return gws_err_set(err, GWS_ENOMEM, "datafind: out of memory");
    const gws_status status = gws_http_get(d->http, url, ANSWER, text, n, err);
    free(url);
    return status;
}

static gws_status parse(const char *text, size_t n, json_t **out, gws_err *err)
{
    json_error_t why;
    *out = json_loadb(text, n, 0, &why);
    if (json_is_array(*out))
        return GWS_OK;
    gws_status status = gws_err_set(err, GWS_EFORMAT, "the data-find server: wanted a list in JSON%s%.100s", *out ? "" : ": ",
                                    *out ? "" : why.text);
    json_decref(*out);
    *out = NULL;
    return status;
}

static gws_status ask_list(gws_datafind *d, const char *path, json_t **out, gws_err *err)
{
    char *text = NULL;
    size_t n = 0;
    *out = NULL;
    gws_status status = ask(d, path, &text, &n, err);
    if (status == GWS_OK)
        status = parse(text, n, out, err);
    free(text);
    return status;
}

/* ---- files ---- */

/* An address and how good it is. */
struct place {
    const char *url, *name; /* the name: its last part */
    int rank, order;
};

static int rank_of(const char *url)
{
    if (strncasecmp(url, "file:", 5) == 0) {
        gws_remote r = {.url = (char *)(uintptr_t)url};
        char *path = gws_remote_path(&r);
        const int there = path && gws_file_exists(path);
        free(path);
        return there ? 0 : 5;
    }
    if (strncasecmp(url, "https:", 6) == 0)
        return 1;
    return strncasecmp(url, "osdf:", 5) == 0 ? 2 : 4;
}

static int is_type(const char *url, const char *urltype)
{
    const size_t n = strlen(urltype);
    return strncasecmp(url, urltype, n) == 0 && url[n] == ':';
}

static int by_name_and_rank(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    const int c = strcmp(x->name, y->name);
    return c ? c : x->rank != y->rank ? x->rank - y->rank : x->order - y->order;
}

/* SITE-TYPE-START-DURATION.ext; returns 0 when it is none. */
static int read_name(const char *name, gws_remote *r)
{
    char *end;
    const size_t site = strcspn(name, "-");
    if (name[site] != '-' || site == 0)
        return 0;
    const char *type = name + site + 1;
    const size_t n = strcspn(type, "-");
    if (type[n] != '-' || n == 0 || n >= sizeof r->source || !isdigit((unsigned char)type[n + 1]))
        return 0;
    r->start_s = strtoll(type + n + 1, &end, 10);
    if (*end != '-' || !isdigit((unsigned char)end[1]) || r->start_s > INT64_C(4000000000))
        return 0;
    r->duration_s = strtoll(end + 1, &end, 10);
    if (*end != '.' || r->duration_s <= 0 || r->duration_s > INT64_C(4000000000))
        return 0;
    memcpy(r->source, type, n);
    r->source[n] = '\0';
    /* H1_HOFT_C00 of H is of one detector; R of HL is of what its site says */
    const int one = site == 1 && n > 2 && type[0] == name[0] && isdigit((unsigned char)type[1]) && type[2] == '_';
    snprintf(r->ifo, sizeof r->ifo, "%.*s", one ? 2 : (int)(site < 3 ? site : 3), one ? type : name);
    return 1;
}

static gws_status take(const json_t *urls, const gws_datafind_query *q, gws_remote_list *out, gws_err *err)
{
    struct place *places = calloc(json_array_size(urls) + 1, sizeof *places);
    gws_status status = places ? GWS_OK : gws_err_set(err, GWS_ENOMEM, "datafind: out of memory");
    int n = 0;
    size_t i;
    json_t *u;
    json_array_foreach(urls, i, u)
    {
        const char *url = json_string_value(u), *slash = url ? strrchr(url, '/') : NULL;
        if (status != GWS_OK || (url && q->urltype && !is_type(url, q->urltype)))
            continue;
        if (!slash)
            status = gws_err_set(err, GWS_EFORMAT, "the data-find server: wanted a list of addresses");
        else
            places[n] = (struct place){url, slash + 1, rank_of(url), n}, n++;
    }
    if (status == GWS_OK && n > 0)
        qsort(places, (size_t)n, sizeof *places, by_name_and_rank);
    for (int k = 0; k < n && status == GWS_OK; k++) {
        gws_remote r = {0};
        if (k > 0 && strcmp(places[k].name, places[k - 1].name) == 0)
            continue;
        if (!read_name(places[k].name, &r))
            status =
                gws_err_set(err, GWS_EFORMAT, "the data-find server: wanted a file called SITE-TYPE-START-DURATION, found '%.80s'",
                            places[k].name);
        else
            status = gws_remote_add(out, &r, places[k].url, err);
    }
    free(places);
    if (status == GWS_OK)
        gws_remote_settle(out);
    else
        gws_remote_list_clear(out);
    return status;
}

gws_status gws_datafind_read(const char *urls, size_t n, const gws_datafind_query *q, gws_remote_list *out, gws_err *err)
{
    json_t *list = NULL;
    memset(out, 0, sizeof *out);
    gws_status status = parse(urls, n, &list, err);
    if (status == GWS_OK)
        status = take(list, q, out, err);
    json_decref(list);
    return status;
}

/* osdf:///igwn/... at the director, which sends on to a cache. */
static gws_status direct(const gws_datafind *d, gws_remote_list *list, gws_err *err)
{
    for (int i = 0; d->director && i < list->n; i++) {
        const char *path = list->files[i].url;
        char *url = NULL;
        if (strncasecmp(path, "osdf://", 7) != 0)
            continue;
        path += 7;
        path += strcspn(path, "/"); /* a name of the federation, if there is one */
        const size_t n = strlen(d->director);
        if (asprintf(&url, "%.*s%s", (int)(n > 0 && d->director[n - 1] == '/' ? n - 1 : n), d->director, path) < 0)
            return gws_err_set(err, GWS_ENOMEM, "datafind: out of memory");
        free(list->files[i].url);
        list->files[i].url = url;
    }
    return GWS_OK;
}

/* The site and the type as parts of a path. */
static void stub(const gws_datafind_query *q, char out[800])
{
    char site[64], type[300];
    const char first[2] = {q->type[0], '\0'};
    gws_url_escape(q->site ? q->site : first, site, sizeof site);
    gws_url_escape(q->type, type, sizeof type);
    snprintf(out, 800, "%s/%s/%s", q->extension, site, type);
}

static gws_status list_files(gws_datafind *d, const char *path, const gws_datafind_query *q, gws_remote_list *out, gws_err *err)
{
    char *text = NULL;
    size_t n = 0;
    memset(out, 0, sizeof *out);
    gws_status status = ask(d, path, &text, &n, err);
    if (status == GWS_OK)
        status = gws_datafind_read(text, n, q, out, err);
    free(text);
    if (status == GWS_OK && (status = direct(d, out, err)) != GWS_OK)
        gws_remote_list_clear(out);
    return status;
}

gws_status gws_datafind_files(gws_datafind *d, const gws_datafind_query *q, gws_remote_list *out, gws_err *err)
{
    GWS_ASSERT(d && q && q->type && q->extension && out && q->begin_s < q->end_s);
    char at[800], match[600] = "", path[2000];
    stub(q, at);
    if (q->match)
        gws_url_escape(q->match, match, sizeof match);
    snprintf(path, sizeof path, "%s/%" PRId64 ",%" PRId64 "%s%s.json%s%s", at, q->begin_s, q->end_s, q->urltype ? "/" : "",
             q->urltype ? q->urltype : "", q->match ? "?match=" : "", match);
    return list_files(d, path, q, out, err);
}

gws_status gws_datafind_latest(gws_datafind *d, const gws_datafind_query *q, gws_remote_list *out, gws_err *err)
{
    GWS_ASSERT(d && q && q->type && q->extension && out);
    char at[800], path[1000];
    stub(q, at);
    snprintf(path, sizeof path, "%s/latest%s%s.json", at, q->urltype ? "/" : "", q->urltype ? q->urltype : "");
    return list_files(d, path, q, out, err);
}

/* ---- what there is ---- */

static gws_status list_names(gws_datafind *d, const char *path, char ***out, int *n, gws_err *err)
{
    json_t *list = NULL, *item;
    size_t i;
    *out = NULL;
    *n = 0;
    gws_status status = ask_list(d, path, &list, err);
    if (status == GWS_OK && !(*out = calloc(json_array_size(list) + 1, sizeof **out)))
        status = gws_err_set(err, GWS_ENOMEM, "datafind: out of memory");
    json_array_foreach(list, i, item)
    {
        if (status == GWS_OK && !json_is_string(item))
            status = gws_err_set(err, GWS_EFORMAT, "the data-find server: wanted a list of names");
        else if (status == GWS_OK && !((*out)[(*n)++] = strdup(json_string_value(item))))
            status = gws_err_set(err, GWS_ENOMEM, "datafind: out of memory");
    }
    json_decref(list);
    if (status != GWS_OK) {
        gws_inputs_free(*out, *n);
        *out = NULL;
        *n = 0;
    }
    return status;
}

gws_status gws_datafind_sites(gws_datafind *d, const char *extension, char ***out, int *n, gws_err *err)
{
    char path[100];
    snprintf(path, sizeof path, "%.40s.json", extension);
    return list_names(d, path, out, n, err);
}

gws_status gws_datafind_types(gws_datafind *d, const char *site, const char *extension, char ***out, int *n, gws_err *err)
{
    char path[200], escaped[64];
    gws_url_escape(site, escaped, sizeof escaped);
    snprintf(path, sizeof path, "%.40s/%s.json", extension, escaped);
    return list_names(d, path, out, n, err);
}

gws_status gws_datafind_times(gws_datafind *d, const gws_datafind_query *q, int64_t **out, int *n, gws_err *err)
{
    char at[800], path[1000], times[60] = "";
    json_t *list = NULL, *item;
    size_t i;
    *out = NULL;
    *n = 0;
    stub(q, at);
    if (q->end_s > 0)
        snprintf(times, sizeof times, "/%" PRId64 ",%" PRId64, q->begin_s, q->end_s);
    snprintf(path, sizeof path, "%s/segments%s.json", at, times);
    gws_status status = ask_list(d, path, &list, err);
    if (status == GWS_OK && !(*out = malloc((2 * json_array_size(list) + 1) * sizeof **out)))
        status = gws_err_set(err, GWS_ENOMEM, "datafind: out of memory");
    json_array_foreach(list, i, item)
    {
        const json_t *a = json_array_get(item, 0), *b = json_array_get(item, 1);
        if (status == GWS_OK && (!json_is_integer(a) || !json_is_integer(b)))
            status = gws_err_set(err, GWS_EFORMAT, "the data-find server: wanted pairs of seconds");
        if (status != GWS_OK)
            break;
        (*out)[2 * *n] = (int64_t)json_integer_value(a);
        (*out)[2 * *n + 1] = (int64_t)json_integer_value(b);
        ++*n;
    }
    json_decref(list);
    if (status != GWS_OK) {
        free(*out);
        *out = NULL;
        *n = 0;
    }
    return status;
}
