#include "strain/source.h"

#include "strain/array.h"
#include "strain/frame.h"
#include "strain/gwosc.h"
#include "strain/mlgwsc.h"
#include "strain/npz.h"
#include "strain/series.h"
#include "strain/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The formats that are always read, in the order in which they are asked.  A new one is one line here. */
static const gws_strain_format *const table[] = {
    &gws_strain_frame,  //
    &gws_strain_text,   //
    &gws_strain_npy,    //
    &gws_strain_npz,    //
    &gws_strain_wav,    //
    &gws_strain_gwosc,  //
    &gws_strain_mlgwsc, //
    &gws_strain_series, //
};
#define N_TABLE (sizeof table / sizeof table[0])

const gws_strain_format *gws_strain_format_find(const char *path, gws_h5 *f, const gws_strain_format *const *more)
{
    GWS_ASSERT(path != NULL);
    for (; more && *more; more++)
        if ((*more)->probe(path, f))
            return *more;
    for (size_t i = 0; i < N_TABLE; i++)
        if (table[i]->probe(path, f))
            return table[i];
    return NULL;
}

/* Why an HDF5 file has no format: it cannot be read, or it holds something else. */
static gws_status refuse(gws_h5 *f, gws_err *err)
{
    char **names = NULL, wanted[300] = "";
    int n = 0;
    gws_status status = gws_h5_list(f, "/", &names, &n, err);
    gws_h5_list_free(names, n);
    if (status != GWS_OK)
        return status;
    for (size_t i = 0, used = 0; i < N_TABLE && used < sizeof wanted; i++)
        if (table[i]->layout)
            used += (size_t)snprintf(wanted + used, sizeof wanted - used, "%s%s", used ? " or " : "", table[i]->layout);
    return gws_err_set(err, GWS_EFORMAT, "%s: an HDF5 file, but not of strain: wanted %s", gws_h5_path(f), wanted);
}

static const gws_strain_use nothing;

gws_status gws_strain_source_list(const char *path, const gws_strain_use *use, gws_strain_source *out, gws_err *err)
{
    gws_h5 *f = NULL;
    gws_err local = {0};
    gws_status status = GWS_OK;
    GWS_ASSERT(path && out);
    use = use ? use : &nothing;
    memset(out, 0, sizeof *out);
    if (!(out->path = strdup(path))) {
        status = gws_err_set(err, GWS_ENOMEM, "%s: out of memory", path);
        goto fail;
    }
    out->format = gws_strain_format_find(path, NULL, use->formats);
    if (!out->format && !(f = gws_h5_open(path, &local))) {
        status = gws_err_set(err, local.status, "%s", local.text);
        goto fail;
    }
    if (!out->format && !(out->format = gws_strain_format_find(path, f, use->formats))) {
        status = refuse(f, err);
        goto fail;
    }
    if (use->channels && !out->format->has_channels) {
        status = gws_err_set(err, GWS_EARG, "%s: %s has no channels among which one could be named", path, out->format->name);
        goto fail;
    }
    if (use->states && !out->format->has_channels) {
        status = gws_err_set(err, GWS_EARG, "%s: %s has no channels among which one could be of states", path, out->format->name);
        goto fail;
    }
    status = out->format->list(path, f, use, &out->content, err);
    if (status == GWS_OK && f)
        status = gws_h5_check(f, err);
fail:
    gws_h5_close(f);
    if (status != GWS_OK)
        gws_strain_source_clear(out);
    return status;
}

gws_status gws_strain_source_list_bytes(const char *name, const void *bytes, size_t n, const gws_strain_use *use,
                                        gws_strain_source *out, gws_err *err)
{
    void *f = NULL;
    GWS_ASSERT(name && bytes && out);
    *out = (gws_strain_source){.bytes = bytes, .n_bytes = n, .format = &gws_strain_frame};
    gws_status status = (out->path = strdup(name)) ? GWS_OK : gws_err_set(err, GWS_ENOMEM, "%s: out of memory", name);
    if (status == GWS_OK && (status = gws_strain_source_open(out, &f, err)) == GWS_OK)
        status = gws_strain_frame_list(f, use ? use : &nothing, &out->content, err);
    gws_strain_source_close(out, f);
    if (status != GWS_OK)
        gws_strain_source_clear(out);
    return status;
}

void gws_strain_source_clear(gws_strain_source *s)
{
    if (!s)
        return;
    if (s->format && s->format->forget)
        s->format->forget(s->content.own);
    free(s->content.segments);
    free(s->path);
    memset(s, 0, sizeof *s);
}

gws_status gws_strain_source_open(const gws_strain_source *s, void **handle, gws_err *err)
{
    gws_err local = {0};
    *handle = NULL;
    if (s->bytes)
        return (*handle = gws_gwf_open_bytes(s->path, s->bytes, s->n_bytes, &local))
                   ? GWS_OK
                   : gws_err_set(err, local.status, "%s", local.text);
    return s->format->open ? s->format->open(s->path, handle, err) : GWS_OK;
}

void gws_strain_source_close(const gws_strain_source *s, void *handle)
{
    if (handle && s->format->close)
        s->format->close(handle);
}
