/* gwspike fetch - public strain of the Gravitational Wave Open Science Center, by event, by interval, by run; frames of a data-find server. */
#include "archive/fetch.h"
#include "archive/gwosc_api.h"
#include "archive/verify.h"
#include "base/file.h"
#include "cli/fetch.h"
#include "cli/opts.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define MOST_WORDS 16

gws_status gws_fetch_interval(const gws_fetch_wish *w, int64_t *begin_s, int64_t *end_s, gws_err *err)
{
    *begin_s = *end_s = 0;
    if (isnan(w->begin_s) && isnan(w->end_s))
        return GWS_OK;
    if (!(w->begin_s < w->end_s && fabs(w->begin_s) < 4e9 && fabs(w->end_s) < 4e9))
        return gws_err_set(err, GWS_EARG, "--gps-start-time and --gps-end-time: wanted both, the first before the second");
    *begin_s = (int64_t)floor(w->begin_s);
    *end_s = (int64_t)ceil(w->end_s);
    return GWS_OK;
}

static gws_status query_of(const gws_fetch_wish *w, gws_gwosc_query *q, gws_err *err)
{
    static const char *const names[] = {"hdf5", "gwf", "txt"};
    int format = 0;
    while (format < 3 && strcmp(w->format, names[format]) != 0)
        format++;
    if (format == 3)
        return gws_err_set(err, GWS_EARG, "--format: wanted hdf5, gwf or txt, found '%.40s'", w->format);
    if (w->rate_hz != 4096 && w->rate_hz != 16384)
        return gws_err_set(err, GWS_EARG, "--rate: the archive has 4096 and 16384 Hz, found %" PRId64, w->rate_hz);
    if (w->duration_s != 32 && w->duration_s != 4096)
        return gws_err_set(err, GWS_EARG, "--duration: files of an event have 32 or 4096 s, found %" PRId64, w->duration_s);
    *q = (gws_gwosc_query){
        .ifos = w->detectors, .rate_hz = (int)w->rate_hz, .duration_s = (int)w->duration_s, .format = (gws_remote_format)format};
    return gws_fetch_interval(w, &q->begin_s, &q->end_s, err);
}

/* ---- lists ---- */

/* A list of words, such as detectors. */
static void put_strings(gws_json *j, const char *key, const json_t *list)
{
    const char *words[MOST_WORDS];
    int n = 0;
    size_t i;
    json_t *v;
    json_array_foreach(list, i, v) if (json_is_string(v) && n < MOST_WORDS) words[n++] = json_string_value(v);
    if (n > 0)
        gws_json_put_strings(j, key, words, n);
}

static void put_value(gws_json *j, const char *key, const json_t *v)
{
    if (json_is_integer(v))
        gws_json_put_i64(j, key, json_integer_value(v));
    else if (json_is_real(v))
        gws_json_put_f64(j, key, json_real_value(v));
    else if (json_is_string(v))
        gws_json_put_string(j, key, json_string_value(v));
    else if (json_is_array(v))
        put_strings(j, key, v);
}

/* Parameters of an event of a catalog: [{"name": "mass_1_source", "best": 35.6, "upper_error": ...}, ...] */
static void put_parameters(gws_json *j, const json_t *parameters)
{
    static const char *const errors[] = {"upper_error", "lower_error"};
    size_t i;
    json_t *p;
    json_array_foreach(parameters, i, p)
    {
        const char *name = json_string_value(json_object_get(p, "name"));
        char key[200];
        if (!name)
            continue;
        put_value(j, name, json_object_get(p, "best"));
        for (int k = 0; k < 2; k++) {
            snprintf(key, sizeof key, "%.150s_%s", name, errors[k]);
            put_value(j, key, json_object_get(p, errors[k]));
        }
    }
}

static const char *word(const json_t *item, const char *key)
{
    const char *s = json_string_value(json_object_get(item, key));
    return s ? s : "";
}

static void print_item(const json_t *item, int json)
{
    const char *name = *word(item, "shortName") ? word(item, "shortName") : word(item, "name");
    if (!json) {
        const json_t *gps = json_object_get(item, "gps");
        if (json_is_number(gps))
            printf("%-28s  GPS %.3f  %s\n", name, json_number_value(gps), word(item, "catalog"));
        else
            printf("%-28s  %s\n", name, word(item, "description"));
        return;
    }
    gws_json *j = gws_json_object();
    const char *key;
    json_t *v;
    json_object_foreach((json_t *)(uintptr_t)item, key, v)
    {
        if (strcmp(key, "default_parameters") == 0 || strcmp(key, "parameters") == 0)
            put_parameters(j, v);
        else
            put_value(j, key, v);
    }
    gws_cli_json(j);
}

static gws_status list_catalogs(gws_gwosc *g, const gws_fetch_wish *w, gws_err *err)
{
    char path[800], escaped[600];
    json_t *items = NULL, *item;
    size_t i;
    gws_url_escape(w->catalog ? w->catalog : "", escaped, sizeof escaped);
    if (w->catalog)
        snprintf(path, sizeof path, "/api/v2/event-versions?release=%s&include-default-parameters=true&pagesize=100", escaped);
    else
        snprintf(path, sizeof path, "/api/v2/%s?pagesize=100", w->runs ? "runs" : "catalogs");
    gws_status status = gws_gwosc_results(g, path, &items, err);
    json_array_foreach(items, i, item) print_item(item, w->json);
    json_decref(items);
    return status;
}

void gws_fetch_print_times(const char *key, const char *name, const int64_t *times, int n, int json)
{
    for (int i = 0; i < n; i++) {
        if (!json) {
            printf("%" PRId64 " %" PRId64 "\n", times[2 * i], times[2 * i + 1]);
            continue;
        }
        gws_json *j = gws_json_object();
        gws_json_put_string(j, key, name);
        gws_json_put_i64(j, "gps_start", times[2 * i]);
        gws_json_put_i64(j, "gps_end", times[2 * i + 1]);
        gws_cli_json(j);
    }
}

static gws_status list_segments(gws_gwosc *g, const gws_fetch_wish *w, const gws_gwosc_query *q, gws_err *err)
{
    const gws_gwosc_flag flag = {w->flag, w->run, q->begin_s, q->end_s};
    int64_t *segments = NULL;
    int n = 0;
    gws_status status = gws_gwosc_segments(g, &flag, &segments, &n, err);
    gws_fetch_print_times("flag", w->flag, segments, n, w->json);
    free(segments);
    return status;
}

/* ---- files ---- */

/* A line of a LIGO cache, which every verb takes. */
static void print_cache_line(const gws_remote *r, const char *path, int dry_run)
{
    char *full = dry_run ? NULL : realpath(path, NULL);
    const char *slash = strrchr(r->url, '/'), *name = slash ? slash + 1 : r->url;
    printf("%.*s %s %" PRId64 " %" PRId64 " %s%s\n", (int)strcspn(name, "-"), name, r->source[0] ? r->source : "-", r->start_s,
           r->duration_s, full ? "file://localhost" : "", full ? full : r->url);
    free(full);
}

static gws_status print_file(const gws_remote *r, const char *path, const gws_fetch_wish *w, gws_err *err)
{
    struct stat st;
    char sum[65] = "", rate[40] = "";
    const int there = !w->dry_run && stat(path, &st) == 0;
    gws_status status = there && w->json ? gws_file_sha256(path, sum, err) : GWS_OK;
    if (status != GWS_OK)
        return status;
    if (w->lal_cache) {
        print_cache_line(r, path, w->dry_run);
        return GWS_OK;
    }
    if (!w->json) {
        if (r->rate_hz)
            snprintf(rate, sizeof rate, " at %d Hz", r->rate_hz);
        printf("%s  %s  GPS %" PRId64 ", %" PRId64 " s%s%s%s\n", w->dry_run ? r->url : path, r->ifo, r->start_s, r->duration_s,
               rate, r->source[0] ? ", " : "", r->source);
        return GWS_OK;
    }
    gws_json *j = gws_json_object();
    gws_json_put_string(j, "url", r->url);
    gws_json_put_string(j, "detector", r->ifo);
    gws_json_put_i64(j, "gps_start", r->start_s);
    gws_json_put_i64(j, "duration_s", r->duration_s);
    if (r->rate_hz)
        gws_json_put_i64(j, "sample_rate_hz", r->rate_hz);
    gws_json_put_string(j, "release", r->source);
    if (there) {
        gws_json_put_string(j, "path", path);
        gws_json_put_i64(j, "bytes", (int64_t)st.st_size);
        gws_json_put_string(j, "sha256", sum);
    }
    gws_cli_json(j);
    return GWS_OK;
}

/* One file: `path` (size) is where it is then. */
static gws_status fetch_one(gws_http *http, gws_remote *r, const gws_fetch_wish *w, char *path, size_t size, gws_bar *bar,
                            gws_err *err)
{
    char name[256], *here = gws_remote_path(r);
    gws_status status = GWS_OK;
    int n = 0;
    if (here)
        n = snprintf(path, size, "%s", here);
    else if ((status = gws_remote_name(r, name, sizeof name, err)) == GWS_OK)
        n = snprintf(path, size, "%s/%s", w->folder, name);
    if (status == GWS_OK && (size_t)n >= size)
        status = gws_err_set(err, GWS_EARG, "%.60s...: the name is too long", path);
    const gws_fetch_options options = {.again = w->again, .check = gws_remote_verify, .user = r, .progress = {gws_bar_show, bar}};
    if (status == GWS_OK && !w->dry_run && !here)
        status = gws_fetch_file(http, r->url, path, &options, NULL, err);
    gws_bar_clear(bar);
    free(here);
    return status;
}

gws_status gws_fetch_listed(gws_http *http, const gws_remote_list *list, const gws_fetch_wish *w, gws_bar *bar, gws_err *err)
{
    gws_status status = GWS_OK;
    int remote = 0;
    for (int i = 0; i < list->n && status == GWS_OK && !w->dry_run; i++) {
        status = gws_archive_fetchable(&list->files[i], err);
        remote |= strncmp(list->files[i].url, "file:", 5) != 0;
    }
    if (status == GWS_OK && remote && mkdir(w->folder, 0777) != 0 && errno != EEXIST)
        return gws_err_set(err, GWS_EIO, "%s: %s", w->folder, strerror(errno));
    for (int i = 0; i < list->n && status == GWS_OK; i++) {
        char path[4096];
        status = fetch_one(http, &list->files[i], w, path, sizeof path, bar, err);
        if (status == GWS_OK)
            status = print_file(&list->files[i], path, w, err);
    }
    return status;
}

static gws_status fetch_all(gws_http *http, gws_gwosc *g, char **events, int n, const gws_fetch_wish *w, gws_bar *bar, gws_err *err)
{
    gws_gwosc_query q;
    gws_remote_list list = {0};
    gws_status status = query_of(w, &q, err);
    if (status != GWS_OK)
        return status;
    if (w->runs || w->catalogs || w->catalog)
        return list_catalogs(g, w, err);
    if (w->flag)
        return list_segments(g, w, &q, err);
    for (int i = 0; i < n && status == GWS_OK; i++) {
        status = gws_gwosc_event(g, events[i], &q, &list, err);
        if (status == GWS_OK) {
            gws_archive_warn_gaps(&list, w->detectors, 0, 0);
            status = gws_fetch_listed(http, &list, w, bar, err);
        }
        gws_remote_list_clear(&list);
    }
    if (n == 0) {
        status = gws_gwosc_interval(g, w->run, &q, &list, err);
        if (status == GWS_OK) {
            gws_archive_warn_gaps(&list, w->detectors, q.begin_s, q.end_s);
            status = gws_fetch_listed(http, &list, w, bar, err);
        }
        gws_remote_list_clear(&list);
    }
    return status;
}

static gws_status clean(const gws_cli *cli, const gws_fetch_wish *w, gws_err *err)
{
    int files = 0;
    int64_t bytes = 0, kept = 0;
    gws_cache *c = gws_archive_cache(cli, w->cache, 0, err);
    gws_status status = c ? gws_cache_clean(c, &files, &bytes, &kept, err) : err->status;
    if (status == GWS_OK)
        printf("%s: %d file%s, %.1f MB removed\n", w->cache ? w->cache : cli->cache, files, files == 1 ? "" : "s",
               (double)bytes * 1e-6);
    if (status == GWS_OK && kept > 0)
        gws_cli_log(GWS_LOG_WARNING, "%.1f MB stay, for another process uses them", (double)kept * 1e-6);
    gws_cache_close(c);
    return status;
}

/* Of the open science center. */
static gws_status ask_gwosc(const gws_cli *cli, char **events, int n, const gws_fetch_wish *w, gws_http_params p, gws_bar *bar,
                            gws_err *err)
{
    gws_http *http = gws_http_create(&p, err);
    gws_gwosc *g = http ? gws_gwosc_create(http, w->server ? w->server : cli->gwosc[0] ? cli->gwosc : NULL, err) : NULL;
    const gws_status status = g ? fetch_all(http, g, events, n, w, bar, err) : err->status;
    gws_gwosc_destroy(g);
    gws_http_destroy(http);
    return status;
}

static int is_datafind(const gws_fetch_wish *w)
{
    return w->type || w->show_sites || w->show_types;
}

static int run(const gws_cli *cli, char **events, int n, const gws_fetch_wish *w)
{
    gws_err err = {0};
    gws_bar bar = gws_bar_start();
    gws_http_params p = gws_http_defaults();
    p.ca_file = cli->ca_file[0] ? cli->ca_file : NULL;
    p.attempts = (int)w->attempts;
    p.stall_s = w->stall_s;
    p.progress = (gws_progress){gws_bar_show, &bar};
    const gws_status status = w->clean         ? clean(cli, w, &err)
                              : is_datafind(w) ? gws_fetch_datafind(cli, w, p, &bar, &err)
                                               : ask_gwosc(cli, events, n, w, p, &bar, &err);
    gws_bar_clear(&bar);
    return status == GWS_OK ? gws_cli_done(cli) : gws_cli_fail(cli, &err);
}

static const char usage[] = "EVENT... [-o FOLDER]\n"
                            "--gps-start-time S --gps-end-time S [--run RUN] [-o FOLDER]\n"
                            "--type TYPE --gps-start-time S --gps-end-time S | --type TYPE --latest | --show-types\n"
                            "--runs | --catalogs | --catalog NAME | --segments FLAG --gps-start-time S --gps-end-time S | --clean";

static const char about[] =
    "Fetch public strain from the Gravitational Wave Open Science Center: the files around an event, those that\n"
    "touch an interval of time, those of a run.  With --type, frames that a GWDataFind server knows: files of this\n"
    "machine are used in place, others come over https, and a SciToken or a certificate is found where its own client\n"
    "finds it.  Only https, with the certificate verified.  What fails is tried again; what was cut goes on where it\n"
    "ended, in a later run too.  A file gets its name when it is whole and holds what the archive promised.  What is\n"
    "there already is not fetched again.  The verbs that read strain take the name of an event, or datafind:TYPE, as\n"
    "an input, and fetch it into a cache, a folder of the user's own that keeps 5 GB ($GWSPIKE_CACHE_LIMIT).";

static const char examples[] = "gwspike fetch GW150914 -o events\n"
                               "gwspike fetch --detectors H1,L1 --rate 16384 GW170814\n"
                               "gwspike fetch --run O3a --gps-start-time 1238166018 --gps-end-time 1238252418 --dry-run\n"
                               "gwspike fetch --catalog GWTC-3-confident --json\n"
                               "gwspike fetch --server datafind.gwosc.org --type H1_GWOSC_O3a_4KHZ_R1 \\\n"
                               "    --gps-start-time 1238166018 --gps-end-time 1238252418 --lal-cache > H1.lcf";

static int check_wish(const gws_cli *cli, const gws_opts *opts, const gws_fetch_wish *w, int n)
{
    const int lists = w->runs || w->catalogs || w->catalog || w->clean, datafind = is_datafind(w);
    const int interval = isfinite(w->begin_s) || isfinite(w->end_s), names = w->show_sites || w->show_types;
    const gws_opt_rule rules[] = {
        {n == 0 || !(lists || w->flag || w->run || interval || datafind),
         "runs catalogs catalog segments run gps-start-time gps-end-time clean type show-types show-observatories",
         "stands instead of an event"},
        {!lists, "run gps-start-time gps-end-time segments dry-run output lal-cache", "has no use here"},
        {!datafind, "run detectors rate duration format catalogs catalog runs segments clean cache",
         "has no use where a data-find server is asked"},
        {datafind, "observatory match url-type extension api director latest show-times", "wants --type"},
        {!names && !w->show_times && !w->flag, "lal-cache dry-run output again match url-type latest", "has no use here"},
        {!w->latest, "match gps-start-time gps-end-time show-times", "has no use with --latest"},
        {!w->json, "lal-cache", "has no use with --json"},
    };
    const int misuse = gws_opts_check(cli, opts, rules, (int)(sizeof rules / sizeof rules[0]));
    if (misuse)
        return misuse;
    if (n == 0 && !lists && !w->run && !interval && !datafind)
        return gws_cli_misuse(cli, "wanted the name of an event, an interval, --run, --type, --catalogs or --catalog");
    if (w->flag && !interval)
        return gws_cli_misuse(cli, "--segments wants --gps-start-time and --gps-end-time");
    if (datafind && !names && !w->latest && !w->show_times && !interval)
        return gws_cli_misuse(cli, "--type wants --gps-start-time and --gps-end-time, --latest or --show-times");
    if (w->attempts < 1 || w->attempts > 1000 || !(w->stall_s >= 1 && w->stall_s < 1e6))
        return gws_cli_misuse(cli, "--attempts 1 to 1000, --stall from 1 s on");
    return 0;
}

int gws_cmd_fetch(gws_cli *cli, int argc, char **argv)
{
    gws_fetch_wish w = {.folder = ".",
                        .format = "hdf5",
                        .extension = "gwf",
                        .begin_s = (double)NAN,
                        .end_s = (double)NAN,
                        .rate_hz = 4096,
                        .duration_s = 32,
                        .attempts = 10,
                        .stall_s = 30};
    char **events = NULL;
    int n = 0;
    const gws_opt options[] = {
        {'o', "output", GWS_OPT_STRING, &w.folder, "FOLDER", "where the files go; it is made (default: here)", 0},
        {0, "gps-start-time", GWS_OPT_DOUBLE, &w.begin_s, "S", "files that touch this interval, instead of an event", 0},
        {0, "gps-end-time", GWS_OPT_DOUBLE, &w.end_s, "S", "its end", 0},
        {0, "run", GWS_OPT_STRING, &w.run, "RUN", "files of an observing run, O3a: all, or those of the interval", 0},
        {0, "detectors", GWS_OPT_STRING, &w.detectors, "H1,L1", "of these only (default: all)", 0},
        {0, "rate", GWS_OPT_INT, &w.rate_hz, "HZ", "4096 (default) or 16384", 0},
        {0, "duration", GWS_OPT_INT, &w.duration_s, "S", "length of an event's files: 32 (default) or 4096", 0},
        {0, "format", GWS_OPT_STRING, &w.format, "NAME", "hdf5 (default), gwf or txt", 0},
        {0, "runs", GWS_OPT_FLAG, &w.runs, NULL, "list the observing runs", 0},
        {0, "catalogs", GWS_OPT_FLAG, &w.catalogs, NULL, "list the catalogs of events", 0},
        {0, "catalog", GWS_OPT_STRING, &w.catalog, "NAME", "list the events of a catalog; with --json their parameters", 0},
        {0, "segments", GWS_OPT_STRING, &w.flag, "FLAG", "list when a flag of data quality, H1_CBC_CAT1, is on in the interval", 0},
        {0, "type", GWS_OPT_STRING, &w.type, "TYPE", "frames of this type, H1_HOFT_C00, of a data-find server", 0},
        {0, "observatory", GWS_OPT_STRING, &w.site, "SITE", "of this site (default: the first letter of the type)", 0},
        {0, "match", GWS_OPT_STRING, &w.match, "REGEX", "addresses that match", 0},
        {0, "url-type", GWS_OPT_STRING, &w.url_type, "SCHEME", "only file, https or osdf (default: the best of these)", 0},
        {0, "extension", GWS_OPT_STRING, &w.extension, "EXT", "of the files (default gwf)", 0},
        {0, "latest", GWS_OPT_FLAG, &w.latest, NULL, "the newest file of the type", 0},
        {0, "show-observatories", GWS_OPT_FLAG, &w.show_sites, NULL, "list the sites that the data-find server knows", 0},
        {0, "show-types", GWS_OPT_FLAG, &w.show_types, NULL, "list its types, of --observatory or of all", 0},
        {0, "show-times", GWS_OPT_FLAG, &w.show_times, NULL, "list when there are files of the type", 0},
        {0, "lal-cache", GWS_OPT_FLAG, &w.lal_cache, NULL, "print a LIGO cache, which every verb takes", 0},
        {0, "dry-run", GWS_OPT_FLAG, &w.dry_run, NULL, "say what would be fetched", 0},
        {0, "again", GWS_OPT_FLAG, &w.again, NULL, "fetch also what is there already", 0},
        {0, "clean", GWS_OPT_FLAG, &w.clean, NULL, "empty the cache", 0},
        {0, "cache", GWS_OPT_STRING, &w.cache, "FOLDER", "the cache (default: $GWSPIKE_CACHE, else a folder in $TMPDIR)", 0},
        {0, "server", GWS_OPT_STRING, &w.server, "URL",
         "the archive (default: $GWOSC_SERVER_URL, else https://gwosc.org; with --type $GWDATAFIND_SERVER)", 0},
        {0, "api", GWS_OPT_STRING, &w.api, "NAME", "of the data-find server, v1 or ldr (default: $GWDATAFIND_API, else v1)", 0},
        {0, "director", GWS_OPT_STRING, &w.director, "URL", "for osdf: addresses (default: $OSDF_DIRECTOR_URL)", 0},
        {0, "attempts", GWS_OPT_INT, &w.attempts, "N", "of a request before it is given up (default 10)", 1},
        {0, "stall", GWS_OPT_DOUBLE, &w.stall_s, "S", "a connection that stands still for so long is given up (default 30)", 1},
        GWS_OPT_JSON(&w.json),
    };
    const gws_opts opts = {.usage = usage,
                           .about = about,
                           .examples = examples,
                           .options = options,
                           .n_options = (int)(sizeof options / sizeof options[0]),
                           .min_inputs = 0,
                           .max_inputs = -1,
                           .input = "name of an event"};
    const int parsed = gws_opts_parse(cli, &opts, argc, argv, &events, &n);
    if (parsed != GWS_OPTS_RUN)
        return parsed;
    const int misuse = check_wish(cli, &opts, &w, n);
    return misuse ? misuse : run(cli, events, n, &w);
}
