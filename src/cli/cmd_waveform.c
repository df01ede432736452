/* gwspike waveform - one gravitational waveform in the frequency domain. */
#include "base/hdf5.h"
#include "cli/opts.h"
#include "gw/waveform/waveform.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static gws_status save(const char *path, const char *command, const char *approximant, const gws_binary *b, double delta_f_hz,
                       int64_t n, const double complex *hp, const double complex *hc, gws_err *err)
{
    const int64_t shape[1] = {n};
    const struct {
        const char *name;
        double value;
    } numbers[] = {
        {"delta_f", delta_f_hz},      {"mass1", b->mass1_msun},        {"mass2", b->mass2_msun},   {"distance", b->distance_mpc},
        {"inclination", b->incl_rad}, {"coa_phase", b->coa_phase_rad}, {"f_lower", b->f_lower_hz}, {"f_ref", b->f_ref_hz},
        {"spin1x", b->spin1[0]},      {"spin1y", b->spin1[1]},         {"spin1z", b->spin1[2]},    {"spin2x", b->spin2[0]},
        {"spin2y", b->spin2[1]},      {"spin2z", b->spin2[2]},
    };
    gws_h5 *f = gws_h5_create(path, err);
    gws_status st;

    if (!f)
        return err->status;
    st = gws_h5_write_c128(f, "/hplus", 1, shape, (const double *)hp, err);
    if (st == GWS_OK)
        st = gws_h5_write_c128(f, "/hcross", 1, shape, (const double *)hc, err);
    if (st == GWS_OK)
        st = gws_h5_put_attr_f64(f, "/hplus", "delta_f", delta_f_hz, err);
    if (st == GWS_OK)
        st = gws_h5_put_attr_f64(f, "/hcross", "delta_f", delta_f_hz, err);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0] && st == GWS_OK; i++)
        st = gws_h5_put_attr_f64(f, "/", numbers[i].name, numbers[i].value, err);
    if (st == GWS_OK)
        st = gws_h5_put_attr_string(f, "/", "approximant", approximant, err);
    if (st == GWS_OK)
        st = gws_h5_provenance(f, command, -1, NULL, err);
    if (st != GWS_OK) {
        gws_h5_close(f);
        return st;
    }
    return gws_h5_commit(f, err);
}

int gws_cmd_waveform(gws_cli *cli, int argc, char **argv)
{
    const char *approximant = NULL, *out_path = NULL;
    double none = (double)NAN, delta_f_hz = none, f_final_hz = none;
    gws_binary b = {.mass1_msun = none, .mass2_msun = none, .distance_mpc = 1, .f_lower_hz = none};
    const gws_opt options[] = {
        GWS_OPT_OUTPUT(&out_path, "HDF5: complex128 hplus, hcross; attribute delta_f (needed)"),
        {0, "approximant", GWS_OPT_STRING, &approximant, "NAME", "waveform family, by LAL's name (needed)", 0},
        {0, "mass1", GWS_OPT_DOUBLE, &b.mass1_msun, "M", "solar masses, detector frame (needed)", 0},
        {0, "mass2", GWS_OPT_DOUBLE, &b.mass2_msun, "M", "solar masses, detector frame (needed)", 0},
        {0, "spin1x", GWS_OPT_DOUBLE, &b.spin1[0], "X", "dimensionless spins (default 0)", 0},
        {0, "spin1y", GWS_OPT_DOUBLE, &b.spin1[1], "X", "", 0},
        {0, "spin1z", GWS_OPT_DOUBLE, &b.spin1[2], "X", "", 0},
        {0, "spin2x", GWS_OPT_DOUBLE, &b.spin2[0], "X", "", 0},
        {0, "spin2y", GWS_OPT_DOUBLE, &b.spin2[1], "X", "", 0},
        {0, "spin2z", GWS_OPT_DOUBLE, &b.spin2[2], "X", "", 0},
        {0, "distance", GWS_OPT_DOUBLE, &b.distance_mpc, "MPC", "luminosity distance (default 1)", 0},
        {0, "inclination", GWS_OPT_DOUBLE, &b.incl_rad, "RAD", "(default 0)", 0},
        {0, "coa-phase", GWS_OPT_DOUBLE, &b.coa_phase_rad, "RAD", "phase at f-ref (default 0)", 0},
        {0, "f-lower", GWS_OPT_DOUBLE, &b.f_lower_hz, "HZ", "starting frequency (needed)", 0},
        {0, "f-ref", GWS_OPT_DOUBLE, &b.f_ref_hz, "HZ", "reference frequency (default: f-lower)", 0},
        {0, "delta-f", GWS_OPT_DOUBLE, &delta_f_hz, "HZ", "frequency step (needed)", 0},
        {0, "f-final", GWS_OPT_DOUBLE, &f_final_hz, "HZ", "last frequency (needed)", 0},
    };
    const gws_opts opts = {
        .usage = "--approximant NAME --mass1 M --mass2 M [--spin1x..spin2z X] [--distance MPC]\n"
                 "    [--inclination RAD] [--coa-phase RAD] --f-lower HZ [--f-ref HZ]\n"
                 "    --delta-f HZ --f-final HZ -o WF.hdf",
        .about = "Plus and cross polarisation at 0, delta-f, ... f-final, strain/Hz, with LAL's conventions.",
        .examples = "gwspike waveform --approximant IMRPhenomD --mass1 36 --mass2 29 --spin1z 0.3 --distance 410 \\\n"
                    "    --f-lower 20 --delta-f 0.125 --f-final 1024 -o wf.hdf",
        .options = options,
        .n_options = (int)(sizeof options / sizeof options[0]),
        .max_inputs = 0,
    };
    gws_err err = {0};
    double complex *hp = NULL, *hc = NULL;
    int64_t n;
    int status = 1, parsed = gws_opts_parse(cli, &opts, argc, argv, NULL, NULL);

    if (parsed != GWS_OPTS_RUN)
        return parsed;
    const struct {
        const char *name;
        int missing;
    } needed[] = {{"--approximant", !approximant},
                  {"--mass1", isnan(b.mass1_msun)},
                  {"--mass2", isnan(b.mass2_msun)},
                  {"--f-lower", isnan(b.f_lower_hz)},
                  {"--delta-f", isnan(delta_f_hz)},
                  {"--f-final", isnan(f_final_hz)},
                  {"-o", !out_path}};
    for (size_t i = 0; i < sizeof needed / sizeof needed[0]; i++)
        if (needed[i].missing)
            return gws_cli_misuse(cli, "%s is needed (gwspike waveform --help)", needed[i].name);
    if (!(delta_f_hz > 0) || !(f_final_hz > 0) || !(f_final_hz / delta_f_hz < 1e9))
        return gws_cli_misuse(cli, "--delta-f %g and --f-final %g: wanted positive, and fewer than 1e9 steps", delta_f_hz,
                              f_final_hz);
    /* The last bin is the one at f-final, or the last below it when that is no multiple of delta-f. */
    n = (int64_t)floor(f_final_hz / delta_f_hz + 1e-9) + 1;
    hp = malloc(sizeof *hp * (size_t)n);
    hc = malloc(sizeof *hc * (size_t)n);
    if (!hp || !hc) {
        gws_err_set(&err, GWS_ENOMEM, "no memory for %lld frequencies", (long long)n);
        goto fail;
    }
    if (gws_waveform_fd(approximant, &b, delta_f_hz, n, hp, hc, &err) != GWS_OK ||
        save(out_path, cli->command, approximant, &b, delta_f_hz, n, hp, hc, &err) != GWS_OK)
        goto fail;
    status = gws_cli_done(cli);
    goto done;
fail:
    status = gws_cli_fail(cli, &err);
done:
    free(hp);
    free(hc);
    return status;
}
