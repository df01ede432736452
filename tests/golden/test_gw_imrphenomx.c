/* The IMRPhenomX family against LALSimulation (lalsuite 7.26.16), through the table that tools/golden/imrphenomx.py wrote. */
#include "golden/imrphenomx.h"
#include "gw/waveform/waveform.h"
#include "gwstest.h"

#include <math.h>
#include <string.h>

#define N_BINS 4097

static gws_binary aligned(int i)
{
    const double *s = golden_aligned[i];
    return (gws_binary){.mass1_msun = s[0],
                        .mass2_msun = s[1],
                        .spin1 = {0, 0, s[2]},
                        .spin2 = {0, 0, s[3]},
                        .distance_mpc = s[4],
                        .incl_rad = s[5],
                        .coa_phase_rad = s[6],
                        .f_lower_hz = s[7],
                        .f_ref_hz = s[8]};
}

/* Largest difference over the golden bins, relative to the wave there; where the reference has ended we must have too. */
static double worst_difference(const char *model, const gws_binary *b, const double (*golden)[4])
{
    static double complex hp[N_BINS], hc[N_BINS];
    gws_err err;
    if (gws_waveform_fd(model, b, GOLDEN_DF, N_BINS, hp, hc, &err) != GWS_OK)
        fail_msg("%s", err.text);
    double worst = 0;
    for (int k = 0; k < N_GOLDEN_F; k++) {
        int64_t bin = (int64_t)lround(golden_f[k] / GOLDEN_DF);
        double complex p = CMPLX(golden[k][0], golden[k][1]) * 1e-24, c = CMPLX(golden[k][2], golden[k][3]) * 1e-24;
        double size = hypot(cabs(p), cabs(c));
        if (size == 0)
            assert_true(hp[bin] == 0 && hc[bin] == 0);
        else
            worst = fmax(worst, fmax(cabs(hp[bin] - p), cabs(hc[bin] - c)) / size);
    }
    return worst;
}

static void imrphenomxas_is_lalsimulations(void **state)
{
    (void)state;
    for (int i = 0; i < N_GOLDEN_ALIGNED; i++) {
        gws_binary b = aligned(i);
        /* Same formulas in another order: rounding of phases of 1e4 rad, and of collocation systems at extreme mass ratios */
        double worst = worst_difference("IMRPhenomXAS", &b, golden_xas[i]);
        if (worst > 1e-9)
            fail_msg("system %d: off by %g", i, worst);
    }
}

static void bodies_can_be_named_either_way(void **state)
{
    (void)state;
    static double complex a[N_BINS], b[N_BINS], c[N_BINS];
    gws_binary x = aligned(2), y = x;
    y.mass1_msun = x.mass2_msun;
    y.mass2_msun = x.mass1_msun;
    memcpy(y.spin1, x.spin2, sizeof x.spin1);
    memcpy(y.spin2, x.spin1, sizeof x.spin1);
    assert_int_equal(gws_waveform_fd("IMRPhenomXAS", &x, GOLDEN_DF, N_BINS, a, c, NULL), GWS_OK);
    assert_int_equal(gws_waveform_fd("IMRPhenomXAS", &y, GOLDEN_DF, N_BINS, b, c, NULL), GWS_OK);
    assert_memory_equal(a, b, sizeof a);
}

static void what_the_model_does_not_cover_is_refused(void **state)
{
    (void)state;
    static double complex a[N_BINS], b[N_BINS];
    gws_err err;
    gws_binary x = aligned(0);
    x.mass1_msun = 1001 * x.mass2_msun;
    assert_int_equal(gws_waveform_fd("IMRPhenomXAS", &x, GOLDEN_DF, N_BINS, a, b, &err), GWS_EARG);
    assert_non_null(strstr(err.text, "1000"));
    /* A band that begins beyond the model's end, or beyond the last bin, holds nothing. */
    x = aligned(0);
    x.f_lower_hz = 1e5;
    assert_int_equal(gws_waveform_fd("IMRPhenomXAS", &x, GOLDEN_DF, N_BINS, a, b, &err), GWS_OK);
    for (int k = 0; k < N_BINS; k++)
        assert_true(a[k] == 0 && b[k] == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(imrphenomxas_is_lalsimulations),
        cmocka_unit_test(bodies_can_be_named_either_way),
        cmocka_unit_test(what_the_model_does_not_cover_is_refused),
    };
    return GWS_RUN_TESTS(tests);
}
