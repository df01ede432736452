/* runs.h - what the traces of trainings tell: how far each got, what was best, and its curves. */
#ifndef GWS_TRACK_RUNS_H
#define GWS_TRACK_RUNS_H

#include "base/err.h"

#include <stdint.h>

/* Columns that are kept of each row. */
enum { GWS_RUN_LOSS, GWS_RUN_AUC, GWS_RUN_DISTANCE, GWS_RUN_CHOSEN, GWS_RUN_COLUMNS };

typedef enum gws_run_state { GWS_RUN_OPEN, GWS_RUN_DONE, GWS_RUN_STOPPED, GWS_RUN_FAILED } gws_run_state;
extern const char *const gws_run_state_name[4]; /* open: no end was written: it goes on, or was killed */

typedef struct gws_run {
    char *folder;
    int64_t number;                                  /* in its folder, from 1; 0: of a program that did not number them */
    char *output, *recipe, *message, *checkpoint;    /* NULL: not said; message of the end; checkpoint: the last one's file */
    char phase[16];                                  /* of the last row */
    int64_t seed, parameters, step, checkpoint_step; /* step: of the last row */
    gws_run_state state;
    double *row_step, *column[GWS_RUN_COLUMNS]; /* (rows) each; NaN where a row has no such number */
    int64_t rows, room[GWS_RUN_COLUMNS + 1];
} gws_run;

typedef struct gws_runs {
    gws_run *run;
    int64_t n, room;
    const char *key; /* of GWS_RUN_CHOSEN; NULL: none */
} gws_runs;

/* Load the runs of folders, in the order given and by number.  A folder without a trace stands for those of its folders that have one, by
 * name.
 *   key  a number of trainlog.jsonl to keep besides; borrowed; NULL: none
 * EIO: a folder has no trace, nor one in its folders; ENOMEM.  Lines that are not whole are passed by. */
gws_status gws_runs_load(char *const *folders, int n, const char *key, gws_runs *out, gws_err *err);
void gws_runs_clear(gws_runs *r);

/* The column that a run is judged by: the chosen one where there is one, else the spiking head's distance or area under the curve, where a
 * row has it, else the loss. */
int gws_run_judged_by(const gws_runs *r, const gws_run *run);
const char *gws_run_key(const gws_runs *r, int column);

/* The row with the largest number of a column, of a loss the least; -1: none has one. */
int64_t gws_run_best(const gws_runs *r, const gws_run *run, int column);

/* Keys of the recipes that are not the same in all runs, `section.key`.
 *   names   out  (n); value of key k in run i: values[i * n + k], NULL: it has none
 * A run without a recipe has no values.  All of it is freed by gws_run_differences_clear. */
typedef struct gws_run_differences {
    char **names, **values;
    int64_t n, runs;
} gws_run_differences;
gws_status gws_runs_compare(const gws_runs *r, gws_run_differences *out, gws_err *err);
void gws_run_differences_clear(gws_run_differences *d);

/* A curve as a line of so many characters, U+2581 (the least number) to U+2588, in each the last number so far; blank before the first.
 *   x, y  (n) in   x rises
 *   out   room for 3 * width + 1 bytes */
void gws_sparkline(const double *x, const double *y, int64_t n, int width, char *out);

#endif
