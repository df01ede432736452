/* Truth: LALSimulation's noise curves (tests/golden/noise_curves.h, made by tools/golden/noise_curves.py with lalsuite 7.26.16). */
#include "gw/named_psd.h"
#include "gw/noise_curve.h"

#include "golden/noise_curves.h"
#include "gwstest.h"

#include <math.h>
#include <string.h>

static void every_curve_is_lalsimulations(void **state)
{
    (void)state;
    for (int c = 0; c < N_CURVE_NAMES; c++) {
        const char *name = curve_golden[c].name;
        /* Formulas take no rounding but their own; tables are packed to 1.5e-8, which a line through two rows trebles at its end. */
        const double tolerance = curve_golden[c].formula ? 1e-12 : 1e-7;
        gws_psd psd;
        gws_err err;
        assert_int_equal(!!gws_curve_find(name), curve_golden[c].formula);
        assert_int_equal(gws_psd_by_name(name, CURVE_DF, CURVE_BINS, 10.3, &psd, &err), GWS_OK);
        for (int k = 0; k < N_CURVE_AT; k++) {
            double want = curve_golden[c].psd[k], got = psd.data[curve_bin[k]];
            if (!(fabs(got - want) <= tolerance * want))
                fail_msg("%s at %g Hz: %.15g, wanted %.15g", name, curve_bin[k] * CURVE_DF, got, want);
        }
        /* 10.3 Hz lies between two bins: the lower one has a value, as in PyCBC */
        assert_true(psd.data[19] == 0 && psd.data[20] > 0);
        gws_psd_clear(&psd);
    }
}

static void tables_begin_and_continue_as_there(void **state)
{
    (void)state;
    for (int c = 0; c < N_CURVE_NAMES; c++) {
        const char *name = curve_golden[c].name;
        static double psd[CURVE_BINS];
        gws_err err;
        assert_int_equal(gws_curve_fill(name, CURVE_DF, CURVE_BINS, 0, psd, &err), GWS_OK);
        for (int k = 0; k < CURVE_BINS; k++)
            assert_int_equal(psd[k] != 0, k >= curve_golden[c].first);
        assert_int_equal(gws_curve_fill(name, CURVE_DF, 16, 7.5, psd, &err), GWS_OK);
        /* a hundred rows away from the rows that the line goes through, their packing shows a hundredfold */
        assert_true(fabs(psd[15] - curve_golden[c].before) <= 1e-5 * curve_golden[c].before);
    }
}

static void names_are_lalsimulations(void **state)
{
    (void)state;
    int n = 0;
    for (; gws_curve_name(n); n++) {
        int known = 0;
        for (int c = 0; c < N_CURVE_NAMES; c++)
            known += strcmp(curve_golden[c].name, gws_curve_name(n)) == 0;
        assert_int_equal(known, 1);
        assert_true(strlen(gws_curve_source(n)) > 0);
    }
    assert_int_equal(n, N_CURVE_NAMES);
    assert_null(gws_curve_source(n));
    assert_null(gws_curve_name(-1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_curve_is_lalsimulations),
        cmocka_unit_test(tables_begin_and_continue_as_there),
        cmocka_unit_test(names_are_lalsimulations),
    };
    return GWS_RUN_TESTS(tests);
}
