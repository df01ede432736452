/* Simulated strain against identities: any cut gives the same samples; what is recorded about a source is what the strain holds;
 * draws follow their laws.  The PyCBC-style file is written here after MLGWSC-1's ds1.ini. */
#include "base/clock.h"
#include "base/rng.h"
#include "gw/named_psd.h"
#include "sim/population.h"
#include "gw/project.h"
#include "sim/simulate.h"
#include "gwstest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RATE 2048

static const char population_text[] =
    "[variable_params]\nmass1 = \nmass2 =\nra =\ndec =\ninclination =\ncoa_phase =\npolarization =\nchirp_distance =\nspin1z =\n"
    "[static_params]\nf_ref = 20\nf_lower = 20\napproximant = IMRPhenomD\ntaper = start\nspin2z = 0.25\nmode_array = 22\n"
    "[prior-mass1]\nname = uniform\nmin-mass1 = 10.0\nmax-mass1 = 50.0\n[prior-mass2]\nname = uniform\nmin-mass2 = 10.0\nmax-mass2 "
    "= 50.0\n"
    "[prior-spin1z]\nname = uniform\nmin-spin1z = -0.5\nmax-spin1z = 0.5\n"
    "[prior-ra+dec]\n; sky position prior\nname = uniform_sky\n[prior-inclination]\nname = sin_angle\n"
    "[prior-coa_phase]\nname = uniform_angle\n[prior-polarization]\nname = uniform_angle\n"
    "[prior-chirp_distance]\nname = uniform_radius\nmin-chirp_distance = 130\nmax-chirp_distance = 350\n"
    "[constraint-1]\nname = custom\nconstraint_arg = mass2 <= mass1\n"
    "[waveform_transforms-mchirp+q]\nname = mass1_mass2_to_mchirp_q\n[waveform_transforms-distance]\nname = "
    "chirp_distance_to_distance\n";

static gws_sim *make(int no_noise, double snr_min, double snr_max)
{
    gws_err err;
    gws_sim_params p = gws_sim_defaults();
    p.begin = INT64_C(1238205077) * RATE;
    p.n = 120 * RATE;
    p.step_s = 10;
    p.window_s = 3;
    p.seed = 5;
    p.no_noise = no_noise;
    p.snr_min = snr_min;
    p.snr_max = snr_max;
    gws_sim *s = gws_sim_create(&p, &err);
    if (!s)
        fail_msg("%s", err.text);
    return s;
}

static void any_cut_gives_the_same_strain(void **state)
{
    (void)state;
    gws_sim *a = make(0, 0, 0), *b = make(0, 0, 0);
    const int64_t begin = INT64_C(1238205077) * RATE - 5 * RATE, n = 130 * RATE;
    double *x = malloc((size_t)n * sizeof *x), *y = malloc((size_t)n * sizeof *y);
    assert_non_null(x);
    assert_non_null(y);
    gws_rng r = gws_rng_init(3, "cuts", 0);
    for (int ifo = 0; ifo < 2; ifo++) {
        assert_int_equal(gws_sim_fill(a, ifo, begin, n, x, NULL), GWS_OK);
        for (int64_t end = n; end > 0;) {
            int64_t run = 1 + (int64_t)gws_rng_below(&r, 40000);
            run = run < end ? run : end;
            assert_int_equal(gws_sim_fill(b, ifo, begin + end - run, run, y + end - run, NULL), GWS_OK);
            end -= run;
        }
        assert_memory_equal(x, y, (size_t)n * sizeof *x);
    }
    free(x);
    free(y);
    gws_sim_destroy(a);
    gws_sim_destroy(b);
}

/* Strain without noise, less every source of the table projected on its own, is nothing. */
static void strain_holds_the_sources_of_the_table(void **state)
{
    (void)state;
    gws_sim *s = make(1, 8, 20);
    int n_sources;
    const gws_sim_source *src = gws_sim_sources(s, &n_sources);
    assert_true(n_sources >= 8 && n_sources <= 12);
    const int64_t begin = INT64_C(1238205077) * RATE;
    static double x[120 * RATE], y[120 * RATE];
    for (int ifo = 0; ifo < 2; ifo++) {
        assert_int_equal(gws_sim_fill(s, ifo, begin, 120 * RATE, x, NULL), GWS_OK);
        for (int k = 0; k < n_sources; k++) {
            gws_wave g;
            assert_int_equal(gws_wave_init(&g, "IMRPhenomD", &src[k].source, RATE, GWS_LIKE_PYCBC, GWS_TAPER_START, NULL), GWS_OK);
            gws_project(&g, gws_site_find(ifo ? "L1" : "H1"), begin, 120 * RATE, y);
            gws_wave_clear(&g);
            for (int i = 0; i < 120 * RATE; i++)
                x[i] -= y[i];
        }
        double rest = 0;
        for (int i = 0; i < 120 * RATE; i++)
            rest = fmax(rest, fabs(x[i]));
        assert_true(rest < 1e-33);
    }
    for (int k = 0; k < n_sources; k++) {
        assert_true(src[k].snr_network >= 8 && src[k].snr_network <= 20);
        assert_true(fabs(hypot(src[k].snr[0], src[k].snr[1]) - src[k].snr_network) < 1e-9);
        if (k > 0) {
            double step = (double)(src[k].source.tc_ns - src[k - 1].source.tc_ns) * 1e-9;
            assert_true(step >= 10 - 1e-6 && step <= 13 + 1e-6);
        }
    }
    gws_sim_destroy(s);
}

/* Optimal SNR by an independent road: the matched-filter output of the whitened signal, summed in time. */
static void snr_is_that_of_the_whitened_strain(void **state)
{
    (void)state;
    gws_sim *s = make(1, 8, 20);
    int n_sources;
    const gws_sim_source *src = gws_sim_sources(s, &n_sources);
    gws_psd psd;
    enum { TAPS = 2 * RATE, N = 64 * RATE };
    static double fir[TAPS], x[N];
    assert_int_equal(gws_psd_by_name("aLIGOZeroDetHighPower", 0.25, RATE / 2 * 4 + 1, 0, &psd, NULL), GWS_OK);
    for (int k = 0; k < 32; k++)
        psd.data[k] = psd.data[32];
    assert_int_equal(gws_whitening_fir(&psd, RATE, TAPS, 20, 0, fir, NULL), GWS_OK);
    const gws_source *q = &src[2].source;
    int64_t mid = gws_sample_of_ns(q->tc_ns, RATE);
    gws_wave g;
    assert_int_equal(gws_wave_init(&g, "IMRPhenomD", q, RATE, GWS_LIKE_PYCBC, GWS_TAPER_START, NULL), GWS_OK);
    gws_project(&g, gws_site_find("H1"), mid - 60 * RATE, N, x);
    gws_wave_clear(&g);
    double sum = 0;
    for (int i = TAPS; i < N; i++) {
        double w = 0;
        if (i < N - 24 * RATE) /* nothing there */
            continue;
        for (int t = 0; t < TAPS; t++)
            w += fir[t] * x[i - t];
        sum += w * w;
    }
    /* The band's soft edge (15..20 Hz) and what lies more than 20 s back make per cents. */
    assert_true(fabs(sqrt(sum) / src[2].snr[0] - 1) < 0.04);
    gws_psd_clear(&psd);
    gws_sim_destroy(s);
}

static void draws_follow_their_laws(void **state)
{
    (void)state;
    gws_err err;
    gws_ini *ini = gws_ini_parse(population_text, "test", &err);
    assert_non_null(ini);
    gws_population *p = gws_population_create(ini, &err);
    if (!p)
        fail_msg("%s", err.text);
    gws_rng rng = gws_rng_init(1, "draws", 0);
    enum { N = 20000 };
    double cube = 0, sin_dec = 0, sin_dec2 = 0, cos_i = 0, m1 = 0, spin2 = 0;
    for (int i = 0; i < N; i++) {
        gws_source s;
        assert_int_equal(gws_population_draw(p, &rng, &s, &err), GWS_OK);
        const gws_binary *b = &s.binary;
        assert_true(b->mass2_msun <= b->mass1_msun && b->mass2_msun >= 10 && b->mass1_msun <= 50);
        assert_true(b->spin2[2] == 0.25 && fabs(b->spin1[2]) <= 0.5 && b->f_lower_hz == 20);
        double d = gws_chirp_distance(b->distance_mpc, b->mass1_msun, b->mass2_msun);
        assert_true(d >= 130 - 1e-9 && d <= 350 + 1e-9);
        cube += (pow(d, 3) - pow(130, 3)) / (pow(350, 3) - pow(130, 3)) / N; /* uniform on 0..1 */
        sin_dec += sin(s.dec_rad) / N;
        sin_dec2 += sin(s.dec_rad) * sin(s.dec_rad) / N;
        cos_i += cos(b->incl_rad) * cos(b->incl_rad) / N;
        m1 += b->mass1_msun / N;
        spin2 += b->spin1[2] * b->spin1[2] / N;
    }
    /* Four standard errors of the mean of N draws */
    assert_true(fabs(cube - 0.5) < 4 * sqrt(1.0 / 12 / N));
    assert_true(fabs(sin_dec) < 4 * sqrt(1.0 / 3 / N));
    assert_true(fabs(sin_dec2 - 1.0 / 3) < 4 * sqrt(4.0 / 45 / N));
    assert_true(fabs(cos_i - 1.0 / 3) < 4 * sqrt(4.0 / 45 / N));
    assert_true(fabs(m1 - (10 + 40 * 2.0 / 3)) < 4 * sqrt(1600.0 / 18 / N)); /* the larger of two uniform numbers */
    assert_true(fabs(spin2 - 1.0 / 12) < 4 * sqrt(1.0 / 180 / N));
    gws_population_destroy(p);
    gws_ini_destroy(ini);
    /* chirp distances of MLGWSC-1's populations are of 1.4+1.4 Msun: by that formula (7,7) at 130 Mpc lies at 497 Mpc */
    assert_true(fabs(130 / gws_chirp_distance(1, 7, 7) - 497) < 0.5);
}

static void what_is_not_understood_is_refused_by_name(void **state)
{
    (void)state;
    static const char *const bad[][2] = {
        {"[prior-mass1]\nname = fisher_sky\nmean_ra = 3\n", "fisher_sky"},
        {"[prior-mass1]\nname = uniform\nmin-mass1 = 3\n", "max-mass1"},
        {"[prior-mass1]\nname = uniform\nmin-mass1 = 3\nmax-mass1 = 4\n[constraint-1]\nname = custom\nconstraint_arg = sin(mass1) "
         "< 2\n",
         "constraint"},
        {"[prior-mass1]\nname = uniform\nmin-mass1 = 3\nmax-mass1 = 4\n[waveform_transforms-x]\nname = zap\n", "zap"},
        {"[variable_params]\nmass1 =\nmass9 =\n[prior-mass1]\nname = uniform\nmin-mass1 = 3\nmax-mass1 = 4\n", "mass9"},
        {"[prior-mass1]\nname = uniform\nmin-mass1 = 3\nmax-mass1 = 4\n", "mass2"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        gws_err err = {0};
        gws_ini *ini = gws_ini_parse(bad[i][0], "test", &err);
        assert_non_null(ini);
        assert_null(gws_population_create(ini, &err));
        if (!strstr(err.text, bad[i][1]))
            fail_msg("want %s in: %s", bad[i][1], err.text);
        gws_ini_destroy(ini);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_cut_gives_the_same_strain),
        cmocka_unit_test(strain_holds_the_sources_of_the_table),
        cmocka_unit_test(snr_is_that_of_the_whitened_strain),
        cmocka_unit_test(draws_follow_their_laws),
        cmocka_unit_test(what_is_not_understood_is_refused_by_name),
    };
    return GWS_RUN_TESTS(tests);
}
