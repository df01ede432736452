/* Reasons in NaN and runs of one value.  Truth: a plain count over every sample, written here. */
#include "strain/gap.h"
#include "gwstest.h"

#include <math.h>
#include <string.h>

static void a_gap_says_why(void **state)
{
    (void)state;
    for (int why = 1; why < GWS_GAPS; why++) {
        double x = gws_gap_nan((gws_gap)why);
        assert_true(isnan(x));
        assert_int_equal(gws_gap_of(x), why);
        assert_true(strlen(gws_gap_name((gws_gap)why)) > 0);
    }
    assert_int_equal(gws_gap_of(0.0), GWS_GAP_NONE);
    assert_int_equal(gws_gap_of((double)NAN), GWS_GAP_NOT_FINITE);
    assert_int_equal(gws_gap_of(-(double)INFINITY), GWS_GAP_NOT_FINITE);
}

static void the_shortest_run_is_a_128th_of_a_second_and_16_samples(void **state)
{
    (void)state;
    assert_int_equal(gws_gap_run(256), 16);
    assert_int_equal(gws_gap_run(2048), 16);
    assert_int_equal(gws_gap_run(4096), 32);
    assert_int_equal(gws_gap_run(16384), 128);
}

/* Is sample i of x (n) in a run of at least `shortest`? */
static int in_run(const double *x, int n, int i, int shortest)
{
    int lo = i, hi = i;
    while (lo > 0 && x[lo - 1] == x[i])
        lo--;
    while (hi + 1 < n && x[hi + 1] == x[i])
        hi++;
    return x[i] == x[i] && hi - lo + 1 >= shortest;
}

static void runs_are_those_of_a_plain_count(void **state)
{
    (void)state;
    enum { N = 400 };
    unsigned seed = 1;
    for (int round = 0; round < 20000; round++) {
        double x[N], part[N];
        int shortest = 2 + round % 19, n = 0;
        while (n < N) { /* runs of all lengths around the shortest, NaN and numbers among them */
            seed = seed * 1664525u + 1013904223u;
            int run = 1 + (int)(seed >> 8) % (shortest + 3), kind = (int)(seed >> 20) % 8;
            for (int i = 0; i < run && n < N; i++, n++)
                x[n] = kind == 0 ? (double)NAN : kind < 5 ? kind % 2 : (double)n;
        }
        int a = (int)(seed >> 4) % N, b = a + (int)(seed >> 12) % (N - a + 1);
        if (a == b)
            continue;
        int before = 0, after = 0;
        while (a - before > 0 && x[a - before - 1] == x[a])
            before++;
        while (b + after < N && x[b + after] == x[b - 1])
            after++;
        memcpy(part, x + a, sizeof *part * (size_t)(b - a));
        gws_gap_mark_runs(part, b - a, before, after, shortest);
        for (int i = a; i < b; i++) {
            int want = in_run(x, N, i, shortest);
            if (want ? gws_gap_of(part[i - a]) != GWS_GAP_REPEATED : !(part[i - a] == x[i] || (isnan(part[i - a]) && isnan(x[i]))))
                fail_msg("round %d: sample %d of %d..%d, runs of %d", round, i, a, b, shortest);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gap_says_why),
        cmocka_unit_test(the_shortest_run_is_a_128th_of_a_second_and_16_samples),
        cmocka_unit_test(runs_are_those_of_a_plain_count),
    };
    return GWS_RUN_TESTS(tests);
}
