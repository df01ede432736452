/* avx2.c - AVX2 with FMA: tiles of 6 rows by 16 columns fill 12 of the 16 registers. */
#include <immintrin.h>

#define GWS_TABLE gws_kernels_avx2
#define GWS_TABLE_ISA GWS_ISA_AVX2
#define VF __m256
#define VLANES 8
#define MR 6
#define PANELS_1 6
#define PANELS_2 3
#define PANELS_3 2
#define PANELS_6 1
#define PRODUCT_ROWS 4
#define vf_load(p) _mm256_loadu_ps(p)
#define vf_store(p, v) _mm256_storeu_ps(p, v)
#define vf_set1(x) _mm256_set1_ps(x)
#define vf_add(a, b) _mm256_add_ps(a, b)
#define vf_sub(a, b) _mm256_sub_ps(a, b)
#define vf_mul(a, b) _mm256_mul_ps(a, b)
#define vf_max(a, b) _mm256_max_ps(a, b)
#define vf_fma(a, b, c) _mm256_fmadd_ps(a, b, c)
#define vf_fnma(a, b, c) _mm256_fnmadd_ps(a, b, c)
#define vf_positive(v) ((uint64_t)(unsigned)_mm256_movemask_ps(_mm256_cmp_ps(v, _mm256_setzero_ps(), _CMP_GT_OQ)))

extern const struct gws_kernels gws_kernels_avx2;
#include "nn/kernels/impl.h"
