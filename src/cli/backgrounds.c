#include "cli/backgrounds.h"

#include "base/file.h"
#include "base/number.h"
#include "cli/cli.h"
#include "cli/rate.h"
#include "search/columns.h"
#include "stream/pipeline.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

gws_status gws_whitening_set(gws_model *m, const char *text, gws_err *err)
{
    double filter_s = 0, block_s = 1, ahead_s = 0;
    const char *rest = text ? gws_number_read(text, &filter_s) : NULL;

    if (!text)
        return GWS_OK;
    if (rest && *rest == ',')
        rest = gws_number_read(rest + 1, &block_s);
    if (rest && *rest == ',')
        rest = gws_number_read(rest + 1, &ahead_s);
    if (!rest || *rest || !(filter_s > 0) || !(block_s > 0) || !(ahead_s >= 0))
        return gws_err_set(
            err, GWS_EARG,
            "whitening '%.40s': wanted the seconds of its filter, of its blocks and of what it sees ahead, as 2,0.0625,0.5", text);
    gws_model_set_whitening(m, filter_s, block_s, ahead_s);
    return GWS_OK;
}

static int words_of(const char *list)
{
    int n = 1;

    for (const char *p = list; (p = strchr(p, ',')); p++)
        n++;
    return n;
}

gws_status gws_backgrounds_load(const char *list, gws_backgrounds *out, gws_err *err)
{
    const int n = list ? words_of(list) : 0;
    gws_status status = GWS_OK;

    *out = (gws_backgrounds){0};
    if (!list)
        return GWS_OK;
    out->b = calloc((size_t)n, sizeof *out->b);
    out->names = calloc((size_t)n, sizeof *out->names);
    if (!out->b || !out->names)
        return gws_err_set(err, GWS_ENOMEM, "no memory for %d backgrounds", n);
    for (const char *p = list; out->n < n && status == GWS_OK; p += strcspn(p, ","), p += *p == ',') {
        if (!(out->names[out->n] = strndup(p, strcspn(p, ","))))
            return gws_err_set(err, GWS_ENOMEM, "no memory for %d backgrounds", n);
        status = gws_background_load(out->names[out->n], &out->b[out->n], err);
        out->n++;
    }
    for (int i = 0; i < out->n && status == GWS_OK; i++)
        if (out->b[i].filter_s == 0)
            gws_cli_log(GWS_LOG_WARNING, "%s: does not say how its strain was whitened; it has to be as here", out->names[i]);
    return status;
}

gws_status gws_backgrounds_rank(const gws_backgrounds *b, const char *model_path, const gws_model *model, gws_ranking_params *p,
                                int need_one, gws_ranking **out, gws_err *err)
{
    const gws_model_meta *meta = gws_model_describe(model);
    char sha256[65];
    gws_condition_params whitening;
    int any = need_one;
    gws_status status = gws_pipeline_condition(meta, &whitening, err);

    *out = NULL;
    if (status != GWS_OK || (status = gws_file_sha256(model_path, sha256, err)) != GWS_OK)
        return status;
    for (int i = 0; i < b->n; i++)
        any |= strcmp(b->b[i].model, sha256) == 0 && gws_ranking_is_of(&b->b[i], meta->n_ifo, meta->ifo);
    if (!any)
        return GWS_OK;
    p->model = sha256;
    p->name = model_path;
    p->n_ifo = meta->n_ifo;
    p->ifo = meta->ifo;
    p->filter_s = whitening.filter_s;
    p->ahead_s = gws_condition_ahead_s(&whitening);
    if (!(*out = gws_ranking_create(b->b, (const char *const *)b->names, b->n, p, err)))
        status = err->status;
    p->model = NULL;
    return status;
}

gws_status gws_backgrounds_open(const char *list, const char *model_path, const gws_model *model, gws_ranking_params *p,
                                gws_backgrounds *out, gws_err *err)
{
    gws_status status = gws_backgrounds_load(list, out, err);

    if (status == GWS_OK && list)
        status = gws_backgrounds_rank(out, model_path, model, p, 1, &out->ranking, err);
    if (status != GWS_OK)
        gws_backgrounds_clear(out);
    return status;
}

void gws_backgrounds_clear(gws_backgrounds *b)
{
    gws_ranking_destroy(b->ranking);
    for (int i = 0; i < b->n; i++) {
        gws_background_clear(&b->b[i]);
        free(b->names[i]);
    }
    free(b->b);
    free(b->names);
    *b = (gws_backgrounds){0};
}

static double column_of(const void *user, int64_t row, int c)
{
    const gws_far_rate far = ((const gws_far_rate *)user)[row];

    if (c < 2)
        return c == 0 ? gws_rate_value(far) : gws_rate_limit(far);
    return far.bound == GWS_FAR_FITTED ? far.sigma_per_month : (double)NAN;
}

gws_status gws_backgrounds_write(gws_h5 *f, const gws_ranking *ranking, const gws_far_rate *far, int64_t n, gws_err *err)
{
    static const char *const names[3] = {"far_per_month", "far_per_month_limit", "far_sigma_per_month"};
    uint32_t *fitted = malloc(sizeof *fitted * (size_t)(n + 1));
    gws_status status = GWS_OK;

    if (!fitted)
        return gws_err_set(err, GWS_ENOMEM, "no memory for %lld triggers", (long long)n);
    status = gws_columns_write(f, &(gws_columns){names, 3, column_of, far}, n, err);
    for (int64_t i = 0; i < n && status == GWS_OK; i++)
        fitted[i] = far[i].bound == GWS_FAR_FITTED;
    if (status == GWS_OK)
        status = gws_h5_write_u32(f, "/far_fitted", 1, &n, fitted, err);
    if (status == GWS_OK && ranking)
        status = gws_h5_put_attr_f64(f, "/", "background_livetime", gws_ranking_livetime_s(ranking), err);
    free(fitted);
    return status;
}

void gws_backgrounds_note(const gws_backgrounds *b, const gws_ranking *ranking, double fit_above)
{
    gws_rate_note(gws_ranking_livetime_s(ranking), "time slides");
    if (!isnan(fit_above))
        printf("~: from an exponential tail fitted to the background above %g, with one standard deviation\n", fit_above);
    if (b->removed > 0)
        printf("%lld event%s louder than all of the background; what was within %g s of %s was taken out of it for the others\n",
               (long long)b->removed, b->removed == 1 ? "" : "s", GWS_REMOVE_S, b->removed == 1 ? "it" : "them");
}
