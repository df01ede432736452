/* The bank chosen for a population.  Truth: identities (norm, order, threads), the statement of first principles that white noise
 * gives rho of variance 1, and the loss of distance of an independent choice: 2.3 % for 48 templates (900 other candidates, the same
 * greedy rule, numpy and LALSimulation, templates with 0.25 s behind the merger made over 8 s). */
#include "gwstest.h"

#include "gw/noise_curve.h"
#include "nn/filters.h"
#include "matched/stem_bank.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static gws_stem_params small(int templates)
{
    gws_stem_params p = gws_stem_defaults();
    p.templates = templates;
    p.candidates = 200;
    return p;
}

static void a_bank_is_a_choice_of_the_population(void **state)
{
    gws_stem_params p = small(20);
    gws_stem_bank b;
    double share = 0;
    assert_int_equal(gws_stem_bank_choose(&p, NULL, NULL, &b, NULL), GWS_OK);
    assert_int_equal(b.n, 20);
    assert_int_equal(b.taps, 1792);
    assert_int_equal(b.after, 18);
    for (int k = 0; k < b.n; k++) {
        assert_true(b.templates[k].mass1_msun >= b.templates[k].mass2_msun);
        assert_true(b.templates[k].mass2_msun >= 10 && b.templates[k].mass1_msun <= 50);
        for (int j = 0; j < k; j++)
            assert_true(b.templates[k].mass1_msun != b.templates[j].mass1_msun);
        share += exp((double)b.log_weight[k]) / b.n;
        double norm = 0;
        for (int i = 0; i < 2 * b.taps; i++)
            norm += (double)b.g[k * 2 * b.taps + i] * (double)b.g[k * 2 * b.taps + i];
        /* of white noise a quarter of the power is left at 512 Hz, of which both parts together are to have 2 */
        assert_true(fabs(norm / 8 - 1) < 0.01);
    }
    assert_true(fabs(share - 1) < 1e-5);
    assert_true(b.match > 0.94 && b.match < b.distance && b.distance < 1);
    gws_stem_bank_clear(&b);
}

static void the_loss_is_that_of_another_choice(void **state)
{
    gws_stem_params p = gws_stem_defaults();
    gws_stem_bank b;
    assert_int_equal(gws_stem_bank_choose(&p, NULL, NULL, &b, NULL), GWS_OK);
    printf("%d templates: weighted loss of distance %.4f\n", b.n, 1 - b.distance);
    assert_true(fabs(1 - b.distance - 0.023) < 0.004);
    gws_stem_bank_clear(&b);
}

static void threads_change_nothing(void **state)
{
    gws_stem_params p = small(8);
    gws_stem_bank a, b, other;
    gws_pool *pool = gws_pool_create(3, NULL);
    assert_int_equal(gws_stem_bank_choose(&p, NULL, NULL, &a, NULL), GWS_OK);
    assert_int_equal(gws_stem_bank_choose(&p, NULL, pool, &b, NULL), GWS_OK);
    assert_memory_equal(a.g, b.g, (size_t)(a.n * a.taps * 2) * sizeof *a.g);
    assert_memory_equal(a.log_weight, b.log_weight, (size_t)a.n * sizeof *a.log_weight);
    p.seed++;
    assert_int_equal(gws_stem_bank_choose(&p, NULL, NULL, &other, NULL), GWS_OK);
    assert_true(memcmp(a.g, other.g, (size_t)(a.n * a.taps * 2) * sizeof *a.g) != 0);
    gws_stem_bank_clear(&a);
    gws_stem_bank_clear(&b);
    gws_stem_bank_clear(&other);
    gws_pool_destroy(pool);
}

static void filters_of_a_bank_can_be_made_again(void **state)
{
    static float g[5 * 1792 * 2];
    gws_stem_params p = small(5);
    gws_stem_bank b;
    assert_int_equal(gws_stem_bank_choose(&p, NULL, NULL, &b, NULL), GWS_OK);
    assert_int_equal(gws_stem_filters(&p, b.templates, 5, g, NULL), GWS_OK);
    assert_memory_equal(g, b.g, sizeof g);
    gws_stem_bank_clear(&b);
}

static const char SPINS[] = "[variable_params]\nmass1 =\nmass2 =\nspin1z =\nspin2z =\ndistance =\n"
                            "[static_params]\napproximant = IMRPhenomD\nf_lower = 20\n"
                            "[prior-mass1]\nname = uniform\nmin-mass1 = 7\nmax-mass1 = 50\n"
                            "[prior-mass2]\nname = uniform\nmin-mass2 = 7\nmax-mass2 = 50\n"
                            "[prior-spin1z]\nname = uniform\nmin-spin1z = -0.99\nmax-spin1z = 0.99\n"
                            "[prior-spin2z]\nname = uniform\nmin-spin2z = -0.99\nmax-spin2z = 0.99\n"
                            "[prior-distance]\nname = uniform\nmin-distance = 1\nmax-distance = 2\n";

static void aligned_spins_of_another_population(void **state)
{
    gws_err err = {0};
    gws_stem_params p = small(16);
    gws_stem_bank b, none;
    gws_ini *ini = gws_ini_parse(SPINS, "spins", &err);
    gws_population *population = gws_population_create(ini, &err);
    if (!population)
        fail_msg("%s", err.text);
    assert_int_equal(gws_stem_bank_choose(&p, population, NULL, &b, NULL), GWS_OK);
    int spinning = 0;
    for (int k = 0; k < b.n; k++)
        spinning += fabs(b.templates[k].spin1z) > 0.3;
    assert_true(spinning > 3);
    assert_int_equal(gws_stem_bank_choose(&p, NULL, NULL, &none, NULL), GWS_OK);
    assert_true(none.distance > b.distance); /* more to cover */
    gws_stem_bank_clear(&b);
    gws_stem_bank_clear(&none);
    gws_population_destroy(population);
    gws_ini_destroy(ini);
}

/* The design curve as a table of its own numbers, 1 Hz apart, differs from the formula by what lies between them alone. */
static void a_curve_may_be_a_file(void **state)
{
    static double curve[600];
    gws_stem_params p = small(12);
    gws_stem_bank b, named;
    gws_err err = {0};
    char path[512];
    const char *temporary = getenv("TMPDIR");
    snprintf(path, sizeof path, "%s/gws-stem-bank-%d.txt", temporary && *temporary ? temporary : P_tmpdir, (int)getpid());
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(gws_curve_fill("aLIGOZeroDetHighPower", 1, 600, 10, curve, &err), GWS_OK);
    for (int k = 10; k < 600; k++)
        fprintf(f, "%d %.9g\n", k, curve[k]);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(gws_stem_bank_choose(&p, NULL, NULL, &named, NULL), GWS_OK);
    p.curve = path;
    if (gws_stem_bank_choose(&p, NULL, NULL, &b, &err))
        fail_msg("%s", err.text);
    double both = 0, own = 0;
    for (int i = 0; i < b.taps * 2; i++) {
        both += (double)b.g[i] * (double)named.g[i];
        own += (double)named.g[i] * (double)named.g[i];
    }
    assert_true(b.templates[0].mass1_msun == named.templates[0].mass1_msun);
    assert_true(fabs(both / own - 1) < 1e-3 && memcmp(b.g, named.g, (size_t)b.taps * sizeof *b.g) != 0);
    gws_stem_bank_clear(&b);
    gws_stem_bank_clear(&named);
    remove(path);
}

/* Spins along the orbit make a system of the same masses louder (they keep it together for longer), so that a bank that counts loudness
 * gives its weight to larger spins. */
static void what_is_loud_counts_more(void **state)
{
    gws_err err = {0};
    gws_stem_params p = small(16);
    gws_stem_bank b[2];
    gws_ini *ini = gws_ini_parse(SPINS, "spins", &err);
    gws_population *population = gws_population_create(ini, &err);
    double spin[2] = {0, 0};
    for (int i = 0; i < 2; i++) {
        p.loudness = i ? 3 : 0;
        assert_int_equal(gws_stem_bank_choose(&p, population, NULL, &b[i], NULL), GWS_OK);
        for (int k = 0; k < b[i].n; k++)
            spin[i] += exp((double)b[i].log_weight[k]) / b[i].n * (b[i].templates[k].spin1z + b[i].templates[k].spin2z) / 2;
        gws_stem_bank_clear(&b[i]);
    }
    printf("weighted mean spin %.3f, with loudness %.3f\n", spin[0], spin[1]);
    assert_true(spin[1] > spin[0] + 0.05);
    gws_population_destroy(population);
    gws_ini_destroy(ini);
}

static void what_cannot_be_is_refused(void **state)
{
    gws_stem_params p = small(201);
    gws_stem_bank b;
    gws_err err;
    assert_int_equal(gws_stem_bank_choose(&p, NULL, NULL, &b, &err), GWS_EARG);
    p = small(8);
    p.after = p.taps;
    assert_int_equal(gws_stem_bank_choose(&p, NULL, NULL, &b, &err), GWS_EARG);
    p = small(8);
    p.low_hz = 300;
    assert_int_equal(gws_stem_bank_choose(&p, NULL, NULL, &b, &err), GWS_EARG);
    p = small(8);
    p.curve = "no such curve";
    assert_int_equal(gws_stem_bank_choose(&p, NULL, NULL, &b, &err), GWS_EARG);
    p = small(8);
    p.loudness = -1;
    assert_int_equal(gws_stem_bank_choose(&p, NULL, NULL, &b, &err), GWS_EARG);
    assert_true(b.n == 0 && b.g == NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bank_is_a_choice_of_the_population),
        cmocka_unit_test(the_loss_is_that_of_another_choice),
        cmocka_unit_test(threads_change_nothing),
        cmocka_unit_test(filters_of_a_bank_can_be_made_again),
        cmocka_unit_test(aligned_spins_of_another_population),
        cmocka_unit_test(a_curve_may_be_a_file),
        cmocka_unit_test(what_is_loud_counts_more),
        cmocka_unit_test(what_cannot_be_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
