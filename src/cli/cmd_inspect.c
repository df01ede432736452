/* gwspike inspect - say what a file is. */
#include "base/clock.h"
#include "base/escape.h"
#include "base/hdf5.h"
#include "cli/figure.h"
#include "cli/opts.h"
#include "cli/rate.h"
#include "gw/gwosc.h"
#include "gw/mlgwsc.h"
#include "gw/strain.h"
#include "gw/virtual.h"
#include "model/checkpoint.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What stands in the file goes to the terminal escaped. */
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
        gws_status st = gws_h5_has_attr(f, "/", names[i]) ? gws_h5_attr_string(f, "/", names[i], &text, err) : GWS_EDATA;
        if (st == GWS_OK) {
            printf("%s: ", names[i]);
            gws_escape_print(stdout, text, strcmp(names[i], "input_sha256") == 0); /* a line for each input */
            printf("\n");
        } else if (st != GWS_EDATA) {
            return st;
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
    printf("  latents     (%d,%d) at %g Hz, hop %d\n", 4 * a->rate_hz / hop, a->C, (double)a->rate_hz / hop, hop);
    printf("  spikes      (%d,%d) ON then OFF\n", 4 * a->rate_hz / hop, 2 * a->C);
    printf("  classifier  (%d,%d) then (%d,%d)\n", 4 * a->rate_hz / hop, a->H[0], 4 * a->rate_hz / hop, a->H[1]);
    printf("  logits      (%d) of each head; %d warm-up steps\n", 4 * a->rate_hz / hop, c->warmup);
}

static void print_calibration(const char *head, const gws_calibration *cal)
{
    const gws_far far = {.stat = cal->stat, .n = cal->n, .livetime_s = cal->livetime_s};
    char time[GWS_RATE_TEXT], rate[4][GWS_RATE_TEXT];

    if (cal->n == 0) {
        printf("%s head: not calibrated\n", head);
        return;
    }
    const double lo = (double)cal->stat[cal->n - 1], hi = (double)cal->stat[0],
                 at[4] = {nextafter(lo, -INFINITY), lo, hi, nextafter(hi, INFINITY)};
    for (int i = 0; i < 4; i++)
        gws_rate_text(gws_far_at(&far, at[i]), rate[i]);
    gws_livetime_text(cal->livetime_s, time);
    printf("%s head: threshold %.4g, offset %.4f s, background of %lld triggers in %.0f s (%s), %.4g to %.4g\n", head,
           cal->threshold, cal->offset_s, (long long)cal->n, cal->livetime_s, time, lo, hi);
    printf("  false alarms in 30 days: %s at %.4g, %s at %.4g; %s above, %s below\n", rate[1], lo, rate[2], hi, rate[3], rate[0]);
}

static gws_status inspect_model(const char *path, gws_h5 *f, gws_err *err)
{
    static const char *const heads[2] = {"spiking", "linear"};
    gws_checkpoint c;
    gws_status st = gws_checkpoint_load(&c, path, err);

    if (st != GWS_OK)
        return st;
    printf("%s: gwspike model, format %d%s\n", path, GWS_MODEL_VERSION, c.phase < 0 ? "" : " (training checkpoint)");
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
    st = print_provenance(f, err);
    if (c.history && c.history[0])
        print_page("history", c.history);
    if (c.card && c.card[0])
        print_page("card", c.card);
    print_page("recipe", c.recipe);
    gws_checkpoint_clear(&c);
    return st;
}

/* ---- strain ---- */

static void print_bits(const char *title, const double *good, const char (*names)[24], int n)
{
    printf("%s", title);
    for (int i = 0; i < n; i++)
        printf(" %s %.4g%%", names[i], 100 * good[i]);
    printf("\n");
}

/* A file, or with f NULL a virtual input. */
static gws_status inspect_strain(const char *path, gws_h5 *f, gws_err *err)
{
    gws_strain_file s;
    gws_status st = gws_strain_inspect(path, &s, err);

    if (st != GWS_OK)
        return st;
    printf("%s: strain, %s, %d segment%s\n", path, gws_strain_kind_name(s.kind), s.n_segments, s.n_segments == 1 ? "" : "s");
    for (int i = 0; i < s.n_segments; i++) {
        const gws_strain_segment *g = &s.segments[i];
        int64_t begin_ns = gws_ns_of_sample(g->begin, g->rate_hz);
        char utc[32];
        gws_utc_text(begin_ns, utc);
        printf("  %s  GPS %.6f (%s UTC), %.6g s, %lld samples at %d Hz, ", g->ifo, (double)begin_ns / (double)GWS_NS, utc,
               (double)g->n / g->rate_hz, (long long)g->n, g->rate_hz);
        print_text(g->path);
        printf("\n");
    }
    if (s.quality.dq)
        print_bits("  data quality (good):", s.dq_good, (const char(*)[24])s.quality.dq_name, s.quality.n_dq);
    if (s.quality.inj)
        print_bits("  no injection:", s.inj_good, (const char(*)[24])s.quality.inj_name, s.quality.n_inj);
    if (f)
        st = print_provenance(f, err);
    gws_strain_file_clear(&s);
    return st;
}

/* ---- any other HDF5 file: its data sets ---- */

static gws_status list_all(gws_h5 *f, gws_err *err)
{
    static const char *const types[] = {"other", "f32", "f64", "int", "uint", "string", "compound"};
    gws_h5_entry *entries = NULL;
    int n = 0;
    gws_status st = gws_h5_tree(f, &entries, &n, err);

    for (int i = 0; i < n && st == GWS_OK; i++) {
        const gws_h5_entry *e = &entries[i];
        char name[1024];
        if (e->status) {
            st = gws_err_set(err, e->status, "%s", e->why);
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
    return st;
}

static gws_status inspect_other(const char *path, gws_h5 *f, gws_err *err)
{
    int triggers = gws_h5_exists(f, "/time") && gws_h5_exists(f, "/stat") && gws_h5_exists(f, "/var");
    const char *what = triggers                                                    ? "triggers, MLGWSC-1"
                       : gws_h5_exists(f, "/psd")                                  ? "power spectral density"
                       : gws_h5_exists(f, "/hplus") && gws_h5_exists(f, "/hcross") ? "waveform, frequency domain"
                                                                                   : "HDF5";
    gws_status st;

    print_text(path);
    printf(": %s\n", what);
    st = list_all(f, err);
    return st == GWS_OK ? print_provenance(f, err) : st;
}

static gws_status inspect_virtual(const gws_cli *cli, const char *name, gws_err *err)
{
    char *input = gws_cli_input(cli, name, err);
    gws_status st = input ? inspect_strain(input, NULL, err) : err->status;

    free(input);
    return st;
}

static gws_status inspect_file(const char *path, gws_err *err)
{
    gws_h5 *f = gws_h5_open(path, err);
    char *format = NULL;
    gws_status st;

    if (!f)
        return err->status;
    st = gws_h5_has_attr(f, "/", "format") ? gws_h5_attr_string(f, "/", "format", &format, err) : gws_h5_check(f, err);
    if (st != GWS_OK && st != GWS_EDATA) /* EDATA: not a string, and not ours */
        goto fail;
    if (format && strcmp(format, "gwspike-model") == 0)
        st = inspect_model(path, f, err);
    else if (gws_gwosc_probe(f) || gws_mlgwsc_probe(f))
        st = inspect_strain(path, f, err);
    else
        st = inspect_other(path, f, err);
fail:
    free(format);
    gws_h5_close(f);
    return st;
}

int gws_cmd_inspect(gws_cli *cli, int argc, char **argv)
{
    const gws_opts opts = {
        .usage = "FILE...",
        .about =
            "Strain: detectors, times, rates, data quality.  A model: the shapes of the line, calibration, every tensor, recipe,\n"
            "provenance.  A virtual input (sim:...): its segments.  Any other HDF5 file: its data sets.",
        .examples = "gwspike inspect H-H1_LOSC_4_V2-1126259446-32.hdf5\n"
                    "gwspike inspect models/default.hdf\n"
                    "gwspike inspect sim:mlgwsc=1,seed=7,duration=86400,part=fg",
        .min_inputs = 1,
        .max_inputs = -1,
        .input = "a file",
    };
    char **inputs = NULL;
    int n_inputs = 0, parsed = gws_opts_parse(cli, &opts, argc, argv, &inputs, &n_inputs);

    if (parsed != GWS_OPTS_RUN)
        return parsed;
    for (int i = 0; i < n_inputs; i++) {
        gws_err err = {0};
        gws_status st = gws_is_virtual(inputs[i]) ? inspect_virtual(cli, inputs[i], &err) : inspect_file(inputs[i], &err);
        if (st != GWS_OK)
            return gws_cli_fail(cli, &err);
    }
    return gws_cli_done(cli);
}
