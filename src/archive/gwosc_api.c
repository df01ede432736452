#include "archive/gwosc_api.h"

#include "base/log.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SERVER "https://gwosc.org"
#define ANSWER ((size_t)64 << 20) /* bytes of one answer */
#define MOST_PAGES 100000
#define MOST_S 4e9
#define LIKE 5 /* names that a sentence offers */

struct gws_gwosc {
    gws_http *http;
    char *server;
    char *shown; /* without user and password */
};

gws_gwosc *gws_gwosc_create(gws_http *http, const char *server, gws_err *err)
{
    gws_gwosc *g = calloc(1, sizeof *g);
    if (!g || !(g->server = strdup(server ? server : SERVER)) || !(g->shown = gws_url_clean(g->server))) {
        gws_gwosc_destroy(g);
        gws_err_set(err, GWS_ENOMEM, "gwosc: out of memory");
        return NULL;
    }
    g->http = http;
    char *const names[] = {g->server, g->shown};
    for (int i = 0; i < 2; i++)
        for (size_t n = strlen(names[i]); n > 0 && names[i][n - 1] == '/';)
            names[i][--n] = '\0';
    return g;
}

void gws_gwosc_destroy(gws_gwosc *g)
{
    if (!g)
        return;
    free(g->server);
    free(g->shown);
    free(g);
}

const char *gws_gwosc_server(const gws_gwosc *g)
{
    return g->shown;
}

/* ---- answers ---- */

static double number(const json_t *item, const char *key)
{
    const json_t *v = json_object_get(item, key);
    return json_is_number(v) ? json_number_value(v) : (double)NAN;
}

static gws_status get(gws_gwosc *g, const char *url, json_t **out, gws_err *err)
{
    char *text = NULL;
    size_t n = 0;
    json_error_t why;
    *out = NULL;
    gws_status status = gws_http_get(g->http, url, ANSWER, &text, &n, err);
    if (status != GWS_OK)
        return status;
    *out = json_loadb(text, n, 0, &why);
    free(text);
    if (*out)
        return GWS_OK;
    char *shown = gws_url_clean(url);
    status = gws_err_set(err, GWS_EFORMAT, "%s: wanted JSON: %s", shown ? shown : "gwosc", why.text);
    free(shown);
    return status;
}

/* The address of a path on the server, https whatever the server says. */
static char *address(const gws_gwosc *g, const char *path)
{
    const size_t n = strlen(g->server) + strlen(path) + 16;
    char *url = malloc(n);
    if (!url)
        return NULL;
    if (strncasecmp(path, "https://", 8) == 0)
        snprintf(url, n, "%s", path);
    else if (strncasecmp(path, "http://", 7) == 0)
        snprintf(url, n, "https://%s", path + 7);
    else
        snprintf(url, n, "%s%s", g->server, path);
    return url;
}

gws_status gws_gwosc_results(gws_gwosc *g, const char *path, json_t **out, gws_err *err)
{
    GWS_ASSERT(g && path && out);
    char *url = address(g, path);
    json_t *all = json_array();
    double promised = (double)NAN;
    gws_status status = url && all ? GWS_OK : gws_err_set(err, GWS_ENOMEM, "gwosc: out of memory");
    *out = NULL;
    for (int page = 0; status == GWS_OK && url; page++) {
        json_t *doc = NULL;
        if ((status = get(g, url, &doc, err)) != GWS_OK)
            break;
        json_t *results = json_is_array(doc) ? doc : json_object_get(doc, "results");
        const char *next = json_string_value(json_object_get(doc, "next"));
        char *following = next ? address(g, next) : NULL;
        promised = fmax(promised, number(doc, "results_count"));
        if (!json_is_array(results) || page >= MOST_PAGES)
            status = gws_err_set(err, GWS_EFORMAT, "%s: wanted a list of results", g->shown);
        else if ((next && !following) || json_array_extend(all, results) != 0)
            status = gws_err_set(err, GWS_ENOMEM, "gwosc: out of memory");
        else if (following && strcmp(following, url) == 0)
            status = gws_err_set(err, GWS_EFORMAT, "%s: a page of results leads to itself", g->shown);
        free(url);
        url = following;
        json_decref(doc);
    }
    free(url);
    if (status == GWS_OK && promised > (double)json_array_size(all))
        gws_log_write(GWS_LOG_WARNING, "archive", "%s: of %.0f results %zu came", g->shown, promised, json_array_size(all));
    if (status == GWS_OK)
        *out = all;
    else
        json_decref(all);
    return status;
}

/* ---- files ---- */

static int has_detector(const char *list, const char *ifo)
{
    if (!list)
        return 1;
    for (const char *p = list; *p; p += strcspn(p, ",")) {
        p += *p == ',';
        if (strncmp(p, ifo, 2) == 0 && (p[2] == ',' || p[2] == '\0'))
            return 1;
    }
    return 0;
}

static const char *text(const json_t *item, const char *key)
{
    const char *s = json_string_value(json_object_get(item, key));
    return s ? s : "";
}

/* The length that the name of a file says: ...-GPS-LENGTH.ext; 0 when it does not. */
static int64_t duration_of(const char *url)
{
    const char *dash = strrchr(url, '-');
    const long long s = dash ? strtoll(dash + 1, NULL, 10) : 0;
    return s > 0 && s < (long long)MOST_S ? s : 0;
}

static const char *url_key(gws_remote_format format)
{
    return format == GWS_REMOTE_HDF5 ? "hdf5_url" : format == GWS_REMOTE_GWF ? "gwf_url" : "txt_url";
}

/* One row of an answer of version 2, where it is wanted. */
static gws_status take(const json_t *item, const char *source, const gws_gwosc_query *q, gws_remote_list *out, gws_err *err)
{
    static const char *const formats[] = {"HDF", "GWF", "TXT"};
    gws_remote r = {0};
    const char *url = text(item, "download_url"), *ifo = text(item, "detector");
    const double start_s = number(item, "gps_start"), rate_khz = number(item, "sample_rate_kHz");
    if (!*url)
        url = text(item, url_key(q->format));
    else if (*text(item, "file_format") && strncasecmp(text(item, "file_format"), formats[q->format], 3) != 0)
        return GWS_OK;
    if (!*url || strlen(ifo) != 2 || !(fabs(start_s) < MOST_S) || !has_detector(q->ifos, ifo))
        return GWS_OK;
    r.rate_hz = rate_khz > 8 ? 16384 : 4096;
    if (isfinite(rate_khz) && r.rate_hz != q->rate_hz)
        return GWS_OK;
    memcpy(r.ifo, ifo, 3);
    r.start_s = (int64_t)start_s;
    r.duration_s =
        number(item, "duration") > 0 && number(item, "duration") < MOST_S ? (int64_t)number(item, "duration") : duration_of(url);
    snprintf(r.source, sizeof r.source, "%s", source);
    if (q->end_s == 0 && q->duration_s > 0 && r.duration_s > 0 && r.duration_s != q->duration_s)
        return GWS_OK;
    if (q->end_s > 0 && (r.start_s >= q->end_s || (r.duration_s > 0 && r.start_s + r.duration_s <= q->begin_s)))
        return GWS_OK;
    return gws_remote_add(out, &r, url, err);
}

static gws_status take_all(gws_gwosc *g, const char *path, const char *source, const gws_gwosc_query *q, gws_remote_list *out,
                           gws_err *err)
{
    json_t *items = NULL, *item;
    size_t i;
    gws_status status = gws_gwosc_results(g, path, &items, err);
    json_array_foreach(items, i, item)
    {
        if (status == GWS_OK)
            status = take(item, source, q, out, err);
    }
    json_decref(items);
    return status;
}

/* ---- events ---- */

/* "GW150914-v3" */
static int is_version(const char *name)
{
    const char *v = strrchr(name, '-');
    return v && v[1] == 'v' && isdigit((unsigned char)v[2]);
}

/* The latest version of an event that version 2 knows; "" when it knows none. */
static gws_status latest_version(gws_gwosc *g, const char *name, char *out, size_t size, gws_err *err)
{
    char path[400], escaped[200];
    json_t *doc = NULL;
    gws_err local = {0};
    out[0] = '\0';
    gws_url_escape(name, escaped, sizeof escaped);
    snprintf(path, sizeof path, "/api/v2/events/%s", escaped);
    char *url = address(g, path);
    if (!url)
        return gws_err_set(err, GWS_ENOMEM, "gwosc: out of memory");
    gws_status status = get(g, url, &doc, &local);
    free(url);
    if (status == GWS_EDATA)
        return GWS_OK; /* not there */
    if (status != GWS_OK)
        return gws_err_set(err, local.status, "%s", local.text);
    double best = 0;
    json_t *v;
    size_t i;
    json_array_foreach(json_object_get(doc, "versions"), i, v)
    {
        if (number(v, "version") >= best && number(v, "version") < 1e6)
            best = number(v, "version");
    }
    const char *known = *text(doc, "name") ? text(doc, "name") : name;
    if (best > 0)
        snprintf(out, size, "%s-v%d", known, (int)best);
    json_decref(doc);
    return GWS_OK;
}

/* Names of events that have a part of the wanted one, for the sentence. */
static gws_status offer_names(gws_gwosc *g, const char *name, gws_err *err)
{
    char path[400], escaped[200], part[12], found[300] = "";
    json_t *items = NULL, *item;
    size_t i, used = 0;
    int n = 0;
    snprintf(part, sizeof part, "%.*s", 6, name); /* GW1509 */
    gws_url_escape(part, escaped, sizeof escaped);
    snprintf(path, sizeof path, "/api/v2/event-versions?name-contains=%s&lastver=true", escaped);
    if (gws_gwosc_results(g, path, &items, NULL) == GWS_OK)
        json_array_foreach(items, i, item)
        {
            const char *other = *text(item, "name") ? text(item, "name") : text(item, "shortName");
            if (*other && n++ < LIKE && used < sizeof found)
                used += (size_t)snprintf(found + used, sizeof found - used, "%s%s", used ? ", " : "", other);
        }
    json_decref(items);
    return gws_err_set(err, GWS_EDATA, "%s: no event called %s%s%s", g->shown, name, n > 0 ? "; there are " : "", found);
}

/* Version 1: the key, the common name, or the common name up to the first "_"; the highest version counts. */
static const char *find_v1(const json_t *doc, const char *name, const json_t **found)
{
    const char *key, *best_key = NULL;
    json_t *event;
    double best = -1;
    void *it = json_object_iter(json_object_get(doc, "events"));
    for (; it; it = json_object_iter_next(json_object_get(doc, "events"), it)) {
        key = json_object_iter_key(it);
        event = json_object_iter_value(it);
        const char *common = text(event, "commonName");
        const size_t n = strcspn(common, "_");
        const int good =
            strcasecmp(key, name) == 0 || strcasecmp(common, name) == 0 || (strlen(name) == n && strncasecmp(common, name, n) == 0);
        if (good && number(event, "version") > best) {
            best = number(event, "version");
            best_key = key;
            *found = event;
        }
    }
    return best_key;
}

static gws_status take_v1(const json_t *event, const char *key, const gws_gwosc_query *q, gws_remote_list *out, gws_err *err)
{
    static const char *const formats[] = {"hdf5", "gwf", "txt"};
    gws_status status = GWS_OK;
    json_t *item;
    size_t i;
    json_array_foreach(json_object_get(event, "strain"), i, item)
    {
        gws_remote r = {0};
        const char *ifo = text(item, "detector");
        if (status != GWS_OK || strlen(ifo) != 2 || !has_detector(q->ifos, ifo) ||
            strcasecmp(text(item, "format"), formats[q->format]) != 0 || number(item, "duration") != q->duration_s ||
            number(item, "sampling_rate") != q->rate_hz || !(fabs(number(item, "GPSstart")) < MOST_S))
            continue;
        memcpy(r.ifo, ifo, 3);
        r.start_s = (int64_t)number(item, "GPSstart");
        r.duration_s = q->duration_s;
        r.rate_hz = q->rate_hz;
        snprintf(r.source, sizeof r.source, "%s", key);
        status = gws_remote_add(out, &r, text(item, "url"), err);
    }
    return status;
}

static gws_status event_v1(gws_gwosc *g, const char *name, const gws_gwosc_query *q, gws_remote_list *out, int *known, gws_err *err)
{
    json_t *all = NULL, *one = NULL;
    const json_t *event = NULL, *full = NULL;
    char *url = address(g, "/eventapi/json/allevents/");
    gws_status status = url ? get(g, url, &all, err) : gws_err_set(err, GWS_ENOMEM, "gwosc: out of memory");
    free(url);
    *known = 0;
    if (status != GWS_OK)
        return status;
    const char *key = find_v1(all, name, &event);
    if (key && *text(event, "jsonurl")) {
        *known = 1;
        url = address(g, text(event, "jsonurl"));
        status = url ? get(g, url, &one, err) : gws_err_set(err, GWS_ENOMEM, "gwosc: out of memory");
        free(url);
        if (status == GWS_OK && find_v1(one, key, &full))
            status = take_v1(full, key, q, out, err);
    }
    json_decref(one);
    json_decref(all);
    return status;
}

gws_status gws_gwosc_event(gws_gwosc *g, const char *name, const gws_gwosc_query *q, gws_remote_list *out, gws_err *err)
{
    GWS_ASSERT(g && name && q && out);
    static const char *const formats[] = {"hdf", "gwf", "txt"};
    char version[120], escaped[200], path[600];
    gws_status status = GWS_OK;
    int known = 1;
    memset(out, 0, sizeof *out);
    if (is_version(name))
        snprintf(version, sizeof version, "%s", name);
    else if ((status = latest_version(g, name, version, sizeof version, err)) != GWS_OK)
        return status;
    if (version[0]) {
        gws_url_escape(version, escaped, sizeof escaped);
        snprintf(path, sizeof path, "/api/v2/event-versions/%s/strain-files?sample-rate=%d&duration=%d&file-format=%s", escaped,
                 q->rate_hz == 16384 ? 16 : 4, q->duration_s, formats[q->format]);
        gws_gwosc_query any_time = *q;
        any_time.end_s = 0;
        gws_err local = {0};
        status = take_all(g, path, version, &any_time, out, &local);
        if (status != GWS_OK && status != GWS_EDATA)
            return gws_err_set(err, local.status, "%s", local.text);
    }
    if (out->n == 0 && (status = event_v1(g, name, q, out, &known, err)) != GWS_OK)
        goto fail;
    if (out->n == 0 && !known && !version[0]) {
        status = offer_names(g, name, err);
        goto fail;
    }
    gws_remote_settle(out);
    if (out->n > 0)
        return GWS_OK;
    status = gws_err_set(err, GWS_EDATA, "%s: %s has no file of %d s at %d Hz in %s%s%s", g->shown, name, q->duration_s, q->rate_hz,
                         formats[q->format], q->ifos ? " of " : "", q->ifos ? q->ifos : "");
fail:
    gws_remote_list_clear(out);
    return status;
}

/* ---- intervals ---- */

gws_status gws_gwosc_interval(gws_gwosc *g, const char *run, const gws_gwosc_query *q, gws_remote_list *out, gws_err *err)
{
    GWS_ASSERT(g && q && out && (run || q->end_s > q->begin_s));
    char path[600], escaped[200], times[100] = "";
    gws_gwosc_query wanted = *q;
    wanted.duration_s = 0; /* bulk files have a length of their own */
    memset(out, 0, sizeof *out);
    if (q->end_s > 0)
        snprintf(times, sizeof times, "&start=%" PRId64 "&stop=%" PRId64, q->begin_s, q->end_s);
    if (run)
        gws_url_escape(run, escaped, sizeof escaped);
    snprintf(path, sizeof path, "/api/v2%s%s/strain-files?sample-rate=%d%s&pagesize=500", run ? "/runs/" : "", run ? escaped : "",
             q->rate_hz == 16384 ? 16 : 4, times);
    gws_status status = take_all(g, path, run ? run : "", &wanted, out, err);
    gws_remote_settle(out);
    if (status == GWS_OK && out->n == 0)
        status =
            gws_err_set(err, GWS_EDATA, "%s: no file at %d Hz%s%s from GPS %" PRId64 " to %" PRId64 "%s%s", g->shown, q->rate_hz,
                        run ? " of " : "", run ? run : "", q->begin_s, q->end_s, q->ifos ? " of " : "", q->ifos ? q->ifos : "");
    if (status != GWS_OK)
        gws_remote_list_clear(out);
    return status;
}

/* Pairs of seconds: [[start, stop], {"start": start, "stop": stop}, ...] */
static gws_status read_segments(const gws_gwosc *g, const char *flag, const json_t *items, int64_t **out, int *n, gws_err *err)
{
    json_t *item;
    size_t i;
    if (!(*out = malloc((2 * json_array_size(items) + 1) * sizeof **out)))
        return gws_err_set(err, GWS_ENOMEM, "gwosc: out of memory");
    json_array_foreach(items, i, item)
    {
        const json_t *a = json_is_array(item) ? json_array_get(item, 0) : json_object_get(item, "start");
        const json_t *b = json_is_array(item) ? json_array_get(item, 1) : json_object_get(item, "stop");
        const double begin_s = json_is_number(a) ? json_number_value(a) : (double)NAN;
        const double end_s = json_is_number(b) ? json_number_value(b) : (double)NAN;
        if (!(fabs(begin_s) < MOST_S && fabs(end_s) < MOST_S)) {
            free(*out);
            *out = NULL;
            *n = 0;
            return gws_err_set(err, GWS_EFORMAT, "%s: %s: wanted pairs of seconds", g->shown, flag);
        }
        (*out)[2 * *n] = (int64_t)begin_s;
        (*out)[2 * *n + 1] = (int64_t)end_s;
        ++*n;
    }
    return GWS_OK;
}

gws_status gws_gwosc_segments(gws_gwosc *g, const gws_gwosc_flag *flag, int64_t **out, int *n, gws_err *err)
{
    GWS_ASSERT(g && flag && flag->name && out && n);
    char path[600], escaped[200], escaped_run[200];
    json_t *items = NULL, *doc = NULL;
    *out = NULL;
    *n = 0;
    gws_url_escape(flag->name, escaped, sizeof escaped);
    snprintf(path, sizeof path, "/api/v2/timelines/%s/segments?start=%" PRId64 "&stop=%" PRId64, escaped, flag->begin_s,
             flag->end_s);
    gws_status status = gws_gwosc_results(g, path, &items, err);
    if (status == GWS_EDATA && flag->run) {
        gws_url_escape(flag->run, escaped_run, sizeof escaped_run);
        snprintf(path, sizeof path, "/timeline/segments/json/%s/%s/%" PRId64 "/%" PRId64 "/", escaped_run, escaped, flag->begin_s,
                 flag->end_s - flag->begin_s);
        char *url = address(g, path);
        status = url ? get(g, url, &doc, err) : gws_err_set(err, GWS_ENOMEM, "gwosc: out of memory");
        free(url);
        items = json_incref(json_object_get(doc, "segments"));
        if (status == GWS_OK && !json_is_array(items))
            status = gws_err_set(err, GWS_EFORMAT, "%s: %s: wanted a list of segments", g->shown, flag->name);
    }
    if (status == GWS_OK)
        status = read_segments(g, flag->name, items, out, n, err);
    json_decref(items);
    json_decref(doc);
    return status;
}
