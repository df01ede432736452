/* Random numbers.  Truth: Random123's published known-answer vectors (kat_vectors, threefry4x64 20 rounds), identities
 * (a range equals any range containing it), and the moments of the distributions. */
#include "gwstest.h"

#include "base/rng.h"

#include <Random123/threefry.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static void threefry_known_answers(void **state)
{
    /* ctr, key, result: the all-zero and all-one lines of kat_vectors */
    const uint64_t zeros[4] = {UINT64_C(0x09218ebde6c85537), UINT64_C(0x55941f5266d86105), UINT64_C(0x4bd25e16282434dc),
                               UINT64_C(0xee29ec846bd2e40b)};
    const uint64_t ones[4] = {UINT64_C(0x29c24097942bba1b), UINT64_C(0x0371bbfb0f6f4e11), UINT64_C(0x3c231ffa33f83a1c),
                              UINT64_C(0xcd29113fde32d168)};
    threefry4x64_ctr_t c0 = {{0, 0, 0, 0}}, c1 = {{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}};
    threefry4x64_key_t k1 = {{UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX}};
    threefry4x64_key_t k0 = {{0, 0, 0, 0}};
    threefry4x64_ctr_t r = threefry4x64(c0, k0);
    assert_memory_equal(r.v, zeros, sizeof zeros);
    r = threefry4x64(c1, k1);
    assert_memory_equal(r.v, ones, sizeof ones);
    /* and our draws are those words, in order */
    gws_rng g = {0};
    for (uint64_t i = 0; i < 4; i++)
        assert_true(gws_rng_bits_at(&g, i) == zeros[i]);
}

static void any_range_gives_the_same(void **state)
{
    enum { N = 257 };
    gws_rng g = gws_rng_init(42, "noise", 3);
    double all[N], part[N];
    gws_rng_normal_at(&g, 0, all, N);
    for (size_t from = 0; from < 20; from++)
        for (size_t n = 0; n <= N - 20; n += 1 + n / 3) {
            memset(part, 0xff, sizeof part);
            gws_rng_normal_at(&g, from, part, n);
            assert_memory_equal(part, all + from, n * sizeof(double));
            if (n < N)
                assert_true(isnan(part[n])); /* nothing written behind the end */
        }
}

static void sequential_is_the_indexed(void **state)
{
    gws_rng g = gws_rng_init(1, "a", 0), h = g;
    for (uint64_t i = 0; i < 100; i++)
        assert_true(gws_rng_bits(&g) == gws_rng_bits_at(&h, i));
    assert_true(g.next == 100);
}

static void a_normal_shares_no_draw_with_its_neighbours(void **state)
{
    gws_rng g = gws_rng_init(1, "a", 0), h = g;
    gws_rng_uniform(&g); /* draw 0 */
    double v[2];
    gws_rng_normal_at(&h, 2, v, 2);
    assert_true(gws_rng_normal(&g) == v[0]); /* draws 2 and 3 */
    assert_true(gws_rng_bits(&g) == gws_rng_bits_at(&h, 4));
}

static void uses_and_seeds_differ(void **state)
{
    uint64_t names[4] = {gws_rng_stream("noise", 0), gws_rng_stream("noise", 1), gws_rng_stream("nois", 0), gws_rng_stream("", 0)};
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < i; j++)
            assert_true(names[i] != names[j]);
    gws_rng a = gws_rng_init(1, "x", 0), b = gws_rng_init(2, "x", 0);
    assert_true(gws_rng_bits_at(&a, 0) != gws_rng_bits_at(&b, 0));
}

static void moments(void **state)
{
    /* fixed seed; bounds are five standard errors of each estimate, so they hold for nearly every seed */
    enum { N = 200000 };
    gws_rng g = gws_rng_init(7, "moments", 0);
    double *x = malloc(N * sizeof *x), sum = 0, sum2 = 0, sum4 = 0, lag = 0, u = 0, u2 = 0;
    assert_non_null(x);
    gws_rng_normal_at(&g, 0, x, N);
    for (int i = 0; i < N; i++) {
        sum += x[i];
        sum2 += x[i] * x[i];
        sum4 += x[i] * x[i] * x[i] * x[i];
        lag += i ? x[i] * x[i - 1] : 0;
        double v = gws_rng_uniform_at(&g, (uint64_t)i);
        assert_true(v > 0 && v < 1);
        u += v;
        u2 += v * v;
    }
    double se = 1 / sqrt(N);
    assert_true(fabs(sum / N) < 5 * se);
    assert_true(fabs(sum2 / N - 1) < 5 * sqrt(2) * se);
    assert_true(fabs(sum4 / N - 3) < 5 * sqrt(96) * se);
    assert_true(fabs(lag / N) < 5 * se);
    assert_true(fabs(u / N - 0.5) < 5 * se * sqrt(1.0 / 12));
    assert_true(fabs(u2 / N - 1.0 / 3) < 5 * se * sqrt(4.0 / 45));
    free(x);
}

static void below_and_permutation(void **state)
{
    gws_rng g = gws_rng_init(7, "below", 0);
    int count[6] = {0};
    for (int i = 0; i < 60000; i++)
        count[gws_rng_below(&g, 6)]++;
    for (int i = 0; i < 6; i++)
        assert_true(abs(count[i] - 10000) < 5 * 92); /* sqrt(60000 * 5/36) = 91.3 */
    assert_true(gws_rng_below(&g, 1) == 0);
    uint32_t p[100];
    int seen[100] = {0}, moved = 0;
    gws_rng_permutation(&g, p, 100);
    for (uint32_t i = 0; i < 100; i++) {
        assert_true(p[i] < 100);
        seen[p[i]]++;
        moved += p[i] != i;
    }
    for (int i = 0; i < 100; i++)
        assert_int_equal(seen[i], 1);
    assert_true(moved > 80);
    for (int i = 0; i < 1000; i++) {
        double v = gws_rng_range(&g, -2, 3);
        assert_true(v > -2 && v < 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threefry_known_answers),    cmocka_unit_test(any_range_gives_the_same),
        cmocka_unit_test(sequential_is_the_indexed), cmocka_unit_test(a_normal_shares_no_draw_with_its_neighbours),
        cmocka_unit_test(uses_and_seeds_differ),     cmocka_unit_test(moments),
        cmocka_unit_test(below_and_permutation),
    };
    return GWS_RUN_TESTS(tests);
}
