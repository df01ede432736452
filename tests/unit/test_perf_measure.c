/* The yardsticks: the processor's energy counter, the measured peak, timing.  Truth: identities and made-up readings. */
#include "gwstest.h"

#include "perf/measure.h"
#include "perf/peak.h"
#include "perf/rapl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static void put(const char *folder, const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static void energy_counter(void **state)
{
    char root[] = "gws-test-XXXXXX", zone[2][64];
    gws_rapl r;
    assert_non_null(mkdtemp(root));
    assert_int_equal(gws_rapl_begin(&r, root), 0);
    assert_true(isnan(gws_rapl_joules(&r)));
    for (int i = 0; i < 2; i++) {
        snprintf(zone[i], sizeof zone[i], "%s/intel-rapl:%d", root, i);
        assert_int_equal(mkdir(zone[i], 0700), 0);
        put(zone[i], "max_energy_range_uj", "1000000000\n");
    }
    put(zone[0], "energy_uj", "5000000\n");
    put(zone[1], "energy_uj", "999000000\n");
    assert_int_equal(gws_rapl_begin(&r, root), 2);
    put(zone[0], "energy_uj", "7500000\n"); /* 2.5 J */
    put(zone[1], "energy_uj", "500000\n");  /* started over: 1.5 J */
    assert_true(fabs(gws_rapl_joules(&r) - 4.0) < 1e-9);
    for (int i = 0; i < 2; i++) {
        char path[256];
        snprintf(path, sizeof path, "%s/energy_uj", zone[i]);
        unlink(path);
        snprintf(path, sizeof path, "%s/max_energy_range_uj", zone[i]);
        unlink(path);
        rmdir(zone[i]);
    }
    assert_true(isnan(gws_rapl_joules(&r))); /* gone meanwhile */
    rmdir(root);
}

static void peak(void **state)
{
    /* wider vectors do more, and no processor does 1e6 GFLOP/s on one thread */
    const double scalar = gws_peak_gflops(GWS_ISA_SCALAR, NULL, 0.002);
    double best = gws_peak_gflops(gws_isa_best(), NULL, 0.002);
    assert_true(scalar > 0.0 && best < 1e6);
    if (gws_isa_best() == GWS_ISA_SCALAR)
        return;
    for (int i = 0; i < 1000 && best <= 1.5 * scalar; i++) /* whatever else the machine does takes from it */
        best = fmax(best, gws_peak_gflops(gws_isa_best(), NULL, 0.002));
    assert_true(best > 1.5 * scalar);
}

static void count(void *user)
{
    ++*(int *)user;
}

static void timing(void **state)
{
    double x[] = {5.0, 1.0, 4.0, 2.0, 3.0}, size[8], cost[8];
    int calls = 0;
    assert_true(gws_quantile(x, 5, 0.5) == 3.0 && x[0] == 1.0 && x[4] == 5.0);
    assert_true(gws_quantile(x, 5, 0.0) == 1.0 && gws_quantile(x, 5, 1.0) == 5.0 && gws_quantile(x, 5, 0.375) == 2.5);
    assert_true(gws_quantile(x, 1, 0.999) == 1.0);
    for (int i = 0; i < 8; i++) {
        size[i] = ldexp(1.0, i);
        cost[i] = 3.0 * pow(size[i], 1.5);
    }
    assert_true(fabs(gws_log_slope(size, cost, 8) - 1.5) < 1e-12 && isnan(gws_log_slope(size, cost, 1)));
    const gws_timing t = gws_measure(count, &calls, 0.0, 7);
    assert_int_equal(t.runs, 7);
    assert_int_equal(calls, 8); /* and one for the caches */
    assert_true(t.min_s >= 0.0 && t.min_s <= t.median_s && t.spread_s >= 0.0);
    calls = 0;
    assert_int_equal(gws_measure(count, &calls, 1e9, 3).runs, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(energy_counter), cmocka_unit_test(peak), cmocka_unit_test(timing)};
    return GWS_RUN_TESTS(tests);
}
