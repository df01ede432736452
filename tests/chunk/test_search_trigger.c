/* Truth: identity. However the logits are cut into pushes, the triggers are the same bytes; and nothing is allocated. */
#include "base/arena.h"
#include "base/rng.h"
#include "search/trigger.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#define N 20000
#define MAX 4000

typedef struct list {
    gws_trigger t[MAX];
    int n;
} list;

static float y[N];
static int64_t step[N];
static list whole, cut;

static void collect(void *user, const gws_trigger *t)
{
    list *l = user;
    assert_true(l->n < MAX);
    if (l->n > 0)
        assert_true(t->gps_ns > l->t[l->n - 1].gps_ns);
    l->t[l->n++] = *t;
}

/* A random walk that is pulled back, with jumps of the step counter and non-finite values here and there. */
static void make_track(void)
{
    gws_rng r = gws_rng_init(11, "test track", 0);
    double v = 0;
    int64_t s = -5000;

    for (int i = 0; i < N; i++) {
        v = 0.97 * v + 0.6 * gws_rng_normal(&r);
        y[i] = (float)v;
        if (gws_rng_uniform(&r) < 0.001)
            y[i] = gws_rng_uniform(&r) < 0.5 ? NAN : INFINITY;
        if (gws_rng_uniform(&r) < 0.002)
            s += 1 + (int64_t)gws_rng_below(&r, 100);
        step[i] = s++;
    }
}

/* Push [a, b), one call for each consecutive run. */
static void push(gws_search *s, int a, int b, list *l)
{
    while (a < b) {
        int e = a + 1;
        while (e < b && step[e] == step[e - 1] + 1)
            e++;
        gws_search_push(s, step[a], y + a, e - a, collect, l);
        a = e;
    }
}

static void any_cut_gives_the_same_bytes(void **state)
{
    gws_search_params p = gws_search_defaults();
    gws_search_stats sw, sc;
    gws_rng r = gws_rng_init(12, "test cuts", 0);

    make_track();
    p.threshold = 1.0;
    p.warmup = 16;
    p.offset_s = 0.0371;
    gws_search *s = gws_search_create(&p, 2048, 32, NULL);
    assert_non_null(s);
    push(s, 0, N, &whole);
    gws_search_finish(s, collect, &whole);
    gws_search_get_stats(s, &sw);
    assert_true(whole.n > 50);
    assert_int_equal(sw.triggers, whole.n);
    gws_search_destroy(s);
    for (int trial = 0; trial < 50; trial++) {
        memset(&cut, 0, sizeof cut);
        s = gws_search_create(&p, 2048, 32, NULL);
        uint64_t most = trial == 0 ? 1 : 1 + gws_rng_below(&r, trial % 5 == 0 ? 3000 : 40);
        for (int a = 0; a < N;) {
            int b = a + 1 + (int)gws_rng_below(&r, most);
            if (b > N)
                b = N;
            push(s, a, b, &cut);
            a = b;
        }
        gws_search_finish(s, collect, &cut);
        gws_search_get_stats(s, &sc);
        assert_int_equal(cut.n, whole.n);
        assert_memory_equal(cut.t, whole.t, sizeof whole.t[0] * (size_t)whole.n);
        assert_memory_equal(&sw, &sc, sizeof sw);
        gws_search_destroy(s);
    }
}

static void pushing_allocates_nothing(void **state)
{
    gws_search *s = gws_search_create(NULL, 2048, 32, NULL);
    uint64_t before = gws_alloc_count();

    memset(&cut, 0, sizeof cut);
    for (int i = 0; i < 10000; i++)
        gws_search_push(s, i, y + i, 1, collect, &cut);
    assert_true(gws_alloc_count() == before);
    gws_search_destroy(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(any_cut_gives_the_same_bytes),
        cmocka_unit_test(pushing_allocates_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
