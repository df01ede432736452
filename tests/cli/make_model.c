/* make_model OUT.hdf [future | uncalibrated | LO HI] - a small model with random weights and a made-up calibration, for the tests of the
 * command line: 1000 background triggers in a day, of statistic LO to HI (-0.998 to 1).
 * With "future" the file claims a format version that this program does not know. */
#include "model/checkpoint.h"

#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char recipe[] =
    "[model]\ndetectors = H1,L1\nrate_hz = 2048\nchannels = 8,8,16,16\nkernels = 16,8,8,4\nstrides = 4,2,2,2\n"
    "lif = 16,8\nhorizons = 4\n[search]\nwindow_s = 0.2\n";

int main(int argc, char **argv)
{
    gws_checkpoint c;
    gws_err err = {0};

    if (argc < 2 || gws_checkpoint_init(&c, recipe, 1, GWS_TO_RUN, &err) != GWS_OK) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    c.phase = -1;
    const double lo = argc > 3 ? atof(argv[2]) : -0.998, hi = argc > 3 ? atof(argv[3]) : 1;
    for (int k = 0; k < 2 && !(argc > 2 && strcmp(argv[2], "uncalibrated") == 0); k++) {
        c.cal[k].n = 1000;
        c.cal[k].stat = malloc(sizeof(float) * 1000);
        if (!c.cal[k].stat)
            return 1;
        for (int i = 0; i < 1000; i++)
            c.cal[k].stat[i] = (float)(hi - (hi - lo) / 999 * i);
        c.cal[k].livetime_s = 86400;
        c.cal[k].offset_s = 0.1;
        c.cal[k].threshold = 0;
    }
    if (gws_checkpoint_save(&c, argv[1], "make_model", 1, &err) != GWS_OK) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    gws_checkpoint_clear(&c);
    if (argc > 2 && strcmp(argv[2], "future") == 0) {
        const int64_t version = 99;
        hid_t f = H5Fopen(argv[1], H5F_ACC_RDWR, H5P_DEFAULT), a = H5Aopen(f, "format_version", H5P_DEFAULT);
        if (a < 0 || H5Awrite(a, H5T_NATIVE_INT64, &version) < 0 || H5Aclose(a) < 0 || H5Fclose(f) < 0)
            return 1;
    }
    return 0;
}
