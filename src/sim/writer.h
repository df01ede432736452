/* writer.h - simulated strain as files: noise or recorded strain with signals and disturbances, and tables of what was put in.
 *
 *     params, and for recorded strain gws_sim_input_take, gws_sim_input_measure --> gws_sim_write --> files
 *
 * Strain is written in the layout of MLGWSC-1 (strain/mlgwsc.h); a gap ends a segment.  The data sets of MLGWSC-1 themselves:
 * mlgwsc_files.h.
 */
#ifndef GWS_SIM_WRITER_H
#define GWS_SIM_WRITER_H

#include "base/err.h"
#include "base/progress.h"
#include "base/thread.h"
#include "sim/contaminate.h"
#include "sim/simulate.h"
#include "sim/truth.h"
#include "strain/strain.h"

/* How a data set is written; none of it changes a sample. */
typedef struct gws_sim_how {
    const char *command;   /* for the provenance of each file */
    gws_pool *pool;        /* NULL: the caller's thread alone */
    gws_progress progress; /* may ask to stop, which is GWS_ESTOP and leaves no file */
} gws_sim_how;

/* Recorded strain that signals and disturbances are added to. */
typedef struct gws_sim_input {
    gws_strain_set *set; /* the caller's */
    gws_strain_info info[GWS_MAX_IFO];
    gws_psd measured[GWS_MAX_IFO];
} gws_sim_input;

/* Take detectors, rate and times from recorded strain.
 *   params   out: n_ifo, ifo, rate_hz, begin, n; no_noise is set
 *   out      filled; params points into it; free with gws_sim_input_clear
 *   err      rates that differ */
gws_status gws_sim_input_take(gws_strain_set *set, gws_sim_params *params, gws_sim_input *out, gws_err *err);

/* Measure the curve in which SNRs count: Welch's median with segments of 4 s over the longest unbroken stretch of each detector.
 *   params   out: measured, which points into `in` */
gws_status gws_sim_input_measure(gws_sim_input *in, gws_sim_params *params, gws_err *err);
void gws_sim_input_clear(gws_sim_input *in);

typedef struct gws_sim_files {
    const char *strain;     /* needed */
    const char *injections; /* table of signals; NULL: not wanted */
    const char *truth;      /* table of glitches; NULL: not wanted */
} gws_sim_files;

/* What was written. */
typedef struct gws_sim_written {
    int n_sources;
    int64_t n_glitches;                  /* of the table, 0 without one */
    char detectors[4 * GWS_MAX_IFO + 1]; /* "H1,L1" */
} gws_sim_written;

/* Make the strain and write the files.  Nothing is left when one of them fails.
 *   extra   glitches, lines, waves and gaps; NULL: none, and then no truth
 *   in      what is added to; NULL: noise is made
 *   out     zero on failure */
gws_status gws_sim_write(const gws_sim_params *params, const gws_contaminate_params *extra, gws_sim_input *in,
                         const gws_sim_files *files, const gws_sim_how *how, gws_sim_written *out, gws_err *err);

#endif
