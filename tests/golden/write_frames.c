/* write_frames OUT.gwf LEVEL - three frames of our writer, for the referee to read with LALFrame and gwpy (tools/golden/gwf.py --ours). */
#include "gwf/writer.h"

#include <stdio.h>
#include <stdlib.h>

#define FRAMES 3
#define SECONDS 4
#define RATE 4096
#define N (SECONDS * RATE)

int main(int argc, char **argv)
{
    static double h[N];
    static float l[N];
    static uint32_t state[SECONDS];
    gws_err err = {0};
    gws_gwf_writer *w = argc == 3 ? gws_gwf_writer_create(argv[1], "REFEREE", atoi(argv[2]), &err) : NULL;
    gws_status status = w ? GWS_OK : GWS_EARG;
    for (int k = 0; k < FRAMES && status == GWS_OK; k++) {
        for (int i = 0; i < N; i++) {
            h[i] = 1e-21 * (i % 977 - 300 + k);
            l[i] = (float)(1e-21 * (i % 77 + k));
        }
        for (int i = 0; i < SECONDS; i++)
            state[i] = (uint32_t)(i + k);
        const gws_gwf_channel_data c[] = {{"H1:TEST-STRAIN", "strain", GWS_GWF_F8, h, N, 1.0 / RATE, 0},
                                          {"L1:TEST-STRAIN", "strain", GWS_GWF_F4, l, N, 1.0 / RATE, 0},
                                          {"H1:TEST-STATE", "", GWS_GWF_U4, state, SECONDS, 1, 0}};
        status = gws_gwf_writer_frame(w, INT64_C(1000000000) * (1126259446 + SECONDS * k), SECONDS, c, 3, &err);
    }
    if (status == GWS_OK)
        status = gws_gwf_writer_commit(w, &err);
    else
        gws_gwf_writer_destroy(w);
    if (status != GWS_OK)
        fprintf(stderr, "write_frames: %s\n", err.text);
    return status != GWS_OK;
}
