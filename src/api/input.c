#include "api/api.h"

#include "sim/mlgwsc_input.h"

#include <stdio.h>
#include <stdlib.h>

gws_input *gws_input_open(const char *const *names, size_t n, unsigned keep, gws_pool *pool, gws_err *err)
{
    const gws_strain_use use = {.cat1 = (keep & GWS_KEEP_CAT1) != 0,
                                .injections = (keep & GWS_KEEP_INJECTIONS) != 0,
                                .whitened = (keep & GWS_KEEP_WHITENED) != 0,
                                .formats = gws_sim_formats};
    gws_input *in = NULL;

    if (!names || n < 1 || n > INT32_MAX) {
        gws_err_set(err, GWS_EARG, "input: wanted at least one name, found %zu", n);
        goto fail;
    }
    for (size_t i = 0; i < n; i++)
        if (!names[i]) {
            gws_err_set(err, GWS_EARG, "input: name %zu of %zu is NULL", i, n);
            goto fail;
        }
    if (keep & ~(GWS_KEEP_CAT1 | GWS_KEEP_INJECTIONS | GWS_KEEP_WHITENED)) {
        gws_err_set(err, GWS_EARG, "input: keep is 0x%x, of which this library does not know all", keep);
        goto fail;
    }
    if (!(in = calloc(1, sizeof *in))) {
        gws_err_set(err, GWS_ENOMEM, "input: out of memory");
        goto fail;
    }
    if (!(in->set = gws_strain_open_use(names, (int)n, &use, err)))
        goto fail;
    gws_strain_set_pool(in->set, pool);
    return in;
fail:
    free(in);
    return NULL;
}

size_t gws_input_detectors(const gws_input *in)
{
    return in ? (size_t)gws_strain_ifos(in->set) : 0;
}

gws_status gws_input_get_info(const gws_input *in, size_t i, gws_input_info *out, gws_err *err)
{
    gws_input_info info = {.struct_size = sizeof info};
    gws_strain_info known;

    if (i >= gws_input_detectors(in))
        return gws_err_set(err, GWS_EARG, "input: detector %zu of %zu", i, gws_input_detectors(in));
    gws_strain_describe(in->set, (int)i, &known);
    snprintf(info.detector, sizeof info.detector, "%s", known.ifo);
    info.rate_hz = known.rate_hz;
    info.n_spans = (size_t)known.n_spans;
    if (known.n_spans > 0) {
        info.begin_s = (double)known.spans[0].begin / known.rate_hz;
        info.end_s = (double)known.spans[known.n_spans - 1].end / known.rate_hz;
    }
    return gws_api_give(out, &info, sizeof info, "gws_input_info", err);
}

/* Index of a detector and what is known of it. */
static gws_status find(const gws_input *in, const char *detector, int *ifo, gws_strain_info *out, gws_err *err)
{
    if (!in || !detector)
        return gws_err_set(err, GWS_EARG, "input: wanted an input and a detector");
    if ((*ifo = gws_strain_find(in->set, detector)) < 0)
        return gws_err_set(err, GWS_EARG, "input: there is no detector %.20s in it", detector);
    gws_strain_describe(in->set, *ifo, out);
    return GWS_OK;
}

gws_status gws_input_span(const gws_input *in, const char *detector, size_t k, double *begin_s, double *end_s, gws_err *err)
{
    gws_strain_info info;
    int ifo = -1;
    const gws_status status = find(in, detector, &ifo, &info, err);

    if (status != GWS_OK)
        return status;
    if (k >= (size_t)info.n_spans || !begin_s || !end_s)
        return gws_err_set(err, GWS_EARG, "%s: span %zu of %d", info.ifo, k, info.n_spans);
    *begin_s = (double)info.spans[k].begin / info.rate_hz;
    *end_s = (double)info.spans[k].end / info.rate_hz;
    return GWS_OK;
}

gws_status gws_input_read(gws_input *in, const char *detector, double gps_s, double *out, size_t n, gws_err *err)
{
    gws_strain_info info;
    int64_t begin;
    int ifo = -1;
    gws_status status;

    if ((status = find(in, detector, &ifo, &info, err)) != GWS_OK ||
        (status = gws_api_sample(info.ifo, gps_s, n, info.rate_hz, &begin, err)) != GWS_OK)
        return status;
    if (!out && n > 0)
        return gws_err_set(err, GWS_EARG, "%s: nowhere to put %zu samples", info.ifo, n);
    return gws_strain_read(in->set, ifo, begin, begin + (int64_t)n, out, err);
}

const char *gws_input_sha256(gws_input *in, gws_err *err)
{
    if (in)
        return gws_strain_sha256(in->set, err);
    gws_err_set(err, GWS_EARG, "input: none was given");
    return NULL;
}

void gws_input_destroy(gws_input *in)
{
    if (!in)
        return;
    gws_strain_destroy(in->set);
    free(in);
}
