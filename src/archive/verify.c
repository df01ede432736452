#include "archive/verify.h"

#include "base/clock.h"
#include "gwf/gwf.h"
#include "strain/inspect.h"
#include "strain/strain.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 1048576 /* samples */

static gws_status something_else(const gws_remote *r, const char *path, gws_err *err)
{
    char rate[40] = "";
    if (r->rate_hz)
        snprintf(rate, sizeof rate, " at %d Hz", r->rate_hz);
    return gws_err_set(err, GWS_EFORMAT, "%s: wanted %s from GPS %" PRId64 ", %" PRId64 " s%s, the file holds something else", path,
                       r->ifo, r->start_s, r->duration_s, rate);
}

/* Checksums, and the time of the frames. */
static gws_status verify_frames(const gws_remote *r, const char *path, gws_err *err)
{
    gws_gwf *f = gws_gwf_open(path, err);
    gws_status status = f ? gws_gwf_verify(f, err) : GWS_EFORMAT;
    const gws_gwf_frame *frames = NULL;
    const int n = status == GWS_OK ? gws_gwf_frames(f, &frames) : 0;
    double begin_s = (double)INFINITY, end_s = -(double)INFINITY;
    for (int i = 0; i < n; i++) {
        const double t0_s = (double)frames[i].t0_ns / (double)GWS_NS;
        begin_s = fmin(begin_s, t0_s);
        end_s = fmax(end_s, t0_s + frames[i].dt_s);
    }
    const double start_s = (double)r->start_s, stop_s = start_s + (double)r->duration_s;
    if (status == GWS_OK && (n == 0 || fabs(begin_s - start_s) > 1e-6 || (r->duration_s > 0 && fabs(end_s - stop_s) > 1e-6)))
        status = something_else(r, path, err);
    gws_gwf_close(f);
    return status;
}

/* Every sample once: what was compressed has a checksum, and so has a chunk. */
static gws_status read_all(const char *path, gws_err *err)
{
    static const gws_strain_use all = {.cat1 = 1, .injections = 1};
    gws_strain_set *set = gws_strain_open_use(&path, 1, &all, err);
    double *x = malloc(BLOCK * sizeof *x);
    gws_status status = !set ? err->status : x ? GWS_OK : gws_err_set(err, GWS_ENOMEM, "archive: out of memory");
    for (int i = 0; status == GWS_OK && i < gws_strain_ifos(set); i++) {
        gws_strain_info info;
        gws_strain_describe(set, i, &info);
        for (int k = 0; k < info.n_spans; k++)
            for (int64_t at = info.spans[k].begin; at < info.spans[k].end && status == GWS_OK; at += BLOCK)
                status = gws_strain_read(set, i, at, at + BLOCK < info.spans[k].end ? at + BLOCK : info.spans[k].end, x, err);
    }
    free(x);
    gws_strain_destroy(set);
    return status;
}

/* What is plainly strain in it. */
static gws_status verify_strain(const gws_remote *r, const char *path, gws_err *err)
{
    gws_strain_file s;
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
    gws_strain_file_clear(&s);
    return good ? read_all(path, err) : something_else(r, path, err);
}

gws_status gws_remote_verify(void *remote, const char *path, gws_err *err)
{
    const gws_remote *r = remote;
    gws_err local = {0};
    err = err ? err : &local;
    const size_t n = strlen(path);
    if (gws_gwf_probe(path)) {
        const gws_status status = verify_frames(r, path, err);
        if (status != GWS_OK)
            return status;
    } else if (n > 4 && strcmp(path + n - 4, ".gwf") == 0) {
        return gws_err_set(err, GWS_EFORMAT, "%s: no frame file", path);
    }
    return r->rate_hz ? verify_strain(r, path, err) : GWS_OK;
}
