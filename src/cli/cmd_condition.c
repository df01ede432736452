/* gwspike condition - strain to whitened strain, one stage of the line on its own. */
#include "base/ini.h"
#include "base/progress.h"
#include "cli/inputs.h"
#include "cli/opts.h"
#include "cli/quality.h"
#include "strain/mlgwsc_writer.h"
#include "strain/strain.h"
#include "strain/whitening.h"

#include <math.h>
#include <string.h>

#define CHUNK_S 64

/* What the user asked for. */
typedef struct wish {
    const char *out_path, *recipe, *keep;
    gws_strain_use use;
    int64_t rate_hz;
    double low_hz, high_hz; /* NaN: what the recipe says */
} wish;

typedef struct run {
    gws_mlgwsc_writer *writer;
    char ifo[4];
    int rate_hz, began;
    int64_t next;
    gws_status status; /* first trouble of the sink */
    gws_err *err;
} run;

static void on_whitened(void *user, int64_t sample, const float *w, int64_t n)
{
    run *r = user;

    if (r->status == GWS_OK && (!r->began || sample != r->next))
        r->status = gws_mlgwsc_writer_segment(r->writer, r->ifo, r->rate_hz, sample, r->err);
    if (r->status == GWS_OK)
        r->status = gws_mlgwsc_writer_append_f32(r->writer, r->ifo, w, n, r->err);
    r->began = 1;
    r->next = sample + n;
}

/* The recipe's section [condition], and what the command line says instead of it. */
static gws_status parameters(const wish *w, gws_condition_params *out, gws_err *err)
{
    gws_ini *ini = w->recipe ? gws_ini_load(w->recipe, err) : gws_ini_parse("", "defaults", err);
    gws_status status;

    if (!ini)
        return err->status;
    status = gws_condition_params_from_ini(ini, out, err);
    gws_ini_destroy(ini);
    if (status == GWS_OK && !isnan(w->low_hz))
        out->low_hz = w->low_hz;
    if (status == GWS_OK && !isnan(w->high_hz))
        out->high_hz = w->high_hz;
    return status;
}

/* Whiten one detector into the file. */
static gws_status whiten(const wish *w, gws_strain_set *set, int ifo, const gws_condition_params *params, gws_mlgwsc_writer *writer,
                         gws_err *err)
{
    gws_bar bar = gws_bar_start();
    bar.unit = GWS_REAL_TIME;
    bar.each = 1;
    gws_strain_info info;
    gws_condition_stats stats;
    run r = {.writer = writer, .rate_hz = (int)w->rate_hz, .err = err};
    gws_strain_describe(set, ifo, &info);
    memcpy(r.ifo, info.ifo, sizeof r.ifo);
    const gws_strain_whitening how = {.ifo = ifo,
                                      .rate_hz = (int)w->rate_hz,
                                      .params = params,
                                      .chunk_s = CHUNK_S,
                                      .sink = on_whitened,
                                      .user = &r,
                                      .progress = {gws_bar_show, &bar}};
    const gws_status status = gws_strain_condition(set, &how, &stats, err);
    gws_bar_clear(&bar);
    if (status != GWS_OK || r.status != GWS_OK)
        return status != GWS_OK ? status : r.status;
    gws_cli_log(GWS_LOG_DEBUG,
                "%s: %.1f s whitened of %.1f s, %lld gaps, %lld PSD estimates, %lld refused, %lld segments too short", info.ifo,
                (double)stats.samples_out / (double)w->rate_hz, (double)stats.samples_in / (double)w->rate_hz,
                (long long)stats.gaps, (long long)stats.psd_updates, (long long)stats.psd_bad, (long long)stats.segments_too_short);
    return GWS_OK;
}

/* What the file says of itself; then it is whole. */
static gws_status finish(gws_cli *cli, const gws_condition_params *params, const char *sha256, gws_mlgwsc_writer **writer,
                         gws_err *err)
{
    gws_h5 *f = gws_mlgwsc_writer_h5(*writer);
    gws_status status = gws_mlgwsc_writer_whitened(*writer, err);
    if (status == GWS_OK)
        status = gws_h5_put_attr_f64(f, "/", "low_hz", params->low_hz, err);
    if (status == GWS_OK)
        status = gws_h5_put_attr_f64(f, "/", "high_hz", params->high_hz, err);
    if (status == GWS_OK)
        status = gws_h5_provenance(f, cli->command, -1, sha256, err);
    if (status != GWS_OK)
        return status;
    status = gws_mlgwsc_writer_commit(*writer, err);
    *writer = NULL;
    return status == GWS_OK ? gws_cli_commit(cli, err) : status;
}

static int run_wish(gws_cli *cli, const wish *w, char **inputs, int n_inputs)
{
    gws_err err = {0};
    gws_condition_params params;
    gws_strain_set *set = NULL;
    gws_mlgwsc_writer *writer = NULL;
    const char *sha256;
    int status;

    if (parameters(w, &params, &err) != GWS_OK || !(set = gws_cli_strain(cli, inputs, n_inputs, &w->use, NULL, &err)) ||
        !(sha256 = gws_strain_sha256(set, &err)) || !(writer = gws_mlgwsc_writer_create(w->out_path, &err)))
        goto fail;
    for (int i = 0; i < gws_strain_ifos(set); i++)
        if (whiten(w, set, i, &params, writer, &err) != GWS_OK)
            goto fail;
    if (finish(cli, &params, sha256, &writer, &err) != GWS_OK)
        goto fail;
    for (int i = 0; i < gws_strain_ifos(set); i++)
        gws_losses_print(NULL, set, &i, 1, 1);
    status = gws_cli_done(cli);
    goto done;
fail:
    status = gws_cli_fail(cli, &err);
done:
    gws_mlgwsc_writer_destroy(writer);
    gws_strain_destroy(set);
    return status;
}

int gws_cmd_condition(gws_cli *cli, int argc, char **argv)
{
    wish w = {.rate_hz = 2048, .low_hz = (double)NAN, .high_hz = (double)NAN};
    int n_inputs = 0;
    char **inputs = NULL;
    const gws_opt options[] = {
        GWS_OPT_OUTPUT(&w.out_path, "whitened strain, f32, in the layout of MLGWSC-1 input (needed)"),
        {0, "rate", GWS_OPT_INT, &w.rate_hz, "HZ", "rate of the output (default 2048); divides that of the input", 0},
        {0, "low", GWS_OPT_DOUBLE, &w.low_hz, "HZ", "lower edge of the band (default 20)", 0},
        {0, "high", GWS_OPT_DOUBLE, &w.high_hz, "HZ", "upper edge of the band (default: Nyquist)", 0},
        {'c', "config", GWS_OPT_STRING, &w.recipe, "RECIPE", "take the section [condition] of this recipe", 0},
        GWS_OPT_KEEP(&w.keep),
        GWS_OPTS_SELECT(&cli->select),
    };
    const gws_opts opts = {
        .usage = "INPUT... -o W.hdf [--rate HZ] [--low HZ] [--high HZ]",
        .about =
            "Whiten strain as `detect` and the training do: decimate, estimate the PSD from what is past, filter.  Every detector\n"
            "of the input is written; a gap or a bad stretch of the input ends a segment of the output.  White noise of the\n"
            "input's PSD comes out with variance 1 over the full band.\n"
            "The file says that it is whitened; the verbs that want strain refuse it.",
        .examples = "gwspike condition H-H1_LOSC_4_V2-1126259446-32.hdf5 -o whitened.hdf\n"
                    "gwspike condition --low 30 --high 400 foreground.hdf -o whitened.hdf",
        .options = options,
        .n_options = (int)(sizeof options / sizeof options[0]),
        .min_inputs = 1,
        .max_inputs = -1,
        .input = "at least one strain file",
    };
    const int parsed = gws_opts_parse(cli, &opts, argc, argv, &inputs, &n_inputs);

    if (parsed != GWS_OPTS_RUN)
        return parsed;
    if (!w.out_path)
        return gws_cli_misuse(cli, "wants -o FILE");
    if (w.rate_hz < 16 || w.rate_hz > 65536)
        return gws_cli_misuse(cli, "--rate %lld, wanted 16 to 65536 Hz", (long long)w.rate_hz);
    if (gws_keep_parse(w.keep, &w.use))
        return gws_cli_misuse(cli, "--keep is cat1, injections or cat1,injections, got '%s'", w.keep);
    return run_wish(cli, &w, inputs, n_inputs);
}
