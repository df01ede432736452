/* IMRPhenomD, noise curves, sidereal time and chirp time bounds against LALSimulation (lalsuite 7.26.16), through the table that
 * tools/golden/imrphenomd.py wrote. */
#include "base/clock.h"
#include "golden/imrphenomd.h"
#include "gw/antenna.h"
#include "gw/named_psd.h"
#include "gw/waveform/waveform.h"
#include "gwstest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define N_BINS 4097

static gws_binary system_of(int i)
{
    const double *s = golden_system[i];
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

static void imrphenomd_is_lalsimulations(void **state)
{
    (void)state;
    static double complex hp[N_BINS], hc[N_BINS];
    double all = 0;
    for (int i = 0; i < N_GOLDEN_SYSTEMS; i++) {
        gws_binary b = system_of(i);
        gws_err err;
        assert_int_equal(gws_waveform_fd("IMRPhenomD", &b, GOLDEN_DF, N_BINS, hp, hc, &err), GWS_OK);
        double worst = 0;
        for (int k = 0; k < N_GOLDEN_F; k++) {
            int64_t bin = (int64_t)lround(golden_f[k] / GOLDEN_DF);
            const double *g = golden_h[i][k];
            double complex lal_p = CMPLX(g[0], g[1]) * 1e-24, lal_c = CMPLX(g[2], g[3]) * 1e-24;
            if (lal_p == 0) { /* beyond the end of the model */
                assert_true(hp[bin] == 0 && hc[bin] == 0);
                continue;
            }
            worst = fmax(worst, cabs(hp[bin] - lal_p) / cabs(lal_p));
            worst = fmax(worst, cabs(hc[bin] - lal_c) / cabs(lal_c));
        }
        all = fmax(all, worst);
        /* rounding of the phase, up to 1e4 rad before the reference's is taken away, and the 15 digits of the table */
        if (!(worst < 1e-10))
            fail_msg("system %d: relative difference %g", i, worst);
    }
    print_message("largest relative difference %.1e\n", all);
}

static void equal_and_swapped_bodies(void **state)
{
    (void)state;
    /* Identity: naming the bodies the other way round is the same binary. */
    static double complex a[N_BINS], b[N_BINS], c[N_BINS];
    gws_binary x = system_of(2), y = x;
    y.mass1_msun = x.mass2_msun;
    y.mass2_msun = x.mass1_msun;
    memcpy(y.spin1, x.spin2, sizeof x.spin1);
    memcpy(y.spin2, x.spin1, sizeof x.spin1);
    assert_int_equal(gws_waveform_fd("IMRPhenomD", &x, GOLDEN_DF, N_BINS, a, c, NULL), GWS_OK);
    assert_int_equal(gws_waveform_fd("IMRPhenomD", &y, GOLDEN_DF, N_BINS, b, c, NULL), GWS_OK);
    assert_memory_equal(a, b, sizeof a);
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    static double complex a[N_BINS], b[N_BINS];
    gws_err err;
    gws_binary x = system_of(0);
    assert_int_equal(gws_waveform_fd("NoSuchModel", &x, 1, 100, a, b, &err), GWS_EARG);
    assert_non_null(strstr(err.text, "NoSuchModel"));
    gws_binary bad = x;
    bad.mass1_msun = -1;
    assert_int_equal(gws_waveform_fd("IMRPhenomD", &bad, 1, 100, a, b, &err), GWS_EARG);
    bad = x;
    bad.spin1[0] = 0.1;
    assert_int_equal(gws_waveform_fd("IMRPhenomD", &bad, 1, 100, a, b, &err), GWS_EARG);
    bad = x;
    bad.spin2[2] = (double)NAN;
    assert_int_equal(gws_waveform_fd("IMRPhenomD", &bad, 1, 100, a, b, &err), GWS_EARG);
    bad = x;
    bad.f_lower_hz = 0;
    assert_int_equal(gws_waveform_fd("IMRPhenomD", &bad, 1, 100, a, b, &err), GWS_EARG);
}

static void chirp_time_bounds(void **state)
{
    (void)state;
    for (int i = 0; i < N_GOLDEN_SYSTEMS; i++) {
        const double *s = golden_system[i];
        assert_true(fabs(gws_chirp_time_bound_s(s[7], s[0], s[1], s[2], s[3]) / s[9] - 1) < 1e-12);
    }
}

static void noise_curves(void **state)
{
    (void)state;
    for (size_t c = 0; c < sizeof golden_curve_name / sizeof golden_curve_name[0]; c++) {
        gws_psd psd;
        assert_int_equal(gws_psd_by_name(golden_curve_name[c], GOLDEN_DF, N_BINS, 0, &psd, NULL), GWS_OK);
        for (int k = 0; k < N_GOLDEN_F; k++) {
            double want = golden_curve[c][k] * 1e-48, got = psd.data[lround(golden_f[k] / GOLDEN_DF)];
            if (fabs(got / want - 1) > 1e-12)
                fail_msg("%s at %g Hz: %.15g, wanted %.15g", golden_curve_name[c], golden_f[k], got, want);
        }
        gws_psd_clear(&psd);
    }
}

static void sidereal_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof golden_time / sizeof golden_time[0]; i++) {
        int64_t s = (int64_t)golden_time[i][0];
        assert_int_equal(gws_leap_seconds(s), (int)golden_time[i][2]);
        /* LAL counts Julian days in one double, good to 40 us of a day: 3e-9 rad */
        assert_true(fabs(remainder(gws_gmst_rad(s * 1000000000) - golden_time[i][1], 2 * M_PI)) < 4e-9);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(imrphenomd_is_lalsimulations),
        cmocka_unit_test(equal_and_swapped_bodies),
        cmocka_unit_test(nonsense_is_refused),
        cmocka_unit_test(chirp_time_bounds),
        cmocka_unit_test(noise_curves),
        cmocka_unit_test(sidereal_time),
    };
    return GWS_RUN_TESTS(tests);
}
