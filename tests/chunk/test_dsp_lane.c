/* A lane hands out the whitened strain of resampling and conditioning, in any cut and however it is emptied, and says what will not come.
 * Truth: the two machines called one after the other on the whole (identity), and the statements of lane.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/rng.h"
#include "dsp/lane.h"
#include "dsp/resample.h"

#include <math.h>
#include <string.h>

enum { IN_HZ = 4096, RATE_HZ = 2048, N = 70 * IN_HZ, AWAY_AT = 34 * IN_HZ, AWAY = 86400 * IN_HZ };

typedef struct track {
    float w[N];
    int64_t sample[N], n;
} track;

static track truth, got;
static double x[N];
static gws_condition_params params;

static void on_whitened(void *user, int64_t sample, const float *w, int64_t n)
{
    track *t = user;
    for (int64_t i = 0; i < n; i++) {
        assert_true(t->n < N);
        t->w[t->n] = w[i];
        t->sample[t->n++] = sample + i;
    }
}

static void on_resampled(void *user, int64_t sample, const double *h, int64_t n)
{
    gws_condition_push(user, sample, h, n, on_whitened, &truth);
}

/* The detector is away for a day in the middle. */
static int64_t sample_at(int64_t i)
{
    return (int64_t)1126259447 * IN_HZ + 1 + i + (i >= AWAY_AT ? AWAY : 0);
}

static int setup(void **state)
{
    gws_rng rng = gws_rng_init(20170817, "test lane", 0);
    gws_rng_normal_at(&rng, 0, x, N);
    for (int i = 20 * IN_HZ; i < 20 * IN_HZ + 3; i++)
        x[i] = (double)NAN;
    params = gws_condition_defaults();
    params.first_s = 8;
    params.min_s = 4;
    params.history_s = 16;
    params.update_s = 4;
    gws_resample *r = gws_resample_create(IN_HZ, RATE_HZ, NULL);
    gws_condition *c = gws_condition_create(&params, RATE_HZ, NULL);
    gws_resample_push(r, sample_at(0), x, AWAY_AT, on_resampled, c);
    gws_resample_push(r, sample_at(AWAY_AT), x + AWAY_AT, N - AWAY_AT, on_resampled, c);
    gws_resample_finish(r, on_resampled, c);
    gws_condition_finish(c, on_whitened, &truth);
    gws_resample_destroy(r);
    gws_condition_destroy(c);
    return truth.n > 0 ? 0 : -1;
}

/* Take the first `most` samples that are held. */
static void take(gws_lane *l, int64_t most)
{
    const gws_lane_held held = gws_lane_look(l);
    const float *w = held.w;
    int64_t left = most < held.n ? most : held.n, n = left;
    for (int64_t i = 0; i < held.n_runs && left > 0; i++) {
        const int64_t k = held.runs[i].n < left ? held.runs[i].n : left;
        on_whitened(&got, held.runs[i].sample, w, k);
        w += k;
        left -= k;
    }
    gws_lane_drop(l, n);
}

static void any_cut_gives_what_the_two_machines_give(void **state)
{
    static const int64_t most[] = {1500, 40000, N}, taken[] = {N, 3000, 1};
    gws_rng rng = gws_rng_init(20190814, "cuts of a lane", 0);
    for (size_t m = 0; m < sizeof most / sizeof most[0]; m++) {
        gws_lane *l = gws_lane_create(&params, IN_HZ, RATE_HZ, 0, NULL);
        assert_non_null(l);
        got.n = 0;
        for (int64_t at = 0, n; at < N; at += n) {
            const int64_t end = at < AWAY_AT ? AWAY_AT : N;
            n = 1 + (int64_t)gws_rng_below(&rng, (uint64_t)most[m]);
            n = at + n > end ? end - at : n;
            const int64_t low = gws_lane_low(l), held = gws_lane_look(l).n;
            gws_lane_push(l, sample_at(at), x + at, n);
            const gws_lane_held now = gws_lane_look(l);
            /* what was said not to come has not come */
            if (now.n > held)
                assert_true(now.runs[now.n_runs - 1].sample + now.runs[now.n_runs - 1].n - (now.n - held) >= low || held == 0);
            if (held == 0 && now.n > 0)
                assert_true(now.runs[0].sample >= low);
            take(l, taken[m]);
        }
        gws_lane_finish(l);
        take(l, N);
        assert_int_equal(got.n, truth.n);
        assert_memory_equal(got.w, truth.w, (size_t)truth.n * sizeof truth.w[0]);
        assert_memory_equal(got.sample, truth.sample, (size_t)truth.n * sizeof truth.sample[0]);
        assert_false(gws_lane_lost(l));
        gws_lane_destroy(l);
    }
}

static void who_is_away_holds_nothing_back(void **state)
{
    gws_lane *l = gws_lane_create(&params, IN_HZ, RATE_HZ, 0, NULL);
    assert_int_equal(gws_lane_low(l), INT64_MIN);
    gws_lane_push(l, sample_at(0), x, AWAY_AT);
    const int64_t in_front = gws_lane_low(l), held = gws_lane_look(l).n;
    assert_true(in_front < sample_at(AWAY_AT - 1) / 2);
    /* nothing comes for a day: all that its segment gives is there, and the others need not wait */
    gws_lane_push(l, sample_at(AWAY_AT), NULL, 0);
    assert_true(gws_lane_look(l).n > held);
    assert_true(gws_lane_low(l) >= sample_at(AWAY_AT) / 2);
    gws_lane_destroy(l);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_cut_gives_what_the_two_machines_give),
        cmocka_unit_test(who_is_away_holds_nothing_back),
    };
    return cmocka_run_group_tests(tests, setup, NULL);
}
