/* Strain in detectors against LALSimulation and PyCBC (tools/golden/inject.py: lalsuite 7.26.16, PyCBC 2.11.0). */
#include "base/clock.h"
#include "golden/inject.h"
#include "gw/project.h"
#include "gwstest.h"

#include <math.h>
#include <stdlib.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* The same burst as in the script: what is compared is the projection alone. */
static void projection_is_lals(void **state)
{
    (void)state;
    double all = 0;
    for (size_t k = 0; k < COUNT(golden_projection); k++) {
        const struct golden_projection *g = &golden_projection[k];
        gws_wave s = {.source = {.ra_rad = g->ra, .dec_rad = g->dec, .psi_rad = g->psi},
                      .rate_hz = g->rate_hz,
                      .start_ns = (int64_t)g->gps_s * GWS_NS + (int64_t)g->gps_ns,
                      .n = 2 * g->rate_hz};
        s.hp = malloc((size_t)s.n * sizeof *s.hp);
        s.hc = malloc((size_t)s.n * sizeof *s.hc);
        assert_true(s.hp && s.hc);
        for (int64_t i = 0; i < s.n; i++) {
            double t = (double)(i - g->rate_hz) / g->rate_hz, a = exp(-(t / 0.3) * (t / 0.3)),
                   phase = 2 * M_PI * (60 * t + 40 * t * t);
            s.hp[i] = a * cos(phase);
            s.hc[i] = 0.7 * a * sin(phase);
        }
        int64_t begin, n;
        gws_project_span(&s, gws_site_find(g->ifo), &begin, &n);
        if (begin != (int64_t)g->begin || n != (int64_t)g->n)
            fail_msg("%s: %lld samples from %lld, wanted %.0f from %.0f", g->ifo, (long long)n, (long long)begin, g->n, g->begin);
        double worst = 0;
        for (int i = 0; i < GOLDEN_PROBES; i++) {
            double got;
            gws_project(&s, gws_site_find(g->ifo), begin + (i + 1) * n / (GOLDEN_PROBES + 1), 1, &got);
            worst = fmax(worst, fabs(got - g->value[i]));
        }
        all = fmax(all, worst);
        /* sums of 134 products and more, and the 13 digits of the table */
        if (worst > 3e-12)
            fail_msg("%s at %d Hz: off by %g", g->ifo, g->rate_hz, worst);
        free(s.hp);
        free(s.hc);
    }
    print_message("largest difference %.1e of a burst of 1\n", all);
}

static void signals_are_pycbcs(void **state)
{
    (void)state;
    double all = 0;
    for (size_t k = 0; k < COUNT(golden_signal); k++) {
        const struct golden_signal *g = &golden_signal[k];
        gws_source source = {.binary = {.mass1_msun = g->mass1,
                                        .mass2_msun = g->mass2,
                                        .spin1 = {0, 0, g->spin1z},
                                        .spin2 = {0, 0, g->spin2z},
                                        .distance_mpc = g->distance,
                                        .incl_rad = g->inclination,
                                        .coa_phase_rad = g->phase,
                                        .f_lower_hz = 20,
                                        .f_ref_hz = 20},
                             .tc_ns = (int64_t)g->tc_s * GWS_NS + (int64_t)g->tc_ns,
                             .ra_rad = g->ra,
                             .dec_rad = g->dec,
                             .psi_rad = g->psi};
        gws_wave s;
        gws_err err;
        if (gws_wave_init(&s, "IMRPhenomD", &source, 2048, g->like_lal ? GWS_LIKE_LAL : GWS_LIKE_PYCBC, GWS_TAPER_START, &err) !=
            GWS_OK)
            fail_msg("%s", err.text);
        assert_int_equal(s.n, (int64_t)g->n);
        assert_int_equal(s.start_ns, (int64_t)g->start_s * GWS_NS + (int64_t)g->start_ns);
        int64_t begin, n;
        gws_project_span(&s, gws_site_find(g->ifo), &begin, &n);
        assert_int_equal(begin, (int64_t)g->begin);
        assert_int_equal(n, (int64_t)g->n_strain);
        double worst = 0;
        for (int i = 0; i < GOLDEN_PROBES; i++) {
            double got;
            gws_project(&s, gws_site_find(g->ifo), begin + (int64_t)g->place[i], 1, &got);
            worst = fmax(worst, fabs(got / g->peak - g->value[i]));
        }
        all = fmax(all, worst);
        if (worst > 5e-10) /* the table has 10 digits */
            fail_msg("system %zu in %s: off by %g of the peak", k, g->ifo, worst);
        gws_wave_clear(&s);
    }
    print_message("largest difference %.1e of the peak\n", all);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(projection_is_lals),
        cmocka_unit_test(signals_are_pycbcs),
    };
    return GWS_RUN_TESTS(tests);
}
