#include "strain/intervals.h"

#include "base/array.h"
#include "base/file.h"
#include "base/ifo.h"
#include "base/number.h"
#include "ligolw/reader.h"

#include <inttypes.h>
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
    const char *ifo = json_string_value(json_object_get(doc, "ifo"));
    const json_t *active = json_object_get(doc, "active");
    if (json_is_array(active)) { /* a flag, as gwpy and DQSEGDB have it */
        if (ifo && !gws_is_ifo(ifo))
            status = gws_err_set(err, GWS_EFORMAT, "%s: \"ifo\" is no detector", path);
        else
            status = read_array(active, ifo ? ifo : "", path, out, err);
        lists = 1;
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

/* ---- LIGO_LW ---- */

/* The next detector of "H1", "H1,L1", "H1L1" or "H1 ", and what is behind it; NULL: there is none. */
static const char *next_ifo(const char *p, char ifo[3])
{
    p += strspn(p, ", ");
    if (!*p)
        return NULL;
    snprintf(ifo, 3, "%s", p);
    return gws_is_ifo(ifo) ? p + 2 : NULL;
}

/* A flag of segment_definer: whose it is and what it is called. */
typedef struct flag {
    int64_t id, version;
    const char *ifos, *name;
} flag;

static flag flag_at(const gws_ligolw_rowset *t, int64_t row)
{
    flag f = {0};
    const char *ifos = gws_ligolw_get_text(t, gws_ligolw_find_column(t, "ifos"), row);
    const char *name = gws_ligolw_get_text(t, gws_ligolw_find_column(t, "name"), row);
    gws_ligolw_get_int(t, gws_ligolw_find_column(t, "segment_def_id"), row, &f.id);
    gws_ligolw_get_int(t, gws_ligolw_find_column(t, "version"), row, &f.version);
    f.ifos = ifos ? ifos : "";
    f.name = name ? name : "";
    return f;
}

#define MAX_FLAGS 1000 /* rows of segment_definer */

static int is_of(const flag *f, const char *ifo)
{
    char other[3];
    int n = 0;
    for (const char *p = next_ifo(f->ifos, other); p; p = next_ifo(p, other), n++)
        if (strcmp(other, ifo) == 0)
            return 1;
    return n == 0;
}

/* Two flags in one file say different things of one detector, and nobody said which is meant. */
static gws_status check_flags(const gws_ligolw_rowset *t, const char *path, gws_err *err)
{
    const int64_t n = gws_ligolw_rows(t);
    char ifo[3];
    if (n > MAX_FLAGS)
        return gws_err_set(err, GWS_EDATA, "%s: segment_definer: more than %d rows", path, MAX_FLAGS);
    for (int64_t i = 0; i < n; i++) {
        const flag a = flag_at(t, i);
        const char *p = a.ifos;
        int k = 0;
        for (; p[strspn(p, ", ")]; k++) {
            if (!(p = next_ifo(p, ifo)))
                return gws_err_set(err, GWS_EFORMAT, "%s: segment_definer: wanted detectors such as \"H1,L1\", found \"%.40s\"",
                                   path, a.ifos);
            for (int64_t j = 0; j < n; j++) {
                const flag b = flag_at(t, j);
                if ((strcmp(a.name, b.name) != 0 || a.version != b.version) && is_of(&b, ifo))
                    return gws_err_set(err, GWS_EDATA,
                                       "%s: segments of several flags of %s, \"%.60s\" version %" PRId64
                                       " and \"%.60s\" version %" PRId64 "; wanted one",
                                       path, ifo, a.name, a.version, b.name, b.version);
            }
        }
        if (k == 0 && i > 0 && (strcmp(a.name, flag_at(t, 0).name) != 0 || a.version != flag_at(t, 0).version))
            return gws_err_set(err, GWS_EDATA, "%s: segments of several flags, and one of no detector, \"%.60s\"; wanted one", path,
                               a.name);
    }
    return GWS_OK;
}

/* A segment of a flag, for each of its detectors. */
static gws_status add_segment(const flag *f, double begin_s, double end_s, gws_intervals *out, gws_err *err)
{
    char ifo[3];
    gws_status status = GWS_OK;
    const char *p = next_ifo(f->ifos, ifo);
    if (!p)
        return gws_intervals_add(out, "", begin_s, end_s, err);
    for (; p && status == GWS_OK; p = next_ifo(p, ifo))
        status = gws_intervals_add(out, ifo, begin_s, end_s, err);
    return status;
}

static gws_status read_rows(const gws_ligolw_rowset *t, const gws_ligolw_rowset *definer, const char *path, gws_intervals *out,
                            gws_err *err)
{
    static const char *const names[] = {"start_time", "start_time_ns", "end_time", "end_time_ns"};
    int column[4];
    const int id_column = gws_ligolw_find_column(t, "segment_def_id");
    gws_status status = GWS_OK;
    flag f = {.ifos = ""};
    for (int k = 0; k < 4; k++)
        column[k] = gws_ligolw_find_column(t, names[k]);
    for (int64_t row = 0; row < gws_ligolw_rows(t) && status == GWS_OK; row++) {
        int64_t x[4], id;
        int has = 1;
        for (int k = 0; k < 4; k++)
            has &= gws_ligolw_get_int(t, column[k], row, &x[k]) || (k % 2 && column[k] < 0); /* _ns may be absent */
        if (!has)
            return gws_err_set(err, GWS_EFORMAT, "%s: segment: row %" PRId64 " has no start_time or no end_time", path, row + 1);
        if (definer) {
            int64_t i = 0;
            if (!gws_ligolw_get_int(t, id_column, row, &id))
                return gws_err_set(err, GWS_EFORMAT, "%s: segment: row %" PRId64 " has no segment_def_id", path, row + 1);
            while (i < gws_ligolw_rows(definer) && (f = flag_at(definer, i)).id != id)
                i++;
            if (i == gws_ligolw_rows(definer))
                return gws_err_set(err, GWS_EFORMAT, "%s: segment: row %" PRId64 " is of no flag of segment_definer", path,
                                   row + 1);
        }
        status = add_segment(&f, (double)x[0] + (double)x[1] * 1e-9, (double)x[2] + (double)x[3] * 1e-9, out, err);
        if (status != GWS_OK)
            gws_err_prefix(err, "%s: segment: row %" PRId64, path, row + 1);
    }
    return status;
}

static gws_status read_ligolw(const gws_ligolw *d, const char *path, gws_intervals *out, gws_err *err)
{
    const gws_ligolw_rowset *segments = gws_ligolw_find_table(d, "segment", 0),
                            *definer = gws_ligolw_find_table(d, "segment_definer", 0);
    if (!segments)
        return gws_err_set(err, GWS_EDATA, "%s: wanted a table of segments, found none", path);
    if (gws_ligolw_find_table(d, "segment", 1) || gws_ligolw_find_table(d, "segment_definer", 1))
        return gws_err_set(err, GWS_EDATA, "%s: wanted one table of segments, found several", path);
    const gws_status status = definer ? check_flags(definer, path, err) : GWS_OK;
    return status == GWS_OK ? read_rows(segments, definer, path, out, err) : status;
}

gws_status gws_intervals_load(const char *path, gws_intervals *out, gws_err *err)
{
    GWS_ASSERT(path && out);
    gws_err own = {0};
    char *text = NULL;
    size_t n = 0;
    long k = 0;
    err = err ? err : &own;
    gws_status status = gws_file_read(path, LARGEST, &text, &n, err);
    if (status != GWS_OK)
        return status;
    const char *first = text + strspn(text, " \t\r\n");
    if (*first == '[' || *first == '{') {
        status = read_json(text, n, path, out, err);
    } else if (*first == '<' || (n > 2 && memcmp(text, "\x1f\x8b", 2) == 0)) {
        static const char *const tables[] = {"segment", "segment_definer", NULL};
        gws_ligolw *d = *first == '<' ? gws_ligolw_parse(path, text, n, tables, err) : gws_ligolw_load(path, tables, err);
        status = d ? read_ligolw(d, path, out, err) : err->status;
        gws_ligolw_destroy(d);
    } else if (strlen(text) != n) {
        status = gws_err_set(err, GWS_EFORMAT, "%s: wanted segments as text, JSON or LIGO_LW XML", path);
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
