#include "cli/opts.h"

#include "base/number.h"
#include "gws_config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HELP_COLUMN 28

static void print_indented(const char *text, const char *first, const char *rest)
{
    const char *lead = first;

    while (text && *text) {
        const char *end = strchr(text, '\n');
        size_t n = end ? (size_t)(end - text) : strlen(text);
        printf("%s%.*s\n", n ? lead : "", (int)n, text);
        lead = rest;
        text += n + (end != NULL);
    }
}

static void print_option(const gws_opt *o)
{
    char left[80];
    int n;

    if (o->letter)
        n = snprintf(left, sizeof left, "  -%c, --%s%s%s", o->letter, o->name, o->arg ? " " : "", o->arg ? o->arg : "");
    else
        n = snprintf(left, sizeof left, "      --%s%s%s", o->name, o->arg ? " " : "", o->arg ? o->arg : "");
    if (n >= HELP_COLUMN - 1)
        printf("%s\n%*s%s\n", left, HELP_COLUMN, "", o->help);
    else
        printf("%-*s%s\n", HELP_COLUMN, left, o->help);
}

static int is_output(const gws_opt *o)
{
    return o->role >= GWS_OPT_TO_HDF5;
}

static int has_outputs(const gws_opts *opts)
{
    for (int i = 0; i < opts->n_options; i++)
        if (is_output(&opts->options[i]))
            return 1;
    return 0;
}

/* Options that no verb's table has, because every verb takes them. */
enum { FORCE, OVERWRITE, VERBOSE, QUIET, LOG_LEVEL, LOG_FILE, LOG_ROTATE, LOG_FORMAT, COMMON };

static void list_common(gws_cli *cli, gws_opt out[COMMON])
{
    gws_logging *l = &cli->logging;
    const gws_opt common[COMMON] = {
        [FORCE] = {0, "force", GWS_OPT_FLAG, &cli->force, NULL, "replace files that exist (also --overwrite)", GWS_OPT_SILENT},
        [OVERWRITE] = {0, "overwrite", GWS_OPT_FLAG, &cli->force, NULL, "", GWS_OPT_SILENT},
        [VERBOSE] = {'v', "verbose", GWS_OPT_FLAG, &l->louder, NULL, "log more on stderr: debug", GWS_OPT_SILENT},
        [QUIET] = {'q', "quiet", GWS_OPT_FLAG, &l->quieter, NULL, "log less on stderr: warnings; -qq: errors", GWS_OPT_SILENT},
        [LOG_LEVEL] = {0, "log-level", GWS_OPT_STRING, &l->level, "LEVEL",
                       "error, warning, info or debug (default: info on stderr, debug in the file)", GWS_OPT_SILENT},
        [LOG_FILE] = {0, "log-file", GWS_OPT_STRING, &l->file, "FILE",
                      "add the log to FILE too: .log .txt as text, .jsonl .json as JSON", GWS_OPT_SILENT},
        [LOG_ROTATE] = {0, "log-rotate", GWS_OPT_STRING, &l->rotate, "SIZE[,N]",
                        "begin a new log file at SIZE (10M); FILE.1 to FILE.N (5) are the ones before", GWS_OPT_SILENT},
        [LOG_FORMAT] = {0, "log-format", GWS_OPT_STRING, &l->format, "FORMAT",
                        "text, or json: one object a line, on stderr and in the file", GWS_OPT_SILENT},
    };
    memcpy(out, common, sizeof common);
}

static const gws_opt *find_name(const gws_opt *options, int n, const char *name, size_t length)
{
    for (int i = 0; i < n; i++)
        if (strlen(options[i].name) == length && memcmp(options[i].name, name, length) == 0)
            return &options[i];
    return NULL;
}

static const gws_opt *find_letter(const gws_opt *options, int n, char c)
{
    for (int i = 0; i < n; i++)
        if (options[i].letter == c)
            return &options[i];
    return NULL;
}

static void print_help(gws_cli *cli, const gws_opts *opts)
{
    static const gws_opt help = {'h', "help", GWS_OPT_FLAG, NULL, NULL, "this text", GWS_OPT_SILENT};
    gws_opt common[COMMON];
    char lead[64];

    printf("gwspike %s - %s\n\n", cli->verb, cli->summary);
    snprintf(lead, sizeof lead, "usage: gwspike %s ", cli->verb);
    print_indented(opts->usage, lead, "       ");
    if (opts->about) {
        printf("\n");
        print_indented(opts->about, "", "");
    }
    printf("\noptions:\n");
    for (int i = 0; i < opts->n_options; i++)
        print_option(&opts->options[i]);
    list_common(cli, common);
    if (has_outputs(opts))
        print_option(&common[FORCE]);
    for (int i = VERBOSE; i < COMMON; i++)
        if (!find_name(opts->options, opts->n_options, common[i].name, strlen(common[i].name)))
            print_option(&common[i]);
    print_option(&help);
    if (opts->examples) {
        printf("\nexamples:\n");
        print_indented(opts->examples, "  ", "  ");
    }
}

static gws_opts_fn teller;
static void *teller_user;

void gws_opts_tell(gws_opts_fn fn, void *user)
{
    teller = fn;
    teller_user = user;
}

static void tell(gws_cli *cli, const gws_opts *opts)
{
    gws_opt all[sizeof cli->given + COMMON], common[COMMON];
    int n = opts->n_options;
    if (n) /* a verb without options has no table */
        memcpy(all, opts->options, (size_t)n * sizeof *all);
    list_common(cli, common);
    for (int i = has_outputs(opts) ? FORCE : VERBOSE; i < COMMON; i++)
        if (!find_name(opts->options, opts->n_options, common[i].name, strlen(common[i].name)))
            all[n++] = common[i];
    teller(teller_user, cli, opts, all, n);
}

/* Add a word to the recorded command, quoted when a shell would need it; what does not fit is left out. */
static void record(gws_cli *cli, const char *word)
{
    size_t used = strlen(cli->command), room = sizeof cli->command - used;
    int plain = *word && strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=.,:/@%") == strlen(word);

    if (strlen(word) + 4 < room)
        snprintf(cli->command + used, room, plain ? " %s" : " '%s'", word);
}

static void record_option(gws_cli *cli, const gws_opt *o, char *const *words, int n)
{
    char name[80];

    snprintf(name, sizeof name, "--%s", o->name);
    record(cli, name);
    for (int i = 0; i < n; i++)
        record(cli, words[i]);
}

/* Store a value. Returns 0, or 2 after the message. */
static int store(gws_cli *cli, const gws_opt *o, char *text)
{
    char *end;

    switch (o->kind) {
    case GWS_OPT_INT:
        errno = 0;
        *(int64_t *)o->value = strtoll(text, &end, 10);
        return end == text || *end || errno ? gws_cli_misuse(cli, "--%s wants a whole number, got '%s'", o->name, text) : 0;
    case GWS_OPT_POOL:
        errno = 0;
        *(int64_t *)o->value = strtoll(text, &end, 10);
        if (end == text || *end || errno || *(int64_t *)o->value < 1 || *(int64_t *)o->value > GWS_THREADS_MAX)
            return gws_cli_misuse(cli, "--%s wants a whole number from 1 to %d, got '%s'; the default is to leave it out", o->name,
                                  GWS_THREADS_MAX, text);
        return 0;
    case GWS_OPT_DOUBLE:
        return gws_number_parse(text, o->value) ? 0 : gws_cli_misuse(cli, "--%s wants a number, got '%s'", o->name, text);
    default: *(const char **)o->value = text; return 0;
    }
}

/* A word that may name files: as it stands, as in FILE,FILE, as in asd:FILE, and as in sim:key=FILE,key=FILE. */
static gws_status add_input(gws_cli *cli, const char *word, gws_err *err)
{
    gws_status status = gws_outputs_input(cli->outputs, word, err);
    char *first = strndup(word, strcspn(word, ","));
    if (!first)
        return gws_err_set(err, GWS_ENOMEM, "no memory for '%s'", word);
    if (status == GWS_OK)
        status = gws_outputs_input(cli->outputs, first, err);
    free(first);
    for (const char *p = word; status == GWS_OK && (p = strpbrk(p, ":=,")); p++) {
        char *part = strndup(p + 1, strcspn(p + 1, ","));
        if (!part)
            return gws_err_set(err, GWS_ENOMEM, "no memory for '%s'", word);
        status = gws_outputs_input(cli->outputs, part, err);
        free(part);
        if (status == GWS_OK && p[0] != ',')
            status = gws_outputs_input(cli->outputs, p + 1, err);
    }
    return status;
}

static gws_status add_inputs(gws_cli *cli, const gws_opts *opts, char *const *inputs, int n, gws_err *err)
{
    gws_status status = GWS_OK;
    for (int i = 0; i < n && status == GWS_OK; i++)
        status = add_input(cli, inputs[i], err);
    for (int i = 0; i < opts->n_options && status == GWS_OK; i++) {
        const gws_opt *o = &opts->options[i];
        if (o->kind == GWS_OPT_STRING && !is_output(o) && *(const char **)o->value)
            status = add_input(cli, *(const char **)o->value, err);
        else if (o->kind == GWS_OPT_STRING && strcmp(o->name, "model") == 0) /* then it is the default one */
            status = gws_outputs_input(cli->outputs, cli->default_model, err);
        for (int k = 0; o->kind == GWS_OPT_LIST && k < ((gws_opt_list *)o->value)->n && status == GWS_OK; k++)
            status = add_input(cli, ((gws_opt_list *)o->value)->words[k], err);
    }
    return status;
}

static int flags_of(const gws_opts *opts, const gws_opt *output)
{
    if (output->role != GWS_OPT_TO_GROWING)
        return 0;
    const gws_opt *resume = find_name(opts->options, opts->n_options, "resume", strlen("resume"));
    return GWS_OUTPUT_AGAIN | (resume && *(const int *)resume->value ? GWS_OUTPUT_OWN : 0);
}

/* Inputs first, then what may not be one of them.  Returns as gws_opts_parse does. */
static int begin_outputs(gws_cli *cli, const gws_opts *opts, char *const *inputs, int n)
{
    static const gws_format formats[] = {
        [GWS_OPT_TO_HDF5] = GWS_FORMAT_HDF5,     [GWS_OPT_TO_FIGURE] = GWS_FORMAT_FIGURE, [GWS_OPT_TO_LINES] = GWS_FORMAT_LINES,
        [GWS_OPT_TO_INI] = GWS_FORMAT_INI,       [GWS_OPT_TO_STRAIN] = GWS_FORMAT_STRAIN, [GWS_OPT_TO_LIGOLW] = GWS_FORMAT_LIGOLW,
        [GWS_OPT_TO_EVENTS] = GWS_FORMAT_EVENTS, [GWS_OPT_TO_PAGE] = GWS_FORMAT_PAGE,     [GWS_OPT_TO_GROWING] = GWS_FORMAT_HDF5};
    gws_err err = {0};

    if (!(cli->outputs = gws_outputs_create(cli->force > 0, &err)) || add_inputs(cli, opts, inputs, n, &err) != GWS_OK)
        return gws_cli_fail(cli, &err);
    if (cli->logging.file && (gws_cli_output(cli, cli->logging.file, GWS_FORMAT_LOG, GWS_OUTPUT_APPEND, &err) != GWS_OK ||
                              gws_logging_open(cli->logging.file, &err) != GWS_OK))
        return gws_cli_fail(cli, &err);
    for (int i = 0; i < opts->n_options; i++) {
        const gws_opt *o = &opts->options[i];
        int known = 0;
        for (int k = 0; k < i; k++) /* another name of an option before it */
            known |= opts->options[k].value == o->value;
        if (!is_output(o) || known || !*(const char **)o->value)
            continue;
        if (gws_format_check(formats[o->role], *(const char **)o->value, &err) != GWS_OK)
            return gws_cli_misuse(cli, "%s", err.text);
        if (gws_cli_output(cli, *(const char **)o->value, formats[o->role], flags_of(opts, o), &err) != GWS_OK)
            return gws_cli_fail(cli, &err);
    }
    return GWS_OPTS_RUN;
}

/* The words after the verb while they are read.  Inputs are gathered at the front of argv. */
typedef struct line {
    gws_cli *cli;
    const gws_opts *opts;
    gws_opt common[COMMON];
    char **argv;
    int argc, at; /* at: the word that is read */
    int n_inputs, only_inputs;
} line;

/* The option that a word names, and the value in it: NULL when there is none.  Letters of a flag that is repeated (-vv) are counted here. */
static const gws_opt *find_option(line *l, char **value)
{
    const gws_opt *own = l->opts->options;
    const int n = l->opts->n_options, first = has_outputs(l->opts) ? FORCE : VERBOSE;
    char *word = l->argv[l->at];
    const gws_opt *o;

    *value = NULL;
    if (word[1] == '-') {
        char *equals = strchr(word, '=');
        const size_t length = equals ? (size_t)(equals - word - 2) : strlen(word + 2);
        if (!(o = find_name(own, n, word + 2, length)))
            o = find_name(l->common + first, COMMON - first, word + 2, length);
        *value = equals ? equals + 1 : NULL;
        return o;
    }
    if (!(o = find_letter(own, n, word[1])))
        o = find_letter(l->common + first, COMMON - first, word[1]);
    if (!o || !word[2])
        return o;
    *value = word + 2;
    if (o->kind == GWS_OPT_FLAG && strspn(*value, (char[]){o->letter, 0}) == strlen(*value)) {
        *(int *)o->value += (int)strlen(*value);
        *value = NULL;
    }
    return o;
}

/* All words up to the next option, or the one after '='. */
static int read_list(line *l, const gws_opt *o, char *value)
{
    gws_opt_list *list = o->value;
    int first = value ? l->at : l->at + 1, end = value ? l->at + 1 : first;

    GWS_ASSERT(l->opts->max_inputs == 0); /* inputs are gathered where the list may lie */
    if (value)
        l->argv[l->at] = value;
    while (end < l->argc && !(l->argv[end][0] == '-' && l->argv[end][1]))
        end++;
    list->words = l->argv + first;
    list->n = end - first;
    l->at = end - 1;
    if (list->n == 0)
        return gws_cli_misuse(l->cli, "--%s wants %s", o->name, o->arg);
    if (!o->role)
        record_option(l->cli, o, list->words, list->n);
    return GWS_OPTS_RUN;
}

static int read_option(line *l, const gws_opt *o, char *value)
{
    if (o->kind == GWS_OPT_FLAG) {
        if (value)
            return gws_cli_misuse(l->cli, "--%s takes no value, got '%s'", o->name, value);
        ++*(int *)o->value;
        if (!o->role)
            record_option(l->cli, o, NULL, 0);
        return GWS_OPTS_RUN;
    }
    if (o->kind == GWS_OPT_LIST)
        return read_list(l, o, value);
    if (!value) {
        if (l->at + 1 >= l->argc)
            return gws_cli_misuse(l->cli, "--%s wants %s", o->name, o->arg);
        value = l->argv[++l->at];
    }
    const int misused = store(l->cli, o, value);
    if (misused)
        return misused;
    if (!o->role)
        record_option(l->cli, o, &value, 1);
    return GWS_OPTS_RUN;
}

static int read_word(line *l)
{
    char *word = l->argv[l->at], *value;

    if (l->only_inputs || word[0] != '-' || word[1] == 0) {
        l->argv[l->n_inputs++] = word;
        return GWS_OPTS_RUN;
    }
    if (strcmp(word, "--") == 0) {
        l->only_inputs = 1;
        return GWS_OPTS_RUN;
    }
    if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0) {
        print_help(l->cli, l->opts);
        return gws_cli_done(l->cli);
    }
    const gws_opt *o = find_option(l, &value);
    if (!o)
        return gws_cli_misuse(l->cli, "unknown option %s (gwspike %s --help lists the options)", word, l->cli->verb);
    if (o >= l->opts->options && o < l->opts->options + l->opts->n_options)
        l->cli->given[o - l->opts->options] = 1;
    return read_option(l, o, value);
}

/* The options are known: the log goes where they say.  Returns as gws_opts_parse does. */
static int begin_log(gws_cli *cli)
{
    gws_err err = {0};

    if (gws_logging_set(&cli->logging, &err) != GWS_OK ||
        (cli->logging.file && gws_format_check(GWS_FORMAT_LOG, cli->logging.file, &err) != GWS_OK))
        return gws_cli_misuse(cli, "%s", err.text);
    return GWS_OPTS_RUN;
}

int gws_opts_parse(gws_cli *cli, const gws_opts *opts, int argc, char **argv, char ***inputs, int *n_inputs)
{
    line l = {.cli = cli, .opts = opts, .argv = argv, .argc = argc};
    int status;

    GWS_ASSERT(opts->n_options <= (int)sizeof cli->given);
    if (teller) {
        tell(cli, opts);
        return 0;
    }
    memset(cli->given, 0, sizeof cli->given);
    list_common(cli, l.common);
    snprintf(cli->command, sizeof cli->command, "gwspike %s", cli->verb);
    for (; l.at < argc; l.at++)
        if ((status = read_word(&l)) != GWS_OPTS_RUN)
            return status;
    const int n = l.n_inputs;
    if (n < opts->min_inputs)
        return gws_cli_misuse(cli, "wants %s (gwspike %s --help)", opts->input ? opts->input : "an input", cli->verb);
    if (opts->max_inputs >= 0 && n > opts->max_inputs)
        return gws_cli_misuse(cli, "unexpected '%s' (gwspike %s --help)", argv[opts->max_inputs], cli->verb);
    if (cli->select.state_bits && !cli->select.state_channels)
        return gws_cli_misuse(cli, "--state-bits goes with --state-channel");
    for (int i = 0; i < n; i++)
        record(cli, argv[i]);
    if (inputs) {
        *inputs = argv;
        *n_inputs = n;
    }
    if ((status = begin_log(cli)) != GWS_OPTS_RUN)
        return status;
    if ((has_outputs(opts) || cli->logging.file) && (status = begin_outputs(cli, opts, argv, n)) != GWS_OPTS_RUN)
        return status;
    gws_cli_log(GWS_LOG_DEBUG, "version %s: %s", GWS_VERSION, cli->command);
    if (cli->warning[0])
        gws_cli_log(GWS_LOG_WARNING, "%s", cli->warning);
    return GWS_OPTS_RUN;
}

int gws_opts_given(const gws_cli *cli, const gws_opts *opts, const char *name)
{
    const gws_opt *o = find_name(opts->options, opts->n_options, name, strlen(name));
    GWS_ASSERT(o);
    return cli->given[o - opts->options];
}

int gws_opts_check(const gws_cli *cli, const gws_opts *opts, const gws_opt_rule *rules, int n)
{
    for (int i = 0; i < n; i++)
        for (const char *name = rules[i].names; *name; name += strcspn(name, " "), name += *name == ' ') {
            const gws_opt *o = find_name(opts->options, opts->n_options, name, strcspn(name, " "));
            GWS_ASSERT(o);
            if (!rules[i].holds && cli->given[o - opts->options])
                return gws_cli_misuse(cli, "--%s %s", o->name, rules[i].says);
        }
    return 0;
}
