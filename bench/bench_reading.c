/* bench_reading.c - strain read from files, from the first sample to the last as a search reads it: what reading costs.
 *
 *   bench_reading [--rounds N] FILE...
 *
 * The files are opened as one set, and each detector is read in chunks of 64 s; the fastest of N rounds (3), each with an opening of its
 * own, is printed as one JSON object.  A file of HDF5 is read by a process of its own, so time is that of the clock.  bench/peers/reading.py puts h5py, gwpy
 * and LALFrame beside it.
 */
#include "base/json.h"
#include "base/number.h"
#include "base/progress.h"
#include "strain/strain.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_S 64

/* Everything once; the sum is printed so that nothing is left out unseen. */
static gws_status run(const char *const *files, int n, int64_t *samples, double *sum2, gws_err *err)
{
    gws_strain_set *set = gws_strain_open(files, n, err);
    gws_status status = set ? GWS_OK : err->status;
    *samples = 0;
    *sum2 = 0;
    for (int k = 0; status == GWS_OK && k < gws_strain_ifos(set); k++) {
        gws_strain_info info;
        gws_strain_describe(set, k, &info);
        const int64_t chunk = (int64_t)CHUNK_S * info.rate_hz;
        double *h = malloc((size_t)chunk * sizeof *h);
        if (!h)
            status = gws_err_set(err, GWS_ENOMEM, "no memory for %d s of strain", CHUNK_S);
        for (int i = 0; i < info.n_spans && status == GWS_OK; i++)
            for (int64_t at = info.spans[i].begin, end; at < info.spans[i].end && status == GWS_OK; at = end) {
                end = at + chunk < info.spans[i].end ? at + chunk : info.spans[i].end;
                status = gws_strain_read(set, k, at, end, h, err);
                *samples += end - at;
                *sum2 += status == GWS_OK && isfinite(h[0]) ? h[0] * h[0] : 0;
            }
        free(h);
    }
    gws_strain_destroy(set);
    return status;
}

int main(int argc, char **argv)
{
    double rounds = 3, best_s = INFINITY, sum2 = 0;
    int first = 1;
    int64_t samples = 0;
    gws_err err = {0};
    if (argc > 2 && strcmp(argv[1], "--rounds") == 0) {
        if (!gws_number_parse(argv[2], &rounds) || rounds < 1)
            return 2;
        first = 3;
    }
    if (first >= argc) {
        fprintf(stderr, "usage: bench_reading [--rounds N] FILE...\n");
        return 2;
    }
    for (int i = 0; i < (int)rounds; i++) {
        const double t0_s = gws_now_s();
        if (run((const char *const *)argv + first, argc - first, &samples, &sum2, &err) != GWS_OK) {
            fprintf(stderr, "bench_reading: %s\n", err.text);
            return 1;
        }
        best_s = fmin(best_s, gws_now_s() - t0_s);
    }
    gws_json *j = gws_json_object();
    gws_json_put_string(j, "name", "reading");
    gws_json_put_i64(j, "samples", samples);
    gws_json_put_f64(j, "min_ms", 1e3 * best_s);
    gws_json_put_f64(j, "sum2", sum2);
    return gws_json_print(j, stdout) == 0 ? 0 : 1;
}
