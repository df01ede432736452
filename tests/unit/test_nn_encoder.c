/* Spike encoders: same bits however they are run, channels worked by hand, the random numbers of rate.
 *
 * Truth: the scalar table for the vector tables; one run for the same run in chunks; the definition of rate with numbers drawn
 * one by one from base/rng.
 */
#include "base/rng.h"
#include "nn/encoder.h"
#include "nn/neuron.h"

#include "gwstest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const gws_isa all_isa[] = {GWS_ISA_SCALAR, GWS_ISA_AVX2, GWS_ISA_AVX512, GWS_ISA_NEON};
enum { N_ISA = sizeof all_isa / sizeof *all_isa, T = 50 };

static float *normals(int64_t n, double sigma, const char *purpose)
{
    float *x = calloc((size_t)n, sizeof *x);
    assert_non_null(x);
    gws_rng r = gws_rng_init(31, purpose, (uint64_t)n);
    for (int64_t i = 0; i < n; i++)
        x[i] = (float)(sigma * gws_rng_normal(&r));
    return x;
}

typedef struct result {
    uint64_t *bits;
    float *state, *g_h, *g_thr;
} result;

static void result_clear(result *z)
{
    free(z->bits);
    free(z->state);
    free(z->g_h);
    free(z->g_thr);
}

/* Events of chunks of 1 to `longest` steps, then the gradients. */
static void run(const gws_kernels *K, const gws_encoder *e, const float *thr, const float *h, const float *g_s, int longest,
                result *z)
{
    const int C = e->C;
    const int64_t words = GWS_BIT_WORDS(2 * C);
    z->bits = malloc((size_t)(T * words) * sizeof *z->bits);
    z->state = calloc((size_t)C, sizeof *z->state);
    z->g_h = calloc((size_t)(T * C), sizeof *z->g_h);
    z->g_thr = calloc((size_t)C, sizeof *z->g_thr);
    float *tmp = calloc((size_t)(2 * C), sizeof *tmp);
    assert_true(z->bits && z->state && z->g_h && z->g_thr && tmp);
    memset(z->bits, 0xff, (size_t)(T * words) * sizeof *z->bits);
    for (int64_t t = 0, step; t < T; t += step) {
        step = 1 + t % longest;
        step = step < T - t ? step : T - t;
        gws_encoder_forward(K, e, thr, &(gws_encoder_rows){h + t * C, z->bits + t * words, NULL, step}, t, z->state);
    }
    gws_encoder_backward(K, e, thr, &(gws_encoder_rows){h, z->bits, NULL, T}, &(gws_encoder_grads){g_s, z->g_h, z->g_thr}, tmp);
    free(tmp);
}

static void instruction_sets_and_chunks_change_nothing(void **state)
{
    static const int sizes[] = {1, 3, 31, 32, 33, 63, 64, 65, 100, 128, 150};
    for (int kind = 0, k = 0; kind < GWS_ENCODES; kind++)
        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++, k++) {
            const int C = sizes[s];
            const gws_encoder e = {.kind = (gws_encode)kind,
                                   .surrogate = (gws_surrogate)(k % GWS_SURROGATES),
                                   .C = C,
                                   .slope = 5.0f,
                                   .hold = k % 2,
                                   .period = 7,
                                   .tau = 2.0f,
                                   .seed = 3};
            float *h = normals((T + 1) * C, 0.4, "h"), *g_s = normals(T * 2 * C, 1.0, "g"), *thr = normals(C, 0.05, "thr");
            memset(h, 0, (size_t)C * sizeof *h);
            for (int c = 0; c < C; c++)
                thr[c] = 0.2f + fabsf(thr[c]);
            result want, got;
            run(gws_kernels_of(GWS_ISA_SCALAR), &e, thr, h, g_s, 1, &want);
            int64_t events = 0;
            const int64_t words = GWS_BIT_WORDS(2 * C);
            for (int64_t i = 0; i < T * words; i++)
                events += __builtin_popcountll(want.bits[i]);
            assert_in_range(events, T * 2 * C / 100, T * 2 * C / 2);
            for (int64_t i = words - 1; i < T * words; i += words) /* bits beyond the last are zero */
                assert_true(2 * C % 64 == 0 || want.bits[i] >> (2 * C % 64) == 0);
            for (int v = 0; v < N_ISA; v++)
                for (int longest = 1; longest <= T; longest += 7) {
                    const gws_kernels *K = gws_kernels_of(all_isa[v]);
                    if (!K)
                        continue;
                    run(K, &e, thr, h, g_s, longest, &got);
                    if (memcmp(got.bits, want.bits, (size_t)(T * words) * sizeof *got.bits) != 0 ||
                        memcmp(got.state, want.state, (size_t)C * sizeof *got.state) != 0 ||
                        memcmp(got.g_h, want.g_h, (size_t)(T * C) * sizeof *got.g_h) != 0 ||
                        memcmp(got.g_thr, want.g_thr, (size_t)C * sizeof *got.g_thr) != 0)
                        fail_msg("%s, %d channels, chunks to %d, on %s differs", gws_encode_name(e.kind), C, longest,
                                 gws_isa_name(K->isa));
                    result_clear(&got);
                }
            result_clear(&want);
            free(h);
            free(g_s);
            free(thr);
        }
}

/* Events as text: + - or . a step. */
static void check_events(const gws_encoder *e, const float *x, const char *want)
{
    enum { MOST = 16 };
    const int n = (int)strlen(want);
    const float thr = 0.5f;
    float h[MOST + 1] = {0}, state = 0.0f;
    uint64_t bits[MOST];
    char got[MOST + 1] = {0};
    memcpy(h + 1, x, (size_t)n * sizeof *x);
    gws_encoder_forward(gws_kernels_get(), e, &thr, &(gws_encoder_rows){h, bits, NULL, n}, 0, &state);
    for (int t = 0; t < n; t++)
        got[t] = ".+-?"[bits[t]];
    assert_string_equal(got, want);
}

static void channels_worked_by_hand(void **state)
{
    gws_encoder e = {.kind = GWS_ENCODE_CONTRAST, .C = 1};
    /* the threshold itself is not above it */
    const float x[6] = {0.75f, 1.25f, 0.5f, 0.5f, 1.5f, 1.5f};
    check_events(&e, x, "+.-.+.");
    e.hold = 1;
    check_events(&e, x, "..-.+.");
    /* b goes 0.5, 1, 0.5 (0.5 below 1 is not below), ... : 0.75-0 +, 1.25-0.5 +, 0.5-1 ., 0.25-1 -, 1.5-0.5 +, 1.75-1 + */
    e = (gws_encoder){.kind = GWS_ENCODE_DELTA, .C = 1};
    const float y[6] = {0.75f, 1.25f, 0.5f, 0.25f, 1.5f, 1.75f};
    check_events(&e, y, "++.-++");
    /* held: b begins at 0.75: ., 1.25-0.75 ., 0.5-0.75 ., 0.25-0.75 ., 1.5-0.75 + (b 1.25), 1.75-1.25 . */
    e.hold = 1;
    check_events(&e, y, "....+.");
    /* tau ln(|c|/(|c|-1/2)) with tau 2: 1.386 for c = 1, so in step 1; 0.446 for 2.5; c = 0.25 never */
    e = (gws_encoder){.kind = GWS_ENCODE_LATENCY, .C = 1, .period = 4, .tau = 2.0f};
    const float z[12] = {1.0f, 9.0f, 9.0f, 9.0f, -2.5f, 9.0f, 9.0f, 9.0f, 0.25f, 9.0f, 9.0f, 9.0f};
    check_events(&e, z, ".+..-.......");
    /* a probability of 1 always, of 0 never, and a number that is none never */
    e = (gws_encoder){.kind = GWS_ENCODE_RATE, .C = 1};
    const float p[6] = {0.5f, 7.0f, -0.5f, 0.0f, NAN, -8.0f};
    check_events(&e, p, "++-..-");
}

static void rate_draws_one_number_a_step_channel_and_sign(void **state)
{
    enum { C = 5, STEPS = 400, FIRST = 1000 };
    const gws_encoder e = {.kind = GWS_ENCODE_RATE, .C = C, .seed = 12};
    const gws_rng r = gws_rng_init(12, "rate", 0);
    const float thr[C] = {1.0f, 1.0f, 2.0f, 0.5f, 1.0f};
    float *h = normals((STEPS + 1) * C, 0.5, "h");
    uint64_t bits[STEPS];
    gws_encoder_forward(gws_kernels_get(), &e, thr, &(gws_encoder_rows){h, bits, NULL, STEPS}, FIRST, NULL);
    int events = 0;
    for (int t = 0; t < STEPS; t++)
        for (int c = 0; c < C; c++)
            for (int sign = 0; sign < 2; sign++) {
                const double u = gws_rng_uniform_at(&r, (uint64_t)(((FIRST + t) * C + c) * 2 + sign));
                const double p = (double)(h[(t + 1) * C + c] / thr[c]) * (sign ? -1.0 : 1.0);
                assert_int_equal(bits[t] >> (sign * C + c) & 1, u < p);
                events += u < p;
            }
    assert_in_range(events, STEPS * C / 10, STEPS * C);
    free(h);
}

static void names_are_read_as_they_are_written(void **state)
{
    gws_encode e;
    for (int i = 0; i < GWS_ENCODES; i++)
        assert_true(gws_encode_parse(gws_encode_name((gws_encode)i), &e) && (int)e == i);
    assert_false(gws_encode_parse("poisson", &e));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(instruction_sets_and_chunks_change_nothing),
        cmocka_unit_test(channels_worked_by_hand),
        cmocka_unit_test(rate_draws_one_number_a_step_channel_and_sign),
        cmocka_unit_test(names_are_read_as_they_are_written),
    };
    return GWS_RUN_TESTS(tests);
}
