/* found.c - see found.h. */
#include "cli/found.h"

#include "base/clock.h"
#include "base/hdf5.h"
#include "gw/named_psd.h"
#include "ligolw/reader.h"
#include "sim/optimal_snr.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SNR_RATE_HZ 2048 /* SNRs count up to half of it */
#define SNR_HOLD_HZ 8    /* as `simulate` holds its curve */

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
    gws_status status = names ? GWS_OK : gws_err_set(err, GWS_ENOMEM, "no memory for the names of detectors");
    const int n_ifo = names ? gws_cli_detectors(names, name) : 0;

    if (status == GWS_OK && n_ifo < 0)
        status =
            gws_err_set(err, GWS_EARG, "--detectors '%s': wanted one to %d different ones, as H1,L1", w->detectors, GWS_MAX_IFO);
    for (int d = 0; status == GWS_OK && d < n_ifo; d++)
        if (!(site[d] = gws_site_find(name[d])))
            status = gws_err_set(err, GWS_EARG, "--detectors: unknown detector %s", name[d]);
    if (status == GWS_OK)
        status = gws_psd_design(w->psd, SNR_RATE_HZ, GWS_SNR_DF_HZ, SNR_HOLD_HZ, GWS_SNR_LOW_HZ, &curve, err);
    if (status == GWS_OK && !(pool = gws_cli_pool(cli, w->threads, err)))
        status = err->status;
    if (status == GWS_OK) {
        for (int d = 0; d < n_ifo; d++)
            psd[d] = curve;
        bar.unit = "signals/s";
        bar.each = 1;
        const gws_snr_network net = {n_ifo, site, psd, GWS_SNR_LOW_HZ};
        status = gws_injections_snr(&(gws_rows){t, row, n}, &net, pool, &progress, snr, err);
        gws_bar_clear(&bar);
        if (status == GWS_OK)
            gws_cli_log(GWS_LOG_DEBUG, "%lld SNRs in %.1f s", (long long)n, gws_now_s() - t0_s);
    }
    gws_pool_destroy(pool);
    gws_psd_clear(&curve);
    free(names);
    return status;
}

static gws_status has_snr(const char *path, int *has, gws_err *err)
{
    *has = 0;
    if (gws_ligolw_is_name(path)) /* sim_inspiral has no network SNR */
        return GWS_OK;
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
    gws_status status = has_snr(path, &has, err);

    *out = NULL;
    if (status != GWS_OK || (!has && !w->psd))
        return status;
    if ((status = gws_injections_load(path, &t, err)) != GWS_OK)
        return status;
    const double *own = gws_injections_column(&t, "snr");
    row = malloc((size_t)inj->n * sizeof *row);
    *out = malloc((size_t)inj->n * sizeof **out);
    if (!row || !*out)
        status = gws_err_set(err, GWS_ENOMEM, "no memory for the SNRs of %lld injections", (long long)inj->n);
    if (status == GWS_OK)
        status = find_rows(&t, inj, path, row, err);
    if (status == GWS_OK && w->psd) {
        if ((status = compute_snr(cli, w, &t, row, inj->n, *out, err)) != GWS_OK && status != GWS_ESTOP)
            gws_err_prefix(err, "SNRs of %s", path);
    } else if (status == GWS_OK) {
        for (int64_t j = 0; j < inj->n; j++)
            (*out)[j] = own ? own[row[j]] : (double)NAN;
    }
    free(row);
    gws_injections_clear(&t);
    if (status != GWS_OK) {
        free(*out);
        *out = NULL;
    }
    return status;
}

/* ---- words ---- */

const char *gws_found_title(const gws_found *f, int by)
{
    static const char *const titles[GWS_BY_ALL + 1] = {"chirp mass (Msun)", "distance (Mpc)", "network SNR",
                                                       "chirp distance (Mpc)"};

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
        printf("\n%-22s  found      of  share, 1 sigma\n", gws_found_title(f, by));
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

gws_status gws_found_make(gws_cli *cli, const gws_found_wish *w, const char *path, const gws_injected *inj, const gws_volume *v,
                          gws_found *out, gws_err *err)
{
    double *snr = NULL;
    gws_status status = GWS_OK;

    *out = (gws_found){0};
    if (gws_volume_at(v, w->far_per_month).resolved) /* else there is nothing to compute for, which the count says */
        status = get_snr(cli, w, path, inj, &snr, err);
    if (status == GWS_OK)
        status = gws_found_measure(v, inj, snr, w->far_per_month, out, err);
    free(snr);
    return status;
}
