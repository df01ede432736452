#include "dsp/psd.h"

#include "base/arena.h"
#include "dsp/fft.h"
#include "dsp/welch.h"
#include "dsp/window.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void gws_psd_clear(gws_psd *p)
{
    if (!p)
        return;
    free(p->data);
    *p = (gws_psd){0};
}

gws_status gws_psd_init(gws_psd *out, int64_t n, double delta_f_hz, gws_err *err)
{
    out->data = calloc((size_t)n, sizeof *out->data);
    if (!out->data)
        return gws_err_set(err, GWS_ENOMEM, "no memory for a PSD of %lld bins", (long long)n);
    out->n = n;
    out->delta_f_hz = delta_f_hz;
    return GWS_OK;
}

gws_status gws_psd_welch(const double *x, int64_t n, int rate_hz, const gws_welch_params *welch, gws_psd *out, gws_err *err)
{
    GWS_ASSERT(x && out && n >= 0 && rate_hz > 0);
    const int64_t segment = welch->segment, stride = welch->stride;
    *out = (gws_psd){0};
    if (segment < 4 || segment % 2 || stride < 1)
        return gws_err_set(err, GWS_EARG,
                           "Welch segment of %lld samples by %lld: wanted an even segment of at least 4 and a stride of "
                           "at least 1",
                           (long long)segment, (long long)stride);
    if (n < segment)
        return gws_err_set(err, GWS_EDATA, "%lld samples are too few for one Welch segment of %lld", (long long)n,
                           (long long)segment);
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            return gws_err_set(err, GWS_EDATA, "sample %lld of the series is not finite: a PSD wants a stretch without gaps",
                               (long long)i);
    int64_t count = (n - segment) / stride + 1;
    if (count > INT32_MAX / GWS_WELCH_TILE)
        return gws_err_set(err, GWS_EARG, "%lld Welch segments are too many: take a longer stride", (long long)count);
    int64_t left_over = n - ((count - 1) * stride + segment);
    const double *start = x + left_over / 2 + left_over % 2;

    gws_status status = GWS_ENOMEM;
    double *rows = NULL, *scratch = NULL;
    const double **row = NULL;
    gws_welch *w = gws_welch_create(segment, rate_hz, err);
    if (!w)
        goto fail;
    int64_t bins = gws_welch_bins(w);
    rows = calloc((size_t)count * (size_t)bins, sizeof *rows);
    row = calloc((size_t)count, sizeof *row);
    scratch = calloc((size_t)count * GWS_WELCH_TILE, sizeof *scratch);
    if (!rows || !row || !scratch) {
        gws_err_set(err, GWS_ENOMEM, "no memory for %lld periodograms of %lld bins", (long long)count, (long long)bins);
        goto fail;
    }
    status = gws_psd_init(out, bins, (double)rate_hz / (double)segment, err);
    if (status != GWS_OK)
        goto fail;
    for (int64_t s = 0; s < count; s++) {
        memcpy(gws_welch_input(w), start + s * stride, (size_t)segment * sizeof *start);
        gws_welch_periodogram(w, rows + s * bins);
        row[s] = rows + s * bins;
    }
    gws_welch_average(row, (int)count, bins, welch->average, scratch, out->data);

fail:
    gws_welch_destroy(w);
    free(rows);
    free(row);
    free(scratch);
    return status;
}

gws_status gws_psd_interpolate(const gws_psd *in, double delta_f_hz, int64_t n, gws_psd *out, gws_err *err)
{
    GWS_ASSERT(in && in->n >= 1 && in->delta_f_hz > 0.0 && out && out != in);
    *out = (gws_psd){0};
    if (!(delta_f_hz > 0.0) || n < 1)
        return gws_err_set(err, GWS_EARG, "interpolation to %lld bins of %g Hz: wanted at least one bin and a positive spacing",
                           (long long)n, delta_f_hz);
    gws_status status = gws_psd_init(out, n, delta_f_hz, err);
    if (status != GWS_OK)
        return status;
    for (int64_t k = 0; k < n; k++) {
        double at = (double)k * delta_f_hz / in->delta_f_hz;
        int64_t i = at < (double)(in->n - 1) ? (int64_t)at : in->n - 1;
        double part = at - (double)i;
        if (i >= in->n - 1 || part == 0.0) /* exactly on a bin: no 0 * inf from its neighbour */
            out->data[k] = in->data[i];
        else
            out->data[k] = in->data[i] + part * (in->data[i + 1] - in->data[i]);
    }
    return GWS_OK;
}

gws_status gws_psd_truncate_inverse(const gws_psd *in, int rate_hz, int64_t length, double low_hz, int hann, gws_psd *out,
                                    gws_err *err)
{
    GWS_ASSERT(in && in->n >= 2 && in->delta_f_hz > 0.0 && out && out != in && rate_hz > 0);
    *out = (gws_psd){0};
    int64_t bins = in->n, n = 2 * (bins - 1);
    if (fabs((double)n * in->delta_f_hz - (double)rate_hz) > 1e-9 * (double)rate_hz)
        return gws_err_set(err, GWS_EARG,
                           "inverse spectrum truncation: a PSD of %lld bins of %g Hz does not reach the Nyquist "
                           "frequency of %d Hz",
                           (long long)bins, in->delta_f_hz, rate_hz);
    if (length < 2 || length % 2 || length > n)
        return gws_err_set(err, GWS_EARG, "inverse spectrum truncation to %lld taps: wanted an even number, 2..%lld",
                           (long long)length, (long long)n);

    gws_status status = GWS_ENOMEM;
    int64_t half = length / 2;
    double *q = gws_arena_alloc((size_t)n * sizeof *q);
    double *spec = gws_arena_alloc((size_t)(2 * bins) * sizeof *spec);
    double *taper = gws_arena_alloc((size_t)length * sizeof *taper);
    gws_fft *fft = NULL;
    if (!q || !spec || !taper) {
        gws_err_set(err, GWS_ENOMEM, "no memory for an inverse spectrum of %lld samples", (long long)n);
        goto fail;
    }
    fft = gws_fft_create(n, err);
    if (!fft)
        goto fail;
    status = gws_psd_init(out, bins, in->delta_f_hz, err);
    if (status != GWS_OK)
        goto fail;
    int64_t first = (int64_t)(low_hz / in->delta_f_hz);
    for (int64_t k = first > 1 ? first : 1; k < bins - 1; k++)
        spec[2 * k] = 1.0 / sqrt(in->data[k]);
    gws_fft_inverse(fft, spec, q);
    gws_window_hann(length, taper);
    for (int64_t i = 0; i < n; i++) {
        double keep = 0.0;
        if (i < half)
            keep = hann ? taper[half + i] : 1.0;
        else if (i >= n - half)
            keep = hann ? taper[i - (n - half)] : 1.0;
        q[i] *= keep / (double)n;
    }
    gws_fft_forward(fft, q, spec);
    for (int64_t k = 0; k < bins; k++)
        out->data[k] = 1.0 / (spec[2 * k] * spec[2 * k] + spec[2 * k + 1] * spec[2 * k + 1]);

fail:
    gws_fft_destroy(fft);
    gws_arena_free(q);
    gws_arena_free(spec);
    gws_arena_free(taper);
    return status;
}
