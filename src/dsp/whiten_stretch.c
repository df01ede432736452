/* whiten_stretch.c - see whiten_stretch.h. */
#include "dsp/whiten_stretch.h"

#include "dsp/fft.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TAPER 5 /* bins */

gws_whiten_stretch_params gws_whiten_stretch_defaults(void)
{
    return (gws_whiten_stretch_params){2, 1, 2, 0};
}

static double *floats(int64_t n)
{
    return aligned_alloc(64, ((size_t)n * sizeof(double) + 63) / 64 * 64);
}

/* Hann, periodic. */
static double hann(int64_t i, int64_t n)
{
    return 0.5 - 0.5 * cos(2 * M_PI * (double)i / (double)n);
}

/* One over the amplitude at bin k of `bins`, spaced by df; 0 where there is no noise. */
static double inverse_amplitude(const gws_psd *psd, double f_hz)
{
    const double at = f_hz / psd->delta_f_hz;
    int64_t i = (int64_t)at;

    i = i > psd->n - 2 ? psd->n - 2 : i;
    const double share = fmin(at - (double)i, 1), a = sqrt(psd->data[i]), b = sqrt(psd->data[i + 1]);
    return 1 / (a + share * (b - a));
}

/* The filter, its middle at taps/2 - 1.
 *   x, spec  (n), (2 (n/2+1)) scratch */
static gws_status design(const gws_psd *psd, int64_t n, int rate_hz, const gws_whiten_stretch_params *p, int64_t taps, double *x,
                         double *spec, double *fir, gws_err *err)
{
    const int64_t bins = n / 2 + 1, corner = (int64_t)(p->low_hz * (double)n / rate_hz);
    gws_fft *fft = NULL;

    for (int64_t k = 0; k < bins; k++) {
        double g = k < corner ? 0 : inverse_amplitude(psd, (double)k * rate_hz / (double)n);
        if (!isfinite(g))
            return gws_err_set(err, GWS_EDATA, "no noise at %.6g Hz: it cannot be whitened", (double)k * rate_hz / (double)n);
        if (k >= corner && k - corner < TAPER)
            g *= 0.5 - 0.5 * cos(2 * M_PI * (double)(k - corner) / (2 * TAPER - 1));
        if (bins - 1 - k < TAPER)
            g *= 0.5 - 0.5 * cos(2 * M_PI * (double)(bins - 1 - k) / (2 * TAPER - 1));
        spec[2 * k] = g / (double)n;
        spec[2 * k + 1] = 0;
    }
    if (!(fft = gws_fft_create(n, err)))
        return GWS_ENOMEM;
    gws_fft_inverse(fft, spec, x);
    gws_fft_destroy(fft);
    const int64_t middle = taps / 2 - 1;
    for (int64_t i = 0; i < taps; i++) {
        const int64_t lag = i - middle; /* -middle .. taps/2 */
        const double weight = lag >= 0 ? (lag < taps / 2 ? hann(lag + taps / 2, taps) : 0) : hann(lag + taps / 2, taps);
        fir[i] = weight * x[lag >= 0 ? lag : n + lag];
    }
    return GWS_OK;
}

/* w = fir * h, without delay. */
static gws_status convolve(const double *h, int64_t n, const double *fir, int64_t taps, double scale, double *w, gws_err *err)
{
    const int64_t size = (n + taps + 1023) / 1024 * 1024, bins = size / 2 + 1, middle = taps / 2 - 1;
    double *x = floats(size), *a = floats(2 * bins), *b = floats(2 * bins);
    gws_fft *fft = x && a && b ? gws_fft_create(size, err) : NULL;
    gws_status status = GWS_OK;

    if (!fft) {
        status = gws_err_set(err, GWS_ENOMEM, "no memory to whiten %lld samples", (long long)n);
    } else {
        memset(x, 0, (size_t)size * sizeof *x);
        memcpy(x, fir, (size_t)taps * sizeof *x);
        gws_fft_forward(fft, x, a);
        memset(x, 0, (size_t)size * sizeof *x);
        memcpy(x, h, (size_t)n * sizeof *x);
        gws_fft_forward(fft, x, b);
        for (int64_t k = 0; k < bins; k++) {
            const double re = a[2 * k] * b[2 * k] - a[2 * k + 1] * b[2 * k + 1];
            b[2 * k + 1] = a[2 * k] * b[2 * k + 1] + a[2 * k + 1] * b[2 * k];
            b[2 * k] = re;
        }
        gws_fft_inverse(fft, b, x);
        for (int64_t i = 0; i < n; i++)
            w[i] = x[i + middle] * scale / (double)size;
    }
    gws_fft_destroy(fft);
    free(x);
    free(a);
    free(b);
    return status;
}

/* The mean goes, and the ends rise and fall. */
static void condition(const double *h, int64_t n, int64_t taps, double *x)
{
    const int64_t pad = taps / 2;
    double mean = 0;

    for (int64_t i = 0; i < n; i++)
        mean += h[i] / (double)n;
    for (int64_t i = 0; i < n; i++)
        x[i] = h[i] - mean;
    for (int64_t i = 0; i < pad; i++) {
        x[i] *= hann(i, taps);
        x[n - pad + i] *= hann(pad + i, taps);
    }
}

gws_status gws_whiten_stretch(const double *h, int64_t n, int rate_hz, const gws_whiten_stretch_params *p, gws_psd *psd, double *w,
                              gws_err *err)
{
    const int64_t taps = (int64_t)(p->filter_s * rate_hz) / 2 * 2, segment = (int64_t)(p->segment_s * rate_hz) / 2 * 2;
    const gws_welch_params welch = {segment, (int64_t)(p->stride_s * rate_hz), GWS_PSD_MEDIAN};
    double *x = NULL, *spec = NULL, *fir = NULL;
    gws_psd noise = {0};
    gws_status status;

    if (psd)
        *psd = (gws_psd){0};
    if (n % 2 || n < 2 * taps || n < segment || segment < 4 || taps < 4 || welch.stride < 1)
        return gws_err_set(err, GWS_EDATA, "%.6g s of strain, wanted %.6g to whiten it by itself", (double)n / rate_hz,
                           fmax(2 * p->filter_s, p->segment_s));
    if ((status = gws_psd_welch(h, n, rate_hz, &welch, &noise, err)) != GWS_OK)
        return status;
    x = floats(n);
    spec = floats(n + 2);
    fir = floats(taps);
    if (!x || !spec || !fir)
        status = gws_err_set(err, GWS_ENOMEM, "no memory to whiten %lld samples", (long long)n);
    if (status == GWS_OK)
        status = design(&noise, n, rate_hz, p, taps, x, spec, fir, err);
    if (status == GWS_OK) {
        condition(h, n, taps, x);
        status = convolve(x, n, fir, taps, sqrt(2.0 / rate_hz), w, err);
    }
    free(x);
    free(spec);
    free(fir);
    if (status == GWS_OK && psd)
        *psd = noise;
    else
        gws_psd_clear(&noise);
    return status;
}
