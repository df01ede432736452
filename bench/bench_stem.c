/* bench_stem.c - how fast the filter bank runs, its parts, and the referee beside them.
 *
 *   bench_stem [--filters K] [--taps N] [--threads T] [--seconds S] [--block B] [--isa scalar|avx2|avx512|neon]
 *
 * Two inputs of white noise; K = 48 filters of 1792 taps.  Every number is the best of several rounds: other programs only ever make
 * things slower.  With one thread its own processor time is taken.  The referee is FFTW (double precision, as the project links it) on the same inverse transforms, one thread.
 */
#include "base/arena.h"
#include "base/progress.h"
#include "perf/peak.h"
#include "base/rng.h"
#include "dsp/fft.h"
#include "nn/coherent.h"
#include "nn/filters.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 7
#define RATE 2048

typedef struct bench {
    const gws_kernels *K;
    int filters, threads, block;
    int64_t taps, seconds;
} bench;

static float *normals(int64_t n, double scale)
{
    float *x = gws_arena_alloc((size_t)n * sizeof *x);
    gws_rng r = gws_rng_init(1, "bench", (uint64_t)n);
    for (int64_t i = 0; x && i < n; i++)
        x[i] = (float)(scale * gws_rng_normal(&r));
    if (!x)
        exit(1);
    return x;
}

static void drop(void *user, int64_t t, const float *const *rho, int64_t n)
{
    *(int64_t *)user += n;
}

static void drop_steps(void *user, const gws_coherent_steps *steps)
{
    *(int64_t *)user += steps->n;
}

static void to_coherent(void *user, int64_t t, const float *const *rho, int64_t n)
{
    int64_t steps = 0;
    gws_coherent_push(user, t, rho, n, drop_steps, &steps);
}

/* Seconds of data a second, pushed `chunk` samples at a time. */
static double rate_of(const bench *b, const gws_filters *f, gws_filtering *s, const float *const *x, int64_t chunk,
                      gws_filters_sink sink, void *user)
{
    double best = INFINITY;
    int64_t sample = 0;
    for (int r = 0; r < ROUNDS; r++) {
        const double begin = b->threads == 1 ? gws_cpu_s() : gws_now_s();
        for (int64_t at = 0; at < b->seconds * RATE; at += chunk) {
            const float *now[2] = {x[0] + at, x[1] + at};
            gws_filtering_push(s, sample, now, chunk, sink, user);
            sample += chunk;
        }
        best = fmin(best, (b->threads == 1 ? gws_cpu_s() : gws_now_s()) - begin);
    }
    return (double)b->seconds / best;
}

static void bench_stream(const bench *b, double peak)
{
    gws_pool *pool = gws_pool_create(b->threads, NULL);
    float *g = normals(b->filters * b->taps * 2, 1 / sqrt((double)b->taps));
    const float *x[2] = {normals(b->seconds * RATE, 1.0), normals(b->seconds * RATE + 64, 1.0)};
    float *weight = normals(b->filters, 0.1);
    const int reach[2] = {0, 6};
    gws_filters *f = gws_filters_create(b->K, b->filters, b->taps, g, NULL);
    gws_coherent *c = gws_coherent_create(b->K, &(gws_coherent_params){b->filters, 2, reach, 18, weight}, pool, NULL);
    gws_filtering *s = gws_filtering_create(f, 2, gws_coherent_history(c), b->block, pool, NULL);
    int64_t rows = 0;
    /* as the headers count: products and transforms (5 n log2 n), both partitions, two inputs */
    const double tail = ceil((double)(b->taps - 256) / 256), k = 2.0 * b->filters;
    const double flop = k * (16 * (8 * 8 * 64 + 5 * 64 * 6) + 2 * (8 * tail * 512 + 5 * 512 * 9));
    const double whole = rate_of(b, f, s, x, b->seconds * RATE, drop, &rows);
    printf(
        "filters, %d threads, offline    %8.0f times real time   %6.1f GFLOP/s of %.1f MFLOP per second of data, %.0f%% of peak\n",
        b->threads, whole, 1e-9 * whole * flop, 1e-6 * flop, 1e-7 * whole * flop / (peak * b->threads));
    gws_filtering_reset(s);
    printf("filters, pushed 1/16 s at a time %7.0f times real time\n", rate_of(b, f, s, x, 128, drop, &rows));
    gws_filtering_reset(s);
    printf("filters and statistic           %8.0f times real time\n", rate_of(b, f, s, x, b->seconds * RATE, to_coherent, c));
    gws_coherent_destroy(c);
    gws_filtering_destroy(s);
    gws_filters_destroy(f);
    gws_pool_destroy(pool);
}

static void bench_transforms(const bench *b, double peak)
{
    for (int64_t n = 64; n <= 4096; n *= 8) {
        float *x = normals(n * 32, 1.0), *y = normals(n * 32, 1.0), *turn = normals(gws_fft_twiddles_size(n), 0);
        double *z = gws_arena_alloc((size_t)(n * 32) * sizeof *z), *out = gws_arena_alloc((size_t)(n * 32) * sizeof *out);
        gws_cfft *referee = gws_cfft_create(n, 16, NULL);
        gws_fft_twiddles(n, turn);
        double best = INFINITY, theirs = INFINITY;
        const int times = (int)(1 << 20) / (int)n;
        for (int r = 0; r < ROUNDS; r++) {
            double begin = gws_cpu_s();
            for (int i = 0; i < times; i++) {
                memset(x, 0, 256);
                b->K->fft_inverse(n, turn, x, y, 32, 0);
            }
            best = fmin(best, (gws_cpu_s() - begin) / times);
            for (int64_t i = 0; i < n * 32; i++)
                x[i] = 1e-3f;
            begin = gws_cpu_s();
            for (int i = 0; i < times / 4; i++)
                gws_cfft_inverse(referee, z, out);
            theirs = fmin(theirs, (gws_cpu_s() - begin) / (times / 4));
        }
        const double flop = 16 * 5 * (double)n * log2((double)n);
        printf("16 inverse transforms of %5lld  %8.2f us, %5.1f GFLOP/s (5 n log2 n), %.0f%% of peak; FFTW, double: %.2f us\n",
               (long long)n, 1e6 * best, 1e-9 * flop / best, 1e-7 * flop / best / peak, 1e6 * theirs);
        gws_cfft_destroy(referee);
    }
}

int main(int argc, char **argv)
{
    bench b = {.K = gws_kernels_get(), .filters = 48, .threads = 2, .taps = 1792, .seconds = 256};
    for (int i = 1; i + 1 < argc; i += 2) {
        gws_isa isa;
        if (strcmp(argv[i], "--filters") == 0)
            b.filters = atoi(argv[i + 1]);
        else if (strcmp(argv[i], "--taps") == 0)
            b.taps = atoi(argv[i + 1]);
        else if (strcmp(argv[i], "--threads") == 0)
            b.threads = atoi(argv[i + 1]);
        else if (strcmp(argv[i], "--seconds") == 0)
            b.seconds = atoi(argv[i + 1]);
        else if (strcmp(argv[i], "--block") == 0)
            b.block = atoi(argv[i + 1]);
        else if (strcmp(argv[i], "--isa") == 0 && gws_isa_parse(argv[i + 1], &isa) && gws_kernels_of(isa))
            b.K = gws_kernels_of(isa);
        else {
            fprintf(stderr, "usage: bench_stem [--filters K] [--taps N] [--threads T] [--seconds S] [--block B] [--isa NAME]\n");
            return 2;
        }
    }
    const double peak = gws_peak_gflops(b.K->isa, NULL, 0.05);
    printf("%s, %.0f GFLOP/s a core on registers\n", gws_isa_name(b.K->isa), peak);
    bench_transforms(&b, peak);
    bench_stream(&b, peak);
    return 0;
}
