/* gwspike evaluate - events and injections to false-alarm rate and sensitive distance. */
#include "base/array.h"
#include "base/file.h"
#include "base/hdf5.h"
#include "base/json.h"
#include "base/number.h"
#include "cli/found.h"
#include "cli/opts.h"
#include "cli/figure_found.h"
#include "cli/figure_volume.h"
#include "cli/rate.h"
#include "sim/mlgwsc_input.h"
#include "strain/inspect.h"
#include "search/far.h"
#include "search/volume.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAD_S 30.0 /* at each end of a segment MLGWSC-1 puts no injections */
#define MAX_FAR 64

/* What the data are. */
typedef struct data {
    gws_stretch *stretches;
    int64_t n, room;
    double duration_s;
    int64_t injections; /* in the file */
} data;

/* Segments of the first detector of each file, as they stand in it: those that touch stay apart, each with its pads. */
static gws_status list_stretches(const gws_cli *cli, const gws_opt_list *files, data *d, gws_err *err)
{
    for (int i = 0; i < files->n; i++) {
        gws_strain_file file;
        char *name = gws_cli_input(cli, files->words[i], err);
        gws_status status = name ? gws_strain_inspect(name, gws_sim_formats, &file, err) : err->status;
        free(name);
        if (status != GWS_OK)
            return status;
        if (!GWS_ARRAY_ROOM(d->stretches, d->room, d->n + file.n_segments + 1)) {
            gws_strain_file_clear(&file);
            return gws_err_set(err, GWS_ENOMEM, "no memory for %d segments", file.n_segments);
        }
        for (int k = 0; k < file.n_segments; k++) {
            const gws_strain_segment *s = &file.segments[k];
            if (strcmp(s->ifo, file.segments[0].ifo) != 0)
                continue;
            gws_stretch *one = &d->stretches[d->n++];
            one->begin_s = (double)s->begin / s->rate_hz;
            one->end_s = one->begin_s + (double)s->n * (1.0 / s->rate_hz);
            d->duration_s += one->end_s - one->begin_s;
        }
        gws_strain_file_clear(&file);
    }
    return GWS_OK;
}

/* What two files cover would count twice, and rates would be too low. */
static gws_status check_apart(const data *d, gws_err *err)
{
    for (int64_t i = 1; i < d->n; i++)
        for (int64_t k = 0; k < i; k++) {
            const double begin_s = fmax(d->stretches[i].begin_s, d->stretches[k].begin_s);
            if (begin_s < fmin(d->stretches[i].end_s, d->stretches[k].end_s))
                return gws_err_set(err, GWS_EDATA, "--background-files: GPS %.10g is covered twice", begin_s);
        }
    return GWS_OK;
}

/* "1000,100,10,1" */
static int parse_rates(const char *text, double *out)
{
    int n = 0;

    for (const char *at = text;;) {
        if (n == MAX_FAR)
            return -1;
        const char *end = gws_number_read(at, &out[n]);
        if (!end || !(out[n] > 0) || !isfinite(out[n]) || (*end && *end != ','))
            return -1;
        n++;
        if (!*end)
            return n;
        at = end + 1;
    }
}

static void print_json(const gws_volume *v, const double *rate, int n)
{
    for (int i = 0; i < n; i++) {
        gws_volume_point p = gws_volume_at(v, rate[i]);
        gws_json *j = gws_json_object();
        gws_json_put_f64(j, "far_per_month", rate[i]);
        gws_json_put_f64(j, "sensitive_distance_mpc", p.distance_mpc);
        gws_json_put_f64(j, "error_mpc", p.error_mpc);
        if (p.resolved)
            gws_json_put_i64(j, "found", p.found);
        else
            gws_json_put_null(j, "found");
        gws_json_put_i64(j, "injections", v->n_injections);
        gws_cli_json(j);
    }
}

static const char *plural(int64_t n)
{
    return n == 1 ? "" : "s";
}

static void print_table(const gws_volume *v, const data *d, const double *rate, int n)
{
    const double months = v->background_s / GWS_MONTH_S;
    int short_list = 0;

    printf("data        %.10g s (%.3g months of 30 days) in %lld segment%s\n", v->duration_s, v->duration_s / GWS_MONTH_S,
           (long long)d->n, plural(d->n));
    printf("injections  %lld in the data, of %lld\n", (long long)v->n_injections, (long long)d->injections);
    printf("foreground  %lld event%s: %lld for %lld injection%s, %lld false\n", (long long)v->n_events, plural(v->n_events),
           (long long)v->n_tp, (long long)v->n_found, plural(v->n_found), (long long)v->n_fp);
    printf("background  %lld event%s", (long long)v->n_background, plural(v->n_background));
    if (v->background_s != v->duration_s)
        printf(" in %.10g s (%.3g months)", v->background_s, months);
    printf("\n\n");
    printf("FAR (1/month)  sensitive distance (Mpc)     found\n");
    for (int i = 0; i < n; i++) {
        gws_volume_point p = gws_volume_at(v, rate[i]);
        int beyond = p.resolved && rate[i] * months >= (double)v->n_background;
        short_list |= beyond;
        if (!p.resolved)
            printf("%13.6g  %24s\n", rate[i], "not resolved");
        else if (isnan(p.error_mpc))
            printf("%13.6g %14.2f %18lld\n", rate[i], p.distance_mpc, (long long)p.found);
        else
            printf("%13.6g %14.2f +- %-7.2f %7lld%s\n", rate[i], p.distance_mpc, p.error_mpc, (long long)p.found,
                   beyond ? "  *" : "");
    }
    if (short_list)
        printf("\n* at the lowest background statistic: the list holds fewer events than this rate allows\n");
}

static gws_status append_hash(char **text, size_t *size, const char *path, gws_err *err)
{
    char hash[65];
    gws_status status = gws_file_sha256(path, hash, err);

    if (status != GWS_OK)
        return status;
    size_t line = sizeof hash + strlen(path) + 3;
    char *more = realloc(*text, *size + line);
    if (!more)
        return gws_err_set(err, GWS_ENOMEM, "no memory for the list of inputs");
    *text = more;
    *size += (size_t)snprintf(more + *size, line, "%s%s  %s", *size ? "\n" : "", hash, path);
    return GWS_OK;
}

/* Provenance names the lists that were compared; the strain itself, of which only the extent counts, is not read. */
static gws_status save(const gws_volume *v, gws_h5 *f, const char *command, const char *injection_path, const gws_opt_list *fg,
                       const gws_opt_list *bg, gws_err *err)
{
    char *hashes = NULL;
    size_t size = 0;
    gws_status status = GWS_OK;

    if (status == GWS_OK)
        status = append_hash(&hashes, &size, injection_path, err);
    for (int i = 0; i < fg->n && status == GWS_OK; i++)
        status = append_hash(&hashes, &size, fg->words[i], err);
    for (int i = 0; i < bg->n && status == GWS_OK; i++)
        status = append_hash(&hashes, &size, bg->words[i], err);
    if (status == GWS_OK)
        status = gws_h5_provenance(f, command, -1, hashes, err);
    free(hashes);
    return status;
}

/* What the user said. */
typedef struct wish {
    const char *injections, *out, *far, *plot;
    gws_opt_list fg_events, fg_files, bg_events, bg_files;
    double rate[MAX_FAR];
    int n_rates, json;
    int counts; /* --found-at was given */
    gws_found_wish found;
} wish;

/* Everything that is evaluated. */
typedef struct subject {
    data d, background; /* background.n 0: as long as the foreground */
    gws_injected inj;
    gws_events fg, bg;
    gws_volume v;
    gws_found found;
} subject;

static gws_status load(gws_cli *cli, const wish *w, subject *s, gws_err *err)
{
    gws_status status = list_stretches(cli, &w->fg_files, &s->d, err);

    if (status == GWS_OK)
        status = list_stretches(cli, &w->bg_files, &s->background, err);
    if (status == GWS_OK)
        status = check_apart(&s->background, err);
    if (status != GWS_OK || (status = gws_injected_load(w->injections, &s->inj, err)) != GWS_OK)
        return status;
    s->d.injections = s->inj.n;
    gws_injected_select(&s->inj, s->d.stretches, s->d.n, PAD_S);
    gws_cli_log(GWS_LOG_DEBUG, "%lld segments, %.10g s; %lld of %lld injections lie in them", (long long)s->d.n, s->d.duration_s,
                (long long)s->inj.n, (long long)s->d.injections);
    if (s->inj.n == 0)
        return gws_err_set(
            err, GWS_EDATA,
            "%s: none of its %lld injections lies in the foreground data (%lld segments, %.10g s; %g s at each end do "
            "not count)",
            w->injections, (long long)s->d.injections, (long long)s->d.n, s->d.duration_s, PAD_S);
    status = gws_events_load((const char *const *)w->fg_events.words, w->fg_events.n, &s->fg, err);
    if (status == GWS_OK)
        status = gws_events_load((const char *const *)w->bg_events.words, w->bg_events.n, &s->bg, err);
    if (status == GWS_OK)
        gws_cli_log(GWS_LOG_DEBUG, "%lld foreground events, %lld background events", (long long)s->fg.n, (long long)s->bg.n);
    return status;
}

/* *out is written and closed, or left to be closed. */
static gws_status evaluate(gws_cli *cli, const wish *w, subject *s, gws_h5 **out, gws_err *err)
{
    gws_status status = load(cli, w, s, err);
    const double background_s = s->background.n ? s->background.duration_s : s->d.duration_s;

    if (status != GWS_OK ||
        (status = gws_volume_measure(&s->fg, &s->bg, &s->inj, s->d.duration_s, background_s, &s->v, err)) != GWS_OK)
        return status;
    if (!s->inj.ascending)
        gws_cli_log(GWS_LOG_WARNING, "%s: tc do not rise; matched as evaluate.py does, which is hardly what you want",
                    w->injections);
    if (w->counts && (status = gws_found_make(cli, &w->found, w->injections, &s->inj, &s->v, &s->found, err)) != GWS_OK)
        return status;
    if (w->counts && w->found.figure && (status = gws_figure_found_save(&s->found, w->found.figure, err)) != GWS_OK)
        return status;
    if (*out) {
        if ((status = gws_volume_write(&s->v, *out, err)) != GWS_OK ||
            (status = gws_volume_write_injected(&s->v, &s->inj, w->counts ? s->found.value[GWS_BY_SNR] : NULL, *out, err)) !=
                GWS_OK)
            return status;
        if ((status = save(&s->v, *out, cli->command, w->injections, &w->fg_events, &w->bg_events, err)) != GWS_OK)
            return status;
        status = gws_h5_commit(*out, err);
        *out = NULL;
    }
    if (status == GWS_OK && w->plot)
        status = gws_figure_volume_save(&s->v, w->rate, w->n_rates, w->plot, err);
    return status;
}

static void print(const wish *w, const subject *s)
{
    if (w->json)
        print_json(&s->v, w->rate, w->n_rates);
    else
        print_table(&s->v, &s->d, w->rate, w->n_rates);
    if (w->counts && w->json)
        gws_found_json(&s->found);
    else if (w->counts)
        gws_found_print(&s->found);
}

static int run(gws_cli *cli, const wish *w)
{
    gws_err err = {0};
    subject s = {0};
    gws_h5 *out = NULL;
    int status;

    if ((w->out && !(out = gws_h5_create(w->out, &err))) || evaluate(cli, w, &s, &out, &err) != GWS_OK ||
        gws_cli_commit(cli, &err) != GWS_OK) {
        status = gws_cli_fail(cli, &err);
    } else {
        if (w->out)
            gws_cli_log(GWS_LOG_DEBUG, "wrote %s", w->out);
        print(w, &s);
        status = gws_cli_done(cli);
    }
    gws_h5_close(out);
    gws_found_clear(&s.found);
    gws_volume_clear(&s.v);
    gws_events_clear(&s.fg);
    gws_events_clear(&s.bg);
    gws_injected_clear(&s.inj);
    free(s.d.stretches);
    free(s.background.stretches);
    return status;
}

/* The first option that is needed and was not given, or NULL. */
static const char *first_missing(const wish *w)
{
    if (!w->injections)
        return "--injection-file";
    if (!w->fg_events.n)
        return "--foreground-events";
    if (!w->fg_files.n)
        return "--foreground-files";
    return w->bg_events.n ? NULL : "--background-events";
}

int gws_cmd_evaluate(gws_cli *cli, int argc, char **argv)
{
    wish w = {.far = "1000,100,10,1", .found = {.far_per_month = (double)NAN, .detectors = "H1,L1"}};
    const gws_opt options[] = {
        {0, "injection-file", GWS_OPT_STRING, &w.injections, "FILE",
         "HDF5: tc, distance, mass1, mass2; or LIGO_LW (.xml, .xml.gz): sim_inspiral (needed)", 0},
        {0, "foreground-events", GWS_OPT_LIST, &w.fg_events, "FILE...",
         "HDF5: time, stat, var of the search on noise and signals (needed)", 0},
        {0, "foreground-files", GWS_OPT_LIST, &w.fg_files, "FILE...",
         "the strain that was searched for these, files or sim:... (needed)", 0},
        {0, "background-events", GWS_OPT_LIST, &w.bg_events, "FILE...", "the same search on the noise alone (needed)", 0},
        {0, "background-files", GWS_OPT_LIST, &w.bg_files, "FILE...",
         "the strain that was searched for these, where it is not as long (default: as long)", 0},
        GWS_OPT_OUTPUT(&w.out, "HDF5: the data sets of MLGWSC-1's evaluate.py"),
        {0, "output-file", GWS_OPT_STRING, &w.out, "FILE", "the same as -o", GWS_OPT_TO_HDF5},
        {0, "far", GWS_OPT_STRING, &w.far, "LIST", "false alarms a month (30 days) to answer for (default 1000,100,10,1)", 0},
        GWS_OPT_JSON(&w.json),
        {0, "plot", GWS_OPT_STRING, &w.plot, "FILE", "a figure of distance and fraction found against the rate, .png, .svg or .pdf",
         GWS_OPT_TO_FIGURE},
        {0, "found-at", GWS_OPT_DOUBLE, &w.found.far_per_month, "FAR",
         "also say what is found and missed at so many false alarms a month", 0},
        {0, "found-plot", GWS_OPT_STRING, &w.found.figure, "FILE", "with --found-at: a figure of it, .png, .svg or .pdf",
         GWS_OPT_TO_FIGURE},
        {0, "psd", GWS_OPT_STRING, &w.found.psd, "NAME|FILE",
         "with --found-at: noise curve to compute SNRs in (default: none, they are the file's)", 0},
        {0, "detectors", GWS_OPT_STRING, &w.found.detectors, "LIST", "with --psd: comma-separated (default H1,L1)", 0},
        GWS_OPT_THREADS(&w.found.threads),
    };
    const gws_opts opts = {
        .usage =
            "--injection-file INJ.hdf --foreground-events EV.hdf... --foreground-files FG.hdf...\n"
            "    --background-events EV.hdf... [--background-files BG.hdf...] [-o OUT.hdf] [--far LIST] [--json] [--plot OUT.png]\n"
            "    [--found-at FAR [--psd NAME|FILE] [--found-plot OUT.png]]",
        .about =
            "Measure how far a search sees at which false-alarm rate, as the mock data challenge MLGWSC-1 does: with the\n"
            "flags, the rules and the output data sets of its evaluate.py.  An event finds the injection nearest to it when that\n"
            "lies within the event's own window `var`; false alarms are counted on the background; the volume weighs the\n"
            "injections by chirp mass where the injection file holds chirp distances.\n"
            "\n"
            "A background may be longer than the foreground, or shorter: --background-files say how long, and rates are counted\n"
            "in that time.  Rates below one in it are not resolved (null with --json).  Events of equal time stay in the order\n"
            "given, where evaluate.py leaves it open.\n"
            "\n"
            "--found-at counts, at one rate, the injections found in bins of chirp mass, of chirp distance (of distance\n"
            "where the injection file has no chirp distances) and of optimal network SNR, with Wilson's interval of one\n"
            "standard deviation, and how far from tc the loudest event of each found one lies.  SNRs are the data set `snr`\n"
            "of the injection file, which gwspike simulate writes.  --psd computes them, for files without as well, from the\n"
            "parameters of each injection in the data: 20 to 1024 Hz in steps of 1/4 Hz, which an SNR needs no finer.  With\n"
            "--json each bin is an object of its own, whose `quantity` says of what.",
        .examples = "gwspike evaluate --injection-file inj.hdf --foreground-events fg_ev.hdf --foreground-files fg.hdf \\\n"
                    "    --background-events bg_ev.hdf -o eval.hdf\n"
                    "gwspike evaluate --injection-file inj.hdf --foreground-events fg_*.hdf --foreground-files fg.hdf \\\n"
                    "    --background-events bg_*.hdf --far 100,1 --json --plot distance.png\n"
                    "gwspike evaluate --injection-file inj.hdf --foreground-events fg_ev.hdf --foreground-files fg.hdf \\\n"
                    "    --background-events bg_ev.hdf --found-at 1000 --psd aLIGOZeroDetHighPower --found-plot found.png",
        .options = options,
        .n_options = (int)(sizeof options / sizeof options[0]),
        .max_inputs = 0,
    };
    const int parsed = gws_opts_parse(cli, &opts, argc, argv, NULL, NULL);

    if (parsed != GWS_OPTS_RUN)
        return parsed;
    const char *missing = first_missing(&w);
    if (missing)
        return gws_cli_misuse(cli, "%s is needed (gwspike evaluate --help)", missing);
    if ((w.n_rates = parse_rates(w.far, w.rate)) < 0)
        return gws_cli_misuse(cli, "--far wants up to %d positive rates such as 1000,100,10,1, got '%s'", MAX_FAR, w.far);
    w.counts = gws_opts_given(cli, &opts, "found-at");
    if (w.counts && !(w.found.far_per_month > 0 && isfinite(w.found.far_per_month)))
        return gws_cli_misuse(cli, "--found-at %g: wanted a positive number of false alarms a month", w.found.far_per_month);
    const gws_opt_rule rules[] = {{w.counts, "found-plot psd", "goes with --found-at"},
                                  {w.found.psd != NULL, "detectors threads", "goes with --psd"}};
    if (gws_opts_check(cli, &opts, rules, (int)(sizeof rules / sizeof rules[0])))
        return 2;
    return run(cli, &w);
}
