#include "train/candidates.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int belongs(const char *section, const char *key)
{
    static const char *const sections[] = {"data", "candidates", "bank", "condition", "search"}, *const model[] = {
                                                                                                     "stem",    "templates",
                                                                                                     "taps",    "after",
                                                                                                     "reach",   "detectors",
                                                                                                     "rate_hz", "follow"};
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        if (strcmp(section, sections[i]) == 0)
            return 1;
    for (size_t i = 0; i < sizeof model / sizeof *model; i++)
        if (strcmp(section, "model") == 0 && strcmp(key, model[i]) == 0)
            return 1;
    return 0;
}

static uint64_t hash(const float *x, int64_t n, uint64_t h)
{
    const unsigned char *byte = (const unsigned char *)x;
    for (int64_t i = 0; i < n * (int64_t)sizeof *x; i++)
        h = (h ^ byte[i]) * UINT64_C(1099511628211); /* FNV-1a */
    return h;
}

char *gws_candidates_identity(gws_ini *ini, uint64_t seed, const gws_checkpoint *c, gws_err *err)
{
    const char *section, *key, *value;
    const int rows[] = {c->rows.bank, c->rows.bank_weight, c->rows.bank_place, c->rows.bank_curve};
    char *text = malloc(2 * strlen(gws_ini_text(ini)) + 4096); /* an entry is at most its line and its section's name */
    uint64_t h = UINT64_C(14695981039346656037);
    if (!text) {
        gws_err_set(err, GWS_ENOMEM, "no memory for the identity of candidates");
        return NULL;
    }
    for (size_t i = 0; i < sizeof rows / sizeof *rows && rows[i] >= 0; i++)
        h = hash(c->p + c->table.rows[rows[i]].offset, c->table.rows[rows[i]].size, h);
    int n = sprintf(text, "seed %llu\nbank %016llx\n", (unsigned long long)seed, (unsigned long long)h);
    for (int i = 0; gws_ini_entry(ini, i, &section, &key, &value); i++)
        if (belongs(section, key))
            n += sprintf(text + n, "%s = %s\n", key, value);
    return text;
}

gws_status gws_candidates_write(gws_h5 *f, gws_split split, const gws_candidates *c, gws_err *err)
{
    char at[64];
    const int64_t shape[3] = {c->n, c->T, c->inputs};
    gws_status status;
#define AT(what) (snprintf(at, sizeof at, "/%s/%s", gws_split_name[split], what), at)
    if ((status = gws_h5_write_f32(f, AT("x"), 3, shape, c->x, err)) ||
        (status = gws_h5_write_f64(f, AT("mass1_msun"), 1, shape, c->mass1, err)) ||
        (status = gws_h5_write_f64(f, AT("mass2_msun"), 1, shape, c->mass2, err)) ||
        (status = gws_h5_write_f64(f, AT("loudness"), 1, shape, c->loudness, err)) ||
        (status = gws_h5_put_attr_i64(f, AT("x"), "noise", c->noise, err)) ||
        (status = gws_h5_put_attr_i64(f, at, "quiet", c->quiet, err)) ||
        (status = gws_h5_put_attr_f64(f, at, "quiet_s", c->quiet_s, err)) ||
        (status = gws_h5_put_attr_i64(f, at, "before", c->before, err)) ||
        (status = gws_h5_put_attr_i64(f, at, "signals", c->signals, err)) ||
        (status = gws_h5_put_attr_f64(f, at, "livetime_s", c->livetime_s, err)))
        return status;
    return GWS_OK;
}

gws_status gws_candidates_read(const char *path, gws_split split, const char *identity, gws_candidates *c, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    char at[64], *made = NULL;
    gws_h5_info info;
    gws_h5 *f = gws_h5_open(path, err);
    gws_status status = f ? GWS_OK : err->status;
    *c = (gws_candidates){0};
    if (status || (status = gws_h5_read_string(f, "/identity", 0, &made, err)))
        goto fail;
    if (strcmp(made, identity)) {
        status = gws_err_set(err, GWS_EDATA, "%s: candidates of other data, another bank or another seed", path);
        goto fail;
    }
    if ((status = gws_h5_stat(f, AT("x"), &info, err)) || (status = gws_h5_attr_i64(f, at, "noise", &c->noise, err)) ||
        (status = gws_h5_attr_i64(f, at, "quiet", &c->quiet, err)) ||
        (status = gws_h5_attr_f64(f, at, "quiet_s", &c->quiet_s, err)) ||
        (status = gws_h5_attr_i64(f, at, "before", &c->before, err)) ||
        (status = gws_h5_attr_i64(f, at, "signals", &c->signals, err)) ||
        (status = gws_h5_attr_f64(f, at, "livetime_s", &c->livetime_s, err)))
        goto fail;
    if (info.type != GWS_H5_F32 || info.ndim != 3 || info.shape[0] < 0 || info.shape[1] < 1 || info.shape[2] < 1 ||
        info.shape[0] > 100000000 || info.shape[1] > 8192 || info.shape[2] > 4096 || c->noise < 0 || c->noise > info.shape[0] ||
        c->quiet < 0 || c->quiet > c->noise || c->before < 0 || c->before >= info.shape[1] ||
        !(c->quiet_s >= 0.0 && c->livetime_s >= c->quiet_s)) {
        status = gws_err_set(err, GWS_EFORMAT, "%s: %s is no list of candidates", path, at);
        goto fail;
    }
    c->n = info.shape[0];
    c->T = info.shape[1];
    c->inputs = (int)info.shape[2];
    const size_t room = (size_t)(c->n ? c->n : 1);
    c->x = malloc(room * (size_t)(c->T * c->inputs) * sizeof *c->x);
    c->mass1 = malloc(room * sizeof *c->mass1);
    c->mass2 = malloc(room * sizeof *c->mass2);
    c->loudness = malloc(room * sizeof *c->loudness);
    if (!c->x || !c->mass1 || !c->mass2 || !c->loudness) {
        status = gws_err_set(err, GWS_ENOMEM, "%s: no memory for %lld candidates", path, (long long)c->n);
        goto fail;
    }
    if ((status = gws_h5_read_f32(f, at, 0, c->n * c->T * c->inputs, c->x, err)) ||
        (status = gws_h5_read_f64(f, AT("mass1_msun"), 0, c->n, c->mass1, err)) ||
        (status = gws_h5_read_f64(f, AT("mass2_msun"), 0, c->n, c->mass2, err)) ||
        (status = gws_h5_read_f64(f, AT("loudness"), 0, c->n, c->loudness, err)))
        goto fail;
#undef AT
fail:
    free(made);
    gws_h5_close(f);
    if (status)
        gws_candidates_clear(c);
    return status;
}
