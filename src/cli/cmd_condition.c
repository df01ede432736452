/* gwspike condition - strain to whitened strain, one stage of the line on its own. */
#include "base/ini.h"
#include "base/progress.h"
#include "cli/opts.h"
#include "cli/quality.h"
#include "strain/mlgwsc_writer.h"
#include "strain/strain.h"
#include "stream/feed.h"

#include <math.h>

#define CHUNK_S 64

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
static gws_status parameters(const char *recipe, double low_hz, double high_hz, gws_condition_params *out, gws_err *err)
{
    gws_ini *ini = recipe ? gws_ini_load(recipe, err) : gws_ini_parse("", "defaults", err);
    gws_status st;

    if (!ini)
        return err->status;
    st = gws_condition_params_from_ini(ini, out, err);
    gws_ini_destroy(ini);
    if (st == GWS_OK && !isnan(low_hz))
        out->low_hz = low_hz;
    if (st == GWS_OK && !isnan(high_hz))
        out->high_hz = high_hz;
    return st;
}

int gws_cmd_condition(gws_cli *cli, int argc, char **argv)
{
    const char *out_path = NULL, *recipe = NULL, *keep = NULL;
    gws_strain_use use = {0};
    int64_t rate_hz = 2048;
    double low_hz = (double)NAN, high_hz = (double)NAN;
    int n_inputs = 0, status = 1;
    char **inputs = NULL;
    const gws_opt options[] = {
        GWS_OPT_OUTPUT(&out_path, "whitened strain, f32, in the layout of MLGWSC-1 input (needed)"),
        {0, "rate", GWS_OPT_INT, &rate_hz, "HZ", "rate of the output (default 2048); divides that of the input", 0},
        {0, "low", GWS_OPT_DOUBLE, &low_hz, "HZ", "lower edge of the band (default 20)", 0},
        {0, "high", GWS_OPT_DOUBLE, &high_hz, "HZ", "upper edge of the band (default: Nyquist)", 0},
        {'c', "config", GWS_OPT_STRING, &recipe, "RECIPE", "take the section [condition] of this recipe", 0},
        GWS_OPT_KEEP(&keep),
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
    gws_err err = {0};
    gws_condition_params params;
    gws_strain_set *set = NULL;
    gws_mlgwsc_writer *writer = NULL;
    const char *sha256;
    gws_bar bar = gws_bar_start();
    int parsed = gws_opts_parse(cli, &opts, argc, argv, &inputs, &n_inputs);

    if (parsed != GWS_OPTS_RUN)
        return parsed;
    if (!out_path)
        return gws_cli_misuse(cli, "wants -o FILE");
    if (rate_hz < 16 || rate_hz > 65536)
        return gws_cli_misuse(cli, "--rate %lld, wanted 16 to 65536 Hz", (long long)rate_hz);
    if (gws_keep_parse(keep, &use))
        return gws_cli_misuse(cli, "--keep is cat1, injections or cat1,injections, got '%s'", keep);
    if (parameters(recipe, low_hz, high_hz, &params, &err) != GWS_OK ||
        !(set = gws_cli_strain(cli, inputs, n_inputs, &use, NULL, &err)) || !(sha256 = gws_strain_sha256(set, &err)) ||
        !(writer = gws_mlgwsc_writer_create(out_path, &err)))
        goto fail;
    for (int i = 0; i < gws_strain_ifos(set); i++) {
        gws_strain_info info;
        gws_condition_stats st;
        gws_strain_describe(set, i, &info);
        run r = {.writer = writer, .rate_hz = (int)rate_hz, .err = &err};
        for (int k = 0; k < 4; k++)
            r.ifo[k] = info.ifo[k];
        const gws_feed_whitening how = {.ifo = i,
                                        .rate_hz = (int)rate_hz,
                                        .params = &params,
                                        .chunk_s = CHUNK_S,
                                        .sink = on_whitened,
                                        .user = &r,
                                        .progress = {gws_bar_show, &bar}};
        if (gws_feed_condition(set, &how, &st, &err) != GWS_OK || r.status != GWS_OK)
            goto fail;
        gws_bar_clear(&bar);
        gws_cli_log(GWS_LOG_DEBUG,
                    "%s: %.1f s whitened of %.1f s, %lld gaps, %lld PSD estimates, %lld refused, %lld segments too short", info.ifo,
                    (double)st.samples_out / (double)rate_hz, (double)st.samples_in / (double)rate_hz, (long long)st.gaps,
                    (long long)st.psd_updates, (long long)st.psd_bad, (long long)st.segments_too_short);
    }
    gws_h5 *f = gws_mlgwsc_writer_h5(writer);
    if (gws_mlgwsc_writer_whitened(writer, &err) != GWS_OK ||
        gws_h5_put_attr_f64(f, "/", "low_hz", params.low_hz, &err) != GWS_OK ||
        gws_h5_put_attr_f64(f, "/", "high_hz", params.high_hz, &err) != GWS_OK ||
        gws_h5_provenance(f, cli->command, -1, sha256, &err) != GWS_OK)
        goto fail;
    gws_status st = gws_mlgwsc_writer_commit(writer, &err);
    writer = NULL;
    if (st != GWS_OK || gws_cli_commit(cli, &err) != GWS_OK)
        goto fail;
    for (int i = 0; i < gws_strain_ifos(set); i++)
        gws_losses_print(NULL, set, &i, 1, 1);
    status = gws_cli_done(cli);
    goto done;
fail:
    gws_bar_clear(&bar);
    status = gws_cli_fail(cli, &err);
done:
    gws_mlgwsc_writer_destroy(writer);
    gws_strain_destroy(set);
    return status;
}
