/* gwspike qscan - the Q-transform of strain around a time. */
#include "base/clock.h"
#include "base/number.h"
#include "cli/inputs.h"
#include "cli/opts.h"
#include "cli/quality.h"
#include "report/qmap.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS 1000
#define LINES 300

/* What the user asked for. */
typedef struct wish {
    const char *out, *plot, *detector, *keep, *q;
    double gps_s, window_s;
    gws_look_params look;
    gws_strain_use use;
    int json;
} wish;

typedef struct scan {
    gws_look look[GWS_MAX_IFO];
    gws_qmap map[GWS_MAX_IFO];
    int n;
} scan;

static double snr_of(const gws_q_tile *t)
{
    return sqrt(2 * t->energy);
}

static gws_status look_at(const wish *w, gws_strain_set *set, scan *s, gws_err *err)
{
    const int64_t gps_ns = llround(w->gps_s * (double)GWS_NS);
    gws_status status = GWS_OK;

    for (int i = 0; i < gws_strain_ifos(set) && status == GWS_OK; i++) {
        gws_strain_info info;
        gws_strain_describe(set, i, &info);
        if (w->detector && strcmp(w->detector, info.ifo) != 0)
            continue;
        status = gws_look_make(set, i, gps_ns, &w->look, &s->look[s->n], err);
        if (status == GWS_OK)
            status = gws_qmap_make(&s->look[s->n], w->window_s / 2, w->window_s / 2, COLUMNS, LINES, &s->map[s->n], err);
        if (status == GWS_OK)
            s->n++;
        else
            gws_look_clear(&s->look[s->n]);
    }
    if (status == GWS_OK && s->n == 0)
        return gws_err_set(err, GWS_EDATA, "no %s in the input", w->detector);
    return status;
}

/* ---- outputs ---- */

typedef struct attribute {
    const char *name;
    double value;
} attribute;

/* A group for each detector: the map, and what is loudest in each plane. */
static gws_status write_detector(gws_h5 *f, const gws_look *l, const gws_qmap *m, gws_err *err)
{
    const int64_t planes = l->q.n_planes, map_shape[2] = {m->lines, m->columns};
    const double start_s = (double)l->gps_ns / (double)GWS_NS;
    const attribute attributes[] = {{"q", l->q.loudest.q},
                                    {"frequency", l->q.loudest.frequency_hz},
                                    {"energy", l->q.loudest.energy},
                                    {"snr", snr_of(&l->q.loudest)},
                                    {"gps", (double)gws_look_loudest_ns(l) / (double)GWS_NS},
                                    {"stretch_start", (double)gws_ns_of_sample(l->first, l->rate_hz) / (double)GWS_NS},
                                    {"stretch", (double)l->n / l->rate_hz}};
    double column[GWS_Q_PLANES];
    char path[48];
    gws_status status;

#define AT(name) (snprintf(path, sizeof path, "/qscan/%s/%s", l->ifo, name), path)
    status = gws_h5_write_f32(f, AT("map"), 2, map_shape, m->energy, err);
    if (status == GWS_OK)
        status = gws_h5_write_f64(f, AT("frequency"), 1, &map_shape[0], m->hz, err);
    for (int i = 0; i < m->columns; i++)
        m->time_s[i] += start_s;
    if (status == GWS_OK)
        status = gws_h5_write_f64(f, AT("time"), 1, &map_shape[1], m->time_s, err);
    for (int i = 0; i < m->columns; i++)
        m->time_s[i] -= start_s;
    for (int k = 0; k < 4 && status == GWS_OK; k++) {
        static const char *const names[4] = {"planes/q", "planes/energy", "planes/frequency", "planes/gps"};
        for (int i = 0; i < l->q.n_planes; i++) {
            const gws_q_tile *t = &l->q.planes[i].loudest;
            const double at_s = (double)gws_ns_of_sample(l->first, l->rate_hz) / (double)GWS_NS + t->time_s;
            column[i] = k == 0 ? t->q : k == 1 ? t->energy : k == 2 ? t->frequency_hz : at_s;
        }
        status = gws_h5_write_f64(f, AT(names[k]), 1, &planes, column, err);
    }
#undef AT
    snprintf(path, sizeof path, "/qscan/%s", l->ifo);
    for (size_t i = 0; i < sizeof attributes / sizeof attributes[0] && status == GWS_OK; i++)
        status = gws_h5_put_attr_f64(f, path, attributes[i].name, attributes[i].value, err);
    return status;
}

static gws_status save(gws_cli *cli, const wish *w, gws_h5 **out, gws_strain_set *set, scan *s, gws_err *err)
{
    const char *sha256 = *out ? gws_strain_sha256(set, err) : "";
    char gps[32], utc[32], title[120], below[160];
    gws_status status = sha256 ? GWS_OK : err->status;

    for (int i = 0; i < s->n && *out && status == GWS_OK; i++)
        status = write_detector(*out, &s->look[i], &s->map[i], err);
    if (status == GWS_OK && *out)
        status = gws_h5_provenance(*out, cli->command, -1, sha256, err);
    if (status == GWS_OK && *out) {
        status = gws_h5_commit(*out, err);
        *out = NULL;
    }
    if (status == GWS_OK && w->plot) {
        gws_gps_text(s->look[0].gps_ns, 3, gps);
        gws_utc_text(s->look[0].gps_ns, 3, utc);
        snprintf(title, sizeof title, "Q-transform at %s UTC", utc);
        snprintf(below, sizeof below, "GPS %s; energy of each tile over the median of its row; colours end at %g", gps,
                 GWS_QMAP_TO);
        status = gws_qmap_save(s->map, s->n, w->plot, title, below, s->look[0].gps_ns, err);
    }
    return status == GWS_OK ? gws_cli_commit(cli, err) : status;
}

static void print(const wish *w, const scan *s)
{
    if (!w->json)
        printf("%-8s  %-18s  %12s  %8s  %10s  %8s\n", "detector", "GPS (s)", "f (Hz)", "Q", "energy", "SNR");
    for (int i = 0; i < s->n; i++) {
        const gws_look *l = &s->look[i];
        const gws_q_tile *t = &l->q.loudest;
        char gps[32];
        if (w->json) {
            gws_json *j = gws_json_object();
            gws_json_put_string(j, "detector", l->ifo);
            gws_json_put_f64(j, "gps", (double)gws_look_loudest_ns(l) / (double)GWS_NS);
            gws_json_put_f64(j, "frequency", t->frequency_hz);
            gws_json_put_f64(j, "q", t->q);
            gws_json_put_f64(j, "energy", t->energy);
            gws_json_put_f64(j, "snr", snr_of(t));
            gws_cli_json(j);
            continue;
        }
        gws_gps_text(gws_look_loudest_ns(l), 6, gps);
        printf("%-8s  %-18s  %12.6g  %8.6g  %10.6g  %8.4g\n", l->ifo, gps, t->frequency_hz, t->q, t->energy, snr_of(t));
    }
}

static int run(gws_cli *cli, const wish *w, char **inputs, int n_inputs)
{
    gws_err err = {0};
    gws_strain_set *set = NULL;
    gws_h5 *out = NULL;
    scan *s = calloc(1, sizeof *s);
    int status;

    if (!s)
        gws_err_set(&err, GWS_ENOMEM, "no memory for the detectors");
    if (!s || !(set = gws_cli_strain(cli, inputs, n_inputs, &w->use, NULL, &err)) ||
        (w->out && !(out = gws_h5_create(w->out, &err))) || look_at(w, set, s, &err) != GWS_OK ||
        save(cli, w, &out, set, s, &err) != GWS_OK) {
        status = gws_cli_fail(cli, &err);
    } else {
        print(w, s);
        status = gws_cli_done(cli);
    }
    gws_h5_close(out);
    gws_strain_destroy(set);
    for (int i = 0; s && i < s->n; i++) {
        gws_look_clear(&s->look[i]);
        gws_qmap_clear(&s->map[i]);
    }
    free(s);
    return status;
}

/* "4,64" */
static int parse_range(const char *text, double *low, double *high)
{
    const char *at = gws_number_read(text, low);

    return at && *at == ',' && gws_number_parse(at + 1, high) && *low > 0 && *high >= *low ? 0 : -1;
}

/* Returns 0, or 2 after the message. */
static int check_wish(gws_cli *cli, wish *w)
{
    if (isnan(w->gps_s))
        return gws_cli_misuse(cli, "wants --gps TIME");
    if (!(fabs(w->gps_s) < 9e9))
        return gws_cli_misuse(cli, "--gps %g is no GPS time", w->gps_s);
    if (!(w->window_s > 0) || !(w->look.search_s > 0) || !(w->look.stretch_s >= 4) || !(w->look.stretch_s <= 4096) ||
        !(w->window_s <= w->look.stretch_s))
        return gws_cli_misuse(cli, "--window %g, --search %g, --duration %g: wanted positive seconds, the duration from 4 to 4096",
                              w->window_s, w->look.search_s, w->look.stretch_s);
    if (!(w->look.q.low_hz >= 0) || !(w->look.q.high_hz >= 0))
        return gws_cli_misuse(cli, "--low %g, --high %g: wanted Hz", w->look.q.low_hz, w->look.q.high_hz);
    if (parse_range(w->q, &w->look.q.q_low, &w->look.q.q_high) != 0)
        return gws_cli_misuse(cli, "--q LOW,HIGH: wanted two numbers above 0, got '%s'", w->q);
    if (gws_keep_parse(w->keep, &w->use))
        return gws_cli_misuse(cli, "--keep is cat1, injections or cat1,injections, got '%s'", w->keep);
    return 0;
}

int gws_cmd_qscan(gws_cli *cli, int argc, char **argv)
{
    wish w = {.gps_s = (double)NAN, .window_s = 1, .look = gws_look_defaults(), .q = "4,64"};
    char **inputs = NULL;
    int n_inputs = 0;
    const gws_opt options[] = {
        {0, "gps", GWS_OPT_DOUBLE, &w.gps_s, "TIME", "where to look, GPS seconds (needed)", 0},
        GWS_OPT_OUTPUT(&w.out, "HDF5: for each detector the map that is drawn, and the loudest tile of each plane"),
        {0, "plot", GWS_OPT_STRING, &w.plot, "FILE", "a figure of the maps, .png, .svg or .pdf", GWS_OPT_TO_FIGURE},
        GWS_OPT_JSON(&w.json),
        {0, "window", GWS_OPT_DOUBLE, &w.window_s, "S", "width of the map (default 1)", 0},
        {0, "search", GWS_OPT_DOUBLE, &w.look.search_s, "S", "width in which the loudest tile is sought (default 0.5)", 0},
        {0, "duration", GWS_OPT_DOUBLE, &w.look.stretch_s, "S", "strain that is whitened and transformed (default 32)", 0},
        {0, "q", GWS_OPT_STRING, &w.q, "LOW,HIGH", "quality factors (default 4,64)", 0},
        {0, "low", GWS_OPT_DOUBLE, &w.look.q.low_hz, "HZ", "lowest frequency (default: what the duration allows)", 0},
        {0, "high", GWS_OPT_DOUBLE, &w.look.q.high_hz, "HZ", "highest frequency (default: what the rate allows)", 0},
        {0, "detector", GWS_OPT_STRING, &w.detector, "IFO", "this one alone", 0},
        GWS_OPT_KEEP(&w.keep),
        GWS_OPTS_SELECT(&cli->select),
    };
    const gws_opts opts = {
        .usage = "--gps TIME INPUT... [--plot FILE.png] [-o OUT.hdf] [--json] [--window S]",
        .about =
            "Show strain around a time as energies of tiles in time and frequency: the Q-transform, with the tiles and the\n"
            "normalisation of the Omega pipeline and gwpy.  The stretch is whitened by its own noise, as gwpy does it.  Of all\n"
            "planes of one quality factor Q the one with the loudest tile near the time is shown.  In Gaussian noise an\n"
            "energy is above x in a share 2^-x of the tiles; the SNR of a tile is the root of twice its energy.\n"
            "\n"
            "A gap ends the stretch.  Half of the whitening filter, 1 s at each end of it, shows more than there is.",
        .examples = "gwspike qscan --gps 1126259462.42 H-H1_LOSC_4_V2-1126259446-32.hdf5 L-L1_LOSC_4_V2-1126259446-32.hdf5\n"
                    "gwspike qscan --gps 1126259462.42 --low 20 --high 500 --plot q.png -o q.hdf H1.hdf5 L1.hdf5",
        .options = options,
        .n_options = (int)(sizeof options / sizeof options[0]),
        .min_inputs = 1,
        .max_inputs = -1,
        .input = "at least one strain file",
    };
    const int parsed = gws_opts_parse(cli, &opts, argc, argv, &inputs, &n_inputs);

    if (parsed != GWS_OPTS_RUN)
        return parsed;
    if (check_wish(cli, &w))
        return 2;
    return run(cli, &w, inputs, n_inputs);
}
