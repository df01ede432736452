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
    gws_arena_free(c->average);
    gws_arena_free(c->best);
    gws_table_clear(&c->table);
    free(c->recipe);
    free(c->detectors);
    free(c->card);
    free(c->history);
    for (int h = 0; h < 2; h++) {
        gws_calibration_clear(&c->cal[h]);
        for (int ifos = 0; ifos < 1 << GWS_MODEL_IFOS; ifos++)
            gws_calibration_clear(&c->part[ifos][h]);
    }
    memset(c, 0, sizeof *c);
}

/* Arch and table from the recipe text already stored in c. */
static gws_status layout(gws_checkpoint *c, const char *name, gws_err *err)
{
    gws_err why = {0}; /* the caller may not want to know, but the status is needed */
    gws_ini *ini = gws_ini_parse(c->recipe, name, &why);
    gws_status status = why.status;
    if (ini)
        status = gws_arch_from_ini(ini, &c->arch, &why);
    if (ini && !status) {
        c->detectors = strdup(gws_ini_string(ini, "model", "detectors", "H1,L1"));
        gws_table_init(&c->table);
        status = c->detectors ? gws_arch_parameters(&c->arch, &c->table, &c->rows, &why)
                              : gws_err_set(&why, GWS_ENOMEM, "no memory for the recipe");
    }
    gws_ini_destroy(ini);
    if (status && strncmp(why.text, name, strlen(name)) != 0)
        gws_err_prefix(&why, "%s", name);
    if (status)
        return gws_err_set(err, status, "%s", why.text);
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
    gws_status status = c->recipe ? layout(c, "recipe", err) : gws_err_set(err, GWS_ENOMEM, "no memory for the recipe");
    if (!status)
        status = allocate(c, purpose, err);
    if (!status)
        status = gws_arch_init(&c->arch, &c->table, &c->rows, c->p, seed, err);
    if (status)
        gws_checkpoint_clear(c);
    return status;
}

gws_reference *gws_checkpoint_reference(const gws_checkpoint *c, gws_err *err)
{
    GWS_ASSERT(c->arch.follow);
    return gws_reference_create(c->arch.bank.templates, c->arch.bank.taps, c->p + c->table.rows[c->rows.bank].offset,
                                c->p + c->table.rows[c->rows.bank_curve].offset, err);
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
        gws_status status = gws_h5_stat(f, path, &info, err);
        if (status)
            return status;
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
        gws_status status = gws_h5_read_f32(f, path, 0, r->size, p + r->offset, err);
        if (status)
            return status;
        for (int64_t j = 0; j < r->size; j++)
            if (!isfinite(p[r->offset + j]))
                return gws_err_set(err, GWS_ENUM, "%s: tensor %s holds a number that is not finite", gws_h5_path(f), path);
    }
    return GWS_OK;
}

static unsigned all_ifos(const gws_checkpoint *c)
{
    return (1u << c->arch.ifos) - 1;
}

const gws_calibration *gws_checkpoint_calibration(const gws_checkpoint *c, unsigned ifos)
{
    return ifos == all_ifos(c) ? c->cal : c->part[ifos];
}

int gws_checkpoint_is_calibrated(const gws_checkpoint *c, unsigned ifos)
{
    const gws_calibration *cal = gws_checkpoint_calibration(c, ifos);
    return cal[0].stat && cal[1].stat;
}

void gws_checkpoint_names(const gws_checkpoint *c, unsigned ifos, char out[4 * GWS_MODEL_IFOS + 1])
{
    const char *s = c->detectors;
    size_t used = 0;
    for (int i = 0; i < c->arch.ifos && *s; i++) {
        const size_t n = strcspn(s, ",");
        if (ifos >> i & 1 && n < 4)
            used += (size_t)snprintf(out + used, (size_t)(4 * GWS_MODEL_IFOS + 1) - used, "%s%.*s", used ? "," : "", (int)n, s);
        s += n + (s[n] == ',');
    }
    out[used] = 0;
}

/* Sets of detectors that may have a calibration are those from here to all_ifos: with a matched stem any, else all together. */
static unsigned first_set(const gws_checkpoint *c)
{
    return c->arch.matched ? 1 : all_ifos(c);
}

enum { CALIBRATION_PATH = 64 };

static void calibration_path(const gws_checkpoint *c, unsigned ifos, int head, char out[CALIBRATION_PATH])
{
    char names[4 * GWS_MODEL_IFOS + 1] = "";
    if (ifos != all_ifos(c))
        gws_checkpoint_names(c, ifos, names);
    snprintf(out, CALIBRATION_PATH, "/calibration/%s%s%s/stat", names, *names ? "/" : "", head_name[head]);
}

static gws_status read_calibration(gws_h5 *f, const char *path, gws_calibration *cal, gws_err *err)
{
    gws_h5_info info;
    if (!gws_h5_exists(f, path))
        return GWS_OK;
    gws_status status = gws_h5_stat(f, path, &info, err);
    if (status)
        return status;
    if (info.ndim != 1 || info.shape[0] < 0 || info.shape[0] > (1 << 26))
        return gws_err_set(err, GWS_EFORMAT, "%s: %s is not a list", gws_h5_path(f), path);
    cal->n = info.shape[0];
    cal->stat = malloc((size_t)(cal->n ? cal->n : 1) * sizeof *cal->stat);
    if (!cal->stat)
        return gws_err_set(err, GWS_ENOMEM, "no memory for the calibration");
    if ((status = gws_h5_read_f32(f, path, 0, cal->n, cal->stat, err)) ||
        (status = gws_h5_attr_f64(f, path, "livetime_s", &cal->livetime_s, err)) ||
        (status = gws_h5_attr_f64(f, path, "offset_s", &cal->offset_s, err)) ||
        (status = gws_h5_attr_f64(f, path, "threshold", &cal->threshold, err)))
        return status;
    for (int64_t i = 0; i < cal->n; i++)
        if (!isfinite(cal->stat[i]) || (i && cal->stat[i] > cal->stat[i - 1]))
            return gws_err_set(err, GWS_EFORMAT, "%s: %s is not finite and descending", gws_h5_path(f), path);
    if (!(cal->livetime_s >= 0.0) || !isfinite(cal->offset_s) || !isfinite(cal->threshold))
        return gws_err_set(err, GWS_EFORMAT, "%s: %s has attributes that are not numbers", gws_h5_path(f), path);
    return GWS_OK;
}

static gws_status read_calibrations(gws_h5 *f, gws_checkpoint *c, gws_err *err)
{
    gws_status status = GWS_OK;
    for (unsigned ifos = first_set(c); ifos <= all_ifos(c); ifos++)
        for (int h = 0; h < 2 && status == GWS_OK; h++) {
            gws_calibration *cal = &(ifos == all_ifos(c) ? c->cal : c->part[ifos])[h];
            char path[CALIBRATION_PATH];
            calibration_path(c, ifos, h, path);
            status = read_calibration(f, path, cal, err);
        }
    return status;
}

/* Another set of the parameters, where the file has it; out: NULL where not. */
static gws_status read_set(gws_h5 *f, const char *group, const gws_table *t, float **out, gws_err *err)
{
    char path[96];
    gws_status status;
    snprintf(path, sizeof path, "/%s", group);
    if (!gws_h5_exists(f, path))
        return GWS_OK;
    if ((status = check_group(f, group, t, err)))
        return status;
    if (!(*out = gws_table_alloc(t)))
        return gws_err_set(err, GWS_ENOMEM, "no memory for a model of %lld parameters", (long long)t->total);
    return read_group(f, group, t, *out, err);
}

static gws_status read_best_scores(gws_h5 *f, gws_checkpoint *c, gws_err *err)
{
    gws_status status = GWS_OK;
    for (int h = 0; h < 2 && c->best && status == GWS_OK; h++)
        status = gws_h5_attr_f64(f, "/best", head_name[h], &c->best_score[h], err);
    return status;
}

/* Is it a model's file, and of a version that this program reads? */
static gws_status check_format(gws_h5 *f, gws_err *err)
{
    char *format = NULL;
    int64_t version = 0;
    gws_status status = gws_h5_has_attr(f, "/", "format") ? gws_h5_attr_string(f, "/", "format", &format, err) : GWS_OK;
    if (status != GWS_OK && status != GWS_EDATA)
        return status; /* it is there and cannot be read */
    const int known = format && strcmp(format, "gwspike-model") == 0;
    free(format);
    if (!known)
        return gws_err_set(err, GWS_EFORMAT, "%s: not a gwspike model", gws_h5_path(f));
    if ((status = gws_h5_attr_i64(f, "/", "format_version", &version, err)))
        return status;
    if (version != GWS_MODEL_VERSION)
        return gws_err_set(err, GWS_EVERSION, "%s: model format version %lld, this program reads version %d", gws_h5_path(f),
                           (long long)version, GWS_MODEL_VERSION);
    return GWS_OK;
}

/* Where a training stands. */
static gws_status read_training(gws_h5 *f, gws_checkpoint *c, gws_err *err)
{
    int64_t phase = 0;
    gws_status status;
    if ((status = read_set(f, "average", &c->table, &c->average, err)) ||
        (status = read_set(f, "best", &c->table, &c->best, err)) || (status = read_best_scores(f, c, err)) ||
        (status = read_group(f, "optimizer/first", &c->table, c->m, err)) ||
        (status = read_group(f, "optimizer/second", &c->table, c->v, err)) ||
        (status = gws_h5_attr_i64(f, "/optimizer", "step", &c->step, err)) ||
        (status = gws_h5_attr_i64(f, "/optimizer", "phase", &phase, err)) ||
        (status = gws_h5_attr_i64(f, "/optimizer", "phase_step", &c->phase_step, err)))
        return status;
    if (c->step < 0 || c->phase_step < 0 || phase < 0 || phase > 64)
        return gws_err_set(err, GWS_EFORMAT, "%s: /optimizer: step %lld of phase %lld cannot be", gws_h5_path(f),
                           (long long)c->phase_step, (long long)phase);
    c->phase = (int)phase;
    return GWS_OK;
}

/* How many steps a finished model had, where it says so. */
static gws_status read_steps(gws_h5 *f, gws_checkpoint *c, gws_err *err)
{
    gws_status status = gws_h5_has_attr(f, "/", "steps") ? gws_h5_attr_i64(f, "/", "steps", &c->step, err) : GWS_OK;
    if (status == GWS_OK && c->step < 0)
        status = gws_err_set(err, GWS_EFORMAT, "%s: %lld optimizer steps cannot be", gws_h5_path(f), (long long)c->step);
    return status;
}

static gws_status read_all(gws_h5 *f, gws_checkpoint *c, gws_err *err)
{
    int64_t rate = 0, hop = 0, warmup = 0;
    gws_status status;
    if ((status = check_format(f, err)) || (status = gws_h5_read_string(f, "/recipe", 0, &c->recipe, err)))
        return status;
    const int training = gws_h5_exists(f, "/optimizer");
    if ((status = layout(c, gws_h5_path(f), err)) || (status = gws_h5_attr_i64(f, "/", "rate_hz", &rate, err)) ||
        (status = gws_h5_attr_i64(f, "/", "hop", &hop, err)) || (status = gws_h5_attr_i64(f, "/", "warmup", &warmup, err)))
        return status;
    if (rate != c->arch.rate_hz || hop != gws_arch_hop(&c->arch) || warmup < 0 || warmup > 1 << 20)
        return gws_err_set(err, GWS_EFORMAT, "%s: rate, hop or warm-up do not agree with the recipe inside", gws_h5_path(f));
    c->warmup = (int)warmup;
    if ((status = check_group(f, "parameters", &c->table, err)) ||
        (training && ((status = check_group(f, "optimizer/first", &c->table, err)) ||
                      (status = check_group(f, "optimizer/second", &c->table, err)))) ||
        (status = allocate(c, training ? GWS_TO_TRAIN : GWS_TO_RUN, err)) ||
        (status = read_group(f, "parameters", &c->table, c->p, err)))
        return status;
    if ((status = read_calibrations(f, c, err)) ||
        (gws_h5_exists(f, "/card") && (status = gws_h5_read_string(f, "/card", 0, &c->card, err))) ||
        (gws_h5_exists(f, "/history") && (status = gws_h5_read_string(f, "/history", 0, &c->history, err))) ||
        (status = training ? read_training(f, c, err) : read_steps(f, c, err)))
        return status;
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
    const gws_status status = read_all(f, c, err);
    gws_h5_close(f);
    if (status != GWS_OK)
        gws_checkpoint_clear(c);
    return status;
}

static gws_status write_group(gws_h5 *f, const char *group, const gws_table *t, const float *p, gws_err *err)
{
    char path[96];
    for (int i = 0; i < t->n; i++) {
        tensor_path(path, sizeof path, group, t->rows[i].name);
        gws_status status = gws_h5_write_f32(f, path, t->rows[i].ndim, t->rows[i].shape, p + t->rows[i].offset, err);
        if (status)
            return status;
    }
    return GWS_OK;
}

static gws_status write_calibrations(gws_h5 *f, const gws_checkpoint *c, gws_err *err)
{
    gws_status status = GWS_OK;
    for (unsigned ifos = first_set(c); ifos <= all_ifos(c); ifos++)
        for (int h = 0; h < 2; h++) {
            const gws_calibration *cal = &gws_checkpoint_calibration(c, ifos)[h];
            char path[CALIBRATION_PATH];
            calibration_path(c, ifos, h, path);
            if (cal->stat && ((status = gws_h5_write_f32(f, path, 1, &cal->n, cal->stat, err)) ||
                              (status = gws_h5_put_attr_f64(f, path, "livetime_s", cal->livetime_s, err)) ||
                              (status = gws_h5_put_attr_f64(f, path, "offset_s", cal->offset_s, err)) ||
                              (status = gws_h5_put_attr_f64(f, path, "threshold", cal->threshold, err))))
                return status;
        }
    return status;
}

gws_status gws_checkpoint_save(const gws_checkpoint *c, const char *path, const char *command, int64_t seed, gws_err *err)
{
    gws_status status;
    gws_err why = {0};
    gws_h5 *f = gws_h5_create(path, &why);
    if (!f)
        return gws_err_set(err, why.status, "%s", why.text);
    if ((status = gws_h5_put_attr_string(f, "/", "format", "gwspike-model", err)) ||
        (status = gws_h5_put_attr_i64(f, "/", "format_version", GWS_MODEL_VERSION, err)) ||
        (status = gws_h5_put_attr_i64(f, "/", "rate_hz", c->arch.rate_hz, err)) ||
        (status = gws_h5_put_attr_i64(f, "/", "hop", gws_arch_hop(&c->arch), err)) ||
        (status = gws_h5_put_attr_i64(f, "/", "warmup", c->warmup, err)) ||
        (status = gws_h5_provenance(f, command, seed, NULL, err)) || (status = gws_h5_write_string(f, "/recipe", c->recipe, err)) ||
        (status = gws_h5_write_string(f, "/detectors", c->detectors, err)) ||
        (status = write_group(f, "parameters", &c->table, c->p, err)))
        goto fail;
    if (c->step > 0 && (status = gws_h5_put_attr_i64(f, "/", "steps", c->step, err)))
        goto fail;
    if (c->card && (status = gws_h5_write_string(f, "/card", c->card, err)))
        goto fail;
    if (c->history && (status = gws_h5_write_string(f, "/history", c->history, err)))
        goto fail;
    if ((status = write_calibrations(f, c, err)))
        goto fail;
    if (c->m && c->phase >= 0)
        if ((status = write_group(f, "optimizer/first", &c->table, c->m, err)) ||
            (status = write_group(f, "optimizer/second", &c->table, c->v, err)) ||
            (status = gws_h5_put_attr_i64(f, "/optimizer", "step", c->step, err)) ||
            (status = gws_h5_put_attr_i64(f, "/optimizer", "phase", c->phase, err)) ||
            (status = gws_h5_put_attr_i64(f, "/optimizer", "phase_step", c->phase_step, err)))
            goto fail;
    if (c->average && c->phase >= 0 && (status = write_group(f, "average", &c->table, c->average, err)))
        goto fail;
    if (c->best && c->phase >= 0)
        if ((status = write_group(f, "best", &c->table, c->best, err)) ||
            (status = gws_h5_put_attr_f64(f, "/best", head_name[0], c->best_score[0], err)) ||
            (status = gws_h5_put_attr_f64(f, "/best", head_name[1], c->best_score[1], err)))
            goto fail;
    return gws_h5_commit(f, err);
fail:
    gws_h5_close(f);
    return status;
}

gws_status gws_checkpoint_note(gws_checkpoint *c, const char *done, const char *path, const char *more, gws_err *err)
{
    char sha[65], *text = NULL;
    const gws_status status = gws_file_sha256(path, sha, err);
    if (status)
        return status;
    if (asprintf(&text, "%s%s (sha256 %s)%s\n", c->history ? c->history : "", done, sha, more) < 0)
        return gws_err_set(err, GWS_ENOMEM, "no memory for the history of a model");
    free(c->history);
    c->history = text;
    return GWS_OK;
}

gws_status gws_checkpoint_start_from(gws_checkpoint *c, const char *path, gws_err *err)
{
    gws_checkpoint from;
    char after[64] = "", *more = NULL;
    gws_status status = gws_checkpoint_load(&from, path, err);
    if (status)
        return status;
    int same = from.table.n == c->table.n && from.table.total == c->table.total;
    for (int i = 0; same && i < c->table.n; i++)
        same = strcmp(from.table.rows[i].name, c->table.rows[i].name) == 0 && from.table.rows[i].size == c->table.rows[i].size;
    if (!same) {
        status = gws_err_set(err, GWS_EDATA, "%s: its network has other tensors than the recipe's", path);
        goto done;
    }
    if (from.step > 0)
        snprintf(after, sizeof after, " after %lld optimizer steps", (long long)from.step);
    if (asprintf(&more, "%s of this recipe:\n%s", after, from.recipe) < 0) {
        more = NULL; /* asprintf does not say what it left there */
        status = gws_err_set(err, GWS_ENOMEM, "no memory for the history of a model");
        goto done;
    }
    if ((status = gws_checkpoint_note(&from, "started from a checkpoint", path, more, err)))
        goto done;
    free(c->history);
    c->history = from.history;
    from.history = NULL;
    memcpy(c->p, from.p, (size_t)c->table.total * sizeof *c->p);
done:
    free(more);
    gws_checkpoint_clear(&from);
    return status;
}
