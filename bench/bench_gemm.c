/* bench_gemm.c - our dense product beside OpenBLAS and oneDNN, on the products of the default model and of config seed.
 *
 *   bench_gemm [--json] [--peak P] [--threads N,N..] [--rounds N] [--seconds S] [--only TEXT]
 *
 * Wall time, at batch 16.  The three libraries take turns, N rounds (5) of S seconds (0.02) each; a number is the median of the
 * rounds.  P is the peak of one thread in GFLOP/s, as bench_nn measures it on registers; without it no share is printed.
 *
 * Ours is what the networks do: weights packed once, outside of the time; the gradient of weights packed each time, inside, for
 * it is new each time, in stretches and blocks as backward has them; a convolution reads overlapping rows, where the others are given the unfolded matrix as a present.  Rows
 * are dealt to the threads, so products of up to 8 rows stay on one.  The results of all three are compared before any is timed.
 */
#include "base/json.h"
#include "base/progress.h"
#include "base/rng.h"
#include "base/thread.h"
#include "model/checkpoint.h"
#include "nn/kernels/kernels.h"

#ifdef HAVE_OPENBLAS
#include <cblas.h>
#endif
#ifdef HAVE_ONEDNN
#include <dnnl.h>
void omp_set_num_threads(int n); /* of libgomp, which oneDNN runs on; <omp.h> is another one under clang */
#endif

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BATCH 16
#define MAX_ROUNDS 99
#define MAX_COUNTS 8
#define BLOCK 8 /* rows are dealt in multiples of this */

enum { OURS, OPENBLAS, ONEDNN, LIBRARIES };
static const char *const library_name[LIBRARIES] = {"gwspike", "openblas", "onednn"};
static const int library_here[LIBRARIES] = {
    [OURS] = 1,
#ifdef HAVE_OPENBLAS
    [OPENBLAS] = 1,
#endif
#ifdef HAVE_ONEDNN
    [ONEDNN] = 1,
#endif
};

typedef struct bench {
    int json, rounds, threads;
    double seconds, peak;
    const char *only;
    const gws_kernels *K;
    gws_pool *pool;
} bench;

/* C (m,n) = A B.  Forward, A is (m,k) with rows `step` floats apart; a gradient of weights has A = X^T, X (k,m) with rows
 * `step` apart. */
typedef struct product {
    const bench *b;
    int gradient;
    int64_t m, n, k, step;
    float *x, *unfolded, *w, *packed, *c[LIBRARIES];
} product;

static float *floats(int64_t n)
{
    float *x = gws_arena_alloc((size_t)n * sizeof *x);
    if (!x) {
        fprintf(stderr, "bench_gemm: no memory for %lld numbers\n", (long long)n);
        exit(1);
    }
    return x;
}

static float *normals(int64_t n, const char *purpose)
{
    float *x = floats(n);
    gws_rng r = gws_rng_init(1, purpose, 0);
    for (int64_t i = 0; i < n; i++)
        x[i] = (float)gws_rng_normal(&r);
    return x;
}

/* ---- the three ---- */

/* Share of task t when n things are dealt out in blocks. */
static void share(int64_t n, int64_t block, int tasks, int t, int64_t *begin, int64_t *end)
{
    const int64_t each = ((n + tasks - 1) / tasks + block - 1) / block * block;
    *begin = t * each < n ? t * each : n;
    *end = *begin + each < n ? *begin + each : n;
}

enum { COLUMNS = 256, ROWS = 768, STRETCH = 512 }; /* as model/backward.c cuts gradients */

/* A block of a gradient: its stretch of g packed, then added. */
static void gradient_task(void *user, int task, int thread)
{
    const product *p = user;
    const int64_t down = (p->m + ROWS - 1) / ROWS, n0 = task / down * COLUMNS, m0 = task % down * ROWS;
    const int64_t n = p->n - n0 < COLUMNS ? p->n - n0 : COLUMNS, m = p->m - m0 < ROWS ? p->m - m0 : ROWS;
    float *pack = p->packed + thread * gws_pack_size(STRETCH, COLUMNS);
    for (int64_t t = 0; t < p->k; t += STRETCH) {
        const int64_t k = p->k - t < STRETCH ? p->k - t : STRETCH;
        gws_pack(k, n, p->w + t * p->n + n0, p->n, 1, pack);
        p->b->K->gemm(m, n, k, p->x + t * p->step + m0, 1, p->step, pack, NULL, p->c[OURS] + m0 * p->n + n0, p->n, t > 0);
    }
}

static void gemm_task(void *user, int task, int thread)
{
    const product *p = user;
    int64_t i0, i1;
    share(p->m, BLOCK, p->b->threads, task, &i0, &i1);
    if (i1 > i0)
        p->b->K->gemm(i1 - i0, p->n, p->k, p->x + i0 * p->step, p->step, 1, p->packed, NULL, p->c[OURS] + i0 * p->n, p->n, 0);
}

static void run_ours(product *p)
{
    if (p->gradient)
        gws_pool_run(p->b->pool, (int)((p->m + ROWS - 1) / ROWS * ((p->n + COLUMNS - 1) / COLUMNS)), gradient_task, p);
    else if (p->m <= BLOCK)
        gemm_task(p, 0, 0);
    else
        gws_pool_run(p->b->pool, p->b->threads, gemm_task, p);
}

static void run(product *p, int library)
{
    switch (library) {
    case OURS: run_ours(p); break;
#ifdef HAVE_OPENBLAS
    case OPENBLAS:
        cblas_sgemm(CblasRowMajor, p->gradient ? CblasTrans : CblasNoTrans, CblasNoTrans, (int)p->m, (int)p->n, (int)p->k, 1.0f,
                    p->unfolded, (int)(p->gradient ? p->m : p->k), p->w, (int)p->n, 0.0f, p->c[OPENBLAS], (int)p->n);
        break;
#endif
#ifdef HAVE_ONEDNN
    case ONEDNN:
        if (dnnl_sgemm(p->gradient ? 'T' : 'N', 'N', p->m, p->n, p->k, 1.0f, p->unfolded, p->gradient ? p->m : p->k, p->w, p->n,
                       0.0f, p->c[ONEDNN], p->n) != dnnl_success) {
            fprintf(stderr, "bench_gemm: oneDNN refused %lldx%lldx%lld\n", (long long)p->m, (long long)p->n, (long long)p->k);
            exit(1);
        }
        break;
#endif
    default: break;
    }
}

static void set_threads(bench *b, int threads)
{
    gws_err err;
    gws_pool_destroy(b->pool);
    b->threads = threads;
    b->pool = gws_pool_create(threads, &err);
    if (!b->pool) {
        fprintf(stderr, "bench_gemm: %s\n", err.text);
        exit(1);
    }
#ifdef HAVE_OPENBLAS
    openblas_set_num_threads(threads);
#endif
#ifdef HAVE_ONEDNN
    omp_set_num_threads(threads);
#endif
}

/* ---- measuring ---- */

/* A sum of k products of normal numbers is of the size of sqrt(k), and float's rounding of the running sum adds up to 1e-7 k at
 * most; a wrong index is wrong by sqrt(k). */
static void check(const product *p, int library)
{
    const int64_t ld = p->gradient ? 1 : p->k, along = p->gradient ? p->m : 1;
    for (int64_t s = 0; s < 97; s++) {
        const int64_t i = s * 7919 % p->m, j = s * 104729 % p->n;
        double want = 0.0;
        for (int64_t q = 0; q < p->k; q++)
            want += (double)p->unfolded[i * ld + q * along] * (double)p->w[q * p->n + j];
        const double got = (double)p->c[library][i * p->n + j];
        if (!(fabs(got - want) < 1e-6 * (double)p->k + 1e-4)) {
            fprintf(stderr, "bench_gemm: %s, %lldx%lldx%lld, element (%lld,%lld): wanted %g, found %g\n", library_name[library],
                    (long long)p->m, (long long)p->n, (long long)p->k, (long long)i, (long long)j, want, got);
            exit(1);
        }
    }
}

static double seconds_of(product *p, int library, int64_t calls)
{
    const double begin = gws_now_s();
    for (int64_t i = 0; i < calls; i++)
        run(p, library);
    return (gws_now_s() - begin) / (double)calls;
}

/* The threads of OpenBLAS and of libgomp spin for some 30 ms after their last product, on processors that the next one needs. */
static void settle(void)
{
    nanosleep(&(struct timespec){.tv_nsec = 60000000}, NULL);
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void report(const bench *b, const char *name, const product *p, double gflops[LIBRARIES][MAX_ROUNDS])
{
    char shape[64];
    snprintf(shape, sizeof shape, "%lldx%lldx%lld", (long long)p->m, (long long)p->n, (long long)p->k);
    double median[LIBRARIES] = {0.0};
    gws_json *j = NULL;
    if (b->json) {
        j = gws_json_object();
        gws_json_put_string(j, "name", name);
        gws_json_put_string(j, "shape", shape);
        gws_json_put_string(j, "isa", gws_isa_name(b->K->isa));
        gws_json_put_i64(j, "threads", b->threads);
    } else {
        printf("%-24s %-17s %2d", name, shape, b->threads);
    }
    for (int l = 0; l < LIBRARIES; l++) {
        if (!library_here[l])
            continue;
        qsort(gflops[l], (size_t)b->rounds, sizeof **gflops, ascending);
        median[l] = gflops[l][b->rounds / 2];
        const double of_peak = b->peak > 0.0 ? median[l] / (b->peak * b->threads) : 0.0;
        if (j) {
            char key[32];
            gws_json_put_f64(j, library_name[l], median[l]);
            snprintf(key, sizeof key, "%s_range", library_name[l]);
            gws_json_put_f64s(j, key, (const double[]){gflops[l][0], gflops[l][b->rounds - 1]}, 2);
            snprintf(key, sizeof key, "%s_share", library_name[l]);
            if (of_peak > 0.0)
                gws_json_put_f64(j, key, of_peak);
        } else {
            printf("  %7.1f", median[l]);
            if (of_peak > 0.0)
                printf(" %3.0f%%", 100.0 * of_peak);
        }
    }
    const double best = fmax(median[OPENBLAS], median[ONEDNN]);
    if (j) {
        gws_json_put_string(j, "unit", "GFLOP/s");
        gws_json_put_f64(j, "ratio", median[OURS] / best);
        gws_json_print(j, stdout);
    } else {
        printf("  %6.2f\n", median[OURS] / best);
    }
    fflush(stdout);
}

static void bench_product(const bench *b, const char *name, product p)
{
    if (b->only && !strstr(name, b->only))
        return;
    const int64_t rows = p.gradient ? p.k : p.m, width = p.gradient ? p.m : p.k;
    p.b = b;
    p.x = normals((rows - 1) * p.step + width, "input");
    p.unfolded = floats(rows * width);
    for (int64_t i = 0; i < rows; i++)
        memcpy(p.unfolded + i * width, p.x + i * p.step, (size_t)width * sizeof *p.x);
    p.w = normals(p.k * p.n, "weights");
    const int64_t scratch = p.gradient ? b->threads * gws_pack_size(STRETCH, COLUMNS) : 0, all_packed = gws_pack_size(p.k, p.n);
    p.packed = floats(all_packed > scratch ? all_packed : scratch);
    gws_pack(p.k, p.n, p.w, p.n, 1, p.packed);
    double gflops[LIBRARIES][MAX_ROUNDS];
    int64_t calls[LIBRARIES];
    for (int l = 0; l < LIBRARIES; l++) {
        p.c[l] = library_here[l] ? floats(p.m * p.n) : NULL;
        if (!library_here[l])
            continue;
        run(&p, l);
        check(&p, l);
        calls[l] = 1 + (int64_t)(b->seconds / seconds_of(&p, l, 1));
    }
    for (int r = 0; r < b->rounds; r++)
        for (int l = 0; l < LIBRARIES; l++)
            if (library_here[l]) {
                settle();
                run(&p, l); /* its threads awake, its operands in the caches */
                gflops[l][r] = 2e-9 * (double)(p.m * p.n * p.k) / seconds_of(&p, l, calls[l]);
            }
    report(b, name, &p, gflops);
    float *const all[] = {p.x, p.unfolded, p.w, p.packed, p.c[OURS], p.c[OPENBLAS], p.c[ONEDNN]};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        gws_arena_free(all[i]);
}

/* ---- the products ---- */

static void both_ways(const bench *b, const char *name, int64_t rows, int64_t in, int64_t out, int64_t step)
{
    char gradient[64];
    snprintf(gradient, sizeof gradient, "%s, gradient", name);
    bench_product(b, name, (product){.m = rows, .n = out, .k = in, .step = step});
    bench_product(b, gradient, (product){.gradient = 1, .m = in, .n = out, .k = rows, .step = step});
}

static void bench_stem(const bench *b, const char *config, const gws_conv *stem, int n, int64_t samples)
{
    for (int l = 0; l < n; l++) {
        char name[48];
        samples /= stem[l].stride;
        snprintf(name, sizeof name, "%s stem %d", config, l);
        both_ways(b, name, BATCH * samples, (int64_t)stem[l].kernel * stem[l].cin, stem[l].cout,
                  (int64_t)stem[l].stride * stem[l].cin);
    }
}

static void bench_all(const bench *b, const gws_arch *a)
{
    /* jax_pipeline.py --config seed: 4096 samples of one detector, k9 s2 */
    static const gws_conv seed[4] = {{9, 2, 1, 64, 8}, {9, 2, 64, 128, 8}, {9, 2, 128, 256, 8}, {9, 2, 256, 256, 8}};
    const int64_t samples = 4 * (int64_t)a->rate_hz, T = samples / gws_arch_hop(a), C = a->C, rows = BATCH * T;
    bench_stem(b, "default", a->stem, a->n_stem, samples);
    bench_stem(b, "seed", seed, 4, 4096);
    /* from here on both have the same shapes */
    both_ways(b, "GRU input", rows, C, 3 * C, C);
    for (int64_t r = 1; r <= 64; r *= 2) {
        char name[32];
        snprintf(name, sizeof name, "GRU step, %lld rows", (long long)r);
        bench_product(b, name, (product){.m = r, .n = 3 * C, .k = C, .step = C});
    }
    both_ways(b, "predictions", rows, C, a->K * C, C);
    both_ways(b, "spiking layer 0", rows, 2 * C, a->H[0], 2 * C);
    both_ways(b, "spiking layer 1", rows, a->H[0], a->H[1], a->H[0]);
}

int main(int argc, char **argv)
{
    bench b = {.rounds = 5, .seconds = 0.02, .K = gws_kernels_get()};
    int counts[MAX_COUNTS] = {1, 2}, n_counts = 2, bad = 0;
    for (int i = 1; i < argc && !bad; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : "";
        if (strcmp(argv[i], "--json") == 0) {
            b.json = 1;
            continue;
        }
        if (strcmp(argv[i], "--peak") == 0) {
            b.peak = atof(value);
            bad = b.peak <= 0.0;
        } else if (strcmp(argv[i], "--seconds") == 0) {
            b.seconds = atof(value);
            bad = b.seconds <= 0.0;
        } else if (strcmp(argv[i], "--rounds") == 0) {
            b.rounds = atoi(value);
            bad = b.rounds < 1 || b.rounds > MAX_ROUNDS;
        } else if (strcmp(argv[i], "--only") == 0) {
            b.only = value;
            bad = !*value;
        } else if (strcmp(argv[i], "--threads") == 0) {
            n_counts = 0;
            for (const char *s = value; s && !bad; s = strchr(s, ',') ? strchr(s, ',') + 1 : NULL) {
                bad = n_counts == MAX_COUNTS || atoi(s) < 1;
                if (!bad)
                    counts[n_counts++] = atoi(s);
            }
        } else {
            bad = 1;
        }
        i++;
    }
    if (bad) {
        fprintf(stderr, "usage: bench_gemm [--json] [--peak GFLOPS] [--threads N,N..] [--rounds N] [--seconds S] [--only TEXT]\n");
        return 2;
    }
    gws_checkpoint c;
    gws_err err;
    if (gws_checkpoint_init(&c, "[model]\n", 1, GWS_TO_RUN, &err)) { /* the defaults are the shipped model's shapes */
        fprintf(stderr, "bench_gemm: %s\n", err.text);
        return 1;
    }
    if (!b.json) {
        printf("GFLOP/s%s; j threads; ratio is ours over the faster of the others", b.peak > 0.0 ? " and share of the peak" : "");
#ifdef HAVE_OPENBLAS
        printf("; %s, kernels %s", openblas_get_config(), openblas_get_corename());
#endif
        printf("\n%-24s %-17s %2s", "product", "m x n x k", "j");
        for (int l = 0; l < LIBRARIES; l++)
            if (library_here[l])
                printf("  %*s", b.peak > 0.0 ? 12 : 7, library_name[l]);
        printf("   ratio\n");
    }
    for (int i = 0; i < n_counts; i++) {
        set_threads(&b, counts[i]);
        bench_all(&b, &c.arch);
    }
    gws_pool_destroy(b.pool);
    gws_checkpoint_clear(&c);
    return 0;
}
