/* mlgwsc_files.h - a data set of MLGWSC-1 as files, as the challenge's generator leaves them. */
#ifndef GWS_SIM_MLGWSC_FILES_H
#define GWS_SIM_MLGWSC_FILES_H

#include "sim/mlgwsc_set.h"
#include "sim/writer.h"

typedef struct gws_mlgwsc_files {
    const char *foreground, *background, *injections; /* NULL: not wanted */
} gws_mlgwsc_files;

typedef struct gws_mlgwsc_written {
    double seconds;
    int n_segments; /* the same of both detectors */
} gws_mlgwsc_written;

/* Make the data set and write the files that are wanted, in the layout and with the root attributes of the challenge's generator.  Nothing
 * is left when one of them fails.
 *   out   zero on failure */
gws_status gws_mlgwsc_set_write(const gws_mlgwsc_set_params *params, const gws_mlgwsc_files *files, const gws_sim_how *how,
                                gws_mlgwsc_written *out, gws_err *err);

#endif
