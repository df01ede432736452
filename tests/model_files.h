/* model_files.h - a small random model in memory, a bare network, and a folder for files, shared by the tests of layer model. */
#ifndef GWS_TESTS_MODEL_FILES_H
#define GWS_TESTS_MODEL_FILES_H

#include "base/rng.h"
#include "model/checkpoint.h"
#include "model/classifier.h"
#include "model/network.h"

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
static inline void small_model_of(gws_checkpoint *c, const char *recipe, uint64_t seed, gws_purpose purpose)
{
    gws_err err;
    if (gws_checkpoint_init(c, recipe, seed, purpose, &err))
        fail_msg("%s", err.text);
    gws_rng r = gws_rng_init(seed, "jitter", 0);
    for (int row = 0; row < c->table.n; row++) {
        const gws_tensor *t = &c->table.rows[row];
        const double sigma =
            row == c->rows.lif[0].w || row == c->rows.lif[1].w || row == c->rows.lif[0].b || row == c->rows.lif[1].b ? 0.3 : 0.1;
        for (int64_t i = 0; i < t->size; i++)
            c->p[t->offset + i] += (float)(sigma * gws_rng_normal(&r));
        for (int64_t i = 0; purpose == GWS_TO_TRAIN && i < t->size; i++) {
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
    c->phase = purpose == GWS_TO_TRAIN ? 1 : -1;
}

static inline void small_model(gws_checkpoint *c, uint64_t seed, gws_purpose purpose)
{
    small_model_of(c, small_recipe, seed, purpose);
}

/* A network without a model around it. */
typedef struct bare_net {
    gws_arch a;
    gws_table t;
    gws_param_rows rows;
    gws_weights w;
    float *p;
} bare_net;

/* Architecture and room for parameters, all zero. */
static inline void bare_net_begin(bare_net *n, const char *model)
{
    gws_err err;
    gws_ini *ini = gws_ini_parse(model, "test", &err);
    assert_non_null(ini);
    if (gws_arch_from_ini(ini, &n->a, &err))
        fail_msg("%s", err.text);
    gws_ini_destroy(ini);
    gws_table_init(&n->t);
    assert_int_equal(gws_arch_parameters(&n->a, &n->t, &n->rows, &err), GWS_OK);
    n->p = gws_table_alloc(&n->t);
    assert_non_null(n->p);
}

/* The weights of the parameters as they are now. */
static inline void bare_net_pack(bare_net *n, gws_purpose purpose)
{
    assert_int_equal(gws_weights_create(&n->w, &n->a, &n->t, &n->rows, purpose, NULL), GWS_OK);
    gws_weights_update(&n->w, gws_kernels_get(), NULL, n->p);
}

static inline void bare_net_clear(bare_net *n)
{
    gws_weights_clear(&n->w);
    gws_arena_free(n->p);
    gws_table_clear(&n->t);
}

#endif
