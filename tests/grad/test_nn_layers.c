/* Every layer on its own: forward against a second implementation in double precision, backward against central differences of it.
 *
 * Truth: the definitions in the headers, written again without care for speed (double), and finite differences of those with a
 * step of 1e-5 (error below 1e-9 where the function is smooth, below 1e-4 of a curvature jump where it is not).  What remains is
 * the rounding of the layers' float arithmetic, some 1e-7 a term.
 */
#include "base/rng.h"
#include "base/thread.h"
#include "nn/conv.h"
#include "nn/gru.h"
#include "nn/infonce.h"
#include "nn/loss.h"
#include "nn/optim.h"

#include "gradient.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static float *normals(int64_t n, double sigma, const char *purpose)
{
    static uint64_t number;
    float *x = zeros(n);
    gws_rng r = gws_rng_init(3, purpose, number++);
    for (int64_t i = 0; i < n; i++)
        x[i] = (float)(sigma * gws_rng_normal(&r));
    return x;
}

static void check_near(const char *what, const float *x, const double *want, int64_t n, double tolerance)
{
    for (int64_t i = 0; i < n; i++)
        if (!(fabs((double)x[i] - want[i]) <= tolerance * (1.0 + fabs(want[i]))))
            fail_msg("%s: element %lld: %.9g, wanted %.9g", what, (long long)i, (double)x[i], want[i]);
}

/* ---- convolution, dense ---- */

typedef struct conv_case {
    gws_conv c;
    int64_t t;
    double *x, *w, *b, *coef, *y; /* x with its history */
} conv_case;

static double conv_loss(const void *user)
{
    const conv_case *q = user;
    const gws_conv *c = &q->c;
    double l = 0.0;
    for (int64_t t = 0; t < q->t; t++)
        for (int o = 0; o < c->cout; o++) {
            double y = q->b[o];
            for (int k = 0; k < c->kernel;
                 k++) /* row t sees k rows, the last of which is the last of hop t; x begins k - s rows early */
                for (int i = 0; i < c->cin; i++)
                    y += q->x[(t * c->stride + k) * c->cin + i] * q->w[(k * c->cin + i) * c->cout + o];
            q->y[t * c->cout + o] = y;
            l += y * q->coef[t * c->cout + o];
        }
    return l;
}

static void convolution(void **state)
{
    static const int shape[][3] = {{1, 1, 0}, {4, 1, 0}, {3, 3, 0}, {8, 4, 0}, {16, 4, 0}, {6, 2, 0}, {9, 2, 0},
                                   {9, 2, 1}, {9, 4, 1}, {7, 3, 1}, {5, 1, 1}, {2, 2, 1}}, /* kernel, stride, last or first */
        width[][2] = {{1, 1}, {2, 5}, {3, 17}, {17, 20}};
    const gws_kernels *K = gws_kernels_get();
    for (size_t a = 0; a < sizeof shape / sizeof *shape; a++)
        for (size_t b = 0; b < sizeof width / sizeof *width; b++)
            for (int64_t t = 1; t <= 5; t += 2) {
                const gws_conv c = shape[a][2] ? gws_conv_first(shape[a][0], shape[a][1], width[b][0], width[b][1])
                                               : gws_conv_last(shape[a][0], shape[a][1], width[b][0], width[b][1]);
                const int64_t history = c.history, rows = history + c.stride * t, nx = rows * c.cin;
                const int64_t nw = (int64_t)c.kernel * c.cin * c.cout, ny = t * c.cout;
                const int64_t beyond = (gws_conv_reach(&c) - 1) * c.cout;
                float *x = normals(nx, 1.0, "x"), *w = normals(nw, 0.3, "w"), *bias = normals(c.cout, 1.0, "b"), *y = zeros(ny);
                float *coef = normals(ny + beyond, 1.0, "coef"), *g_x = zeros(nx);
                float *pack = zeros(gws_conv_pack_size(&c)), *back = zeros(gws_conv_pack_back_size(&c));
                memset(coef + ny, 0, (size_t)beyond * sizeof *coef);
                conv_case q = {.c = c,
                               .t = t,
                               .x = doubles(x, nx),
                               .w = doubles(w, nw),
                               .b = doubles(bias, c.cout),
                               .coef = doubles(coef, ny),
                               .y = doubles(NULL, ny)};
                gws_pack((int64_t)c.kernel * c.cin, c.cout, w, c.cout, 1, pack);
                gws_conv_pack_back(&c, w, back);
                gws_conv_forward(K, &c, pack, bias, x, y, t);
                conv_loss(&q);
                check_near("conv", y, q.y, ny, 1e-5);
                gws_conv_backward_x(K, &c, back, coef, g_x, t);
                check_gradient("conv x", conv_loss, &q, q.x + history * c.cin, g_x, c.stride * t * c.cin, 1e-6);
                void *const all[] = {x, w, bias, y, coef, g_x, pack, back, q.x, q.w, q.b, q.coef, q.y};
                for (size_t i = 0; i < sizeof all / sizeof *all; i++)
                    free(all[i]);
            }
}

typedef struct gru_case {
    int n, R;
    int64_t T;
    double keep;
    double *xi, *w, *b, *h0, *coef, *h; /* (R,T,3n) (n,3n) (n) (R,n) (R,T,n) (R,T,n) */
} gru_case;

static double logistic(double x)
{
    return 1.0 / (1.0 + exp(-x));
}

static double gru_loss(const void *user)
{
    const gru_case *g = user;
    const int n = g->n;
    double l = 0.0, part[3];
    for (int q = 0; q < g->R; q++)
        for (int64_t t = 0; t < g->T; t++) {
            const double *before = t ? g->h + (q * g->T + t - 1) * n : g->h0 + q * n, *xi = g->xi + (q * g->T + t) * 3 * n;
            for (int i = 0; i < n; i++) {
                for (int k = 0; k < 3; k++) {
                    part[k] = k == 2 ? g->b[i] : 0.0;
                    for (int j = 0; j < n; j++)
                        part[k] += before[j] * g->w[j * 3 * n + k * n + i];
                }
                const double r = logistic(xi[i] + part[0]), u = g->keep * logistic(xi[n + i] + part[1]),
                             c = tanh(xi[2 * n + i] + r * part[2]);
                const double h = (1.0 - u) * c + u * before[i];
                g->h[(q * g->T + t) * n + i] = h;
                l += h * g->coef[(q * g->T + t) * n + i];
            }
        }
    return l;
}

static void gated_recurrent_unit(void **state)
{
    static const int size[][3] = {{1, 1, 1}, {5, 1, 7}, {17, 3, 6}};
    static const double keep[2] = {1.0, 0.875}; /* bound of the update gate */
    const gws_kernels *K = gws_kernels_get();
    for (size_t a = 0; a < sizeof size / sizeof *size; a++) {
        const int n = size[a][0], R = size[a][1];
        const int64_t T = size[a][2], RTn = R * T * n;
        float *xi = normals(3 * RTn, 1.0, "xi"), *w = normals(3 * n * n, 0.5, "w"), *b = normals(n, 0.5, "b"),
              *h0 = normals(R * n, 0.5, "h0");
        float *coef = normals(RTn, 1.0, "coef"), *bias = zeros(3 * n), *pack = zeros(gws_pack_size(n, 3 * n)),
              *back = zeros(gws_pack_size(3 * n, n));
        float *g_hn = zeros(RTn), *carry = zeros(R * n), *g_w = zeros(3 * n * n), *g_b = zeros(n),
              *scratch = zeros(gws_pack_size(T, 2 * n));
        gws_gru_work k = {.R = R,
                          .T = T,
                          .cap = T,
                          .keep = (float)keep[a % 2],
                          .xi = zeros(3 * RTn),
                          .r = zeros(RTn),
                          .u = zeros(RTn),
                          .c = zeros(RTn),
                          .hn = zeros(RTn),
                          .h = zeros(R * (T + 1) * n),
                          .step = zeros(3 * (R + 1) * n)};
        gru_case g = {.n = n,
                      .R = R,
                      .T = T,
                      .keep = keep[a % 2],
                      .xi = doubles(xi, 3 * RTn),
                      .w = doubles(w, 3 * n * n),
                      .b = doubles(b, n),
                      .h0 = doubles(h0, R * n),
                      .coef = doubles(coef, RTn),
                      .h = doubles(NULL, RTn)};
        memcpy(k.xi, xi, (size_t)(3 * RTn) * sizeof *xi);
        memcpy(bias + 2 * n, b, (size_t)n * sizeof *b);
        for (int q = 0; q < R; q++)
            memcpy(k.h + q * (T + 1) * n, h0 + q * n, (size_t)n * sizeof *h0);
        gws_pack(n, 3 * n, w, 3 * n, 1, pack);
        gws_pack(3 * n, n, w, 1, 3 * n, back);
        gws_gru_forward(K, n, pack, bias, &k);
        gru_loss(&g);
        for (int q = 0; q < R; q++)
            check_near("gru", k.h + (q * (T + 1) + 1) * n, g.h + q * T * n, T * n, 2e-6);
        /* without anything kept for backward the states are the same */
        gws_gru_work forget = k;
        forget.r = forget.u = forget.c = forget.hn = NULL;
        forget.h = zeros(R * (T + 1) * n);
        for (int q = 0; q < R; q++)
            memcpy(forget.h + q * (T + 1) * n, h0 + q * n, (size_t)n * sizeof *h0);
        gws_gru_forward(K, n, pack, bias, &forget);
        assert_memory_equal(forget.h, k.h, (size_t)(R * (T + 1) * n) * sizeof *h0);
        free(forget.h);
        gws_gru_backward(K, n, back, &k, coef, g_hn, carry);
        for (int q = 0; q < R; q++) {
            gws_pack(T, 2 * n, k.xi + q * T * 3 * n, 3 * n, 1, scratch);
            K->gemm(n, 2 * n, T, k.h + q * (T + 1) * n, 1, n, scratch, NULL, g_w, 3 * n, 1);
            gws_pack(T, n, g_hn + q * T * n, n, 1, scratch);
            K->gemm(n, n, T, k.h + q * (T + 1) * n, 1, n, scratch, NULL, g_w + 2 * n, 3 * n, 1);
            for (int64_t t = 0; t < T; t++)
                K->add(g_b, g_hn + (q * T + t) * n, n);
        }
        check_gradient("gru input", gru_loss, &g, g.xi, k.xi, 3 * RTn, 3e-6);
        check_gradient("gru recurrent weight", gru_loss, &g, g.w, g_w, 3 * n * n, 3e-6);
        check_gradient("gru bias", gru_loss, &g, g.b, g_b, n, 3e-6);
        check_gradient("gru first state", gru_loss, &g, g.h0, carry, R * n, 3e-6);
        void *const all[] = {xi,   w,   b,   h0,  coef, bias, pack,   back, g_hn, carry, g_w,  g_b,    scratch,
                             k.xi, k.r, k.u, k.c, k.hn, k.h,  k.step, g.xi, g.w,  g.b,   g.h0, g.coef, g.h};
        for (size_t i = 0; i < sizeof all / sizeof *all; i++)
            free(all[i]);
    }
}

/* ---- losses ---- */

enum { NCE_T = 15, NCE_C = 8, NCE_K = 3, NCE_A = 4, NCE_FIRST = 1, NCE_STRIDE = 3 };

typedef struct nce_case {
    int B;
    double temperature;
    double *pred, *z, accuracy;
} nce_case;

static double cosine(const double *p, const double *z)
{
    double pp = 1e-12, zz = 1e-12, pz = 0.0;
    for (int c = 0; c < NCE_C; c++) {
        pp += p[c] * p[c];
        zz += z[c] * z[c];
        pz += p[c] * z[c];
    }
    return pz / sqrt(pp * zz);
}

static double nce_loss(const void *user)
{
    nce_case *q = (nce_case *)(uintptr_t)user;
    double l = 0.0;
    int hits = 0;
    for (int b = 0; b < q->B; b++)
        for (int a = 0; a < NCE_A; a++)
            for (int k = 0; k < NCE_K; k++) {
                const double *p = q->pred + (((int64_t)b * NCE_A + a) * NCE_K + k) * NCE_C;
                double sum = 0.0, truth = 0.0, rival = -2.0;
                for (int o = 0; o < NCE_A; o++) {
                    const double s = cosine(p, q->z + ((int64_t)b * NCE_T + NCE_FIRST + o * NCE_STRIDE + k + 1) * NCE_C);
                    sum += exp(s / q->temperature);
                    truth = o == a ? s : truth;
                    rival = o != a ? fmax(rival, s) : rival;
                }
                for (int o = 0; o < q->B; o++)
                    if (o != b) {
                        const double s = cosine(p, q->z + ((int64_t)o * NCE_T + NCE_FIRST + a * NCE_STRIDE + k + 1) * NCE_C);
                        sum += exp(s / q->temperature);
                        rival = fmax(rival, s);
                    }
                l += log(sum) - truth / q->temperature;
                hits += truth > rival;
            }
    q->accuracy = hits / (double)(q->B * NCE_A * NCE_K);
    return l / (q->B * NCE_A * NCE_K);
}

static void contrastive_loss(void **state)
{
    const gws_kernels *K = gws_kernels_get();
    gws_pool *pool = gws_pool_create(2, NULL);
    assert_non_null(pool);
    for (int B = 1; B <= 3; B++) {
        const gws_infonce_shape shape = {.B = 3, .T = NCE_T, .C = NCE_C, .K = NCE_K, .A = NCE_A};
        const int64_t np = (int64_t)B * NCE_A * NCE_K * NCE_C, nz = (int64_t)B * NCE_T * NCE_C;
        gws_infonce *w = gws_infonce_create(&shape, 2, NULL);
        float *pred = normals(np, 2.0, "pred"), *z = normals(nz, 0.5, "z"), *g_pred = zeros(np), *g_z = normals(nz, 1.0, "gz"),
              *g_z2 = zeros(nz), *g_pred2 = zeros(np), *base = zeros(nz);
        memcpy(base, g_z, (size_t)nz * sizeof *base);
        memcpy(g_z2, g_z, (size_t)nz * sizeof *base);
        nce_case q = {.B = B, .temperature = 0.2, .pred = doubles(pred, np), .z = doubles(z, nz)};
        double accuracy, accuracy2;
        const double scale = 0.7, want = nce_loss(&q);
        const double l = gws_infonce_run(
            w, K, NULL, &(gws_infonce_batch){B, NCE_FIRST, NCE_STRIDE, q.temperature, scale, pred, z, g_pred, g_z}, &accuracy);
        assert_true(fabs(l - want) < 1e-5 && want > 0.1);
        assert_true(accuracy == q.accuracy);
        /* the same bits on two threads, and without gradients */
        assert_true(gws_infonce_run(w, K, pool,
                                    &(gws_infonce_batch){B, NCE_FIRST, NCE_STRIDE, q.temperature, scale, pred, z, g_pred2, g_z2},
                                    &accuracy2) == l);
        assert_memory_equal(g_pred, g_pred2, (size_t)np * sizeof *g_pred);
        assert_memory_equal(g_z, g_z2, (size_t)nz * sizeof *g_z);
        assert_true(gws_infonce_run(w, K, NULL,
                                    &(gws_infonce_batch){B, NCE_FIRST, NCE_STRIDE, q.temperature, scale, pred, z, NULL, NULL},
                                    NULL) == l);
        for (int64_t i = 0; i < nz; i++)
            g_z[i] = (g_z[i] - base[i]) / (float)scale;
        for (int64_t i = 0; i < np; i++)
            g_pred[i] /= (float)scale;
        check_gradient("infonce predictions", nce_loss, &q, q.pred, g_pred, np, 2e-6);
        check_gradient("infonce latents", nce_loss, &q, q.z, g_z, nz, 2e-6);
        /* latents that are all the same tell nothing: the loss is the logarithm of the number of candidates */
        for (int64_t i = 0; i < nz; i++)
            z[i] = (float)(i % NCE_C) - 2.0f;
        const double chance = gws_infonce_run(
            w, K, NULL, &(gws_infonce_batch){B, NCE_FIRST, NCE_STRIDE, q.temperature, scale, pred, z, NULL, NULL}, &accuracy);
        assert_true(fabs(chance - log(NCE_A + B - 1)) < 1e-6 && accuracy == 0.0);
        gws_infonce_destroy(w);
        void *const all[] = {pred, z, g_pred, g_z, g_pred2, g_z2, base, q.pred, q.z};
        for (size_t i = 0; i < sizeof all / sizeof *all; i++)
            free(all[i]);
    }
    gws_pool_destroy(pool);
}

typedef struct loss_case {
    double *y, *target, *weight, shift; /* taken off y, in units that a float has exactly */
    int n, huber;
} loss_case;

static double logit_loss(const void *user)
{
    const loss_case *q = user;
    double l = 0.0;
    for (int i = 0; i < q->n; i++) {
        const double y = q->y[i] - q->shift, t = q->target[i], d = y - t;
        if (q->weight[i] <= 0.0)
            continue;
        if (q->huber)
            l += q->weight[i] * (fabs(d) < 1.0 ? 0.5 * d * d : fabs(d) - 0.5);
        else /* -t log p - (1-t) log(1-p) */
            l += q->weight[i] * (t * log1p(exp(-y)) + (1.0 - t) * (y + log1p(exp(-y))));
    }
    return l;
}

static void losses_of_the_logits(void **state)
{
    enum { N = 300 };
    for (int round = 0; round < 4; round++) {
        const int huber = round & 1;
        const float shift = round & 2 ? 2.5f : 0.0f;
        float *y = normals(N, 3.0, "y"), *target = zeros(N), *weight = normals(N, 1.0, "weight"), *g = zeros(N),
              *teacher = normals(N, 3.0, "teacher");
        for (int i = 0; i < N; i++) {
            target[i] = huber ? teacher[i] : i % 7 == 0 ? 0.3f : (float)(i % 2);
            g[i] = 1.0f;
        }
        loss_case q = {
            .y = doubles(y, N), .target = doubles(target, N), .weight = doubles(weight, N), .shift = shift, .n = N, .huber = huber};
        const double want = logit_loss(&q),
                     l = huber ? gws_huber(y, target, shift, weight, N, 0.5f, g) : gws_bce(y, shift, target, weight, N, 0.5f, g);
        assert_true(fabs(l - want) < 1e-6 * want);
        for (int i = 0; i < N; i++)
            g[i] = (g[i] - 1.0f) / 0.5f;
        check_gradient(huber ? "huber" : "bce", logit_loss, &q, q.y, g, N, 2e-6);
        void *const all[] = {y, target, weight, g, teacher, q.y, q.target, q.weight};
        for (size_t i = 0; i < sizeof all / sizeof *all; i++)
            free(all[i]);
    }
    /* a logit that is certain and wrong costs its size; nothing overflows */
    const float y[4] = {1000.0f, -1000.0f, 1000.0f, -1000.0f}, target[4] = {0.0f, 1.0f, 1.0f, 0.0f},
                weight[4] = {1.0f, 1.0f, 1.0f, 1.0f};
    float g[4] = {0};
    assert_true(gws_bce(y, 0.0f, target, weight, 4, 1.0f, g) == 2000.0);
    const float want[4] = {1.0f, -1.0f, 0.0f, 0.0f};
    assert_memory_equal(g, want, sizeof g);
}

typedef struct gelu_case {
    double *x, *coef;
    int n;
} gelu_case;

static double gelu_loss(const void *user)
{
    const gelu_case *q = user;
    double l = 0.0;
    for (int i = 0; i < q->n; i++) {
        const double x = q->x[i];
        l += q->coef[i] * 0.5 * x * (1.0 + tanh(sqrt(2.0 / M_PI) * (x + 0.044715 * x * x * x)));
    }
    return l;
}

static void gelu(void **state)
{
    enum { N = 301 };
    float *x = zeros(N), *g = normals(N, 1.0, "g");
    for (int i = 0; i < N; i++)
        x[i] = -6.0f + 12.0f * (float)i / (N - 1);
    gelu_case q = {.x = doubles(x, N), .coef = doubles(g, N), .n = N};
    gws_kernels_get()->gelu_backward(x, g, N); /* the gradient stands where the input was */
    check_gradient("gelu", gelu_loss, &q, q.x, x, N, 2e-6);
    free(x);
    free(g);
    free(q.x);
    free(q.coef);
}

/* ---- average ---- */

/* Of parameters that rise by 1 a step, with a span of 4: the mean up to the fourth, and from there on 3 behind but for what is forgotten of
 * a beginning that was 1.5 behind. */
static void average(void **state)
{
    enum { N = 5, SPAN = 4 };
    float *p = zeros(N), *a = normals(N, 1.0, "a");
    for (int n = 1; n <= 40; n++) {
        double want[N];
        for (int i = 0; i < N; i++) {
            p[i] = (float)(10 * i + n);
            want[i] = 10 * i + (n <= SPAN ? 0.5 * (n + 1) : n - (SPAN - 1) + 1.5 * pow(1.0 - 1.0 / SPAN, n - SPAN));
        }
        gws_average_update(a, p, N, n, SPAN);
        check_near("average", a, want, N, 1e-6);
    }
    free(p);
    free(a);
}

/* ---- AdamW ---- */

/* torch.optim.AdamW: p -= lr decay p; m and v; p -= lr m_hat / (sqrt(v_hat) + eps), in double precision. */
static void adamw(void **state)
{
    enum { N = 37, STEPS = 60 };
    for (int decay_on = 0; decay_on < 2; decay_on++) {
        gws_adamw o = {.lr = 1e-2, .beta1 = 0.9, .beta2 = 0.99, .eps = 1e-8, .decay = 0.1};
        const double clip = 0.25;
        float *p = normals(N, 1.0, "p"), *m = zeros(N), *v = zeros(N), *p0 = zeros(N);
        memcpy(p0, p, N * sizeof *p);
        double *want = doubles(p, N), *dm = doubles(NULL, N), *dv = doubles(NULL, N);
        for (o.step = 1; o.step <= STEPS; o.step++) {
            float *g = normals(N, o.step % 10 ? 1.0 : 1e-4, "g");
            for (int i = 0; i < N; i++) {
                const double gi = clip * (double)g[i];
                if (decay_on)
                    want[i] -= o.lr * o.decay * want[i];
                dm[i] = o.beta1 * dm[i] + (1.0 - o.beta1) * gi;
                dv[i] = o.beta2 * dv[i] + (1.0 - o.beta2) * gi * gi;
                const double mh = dm[i] / (1.0 - pow(o.beta1, (double)o.step)), vh = dv[i] / (1.0 - pow(o.beta2, (double)o.step));
                want[i] -= o.lr * mh / (sqrt(vh) + o.eps);
            }
            gws_adamw_update(&o, &(gws_adamw_rows){p, g, m, v, N}, clip, decay_on);
            check_near("adamw", p, want, N, 2e-6);
            free(g);
        }
        double moved = 0.0;
        for (int i = 0; i < N; i++)
            moved += fabs((double)(p[i] - p0[i])) / N;
        assert_true(moved > 0.02);
        void *const all[] = {p, m, v, p0, want, dm, dv};
        for (size_t i = 0; i < sizeof all / sizeof *all; i++)
            free(all[i]);
    }
}

static void sum_of_squares(void **state)
{
    for (int64_t n = 0; n < 70; n++) {
        float *g = normals(n, 1.0, "g");
        double want = 0.0;
        for (int64_t i = 0; i < n; i++)
            want += (double)g[i] * (double)g[i];
        assert_true(fabs(gws_sum_squares(g, n) - want) <= 1e-14 * want);
        free(g);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(convolution),
        cmocka_unit_test(gated_recurrent_unit),
        cmocka_unit_test(contrastive_loss),
        cmocka_unit_test(losses_of_the_logits),
        cmocka_unit_test(gelu),
        cmocka_unit_test(average),
        cmocka_unit_test(adamw),
        cmocka_unit_test(sum_of_squares),
    };
    return GWS_RUN_TESTS(tests);
}
