/* profile.h - measures where time and memory go, in training or in a search.
 *
 *     gws_profile_begin(p, pool, cap, err)      resident memory is written down from now on
 *     gws_profile_training(...)                 or gws_profile_search(...): the stages and the tensors
 *     gws_profile_end(p)                        what was measured can be read
 *     gws_profile_clear(p)
 */
#ifndef GWS_PERF_PROFILE_H
#define GWS_PERF_PROFILE_H

#include "base/arena.h"
#include "base/memory.h"
#include "base/thread.h"
#include "strain/strain.h"

#include <pthread.h>
#include <stdint.h>

#define GWS_PROFILE_SAMPLES 4096 /* of resident memory; beyond it every other one is dropped */
#define GWS_PROFILE_PERIOD_S 0.01
#define GWS_PROFILE_STAGES 24

/* Resident memory over time, filled by the watcher's thread. */
typedef struct gws_profile_trace {
    pthread_mutex_t mutex;
    double begin_s, t[GWS_PROFILE_SAMPLES], mib[GWS_PROFILE_SAMPLES];
    int n, keep, asked; /* every keep-th reading is kept */
} gws_profile_trace;

typedef struct gws_profile_stage {
    const char *name;
    double seconds; /* of all calls */
    int64_t calls;
    double gflops;
} gws_profile_stage;

typedef struct gws_profile_tensor {
    char name[GWS_TENSOR_NAME + 16];
    int64_t bytes;
} gws_profile_tensor;

typedef struct gws_profile {
    gws_pool *pool;
    int64_t cap; /* bytes that the run may take */
    gws_watch *watch;
    gws_profile_trace memory;
    gws_memory now; /* at the end */
    gws_profile_stage stages[GWS_PROFILE_STAGES];
    int n_stages;
    gws_profile_tensor *tensors; /* the largest first */
    int64_t n_tensors, room;
    double whole_s; /* of which the stages are parts */
    char summary[200];
} gws_profile;

/* Begin.  The profile is zeros; the pool is the caller's and stays.  ENOMEM.  Clear in any case. */
gws_status gws_profile_begin(gws_profile *p, gws_pool *pool, int64_t cap, gws_err *err);

/* Joint steps of training on a small data set by the recipe's law.
 *   recipe  in  its file
 *   model   in  file of a model, whose parameters are taken where they fit; NULL: fresh ones
 *   batch   in  windows of a step; 0: the recipe's
 * ENOMEM: the batch does not fit under the cap; and what opening the recipe can fail with. */
gws_status gws_profile_training(gws_profile *p, const char *recipe, const char *model, int64_t batch, int64_t steps, gws_err *err);

/* The whole line over the strain, on the pool and on one thread; then its stages by themselves, in processor time of one thread.
 *   block  in  steps that the network works on at once; 0: the default */
gws_status gws_profile_search(gws_profile *p, const char *model, gws_strain_set *set, int block, gws_err *err);

void gws_profile_end(gws_profile *p);
void gws_profile_clear(gws_profile *p);

#endif
