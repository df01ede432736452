/* immintrin.h - those intrinsics of AVX-512 that nn/kernels/avx512.c uses, in the compiler's generic vectors.
 *
 * For tests/cross/wide.c alone: it stands before the compiler's own header there.  Semantics as in Intel's Intrinsics Guide.
 */
#ifndef GWS_TESTS_CROSS_WIDE_IMMINTRIN_H
#define GWS_TESTS_CROSS_WIDE_IMMINTRIN_H

#include <math.h>
#include <stdint.h>
#include <string.h>

typedef float __m512 __attribute__((vector_size(64)));

#define WIDE static inline __attribute__((always_inline))

WIDE __m512 _mm512_loadu_ps(const float *p)
{
    __m512 v;
    memcpy(&v, p, sizeof v);
    return v;
}

WIDE void _mm512_storeu_ps(float *p, __m512 v)
{
    memcpy(p, &v, sizeof v);
}

WIDE __m512 _mm512_set1_ps(float x)
{
    return (__m512){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x};
}

WIDE __m512 _mm512_fmadd_ps(__m512 a, __m512 b, __m512 c)
{
    __m512 r;
    for (int i = 0; i < 16; i++)
        r[i] = fmaf(a[i], b[i], c[i]);
    return r;
}

WIDE __m512 _mm512_setzero_ps(void)
{
    return _mm512_set1_ps(0.0f);
}

WIDE __m512 _mm512_add_ps(__m512 a, __m512 b)
{
    return a + b;
}

WIDE __m512 _mm512_sub_ps(__m512 a, __m512 b)
{
    return a - b;
}

WIDE __m512 _mm512_mul_ps(__m512 a, __m512 b)
{
    return a * b;
}

WIDE __m512 _mm512_fnmadd_ps(__m512 a, __m512 b, __m512 c)
{
    return _mm512_fmadd_ps(-a, b, c);
}

WIDE __m512 _mm512_max_ps(__m512 a, __m512 b)
{
    __m512 r;
    for (int i = 0; i < 16; i++)
        r[i] = a[i] > b[i] ? a[i] : b[i];
    return r;
}

enum { _CMP_GT_OQ };

WIDE uint16_t _mm512_cmp_ps_mask(__m512 a, __m512 b, int greater)
{
    unsigned mask = 0;
    for (int i = 0; i < 16; i++)
        mask |= (unsigned)(a[i] > b[i]) << i;
    return (uint16_t)(greater == _CMP_GT_OQ ? mask : 0);
}

#endif
