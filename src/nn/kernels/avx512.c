/* avx512.c - AVX-512: tiles of 12 rows by 16 columns. */
#include <immintrin.h>

#define GWS_TABLE gws_kernels_avx512
#define GWS_TABLE_ISA GWS_ISA_AVX512
#define VF __m512
#define VLANES 16
#define MR 12
#define vf_load(p) _mm512_loadu_ps(p)
#define vf_store(p, v) _mm512_storeu_ps(p, v)
#define vf_set1(x) _mm512_set1_ps(x)
#define vf_fma(a, b, c) _mm512_fmadd_ps(a, b, c)
#define vf_positive(v) ((uint64_t)_mm512_cmp_ps_mask(v, _mm512_setzero_ps(), _CMP_GT_OQ))

extern const struct gws_kernels gws_kernels_avx512;
#include "nn/kernels/impl.h"
