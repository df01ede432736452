/* The conditioner's promises about cutting, time and memory.  Truth: identities.
 *   cut        any pushes give the bits of one push
 *   origin     where a stream begins leaves no trace once its history is full
 *   past       no later sample reaches a PSD, no sample beyond what the filter sees ahead reaches a block
 *   delay      sample n is out when sample n + delay is in
 *   memory     pushing allocates nothing */
#include "gwstest.h"

#include "base/arena.h"
#include "base/rng.h"
#include "dsp/condition.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RATE 512
#define SECONDS 64
#define N (RATE * SECONDS)
#define ORIGIN (INT64_C(1126259446) * RATE + 137) /* begins within a block */
#define JUMP_AT (30 * RATE + 11)                  /* the index jumps here ... */
#define JUMP_BY 1000                              /* ... by so much */
#define NAN_AT (47 * RATE + 3)
#define NAN_N 5

struct track {
    int64_t n, capacity;
    float *w;
    int64_t *sample;
    int64_t in;    /* absolute end of what has been pushed, for the delay */
    int64_t delay; /* most that was seen */
};

static void track_init(struct track *t, int64_t capacity)
{
    memset(t, 0, sizeof *t);
    t->capacity = capacity;
    t->w = malloc((size_t)capacity * sizeof *t->w);
    t->sample = malloc((size_t)capacity * sizeof *t->sample);
}

static void track_clear(struct track *t)
{
    free(t->w);
    free(t->sample);
}

static void on_samples(void *user, int64_t sample, const float *w, int64_t n)
{
    struct track *t = user;
    assert_true(n > 0 && t->n + n <= t->capacity);
    if (t->n)
        assert_true(sample > t->sample[t->n - 1]);
    if (t->in - 1 - sample > t->delay)
        t->delay = t->in - 1 - sample;
    for (int64_t i = 0; i < n; i++) {
        t->w[t->n] = w[i];
        t->sample[t->n++] = sample + i;
    }
}

static double x[N];

static void make_noise(void)
{
    gws_rng r = gws_rng_init(11, "condition", 0);
    gws_rng_normal_at(&r, 0, x, N);
    for (int64_t i = 1; i < N; i++)
        x[i] = 1e-21 * x[i] + 0.7 * x[i - 1];
    for (int64_t i = 0; i < NAN_N; i++)
        x[NAN_AT + i] = (double)NAN;
}

static gws_condition_params small(gws_psd_average average, double ahead_s)
{
    gws_condition_params p = gws_condition_defaults();
    p.history_s = 12.0;
    p.first_s = 6.0;
    p.min_s = 4.0;
    p.update_s = 3.0;
    p.average = average;
    p.ahead_s = ahead_s;
    return p;
}

/* Push x in pieces of 1..most samples, jump included. */
static void run(gws_condition *c, struct track *t, gws_rng *rng, uint64_t most)
{
    t->n = 0;
    for (int64_t at = 0; at < N;) {
        int64_t end = at < JUMP_AT ? JUMP_AT : N, n = most ? 1 + (int64_t)gws_rng_below(rng, most) : N;
        if (at + n > end)
            n = end - at;
        gws_condition_push(c, ORIGIN + at + (at >= JUMP_AT ? JUMP_BY : 0), x + at, n, on_samples, t);
        at += n;
    }
    gws_condition_finish(c, on_samples, t);
}

static void random_cuts_give_the_same_bits(void **state)
{
    make_noise();
    struct track whole, cut;
    track_init(&whole, N);
    track_init(&cut, N);
    gws_rng rng = gws_rng_init(5, "cuts", 0);
    static const uint64_t most[] = {1, 7, 100, RATE, 5 * RATE, N};
    for (int average = 0; average < 9; average++) {
        gws_condition_params p = small((gws_psd_average)(average % 3), average < 3 ? 0 : 0.375);
        if (average >= 6)
            p.block_s = 0.125; /* the filter goes in parts */
        gws_condition *c = gws_condition_create(&p, RATE, NULL);
        run(c, &whole, &rng, 0);
        gws_condition_stats want, got;
        gws_condition_get_stats(c, &want);
        assert_int_equal(want.gaps, 2);
        assert_int_equal(want.samples_in, N);
        assert_int_equal(want.samples_out, whole.n);
        /* three segments, each a filter length shorter */
        assert_int_equal(whole.n, N - NAN_N - 3 * 2 * RATE);
        for (size_t i = 0; i < sizeof most / sizeof *most; i++) {
            gws_condition_reset(c);
            run(c, &cut, &rng, most[i]);
            gws_condition_get_stats(c, &got);
            assert_memory_equal(&got, &want, sizeof got);
            assert_int_equal(cut.n, whole.n);
            assert_memory_equal(cut.w, whole.w, (size_t)whole.n * sizeof *whole.w);
            assert_memory_equal(cut.sample, whole.sample, (size_t)whole.n * sizeof *whole.sample);
        }
        gws_condition_destroy(c);
    }
    track_clear(&whole);
    track_clear(&cut);
}

/* A gap as a jump, and the same gap as NaN samples. */
static void a_jump_is_a_run_of_nan(void **state)
{
    make_noise();
    struct track a, b;
    track_init(&a, N);
    track_init(&b, N);
    gws_condition_params p = small(GWS_PSD_MEDIAN, 0.25);
    gws_condition *c = gws_condition_create(&p, RATE, NULL);
    gws_condition_push(c, ORIGIN, x, N, on_samples, &a);
    gws_condition_finish(c, on_samples, &a);
    gws_condition_push(c, ORIGIN, x, NAN_AT, on_samples, &b);
    gws_condition_push(c, ORIGIN + NAN_AT + NAN_N, x + NAN_AT + NAN_N, N - NAN_AT - NAN_N, on_samples, &b);
    gws_condition_finish(c, on_samples, &b);
    assert_int_equal(a.n, b.n);
    assert_memory_equal(a.w, b.w, (size_t)a.n * sizeof *a.w);
    assert_memory_equal(a.sample, b.sample, (size_t)a.n * sizeof *a.sample);
    gws_condition_destroy(c);
    track_clear(&a);
    track_clear(&b);
}

static void the_origin_is_forgotten(void **state)
{
    make_noise();
    struct track a, b;
    track_init(&a, N);
    track_init(&b, N);
    gws_condition_params p = small(GWS_PSD_MEDIAN_MEAN, 0.5);
    p.stride_s = 0.5;
    gws_condition *c = gws_condition_create(&p, RATE, NULL);
    const int64_t late = 5 * RATE + 77;
    gws_condition_push(c, ORIGIN, x, NAN_AT, on_samples, &a);
    gws_condition_reset(c);
    gws_condition_push(c, ORIGIN + late, x + late, NAN_AT - late, on_samples, &b);
    int64_t forgotten = ORIGIN + late + (int64_t)(p.history_s + p.update_s) * RATE, compared = 0;
    for (int64_t i = 0, j = 0; i < a.n && j < b.n;) {
        if (a.sample[i] < b.sample[j]) {
            i++;
            continue;
        }
        assert_int_equal(a.sample[i], b.sample[j]);
        if (a.sample[i] >= forgotten) {
            assert_memory_equal(&a.w[i], &b.w[j], sizeof *a.w);
            compared++;
        }
        i++;
        j++;
    }
    assert_true(compared > 20 * RATE);
    gws_condition_destroy(c);
    track_clear(&a);
    track_clear(&b);
}

/* Change everything from a time on: blocks whose filter ends before it keep their bits, the next block does not. */
static void nothing_comes_from_beyond(double ahead_s)
{
    make_noise();
    struct track a, b;
    track_init(&a, N);
    track_init(&b, N);
    gws_condition_params p = small(GWS_PSD_MEAN, ahead_s);
    gws_condition *c = gws_condition_create(&p, RATE, NULL);
    gws_condition_push(c, ORIGIN, x, NAN_AT, on_samples, &a);
    gws_condition_reset(c);
    int64_t last_block =
        (ORIGIN / RATE + 31) * RATE; /* its samples are to survive; PSD blocks begin nearby on multiples of three */
    int64_t change = last_block + RATE + (int64_t)(gws_condition_ahead_s(&p) * RATE);
    for (int64_t i = change - ORIGIN; i < NAN_AT; i++)
        x[i] *= 1000.0;
    gws_condition_push(c, ORIGIN, x, NAN_AT, on_samples, &b);
    assert_int_equal(a.n, b.n);
    int64_t differ = 0;
    for (int64_t i = 0; i < a.n; i++)
        if (a.sample[i] < last_block + RATE)
            assert_memory_equal(&a.w[i], &b.w[i], sizeof *a.w);
        else if (a.sample[i] < last_block + 2 * RATE)
            differ += a.w[i] != b.w[i];
    assert_true(differ > RATE / 2);
    gws_condition_destroy(c);
    track_clear(&a);
    track_clear(&b);
}

static void nothing_comes_from_the_future(void **state)
{
    nothing_comes_from_beyond(0);
    nothing_comes_from_beyond(0.25);
}

static void delay_of(double ahead_s, int64_t delay)
{
    make_noise();
    struct track t;
    track_init(&t, N);
    gws_condition_params p = small(GWS_PSD_MEAN, ahead_s);
    gws_condition *c = gws_condition_create(&p, RATE, NULL);
    for (int64_t i = 0; i < NAN_AT; i++) {
        if (i == 8 * RATE) /* the beginning, which waits for first_s, is over */
            t.delay = 0;
        t.in = ORIGIN + i + 1;
        gws_condition_push(c, ORIGIN + i, x + i, 1, on_samples, &t);
    }
    assert_int_equal(t.delay, gws_condition_delay(c));
    assert_int_equal(gws_condition_delay(c), delay);
    gws_condition_destroy(c);
    track_clear(&t);
}

static void delay_is_kept_and_reached(void **state)
{
    delay_of(0, 2 * RATE - 1);
    delay_of(0.125, RATE + RATE / 8 - 1);
}

static void pushing_allocates_nothing(void **state)
{
    make_noise();
    struct track t;
    track_init(&t, 10000 * 100);
    gws_condition *c = gws_condition_create(NULL, RATE, NULL);
    uint64_t before = gws_alloc_count();
    for (int64_t i = 0; i < 10000; i++)
        gws_condition_push(c, ORIGIN + 100 * i, x + 100 * (i % (N / 100)), 100, on_samples, &t);
    gws_condition_finish(c, on_samples, &t);
    assert_int_equal(gws_alloc_count(), before);
    assert_true(t.n > 900000);
    gws_condition_destroy(c);
    track_clear(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_cuts_give_the_same_bits), cmocka_unit_test(a_jump_is_a_run_of_nan),
        cmocka_unit_test(the_origin_is_forgotten),        cmocka_unit_test(nothing_comes_from_the_future),
        cmocka_unit_test(delay_is_kept_and_reached),      cmocka_unit_test(pushing_allocates_nothing),
    };
    return GWS_RUN_TESTS(tests);
}
