#include "nn/neuron.h"

#include "base/err.h"

#include <string.h>

#define PACK_STEPS 64 /* steps of the recurrent weights' gradient worked on at once */

static const gws_neuron_info info[GWS_NEURON_MODELS] = {
    [GWS_NEURON_LIF] = {.name = "lif", .spikes = 1, .states = 1},
    [GWS_NEURON_CUBA] = {.name = "cuba", .synapse = 1, .spikes = 1, .states = 2},
    [GWS_NEURON_ADAPTIVE] = {.name = "adaptive", .adaptation = 1, .spikes = 1, .states = 2},
    [GWS_NEURON_RECURRENT] = {.name = "recurrent", .recurrent = 1, .spikes = 1, .states = 2},
    [GWS_NEURON_LI] = {.name = "li", .states = 1},
};

static const struct {
    const char *name;
    float slope;
} surrogates[GWS_SURROGATES] = {
    [GWS_SURROGATE_FAST_SIGMOID] = {"fast_sigmoid", 25.0f},
    [GWS_SURROGATE_ATAN] = {"atan", 2.0f},
    [GWS_SURROGATE_SUPERSPIKE] = {"superspike", 100.0f},
    [GWS_SURROGATE_TRIANGULAR] = {"triangular", 2.0f},
    [GWS_SURROGATE_BOXCAR] = {"boxcar", 1.0f},
    [GWS_SURROGATE_SIGMOID] = {"sigmoid", 25.0f},
};

static const char *const resets[GWS_RESETS] = {[GWS_RESET_HARD] = "hard", [GWS_RESET_SOFT] = "soft"};

const gws_neuron_info *gws_neuron_describe(gws_neuron_model model)
{
    return &info[model];
}

int gws_neuron_parse(const char *name, gws_neuron_model *out)
{
    for (int i = 0; i < GWS_NEURON_MODELS; i++)
        if (strcmp(name, info[i].name) == 0) {
            *out = (gws_neuron_model)i;
            return 1;
        }
    return 0;
}

int gws_surrogate_parse(const char *name, gws_surrogate *out)
{
    for (int i = 0; i < GWS_SURROGATES; i++)
        if (strcmp(name, surrogates[i].name) == 0) {
            *out = (gws_surrogate)i;
            return 1;
        }
    return 0;
}

const char *gws_surrogate_name(gws_surrogate s)
{
    return surrogates[s].name;
}

float gws_surrogate_slope(gws_surrogate s)
{
    return surrogates[s].slope;
}

int gws_reset_parse(const char *name, gws_reset *out)
{
    for (int i = 0; i < GWS_RESETS; i++)
        if (strcmp(name, resets[i]) == 0) {
            *out = (gws_reset)i;
            return 1;
        }
    return 0;
}

const char *gws_reset_name(gws_reset r)
{
    return resets[r];
}

/* The trace from element `at` of the sequence's rows on, `row` its first row. */
static gws_neuron_trace trace_at(const gws_neuron_trace *tr, int64_t row, int n)
{
    const int64_t at = row * n;
    return (gws_neuron_trace){.u = tr->u ? tr->u + at : NULL,
                              .i = tr->i ? tr->i + at : NULL,
                              .b = tr->b ? tr->b + at : NULL,
                              .bits = tr->bits ? tr->bits + row * GWS_BIT_WORDS(n) : NULL,
                              .s = tr->s ? tr->s + at : NULL};
}

/* The feedback of spikes that stand in the state as numbers, as the spikes of a step that is at hand as bits would be fed. */
static void feed_state(const gws_kernels *K, int n, const float *s, const float *rec, float *x)
{
    uint64_t bits[GWS_BIT_WORDS(GWS_NEURONS_MAX)];
    GWS_ASSERT(n <= GWS_NEURONS_MAX);
    memset(bits, 0, (size_t)GWS_BIT_WORDS(n) * sizeof *bits);
    for (int j = 0; j < n; j++)
        bits[j / 64] |= (uint64_t)(s[j] > 0.0f) << (j % 64);
    K->gemm_spikes(1, n, n, bits, GWS_BIT_WORDS(n), rec, NULL, x, n, 1);
}

void gws_neuron_forward(const gws_kernels *K, const gws_neuron *l, const gws_neuron_params *p, float *x, const gws_neuron_trace *tr,
                        float *state)
{
    const gws_neuron_info *m = &info[l->model];
    const int n = l->n, states = m->states, R = tr->R;
    const int64_t T = tr->T;
    GWS_ASSERT(!l->smooth || !m->spikes || (tr->s && !tr->bits));
    if (!m->recurrent) {
        for (int q = 0; q < R; q++) {
            const gws_neuron_trace of = trace_at(tr, q * T, n);
            K->neuron_forward(l, p, x + q * T * n, &of, state + (int64_t)q * states * n, T);
        }
        return;
    }
    const int64_t words = GWS_BIT_WORDS(n);
    for (int64_t t = 0; t < T; t++) {
        if (!tr->bits)
            K->gemm(R, n, n, state + n, (int64_t)states * n, 1, p->rec, NULL, x + t * n, T * n,
                    1); /* the state's second row is s */
        else if (t)
            K->gemm_spikes(R, n, n, tr->bits + (t - 1) * words, T * words, p->rec, NULL, x + t * n, T * n, 1);
        else
            for (int q = 0; q < R; q++)
                feed_state(K, n, state + ((int64_t)q * states + 1) * n, p->rec, x + q * T * n);
        for (int q = 0; q < R; q++) {
            const gws_neuron_trace of = trace_at(tr, q * T + t, n);
            K->neuron_forward(l, p, x + (q * T + t) * n, &of, state + (int64_t)q * states * n, 1);
        }
    }
}

static int64_t up(int64_t floats) /* to whole lines of 64 bytes, which packed panels want */
{
    return (floats + 15) / 16 * 16;
}

int64_t gws_neuron_scratch(const gws_neuron *l, int R)
{
    const gws_neuron_info *m = &info[l->model];
    if (!m->recurrent)
        return up((int64_t)m->states * l->n);
    return up((int64_t)R * m->states * l->n) + gws_pack_size(PACK_STEPS, l->n) + (int64_t)PACK_STEPS * l->n;
}

/* Spike of a recorded step as a number. */
static float spike_of(const gws_neuron *l, const gws_neuron_trace *tr, int64_t at)
{
    return l->smooth ? tr->s[at] : tr->u[at] > 1.0f ? 1.0f : 0.0f;
}

/* Add the gradients of a recurrent layer's decay and weights from one sequence, from its last step to its first.  Step t adds
 * g_x[t] v[t-1] and s[t-1]^T g_x[t]; step 0 adds nothing. */
static void recurrent_parameters(const gws_kernels *K, const gws_neuron *l, const gws_neuron_trace *tr, const float *g_x,
                                 const gws_neuron_grads *g, float *pack, float *spikes, int64_t T)
{
    const int n = l->n;
    for (int64_t t = T - 1; g->a_m && t > 0; t--)
        for (int j = 0; j < n; j++) {
            const int64_t before = (t - 1) * n + j;
            const float u = tr->u[before], s = spike_of(l, tr, before);
            g->a_m[j] += g_x[t * n + j] * (l->reset == GWS_RESET_HARD ? u * (1.0f - s) : u - s);
        }
    for (int64_t t1 = T; g->rec && t1 > 1; t1 -= PACK_STEPS) {
        const int64_t steps = t1 - 1 < PACK_STEPS ? t1 - 1 : PACK_STEPS;
        gws_pack(steps, n, g_x + (t1 - 1) * n, -(int64_t)n, 1, pack);
        for (int64_t k = 0; k < steps; k++)
            for (int j = 0; j < n; j++)
                spikes[k * n + j] = spike_of(l, tr, (t1 - 2 - k) * n + j);
        K->gemm(n, n, steps, spikes, 1, n, pack, NULL, g->rec, n, 1);
    }
}

void gws_neuron_backward(const gws_kernels *K, const gws_neuron *l, const gws_neuron_params *p, const gws_neuron_trace *tr,
                         const gws_neuron_grads *g, float *tmp)
{
    const gws_neuron_info *m = &info[l->model];
    const int n = l->n, R = tr->R;
    const float *g_s = g->s, *g_u = g->u;
    float *g_x = g->x;
    const int64_t T = tr->T, carry_n = (int64_t)m->states * n;
    GWS_ASSERT(tr->u && (!l->smooth || !m->spikes || tr->s) && (!m->adaptation || tr->b) && (!g->a_s || tr->i));
#define OF(x, q) ((x) ? (x) + (q)*T * n : NULL)
    if (!m->recurrent) {
        for (int q = 0; q < R; q++) {
            const gws_neuron_trace of = trace_at(tr, q * T, n);
            memset(tmp, 0, (size_t)carry_n * sizeof *tmp);
            K->neuron_backward(l, p, &of, OF(g_s, q), OF(g_u, q), g_x + q * T * n, g, tmp, 0, T);
        }
        return;
    }
    /* The sequences go back in lock step for the sake of the product; what they add to the gradients of the parameters is left for
     * afterwards, when each can do it on its own and in order. */
    static const gws_neuron_grads none;
    float *carry = tmp, *pack = tmp + up(R * carry_n), *spikes = pack + gws_pack_size(PACK_STEPS, n);
    memset(carry, 0, (size_t)(R * carry_n) * sizeof *carry);
    for (int64_t t = T - 1; t >= 0; t--) {
        for (int q = 0; q < R; q++) {
            const gws_neuron_trace of = trace_at(tr, q * T, n);
            K->neuron_backward(l, p, &of, OF(g_s, q), OF(g_u, q), g_x + q * T * n, &none, carry + q * carry_n, t, t + 1);
        }
        K->gemm(R, n, n, g_x + t * n, T * n, 1, p->rec_t, NULL, carry + n, carry_n, 0);
    }
    for (int q = 0; q < R; q++) {
        const gws_neuron_trace of = trace_at(tr, q * T, n);
        recurrent_parameters(K, l, &of, g_x + q * T * n, g, pack, spikes, T);
    }
#undef OF
}
