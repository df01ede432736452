#include "strain/series.h"

#include "base/array.h"
#include "base/ifo.h"

#include "strain/gap.h"
#include "strain/grid.h"
#include "strain/state.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_S 4.0e9 /* no file holds more */

struct row {
    char path[300];
    char ifo[4];
    int rate_hz;
    int64_t begin, n;
    int64_t offset; /* of the first sample in its data set */
};

#define CHUNK 65536 /* states that are read at once */

struct states {
    char ifo[4];
    gws_states times;
};

struct own {
    struct row *rows;
    int n;
    int64_t room;
    struct states *states; /* (n_states) of detectors of which a state is wanted */
    int n_states;
    int64_t states_room;
};

static int is_series(gws_h5 *f, const char *path)
{
    return (gws_h5_has_attr(f, path, "x0") && gws_h5_has_attr(f, path, "dx")) ||
           (gws_h5_has_attr(f, path, "start_time") && gws_h5_has_attr(f, path, "delta_t"));
}

static int is_number(gws_h5_type type)
{
    return type == GWS_H5_F64 || type == GWS_H5_F32 || type == GWS_H5_INT || type == GWS_H5_UINT;
}

/* Does a data set hold anything?  One that was never written is a claim and no strain. */
static int is_written(gws_h5 *f, const gws_h5_entry *e)
{
    int64_t *ranges = NULL;
    int n = 0;
    if (e->info.whole)
        return e->info.shape[0] > 0;
    const int good = gws_h5_written(f, e->path, &ranges, &n, NULL) == GWS_OK && n > 0;
    free(ranges);
    return good;
}

static int is_candidate(gws_h5 *f, const gws_h5_entry *e)
{
    return !e->is_group && e->status == GWS_OK && is_number(e->info.type) && e->info.ndim == 1 && is_series(f, e->path) &&
           is_written(f, e);
}

/* The program's other files hold series too: spectra, waveforms, whitened strain. */
static int is_ours(gws_h5 *f)
{
    char *content = NULL;
    const int is = gws_h5_has_attr(f, "/", "content") && gws_h5_attr_string(f, "/", "content", &content, NULL) == GWS_OK &&
                   strcmp(content, GWS_SERIES_CONTENT) == 0;
    free(content);
    return is;
}

static int probe(const char *path, gws_h5 *f)
{
    gws_h5_entry *entries = NULL;
    int n = 0, found = 0;
    (void)path;
    if (!f || (gws_h5_has_attr(f, "/", "gwspike_version") && !is_ours(f)))
        return 0;
    if (gws_h5_tree(f, &entries, &n, NULL) != GWS_OK)
        return 0;
    for (int i = 0; i < n && !found; i++)
        found = is_candidate(f, &entries[i]);
    gws_h5_tree_free(entries, n);
    return found;
}

static void forget(void *p)
{
    struct own *own = p;
    if (!own)
        return;
    for (int i = 0; i < own->n_states; i++)
        gws_states_clear(&own->states[i].times);
    free(own->states);
    free(own->rows);
    free(own);
}

/* "H1" or "H1:..." at the beginning of a word of n bytes. */
static int word_is_of(const char *word, size_t n, char ifo[4])
{
    const char two[4] = {n > 0 ? word[0] : '\0', n > 1 ? word[1] : '\0', '\0', '\0'};
    if (!gws_is_ifo(two) || (n > 2 && word[2] != ':'))
        return 0;
    memcpy(ifo, two, 4);
    return 1;
}

/* The channel's name, which is `channel`, else `name`, else the last part of the path. */
static void name_of(gws_h5 *f, const char *path, char *out, size_t size)
{
    static const char *const attributes[] = {"channel", "name"};
    for (int i = 0; i < 2; i++) {
        char *text = NULL, ifo[4];
        const int good = gws_h5_has_attr(f, path, attributes[i]) &&
                         gws_h5_attr_string(f, path, attributes[i], &text, NULL) == GWS_OK && word_is_of(text, strlen(text), ifo);
        if (good)
            snprintf(out, size, "%s", text);
        free(text);
        if (good)
            return;
    }
    const char *slash = strrchr(path, '/');
    snprintf(out, size, "%s", slash ? slash + 1 : path);
}

static void detector_of(const char *path, const char *name, char ifo[4])
{
    if (word_is_of(name, strlen(name), ifo))
        return;
    memcpy(ifo, GWS_IFO_UNKNOWN, 3);
    for (const char *p = path; p; p = strchr(p + 1, '/')) { /* the innermost counts */
        const char *part = p + (*p == '/');
        (void)word_is_of(part, strcspn(part, "/"), ifo);
    }
}

static int is_wanted(const char *const *channels, const char *name)
{
    if (!channels)
        return 1;
    for (; *channels; channels++)
        if (strcmp(*channels, name) == 0)
            return 1;
    return 0;
}

static int is_state(const gws_strain_state *states, const char *name)
{
    for (; states && states->channel; states++)
        if (strcmp(states->channel, name) == 0)
            return 1;
    return 0;
}

static gws_status keep(struct own *own, const struct row *row, const char *file, gws_err *err)
{
    if (row->n == 0)
        return GWS_OK;
    if (!GWS_ARRAY_ROOM(own->rows, own->room, own->n + 1))
        return gws_err_set(err, GWS_ENOMEM, "%s: out of memory for %d series", file, own->n + 1);
    own->rows[own->n++] = *row;
    return GWS_OK;
}

/* Times of a data set, by the pair of attributes that it has. */
static gws_status read_times(gws_h5 *f, const char *path, double *start_s, double *delta_s, gws_err *err)
{
    const int gwpy = gws_h5_has_attr(f, path, "x0");
    const char *start = gwpy ? "x0" : "start_time", *delta = gwpy ? "dx" : "delta_t";
    char what[340], *unit = NULL;
    gws_status status;
    snprintf(what, sizeof what, "attribute %s of %s", start, path);
    if (gwpy && gws_h5_has_attr(f, path, "xunit") && gws_h5_attr_string(f, path, "xunit", &unit, NULL) == GWS_OK &&
        strcmp(unit, "s") != 0) {
        status = gws_err_set(err, GWS_EDATA, "%s: %s counts in %.20s, not in seconds", gws_h5_path(f), path, unit);
        free(unit);
        return status;
    }
    free(unit);
    if ((status = gws_h5_check_time(f, gws_h5_attr_type(f, path, start), what, err)) != GWS_OK ||
        (status = gws_h5_attr_f64(f, path, start, start_s, err)) != GWS_OK)
        return status;
    return gws_h5_attr_f64(f, path, delta, delta_s, err);
}

static gws_status add_series(gws_h5 *f, const gws_h5_entry *e, const gws_strain_use *use, struct own *own, gws_err *err)
{
    struct row row = {0};
    char name[300], where[800];
    double start_s, delta_s;
    int64_t *ranges = NULL;
    int n = 0;
    gws_status status;
    if ((size_t)snprintf(row.path, sizeof row.path, "%s", e->path) >= sizeof row.path)
        return gws_err_set(err, GWS_EFORMAT, "%s: the path %.40s... is too long", gws_h5_path(f), e->path);
    name_of(f, e->path, name, sizeof name);
    if (!is_wanted(use->channels, name) || (!use->channels && is_state(use->states, name)))
        return GWS_OK;
    detector_of(e->path, name, row.ifo);
    if ((status = read_times(f, e->path, &start_s, &delta_s, err)) != GWS_OK)
        return status;
    snprintf(where, sizeof where, "%s: %s", gws_h5_path(f), e->path);
    if ((status = gws_grid_place(where, start_s, delta_s, &row.rate_hz, &row.begin, err)) != GWS_OK)
        return status;
    row.n = e->info.shape[0];
    if ((double)row.n / row.rate_hz > MAX_S)
        return gws_err_set(err, GWS_EFORMAT, "%s: claims %lld samples", where, (long long)row.n);
    if (e->info.whole)
        return keep(own, &row, gws_h5_path(f), err);
    status = gws_h5_written(f, e->path, &ranges, &n, err);
    const int64_t begin = row.begin;
    for (int i = 0; i < n && status == GWS_OK; i++) {
        row.offset = ranges[2 * i];
        row.begin = begin + row.offset;
        row.n = ranges[2 * i + 1] - row.offset;
        status = keep(own, &row, gws_h5_path(f), err);
    }
    free(ranges);
    return status;
}

static int by_ifo_and_time(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    const int c = strcmp(x->ifo, y->ifo);
    if (c != 0)
        return c;
    if (x->begin != y->begin)
        return x->begin < y->begin ? -1 : 1;
    return strcmp(x->path, y->path);
}

static gws_status check_neighbours(const struct own *own, const char *file, gws_err *err)
{
    for (int i = 1; i < own->n; i++) {
        const struct row *a = &own->rows[i - 1], *b = &own->rows[i];
        if (strcmp(a->ifo, b->ifo) != 0)
            continue;
        if (a->rate_hz != b->rate_hz || a->begin + a->n > b->begin)
            return gws_err_set(err, GWS_EDATA, "%s: %s and %s are both %s and %s; name one with --channel", file, a->path, b->path,
                               strcmp(a->ifo, GWS_IFO_UNKNOWN) == 0 ? "of a detector that the file does not name" : a->ifo,
                               a->rate_hz != b->rate_hz ? "differ in rate" : "overlap in time");
    }
    return GWS_OK;
}

/* ---- states ---- */

static gws_status read_states(gws_h5 *f, const struct row *row, uint32_t bits, gws_states *out, gws_err *err)
{
    gws_status status = GWS_OK;
    double *x = malloc(CHUNK * sizeof *x);
    if (!x)
        return gws_err_set(err, GWS_ENOMEM, "%s: out of memory", gws_h5_path(f));
    for (int64_t at = 0; at < row->n && status == GWS_OK; at += CHUNK) {
        const int64_t n = row->n - at < CHUNK ? row->n - at : CHUNK;
        if ((status = gws_h5_read_f64(f, row->path, row->offset + at, n, x, err)) == GWS_OK &&
            (status = gws_states_add(out, row->rate_hz, row->begin + at, x, n, bits, err)) != GWS_OK)
            gws_err_prefix(err, "%s: %s", gws_h5_path(f), row->path);
    }
    free(x);
    return status;
}

static gws_status take_state(gws_h5 *f, const gws_h5_entry *entries, int n, const gws_strain_state *wanted, struct own *own,
                             gws_err *err)
{
    const char *const name[] = {wanted->channel, NULL};
    const gws_strain_use named = {.channels = name};
    struct own found = {0};
    char ifo[4] = "";
    gws_status status = GWS_OK;
    int is_here = 0;
    detector_of("", wanted->channel, ifo);
    for (int i = 0; i < own->n; i++)
        is_here |= strcmp(own->rows[i].ifo, ifo) == 0;
    if (!is_here)
        return GWS_OK; /* a file of another detector */
    if (!GWS_ARRAY_ROOM(own->states, own->states_room, own->n_states + 1))
        return gws_err_set(err, GWS_ENOMEM, "%s: out of memory", gws_h5_path(f));
    struct states *to = &own->states[own->n_states++];
    *to = (struct states){0};
    memcpy(to->ifo, ifo, sizeof to->ifo);
    for (int i = 0; i < n && status == GWS_OK; i++)
        if (is_candidate(f, &entries[i]))
            status = add_series(f, &entries[i], &named, &found, err);
    if (status == GWS_OK && found.n == 0)
        status = gws_err_set(err, GWS_EDATA, "%s: has no channel %s, whose state is wanted", gws_h5_path(f), wanted->channel);
    for (int i = 0; i < found.n && status == GWS_OK; i++)
        status = read_states(f, &found.rows[i], wanted->bits, &to->times, err);
    if (status == GWS_OK && (status = gws_states_finish(&to->times, err)) != GWS_OK)
        gws_err_prefix(err, "%s: %s", gws_h5_path(f), wanted->channel);
    free(found.rows);
    return status;
}

static gws_status list(const char *path, gws_h5 *f, const gws_strain_use *use, gws_strain_content *out, gws_err *err)
{
    gws_h5_entry *entries = NULL;
    int n = 0;
    struct own *own = out->own = calloc(1, sizeof *own);
    if (!own)
        return gws_err_set(err, GWS_ENOMEM, "%s: out of memory", path);
    gws_status status = gws_h5_tree(f, &entries, &n, err);
    for (int i = 0; i < n && status == GWS_OK; i++)
        if (is_candidate(f, &entries[i]))
            status = add_series(f, &entries[i], use, own, err);
    for (const gws_strain_state *w = use->states; w && w->channel && status == GWS_OK; w++)
        status = take_state(f, entries, n, w, own, err);
    gws_h5_tree_free(entries, n);
    if (status != GWS_OK)
        return status;
    if (own->n == 0)
        return gws_err_set(err, GWS_EDATA, use->channels ? "%s: has none of the channels that were named" : "%s: holds no sample",
                           path);
    qsort(own->rows, (size_t)own->n, sizeof *own->rows, by_ifo_and_time);
    if ((status = check_neighbours(own, path, err)) != GWS_OK)
        return status;
    if (!(out->segments = calloc((size_t)own->n, sizeof *out->segments)))
        return gws_err_set(err, GWS_ENOMEM, "%s: out of memory", path);
    out->n_segments = own->n;
    for (int i = 0; i < own->n; i++) {
        gws_strain_segment *s = &out->segments[i];
        memcpy(s->ifo, own->rows[i].ifo, sizeof s->ifo);
        snprintf(s->path, sizeof s->path, "%.59s", own->rows[i].path);
        s->rate_hz = own->rows[i].rate_hz;
        s->begin = own->rows[i].begin;
        s->n = own->rows[i].n;
    }
    return GWS_OK;
}

static gws_status read_samples(const gws_strain_content *c, void *handle, int segment, int64_t start, int64_t n, double *out,
                               gws_err *err)
{
    const struct own *own = c->own;
    const struct row *row = &own->rows[segment];
    gws_status status = n > 0 ? gws_h5_read_f64(handle, row->path, row->offset + start, n, out, err) : GWS_OK;
    for (int64_t i = 0; i < n && status == GWS_OK; i++)
        if (!isfinite(out[i]))
            out[i] = gws_gap_nan(GWS_GAP_NOT_FINITE);
    for (int i = 0; i < own->n_states && status == GWS_OK; i++)
        if (strcmp(own->states[i].ifo, row->ifo) == 0)
            gws_states_apply(&own->states[i].times, row->rate_hz, row->begin + start, n, out);
    return status;
}

const gws_strain_format gws_strain_series = {
    .name = "HDF5 time series",
    .has_channels = 1,
    .layout = "a data set with x0 and dx (gwpy) or start_time and delta_t (PyCBC)",
    .probe = probe,
    .list = list,
    .forget = forget,
    .open = gws_strain_hdf5_open,
    .close = gws_strain_hdf5_close,
    .read = read_samples,
};
