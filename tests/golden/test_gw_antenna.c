/* Sidereal time, antenna patterns, delays and light travel times of all sites against LAL (tools/golden/antenna.py: lalsuite 7.26.16). */
#include "golden/antenna.h"
#include "gw/antenna.h"
#include "gwstest.h"

#include <math.h>

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

static void sidereal_time_is_lals(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(golden_gmst); i++) {
        const double *g = golden_gmst[i];
        double got = gws_gmst_rad((int64_t)g[0] * 1000000000 + (int64_t)g[1]);
        /* the same operations in the same order: 1e-12 is LAL's own last place */
        if (fabs(got - g[2]) > 1e-12 + 1e-15 * fabs(g[2]))
            fail_msg("GPS %.0f: %.17g, wanted %.17g", g[0], got, g[2]);
    }
}

static void patterns_and_delays_are_lals(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(golden_pattern); i++) {
        const struct golden_pattern *g = &golden_pattern[i];
        const gws_site *s = gws_site_find(g->ifo);
        assert_non_null(s);
        double gmst = gws_gmst_rad((int64_t)g->gps_s * 1000000000), plus, cross, delay = gws_delay_s(s, gmst, g->ra, g->dec);
        gws_antenna(s, gmst, g->ra, g->dec, g->psi, &plus, &cross);
        if (fabs(plus - g->plus) > 1e-12 || fabs(cross - g->cross) > 1e-12 || fabs(delay - g->delay_s) > 1e-12)
            fail_msg("%s at %d: F+ off by %g, Fx by %g, delay by %g s", g->ifo, g->gps_s, plus - g->plus, cross - g->cross,
                     delay - g->delay_s);
    }
}

static void light_travels_as_in_lal(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(golden_travel); i++) {
        const struct golden_travel *g = &golden_travel[i];
        double got = gws_light_travel_s(gws_site_find(g->a), gws_site_find(g->b)) * 1e9;
        if (fabs(got - g->ns) > 1)
            fail_msg("%s to %s: %.1f ns, wanted %.0f", g->a, g->b, got, g->ns);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sidereal_time_is_lals),
        cmocka_unit_test(patterns_and_delays_are_lals),
        cmocka_unit_test(light_travels_as_in_lal),
    };
    return GWS_RUN_TESTS(tests);
}
