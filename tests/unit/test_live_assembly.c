/* What becomes of pieces in any order.  Truth: the strain that they were cut from, with the gaps of strain/gap.h, whose runs are found in the
 * whole of it at once. */
#include "base/clock.h"
#include "base/rng.h"
#include "live/assembly.h"
#include "strain/gap.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gwstest.h"

#define RATE 2048
#define SECONDS 60
#define T0 1000000000

static double strain[SECONDS * RATE], wanted[SECONDS * RATE], got[SECONDS * RATE];
static int64_t next;

static gws_status on_rate(void *user, int rate_hz, int *useless, gws_err *err)
{
    assert_int_equal(rate_hz, RATE);
    *useless = 0;
    (void)user;
    (void)err;
    return GWS_OK;
}

static gws_status on_strain(void *user, int64_t sample, const double *h, int64_t n, gws_err *err)
{
    assert_true(sample >= next);
    memcpy(got + (sample - (int64_t)T0 * RATE), h, (size_t)n * sizeof *h);
    next = sample + n;
    (void)user;
    (void)err;
    return GWS_OK;
}

static gws_status on_absent(void *user, int64_t ns, gws_err *err)
{
    const int64_t sample = gws_sample_of_ns(ns, RATE);
    assert_true(sample >= next);
    next = sample;
    (void)user;
    (void)err;
    return GWS_OK;
}

static gws_assembly *create(void)
{
    const gws_assembly_sinks sinks = {NULL, on_rate, on_strain, on_absent, NULL};
    gws_assembly *a = gws_assembly_create("H1", &sinks, NULL);
    assert_non_null(a);
    for (int64_t i = 0; i < SECONDS * RATE; i++)
        got[i] = (double)NAN;
    next = INT64_MIN;
    return a;
}

static void give(gws_assembly *a, int64_t first, int64_t n)
{
    const gws_live_piece p = {
        .ifo = "H1", .rate_hz = RATE, .sample = (int64_t)T0 * RATE + first, .n = n, .h = strain + first, .why = GWS_LIVE_NO_GAP};
    if (gws_assembly_wants(a, &p))
        assert_int_equal(gws_assembly_take(a, &p, NULL), GWS_OK);
}

/* Bit for bit, and gap for gap. */
static void is_as_wanted(int64_t from, int64_t to)
{
    for (int64_t i = from; i < to; i++)
        assert_true(isfinite(wanted[i]) ? memcmp(&wanted[i], &got[i], sizeof got[i]) == 0 : !isfinite(got[i]));
}

/* Runs of one value across the ends of seconds: from too short to long, one of NaN, one that a file begins with. */
static int make_strain(void **state)
{
    gws_rng r = gws_rng_init(9, "assembly", 0);

    gws_rng_normal_at(&r, 0, strain, SECONDS * RATE);
    for (int k = 0; k < 40; k++) {
        const int64_t length = 1 + (int64_t)(gws_rng_uniform(&r) * 40), at = (k + 2) * RATE - (int64_t)(gws_rng_uniform(&r) * 40);
        for (int64_t i = 0; i < length; i++)
            strain[at + i] = strain[at]; /* stuck at its last value */
    }
    for (int64_t i = 50 * RATE - 100; i < 52 * RATE + 5; i++)
        strain[i] = 0;
    for (int64_t i = 0; i < 20; i++)
        strain[i] = strain[55 * RATE + i] = i < 10 ? 1 : (double)NAN;
    memcpy(wanted, strain, sizeof wanted);
    gws_gap_mark_runs(wanted, SECONDS * RATE, 0, 0, gws_gap_run(RATE));
    (void)state;
    return 0;
}

static void any_cut_gives_the_runs_of_the_whole(void **state)
{
    for (int seed = 0; seed < 20; seed++) {
        gws_rng r = gws_rng_init((uint64_t)seed, "cuts", 0);
        gws_assembly *a = create();
        for (int64_t at = 0; at < SECONDS * RATE;) {
            int64_t n = seed == 0 ? RATE : 1 + (int64_t)(gws_rng_uniform(&r) * (seed < 10 ? 30 : 3000));
            n = n < SECONDS * RATE - at ? n : SECONDS * RATE - at;
            give(a, at, n);
            at += n;
        }
        assert_int_equal(gws_assembly_finish(a, NULL), GWS_OK);
        gws_assembly_destroy(a);
        is_as_wanted(0, SECONDS * RATE);
    }
    (void)state;
}

static void order_and_repeats_do_not_matter(void **state)
{
    for (int seed = 0; seed < 20; seed++) {
        gws_rng r = gws_rng_init((uint64_t)seed, "order", 0);
        gws_live_ifo_stats s = {0};
        int64_t at[SECONDS];
        gws_assembly *a = create();
        for (int64_t i = 0; i < SECONDS; i++)
            at[i] = i;
        for (int64_t i = SECONDS - 1; i > 1; i--) { /* the first stays */
            const int64_t k = 1 + (int64_t)(gws_rng_uniform(&r) * (double)i), swap = at[k];
            at[k] = at[i];
            at[i] = swap;
        }
        for (int i = 0; i < SECONDS; i++) {
            give(a, at[i] * RATE, RATE);
            give(a, at[i / 2] * RATE, RATE);
        }
        gws_assembly_get_stats(a, &s);
        assert_int_equal(s.repeated, SECONDS);
        assert_int_equal(s.waiting, 0);
        assert_int_equal(gws_assembly_finish(a, NULL), GWS_OK);
        gws_assembly_destroy(a);
        is_as_wanted(0, SECONDS * RATE);
    }
    (void)state;
}

static void what_was_given_up_is_late(void **state)
{
    gws_live_ifo_stats s = {0};
    gws_assembly *a = create();

    give(a, 0, RATE);
    give(a, 2 * RATE, RATE);
    gws_assembly_get_stats(a, &s);
    assert_int_equal(s.waiting, 1);
    assert_true(gws_assembly_end_ns(a) == (T0 + 1) * GWS_NS);
    assert_int_equal(gws_assembly_give_up(a, (T0 + 2) * GWS_NS, NULL), GWS_OK);
    assert_true(gws_assembly_end_ns(a) == (T0 + 3) * GWS_NS);
    give(a, RATE, RATE);
    give(a, 0, RATE);
    gws_assembly_get_stats(a, &s);
    assert_int_equal(s.late, 1);
    assert_int_equal(s.repeated, 1);
    assert_true(s.gap_s[GWS_LIVE_MISSING] == 1);
    assert_int_equal(s.state, GWS_LIVE_ON);
    gws_assembly_destroy(a);
    (void)state;
}

static void a_gap_before_the_rate_is_known_has_its_place(void **state)
{
    const gws_live_piece off = {.ifo = "H1", .rate_hz = 1, .sample = T0, .n = 3, .why = GWS_LIVE_NOT_OBSERVING};
    const gws_live_piece other = {.ifo = "H1", .rate_hz = 4096, .sample = (T0 + 4) * INT64_C(4096), .n = 4096, .h = strain};
    gws_live_ifo_stats s = {0};
    gws_assembly *a = create();

    assert_true(gws_assembly_wants(a, &off));
    assert_int_equal(gws_assembly_take(a, &off, NULL), GWS_OK);
    give(a, 3 * RATE, RATE);
    assert_true(gws_assembly_wants(a, &other)); /* another rate than before */
    assert_int_equal(gws_assembly_take(a, &other, NULL), GWS_OK);
    gws_assembly_get_stats(a, &s);
    assert_true(s.gap_s[GWS_LIVE_NOT_OBSERVING] == 3 && s.gap_s[GWS_LIVE_RATE] == 1);
    assert_true(gws_assembly_end_ns(a) == (T0 + 5) * GWS_NS);
    assert_int_equal(s.state, GWS_LIVE_OFF);
    gws_assembly_destroy(a);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_cut_gives_the_runs_of_the_whole),
        cmocka_unit_test(order_and_repeats_do_not_matter),
        cmocka_unit_test(what_was_given_up_is_late),
        cmocka_unit_test(a_gap_before_the_rate_is_known_has_its_place),
    };
    return cmocka_run_group_tests(tests, make_strain, NULL);
}
