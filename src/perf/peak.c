#include "perf/peak.h"

#include "base/progress.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

#define ROUNDS 5
#define CALL 20000 /* steps between two looks at the clock */
#define CHAINS 12  /* independent sums: more than latency times units, and they fit into 16 registers */

/* n steps of all chains; the sum goes out so that nothing is left away. */
#define PEAK(name, attribute, vector, lanes, set1, fma, store)                                                                     \
    attribute static float name(int64_t n)                                                                                         \
    {                                                                                                                              \
        vector acc[CHAINS], a = set1(0.999f), b = set1(0.001f);                                                                    \
        float out[lanes], sum = 0.0f;                                                                                              \
        for (int j = 0; j < CHAINS; j++)                                                                                           \
            acc[j] = set1((float)j);                                                                                               \
        for (int64_t i = 0; i < n; i++)                                                                                            \
            for (int j = 0; j < CHAINS; j++)                                                                                       \
                acc[j] = fma(acc[j], a, b);                                                                                        \
        for (int j = 0; j < CHAINS; j++) {                                                                                         \
            store(out, acc[j]);                                                                                                    \
            for (int l = 0; l < lanes; l++)                                                                                        \
                sum += out[l];                                                                                                     \
        }                                                                                                                          \
        return sum;                                                                                                                \
    }

#define scalar_set1(v) (v)
#define scalar_store(p, v) (*(p) = (v))
PEAK(peak_scalar, , float, 1, scalar_set1, fmaf, scalar_store)
#if defined(__x86_64__)
PEAK(peak_avx2, __attribute__((target("avx2,fma"))), __m256, 8, _mm256_set1_ps, _mm256_fmadd_ps, _mm256_storeu_ps)
PEAK(peak_avx512, __attribute__((target("avx512f"))), __m512, 16, _mm512_set1_ps, _mm512_fmadd_ps, _mm512_storeu_ps)
#elif defined(__aarch64__)
#define neon_fma(a, b, c) vfmaq_f32(c, a, b)
PEAK(peak_neon, , float32x4_t, 4, vdupq_n_f32, neon_fma, vst1q_f32)
#endif

typedef struct loop {
    float (*run)(int64_t);
    int lanes;
    double seconds;
    double gflops[256]; /* of each task */
} loop;

static void measure(void *user, int task, int thread)
{
    loop *l = user;
    volatile float keep = 0.0f;
    int64_t done = 0;
    const double begin = gws_cpu_s();
    double took;
    do {
        keep = keep + l->run(CALL);
        done += CALL;
        took = gws_cpu_s() - begin;
    } while (took < l->seconds);
    l->gflops[task] = 2e-9 * (double)done * CHAINS * l->lanes / took;
}

double gws_peak_gflops(gws_isa isa, gws_pool *pool, double seconds)
{
    loop l = {.run = peak_scalar, .lanes = 1, .seconds = seconds};
    const int threads = gws_pool_threads(pool) < 256 ? gws_pool_threads(pool) : 256;
    double best = 0.0;
#if defined(__x86_64__)
    if (isa == GWS_ISA_AVX2)
        l.run = peak_avx2, l.lanes = 8;
    if (isa == GWS_ISA_AVX512)
        l.run = peak_avx512, l.lanes = 16;
#elif defined(__aarch64__)
    if (isa == GWS_ISA_NEON)
        l.run = peak_neon, l.lanes = 4;
#endif
    for (int r = 0; r < ROUNDS; r++) {
        double sum = 0.0;
        gws_pool_run(pool, threads, measure, &l);
        for (int i = 0; i < threads; i++)
            sum += l.gflops[i];
        best = fmax(best, sum);
    }
    return best;
}
