/* opts.h - the command line of a verb, declared as a table: parsed, explained and recorded from that one place.
 *
 * Long options take their value as the next word or after '='; short ones as the next word or attached.  Options and inputs
 * come in any order; `--` ends the options and a lone `-` is an input.  `-h`, `--help` and the options of the log (logging.h) exist
 * everywhere; a verb with a `-v` of its own keeps it.
 */
#ifndef GWS_CLI_OPTS_H
#define GWS_CLI_OPTS_H

#include "base/output.h"
#include "cli/cli.h"
#include "gws_config.h"

#include <stdint.h>

#define GWS_THREADS_MAX 1024

typedef enum gws_opt_kind {
    GWS_OPT_FLAG,   /* int: counts how often it was given */
    GWS_OPT_INT,    /* int64_t */
    GWS_OPT_POOL,   /* int64_t, 1 to GWS_THREADS_MAX */
    GWS_OPT_DOUBLE, /* double */
    GWS_OPT_STRING, /* const char * */
    GWS_OPT_LIST    /* gws_opt_list: all words up to the next option */
} gws_opt_kind;

typedef struct gws_opt_list {
    char **words;
    int n;
} gws_opt_list;

/* What a value is for.  Outputs are checked, and the files begun, as soon as all words are read; all else that names a file is
 * an input, which no output may replace.  A verb with outputs has --force. */
typedef enum gws_opt_role {
    GWS_OPT_RECORDED = 0, /* changes what is computed: in the provenance */
    GWS_OPT_SILENT = 1,   /* how fast, how loud */
    GWS_OPT_TO_HDF5,      /* outputs, by format */
    GWS_OPT_TO_FIGURE,
    GWS_OPT_TO_LINES,
    GWS_OPT_TO_INI,
    GWS_OPT_TO_STRAIN,
    GWS_OPT_TO_LIGOLW,
    GWS_OPT_TO_EVENTS,
    GWS_OPT_TO_PAGE,
    GWS_OPT_TO_GROWING /* HDF5 that is written again and again; --resume goes on with it */
} gws_opt_role;

typedef struct gws_opt {
    char letter;      /* 0: none */
    const char *name; /* without the dashes */
    gws_opt_kind kind;
    void *value;      /* default in, what the user said out */
    const char *arg;  /* name of the value in the help; NULL for a flag */
    const char *help; /* one phrase; says the default */
    int role;         /* gws_opt_role */
} gws_opt;

typedef struct gws_opts {
    const char *usage;    /* lines after "gwspike VERB " */
    const char *about;    /* paragraphs, ready to print */
    const char *examples; /* lines */
    const gws_opt *options;
    int n_options;
    int min_inputs, max_inputs; /* max -1: any number */
    const char *input;          /* what an input is, for the message when it is missing */
} gws_opts;

/* The options that mean the same in every verb that has them. */
#define GWS_OPT_OUTPUT_AS(v, role, what)                                                                                           \
    {                                                                                                                              \
        'o', "output", GWS_OPT_STRING, v, "FILE", what, role                                                                       \
    }
#define GWS_OPT_OUTPUT(v, what) GWS_OPT_OUTPUT_AS(v, GWS_OPT_TO_HDF5, what)
#define GWS_OPT_MODEL(v)                                                                                                           \
    {                                                                                                                              \
        'm', "model", GWS_OPT_STRING, v, "MODEL", "model file (default: the shipped " GWS_DEFAULT_MODEL ".hdf)", 0                 \
    }
#define GWS_OPT_SEED(v)                                                                                                            \
    {                                                                                                                              \
        's', "seed", GWS_OPT_INT, v, "K", "seed of all random numbers (default 0)", 0                                              \
    }
#define GWS_OPT_THREADS(v)                                                                                                         \
    {                                                                                                                              \
        'j', "threads", GWS_OPT_POOL, v, "N",                                                                                      \
            "threads; never changes a byte (default: what optimize found, else one per processor)", 1                              \
    }
#define GWS_OPT_MEMORY(v)                                                                                                          \
    {                                                                                                                              \
        0, "memory", GWS_OPT_STRING, v, "SIZE",                                                                                    \
            "most memory to use: 4G, 500M, 75% (default: $GWSPIKE_MEMORY, else half of what there is)", 1                          \
    }
#define GWS_OPT_JSON(v)                                                                                                            \
    {                                                                                                                              \
        0, "json", GWS_OPT_FLAG, v, NULL, "one JSON object per line on stdout", 1                                                  \
    }

#define GWS_OPTS_RUN (-1)

/* Options that a mode of the verb would not look at. */
typedef struct gws_opt_rule {
    int holds;         /* 0: these options are not to be given */
    const char *names; /* without the dashes, one blank between them */
    const char *says;  /* the rest of the message after "--NAME " */
} gws_opt_rule;

/* Parse the words after the verb; argv is used up.
 *   inputs, n_inputs  out  words that are not options, in order; may be NULL when max_inputs is 0
 * returns  GWS_OPTS_RUN: go on; else the exit status (0: help was shown; 2: misuse, 1: an output that cannot be; one line was printed)
 * Also composes cli->command from the options that are not silent and the inputs. */
int gws_opts_parse(gws_cli *cli, const gws_opts *opts, int argc, char **argv, char ***inputs, int *n_inputs);

/* After parsing: the first option given against a rule is misuse, "--NAME SAYS".  Returns 0, or 2 after the message. */
int gws_opts_check(const gws_cli *cli, const gws_opts *opts, const gws_opt_rule *rules, int n);

/* Have every verb that is run from now on tell its table in place of working: gws_opts_parse calls fn and returns 0, so that the verb ends.
 *   all  (n) in  the verb's own options, then those that every verb has */
typedef void (*gws_opts_fn)(void *user, const gws_cli *cli, const gws_opts *opts, const gws_opt *all, int n);
void gws_opts_tell(gws_opts_fn fn, void *user);

/* How often an option of the table was given. */
int gws_opts_given(const gws_cli *cli, const gws_opts *opts, const char *name);

#endif
