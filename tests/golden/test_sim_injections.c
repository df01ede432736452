/* Injection tables against PyCBC 2.11's pycbc_create_injections (tools/golden/injections.py): rows at both ends and at the borders of
 * its batches, and sums over all rows, for populations like MLGWSC-1's first three and for the laws those do without.
 *
 * Arithmetic is the same, so what remains are the last bits of transcendental functions: 1e-12.  A Gaussian whose mean cancels what is
 * drawn is held to that share of its spread. */
#include "sim/injections.h"
#include "gwstest.h"
#include "injections.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define N_OF(x) (sizeof(x) / sizeof(x)[0])

static void draw(const char *ini_path, uint32_t seed, int64_t end, double step, double window, gws_injections *out)
{
    gws_err err = {0};
    gws_ini *ini = gws_ini_load(ini_path, &err);
    gws_population *p = ini ? gws_population_create(ini, &err) : NULL;
    if (!p || gws_injections_draw(p, &(gws_injections_plan){seed, GOLDEN_START, end, step, window}, out, &err) != GWS_OK)
        fail_msg("%s", err.text);
    gws_population_destroy(p);
    gws_ini_destroy(ini);
}

static void tables_are_pycbcs(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_OF(golden_tables); i++) {
        gws_injections t;
        char path[512];
        snprintf(path, sizeof path, "%s/golden/injections_%s.ini", GWS_TEST_DIR, golden_tables[i].name);
        draw(path, golden_tables[i].seed, golden_tables[i].end, golden_tables[i].step, golden_tables[i].window, &t);
        assert_int_equal(t.n, golden_tables[i].n);
        assert_int_equal(t.n_columns, golden_tables[i].n_columns);
        for (int c = 0; c < t.n_columns; c++) {
            const char *name = golden_tables[i].columns[c];
            const double *x = gws_injections_column(&t, name);
            if (!x)
                fail_msg("population %s: no column %s", golden_tables[i].name, name);
            double spread = strcmp(name, "lambda2") == 0 || strcmp(name, "redshift") == 0 ? 1 : 0;
            for (int r = 0; r < golden_tables[i].n_rows; r++) {
                double want = golden_tables[i].values[r * t.n_columns + c], got = x[golden_tables[i].rows[r]];
                if (!(fabs(got - want) <= 1e-12 * fmax(fabs(want), spread)))
                    fail_msg("population %s, seed %u, %s of row %lld: %.17g, wanted %.17g", golden_tables[i].name,
                             golden_tables[i].seed, name, (long long)golden_tables[i].rows[r], got, want);
            }
            long double sums[2] = {0, 0}, most[2] = {0, 0};
            for (int64_t r = 0; r < t.n; r++) {
                sums[0] += (long double)x[r];
                most[0] += (long double)fmax(fabs(x[r]), spread);
                sums[1] += (long double)x[r] * (long double)(r % 97 + 1);
                most[1] += (long double)fmax(fabs(x[r]), spread) * (long double)(r % 97 + 1);
            }
            for (int s = 0; s < 2; s++)
                if (!(fabsl(sums[s] - (long double)golden_tables[i].sums[2 * c + s]) <= 1e-12L * most[s]))
                    fail_msg("population %s, seed %u, sum %d of %s: %.17g, wanted %.17g", golden_tables[i].name,
                             golden_tables[i].seed, s, name, (double)sums[s], golden_tables[i].sums[2 * c + s]);
        }
        gws_injections_clear(&t);
    }
}

/* Names, order and values of the attributes that describe all rows. */
static void static_arguments_are_pycbcs(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_OF(golden_tables); i += 3) {
        gws_injections t;
        char path[512];
        snprintf(path, sizeof path, "%s/golden/injections_%s.ini", GWS_TEST_DIR, golden_tables[i].name);
        draw(path, 1, GOLDEN_START + 100, 24, 6, &t);
        assert_int_equal(t.n_statics, golden_tables[i].n_statics);
        for (int k = 0; k < t.n_statics; k++) {
            const char *want = golden_tables[i].statics[2 * k + 1];
            char text[64];
            assert_string_equal(t.statics[k].name, golden_tables[i].statics[2 * k]);
            snprintf(text, sizeof text, "%.17g", t.statics[k].number);
            assert_string_equal(t.statics[k].is_number ? text : t.statics[k].text, want);
        }
        gws_injections_clear(&t);
    }
}

/* The populations of the tests say the same as the challenge's own files. */
static void official_files_give_the_same_tables(void **state)
{
    (void)state;
    for (int d = 1; d <= 4; d++) {
        gws_injections ours, theirs;
        char path[512];
        snprintf(path, sizeof path, "%s/../peers/mlgwsc1/ds%d.ini", GWS_TEST_DATA, d);
        FILE *there = fopen(path, "r");
        if (!there)
            GWS_SKIP("no %s", path);
        fclose(there);
        draw(path, 7, GOLDEN_START + 200000, 24, 6, &theirs);
        snprintf(path, sizeof path, "%s/golden/injections_%d.ini", GWS_TEST_DIR, d < 4 ? d : 3);
        draw(path, 7, GOLDEN_START + 200000, 24, 6, &ours);
        assert_int_equal(ours.n, theirs.n);
        assert_int_equal(ours.n_columns, theirs.n_columns);
        assert_int_equal(ours.n_statics, theirs.n_statics);
        for (int k = 0; k < ours.n_statics; k++)
            assert_string_equal(gws_injections_text(&ours, theirs.statics[k].name), theirs.statics[k].text);
        for (int c = 0; c < ours.n_columns; c++)
            assert_memory_equal(gws_injections_column(&ours, theirs.names[c]), theirs.columns[c],
                                (size_t)ours.n * sizeof **ours.columns);
        gws_injections_clear(&ours);
        gws_injections_clear(&theirs);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_are_pycbcs),
        cmocka_unit_test(static_arguments_are_pycbcs),
        cmocka_unit_test(official_files_give_the_same_tables),
    };
    return GWS_RUN_TESTS(tests);
}
