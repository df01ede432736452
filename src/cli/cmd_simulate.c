/* gwspike simulate - noise and injections, to HDF5; or injections into recorded strain. */
#include "base/ini.h"
#include "base/log.h"
#include "cli/mlgwsc_files.h"
#include "cli/opts.h"
#include "cli/quality.h"
#include "sim/contaminate.h"
#include "strain/mlgwsc.h"
#include "sim/population.h"
#include "sim/simulate.h"
#include "strain/strain.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_S 64
#define CURVE_SEGMENT_S 4 /* of the curve of recorded strain */
#define CURVE_MOST_S 4096

/* One detector's stretch being made; each has a simulation of its own, so that threads share nothing. */
typedef struct job {
    gws_sim *sim[GWS_SIM_IFOS];
    gws_contaminate *extra[GWS_SIM_IFOS]; /* NULL: none */
    gws_strain_set *into;                 /* NULL: noise is made */
    double *h[GWS_SIM_IFOS], *signal[GWS_SIM_IFOS];
    int64_t written[GWS_SIM_IFOS]; /* absolute sample where a detector's open segment ends; -1: none is open */
    gws_status status[GWS_SIM_IFOS];
    gws_err err[GWS_SIM_IFOS];
    int64_t begin, n;
} job;

static void fill_task(void *user, int task, int thread)
{
    job *j = user;

    j->status[task] = gws_sim_fill(j->sim[task], task, j->begin, j->n, j->into ? j->signal[task] : j->h[task], &j->err[task]);
    for (int64_t i = 0; j->into && i < j->n; i++)
        j->h[task][i] += j->signal[task][i];
    if (j->extra[task])
        gws_contaminate_add(j->extra[task], j->begin, j->n, j->h[task]);
}

/* Write what is not a gap; a segment ends where a gap begins. */
static gws_status write_runs(job *j, int ifo, const gws_sim_params *p, gws_mlgwsc_writer *w, gws_err *err)
{
    gws_status st = GWS_OK;
    const double *h = j->h[ifo];

    for (int64_t from = 0, to; from < j->n && st == GWS_OK; from = to) {
        int there = isnan(h[from]) == 0;
        for (to = from + 1; to < j->n && (isnan(h[to]) == 0) == there; to++)
            ;
        if (!there)
            continue;
        if (j->written[ifo] != j->begin + from)
            st = gws_mlgwsc_writer_segment(w, p->ifo[ifo], p->rate_hz, j->begin + from, err);
        if (st == GWS_OK)
            st = gws_mlgwsc_writer_append_f64(w, p->ifo[ifo], h + from, to - from, err);
        j->written[ifo] = j->begin + to;
    }
    return st;
}

/* First sample from `at` on of which any file has data; `end` when there is none. */
static int64_t next_data(const gws_strain_set *set, int64_t at, int64_t end)
{
    int64_t next = end;

    for (int i = 0; i < gws_strain_ifos(set); i++) {
        gws_strain_info info;
        gws_strain_describe(set, i, &info);
        for (int s = 0; s < info.n_spans; s++)
            if (info.spans[s].end > at) {
                next = info.spans[s].begin < at ? at : info.spans[s].begin < next ? info.spans[s].begin : next;
                break;
            }
    }
    return next;
}

static gws_status write_strain(job *j, const gws_sim_params *p, gws_pool *pool, gws_mlgwsc_writer *w, gws_truth *truth,
                               gws_bar *bar, gws_err *err)
{
    gws_status st = GWS_OK;

    for (int i = 0; i < p->n_ifo; i++)
        j->written[i] = -1;
    for (int64_t at = 0; at < p->n && st == GWS_OK; at += j->n) {
        if (j->into && (at = next_data(j->into, p->begin + at, p->begin + p->n) - p->begin) == p->n)
            break;
        j->begin = p->begin + at;
        j->n = p->n - at < (int64_t)CHUNK_S * p->rate_hz ? p->n - at : (int64_t)CHUNK_S * p->rate_hz;
        for (int i = 0; j->into && i < p->n_ifo && st == GWS_OK; i++)
            st = gws_strain_read(j->into, i, j->begin, j->begin + j->n, j->h[i], err);
        if (st != GWS_OK)
            return st;
        gws_pool_run(pool, p->n_ifo, fill_task, j);
        for (int i = 0; i < p->n_ifo && st == GWS_OK; i++) {
            if ((st = j->status[i]) != GWS_OK)
                *err = j->err[i];
            else
                st = write_runs(j, i, p, w, err);
            if (st == GWS_OK && truth)
                st = gws_truth_add(truth, j->extra[i], j->begin, j->n, j->h[i], err);
        }
        if (st == GWS_OK && gws_bar_show(bar, (double)(at + j->n), (double)p->n, "simulating"))
            st = gws_err_set(err, GWS_ESTOP, "stopped");
    }
    return st;
}

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
    gws_err err = {0};
    gws_pool *pool = NULL;

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
    p.noise.folder = gws_cli_mlgwsc(cli, c->folder, &err);
    gws_status st = p.noise.folder && (pool = gws_cli_pool(cli, threads, &err))
                        ? gws_mlgwsc_set_write(cli, &p, &c->files, pool, &err)
                        : GWS_EIO;
    gws_pool_destroy(pool);
    if (st == GWS_OK && c->injection_file)
        gws_cli_note_columns(cli, c->injection_file, gws_source_takes);
    return st == GWS_OK ? gws_cli_done(cli) : gws_cli_fail(cli, &err);
}

/* "H1,L1" */
static void join_detectors(const gws_sim_params *p, char *out)
{
    out[0] = '\0';
    for (int i = 0; i < p->n_ifo; i++)
        snprintf(out + strlen(out), 5, "%s%.3s", i ? "," : "", p->ifo[i]);
}

/* Detectors, rate and times of recorded strain. */
static gws_status describe_input(const gws_strain_set *set, gws_sim_params *p, gws_strain_info *info, gws_err *err)
{
    int64_t end = INT64_MIN;
    _Static_assert(GWS_MAX_IFO == GWS_SIM_IFOS, "a detector of the files is one of the simulation");

    p->n_ifo = gws_strain_ifos(set);
    p->begin = INT64_MAX;
    for (int i = 0; i < p->n_ifo; i++) {
        gws_strain_describe(set, i, &info[i]);
        if (info[i].rate_hz != info[0].rate_hz)
            return gws_err_set(err, GWS_EDATA, "%s is sampled at %d Hz, %s at %d Hz; wanted one rate", info[0].ifo, info[0].rate_hz,
                               info[i].ifo, info[i].rate_hz);
        p->ifo[i] = info[i].ifo;
        p->begin = info[i].spans[0].begin < p->begin ? info[i].spans[0].begin : p->begin;
        end = info[i].spans[info[i].n_spans - 1].end > end ? info[i].spans[info[i].n_spans - 1].end : end;
    }
    p->rate_hz = info[0].rate_hz;
    p->n = end - p->begin;
    return GWS_OK;
}

/* The curves of recorded strain: Welch's median over the longest unbroken stretch of each detector. */
static gws_status measure(gws_strain_set *set, gws_sim_params *p, gws_psd *out, gws_err *err)
{
    for (int i = 0; i < p->n_ifo; i++) {
        gws_strain_run s;
        int64_t segment = (int64_t)CURVE_SEGMENT_S * p->rate_hz;
        gws_status st = gws_strain_stretch(set, i, (double)NAN, CURVE_MOST_S, &s, err);
        if (st == GWS_OK)
            st = gws_psd_welch(s.h, s.n, p->rate_hz, segment, segment / 2, GWS_PSD_MEDIAN, &out[i], err);
        free(s.h);
        if (st != GWS_OK) {
            gws_err_prefix(err, "%s: its noise curve cannot be measured, in which SNRs count (--psd names one)", p->ifo[i]);
            return st;
        }
        p->measured[i] = &out[i];
    }
    return GWS_OK;
}

/* What a population cannot have together with the options.  notes: keys that nothing uses, to be named once the work is done. */
static gws_status check_population(const gws_cli *cli, const gws_opts *opts, const char *path, char *notes, size_t room,
                                   gws_err *err)
{
    gws_ini *ini = gws_ini_load(path, err);
    gws_population *p = ini ? gws_population_create(ini, err) : NULL;
    gws_status st = p ? GWS_OK : err->status;
    const char *name;
    size_t used = 0;

    if (p && gws_opts_given(cli, opts, "step") && gws_population_sets(p, "tc"))
        st = gws_err_set(err, GWS_EARG, "%s sets tc: one signal at that time, and --step has nothing to say", path);
    for (int i = -1; st == GWS_OK && used < room && (name = gws_population_unused(p, &i));)
        used += (size_t)snprintf(notes + used, room - used, "%s%s", used ? ", " : "", name);
    gws_population_destroy(p);
    gws_ini_destroy(ini);
    return st;
}

int gws_cmd_simulate(gws_cli *cli, int argc, char **argv)
{
    challenge mlgwsc = {0};
    gws_sim_params p = gws_sim_defaults();
    gws_contaminate_params extra = gws_contaminate_defaults();
    const char *population = NULL, *out_path = NULL, *injections = NULL, *detectors = NULL;
    const char *glitches = NULL, *truth_path = NULL, *waves = NULL;
    double duration_s = (double)NAN, start_s = (double)NAN, step_s = p.step_s;
    int64_t seed = 0, threads = 0, rate_hz = INT64_MIN;
    int no_sources = 0, status = 1;
    gws_opt_list into = {0};
    gws_strain_info info[GWS_SIM_IFOS];
    gws_pulsar *pulsars = NULL;
    gws_truth *truth = NULL;
    gws_psd measured[GWS_SIM_IFOS] = {{0}};
    char *names = NULL, used[4 * GWS_SIM_IFOS + 1], unused[400] = "";
    const gws_opt options[] = {
        GWS_OPT_OUTPUT(&out_path, "strain, f64, in the layout of MLGWSC-1 input (needed)"),
        {'i', "injections", GWS_OPT_STRING, &injections, "INJ.hdf", "also write the table of injected signals", GWS_OPT_TO_HDF5},
        {'c', "config", GWS_OPT_STRING, &population, "FILE", "population of sources, PyCBC-style .ini (default: MLGWSC-1's first)",
         0},
        {0, "psd", GWS_OPT_STRING, &p.psd, "NAME|FILE",
         "noise curve: LALSimulation's name or a file (default aLIGOZeroDetHighPower; with --into the data's own)", 0},
        {0, "detectors", GWS_OPT_STRING, &detectors, "LIST", "comma-separated (default H1,L1)", 0},
        {0, "duration", GWS_OPT_DOUBLE, &duration_s, "S", "seconds to make (needed without --into)", 0},
        {0, "start", GWS_OPT_DOUBLE, &start_s, "GPS", "time of the first sample, whole seconds (default 1238205077)", 0},
        {0, "rate", GWS_OPT_INT, &rate_hz, "HZ", "samples per second (default 2048)", 0},
        {0, "snr-min", GWS_OPT_DOUBLE, &p.snr_min, "X",
         "draw network SNRs uniformly from here ... (default: distances of the population)", 0},
        {0, "snr-max", GWS_OPT_DOUBLE, &p.snr_max, "X", "... to here", 0},
        {0, "step", GWS_OPT_DOUBLE, &step_s, "S", "least time from one signal to the next; up to 6 s more (default 24)", 0},
        {0, "no-signals", GWS_OPT_FLAG, &no_sources, NULL, "noise alone; the same noise as with signals", 0},
        {0, "no-noise", GWS_OPT_FLAG, &p.no_noise, NULL, "signals alone", 0},
        {0, "mlgwsc", GWS_OPT_INT, &mlgwsc.set, "N", "make data set 1, 2, 3 or 4 of MLGWSC-1 instead, as -f, -b and -i", 0},
        {'f', "foreground", GWS_OPT_STRING, &mlgwsc.files.foreground, "FG.hdf", "with --mlgwsc: noise and signals",
         GWS_OPT_TO_HDF5},
        {'b', "background", GWS_OPT_STRING, &mlgwsc.files.background, "BG.hdf", "with --mlgwsc: the same noise alone",
         GWS_OPT_TO_HDF5},
        {0, "start-offset", GWS_OPT_INT, &mlgwsc.offset_s, "S", "with --mlgwsc: seconds of the plan to skip (default 0)", 0},
        {0, "injection-file", GWS_OPT_STRING, &mlgwsc.injection_file, "FILE",
         "with --mlgwsc: PyCBC injection file to use (default: drawn from the seed)", 0},
        {0, "approximant", GWS_OPT_STRING, &mlgwsc.approximant, "NAME", "with --mlgwsc: waveform in place of the table's", 0},
        {0, "taper", GWS_OPT_FLAG, &mlgwsc.taper, NULL,
         "with --mlgwsc: fade signals in as the table asks, which PyCBC 2.11 does not", 0},
        {0, "real-noise", GWS_OPT_STRING, &mlgwsc.noise, "FILE",
         "with --mlgwsc 4: real noise in the challenge's layout (default: real_noise_file.hdf in that folder)", 0},
        {0, "mlgwsc-data", GWS_OPT_STRING, &mlgwsc.folder, "DIR",
         "folder of the challenge's segments.csv and psds (default: $GWSPIKE_MLGWSC, ., the installed one)", 1},
        {0, "into", GWS_OPT_LIST, &into, "FILE...", "add to this strain, at its times and rate, instead of to noise", 0},
        {0, "glitches", GWS_OPT_STRING, &glitches, "LIST",
         "so many an hour in each detector, as blip=4,tomte=1,whistle=0.5,scattered=2,lowfreq=6", 0},
        {0, "glitch-snr-min", GWS_OPT_DOUBLE, &extra.glitch.snr_min, "X",
         "SNRs of glitches: a power law (index -3) from here (default 7.5) ...", 0},
        {0, "glitch-snr-max", GWS_OPT_DOUBLE, &extra.glitch.snr_max, "X", "... to here (default 100)", 0},
        {0, "truth", GWS_OPT_STRING, &truth_path, "FILE", "also write the table of glitches", GWS_OPT_TO_HDF5},
        {0, "lines", GWS_OPT_DOUBLE, &extra.line_snr, "X",
         "mains lines with sidebands; X is the fundamental's SNR in one second (default 0: none)", 0},
        {0, "cw", GWS_OPT_STRING, &waves, "FILE|LIST",
         "continuous waves: .ini with a pulsar a section, or one as f0=100.5,fdot=-1e-9,h0=1e-24,ra=1.2,dec=0.3", 0},
        {0, "drift", GWS_OPT_DOUBLE, &p.drift, "X", "the noise level drifts: standard deviation of its logarithm (default 0)", 0},
        {0, "drift-time", GWS_OPT_DOUBLE, &p.drift_s, "S", "time in which it forgets (default 300)", 0},
        {0, "gaps", GWS_OPT_DOUBLE, &extra.gaps_per_hour, "X", "gaps an hour in each detector (default 0)", 0},
        {0, "gap-length", GWS_OPT_DOUBLE, &extra.gap_s, "S", "their mean length, exponentially distributed (default 10)", 0},
        GWS_OPT_SEED(&seed),
        GWS_OPT_THREADS(&threads),
    };
    const gws_opts opts = {
        .usage = "[-c POPULATION.ini] [--psd NAME|FILE] [--detectors H1,L1] --duration S\n"
                 "    [-s K] -o OUT.hdf [-i INJ.hdf] [--glitches LIST] [--truth TRUTH.hdf]\n"
                 "gwspike simulate --into FILE... [-c POPULATION.ini] [--psd NAME|FILE] [-s K] -o OUT.hdf [-i INJ.hdf]\n"
                 "gwspike simulate --mlgwsc N [--duration S] [-s K] [-f FG.hdf] [-b BG.hdf] [-i INJ.hdf]",
        .about =
            "Coloured Gaussian noise with signals of merging black holes.  Each sample is a function of the parameters and "
            "the seed\n"
            "alone: with --no-signals the noise is that of the run with them, sample by sample.\n"
            "Glitches, lines, continuous waves and gaps are added to either noise or recorded strain.  Their SNRs and those of\n"
            "--snr-min count in the curve --psd; with --into, unless told otherwise, in the one measured in each detector's data\n"
            "(Welch's median, segments of 4 s).  A signal that falls into a gap is listed in INJ.hdf, a glitch that does is not\n"
            "in TRUTH.hdf: group glitches with time, ifo, family, snr, f and duration of each.\n\n"
            "A population that sets tc, as a number or by a law, makes one signal, at that time.\n\n"
            "With --mlgwsc it is a data set of the machine-learning mock data challenge: the samples, injections, layout and\n"
            "attributes that the challenge's generate_data.py gives for that seed.  The same data need not be written at all: an\n"
            "input named sim:mlgwsc=N,seed=K,duration=S,part=fg (or bg) stands for the file wherever strain is read.",
        .examples =
            "gwspike simulate --duration 600 -s 1 -o foreground.hdf -i injections.hdf\n"
            "gwspike simulate --duration 600 -s 1 --no-signals -o background.hdf\n"
            "gwspike simulate -c ds1.ini --psd aLIGOZeroDetHighPower --detectors H1,L1,V1 --duration 3600 -o sim.hdf\n"
            "gwspike simulate --duration 3600 --no-signals --glitches blip=20,scattered=10 --truth glitches.hdf -o sim.hdf\n"
            "gwspike simulate --duration 3600 --lines 10 --drift 0.2 --gaps 4 --cw f0=100.5,h0=1e-23,ra=1.2,dec=0.3 -o sim.hdf\n"
            "gwspike simulate --into H-H1_GWOSC.hdf5 L-L1_GWOSC.hdf5 --snr-min 8 --snr-max 20 -o mixed.hdf -i injections.hdf\n"
            "gwspike simulate --mlgwsc 1 --duration 86400 -s 7 -f fg.hdf -b bg.hdf -i inj.hdf\n"
            "gwspike detect sim:mlgwsc=1,seed=7,duration=86400,part=fg -o fg_events.hdf",
        .options = options,
        .n_options = (int)(sizeof options / sizeof options[0]),
        .max_inputs = 0,
    };
    gws_err err = {0};
    gws_ini *ini = NULL;
    gws_mlgwsc_writer *writer = NULL;
    gws_pool *pool = NULL;
    job j = {0};
    gws_bar bar = gws_bar_start();
    int n_sources = 0, parsed = gws_opts_parse(cli, &opts, argc, argv, NULL, NULL);

    if (parsed != GWS_OPTS_RUN)
        return parsed;
    const int makes_signals = mlgwsc.files.foreground || injections, counts_snr = !no_sources || glitches || extra.line_snr != 0;
    const gws_opt_rule rules[] = {
        {mlgwsc.set != 0, "foreground background start-offset injection-file approximant taper real-noise mlgwsc-data",
         "goes with --mlgwsc"},
        {mlgwsc.set == 0,
         "output config psd detectors start rate snr-min snr-max step no-signals no-noise into glitches glitch-snr-min "
         "glitch-snr-max "
         "truth lines cw drift drift-time gaps gap-length",
         "does not go with --mlgwsc, which makes a data set of its own"},
        {mlgwsc.set == 4, "real-noise", "goes with --mlgwsc 4"},
        {makes_signals, "injection-file", "is of signals, which -f and -i have"},
        {mlgwsc.files.foreground != NULL, "approximant taper", "is of signals in strain, which -f has"},
        {into.n == 0, "duration start rate detectors no-noise drift drift-time",
         "does not go with --into, which takes times, rate, detectors and noise from the files"},
        {!no_sources, "config injections snr-min snr-max step", "contradicts --no-signals"},
        {!p.no_noise, "drift drift-time", "contradicts --no-noise"},
        {p.snr_max != 0, "snr-min", "goes with --snr-max"},
        {glitches != NULL, "glitch-snr-min glitch-snr-max truth", "goes with --glitches"},
        {p.drift != 0, "drift-time", "goes with --drift"},
        {extra.gaps_per_hour != 0, "gap-length", "goes with --gaps"},
        {into.n == 0 || counts_snr, "psd", "counts SNRs, and here nothing has one"},
    };
    if (gws_opts_check(cli, &opts, rules, (int)(sizeof rules / sizeof rules[0])))
        return 2;
    if (mlgwsc.set) {
        mlgwsc.files.injections = injections;
        return simulate_challenge(cli, &mlgwsc, duration_s, seed, threads);
    }
    if (!out_path || (isnan(duration_s) && into.n == 0))
        return gws_cli_misuse(cli, "wants --duration S and -o FILE");
    rate_hz = rate_hz == INT64_MIN ? p.rate_hz : rate_hz;
    start_s = isnan(start_s) ? 1238205077 : start_s;
    if (into.n == 0 && (!(duration_s > 0 && duration_s <= 1e8) || rate_hz < 16 || rate_hz > 65536 || rate_hz % 2))
        return gws_cli_misuse(cli, "--duration %g s at --rate %lld Hz: wanted up to 1e8 s, an even rate of 16 to 65536 Hz",
                              duration_s, (long long)rate_hz);
    if (!(start_s >= 0 && start_s <= 4e9) || start_s != floor(start_s))
        return gws_cli_misuse(cli, "--start %.10g: wanted whole GPS seconds", start_s);
    if (no_sources && (p.no_noise || into.n > 0) && !glitches && !waves && extra.line_snr == 0)
        return gws_cli_misuse(cli, "--no-signals with --no-noise or --into leaves nothing to add");
    names = strdup(detectors ? detectors : "H1,L1");
    if (!names) {
        gws_err_set(&err, GWS_ENOMEM, "no memory for the names of detectors");
        return gws_cli_fail(cli, &err);
    }
    if ((p.n_ifo = gws_cli_detectors(names, p.ifo)) < 0) {
        free(names);
        return gws_cli_misuse(cli, "--detectors '%s': wanted one to %d different ones, as H1,L1", detectors, GWS_SIM_IFOS);
    }
    p.rate_hz = (int)rate_hz;
    p.begin = (int64_t)start_s * rate_hz;
    p.n = into.n > 0 ? 0 : llround(duration_s * (double)rate_hz);
    p.seed = (uint64_t)seed;
    p.step_s = no_sources ? 0 : step_s;

    if (!(pool = gws_cli_pool(cli, threads, &err)))
        goto fail;
    if (glitches && gws_glitch_rates_parse(glitches, &extra.glitch, &err) != GWS_OK)
        goto fail;
    if (waves) {
        if (gws_pulsars_read(waves, &pulsars, &extra.n_pulsars, &err) != GWS_OK)
            goto fail;
        extra.pulsars = pulsars;
    }
    if (into.n > 0) {
        p.no_noise = 1;
        j.into = gws_cli_strain(cli, into.words, into.n, NULL, pool, &err);
        if (!j.into || describe_input(j.into, &p, info, &err) != GWS_OK)
            goto fail;
        if (counts_snr && !gws_opts_given(cli, &opts, "psd") && measure(j.into, &p, measured, &err) != GWS_OK)
            goto fail;
    }
    if (population && check_population(cli, &opts, population, unused, sizeof unused, &err) != GWS_OK)
        goto fail;
    if (truth_path && !(truth = gws_truth_create(&err)))
        goto fail;
    for (int i = 0; i < p.n_ifo; i++) {
        if (population && !(ini = gws_ini_load(population, &err)))
            goto fail;
        p.population = ini;
        if (!(j.sim[i] = gws_sim_create(&p, &err)))
            goto fail;
        gws_ini_destroy(ini);
        ini = NULL;
        if ((glitches || waves || extra.line_snr != 0 || extra.gaps_per_hour != 0) &&
            !(j.extra[i] = gws_contaminate_create(&extra, p.ifo[i], p.rate_hz, gws_sim_psd(j.sim[i], i), p.seed, &err)))
            goto fail;
        j.h[i] = malloc(sizeof **j.h * CHUNK_S * (size_t)p.rate_hz);
        j.signal[i] = j.into ? malloc(sizeof **j.signal * CHUNK_S * (size_t)p.rate_hz) : NULL;
        if (!j.h[i] || (j.into && !j.signal[i])) {
            gws_err_set(&err, GWS_ENOMEM, "no memory for %d s of strain", CHUNK_S);
            goto fail;
        }
    }
    if (!(writer = gws_mlgwsc_writer_create(out_path, &err)) || write_strain(&j, &p, pool, writer, truth, &bar, &err) != GWS_OK)
        goto fail;
    gws_h5 *f = gws_mlgwsc_writer_h5(writer);
    const char *sha256 = j.into ? gws_strain_sha256(j.into, &err) : NULL;
    join_detectors(&p, used);
    duration_s = (double)p.n / p.rate_hz;
    if ((j.into && !sha256) || gws_h5_put_attr_f64(f, "/", "duration", duration_s, &err) != GWS_OK ||
        gws_h5_put_attr_string(f, "/", "detectors", used, &err) != GWS_OK ||
        gws_h5_provenance(f, cli->command, seed, sha256, &err) != GWS_OK)
        goto fail;
    if (injections && gws_sim_write_injections(j.sim[0], injections, cli->command, &err) != GWS_OK)
        goto fail;
    if (truth && gws_truth_save(truth, truth_path, cli->command, p.seed, &err) != GWS_OK)
        goto fail;
    gws_status st = gws_mlgwsc_writer_commit(writer, &err);
    writer = NULL;
    if (st != GWS_OK || gws_cli_commit(cli, &err) != GWS_OK)
        goto fail;
    gws_bar_clear(&bar);
    gws_sim_sources(j.sim[0], &n_sources);
    if (unused[0])
        gws_cli_note("gwspike simulate: %s: not used: %s", population, unused);
    gws_cli_note("%s: %.6g s of %s at %d Hz, %d signal%s", out_path, duration_s, used, p.rate_hz, n_sources,
                 n_sources == 1 ? "" : "s");
    for (int i = 0; j.into && i < p.n_ifo; i++)
        gws_losses_print(stderr, j.into, &i, 1, 0);
    if (truth)
        gws_cli_note("%s: %lld glitch%s", truth_path, (long long)gws_truth_count(truth), gws_truth_count(truth) == 1 ? "" : "es");
    status = gws_cli_done(cli);
    goto done;
fail:
    gws_bar_clear(&bar);
    status = gws_cli_fail(cli, &err);
done:
    for (int i = 0; i < p.n_ifo; i++) {
        gws_sim_destroy(j.sim[i]);
        gws_contaminate_destroy(j.extra[i]);
        free(j.h[i]);
        free(j.signal[i]);
    }
    for (int i = 0; i < GWS_SIM_IFOS; i++)
        gws_psd_clear(&measured[i]);
    gws_strain_destroy(j.into);
    gws_truth_destroy(truth);
    free(pulsars);
    gws_ini_destroy(ini);
    gws_mlgwsc_writer_destroy(writer);
    gws_pool_destroy(pool);
    free(names);
    return status;
}
