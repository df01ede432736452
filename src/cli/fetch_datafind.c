#include "cli/fetch.h"

#include "base/json.h"
#include "strain/inputs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int by_name(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static gws_status list_names(gws_datafind *d, const gws_fetch_wish *w, gws_err *err)
{
    char **names = NULL;
    int n = 0;
    const gws_status status = w->show_sites ? gws_datafind_sites(d, w->extension, &names, &n, err)
                                            : gws_datafind_types(d, w->site ? w->site : "all", w->extension, &names, &n, err);
    if (n > 0)
        qsort(names, (size_t)n, sizeof *names, by_name);
    for (int i = 0; i < n; i++) {
        if (i > 0 && strcmp(names[i], names[i - 1]) == 0)
            continue;
        if (w->json) {
            gws_json *j = gws_json_object();
            gws_json_put_string(j, w->show_sites ? "observatory" : "type", names[i]);
            gws_cli_json(j);
        } else {
            printf("%s\n", names[i]);
        }
    }
    gws_inputs_free(names, n);
    return status;
}

static gws_status list_times(gws_datafind *d, const gws_datafind_query *q, const gws_fetch_wish *w, gws_err *err)
{
    int64_t *times = NULL;
    int n = 0;
    const gws_status status = gws_datafind_times(d, q, &times, &n, err);
    gws_fetch_print_times("type", q->type, times, n, w->json);
    free(times);
    return status;
}

static gws_status fetch_files(const gws_archive_datafind *d, const gws_datafind_query *q, const gws_fetch_wish *w, gws_bar *bar,
                              gws_err *err)
{
    gws_remote_list list = {0};
    gws_status status =
        w->latest ? gws_datafind_latest(d->datafind, q, &list, err) : gws_datafind_files(d->datafind, q, &list, err);
    if (status == GWS_OK && list.n == 0 && w->latest)
        status = gws_err_set(err, GWS_EDATA, "%s: no file of %s", d->server, q->type);
    else if (status == GWS_OK && list.n == 0)
        status = gws_err_set(err, GWS_EDATA, "%s: no file of %s from GPS %" PRId64 " to %" PRId64 "%s%s", d->server, q->type,
                             q->begin_s, q->end_s, q->urltype ? " at " : "", q->urltype ? q->urltype : "");
    else if (status == GWS_OK && !w->latest)
        gws_archive_warn_gaps(&list, NULL, q->begin_s, q->end_s);
    if (status == GWS_OK)
        status = gws_fetch_listed(d->http, &list, w, bar, err);
    gws_remote_list_clear(&list);
    return status;
}

gws_status gws_fetch_datafind(const gws_cli *cli, const gws_fetch_wish *w, gws_http_params p, gws_bar *bar, gws_err *err)
{
    const gws_archive_server server = {w->server, w->api, w->director};
    gws_archive_datafind d;
    gws_datafind_query q = {.site = w->site, .type = w->type, .extension = w->extension, .match = w->match, .urltype = w->url_type};
    gws_status status = gws_fetch_interval(w, &q.begin_s, &q.end_s, err);
    if (status != GWS_OK || (status = gws_archive_datafind_open(cli, &server, p, &d, err)) != GWS_OK)
        return status;
    if (w->show_sites || w->show_types)
        status = list_names(d.datafind, w, err);
    else if (w->show_times)
        status = list_times(d.datafind, &q, w, err);
    else
        status = fetch_files(&d, &q, w, bar, err);
    if (status != GWS_OK)
        gws_archive_explain(&d, err);
    gws_archive_datafind_close(&d);
    return status;
}
