/* Antenna patterns, delays and light travel times: the numbers of LAL's LALDetectors.h, and identities. */
#include "gw/antenna.h"
#include "gwstest.h"

#include <math.h>

static const struct {
    const char *ifo;
    double ra, dec, psi, plus, cross, delay;
} golden[] = {
    {"H1", 1.375, -1.2108, 2.659, -0.62196348, 0.06828612, 0.011577782},
    {"L1", 1.375, -1.2108, 2.659, 0.49623314, 0.09984502, 0.004405871},
    {"V1", 1.375, -1.2108, 2.659, 0.65895999, -0.02885596, 0.012032761},
    {"H1", 0, 0, 0, 0.03739710, 0.66617013, -0.013676276},
};

static void patterns_of_gw150914(void **state)
{
    (void)state;
    double gmst = gws_gmst_rad(INT64_C(1126259462400000000));
    assert_true(fabs(remainder(gmst - 2.456533054, 2 * M_PI)) < 4e-9);
    assert_true(fabs(remainder(gws_gmst_rad(INT64_C(1186741861500000000)) - 2.106988976, 2 * M_PI)) < 4e-9);
    for (size_t i = 0; i < sizeof golden / sizeof golden[0]; i++) {
        const gws_site *s = gws_site_find(golden[i].ifo);
        double plus, cross;
        gws_antenna(s, gmst, golden[i].ra, golden[i].dec, golden[i].psi, &plus, &cross);
        assert_true(fabs(plus - golden[i].plus) < 2e-8 && fabs(cross - golden[i].cross) < 2e-8);
        assert_true(fabs(gws_delay_s(s, gmst, golden[i].ra, golden[i].dec) - golden[i].delay) < 2e-9);
    }
}

static void light_travel_times(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        double ms;
    } pairs[] = {{"H1", "L1", 10.012846}, {"H1", "V1", 27.287980}, {"L1", "V1", 26.448341}};
    for (int i = 0; i < 3; i++) {
        const gws_site *a = gws_site_find(pairs[i].a), *b = gws_site_find(pairs[i].b);
        double d[3], r = gws_light_travel_s(a, b) * 299792458.0;
        for (int k = 0; k < 3; k++)
            d[k] = a->position_m[k] - b->position_m[k];
        assert_true(fabs(gws_light_travel_s(a, b) * 1e3 - pairs[i].ms) < 1e-6);
        /* The greatest delay of any direction is that time: a source on the line through both. */
        double dec = asin(d[2] / r), ra = atan2(d[1], d[0]);
        assert_true(fabs(gws_delay_s(b, 0, ra, dec) - gws_delay_s(a, 0, ra, dec) - pairs[i].ms * 1e-3) < 1e-9);
    }
}

static void a_quarter_turn_of_psi_changes_the_sign(void **state)
{
    (void)state;
    for (const char *const *ifo = (const char *const[]){"H1", "L1", "V1", "K1", "G1", "I1", "C4", "C2", NULL}; *ifo; ifo++) {
        const gws_site *s = gws_site_find(*ifo);
        assert_non_null(s);
        double p0, c0, p1, c1, p2, c2;
        gws_antenna(s, 1, 0.3, 0.4, 0.5, &p0, &c0);
        gws_antenna(s, 1, 0.3, 0.4, 0.5 + M_PI / 2, &p1, &c1);
        gws_antenna(s, 1, 0.3, 0.4, 0.5 + M_PI / 4, &p2, &c2);
        assert_true(fabs(p0 + p1) < 1e-14 && fabs(c0 + c1) < 1e-14);
        assert_true(fabs(hypot(p0, c0) - hypot(p2, c2)) < 1e-14);
        assert_true(hypot(p0, c0) <= 1 + 1e-7);
        /* Tensors of two perpendicular arms have no trace and D:D = 1/2; single precision. */
        double trace = 0, square = 0;
        for (int i = 0; i < 3; i++) {
            trace += s->response[i][i];
            for (int j = 0; j < 3; j++) {
                square += s->response[i][j] * s->response[j][i];
                assert_true(s->response[i][j] == s->response[j][i]);
            }
        }
        assert_true(fabs(trace) < 1e-6 && fabs(square - 0.5) < 3e-3); /* GEO's arms meet at 94 degrees */
    }
    assert_null(gws_site_find("X9"));
}

/* Truth: identity.  The tensors of three equal arms that close a triangle add up to nothing; sin(60 degrees)^2 = 3/4 of an L's square.
 * LAL's three vertices are 10 km apart, so the horizon turns by 1e-3 between them. */
static void the_triangle_hears_nothing_in_sum(void **state)
{
    (void)state;
    const gws_site *e[3] = {gws_site_find("E1"), gws_site_find("E2"), gws_site_find("E3")};
    double square = 0;
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) {
            assert_true(fabs(e[0]->response[i][j] + e[1]->response[i][j] + e[2]->response[i][j]) < 2e-3);
            square += e[0]->response[i][j] * e[0]->response[i][j];
        }
    assert_true(fabs(square - (0.5 * 0.75)) < 1e-6);
    for (int k = 0; k < 3; k++)
        assert_true(fabs(gws_light_travel_s(e[k], e[(k + 1) % 3]) * 299792458.0 - (1e4)) < 2);
}

/* Truth: identity.  Both arms together are the antenna pattern, of which the geodetic angles know nothing; single precision. */
static void arms_add_up_to_the_pattern(void **state)
{
    (void)state;
    for (const char *const *ifo = (const char *const[]){"H1", "L1", "V1", "K1", "G1", "I1", "E1", "E2", "E3", "C4", "C2", NULL};
         *ifo; ifo++) {
        const gws_site *s = gws_site_find(*ifo);
        gws_arm arm[2];
        double plus, cross;
        for (double ra = 0; ra < 6; ra += 0.7) {
            gws_antenna(s, 0.4, ra, 0.3, 0.2, &plus, &cross);
            gws_antenna_arms(s, 0.4, ra, 0.3, 0.2, arm);
            assert_true(fabs(arm[0].plus + arm[1].plus - (plus)) < 3e-7);
            assert_true(fabs(arm[0].cross + arm[1].cross - (cross)) < 3e-7);
            /* a wave along an arm does not move it: the square of the rest of both axes */
            for (int a = 0; a < 2; a++)
                assert_true(fabs(hypot(arm[a].plus, arm[a].cross) - (0.5 * (1 - arm[a].cosine * arm[a].cosine))) < 1e-14);
        }
    }
}

/* Truth: identity.  Face-on the polarisation angle does not matter and the share is ((F+^2 + Fx^2)/1)^(3/2); edge-on only F+/2 is left. */
static void seen_share_is_the_cube_of_the_amplitude(void **state)
{
    const gws_site *h1 = gws_site_find("H1");
    double fp, fc;
    gws_antenna(h1, 1.0, 0.7, 0.3, 0.2, &fp, &fc);
    assert_float_equal(gws_seen_share(&h1, 1, 1.0, 0.7, 0.3, 0.2, 1.0), pow(fp * fp + fc * fc, 1.5), 1e-12);
    assert_float_equal(gws_seen_share(&h1, 1, 1.0, 0.7, 0.3, 1.4, 1.0), pow(fp * fp + fc * fc, 1.5), 1e-12);
    assert_float_equal(gws_seen_share(&h1, 1, 1.0, 0.7, 0.3, 0.2, 0.0), pow(0.25 * fp * fp, 1.5), 1e-12);
    /* never more than straight above the detector */
    for (double ra = 0; ra < 6.28; ra += 0.1)
        for (double dec = -1.5; dec < 1.5; dec += 0.1)
            assert_true(gws_seen_share(&h1, 1, 1.0, ra, dec, 0.2, 1.0) <= 1.0 + 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(seen_share_is_the_cube_of_the_amplitude),
        cmocka_unit_test(patterns_of_gw150914),
        cmocka_unit_test(light_travel_times),
        cmocka_unit_test(the_triangle_hears_nothing_in_sum),
        cmocka_unit_test(arms_add_up_to_the_pattern),
        cmocka_unit_test(a_quarter_turn_of_psi_changes_the_sign),
    };
    return GWS_RUN_TESTS(tests);
}
