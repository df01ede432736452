/* gwspike waveform - one gravitational waveform in the frequency domain. */
#include "base/hdf5.h"
#include "cli/opts.h"
#include "gw/burst.h"
#include "gw/waveform/waveform.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define N_PARAMETERS 26
#define NOT_GIVEN INT64_MIN
#define MAX_STEPS 1e9

/* What a waveform is made from: a bit for those that take or need it. */
enum { BINARY = 1, SINE_GAUSSIAN = 2, RINGDOWN = 4, ALL = 7 };

/* What the user asked for. */
typedef struct wish {
    const char *approximant, *out_path, *modes, *memory;
    double delta_f_hz, f_final_hz, distance_mpc, incl_rad, phase_rad, l, m;
    int64_t mode_l, mode_m;
    gws_binary b;
    gws_sine_gaussian sg;
    gws_ringdown rd;
    int kind;
} wish;

typedef struct parameter {
    const char *option, *attribute;
    double *value; /* NaN: not given */
    int takes, needs;
    double otherwise;
} parameter;

static int kind_of(const char *approximant)
{
    if (strcmp(approximant, "SineGaussian") == 0)
        return SINE_GAUSSIAN;
    return strcmp(approximant, "Ringdown") == 0 ? RINGDOWN : BINARY;
}

static gws_status save(const wish *w, const char *command, const parameter *p, int64_t n, const double complex *hp,
                       const double complex *hc, gws_err *err)
{
    const int64_t shape[1] = {n};
    gws_h5 *f = gws_h5_create(w->out_path, err);
    gws_status status;

    if (!f)
        return err->status;
    status = gws_h5_write_c128(f, "/hplus", 1, shape, (const double *)hp, err);
    if (status == GWS_OK)
        status = gws_h5_write_c128(f, "/hcross", 1, shape, (const double *)hc, err);
    if (status == GWS_OK)
        status = gws_h5_put_attr_f64(f, "/hplus", "delta_f", w->delta_f_hz, err);
    if (status == GWS_OK)
        status = gws_h5_put_attr_f64(f, "/hcross", "delta_f", w->delta_f_hz, err);
    for (int i = 0; i < N_PARAMETERS && status == GWS_OK; i++)
        if (p[i].attribute && (p[i].takes & w->kind))
            status = gws_h5_put_attr_f64(f, "/", p[i].attribute, *p[i].value, err);
    if (status == GWS_OK)
        status = gws_h5_put_attr_string(f, "/", "approximant", w->approximant, err);
    if (status == GWS_OK && w->modes)
        status = gws_h5_put_attr_string(f, "/", "modes", w->modes, err);
    if (status == GWS_OK && w->b.exact)
        status = gws_h5_put_attr_i64(f, "/", "exact", 1, err);
    if (status == GWS_OK)
        status = gws_h5_provenance(f, command, -1, NULL, err);
    if (status != GWS_OK) {
        gws_h5_close(f);
        return status;
    }
    return gws_h5_commit(f, err);
}

static void list_parameters(wish *w, parameter out[N_PARAMETERS])
{
    const parameter all[N_PARAMETERS] = {
        {"--delta-f", "delta_f", &w->delta_f_hz, ALL, ALL, 0},
        {"--f-final", NULL, &w->f_final_hz, ALL, ALL, 0},
        {"--mass1", "mass1", &w->b.mass1_msun, BINARY, BINARY, 0},
        {"--mass2", "mass2", &w->b.mass2_msun, BINARY, BINARY, 0},
        {"--spin1x", "spin1x", &w->b.spin1[0], BINARY, 0, 0},
        {"--spin1y", "spin1y", &w->b.spin1[1], BINARY, 0, 0},
        {"--spin1z", "spin1z", &w->b.spin1[2], BINARY, 0, 0},
        {"--spin2x", "spin2x", &w->b.spin2[0], BINARY, 0, 0},
        {"--spin2y", "spin2y", &w->b.spin2[1], BINARY, 0, 0},
        {"--spin2z", "spin2z", &w->b.spin2[2], BINARY, 0, 0},
        {"--lambda1", "lambda1", &w->b.lambda1, BINARY, 0, 0},
        {"--lambda2", "lambda2", &w->b.lambda2, BINARY, 0, 0},
        {"--f-lower", "f_lower", &w->b.f_lower_hz, BINARY, BINARY, 0},
        {"--f-ref", "f_ref", &w->b.f_ref_hz, BINARY, 0, 0},
        {"--distance", "distance", &w->distance_mpc, BINARY | RINGDOWN, 0, 1},
        {"--inclination", "inclination", &w->incl_rad, BINARY | RINGDOWN, 0, 0},
        {"--coa-phase", "coa_phase", &w->phase_rad, ALL, 0, 0},
        {"--q", "q", &w->sg.q, SINE_GAUSSIAN, SINE_GAUSSIAN, 0},
        {"--frequency", "frequency", &w->sg.frequency_hz, SINE_GAUSSIAN, SINE_GAUSSIAN, 0},
        {"--hrss", "hrss", &w->sg.hrss, SINE_GAUSSIAN, SINE_GAUSSIAN, 0},
        {"--eccentricity", "eccentricity", &w->sg.eccentricity, SINE_GAUSSIAN, 0, 0},
        {"--mass", "mass", &w->rd.mass_msun, RINGDOWN, RINGDOWN, 0},
        {"--spin", "spin", &w->rd.spin, RINGDOWN, RINGDOWN, 0},
        {"--mass-loss", "mass_loss", &w->rd.mass_loss, RINGDOWN, RINGDOWN, 0},
        {"--l", "l", &w->l, RINGDOWN, 0, 2},
        {"--m", "m", &w->m, RINGDOWN, 0, 2},
    };
    memcpy(out, all, sizeof all);
}

/* Two polarisations; a burst is made in time first: as many samples again, twice, and their transform. */
static int64_t need_of_steps(void *user, int64_t steps)
{
    return *(const int64_t *)user + GWS_MEMORY_ROOM + 6 * steps * (int64_t)sizeof(double complex);
}

/* The last bin is the one at f-final, or the last below it when that is no multiple of delta-f; 0 is the end of the binary's model. */
static gws_status count_bins(const wish *w, int64_t *n, gws_err *err)
{
    double f_final_hz = w->f_final_hz;
    if (f_final_hz == 0) {
        gws_status status = gws_waveform_end_hz(w->approximant, &w->b, &f_final_hz, err);
        if (status != GWS_OK)
            return status;
        if (!(f_final_hz / w->delta_f_hz < MAX_STEPS))
            return gws_err_set(err, GWS_EARG, "%s ends at %g Hz, --delta-f is %g: wanted fewer than %g steps", w->approximant,
                               f_final_hz, w->delta_f_hz, MAX_STEPS);
    }
    *n = (int64_t)floor(f_final_hz / w->delta_f_hz + 1e-9) + 1;
    return GWS_OK;
}

/* Words that the approximant needs, and those that mean nothing to it: 0, or the exit status after the message. */
static int check(const gws_cli *cli, wish *w, const parameter *parameters)
{
    gws_err err = {0};
    if (!w->approximant)
        return gws_cli_misuse(cli, "--approximant is needed (gwspike waveform --help)");
    w->kind = kind_of(w->approximant);
    w->l = w->mode_l == NOT_GIVEN ? (double)NAN : (double)w->mode_l;
    w->m = w->mode_m == NOT_GIVEN ? (double)NAN : (double)w->mode_m;
    for (int i = 0; i < N_PARAMETERS; i++) {
        const parameter *p = &parameters[i];
        if (isnan(*p->value) && (p->needs & w->kind))
            return gws_cli_misuse(cli, "%s is needed (gwspike waveform --help)", p->option);
        if (!isnan(*p->value) && !(p->takes & w->kind))
            return gws_cli_misuse(cli, "%s means nothing to %s", p->option, w->approximant);
        if (isnan(*p->value))
            *p->value = p->otherwise;
    }
    if (w->modes && w->kind != BINARY)
        return gws_cli_misuse(cli, "--modes means nothing to %s", w->approximant);
    if (w->b.exact && strcmp(w->approximant, "IMRPhenomXHM") != 0 && strcmp(w->approximant, "IMRPhenomXPHM") != 0)
        return gws_cli_misuse(cli, "--exact means nothing to %s", w->approximant);
    if (w->modes && gws_modes_parse(w->modes, &w->b.modes, &err) != GWS_OK)
        return gws_cli_misuse(cli, "%s", err.text);
    if (!w->out_path)
        return gws_cli_misuse(cli, "-o is needed (gwspike waveform --help)");
    if (!(w->delta_f_hz > 0) || !(w->f_final_hz >= 0) || (w->kind != BINARY && w->f_final_hz == 0) ||
        !(w->f_final_hz / w->delta_f_hz < MAX_STEPS))
        return gws_cli_misuse(cli, "--delta-f %g and --f-final %g: wanted positive, and fewer than %g steps", w->delta_f_hz,
                              w->f_final_hz, MAX_STEPS);
    w->b.distance_mpc = w->rd.distance_mpc = w->distance_mpc;
    w->b.incl_rad = w->rd.incl_rad = w->incl_rad;
    w->b.coa_phase_rad = w->sg.phase_rad = w->rd.phase_rad = w->phase_rad;
    w->b.f_final_hz = w->f_final_hz;
    w->rd.l = (int)fmax(-100, fmin(w->l, 100)); /* out of range stays out of range */
    w->rd.m = (int)fmax(-100, fmin(w->m, 100));
    return 0;
}

static gws_status make(const wish *w, int64_t n, double complex *hp, double complex *hc, gws_err *err)
{
    if (w->kind == BINARY)
        return gws_waveform_fd(w->approximant, &w->b, w->delta_f_hz, n, hp, hc, err);
    const double rate_hz = 2 * (double)(n - 1) * w->delta_f_hz;
    gws_burst burst = {0};
    gws_status status = w->kind == RINGDOWN ? gws_burst_ringdown(&w->rd, rate_hz, &burst, err)
                                            : gws_burst_sine_gaussian(&w->sg, rate_hz, &burst, err);
    if (status == GWS_OK)
        status = gws_burst_fd(&burst, w->delta_f_hz, n, hp, hc, err);
    gws_burst_clear(&burst);
    return status;
}

static int run(gws_cli *cli, const wish *w, const parameter *parameters)
{
    double complex *hp = NULL, *hc = NULL;
    gws_memory now;
    gws_err err = {0};
    int64_t n = 0, cap;
    int status = 1;

    if (count_bins(w, &n, &err) != GWS_OK)
        return gws_cli_fail(cli, &err);
    if (w->kind != BINARY && n < 2)
        return gws_cli_misuse(cli, "--f-final %g: wanted at least --delta-f, %g", w->f_final_hz, w->delta_f_hz);
    gws_memory_now(&now);
    if (gws_cli_cap(cli, w->memory, &cap, &err) != GWS_OK ||
        gws_memory_check(cap, "a waveform of steps:", n, 1, need_of_steps, &now.resident_bytes, &err) != GWS_OK)
        goto fail;
    hp = malloc(sizeof *hp * (size_t)n);
    hc = malloc(sizeof *hc * (size_t)n);
    if (!hp || !hc) {
        gws_err_set(&err, GWS_ENOMEM, "no memory for %lld frequencies", (long long)n);
        goto fail;
    }
    if (make(w, n, hp, hc, &err) != GWS_OK || save(w, cli->command, parameters, n, hp, hc, &err) != GWS_OK ||
        gws_cli_commit(cli, &err) != GWS_OK)
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

static const char usage[] =
    "--approximant NAME --mass1 M --mass2 M [--spin1x..spin2z X] [--lambda1 L] [--lambda2 L]\n"
    "    [--distance MPC] [--inclination RAD] [--coa-phase RAD] [--modes MODES] [--exact] --f-lower HZ [--f-ref HZ]\n"
    "    --delta-f HZ --f-final HZ -o WF.hdf\n"
    "gwspike waveform --approximant SineGaussian --q Q --frequency HZ --hrss H [--eccentricity E]\n"
    "    [--coa-phase RAD] --delta-f HZ --f-final HZ -o WF.hdf\n"
    "gwspike waveform --approximant Ringdown --mass M --spin X --mass-loss SHARE [--l L] [--m M]\n"
    "    [--distance MPC] [--inclination RAD] [--coa-phase RAD] --delta-f HZ --f-final HZ -o WF.hdf";
static const char about[] =
    "Make plus and cross polarisation at 0, delta-f, ... f-final, in strain/Hz, with LAL's conventions: beyond its\n"
    "own end a model is 0; TaylorF2 goes on; IMRPhenomD and IMRPhenomPv2 leave the last bin 0.\n"
    "Sine-Gaussian and ringdown are the transforms of LAL's time series at 2 f-final samples a second.  t = 0 is the\n"
    "middle of the former and the beginning of the latter.";
static const char examples[] = "gwspike waveform --approximant IMRPhenomD --mass1 36 --mass2 29 --spin1z 0.3 --distance 410 \\\n"
                               "    --f-lower 20 --delta-f 0.125 --f-final 1024 -o wf.hdf\n"
                               "gwspike waveform --approximant Ringdown --mass 62 --spin 0.67 --mass-loss 0.02 --distance 410 \\\n"
                               "    --delta-f 0.5 --f-final 2048 -o ringdown.hdf";

int gws_cmd_waveform(gws_cli *cli, int argc, char **argv)
{
    wish w = {.mode_l = NOT_GIVEN, .mode_m = NOT_GIVEN};
    parameter parameters[N_PARAMETERS];
    const gws_opt options[] = {
        GWS_OPT_OUTPUT(&w.out_path, "HDF5: complex128 hplus, hcross; attribute delta_f (needed)"),
        {0, "approximant", GWS_OPT_STRING, &w.approximant, "NAME",
         "TaylorF2, SineGaussian, Ringdown, or IMRPhenom and one of D, Pv2, XAS, XHM, XPHM (needed)", 0},
        {0, "delta-f", GWS_OPT_DOUBLE, &w.delta_f_hz, "HZ", "frequency step (needed)", 0},
        {0, "f-final", GWS_OPT_DOUBLE, &w.f_final_hz, "HZ", "last frequency (needed); binary: 0 for the model's own end", 0},
        {0, "distance", GWS_OPT_DOUBLE, &w.distance_mpc, "MPC", "luminosity distance (default 1)", 0},
        {0, "inclination", GWS_OPT_DOUBLE, &w.incl_rad, "RAD", "(default 0)", 0},
        {0, "coa-phase", GWS_OPT_DOUBLE, &w.phase_rad, "RAD", "phase at f-ref, of the sine, or azimuth (default 0)", 0},
        {0, "mass1", GWS_OPT_DOUBLE, &w.b.mass1_msun, "M", "binary: solar masses, detector frame (needed)", 0},
        {0, "mass2", GWS_OPT_DOUBLE, &w.b.mass2_msun, "M", "binary: solar masses, detector frame (needed)", 0},
        {0, "spin1x", GWS_OPT_DOUBLE, &w.b.spin1[0], "X", "binary: dimensionless spins (default 0)", 0},
        {0, "spin1y", GWS_OPT_DOUBLE, &w.b.spin1[1], "X", "", 0},
        {0, "spin1z", GWS_OPT_DOUBLE, &w.b.spin1[2], "X", "", 0},
        {0, "spin2x", GWS_OPT_DOUBLE, &w.b.spin2[0], "X", "", 0},
        {0, "spin2y", GWS_OPT_DOUBLE, &w.b.spin2[1], "X", "", 0},
        {0, "spin2z", GWS_OPT_DOUBLE, &w.b.spin2[2], "X", "", 0},
        {0, "lambda1", GWS_OPT_DOUBLE, &w.b.lambda1, "L", "binary: dimensionless tidal deformabilities (default 0)", 0},
        {0, "lambda2", GWS_OPT_DOUBLE, &w.b.lambda2, "L", "", 0},
        {0, "f-lower", GWS_OPT_DOUBLE, &w.b.f_lower_hz, "HZ", "binary: starting frequency (needed)", 0},
        {0, "f-ref", GWS_OPT_DOUBLE, &w.b.f_ref_hz, "HZ", "binary: reference frequency (default: f-lower; TaylorF2: coalescence)",
         0},
        {0, "modes", GWS_OPT_STRING, &w.modes, "MODES",
         "binary: of 22 21 33 32 44, each with its -m (default: all of the family's)", 0},
        {0, "exact", GWS_OPT_FLAG, &w.b.exact, NULL,
         "IMRPhenomXHM, IMRPhenomXPHM: every frequency, where LAL by default puts lines between few", 0},
        {0, "q", GWS_OPT_DOUBLE, &w.sg.q, "Q", "sine-Gaussian: 2 pi frequency times width (needed)", 0},
        {0, "frequency", GWS_OPT_DOUBLE, &w.sg.frequency_hz, "HZ", "sine-Gaussian: of the sine (needed)", 0},
        {0, "hrss", GWS_OPT_DOUBLE, &w.sg.hrss, "H", "sine-Gaussian: root of its square integral, 1/sqrt(Hz) (needed)", 0},
        {0, "eccentricity", GWS_OPT_DOUBLE, &w.sg.eccentricity, "E", "sine-Gaussian: 0 circular, 1 plus alone (default 0)", 0},
        {0, "mass", GWS_OPT_DOUBLE, &w.rd.mass_msun, "M", "ringdown: solar masses, detector frame (needed)", 0},
        {0, "spin", GWS_OPT_DOUBLE, &w.rd.spin, "X", "ringdown: 0..0.999 (needed)", 0},
        {0, "mass-loss", GWS_OPT_DOUBLE, &w.rd.mass_loss, "SHARE", "ringdown: share of the mass that it radiates (needed)", 0},
        {0, "l", GWS_OPT_INT, &w.mode_l, "L", "ringdown: mode (default 2)", 0},
        {0, "m", GWS_OPT_INT, &w.mode_m, "M", "ringdown: mode (default 2)", 0},
        GWS_OPT_MEMORY(&w.memory),
    };
    const gws_opts opts = {
        .usage = usage,
        .about = about,
        .examples = examples,
        .options = options,
        .n_options = (int)(sizeof options / sizeof options[0]),
        .max_inputs = 0,
    };
    list_parameters(&w, parameters);
    for (int i = 0; i < N_PARAMETERS; i++)
        *parameters[i].value = (double)NAN;
    const int parsed = gws_opts_parse(cli, &opts, argc, argv, NULL, NULL);
    if (parsed != GWS_OPTS_RUN)
        return parsed;
    const int misused = check(cli, &w, parameters);
    return misused ? misused : run(cli, &w, parameters);
}
