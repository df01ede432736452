#include "strain/whitening.h"

#include "base/clock.h"
#include "dsp/resample.h"

#include <math.h>
#include <stdlib.h>

/* From the decimator to the conditioner. */
typedef struct whiten {
    gws_condition *condition;
    const gws_strain_whitening *how;
    int out_of_memory;
} whiten;

static void on_whitened(void *user, int64_t sample, const float *x, int64_t n)
{
    whiten *w = user;

    if (w->how->gains && gws_gains_add(w->how->gains, sample, gws_condition_gains(w->condition)) != 0)
        w->out_of_memory = 1;
    w->how->sink(w->how->user, sample, x, n);
}

static void on_resampled(void *user, int64_t sample, const double *h, int64_t n)
{
    whiten *w = user;

    gws_condition_push(w->condition, sample, h, n, on_whitened, w);
}

gws_status gws_strain_condition(gws_strain_set *set, const gws_strain_whitening *how, gws_condition_stats *stats, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    const int ifo = how->ifo, rate_hz = how->rate_hz, chunk_s = how->chunk_s;
    gws_status status = GWS_OK;
    gws_strain_info info;
    gws_resample *resample = NULL;
    gws_condition_stats got = {0};
    whiten w = {.how = how};
    double *h = NULL;
    int first_span = 0;
    int64_t from_s, to_s, finite = 0;

    GWS_ASSERT(set && how->sink && chunk_s > 0);
    gws_strain_describe(set, ifo, &info);
    if (rate_hz < 1 || info.rate_hz % rate_hz != 0)
        return gws_err_set(err, GWS_EDATA, "%s: rate %d Hz is no multiple of the %d Hz wanted", info.ifo, info.rate_hz, rate_hz);
    if (info.n_spans == 0)
        return gws_err_set(err, GWS_EDATA, "%s: no data", info.ifo);
    h = malloc(sizeof *h * (size_t)chunk_s * (size_t)info.rate_hz);
    if (!h) {
        status = gws_err_set(err, GWS_ENOMEM, "no memory for %d s of strain", chunk_s);
        goto fail;
    }
    if (!(resample = gws_resample_create(info.rate_hz, rate_hz, err)) ||
        !(w.condition = gws_condition_create(how->params, rate_hz, err))) {
        status = err->status;
        goto fail;
    }
    from_s = gws_floor_div(gws_floor_div(info.spans[0].begin, info.rate_hz), chunk_s) * chunk_s;
    to_s = gws_floor_div(info.spans[info.n_spans - 1].end - 1, info.rate_hz) + 1;
    for (int64_t t = from_s; t < to_s; t += chunk_s) {
        gws_span s;
        if (!gws_strain_covered(&info, &first_span, t * info.rate_hz, (t + chunk_s) * info.rate_hz, &s))
            continue;
        if ((status = gws_strain_read(set, ifo, s.begin, s.end, h, err)) != GWS_OK)
            goto fail;
        for (int64_t k = 0; k < s.end - s.begin; k++)
            finite += isfinite(h[k]) != 0;
        gws_resample_push(resample, s.begin, h, s.end - s.begin, on_resampled, &w);
        if (gws_progress_tell(&how->progress, (double)(t + chunk_s - from_s), (double)(to_s - from_s), info.ifo)) {
            status = gws_err_set(err, GWS_ESTOP, "stopped");
            goto fail;
        }
    }
    gws_resample_finish(resample, on_resampled, &w);
    gws_condition_finish(w.condition, on_whitened, &w);
    gws_condition_get_stats(w.condition, &got);
    if (w.out_of_memory)
        status = gws_err_set(err, GWS_ENOMEM, "%s: no memory for the gains of the filters", info.ifo);
    else if (finite == 0)
        status = gws_strain_no_data(set, ifo, err);
    else if (got.samples_out == 0)
        status = gws_err_set(err, GWS_EDATA,
                             "%s: %.1f s of valid strain, but no unbroken stretch that is long enough (or not all zero) to be "
                             "whitened",
                             info.ifo, (double)finite / info.rate_hz);
fail:
    if (stats)
        *stats = got;
    free(h);
    gws_resample_destroy(resample);
    gws_condition_destroy(w.condition);
    return status;
}
