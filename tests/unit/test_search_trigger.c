/* Truth: identities worked out by hand on made logit tracks (a plateau's centre, a gap, a warm-up). */
#include "base/ini.h"
#include "search/trigger.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#define RATE 2048
#define HOP 32
#define HZ 64
#define STEP_NS (GWS_NS / HZ)

typedef struct list {
    gws_trigger t[64];
    int n;
} list;

static void collect(void *user, const gws_trigger *t)
{
    list *l = user;
    assert_true(l->n < 64);
    l->t[l->n++] = *t;
}

static gws_search_params plain(void)
{
    gws_search_params p = gws_search_defaults();
    p.smooth = 1;
    p.warmup = 0;
    return p;
}

static list run(const gws_search_params *p, const float *y, int64_t n)
{
    list l = {.n = 0};
    gws_search *s = gws_search_create(p, RATE, HOP, NULL);
    assert_non_null(s);
    gws_search_push(s, 1000, y, n, collect, &l);
    gws_search_finish(s, collect, &l);
    gws_search_destroy(s);
    return l;
}

static void fill(float *y, int n, float v)
{
    for (int i = 0; i < n; i++)
        y[i] = v;
}

static void plateau_centre_is_the_time(void **state)
{
    float y[200];
    gws_search_params p = plain();
    list l;

    fill(y, 200, -5);
    /* A top of steps 100..110 within 1 of the maximum; the largest sample sits at its right end. */
    for (int i = 100; i <= 110; i++)
        y[i] = 6.5f;
    y[110] = 7.0f;
    y[99] = 3.0f;
    y[111] = 2.0f;
    l = run(&p, y, 200);
    assert_int_equal(l.n, 1);
    assert_int_equal(l.t[0].gps_ns, 1105 * STEP_NS);
    assert_true(l.t[0].stat == 7.0);
    assert_true(l.t[0].window_s == 0.3);
    assert_int_equal(l.t[0].begin_ns, 1099 * STEP_NS);
    assert_int_equal(l.t[0].end_ns, 1111 * STEP_NS);
}

static void half_steps_are_exact(void **state)
{
    float y[50];
    gws_search_params p = plain();
    list l;

    fill(y, 50, -5);
    y[20] = y[21] = 4;
    l = run(&p, y, 50);
    assert_int_equal(l.n, 1);
    assert_int_equal(l.t[0].gps_ns, (2 * 1020 + 1) * STEP_NS / 2);
}

static void plateau_passes_below_the_threshold(void **state)
{
    /* The maximum is 0.5 above the threshold; the plateau, 1 deep, is centred where the top is, not where it is cut. */
    float y[100];
    gws_search_params p = plain();
    list l;

    fill(y, 100, -5);
    for (int i = 40; i <= 60; i++)
        y[i] = -0.4f;
    y[56] = 0.5f;
    l = run(&p, y, 100);
    assert_int_equal(l.n, 1);
    assert_int_equal(l.t[0].begin_ns, l.t[0].end_ns);
    assert_int_equal(l.t[0].gps_ns, 1050 * STEP_NS);
}

static void a_dip_ends_the_plateau(void **state)
{
    float y[100];
    gws_search_params p = plain();
    list l;

    fill(y, 100, -5);
    for (int i = 40; i <= 50; i++)
        y[i] = 5;
    y[45] = 1; /* splits the top; the first of equal maxima is the maximum */
    l = run(&p, y, 100);
    assert_int_equal(l.n, 1);
    assert_int_equal(l.t[0].gps_ns, 1042 * STEP_NS);
}

static void clusters_join_within_the_gap(void **state)
{
    /* 0.35 s at 64 Hz is 22.4 steps: 22 apart is one cluster, 23 apart is two. */
    float y[200];
    gws_search_params p = plain();
    list l;

    fill(y, 200, -5);
    y[50] = 3;
    y[72] = 4;
    l = run(&p, y, 200);
    assert_int_equal(l.n, 1);
    assert_int_equal(l.t[0].gps_ns, 1072 * STEP_NS);
    fill(y, 200, -5);
    y[50] = 3;
    y[73] = 4;
    l = run(&p, y, 200);
    assert_int_equal(l.n, 2);
    assert_true(l.t[0].gps_ns < l.t[1].gps_ns);
    assert_true(l.t[0].stat == 3.0 && l.t[1].stat == 4.0);
}

static void threshold_is_strict(void **state)
{
    float y[10];
    gws_search_params p = plain();

    fill(y, 10, 2);
    p.threshold = 2;
    assert_int_equal(run(&p, y, 10).n, 0);
    p.threshold = nextafter(2, 0);
    assert_int_equal(run(&p, y, 10).n, 1);
}

static void offset_is_subtracted(void **state)
{
    float y[50];
    gws_search_params p = plain();
    list l;

    fill(y, 50, -5);
    y[20] = 4;
    p.offset_s = 0.125;
    l = run(&p, y, 50);
    assert_int_equal(l.t[0].gps_ns, 1020 * STEP_NS - 125000000);
    assert_int_equal(l.t[0].begin_ns, 1020 * STEP_NS);
}

static void smoothing_is_the_mean_of_the_last_steps(void **state)
{
    float y[50];
    gws_search_params p = plain();
    list l;

    fill(y, 50, 0);
    y[20] = 10;
    p.smooth = 5;
    p.threshold = 1;
    l = run(&p, y, 50);
    assert_int_equal(l.n, 1);
    assert_true(l.t[0].stat == 2.0);
    assert_int_equal(l.t[0].begin_ns, 1020 * STEP_NS);
    assert_int_equal(l.t[0].end_ns, 1024 * STEP_NS);
    assert_int_equal(l.t[0].gps_ns, 1022 * STEP_NS);
}

static void warm_up_is_not_scored(void **state)
{
    float y[100];
    gws_search_params p = plain();
    list l;

    fill(y, 100, -5);
    y[30] = 9;
    y[90] = 3;
    p.warmup = 64;
    l = run(&p, y, 100);
    assert_int_equal(l.n, 1);
    assert_true(l.t[0].stat == 3.0);
    p.warmup = 30;
    assert_int_equal(run(&p, y, 100).n, 2);
    p.warmup = 31;
    assert_int_equal(run(&p, y, 100).n, 1);
}

static void a_gap_closes_and_starts_anew(void **state)
{
    float a[20], b[40];
    gws_search_params p = plain();
    list l = {.n = 0};
    gws_search_stats st;
    gws_search *s;

    fill(a, 20, -5);
    fill(b, 40, -5);
    a[19] = 6; /* last step before the gap */
    b[2] = 7;  /* inside the warm-up after it */
    b[12] = 5;
    p.warmup = 10;
    p.smooth = 3;
    s = gws_search_create(&p, RATE, HOP, NULL);
    gws_search_push(s, 0, a, 20, collect, &l);
    assert_int_equal(l.n, 0);
    gws_search_push(s, 25, b, 40, collect, &l);
    gws_search_finish(s, collect, &l);
    gws_search_get_stats(s, &st);
    /* mean of (-5, -5, 6) is below 0: nothing from a; (-5,-5,5) below 0 as well */
    assert_int_equal(l.n, 0);
    assert_int_equal(st.gaps, 1);
    assert_int_equal(st.steps, 60);
    assert_int_equal(st.scored, 10 + 30);
    gws_search_destroy(s);

    /* A cluster open at the gap ends there although steps on both sides are less than gap_s apart. */
    p.smooth = 1;
    p.warmup = 0;
    s = gws_search_create(&p, RATE, HOP, NULL);
    gws_search_push(s, 0, a, 20, collect, &l);
    gws_search_push(s, 21, b, 25, collect, &l);
    assert_int_equal(l.n, 1);
    gws_search_finish(s, collect, &l);
    assert_int_equal(l.n, 2);
    assert_int_equal(l.t[0].gps_ns, 19 * STEP_NS);
    assert_int_equal(l.t[1].gps_ns, (21 + 2) * STEP_NS);
    gws_search_destroy(s);
}

static void not_finite_is_a_gap_and_counted(void **state)
{
    float y[60];
    gws_search_params p = plain();
    list l = {.n = 0};
    gws_search_stats st;
    gws_search *s = gws_search_create(&p, RATE, HOP, NULL);

    fill(y, 60, -5);
    y[20] = y[22] = 4;
    y[21] = NAN;
    y[50] = INFINITY;
    gws_search_push(s, 7, y, 60, collect, &l);
    gws_search_finish(s, collect, &l);
    gws_search_get_stats(s, &st);
    assert_int_equal(l.n, 2);
    assert_int_equal(st.bad, 2);
    assert_int_equal(st.gaps, 2);
    assert_int_equal(st.scored, 58);
    assert_int_equal(st.triggers, 2);
    gws_search_destroy(s);
}

static void delay_is_kept(void **state)
{
    float y[200];
    gws_search_params p = plain();
    list l = {.n = 0};
    gws_search *s = gws_search_create(&p, RATE, HOP, NULL);

    fill(y, 200, -5);
    y[100] = 3;
    for (int i = 0; i < 200 && l.n == 0; i++) {
        gws_search_push(s, i, y + i, 1, collect, &l);
        if (l.n == 1)
            assert_int_equal(i - 100, gws_search_delay(s));
    }
    assert_int_equal(l.n, 1);
    gws_search_destroy(s);
}

static void bad_parameters_are_refused(void **state)
{
    gws_err err = {0};
    gws_search_params p = gws_search_defaults();

    p.window_s = 0.5;
    assert_null(gws_search_create(&p, RATE, HOP, &err));
    assert_int_equal(err.status, GWS_EARG);
    p = gws_search_defaults();
    p.smooth = 0;
    assert_null(gws_search_create(&p, RATE, HOP, &err));
    p = gws_search_defaults();
    p.threshold = (double)NAN;
    assert_null(gws_search_create(&p, RATE, HOP, &err));
    gws_search_destroy(NULL);
}

static void recipe_is_read(void **state)
{
    gws_err err = {0};
    gws_search_params p;
    gws_ini *ini = gws_ini_parse("[search]\nsmooth = 9\ngap_s = 0.5\nwindow_s = 0.2\n", "recipe", &err);

    assert_non_null(ini);
    assert_int_equal(gws_search_params_from_ini(ini, &p, &err), GWS_OK);
    assert_int_equal(p.smooth, 9);
    assert_true(p.gap_s == 0.5 && p.window_s == 0.2 && p.plateau == 1.0);
    gws_ini_destroy(ini);
    ini = gws_ini_parse("[search]\nsmooth = 0\n", "recipe", &err);
    assert_int_equal(gws_search_params_from_ini(ini, &p, &err), GWS_EARG);
    gws_ini_destroy(ini);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plateau_centre_is_the_time),
        cmocka_unit_test(half_steps_are_exact),
        cmocka_unit_test(plateau_passes_below_the_threshold),
        cmocka_unit_test(a_dip_ends_the_plateau),
        cmocka_unit_test(clusters_join_within_the_gap),
        cmocka_unit_test(threshold_is_strict),
        cmocka_unit_test(offset_is_subtracted),
        cmocka_unit_test(smoothing_is_the_mean_of_the_last_steps),
        cmocka_unit_test(warm_up_is_not_scored),
        cmocka_unit_test(a_gap_closes_and_starts_anew),
        cmocka_unit_test(not_finite_is_a_gap_and_counted),
        cmocka_unit_test(delay_is_kept),
        cmocka_unit_test(bad_parameters_are_refused),
        cmocka_unit_test(recipe_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
