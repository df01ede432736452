/* look.c - see look.h. */
#include "report/look.h"

#include "base/clock.h"
#include "dsp/whiten_stretch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

gws_look_params gws_look_defaults(void)
{
    return (gws_look_params){32, 0.5, gws_q_defaults()};
}

void gws_look_clear(gws_look *l)
{
    free(l->h);
    free(l->w);
    gws_psd_clear(&l->psd);
    gws_qgram_clear(&l->q);
    *l = (gws_look){0};
}

int64_t gws_look_loudest_ns(const gws_look *l)
{
    return gws_ns_of_sample(l->first, l->rate_hz) + llround(l->q.loudest.time_s * (double)GWS_NS);
}

/* The stretch around the time, within what files cover and gaps leave; an even number of samples. */
static gws_status read_strain(gws_strain_set *set, int ifo, const gws_look_params *p, gws_look *l, gws_err *err)
{
    gws_strain_info info;
    char gps[32];

    gws_strain_describe(set, ifo, &info);
    gws_gps_text(l->gps_ns, 3, gps);
    memcpy(l->ifo, info.ifo, sizeof l->ifo);
    l->rate_hz = info.rate_hz;
    const int64_t at = gws_sample_of_ns(l->gps_ns, info.rate_hz);
    const int64_t middle_s = gws_floor_div(l->gps_ns, GWS_NS), half = llround(p->stretch_s / 2 * info.rate_hz);
    int64_t begin = middle_s * info.rate_hz - half, end = begin + 2 * half;
    int covered = 0;
    for (int i = 0; i < info.n_spans && !covered; i++) {
        if (at < info.spans[i].begin || at >= info.spans[i].end)
            continue;
        begin = begin > info.spans[i].begin ? begin : info.spans[i].begin;
        end = end < info.spans[i].end ? end : info.spans[i].end;
        covered = 1;
    }
    if (!covered)
        return gws_err_set(err, GWS_EARG, "%s: GPS %s is outside the data", info.ifo, gps);
    if (!(l->h = malloc((size_t)(end - begin) * sizeof *l->h)))
        return gws_err_set(err, GWS_ENOMEM, "no memory for %lld samples", (long long)(end - begin));
    const gws_status status = gws_strain_read(set, ifo, begin, end, l->h, err);
    if (status != GWS_OK)
        return status;
    int64_t from = at - begin, to = at - begin;
    while (from > 0 && isfinite(l->h[from - 1]))
        from--;
    while (to < end - begin && isfinite(l->h[to]))
        to++;
    if (to <= at - begin)
        return gws_err_set(err, GWS_EDATA, "%s: no data at GPS %s, where there is a gap", info.ifo, gps);
    l->n = (to - from) / 2 * 2;
    l->first = begin + from;
    memmove(l->h, l->h + from, (size_t)l->n * sizeof *l->h);
    return GWS_OK;
}

gws_status gws_look_make(gws_strain_set *set, int ifo, int64_t gps_ns, const gws_look_params *p, gws_look *out, gws_err *err)
{
    const gws_whiten_stretch_params whitening = gws_whiten_stretch_defaults();
    gws_q_params q = p->q;
    gws_status status;

    *out = (gws_look){.gps_ns = gps_ns};
    status = read_strain(set, ifo, p, out, err);
    if (status == GWS_OK && !(out->w = malloc((size_t)out->n * sizeof *out->w)))
        status = gws_err_set(err, GWS_ENOMEM, "no memory for %lld samples", (long long)out->n);
    if (status == GWS_OK) {
        const double at_s = (double)(gps_ns - gws_ns_of_sample(out->first, out->rate_hz)) / (double)GWS_NS;
        q.from_s = at_s - p->search_s / 2;
        q.to_s = at_s + p->search_s / 2;
        status = gws_whiten_stretch(out->h, out->n, out->rate_hz, &whitening, &out->psd, out->w, err);
        if (status == GWS_OK)
            status = gws_qtransform(out->w, out->n, out->rate_hz, &q, &out->q, err);
        if (status != GWS_OK)
            gws_err_prefix(err, "%s", out->ifo);
    }
    if (status != GWS_OK)
        gws_look_clear(out);
    return status;
}
