#include "matched/singles.h"

#include "base/array.h"
#include "base/arena.h"
#include "base/clock.h"
#include "dsp/fft.h"
#include "dsp/psd.h"
#include "dsp/resample.h"
#include "matched/filter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define TOGETHER 8  /* stretches that share one making of each template */
#define WELCH_MIN 5 /* segments of the shortest PSD */
#define TAPER_S 1   /* at most, and at most half of inverse_s */
#define USED 0.9    /* share of the band below Nyquist: resamplers, ours and others', roll off above */
#define RING_S 1    /* a template's reach behind its coalescence */

/* Stretch of one detector, ready for the templates. */
typedef struct job {
    int ifo;
    int64_t begin;            /* absolute sample of element 0 */
    gws_span core;            /* triggers come from here */
    gws_span seen;            /* where the SNR counts, a window around the core included */
    double complex *weighted; /* (bins) spectrum over S */
    double *inverse;          /* (bins) 1/S */
} job;

typedef struct found {
    gws_single t;
    int ifo;
} found;

/* What the tasks of one template leave behind. */
typedef struct harvest {
    found *all;
    int n, capacity;
    gws_status status;
    gws_err err;
} harvest;

typedef struct scratch {
    gws_matched_filter *filter;
    double complex *hp, *hc; /* (bins) */
} scratch;

/* Data of one detector that lie at hand, at the rate of the filters. */
typedef struct window {
    int index; /* in the set */
    int factor;
    gws_resample *resample;
    double *x; /* (capacity) what is missing is NaN */
    int64_t begin, n;
    double *raw; /* samples at the detector's rate, of one step */
} window;

typedef struct search {
    const gws_singles_params *p;
    const gws_bank *bank;
    gws_strain_set *set;
    int n_ifo;
    window ifo[GWS_MAX_IFO];
    int64_t n, bins;                 /* of a segment */
    int64_t front, step;             /* samples of a segment before the core, length of the core */
    int64_t cluster, inverse, taper; /* samples */
    int64_t psd, welch, stride, shortest;
    gws_fft *fft;
    double *x; /* (n) */
    job jobs[TOGETHER];
    int n_jobs;
    scratch *work;
    int threads;
    harvest *harvest; /* one a template */
    int64_t n_triggers, room[GWS_MAX_IFO];
    int64_t live_room[GWS_MAX_IFO];
    gws_singles *out;
} search;

gws_singles_params gws_singles_defaults(void)
{
    return (gws_singles_params){.rate_hz = 2048,
                                .segment_s = 64,
                                .psd_s = 256,
                                .low_hz = 20,
                                .welch_s = 4,
                                .stride_s = 2,
                                .inverse_s = 4,
                                .snr_threshold = 4,
                                .cluster_s = 1,
                                .chisq_bins = 16};
}

void gws_singles_clear(gws_singles *r)
{
    if (!r)
        return;
    for (int i = 0; i < GWS_MAX_IFO; i++) {
        free(r->ifo[i].triggers);
        free(r->ifo[i].live);
    }
    *r = (gws_singles){0};
}

/* ---- preparation ---- */

static int whole(double x)
{
    return isfinite(x) && fabs(x - round(x)) < 1e-9 * fmax(1, fabs(x));
}

static gws_status check(const gws_singles_params *p, const gws_bank *bank, gws_err *err)
{
    if (bank->n < 1)
        return gws_err_set(err, GWS_EARG, "matched filter: the template bank is empty");
    if (p->rate_hz < 64 || p->rate_hz > 65536 || p->rate_hz % 2)
        return gws_err_set(err, GWS_EARG, "matched filter: rate %d Hz, wanted an even number from 64 to 65536", p->rate_hz);
    if (!(p->segment_s >= 16 && p->segment_s <= 8192) || !whole(p->segment_s))
        return gws_err_set(err, GWS_EARG, "matched filter: segment of %g s, wanted whole seconds from 16 to 8192", p->segment_s);
    if (!(p->low_hz >= 1 && p->low_hz < 0.4 * p->rate_hz))
        return gws_err_set(err, GWS_EARG, "matched filter: low end %g Hz, wanted 1 to %g Hz", p->low_hz, 0.4 * p->rate_hz);
    if (!(p->psd_s >= 16 && p->psd_s <= 8192 && p->psd_s >= 5 * p->welch_s) || !whole(p->psd_s * p->rate_hz))
        return gws_err_set(err, GWS_EARG, "matched filter: PSD over %g s, wanted 16 to 8192 and at least 5 PSD segments", p->psd_s);
    if (!(p->stride_s > 0 && p->stride_s <= p->welch_s) || !whole(p->welch_s * p->rate_hz / 2) || !whole(p->stride_s * p->rate_hz))
        return gws_err_set(
            err, GWS_EARG,
            "matched filter: PSD segments of %g s every %g s, wanted whole samples, in pairs, and a stride of at most one "
            "segment",
            p->welch_s, p->stride_s);
    if (!(p->inverse_s > 0 && p->inverse_s <= p->segment_s / 8) || !whole(p->inverse_s * p->rate_hz / 2))
        return gws_err_set(err, GWS_EARG, "matched filter: inverse spectrum of %g s, wanted more than 0 to %g s, samples in pairs",
                           p->inverse_s, p->segment_s / 8);
    if (!(p->cluster_s > 0 && p->cluster_s <= p->segment_s / 8) ||
        !(whole(p->cluster_s) || (whole(1 / p->cluster_s) && whole(p->cluster_s * p->rate_hz))))
        return gws_err_set(err, GWS_EARG, "matched filter: clusters of %g s, wanted whole seconds up to %g s or a part of one",
                           p->cluster_s, p->segment_s / 8);
    if (!(p->snr_threshold >= 1 && isfinite(p->snr_threshold)))
        return gws_err_set(err, GWS_EARG, "matched filter: SNR threshold %g, wanted 1 or more", p->snr_threshold);
    return GWS_OK;
}

static gws_status lay_out(search *s, gws_err *err)
{
    const gws_singles_params *p = s->p;
    double longest_s = 0;
    for (int i = 0; i < s->bank->n; i++) {
        const gws_template *t = &s->bank->templates[i];
        longest_s = fmax(
            longest_s, gws_chirp_time_bound_s(fmax(t->f_lower_hz, p->low_hz), t->mass1_msun, t->mass2_msun, t->spin1z, t->spin2z));
    }
    s->n = (int64_t)p->segment_s * p->rate_hz;
    s->bins = s->n / 2 + 1;
    s->cluster = llround(p->cluster_s * p->rate_hz);
    s->inverse = llround(p->inverse_s * p->rate_hz);
    s->taper = s->inverse / 2 < TAPER_S * p->rate_hz ? s->inverse / 2 : TAPER_S * p->rate_hz;
    s->psd = llround(p->psd_s * p->rate_hz);
    s->welch = llround(p->welch_s * p->rate_hz);
    s->stride = llround(p->stride_s * p->rate_hz);
    s->shortest = s->welch + (WELCH_MIN - 1) * s->stride;
    if (s->shortest < 2 * s->inverse + 1)
        s->shortest = 2 * s->inverse + 1;
    /* Blocks are multiples of the window and of a second. */
    int64_t unit = s->cluster > p->rate_hz ? s->cluster : p->rate_hz;
    double front_s = ceil(longest_s + p->inverse_s + p->cluster_s), back_s = ceil(RING_S + p->inverse_s + p->cluster_s);
    double core_s = p->segment_s - front_s - back_s;
    s->step = core_s > 0 ? (int64_t)(core_s * p->rate_hz) / unit * unit : 0;
    if (s->step < s->n / 4)
        return gws_err_set(err, GWS_EARG,
                           "matched filter: a segment of %g s leaves %g s beside templates of up to %.1f s and an inverse spectrum "
                           "of %g s; a longer segment or a higher low frequency is wanted",
                           p->segment_s, fmax(core_s, 0), longest_s, p->inverse_s);
    s->front = (int64_t)front_s * p->rate_hz;
    return GWS_OK;
}

/* Samples that lie at hand for a block: its segment and, on both sides, where the PSD may have to look. */
static int64_t window_length(const search *s)
{
    return s->n + 2 * s->psd;
}

static gws_status open_detectors(search *s, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    s->n_ifo = gws_strain_ifos(s->set);
    s->out->n_ifo = s->n_ifo;
    s->out->rate_hz = s->p->rate_hz;
    for (int d = 0; d < s->n_ifo; d++) {
        gws_strain_info info;
        window *w = &s->ifo[d];
        gws_strain_describe(s->set, d, &info);
        memcpy(s->out->ifo[d].ifo, info.ifo, sizeof info.ifo);
        if (info.rate_hz < s->p->rate_hz || info.rate_hz % s->p->rate_hz != 0)
            return gws_err_set(err, GWS_EDATA, "%s: rate %d Hz, the filters want a multiple of %d Hz", info.ifo, info.rate_hz,
                               s->p->rate_hz);
        w->index = d;
        w->factor = info.rate_hz / s->p->rate_hz;
        if (!(w->resample = gws_resample_create(info.rate_hz, s->p->rate_hz, err)))
            return err->status;
        int64_t reach = (gws_resample_delay(w->resample) / w->factor + 1) * w->factor;
        w->x = malloc((size_t)window_length(s) * sizeof *w->x);
        w->raw = malloc(((size_t)s->p->rate_hz * 16 * (size_t)w->factor + 2 * (size_t)reach) * sizeof *w->raw);
        if (!w->x || !w->raw)
            return gws_err_set(err, GWS_ENOMEM, "matched filter: no memory for %lld samples of %s", (long long)window_length(s),
                               info.ifo);
    }
    return GWS_OK;
}

static gws_status search_init(search *s, int threads, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    gws_status status = lay_out(s, err);
    if (status == GWS_OK)
        status = open_detectors(s, err);
    if (status != GWS_OK)
        return status;
    s->work = calloc((size_t)threads, sizeof *s->work);
    s->harvest = calloc((size_t)s->bank->n, sizeof *s->harvest);
    s->x = gws_arena_alloc((size_t)s->n * sizeof *s->x);
    if (!s->work || !s->harvest || !s->x)
        goto nomem;
    s->threads = threads;
    for (int i = 0; i < TOGETHER; i++) {
        s->jobs[i].weighted = gws_arena_alloc((size_t)s->bins * sizeof *s->jobs[i].weighted);
        s->jobs[i].inverse = gws_arena_alloc((size_t)s->bins * sizeof *s->jobs[i].inverse);
        if (!s->jobs[i].weighted || !s->jobs[i].inverse)
            goto nomem;
    }
    for (int i = 0; i < threads; i++) {
        scratch *w = &s->work[i];
        if (!(w->filter = gws_matched_filter_create(s->n, s->p->rate_hz, s->p->chisq_bins, err)))
            return err->status;
        w->hp = gws_arena_alloc((size_t)s->bins * sizeof *w->hp);
        w->hc = gws_arena_alloc((size_t)s->bins * sizeof *w->hc);
        if (!w->hp || !w->hc)
            goto nomem;
    }
    s->fft = gws_fft_create(s->n, err);
    return s->fft ? GWS_OK : err->status;
nomem:
    return gws_err_set(err, GWS_ENOMEM, "matched filter: no memory for segments of %lld samples", (long long)s->n);
}

static void search_clear(search *s)
{
    for (int i = 0; i < TOGETHER; i++) {
        gws_arena_free(s->jobs[i].weighted);
        gws_arena_free(s->jobs[i].inverse);
    }
    for (int i = 0; i < s->threads; i++) {
        gws_matched_filter_destroy(s->work[i].filter);
        gws_arena_free(s->work[i].hp);
        gws_arena_free(s->work[i].hc);
    }
    for (int i = 0; s->harvest && i < s->bank->n; i++)
        free(s->harvest[i].all);
    for (int d = 0; d < GWS_MAX_IFO; d++) {
        gws_resample_destroy(s->ifo[d].resample);
        free(s->ifo[d].x);
        free(s->ifo[d].raw);
    }
    free(s->work);
    free(s->harvest);
    gws_arena_free(s->x);
    gws_fft_destroy(s->fft);
}

/* ---- data ---- */

static void place_samples(void *user, int64_t sample, const double *h, int64_t n)
{
    window *w = user;
    for (int64_t i = 0; i < n; i++)
        if (sample + i >= w->begin && sample + i < w->begin + w->n)
            w->x[sample + i - w->begin] = h[i];
}

/* Read samples [begin, end) of the rate of the filters into the window, in steps: the resampler's output depends on the absolute
 * sample alone, so each step starts it afresh on as much more as its filter reaches. */
static gws_status read_into(search *s, window *w, int64_t begin, int64_t end, gws_err *err)
{
    int64_t reach = w->factor > 1 ? (gws_resample_delay(w->resample) / w->factor + 1) * w->factor : 0;
    gws_strain_info info;
    gws_strain_describe(s->set, w->index, &info);
    for (int64_t at = begin; at < end;) {
        int64_t n = end - at < 16 * s->p->rate_hz ? end - at : 16 * s->p->rate_hz;
        int64_t from = at * w->factor - reach, to = (at + n) * w->factor + reach;
        int covered = 0;
        for (int i = 0; i < info.n_spans && !covered; i++)
            covered = info.spans[i].begin < to && info.spans[i].end > from;
        if (covered) {
            gws_status status = gws_strain_read(s->set, w->index, from, to, w->raw, err);
            if (status != GWS_OK)
                return status;
            gws_resample_reset(w->resample);
            gws_resample_push(w->resample, from, w->raw, to - from, place_samples, w);
        }
        at += n;
    }
    return GWS_OK;
}

/* Have samples [begin, begin + window_length) of a detector at hand; what is there already is moved. */
static gws_status advance(search *s, window *w, int64_t begin, gws_err *err)
{
    int64_t n = window_length(s), keep = w->n > 0 && begin >= w->begin && begin < w->begin + n ? w->begin + n - begin : 0;
    if (keep > 0)
        memmove(w->x, w->x + (n - keep), (size_t)keep * sizeof *w->x);
    for (int64_t i = keep; i < n; i++)
        w->x[i] = (double)NAN;
    w->begin = begin;
    w->n = n;
    return read_into(s, w, begin + keep, begin + n, err);
}

/* ---- blocks ---- */

static int64_t max64(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t min64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static gws_status add_live(search *s, int ifo, gws_span span, gws_err *err)
{
    gws_singles_ifo *o = &s->out->ifo[ifo];
    if (o->n_live > 0 && o->live[o->n_live - 1].end == span.begin) {
        o->live[o->n_live - 1].end = span.end;
        return GWS_OK;
    }
    if (!GWS_ARRAY_ROOM(o->live, s->live_room[ifo], o->n_live + 1))
        return gws_err_set(err, GWS_ENOMEM, "matched filter: no memory for %d stretches", o->n_live + 1);
    o->live[o->n_live++] = span;
    return GWS_OK;
}

/* PSD of `n` samples, as one over it on the bins of a segment; *good is 0 when it is not a positive number all over the band. */
static gws_status invert_psd(search *s, const double *x, int64_t n, double *inverse, int *good, gws_err *err)
{
    const gws_singles_params *p = s->p;
    gws_psd coarse = {0}, fine = {0}, cut = {0};
    gws_status status = gws_psd_welch(x, n, p->rate_hz, &(gws_welch_params){s->welch, s->stride, GWS_PSD_MEDIAN}, &coarse, err);
    *good = 0;
    if (status == GWS_OK) {
        int64_t last = (int64_t)(USED * (double)(coarse.n - 1));
        for (int64_t k = (int64_t)(p->low_hz / coarse.delta_f_hz); k <= last; k++)
            if (!(coarse.data[k] > 0) || !isfinite(coarse.data[k]))
                goto done;
        for (int64_t k = last + 1; k < coarse.n; k++)
            coarse.data[k] = coarse.data[last];
    }
    if (status == GWS_OK)
        status = gws_psd_interpolate(&coarse, (double)p->rate_hz / (double)s->n, s->bins, &fine, err);
    if (status == GWS_OK)
        status = gws_psd_truncate_inverse(&fine, p->rate_hz, s->inverse, p->low_hz, 1, &cut, err);
    if (status == GWS_OK) {
        *good = 1;
        for (int64_t k = 0; k < s->bins; k++)
            inverse[k] = cut.data[k] > 0 && isfinite(cut.data[k]) ? 1 / cut.data[k] : 0;
    }
done:
    gws_psd_clear(&coarse);
    gws_psd_clear(&fine);
    gws_psd_clear(&cut);
    return status;
}

/* A stretch of one detector around the core of a block, without gaps: samples [run.begin, run.end) of the window. */
static gws_status add_job(search *s, int ifo, int64_t core, gws_span run, gws_err *err)
{
    const window *w = &s->ifo[ifo];
    job *j = &s->jobs[s->n_jobs];
    int64_t begin = core - s->front;
    gws_span clean = {run.begin + s->inverse, run.end - s->inverse};
    j->ifo = ifo;
    j->begin = begin;
    j->core = (gws_span){max64(core, clean.begin), min64(core + s->step, clean.end)};
    j->seen = (gws_span){max64(core - s->cluster, clean.begin), min64(core + s->step + s->cluster, clean.end)};
    if (run.end - run.begin < s->shortest) {
        s->out->stats.too_short++;
        return GWS_OK;
    }
    if (j->core.begin >= j->core.end)
        return GWS_OK;
    int64_t psd_n = min64(run.end - run.begin, s->psd), middle = begin + s->n / 2 - psd_n / 2;
    int64_t psd_at = max64(run.begin, min64(middle, run.end - psd_n));
    int good;
    gws_status status = invert_psd(s, w->x + (psd_at - w->begin), psd_n, j->inverse, &good, err);
    if (status != GWS_OK)
        return status;
    if (!good) {
        s->out->stats.psd_bad++;
        return GWS_OK;
    }
    gws_span data = {max64(begin, run.begin), min64(begin + s->n, run.end)};
    memset(s->x, 0, (size_t)s->n * sizeof *s->x);
    memcpy(s->x + (data.begin - begin), w->x + (data.begin - w->begin), (size_t)(data.end - data.begin) * sizeof *s->x);
    for (int64_t i = 0; i < s->taper; i++) {
        double rise = 0.5 - 0.5 * cos(M_PI * ((double)i + 0.5) / (double)s->taper);
        s->x[data.begin - begin + i] *= rise;
        s->x[data.end - begin - 1 - i] *= rise;
    }
    gws_fft_forward(s->fft, s->x, (double *)j->weighted);
    for (int64_t k = 0; k < s->bins; k++)
        j->weighted[k] *= j->inverse[k] / s->p->rate_hz;
    s->out->stats.blocks++;
    s->out->stats.filtered_s += (double)(j->core.end - j->core.begin) / s->p->rate_hz * s->bank->n;
    s->n_jobs++;
    return add_live(s, ifo, j->core, err);
}

/* ---- templates ---- */

static void keep(harvest *v, int ifo, const gws_single *t)
{
    if (v->n == v->capacity) {
        int more = v->capacity ? 2 * v->capacity : 64;
        found *all = realloc(v->all, (size_t)more * sizeof *all);
        if (!all) {
            v->status = gws_err_set(&v->err, GWS_ENOMEM, "matched filter: no memory for %d triggers of a template", more);
            return;
        }
        v->all = all;
        v->capacity = more;
    }
    v->all[v->n++] = (found){*t, ifo};
}

typedef struct peak {
    int64_t sample; /* absolute */
    double power;   /* |rho|^2; 0: the window holds nothing that counts */
} peak;

static peak loudest(const search *s, const job *j, const double *power, int64_t window_number)
{
    int64_t from = max64(j->seen.begin, window_number * s->cluster), to = min64(j->seen.end, (window_number + 1) * s->cluster);
    peak best = {from, 0};
    for (int64_t a = from; a < to; a++)
        if (power[a - j->begin] > best.power)
            best = (peak){a, power[a - j->begin]};
    return best;
}

static void find_triggers(const search *s, const job *j, scratch *w, int template, double sigma, harvest *v)
{
    const double *power = gws_matched_filter_power(w->filter);
    double threshold = s->p->snr_threshold * s->p->snr_threshold;
    int64_t first = gws_floor_div(j->core.begin, s->cluster), last = gws_floor_div(j->core.end - 1, s->cluster);
    peak before = loudest(s, j, power, first - 1), here = loudest(s, j, power, first), after;
    for (int64_t i = first; i <= last && v->status == GWS_OK; i++, before = here, here = after) {
        after = loudest(s, j, power, i + 1);
        if (!(here.power >= threshold) || here.sample < j->core.begin || here.sample >= j->core.end)
            continue;
        if ((before.power >= here.power && here.sample - before.sample < s->cluster) ||
            (after.power > here.power && after.sample - here.sample < s->cluster))
            continue;
        gws_single t = {.sample = here.sample, .template_index = template, .snr = sqrt(here.power), .sigma = sigma};
        t.phase_rad = carg(gws_matched_filter_snr(w->filter, here.sample - j->begin));
        t.chisq_reduced = gws_matched_filter_chisq_reduced(w->filter, here.sample - j->begin);
        t.new_snr = gws_new_snr(t.snr, t.chisq_reduced);
        if (t.new_snr >= s->p->snr_threshold)
            keep(v, j->ifo, &t);
    }
}

static void filter_template(void *user, int task, int thread)
{
    search *s = user;
    harvest *v = &s->harvest[task];
    scratch *w = &s->work[thread];
    gws_template t = s->bank->templates[task];
    double delta_f_hz = (double)s->p->rate_hz / (double)s->n;
    v->n = 0;
    if (t.f_lower_hz < s->p->low_hz)
        t.f_lower_hz = s->p->low_hz;
    gws_binary b = gws_template_binary(&t);
    v->status = gws_waveform_fd(t.approximant, &b, delta_f_hz, s->bins, w->hp, w->hc, &v->err);
    if (v->status != GWS_OK)
        return;
    gws_band band = gws_matched_filter_band(t.f_lower_hz, USED * s->p->rate_hz / 2, delta_f_hz, s->n);
    while (band.end > band.first && w->hp[band.end - 1] == 0)
        band.end--;
    for (int i = 0; i < s->n_jobs && v->status == GWS_OK; i++) {
        double sigma = gws_matched_filter_run(w->filter, w->hp, s->jobs[i].weighted, s->jobs[i].inverse, band);
        if (sigma > 0 && isfinite(sigma))
            find_triggers(s, &s->jobs[i], w, task, sigma, v);
        else
            v->status = gws_err_set(&v->err, GWS_ENUM,
                                    "template %d, masses %g and %g Msun: norm %g from %g Hz to the end of the band at %g Hz", task,
                                    t.mass1_msun, t.mass2_msun, sigma, t.f_lower_hz, (double)band.end * delta_f_hz);
    }
}

/* All templates over the jobs at hand; triggers go to the result. */
static gws_status filter_jobs(search *s, gws_pool *pool, gws_err *err)
{
    if (s->n_jobs == 0)
        return GWS_OK;
    gws_pool_run(pool, s->bank->n, filter_template, s);
    s->n_jobs = 0;
    for (int i = 0; i < s->bank->n; i++) {
        const harvest *v = &s->harvest[i];
        if (v->status != GWS_OK) {
            if (err)
                *err = v->err;
            return v->status;
        }
        s->n_triggers += v->n;
        if (s->p->max_triggers > 0 && s->n_triggers > s->p->max_triggers)
            return gws_err_set(err, GWS_ENOMEM, "matched filter: more than %lld triggers; a higher SNR threshold than %g is wanted",
                               (long long)s->p->max_triggers, s->p->snr_threshold);
        for (int k = 0; k < v->n; k++) {
            int d = v->all[k].ifo;
            gws_singles_ifo *o = &s->out->ifo[d];
            if (!GWS_ARRAY_ROOM(o->triggers, s->room[d], o->n + 1))
                return gws_err_set(err, GWS_ENOMEM, "matched filter: no memory for %lld triggers of %s", (long long)o->n + 1,
                                   o->ifo);
            o->triggers[o->n++] = v->all[k].t;
        }
    }
    return GWS_OK;
}

static int by_template(const void *a, const void *b)
{
    const gws_single *x = a, *y = b;
    if (x->template_index != y->template_index)
        return x->template_index < y->template_index ? -1 : 1;
    return x->sample < y->sample ? -1 : x->sample > y->sample;
}

/* Every unbroken run of the window that meets the core of a block. */
static gws_status search_block(search *s, int ifo, int64_t core, gws_pool *pool, gws_err *err)
{
    window *w = &s->ifo[ifo];
    gws_status status = advance(s, w, core - s->front - s->psd, err);
    for (int64_t i = 0; i < w->n && status == GWS_OK;) {
        int64_t k = i;
        while (k < w->n && isfinite(w->x[k]))
            k++;
        gws_span run = {w->begin + i, w->begin + k};
        if (k > i && run.begin < core + s->step && run.end > core) {
            status = add_job(s, ifo, core, run, err);
            if (status == GWS_OK && s->n_jobs == TOGETHER)
                status = filter_jobs(s, pool, err);
        }
        i = k + 1;
    }
    return status;
}

/* Does any file of a detector cover part of [begin, end), in samples of the filters? */
static int has_data(const search *s, int ifo, int64_t begin, int64_t end)
{
    gws_strain_info info;
    int factor = s->ifo[ifo].factor;
    gws_strain_describe(s->set, ifo, &info);
    for (int i = 0; i < info.n_spans; i++)
        if (info.spans[i].begin < end * factor && info.spans[i].end > begin * factor)
            return 1;
    return 0;
}

static gws_status run(search *s, gws_pool *pool, gws_err *err)
{
    int64_t first = INT64_MAX, last = INT64_MIN;
    gws_status status = GWS_OK;
    for (int d = 0; d < s->n_ifo; d++) {
        gws_strain_info info;
        gws_strain_describe(s->set, d, &info);
        first = min64(first, gws_floor_div(gws_floor_div(info.spans[0].begin, s->ifo[d].factor), s->step));
        last = max64(last, gws_floor_div(gws_floor_div(info.spans[info.n_spans - 1].end - 1, s->ifo[d].factor), s->step));
    }
    for (int64_t b = first; b <= last && status == GWS_OK; b++) {
        for (int d = 0; d < s->n_ifo && status == GWS_OK; d++)
            if (has_data(s, d, b * s->step, (b + 1) * s->step))
                status = search_block(s, d, b * s->step, pool, err);
        double unit_s = (double)s->step / s->p->rate_hz;
        if (status == GWS_OK &&
            gws_progress_tell(&s->p->progress, (double)(b + 1 - first) * unit_s, (double)(last + 1 - first) * unit_s, "filtering"))
            status = gws_err_set(err, GWS_ESTOP, "matched filter: stopped");
    }
    if (status == GWS_OK)
        status = filter_jobs(s, pool, err);
    return status;
}

gws_status gws_singles_find(gws_strain_set *set, const gws_bank *bank, const gws_singles_params *params, gws_pool *pool,
                            gws_singles *out, gws_err *err)
{
    GWS_ASSERT(set && bank && params && out);
    search s = {.p = params, .bank = bank, .set = set, .out = out};
    *out = (gws_singles){0};
    gws_status status = check(params, bank, err);
    if (status == GWS_OK)
        status = search_init(&s, gws_pool_threads(pool), err);
    if (status == GWS_OK)
        status = run(&s, pool, err);
    search_clear(&s);
    for (int d = 0; d < gws_strain_ifos(set) && status == GWS_OK && out->stats.blocks == 0; d++) {
        gws_strain_losses loss;
        int64_t finite;
        gws_strain_get_losses(set, d, &loss);
        finite = loss.read;
        for (int k = 0; k < GWS_GAPS; k++)
            finite -= loss.lost[k];
        if (finite == 0)
            status = gws_strain_no_data(set, d, err);
    }
    if (status == GWS_OK && out->stats.blocks == 0)
        status =
            gws_err_set(err, GWS_EDATA,
                        "nothing could be searched: %lld stretches without a gap are shorter than %g s, %lld have a PSD that is "
                        "zero or not a number",
                        (long long)out->stats.too_short, (double)s.shortest / params->rate_hz, (long long)out->stats.psd_bad);
    if (status != GWS_OK) {
        gws_singles_clear(out);
        return status;
    }
    for (int d = 0; d < out->n_ifo; d++)
        if (out->ifo[d].n > 0)
            qsort(out->ifo[d].triggers, (size_t)out->ifo[d].n, sizeof *out->ifo[d].triggers, by_template);
    return GWS_OK;
}
