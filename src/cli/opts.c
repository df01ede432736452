#include "cli/opts.h"

#include "base/number.h"

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

static void print_help(const gws_cli *cli, const gws_opts *opts)
{
    static const gws_opt help = {'h', "help", GWS_OPT_FLAG, NULL, NULL, "this text", GWS_OPT_SILENT};
    static const gws_opt force = {
        0, "force", GWS_OPT_FLAG, NULL, NULL, "replace files that exist (also --overwrite)", GWS_OPT_SILENT};
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
    if (has_outputs(opts))
        print_option(&force);
    print_option(&help);
    if (opts->examples) {
        printf("\nexamples:\n");
        print_indented(opts->examples, "  ", "  ");
    }
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

static const gws_opt *find_option(const gws_opts *opts, const char *name, size_t n)
{
    for (int i = 0; i < opts->n_options; i++)
        if (strlen(opts->options[i].name) == n && memcmp(opts->options[i].name, name, n) == 0)
            return &opts->options[i];
    return NULL;
}

static const gws_opt *find_letter(const gws_opts *opts, char c)
{
    for (int i = 0; i < opts->n_options; i++)
        if (opts->options[i].letter == c)
            return &opts->options[i];
    return NULL;
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
    gws_status st = gws_outputs_input(cli->outputs, word, err);
    char *first = strndup(word, strcspn(word, ","));
    if (!first)
        return gws_err_set(err, GWS_ENOMEM, "no memory for '%s'", word);
    if (st == GWS_OK)
        st = gws_outputs_input(cli->outputs, first, err);
    free(first);
    for (const char *p = word; st == GWS_OK && (p = strpbrk(p, ":=,")); p++) {
        char *part = strndup(p + 1, strcspn(p + 1, ","));
        if (!part)
            return gws_err_set(err, GWS_ENOMEM, "no memory for '%s'", word);
        st = gws_outputs_input(cli->outputs, part, err);
        free(part);
        if (st == GWS_OK && p[0] != ',')
            st = gws_outputs_input(cli->outputs, p + 1, err);
    }
    return st;
}

static gws_status add_inputs(gws_cli *cli, const gws_opts *opts, char *const *inputs, int n, gws_err *err)
{
    gws_status st = GWS_OK;
    for (int i = 0; i < n && st == GWS_OK; i++)
        st = add_input(cli, inputs[i], err);
    for (int i = 0; i < opts->n_options && st == GWS_OK; i++) {
        const gws_opt *o = &opts->options[i];
        if (o->kind == GWS_OPT_STRING && !is_output(o) && *(const char **)o->value)
            st = add_input(cli, *(const char **)o->value, err);
        else if (o->kind == GWS_OPT_STRING && strcmp(o->name, "model") == 0) /* then it is the default one */
            st = gws_outputs_input(cli->outputs, cli->default_model, err);
        for (int k = 0; o->kind == GWS_OPT_LIST && k < ((gws_opt_list *)o->value)->n && st == GWS_OK; k++)
            st = add_input(cli, ((gws_opt_list *)o->value)->words[k], err);
    }
    return st;
}

/* Inputs first, then what may not be one of them.  Returns as gws_opts_parse does. */
static int begin_outputs(gws_cli *cli, const gws_opts *opts, char *const *inputs, int n)
{
    static const gws_format formats[] = {[GWS_OPT_TO_HDF5] = GWS_FORMAT_HDF5,
                                         [GWS_OPT_TO_FIGURE] = GWS_FORMAT_FIGURE,
                                         [GWS_OPT_TO_LINES] = GWS_FORMAT_LINES,
                                         [GWS_OPT_TO_INI] = GWS_FORMAT_INI};
    gws_err err = {0};

    if (!(cli->outputs = gws_outputs_create(cli->force > 0, &err)) || add_inputs(cli, opts, inputs, n, &err) != GWS_OK)
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
        if (gws_cli_output(cli, *(const char **)o->value, formats[o->role], 0, &err) != GWS_OK)
            return gws_cli_fail(cli, &err);
    }
    return GWS_OPTS_RUN;
}

int gws_opts_parse(gws_cli *cli, const gws_opts *opts, int argc, char **argv, char ***inputs, int *n_inputs)
{
    int n = 0, only_inputs = 0;

    GWS_ASSERT(opts->n_options <= (int)sizeof cli->given);
    memset(cli->given, 0, sizeof cli->given);
    snprintf(cli->command, sizeof cli->command, "gwspike %s", cli->verb);
    for (int i = 0; i < argc; i++) {
        char *word = argv[i], *value = NULL;
        const gws_opt *o = NULL;

        if (only_inputs || word[0] != '-' || word[1] == 0) {
            argv[n++] = word;
            continue;
        }
        if (strcmp(word, "--") == 0) {
            only_inputs = 1;
            continue;
        }
        if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0) {
            print_help(cli, opts);
            return gws_cli_done(cli);
        }
        if (word[1] == '-') {
            value = strchr(word, '=');
            o = find_option(opts, word + 2, value ? (size_t)(value - word - 2) : strlen(word + 2));
            if (value)
                value++;
        } else {
            o = find_letter(opts, word[1]);
            if (o && word[2])
                value = word + 2;
            if (o && value && o->kind == GWS_OPT_FLAG && strspn(value, (char[]){o->letter, 0}) == strlen(value)) {
                *(int *)o->value += (int)strlen(value); /* -vv */
                value = NULL;
            }
        }
        if (!o && has_outputs(opts) && (strcmp(word, "--force") == 0 || strcmp(word, "--overwrite") == 0)) {
            cli->force++;
            continue;
        }
        if (!o)
            return gws_cli_misuse(cli, "unknown option %s (gwspike %s --help lists the options)", word, cli->verb);
        cli->given[o - opts->options] = 1;
        if (o->kind == GWS_OPT_FLAG) {
            if (value)
                return gws_cli_misuse(cli, "--%s takes no value, got '%s'", o->name, value);
            ++*(int *)o->value;
            if (!o->role)
                record_option(cli, o, NULL, 0);
            continue;
        }
        if (o->kind == GWS_OPT_LIST) {
            gws_opt_list *list = o->value;
            int first = value ? i : i + 1, end = value ? i + 1 : first;
            GWS_ASSERT(opts->max_inputs == 0); /* inputs are gathered at the front of argv, where the list may lie */
            if (value)
                argv[i] = value;
            while (end < argc && !(argv[end][0] == '-' && argv[end][1]))
                end++;
            list->words = argv + first;
            list->n = end - first;
            i = end - 1;
            if (list->n == 0)
                return gws_cli_misuse(cli, "--%s wants %s", o->name, o->arg);
            if (!o->role)
                record_option(cli, o, list->words, list->n);
            continue;
        }
        if (!value) {
            if (i + 1 >= argc)
                return gws_cli_misuse(cli, "--%s wants %s", o->name, o->arg);
            value = argv[++i];
        }
        int st = store(cli, o, value);
        if (st)
            return st;
        if (!o->role)
            record_option(cli, o, &value, 1);
    }
    if (n < opts->min_inputs)
        return gws_cli_misuse(cli, "wants %s (gwspike %s --help)", opts->input ? opts->input : "an input", cli->verb);
    if (opts->max_inputs >= 0 && n > opts->max_inputs)
        return gws_cli_misuse(cli, "unexpected '%s' (gwspike %s --help)", argv[opts->max_inputs], cli->verb);
    for (int i = 0; i < n; i++)
        record(cli, argv[i]);
    if (inputs) {
        *inputs = argv;
        *n_inputs = n;
    }
    return has_outputs(opts) ? begin_outputs(cli, opts, argv, n) : GWS_OPTS_RUN;
}

int gws_opts_given(const gws_cli *cli, const gws_opts *opts, const char *name)
{
    const gws_opt *o = find_option(opts, name, strlen(name));
    GWS_ASSERT(o);
    return cli->given[o - opts->options];
}

int gws_opts_check(const gws_cli *cli, const gws_opts *opts, const gws_opt_rule *rules, int n)
{
    for (int i = 0; i < n; i++)
        for (const char *name = rules[i].names; *name; name += strcspn(name, " "), name += *name == ' ') {
            const gws_opt *o = find_option(opts, name, strcspn(name, " "));
            GWS_ASSERT(o);
            if (!rules[i].holds && cli->given[o - opts->options])
                return gws_cli_misuse(cli, "--%s %s", o->name, rules[i].says);
        }
    return 0;
}
