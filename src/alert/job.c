#include "alert/job.h"

#include "strain/mlgwsc_writer.h"
#include "strain/strain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_S 4096 /* of a file that is read back */

gws_job *gws_job_create(const gws_followup_strain *strain, int n)
{
    gws_job *j = calloc(1, sizeof *j);
    if (!j)
        return NULL;
    for (int i = 0; i < n && i < GWS_MAX_IFO; i++) {
        double *h = malloc((size_t)(strain[i].n > 0 ? strain[i].n : 1) * sizeof *h);
        if (!h) {
            gws_job_destroy(j);
            return NULL;
        }
        memcpy(h, strain[i].h, (size_t)strain[i].n * sizeof *h);
        j->strain[j->n] = strain[i];
        j->strain[j->n++].h = h;
    }
    return j;
}

void gws_job_destroy(gws_job *j)
{
    if (!j)
        return;
    for (int i = 0; i < GWS_MAX_IFO; i++)
        free((void *)(uintptr_t)j->strain[i].h);
    free(j);
}

static gws_status save_ifo(gws_mlgwsc_writer *w, const gws_followup_strain *s, gws_err *err)
{
    gws_status status = GWS_OK;
    for (int64_t i = 0, k; i < s->n && status == GWS_OK; i = k + 1) {
        for (k = i; k < s->n && isfinite(s->h[k]); k++)
            continue;
        if (k == i)
            continue;
        status = gws_mlgwsc_writer_segment(w, s->ifo, s->rate_hz, s->first + i, err);
        if (status == GWS_OK)
            status = gws_mlgwsc_writer_append_f64(w, s->ifo, s->h + i, k - i, err);
    }
    return status;
}

gws_status gws_job_save(const gws_job *j, const char *path, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    gws_mlgwsc_writer *w = gws_mlgwsc_writer_create(path, err);
    gws_status status = w ? GWS_OK : err->status;
    for (int i = 0; i < j->n && status == GWS_OK; i++)
        status = save_ifo(w, &j->strain[i], err);
    if (status == GWS_OK)
        status = gws_h5_provenance(gws_mlgwsc_writer_h5(w), NULL, -1, NULL, err);
    if (status == GWS_OK)
        return gws_mlgwsc_writer_commit(w, err);
    gws_mlgwsc_writer_destroy(w);
    return status;
}

gws_job *gws_job_load(const char *path, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    gws_job *j = calloc(1, sizeof *j);
    gws_strain_set *set = gws_strain_open(&path, 1, err);
    if (!j || !set)
        goto fail;
    for (int i = 0; i < gws_strain_ifos(set); i++) {
        gws_strain_info info;
        gws_strain_describe(set, i, &info);
        if (info.n_spans == 0)
            continue;
        const int64_t first = info.spans[0].begin, n = info.spans[info.n_spans - 1].end - first;
        if (n > (int64_t)MOST_S * info.rate_hz) {
            gws_err_set(err, GWS_EDATA, "%s: more than %d s of %s", path, MOST_S, info.ifo);
            goto fail;
        }
        double *h = malloc((size_t)n * sizeof *h);
        if (!h)
            goto fail;
        j->strain[j->n] = (gws_followup_strain){.rate_hz = info.rate_hz, .first = first, .h = h, .n = n};
        memcpy(j->strain[j->n++].ifo, info.ifo, sizeof info.ifo);
        if (gws_strain_read(set, i, first, first + n, h, err) != GWS_OK)
            goto fail;
    }
    gws_strain_destroy(set);
    return j;
fail:
    if (err->status == GWS_OK)
        gws_err_set(err, GWS_ENOMEM, "%s: out of memory", path);
    gws_strain_destroy(set);
    gws_job_destroy(j);
    return NULL;
}
