/* make_noise FOLDER DATASET SEED OFFSET DURATION GENERATE THREADS [REAL_NOISE] - the noise of a MLGWSC-1 data set, by sim/mlgwsc_noise, as raw
 * doubles on stdout: for each segment, pieces of 1000003 samples of H1 and L1 in turn.  What the referee table `challenge` compares with
 * generate_data.py's files. */
#include "sim/mlgwsc_noise.h"

#include <stdio.h>
#include <stdlib.h>

#define PIECE 1000003 /* straddles chunks */

int main(int argc, char **argv)
{
    gws_err err = {.text = "usage: make_noise FOLDER DATASET SEED OFFSET DURATION GENERATE THREADS [REAL_NOISE]"};
    gws_mlgwsc_noise_params p = gws_mlgwsc_noise_defaults();
    gws_pool *pool = NULL;
    gws_mlgwsc_noise *c = NULL;
    double *x = malloc(sizeof *x * PIECE);
    int n = 0, status = 1;
    if (argc < 8 || !x)
        goto fail;
    p.folder = argv[1];
    p.dataset = atoi(argv[2]);
    p.seed = atoll(argv[3]);
    p.start_offset_s = atoll(argv[4]);
    p.duration_s = atoll(argv[5]);
    p.generate_s = atoi(argv[6]);
    p.real_noise = argc > 8 ? argv[8] : NULL;
    pool = gws_pool_create(atoi(argv[7]), &err);
    c = pool ? gws_mlgwsc_noise_create(&p, &err) : NULL;
    if (!c)
        goto fail;
    gws_mlgwsc_noise_set_pool(c, pool);
    const gws_mlgwsc_noise_segment *s = gws_mlgwsc_noise_segments(c, &n);
    for (int i = 0; i < n; i++) {
        const int64_t end = s[i].end_s * GWS_MLGWSC_RATE_HZ;
        for (int64_t at = s[i].start_s * GWS_MLGWSC_RATE_HZ, k; at < end; at += k) {
            k = end - at < PIECE ? end - at : PIECE;
            for (int ifo = 0; ifo < GWS_MLGWSC_IFOS; ifo++)
                if (gws_mlgwsc_noise_fill(c, ifo, at, k, x, &err) != GWS_OK || fwrite(x, sizeof *x, (size_t)k, stdout) != (size_t)k)
                    goto fail;
        }
    }
    status = 0;
fail:
    if (status)
        fprintf(stderr, "make_noise: %s\n", err.text);
    gws_mlgwsc_noise_destroy(c);
    gws_pool_destroy(pool);
    free(x);
    return status;
}
