/* Operations, sparsities and membrane updates against neurobench 2.3.0's own functions (tools/golden/energy.py); the whole network's
 * sums against the layers that they are the sums of. */
#include "gwstest.h"
#include "golden_hash.h"

#include "golden/energy.h"
#include "model/checkpoint.h"
#include "model/energy.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    T = GOLDEN_T,
    CIN = GOLDEN_CIN,
    KERNEL = GOLDEN_KERNEL,
    STRIDE = GOLDEN_STRIDE,
    COUT = GOLDEN_COUT,
    N_IN = GOLDEN_N_IN,
    N_OUT = GOLDEN_N_OUT,
    H = GOLDEN_H,
    PAD = (KERNEL - STRIDE) * CIN
};

static double uniform(uint32_t stream, uint32_t i)
{
    return golden_hash(0, stream, i);
}

static void sparse(uint32_t stream, float *out, int n)
{
    for (int i = 0; i < n; i++) {
        const double v = uniform(stream, (uint32_t)i);
        out[i] = fabs(v) < 0.1 ? 0.0f : (float)v;
    }
}

static void check(gws_synops s, const long golden[3])
{
    assert_int_equal(s.effective, golden[0]);
    assert_int_equal(s.dense, golden[1]);
    assert_int_equal(s.spiking, golden[2]);
}

static void convolution(void **state)
{
    static float w[KERNEL * CIN * COUT], x[PAD + T * STRIDE * CIN];
    int64_t fan[KERNEL * CIN];
    sparse(1, w, KERNEL * CIN * COUT);
    sparse(5, x + PAD, T * STRIDE * CIN);
    gws_fan_out(w, KERNEL * CIN, COUT, fan);
    check(gws_synops_real(fan, KERNEL * CIN, COUT, x, T, STRIDE * CIN, PAD), golden_convolution);
}

static void gru(void **state)
{
    static float w_in[COUT * 3 * H], w_rec[H * 3 * H], z[T * COUT], h[(T + 1) * H];
    int64_t fan[COUT + H], states = 0;
    sparse(2, w_in, COUT * 3 * H);
    sparse(3, w_rec, H * 3 * H);
    sparse(6, z, T * COUT);
    sparse(7, h + H, T * H);
    for (int i = 0; i < T * H; i++)
        states += h[i] != 0.0f;
    gws_fan_out(w_in, COUT, 3 * H, fan);
    const gws_synops a = gws_synops_real(fan, COUT, 3 * H, z, T, COUT, 0);
    gws_fan_out(w_rec, H, 3 * H, fan);
    const gws_synops b = gws_synops_real(fan, H, 3 * H, h, T, H, 0);
    /* the products of the gates, as gws_cost_count adds them */
    check((gws_synops){a.effective + b.effective + 2 * T * H + states, a.dense + b.dense + 3 * T * H, 0}, golden_gru);
}

static void spikes(void **state)
{
    static float w[N_IN * N_OUT], x[T * N_IN];
    static uint64_t bits[T * GWS_BIT_WORDS(N_IN)];
    int64_t fan[N_IN];
    sparse(4, w, N_IN * N_OUT);
    gws_fan_out(w, N_IN, N_OUT, fan);
    for (int i = 0; i < T * N_IN; i++) {
        x[i] = uniform(8, (uint32_t)i) > 0.3 ? 1.0f : 0.0f;
        if (x[i] > 0.0f)
            bits[i / N_IN * GWS_BIT_WORDS(N_IN) + i % N_IN / 64] |= UINT64_C(1) << (i % N_IN % 64);
    }
    check(gws_synops_spikes(fan, N_IN, N_OUT, bits, T), golden_spikes);
    check(gws_synops_real(fan, N_IN, N_OUT, x, T, N_IN, 0), golden_spikes);
    for (int i = 0; i < T * N_IN; i++)
        x[i] = -x[i];
    check(gws_synops_real(fan, N_IN, N_OUT, x, T, N_IN, 0), golden_ternary);
    sparse(9, x, T * N_IN);
    check(gws_synops_real(fan, N_IN, N_OUT, x, T, N_IN, 0), golden_real);
}

static void membranes(void **state)
{
    static float v[T * N_OUT];
    int ones = 0;
    for (int j = 0; j < N_OUT; j++)
        for (int t = 0; t < T; t++) {
            const double current = t >= T / 2 || j == 0 ? 0.0 : nearbyint(uniform(10, (uint32_t)(t * N_OUT + j)) * 16.0) / 4.0;
            float u = (t ? 0.5f * v[(t - 1) * N_OUT + j] : 0.0f) + (float)current;
            ones += u > 1.0f;
            v[t * N_OUT + j] = u > 1.0f ? 0.0f : u;
        }
    assert_int_equal(gws_membrane_updates(v, T, N_OUT), golden_membrane_updates);
    assert_true(fabs(1.0 - (double)ones / (T * N_OUT) - golden_activation_sparsity) < 1e-12);
}

static void static_metrics(void **state)
{
    static float w[4][N_IN * N_OUT];
    const int shape[4][2] = {{KERNEL * CIN, COUT}, {COUT, 3 * H}, {H, 3 * H}, {N_IN, N_OUT}};
    int64_t fan[N_IN], weights = 6 * H, nonzero = 6 * H; /* biases of the cell */
    for (int i = 0; i < 4; i++) {
        sparse((uint32_t)i + 1, w[i], shape[i][0] * shape[i][1]);
        nonzero += gws_fan_out(w[i], shape[i][0], shape[i][1], fan);
        weights += shape[i][0] * shape[i][1];
    }
    assert_true(fabs(1.0 - (double)nonzero / (double)weights - golden_connection_sparsity) <= 0.5e-4);
}

static const char recipe[] = "[model]\nchannels = 8,8,16,16\nkernels = 16,8,8,4\nstrides = 4,2,2,2\nlif = 24,16\nhorizons = 4\n";

/* The network's sums: written out once more from the shapes, and from the rates that its own tensors show. */
static void network(void **state)
{
    gws_checkpoint c;
    gws_weights w;
    gws_work k;
    gws_cost cost, half;
    gws_err err;
    enum { STEPS = 32, B = 2 };
    assert_int_equal(gws_checkpoint_init(&c, recipe, 3, GWS_TO_RUN, &err), GWS_OK);
    const gws_arch *a = &c.arch;
    for (int i = 0; i < c.table.rows[c.rows.lif[0].w].size; i++) /* until some neurons fire */
        c.p[c.table.rows[c.rows.lif[0].w].offset + i] *= 40.0f;
    c.p[c.table.rows[c.rows.lif[1].w].offset] = 0.0f;
    for (int i = 0; i < a->C; i++)
        c.p[c.table.rows[c.rows.threshold].offset + i] = -6.0f;
    const gws_kernels *K = gws_kernels_get();
    assert_int_equal(gws_weights_create(&w, a, &c.table, &c.rows, GWS_TO_RUN, &err), GWS_OK);
    gws_weights_update(&w, K, NULL, c.p);
    assert_int_equal(gws_work_create(&k, a, &(gws_work_shape){B, STEPS, 0, GWS_TO_RUN, 1}, &err), GWS_OK);
    const int64_t history = a->stem[0].history, N = STEPS * 32;
    for (int b = 0; b < B; b++)
        for (int64_t i = 0; i < N * a->ifos; i++)
            k.x[(b * (history + N) + history) * a->ifos + i] = (float)(4.0 * uniform((uint32_t)b, (uint32_t)i));
    gws_net_run(K, NULL, &w, &k, &(gws_pass){0}, GWS_DO_STEM | GWS_DO_CONTEXT | GWS_DO_BRIDGE | GWS_DO_SPIKING);
    assert_int_equal(gws_cost_count(&w, &k, &cost, &err), GWS_OK);

    double dense = 0.0, ones = 0.0, acs = 0.0;
    const uint64_t *const spikes_of[3] = {k.ev, k.lif[0].bits, k.lif[1].bits}; /* one word a row */
    const int units[3] = {32, 24, 16}, targets[3] = {24, 16, 1};
    int64_t rows = N;
    for (int l = 0; l < a->n_stem; l++) {
        const gws_conv *v = &a->stem[l];
        int64_t seen = 0; /* inputs of all rows that are not padding */
        rows /= v->stride;
        for (int64_t t = 0; t < rows; t++)
            for (int64_t p = 0; p < v->kernel; p++)
                seen += t * v->stride + p >= v->kernel - v->stride;
        dense += (double)(seen * v->cin * v->cout);
    }
    dense += STEPS * (6.0 * 16 * 16 + 3.0 * 16 + 32.0 * 24 + 24.0 * 16 + 24.0 + 16.0 + 16.0);
    assert_true(fabs(cost.dense - dense) < 0.5);
    for (int l = 0; l < 3; l++)
        for (int i = 0; i < B * STEPS * units[l]; i++)
            if (spikes_of[l][i / units[l]] >> (i % units[l]) & 1) {
                ones += 1.0;
                acs += targets[l] - (l == 1 && i % units[l] == 0); /* of the weights of its first neuron one is zero */
            }
    assert_true(ones > 100.0); /* else nothing is tested */
    assert_true(fabs(cost.acs - acs / B) < 0.5);
    assert_true(fabs(cost.spike_rate - ones / (B * STEPS * 72.0)) < 1e-12);
    /* all but the products on spikes, and the first state of the context is zero */
    assert_true(cost.macs < dense - STEPS * (32.0 * 24 + 24 * 16 + 16) &&
                cost.macs > 0.97 * (dense - STEPS * (32.0 * 24 + 24 * 16 + 16)) - 1000);
    assert_true(cost.membrane_updates > 40.0 && cost.membrane_updates <= STEPS * 40.0);
    int64_t parameters = 0;
    for (int i = 0; i < c.table.n; i++)
        if (i != c.rows.pred && i != c.rows.lin_w && i != c.rows.lin_b)
            parameters += c.table.rows[i].size;
    assert_int_equal(cost.parameters, parameters);
    assert_int_equal(cost.footprint_bytes, 4 * parameters);

    /* no events: no accumulates, and less energy; the network that does not spike costs the same as before */
    const gws_energy e = gws_energy_estimate(&cost);
    memset(k.ev, 0, (size_t)(B * STEPS) * sizeof *k.ev);
    for (int l = 0; l < GWS_LIF_LAYERS; l++)
        memset(k.lif[l].bits, 0, (size_t)(B * STEPS) * sizeof *k.ev);
    assert_int_equal(gws_cost_count(&w, &k, &half, &err), GWS_OK);
    const gws_energy f = gws_energy_estimate(&half);
    assert_true(half.acs < 0.5 && half.spike_rate < 1e-12);
    assert_true(f.total_j < e.total_j && fabs(f.dense_total_j - e.dense_total_j) < 1e-18);
    assert_true(fabs(e.arithmetic_j - 1e-12 * (4.6 * cost.macs + 0.9 * cost.acs)) < 1e-18);
    assert_true(e.total_j > e.arithmetic_j && e.dense_arithmetic_j > e.arithmetic_j);
    gws_work_clear(&k);
    gws_weights_clear(&w);
    gws_checkpoint_clear(&c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(convolution),    cmocka_unit_test(gru),
                                       cmocka_unit_test(spikes),         cmocka_unit_test(membranes),
                                       cmocka_unit_test(static_metrics), cmocka_unit_test(network)};
    return GWS_RUN_TESTS(tests);
}
