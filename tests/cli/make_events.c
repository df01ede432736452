/* make_events OUT.hdf NAME,NAME,... [VALUE...] - an HDF5 file of columns, values given row by row: lists of events or injections. */
#include "base/hdf5.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST 8000

int main(int argc, char **argv)
{
    static double column[MOST];
    char *names[8];
    gws_err err = {0};
    int n_names = 0;
    gws_h5 *f = argc > 2 ? gws_h5_create(argv[1], &err) : NULL;

    if (!f)
        goto fail;
    for (char *name = strtok(argv[2], ","); name && n_names < 8; name = strtok(NULL, ","))
        names[n_names++] = name;
    for (int c = 0; c < n_names; c++) {
        int64_t n = 0;
        char path[64];
        for (int i = 3 + c; i < argc && n < MOST; i += n_names)
            column[n++] = strtod(argv[i], NULL);
        snprintf(path, sizeof path, "/%s", names[c]);
        if (gws_h5_write_f64(f, path, 1, &n, column, &err) != GWS_OK)
            goto fail;
    }
    if (gws_h5_commit(f, &err) == GWS_OK)
        return 0;
    f = NULL;
fail:
    gws_h5_close(f);
    fprintf(stderr, "make_events: %s\n", err.text);
    return 1;
}
