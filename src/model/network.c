#include "model/network.h"

#include "nn/init.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int ints_from(gws_ini *ini, const char *key, int *out, int *n, gws_err *err)
{
    double v[GWS_STEM_MAX];
    int got = GWS_STEM_MAX;
    if (!gws_ini_has(ini, "model", key))
        return 0;
    if (gws_ini_doubles(ini, "model", key, v, &got, err))
        return -1;
    for (int i = 0; i < got; i++) {
        if (v[i] < 1 || v[i] > 65536 || v[i] != floor(v[i])) {
            gws_err_set(err, GWS_EFORMAT, "[model] %s: wanted whole numbers from 1 on, found %g", key, v[i]);
            return -1;
        }
        out[i] = (int)v[i];
    }
    *n = got;
    return 0;
}

gws_status gws_arch_from_ini(gws_ini *ini, gws_arch *out, gws_err *err)
{
    int channels[GWS_STEM_MAX] = {48, 96, 128, 256}, kernels[GWS_STEM_MAX] = {16, 8, 8, 4}, strides[GWS_STEM_MAX] = {4, 2, 2, 2};
    int lif[GWS_STEM_MAX] = {256, 128};
    int nc = 4, nk = 4, ns = 4, nl = 2;
    int64_t rate, horizons, reset_gradient;
    double bridge_slope, lif_slope;
    const char *detectors = gws_ini_string(ini, "model", "detectors", "H1,L1");
    memset(out, 0, sizeof *out);
    if (ints_from(ini, "channels", channels, &nc, err) || ints_from(ini, "kernels", kernels, &nk, err) ||
        ints_from(ini, "strides", strides, &ns, err) || ints_from(ini, "lif", lif, &nl, err))
        return GWS_EFORMAT;
    if (gws_ini_int(ini, "model", "rate_hz", 2048, &rate, err) || gws_ini_int(ini, "model", "horizons", 12, &horizons, err) ||
        gws_ini_double(ini, "model", "bridge_slope", 20.0, &bridge_slope, err) ||
        gws_ini_double(ini, "model", "lif_slope", 5.0, &lif_slope, err) ||
        gws_ini_int(ini, "model", "reset_gradient", 0, &reset_gradient, err))
        return GWS_EFORMAT;
    if (nc < 1 || nc != nk || nc != ns || nl != 2)
        return gws_err_set(err, GWS_EFORMAT, "[model]: channels, kernels and strides must be equally many and lif two numbers");
    /* A model file brings its recipe along: whatever it says, nothing here may overflow and nothing later allocate wildly. */
    int64_t hop = 1, ifos = 1, total = 0;
    for (const char *c = detectors; *c; c++)
        ifos += *c == ',';
    for (int l = 0; l < nc; l++) {
        if (kernels[l] % strides[l])
            return gws_err_set(err, GWS_EFORMAT, "[model] kernels: %d is not a multiple of its stride %d", kernels[l], strides[l]);
        hop = hop > GWS_RATE_MAX ? hop : hop * strides[l];
    }
    const int64_t C = channels[nc - 1];
    if (rate < 64 || rate > GWS_RATE_MAX || hop > rate || rate % hop || ifos > 5 || C % 8 || horizons < 1 || horizons > 64)
        return gws_err_set(err, GWS_EFORMAT,
                           "[model]: rate %lld Hz with hop %lld, %lld detectors, width %lld, %lld horizons do not make a network",
                           (long long)rate, (long long)hop, (long long)ifos, (long long)C, (long long)horizons);
    if (!(bridge_slope > 0.0) || !(lif_slope > 0.0))
        return gws_err_set(err, GWS_EFORMAT, "[model]: bridge_slope and lif_slope must be positive, found %g and %g", bridge_slope,
                           lif_slope);
    out->ifos = (int)ifos;
    out->rate_hz = (int)rate;
    out->n_stem = nc;
    for (int l = 0; l < nc; l++) {
        out->stem[l] =
            (gws_conv){.kernel = kernels[l], .stride = strides[l], .cin = l ? channels[l - 1] : out->ifos, .cout = channels[l]};
        total += (int64_t)kernels[l] * out->stem[l].cin * channels[l];
    }
    out->C = (int)C;
    out->H1 = lif[0];
    out->H2 = lif[1];
    out->K = (int)horizons;
    out->bridge_slope = (float)bridge_slope;
    out->lif_slope = (float)lif_slope;
    out->reset_gradient = reset_gradient != 0;
    total += (6 + horizons) * C * C + 2 * C * lif[0] + (int64_t)lif[0] * lif[1];
    if (total > GWS_PARAMETERS_MAX)
        return gws_err_set(err, GWS_EFORMAT, "[model]: %lld weights, at most %lld wanted", (long long)total,
                           (long long)GWS_PARAMETERS_MAX);
    int64_t rows = hop, step = 0;
    for (int l = 0; l < nc; l++) {
        rows /= strides[l];
        step += rows * channels[l];
    }
    if (step > GWS_STEP_MAX)
        return gws_err_set(err, GWS_EFORMAT, "[model]: the convolutions make %lld numbers a latent step, at most %lld wanted",
                           (long long)step, (long long)GWS_STEP_MAX);
    return GWS_OK;
}

int gws_arch_hop(const gws_arch *a)
{
    int hop = 1;
    for (int l = 0; l < a->n_stem; l++)
        hop *= a->stem[l].stride;
    return hop;
}

gws_status gws_arch_parameters(const gws_arch *a, gws_table *t, gws_param_rows *r, gws_err *err)
{
    const int C = a->C;
    char name[GWS_TENSOR_NAME];
    for (int l = 0; l < a->n_stem; l++) {
        snprintf(name, sizeof name, "stem.%d.weight", l);
        r->stem_w[l] = gws_table_add(t, name, a->stem[l].kernel, a->stem[l].cin, a->stem[l].cout, 0);
        snprintf(name, sizeof name, "stem.%d.bias", l);
        r->stem_b[l] = gws_table_add(t, name, a->stem[l].cout, 0, 0, 0);
    }
    r->gru_in = gws_table_add(t, "context.input.weight", C, 3 * C, 0, 0);
    r->gru_in_b = gws_table_add(t, "context.input.bias", 3 * C, 0, 0, 0);
    r->gru_rec = gws_table_add(t, "context.recurrent.weight", C, 3 * C, 0, 0);
    r->gru_rec_b = gws_table_add(t, "context.recurrent.bias", C, 0, 0, 0);
    r->pred = gws_table_add(t, "cpc.weight", C, (int64_t)a->K * C, 0, 0);
    r->lin_w = gws_table_add(t, "linear.weight", C, 1, 0, 0);
    r->lin_b = gws_table_add(t, "linear.bias", 1, 0, 0, 0);
    r->threshold = gws_table_add(t, "bridge.threshold", C, 0, 0, 0);
    r->w1 = gws_table_add(t, "lif.0.weight", 2 * C, a->H1, 0, 0);
    r->b1 = gws_table_add(t, "lif.0.bias", a->H1, 0, 0, 0);
    r->syn1 = gws_table_add(t, "lif.0.synapse", a->H1, 0, 0, 0);
    r->mem1 = gws_table_add(t, "lif.0.membrane", a->H1, 0, 0, 0);
    r->w2 = gws_table_add(t, "lif.1.weight", a->H1, a->H2, 0, 0);
    r->b2 = gws_table_add(t, "lif.1.bias", a->H2, 0, 0, 0);
    r->syn2 = gws_table_add(t, "lif.1.synapse", a->H2, 0, 0, 0);
    r->mem2 = gws_table_add(t, "lif.1.membrane", a->H2, 0, 0, 0);
    r->read_u1 = gws_table_add(t, "readout.membrane.0", a->H1, 1, 0, 0);
    r->read_u2 = gws_table_add(t, "readout.membrane.1", a->H2, 1, 0, 0);
    r->read_s2 = gws_table_add(t, "readout.spike.1", a->H2, 1, 0, 0);
    r->read_b = gws_table_add(t, "readout.bias", 1, 0, 0, 0);
    r->read_a = gws_table_add(t, "readout.leak", 1, 0, 0, 0);
    return r->read_a < 0 ? gws_err_set(err, GWS_ENOMEM, "no memory for the parameter table") : GWS_OK;
}

static float *at(const gws_table *t, float *p, int row)
{
    return p + t->rows[row].offset;
}

static const float *cat(const gws_table *t, const float *p, int row)
{
    return p + t->rows[row].offset;
}

static float logit(double a)
{
    return (float)log(a / (1.0 - a));
}

static void fill(const gws_table *t, float *p, int row, float v)
{
    for (int64_t i = 0; i < t->rows[row].size; i++)
        p[t->rows[row].offset + i] = v;
}

gws_status gws_arch_init(const gws_arch *a, const gws_table *t, const gws_param_rows *r, float *p, uint64_t seed, gws_err *err)
{
    const int C = a->C;
    memset(p, 0, (size_t)t->total * sizeof *p);
#define NORMAL(row, gain, fan) gws_init_normal(at(t, p, row), t->rows[row].size, seed, t->rows[row].name, gain, fan)
    for (int l = 0; l < a->n_stem; l++)
        NORMAL(r->stem_w[l], 2.0, (int64_t)a->stem[l].kernel * a->stem[l].cin);
    NORMAL(r->gru_in, 1.0, C);
    for (int g = 0; g < 3; g++)
        if (gws_init_orthogonal(at(t, p, r->gru_rec) + g * C, C, C, 3 * C, seed, "context.recurrent.weight", g, 1.0))
            return gws_err_set(err, GWS_ENOMEM, "no memory to initialise the context network");
    NORMAL(r->pred, 1.0, C);
    NORMAL(r->lin_w, 0.1, C);
    /* softplus(p) = 0.06: at the size of a step of the context, so that some channels in a hundred send an event */
    fill(t, p, r->threshold, (float)log(expm1(0.06)));
    /* A few dozen events arrive together and i and u add up over many steps, so small weights already reach the threshold. */
    NORMAL(r->w1, 0.06, 2 * C);
    NORMAL(r->w2, 0.06, a->H1);
    fill(t, p, r->syn1, logit(exp(-1.0 / 5.0)));  /* tau_syn 5 ms, one step counted as 1 ms: 0.819 */
    fill(t, p, r->mem1, logit(exp(-1.0 / 20.0))); /* tau_mem 20 ms: 0.951 */
    fill(t, p, r->syn2, logit(exp(-1.0 / 5.0)));
    fill(t, p, r->mem2, logit(exp(-1.0 / 20.0)));
    NORMAL(r->read_u1, 0.02, a->H1);
    NORMAL(r->read_u2, 0.02, a->H2);
    NORMAL(r->read_s2, 0.02, a->H2);
#undef NORMAL
    return GWS_OK;
}

/* ---- weights as the kernels read them ---- */

static gws_status place(gws_table *t, const char *name, int64_t n)
{
    return gws_table_add(t, name, n, 0, 0, 0) < 0 ? GWS_ENOMEM : GWS_OK;
}

/* The table, and unless `dry` the memory too. */
static gws_status weights_lay_out(gws_weights *w, const gws_arch *a, const gws_table *t, const gws_param_rows *rows, int training,
                                  int dry, gws_err *err)
{
    memset(w, 0, sizeof *w);
    w->a = a;
    w->rows = rows;
    w->table = t;
    const int C = a->C;
    struct {
        float **where;
        int64_t n;
    } want[64];
    int n = 0;
#define WANT(field, size) want[n].where = &w->field, want[n++].n = (size)
    for (int l = 0; l < a->n_stem; l++) {
        WANT(stem[l], gws_conv_pack_size(&a->stem[l]));
        if (training && l)
            WANT(stem_back[l], gws_conv_pack_back_size(&a->stem[l]));
    }
    WANT(in, gws_pack_size(C, 3 * C));
    WANT(rec, gws_pack_size(C, 3 * C));
    WANT(rec_bias, 3 * C);
    WANT(pred, gws_pack_size(C, (int64_t)a->K * C));
    WANT(lin, gws_pack_size(C, 1));
    WANT(w1, gws_pack_size(2 * C, a->H1));
    WANT(w2, gws_pack_size(a->H1, a->H2));
    WANT(read_u1, gws_pack_size(a->H1, 1));
    WANT(read_u2, gws_pack_size(a->H2, 1));
    WANT(read_s2, gws_pack_size(a->H2, 1));
    WANT(threshold, C);
    WANT(syn1, a->H1);
    WANT(mem1, a->H1);
    WANT(syn2, a->H2);
    WANT(mem2, a->H2);
    WANT(read_a, 1);
    if (training) {
        WANT(in_t, gws_pack_size(3 * C, C));
        WANT(rec_t, gws_pack_size(3 * C, C));
        WANT(pred_t, gws_pack_size((int64_t)a->K * C, C));
        WANT(w1_t, gws_pack_size(a->H1, 2 * C));
        WANT(w2_t, gws_pack_size(a->H2, a->H1));
    }
#undef WANT
    gws_table_init(&w->layout);
    for (int i = 0; i < n; i++) {
        char name[GWS_TENSOR_NAME];
        snprintf(name, sizeof name, "packed.%d", i);
        if (place(&w->layout, name, want[i].n))
            goto fail;
    }
    if (dry)
        return GWS_OK;
    w->mem = gws_table_alloc(&w->layout);
    if (!w->mem)
        goto fail;
    for (int i = 0; i < n; i++)
        *want[i].where = w->mem + w->layout.rows[i].offset;
    return GWS_OK;
fail:
    gws_weights_clear(w);
    return gws_err_set(err, GWS_ENOMEM, "no memory for the network's weights");
}

gws_status gws_weights_create(gws_weights *w, const gws_arch *a, const gws_table *t, const gws_param_rows *rows, int training,
                              gws_err *err)
{
    return weights_lay_out(w, a, t, rows, training, 0, err);
}

gws_status gws_weights_table(const gws_arch *a, int training, gws_table *out, gws_err *err)
{
    gws_weights w;
    const gws_status st = weights_lay_out(&w, a, NULL, NULL, training, 1, err);
    *out = w.layout;
    return st;
}

void gws_weights_update(gws_weights *w, const gws_kernels *K, const float *p)
{
    const gws_arch *a = w->a;
    const gws_table *t = w->table;
    const gws_param_rows *r = w->rows;
    const int C = a->C, H1 = a->H1, H2 = a->H2;
    const int64_t KC = (int64_t)a->K * C;
    w->p = p;
    for (int l = 0; l < a->n_stem; l++) {
        gws_conv_pack(&a->stem[l], cat(t, p, r->stem_w[l]), w->stem[l]);
        if (w->stem_back[l])
            gws_conv_pack_back(&a->stem[l], cat(t, p, r->stem_w[l]), w->stem_back[l]);
    }
    gws_pack(C, 3 * C, cat(t, p, r->gru_in), 3 * C, 1, w->in);
    gws_pack(C, 3 * C, cat(t, p, r->gru_rec), 3 * C, 1, w->rec);
    memset(w->rec_bias, 0, 2 * (size_t)C * sizeof(float));
    memcpy(w->rec_bias + 2 * C, cat(t, p, r->gru_rec_b), (size_t)C * sizeof(float));
    gws_pack(C, KC, cat(t, p, r->pred), KC, 1, w->pred);
    gws_pack(C, 1, cat(t, p, r->lin_w), 1, 1, w->lin);
    gws_pack(2 * C, H1, cat(t, p, r->w1), H1, 1, w->w1);
    gws_pack(H1, H2, cat(t, p, r->w2), H2, 1, w->w2);
    gws_pack(H1, 1, cat(t, p, r->read_u1), 1, 1, w->read_u1);
    gws_pack(H2, 1, cat(t, p, r->read_u2), 1, 1, w->read_u2);
    gws_pack(H2, 1, cat(t, p, r->read_s2), 1, 1, w->read_s2);
    if (w->in_t) {
        gws_pack(3 * C, C, cat(t, p, r->gru_in), 1, 3 * C, w->in_t);
        gws_pack(3 * C, C, cat(t, p, r->gru_rec), 1, 3 * C, w->rec_t);
        gws_pack(KC, C, cat(t, p, r->pred), 1, KC, w->pred_t);
        gws_pack(H1, 2 * C, cat(t, p, r->w1), 1, H1, w->w1_t);
        gws_pack(H2, H1, cat(t, p, r->w2), 1, H2, w->w2_t);
    }
    /* softplus in double: thresholds are small and positive whatever the parameter does */
    const float *q = cat(t, p, r->threshold);
    for (int i = 0; i < C; i++)
        w->threshold[i] = (float)(q[i] > 20.0f ? (double)q[i] : log1p(exp((double)q[i])));
    K->sigmoid(cat(t, p, r->syn1), w->syn1, H1);
    K->sigmoid(cat(t, p, r->mem1), w->mem1, H1);
    K->sigmoid(cat(t, p, r->syn2), w->syn2, H2);
    K->sigmoid(cat(t, p, r->mem2), w->mem2, H2);
    K->sigmoid(cat(t, p, r->read_a), w->read_a, 1);
}

void gws_weights_clear(gws_weights *w)
{
    gws_arena_free(w->mem);
    gws_table_clear(&w->layout);
    memset(w, 0, sizeof *w);
}

/* ---- activations ---- */

static int history(const gws_arch *a, int l) /* rows in front of the input of layer l */
{
    return l < a->n_stem ? a->stem[l].kernel - a->stem[l].stride : 0;
}

static int64_t rows_of(const gws_arch *a, int l, int64_t T) /* input rows of layer l for T latent steps */
{
    for (int i = a->n_stem - 1; i >= l; i--)
        T *= a->stem[i].stride;
    return T;
}

static int64_t max64(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* The table, and unless `dry` the memory too. */
static gws_status work_lay_out(gws_work *w, const gws_arch *a, int B, int64_t T, int A, int training, int threads, int dry,
                               gws_err *err)
{
    memset(w, 0, sizeof *w);
    w->a = a;
    w->B = B;
    w->T = T;
    w->A = A;
    w->threads = threads;
    const int64_t C = a->C, BT = (int64_t)B * T;
    const int tile = B < GWS_TILE ? B : GWS_TILE;
    struct {
        float **where;
        const char *name;
        int64_t n;
    } want[64];
    int n = 0;
#define WANT(field, label, size) want[n].where = &w->field, want[n].name = label, want[n++].n = (size)
    static const char *const pre_name[GWS_STEM_MAX] = {"stem.0.pre", "stem.1.pre", "stem.2.pre", "stem.3.pre",
                                                       "stem.4.pre", "stem.5.pre", "stem.6.pre", "stem.7.pre"};
    static const char *const act_name[GWS_STEM_MAX] = {"stem.0", "stem.1", "stem.2", "stem.3",
                                                       "stem.4", "stem.5", "stem.6", "stem.7"};
    WANT(x, "input", B * (history(a, 0) + rows_of(a, 0, T)) * a->ifos);
    int64_t scratch = 0, stem_g = 0;
    for (int l = 0; l < a->n_stem; l++) {
        const int64_t rows = rows_of(a, l + 1, T), c = a->stem[l].cout;
        WANT(pre[l], pre_name[l], B * rows * c);
        WANT(act[l], act_name[l], B * (history(a, l + 1) + rows) * c);
        scratch = max64(scratch, gws_pack_size(rows, c));
        stem_g = max64(stem_g, (rows + a->stem[l].kernel / a->stem[l].stride) * c);
    }
    WANT(gru.xi, "context.gates", BT * 3 * C);
    WANT(gru.r, "context.reset", BT * C);
    WANT(gru.u, "context.update", BT * C);
    WANT(gru.c, "context.candidate", BT * C);
    WANT(gru.hn, "context.recurrent", BT * C);
    WANT(gru.h, "context", B * (T + 1) * C);
    if (A)
        WANT(pred, "cpc", (int64_t)B * A * a->K * C);
    WANT(ev, "bridge.events", BT * 2 * C);
    WANT(x1, "lif.0.input", BT * a->H1);
    WANT(i1, "lif.0.current", BT * a->H1);
    WANT(u1, "lif.0.membrane", BT * a->H1);
    WANT(s1, "lif.0.spikes", BT * a->H1);
    WANT(x2, "lif.1.input", BT * a->H2);
    WANT(i2, "lif.1.current", BT * a->H2);
    WANT(u2, "lif.1.membrane", BT * a->H2);
    WANT(s2, "lif.1.spikes", BT * a->H2);
    WANT(i1_0, "state.i1", (int64_t)B * a->H1);
    WANT(v1_0, "state.v1", (int64_t)B * a->H1);
    WANT(i2_0, "state.i2", (int64_t)B * a->H2);
    WANT(v2_0, "state.v2", (int64_t)B * a->H2);
    WANT(o_0, "state.readout", B);
    WANT(y, "logit.spiking", BT);
    WANT(y_lin, "logit.linear", BT);
    const int64_t H = max64(a->H1, a->H2);
    if (training) {
        WANT(g_y, "grad.logit.spiking", BT);
        WANT(g_y_lin, "grad.logit.linear", BT);
        WANT(g_z, "grad.latents", BT * C);
        if (A)
            WANT(g_pred, "grad.cpc", (int64_t)B * A * a->K * C);
        WANT(g_c, "grad.context", BT * C);
        WANT(g_rec, "grad.context.recurrent", BT * 3 * C);
        WANT(zero, "zero", max64(H, C));
        scratch = max64(scratch, gws_pack_size(T, 3 * C));
        if (A)
            scratch = max64(scratch, gws_pack_size(A, a->K * C));
        /* pack, then two stem gradients, then those of the classifier and the GRU's carry */
        scratch = (scratch + 15) / 16 * 16;
        scratch += max64(2 * ((stem_g + 15) / 16 * 16), T * (a->H1 * 2 + a->H2 * 2 + 2 * C) + T + 2 * H + 64);
        scratch = max64(scratch, (int64_t)tile * C);
    }
    w->scratch_n = (max64(scratch, (int64_t)tile * 3 * C) + 15) / 16 * 16;
    WANT(scratch, "scratch", w->scratch_n * threads);
    WANT(gru.step, "context.step", (int64_t)threads * tile * 3 * C);
#undef WANT
    gws_table_init(&w->layout);
    for (int i = 0; i < n; i++)
        if (place(&w->layout, want[i].name, want[i].n))
            goto fail;
    if (dry)
        return GWS_OK;
    w->mem = gws_table_alloc(&w->layout);
    if (!w->mem)
        goto fail;
    for (int i = 0; i < n; i++)
        *want[i].where = w->mem + w->layout.rows[i].offset;
    return GWS_OK;
fail:;
    const double gib = (double)w->layout.total * sizeof(float) / 1073741824.0;
    gws_work_clear(w);
    return gws_err_set(err, GWS_ENOMEM, "no memory for activations of %d items by %lld steps (%.2f GiB)", B, (long long)T, gib);
}

gws_status gws_work_create(gws_work *w, const gws_arch *a, int B, int64_t T, int A, int training, int threads, gws_err *err)
{
    return work_lay_out(w, a, B, T, A, training, threads, 0, err);
}

gws_status gws_work_table(const gws_arch *a, int B, int64_t T, int A, int training, int threads, gws_table *out, gws_err *err)
{
    gws_work w;
    const gws_status st = work_lay_out(&w, a, B, T, A, training, threads, 1, err);
    *out = w.layout;
    return st;
}

static int64_t table_bytes(gws_status st, gws_table *t)
{
    const int64_t bytes = st == GWS_OK ? t->total * (int64_t)sizeof(float) : INT64_MAX / 4;
    gws_table_clear(t);
    return bytes;
}

int64_t gws_work_bytes(const gws_arch *a, int B, int64_t T, int A, int training, int threads)
{
    gws_table t;
    const gws_status st = gws_work_table(a, B, T, A, training, threads, &t, NULL);
    return table_bytes(st, &t);
}

int64_t gws_weights_bytes(const gws_arch *a, int training)
{
    gws_table t;
    const gws_status st = gws_weights_table(a, training, &t, NULL);
    return table_bytes(st, &t);
}

void gws_work_clear(gws_work *w)
{
    gws_arena_free(w->mem);
    gws_table_clear(&w->layout);
    memset(w, 0, sizeof *w);
}

/* The GRU's buffers, seen from item b on. */
static gws_gru_work gru_view(const gws_work *k, int b, int thread)
{
    const int64_t C = k->a->C, T = k->T;
    const int tile = k->B < GWS_TILE ? k->B : GWS_TILE;
    gws_gru_work g = k->gru;
    g.xi += b * T * 3 * C;
    g.r += b * T * C;
    g.u += b * T * C;
    g.c += b * T * C;
    g.hn += b * T * C;
    g.h += b * (T + 1) * C;
    g.step += (int64_t)thread * tile * 3 * C;
    return g;
}

/* Temporal contrast: an ON event where the context rose by more than the channel's threshold, OFF where it fell. */
static void bridge_forward(const gws_arch *a, const float *restrict threshold, const float *h, float *ev, int64_t T)
{
    const int C = a->C;
    for (int64_t t = 0; t < T; t++) {
        const float *restrict before = h + t * C, *restrict now = before + C;
        float *restrict on = ev + t * 2 * C, *restrict off = on + C;
        for (int i = 0; i < C; i++) {
            const float d = now[i] - before[i];
            on[i] = gws_step(d - threshold[i], a->bridge_slope, a->smooth);
            off[i] = gws_step(-d - threshold[i], a->bridge_slope, a->smooth);
        }
    }
}

static void bridge_backward(const gws_arch *a, const float *restrict threshold, const float *h, const float *g_ev, float *g_c,
                            float *restrict g_threshold, int to_context, int64_t T)
{
    const int C = a->C;
    for (int64_t t = 0; t < T; t++) {
        const float *restrict before = h + t * C, *restrict now = before + C;
        const float *restrict on = g_ev + t * 2 * C, *restrict off = on + C;
        float *restrict gc = g_c + t * C;
        for (int i = 0; i < C; i++) {
            const float d = now[i] - before[i];
            const float p = on[i] * gws_surrogate(d - threshold[i], a->bridge_slope);
            const float m = off[i] * gws_surrogate(-d - threshold[i], a->bridge_slope);
            g_threshold[i] -= p + m;
            if (to_context) {
                gc[i] += p - m;
                if (t) /* the state before the first step is the constant zero */
                    gc[i - C] -= p - m;
            }
        }
    }
}

void gws_net_forward(const gws_kernels *K, const gws_weights *w, gws_work *k, const gws_pass *pass, int b0, int b1, int thread)
{
    const gws_arch *a = k->a;
    const gws_table *pt = w->table;
    const gws_param_rows *r = w->rows;
    const int64_t T = k->T, C = a->C;
    const int last = a->n_stem - 1;
    for (int b = b0; b < b1; b++) {
        const float *in = k->x + b * (history(a, 0) + rows_of(a, 0, T)) * a->ifos;
        for (int l = 0; l <= last; l++) {
            const int64_t rows = rows_of(a, l + 1, T), c = a->stem[l].cout;
            float *pre = k->pre[l] + b * rows * c, *act = k->act[l] + b * (history(a, l + 1) + rows) * c;
            gws_conv_forward(K, &a->stem[l], w->stem[l], cat(pt, w->p, r->stem_b[l]), in, pre, rows);
            K->gelu(pre, act + history(a, l + 1) * c, rows * c);
            in = act;
        }
        K->gemm(T, 3 * C, C, k->act[last] + b * T * C, C, 1, w->in, cat(pt, w->p, r->gru_in_b), k->gru.xi + b * T * 3 * C, 3 * C,
                0);
    }
    gws_gru_work g = gru_view(k, b0, thread);
    gws_gru_forward(K, (int)C, w->rec, w->rec_bias, &g, b1 - b0, T);
    for (int b = b0; b < b1; b++) {
        const float *h = k->gru.h + b * (T + 1) * C;
        if (pass->anchors)
            K->gemm(pass->anchors, a->K * C, C, h + (pass->first + 1) * C, pass->stride * C, 1, w->pred, NULL,
                    k->pred + (int64_t)b * pass->anchors * a->K * C, a->K * C, 0);
        if (!pass->heads)
            continue;
        const int64_t H1 = a->H1, H2 = a->H2;
        float *ev = k->ev + b * T * 2 * C, *y = k->y + b * T;
        K->gemm(T, 1, C, h + C, C, 1, w->lin, cat(pt, w->p, r->lin_b), k->y_lin + b * T, 1, 0);
        bridge_forward(a, w->threshold, h, ev, T);
        const gws_lif l1 = {.n = a->H1, .slope = a->lif_slope, .smooth = a->smooth, .reset_gradient = a->reset_gradient},
                      l2 = {.n = a->H2, .slope = a->lif_slope, .smooth = a->smooth, .reset_gradient = a->reset_gradient};
        float *x1 = k->x1 + b * T * H1, *u1 = k->u1 + b * T * H1, *s1 = k->s1 + b * T * H1;
        float *x2 = k->x2 + b * T * H2, *u2 = k->u2 + b * T * H2, *s2 = k->s2 + b * T * H2;
        K->gemm(T, H1, 2 * C, ev, 2 * C, 1, w->w1, cat(pt, w->p, r->b1), x1, H1, 0);
        gws_lif_forward(&l1, w->syn1, w->mem1, x1, k->i1 + b * T * H1, u1, s1, k->i1_0 + b * H1, k->v1_0 + b * H1, T);
        K->gemm(T, H2, H1, s1, H1, 1, w->w2, cat(pt, w->p, r->b2), x2, H2, 0);
        gws_lif_forward(&l2, w->syn2, w->mem2, x2, k->i2 + b * T * H2, u2, s2, k->i2_0 + b * H2, k->v2_0 + b * H2, T);
        K->gemm(T, 1, H1, u1, H1, 1, w->read_u1, cat(pt, w->p, r->read_b), y, 1, 0);
        K->gemm(T, 1, H2, u2, H2, 1, w->read_u2, NULL, y, 1, 1);
        K->gemm(T, 1, H2, s2, H2, 1, w->read_s2, NULL, y, 1, 1);
        float o = k->o_0[b];
        for (int64_t t = 0; t < T; t++)
            y[t] = o = w->read_a[0] * o + y[t];
        k->o_0[b] = o;
    }
}

/* Classifier of one item: from g_y back to the events, parameters' gradients into g. */
static void classifier_backward(const gws_kernels *K, const gws_weights *w, gws_work *k, const gws_pass *pass, int b, float *pack,
                                float *buf, float *g)
{
    const gws_arch *a = k->a;
    const gws_table *pt = w->table;
    const gws_param_rows *r = w->rows;
    const int64_t T = k->T, C = a->C, H1 = a->H1, H2 = a->H2;
    float *gs1 = buf, *gu1 = gs1 + T * H1, *gs2 = gu1 + T * H1, *gu2 = gs2 + T * H2, *g_ev = gu2 + T * H2, *go = g_ev + T * 2 * C,
          *tmp = go + T;
    const float *u1 = k->u1 + b * T * H1, *s1 = k->s1 + b * T * H1, *u2 = k->u2 + b * T * H2, *s2 = k->s2 + b * T * H2;
    const float *y = k->y + b * T, *g_y = k->g_y + b * T;
    const float leak = w->read_a[0];

    float carry = 0.0f, g_leak = 0.0f, g_bias = 0.0f;
    for (int64_t t = T - 1; t >= 0; t--) {
        go[t] = carry = g_y[t] + leak * carry;
        g_leak += carry * (t ? y[t - 1] : 0.0f);
        g_bias += carry;
    }
    at(pt, g, r->read_a)[0] += g_leak * leak * (1.0f - leak);
    at(pt, g, r->read_b)[0] += g_bias;
    const float *p1 = cat(pt, w->p, r->read_u1), *p2 = cat(pt, w->p, r->read_u2), *p3 = cat(pt, w->p, r->read_s2);
    float *restrict q1 = at(pt, g, r->read_u1), *restrict q2 = at(pt, g, r->read_u2), *restrict q3 = at(pt, g, r->read_s2);
    for (int64_t t = 0; t < T; t++) {
        const float o = go[t];
        for (int64_t j = 0; j < H1; j++) {
            gu1[t * H1 + j] = o * p1[j];
            q1[j] += o * u1[t * H1 + j];
        }
        for (int64_t j = 0; j < H2; j++) {
            gu2[t * H2 + j] = o * p2[j];
            gs2[t * H2 + j] = o * p3[j];
            q2[j] += o * u2[t * H2 + j];
            q3[j] += o * s2[t * H2 + j];
        }
    }
    const gws_lif l1 = {.n = a->H1, .slope = a->lif_slope, .smooth = a->smooth, .reset_gradient = a->reset_gradient},
                  l2 = {.n = a->H2, .slope = a->lif_slope, .smooth = a->smooth, .reset_gradient = a->reset_gradient};
    float *gx2 = k->x2 + b * T * H2, *gx1 = k->x1 + b * T * H1;
    /* gradients of decays and thresholds themselves; gws_net_finish_gradients turns them into those of the parameters */
    gws_lif_backward(&l2, w->syn2, w->mem2, k->i2 + b * T * H2, u2, s2, k->zero, k->zero, gs2, gu2, gx2, at(pt, g, r->syn2),
                     at(pt, g, r->mem2), tmp, T);
    gws_dense_backward_w(K, T, a->H1, a->H2, s1, H1, gx2, H2, at(pt, g, r->w2), at(pt, g, r->b2), pack);
    K->gemm(T, H1, H2, gx2, H2, 1, w->w2_t, NULL, gs1, H1, 0);
    gws_lif_backward(&l1, w->syn1, w->mem1, k->i1 + b * T * H1, u1, s1, k->zero, k->zero, gs1, gu1, gx1, at(pt, g, r->syn1),
                     at(pt, g, r->mem1), tmp, T);
    gws_dense_backward_w(K, T, 2 * a->C, a->H1, k->ev + b * T * 2 * C, 2 * C, gx1, H1, at(pt, g, r->w1), at(pt, g, r->b1), pack);
    K->gemm(T, 2 * C, H1, gx1, H1, 1, w->w1_t, NULL, g_ev, 2 * C, 0);
    bridge_backward(a, w->threshold, k->gru.h + b * (T + 1) * C, g_ev, k->g_c + b * T * C, at(pt, g, r->threshold),
                    pass->spike_to_context, T);
}

void gws_net_finish_gradients(const gws_weights *w, float *g)
{
    const gws_table *t = w->table;
    const gws_param_rows *r = w->rows;
    const struct {
        int row;
        const float *a;
    } decay[] = {{r->syn1, w->syn1}, {r->mem1, w->mem1}, {r->syn2, w->syn2}, {r->mem2, w->mem2}};
    for (size_t d = 0; d < sizeof decay / sizeof *decay; d++) {
        float *q = at(t, g, decay[d].row);
        for (int64_t i = 0; i < t->rows[decay[d].row].size; i++)
            q[i] *= decay[d].a[i] * (1.0f - decay[d].a[i]);
    }
    float *q = at(t, g, r->threshold);
    for (int i = 0; i < w->a->C; i++) /* softplus' = sigmoid = 1 - exp(-softplus) */
        q[i] *= (float)-expm1(-(double)w->threshold[i]);
}

void gws_net_backward(const gws_kernels *K, const gws_weights *w, gws_work *k, const gws_pass *pass, int b0, int b1, int thread,
                      float *g)
{
    const gws_arch *a = k->a;
    const gws_table *pt = w->table;
    const gws_param_rows *r = w->rows;
    const int64_t T = k->T, C = a->C;
    const int last = a->n_stem - 1;
    float *scratch = k->scratch + thread * k->scratch_n;
    int64_t pack_n = gws_pack_size(T, 3 * C);
    for (int l = 0; l < a->n_stem; l++)
        pack_n = max64(pack_n, gws_pack_size(rows_of(a, l + 1, T), a->stem[l].cout));
    if (k->A)
        pack_n = max64(pack_n, gws_pack_size(k->A, a->K * C));
    float *pack = scratch, *buf = scratch + (pack_n + 15) / 16 * 16;

    for (int b = b0; b < b1; b++) {
        float *g_c = k->g_c + b * T * C;
        const float *h = k->gru.h + b * (T + 1) * C;
        memset(g_c, 0, (size_t)(T * C) * sizeof *g_c);
        if (pass->heads) {
            classifier_backward(K, w, k, pass, b, pack, buf, g);
            const float *wl = cat(pt, w->p, r->lin_w), *gy = k->g_y_lin + b * T;
            float *restrict gw = at(pt, g, r->lin_w);
            for (int64_t t = 0; t < T; t++) {
                const float o = gy[t];
                at(pt, g, r->lin_b)[0] += o;
                for (int64_t i = 0; i < C; i++) {
                    g_c[t * C + i] += o * wl[i];
                    gw[i] += o * h[(t + 1) * C + i];
                }
            }
        }
        if (!pass->encoder || !pass->anchors)
            continue;
        const int64_t KC = a->K * C;
        const float *gp = k->g_pred + (int64_t)b * pass->anchors * KC;
        gws_dense_backward_w(K, pass->anchors, (int)C, (int)KC, h + (pass->first + 1) * C, pass->stride * C, gp, KC,
                             at(pt, g, r->pred), NULL, pack);
        K->gemm(pass->anchors, C, KC, gp, KC, 1, w->pred_t, NULL, g_c + pass->first * C, pass->stride * C, 1);
    }
    if (!pass->encoder)
        return;
    gws_gru_work gw = gru_view(k, b0, thread);
    gws_gru_backward(K, (int)C, w->rec_t, &gw, k->g_c + b0 * T * C, k->g_rec + b0 * T * 3 * C, gw.step, b1 - b0, T);
    float *ping = buf, *pong = NULL;
    int64_t half = 0;
    for (int l = 0; l < a->n_stem; l++)
        half = max64(half, (rows_of(a, l + 1, T) + a->stem[l].kernel / a->stem[l].stride) * a->stem[l].cout);
    half = (half + 15) / 16 * 16;
    pong = buf + half;
    for (int b = b0; b < b1; b++) {
        const float *g_xi = k->gru.xi + b * T * 3 * C, *z = k->act[last] + b * T * C, *h = k->gru.h + b * (T + 1) * C;
        float *g_z = k->g_z + b * T * C, *g_rec = k->g_rec + b * T * 3 * C;
        gws_dense_backward_w(K, T, (int)C, 3 * (int)C, z, C, g_xi, 3 * C, at(pt, g, r->gru_in), at(pt, g, r->gru_in_b), pack);
        gws_dense_backward_w(K, T, (int)C, 3 * (int)C, h, C, g_rec, 3 * C, at(pt, g, r->gru_rec), NULL, pack);
        for (int64_t t = 0; t < T; t++)
            K->add(at(pt, g, r->gru_rec_b), g_rec + t * 3 * C + 2 * C, C);
        K->gemm(T, C, 3 * C, g_xi, 3 * C, 1, w->in_t, NULL, g_z, C, 1);
        memcpy(ping, g_z, (size_t)(T * C) * sizeof *ping);
        for (int l = last; l >= 0; l--) {
            const gws_conv *c = &a->stem[l];
            const int64_t rows = rows_of(a, l + 1, T), n = rows * c->cout;
            const float *x = l ? k->act[l - 1] + b * (history(a, l) + rows_of(a, l, T)) * c->cin
                               : k->x + b * (history(a, 0) + rows_of(a, 0, T)) * a->ifos;
            K->gelu_backward(k->pre[l] + b * n, ping, n);
            gws_conv_backward_w(K, c, x, ping, rows, at(pt, g, r->stem_w[l]), at(pt, g, r->stem_b[l]), pack);
            if (!l)
                break;
            memset(ping + n, 0, (size_t)((c->kernel / c->stride - 1) * c->cout) * sizeof *ping);
            gws_conv_backward_x(K, c, w->stem_back[l], ping, pong, rows);
            float *swap = ping;
            ping = pong;
            pong = swap;
        }
    }
}

const char *gws_work_find_bad(const gws_work *k, const gws_pass *pass)
{
    for (int i = 0; i < k->layout.n; i++) {
        const gws_tensor *t = &k->layout.rows[i];
        if (!pass->heads && (strncmp(t->name, "lif", 3) == 0 || strncmp(t->name, "logit", 5) == 0))
            continue;
        /* a carried state is the last row of a sequence that has a name of its own */
        if (strncmp(t->name, "grad", 4) == 0 || strncmp(t->name, "state", 5) == 0 || strcmp(t->name, "scratch") == 0)
            continue;
        for (int64_t j = 0; j < t->size; j++)
            if (!isfinite(k->mem[t->offset + j]))
                return t->name;
    }
    return NULL;
}
