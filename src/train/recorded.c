#include "train/recorded.h"

#include "base/array.h"
#include "base/rng.h"
#include "strain/whitening.h"

#include <stdlib.h>
#include <string.h>

#define CHUNK_S 64
#define FILES 256
#define SEPARATORS ", \n" /* a list may go on, indented, on the next line */

/* Whitened strain without a gap; sample 0 is its first. */
typedef struct stretch {
    float *w;
    int64_t n, room, first; /* first: absolute sample of w[0] */
} stretch;

typedef struct detector {
    stretch *stretches;
    int64_t n, room;
    int64_t places; /* where a window can begin, in all of them */
    gws_gains gains;
} detector;

struct gws_recorded {
    gws_data_recipe r;
    detector ifo[GWS_MODEL_IFOS];
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
        gws_strain_info info = {0};
        const int at = gws_strain_find(set, r.site[i]->ifo);
        if (at >= 0)
            gws_strain_describe(set, at, &info);
        for (int k = 0; k < info.n_spans; k++) /* room doubles (base/array.h) */
            *out += 2 * (info.spans[k].end - info.spans[k].begin) / info.rate_hz * r.rate_hz * (int64_t)sizeof(float);
    }
    gws_strain_destroy(set);
    gws_data_recipe_clear(&r);
    return status;
}

typedef struct taking {
    detector *d;
    int out_of_memory;
} taking;

static void take(void *user, int64_t sample, const float *w, int64_t n)
{
    taking *t = user;
    detector *d = t->d;
    stretch *s = d->n ? &d->stretches[d->n - 1] : NULL;

    if (!s || s->first + s->n != sample) {
        if (!GWS_ARRAY_ROOM(d->stretches, d->room, d->n + 1)) {
            t->out_of_memory = 1;
            return;
        }
        s = &d->stretches[d->n++];
        *s = (stretch){.first = sample};
    }
    if (!GWS_ARRAY_ROOM(s->w, s->room, s->n + n)) {
        t->out_of_memory = 1;
        return;
    }
    memcpy(s->w + s->n, w, (size_t)n * sizeof *w);
    s->n += n;
}

static gws_status fill(gws_recorded *r, gws_strain_set *set, int i, const gws_progress *progress, gws_err *err)
{
    const char *const ifo = r->r.site[i]->ifo;
    detector *const d = &r->ifo[i];
    taking t = {.d = d};
    const gws_strain_whitening how = {.ifo = gws_strain_find(set, ifo),
                                      .rate_hz = r->r.rate_hz,
                                      .params = &r->r.condition,
                                      .chunk_s = CHUNK_S,
                                      .sink = take,
                                      .user = &t,
                                      .gains = r->r.condition.reference ? &d->gains : NULL,
                                      .progress = progress ? *progress : (gws_progress){0}};

    if (how.ifo < 0)
        return gws_err_set(err, GWS_EDATA, "recipe: [pretrain] strain has no %s, which [data] detectors names", ifo);
    d->gains.width = r->r.condition.reference ? r->r.condition.reference->filters : 0;
    const gws_status status = gws_strain_condition(set, &how, NULL, err);
    if (status != GWS_OK)
        return status;
    if (t.out_of_memory)
        return gws_err_set(err, GWS_ENOMEM, "%s: no memory for recorded strain", ifo);
    for (int64_t k = 0; k < d->n; k++)
        d->places += d->stretches[k].n >= r->r.window ? d->stretches[k].n - r->r.window + 1 : 0;
    return d->places ? GWS_OK
                     : gws_err_set(err, GWS_EDATA, "recipe: [pretrain] strain: no stretch of %s is as long as a window, %g s", ifo,
                                   (double)r->r.window / r->r.rate_hz);
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

/* Place number `place` of a detector.  at out: where in the stretch */
static const stretch *place_of(const gws_recorded *r, const detector *d, int64_t place, int64_t *at)
{
    const stretch *s = d->stretches;
    for (;; s++) {
        const int64_t places = s->n >= r->r.window ? s->n - r->r.window + 1 : 0;
        if (place < places)
            break;
        place -= places;
    }
    *at = place;
    return s;
}

void gws_recorded_window(const gws_recorded *r, uint64_t seed, int64_t k, gws_window *out)
{
    gws_rng rng = gws_rng_init(seed, "recorded", (uint64_t)k);
    const int n_ifo = r->r.n_ifo;

    for (int i = 0; i < n_ifo; i++) {
        const detector *const d = &r->ifo[i];
        int64_t at;
        const stretch *const s = place_of(r, d, (int64_t)gws_rng_below(&rng, (uint64_t)d->places), &at);
        for (int n = 0; n < r->r.window; n++)
            out->w[n * n_ifo + i] = s->w[at + n];
        out->gains[i] = d->gains.width ? &d->gains : NULL;
        out->offset[i] = s->first + at;
    }
    out->has_signal = 0;
    out->merger = -1;
    out->snr = out->mass1_msun = out->mass2_msun = out->loudness = 0;
}

void gws_recorded_destroy(gws_recorded *r)
{
    if (!r)
        return;
    for (int i = 0; i < GWS_MODEL_IFOS; i++) {
        for (int64_t k = 0; k < r->ifo[i].n; k++)
            free(r->ifo[i].stretches[k].w);
        free(r->ifo[i].stretches);
        gws_gains_clear(&r->ifo[i].gains);
    }
    gws_data_recipe_clear(&r->r);
    free(r);
}
