#include "cli/archive.h"

#include "archive/fetch.h"
#include "archive/gwosc_api.h"
#include "archive/verify.h"
#include "base/array.h"
#include "base/file.h"
#include "strain/inputs.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DATAFIND "datafind:"
#define EVENT_S 4096 /* enough for an estimate of the noise */
#define EVENT_SHORT_S 32
#define EVENT_HZ 4096
#define GAPS_SHOWN 5

/* Of the run. */
static struct {
    gws_cache *cache;
    gws_strain_origin *origins; /* (n), then one of NULL; their texts are allocated */
    int n;
    int64_t room;
} kept;

const gws_strain_origin *gws_archive_origins(void)
{
    return kept.origins;
}

void gws_archive_end(void)
{
    for (int i = 0; i < kept.n; i++) {
        free((char *)(uintptr_t)kept.origins[i].path);
        free((char *)(uintptr_t)kept.origins[i].text);
    }
    free(kept.origins);
    gws_cache_close(kept.cache);
    memset(&kept, 0, sizeof kept);
}

gws_cache *gws_archive_cache(const gws_cli *cli, const char *folder, int alone, gws_err *err)
{
    const char *limit = cli->environment("GWSPIKE_CACHE_LIMIT");
    int64_t bytes = GWS_CACHE_LIMIT;
    if (limit && *limit && (gws_memory_parse(limit, 0, &bytes, err) != GWS_OK || bytes < 1)) {
        gws_err_prefix(err, "GWSPIKE_CACHE_LIMIT");
        return NULL;
    }
    return gws_cache_open(folder ? folder : cli->cache, bytes, alone, err);
}

static gws_status add_origin(const char *path, const gws_remote *r, gws_err *err)
{
    char *text = NULL, *name = strdup(path), *url = gws_url_clean(r->url);
    const char *open = r->source[0] ? " (" : "", *shut = r->source[0] ? ")" : "";
    const int good = name && url && GWS_ARRAY_ROOM(kept.origins, kept.room, kept.n + 2) &&
                     asprintf(&text, "%s%s%s%s", url, open, r->source, shut) >= 0;
    free(url);
    if (!good) {
        free(name);
        return gws_err_set(err, GWS_ENOMEM, "archive: out of memory");
    }
    kept.origins[kept.n++] = (gws_strain_origin){name, text};
    kept.origins[kept.n] = (gws_strain_origin){NULL, NULL};
    return GWS_OK;
}

/* ---- servers ---- */

gws_status gws_archive_datafind_open(const gws_cli *cli, const gws_archive_server *server, gws_http_params p,
                                     gws_archive_datafind *out, gws_err *err)
{
    const char *name = server->name ? server->name : cli->environment("GWDATAFIND_SERVER");
    const char *api = server->api ? server->api : cli->environment("GWDATAFIND_API");
    const char *director = server->director ? server->director : cli->environment("OSDF_DIRECTOR_URL");
    gws_credentials who = {0};
    char *address = NULL;
    memset(out, 0, sizeof *out);
    if (!name || !*name)
        name = cli->environment("LIGO_DATAFIND_SERVER");
    if (!name || !*name)
        return gws_err_set(err, GWS_EARG,
                           "no data-find server: set GWDATAFIND_SERVER, or --server; datafind.gwosc.org has what is public");
    gws_status status = gws_datafind_server(name, &address, err);
    if (status == GWS_OK && !(out->server = gws_url_clean(address)))
        status = gws_err_set(err, GWS_ENOMEM, "archive: out of memory");
    if (status == GWS_OK)
        status = gws_credentials_find(out->server, cli->environment, &who, err);
    if (status == GWS_OK) {
        p.ca_file = cli->ca_file[0] ? cli->ca_file : NULL;
        p.origin = out->server;
        p.token = who.token;
        p.cert = who.cert;
        p.key = who.key;
        if (who.token || who.cert)
            gws_cli_log(GWS_LOG_DEBUG, "the data-find server is asked with %s", who.token ? "a SciToken" : "a certificate");
        snprintf(out->note, sizeof out->note, "%s", who.note[0] ? who.note : who.token || who.cert ? "" : "none was found");
        out->http = gws_http_create(&p, err);
        if (out->http)
            out->datafind = gws_datafind_create(out->http, address, api, director && *director ? director : NULL, err);
        if (!out->datafind)
            status = err->status;
    }
    gws_credentials_clear(&who);
    free(address);
    if (status != GWS_OK)
        gws_archive_datafind_close(out);
    return status;
}

void gws_archive_datafind_close(gws_archive_datafind *d)
{
    gws_datafind_destroy(d->datafind);
    gws_http_destroy(d->http);
    free(d->server);
    memset(d, 0, sizeof *d);
}

void gws_archive_explain(const gws_archive_datafind *d, gws_err *err)
{
    const size_t n = strlen(err->text);
    if (strstr(err->text, "wants an authorization"))
        snprintf(err->text + n, sizeof err->text - n, "; of credentials%s%s", d->note[0] ? ": " : " one was sent", d->note);
}

/* ---- lists ---- */

static void warn_gaps_of(const gws_remote_list *list, const char *ifo, int64_t begin_s, int64_t end_s)
{
    int64_t *gaps = NULL, missing_s = 0;
    int n = 0;
    char text[300] = "";
    if (gws_remote_gaps(list, ifo, begin_s, end_s, &gaps, &n, NULL) != GWS_OK)
        return;
    for (int i = 0; i < n; i++) {
        missing_s += gaps[2 * i + 1] - gaps[2 * i];
        const size_t used = strlen(text);
        if (i < GAPS_SHOWN)
            snprintf(text + used, sizeof text - used, "%s%" PRId64 " to %" PRId64, i ? ", " : "", gaps[2 * i], gaps[2 * i + 1]);
    }
    if (n > 0)
        gws_cli_log(GWS_LOG_WARNING, "%s: no file has %" PRId64 " s of %" PRId64 ": %s%s", ifo, missing_s, end_s - begin_s, text,
                    n > GAPS_SHOWN ? ", ..." : "");
    free(gaps);
}

void gws_archive_warn_gaps(const gws_remote_list *list, const char *ifos, int64_t begin_s, int64_t end_s)
{
    for (int i = 0; i < list->n; i++)
        if (i == 0 || strcmp(list->files[i].ifo, list->files[i - 1].ifo) != 0)
            warn_gaps_of(list, list->files[i].ifo, begin_s, end_s);
    for (const char *p = ifos; p && *p; p += strcspn(p, ",")) {
        char ifo[4];
        int listed = 0;
        p += *p == ',';
        snprintf(ifo, sizeof ifo, "%.*s", (int)strcspn(p, ","), p);
        for (int i = 0; i < list->n; i++)
            listed |= strcmp(list->files[i].ifo, ifo) == 0;
        if (!listed && end_s > begin_s)
            warn_gaps_of(list, ifo, begin_s, end_s);
        else if (!listed)
            gws_cli_log(GWS_LOG_WARNING, "%s: no file", ifo);
    }
}

gws_status gws_archive_fetchable(const gws_remote *r, gws_err *err)
{
    if (strncasecmp(r->url, "https://", 8) == 0)
        return GWS_OK;
    if (strncasecmp(r->url, "osdf:", 5) == 0)
        return gws_err_set(err, GWS_EDATA,
                           "%s: of the Open Science Data Federation: wanted the address of a director ($OSDF_DIRECTOR_URL), or "
                           "the file fetched with the pelican client",
                           r->url);
    char *path = gws_remote_path(r);
    const int there = path && gws_file_exists(path);
    gws_status status = GWS_OK;
    if (!there)
        status = gws_err_set(err, GWS_EDATA, "%s: %s", r->url,
                             path ? "not on this machine" : "only https is fetched, and files of this machine are used");
    free(path);
    return status;
}

/* ---- inputs ---- */

struct names {
    char **names;
    int n;
    int64_t room;
};

/* Takes the name. */
static gws_status add_name(struct names *l, char *name, gws_err *err)
{
    if (!name || !GWS_ARRAY_ROOM(l->names, l->room, l->n + 1)) {
        free(name);
        return gws_err_set(err, GWS_ENOMEM, "archive: out of memory");
    }
    l->names[l->n++] = name;
    return GWS_OK;
}

/* GW and a date, and what stands behind it. */
static int is_event(const char *name)
{
    if (strncmp(name, "GW", 2) != 0 || strspn(name + 2, "0123456789") != 6)
        return 0;
    return strspn(name + 8, "0123456789_-abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ@") == strlen(name + 8);
}

/* The files of a list, fetched or in place, as inputs. */
static gws_status add_files(gws_http *http, const gws_remote_list *list, struct names *l, int *fetched, gws_bar *bar, gws_err *err)
{
    gws_status status = GWS_OK;
    *fetched = 0;
    for (int i = 0; i < list->n && status == GWS_OK; i++) {
        gws_remote *r = &list->files[i];
        char *path = gws_remote_path(r);
        const int in_place = path != NULL;
        int one = 0;
        if ((status = gws_archive_fetchable(r, err)) == GWS_OK && !in_place && !(path = gws_cache_path(kept.cache, r, err)))
            status = GWS_ENOMEM;
        const gws_fetch_options options = {.own = 1, .check = gws_remote_verify, .user = r, .progress = {gws_bar_show, bar}};
        if (status == GWS_OK && !in_place && !gws_cache_has(kept.cache, path))
            status = gws_fetch_file(http, r->url, path, &options, &one, err);
        if (status == GWS_OK && !in_place)
            status = add_origin(path, r, err);
        *fetched += one;
        if (status == GWS_OK)
            status = add_name(l, path, err);
        else
            free(path);
    }
    gws_bar_clear(bar);
    return status;
}

/* What was found, in one line. */
static void say(const char *input, const gws_remote_list *list, const char *server, int fetched)
{
    char ifos[64] = "";
    int64_t begin_s = INT64_MAX, end_s = 0;
    int here = 0;
    for (int i = 0; i < list->n; i++) {
        const gws_remote *r = &list->files[i];
        const size_t n = strlen(ifos);
        if (i == 0 || strcmp(r->ifo, list->files[i - 1].ifo) != 0)
            snprintf(ifos + n, sizeof ifos - n, "%s%s", n ? ", " : "", r->ifo);
        begin_s = r->start_s < begin_s ? r->start_s : begin_s;
        end_s = r->start_s + r->duration_s > end_s ? r->start_s + r->duration_s : end_s;
        here += strncasecmp(r->url, "file:", 5) == 0;
    }
    gws_cli_log(GWS_LOG_INFO,
                "%s: %s of %s, %s, GPS %" PRId64 " to %" PRId64 ": %d file%s, of which %d fetched, %d from the cache, %d in place",
                input, list->files[0].source, server, ifos, begin_s, end_s, list->n, list->n == 1 ? "" : "s", fetched,
                list->n - fetched - here, here);
}

static gws_status open_cache(const gws_cli *cli, gws_err *err)
{
    if (!kept.cache)
        kept.cache = gws_archive_cache(cli, cli->select.cache, cli->select.no_cache > 0, err);
    return kept.cache ? GWS_OK : GWS_EIO;
}

/* Fetch what is listed, and make room. */
static gws_status take(const gws_cli *cli, const char *input, gws_http *http, const char *server, const gws_remote_list *list,
                       struct names *l, gws_bar *bar, gws_err *err)
{
    int fetched = 0;
    int64_t left = 0;
    gws_status status = open_cache(cli, err);
    if (status == GWS_OK)
        status = add_files(http, list, l, &fetched, bar, err);
    if (status == GWS_OK)
        say(input, list, server, fetched);
    if (status == GWS_OK && fetched > 0 && !cli->select.no_cache)
        status = gws_cache_trim(kept.cache, &left, err);
    return status;
}

/* The files of an event; when the archive cannot be asked, those that it named before. */
static gws_status list_event(const gws_cli *cli, gws_gwosc *g, const char *name, gws_gwosc_query *q, gws_remote_list *list,
                             gws_err *err)
{
    char key[300];
    snprintf(key, sizeof key, "%.100s %.100s %s", gws_gwosc_server(g), name, q->ifos ? q->ifos : "");
    gws_status status = gws_gwosc_event(g, name, q, list, err);
    if (status == GWS_EDATA) { /* no long file, or no event */
        q->duration_s = EVENT_SHORT_S;
        status = gws_gwosc_event(g, name, q, list, err);
    }
    if (cli->select.no_cache || open_cache(cli, NULL) != GWS_OK) /* that it cannot be opened is said when it is needed */
        return status;
    if (status == GWS_OK)
        (void)gws_cache_put_list(kept.cache, key, list, NULL); /* a full disk is no reason to stop here */
    else if (status == GWS_EIO && gws_cache_get_list(kept.cache, key, list, NULL) == GWS_OK) {
        gws_cli_log(GWS_LOG_WARNING, "%s; the files that it named before are used", err->text);
        status = GWS_OK;
        *err = (gws_err){0};
    }
    return status;
}

static gws_status add_event(const gws_cli *cli, const char *name, struct names *l, gws_err *err)
{
    gws_bar bar = gws_bar_start();
    gws_http_params p = gws_http_defaults();
    gws_gwosc_query q = {.ifos = cli->select.ifos[0] ? cli->select.ifos : NULL,
                         .rate_hz = EVENT_HZ,
                         .duration_s = EVENT_S,
                         .format = GWS_REMOTE_HDF5};
    gws_remote_list list = {0};
    p.ca_file = cli->ca_file[0] ? cli->ca_file : NULL;
    p.progress = (gws_progress){gws_bar_show, &bar};
    gws_http *http = gws_http_create(&p, err);
    gws_gwosc *g = http ? gws_gwosc_create(http, cli->gwosc[0] ? cli->gwosc : NULL, err) : NULL;
    gws_status status = g ? list_event(cli, g, name, &q, &list, err) : err->status;
    if (status == GWS_OK)
        gws_archive_warn_gaps(&list, q.ifos, 0, 0);
    if (status == GWS_OK)
        status = take(cli, name, http, gws_gwosc_server(g), &list, l, &bar, err);
    gws_bar_clear(&bar);
    gws_remote_list_clear(&list);
    gws_gwosc_destroy(g);
    gws_http_destroy(http);
    return status;
}

static gws_status add_datafind(const gws_cli *cli, const char *input, struct names *l, gws_err *err)
{
    gws_bar bar = gws_bar_start();
    gws_http_params p = gws_http_defaults();
    gws_archive_datafind d;
    gws_remote_list list = {0};
    const char *type = input + strlen(DATAFIND), *slash = strchr(type, '/');
    char site[16] = "";
    const gws_select *s = &cli->select;
    if (slash) {
        snprintf(site, sizeof site, "%.*s", (int)(slash - type), type);
        type = slash + 1;
    }
    if (!*type || isnan(s->begin_s) || isnan(s->end_s) || !(s->begin_s < s->end_s))
        return gws_err_set(err, GWS_EARG, "%s: wanted the type of the frames, --gps-start-time and --gps-end-time", input);
    const gws_datafind_query q = {.site = site[0] ? site : NULL,
                                  .type = type,
                                  .extension = "gwf",
                                  .begin_s = (int64_t)floor(s->begin_s),
                                  .end_s = (int64_t)ceil(s->end_s)};
    p.progress = (gws_progress){gws_bar_show, &bar};
    gws_status status = gws_archive_datafind_open(cli, &(gws_archive_server){0}, p, &d, err);
    if (status != GWS_OK)
        return status;
    if ((status = gws_datafind_files(d.datafind, &q, &list, err)) != GWS_OK)
        gws_archive_explain(&d, err);
    else if (list.n == 0)
        status =
            gws_err_set(err, GWS_EDATA, "%s: %s has no file from GPS %" PRId64 " to %" PRId64, input, d.server, q.begin_s, q.end_s);
    else
        gws_archive_warn_gaps(&list, NULL, q.begin_s, q.end_s);
    if (status == GWS_OK)
        status = take(cli, input, d.http, d.server, &list, l, &bar, err);
    gws_bar_clear(&bar);
    gws_remote_list_clear(&list);
    gws_archive_datafind_close(&d);
    return status;
}

gws_status gws_archive_inputs(const gws_cli *cli, char *const *inputs, int n, char ***out, int *n_out, gws_err *err)
{
    struct names l = {0};
    gws_status status = GWS_OK;
    *out = NULL;
    *n_out = 0;
    for (int i = 0; i < n && status == GWS_OK; i++) {
        if (strncmp(inputs[i], DATAFIND, strlen(DATAFIND)) == 0)
            status = add_datafind(cli, inputs[i], &l, err);
        else if (is_event(inputs[i]) && !gws_file_exists(inputs[i]))
            status = add_event(cli, inputs[i], &l, err);
        else
            status = add_name(&l, strdup(inputs[i]), err);
    }
    if (status != GWS_OK) {
        gws_inputs_free(l.names, l.n);
        return status;
    }
    *out = l.names;
    *n_out = l.n;
    return GWS_OK;
}
