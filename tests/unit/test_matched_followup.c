/* The follow-up of a trigger.  Truth: for simulated signals what was put in, with the errors that theory gives (SNR has unit variance);
 * for GW150914 PyCBC's matched filter of the same strain with a template of the published masses (reference numbers of
 * tests/golden/matched.h's recipe: 19.67 in H1 and 13.65 in L1, chi-squared 1.25 and 0.64) and the published chirp mass, 30.9 +- 1.5 Msun
 * in the detectors' frame (GWTC-1, 1811.12907). */
#include "gwstest.h"

#include "base/clock.h"
#include "gw/antenna.h"
#include "matched/followup.h"
#include "sim/simulate.h"
#include "strain/strain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RATE 2048
#define FRONT_S 40
#define BACK_S 4
#define N ((FRONT_S + BACK_S) * RATE)

static double chirp_mass(double a, double b)
{
    return pow(a * b, 0.6) / pow(a + b, 0.2);
}

static void made_signals_come_out_as_they_went_in(void **state)
{
    static double h[2][N];
    gws_sim_params p = gws_sim_defaults();
    gws_err err = {0};
    int n;
    p.begin = (int64_t)1000000000 * RATE;
    p.n = 200 * RATE;
    p.pad_s = 45;
    p.max_sources = 3;
    p.snr_min = 14;
    p.snr_max = 22;
    p.seed = 3;
    gws_sim *sim = gws_sim_create(&p, &err);
    if (!sim)
        fail_msg("%s", err.text);
    const gws_sim_source *sources = gws_sim_sources(sim, &n);
    assert_int_equal(n, 3);
    for (int i = 0; i < n; i++) {
        const gws_sim_source *s = &sources[i];
        const int64_t first = gws_sample_of_ns(s->source.tc_ns, RATE) - FRONT_S * RATE;
        gws_followup_strain strain[2] = {{"H1", RATE, first, h[0], N}, {"L1", RATE, first, h[1], N}};
        gws_followup f;
        gws_followup_params params = gws_followup_defaults();
        for (int d = 0; d < 2; d++)
            assert_int_equal(gws_sim_fill(sim, d, first, N, h[d], NULL), GWS_OK);
        if (gws_followup_run(&params, s->source.tc_ns + 100000000, strain, 2, &f, &err) != GWS_OK)
            fail_msg("%s", err.text);
        const double mc = chirp_mass(s->source.binary.mass1_msun, s->source.binary.mass2_msun);
        const double found = chirp_mass(f.best.mass1_msun, f.best.mass2_msun);
        printf("chirp mass %.2f found %.2f, SNR %.2f found %.2f, %d templates\n", mc, found, s->snr_network, f.snr, f.templates);
        assert_true(fabs(found / mc - 1) < 0.15);
        assert_true(f.snr > s->snr_network - 3.5 && f.snr < s->snr_network + 3.5);
        assert_int_equal(f.n, 2);
        assert_true(f.best.mass1_msun >= f.best.mass2_msun && fabs(f.best.spin1z) <= params.spin_max);
        for (int d = 0; d < 2; d++) {
            const gws_followup_ifo *o = &f.ifo[d];
            const int64_t arrival = s->source.tc_ns + gws_ns_of_s(gws_delay_s(gws_site_find(o->ifo), gws_gmst_rad(s->source.tc_ns),
                                                                              s->source.ra_rad, s->source.dec_rad));
            const int64_t middle = o->series_ns + gws_ns_of_sample(o->n_series / 2, RATE);
            if (s->snr[d] > 6)
                assert_true(llabs(o->gps_ns - arrival) < 8000000);
            assert_true(fabs(o->snr - s->snr[d]) < 4 && o->chisq_reduced < 2);
            assert_int_equal(o->n_series % 2, 1);
            assert_true(llabs(middle - o->gps_ns) <= GWS_NS / RATE / 2 + 1);
            assert_true(fabs(cabs(o->series[o->n_series / 2]) - o->snr) < 0.05 * o->snr);
            assert_true(o->psd.n == 4096 + 1 && o->psd.delta_f_hz == 0.25);
        }
        gws_followup again; /* a function of its input */
        assert_int_equal(gws_followup_run(&params, s->source.tc_ns + 100000000, strain, 2, &again, NULL), GWS_OK);
        assert_memory_equal(&f.best, &again.best, sizeof f.best);
        assert_true(f.snr == again.snr && f.gps_ns == again.gps_ns);
        gws_followup_clear(&again);

        gws_followup_params one = params; /* where the template is near the population's, its norm is too */
        one.mass_min_msun = 13;
        one.mass_max_msun = 17;
        one.spin_max = 0;
        assert_int_equal(gws_followup_run(&one, s->source.tc_ns, strain, 2, &again, NULL), GWS_OK);
        const double sigma = hypot(again.ifo[0].sigma, again.ifo[1].sigma);
        const double off = chirp_mass(again.best.mass1_msun, again.best.mass2_msun) / chirp_mass(15, 15);
        assert_true(fabs(sigma / pow(off, 5.0 / 6) / again.reach - 1) < 0.01);
        assert_true(again.reach == f.reach);
        gws_followup_clear(&again);

        h[1][FRONT_S * RATE - 10 * RATE] = (double)NAN; /* too little of it is left */
        assert_int_equal(gws_followup_run(&params, s->source.tc_ns, strain, 2, &again, NULL), GWS_OK);
        assert_int_equal(again.n, 1);
        assert_string_equal(again.ifo[0].ifo, "H1");
        gws_followup_clear(&again);
        gws_followup_clear(&f);
    }
    gws_sim_destroy(sim);
}

/* Of three detectors the third is the loudest, and quieter than the two before it together: they have its strain and 0.6 of it turned
 * round in time, which is noise of 1.17 times the amplitude where the signal is. */
static void the_time_is_the_loudest_detectors(void **state)
{
    static double h[3][N];
    const char *const names[] = {"H1", "L1", "V1"};
    gws_sim_params p = gws_sim_defaults();
    gws_followup_params params = gws_followup_defaults();
    gws_followup_strain strain[3];
    gws_followup f;
    gws_err err = {0};
    int n;
    p.begin = (int64_t)1000000000 * RATE;
    p.n = 100 * RATE;
    p.pad_s = 45;
    p.max_sources = 1;
    p.snr_min = 18;
    p.snr_max = 22;
    p.seed = 5;
    gws_sim *sim = gws_sim_create(&p, &err);
    if (!sim)
        fail_msg("%s", err.text);
    const gws_sim_source *s = gws_sim_sources(sim, &n);
    assert_int_equal(n, 1);
    const int64_t first = gws_sample_of_ns(s->source.tc_ns, RATE) - FRONT_S * RATE;
    assert_int_equal(gws_sim_fill(sim, s->snr[1] > s->snr[0], first, N, h[2], NULL), GWS_OK);
    for (int d = 0; d < 3; d++) {
        for (int i = 0; i < N && d < 2; i++)
            h[d][i] = h[2][i] + 0.6 * h[2][N - 1 - i];
        strain[d] = (gws_followup_strain){.rate_hz = RATE, .first = first, .h = h[d], .n = N};
        snprintf(strain[d].ifo, sizeof strain[d].ifo, "%s", names[d]);
    }
    if (gws_followup_run(&params, s->source.tc_ns, strain, 3, &f, &err) != GWS_OK)
        fail_msg("%s", err.text);
    printf("SNR %.2f, %.2f, %.2f\n", f.ifo[0].snr, f.ifo[1].snr, f.ifo[2].snr);
    assert_true(f.n == 3 && f.ifo[2].snr > f.ifo[0].snr && f.ifo[2].snr > f.ifo[1].snr);
    assert_true(f.ifo[2].snr < hypot(f.ifo[0].snr, f.ifo[1].snr) && f.ifo[2].gps_ns != f.ifo[0].gps_ns);
    assert_true(f.gps_ns == f.ifo[2].gps_ns);
    gws_followup_clear(&f);
    gws_sim_destroy(sim);
}

static void what_cannot_be_followed_up_is_said(void **state)
{
    static double h[N]; /* zeros */
    gws_err err;
    gws_followup f;
    gws_followup_params p = gws_followup_defaults();
    const int64_t time = (int64_t)(1000 + FRONT_S) * GWS_NS;
    gws_followup_strain s = {"H1", RATE, (int64_t)1000 * RATE, h, N};
    assert_int_equal(gws_followup_run(&p, time, &s, 1, &f, &err), GWS_EDATA); /* no noise at all */
    assert_non_null(strstr(err.text, "H1: follow-up: noise of 0"));
    s.n = FRONT_S * RATE + RATE; /* a second behind it */
    assert_int_equal(gws_followup_run(&p, time, &s, 1, &f, &err), GWS_EDATA);
    assert_non_null(strstr(err.text, "no detector has 16 s"));
    assert_int_equal(gws_followup_run(&p, time, &s, 0, &f, &err), GWS_EDATA);
    assert_int_equal(gws_followup_run(&p, time + 1000 * GWS_NS, &s, 1, &f, &err), GWS_EDATA);
    s.rate_hz = 3000;
    assert_int_equal(gws_followup_run(&p, time, &s, 1, &f, &err), GWS_EDATA);
    assert_non_null(strstr(err.text, "multiple of 2048"));
    p.mass_min_msun = 200;
    assert_int_equal(gws_followup_run(&p, time, &s, 1, &f, &err), GWS_EARG);
    p = gws_followup_defaults();
    p.population_msun = 0;
    assert_int_equal(gws_followup_run(&p, time, &s, 1, &f, &err), GWS_EARG);
    assert_non_null(strstr(err.text, "population"));
    p = gws_followup_defaults();
    p.approximant = "IMRPhenomNone";
    for (int i = 0; i < N; i++)
        h[i] = ((i * 7919) % 1009 - 504) * 1e-22;
    s = (gws_followup_strain){"H1", RATE, (int64_t)1000 * RATE, h, N};
    assert_int_not_equal(gws_followup_run(&p, time, &s, 1, &f, &err), GWS_OK);
    assert_int_equal(f.n, 0);
}

static void gw150914_is_what_pycbc_says(void **state)
{
    const char *const paths[] = {GWS_TEST_DATA "/gwosc/H-H1_LOSC_4_V2-1126259446-32.hdf5",
                                 GWS_TEST_DATA "/gwosc/L-L1_LOSC_4_V2-1126259446-32.hdf5"};
    const double snr[] = {19.669, 13.648}, chisq[] = {1.249, 0.638};
    if (access(paths[0], R_OK) != 0 || access(paths[1], R_OK) != 0)
        GWS_SKIP("no %s", paths[0]);
    gws_err err = {0};
    gws_strain_set *set = gws_strain_open(paths, 2, &err);
    if (!set)
        fail_msg("%s", err.text);
    gws_followup_strain strain[2];
    gws_followup f;
    gws_followup_params p = gws_followup_defaults();
    for (int d = 0; d < 2; d++) {
        gws_strain_info info;
        gws_strain_describe(set, d, &info);
        const gws_span span = info.spans[0];
        double *h = malloc((size_t)(span.end - span.begin) * sizeof *h);
        assert_non_null(h);
        assert_int_equal(gws_strain_read(set, d, span.begin, span.end, h, NULL), GWS_OK);
        strain[d] = (gws_followup_strain){.rate_hz = info.rate_hz, .first = span.begin, .h = h, .n = span.end - span.begin};
        memcpy(strain[d].ifo, info.ifo, sizeof info.ifo);
    }
    gws_strain_destroy(set);
    if (gws_followup_run(&p, INT64_C(1126259462400000000), strain, 2, &f, &err) != GWS_OK)
        fail_msg("%s", err.text);
    const double mc = chirp_mass(f.best.mass1_msun, f.best.mass2_msun);
    printf("GW150914: chirp mass %.2f, masses %.1f %.1f, spin %.2f\n", mc, f.best.mass1_msun, f.best.mass2_msun, f.best.spin1z);
    assert_true(fabs(mc - 30.9) < 1.5);
    for (int d = 0; d < 2; d++) {
        printf("%s: SNR %.2f, chi-squared %.2f\n", f.ifo[d].ifo, f.ifo[d].snr, f.ifo[d].chisq_reduced);
        assert_true(fabs(f.ifo[d].snr / snr[d] - 1) <
                    0.06); /* another template, and a noise curve of 32 s depends on how they are cut */
        assert_true(fabs(f.ifo[d].chisq_reduced - chisq[d]) < 0.3);
    }
    /* H1 heard it 6.9 +0.5 -0.4 ms after L1 (Phys. Rev. Lett. 116, 061102) */
    assert_true(fabs((double)(f.ifo[0].gps_ns - f.ifo[1].gps_ns) * 1e-6 - 6.9) < 0.6);
    for (int d = 0; d < 2; d++)
        free((void *)(uintptr_t)strain[d].h);
    gws_followup_clear(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(made_signals_come_out_as_they_went_in),
        cmocka_unit_test(the_time_is_the_loudest_detectors),
        cmocka_unit_test(what_cannot_be_followed_up_is_said),
        cmocka_unit_test(gw150914_is_what_pycbc_says),
    };
    return GWS_RUN_TESTS(tests);
}
