/* Functions of whole arrays against the C library's in long double, and their bits against themselves. */
#include "dsp/vmath.h"
#include "gwstest.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define N 4099

static double x[N], a[N], b[N], part_a[N], part_b[N];

/* Numbers spread over `decades` powers of ten below `top`, the edges of binades among them. */
static void positive(double top, double decades)
{
    for (int i = 0; i < N; i++)
        x[i] = pow(10, log10(top) - decades * i / N);
    x[0] = 1;
    x[1] = nextafter(1, 0);
    x[2] = nextafter(1, 2);
    x[3] = M_SQRT2;
    x[4] = nextafter(M_SQRT2, 0);
    x[5] = 8;
    x[6] = nextafter(8, 0);
    x[7] = DBL_MIN;
    x[8] = DBL_MAX / 8;
}

static double ulps(double got, long double want)
{
    double size = fabs((double)want);
    return (double)(fabsl(got - want) / (nextafter(size, (double)INFINITY) - size));
}

static void logarithms_and_cube_roots(void **state)
{
    (void)state;
    const double tops[] = {1e300, 1e-5, 1.2};
    for (int t = 0; t < 3; t++) {
        positive(tops[t], t == 0 ? 600 : t == 1 ? 3 : 0.1);
        gws_vlog(N, x, a);
        gws_vcbrt(N, x, b);
        for (int i = 0; i < N; i++) {
            assert_true(x[i] == 1 ? a[i] == 0 : ulps(a[i], logl((long double)x[i])) < 1.01);
            assert_true(ulps(b[i], cbrtl((long double)x[i])) < 1.01);
        }
        memcpy(part_a, x, sizeof x);
        gws_vlog(N, part_a, part_a); /* in place */
        assert_memory_equal(part_a, a, sizeof a);
    }
}

static void exponentials(void **state)
{
    (void)state;
    const double reach[] = {1e-8, 0.4, 30, 699.9};
    for (int t = 0; t < 4; t++) {
        for (int i = 0; i < N; i++)
            x[i] = reach[t] * (2.0 * i / (N - 1) - 1);
        for (int i = 0; i < 40; i++) /* where the power of two changes */
            x[i] = (i - 20.5) * M_LN2;
        gws_vexp(N, x, a);
        for (int i = 0; i < N; i++)
            assert_true(ulps(a[i], expl((long double)x[i])) < 1.01);
        memcpy(part_a, x, sizeof x);
        gws_vexp(N, part_a, part_a); /* in place */
        assert_memory_equal(part_a, a, sizeof a);
    }
    x[0] = 0;
    x[1] = -700;
    x[2] = -1e300;
    x[3] = (double)-INFINITY;
    gws_vexp(4, x, a);
    assert_true(a[0] == 1 && a[1] == 0 && a[2] == 0 && a[3] == 0);
}

static void arcs_of_tangents(void **state)
{
    (void)state;
    const double reach[] = {1e-9, 0.5, 3, 1e4, 1e300};
    const double edges[] = {0.4375, 0.6875, 1.1875, 2.4375, 0.5, 1, 1.5};
    for (int t = 0; t < 5; t++) {
        for (int i = 0; i < N; i++)
            x[i] = reach[t] * (2.0 * i / N - 1);
        for (int i = 0; i < 7; i++) { /* where the reduction changes */
            x[4 * i] = edges[i];
            x[4 * i + 1] = nextafter(edges[i], 0);
            x[4 * i + 2] = -edges[i];
            x[4 * i + 3] = nextafter(-edges[i], 0);
        }
        gws_vatan(N, x, a);
        for (int i = 0; i < N; i++)
            assert_true(x[i] == 0 ? a[i] == 0 : ulps(a[i], atanl((long double)x[i])) < 1.01);
        memcpy(part_a, x, sizeof x);
        gws_vatan(N, part_a, part_a); /* in place */
        assert_memory_equal(part_a, a, sizeof a);
    }
    x[0] = (double)INFINITY;
    x[1] = (double)-INFINITY;
    x[2] = -0.0;
    gws_vatan(3, x, a);
    assert_true(a[0] == M_PI_2 && a[1] == -M_PI_2 && a[2] == 0 && signbit(a[2]));
}

static void sines_and_cosines(void **state)
{
    (void)state;
    const double reach[] = {1, 1e3, 5.2e5, 1e9};
    for (int t = 0; t < 4; t++) {
        for (int i = 0; i < N; i++)
            x[i] = reach[t] * (2.0 * i / N - 1);
        x[0] = 0;
        for (int i = 1; i < 40; i++) /* where the quarter turn changes, and multiples of pi/2 */
            x[i] = i * M_PI_4;
        x[40] = 524287.9;
        x[41] = 0x1p19;
        gws_vsincos(N, x, a, b);
        for (int i = 0; i < N; i++) {
            assert_true(fabsl(a[i] - sinl((long double)x[i])) < 2e-16L);
            assert_true(fabsl(b[i] - cosl((long double)x[i])) < 2e-16L);
        }
    }
}

static void function(int which, int n, const double *in, double *out, double *second)
{
    memset(second, 0, (size_t)n * sizeof *second);
    switch (which) {
    case 0: gws_vlog(n, in, out); break;
    case 1: gws_vcbrt(n, in, out); break;
    case 2: gws_vexp(n, in, out); break;
    case 3: gws_vatan(n, in, out); break;
    default: gws_vsincos(n, in, out, second); break;
    }
}

static void bits_do_not_depend_on_the_cut(void **state)
{
    (void)state;
    for (int f = 0; f < 5; f++) {
        for (int i = 0; i < N; i++)
            x[i] = f == 2 ? 0.3 * (i % 2000) - 300 : 1e-3 * (i + 1) * (1 + 1e5 * (i % 7));
        function(f, N, x, a, b);
        for (int cut = 1; cut <= 9; cut++) {
            memset(part_a, 0, sizeof part_a);
            memset(part_b, 0, sizeof part_b);
            for (int at = 0; at < N; at += cut)
                function(f, N - at < cut ? N - at : cut, x + at, part_a + at, part_b + at);
            assert_memory_equal(a, part_a, sizeof a);
            assert_memory_equal(b, part_b, sizeof b);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(logarithms_and_cube_roots),
        cmocka_unit_test(exponentials),
        cmocka_unit_test(arcs_of_tangents),
        cmocka_unit_test(sines_and_cosines),
        cmocka_unit_test(bits_do_not_depend_on_the_cut),
    };
    return GWS_RUN_TESTS(tests);
}
