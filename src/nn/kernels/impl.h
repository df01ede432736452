/* impl.h - the one source of all kernel tables; see kernels.h.
 *
 * The including file defines GWS_TABLE (name of the table), GWS_TABLE_ISA, and the vector type:
 *   VF, VLANES, vf_load, vf_store, vf_set1, vf_fma(a,b,c) = a*b+c with one rounding, MR (rows of a tile)
 *   vf_positive(v) = bit l of lane l > 0
 * Elementwise kernels are plain loops over fmaf that the compiler vectorises; no sum runs across lanes.
 */
#include "nn/kernels/kernels.h"

#include <math.h>
#include <string.h>

#define NV (GWS_PANEL / VLANES)
#define KC 256 /* rows of B worked on at once: a panel of 16 KiB stays in the first-level cache */
#define MC 96  /* rows of A that stay in the second */

/* A tile of R rows by one panel.  R is a constant at every call, so the accumulators live in registers. */
static inline __attribute__((always_inline)) void tile(const int R, int64_t k, const float *a, int64_t a_row, int64_t a_col,
                                                       const float *b, const float *start, int64_t start_row, float *c, int64_t ldc)
{
    VF acc[MR][NV];
    for (int i = 0; i < R; i++)
        for (int v = 0; v < NV; v++)
            acc[i][v] = start ? vf_load(start + i * start_row + v * VLANES) : vf_set1(0.0f);
    for (int64_t p = 0; p < k; p++) {
        VF bv[NV];
        for (int v = 0; v < NV; v++)
            bv[v] = vf_load(b + p * GWS_PANEL + v * VLANES);
        const float *ap = a + p * a_col;
        for (int i = 0; i < R; i++) {
            const VF av = vf_set1(ap[i * a_row]);
            for (int v = 0; v < NV; v++)
                acc[i][v] = vf_fma(av, bv[v], acc[i][v]);
        }
    }
    for (int i = 0; i < R; i++)
        for (int v = 0; v < NV; v++)
            vf_store(c + i * ldc + v * VLANES, acc[i][v]);
}

static void tile_rows(int rows, int64_t k, const float *a, int64_t a_row, int64_t a_col, const float *b, const float *start,
                      int64_t start_row, float *c, int64_t ldc)
{
    switch (rows) {
#if MR >= 12
    case 12: tile(12, k, a, a_row, a_col, b, start, start_row, c, ldc); break;
    case 11: tile(11, k, a, a_row, a_col, b, start, start_row, c, ldc); break;
    case 10: tile(10, k, a, a_row, a_col, b, start, start_row, c, ldc); break;
    case 9: tile(9, k, a, a_row, a_col, b, start, start_row, c, ldc); break;
    case 8: tile(8, k, a, a_row, a_col, b, start, start_row, c, ldc); break;
    case 7: tile(7, k, a, a_row, a_col, b, start, start_row, c, ldc); break;
#endif
#if MR >= 6
    case 6: tile(6, k, a, a_row, a_col, b, start, start_row, c, ldc); break;
    case 5: tile(5, k, a, a_row, a_col, b, start, start_row, c, ldc); break;
#endif
    case 4: tile(4, k, a, a_row, a_col, b, start, start_row, c, ldc); break;
    case 3: tile(3, k, a, a_row, a_col, b, start, start_row, c, ldc); break;
    case 2: tile(2, k, a, a_row, a_col, b, start, start_row, c, ldc); break;
    default: tile(1, k, a, a_row, a_col, b, start, start_row, c, ldc); break;
    }
}

/* Blocks of K continue the sum from memory: storing and reloading a float changes nothing, so the order of operations
 * per element does not depend on KC or MC. */
static void gemm(int64_t m, int64_t n, int64_t k, const float *a, int64_t a_row, int64_t a_col, const float *b, const float *bias,
                 float *c, int64_t ldc, int accumulate)
{
    for (int64_t m0 = 0; m0 < m; m0 += MC) {
        const int64_t mb = m - m0 < MC ? m - m0 : MC;
        int64_t k0 = 0;
        do {
            const int64_t kb = k - k0 < KC ? k - k0 : KC;
            for (int64_t j = 0; j < n; j += GWS_PANEL) {
                const float *bp = b + j * k + k0 * GWS_PANEL;
                const int cols = n - j < GWS_PANEL ? (int)(n - j) : GWS_PANEL;
                float head[GWS_PANEL] __attribute__((aligned(64))) = {0};
                if (bias && k0 == 0 && !accumulate)
                    memcpy(head, bias + j, (size_t)cols * sizeof *head);
                const int from_c = accumulate || k0 > 0;
                for (int64_t i = 0; i < mb; i += MR) {
                    const int rows = mb - i < MR ? (int)(mb - i) : MR;
                    const float *at = a + (m0 + i) * a_row + k0 * a_col;
                    float *ct = c + (m0 + i) * ldc + j;
                    if (cols == GWS_PANEL) {
                        tile_rows(rows, kb, at, a_row, a_col, bp, from_c ? ct : head, from_c ? ldc : 0, ct, ldc);
                    } else { /* last panel: work on a full-width copy */
                        float buf[MR * GWS_PANEL] __attribute__((aligned(64))) = {0};
                        for (int r = 0; r < rows; r++)
                            memcpy(buf + r * GWS_PANEL, from_c ? ct + r * ldc : head, (size_t)cols * sizeof *buf);
                        tile_rows(rows, kb, at, a_row, a_col, bp, buf, GWS_PANEL, buf, GWS_PANEL);
                        for (int r = 0; r < rows; r++)
                            memcpy(ct + r * ldc, buf + r * GWS_PANEL, (size_t)cols * sizeof *buf);
                    }
                }
            }
            k0 += kb;
        } while (k0 < k);
    }
}

/* exp by x = n ln2 + r, |r| <= ln2/2, degree-6 polynomial (Taylor coefficients; relative error below 3e-7),
 * clamped to +-87 so that the result stays a normal number.  A NaN stays a NaN: a gate that made a number of it would
 * hide where training went wrong. */
static inline __attribute__((always_inline)) float exp1(float x)
{
    x = x > 87.0f ? 87.0f : x;
    x = x < -87.0f ? -87.0f : x;
    const float shift = 12582912.0f; /* 1.5 * 2^23: adding it rounds to an integer, which then stands in the low bits */
    union {
        float f;
        uint32_t i;
    } s = {.f = fmaf(x, 1.44269504088896341f, shift)};
    const float n = s.f - shift;
    float r = fmaf(n, -0.693145751953125f, x);
    r = fmaf(n, -1.42860682030941723e-6f, r);
    float p = 1.0f / 720.0f;
    p = fmaf(p, r, 1.0f / 120.0f);
    p = fmaf(p, r, 1.0f / 24.0f);
    p = fmaf(p, r, 1.0f / 6.0f);
    p = fmaf(p, r, 0.5f);
    p = fmaf(p, r, 1.0f);
    p = fmaf(p, r, 1.0f);
    s.i = (s.i + 127u) << 23; /* 2^n */
    return p * s.f;
}

static inline __attribute__((always_inline)) float sigmoid1(float x)
{
    return 1.0f / (1.0f + exp1(-x));
}

static inline __attribute__((always_inline)) float tanh1(float x)
{
    const float e = exp1(-2.0f * fabsf(x));
    return copysignf((1.0f - e) / (1.0f + e), x);
}

static void vexp(float *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        x[i] = exp1(x[i]);
}

static void vsigmoid(const float *restrict x, float *restrict y, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        y[i] = sigmoid1(x[i]);
}

static void vtanh(const float *restrict x, float *restrict y, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        y[i] = tanh1(x[i]);
}

#define GELU_A 1.59576912160573071f /* 2 sqrt(2/pi) */
#define GELU_B 0.044715f

static void gelu(const float *restrict x, float *restrict y, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const float t = x[i] * x[i];
        y[i] = x[i] * sigmoid1(GELU_A * fmaf(GELU_B * t, x[i], x[i]));
    }
}

static void gelu_backward(const float *restrict x, float *restrict g, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const float t = x[i] * x[i];
        const float s = sigmoid1(GELU_A * fmaf(GELU_B * t, x[i], x[i]));
        const float du = GELU_A * fmaf(3.0f * GELU_B, t, 1.0f);
        g[i] *= fmaf(x[i] * s, (1.0f - s) * du, s);
    }
}

static void gru_gates(const float *restrict xi, const float *restrict hg, const float *restrict h, float *restrict r,
                      float *restrict u, float *restrict c, float *restrict out, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const float ri = sigmoid1(xi[i] + hg[i]);
        const float ui = sigmoid1(xi[n + i] + hg[n + i]);
        const float ci = tanh1(fmaf(ri, hg[2 * n + i], xi[2 * n + i]));
        r[i] = ri;
        u[i] = ui;
        c[i] = ci;
        out[i] = fmaf(ui, h[i] - ci, ci);
    }
}

static void add(float *restrict dst, const float *restrict src, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        dst[i] += src[i];
}

#include "nn/kernels/neuron_impl.h"

const gws_kernels GWS_TABLE = {.isa = GWS_TABLE_ISA,
                               .gemm = gemm,
                               .gelu = gelu,
                               .gelu_backward = gelu_backward,
                               .exp = vexp,
                               .sigmoid = vsigmoid,
                               .tanh = vtanh,
                               .gru_gates = gru_gates,
                               .add = add,
                               .neuron_forward = neuron_forward,
                               .neuron_backward = neuron_backward,
                               .encode_forward = encode_forward,
                               .encode_backward = encode_backward};
