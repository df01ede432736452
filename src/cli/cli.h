/* cli.h - shared by all verbs of the program: the context that main fills, the ways to fail, and progress on a terminal.
 *
 * Results go to stdout, all else to stderr.  Exit status: 0 done, 1 failed, 2 misused; a failure is one line.
 */
#ifndef GWS_CLI_CLI_H
#define GWS_CLI_CLI_H

#include "base/err.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/output.h"
#include "base/service.h"
#include "base/thread.h"
#include "cli/logging.h"
#include "cli/select.h"
#include "perf/machine.h"
#include "strain/strain.h"

#include <stdint.h>

typedef struct gws_cli {
    const char *verb;
    const char *summary;      /* of the verb, one line */
    char command[2000];       /* what was asked, for provenance: verb, options that matter, inputs */
    char default_model[1024]; /* $GWSPIKE_MODEL, else the shipped GWS_DEFAULT_MODEL; empty: there is none */
    char models[2][1024];     /* folders of shipped models: installed, source tree */
    char configs[2][1024];    /* folders of recipes: installed, source tree */
    unsigned char given[64];  /* how often each option of the verb's table was given */
    char mlgwsc[3][1024];     /* folders where MLGWSC-1's segments.csv and psds are looked for, in this order; empty: none */
    char gwosc[512];          /* $GWOSC_SERVER_URL; empty: not set */
    char ca_file[1024];       /* $GWSPIKE_CA_FILE: certificates to trust in place of the system's; empty: those */
    char cache[1100];         /* $GWSPIKE_CACHE, else a folder in $TMPDIR or /tmp */
    const char *(*environment)(const char *name); /* for what only fetching looks at; NULL where a variable is not set */
    char memory[64];                              /* $GWSPIKE_MEMORY; empty: not set */
    char machine_path[1024];                      /* where `optimize` leaves what it found; empty: no home */
    gws_machine machine;                          /* what it says; zeros: nothing */
    gws_select select;                            /* what of its inputs a verb reads, where its table has GWS_OPTS_SELECT */
    int force;                                    /* how often --force or --overwrite was given */
    gws_outputs *outputs;                         /* of this run; NULL: none */
    int published;                                /* they have their names */
    gws_logging logging;                          /* what the options of the log say */
    gws_service service;                          /* the service manager, by its variables */
    char warning[500];                            /* of what main found before there was a log; empty: nothing */
} gws_cli;

/* A verb: parses its words, calls the library, prints. argv[0] is the first word after the verb. */
typedef int (*gws_cmd_fn)(gws_cli *cli, int argc, char **argv);

int gws_cmd_background(gws_cli *cli, int argc, char **argv);
int gws_cmd_benchmark(gws_cli *cli, int argc, char **argv);
int gws_cmd_completion(gws_cli *cli, int argc, char **argv);
int gws_cmd_condition(gws_cli *cli, int argc, char **argv);
int gws_cmd_convert(gws_cli *cli, int argc, char **argv);
int gws_cmd_demo(gws_cli *cli, int argc, char **argv);
int gws_cmd_detect(gws_cli *cli, int argc, char **argv);
int gws_cmd_evaluate(gws_cli *cli, int argc, char **argv);
int gws_cmd_fetch(gws_cli *cli, int argc, char **argv);
int gws_cmd_inspect(gws_cli *cli, int argc, char **argv);
int gws_cmd_live(gws_cli *cli, int argc, char **argv);
int gws_cmd_matched(gws_cli *cli, int argc, char **argv);
int gws_cmd_optimize(gws_cli *cli, int argc, char **argv);
int gws_cmd_profile(gws_cli *cli, int argc, char **argv);
int gws_cmd_psd(gws_cli *cli, int argc, char **argv);
int gws_cmd_followup(gws_cli *cli, int argc, char **argv);
int gws_cmd_qscan(gws_cli *cli, int argc, char **argv);
int gws_cmd_report(gws_cli *cli, int argc, char **argv);
int gws_cmd_runs(gws_cli *cli, int argc, char **argv);
int gws_cmd_selfcheck(gws_cli *cli, int argc, char **argv);
int gws_cmd_simulate(gws_cli *cli, int argc, char **argv);
int gws_cmd_train(gws_cli *cli, int argc, char **argv);
int gws_cmd_version(gws_cli *cli, int argc, char **argv);
int gws_cmd_waveform(gws_cli *cli, int argc, char **argv);

typedef struct gws_verb {
    const char *name;
    gws_cmd_fn run;
    const char *summary;
} gws_verb;

/* All of them, in the order of --help. */
const gws_verb *gws_cli_verbs(int *n);

/* Print one line "gwspike VERB: ..." on stderr, and log it. Return 1 (after a signal 128 and its number) and 2. */
int gws_cli_fail(const gws_cli *cli, const gws_err *err);
int gws_cli_misuse(const gws_cli *cli, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The verb begins. */
void gws_cli_begin(gws_cli *cli, const char *verb, const char *summary);

/* A line of the log; its module is the verb. */
void gws_cli_log(gws_log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Declare an output that is not in the table of options; it is called before the work begins. */
gws_status gws_cli_output(gws_cli *cli, const char *path, gws_format format, int flags, gws_err *err);

/* Give all outputs their names when the work is done, or none of them.  It is called before results are printed. */
gws_status gws_cli_commit(gws_cli *cli, gws_err *err);

/* Print an object on a line of stdout.  One that cannot be printed, for want of memory too, makes gws_cli_done fail. */
void gws_cli_json(gws_json *j);

/* Flush stdout and close the verb: 0, or another status with a line when a signal came or the results could not be written. */
int gws_cli_done(const gws_cli *cli);

/* Model path to use: what -m gave, else the default; NULL with a sentence when there is none. */
const char *gws_cli_model(const gws_cli *cli, const char *given, gws_err *err);

/* Path of a recipe: that of the name (configs/NAME.ini, installed or of the source tree), or the file itself. */
gws_status gws_cli_recipe(const gws_cli *cli, const char *config, char path[1024], gws_err *err);

/* Path of the shipped model of this name, or NULL when there is none; path is the room for it. */
const char *gws_cli_shipped(const gws_cli *cli, const char *name, char path[1024]);

/* The model whose parameters the network of a recipe may take: the shipped one that the recipe made, else the default; NULL: none. */
const char *gws_cli_model_of(const gws_cli *cli, const char *config, char path[1024]);

/* Folder of MLGWSC-1's segments.csv and psds: `given`, or the first place that has segments.csv; NULL with a sentence when none does. */
const char *gws_cli_mlgwsc(const gws_cli *cli, const char *given, gws_err *err);

/* Give an input's name as the library wants it: a `sim:` input without data= gets the folder that was found.  The caller frees it;
 * NULL on failure. */
char *gws_cli_input(const gws_cli *cli, const char *name, gws_err *err);

/* Log a warning that names the data sets at the root of an HDF5 file that `known` does not know.  Nothing is logged when it knows
 * all, or when the file cannot be read, because whoever reads the file reports that. */
void gws_cli_warn_columns(const char *path, int (*known)(const char *name));

/* Split "H1,L1" in place: how many names; -1 when there is none, too many or one twice. */
int gws_cli_detectors(char *text, const char *out[GWS_MAX_IFO]);

/* A pool of the threads asked for with -j (0, not asked for: what `optimize` found, else one per processor). */
gws_pool *gws_cli_pool(const gws_cli *cli, int64_t threads, gws_err *err);

/* Most bytes that a run may take: --memory (NULL: not given), else $GWSPIKE_MEMORY, else half of what the machine, the process's
 * control groups and its own limits allow (a share is a share of that); INT64_MAX where the system does not say. */
gws_status gws_cli_cap(const gws_cli *cli, const char *option, int64_t *out, gws_err *err);

/* Start a watch that warns in the log when the machine's memory runs out; gws_watch_destroy ends it. */
gws_watch *gws_cli_watch(gws_err *err);

/* Progress of long work: what is done, how fast, and how long it will take.  On a terminal it is a line on stderr that is drawn over, in a
 * pipe a line of the log once a minute.  Asks the work to stop once the user pressed ^C, so that half-written files are removed. */
typedef struct gws_bar {
    double t0_s, shown_s, done, from; /* from: what was done at t0_s */
    char part[24];                    /* of the work: the beginning of its note */
    int on, width;
    const char *unit; /* of the rate, such as "x real time"; NULL: none is shown */
    double each;      /* units of the rate in one of what is done */
} gws_bar;
#define GWS_REAL_TIME "x real time"

gws_bar gws_bar_start(void);
int gws_bar_show(void *bar, double done, double total, const char *note); /* a gws_progress_fn */
void gws_bar_clear(gws_bar *bar);

#endif
