/* forward.c - the network from strain to logits. */
#include "model/pass.h"
#include "nn/level.h"

#include <string.h>

typedef struct job {
    const gws_kernels *K;
    const gws_weights *w;
    gws_work *k;
    const gws_pass *pass;
    unsigned stages;
    int layer; /* of the stem; n_stem: the context's input product */
    int tiles; /* of a layer's rows, per item */
    int groups;
} job;

/* Output rows [r0, r1) of a layer of the stem, or of the context's input product. */
static void layer_rows(const job *j, int b, int l, int64_t r0, int64_t r1, int thread)
{
    const gws_kernels *K = j->K;
    const gws_weights *w = j->w;
    gws_work *k = j->k;
    const gws_arch *a = k->a;
    const int64_t C = a->C;
    if (l == a->n_stem) {
        const float *z = k->act[l - 1] + (b * k->cap + r0) * C;
        K->gemm(r1 - r0, 3 * C, C, z, C, 1, w->in, gws_row_of(w, w->rows->gru_in_b), k->gru.xi + (b * k->cap + r0) * 3 * C, 3 * C,
                0);
        return;
    }
    const gws_conv *c = &a->stem[l];
    const int64_t all = gws_rows_of(a, l + 1, k->cap), hist = gws_history_of(a, l + 1);
    const float *x = (l ? k->act[l - 1] : k->x) + b * (c->history + gws_rows_of(a, l, k->cap)) * c->cin;
    float *y = k->act[l] + (b * (hist + all) + hist) * c->cout;
    float *pre = k->purpose == GWS_TO_TRAIN ? k->pre[l] + b * (all + gws_conv_reach(c) - 1) * c->cout : NULL;
    for (int64_t r = r0; r < r1; r += GWS_ROWS) {
        const int64_t n = r1 - r < GWS_ROWS ? r1 - r : GWS_ROWS;
        float *v = pre ? pre + r * c->cout : k->scratch + thread * k->scratch_n;
        gws_conv_forward(K, c, w->stem[l], gws_row_of(w, w->rows->stem_b[l]), x + r * c->stride * c->cin, v, n);
        K->gelu(v, y + r * c->cout, n * c->cout);
    }
}

static void stem_item(void *user, int b, int thread)
{
    const job *j = user;
    const gws_arch *a = j->k->a;
    const double since = gws_cpu_s();
    for (int l = 0; l <= a->n_stem; l++)
        layer_rows(j, b, l, 0, gws_rows_of(a, l + 1, j->k->T), thread);
    gws_stage_add(j->k, thread, GWS_STAGE_STEM, since);
}

static void stem_tile(void *user, int task, int thread)
{
    const job *j = user;
    const double since = gws_cpu_s();
    const int64_t rows = gws_rows_of(j->k->a, j->layer + 1, j->k->T);
    const int b = task / j->tiles, tile = task % j->tiles;
    layer_rows(j, b, j->layer, rows * tile / j->tiles, rows * (tile + 1) / j->tiles, thread);
    gws_stage_add(j->k, thread, GWS_STAGE_STEM, since);
}

/* Layers from `first` on, their rows shared out. */
static void stem_from(job *j, gws_pool *pool, int first)
{
    gws_work *k = j->k;
    const int threads = gws_pool_threads(pool);
    for (j->layer = first; j->layer <= k->a->n_stem; j->layer++) {
        const int64_t rows = gws_rows_of(k->a, j->layer + 1, k->T);
        j->tiles = rows >= 8 * threads ? 2 * threads : 1;
        gws_pool_run(pool, k->B * j->tiles, stem_tile, j);
    }
}

/* Enough items: each thread takes whole ones, whose activations stay in its cache from layer to layer.  Few: a layer's rows are shared out. */
static void stem(job *j, gws_pool *pool)
{
    const int threads = gws_pool_threads(pool), B = j->k->B;
    if (threads == 1 || B % threads == 0 || B >= 4 * threads)
        gws_pool_run(pool, B, stem_item, j);
    else
        stem_from(j, pool, 0);
}

static void context_group(void *user, int group, int thread)
{
    const job *j = user;
    gws_work *k = j->k;
    const int64_t C = k->a->C, b0 = (int64_t)k->B * group / j->groups, b1 = (int64_t)k->B * (group + 1) / j->groups;
    const int room = k->B < GWS_GROUP ? k->B : GWS_GROUP;
    const double since = gws_cpu_s();
    gws_gru_work g = k->gru;
    g.R = (int)(b1 - b0);
    g.T = k->T;
    g.xi += b0 * k->cap * 3 * C;
    if (g.r) {
        g.r += b0 * k->cap * C;
        g.u += b0 * k->cap * C;
        g.c += b0 * k->cap * C;
        g.hn += b0 * k->cap * C;
    }
    g.h += b0 * (k->cap + 1) * C;
    g.step += (int64_t)thread * (room + 1) * 3 * C;
    gws_gru_forward(j->K, (int)C, j->w->rec, j->w->rec_bias, &g);
    gws_stage_add(k, thread, GWS_STAGE_CONTEXT, since);
}

/* Sum of the weights of the neurons that spiked. */
static float spike_sum(const uint64_t *bits, int64_t words, const float *w)
{
    float sum = 0.0f;
    for (int64_t i = 0; i < words; i++)
        for (uint64_t x = bits[i]; x; x &= x - 1)
            sum += w[i * 64 + __builtin_ctzll(x)];
    return sum;
}

/* Events that the readout hears directly, with the level's among them. */
static void read_events(const job *j, int b, float *y)
{
    const gws_work *k = j->k;
    const int64_t C2 = 2 * k->a->C, words = GWS_BIT_WORDS(C2), at = b * k->cap;
    const float *w = gws_row_of(j->w, j->w->rows->read_e);
    for (int64_t t = 0; t < k->T && k->ev; t++)
        y[t] += spike_sum(k->ev + (at + t) * words, words, w);
    if (k->ev_smooth)
        j->K->dots(k->T, C2, k->ev_smooth + at * C2, C2, w, 0.0f, y, 1);
}

static void read_leaky(const job *j, int b)
{
    const gws_kernels *K = j->K;
    gws_work *k = j->k;
    const gws_arch *a = k->a;
    const gws_param_rows *r = j->w->rows;
    const int64_t T = k->T, at = b * k->cap, H1 = a->H[1], words = GWS_BIT_WORDS(H1);
    float *y = k->y + at, o = k->out[2 * b];
    K->dots(T, a->H[0], k->lif[0].u + at * a->H[0], a->H[0], gws_row_of(j->w, r->read_u[0]), gws_row_of(j->w, r->read_b)[0], y, 0);
    K->dots(T, H1, k->lif[1].u + at * H1, H1, gws_row_of(j->w, r->read_u[1]), 0.0f, y, 1);
    if (k->lif[1].s)
        K->dots(T, H1, k->lif[1].s + at * H1, H1, gws_row_of(j->w, r->read_s), 0.0f, y, 1);
    if (a->levels)
        read_events(j, b, y);
    for (int64_t t = 0; t < T; t++) {
        if (k->lif[1].bits)
            y[t] += spike_sum(k->lif[1].bits + (at + t) * words, words, gws_row_of(j->w, r->read_s));
        y[t] = o = j->w->read_a[0] * o + y[t];
    }
    k->out[2 * b] = o;
}

static void read_mean(const job *j, int b)
{
    gws_work *k = j->k;
    const int64_t H = k->a->H[1], words = GWS_BIT_WORDS(H), at = b * k->cap;
    const float *w = gws_row_of(j->w, j->w->rows->read_w);
    float *sum = k->out + 2 * b, *y = k->y + at;
    for (int64_t t = 0; t < k->T; t++) {
        if (k->lif[1].bits)
            for (int64_t i = 0; i < words; i++)
                for (uint64_t x = k->lif[1].bits[(at + t) * words + i]; x; x &= x - 1) {
                    const int64_t n = i * 64 + __builtin_ctzll(x);
                    sum[0] += w[2 * n];
                    sum[1] += w[2 * n + 1];
                }
        else
            for (int64_t n = 0; n < H; n++)
                for (int c = 0; c < 2; c++)
                    sum[c] += k->lif[1].s[(at + t) * H + n] * w[2 * n + c];
        y[t] = (sum[1] - sum[0]) / (float)(k->age[b] + t + 1);
    }
}

/* Give what the heads read: the context, or a copy without the channels that the level takes.  *statistic is the statistic's first
 * row. */
static const float *code_of(gws_work *k, int b, const float **statistic)
{
    const gws_arch *a = k->a;
    const int64_t C = a->C, hist = gws_history_of(a, 0);
    const float *h = k->gru.h + b * (k->cap + 1) * C;
    *statistic = k->x + (b * (hist + gws_rows_of(a, 0, k->cap)) + hist) * a->inputs;
    if (!a->levels)
        return h;
    float *code = k->code + b * (k->cap + 1) * C;
    memcpy(code, h, (size_t)((k->T + 1) * C) * sizeof *code);
    for (int64_t t = 0; t <= k->T; t++)
        memset(code + t * C, 0, (size_t)a->levels * sizeof *code);
    return code;
}

/* What the heads carry: the statistic, each step `*next` numbers behind the last, or what the gate leaves of it. */
static const float *carried_of(const job *j, int b, const float *code, const float *statistic, int *next)
{
    gws_work *k = j->k;
    const gws_arch *a = k->a;
    const gws_param_rows *r = j->w->rows;
    *next = a->inputs;
    if (!a->gate || j->w->open)
        return statistic;
    float *gate = k->gate + b * k->cap, *gated = k->gated + b * k->cap;
    j->K->dots(k->T, a->C, code + a->C, a->C, gws_row_of(j->w, r->gate_w), gws_row_of(j->w, r->gate_b)[0], gate, 0);
    for (int64_t t = 0; t < k->T; t++)
        gate[t] = -gate[t];
    j->K->exp(gate, k->T);
    for (int64_t t = 0; t < k->T; t++) {
        gate[t] = 1.0f / (1.0f + gate[t]);
        gated[t] = gate[t] * statistic[t * a->inputs];
    }
    *next = 1;
    return gated;
}

static void bridge_item(const job *j, int b, const float *code, const float *carried, int next)
{
    gws_work *k = j->k;
    const gws_arch *a = k->a;
    const int64_t C = a->C, at = b * k->cap, words = GWS_BIT_WORDS(2 * C);
    uint64_t *ev = k->ev ? k->ev + at * words : NULL;
    float *ev_smooth = k->ev_smooth ? k->ev_smooth + at * 2 * C : NULL;
    const gws_encoder e = gws_arch_encoder(a);
    gws_encoder_forward(j->K, &e, j->w->threshold, &(gws_encoder_rows){code, ev, ev_smooth, k->T}, k->age[b], k->ev_state + b * C);
    if (a->levels)
        gws_level_forward(&(gws_level){a->level_step / a->unit, a->levels, (int)C, next}, carried, k->T, k->age[b], k->level + b,
                          ev, ev_smooth);
}

static void linear_item(const job *j, int b, const float *code, const float *carried, int next)
{
    gws_work *k = j->k;
    const gws_arch *a = k->a;
    const gws_param_rows *r = j->w->rows;
    float *y = k->y_lin + b * k->cap;
    j->K->dots(k->T, a->C, code + a->C, a->C, gws_row_of(j->w, r->lin_w), gws_row_of(j->w, r->lin_b)[0], y, 0);
    for (int64_t t = 0; t < k->T && a->levels; t++)
        y[t] += gws_row_of(j->w, r->carry)[0] * carried[t * next];
}

/* What the first layer is given of events that lie `delay` steps back, those before the first step included, added to x (T,H). */
static void add_delayed(const job *j, int b, int d, float *x)
{
    const gws_kernels *K = j->K;
    const gws_work *k = j->k;
    const gws_arch *a = k->a;
    const int64_t T = k->T, C2 = 2 * a->C, H = a->H[0], words = GWS_BIT_WORDS(C2), late = a->delay[d];
    const int64_t longest = a->delay[a->delays - 1], old = late < T ? late : T;
    const float *w = j->w->lif[0].w + d * gws_pack_size(C2, H);
    if (k->ev_past)
        K->gemm_spikes(old, H, C2, k->ev_past + (b * longest + longest - late) * words, words, w, NULL, x, H, 1);
    if (T <= late)
        return;
    if (a->smooth)
        K->gemm(T - late, H, C2, k->ev_smooth + b * k->cap * C2, C2, 1, w, NULL, x + late * H, H, 1);
    else
        K->gemm_spikes(T - late, H, C2, k->ev + b * k->cap * words, words, w, NULL, x + late * H, H, 1);
}

/* The last events become those before the first step of the next block. */
static void keep_past(gws_work *k, int b)
{
    const int64_t words = GWS_BIT_WORDS(2 * (int64_t)k->a->C), longest = k->a->delay[k->a->delays - 1];
    const int64_t fresh = k->T < longest ? k->T : longest;
    uint64_t *past = k->ev_past + b * longest * words;
    memmove(past, past + fresh * words, (size_t)((longest - fresh) * words) * sizeof *past);
    memcpy(past + (longest - fresh) * words, k->ev + (b * k->cap + k->T - fresh) * words, (size_t)(fresh * words) * sizeof *past);
}

static void heads_item(void *user, int b, int thread)
{
    const job *j = user;
    const gws_kernels *K = j->K;
    const gws_weights *w = j->w;
    gws_work *k = j->k;
    const gws_arch *a = k->a;
    const gws_param_rows *r = w->rows;
    const int64_t T = k->T, C = a->C, at = b * k->cap;
    const float *h = k->gru.h + b * (k->cap + 1) * C, *statistic, *code = code_of(k, b, &statistic);
    int next = 0;
    const float *carried = a->levels ? carried_of(j, b, code, statistic, &next) : statistic;
    double since = gws_cpu_s();
    if ((j->stages & GWS_DO_PREDICT) && j->pass->anchors) {
        GWS_ASSERT(j->pass->anchors <= k->A);
        K->gemm(j->pass->anchors, a->K * C, C, h + (j->pass->first + 1) * C, j->pass->stride * C, 1, w->pred, NULL,
                k->pred + (int64_t)b * j->pass->anchors * a->K * C, a->K * C, 0);
        gws_stage_add(k, thread, GWS_STAGE_PREDICT, since);
        since = gws_cpu_s();
    }
    if ((j->stages & GWS_DO_LINEAR) && a->linear) {
        linear_item(j, b, code, carried, next);
        gws_stage_add(k, thread, GWS_STAGE_LINEAR, since);
        since = gws_cpu_s();
    }
    const int64_t words = GWS_BIT_WORDS(2 * C);
    uint64_t *ev = k->ev ? k->ev + at * words : NULL;
    float *ev_smooth = k->ev_smooth ? k->ev_smooth + at * 2 * C : NULL;
    if (j->stages & GWS_DO_BRIDGE) {
        bridge_item(j, b, code, carried, next);
        gws_stage_add(k, thread, GWS_STAGE_BRIDGE, since);
        since = gws_cpu_s();
    }
    if (!(j->stages & GWS_DO_SPIKING))
        return;
    for (int l = 0; l < GWS_LIF_LAYERS; l++) {
        const gws_neuron nd = gws_arch_neuron(a, l);
        const int64_t H = a->H[l], in = l ? a->H[l - 1] : 2 * C, in_words = GWS_BIT_WORDS(in);
        const float *bias = gws_row_of(w, r->lif[l].b);
        const gws_neuron_params np = {w->lif[l].mem,      w->lif[l].syn, w->lif[l].adapt,
                                      w->lif[l].strength, w->lif[l].rec, w->lif[l].rec_t};
        const gws_neuron_trace tr = gws_trace_of(k, l, b);
        float *x = k->lif[l].x + at * H;
        if (a->smooth)
            K->gemm(T, H, in, l ? k->lif[l - 1].s + at * in : ev_smooth, in, 1, w->lif[l].w, bias, x, H, 0);
        else
            K->gemm_spikes(T, H, in, l ? k->lif[l - 1].bits + at * in_words : ev, in_words, w->lif[l].w, bias, x, H, 0);
        for (int d = 1; d < a->delays && !l; d++)
            add_delayed(j, b, d, x);
        gws_neuron_forward(K, &nd, &np, x, &tr, k->lif[l].state + (int64_t)b * gws_neuron_describe(nd.model)->states * H);
    }
    if (k->ev_past)
        keep_past(k, b);
    if (a->readout == GWS_READOUT_MEAN)
        read_mean(j, b);
    else
        read_leaky(j, b);
    gws_stage_add(k, thread, GWS_STAGE_SPIKING, since);
}

void gws_net_run(const gws_kernels *K, gws_pool *pool, const gws_weights *w, gws_work *k, const gws_pass *pass, unsigned stages)
{
    job j = {.K = K, .w = w, .k = k, .pass = pass, .stages = stages};
    GWS_ASSERT(gws_pool_threads(pool) <= k->threads && k->T <= k->cap);
    if (stages & GWS_DO_STEM)
        stem(&j, pool);
    if (stages & GWS_DO_CONTEXT) {
        j.groups = gws_context_groups(k, pool);
        gws_pool_run(pool, j.groups, context_group, &j);
    }
    if (stages & (GWS_DO_HEADS | GWS_DO_PREDICT))
        gws_pool_run(pool, k->B, heads_item, &j);
    if (stages & GWS_DO_SPIKING)
        for (int b = 0; b < k->B; b++)
            k->age[b] += k->T;
}

/* ---- two blocks of one stream ---- */

typedef struct overlap {
    job behind, ahead;
    int layers; /* of the stem ahead that one thread does meanwhile */
} overlap;

static void overlap_task(void *user, int task, int thread)
{
    overlap *o = user;
    if (task == 0) {
        context_group(&o->behind, 0, thread);
        heads_item(&o->behind, 0, thread);
        return;
    }
    const double since = gws_cpu_s();
    for (int l = 0; l < o->layers; l++)
        layer_rows(&o->ahead, 0, l, 0, gws_rows_of(o->ahead.k->a, l + 1, o->ahead.k->T), thread);
    gws_stage_add(o->ahead.k, thread, GWS_STAGE_STEM, since);
}

/* The number of layers that take about as long as context and heads.  Steps of one row run at two thirds of the speed of many. */
static int layers_meanwhile(const gws_arch *a)
{
    gws_arch_macs m;
    gws_arch_count(a, 1, 0, &m);
    const double meanwhile = 1.5 * m.recurrent + 0.3 * (m.lif[0] + m.lif[1]);
    double done = 0.0, rows = gws_arch_rows(a);
    for (int l = 0; l < a->n_stem; l++) {
        rows /= a->stem[l].stride;
        const double layer = rows * a->stem[l].kernel * a->stem[l].cin * a->stem[l].cout;
        if (done + 0.5 * layer > meanwhile)
            return l;
        done += layer;
    }
    return done + 0.5 * m.gates > meanwhile ? a->n_stem : a->n_stem + 1;
}

void gws_net_run_overlapped(const gws_kernels *K, gws_pool *pool, const gws_weights *w, gws_work *behind, gws_work *ahead)
{
    static const gws_pass pass;
    overlap o = {.behind = {.K = K, .w = w, .k = behind, .pass = &pass, .stages = GWS_DO_HEADS, .groups = 1},
                 .ahead = {.K = K, .w = w, .k = ahead, .pass = &pass},
                 .layers = layers_meanwhile(behind->a)};
    GWS_ASSERT(behind->B == 1 && ahead->B == 1);
    gws_pool_run(pool, 2, overlap_task, &o);
    behind->age[0] += behind->T;
    stem_from(&o.ahead, pool, o.layers);
}
