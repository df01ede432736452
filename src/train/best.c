#include "train/best.h"

#include "base/hdf5.h"
#include "train/cached.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The parameters as they are become the best in all groups or one. */
static void keep(gws_trainer *t, int group)
{
    for (int i = 0; i < t->c.table.n; i++) {
        const gws_tensor *r = &t->c.table.rows[i];
        if (group == GWS_GROUPS || gws_step_group(r->name) == group)
            memcpy(t->c.best + r->offset, t->c.p + r->offset, (size_t)r->size * sizeof *t->c.p);
    }
}

void gws_best_restore(gws_trainer *t)
{
    memcpy(t->c.p, t->c.best, (size_t)t->c.table.total * sizeof *t->c.p);
    gws_stepper_renew(t->step);
}

enum { RESAMPLE = 100, RESAMPLE_TEST = 400 };

/* In classify the heads stand beside each other on an encoder that stays: each has a best of its own. */
gws_status gws_best_measure(gws_trainer *t, int phase, gws_train_report *r, gws_err *err)
{
    const gws_status status = gws_tail_measure(t->tail, RESAMPLE, r->distance, err);
    const double *best = t->c.best_score, now[2] = {r->distance[0].mean, r->distance[1].mean};
    r->measured = !status;
    if (status || !isfinite(now[0] + now[1]))
        return status;
    if (phase == GWS_PRETRAIN || (phase == GWS_JOINT && now[0] + now[1] > best[0] + best[1])) {
        keep(t, GWS_GROUPS);
        memcpy(t->c.best_score, now, sizeof now);
    }
    for (int h = 0; h < 2 && phase == GWS_CLASSIFY; h++)
        if (now[h] > best[h]) {
            keep(t, h ? GWS_GROUP_LINEAR : GWS_GROUP_SPIKING);
            t->c.best_score[h] = now[h];
        }
    return GWS_OK;
}

gws_status gws_best_open(gws_trainer *t, gws_ini *ini, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    gws_candidates train = {0}, valid = {0};
    gws_train_report r = {0};
    const gws_tail_params p = {.seed = t->s.step.seed,
                               .signal_share = t->signal_share,
                               .positive = t->s.positive,
                               .metric = t->s.metric,
                               .loudness = t->s.loudness,
                               .disturbed_share = t->s.disturbed,
                               .stop = t->o->stop,
                               .user = t->o->user};
    gws_status status;
    if ((status = gws_cached_candidates(t, ini, GWS_SPLIT_TRAIN, &train, err)) ||
        (status = gws_cached_candidates(t, ini, GWS_SPLIT_VALID, &valid, err)))
        goto fail;
    gws_dataset_destroy(t->train);
    gws_dataset_destroy(t->valid);
    t->train = t->valid = NULL;
    if (!(t->tail = gws_tail_create(&p, &train, &valid, &t->c, t->step, err))) {
        status = err->status;
        goto fail;
    }
    if (!t->c.best) {
        if (!(t->c.best = gws_table_alloc(&t->c.table))) {
            status = gws_err_set(err, GWS_ENOMEM, "no memory for a second set of parameters");
            goto fail;
        }
        keep(t, GWS_GROUPS);
        status = gws_best_measure(t, GWS_PRETRAIN, &r, err);
        if (!status && !isfinite(r.distance[0].mean + r.distance[1].mean))
            status = gws_err_set(err, GWS_EDATA,
                                 "[candidates]: valid_days above valid_floor do not resolve 30, 100 and 300 false alarms a month");
    }
fail:
    gws_candidates_clear(&train);
    gws_candidates_clear(&valid);
    return status;
}

static gws_status begin_held_out(const gws_trainer *t, gws_ini *ini, gws_h5 *f, gws_err *err)
{
    char *identity = gws_candidates_identity(ini, (uint64_t)t->s.seed, &t->c, err);
    gws_status status = identity ? gws_h5_put_attr_string(f, "/", "format", "gwspike-held-out", err) : GWS_ENOMEM;
    if (!status && !(status = gws_h5_provenance(f, t->o->command, t->s.seed, NULL, err)))
        status = gws_h5_write_string(f, "/identity", identity, err);
    free(identity);
    return status;
}

/* What the best is worth on candidates that no decision rested on. */
static gws_status test_tail(gws_trainer *t, gws_ini *ini, gws_err *err)
{
    gws_candidates test = {0};
    gws_train_report r = {.phase = "test", .measured = 1};
    gws_status status;
    if ((status = gws_cached_candidates(t, ini, GWS_SPLIT_TEST, &test, err)) || (status = gws_tail_replace(t->tail, &test, err)) ||
        (status = gws_tail_measure(t->tail, RESAMPLE_TEST, t->test, err))) {
        gws_candidates_clear(&test);
        return status;
    }
    memcpy(r.distance, t->test, sizeof r.distance);
    return gws_trainer_tell(t, &r, err);
}

gws_status gws_best_finish(gws_trainer *t, gws_ini *ini, gws_err *err)
{
    const int has_test = t->s.candidates.days[GWS_SPLIT_TEST] > 0.0;
    gws_status status = GWS_OK;
    gws_h5 *f = NULL;
    gws_best_restore(t);
    if (t->o->held_out && !(f = gws_h5_create(t->o->held_out, err)))
        return err->status;
    if (f && ((status = begin_held_out(t, ini, f, err)) || (status = gws_tail_write(t->tail, f, GWS_SPLIT_VALID, err))))
        goto fail;
    if (has_test && ((status = test_tail(t, ini, err)) || (f && (status = gws_tail_write(t->tail, f, GWS_SPLIT_TEST, err)))))
        goto fail;
    return f ? gws_h5_commit(f, err) : GWS_OK;
fail:
    gws_h5_close(f);
    return status;
}
