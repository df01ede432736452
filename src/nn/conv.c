#include "nn/conv.h"

#include "base/err.h"

int64_t gws_conv_pack_size(const gws_conv *c)
{
    return gws_pack_size((int64_t)c->kernel * c->cin, c->cout);
}

/* Input row s*j + r (r < s) is tap r + history - s*m of output row j + m, as far as there is such a tap: m in [first, first + n). */
typedef struct taps {
    int first, n;
} taps;

static taps taps_of(const gws_conv *c, int r)
{
    const int last = (r + c->history) / c->stride, beyond = r + c->history - c->kernel; /* tap < kernel: s*m > beyond */
    const int first = beyond < 0 ? 0 : beyond / c->stride + 1;
    return (taps){first, last - first + 1};
}

int64_t gws_conv_pack_back_size(const gws_conv *c)
{
    int64_t n = 0;
    for (int r = 0; r < c->stride; r++)
        n += gws_pack_size((int64_t)taps_of(c, r).n * c->cout, c->cin);
    return n;
}

/* Each residue r has a matrix of its own, whose inner dimension runs over m and the output's channels. */
void gws_conv_pack_back(const gws_conv *c, const float *weight, float *packed)
{
    GWS_ASSERT(c->stride <= c->kernel && c->history >= c->kernel - c->stride && c->history < c->kernel);
    for (int r = 0; r < c->stride; r++) {
        const taps t = taps_of(c, r);
        const int64_t k = (int64_t)t.n * c->cout;
        for (int64_t j = 0; j < c->cin; j += GWS_PANEL)
            for (int m = 0; m < t.n; m++) {
                const float *w = weight + (int64_t)(r + c->history - c->stride * (t.first + m)) * c->cin * c->cout;
                float *o = packed + j * k + (int64_t)m * c->cout * GWS_PANEL;
                for (int64_t l = 0; l < GWS_PANEL; l++)
                    for (int64_t p = 0; p < c->cout; p++)
                        o[p * GWS_PANEL + l] = j + l < c->cin ? w[(j + l) * c->cout + p] : 0.0f;
            }
        packed += gws_pack_size(k, c->cin);
    }
}

void gws_conv_forward(const gws_kernels *K, const gws_conv *c, const float *packed, const float *bias, const float *x, float *y,
                      int64_t t)
{
    K->gemm(t, c->cout, (int64_t)c->kernel * c->cin, x, (int64_t)c->stride * c->cin, 1, packed, bias, y, c->cout, 0);
}

void gws_conv_backward_x(const gws_kernels *K, const gws_conv *c, const float *packed_back, const float *g_y, float *g_x, int64_t t)
{
    for (int r = 0; r < c->stride; r++) {
        const taps p = taps_of(c, r);
        const int64_t k = (int64_t)p.n * c->cout;
        K->gemm(t, c->cin, k, g_y + (int64_t)p.first * c->cout, c->cout, 1, packed_back, NULL, g_x + (int64_t)r * c->cin,
                (int64_t)c->stride * c->cin, 0);
        packed_back += gws_pack_size(k, c->cin);
    }
}
