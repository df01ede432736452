/* injections.h - a table of sources, PyCBC's injection file: draws, loads and saves it.
 *
 * The table has a column of doubles for each parameter and a row for each source, in order of coalescence.  What all rows share is
 * kept apart as static arguments.  gws_injections_draw does what pycbc_create_injections of PyCBC 2.11 does, with the same random
 * numbers and the same arithmetic, so a seed gives PyCBC's table, to the last bit or two of the transcendental functions.
 *
 * On disk (pycbc.inject, HDF): one root data set per column (f64, contiguous); attributes static_args (the names, list of
 * strings), one per static argument (f64, string or list of strings), injtype = "cbc", cmd.  On top of them comes our provenance.
 */
#ifndef GWS_SIM_INJECTIONS_H
#define GWS_SIM_INJECTIONS_H

#include "base/err.h"
#include "gw/series.h"
#include "sim/population.h"

#include <stdint.h>

typedef struct gws_injections {
    int64_t n;                     /* rows */
    char (*names)[GWS_PARAM_NAME]; /* (n_columns) */
    double **columns;              /* (n_columns) of (n) */
    int n_columns;
    gws_static_arg *statics; /* (n_statics) */
    int n_statics;
    int64_t seed; /* with which the table was drawn; -1: not known */
} gws_injections;

/* Begin a table of n rows without columns; columns and static arguments are added afterwards. */
void gws_injections_init(gws_injections *t, int64_t n);
void gws_injections_clear(gws_injections *t);

/* A new column of zeros, (n), to be filled; at most 64 of them.  The table owns it. */
gws_status gws_injections_add_column(gws_injections *t, const char *name, double **column, gws_err *err);
/* Add a static argument.  A number that comes without text gets one. */
gws_status gws_injections_add_static(gws_injections *t, const gws_static_arg *a, gws_err *err);

/* A column or static argument by name; NULL when there is none. */
const double *gws_injections_column(const gws_injections *t, const char *name);
const gws_static_arg *gws_injections_static(const gws_injections *t, const char *name);

/* The text of a static argument (approximant, taper, ...); "" when there is none. */
const char *gws_injections_text(const gws_injections *t, const char *name);

/* When the sources of a drawn table coalesce. */
typedef struct gws_injections_plan {
    uint32_t seed;
    int64_t gps_start, gps_end;
    double time_step_s, time_window_s; /* not negative, not both zero */
} gws_injections_plan;

/* Draw a table as pycbc_create_injections --seed --gps-start-time --gps-end-time --time-step --time-window does.  The rows come in
 * batches of 4000 from one sequence of random numbers.  A batch draws the values first and then the times tc_k = t0 + k step + the
 * sum of k+1 numbers uniform on 0..window; t0 is the start for the first batch, and the last time of the batch before plus step for
 * the others. Rows before the end are kept.  The columns are those of the population, and tc.
 *   out   filled; zero on failure
 * EDATA when constraints leave too little (gws_population_begin).  For MLGWSC-1's month-long sets (step 24, window 6, the whole extent
 * of its segments) some 583,700 rows: about a second. */
gws_status gws_injections_draw(const gws_population *p, const gws_injections_plan *plan, gws_injections *out, gws_err *err);

/* Load any HDF5 file that has 1-D numeric data sets of one length at its root, tc among them.  The rows are sorted by tc.
 * A data set of strings becomes a static argument when all its rows agree, else it is refused.  Without static_args, the attributes
 * approximant, f_lower, f_ref, taper and mode_array are taken where they are.  Groups are left out.
 * A name that ends with .xml or .xml.gz is LIGO_LW with one table sim_inspiral (sim_inspiral.h); waveform and taper have to be the same in
 * all rows, and a bandpass is refused. */
gws_status gws_injections_load(const char *path, gws_injections *out, gws_err *err);

/* Write the table; command is its `cmd`. */
gws_status gws_injections_save(const gws_injections *t, const char *path, const char *command, gws_err *err);

/* Make a source of one row; gws_source_of_values says which columns it takes.  gws_injections_text gives approximant and taper. */
gws_status gws_injections_source(const gws_injections *t, int64_t row, gws_source *out, gws_err *err);

/* Rows with begin_s <= tc <= end_s: *first and how many.  Cost O(log n). */
int64_t gws_injections_between(const gws_injections *t, double begin_s, double end_s, int64_t *first);

#endif
