/* Truth: the columns that simulate writes beside its sources; the power law of TaylorF2's amplitude, summed here; a finer step. */
#include "gw/named_psd.h"
#include "sim/optimal_snr.h"
#include "sim/simulate.h"

#include "gwstest.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define RATE 2048

/* GM/c^3 of the sun and c over a Mpc, s (CODATA's G M of the sun, IAU's parsec) */
#define SUN_S 4.925490947641267e-06
#define MPC_S (3.0856775814913674e22 / 299792458.0)

static gws_sim *make(gws_injections *t)
{
    const char *path = "test_gw_optimal_snr.hdf";
    gws_sim_params p = gws_sim_defaults();
    gws_err err;
    p.begin = INT64_C(1238205077) * RATE;
    p.n = 900 * RATE;
    p.no_noise = 1;
    p.seed = 3;
    gws_sim *s = gws_sim_create(&p, &err);
    assert_non_null(s);
    assert_int_equal(gws_sim_write_injections(s, path, "test", &err), GWS_OK);
    assert_int_equal(gws_injections_load(path, t, &err), GWS_OK);
    assert_int_equal(remove(path), 0);
    return s;
}

static void compute(const gws_injections *t, double df_hz, gws_pool *pool, double *out)
{
    const gws_site *site[2] = {gws_site_find("H1"), gws_site_find("L1")};
    int64_t row[64];
    gws_psd psd[2];
    gws_err err;
    assert_true(t->n > 20 && t->n <= 64);
    for (int64_t i = 0; i < t->n; i++)
        row[i] = t->n - 1 - i;
    assert_int_equal(gws_psd_design("aLIGOZeroDetHighPower", RATE, df_hz, 8, 20, &psd[0], &err), GWS_OK);
    psd[1] = psd[0];
    const gws_snr_network net = {2, site, psd, 20};
    if (gws_injections_snr(&(gws_rows){t, row, t->n}, &net, pool, NULL, out, &err) != GWS_OK)
        fail_msg("%s", err.text);
    gws_psd_clear(&psd[0]);
}

static void table_gives_what_simulate_wrote_beside_it(void **state)
{
    (void)state;
    double out[64], again[64], fine[64];
    gws_injections t;
    gws_err err;
    gws_sim *s = make(&t);
    gws_pool *pool = gws_pool_create(3, &err);
    const double *snr = gws_injections_column(&t, "snr");
    assert_non_null(snr);
    compute(&t, GWS_SNR_DF_HZ, NULL, out);
    compute(&t, GWS_SNR_DF_HZ, pool, again);
    assert_memory_equal(out, again, (size_t)t.n * sizeof *out);
    compute(&t, GWS_SNR_DF_HZ / 4, pool, fine);
    for (int64_t i = 0; i < t.n; i++) {
        assert_true(fabs(out[i] - snr[t.n - 1 - i]) < 1e-9 * out[i]);
        assert_true(fabs(out[i] - fine[i]) < 1e-3 * out[i]);
    }
    gws_pool_destroy(pool);
    gws_injections_clear(&t);
    gws_sim_destroy(s);
}

/* Face on, |h|^2 = A^2 f^(-7/3) (F+^2 + Fx^2) with A = sqrt(5/24) pi^(-2/3) (G Mc/c^3)^(5/6) c/D (Allen et al. 2012, eq. 3.4b). */
static void taylorf2_has_the_snr_of_its_power_law(void **state)
{
    (void)state;
    enum { N = 4 * 256 + 1 };
    static double complex room[2 * N];
    const gws_site *site[2] = {gws_site_find("H1"), gws_site_find("V1")};
    const gws_source source = {.binary = {.mass1_msun = 1.5, .mass2_msun = 1.3, .distance_mpc = 100, .f_lower_hz = 18},
                               .tc_ns = INT64_C(1238205077123456789),
                               .ra_rad = 1,
                               .dec_rad = -0.4,
                               .psi_rad = 0.3};
    gws_psd psd[2];
    gws_err err;
    double sum = 0, squares = 0, snr[2], total;
    for (int d = 0; d < 2; d++) {
        assert_int_equal(gws_psd_init(&psd[d], N, 0.25, &err), GWS_OK);
        for (int k = 0; k < N; k++)
            psd[d].data[k] = (d + 1) * 1e-46;
    }
    const gws_snr_network net = {2, site, psd, 20};
    assert_int_equal(gws_optimal_snr(&net, "TaylorF2", &source, room, snr, &total, &err), GWS_OK);
    for (int k = 80; k < N - 1; k++)
        sum += pow(0.25 * k, -7.0 / 3);
    const double mchirp = pow(1.5 * 1.3, 0.6) / pow(2.8, 0.2);
    const double a = sqrt(5.0 / 24) * pow(M_PI, -2.0 / 3) * pow(mchirp * SUN_S, 5.0 / 6) / (100 * MPC_S);
    for (int d = 0; d < 2; d++) {
        double fp, fc;
        gws_antenna(site[d], gws_gmst_rad(source.tc_ns), source.ra_rad, source.dec_rad, source.psi_rad, &fp, &fc);
        const double want = a * sqrt(4 * 0.25 * sum * (fp * fp + fc * fc) / ((d + 1) * 1e-46));
        assert_true(fabs(snr[d] - want) < 1e-6 * want);
        squares += snr[d] * snr[d];
        gws_psd_clear(&psd[d]);
    }
    assert_true(fabs(total - sqrt(squares)) < 1e-12 * total);
}

static int stop(void *user, double done, double all, const char *note)
{
    *(double *)user = done;
    return done >= all;
}

static void trouble_is_of_the_first_source_and_progress_stops(void **state)
{
    (void)state;
    double out[64], seen = 0;
    int64_t row[64];
    gws_injections t;
    gws_err err;
    gws_sim *s = make(&t);
    const gws_site *site[1] = {gws_site_find("H1")};
    const gws_progress progress = {stop, &seen};
    gws_psd psd;
    for (int64_t i = 0; i < t.n; i++)
        row[i] = i;
    assert_int_equal(gws_psd_design("aLIGOZeroDetHighPower", RATE, GWS_SNR_DF_HZ, 8, 20, &psd, &err), GWS_OK);
    const gws_snr_network net = {1, site, &psd, 20};
    assert_int_equal(gws_injections_snr(&(gws_rows){&t, row, t.n}, &net, NULL, &progress, out, &err), GWS_ESTOP);
    assert_true(seen == (double)t.n);
    char want[64];
    snprintf(want, sizeof want, "injection at GPS %.3f: ", gws_injections_column(&t, "tc")[4]);
    for (int c = 0; c < t.n_columns; c++)
        if (strcmp(t.names[c], "mass1") == 0)
            t.columns[c][4] = t.columns[c][9] = -1;
    assert_int_equal(gws_injections_snr(&(gws_rows){&t, row, t.n}, &net, NULL, NULL, out, &err), GWS_EARG);
    assert_ptr_equal(strstr(err.text, want), err.text);
    gws_psd_clear(&psd);
    gws_injections_clear(&t);
    gws_sim_destroy(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_gives_what_simulate_wrote_beside_it),
        cmocka_unit_test(taylorf2_has_the_snr_of_its_power_law),
        cmocka_unit_test(trouble_is_of_the_first_source_and_progress_stops),
    };
    return GWS_RUN_TESTS(tests);
}
