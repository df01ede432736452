/* thread.h - a pool that runs numbered tasks.
 *
 * Which thread runs which task does not matter, because tasks write to places of
 * their own and every sum over tasks is made afterwards, in an order that does not
 * depend on the number of threads.
 *
 * gws_pool_create and gws_pool_destroy: gwspike.h.
 */
#ifndef GWS_BASE_THREAD_H
#define GWS_BASE_THREAD_H

#include "base/err.h"

/* Body of a task.
 *   task    0 .. n_tasks-1
 *   thread  0 .. gws_pool_threads()-1, for scratch memory; 0 is the caller's
 */
typedef void (*gws_task_fn)(void *user, int task, int thread);

int gws_pool_threads(const gws_pool *pool); /* 1 for NULL */

/* Run all tasks and return when the last is done.  NULL runs them in order in the caller.
 * Not re-entrant: a task must not call gws_pool_run on the same pool. */
void gws_pool_run(gws_pool *pool, int n_tasks, gws_task_fn fn, void *user);

/* The calling thread does work that can wait: from now on other threads of the process come first, those with real-time priority always.
 * Where the system allows it; a priority that is lower already stays. */
void gws_thread_can_wait(void);

#endif
