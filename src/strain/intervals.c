#include "strain/intervals.h"

#include "base/array.h"
#include "base/file.h"
#include "base/ifo.h"
#include "base/number.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LARGEST ((size_t)256 << 20) /* bytes of a file of segments */
#define MAX_GPS_S 4.0e9

void gws_intervals_clear(gws_intervals *list)
{
    if (list)
        free(list->items);
    if (list)
        memset(list, 0, sizeof *list);
}

gws_status gws_intervals_add(gws_intervals *list, const char *ifo, double begin_s, double end_s, gws_err *err)
{
    GWS_ASSERT(list && ifo && strlen(ifo) < 4);
    if (!(fabs(begin_s) <= MAX_GPS_S) || !(fabs(end_s) <= MAX_GPS_S) || end_s < begin_s)
        return gws_err_set(err, GWS_EFORMAT, "wanted a begin and an end in seconds of GPS, found %.17g and %.17g", begin_s, end_s);
    if (!GWS_ARRAY_ROOM(list->items, list->room, list->n + 1))
        return gws_err_set(err, GWS_ENOMEM, "out of memory for %d segments", list->n + 1);
    gws_interval *to = &list->items[list->n++];
    *to = (gws_interval){.begin_s = begin_s, .end_s = end_s};
    memcpy(to->ifo, ifo, strlen(ifo) + 1);
    return GWS_OK;
}

static gws_status read_line(char *line, long k, const char *path, gws_intervals *out, gws_err *err)
{
    double x[4];
    int n = 0;
    const char *p = line;
    line[strcspn(line, "#%")] = '\0';
    while (n < 4) {
        p += strspn(p, " \t\r,");
        const char *end = *p ? gws_number_read(p, &x[n]) : NULL;
        if (!end)
            break;
        n++;
        p = end;
    }
    p += strspn(p, " \t\r");
    if (n == 0 && !*p)
        return GWS_OK;
    if (*p || (n != 2 && n != 4))
        return gws_err_set(err, GWS_EFORMAT, "%s: line %ld: wanted begin and end, or number, begin, end and duration", path, k);
    if (n == 4 && fabs(x[2] - x[1] - x[3]) > 1e-6)
        return gws_err_set(err, GWS_EFORMAT, "%s: line %ld: from %.9g to %.9g is no duration of %.9g", path, k, x[1], x[2], x[3]);
    gws_status status = gws_intervals_add(out, "", x[n == 4], x[n == 4 ? 2 : 1], err);
    if (status != GWS_OK)
        gws_err_prefix(err, "%s: line %ld", path, k);
    return status;
}

static gws_status read_array(const json_t *list, const char *ifo, const char *path, gws_intervals *out, gws_err *err)
{
    size_t i;
    json_t *item;
    json_array_foreach(list, i, item)
    {
        const json_t *a = json_array_get(item, 0), *b = json_array_get(item, 1);
        if (!json_is_number(a) || !json_is_number(b) || json_array_size(item) != 2)
            return gws_err_set(err, GWS_EFORMAT, "%s: segment %zu: wanted [begin, end]", path, i);
        gws_status status = gws_intervals_add(out, ifo, json_number_value(a), json_number_value(b), err);
        if (status != GWS_OK) {
            gws_err_prefix(err, "%s: segment %zu", path, i);
            return status;
        }
    }
    return GWS_OK;
}

static gws_status read_json(const char *text, size_t n, const char *path, gws_intervals *out, gws_err *err)
{
    json_error_t why;
    json_t *doc = json_loadb(text, n, 0, &why);
    if (!doc)
        return gws_err_set(err, GWS_EFORMAT, "%s: line %d: %s", path, why.line, why.text);
    gws_status status = GWS_OK;
    int lists = 0;
    const char *key;
    json_t *value;
    if (json_is_array(doc)) {
        lists = 1;
        status = read_array(doc, "", path, out, err);
    }
    json_object_foreach(doc, key, value)
    {
        const int whole = strcmp(key, "segments") == 0;
        if (status != GWS_OK || !json_is_array(value) || (!whole && !gws_is_ifo(key)))
            continue;
        lists++;
        status = read_array(value, whole ? "" : key, path, out, err);
    }
    json_decref(doc);
    if (status == GWS_OK && lists == 0)
        return gws_err_set(err, GWS_EFORMAT, "%s: wanted a list of segments, or one for each detector", path);
    return status;
}

gws_status gws_intervals_load(const char *path, gws_intervals *out, gws_err *err)
{
    GWS_ASSERT(path && out);
    char *text = NULL;
    size_t n = 0;
    long k = 0;
    gws_status status = gws_file_read(path, LARGEST, &text, &n, err);
    if (status != GWS_OK)
        return status;
    const char *first = text + strspn(text, " \t\r\n");
    if (*first == '[' || *first == '{') {
        status = read_json(text, n, path, out, err);
    } else if (strlen(text) != n || *first == '<') {
        status = gws_err_set(err, GWS_EFORMAT, "%s: wanted segments as text or JSON", path);
    } else {
        for (char *row = text, *next; row && status == GWS_OK; row = next) {
            next = strchr(row, '\n');
            if (next)
                *next++ = '\0';
            status = read_line(row, ++k, path, out, err);
        }
    }
    free(text);
    return status;
}
