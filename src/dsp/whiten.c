#include "dsp/whiten.h"

#include "base/arena.h"
#include "dsp/fft.h"
#include "dsp/psd.h"

#include <math.h>
#include <stdlib.h>

/* The response is sampled this much finer than the filter resolves, so that what the taper cuts does not wrap into it. */
#define OVERSAMPLE 4

struct gws_whiten {
    int64_t length;
    int rate_hz;
    gws_fft *fft;  /* OVERSAMPLE * length */
    double *band;  /* (bins) g */
    double *taper; /* (length) Hann about length/2, over the transform's size */
    double *spec;  /* (2 * bins) */
    double *x;     /* (OVERSAMPLE * length) */
};

static double band_gain(double f, double low_hz, double high_hz, double nyquist_hz)
{
    double low_end = 0.75 * low_hz;
    double high_end = 1.1 * high_hz < nyquist_hz ? 1.1 * high_hz : nyquist_hz;
    if (f < low_hz)
        return f <= low_end ? 0.0 : 0.5 - 0.5 * cos(M_PI * (f - low_end) / (low_hz - low_end));
    if (f > high_hz)
        return f >= high_end ? 0.0 : 0.5 + 0.5 * cos(M_PI * (f - high_hz) / (high_end - high_hz));
    return 1.0;
}

gws_whiten *gws_whiten_create(int64_t length, int rate_hz, double low_hz, double high_hz, gws_err *err)
{
    GWS_ASSERT(rate_hz > 0);
    double nyquist_hz = 0.5 * (double)rate_hz;
    if (high_hz == 0.0)
        high_hz = nyquist_hz;
    if (!(low_hz >= 0.0 && low_hz < high_hz && high_hz <= nyquist_hz)) {
        gws_err_set(err, GWS_EARG, "whitening band %g..%g Hz: wanted 0 <= low < high <= %g Hz", low_hz, high_hz, nyquist_hz);
        return NULL;
    }
    if (length < 4 || length % 2 || length > INT64_C(1) << 26) {
        gws_err_set(err, GWS_EARG, "whitening filter of %lld taps: wanted an even number of at least 4", (long long)length);
        return NULL;
    }
    gws_whiten *w = calloc(1, sizeof *w);
    if (!w) {
        gws_err_set(err, GWS_ENOMEM, "no memory for a whitening filter");
        return NULL;
    }
    w->length = length;
    w->rate_hz = rate_hz;
    int64_t n = OVERSAMPLE * length;
    w->fft = gws_fft_create(n, err);
    if (!w->fft)
        goto fail;
    int64_t bins = gws_fft_bins(w->fft);
    w->band = gws_arena_alloc((size_t)bins * sizeof *w->band);
    w->taper = gws_arena_alloc((size_t)length * sizeof *w->taper);
    w->spec = gws_arena_alloc((size_t)(2 * bins) * sizeof *w->spec);
    w->x = gws_arena_alloc((size_t)n * sizeof *w->x);
    if (!w->band || !w->taper || !w->spec || !w->x) {
        gws_err_set(err, GWS_ENOMEM, "no memory for a whitening filter of %lld taps", (long long)length);
        goto fail;
    }
    for (int64_t k = 0; k < bins; k++)
        w->band[k] = band_gain((double)k * (double)rate_hz / (double)n, low_hz, high_hz, nyquist_hz);
    for (int64_t i = 0; i < length; i++)
        w->taper[i] = (0.5 - 0.5 * cos(2.0 * M_PI * (double)i / (double)length)) / (double)n;
    return w;

fail:
    gws_whiten_destroy(w);
    return NULL;
}

int gws_whiten_design(gws_whiten *w, const double *psd, int64_t n, double delta_f_hz, double *fir)
{
    GWS_ASSERT(n >= 2 && delta_f_hz > 0.0);
    double nyquist_hz = 0.5 * (double)w->rate_hz;
    int64_t last = n - 1;
    if (fabs((double)last * delta_f_hz - nyquist_hz) < 0.5 * delta_f_hz)
        last--;

    double loudest = 0.0;
    for (int64_t k = 0; k < n; k++)
        loudest = psd[k] > loudest && isfinite(psd[k]) ? psd[k] : loudest;
    double quietest = 1e-26 * loudest;

    int64_t bins = gws_fft_bins(w->fft);
    double step = (double)w->rate_hz / (double)gws_fft_size(w->fft) / delta_f_hz;
    double scale = 2.0 / (double)w->rate_hz;
    for (int64_t k = 0; k < bins; k++) {
        w->spec[2 * k] = 0.0;
        w->spec[2 * k + 1] = 0.0;
        if (w->band[k] == 0.0)
            continue;
        double at = (double)k * step;
        int64_t i = at < (double)last ? (int64_t)at : last;
        double part = at - (double)i, s = psd[i];
        if (i < last && part > 0.0)
            s += part * (psd[i + 1] - psd[i]);
        if (!(s > quietest) || !isfinite(s))
            return 0;
        double gain = sqrt(scale / s);
        if (!isfinite(gain))
            return 0;
        w->spec[2 * k] = w->band[k] * gain;
    }
    gws_fft_inverse(w->fft, w->spec, w->x);
    int64_t half = w->length / 2, size = gws_fft_size(w->fft);
    for (int64_t i = 0; i < w->length; i++)
        fir[i] = w->taper[i] * w->x[i < half ? size - half + i : i - half];
    return 1;
}

double gws_whiten_share(const gws_whiten *w)
{
    /* trapezium rule over 0..Nyquist */
    int64_t bins = gws_fft_bins(w->fft);
    double sum = -0.5 * (w->band[0] * w->band[0] + w->band[bins - 1] * w->band[bins - 1]);
    for (int64_t k = 0; k < bins; k++)
        sum += w->band[k] * w->band[k];
    return sum / (double)(bins - 1);
}

void gws_whiten_destroy(gws_whiten *w)
{
    if (!w)
        return;
    gws_fft_destroy(w->fft);
    gws_arena_free(w->band);
    gws_arena_free(w->taper);
    gws_arena_free(w->spec);
    gws_arena_free(w->x);
    free(w);
}

gws_status gws_whitening_fir(const gws_psd *psd, int rate_hz, int64_t length, double low_hz, double high_hz, double *fir,
                             gws_err *err)
{
    GWS_ASSERT(psd && psd->n >= 2 && fir);
    gws_err own = {GWS_OK, ""};
    gws_whiten *w = gws_whiten_create(length, rate_hz, low_hz, high_hz, &own);
    if (!w)
        return gws_err_set(err, own.status, "%s", own.text);
    int made = gws_whiten_design(w, psd->data, psd->n, psd->delta_f_hz, fir);
    gws_whiten_destroy(w);
    if (!made)
        return gws_err_set(err, GWS_EDATA, "a PSD bin between %g and %g Hz is zero or not finite: no whitening filter", low_hz,
                           high_hz > 0.0 ? high_hz : 0.5 * (double)rate_hz);
    return GWS_OK;
}
