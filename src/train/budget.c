#include "train/budget.h"

#include "base/memory.h"
#include "train/calibrate.h"
#include "train/recipe.h"
#include "train/recorded.h"
#include "train/settings.h"
#include "train/window.h"

#include <string.h>

/* What gws_train_bytes adds up, read once. */
typedef struct budget {
    gws_step_params step;
    gws_arch arch;
    int64_t parameters, T, train, valid, test, stem, own, candidates, recorded;
    int threads;
} budget;

static gws_status budget_read(gws_ini *ini, int threads, budget *b, gws_err *err)
{
    gws_train_settings s;
    gws_data_recipe data = {0};
    gws_table table;
    gws_param_rows rows;
    gws_status status;
    memset(b, 0, sizeof *b);
    gws_table_init(&table);
    if ((status = gws_train_settings_read(ini, &s, err)) || (status = gws_arch_from_ini(ini, &b->arch, err)) ||
        (status = gws_arch_parameters(&b->arch, &table, &rows, err)) ||
        (status = gws_data_recipe_read(ini, GWS_SPLIT_TRAIN, &data, err)) ||
        (status = gws_dataset_bytes_most(ini, GWS_SPLIT_TRAIN, threads, &b->train, err)) ||
        (status = gws_dataset_bytes_most(ini, GWS_SPLIT_VALID, threads, &b->valid, err)) ||
        (status = gws_recorded_bytes(ini, &b->recorded, err)))
        goto fail;
    status = gws_dataset_bytes_most(ini, GWS_SPLIT_TEST, threads, &b->test, err);
    b->step = s.step;
    b->parameters = table.total;
    b->T =
        gws_train_settings_have_candidates(&s) ? s.candidates.before + s.candidates.behind : data.window / gws_arch_hop(&b->arch);
    for (int split = 0; split < 3; split++)
        b->candidates += gws_candidates_bytes(&s.candidates, split, b->arch.inputs, threads);
    b->threads = threads;
    if (!status)
        status = gws_windows_bytes(&b->arch, data.window, threads, &b->stem, err);
fail:
    gws_data_recipe_clear(&data);
    gws_table_clear(&table);
    return status;
}

/* Training and calibration do not hold their data at the same time. */
static int64_t budget_need(void *user, int64_t batch)
{
    const budget *b = user;
    gws_step_params p = b->step;
    p.batch = batch;
    /* A matched stem is there three times: that of the windows, that of the model which is calibrated, and that of a part of it. */
    const int64_t after = b->test + gws_calibrate_bytes(&b->arch, b->threads) + 2 * b->stem;
    return b->own + b->recorded + ((b->candidates ? 5 : 3) + (b->step.average > 0)) * b->parameters * (int64_t)sizeof(float) +
           b->candidates + gws_stepper_bytes(&p, &b->arch, b->parameters, b->T, b->threads) + b->valid + b->stem +
           (b->train > after ? b->train : after);
}

gws_status gws_train_bytes(gws_ini *recipe, int64_t batch, int threads, int64_t *out, gws_err *err)
{
    budget b;
    const gws_status status = budget_read(recipe, threads, &b, err);
    *out = status == GWS_OK ? budget_need(&b, batch ? batch : b.step.batch) : 0;
    return status;
}

gws_status gws_train_fits(gws_ini *recipe, int threads, int64_t cap, gws_err *err)
{
    budget b;
    gws_memory now;
    const gws_status status = budget_read(recipe, threads, &b, err);
    if (status)
        return status;
    gws_memory_now(&now);
    b.own = now.resident_bytes;
    return gws_memory_check(cap, "batch", b.step.batch, b.step.accumulate, budget_need, &b, err);
}
