/* resample.c - see resample.h.
 *
 * Filter: Kaiser window design (Kaiser 1974; Oppenheim & Schafer, Discrete-Time Signal Processing, section 7.6): attenuation
 * A dB over a transition of dw rad/sample needs (A - 7.95)/(2.285 dw) taps and beta = 0.1102 (A - 8.7).  The cut-off lies in
 * the middle of the transition, 0.95 of the new Nyquist frequency.
 */
#include "dsp/resample.h"

#include "base/arena.h"
#include "base/clock.h"

#include <math.h>
#include <string.h>

#define STOP_DB 90.0   /* design value: 10 dB below what the header promises */
#define LANES 8        /* independent sums: the order of additions is fixed, yet any vector width may run it */
#define OUT_BLOCK 1024 /* outputs handed over at once */
#define IN_BLOCK 8192  /* input samples taken in at once, beyond the filter's memory */

struct gws_resample {
    int factor;
    int64_t half; /* taps on each side of the centre, a multiple of LANES/2; 0: rates are equal */
    double *taps; /* (2*half+1) */
    double *in;   /* (capacity) samples of the current segment not yet done with */
    double *out;  /* (OUT_BLOCK) */
    int64_t capacity;
    int64_t fill;     /* samples in `in` */
    int64_t in_begin; /* absolute input index of in[0] */
    int64_t next_out; /* absolute index of the next output of this segment */
    int64_t expected; /* absolute index that the next push begins with if there is no gap */
    int open;         /* a segment is running */
    int started;      /* `expected` means something */
};

/* Modified Bessel function of order 0 by its power series; every term is positive, so it converges without loss. */
static double bessel_i0(double x)
{
    double sum = 1.0, term = 1.0;
    for (int k = 1; k < 500 && term > 1e-18 * sum; k++) {
        double t = x / (2.0 * k);
        term *= t * t;
        sum += term;
    }
    return sum;
}

static void design(double *taps, int64_t half, int factor)
{
    double beta = 0.1102 * (STOP_DB - 8.7);
    double cut = 0.95 / factor; /* of the input's Nyquist frequency */
    double sum = 0.0;
    for (int64_t k = -half; k <= half; k++) {
        double r = (double)k / (double)half;
        double x = M_PI * cut * (double)k;
        double sinc = k == 0 ? 1.0 : sin(x) / x;
        double v = sinc * bessel_i0(beta * sqrt(1.0 - r * r));
        taps[k + half] = v;
        sum += v;
    }
    for (int64_t k = 0; k <= 2 * half; k++)
        taps[k] /= sum;
}

gws_resample *gws_resample_create(int in_hz, int out_hz, gws_err *err)
{
    gws_resample *r = NULL;
    if (in_hz <= 0 || out_hz <= 0 || in_hz % out_hz != 0) {
        gws_err_set(err, GWS_EARG, "resample: input rate %d Hz is not a multiple of output rate %d Hz", in_hz, out_hz);
        return NULL;
    }
    if (in_hz / out_hz > 4096) {
        gws_err_set(err, GWS_EARG, "resample: factor %d is beyond 4096", in_hz / out_hz);
        return NULL;
    }
    r = gws_arena_alloc(sizeof *r);
    if (!r)
        goto fail;
    memset(r, 0, sizeof *r);
    r->factor = in_hz / out_hz;
    if (r->factor > 1) {
        double dw = 0.1 * M_PI / r->factor;
        int64_t half = (int64_t)ceil((STOP_DB - 7.95) / (2.285 * dw) / 2.0);
        r->half = (half + LANES / 2 - 1) / (LANES / 2) * (LANES / 2);
        r->capacity = 2 * r->half + 1 + IN_BLOCK;
        r->taps = gws_arena_alloc((size_t)(2 * r->half + 1) * sizeof *r->taps);
        r->in = gws_arena_alloc((size_t)r->capacity * sizeof *r->in);
        r->out = gws_arena_alloc(OUT_BLOCK * sizeof *r->out);
        if (!r->taps || !r->in || !r->out)
            goto fail;
        design(r->taps, r->half, r->factor);
    }
    return r;
fail:
    gws_resample_destroy(r);
    gws_err_set(err, GWS_ENOMEM, "resample: out of memory");
    return NULL;
}

/* Sum of taps times samples; n = 8 k + 1. */
static double convolve(const double *taps, const double *x, int64_t n)
{
    double acc[LANES] = {0};
    int64_t whole = n - 1;
    for (int64_t k = 0; k < whole; k += LANES)
        for (int j = 0; j < LANES; j++)
            acc[j] += taps[k + j] * x[k + j];
    double low = (acc[0] + acc[4]) + (acc[1] + acc[5]);
    double high = (acc[2] + acc[6]) + (acc[3] + acc[7]);
    return (low + high) + taps[whole] * x[whole];
}

/* Hand out every output whose filter lies within the samples at hand, then forget what no later output needs. */
static void drain(gws_resample *r, gws_resample_sink sink, void *user)
{
    int64_t length = 2 * r->half + 1;
    int64_t first = r->next_out, n = 0;
    for (;;) {
        int64_t at = r->next_out * r->factor - r->half - r->in_begin;
        if (at + length > r->fill)
            break;
        r->out[n++] = convolve(r->taps, r->in + at, length);
        r->next_out++;
        if (n == OUT_BLOCK) {
            sink(user, first, r->out, n);
            first = r->next_out;
            n = 0;
        }
    }
    if (n > 0)
        sink(user, first, r->out, n);
}

static void compact(gws_resample *r)
{
    int64_t drop = r->next_out * r->factor - r->half - r->in_begin;
    if (drop > r->fill)
        drop = r->fill;
    if (drop <= 0)
        return;
    memmove(r->in, r->in + drop, (size_t)(r->fill - drop) * sizeof *r->in);
    r->in_begin += drop;
    r->fill -= drop;
}

static void open_segment(gws_resample *r, int64_t sample)
{
    r->open = 1;
    r->fill = 0;
    r->in_begin = sample;
    /* first output whose filter begins at or after this sample */
    r->next_out = gws_floor_div(sample + r->half + r->factor - 1, r->factor);
}

/* A run of finite samples that continues the open segment. */
static void take(gws_resample *r, int64_t sample, const double *h, int64_t n, gws_resample_sink sink, void *user)
{
    if (r->half == 0) {
        sink(user, sample, h, n);
        return;
    }
    if (!r->open)
        open_segment(r, sample);
    while (n > 0) {
        if (r->fill == r->capacity)
            compact(r);
        int64_t m = r->capacity - r->fill;
        if (m > n)
            m = n;
        memcpy(r->in + r->fill, h, (size_t)m * sizeof *h);
        r->fill += m;
        h += m;
        n -= m;
        drain(r, sink, user);
    }
}

void gws_resample_push(gws_resample *r, int64_t sample, const double *h, int64_t n, gws_resample_sink sink, void *user)
{
    GWS_ASSERT(r && sink && n >= 0 && (h || n == 0));
    if (n == 0)
        return;
    GWS_ASSERT(!r->started || sample >= r->expected);
    if (r->started && sample != r->expected)
        r->open = 0;
    for (int64_t i = 0; i < n;) {
        int64_t j = i;
        while (j < n && isfinite(h[j]))
            j++;
        if (j > i)
            take(r, sample + i, h + i, j - i, sink, user);
        if (j < n)
            r->open = 0;
        while (j < n && !isfinite(h[j]))
            j++;
        i = j;
    }
    r->expected = sample + n;
    r->started = 1;
}

void gws_resample_finish(gws_resample *r, gws_resample_sink sink, void *user)
{
    /* Outputs leave as soon as their last sample is in: nothing is left to hand out. */
    (void)sink;
    (void)user;
    gws_resample_reset(r);
}

int64_t gws_resample_delay(const gws_resample *r)
{
    return r->half;
}

void gws_resample_reset(gws_resample *r)
{
    r->open = 0;
    r->started = 0;
    r->fill = 0;
}

void gws_resample_destroy(gws_resample *r)
{
    if (!r)
        return;
    gws_arena_free(r->taps);
    gws_arena_free(r->in);
    gws_arena_free(r->out);
    gws_arena_free(r);
}
