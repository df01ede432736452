/* gwspike inspect - say what a file is. */
#include "base/clock.h"
#include "base/escape.h"
#include "base/hdf5.h"
#include "cli/opts.h"
#include "cli/rate.h"
#include "strain/inspect.h"
#include "strain/source.h"
#include "strain/strain.h"
#include "sim/mlgwsc_input.h"
#include "model/checkpoint.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Text out of the file is escaped before it goes to the terminal. */
static void print_text(const char *text)
{
    gws_escape_print(stdout, text, 0);
}

static void print_page(const char *title, const char *text)
{
    printf("%s:\n", title);
    gws_escape_print(stdout, text, 1);
    if (text[0] && text[strlen(text) - 1] != '\n')
        printf("\n");
}

/* An attribute of another type is none of ours; one that cannot be read is a damaged file. */
static gws_status print_provenance(gws_h5 *f, gws_err *err)
{
    static const char *const names[] = {"gwspike_version", "git_hash", "command_line", "input_sha256"};
    int64_t seed;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *text = NULL;
        gws_status status = gws_h5_has_attr(f, "/", names[i]) ? gws_h5_attr_string(f, "/", names[i], &text, err) : GWS_EDATA;
        if (status == GWS_OK) {
            const size_t n = strlen(text);
            printf("%s: ", names[i]);
            gws_escape_print(stdout, text, strcmp(names[i], "input_sha256") == 0); /* a line for each input */
            if (n == 0 || text[n - 1] != '\n')
                printf("\n");
        } else if (status != GWS_EDATA) {
            return status;
        }
        free(text);
    }
    if (gws_h5_has_attr(f, "/", "seed") && gws_h5_attr_i64(f, "/", "seed", &seed, NULL) == GWS_OK)
        printf("seed: %lld\n", (long long)seed);
    return gws_h5_check(f, err);
}

static void print_shape(const int64_t *shape, int ndim)
{
    printf("(");
    for (int i = 0; i < ndim; i++)
        printf("%s%lld", i ? "," : "", (long long)shape[i]);
    printf(")");
}

/* ---- a model ---- */

static void print_line(const gws_checkpoint *c)
{
    const gws_arch *a = &c->arch;
    int hop = gws_arch_hop(a);

    printf("line, per 4 s:\n");
    printf("  strain      (%d,%d) at %d Hz, detectors ", a->ifos, 4 * a->rate_hz, a->rate_hz);
    print_text(c->detectors);
    printf("\n");
    if (a->matched)
        printf("  stem        %d matched filters of %.3g s, (%d,%d) at %d Hz\n", a->bank.templates, a->bank.taps / 512.0,
               4 * GWS_STEM_RATE_HZ / GWS_STEM_HOP, a->inputs, GWS_STEM_RATE_HZ / GWS_STEM_HOP);
    printf("  latents     (%d,%d) at %g Hz, hop %d\n", 4 * a->rate_hz / hop, a->C, (double)a->rate_hz / hop, hop);
    if (a->span)
        printf("  context     (%d,%d) anew every %d steps, begun %d earlier\n", 4 * a->rate_hz / hop, a->C, a->span, a->lead);
    if (a->wake > 0.0f)
        printf("  asleep      in each of these spans until the statistic reaches %g\n", (double)a->wake);
    printf("  spikes      (%d,%d) ON then OFF\n", 4 * a->rate_hz / hop, 2 * a->C);
    printf("  classifier  (%d,%d) then (%d,%d)\n", 4 * a->rate_hz / hop, a->H[0], 4 * a->rate_hz / hop, a->H[1]);
    printf("  logits      (%d) of each head; %d warm-up steps\n", 4 * a->rate_hz / hop, c->warmup);
}

static void print_calibration(const char *head, const gws_calibration *cal)
{
    char time[GWS_RATE_TEXT], rate[4][GWS_RATE_TEXT];

    if (cal->n == 0) {
        printf("%s head: not calibrated\n", head);
        return;
    }
    const double lo = (double)cal->stat[cal->n - 1], hi = (double)cal->stat[0],
                 at[4] = {nextafter(lo, -INFINITY), lo, hi, nextafter(hi, INFINITY)};
    for (int i = 0; i < 4; i++)
        gws_rate_text(gws_far_at(cal, at[i]), rate[i]);
    gws_livetime_text(cal->livetime_s, time);
    printf("%s head: threshold %.4g, offset %.4f s, background of %lld trigger%s in %s, %.4g to %.4g\n", head, cal->threshold,
           cal->offset_s, (long long)cal->n, cal->n == 1 ? "" : "s", time, lo, hi);
    printf("  false alarms in 30 days: %s at %.4g, %s at %.4g; %s above, %s below\n", rate[1], lo, rate[2], hi, rate[3], rate[0]);
}

static gws_status inspect_model(const char *path, gws_h5 *f, gws_err *err)
{
    static const char *const heads[2] = {"spiking", "linear"};
    gws_checkpoint c;
    gws_status status = gws_checkpoint_load(&c, path, err);

    if (status != GWS_OK)
        return status;
    print_text(path);
    printf(": gwspike model, format %d%s\n", GWS_MODEL_VERSION, c.phase < 0 ? "" : " (training checkpoint)");
    print_line(&c);
    for (int k = 0; k < 2; k++)
        print_calibration(heads[k], &c.cal[k]);
    printf("tensors:\n");
    for (int i = 0; i < c.table.n; i++) {
        const gws_tensor *t = &c.table.rows[i];
        printf("  %-24s ", t->name);
        print_shape(t->shape, t->ndim);
        printf("\n");
    }
    printf("parameters: %lld in %d tensors", (long long)gws_table_values(&c.table), c.table.n);
    if (c.step > 0)
        printf(", %lld optimizer steps", (long long)c.step);
    printf("\n");
    status = print_provenance(f, err);
    if (c.history && c.history[0])
        print_page("history", c.history);
    if (c.card && c.card[0])
        print_page("card", c.card);
    print_page("recipe", c.recipe);
    gws_checkpoint_clear(&c);
    return status;
}

/* ---- strain ---- */

static void print_bits(const char *ifo, const char *title, const double *good, const char (*names)[24], int n)
{
    printf("  %s%s", ifo, title);
    for (int i = 0; i < n; i++)
        printf(" %s %.4g%%", names[i], 100 * good[i]);
    printf("\n");
}

#define CHUNK_S 64
#define STRETCHES 5                     /* listed of those in which one value is repeated */
#define SAMPLES_MOST INT64_C(100000000) /* looked at without being asked for: some seconds */

/* Stretches of one repeated value, as they are found. */
typedef struct dead {
    int64_t begin, end; /* absolute samples of the open one; begin == end: none is open */
    int n;              /* how many have ended */
} dead;

static void end_stretch(dead *d, const gws_strain_info *info)
{
    char gps[32];

    if (d->begin == d->end)
        return;
    gws_gps_text(gws_ns_of_sample(d->begin, info->rate_hz), 6, gps);
    if (d->n++ < STRETCHES)
        printf("  %s  one value repeated from GPS %s on, %.10g s\n", info->ifo, gps, (double)(d->end - d->begin) / info->rate_hz);
    d->begin = d->end;
}

static void look(dead *d, const gws_strain_info *info, const double *h, int64_t begin, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        if (gws_gap_of(h[i]) != GWS_GAP_REPEATED)
            continue;
        if (d->end != begin + i) {
            end_stretch(d, info);
            d->begin = begin + i;
        }
        d->end = begin + i + 1;
    }
}

/* Read every sample of a detector and say how much of it is data. */
static gws_status look_at_samples(gws_strain_set *set, int ifo, gws_err *err)
{
    gws_strain_info info;
    gws_strain_losses loss;
    gws_status status = GWS_OK;
    dead d = {0};
    int64_t lost = 0;

    gws_strain_describe(set, ifo, &info);
    double *h = malloc(sizeof *h * CHUNK_S * (size_t)info.rate_hz);
    if (!h)
        return gws_err_set(err, GWS_ENOMEM, "no memory for %d s of strain", CHUNK_S);
    for (int i = 0; i < info.n_spans && status == GWS_OK; i++)
        for (int64_t at = info.spans[i].begin; at < info.spans[i].end && status == GWS_OK; at += (int64_t)CHUNK_S * info.rate_hz) {
            int64_t end = at + (int64_t)CHUNK_S * info.rate_hz;
            end = end < info.spans[i].end ? end : info.spans[i].end;
            if ((status = gws_strain_read(set, ifo, at, end, h, err)) == GWS_OK)
                look(&d, &info, h, at, end - at);
        }
    free(h);
    if (status != GWS_OK)
        return status;
    end_stretch(&d, &info);
    if (d.n > STRETCHES)
        printf("  %s  and %d more such stretches\n", info.ifo, d.n - STRETCHES);
    gws_strain_get_losses(set, ifo, &loss);
    for (int k = 0; k < GWS_GAPS; k++)
        lost += loss.lost[k];
    printf("  %s  %lld of %lld samples are finite data (%.4g%%)", info.ifo, (long long)(loss.read - lost), (long long)loss.read,
           100 * (double)(loss.read - lost) / (double)loss.read);
    for (int k = GWS_GAP_NOT_FINITE; k < GWS_GAPS; k++)
        if (loss.lost[k] > 0)
            printf(", %.10g s %s", (double)loss.lost[k] / info.rate_hz, gws_gap_name((gws_gap)k));
    printf("\n");
    return status;
}

/* All samples of an input, or with so many of them one of each detector, which shows whether they can be read. */
static gws_status inspect_samples(const char *input, int all, gws_err *err)
{
    const gws_strain_use use = {.cat1 = 1, .injections = 1, .whitened = 1, .formats = gws_sim_formats};
    gws_strain_set *set = gws_strain_open_use(&input, 1, &use, err);
    gws_status status = set ? GWS_OK : err->status;
    int64_t samples = 0;

    for (int i = 0; set && i < gws_strain_ifos(set); i++) {
        gws_strain_info info;
        gws_strain_describe(set, i, &info);
        for (int k = 0; k < info.n_spans; k++)
            samples += info.spans[k].end - info.spans[k].begin;
    }
    all |= samples <= SAMPLES_MOST;
    for (int i = 0; set && i < gws_strain_ifos(set) && status == GWS_OK; i++) {
        gws_strain_info info;
        double first;
        gws_strain_describe(set, i, &info);
        status =
            all ? look_at_samples(set, i, err) : gws_strain_read(set, i, info.spans[0].begin, info.spans[0].begin + 1, &first, err);
    }
    if (status == GWS_OK && !all)
        printf("  %lld samples, not looked at; --samples does\n", (long long)samples);
    gws_strain_destroy(set);
    return status;
}

/* A file, or with f NULL a virtual input. */
static gws_status inspect_strain(const char *path, gws_h5 *f, int samples, gws_err *err)
{
    gws_strain_file s;
    gws_status status = gws_strain_inspect(path, gws_sim_formats, &s, err);

    if (status != GWS_OK)
        return status;
    print_text(path);
    printf(": %s, %s, %d segment%s\n", s.whitened ? "whitened strain" : "strain", s.format->name, s.n_segments,
           s.n_segments == 1 ? "" : "s");
    for (int i = 0; i < s.n_segments; i++) {
        const gws_strain_segment *g = &s.segments[i];
        int64_t begin_ns = gws_ns_of_sample(g->begin, g->rate_hz);
        char gps[32], utc[32];
        gws_gps_text(begin_ns, 6, gps);
        gws_utc_text(begin_ns, begin_ns % 1000000 ? 6 : 3, utc); /* no fewer places than make it the same instant */
        printf("  %s  GPS %s (%s UTC), %.6g s, %lld samples at %d Hz, ", g->ifo, gps, utc, (double)g->n / g->rate_hz,
               (long long)g->n, g->rate_hz);
        print_text(g->path);
        printf("\n");
    }
    for (int i = 0; i < s.n_masks; i++) {
        const gws_strain_masks *m = &s.masks[i];
        print_bits(m->ifo, "  data quality (good):", m->dq_good, (const char(*)[24])m->quality.dq_name, m->quality.n_dq);
        if (m->quality.inj)
            print_bits(m->ifo, "  no injection:", m->inj_good, (const char(*)[24])m->quality.inj_name, m->quality.n_inj);
    }
    if (f || samples) /* what is made when it is read has no bad samples of its own */
        status = inspect_samples(path, samples, err);
    if (f && status == GWS_OK)
        status = print_provenance(f, err);
    gws_strain_file_clear(&s);
    return status;
}

/* ---- any other HDF5 file: its data sets ---- */

static gws_status list_all(gws_h5 *f, gws_err *err)
{
    static const char *const types[] = {"other", "f32", "f64", "int", "uint", "string", "compound"};
    gws_h5_entry *entries = NULL;
    int n = 0;
    gws_status status = gws_h5_tree(f, &entries, &n, err);

    for (int i = 0; i < n && status == GWS_OK; i++) {
        const gws_h5_entry *e = &entries[i];
        char name[1024];
        if (e->status) {
            status = gws_err_set(err, e->status, "%s", e->why);
            break;
        }
        gws_escape(name, sizeof name, e->path, 0);
        if (e->is_group) {
            printf("  %s/\n", name);
        } else {
            printf("  %-32s %-8s ", name, types[e->info.type]);
            print_shape(e->info.shape, e->info.ndim);
            printf("\n");
        }
    }
    gws_h5_tree_free(entries, n);
    return status;
}

/* What the program writes, by the data sets that only such a file has; more of them come first. */
static const char *kind_of(gws_h5 *f)
{
    static const struct {
        const char *sets[3], *what;
    } kinds[] = {{{"/slides/shift", "/live/slide", "/spiking/slide"}, "background of time slides"},
                 {{"/train/x", "/valid/x", "/test/x"}, "candidates for a training"},
                 {{"/sensitive-distance", "/far", "/found-indices"}, "evaluation, MLGWSC-1"},
                 {{"/time", "/stat", "/var"}, "triggers, MLGWSC-1"},
                 {{"/glitches/ifo", "/glitches/family"}, "glitches put into simulated strain"},
                 {{"/spiking", "/linear"}, "logits of both heads"},
                 {{"/tc", "/mass1", "/mass2"}, "injections"},
                 {{"/mass1", "/mass2", "/approximant"}, "template bank"},
                 {{"/hplus", "/hcross"}, "waveform, frequency domain"},
                 {{"/psd"}, "power spectral density"},
                 {{"/template"}, "waveform, plus and cross in time"}};
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        int all = 1;
        for (int k = 0; k < 3 && kinds[i].sets[k]; k++)
            all &= gws_h5_exists(f, kinds[i].sets[k]);
        if (all)
            return kinds[i].what;
    }
    return "HDF5";
}

static gws_status inspect_other(const char *path, gws_h5 *f, gws_err *err)
{
    gws_status status;

    print_text(path);
    printf(": %s\n", kind_of(f));
    status = list_all(f, err);
    return status == GWS_OK ? print_provenance(f, err) : status;
}

static gws_status inspect_virtual(const gws_cli *cli, const char *name, int samples, gws_err *err)
{
    char *input = gws_cli_input(cli, name, err);
    gws_status status = input ? inspect_strain(input, NULL, samples, err) : err->status;

    free(input);
    return status;
}

static gws_status inspect_file(const char *path, int samples, gws_err *err)
{
    char *format = NULL;
    gws_status status;
    gws_h5 *f;

    if (gws_strain_format_find(path, NULL, gws_sim_formats))
        return inspect_strain(path, NULL, samples, err);
    if (!(f = gws_h5_open(path, err)))
        return err->status;
    status = gws_h5_has_attr(f, "/", "format") ? gws_h5_attr_string(f, "/", "format", &format, err) : gws_h5_check(f, err);
    if (status != GWS_OK && status != GWS_EDATA) /* EDATA: not a string, and not ours */
        goto fail;
    if (format && strcmp(format, "gwspike-model") == 0)
        status = inspect_model(path, f, err);
    else if (gws_strain_format_find(path, f, gws_sim_formats))
        status = inspect_strain(path, f, samples, err);
    else
        status = inspect_other(path, f, err);
fail:
    free(format);
    gws_h5_close(f);
    return status;
}

int gws_cmd_inspect(gws_cli *cli, int argc, char **argv)
{
    int samples = 0;
    const gws_opt options[] = {
        {0, "samples", GWS_OPT_FLAG, &samples, NULL, "look at all samples, also where they are many or made when read", 0},
    };
    const gws_opts opts = {
        .usage = "[--samples] FILE...",
        .about =
            "Say what a file is.  Of strain it prints detectors, times, rates, data quality, how many samples are finite data,\n"
            "and stretches of one repeated value; of a model the shapes of the line, calibration, every tensor, recipe and\n"
            "provenance; of an input sim:... its segments; of any other HDF5 file its data sets, and what it is where the\n"
            "program wrote it.  When a file cannot be read the others follow, and the exit status is 1.",
        .examples = "gwspike inspect H-H1_LOSC_4_V2-1126259446-32.hdf5\n"
                    "gwspike inspect models/default.hdf\n"
                    "gwspike inspect sim:mlgwsc=1,seed=7,duration=86400,part=fg",
        .options = options,
        .n_options = (int)(sizeof options / sizeof options[0]),
        .min_inputs = 1,
        .max_inputs = -1,
        .input = "a file",
    };
    char **inputs = NULL;
    int n_inputs = 0, failed = 0, parsed = gws_opts_parse(cli, &opts, argc, argv, &inputs, &n_inputs);

    if (parsed != GWS_OPTS_RUN)
        return parsed;
    for (int i = 0; i < n_inputs; i++) {
        gws_err err = {0};
        gws_status status = gws_is_mlgwsc_input(inputs[i]) ? inspect_virtual(cli, inputs[i], samples, &err)
                                                           : inspect_file(inputs[i], samples, &err);
        if (status != GWS_OK)
            failed = gws_cli_fail(cli, &err); /* the next one may be good */
        if (status == GWS_ENOMEM || status == GWS_ESTOP)
            break; /* the fault is not the file's */
    }
    return failed ? failed : gws_cli_done(cli);
}
