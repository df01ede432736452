#include "sim/writer.h"

#include "strain/mlgwsc_writer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_S 64
#define CURVE_SEGMENT_S 4 /* of the curve of recorded strain */
#define CURVE_MOST_S 4096

/* ---- recorded strain ---- */

gws_status gws_sim_input_take(gws_strain_set *set, gws_sim_params *params, gws_sim_input *out, gws_err *err)
{
    GWS_ASSERT(set && params && out);
    int64_t end = INT64_MIN;
    gws_strain_info *info = out->info;

    memset(out, 0, sizeof *out);
    out->set = set;
    params->no_noise = 1;
    params->n_ifo = gws_strain_ifos(set);
    params->begin = INT64_MAX;
    for (int i = 0; i < params->n_ifo; i++) {
        gws_strain_describe(set, i, &info[i]);
        if (info[i].rate_hz != info[0].rate_hz)
            return gws_err_set(err, GWS_EDATA, "%s is sampled at %d Hz, %s at %d Hz; wanted one rate", info[0].ifo, info[0].rate_hz,
                               info[i].ifo, info[i].rate_hz);
        params->ifo[i] = info[i].ifo;
        params->begin = info[i].spans[0].begin < params->begin ? info[i].spans[0].begin : params->begin;
        end = info[i].spans[info[i].n_spans - 1].end > end ? info[i].spans[info[i].n_spans - 1].end : end;
    }
    params->rate_hz = info[0].rate_hz;
    params->n = end - params->begin;
    return GWS_OK;
}

gws_status gws_sim_input_measure(gws_sim_input *in, gws_sim_params *params, gws_err *err)
{
    GWS_ASSERT(in && params);
    const int64_t segment = (int64_t)CURVE_SEGMENT_S * params->rate_hz;

    for (int i = 0; i < params->n_ifo; i++) {
        gws_strain_run s;
        gws_status status = gws_strain_stretch(in->set, i, (double)NAN, CURVE_MOST_S, &s, err);
        if (status == GWS_OK)
            status = gws_psd_welch(s.h, s.n, params->rate_hz, &(gws_welch_params){segment, segment / 2, GWS_PSD_MEDIAN},
                                   &in->measured[i], err);
        free(s.h);
        if (status != GWS_OK) {
            gws_err_prefix(err, "%s: its noise curve cannot be measured, in which SNRs count (--psd names one)", params->ifo[i]);
            return status;
        }
        params->measured[i] = &in->measured[i];
    }
    return GWS_OK;
}

void gws_sim_input_clear(gws_sim_input *in)
{
    if (!in)
        return;
    for (int i = 0; i < GWS_MAX_IFO; i++)
        gws_psd_clear(&in->measured[i]);
    memset(in, 0, sizeof *in);
}

/* ---- making ---- */

/* One stretch of all detectors being made; each has a simulation of its own, so that threads share nothing. */
typedef struct making {
    const gws_sim_params *p;
    gws_strain_set *into; /* NULL: noise is made */
    gws_sim *sim[GWS_MAX_IFO];
    gws_contaminate *extra[GWS_MAX_IFO]; /* NULL: none */
    gws_truth *truth;                    /* NULL: not wanted */
    gws_mlgwsc_writer *writer;
    double *h[GWS_MAX_IFO], *signal[GWS_MAX_IFO];
    int64_t written[GWS_MAX_IFO]; /* absolute sample where a detector's open segment ends; -1: none is open */
    gws_status status[GWS_MAX_IFO];
    gws_err err[GWS_MAX_IFO];
    int64_t begin, n;
} making;

static void fill_task(void *user, int task, int thread)
{
    making *m = user;

    (void)thread;
    m->status[task] = gws_sim_fill(m->sim[task], task, m->begin, m->n, m->into ? m->signal[task] : m->h[task], &m->err[task]);
    for (int64_t i = 0; m->into && i < m->n; i++)
        m->h[task][i] += m->signal[task][i];
    if (m->extra[task])
        gws_contaminate_add(m->extra[task], m->begin, m->n, m->h[task]);
}

/* Write what is not a gap; a segment ends where a gap begins. */
static gws_status write_runs(making *m, int ifo, gws_err *err)
{
    gws_status status = GWS_OK;
    const double *h = m->h[ifo];

    for (int64_t from = 0, to; from < m->n && status == GWS_OK; from = to) {
        const int there = isnan(h[from]) == 0;
        for (to = from + 1; to < m->n && (isnan(h[to]) == 0) == there; to++)
            ;
        if (!there)
            continue;
        if (m->written[ifo] != m->begin + from)
            status = gws_mlgwsc_writer_segment(m->writer, m->p->ifo[ifo], m->p->rate_hz, m->begin + from, err);
        if (status == GWS_OK)
            status = gws_mlgwsc_writer_append_f64(m->writer, m->p->ifo[ifo], h + from, to - from, err);
        m->written[ifo] = m->begin + to;
    }
    return status;
}

/* First sample from `at` on of which any file has data; `end` when there is none. */
static int64_t next_data(const gws_strain_set *set, int64_t at, int64_t end)
{
    int64_t next = end;

    for (int i = 0; i < gws_strain_ifos(set); i++) {
        gws_strain_info info;
        gws_strain_describe(set, i, &info);
        for (int s = 0; s < info.n_spans; s++)
            if (info.spans[s].end > at) {
                next = info.spans[s].begin < at ? at : info.spans[s].begin < next ? info.spans[s].begin : next;
                break;
            }
    }
    return next;
}

static gws_status write_chunk(making *m, gws_pool *pool, gws_err *err)
{
    const gws_sim_params *p = m->p;
    gws_status status = GWS_OK;

    for (int i = 0; m->into && i < p->n_ifo && status == GWS_OK; i++)
        status = gws_strain_read(m->into, i, m->begin, m->begin + m->n, m->h[i], err);
    if (status != GWS_OK)
        return status;
    gws_pool_run(pool, p->n_ifo, fill_task, m);
    for (int i = 0; i < p->n_ifo && status == GWS_OK; i++) {
        if (m->status[i] != GWS_OK)
            return gws_err_set(err, m->status[i], "%s", m->err[i].text);
        status = write_runs(m, i, err);
        if (status == GWS_OK && m->truth)
            status = gws_truth_add(m->truth, m->extra[i], m->begin, m->n, m->h[i], err);
    }
    return status;
}

static gws_status write_strain(making *m, const gws_sim_how *how, gws_err *err)
{
    const gws_sim_params *p = m->p;
    const gws_progress *progress = &how->progress;
    const int64_t chunk = (int64_t)CHUNK_S * p->rate_hz;
    gws_status status = GWS_OK;

    for (int i = 0; i < p->n_ifo; i++)
        m->written[i] = -1;
    for (int64_t at = 0; at < p->n && status == GWS_OK; at += m->n) {
        if (m->into && (at = next_data(m->into, p->begin + at, p->begin + p->n) - p->begin) == p->n)
            break;
        m->begin = p->begin + at;
        m->n = p->n - at < chunk ? p->n - at : chunk;
        status = write_chunk(m, how->pool, err);
        if (status == GWS_OK && gws_progress_tell(progress, (double)(at + m->n), (double)p->n, "simulating"))
            status = gws_err_set(err, GWS_ESTOP, "stopped");
    }
    return status;
}

/* ---- the whole ---- */

static gws_status prepare(making *m, const gws_contaminate_params *extra, gws_err *err)
{
    const gws_sim_params *p = m->p;
    const size_t room = sizeof(double) * CHUNK_S * (size_t)p->rate_hz;
    gws_err local = {0};

    for (int i = 0; i < p->n_ifo; i++) {
        if (!(m->sim[i] = gws_sim_create(p, &local)))
            return gws_err_set(err, local.status, "%s", local.text);
        if (extra &&
            !(m->extra[i] = gws_contaminate_create(extra, p->ifo[i], p->rate_hz, gws_sim_psd(m->sim[i], i), p->seed, &local)))
            return gws_err_set(err, local.status, "%s", local.text);
        m->h[i] = malloc(room);
        m->signal[i] = m->into ? malloc(room) : NULL;
        if (!m->h[i] || (m->into && !m->signal[i]))
            return gws_err_set(err, GWS_ENOMEM, "no memory for %d s of strain", CHUNK_S);
    }
    return GWS_OK;
}

static void clear(making *m)
{
    for (int i = 0; i < GWS_MAX_IFO; i++) {
        gws_sim_destroy(m->sim[i]);
        gws_contaminate_destroy(m->extra[i]);
        free(m->h[i]);
        free(m->signal[i]);
    }
    gws_truth_destroy(m->truth);
    gws_mlgwsc_writer_destroy(m->writer);
}

/* Attributes of the strain, and the tables beside it. */
static gws_status finish(making *m, const gws_sim_files *files, const char *command, const char *detectors, gws_err *err)
{
    const gws_sim_params *p = m->p;
    gws_h5 *f = gws_mlgwsc_writer_h5(m->writer);
    gws_err local = {0};
    const char *sha256 = m->into ? gws_strain_sha256(m->into, &local) : NULL;

    if (m->into && !sha256)
        return gws_err_set(err, local.status, "%s", local.text);
    gws_status status = gws_h5_put_attr_f64(f, "/", "duration", (double)p->n / p->rate_hz, err);
    if (status == GWS_OK)
        status = gws_h5_put_attr_string(f, "/", "detectors", detectors, err);
    if (status == GWS_OK)
        status = gws_h5_provenance(f, command, (int64_t)p->seed, sha256, err);
    if (status == GWS_OK && files->injections)
        status = gws_sim_write_injections(m->sim[0], files->injections, command, err);
    if (status == GWS_OK && m->truth)
        status = gws_truth_save(m->truth, files->truth, command, p->seed, err);
    if (status == GWS_OK) {
        status = gws_mlgwsc_writer_commit(m->writer, err);
        m->writer = NULL;
    }
    return status;
}

gws_status gws_sim_write(const gws_sim_params *params, const gws_contaminate_params *extra, gws_sim_input *in,
                         const gws_sim_files *files, const gws_sim_how *how, gws_sim_written *out, gws_err *err)
{
    GWS_ASSERT(params && files && files->strain && how && out && (extra || !files->truth));
    making m = {.p = params, .into = in ? in->set : NULL};
    gws_err local = {0};

    memset(out, 0, sizeof *out);
    if ((files->truth && !(m.truth = gws_truth_create(&local))) || prepare(&m, extra, &local) != GWS_OK ||
        !(m.writer = gws_mlgwsc_writer_create(files->strain, &local)) || write_strain(&m, how, &local) != GWS_OK)
        goto fail;
    for (int i = 0; i < params->n_ifo; i++)
        snprintf(out->detectors + strlen(out->detectors), 5, "%s%.3s", i ? "," : "", params->ifo[i]);
    if (finish(&m, files, how->command, out->detectors, &local) != GWS_OK)
        goto fail;
    gws_sim_sources(m.sim[0], &out->n_sources);
    out->n_glitches = m.truth ? gws_truth_count(m.truth) : 0;
    clear(&m);
    return GWS_OK;
fail:
    clear(&m);
    memset(out, 0, sizeof *out);
    return gws_err_set(err, local.status, "%s", local.text);
}
