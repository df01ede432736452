/* benchmark.h - how fast this machine runs the line: rows of times and rates, measured one after the other.
 *
 * Rows are handed to the caller as they are measured.  A row that is arithmetic carries its share of the machine's measured peak; a row
 * that has a target carries it.
 */
#ifndef GWS_PERF_BENCHMARK_H
#define GWS_PERF_BENCHMARK_H

#include "base/err.h"

#include <stdint.h>
#include <sys/types.h>

#define GWS_BENCH_WINDOW_S 4.0           /* of the windows that a batch is made of */
#define GWS_BENCH_REFERENCE_GFLOPS 444.0 /* two cores of the machine for which the targets were set */
#define GWS_BENCH_REFERENCE_BATCH 16     /* what the targets of a batch are of */

typedef enum gws_bench_side { GWS_BENCH_LESS = 1, GWS_BENCH_MORE = 2 } gws_bench_side; /* which side of a target is good */

typedef struct gws_bench_row {
    char name[40], shape[40];
    const char *unit; /* NULL: a time */
    double ms, min_ms, spread_ms;
    int runs;
    double value;
    double gflops, share; /* 0: not of this row */
    double target;        /* NaN: none */
    gws_bench_side side;
} gws_bench_row;

/* What was measured of the machine before any row. */
typedef struct gws_bench_machine {
    double peak_gflops; /* of all threads */
    double scale;       /* targets of arithmetic are divided by it; 1 on a machine as fast as the reference */
    int trained;        /* the parameters are the model's */
} gws_bench_machine;

typedef struct gws_bench_wish {
    const char *config; /* name of the recipe, which decides about targets */
    const char *recipe; /* its file */
    const char *model;  /* whose parameters are taken where they fit; NULL: none */
    const char *only;   /* names of rows, or their beginnings, with commas between; NULL: all */
    int batch, threads;
    int curves;     /* also how the cost grows */
    int block;      /* steps that a search works on at once; 0: the default */
    double seconds; /* that a row is measured for at least */
    int64_t cap;    /* bytes that a run may take */
    void (*begin)(void *user, const gws_bench_machine *m);
    void (*row)(void *user, const gws_bench_row *r);
    void (*in_child)(void);      /* called in the process that memory is measured in, at its begin; NULL: nothing */
    void (*child)(pid_t number); /* it runs; 0: it has ended; NULL: nothing */
    void *user;                  /* of begin and row */
} gws_bench_wish;

/* Measure.  Before the call there is no thread but the caller's that holds a lock, for the process forks.
 * EARG: `only` names no row; ENOMEM: the batch does not fit under the cap; and what opening the recipe can fail with. */
gws_status gws_benchmark_run(const gws_bench_wish *wish, gws_err *err);

/* Is the value of the row on the good side of its target?  The row has a target. */
int gws_bench_met(const gws_bench_row *r);

/* The number of a row: milliseconds of a time, else the value. */
double gws_bench_number(const gws_bench_row *r);

#endif
