#include "dsp/resample.h"
#include "live/live.h"
#include "stream/pipeline.h"

static void add(gws_live_delay *d, const char *name, double s, int counts)
{
    if (!(s > 0))
        return;
    d->stage[d->n].name = name;
    d->stage[d->n++].s = s;
    d->sum_s += counts ? s : 0;
}

gws_status gws_live_delays(const gws_live_search *s, int rate_hz, double frame_s, gws_live_delay *out, gws_err *err)
{
    const gws_model_meta *m = gws_model_describe(s->model);
    gws_condition_params c;
    gws_search_params q;
    int rates[GWS_MODEL_IFOS];
    gws_status status = gws_pipeline_params(m, s->head, s->threshold, &c, &q, err);

    *out = (gws_live_delay){0};
    if (status != GWS_OK)
        return status;
    for (int i = 0; i < m->n_ifo; i++)
        rates[i] = rate_hz;
    gws_resample *r = gws_resample_create(rate_hz, m->rate_hz, err);
    gws_pipeline *p = r ? gws_pipeline_create(s->model, s->head, rates, s->threshold, NULL, err) : NULL;
    gws_condition *w = p ? gws_condition_create(&c, m->rate_hz, err) : NULL;
    if (w) {
        const double resampling_s = (double)gws_resample_delay(r) / rate_hz,
                     whitening_s = (double)gws_condition_delay(w) / m->rate_hz;
        const double hop_s = (double)m->hop / m->rate_hz;
        add(out, "frame", frame_s, 0);
        add(out, "resampling", resampling_s, 1);
        add(out, "whitening filter, ahead", gws_condition_ahead_s(&c), 1);
        add(out, "whitening block", whitening_s - gws_condition_ahead_s(&c), 1);
        add(out, "network, blocks of its filters or a step", gws_pipeline_delay_s(p) - resampling_s - whitening_s, 1);
        add(out, "network, from the merger to its answer", q.offset_s, 1);
        add(out, "cluster, until it is closed", (double)((int64_t)(q.gap_s / hop_s + 1e-9) + 1) * hop_s, 1);
    } else {
        status = err ? err->status : GWS_ENOMEM;
    }
    gws_condition_destroy(w);
    gws_pipeline_destroy(p);
    gws_resample_destroy(r);
    return status;
}
