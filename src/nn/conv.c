#include "nn/conv.h"

#include "base/err.h"

int64_t gws_conv_pack_size(const gws_conv *c)
{
    return gws_pack_size((int64_t)c->kernel * c->cin, c->cout);
}

int64_t gws_conv_pack_back_size(const gws_conv *c)
{
    return gws_pack_size((int64_t)(c->kernel / c->stride) * c->cout, (int64_t)c->stride * c->cin);
}

void gws_conv_pack(const gws_conv *c, const float *weight, float *packed)
{
    gws_pack((int64_t)c->kernel * c->cin, c->cout, weight, c->cout, 1, packed);
}

/* Input row s*j + r (r < s) is tap k - s - s*m + r of output row j + m.  Group m of the product's inner dimension therefore
 * reads output row j + m and multiplies by taps k-s-s*m .. k-s*m-1, transposed. */
void gws_conv_pack_back(const gws_conv *c, const float *weight, float *packed)
{
    const int groups = c->kernel / c->stride;
    const int64_t n = (int64_t)c->stride * c->cin;
    const int64_t k = (int64_t)groups * c->cout;
    for (int64_t j = 0; j < n; j += GWS_PANEL)
        for (int m = 0; m < groups; m++) {
            const float *w = weight + (int64_t)(c->kernel - c->stride - c->stride * m) * c->cin * c->cout;
            float *o = packed + j * k + (int64_t)m * c->cout * GWS_PANEL;
            for (int64_t l = 0; l < GWS_PANEL; l++)
                for (int64_t p = 0; p < c->cout; p++)
                    o[p * GWS_PANEL + l] = j + l < n ? w[(j + l) * c->cout + p] : 0.0f;
        }
}

void gws_conv_forward(const gws_kernels *K, const gws_conv *c, const float *packed, const float *bias, const float *x, float *y,
                      int64_t t)
{
    GWS_ASSERT(c->kernel % c->stride == 0);
    K->gemm(t, c->cout, (int64_t)c->kernel * c->cin, x, (int64_t)c->stride * c->cin, 1, packed, bias, y, c->cout, 0);
}

void gws_conv_backward_x(const gws_kernels *K, const gws_conv *c, const float *packed_back, const float *g_y, float *g_x, int64_t t)
{
    const int64_t n = (int64_t)c->stride * c->cin;
    K->gemm(t, n, (int64_t)(c->kernel / c->stride) * c->cout, g_y, c->cout, 1, packed_back, NULL, g_x, n, 0);
}

void gws_dense_backward_w(const gws_kernels *K, int64_t t, int n_in, int n_out, const float *x, int64_t ldx, const float *g_y,
                          int64_t ldg, float *g_w, float *g_b, float *scratch)
{
    gws_pack(t, n_out, g_y, ldg, 1, scratch);
    K->gemm(n_in, n_out, t, x, 1, ldx, scratch, NULL, g_w, n_out, 1);
    if (g_b)
        for (int64_t i = 0; i < t; i++)
            K->add(g_b, g_y + i * ldg, n_out);
}

void gws_conv_backward_w(const gws_kernels *K, const gws_conv *c, const float *x, const float *g_y, int64_t t, float *g_w,
                         float *g_b, float *scratch)
{
    gws_dense_backward_w(K, t, c->kernel * c->cin, c->cout, x, (int64_t)c->stride * c->cin, g_y, c->cout, g_w, g_b, scratch);
}
