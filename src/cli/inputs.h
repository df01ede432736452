/* inputs.h - the strain that the words of a command line name, opened. */
#ifndef GWS_CLI_INPUTS_H
#define GWS_CLI_INPUTS_H

#include "cli/cli.h"

/* The detectors that a model searches: of an event, the files of no others are fetched. */
void gws_cli_want(gws_cli *cli, const char (*ifos)[4], int n);

/* The files that inputs stand for: lists expanded, what is fetched fetched.  gws_inputs_free (strain/inputs.h) frees them. */
gws_status gws_cli_inputs(const gws_cli *cli, char *const *inputs, int n, char ***out, int *n_out, gws_err *err);

/* Open strain inputs: files, folders, lists (strain/inputs.h), what is fetched (cli/archive.h) and virtual ones, which the pool's threads will make (NULL: the caller's alone).  use: NULL is the default. */
gws_strain_set *gws_cli_strain(const gws_cli *cli, char *const *inputs, int n, const gws_strain_use *use, gws_pool *pool,
                               gws_err *err);

#endif
