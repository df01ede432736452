#include "dsp/condition.h"

#include "base/arena.h"
#include "base/clock.h"
#include "dsp/clones.h"
#include "dsp/fft.h"
#include "dsp/follow.h"
#include "dsp/psd.h"
#include "dsp/welch.h"
#include "dsp/whiten.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What serves the blocks now: an absolute sample where a PSD block begins, or one of these. */
#define SERVES_NONE INT64_MIN
#define SERVES_FIRST (INT64_MIN + 1)

/* A filter of so many blocks is cut into parts: one transform of block + filter samples a block would do the same work so many times. */
#define SHORT 4

struct gws_condition {
    int rate_hz;
    /* fixed: all in samples */
    int64_t block, welch_length, stride, history, first, min, update, past, ahead; /* the filter's */
    gws_psd_average average;
    gws_welch *welch;
    gws_whiten *whiten;
    gws_fft *fft;  /* block + filter; with parts 2 * block */
    int64_t parts; /* of the filter, each of `block` taps, when blocks are short; 0: it is one */

    /* the segment: absolute samples [begin, end) have come */
    int active;
    int64_t begin, end, next_sample;
    double *raw; /* (raw_size) ring over sample - begin */
    int64_t raw_size;

    /* periodograms: number k covers samples [k * stride, k * stride + welch_length) and stands in row k - first_k mod ring */
    double *rows;        /* (ring)(bins) */
    const double **used; /* (ring) the rows of one estimate, in order of time */
    double *scratch, *psd;
    int64_t ring, first_k, next_k;

    /* whitening */
    int64_t next_block; /* number of the first block not yet handed out */
    int64_t serves;     /* which estimate `gain` comes from */
    int gain_good;
    double *fir;        /* (past + ahead) */
    double *gain;       /* (max(1, parts))(2 * fft bins) holds the inverse transform's 1/n; with parts apart (put_apart) */
    double *past_spec;  /* (parts)(2 * fft bins) of the frames of the last blocks, apart, that of block m in row m mod parts */
    int64_t next_frame; /* number of the block whose frame comes next; those of `parts` blocks before it are there */
    double *x, *spec;
    double *sum; /* (2 * fft bins), apart */
    float *w;    /* (block) */

    gws_follow *follow; /* of a reference; NULL without */

    gws_condition_stats stats;
};

gws_condition_params gws_condition_defaults(void)
{
    return (gws_condition_params){.low_hz = 20.0,
                                  .high_hz = 0.0,
                                  .welch_s = 2.0,
                                  .stride_s = 1.0,
                                  .history_s = 64.0,
                                  .first_s = 16.0,
                                  .min_s = 8.0,
                                  .update_s = 8.0,
                                  .filter_s = 2.0,
                                  .ahead_s = 0.0,
                                  .block_s = 1.0,
                                  .average = GWS_PSD_MEDIAN};
}

/* Check everything that does not depend on the rate. */
static gws_status params_check(const gws_condition_params *p, gws_err *err)
{
    const struct {
        const char *name;
        double value, low, high;
    } range[] = {
        {"welch_s", p->welch_s, 0.01, 256.0},
        {"stride_s", p->stride_s, 0.001, 256.0},
        {"history_s", p->history_s, 0.1, 4096.0},
        {"first_s", p->first_s, 0.1, 4096.0},
        {"min_s", p->min_s, 0.1, 4096.0},
        {"update_s", p->update_s, 1.0, 4096.0},
        {"filter_s", p->filter_s, 0.01, 64.0},
        {"block_s", p->block_s, 0.01, 1.0},
        {"low_hz", p->low_hz, 0.0, 1e5},
        {"high_hz", p->high_hz, 0.0, 1e5},
        {"ahead_s", p->ahead_s, 0.0, p->filter_s / 2},
    };
    for (size_t i = 0; i < sizeof range / sizeof *range; i++)
        if (!(range[i].value >= range[i].low && range[i].value <= range[i].high))
            return gws_err_set(err, GWS_EARG, "conditioning: %s is %g, wanted %g..%g", range[i].name, range[i].value, range[i].low,
                               range[i].high);
    if (p->high_hz != 0.0 && p->high_hz <= p->low_hz)
        return gws_err_set(err, GWS_EARG, "conditioning: the band %g..%g Hz is empty", p->low_hz, p->high_hz);
    if (p->update_s != floor(p->update_s))
        return gws_err_set(err, GWS_EARG, "conditioning: update_s is %g, wanted whole seconds", p->update_s);
    if (fabs(1 / p->block_s - nearbyint(1 / p->block_s)) > 1e-9)
        return gws_err_set(err, GWS_EARG, "conditioning: block_s is %g, wanted a second or a whole part of it", p->block_s);
    if (p->min_s < p->welch_s + p->stride_s)
        return gws_err_set(err, GWS_EARG,
                           "conditioning: min_s %g is shorter than welch_s + stride_s = %g, so that a segment may hold no "
                           "periodogram",
                           p->min_s, p->welch_s + p->stride_s);
    if (p->first_s < p->min_s || p->history_s < p->first_s)
        return gws_err_set(err, GWS_EARG, "conditioning: min_s %g, first_s %g, history_s %g must not decrease", p->min_s,
                           p->first_s, p->history_s);
    if (p->average != GWS_PSD_MEAN && p->average != GWS_PSD_MEDIAN && p->average != GWS_PSD_MEDIAN_MEAN)
        return gws_err_set(err, GWS_EARG, "conditioning: unknown average %d", (int)p->average);
    return GWS_OK;
}

gws_status gws_condition_params_from_ini(gws_ini *ini, gws_condition_params *out, gws_err *err)
{
    GWS_ASSERT(ini && out);
    gws_condition_params p = gws_condition_defaults();
    const struct {
        const char *key;
        double *value;
    } keys[] = {
        {"low_hz", &p.low_hz},       {"high_hz", &p.high_hz}, {"welch_s", &p.welch_s}, {"stride_s", &p.stride_s},
        {"history_s", &p.history_s}, {"first_s", &p.first_s}, {"min_s", &p.min_s},     {"update_s", &p.update_s},
        {"filter_s", &p.filter_s},   {"block_s", &p.block_s}, {"ahead_s", &p.ahead_s},
    };
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        gws_status status = gws_ini_double(ini, "condition", keys[i].key, *keys[i].value, keys[i].value, err);
        if (status != GWS_OK)
            return status;
    }
    const char *average = gws_ini_string(ini, "condition", "average", "median");
    gws_status status = gws_psd_average_parse(average, &p.average, err);
    if (status != GWS_OK) {
        gws_err_prefix(err, "[condition]: ");
        return status;
    }
    status = params_check(&p, err);
    if (status == GWS_OK)
        *out = p;
    return status;
}

/* Seconds to samples; 0 when they are not a whole number of them. */
static int64_t samples_of(double seconds, int rate_hz)
{
    double n = seconds * (double)rate_hz;
    return fabs(n - nearbyint(n)) < 1e-6 ? (int64_t)nearbyint(n) : 0;
}

static int64_t max64(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t min64(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t ceil_div(int64_t a, int64_t b)
{
    return -gws_floor_div(-a, b);
}

/* All lengths, in samples and rows; a length that is not a whole number of samples is 0. */
static void lay_out(gws_condition *c, const gws_condition_params *q, int rate_hz)
{
    c->rate_hz = rate_hz;
    c->block = samples_of(q->block_s, rate_hz);
    c->welch_length = samples_of(q->welch_s, rate_hz);
    c->stride = samples_of(q->stride_s, rate_hz);
    c->history = samples_of(q->history_s, rate_hz);
    c->first = samples_of(q->first_s, rate_hz);
    c->min = samples_of(q->min_s, rate_hz);
    c->update = samples_of(q->update_s, rate_hz);
    const int64_t filter = samples_of(q->filter_s, rate_hz);
    c->ahead = q->ahead_s > 0 ? samples_of(q->ahead_s, rate_hz) : filter / 2;
    c->past = filter - c->ahead;
    c->average = q->average;
    if (c->stride == 0)
        return;
    /* An estimate is asked for when its first block is complete, up to two blocks and what the filter sees ahead after the samples it uses. */
    c->ring = (c->history - c->welch_length) / c->stride + 1 + ceil_div(2 * c->block + c->ahead, c->stride) + 2;
    c->raw_size = max64(max64(c->first, c->welch_length), c->block + filter) + c->block;
    c->parts = c->block && SHORT * c->block <= filter ? ceil_div(filter, c->block) : 0;
}

static int64_t transform_size(const gws_condition *c)
{
    return c->parts ? 2 * c->block : c->block + c->past + c->ahead;
}

int64_t gws_condition_bytes(const gws_condition_params *params, int rate_hz)
{
    gws_condition c = {0};
    lay_out(&c, params, rate_hz);
    const int64_t bins = c.welch_length / 2 + 1, filter = c.past + c.ahead, size = transform_size(&c) + 2;
    const int64_t follow = params->reference ? gws_follow_bytes(params->reference, bins) : 0;
    /* rows of periodograms are nearly all of it; then the designer of the filter works on several times its length */
    return follow + (int64_t)sizeof(double) * (c.raw_size + c.ring * (bins + GWS_WELCH_TILE) + 3 * bins + 2 * c.welch_length +
                                               (c.ahead < c.past ? 28 : 12) * filter + (2 * max64(1, c.parts) + 3) * size);
}

gws_condition *gws_condition_create(const gws_condition_params *params, int rate_hz, gws_err *err)
{
    gws_condition_params p = params ? *params : gws_condition_defaults();
    if (rate_hz < 16 || rate_hz > 65536) {
        gws_err_set(err, GWS_EARG, "conditioning at %d Hz: wanted 16..65536 Hz", rate_hz);
        return NULL;
    }
    if (params_check(&p, err) != GWS_OK)
        return NULL;
    int64_t filter = samples_of(p.filter_s, rate_hz);
    gws_condition *c = calloc(1, sizeof *c);
    if (!c) {
        gws_err_set(err, GWS_ENOMEM, "no memory for conditioning");
        return NULL;
    }
    lay_out(c, &p, rate_hz);
    if (!c->block || c->welch_length < 4 || c->welch_length % 2 || !c->stride || !c->history || !c->first || !c->min ||
        filter < 4 || filter % 2 || !c->ahead) {
        gws_err_set(err, GWS_EARG,
                    "conditioning at %d Hz: every duration must be a whole number of samples, and that of welch_s and "
                    "filter_s an even one of at least 4",
                    rate_hz);
        goto fail;
    }
    c->welch = gws_welch_create(c->welch_length, rate_hz, err);
    c->whiten = c->welch ? gws_whiten_create(filter, c->ahead, rate_hz, p.low_hz, gws_condition_high_hz(&p, rate_hz), err) : NULL;
    c->fft = c->whiten ? gws_fft_create(transform_size(c), err) : NULL;
    if (!c->fft)
        goto fail;
    size_t bins = (size_t)gws_welch_bins(c->welch), fft_bins = (size_t)gws_fft_bins(c->fft);
    if (p.reference && !(c->follow = gws_follow_create(p.reference, rate_hz, (int64_t)bins, 0.75 * p.low_hz, err)))
        goto fail;
    c->raw = gws_arena_alloc((size_t)c->raw_size * sizeof *c->raw);
    c->rows = gws_arena_alloc((size_t)c->ring * bins * sizeof *c->rows);
    c->used = gws_arena_alloc((size_t)c->ring * sizeof *c->used);
    c->scratch = gws_arena_alloc((size_t)c->ring * GWS_WELCH_TILE * sizeof *c->scratch);
    c->psd = gws_arena_alloc(bins * sizeof *c->psd);
    c->fir = gws_arena_alloc((size_t)filter * sizeof *c->fir);
    const size_t parts = (size_t)max64(1, c->parts);
    c->gain = gws_arena_alloc(parts * 2 * fft_bins * sizeof *c->gain);
    c->past_spec = gws_arena_alloc(parts * 2 * fft_bins * sizeof *c->past_spec);
    c->x = gws_arena_alloc((size_t)transform_size(c) * sizeof *c->x);
    c->spec = gws_arena_alloc(2 * fft_bins * sizeof *c->spec);
    c->sum = gws_arena_alloc(2 * fft_bins * sizeof *c->sum);
    c->w = gws_arena_alloc((size_t)c->block * sizeof *c->w);
    if (!c->raw || !c->rows || !c->used || !c->scratch || !c->psd || !c->fir || !c->gain || !c->past_spec || !c->x || !c->spec ||
        !c->sum || !c->w) {
        gws_err_set(err, GWS_ENOMEM, "no memory for conditioning with %g s of history at %d Hz", p.history_s, rate_hz);
        goto fail;
    }
    gws_condition_reset(c);
    return c;

fail:
    gws_condition_destroy(c);
    return NULL;
}

static void segment_begin(gws_condition *c, int64_t sample)
{
    c->active = 1;
    c->begin = sample;
    c->end = sample;
    c->first_k = ceil_div(sample, c->stride);
    c->next_k = c->first_k;
    c->next_block = gws_floor_div(sample + c->past, c->block);
    c->next_frame = INT64_MIN;
    c->serves = SERVES_NONE;
    c->gain_good = 0;
}

/* Samples [from, from + n) of the segment, zero outside it. */
static void raw_copy(const gws_condition *c, int64_t from, int64_t n, double *out)
{
    int64_t lo = max64(from, c->begin), hi = max64(lo, min64(from + n, c->end));
    memset(out, 0, (size_t)(min64(lo, from + n) - from) * sizeof *out);
    for (int64_t s = lo; s < hi;) {
        int64_t at = (s - c->begin) % c->raw_size;
        int64_t run = min64(hi - s, c->raw_size - at);
        memcpy(out + (s - from), c->raw + at, (size_t)run * sizeof *out);
        s += run;
    }
    if (hi < from + n)
        memset(out + (hi - from), 0, (size_t)(from + n - hi) * sizeof *out);
}

static void raw_append(gws_condition *c, const double *h, int64_t n)
{
    while (n > 0) {
        int64_t at = (c->end - c->begin) % c->raw_size;
        int64_t run = min64(n, c->raw_size - at);
        memcpy(c->raw + at, h, (size_t)run * sizeof *h);
        c->end += run;
        h += run;
        n -= run;
    }
}

/* (bins, 2) to (2, bins): real parts, then imaginary parts. */
static void put_apart(const double *spec, int64_t bins, double *out)
{
    for (int64_t k = 0; k < bins; k++) {
        out[k] = spec[2 * k];
        out[bins + k] = spec[2 * k + 1];
    }
}

/* Make `gain` from the periodograms that lie within [from, to). */
static void estimate(gws_condition *c, int64_t from, int64_t to)
{
    int64_t bins = gws_welch_bins(c->welch);
    int64_t k0 = max64(ceil_div(from, c->stride), c->first_k);
    int64_t k1 = gws_floor_div(to - c->welch_length, c->stride);
    GWS_ASSERT(k0 <= k1 && k1 < c->next_k && c->next_k - k0 <= c->ring);
    for (int64_t k = k0; k <= k1; k++)
        c->used[k - k0] = c->rows + (k - c->first_k) % c->ring * bins;
    gws_welch_average(c->used, (int)(k1 - k0 + 1), bins, c->average, c->scratch, c->psd);

    double delta_f_hz = (double)c->rate_hz / (double)c->welch_length;
    const double *target = c->follow ? gws_follow_take(c->follow, c->psd) : c->psd;
    c->gain_good = target && gws_whiten_design(c->whiten, target, bins, delta_f_hz, c->fir);
    if (!c->gain_good) {
        c->stats.psd_bad++;
        return;
    }
    c->stats.psd_updates++;
    const int64_t size = gws_fft_size(c->fft), row = 2 * gws_fft_bins(c->fft), filter = c->past + c->ahead;
    if (!c->parts)
        gws_whiten_response(c->whiten, c->fir, c->fft, c->x, c->gain);
    for (int64_t p = 0; p < c->parts; p++) {
        const int64_t taps = min64(c->block, filter - p * c->block);
        memcpy(c->x, c->fir + p * c->block, (size_t)taps * sizeof *c->x);
        memset(c->x + taps, 0, (size_t)(size - taps) * sizeof *c->x);
        gws_fft_forward(c->fft, c->x, c->spec);
        put_apart(c->spec, row / 2, c->gain + p * row);
    }
    for (int64_t k = 0; k < max64(1, c->parts) * row; k++)
        c->gain[k] /= (double)size;
}

/* sum += x times g, complex; real and imaginary parts apart */
GWS_CLONES static void add_product(int64_t bins, const double *restrict x, const double *restrict g, double *restrict sum)
{
    for (int64_t k = 0; k < bins; k++) {
        const double re = x[k], im = x[bins + k], g_re = g[k], g_im = g[bins + k];
        sum[k] += re * g_re - im * g_im;
        sum[bins + k] += im * g_re + re * g_im;
    }
}

/* The spectrum (2 * bins) of the frame of block m. */
static double *frame_of(const gws_condition *c, int64_t m)
{
    return c->past_spec + (m - gws_floor_div(m, c->parts) * c->parts) * 2 * gws_fft_bins(c->fft);
}

/* Filter block m: uniformly partitioned overlap-save (Torger and Farina 2001).  The frame of a block is its input and one block before, as far
 * ahead as the filter looks; each is transformed once and serves `parts` blocks.
 * returns    where in c->x the block begins */
static int64_t filter_in_parts(gws_condition *c, int64_t m)
{
    const int64_t bins = gws_fft_bins(c->fft), row = 2 * bins;
    for (int64_t j = c->next_frame == m ? m : m - c->parts + 1; j <= m; j++) {
        raw_copy(c, (j - 1) * c->block + c->ahead, 2 * c->block, c->x);
        gws_fft_forward(c->fft, c->x, c->spec);
        put_apart(c->spec, bins, frame_of(c, j));
    }
    c->next_frame = m + 1;
    memset(c->sum, 0, (size_t)row * sizeof *c->sum);
    for (int64_t p = 0; p < c->parts; p++)
        add_product(bins, frame_of(c, m - p), c->gain + p * row, c->sum);
    for (int64_t k = 0; k < bins; k++) {
        c->spec[2 * k] = c->sum[k];
        c->spec[2 * k + 1] = c->sum[bins + k];
    }
    gws_fft_inverse(c->fft, c->spec, c->x);
    return c->block;
}

/* Filter block m at once. */
static int64_t filter_whole(gws_condition *c, int64_t m)
{
    raw_copy(c, m * c->block - c->past, c->past + c->block + c->ahead, c->x);
    gws_fft_forward(c->fft, c->x, c->spec);
    for (int64_t k = 0; k < gws_fft_bins(c->fft); k++) {
        const double re = c->spec[2 * k], im = c->spec[2 * k + 1], g_re = c->gain[2 * k], g_im = c->gain[2 * k + 1];
        c->spec[2 * k] = re * g_re - im * g_im;
        c->spec[2 * k + 1] = im * g_re + re * g_im;
    }
    gws_fft_inverse(c->fft, c->spec, c->x);
    return c->past;
}

/* Whiten block m as far as the segment's filter reaches, and hand it out. */
static void block_out(gws_condition *c, int64_t m, gws_condition_sink sink, void *user)
{
    int64_t start = m * c->block;
    int64_t lo = max64(start, c->begin + c->past), hi = min64(start + c->block, c->end - c->ahead);
    if (lo >= hi)
        return;
    int64_t psd_block = gws_floor_div(start, c->update) * c->update;
    int64_t wanted = psd_block < c->begin + c->first ? SERVES_FIRST : psd_block;
    if (wanted != c->serves) {
        if (wanted == SERVES_FIRST)
            estimate(c, c->begin, min64(c->begin + c->first, c->end));
        else
            estimate(c, max64(c->begin, psd_block - c->history), psd_block);
        c->serves = wanted;
    }
    if (!c->gain_good)
        return;

    /* Double becomes float here and nowhere else.  What overflows is no sample. */
    const int64_t at = (c->parts ? filter_in_parts(c, m) : filter_whole(c, m)) - start;
    for (int64_t s = lo; s < hi;) {
        int64_t n = 0;
        for (; s + n < hi; n++) {
            c->w[n] = (float)c->x[at + s + n];
            if (!isfinite(c->w[n]))
                break;
        }
        if (n > 0) {
            c->stats.samples_out += n;
            sink(user, s, c->w, n);
        }
        s += n;
        for (; s < hi && !isfinite((float)c->x[at + s]); s++)
            c->stats.samples_overflown++;
    }
}

/* Sample from which block m is complete. */
static int64_t block_ready(const gws_condition *c, int64_t m)
{
    return (m + 1) * c->block + c->ahead;
}

/* Do all that the samples up to `end` allow. */
static void advance(gws_condition *c, gws_condition_sink sink, void *user)
{
    int64_t bins = gws_welch_bins(c->welch);
    while (c->next_k * c->stride + c->welch_length <= c->end) {
        raw_copy(c, c->next_k * c->stride, c->welch_length, gws_welch_input(c->welch));
        gws_welch_periodogram(c->welch, c->rows + (c->next_k - c->first_k) % c->ring * bins);
        c->next_k++;
    }
    if (c->end - c->begin < c->first)
        return;
    while (block_ready(c, c->next_block) <= c->end)
        block_out(c, c->next_block++, sink, user);
}

static void segment_finish(gws_condition *c, gws_condition_sink sink, void *user)
{
    if (!c->active)
        return;
    if (c->end - c->begin < c->min) {
        c->stats.segments_too_short++;
    } else {
        while (c->next_block * c->block < c->end - c->ahead)
            block_out(c, c->next_block++, sink, user);
    }
    c->active = 0;
}

void gws_condition_push(gws_condition *c, int64_t sample, const double *h, int64_t n, gws_condition_sink sink, void *user)
{
    GWS_ASSERT(c && sink && n >= 0 && (h || n == 0));
    GWS_ASSERT(sample >= c->next_sample);
    if (n == 0)
        return;
    if (c->active && sample > c->end) {
        c->stats.gaps++;
        segment_finish(c, sink, user);
    }
    c->next_sample = sample + n;
    c->stats.samples_in += n;
    for (int64_t i = 0; i < n;) {
        if (!isfinite(h[i])) {
            if (c->active) {
                c->stats.gaps++;
                segment_finish(c, sink, user);
            }
            i++;
            continue;
        }
        if (!c->active)
            segment_begin(c, sample + i);
        /* Stop where something becomes due: everything then happens at the same sample however the input is cut. */
        int64_t due = c->next_k * c->stride + c->welch_length;
        if (c->end - c->begin < c->first)
            due = min64(due, c->begin + c->first);
        else
            due = min64(due, block_ready(c, c->next_block));
        int64_t most = min64(n - i, due - c->end), run = 1;
        while (run < most && isfinite(h[i + run]))
            run++;
        raw_append(c, h + i, run);
        i += run;
        advance(c, sink, user);
    }
}

void gws_condition_finish(gws_condition *c, gws_condition_sink sink, void *user)
{
    GWS_ASSERT(c && sink);
    segment_finish(c, sink, user);
    c->next_sample = INT64_MIN;
}

double gws_condition_high_hz(const gws_condition_params *p, int rate_hz)
{
    return p->reference ? fmin(p->high_hz > 0 ? p->high_hz : 0.5 * rate_hz, p->reference->high_hz) : p->high_hz;
}

double gws_condition_ahead_s(const gws_condition_params *p)
{
    return p->ahead_s > 0 ? p->ahead_s : p->filter_s / 2;
}

const float *gws_condition_gains(const gws_condition *c)
{
    return c->follow ? gws_follow_gains(c->follow) : NULL;
}

int64_t gws_condition_delay(const gws_condition *c)
{
    return c->block + c->ahead - 1;
}

void gws_condition_reset(gws_condition *c)
{
    GWS_ASSERT(c);
    c->active = 0;
    c->next_sample = INT64_MIN;
    c->stats = (gws_condition_stats){0};
}

void gws_condition_get_stats(const gws_condition *c, gws_condition_stats *out)
{
    *out = c->stats;
}

void gws_condition_destroy(gws_condition *c)
{
    if (!c)
        return;
    gws_welch_destroy(c->welch);
    gws_whiten_destroy(c->whiten);
    gws_follow_destroy(c->follow);
    gws_fft_destroy(c->fft);
    gws_arena_free(c->raw);
    gws_arena_free(c->rows);
    gws_arena_free(c->used);
    gws_arena_free(c->scratch);
    gws_arena_free(c->psd);
    gws_arena_free(c->fir);
    gws_arena_free(c->gain);
    gws_arena_free(c->past_spec);
    gws_arena_free(c->x);
    gws_arena_free(c->spec);
    gws_arena_free(c->sum);
    gws_arena_free(c->w);
    free(c);
}
