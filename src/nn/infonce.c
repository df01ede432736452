#include "nn/infonce.h"

#include "base/arena.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct gws_infonce {
    gws_infonce_shape s;
    float *mem;
    float *zn, *z_inv;  /* (B,T,C) unit latents, (B,T) inverse norms */
    float *pn, *p_inv;  /* (K,B,A,C) unit predictions, (K,B,A) inverse norms */
    float *gp;          /* (K,B,A,C) gradient of pn */
    float *gz;          /* (K,B,A,C) gradient of the unit target of anchor a at horizon k */
    float *own, *other; /* per thread: (B,A,A) scores within a sequence, (A,B,B) across the batch */
    float *step;        /* per thread, batch negatives: what one time step needs */
    float *pack;        /* per thread */
    int64_t own_n, other_n, step_n, pack_n;
    double *loss, *hits; /* (K), or (T,K) with batch negatives */
};

static int64_t round16(int64_t n)
{
    return (n + 15) / 16 * 16;
}

/* Sizes into w, pointers too when mem is there. Returns floats in all. */
static int64_t lay_out(gws_infonce *w, const gws_infonce_shape *s, int threads, float *mem)
{
    const int64_t B = s->B, T = s->T, C = s->C, K = s->K, A = s->A, m = A > B ? A : B;
    const int batch = s->negatives == GWS_NEGATIVES_BATCH;
    const int64_t p1 = gws_pack_size(C, batch ? B : m), p2 = gws_pack_size(batch ? B : m, C);
    w->s = *s;
    w->own_n = batch ? 0 : round16(B * A * A);
    w->other_n = batch ? 0 : round16(A * B * B);
    w->step_n = batch ? round16(K * B * B) + 3 * round16(B * C) + round16(B * (K + 1)) : 0;
    w->pack_n = batch ? 2 * p2 + p1 : p1 > p2 ? p1 : p2;
    const struct {
        float **where;
        int64_t n;
    } all[] = {{&w->zn, batch ? 0 : B * T * C},    {&w->z_inv, batch ? 0 : B * T},      {&w->pn, batch ? 0 : K * B * A * C},
               {&w->p_inv, batch ? 0 : K * B * A}, {&w->gp, batch ? 0 : K * B * A * C}, {&w->gz, batch ? 0 : K * B * A * C},
               {&w->own, threads * w->own_n},      {&w->other, threads * w->other_n},   {&w->step, threads * w->step_n},
               {&w->pack, threads * w->pack_n}};
    int64_t at = 0;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (mem)
            *all[i].where = mem + at;
        at += round16(all[i].n);
    }
    const int64_t sums = 2 * K * (batch ? T : 1); /* doubles, two floats each */
    if (mem) {
        w->loss = (double *)(void *)(mem + at);
        w->hits = w->loss + sums / 2;
    }
    return at + 2 * sums;
}

gws_infonce *gws_infonce_create(const gws_infonce_shape *s, int threads, gws_err *err)
{
    gws_infonce *w = calloc(1, sizeof *w);
    if (w)
        w->mem = gws_arena_alloc((size_t)lay_out(w, s, threads, NULL) * sizeof(float));
    if (!w || !w->mem) {
        gws_err_set(err, GWS_ENOMEM, "no memory for the contrastive loss (batch %d, %d steps)", s->B, s->T);
        gws_infonce_destroy(w);
        return NULL;
    }
    lay_out(w, s, threads, w->mem);
    return w;
}

int64_t gws_infonce_bytes(const gws_infonce_shape *s, int threads)
{
    gws_infonce w;
    return lay_out(&w, s, threads, NULL) * (int64_t)sizeof(float);
}

void gws_infonce_destroy(gws_infonce *w)
{
    if (!w)
        return;
    gws_arena_free(w->mem);
    free(w);
}

static float unit(const gws_kernels *K, const float *x, float *y, int n)
{
    float square;
    K->dots(1, n, x, 0, x, 1e-12f, &square, 0);
    const float inv = 1.0f / sqrtf(square);
    for (int i = 0; i < n; i++)
        y[i] = x[i] * inv;
    return inv;
}

/* g of x from g of y = x/|x|: (g - y (g.y)) / |x|.  gx may be y. */
static void unit_backward(const gws_kernels *K, const float *y, float inv, const float *gy, float scale, float *gx, int n,
                          int accumulate)
{
    const float s = inv * scale;
    float d;
    K->dots(1, n, gy, 0, y, 0.0f, &d, 0);
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
    /* batch negatives */
    float *used;                   /* the predictions, in whose place come their unit vectors and gradients */
    float share[GWS_HORIZONS_MAX]; /* of a prediction in the loss, over the temperature */
} run;

static void normalise(void *user, int b, int thread)
{
    const run *r = user;
    gws_infonce *w = r->w;
    const int C = w->s.C, T = w->s.T, A = w->s.A, K = w->s.K;
    for (int t = 0; t < T; t++) {
        const int64_t i = (int64_t)b * T + t;
        w->z_inv[i] = unit(r->K, r->z + i * C, w->zn + i * C, C);
    }
    for (int a = 0; a < A; a++)
        for (int k = 0; k < K; k++) {
            const int64_t in = ((int64_t)b * A + a) * K + k, out = ((int64_t)k * r->B + b) * A + a;
            w->p_inv[out] = unit(r->K, r->pred + in * C, w->pn + out * C, C);
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
            unit_backward(r->K, w->pn + in * C, w->p_inv[in], w->gp + in * C, r->scale, r->g_pred + out * C, C, 0);
            unit_backward(r->K, w->zn + t * C, w->z_inv[t], w->gz + in * C, r->scale, r->g_z + t * C, C, 1);
        }
}

/* ---- batch negatives: one target time at a time ---- */

/* Anchor whose horizon k (from 0) ends at step tau; -1: none. */
static int anchor_of(const run *r, int tau, int k)
{
    const int from = tau - k - 1 - r->first;
    const int a = from / r->stride;
    return from >= 0 && from % r->stride == 0 && a < r->w->s.A ? a : -1;
}

/* All predictions that point at step tau: their scores, the loss, and the gradients of predictions and latents, which no other step
 * touches.  Steps beyond the last only clear the gradients of predictions that point there. */
static void target_step(void *user, int tau, int thread)
{
    const run *r = user;
    gws_infonce *w = r->w;
    const gws_kernels *K = r->K;
    const int64_t C = w->s.C, T = w->s.T, A = w->s.A, B = r->B, H = w->s.K, item = A * H * C;
    float *step = w->step + thread * w->step_n;
    float *score = step, *zn = score + round16(H * B * B), *gz = zn + round16(B * C), *gp = gz + round16(B * C),
          *inv = gp + round16(B * C);
    float *by_row = w->pack + thread * w->pack_n, *by_col = by_row + gws_pack_size(B, C), *pack = by_col + gws_pack_size(C, B);
    if (tau >= T) {
        for (int k = 0; k < H && r->gradients; k++) {
            const int a = anchor_of(r, tau, k);
            for (int b = 0; b < B && a >= 0; b++)
                memset(r->g_pred + b * item + (a * H + k) * C, 0, (size_t)C * sizeof(float));
        }
        return;
    }
    for (int b = 0; b < B; b++)
        inv[H * B + b] = unit(K, r->z + (b * T + tau) * C, zn + b * C, (int)C);
    gws_pack(C, B, zn, 1, C, by_col);
    gws_pack(B, C, zn, C, 1, by_row);
    int any = 0;
    for (int k = 0; k < H; k++) {
        const int a = anchor_of(r, tau, k);
        double loss = 0.0, hits = 0.0;
        if (a >= 0) {
            float *p = r->used + (a * H + k) * C, *s = score + k * B * B;
            for (int b = 0; b < B; b++)
                inv[k * B + b] = unit(K, p + b * item, p + b * item, (int)C);
            K->gemm(B, B, C, p, item, 1, by_col, NULL, s, B, 0);
            const float share = r->share[k];
            for (int b = 0; b < B; b++, s += B) {
                const float positive = s[b];
                float top = s[0];
                int beaten = 1;
                for (int q = 0; q < B; q++) {
                    top = s[q] > top ? s[q] : top;
                    beaten &= q == b || s[q] < positive;
                }
                for (int q = 0; q < B; q++)
                    s[q] = (s[q] - top) * r->inv_temperature;
                K->exp(s, B);
                double sum = 0.0;
                for (int q = 0; q < B; q++)
                    sum += (double)s[q];
                loss += log(sum) + (double)((top - positive) * r->inv_temperature);
                hits += beaten;
                const float unit_share = (float)((double)share / sum);
                for (int q = 0; q < B; q++)
                    s[q] *= unit_share;
                s[b] -= share;
            }
            if (r->gradients) {
                s = score + k * B * B;
                gws_pack(B, C, p, item, 1, pack);
                K->gemm(B, C, B, s, 1, B, pack, NULL, gz, C, any);
                K->gemm(B, C, B, s, B, 1, by_row, NULL, gp, C, 0);
                for (int b = 0; b < B; b++)
                    unit_backward(K, p + b * item, inv[k * B + b], gp + b * C, 1.0f, p + b * item, (int)C, 0);
                any = 1;
            }
        }
        w->loss[tau * H + k] = loss;
        w->hits[tau * H + k] = hits;
    }
    for (int b = 0; b < B && any; b++)
        unit_backward(K, zn + b * C, inv[H * B + b], gz + b * C, 1.0f, r->g_z + (b * T + tau) * C, (int)C, 1);
}

/* With batch negatives a horizon's mean is over the anchors that have a target there: count[k] of them. */
static double over_targets(gws_pool *pool, run *r, const gws_infonce_batch *in, double *accuracy)
{
    const gws_infonce *w = r->w;
    int count[GWS_HORIZONS_MAX];
    for (int k = 0; k < w->s.K; k++) {
        count[k] = (w->s.T - 2 - k - r->first) / r->stride + 1;
        count[k] = count[k] < w->s.A ? count[k] : w->s.A;
        r->share[k] = (float)(in->scale / ((double)w->s.K * r->B * count[k] * in->temperature));
    }
    gws_pool_run(pool, w->s.T + w->s.K, target_step, r);
    double loss = 0.0, hits = 0.0;
    for (int k = 0; k < w->s.K; k++) {
        double l = 0.0, h = 0.0;
        for (int t = 0; t < w->s.T; t++) {
            l += w->loss[t * w->s.K + k];
            h += w->hits[t * w->s.K + k];
        }
        loss += l / ((double)w->s.K * r->B * count[k]);
        hits += h / ((double)w->s.K * r->B * count[k]);
    }
    if (accuracy)
        *accuracy = hits;
    return loss;
}

double gws_infonce_run(gws_infonce *w, const gws_kernels *K, gws_pool *pool, const gws_infonce_batch *batch, double *accuracy)
{
    const int alone = w->s.negatives == GWS_NEGATIVES_BATCH, B = batch->B, first = batch->first, stride = batch->stride;
    GWS_ASSERT(B >= 1 && B <= w->s.B && w->s.C % 8 == 0 && w->s.K <= GWS_HORIZONS_MAX);
    GWS_ASSERT(first >= 0 && stride >= 1 && first + (w->s.A - 1) * stride + (alone ? 1 : w->s.K) < w->s.T &&
               first + w->s.K < w->s.T);
    GWS_ASSERT(!alone || !batch->g_pred || batch->g_pred == batch->pred);
    const double n = (double)B * w->s.A * w->s.K;
    run r = {.w = w,
             .K = K,
             .B = B,
             .first = first,
             .stride = stride,
             .gradients = batch->g_pred != NULL,
             .inv_temperature = (float)(1.0 / batch->temperature),
             .scale = (float)(batch->scale / (n * batch->temperature)),
             .pred = batch->pred,
             .z = batch->z,
             .g_pred = batch->g_pred,
             .g_z = batch->g_z,
             .used = batch->pred};
    if (alone)
        return over_targets(pool, &r, batch, accuracy);
    gws_pool_run(pool, B, normalise, &r);
    gws_pool_run(pool, w->s.K, horizon, &r);
    if (r.gradients)
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
