#include "train/recorded.h"

#include "base/rng.h"
#include "strain/kept.h"

#include <stdlib.h>
#include <string.h>

#define FILES 256
#define SEPARATORS ", \n" /* a list may go on, indented, on the next line */

struct gws_recorded {
    gws_data_recipe r;
    gws_kept_ifo ifo[GWS_MODEL_IFOS];
    int64_t places[GWS_MODEL_IFOS]; /* where a window can begin, in all runs */
};

/* The files that a recipe names, opened together.  NULL with a reason */
static gws_strain_set *open_files(gws_ini *recipe, gws_err *err)
{
    const char *list = gws_ini_string(recipe, "pretrain", "strain", ""), *path[FILES];
    char *const text = malloc(strlen(list) + 1), (*const name)[512] = malloc(FILES * sizeof *name);
    gws_strain_set *set = NULL;
    int n = 0;

    if (!text || !name) {
        gws_err_set(err, GWS_ENOMEM, "no memory for the names of recorded strain");
        goto fail;
    }
    strcpy(text, list);
    for (char *save = NULL, *word = strtok_r(text, SEPARATORS, &save); word; word = strtok_r(NULL, SEPARATORS, &save), n++) {
        if (n == FILES) {
            gws_err_set(err, GWS_EARG, "recipe: [pretrain] strain: more than %d files", FILES);
            goto fail;
        }
        if (gws_recipe_path("[pretrain] strain", word, name[n], sizeof name[n], err) != GWS_OK)
            goto fail;
        path[n] = name[n];
    }
    if (!(set = gws_strain_open(path, n, err)))
        gws_err_prefix(err, "recipe: [pretrain] strain");
fail:
    free(text);
    free(name);
    return set;
}

int gws_recorded_wanted(gws_ini *recipe)
{
    return *gws_ini_string(recipe, "pretrain", "strain", "") != 0;
}

gws_status gws_recorded_bytes(gws_ini *recipe, int64_t *out, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    gws_data_recipe r;
    gws_strain_set *set = NULL;
    gws_status status;

    *out = 0;
    if (!gws_recorded_wanted(recipe))
        return GWS_OK;
    status = gws_data_recipe_read(recipe, GWS_SPLIT_TRAIN, &r, err);
    if (status == GWS_OK && !(set = open_files(recipe, err)))
        status = err->status;
    for (int i = 0; set && i < r.n_ifo; i++) {
        const int at = gws_strain_find(set, r.site[i]->ifo);
        *out += at >= 0 ? gws_kept_ifo_bytes(set, at, r.rate_hz) : 0;
    }
    gws_strain_destroy(set);
    gws_data_recipe_clear(&r);
    return status;
}

/* Where a window can begin in a run. */
static int64_t places_in(const gws_recorded *r, const gws_kept_run *run)
{
    const int64_t n = run->end - run->begin;
    return n >= r->r.window ? n - r->r.window + 1 : 0;
}

static gws_status fill(gws_recorded *r, gws_strain_set *set, int i, const gws_progress *progress, gws_err *err)
{
    const char *const ifo = r->r.site[i]->ifo;
    const gws_kept_ifo *const d = &r->ifo[i];
    const gws_strain_whitening how = {.ifo = gws_strain_find(set, ifo),
                                      .rate_hz = r->r.rate_hz,
                                      .params = &r->r.condition,
                                      .progress = progress ? *progress : (gws_progress){0}};

    if (how.ifo < 0)
        return gws_err_set(err, GWS_EDATA, "recipe: [pretrain] strain has no %s, which [data] detectors names", ifo);
    const gws_status status = gws_kept_ifo_make(set, &how, NULL, &r->ifo[i], err);
    if (status != GWS_OK)
        return status;
    for (int64_t n = 0; n < d->n_runs; n++)
        r->places[i] += places_in(r, &d->runs[n]);
    return r->places[i] ? GWS_OK
                        : gws_err_set(err, GWS_EDATA, "recipe: [pretrain] strain: no stretch of %s is as long as a window, %g s",
                                      ifo, (double)r->r.window / r->r.rate_hz);
}

gws_recorded *gws_recorded_create(gws_ini *recipe, const gws_reference *reference, const gws_progress *progress, gws_err *err)
{
    gws_recorded *r = calloc(1, sizeof *r);
    gws_strain_set *set = NULL;
    int ok = 0;

    if (!r) {
        gws_err_set(err, GWS_ENOMEM, "no memory for recorded strain");
        return NULL;
    }
    if (gws_data_recipe_read(recipe, GWS_SPLIT_TRAIN, &r->r, err) != GWS_OK || !(set = open_files(recipe, err)))
        goto fail;
    r->r.condition.reference = reference;
    ok = 1;
    for (int i = 0; i < r->r.n_ifo && ok; i++)
        ok = fill(r, set, i, progress, err) == GWS_OK;
fail:
    gws_strain_destroy(set);
    if (ok)
        return r;
    gws_recorded_destroy(r);
    return NULL;
}

/* The run that holds place number `place` of a detector.  at out: where in the run */
static const gws_kept_run *run_of(const gws_recorded *r, int ifo, int64_t place, int64_t *at)
{
    const gws_kept_run *run = r->ifo[ifo].runs;
    for (; place >= places_in(r, run); run++)
        place -= places_in(r, run);
    *at = place;
    return run;
}

void gws_recorded_window(const gws_recorded *r, uint64_t seed, int64_t k, gws_window *out)
{
    gws_rng rng = gws_rng_init(seed, "recorded", (uint64_t)k);
    const int n_ifo = r->r.n_ifo;

    for (int i = 0; i < n_ifo; i++) {
        const gws_kept_ifo *const d = &r->ifo[i];
        int64_t at;
        const gws_kept_run *const run = run_of(r, i, (int64_t)gws_rng_below(&rng, (uint64_t)r->places[i]), &at);
        for (int n = 0; n < r->r.window; n++)
            out->w[n * n_ifo + i] = d->w[run->at + at + n];
        out->gains[i] = gws_kept_ifo_gains(d);
        out->offset[i] = run->begin + at;
    }
    out->has_signal = 0;
    out->merger = -1;
    out->snr = out->mass1_msun = out->mass2_msun = out->loudness = 0;
}

void gws_recorded_destroy(gws_recorded *r)
{
    if (!r)
        return;
    for (int i = 0; i < GWS_MODEL_IFOS; i++)
        gws_kept_ifo_clear(&r->ifo[i]);
    gws_data_recipe_clear(&r->r);
    free(r);
}
