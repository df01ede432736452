#include "sim/glitch.h"

#include "base/arena.h"
#include "base/array.h"
#include "base/clock.h"
#include "base/number.h"
#include "dsp/fft.h"
#include "sim/poisson.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_KEPT 4   /* glitches of a family kept at hand */
#define N_SHAPE 4  /* numbers that tell two glitches of a family apart, beside those that the table shows */
#define N_TONES 16 /* of a burst of noise */
#define SWEEP_LOW_HZ 500
#define SWEEP_HIGH_HZ 2000
#define SCATTER_HIGH_HZ 60
#define TAPER 0.2  /* share of a whistle that rises, and that falls */
#define BROAD 0.65 /* width in ln f */

/* length_s: of the buffer, longer than any glitch of the family; least_hz: the sampling rate that it needs */
static const struct {
    const char *name;
    int length_s, least_hz;
} families[GWS_GLITCH_FAMILIES] = {
    {"blip", 1, 1024}, {"tomte", 2, 512}, {"whistle", 2, 1536}, {"scattered", 32, 256}, {"lowfreq", 8, 256},
};

/* A glitch as drawn. */
typedef struct event {
    gws_glitch known;
    double phase, shape[N_SHAPE]; /* by family, see draw_* */
    gws_rng rng;                  /* for what is left to draw */
} event;

typedef struct kept {
    int64_t cell, begin;
    int k;     /* -1: empty */
    double *h; /* (n of the family) */
} kept;

/* What one family needs; n 0: absent. */
typedef struct family_state {
    gws_poisson times;
    gws_fft *fft;
    int64_t n, bins;
    double *psd, *spec; /* (bins), (2 bins) */
    kept kept[N_KEPT];
    int next_kept;
} family_state;

struct gws_glitches {
    gws_glitch_params p;
    int rate_hz;
    family_state family[GWS_GLITCH_FAMILIES];
};

const char *gws_glitch_name(gws_glitch_family family)
{
    GWS_ASSERT(family >= 0 && family < GWS_GLITCH_FAMILIES);
    return families[family].name;
}

gws_glitch_params gws_glitch_defaults(void)
{
    return (gws_glitch_params){.snr_min = 7.5, .snr_max = 100, .snr_index = 3, .snr_low_hz = 10};
}

static gws_status check(const gws_glitch_params *p, int rate_hz, gws_err *err)
{
    if (!(p->snr_min > 0 && p->snr_min <= p->snr_max && isfinite(p->snr_max) && fabs(p->snr_index) <= 20))
        return gws_err_set(err, GWS_EARG, "glitches: SNR from %g to %g with index %g; want 0 < min <= max, index within 20",
                           p->snr_min, p->snr_max, p->snr_index);
    if (!(p->snr_low_hz > 0 && p->snr_low_hz < rate_hz / 2.0))
        return gws_err_set(err, GWS_EARG, "glitches: SNR counted from %g Hz; want more than 0, less than %g", p->snr_low_hz,
                           rate_hz / 2.0);
    for (int f = 0; f < GWS_GLITCH_FAMILIES; f++) {
        if (!(p->per_hour[f] >= 0 && p->per_hour[f] <= GWS_POISSON_MAX_PER_HOUR))
            return gws_err_set(err, GWS_EARG, "glitches: %s %g times an hour; want 0 to %g", families[f].name, p->per_hour[f],
                               GWS_POISSON_MAX_PER_HOUR);
        if (p->per_hour[f] > 0 && rate_hz < families[f].least_hz)
            return gws_err_set(err, GWS_EARG, "glitches: %s at %d samples per second; want at least %d", families[f].name, rate_hz,
                               families[f].least_hz);
    }
    return GWS_OK;
}

gws_status gws_glitch_rates_parse(const char *text, gws_glitch_params *p, gws_err *err)
{
    GWS_ASSERT(text && p);
    gws_glitch_params out = *p;
    for (const char *at = text;;) {
        size_t name = strcspn(at, "=,"), word = strcspn(at, ",");
        int f = 0;
        while (f < GWS_GLITCH_FAMILIES && !(strlen(families[f].name) == name && strncmp(families[f].name, at, name) == 0))
            f++;
        if (f == GWS_GLITCH_FAMILIES)
            return gws_err_set(err, GWS_EARG,
                               "glitches '%.100s': '%.*s' is no family; there are blip, tomte, whistle, scattered, lowfreq", text,
                               (int)(name < 40 ? name : 40), at);
        double rate;
        const char *end = at[name] == '=' ? gws_number_read(at + name + 1, &rate) : NULL;
        if (end != at + word || !(rate >= 0 && rate <= GWS_POISSON_MAX_PER_HOUR))
            return gws_err_set(err, GWS_EARG, "glitches '%.100s': want %s=RATE, 0 to %g an hour", text, families[f].name,
                               GWS_POISSON_MAX_PER_HOUR);
        out.per_hour[f] = rate;
        if (at[word] == '\0')
            break;
        at += word + 1;
    }
    *p = out;
    return GWS_OK;
}

/* ---- what a glitch is ---- */

static double log_uniform(gws_rng *rng, double lo, double hi)
{
    return lo * pow(hi / lo, gws_rng_uniform(rng));
}

static double draw_snr(gws_rng *rng, const gws_glitch_params *p)
{
    double u = gws_rng_uniform(rng), power = 1 - p->snr_index;
    if (fabs(power) < 1e-9)
        return p->snr_min * pow(p->snr_max / p->snr_min, u);
    return p->snr_min * pow(1 + u * (pow(p->snr_max / p->snr_min, power) - 1), 1 / power);
}

/* shape: width of the spectrum in ln f; dispersion kappa.  A spectrum broader than BROAD reaches down, not up: f0 e^width stays. */
static void draw_pulse(event *e, double f_lo_hz, double f_hi_hz, double width_lo, double width_hi, double kappa)
{
    e->known.f_hz = log_uniform(&e->rng, f_lo_hz, f_hi_hz);
    e->shape[0] = gws_rng_range(&e->rng, width_lo, width_hi);
    e->known.f_hz *= fmin(1, exp(BROAD - e->shape[0]));
    e->shape[1] = gws_rng_range(&e->rng, -kappa, kappa);
    e->known.duration_s = 2 / (M_PI * e->shape[0] * e->known.f_hz);
}

/* shape: highest frequency */
static void draw_whistle(event *e, double nyquist_hz)
{
    e->shape[0] = fmin(SWEEP_HIGH_HZ, 0.9 * nyquist_hz);
    e->known.f_hz = log_uniform(&e->rng, SWEEP_LOW_HZ, sqrt(SWEEP_LOW_HZ * e->shape[0]));
    e->known.duration_s = log_uniform(&e->rng, 0.2, 1.5);
}

/* shape: swings of the surface a second; arches; harmonics; amplitude of each by that before it */
static void draw_scattered(event *e)
{
    e->known.f_hz = log_uniform(&e->rng, 15, 45);
    e->shape[0] = gws_rng_range(&e->rng, 0.1, 0.25);
    e->shape[1] = 1 + (double)gws_rng_below(&e->rng, 6);
    e->shape[2] = fmin(1 + (double)gws_rng_below(&e->rng, 3), floor(SCATTER_HIGH_HZ / e->known.f_hz));
    e->shape[3] = gws_rng_range(&e->rng, 0.3, 0.7);
    e->known.duration_s = e->shape[1] / (2 * e->shape[0]);
}

/* shape: standard deviation of the envelope, s */
static void draw_lowfreq(event *e)
{
    e->known.f_hz = gws_rng_range(&e->rng, 14, 26);
    e->shape[0] = log_uniform(&e->rng, 0.05, 0.5);
    e->known.duration_s = 4 * e->shape[0];
}

static event draw(const gws_glitches *g, int family, int64_t cell, int k)
{
    const gws_poisson *times = &g->family[family].times;
    event e = {.known = {.family = (gws_glitch_family)family, .t_ns = gws_poisson_time_ns(times, cell, k)},
               .rng = gws_poisson_event(times, cell, k)};
    e.known.snr = draw_snr(&e.rng, &g->p);
    e.phase = gws_rng_range(&e.rng, 0, 2 * M_PI);
    switch (e.known.family) {
    case GWS_GLITCH_BLIP: draw_pulse(&e, 70, 200, 0.35, 1.3, 1.5); break;
    case GWS_GLITCH_TOMTE: draw_pulse(&e, 30, 70, 0.2, 0.4, 3); break;
    case GWS_GLITCH_WHISTLE: draw_whistle(&e, 0.5 * g->rate_hz); break;
    case GWS_GLITCH_SCATTERED: draw_scattered(&e); break;
    case GWS_GLITCH_LOWFREQ: draw_lowfreq(&e); break;
    case GWS_GLITCH_FAMILIES: break;
    }
    return e;
}

/* ---- how it looks ---- */

/* In all of these sample i stands at (i - mid)/rate seconds from the glitch's time, mid being no whole number. */

/* |X| ~ exp(-(ln(f/f0))^2 / (2 width^2)), and a phase -kappa ln(f/f0): the group delay kappa/(2 pi f) leans the teardrop. */
static void make_pulse(const event *e, family_state *s, int rate_hz, double mid, double *x)
{
    double df_hz = (double)rate_hz / (double)s->n, top_hz = 0.5 * rate_hz;
    s->spec[0] = s->spec[1] = 0;
    for (int64_t k = 1; k < s->bins; k++) {
        double f_hz = (double)k * df_hz, octave = log(f_hz / e->known.f_hz), z = octave / e->shape[0];
        double soft = f_hz > 0.8 * top_hz ? 0.5 + 0.5 * cos(M_PI * (f_hz / top_hz - 0.8) / 0.2) : 1;
        double amplitude = soft * exp(-0.5 * z * z);
        double angle = e->phase - e->shape[1] * octave - 2 * M_PI * (double)k * mid / (double)s->n;
        s->spec[2 * k] = amplitude * cos(angle);
        s->spec[2 * k + 1] = amplitude * sin(angle);
    }
    gws_fft_inverse(s->fft, s->spec, x);
    /* The spectrum's foot rings on faintly; it ends here. */
    int64_t edge = s->n / 8;
    for (int64_t i = 0; i < edge; i++) {
        double soft = 0.5 - 0.5 * cos(M_PI * (double)i / (double)edge);
        x[i] *= soft;
        x[s->n - 1 - i] *= soft;
    }
}

/* f(t) = sqrt(f0^2 + (s t)^2), the beat of an oscillator that is tuned past another: down, and up again. */
static void make_whistle(const event *e, const family_state *s, int rate_hz, double mid, double *x)
{
    double f0 = e->known.f_hz, half = 0.5 * e->known.duration_s, slope = sqrt(e->shape[0] * e->shape[0] - f0 * f0) / half;
    for (int64_t i = 0; i < s->n; i++) {
        double t = ((double)i - mid) / rate_hz, out = (half - fabs(t)) / (TAPER * 2 * half), f = hypot(f0, slope * t);
        double soft = out < 0 ? 0 : out < 1 ? 0.5 - 0.5 * cos(M_PI * out) : 1;
        x[i] = soft > 0 ? soft * cos(e->phase + M_PI * (t * f + f0 * f0 / slope * asinh(slope * t / f0))) : 0;
    }
}

/* Harmonic m of light that comes back from a surface at x(t) = -x0 cos(2 pi f_s t): phase m 4 pi x/lambda, frequency
 * m 2 |v|/lambda. */
static void make_scattered(const event *e, const family_state *s, int rate_hz, double mid, double *x)
{
    double swing_hz = e->shape[0], length = e->known.duration_s, depth = e->known.f_hz / swing_hz;
    for (int64_t i = 0; i < s->n; i++) {
        double t = ((double)i - mid) / rate_hz + 0.5 * length, edge = fmin(t, length - t) * 4 * swing_hz; /* 1 at the first top */
        x[i] = 0;
        if (edge <= 0)
            continue;
        double soft = edge < 1 ? 0.5 - 0.5 * cos(M_PI * edge) : 1, angle = depth * -cos(2 * M_PI * swing_hz * t) + e->phase,
               part = soft;
        for (int m = 1; m <= (int)e->shape[2]; m++, part *= e->shape[3])
            x[i] += part * sin(m * angle);
    }
}

/* Tones of random frequency, amplitude and phase under a Gaussian. */
static void make_lowfreq(const event *e, const family_state *s, int rate_hz, double mid, double *x)
{
    double re[N_TONES], im[N_TONES], f_hz[N_TONES];
    gws_rng rng = e->rng;
    for (int k = 0; k < N_TONES; k++) {
        f_hz[k] = e->known.f_hz + gws_rng_range(&rng, -4, 4);
        re[k] = gws_rng_normal(&rng);
        im[k] = gws_rng_normal(&rng);
    }
    for (int64_t i = 0; i < s->n; i++) {
        double t = ((double)i - mid) / rate_hz, z = t / e->shape[0];
        x[i] = 0;
        if (fabs(z) > 6)
            continue;
        for (int k = 0; k < N_TONES; k++)
            x[i] += re[k] * cos(2 * M_PI * f_hz[k] * t) + im[k] * sin(2 * M_PI * f_hz[k] * t);
        x[i] *= exp(-0.5 * z * z);
    }
}

/* Scale to the SNR wanted. */
static void scale(const gws_glitches *g, family_state *s, double snr, double *x)
{
    double df_hz = (double)g->rate_hz / (double)s->n, sum = 0;
    gws_fft_forward(s->fft, x, s->spec);
    for (int64_t k = (int64_t)ceil(g->p.snr_low_hz / df_hz); k < s->bins - 1; k++)
        sum += (s->spec[2 * k] * s->spec[2 * k] + s->spec[2 * k + 1] * s->spec[2 * k + 1]) / s->psd[k];
    /* |h(f)| = |X|/rate */
    double factor = snr / sqrt(4 * df_hz * sum) * g->rate_hz;
    for (int64_t i = 0; i < s->n; i++)
        x[i] *= factor;
}

static int64_t sample_below(int64_t t_ns, int rate_hz, double *rest)
{
    int64_t second = gws_floor_div(t_ns, GWS_NS);
    double offset = (double)(t_ns - second * GWS_NS) * 1e-9 * rate_hz, whole = floor(offset);
    if (rest)
        *rest = offset - whole;
    return second * rate_hz + (int64_t)whole;
}

static const kept *render(gws_glitches *g, int family, int64_t cell, int k)
{
    family_state *s = &g->family[family];
    for (int i = 0; i < N_KEPT; i++)
        if (s->kept[i].k == k && s->kept[i].cell == cell)
            return &s->kept[i];
    kept *out = &s->kept[s->next_kept];
    s->next_kept = (s->next_kept + 1) % N_KEPT;
    event e = draw(g, family, cell, k);
    double rest, mid;
    out->begin = sample_below(e.known.t_ns, g->rate_hz, &rest) - s->n / 2;
    out->cell = cell;
    out->k = k;
    mid = (double)(s->n / 2) + rest;
    switch (e.known.family) {
    case GWS_GLITCH_BLIP:
    case GWS_GLITCH_TOMTE: make_pulse(&e, s, g->rate_hz, mid, out->h); break;
    case GWS_GLITCH_WHISTLE: make_whistle(&e, s, g->rate_hz, mid, out->h); break;
    case GWS_GLITCH_SCATTERED: make_scattered(&e, s, g->rate_hz, mid, out->h); break;
    case GWS_GLITCH_LOWFREQ: make_lowfreq(&e, s, g->rate_hz, mid, out->h); break;
    case GWS_GLITCH_FAMILIES: break;
    }
    scale(g, s, e.known.snr, out->h);
    return out;
}

/* ---- the detector's ---- */

static gws_status family_init(family_state *s, int family, const gws_glitch_params *p, const char *ifo, int rate_hz,
                              const gws_psd *psd, uint64_t seed, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    char name[32];
    gws_psd grid = {0};
    snprintf(name, sizeof name, "glitch-%.3s-%s", ifo, families[family].name);
    s->times = gws_poisson_init(seed, name, p->per_hour[family]);
    s->n = (int64_t)families[family].length_s * rate_hz;
    s->fft = gws_fft_create(s->n, err);
    if (!s->fft)
        return err->status;
    s->bins = gws_fft_bins(s->fft);
    s->psd = malloc((size_t)s->bins * sizeof *s->psd);
    s->spec = gws_arena_alloc(2 * (size_t)s->bins * sizeof *s->spec);
    int room = s->psd && s->spec;
    for (int i = 0; i < N_KEPT; i++) {
        s->kept[i].k = -1;
        s->kept[i].h = gws_arena_alloc((size_t)s->n * sizeof *s->kept[i].h);
        room = room && s->kept[i].h;
    }
    if (!room)
        return gws_err_set(err, GWS_ENOMEM, "glitches: no memory for %lld samples", (long long)s->n);
    double df_hz = (double)rate_hz / (double)s->n;
    gws_status status = gws_psd_interpolate(psd, df_hz, s->bins, &grid, err);
    if (status != GWS_OK)
        return status;
    memcpy(s->psd, grid.data, (size_t)s->bins * sizeof *s->psd);
    gws_psd_clear(&grid);
    for (int64_t k = (int64_t)ceil(p->snr_low_hz / df_hz); k < s->bins - 1; k++)
        if (!(s->psd[k] > 0 && isfinite(s->psd[k])))
            return gws_err_set(err, GWS_EDATA, "glitches: the noise curve is %g at %g Hz; want a positive number", s->psd[k],
                               (double)k * df_hz);
    return GWS_OK;
}

gws_glitches *gws_glitches_create(const gws_glitch_params *params, const char *ifo, int rate_hz, const gws_psd *psd, uint64_t seed,
                                  gws_err *err)
{
    GWS_ASSERT(params && ifo && rate_hz > 0 && psd && psd->n >= 2);
    if (check(params, rate_hz, err) != GWS_OK)
        return NULL;
    gws_glitches *g = calloc(1, sizeof *g);
    if (!g) {
        gws_err_set(err, GWS_ENOMEM, "glitches: no memory");
        return NULL;
    }
    g->p = *params;
    g->rate_hz = rate_hz;
    for (int f = 0; f < GWS_GLITCH_FAMILIES; f++)
        if (params->per_hour[f] > 0 && family_init(&g->family[f], f, params, ifo, rate_hz, psd, seed, err) != GWS_OK) {
            gws_glitches_destroy(g);
            return NULL;
        }
    return g;
}

void gws_glitches_destroy(gws_glitches *g)
{
    if (!g)
        return;
    for (int f = 0; f < GWS_GLITCH_FAMILIES; f++) {
        family_state *s = &g->family[f];
        gws_fft_destroy(s->fft);
        free(s->psd);
        gws_arena_free(s->spec);
        for (int i = 0; i < N_KEPT; i++)
            gws_arena_free(s->kept[i].h);
    }
    free(g);
}

void gws_glitches_add(gws_glitches *g, int64_t begin, int64_t n, double *h)
{
    GWS_ASSERT(g && n >= 0 && (h || n == 0));
    /* Family by family, cell by cell: a sample that several meet sums them in the same order in any cut. */
    for (int f = 0; f < GWS_GLITCH_FAMILIES && n > 0; f++) {
        const family_state *s = &g->family[f];
        if (s->n == 0)
            continue;
        int64_t first = gws_poisson_cell(gws_ns_of_sample(begin - s->n / 2 - 1, g->rate_hz));
        int64_t last = gws_poisson_cell(gws_ns_of_sample(begin + n + s->n / 2 + 1, g->rate_hz));
        for (int64_t cell = first; cell <= last; cell++) {
            int count = gws_poisson_count(&s->times, cell);
            for (int k = 0; k < count; k++) {
                int64_t from = sample_below(gws_poisson_time_ns(&s->times, cell, k), g->rate_hz, NULL) - s->n / 2;
                if (from >= begin + n || from + s->n <= begin)
                    continue;
                const kept *e = render(g, f, cell, k);
                int64_t lo = from > begin ? from : begin, hi = from + s->n < begin + n ? from + s->n : begin + n;
                for (int64_t a = lo; a < hi; a++)
                    h[a - begin] += e->h[a - from];
            }
        }
    }
}

static int by_time(const void *a, const void *b)
{
    const gws_glitch *x = a, *y = b;
    if (x->t_ns != y->t_ns)
        return x->t_ns < y->t_ns ? -1 : 1;
    return (int)x->family - (int)y->family;
}

gws_status gws_glitches_list(const gws_glitches *g, int64_t begin, int64_t n, gws_glitch **out, int *n_out, gws_err *err)
{
    GWS_ASSERT(g && n >= 0 && out && n_out);
    int64_t room = 0;
    *out = NULL;
    *n_out = 0;
    int64_t first = gws_poisson_cell(gws_ns_of_sample(begin - 1, g->rate_hz));
    int64_t last = gws_poisson_cell(gws_ns_of_sample(begin + n + 1, g->rate_hz));
    for (int f = 0; f < GWS_GLITCH_FAMILIES; f++)
        for (int64_t cell = first; g->family[f].n > 0 && cell <= last; cell++) {
            int count = gws_poisson_count(&g->family[f].times, cell);
            for (int k = 0; k < count; k++) {
                event e = draw(g, f, cell, k);
                int64_t at = sample_below(e.known.t_ns, g->rate_hz, NULL);
                if (at < begin || at >= begin + n)
                    continue;
                if (!GWS_ARRAY_ROOM(*out, room, *n_out + 1)) {
                    free(*out);
                    *out = NULL;
                    *n_out = 0;
                    return gws_err_set(err, GWS_ENOMEM, "glitches: no memory for their table");
                }
                (*out)[(*n_out)++] = e.known;
            }
        }
    if (*n_out > 0)
        qsort(*out, (size_t)*n_out, sizeof **out, by_time);
    return GWS_OK;
}
