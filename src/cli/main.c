#include "base/cpu.h"
#include "base/file.h"
#include "cli/cli.h"
#include "cli/interrupt.h"
#include "gws_config.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A verb is one row here, one declaration in cli.h and one file cmd_<verb>.c. */
static const struct verb {
    const char *name;
    gws_cmd_fn run;
    const char *summary;
} verbs[] = {
    {"detect", gws_cmd_detect, "strain files to triggers: the main job"},
    {"demo", gws_cmd_demo, "simulate a few minutes with known signals, search them, show what was found"},
    {"simulate", gws_cmd_simulate, "noise, injections and whole data sets, to HDF5"},
    {"train", gws_cmd_train, "a recipe to a model: pretraining, classifier, joint fine-tuning, calibration"},
    {"psd", gws_cmd_psd, "power spectral density of strain"},
    {"condition", gws_cmd_condition, "strain to whitened strain"},
    {"waveform", gws_cmd_waveform, "one gravitational waveform, frequency domain"},
    {"inspect", gws_cmd_inspect, "say what a file is"},
    {"selfcheck", gws_cmd_selfcheck, "run the whole line once on made data"},
    {"version", gws_cmd_version, "version; -v: build, processor, libraries, memory"},
};

#define N_VERBS (int)(sizeof verbs / sizeof verbs[0])

static void print_verbs(FILE *out)
{
    fprintf(out, "usage: gwspike VERB [options] inputs...\n\nverbs:\n");
    for (int i = 0; i < N_VERBS; i++)
        fprintf(out, "  %-12s%s\n", verbs[i].name, verbs[i].summary);
    fprintf(out, "\n`gwspike VERB --help` explains a verb.  Exit status: 0 done, 1 failed, 2 misused.\n");
}

static void on_interrupt(int signal_number)
{
    (void)signal_number;
    gws_interrupted = 1;
}

/* The one place that reads the environment. */
static void read_environment(gws_cli *cli)
{
    static const char *const trees[] = {GWS_DATADIR "/models/default.hdf", GWS_SOURCEDIR "/models/default.hdf"};
    const char *model = getenv("GWSPIKE_MODEL"), *isa = getenv("GWSPIKE_ISA");
    gws_isa limit;

    if (isa && gws_isa_parse(isa, &limit))
        gws_isa_limit(limit);
    if (model && *model) {
        snprintf(cli->default_model, sizeof cli->default_model, "%s", model);
        return;
    }
    snprintf(cli->model_places, sizeof cli->model_places, "%s nor at %s", trees[0], trees[1]);
    for (int i = 0; i < 2 && !cli->default_model[0]; i++)
        if (gws_file_exists(trees[i]))
            snprintf(cli->default_model, sizeof cli->default_model, "%s", trees[i]);
}

int main(int argc, char **argv)
{
    static gws_cli cli;
    struct sigaction action = {.sa_handler = on_interrupt, .sa_flags = SA_RESETHAND};
    const char *verb = argc > 1 ? argv[1] : NULL;
    static char help_word[] = "--help";

    /* Once is a request to stop cleanly, twice ends the program. */
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    read_environment(&cli);
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
    for (int i = 0; i < N_VERBS; i++) {
        if (strcmp(verbs[i].name, verb) == 0) {
            cli.verb = verbs[i].name;
            cli.summary = verbs[i].summary;
            return verbs[i].run(&cli, argc - 2, argv + 2);
        }
    }
    fprintf(stderr, "gwspike: unknown verb '%s' (gwspike --help lists the verbs)\n", verb);
    return 2;
}
