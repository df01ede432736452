/* Spike encoders against snnTorch and JAX (tools/golden/encoders.py; versions in golden/encoders.h).
 *
 * Truth: snnTorch's events, times and counts, and JAX's differentiation of the equations, in double precision, on inputs from an
 * integer hash that both sides compute.  Events must be equal: no decision of these inputs is within 1e-4 of its threshold.
 * Gradients differ by the rounding of float arithmetic.  Counts of independent draws may differ by five standard deviations.
 */
#include "nn/encoder.h"
#include "nn/neuron.h"

#include "golden/encoders.h"
#include "gwstest.h"
#include "golden_hash.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { T = GOLDEN_T, C = GOLDEN_C };

static double uniform(uint32_t stream, uint32_t i)
{
    return golden_hash(0, stream, i);
}

static void check(const golden_encoder *c, const char *what, const float *got, const double *want, int n)
{
    double scale = 0.0;
    if (!want)
        return;
    for (int i = 0; i < n; i++)
        scale = fmax(scale, fabs(want[i]));
    assert_true(scale > 0.0);
    for (int i = 0; i < n; i++)
        if (!(fabs((double)got[i] - want[i]) <= 1e-5 * scale))
            fail_msg("%s %s, %s: element %d: %.9g, wanted %.9g", c->referee, c->kind, what, i, (double)got[i], want[i]);
}

static void run(const gws_kernels *K, const golden_encoder *c)
{
    gws_encoder e = {.C = C, .slope = (float)c->slope, .hold = c->hold, .period = GOLDEN_PERIOD, .tau = (float)GOLDEN_TAU};
    assert_true(gws_encode_parse(c->kind, &e.kind) && gws_surrogate_parse(c->surrogate, &e.surrogate));
    float h[(T + 1) * C] = {0}, c_s[T * 2 * C], thr[C], state[C] = {0}, s[T * 2 * C], g_h[T * C] = {0}, g_thr[C] = {0}, tmp[2 * C];
    uint64_t bits[T];
    double walk[C] = {0};
    for (uint32_t i = 0; i < T * C; i++) {
        const double x = uniform(3 * (uint32_t)c->salt, i);
        walk[i % C] += x;
        h[C + i] = (float)(e.kind == GWS_ENCODE_DELTA ? walk[i % C] / 4.0 : x);
    }
    for (uint32_t i = 0; i < T * 2 * C; i++)
        c_s[i] = (float)uniform(3 * (uint32_t)c->salt + 1, i);
    for (int j = 0; j < C; j++)
        thr[j] = strcmp(c->referee, "jax") == 0 ? (float)(6 + j) / 64.0f : (float)GOLDEN_THRESHOLD;
    gws_encoder_forward(K, &e, thr, &(gws_encoder_rows){h, bits, NULL, T}, 0, state);
    for (int t = 0; c->s && t < T; t++)
        if (bits[t] != c->s[t])
            fail_msg("%s %s hold %d: events of step %d: %llx, wanted %x", c->referee, c->kind, c->hold, t,
                     (unsigned long long)bits[t], c->s[t]);
    if (c->mean) {
        e.smooth = 1;
        gws_encoder_forward(K, &e, thr, &(gws_encoder_rows){h, NULL, s, T}, 0, state);
        check(c, "expectation", s, c->mean, T * 2 * C);
        e.smooth = 0;
    }
    gws_encoder_backward(K, &e, thr, &(gws_encoder_rows){h, bits, NULL, T}, &(gws_encoder_grads){c_s, g_h, g_thr}, tmp);
    check(c, "gradient of the input", g_h, c->x, T * C);
    check(c, "gradient of the thresholds", g_thr, c->threshold, C);
}

static void snntorch_and_jax_agree(void **state)
{
    for (size_t k = 0; k < sizeof golden_encoders / sizeof *golden_encoders; k++) {
        run(gws_kernels_of(GWS_ISA_SCALAR), &golden_encoders[k]);
        run(gws_kernels_get(), &golden_encoders[k]);
    }
}

static void rate_counts_as_often_as_snntorch(void **state)
{
    enum { VALUES = sizeof golden_rates / sizeof *golden_rates, D = GOLDEN_DRAWS };
    const gws_encoder e = {.kind = GWS_ENCODE_RATE, .C = VALUES, .seed = 4};
    float *h = calloc((D + 1) * VALUES, sizeof *h), thr[VALUES];
    uint64_t *bits = calloc(D, sizeof *bits);
    assert_true(h && bits);
    for (int v = 0; v < VALUES; v++) {
        thr[v] = 0.5f;
        for (int t = 1; t <= D; t++)
            h[t * VALUES + v] = 0.5f * (float)golden_rates[v].value;
    }
    gws_encoder_forward(gws_kernels_get(), &e, thr, &(gws_encoder_rows){h, bits, NULL, D}, 0, NULL);
    for (int v = 0; v < VALUES; v++) {
        const double p = golden_rates[v].value;
        int on = 0, off = 0;
        for (int t = 0; t < D; t++) {
            on += bits[t] >> v & 1;
            off += bits[t] >> (VALUES + v) & 1;
        }
        if (p <= 0.0 || p >= 1.0)
            assert_int_equal(on, golden_rates[v].count); /* never, or always */
        else
            assert_true(fabs((double)on - golden_rates[v].count) < 5.0 * sqrt(2.0 * D * p * (1.0 - p)));
        assert_true(p < 0.0 ? fabs(off + D * p) < 5.0 * sqrt(-p * (1.0 + p) * D) : off == 0); /* negative values: OFF, as often */
    }
    free(h);
    free(bits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(snntorch_and_jax_agree),
                                       cmocka_unit_test(rate_counts_as_often_as_snntorch)};
    return GWS_RUN_TESTS(tests);
}
