/* fetch.h - private to cli/: what the two halves of the verb `fetch` share, the open science center (cmd_fetch.c) and the data-find server
 * (fetch_datafind.c). */
#ifndef GWS_CLI_FETCH_H
#define GWS_CLI_FETCH_H

#include "archive/http.h"
#include "archive/remote.h"
#include "cli/archive.h"

/* What the command line says. */
typedef struct gws_fetch_wish {
    const char *folder, *run, *detectors, *format, *server, *catalog, *flag, *cache;
    const char *type, *site, *match, *url_type, *extension, *api, *director; /* of a data-find server */
    double begin_s, end_s;
    int64_t rate_hz, duration_s, attempts;
    double stall_s;
    int dry_run, json, lal_cache, clean, runs, catalogs, again;
    int latest, show_sites, show_types, show_times;
} gws_fetch_wish;

/* The interval in whole seconds; zeros: none was given. */
gws_status gws_fetch_interval(const gws_fetch_wish *w, int64_t *begin_s, int64_t *end_s, gws_err *err);

/* Fetch what is listed and print a line for each file; a file of this machine is used in place. */
gws_status gws_fetch_listed(gws_http *http, const gws_remote_list *list, const gws_fetch_wish *w, gws_bar *bar, gws_err *err);

/* Print pairs of seconds. */
void gws_fetch_print_times(const char *key, const char *name, const int64_t *times, int n, int json);

/* All that is asked of a data-find server.
 *   p   of the connection */
gws_status gws_fetch_datafind(const gws_cli *cli, const gws_fetch_wish *w, gws_http_params p, gws_bar *bar, gws_err *err);

#endif
