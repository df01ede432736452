/* simulate.c - ten minutes of noise with signals, as files and as a list: simulate STRAIN.hdf SIGNALS.hdf */
#include <gwspike.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    const gws_simulation_params params = {
        .struct_size = sizeof params, .detectors = "H1,L1,V1", .duration_s = 600, .seed = 7, .snr_min = 8, .snr_max = 30};
    gws_err err = {GWS_OK, ""};
    gws_status status;
    gws_simulation *s = NULL;

    if (argc != 3) {
        fprintf(stderr, "usage: simulate STRAIN.hdf SIGNALS.hdf\n");
        return 2;
    }
    status = gws_simulation_write(&params, argv[1], argv[2], NULL, &err);
    if (status == GWS_OK && !(s = gws_simulation_create(&params, &err)))
        status = err.status;
    for (size_t i = 0; i < gws_simulation_signals(s) && status == GWS_OK; i++) {
        gws_simulation_signal k = {.struct_size = sizeof k};
        status = gws_simulation_get_signal(s, i, &k, &err);
        printf("GPS %.3f  %.1f and %.1f solar masses  %.0f Mpc  SNR %.1f\n", (double)k.time_ns / 1e9, k.mass1_msun, k.mass2_msun,
               k.distance_mpc, k.snr);
    }
    if (status != GWS_OK)
        fprintf(stderr, "simulate: %s\n", err.text);
    gws_simulation_destroy(s);
    return status != GWS_OK;
}
