#include "train/bank.h"

#include "base/arena.h"
#include "base/number.h"
#include "model/reference.h"
#include "sim/population.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PLACE_MSUN 20.0 /* chirp mass that stands at 0 in the bank */

static gws_status read_params(gws_ini *ini, const gws_arch *a, gws_stem_params *p, gws_err *err)
{
    int64_t candidates, seed;
    gws_status status;
    *p = gws_stem_defaults();
    p->templates = a->bank.templates;
    p->taps = a->bank.taps;
    p->after = a->bank.after;
    p->follow = a->follow;
    p->curve = gws_ini_string(ini, "bank", "curve", p->curve);
    if ((status = gws_ini_int(ini, "bank", "candidates", p->candidates, &candidates, err)) ||
        (status = gws_ini_int(ini, "bank", "seed", (int64_t)p->seed, &seed, err)) ||
        (status = gws_ini_double(ini, "bank", "low_hz", p->low_hz, &p->low_hz, err)) ||
        (status = gws_ini_double(ini, "bank", "metric", p->metric, &p->metric, err)) ||
        (status = gws_ini_double(ini, "bank", "loudness", p->loudness, &p->loudness, err)))
        return status;
    if (candidates < p->templates || candidates > GWS_STEM_CANDIDATES_MAX)
        return gws_err_set(err, GWS_EFORMAT, "[bank] candidates: wanted %d (the templates) to %d, found %lld", p->templates,
                           GWS_STEM_CANDIDATES_MAX, (long long)candidates);
    p->candidates = (int)candidates;
    p->seed = (uint64_t)seed;
    return GWS_OK;
}

/* The sources that the bank is chosen for, in *out: NULL, MLGWSC-1's first, where the recipe says nothing of masses and spins. */
static gws_status read_population(gws_ini *recipe, gws_population **out, gws_err *err)
{
    char text[1024], spins[512] = "";
    double lo, hi, spin;
    gws_status status;
    *out = NULL;
    if ((status = gws_ini_double(recipe, "bank", "mass_min", 10, &lo, err)) ||
        (status = gws_ini_double(recipe, "bank", "mass_max", 50, &hi, err)) ||
        (status = gws_ini_double(recipe, "bank", "spin_max", 0, &spin, err)))
        return status;
    if (!(lo >= 1 && hi > lo && hi <= 500 && spin >= 0 && spin <= 0.99))
        return gws_err_set(err, GWS_EFORMAT,
                           "[bank]: masses of %g to %g, wanted 1 <= mass_min < mass_max <= 500; spin_max %g, wanted 0 to 0.99", lo,
                           hi, spin);
    if (!gws_ini_has(recipe, "bank", "mass_min") && !gws_ini_has(recipe, "bank", "mass_max") &&
        !gws_ini_has(recipe, "bank", "spin_max"))
        return GWS_OK;
    if (spin > 0)
        gws_text_print(spins, sizeof spins,
                       "[prior-spin1z]\nname = uniform\nmin-spin1z = %.17g\nmax-spin1z = %.17g\n"
                       "[prior-spin2z]\nname = uniform\nmin-spin2z = %.17g\nmax-spin2z = %.17g\n",
                       -spin, spin, -spin, spin);
    gws_text_print(text, sizeof text,
                   "[static_params]\napproximant = IMRPhenomD\nf_lower = 20\ndistance = 1000\n"
                   "[prior-mass1]\nname = uniform\nmin-mass1 = %.17g\nmax-mass1 = %.17g\n"
                   "[prior-mass2]\nname = uniform\nmin-mass2 = %.17g\nmax-mass2 = %.17g\n%s",
                   lo, hi, lo, hi, spins);
    gws_ini *law = gws_ini_parse(text, "[bank]", err);
    *out = law ? gws_population_create(law, err) : NULL;
    gws_ini_destroy(law);
    return *out ? GWS_OK : err ? err->status : GWS_EFORMAT;
}

gws_status gws_train_bank_check(gws_ini *recipe, const gws_arch *a, gws_err *err)
{
    gws_stem_params p;
    gws_population *population = NULL;
    gws_status status = GWS_OK;
    if (a->matched && (status = read_params(recipe, a, &p, err)) == GWS_OK)
        status = read_population(recipe, &population, err);
    gws_population_destroy(population);
    return status;
}

static double chirp_mass_msun(const gws_template *t)
{
    const double sum = t->mass1_msun + t->mass2_msun;
    return pow(t->mass1_msun * t->mass2_msun, 0.6) / pow(sum, 0.2);
}

/* Where a template stands in the bank. */
static float place_of(const gws_template *t)
{
    return (float)(2.0 * log(chirp_mass_msun(t) / PLACE_MSUN));
}

gws_status gws_train_bank_choose(gws_ini *recipe, const gws_arch *a, gws_pool *pool, gws_stem_bank *out, gws_err *err)
{
    gws_stem_params p;
    gws_population *population = NULL;
    gws_status status = read_params(recipe, a, &p, err);
    *out = (gws_stem_bank){0};
    if (status == GWS_OK)
        status = read_population(recipe, &population, err);
    if (status == GWS_OK)
        status = gws_stem_bank_choose(&p, population, pool, out, err);
    gws_population_destroy(population);
    return status;
}

gws_status gws_train_bank(gws_ini *recipe, gws_checkpoint *c, gws_pool *pool, gws_err *err)
{
    gws_stem_bank bank;
    gws_status status = gws_train_bank_choose(recipe, &c->arch, pool, &bank, err);
    if (status)
        return status;
#define ROW(row) (c->p + c->table.rows[row].offset)
    memcpy(ROW(c->rows.bank), bank.g, (size_t)c->table.rows[c->rows.bank].size * sizeof(float));
    memcpy(ROW(c->rows.bank_weight), bank.log_weight, (size_t)bank.n * sizeof(float));
    for (int k = 0; k < bank.n; k++)
        ROW(c->rows.bank_place)[k] = place_of(&bank.templates[k]);
    if (bank.log_curve)
        memcpy(ROW(c->rows.bank_curve), bank.log_curve, GWS_REFERENCE_BINS * sizeof(float));
#undef ROW
    gws_stem_bank_clear(&bank);
    return GWS_OK;
}

/* Find the candidate behind each template by its chirp mass; 1 when the filters of all are the bank's to the bit. */
static int find_templates(gws_ini *recipe, const gws_arch *a, const float *place, gws_stem_bank *bank)
{
    gws_stem_params p;
    gws_template *candidate = NULL;
    gws_population *population = NULL;
    float *g = NULL;
    int same = 0;
    if (read_params(recipe, a, &p, NULL) || read_population(recipe, &population, NULL))
        return 0;
    const size_t bytes = (size_t)bank->n * (size_t)bank->taps * 2 * sizeof *g;
    candidate = calloc((size_t)p.candidates, sizeof *candidate);
    g = malloc(bytes);
    if (!candidate || !g || gws_stem_candidates(&p, population, candidate, NULL))
        goto done;
    for (int k = 0; k < bank->n; k++)
        for (int i = 0; i < p.candidates; i++)
            if (place_of(&candidate[i]) == place[k])
                bank->templates[k] = candidate[i];
    same = gws_stem_filters(&p, bank->templates, bank->n, g, NULL) == GWS_OK && memcmp(g, bank->g, bytes) == 0;
done:
    gws_population_destroy(population);
    free(candidate);
    free(g);
    return same;
}

gws_status gws_train_bank_of(const gws_checkpoint *c, gws_stem_bank *out, double *chirp_mass, gws_err *err)
{
    gws_err own = {0};
    err = err ? err : &own;
    const gws_stem_shape *shape = &c->arch.bank;
#define ROW(row) (c->p + c->table.rows[row].offset)
    const float *place = ROW(c->rows.bank_place), *g = ROW(c->rows.bank), *weight = ROW(c->rows.bank_weight);
#undef ROW
    const size_t n = (size_t)shape->templates, taps = n * (size_t)shape->taps * 2;
    gws_ini *recipe = gws_ini_parse(c->recipe, "recipe of the model", err);
    *out = (gws_stem_bank){.n = shape->templates, .taps = shape->taps, .after = shape->after};
    if (!recipe)
        return err->status;
    out->templates = calloc(n, sizeof *out->templates);
    out->log_weight = gws_arena_alloc(n * sizeof *out->log_weight);
    out->g = gws_arena_alloc(taps * sizeof *out->g);
    if (c->arch.follow)
        out->log_curve = gws_arena_alloc(GWS_REFERENCE_BINS * sizeof *out->log_curve);
    if (!out->templates || !out->log_weight || !out->g || (c->arch.follow && !out->log_curve)) {
        gws_ini_destroy(recipe);
        gws_stem_bank_clear(out);
        return gws_err_set(err, GWS_ENOMEM, "no memory for a bank of %d templates", shape->templates);
    }
    memcpy(out->g, g, taps * sizeof *g);
    memcpy(out->log_weight, weight, n * sizeof *weight);
    if (out->log_curve)
        memcpy(out->log_curve, c->p + c->table.rows[c->rows.bank_curve].offset, GWS_REFERENCE_BINS * sizeof(float));
    const int known = find_templates(recipe, &c->arch, place, out);
    for (size_t k = 0; k < n; k++) {
        const gws_template *t = &out->templates[k];
        chirp_mass[k] = known ? gws_chirp_mass(t->mass1_msun, t->mass2_msun) : PLACE_MSUN * exp((double)place[k] / 2.0);
        if (!known)
            out->templates[k] =
                (gws_template){.mass1_msun = (double)NAN, .mass2_msun = (double)NAN, .spin1z = (double)NAN, .spin2z = (double)NAN};
    }
    gws_ini_destroy(recipe);
    return GWS_OK;
}
