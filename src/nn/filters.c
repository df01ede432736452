#include "nn/filters.h"

#include "base/arena.h"
#include "base/clock.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    HEAD = GWS_FILTERS_HEAD,
    TAIL = GWS_FILTERS_TAIL,
    RATIO = TAIL / HEAD, /* short blocks in a long one */
    HEAD_N = 2 * HEAD,
    TAIL_N = 2 * TAIL,
    PAIR = 2 * GWS_PANEL,              /* floats of a row of one group */
    HOP = GWS_DECIMATE * HEAD,         /* input samples of a short block */
    TIMES = 8,                         /* samples of y that one row of the decimator's product makes */
    REACH = 2 * GWS_DECIMATE_HALF + 1, /* taps of the decimator */
    DEC_K = REACH + GWS_DECIMATE * (TIMES - 1),
    Y_PAST = TAIL_N, /* samples of y kept */
    HEAD_PIECE = 24, /* short blocks of one task, whose spectra stay in the second cache, */
    TAIL_PIECE = 16, /* and long ones, whose filters' spectra would be read too often for fewer */
    DEC_PIECE = 128, /* rows of the decimator */
    BLOCK_DEFAULT = 128,
};

#define RATE_HZ 2048.0
#define BAND_HZ 256.0
#define CENTRE_HZ 257.5
#define KAISER 3.0

struct gws_filters {
    const gws_kernels *K;
    int n, groups;
    int head, tail; /* pieces in each partition */
    float *mem;
    float *decimator;             /* packed (DEC_K, 16) */
    float *turn_head, *turn_tail; /* twiddle factors */
    float *spectra_head;          /* (groups, HEAD_N, head, 32) */
    float *spectra_tail;          /* (groups, TAIL_N, tail, 32) */
};

struct gws_filtering {
    const gws_filters *f;
    gws_pool *pool;
    int inputs, cap;
    int64_t history;
    float *mem;
    /* one of each an input, `*_size` floats apart */
    float *x, *y, *xs_head, *xs_tail, *rho;
    int64_t x_size, y_size, xs_head_size, xs_tail_size, rho_size;
    int64_t xs_head_row, xs_tail_row; /* floats of a bin */
    float *scratch;                   /* one a thread */
    int64_t scratch_size;
    const float **row; /* (inputs) what the sink is given */
    struct following {
        const gws_gains *gains;
        int64_t offset;
    } * follow;     /* (inputs) */
    int64_t sample; /* next one wanted; -1 after a reset */
    int64_t first;  /* the one that came first behind the last reset */
    int64_t block;  /* absolute index of the next short block */
    int64_t filled; /* samples in x, the first of which is block*HOP - GWS_DECIMATE_HALF */
    int now;        /* short blocks of the batch that is worked on */
};

/* ---- the decimator ---- */

static double bessel_i0(double x)
{
    double term = 1, sum = 1;
    for (int k = 1; k < 40; k++) {
        term *= x / (2 * k) * (x / (2 * k));
        sum += term;
    }
    return sum;
}

/* Low pass: tap j of 0 .. GWS_DECIMATE_HALF to either side. */
static double low_pass(int j)
{
    const double x = (double)j / (GWS_DECIMATE_HALF + 1), angle = 2 * M_PI * BAND_HZ / RATE_HZ * j;
    const double ideal = j == 0 ? 2 * BAND_HZ / RATE_HZ : sin(angle) / (M_PI * j);
    return ideal * bessel_i0(KAISER * sqrt(1 - x * x)) / bessel_i0(KAISER);
}

void gws_filters_response(int64_t n, const double *f_hz, double *response)
{
    double tap[GWS_DECIMATE_HALF + 1];
    for (int j = 0; j <= GWS_DECIMATE_HALF; j++)
        tap[j] = low_pass(j);
    for (int64_t k = 0; k < n; k++) {
        response[k] = tap[0];
        for (int j = 1; j <= GWS_DECIMATE_HALF; j++)
            response[k] += 2 * tap[j] * cos(2 * M_PI * (f_hz[k] - CENTRE_HZ) / RATE_HZ * j);
    }
}

void gws_filters_decimator(float *c)
{
    for (int j = -GWS_DECIMATE_HALF; j <= GWS_DECIMATE_HALF; j++) {
        const double angle = -2 * M_PI * CENTRE_HZ / RATE_HZ * j, tap = low_pass(abs(j));
        *c++ = (float)(tap * cos(angle));
        *c++ = (float)(tap * sin(angle));
    }
}

/* ---- the bank ---- */

static int64_t round16(int64_t n)
{
    return (n + 15) / 16 * 16;
}

static int pieces_head(int64_t taps)
{
    return taps >= TAIL ? RATIO : (int)((taps + HEAD - 1) / HEAD);
}

static int pieces_tail(int64_t taps)
{
    return taps > TAIL ? (int)((taps - 1) / TAIL) : 0;
}

static int64_t bank_floats(int n, int64_t taps)
{
    const int64_t groups = (n + GWS_PANEL - 1) / GWS_PANEL;
    return gws_pack_size(DEC_K, GWS_PANEL) + round16(gws_fft_twiddles_size(HEAD_N)) + round16(gws_fft_twiddles_size(TAIL_N)) +
           groups * PAIR * ((int64_t)HEAD_N * pieces_head(taps) + (int64_t)TAIL_N * pieces_tail(taps));
}

int64_t gws_filters_bytes(int n, int64_t taps)
{
    return (int64_t)sizeof(gws_filters) + bank_floats(n, taps) * (int64_t)sizeof(float);
}

/* One row of the product makes TIMES samples of y: column (v, re or im) holds the decimator moved by 4v. */
static void pack_decimator(float *out)
{
    float c[REACH][2], b[DEC_K * GWS_PANEL] = {0};
    gws_filters_decimator(&c[0][0]);
    for (int v = 0; v < TIMES; v++)
        for (int j = 0; j < REACH; j++)
            for (int part = 0; part < 2; part++)
                b[(j + GWS_DECIMATE * v) * GWS_PANEL + 2 * v + part] = c[j][part];
    gws_pack(DEC_K, GWS_PANEL, b, GWS_PANEL, 1, out);
}

/* Spectra of `pieces` pieces of the filters of one group, the first of which begins at tap `from`, as the products read them.
 *   x  (n,32)  scratch */
static void pack_spectra(const gws_filters *f, int group, int64_t from, int pieces, int64_t taps, const float *g, float *x)
{
    const int64_t n = from ? TAIL_N : HEAD_N, half = n / 2;
    const float scale = 1.0f / (float)n;
    float *out = (from ? f->spectra_tail : f->spectra_head) + group * n * pieces * PAIR;
    for (int p = 0; p < pieces; p++) {
        memset(x, 0, (size_t)(n * PAIR) * sizeof *x);
        for (int64_t d = 0; d < half && from + p * half + d < taps; d++)
            for (int k = 0; k < GWS_PANEL && group * GWS_PANEL + k < f->n; k++)
                for (int part = 0; part < 2; part++)
                    x[d * PAIR + part * GWS_PANEL + k] =
                        scale * g[((group * GWS_PANEL + k) * taps + from + p * half + d) * 2 + part];
        f->K->fft_forward(n, from ? f->turn_tail : f->turn_head, x);
        for (int64_t bin = 0; bin < n; bin++)
            memcpy(out + (bin * pieces + pieces - 1 - p) * PAIR, x + bin * PAIR, PAIR * sizeof *x);
    }
}

gws_filters *gws_filters_create(const gws_kernels *K, int n, int64_t taps, const float *g, gws_err *err)
{
    gws_filters *f = NULL;
    float *x = NULL;
    if (n < 1 || n > GWS_FILTERS_MAX || taps < 1 || taps > GWS_FILTERS_TAPS) {
        gws_err_set(err, GWS_EARG, "bank of %d filters of %lld taps, wanted 1 to %d of 1 to %d", n, (long long)taps,
                    GWS_FILTERS_MAX, GWS_FILTERS_TAPS);
        return NULL;
    }
    f = calloc(1, sizeof *f);
    if (!f)
        goto fail;
    f->K = K;
    f->n = n;
    f->groups = (n + GWS_PANEL - 1) / GWS_PANEL;
    f->head = pieces_head(taps);
    f->tail = pieces_tail(taps);
    f->mem = gws_arena_alloc((size_t)bank_floats(n, taps) * sizeof *f->mem);
    x = gws_arena_alloc((size_t)TAIL_N * PAIR * sizeof *x);
    if (!f->mem || !x)
        goto fail;
    f->decimator = f->mem;
    f->turn_head = f->decimator + gws_pack_size(DEC_K, GWS_PANEL);
    f->turn_tail = f->turn_head + round16(gws_fft_twiddles_size(HEAD_N));
    f->spectra_head = f->turn_tail + round16(gws_fft_twiddles_size(TAIL_N));
    f->spectra_tail = f->spectra_head + (int64_t)f->groups * HEAD_N * f->head * PAIR;
    pack_decimator(f->decimator);
    gws_fft_twiddles(HEAD_N, f->turn_head);
    gws_fft_twiddles(TAIL_N, f->turn_tail);
    for (int group = 0; group < f->groups; group++) {
        pack_spectra(f, group, 0, f->head, taps, g, x);
        pack_spectra(f, group, TAIL, f->tail, taps, g, x);
    }
    gws_arena_free(x);
    return f;

fail:
    gws_err_set(err, GWS_ENOMEM, "no memory for a bank of %d filters of %lld taps", n, (long long)taps);
    gws_arena_free(x);
    gws_filters_destroy(f);
    return NULL;
}

int64_t gws_filters_row(const gws_filters *f)
{
    return (int64_t)f->groups * PAIR;
}

int64_t gws_filters_delay(const gws_filters *f)
{
    return HOP - GWS_DECIMATE + GWS_DECIMATE_HALF;
}

int64_t gws_filters_ready(int64_t sample)
{
    return HEAD * gws_floor_div(sample + GWS_DECIMATE_HALF - (DEC_K - TIMES * GWS_DECIMATE), HOP);
}

/* The oldest block whose spectrum a row's products take in begins (tail + 1) long blocks before the row's own, or head short ones. */
int64_t gws_filters_forgot(const gws_filters *f, int64_t sample)
{
    const int64_t y = gws_floor_div(sample + GWS_DECIMATE_HALF, GWS_DECIMATE) + 1; /* no earlier sample reaches it */
    return gws_floor_div(y, TAIL) * TAIL + (int64_t)(f->tail + 2) * TAIL + (int64_t)f->head * HEAD;
}

void gws_filters_destroy(gws_filters *f)
{
    if (!f)
        return;
    gws_arena_free(f->mem);
    free(f);
}

/* ---- the stream ---- */

/* Sizes of everything; returns the floats in all. */
static int64_t lay_out(gws_filtering *s)
{
    const gws_filters *f = s->f;
    const int64_t longs = s->cap / RATIO + 1, threads = gws_pool_threads(s->pool);
    const int64_t head = HEAD_PIECE * (int64_t)(HEAD_N + 1) * PAIR, tail = TAIL_PIECE * (int64_t)(TAIL_N + 1) * PAIR;
    s->x_size = round16((int64_t)s->cap * HOP + DEC_K);
    s->y_size = round16(2 * (Y_PAST + (int64_t)s->cap * HEAD));
    s->xs_head_row = 2 * (f->head - 1 + (int64_t)s->cap);
    s->xs_tail_row = 2 * (f->tail + longs);
    s->xs_head_size = round16(HEAD_N * s->xs_head_row);
    s->xs_tail_size = round16(TAIL_N * s->xs_tail_row);
    s->rho_size = (s->history + (int64_t)s->cap * HEAD + TAIL) * gws_filters_row(f);
    s->scratch_size = f->tail > 0 ? tail : head;
    if (head > s->scratch_size)
        s->scratch_size = head;
    return s->inputs * (s->x_size + s->y_size + s->xs_head_size + s->xs_tail_size + s->rho_size) + threads * s->scratch_size;
}

static gws_filtering sized(const gws_filters *f, int inputs, int64_t history, int block, gws_pool *pool)
{
    GWS_ASSERT(inputs >= 1 && history >= 0 && block >= 0);
    return (gws_filtering){.f = f, .pool = pool, .inputs = inputs, .cap = block ? block : BLOCK_DEFAULT, .history = history};
}

int64_t gws_filtering_bytes(const gws_filters *f, int inputs, int64_t history, int block, const gws_pool *pool)
{
    gws_filtering s = sized(f, inputs, history, block, NULL);
    const int64_t one = lay_out(&s);
    return (int64_t)sizeof s + (one + (gws_pool_threads(pool) - 1) * s.scratch_size) * (int64_t)sizeof(float);
}

gws_filtering *gws_filtering_create(const gws_filters *f, int inputs, int64_t history, int block, gws_pool *pool, gws_err *err)
{
    gws_filtering *s = malloc(sizeof *s);
    if (!s)
        goto fail;
    *s = sized(f, inputs, history, block, pool);
    s->mem = gws_arena_alloc((size_t)lay_out(s) * sizeof *s->mem);
    s->row = calloc((size_t)inputs, sizeof *s->row);
    s->follow = calloc((size_t)inputs, sizeof *s->follow);
    if (!s->mem || !s->row || !s->follow)
        goto fail;
    s->x = s->mem;
    s->y = s->x + inputs * s->x_size;
    s->xs_head = s->y + inputs * s->y_size;
    s->xs_tail = s->xs_head + inputs * s->xs_head_size;
    s->rho = s->xs_tail + inputs * s->xs_tail_size;
    s->scratch = s->rho + inputs * s->rho_size;
    gws_filtering_reset(s);
    return s;

fail:
    gws_err_set(err, GWS_ENOMEM, "no memory to run %d filters over %d inputs", f->n, inputs);
    gws_filtering_destroy(s);
    return NULL;
}

void gws_filtering_destroy(gws_filtering *s)
{
    if (!s)
        return;
    gws_arena_free(s->mem);
    free((void *)s->row);
    free(s->follow);
    free(s);
}

void gws_filtering_reset(gws_filtering *s)
{
    memset(s->mem, 0, (size_t)(s->scratch - s->mem) * sizeof *s->mem);
    s->sample = -1;
}

void gws_filtering_follow(gws_filtering *s, int input, const gws_gains *gains, int64_t offset)
{
    GWS_ASSERT(input >= 0 && input < s->inputs && (!gains || gains->width == s->f->n));
    s->follow[input] = (struct following){gains, offset};
}

/* Long blocks completed in this batch, and the first long block whose output begins in it. */
static int64_t completed(const gws_filtering *s)
{
    return gws_floor_div(s->block + s->now, RATIO) - gws_floor_div(s->block, RATIO);
}

static int64_t first_long(const gws_filtering *s)
{
    return gws_floor_div(s->block + RATIO - 1, RATIO);
}

static int64_t begun(const gws_filtering *s)
{
    return gws_floor_div(s->block + s->now + RATIO - 1, RATIO) - first_long(s);
}

static int pieces(int64_t n, int piece)
{
    return (int)((n + piece - 1) / piece);
}

static void decimate_task(void *user, int task, int thread)
{
    gws_filtering *s = user;
    const int64_t rows = (int64_t)s->now * (HEAD / TIMES);
    const int parts = pieces(rows, DEC_PIECE), i = task / parts;
    const int64_t from = (int64_t)(task % parts) * DEC_PIECE, n = rows - from < DEC_PIECE ? rows - from : DEC_PIECE;
    s->f->K->gemm(n, GWS_PANEL, DEC_K, s->x + i * s->x_size + from * TIMES * GWS_DECIMATE, TIMES * GWS_DECIMATE, 1, s->f->decimator,
                  NULL, s->y + i * s->y_size + 2 * Y_PAST + from * GWS_PANEL, GWS_PANEL, 0);
}

/* Spectra of at most sixteen blocks, block b of y[b*half - half .. b*half + half), into places 0 .. n-1 of every bin's row. */
static void spectra(const gws_kernels *K, int64_t n, const float *turn, const float *y, int64_t some, float *x, float *to,
                    int64_t row)
{
    const int64_t half = n / 2;
    for (int64_t j = 0; j < n; j++)
        for (int64_t b = 0; b < GWS_PANEL; b++)
            for (int part = 0; part < 2; part++)
                x[j * PAIR + part * GWS_PANEL + b] = b < some ? y[2 * ((b - 1) * half + j) + part] : 0.0f;
    K->fft_forward(n, turn, x);
    for (int64_t j = 0; j < n; j++)
        for (int64_t b = 0; b < some; b++)
            for (int part = 0; part < 2; part++)
                to[j * row + 2 * b + part] = x[j * PAIR + part * GWS_PANEL + b];
}

static void spectra_task(void *user, int task, int thread)
{
    gws_filtering *s = user;
    const gws_filters *f = s->f;
    const int64_t longs = f->tail ? completed(s) : 0;
    const int heads = pieces(s->now, GWS_PANEL), tails = pieces(longs, GWS_PANEL), i = task / (heads + tails);
    int part = task % (heads + tails);
    const float *y = s->y + i * s->y_size + 2 * Y_PAST; /* sample block*HEAD */
    float *x = s->scratch + thread * s->scratch_size;
    if (part < heads) {
        const int64_t b = (int64_t)part * GWS_PANEL, some = s->now - b < GWS_PANEL ? s->now - b : GWS_PANEL;
        spectra(f->K, HEAD_N, f->turn_head, y + 2 * b * HEAD, some, x, s->xs_head + i * s->xs_head_size + 2 * (f->head - 1 + b),
                s->xs_head_row);
        return;
    }
    const int64_t b = (int64_t)(part - heads) * GWS_PANEL, some = longs - b < GWS_PANEL ? longs - b : GWS_PANEL;
    const int64_t at = (gws_floor_div(s->block, RATIO) + b) * TAIL - s->block * HEAD; /* where that long block begins */
    spectra(f->K, TAIL_N, f->turn_tail, y + 2 * at, some, x, s->xs_tail + i * s->xs_tail_size + 2 * (f->tail + b), s->xs_tail_row);
}

/* Products of all bins for n blocks, then the inverse transform of each. */
static void filter(const gws_kernels *K, int64_t bins, const float *turn, int64_t n, const float *xs, int64_t xs_row,
                   int64_t pieces, const float *spectra_of_group, float *scratch, float *out, int64_t row, int accumulate)
{
    const int64_t far = (bins + 1) * PAIR; /* not a power of two, for the caches' sake */
    K->spectral_products(n, bins, pieces, xs, xs_row, spectra_of_group, scratch, far);
    for (int64_t b = 0; b < n; b++)
        K->fft_inverse(bins, turn, scratch + b * far, out + b * (bins / 2) * row, row, accumulate);
}

static void tail_task(void *user, int task, int thread)
{
    gws_filtering *s = user;
    const gws_filters *f = s->f;
    const int64_t all = begun(s), row = gws_filters_row(f);
    const int parts = pieces(all, TAIL_PIECE), i = task / (parts * f->groups), group = task / parts % f->groups;
    const int64_t b = (int64_t)(task % parts) * TAIL_PIECE, n = all - b < TAIL_PIECE ? all - b : TAIL_PIECE;
    const int64_t q = first_long(s) + b;
    filter(f->K, TAIL_N, f->turn_tail, n, s->xs_tail + i * s->xs_tail_size + 2 * (q - gws_floor_div(s->block, RATIO)),
           s->xs_tail_row, f->tail, f->spectra_tail + (int64_t)group * TAIL_N * f->tail * PAIR,
           s->scratch + thread * s->scratch_size,
           s->rho + i * s->rho_size + (s->history + q * TAIL - s->block * HEAD) * row + group * PAIR, row, 0);
}

static void head_task(void *user, int task, int thread)
{
    gws_filtering *s = user;
    const gws_filters *f = s->f;
    const int64_t row = gws_filters_row(f);
    const int parts = pieces(s->now, HEAD_PIECE), i = task / (parts * f->groups), group = task / parts % f->groups;
    const int64_t b = (int64_t)(task % parts) * HEAD_PIECE, n = s->now - b < HEAD_PIECE ? s->now - b : HEAD_PIECE;
    filter(f->K, HEAD_N, f->turn_head, n, s->xs_head + i * s->xs_head_size + 2 * b, s->xs_head_row, f->head,
           f->spectra_head + (int64_t)group * HEAD_N * f->head * PAIR, s->scratch + thread * s->scratch_size,
           s->rho + i * s->rho_size + (s->history + b * HEAD) * row + group * PAIR, row, f->tail > 0);
}

static inline void multiply_group(float *restrict rho, const float *restrict gain, int n)
{
    for (int k = 0; k < n; k++) {
        rho[k] *= gain[k];
        rho[GWS_PANEL + k] *= gain[k];
    }
}

/* The rows of this batch, which are complete, times the gains that hold there. */
static void multiply(gws_filtering *s, int input)
{
    const gws_gains *g = s->follow[input].gains;
    const int64_t row = gws_filters_row(s->f), n = (int64_t)s->now * HEAD;
    float *rho = s->rho + input * s->rho_size + s->history * row;
    int64_t at = -1;
    for (int64_t t = 0; t < n; t++, rho += row) {
        const int64_t here = GWS_DECIMATE * (s->block * HEAD + t),
                      sample = (here > s->first ? here : s->first) + s->follow[input].offset;
        if (at < 0)
            at = gws_gains_at(g, sample);
        while (at + 1 < g->n && g->from[at + 1] <= sample)
            at++;
        const float *gain = g->gain + at * g->width;
        for (int group = 0; group < s->f->groups; group++) {
            const int left = g->width - group * GWS_PANEL;
            if (left >= GWS_PANEL)
                multiply_group(rho + group * PAIR, gain + group * GWS_PANEL, GWS_PANEL);
            else
                multiply_group(rho + group * PAIR, gain + group * GWS_PANEL, left);
        }
    }
}

/* Move to the front what the next batch needs of this one. */
static void pass_on(gws_filtering *s)
{
    const gws_filters *f = s->f;
    const int64_t row = gws_filters_row(f), longs = f->tail ? completed(s) : 0;
    const int64_t ahead = f->tail ? (first_long(s) + begun(s)) * TAIL - (s->block + s->now) * HEAD : 0;
    for (int i = 0; i < s->inputs; i++) {
        float *x = s->x + i * s->x_size, *y = s->y + i * s->y_size, *rho = s->rho + i * s->rho_size;
        float *head = s->xs_head + i * s->xs_head_size, *tail = s->xs_tail + i * s->xs_tail_size;
        memmove(x, x + (int64_t)s->now * HOP, (size_t)(s->filled - (int64_t)s->now * HOP) * sizeof *x);
        memmove(y, y + 2 * (int64_t)s->now * HEAD, 2 * Y_PAST * sizeof *y);
        for (int64_t bin = 0; bin < HEAD_N; bin++)
            memmove(head + bin * s->xs_head_row, head + bin * s->xs_head_row + 2 * s->now,
                    2 * (size_t)(f->head - 1) * sizeof *head);
        for (int64_t bin = 0; bin < TAIL_N && longs; bin++)
            memmove(tail + bin * s->xs_tail_row, tail + bin * s->xs_tail_row + 2 * longs, 2 * (size_t)f->tail * sizeof *tail);
        memmove(rho, rho + (int64_t)s->now * HEAD * row, (size_t)((s->history + ahead) * row) * sizeof *rho);
    }
    s->filled -= (int64_t)s->now * HOP;
    s->block += s->now;
}

static void batch(gws_filtering *s, int now, gws_filters_sink sink, void *user)
{
    const gws_filters *f = s->f;
    s->now = now;
    const int64_t longs = f->tail ? completed(s) : 0;
    gws_pool_run(s->pool, s->inputs * pieces((int64_t)now * (HEAD / TIMES), DEC_PIECE), decimate_task, s);
    gws_pool_run(s->pool, s->inputs * (pieces(now, GWS_PANEL) + pieces(longs, GWS_PANEL)), spectra_task, s);
    if (f->tail && begun(s))
        gws_pool_run(s->pool, s->inputs * f->groups * pieces(begun(s), TAIL_PIECE), tail_task, s);
    gws_pool_run(s->pool, s->inputs * f->groups * pieces(now, HEAD_PIECE), head_task, s);
    for (int i = 0; i < s->inputs; i++) {
        s->row[i] = s->rho + i * s->rho_size + s->history * gws_filters_row(f);
        if (s->follow[i].gains)
            multiply(s, i);
    }
    sink(user, s->block * HEAD, s->row, (int64_t)now * HEAD);
    pass_on(s);
}

/* The first block is that of the first sample of y which the first sample reaches. */
static void begin(gws_filtering *s, int64_t sample)
{
    gws_filtering_reset(s);
    s->first = sample;
    s->block = gws_floor_div(gws_floor_div(sample - GWS_DECIMATE_HALF + GWS_DECIMATE - 1, GWS_DECIMATE), HEAD);
    s->filled = sample - s->block * HOP + GWS_DECIMATE_HALF;
}

void gws_filtering_push(gws_filtering *s, int64_t sample, const float *const *x, int64_t n, gws_filters_sink sink, void *user)
{
    /* samples that make b blocks complete: b*HOP + extra */
    const int64_t extra = DEC_K - TIMES * GWS_DECIMATE, room = (int64_t)s->cap * HOP + extra;
    GWS_ASSERT(sample >= 0 && n >= 0);
    if (n == 0)
        return;
    if (sample != s->sample)
        begin(s, sample);
    s->sample = sample + n;
    for (int64_t at = 0; at < n;) {
        const int64_t some = n - at < room - s->filled ? n - at : room - s->filled;
        for (int i = 0; i < s->inputs; i++)
            memcpy(s->x + i * s->x_size + s->filled, x[i] + at, (size_t)some * sizeof(float));
        s->filled += some;
        at += some;
        const int64_t whole = (s->filled - extra) / HOP; /* 0, too, while filled is below extra */
        if (whole > 0)
            batch(s, (int)whole, sink, user);
    }
}
