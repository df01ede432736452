/* gwspike convert - strain from files of any format into files of any other. */
#include "cli/inputs.h"
#include "cli/opts.h"
#include "cli/quality.h"
#include "strain/convert.h"
#include "strain/strain.h"

#include <string.h>

/* What the user asked for. */
typedef struct wish {
    const char *out_path, *layout, *detectors, *channel, *keep;
    int64_t rate_hz, duration_s, threads;
    int per_detector;
    gws_strain_use use;
} wish;

/* One of many files: it appears when it is whole, and one that is there already with the same bytes stays. */
static gws_status begin_file(void *user, const char *path, gws_err *err)
{
    return gws_cli_output(user, path, GWS_FORMAT_STRAIN, GWS_OUTPUT_SAME, err);
}

static gws_status end_file(void *user, const char *path, gws_err *err)
{
    const gws_status status = gws_cli_commit(user, err);
    if (status == GWS_OK)
        gws_cli_log(GWS_LOG_DEBUG, "%s", path);
    return status;
}

static int run_wish(gws_cli *cli, const wish *w, const gws_save_format *format, char **inputs, int n_inputs)
{
    gws_err err = {0};
    gws_bar bar = gws_bar_start();
    gws_strain_set *set = NULL;
    gws_pool *pool = NULL;
    char names[200] = "";
    const char *detectors[GWS_MAX_IFO];
    const int many = w->duration_s > 0 || w->per_detector;
    int64_t files = 0;
    int status, n = 0;

    snprintf(names, sizeof names, "%s", w->detectors ? w->detectors : "");
    if (w->detectors && (n = gws_cli_detectors(names, detectors)) < 0)
        return gws_cli_misuse(cli, "--detectors wants up to %d different names, such as H1,L1; got '%s'", GWS_MAX_IFO,
                              w->detectors);
    if (!(pool = gws_cli_pool(cli, w->threads, &err)) || !(set = gws_cli_strain(cli, inputs, n_inputs, &w->use, pool, &err)))
        goto fail;
    const gws_convert how = {.path = w->out_path,
                             .format = format,
                             .detectors = detectors,
                             .n_detectors = n,
                             .rate_hz = (int)w->rate_hz,
                             .duration_s = w->duration_s,
                             .per_detector = w->per_detector,
                             .channel = w->channel,
                             .command = cli->command,
                             .pool = pool,
                             .progress = {gws_bar_show, &bar},
                             .begin = many ? begin_file : NULL,
                             .done = many ? end_file : NULL,
                             .user = cli};
    const gws_status done = gws_convert_run(set, &how, &files, &err);
    gws_bar_clear(&bar);
    if (done != GWS_OK || gws_cli_commit(cli, &err) != GWS_OK)
        goto fail;
    for (int i = 0; i < gws_strain_ifos(set); i++)
        gws_losses_print(NULL, set, &i, 1, 0);
    if (many)
        gws_cli_log(GWS_LOG_INFO, "%lld file%s", (long long)files, files == 1 ? "" : "s");
    status = gws_cli_done(cli);
    goto done;
fail:
    status = gws_cli_fail(cli, &err);
done:
    gws_strain_destroy(set);
    gws_pool_destroy(pool);
    return status;
}

int gws_cmd_convert(gws_cli *cli, int argc, char **argv)
{
    wish w = {.out_path = NULL};
    int n_inputs = 0;
    char **inputs = NULL;
    const gws_opt options[] = {
        GWS_OPT_OUTPUT_AS(&w.out_path, GWS_OPT_TO_STRAIN, "strain; the ending is the format (needed)"),
        {0, "layout", GWS_OPT_STRING, &w.layout, "NAME", "of HDF5, whatever its ending: gwosc, mlgwsc or gwpy", 0},
        {0, "detectors", GWS_OPT_STRING, &w.detectors, "LIST", "these and no others, H1,L1", 0},
        {0, "rate", GWS_OPT_INT, &w.rate_hz, "HZ", "another rate, which divides that of the input", 0},
        {0, "duration", GWS_OPT_INT, &w.duration_s, "S", "a file for each stretch of so many seconds", 0},
        {0, "per-detector", GWS_OPT_FLAG, &w.per_detector, NULL, "a file for each detector", 0},
        {0, "name", GWS_OPT_STRING, &w.channel, "NAME", "channel, without H1: (default: the input's, else STRAIN)", 0},
        GWS_OPT_KEEP(&w.keep),
        GWS_OPTS_SELECT(&cli->select),
        GWS_OPT_THREADS(&w.threads),
    };
    const gws_opts opts = {
        .usage = "INPUT... -o OUT.{hdf,hdf5,h5,gwf,txt,csv,npy,npz,wav} [--rate HZ] [--duration S] [--per-detector]",
        .about =
            "Write strain in another format, or a part of it, or at another rate.  The ending of the output chooses: .hdf is "
            "MLGWSC-1's\n"
            "layout, .hdf5 GWOSC's, .h5 gwpy's; .txt.gz and .csv.gz are packed; .hdf .h5 .gwf .npz hold several detectors.\n"
            "With --duration or --per-detector many files are written: -o FOLDER/NAME.gwf makes\n"
            "FOLDER/H-H1_NAME-START-DURATION.gwf.  Those that are there with the same bytes stay: a run that was stopped goes on.\n"
            "Gaps are NaN, in .hdf the ends of stretches, and refused by .wav.  .hdf5 and .gwf get the input's quality masks; for "
            "the\n"
            "others the seconds that masks exclude are gaps unless --keep says otherwise.  At another rate the samples whose "
            "filter\n"
            "reaches beyond an end or into a gap are gaps, some 58 of the new rate.  A .wav is scaled to a largest value of 1.",
        .examples =
            "gwspike convert frames/ -o day.hdf\n"
            "gwspike convert H-H1_LOSC_4_V2-1126259446-32.hdf5 -o h.gwf --gps-start-time 1126259460 --gps-end-time 1126259464\n"
            "gwspike convert day.hdf -o replay/SIM.gwf --duration 1 --per-detector\n"
            "gwspike convert --rate 2048 H-H1_GWOSC_16KHZ_R1-1126259447-32.hdf5 -o h.npz",
        .options = options,
        .n_options = (int)(sizeof options / sizeof options[0]),
        .min_inputs = 1,
        .max_inputs = -1,
        .input = "at least one strain file",
    };
    gws_err err = {0};
    const int parsed = gws_opts_parse(cli, &opts, argc, argv, &inputs, &n_inputs);

    if (parsed != GWS_OPTS_RUN)
        return parsed;
    if (!w.out_path)
        return gws_cli_misuse(cli, "wants -o FILE");
    const gws_save_format *format = gws_save_find(w.out_path, w.layout, &err);
    if (!format)
        return gws_cli_misuse(cli, "%s", err.text);
    if (gws_opts_given(cli, &opts, "rate") && (w.rate_hz < 1 || w.rate_hz > 1048576))
        return gws_cli_misuse(cli, "--rate %lld, wanted 1 to 1048576 Hz", (long long)w.rate_hz);
    if (gws_opts_given(cli, &opts, "duration") && (w.duration_s < 1 || w.duration_s > 10000000))
        return gws_cli_misuse(cli, "--duration %lld, wanted 1 to 10000000 s", (long long)w.duration_s);
    if (w.channel && (strlen(w.channel) > 190 || strpbrk(w.channel, "/ \t\n") || !*w.channel))
        return gws_cli_misuse(cli, "--name wants a word of at most 190 bytes without '/', got '%.80s'", w.channel);
    if (gws_keep_parse(w.keep, &w.use))
        return gws_cli_misuse(cli, "--keep is cat1, injections or cat1,injections, got '%s'", w.keep);
    if (format->masks && w.keep)
        return gws_cli_misuse(cli, "--keep is for formats without masks; %s has them, and all that they say", format->what);
    w.use.cat1 |= format->masks;
    w.use.injections |= format->masks;
    w.use.whitened = format->whitened;
    w.use.repeated = w.rate_hz == 0;
    return run_wish(cli, &w, format, inputs, n_inputs);
}
