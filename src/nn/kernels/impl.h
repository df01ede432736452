/* impl.h - private to nn/kernels/: the one source of all kernel tables; see kernels.h.
 *
 * The including file defines GWS_TABLE (name of the table), GWS_TABLE_ISA, and the vector type:
 *   VF, VLANES, vf_load, vf_store, vf_set1, vf_add, vf_sub, vf_mul
 *   vf_fma(a,b,c) = a*b+c, vf_fnma(a,b,c) = c-a*b, each with one rounding
 *   vf_max(a,b) = a > b ? a : b, so b when either is no number
 *   vf_positive(v) = bit l of lane l > 0
 *   PRODUCT_ROWS (blocks of a spectrum multiplied at once: two sums of each live in registers)
 *   MR (rows of a tile of one panel), PANELS_1, _2, _3, _6 (panels of a tile of one, two, three, four to six rows)
 * Elementwise kernels are plain loops over fmaf that the compiler vectorises; no sum runs across lanes.
 */
#include "nn/kernels/kernels.h"

#include <math.h>
#include <string.h>

#define NV (GWS_PANEL / VLANES)
#define KC 256 /* rows of B worked on at once: a panel of 16 KiB stays in the first-level cache */
#define MC 96  /* rows of A that stay in the second */
#define TILE_PANELS PANELS_1
#define FAR 512 /* floats between steps of a transposed A from which on a copy of it pays */
#define FETCH                                                                                                                      \
    8 /* tiles of a block from which on the next panel is fetched ahead: for fewer the requests cost more than they save */

/* A tile of R rows by P panels.  R and P are constants at every call, so the sums live in registers; few rows take several
 * panels, because a processor needs some ten independent sums to keep its multipliers busy.
 *   next  floats from a panel of B to the next */
static inline __attribute__((always_inline)) void tile(const int R, const int P, int64_t k, const float *a, int64_t a_row,
                                                       int64_t a_col, const float *b, int64_t next, const float *start,
                                                       int64_t start_row, float *c, int64_t ldc)
{
    VF acc[MR][TILE_PANELS * NV];
    for (int i = 0; i < R; i++)
        for (int v = 0; v < P * NV; v++)
            acc[i][v] = start ? vf_load(start + i * start_row + v * VLANES) : vf_set1(0.0f);
    for (int64_t p = 0; p < k; p++) {
        const float *ap = a + p * a_col, *bp = b + p * GWS_PANEL;
        if (R <= 3) { /* rows stay in registers, panels come from memory */
            VF av[MR];
            for (int i = 0; i < R; i++)
                av[i] = vf_set1(ap[i * a_row]);
            for (int q = 0; q < P; q++)
                for (int v = 0; v < NV; v++) {
                    const VF bv = vf_load(bp + q * next + v * VLANES);
                    for (int i = 0; i < R; i++)
                        acc[i][q * NV + v] = vf_fma(av[i], bv, acc[i][q * NV + v]);
                }
        } else {
            VF bv[TILE_PANELS * NV];
            for (int q = 0; q < P; q++)
                for (int v = 0; v < NV; v++)
                    bv[q * NV + v] = vf_load(bp + q * next + v * VLANES);
            for (int i = 0; i < R; i++) {
                const VF av = vf_set1(ap[i * a_row]);
                for (int v = 0; v < P * NV; v++)
                    acc[i][v] = vf_fma(av, bv[v], acc[i][v]);
            }
        }
    }
    for (int i = 0; i < R; i++)
        for (int v = 0; v < P * NV; v++)
            vf_store(c + i * ldc + v * VLANES, acc[i][v]);
}

/* Panels that a tile of so many rows takes at once. */
static inline int tile_panels(int rows)
{
    return rows == 1 ? PANELS_1 : rows == 2 ? PANELS_2 : rows == 3 ? PANELS_3 : rows <= 6 ? PANELS_6 : 1;
}

static void tile_rows(int rows, int wide, int64_t k, const float *a, int64_t a_row, int64_t a_col, const float *b, int64_t next,
                      const float *start, int64_t start_row, float *c, int64_t ldc)
{
#define TILE(R, P) tile(R, P, k, a, a_row, a_col, b, next, start, start_row, c, ldc)
    if (wide) {
        switch (rows) {
        case 1: TILE(1, PANELS_1); break;
        case 2: TILE(2, PANELS_2); break;
        case 3: TILE(3, PANELS_3); break;
#if PANELS_6 > 1
        case 4: TILE(4, PANELS_6); break;
        case 5: TILE(5, PANELS_6); break;
        case 6: TILE(6, PANELS_6); break;
#endif
        default: break;
        }
        return;
    }
    switch (rows) {
#if MR >= 12
    case 12: TILE(12, 1); break;
    case 11: TILE(11, 1); break;
    case 10: TILE(10, 1); break;
    case 9: TILE(9, 1); break;
    case 8: TILE(8, 1); break;
    case 7: TILE(7, 1); break;
#endif
#if MR >= 6
    case 6: TILE(6, 1); break;
    case 5: TILE(5, 1); break;
#endif
    case 4: TILE(4, 1); break;
    case 3: TILE(3, 1); break;
    case 2: TILE(2, 1); break;
    default: TILE(1, 1); break;
    }
#undef TILE
}

/* A transposed A has the numbers of a tile's step together and the next step's a row further on, where many of them share a few places in
 * the caches: it is copied, tile by tile, as the tiles will read it. */
static void copy_tiles(int64_t m, int64_t k, const float *a, int64_t a_col, float *to)
{
    const int tiles = (int)((m + MR - 1) / MR);
    for (int64_t p = 0; p < k; p++) {
        const float *from = a + p * a_col;
        float *o = to;
        int left = (int)m;
        for (int t = tiles; t > 0; t--) {
            const int rows = (left + t - 1) / t;
            float *at = o + p * rows;
            if (rows >= 8) { /* two moves that may overlap, for the compiler knows their length */
                memcpy(at, from, 8 * sizeof *at);
                memcpy(at + rows - 8, from + rows - 8, 8 * sizeof *at);
            } else if (rows >= 4) {
                memcpy(at, from, 4 * sizeof *at);
                memcpy(at + rows - 4, from + rows - 4, 4 * sizeof *at);
            } else {
                for (int r = 0; r < rows; r++)
                    at[r] = from[r];
            }
            from += rows;
            o += rows * k;
            left -= rows;
        }
    }
}

_Static_assert(MR >= 6 || PANELS_1 * PANELS_2 * PANELS_3 * PANELS_6 == 1, "several panels go with one tile of rows");

/* At most MC rows and one block of k: every tile of it.
 *   copied  A is the work of copy_tiles
 *   start, start_row  where the sums begin: C itself, a row of the bias (start_row 0), or NULL */
static void block(int copied, int64_t m, int64_t n, int64_t k, const float *a, int64_t a_row, int64_t a_col, const float *b,
                  int64_t next, const float *start, int64_t start_row, float *c, int64_t ldc)
{
    const int tiles = (int)((m + MR - 1) / MR);
    const int wide = m <= 6 ? tile_panels((int)((m + tiles - 1) / tiles)) : 1;
    for (int64_t j = 0; j < n;) {
        const int all = wide > 1 && n - j >= wide * GWS_PANEL, cols = n - j < GWS_PANEL ? (int)(n - j) : GWS_PANEL;
        const float *bp = b + j / GWS_PANEL * next;
        int64_t i = 0;
        for (int t = tiles; t > 0; t--) { /* rows in equal shares: two tiles of 4 are faster than 6 and 2 */
            const int rows = (int)((m - i + t - 1) / t);
            const float *at = a + i * (copied ? k : a_row), *st = start ? start + i * start_row + j : NULL;
            const int64_t at_col = copied ? rows : a_col;
            float *ct = c + i * ldc + j;
            if (tiles >= FETCH) { /* a share of the next panel, and the next tile's place in C, come while this tile works */
                for (int64_t p = k * (tiles - t) / tiles; p < k * (tiles - t + 1) / tiles; p++)
                    __builtin_prefetch(bp + next + p * GWS_PANEL, 0, 2);
                for (int r = 0; r < rows; r++)
                    __builtin_prefetch(ct + (rows + r) * ldc, 1, 3);
            }
            if (cols == GWS_PANEL) {
                tile_rows(rows, all, k, at, a_row, at_col, bp, next, st, start_row, ct, ldc);
            } else { /* last panel: work on a full-width copy */
                float buf[MR * GWS_PANEL] __attribute__((aligned(64))) = {0};
                for (int r = 0; r < rows && st; r++)
                    memcpy(buf + r * GWS_PANEL, st + r * start_row, (size_t)cols * sizeof *buf);
                tile_rows(rows, 0, k, at, a_row, at_col, bp, next, buf, GWS_PANEL, buf, GWS_PANEL);
                for (int r = 0; r < rows; r++)
                    memcpy(ct + r * ldc, buf + r * GWS_PANEL, (size_t)cols * sizeof *buf);
            }
            i += rows;
        }
        j += all ? wide * GWS_PANEL : GWS_PANEL;
    }
}

/* Blocks of K continue the sum from memory: storing and reloading a float changes nothing, so the order of operations
 * per element does not depend on KC or MC.  Few rows use a panel only once, and are not cut. */
static void gemm(int64_t m, int64_t n, int64_t k, const float *a, int64_t a_row, int64_t a_col, const float *b, const float *bias,
                 float *c, int64_t ldc, int accumulate)
{
    float copy[MC * KC] __attribute__((aligned(64)));
    for (int64_t m0 = 0; m0 < m; m0 += MC) {
        const int64_t mb = m - m0 < MC ? m - m0 : MC, cut = mb <= MR ? k : KC;
        const int copied = a_row == 1 && a_col >= FAR && mb > MR;
        int64_t k0 = 0;
        do {
            const int64_t kb = k - k0 < cut ? k - k0 : cut;
            const int from_c = accumulate || k0 > 0;
            const float *at = a + m0 * a_row + k0 * a_col;
            float *cm = c + m0 * ldc;
            if (copied)
                copy_tiles(mb, kb, at, a_col, copy);
            block(copied, mb, n, kb, copied ? copy : at, a_row, a_col, b + k0 * GWS_PANEL, k * GWS_PANEL, from_c ? cm : bias,
                  from_c ? ldc : 0, cm, ldc);
            k0 += kb;
        } while (k0 < k);
    }
}

/* ---- products with spikes ---- */

#define LIST 16384  /* spikes and rows worked on at once, as 16-bit places or as floats: stays in the first caches */
#define LIST_K 4096 /* of that, along k */

/* Rows of spikes against all panels: for each group of panels the sums of a row stay in registers and take the rows of B where a
 * spike is.  Adding 1 x b to a sum and leaving 0 x b out is what the dense product does: a sum that is not -0 is unchanged by +-0,
 * and none is -0 since the start had +0 added. */
static inline __attribute__((always_inline)) void spike_rows(const int P, int64_t m, const uint16_t *list, const int *at,
                                                             const float *b, int64_t next, const float *start, int64_t start_row,
                                                             float *c, int64_t ldc)
{
    for (int64_t i = 0; i < m; i++) {
        VF acc[TILE_PANELS * NV];
        for (int v = 0; v < P * NV; v++)
            acc[v] = start ? vf_add(vf_load(start + i * start_row + v * VLANES), vf_set1(0.0f)) : vf_set1(0.0f);
        for (int e = at[i]; e < at[i + 1]; e++) {
            const float *bp = b + (int64_t)list[e] * GWS_PANEL;
            for (int q = 0; q < P; q++)
                for (int v = 0; v < NV; v++)
                    acc[q * NV + v] = vf_add(acc[q * NV + v], vf_load(bp + q * next + v * VLANES));
        }
        for (int v = 0; v < P * NV; v++)
            vf_store(c + i * ldc + v * VLANES, acc[v]);
    }
}

static int64_t list_spikes(int64_t m, int64_t k0, int64_t kb, const uint64_t *bits, int64_t bits_row, uint16_t *list, int *at)
{
    int n = 0;
    for (int64_t i = 0; i < m; i++) {
        at[i] = n;
        for (int64_t w = 0; w * 64 < kb; w++) {
            uint64_t x = bits[i * bits_row + k0 / 64 + w];
            if (kb - w * 64 < 64)
                x &= (UINT64_C(1) << (kb - w * 64)) - 1;
            for (; x; x &= x - 1)
                list[n++] = (uint16_t)(w * 64 + __builtin_ctzll(x));
        }
    }
    at[m] = n;
    return n;
}

static void gemm_spikes(int64_t m, int64_t n, int64_t k, const uint64_t *bits, int64_t bits_row, const float *b, const float *bias,
                        float *c, int64_t ldc, int accumulate)
{
    uint16_t list[LIST];
    int at[MC + 1];
    const int64_t next = k * GWS_PANEL, kc = k < LIST_K ? (k > 0 ? k : 1) : LIST_K;
    const int64_t mc = LIST / kc < MC ? LIST / kc : MC;
    for (int64_t m0 = 0; m0 < m; m0 += mc) {
        const int64_t mb = m - m0 < mc ? m - m0 : mc;
        int64_t k0 = 0;
        do {
            const int64_t kb = k - k0 < kc ? k - k0 : kc;
            const int from_c = accumulate || k0 > 0;
            float *cm = c + m0 * ldc;
            const float *start = from_c ? cm : bias, *bk = b + k0 * GWS_PANEL;
            const int64_t start_row = from_c ? ldc : 0;
            const int64_t spikes = list_spikes(mb, k0, kb, bits + m0 * bits_row, bits_row, list, at);
            if (mb > 3 && (double)spikes > GWS_SPIKE_DENSE * (double)(mb * kb)) {
                float x[LIST];
                memset(x, 0, (size_t)(mb * kb) * sizeof *x);
                for (int64_t i = 0; i < mb; i++)
                    for (int e = at[i]; e < at[i + 1]; e++)
                        x[i * kb + list[e]] = 1.0f;
                block(0, mb, n, kb, x, kb, 1, bk, next, start, start_row, cm, ldc);
                for (int64_t i = 0; i < mb; i++) /* -0 to +0, as the sparse way has it */
                    for (int64_t j = 0; j < n; j++)
                        cm[i * ldc + j] += 0.0f;
                k0 += kb;
                continue;
            }
            int64_t j = 0;
            for (; j + PANELS_1 * GWS_PANEL <= n; j += PANELS_1 * GWS_PANEL)
                spike_rows(PANELS_1, mb, list, at, bk + j / GWS_PANEL * next, next, start ? start + j : NULL, start_row, cm + j,
                           ldc);
            const int left = (int)((n - j) / GWS_PANEL);
#define REST(P)                                                                                                                    \
    case P: spike_rows(P, mb, list, at, bk + j / GWS_PANEL * next, next, start ? start + j : NULL, start_row, cm + j, ldc); break
            switch (left) {
#if PANELS_1 >= 8
                REST(7);
                REST(6);
#endif
#if PANELS_1 >= 6
                REST(5);
                REST(4);
#endif
#if PANELS_1 >= 4
                REST(3);
                REST(2);
#endif
#if PANELS_1 > 1
                REST(1);
#endif
            default: break;
            }
#undef REST
            j += left * GWS_PANEL;
            if (j < n) {
                const size_t cols = (size_t)(n - j);
                for (int64_t i = 0; i < mb; i++) {
                    float buf[GWS_PANEL] __attribute__((aligned(64))) = {0};
                    if (start)
                        memcpy(buf, start + i * start_row + j, cols * sizeof *buf);
                    spike_rows(1, 1, list, at + i, bk + j / GWS_PANEL * next, next, buf, 0, buf, 0);
                    memcpy(cm + i * ldc + j, buf, cols * sizeof *buf);
                }
            }
            k0 += kb;
        } while (k0 < k);
    }
}

/* Inner products: lane l sums the elements l, l+16, ... in order, then the lanes are added in pairs. */
static void dots(int64_t m, int64_t k, const float *a, int64_t a_row, const float *w, float start, float *y, int accumulate)
{
    const int64_t whole = k / GWS_PANEL * GWS_PANEL;
    for (int64_t i = 0; i < m; i++) {
        const float *x = a + i * a_row;
        VF acc[NV];
        float lane[GWS_PANEL] __attribute__((aligned(64)));
        for (int v = 0; v < NV; v++)
            acc[v] = vf_set1(0.0f);
        for (int64_t p = 0; p < whole; p += GWS_PANEL)
            for (int v = 0; v < NV; v++)
                acc[v] = vf_fma(vf_load(x + p + v * VLANES), vf_load(w + p + v * VLANES), acc[v]);
        for (int v = 0; v < NV; v++)
            vf_store(lane + v * VLANES, acc[v]);
        for (int64_t p = whole; p < k; p++)
            lane[p - whole] = fmaf(x[p], w[p], lane[p - whole]);
        for (int half = GWS_PANEL / 2; half > 0; half /= 2)
            for (int l = 0; l < half; l++)
                lane[l] += lane[l + half];
        y[i] = (accumulate ? y[i] : start) + lane[0];
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

static void gelu_backward(float *restrict x, const float *restrict g, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const float t = x[i] * x[i];
        const float s = sigmoid1(GELU_A * fmaf(GELU_B * t, x[i], x[i]));
        const float du = GELU_A * fmaf(3.0f * GELU_B, t, 1.0f);
        x[i] = g[i] * fmaf(x[i] * s, (1.0f - s) * du, s);
    }
}

static void gru_gates(const float *restrict xi, const float *restrict hg, const float *restrict h, float *restrict r,
                      float *restrict u, float *restrict c, float *restrict out, float keep, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const float ri = sigmoid1(xi[i] + hg[i]);
        const float ui = keep * sigmoid1(xi[n + i] + hg[n + i]);
        const float ci = tanh1(fmaf(ri, hg[2 * n + i], xi[2 * n + i]));
        r[i] = ri;
        u[i] = ui;
        c[i] = ci;
        out[i] = fmaf(ui, h[i] - ci, ci);
    }
}

static void gru_gates_backward(const float *restrict h, const float *restrict r, const float *restrict u, const float *restrict c,
                               const float *restrict hn, const float *restrict g_h, float *restrict carry, float *restrict g_x,
                               float *restrict g_hn, float keep, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        const float g = carry[i] + g_h[i];
        const float gc = g * (1.0f - u[i]) * (1.0f - c[i] * c[i]);
        g_x[i] = gc * hn[i] * r[i] * (1.0f - r[i]);
        g_x[n + i] = g * (h[i] - c[i]) * u[i] * (1.0f - u[i] / keep);
        g_x[2 * n + i] = gc;
        g_hn[i] = gc * r[i];
        carry[i] = g * u[i];
    }
}

static void add(float *restrict dst, const float *restrict src, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        dst[i] += src[i];
}

#include "nn/kernels/neuron_impl.h"

#include "nn/kernels/fft_impl.h"

const gws_kernels GWS_TABLE = {.isa = GWS_TABLE_ISA,
                               .gemm = gemm,
                               .gemm_spikes = gemm_spikes,
                               .dots = dots,
                               .gelu = gelu,
                               .gelu_backward = gelu_backward,
                               .exp = vexp,
                               .sigmoid = vsigmoid,
                               .tanh = vtanh,
                               .gru_gates = gru_gates,
                               .gru_gates_backward = gru_gates_backward,
                               .add = add,
                               .neuron_forward = neuron_forward,
                               .neuron_backward = neuron_backward,
                               .encode_forward = encode_forward,
                               .encode_backward = encode_backward,
                               .fft_forward = fft_forward,
                               .fft_inverse = fft_inverse,
                               .spectral_products = spectral_products,
                               .coherent = coherent};
