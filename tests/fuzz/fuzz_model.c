/* fuzz_model.c - any bytes as a model file: what loads has finite weights and runs; what does not has its sentence, and nothing is
 * kept.  And as the recipe inside one, where damage to the container would rarely let it through: a network that is described is of
 * sane size. */
#include "model/checkpoint.h"
#include "model/classifier.h"
#include "fuzz/file_input.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PUSH 512 /* samples */

static void run(const char *path)
{
    static const float zero[PUSH];
    const float *w[GWS_MODEL_IFOS];
    gws_err err = {0};
    gws_model *m = gws_model_load(path, &err);
    if (!m) { /* such as a detector without a name */
        GWS_ASSERT(err.text[0]);
        return;
    }
    for (int i = 0; i < GWS_MODEL_IFOS; i++)
        w[i] = zero;
    gws_classifier *d = gws_classifier_create(m, 2, &err);
    GWS_ASSERT(d || err.text[0]);
    if (d)
        gws_classifier_push(d, -7, w, PUSH, NULL, NULL);
    gws_classifier_destroy(d);
    gws_model_destroy(m);
}

static void try_file(const char *path)
{
    static const gws_checkpoint nothing;
    gws_checkpoint c;
    gws_err err = {0};
    if (gws_checkpoint_load(&c, path, &err)) {
        GWS_ASSERT(err.text[0] && memcmp(&c, &nothing, sizeof c) == 0);
        return;
    }
    GWS_ASSERT(c.table.total <= 2 * GWS_PARAMETERS_MAX && c.recipe && c.detectors);
    for (int i = 0; i < c.table.n; i++)
        for (int64_t j = 0; j < c.table.rows[i].size; j++)
            GWS_ASSERT(isfinite(c.p[c.table.rows[i].offset + j]));
    for (int h = 0; h < 2; h++)
        GWS_ASSERT(c.cal[h].n >= 0 && (c.cal[h].stat || c.cal[h].n == 0));
    gws_checkpoint_clear(&c);
    run(path);
}

static void try_recipe(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (!text)
        return;
    memcpy(text, data, size);
    text[size] = '\0';
    gws_arch a;
    gws_err err = {0};
    gws_ini *ini = gws_ini_parse(text, "recipe", &err);
    if (ini && gws_arch_from_ini(ini, &a, &err) == GWS_OK) {
        gws_table t;
        gws_param_rows rows;
        gws_table_init(&t);
        GWS_ASSERT(gws_arch_parameters(&a, &t, &rows, &err) == GWS_OK && t.total <= 2 * GWS_PARAMETERS_MAX);
        GWS_ASSERT(gws_arch_hop(&a) >= 1 && a.rate_hz % gws_arch_hop(&a) == 0 && a.ifos >= 1 && a.ifos <= GWS_MODEL_IFOS);
        gws_table_clear(&t);
    } else {
        GWS_ASSERT(err.text[0]);
    }
    gws_ini_destroy(ini);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    try_recipe(data, size);
    fuzz_file(data, size, try_file);
    return 0;
}
