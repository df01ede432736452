#include "api/api.h"

#include "base/file.h"
#include "search/background.h"
#include "search/ranking.h"
#include "stream/pipeline.h"

#include <math.h>
#include <stdlib.h>

struct gws_rates {
    gws_background *backgrounds; /* (n), of which the ranking borrows */
    size_t n;
    gws_ranking *ranking;
};

/* How the model's searches whiten: here as its recipe has it. */
static gws_status whitening_of(const char *path, gws_ranking_params *p, gws_err *err)
{
    gws_condition_params c;
    gws_model *m = gws_model_load(path, err);
    const gws_status status = m ? gws_pipeline_condition(gws_model_describe(m), &c, err) : GWS_EFORMAT;

    gws_model_destroy(m);
    if (status == GWS_OK) {
        p->filter_s = c.filter_s;
        p->ahead_s = gws_condition_ahead_s(&c);
    }
    return status;
}

gws_rates *gws_rates_open(const char *const *paths, size_t n, const char *model, gws_head head, const double *fit_above,
                          gws_err *err)
{
    char path[4096], sha256[65];
    gws_rates *r = NULL;

    if (!paths || n < 1 || n > INT32_MAX || (head != GWS_HEAD_SPIKING && head != GWS_HEAD_LINEAR)) {
        gws_err_set(err, GWS_EARG, "rates: %zu backgrounds of head %d: wanted at least one, and head 0 or 1", n, (int)head);
        goto fail;
    }
    if (gws_api_model_path(model, path, sizeof path, err) != GWS_OK || gws_file_sha256(path, sha256, err) != GWS_OK)
        goto fail;
    if (!(r = calloc(1, sizeof *r)) || !(r->backgrounds = calloc(n, sizeof *r->backgrounds))) {
        gws_err_set(err, GWS_ENOMEM, "rates: out of memory for %zu backgrounds", n);
        goto fail;
    }
    for (; r->n < n; r->n++) {
        if (!paths[r->n]) {
            gws_err_set(err, GWS_EARG, "rates: path %zu of %zu is NULL", r->n, n);
            goto fail;
        }
        if (gws_background_load(paths[r->n], &r->backgrounds[r->n], err) != GWS_OK)
            goto fail;
    }
    gws_ranking_params p = {.model = sha256, .name = path, .head = head, .fit_above = fit_above ? *fit_above : (double)NAN};
    if (whitening_of(path, &p, err) != GWS_OK || !(r->ranking = gws_ranking_create(r->backgrounds, paths, (int)n, &p, err)))
        goto fail;
    return r;
fail:
    gws_rates_destroy(r);
    return NULL;
}

gws_far_rate gws_rates_at(const gws_rates *r, double statistic, double gps_s)
{
    if (!r || isnan(statistic))
        return (gws_far_rate){.bound = GWS_FAR_NONE, .per_month = (double)NAN};
    return gws_ranking_at(r->ranking, statistic, gps_s);
}

void gws_rates_destroy(gws_rates *r)
{
    if (!r)
        return;
    gws_ranking_destroy(r->ranking);
    for (size_t i = 0; i < r->n; i++)
        gws_background_clear(&r->backgrounds[i]);
    free(r->backgrounds);
    free(r);
}
