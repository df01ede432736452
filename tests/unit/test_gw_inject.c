/* Projection against identities: a later source is a later signal, by whole samples and by parts of one; the strain is the antenna
 * pattern times the polarisations; it begins softly; stretches agree where they overlap. */
#include "base/arena.h"
#include "dsp/fft.h"
#include "gw/inject.h"
#include "gwstest.h"

#include <math.h>
#include <string.h>

#define RATE 2000 /* a sample is a whole number of ns */
#define N (16 * RATE)

static double x[N], y[N];

static gws_source source(void)
{
    return (gws_source){.binary = {.mass1_msun = 36,
                                   .mass2_msun = 29,
                                   .spin1 = {0, 0, 0.3},
                                   .distance_mpc = 400,
                                   .incl_rad = 0.6,
                                   .coa_phase_rad = 1,
                                   .f_lower_hz = 20},
                        .tc_ns = INT64_C(1126259462) * 1000000000,
                        .ra_rad = 1.375,
                        .dec_rad = -1.2108,
                        .psi_rad = 2.659};
}

static const int64_t begin = INT64_C(1126259450) * RATE;

static double largest(const double *v)
{
    double m = 0;
    for (int i = 0; i < N; i++)
        m = fmax(m, fabs(v[i]));
    return m;
}

static void one_sample_later_is_one_sample_later(void **state)
{
    (void)state;
    gws_source s = source();
    assert_int_equal(gws_project("IMRPhenomD", &s, gws_site_find("H1"), RATE, begin, N, x, NULL), GWS_OK);
    s.tc_ns += 1000000000 / RATE;
    assert_int_equal(gws_project("IMRPhenomD", &s, gws_site_find("H1"), RATE, begin + 1, N, y, NULL), GWS_OK);
    double top = largest(x);
    assert_true(top > 1e-22 && top < 1e-20);
    /* The Earth turns 4e-8 rad in the meantime. */
    for (int i = 0; i < N; i++)
        assert_true(fabs(x[i] - y[i]) < 1e-6 * top);
}

static void parts_of_a_sample_are_phase_shifts(void **state)
{
    (void)state;
    gws_source s = source();
    assert_int_equal(gws_project("IMRPhenomD", &s, gws_site_find("L1"), RATE, begin, N, x, NULL), GWS_OK);
    s.tc_ns += 1000000000 / RATE / 4;
    assert_int_equal(gws_project("IMRPhenomD", &s, gws_site_find("L1"), RATE, begin, N, y, NULL), GWS_OK);
    gws_fft *fft = gws_fft_create(N, NULL);
    double *t = gws_arena_alloc(N * sizeof *t), *spec = gws_arena_alloc(2 * (N / 2 + 1) * sizeof *spec);
    assert_true(fft && t && spec);
    memcpy(t, x, sizeof x);
    gws_fft_forward(fft, t, spec);
    for (int k = 0; k <= N / 2; k++) {
        double a = 2 * M_PI * k * 0.25 / N, re = spec[2 * k], im = spec[2 * k + 1];
        spec[2 * k] = re * cos(a) + im * sin(a);
        spec[2 * k + 1] = im * cos(a) - re * sin(a);
    }
    gws_fft_inverse(fft, spec, t);
    double top = largest(x);
    /* The buffer's ends differ from the cyclic transform's by what is left of the signal there. */
    for (int i = 0; i < N; i++)
        assert_true(fabs(t[i] / N - y[i]) < 1e-4 * top);
    gws_fft_destroy(fft);
    gws_arena_free(t);
    gws_arena_free(spec);
}

static void strain_is_pattern_times_polarisations(void **state)
{
    (void)state;
    static double hp[N], hc[N];
    gws_source s = source();
    const gws_site *h1 = gws_site_find("H1");
    /* Choose tc so that the arrival falls on a sample. */
    double delay = gws_delay_s(h1, gws_gmst_rad(s.tc_ns), s.ra_rad, s.dec_rad);
    s.tc_ns -= (int64_t)llround(delay * 1e9);
    double fp, fc;
    gws_antenna(h1, gws_gmst_rad(s.tc_ns), s.ra_rad, s.dec_rad, s.psi_rad, &fp, &fc);
    assert_int_equal(gws_project("IMRPhenomD", &s, h1, RATE, begin, N, x, NULL), GWS_OK);
    assert_int_equal(gws_waveform_td("IMRPhenomD", &s.binary, RATE, N, 12 * RATE, hp, hc, NULL), GWS_OK);
    double top = largest(x);
    for (int i = 0; i < N; i++)
        assert_true(fabs(fp * hp[i] + fc * hc[i] - x[i]) < 1e-5 * top); /* tc is a whole ns: half of one is 6e-7 rad at 200 Hz */
}

static void begins_softly_and_ends(void **state)
{
    (void)state;
    gws_source s = source();
    assert_int_equal(gws_project("IMRPhenomD", &s, gws_site_find("H1"), RATE, begin, N, x, NULL), GWS_OK);
    double top = largest(x), step = 0;
    int64_t first = (int64_t)((12 - gws_signal_duration_s(&s.binary)) * RATE);
    for (int64_t i = 0; i < first; i++)
        assert_true(x[i] == 0);
    for (int64_t i = 1; i < first + 2 * RATE; i++)
        step = fmax(step, fabs(x[i] - x[i - 1]));
    assert_true(step < 1e-2 * top);
    for (int i = 13 * RATE; i < N; i++)
        assert_true(x[i] == 0);
    assert_true(largest(x) > 0);
}

static void stretches_agree_where_they_overlap(void **state)
{
    (void)state;
    gws_source s = source();
    assert_int_equal(gws_project("IMRPhenomD", &s, gws_site_find("V1"), RATE, begin, N, x, NULL), GWS_OK);
    assert_int_equal(gws_project("IMRPhenomD", &s, gws_site_find("V1"), RATE, begin + 11 * RATE + 7, 3 * RATE, y, NULL), GWS_OK);
    assert_memory_equal(x + 11 * RATE + 7, y, 3 * RATE * sizeof *x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_sample_later_is_one_sample_later),  cmocka_unit_test(parts_of_a_sample_are_phase_shifts),
        cmocka_unit_test(strain_is_pattern_times_polarisations), cmocka_unit_test(begins_softly_and_ends),
        cmocka_unit_test(stretches_agree_where_they_overlap),
    };
    return GWS_RUN_TESTS(tests);
}
