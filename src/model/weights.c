#include "model/weights.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

typedef struct place {
    float **where;
    const char *name;
    int64_t n;
} place;

enum { PLACES = 64 };

static int weight_places(gws_weights *w, const gws_arch *a, gws_purpose purpose, place *want)
{
    const int64_t C = a->C, KC = (int64_t)a->K * C;
    int n = 0;
#define WANT(field, size)                                                                                                          \
    want[n++] = (place)                                                                                                            \
    {                                                                                                                              \
        &w->field, #field, size                                                                                                    \
    }
    for (int l = 0; l < a->n_stem; l++) {
        WANT(stem[l], gws_conv_pack_size(&a->stem[l]));
        if (purpose == GWS_TO_TRAIN && l)
            WANT(stem_back[l], gws_conv_pack_back_size(&a->stem[l]));
    }
    WANT(in, gws_pack_size(C, 3 * C));
    WANT(rec, gws_pack_size(C, 3 * C));
    WANT(rec_bias, 3 * C);
    if (purpose == GWS_TO_TRAIN) {
        WANT(pred, gws_pack_size(C, KC));
        WANT(in_t, gws_pack_size(3 * C, C));
        WANT(rec_t, gws_pack_size(3 * C, C));
        WANT(pred_t, gws_pack_size(KC, C));
    }
    WANT(threshold, C);
    for (int l = 0; l < GWS_LIF_LAYERS; l++) {
        const gws_neuron_info *info = gws_neuron_describe(a->neuron[l]);
        const int64_t H = a->H[l], of = l ? 1 : a->delays, in = gws_arch_lif_inputs(a, l) / of;
        WANT(lif[l].w, of * gws_pack_size(in, H));
        if (purpose == GWS_TO_TRAIN)
            WANT(lif[l].w_t, of * gws_pack_size(H, in));
        WANT(lif[l].mem, H);
        if (info->synapse)
            WANT(lif[l].syn, H);
        if (info->adaptation) {
            WANT(lif[l].adapt, H);
            WANT(lif[l].strength, H);
        }
        if (info->recurrent) {
            WANT(lif[l].rec, gws_pack_size(H, H));
            if (purpose == GWS_TO_TRAIN)
                WANT(lif[l].rec_t, gws_pack_size(H, H));
        }
    }
    WANT(read_a, 1);
#undef WANT
    GWS_ASSERT(n <= PLACES);
    return n;
}

/* Names of fields repeat from layer to layer, so the row's number makes them rows of a table. */
static gws_status places_layout(gws_table *layout, const place *want, int n)
{
    gws_table_init(layout);
    for (int i = 0; i < n; i++) {
        char name[GWS_TENSOR_NAME];
        snprintf(name, sizeof name, "%s.%d", want[i].name, i);
        if (gws_table_add(layout, name, want[i].n, 0, 0, 0) < 0)
            return GWS_ENOMEM;
    }
    return GWS_OK;
}

gws_status gws_weights_create(gws_weights *w, const gws_arch *a, const gws_table *t, const gws_param_rows *rows,
                              gws_purpose purpose, gws_err *err)
{
    place want[PLACES];
    memset(w, 0, sizeof *w);
    w->a = a;
    w->rows = rows;
    w->table = t;
    const int n = weight_places(w, a, purpose, want);
    if (places_layout(&w->layout, want, n) || !(w->mem = gws_table_alloc(&w->layout))) {
        gws_weights_clear(w);
        return gws_err_set(err, GWS_ENOMEM, "no memory for the network's weights");
    }
    for (int i = 0; i < n; i++)
        *want[i].where = w->mem + w->layout.rows[i].offset;
    return GWS_OK;
}

gws_status gws_weights_table(const gws_arch *a, gws_purpose purpose, gws_table *out, gws_err *err)
{
    place want[PLACES];
    gws_weights w;
    if (places_layout(out, want, weight_places(&w, a, purpose, want)) == GWS_OK)
        return GWS_OK;
    gws_table_clear(out);
    return gws_err_set(err, GWS_ENOMEM, "no memory for the table of the network's weights");
}

int64_t gws_weights_bytes(const gws_arch *a, gws_purpose purpose)
{
    gws_table t;
    const int64_t bytes = gws_weights_table(a, purpose, &t, NULL) == GWS_OK ? t.total * (int64_t)sizeof(float) : INT64_MAX;
    gws_table_clear(&t);
    return bytes;
}

/* One matrix to pack: a whole one for a convolution's backward weights, else columns [j0, j1). */
typedef struct pack_job {
    const gws_conv *back;
    int64_t k, j0, j1, row, col;
    const float *from;
    float *to;
} pack_job;

/* Floats of a job: enough to be worth one, few enough to share out, and a matrix in SHARES jobs and what is left at the most. */
enum { PACK_FLOATS = 1 << 16, SHARES = 16, MATRICES = GWS_STEM_MAX + 6 + 4 * GWS_LIF_LAYERS + 2 * (GWS_DELAYS_MAX - 1) };
enum { PACK_JOBS = GWS_STEM_MAX + MATRICES * (SHARES + 1) };

typedef struct pack_list {
    pack_job job[PACK_JOBS];
    int n;
} pack_list;

static void add_pack(pack_list *l, int64_t k, int64_t n, const float *from, int64_t row, int64_t col, float *to)
{
    int64_t step = PACK_FLOATS / k / GWS_PANEL * GWS_PANEL;
    if (!to)
        return;
    step = step < GWS_PANEL ? GWS_PANEL : step;
    if (n / step > SHARES)
        step = (n / SHARES + GWS_PANEL - 1) / GWS_PANEL * GWS_PANEL;
    for (int64_t j = 0; j < n; j += step) {
        GWS_ASSERT(l->n < PACK_JOBS);
        l->job[l->n++] = (pack_job){NULL, k, j, j + step < n ? j + step : n, row, col, from, to};
    }
}

static void run_pack(void *user, int task, int thread)
{
    const pack_job *j = &((const pack_list *)user)->job[task];
    if (j->back)
        gws_conv_pack_back(j->back, j->from, j->to);
    else
        gws_pack(j->k, j->j1 - j->j0, j->from + j->j0 * j->col, j->row, j->col, j->to + j->j0 * j->k);
}

/* Decays: learnt, through the sigmoid, or fixed. */
static void decay(const gws_weights *w, const gws_kernels *K, const float *p, int row, double tau, float *out, int n)
{
    if (!out)
        return;
    if (row >= 0)
        K->sigmoid(p + w->table->rows[row].offset, out, n);
    else
        for (int i = 0; i < n; i++)
            out[i] = (float)exp(-1.0 / tau);
}

void gws_weights_update(gws_weights *w, const gws_kernels *K, gws_pool *pool, const float *p)
{
    const gws_arch *a = w->a;
    const gws_param_rows *r = w->rows;
    const int C = a->C;
    const int64_t KC = (int64_t)a->K * C;
    pack_list l;
#define P(row) (p + w->table->rows[row].offset)
    w->p = p;
    l.n = 0;
    for (int i = a->n_stem - 1; i >= 0; i--) {
        const gws_conv *c = &a->stem[i];
        if (w->stem_back[i])
            l.job[l.n++] = (pack_job){.back = c, .from = P(r->stem_w[i]), .to = w->stem_back[i]};
        add_pack(&l, (int64_t)c->kernel * c->cin, c->cout, P(r->stem_w[i]), c->cout, 1, w->stem[i]);
    }
    add_pack(&l, C, 3 * C, P(r->gru_in), 3 * C, 1, w->in);
    add_pack(&l, C, 3 * C, P(r->gru_rec), 3 * C, 1, w->rec);
    add_pack(&l, 3 * C, C, P(r->gru_in), 1, 3 * C, w->in_t);
    add_pack(&l, 3 * C, C, P(r->gru_rec), 1, 3 * C, w->rec_t);
    add_pack(&l, C, KC, P(r->pred), KC, 1, w->pred);
    add_pack(&l, KC, C, P(r->pred), 1, KC, w->pred_t);
    for (int i = 0; i < GWS_LIF_LAYERS; i++) {
        const int H = a->H[i], of = i ? 1 : a->delays, in = gws_arch_lif_inputs(a, i) / of;
        for (int d = 0; d < of; d++) {
            const float *from = P(r->lif[i].w) + (int64_t)d * in * H;
            add_pack(&l, in, H, from, H, 1, w->lif[i].w + d * gws_pack_size(in, H));
            if (w->lif[i].w_t)
                add_pack(&l, H, in, from, 1, H, w->lif[i].w_t + d * gws_pack_size(H, in));
        }
        if (r->lif[i].rec >= 0) {
            add_pack(&l, H, H, P(r->lif[i].rec), H, 1, w->lif[i].rec);
            add_pack(&l, H, H, P(r->lif[i].rec), 1, H, w->lif[i].rec_t);
        }
    }
    gws_pool_run(pool, l.n, run_pack, &l);
    memset(w->rec_bias, 0, 2 * (size_t)C * sizeof(float));
    memcpy(w->rec_bias + 2 * C, P(r->gru_rec_b), (size_t)C * sizeof(float));
    for (int i = 0; i < C; i++) {
        if (r->threshold < 0) {
            w->threshold[i] = a->bridge_threshold;
            continue;
        }
        /* softplus in double: thresholds are small and positive whatever the parameter does */
        const float q = P(r->threshold)[i];
        w->threshold[i] = (float)(q > 20.0f ? (double)q : log1p(exp((double)q)));
    }
    for (int i = 0; i < GWS_LIF_LAYERS; i++) {
        decay(w, K, p, r->lif[i].mem, a->tau_mem, w->lif[i].mem, a->H[i]);
        decay(w, K, p, r->lif[i].syn, a->tau_syn, w->lif[i].syn, a->H[i]);
        decay(w, K, p, r->lif[i].adapt, a->tau_adapt, w->lif[i].adapt, a->H[i]);
        for (int j = 0; w->lif[i].strength && j < a->H[i]; j++)
            w->lif[i].strength[j] = r->lif[i].strength >= 0 ? P(r->lif[i].strength)[j] : (float)a->adapt;
    }
    if (r->read_a >= 0)
        K->sigmoid(P(r->read_a), w->read_a, 1);
#undef P
}

void gws_weights_clear(gws_weights *w)
{
    gws_arena_free(w->mem);
    gws_table_clear(&w->layout);
    memset(w, 0, sizeof *w);
}
