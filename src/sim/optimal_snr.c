/* optimal_snr.c - see optimal_snr.h. */
#include "sim/optimal_snr.h"

#include <math.h>
#include <stdlib.h>

#define BATCH 256 /* sources between two looks at progress */

gws_status gws_optimal_snr(const gws_snr_network *net, const char *approximant, const gws_source *source, double complex *room,
                           double *snr, double *total, gws_err *err)
{
    GWS_ASSERT(net && net->n_ifo > 0 && source && room && total);
    double complex *hp = room, *hc = room + net->psd[0].n;
    const double df_hz = net->psd[0].delta_f_hz, gmst = gws_gmst_rad(source->tc_ns);
    double squares = 0;
    gws_status status = gws_waveform_conditioned_fd(approximant, &source->binary, df_hz, net->psd[0].n, hp, hc, err);

    for (int d = 0; status == GWS_OK && d < net->n_ifo; d++) {
        const gws_psd *psd = &net->psd[d];
        double fp, fc, sum = 0;
        gws_antenna(net->site[d], gmst, source->ra_rad, source->dec_rad, source->psi_rad, &fp, &fc);
        for (int64_t k = (int64_t)ceil(net->low_hz / df_hz); k < psd->n - 1; k++) {
            double complex h = fp * hp[k] + fc * hc[k];
            sum += (creal(h) * creal(h) + cimag(h) * cimag(h)) / psd->data[k];
        }
        if (snr)
            snr[d] = sqrt(4 * df_hz * sum);
        squares += 4 * df_hz * sum;
    }
    *total = sqrt(squares);
    return status;
}

typedef struct work {
    const gws_injections *t;
    const int64_t *row;
    const gws_snr_network *net;
    double complex *room; /* (threads, 2, psd.n) */
    double *out;
    int64_t first; /* of this batch */
    gws_err err[BATCH];
} work;

static void one(void *user, int task, int thread)
{
    work *w = user;
    const int64_t i = w->first + task, n = w->net->psd[0].n;
    double complex *room = w->room + 2 * n * thread;
    gws_err *err = &w->err[task];
    gws_source source;

    err->status = GWS_OK;
    if (gws_injections_source(w->t, w->row[i], &source, err) == GWS_OK)
        gws_optimal_snr(w->net, gws_injections_text(w->t, "approximant"), &source, room, NULL, &w->out[i], err);
    if (err->status != GWS_OK)
        gws_err_prefix(err, "injection at GPS %.3f", gws_injections_column(w->t, "tc")[w->row[i]]);
}

gws_status gws_injections_snr(const gws_rows *rows, const gws_snr_network *net, gws_pool *pool, const gws_progress *progress,
                              double *out, gws_err *err)
{
    GWS_ASSERT(rows && rows->table && net && net->n_ifo > 0 && (rows->n == 0 || (rows->row && out)));
    const int64_t n = rows->n;
    gws_status status = GWS_OK;
    work *w = calloc(1, sizeof *w);
    double complex *room = malloc((size_t)gws_pool_threads(pool) * 2 * (size_t)net->psd[0].n * sizeof *room);

    if (!w || !room) {
        status = gws_err_set(err, GWS_ENOMEM, "no memory for the SNRs of %lld sources", (long long)n);
        goto done;
    }
    w->t = rows->table;
    w->row = rows->row;
    w->net = net;
    w->room = room;
    w->out = out;
    for (w->first = 0; w->first < n; w->first += BATCH) {
        const int tasks = n - w->first < BATCH ? (int)(n - w->first) : BATCH;
        gws_pool_run(pool, tasks, one, w);
        for (int i = 0; i < tasks; i++)
            if (w->err[i].status != GWS_OK) {
                status = gws_err_set(err, w->err[i].status, "%s", w->err[i].text);
                goto done;
            }
        if (gws_progress_tell(progress, (double)(w->first + tasks), (double)n, "SNRs")) {
            status = gws_err_set(err, GWS_ESTOP, "stopped");
            goto done;
        }
    }
done:
    free(room);
    free(w);
    return status;
}
