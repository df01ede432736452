/* However the input is cut, the resampler's output is the same, bit for bit, gaps and jumps of the sample index included; and
 * pushing allocates nothing.  Truth: identity (one push of everything). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/arena.h"
#include "base/rng.h"
#include "dsp/resample.h"

#include <math.h>
#include <string.h>

#define N 60000
#define JUMP_AT 41000 /* the index jumps here ... */
#define JUMP_BY 12345 /* ... by so much */

struct track {
    double h[N];
    int64_t sample[N];
    int64_t n;
};

static struct track whole, cut;
static double x[N];

static void on_samples(void *user, int64_t sample, const double *h, int64_t n)
{
    struct track *t = user;
    for (int64_t i = 0; i < n; i++) {
        assert_true(t->n < N);
        t->h[t->n] = h[i];
        t->sample[t->n++] = sample + i;
    }
}

/* Push x in pieces of 1..most samples (0: everything that is contiguous), honouring the jump. */
static void run(struct track *t, int in_hz, int out_hz, int64_t begin, gws_rng *rng, uint64_t most)
{
    gws_resample *r = gws_resample_create(in_hz, out_hz, NULL);
    assert_non_null(r);
    memset(t, 0, sizeof *t);
    uint64_t before = gws_alloc_count();
    for (int64_t at = 0; at < N;) {
        int64_t end = at < JUMP_AT ? JUMP_AT : N;
        int64_t n = most ? 1 + (int64_t)gws_rng_below(rng, most) : N;
        if (at + n > end)
            n = end - at;
        gws_resample_push(r, begin + at + (at >= JUMP_AT ? JUMP_BY : 0), x + at, n, on_samples, t);
        at += n;
    }
    gws_resample_finish(r, on_samples, t);
    assert_int_equal(gws_alloc_count(), before);
    gws_resample_destroy(r);
}

static void random_cuts_give_the_same_bits(void **state)
{
    static const int rates[][2] = {{16384, 4096}, {4096, 2048}, {16384, 2048}, {6144, 2048}, {2048, 2048}};
    static const uint64_t most[] = {1, 7, 300, 20000};
    gws_rng rng = gws_rng_init(20150914, "test resample", 0);
    gws_rng_normal_at(&rng, 0, x, N);
    rng.next = N;
    for (int i = 15000; i < 15003; i++)
        x[i] = (double)NAN;
    x[15500] = (double)INFINITY; /* a segment too short for any output of the long filters */
    x[N - 1] = (double)NAN;
    for (size_t k = 0; k < sizeof rates / sizeof rates[0]; k++) {
        int64_t begin = INT64_C(1126259447) * rates[k][0] + 3;
        run(&whole, rates[k][0], rates[k][1], begin, &rng, 0);
        assert_true(whole.n > 0);
        for (size_t m = 0; m < sizeof most / sizeof most[0]; m++) {
            run(&cut, rates[k][0], rates[k][1], begin, &rng, most[m]);
            assert_int_equal(cut.n, whole.n);
            assert_memory_equal(cut.h, whole.h, (size_t)whole.n * sizeof whole.h[0]);
            assert_memory_equal(cut.sample, whole.sample, (size_t)whole.n * sizeof whole.sample[0]);
        }
    }
}

static void a_stream_that_begins_later_gives_the_same_samples(void **state)
{
    gws_rng rng = gws_rng_init(1, "test resample", 1);
    gws_rng_normal_at(&rng, 0, x, N);
    memset(&whole, 0, sizeof whole);
    memset(&cut, 0, sizeof cut);
    gws_resample *r = gws_resample_create(4096, 2048, NULL);
    gws_resample_push(r, 0, x, 20000, on_samples, &whole);
    gws_resample_reset(r);
    gws_resample_push(r, 5001, x + 5001, 20000 - 5001, on_samples, &cut); /* after a reset an older index is welcome */
    gws_resample_destroy(r);
    int64_t shift = cut.sample[0] - whole.sample[0];
    assert_true(shift > 0 && cut.n == whole.n - shift);
    assert_memory_equal(cut.h, whole.h + shift, (size_t)cut.n * sizeof cut.h[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_cuts_give_the_same_bits),
        cmocka_unit_test(a_stream_that_begins_later_gives_the_same_samples),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
