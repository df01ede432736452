/* Sine-Gaussians, quasi-normal modes and ringdowns against LALSimulation (lalsuite 7.26.16), through the table that
 * tools/golden/burst.py wrote, and against Leaver's published frequencies. */
#include "golden/burst.h"

#include "gw/burst.h"
#include "gwstest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static double peak_of(const double (*h)[2])
{
    double peak = 0;
    for (int k = 0; k < N_AT; k++)
        peak = fmax(peak, fmax(fabs(h[k][0]), fabs(h[k][1])));
    return peak * 1e-24;
}

static double worst_of(const gws_burst *b, const double (*h)[2])
{
    double worst = 0;
    for (int k = 0; k < N_AT; k++) {
        int64_t i = (int64_t)(golden_at[k] * (double)b->n);
        worst = fmax(worst, fmax(fabs(b->hplus[i] - h[k][0] * 1e-24), fabs(b->hcross[i] - h[k][1] * 1e-24)));
    }
    return worst / peak_of(h);
}

static void sine_gaussians_are_lalsimulations(void **state)
{
    (void)state;
    for (int i = 0; i < N_SINE; i++) {
        const double *g = golden_sine[i];
        gws_sine_gaussian s = {.q = g[0], .frequency_hz = g[1], .hrss = g[2], .eccentricity = g[3], .phase_rad = g[4]};
        gws_burst b;
        assert_int_equal(gws_burst_sine_gaussian(&s, g[5], &b, NULL), GWS_OK);
        assert_int_equal(b.n, (int64_t)g[6]);
        assert_int_equal(2 * b.zero + 1, b.n);
        assert_true(worst_of(&b, golden_sine_h[i]) < 1e-13); /* the table's digits */
        gws_burst_clear(&b);
    }
}

static void modes_are_lalsimulations(void **state)
{
    (void)state;
    for (int i = 0; i < N_MODES; i++) {
        const double *g = golden_mode[i];
        double complex w;
        assert_int_equal(gws_quasinormal_mode(g[0], (int)g[1], (int)g[2], &w, NULL, NULL), GWS_OK);
        double frequency = creal(w) / (2 * M_PI), quality = creal(w) / (-2 * cimag(w));
        /* LAL stops at residuals of 1e-7 of the continued fractions */
        assert_true(fabs(frequency / g[3] - 1) < 1e-6 && fabs(quality / g[4] - 1) < 1e-6);
    }
}

static void modes_are_leavers(void **state)
{
    (void)state;
    /* Leaver 1985, table 1: Schwarzschild, n = 1 in his counting, 2 M omega to six digits */
    const struct {
        int l;
        double re, im;
    } known[] = {{2, 0.747343, -0.177925}, {3, 1.198887, -0.185406}, {4, 1.618357, -0.188328}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        for (int m = -known[i].l; m <= known[i].l; m++) { /* without spin all m are one */
            double complex w;
            assert_int_equal(gws_quasinormal_mode(0, known[i].l, m, &w, NULL, NULL), GWS_OK);
            assert_true(fabs(2 * creal(w) - known[i].re) < 6e-7 && fabs(2 * cimag(w) - known[i].im) < 6e-7);
        }
}

static void modes_split_with_the_spin_in_order_of_m(void **state)
{
    (void)state;
    /* Frame dragging: at any spin the frequency rises with m.  A jump to another l or an overtone would break the order. */
    for (int l = 2; l <= 6; l++)
        for (double spin = 0.05; spin < 1; spin += 0.235) {
            double before = 0;
            for (int m = -l; m <= l; m++) {
                double complex w;
                assert_int_equal(gws_quasinormal_mode(spin, l, m, &w, NULL, NULL), GWS_OK);
                /* near the extreme hole the lowest of m < 0 come close and may cross */
                assert_true(creal(w) > before || (m < 0 && creal(w) > 0.99 * before));
                assert_true(cimag(w) < 0 && cimag(w) > -0.0966); /* damping of the large-l limit is 1/(2 sqrt 27) = 0.0962 */
                before = creal(w);
            }
        }
}

static void ringdowns_are_lalsimulations(void **state)
{
    (void)state;
    for (int i = 0; i < N_RING; i++) {
        const double *g = golden_ring[i];
        gws_ringdown r = {.mass_msun = g[0],
                          .spin = g[1],
                          .mass_loss = g[2],
                          .distance_mpc = g[3],
                          .incl_rad = g[4],
                          .phase_rad = g[5],
                          .l = (int)g[6],
                          .m = (int)g[7]};
        gws_burst b;
        assert_int_equal(gws_burst_ringdown(&r, g[8], &b, NULL), GWS_OK);
        assert_int_equal(b.n, (int64_t)g[9]);
        assert_int_equal(b.zero, 0);
        /* LAL ends its spheroidal harmonics at terms of 1e-2; without spin there is no such term */
        assert_true(worst_of(&b, golden_ring_h[i]) < (g[1] > 0 ? 3e-3 : 1e-5));
        gws_burst_clear(&b);
    }
}

static void a_ringdown_radiates_its_share(void **state)
{
    (void)state;
    /* Identity: the energy through the sphere, c^3 D^2 / 16 pi G times the integral of (dh/dt)^2 over time and solid angle, is the share
     * of the mass: in units of the mass, sum over both hands and all inclinations. */
    enum { INCLINATIONS = 60 };
    gws_ringdown r = {.mass_msun = 60, .spin = 0.8, .mass_loss = 0.02, .distance_mpc = 100, .l = 2, .m = 2};
    double rate = 65536, m_s = 60 * 4.925490947641267e-06, reach = 100 * 3.085677581491367e+22 / (60 * 1476.6250380501247);
    double flux = 0;
    for (int i = 0; i < INCLINATIONS; i++) {
        double mu = -1 + (i + 0.5) * 2 / INCLINATIONS, sum = 0;
        gws_burst b;
        r.incl_rad = acos(mu);
        assert_int_equal(gws_burst_ringdown(&r, rate, &b, NULL), GWS_OK);
        for (int64_t k = 1; k < b.n; k++) {
            double p = b.hplus[k] - b.hplus[k - 1], c = b.hcross[k] - b.hcross[k - 1];
            sum += (p * p + c * c) * rate * m_s;
        }
        flux += sum * 2 * M_PI * 2 / INCLINATIONS;
        gws_burst_clear(&b);
    }
    assert_true(fabs(flux * reach * reach / (16 * M_PI) / r.mass_loss - 1) < 2e-3); /* differences and midpoints */
}

static void transforms(void **state)
{
    (void)state;
    /* Identities: Parseval over the whole band; a burst longer than the cycle folds into what every 4th bin of the longer cycle is. */
    gws_sine_gaussian s = {.q = 9, .frequency_hz = 200, .hrss = 1e-22, .eccentricity = 0.5, .phase_rad = 1};
    enum { N = 1025 };
    static double complex hp[N], hc[N], long_p[4 * (N - 1) + 1], long_c[4 * (N - 1) + 1];
    gws_burst b;
    gws_err err;
    assert_int_equal(gws_burst_sine_gaussian(&s, 2048, &b, NULL), GWS_OK);
    assert_int_equal(gws_burst_fd(&b, 1, N, hp, hc, &err), GWS_OK);
    double time = 0, band = 0;
    for (int64_t i = 0; i < b.n; i++)
        time += (b.hplus[i] * b.hplus[i] + b.hcross[i] * b.hcross[i]) / b.rate_hz;
    for (int k = 0; k < N; k++)
        band += (creal(hp[k] * conj(hp[k])) + creal(hc[k] * conj(hc[k]))) * (k == 0 || k == N - 1 ? 1 : 2);
    assert_true(fabs(band / time - 1) < 1e-12);
    assert_true(fabs(sqrt(time) / s.hrss - 1) < 1e-6); /* the series holds its hrss */
    assert_int_equal(gws_burst_fd(&b, 1.01, N, hp, hc, &err), GWS_EARG);
    gws_burst_clear(&b);

    s.q = 300; /* lasts 5 s */
    assert_int_equal(gws_burst_sine_gaussian(&s, 2048, &b, NULL), GWS_OK);
    assert_true(b.n > 4 * 2048);
    assert_int_equal(gws_burst_fd(&b, 1, N, hp, hc, NULL), GWS_OK);
    assert_int_equal(gws_burst_fd(&b, 0.25, 4 * (N - 1) + 1, long_p, long_c, NULL), GWS_OK);
    for (int k = 0; k < N; k++)
        assert_true(cabs(hp[k] - long_p[4 * k]) < 1e-10 * 1e-22 && cabs(hc[k] - long_c[4 * k]) < 1e-10 * 1e-22);
    gws_burst_clear(&b);
}

static void nonsense_is_refused(void **state)
{
    (void)state;
    gws_burst b;
    gws_err err;
    const double nan = (double)NAN;
    const gws_sine_gaussian good = {.q = 9, .frequency_hz = 200, .hrss = 1e-22};
    for (int i = 0; i < 9; i++) {
        gws_sine_gaussian s = good;
        double rate = 2048;
        *(i == 0   ? &s.q
          : i == 1 ? &s.frequency_hz
          : i == 2 ? &s.hrss
          : i == 3 ? &s.eccentricity
          : i == 4 ? &s.phase_rad
                   : &rate) = nan;
        if (i > 5)
            rate = 2048;
        if (i == 6)
            s.frequency_hz = 1024;
        if (i == 7)
            s.eccentricity = 1.1;
        if (i == 8)
            s.q = 1e12;
        assert_int_equal(gws_burst_sine_gaussian(&s, rate, &b, &err), GWS_EARG);
        assert_null(b.hplus);
    }
    const gws_ringdown fine = {.mass_msun = 60, .spin = 0.7, .mass_loss = 0.02, .distance_mpc = 100, .l = 2, .m = 2};
    for (int i = 0; i < 12; i++) {
        gws_ringdown r = fine;
        *(i == 0   ? &r.mass_msun
          : i == 1 ? &r.spin
          : i == 2 ? &r.mass_loss
          : i == 3 ? &r.distance_mpc
          : i == 4 ? &r.incl_rad
                   : &r.phase_rad) = nan;
        if (i > 5)
            r.phase_rad = 0;
        if (i == 6)
            r.spin = 1;
        if (i == 7)
            r.spin = -0.1;
        if (i == 8)
            r.l = 1;
        if (i == 9)
            r.m = -3;
        if (i == 10)
            r.mass_msun = 1e9;
        if (i == 11)
            r.mass_loss = 1;
        assert_int_equal(gws_burst_ringdown(&r, 4096, &b, &err), GWS_EARG);
        assert_null(b.hcross);
    }
    double complex w;
    assert_int_equal(gws_quasinormal_mode(0.5, 2, INT32_MIN, &w, NULL, &err), GWS_EARG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sine_gaussians_are_lalsimulations),
        cmocka_unit_test(modes_are_lalsimulations),
        cmocka_unit_test(modes_are_leavers),
        cmocka_unit_test(modes_split_with_the_spin_in_order_of_m),
        cmocka_unit_test(ringdowns_are_lalsimulations),
        cmocka_unit_test(a_ringdown_radiates_its_share),
        cmocka_unit_test(transforms),
        cmocka_unit_test(nonsense_is_refused),
    };
    return GWS_RUN_TESTS(tests);
}
