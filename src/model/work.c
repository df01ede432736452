#include "model/work.h"

#include "model/inside.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const gws_stage_name[GWS_STAGES] = {"stem",
                                                "context",
                                                "bridge",
                                                "spiking layers",
                                                "linear head",
                                                "predictions",
                                                "backward: heads",
                                                "backward: predictions",
                                                "backward: context",
                                                "backward: stem",
                                                "backward: weights"};

int64_t gws_rows_of(const gws_arch *a, int l, int64_t T)
{
    for (int i = a->n_stem - 1; i >= l; i--)
        T *= a->stem[i].stride;
    return T;
}

int gws_history_of(const gws_arch *a, int l)
{
    return l < a->n_stem ? a->stem[l].history : 0;
}

static int64_t max64(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t round16(int64_t n)
{
    return (n + 15) / 16 * 16;
}

int64_t gws_item_gradients(const gws_weights *w, int row)
{
    const gws_table *t = w->table;
    int64_t at = 0;
    for (int i = 0; i < t->n; i++) {
        if (i == row)
            return at;
        if (gws_is_small(w->rows, i))
            at += round16(t->rows[i].size);
    }
    return at;
}

int gws_is_small(const gws_param_rows *r, int row)
{
    const int rows[] = {r->lin_w,           r->lin_b,      r->threshold,  r->lif[0].syn,   r->lif[0].mem,      r->lif[0].adapt,
                        r->lif[0].strength, r->lif[1].syn, r->lif[1].mem, r->lif[1].adapt, r->lif[1].strength, r->read_u[0],
                        r->read_u[1],       r->read_s,     r->read_b,     r->read_a,       r->read_w,          r->carry,
                        r->read_e,          r->gate_w,     r->gate_b};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (row >= 0 && rows[i] == row)
            return 1;
    return 0;
}

/* Bound on gws_item_gradients of all rows: the same sums, from the architecture alone. */
static int64_t item_floats(const gws_arch *a)
{
    int64_t n = round16(a->C) * 2 + 16 * 5 + round16(2 * a->H[1]) + (a->levels ? round16(2 * a->C) : 0) +
                (a->gate ? round16(a->C) + 16 : 0);
    for (int l = 0; l < GWS_LIF_LAYERS; l++)
        n += 6 * round16(a->H[l]);
    return n;
}

/* ---- layout ---- */

typedef struct want {
    void *where; /* of a float or uint64_t pointer */
    const char *name;
    int64_t n; /* floats */
} want;

enum { WANTS = 96 };

/* The table while it grows. */
typedef struct wants {
    gws_work *w;
    want list[WANTS];
    int n;
    int64_t scratch, neuron_scratch; /* floats, the most that any stage asks for; of one item of a neuron layer */
} wants;

/* `field` of the work as a row named `label`, in floats. */
#define WANT(field, label, size)                                                                                                   \
    do {                                                                                                                           \
        GWS_ASSERT(v->n < WANTS);                                                                                                  \
        v->list[v->n++] = (want){&v->w->field, label, size};                                                                       \
    } while (0)

static void want_stem(wants *v)
{
    static const char *const pre_name[GWS_STEM_MAX] = {"stem.0.pre", "stem.1.pre", "stem.2.pre", "stem.3.pre",
                                                       "stem.4.pre", "stem.5.pre", "stem.6.pre", "stem.7.pre"};
    static const char *const act_name[GWS_STEM_MAX] = {"stem.0", "stem.1", "stem.2", "stem.3",
                                                       "stem.4", "stem.5", "stem.6", "stem.7"};
    const gws_arch *a = v->w->a;
    const int64_t B = v->w->B, T = v->w->cap;
    const int train = v->w->purpose == GWS_TO_TRAIN;
    WANT(x, "input", B * (gws_history_of(a, 0) + gws_rows_of(a, 0, T)) * a->inputs);
    for (int l = 0; l < a->n_stem; l++) {
        const gws_conv *c = &a->stem[l];
        const int64_t rows = gws_rows_of(a, l + 1, T);
        if (train)
            WANT(pre[l], pre_name[l], B * (rows + gws_conv_reach(c) - 1) * c->cout);
        else
            v->scratch = max64(v->scratch, GWS_ROWS * c->cout);
        WANT(act[l], act_name[l], B * (gws_history_of(a, l + 1) + rows) * c->cout);
        if (train)
            v->scratch = max64(v->scratch, GWS_ROWS * (int64_t)c->stride * c->cin); /* gradient of a stretch of input */
    }
}

static void want_context(wants *v)
{
    const gws_arch *a = v->w->a;
    const int64_t B = v->w->B, T = v->w->cap, C = a->C, BT = B * T;
    WANT(gru.xi, "context.gates", BT * 3 * C);
    if (v->w->purpose == GWS_TO_TRAIN) {
        WANT(gru.r, "context.reset", BT * C);
        WANT(gru.u, "context.update", BT * C);
        WANT(gru.c, "context.candidate", BT * C);
        WANT(gru.hn, "context.recurrent", BT * C);
    }
    WANT(gru.h, "context", B * (T + 1) * C);
    if (a->levels)
        WANT(code, "context.code", B * (T + 1) * C);
    if (a->gate) {
        WANT(gate, "context.gate", BT);
        WANT(gated, "context.gated", BT);
    }
    if (v->w->A)
        WANT(pred, "cpc", B * v->w->A * a->K * C);
}

/* Words of the events that a stream with delays carries; 0 without. */
static int64_t past_words(const gws_arch *a)
{
    return a->delay[a->delays - 1] * GWS_BIT_WORDS(2 * (int64_t)a->C);
}

static void want_bridge(wants *v)
{
    const gws_arch *a = v->w->a;
    const int64_t B = v->w->B, C = a->C, BT = B * v->w->cap;
    if (a->smooth)
        WANT(ev_smooth, "bridge.smooth", BT * 2 * C);
    else
        WANT(ev, "bridge.events", BT * GWS_BIT_WORDS(2 * C) * 2);
    if (past_words(a) && !a->smooth)
        WANT(ev_past, "state.delay", B * past_words(a) * 2);
    WANT(ev_state, "state.bridge", B * C);
    if (a->levels)
        WANT(level, "state.level", B);
}

static void want_neurons(wants *v)
{
    static const char *const lif_name[GWS_LIF_LAYERS][8] = {
        {"lif.0.input", "lif.0.current", "lif.0.membrane", "lif.0.adaptation", "lif.0.smooth", "lif.0.spikes",
         "lif.0.spikes.transposed", "state.lif.0"},
        {"lif.1.input", "lif.1.current", "lif.1.membrane", "lif.1.adaptation", "lif.1.smooth", "lif.1.spikes",
         "lif.1.spikes.transposed", "state.lif.1"}};
    const gws_arch *a = v->w->a;
    const int64_t B = v->w->B, T = v->w->cap, BT = B * T;
    const int train = v->w->purpose == GWS_TO_TRAIN;
    for (int l = 0; l < GWS_LIF_LAYERS; l++) {
        const gws_neuron_info *info = gws_neuron_describe(a->neuron[l]);
        const gws_neuron nd = gws_arch_neuron(a, l);
        const int64_t h = a->H[l];
        v->neuron_scratch = max64(v->neuron_scratch, gws_neuron_scratch(&nd, 1));
        WANT(lif[l].x, lif_name[l][0], BT * h);
        if (train && info->synapse && a->learn_decays)
            WANT(lif[l].i, lif_name[l][1], BT * h);
        WANT(lif[l].u, lif_name[l][2], BT * h);
        if (train && info->adaptation)
            WANT(lif[l].b, lif_name[l][3], BT * h);
        if (a->smooth && info->spikes)
            WANT(lif[l].s, lif_name[l][4], BT * h);
        else if (info->spikes)
            WANT(lif[l].bits, lif_name[l][5], BT * GWS_BIT_WORDS(h) * 2);
        if (train && !a->smooth && (l == 0 || info->recurrent))
            WANT(lif[l].bits_t, lif_name[l][6], B * h * GWS_BIT_WORDS(T) * 2);
        WANT(lif[l].state, lif_name[l][7], B * info->states * h);
    }
}

static void want_answers(wants *v)
{
    const int64_t B = v->w->B, BT = B * v->w->cap;
    WANT(out, "state.readout", B * 2);
    WANT(age, "state.age", B * 2);
    WANT(y, "logit.spiking", BT);
    if (v->w->a->linear)
        WANT(y_lin, "logit.linear", BT);
}

/*   group  items whose recurrent steps go together */
static void want_gradients(wants *v, int64_t group)
{
    const gws_arch *a = v->w->a;
    const int64_t B = v->w->B, T = v->w->cap, C = a->C, BT = B * T;
    WANT(g_y, "grad.logit.spiking", BT);
    if (a->linear)
        WANT(g_y_lin, "grad.logit.linear", BT);
    WANT(g_out, "grad.class", B * 2);
    WANT(g_count, "grad.count", B * GWS_COUNTS);
    WANT(g_z, "grad.latents", BT * C);
    WANT(g_c, "grad.context", BT * C);
    WANT(g_hn, "grad.context.recurrent", BT * C);
    WANT(g_item, "grad.item", B * item_floats(a));
    if (!a->smooth)
        WANT(ev_t, "bridge.events.transposed", B * 2 * C * GWS_BIT_WORDS(T) * 2);
    WANT(tasks, "grad.tasks", GWS_TASKS * GWS_TASK_FLOATS);
    v->scratch = max64(v->scratch, gws_pack_size(GWS_STRETCH, GWS_COLS)); /* of a gradient, packed */
    v->scratch = max64(v->scratch, T * (2 * (a->H[0] + a->H[1]) + 2 * C + 1) + 4 * C + v->neuron_scratch + 16 * 8);
    v->scratch = max64(v->scratch, group * C);
}

/* Everything, in the order of the line. */
static void want_all(wants *v, gws_work *w)
{
    const int64_t group = w->B < GWS_GROUP ? w->B : GWS_GROUP;
    v->w = w;
    v->n = 0;
    v->scratch = v->neuron_scratch = 0;
    want_stem(v);
    want_context(v);
    want_bridge(v);
    want_neurons(v);
    want_answers(v);
    if (w->purpose == GWS_TO_TRAIN)
        want_gradients(v, group);
    w->scratch_n = round16(max64(v->scratch, v->neuron_scratch));
    WANT(scratch, "scratch", w->scratch_n * w->threads);
    WANT(gru.step, "context.step", (int64_t)w->threads * (group + 1) * 3 * w->a->C);
    WANT(seconds, "seconds", (int64_t)w->threads * GWS_STAGES * 2);
}
#undef WANT

static void take_shape(gws_work *w, const gws_arch *a, const gws_work_shape *shape)
{
    memset(w, 0, sizeof *w);
    w->a = a;
    w->B = shape->B;
    w->T = w->cap = shape->T;
    w->A = shape->A;
    w->purpose = shape->purpose;
    w->threads = shape->threads;
}

static gws_status layout(gws_table *t, const wants *v)
{
    gws_table_init(t);
    for (int i = 0; i < v->n; i++)
        if (gws_table_add(t, v->list[i].name, v->list[i].n, 0, 0, 0) < 0)
            return GWS_ENOMEM;
    return GWS_OK;
}

gws_status gws_work_create(gws_work *w, const gws_arch *a, const gws_work_shape *shape, gws_err *err)
{
    wants v;
    take_shape(w, a, shape);
    want_all(&v, w);
    if (layout(&w->layout, &v) || !(w->mem = gws_table_alloc(&w->layout))) {
        const double gib = (double)w->layout.total * sizeof(float) / 1073741824.0;
        gws_work_clear(w);
        return gws_err_set(err, GWS_ENOMEM, "no memory for activations of %d items by %lld steps (%.2f GiB)", shape->B,
                           (long long)shape->T, gib);
    }
    for (int i = 0; i < v.n; i++) {
        const void *p = w->mem + w->layout.rows[i].offset;
        memcpy(v.list[i].where, &p, sizeof p); /* a pointer to floats or to words */
    }
    w->gru.cap = shape->T;
    w->gru.keep = a->keep;
    return GWS_OK;
}

gws_status gws_work_table(const gws_arch *a, const gws_work_shape *shape, gws_table *out, gws_err *err)
{
    wants v;
    gws_work w;
    take_shape(&w, a, shape);
    want_all(&v, &w);
    if (layout(out, &v) == GWS_OK)
        return GWS_OK;
    gws_table_clear(out);
    return gws_err_set(err, GWS_ENOMEM, "no memory for the table of activations");
}

int64_t gws_work_bytes(const gws_arch *a, const gws_work_shape *shape)
{
    gws_table t;
    const int64_t bytes = gws_work_table(a, shape, &t, NULL) == GWS_OK ? t.total * (int64_t)sizeof(float) : INT64_MAX;
    gws_table_clear(&t);
    return bytes;
}

void gws_work_clear(gws_work *w)
{
    gws_arena_free(w->mem);
    gws_table_clear(&w->layout);
    memset(w, 0, sizeof *w);
}

/* ---- state ---- */

void gws_work_reset(gws_work *w, int b)
{
    const gws_arch *a = w->a;
    for (int l = 0; l < a->n_stem; l++) {
        const int64_t hist = gws_history_of(a, l), row = a->stem[l].cin;
        float *x = (l ? w->act[l - 1] : w->x) + b * (hist + gws_rows_of(a, l, w->cap)) * row;
        memset(x, 0, (size_t)(hist * row) * sizeof *x);
    }
    memset(w->gru.h + b * (w->cap + 1) * a->C, 0, (size_t)a->C * sizeof(float));
    memset(w->ev_state + (int64_t)b * a->C, 0, (size_t)a->C * sizeof(float));
    if (w->ev_past)
        memset(w->ev_past + b * past_words(a), 0, (size_t)past_words(a) * sizeof *w->ev_past);
    if (a->levels)
        w->level[b] = 0.0f;
    for (int l = 0; l < GWS_LIF_LAYERS; l++) {
        const int64_t n = (int64_t)gws_neuron_describe(a->neuron[l])->states * a->H[l];
        memset(w->lif[l].state + b * n, 0, (size_t)n * sizeof(float));
    }
    memset(w->out + 2 * b, 0, 2 * sizeof(float));
    w->age[b] = 0;
}

void gws_work_pass_history(const gws_work *from, gws_work *to, int b)
{
    const gws_arch *a = from->a;
    for (int l = 0; l < a->n_stem; l++) {
        const int64_t hist = gws_history_of(a, l), row = a->stem[l].cin, item = b * (hist + gws_rows_of(a, l, from->cap)) * row;
        const float *x = (l ? from->act[l - 1] : from->x) + item;
        memmove((l ? to->act[l - 1] : to->x) + item, x + gws_rows_of(a, l, from->T) * row, (size_t)(hist * row) * sizeof *x);
    }
}

void gws_work_pass_state(const gws_work *from, gws_work *to, int b)
{
    const gws_arch *a = from->a;
    const int64_t C = a->C, h = b * (from->cap + 1) * C;
    memcpy(to->gru.h + h, from->gru.h + h + from->T * C, (size_t)C * sizeof(float));
    if (from == to)
        return;
    memcpy(to->ev_state + b * C, from->ev_state + b * C, (size_t)C * sizeof(float));
    if (from->ev_past)
        memcpy(to->ev_past + b * past_words(a), from->ev_past + b * past_words(a), (size_t)past_words(a) * sizeof *to->ev_past);
    if (a->levels)
        to->level[b] = from->level[b];
    for (int l = 0; l < GWS_LIF_LAYERS; l++) {
        const int64_t n = (int64_t)gws_neuron_describe(a->neuron[l])->states * a->H[l];
        memcpy(to->lif[l].state + b * n, from->lif[l].state + b * n, (size_t)n * sizeof(float));
    }
    memcpy(to->out + 2 * b, from->out + 2 * b, 2 * sizeof(float));
    to->age[b] = from->age[b];
}

/* A walk over the pieces of a state, which are counted, saved or loaded. */
typedef struct state_walk {
    char *out;
    const char *in;
    int64_t n;
} state_walk;

static void walk(state_walk *v, void *piece, int64_t bytes)
{
    if (v->out)
        memcpy(v->out + v->n, piece, (size_t)bytes);
    if (v->in)
        memcpy(piece, v->in + v->n, (size_t)bytes);
    v->n += bytes;
}

static void walk_state(const gws_work *w, int b, state_walk *v)
{
    const gws_arch *a = w->a;
    for (int l = 0; l < a->n_stem; l++) {
        const int64_t hist = gws_history_of(a, l), row = a->stem[l].cin;
        float *x = (l ? w->act[l - 1] : w->x) + b * (hist + gws_rows_of(a, l, w->cap)) * row;
        walk(v, x, hist * row * (int64_t)sizeof *x);
    }
    walk(v, w->gru.h + b * (w->cap + 1) * a->C, a->C * (int64_t)sizeof(float));
    walk(v, w->ev_state + (int64_t)b * a->C, a->C * (int64_t)sizeof(float));
    if (w->ev_past)
        walk(v, w->ev_past + b * past_words(a), past_words(a) * (int64_t)sizeof *w->ev_past);
    if (a->levels)
        walk(v, &w->level[b], (int64_t)sizeof(float));
    for (int l = 0; l < GWS_LIF_LAYERS; l++) {
        const int64_t n = (int64_t)gws_neuron_describe(a->neuron[l])->states * a->H[l];
        walk(v, w->lif[l].state + b * n, n * (int64_t)sizeof(float));
    }
    walk(v, w->out + 2 * b, 2 * (int64_t)sizeof(float));
    walk(v, &w->age[b], (int64_t)sizeof w->age[b]);
}

int64_t gws_work_state_save(const gws_work *w, int b, void *out)
{
    state_walk v = {.out = out};
    walk_state(w, b, &v);
    return v.n;
}

void gws_work_state_load(gws_work *w, int b, const void *in)
{
    state_walk v = {.in = in};
    walk_state(w, b, &v);
}

/* Ones of n units in T rows, or the sum of their numbers; NULL has none. */
static double count(const uint64_t *bits, const float *s, int64_t T, int64_t n)
{
    double sum = bits ? (double)gws_bits_count(bits, T * GWS_BIT_WORDS(n)) : 0.0;
    for (int64_t i = 0; s && i < T * n; i++)
        sum += (double)s[i];
    return sum;
}

/* The same of the level's channels among the events. */
static double count_levels(const gws_work *w, const uint64_t *bits, const float *s)
{
    const int64_t C = w->a->C, words = GWS_BIT_WORDS(2 * C);
    double sum = 0.0;
    for (int64_t t = 0; t < w->T; t++)
        for (int64_t i = 0; i < 2 * w->a->levels; i++) {
            const int64_t unit = i < w->a->levels ? i : C + i - w->a->levels;
            sum += bits ? (double)(bits[t * words + unit / 64] >> (unit % 64) & 1) : (double)s[t * 2 * C + unit];
        }
    return sum;
}

void gws_work_counts(const gws_work *w, int b, double out[GWS_COUNTS])
{
    const int64_t C2 = 2 * w->a->C, at = b * w->cap;
    const uint64_t *ev = w->ev ? w->ev + at * GWS_BIT_WORDS(C2) : NULL;
    const float *ev_smooth = w->ev_smooth ? w->ev_smooth + at * C2 : NULL;
    out[GWS_COUNT_EVENTS] = count(ev, ev_smooth, w->T, C2) - count_levels(w, ev, ev_smooth);
    out[GWS_COUNT_SPIKES] = 0.0;
    for (int l = 0; l < GWS_LIF_LAYERS; l++) {
        const int64_t H = w->a->H[l];
        out[GWS_COUNT_SPIKES] += count(w->lif[l].bits ? w->lif[l].bits + at * GWS_BIT_WORDS(H) : NULL,
                                       w->lif[l].s ? w->lif[l].s + at * H : NULL, w->T, H);
    }
}

const char *gws_work_find_bad(const gws_work *k, unsigned stages)
{
    for (int i = 0; i < k->layout.n; i++) {
        const gws_tensor *t = &k->layout.rows[i];
        if (!(stages & GWS_DO_SPIKING) && (strncmp(t->name, "lif", 3) == 0 || strncmp(t->name, "logit", 5) == 0))
            continue;
        /* bits are no numbers, and a carried state is the last row of a sequence that has a name of its own */
        if (strncmp(t->name, "grad", 4) == 0 || strncmp(t->name, "state", 5) == 0 || strcmp(t->name, "scratch") == 0 ||
            strcmp(t->name, "seconds") == 0 || strncmp(t->name, "bridge.events", 13) == 0 || strstr(t->name, ".spikes") ||
            strcmp(t->name, "context.step") == 0)
            continue;
        for (int64_t j = 0; j < t->size; j++)
            if (!isfinite(k->mem[t->offset + j]))
                return t->name;
    }
    return NULL;
}
