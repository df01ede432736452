/* TaylorF2 against LALSimulation (lalsuite 7.26.16), through the table that tools/golden/taylorf2.py wrote. */
#include "golden/taylorf2.h"

#include "fd_golden.h"
#include "gw/waveform/waveform.h"
#include "gwstest.h"

#include <math.h>
#include <string.h>

#define N_BINS 4097

static double complex hp[N_BINS], hc[N_BINS], other_p[N_BINS], other_c[N_BINS];

static void taylorf2_is_lalsimulations(void **state)
{
    (void)state;
    for (int i = 0; i < N_GOLDEN_SYSTEMS; i++) {
        gws_binary b = golden_binary(i);
        assert_int_equal(gws_waveform_fd("TaylorF2", &b, GOLDEN_DF, N_BINS, hp, hc, NULL), GWS_OK);
        double worst = golden_worst(i, hp, hc);
        if (!(worst < 1e-9)) /* rounding of 1e5 rad of phase; the table has 15 digits */
            fail_msg("system %d: relative difference %g", i, worst);
    }
}

static void bodies_may_be_named_either_way(void **state)
{
    (void)state;
    gws_binary x = golden_binary(1), y = golden_binary(1);
    y.mass1_msun = x.mass2_msun;
    y.mass2_msun = x.mass1_msun;
    y.lambda1 = x.lambda2;
    y.lambda2 = x.lambda1;
    memcpy(y.spin1, x.spin2, sizeof x.spin1);
    memcpy(y.spin2, x.spin1, sizeof x.spin1);
    assert_int_equal(gws_waveform_fd("TaylorF2", &x, GOLDEN_DF, N_BINS, hp, hc, NULL), GWS_OK);
    assert_int_equal(gws_waveform_fd("TaylorF2", &y, GOLDEN_DF, N_BINS, other_p, other_c, NULL), GWS_OK);
    for (int k = 0; k < N_BINS; k++)
        assert_true(cabs(hp[k] - other_p[k]) <= 1e-9 * cabs(hp[k]));
}

static void the_phase_is_zero_at_f_ref(void **state)
{
    (void)state;
    /* Identity: h+ at f_ref is |h+| exp(i(pi/4 + 2 phase)), turned by pi for the minus sign of the amplitude. */
    gws_binary b = golden_binary(1);
    b.f_ref_hz = 50;
    assert_int_equal(gws_waveform_fd("TaylorF2", &b, GOLDEN_DF, N_BINS, hp, hc, NULL), GWS_OK);
    double want = M_PI_4 + 2 * b.coa_phase_rad + M_PI;
    assert_true(fabs(remainder(carg(hp[200]) - want, 2 * M_PI)) < 1e-10);
}

static void what_it_has_not_is_refused(void **state)
{
    (void)state;
    gws_err err;
    gws_binary b = golden_binary(0);
    b.f_lower_hz = 1600; /* ISCO of 2.8 Msun is at 1570 Hz */
    assert_int_equal(gws_waveform_fd("TaylorF2", &b, GOLDEN_DF, N_BINS, hp, hc, &err), GWS_EARG);
    assert_non_null(strstr(err.text, "1570"));
    b = golden_binary(0);
    b.lambda1 = -1;
    assert_int_equal(gws_waveform_fd("TaylorF2", &b, GOLDEN_DF, N_BINS, hp, hc, &err), GWS_EARG);
    b.lambda1 = (double)NAN;
    assert_int_equal(gws_waveform_fd("TaylorF2", &b, GOLDEN_DF, N_BINS, hp, hc, &err), GWS_EARG);
    b.lambda1 = 400;
    assert_int_equal(gws_waveform_fd("IMRPhenomD", &b, GOLDEN_DF, N_BINS, hp, hc, &err), GWS_EARG);
    b = golden_binary(0);
    b.spin2[1] = 0.1;
    assert_int_equal(gws_waveform_fd("TaylorF2", &b, GOLDEN_DF, N_BINS, hp, hc, &err), GWS_EARG);
    b = golden_binary(0);
    b.modes = GWS_MODE_22;
    assert_int_equal(gws_waveform_fd("TaylorF2", &b, GOLDEN_DF, N_BINS, hp, hc, &err), GWS_OK);
    b.modes = GWS_MODE_22 | GWS_MODE_33;
    assert_int_equal(gws_waveform_fd("TaylorF2", &b, GOLDEN_DF, N_BINS, hp, hc, &err), GWS_EARG);
    assert_non_null(strstr(err.text, "no modes but 22"));
    b = golden_binary(0);
    b.f_lower_hz = 1200; /* more than the bins there are: all zero */
    assert_int_equal(gws_waveform_fd("TaylorF2", &b, GOLDEN_DF, N_BINS, hp, hc, &err), GWS_OK);
    for (int k = 0; k < N_BINS; k++)
        assert_true(hp[k] == 0 && hc[k] == 0);
}

static void modes_in_all_spellings(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned modes;
    } good[] = {{"22", GWS_MODE_22},
                {"22.0", GWS_MODE_22},
                {" 44,21 , 32", GWS_MODE_44 | GWS_MODE_21 | GWS_MODE_32},
                {"22 21 33 32 44", GWS_MODE_22 | GWS_MODE_21 | GWS_MODE_33 | GWS_MODE_32 | GWS_MODE_44},
                {"2-2 2+1", GWS_MODE_22 | GWS_MODE_21},
                {"[22, '33']", GWS_MODE_22 | GWS_MODE_33},
                {"", 0}};
    static const char *const bad[] = {"55", "22.5", "22;33", "2", "222", "22 x", "-22", "2*2", "20", "1e1"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        unsigned modes = 99;
        assert_int_equal(gws_modes_parse(good[i].text, &modes, NULL), GWS_OK);
        assert_int_equal(modes, good[i].modes);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        unsigned modes = 99;
        gws_err err = {0};
        assert_int_equal(gws_modes_parse(bad[i], &modes, &err), GWS_EARG);
        assert_int_equal(modes, 0);
        assert_non_null(strstr(err.text, bad[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(taylorf2_is_lalsimulations), cmocka_unit_test(bodies_may_be_named_either_way),
        cmocka_unit_test(the_phase_is_zero_at_f_ref), cmocka_unit_test(what_it_has_not_is_refused),
        cmocka_unit_test(modes_in_all_spellings),
    };
    return GWS_RUN_TESTS(tests);
}
