#include "model/checkpoint.h"

#include "base/file.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const head_name[2] = {"spiking", "linear"};

void gws_checkpoint_clear(gws_checkpoint *c)
{
    gws_arena_free(c->p);
    gws_arena_free(c->m);
    gws_arena_free(c->v);
    gws_arena_free(c->best);
    gws_table_clear(&c->table);
    free(c->recipe);
    free(c->detectors);
    free(c->card);
    free(c->history);
    gws_calibration_clear(&c->cal[0]);
    gws_calibration_clear(&c->cal[1]);
    memset(c, 0, sizeof *c);
}

/* Arch and table from the recipe text already stored in c. */
static gws_status layout(gws_checkpoint *c, const char *name, gws_err *err)
{
    gws_err why = {0}; /* the caller may not want to know, but the status is needed */
    gws_ini *ini = gws_ini_parse(c->recipe, name, &why);
    gws_status st = why.status;
    if (ini)
        st = gws_arch_from_ini(ini, &c->arch, &why);
    if (ini && !st) {
        c->detectors = strdup(gws_ini_string(ini, "model", "detectors", "H1,L1"));
        gws_table_init(&c->table);
        st = c->detectors ? gws_arch_parameters(&c->arch, &c->table, &c->rows, &why)
                          : gws_err_set(&why, GWS_ENOMEM, "no memory for the recipe");
    }
    gws_ini_destroy(ini);
    if (st && strncmp(why.text, name, strlen(name)) != 0)
        gws_err_prefix(&why, "%s", name);
    if (st)
        return gws_err_set(err, st, "%s", why.text);
    c->warmup = c->arch.rate_hz / gws_arch_hop(&c->arch);
    return GWS_OK;
}

static gws_status allocate(gws_checkpoint *c, gws_purpose purpose, gws_err *err)
{
    c->p = gws_table_alloc(&c->table);
    if (purpose == GWS_TO_TRAIN) {
        c->m = gws_table_alloc(&c->table);
        c->v = gws_table_alloc(&c->table);
    }
    if (!c->p || (purpose == GWS_TO_TRAIN && (!c->m || !c->v)))
        return gws_err_set(err, GWS_ENOMEM, "no memory for a model of %lld parameters", (long long)c->table.total);
    return GWS_OK;
}

gws_status gws_checkpoint_init(gws_checkpoint *c, const char *recipe_text, uint64_t seed, gws_purpose purpose, gws_err *err)
{
    memset(c, 0, sizeof *c);
    c->recipe = strdup(recipe_text);
    gws_status st = c->recipe ? layout(c, "recipe", err) : gws_err_set(err, GWS_ENOMEM, "no memory for the recipe");
    if (!st)
        st = allocate(c, purpose, err);
    if (!st)
        st = gws_arch_init(&c->arch, &c->table, &c->rows, c->p, seed, err);
    if (st)
        gws_checkpoint_clear(c);
    return st;
}

static void tensor_path(char *out, size_t n, const char *group, const char *name)
{
    snprintf(out, n, "/%s/%s", group, name);
}

/* All tensors of a group are there and look as the recipe says: asked before their memory is. */
static gws_status check_group(gws_h5 *f, const char *group, const gws_table *t, gws_err *err)
{
    char path[96];
    for (int i = 0; i < t->n; i++) {
        const gws_tensor *r = &t->rows[i];
        gws_h5_info info;
        tensor_path(path, sizeof path, group, r->name);
        if (!gws_h5_exists(f, path))
            return gws_err_set(err, GWS_EFORMAT, "%s: tensor %s is missing", gws_h5_path(f), path);
        gws_status st = gws_h5_stat(f, path, &info, err);
        if (st)
            return st;
        int same = info.type == GWS_H5_F32 && info.ndim == r->ndim;
        for (int d = 0; same && d < r->ndim; d++)
            same = info.shape[d] == r->shape[d];
        if (!same)
            return gws_err_set(err, GWS_EFORMAT, "%s: tensor %s has not the shape or type that the recipe asks for", gws_h5_path(f),
                               path);
    }
    return GWS_OK;
}

static gws_status read_group(gws_h5 *f, const char *group, const gws_table *t, float *p, gws_err *err)
{
    char path[96];
    for (int i = 0; i < t->n; i++) {
        const gws_tensor *r = &t->rows[i];
        tensor_path(path, sizeof path, group, r->name);
        gws_status st = gws_h5_read_f32(f, path, 0, r->size, p + r->offset, err);
        if (st)
            return st;
        for (int64_t j = 0; j < r->size; j++)
            if (!isfinite(p[r->offset + j]))
                return gws_err_set(err, GWS_ENUM, "%s: tensor %s holds a number that is not finite", gws_h5_path(f), path);
    }
    return GWS_OK;
}

static gws_status read_calibration(gws_h5 *f, int head, gws_calibration *cal, gws_err *err)
{
    char path[64];
    gws_h5_info info;
    snprintf(path, sizeof path, "/calibration/%s/stat", head_name[head]);
    if (!gws_h5_exists(f, path))
        return GWS_OK;
    gws_status st = gws_h5_stat(f, path, &info, err);
    if (st)
        return st;
    if (info.ndim != 1 || info.shape[0] < 0 || info.shape[0] > (1 << 26))
        return gws_err_set(err, GWS_EFORMAT, "%s: %s is not a list", gws_h5_path(f), path);
    cal->n = info.shape[0];
    cal->stat = malloc((size_t)(cal->n ? cal->n : 1) * sizeof *cal->stat);
    if (!cal->stat)
        return gws_err_set(err, GWS_ENOMEM, "no memory for the calibration");
    if ((st = gws_h5_read_f32(f, path, 0, cal->n, cal->stat, err)) ||
        (st = gws_h5_attr_f64(f, path, "livetime_s", &cal->livetime_s, err)) ||
        (st = gws_h5_attr_f64(f, path, "offset_s", &cal->offset_s, err)) ||
        (st = gws_h5_attr_f64(f, path, "threshold", &cal->threshold, err)))
        return st;
    for (int64_t i = 0; i < cal->n; i++)
        if (!isfinite(cal->stat[i]) || (i && cal->stat[i] > cal->stat[i - 1]))
            return gws_err_set(err, GWS_EFORMAT, "%s: %s is not finite and descending", gws_h5_path(f), path);
    if (!(cal->livetime_s >= 0.0) || !isfinite(cal->offset_s) || !isfinite(cal->threshold))
        return gws_err_set(err, GWS_EFORMAT, "%s: %s has attributes that are not numbers", gws_h5_path(f), path);
    return GWS_OK;
}

static gws_status read_best(gws_h5 *f, gws_checkpoint *c, gws_err *err)
{
    gws_status st;
    if (!gws_h5_exists(f, "/best"))
        return GWS_OK;
    if ((st = check_group(f, "best", &c->table, err)))
        return st;
    if (!(c->best = gws_table_alloc(&c->table)))
        return gws_err_set(err, GWS_ENOMEM, "no memory for a model of %lld parameters", (long long)c->table.total);
    for (int h = 0; h < 2; h++)
        if ((st = gws_h5_attr_f64(f, "/best", head_name[h], &c->best_score[h], err)))
            return st;
    return read_group(f, "best", &c->table, c->best, err);
}

/* Is it a model's file, and of a version that this program reads? */
static gws_status check_format(gws_h5 *f, gws_err *err)
{
    char *format = NULL;
    int64_t version = 0;
    gws_status st = gws_h5_has_attr(f, "/", "format") ? gws_h5_attr_string(f, "/", "format", &format, err) : GWS_OK;
    if (st != GWS_OK && st != GWS_EDATA)
        return st; /* it is there and cannot be read */
    const int known = format && strcmp(format, "gwspike-model") == 0;
    free(format);
    if (!known)
        return gws_err_set(err, GWS_EFORMAT, "%s: not a gwspike model", gws_h5_path(f));
    if ((st = gws_h5_attr_i64(f, "/", "format_version", &version, err)))
        return st;
    if (version != GWS_MODEL_VERSION)
        return gws_err_set(err, GWS_EVERSION, "%s: model format version %lld, this program reads version %d", gws_h5_path(f),
                           (long long)version, GWS_MODEL_VERSION);
    return GWS_OK;
}

/* Where a training stands. */
static gws_status read_training(gws_h5 *f, gws_checkpoint *c, gws_err *err)
{
    int64_t phase = 0;
    gws_status st;
    if ((st = read_best(f, c, err)) || (st = read_group(f, "optimizer/first", &c->table, c->m, err)) ||
        (st = read_group(f, "optimizer/second", &c->table, c->v, err)) ||
        (st = gws_h5_attr_i64(f, "/optimizer", "step", &c->step, err)) ||
        (st = gws_h5_attr_i64(f, "/optimizer", "phase", &phase, err)) ||
        (st = gws_h5_attr_i64(f, "/optimizer", "phase_step", &c->phase_step, err)))
        return st;
    if (c->step < 0 || c->phase_step < 0 || phase < 0 || phase > 64)
        return gws_err_set(err, GWS_EFORMAT, "%s: /optimizer: step %lld of phase %lld cannot be", gws_h5_path(f),
                           (long long)c->phase_step, (long long)phase);
    c->phase = (int)phase;
    return GWS_OK;
}

/* How many steps a finished model had, where it says so. */
static gws_status read_steps(gws_h5 *f, gws_checkpoint *c, gws_err *err)
{
    gws_status st = gws_h5_has_attr(f, "/", "steps") ? gws_h5_attr_i64(f, "/", "steps", &c->step, err) : GWS_OK;
    if (st == GWS_OK && c->step < 0)
        st = gws_err_set(err, GWS_EFORMAT, "%s: %lld optimizer steps cannot be", gws_h5_path(f), (long long)c->step);
    return st;
}

static gws_status read_all(gws_h5 *f, gws_checkpoint *c, gws_err *err)
{
    int64_t rate = 0, hop = 0, warmup = 0;
    gws_status st;
    if ((st = check_format(f, err)) || (st = gws_h5_read_string(f, "/recipe", 0, &c->recipe, err)))
        return st;
    const int training = gws_h5_exists(f, "/optimizer");
    if ((st = layout(c, gws_h5_path(f), err)) || (st = gws_h5_attr_i64(f, "/", "rate_hz", &rate, err)) ||
        (st = gws_h5_attr_i64(f, "/", "hop", &hop, err)) || (st = gws_h5_attr_i64(f, "/", "warmup", &warmup, err)))
        return st;
    if (rate != c->arch.rate_hz || hop != gws_arch_hop(&c->arch) || warmup < 0 || warmup > 1 << 20)
        return gws_err_set(err, GWS_EFORMAT, "%s: rate, hop or warm-up do not agree with the recipe inside", gws_h5_path(f));
    c->warmup = (int)warmup;
    if ((st = check_group(f, "parameters", &c->table, err)) ||
        (training &&
         ((st = check_group(f, "optimizer/first", &c->table, err)) || (st = check_group(f, "optimizer/second", &c->table, err)))) ||
        (st = allocate(c, training ? GWS_TO_TRAIN : GWS_TO_RUN, err)) || (st = read_group(f, "parameters", &c->table, c->p, err)))
        return st;
    for (int h = 0; h < 2; h++)
        if ((st = read_calibration(f, h, &c->cal[h], err)))
            return st;
    if ((gws_h5_exists(f, "/card") && (st = gws_h5_read_string(f, "/card", 0, &c->card, err))) ||
        (gws_h5_exists(f, "/history") && (st = gws_h5_read_string(f, "/history", 0, &c->history, err))) ||
        (st = training ? read_training(f, c, err) : read_steps(f, c, err)))
        return st;
    return gws_h5_check(f, err);
}

gws_status gws_checkpoint_load(gws_checkpoint *c, const char *path, gws_err *err)
{
    gws_err why = {0};
    memset(c, 0, sizeof *c);
    gws_h5 *f = gws_h5_open(path, &why);
    if (!f)
        return gws_err_set(err, why.status, "%s", why.text);
    c->phase = -1;
    const gws_status st = read_all(f, c, err);
    gws_h5_close(f);
    if (st != GWS_OK)
        gws_checkpoint_clear(c);
    return st;
}

static gws_status write_group(gws_h5 *f, const char *group, const gws_table *t, const float *p, gws_err *err)
{
    char path[96];
    for (int i = 0; i < t->n; i++) {
        tensor_path(path, sizeof path, group, t->rows[i].name);
        gws_status st = gws_h5_write_f32(f, path, t->rows[i].ndim, t->rows[i].shape, p + t->rows[i].offset, err);
        if (st)
            return st;
    }
    return GWS_OK;
}

gws_status gws_checkpoint_save(const gws_checkpoint *c, const char *path, const char *command, int64_t seed, gws_err *err)
{
    gws_status st;
    gws_err why = {0};
    gws_h5 *f = gws_h5_create(path, &why);
    if (!f)
        return gws_err_set(err, why.status, "%s", why.text);
    if ((st = gws_h5_put_attr_string(f, "/", "format", "gwspike-model", err)) ||
        (st = gws_h5_put_attr_i64(f, "/", "format_version", GWS_MODEL_VERSION, err)) ||
        (st = gws_h5_put_attr_i64(f, "/", "rate_hz", c->arch.rate_hz, err)) ||
        (st = gws_h5_put_attr_i64(f, "/", "hop", gws_arch_hop(&c->arch), err)) ||
        (st = gws_h5_put_attr_i64(f, "/", "warmup", c->warmup, err)) || (st = gws_h5_provenance(f, command, seed, NULL, err)) ||
        (st = gws_h5_write_string(f, "/recipe", c->recipe, err)) ||
        (st = gws_h5_write_string(f, "/detectors", c->detectors, err)) || (st = write_group(f, "parameters", &c->table, c->p, err)))
        goto fail;
    if (c->step > 0 && (st = gws_h5_put_attr_i64(f, "/", "steps", c->step, err)))
        goto fail;
    if (c->card && (st = gws_h5_write_string(f, "/card", c->card, err)))
        goto fail;
    if (c->history && (st = gws_h5_write_string(f, "/history", c->history, err)))
        goto fail;
    for (int h = 0; h < 2; h++)
        if (c->cal[h].stat) {
            char at[64];
            const int64_t n = c->cal[h].n;
            snprintf(at, sizeof at, "/calibration/%s/stat", head_name[h]);
            if ((st = gws_h5_write_f32(f, at, 1, &n, c->cal[h].stat, err)) ||
                (st = gws_h5_put_attr_f64(f, at, "livetime_s", c->cal[h].livetime_s, err)) ||
                (st = gws_h5_put_attr_f64(f, at, "offset_s", c->cal[h].offset_s, err)) ||
                (st = gws_h5_put_attr_f64(f, at, "threshold", c->cal[h].threshold, err)))
                goto fail;
        }
    if (c->m && c->phase >= 0)
        if ((st = write_group(f, "optimizer/first", &c->table, c->m, err)) ||
            (st = write_group(f, "optimizer/second", &c->table, c->v, err)) ||
            (st = gws_h5_put_attr_i64(f, "/optimizer", "step", c->step, err)) ||
            (st = gws_h5_put_attr_i64(f, "/optimizer", "phase", c->phase, err)) ||
            (st = gws_h5_put_attr_i64(f, "/optimizer", "phase_step", c->phase_step, err)))
            goto fail;
    if (c->best && c->phase >= 0)
        if ((st = write_group(f, "best", &c->table, c->best, err)) ||
            (st = gws_h5_put_attr_f64(f, "/best", head_name[0], c->best_score[0], err)) ||
            (st = gws_h5_put_attr_f64(f, "/best", head_name[1], c->best_score[1], err)))
            goto fail;
    return gws_h5_commit(f, err);
fail:
    gws_h5_close(f);
    return st;
}

gws_status gws_checkpoint_start_from(gws_checkpoint *c, const char *path, gws_err *err)
{
    gws_checkpoint from;
    char sha[65];
    gws_status st = gws_checkpoint_load(&from, path, err);
    if (st)
        return st;
    int same = from.table.n == c->table.n && from.table.total == c->table.total;
    for (int i = 0; same && i < c->table.n; i++)
        same = strcmp(from.table.rows[i].name, c->table.rows[i].name) == 0 && from.table.rows[i].size == c->table.rows[i].size;
    if (!same) {
        st = gws_err_set(err, GWS_EDATA, "%s: its network has other tensors than the recipe's", path);
        goto done;
    }
    if ((st = gws_file_sha256(path, sha, err)))
        goto done;
    const char *earlier = from.history ? from.history : "";
    const size_t room = strlen(from.recipe) + strlen(earlier) + 512;
    char *text = malloc(room);
    if (!text) {
        st = gws_err_set(err, GWS_ENOMEM, "no memory for the history of a model");
        goto done;
    }
    char after[64] = "";
    if (from.step > 0)
        snprintf(after, sizeof after, " after %lld optimizer steps", (long long)from.step);
    snprintf(text, room, "%sstarted from a checkpoint (sha256 %s)%s of this recipe:\n%s\n", earlier, sha, after, from.recipe);
    free(c->history);
    c->history = text;
    memcpy(c->p, from.p, (size_t)c->table.total * sizeof *c->p);
done:
    gws_checkpoint_clear(&from);
    return st;
}
