#include "gw/series.h"

#include "base/arena.h"
#include "base/clock.h"
#include "dsp/fft.h"
#include "gw/constants.h"
#include "gw/waveform/approximant.h"
#include "gw/waveform/imrphenomd.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

#define RISE 0.8 /* the soft spectrum begins at this share of f_lower */
#define MAX_GPS_S INT64_C(4000000000)

#define MAX_LOG2 23    /* of the samples of a signal */
#define WRAP_S 5       /* PyCBC: room after t = 0; more only for remnants of thousands of solar masses */
#define LONGER 1.5     /* PyCBC: the chirp is begun this much earlier */
#define EXTRA_TIME 0.1 /* LAL: the same, as a share of the chirp time */
#define EXTRA_CYCLES 3.0
#define HIGH_PASS_ORDER 8
#define HIGH_PASS_AT_CORNER 0.99

double gws_signal_duration_s(const gws_binary *b)
{
    double need = gws_chirp_time_bound_s(RISE * b->f_lower_hz, b->mass1_msun, b->mass2_msun, b->spin1[2], b->spin2[2]);
    double t = 1;
    while (t < need + 2 * GWS_RINGDOWN_S)
        t *= 2;
    return t;
}

gws_status gws_waveform_conditioned_fd(const char *approximant, const gws_binary *b, double delta_f_hz, int64_t n,
                                       double complex *hp, double complex *hc, gws_err *err)
{
    gws_binary low = *b;
    if (low.f_ref_hz == 0)
        low.f_ref_hz = b->f_lower_hz;
    low.f_lower_hz = RISE * b->f_lower_hz;
    gws_status status = gws_waveform_fd(approximant, &low, delta_f_hz, n, hp, hc, err);
    if (status != GWS_OK)
        return status;
    for (int64_t k = 0; k < n && (double)k * delta_f_hz < b->f_lower_hz; k++) {
        double part = ((double)k * delta_f_hz - low.f_lower_hz) / (b->f_lower_hz - low.f_lower_hz);
        double rise = part > 0 ? 0.5 - 0.5 * cos(M_PI * part) : 0;
        hp[k] *= rise;
        hc[k] *= rise;
    }
    return GWS_OK;
}

/* The shape of a time series before anything large is done. */
typedef struct plan {
    const gws_approximant *family;
    int like_lal;
    double f_start_hz; /* of the spectrum */
    double f_full_hz;  /* where its rise ends */
    int64_t size;      /* samples of the cyclic buffer, a power of two */
    /* LAL: samples by which the end of the signal is kept from wrapping round (twice) and of the final series; Hz of its first fade */
    int64_t shift_merger, shift_extra, n;
} plan_t;

/* Time from f to coalescence in 3.5PN order, spins left out (the findchirp template; the cubic term in eta counts twice, as in PyCBC). */
static double taylor_chirp_time_s(const gws_binary *b, double f_hz)
{
    double total = b->mass1_msun + b->mass2_msun, eta = b->mass1_msun * b->mass2_msun / (total * total), pi2 = M_PI * M_PI;
    double v = cbrt(M_PI * total * GWS_MTSUN_S * f_hz), v2 = v * v;
    double c2 = 743.0 / 252 + 11.0 / 3 * eta, c3 = -32 * M_PI / 5;
    double c4 = 3058673.0 / 508032 + eta * (5429.0 / 504 + eta * 617.0 / 72);
    double c5 = M_PI * (13.0 / 3 * eta - 7729.0 / 252);
    double c6 = 6848.0 / 105 * (GWS_EULER_GAMMA + log(4 * v)) - 10052469856691.0 / 23471078400.0 + 128.0 / 3 * pi2 +
                eta * (3147553127.0 / 3048192 - 451.0 / 12 * pi2 + eta * (-15211.0 / 1728 + eta * 2 * 25565.0 / 1296));
    double c7 = M_PI * (eta * (eta * 14809.0 / 378 - 75703.0 / 756) - 15419335.0 / 127008);
    double series = 1 + v2 * (c2 + v * (c3 + v * (c4 + v * (c5 + v * (c6 + v * c7)))));
    return 5 * total * GWS_MTSUN_S / (256 * eta) * series / (v2 * v2 * v2 * v2);
}

static gws_status pycbc_duration_s(const gws_approximant *family, const gws_binary *b, double f_hz, double *out, gws_err *err)
{
    if (family->duration == GWS_DURATION_TAYLOR) {
        *out = taylor_chirp_time_s(b, f_hz);
        return GWS_OK;
    }
    int m = 2;
    if (family->duration == GWS_DURATION_HIGHEST_MODE) {
        if (b->modes == 0 || (b->modes & GWS_MODE_44))
            m = 4;
        else if (b->modes & GWS_MODE_33)
            m = 3;
        else if (b->modes == GWS_MODE_21)
            m = 1;
    }
    gws_status status = gws_imrphenomd_chirp_time_s(b, f_hz * 2 / m, out, err);
    *out *= 1.1;
    return status;
}

static int64_t power_of_two(double n)
{
    int64_t size = 1;
    while ((double)size < n && size < INT64_C(1) << 62)
        size *= 2;
    return size;
}

static gws_status plan_like_pycbc(plan_t *p, const gws_binary *b, int rate_hz, gws_err *err)
{
    double duration, full, f = b->f_lower_hz;
    gws_status status = pycbc_duration_s(p->family, b, f, &duration, err);
    if (status != GWS_OK)
        return status;
    if (!(duration > 0 && duration < 1e7))
        return gws_err_set(err, GWS_EARG,
                           "%s: masses %g and %g Msun from %g Hz last %g s; want a chirp that begins before its ringdown",
                           p->family->name, b->mass1_msun, b->mass2_msun, f, duration);
    full = duration;
    while (full < LONGER * duration) {
        if ((status = pycbc_duration_s(p->family, b, f, &full, err)) != GWS_OK)
            return status;
        f *= 0.99;
    }
    p->f_start_hz = f;
    p->f_full_hz = b->f_lower_hz;
    p->size = power_of_two(floor((full + 0.1 + WRAP_S) * 1.5 * rate_hz));
    p->n = p->size;
    return GWS_OK;
}

/* Bounds of plunge, merger and ringdown (LALSimInspiral.c): an orbit at 9 M with a third of the speed of light, and 11 damping times of
 * the (2,2) mode after Berti et al. 2006 (gr-qc/0512160, table VIII) for a bound of the final spin. */
static double merger_bound_s(const gws_binary *b)
{
    double total_s = (b->mass1_msun + b->mass2_msun) * GWS_MTSUN_S, s1 = b->spin1[2], s2 = b->spin2[2];
    double spin = fmin(fmax(fmax(0.686 + 0.15 * (s1 + s2), fabs(s1)), fabs(s2)), 0.998);
    double omega = (1.5251 - 1.1568 * pow(1 - spin, 0.1292)) / total_s, quality = 0.7 + 1.4187 * pow(1 - spin, -0.499);
    return 2 * M_PI * 9 * 3 * total_s + 11 * 2 * quality / omega;
}

static void plan_like_lal(plan_t *p, const gws_binary *b, int rate_hz)
{
    double m1 = b->mass1_msun, m2 = b->mass2_msun, total_s = (m1 + m2) * GWS_MTSUN_S, eta = m1 * m2 / ((m1 + m2) * (m1 + m2));
    double f_min = fmin(b->f_lower_hz, 1 / (pow(9.0, 1.5) * M_PI * total_s)); /* the lowest innermost orbit of Kerr */
    double chirp = gws_chirp_time_bound_s(f_min, m1, m2, b->spin1[2], b->spin2[2]), merger = merger_bound_s(b);
    double wrap = p->family->endless ? 0 : merger, extra = EXTRA_CYCLES / f_min;
    /* Newtonian chirp that lasts a tenth longer */
    p->f_start_hz = 1 / (8 * M_PI * total_s) * pow(5 * total_s / (eta * (1 + EXTRA_TIME) * chirp), 3.0 / 8);
    p->f_full_hz = f_min;
    chirp = gws_chirp_time_bound_s(p->f_start_hz, m1, m2, b->spin1[2], b->spin2[2]);
    /* A whole power of two is doubled. */
    p->size = power_of_two(round((chirp + wrap + 2 * extra) * rate_hz) + 0.5);
    if (p->size > INT64_C(1) << MAX_LOG2)
        return; /* will be refused */
    p->shift_merger = (int64_t)round(wrap * rate_hz);
    p->shift_extra = (int64_t)round(extra * rate_hz);
    p->n = (int64_t)round((chirp + merger) * rate_hz);
    if (p->n > p->size - p->shift_extra)
        p->n = p->size - p->shift_extra; /* LAL fills what is missing with zeros */
}

static gws_status plan_make(plan_t *p, const char *approximant, const gws_binary *b, int rate_hz, gws_conditioning how,
                            gws_err *err)
{
    *p = (plan_t){0};
    gws_status status = gws_approximant_find(approximant, &p->family, err);
    if (status != GWS_OK)
        return status;
    if (rate_hz < 256 || rate_hz > 65536)
        return gws_err_set(err, GWS_EARG, "%s: rate %d Hz; want 256..65536", approximant, rate_hz);
    if (!(b->mass1_msun > 0 && b->mass2_msun > 0 && b->mass1_msun + b->mass2_msun < 1e6))
        return gws_err_set(err, GWS_EARG, "%s: masses %g and %g Msun: want positive, below 1e6", approximant, b->mass1_msun,
                           b->mass2_msun);
    if (!(b->f_lower_hz > 0 && b->f_lower_hz < rate_hz / 2.0))
        return gws_err_set(err, GWS_EARG, "%s: f_lower %g Hz: want more than 0, less than half the rate of %d Hz", approximant,
                           b->f_lower_hz, rate_hz);
    if (!(fabs(b->spin1[2]) <= 1 && fabs(b->spin2[2]) <= 1))
        return gws_err_set(err, GWS_EARG, "%s: spins %g and %g: want -1..1", approximant, b->spin1[2], b->spin2[2]);
    p->like_lal = how == GWS_LIKE_LAL || p->family->duration == GWS_DURATION_NONE;
    if (p->like_lal)
        plan_like_lal(p, b, rate_hz);
    else if ((status = plan_like_pycbc(p, b, rate_hz, err)) != GWS_OK)
        return status;
    if (p->size > INT64_C(1) << MAX_LOG2)
        return gws_err_set(err, GWS_EARG, "%s: masses %g and %g Msun from %g Hz want %lld samples; at most %d can be made",
                           approximant, b->mass1_msun, b->mass2_msun, b->f_lower_hz, (long long)p->size, 1 << MAX_LOG2);
    return GWS_OK;
}

/* Transforms of powers of two, made when first wanted and kept for the next signal. */
static struct {
    pthread_mutex_t lock;
    gws_fft *kept[MAX_LOG2 + 1];
} transforms = {.lock = PTHREAD_MUTEX_INITIALIZER};

static const gws_fft *fft_of(int64_t size, gws_err *err)
{
    int i = 0;
    while (INT64_C(1) << i < size)
        i++;
    pthread_mutex_lock(&transforms.lock);
    if (!transforms.kept[i])
        transforms.kept[i] = gws_fft_create(size, err);
    const gws_fft *fft = transforms.kept[i];
    pthread_mutex_unlock(&transforms.lock);
    return fft;
}

void gws_wave_forget_transforms(void)
{
    pthread_mutex_lock(&transforms.lock);
    for (int i = 0; i <= MAX_LOG2; i++) {
        gws_fft_destroy(transforms.kept[i]);
        transforms.kept[i] = NULL;
    }
    pthread_mutex_unlock(&transforms.lock);
}

/* Modified Bessel function of order 0; |x| of some tens. */
static double bessel_i0(double x)
{
    double term = 1, sum = 1;
    for (int k = 1; term > 1e-17 * sum; k++) {
        term *= x * x / (4.0 * k * k);
        sum += term;
    }
    return sum;
}

/* The beginning of the spectrum: silent, then rising. */
static void rise(const plan_t *p, double delta_f_hz, double complex *hp, double complex *hc, int64_t bins)
{
    int64_t k0, width;
    if (p->like_lal) {
        k0 = (int64_t)round(p->f_start_hz / delta_f_hz);
        width = (int64_t)round(p->f_full_hz / delta_f_hz) - k0;
    } else {
        k0 = (int64_t)(p->f_start_hz / delta_f_hz);
        width = (int64_t)((p->f_full_hz - p->f_start_hz) / delta_f_hz);
    }
    for (int64_t k = 0; k < k0 + width && k < bins; k++) {
        double w = 0, part = width > 0 ? (double)(k - k0) / (double)width : 1;
        if (k >= k0 && p->like_lal)
            w = 0.5 - 0.5 * cos(M_PI * part);
        else if (k >= k0)
            w = bessel_i0(8 * sqrt(part * (2 - part))) / bessel_i0(8);
        hp[k] *= w;
        hc[k] *= w;
    }
    if (p->like_lal)
        hp[bins - 1] = hc[bins - 1] = 0;
}

/* XLALHighPassREAL8TimeSeries: a Butterworth filter whose sections of second order run forth and back one after the other, so that its
 * response counts twice and its phase not at all; w = tan(pi f dt). */
static void high_pass(double *a, double *b, int64_t n, double f_hz, int rate_hz)
{
    double wc = tan(M_PI * f_hz / rate_hz) * pow(1 / sqrt(HIGH_PASS_AT_CORNER) - 1, 0.5 / HIGH_PASS_ORDER);
    for (int s = 0; s < HIGH_PASS_ORDER / 2; s++) {
        double damp = 2 * wc * sin(M_PI * (s + 0.5) / HIGH_PASS_ORDER), gain = 1 / (1 + damp + wc * wc);
        double r1 = 2 * (1 - wc * wc) * gain, r2 = -(1 - damp + wc * wc) * gain;
        for (int back = 0; back < 2; back++) {
            double a1 = 0, a2 = 0, b1 = 0, b2 = 0;
            int64_t step = back ? -1 : 1;
            for (int64_t k = 0, i = back ? n - 1 : 0; k < n; k++, i += step) {
                double a0 = a[i] + r1 * a1 + r2 * a2, b0 = b[i] + r1 * b1 + r2 * b2;
                a[i] = gain * (a0 - 2 * a1 + a2);
                b[i] = gain * (b0 - 2 * b1 + b2);
                a2 = a1;
                a1 = a0;
                b2 = b1;
                b1 = b0;
            }
        }
    }
}

/* XLALSimInspiralTDConditionStage2: a cycle at f_first faded in, a cycle at f_last out. */
static void fade_ends(double *h, int64_t n, double f_first_hz, double f_last_hz, int rate_hz)
{
    enum { LEAST = 4 };
    if (n < 2 * LEAST)
        return;
    int64_t in = (int64_t)fmax(round(rate_hz / f_first_hz), LEAST), out = (int64_t)fmax(round(rate_hz / f_last_hz), LEAST);
    for (int64_t j = 1; j < out && j <= n; j++)
        h[n - j] *= 0.5 - 0.5 * cos((double)j * M_PI / (double)out);
    for (int64_t j = 0; j < in && j < n; j++)
        h[j] *= 0.5 - 0.5 * cos((double)j * M_PI / (double)in);
}

/* XLALSimInspiralREAL8WaveTaper at the start: McKechan et al. 2010 (arXiv:1003.2939), up to the second maximum of |h| more than RINGING samples
 * from the first that is not zero. */
static void taper_start(double *h, int64_t n)
{
    enum { RINGING = 19 };
    int64_t start = 0, end = n - 1, reach = 0;
    while (start < n && h[start] == 0)
        start++;
    while (end > start && h[end] == 0)
        end--;
    if (start >= n || end - start <= 1)
        return;
    int64_t middle = (start + end) / 2;
    int found = 0;
    for (int64_t i = start + 1; found < 2 && i != middle && i < end; i++)
        if (fabs(h[i]) >= fabs(h[i - 1]) && fabs(h[i]) >= fabs(h[i + 1])) {
            if (fabs(h[i]) == fabs(h[i + 1]))
                i++;
            found += i - start > RINGING;
            reach = i - start;
        }
    if (found < 2)
        reach = middle - start;
    h[start] = 0;
    for (int64_t i = 1; i < reach - 1; i++) {
        double m = (double)reach - 1, z = m / (double)i + m / ((double)i - m);
        h[start + i] /= exp(z) + 1;
    }
}

gws_status gws_taper_parse(const char *text, gws_taper *out, gws_err *err)
{
    *out = strcmp(text, "start") == 0 || strcmp(text, "TAPER_START") == 0 ? GWS_TAPER_START : GWS_TAPER_NONE;
    if (*out == GWS_TAPER_START || strcmp(text, "none") == 0 || strcmp(text, "TAPER_NONE") == 0)
        return GWS_OK;
    return gws_err_set(err, GWS_EARG, "taper = %s: wanted start or none", text);
}

/* tc and the place of t = 0 make the first sample's time.  PyCBC adds in whole ns and keeps the sum in one double. */
static int64_t start_time_ns(int64_t tc_ns, int64_t first_ns)
{
    return gws_ns_of_s(gws_s_of_ns(tc_ns + first_ns));
}

/* Spectrum (destroyed) to time; out[j] is sample j + shift of the cyclic buffer. */
static void to_time(const gws_fft *fft, double complex *spec, double delta_f_hz, int64_t shift, double *work, double *out)
{
    int64_t n = gws_fft_size(fft);
    spec[0] = creal(spec[0]);
    spec[n / 2] = creal(spec[n / 2]);
    gws_fft_inverse(fft, (double *)spec, work);
    for (int64_t j = 0; j < n - shift; j++)
        out[j] = delta_f_hz * work[j + shift];
    for (int64_t j = n - shift; j < n; j++)
        out[j] = delta_f_hz * work[j + shift - n];
}

/* LAL's second half: filter, cut, fade; returns when the first sample comes after t = 0. */
static int64_t finish_like_lal(const plan_t *p, gws_wave *s, double cos_incl)
{
    const gws_binary *b = &s->source.binary;
    high_pass(s->hp, s->hc, p->size, b->f_lower_hz, s->rate_hz);
    int64_t cut = p->size - p->shift_extra - p->n;
    memmove(s->hp, s->hp + cut, (size_t)p->n * sizeof *s->hp);
    memmove(s->hc, s->hc + cut, (size_t)p->n * sizeof *s->hc);
    /* the last stable orbit of Schwarzschild */
    double f_last = 1 / (pow(6.0, 1.5) * M_PI * (b->mass1_msun + b->mass2_msun) * GWS_MTSUN_S);
    fade_ends(s->hp, p->n, p->f_full_hz, f_last, s->rate_hz);
    fade_ends(s->hc, p->n, p->f_full_hz, f_last, s->rate_hz);
    if (p->family->peak == GWS_PEAK_FREE)
        return gws_ns_of_s((double)(p->shift_merger - p->n) / s->rate_hz);
    int64_t at = p->n - 1;
    double most = 0;
    for (int64_t i = p->n - 1; i >= 0; i--) {
        double power = s->hp[i] * s->hp[i] + s->hc[i] * s->hc[i];
        if (power > most) {
            most = power;
            at = i;
        }
    }
    if (p->family->peak == GWS_PEAK_AT_ZERO_FACE_ON)
        for (int64_t i = 0; i < p->n; i++) {
            s->hp[i] *= 0.5 * (1 + cos_incl * cos_incl);
            s->hc[i] *= cos_incl;
        }
    return gws_ns_of_s(-(double)at / s->rate_hz);
}

gws_status gws_wave_init(gws_wave *out, const char *approximant, const gws_source *source, int rate_hz, gws_conditioning how,
                         gws_taper taper, gws_err *err)
{
    GWS_ASSERT(out && approximant && source);
    plan_t p;
    double complex *hp = NULL, *hc = NULL;
    double *work = NULL;
    *out = (gws_wave){.source = *source, .rate_hz = rate_hz};
    if (!(isfinite(source->ra_rad) && isfinite(source->dec_rad) && isfinite(source->psi_rad) && isfinite(source->binary.incl_rad)))
        return gws_err_set(err, GWS_EARG,
                           "%s: right ascension %g, declination %g, polarisation %g or inclination %g is not a number", approximant,
                           source->ra_rad, source->dec_rad, source->psi_rad, source->binary.incl_rad);
    if (source->tc_ns < 0 || source->tc_ns > MAX_GPS_S * GWS_NS)
        return gws_err_set(err, GWS_EARG, "%s: coalescence at GPS %.0f s; want 0..%.0f", approximant, (double)source->tc_ns / 1e9,
                           (double)MAX_GPS_S);
    gws_status status = plan_make(&p, approximant, &source->binary, rate_hz, how, err);
    if (status != GWS_OK)
        return status;
    int64_t bins = p.size / 2 + 1;
    const gws_fft *fft = fft_of(p.size, err);
    hp = gws_arena_alloc((size_t)bins * sizeof *hp);
    hc = gws_arena_alloc((size_t)bins * sizeof *hc);
    work = gws_arena_alloc((size_t)p.size * sizeof *work);
    out->hp = gws_arena_alloc((size_t)p.size * sizeof *out->hp);
    out->hc = gws_arena_alloc((size_t)p.size * sizeof *out->hc);
    if (!fft || !hp || !hc || !work || !out->hp || !out->hc) {
        status = gws_err_set(err, GWS_ENOMEM, "%s: no memory for %lld samples", approximant, (long long)p.size);
        goto fail;
    }
    double delta_f_hz = (double)rate_hz / (double)p.size;
    gws_binary low = source->binary;
    if (low.f_ref_hz == 0)
        low.f_ref_hz = low.f_lower_hz;
    low.f_lower_hz = p.f_start_hz;
    low.f_final_hz = p.like_lal ? rate_hz / 2.0 : 0;
    if (p.like_lal && p.family->peak == GWS_PEAK_AT_ZERO_FACE_ON)
        low.incl_rad = 0;
    if ((status = gws_waveform_fd(approximant, &low, delta_f_hz, bins, hp, hc, err)) != GWS_OK)
        goto fail;
    rise(&p, delta_f_hz, hp, hc, bins);
    int64_t shift = p.like_lal ? p.shift_merger + p.shift_extra : (int64_t)WRAP_S * rate_hz, first_ns;
    to_time(fft, hp, delta_f_hz, shift, work, out->hp);
    to_time(fft, hc, delta_f_hz, shift, work, out->hc);
    out->n = p.n;
    if (p.like_lal)
        first_ns = finish_like_lal(&p, out, cos(source->binary.incl_rad));
    else
        first_ns = gws_ns_of_s((double)(shift - p.size) / rate_hz);
    out->start_ns = start_time_ns(source->tc_ns, first_ns);
    if (taper == GWS_TAPER_START) {
        taper_start(out->hp, out->n);
        taper_start(out->hc, out->n);
    }
fail:
    gws_arena_free(hp);
    gws_arena_free(hc);
    gws_arena_free(work);
    if (status != GWS_OK)
        gws_wave_clear(out);
    return status;
}

void gws_wave_clear(gws_wave *s)
{
    gws_arena_free(s->hp);
    gws_arena_free(s->hc);
    *s = (gws_wave){0};
}

gws_status gws_wave_reach(const char *approximant, const gws_binary *b, int rate_hz, gws_conditioning how, double *before_s,
                          double *after_s, gws_err *err)
{
    GWS_ASSERT(approximant && b && before_s && after_s);
    plan_t p;
    *before_s = *after_s = 0;
    gws_status status = plan_make(&p, approximant, b, rate_hz, how, err);
    if (status != GWS_OK)
        return status;
    const double length = (double)p.n / rate_hz;
    if (!p.like_lal)
        *after_s = WRAP_S;
    else if (p.family->peak == GWS_PEAK_FREE)
        *after_s = (double)p.shift_merger / rate_hz;
    else
        *after_s = length; /* the peak is not known beforehand */
    *before_s = !p.like_lal || p.family->peak == GWS_PEAK_FREE ? length - *after_s : length;
    return GWS_OK;
}
