/* benchmark_private.h - what the groups of rows share.  It is private to perf/. */
#ifndef GWS_PERF_BENCHMARK_PRIVATE_H
#define GWS_PERF_BENCHMARK_PRIVATE_H

#include "base/memory.h"
#include "perf/benchmark.h"
#include "perf/measure.h"
#include "perf/workload.h"
#include "model/classifier.h"
#include "stream/pipeline.h"

#define GWS_BENCH_RUNS 3 /* at least */

typedef struct gws_bench {
    const gws_bench_wish *wish;
    int64_t T; /* latent steps of a window */
    gws_pool *pool;
    gws_watch *watch;
    gws_workload w;
    int shown;       /* rows */
    double opened_s; /* what reading recipe and parameters took */
    gws_model *model;
    double peak, peak1, scale; /* GFLOP/s of all threads and of one; targets are divided by scale */
} gws_bench;

/* Is the row wanted?  "layer_512" asks for layer_512_forward and layer_512_backward. */
int gws_bench_wanted(const gws_bench *b, const char *name);

/* Is some row of a group wanted, whose names begin so? */
int gws_bench_wanted_group(const gws_bench *b, const char *group);

/* A row that is a time.
 *   target_ms  in  NaN: none
 *   flops      in  operations in it; 0: not counted
 *   peak       in  GFLOP/s that its share is of */
void gws_bench_put_time(gws_bench *b, const char *name, const char *shape, gws_timing t, double target_ms, double flops,
                        double peak);

/* A row that is another number. */
void gws_bench_put_value(gws_bench *b, const char *name, const char *shape, double value, const char *unit, double target,
                         gws_bench_side side);

/* Targets are of batch 16 on the reference machine; those of arithmetic grow where this machine's peak is lower. */
double gws_bench_target(const gws_bench *b, double ms);
double gws_bench_default_target(const gws_bench *b, double ms); /* of the default recipe alone */

/* A search with the model of the run. */
gws_status gws_bench_pipeline(const gws_bench *b, gws_pipeline **out, gws_err *err);

/* n normal numbers, the same ones each time; gws_arena_free frees them.  NULL when memory is out. */
float *gws_bench_normals(int64_t n);

/* The groups of rows. */
gws_status gws_bench_data_rows(gws_bench *b, gws_err *err);     /* windows of training */
gws_status gws_bench_network_rows(gws_bench *b, gws_err *err);  /* stages, rates, energy */
gws_status gws_bench_training_rows(gws_bench *b, gws_err *err); /* a step */
gws_status gws_bench_search_rows(gws_bench *b, gws_err *err);   /* the whole line */
gws_status gws_bench_hops_rows(gws_bench *b, gws_err *err);     /* one stream as it comes */
gws_status gws_bench_kernels_rows(gws_bench *b, gws_err *err);  /* products and functions on one thread */
gws_status gws_bench_spiking_rows(gws_bench *b, gws_err *err);  /* products with spikes, neurons, encoders */
gws_status gws_bench_layer_rows(gws_bench *b, int n, gws_err *err);
gws_status gws_bench_curves_rows(gws_bench *b, gws_err *err); /* how the cost grows */

#endif
