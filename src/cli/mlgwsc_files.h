/* mlgwsc_files.h - `simulate --mlgwsc`: a data set of MLGWSC-1 as files. */
#ifndef GWS_CLI_MLGWSC_FILES_H
#define GWS_CLI_MLGWSC_FILES_H

#include "cli/cli.h"
#include "sim/mlgwsc_set.h"

typedef struct gws_mlgwsc_files {
    const char *foreground, *background, *injections; /* NULL: not wanted */
} gws_mlgwsc_files;

/* Make the data set and write the files that are wanted, in the layout and with the root attributes of the challenge's generator.  Nothing
 * is left when one of them fails. */
gws_status gws_mlgwsc_set_write(gws_cli *cli, const gws_mlgwsc_set_params *params, const gws_mlgwsc_files *files, gws_pool *pool,
                                gws_err *err);

#endif
