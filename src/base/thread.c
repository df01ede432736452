#include "base/thread.h"

#include "base/cpu.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* How long an idle thread looks before it sleeps: a few microseconds, which covers the gap between two
 * layers of a network but leaves the processor to others between two steps. */
#define SPINS 200

#define WAITS_NICE 10 /* a tenth of what a thread of nice 0 gets beside it */

static inline void spin_hint(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

typedef struct gws_worker {
    gws_pool *pool;
    pthread_t id;
    int thread; /* its number in the pool, from 1: the caller is 0 */
} gws_worker;

struct gws_pool {
    pthread_mutex_t mutex;
    pthread_cond_t work; /* a job was opened, or quit */
    pthread_cond_t done; /* the last helper left the job */
    int threads, started;
    gws_worker *workers;

    /* The job. Written by gws_pool_run while `helpers` is 0 and no helper can join, that is while it is closed. */
    gws_task_fn fn;
    void *user;
    int n_tasks;
    int open;           /* helpers may join; under the mutex */
    int quit;           /* under the mutex */
    atomic_int next;    /* first task that nobody took */
    atomic_int helpers; /* threads inside the job besides the caller; changed under the mutex */
    atomic_uint jobs;   /* grows with each job: what idle threads watch */
};

static void run_tasks(gws_pool *p, int thread)
{
    for (;;) {
        int task = atomic_fetch_add_explicit(&p->next, 1, memory_order_relaxed);
        if (task >= p->n_tasks)
            return;
        p->fn(p->user, task, thread);
    }
}

static void *worker_main(void *arg)
{
    gws_worker *w = arg;
    gws_pool *p = w->pool;
    unsigned seen = 0;
    for (;;) {
        for (int i = 0; i < SPINS && atomic_load_explicit(&p->jobs, memory_order_acquire) == seen; i++)
            spin_hint();
        pthread_mutex_lock(&p->mutex);
        while (!p->quit && atomic_load_explicit(&p->jobs, memory_order_relaxed) == seen)
            pthread_cond_wait(&p->work, &p->mutex);
        if (p->quit) {
            pthread_mutex_unlock(&p->mutex);
            return NULL;
        }
        seen = atomic_load_explicit(&p->jobs, memory_order_relaxed);
        /* Late for a job that others have finished: it is closed, nothing to do. */
        int join = p->open;
        if (join)
            atomic_fetch_add_explicit(&p->helpers, 1, memory_order_relaxed);
        pthread_mutex_unlock(&p->mutex);
        if (!join)
            continue;
        run_tasks(p, w->thread);
        pthread_mutex_lock(&p->mutex);
        if (atomic_fetch_sub_explicit(&p->helpers, 1, memory_order_release) == 1)
            pthread_cond_signal(&p->done);
        pthread_mutex_unlock(&p->mutex);
    }
}

gws_pool *gws_pool_create(int threads, gws_err *err)
{
    gws_pool *p = NULL;
    if (threads < 0 || threads > 1024) {
        gws_err_set(err, GWS_EARG, "threads: wanted 0..1024, found %d", threads);
        goto fail;
    }
    if (threads == 0)
        threads = gws_cpu_count();
    p = calloc(1, sizeof *p);
    if (!p) {
        gws_err_set(err, GWS_ENOMEM, "out of memory for a pool of %d threads", threads);
        goto fail;
    }
    pthread_mutex_init(&p->mutex, NULL);
    pthread_cond_init(&p->work, NULL);
    pthread_cond_init(&p->done, NULL);
    p->threads = 1;
    p->workers = calloc((size_t)threads, sizeof *p->workers);
    if (!p->workers) {
        gws_err_set(err, GWS_ENOMEM, "out of memory for a pool of %d threads", threads);
        goto fail;
    }
    /* Signals are for the program's own thread. */
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int failed = 0;
    for (int i = 1; i < threads && !failed; i++) {
        gws_worker *w = &p->workers[p->started];
        *w = (gws_worker){.pool = p, .thread = i};
        failed = pthread_create(&w->id, NULL, worker_main, w);
        if (!failed)
            p->started++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed) {
        gws_err_set(err, GWS_ENOMEM, "cannot start thread %d of %d: %s", p->started + 2, threads, strerror(failed));
        goto fail;
    }
    p->threads = threads;
    return p;
fail:
    gws_pool_destroy(p);
    return NULL;
}

int gws_pool_threads(const gws_pool *pool)
{
    return pool ? pool->threads : 1;
}

void gws_pool_run(gws_pool *p, int n_tasks, gws_task_fn fn, void *user)
{
    GWS_ASSERT(n_tasks >= 0 && fn);
    if (!p || p->threads == 1 || n_tasks <= 1) {
        for (int i = 0; i < n_tasks; i++)
            fn(user, i, 0);
        return;
    }
    GWS_ASSERT(n_tasks < (1 << 30)); /* leaves room for each thread to run past the end once */
    pthread_mutex_lock(&p->mutex);
    GWS_ASSERT(!p->open);
    p->fn = fn;
    p->user = user;
    p->n_tasks = n_tasks;
    p->open = 1;
    atomic_store_explicit(&p->next, 0, memory_order_relaxed);
    atomic_fetch_add_explicit(&p->jobs, 1, memory_order_release);
    pthread_cond_broadcast(&p->work);
    pthread_mutex_unlock(&p->mutex);

    run_tasks(p, 0);

    pthread_mutex_lock(&p->mutex);
    p->open = 0;
    pthread_mutex_unlock(&p->mutex);
    for (int i = 0; i < SPINS && atomic_load_explicit(&p->helpers, memory_order_acquire) > 0; i++)
        spin_hint();
    pthread_mutex_lock(&p->mutex);
    while (atomic_load_explicit(&p->helpers, memory_order_acquire) > 0)
        pthread_cond_wait(&p->done, &p->mutex);
    pthread_mutex_unlock(&p->mutex);
}

void gws_pool_destroy(gws_pool *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->mutex);
    p->quit = 1;
    pthread_cond_broadcast(&p->work);
    pthread_mutex_unlock(&p->mutex);
    for (int i = 0; i < p->started; i++)
        pthread_join(p->workers[i].id, NULL);
    pthread_cond_destroy(&p->done);
    pthread_cond_destroy(&p->work);
    pthread_mutex_destroy(&p->mutex);
    free(p->workers);
    free(p);
}

void gws_thread_can_wait(void)
{
#ifdef __APPLE__
    (void)pthread_set_qos_class_self_np(QOS_CLASS_UTILITY, 0);
#else
    const struct sched_param none = {.sched_priority = 0};
    (void)pthread_setschedparam(pthread_self(), SCHED_OTHER, &none);
#endif
#ifdef __linux__ /* where 0 is this thread, and not the process */
    errno = 0;
    const int nice = getpriority(PRIO_PROCESS, 0);
    if (errno == 0 && nice < WAITS_NICE)
        (void)setpriority(PRIO_PROCESS, 0, WAITS_NICE);
#endif
}
