/* gwspike psd - power spectral density of strain, one stage of the line on its own. */
#include "base/clock.h"
#include "cli/inputs.h"
#include "cli/opts.h"
#include "cli/quality.h"
#include "dsp/psd.h"
#include "strain/format.h"
#include "gw/named_psd.h"
#include "gw/noise_curve.h"
#include "strain/strain.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The bytes of an estimate: its samples, and a periodogram for each Welch segment, because the median needs all of them at once. */
typedef struct budget {
    int64_t others, samples; /* of the whole process already; there are in the longest span */
    int rate_hz;
    double segment_s, stride_s;
} budget;

static int64_t need_of_duration(void *user, int64_t duration_s)
{
    const budget *b = user;
    const int64_t segment = llround(b->segment_s * b->rate_hz), stride = llround(b->stride_s * b->rate_hz);
    const int64_t n = duration_s * b->rate_hz < b->samples ? duration_s * b->rate_hz : b->samples;
    const int64_t count = n >= segment ? (n - segment) / (stride > 0 ? stride : 1) + 1 : 0;
    const double bytes = (double)sizeof(double) * ((double)n + (double)count * (double)(segment / 2 + 1) + 8.0 * (double)segment);
    return bytes < 4e18 ? b->others + (int64_t)bytes : INT64_MAX;
}

static gws_status within_cap(gws_strain_set *set, const gws_strain_info *info, double segment_s, double stride_s, double duration_s,
                             int64_t cap, gws_err *err)
{
    budget b = {.rate_hz = info->rate_hz, .segment_s = segment_s, .stride_s = stride_s};
    gws_memory now;
    int64_t made;

    if (gws_strain_bytes(set, &made, err) != GWS_OK)
        return err->status;
    for (int i = 0; i < info->n_spans; i++)
        if (info->spans[i].end - info->spans[i].begin > b.samples)
            b.samples = info->spans[i].end - info->spans[i].begin;
    gws_memory_now(&now);
    b.others = now.resident_bytes + made + GWS_MEMORY_ROOM;
    const double most = fmin(ceil(duration_s), ceil((double)b.samples / info->rate_hz)); /* what there is of it */
    return gws_memory_check(cap, "--duration", (int64_t)most, 1, need_of_duration, &b, err);
}

static int64_t need_of_bins(void *user, int64_t bins)
{
    return *(const int64_t *)user + GWS_MEMORY_ROOM + bins * (int64_t)sizeof(double);
}

static int list_curves(const gws_cli *cli)
{
    for (int i = 0; gws_curve_name(i); i++)
        printf("%-40s %s\n", gws_curve_name(i), gws_curve_source(i));
    return gws_cli_done(cli);
}

static int is_known(const char *name)
{
    for (int i = 0; gws_curve_name(i); i++)
        if (strcmp(gws_curve_name(i), name) == 0)
            return 1;
    return 0;
}

/* A noise curve on the grid that is asked for. */
static gws_status read_curve(const char *name, double delta_f_hz, int64_t bins, double f_lower_hz, gws_psd *out, gws_err *err)
{
    double first_hz, last_hz;
    gws_status status = gws_psd_by_name(name, delta_f_hz, bins, f_lower_hz, out, err);

    if (status == GWS_OK && !is_known(name) && !gws_psd_range(out, &first_hz, &last_hz))
        return gws_err_set(err, GWS_EDATA, "noise curve %s: no value at any step of %g Hz from %g to %g Hz", name, delta_f_hz,
                           fmax(f_lower_hz, 0), (double)(bins - 1) * delta_f_hz);
    return status;
}

/* A file that does not cover the grid is said to end. */
static void note_ends(const char *name, double delta_f_hz, int64_t bins, double f_lower_hz, const gws_psd *curve)
{
    double first_hz, last_hz;

    if (is_known(name) || !gws_psd_range(curve, &first_hz, &last_hz))
        return;
    if (first_hz == last_hz && bins > 1)
        gws_cli_log(GWS_LOG_WARNING, "%s has a value at %g Hz alone; the curve is 0 elsewhere", name, first_hz);
    else if (first_hz > fmax(f_lower_hz, delta_f_hz) || last_hz < (double)(bins - 1) * delta_f_hz)
        gws_cli_log(GWS_LOG_WARNING, "%s has values from %g to %g Hz; the curve is 0 outside", name, first_hz, last_hz);
}

/* Save, or print, what was estimated or computed. */
static gws_status put(const gws_psd *psd, const char *out_path, const char *ifo, double epoch_s, const char *command, gws_err *err)
{
    if (out_path)
        return gws_psd_save(psd, out_path, ifo, epoch_s, command, err);
    for (int64_t k = 0; k < psd->n; k++)
        printf("%.10g %.17g\n", (double)k * psd->delta_f_hz, psd->data[k]);
    return GWS_OK;
}

/* What the user asked for. */
typedef struct wish {
    const char *out_path, *average_name, *detector, *curve, *memory, *keep;
    double segment_s, stride_s, start_s, duration_s;
    double delta_f_hz, f_final_hz, f_lower_hz;
    gws_psd_average average;
    gws_strain_use use;
    int curves;
} wish;

/* Returns 0, or 2 after the message. */
static int check_wish(gws_cli *cli, const gws_opts *opts, wish *w, char *const *inputs, int n_inputs)
{
    const gws_opt_rule rules[] = {
        {!w->curves,
         "output segment stride average detector start duration keep channel gps-start-time gps-end-time segments veto "
         "state-channel state-bits whitened "
         "curve delta-f f-final f-lower",
         "does not go with --curves"},
        {!w->curve,
         "segment stride average detector start duration keep channel gps-start-time gps-end-time segments veto state-channel "
         "state-bits whitened",
         "is of an estimate, and --curve makes none"},
        {w->curve != NULL, "delta-f f-final f-lower", "goes with --curve"},
    };
    if (gws_opts_check(cli, opts, rules, (int)(sizeof rules / sizeof rules[0])))
        return 2;
    if (w->curves && n_inputs > 0)
        return gws_cli_misuse(cli, "--curves takes no strain file, got '%s'", inputs[0]);
    if (w->curves)
        return 0;
    if (w->curve && n_inputs > 0)
        return gws_cli_misuse(cli, "--curve takes no strain file, got '%s'", inputs[0]);
    if (!w->curve && n_inputs == 0)
        return gws_cli_misuse(cli, "wants at least one strain file, or --curve (gwspike psd --help)");
    if (!(w->delta_f_hz > 0) || !(w->f_final_hz > 0) || !(w->f_final_hz / w->delta_f_hz < 1e8) || !isfinite(w->f_lower_hz))
        return gws_cli_misuse(cli, "--delta-f %g, --f-final %g, --f-lower %g: wanted positive, and fewer than 1e8 steps",
                              w->delta_f_hz, w->f_final_hz, w->f_lower_hz);
    if (gws_psd_average_parse(w->average_name, &w->average, NULL) != GWS_OK)
        return gws_cli_misuse(cli, "--average is median, mean or median-mean, got '%s'", w->average_name);
    if (gws_keep_parse(w->keep, &w->use))
        return gws_cli_misuse(cli, "--keep is cat1, injections or cat1,injections, got '%s'", w->keep);
    if (isnan(w->stride_s))
        w->stride_s = w->segment_s / 2;
    if (!(w->segment_s > 0 && w->segment_s <= 1e5) || !(w->stride_s > 0 && w->stride_s <= 1e5) ||
        !(w->duration_s > 0 && w->duration_s <= 1e8))
        return gws_cli_misuse(cli, "--segment %g, --stride %g, --duration %g: wanted positive seconds", w->segment_s, w->stride_s,
                              w->duration_s);
    return 0;
}

static gws_status make_curve(gws_cli *cli, const wish *w, int64_t cap, gws_err *err)
{
    const int64_t bins = (int64_t)floor(w->f_final_hz / w->delta_f_hz + 1e-9) + 1;
    gws_psd psd = {0};
    gws_memory now;
    gws_memory_now(&now);
    gws_status status = gws_memory_check(cap, "a curve of steps:", bins, 1, need_of_bins, &now.resident_bytes, err);
    if (status == GWS_OK)
        status = read_curve(w->curve, w->delta_f_hz, bins, w->f_lower_hz, &psd, err);
    if (status == GWS_OK)
        status = put(&psd, w->out_path, GWS_IFO_UNKNOWN, 0, cli->command, err);
    if (status == GWS_OK)
        status = gws_cli_commit(cli, err);
    if (status == GWS_OK)
        note_ends(w->curve, w->delta_f_hz, bins, w->f_lower_hz, &psd);
    gws_psd_clear(&psd);
    return status;
}

/* The detector that is asked for, or the only one. */
static gws_status choose_detector(const gws_strain_set *set, const char *name, int *ifo, gws_err *err)
{
    *ifo = 0;
    if (name && (*ifo = gws_strain_find(set, name)) < 0)
        return gws_err_set(err, GWS_EDATA, "no %s in the input", name);
    if (!name && gws_strain_ifos(set) > 1)
        return gws_err_set(err, GWS_EARG, "the input has %d detectors: --detector says which", gws_strain_ifos(set));
    return GWS_OK;
}

static gws_status estimate(gws_cli *cli, const wish *w, gws_strain_set *set, int64_t cap, gws_err *err)
{
    gws_strain_run data = {0};
    gws_strain_info info;
    gws_psd psd = {0};
    int ifo;
    gws_status status = choose_detector(set, w->detector, &ifo, err);
    if (status != GWS_OK)
        return status;
    gws_strain_describe(set, ifo, &info);
    const gws_welch_params how = {llround(w->segment_s * info.rate_hz), llround(w->stride_s * info.rate_hz), w->average};
    status = within_cap(set, &info, w->segment_s, w->stride_s, w->duration_s, cap, err);
    if (status == GWS_OK)
        status = gws_strain_stretch(set, ifo, w->start_s, w->duration_s, &data, err);
    if (status == GWS_OK)
        status = gws_psd_welch(data.h, data.n, info.rate_hz, &how, &psd, err);
    if (status == GWS_OK)
        status = put(&psd, w->out_path, info.ifo, (double)gws_ns_of_sample(data.first, info.rate_hz) / (double)GWS_NS, cli->command,
                     err);
    if (status == GWS_OK)
        status = gws_cli_commit(cli, err);
    if (status == GWS_OK)
        gws_losses_print(NULL, set, &ifo, 1, 0);
    free(data.h);
    gws_psd_clear(&psd);
    return status;
}

static int run(gws_cli *cli, const wish *w, char **inputs, int n_inputs)
{
    gws_strain_set *set = NULL;
    gws_err err = {0};
    int64_t cap;
    gws_status status = gws_cli_cap(cli, w->memory, &cap, &err);
    if (status == GWS_OK && w->curve)
        status = make_curve(cli, w, cap, &err);
    else if (status == GWS_OK && !(set = gws_cli_strain(cli, inputs, n_inputs, &w->use, NULL, &err)))
        status = err.status;
    else if (status == GWS_OK)
        status = estimate(cli, w, set, cap, &err);
    gws_strain_destroy(set);
    return status == GWS_OK ? gws_cli_done(cli) : gws_cli_fail(cli, &err);
}

int gws_cmd_psd(gws_cli *cli, int argc, char **argv)
{
    wish w = {.average_name = "median",
              .segment_s = 4,
              .stride_s = (double)NAN,
              .start_s = (double)NAN,
              .duration_s = 4096,
              .delta_f_hz = 0.25,
              .f_final_hz = 2048};
    int n_inputs = 0;
    char **inputs = NULL;
    const gws_opt options[] = {
        GWS_OPT_OUTPUT(&w.out_path, "HDF5: f64 psd, attributes delta_f, detector, epoch (default: a table on stdout)"),
        {0, "segment", GWS_OPT_DOUBLE, &w.segment_s, "S", "length of a Welch segment (default 4)", 0},
        {0, "stride", GWS_OPT_DOUBLE, &w.stride_s, "S", "from one segment to the next (default: half a segment)", 0},
        {0, "average", GWS_OPT_STRING, &w.average_name, "NAME", "median (default), mean, median-mean", 0},
        {0, "detector", GWS_OPT_STRING, &w.detector, "IFO", "which one, where the input has several", 0},
        {0, "start", GWS_OPT_DOUBLE, &w.start_s, "GPS", "use data from this time on", 0},
        {0, "duration", GWS_OPT_DOUBLE, &w.duration_s, "S", "use this much at most (default 4096)", 0},
        GWS_OPT_KEEP(&w.keep),
        GWS_OPTS_SELECT(&cli->select),
        {0, "whitened", GWS_OPT_FLAG, &w.use.whitened, NULL, "take whitened strain too", 0},
        {0, "curves", GWS_OPT_FLAG, &w.curves, NULL, "list the noise curves known by name", 0},
        {0, "curve", GWS_OPT_STRING, &w.curve, "NAME",
         "a noise curve instead of an estimate: a name of the list, or a file (asd:FILE: of amplitudes)", 0},
        {0, "delta-f", GWS_OPT_DOUBLE, &w.delta_f_hz, "HZ", "step of the curve (default 0.25)", 0},
        {0, "f-final", GWS_OPT_DOUBLE, &w.f_final_hz, "HZ", "last frequency of the curve (default 2048)", 0},
        {0, "f-lower", GWS_OPT_DOUBLE, &w.f_lower_hz, "HZ", "the curve is 0 below it (default: where the curve begins)", 0},
        GWS_OPT_MEMORY(&w.memory),
    };
    const gws_opts opts = {
        .usage = "INPUT... [--segment S] [--stride S] [--average median|mean|median-mean] -o PSD.hdf\n"
                 "--curve NAME [--delta-f HZ] [--f-final HZ] [--f-lower HZ] -o PSD.hdf\n"
                 "--curves",
        .about = "Estimate the one-sided power spectral density (PSD, strain^2/Hz) from the longest unbroken stretch of the\n"
                 "input, by Welch's method as PyCBC does.  --curve gives a noise curve by LALSimulation's name on a grid of\n"
                 "frequencies, or brings a PSD file to such a grid, 0 where the file has no value.",
        .examples = "gwspike psd H-H1_LOSC_4_V2-1126259446-32.hdf5 -o H1.psd.hdf\n"
                    "gwspike psd --segment 8 --average mean --detector L1 background.hdf | head\n"
                    "gwspike psd --curves\n"
                    "gwspike psd --curve aLIGOZeroDetHighPower --delta-f 0.0078125 --f-final 1024 --f-lower 15 -o design.hdf",
        .options = options,
        .n_options = (int)(sizeof options / sizeof options[0]),
        .max_inputs = -1,
        .input = "at least one strain file",
    };
    const int parsed = gws_opts_parse(cli, &opts, argc, argv, &inputs, &n_inputs);

    if (parsed != GWS_OPTS_RUN)
        return parsed;
    if (check_wish(cli, &opts, &w, inputs, n_inputs))
        return 2;
    return w.curves ? list_curves(cli) : run(cli, &w, inputs, n_inputs);
}
