#include "api/api.h"

#include "base/output.h"
#include "sim/simulate.h"
#include "sim/writer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START_S 1238205077.0 /* of MLGWSC-1 */

struct gws_simulation {
    gws_sim *sim;
    int rate_hz, n_ifo;
    char ifo[GWS_MAX_IFO][4];
};

/* What the caller's parameters are made into. */
typedef struct request {
    gws_simulation_params given;
    char detectors[4 * GWS_MAX_IFO + 1]; /* cut into names */
    gws_ini *population;
    gws_sim_params p;
} request;

static gws_status take_detectors(request *r, gws_err *err)
{
    const char *list = r->given.detectors ? r->given.detectors : "H1,L1";
    char *at = NULL;

    if ((size_t)snprintf(r->detectors, sizeof r->detectors, "%s", list) >= sizeof r->detectors)
        return gws_err_set(err, GWS_EARG, "simulation: detectors '%.40s...': wanted %d at most", list, GWS_MAX_IFO);
    r->p.n_ifo = 0;
    for (char *word = strtok_r(r->detectors, ",", &at); word; word = strtok_r(NULL, ",", &at)) {
        for (int i = 0; i < r->p.n_ifo; i++)
            if (strcmp(r->p.ifo[i], word) == 0)
                return gws_err_set(err, GWS_EARG, "simulation: detector %s twice", word);
        if (r->p.n_ifo == GWS_MAX_IFO || strlen(word) > 3)
            return gws_err_set(err, GWS_EARG, "simulation: detectors '%s': wanted one to %d, as H1,L1", list, GWS_MAX_IFO);
        r->p.ifo[r->p.n_ifo++] = word;
    }
    return r->p.n_ifo > 0 ? GWS_OK : gws_err_set(err, GWS_EARG, "simulation: no detector");
}

static void clear(request *r)
{
    gws_ini_destroy(r->population);
}

/* Read the parameters.  Free with clear, on failure too. */
static gws_status take(const gws_simulation_params *params, request *r, gws_err *err)
{
    const gws_simulation_params *g = &r->given;
    gws_status status;

    memset(r, 0, sizeof *r);
    r->p = gws_sim_defaults();
    if ((status = gws_api_take(&r->given, sizeof r->given, params, "gws_simulation_params", err)) != GWS_OK ||
        (status = take_detectors(r, err)) != GWS_OK)
        return status;
    const double start_s = g->start_s != 0 ? g->start_s : START_S;
    if (!(start_s >= 0 && start_s <= GWS_API_LAST_S) || start_s != floor(start_s))
        return gws_err_set(err, GWS_EARG, "simulation: start %.10g s: wanted whole seconds", start_s);
    r->p.rate_hz = g->rate_hz ? g->rate_hz : r->p.rate_hz;
    if (!(g->duration_s * r->p.rate_hz >= 1 && g->duration_s <= 1e8) || g->rate_hz < 0 || g->rate_hz > 65536)
        return gws_err_set(err, GWS_EARG, "simulation: %g s at %d Hz: wanted a sample at least, up to 1e8 s and 65536 Hz",
                           g->duration_s, r->p.rate_hz);
    if (g->leave_out & ~(GWS_NO_NOISE | GWS_NO_SIGNALS) || g->leave_out == (GWS_NO_NOISE | GWS_NO_SIGNALS))
        return gws_err_set(err, GWS_EARG, "simulation: leave_out is 0x%x: wanted noise, signals or both", g->leave_out);
    if (!(g->step_s >= 0 && g->step_s <= 1e8) || !(g->snr_min >= 0 && g->snr_min <= g->snr_max && g->snr_max <= 1e6))
        return gws_err_set(err, GWS_EARG, "simulation: step %g s, SNR %g to %g: wanted numbers from 0 on, in order", g->step_s,
                           g->snr_min, g->snr_max);
    if (g->population && !(r->population = gws_ini_load(g->population, err)))
        return err && err->status ? err->status : GWS_EIO;
    r->p.begin = (int64_t)start_s * r->p.rate_hz;
    r->p.n = llround(g->duration_s * r->p.rate_hz);
    r->p.psd = g->psd ? g->psd : r->p.psd;
    r->p.no_noise = (g->leave_out & GWS_NO_NOISE) != 0;
    r->p.seed = g->seed;
    r->p.step_s = g->leave_out & GWS_NO_SIGNALS ? 0 : g->step_s > 0 ? g->step_s : r->p.step_s;
    r->p.population = r->population;
    r->p.approximant = g->approximant;
    r->p.snr_min = g->snr_min;
    r->p.snr_max = g->snr_max;
    return GWS_OK;
}

gws_simulation *gws_simulation_create(const gws_simulation_params *params, gws_err *err)
{
    gws_simulation *s = NULL;
    request r;

    if (take(params, &r, err) != GWS_OK)
        goto fail;
    if (!(s = calloc(1, sizeof *s))) {
        gws_err_set(err, GWS_ENOMEM, "simulation: out of memory");
        goto fail;
    }
    if (!(s->sim = gws_sim_create(&r.p, err)))
        goto fail;
    s->rate_hz = r.p.rate_hz;
    s->n_ifo = r.p.n_ifo;
    for (int i = 0; i < s->n_ifo; i++)
        snprintf(s->ifo[i], sizeof s->ifo[i], "%s", r.p.ifo[i]);
    clear(&r);
    return s;
fail:
    clear(&r);
    gws_simulation_destroy(s);
    return NULL;
}

gws_status gws_simulation_fill(gws_simulation *s, const char *detector, double gps_s, double *out, size_t n, gws_err *err)
{
    int64_t begin;
    gws_status status;
    int i = 0;

    if (!s || !detector || (!out && n > 0))
        return gws_err_set(err, GWS_EARG, "simulation: wanted a detector and room for its strain");
    while (i < s->n_ifo && strcmp(s->ifo[i], detector) != 0)
        i++;
    if (i == s->n_ifo)
        return gws_err_set(err, GWS_EARG, "simulation: it has no detector %.20s", detector);
    if ((status = gws_api_sample(s->ifo[i], gps_s, n, s->rate_hz, &begin, err)) != GWS_OK)
        return status;
    return gws_sim_fill(s->sim, i, begin, (int64_t)n, out, err);
}

size_t gws_simulation_signals(const gws_simulation *s)
{
    int n = 0;

    if (s)
        gws_sim_sources(s->sim, &n);
    return (size_t)n;
}

gws_status gws_simulation_get_signal(const gws_simulation *s, size_t i, gws_simulation_signal *out, gws_err *err)
{
    int n = 0;

    if (i >= gws_simulation_signals(s))
        return gws_err_set(err, GWS_EARG, "simulation: signal %zu of %zu", i, gws_simulation_signals(s));
    const gws_sim_source *k = &gws_sim_sources(s->sim, &n)[i];
    const gws_simulation_signal signal = {.struct_size = sizeof signal,
                                          .time_ns = k->source.tc_ns,
                                          .mass1_msun = k->source.binary.mass1_msun,
                                          .mass2_msun = k->source.binary.mass2_msun,
                                          .distance_mpc = k->source.binary.distance_mpc,
                                          .ra_rad = k->source.ra_rad,
                                          .dec_rad = k->source.dec_rad,
                                          .inclination_rad = k->source.binary.incl_rad,
                                          .snr = k->snr_network};
    return gws_api_give(out, &signal, sizeof signal, "gws_simulation_signal", err);
}

static gws_status write_files(const request *r, const gws_sim_files *files, gws_pool *pool, gws_err *err)
{
    const gws_sim_how how = {.command = "gws_simulation_write", .pool = pool};
    gws_sim_written written;
    gws_status status;
    gws_outputs *outputs = gws_outputs_create(1, err);

    if (!outputs)
        return GWS_ENOMEM;
    if ((status = gws_outputs_add(outputs, files->strain, GWS_FORMAT_HDF5, 0, err)) == GWS_OK && files->injections)
        status = gws_outputs_add(outputs, files->injections, GWS_FORMAT_HDF5, 0, err);
    if (status == GWS_OK && (status = gws_sim_write(&r->p, NULL, NULL, files, &how, &written, err)) == GWS_OK)
        status = gws_outputs_commit(outputs, err);
    gws_outputs_destroy(outputs);
    return status;
}

gws_status gws_simulation_write(const gws_simulation_params *params, const char *strain, const char *signals, gws_pool *pool,
                                gws_err *err)
{
    const gws_sim_files files = {.strain = strain, .injections = signals};
    gws_err own = {0};
    request r;

    if (!strain)
        return gws_err_set(err, GWS_EARG, "simulation: no path for the strain");
    gws_status status = take(params, &r, &own);
    if (status == GWS_OK)
        status = write_files(&r, &files, pool, &own);
    clear(&r);
    return status == GWS_OK ? GWS_OK : gws_err_set(err, status, "%s", own.text);
}

void gws_simulation_destroy(gws_simulation *s)
{
    if (!s)
        return;
    gws_sim_destroy(s->sim);
    free(s);
}
