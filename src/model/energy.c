#include "model/energy.h"

#include "model/pass.h"

#include <stdlib.h>
#include <string.h>

int64_t gws_fan_out(const float *w, int64_t k, int64_t n, int64_t *fan)
{
    int64_t sum = 0;
    for (int64_t p = 0; p < k; p++) {
        fan[p] = 0;
        for (int64_t j = 0; j < n; j++)
            fan[p] += w[p * n + j] != 0.0f;
        sum += fan[p];
    }
    return sum;
}

gws_synops gws_synops_real(const int64_t *fan, int64_t k, int64_t n, const float *x, int64_t rows, int64_t x_row, int64_t pad)
{
    gws_synops s = {.spiking = 1};
    for (int64_t i = 0; i < rows; i++) {
        const int64_t first = i * x_row < pad ? pad - i * x_row : 0;
        if (first < k)
            s.dense += (k - first) * n;
        for (int64_t p = first; p < k; p++) {
            const float v = x[i * x_row + p];
            if (v == 0.0f)
                continue;
            s.effective += fan[p];
            if (v != 1.0f && v != -1.0f)
                s.spiking = 0;
        }
    }
    return s;
}

gws_synops gws_synops_spikes(const int64_t *fan, int64_t k, int64_t n, const uint64_t *bits, int64_t rows)
{
    const int64_t words = GWS_BIT_WORDS(k);
    gws_synops s = {.spiking = 1, .dense = rows * k * n};
    for (int64_t i = 0; i < rows; i++)
        for (int64_t v = 0; v < words; v++)
            for (uint64_t b = bits[i * words + v]; b; b &= b - 1)
                s.effective += fan[64 * v + __builtin_ctzll(b)];
    return s;
}

int64_t gws_membrane_updates(const float *v, int64_t T, int64_t n)
{
    int64_t updates = T > 0 ? n : 0;
    for (int64_t i = n; i < T * n; i++)
        updates += v[i] != v[i - n];
    return updates;
}

/* ---- the network ---- */

/* Sums over all items. */
typedef struct tally {
    const gws_weights *w;
    int64_t *fan;
    int64_t macs, acs, dense;
    int64_t weights, zero_weights;
    int64_t real, real_zero;     /* activations */
    int64_t events, events_zero; /* of events and spikes */
    int64_t updates;
    int64_t real_words;  /* inputs and outputs of layers that are real, each once */
    int64_t event_words; /* those that are events, 32 a word, each once */
    int64_t state_words;
} tally;

static void add(tally *t, gws_synops s)
{
    t->dense += s.dense;
    if (s.spiking)
        t->acs += s.effective;
    else
        t->macs += s.effective;
}

/* Weights of k inputs of a layer, from input `first` on; they are the same for every item. */
static void fan_out_of(tally *t, int row, int64_t first, int64_t k, int64_t n, int count)
{
    const int64_t nonzero = gws_fan_out(t->w->p + t->w->table->rows[row].offset + first * n, k, n, t->fan);
    if (count) {
        t->weights += k * n;
        t->zero_weights += k * n - nonzero;
    }
}

static void fan_out(tally *t, int row, int64_t k, int64_t n, int count)
{
    fan_out_of(t, row, 0, k, n, count);
}

static int64_t zeros(const float *x, int64_t n)
{
    int64_t sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += x[i] == 0.0f;
    return sum;
}

static void count_spikes(tally *t, const uint64_t *bits, int64_t rows, int64_t n)
{
    int64_t ones = 0;
    for (int64_t i = 0; i < rows * GWS_BIT_WORDS(n); i++)
        ones += __builtin_popcountll(bits[i]);
    t->events += rows * n;
    t->events_zero += rows * n - ones;
    t->event_words += 2 * rows * ((n + 31) / 32); /* written by one layer, read by the next */
}

/* Membranes after the reset, from those before it: a spike sets them to zero, or takes the threshold off. */
static int64_t updates(const gws_arch *a, const float *u, const uint64_t *bits, int64_t T, int64_t n, float *v)
{
    for (int64_t t = 0; t < T; t++)
        for (int64_t j = 0; j < n; j++) {
            const int spike = bits && bits[t * GWS_BIT_WORDS(n) + j / 64] >> (j % 64) & 1;
            v[t * n + j] = !spike ? u[t * n + j] : a->reset == GWS_RESET_HARD ? 0.0f : u[t * n + j] - 1.0f;
        }
    return gws_membrane_updates(v, T, n);
}

static void count_item(tally *t, const gws_work *k, int b, float *v)
{
    const gws_arch *a = k->a;
    const gws_param_rows *r = t->w->rows;
    const int64_t T = k->T, C = a->C, at = b * k->cap;
    int64_t rows = T * gws_arch_rows(a);
    const float *x = k->x + b * (gws_history_of(a, 0) + gws_rows_of(a, 0, k->cap)) * a->inputs;
    for (int l = 0; l < a->n_stem; l++) {
        const gws_conv *c = &a->stem[l];
        const int64_t taps = (int64_t)c->kernel * c->cin, pad = (int64_t)c->history * c->cin;
        t->real_words += rows * c->cin; /* in */
        rows /= c->stride;
        fan_out(t, r->stem_w[l], taps, c->cout, b == 0);
        add(t, gws_synops_real(t->fan, taps, c->cout, x, rows, (int64_t)c->stride * c->cin, pad));
        const int64_t history = gws_history_of(a, l + 1);
        x = k->act[l] + b * (history + gws_rows_of(a, l + 1, k->cap)) * c->cout;
        t->real += rows * c->cout;
        t->real_zero += zeros(x + history * c->cout, rows * c->cout);
        t->real_words += rows * c->cout; /* out */
    }
    const float *h = k->gru.h + b * (k->cap + 1) * C;
    fan_out(t, r->gru_in, C, 3 * C, b == 0);
    add(t, gws_synops_real(t->fan, C, 3 * C, x, T, C, 0));
    fan_out(t, r->gru_rec, C, 3 * C, b == 0);
    gws_synops recurrent = gws_synops_real(t->fan, C, 3 * C, h, T, C, 0);
    /* elementwise products of a step: reset gate, (1 - update) candidate, update h */
    recurrent.effective += 3 * T * C - zeros(h, T * C);
    recurrent.dense += 3 * T * C;
    recurrent.spiking = 0;
    add(t, recurrent);
    t->real_words += T * C + T * C + T * C; /* latents in, context out, context into the bridge */
    t->state_words += 2 * T * C;

    const uint64_t *in = k->ev + at * GWS_BIT_WORDS(2 * C);
    int64_t n = 2 * C;
    if (r->read_e >= 0) { /* events that the readout hears directly */
        fan_out(t, r->read_e, n, 1, b == 0);
        add(t, gws_synops_spikes(t->fan, n, 1, in, T));
    }
    for (int l = 0; l < GWS_LIF_LAYERS; l++) {
        const int64_t H = a->H[l], words = GWS_BIT_WORDS(H);
        const gws_neuron_info *info = gws_neuron_describe(a->neuron[l]);
        const float *u = k->lif[l].u + at * H;
        const uint64_t *out = k->lif[l].bits ? k->lif[l].bits + at * words : NULL;
        count_spikes(t, in, T, n);
        fan_out(t, r->lif[l].w, n, H, b == 0);
        add(t, gws_synops_spikes(t->fan, n, H, in, T));
        for (int d = 1; d < a->delays && l == 0; d++) { /* the same events again, later */
            fan_out_of(t, r->lif[0].w, d * n, n, H, b == 0);
            add(t, gws_synops_spikes(t->fan, n, H, in, T > a->delay[d] ? T - a->delay[d] : 0));
            t->event_words += T * ((n + 31) / 32);
        }
        if (info->recurrent) { /* the spikes of the step before */
            fan_out(t, r->lif[l].rec, H, H, b == 0);
            add(t, gws_synops_spikes(t->fan, H, H, out, T - 1));
        }
        t->updates += updates(a, u, out, T, H, v);
        t->state_words += 2 * info->states * T * H;
        if (r->read_u[l] >= 0) { /* membranes into the readout */
            fan_out(t, r->read_u[l], H, 1, b == 0);
            add(t, gws_synops_real(t->fan, H, 1, u, T, H, 0));
            t->real_words += T * H;
        }
        in = out;
        n = H;
    }
    if (in) {
        const int classes = a->readout == GWS_READOUT_MEAN ? 2 : 1;
        count_spikes(t, in, T, n);
        fan_out(t, classes == 2 ? r->read_w : r->read_s, n, classes, b == 0);
        add(t, gws_synops_spikes(t->fan, n, classes, in, T));
    }
}

static int64_t largest(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

gws_status gws_cost_count(const gws_weights *w, const gws_work *k, gws_cost *out, gws_err *err)
{
    const gws_arch *a = k->a;
    const int64_t T = k->T, C = a->C, H = largest(a->H[0], a->H[1]), B = k->B;
    int64_t inputs = largest(2 * C, H), samples = T * gws_arch_rows(a) * a->inputs;
    for (int l = 0; l < a->n_stem; l++)
        inputs = largest(inputs, (int64_t)a->stem[l].kernel * a->stem[l].cin);
    tally t = {.w = w};
    float *v = malloc((size_t)(T * H) * sizeof *v);
    t.fan = malloc((size_t)inputs * sizeof *t.fan);
    *out = (gws_cost){0};
    if (!v || !t.fan) {
        free(v);
        free(t.fan);
        return gws_err_set(err, GWS_ENOMEM, "no memory to count operations");
    }
    for (int b = 0; b < B; b++)
        count_item(&t, k, b, v);
    free(v);
    free(t.fan);

    for (int i = 0; i < w->table->n; i++)
        if (strncmp(w->table->rows[i].name, "cpc.", 4) != 0 && strncmp(w->table->rows[i].name, "linear.", 7) != 0)
            out->parameters += w->table->rows[i].size;
    out->footprint_bytes = out->parameters * (int64_t)sizeof(float);
    out->connection_sparsity = (double)t.zero_weights / (double)t.weights;
    out->activation_sparsity = (double)(t.real_zero + t.events_zero) / (double)(t.real + t.events);
    out->spike_rate = 1.0 - (double)t.events_zero / (double)t.events;
    const double items = B;
    out->macs = (double)t.macs / items;
    out->acs = (double)t.acs / items;
    out->dense = (double)t.dense / items;
    out->membrane_updates = (double)t.updates / items;
    out->dram_words = out->dense_dram_words = (double)(out->parameters + samples);
    out->on_chip_words = out->macs + out->acs + (double)(t.real_words + t.event_words + t.state_words) / items;
    /* real numbers where there were events, and the state of the context only */
    out->dense_on_chip_words = out->dense + (double)(t.real_words + 2 * t.events) / items + (double)(2 * T * C);
    return GWS_OK;
}

gws_energy gws_energy_estimate(const gws_cost *c)
{
    const double pj = 1e-12;
    gws_energy e;
    e.arithmetic_j = pj * (GWS_PJ_MAC * c->macs + GWS_PJ_AC * c->acs);
    e.total_j = e.arithmetic_j + pj * (GWS_PJ_ON_CHIP * c->on_chip_words + GWS_PJ_DRAM * c->dram_words);
    e.dense_arithmetic_j = pj * GWS_PJ_MAC * c->dense;
    e.dense_total_j = e.dense_arithmetic_j + pj * (GWS_PJ_ON_CHIP * c->dense_on_chip_words + GWS_PJ_DRAM * c->dense_dram_words);
    return e;
}
