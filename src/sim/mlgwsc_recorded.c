#include "sim/mlgwsc_recorded.h"

#include "base/file.h"
#include "base/mt19937.h"
#include "strain/mlgwsc.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RATE GWS_MLGWSC_RATE_HZ
#define IFOS GWS_MLGWSC_IFOS
#define DYN_RANGE 0x1p69 /* PyCBC's DYN_RANGE_FAC, 5.9029581035870565e+20, by which recorded noise is stored larger */

/* Recorded noise of a segment in a detector. */
typedef struct source {
    gws_mlgwsc_segment data;
    int64_t from; /* its sample where our segment begins, the slide included */
} source;

struct gws_mlgwsc_recorded {
    const gws_mlgwsc_plan *plan; /* the owner's */
    gws_h5 *file;
    source *sources; /* (segments, IFOS) */
};

/* spare: samples beyond what the segment needs, which is how far it can slide */
static gws_status find_source(const gws_mlgwsc_recorded *c, const gws_mlgwsc *list, const gws_mlgwsc_noise_segment *seg,
                              int64_t key_s, int ifo, source *out, int64_t *spare, gws_err *err)
{
    const char *path = gws_h5_path(c->file);
    char key[60];
    int i = 0;
    snprintf(key, sizeof key, "/%s/%" PRId64, gws_mlgwsc_noise_ifo[ifo], key_s);
    while (i < list->n && strcmp(list->segments[i].path, key) != 0)
        i++;
    if (i == list->n)
        return gws_err_set(err, GWS_EDATA, "%s: %s not found; wanted recorded noise under the starts in segments.csv", path, key);
    out->data = list->segments[i];
    if (out->data.rate_hz != RATE)
        return gws_err_set(err, GWS_EDATA, "%s: %s is sampled at %d Hz, wanted %d Hz", path, key, out->data.rate_hz, RATE);
    out->from = seg->start_s * RATE - out->data.begin;
    int64_t end = seg->end_s * RATE - out->data.begin, want = (seg->end_s - seg->start_s - GWS_MLGWSC_SLIDE_S) * RATE;
    *spare = (end < out->data.n ? end : out->data.n) - out->from - want;
    if (out->from < 0 || *spare < 0)
        return gws_err_set(err, GWS_EDATA, "%s: %s does not cover GPS %" PRId64 " to %" PRId64, path, key, seg->start_s,
                           seg->end_s - GWS_MLGWSC_SLIDE_S);
    return GWS_OK;
}

/* Slides: a seed for each segment, from which L1 draws how many samples later it is read. */
static gws_status open_file(gws_mlgwsc_recorded *c, const gws_mlgwsc_noise_params *p, gws_mlgwsc_plan *plan, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    char path[4096];
    gws_mlgwsc list = {0};
    gws_mt per_set, per_segment;
    gws_status status = GWS_OK;
    if (p->real_noise) {
        if ((size_t)snprintf(path, sizeof path, "%s", p->real_noise) >= sizeof path)
            return gws_err_set(err, GWS_EARG, "%.200s...: the name of the file is too long", p->real_noise);
    } else if ((status = gws_mlgwsc_path(path, sizeof path, p->folder, "real_noise_file.hdf", err)) != GWS_OK) {
        return status;
    }
    if (!gws_file_exists(path))
        return gws_err_set(err, GWS_EIO, "%s: not found; wanted MLGWSC-1's file of recorded noise for data set 4", path);
    c->sources = calloc((size_t)plan->n_used * IFOS, sizeof *c->sources);
    if (!c->sources)
        return gws_err_set(err, GWS_ENOMEM, "MLGWSC-1: out of memory");
    c->file = gws_h5_open(path, err);
    if (!c->file)
        return err->status;
    status = gws_mlgwsc_stat(c->file, &list, err);
    if (status == GWS_OK && list.whitened)
        status = gws_err_set(err, GWS_EDATA, "%s: whitened strain; recorded noise is wanted", path);
    gws_mt_seed(&per_set, (uint32_t)p->seed);
    for (int i = 0, row = 0; i < plan->n_used && status == GWS_OK; i++) {
        gws_mlgwsc_noise_segment *s = &plan->used[i];
        while (row < plan->n_listed && plan->listed[row].end_s < s->end_s)
            row++;
        if (row == plan->n_listed || plan->listed[row].start_s > s->start_s) {
            status = gws_err_set(err, GWS_EDATA, "segments.csv: GPS %" PRId64 " to %" PRId64 " does not lie in one row", s->start_s,
                                 s->end_s);
            break;
        }
        gws_mt_seed(&per_segment, (uint32_t)gws_mt_integer(&per_set, 0, 1000000));
        for (int ifo = 0; ifo < IFOS && status == GWS_OK; ifo++) {
            source *from = &c->sources[i * IFOS + ifo];
            int64_t spare = 0;
            status = find_source(c, &list, s, plan->listed[row].start_s, ifo, from, &spare, err);
            if (status == GWS_OK && ifo > 0 && spare > 0)
                from->from += gws_mt_integer(&per_segment, 0, spare);
        }
        s->end_s -= GWS_MLGWSC_SLIDE_S;
    }
    gws_mlgwsc_clear(&list);
    return status;
}

gws_mlgwsc_recorded *gws_mlgwsc_recorded_open(const gws_mlgwsc_noise_params *params, gws_mlgwsc_plan *plan, gws_err *err)
{
    GWS_ASSERT(params && plan);
    gws_mlgwsc_recorded *c = calloc(1, sizeof *c);
    if (!c) {
        gws_err_set(err, GWS_ENOMEM, "MLGWSC-1: out of memory");
        return NULL;
    }
    c->plan = plan;
    if (open_file(c, params, plan, err) != GWS_OK) {
        gws_mlgwsc_recorded_close(c);
        return NULL;
    }
    return c;
}

void gws_mlgwsc_recorded_close(gws_mlgwsc_recorded *c)
{
    if (!c)
        return;
    gws_h5_close(c->file);
    free(c->sources);
    free(c);
}

gws_status gws_mlgwsc_recorded_fill(gws_mlgwsc_recorded *c, int ifo, int segment, int64_t begin, int64_t n, double *out,
                                    gws_err *err)
{
    const source *s = &c->sources[segment * IFOS + ifo];
    gws_status status = gws_mlgwsc_read(c->file, &s->data, s->from + begin - c->plan->used[segment].start_s * RATE, n, out, err);
    if (status != GWS_OK)
        return status;
    for (int64_t i = 0; i < n; i++)
        out[i] /= DYN_RANGE;
    return GWS_OK;
}
