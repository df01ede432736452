/* whitener.c - whitening and spectra: what the search does to one detector before the network sees it. */
#include "api/api.h"

#include "base/clock.h"
#include "dsp/psd.h"
#include "dsp/resample.h"
#include "gw/named_psd.h"
#include "stream/pipeline.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NAME "whitener"

struct gws_whitener {
    gws_whitener_params p; /* out_hz filled in */
    gws_resample *resample;
    gws_condition *condition;
    gws_api_end end;
    int inside; /* the callback runs */
};

static gws_status parameters(gws_whitener_params *p, gws_condition_params *out, gws_err *err)
{
    gws_search_params sp;

    *out = gws_condition_defaults();
    if (!p->whitened)
        return gws_err_set(err, GWS_EARG, NAME ": no callback that takes what is whitened");
    if (p->model) {
        const gws_model_meta *meta = gws_model_describe(p->model);
        const gws_status status = gws_pipeline_params(meta, GWS_HEAD_SPIKING, (double)NAN, out, &sp, err);
        if (status != GWS_OK)
            return status;
        p->out_hz = meta->rate_hz;
    } else {
        out->low_hz = p->low_hz != 0 ? p->low_hz : out->low_hz;
        out->high_hz = p->high_hz;
        p->out_hz = p->out_hz ? p->out_hz : p->in_hz;
    }
    if (p->in_hz < 16 || p->in_hz > 65536 || p->out_hz < 16 || p->in_hz % p->out_hz != 0)
        return gws_err_set(err, GWS_EARG, NAME ": %d Hz in and %d Hz out: wanted 16 to 65536 Hz, in a multiple of out", p->in_hz,
                           p->out_hz);
    return GWS_OK;
}

gws_whitener *gws_whitener_create(const gws_whitener_params *params, gws_err *err)
{
    gws_condition_params cp;
    gws_whitener *w = calloc(1, sizeof *w);

    if (!w) {
        gws_err_set(err, GWS_ENOMEM, NAME ": out of memory");
        goto fail;
    }
    if (gws_api_take(&w->p, sizeof w->p, params, "gws_whitener_params", err) != GWS_OK || parameters(&w->p, &cp, err) != GWS_OK)
        goto fail;
    if (!(w->resample = gws_resample_create(w->p.in_hz, w->p.out_hz, err)) ||
        !(w->condition = gws_condition_create(&cp, w->p.out_hz, err)))
        goto fail;
    return w;
fail:
    gws_whitener_destroy(w);
    return NULL;
}

static void on_whitened(void *user, int64_t sample, const float *x, int64_t n)
{
    gws_whitener *w = user;

    w->inside = 1;
    w->p.whitened(w->p.user, "", gws_ns_of_sample(sample, w->p.out_hz), x, (size_t)n);
    w->inside = 0;
}

static void on_resampled(void *user, int64_t sample, const double *h, int64_t n)
{
    gws_whitener *w = user;

    gws_condition_push(w->condition, sample, h, n, on_whitened, w);
}

static gws_status check_idle(const gws_whitener *w, gws_err *err)
{
    if (!w)
        return gws_err_set(err, GWS_EARG, NAME ": none was given");
    if (w->inside)
        return gws_err_set(err, GWS_EARG, NAME ": called from its callback");
    return GWS_OK;
}

gws_status gws_whitener_push(gws_whitener *w, double gps_s, const double *h, size_t n, gws_err *err)
{
    gws_status status = check_idle(w, err);
    int64_t sample;

    if (status != GWS_OK)
        return status;
    if (!h && n > 0)
        return gws_err_set(err, GWS_EARG, NAME ": no strain");
    if ((status = gws_api_sample(NAME, gps_s, n, w->p.in_hz, &sample, err)) != GWS_OK ||
        (status = gws_api_follow(&w->end, NAME, sample, w->p.in_hz, err)) != GWS_OK)
        return status;
    w->end = (gws_api_end){1, sample + (int64_t)n};
    gws_resample_push(w->resample, sample, h, (int64_t)n, on_resampled, w);
    return GWS_OK;
}

gws_status gws_whitener_finish(gws_whitener *w, gws_err *err)
{
    const gws_status status = check_idle(w, err);

    if (status != GWS_OK)
        return status;
    gws_resample_finish(w->resample, on_resampled, w);
    gws_condition_finish(w->condition, on_whitened, w);
    w->end = (gws_api_end){0};
    return GWS_OK;
}

void gws_whitener_destroy(gws_whitener *w)
{
    if (!w)
        return;
    gws_resample_destroy(w->resample);
    gws_condition_destroy(w->condition);
    free(w);
}

/* ---- spectra ---- */

#define MAX_BINS (INT64_C(1) << 28)

/* Copy to the caller, free. */
static gws_status give_psd(gws_psd *psd, double *out, size_t n)
{
    memcpy(out, psd->data, n * sizeof *out);
    gws_psd_clear(psd);
    return GWS_OK;
}

gws_status gws_spectrum_estimate(const double *h, size_t n, int rate_hz, gws_average average, double *psd, size_t n_psd,
                                 gws_err *err)
{
    static const gws_psd_average averages[] = {
        [GWS_AVERAGE_MEDIAN] = GWS_PSD_MEDIAN, [GWS_AVERAGE_MEAN] = GWS_PSD_MEAN, [GWS_AVERAGE_MEDIAN_MEAN] = GWS_PSD_MEDIAN_MEAN};
    const int64_t half = (int64_t)n_psd - 1;
    gws_psd made = {0};

    if (!h || !psd || rate_hz < 1 || n > (size_t)INT64_MAX / sizeof *h || n_psd < 3 || n_psd > MAX_BINS || (unsigned)average > 2)
        return gws_err_set(err, GWS_EARG,
                           "spectrum: %zu samples at %d Hz, %zu frequencies, average %d: wanted 3 to %lld frequencies", n, rate_hz,
                           n_psd, (int)average, (long long)MAX_BINS);
    const gws_welch_params welch = {2 * half, half, averages[average]};
    const gws_status status = gws_psd_welch(h, (int64_t)n, rate_hz, &welch, &made, err);
    return status == GWS_OK ? give_psd(&made, psd, n_psd) : status;
}

gws_status gws_spectrum_curve(const char *name, double delta_f_hz, double *psd, size_t n_psd, gws_err *err)
{
    gws_psd made = {0};

    if (!name || !psd || !(delta_f_hz > 0 && delta_f_hz < 1e6) || n_psd < 2 || n_psd > MAX_BINS)
        return gws_err_set(err, GWS_EARG, "spectrum: %zu frequencies in steps of %g Hz: wanted a name, 2 to %lld of them", n_psd,
                           delta_f_hz, (long long)MAX_BINS);
    const gws_status status = gws_psd_by_name(name, delta_f_hz, (int64_t)n_psd, 0, &made, err);
    return status == GWS_OK ? give_psd(&made, psd, n_psd) : status;
}
