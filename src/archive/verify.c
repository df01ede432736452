#include "archive/verify.h"

#include "gwf/gwf.h"
#include "strain/inspect.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

gws_status gws_remote_verify(void *remote, const char *path, gws_err *err)
{
    const gws_remote *r = remote;
    gws_strain_file s;
    if (gws_gwf_probe(path)) {
        gws_gwf *f = gws_gwf_open(path, err);
        gws_status status = f ? gws_gwf_verify(f, err) : GWS_EFORMAT;
        gws_gwf_close(f);
        if (status != GWS_OK)
            return status;
    }
    gws_status status = gws_strain_inspect(path, NULL, &s, err);
    if (status != GWS_OK)
        return status;
    int64_t begin = INT64_MAX, end = INT64_MIN;
    int good = s.n_segments > 0;
    for (int i = 0; i < s.n_segments; i++) {
        const gws_strain_segment *g = &s.segments[i];
        good = good && strcmp(g->ifo, r->ifo) == 0 && g->rate_hz == r->rate_hz;
        begin = g->begin < begin ? g->begin : begin;
        end = g->begin + g->n > end ? g->begin + g->n : end;
    }
    good = good && begin == r->start_s * r->rate_hz && (r->duration_s == 0 || end - begin == r->duration_s * r->rate_hz);
    if (!good)
        status = gws_err_set(err, GWS_EFORMAT,
                             "%s: wanted %s from GPS %" PRId64 ", %" PRId64 " s at %d Hz, the file holds something else", path,
                             r->ifo, r->start_s, r->duration_s, r->rate_hz);
    gws_strain_file_clear(&s);
    return status;
}

gws_status gws_remote_name(const gws_remote *r, char *out, size_t size, gws_err *err)
{
    const char *slash = strrchr(r->url, '/'), *name = slash ? slash + 1 : r->url;
    const size_t n = strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
    if (n == 0 || name[n] != '\0' || name[0] == '.' || n >= size)
        return gws_err_set(err, GWS_EFORMAT, "the server gives a file the name '%.60s', which is none", name);
    memcpy(out, name, n + 1);
    return GWS_OK;
}
