#include "strain/kept.h"

#include "base/array.h"
#include "base/arena.h"
#include "base/file.h"

#include <stdlib.h>
#include <string.h>

enum { CHUNK_S = 64 };

/* Whitened samples that the files of a detector can give. */
static int64_t room_of(const gws_strain_set *set, int ifo, int rate_hz)
{
    gws_strain_info info;
    int64_t n = 0;

    gws_strain_describe(set, ifo, &info);
    for (int i = 0; i < info.n_spans; i++)
        n += (info.spans[i].end - info.spans[i].begin) * rate_hz / info.rate_hz + 1;
    return n;
}

int64_t gws_kept_ifo_bytes(const gws_strain_set *set, int ifo, int rate_hz)
{
    return room_of(set, ifo, rate_hz) * (int64_t)sizeof(float);
}

/* A detector that is being filled. */
typedef struct filling {
    gws_kept_ifo *k;
    int out_of_memory;
} filling;

static void on_whitened(void *user, int64_t sample, const float *w, int64_t n)
{
    filling *f = user;
    gws_kept_ifo *k = f->k;

    if (f->out_of_memory)
        return;
    GWS_ASSERT(k->n + n <= k->room);
    if (k->n_runs == 0 || k->runs[k->n_runs - 1].end != sample) {
        if (!GWS_ARRAY_ROOM(k->runs, k->run_room, k->n_runs + 1)) {
            f->out_of_memory = 1;
            return;
        }
        k->runs[k->n_runs++] = (gws_kept_run){sample, sample, k->n};
    }
    memcpy(k->w + k->n, w, (size_t)n * sizeof *w);
    k->n += n;
    k->runs[k->n_runs - 1].end += n;
}

static gws_status make_room(gws_kept_ifo *k, const char *work, gws_err *err)
{
    const int64_t bytes = (k->room + 1) * (int64_t)sizeof *k->w;

    k->in_file = work != NULL;
    if (work)
        return (k->w = gws_file_map_scratch(work, bytes, err)) ? GWS_OK : GWS_EIO;
    if (!(k->w = gws_arena_alloc((size_t)bytes)))
        return gws_err_set(err, GWS_ENOMEM, "no memory for %lld samples of whitened strain", (long long)k->room);
    return GWS_OK;
}

gws_status gws_kept_ifo_make(gws_strain_set *set, const gws_strain_whitening *how, const char *work, gws_kept_ifo *out,
                             gws_err *err)
{
    const gws_reference *const reference = how->params ? how->params->reference : NULL;
    filling f = {.k = out};
    gws_strain_whitening own = *how;

    *out = (gws_kept_ifo){.room = room_of(set, how->ifo, how->rate_hz), .gains = {.width = reference ? reference->filters : 0}};
    own.chunk_s = CHUNK_S;
    own.sink = on_whitened;
    own.user = &f;
    own.gains = reference ? &out->gains : NULL;
    gws_status status = make_room(out, work, err);
    if (status == GWS_OK)
        status = gws_strain_condition(set, &own, NULL, err);
    if (status == GWS_OK && f.out_of_memory)
        status = gws_err_set(err, GWS_ENOMEM, "no memory for the stretches of whitened strain");
    return status;
}

void gws_kept_ifo_clear(gws_kept_ifo *k)
{
    if (k->in_file)
        gws_file_unmap(k->w, (k->room + 1) * (int64_t)sizeof *k->w);
    else
        gws_arena_free(k->w);
    free(k->runs);
    gws_gains_clear(&k->gains);
    *k = (gws_kept_ifo){0};
}

const gws_gains *gws_kept_ifo_gains(const gws_kept_ifo *k)
{
    return k->gains.width > 0 ? &k->gains : NULL;
}
