/* archive.h - what the verbs have of archives: inputs that are fetched by name, through the cache.
 *
 *   GW150914, GW150914-v3           the files around an event, of the open science center: 4096 s, or 32 s where there are no longer ones
 *   datafind:H1_HOFT_C00            the frames of a type from --gps-start-time to --gps-end-time, of the data-find server; where the site is not
 *   datafind:SITE/TYPE              the first letter of the type
 *
 * A file of that name comes first.  What a data-find server has on this machine is used in place.
 */
#ifndef GWS_CLI_ARCHIVE_H
#define GWS_CLI_ARCHIVE_H

#include "archive/cache.h"
#include "archive/credentials.h"
#include "archive/datafind.h"
#include "cli/cli.h"

/* The inputs with those that are fetched replaced by their files: (n_out) allocated, free with gws_inputs_free. */
gws_status gws_archive_inputs(const gws_cli *cli, char *const *inputs, int n, char ***out, int *n_out, gws_err *err);

/* Where the files of this run were fetched from, for gws_strain_use; NULL: none was.  Of the run. */
const gws_strain_origin *gws_archive_origins(void);

/* The run is over: close the cache. */
void gws_archive_end(void);

/* The cache that `folder` names, or $GWSPIKE_CACHE, with $GWSPIKE_CACHE_LIMIT. */
gws_cache *gws_archive_cache(const gws_cli *cli, const char *folder, int alone, gws_err *err);

/* A data-find server and how one speaks to it. */
typedef struct gws_archive_datafind {
    gws_http *http;
    gws_datafind *datafind;
    char *server;   /* for sentences: without user and password */
    char note[400]; /* on credentials that are of no use */
} gws_archive_datafind;

/* What is NULL is $GWDATAFIND_SERVER (or $LIGO_DATAFIND_SERVER), $GWDATAFIND_API, $OSDF_DIRECTOR_URL. */
typedef struct gws_archive_server {
    const char *name, *api, *director;
} gws_archive_server;

/*   p   of the connection; certificates and credentials are added here */
gws_status gws_archive_datafind_open(const gws_cli *cli, const gws_archive_server *server, gws_http_params p,
                                     gws_archive_datafind *out, gws_err *err);
void gws_archive_datafind_close(gws_archive_datafind *d);

/* Add to a sentence of a refused request what credentials there were. */
void gws_archive_explain(const gws_archive_datafind *d, gws_err *err);

/* What of an interval the detectors of a list (and `ifos`, "H1,L1"; NULL: none besides) do not have: a warning each, at most a few. */
void gws_archive_warn_gaps(const gws_remote_list *list, const char *ifos, int64_t begin_s, int64_t end_s);

/* A file that no https can fetch: refused with what it would need.  GWS_OK: it can be fetched, or is on this machine. */
gws_status gws_archive_fetchable(const gws_remote *r, gws_err *err);

#endif
