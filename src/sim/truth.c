#include "sim/truth.h"

#include "base/array.h"
#include "base/clock.h"
#include "base/hdf5.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct entry {
    char ifo[4];
    gws_glitch glitch;
} entry;

struct gws_truth {
    entry *entries;
    int64_t n, room;
};

gws_truth *gws_truth_create(gws_err *err)
{
    gws_truth *t = calloc(1, sizeof *t);
    if (!t)
        gws_err_set(err, GWS_ENOMEM, "table of glitches: no memory");
    return t;
}

void gws_truth_destroy(gws_truth *t)
{
    if (!t)
        return;
    free(t->entries);
    free(t);
}

int64_t gws_truth_count(const gws_truth *t)
{
    return t->n;
}

gws_status gws_truth_add(gws_truth *t, const gws_contaminate *c, int64_t begin, int64_t n, const double *h, gws_err *err)
{
    GWS_ASSERT(t && c && n >= 0 && (h || n == 0));
    gws_glitch *found;
    int n_found;
    gws_status status = gws_glitches_list(gws_contaminate_glitches(c), begin, n, &found, &n_found, err);
    for (int i = 0; status == GWS_OK && i < n_found; i++) {
        /* The sample may come out one beside the list's, rounding being what it is. */
        int64_t at = gws_sample_of_ns(found[i].t_ns, gws_contaminate_rate_hz(c)) - begin;
        at = at < 0 ? 0 : at >= n ? n - 1 : at;
        if (!isfinite(h[at]))
            continue;
        if (!GWS_ARRAY_ROOM(t->entries, t->room, t->n + 1)) {
            status = gws_err_set(err, GWS_ENOMEM, "table of glitches: no memory for %lld", (long long)(t->n + 1));
            break;
        }
        entry *e = &t->entries[t->n++];
        snprintf(e->ifo, sizeof e->ifo, "%s", gws_contaminate_ifo(c));
        e->glitch = found[i];
    }
    free(found);
    return status;
}

static int by_detector(const void *a, const void *b)
{
    const entry *const *x = a, *const *y = b;
    int c = strcmp((*x)->ifo, (*y)->ifo);
    if (c != 0)
        return c;
    return (*x)->glitch.t_ns < (*y)->glitch.t_ns ? -1 : (*x)->glitch.t_ns > (*y)->glitch.t_ns ? 1 : *x < *y ? -1 : *x > *y;
}

gws_status gws_truth_save(const gws_truth *t, const char *path, const char *command, uint64_t seed, gws_err *err)
{
    GWS_ASSERT(t && path && command);
    static const char *const columns[] = {"/glitches/time", "/glitches/snr", "/glitches/f", "/glitches/duration"};
    gws_err own = {0};
    gws_status status = GWS_OK;
    int64_t n = t->n;
    gws_h5 *f = NULL;
    err = err ? err : &own;
    const entry **order = malloc((size_t)(n + 1) * sizeof *order);
    const char **words = malloc((size_t)(n + 1) * sizeof *words);
    double *row = malloc((size_t)(n + 1) * sizeof *row);
    if (!order || !words || !row) {
        status = gws_err_set(err, GWS_ENOMEM, "%s: no memory for %lld glitches", path, (long long)n);
        goto fail;
    }
    for (int64_t i = 0; i < n; i++)
        order[i] = &t->entries[i];
    if (n > 0)
        qsort(order, (size_t)n, sizeof *order, by_detector);
    if (!(f = gws_h5_create(path, err))) {
        status = err->status;
        goto fail;
    }
    for (int c = 0; status == GWS_OK && c < 4; c++) {
        for (int64_t i = 0; i < n; i++) {
            const gws_glitch *g = &order[i]->glitch;
            row[i] = c == 0 ? (double)g->t_ns * 1e-9 : c == 1 ? g->snr : c == 2 ? g->f_hz : g->duration_s;
        }
        status = gws_h5_write_f64(f, columns[c], 1, &n, row, err);
    }
    for (int64_t i = 0; i < n; i++)
        words[i] = order[i]->ifo;
    if (status == GWS_OK)
        status = gws_h5_write_strings(f, "/glitches/ifo", n, words, err);
    for (int64_t i = 0; i < n; i++)
        words[i] = gws_glitch_name(order[i]->glitch.family);
    if (status == GWS_OK)
        status = gws_h5_write_strings(f, "/glitches/family", n, words, err);
    if (status == GWS_OK)
        status = gws_h5_provenance(f, command, (int64_t)seed, NULL, err);
    if (status == GWS_OK) {
        status = gws_h5_commit(f, err);
        f = NULL;
    }
fail:
    gws_h5_close(f);
    free(order);
    free(words);
    free(row);
    return status;
}
