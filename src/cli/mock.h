/* mock.h - `simulate --mlgwsc`: a data set of MLGWSC-1 as files. */
#ifndef GWS_CLI_MOCK_H
#define GWS_CLI_MOCK_H

#include "cli/cli.h"
#include "gw/mock.h"

typedef struct gws_mock_files {
    const char *foreground, *background, *injections; /* NULL: not wanted */
} gws_mock_files;

/* Make the data set and write the files that are wanted, in the layout and with the root attributes of the challenge's generator.  Nothing
 * is left when one of them fails. */
gws_status gws_mock_write(gws_cli *cli, const gws_mock_params *params, const gws_mock_files *files, gws_pool *pool, gws_err *err);

#endif
