/* read.c - what an input holds, second by second: read INPUT...  An input is a file, or sim:mlgwsc=1,duration=60,part=fg,data=FOLDER. */
#include <gwspike.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Root mean square of the samples that are there. */
static double rms(const double *h, int n, int *missing)
{
    double sum = 0;

    *missing = 0;
    for (int i = 0; i < n; i++)
        if (isfinite(h[i]))
            sum += h[i] * h[i];
        else
            ++*missing;
    return *missing < n ? sqrt(sum / (n - *missing)) : 0;
}

static gws_status show(gws_input *in, const gws_input_info *info, gws_err *err)
{
    double begin_s, end_s, *h = malloc(sizeof *h * (size_t)info->rate_hz);
    gws_status status = h ? GWS_OK : GWS_ENOMEM;
    int missing;

    printf("%s: %d Hz, %zu stretches from GPS %.3f to %.3f\n", info->detector, info->rate_hz, info->n_spans, info->begin_s,
           info->end_s);
    for (size_t k = 0; k < info->n_spans && status == GWS_OK; k++) {
        status = gws_input_span(in, info->detector, k, &begin_s, &end_s, err);
        for (double t = begin_s; t + 1 <= end_s && status == GWS_OK; t++) {
            status = gws_input_read(in, info->detector, t, h, (size_t)info->rate_hz, err);
            if (status == GWS_OK) {
                const double level = rms(h, info->rate_hz, &missing);
                printf("  GPS %.3f  rms %.2e  %d missing\n", t, level, missing);
            }
        }
    }
    free(h);
    return status;
}

int main(int argc, char **argv)
{
    gws_err err = {GWS_OK, ""};
    gws_input *in = gws_input_open((const char *const *)argv + 1, (size_t)(argc - 1), 0, NULL, &err);
    gws_status status = in ? GWS_OK : err.status;

    for (size_t i = 0; i < gws_input_detectors(in) && status == GWS_OK; i++) {
        gws_input_info info = {.struct_size = sizeof info};
        status = gws_input_get_info(in, i, &info, &err);
        if (status == GWS_OK)
            status = show(in, &info, &err);
    }
    if (status != GWS_OK)
        fprintf(stderr, "read: %s\n", err.text);
    gws_input_destroy(in);
    return status != GWS_OK;
}
