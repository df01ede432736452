#include "matched/filter.h"

#include "base/arena.h"
#include "dsp/fft.h"
#include "dsp/window.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LANES 8     /* partial sums of chi-squared side by side */
#define WELCH_S 4   /* of the recipes: segments of 4 s, every 2 s, */
#define MARGIN_S 4  /* and nothing from the first and last 4 s */
#define TUKEY 0.125 /* share of the stretch that tapers take */
#define SHORTEST_S 12

struct gws_matched_filter {
    gws_fft *fft;
    int64_t n, bins;
    int p; /* chi-squared bins */
    gws_band band;
    double complex *z;    /* (bins) summands of rho */
    double complex *spec; /* (bins) scratch of the transforms */
    double *sum;          /* (bins) sigma^2 up to and with each bin of the band */
    double *re, *im;      /* (n) rho */
    double *power;        /* (n) |rho|^2 */
    int64_t edge[GWS_CHISQ_BINS_MAX + 1];
    int have_edges;
    double delta_f_hz;
};

gws_band gws_matched_filter_band(double low_hz, double high_hz, double delta_f_hz, int64_t n)
{
    gws_band b = {.first = (int64_t)(low_hz / delta_f_hz), .end = n / 2};
    if (b.first < 1)
        b.first = 1;
    if (high_hz > 0 && high_hz / delta_f_hz < (double)b.end)
        b.end = (int64_t)(high_hz / delta_f_hz);
    if (b.first > b.end)
        b.first = b.end;
    return b;
}

double gws_new_snr(double snr, double chisq_reduced)
{
    if (!(chisq_reduced > 1))
        return snr;
    return snr * pow(0.5 * (1 + chisq_reduced * chisq_reduced * chisq_reduced), -1.0 / 6);
}

gws_matched_filter *gws_matched_filter_create(int64_t n, int rate_hz, int chisq_bins, gws_err *err)
{
    GWS_ASSERT(n >= 4 && n % 2 == 0 && rate_hz > 0);
    gws_matched_filter *m = NULL;
    if (chisq_bins < 2 || chisq_bins > GWS_CHISQ_BINS_MAX) {
        gws_err_set(err, GWS_EARG, "matched filter: %d chi-squared bins, wanted 2 to %d", chisq_bins, GWS_CHISQ_BINS_MAX);
        return NULL;
    }
    m = calloc(1, sizeof *m);
    if (!m)
        goto nomem;
    m->n = n;
    m->bins = n / 2 + 1;
    m->p = chisq_bins;
    m->delta_f_hz = (double)rate_hz / (double)n;
    m->z = gws_arena_alloc((size_t)m->bins * sizeof *m->z);
    m->spec = gws_arena_alloc((size_t)m->bins * sizeof *m->spec);
    m->sum = gws_arena_alloc((size_t)m->bins * sizeof *m->sum);
    m->re = gws_arena_alloc((size_t)n * sizeof *m->re);
    m->im = gws_arena_alloc((size_t)n * sizeof *m->im);
    m->power = gws_arena_alloc((size_t)n * sizeof *m->power);
    if (!m->z || !m->spec || !m->sum || !m->re || !m->im || !m->power)
        goto nomem;
    if (!(m->fft = gws_fft_create(n, err)))
        goto fail;
    return m;
nomem:
    gws_err_set(err, GWS_ENOMEM, "matched filter: no memory for %lld samples", (long long)n);
fail:
    gws_matched_filter_destroy(m);
    return NULL;
}

void gws_matched_filter_destroy(gws_matched_filter *m)
{
    if (!m)
        return;
    gws_fft_destroy(m->fft);
    gws_arena_free(m->z);
    gws_arena_free(m->spec);
    gws_arena_free(m->sum);
    gws_arena_free(m->re);
    gws_arena_free(m->im);
    gws_arena_free(m->power);
    free(m);
}

double gws_matched_filter_run(gws_matched_filter *m, const double complex *h, const double complex *weighted, const double *inverse,
                              gws_band band)
{
    GWS_ASSERT(band.first >= 1 && band.first <= band.end && band.end <= m->n / 2);
    double total = 0;
    m->band = band;
    m->have_edges = 0;
    for (int64_t k = band.first; k < band.end; k++) {
        double re = creal(h[k]), im = cimag(h[k]);
        total += (re * re + im * im) * inverse[k];
        m->sum[k] = total;
    }
    double sigma = sqrt(4 * m->delta_f_hz * total);
    if (!(sigma > 0) || !isfinite(sigma))
        return sigma;
    double scale = 4 * m->delta_f_hz / sigma;
    for (int64_t k = band.first; k < band.end; k++) {
        double hr = creal(h[k]), hi = cimag(h[k]), dr = creal(weighted[k]), di = cimag(weighted[k]);
        m->z[k] = CMPLX(scale * (hr * dr + hi * di), scale * (hr * di - hi * dr));
    }
    /* A real inverse transform of z/2 is the real part of the one-sided sum, one of -i z/2 its imaginary part. */
    for (int part = 0; part < 2; part++) {
        memset(m->spec, 0, (size_t)m->bins * sizeof *m->spec);
        for (int64_t k = band.first; k < band.end; k++)
            m->spec[k] = part ? CMPLX(0.5 * cimag(m->z[k]), -0.5 * creal(m->z[k])) : 0.5 * m->z[k];
        gws_fft_inverse(m->fft, (double *)m->spec, part ? m->im : m->re);
    }
    for (int64_t j = 0; j < m->n; j++)
        m->power[j] = m->re[j] * m->re[j] + m->im[j] * m->im[j];
    return sigma;
}

const double *gws_matched_filter_power(const gws_matched_filter *m)
{
    return m->power;
}

double complex gws_matched_filter_snr(const gws_matched_filter *m, int64_t sample)
{
    GWS_ASSERT(sample >= 0 && sample < m->n);
    return CMPLX(m->re[sample], m->im[sample]);
}

/* Bin l begins at the first k whose sum exceeds l/p of the whole. */
static void find_edges(gws_matched_filter *m)
{
    double whole = m->sum[m->band.end - 1];
    int64_t k = m->band.first;
    for (int l = 0; l < m->p; l++) {
        double at = (double)l * whole / m->p;
        while (k < m->band.end && m->sum[k] <= at)
            k++;
        m->edge[l] = k;
    }
    m->edge[m->p] = m->band.end;
    m->have_edges = 1;
}

/* Sum of z over bins [a, b), turned to sample j.  The turns advance by a step of LANES bins, exact again at each call. */
static double complex turned_sum(const gws_matched_filter *m, int64_t a, int64_t b, int64_t j)
{
    double wr[LANES], wi[LANES], sr[LANES] = {0}, si[LANES] = {0}, turn = 2 * M_PI / (double)m->n;
    for (int l = 0; l < LANES; l++) {
        double angle = turn * (double)((a + l) * j % m->n);
        wr[l] = cos(angle);
        wi[l] = sin(angle);
    }
    double angle = turn * (double)(LANES * j % m->n), cr = cos(angle), ci = sin(angle);
    int64_t k = a;
    const double *z = (const double *)m->z;
    for (; k + LANES <= b; k += LANES)
        for (int l = 0; l < LANES; l++) {
            double zr = z[2 * (k + l)], zi = z[2 * (k + l) + 1];
            sr[l] += zr * wr[l] - zi * wi[l];
            si[l] += zr * wi[l] + zi * wr[l];
            double next = wr[l] * cr - wi[l] * ci;
            wi[l] = wr[l] * ci + wi[l] * cr;
            wr[l] = next;
        }
    for (int l = 0; k < b; k++, l++) {
        sr[l] += z[2 * k] * wr[l] - z[2 * k + 1] * wi[l];
        si[l] += z[2 * k] * wi[l] + z[2 * k + 1] * wr[l];
    }
    for (int width = LANES / 2; width > 0; width /= 2)
        for (int l = 0; l < width; l++) {
            sr[l] += sr[l + width];
            si[l] += si[l + width];
        }
    return CMPLX(sr[0], si[0]);
}

double gws_matched_filter_chisq_reduced(gws_matched_filter *m, int64_t sample)
{
    GWS_ASSERT(sample >= 0 && sample < m->n && m->band.end > m->band.first);
    if (!m->have_edges)
        find_edges(m);
    double sum = 0;
    for (int l = 0; l < m->p; l++) {
        double complex rho = turned_sum(m, m->edge[l], m->edge[l + 1], sample);
        sum += creal(rho) * creal(rho) + cimag(rho) * cimag(rho);
    }
    return (m->p * sum - m->power[sample]) / (2 * m->p - 2);
}

/* ---- one template, by recipe ---- */

gws_status gws_matched_filter_recipe_parse(const char *name, gws_matched_filter_recipe *out, gws_err *err)
{
    static const char *const names[] = {"tutorial", "pycbc"};
    for (int i = 0; i < 2; i++)
        if (strcmp(name, names[i]) == 0) {
            *out = (gws_matched_filter_recipe)i;
            return GWS_OK;
        }
    return gws_err_set(err, GWS_EARG, "recipe '%s' is unknown: wanted tutorial or pycbc", name);
}

gws_matched_filter_options gws_matched_filter_options_defaults(void)
{
    return (gws_matched_filter_options){.recipe = GWS_RECIPE_TUTORIAL, .low_hz = 20, .inverse_s = 0, .chisq_bins = 16};
}

/* What both recipes work with. */
typedef struct stretch {
    gws_fft *fft;
    int64_t n, bins;
    int rate_hz;
    double *x;                   /* (n) scratch in time */
    double *taper;               /* (n) */
    double complex *d, *hp, *hc; /* (bins) spectra, strain/Hz */
    gws_psd psd;                 /* n/2+1 bins */
} stretch;

static void stretch_clear(stretch *s)
{
    gws_fft_destroy(s->fft);
    gws_arena_free(s->x);
    gws_arena_free(s->taper);
    gws_arena_free(s->d);
    gws_arena_free(s->hp);
    gws_arena_free(s->hc);
    gws_psd_clear(&s->psd);
}

static gws_status stretch_init(stretch *s, int64_t n, int rate_hz, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    *s = (stretch){.n = n, .bins = n / 2 + 1, .rate_hz = rate_hz};
    s->x = gws_arena_alloc((size_t)n * sizeof *s->x);
    s->taper = gws_arena_alloc((size_t)n * sizeof *s->taper);
    s->d = gws_arena_alloc((size_t)s->bins * sizeof *s->d);
    s->hp = gws_arena_alloc((size_t)s->bins * sizeof *s->hp);
    s->hc = gws_arena_alloc((size_t)s->bins * sizeof *s->hc);
    if (!s->x || !s->taper || !s->d || !s->hp || !s->hc)
        return gws_err_set(err, GWS_ENOMEM, "matched filter: no memory for %lld samples", (long long)n);
    s->fft = gws_fft_create(n, err);
    return s->fft ? GWS_OK : err->status;
}

static void to_spectrum(stretch *s, double complex *out)
{
    gws_fft_forward(s->fft, s->x, (double *)out);
    for (int64_t k = 0; k < s->bins; k++)
        out[k] /= s->rate_hz;
}

/* Template in the middle of the stretch, tapered over its own length, then turned so that its middle is sample 0. */
static void template_spectrum(stretch *s, const double *h, int64_t n_template, double complex *out)
{
    gws_window_tukey(n_template, TUKEY, s->taper);
    memset(s->x, 0, (size_t)s->n * sizeof *s->x);
    for (int64_t i = 0; i < n_template; i++) {
        int64_t at = i - n_template / 2;
        s->x[at < 0 ? at + s->n : at] = h[i] * s->taper[i];
    }
    to_spectrum(s, out);
}

static void data_spectrum(stretch *s, const double *x, double mean)
{
    gws_window_tukey(s->n, TUKEY, s->taper);
    for (int64_t i = 0; i < s->n; i++)
        s->x[i] = (x[i] - mean) * s->taper[i];
    to_spectrum(s, s->d);
}

/* Welch's mean with the symmetric Blackman window, segments from the first sample on: matplotlib.mlab.psd as the tutorial calls it. */
static gws_status blackman_psd(const double *x, int64_t n, int rate_hz, gws_psd *out, gws_err *err)
{
    int64_t segment = WELCH_S * (int64_t)rate_hz, bins = segment / 2 + 1, count = 0;
    gws_status status = GWS_ENOMEM;
    double *in = gws_arena_alloc((size_t)segment * sizeof *in), power = 0;
    double complex *spec = gws_arena_alloc((size_t)bins * sizeof *spec);
    gws_fft *fft = gws_fft_create(segment, err);
    *out = (gws_psd){.data = calloc((size_t)bins, sizeof(double)), .n = bins, .delta_f_hz = 1.0 / WELCH_S};
    if (!in || !spec || !fft || !out->data) {
        gws_err_set(err, GWS_ENOMEM, "matched filter: no memory for a PSD of %lld bins", (long long)bins);
        goto fail;
    }
    for (int64_t at = 0; at + segment <= n; at += segment / 2, count++) {
        power = 0;
        for (int64_t i = 0; i < segment; i++) {
            double angle = 2 * M_PI * (double)i / (double)(segment - 1);
            double w = 0.42 - 0.5 * cos(angle) + 0.08 * cos(2 * angle);
            in[i] = w * x[at + i];
            power += w * w;
        }
        gws_fft_forward(fft, in, (double *)spec);
        for (int64_t k = 0; k < bins; k++)
            out->data[k] += creal(spec[k]) * creal(spec[k]) + cimag(spec[k]) * cimag(spec[k]);
    }
    for (int64_t k = 0; k < bins; k++)
        out->data[k] *= (k == 0 || k == bins - 1 ? 1.0 : 2.0) / (power * rate_hz * (double)count);
    status = GWS_OK;
fail:
    if (status != GWS_OK)
        gws_psd_clear(out);
    gws_fft_destroy(fft);
    gws_arena_free(in);
    gws_arena_free(spec);
    return status;
}

/* d/S times conj(h) of one polarisation, back to time: the real series sum over all frequencies, both signs. */
static void tutorial_series(stretch *s, const double complex *h, double complex *spec, double *out)
{
    for (int64_t k = 0; k < s->bins; k++)
        spec[k] = s->d[k] * conj(h[k]) / s->psd.data[k];
    gws_fft_inverse(s->fft, (double *)spec, out);
}

static gws_status tutorial(stretch *s, const double *plus, const double *cross, int64_t n_template, const double *x,
                           gws_matched_filter_peak *out, gws_err *err)
{
    gws_psd coarse = {0};
    gws_status status = blackman_psd(x, s->n, s->rate_hz, &coarse, err);
    double delta_f_hz = (double)s->rate_hz / (double)s->n, sum = 0, best = -1;
    if (status == GWS_OK)
        status = gws_psd_interpolate(&coarse, delta_f_hz, s->bins, &s->psd, err);
    gws_psd_clear(&coarse);
    if (status != GWS_OK)
        return status;
    data_spectrum(s, x, 0);
    template_spectrum(s, plus, n_template, s->hp);
    template_spectrum(s, cross, n_template, s->hc);
    for (int64_t k = 0; k < s->bins; k++) {
        double twice = k == 0 || k == s->bins - 1 ? 1 : 2;
        sum += twice *
               (creal(s->hp[k]) * creal(s->hp[k]) + cimag(s->hp[k]) * cimag(s->hp[k]) + creal(s->hc[k]) * creal(s->hc[k]) +
                cimag(s->hc[k]) * cimag(s->hc[k])) /
               s->psd.data[k];
    }
    out->sigma = sqrt(sum * delta_f_hz);
    if (!(out->sigma > 0) || !isfinite(out->sigma))
        return gws_err_set(err, GWS_ENUM, "matched filter: the template has norm %g over the PSD of the data", out->sigma);
    tutorial_series(s, s->hp, s->hp, s->x);
    tutorial_series(s, s->hc, s->hc, s->taper);
    for (int64_t j = 0; j < s->n; j++) {
        double power = s->x[j] * s->x[j] + s->taper[j] * s->taper[j];
        if (power > best) {
            best = power;
            out->sample = j;
        }
    }
    out->snr = 2 * delta_f_hz * sqrt(best) / out->sigma;
    out->phase_rad = atan2(-s->taper[out->sample], s->x[out->sample]);
    return GWS_OK;
}

static gws_status pycbc(stretch *s, const gws_matched_filter_options *o, const double *plus, int64_t n_template, const double *x,
                        gws_matched_filter_peak *out, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    gws_psd coarse = {0}, fine = {0};
    gws_matched_filter *m = NULL;
    double *inverse = (double *)s->hc; /* this recipe has no cross polarisation */
    int64_t segment = WELCH_S * (int64_t)s->rate_hz, margin = MARGIN_S * (int64_t)s->rate_hz;
    double mean = 0, delta_f_hz = (double)s->rate_hz / (double)s->n, best = -1;
    gws_status status = gws_psd_welch(x, s->n, s->rate_hz, &(gws_welch_params){segment, segment / 2, GWS_PSD_MEDIAN}, &coarse, err);
    if (status == GWS_OK)
        status = gws_psd_interpolate(&coarse, delta_f_hz, s->bins, &fine, err);
    if (status == GWS_OK && o->inverse_s > 0)
        status =
            gws_psd_truncate_inverse(&fine, s->rate_hz, 2 * llround(o->inverse_s * s->rate_hz / 2), o->low_hz, 1, &s->psd, err);
    if (status == GWS_OK && !(o->inverse_s > 0)) {
        s->psd = fine;
        fine = (gws_psd){0};
    }
    if (status != GWS_OK)
        goto fail;
    if (!(m = gws_matched_filter_create(s->n, s->rate_hz, o->chisq_bins, err))) {
        status = err->status;
        goto fail;
    }
    for (int64_t i = 0; i < s->n; i++)
        mean += x[i];
    data_spectrum(s, x, mean / (double)s->n);
    template_spectrum(s, plus, n_template, s->hp);
    for (int64_t k = 0; k < s->bins; k++) {
        inverse[k] = 1 / s->psd.data[k];
        s->d[k] *= inverse[k];
    }
    out->sigma = gws_matched_filter_run(m, s->hp, s->d, inverse, gws_matched_filter_band(o->low_hz, 0, delta_f_hz, s->n));
    if (!(out->sigma > 0) || !isfinite(out->sigma)) {
        status = gws_err_set(err, GWS_ENUM, "matched filter: the template has norm %g over the PSD of the data", out->sigma);
        goto fail;
    }
    const double *power = gws_matched_filter_power(m);
    for (int64_t j = margin; j < s->n - margin; j++)
        if (power[j] > best) {
            best = power[j];
            out->sample = j;
        }
    out->snr = sqrt(best);
    out->phase_rad = carg(gws_matched_filter_snr(m, out->sample));
    out->chisq_reduced = gws_matched_filter_chisq_reduced(m, out->sample);
    out->new_snr = gws_new_snr(out->snr, out->chisq_reduced);
fail:
    gws_matched_filter_destroy(m);
    gws_psd_clear(&coarse);
    gws_psd_clear(&fine);
    return status;
}

gws_status gws_matched_filter_one(const gws_matched_filter_options *options, const gws_matched_filter_template *template,
                                  const double *x, int64_t n, int rate_hz, gws_matched_filter_peak *out, gws_err *err)
{
    GWS_ASSERT(options && template && template->plus && template->cross && x && out && rate_hz > 0 && template->n > 0);
    *out = (gws_matched_filter_peak){.chisq_reduced = (double)NAN, .new_snr = (double)NAN};
    if (n % 2 || n < template->n || n < SHORTEST_S * (int64_t)rate_hz || n > INT64_C(1) << 28)
        return gws_err_set(
            err, GWS_EDATA,
            "a stretch of %lld samples at %d Hz against a template of %lld: wanted an even number, at least %d s and "
            "at least the template's",
            (long long)n, rate_hz, (long long)template->n, SHORTEST_S);
    if (options->recipe == GWS_RECIPE_PYCBC &&
        !(options->low_hz > 0 && options->low_hz < 0.5 * rate_hz && options->inverse_s >= 0 &&
          options->inverse_s * rate_hz <= (double)n && (options->inverse_s == 0 || options->inverse_s * rate_hz >= 2)))
        return gws_err_set(err, GWS_EARG, "matched filter: from %g Hz, inverse spectrum of %g s: wanted 0 < f < %g Hz, 0 to %g s",
                           options->low_hz, options->inverse_s, 0.5 * rate_hz, (double)n / rate_hz);
    for (int64_t i = 0; i < n; i++)
        if (!isfinite(x[i]))
            return gws_err_set(err, GWS_EDATA, "sample %lld of the stretch is not finite: a filter wants a stretch without gaps",
                               (long long)i);
    stretch s;
    gws_status status = stretch_init(&s, n, rate_hz, err);
    if (status == GWS_OK)
        status = options->recipe == GWS_RECIPE_TUTORIAL ? tutorial(&s, template->plus, template->cross, template->n, x, out, err)
                                                        : pycbc(&s, options, template->plus, template->n, x, out, err);
    stretch_clear(&s);
    return status;
}
