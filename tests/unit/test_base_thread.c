/* Thread pool.  Truth: identity with the same tasks run in order by one thread. */
#include "gwstest.h"

#include "base/cpu.h"
#include "base/rng.h"
#include "base/thread.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#define TASKS 500

typedef struct job {
    double sums[TASKS];
    atomic_int runs[TASKS];
    int threads;
    atomic_int bad_thread;
} job;

static void body(void *user, int task, int thread)
{
    job *j = user;
    double x[64], sum = 0;
    gws_rng g = gws_rng_init(5, "task", (uint64_t)task);
    gws_rng_normal_at(&g, 0, x, 64);
    for (int i = 0; i < 64; i++)
        sum += x[i];
    j->sums[task] = sum;
    atomic_fetch_add(&j->runs[task], 1);
    if (thread < 0 || thread >= j->threads)
        atomic_store(&j->bad_thread, 1);
}

static void result_does_not_depend_on_threads(void **state)
{
    static job want, got;
    memset(&want, 0, sizeof want);
    want.threads = 1;
    gws_pool_run(NULL, TASKS, body, &want);
    for (int threads = 1; threads <= 9; threads += 2) {
        gws_err err = {0};
        gws_pool *p = gws_pool_create(threads, &err);
        assert_non_null(p);
        assert_int_equal(gws_pool_threads(p), threads);
        for (int n = 0; n <= TASKS; n = n ? n * 3 : 1) {
            memset(&got, 0, sizeof got);
            got.threads = threads;
            gws_pool_run(p, n, body, &got);
            assert_int_equal(atomic_load(&got.bad_thread), 0);
            for (int i = 0; i < TASKS; i++)
                assert_int_equal(atomic_load(&got.runs[i]), i < n);
            assert_memory_equal(got.sums, want.sums, (size_t)n * sizeof(double));
        }
        gws_pool_destroy(p);
    }
}

static void count_up(void *user, int task, int thread)
{
    atomic_fetch_add((atomic_int *)user, task + 1);
}

static void many_short_jobs(void **state)
{
    /* a training step is a chain of short jobs; a helper late for one must not meddle with the next */
    gws_pool *p = gws_pool_create(4, NULL);
    assert_non_null(p);
    for (int k = 0; k < 20000; k++) {
        atomic_int sum = 0;
        gws_pool_run(p, 3, count_up, &sum);
        assert_int_equal(atomic_load(&sum), 6);
    }
    gws_pool_destroy(p);
}

static void default_size_and_refusals(void **state)
{
    gws_pool *p = gws_pool_create(0, NULL);
    assert_int_equal(gws_pool_threads(p), gws_cpu_count());
    gws_pool_destroy(p);
    gws_err err = {0};
    assert_null(gws_pool_create(-1, &err));
    assert_int_equal(err.status, GWS_EARG);
    assert_int_equal(gws_pool_threads(NULL), 1);
    gws_pool_destroy(NULL);
}

static void *wait_for_others(void *user)
{
    gws_thread_can_wait();
    *(int *)user = getpriority(PRIO_PROCESS, 0);
    return NULL;
}

/* Linux counts it for each thread. */
static void one_thread_can_wait(void **state)
{
#ifdef __linux__
    pthread_t id;
    int nice = -100;
    const int before = getpriority(PRIO_PROCESS, 0);
    assert_int_equal(pthread_create(&id, NULL, wait_for_others, &nice), 0);
    pthread_join(id, NULL);
    assert_int_equal(nice, before > 10 ? before : 10);
    assert_int_equal(getpriority(PRIO_PROCESS, 0), before);
#else
    skip();
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(result_does_not_depend_on_threads),
        cmocka_unit_test(many_short_jobs),
        cmocka_unit_test(default_size_and_refusals),
        cmocka_unit_test(one_thread_can_wait),
    };
    return GWS_RUN_TESTS(tests);
}
