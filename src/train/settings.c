#include "train/settings.h"

#include "train/bank.h"
#include "train/calibrate.h"
#include "train/recipe.h"
#include "train/recorded.h"

#include <string.h>

int gws_train_settings_have_candidates(const gws_train_settings *s)
{
    return s->candidates.days[GWS_SPLIT_TRAIN] > 0.0;
}

gws_status gws_train_settings_read(gws_ini *ini, gws_train_settings *s, gws_err *err)
{
    const char *l = gws_ini_string(ini, "train", "labels", "true");
    gws_status status;
    if ((status = gws_step_params_from_ini(ini, &s->step, err)) || (status = gws_ini_int(ini, "train", "seed", 1, &s->seed, err)) ||
        (status = gws_ini_int(ini, "train", "evaluate_every", 400, &s->evaluate_every, err)) ||
        (status = gws_ini_int(ini, "train", "evaluate_windows", 512, &s->evaluate_windows, err)) ||
        (status = gws_ini_int(ini, "train", "save_every", 200, &s->save_every, err)) ||
        (status = gws_ini_double(ini, "target", "begin_s", 0.03, &s->begin_s, err)) ||
        (status = gws_ini_double(ini, "target", "end_s", 0.19, &s->end_s, err)) ||
        (status = gws_ini_double(ini, "target", "unscored_before_s", 0.15, &s->before_s, err)) ||
        (status = gws_ini_double(ini, "target", "unscored_after_s", 0.17, &s->after_s, err)) ||
        (status = gws_ini_double(ini, "target", "positive_weight", 4.0, &s->positive, err)) ||
        (status = gws_ini_double(ini, "target", "metric", 0.0, &s->metric, err)) ||
        (status = gws_ini_double(ini, "target", "loudness", 0.0, &s->loudness, err)) ||
        (status = gws_ini_double(ini, "target", "disturbed_share", 0.25, &s->disturbed, err)) ||
        (status = gws_ini_int(ini, "target", "skip_steps", 12, &s->skip, err)) ||
        (status = gws_candidate_params_from_ini(ini, (uint64_t)s->seed, &s->candidates, err)))
        return status;
    s->recorded = gws_recorded_wanted(ini);
    if (strcmp(l, "true") == 0)
        s->labels = GWS_LABELS_TRUE;
    else if (strcmp(l, "shuffled") == 0)
        s->labels = GWS_LABELS_SHUFFLED;
    else if (strcmp(l, "noise") == 0)
        s->labels = GWS_LABELS_NOISE;
    else
        return gws_err_set(err, GWS_EFORMAT, "[train] labels: wanted true, shuffled or noise, found '%s'", l);
    if (!(s->metric >= 0.0 && s->metric <= 5.0 && s->loudness >= 0.0 && s->loudness <= 5.0))
        return gws_err_set(err, GWS_EFORMAT, "[target] metric, loudness: wanted powers of 0 to 5, found %g, %g", s->metric,
                           s->loudness);
    if (!(s->disturbed >= 0.0 && s->disturbed <= 1.0))
        return gws_err_set(err, GWS_EFORMAT, "[target] disturbed_share: wanted 0 to 1, found %g", s->disturbed);
    if (gws_train_settings_have_candidates(s) && s->labels != GWS_LABELS_TRUE)
        return gws_err_set(err, GWS_EFORMAT, "[train] labels: wanted true with [candidates], found '%s'", l);
    for (int split = 0; split < 3 && gws_train_settings_have_candidates(s); split++)
        if ((s->candidates.days[split] > 0.0 || split != GWS_SPLIT_TEST) &&
            (s->candidates.days[split] == 0.0 || s->candidates.signals[split] == 0))
            return gws_err_set(
                err, GWS_EFORMAT,
                "[candidates]: days and signals are wanted for training and validation, and test_signals with test_days");
    if (s->evaluate_windows < 0)
        return gws_err_set(err, GWS_EFORMAT, "[train] evaluate_windows must not be negative");
    return GWS_OK;
}

gws_status gws_train_settings_check(gws_ini *ini, gws_train_settings *s, gws_err *err)
{
    gws_arch arch;
    gws_data_recipe data;
    gws_status status;
    if ((status = gws_train_settings_read(ini, s, err)) || (status = gws_arch_from_ini(ini, &arch, err)) ||
        (status = gws_calibrate_check(ini, err)) || (status = gws_train_bank_check(ini, &arch, err)))
        return status;
    if (gws_train_settings_have_candidates(s) && !(arch.matched && arch.levels && arch.linear))
        return gws_err_set(err, GWS_EFORMAT, "[candidates] want a matched stem with levels and the linear head");
    status = gws_data_recipe_read(ini, GWS_SPLIT_TRAIN, &data, err);
    gws_data_recipe_clear(&data);
    return status ? status : gws_ini_unused(ini, NULL, err);
}
