/* model_files.h - a small random model in memory, and a folder for files, shared by the tests of layer model. */
#ifndef GWS_TESTS_MODEL_FILES_H
#define GWS_TESTS_MODEL_FILES_H

#include "base/rng.h"
#include "model/checkpoint.h"

#include "gwstest.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Hop 16, width 16: three convolutions with history, two spiking layers. */
static const char small_recipe[] =
    "[model]\ndetectors = H1,L1\nrate_hz = 2048\nchannels = 8,12,16\nkernels = 8,4,4\nstrides = 4,2,2\n"
    "lif = 24,16\nhorizons = 3\n";

static char model_folder[256];

static inline int model_folder_make(void **state)
{
    const char *t = getenv("TMPDIR");
    snprintf(model_folder, sizeof model_folder, "%s/gws-model-XXXXXX", t && *t ? t : P_tmpdir);
    return mkdtemp(model_folder) ? 0 : -1;
}

static inline int model_folder_remove(void **state)
{
    return rmdir(model_folder);
}

static inline const char *model_path(const char *name)
{
    static char path[512];
    snprintf(path, sizeof path, "%s/%s", model_folder, name);
    return path;
}

/* Parameters with values of their own, weights large enough for both spiking layers to fire, and a calibration of a few numbers. */
static inline void small_model(gws_checkpoint *c, uint64_t seed, int training)
{
    gws_err err;
    if (gws_checkpoint_init(c, small_recipe, seed, training, &err))
        fail_msg("%s", err.text);
    gws_rng r = gws_rng_init(seed, "jitter", 0);
    for (int row = 0; row < c->table.n; row++) {
        const gws_tensor *t = &c->table.rows[row];
        const double sigma =
            row == c->rows.lif[0].w || row == c->rows.lif[1].w || row == c->rows.lif[0].b || row == c->rows.lif[1].b ? 0.3 : 0.1;
        for (int64_t i = 0; i < t->size; i++)
            c->p[t->offset + i] += (float)(sigma * gws_rng_normal(&r));
        for (int64_t i = 0; training && i < t->size; i++) {
            c->m[t->offset + i] = (float)gws_rng_normal(&r);
            c->v[t->offset + i] = (float)gws_rng_uniform(&r);
        }
    }
    for (int h = 0; h < 2; h++) {
        c->cal[h].n = 3 + h;
        c->cal[h].stat = malloc((size_t)c->cal[h].n * sizeof *c->cal[h].stat);
        assert_non_null(c->cal[h].stat);
        for (int64_t i = 0; i < c->cal[h].n; i++)
            c->cal[h].stat[i] = 5.25f - (float)i / 3.0f + (float)h;
        c->cal[h].livetime_s = 1234.5 + h;
        c->cal[h].offset_s = 0.1 + h;
        c->cal[h].threshold = -0.75 - h;
    }
    c->phase = training ? 1 : -1;
}

#endif
