/* backward.c - gradients of the network, from the logits and the contrastive loss to every parameter.
 *
 * Items first: heads, then the context (recurrent steps of several items together), then the stem, each leaving the gradients of its
 * activations in place of what they belong to.  Then weights: a task owns a block of one gradient matrix and adds all items
 * to it in order, so there is one copy of every gradient and no bit depends on the number of threads.
 */
#include "model/pass.h"

#include <math.h>
#include <string.h>

/* Rows of a block of weights: a multiple of the kernel's, or so many times that for a matrix so high that it would be more than M_BLOCKS
 * blocks.  GWS_PARAMETERS_MAX weights are fewer than GWS_TASKS blocks then. */
enum { WGRADS = GWS_STEM_MAX + 8 + GWS_DELAYS_MAX - 1, M_ROWS = 768, M_BLOCKS = 64 };

/* One gradient matrix: sum over items and rows of a^T g. */
typedef struct wgrad {
    const float *a; /* or bits, transposed already */
    const uint64_t *bits;
    int64_t a_item, a_row, bits_item, bits_row;
    const float *g;
    int64_t g_item, g_row, t;
    int64_t m, n;
    float *w, *bias;
    int64_t ldw;
} wgrad;

typedef struct wtask {
    const wgrad *of;
    int64_t m0, m1, n0, n1;
    double cost;
} wtask;
_Static_assert(sizeof(wtask) <= GWS_TASK_FLOATS * sizeof(float), "the room in inside.h");

typedef struct job {
    const gws_kernels *K;
    const gws_weights *w;
    gws_work *k;
    const gws_pass *pass;
    float *g;
    int groups, n_grads, n_tasks;
    wgrad grad[WGRADS];
    wtask *task; /* in the work, since the list is larger than some stacks */
} job;

/* Where item b gathers the gradient of a small tensor; NULL when the network does not have it. */
static float *item_of(const job *j, int b, int row)
{
    const int64_t part = gws_item_gradients(j->w, j->w->table->n);
    return row < 0 ? NULL : j->k->g_item + b * part + gws_item_gradients(j->w, row);
}

/* ---- heads ---- */

static void readout_leaky(const job *j, int b, float *gs1, float *gu0, float *gu1, float *go)
{
    gws_work *k = j->k;
    const gws_arch *a = k->a;
    const gws_param_rows *r = j->w->rows;
    const int64_t T = k->T, at = b * T, H0 = a->H[0], H1 = a->H[1], words = GWS_BIT_WORDS(H1);
    const float *y = k->y + at, *g_y = k->g_y + at, *u0 = k->lif[0].u + at * H0, *u1 = k->lif[1].u + at * H1;
    const float leak = j->w->read_a[0];
    float carry = 0.0f, g_leak = 0.0f, g_bias = 0.0f;
    for (int64_t t = T - 1; t >= 0; t--) {
        go[t] = carry = g_y[t] + leak * carry;
        g_leak += carry * (t ? y[t - 1] : 0.0f);
        g_bias += carry;
    }
    item_of(j, b, r->read_a)[0] = g_leak * leak * (1.0f - leak);
    item_of(j, b, r->read_b)[0] = g_bias;
    const float *p0 = gws_row_of(j->w, r->read_u[0]), *p1 = gws_row_of(j->w, r->read_u[1]), *p2 = gws_row_of(j->w, r->read_s);
    float *restrict q0 = item_of(j, b, r->read_u[0]), *restrict q1 = item_of(j, b, r->read_u[1]), *q2 = item_of(j, b, r->read_s);
    for (int64_t t = 0; t < T; t++) {
        const float o = go[t];
        for (int64_t i = 0; i < H0; i++) {
            gu0[t * H0 + i] = o * p0[i];
            q0[i] += o * u0[t * H0 + i];
        }
        for (int64_t i = 0; i < H1; i++) {
            gu1[t * H1 + i] = o * p1[i];
            q1[i] += o * u1[t * H1 + i];
        }
        if (!q2)
            continue;
        for (int64_t i = 0; i < H1; i++)
            gs1[t * H1 + i] = o * p2[i];
        if (k->lif[1].s)
            for (int64_t i = 0; i < H1; i++)
                q2[i] += o * k->lif[1].s[(at + t) * H1 + i];
        else
            for (int64_t i = 0; i < words; i++)
                for (uint64_t x = k->lif[1].bits[(at + t) * words + i]; x; x &= x - 1)
                    q2[i * 64 + __builtin_ctzll(x)] += o;
    }
}

/* The readout hears events directly: their weights' gradients, and what goes back to the events of the context.
 *   go (T) gradient of what the leaky sum takes in;  g_ev (T,2C) += */
static void readout_events(const job *j, int b, const float *go, float *g_ev)
{
    const gws_work *k = j->k;
    const int64_t T = k->T, C2 = 2 * k->a->C, words = GWS_BIT_WORDS(C2), at = b * T;
    const float *w = gws_row_of(j->w, j->w->rows->read_e);
    float *q = item_of(j, b, j->w->rows->read_e);
    for (int64_t t = 0; t < T; t++) {
        for (int64_t i = 0; i < C2; i++)
            g_ev[t * C2 + i] += go[t] * w[i];
        for (int64_t i = 0; i < C2 && k->ev_smooth; i++)
            q[i] += go[t] * k->ev_smooth[(at + t) * C2 + i];
        for (int64_t i = 0; i < words && k->ev; i++)
            for (uint64_t x = k->ev[(at + t) * words + i]; x; x &= x - 1)
                q[i * 64 + __builtin_ctzll(x)] += go[t];
        /* a level's events come from the input: no threshold and no context answers for them */
        memset(g_ev + t * C2, 0, (size_t)k->a->levels * sizeof *g_ev);
        memset(g_ev + t * C2 + k->a->C, 0, (size_t)k->a->levels * sizeof *g_ev);
    }
}

static void readout_mean(const job *j, int b, float *gs1)
{
    gws_work *k = j->k;
    const int64_t T = k->T, H = k->a->H[1], words = GWS_BIT_WORDS(H), at = b * T;
    const float *w = gws_row_of(j->w, j->w->rows->read_w), *g = k->g_out + 2 * b, share = 1.0f / (float)T;
    float *q = item_of(j, b, j->w->rows->read_w);
    for (int64_t i = 0; i < H; i++) {
        float count = 0.0f;
        for (int64_t t = 0; t < T; t++)
            count +=
                k->lif[1].s ? k->lif[1].s[(at + t) * H + i] : (float)(k->lif[1].bits[(at + t) * words + i / 64] >> (i % 64) & 1);
        for (int c = 0; c < 2; c++)
            q[2 * i + c] = count * share * g[c];
        const float gs = (w[2 * i] * g[0] + w[2 * i + 1] * g[1]) * share;
        for (int64_t t = 0; t < T; t++)
            gs1[t * H + i] = gs;
    }
}

/* The gradient of a sum of n numbers is one for all of them. */
static void add_to_all(float *g, int64_t n, float v)
{
    for (int64_t i = 0; i < n && v != 0.0f; i++)
        g[i] += v;
}

static void classifier(const job *j, int b, const float *code, float *buf)
{
    const gws_kernels *K = j->K;
    const gws_weights *w = j->w;
    gws_work *k = j->k;
    const gws_arch *a = k->a;
    const gws_param_rows *r = w->rows;
    const int64_t T = k->T, C = a->C, at = b * T, H0 = a->H[0], H1 = a->H[1];
    float *gs0 = buf, *gu0 = gs0 + T * H0, *gs1 = gu0 + T * H0, *gu1 = gs1 + T * H1, *g_ev = gu1 + T * H1, *go = g_ev + T * 2 * C,
          *tmp = buf + (go - buf + T + 15) / 16 * 16; /* a whole line: neurons want that */
    const int mean = a->readout == GWS_READOUT_MEAN, spikes1 = gws_neuron_describe(a->neuron[1])->spikes;
    if (mean)
        readout_mean(j, b, gs1);
    else
        readout_leaky(j, b, gs1, gu0, gu1, go);
    for (int l = GWS_LIF_LAYERS - 1; l >= 0; l--) {
        const int64_t H = a->H[l], in = l ? a->H[l - 1] : 2 * C;
        const gws_neuron nd = gws_arch_neuron(a, l);
        const gws_neuron_params np = {w->lif[l].mem,      w->lif[l].syn, w->lif[l].adapt,
                                      w->lif[l].strength, w->lif[l].rec, w->lif[l].rec_t};
        const gws_neuron_trace tr = gws_trace_of(k, l, b);
        float *gx = k->lif[l].x + at * H;
        float *g_s = l ? (spikes1 ? gs1 : NULL) : gs0;
        const float *g_u = l ? gu1 : gu0;
        if (g_s)
            add_to_all(g_s, T * H, k->g_count[GWS_COUNTS * b + GWS_COUNT_SPIKES]);
        const gws_neuron_grads ng = {.a_m = item_of(j, b, r->lif[l].mem),
                                     .a_s = item_of(j, b, r->lif[l].syn),
                                     .a_b = item_of(j, b, r->lif[l].adapt),
                                     .beta = item_of(j, b, r->lif[l].strength),
                                     .s = g_s,
                                     .u = mean ? NULL : g_u,
                                     .x = gx};
        gws_neuron_backward(K, &nd, &np, &tr, &ng, tmp);
        K->gemm(T, in, H, gx, H, 1, w->lif[l].w_t, NULL, l ? gs0 : g_ev, in, 0);
        for (int d = 1; d < a->delays && !l && T > a->delay[d]; d++)
            K->gemm(T - a->delay[d], in, H, gx + a->delay[d] * H, H, 1, w->lif[0].w_t + d * gws_pack_size(H, in), NULL, g_ev, in,
                    1);
        if (k->lif[l].bits_t)
            gws_bits_transpose(T, H, k->lif[l].bits + at * GWS_BIT_WORDS(H), k->lif[l].bits_t + b * H * GWS_BIT_WORDS(T));
    }
    add_to_all(g_ev, T * 2 * C, k->g_count[GWS_COUNTS * b + GWS_COUNT_EVENTS]);
    if (a->levels)
        readout_events(j, b, go, g_ev);
    const gws_encoder e = gws_arch_encoder(a);
    const int64_t words = GWS_BIT_WORDS(2 * C);
    float *g_threshold = item_of(j, b, r->threshold);
    if (g_threshold || j->pass->spike_to_context) {
        const gws_encoder_rows rows = {
            .h = code, .bits = k->ev ? k->ev + at * words : NULL, .s = k->ev_smooth ? k->ev_smooth + at * 2 * C : NULL, .T = T};
        const gws_encoder_grads g = {.s = g_ev,
                                     .h = j->pass->spike_to_context ? k->g_c + at * C : NULL,
                                     .threshold = g_threshold ? g_threshold : tmp + 2 * C};
        gws_encoder_backward(K, &e, w->threshold, &rows, &g, tmp);
    }
    if (k->ev_t)
        gws_bits_transpose(T, 2 * C, k->ev + at * words, k->ev_t + b * 2 * C * GWS_BIT_WORDS(T));
}

/* The heads do not see the context's channels whose place the level takes; and the gradient of the carried statistic's weight. */
static void forget_carried(const job *j, int b, float *g_c)
{
    const gws_work *k = j->k;
    const gws_arch *a = k->a;
    const int64_t T = k->T, hist = gws_history_of(a, 0);
    const float *x = k->x + (b * (hist + gws_rows_of(a, 0, T)) + hist) * a->inputs;
    for (int64_t t = 0; t < T; t++) {
        memset(g_c + t * a->C, 0, (size_t)a->levels * sizeof *g_c);
        if (a->linear)
            item_of(j, b, j->w->rows->carry)[0] += k->g_y_lin[b * T + t] * (a->gate ? k->gated[b * T + t] : x[t * a->inputs]);
    }
}

/* The gate's weights and the context, through the linear head. */
static void gate_backward(const job *j, int b, const float *code, float *g_c)
{
    const gws_work *k = j->k;
    const gws_param_rows *r = j->w->rows;
    const int64_t T = k->T, C = k->a->C;
    const float *w = gws_row_of(j->w, r->gate_w), carry = gws_row_of(j->w, r->carry)[0];
    float *restrict gw = item_of(j, b, r->gate_w), *gb = item_of(j, b, r->gate_b);
    for (int64_t t = 0; t < T; t++) {
        const float o = k->g_y_lin[b * T + t] * carry * k->gated[b * T + t] * (1.0f - k->gate[b * T + t]);
        gb[0] += o;
        for (int64_t i = 0; i < C; i++) {
            g_c[t * C + i] += o * w[i];
            gw[i] += o * code[(t + 1) * C + i];
        }
    }
}

static void heads_item(void *user, int b, int thread)
{
    const job *j = user;
    const gws_kernels *K = j->K;
    gws_work *k = j->k;
    const gws_arch *a = k->a;
    const gws_param_rows *r = j->w->rows;
    const int64_t T = k->T, C = a->C, KC = a->K * C;
    const float *h = k->gru.h + b * (T + 1) * C, *code = a->levels ? k->code + b * (T + 1) * C : h;
    float *g_c = k->g_c + b * T * C;
    double since = gws_cpu_s();
    memset(g_c, 0, (size_t)(T * C) * sizeof *g_c);
    memset(k->g_item + b * gws_item_gradients(j->w, j->w->table->n), 0,
           (size_t)gws_item_gradients(j->w, j->w->table->n) * sizeof(float));
    if (j->pass->heads) {
        classifier(j, b, code, k->scratch + thread * k->scratch_n);
        if (a->linear) {
            const float *wl = gws_row_of(j->w, r->lin_w), *gy = k->g_y_lin + b * T;
            float *restrict gw = item_of(j, b, r->lin_w), *gb = item_of(j, b, r->lin_b);
            for (int64_t t = 0; t < T; t++) {
                const float o = gy[t];
                gb[0] += o;
                for (int64_t i = 0; i < C; i++) {
                    g_c[t * C + i] += o * wl[i];
                    gw[i] += o * code[(t + 1) * C + i];
                }
            }
        }
        if (a->gate)
            gate_backward(j, b, code, g_c);
        if (a->levels)
            forget_carried(j, b, g_c);
        gws_stage_add(k, thread, GWS_STAGE_BACK_HEADS, since);
        since = gws_cpu_s();
    }
    if (j->pass->encoder && j->pass->anchors) {
        K->gemm(j->pass->anchors, C, KC, k->pred + (int64_t)b * j->pass->anchors * KC, KC, 1, j->w->pred_t, NULL,
                g_c + j->pass->first * C, j->pass->stride * C, 1);
        gws_stage_add(k, thread, GWS_STAGE_BACK_PREDICT, since);
    }
}

/* ---- encoder ---- */

static void context_group(void *user, int group, int thread)
{
    const job *j = user;
    gws_work *k = j->k;
    const int64_t C = k->a->C, T = k->T, b0 = (int64_t)k->B * group / j->groups, b1 = (int64_t)k->B * (group + 1) / j->groups;
    const int room = k->B < GWS_GROUP ? k->B : GWS_GROUP;
    const double since = gws_cpu_s();
    gws_gru_work g = k->gru;
    g.R = (int)(b1 - b0);
    g.T = T;
    g.xi += b0 * T * 3 * C;
    g.r += b0 * T * C;
    g.u += b0 * T * C;
    g.c += b0 * T * C;
    g.hn += b0 * T * C;
    g.h += b0 * (T + 1) * C;
    g.step += (int64_t)thread * (room + 1) * 3 * C;
    gws_gru_backward(j->K, (int)C, j->w->rec_t, &g, k->g_c + b0 * T * C, k->g_hn + b0 * T * C, k->scratch + thread * k->scratch_n);
    gws_stage_add(k, thread, GWS_STAGE_BACK_CONTEXT, since);
}

static void stem_item(void *user, int b, int thread)
{
    const job *j = user;
    const gws_kernels *K = j->K;
    gws_work *k = j->k;
    const gws_arch *a = k->a;
    const int64_t T = k->T, C = a->C;
    const double since = gws_cpu_s();
    float *part = k->scratch + thread * k->scratch_n, *g_z = k->g_z + b * T * C;
    K->gemm(T, C, 3 * C, k->gru.xi + b * T * 3 * C, 3 * C, 1, j->w->in_t, NULL, g_z, C, 1);
    for (int l = a->n_stem - 1; l >= 0; l--) {
        const gws_conv *c = &a->stem[l];
        const int64_t rows = gws_rows_of(a, l + 1, T), tail = gws_conv_reach(c) - 1;
        float *pre = k->pre[l] + b * (rows + tail) * c->cout;
        if (l == a->n_stem - 1)
            K->gelu_backward(pre, g_z, rows * c->cout);
        if (!l)
            break;
        const int64_t below = (int64_t)c->stride * c->cin;
        float *pre_below = k->pre[l - 1] + b * (gws_rows_of(a, l, T) + gws_conv_reach(&a->stem[l - 1]) - 1) * c->cin;
        memset(pre + rows * c->cout, 0, (size_t)(tail * c->cout) * sizeof *pre);
        for (int64_t r = 0; r < rows; r += GWS_ROWS) {
            const int64_t n = rows - r < GWS_ROWS ? rows - r : GWS_ROWS;
            gws_conv_backward_x(K, c, j->w->stem_back[l], pre + r * c->cout, part, n);
            K->gelu_backward(pre_below + r * below, part, n * below);
        }
    }
    gws_stage_add(k, thread, GWS_STAGE_BACK_STEM, since);
}

/* ---- weights ---- */

static void weight_task(void *user, int task, int thread)
{
    const job *j = user;
    const wtask *q = &j->task[task];
    const wgrad *g = q->of;
    gws_work *k = j->k;
    const int64_t n = q->n1 - q->n0;
    const double since = gws_cpu_s();
    float *pack = k->scratch + thread * k->scratch_n, *w = g->w + q->m0 * g->ldw + q->n0;
    for (int64_t b = 0; b < k->B; b++)
        for (int64_t t = 0; t < g->t; t += GWS_STRETCH) {
            const int64_t rows = g->t - t < GWS_STRETCH ? g->t - t : GWS_STRETCH;
            const float *gy = g->g + b * g->g_item + t * g->g_row + q->n0;
            gws_pack(rows, n, gy, g->g_row, 1, pack);
            if (g->bits)
                j->K->gemm_spikes(q->m1 - q->m0, n, rows, g->bits + b * g->bits_item + q->m0 * g->bits_row + t / 64, g->bits_row,
                                  pack, NULL, w, g->ldw, 1);
            else
                j->K->gemm(q->m1 - q->m0, n, rows, g->a + b * g->a_item + t * g->a_row + q->m0, 1, g->a_row, pack, NULL, w, g->ldw,
                           1);
            for (int64_t i = 0; i < rows && g->bias && q->m0 == 0; i++)
                j->K->add(g->bias + q->n0, gy + i * g->g_row, n);
        }
    gws_stage_add(k, thread, GWS_STAGE_BACK_WEIGHTS, since);
}

static void cut_tasks(job *j)
{
    for (int i = 0; i < j->n_grads; i++) {
        const wgrad *g = &j->grad[i];
        const int64_t high = (g->m + M_BLOCKS * M_ROWS - 1) / (M_BLOCKS * M_ROWS) * M_ROWS;
        for (int64_t n = 0; n < g->n; n += GWS_COLS)
            for (int64_t m = 0; m < g->m; m += high) {
                wtask q = {g, m, m + high < g->m ? m + high : g->m, n, n + GWS_COLS < g->n ? n + GWS_COLS : g->n, 0.0};
                q.cost = (double)((q.m1 - q.m0) * (q.n1 - q.n0) * g->t) * (g->bits ? 0.2 : 1.0);
                GWS_ASSERT(j->n_tasks < GWS_TASKS);
                int at = j->n_tasks++;
                for (; at > 0 && j->task[at - 1].cost < q.cost; at--) /* the longest first: the short ones fill up the end */
                    j->task[at] = j->task[at - 1];
                j->task[at] = q;
            }
    }
}

static float *into(const job *j, int row)
{
    return j->g + j->w->table->rows[row].offset;
}

static void list_heads(job *j)
{
    gws_work *k = j->k;
    const gws_arch *a = k->a;
    const int64_t T = k->T, C = a->C, words = GWS_BIT_WORDS(T);
    for (int l = 0; l < GWS_LIF_LAYERS; l++) {
        const int64_t in = l ? a->H[l - 1] : 2 * C, H = a->H[l];
        const int row = j->w->rows->lif[l].rec;
        wgrad g = {.t = T, .m = in, .n = H, .g = k->lif[l].x, .g_item = T * H, .g_row = H, .ldw = H};
        g.w = into(j, j->w->rows->lif[l].w);
        g.bias = into(j, j->w->rows->lif[l].b);
        if (a->smooth)
            g.a = l ? k->lif[l - 1].s : k->ev_smooth, g.a_item = T * in, g.a_row = in;
        else
            g.bits = l ? k->lif[l - 1].bits_t : k->ev_t, g.bits_item = in * words, g.bits_row = words;
        j->grad[j->n_grads++] = g;
        for (int d = 1; d < a->delays && !l && T > a->delay[d]; d++) { /* the events so many steps before */
            wgrad late = g;
            late.t = T - a->delay[d];
            late.g += a->delay[d] * H;
            late.w += d * in * H;
            late.bias = NULL;
            j->grad[j->n_grads++] = late;
        }
        if (row < 0 || T < 2)
            continue;
        /* the spikes one step before */
        g.t = T - 1;
        g.m = H;
        g.g += H;
        g.w = into(j, row);
        g.bias = NULL;
        if (a->smooth)
            g.a = k->lif[l].s, g.a_item = T * H, g.a_row = H;
        else
            g.bits = k->lif[l].bits_t, g.bits_item = H * words;
        j->grad[j->n_grads++] = g;
    }
}

static void list_encoder(job *j)
{
    gws_work *k = j->k;
    const gws_arch *a = k->a;
    const gws_param_rows *r = j->w->rows;
    const int64_t T = k->T, C = a->C, KC = a->K * C;
    for (int l = 0; l < a->n_stem; l++) {
        const gws_conv *c = &a->stem[l];
        const int64_t rows = gws_rows_of(a, l + 1, T);
        j->grad[j->n_grads++] = (wgrad){.a = l ? k->act[l - 1] : k->x,
                                        .a_item = (c->history + gws_rows_of(a, l, T)) * c->cin,
                                        .a_row = (int64_t)c->stride * c->cin,
                                        .g = k->pre[l],
                                        .g_item = (rows + gws_conv_reach(c) - 1) * c->cout,
                                        .g_row = c->cout,
                                        .t = rows,
                                        .m = (int64_t)c->kernel * c->cin,
                                        .n = c->cout,
                                        .w = into(j, r->stem_w[l]),
                                        .bias = into(j, r->stem_b[l]),
                                        .ldw = c->cout};
    }
    wgrad g = {.a = k->act[a->n_stem - 1],
               .a_item = T * C,
               .a_row = C,
               .g = k->gru.xi,
               .g_item = T * 3 * C,
               .g_row = 3 * C,
               .t = T,
               .m = C,
               .n = 3 * C,
               .w = into(j, r->gru_in),
               .bias = into(j, r->gru_in_b),
               .ldw = 3 * C};
    j->grad[j->n_grads++] = g;
    g.a = k->gru.h;
    g.a_item = (T + 1) * C;
    g.n = 2 * C;
    g.w = into(j, r->gru_rec);
    g.bias = NULL;
    j->grad[j->n_grads++] = g;
    g.g = k->g_hn;
    g.g_item = T * C;
    g.g_row = C;
    g.n = C;
    g.w = into(j, r->gru_rec) + 2 * C;
    g.bias = into(j, r->gru_rec_b);
    j->grad[j->n_grads++] = g;
    if (j->pass->anchors)
        j->grad[j->n_grads++] = (wgrad){.a = k->gru.h + (j->pass->first + 1) * C,
                                        .a_item = (T + 1) * C,
                                        .a_row = j->pass->stride * C,
                                        .g = k->pred,
                                        .g_item = j->pass->anchors * KC,
                                        .g_row = KC,
                                        .t = j->pass->anchors,
                                        .m = C,
                                        .n = KC,
                                        .w = into(j, r->pred),
                                        .ldw = KC};
}

/* The small tensors of all items, in order, with the chain rule of what is behind a sigmoid or a softplus. */
static void add_items(const job *j)
{
    const gws_weights *w = j->w;
    const gws_param_rows *r = w->rows;
    for (int row = 0; row < w->table->n; row++) {
        const float *decay = NULL;
        if (!gws_is_small(r, row))
            continue;
        for (int l = 0; l < GWS_LIF_LAYERS; l++)
            decay = row == r->lif[l].mem     ? w->lif[l].mem
                    : row == r->lif[l].syn   ? w->lif[l].syn
                    : row == r->lif[l].adapt ? w->lif[l].adapt
                                             : decay;
        float *g = into(j, row);
        const int64_t n = w->table->rows[row].size;
        for (int b = 0; b < j->k->B; b++) {
            const float *part = item_of(j, b, row);
            for (int64_t i = 0; i < n; i++) {
                float f = decay ? decay[i] * (1.0f - decay[i]) : 1.0f;
                if (row == r->threshold) /* softplus' = sigmoid = 1 - exp(-softplus) */
                    f = (float)-expm1(-(double)w->threshold[i]);
                g[i] += part[i] * f;
            }
        }
    }
}

void gws_net_backward(const gws_kernels *K, gws_pool *pool, const gws_weights *w, gws_work *k, const gws_pass *pass, float *g)
{
    job j = {.K = K, .w = w, .k = k, .pass = pass, .g = g, .task = k->tasks};
    GWS_ASSERT(k->purpose == GWS_TO_TRAIN && k->T == k->cap && gws_pool_threads(pool) <= k->threads);
    gws_pool_run(pool, k->B, heads_item, &j);
    if (pass->heads)
        list_heads(&j);
    if (pass->encoder) {
        j.groups = gws_context_groups(k, pool);
        gws_pool_run(pool, j.groups, context_group, &j);
        gws_pool_run(pool, k->B, stem_item, &j);
        list_encoder(&j);
    }
    cut_tasks(&j);
    gws_pool_run(pool, j.n_tasks, weight_task, &j);
    if (pass->heads)
        add_items(&j);
}
