#include "api/api.h"

#include "base/file.h"
#include "gws_config.h"
#include "model/classifier.h"
#include "search/far.h"
#include "stream/pipeline.h"

#include <dlfcn.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char here; /* an address within this library */

/* The models that were installed with this library, wherever its folder was moved to.  out: "" when that is not known. */
static void beside_library(const char *name, char *out, size_t size)
{
    Dl_info info;
    const char *slash;

    out[0] = '\0';
    if (dladdr(&here, &info) && info.dli_fname && (slash = strrchr(info.dli_fname, '/')))
        snprintf(out, size, "%.*s/%s/models/%s.hdf", (int)(slash - info.dli_fname), info.dli_fname, GWS_DATADIR_FROM_LIB, name);
}

gws_status gws_api_model_path(const char *name, char *out, size_t size, gws_err *err)
{
    if (!name || !*name)
        return gws_err_set(err, GWS_EARG, "model: wanted a name or a path");
    if (strcmp(name, "default") == 0)
        name = GWS_DEFAULT_MODEL;
    if (strchr(name, '/') || strchr(name, '.')) {
        if ((size_t)snprintf(out, size, "%s", name) >= size)
            return gws_err_set(err, GWS_EARG, "model: a path of %zu characters", strlen(name));
        return GWS_OK;
    }
    beside_library(name, out, size);
    if (out[0] && gws_file_exists(out))
        return GWS_OK;
    if ((size_t)snprintf(out, size, "%s/models/%s.hdf", GWS_DATADIR, name) < size && gws_file_exists(out))
        return GWS_OK;
    return gws_err_set(err, GWS_EIO, "model %s: none of that name is installed in %s/models", name, GWS_DATADIR);
}

gws_model *gws_model_open(const char *name, gws_err *err)
{
    char path[4096];

    return gws_api_model_path(name, path, sizeof path, err) == GWS_OK ? gws_model_load(path, err) : NULL;
}

gws_model *gws_model_with(const gws_model *m, const char *detectors, gws_err *err)
{
    unsigned ifos = 0;

    if (!m || !detectors || !*detectors) {
        gws_err_set(err, GWS_EARG, "gws_model_with: wanted a model and its detectors");
        return NULL;
    }
    const gws_model_meta *meta = gws_model_describe(m);
    for (const char *s = detectors; *s; s += *s == ',') {
        const size_t n = strcspn(s, ",");
        int i = 0;
        while (i < meta->n_ifo && (strlen(meta->ifo[i]) != n || strncmp(meta->ifo[i], s, n) != 0))
            i++;
        if (i == meta->n_ifo) {
            gws_err_set(err, GWS_EARG, "gws_model_with: the model does not use a detector %.*s", n < 20 ? (int)n : 20, s);
            return NULL;
        }
        ifos |= 1u << i;
        s += n;
    }
    return gws_model_part(m, ifos, err);
}

gws_status gws_model_get_info(const gws_model *m, gws_model_info *out, gws_err *err)
{
    gws_model_info info = {.struct_size = sizeof info};
    int rate_hz[GWS_MODEL_IFOS];
    gws_err own = {0};

    if (!m)
        return gws_err_set(err, GWS_EARG, "gws_model_get_info: no model");
    const gws_model_meta *meta = gws_model_describe(m);
    info.n_detectors = meta->n_ifo;
    info.rate_hz = meta->rate_hz;
    info.hop = meta->hop;
    info.has_linear = meta->linear;
    for (int i = 0; i < meta->n_ifo; i++) {
        snprintf(info.detector[i], sizeof info.detector[i], "%s", meta->ifo[i]);
        rate_hz[i] = meta->rate_hz;
    }
    for (int k = 0; k < 2; k++) {
        info.threshold[k] = meta->calibration[k].threshold;
        info.background_s[k] = meta->calibration[k].n > 0 ? meta->calibration[k].livetime_s : 0;
    }
    gws_pipeline *p = gws_pipeline_create(m, GWS_HEAD_SPIKING, rate_hz, (double)NAN, NULL, &own);
    if (!p)
        return gws_err_set(err, own.status, "%s", own.text);
    info.delay_s = gws_pipeline_delay_s(p);
    gws_pipeline_destroy(p);
    return gws_api_give(out, &info, sizeof info, "gws_model_info", err);
}

gws_far_rate gws_model_rate(const gws_model *m, gws_head head, double statistic)
{
    if (!m || (head != GWS_HEAD_SPIKING && head != GWS_HEAD_LINEAR))
        return (gws_far_rate){.bound = GWS_FAR_NONE, .per_month = (double)NAN};
    return gws_far_at(&gws_model_describe(m)->calibration[head], statistic);
}
