#include "strain/save.h"

#include "base/clock.h"
#include "gws_config.h"
#include "strain/save_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first of those with an ending is what the ending means. */
static const gws_save_format formats[] = {
    {"mlgwsc", "MLGWSC-1's HDF5", {".hdf"}, .many = 1, .whitened = 1, .write = gws_save_mlgwsc},
    {"gwosc", "GWOSC's HDF5", {".hdf5"}, .fills = 1, .whole_seconds = 1, .masks = 1, .write = gws_save_gwosc},
    {"gwpy", "gwpy's HDF5", {".h5"}, .many = 1, .fills = 1, .write = gws_save_gwpy},
    {"gwf", "a frame file", {".gwf"}, .many = 1, .whole_seconds = 1, .masks = 1, .write = gws_save_gwf},
    {"txt", "GWOSC's text", {".txt", ".txt.gz"}, .fills = 1, .whole_seconds = 1, .write = gws_save_column},
    {"csv", "text of two columns", {".csv", ".csv.gz"}, .fills = 1, .write = gws_save_csv},
    {"npy", "an array of numpy", {".npy"}, .fills = 1, .write = gws_save_npy},
    {"npz", "numpy's .npz", {".npz"}, .many = 1, .fills = 1, .write = gws_save_npz},
    {"wav", "sound", {".wav"}, .fills = 1, .whitened = 1, .write = gws_save_wav},
};
#define N_FORMATS ((int)(sizeof formats / sizeof formats[0]))
#define N_LAYOUTS 3 /* of HDF5 */

const gws_save_format *gws_save_find(const char *path, const char *layout, gws_err *err)
{
    const gws_save_format *of_ending = NULL;
    if (gws_format_check(GWS_FORMAT_STRAIN, path, err) != GWS_OK)
        return NULL;
    for (int i = 0; i < N_FORMATS; i++)
        for (int k = 0; k < 3 && formats[i].endings[k]; k++)
            if (gws_path_ends(path, formats[i].endings[k]))
                of_ending = &formats[i];
    GWS_ASSERT(of_ending);
    if (!layout)
        return of_ending;
    for (int i = 0; i < N_LAYOUTS; i++)
        if (strcmp(formats[i].layout, layout) == 0 && of_ending < formats + N_LAYOUTS)
            return &formats[i];
    gws_err_set(err, GWS_EARG, "%s: layouts are gwosc, mlgwsc and gwpy, of a name that ends in .hdf, .hdf5 or .h5; got '%.40s'",
                path, layout);
    return NULL;
}

int gws_save_touches(const gws_save_series *s, int64_t begin, int64_t end)
{
    int a = 0, b = s->n_spans; /* the first span that ends behind `begin` */
    while (a < b) {
        const int m = a + (b - a) / 2;
        if (s->spans[m].end <= begin)
            a = m + 1;
        else
            b = m;
    }
    return a < s->n_spans && s->spans[a].begin < end;
}

int64_t gws_save_first_s(const gws_save_series *s)
{
    return gws_floor_div(s->begin, s->rate_hz);
}

int64_t gws_save_seconds(const gws_save_series *s)
{
    return gws_floor_div(s->end - 1, s->rate_hz) + 1 - gws_save_first_s(s);
}

uint32_t gws_save_dq(const gws_save_series *s, int64_t second, int finite)
{
    const gws_quality *q = &s->quality;
    if (!q->dq)
        return finite != 0;
    const int data = gws_quality_bit((const char(*)[GWS_QUALITY_NAME])q->dq_name, q->n_dq, "DATA");
    return q->dq[second] & ~(finite || data < 0 ? 0 : UINT32_C(1) << data);
}

gws_status gws_save_read(const gws_save *s, int k, int64_t begin, int64_t end, double *out, gws_err *err)
{
    gws_status status = GWS_OK;
    if (gws_save_touches(&s->series[k], begin, end))
        status = s->read(s->user, k, begin, end, out, err);
    else
        for (int64_t i = 0; i < end - begin; i++)
            out[i] = (double)NAN;
    for (int64_t i = 0; status == GWS_OK && i < end - begin; i++)
        if (!isfinite(out[i]))
            out[i] = (double)NAN; /* without the reason that the reader put into it */
    return status;
}

gws_status gws_save_blocks(const gws_save *s, int k, int sparse, gws_save_sink sink, void *user, gws_err *err)
{
    const gws_save_series *g = &s->series[k];
    const int64_t most = (int64_t)GWS_SAVE_BLOCK_S * g->rate_hz;
    double *h = malloc((size_t)most * sizeof *h);
    gws_status status = h ? GWS_OK : gws_err_set(err, GWS_ENOMEM, "no memory for %d s of strain", GWS_SAVE_BLOCK_S);
    for (int64_t at = g->begin; at < g->end && status == GWS_OK;) {
        const int64_t cut = (gws_floor_div(at, most) + 1) * most, end = cut < g->end ? cut : g->end;
        if ((!sparse || gws_save_touches(g, at, end)) && (status = gws_save_read(s, k, at, end, h, err)) == GWS_OK)
            status = sink(user, g, at, h, end - at, err);
        at = end;
    }
    free(h);
    return status;
}

char *gws_save_provenance(const gws_save *s, const char *prefix)
{
    const char *files = s->files ? s->files : "";
    size_t lines = 4, used;
    for (const char *p = files; *p; p++)
        lines += *p == '\n';
    const size_t room = strlen(s->command ? s->command : "") + strlen(files) + lines * (strlen(prefix) + 20) + 200;
    char *text = malloc(room);
    if (!text)
        return NULL;
    text[0] = '\0';
    if (!s->command)
        return text;
    used = (size_t)snprintf(text, room, "%sgwspike_version: %s\n%sgit_hash: %s\n%scommand_line: %s\n", prefix, GWS_VERSION, prefix,
                            GWS_GIT_HASH, prefix, s->command);
    for (size_t n; *files; files += n + (files[n] == '\n')) {
        n = strcspn(files, "\n");
        used += (size_t)snprintf(text + used, room - used, "%sinput_sha256: %.*s\n", prefix, (int)n, files);
    }
    return text;
}

gws_status gws_save_write(const gws_save_format *f, const char *path, const gws_save *s, gws_err *err)
{
    GWS_ASSERT(f && path && s && s->n > 0);
    gws_err nobody = {0};
    err = err ? err : &nobody;
    if (s->n > 1 && !f->many)
        return gws_err_set(err, GWS_EDATA, "%s: %s holds one detector, not %s and %s", path, f->what, s->series[0].ifo,
                           s->series[1].ifo);
    if (s->whitened && !f->whitened)
        return gws_err_set(err, GWS_EDATA, "%s: %s cannot say that it is whitened strain; .hdf can", path, f->what);
    return f->write(path, s, err);
}
