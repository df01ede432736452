#include "matched/followup.h"

#include "base/arena.h"
#include "base/clock.h"
#include "dsp/fft.h"
#include "dsp/resample.h"
#include "gw/antenna.h"
#include "gw/constants.h"
#include "matched/filter.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RATE GWS_FOLLOWUP_RATE_HZ
#define SEGMENT_S 32 /* filtered at last; zeros where there is less strain */
#define BEHIND_S 8   /* of it behind the time, where there is so much */
#define TAPER_S 0.5
#define WELCH_S 4
#define INVERSE_S 4
#define USED 0.9         /* share of the band below Nyquist that resamplers leave as it is */
#define SLACK_S 0.005    /* between detectors, besides light travel */
#define FAR_APART_S 0.05 /* between detectors whose place is not known */
#define STARTS 3         /* of the fine search */
#define STEPS 60         /* templates of each start */
#define DIM 3
#define SPREAD 0.012 /* step of the lattice in log chirp mass at 5 Msun; it grows with chirp mass^(5/3) */
#define SPREAD_MOST 0.12

/* A shorter piece at half the rate, in which many templates are tried quickly. */
typedef struct zoom {
    int64_t n, bins, lead; /* lead: samples in front of the time */
    int rate_hz;
    double low_hz;
    double complex *weighted[GWS_MAX_IFO]; /* (bins) spectrum over S */
    double *inverse[GWS_MAX_IFO];          /* (bins) 1/S */
    double complex *hp, *hc;               /* (bins) */
    double *power[GWS_MAX_IFO];            /* (2 reach + 1) |rho|^2 about the time */
    int64_t reach;                         /* samples: window_s */
    int64_t apart[GWS_MAX_IFO][GWS_MAX_IFO];
    int64_t at[GWS_MAX_IFO]; /* of the last template: samples from the time */
    gws_matched_filter *filter;
} zoom;

typedef struct work {
    const gws_followup_params *p;
    int64_t time;           /* absolute sample at RATE nearest to the trigger */
    int64_t n, bins, first; /* of the segment; absolute sample of its first */
    int n_ifo;
    char ifo[GWS_MAX_IFO][4];
    double complex *weighted[GWS_MAX_IFO]; /* (bins) */
    double *inverse[GWS_MAX_IFO];
    gws_psd psd[GWS_MAX_IFO];
    int tried;
    gws_status status; /* of waveforms */
    gws_err err;
} work;

typedef struct point {
    double x[DIM]; /* log chirp mass, mass ratio m2/m1, spin */
    double value;  /* network SNR squared, negated */
} point;

gws_followup_params gws_followup_defaults(void)
{
    return (gws_followup_params){.approximant = "IMRPhenomD",
                                 .mass_min_msun = 5,
                                 .mass_max_msun = 100,
                                 .spin_max = 0.95,
                                 .low_hz = 20,
                                 .coarse_hz = 30,
                                 .window_s = 0.3,
                                 .series_s = 0.1,
                                 .chisq_bins = 16,
                                 .population_msun = 15};
}

void gws_followup_clear(gws_followup *f)
{
    if (!f)
        return;
    for (int i = 0; i < GWS_MAX_IFO; i++) {
        free(f->ifo[i].series);
        gws_psd_clear(&f->ifo[i].psd);
    }
    *f = (gws_followup){0};
}

/* ---- strain ---- */

typedef struct run {
    double *x; /* (n) at RATE; NaN where nothing came */
    int64_t first, n;
} run;

static void place(void *user, int64_t sample, const double *h, int64_t n)
{
    run *r = user;
    for (int64_t i = 0; i < n; i++)
        if (sample + i >= r->first && sample + i < r->first + r->n)
            r->x[sample + i - r->first] = h[i];
}

/* The unbroken strain about the time, at RATE; n 0: there is too little. */
static gws_status gather(const gws_followup_strain *s, int64_t time, run *out, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    *out = (run){0};
    const int factor = s->rate_hz / RATE;
    const int64_t at = time * factor - s->first;
    if (at < 0 || at >= s->n)
        return GWS_OK;
    int64_t from = at, to = at;
    while (from > 0 && isfinite(s->h[from - 1]))
        from--;
    while (to < s->n && isfinite(s->h[to]))
        to++;
    if (to == at)
        return GWS_OK;
    gws_resample *r = gws_resample_create(s->rate_hz, RATE, err);
    if (!r)
        return err->status;
    const int64_t reach = factor > 1 ? gws_resample_delay(r) / factor + 1 : 0;
    const int64_t first = gws_floor_div(s->first + from + factor - 1, factor) + reach,
                  end = gws_floor_div(s->first + to, factor) - reach;
    gws_status status = GWS_OK;
    if (time - first >= 0 && end - first >= (int64_t)GWS_FOLLOWUP_SHORTEST_S * RATE &&
        end - time > (int64_t)GWS_FOLLOWUP_BEHIND_S * RATE) {
        *out = (run){.x = malloc((size_t)(end - first) * sizeof(double)), .first = first, .n = end - first};
        if (out->x) {
            gws_resample_push(r, s->first + from, s->h + from, to - from, place, out);
            gws_resample_finish(r, place, out);
        } else
            status = gws_err_set(err, GWS_ENOMEM, "follow-up: no memory for %lld samples of %s", (long long)(end - first), s->ifo);
    }
    gws_resample_destroy(r);
    return status;
}

/* Noise curve of all that is there, and its inverse for the segment. */
static gws_status measure_noise(work *w, const run *r, gws_psd *psd, double *inverse, gws_err *err)
{
    const int64_t segment = (int64_t)WELCH_S * RATE, last = (int64_t)(USED * RATE / 2 * WELCH_S);
    gws_psd fine = {0}, cut = {0}, held = {0};
    gws_status status = gws_psd_welch(r->x, r->n, RATE, &(gws_welch_params){segment, segment / 2, GWS_PSD_MEDIAN}, psd, err);
    for (int64_t k = (int64_t)(w->p->low_hz * WELCH_S); status == GWS_OK && k <= last; k++)
        if (!(psd->data[k] > 0) || !isfinite(psd->data[k]))
            status = gws_err_set(err, GWS_EDATA, "follow-up: noise of %g /Hz at %g Hz", psd->data[k], (double)k / WELCH_S);
    if (status == GWS_OK)
        status = gws_psd_interpolate(psd, psd->delta_f_hz, psd->n, &held, err);
    for (int64_t k = last + 1; status == GWS_OK && k < held.n; k++)
        held.data[k] = held.data[last];
    if (status == GWS_OK)
        status = gws_psd_interpolate(&held, (double)RATE / (double)w->n, w->bins, &fine, err);
    if (status == GWS_OK)
        status = gws_psd_truncate_inverse(&fine, RATE, (int64_t)INVERSE_S * RATE, w->p->low_hz, 1, &cut, err);
    for (int64_t k = 0; status == GWS_OK && k < w->bins; k++)
        inverse[k] = 1 / cut.data[k];
    gws_psd_clear(&held);
    gws_psd_clear(&fine);
    gws_psd_clear(&cut);
    return status;
}

/* The segment of one detector: without its mean, tapered where its strain ends, zeros beyond; then its spectrum over S. */
static gws_status weigh(work *w, const run *r, const double *inverse, double complex *weighted, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    gws_fft *fft = gws_fft_create(w->n, err);
    double *x = gws_arena_alloc((size_t)w->n * sizeof *x);
    gws_status status = GWS_OK;
    if (!fft || !x) {
        status = gws_err_set(err, GWS_ENOMEM, "follow-up: no memory for a segment");
        goto fail;
    }
    const int64_t from = r->first > w->first ? r->first : w->first;
    const int64_t end = r->first + r->n < w->first + w->n ? r->first + r->n : w->first + w->n;
    const int64_t n = end - from, taper = (int64_t)(TAPER_S * RATE);
    const double *h = r->x + (from - r->first);
    double *to = x + (from - w->first);
    double mean = 0;
    for (int64_t i = 0; i < n; i++)
        mean += h[i];
    mean /= (double)n;
    for (int64_t i = 0; i < n; i++) {
        const int64_t edge = i < n - 1 - i ? i : n - 1 - i;
        to[i] = (h[i] - mean) * (edge < taper ? 0.5 - 0.5 * cos(M_PI * ((double)edge + 0.5) / (double)taper) : 1);
    }
    gws_fft_forward(fft, x, (double *)weighted);
    for (int64_t k = 0; k < w->bins; k++)
        weighted[k] *= inverse[k] / RATE;
fail:
    gws_fft_destroy(fft);
    gws_arena_free(x);
    return status;
}

static void work_clear(work *w)
{
    for (int i = 0; i < GWS_MAX_IFO; i++) {
        gws_arena_free(w->weighted[i]);
        gws_arena_free(w->inverse[i]);
        gws_psd_clear(&w->psd[i]);
    }
}

static gws_status take_strain(work *w, const gws_followup_strain *strain, int n, gws_err *err)
{
    gws_status status = GWS_OK;
    run all[GWS_MAX_IFO] = {{0}};
    int64_t end = w->time + (int64_t)BEHIND_S * RATE;
    for (int i = 0; i < n && status == GWS_OK; i++) {
        status = gather(&strain[i], w->time, &all[i], err);
        if (all[i].n > 0 && all[i].first + all[i].n < end)
            end = all[i].first + all[i].n; /* one segment for all, so that one template does for all */
    }
    w->first = end - w->n;
    for (int i = 0; i < n && status == GWS_OK; i++) {
        if (all[i].n == 0)
            continue;
        const int k = w->n_ifo++;
        memcpy(w->ifo[k], strain[i].ifo, sizeof w->ifo[k]);
        w->weighted[k] = gws_arena_alloc((size_t)w->bins * sizeof *w->weighted[k]);
        w->inverse[k] = gws_arena_alloc((size_t)w->bins * sizeof *w->inverse[k]);
        if (!w->weighted[k] || !w->inverse[k])
            status = gws_err_set(err, GWS_ENOMEM, "follow-up: no memory for a segment");
        if (status == GWS_OK)
            status = measure_noise(w, &all[i], &w->psd[k], w->inverse[k], err);
        if (status == GWS_OK)
            status = weigh(w, &all[i], w->inverse[k], w->weighted[k], err);
        if (status != GWS_OK)
            gws_err_prefix(err, "%s", strain[i].ifo);
    }
    for (int i = 0; i < n; i++)
        free(all[i].x);
    if (status == GWS_OK && w->n_ifo == 0)
        status = gws_err_set(err, GWS_EDATA,
                             "follow-up: no detector has %d s of unbroken strain around the time and more than %d s of it behind",
                             GWS_FOLLOWUP_SHORTEST_S, GWS_FOLLOWUP_BEHIND_S);
    return status;
}

/* ---- zoom ---- */

static void zoom_clear(zoom *z)
{
    for (int i = 0; i < GWS_MAX_IFO; i++) {
        gws_arena_free(z->weighted[i]);
        gws_arena_free(z->inverse[i]);
        free(z->power[i]);
    }
    gws_arena_free(z->hp);
    gws_arena_free(z->hc);
    gws_matched_filter_destroy(z->filter);
}

/* How far apart two detectors' peaks may be, in samples. */
static int64_t apart(const work *w, int i, int k, int rate_hz)
{
    const gws_site *a = gws_site_find(w->ifo[i]), *b = gws_site_find(w->ifo[k]);
    const double s = a && b ? gws_light_travel_s(a, b) + SLACK_S : FAR_APART_S;
    return (int64_t)ceil(s * rate_hz);
}

/* The weighted strain back in time at half the rate, cut about the time, and its spectrum.  A cut is exact for templates that fit. */
static gws_status zoom_in(const work *w, zoom *z, int i, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    const int factor = RATE / z->rate_hz;
    const int64_t n = w->n / factor, bins = n / 2 + 1, stride = w->n * z->rate_hz / (RATE * z->n);
    gws_fft *back = gws_fft_create(n, err), *forth = gws_fft_create(z->n, err);
    double complex *spec = gws_arena_alloc((size_t)bins * sizeof *spec);
    double *u = gws_arena_alloc((size_t)n * sizeof *u), *cut = gws_arena_alloc((size_t)z->n * sizeof *cut);
    gws_status status = GWS_OK;
    if (!back || !forth || !spec || !u || !cut) {
        status = gws_err_set(err, GWS_ENOMEM, "follow-up: no memory for a segment");
        goto fail;
    }
    memcpy(spec, w->weighted[i], (size_t)bins * sizeof *spec);
    spec[0] = spec[bins - 1] = 0;
    gws_fft_inverse(back, (double *)spec, u);
    const double scale = (double)RATE / (double)w->n / z->rate_hz; /* df dt */
    const int64_t from = (w->time - w->first) / factor - z->lead;
    for (int64_t j = 0; j < z->n; j++)
        cut[j] = from + j >= 0 && from + j < n ? scale * u[from + j] : 0;
    gws_fft_forward(forth, cut, (double *)z->weighted[i]);
    for (int64_t k = 0; k < z->bins; k++)
        z->inverse[i][k] = w->inverse[i][k * stride];
fail:
    gws_fft_destroy(back);
    gws_fft_destroy(forth);
    gws_arena_free(spec);
    gws_arena_free(u);
    gws_arena_free(cut);
    return status;
}

/*   seconds  a power of two, of which two are behind the time (one of 8) */
static gws_status zoom_init(const work *w, int seconds, double low_hz, zoom *z, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    *z = (zoom){.rate_hz = RATE / 2, .low_hz = low_hz};
    z->n = (int64_t)seconds * z->rate_hz;
    z->bins = z->n / 2 + 1;
    z->lead = z->n - (int64_t)z->rate_hz * (seconds > 8 ? 2 : 1);
    z->reach = (int64_t)ceil(w->p->window_s * z->rate_hz);
    z->hp = gws_arena_alloc((size_t)z->bins * sizeof *z->hp);
    z->hc = gws_arena_alloc((size_t)z->bins * sizeof *z->hc);
    if (!z->hp || !z->hc)
        return gws_err_set(err, GWS_ENOMEM, "follow-up: no memory for a segment");
    if (!(z->filter = gws_matched_filter_create(z->n, z->rate_hz, w->p->chisq_bins, err)))
        return err->status;
    for (int i = 0; i < w->n_ifo; i++) {
        z->weighted[i] = gws_arena_alloc((size_t)z->bins * sizeof *z->weighted[i]);
        z->inverse[i] = gws_arena_alloc((size_t)z->bins * sizeof *z->inverse[i]);
        z->power[i] = malloc((size_t)(2 * z->reach + 1) * sizeof *z->power[i]);
        if (!z->weighted[i] || !z->inverse[i] || !z->power[i])
            return gws_err_set(err, GWS_ENOMEM, "follow-up: no memory for a segment");
        if (zoom_in(w, z, i, err) != GWS_OK)
            return err->status;
        for (int k = 0; k < w->n_ifo; k++)
            z->apart[i][k] = apart(w, i, k, z->rate_hz);
    }
    return GWS_OK;
}

static int64_t loudest(const double *power, int64_t from, int64_t to)
{
    int64_t best = from;
    for (int64_t j = from; j <= to; j++)
        if (power[j] > power[best])
            best = j;
    return best;
}

/* The largest sum over the detectors, each within light travel of the one that leads: each leads once. */
static double join(zoom *z, int n_ifo)
{
    double best = -1;
    for (int lead = 0; lead < n_ifo; lead++) {
        int64_t at[GWS_MAX_IFO];
        const int64_t peak = loudest(z->power[lead], 0, 2 * z->reach);
        double sum = 0;
        for (int i = 0; i < n_ifo; i++) {
            const int64_t a = i == lead ? 0 : z->apart[lead][i];
            const int64_t from = peak - a > 0 ? peak - a : 0, to = peak + a < 2 * z->reach ? peak + a : 2 * z->reach;
            at[i] = loudest(z->power[i], from, to);
            sum += z->power[i][at[i]];
        }
        if (sum > best) {
            best = sum;
            for (int i = 0; i < n_ifo; i++)
                z->at[i] = at[i] - z->reach;
        }
    }
    return best;
}

/* A template begins where it fits in front of the time. */
static double begins_at(const zoom *z, const gws_template *t)
{
    const double room_s = (double)(z->lead - z->reach) / z->rate_hz;
    double low = z->low_hz;
    while (gws_chirp_time_bound_s(low, t->mass1_msun, t->mass2_msun, t->spin1z, t->spin2z) > room_s)
        low *= 1.05;
    return low;
}

/* Network SNR squared of a template; 0 where there is none. */
static double try_template(work *w, zoom *z, const gws_template *t)
{
    gws_binary b = gws_template_binary(t);
    const double delta_f_hz = (double)z->rate_hz / (double)z->n;
    b.f_lower_hz = begins_at(z, t);
    w->tried++;
    w->status = gws_waveform_fd(t->approximant, &b, delta_f_hz, z->bins, z->hp, z->hc, &w->err);
    if (w->status != GWS_OK)
        return 0;
    gws_band band = gws_matched_filter_band(b.f_lower_hz, USED * z->rate_hz / 2, delta_f_hz, z->n);
    while (band.end > band.first && z->hp[band.end - 1] == 0)
        band.end--;
    for (int i = 0; i < w->n_ifo; i++) {
        const double sigma = gws_matched_filter_run(z->filter, z->hp, z->weighted[i], z->inverse[i], band);
        if (!(sigma > 0) || !isfinite(sigma))
            return 0;
        memcpy(z->power[i], gws_matched_filter_power(z->filter) + z->lead - z->reach, (size_t)(2 * z->reach + 1) * sizeof(double));
    }
    const double sum = join(z, w->n_ifo);
    return isfinite(sum) ? sum : 0;
}

/* ---- templates ---- */

static int template_of(const work *w, const double x[DIM], gws_template *out)
{
    const double q = x[1], mc = exp(x[0]);
    if (!(q > 0 && q <= 1) || fabs(x[2]) > w->p->spin_max)
        return 0;
    const double total = mc * pow((1 + q) * (1 + q) / q, 0.6);
    *out = (gws_template){.mass1_msun = total / (1 + q),
                          .mass2_msun = total * q / (1 + q),
                          .spin1z = x[2],
                          .spin2z = x[2],
                          .f_lower_hz = w->p->low_hz};
    memcpy(out->approximant, w->p->approximant, strlen(w->p->approximant) + 1);
    return out->mass1_msun <= w->p->mass_max_msun && out->mass2_msun >= w->p->mass_min_msun;
}

static void point_of(const gws_template *t, double x[DIM])
{
    const double total = t->mass1_msun + t->mass2_msun;
    x[0] = log(gws_template_mchirp_msun(t));
    x[1] = fmin(t->mass1_msun, t->mass2_msun) / fmax(t->mass1_msun, t->mass2_msun);
    x[2] = (t->mass1_msun * t->spin1z + t->mass2_msun * t->spin2z) / total;
}

static double value_at(work *w, zoom *z, const double x[DIM])
{
    gws_template t;
    return template_of(w, x, &t) ? -try_template(w, z, &t) : 0;
}

static double spread_at(double log_mc)
{
    return fmin(SPREAD * pow(exp(log_mc) / 5, 5.0 / 3), SPREAD_MOST);
}

/* Keep the best few, in order; neighbours of a better one are left out. */
static void keep(point *best, int *n, const point *p)
{
    int at = *n;
    for (int i = 0; i < *n; i++)
        if (fabs(best[i].x[0] - p->x[0]) < 1.5 * spread_at(p->x[0])) {
            if (p->value >= best[i].value)
                return;
            for (; i > 0 && p->value < best[i - 1].value; i--)
                best[i] = best[i - 1];
            best[i] = *p;
            return;
        }
    while (at > 0 && p->value < best[at - 1].value)
        at--;
    if (at == STARTS)
        return;
    if (*n < STARTS)
        (*n)++;
    memmove(best + at + 1, best + at, (size_t)(*n - 1 - at) * sizeof *best);
    best[at] = *p;
}

static int by_value(const void *a, const void *b)
{
    const point *p = a, *q = b;
    return p->value < q->value ? -1 : p->value > q->value;
}

/* The coarse templates: those given, or a lattice. */
static int scan(work *w, zoom *z, point *best)
{
    static const double ratio[] = {0.85, 0.4}, spin[] = {0, -0.6, 0.6};
    const gws_followup_params *p = w->p;
    int n = 0;
    for (int i = 0; i < p->n_start; i++) {
        point at;
        point_of(&p->start[i], at.x);
        at.value = -try_template(w, z, &p->start[i]);
        keep(best, &n, &at);
    }
    if (p->start)
        return n;
    const double low = log(p->mass_min_msun * pow(2, -0.2)), high = log(p->mass_max_msun * pow(2, -0.2));
    for (double x = low; x <= high; x += spread_at(x))
        for (int q = 0; q < 2; q++)
            for (int s = 0; s < 3; s++) {
                point at = {.x = {x, ratio[q], spin[s]}};
                at.value = value_at(w, z, at.x);
                if (at.value < 0)
                    keep(best, &n, &at);
            }
    return n;
}

/* Downhill simplex (Nelder and Mead 1965) of so many steps. */
static void descend(work *w, zoom *z, point *best)
{
    point s[DIM + 1];
    const double step[DIM] = {spread_at(best->x[0]), best->x[1] > 0.6 ? -0.2 : 0.2, best->x[2] > 0 ? -0.3 : 0.3};
    for (int i = 0; i <= DIM; i++) {
        s[i] = *best;
        if (i > 0)
            s[i].x[i - 1] += step[i - 1];
        s[i].value = value_at(w, z, s[i].x);
    }
    for (int k = 0; k < STEPS; k++) {
        static const double stretch[] = {1, 2, -0.5};
        point to[3];
        double middle[DIM] = {0};
        qsort(s, DIM + 1, sizeof *s, by_value);
        for (int d = 0; d < DIM; d++)
            for (int i = 0; i < DIM; i++)
                middle[d] += s[i].x[d] / DIM;
        int used = 0;
        for (int m = 0; m < 3; m++) {
            if ((m == 1 && to[0].value >= s[0].value) || (m == 2 && to[0].value < s[DIM - 1].value))
                continue;
            for (int d = 0; d < DIM; d++)
                to[m].x[d] = middle[d] + stretch[m] * (middle[d] - s[DIM].x[d]);
            to[m].value = value_at(w, z, to[m].x);
            if (m == 0 || to[m].value < to[used].value)
                used = m;
        }
        if (to[used].value < s[DIM].value)
            s[DIM] = to[used];
        else
            for (int i = 1; i <= DIM; i++) {
                for (int d = 0; d < DIM; d++)
                    s[i].x[d] = 0.5 * (s[i].x[d] + s[0].x[d]);
                s[i].value = value_at(w, z, s[i].x);
            }
    }
    qsort(s, DIM + 1, sizeof *s, by_value);
    *best = s[0];
}

/* The best template, and where it peaks in each detector: samples at RATE from the time. */
static gws_status find_best(work *w, gws_template *out, int64_t *at, gws_err *err)
{
    zoom coarse = {0}, fine = {0};
    point best[STARTS];
    int n = 0;
    gws_status status = zoom_init(w, 8, w->p->coarse_hz, &coarse, err);
    if (status == GWS_OK)
        status = zoom_init(w, 16, w->p->low_hz, &fine, err);
    if (status != GWS_OK)
        goto fail;
    n = scan(w, &coarse, best);
    for (int i = 0; i < n; i++)
        descend(w, &fine, &best[i]);
    if (n > 0)
        qsort(best, (size_t)n, sizeof *best, by_value);
    if (n == 0 || !(best[0].value < 0) || !template_of(w, best[0].x, out)) {
        status = w->status != GWS_OK ? gws_err_set(err, w->status, "%s", w->err.text)
                                     : gws_err_set(err, GWS_ENUM, "follow-up: no template has a signal-to-noise ratio");
        goto fail;
    }
    out->f_lower_hz = begins_at(&fine, out);
    try_template(w, &fine, out);
    for (int i = 0; i < w->n_ifo; i++)
        at[i] = fine.at[i] * (RATE / fine.rate_hz);
fail:
    zoom_clear(&coarse);
    zoom_clear(&fine);
    return status;
}

/* ---- what is reported ---- */

/* One detector of the last filter, near the sample on which it peaks. */
static gws_status report_ifo(const work *w, gws_matched_filter *m, int64_t near, gws_followup_ifo *out, gws_err *err)
{
    const double *power = gws_matched_filter_power(m);
    const int64_t j = loudest(power, near - 3, near + 3), half = (int64_t)ceil(w->p->series_s * RATE);
    const double a = power[j - 1], b = power[j], c = power[j + 1], bend = a - 2 * b + c;
    const double shift = bend < 0 ? fmax(-0.5, fmin(0.5, 0.5 * (a - c) / bend)) : 0;
    const double peak = b - 0.25 * (a - c) * shift;
    if (!(b > 0) || !isfinite(peak))
        return gws_err_set(err, GWS_ENUM, "follow-up: %s has a signal-to-noise ratio of %g", out->ifo, sqrt(b));
    const double complex here = gws_matched_filter_snr(m, j), next = gws_matched_filter_snr(m, shift < 0 ? j - 1 : j + 1);
    const double turn = remainder(carg(next) - carg(here), 2 * M_PI); /* to the neighbour on that side */
    out->snr = sqrt(peak);
    out->phase_rad = remainder(carg(here) + fabs(shift) * turn, 2 * M_PI);
    out->gps_ns = gws_ns_of_sample(w->first + j, RATE) + llround(shift * (double)GWS_NS / RATE);
    out->chisq_reduced = gws_matched_filter_chisq_reduced(m, j);
    out->new_snr = gws_new_snr(out->snr, out->chisq_reduced);
    out->n_series = (int)(2 * half + 1);
    out->series_ns = gws_ns_of_sample(w->first + j - half, RATE);
    out->series = malloc((size_t)out->n_series * sizeof *out->series);
    if (!out->series)
        return gws_err_set(err, GWS_ENOMEM, "follow-up: no memory for %d samples", out->n_series);
    for (int64_t k = -half; k <= half; k++)
        out->series[k + half] = gws_matched_filter_snr(m, j + k);
    return GWS_OK;
}

/* How far a search with these noise curves sees the population.
 *   hp, hc  (bins) are overwritten */
static gws_status measure_reach(const work *w, double complex *hp, double complex *hc, double *reach, gws_err *err)
{
    const double delta_f_hz = (double)RATE / (double)w->n;
    const gws_binary b = {
        .mass1_msun = w->p->population_msun, .mass2_msun = w->p->population_msun, .distance_mpc = 1, .f_lower_hz = w->p->low_hz};
    const gws_status status = gws_waveform_fd(w->p->approximant, &b, delta_f_hz, w->bins, hp, hc, err);
    if (status != GWS_OK)
        return status;
    const gws_band band = gws_matched_filter_band(b.f_lower_hz, USED * RATE / 2, delta_f_hz, w->n);
    double sum = 0;
    for (int i = 0; i < w->n_ifo; i++)
        for (int64_t k = band.first; k < band.end; k++)
            sum += (creal(hp[k]) * creal(hp[k]) + cimag(hp[k]) * cimag(hp[k])) * w->inverse[i][k];
    *reach = sqrt(4 * delta_f_hz * sum);
    return GWS_OK;
}

static gws_status report(work *w, const int64_t *at, gws_followup *out, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    gws_status status = GWS_OK;
    const double delta_f_hz = (double)RATE / (double)w->n;
    gws_matched_filter *m = gws_matched_filter_create(w->n, RATE, w->p->chisq_bins, err);
    double complex *hp = gws_arena_alloc((size_t)w->bins * sizeof *hp), *hc = gws_arena_alloc((size_t)w->bins * sizeof *hc);
    gws_binary b = gws_template_binary(&out->best);
    double sum = 0, most = 0;
    if (!m || !hp || !hc) {
        status = gws_err_set(err, GWS_ENOMEM, "follow-up: no memory for a segment");
        goto fail;
    }
    if ((status = gws_waveform_fd(out->best.approximant, &b, delta_f_hz, w->bins, hp, hc, err)) != GWS_OK)
        goto fail;
    gws_band band = gws_matched_filter_band(b.f_lower_hz, USED * RATE / 2, delta_f_hz, w->n);
    while (band.end > band.first && hp[band.end - 1] == 0)
        band.end--;
    out->n = w->n_ifo;
    out->templates = w->tried;
    for (int i = 0; i < w->n_ifo && status == GWS_OK; i++) {
        gws_followup_ifo *o = &out->ifo[i];
        memcpy(o->ifo, w->ifo[i], sizeof o->ifo);
        o->sigma = gws_matched_filter_run(m, hp, w->weighted[i], w->inverse[i], band);
        if (!(o->sigma > 0) || !isfinite(o->sigma))
            status = gws_err_set(err, GWS_ENUM, "follow-up: %s: the template's norm is %g", o->ifo, o->sigma);
        else
            status = report_ifo(w, m, w->time - w->first + at[i], o, err);
        o->psd = w->psd[i];
        w->psd[i] = (gws_psd){0};
        sum += o->snr * o->snr;
        if (i == 0 || o->snr > most) {
            most = o->snr;
            out->gps_ns = o->gps_ns;
        }
    }
    out->snr = sqrt(sum);
    if (status == GWS_OK)
        status = measure_reach(w, hp, hc, &out->reach, err);
fail:
    gws_matched_filter_destroy(m);
    gws_arena_free(hp);
    gws_arena_free(hc);
    return status;
}

gws_status gws_followup_check(const gws_followup_params *p, gws_err *err)
{
    const double most_hz = USED * RATE / 4;
    int known = 0;
    if (!(p->mass_min_msun >= 1 && p->mass_max_msun <= 1000 && p->mass_min_msun < p->mass_max_msun))
        return gws_err_set(err, GWS_EARG, "follow-up: masses of %g to %g Msun, wanted two rising numbers from 1 to 1000",
                           p->mass_min_msun, p->mass_max_msun);
    if (!(p->population_msun >= 1 && p->population_msun <= 1000))
        return gws_err_set(err, GWS_EARG, "follow-up: a population of %g Msun, wanted 1 to 1000", p->population_msun);
    if (!(p->spin_max >= 0 && p->spin_max <= 0.99))
        return gws_err_set(err, GWS_EARG, "follow-up: spins to %g, wanted 0 to 0.99", p->spin_max);
    if (!(p->low_hz >= 10 && p->low_hz < most_hz && p->coarse_hz >= p->low_hz && p->coarse_hz < most_hz))
        return gws_err_set(err, GWS_EARG, "follow-up: from %g and %g Hz, wanted 10 to %g Hz, the second no lower", p->low_hz,
                           p->coarse_hz, most_hz);
    if (!(p->window_s >= 0.01 && p->window_s <= 0.5 && p->series_s >= 0.01 && p->series_s <= 0.5))
        return gws_err_set(err, GWS_EARG, "follow-up: a window of %g s and a series of %g s, wanted 0.01 to 0.5 s", p->window_s,
                           p->series_s);
    for (int i = 0; gws_approximant_name(i); i++)
        known |= strcmp(gws_approximant_name(i), p->approximant) == 0;
    if (!known || strlen(p->approximant) >= GWS_BANK_NAME)
        return gws_err_set(err, GWS_EARG, "follow-up: the approximant '%s' is unknown", p->approximant);
    return GWS_OK;
}

static gws_status check_strain(const gws_followup_strain *strain, int n, gws_err *err)
{
    for (int i = 0; i < n; i++)
        if (strain[i].rate_hz < RATE || strain[i].rate_hz % RATE != 0)
            return gws_err_set(err, GWS_EDATA, "follow-up: %s has a rate of %d Hz, wanted a multiple of %d Hz", strain[i].ifo,
                               strain[i].rate_hz, RATE);
    return GWS_OK;
}

gws_status gws_followup_run(const gws_followup_params *params, int64_t gps_ns, const gws_followup_strain *strain, int n,
                            gws_followup *out, gws_err *err)
{
    GWS_ASSERT(params && params->approximant && strain && out && n >= 0 && n <= GWS_MAX_IFO);
    int64_t at[GWS_MAX_IFO];
    work w = {.p = params, .time = gws_sample_of_ns(gps_ns, RATE), .n = (int64_t)SEGMENT_S * RATE};
    *out = (gws_followup){0};
    w.bins = w.n / 2 + 1;
    gws_status status = gws_followup_check(params, err);
    if (status == GWS_OK)
        status = check_strain(strain, n, err);
    if (status == GWS_OK)
        status = take_strain(&w, strain, n, err);
    if (status == GWS_OK)
        status = find_best(&w, &out->best, at, err);
    if (status == GWS_OK)
        status = report(&w, at, out, err);
    if (status != GWS_OK)
        gws_followup_clear(out);
    work_clear(&w);
    return status;
}

/* ---- for others ---- */

double gws_template_mchirp_msun(const gws_template *t)
{
    return pow(t->mass1_msun * t->mass2_msun, 0.6) / pow(t->mass1_msun + t->mass2_msun, 0.2);
}

static void put_detector(gws_json *j, const gws_followup_ifo *o)
{
    char key[40];
#define KEY(name) (snprintf(key, sizeof key, "%s_" name, o->ifo), key)
    gws_json_put_f64(j, KEY("snr"), o->snr);
    const int64_t s = gws_floor_div(o->gps_ns, GWS_NS);
    gws_json_put_i64(j, KEY("end_time"), s);
    gws_json_put_i64(j, KEY("end_time_ns"), o->gps_ns - s * GWS_NS);
    gws_json_put_f64(j, KEY("coa_phase"), o->phase_rad);
    gws_json_put_f64(j, KEY("sigma"), o->sigma);
    gws_json_put_f64(j, KEY("chisq_reduced"), o->chisq_reduced);
    gws_json_put_f64(j, KEY("new_snr"), o->new_snr);
#undef KEY
}

void gws_followup_put(gws_json *j, const gws_followup *f)
{
    const char *ifos[GWS_MAX_IFO];
    gws_json_put_f64(j, "snr", f->snr);
    gws_json_put_f64(j, "mchirp", gws_template_mchirp_msun(&f->best));
    gws_json_put_f64(j, "mass1", f->best.mass1_msun);
    gws_json_put_f64(j, "mass2", f->best.mass2_msun);
    gws_json_put_f64(j, "mtotal", f->best.mass1_msun + f->best.mass2_msun);
    gws_json_put_f64(j, "spin1z", f->best.spin1z);
    gws_json_put_f64(j, "spin2z", f->best.spin2z);
    gws_json_put_string(j, "approximant", f->best.approximant);
    gws_json_put_f64(j, "f_lower", f->best.f_lower_hz);
    for (int i = 0; i < f->n; i++)
        ifos[i] = f->ifo[i].ifo;
    gws_json_put_strings(j, "sky_ifos", ifos, f->n);
    for (int i = 0; i < f->n; i++)
        put_detector(j, &f->ifo[i]);
}
