#include "dsp/welch.h"

#include "base/arena.h"
#include "dsp/fft.h"
#include "dsp/window.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct gws_welch {
    int64_t segment;
    gws_fft *fft;
    double *window; /* (segment) */
    double *x;      /* (segment) */
    double *spec;   /* (2 * bins) */
    double scale;   /* |spec|^2 to one-sided density */
};

double gws_median_bias(int n)
{
    GWS_ASSERT(n >= 1);
    if (n >= 1000)
        return M_LN2;
    double b = 1.0;
    for (int i = 1; i <= (n - 1) / 2; i++)
        b += 1.0 / (2.0 * i + 1.0) - 1.0 / (2.0 * i);
    return b;
}

gws_status gws_psd_average_parse(const char *name, gws_psd_average *out, gws_err *err)
{
    static const char *const names[] = {"mean", "median", "median-mean"};
    for (int i = 0; i < 3; i++)
        if (strcmp(name, names[i]) == 0) {
            *out = (gws_psd_average)i;
            return GWS_OK;
        }
    return gws_err_set(err, GWS_EARG, "average '%s' is unknown: wanted mean, median or median-mean", name);
}

gws_welch *gws_welch_create(int64_t segment, int rate_hz, gws_err *err)
{
    GWS_ASSERT(segment >= 4 && segment % 2 == 0 && rate_hz > 0);
    gws_welch *w = calloc(1, sizeof *w);
    if (!w) {
        gws_err_set(err, GWS_ENOMEM, "no memory for a Welch estimate");
        return NULL;
    }
    w->segment = segment;
    w->fft = gws_fft_create(segment, err);
    if (!w->fft)
        goto fail;
    w->window = gws_arena_alloc((size_t)segment * sizeof *w->window);
    w->x = gws_arena_alloc((size_t)segment * sizeof *w->x);
    w->spec = gws_arena_alloc((size_t)(2 * gws_welch_bins(w)) * sizeof *w->spec);
    if (!w->window || !w->x || !w->spec) {
        gws_err_set(err, GWS_ENOMEM, "no memory for a Welch estimate of segments of %lld samples", (long long)segment);
        goto fail;
    }
    gws_window_hann(segment, w->window);
    double sum = 0.0;
    for (int64_t i = 0; i < segment; i++)
        sum += w->window[i] * w->window[i];
    w->scale = 2.0 / (sum * (double)rate_hz);
    return w;

fail:
    gws_welch_destroy(w);
    return NULL;
}

int64_t gws_welch_bins(const gws_welch *w)
{
    return w->segment / 2 + 1;
}

double *gws_welch_input(gws_welch *w)
{
    return w->x;
}

void gws_welch_periodogram(gws_welch *w, double *row)
{
    for (int64_t i = 0; i < w->segment; i++)
        w->x[i] *= w->window[i];
    gws_fft_forward(w->fft, w->x, w->spec);
    int64_t last = gws_welch_bins(w) - 1;
    for (int64_t k = 0; k <= last; k++) {
        double re = w->spec[2 * k], im = w->spec[2 * k + 1];
        double p = (re * re + im * im) * w->scale;
        row[k] = p <= DBL_MAX ? p : HUGE_VAL;
    }
    row[0] *= 0.5; /* these two have no mirror image */
    row[last] *= 0.5;
}

/* k-th smallest, k from 0; afterwards a[0..k-1] <= a[k] <= the rest.  Hoare's FIND; no NaN may be in a. */
static double select_kth(double *a, int n, int k)
{
    int lo = 0, hi = n - 1;
    while (lo < hi) {
        double pivot = a[k];
        int i = lo, j = hi;
        while (i <= j) {
            while (a[i] < pivot)
                i++;
            while (pivot < a[j])
                j--;
            if (i <= j) {
                double t = a[i];
                a[i++] = a[j];
                a[j--] = t;
            }
        }
        if (j < k)
            lo = i;
        if (k < i)
            hi = j;
    }
    return a[k];
}

/* Some bins side by side.  The vector extension of gcc and clang stands here because gcc does not turn the obvious loop over min and max
 * into vector code without -ffast-math.  16 bytes is what every x86-64 and AArch64 has; where the processor has more, sort_bins takes it. */
#define VECTORS(bytes)                                                                                                             \
    typedef double lanes_f64 __attribute__((vector_size(bytes), aligned(8), may_alias));                                           \
    typedef int64_t lanes_i64 __attribute__((vector_size(bytes), aligned(8), may_alias));                                          \
    enum { VECTORS = GWS_WELCH_TILE * 8 / (bytes) }

/* Sort n rows of one tile, each bin by itself: Batcher's merge exchange for any n (Knuth, TAOCP 3, 5.2.2, algorithm M).  It has no branch
 * that depends on the data, which for the few dozen periodograms that a stream keeps makes it several times as fast as selection. */
#define SORT(tile, n)                                                                                                              \
    lanes_f64 *a = (lanes_f64 *)(tile);                                                                                            \
    int top = 1;                                                                                                                   \
    while (top < (n))                                                                                                              \
        top *= 2;                                                                                                                  \
    top /= 2;                                                                                                                      \
    for (int p = top; p > 0; p /= 2) {                                                                                             \
        int q = top, r = 0, d = p;                                                                                                 \
        for (;;) {                                                                                                                 \
            for (int i = 0; i + d < (n); i++) {                                                                                    \
                if ((i & p) != r)                                                                                                  \
                    continue;                                                                                                      \
                lanes_f64 *x = a + i * VECTORS, *y = a + (i + d) * VECTORS;                                                        \
                for (int j = 0; j < VECTORS; j++) {                                                                                \
                    lanes_f64 u = x[j], v = y[j];                                                                                  \
                    lanes_i64 flip = ((lanes_i64)u ^ (lanes_i64)v) & (lanes_i64)(v < u);                                           \
                    x[j] = (lanes_f64)((lanes_i64)u ^ flip);                                                                       \
                    y[j] = (lanes_f64)((lanes_i64)v ^ flip);                                                                       \
                }                                                                                                                  \
            }                                                                                                                      \
            if (q == p)                                                                                                            \
                break;                                                                                                             \
            d = q - p;                                                                                                             \
            q /= 2;                                                                                                                \
            r = p;                                                                                                                 \
        }                                                                                                                          \
    }

static void sort_16(double *tile, int n)
{
    VECTORS(16);
    SORT(tile, n)
}

#if defined(__x86_64__)
__attribute__((target("avx2"))) static void sort_32(double *tile, int n)
{
    VECTORS(32);
    SORT(tile, n)
}

__attribute__((target("avx512f"))) static void sort_64(double *tile, int n)
{
    VECTORS(64);
    SORT(tile, n)
}
#endif

static void sort_bins(double *tile, int n)
{
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx512f")) {
        sort_64(tile, n);
        return;
    }
    if (__builtin_cpu_supports("avx2")) {
        sort_32(tile, n);
        return;
    }
#endif
    sort_16(tile, n);
}

#define SORT_MOST 128 /* rows; beyond, selection is the faster */

/* Every step-th row from `first` on, median over bias, into scratch and out to m[tile]. */
static void tile_median(const double *const *rows, int first, int step, int n, int64_t k0, int tile, double *scratch, double *m)
{
    int count = 0;
    for (int r = first; r < n; r += step)
        count++;
    double bias = gws_median_bias(count);
    int row = 0;
    if (tile == GWS_WELCH_TILE && count <= SORT_MOST) {
        for (int r = first; r < n; r += step, row++)
            memcpy(scratch + row * GWS_WELCH_TILE, rows[r] + k0, GWS_WELCH_TILE * sizeof *scratch);
        sort_bins(scratch, count);
        const double *upper = scratch + count / 2 * GWS_WELCH_TILE, *lower = scratch + (count - 1) / 2 * GWS_WELCH_TILE;
        for (int i = 0; i < tile; i++)
            m[i] = 0.5 * (lower[i] + upper[i]) / bias;
        return;
    }
    for (int r = first; r < n; r += step, row++)
        for (int i = 0; i < tile; i++)
            scratch[i * count + row] = rows[r][k0 + i];
    for (int i = 0; i < tile; i++) {
        double *column = scratch + (size_t)i * (size_t)count;
        double middle = select_kth(column, count, count / 2);
        if (count % 2 == 0) {
            double below = column[0];
            for (int j = 1; j < count / 2; j++)
                below = column[j] > below ? column[j] : below;
            middle = 0.5 * (below + middle);
        }
        m[i] = middle / bias;
    }
}

void gws_welch_average(const double *const *rows, int n, int64_t bins, gws_psd_average average, double *scratch, double *out)
{
    GWS_ASSERT(n >= 1);
    for (int64_t k0 = 0; k0 < bins; k0 += GWS_WELCH_TILE) {
        int tile = bins - k0 < GWS_WELCH_TILE ? (int)(bins - k0) : GWS_WELCH_TILE;
        double *o = out + k0;
        if (average == GWS_PSD_MEAN) {
            for (int i = 0; i < tile; i++)
                o[i] = 0.0;
            for (int r = 0; r < n; r++)
                for (int i = 0; i < tile; i++)
                    o[i] += rows[r][k0 + i];
            for (int i = 0; i < tile; i++)
                o[i] /= n;
        } else if (average == GWS_PSD_MEDIAN || n == 1) {
            tile_median(rows, 0, 1, n, k0, tile, scratch, o);
        } else {
            double other[GWS_WELCH_TILE];
            tile_median(rows, 0, 2, n, k0, tile, scratch, o);
            tile_median(rows, 1, 2, n, k0, tile, scratch, other);
            for (int i = 0; i < tile; i++)
                o[i] = 0.5 * (o[i] + other[i]);
        }
    }
}

void gws_welch_destroy(gws_welch *w)
{
    if (!w)
        return;
    gws_fft_destroy(w->fft);
    gws_arena_free(w->window);
    gws_arena_free(w->x);
    gws_arena_free(w->spec);
    free(w);
}
