#include "train/train.h"

#include "base/number.h"
#include "train/best.h"
#include "train/calibrate.h"
#include "train/card.h"
#include "train/drawn.h"
#include "train/tail.h"
#include "train/trainer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Save a checkpoint and stop.  A step that was given up half way is made again by the run that resumes. */
static gws_status stop_here(const gws_trainer *t, int p, gws_err *err)
{
    const gws_status status = gws_trainer_save(t, err);
    return status ? status
                  : gws_err_set(err, GWS_ESTOP, "stopped after %s step %lld; go on with --resume", gws_phase_name[p],
                                (long long)t->c.phase_step);
}

/* The parameters and their average change places. */
static void swap_average(gws_trainer *t)
{
    float *const p = t->c.p;
    if (!t->s.step.average)
        return;
    t->c.p = t->c.average;
    t->c.average = p;
    gws_stepper_renew(t->step);
}

/* Look at what is held out, with the average of the parameters where there is one. */
static gws_status look_at(gws_trainer *t, int p, gws_train_report *r, gws_err *err)
{
    swap_average(t);
    const gws_status status = t->tail ? gws_best_measure(t, p, r, err) : gws_drawn_evaluate(t, r, err);
    swap_average(t);
    return status;
}

/* Whether what is held out is looked at after so many steps of a phase. */
static int is_looked_at(const gws_trainer *t, int p, int64_t step)
{
    const int end = step == t->s.step.phase[p].steps, each = t->s.evaluate_every > 0;
    if (p == GWS_PRETRAIN)
        return t->tail && end;
    return (end && (each || t->tail)) || (each && step % t->s.evaluate_every == 0);
}

static gws_status run_phase(gws_trainer *t, int p, gws_err *err)
{
    const gws_phase *ph = &t->s.step.phase[p];
    gws_train_report again = {0};
    gws_status status;
    double last = gws_now_s();
    int64_t last_step = t->c.phase_step;
    const int64_t every = t->o->log_every > 0 ? t->o->log_every : 20;
    const int recorded = p == GWS_PRETRAIN && t->recorded;
    const gws_step_load load = recorded ? gws_drawn_load_recorded : t->tail ? gws_tail_load : gws_drawn_load;
    void *const from = t->tail && !recorded ? (void *)t->tail : (void *)t;
    if (t->tail && t->c.phase_step == 0 && ph->steps > 0)
        gws_best_restore(t);
    /* A stop may have come before this was done; where it was, the same numbers are no better. */
    if (t->tail && t->c.phase_step > 0 && is_looked_at(t, p, t->c.phase_step) && (status = look_at(t, p, &again, err)))
        return status;
    while (t->c.phase_step < ph->steps) {
        gws_step_result made;
        if ((status = gws_stepper_run(t->step, p, t->c.phase_step, load, from, &made, err)))
            return status == GWS_ESTOP ? stop_here(t, p, err) : status;
        t->c.phase_step++;
        t->c.step++;
        t->done++;
        gws_train_report r = {.phase = gws_phase_name[p],
                              .step = t->c.phase_step,
                              .steps = ph->steps,
                              .loss = made.loss,
                              .loss_cpc = made.loss_cpc,
                              .loss_spiking = made.loss_spiking,
                              .loss_linear = made.loss_linear,
                              .loss_distil = made.loss_distil,
                              .loss_rates = made.loss_rates,
                              .cpc_accuracy = made.cpc_accuracy,
                              .grad_norm = made.grad_norm,
                              .lr = made.lr};
        memcpy(r.grad_norms, made.grad_norms, sizeof r.grad_norms);
        const int end = r.step == ph->steps;
        const int stop = (t->o->stop && t->o->stop(t->o->user)) || (t->o->stop_after && t->done >= t->o->stop_after);
        const int look = is_looked_at(t, p, r.step);
        if (look || r.step % every == 0 || end) {
            if (p != GWS_PRETRAIN)
                gws_stepper_rates(t->step, &r.rates);
            const double now = gws_now_s();
            r.samples_per_s = gws_thousandths((double)((t->c.phase_step - last_step) * t->s.step.batch) / fmax(now - last, 1e-9));
            int64_t left = ph->steps - r.step;
            for (int q = p + 1; q < GWS_PHASES; q++)
                left += t->s.step.phase[q].steps;
            r.left_s = gws_thousandths((double)(left * t->s.step.batch) / fmax(r.samples_per_s, 1e-9));
            if (look && (status = look_at(t, p, &r, err)))
                return status == GWS_ESTOP ? stop_here(t, p, err) : status;
            last = gws_now_s();
            last_step = t->c.phase_step;
            if ((status = gws_trainer_tell(t, &r, err)) ||
                (look && t->track && (status = gws_trace_look(t->track, &t->c, t->step, err))))
                return status;
        }
        if (stop)
            return stop_here(t, p, err);
        if (t->s.save_every > 0 && r.step % t->s.save_every == 0 && (status = gws_trainer_save(t, err)))
            return status;
    }
    if (t->s.step.average && ph->steps > 0) {
        memcpy(t->c.p, t->c.average, (size_t)t->c.table.total * sizeof *t->c.p);
        gws_stepper_renew(t->step);
    }
    return GWS_OK;
}

gws_status gws_train_run(const gws_train_options *o, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    gws_status status;
    gws_trainer t;
    gws_efficiency eff;
    memset(&t, 0, sizeof t);
    t.o = o;
    gws_ini *ini = gws_ini_parse(o->recipe, o->recipe_name, err);
    if (!ini)
        return err->status;
    if ((status = gws_trainer_open(&t, ini, err)) ||
        (gws_train_settings_have_candidates(&t.s) && (status = gws_best_open(&t, ini, err))))
        goto fail;
    for (; t.c.phase < GWS_PHASES; t.c.phase++, t.c.phase_step = 0)
        if ((status = run_phase(&t, t.c.phase, err)))
            goto fail;
    t.c.phase = GWS_PHASES - 1; /* checkpoints of the end: the last measurement and calibration can be repeated from them */
    t.c.phase_step = t.s.step.phase[GWS_PHASES - 1].steps;
    if (t.tail && ((status = gws_trainer_save(&t, err)) || (status = gws_best_finish(&t, ini, err))))
        goto fail;
    if ((status = gws_trainer_save(&t, err)))
        goto fail;
    gws_dataset_destroy(t.train);
    t.train = NULL;
    gws_tail_destroy(t.tail);
    t.tail = NULL;
    if ((status = gws_calibrate(&t.c, ini, o->pool, o->progress, o->user, &eff, err)))
        goto fail;
    free(t.c.card);
    t.c.card = gws_train_card(&t.c, &t.s, t.test, &eff);
    t.c.phase = -1;
    status = gws_checkpoint_save(&t.c, o->out, o->command, t.s.seed, err);
fail:
    if (t.track) { /* a failure keeps its own sentence */
        gws_err why = {0};
        const gws_status told = gws_track_end(t.track, t.c.step, status, status ? err->text : NULL, &why);
        if (status == GWS_OK && told) {
            *err = why;
            status = told;
        }
    }
    gws_trainer_clear(&t);
    gws_ini_destroy(ini);
    return status;
}
