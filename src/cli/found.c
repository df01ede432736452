/* found.c - see found.h. */
#include "cli/found.h"

#include "base/clock.h"
#include "base/hdf5.h"
#include "cli/plot.h"
#include "gw/named_psd.h"
#include "sim/optimal_snr.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SNR_RATE_HZ 2048 /* SNRs count up to half of it */
#define SNR_HOLD_HZ 8    /* as `simulate` holds its curve */
#define MOST_POINTS 5000 /* of a kind in the figure: some 100 bytes each in an SVG */

/* ---- SNRs ---- */

/* The table's rows, which are in order of time, of the injections in the data. */
static gws_status find_rows(const gws_injections *t, const gws_injected *inj, const char *path, int64_t *row, gws_err *err)
{
    const double *m1 = gws_injections_column(t, "mass1"), *m2 = gws_injections_column(t, "mass2"),
                 *distance = gws_injections_column(t, "distance");

    for (int64_t j = 0; j < inj->n; j++) {
        int64_t first, n = gws_injections_between(t, inj->tc_s[j], inj->tc_s[j], &first), r = first;
        while (m1 && m2 && distance && r < first + n &&
               (m1[r] != inj->mass1_msun[j] || m2[r] != inj->mass2_msun[j] || distance[r] != inj->distance_mpc[j]))
            r++;
        if (r == first + n)
            return gws_err_set(err, GWS_EDATA, "%s: the injection at GPS %.3f is not there any more", path, inj->tc_s[j]);
        row[j] = r;
    }
    return GWS_OK;
}

static gws_status compute_snr(gws_cli *cli, const gws_found_wish *w, const gws_injections *t, const int64_t *row, int64_t n,
                              double *snr, gws_err *err)
{
    const gws_site *site[GWS_MAX_IFO];
    const char *name[GWS_MAX_IFO];
    gws_psd curve = {0}, psd[GWS_MAX_IFO];
    gws_pool *pool = NULL;
    gws_bar bar = gws_bar_start();
    const gws_progress progress = {gws_bar_show, &bar};
    const double t0_s = gws_now_s();
    char *names = strdup(w->detectors);
    gws_status st = names ? GWS_OK : gws_err_set(err, GWS_ENOMEM, "no memory for the names of detectors");
    const int n_ifo = names ? gws_cli_detectors(names, name) : 0;

    if (st == GWS_OK && n_ifo < 0)
        st = gws_err_set(err, GWS_EARG, "--detectors '%s': wanted one to %d different ones, as H1,L1", w->detectors, GWS_MAX_IFO);
    for (int d = 0; st == GWS_OK && d < n_ifo; d++)
        if (!(site[d] = gws_site_find(name[d])))
            st = gws_err_set(err, GWS_EARG, "--detectors: unknown detector %s", name[d]);
    if (st == GWS_OK)
        st = gws_psd_design(w->psd, SNR_RATE_HZ, GWS_SNR_DF_HZ, SNR_HOLD_HZ, GWS_SNR_LOW_HZ, &curve, err);
    if (st == GWS_OK && !(pool = gws_cli_pool(cli, w->threads, err)))
        st = err->status;
    if (st == GWS_OK) {
        for (int d = 0; d < n_ifo; d++)
            psd[d] = curve;
        const gws_snr_network net = {n_ifo, site, psd, GWS_SNR_LOW_HZ};
        st = gws_injections_snr(t, row, n, &net, pool, &progress, snr, err);
        gws_bar_clear(&bar);
        if (st == GWS_OK)
            gws_cli_log(GWS_LOG_DEBUG, "%lld SNRs in %.1f s", (long long)n, gws_now_s() - t0_s);
    }
    gws_pool_destroy(pool);
    gws_psd_clear(&curve);
    free(names);
    return st;
}

static gws_status has_snr(const char *path, int *has, gws_err *err)
{
    gws_h5 *f = gws_h5_open(path, err);

    if (!f)
        return err->status;
    *has = gws_h5_exists(f, "/snr");
    gws_h5_close(f);
    return GWS_OK;
}

/* *out stays NULL where nothing is known. */
static gws_status get_snr(gws_cli *cli, const gws_found_wish *w, const char *path, const gws_injected *inj, double **out,
                          gws_err *err)
{
    gws_injections t = {0};
    int64_t *row = NULL;
    int has = 0;
    gws_status st = has_snr(path, &has, err);

    *out = NULL;
    if (st != GWS_OK || (!has && !w->psd))
        return st;
    if ((st = gws_injections_load(path, &t, err)) != GWS_OK)
        return st;
    const double *own = gws_injections_column(&t, "snr");
    row = malloc((size_t)inj->n * sizeof *row);
    *out = malloc((size_t)inj->n * sizeof **out);
    if (!row || !*out)
        st = gws_err_set(err, GWS_ENOMEM, "no memory for the SNRs of %lld injections", (long long)inj->n);
    if (st == GWS_OK)
        st = find_rows(&t, inj, path, row, err);
    if (st == GWS_OK && w->psd) {
        if ((st = compute_snr(cli, w, &t, row, inj->n, *out, err)) != GWS_OK && st != GWS_ESTOP)
            gws_err_prefix(err, "SNRs of %s", path);
    } else if (st == GWS_OK) {
        for (int64_t j = 0; j < inj->n; j++)
            (*out)[j] = own ? own[row[j]] : (double)NAN;
    }
    free(row);
    gws_injections_clear(&t);
    if (st != GWS_OK) {
        free(*out);
        *out = NULL;
    }
    return st;
}

/* ---- words ---- */

static const char *const titles[GWS_BY_ALL + 1] = {"chirp mass (Msun)", "distance (Mpc)", "network SNR", "chirp distance (Mpc)"};

static const char *title_of(const gws_found *f, int by)
{
    return titles[by == GWS_BY_DISTANCE && f->chirp_distance ? GWS_BY_ALL : by];
}

void gws_found_print(const gws_found *f)
{
    char edges[64];

    printf("\nfound at %.6g false alarms a month: %lld of %lld injections, louder than %.6g%s\n", f->far_per_month,
           (long long)f->n_found, (long long)f->n, f->threshold, f->short_list ? "  *" : "");
    for (int by = 0; by < GWS_BY_ALL; by++) {
        if (f->n_bins[by] == 0)
            continue;
        printf("\n%-22s  found      of  share, 1 sigma\n", title_of(f, by));
        for (int b = 0; b < f->n_bins[by]; b++) {
            const gws_found_bin *bin = &f->bins[by][b];
            if (bin->injections == 0)
                continue;
            if (isinf(bin->to))
                snprintf(edges, sizeof edges, "%.6g and more", bin->from);
            else
                snprintf(edges, sizeof edges, "%.6g to %.6g", bin->from, bin->to);
            printf("%22s %6lld %7lld  %.3f (%.3f to %.3f)\n", edges, (long long)bin->found, (long long)bin->injections, bin->share,
                   bin->low, bin->high);
        }
    }
    if (f->n_found > 0) {
        printf("\ntime of the found, less tc: median %+.4f s, rms %.4f s;", f->median_s, f->rms_s);
        for (int k = 0; k < GWS_FOUND_WITHIN; k++)
            printf(" %.1f %% within %g s%s", 100 * (double)f->within[k] / (double)f->n_found, gws_found_within_s[k],
                   k + 1 < GWS_FOUND_WITHIN ? "," : "\n");
    }
    if (f->n_bins[GWS_BY_SNR] == 0)
        printf("\nSNRs are not known: the injection file has no data set snr; --psd computes them\n");
}

void gws_found_json(const gws_found *f)
{
    const char *const names[GWS_BY_ALL] = {"chirp_mass_msun", f->chirp_distance ? "chirp_distance_mpc" : "distance_mpc",
                                           "network_snr"};
    double share[GWS_FOUND_WITHIN];
    gws_json *j;

    for (int by = 0; by < GWS_BY_ALL; by++)
        for (int b = 0; b < f->n_bins[by]; b++) {
            const gws_found_bin *bin = &f->bins[by][b];
            if (bin->injections == 0)
                continue;
            j = gws_json_object();
            gws_json_put_string(j, "quantity", names[by]);
            gws_json_put_f64(j, "found_at_far_per_month", f->far_per_month);
            gws_json_put_f64(j, "from", bin->from);
            gws_json_put_f64(j, "to", bin->to);
            gws_json_put_i64(j, "found", bin->found);
            gws_json_put_i64(j, "injections", bin->injections);
            gws_json_put_f64(j, "share", bin->share);
            gws_json_put_f64(j, "share_low", bin->low);
            gws_json_put_f64(j, "share_high", bin->high);
            gws_cli_json(j);
        }
    for (int k = 0; k < GWS_FOUND_WITHIN; k++)
        share[k] = f->n_found > 0 ? (double)f->within[k] / (double)f->n_found : (double)NAN;
    j = gws_json_object();
    gws_json_put_string(j, "quantity", "offset_s");
    gws_json_put_f64(j, "found_at_far_per_month", f->far_per_month);
    gws_json_put_f64(j, "threshold", f->threshold);
    gws_json_put_i64(j, "found", f->n_found);
    gws_json_put_i64(j, "injections", f->n);
    gws_json_put_f64(j, "median", f->median_s);
    gws_json_put_f64(j, "rms", f->rms_s);
    gws_json_put_f64s(j, "within", gws_found_within_s, GWS_FOUND_WITHIN);
    gws_json_put_f64s(j, "share_within", share, GWS_FOUND_WITHIN);
    gws_cli_json(j);
}

/* ---- figure ---- */

static int64_t one_in(int64_t n)
{
    return n > MOST_POINTS ? (n + MOST_POINTS - 1) / MOST_POINTS : 1;
}

/* Chirp mass against distance; of very many points of a kind every k-th in the order of the list. */
static void draw_points(gws_plot *p, const gws_found *f, int found, int64_t each)
{
    int64_t k = 0;

    for (int64_t i = 0; i < f->n; i++)
        if (f->found[i] == found && k++ % each == 0)
            gws_plot_mark(p, f->value[GWS_BY_CHIRP_MASS][i], f->value[GWS_BY_DISTANCE][i], found ? GWS_MARK_UP : GWS_MARK_DOWN,
                          found ? GWS_COLOUR_SPIKING : GWS_COLOUR_LINEAR, found ? 7 : 5);
    gws_plot_legend(p, found ? "found" : "missed", found ? GWS_COLOUR_SPIKING : GWS_COLOUR_LINEAR,
                    found ? GWS_MARK_UP : GWS_MARK_DOWN);
}

/* Edge of a bin on its axis: SNRs are on a logarithmic one, on which the outer bins end somewhere. */
static double edge(const gws_found *f, int by, int b, int to)
{
    const gws_found_bin *bin = &f->bins[by][b];

    if (by != GWS_BY_SNR)
        return to ? bin->to : bin->from;
    return log10(to ? (isinf(bin->to) ? 2 * bin->from : bin->to) : bin->from > 0 ? bin->from : bin->to / 2);
}

/* Share found against a quantity: a bar as wide as the bin, its interval, a point. */
static void draw_shares(gws_plot *p, const gws_found *f, int by, double left, double width)
{
    double most = 0;
    int first = -1, last = -1;

    for (int b = 0; b < f->n_bins[by]; b++)
        if (f->bins[by][b].injections > 0) {
            first = first < 0 ? b : first;
            last = b;
            most = fmax(most, f->bins[by][b].share); /* not the interval's end, which is 1/2 where one was missed */
        }
    gws_plot_panel(p, left, 500, width, 200, edge(f, by, first, 0), edge(f, by, last, 1), 0, most > 0 ? fmin(1.05, 1.25 * most) : 1,
                   title_of(f, by), by == 0 ? "share found" : "");
    for (int b = first; b <= last; b++) {
        const gws_found_bin *bin = &f->bins[by][b];
        const double x[2] = {edge(f, by, b, 0), edge(f, by, b, 1)}, middle = (x[0] + x[1]) / 2;
        if (bin->injections == 0)
            continue;
        gws_plot_line(p, x, (const double[2]){bin->share, bin->share}, 2, GWS_COLOUR_SPIKING, 2);
        gws_plot_line(p, (const double[2]){middle, middle}, (const double[2]){bin->low, bin->high}, 2, GWS_COLOUR_SPIKING, 2);
        gws_plot_mark(p, middle, bin->share, GWS_MARK_DISC, GWS_COLOUR_SPIKING, 7);
    }
}

static void range(const double *x, int64_t n, double *lo, double *hi)
{
    *lo = *hi = x[0];
    for (int64_t i = 1; i < n; i++) {
        *lo = fmin(*lo, x[i]);
        *hi = fmax(*hi, x[i]);
    }
    const double margin = *hi > *lo ? 0.03 * (*hi - *lo) : 0.1 * *hi;
    *lo -= margin;
    *hi += margin;
}

static gws_status save_figure(const gws_found *f, const char *path, gws_err *err)
{
    const int panels = f->n_bins[GWS_BY_SNR] > 0 ? 3 : 2;
    const int64_t of_missed = one_in(f->n - f->n_found), of_found = one_in(f->n_found);
    const double left = 96, all = 920, gap = 76, width = (all - gap * (panels - 1)) / panels;
    double xlo, xhi, ylo, yhi;
    char text[200];
    gws_plot *p = gws_plot_create(1060, 770, err);

    if (!p)
        return err->status;
    int at = snprintf(text, sizeof text, "%lld of %lld injections found at %.6g false alarms in 30 days", (long long)f->n_found,
                      (long long)f->n, f->far_per_month);
    if (of_missed > 1)
        at += snprintf(text + at, sizeof text - (size_t)at, "; 1 in %lld of the missed is drawn", (long long)of_missed);
    if (of_found > 1)
        snprintf(text + at, sizeof text - (size_t)at, "%s1 in %lld of the found%s", of_missed > 1 ? ", " : "; ",
                 (long long)of_found, of_missed > 1 ? "" : " is drawn");
    gws_plot_title(p, "Found and missed", text);
    range(f->value[GWS_BY_CHIRP_MASS], f->n, &xlo, &xhi);
    range(f->value[GWS_BY_DISTANCE], f->n, &ylo, &yhi);
    gws_plot_panel(p, left, 110, all, 310, xlo, xhi, ylo, yhi, title_of(f, GWS_BY_CHIRP_MASS), title_of(f, GWS_BY_DISTANCE));
    draw_points(p, f, 0, of_missed);
    draw_points(p, f, 1, of_found);
    for (int by = 0; by < panels; by++) {
        if (by == GWS_BY_SNR)
            gws_plot_logarithmic(p, 10);
        draw_shares(p, f, by, left + by * (width + gap), width);
    }
    gws_status st = gws_plot_save(p, path, err);
    gws_plot_destroy(p);
    return st;
}

gws_status gws_found_make(gws_cli *cli, const gws_found_wish *w, const char *path, const gws_injected *inj, const gws_volume *v,
                          gws_found *out, gws_err *err)
{
    double *snr = NULL;
    gws_status st = GWS_OK;

    *out = (gws_found){0};
    if (gws_volume_at(v, w->far_per_month).resolved) /* else there is nothing to compute for, which the count says */
        st = get_snr(cli, w, path, inj, &snr, err);
    if (st == GWS_OK)
        st = gws_found_measure(v, inj, snr, w->far_per_month, out, err);
    free(snr);
    if (st == GWS_OK && w->figure && (st = save_figure(out, w->figure, err)) != GWS_OK)
        gws_found_clear(out);
    return st;
}
