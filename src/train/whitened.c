#include "train/whitened.h"

#include "base/arena.h"
#include "dsp/fft.h"
#include "dsp/whiten.h"
#include "gw/series.h"
#include "sim/noise.h"
#include "sim/population.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define QUIET 1e-5 /* share of a signal's energy that may be cut from its beginning */

typedef struct collect {
    const gws_condition *condition;
    gws_gains *gains;
    int out_of_memory;
    float *w;
    int64_t first, n, got; /* samples [first, first+n) wanted; got: how many have come without a gap */
} collect;

static void take(void *user, int64_t sample, const float *w, int64_t n)
{
    collect *c = user;
    if (c->gains && gws_gains_add(c->gains, sample - c->first, gws_condition_gains(c->condition)) != 0)
        c->out_of_memory = 1;
    int64_t skip = c->first + c->got - sample;
    if (skip < 0 || skip >= n)
        return;
    int64_t run = n - skip < c->n - c->got ? n - skip : c->n - c->got;
    memcpy(c->w + c->got, w + skip, (size_t)run * sizeof *w);
    c->got += run;
}

/* The curve of a stretch of noise. */
static void draw_curve(const gws_data_recipe *r, uint64_t seed, const gws_noise_name *name, double *curve)
{
    gws_rng rng = gws_rng_init(seed, name->purpose, 2 * name->number);
    gws_curve_family_draw(&r->curves, r->measured[name->ifo], r->n_measured[name->ifo], &rng, curve);
}

gws_status gws_whitened_noise(const gws_data_recipe *r, uint64_t seed, const gws_noise_name *name, int64_t n, float *w,
                              gws_gains *gains, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    gws_status status = GWS_OK;
    gws_noise *noise = NULL;
    gws_condition *condition = NULL;
    gws_contaminate *disturbance = NULL;
    double *h = NULL, *curve = malloc((size_t)r->curves.design.n * sizeof *curve);
    /* The noise needs the filter's margin on either side, and enough samples for a first estimate of the spectrum. */
    int64_t margin = (int64_t)(r->condition.filter_s * r->rate_hz), chunk = r->rate_hz;
    int64_t shortest = (int64_t)(r->condition.first_s * r->rate_hz) + margin,
            total = n + 2 * margin > shortest ? n + 2 * margin : shortest;
    h = malloc((size_t)chunk * sizeof *h);
    if (!h || !curve) {
        status = gws_err_set(err, GWS_ENOMEM, "noise: no memory");
        goto fail;
    }
    draw_curve(r, seed, name, curve);
    gws_psd psd = {curve, r->curves.design.n, GWS_CURVE_DF_HZ};
    noise = gws_noise_create(&psd, r->rate_hz, r->noise_filter_s, seed, gws_rng_stream(name->purpose, 2 * name->number + 1), err);
    condition = noise ? gws_condition_create(&r->condition, r->rate_hz, err) : NULL;
    if (condition && name->disturbed)
        disturbance = gws_contaminate_create(&r->disturbance, r->site[name->ifo]->ifo, r->rate_hz, &psd,
                                             seed ^ gws_rng_stream(name->purpose, 2 * name->number + 1), err);
    if (!condition || (name->disturbed && !disturbance)) {
        status = err->status;
        goto fail;
    }
    if (gains)
        *gains = (gws_gains){.width = r->condition.reference->filters};
    collect c = {.condition = condition, .gains = gains, .w = w, .first = margin, .n = n};
    for (int64_t at = 0; at < total; at += chunk) {
        int64_t run = total - at < chunk ? total - at : chunk;
        gws_noise_fill(noise, at, run, h);
        if (disturbance)
            gws_contaminate_add(disturbance, at, run, h);
        gws_condition_push(condition, at, h, run, take, &c);
    }
    gws_condition_finish(condition, take, &c);
    if (c.out_of_memory)
        status = gws_err_set(err, GWS_ENOMEM, "noise: no memory");
    else if (c.got != n)
        status = gws_err_set(err, GWS_EDATA, "noise: the conditioner gave %lld of %lld samples", (long long)c.got, (long long)n);
fail:
    gws_contaminate_destroy(disturbance);
    gws_condition_destroy(condition);
    gws_noise_destroy(noise);
    free(h);
    free(curve);
    return status;
}

#define N_SIZES 8 /* buffers of 1, 2, 4 ... 128 s */

struct gws_signal_maker {
    const gws_data_recipe *r;
    const gws_noise_rows *rows;   /* NULL: no template follows the noise */
    gws_whiten *whiten, *towards; /* towards: as the conditioner's, for templates that follow the noise */
    gws_follow *follow;
    int64_t taps, max_size;
    gws_fft *fft[N_SIZES];
    double *curve, *fir;         /* (design.n), (taps) */
    double complex *hp, *hc, *h; /* (max bins) */
    double *response;            /* (2 max bins) */
    double *x[GWS_MODEL_IFOS];   /* (max size) */
};

/* The longest signal of a recipe, s: the lightest masses and the largest spins. */
static double longest_s(const gws_data_recipe *r)
{
    gws_binary longest = {.mass1_msun = r->sources.mass_min_msun,
                          .mass2_msun = r->sources.mass_min_msun,
                          .spin1 = {0, 0, r->sources.spin_max},
                          .spin2 = {0, 0, r->sources.spin_max},
                          .f_lower_hz = r->sources.f_lower_hz};
    return fmax(gws_signal_duration_s(&longest), 2 * r->condition.filter_s);
}

int64_t gws_signal_maker_bytes(const gws_data_recipe *r)
{
    int64_t seconds = 1;
    while (seconds < longest_s(r) && seconds < 1 << (N_SIZES - 1))
        seconds *= 2;
    const int64_t size = seconds * r->rate_hz, bins = size / 2 + 1;
    return (int64_t)sizeof(double) *
           ((3 * 2 + 2) * bins + r->n_ifo * size + r->curves.design.n + (int64_t)(r->condition.filter_s * r->rate_hz));
}

/* What the conditioner has where templates follow the noise. */
static int create_follow(gws_signal_maker *m, int64_t ahead, gws_err *err)
{
    const gws_condition_params *p = &m->r->condition;
    m->follow = gws_follow_create(p->reference, m->r->rate_hz, m->r->curves.design.n, 0.75 * p->low_hz, err);
    return m->follow &&
           (m->towards = gws_whiten_create(m->taps, ahead, m->r->rate_hz, p->low_hz, gws_condition_high_hz(p, m->r->rate_hz), err));
}

gws_signal_maker *gws_signal_maker_create(const gws_data_recipe *r, const gws_noise_rows *rows, gws_err *err)
{
    gws_signal_maker *m = calloc(1, sizeof *m);
    if (!m) {
        gws_err_set(err, GWS_ENOMEM, "signals: no memory");
        return NULL;
    }
    m->r = r;
    m->rows = rows;
    m->taps = (int64_t)(r->condition.filter_s * r->rate_hz);
    double duration = longest_s(r);
    if (duration > 1 << (N_SIZES - 1)) {
        gws_err_set(err, GWS_EARG,
                    "recipe: signals of [data] mass_min = %g from f_lower_hz = %g last %g s; at most %d s can be made",
                    r->sources.mass_min_msun, r->sources.f_lower_hz, duration, 1 << (N_SIZES - 1));
        goto fail;
    }
    const int64_t ahead = llround(r->condition.ahead_s * r->rate_hz);
    m->whiten = gws_whiten_create(m->taps, ahead, r->rate_hz, r->condition.low_hz, r->condition.high_hz, err);
    if (!m->whiten || (rows && !create_follow(m, ahead, err)))
        goto fail;
    for (int i = 0; i < N_SIZES && (1 << i) < 2 * duration; i++) {
        m->max_size = ((int64_t)1 << i) * r->rate_hz;
        m->fft[i] = gws_fft_create(m->max_size, err);
        if (!m->fft[i])
            goto fail;
    }
    size_t bins = (size_t)m->max_size / 2 + 1;
    m->curve = malloc((size_t)r->curves.design.n * sizeof *m->curve);
    m->fir = malloc((size_t)m->taps * sizeof *m->fir);
    m->hp = gws_arena_alloc(bins * sizeof *m->hp);
    m->hc = gws_arena_alloc(bins * sizeof *m->hc);
    m->h = gws_arena_alloc(bins * sizeof *m->h);
    m->response = gws_arena_alloc(2 * bins * sizeof *m->response);
    int ok = m->curve && m->fir && m->hp && m->hc && m->h && m->response;
    for (int d = 0; d < r->n_ifo; d++) {
        m->x[d] = gws_arena_alloc((size_t)m->max_size * sizeof *m->x[d]);
        ok = ok && m->x[d];
    }
    if (!ok) {
        gws_err_set(err, GWS_ENOMEM, "signals: no memory for %lld samples", (long long)m->max_size);
        goto fail;
    }
    return m;
fail:
    gws_signal_maker_destroy(m);
    return NULL;
}

void gws_signal_maker_destroy(gws_signal_maker *m)
{
    if (!m)
        return;
    gws_whiten_destroy(m->whiten);
    gws_whiten_destroy(m->towards);
    gws_follow_destroy(m->follow);
    for (int i = 0; i < N_SIZES; i++)
        gws_fft_destroy(m->fft[i]);
    free(m->curve);
    free(m->fir);
    gws_arena_free(m->hp);
    gws_arena_free(m->hc);
    gws_arena_free(m->h);
    gws_arena_free(m->response);
    for (int d = 0; d < GWS_MODEL_IFOS; d++)
        gws_arena_free(m->x[d]);
    free(m);
}

void gws_signal_clear(gws_signal *s)
{
    free(s->w[0]);
    *s = (gws_signal){0};
}

static int precesses(const gws_source *s)
{
    return s->binary.spin1[0] != 0 || s->binary.spin1[1] != 0 || s->binary.spin2[0] != 0 || s->binary.spin2[1] != 0;
}

/* Response of the whitening filter of the curve in m->curve on the bins of a transform; `towards` as the conditioner's where templates follow
 * the noise. */
static gws_status whitening_response(gws_signal_maker *m, int towards, const gws_fft *fft, double *x, gws_err *err)
{
    gws_whiten *w = towards ? m->towards : m->whiten;
    const double *target = towards ? gws_follow_take(m->follow, m->curve) : m->curve;
    if (!target || !gws_whiten_design(w, target, m->r->curves.design.n, GWS_CURVE_DF_HZ, m->fir))
        return gws_err_set(err, GWS_ENUM, "signals: no whitening filter for a curve of %s", m->r->psd);
    gws_whiten_response(w, m->fir, fft, x, m->response);
    return GWS_OK;
}

/* m->h = response (fp h+ + fc hx) e^(-i k angle) scale.  The turn is multiplied up and set right every 128 bins: a sine a bin
 * was a quarter of the whole cost. */
static void project(gws_signal_maker *m, int64_t bins, double fp, double fc, double angle, double scale)
{
    double step_re = cos(angle), step_im = -sin(angle), re = 1, im = 0;
    for (int64_t k = 0; k < bins; k++) {
        if (k % 128 == 0) {
            re = cos(angle * (double)k);
            im = -sin(angle * (double)k);
        }
        double g_re = m->response[2 * k] * scale, g_im = m->response[2 * k + 1] * scale;
        double h_re = fp * creal(m->hp[k]) + fc * creal(m->hc[k]), h_im = fp * cimag(m->hp[k]) + fc * cimag(m->hc[k]);
        double x = g_re * h_re - g_im * h_im, y = g_re * h_im + g_im * h_re;
        m->h[k] = CMPLX(x * re - y * im, x * im + y * re);
        double next = re * step_re - im * step_im;
        im = re * step_im + im * step_re;
        re = next;
    }
}

/* A source as a detector sees it. */
typedef struct arrival {
    const gws_fft *fft;
    double fp, fc, angle, scale; /* as project() has them */
    double power;
} arrival;

/* A curve for a detector into m->curve.  returns the stretch of noise that it is of, where there are any */
static int64_t take_curve(gws_signal_maker *m, int d, gws_rng *rng)
{
    const gws_data_recipe *r = m->r;
    if (!m->rows) {
        gws_curve_family_draw(&r->curves, r->measured[d], r->n_measured[d], rng, m->curve);
        return 0;
    }
    const int64_t row = (int64_t)gws_rng_below(rng, (uint64_t)m->rows->n);
    const gws_noise_name name = {.ifo = d, .purpose = m->rows->purpose, .number = (uint64_t)(row * r->n_ifo + d)};
    draw_curve(r, m->rows->seed, &name, m->curve);
    return row;
}

/* The signal in a detector, whitened with m->curve, into m->x[d].  power out: sum of its squares */
static gws_status arrive(gws_signal_maker *m, int d, const arrival *a, int towards, double *power, gws_err *err)
{
    const int64_t size = gws_fft_size(a->fft), bins = gws_fft_bins(a->fft);
    const gws_status status = whitening_response(m, towards, a->fft, m->x[d], err);
    if (status != GWS_OK)
        return status;
    project(m, bins, a->fp, a->fc, a->angle, a->scale);
    m->h[0] = creal(m->h[0]);
    m->h[bins - 1] = creal(m->h[bins - 1]);
    gws_fft_inverse(a->fft, (double *)m->h, m->x[d]);
    *power = 0;
    for (int64_t i = 0; i < size; i++)
        *power += m->x[d][i] * m->x[d][i];
    return GWS_OK;
}

gws_status gws_signal_make(gws_signal_maker *m, uint64_t seed, const char *purpose, uint64_t number, gws_signal *out, gws_err *err)
{
    const gws_data_recipe *r = m->r;
    *out = (gws_signal){0};
    gws_rng rng = gws_rng_init(seed, purpose, number);
    double share;
    gws_source src = gws_source_law_draw(&r->sources, &rng, &share);
    double duration = fmax(gws_signal_duration_s(&src.binary), 2 * r->condition.filter_s),
           fraction = gws_rng_range(&rng, -0.5, 0.5);
    int i_size = 0;
    while ((1 << i_size) < duration)
        i_size++;
    const gws_fft *fft = m->fft[i_size];
    const int64_t size = gws_fft_size(fft), bins = gws_fft_bins(fft);
    double delta_f_hz = (double)r->rate_hz / (double)size, gmst = gws_gmst_rad(src.tc_ns);
    gws_status status = gws_waveform_conditioned_fd(precesses(&src) ? "IMRPhenomXPHM" : r->approximant, &src.binary, delta_f_hz,
                                                    bins, m->hp, m->hc, err);
    if (status != GWS_OK)
        return status;

    double power[GWS_MODEL_IFOS] = {0}, total = 0, seen = 0;
    for (int d = 0; d < r->n_ifo; d++) {
        arrival a = {.fft = fft};
        double late = gws_delay_s(r->site[d], gmst, src.ra_rad, src.dec_rad) + fraction / r->rate_hz;
        gws_antenna(r->site[d], gmst, src.ra_rad, src.dec_rad, src.psi_rad, &a.fp, &a.fc);
        a.angle = 2 * M_PI * delta_f_hz * late;
        a.scale = delta_f_hz;
        out->row[d] = take_curve(m, d, &rng);
        if ((status = arrive(m, d, &a, 0, &power[d], err)) != GWS_OK)
            return status;
        total += power[d];
        if (m->rows && (status = arrive(m, d, &a, 1, &a.power, err)) != GWS_OK)
            return status;
        seen += m->rows ? a.power : power[d];
    }
    if (!(total > 0 && isfinite(total)))
        return gws_err_set(err, GWS_ENUM, "signals: number %llu has no power in the band", (unsigned long long)number);

    /* Keep what a window can show: from merger_max_s before to after_s behind the merger, less a quiet beginning.  The buffer is a ring
     * that holds the whole signal once, and a window may be longer than it: nothing is taken twice, nor from outside.  Half of the ring
     * is more than the ringdown and a filter. */
    int64_t after = (int64_t)(r->after_s * r->rate_hz), before = (int64_t)(r->merger_max_s * r->rate_hz), first = 0;
    after = after < size / 2 ? after : size / 2;
    before = before < size - after ? before : size - after;
    double cut = 0;
    for (; first < before; first++) {
        for (int d = 0; d < r->n_ifo; d++) {
            double v = m->x[d][(first - before + size) % size];
            cut += v * v;
        }
        if (cut > QUIET * seen)
            break;
    }
    out->merger = (int)(before - first);
    out->len = out->merger + (int)after;
    out->mass1_msun = src.binary.mass1_msun;
    out->mass2_msun = src.binary.mass2_msun;
    out->loudness = sqrt(total) / pow(gws_chirp_mass(src.binary.mass1_msun, src.binary.mass2_msun), 5.0 / 6.0) / cbrt(share);
    out->w[0] = malloc((size_t)(out->len * r->n_ifo) * sizeof(float));
    if (!out->w[0])
        return gws_err_set(err, GWS_ENOMEM, "signals: no memory for number %llu", (unsigned long long)number);
    double scale = 1 / sqrt(total);
    for (int d = 0; d < r->n_ifo; d++) {
        out->w[d] = out->w[0] + (size_t)d * (size_t)out->len;
        out->share[d] = sqrt(power[d]) * scale;
        for (int i = 0; i < out->len; i++)
            out->w[d][i] = (float)(scale * m->x[d][(i - out->merger + size) % size]);
    }
    return GWS_OK;
}
