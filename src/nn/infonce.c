#include "nn/infonce.h"

#include "base/arena.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct gws_infonce {
    gws_infonce_shape s;
    float *zn, *z_inv;  /* (B,T,C) unit latents, (B,T) inverse norms */
    float *pn, *p_inv;  /* (K,B,A,C) unit predictions, (K,B,A) inverse norms */
    float *gp;          /* (K,B,A,C) gradient of pn */
    float *gz;          /* (K,B,A,C) gradient of the unit target of anchor a at horizon k */
    float *own, *other; /* per thread: (B,A,A) scores within a sequence, (A,B,B) across the batch */
    float *pack;        /* per thread */
    int64_t own_n, other_n, pack_n;
    double *loss, *hits; /* (K) */
};

static int64_t pack_size(int64_t C, int64_t m)
{
    const int64_t p1 = gws_pack_size(C, m), p2 = gws_pack_size(m, C);
    return p1 > p2 ? p1 : p2;
}

int64_t gws_infonce_bytes(const gws_infonce_shape *s, int threads)
{
    const int64_t B = s->B, T = s->T, C = s->C, K = s->K, A = s->A, m = A > B ? A : B;
    return (int64_t)sizeof(float) *
           (B * T * (C + 1) + K * B * A * (3 * C + 1) + threads * (B * A * A + A * B * B + pack_size(C, m)));
}

gws_infonce *gws_infonce_create(const gws_infonce_shape *s, int threads, gws_err *err)
{
    gws_infonce *w = calloc(1, sizeof *w);
    if (!w)
        goto fail;
    w->s = *s;
    const int64_t B = s->B, T = s->T, C = s->C, K = s->K, A = s->A, m = A > B ? A : B;
    w->own_n = B * A * A;
    w->other_n = A * B * B;
    w->pack_n = pack_size(C, m);
    const size_t f = sizeof(float);
    w->zn = gws_arena_alloc((size_t)(B * T * C) * f);
    w->z_inv = gws_arena_alloc((size_t)(B * T) * f);
    w->pn = gws_arena_alloc((size_t)(K * B * A * C) * f);
    w->p_inv = gws_arena_alloc((size_t)(K * B * A) * f);
    w->gp = gws_arena_alloc((size_t)(K * B * A * C) * f);
    w->gz = gws_arena_alloc((size_t)(K * B * A * C) * f);
    w->own = gws_arena_alloc((size_t)(threads * w->own_n) * f);
    w->other = gws_arena_alloc((size_t)(threads * w->other_n) * f);
    w->pack = gws_arena_alloc((size_t)(threads * w->pack_n) * f);
    w->loss = calloc((size_t)K, sizeof *w->loss);
    w->hits = calloc((size_t)K, sizeof *w->hits);
    if (!w->zn || !w->z_inv || !w->pn || !w->p_inv || !w->gp || !w->gz || !w->own || !w->other || !w->pack || !w->loss || !w->hits)
        goto fail;
    return w;
fail:
    gws_err_set(err, GWS_ENOMEM, "no memory for the contrastive loss (batch %d, %d steps)", s->B, s->T);
    gws_infonce_destroy(w);
    return NULL;
}

void gws_infonce_destroy(gws_infonce *w)
{
    if (!w)
        return;
    float *const all[] = {w->zn, w->z_inv, w->pn, w->p_inv, w->gp, w->gz, w->own, w->other, w->pack};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        gws_arena_free(all[i]);
    free(w->loss);
    free(w->hits);
    free(w);
}

/* Sums along a row run in 8 fixed lanes. */
static float dot(const float *a, const float *b, int n)
{
    float lane[8] = {0};
    for (int i = 0; i < n; i += 8)
        for (int l = 0; l < 8; l++)
            lane[l] += a[i + l] * b[i + l];
    return ((lane[0] + lane[1]) + (lane[2] + lane[3])) + ((lane[4] + lane[5]) + (lane[6] + lane[7]));
}

static float unit(const float *x, float *y, int n)
{
    const float inv = 1.0f / sqrtf(dot(x, x, n) + 1e-12f);
    for (int i = 0; i < n; i++)
        y[i] = x[i] * inv;
    return inv;
}

/* g of x from g of y = x/|x|: (g - y (g.y)) / |x| */
static void unit_backward(const float *y, float inv, const float *gy, float scale, float *gx, int n, int accumulate)
{
    const float d = dot(gy, y, n), s = inv * scale;
    for (int i = 0; i < n; i++) {
        const float g = s * (gy[i] - y[i] * d);
        gx[i] = accumulate ? gx[i] + g : g;
    }
}

typedef struct run {
    gws_infonce *w;
    const gws_kernels *K;
    int B, first, stride, gradients;
    float inv_temperature, scale;
    const float *pred, *z;
    float *g_pred, *g_z;
} run;

static void normalise(void *user, int b, int thread)
{
    const run *r = user;
    gws_infonce *w = r->w;
    const int C = w->s.C, T = w->s.T, A = w->s.A, K = w->s.K;
    for (int t = 0; t < T; t++) {
        const int64_t i = (int64_t)b * T + t;
        w->z_inv[i] = unit(r->z + i * C, w->zn + i * C, C);
    }
    for (int a = 0; a < A; a++)
        for (int k = 0; k < K; k++) {
            const int64_t in = ((int64_t)b * A + a) * K + k, out = ((int64_t)k * r->B + b) * A + a;
            w->p_inv[out] = unit(r->pred + in * C, w->pn + out * C, C);
        }
}

static void horizon(void *user, int k, int thread)
{
    const run *r = user;
    gws_infonce *w = r->w;
    const gws_kernels *K = r->K;
    const int C = w->s.C, T = w->s.T, A = w->s.A, B = r->B;
    float *own = w->own + thread * w->own_n, *other = w->other + thread * w->other_n, *pack = w->pack + thread * w->pack_n;
    const float *pn = w->pn + (int64_t)k * B * A * C;
    float *gp = w->gp + (int64_t)k * B * A * C, *gz = w->gz + (int64_t)k * B * A * C;
    const float *target = w->zn + (int64_t)(r->first + k + 1) * C; /* of anchor 0, item 0 */
    const int64_t next = (int64_t)r->stride * C, item = (int64_t)T * C;

    for (int b = 0; b < B; b++) {
        gws_pack(C, A, target + b * item, 1, next, pack);
        K->gemm(A, A, C, pn + (int64_t)b * A * C, C, 1, pack, NULL, own + (int64_t)b * A * A, A, 0);
    }
    for (int a = 0; a < A && B > 1; a++) {
        gws_pack(C, B, target + a * next, 1, item, pack);
        K->gemm(B, B, C, pn + (int64_t)a * C, (int64_t)A * C, 1, pack, NULL, other + (int64_t)a * B * B, B, 0);
    }
    double loss = 0.0, hits = 0.0;
    for (int b = 0; b < B; b++)
        for (int a = 0; a < A; a++) {
            float *s = own + ((int64_t)b * A + a) * A, *o = other + ((int64_t)a * B + b) * B;
            const float positive = s[a];
            float top = s[0];
            int beaten = 1;
            for (int j = 0; j < A; j++) {
                top = s[j] > top ? s[j] : top;
                beaten &= j == a || s[j] < positive;
            }
            for (int j = 0; j < B && B > 1; j++)
                if (j != b) {
                    top = o[j] > top ? o[j] : top;
                    beaten &= o[j] < positive;
                }
            for (int j = 0; j < A; j++)
                s[j] = (s[j] - top) * r->inv_temperature;
            for (int j = 0; j < B && B > 1; j++)
                o[j] = (o[j] - top) * r->inv_temperature;
            K->exp(s, A);
            double sum = 0.0;
            for (int j = 0; j < A; j++)
                sum += (double)s[j];
            if (B > 1) {
                K->exp(o, B);
                o[b] = 0.0f;
                for (int j = 0; j < B; j++)
                    sum += (double)o[j];
            }
            loss += log(sum) + (double)((top - positive) * r->inv_temperature);
            hits += beaten;
            const float q = (float)(1.0 / sum);
            for (int j = 0; j < A; j++)
                s[j] *= q;
            for (int j = 0; j < B && B > 1; j++)
                o[j] *= q;
            s[a] -= 1.0f;
        }
    w->loss[k] = loss;
    w->hits[k] = hits;
    if (!r->gradients)
        return;
    for (int b = 0; b < B; b++) {
        const float *s = own + (int64_t)b * A * A;
        const int64_t at = (int64_t)b * A * C;
        gws_pack(A, C, target + b * item, next, 1, pack);
        K->gemm(A, C, A, s, A, 1, pack, NULL, gp + at, C, 0);
        gws_pack(A, C, pn + at, C, 1, pack);
        K->gemm(A, C, A, s, 1, A, pack, NULL, gz + at, C, 0);
    }
    for (int a = 0; a < A && B > 1; a++) {
        const float *o = other + (int64_t)a * B * B;
        const int64_t at = (int64_t)a * C, ld = (int64_t)A * C;
        gws_pack(B, C, target + a * next, item, 1, pack);
        K->gemm(B, C, B, o, B, 1, pack, NULL, gp + at, ld, 1);
        gws_pack(B, C, pn + at, ld, 1, pack);
        K->gemm(B, C, B, o, 1, B, pack, NULL, gz + at, ld, 1);
    }
}

static void gather(void *user, int b, int thread)
{
    const run *r = user;
    gws_infonce *w = r->w;
    const int C = w->s.C, T = w->s.T, A = w->s.A, K = w->s.K;
    for (int k = 0; k < K; k++)
        for (int a = 0; a < A; a++) {
            const int64_t in = ((int64_t)k * r->B + b) * A + a, out = ((int64_t)b * A + a) * K + k;
            const int64_t t = (int64_t)b * T + r->first + (int64_t)a * r->stride + k + 1;
            unit_backward(w->pn + in * C, w->p_inv[in], w->gp + in * C, r->scale, r->g_pred + out * C, C, 0);
            unit_backward(w->zn + t * C, w->z_inv[t], w->gz + in * C, r->scale, r->g_z + t * C, C, 1);
        }
}

double gws_infonce_run(gws_infonce *w, const gws_kernels *K, gws_pool *pool, int B, int first, int stride, double temperature,
                       double scale, const float *pred, const float *z, float *g_pred, float *g_z, double *accuracy)
{
    GWS_ASSERT(B >= 1 && B <= w->s.B && w->s.C % 8 == 0);
    GWS_ASSERT(first >= 0 && first + (w->s.A - 1) * stride + w->s.K < w->s.T);
    const double n = (double)B * w->s.A * w->s.K;
    run r = {.w = w,
             .K = K,
             .B = B,
             .first = first,
             .stride = stride,
             .gradients = g_pred != NULL,
             .inv_temperature = (float)(1.0 / temperature),
             .scale = (float)(scale / (n * temperature)),
             .pred = pred,
             .z = z,
             .g_pred = g_pred,
             .g_z = g_z};
    gws_pool_run(pool, B, normalise, &r);
    gws_pool_run(pool, w->s.K, horizon, &r);
    if (g_pred)
        gws_pool_run(pool, B, gather, &r);
    double loss = 0.0, hits = 0.0;
    for (int k = 0; k < w->s.K; k++) {
        loss += w->loss[k];
        hits += w->hits[k];
    }
    if (accuracy)
        *accuracy = hits / n;
    return loss / n;
}
