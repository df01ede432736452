#include "stream/feed.h"

#include "base/clock.h"
#include "stream/together.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "H1", "H1 and L1", "H1, L1 and V1". */
static void join_names(const char (*ifo)[4], int n, char *out, size_t size)
{
    size_t used = 0;

    out[0] = 0;
    for (int i = 0; i < n && used < size; i++)
        used += (size_t)snprintf(out + used, size - used, "%s%s", i == 0 ? "" : i == n - 1 ? " and " : ", ", ifo[i]);
}

/* A span in nanoseconds. */
static gws_span span_time(const gws_strain_info *info, int i)
{
    return (gws_span){gws_ns_of_sample(info->spans[i].begin, info->rate_hz), gws_ns_of_sample(info->spans[i].end, info->rate_hz)};
}

/* All of a detector's.  returns  how many */
static int64_t span_times(const gws_strain_set *set, int index, gws_span *out)
{
    gws_strain_info info;

    gws_strain_describe(set, index, &info);
    for (int i = 0; i < info.n_spans; i++)
        out[i] = span_time(&info, i);
    return info.n_spans;
}

/* Time covered by all detectors of the plan. */
static gws_status time_together(const gws_strain_set *set, gws_feed_plan *plan, gws_err *err)
{
    gws_strain_info info;
    int64_t most = 1;

    for (int d = 0; d < plan->n_ifo; d++) {
        gws_strain_describe(set, plan->index[d], &info);
        most += info.n_spans;
    }
    gws_span *const all = malloc(3 * (size_t)most * sizeof *all);
    if (!all)
        return gws_err_set(err, GWS_ENOMEM, "no memory for %lld spans", (long long)most);
    gws_span *have = all, *both = all + most, *const one = all + 2 * most;
    int64_t n = span_times(set, plan->index[0], have);
    for (int d = 1; d < plan->n_ifo; d++) {
        gws_span *swap = have;
        const int64_t n_one = span_times(set, plan->index[d], one);
        n = gws_spans_meet(have, n, one, n_one, both);
        have = both;
        both = swap;
    }
    plan->together_s = 0;
    for (int64_t i = 0; i < n; i++)
        plan->together_s += (double)(have[i].end - have[i].begin) / (double)GWS_NS;
    free(all);
    return GWS_OK;
}

gws_model *gws_feed_model(const gws_strain_set *set, gws_model *m, gws_err *err)
{
    const gws_model_meta *meta = gws_model_describe(m);
    unsigned present = 0;

    for (int i = 0; i < meta->n_ifo; i++)
        present |= (unsigned)(gws_strain_find(set, meta->ifo[i]) >= 0) << i;
    return !gws_model_stem(m) || !present || present == (1u << meta->n_ifo) - 1 ? m : gws_model_part(m, present, err);
}

gws_status gws_feed_plan_apart(const gws_strain_set *set, const gws_model_meta *meta, gws_feed_plan *out, gws_err *err)
{
    char wanted[64], found[64];
    gws_strain_info info;

    GWS_ASSERT(set && meta && out && meta->n_ifo > 0 && meta->n_ifo <= GWS_MODEL_IFOS);
    memset(out, 0, sizeof *out);
    out->n_ifo = meta->n_ifo;
    out->begin_ns = INT64_MAX;
    out->end_ns = INT64_MIN;
    join_names(meta->ifo, meta->n_ifo, wanted, sizeof wanted);
    for (int i = 0; i < meta->n_ifo; i++) {
        memcpy(out->ifo[i], meta->ifo[i], sizeof out->ifo[i]);
        out->index[i] = gws_strain_find(set, meta->ifo[i]);
        if (out->index[i] < 0) {
            char have[GWS_MAX_IFO][4];
            int n = gws_strain_ifos(set);
            for (int k = 0; k < n && k < GWS_MAX_IFO; k++) {
                gws_strain_describe(set, k, &info);
                memcpy(have[k], info.ifo, sizeof have[k]);
            }
            join_names((const char(*)[4])have, n < GWS_MAX_IFO ? n : GWS_MAX_IFO, found, sizeof found);
            return gws_err_set(err, GWS_EDATA, "the model needs %s, the input has %s only", wanted, found);
        }
        gws_strain_describe(set, out->index[i], &info);
        if (info.rate_hz < meta->rate_hz || info.rate_hz % meta->rate_hz != 0)
            return gws_err_set(err, GWS_EDATA, "%s: rate %d Hz, model wants a multiple of %d Hz", info.ifo, info.rate_hz,
                               meta->rate_hz);
        out->rate_hz[i] = info.rate_hz;
        if (info.n_spans > 0) {
            const gws_span first = span_time(&info, 0), last = span_time(&info, info.n_spans - 1);
            if (first.begin < out->begin_ns)
                out->begin_ns = first.begin;
            if (last.end > out->end_ns)
                out->end_ns = last.end;
        }
    }
    return time_together(set, out, err);
}

gws_status gws_feed_plan_make(const gws_strain_set *set, const gws_model_meta *meta, gws_feed_plan *out, gws_err *err)
{
    const gws_status status = gws_feed_plan_apart(set, meta, out, err);
    char wanted[64];

    if (status != GWS_OK || out->together_s > 0)
        return status;
    join_names(meta->ifo, meta->n_ifo, wanted, sizeof wanted);
    return gws_err_set(err, GWS_EDATA, "%s do not overlap in time, the model needs them together", wanted);
}

/* Everything was read; was anything of it usable? */
static gws_status verdict(const gws_strain_set *set, const gws_feed_plan *plan, const gws_pipeline *p, const int64_t *finite,
                          gws_err *err)
{
    gws_pipeline_stats stats;
    char names[64];

    gws_pipeline_get_stats(p, &stats);
    for (int k = 1; k < stats.n_parts; k++)
        if (stats.part[k].scored > 0)
            return GWS_OK;
    for (int i = 0; i < plan->n_ifo; i++) {
        if (finite[i] == 0)
            return gws_strain_no_data(set, plan->index[i], err);
        if (stats.condition[i].samples_out == 0)
            return gws_err_set(
                err, GWS_EDATA,
                "%s: %.1f s of valid strain, but no unbroken stretch that is long enough (or not all zero) to be whitened",
                plan->ifo[i], (double)finite[i] / plan->rate_hz[i]);
    }
    join_names(plan->ifo, plan->n_ifo, names, sizeof names);
    if (stats.samples_together == 0)
        return gws_err_set(err, GWS_EDATA, "%s have no stretch of valid strain together that is long enough to be searched", names);
    if (stats.search.scored == 0)
        return gws_err_set(err, GWS_EDATA, "%s are whitened together at %lld samples only: shorter than the network's warm-up",
                           names, (long long)stats.samples_together);
    return GWS_OK;
}

int64_t gws_feed_bytes(const gws_feed_plan *plan, int chunk_s)
{
    int64_t samples = 0;
    for (int i = 0; i < plan->n_ifo; i++)
        samples += (int64_t)chunk_s * plan->rate_hz[i];
    return samples * (int64_t)sizeof(double);
}

gws_status gws_feed_run(gws_strain_set *set, const gws_feed_plan *plan, gws_pipeline *p, gws_pool *pool, int chunk_s,
                        const gws_progress *progress, gws_err *err)
{
    gws_status status = GWS_OK;
    double *h[GWS_MODEL_IFOS] = {NULL};
    const double *data[GWS_MODEL_IFOS] = {NULL};
    int64_t sample[GWS_MODEL_IFOS], n[GWS_MODEL_IFOS], finite[GWS_MODEL_IFOS] = {0};
    int first_span[GWS_MODEL_IFOS] = {0};
    gws_strain_info info[GWS_MODEL_IFOS];
    int64_t from_s, to_s;

    GWS_ASSERT(set && plan && p && chunk_s > 0);
    for (int i = 0; i < plan->n_ifo; i++) {
        gws_strain_describe(set, plan->index[i], &info[i]);
        h[i] = malloc(sizeof **h * (size_t)chunk_s * (size_t)plan->rate_hz[i]);
        if (!h[i]) {
            status = gws_err_set(err, GWS_ENOMEM, "no memory for %d s of strain", chunk_s);
            goto fail;
        }
        data[i] = h[i];
    }
    from_s = gws_floor_div(gws_floor_div(plan->begin_ns, GWS_NS), chunk_s) * chunk_s;
    to_s = gws_floor_div(plan->end_ns - 1, GWS_NS) + 1;
    for (int64_t t = from_s; t < to_s; t += chunk_s) {
        int any = 0;
        for (int i = 0; i < plan->n_ifo; i++) {
            int64_t rate = plan->rate_hz[i];
            gws_span s;
            sample[i] = (t + chunk_s) * rate;
            n[i] = 0;
            if (!gws_strain_covered(&info[i], &first_span[i], t * rate, (t + chunk_s) * rate, &s))
                continue;
            any = 1;
            sample[i] = s.begin;
            n[i] = s.end - s.begin;
            if ((status = gws_strain_read(set, plan->index[i], s.begin, s.end, h[i], err)) != GWS_OK)
                goto fail;
            for (int64_t k = 0; k < n[i]; k++)
                finite[i] += isfinite(h[i][k]) != 0;
        }
        if (any && (status = gws_pipeline_push_all(p, pool, sample, data, n)) != GWS_OK) {
            gws_err_set(err, status, "no memory for the whitened strain of a detector that is ahead of the others");
            goto fail;
        }
        if (any && gws_progress_tell(progress, (double)(t + chunk_s - from_s), (double)(to_s - from_s), "searching")) {
            status = gws_err_set(err, GWS_ESTOP, "stopped");
            goto fail;
        }
    }
    gws_pipeline_finish(p);
    status = verdict(set, plan, p, finite, err);
fail:
    for (int i = 0; i < plan->n_ifo; i++)
        free(h[i]);
    return status;
}
