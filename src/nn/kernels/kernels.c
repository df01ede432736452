#include "nn/kernels/kernels.h"

#include <math.h>

extern const gws_kernels gws_kernels_scalar;
#ifdef GWS_HAVE_AVX2
extern const gws_kernels gws_kernels_avx2;
#endif
#ifdef GWS_HAVE_AVX512
extern const gws_kernels gws_kernels_avx512;
#endif
#ifdef GWS_HAVE_NEON
extern const gws_kernels gws_kernels_neon;
#endif

static const gws_kernels *built(gws_isa isa)
{
    switch (isa) {
    case GWS_ISA_SCALAR: return &gws_kernels_scalar;
#ifdef GWS_HAVE_AVX2
    case GWS_ISA_AVX2: return &gws_kernels_avx2;
#endif
#ifdef GWS_HAVE_AVX512
    case GWS_ISA_AVX512: return &gws_kernels_avx512;
#endif
#ifdef GWS_HAVE_NEON
    case GWS_ISA_NEON: return &gws_kernels_neon;
#endif
    default: return NULL;
    }
}

const gws_kernels *gws_kernels_get(void)
{
    const gws_kernels *k = built(gws_isa_best());
    if (!k && gws_isa_best() == GWS_ISA_AVX512)
        k = built(GWS_ISA_AVX2);
    return k ? k : &gws_kernels_scalar;
}

const gws_kernels *gws_kernels_of(gws_isa isa)
{
    return gws_isa_runs(isa) ? built(isa) : NULL;
}

int64_t gws_pack_size(int64_t k, int64_t n)
{
    return (n + GWS_PANEL - 1) / GWS_PANEL * GWS_PANEL * k;
}

void gws_pack(int64_t k, int64_t n, const float *b, int64_t b_row, int64_t b_col, float *out)
{
    for (int64_t j = 0; j < n; j += GWS_PANEL) {
        const int64_t cols = n - j < GWS_PANEL ? n - j : GWS_PANEL;
        float *o = out + j * k;
        if (b_row == 1 && b_col != 1) { /* transposed source: read along its rows */
            for (int64_t c = 0; c < GWS_PANEL; c++)
                for (int64_t p = 0; p < k; p++)
                    o[p * GWS_PANEL + c] = c < cols ? b[p + (j + c) * b_col] : 0.0f;
        } else {
            for (int64_t p = 0; p < k; p++)
                for (int64_t c = 0; c < GWS_PANEL; c++)
                    o[p * GWS_PANEL + c] = c < cols ? b[p * b_row + (j + c) * b_col] : 0.0f;
        }
    }
}

/* Stages whose rows are 8, 64, ... apart; seven factors for each of those rows. */
int64_t gws_fft_twiddles_size(int64_t n)
{
    int64_t size = 0;
    for (int64_t far = 8; far < n; far *= 8)
        size += 14 * far;
    return size;
}

void gws_fft_twiddles(int64_t n, float *out)
{
    for (int64_t far = 8; far < n; far *= 8)
        for (int64_t j = 0; j < far; j++)
            for (int64_t q = 1; q < 8; q++) {
                const double turn = -2.0 * M_PI * (double)(j * q) / (double)(8 * far);
                *out++ = (float)cos(turn);
                *out++ = (float)sin(turn);
            }
}

/* A block of 64 by 64: halves are exchanged, then quarters, and so on (Hacker's Delight, section 7-3). */
static void transpose64(uint64_t x[64])
{
    uint64_t mask = UINT64_C(0x00000000FFFFFFFF);
    for (int half = 32; half > 0; half /= 2, mask ^= mask << half)
        for (int i = 0; i < 64; i = ((i | half) + 1) & ~half) {
            const uint64_t t = ((x[i] >> half) ^ x[i | half]) & mask;
            x[i] ^= t << half;
            x[i | half] ^= t;
        }
}

void gws_bits_transpose(int64_t rows, int64_t cols, const uint64_t *in, uint64_t *out)
{
    const int64_t in_row = GWS_BIT_WORDS(cols), out_row = GWS_BIT_WORDS(rows);
    for (int64_t r = 0; r < out_row; r++)
        for (int64_t c = 0; c < in_row; c++) {
            uint64_t x[64];
            for (int64_t i = 0; i < 64; i++)
                x[i] = r * 64 + i < rows ? in[(r * 64 + i) * in_row + c] : 0;
            transpose64(x);
            for (int64_t i = 0; i < 64 && c * 64 + i < cols; i++)
                out[(c * 64 + i) * out_row + r] = x[i];
        }
}

int64_t gws_bits_count(const uint64_t *bits, int64_t words)
{
    int64_t n = 0;
    for (int64_t i = 0; i < words; i++)
        n += __builtin_popcountll(bits[i]);
    return n;
}
