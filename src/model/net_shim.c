#include "model/net_shim.h"

#include <string.h>

typedef struct job {
    const gws_kernels *K;
    const gws_weights *w;
    gws_work *k;
    const gws_pass *pass;
    unsigned stages;
} job;

static int history(const gws_arch *a, int l)
{
    return l < a->n_stem ? a->stem[l].kernel - a->stem[l].stride : 0;
}

static int64_t rows_of(const gws_arch *a, int l, int64_t T)
{
    for (int i = a->n_stem - 1; i >= l; i--)
        T *= a->stem[i].stride;
    return T;
}

static void item(void *user, int b, int thread)
{
    const job *j = user;
    const gws_kernels *K = j->K;
    const gws_weights *w = j->w;
    gws_work *k = j->k;
    const gws_arch *a = k->a;
    const gws_param_rows *r = w->rows;
    const int64_t T = k->T, C = a->C, H1 = a->H1, H2 = a->H2;
    const int last = a->n_stem - 1, tile = k->B < GWS_TILE ? k->B : GWS_TILE;
    float *h = k->gru.h + b * (T + 1) * C;
#define P(row) (w->p + w->table->rows[row].offset)
    if (j->stages & GWS_DO_STEM) {
        const float *in = k->x + b * (history(a, 0) + rows_of(a, 0, T)) * a->ifos;
        for (int l = 0; l <= last; l++) {
            const int64_t rows = rows_of(a, l + 1, T), c = a->stem[l].cout;
            float *pre = k->pre[l] + b * rows * c, *act = k->act[l] + b * (history(a, l + 1) + rows) * c;
            gws_conv_forward(K, &a->stem[l], w->stem[l], P(r->stem_b[l]), in, pre, rows);
            K->gelu(pre, act + history(a, l + 1) * c, rows * c);
            in = act;
        }
    }
    if (j->stages & GWS_DO_CONTEXT) {
        gws_gru_work g = k->gru;
        K->gemm(T, 3 * C, C, k->act[last] + b * T * C, C, 1, w->in, P(r->gru_in_b), g.xi + b * T * 3 * C, 3 * C, 0);
        g.xi += b * T * 3 * C;
        g.r += b * T * C;
        g.u += b * T * C;
        g.c += b * T * C;
        g.hn += b * T * C;
        g.h = h;
        g.step += (int64_t)thread * tile * 3 * C;
        gws_gru_forward(K, (int)C, w->rec, w->rec_bias, &g, 1, T);
    }
    if (j->stages & GWS_DO_PREDICT && j->pass->anchors)
        K->gemm(j->pass->anchors, a->K * C, C, h + (j->pass->first + 1) * C, j->pass->stride * C, 1, w->pred, NULL,
                k->pred + (int64_t)b * j->pass->anchors * a->K * C, a->K * C, 0);
    if (j->stages & GWS_DO_LINEAR)
        K->gemm(T, 1, C, h + C, C, 1, w->lin, P(r->lin_b), k->y_lin + b * T, 1, 0);
    float *ev = k->ev + b * T * 2 * C;
    if (j->stages & GWS_DO_BRIDGE)
        for (int64_t t = 0; t < T; t++)
            for (int64_t i = 0; i < C; i++) {
                const float d = h[(t + 1) * C + i] - h[t * C + i];
                ev[t * 2 * C + i] = gws_step(d - w->threshold[i], a->bridge_slope, 0);
                ev[t * 2 * C + C + i] = gws_step(-d - w->threshold[i], a->bridge_slope, 0);
            }
    if (!(j->stages & GWS_DO_SPIKING))
        return;
    const gws_lif l1 = {.n = a->H1, .slope = a->lif_slope}, l2 = {.n = a->H2, .slope = a->lif_slope};
    float *x1 = k->x1 + b * T * H1, *u1 = k->u1 + b * T * H1, *s1 = k->s1 + b * T * H1, *y = k->y + b * T;
    float *x2 = k->x2 + b * T * H2, *u2 = k->u2 + b * T * H2, *s2 = k->s2 + b * T * H2;
    memset(k->i1_0 + b * H1, 0, (size_t)H1 * sizeof(float));
    memset(k->v1_0 + b * H1, 0, (size_t)H1 * sizeof(float));
    memset(k->i2_0 + b * H2, 0, (size_t)H2 * sizeof(float));
    memset(k->v2_0 + b * H2, 0, (size_t)H2 * sizeof(float));
    K->gemm(T, H1, 2 * C, ev, 2 * C, 1, w->w1, P(r->b1), x1, H1, 0);
    gws_lif_forward(&l1, w->syn1, w->mem1, x1, k->i1 + b * T * H1, u1, s1, k->i1_0 + b * H1, k->v1_0 + b * H1, T);
    K->gemm(T, H2, H1, s1, H1, 1, w->w2, P(r->b2), x2, H2, 0);
    gws_lif_forward(&l2, w->syn2, w->mem2, x2, k->i2 + b * T * H2, u2, s2, k->i2_0 + b * H2, k->v2_0 + b * H2, T);
    K->gemm(T, 1, H1, u1, H1, 1, w->read_u1, P(r->read_b), y, 1, 0);
    K->gemm(T, 1, H2, u2, H2, 1, w->read_u2, NULL, y, 1, 1);
    K->gemm(T, 1, H2, s2, H2, 1, w->read_s2, NULL, y, 1, 1);
    float o = 0.0f;
    for (int64_t t = 0; t < T; t++)
        y[t] = o = w->read_a[0] * o + y[t];
#undef P
}

void gws_net_run(const gws_kernels *K, gws_pool *pool, const gws_weights *w, gws_work *k, const gws_pass *pass, unsigned stages)
{
    job j = {.K = K, .w = w, .k = k, .pass = pass, .stages = stages};
    gws_pool_run(pool, k->B, item, &j);
}
