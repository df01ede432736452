#include "sim/simulate.h"
#include "base/array.h"
#include "gw/named_psd.h"

#include "base/clock.h"
#include "base/rng.h"
#include "sim/drift.h"
#include "sim/injections.h"
#include "sim/law.h"
#include "sim/noise.h"
#include "sim/optimal_snr.h"
#include "sim/population.h"
#include "sim/projected.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_KEPT 8 /* signals at hand */

/* Absolute samples in which any detector may record a source. */
typedef struct reach {
    int64_t begin, end;
} reach;

struct gws_sim {
    gws_sim_params p;
    const gws_site *site[GWS_MAX_IFO];
    char approximant[32];
    gws_noise *noise[GWS_MAX_IFO];
    gws_drift *drift[GWS_MAX_IFO];
    gws_psd psd[GWS_MAX_IFO]; /* GWS_SNR_DF_HZ up to Nyquist */
    gws_sim_source *sources;
    reach *reach; /* (n_sources) */
    int n_sources;
    int64_t source_room, reach_room;
    gws_taper taper;
    int64_t before, after;  /* the furthest reach of all before and after a tc, samples */
    gws_projected *signals; /* NULL without sources */
};

gws_sim_params gws_sim_defaults(void)
{
    return (gws_sim_params){.n_ifo = 2,
                            .ifo = {"H1", "L1"},
                            .rate_hz = 2048,
                            .psd = "aLIGOZeroDetHighPower",
                            .psd_low_hz = 8,
                            .filter_s = 8,
                            .drift_s = 300,
                            .step_s = 24,
                            .window_s = 6,
                            .pad_s = 8,
                            .taper = GWS_TAPER_START,
                            .snr_low_hz = GWS_SNR_LOW_HZ};
}

static gws_status check(const gws_sim_params *p, gws_err *err)
{
    if (p->n_ifo < 1 || p->n_ifo > GWS_MAX_IFO)
        return gws_err_set(err, GWS_EARG, "simulate: %d detectors; want 1..%d", p->n_ifo, GWS_MAX_IFO);
    if (p->rate_hz < 256 || p->rate_hz % 2)
        return gws_err_set(err, GWS_EARG, "simulate: rate %d Hz; want an even number from 256 on", p->rate_hz);
    if (!(p->step_s >= 0 && p->window_s >= 0 && p->pad_s >= 0 && p->psd_low_hz > 0 && p->filter_s > 0 && p->filter_s <= 512 &&
          p->n >= 0))
        return gws_err_set(err, GWS_EARG, "simulate: a duration or frequency is negative or zero");
    if (p->step_s > 0 && p->step_s + p->window_s < 0.1)
        return gws_err_set(err, GWS_EARG, "simulate: sources every %g s; want at least 0.1 s", p->step_s + p->window_s);
    if (p->snr_max > 0 && !(p->snr_min > 0 && p->snr_min <= p->snr_max))
        return gws_err_set(err, GWS_EARG, "simulate: SNR from %g to %g; want 0 < min <= max", p->snr_min, p->snr_max);
    return GWS_OK;
}

/* Optimal SNR of a source in each detector, on the grid of the curve. */
static gws_status source_snr(const gws_sim *s, gws_sim_source *src, double complex *room, gws_err *err)
{
    const gws_snr_network net = {s->p.n_ifo, s->site, s->psd, s->p.snr_low_hz};
    return gws_optimal_snr(&net, s->approximant, &src->source, room, src->snr, &src->snr_network, err);
}

static gws_status make_room(gws_sim *s, gws_err *err)
{
    if (!GWS_ARRAY_ROOM(s->sources, s->source_room, s->n_sources + 1) || !GWS_ARRAY_ROOM(s->reach, s->reach_room, s->n_sources + 1))
        return gws_err_set(err, GWS_ENOMEM, "simulate: no memory for %d sources", s->n_sources + 1);
    return GWS_OK;
}

/* Draw and add one more source.
 *   tc_ns   NULL: the population's own
 *   room    two spectra on the grid of the curve */
static gws_status add_source(gws_sim *s, const gws_population *population, const int64_t *tc_ns, double complex *room, gws_err *err)
{
    gws_status status = make_room(s, err);
    if (status != GWS_OK)
        return status;
    gws_sim_source *src = &s->sources[s->n_sources];
    *src = (gws_sim_source){0};
    /* Each source has a sequence of its own: what a constraint rejects does not shift its neighbours. */
    gws_rng rng = gws_rng_init(s->p.seed, "sim-source", (uint64_t)s->n_sources);
    do {
        status = gws_population_draw(population, &rng, &src->source, err);
        if (tc_ns)
            src->source.tc_ns = gws_ns_of_s(gws_s_of_ns(*tc_ns)); /* as the table will have it */
    } while (status == GWS_OK && s->p.snr_max > 0 &&
             !gws_source_is_seen(s->site, s->p.n_ifo, &src->source, cos(src->source.binary.incl_rad), &rng));
    if (status == GWS_OK)
        status = source_snr(s, src, room, err);
    if (status != GWS_OK)
        return status;
    if (s->p.snr_max > 0 && src->snr_network > 0) {
        double want = gws_rng_range(&rng, s->p.snr_min, s->p.snr_max), louder = want / src->snr_network;
        src->source.binary.distance_mpc /= louder;
        for (int d = 0; d < s->p.n_ifo; d++)
            src->snr[d] *= louder;
        src->snr_network = want;
    }
    double before_s, after_s;
    status = gws_project_reach(s->approximant, &src->source.binary, s->p.rate_hz, GWS_LIKE_PYCBC, &before_s, &after_s, err);
    if (status != GWS_OK)
        return status;
    int64_t tc = gws_sample_of_ns(src->source.tc_ns, s->p.rate_hz), before = (int64_t)ceil(before_s * s->p.rate_hz) + 1,
            after = (int64_t)ceil(after_s * s->p.rate_hz) + 1;
    s->before = before > s->before ? before : s->before;
    s->after = after > s->after ? after : s->after;
    s->reach[s->n_sources++] = (reach){tc - before, tc + after};
    return GWS_OK;
}

/* The one source of a population that sets tc. */
static gws_status add_timed(gws_sim *s, const gws_population *population, double complex *room, gws_err *err)
{
    const int64_t begin_ns = gws_ns_of_sample(s->p.begin, s->p.rate_hz),
                  end_ns = gws_ns_of_sample(s->p.begin + s->p.n, s->p.rate_hz);
    gws_status status = add_source(s, population, NULL, room, err);
    if (status != GWS_OK)
        return status;
    const int64_t tc_ns = s->sources[0].source.tc_ns;
    if (tc_ns < begin_ns || tc_ns >= end_ns)
        return gws_err_set(err, GWS_EDATA, "population: tc = %.13g, wanted a time within the strain, GPS %.13g to %.13g",
                           gws_s_of_ns(tc_ns), gws_s_of_ns(begin_ns), gws_s_of_ns(end_ns));
    return GWS_OK;
}

static gws_status draw_sources(gws_sim *s, const gws_population *population, gws_err *err)
{
    gws_status status = GWS_OK;
    double complex *room = malloc(2 * (size_t)s->psd[0].n * sizeof *room);
    gws_rng times = gws_rng_init(s->p.seed, "sim-times", 0);
    const int64_t begin_ns = gws_ns_of_sample(s->p.begin, s->p.rate_hz);
    double t = s->p.pad_s, end = (double)s->p.n / s->p.rate_hz - s->p.pad_s;
    if (!room)
        status = gws_err_set(err, GWS_ENOMEM, "simulate: no memory");
    else if (gws_population_sets(population, "tc"))
        status = add_timed(s, population, room, err);
    else
        while (status == GWS_OK && (t += gws_rng_range(&times, 0, s->p.window_s)) < end &&
               (s->p.max_sources == 0 || s->n_sources < s->p.max_sources)) {
            const int64_t tc_ns = begin_ns + (int64_t)(t * 1e9);
            status = add_source(s, population, &tc_ns, room, err);
            t += s->p.step_s;
        }
    free(room);
    return status;
}

/* The curve of each detector: its own data's, or the named one. */
static gws_status make_curves(gws_sim *s, gws_err *err)
{
    const int64_t n = (int64_t)(s->p.rate_hz / 2 / GWS_SNR_DF_HZ) + 1;
    const double need_hz = fmax(s->p.psd_low_hz, s->p.snr_low_hz);
    gws_status status = GWS_OK;
    for (int d = 0; status == GWS_OK && d < s->p.n_ifo; d++) {
        if (s->p.measured[d]) {
            status = gws_psd_interpolate(s->p.measured[d], GWS_SNR_DF_HZ, n, &s->psd[d], err);
            if (status == GWS_OK)
                status = gws_psd_hold(&s->psd[d], s->site[d]->ifo, s->p.psd_low_hz, need_hz, err);
        } else if (d > 0 && !s->p.measured[0]) {
            status = gws_psd_interpolate(&s->psd[0], GWS_SNR_DF_HZ, n, &s->psd[d], err);
        } else {
            status = gws_psd_design(s->p.psd, s->p.rate_hz, GWS_SNR_DF_HZ, s->p.psd_low_hz, need_hz, &s->psd[d], err);
        }
    }
    return status;
}

static gws_status make_noise(gws_sim *s, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    for (int d = 0; d < s->p.n_ifo && !s->p.no_noise; d++) {
        char stream[16];
        snprintf(stream, sizeof stream, "sim-%s", s->site[d]->ifo);
        uint64_t number = gws_rng_stream(stream, 0);
        s->noise[d] = gws_noise_create(&s->psd[d], s->p.rate_hz, s->p.filter_s, s->p.seed, number, err);
        if (!s->noise[d])
            return err->status;
        if (s->p.drift == 0)
            continue;
        const gws_drift_params drift = {.rate_hz = s->p.rate_hz,
                                        .filter_s = s->p.filter_s,
                                        .seed = s->p.seed,
                                        .stream = number,
                                        .ifo = s->site[d]->ifo,
                                        .depth = s->p.drift,
                                        .time_s = s->p.drift_s};
        s->drift[d] = gws_drift_create(&s->psd[d], &drift, err);
        if (!s->drift[d])
            return err->status;
    }
    return GWS_OK;
}

/* What the population says of how signals begin goes before the parameters. */
static gws_status read_taper(gws_sim *s, const gws_population *population, gws_err *err)
{
    const gws_static_arg *a;
    for (int i = 0; (a = gws_population_static(population, i)) != NULL; i++)
        if (strcmp(a->name, "taper") == 0 && gws_taper_parse(a->text, &s->taper, NULL) != GWS_OK)
            return gws_err_set(err, GWS_EFORMAT, "population: taper = %s: wanted start or none", a->text);
    return GWS_OK;
}

static gws_status source_of(const void *user, int64_t number, gws_source *out, gws_err *err)
{
    const gws_sim *s = user;
    (void)err;
    *out = s->sources[number].source;
    return GWS_OK;
}

static gws_projected *open_signals(const gws_sim *s, gws_err *err)
{
    gws_projected_params p = {.n_ifo = s->p.n_ifo,
                              .rate_hz = s->p.rate_hz,
                              .approximant = s->approximant,
                              .how = GWS_LIKE_PYCBC,
                              .taper = s->taper,
                              .which = GWS_PROJECTING_ASKED,
                              .kept = N_KEPT,
                              .source = source_of,
                              .user = s};
    memcpy(p.site, s->site, sizeof p.site);
    return gws_projected_create(&p, err);
}

gws_sim *gws_sim_create(const gws_sim_params *params, gws_err *err)
{
    GWS_ASSERT(params);
    gws_population *population = NULL;
    gws_sim *s = calloc(1, sizeof *s);
    if (!s) {
        gws_err_set(err, GWS_ENOMEM, "simulate: no memory");
        return NULL;
    }
    s->p = *params;
    s->taper = params->taper;
    if (check(params, err) != GWS_OK)
        goto fail;
    for (int d = 0; d < params->n_ifo; d++) {
        s->site[d] = gws_site_find(params->ifo[d]);
        if (!s->site[d]) {
            gws_err_set(err, GWS_EARG, "simulate: unknown detector %s", params->ifo[d]);
            goto fail;
        }
    }
    if (make_curves(s, err) != GWS_OK || make_noise(s, err) != GWS_OK)
        goto fail;
    if (params->step_s > 0) {
        population = gws_population_create(params->population, err);
        if (!population)
            goto fail;
        snprintf(s->approximant, sizeof s->approximant, "%s",
                 params->approximant ? params->approximant : gws_population_approximant(population));
        if (read_taper(s, population, err) != GWS_OK || draw_sources(s, population, err) != GWS_OK ||
            !(s->signals = open_signals(s, err)))
            goto fail;
    }
    gws_population_destroy(population);
    /* Borrowed for this call only */
    s->p.psd = s->p.approximant = NULL;
    s->p.population = NULL;
    for (int d = 0; d < params->n_ifo; d++) {
        s->p.ifo[d] = s->site[d]->ifo;
        s->p.measured[d] = NULL;
    }
    return s;
fail:
    gws_population_destroy(population);
    gws_sim_destroy(s);
    return NULL;
}

void gws_sim_destroy(gws_sim *s)
{
    if (!s)
        return;
    for (int d = 0; d < GWS_MAX_IFO; d++) {
        gws_noise_destroy(s->noise[d]);
        gws_drift_destroy(s->drift[d]);
    }
    gws_projected_destroy(s->signals);
    for (int d = 0; d < GWS_MAX_IFO; d++)
        gws_psd_clear(&s->psd[d]);
    free(s->sources);
    free(s->reach);
    free(s);
}

const gws_psd *gws_sim_psd(const gws_sim *s, int ifo)
{
    GWS_ASSERT(ifo >= 0 && ifo < s->p.n_ifo);
    return &s->psd[ifo];
}

const gws_sim_source *gws_sim_sources(const gws_sim *s, int *n)
{
    *n = s->n_sources;
    return s->sources;
}

gws_status gws_sim_fill(gws_sim *s, int ifo, int64_t begin, int64_t n, double *out, gws_err *err)
{
    GWS_ASSERT(s && ifo >= 0 && ifo < s->p.n_ifo && n >= 0 && (out || n == 0));
    if (s->p.no_noise)
        memset(out, 0, (size_t)n * sizeof *out);
    else
        gws_noise_fill(s->noise[ifo], begin, n, out);
    if (s->drift[ifo])
        gws_drift_apply(s->drift[ifo], begin, n, out);
    /* First source that can still be heard at `begin`; they are in order of time. */
    int lo = 0, hi = s->n_sources;
    while (lo < hi) {
        int mid = (lo + hi) / 2;
        if (gws_sample_of_ns(s->sources[mid].source.tc_ns, s->p.rate_hz) + s->after < begin)
            lo = mid + 1;
        else
            hi = mid;
    }
    for (int i = lo; i < s->n_sources; i++) {
        if (gws_sample_of_ns(s->sources[i].source.tc_ns, s->p.rate_hz) - s->before >= begin + n)
            break;
        if (s->reach[i].begin >= begin + n || s->reach[i].end <= begin)
            continue;
        const gws_projected_ask ask = {.number = i, .end = i + 1, .ifo = ifo, .begin = begin, .n = n};
        gws_status status = gws_projected_add(s->signals, &ask, out, err);
        if (status != GWS_OK)
            return status;
    }
    return GWS_OK;
}

/* The columns of the table, by number; NULL beyond the last. */
static const char *column(const gws_sim_source *s, int i, double *value)
{
    const gws_source *src = &s->source;
    const gws_binary *b = &src->binary;
    const struct {
        const char *name;
        double value;
    } all[] = {
        {"tc", gws_s_of_ns(src->tc_ns)},
        {"mass1", b->mass1_msun},
        {"mass2", b->mass2_msun},
        {"spin1x", b->spin1[0]},
        {"spin1y", b->spin1[1]},
        {"spin1z", b->spin1[2]},
        {"spin2x", b->spin2[0]},
        {"spin2y", b->spin2[1]},
        {"spin2z", b->spin2[2]},
        {"ra", src->ra_rad},
        {"dec", src->dec_rad},
        {"inclination", b->incl_rad},
        {"coa_phase", b->coa_phase_rad},
        {"polarization", src->psi_rad},
        {"distance", b->distance_mpc},
        {"chirp_distance", gws_chirp_distance(b->distance_mpc, b->mass1_msun, b->mass2_msun)},
        {"mchirp", gws_chirp_mass(b->mass1_msun, b->mass2_msun)},
        {"q", b->mass1_msun / b->mass2_msun},
        {"snr", s->snr_network},
    };
    if (i >= (int)(sizeof all / sizeof all[0]))
        return NULL;
    *value = all[i].value;
    return all[i].name;
}

gws_status gws_sim_write_injections(const gws_sim *s, const char *path, const char *command, gws_err *err)
{
    GWS_ASSERT(s && path && command);
    gws_status status = GWS_OK;
    gws_injections t;
    gws_sim_source none = {0};
    const gws_sim_source *first = s->n_sources ? &s->sources[0] : &none;
    double value, *to;
    const char *title;
    gws_injections_init(&t, s->n_sources);
    t.seed = (int64_t)s->p.seed;
    for (int c = 0; status == GWS_OK && (title = column(first, c, &value)) != NULL; c++) {
        status = gws_injections_add_column(&t, title, &to, err);
        for (int i = 0; status == GWS_OK && i < s->n_sources; i++)
            column(&s->sources[i], c, &to[i]);
    }
    for (int d = 0; status == GWS_OK && d < s->p.n_ifo; d++) {
        char name[32];
        snprintf(name, sizeof name, "snr_%s", s->site[d]->ifo);
        status = gws_injections_add_column(&t, name, &to, err);
        for (int i = 0; status == GWS_OK && i < s->n_sources; i++)
            to[i] = s->sources[i].snr[d];
    }
    gws_static_arg f_lower = {.name = "f_lower", .is_number = 1, .number = first->source.binary.f_lower_hz};
    gws_static_arg f_ref = {.name = "f_ref", .is_number = 1, .number = first->source.binary.f_ref_hz};
    gws_static_arg approximant = {.name = "approximant"};
    snprintf(approximant.text, sizeof approximant.text, "%s", s->approximant);
    if (status == GWS_OK && s->n_sources)
        status = gws_injections_add_static(&t, &f_lower, err);
    if (status == GWS_OK && s->n_sources)
        status = gws_injections_add_static(&t, &f_ref, err);
    if (status == GWS_OK)
        status = gws_injections_add_static(&t, &approximant, err);
    if (status == GWS_OK)
        status = gws_injections_save(&t, path, command, err);
    gws_injections_clear(&t);
    return status;
}
