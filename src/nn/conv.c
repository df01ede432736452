#include "nn/conv.h"

#include "base/err.h"

int64_t gws_conv_pack_size(const gws_conv *c)
{
    return gws_pack_size((int64_t)c->kernel * c->cin, c->cout);
}

int64_t gws_conv_pack_back_size(const gws_conv *c)
{
    return gws_pack_size((int64_t)gws_conv_reach(c) * c->cout, (int64_t)c->stride * c->cin);
}

void gws_conv_pack(const gws_conv *c, const float *weight, float *packed)
{
    gws_pack((int64_t)c->kernel * c->cin, c->cout, weight, c->cout, 1, packed);
}

/* Input row s*j + r (r < s) is tap r + history - s*m of output row j + m.  Group m of the product's inner dimension therefore reads output row
 * j + m and multiplies by that tap, transposed; where there is no such tap, by zero. */
void gws_conv_pack_back(const gws_conv *c, const float *weight, float *packed)
{
    GWS_ASSERT(c->stride <= c->kernel && c->history >= c->kernel - c->stride && c->history < c->kernel);
    const int groups = gws_conv_reach(c);
    const int64_t n = (int64_t)c->stride * c->cin;
    const int64_t k = (int64_t)groups * c->cout;
    for (int64_t j = 0; j < n; j += GWS_PANEL)
        for (int m = 0; m < groups; m++) {
            float *o = packed + j * k + (int64_t)m * c->cout * GWS_PANEL;
            for (int64_t l = 0; l < GWS_PANEL; l++) {
                const int64_t tap = (j + l) / c->cin + c->history - (int64_t)c->stride * m;
                const int there = j + l < n && tap >= 0 && tap < c->kernel;
                const float *w = weight + (there ? (tap * c->cin + (j + l) % c->cin) * c->cout : 0);
                for (int64_t p = 0; p < c->cout; p++)
                    o[p * GWS_PANEL + l] = there ? w[p] : 0.0f;
            }
        }
}

void gws_conv_forward(const gws_kernels *K, const gws_conv *c, const float *packed, const float *bias, const float *x, float *y,
                      int64_t t)
{
    K->gemm(t, c->cout, (int64_t)c->kernel * c->cin, x, (int64_t)c->stride * c->cin, 1, packed, bias, y, c->cout, 0);
}

void gws_conv_backward_x(const gws_kernels *K, const gws_conv *c, const float *packed_back, const float *g_y, float *g_x, int64_t t)
{
    const int64_t n = (int64_t)c->stride * c->cin;
    K->gemm(t, n, (int64_t)gws_conv_reach(c) * c->cout, g_y, c->cout, 1, packed_back, NULL, g_x, n, 0);
}
