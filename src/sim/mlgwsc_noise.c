#include "sim/mlgwsc_noise.h"

#include "sim/mlgwsc_chunks.h"
#include "sim/mlgwsc_recorded.h"

#include <inttypes.h>
#include <stdlib.h>

#define RATE GWS_MLGWSC_RATE_HZ

struct gws_mlgwsc_noise {
    gws_mlgwsc_plan plan;
    gws_mlgwsc_chunks *chunks;     /* sets 1 to 3, else NULL */
    gws_mlgwsc_recorded *recorded; /* set 4, else NULL */
};

gws_mlgwsc_noise *gws_mlgwsc_noise_create(const gws_mlgwsc_noise_params *params, gws_err *err)
{
    GWS_ASSERT(params != NULL);
    gws_mlgwsc_noise *c = calloc(1, sizeof *c);
    if (!c) {
        gws_err_set(err, GWS_ENOMEM, "MLGWSC-1: out of memory");
        return NULL;
    }
    if (gws_mlgwsc_plan_make(params, &c->plan, err) != GWS_OK)
        goto fail;
    if (params->dataset == 4)
        c->recorded = gws_mlgwsc_recorded_open(params, &c->plan, err);
    else
        c->chunks = gws_mlgwsc_chunks_create(params, &c->plan, err);
    if (c->recorded || c->chunks)
        return c;
fail:
    gws_mlgwsc_noise_destroy(c);
    return NULL;
}

void gws_mlgwsc_noise_destroy(gws_mlgwsc_noise *c)
{
    if (!c)
        return;
    gws_mlgwsc_chunks_destroy(c->chunks);
    gws_mlgwsc_recorded_close(c->recorded);
    gws_mlgwsc_plan_clear(&c->plan);
    free(c);
}

const gws_mlgwsc_noise_segment *gws_mlgwsc_noise_segments(const gws_mlgwsc_noise *c, int *n)
{
    *n = c->plan.n_used;
    return c->plan.used;
}

gws_mlgwsc_noise_segment gws_mlgwsc_noise_extent(const gws_mlgwsc_noise *c)
{
    return (gws_mlgwsc_noise_segment){c->plan.listed[0].start_s, c->plan.listed[c->plan.n_listed - 1].end_s};
}

void gws_mlgwsc_noise_set_pool(gws_mlgwsc_noise *c, gws_pool *pool)
{
    if (c->chunks)
        gws_mlgwsc_chunks_set_pool(c->chunks, pool);
}

int64_t gws_mlgwsc_noise_bytes(const gws_mlgwsc_noise *c)
{
    return c->chunks ? gws_mlgwsc_chunks_bytes(c->chunks) : 0;
}

gws_status gws_mlgwsc_noise_fill(gws_mlgwsc_noise *c, int ifo, int64_t begin, int64_t n, double *out, gws_err *err)
{
    GWS_ASSERT(c && ifo >= 0 && ifo < GWS_MLGWSC_IFOS && n >= 0 && (out || n == 0));
    const gws_mlgwsc_plan *p = &c->plan;
    int i = 0;
    while (i < p->n_used && (begin < p->used[i].start_s * RATE || begin > p->used[i].end_s * RATE - n))
        i++;
    if (i == p->n_used)
        return gws_err_set(err, GWS_EARG,
                           "MLGWSC-1: %" PRId64 " samples from %" PRId64 " on at %d Hz do not lie within one segment", n, begin,
                           RATE);
    if (n == 0)
        return GWS_OK;
    return c->recorded ? gws_mlgwsc_recorded_fill(c->recorded, ifo, i, begin, n, out, err)
                       : gws_mlgwsc_chunks_fill(c->chunks, ifo, begin, n, out, err);
}
