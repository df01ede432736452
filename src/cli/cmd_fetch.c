/* gwspike fetch - public strain of the Gravitational Wave Open Science Center, by event, by interval, by run. */
#include "archive/cache.h"
#include "archive/fetch.h"
#include "archive/gwosc_api.h"
#include "archive/verify.h"
#include "base/file.h"
#include "cli/opts.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What the command line says. */
typedef struct wish {
    const char *folder, *run, *detectors, *format, *server, *catalog, *flag, *cache;
    double begin_s, end_s;
    int64_t rate_hz, duration_s, attempts;
    double stall_s;
    int dry_run, json, clean, catalogs, again;
} wish;

static gws_status query_of(const wish *w, gws_gwosc_query *q, gws_err *err)
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
    if (isfinite(w->begin_s) != isfinite(w->end_s) || (isfinite(w->begin_s) && !(w->begin_s < w->end_s && fabs(w->end_s) < 4e9)))
        return gws_err_set(err, GWS_EARG, "--gps-start-time and --gps-end-time: wanted both, the first before the second");
    if (isfinite(w->begin_s)) {
        q->begin_s = (int64_t)floor(w->begin_s);
        q->end_s = (int64_t)ceil(w->end_s);
    }
    return GWS_OK;
}

/* ---- lists ---- */

static void put_value(gws_json *j, const char *key, const json_t *v)
{
    if (json_is_integer(v))
        gws_json_put_i64(j, key, json_integer_value(v));
    else if (json_is_real(v))
        gws_json_put_f64(j, key, json_real_value(v));
    else if (json_is_string(v))
        gws_json_put_string(j, key, json_string_value(v));
}

/* Parameters of an event of a catalog: [{"name": "mass_1_source", "best": 35.6, ...}, ...] */
static void put_parameters(gws_json *j, const json_t *parameters)
{
    size_t i;
    json_t *p;
    json_array_foreach(parameters, i, p)
    {
        const char *name = json_string_value(json_object_get(p, "name"));
        if (name)
            put_value(j, name, json_object_get(p, "best"));
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

static gws_status list_catalogs(gws_gwosc *g, const wish *w, gws_err *err)
{
    char path[300];
    json_t *items = NULL, *item;
    size_t i;
    snprintf(path, sizeof path,
             w->catalog ? "/api/v2/event-versions?release=%.200s&include-default-parameters=true" : "/api/v2/catalogs%s",
             w->catalog ? w->catalog : "");
    gws_status status = gws_gwosc_results(g, path, &items, err);
    json_array_foreach(items, i, item) print_item(item, w->json);
    json_decref(items);
    return status;
}

static gws_status list_segments(gws_gwosc *g, const wish *w, const gws_gwosc_query *q, gws_err *err)
{
    int64_t *segments = NULL;
    int n = 0;
    gws_status status = gws_gwosc_segments(g, w->flag, q->begin_s, q->end_s, &segments, &n, err);
    for (int i = 0; i < n; i++) {
        if (w->json) {
            gws_json *j = gws_json_object();
            gws_json_put_string(j, "flag", w->flag);
            gws_json_put_i64(j, "gps_start", segments[2 * i]);
            gws_json_put_i64(j, "gps_end", segments[2 * i + 1]);
            gws_cli_json(j);
        } else {
            printf("%" PRId64 " %" PRId64 "\n", segments[2 * i], segments[2 * i + 1]);
        }
    }
    free(segments);
    return status;
}

/* ---- files ---- */

static gws_status print_file(const gws_remote *r, const char *path, const wish *w, gws_err *err)
{
    struct stat st;
    char sum[65] = "";
    const int there = !w->dry_run && stat(path, &st) == 0;
    gws_status status = there ? gws_file_sha256(path, sum, err) : GWS_OK;
    if (status != GWS_OK)
        return status;
    if (!w->json) {
        printf("%s  %s  GPS %" PRId64 ", %" PRId64 " s at %d Hz%s%s\n", w->dry_run ? r->url : path, r->ifo, r->start_s,
               r->duration_s, r->rate_hz, r->source[0] ? ", " : "", r->source);
        return GWS_OK;
    }
    gws_json *j = gws_json_object();
    gws_json_put_string(j, "url", r->url);
    gws_json_put_string(j, "detector", r->ifo);
    gws_json_put_i64(j, "gps_start", r->start_s);
    gws_json_put_i64(j, "duration_s", r->duration_s);
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

static gws_status fetch_files(gws_http *http, const gws_remote_list *list, const wish *w, gws_bar *bar, gws_err *err)
{
    gws_status status = GWS_OK;
    if (!w->dry_run && mkdir(w->folder, 0777) != 0 && errno != EEXIST)
        return gws_err_set(err, GWS_EIO, "%s: %s", w->folder, strerror(errno));
    for (int i = 0; i < list->n && status == GWS_OK; i++) {
        gws_remote *r = &list->files[i];
        char name[256], path[4096];
        if ((status = gws_remote_name(r, name, sizeof name, err)) != GWS_OK)
            break;
        if ((size_t)snprintf(path, sizeof path, "%s/%s", w->folder, name) >= sizeof path)
            return gws_err_set(err, GWS_EARG, "%.60s...: the name is too long", w->folder);
        const gws_fetch_options options = {
            .again = w->again, .check = gws_remote_verify, .user = r, .progress = {gws_bar_show, bar}};
        if (!w->dry_run)
            status = gws_fetch_file(http, r->url, path, &options, NULL, err);
        gws_bar_clear(bar);
        if (status == GWS_OK)
            status = print_file(r, path, w, err);
    }
    return status;
}

static gws_status fetch_all(gws_http *http, gws_gwosc *g, char **events, int n, const wish *w, gws_bar *bar, gws_err *err)
{
    gws_gwosc_query q;
    gws_remote_list list = {0};
    gws_status status = query_of(w, &q, err);
    if (status != GWS_OK)
        return status;
    if (w->catalogs || w->catalog)
        return list_catalogs(g, w, err);
    if (w->flag)
        return list_segments(g, w, &q, err);
    for (int i = 0; i < n && status == GWS_OK; i++) {
        status = gws_gwosc_event(g, events[i], &q, &list, err);
        if (status == GWS_OK)
            status = fetch_files(http, &list, w, bar, err);
        gws_remote_list_clear(&list);
    }
    if (n == 0) {
        status = gws_gwosc_interval(g, w->run, &q, &list, err);
        if (status == GWS_OK)
            status = fetch_files(http, &list, w, bar, err);
        gws_remote_list_clear(&list);
    }
    return status;
}

static gws_status clean(const gws_cli *cli, const wish *w, gws_err *err)
{
    int files = 0;
    int64_t bytes = 0;
    gws_cache *c = gws_cache_open(w->cache ? w->cache : cli->cache, GWS_CACHE_LIMIT, err);
    gws_status status = c ? gws_cache_clean(c, &files, &bytes, err) : err->status;
    if (status == GWS_OK)
        printf("%s: %d file%s, %.1f MB removed\n", gws_cache_folder(c), files, files == 1 ? "" : "s", (double)bytes * 1e-6);
    gws_cache_close(c);
    return status;
}

static int run(const gws_cli *cli, char **events, int n, const wish *w)
{
    gws_err err = {0};
    gws_bar bar = gws_bar_start();
    gws_http_params p = gws_http_defaults();
    p.ca_file = cli->ca_file[0] ? cli->ca_file : NULL;
    p.attempts = (int)w->attempts;
    p.stall_s = w->stall_s;
    p.progress = (gws_progress){gws_bar_show, &bar};
    gws_http *http = w->clean ? NULL : gws_http_create(&p, &err);
    gws_gwosc *g = http ? gws_gwosc_create(http, w->server ? w->server : cli->gwosc[0] ? cli->gwosc : NULL, &err) : NULL;
    gws_status status = w->clean ? clean(cli, w, &err) : g ? fetch_all(http, g, events, n, w, &bar, &err) : err.status;
    gws_bar_clear(&bar);
    gws_gwosc_destroy(g);
    gws_http_destroy(http);
    return status == GWS_OK ? gws_cli_done(cli) : gws_cli_fail(cli, &err);
}

int gws_cmd_fetch(gws_cli *cli, int argc, char **argv)
{
    wish w = {.folder = ".",
              .format = "hdf5",
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
        {0, "catalogs", GWS_OPT_FLAG, &w.catalogs, NULL, "list the catalogs of events", 0},
        {0, "catalog", GWS_OPT_STRING, &w.catalog, "NAME", "list the events of a catalog; with --json their parameters", 0},
        {0, "segments", GWS_OPT_STRING, &w.flag, "FLAG", "list when a flag of data quality, H1_CBC_CAT1, is on in the interval", 0},
        {0, "dry-run", GWS_OPT_FLAG, &w.dry_run, NULL, "say what would be fetched", 0},
        {0, "again", GWS_OPT_FLAG, &w.again, NULL, "fetch also what is there already", 0},
        {0, "clean", GWS_OPT_FLAG, &w.clean, NULL, "empty the cache", 0},
        {0, "cache", GWS_OPT_STRING, &w.cache, "FOLDER", "the cache (default: $GWSPIKE_CACHE, else a folder in $TMPDIR)", 0},
        {0, "server", GWS_OPT_STRING, &w.server, "URL", "the archive (default: $GWOSC_SERVER_URL, else https://gwosc.org)", 0},
        {0, "attempts", GWS_OPT_INT, &w.attempts, "N", "of a request before it is given up (default 10)", 1},
        {0, "stall", GWS_OPT_DOUBLE, &w.stall_s, "S", "a connection that stands still for so long is given up (default 30)", 1},
        GWS_OPT_JSON(&w.json),
    };
    const gws_opts opts = {
        .usage = "EVENT... [-o FOLDER]\n"
                 "--gps-start-time S --gps-end-time S [--run RUN] [-o FOLDER]\n"
                 "--catalogs | --catalog NAME | --segments FLAG --gps-start-time S --gps-end-time S | --clean",
        .about =
            "Fetch public strain from the Gravitational Wave Open Science Center: the files around an event, those that\n"
            "touch an interval of time, those of a run.  Only https, with the certificate verified.  What fails is tried\n"
            "again; what was cut goes on where it ended, in a later run too.  A file gets its name when it is whole and holds\n"
            "what the archive promised.  What is there already is not fetched again.",
        .examples = "gwspike fetch GW150914 -o events\n"
                    "gwspike fetch --detectors H1,L1 --rate 16384 GW170814\n"
                    "gwspike fetch --run O3a --gps-start-time 1238166018 --gps-end-time 1238252418 --dry-run\n"
                    "gwspike fetch --catalog GWTC-3-confident --json",
        .options = options,
        .n_options = (int)(sizeof options / sizeof options[0]),
        .min_inputs = 0,
        .max_inputs = -1,
        .input = "name of an event",
    };
    const int parsed = gws_opts_parse(cli, &opts, argc, argv, &events, &n);
    if (parsed != GWS_OPTS_RUN)
        return parsed;
    const int lists = w.catalogs || w.catalog || w.clean, interval = isfinite(w.begin_s) || isfinite(w.end_s);
    const gws_opt_rule rules[] = {
        {n == 0 || !(lists || w.flag || w.run || interval), "catalogs catalog segments run gps-start-time gps-end-time clean",
         "stands instead of an event"},
        {!lists, "run gps-start-time gps-end-time segments dry-run output", "has no use here"},
    };
    const int misuse = gws_opts_check(cli, &opts, rules, 2);
    if (misuse)
        return misuse;
    if (n == 0 && !lists && !w.run && !interval)
        return gws_cli_misuse(cli, "wanted the name of an event, an interval, --run, --catalogs or --catalog");
    if (w.flag && !interval)
        return gws_cli_misuse(cli, "--segments wants --gps-start-time and --gps-end-time");
    if (w.attempts < 1 || w.attempts > 1000 || !(w.stall_s >= 1 && w.stall_s < 1e6))
        return gws_cli_misuse(cli, "--attempts 1 to 1000, --stall from 1 s on");
    return run(cli, events, n, &w);
}
