/* bench_simulate.c - a data set of MLGWSC-1 made and thrown away: what a search that reads a virtual input pays for it.
 *
 *   bench_simulate [--json] --data FOLDER [--set N] [--seed K] [--duration S] [--threads N] [--noise FILE]
 *
 * FOLDER holds the challenge's segments.csv and psds/.  Both parts are read from beginning to end as a search reads them, in chunks of 64 s
 * of both detectors: first the background, then the foreground, each as a virtual input of its own that shares nothing with the other.  30 days, seed 0, one
 * thread per processor unless said otherwise.  The sums of squares are printed so that nothing is left out unseen.
 */
#include "base/progress.h"
#include "base/memory.h"
#include "base/thread.h"
#include "sim/mlgwsc_input.h"
#include "strain/strain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_S 64

typedef struct part {
    double seconds, live_s, sum2[2];
} part;

static gws_status run(const char *spec, gws_pool *pool, part *out, gws_err *err)
{
    const gws_strain_use use = {.formats = gws_sim_formats};
    gws_strain_info info;
    double *h = NULL;
    double t0_s = gws_now_s();
    gws_status st = GWS_OK;
    gws_strain_set *set = gws_strain_open_use(&spec, 1, &use, err);
    *out = (part){0};
    if (!set)
        return err->status;
    gws_strain_set_pool(set, pool);
    gws_strain_describe(set, 0, &info);
    const int64_t chunk = (int64_t)CHUNK_S * info.rate_hz;
    if (!(h = malloc(sizeof *h * (size_t)chunk)))
        st = gws_err_set(err, GWS_ENOMEM, "no memory for %d s of strain", CHUNK_S);
    for (int i = 0; i < info.n_spans && st == GWS_OK; i++)
        for (int64_t at = info.spans[i].begin; at < info.spans[i].end && st == GWS_OK; at += chunk) {
            const int64_t end = at + chunk < info.spans[i].end ? at + chunk : info.spans[i].end;
            for (int d = 0; d < gws_strain_ifos(set) && st == GWS_OK; d++) {
                st = gws_strain_read(set, d, at, end, h, err);
                for (int64_t k = 0; k < end - at && st == GWS_OK; k++)
                    out->sum2[d] += h[k] * h[k];
            }
            out->live_s += (double)(end - at) / info.rate_hz;
        }
    out->seconds = gws_now_s() - t0_s;
    free(h);
    gws_strain_destroy(set);
    return st;
}

int main(int argc, char **argv)
{
    static const char *const names[2] = {"bg", "fg"};
    const char *data = NULL, *set = "1", *seed = "0", *duration = "2592000", *threads = "0", *noise = NULL;
    const struct {
        const char *name;
        const char **value;
    } options[] = {{"--data", &data},         {"--set", &set},         {"--seed", &seed},
                   {"--duration", &duration}, {"--threads", &threads}, {"--noise", &noise}};
    int json = 0;
    gws_err err = {0};
    for (int i = 1; i < argc; i++) {
        size_t k = 0;
        if (strcmp(argv[i], "--json") == 0) {
            json = 1;
            continue;
        }
        while (k < sizeof options / sizeof options[0] && strcmp(argv[i], options[k].name) != 0)
            k++;
        if (k == sizeof options / sizeof options[0] || i + 1 == argc) {
            fprintf(
                stderr,
                "usage: bench_simulate [--json] --data FOLDER [--set N] [--seed K] [--duration S] [--threads N] [--noise FILE]\n");
            return 2;
        }
        *options[k].value = argv[++i];
    }
    if (!data) {
        fprintf(stderr, "bench_simulate: wants --data FOLDER\n");
        return 2;
    }
    gws_pool *pool = gws_pool_create(atoi(threads), &err);
    for (int i = 0; pool && i < 2; i++) {
        char spec[2000];
        part p;
        gws_memory now;
        snprintf(spec, sizeof spec, "sim:mlgwsc=%s,seed=%s,duration=%s,part=%s,data=%s%s%s", set, seed, duration, names[i], data,
                 noise ? ",noise=" : "", noise ? noise : "");
        if (run(spec, pool, &p, &err) != GWS_OK)
            break;
        gws_memory_now(&now);
        if (json)
            printf("{\"name\": \"simulate_%s\", \"set\": %s, \"seconds\": %.3f, \"live_s\": %.0f, \"realtime_factor\": %.1f, "
                   "\"threads\": %d, \"resident_gb\": %.3f, \"sum2\": [%.17g, %.17g]}\n",
                   names[i], set, p.seconds, p.live_s, p.live_s / p.seconds, gws_pool_threads(pool),
                   (double)now.resident_bytes * 1e-9, p.sum2[0], p.sum2[1]);
        else
            printf("%s of set %s: %.0f s of H1 and L1 in %.1f s, %.0f times real time, %d threads, %.2f GB; sums of squares %.6g "
                   "%.6g\n",
                   names[i], set, p.live_s, p.seconds, p.live_s / p.seconds, gws_pool_threads(pool),
                   (double)now.resident_bytes * 1e-9, p.sum2[0], p.sum2[1]);
        fflush(stdout);
    }
    gws_pool_destroy(pool);
    if (err.status == GWS_OK)
        return 0;
    fprintf(stderr, "bench_simulate: %s\n", err.text);
    return 1;
}
