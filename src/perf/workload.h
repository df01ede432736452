/* workload.h - runs a recipe's network on made windows; benchmark, profile and optimize measure that.
 *
 * Windows are white Gaussian noise, which is what whitened strain is nearly everywhere, so spike rates are those of a search.
 * Parameters are those of a given model where it is of the recipe's architecture, else fresh ones.
 */
#ifndef GWS_PERF_WORKLOAD_H
#define GWS_PERF_WORKLOAD_H

#include "base/ini.h"
#include "base/thread.h"
#include "model/checkpoint.h"
#include "train/step.h"

#include <stdint.h>

/* One forward pass up to the logits. */
#define GWS_DO_LOGITS (GWS_DO_STEM | GWS_DO_CONTEXT | GWS_DO_BRIDGE | GWS_DO_SPIKING | GWS_DO_LINEAR)

typedef struct gws_workload {
    char path[1024]; /* of the recipe */
    gws_ini *ini;
    gws_checkpoint c;     /* with moments */
    int trained;          /* the parameters are that model's */
    gws_step_params step; /* of the recipe, joint phase alone, not accumulated */
} gws_workload;

/* Open a recipe, and take the parameters of a model when it is of the recipe's architecture.
 *   path   in  file of the recipe
 *   model  in  file of the model; NULL: fresh parameters
 * Clear in any case. */
gws_status gws_workload_open(gws_workload *w, const char *path, const char *model, gws_err *err);
void gws_workload_clear(gws_workload *w);
int64_t gws_workload_steps(const gws_workload *w, double window_s); /* latent steps of a window */

/* Make a recipe with the same law of data and another amount of them: sources and seconds of noise per split, and one window of
 * window_s (0: the recipe's); detectors and rate are those of its [model].  With a matched stem window_s is what the network sees,
 * and what the filters remember is added to it. */
gws_ini *gws_workload_data(const gws_workload *w, int signals, int noise_s, double window_s, gws_err *err);

/* ---- forward ---- */

typedef struct gws_bench_net {
    const gws_kernels *K;
    gws_pool *pool;
    gws_weights w;
    gws_work k;
    gws_pass pass;
    unsigned stages; /* what gws_bench_net_run does */
    /* a matched stem, with which the stage of the stem begins; each thread has a stream, which every window continues */
    gws_stem *stem;
    gws_stemming **streams;
    float *strain; /* (I)(samples of a window) */
    int64_t *at;   /* (threads) samples so far */
} gws_bench_net;

/* B windows of T steps; all stages have run once, so that each has its input.  Clear in any case. */
gws_status gws_bench_net_create(gws_bench_net *n, const gws_workload *w, int B, int64_t T, gws_pool *pool, gws_err *err);
void gws_bench_net_run(void *net);
void gws_bench_net_clear(gws_bench_net *n);
int64_t gws_bench_net_bytes(const gws_workload *w, int B, int64_t T, int threads);

/* Floating-point operations of the matrix products, a multiply-add is two. */
double gws_bench_net_flops(const gws_arch *a, int64_t B, int64_t T, unsigned stages);

/* ---- training ---- */

typedef struct gws_bench_train {
    gws_stepper *s;
    float *x, *target, *weight; /* (B,N,I), (B,T), (B,T) */
    int64_t T, window;          /* window: floats of one */
    gws_status status;          /* of the last step that failed */
    gws_err err;
} gws_bench_train;

/* Steps of the joint phase: three losses, backward, update.  The workload's parameters are trained.  Clear in any case. */
gws_status gws_bench_train_create(gws_bench_train *t, gws_workload *w, int B, int64_t T, gws_pool *pool, gws_err *err);
void gws_bench_train_run(void *train);
void gws_bench_train_clear(gws_bench_train *t);
int64_t gws_bench_train_bytes(const gws_workload *w, int B, int64_t T, int threads);

/* Operations of one step: forward, twice that for backward (without the gradient of the input), and the contrastive scores. */
double gws_bench_train_flops(const gws_workload *w, int64_t B, int64_t T);

#endif
