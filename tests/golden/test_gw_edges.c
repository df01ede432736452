/* Both ends of every approximant's waveform against LALSimulation (lalsuite 7.26.16), through the table that tools/golden/edges.py wrote. */
#include "golden/edges.h"
#include "gw/waveform/waveform.h"
#include "gwstest.h"

#include <math.h>
#include <string.h>

#define N_EDGES ((int)(sizeof golden_edge / sizeof golden_edge[0]))
#define N_BINS 8192

static double complex hp[N_BINS], hc[N_BINS];

static gws_status make(int i)
{
    const double *s = golden_edge[i].system;
    gws_binary b = {.mass1_msun = s[0],
                    .mass2_msun = s[1],
                    .spin1 = {s[2], s[3], s[4]},
                    .spin2 = {s[5], s[6], s[7]},
                    .distance_mpc = s[8],
                    .incl_rad = s[9],
                    .coa_phase_rad = s[10],
                    .f_lower_hz = s[11],
                    .f_ref_hz = s[12],
                    .f_final_hz = golden_edge[i].f_final_hz,
                    .modes = golden_edge[i].modes,
                    .exact = golden_edge[i].exact};
    assert_true(golden_edge[i].n <= N_BINS);
    return gws_waveform_fd(golden_edge[i].approximant, &b, golden_edge[i].delta_f_hz, golden_edge[i].n, hp, hc, NULL);
}

static void describe(int i, const char *what)
{
    fail_msg("row %d, %s%s from %g to %g Hz, bins of %g Hz: %s", i, golden_edge[i].approximant,
             golden_edge[i].exact ? " exact" : "", golden_edge[i].system[11], golden_edge[i].f_final_hz, golden_edge[i].delta_f_hz,
             what);
}

static void the_same_bins_are_empty(void **state)
{
    (void)state;
    int last_is_empty = 0, beyond_its_end = 0;
    for (int i = 0; i < N_EDGES; i++) {
        if (golden_edge[i].end < 0)
            continue;
        if (make(i) != GWS_OK)
            describe(i, "refused");
        for (int k = 0; k < golden_edge[i].n; k++) {
            int on = k >= golden_edge[i].first && k < golden_edge[i].end;
            if (on != (hp[k] != 0) || on != (hc[k] != 0))
                describe(i, on ? "an empty bin, the reference's is not" : "a bin with something in it, the reference's is empty");
        }
        last_is_empty += golden_edge[i].end < golden_edge[i].n;
        beyond_its_end += strcmp(golden_edge[i].approximant, "TaylorF2") == 0 && golden_edge[i].end == golden_edge[i].n;
    }
    assert_true(last_is_empty > 20 && beyond_its_end > 5);
}

static void the_same_strain_is_in_the_others(void **state)
{
    (void)state;
    /* Rounding as in the tables of each family, but that the amplitude at the end may be 1e-5 of its peak: 14 digits; IMRPhenomXHM and
     * IMRPhenomXPHM take derivatives of ringdowns, which LALSimulation has from differences good to seven digits. */
    for (int i = 0; i < N_EDGES; i++) {
        if (golden_edge[i].end <= golden_edge[i].first)
            continue;
        assert_int_equal(make(i), GWS_OK);
        int first = golden_edge[i].first, end = golden_edge[i].end, bin[3] = {first, (first + end) / 2, end - 1};
        double most = strstr(golden_edge[i].approximant, "IMRPhenomX") ? 1e-7 : 1e-9;
        for (int k = 0; k < 3; k++) {
            const double *g = golden_edge[i].h[k];
            double complex p = CMPLX(g[0], g[1]) * 1e-24, c = CMPLX(g[2], g[3]) * 1e-24;
            double off = hypot(cabs(hp[bin[k]] - p), cabs(hc[bin[k]] - c)) / hypot(cabs(p), cabs(c));
            if (!(off < most)) {
                print_message("bin %d: off by %g of the strain\n", bin[k], off);
                describe(i, "another strain");
            }
        }
    }
}

static void what_the_reference_refuses_is_refused(void **state)
{
    (void)state;
    int refused = 0;
    for (int i = 0; i < N_EDGES; i++)
        if (golden_edge[i].end < 0) {
            refused++;
            if (make(i) != GWS_EARG)
                describe(i, "not refused");
        }
    assert_true(refused > 15);
}

static void a_shorter_array_is_a_cut(void **state)
{
    (void)state;
    /* Identity: how many bins there are room for does not change those that there are. */
    static double complex all[N_BINS];
    for (int i = 0; i < N_EDGES; i++) {
        if (golden_edge[i].end <= golden_edge[i].first)
            continue;
        const double *s = golden_edge[i].system;
        gws_binary b = {.mass1_msun = s[0],
                        .mass2_msun = s[1],
                        .spin1 = {s[2], s[3], s[4]},
                        .spin2 = {s[5], s[6], s[7]},
                        .distance_mpc = s[8],
                        .f_lower_hz = s[11],
                        .f_final_hz = golden_edge[i].f_final_hz};
        assert_int_equal(gws_waveform_fd(golden_edge[i].approximant, &b, golden_edge[i].delta_f_hz, N_BINS, all, hc, NULL), GWS_OK);
        for (int n = 1; n < golden_edge[i].end + 2; n += 1 + n / 2) {
            assert_int_equal(gws_waveform_fd(golden_edge[i].approximant, &b, golden_edge[i].delta_f_hz, n, hp, hc, NULL), GWS_OK);
            for (int k = 0; k < n; k++) /* rounding: a span's recursion may be cut elsewhere */
                assert_true(cabs(hp[k] - all[k]) <= 1e-13 * cabs(all[k]));
        }
    }
}

static void where_a_model_ends(void **state)
{
    (void)state;
    /* M f of 0.2, 0.3, or 0.33 for spins near 1; TaylorF2 at 6 M, or where two stars of lambda 1000 touch: below 6 M they would overlap */
    gws_binary b = {.mass1_msun = 36, .mass2_msun = 29, .distance_mpc = 100};
    double hz, m_s = 65 * 4.925490947641267e-06;
    assert_int_equal(gws_waveform_end_hz("IMRPhenomD", &b, &hz, NULL), GWS_OK);
    assert_true(fabs(hz * m_s / 0.2 - 1) < 1e-14);
    assert_int_equal(gws_waveform_end_hz("IMRPhenomXPHM", &b, &hz, NULL), GWS_OK);
    assert_true(fabs(hz * m_s / 0.3 - 1) < 1e-14);
    assert_int_equal(gws_waveform_end_hz("TaylorF2", &b, &hz, NULL), GWS_OK);
    assert_true(fabs(hz * m_s * M_PI * pow(6, 1.5) - 1) < 1e-14);
    b.lambda1 = b.lambda2 = 1000;
    double touch;
    assert_int_equal(gws_waveform_end_hz("TaylorF2", &b, &touch, NULL), GWS_OK);
    assert_true(touch < hz);
    b.lambda1 = b.lambda2 = 0;
    b.spin1[2] = b.spin2[2] = 0.995;
    assert_int_equal(gws_waveform_end_hz("IMRPhenomXAS", &b, &hz, NULL), GWS_OK);
    assert_true(fabs(hz * m_s / 0.33 - 1) < 1e-14);
    gws_err err = {0};
    assert_int_equal(gws_waveform_end_hz("NoSuchModel", &b, &hz, &err), GWS_EARG);
    assert_non_null(strstr(err.text, "NoSuchModel"));
    b.lambda1 = 1;
    assert_int_equal(gws_waveform_end_hz("IMRPhenomD", &b, &hz, &err), GWS_EARG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_bins_are_empty),
        cmocka_unit_test(the_same_strain_is_in_the_others),
        cmocka_unit_test(what_the_reference_refuses_is_refused),
        cmocka_unit_test(a_shorter_array_is_a_cut),
        cmocka_unit_test(where_a_model_ends),
    };
    return GWS_RUN_TESTS(tests);
}
