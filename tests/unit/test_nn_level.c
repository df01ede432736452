/* Level crossings.  Truth: identity. */
#include "gwstest.h"

#include "base/rng.h"
#include "nn/kernels/kernels.h"
#include "nn/level.h"

#include <math.h>
#include <string.h>

enum { T = 400, C = 70, WORDS = GWS_BIT_WORDS(2 * C), N = 5 };

static int sent(const uint64_t *bits, int from)
{
    int n = 0;
    for (int j = from; j < from + C; j++)
        n += (int)(bits[j / 64] >> (j % 64) & 1);
    return n;
}

static void walk(float *x, double size)
{
    const gws_rng r = gws_rng_init(1, "walk", 0);
    double v[T], sum = 3.3;
    gws_rng_normal_at(&r, 0, v, T);
    for (int t = 0; t < T; t++)
        x[t] = (float)(sum += size * v[t]);
}

/* What was sent adds up to the level, at every step, as long as no step is more than n levels. */
static void events_add_up_to_the_level(void **state)
{
    static float x[T];
    static uint64_t bits[T * WORDS];
    float level = 0.0f;
    walk(x, 0.5);
    memset(bits, 0, sizeof bits);
    gws_level_forward(&(gws_level){0.75f, N, C, 1}, x, T, 0, &level, bits, NULL);
    int sum = 0, events = 0;
    for (int t = 0; t < T; t++) {
        const int on = sent(bits + t * WORDS, 0), off = sent(bits + t * WORDS, C);
        assert_true(on == 0 || off == 0);
        if (on + off)
            assert_true((bits[t * WORDS + (on ? 0 : C) / 64] >> ((on ? 0 : C) % 64) & 1) == 1); /* unary: the first channel first */
        sum += on - off;
        events += on + off;
        assert_int_equal(sum, (int)(floorf(x[t] / 0.75f) - floorf(x[0] / 0.75f)));
    }
    assert_true(events > T / 8);
    assert_true(level == floorf(x[T - 1] / 0.75f));
}

/* A jump of more than n levels is sent n at a time and arrives. */
static void a_jump_arrives_in_several_steps(void **state)
{
    float x[6] = {0.5f, 12.5f, 12.5f, 12.5f, 12.5f, -1.5f}, level = 0.0f, s[6 * 2 * C] = {0};
    gws_level_forward(&(gws_level){1.0f, N, C, 1}, x, 6, 0, &level, NULL, s);
    static const int want[6] = {0, 5, 5, 2, 0, -5};
    for (int t = 0; t < 6; t++) {
        int sum = 0;
        for (int j = 0; j < N; j++)
            sum += (int)s[t * 2 * C + j] - (int)s[t * 2 * C + C + j];
        assert_int_equal(sum, want[t]);
    }
}

static void cuts_change_no_event(void **state)
{
    static float x[2 * T];
    static uint64_t whole[T * WORDS], part[T * WORDS];
    float level = 0.0f, carried = 0.0f;
    gws_rng r = gws_rng_init(2, "cuts", 0);
    float y[T];
    walk(y, 2.0); /* also jumps of more than n */
    for (int t = 0; t < T; t++)
        x[2 * t] = y[t]; /* a stride of two */
    memset(whole, 0, sizeof whole);
    memset(part, 0, sizeof part);
    gws_level_forward(&(gws_level){0.25f, N, C, 2}, x, T, 0, &level, whole, NULL);
    for (int t = 0; t < T;) {
        const int n = 1 + (int)gws_rng_below(&r, 9), take = n < T - t ? n : T - t;
        gws_level_forward(&(gws_level){0.25f, N, C, 2}, x + 2 * t, take, t, &carried, part + t * WORDS, NULL);
        t += take;
    }
    assert_memory_equal(whole, part, sizeof whole);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_add_up_to_the_level),
        cmocka_unit_test(a_jump_arrives_in_several_steps),
        cmocka_unit_test(cuts_change_no_event),
    };
    return GWS_RUN_TESTS(tests);
}
