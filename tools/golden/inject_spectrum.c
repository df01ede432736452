/* Projected strain with lalsimulation's own spectra: what is left of the difference from PyCBC is the way into time and into the detector.
 *
 * Compiled and run by inject.py --spectrum, with gws_waveform_fd replaced by XLALSimInspiralChooseFDWaveform of the library named in
 * LALSIMULATION.  Reads systems of 13 doubles and tc in ns from standard input; writes for each site begin, n and the strain.
 *
 *   inject_spectrum APPROXIMANT LIKE_LAL RATE_HZ SITE,SITE
 */
#include "gw/project.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int choose_fd(void **, void **, double, double, double, double, double, double, double, double, double, double, double,
                      double, double, double, double, double, double, double, void *, int);

/* The head of LAL's COMPLEX16FrequencySeries: name, epoch, f0, deltaF, units, then the data. */
typedef struct series {
    char name[64];
    int epoch[2];
    double f0, delta_f;
    short units[16];
    struct {
        unsigned length;
        double complex *data;
    } * data;
} series;

gws_status __wrap_gws_waveform_fd(const char *approximant, const gws_binary *b, double delta_f_hz, int64_t n, double complex *hp,
                                  double complex *hc, gws_err *err);

static int like_lal;

gws_status __wrap_gws_waveform_fd(const char *approximant, const gws_binary *b, double delta_f_hz, int64_t n, double complex *hp,
                                  double complex *hc, gws_err *err)
{
    void *lib = dlopen(getenv("LALSIMULATION"), RTLD_NOW | RTLD_GLOBAL), *out[2] = {NULL, NULL};
    choose_fd *choose = NULL;
    int (*number)(const char *) = NULL;
    void *(*dict)(void) = NULL;
    if (lib) {
        *(void **)&choose = dlsym(lib, "XLALSimInspiralChooseFDWaveform");
        *(void **)&number = dlsym(lib, "XLALSimInspiralGetApproximantFromString");
        *(void **)&dict = dlsym(lib, "XLALCreateDict");
    }
    if (!choose || !number || !dict)
        return gws_err_set(err, GWS_EIO, "no lalsimulation in LALSIMULATION");
    double msun = 1.9884098706980507e30, mpc = 3.085677581491367e22, f_max = like_lal ? (double)(n - 1) * delta_f_hz : 0;
    if (choose(&out[0], &out[1], b->mass1_msun * msun, b->mass2_msun * msun, b->spin1[0], b->spin1[1], b->spin1[2], b->spin2[0],
               b->spin2[1], b->spin2[2], b->distance_mpc * mpc, b->incl_rad, b->coa_phase_rad, 0, 0, 0, delta_f_hz, b->f_lower_hz,
               f_max, b->f_ref_hz, dict(), number(approximant)) != 0)
        return gws_err_set(err, GWS_EARG, "lalsimulation refused");
    for (int k = 0; k < 2; k++) {
        const series *s = out[k];
        double complex *to = k ? hc : hp;
        memset(to, 0, (size_t)n * sizeof *to);
        memcpy(to, s->data->data, ((int64_t)s->data->length < n ? s->data->length : (size_t)n) * sizeof *to);
    }
    return GWS_OK;
}

int main(int argc, char **argv)
{
    struct {
        double v[13];
        int64_t tc_ns;
    } row;
    if (argc != 5)
        return 2;
    like_lal = atoi(argv[2]);
    while (fread(&row, sizeof row, 1, stdin) == 1) {
        const double *v = row.v;
        gws_source s = {.binary = {.mass1_msun = v[0],
                                   .mass2_msun = v[1],
                                   .spin1 = {0, 0, v[2]},
                                   .spin2 = {0, 0, v[3]},
                                   .distance_mpc = v[4],
                                   .incl_rad = v[5],
                                   .coa_phase_rad = v[6],
                                   .f_lower_hz = v[7],
                                   .f_ref_hz = v[8]},
                        .ra_rad = v[9],
                        .dec_rad = v[10],
                        .psi_rad = v[11],
                        .tc_ns = row.tc_ns};
        gws_wave g;
        gws_err err = {0};
        if (gws_wave_init(&g, argv[1], &s, atoi(argv[3]), like_lal ? GWS_LIKE_LAL : GWS_LIKE_PYCBC, (int)v[12], &err) != GWS_OK) {
            fprintf(stderr, "%s\n", err.text);
            return 1;
        }
        char sites[64];
        snprintf(sites, sizeof sites, "%s", argv[4]);
        for (char *ifo = strtok(sites, ","); ifo; ifo = strtok(NULL, ",")) {
            int64_t span[2];
            gws_project_span(&g, gws_site_find(ifo), &span[0], &span[1]);
            double *h = malloc((size_t)span[1] * sizeof *h);
            if (!h)
                return 1;
            gws_project(&g, gws_site_find(ifo), span[0], span[1], h);
            fwrite(span, sizeof span, 1, stdout);
            fwrite(h, sizeof *h, (size_t)span[1], stdout);
            free(h);
        }
        gws_wave_clear(&g);
    }
    return 0;
}
