#include "base/cpu.h"
#include "base/file.h"
#include "base/hdf5.h"
#include "cli/archive.h"
#include "cli/cli.h"
#include "cli/interrupt.h"
#include "gws_config.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* A verb is one row here, one declaration in cli.h and one file cmd_<verb>.c. */
static const gws_verb verbs[] = {
    {"detect", gws_cmd_detect, "strain files to triggers: the main job"},
    {"live", gws_cmd_live, "the same beside an observatory: strain as it comes, triggers as they happen"},
    {"background", gws_cmd_background, "time slides of strain: how often noise makes a trigger"},
    {"demo", gws_cmd_demo, "simulate a few minutes with known signals, search them, show what was found"},
    {"simulate", gws_cmd_simulate, "noise, injections and whole data sets, to HDF5"},
    {"evaluate", gws_cmd_evaluate, "events and injections to false-alarm rate and sensitive distance, as MLGWSC-1 does"},
    {"matched", gws_cmd_matched, "the matched-filter search: baseline and cross-check"},
    {"train", gws_cmd_train, "a recipe to a model: pretraining, classifier, joint fine-tuning, calibration"},
    {"runs", gws_cmd_runs, "list and compare trainings: how far, what was best, curves, how recipes differ"},
    {"benchmark", gws_cmd_benchmark, "how fast this machine runs it, row by row"},
    {"profile", gws_cmd_profile, "where time and memory go, in a training run or a search"},
    {"optimize", gws_cmd_optimize, "find threads, block length and batch size for this machine"},
    {"followup", gws_cmd_followup, "masses, SNRs and the sky map's input of a trigger"},
    {"qscan", gws_cmd_qscan, "Q-transform of strain around a time: the map that people look at"},
    {"report", gws_cmd_report, "one page to look at: a search, its events and rates, an evaluation, a training"},
    {"psd", gws_cmd_psd, "power spectral density of strain"},
    {"condition", gws_cmd_condition, "strain to whitened strain"},
    {"convert", gws_cmd_convert, "strain to another format, a part of it, another rate"},
    {"waveform", gws_cmd_waveform, "one gravitational waveform, frequency domain"},
    {"fetch", gws_cmd_fetch, "get public strain from the archive"},
    {"inspect", gws_cmd_inspect, "say what a file is"},
    {"selfcheck", gws_cmd_selfcheck, "run the whole line once on made data"},
    {"completion", gws_cmd_completion, "what bash, zsh or fish needs to complete words of this program"},
    {"version", gws_cmd_version, "version; -v: build, processor, libraries, memory"},
};

#define N_VERBS (int)(sizeof verbs / sizeof verbs[0])

const gws_verb *gws_cli_verbs(int *n)
{
    *n = N_VERBS;
    return verbs;
}

static void print_verbs(FILE *out)
{
    fprintf(out, "usage: gwspike VERB [options] inputs...\n\nverbs:\n");
    for (int i = 0; i < N_VERBS; i++)
        fprintf(out, "  %-12s%s\n", verbs[i].name, verbs[i].summary);
    fprintf(
        out,
        "\nWhere a verb reads strain, sim:mlgwsc=1,seed=7,duration=86400,part=fg stands for a data set made as it is read.\n"
        "`gwspike VERB --help` explains a verb.  Exit status: 0 done, 1 failed, 2 misused; 128 and its number after a signal.\n");
}

static const gws_verb *find_verb(const char *name)
{
    for (int i = 0; i < N_VERBS; i++)
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    return NULL;
}

static int run_verb(gws_cli *cli, const gws_verb *v, int argc, char **argv)
{
    gws_cli_begin(cli, v->name, v->summary);
    const int status = v->run(cli, argc, argv);
    gws_archive_end();
    gws_outputs_destroy(cli->outputs);
    gws_cli_log(GWS_LOG_DEBUG, "exit status %d", status);
    gws_logging_close();
    return status;
}

static int was_interrupted(void)
{
    return gws_interrupted != 0;
}

/* A variable that is set and says nothing that can be done is an error, like an option. */
static gws_status check_environment(const char *isa, const char *memory, const char *model, const gws_cli *cli, gws_err *err)
{
    char names[64];
    gws_isa limit;
    gws_memory m;
    int64_t bytes;

    gws_isa_names(names);
    if (isa && *isa && (!gws_isa_parse(isa, &limit) || !gws_isa_runs(limit)))
        return gws_err_set(err, GWS_EARG, "GWSPIKE_ISA '%.100s': wanted one of %s, which run here", isa, names);
    if (model && strlen(model) >= sizeof cli->default_model)
        return gws_err_set(err, GWS_EARG, "GWSPIKE_MODEL: wanted a path of fewer than %zu characters, found %zu",
                           sizeof cli->default_model, strlen(model));
    if (!memory || !*memory)
        return GWS_OK;
    gws_memory_now(&m);
    if (strlen(memory) >= sizeof cli->memory)
        return gws_err_set(err, GWS_EARG, "GWSPIKE_MEMORY: wanted an amount such as 4G, 500M or 50%%, found %zu characters",
                           strlen(memory));
    if (gws_memory_parse(memory, m.limit_bytes, &bytes, err) != GWS_OK)
        gws_err_prefix(err, "GWSPIKE_MEMORY");
    return *err->text ? GWS_EARG : GWS_OK;
}

static const char *look_up(const char *name)
{
    return getenv(name);
}

/* The one place that reads the environment, but for what fetching asks with `look_up`. */
static gws_status read_environment(gws_cli *cli, gws_err *problem)
{
    const char *model = getenv("GWSPIKE_MODEL"), *isa = getenv("GWSPIKE_ISA");
    const char *memory = getenv("GWSPIKE_MEMORY"), *mlgwsc = getenv("GWSPIKE_MLGWSC"), *config = getenv("XDG_CONFIG_HOME"),
               *home = getenv("HOME");
    const char *external = getenv("GWSPIKE_EXTERNAL");
    gws_isa limit;
    gws_err err;

    const char *user = getenv("USER");
    gws_logging_start(home, user && *user ? user : getenv("LOGNAME"));
    gws_service_init(&cli->service, getenv("NOTIFY_SOCKET"), getenv("WATCHDOG_USEC"), getenv("WATCHDOG_PID"));
    gws_h5_allow_external(external && strcmp(external, "1") == 0);
    if (check_environment(isa, memory, model, cli, problem) != GWS_OK)
        return problem->status;
    snprintf(cli->models[0], sizeof cli->models[0], "%s/models", GWS_DATADIR);
    snprintf(cli->models[1], sizeof cli->models[1], "%s/models", GWS_SOURCEDIR);
    snprintf(cli->configs[0], sizeof cli->configs[0], "%s/configs", GWS_DATADIR);
    snprintf(cli->configs[1], sizeof cli->configs[1], "%s/configs", GWS_SOURCEDIR);
    if (mlgwsc)
        snprintf(cli->mlgwsc[0], sizeof cli->mlgwsc[0], "%s", mlgwsc);
    snprintf(cli->mlgwsc[1], sizeof cli->mlgwsc[1], ".");
    snprintf(cli->mlgwsc[2], sizeof cli->mlgwsc[2], "%s/mlgwsc", GWS_DATADIR);
    const char *server = getenv("GWOSC_SERVER_URL"), *ca = getenv("GWSPIKE_CA_FILE"), *cache = getenv("GWSPIKE_CACHE"),
               *temporary = getenv("TMPDIR");
    cli->environment = look_up;
    snprintf(cli->gwosc, sizeof cli->gwosc, "%s", server ? server : "");
    snprintf(cli->ca_file, sizeof cli->ca_file, "%s", ca ? ca : "");
    if (cache && *cache)
        snprintf(cli->cache, sizeof cli->cache, "%s", cache);
    else
        snprintf(cli->cache, sizeof cli->cache, "%s/gwspike-cache-%lu", temporary && *temporary ? temporary : "/tmp",
                 (unsigned long)getuid());
    if (memory)
        snprintf(cli->memory, sizeof cli->memory, "%s", memory);
    if (config && *config)
        snprintf(cli->machine_path, sizeof cli->machine_path, "%s/gwspike/machine.ini", config);
    else if (home && *home)
        snprintf(cli->machine_path, sizeof cli->machine_path, "%s/.config/gwspike/machine.ini", home);
    if (gws_file_exists(cli->machine_path) && gws_machine_load(cli->machine_path, &cli->machine, &err) != GWS_OK)
        snprintf(cli->warning, sizeof cli->warning, "not used: %s", err.text);
    if (isa && gws_isa_parse(isa, &limit))
        gws_isa_limit(limit);
    if (model && *model)
        snprintf(cli->default_model, sizeof cli->default_model, "%s", model);
    else if (!gws_cli_shipped(cli, GWS_DEFAULT_MODEL, cli->default_model))
        cli->default_model[0] = '\0';
    return GWS_OK;
}

/* A file that is opened must not come to stand where the caller closed a stream: messages would go into it.  What stands there instead is open
 * the wrong way round, so that reading and writing fail as they would have. */
static void fill_closed_streams(void)
{
    for (int fd = 0; fd < 3; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
            return;
}

int main(int argc, char **argv)
{
    static gws_cli cli;
    const char *verb = argc > 1 ? argv[1] : NULL;
    static char help_word[] = "--help";
    const char *program = argc > 0 && strrchr(argv[0], '/') ? strrchr(argv[0], '/') + 1 : argc > 0 ? argv[0] : "";
    const gws_verb *v;
    gws_err err = {0};

    fill_closed_streams();
    gws_h5_prepare();
    gws_h5_own_process();
    gws_interrupt_start();
    gws_h5_stop_when(was_interrupted);
    if (read_environment(&cli, &err) != GWS_OK) {
        fprintf(stderr, "gwspike: %s\n", err.text);
        return 2;
    }
    if (strncmp(program, "ligo-", 5) == 0 && (v = find_verb(program + 5))) /* a link to this program that is named after a verb */
        return run_verb(&cli, v, argc - 1, argv + 1);
    if (!verb) {
        print_verbs(stderr);
        return 2;
    }
    cli.verb = verb;
    if (strcmp(verb, "--version") == 0 || strcmp(verb, "-V") == 0)
        verb = "version";
    if (strcmp(verb, "-h") == 0 || strcmp(verb, "--help") == 0 || strcmp(verb, "help") == 0) {
        if (argc < 3) {
            print_verbs(stdout);
            return gws_cli_done(&cli);
        }
        verb = argv[2];
        argv[2] = help_word;
        argc = 3;
    }
    if ((v = find_verb(verb)))
        return run_verb(&cli, v, argc - 2, argv + 2);
    fprintf(stderr, "gwspike: unknown verb '%s' (gwspike --help lists the verbs)\n", verb);
    return 2;
}
