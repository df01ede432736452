/* IMRPhenomPv2 against LALSimulation (lalsuite 7.26.16), through the table that tools/golden/imrphenompv2.py wrote. */
#include "golden/imrphenompv2.h"

#include "fd_golden.h"
#include "gw/waveform/waveform.h"
#include "gwstest.h"

#include <math.h>
#include <string.h>

#define N_BINS 4097

static double complex hp[N_BINS], hc[N_BINS], other_p[N_BINS], other_c[N_BINS];

static void imrphenompv2_is_lalsimulations(void **state)
{
    (void)state;
    double all = 0;
    for (int i = 0; i < N_GOLDEN_SYSTEMS; i++) {
        gws_binary b = golden_binary(i);
        assert_int_equal(gws_waveform_fd("IMRPhenomPv2", &b, GOLDEN_DF, N_BINS, hp, hc, NULL), GWS_OK);
        double worst = golden_worst(i, hp, hc);
        all = fmax(all, worst);
        if (!(worst < 3e-9)) /* rounding: at a mass ratio of 99 the angles of precession reach 1e6 rad and more */
            fail_msg("system %d: relative difference %g", i, worst);
    }
    print_message("largest relative difference %.1e\n", all);
}

static void bodies_may_be_named_either_way(void **state)
{
    (void)state;
    gws_binary x = golden_binary(0), y = golden_binary(0);
    y.mass1_msun = x.mass2_msun;
    y.mass2_msun = x.mass1_msun;
    memcpy(y.spin1, x.spin2, sizeof x.spin1);
    memcpy(y.spin2, x.spin1, sizeof x.spin1);
    assert_int_equal(gws_waveform_fd("IMRPhenomPv2", &x, GOLDEN_DF, N_BINS, hp, hc, NULL), GWS_OK);
    assert_int_equal(gws_waveform_fd("IMRPhenomPv2", &y, GOLDEN_DF, N_BINS, other_p, other_c, NULL), GWS_OK);
    assert_memory_equal(hp, other_p, sizeof hp);
    assert_memory_equal(hc, other_c, sizeof hc);
}

static void without_spin_in_the_plane_it_is_imrphenomd(void **state)
{
    (void)state;
    /* Identity: the angles cancel; what is left is IMRPhenomD but for a phase and a time. */
    gws_binary b = golden_binary(0);
    memset(b.spin1, 0, 2 * sizeof b.spin1[0]);
    memset(b.spin2, 0, 2 * sizeof b.spin2[0]);
    assert_int_equal(gws_waveform_fd("IMRPhenomPv2", &b, GOLDEN_DF, N_BINS, hp, hc, NULL), GWS_OK);
    assert_int_equal(gws_waveform_fd("IMRPhenomD", &b, GOLDEN_DF, N_BINS, other_p, other_c, NULL), GWS_OK);
    double turn[3];
    const int at[3] = {100, 101, 102};
    for (int i = 0; i < 3; i++)
        turn[i] = carg(hp[at[i]] / other_p[at[i]]);
    double step = remainder(turn[1] - turn[0], 2 * M_PI);
    int64_t last = (int64_t)(0.2 / (65 * 4.925490947641267e-06) / GOLDEN_DF);
    for (int k = 80; k < last; k++) {
        double size = cabs(other_p[k]);
        assert_true(fabs(cabs(hp[k]) - size) < 1e-12 * size);
        assert_true(cabs(hc[k] / hp[k] - other_c[k] / other_p[k]) < 1e-10);
        double left = remainder(carg(hp[k] / other_p[k]) - turn[0] - step * (k - at[0]), 2 * M_PI);
        assert_true(fabs(left) < 1e-7); /* the line is known from two neighbours to some 1e-11 rad */
    }
}

static void a_rotated_source_is_the_same_source(void **state)
{
    (void)state;
    /* Identity: turning the spins about the orbital momentum by -x and the observer with them is turning the phase by x: the binary
     * with its separation along another axis.  Only the phase of the (2,2) carrier goes with the separation, by 2 x. */
    gws_binary b = golden_binary(1), r = golden_binary(1);
    double x = 0.7, c = cos(x), s = sin(x);
    for (int body = 0; body < 2; body++) {
        const double *from = body ? b.spin2 : b.spin1;
        double *to = body ? r.spin2 : r.spin1;
        to[0] = c * from[0] + s * from[1];
        to[1] = c * from[1] - s * from[0];
    }
    r.coa_phase_rad += x; /* the line of sight is at azimuth pi/2 - phase */
    assert_int_equal(gws_waveform_fd("IMRPhenomPv2", &b, GOLDEN_DF, N_BINS, hp, hc, NULL), GWS_OK);
    assert_int_equal(gws_waveform_fd("IMRPhenomPv2", &r, GOLDEN_DF, N_BINS, other_p, other_c, NULL), GWS_OK);
    for (int k = 80; k < 1000; k++) {
        double complex turned = hp[k] * CMPLX(cos(2 * x), sin(2 * x));
        assert_true(cabs(other_p[k] - turned) < 1e-9 * cabs(turned));
    }
}

static void limits(void **state)
{
    (void)state;
    gws_err err;
    gws_binary b = golden_binary(3);
    b.spin1[0] = 1;
    assert_int_equal(gws_waveform_fd("IMRPhenomPv2", &b, GOLDEN_DF, N_BINS, hp, hc, &err), GWS_OK);
    b.spin1[2] = 0.1; /* longer than 1 */
    assert_int_equal(gws_waveform_fd("IMRPhenomPv2", &b, GOLDEN_DF, N_BINS, hp, hc, &err), GWS_EARG);
    b = golden_binary(3);
    b.spin1[1] = (double)NAN;
    assert_int_equal(gws_waveform_fd("IMRPhenomPv2", &b, GOLDEN_DF, N_BINS, hp, hc, &err), GWS_EARG);
    b = golden_binary(3);
    b.lambda2 = 1;
    assert_int_equal(gws_waveform_fd("IMRPhenomPv2", &b, GOLDEN_DF, N_BINS, hp, hc, &err), GWS_EARG);
    b = golden_binary(3);
    b.f_lower_hz = 700; /* M f = 0.2 of 60 Msun is at 677 Hz: LAL refuses as well */
    assert_int_equal(gws_waveform_fd("IMRPhenomPv2", &b, GOLDEN_DF, N_BINS, hp, hc, &err), GWS_EARG);
    b = golden_binary(3);
    b.mass1_msun = 3000; /* a mass ratio of 100 is made, as LAL makes it */
    b.f_lower_hz = 5;
    assert_int_equal(gws_waveform_fd("IMRPhenomPv2", &b, GOLDEN_DF, N_BINS, hp, hc, &err), GWS_OK);
    for (int k = 0; k < N_BINS; k++)
        assert_true(isfinite(creal(hp[k])) && isfinite(cimag(hc[k])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(imrphenompv2_is_lalsimulations),
        cmocka_unit_test(bodies_may_be_named_either_way),
        cmocka_unit_test(without_spin_in_the_plane_it_is_imrphenomd),
        cmocka_unit_test(a_rotated_source_is_the_same_source),
        cmocka_unit_test(limits),
    };
    return GWS_RUN_TESTS(tests);
}
