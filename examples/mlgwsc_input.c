/* mlgwsc_input.c - two minutes of an MLGWSC-1 data set that no file holds, foreground less background: virtual FOLDER, which has the
 * challenge's segments.csv. */
#include "sim/mlgwsc_input.h"
#include "strain/strain.h"

#include <math.h>
#include <stdio.h>

#define RATE_HZ GWS_MLGWSC_RATE_HZ

static gws_strain_set *open_part(const char *folder, const char *part, gws_err *err)
{
    char name[1000];
    const char *input = name;
    const gws_strain_use use = {.formats = gws_sim_formats};

    snprintf(name, sizeof name, "sim:mlgwsc=1,seed=1,duration=120,part=%s,data=%s", part, folder);
    return gws_strain_open_use(&input, 1, &use, err);
}

int main(int argc, char **argv)
{
    static double fg[RATE_HZ], bg[RATE_HZ];
    gws_err err = {0};
    gws_strain_set *foreground = NULL, *background = NULL;
    gws_strain_info info;
    int status = 1;

    if (argc != 2) {
        fprintf(stderr, "usage: virtual FOLDER\n");
        return 2;
    }
    if (!(foreground = open_part(argv[1], "fg", &err)) || !(background = open_part(argv[1], "bg", &err)))
        goto fail;
    gws_strain_describe(foreground, 0, &info);
    for (int64_t at = info.spans[0].begin; at < info.spans[0].end; at += RATE_HZ) {
        double peak = 0, sum = 0;
        if (gws_strain_read(foreground, 0, at, at + RATE_HZ, fg, &err) != GWS_OK ||
            gws_strain_read(background, 0, at, at + RATE_HZ, bg, &err) != GWS_OK)
            goto fail;
        for (int i = 0; i < RATE_HZ; i++) {
            peak = fmax(peak, fabs(fg[i] - bg[i]));
            sum += bg[i] * bg[i];
        }
        printf("GPS %.0f  %s  noise %.1e rms  signal %.1e peak\n", (double)at / RATE_HZ, info.ifo, sqrt(sum / RATE_HZ), peak);
    }
    status = 0;
fail:
    if (status)
        fprintf(stderr, "virtual: %s\n", err.text);
    gws_strain_destroy(foreground);
    gws_strain_destroy(background);
    return status;
}
