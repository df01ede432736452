#include "dsp/whiten.h"

#include "base/arena.h"
#include "dsp/fft.h"
#include "dsp/psd.h"
#include "dsp/vmath.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The response is sampled this much finer than the filter resolves, so that what the taper cuts does not wrap into it. */
#define OVERSAMPLE 4

#define FINE 8     /* the same for a phase: the filter's response comes near zero in a line, and its logarithm is sharp there */
#define FLOOR 1e-6 /* of the largest amplitude: what is below it has no share in a phase */
#define TILE 256   /* bins that elementary functions take at once */

struct gws_whiten {
    int64_t length, ahead;
    int rate_hz;
    gws_fft *fft;  /* OVERSAMPLE * length */
    double *band;  /* (bins) g */
    double *taper; /* (length) Hann about length/2, over the transform's size */
    double *spec;  /* (2 * bins), of `fine` where there is one */
    double *x;     /* (OVERSAMPLE * length), FINE */

    /* with ahead below length/2, else NULL */
    gws_fft *fine;     /* FINE * length */
    double *near;      /* (2 * ahead) Hann about ahead */
    double *cut;       /* (length) that of the filter's end, over the transform's size */
    double *amplitude; /* (bins of fine) */
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

/* The tables of a filter that sees less than half of its length ahead. */
static int create_tables(gws_whiten *w)
{
    const int64_t length = w->length, ahead = w->ahead, last = (length - ahead) / 8;
    const double size = (double)gws_fft_size(w->fine);

    w->near = gws_arena_alloc((size_t)(2 * ahead) * sizeof *w->near);
    w->cut = gws_arena_alloc((size_t)length * sizeof *w->cut);
    w->amplitude = gws_arena_alloc((size_t)gws_fft_bins(w->fine) * sizeof *w->amplitude);
    if (!w->near || !w->cut || !w->amplitude)
        return 0;
    for (int64_t i = 0; i < 2 * ahead; i++)
        w->near[i] = 0.5 - 0.5 * cos(M_PI * (double)i / (double)ahead);
    for (int64_t i = 0; i < length; i++) {
        const int64_t in = i - (length - last);
        w->cut[i] = (in > 0 ? 0.5 + 0.5 * cos(M_PI * (double)in / (double)last) : 1.0) / size;
    }
    return 1;
}

gws_whiten *gws_whiten_create(int64_t length, int64_t ahead, int rate_hz, double low_hz, double high_hz, gws_err *err)
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
    if (ahead < 0 || ahead > length / 2) {
        gws_err_set(err, GWS_EARG, "whitening filter of %lld taps that sees %lld samples ahead: wanted 0..%lld", (long long)length,
                    (long long)ahead, (long long)(length / 2));
        return NULL;
    }
    gws_whiten *w = calloc(1, sizeof *w);
    if (!w) {
        gws_err_set(err, GWS_ENOMEM, "no memory for a whitening filter");
        return NULL;
    }
    w->length = length;
    w->ahead = ahead > 0 ? ahead : length / 2;
    w->rate_hz = rate_hz;
    int64_t n = OVERSAMPLE * length;
    w->fft = gws_fft_create(n, err);
    if (!w->fft)
        goto fail;
    if (w->ahead < length / 2 && !(w->fine = gws_fft_create(FINE * length, err)))
        goto fail;
    const int64_t bins = gws_fft_bins(w->fft), most = w->fine ? gws_fft_bins(w->fine) : bins;
    w->band = gws_arena_alloc((size_t)bins * sizeof *w->band);
    w->taper = gws_arena_alloc((size_t)length * sizeof *w->taper);
    w->spec = gws_arena_alloc((size_t)(2 * most) * sizeof *w->spec);
    w->x = gws_arena_alloc((size_t)(2 * most) * sizeof *w->x);
    if (!w->band || !w->taper || !w->spec || !w->x || (w->fine && !create_tables(w))) {
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

/* The amplitude that is wanted, into w->spec; 0 where the PSD has none. */
static int want(gws_whiten *w, const double *psd, int64_t n, double delta_f_hz)
{
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
    return 1;
}

/* Put n taps, lag 0 at number `zero`, around time 0 of a transform. */
static void centre(const double *fir, int64_t n, int64_t zero, int64_t size, double *x)
{
    memset(x, 0, (size_t)size * sizeof *x);
    memcpy(x, fir + zero, (size_t)(n - zero) * sizeof *x);
    memcpy(x + size - zero, fir, (size_t)zero * sizeof *x);
}

static double largest(const double *v, int64_t n, int64_t stride)
{
    double most = 0.0;
    for (int64_t k = 0; k < n; k++)
        most = fmax(most, fabs(v[k * stride]));
    return most;
}

/* From V in w->spec and |W| in w->amplitude: the amplitude of H, with the sign of V, into w->amplitude, and log |W|/|V| into w->spec. */
static void divide(gws_whiten *w)
{
    const int64_t bins = gws_fft_bins(w->fine);
    const double floor_w = FLOOR * largest(w->amplitude, bins, 1), floor_v = FLOOR * largest(w->spec, bins, 2);
    double ratio[TILE];

    for (int64_t from = 0; from < bins; from += TILE) {
        const int64_t n = bins - from < TILE ? bins - from : TILE;
        double *v = w->spec + 2 * from, *a = w->amplitude + from;
        for (int64_t k = 0; k < n; k++) {
            ratio[k] = fmax(a[k], floor_w) / fmax(fabs(v[2 * k]), floor_v);
            a[k] = v[2 * k] * ratio[k];
        }
        gws_vlog(n, ratio, ratio);
        for (int64_t k = 0; k < n; k++) {
            v[2 * k] = ratio[k];
            v[2 * k + 1] = 0.0;
        }
    }
}

/* w->spec = w->amplitude e^(i phase), where w->spec has the phase as its imaginary part. */
static void turn(gws_whiten *w)
{
    const int64_t bins = gws_fft_bins(w->fine);
    double phase[TILE], s[TILE], c[TILE];

    for (int64_t from = 0; from < bins; from += TILE) {
        const int64_t n = bins - from < TILE ? bins - from : TILE;
        double *h = w->spec + 2 * from;
        const double *a = w->amplitude + from;
        for (int64_t k = 0; k < n; k++)
            phase[k] = h[2 * k + 1];
        gws_vsincos(n, phase, s, c);
        for (int64_t k = 0; k < n; k++) {
            h[2 * k] = a[k] * c[k];
            h[2 * k + 1] = a[k] * s[k];
        }
    }
}

/* From the filter of zero phase the one that sees w->ahead samples ahead. */
static void look_less_ahead(gws_whiten *w, double *fir)
{
    const int64_t half = w->length / 2, ahead = w->ahead, size = gws_fft_size(w->fine), bins = gws_fft_bins(w->fine);

    centre(fir, w->length, half, size, w->x);
    gws_fft_forward(w->fine, w->x, w->spec);
    for (int64_t k = 0; k < bins; k++)
        w->amplitude[k] = fabs(w->spec[2 * k]);
    for (int64_t i = 0; i < 2 * ahead; i++)
        fir[half - ahead + i] *= w->near[i];
    centre(fir + half - ahead, 2 * ahead, ahead, size, w->x);
    gws_fft_forward(w->fine, w->x, w->spec);
    divide(w);

    /* Twice the cepstrum's positive times and none of its negative ones: the even part stays, and the odd part's spectrum is the phase. */
    gws_fft_inverse(w->fine, w->spec, w->x);
    const double unit = 1.0 / (double)size;
    w->x[0] *= unit;
    for (int64_t i = 1; i < size / 2; i++)
        w->x[i] *= 2.0 * unit;
    w->x[size / 2] *= unit;
    memset(w->x + size / 2 + 1, 0, (size_t)(size / 2 - 1) * sizeof *w->x);
    gws_fft_forward(w->fine, w->x, w->spec);
    turn(w);

    gws_fft_inverse(w->fine, w->spec, w->x);
    for (int64_t i = 0; i < w->length; i++)
        fir[i] = w->cut[i] * w->x[i < ahead ? size - ahead + i : i - ahead];
    fir[0] = 0.0; /* where V begins */
}

int gws_whiten_design(gws_whiten *w, const double *psd, int64_t n, double delta_f_hz, double *fir)
{
    GWS_ASSERT(n >= 2 && delta_f_hz > 0.0);
    if (!want(w, psd, n, delta_f_hz))
        return 0;
    gws_fft_inverse(w->fft, w->spec, w->x);
    int64_t half = w->length / 2, size = gws_fft_size(w->fft);
    for (int64_t i = 0; i < w->length; i++)
        fir[i] = w->taper[i] * w->x[i < half ? size - half + i : i - half];
    if (w->fine)
        look_less_ahead(w, fir);
    return 1;
}

void gws_whiten_response(const gws_whiten *w, const double *fir, const gws_fft *fft, double *x, double *spec)
{
    GWS_ASSERT(gws_fft_size(fft) >= w->length);
    centre(fir, w->length, w->ahead, gws_fft_size(fft), x);
    gws_fft_forward(fft, x, spec);
    for (int64_t k = 0; !w->fine && k < gws_fft_bins(fft); k++)
        spec[2 * k + 1] = 0.0;
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
    gws_fft_destroy(w->fine);
    gws_arena_free(w->band);
    gws_arena_free(w->taper);
    gws_arena_free(w->spec);
    gws_arena_free(w->x);
    gws_arena_free(w->near);
    gws_arena_free(w->cut);
    gws_arena_free(w->amplitude);
    free(w);
}

gws_status gws_whitening_fir(const gws_psd *psd, int rate_hz, int64_t length, double low_hz, double high_hz, double *fir,
                             gws_err *err)
{
    GWS_ASSERT(psd && psd->n >= 2 && fir);
    gws_err own = {GWS_OK, ""};
    gws_whiten *w = gws_whiten_create(length, 0, rate_hz, low_hz, high_hz, &own);
    if (!w)
        return gws_err_set(err, own.status, "%s", own.text);
    int made = gws_whiten_design(w, psd->data, psd->n, psd->delta_f_hz, fir);
    gws_whiten_destroy(w);
    if (!made)
        return gws_err_set(err, GWS_EDATA, "a PSD bin between %g and %g Hz is zero or not finite: no whitening filter", low_hz,
                           high_hz > 0.0 ? high_hz : 0.5 * (double)rate_hz);
    return GWS_OK;
}
