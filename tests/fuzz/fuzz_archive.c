/* fuzz_archive.c - any bytes as what a server answers: of the open science center, of a data-find server, as a token, and as a list that was
 * kept.  What is listed has an address
 * and a time, what is refused has its sentence.  The first byte chooses who asks, then a line of "--" parts an answer from the next. */
#include "archive/credentials.h"
#include "archive/datafind.h"
#include "archive/gwosc_api.h"
#include "fuzz/file_input.h"
#include "strain/inputs.h"

#include <string.h>
#include <sys/stat.h>

#define PART "\n--\n"
#define MOST 200 /* requests, for a list may lead back to an earlier page */

static const char *rest;
static size_t left;
static int asked;

/* In place of archive/http.c: the next answer. */
gws_status gws_http_get(gws_http *h, const char *url, size_t limit, char **out, size_t *size, gws_err *err)
{
    (void)h;
    *out = NULL;
    GWS_ASSERT(url && *url);
    if (!rest || asked++ > MOST)
        return gws_err_set(err, GWS_EDATA, "no more answers");
    const char *end = memmem(rest, left, PART, strlen(PART));
    const size_t n = end ? (size_t)(end - rest) : left;
    if (n > limit || !(*out = malloc(n + 1)))
        return gws_err_set(err, GWS_EIO, "too long");
    memcpy(*out, rest, n);
    (*out)[n] = '\0';
    *size = n;
    rest = end ? end + strlen(PART) : NULL;
    left -= end ? n + strlen(PART) : left;
    return GWS_OK;
}

static void look(gws_status status, gws_remote_list *list, const gws_err *err)
{
    GWS_ASSERT(status == GWS_OK || (err->text[0] && list->n == 0));
    for (int i = 0; i < list->n; i++) {
        char name[256];
        int64_t *gaps = NULL;
        int n = 0;
        const gws_remote *r = &list->files[i];
        GWS_ASSERT(r->url && r->ifo[0]);
        if (gws_remote_name(r, name, sizeof name, NULL) == GWS_OK)
            GWS_ASSERT(name[0] != '.' && !strchr(name, '/'));
        free(gws_remote_path(r));
        if (i < 3 && gws_remote_gaps(list, r->ifo, 1000, 1126259500, &gaps, &n, NULL) == GWS_OK)
            for (int k = 0; k < n; k++)
                GWS_ASSERT(gaps[2 * k] < gaps[2 * k + 1] && gaps[2 * k] >= 1000 && gaps[2 * k + 1] <= 1126259500);
        free(gaps);
    }
    gws_remote_list_clear(list);
}

static void ask_gwosc(int who)
{
    const gws_gwosc_query q = {.ifos = who & 16 ? "H1,L1" : NULL,
                               .rate_hz = 4096,
                               .duration_s = 32,
                               .format = GWS_REMOTE_TEXT,
                               .begin_s = 1126259400,
                               .end_s = 1126259500};
    const gws_gwosc_flag flag = {"H1_DATA", who & 16 ? "O1" : NULL, 1126259400, 1126259500};
    gws_gwosc *g = gws_gwosc_create(NULL, NULL, NULL);
    gws_remote_list list = {0};
    gws_err err = {0};
    json_t *items = NULL;
    int64_t *segments = NULL;
    int n = 0;
    GWS_ASSERT(g != NULL);
    switch (who % 8) {
    case 0: look(gws_gwosc_event(g, "GW150914", &q, &list, &err), &list, &err); break;
    case 1: look(gws_gwosc_event(g, "GW150914-v3", &q, &list, &err), &list, &err); break;
    case 2: look(gws_gwosc_interval(g, who & 16 ? "O1" : NULL, &q, &list, &err), &list, &err); break;
    case 3:
        GWS_ASSERT(gws_gwosc_results(g, "/api/v2/catalogs", &items, &err) == GWS_OK || err.text[0]);
        json_decref(items);
        break;
    default: GWS_ASSERT(gws_gwosc_segments(g, &flag, &segments, &n, &err) == GWS_OK || err.text[0]); free(segments);
    }
    gws_gwosc_destroy(g);
}

static void ask_datafind(int who)
{
    const gws_datafind_query q = {.type = "H1_HOFT_C00",
                                  .extension = "gwf",
                                  .urltype = who & 16 ? "https" : NULL,
                                  .begin_s = 1126259400,
                                  .end_s = 1126259500};
    gws_datafind *d =
        gws_datafind_create((gws_http *)&asked, "https://localhost", NULL, who & 32 ? "https://localhost/" : NULL, NULL);
    gws_remote_list list = {0};
    gws_err err = {0};
    char **names = NULL;
    int64_t *times = NULL;
    int n = 0;
    GWS_ASSERT(d != NULL);
    switch (who % 8) {
    case 5: look(gws_datafind_files(d, &q, &list, &err), &list, &err); break;
    case 6:
        GWS_ASSERT(gws_datafind_types(d, "H", "gwf", &names, &n, &err) == GWS_OK || err.text[0]);
        gws_inputs_free(names, n);
        break;
    default: GWS_ASSERT(gws_datafind_times(d, &q, &times, &n, &err) == GWS_OK || err.text[0]); free(times);
    }
    gws_datafind_destroy(d);
}

static char token[1000];

static const char *environment(const char *name)
{
    return strcmp(name, "BEARER_TOKEN") == 0 ? token : NULL;
}

static void try_token(void)
{
    gws_credentials c;
    snprintf(token, sizeof token, "%.*s", (int)(left < 900 ? left : 900), rest);
    GWS_ASSERT(gws_credentials_find("https://localhost:443", environment, &c, NULL) == GWS_OK);
    gws_credentials_clear(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    rest = (const char *)data + 1;
    left = size - 1;
    asked = 0;
    if (data[0] & 128) {
        gws_remote_list list = {0};
        gws_err err = {0};
        look(gws_remote_list_read(rest, left, &list, &err), &list, &err);
    } else if (data[0] & 64)
        try_token();
    else if (data[0] % 8 < 5)
        ask_gwosc(data[0]);
    else
        ask_datafind(data[0]);
    return 0;
}
