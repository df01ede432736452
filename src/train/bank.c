#include "train/bank.h"

#include "search/stem_bank.h"

#include <math.h>
#include <string.h>

#define PLACE_MSUN 20.0 /* chirp mass that stands at 0 in the bank */

static gws_status read_params(gws_ini *ini, const gws_arch *a, gws_stem_params *p, gws_err *err)
{
    int64_t candidates, seed;
    gws_status st;
    *p = gws_stem_defaults();
    p->templates = a->bank.templates;
    p->taps = a->bank.taps;
    p->after = a->bank.after;
    p->curve = gws_ini_string(ini, "bank", "curve", p->curve);
    if ((st = gws_ini_int(ini, "bank", "candidates", p->candidates, &candidates, err)) ||
        (st = gws_ini_int(ini, "bank", "seed", (int64_t)p->seed, &seed, err)) ||
        (st = gws_ini_double(ini, "bank", "low_hz", p->low_hz, &p->low_hz, err)) ||
        (st = gws_ini_double(ini, "bank", "metric", p->metric, &p->metric, err)))
        return st;
    if (candidates < p->templates || candidates > GWS_STEM_CANDIDATES_MAX)
        return gws_err_set(err, GWS_EFORMAT, "[bank] candidates: wanted %d (the templates) to %d, found %lld", p->templates,
                           GWS_STEM_CANDIDATES_MAX, (long long)candidates);
    p->candidates = (int)candidates;
    p->seed = (uint64_t)seed;
    return GWS_OK;
}

gws_status gws_train_bank_check(gws_ini *recipe, const gws_arch *a, gws_err *err)
{
    gws_stem_params p;
    return a->matched ? read_params(recipe, a, &p, err) : GWS_OK;
}

static double chirp_mass_msun(const gws_template *t)
{
    const double sum = t->mass1_msun + t->mass2_msun;
    return pow(t->mass1_msun * t->mass2_msun, 0.6) / pow(sum, 0.2);
}

gws_status gws_train_bank(gws_ini *recipe, gws_checkpoint *c, gws_pool *pool, gws_err *err)
{
    gws_stem_params p;
    gws_stem_bank bank = {0};
    gws_status st = read_params(recipe, &c->arch, &p, err);
    if (st || (st = gws_stem_bank_choose(&p, NULL, pool, &bank, err)))
        return st;
#define ROW(row) (c->p + c->table.rows[row].offset)
    memcpy(ROW(c->rows.bank), bank.g, (size_t)c->table.rows[c->rows.bank].size * sizeof(float));
    memcpy(ROW(c->rows.bank_weight), bank.log_weight, (size_t)bank.n * sizeof(float));
    for (int k = 0; k < bank.n; k++)
        ROW(c->rows.bank_place)[k] = (float)(2.0 * log(chirp_mass_msun(&bank.templates[k]) / PLACE_MSUN));
#undef ROW
    gws_stem_bank_clear(&bank);
    return GWS_OK;
}
