#include "strain/inspect.h"

#include "strain/source.h"

#include <stdlib.h>
#include <string.h>

static gws_status read_masks(const gws_strain_source *s, gws_strain_file *out, gws_err *err)
{
    const gws_strain_content *c = &s->content;
    void *handle = NULL;
    size_t detectors = 1;
    for (int k = 1; k < c->n_segments; k++)
        detectors += strcmp(c->segments[k].ifo, c->segments[k - 1].ifo) != 0;
    out->masks = calloc(detectors, sizeof *out->masks);
    if (!out->masks)
        return gws_err_set(err, GWS_ENOMEM, "%s: out of memory", s->path);
    gws_status status = gws_strain_source_open(s, &handle, err);
    for (int k = 0; k < c->n_segments && status == GWS_OK; k++) {
        gws_strain_masks *m = &out->masks[out->n_masks];
        gws_quality *q = &m->quality;
        if (k > 0 && strcmp(c->segments[k].ifo, c->segments[k - 1].ifo) == 0)
            continue;
        status = s->format->quality(c, handle, c->segments[k].ifo, q, err);
        for (int i = 0; status == GWS_OK && i < q->n_dq; i++)
            m->dq_good[i] = gws_quality_fraction(q->dq, q->n, i);
        for (int i = 0; status == GWS_OK && i < q->n_inj; i++)
            m->inj_good[i] = gws_quality_fraction(q->inj, q->n, i);
        memcpy(m->ifo, c->segments[k].ifo, sizeof m->ifo);
        out->n_masks += status == GWS_OK && q->dq;
    }
    gws_strain_source_close(s, handle);
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
        status = read_masks(&source, out, err);
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
    for (int i = 0; i < f->n_masks; i++)
        gws_quality_clear(&f->masks[i].quality);
    free(f->masks);
    memset(f, 0, sizeof *f);
}
