/* Neurons over time: same bits however they are run, the surrogates on a grid, a neuron worked by hand.
 *
 * Truth: the scalar table for the vector tables; one run for the same run in pieces (cuts of time, sequences one by one, some
 * outputs not asked for, in place); the formulas of surrogate.h in double precision.
 */
#include "base/rng.h"
#include "nn/neuron.h"

#include "gwstest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const gws_isa all_isa[] = {GWS_ISA_SCALAR, GWS_ISA_AVX2, GWS_ISA_AVX512, GWS_ISA_NEON};
enum { N_ISA = sizeof all_isa / sizeof *all_isa };

static void *block(int64_t n, size_t size)
{
    void *p = aligned_alloc(64, ((size_t)(n ? n : 1) * size + 63) / 64 * 64);
    assert_non_null(p);
    memset(p, 0, ((size_t)(n ? n : 1) * size + 63) / 64 * 64);
    return p;
}

static float *floats(int64_t n)
{
    return block(n, sizeof(float));
}

static float *normals(int64_t n, double mean, double sigma, const char *purpose)
{
    float *x = floats(n);
    gws_rng r = gws_rng_init(21, purpose, (uint64_t)n);
    for (int64_t i = 0; i < n; i++)
        x[i] = (float)(mean + sigma * gws_rng_normal(&r));
    return x;
}

/* A layer with R sequences of T steps, and everything that a run of it leaves. */
typedef struct layer {
    gws_neuron l;
    int R;
    int64_t T, rtn, words;
    gws_neuron_params p;
    float *par, *x, *g_s, *g_u; /* par: rows a_m, a_s, a_b, beta */
    float *rec, *rec_t;
} layer;

typedef struct result {
    gws_neuron_trace tr;
    float *current, *state, *g_x, *grads, *rec; /* grads: rows a_m, a_s, a_b, beta */
} result;

static void layer_init(layer *y, gws_neuron l, int R, int64_t T)
{
    const int n = l.n;
    *y = (layer){.l = l, .R = R, .T = T, .rtn = R * T * n, .words = R * T * GWS_BIT_WORDS(n)};
    y->x = normals(y->rtn, 0.2, 0.4, "x");
    y->g_s = normals(y->rtn, 0.0, 1.0, "gs");
    y->g_u = normals(y->rtn, 0.0, 1.0, "gu");
    y->par = floats(4 * n);
    float *w = normals((int64_t)n * n, 0.0, 0.5 / sqrt(n), "w");
    y->rec = floats(gws_pack_size(n, n));
    y->rec_t = floats(gws_pack_size(n, n));
    gws_pack(n, n, w, n, 1, y->rec);
    gws_pack(n, n, w, 1, n, y->rec_t);
    free(w);
    gws_rng r = gws_rng_init(22, "decay", (uint64_t)n);
    for (int i = 0; i < 4 * n; i++)
        y->par[i] = (float)gws_rng_range(&r, 0.3, 0.95);
    y->p = (gws_neuron_params){y->par, y->par + n, y->par + 2 * n, y->par + 3 * n, y->rec, y->rec_t};
}

static void layer_clear(layer *y)
{
    void *const all[] = {y->x, y->g_s, y->g_u, y->par, y->rec, y->rec_t};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

static void result_init(result *z, const layer *y)
{
    const gws_neuron_info *m = gws_neuron_describe(y->l.model);
    const int n = y->l.n;
    z->current = floats(y->rtn);
    memcpy(z->current, y->x, (size_t)y->rtn * sizeof(float));
    z->state = floats((int64_t)y->R * m->states * n);
    z->g_x = floats(y->rtn);
    z->grads = floats(4 * n);
    z->rec = floats((int64_t)n * n);
    z->tr = (gws_neuron_trace){.u = floats(y->rtn),
                               .i = m->synapse ? floats(y->rtn) : NULL,
                               .b = m->adaptation ? floats(y->rtn) : NULL,
                               .bits = m->spikes ? block(y->words, sizeof(uint64_t)) : NULL,
                               .R = y->R,
                               .T = y->T};
    if (m->spikes)
        memset(z->tr.bits, 0xff, (size_t)y->words * sizeof(uint64_t)); /* every word must be written */
}

static gws_neuron_grads grads_of(const layer *y, const result *z)
{
    const gws_neuron_info *m = gws_neuron_describe(y->l.model);
    const int n = y->l.n;
    return (gws_neuron_grads){.a_m = z->grads,
                              .a_s = m->synapse ? z->grads + n : NULL,
                              .a_b = m->adaptation ? z->grads + 2 * n : NULL,
                              .beta = m->adaptation ? z->grads + 3 * n : NULL,
                              .rec = m->recurrent ? z->rec : NULL,
                              .s = y->g_s,
                              .u = y->g_u,
                              .x = z->g_x};
}

static void run(const gws_kernels *K, const layer *y, result *z)
{
    result_init(z, y);
    gws_neuron_forward(K, &y->l, &y->p, z->current, &z->tr, z->state);
    float *tmp = floats(gws_neuron_scratch(&y->l, y->R));
    const gws_neuron_grads g = grads_of(y, z);
    gws_neuron_backward(K, &y->l, &y->p, &z->tr, &g, tmp);
    free(tmp);
}

static void result_clear(result *z)
{
    void *const all[] = {z->tr.u, z->tr.i, z->tr.b, z->tr.bits, z->current, z->state, z->g_x, z->grads, z->rec};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

static void check_same(const char *what, const layer *y, const result *a, const result *b)
{
    const gws_neuron_info *m = gws_neuron_describe(y->l.model);
    const size_t n = (size_t)y->l.n, rows = (size_t)y->rtn * sizeof(float);
    const int same = memcmp(a->tr.u, b->tr.u, rows) == 0 && (!m->synapse || memcmp(a->tr.i, b->tr.i, rows) == 0) &&
                     (!m->adaptation || memcmp(a->tr.b, b->tr.b, rows) == 0) &&
                     (!m->spikes || memcmp(a->tr.bits, b->tr.bits, (size_t)y->words * sizeof(uint64_t)) == 0) &&
                     memcmp(a->current, b->current, rows) == 0 &&
                     memcmp(a->state, b->state, (size_t)y->R * (size_t)m->states * n * sizeof(float)) == 0 &&
                     memcmp(a->g_x, b->g_x, rows) == 0 && memcmp(a->grads, b->grads, 4 * n * sizeof(float)) == 0 &&
                     memcmp(a->rec, b->rec, n * n * sizeof(float)) == 0;
    if (!same)
        fail_msg("%s: %s %s %s n %d differs", what, m->name, gws_reset_name(y->l.reset), gws_surrogate_name(y->l.surrogate),
                 y->l.n);
}

/* Calls f for every model and reset, with sizes below, at and beyond a word, surrogates in turn. */
static void each_layer(void (*f)(layer *y))
{
    static const int sizes[] = {1, 3, 17, 63, 64, 65, 100, 128, 203};
    for (int model = 0, k = 0; model < GWS_NEURON_MODELS; model++)
        for (int reset = 0; reset < GWS_RESETS; reset++)
            for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++, k++) {
                const gws_neuron l = {.model = (gws_neuron_model)model,
                                      .surrogate = (gws_surrogate)(k % GWS_SURROGATES),
                                      .reset = (gws_reset)reset,
                                      .n = sizes[s],
                                      .slope = 4.0f,
                                      .reset_gradient = k % 2};
                layer y;
                layer_init(&y, l, 3, 70); /* more steps than the recurrent weights' gradient takes at once */
                f(&y);
                layer_clear(&y);
            }
}

static void on_every_isa(layer *y)
{
    result want, got;
    run(gws_kernels_of(GWS_ISA_SCALAR), y, &want);
    for (int v = 1; v < N_ISA; v++) {
        const gws_kernels *K = gws_kernels_of(all_isa[v]);
        if (!K)
            continue;
        run(K, y, &got);
        check_same(gws_isa_name(K->isa), y, &want, &got);
        result_clear(&got);
    }
    result_clear(&want);
}

static void every_instruction_set_gives_the_same_bits(void **state)
{
    if (gws_isa_best() == GWS_ISA_SCALAR)
        GWS_SKIP("no vector instruction set here");
    each_layer(on_every_isa);
}

static void in_pieces(layer *y)
{
    const gws_kernels *K = gws_kernels_get();
    const gws_neuron_info *m = gws_neuron_describe(y->l.model);
    const int64_t n = y->l.n, T = y->T, words = GWS_BIT_WORDS(n);
    result whole, cut, one;
    run(K, y, &whole);
    /* sequences one by one, and time in uneven chunks; then backward in place of the spikes' gradient */
    run(K, y, &cut);
    memset(cut.state, 0, (size_t)(y->R * m->states * n) * sizeof(float));
    memset(cut.grads, 0, (size_t)(4 * n) * sizeof(float));
    memset(cut.rec, 0, (size_t)(n * n) * sizeof(float));
    memcpy(cut.current, y->x, (size_t)y->rtn * sizeof(float));
    memcpy(cut.g_x, y->g_s, (size_t)y->rtn * sizeof(float));
    float *tmp = floats(gws_neuron_scratch(&y->l, 1));
    for (int q = 0; q < y->R; q++) {
        for (int64_t t = 0, step; t < T; t += step) {
            step = T - t < 1 + t % 7 ? T - t : 1 + t % 7;
            const int64_t row = q * T + t;
            const gws_neuron_trace tr = {cut.tr.u + row * n,
                                         cut.tr.i ? cut.tr.i + row * n : NULL,
                                         cut.tr.b ? cut.tr.b + row * n : NULL,
                                         cut.tr.bits ? cut.tr.bits + row * words : NULL,
                                         NULL,
                                         1,
                                         step};
            gws_neuron_forward(K, &y->l, &y->p, cut.current + row * n, &tr, cut.state + q * m->states * n);
        }
        const gws_neuron_trace tr = {cut.tr.u + q * T * n,
                                     cut.tr.i ? cut.tr.i + q * T * n : NULL,
                                     cut.tr.b ? cut.tr.b + q * T * n : NULL,
                                     cut.tr.bits ? cut.tr.bits + q * T * words : NULL,
                                     NULL,
                                     1,
                                     T};
        gws_neuron_grads g = grads_of(y, &cut);
        g.s = g.x = cut.g_x + q * T * n;
        g.u = y->g_u + q * T * n;
        gws_neuron_backward(K, &y->l, &y->p, &tr, &g, tmp);
    }
    check_same("cut", y, &whole, &cut);
    /* bits beyond the last neuron are zero, and the spikes are those of the membrane */
    int64_t spikes = 0;
    for (int64_t r = 0; m->spikes && r < y->R * T; r++)
        for (int64_t j = 0; j < words * 64; j++) {
            const int s = whole.tr.bits[r * words + j / 64] >> (j % 64) & 1;
            const float threshold = j < n && m->adaptation ? 1.0f + y->p.beta[j] * whole.tr.b[r * n + j] : 1.0f;
            assert_int_equal(s, j < n && whole.tr.u[r * n + j] > threshold);
            spikes += s;
        }
    if (m->spikes)
        assert_in_range(spikes, y->rtn / 50, y->rtn * 2 / 3);
    /* what is not asked for changes nothing */
    result_init(&one, y);
    const gws_neuron_trace bits_only = {.bits = one.tr.bits, .R = y->R, .T = T};
    gws_neuron_forward(K, &y->l, &y->p, one.current, &bits_only, one.state);
    if (m->spikes)
        assert_memory_equal(one.tr.bits, whole.tr.bits, (size_t)y->words * sizeof(uint64_t));
    assert_memory_equal(one.state, whole.state, (size_t)(y->R * m->states * n) * sizeof(float));
    const gws_neuron_grads none = {.s = y->g_s, .u = y->g_u, .x = one.g_x};
    float *more = floats(gws_neuron_scratch(&y->l, y->R));
    gws_neuron_backward(K, &y->l, &y->p, &whole.tr, &none, more);
    assert_memory_equal(one.g_x, whole.g_x, (size_t)y->rtn * sizeof(float));
    free(tmp);
    free(more);
    result_clear(&whole);
    result_clear(&cut);
    result_clear(&one);
}

static void cuts_and_neighbours_change_nothing(void **state)
{
    each_layer(in_pieces);
}

static void surrogates_are_their_formulas(void **state)
{
    /* One step of one neuron from rest: u = x, so with a gradient of 1 for the spike, that of x is the surrogate at x - 1.  The
     * grid's numbers are multiples of 1/64 up to 100: x - 1 is exact. */
    enum { N = 2 * 100 * 64 + 1 };
    static const float slopes[] = {0.5f, 1.0f, 2.0f, 25.0f, 100.0f};
    float *x = floats(N), *u = floats(N), *a = floats(N), *st = floats(N), *one = floats(N), *g = floats(N), *s = floats(N);
    for (int i = 0; i < N; i++) {
        x[i] = 1.0f + (float)(i - N / 2) / 64.0f;
        one[i] = 1.0f;
    }
    for (int isa = 0; isa < N_ISA; isa++)
        for (int kind = 0; kind < GWS_SURROGATES; kind++)
            for (size_t k = 0; k < sizeof slopes / sizeof *slopes; k++) {
                const gws_kernels *K = gws_kernels_of(all_isa[isa]);
                gws_neuron l = {.model = GWS_NEURON_LIF, .surrogate = (gws_surrogate)kind, .n = N, .slope = slopes[k]};
                const gws_neuron_params p = {.a_m = a};
                const gws_neuron_trace tr = {.u = u, .R = 1, .T = 1}, smooth = {.u = u, .s = s, .R = 1, .T = 1};
                const gws_neuron_grads none = {.s = one, .x = g};
                if (!K)
                    continue;
                float *tmp = floats(gws_neuron_scratch(&l, 1));
                gws_neuron_forward(K, &l, &p, x, &tr, st);
                gws_neuron_backward(K, &l, &p, &tr, &none, tmp);
                memset(st, 0, N * sizeof *st);
                l.smooth = 1;
                gws_neuron_forward(K, &l, &p, x, &smooth, st);
                memset(st, 0, N * sizeof *st);
                free(tmp);
                for (int i = 0; i < N; i++) {
                    const double d = (double)(i - N / 2) / 64.0, m = fabs(d), sign = d < 0.0 ? -1.0 : 1.0, q = (double)slopes[k];
                    double want = 1.0 / ((1.0 + q * m) * (1.0 + q * m)), step = d / (1.0 + q * m) + 0.5;
                    switch ((gws_surrogate)kind) {
                    case GWS_SURROGATE_ATAN:
                        want = q / 2.0 / (1.0 + M_PI * q * d / 2.0 * (M_PI * q * d / 2.0));
                        step = atan(M_PI * q * d / 2.0) / M_PI + 0.5;
                        break;
                    case GWS_SURROGATE_TRIANGULAR:
                        want = fmax(0.0, 1.0 - q * m);
                        step = sign * (q * m < 1.0 ? m - q * m * m / 2.0 : 0.5 / q) + 0.5;
                        break;
                    case GWS_SURROGATE_BOXCAR:
                        want = q * m < 1.0 ? 0.5 : 0.0;
                        step = sign * fmin(m, 1.0 / q) / 2.0 + 0.5;
                        break;
                    case GWS_SURROGATE_SIGMOID:
                        want = q * exp(-q * m) / ((1.0 + exp(-q * m)) * (1.0 + exp(-q * m)));
                        step = 1.0 / (1.0 + exp(-q * d));
                        break;
                    default: break;
                    }
                    /* exp's polynomial has 3e-7 and stops at 1e-38; the others round a handful of times */
                    if (!(fabs((double)g[i] - want) <= 2e-6 * want + 1e-34))
                        fail_msg("%s k %g: surrogate at %g is %.9g, wanted %.9g", gws_surrogate_name(l.surrogate), q, d,
                                 (double)g[i], want);
                    if (!(fabs((double)s[i] - step) <= 1e-6 * (1.0 + 1.0 / q)))
                        fail_msg("%s k %g: smooth step at %g is %.9g, wanted %.9g", gws_surrogate_name(l.surrogate), q, d,
                                 (double)s[i], step);
                }
            }
    void *const all[] = {x, u, a, st, one, g, s};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

/* Decays 1/2, numbers exact in binary.  u 1, which is not above 1; then 0.5 + 0.75 = 1.25: a spike in that step.  A hard reset
 * forgets it all, a soft one keeps a quarter. */
static void a_neuron_worked_by_hand(void **state)
{
    const float half = 0.5f;
    const gws_neuron_params p = {.a_m = &half, .a_s = &half, .a_b = &half, .beta = &half};
    for (int reset = 0; reset < GWS_RESETS; reset++) {
        const gws_neuron l = {.model = GWS_NEURON_LIF, .reset = (gws_reset)reset, .n = 1};
        float x[3] = {1.0f, 0.75f, 0.5f}, u[3], v = 0.0f;
        uint64_t bits[3];
        const gws_neuron_trace tr = {.u = u, .bits = bits, .R = 1, .T = 3};
        gws_neuron_forward(gws_kernels_get(), &l, &p, x, &tr, &v);
        const float kept = reset == GWS_RESET_SOFT ? 0.125f : 0.0f;
        assert_true(u[0] == 1.0f && u[1] == 1.25f && u[2] == 0.5f + kept && v == u[2]);
        assert_true(bits[0] == 0 && bits[1] == 1 && bits[2] == 0);
    }
    /* Current-based: i 1, u 1; i 0.5, u 1; i 0.75, u 1.25 and a spike, which the current outlives. */
    const gws_neuron cuba = {.model = GWS_NEURON_CUBA, .n = 1};
    float x[4] = {1.0f, 0.0f, 0.5f, 0.0f}, u[4], i[4], st[2] = {0};
    uint64_t bits[4];
    const gws_neuron_trace tr = {.u = u, .i = i, .bits = bits, .R = 1, .T = 4};
    gws_neuron_forward(gws_kernels_get(), &cuba, &p, x, &tr, st);
    const float want_u[4] = {1.0f, 1.0f, 1.25f, 0.375f}, want_i[4] = {1.0f, 0.5f, 0.75f, 0.375f};
    assert_memory_equal(u, want_u, sizeof u);
    assert_memory_equal(i, want_i, sizeof i);
    assert_true(bits[0] == 0 && bits[1] == 0 && bits[2] == 1 && bits[3] == 0 && st[0] == 0.375f && st[1] == 0.375f);
    /* Adaptive: a spike lifts b to 1/2 and the threshold to 1.25, which the same input then just reaches and does not exceed. */
    const gws_neuron adaptive = {.model = GWS_NEURON_ADAPTIVE, .n = 1};
    float y[3] = {1.25f, 1.25f, 1.0f}, b[3], sb[2] = {0};
    const gws_neuron_trace ta = {.u = u, .b = b, .bits = bits, .R = 1, .T = 3};
    gws_neuron_forward(gws_kernels_get(), &adaptive, &p, y, &ta, sb);
    const float want_b[3] = {0.0f, 0.5f, 0.25f};
    assert_memory_equal(b, want_b, sizeof b);
    assert_true(bits[0] == 1 && bits[1] == 0 && bits[2] == 1 && u[2] == 1.625f && sb[1] == 0.625f);
    /* Recurrent: the spike of step 0 sends W = 2 into step 1, which fires and resets. */
    const gws_neuron recurrent = {.model = GWS_NEURON_RECURRENT, .n = 1};
    const float w = 2.0f;
    float rec[GWS_PANEL] __attribute__((aligned(64))), z[3] = {1.5f, 0.0f, -1.5f}, sr[2] = {0};
    gws_pack(1, 1, &w, 1, 1, rec);
    const gws_neuron_params pr = {.a_m = &half, .rec = rec};
    const gws_neuron_trace trr = {.u = u, .bits = bits, .R = 1, .T = 3};
    gws_neuron_forward(gws_kernels_get(), &recurrent, &pr, z, &trr, sr);
    assert_true(u[0] == 1.5f && u[1] == 2.0f && u[2] == 0.5f && z[1] == 2.0f && z[2] == 0.5f);
    assert_true(bits[0] == 1 && bits[1] == 1 && bits[2] == 0 && sr[0] == 0.5f && sr[1] == 0.0f);
}

/* A number that is none neither fires nor is made into one. */
static void a_nan_stays_in_its_neuron(void **state)
{
    for (int model = 0; model < GWS_NEURON_MODELS; model++)
        for (int reset = 0; reset < GWS_RESETS; reset++) {
            const gws_neuron l = {.model = (gws_neuron_model)model, .reset = (gws_reset)reset, .n = 3, .slope = 1.0f};
            layer y;
            result z;
            layer_init(&y, l, 1, 5);
            memset(y.rec, 0, (size_t)gws_pack_size(3, 3) * sizeof(float));
            y.x[4] = NAN; /* step 1, neuron 1 */
            run(gws_kernels_get(), &y, &z);
            for (int k = 0; k < 15; k++) {
                assert_int_equal(isnan(z.tr.u[k]) != 0, k % 3 == 1 && k / 3 >= 1);
                if (z.tr.bits && isnan(z.tr.u[k]))
                    assert_int_equal(z.tr.bits[k / 3] >> (k % 3) & 1, 0);
            }
            result_clear(&z);
            layer_clear(&y);
        }
}

static void names_are_read_as_they_are_written(void **state)
{
    gws_neuron_model m;
    gws_surrogate s;
    gws_reset r;
    for (int i = 0; i < GWS_NEURON_MODELS; i++)
        assert_true(gws_neuron_parse(gws_neuron_describe((gws_neuron_model)i)->name, &m) && (int)m == i);
    for (int i = 0; i < GWS_SURROGATES; i++) {
        assert_true(gws_surrogate_parse(gws_surrogate_name((gws_surrogate)i), &s) && (int)s == i);
        assert_true(gws_surrogate_slope((gws_surrogate)i) > 0.0f);
    }
    for (int i = 0; i < GWS_RESETS; i++)
        assert_true(gws_reset_parse(gws_reset_name((gws_reset)i), &r) && (int)r == i);
    assert_false(gws_neuron_parse("LIF", &m) || gws_surrogate_parse("", &s) || gws_reset_parse("zero", &r));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_instruction_set_gives_the_same_bits),
        cmocka_unit_test(cuts_and_neighbours_change_nothing),
        cmocka_unit_test(surrogates_are_their_formulas),
        cmocka_unit_test(a_neuron_worked_by_hand),
        cmocka_unit_test(a_nan_stays_in_its_neuron),
        cmocka_unit_test(names_are_read_as_they_are_written),
    };
    return GWS_RUN_TESTS(tests);
}
