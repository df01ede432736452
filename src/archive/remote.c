#include "archive/remote.h"

#include "base/array.h"
#include "strain/inputs.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MOST_S INT64_C(4000000000)

void gws_remote_list_clear(gws_remote_list *list)
{
    for (int i = 0; list && i < list->n; i++)
        free(list->files[i].url);
    if (list) {
        free(list->files);
        memset(list, 0, sizeof *list);
    }
}

gws_status gws_remote_add(gws_remote_list *list, const gws_remote *r, const char *url, gws_err *err)
{
    if (!GWS_ARRAY_ROOM(list->files, list->room, list->n + 1))
        return gws_err_set(err, GWS_ENOMEM, "archive: out of memory");
    gws_remote *f = &list->files[list->n];
    *f = *r;
    const size_t n = strlen(url) + 2;
    if (!(f->url = malloc(n)))
        return gws_err_set(err, GWS_ENOMEM, "archive: out of memory");
    if (strncasecmp(url, "http://", 7) == 0)
        snprintf(f->url, n, "https://%s", url + 7);
    else
        snprintf(f->url, n, "%s", url);
    f->url[strcspn(f->url, "?#")] = '\0';
    list->n++;
    return GWS_OK;
}

static int by_detector_and_time(const void *a, const void *b)
{
    const gws_remote *x = a, *y = b;
    int c = strcmp(x->ifo, y->ifo);
    if (c != 0)
        return c;
    if (x->start_s != y->start_s)
        return x->start_s < y->start_s ? -1 : 1;
    c = strcmp(x->source, y->source);
    return c ? c : strcmp(x->url, y->url);
}

void gws_remote_settle(gws_remote_list *list)
{
    int n = 0;
    if (list->n > 0)
        qsort(list->files, (size_t)list->n, sizeof *list->files, by_detector_and_time);
    for (int i = 0; i < list->n; i++) {
        gws_remote *f = &list->files[i];
        const gws_remote *last = n > 0 ? &list->files[n - 1] : NULL;
        if (last && strcmp(last->ifo, f->ifo) == 0 && last->start_s == f->start_s && strcmp(last->source, f->source) == 0)
            free(f->url);
        else
            list->files[n++] = *f;
    }
    list->n = n;
}

char *gws_remote_list_text(const gws_remote_list *list)
{
    json_t *all = json_array();
    int good = all != NULL;
    for (int i = 0; i < list->n && good; i++) {
        const gws_remote *r = &list->files[i];
        good = json_array_append_new(all, json_pack("{s:s, s:s, s:I, s:I, s:i, s:s}", "url", r->url, "detector", r->ifo,
                                                    "gps_start", (json_int_t)r->start_s, "duration_s", (json_int_t)r->duration_s,
                                                    "sample_rate_hz", r->rate_hz, "release", r->source)) == 0;
    }
    char *text = good ? json_dumps(all, JSON_COMPACT) : NULL;
    json_decref(all);
    return text;
}

gws_status gws_remote_list_read(const char *text, size_t n, gws_remote_list *out, gws_err *err)
{
    json_t *all = json_loadb(text, n, 0, NULL), *item;
    gws_status status = json_is_array(all) ? GWS_OK : gws_err_set(err, GWS_EFORMAT, "a list of files: wanted JSON");
    size_t i;
    memset(out, 0, sizeof *out);
    json_array_foreach(all, i, item)
    {
        const char *url, *ifo, *source;
        json_int_t start_s, duration_s;
        gws_remote r = {0};
        if (status != GWS_OK)
            break;
        if (json_unpack(item, "{s:s, s:s, s:I, s:I, s:i, s:s}", "url", &url, "detector", &ifo, "gps_start", &start_s, "duration_s",
                        &duration_s, "sample_rate_hz", &r.rate_hz, "release", &source) != 0 ||
            strncmp(url, "https://", 8) != 0 || !*ifo || strlen(ifo) >= sizeof r.ifo || strlen(source) >= sizeof r.source ||
            start_s < -MOST_S || start_s > MOST_S || duration_s < 0 || duration_s > MOST_S || r.rate_hz < 0) {
            status = gws_err_set(err, GWS_EFORMAT, "a list of files: item %zu is no file", i + 1);
            break;
        }
        r.start_s = start_s;
        r.duration_s = duration_s;
        snprintf(r.ifo, sizeof r.ifo, "%s", ifo);
        snprintf(r.source, sizeof r.source, "%s", source);
        status = gws_remote_add(out, &r, url, err);
    }
    json_decref(all);
    if (status == GWS_OK)
        gws_remote_settle(out);
    else
        gws_remote_list_clear(out);
    return status;
}

gws_status gws_remote_gaps(const gws_remote_list *list, const char *ifo, int64_t begin_s, int64_t end_s, int64_t **out, int *n,
                           gws_err *err)
{
    int64_t at = begin_s;
    *n = 0;
    *out = calloc(2 * (size_t)(list->n + 1), sizeof **out);
    if (!*out)
        return gws_err_set(err, GWS_ENOMEM, "archive: out of memory");
    for (int i = 0; i <= list->n && at < end_s; i++) {
        const gws_remote *f = i < list->n ? &list->files[i] : NULL;
        if (f && strcmp(f->ifo, ifo) != 0)
            continue;
        const int64_t start_s = f && f->start_s < end_s ? f->start_s : end_s;
        if (start_s > at) {
            (*out)[2 * *n] = at;
            (*out)[2 * *n + 1] = start_s;
            ++*n;
        }
        const int64_t stop_s = f && f->duration_s > 0 ? start_s + f->duration_s : end_s;
        at = stop_s > at ? stop_s : at;
    }
    if (*n == 0) {
        free(*out);
        *out = NULL;
    }
    return GWS_OK;
}

gws_status gws_remote_name(const gws_remote *r, char *out, size_t size, gws_err *err)
{
    const char *slash = strrchr(r->url, '/'), *name = slash ? slash + 1 : r->url;
    const size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
    if (n == 0 || name[n] != '\0' || name[0] == '.' || n >= size)
        return gws_err_set(err, GWS_EFORMAT, "the server gives a file the name '%.60s', which is none", name);
    memcpy(out, name, n + 1);
    return GWS_OK;
}

char *gws_remote_path(const gws_remote *r)
{
    char *copy = strncasecmp(r->url, "file:", 5) == 0 ? strdup(r->url) : NULL;
    const char *path = copy ? gws_inputs_path(copy) : NULL;
    if (path)
        memmove(copy, path, strlen(path) + 1);
    else
        free(copy);
    return path ? copy : NULL;
}
