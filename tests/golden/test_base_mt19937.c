/* Numbers of numpy.random.RandomState.  Truth: numpy itself (tools/golden/mt19937.py).  Integers and uniform numbers are equal to the
 * bit; normal numbers to the last bits of the logarithm, which is ours. */
#include "gwstest.h"

#include "base/mt19937.h"
#include "mt19937.h"

#include <math.h>
#include <string.h>

#define N_OF(x) (sizeof(x) / sizeof(x)[0])

static void check(uint32_t seed, const int64_t *integer, const double *uniform, const double *normal)
{
    static const int64_t lo[] = {0, -(INT64_C(1) << 50), 0, 0, 3}, hi[] = {INT64_C(1) << 32, INT64_C(1) << 50, 20, 491520, 4};
    gws_mt m;
    gws_mt_seed(&m, seed);
    for (size_t i = 0; i < N_OF(lo); i++)
        assert_int_equal(gws_mt_integer(&m, lo[i], hi[i]), integer[i]);
    for (int i = 0; i < 3; i++)
        assert_true(gws_mt_uniform(&m) == uniform[i]);
    assert_true(gws_mt_range(&m, 7, 50) == uniform[3]);
    double x[1005], y[1005];
    gws_mt again = m;
    gws_mt_normal(&m, 32, x, 1005);
    for (int i = 0; i < 8; i++) {
        double got = x[i < 5 ? i : 997 + i];
        assert_true(fabs(got - normal[i]) <= 4e-16 * fabs(normal[i]));
    }
    /* however it is cut */
    for (size_t at = 0, n = 1; at < N_OF(y); at += n, n = n % 7 + 1) {
        n = n < N_OF(y) - at ? n : N_OF(y) - at;
        gws_mt_normal(&again, 32, y + at, n);
    }
    assert_memory_equal(x, y, sizeof x);
}

static void numbers_are_numpys(void **state)
{
    check(golden_mt_seed[0], golden_mt_integer_0, golden_mt_uniform_0, golden_mt_normal_0);
    check(golden_mt_seed[1], golden_mt_integer_1, golden_mt_uniform_1, golden_mt_normal_1);
    check(golden_mt_seed[2], golden_mt_integer_2514409456, golden_mt_uniform_2514409456, golden_mt_normal_2514409456);
    check(golden_mt_seed[3], golden_mt_integer_4294967295, golden_mt_uniform_4294967295, golden_mt_normal_4294967295);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(numbers_are_numpys)};
    return GWS_RUN_TESTS(tests);
}
