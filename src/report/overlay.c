/* overlay.c - see overlay.h. */
#include "report/overlay.h"

#include "base/clock.h"
#include "dsp/bandpass.h"
#include "dsp/fft.h"
#include "gw/waveform/waveform.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LOW_HZ 30.0
#define HIGH_HZ 350.0
#define TAPS_S 0.25

static double *floats(int64_t n)
{
    return aligned_alloc(64, ((size_t)n * sizeof(double) + 63) / 64 * 64);
}

void gws_overlay_clear(gws_overlay *o)
{
    free(o->time_s);
    free(o->strain);
    free(o->model);
    *o = (gws_overlay){0};
}

static double amplitude(const gws_psd *psd, double f_hz)
{
    const double at = f_hz / psd->delta_f_hz;
    const int64_t i = (int64_t)at < psd->n - 2 ? (int64_t)at : psd->n - 2;
    const double share = fmin(at - (double)i, 1);

    return sqrt(psd->data[i]) * (1 - share) + sqrt(psd->data[i + 1]) * share;
}

/* The template as the detector has it, over the noise's amplitude, with the SNR, time and phase that were found; scaled as white noise is.
 * rho(t) of the template h/sigma is SNR exp(i phase) at its time, so h SNR/sigma exp(i phase) is what matches best.
 *   w  (n) out, aligned; spec (n+2) scratch, aligned */
static gws_status whitened_template(const gws_look *l, const gws_template *t, const gws_followup_ifo *found, double *spec,
                                    double *w, gws_err *err)
{
    const int64_t bins = l->n / 2 + 1;
    const double df = l->rate_hz / (double)l->n;
    const double at_s = (double)(found->gps_ns - gws_ns_of_sample(l->first, l->rate_hz)) / (double)GWS_NS;
    const gws_binary b = {.mass1_msun = t->mass1_msun,
                          .mass2_msun = t->mass2_msun,
                          .spin1 = {0, 0, t->spin1z},
                          .spin2 = {0, 0, t->spin2z},
                          .distance_mpc = 1,
                          .f_lower_hz = 20};
    double complex *h = malloc(2 * (size_t)bins * sizeof *h), *cross = h ? h + bins : NULL;
    gws_fft *fft = NULL;
    gws_status status = h ? GWS_OK : gws_err_set(err, GWS_ENOMEM, "no memory for a template");

    if (status == GWS_OK)
        status = gws_waveform_fd(t->approximant, &b, df, bins, h, cross, err);
    if (status == GWS_OK && !(fft = gws_fft_create(l->n, err)))
        status = GWS_ENOMEM;
    double power = 0; /* (h|h) in the stretch's own noise, which may differ a little from the follow-up's */
    for (int64_t k = 0; k < bins && status == GWS_OK; k++) {
        const double f = (double)k * df, a = amplitude(&l->psd, f);
        const double complex v = f >= 20 && a > 0 ? h[k] / a : 0;
        power += 4 * (creal(v) * creal(v) + cimag(v) * cimag(v)) * df;
        const double complex turned = v * cexp(CMPLX(0, found->phase_rad - 2 * M_PI * f * at_s));
        spec[2 * k] = creal(turned);
        spec[2 * k + 1] = cimag(turned);
    }
    if (status == GWS_OK) {
        /* an integral over frequency becomes a sum times df; noise of one-sided PSD 1 has a variance of rate/2 */
        const double scale = power > 0 ? found->snr / sqrt(power) * df * sqrt(2.0 / l->rate_hz) : 0;
        spec[1] = spec[2 * bins - 1] = 0;
        gws_fft_inverse(fft, spec, w);
        for (int64_t i = 0; i < l->n; i++)
            w[i] *= scale;
    }
    gws_fft_destroy(fft);
    free(h);
    return status;
}

/* Through the band, n samples from `from` on.
 *   x  (n + taps) scratch */
static void band(const double *fir, int64_t taps, const double *w, int64_t all, int64_t from, int64_t n, float *x, double *out)
{
    for (int64_t i = 0; i < n + taps; i++) {
        const int64_t at = from - taps / 2 + i;
        x[i] = at >= 0 && at < all ? (float)w[at] : 0.0f;
    }
    gws_bandpass_apply(fir, taps, x, n, out);
}

gws_status gws_overlay_make(const gws_look *l, const gws_template *best, const gws_followup_ifo *found, double before_s,
                            double after_s, gws_overlay *out, gws_err *err)
{
    const int64_t at = gws_sample_of_ns(l->gps_ns, l->rate_hz) - l->first, taps = (int64_t)(TAPS_S * l->rate_hz) / 2 * 2;
    const int64_t from = at - (int64_t)(before_s * l->rate_hz) > 0 ? at - (int64_t)(before_s * l->rate_hz) : 0;
    const int64_t to = at + (int64_t)(after_s * l->rate_hz) < l->n ? at + (int64_t)(after_s * l->rate_hz) : l->n;
    const int has = best && found && isfinite(found->snr);
    double *fir = malloc((size_t)taps * sizeof *fir), *spec = floats(l->n + 2), *w = floats(l->n);
    float *x = malloc((size_t)(to - from + taps) * sizeof *x);
    gws_status status = GWS_OK;

    *out = (gws_overlay){.n = to - from};
    out->time_s = malloc((size_t)(to - from) * sizeof(double));
    out->strain = malloc((size_t)(to - from) * sizeof(double));
    out->model = has ? malloc((size_t)(to - from) * sizeof(double)) : NULL;
    if (!fir || !spec || !w || !x || !out->time_s || !out->strain || (has && !out->model))
        status = gws_err_set(err, GWS_ENOMEM, "no memory for %lld samples", (long long)(to - from));
    if (status == GWS_OK)
        status = gws_bandpass_design(l->rate_hz, taps, LOW_HZ, HIGH_HZ, fir, err);
    if (status == GWS_OK)
        band(fir, taps, l->w, l->n, from, to - from, x, out->strain);
    if (status == GWS_OK && has && (status = whitened_template(l, best, found, spec, w, err)) == GWS_OK)
        band(fir, taps, w, l->n, from, to - from, x, out->model);
    for (int64_t i = 0; i < to - from && status == GWS_OK; i++)
        out->time_s[i] = (double)(gws_ns_of_sample(l->first + from + i, l->rate_hz) - l->gps_ns) / (double)GWS_NS;
    free(fir);
    free(spec);
    free(w);
    free(x);
    if (status != GWS_OK)
        gws_overlay_clear(out);
    return status;
}
