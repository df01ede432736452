#include "strain/inspect.h"

#include "strain/source.h"

#include <stdlib.h>
#include <string.h>

static gws_status read_quality(const gws_strain_source *s, gws_strain_file *out, gws_err *err)
{
    gws_quality *q = &out->quality;
    void *handle = NULL;
    gws_status status = gws_strain_source_open(s, &handle, err);
    if (status == GWS_OK)
        status = s->format->quality(&s->content, handle, q, err);
    gws_strain_source_close(s, handle);
    for (int i = 0; status == GWS_OK && i < q->n_dq; i++)
        out->dq_good[i] = gws_quality_fraction(q->dq, q->n, i);
    for (int i = 0; status == GWS_OK && i < q->n_inj; i++)
        out->inj_good[i] = gws_quality_fraction(q->inj, q->n, i);
    return status;
}

gws_status gws_strain_inspect(const char *path, const gws_strain_format *const *formats, gws_strain_file *out, gws_err *err)
{
    const gws_strain_use use = {.formats = formats};
    gws_strain_source source;
    GWS_ASSERT(path && out);
    memset(out, 0, sizeof *out);
    gws_status status = gws_strain_source_list(path, &use, &source, err);
    if (status == GWS_OK && source.content.has_quality)
        status = read_quality(&source, out, err);
    if (status == GWS_OK) {
        out->format = source.format;
        out->segments = source.content.segments;
        out->n_segments = source.content.n_segments;
        out->whitened = source.content.whitened;
        source.content.segments = NULL; /* they are the caller's now */
    } else {
        gws_strain_file_clear(out);
    }
    gws_strain_source_clear(&source);
    return status;
}

void gws_strain_file_clear(gws_strain_file *f)
{
    if (!f)
        return;
    free(f->segments);
    gws_quality_clear(&f->quality);
    memset(f, 0, sizeof *f);
}
