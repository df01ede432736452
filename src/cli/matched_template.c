#include "cli/matched_template.h"

#include "base/clock.h"
#include "base/hdf5.h"
#include "base/json.h"
#include "cli/cli.h"
#include "matched/filter.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TEMPLATE_MAX ((int64_t)1 << 26) /* samples of a template file */
#define STRETCH_MAX_S 4096              /* of one template */

/* Template of the event tutorial: f32 (2,n) plus and cross; attribute fs of /meta where it is there. */
static gws_status load_template(const char *path, double **wave, int64_t *n, int64_t *rate_hz, gws_err *err)
{
    gws_h5_info info;
    gws_status status;
    gws_h5 *f = gws_h5_open(path, err);

    if (!f)
        return err->status;
    *rate_hz = 0;
    status = gws_h5_stat(f, "/template", &info, err);
    if (status == GWS_OK && (info.ndim != 2 || info.shape[0] != 2 || info.shape[1] < 2 || info.shape[1] > TEMPLATE_MAX))
        status = gws_err_set(err, GWS_EFORMAT, "%s: /template is not two rows, plus and cross, of equal length", path);
    if (status == GWS_OK && gws_h5_has_attr(f, "/meta", "fs"))
        status = gws_h5_attr_i64(f, "/meta", "fs", rate_hz, err);
    if (status == GWS_OK) {
        *n = info.shape[1];
        *wave = malloc(sizeof **wave * 2 * (size_t)*n);
        if (!*wave)
            status = gws_err_set(err, GWS_ENOMEM, "%s: no memory for %lld samples", path, (long long)*n);
    }
    if (status == GWS_OK)
        status = gws_h5_read_f64(f, "/template", 0, 2 * *n, *wave, err);
    gws_h5_close(f);
    return status;
}

/* The longest run of finite samples of a detector, of an even number of them. */
static gws_status read_stretch(gws_strain_set *set, int ifo, double **x, int64_t *first, int64_t *n, gws_err *err)
{
    gws_strain_info info;
    gws_span best = {0, 0};
    int64_t at = 0, length = 0;

    gws_strain_describe(set, ifo, &info);
    for (int i = 0; i < info.n_spans; i++)
        if (info.spans[i].end - info.spans[i].begin > best.end - best.begin)
            best = info.spans[i];
    if (best.end - best.begin > (int64_t)STRETCH_MAX_S * info.rate_hz)
        best.end = best.begin + (int64_t)STRETCH_MAX_S * info.rate_hz;
    *x = malloc(sizeof **x * (size_t)(best.end - best.begin + 1));
    if (!*x)
        return gws_err_set(err, GWS_ENOMEM, "%s: no memory for %lld samples", info.ifo, (long long)(best.end - best.begin));
    if (gws_strain_read(set, ifo, best.begin, best.end, *x, err) != GWS_OK)
        return err->status;
    for (int64_t i = 0, k; i < best.end - best.begin; i = k + 1) {
        for (k = i; k < best.end - best.begin && isfinite((*x)[k]); k++)
            continue;
        if (k - i > length) {
            at = i;
            length = k - i;
        }
    }
    if (length == 0)
        return gws_strain_no_data(set, ifo, err);
    *n = length / 2 * 2;
    *first = best.begin + at;
    memmove(*x, *x + at, sizeof **x * (size_t)*n);
    return GWS_OK;
}

static void print_peak(const gws_matched_template_wish *w, const gws_strain_info *info, int64_t first,
                       const gws_matched_filter_peak *p)
{
    double gps = (double)gws_ns_of_sample(first + p->sample, info->rate_hz) / (double)GWS_NS;

    if (w->json) {
        gws_json *j = gws_json_object();
        gws_json_put_string(j, "detector", info->ifo);
        gws_json_put_string(j, "recipe", w->recipe);
        gws_json_put_f64(j, "gps", gps);
        gws_json_put_f64(j, "snr", p->snr);
        gws_json_put_f64(j, "phase_rad", p->phase_rad);
        gws_json_put_f64(j, "sigma", p->sigma);
        gws_json_put_f64(j, "chisq_reduced", p->chisq_reduced);
        gws_json_put_f64(j, "new_snr", p->new_snr);
        gws_json_put_i64(j, "sample", p->sample);
        gws_cli_json(j);
        return;
    }
    printf("  %-4s  %-17.6f  %9.6f  %10.6g", info->ifo, gps, p->snr, p->sigma);
    if (isnan(p->new_snr))
        printf("  %8s  %9s\n", "-", "-");
    else
        printf("  %8.5f  %9.6f\n", p->chisq_reduced, p->new_snr);
}

gws_status gws_matched_template(const gws_matched_template_wish *w, gws_strain_set *set, gws_err *err)
{
    double *wave = NULL, *x = NULL;
    int64_t n_template = 0, rate_hz = 0, n = 0, first[GWS_MAX_IFO];
    gws_matched_filter_peak peak[GWS_MAX_IFO];
    gws_matched_filter_options o = gws_matched_filter_options_defaults();
    gws_status status = gws_matched_filter_recipe_parse(w->recipe, &o.recipe, err);

    o.low_hz = w->low_hz;
    o.inverse_s = isnan(w->inverse_s) ? 0 : w->inverse_s;
    o.chisq_bins = w->chisq_bins;
    if (status == GWS_OK)
        status = load_template(w->file, &wave, &n_template, &rate_hz, err);
    for (int d = 0; d < gws_strain_ifos(set) && status == GWS_OK; d++) {
        gws_strain_info info;
        gws_strain_describe(set, d, &info);
        if (rate_hz && rate_hz != info.rate_hz)
            status = gws_err_set(err, GWS_EDATA, "%s: a template at %lld Hz, %s is sampled at %d Hz", w->file, (long long)rate_hz,
                                 info.ifo, info.rate_hz);
        if (status == GWS_OK)
            status = read_stretch(set, d, &x, &first[d], &n, err);
        if (status == GWS_OK &&
            (status = gws_matched_filter_one(&o, &(gws_matched_filter_template){wave, wave + n_template, n_template}, x, n,
                                             info.rate_hz, &peak[d], err)) != GWS_OK)
            gws_err_prefix(err, "%s", info.ifo);
        free(x);
        x = NULL;
    }
    if (status == GWS_OK && !w->json)
        printf("  %-4s  %-17s  %9s  %10s  %8s  %9s\n", "", "GPS (s)", "SNR", "sigma", "chi2_r", "new SNR");
    for (int d = 0; d < gws_strain_ifos(set) && status == GWS_OK; d++) {
        gws_strain_info info;
        gws_strain_describe(set, d, &info);
        print_peak(w, &info, first[d], &peak[d]);
    }
    free(wave);
    return status;
}
