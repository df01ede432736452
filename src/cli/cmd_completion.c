/* cmd_completion.c - gwspike completion: scripts for shells, made of the tables of options. */
#include "cli/cli.h"
#include "cli/opts.h"

#include <stdio.h>
#include <string.h>

typedef enum shell { BASH, ZSH, FISH, SHELLS } shell;
static const char *const shell_name[SHELLS] = {"bash", "zsh", "fish"};

#define STRAIN "hdf|hdf5|h5|gwf|txt|csv|dat|asc|gz|npy|npz|wav|lcf|cache|ffl"

/* What a value completes to. */
typedef struct value {
    enum { NOTHING, WORDS, FOLDERS, FILES } kind;
    const char *which; /* WORDS: between blanks; FILES: endings between bars, "" any */
} value;

static value value_of(const gws_opt *o)
{
    static const char *const outputs[] = {[GWS_OPT_TO_HDF5] = "hdf|hdf5|h5",
                                          [GWS_OPT_TO_FIGURE] = "png|svg|pdf",
                                          [GWS_OPT_TO_LINES] = "jsonl|json",
                                          [GWS_OPT_TO_INI] = "ini",
                                          [GWS_OPT_TO_STRAIN] = "hdf|hdf5|h5|gwf|txt|csv|gz|npy|npz|wav",
                                          [GWS_OPT_TO_LIGOLW] = "xml|gz",
                                          [GWS_OPT_TO_EVENTS] = "hdf|hdf5|h5|xml|gz",
                                          [GWS_OPT_TO_PAGE] = "html|htm",
                                          [GWS_OPT_TO_GROWING] = "hdf|hdf5|h5"};
    static const struct {
        const char *option, *words;
    } known[] = {{"log-level", "error warning info debug"},
                 {"log-format", "text json"},
                 {"head", "spiking linear"},
                 {"average", "median mean median-mean"},
                 {"ranking", "coincident coherent"}};
    if (o->kind != GWS_OPT_STRING && o->kind != GWS_OPT_LIST)
        return (value){NOTHING, ""};
    for (int i = 0; i < (int)(sizeof known / sizeof *known); i++)
        if (strcmp(o->name, known[i].option) == 0)
            return (value){WORDS, known[i].words};
    if (o->role >= GWS_OPT_TO_HDF5 && o->role < (int)(sizeof outputs / sizeof *outputs) && outputs[o->role])
        return (value){FILES, outputs[o->role]};
    if (strcmp(o->name, "log-file") == 0)
        return (value){FILES, "log|txt|jsonl|json"};
    if (strcmp(o->arg, "DIR") == 0 || strcmp(o->arg, "FOLDER") == 0)
        return (value){FOLDERS, ""};
    if (strcmp(o->arg, "MODEL") == 0)
        return (value){FILES, "hdf|ckpt"};
    if (strncmp(o->arg, "RECIPE", 6) == 0)
        return (value){FILES, "ini"};
    if (strstr(o->arg, ".hdf"))
        return (value){FILES, "hdf|hdf5|h5"};
    return strstr(o->arg, "FILE") ? (value){FILES, ""} : (value){NOTHING, ""};
}

/* A verb that reads strain has the options that select it. */
static value input_of(const gws_opts *opts)
{
    if (opts->max_inputs == 0)
        return (value){NOTHING, ""};
    if (opts->input && strstr(opts->input, "a result"))
        return (value){FILES, STRAIN "|jsonl"};
    for (int i = 0; i < opts->n_options; i++)
        if (strcmp(opts->options[i].name, "gps-start-time") == 0)
            return (value){FILES, STRAIN};
    if (opts->input && strcmp(opts->input, "folders") == 0)
        return (value){FOLDERS, ""};
    if (opts->input && strstr(opts->input, "event"))
        return (value){NOTHING, ""};
    return opts->input && strcmp(opts->input, "bash, zsh or fish") == 0 ? (value){WORDS, "bash zsh fish"} : (value){FILES, ""};
}

/* Print with a backslash before each of some letters; a single quote ends the word, is quoted, and begins it again, as all three shells
 * have it. */
static void put_quoted(const char *text, const char *escape)
{
    for (; *text; text++) {
        if (*text == '\'')
            fputs("'\\''", stdout);
        else if (strchr(escape, *text))
            printf("\\%c", *text);
        else
            putchar(*text);
    }
}

/* ---- bash ---- */

static void bash_value(const value *v)
{
    static const char *const fn[] = {"nothing", "words", "folders", "files"};
    printf("_gwspike_%s '%s'", fn[v->kind], v->which);
}

static void bash_verb(void *user, const gws_cli *cli, const gws_opts *opts, const gws_opt *all, int n)
{
    const value input = input_of(opts);
    printf("    %s)\n        case $before in\n", cli->verb);
    for (int i = 0; i < n; i++) {
        const value v = value_of(&all[i]);
        if (all[i].kind == GWS_OPT_FLAG)
            continue;
        if (all[i].letter)
            printf("        -%c | ", all[i].letter);
        else
            printf("        ");
        printf("--%s) ", all[i].name);
        bash_value(&v);
        printf(" ;;\n");
    }
    printf("        *) _gwspike_other '");
    for (int i = 0; i < n; i++)
        printf("--%s ", all[i].name);
    printf("--help' || ");
    bash_value(&input);
    printf(" ;;\n        esac\n        ;;\n");
}

static void bash_begin(const gws_verb *verbs, int n)
{
    printf("# bash completion of gwspike; made by `gwspike completion bash` from its tables of options.\n"
           "_gwspike_nothing() { :; }\n"
           "_gwspike_words() { COMPREPLY=($(compgen -W \"$1\" -- \"$word\")); }\n"
           "_gwspike_folders()\n{\n    local IFS=$'\\n'\n    compopt -o filenames 2>/dev/null\n"
           "    COMPREPLY=($(compgen -d -- \"$word\"))\n}\n"
           "_gwspike_files()\n{\n    local IFS=$'\\n' file\n    compopt -o filenames 2>/dev/null\n"
           "    for file in $(compgen -f -- \"$word\"); do\n"
           "        [[ -z $1 || -d $file || $file =~ \\.($1)$ ]] && COMPREPLY+=(\"$file\")\n    done\n}\n"
           "_gwspike_other()\n{\n    [[ $word == -* ]] && _gwspike_words \"$1\"\n}\n"
           "_gwspike()\n{\n"
           "    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}\n"
           "    COMPREPLY=()\n"
           "    [[ $word == = ]] && word=\n"
           "    [[ $before == = ]] && before=${COMP_WORDS[COMP_CWORD - 2]}\n"
           "    [[ ${COMP_WORDS[COMP_CWORD]} == = ]] && before=${COMP_WORDS[COMP_CWORD - 1]}\n"
           "    if ((COMP_CWORD == 1)); then\n        _gwspike_words '");
    for (int i = 0; i < n; i++)
        printf("%s ", verbs[i].name);
    printf("help --help --version'\n        return\n    fi\n    case ${COMP_WORDS[1]} in\n    help) _gwspike_words '");
    for (int i = 0; i < n; i++)
        printf("%s ", verbs[i].name);
    printf("' ;;\n");
}

/* ---- zsh ---- */

static void zsh_value(const value *v)
{
    switch (v->kind) {
    case WORDS: printf("(%s)", v->which); break;
    case FOLDERS: printf("_files -/"); break;
    case FILES:
        printf("_files");
        if (*v->which)
            printf(" -g \"*.(%s)(-.)\"", v->which);
        break;
    default: printf(" "); break;
    }
}

static void zsh_option(const gws_opt *o, int is_long)
{
    const value v = value_of(o);
    const int takes = o->kind != GWS_OPT_FLAG;
    printf(" \\\n            '");
    if (takes && o->letter)
        printf("(-%c --%s)", o->letter, o->name);
    else if (!takes)
        printf("*");
    if (is_long)
        printf("--%s%s[", o->name, takes ? "=" : "");
    else
        printf("-%c%s[", o->letter, takes ? "+" : "");
    put_quoted(o->help, "[]:\\");
    printf("]");
    if (takes) {
        printf(":");
        put_quoted(o->arg, ":\\");
        printf(":");
        zsh_value(&v);
    }
    printf("'");
}

static void zsh_verb(void *user, const gws_cli *cli, const gws_opts *opts, const gws_opt *all, int n)
{
    const value input = input_of(opts);
    printf("    %s)\n        _arguments -s -S", cli->verb);
    for (int i = 0; i < n; i++) {
        if (all[i].letter)
            zsh_option(&all[i], 0);
        zsh_option(&all[i], 1);
    }
    printf(" \\\n            '(-)'{-h,--help}'[this text]'");
    if (input.kind != NOTHING) {
        printf(" \\\n            '*:input:");
        zsh_value(&input);
        printf("'");
    }
    printf("\n        ;;\n");
}

static void zsh_begin(const gws_verb *verbs, int n)
{
    printf("#compdef gwspike\n# zsh completion of gwspike; made by `gwspike completion zsh` from its tables of options.\n"
           "_gwspike()\n{\n    local verb\n    local -a verbs\n    verbs=(\n");
    for (int i = 0; i < n; i++) {
        printf("        '%s:", verbs[i].name);
        put_quoted(verbs[i].summary, ":\\");
        printf("'\n");
    }
    printf("    )\n    if ((CURRENT == 2)); then\n        _describe -t verbs verb verbs\n        return\n    fi\n"
           "    verb=$words[2]\n    shift words\n    ((CURRENT--))\n    case $verb in\n"
           "    help) _describe -t verbs verb verbs ;;\n");
}

/* ---- fish ---- */

static void fish_value(const value *v)
{
    switch (v->kind) {
    case WORDS: printf(" -a '%s'", v->which); break;
    case FOLDERS: printf(" -a '(__fish_complete_directories)'"); break;
    case FILES: printf(" -a '(__gwspike_files \"%s\")'", v->which); break;
    default: break;
    }
}

static void fish_verb(void *user, const gws_cli *cli, const gws_opts *opts, const gws_opt *all, int n)
{
    const value input = input_of(opts);
    for (int i = 0; i < n; i++) {
        const value v = value_of(&all[i]);
        printf("complete -c gwspike -n '__gwspike_verb %s'", cli->verb);
        if (all[i].letter)
            printf(" -s %c", all[i].letter);
        printf(" -l %s%s -d '", all[i].name, all[i].kind == GWS_OPT_FLAG ? "" : " -x");
        put_quoted(all[i].help, "\\");
        printf("'");
        if (all[i].kind != GWS_OPT_FLAG)
            fish_value(&v);
        printf("\n");
    }
    printf("complete -c gwspike -n '__gwspike_verb %s' -s h -l help -d 'this text'\n", cli->verb);
    if (input.kind != NOTHING) {
        printf("complete -c gwspike -n '__gwspike_verb %s'", cli->verb);
        fish_value(&input);
        printf("\n");
    }
}

static void fish_begin(const gws_verb *verbs, int n)
{
    printf("# fish completion of gwspike; made by `gwspike completion fish` from its tables of options.\n"
           "function __gwspike_no_verb\n    test (count (commandline -opc)) -eq 1\nend\n"
           "function __gwspike_verb\n    set -l words (commandline -opc)\n    test (count $words) -ge 2; and test $words[2] = "
           "$argv[1]\nend\n"
           "function __gwspike_files\n    set -l begin (commandline -ct | string replace -r '^--[^=]*=' '')\n"
           "    for file in $begin*\n        if test -d $file\n            echo $file/\n"
           "        else if test -z \"$argv[1]\"; or string match -rq \"\\\\.($argv[1])\\$\" -- $file\n            echo $file\n"
           "        end\n    end\nend\n"
           "complete -c gwspike -f\n");
    for (int i = 0; i < n; i++) {
        printf("complete -c gwspike -n __gwspike_no_verb -a %s -d '", verbs[i].name);
        put_quoted(verbs[i].summary, "\\");
        printf("'\n");
    }
    printf("complete -c gwspike -n '__gwspike_verb help' -a '");
    for (int i = 0; i < n; i++)
        printf("%s ", verbs[i].name);
    printf("'\n");
}

static void print_script(gws_cli *cli, shell to)
{
    static void (*const begin[SHELLS])(const gws_verb *, int) = {bash_begin, zsh_begin, fish_begin};
    static const gws_opts_fn verb[SHELLS] = {bash_verb, zsh_verb, fish_verb};
    static const char *const end[SHELLS] = {"    esac\n}\ncomplete -F _gwspike gwspike\n", "    esac\n}\n_gwspike \"$@\"\n", ""};
    const char *const name = cli->verb, *const summary = cli->summary;
    int n;
    const gws_verb *verbs = gws_cli_verbs(&n);
    begin[to](verbs, n);
    gws_opts_tell(verb[to], NULL);
    for (int i = 0; i < n; i++) {
        char *none = NULL;
        gws_cli_begin(cli, verbs[i].name, verbs[i].summary);
        verbs[i].run(cli, 0, &none);
    }
    gws_opts_tell(NULL, NULL);
    gws_cli_begin(cli, name, summary);
    fputs(end[to], stdout);
}

int gws_cmd_completion(gws_cli *cli, int argc, char **argv)
{
    char **inputs;
    int n;
    const gws_opts opts = {
        .usage = "bash|zsh|fish",
        .about = "Print a script that completes the program's verbs, options and the names of files that fit: load it from the "
                 "shell's own\n"
                 "start, or put it where the shell looks.  An installation has all three in their places.\n",
        .examples = "source <(gwspike completion bash)\n"
                    "gwspike completion zsh >~/.zfunc/_gwspike        # a folder of $fpath\n"
                    "gwspike completion fish >~/.config/fish/completions/gwspike.fish\n",
        .min_inputs = 1,
        .max_inputs = 1,
        .input = "bash, zsh or fish",
    };
    const int status = gws_opts_parse(cli, &opts, argc, argv, &inputs, &n);
    if (status != GWS_OPTS_RUN)
        return status;
    for (int i = 0; i < SHELLS; i++)
        if (strcmp(inputs[0], shell_name[i]) == 0) {
            print_script(cli, (shell)i);
            return gws_cli_done(cli);
        }
    return gws_cli_misuse(cli, "wants bash, zsh or fish, got '%s'", inputs[0]);
}
