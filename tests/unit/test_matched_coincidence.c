/* Coincidence, clustering and time slides on triggers made by hand.  Truth: counted by hand; light travel time H1-L1 10.012846 ms,
 * H1-V1 27.287980 ms, L1-V1 26.448341 ms (lal 7.7.1), so that with a pad of 5 ms arrivals may lie 30, 66 and 64 samples of 1/2048 s apart. */
#include "gwstest.h"

#include "base/clock.h"
#include "matched/coincidence.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RATE 2048
#define T0 ((int64_t)1000000000 * RATE)

/* A network of which the caller sets triggers; 100 s live everywhere. */
static gws_singles network(int n, gws_span *live)
{
    static const char *const names[] = {"H1", "L1", "V1"};
    gws_singles r = {.n_ifo = n, .rate_hz = RATE};
    for (int d = 0; d < n; d++) {
        memcpy(r.ifo[d].ifo, names[d], 3);
        live[d] = (gws_span){T0, T0 + 100 * RATE};
        r.ifo[d].live = &live[d];
        r.ifo[d].n_live = 1;
    }
    return r;
}

static gws_single at(int64_t sample, int template, double new_snr)
{
    return (gws_single){
        .sample = T0 + sample, .snr = new_snr, .new_snr = new_snr, .chisq_reduced = 1, .sigma = 100, .template_index = template};
}

static void set(gws_singles *r, int d, gws_single *t, int n)
{
    r->ifo[d].triggers = t;
    r->ifo[d].n = n;
}

static gws_coincidence *find(const gws_singles *r, const gws_coincidence_params *p, int64_t want)
{
    gws_coincidence *e;
    int64_t n;
    gws_err err;
    if (gws_coincidence_find(r, p, &e, &n, &err) != GWS_OK)
        fail_msg("%s", err.text);
    assert_int_equal(n, want);
    return e;
}

static void light_travel_time_and_pad(void **state)
{
    gws_span live[3];
    gws_singles r = network(2, live);
    gws_coincidence_params p = gws_coincidence_defaults();
    for (int sign = -1; sign <= 1; sign += 2)
        for (int apart = 29; apart <= 32; apart++) {
            gws_single h[] = {at(5000, 7, 6)}, l[] = {at(5000 + sign * apart, 7, 8)};
            set(&r, 0, h, 1);
            set(&r, 1, l, 1);
            gws_coincidence *e = find(&r, &p, apart <= 30);
            if (e) {
                assert_true(fabs(e->stat - 10) < 1e-12);
                assert_int_equal(e->template_index, 7);
                double mean_s = 1e9 + (5000 + sign * apart / 2.0) / RATE;
                assert_true(fabs((double)(e->gps_ns - (int64_t)1000000000 * GWS_NS) * 1e-9 - (mean_s - 1e9)) < 2e-9);
                assert_true(e->trigger[0] == 0 && e->trigger[1] == 0 && e->trigger[2] == -1);
            }
            free(e);
        }
    p.pad_s = 0;
    gws_single h[] = {at(5000, 7, 6)}, l[] = {at(5021, 7, 8)};
    set(&r, 0, h, 1);
    set(&r, 1, l, 1);
    free(find(&r, &p, 0));
    l[0].sample--;
    free(find(&r, &p, 1));
}

static void the_same_template(void **state)
{
    gws_span live[3];
    gws_singles r = network(2, live);
    gws_coincidence_params p = gws_coincidence_defaults();
    gws_single h[] = {at(5000, 3, 6), at(90000, 4, 5), at(5001, 9, 9)}, l[] = {at(5000, 2, 9), at(90010, 4, 5), at(5001, 8, 9)};
    set(&r, 0, h, 3);
    set(&r, 1, l, 3);
    gws_coincidence *e = find(&r, &p, 1);
    assert_true(e->template_index == 4 && e->trigger[0] == 1 && e->trigger[1] == 1);
    free(e);
    p.threshold = 7.2;
    free(find(&r, &p, 0));
    assert_true(gws_coincidence_livetime_s(&r) == 100);
}

/* Loudest first: 30 s takes 24 and 36 away (10 s), so 19 is free again. */
static void clusters(void **state)
{
    gws_span live[3];
    gws_singles r = network(2, live);
    gws_coincidence_params p = gws_coincidence_defaults();
    gws_single h[] = {at(19 * RATE, 0, 5), at(24 * RATE, 0, 6), at(30 * RATE, 0, 8), at(36 * RATE, 1, 7), at(47 * RATE, 1, 4)};
    set(&r, 0, h, 5);
    set(&r, 1, h, 5);
    p.cluster_s = 10;
    gws_coincidence *e = find(&r, &p, 3);
    assert_true(e[0].trigger[0] == 0 && e[1].trigger[0] == 2 && e[2].trigger[0] == 4);
    free(e);
    p.cluster_s = 0;
    free(find(&r, &p, 5));
}

/* Signals are reported each, as searches of the field do, unless they come within a second of one another. */
static void two_signals_8_s_apart_are_two(void **state)
{
    gws_span live[3];
    gws_singles r = network(2, live);
    gws_coincidence_params p = gws_coincidence_defaults();
    gws_single h[] = {at(30 * RATE, 0, 20), at(31 * RATE, 0, 9), at(31 * RATE + 1, 0, 8), at(38 * RATE, 1, 7)};
    set(&r, 0, h, 4);
    set(&r, 1, h, 4);
    gws_coincidence *e = find(&r, &p, 3);
    assert_true(e[0].trigger[0] == 0 && e[1].trigger[0] == 2 && e[2].trigger[0] == 3);
    free(e);
}

static void three_detectors(void **state)
{
    gws_span live[3];
    gws_singles r = network(3, live);
    gws_coincidence_params p = gws_coincidence_defaults();
    gws_single h[] = {at(5000, 1, 6), at(60000, 1, 5)}, l[] = {at(5020, 1, 7)},
               v[] = {at(5063, 1, 4), at(5066, 1, 5), at(5070, 1, 9), at(60066, 1, 5)};
    set(&r, 0, h, 2);
    set(&r, 1, l, 1);
    set(&r, 2, v, 4);
    gws_coincidence *e = find(&r, &p, 2);
    /* V1 at 5070 is near L1 but not near H1; 5066 is the louder of those that are near both.  The pair L1-V1 with 9 is louder than
     * the triple would be: sqrt(49 + 81) against sqrt(36 + 49 + 25). */
    assert_true(e[0].trigger[0] == -1 && e[0].trigger[1] == 0 && e[0].trigger[2] == 2);
    assert_true(e[1].trigger[0] == 1 && e[1].trigger[1] == -1 && e[1].trigger[2] == 3);
    free(e);
    v[2].new_snr = 5.5;
    e = find(&r, &p, 2);
    assert_true(e[0].trigger[0] == 0 && e[0].trigger[1] == 0 && e[0].trigger[2] == 1);
    assert_true(fabs(e[0].stat - sqrt(36 + 49 + 25)) < 1e-12);
    free(e);
}

static void one_detector(void **state)
{
    gws_span live[3];
    gws_singles r = network(1, live);
    gws_coincidence_params p = gws_coincidence_defaults();
    gws_single h[] = {at(5000, 1, 6), at(60000, 1, 5), at(4000, 2, 7)};
    gws_calibration far;
    gws_err err;
    set(&r, 0, h, 3);
    memcpy(r.ifo[0].ifo, "X0", 3); /* nobody needs to know where it stands */
    gws_coincidence *e = find(&r, &p, 2);
    assert_true(e[0].stat == 7 && e[0].gps_ns == gws_ns_of_sample(T0 + 4000, RATE) && e[1].stat == 5);
    free(e);
    assert_true(gws_coincidence_livetime_s(&r) == 100);
    assert_int_equal(gws_coincidence_background(&r, &p, 5, 1, NULL, &far, &err), GWS_EDATA);
    set(&r, 0, NULL, 0);
    free(find(&r, &p, 0));
}

static void slides(void **state)
{
    gws_span live[3], halves[2] = {{T0, T0 + 40 * RATE}, {T0 + 60 * RATE, T0 + 100 * RATE}};
    gws_singles r = network(2, live);
    gws_coincidence_params p = gws_coincidence_defaults();
    gws_calibration far, again;
    gws_err err;
    gws_pool *pool = gws_pool_create(3, NULL);
    /* L1 is moved by 2 s a slide: its trigger at 10 s meets H1's at 14 s in slide 2, at 20 s in slide 5, and nothing in others. */
    gws_single h[] = {at(14 * RATE, 0, 3), at(20 * RATE, 0, 6)}, l[] = {at(10 * RATE, 0, 4)};
    set(&r, 0, h, 2);
    set(&r, 1, l, 1);
    r.ifo[1].live = halves;
    r.ifo[1].n_live = 2;
    assert_true(gws_coincidence_livetime_s(&r) == 80);
    assert_int_equal(gws_coincidence_background(&r, &p, 6, 2, NULL, &far, &err), GWS_OK);
    assert_int_equal(far.n, 2);
    assert_true((double)far.stat[0] == (double)sqrtf(52) && far.stat[1] == 5);
    /* Slide k: L1 lives [2k, 40+2k) and [60+2k, 100+2k), H1 [0, 100): 40 + 40 - 2k. */
    assert_true(far.livetime_s == 6 * 80 - 2 * 21);
    /* one is louder than 6, none than 8, and what is quieter than both is known too: the slides keep all */
    assert_true(gws_far_at(&far, 6).bound == GWS_FAR_COUNTED && gws_far_at(&far, 8).bound == GWS_FAR_BELOW &&
                gws_far_at(&far, 4).bound == GWS_FAR_COUNTED);
    assert_true(fabs(gws_far_at(&far, 6).per_month - 2 * GWS_MONTH_S / far.livetime_s) < 1e-9);
    assert_true(fabs(gws_far_at(&far, 8).per_month - GWS_MONTH_S / far.livetime_s) < 1e-9);
    assert_true(fabs(gws_far_at(&far, 4).per_month - 3 * GWS_MONTH_S / far.livetime_s) < 1e-9);
    assert_int_equal(gws_coincidence_background(&r, &p, 6, 2, pool, &again, &err), GWS_OK);
    assert_true(again.n == 2 && again.livetime_s == far.livetime_s);
    assert_memory_equal(again.stat, far.stat, 2 * sizeof *far.stat);
    free(far.stat);
    free(again.stat);
    /* Steps that leave nothing in common, or that a coincidence spans; a site that nobody knows. */
    assert_int_equal(gws_coincidence_background(&r, &p, 6, 200, NULL, &far, &err), GWS_EDATA);
    assert_int_equal(gws_coincidence_background(&r, &p, 6, 0.03, NULL, &far, &err), GWS_OK);
    free(far.stat);
    assert_int_equal(gws_coincidence_background(&r, &p, 6, 0.029, NULL, &far, &err), GWS_EARG);
    assert_int_equal(gws_coincidence_background(&r, &p, 0, 1, NULL, &far, &err), GWS_EARG);
    assert_int_equal(gws_coincidence_background(&r, &p, 6, (double)NAN, NULL, &far, &err), GWS_EARG);
    memcpy(r.ifo[1].ifo, "X0", 3);
    gws_coincidence *e;
    int64_t n;
    assert_int_equal(gws_coincidence_find(&r, &p, &e, &n, &err), GWS_EDATA);
    assert_true(e == NULL && n == 0);
    p.pad_s = -1;
    assert_int_equal(gws_coincidence_find(&r, &p, &e, &n, &err), GWS_EARG);
    gws_pool_destroy(pool);
}

/* Poisson triggers of one template: the rate of chance coincidences is 2 w r1 r2 (two-sided window w). */
static void chance_coincidences(void **state)
{
    enum { N = 4000 };
    static gws_single h[N], l[N];
    gws_span live[3];
    gws_singles r = network(2, live);
    gws_coincidence_params p = gws_coincidence_defaults();
    gws_calibration far;
    gws_err err;
    live[0] = live[1] = (gws_span){T0, T0 + (int64_t)N * RATE};
    /* one a second, at a random place in it */
    uint64_t seed = 1;
    for (int i = 0; i < N; i++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        h[i] = at((int64_t)i * RATE + (int64_t)(seed >> 53), 0, 5);
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        l[i] = at((int64_t)i * RATE + (int64_t)(seed >> 53), 0, 5);
    }
    set(&r, 0, h, N);
    set(&r, 1, l, N);
    p.cluster_s = 0;
    assert_int_equal(gws_coincidence_background(&r, &p, 40, 7.3, NULL, &far, &err), GWS_OK);
    double want = far.livetime_s * 61.0 / RATE; /* lags -30 .. 30 */
    printf("%lld chance coincidences in %.0f s, expected %.0f\n", (long long)far.n, far.livetime_s, want);
    assert_true(fabs((double)far.n - want) < 4 * sqrt(want));
    free(far.stat);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(light_travel_time_and_pad),
        cmocka_unit_test(the_same_template),
        cmocka_unit_test(clusters),
        cmocka_unit_test(two_signals_8_s_apart_are_two),
        cmocka_unit_test(three_detectors),
        cmocka_unit_test(one_detector),
        cmocka_unit_test(slides),
        cmocka_unit_test(chance_coincidences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) != 0;
}
