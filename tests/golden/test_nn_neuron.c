/* Neurons against snnTorch, Norse, Spyx and JAX (tools/golden/neurons.py; versions in golden/neurons.h).
 *
 * Truth: their cells and their differentiation, in double precision, on inputs from an integer hash that both sides compute.
 * Spikes must be equal: no membrane of these inputs is within 1e-4 of its threshold.  Membranes differ by the rounding of floats
 * (1e-6 of the largest), gradients by the rounding of a chain of products over 24 steps (1e-5 of the largest).
 */
#include "nn/neuron.h"

#include "golden/neurons.h"
#include "gwstest.h"
#include "golden_hash.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { T = GOLDEN_T, N = GOLDEN_N, TN = T * N };

static double uniform(uint32_t stream, uint32_t i)
{
    return golden_hash(0, stream, i);
}

static void check(const golden_neuron *c, const char *what, const float *got, const double *want, int n, double tolerance)
{
    double scale = 0.0;
    if (!want)
        return;
    for (int i = 0; i < n; i++)
        scale = fmax(scale, fabs(want[i]));
    assert_true(scale > 0.0);
    for (int i = 0; i < n; i++)
        if (!(fabs((double)got[i] - want[i]) <= tolerance * scale))
            fail_msg("%s %s %s, %s: element %d: %.9g, wanted %.9g", c->referee, c->model, c->reset, what, i, (double)got[i],
                     want[i]);
}

static void run(const gws_kernels *K, const golden_neuron *c)
{
    gws_neuron l = {.n = N, .slope = (float)c->slope, .reset_gradient = c->reset_gradient};
    assert_true(gws_neuron_parse(c->model, &l.model) && gws_surrogate_parse(c->surrogate, &l.surrogate) &&
                gws_reset_parse(c->reset, &l.reset));
    const gws_neuron_info *m = gws_neuron_describe(l.model);
    const int spyx = strcmp(c->referee, "spyx") == 0, jax = strcmp(c->referee, "jax") == 0;
    static const float centre[] = {[GWS_NEURON_LIF] = 0.25f,
                                   [GWS_NEURON_CUBA] = 0.125f,
                                   [GWS_NEURON_ADAPTIVE] = 0.375f,
                                   [GWS_NEURON_RECURRENT] = 0.125f,
                                   0.0f};
    const uint32_t stream = 4 * (uint32_t)c->salt;
    float x[TN], c_s[TN], c_u[TN], w[N * N], a_m[N], a_s[N], a_b[N], beta[N], state[2 * N] = {0};
    for (uint32_t i = 0; i < TN; i++) {
        x[i] = (float)uniform(stream, i) + centre[l.model];
        c_s[i] = (float)uniform(stream + 1, i);
        c_u[i] = (float)uniform(stream + 2, i);
    }
    for (uint32_t i = 0; i < N * N; i++)
        w[i] = (float)uniform(stream + 3, i);
    for (int j = 0; j < N; j++) {
        a_m[j] = (float)(40 + 4 * j) / 64.0f;
        a_s[j] = (float)(20 + 5 * j) / 64.0f;
        a_b[j] = (float)(50 + 2 * j) / 64.0f;
        beta[j] = (float)(8 + 3 * j) / 16.0f;
        if (spyx && l.model == GWS_NEURON_RECURRENT)
            a_m[j] = 1.0f; /* its recurrent neuron does not leak */
        if (spyx)
            beta[j] = 1.0f;
    }
    /* Spyx's LIF and ALIF subtract the threshold undecayed, one step later.  Given that much less at its input, ours must follow:
     * what the threshold was is known from their spikes. */
    const int undecayed = spyx && (l.model == GWS_NEURON_LIF || l.model == GWS_NEURON_ADAPTIVE);
    for (int j = 0; undecayed && j < N; j++) {
        double b = 0.0;
        for (int t = 0; t + 1 < T; t++) {
            const double s = c->s[t] >> j & 1, threshold = l.model == GWS_NEURON_ADAPTIVE ? 1.0 + b : 1.0;
            x[(t + 1) * N + j] = (float)((double)x[(t + 1) * N + j] - (1.0 - (double)a_m[j]) * s * threshold);
            b = (double)a_b[j] * b + (1.0 - (double)a_b[j]) * s;
        }
    }
    float rec[GWS_PANEL * N] __attribute__((aligned(64))), rec_t[GWS_PANEL * N] __attribute__((aligned(64)));
    gws_pack(N, N, w, N, 1, rec);
    gws_pack(N, N, w, 1, N, rec_t);
    float u[TN], i[TN], b[TN] = {0}, v[TN], g_x[TN], g_am[N] = {0}, g_as[N] = {0}, g_ab[N] = {0}, g_beta[N] = {0},
                        g_rec[N * N] = {0};
    uint64_t bits[T] = {0};
    const gws_neuron_params p = {.a_m = a_m,
                                 .a_s = m->synapse ? a_s : NULL,
                                 .a_b = m->adaptation ? a_b : NULL,
                                 .beta = m->adaptation ? beta : NULL,
                                 .rec = m->recurrent ? rec : NULL,
                                 .rec_t = m->recurrent ? rec_t : NULL};
    const gws_neuron_trace tr = {
        .u = u, .i = m->synapse ? i : NULL, .b = m->adaptation ? b : NULL, .bits = m->spikes ? bits : NULL, .R = 1, .T = T};
    gws_neuron_forward(K, &l, &p, x, &tr, state);
    for (int k = 0; k < TN; k++) {
        const float threshold = m->adaptation ? 1.0f + beta[k % N] * b[k] : 1.0f;
        const int s = bits[k / N] >> (k % N) & 1;
        v[k] = !s ? u[k] : l.reset == GWS_RESET_HARD ? 0.0f : u[k] - threshold;
    }
    for (int t = 0; t < T; t++)
        if (bits[t] != c->s[t])
            fail_msg("%s %s %s: spikes of step %d: %llx, wanted %x", c->referee, c->model, c->reset, t, (unsigned long long)bits[t],
                     c->s[t]);
    check(c, "membrane", v, c->v, TN, 1e-6);

    const gws_neuron_grads g = {.a_m = g_am,
                                .a_s = m->synapse ? g_as : NULL,
                                .a_b = m->adaptation ? g_ab : NULL,
                                .beta = m->adaptation ? g_beta : NULL,
                                .rec = m->recurrent ? g_rec : NULL,
                                .s = m->spikes ? c_s : NULL,
                                .u = jax || !m->spikes ? c_u : NULL,
                                .x = g_x};
    float *tmp = aligned_alloc(64, (size_t)gws_neuron_scratch(&l, 1) * sizeof *tmp);
    assert_non_null(tmp);
    gws_neuron_backward(K, &l, &p, &tr, &g, tmp);
    free(tmp);
    check(c, "gradient of the input", g_x, c->x, TN, 1e-5);
    check(c, "gradient of a_m", g_am, c->a_m, N, 1e-5);
    check(c, "gradient of a_s", g_as, c->a_s, N, 1e-5);
    check(c, "gradient of a_b", g_ab, c->a_b, N, 1e-5);
    check(c, "gradient of beta", g_beta, c->beta, N, 1e-5);
    check(c, "gradient of W", g_rec, c->rec, N * N, 1e-5);
}

static void the_libraries_agree(void **state)
{
    assert_true(GOLDEN_CLOSEST > 1e-5);
    for (size_t k = 0; k < sizeof golden_neurons / sizeof *golden_neurons; k++) {
        run(gws_kernels_of(GWS_ISA_SCALAR), &golden_neurons[k]);
        run(gws_kernels_get(), &golden_neurons[k]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_libraries_agree)};
    return GWS_RUN_TESTS(tests);
}
