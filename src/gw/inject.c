#include "gw/inject.h"

#include "base/arena.h"
#include "base/clock.h"
#include "dsp/fft.h"

#include <math.h>
#include <string.h>

#define RISE 0.8 /* the signal begins at this share of f_lower */

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

/* Work space of one cyclic signal. */
typedef struct signal {
    gws_fft *fft;
    int64_t size, bins, tail; /* tail: samples after the merger; the rest lies before it */
    double complex *hp, *hc;
    double *x;
} signal_t;

static void signal_clear(signal_t *s)
{
    gws_fft_destroy(s->fft);
    gws_arena_free(s->hp);
    gws_arena_free(s->hc);
    gws_arena_free(s->x);
}

static gws_status signal_init(signal_t *s, const char *approximant, const gws_binary *b, int rate_hz, gws_err *err)
{
    *s = (signal_t){0};
    if (!(b->mass1_msun > 0 && b->mass2_msun > 0 && b->f_lower_hz > 0))
        return gws_err_set(err, GWS_EARG, "%s: masses %g and %g Msun, f_lower %g Hz: want positive numbers", approximant,
                           b->mass1_msun, b->mass2_msun, b->f_lower_hz);
    double duration = gws_signal_duration_s(b);
    if (duration > 4096)
        return gws_err_set(err, GWS_EARG, "%s: masses %g and %g Msun from %g Hz last %g s; at most 4096 s can be made", approximant,
                           b->mass1_msun, b->mass2_msun, b->f_lower_hz, duration);
    s->size = (int64_t)duration * rate_hz;
    s->bins = s->size / 2 + 1;
    s->tail = (int64_t)(GWS_RINGDOWN_S * rate_hz);
    s->fft = gws_fft_create(s->size, err);
    if (!s->fft)
        return err ? err->status : GWS_ENOMEM;
    s->hp = gws_arena_alloc((size_t)s->bins * sizeof *s->hp);
    s->hc = gws_arena_alloc((size_t)s->bins * sizeof *s->hc);
    s->x = gws_arena_alloc((size_t)s->size * sizeof *s->x);
    if (!s->hp || !s->hc || !s->x)
        return gws_err_set(err, GWS_ENOMEM, "%s: no memory for %lld samples", approximant, (long long)s->size);
    return gws_waveform_conditioned_fd(approximant, b, 1 / duration, s->bins, s->hp, s->hc, err);
}

/* Spectrum (destroyed) to strain; out[i] is the sample i - peak after that of the merger, zero where the buffer ends. */
static void signal_to_time(signal_t *s, double complex *spec, double delta_f_hz, int64_t n, int64_t peak, double *out)
{
    spec[0] = creal(spec[0]);
    spec[s->bins - 1] = creal(spec[s->bins - 1]);
    gws_fft_inverse(s->fft, (double *)spec, s->x);
    for (int64_t i = 0; i < n; i++) {
        int64_t j = i - peak;
        out[i] = j >= s->tail || j < s->tail - s->size ? 0 : delta_f_hz * s->x[j < 0 ? j + s->size : j];
    }
}

gws_status gws_waveform_td(const char *approximant, const gws_binary *b, int rate_hz, int64_t n, int64_t peak, double *hp,
                           double *hc, gws_err *err)
{
    GWS_ASSERT(approximant && b && hp && hc && n > 0 && rate_hz > 0);
    signal_t s;
    gws_status status = signal_init(&s, approximant, b, rate_hz, err);
    if (status == GWS_OK) {
        double delta_f_hz = (double)rate_hz / (double)s.size;
        signal_to_time(&s, s.hp, delta_f_hz, n, peak, hp);
        signal_to_time(&s, s.hc, delta_f_hz, n, peak, hc);
    }
    signal_clear(&s);
    return status;
}

gws_status gws_project(const char *approximant, const gws_source *src, const gws_site *site, int rate_hz, int64_t begin, int64_t n,
                       double *out, gws_err *err)
{
    GWS_ASSERT(approximant && src && site && out && n > 0 && rate_hz > 0);
    double gmst = gws_gmst_rad(src->tc_ns), f_plus, f_cross;
    gws_antenna(site, gmst, src->ra_rad, src->dec_rad, src->psi_rad, &f_plus, &f_cross);
    /* Arrival = a whole absolute sample and a rest in samples; the seconds apart, so that nothing is rounded. */
    int64_t second = gws_floor_div(src->tc_ns, GWS_NS), ns = src->tc_ns - second * GWS_NS;
    double offset = ((double)ns * 1e-9 + gws_delay_s(site, gmst, src->ra_rad, src->dec_rad)) * rate_hz;
    int64_t whole = (int64_t)floor(offset), arrival = second * rate_hz + whole;

    signal_t s;
    gws_status status = signal_init(&s, approximant, &src->binary, rate_hz, err);
    if (status == GWS_OK) {
        double delta_f_hz = (double)rate_hz / (double)s.size, turn = 2 * M_PI * (offset - (double)whole) / (double)s.size;
        for (int64_t k = 0; k < s.bins; k++) {
            double angle = turn * (double)k;
            s.hp[k] = (f_plus * s.hp[k] + f_cross * s.hc[k]) * CMPLX(cos(angle), -sin(angle));
        }
        signal_to_time(&s, s.hp, delta_f_hz, n, arrival - begin, out);
    }
    signal_clear(&s);
    return status;
}
