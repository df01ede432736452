/* gwspike inspect - say what a file is. */
#include "base/clock.h"
#include "base/escape.h"
#include "base/hdf5.h"
#include "cli/opts.h"
#include "cli/rate.h"
#include "ligolw/reader.h"
#include "strain/inputs.h"
#include "strain/inspect.h"
#include "strain/source.h"
#include "strain/strain.h"
#include "sim/mlgwsc_input.h"
#include "model/checkpoint.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the facts go: to the terminal as they are found, or into an object that is printed when all are there. */
typedef struct report {
    int json;
    gws_json *j; /* NULL without json, or for want of memory, which printing it will say */
} report;

/* Text out of the file is escaped before it goes to the terminal. */
static void print_text(const char *text)
{
    gws_escape_print(stdout, text, 0);
}

static void print_page(report *r, const char *title, const char *text)
{
    if (r->json) {
        gws_json_put_string(r->j, title, text);
        return;
    }
    printf("%s:\n", title);
    gws_escape_print(stdout, text, 1);
    if (text[0] && text[strlen(text) - 1] != '\n')
        printf("\n");
}

/* An attribute of another type is none of ours; one that cannot be read is a damaged file. */
static gws_status print_provenance(report *r, gws_h5 *f, gws_err *err)
{
    static const char *const names[] = {"gwspike_version", "git_hash", "command_line", "input_sha256"};
    int64_t seed;

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char *text = NULL;
        gws_status status = gws_h5_has_attr(f, "/", names[i]) ? gws_h5_attr_string(f, "/", names[i], &text, err) : GWS_EDATA;
        if (status == GWS_OK && r->json) {
            gws_json_put_string(r->j, names[i], text);
        } else if (status == GWS_OK) {
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
    if (gws_h5_has_attr(f, "/", "seed") && gws_h5_attr_i64(f, "/", "seed", &seed, NULL) == GWS_OK) {
        if (r->json)
            gws_json_put_i64(r->j, "seed", seed);
        else
            printf("seed: %lld\n", (long long)seed);
    }
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
    if (a->delays > 1) {
        printf("  delays      events of");
        for (int d = 0; d < a->delays; d++)
            printf("%s%d", d ? ", " : " ", a->delay[d]);
        printf(" steps ago into the first layer\n");
    }
    printf("  classifier  (%d,%d) then (%d,%d)\n", 4 * a->rate_hz / hop, a->H[0], 4 * a->rate_hz / hop, a->H[1]);
    printf("  logits      (%d) of each head; %d warm-up steps\n", 4 * a->rate_hz / hop, c->warmup);
}

static void put_line(gws_json *j, const gws_checkpoint *c)
{
    const gws_arch *a = &c->arch;
    const int hop = gws_arch_hop(a);

    gws_json_put_string(j, "detectors", c->detectors);
    gws_json_put_i64(j, "rate_hz", a->rate_hz);
    gws_json_put_i64(j, "latents_per_4s", 4 * a->rate_hz / hop);
    gws_json_put_i64(j, "hop", hop);
    gws_json_put_i64(j, "channels", a->C);
    if (a->delays > 1) {
        int64_t delay[GWS_DELAYS_MAX];
        for (int d = 0; d < a->delays; d++)
            delay[d] = a->delay[d];
        gws_json_put_i64s(j, "delays", delay, a->delays);
    }
    gws_json_put_i64(j, "lif_1", a->H[0]);
    gws_json_put_i64(j, "lif_2", a->H[1]);
    gws_json_put_i64(j, "warmup_steps", c->warmup);
    if (a->matched) {
        gws_json_put_i64(j, "stem_filters", a->bank.templates);
        gws_json_put_f64(j, "stem_filter_s", a->bank.taps / 512.0);
        gws_json_put_i64(j, "stem_inputs", a->inputs);
    }
    if (a->span) {
        gws_json_put_i64(j, "context_span_steps", a->span);
        gws_json_put_i64(j, "context_lead_steps", a->lead);
    }
    if (a->wake > 0.0f)
        gws_json_put_f64(j, "wakes_at", (double)a->wake);
}

static gws_json *json_of_rate(const gws_calibration *cal, double stat)
{
    gws_json *j = gws_json_object();
    gws_json_put_f64(j, "stat", stat);
    gws_rate_put(j, gws_far_at(cal, stat));
    return j;
}

static void put_calibration(gws_json *j, const char *head, const gws_calibration *cal)
{
    gws_json *c = gws_json_object();
    gws_json_put_bool(c, "calibrated", cal->n > 0);
    if (cal->n > 0) {
        const double lo = (double)cal->stat[cal->n - 1], hi = (double)cal->stat[0];
        gws_json_put_f64(c, "threshold", cal->threshold);
        gws_json_put_f64(c, "offset_s", cal->offset_s);
        gws_json_put_i64(c, "background", cal->n);
        gws_json_put_f64(c, "livetime_s", cal->livetime_s);
        gws_json_put_object(c, "quietest", json_of_rate(cal, lo));
        gws_json_put_object(c, "loudest", json_of_rate(cal, hi));
        gws_json_put_object(c, "below", json_of_rate(cal, nextafter(lo, -INFINITY)));
        gws_json_put_object(c, "above", json_of_rate(cal, nextafter(hi, INFINITY)));
    }
    gws_json_put_object(j, head, c);
}

/*   of  whose it is, as "H1"; "": that of all detectors */
static void print_calibration(const char *of, const char *head, const gws_calibration *cal)
{
    const char *const alone = *of ? " alone, " : "";
    char time[GWS_RATE_TEXT], rate[4][GWS_RATE_TEXT];

    if (cal->n == 0) {
        printf("%s%s%s head: not calibrated\n", of, alone, head);
        return;
    }
    const double lo = (double)cal->stat[cal->n - 1], hi = (double)cal->stat[0],
                 at[4] = {nextafter(lo, -INFINITY), lo, hi, nextafter(hi, INFINITY)};
    for (int i = 0; i < 4; i++)
        gws_rate_text(gws_far_at(cal, at[i]), rate[i]);
    gws_livetime_text(cal->livetime_s, time);
    printf("%s%s%s head: threshold %.4g, offset %.4f s, background of %lld trigger%s in %s, %.4g to %.4g\n", of, alone, head,
           cal->threshold, cal->offset_s, (long long)cal->n, cal->n == 1 ? "" : "s", time, lo, hi);
    printf("  false alarms in 30 days: %s at %.4g, %s at %.4g; %s above, %s below\n", rate[1], lo, rate[2], hi, rate[3], rate[0]);
}

static void print_model(const char *path, const gws_checkpoint *c)
{
    static const char *const heads[2] = {"spiking", "linear"};
    print_text(path);
    printf(": gwspike model, format %d%s\n", GWS_MODEL_VERSION, c->phase < 0 ? "" : " (training checkpoint)");
    print_line(c);
    for (int k = 0; k < 2; k++)
        print_calibration("", heads[k], &c->cal[k]);
    for (unsigned ifos = 1; ifos < (1u << c->arch.ifos) - 1; ifos++)
        for (int k = 0; k < 2 && gws_checkpoint_is_calibrated(c, ifos); k++) {
            char of[4 * GWS_MODEL_IFOS + 1];
            gws_checkpoint_names(c, ifos, of);
            print_calibration(of, heads[k], &c->part[ifos][k]);
        }
    printf("tensors:\n");
    for (int i = 0; i < c->table.n; i++) {
        const gws_tensor *t = &c->table.rows[i];
        printf("  %-24s ", t->name);
        print_shape(t->shape, t->ndim);
        printf("\n");
    }
    printf("parameters: %lld in %d tensors", (long long)gws_table_values(&c->table), c->table.n);
    if (c->step > 0)
        printf(", %lld optimizer steps", (long long)c->step);
    printf("\n");
}

static void put_model(gws_json *j, const gws_checkpoint *c)
{
    gws_json *line = gws_json_object();
    gws_json_put_string(j, "kind", "gwspike model");
    gws_json_put_i64(j, "format", GWS_MODEL_VERSION);
    gws_json_put_bool(j, "training_checkpoint", c->phase >= 0);
    put_line(line, c);
    gws_json_put_object(j, "line", line);
    put_calibration(j, "spiking", &c->cal[0]);
    put_calibration(j, "linear", &c->cal[1]);
    for (unsigned ifos = 1; ifos < (1u << c->arch.ifos) - 1; ifos++)
        if (gws_checkpoint_is_calibrated(c, ifos)) {
            char of[4 * GWS_MODEL_IFOS + 1];
            gws_json *x = gws_json_object();
            gws_checkpoint_names(c, ifos, of);
            gws_json_put_string(x, "detectors", of);
            put_calibration(x, "spiking", &c->part[ifos][0]);
            put_calibration(x, "linear", &c->part[ifos][1]);
            gws_json_append_object(j, "parts", x);
        }
    for (int i = 0; i < c->table.n; i++) {
        const gws_tensor *t = &c->table.rows[i];
        gws_json *x = gws_json_object();
        gws_json_put_string(x, "name", t->name);
        gws_json_put_i64s(x, "shape", t->shape, t->ndim);
        gws_json_append_object(j, "tensors", x);
    }
    gws_json_put_i64(j, "parameters", gws_table_values(&c->table));
    gws_json_put_i64(j, "optimizer_steps", c->step);
}

static gws_status inspect_model(report *r, const char *path, gws_h5 *f, gws_err *err)
{
    gws_checkpoint c;
    gws_status status = gws_checkpoint_load(&c, path, err);

    if (status != GWS_OK)
        return status;
    if (r->json)
        put_model(r->j, &c);
    else
        print_model(path, &c);
    status = print_provenance(r, f, err);
    if (c.history && c.history[0])
        print_page(r, "history", c.history);
    if (c.card && c.card[0])
        print_page(r, "card", c.card);
    print_page(r, "recipe", c.recipe);
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
    gws_json *j;        /* of the detector; NULL: they are printed */
} dead;

static void end_stretch(dead *d, const gws_strain_info *info)
{
    char gps[32];

    if (d->begin == d->end)
        return;
    gws_gps_text(gws_ns_of_sample(d->begin, info->rate_hz), 6, gps);
    if (d->n++ < STRETCHES && d->j) {
        gws_json *x = gws_json_object();
        gws_json_put_string(x, "gps", gps);
        gws_json_put_f64(x, "duration_s", (double)(d->end - d->begin) / info->rate_hz);
        gws_json_append_object(d->j, "repeated", x);
    } else if (d->n <= STRETCHES)
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

static void put_losses(gws_json *j, const gws_strain_info *info, const gws_strain_losses *loss, int stretches, int64_t finite)
{
    gws_json *lost = gws_json_object();
    gws_json_put_string(j, "ifo", info->ifo);
    gws_json_put_i64(j, "n", loss->read);
    gws_json_put_i64(j, "finite", finite);
    gws_json_put_i64(j, "repeated_stretches", stretches);
    for (int k = GWS_GAP_NOT_FINITE; k < GWS_GAPS; k++)
        if (loss->lost[k] > 0)
            gws_json_put_f64(lost, gws_gap_name((gws_gap)k), (double)loss->lost[k] / info->rate_hz);
    gws_json_put_object(j, "lost_s", lost);
}

/* Read every sample of a detector and say how much of it is data. */
static gws_status look_at_samples(report *r, gws_strain_set *set, int ifo, gws_err *err)
{
    gws_strain_info info;
    gws_strain_losses loss;
    gws_status status = GWS_OK;
    dead d = {.j = r->json ? gws_json_object() : NULL};
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
    if (status != GWS_OK) {
        gws_json_destroy(d.j);
        return status;
    }
    end_stretch(&d, &info);
    gws_strain_get_losses(set, ifo, &loss);
    for (int k = 0; k < GWS_GAPS; k++)
        lost += loss.lost[k];
    if (r->json) {
        put_losses(d.j, &info, &loss, d.n, loss.read - lost);
        gws_json_append_object(r->j, "samples", d.j);
        return status;
    }
    if (d.n > STRETCHES)
        printf("  %s  and %d more such stretches\n", info.ifo, d.n - STRETCHES);
    printf("  %s  %lld of %lld samples are finite data (%.4g%%)", info.ifo, (long long)(loss.read - lost), (long long)loss.read,
           100 * (double)(loss.read - lost) / (double)loss.read);
    for (int k = GWS_GAP_NOT_FINITE; k < GWS_GAPS; k++)
        if (loss.lost[k] > 0)
            printf(", %.10g s %s", (double)loss.lost[k] / info.rate_hz, gws_gap_name((gws_gap)k));
    printf("\n");
    return status;
}

/* All samples of an input, or with so many of them one of each detector, which shows whether they can be read. */
static gws_status inspect_samples(report *r, const char *input, int all, gws_err *err)
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
        status = all ? look_at_samples(r, set, i, err)
                     : gws_strain_read(set, i, info.spans[0].begin, info.spans[0].begin + 1, &first, err);
    }
    if (status == GWS_OK && r->json)
        gws_json_put_bool(r->j, "all_samples_seen", all);
    else if (status == GWS_OK && !all)
        printf("  %lld samples, not looked at; --samples does\n", (long long)samples);
    gws_strain_destroy(set);
    return status;
}

static void print_strain(const char *path, const gws_strain_file *s)
{
    print_text(path);
    printf(": %s, %s, %d segment%s\n", s->whitened ? "whitened strain" : "strain", s->format->name, s->n_segments,
           s->n_segments == 1 ? "" : "s");
    for (int i = 0; i < s->n_segments; i++) {
        const gws_strain_segment *g = &s->segments[i];
        int64_t begin_ns = gws_ns_of_sample(g->begin, g->rate_hz);
        char gps[32], utc[32];
        gws_gps_text(begin_ns, 6, gps);
        gws_utc_text(begin_ns, begin_ns % 1000000 ? 6 : 3, utc); /* no fewer places than make it the same instant */
        printf("  %s  GPS %s (%s UTC), %.6g s, %lld samples at %d Hz, ", g->ifo, gps, utc, (double)g->n / g->rate_hz,
               (long long)g->n, g->rate_hz);
        print_text(g->path);
        printf("\n");
    }
    for (int i = 0; i < s->n_masks; i++) {
        const gws_strain_masks *m = &s->masks[i];
        print_bits(m->ifo, "  data quality (good):", m->dq_good, (const char(*)[24])m->quality.dq_name, m->quality.n_dq);
        if (m->quality.inj)
            print_bits(m->ifo, "  no injection:", m->inj_good, (const char(*)[24])m->quality.inj_name, m->quality.n_inj);
    }
}

static gws_json *json_of_bits(const double *good, const char (*names)[24], int n)
{
    gws_json *j = gws_json_object();
    for (int i = 0; i < n; i++)
        gws_json_put_f64(j, names[i], good[i]);
    return j;
}

static void put_strain(gws_json *j, const gws_strain_file *s)
{
    gws_json_put_string(j, "kind", s->whitened ? "whitened strain" : "strain");
    gws_json_put_string(j, "format", s->format->name);
    for (int i = 0; i < s->n_segments; i++) {
        const gws_strain_segment *g = &s->segments[i];
        const int64_t begin_ns = gws_ns_of_sample(g->begin, g->rate_hz);
        gws_json *x = gws_json_object();
        char gps[32], utc[32];
        gws_gps_text(begin_ns, 9, gps);
        gws_utc_text(begin_ns, begin_ns % 1000000 ? 6 : 3, utc);
        gws_json_put_string(x, "ifo", g->ifo);
        gws_json_put_string(x, "gps", gps);
        gws_json_put_string(x, "utc", utc);
        gws_json_put_f64(x, "duration_s", (double)g->n / g->rate_hz);
        gws_json_put_i64(x, "n", g->n);
        gws_json_put_i64(x, "rate_hz", g->rate_hz);
        gws_json_put_string(x, "path", g->path);
        gws_json_append_object(j, "segments", x);
    }
    for (int i = 0; i < s->n_masks; i++) {
        const gws_strain_masks *m = &s->masks[i];
        gws_json *x = gws_json_object();
        gws_json_put_string(x, "ifo", m->ifo);
        gws_json_put_object(x, "data_quality", json_of_bits(m->dq_good, (const char(*)[24])m->quality.dq_name, m->quality.n_dq));
        if (m->quality.inj)
            gws_json_put_object(x, "no_injection",
                                json_of_bits(m->inj_good, (const char(*)[24])m->quality.inj_name, m->quality.n_inj));
        gws_json_append_object(j, "masks", x);
    }
}

/* A file, or with f NULL one that is no HDF5.
 *   made   it is made when it is read, and has no bad samples of its own */
static gws_status inspect_strain(report *r, const char *path, gws_h5 *f, int made, int samples, gws_err *err)
{
    gws_strain_file s;
    gws_status status = gws_strain_inspect(path, gws_sim_formats, &s, err);

    if (status != GWS_OK)
        return status;
    if (r->json)
        put_strain(r->j, &s);
    else
        print_strain(path, &s);
    if (!made || samples)
        status = inspect_samples(r, path, samples, err);
    if (f && status == GWS_OK)
        status = print_provenance(r, f, err);
    gws_strain_file_clear(&s);
    return status;
}

/* ---- any other HDF5 file: its data sets ---- */

static gws_status list_all(report *r, gws_h5 *f, gws_err *err)
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
        if (r->json) {
            gws_json *x = gws_json_object();
            gws_json_put_string(x, "path", e->path);
            gws_json_put_string(x, "type", e->is_group ? "group" : types[e->info.type]);
            if (!e->is_group)
                gws_json_put_i64s(x, "shape", e->info.shape, e->info.ndim);
            gws_json_append_object(r->j, "entries", x);
        } else if (e->is_group) {
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
                 {{"/valid/kind", "/valid/logit_spiking", "/valid/untrained_spiking"}, "held-out candidates of a training"},
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

static gws_status inspect_other(report *r, const char *path, gws_h5 *f, gws_err *err)
{
    gws_status status;

    if (r->json) {
        gws_json_put_string(r->j, "kind", kind_of(f));
    } else {
        print_text(path);
        printf(": %s\n", kind_of(f));
    }
    status = list_all(r, f, err);
    return status == GWS_OK ? print_provenance(r, f, err) : status;
}

/* ---- LIGO_LW ---- */

static void tell_series(report *r, const gws_ligolw *d, int element, const gws_ligolw_series *s)
{
    const char *ifo = gws_ligolw_find_param(d, element, "instrument");
    if (r->json) {
        gws_json *x = gws_json_object();
        gws_json_put_string(x, "type", gws_ligolw_element_name(d, element));
        gws_json_put_string(x, "name", s->name);
        if (ifo)
            gws_json_put_string(x, "instrument", ifo);
        gws_json_put_i64(x, "samples", s->n);
        gws_json_put_f64(x, s->is_time ? "delta_t" : "delta_f", s->delta);
        gws_json_put_f64(x, "epoch", (double)s->epoch_ns / (double)GWS_NS);
        gws_json_append_object(r->j, "series", x);
        return;
    }
    printf("  %-32s ", gws_ligolw_element_name(d, element));
    print_text(s->name);
    printf("%s", ifo ? ", " : "");
    print_text(ifo ? ifo : "");
    printf(": %lld samples\n", (long long)s->n);
}

static gws_status inspect_ligolw(report *r, const char *path, gws_err *err)
{
    gws_ligolw *d = gws_ligolw_load(path, NULL, err);
    if (!d)
        return err->status;
    if (r->json) {
        gws_json_put_string(r->j, "kind", "LIGO_LW");
    } else {
        print_text(path);
        printf(": LIGO_LW\n");
    }
    for (int i = 0; i < gws_ligolw_tables(d); i++) {
        const gws_ligolw_rowset *t = gws_ligolw_get_table(d, i);
        const long long rows = gws_ligolw_rows(t);
        if (r->json) {
            gws_json *x = gws_json_object();
            gws_json_put_string(x, "name", gws_ligolw_name_of(t));
            gws_json_put_i64(x, "rows", rows);
            gws_json_put_i64(x, "columns", gws_ligolw_columns(t));
            gws_json_append_object(r->j, "tables", x);
        } else {
            char name[4 * GWS_LIGOLW_NAME];
            gws_escape(name, sizeof name, gws_ligolw_name_of(t), 0);
            printf("  %-32s %lld row%s of %d\n", name, rows, rows == 1 ? "" : "s", gws_ligolw_columns(t));
        }
    }
    for (int i = 0; i < gws_ligolw_elements(d); i++) {
        gws_ligolw_series s;
        if (gws_ligolw_read_series(d, i, &s, NULL) == GWS_OK)
            tell_series(r, d, i, &s);
        free((void *)(uintptr_t)s.data);
    }
    gws_ligolw_destroy(d);
    return GWS_OK;
}

static gws_status inspect_virtual(report *r, const gws_cli *cli, const char *name, int samples, gws_err *err)
{
    char *input = gws_cli_input(cli, name, err);
    gws_status status = input ? inspect_strain(r, input, NULL, 1, samples, err) : err->status;

    free(input);
    return status;
}

static gws_status inspect_file(report *r, const char *path, int samples, gws_err *err)
{
    char *format = NULL;
    gws_status status;
    gws_h5 *f;

    if (gws_ligolw_is_name(path))
        return inspect_ligolw(r, path, err);
    if (gws_strain_format_find(path, NULL, gws_sim_formats))
        return inspect_strain(r, path, NULL, 0, samples, err);
    if (!(f = gws_h5_open(path, err)))
        return err->status;
    status = gws_h5_has_attr(f, "/", "format") ? gws_h5_attr_string(f, "/", "format", &format, err) : gws_h5_check(f, err);
    if (status != GWS_OK && status != GWS_EDATA) /* EDATA: not a string, and not ours */
        goto fail;
    if (format && strcmp(format, "gwspike-model") == 0)
        status = inspect_model(r, path, f, err);
    else if (gws_strain_format_find(path, f, gws_sim_formats))
        status = inspect_strain(r, path, f, 0, samples, err);
    else
        status = inspect_other(r, path, f, err);
fail:
    free(format);
    gws_h5_close(f);
    return status;
}

/* One file.  Returns 1: its fault is not the file's, and the next would have it too. */
static int inspect_one(const gws_cli *cli, const char *name, int samples, int json, int *failed)
{
    gws_err err = {0};
    report r = {json, json ? gws_json_object() : NULL};
    gws_json_put_string(r.j, "file", name);
    const gws_status status =
        gws_is_mlgwsc_input(name) ? inspect_virtual(&r, cli, name, samples, &err) : inspect_file(&r, name, samples, &err);
    if (json && status == GWS_OK)
        gws_cli_json(r.j);
    else
        gws_json_destroy(r.j);
    if (status != GWS_OK)
        *failed = gws_cli_fail(cli, &err); /* the next one may be good */
    return status == GWS_ENOMEM || status == GWS_ESTOP;
}

/* All files that an input stands for. */
static int inspect_input(const gws_cli *cli, const char *input, int samples, int json, int *failed)
{
    gws_err err = {0};
    char **names = NULL;
    int n = 0, stop = 0;
    if (gws_inputs_expand(&input, 1, stdin, &names, &n, &err) != GWS_OK) {
        *failed = gws_cli_fail(cli, &err);
        stop = err.status == GWS_ENOMEM;
    }
    for (int i = 0; i < n && !stop; i++)
        stop = inspect_one(cli, names[i], samples, json, failed);
    gws_inputs_free(names, n);
    return stop;
}

int gws_cmd_inspect(gws_cli *cli, int argc, char **argv)
{
    int samples = 0, json = 0;
    const gws_opt options[] = {
        GWS_OPT_JSON(&json),
        {0, "samples", GWS_OPT_FLAG, &samples, NULL, "look at all samples, also where they are many or made when read", 0},
    };
    const gws_opts opts = {
        .usage = "[--samples] [--json] FILE...",
        .about =
            "Say what a file is.  Of strain it prints detectors, times, rates, data quality, how many samples are finite data,\n"
            "and stretches of one repeated value; of a model the shapes of the line, calibration, every tensor, recipe and\n"
            "provenance; of an input sim:... its segments; of LIGO_LW XML (.xml, .xml.gz) its tables and series; of any other\n"
            "HDF5 file its data sets, and what it is where the program wrote it.  A folder, a list (.lcf, .cache, .ffl, - for one "
            "on\n"
            "standard input) or a pattern in quotes stands for its files.  When a file cannot be read the others follow, and the "
            "exit\n"
            "status is 1.",
        .examples = "gwspike inspect H-H1_LOSC_4_V2-1126259446-32.hdf5\n"
                    "gwspike inspect models/bbh-real.hdf\n"
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
    for (int i = 0; i < n_inputs; i++)
        if (inspect_input(cli, inputs[i], samples, json, &failed))
            break;
    return failed ? failed : gws_cli_done(cli);
}
