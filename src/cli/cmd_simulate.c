/* gwspike simulate - noise and injections, to HDF5; or injections into recorded strain. */
#include "base/ini.h"
#include "cli/inputs.h"
#include "cli/opts.h"
#include "cli/quality.h"
#include "ligolw/reader.h"
#include "sim/mlgwsc_files.h"
#include "sim/population.h"
#include "sim/writer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --mlgwsc: which set, and which files of it. */
typedef struct challenge {
    int64_t set, offset_s;
    gws_mlgwsc_files files;
    const char *folder, *noise, *injection_file, *approximant;
    int taper;
} challenge;

static int simulate_challenge(gws_cli *cli, const challenge *c, double duration_s, int64_t seed, int64_t threads)
{
    gws_mlgwsc_set_params p = gws_mlgwsc_set_defaults();
    gws_sim_how how = {.command = cli->command};
    gws_mlgwsc_written written;
    gws_bar bar = gws_bar_start();
    bar.unit = GWS_REAL_TIME;
    bar.each = 1;
    gws_err err = {0};

    if (c->set < 1 || c->set > 4)
        return gws_cli_misuse(cli, "--mlgwsc %lld: wanted 1, 2, 3 or 4", (long long)c->set);
    if (!c->files.foreground && !c->files.background && !c->files.injections)
        return gws_cli_misuse(cli, "--mlgwsc wants at least one of -f FG.hdf, -b BG.hdf, -i INJ.hdf");
    if (!isnan(duration_s) && (!(duration_s >= 1 && duration_s <= 1e8) || duration_s != floor(duration_s)))
        return gws_cli_misuse(cli, "--duration %g: wanted whole seconds, 1 to 1e8", duration_s);
    if (c->offset_s < 0 || seed < 0 || seed > UINT32_MAX)
        return gws_cli_misuse(cli, "--start-offset %lld, --seed %lld: wanted 0 or more, and 0 to 4294967295",
                              (long long)c->offset_s, (long long)seed);
    p.noise.dataset = (int)c->set;
    p.noise.seed = seed;
    p.noise.start_offset_s = c->offset_s;
    if (!isnan(duration_s))
        p.noise.duration_s = (int64_t)duration_s;
    p.injections = c->injection_file;
    p.approximant = c->approximant;
    p.taper = c->taper;
    p.noise.real_noise = c->noise;
    how.progress = (gws_progress){gws_bar_show, &bar};
    p.noise.folder = gws_cli_mlgwsc(cli, c->folder, &err);
    int done = p.noise.folder && (how.pool = gws_cli_pool(cli, threads, &err)) &&
               gws_mlgwsc_set_write(&p, &c->files, &how, &written, &err) == GWS_OK && gws_cli_commit(cli, &err) == GWS_OK;
    gws_bar_clear(&bar);
    gws_pool_destroy(how.pool);
    if (!done)
        return gws_cli_fail(cli, &err);
    gws_cli_log(GWS_LOG_INFO, "MLGWSC-1 set %d, seed %lld: %.6g s in %d segment%s of H1 and L1", p.noise.dataset,
                (long long)p.noise.seed, written.seconds, written.n_segments, written.n_segments == 1 ? "" : "s");
    if (c->injection_file && !gws_ligolw_is_name(c->injection_file))
        gws_cli_warn_columns(c->injection_file, gws_source_takes);
    return gws_cli_done(cli);
}

/* What the user asked for. */
typedef struct wish {
    challenge mlgwsc;
    gws_sim_params p;
    gws_contaminate_params extra;
    gws_sim_files files;
    const char *population, *detectors, *glitches, *waves;
    double duration_s, start_s, step_s;
    int64_t seed, threads, rate_hz;
    int no_sources;
    gws_opt_list into;
} wish;

static int counts_snr(const wish *w)
{
    return !w->no_sources || w->glitches || w->extra.line_snr != 0;
}

/* What a population cannot have together with the options.  notes: keys that nothing uses, to be named once the work is done. */
static gws_status check_population(const gws_cli *cli, const gws_opts *opts, const char *path, char *notes, size_t room,
                                   gws_err *err)
{
    gws_ini *ini = gws_ini_load(path, err);
    gws_population *p = ini ? gws_population_create(ini, err) : NULL;
    gws_status status = p ? GWS_OK : err->status;
    const char *name;
    size_t used = 0;

    if (p && gws_opts_given(cli, opts, "step") && gws_population_sets(p, "tc"))
        status = gws_err_set(err, GWS_EARG, "%s sets tc: one signal at that time, and --step has nothing to say", path);
    for (int i = -1; status == GWS_OK && used < room && (name = gws_population_unused(p, &i));)
        used += (size_t)snprintf(notes + used, room - used, "%s%s", used ? ", " : "", name);
    gws_population_destroy(p);
    gws_ini_destroy(ini);
    return status;
}

/* Words that do not go together, and numbers that make no sense: 0, or the exit status after the message. */
static int check(const gws_cli *cli, const gws_opts *opts, wish *w)
{
    const int makes_signals = w->mlgwsc.files.foreground || w->files.injections;
    const gws_opt_rule rules[] = {
        {w->mlgwsc.set != 0, "foreground background start-offset injection-file approximant taper real-noise mlgwsc-data",
         "goes with --mlgwsc"},
        {w->mlgwsc.set == 0,
         "output config psd detectors start rate snr-min snr-max step no-signals no-noise into glitches glitch-snr-min "
         "glitch-snr-max "
         "truth lines cw drift drift-time gaps gap-length",
         "does not go with --mlgwsc, which makes a data set of its own"},
        {w->mlgwsc.set == 4, "real-noise", "goes with --mlgwsc 4"},
        {makes_signals, "injection-file", "is of signals, which -f and -i have"},
        {w->mlgwsc.files.foreground != NULL, "approximant taper", "is of signals in strain, which -f has"},
        {w->into.n == 0, "duration start rate detectors no-noise drift drift-time",
         "does not go with --into, which takes times, rate, detectors and noise from the files"},
        {!w->no_sources, "config injections snr-min snr-max step", "contradicts --no-signals"},
        {!w->p.no_noise, "drift drift-time", "contradicts --no-noise"},
        {w->p.snr_max != 0, "snr-min", "goes with --snr-max"},
        {w->glitches != NULL, "glitch-snr-min glitch-snr-max truth", "goes with --glitches"},
        {w->p.drift != 0, "drift-time", "goes with --drift"},
        {w->extra.gaps_per_hour != 0, "gap-length", "goes with --gaps"},
        {w->into.n == 0 || counts_snr(w), "psd", "counts SNRs, and here nothing has one"},
    };
    if (gws_opts_check(cli, opts, rules, (int)(sizeof rules / sizeof rules[0])))
        return 2;
    if (w->mlgwsc.set)
        return 0;
    if (!w->files.strain || (isnan(w->duration_s) && w->into.n == 0))
        return gws_cli_misuse(cli, "wants --duration S and -o FILE");
    w->rate_hz = w->rate_hz == INT64_MIN ? w->p.rate_hz : w->rate_hz;
    w->start_s = isnan(w->start_s) ? 1238205077 : w->start_s;
    if (w->into.n == 0 && (!(w->duration_s > 0 && w->duration_s <= 1e8) || w->rate_hz < 16 || w->rate_hz > 65536 || w->rate_hz % 2))
        return gws_cli_misuse(cli, "--duration %g s at --rate %lld Hz: wanted up to 1e8 s, an even rate of 16 to 65536 Hz",
                              w->duration_s, (long long)w->rate_hz);
    if (!(w->start_s >= 0 && w->start_s <= 4e9) || w->start_s != floor(w->start_s))
        return gws_cli_misuse(cli, "--start %.10g: wanted whole GPS seconds", w->start_s);
    if (w->no_sources && (w->p.no_noise || w->into.n > 0) && !w->glitches && !w->waves && w->extra.line_snr == 0)
        return gws_cli_misuse(cli, "--no-signals with --no-noise or --into leaves nothing to add");
    return 0;
}

/* The state of a run. */
typedef struct run {
    gws_sim_how how;
    gws_pulsar *pulsars;
    gws_strain_set *into;
    gws_sim_input input;
    gws_ini *population;
    char unused[400]; /* keys of the population */
} run;

/* Read what the words name. */
static gws_status prepare(const gws_cli *cli, const gws_opts *opts, wish *w, run *r, gws_err *err)
{
    if (!(r->how.pool = gws_cli_pool(cli, w->threads, err)))
        return err->status;
    if (w->glitches && gws_glitch_rates_parse(w->glitches, &w->extra.glitch, err) != GWS_OK)
        return err->status;
    if (w->waves && gws_pulsars_read(w->waves, &r->pulsars, &w->extra.n_pulsars, err) != GWS_OK)
        return err->status;
    w->extra.pulsars = r->pulsars;
    if (w->into.n > 0) {
        if (!(r->into = gws_cli_strain(cli, w->into.words, w->into.n, NULL, r->how.pool, err)) ||
            gws_sim_input_take(r->into, &w->p, &r->input, err) != GWS_OK)
            return err->status;
        if (counts_snr(w) && !gws_opts_given(cli, opts, "psd") && gws_sim_input_measure(&r->input, &w->p, err) != GWS_OK)
            return err->status;
    }
    if (w->population && (check_population(cli, opts, w->population, r->unused, sizeof r->unused, err) != GWS_OK ||
                          !(r->population = gws_ini_load(w->population, err))))
        return err->status;
    w->p.population = r->population;
    return GWS_OK;
}

static int simulate(gws_cli *cli, const gws_opts *opts, wish *w)
{
    const int disturbed = w->glitches || w->waves || w->extra.line_snr != 0 || w->extra.gaps_per_hour != 0;
    gws_sim_written written = {0};
    gws_bar bar = gws_bar_start();
    run r = {.how = {.command = cli->command, .progress = {gws_bar_show, &bar}}};
    gws_err err = {0};

    int done = prepare(cli, opts, w, &r, &err) == GWS_OK;
    bar.unit = GWS_REAL_TIME;
    bar.each = 1.0 / w->p.rate_hz;
    done =
        done &&
        gws_sim_write(&w->p, disturbed ? &w->extra : NULL, r.into ? &r.input : NULL, &w->files, &r.how, &written, &err) == GWS_OK &&
        gws_cli_commit(cli, &err) == GWS_OK;
    gws_bar_clear(&bar);
    if (done) {
        if (r.unused[0])
            gws_cli_log(GWS_LOG_WARNING, "%s: not used: %s", w->population, r.unused);
        gws_cli_log(GWS_LOG_INFO, "%s: %.6g s of %s at %d Hz, %d signal%s", w->files.strain, (double)w->p.n / w->p.rate_hz,
                    written.detectors, w->p.rate_hz, written.n_sources, written.n_sources == 1 ? "" : "s");
        for (int i = 0; r.into && i < w->p.n_ifo; i++)
            gws_losses_print(NULL, r.into, &i, 1, 0);
        if (w->files.truth)
            gws_cli_log(GWS_LOG_INFO, "%s: %lld glitch%s", w->files.truth, (long long)written.n_glitches,
                        written.n_glitches == 1 ? "" : "es");
    }
    const int status = done ? gws_cli_done(cli) : gws_cli_fail(cli, &err);
    gws_sim_input_clear(&r.input);
    gws_strain_destroy(r.into);
    free(r.pulsars);
    gws_ini_destroy(r.population);
    gws_pool_destroy(r.how.pool);
    return status;
}

/* The parameters that follow from the words; runs. */
static int run_wish(gws_cli *cli, const gws_opts *opts, wish *w)
{
    gws_err err = {0};
    char *names;

    if (w->mlgwsc.set) {
        w->mlgwsc.files.injections = w->files.injections;
        return simulate_challenge(cli, &w->mlgwsc, w->duration_s, w->seed, w->threads);
    }
    if (!(names = strdup(w->detectors ? w->detectors : "H1,L1"))) {
        gws_err_set(&err, GWS_ENOMEM, "no memory for the names of detectors");
        return gws_cli_fail(cli, &err);
    }
    if ((w->p.n_ifo = gws_cli_detectors(names, w->p.ifo)) < 0) {
        free(names);
        return gws_cli_misuse(cli, "--detectors '%s': wanted one to %d different ones, as H1,L1", w->detectors, GWS_MAX_IFO);
    }
    w->p.rate_hz = (int)w->rate_hz;
    w->p.begin = (int64_t)w->start_s * w->rate_hz;
    w->p.n = w->into.n > 0 ? 0 : llround(w->duration_s * (double)w->rate_hz);
    w->p.seed = (uint64_t)w->seed;
    w->p.step_s = w->no_sources ? 0 : w->step_s;
    const int status = simulate(cli, opts, w);
    free(names);
    return status;
}

static const char usage[] = "[-c POPULATION.ini] [--psd NAME|FILE] [--detectors H1,L1] --duration S\n"
                            "    [-s K] -o OUT.hdf [-i INJ.hdf] [--glitches LIST] [--truth TRUTH.hdf]\n"
                            "gwspike simulate --into FILE... [-c POPULATION.ini] [--psd NAME|FILE] [-s K] -o OUT.hdf [-i INJ.hdf]\n"
                            "gwspike simulate --mlgwsc N [--duration S] [-s K] [-f FG.hdf] [-b BG.hdf] [-i INJ.hdf]";
static const char about[] =
    "Make coloured Gaussian noise with signals of merging black holes.  Each sample is a function of the parameters\n"
    "and the seed alone: with --no-signals the noise is that of the run with them, sample by sample.\n"
    "Glitches, lines, continuous waves and gaps are added to either noise or recorded strain.  Their SNRs and those of\n"
    "--snr-min count in the curve --psd; with --into, unless told otherwise, in the one measured in each detector's data\n"
    "(Welch's median, segments of 4 s).  A signal that falls into a gap is listed in INJ.hdf; a glitch that does is not\n"
    "listed in TRUTH.hdf, whose group glitches has time, ifo, family, snr, f and duration of each.\n\n"
    "A population that sets tc, as a number or by a law, makes one signal, at that time.\n\n"
    "With --mlgwsc it is a data set of the machine-learning mock data challenge: the samples, injections, layout and\n"
    "attributes that the challenge's generate_data.py gives for that seed.  The same data need not be written at all: an\n"
    "input named sim:mlgwsc=N,seed=K,duration=S,part=fg (or bg) stands for the file wherever strain is read.";
static const char examples[] =
    "gwspike simulate --duration 600 -s 1 -o foreground.hdf -i injections.hdf\n"
    "gwspike simulate --duration 600 -s 1 --no-signals -o background.hdf\n"
    "gwspike simulate -c ds1.ini --psd aLIGOZeroDetHighPower --detectors H1,L1,V1 --duration 3600 -o sim.hdf\n"
    "gwspike simulate --duration 3600 --no-signals --glitches blip=20,scattered=10 --truth glitches.hdf -o sim.hdf\n"
    "gwspike simulate --duration 3600 --lines 10 --drift 0.2 --gaps 4 --cw f0=100.5,h0=1e-23,ra=1.2,dec=0.3 -o sim.hdf\n"
    "gwspike simulate --into H-H1_GWOSC.hdf5 L-L1_GWOSC.hdf5 --snr-min 8 --snr-max 20 -o mixed.hdf -i injections.hdf\n"
    "gwspike simulate --mlgwsc 1 --duration 86400 -s 7 -f fg.hdf -b bg.hdf -i inj.hdf\n"
    "gwspike detect sim:mlgwsc=1,seed=7,duration=86400,part=fg -o fg_events.hdf";

int gws_cmd_simulate(gws_cli *cli, int argc, char **argv)
{
    wish w = {.p = gws_sim_defaults(), .extra = gws_contaminate_defaults(), .rate_hz = INT64_MIN};
    w.duration_s = w.start_s = (double)NAN;
    w.step_s = w.p.step_s;
    const gws_opt options[] = {
        GWS_OPT_OUTPUT(&w.files.strain, "strain, f64, in the layout of MLGWSC-1 input (needed)"),
        {'i', "injections", GWS_OPT_STRING, &w.files.injections, "INJ.hdf", "also write the table of injected signals",
         GWS_OPT_TO_HDF5},
        {'c', "config", GWS_OPT_STRING, &w.population, "FILE",
         "population of sources, PyCBC-style .ini (default: MLGWSC-1's first)", 0},
        {0, "psd", GWS_OPT_STRING, &w.p.psd, "NAME|FILE",
         "noise curve: LALSimulation's name or a file (default aLIGOZeroDetHighPower; with --into the data's own)", 0},
        {0, "detectors", GWS_OPT_STRING, &w.detectors, "LIST", "comma-separated (default H1,L1)", 0},
        {0, "duration", GWS_OPT_DOUBLE, &w.duration_s, "S", "seconds to make (needed without --into)", 0},
        {0, "start", GWS_OPT_DOUBLE, &w.start_s, "GPS", "time of the first sample, whole seconds (default 1238205077)", 0},
        {0, "rate", GWS_OPT_INT, &w.rate_hz, "HZ", "samples per second (default 2048)", 0},
        {0, "snr-min", GWS_OPT_DOUBLE, &w.p.snr_min, "X",
         "draw network SNRs uniformly from here ... (default: distances of the population)", 0},
        {0, "snr-max", GWS_OPT_DOUBLE, &w.p.snr_max, "X", "... to here", 0},
        {0, "step", GWS_OPT_DOUBLE, &w.step_s, "S", "least time from one signal to the next; up to 6 s more (default 24)", 0},
        {0, "no-signals", GWS_OPT_FLAG, &w.no_sources, NULL, "noise alone; the same noise as with signals", 0},
        {0, "no-noise", GWS_OPT_FLAG, &w.p.no_noise, NULL, "signals alone", 0},
        {0, "mlgwsc", GWS_OPT_INT, &w.mlgwsc.set, "N", "make data set 1, 2, 3 or 4 of MLGWSC-1 instead, as -f, -b and -i", 0},
        {'f', "foreground", GWS_OPT_STRING, &w.mlgwsc.files.foreground, "FG.hdf", "with --mlgwsc: noise and signals",
         GWS_OPT_TO_HDF5},
        {'b', "background", GWS_OPT_STRING, &w.mlgwsc.files.background, "BG.hdf", "with --mlgwsc: the same noise alone",
         GWS_OPT_TO_HDF5},
        {0, "start-offset", GWS_OPT_INT, &w.mlgwsc.offset_s, "S", "with --mlgwsc: seconds of the plan to skip (default 0)", 0},
        {0, "injection-file", GWS_OPT_STRING, &w.mlgwsc.injection_file, "FILE",
         "with --mlgwsc: injections, PyCBC's HDF5 or sim_inspiral in .xml, .xml.gz (default: drawn from the seed)", 0},
        {0, "approximant", GWS_OPT_STRING, &w.mlgwsc.approximant, "NAME", "with --mlgwsc: waveform in place of the table's", 0},
        {0, "taper", GWS_OPT_FLAG, &w.mlgwsc.taper, NULL,
         "with --mlgwsc: fade signals in as the table asks, which PyCBC 2.11 does not", 0},
        {0, "real-noise", GWS_OPT_STRING, &w.mlgwsc.noise, "FILE",
         "with --mlgwsc 4: real noise in the challenge's layout (default: real_noise_file.hdf in that folder)", 0},
        {0, "mlgwsc-data", GWS_OPT_STRING, &w.mlgwsc.folder, "DIR",
         "folder of the challenge's segments.csv and psds (default: $GWSPIKE_MLGWSC, ., the installed one)", 1},
        {0, "into", GWS_OPT_LIST, &w.into, "FILE...", "add to this strain, at its times and rate, instead of to noise", 0},
        {0, "glitches", GWS_OPT_STRING, &w.glitches, "LIST",
         "so many an hour in each detector, as blip=4,tomte=1,whistle=0.5,scattered=2,lowfreq=6", 0},
        {0, "glitch-snr-min", GWS_OPT_DOUBLE, &w.extra.glitch.snr_min, "X",
         "SNRs of glitches: a power law (index -3) from here (default 7.5) ...", 0},
        {0, "glitch-snr-max", GWS_OPT_DOUBLE, &w.extra.glitch.snr_max, "X", "... to here (default 100)", 0},
        {0, "truth", GWS_OPT_STRING, &w.files.truth, "FILE", "also write the table of glitches", GWS_OPT_TO_HDF5},
        {0, "lines", GWS_OPT_DOUBLE, &w.extra.line_snr, "X",
         "mains lines with sidebands; X is the fundamental's SNR in one second (default 0: none)", 0},
        {0, "cw", GWS_OPT_STRING, &w.waves, "FILE|LIST",
         "continuous waves: .ini with a pulsar a section, or one as f0=100.5,fdot=-1e-9,h0=1e-24,ra=1.2,dec=0.3", 0},
        {0, "drift", GWS_OPT_DOUBLE, &w.p.drift, "X", "the noise level drifts: standard deviation of its logarithm (default 0)", 0},
        {0, "drift-time", GWS_OPT_DOUBLE, &w.p.drift_s, "S", "time in which it forgets (default 300)", 0},
        {0, "gaps", GWS_OPT_DOUBLE, &w.extra.gaps_per_hour, "X", "gaps an hour in each detector (default 0)", 0},
        {0, "gap-length", GWS_OPT_DOUBLE, &w.extra.gap_s, "S", "their mean length, exponentially distributed (default 10)", 0},
        GWS_OPT_SEED(&w.seed),
        GWS_OPT_THREADS(&w.threads),
    };
    const gws_opts opts = {
        .usage = usage,
        .about = about,
        .examples = examples,
        .options = options,
        .n_options = (int)(sizeof options / sizeof options[0]),
        .max_inputs = 0,
    };
    int parsed = gws_opts_parse(cli, &opts, argc, argv, NULL, NULL);
    if (parsed != GWS_OPTS_RUN)
        return parsed;
    const int misused = check(cli, &opts, &w);
    return misused ? misused : run_wish(cli, &opts, &w);
}
