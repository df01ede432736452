/* avx512.c - AVX-512: tiles of 12 rows by 16 columns. */
#include <immintrin.h>

#define GWS_TABLE gws_kernels_avx512
#define GWS_TABLE_ISA GWS_ISA_AVX512
#define VF __m512
#define VLANES 16
#define MR 12
#define PANELS_1 8
#define PANELS_2 6
#define PANELS_3 4
#define PANELS_6 2
#define PRODUCT_ROWS 8
#define vf_load(p) _mm512_loadu_ps(p)
#define vf_store(p, v) _mm512_storeu_ps(p, v)
#define vf_set1(x) _mm512_set1_ps(x)
#define vf_add(a, b) _mm512_add_ps(a, b)
#define vf_sub(a, b) _mm512_sub_ps(a, b)
#define vf_mul(a, b) _mm512_mul_ps(a, b)
#define vf_max(a, b) _mm512_max_ps(a, b)
#define vf_fma(a, b, c) _mm512_fmadd_ps(a, b, c)
#define vf_fnma(a, b, c) _mm512_fnmadd_ps(a, b, c)
#define vf_positive(v) ((uint64_t)_mm512_cmp_ps_mask(v, _mm512_setzero_ps(), _CMP_GT_OQ))

extern const struct gws_kernels gws_kernels_avx512;
#include "nn/kernels/impl.h"
