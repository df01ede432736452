#include "train/trainer.h"

#include "base/file.h"
#include "train/bank.h"
#include "train/budget.h"
#include "train/recipe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Training and validation data, unless candidates made of them lie in a file. */
static gws_status open_data(gws_trainer *t, gws_ini *ini, int *ifos, gws_err *err)
{
    const gws_train_options *o = t->o;
    const uint64_t seed = (uint64_t)t->s.seed;
    const gws_progress told = {o->progress, o->user};
    gws_data_recipe data;
    const gws_status status = gws_data_recipe_read(ini, GWS_SPLIT_TRAIN, &data, err);
    t->N = data.window;
    *ifos = data.n_ifo;
    gws_data_recipe_clear(&data);
    if (status || (o->candidates && gws_file_exists(o->candidates)))
        return status;
    if (!(t->train = gws_dataset_create(ini, GWS_SPLIT_TRAIN, seed, t->reference, o->pool, &told, err)) ||
        !(t->valid = gws_dataset_create(ini, GWS_SPLIT_VALID, seed, t->reference, o->pool, &told, err)))
        return err ? err->status : GWS_EDATA;
    return GWS_OK;
}

/* Recorded strain for pretraining that is still to be done. */
static gws_status open_recorded(gws_trainer *t, gws_ini *ini, gws_err *err)
{
    if (!t->s.recorded || t->c.phase > GWS_PRETRAIN || t->s.step.phase[GWS_PRETRAIN].steps == 0)
        return GWS_OK;
    if (t->T > gws_windows_steps(t->windows))
        return gws_err_set(err, GWS_EFORMAT, "[data] window_s leaves %lld steps, [candidates] before and behind want %lld",
                           (long long)gws_windows_steps(t->windows), (long long)t->T);
    t->recorded = gws_recorded_create(ini, t->reference, &(gws_progress){t->o->progress, t->o->user}, err);
    return t->recorded ? GWS_OK : err->status;
}

static gws_status open_track(gws_trainer *t, gws_err *err)
{
    const gws_train_options *o = t->o;
    const gws_track_run run = {.folder = o->logdir,
                               .recipe = o->recipe,
                               .recipe_name = o->recipe_name,
                               .output = o->out,
                               .command = o->command,
                               .seed = t->s.seed,
                               .parameters = gws_table_values(&t->c.table),
                               .step = t->c.step,
                               .resume = o->resume};
    if (!o->logdir)
        return GWS_OK;
    t->track = gws_track_open(&run, err);
    return t->track ? GWS_OK : err->status;
}

/* A run that goes on has the average of the steps before. */
static gws_status open_average(gws_trainer *t, gws_err *err)
{
    if (!t->s.step.average || t->c.average)
        return GWS_OK;
    if (t->c.phase_step > 0)
        return gws_err_set(err, GWS_EDATA, "%s.ckpt: holds no average of the parameters, which the recipe asks for", t->o->out);
    t->c.average = gws_table_alloc(&t->c.table);
    return t->c.average ? GWS_OK : gws_err_set(err, GWS_ENOMEM, "no memory for an average of the parameters");
}

gws_status gws_trainer_open(gws_trainer *t, gws_ini *ini, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    const gws_train_options *o = t->o;
    int ifos;
    gws_status status = gws_train_settings_check(ini, &t->s, err);
    if (status || (o->memory_bytes && (status = gws_train_fits(ini, gws_pool_threads(o->pool), o->memory_bytes, err))))
        return status;
    if ((o->candidates || o->held_out) && !gws_train_settings_have_candidates(&t->s))
        return gws_err_set(err, GWS_EARG, "%s: [candidates] of %s has no days, and nothing would be written or read",
                           o->candidates ? o->candidates : o->held_out, o->recipe_name);
    if (o->resume) {
        char path[1024];
        snprintf(path, sizeof path, "%s.ckpt", o->out);
        if ((status = gws_checkpoint_load(&t->c, path, err)))
            return status;
        if (t->c.phase < 0)
            return gws_err_set(err, GWS_EDATA, "%s: a finished model, nothing to resume", path);
        if (strcmp(t->c.recipe, o->recipe))
            return gws_err_set(err, GWS_EDATA, "%s: was made with another recipe than %s", path, o->recipe_name);
    } else if ((status = gws_checkpoint_init(&t->c, o->recipe, t->s.step.seed, GWS_TO_TRAIN, err)) ||
               (status = o->start            ? gws_checkpoint_start_from(&t->c, o->start, err)
                         : t->c.arch.matched ? gws_train_bank(ini, &t->c, o->pool, err)
                                             : GWS_OK))
        return status;
    if (t->c.arch.follow && !(t->reference = gws_checkpoint_reference(&t->c, err)))
        return err->status;
    if ((status = open_average(t, err)) || (status = open_track(t, err)))
        return status;
    t->hop = gws_arch_hop(&t->c.arch);
    if ((status = open_data(t, ini, &ifos, err)))
        return status;
    if ((status = gws_ini_double(ini, "data", "signal_share", 0.5, &t->signal_share, err)))
        return status;
    if (ifos != t->c.arch.ifos)
        return gws_err_set(err, GWS_EFORMAT, "%s: [data] makes windows of %d detectors, [model] wants %d", o->recipe_name, ifos,
                           t->c.arch.ifos);
    if (!(t->windows = gws_windows_create(&t->c, t->N, gws_pool_threads(o->pool), err))) {
        gws_err_prefix(err, "%s", o->recipe_name);
        return err->status;
    }
    t->T =
        gws_train_settings_have_candidates(&t->s) ? t->s.candidates.before + t->s.candidates.behind : gws_windows_steps(t->windows);
    if (!(t->step = gws_stepper_create(&t->s.step, &t->c, t->T, o->pool, err))) {
        gws_err_prefix(err, "%s", o->recipe_name);
        return err->status;
    }
    gws_stepper_set_stop(t->step, o->stop, o->user);
    if ((status = open_recorded(t, ini, err)))
        return status;
    t->window = calloc((size_t)gws_stepper_micro(t->step), sizeof *t->window);
    return t->window ? GWS_OK : gws_err_set(err, GWS_ENOMEM, "no memory for a batch of windows");
}

void gws_trainer_clear(gws_trainer *t)
{
    gws_windows_destroy(t->windows);
    gws_dataset_destroy(t->train);
    gws_dataset_destroy(t->valid);
    gws_recorded_destroy(t->recorded);
    gws_reference_destroy(t->reference);
    gws_tail_destroy(t->tail);
    gws_stepper_destroy(t->step);
    gws_track_destroy(t->track);
    gws_checkpoint_clear(&t->c);
    free(t->window);
}

gws_status gws_trainer_tell(const gws_trainer *t, gws_train_report *r, gws_err *err)
{
    r->total_step =
        t->c.step + (strcmp(r->phase, "test") == 0); /* behind the last step, so that a run that goes on from it makes it again */
    const gws_status status = t->track ? gws_trace_report(t->track, r, err) : GWS_OK;
    if (status == GWS_OK && t->o->report)
        t->o->report(t->o->user, r);
    return status;
}

gws_status gws_trainer_save(const gws_trainer *t, gws_err *err)
{
    char path[1024];
    snprintf(path, sizeof path, "%s.ckpt", t->o->out);
    const gws_status status = gws_checkpoint_save(&t->c, path, t->o->command, t->s.seed, err);
    return status || !t->track ? status : gws_track_saved(t->track, t->c.step, path, err);
}
