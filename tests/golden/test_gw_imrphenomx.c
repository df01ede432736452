/* The IMRPhenomX family against LALSimulation (lalsuite 7.26.16), through the tables that tools/golden/imrphenomx.py wrote. */
#include "golden/imrphenomx.h"
#include "golden/imrphenomx_mixed.h"
#include "gw/waveform/waveform.h"
#include "gwstest.h"

#include <math.h>
#include <string.h>

#define N_BINS 4097
#define PLAIN (GWS_MODE_22 | GWS_MODE_21 | GWS_MODE_33 | GWS_MODE_44)

static gws_binary binary(const double *s)
{
    return (gws_binary){.mass1_msun = s[0],
                        .mass2_msun = s[1],
                        .spin1 = {s[2], s[3], s[4]},
                        .spin2 = {s[5], s[6], s[7]},
                        .distance_mpc = s[8],
                        .incl_rad = s[9],
                        .coa_phase_rad = s[10],
                        .f_lower_hz = s[11],
                        .f_ref_hz = s[12],
                        .f_final_hz = (N_BINS - 1) * GOLDEN_DF};
}

static double complex hp[N_BINS], hc[N_BINS];

static void make(const char *model, const gws_binary *b)
{
    gws_err err;
    if (gws_waveform_fd(model, b, GOLDEN_DF, N_BINS, hp, hc, &err) != GWS_OK)
        fail_msg("%s", err.text);
}

/* Largest difference over the golden bins relative to the wave there; where the reference has ended ours must have too. */
static void compare(const char *model, const double *system, unsigned modes, int exact, const double (*golden)[4], double most)
{
    gws_binary b = binary(system);
    b.modes = modes;
    b.exact = exact;
    make(model, &b);
    for (int k = 0; k < N_GOLDEN_F; k++) {
        int64_t bin = (int64_t)lround(golden_f[k] / GOLDEN_DF);
        double complex p = CMPLX(golden[k][0], golden[k][1]) * 1e-24, c = CMPLX(golden[k][2], golden[k][3]) * 1e-24;
        double size = hypot(cabs(p), cabs(c)), off = fmax(cabs(hp[bin] - p), cabs(hc[bin] - c));
        if (size == 0 ? hp[bin] != 0 || hc[bin] != 0 : !(off < most * size))
            fail_msg("%s, masses %g and %g, %g Hz: off by %g of the amplitude", model, b.mass1_msun, b.mass2_msun, golden_f[k],
                     off / size);
    }
}

static void aligned_dominant_mode(void **state)
{
    (void)state;
    /* Same formulas in another order: rounding of phases of 1e4 rad, and of collocation systems at extreme mass ratios */
    for (int i = 0; i < N_GOLDEN_ALIGNED; i++)
        compare("IMRPhenomXAS", golden_aligned_system[i], 0, 1, golden_xas[i], 2e-9);
}

static void aligned_higher_modes(void **state)
{
    (void)state;
    /* LALSimulation joins amplitudes by differences over M f = 1e-9, which rounding leaves seven digits. */
    for (int i = 0; i < N_GOLDEN_ALIGNED; i++)
        compare("IMRPhenomXHM", golden_aligned_system[i], PLAIN, 1, golden_xhm[i], 1e-7);
}

static void mode_that_mixes(void **state)
{
    (void)state;
    /* LALSimulation's own rounding: see the script */
    for (int i = 0; i < N_GOLDEN_ALIGNED; i++)
        compare("IMRPhenomXHM", golden_aligned_system[i], GWS_MODE_32, 1, golden_mixed[i], 5e-3);
}

static void mode_that_mixes_is_smooth(void **state)
{
    (void)state;
    /* Identity: amplitude and slope of the phase have no steps where the model's pieces meet (H secs. V, VI), so second differences are
     * small everywhere. */
    gws_binary b = binary(golden_aligned_system[0]);
    b.modes = GWS_MODE_32;
    b.exact = 1;
    make("IMRPhenomXHM", &b);
    for (int k = 260; hp[k + 1] != 0; k++) { /* from 65 Hz, where the chirp itself no longer bends */
        double complex bend = hp[k + 1] * hp[k - 1] / (hp[k] * hp[k]);
        assert_true(fabs(carg(bend)) < 1e-3 && fabs(cabs(bend) - 1) < 1e-3);
    }
}

static void precessing_model_with_aligned_spins(void **state)
{
    (void)state;
    for (int i = 0; i < N_GOLDEN_ALIGNED; i++)
        compare("IMRPhenomXPHM", golden_aligned_system[i], GWS_MODE_22, 1, golden_xphm_aligned[i], 1e-7);
}

static void precessing_model(void **state)
{
    (void)state;
    for (int i = 0; i < N_GOLDEN_PRECESSING; i++)
        compare("IMRPhenomXPHM", golden_precessing_system[i], PLAIN, 1, golden_xphm[i], 1e-7);
}

static void along_coarse_frequencies(void **state)
{
    (void)state;
    /* LALSimulation's default: the same points, the same lines.  Rounding as above */
    for (int i = 0; i < N_GOLDEN_ALIGNED; i++) {
        compare("IMRPhenomXHM", golden_aligned_system[i], PLAIN, 0, golden_xhm_default[i], 1e-7);
        compare("IMRPhenomXPHM", golden_aligned_system[i], GWS_MODE_22, 0, golden_xphm_aligned_default[i], 1e-7);
    }
    for (int i = 0; i < N_GOLDEN_PRECESSING; i++)
        compare("IMRPhenomXPHM", golden_precessing_system[i], PLAIN, 0, golden_xphm_default[i], 1e-7);
}

static void lines_are_near_the_curve(void **state)
{
    (void)state;
    /* arXiv:2001.10897: the points are as dense as a phase to 1e-3 rad wants; amplitudes, in the tail of a ringdown, to 1e-2.  XPHM's
     * angles are no lines (imrphenomxphm.c).  Aside: the last bin, rarely two, which LALSimulation leaves empty. */
    static double complex every[N_BINS];
    int apart = 0;
    for (int i = 0; i < N_GOLDEN_ALIGNED; i++) {
        for (unsigned mode = GWS_MODE_22; mode <= GWS_MODE_44; mode <<= 1) {
            gws_binary b = binary(golden_aligned_system[i]);
            b.modes = mode;
            b.exact = 1;
            make("IMRPhenomXHM", &b);
            memcpy(every, hp, sizeof hp);
            b.exact = 0;
            make("IMRPhenomXHM", &b);
            for (int k = 0; k < N_BINS - 2; k++) {
                if (every[k + 2] != 0 && !(cabs(hp[k] - every[k]) <= 1e-2 * cabs(every[k])))
                    fail_msg("system %d, mode %u, bin %d: off by %g", i, mode, k, cabs(hp[k] / every[k] - 1));
                apart += every[k + 2] != 0 && hp[k] != every[k];
            }
        }
    }
    assert_true(apart > 1000);
}

static void heavy_binaries_have_no_coarse_frequencies(void **state)
{
    (void)state;
    /* LALSimulation switches multibanding off beyond 500 solar masses. */
    static const char *const models[] = {"IMRPhenomXHM", "IMRPhenomXPHM"};
    static double complex every[N_BINS];
    for (int i = 0; i < 2; i++)
        for (int heavy = 0; heavy < 2; heavy++) {
            gws_binary b = binary(golden_aligned_system[0]);
            b.mass1_msun = heavy ? 300.5 : 299.5;
            b.mass2_msun = 200;
            b.f_lower_hz = 5;
            b.exact = 1;
            make(models[i], &b);
            memcpy(every, hp, sizeof hp);
            b.exact = 0;
            make(models[i], &b);
            assert_int_equal(memcmp(every, hp, sizeof hp) == 0, heavy);
        }
}

static void modes_add_up(void **state)
{
    (void)state;
    /* Identity: the waveform is linear in its modes, and no choice means all.  Along coarse frequencies the mode that mixes takes its part
     * of (2,2) from that mode's own line where both are wanted, so there it is left out. */
    static double complex sum[N_BINS];
    static const char *const models[] = {"IMRPhenomXHM", "IMRPhenomXPHM"};
    for (int i = 0; i < 4; i++) {
        gws_binary b = binary(i % 2 ? golden_precessing_system[0] : golden_aligned_system[0]);
        b.exact = i < 2;
        memset(sum, 0, sizeof sum);
        for (unsigned mode = GWS_MODE_22; mode <= GWS_MODE_44; mode <<= 1) {
            if (!b.exact && mode == GWS_MODE_32)
                continue;
            b.modes = mode;
            make(models[i % 2], &b);
            for (int k = 0; k < N_BINS; k++)
                sum[k] += hp[k];
        }
        b.modes = b.exact ? 0 : PLAIN;
        make(models[i % 2], &b);
        for (int k = 0; k < N_BINS; k++)
            assert_true(cabs(sum[k] - hp[k]) <= 1e-12 * cabs(hp[k]));
    }
}

static void bodies_can_be_named_either_way(void **state)
{
    (void)state;
    static const char *const models[] = {"IMRPhenomXAS", "IMRPhenomXHM", "IMRPhenomXPHM"};
    static double complex first[N_BINS];
    for (int i = 0; i < 3; i++) {
        gws_binary x = binary(golden_aligned_system[2]), y = x;
        y.mass1_msun = x.mass2_msun;
        y.mass2_msun = x.mass1_msun;
        memcpy(y.spin1, x.spin2, sizeof x.spin1);
        memcpy(y.spin2, x.spin1, sizeof x.spin1);
        make(models[i], &x);
        memcpy(first, hp, sizeof hp);
        make(models[i], &y);
        assert_memory_equal(first, hp, sizeof hp);
    }
}

static void twins_have_no_odd_modes(void **state)
{
    (void)state;
    /* Identity: turning an equal binary by pi changes nothing, so modes of odd m vanish. */
    gws_binary b = binary(golden_aligned_system[1]);
    b.modes = GWS_MODE_21 | GWS_MODE_33;
    make("IMRPhenomXHM", &b);
    for (int k = 0; k < N_BINS; k++)
        assert_true(hp[k] == 0 && hc[k] == 0);
}

static void what_the_models_do_not_cover_is_refused(void **state)
{
    (void)state;
    gws_err err;
    gws_binary x = binary(golden_aligned_system[0]), bad = x;
    bad.mass2_msun = 0.05;
    bad.mass1_msun = 1001 * bad.mass2_msun;
    assert_int_equal(gws_waveform_fd("IMRPhenomXAS", &bad, GOLDEN_DF, N_BINS, hp, hc, &err), GWS_EARG);
    assert_non_null(strstr(err.text, "1000"));
    bad = x;
    bad.modes = GWS_MODE_33;
    assert_int_equal(gws_waveform_fd("IMRPhenomXAS", &bad, GOLDEN_DF, N_BINS, hp, hc, &err), GWS_EARG);
    bad.modes = 64;
    assert_int_equal(gws_waveform_fd("IMRPhenomXHM", &bad, GOLDEN_DF, N_BINS, hp, hc, &err), GWS_EARG);
    bad = x;
    bad.spin1[0] = 0.3;
    assert_int_equal(gws_waveform_fd("IMRPhenomXHM", &bad, GOLDEN_DF, N_BINS, hp, hc, &err), GWS_EARG);
    bad.spin1[0] = 0.99;
    assert_int_equal(gws_waveform_fd("IMRPhenomXPHM", &bad, GOLDEN_DF, N_BINS, hp, hc, &err), GWS_EARG);
    bad = x;
    bad.f_lower_hz = 1000; /* M f = 0.3 of 65 Msun is at 937 Hz: LAL refuses as well */
    assert_int_equal(gws_waveform_fd("IMRPhenomXPHM", &bad, GOLDEN_DF, N_BINS, hp, hc, &err), GWS_EARG);
    assert_non_null(strstr(err.text, "937"));
    bad = x;
    bad.f_lower_hz = 1020;
    bad.f_final_hz = 0;
    bad.mass1_msun = bad.mass2_msun = 1;
    bad.f_ref_hz = 20;
    assert_int_equal(gws_waveform_fd("IMRPhenomXPHM", &bad, GOLDEN_DF, 4000, hp, hc, &err), GWS_OK);
    for (int k = 0; k < 4000; k++) /* a band that begins beyond the last bin holds nothing */
        assert_true(hp[k] == 0 && hc[k] == 0);
}

static void corners_are_finite(void **state)
{
    (void)state;
    /* Equal masses, no spin, spins of 1, face-on, along J: what divides by zero in the formulas */
    static const double corner[][13] = {
        {20, 20, 0, 0, 0, 0, 0, 0, 100, 0, 0, 20, 20},          {20, 20, 0.5, 0, 0, 0.5, 0, 0, 100, 0, 0, 20, 20},
        {20, 20, 0.5, 0, 0, -0.5, 0, 0, 100, 1, 0, 20, 20},     {20, 20, 0, 0, 1, 0, 0, 1, 100, M_PI, 0, 20, 20},
        {20, 20, 0, 0, -1, 0, 0, -1, 100, M_PI / 2, 0, 20, 20}, {30, 10, 1, 0, 0, 0, 0, 0, 100, 0, 0, 20, 20},
        {30, 10, 0, 0, 0.5, 0, 0, 0, 100, 0, 0, 20, 20},        {1000, 1, 0.5, 0, 0.5, 0, 0, 0, 100, 0, 0, 2, 2},
    };
    for (size_t i = 0; i < sizeof corner / sizeof corner[0]; i++) {
        gws_binary b = binary(corner[i]);
        make("IMRPhenomXPHM", &b);
        for (int k = 0; k < N_BINS; k++)
            if (!(cabs(hp[k]) < 1e-15 && cabs(hc[k]) < 1e-15))
                fail_msg("corner %zu: bin %d is no number", i, k);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(aligned_dominant_mode),
        cmocka_unit_test(aligned_higher_modes),
        cmocka_unit_test(mode_that_mixes),
        cmocka_unit_test(mode_that_mixes_is_smooth),
        cmocka_unit_test(precessing_model_with_aligned_spins),
        cmocka_unit_test(precessing_model),
        cmocka_unit_test(along_coarse_frequencies),
        cmocka_unit_test(lines_are_near_the_curve),
        cmocka_unit_test(heavy_binaries_have_no_coarse_frequencies),
        cmocka_unit_test(modes_add_up),
        cmocka_unit_test(bodies_can_be_named_either_way),
        cmocka_unit_test(twins_have_no_odd_modes),
        cmocka_unit_test(what_the_models_do_not_cover_is_refused),
        cmocka_unit_test(corners_are_finite),
    };
    return GWS_RUN_TESTS(tests);
}
