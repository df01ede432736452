/* gwspike followup - masses, SNRs and sky of a trigger, from recorded strain as from live strain. */
#include "alert/coinc.h"
#include "base/clock.h"
#include "base/number.h"
#include "cli/inputs.h"
#include "cli/opts.h"
#include "cli/quality.h"
#include "matched/followup.h"
#include "search/far.h"
#include "search/p_astro.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRONT_S 248 /* strain that is read in front of the time, and behind it */
#define BACK_S 8

/* What the user asked for. */
typedef struct wish {
    const char *out, *keep, *masses;
    double gps_s, far_per_month, stat;
    gws_p_astro_params p_astro;
    gws_followup_params params;
    gws_strain_use use;
    int json;
} wish;

/* All detectors' strain around the time. */
static gws_status read_strain(const wish *w, gws_strain_set *set, gws_followup_strain *strain, int *n, gws_err *err)
{
    gws_status status = GWS_OK;
    const int64_t gps_ns = gws_ns_of_s(w->gps_s);

    for (*n = 0; *n < gws_strain_ifos(set) && status == GWS_OK; (*n)++) {
        gws_strain_info info;
        gws_strain_describe(set, *n, &info);
        const int64_t at = gws_sample_of_ns(gps_ns, info.rate_hz);
        int64_t first = at - (int64_t)FRONT_S * info.rate_hz, end = at + (int64_t)BACK_S * info.rate_hz;
        if (first < info.spans[0].begin)
            first = info.spans[0].begin;
        if (end > info.spans[info.n_spans - 1].end)
            end = info.spans[info.n_spans - 1].end;
        const int64_t count = end > first ? end - first : 0;
        double *h = malloc((size_t)(count + 1) * sizeof *h);
        if (!h)
            return gws_err_set(err, GWS_ENOMEM, "%s: no memory for %lld samples", info.ifo, (long long)count);
        strain[*n] = (gws_followup_strain){.rate_hz = info.rate_hz, .first = first, .h = h, .n = count};
        memcpy(strain[*n].ifo, info.ifo, sizeof info.ifo);
        if (count > 0)
            status = gws_strain_read(set, *n, first, end, h, err);
    }
    return status;
}

static gws_p_astro judge(const wish *w, const gws_followup *f)
{
    const gws_far_rate far = {isnan(w->far_per_month) ? GWS_FAR_NONE : GWS_FAR_COUNTED, w->far_per_month, 0};
    return gws_p_astro_at(&w->p_astro, &(gws_p_astro_trigger){.far = far, .snr = f->snr, .reach = f->reach, .detectors = f->n});
}

static void print_json(const wish *w, const gws_followup *f)
{
    const gws_p_astro p = judge(w, f);
    const int64_t s = gws_floor_div(f->gps_ns, GWS_NS);
    gws_json *j = gws_json_object();

    gws_json_put_f64(j, "gpstime", gws_s_of_ns(f->gps_ns));
    gws_json_put_i64(j, "end_time", s);
    gws_json_put_i64(j, "end_time_ns", f->gps_ns - s * GWS_NS);
    gws_followup_put(j, f);
    gws_json_put_f64(j, "p_astro", p.p);
    gws_cli_json(j);
}

static void print(const wish *w, const gws_followup *f)
{
    const gws_p_astro p = judge(w, f);

    if (w->json) {
        print_json(w, f);
        return;
    }
    printf("%-8s  %-18s  %8s  %10s  %8s  %8s\n", "detector", "GPS (s)", "SNR", "phase", "chi2_r", "new SNR");
    for (int i = 0; i < f->n; i++) {
        char gps[32];
        gws_gps_text(f->ifo[i].gps_ns, 6, gps);
        printf("%-8s  %-18s  %8.4f  %10.4f  %8.4f  %8.4f\n", f->ifo[i].ifo, gps, f->ifo[i].snr, f->ifo[i].phase_rad,
               f->ifo[i].chisq_reduced, f->ifo[i].new_snr);
    }
    printf("network SNR %.4f; %s of %.2f and %.2f Msun (chirp mass %.3f) in the detectors' frame, spins %.3f; %d templates\n",
           f->snr, f->best.approximant, f->best.mass1_msun, f->best.mass2_msun, gws_template_mchirp_msun(&f->best), f->best.spin1z,
           f->templates);
    if (p.bound != GWS_FAR_NONE)
        printf("p_astro %.4g: %.3g of signals and %.3g of noise a year and unit of SNR\n", p.p, p.foreground_yr, p.background_yr);
}

static int run(gws_cli *cli, const wish *w, char **inputs, int n_inputs)
{
    gws_err err = {0};
    gws_followup_strain strain[GWS_MAX_IFO] = {{.n = 0}};
    gws_followup f = {.n = 0};
    int n = 0, status;
    gws_strain_set *set = gws_cli_strain(cli, inputs, n_inputs, &w->use, NULL, &err);

    if (!set || read_strain(w, set, strain, &n, &err) != GWS_OK ||
        gws_followup_run(&w->params, gws_ns_of_s(w->gps_s), strain, n, &f, &err) != GWS_OK ||
        (w->out && gws_coinc_write(w->out, &(gws_coinc){.followup = &f, .stat = w->stat, .far_hz = w->far_per_month / GWS_MONTH_S},
                                   &err) != GWS_OK) ||
        gws_cli_commit(cli, &err) != GWS_OK) {
        status = gws_cli_fail(cli, &err);
    } else {
        print(w, &f);
        status = gws_cli_done(cli);
    }
    for (int i = 0; i < GWS_MAX_IFO; i++)
        free((void *)(uintptr_t)strain[i].h);
    gws_followup_clear(&f);
    gws_strain_destroy(set);
    return status;
}

/* Returns 0, or 2 after the message. */
static int check_wish(gws_cli *cli, wish *w)
{
    const char *at = w->masses ? gws_number_read(w->masses, &w->params.mass_min_msun) : NULL;

    if (isnan(w->gps_s))
        return gws_cli_misuse(cli, "wants --gps TIME");
    if (!(fabs(w->gps_s) < 9e9))
        return gws_cli_misuse(cli, "--gps %g is no GPS time", w->gps_s);
    if (w->masses && (!at || *at != ',' || !gws_number_parse(at + 1, &w->params.mass_max_msun)))
        return gws_cli_misuse(cli, "--mass-range LO,HI: wanted two numbers, got '%s'", w->masses);
    if (!isnan(w->far_per_month) && !(w->far_per_month >= 0))
        return gws_cli_misuse(cli, "--far %g: wanted 0 or more a month", w->far_per_month);
    if (!(w->p_astro.rate_gpc3_yr >= 0) || !isfinite(w->p_astro.rate_gpc3_yr))
        return gws_cli_misuse(cli, "--rate-gpc3-yr %g: wanted 0 or more", w->p_astro.rate_gpc3_yr);
    if (gws_keep_parse(w->keep, &w->use))
        return gws_cli_misuse(cli, "--keep is cat1, injections or cat1,injections, got '%s'", w->keep);
    return 0;
}

int gws_cmd_followup(gws_cli *cli, int argc, char **argv)
{
    wish w = {.gps_s = (double)NAN,
              .far_per_month = (double)NAN,
              .stat = (double)NAN,
              .p_astro = gws_p_astro_defaults(),
              .params = gws_followup_defaults()};
    char **inputs = NULL;
    int n_inputs = 0;
    const gws_opt options[] = {
        {0, "gps", GWS_OPT_DOUBLE, &w.gps_s, "TIME", "of the trigger, GPS seconds (needed)", 0},
        GWS_OPT_OUTPUT_AS(&w.out, GWS_OPT_TO_LIGOLW, "coinc.xml, for GraceDB and BAYESTAR"),
        GWS_OPT_JSON(&w.json),
        {0, "window", GWS_OPT_DOUBLE, &w.params.window_s, "S", "it lies within so much of the time (default 0.3)", 0},
        {0, "mass-range", GWS_OPT_STRING, &w.masses, "LO,HI", "of each body, Msun in the detectors' frame (default 5,100)", 0},
        {0, "spin-max", GWS_OPT_DOUBLE, &w.params.spin_max, "X", "of both bodies, along the orbit (default 0.95)", 0},
        {0, "low", GWS_OPT_DOUBLE, &w.params.low_hz, "HZ", "of the filters (default 20)", 0},
        {0, "approximant", GWS_OPT_STRING, &w.params.approximant, "NAME", "of the templates (default IMRPhenomD)", 0},
        {0, "far", GWS_OPT_DOUBLE, &w.far_per_month, "N", "false alarms a month of the trigger, for the file and p_astro", 0},
        {0, "statistic", GWS_OPT_DOUBLE, &w.stat, "X", "of the trigger, for the file", 0},
        {0, "slope", GWS_OPT_DOUBLE, &w.p_astro.slope, "X", "of the background's tail per unit of the statistic, for p_astro", 0},
        {0, "rate-gpc3-yr", GWS_OPT_DOUBLE, &w.p_astro.rate_gpc3_yr, "R",
         "mergers in a cubic Gpc and year, for p_astro (default 25)", 0},
        {0, "population-mass", GWS_OPT_DOUBLE, &w.params.population_msun, "M",
         "of each of two bodies seen as far as these mergers on the average, Msun, for p_astro (default 15)", 0},
        GWS_OPT_KEEP(&w.keep),
        GWS_OPTS_SELECT(&cli->select),
    };
    const gws_opts opts = {
        .usage = "--gps TIME INPUT... [-o coinc.xml] [--json] [--mass-range LO,HI]",
        .about =
            "Follow up a trigger, as a live search does: filter the strain around its time with templates of binary black holes,\n"
            "and say which masses and spin fit best, and signal-to-noise ratio, time, phase and chi-squared in each detector.  "
            "The\n"
            "output has the SNR around the peaks and the noise curves too, from which BAYESTAR makes a sky map.\n"
            "\n"
            "It wants 16 s of unbroken strain around the time, with more than 2 s of it behind.  A detector with less is left "
            "out.\n"
            "The masses are those of the template, with no errors.",
        .examples = "gwspike followup --gps 1126259462.42 H-H1_LOSC_4_V2-1126259446-32.hdf5 L-L1_LOSC_4_V2-1126259446-32.hdf5 -o "
                    "coinc.xml\n"
                    "bayestar-localize-coincs coinc.xml",
        .options = options,
        .n_options = (int)(sizeof options / sizeof options[0]),
        .min_inputs = 1,
        .max_inputs = -1,
        .input = "at least one strain file",
    };
    const int parsed = gws_opts_parse(cli, &opts, argc, argv, &inputs, &n_inputs);

    if (parsed != GWS_OPTS_RUN)
        return parsed;
    if (check_wish(cli, &w))
        return 2;
    return run(cli, &w, inputs, n_inputs);
}
