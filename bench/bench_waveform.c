/* bench_waveform.c - how many frequency-domain waveforms a second: every family, 20..1024 Hz in steps of 1/16 Hz.
 *
 *   bench_waveform [--json] [--seconds S] [--only NAME]
 *
 * One thread.  Every number is the best of several rounds of S seconds (0.2) of that thread's own processor time.
 * bench/peers/waveforms.py puts LALSimulation beside it.
 */
#include "base/json.h"
#include "base/progress.h"
#include "gw/waveform/waveform.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 5
#define DELTA_F (1.0 / 16)
#define N_BINS (1024 * 16 + 1)

int main(int argc, char **argv)
{
    static const struct {
        double m1, m2;
    } systems[] = {{36, 29}, {10, 8}, {1.4, 1.3}};
    static double complex hp[N_BINS], hc[N_BINS];
    const char *only = NULL;
    double seconds = 0.2;
    int json = 0;

    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            json = 1;
        } else if (strcmp(argv[i], "--seconds") == 0 && i + 1 < argc) {
            seconds = atof(argv[++i]);
        } else if (strcmp(argv[i], "--only") == 0 && i + 1 < argc) {
            only = argv[++i];
        } else {
            fprintf(stderr, "usage: bench_waveform [--json] [--seconds S] [--only NAME]\n");
            return 2;
        }
    }
    const char *name;
    for (int a = 0; (name = gws_approximant_name(a)) != NULL; a++) {
        if (only && strcmp(only, name) != 0)
            continue;
        for (size_t s = 0; s < sizeof systems / sizeof systems[0]; s++) {
            gws_binary b = {.mass1_msun = systems[s].m1,
                            .mass2_msun = systems[s].m2,
                            .spin1 = {0, 0, 0.3},
                            .spin2 = {0, 0, -0.2},
                            .distance_mpc = 400,
                            .incl_rad = 0.7,
                            .coa_phase_rad = 1.1,
                            .f_lower_hz = 20,
                            .f_ref_hz = 20};
            double best = INFINITY;
            for (int r = 0; r < ROUNDS; r++) {
                int64_t calls = 0;
                double begin = gws_cpu_s(), took;
                do {
                    b.spin1[2] = 0.3 + 1e-6 * (double)calls; /* never the same twice */
                    gws_err err;
                    if (gws_waveform_fd(name, &b, DELTA_F, N_BINS, hp, hc, &err) != GWS_OK) {
                        fprintf(stderr, "bench_waveform: %s\n", err.text);
                        return 1;
                    }
                    calls++;
                    took = gws_cpu_s() - begin;
                } while (took < seconds);
                best = fmin(best, took / (double)calls);
            }
            if (json) {
                gws_json *j = gws_json_object();
                gws_json_put_string(j, "name", name);
                gws_json_put_f64(j, "mass1", b.mass1_msun);
                gws_json_put_f64(j, "mass2", b.mass2_msun);
                gws_json_put_f64(j, "per_second", 1 / best);
                gws_json_print(j, stdout);
            } else {
                printf("%-16s %5.1f + %-5.1f Msun  %10.0f waveforms/s\n", name, b.mass1_msun, b.mass2_msun, 1 / best);
            }
            fflush(stdout);
        }
    }
    return 0;
}
