#include "sim/population.h"

#include "base/number.h"
#include "sim/population_private.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char built_in[] =
    "[variable_params]\nmass1 =\nmass2 =\nra =\ndec =\ninclination =\ncoa_phase =\npolarization =\nchirp_distance =\n"
    "[static_params]\nf_ref = 20\nf_lower = 20\napproximant = IMRPhenomD\n"
    "[prior-mass1]\nname = uniform\nmin-mass1 = 10\nmax-mass1 = 50\n"
    "[prior-mass2]\nname = uniform\nmin-mass2 = 10\nmax-mass2 = 50\n"
    "[prior-ra+dec]\nname = uniform_sky\n[prior-inclination]\nname = sin_angle\n"
    "[prior-coa_phase]\nname = uniform_angle\n[prior-polarization]\nname = uniform_angle\n"
    "[prior-chirp_distance]\nname = uniform_radius\nmin-chirp_distance = 130\nmax-chirp_distance = 350\n"
    "[constraint-1]\nname = custom\nconstraint_arg = mass2 <= mass1\n"
    "[waveform_transforms-distance]\nname = chirp_distance_to_distance\n";

static int find(const gws_population *p, const char *name)
{
    for (int i = 0; i < p->n_values; i++)
        if (strcmp(p->name[i], name) == 0)
            return i;
    return -1;
}

/* Index of a value, made when new; -1 when the table is full or the name too long. */
static int value_of(gws_population *p, const char *name)
{
    int i = find(p, name);
    if (i >= 0)
        return i;
    if (p->n_values == N_VALUES || strlen(name) >= sizeof p->name[0])
        return -1;
    strcpy(p->name[p->n_values], name);
    return p->n_values++;
}

/* A value gets its origin, once. */
static gws_status set_origin(gws_population *p, const char *section, const char *name, origin from, int *index, gws_err *err)
{
    int i = value_of(p, name);
    if (i < 0)
        return gws_err_set(err, GWS_EFORMAT, "population: [%s] %s: name too long or too many values", section, name);
    if (p->from[i] != UNSET)
        return gws_err_set(err, GWS_EFORMAT, "population: [%s] sets %s, which is set elsewhere too", section, name);
    p->from[i] = from;
    *index = i;
    return GWS_OK;
}

/* min-x and max-x; `wanted` says that there is no law without them, else they narrow what stands in lo and hi. */
static gws_status read_bounds(gws_ini *ini, const char *section, const char *name, int wanted, law *l, gws_err *err)
{
    static const char *const side_name[2] = {"min", "max"};
    double least = l->lo, most = l->hi, *to[2] = {&l->lo, &l->hi};
    int given = 0;
    gws_status status = GWS_OK;
    char key[GWS_PARAM_NAME + 16];
    for (int i = 0; status == GWS_OK && i < 2; i++) {
        snprintf(key, sizeof key, "%s-%s", side_name[i], name);
        given += gws_ini_has(ini, section, key);
        status = gws_ini_double(ini, section, key, *to[i], to[i], err);
        /* how a bound is met at its very edge is of no account to draws */
        snprintf(key, sizeof key, "btype-%s-%s", side_name[i], name);
        gws_ini_string(ini, section, key, "");
    }
    snprintf(key, sizeof key, "cyclic-%s", name);
    gws_ini_string(ini, section, key, "");
    if (status == GWS_OK && (given == 1 || (wanted && given == 0)))
        return gws_err_set(err, GWS_EFORMAT, "population: [%s] wants both min-%s and max-%s", section, name, name);
    if (status == GWS_OK && !(l->lo < l->hi))
        return gws_err_set(err, GWS_EFORMAT, "population: [%s] min-%s = %g, max-%s = %g: want the first below the second", section,
                           name, l->lo, name, l->hi);
    if (status == GWS_OK && !(l->lo >= least && l->hi <= most))
        return gws_err_set(err, GWS_EFORMAT, "population: [%s] %s from %g to %g: want bounds within %g..%g", section, name, l->lo,
                           l->hi, least, most);
    return status;
}

static const struct {
    const char *name;
    law_kind kind;
    double lo, hi; /* range of the law */
    int bounds;    /* needed */
    double dim;
} simple_laws[] = {
    {"uniform", LAW_UNIFORM, -HUGE_VAL, HUGE_VAL, 1, 0},
    {"uniform_log10", LAW_LOG, 0, HUGE_VAL, 1, 0},
    {"uniform_radius", LAW_POWER, 0, HUGE_VAL, 1, 3},
    {"uniform_power_law", LAW_POWER, 0, HUGE_VAL, 1, 3},
    {"mchirp_from_uniform_mass1_mass2", LAW_POWER, 0, HUGE_VAL, 1, 2},
    {"gaussian", LAW_GAUSS, -HUGE_VAL, HUGE_VAL, 0, 0},
    {"uniform_angle", LAW_UNIFORM, 0, 2 * M_PI, 0, 0},
    {"sin_angle", LAW_SIN, 0, M_PI, 0, 0},
    {"cos_angle", LAW_COS, -M_PI / 2, M_PI / 2, 0, 0},
};

/* The law of one value; `name` is that of a simple law. */
static gws_status read_law(gws_population *p, gws_ini *ini, const char *section, const char *name, const char *of, gws_err *err)
{
    size_t k = 0;
    while (k < sizeof simple_laws / sizeof simple_laws[0] && strcmp(simple_laws[k].name, name) != 0)
        k++;
    if (k == sizeof simple_laws / sizeof simple_laws[0])
        return gws_err_set(err, GWS_EFORMAT, "population: [%s] name = %s: unknown law", section, name);
    if (p->n_laws == N_LAWS)
        return gws_err_set(err, GWS_EFORMAT, "population: [%s]: more than %d values are drawn", section, N_LAWS);
    law *l = &p->laws[p->n_laws];
    *l = (law){.kind = simple_laws[k].kind, .lo = simple_laws[k].lo, .hi = simple_laws[k].hi, .dim = simple_laws[k].dim, .var = 1};
    gws_status status = set_origin(p, section, of, DRAWN, &l->value, err);
    if (status == GWS_OK)
        status = read_bounds(ini, section, of, simple_laws[k].bounds, l, err);
    if (status == GWS_OK && strcmp(name, "uniform_power_law") == 0)
        status = gws_ini_double(ini, section, "dim", l->dim, &l->dim, err);
    if (status == GWS_OK && l->kind == LAW_POWER && !(l->dim > 0))
        status = gws_err_set(err, GWS_EFORMAT, "population: [%s] dim = %g: want a positive number", section, l->dim);
    if (status == GWS_OK && l->kind == LAW_LOG && !(l->lo > 0))
        status = gws_err_set(err, GWS_EFORMAT, "population: [%s]: uniform_log10 wants positive bounds", section);
    if (status == GWS_OK && l->kind == LAW_GAUSS) {
        char key[GWS_PARAM_NAME + 16];
        snprintf(key, sizeof key, "%s_mean", of);
        status = gws_ini_double(ini, section, key, 0, &l->mean, err);
        snprintf(key, sizeof key, "%s_var", of);
        if (status == GWS_OK)
            status = gws_ini_double(ini, section, key, 1, &l->var, err);
        if (status == GWS_OK && !(l->var > 0))
            status = gws_err_set(err, GWS_EFORMAT, "population: [%s] %s = %g: want a positive number", section, key, l->var);
    }
    if (status == GWS_OK)
        p->law_of[l->value] = p->n_laws++;
    return status;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* One prior section: its tag after "prior-" lists the values, joined by '+'.  PyCBC draws them in the order of their names. */
static gws_status read_prior(gws_population *p, gws_ini *ini, const char *section, gws_err *err)
{
    char tag[128];
    const char *name = gws_ini_string(ini, section, "name", ""), *parts[sizeof tag / 2], *polar = NULL, *azimuthal = NULL;
    int n = 0, sky = strcmp(name, "uniform_sky") == 0;
    if (strlen(section) >= sizeof tag)
        return gws_err_set(err, GWS_EFORMAT, "population: [%s]: name too long", section);
    strcpy(tag, section + strlen("prior-"));
    for (char *save = NULL, *part = strtok_r(tag, "+", &save); part; part = strtok_r(NULL, "+", &save))
        parts[n++] = part;
    if (n == 0)
        return gws_err_set(err, GWS_EFORMAT, "population: [%s] names no value", section);
    qsort(parts, (size_t)n, sizeof parts[0], by_name);
    gws_ini_string(ini, section, "cyclic_domain", "");
    gws_ini_string(ini, section, "azimuthal_cyclic_domain", "");
    if (sky || strcmp(name, "uniform_solidangle") == 0) {
        polar = gws_ini_string(ini, section, "polar-angle", sky ? "dec" : "theta");
        azimuthal = gws_ini_string(ini, section, "azimuthal-angle", sky ? "ra" : "phi");
        int first = strcmp(parts[0], polar) == 0;
        if (n != 2 || strcmp(parts[!first], polar) != 0 || strcmp(parts[first], azimuthal) != 0)
            return gws_err_set(err, GWS_EFORMAT, "population: [%s] name = %s: want the values %s and %s", section, name, polar,
                               azimuthal);
    }
    gws_status status = GWS_OK;
    for (int i = 0; status == GWS_OK && i < n; i++) {
        const char *one = !polar ? name : strcmp(parts[i], azimuthal) == 0 ? "uniform_angle" : sky ? "cos_angle" : "sin_angle";
        status = read_law(p, ini, section, one, parts[i], err);
    }
    return status == GWS_OK ? gws_ini_unused(ini, section, err) : status;
}

static gws_status read_side(gws_population *p, const char *text, side *out, gws_err *err)
{
    out->value = -1;
    if (gws_number_parse(text, &out->number))
        return GWS_OK;
    out->value = value_of(p, text);
    return out->value >= 0 ? GWS_OK : gws_err_set(err, GWS_EFORMAT, "population: constraint on %s: too many values", text);
}

static gws_status read_constraint(gws_population *p, gws_ini *ini, const char *section, gws_err *err)
{
    const char *name = gws_ini_string(ini, section, "name", ""), *text = gws_ini_string(ini, section, "constraint_arg", "");
    char a[GWS_PARAM_NAME], op[3], b[GWS_PARAM_NAME], rest[2];
    if (strcmp(name, "custom") != 0 || p->n_constraints == N_LAWS ||
        sscanf(text, " %63[A-Za-z0-9_.+-] %2[<>=] %63[A-Za-z0-9_.+-] %1s", a, op, b, rest) != 3 ||
        (strcmp(op, "<=") != 0 && strcmp(op, ">=") != 0 && strcmp(op, "<") != 0 && strcmp(op, ">") != 0))
        return gws_err_set(err, GWS_EFORMAT,
                           "population: [%s] constraint_arg = %s: want name = custom and `a <= b` with names or numbers", section,
                           text);
    constraint *c = &p->constraints[p->n_constraints++];
    strcpy(c->op, op);
    gws_status status = read_side(p, a, &c->a, err);
    if (status == GWS_OK)
        status = read_side(p, b, &c->b, err);
    return status == GWS_OK ? gws_ini_unused(ini, section, err) : status;
}

static gws_status read_spherical(gws_population *p, gws_ini *ini, const char *section, const char *spin, gws_err *err)
{
    static const char *const keys[6] = {"radial", "polar", "azimuthal", "x", "y", "z"};
    static const char *const ends[6] = {"_a", "_polar", "_azimuthal", "x", "y", "z"};
    if (p->n_spheres == N_SPHERES)
        return gws_err_set(err, GWS_EFORMAT, "population: [%s]: more than %d spherical transforms", section, N_SPHERES);
    spherical *s = &p->spheres[p->n_spheres++];
    for (int i = 0; i < 6; i++) {
        char of_spin[32];
        snprintf(of_spin, sizeof of_spin, "%s%s", spin ? spin : "", ends[i]);
        const char *value = spin ? of_spin : gws_ini_string(ini, section, keys[i], NULL);
        if (!value)
            return gws_err_set(err, GWS_EFORMAT, "population: [%s] wants %s", section, keys[i]);
        if (i < 3)
            s->from[i] = value_of(p, value);
        else if (set_origin(p, section, value, MADE, &s->to[i - 3], err) != GWS_OK)
            return GWS_EFORMAT;
        if (i < 3 && s->from[i] < 0)
            return gws_err_set(err, GWS_EFORMAT, "population: [%s] %s: name too long or too many values", section, value);
    }
    return GWS_OK;
}

static gws_status read_transform(gws_population *p, gws_ini *ini, const char *section, gws_err *err)
{
    const char *name = gws_ini_string(ini, section, "name", "");
    gws_status status = GWS_OK;
    if (strcmp(name, "mass1_mass2_to_mchirp_q") == 0) {
        status = set_origin(p, section, "mchirp", MADE, &p->mchirp, err);
        if (status == GWS_OK)
            status = set_origin(p, section, "q", MADE, &p->q, err);
    } else if (strcmp(name, "chirp_distance_to_distance") == 0) {
        status = set_origin(p, section, "distance", MADE, &p->distance, err);
    } else if (strcmp(name, "spherical_to_cartesian") == 0) {
        status = read_spherical(p, ini, section, NULL, err);
    } else if (strcmp(name, "spherical_spin_1_to_cartesian_spin_1") == 0) {
        status = read_spherical(p, ini, section, "spin1", err);
    } else if (strcmp(name, "spherical_spin_2_to_cartesian_spin_2") == 0) {
        status = read_spherical(p, ini, section, "spin2", err);
    } else {
        return gws_err_set(err, GWS_EFORMAT, "population: [%s] name = %s: unknown transform", section, name);
    }
    return status == GWS_OK ? gws_ini_unused(ini, section, err) : status;
}

static gws_status read_static(gws_population *p, const char *key, const char *value, gws_err *err)
{
    if (p->n_statics == N_VALUES || strlen(key) >= GWS_PARAM_NAME || strlen(value) >= GWS_PARAM_TEXT)
        return gws_err_set(err, GWS_EFORMAT, "population: [static_params] %s: too long, or too many of them", key);
    gws_static_arg *a = &p->statics[p->n_statics++];
    strcpy(a->name, key);
    strcpy(a->text, value);
    for (char *c = a->text; *c; c++)
        *c = *c == '\n' ? ' ' : *c; /* a value that spans lines */
    a->is_number = gws_number_parse(a->text, &a->number);
    int i;
    gws_status status = set_origin(p, "static_params", key, FIXED, &i, err);
    if (status != GWS_OK)
        return status;
    p->fixed[i] = a->is_number ? a->number : (double)NAN;
    if (strcmp(key, "approximant") == 0) {
        if (strlen(a->text) >= sizeof p->approximant)
            return gws_err_set(err, GWS_EFORMAT, "population: approximant %s: name too long", a->text);
        strcpy(p->approximant, a->text);
    }
    return GWS_OK;
}
int gws_population_sets(const gws_population *p, const char *name)
{
    int i = find(p, name);
    return i >= 0 && p->from[i] != UNSET;
}

const char *gws_population_unused(const gws_population *p, int *i)
{
    while (++*i < p->n_values) {
        const int v = *i;
        int used = gws_source_takes(p->name[v]) || !gws_source_has_no_effect(p->name[v], 0, 0) ||
                   (v == p->chirp_distance && p->distance >= 0) || p->from[v] == MADE;
        for (int k = 0; k < p->n_spheres; k++)
            for (int c = 0; c < 3; c++)
                used |= p->spheres[k].from[c] == v;
        for (int k = 0; k < p->n_constraints; k++)
            used |= p->constraints[k].a.value == v || p->constraints[k].b.value == v;
        if (!used)
            return p->name[v];
    }
    return NULL;
}

/* Is there a number to be had at the time when laws are drawn (`late`: when transforms are done)? */
static int has_number(const gws_population *p, int i, int late)
{
    return i >= 0 && (p->from[i] == DRAWN || (p->from[i] == FIXED && !isnan(p->fixed[i])) || (late && p->from[i] == MADE));
}

static gws_status check(gws_population *p, gws_err *err)
{
    static const char *const need[] = {"mass1", "mass2", "f_lower"};
    for (size_t i = 0; i < sizeof need / sizeof need[0]; i++)
        if (!has_number(p, find(p, need[i]), 1))
            return gws_err_set(err, GWS_EFORMAT, "population: %s is neither drawn nor fixed", need[i]);
    p->mass1 = find(p, "mass1");
    p->mass2 = find(p, "mass2");
    p->chirp_distance = find(p, "chirp_distance");
    p->mchirp = has_number(p, find(p, "mchirp"), 1) ? find(p, "mchirp") : -1;
    const char *far = p->distance >= 0 ? "chirp_distance" : "distance";
    if (!has_number(p, find(p, far), 0))
        return gws_err_set(err, GWS_EFORMAT, "population: %s is neither drawn nor fixed", far);
    for (int i = 0; i < p->n_constraints; i++) {
        const side *sides[2] = {&p->constraints[i].a, &p->constraints[i].b};
        for (int s = 0; s < 2; s++) {
            int v = sides[s]->value;
            if (v >= 0 && !has_number(p, v, 0))
                return gws_err_set(err, GWS_EFORMAT, "population: a constraint names %s, which is neither drawn nor a fixed number",
                                   p->name[v]);
            if (v >= 0 && p->from[v] == DRAWN)
                p->laws[p->law_of[v]].constrained = 1;
        }
    }
    for (int i = 0; i < p->n_spheres; i++)
        for (int k = 0; k < 3; k++)
            if (!has_number(p, p->spheres[i].from[k], 0))
                return gws_err_set(err, GWS_EFORMAT, "population: a transform takes %s, which is neither drawn nor a fixed number",
                                   p->name[p->spheres[i].from[k]]);
    for (int i = 0; i < p->n_laws; i++)
        p->columns[p->n_columns++] = p->laws[i].value;
    for (int i = 0; i < p->n_values; i++)
        if (p->from[i] == MADE)
            p->columns[p->n_columns++] = i;
    for (int i = 0; i < p->n_columns; i++)
        strcpy(p->column_name[i], p->name[p->columns[i]]);
    return GWS_OK;
}

static gws_status read_all(gws_population *p, gws_ini *ini, gws_err *err)
{
    const char *section, *key, *value, *last = "";
    gws_status status = GWS_OK;
    int listed = 0;
    /* Laws come in the order of the file, so that the file fixes which random number goes where. */
    for (int i = 0; status == GWS_OK && gws_ini_entry(ini, i, &section, &key, &value); i++) {
        if (strcmp(section, "static_params") == 0)
            status = read_static(p, key, value, err);
        else if (strcmp(section, last) == 0)
            continue;
        else if (strncmp(section, "prior-", 6) == 0)
            status = read_prior(p, ini, section, err);
        else if (strncmp(section, "constraint-", 11) == 0)
            status = read_constraint(p, ini, section, err);
        else if (strncmp(section, "waveform_transforms-", 20) == 0)
            status = read_transform(p, ini, section, err);
        else if (strcmp(section, "variable_params") != 0)
            status = gws_err_set(
                err, GWS_EFORMAT,
                "population: [%s]: wanted variable_params, static_params, prior-, constraint- or waveform_transforms-", section);
        last = section;
    }
    for (int i = 0; status == GWS_OK && gws_ini_entry(ini, i, &section, &key, &value); i++) {
        if (strcmp(section, "variable_params") != 0)
            continue;
        int v = find(p, key);
        listed = 1;
        if (v < 0 || p->from[v] != DRAWN)
            status = gws_err_set(err, GWS_EFORMAT, "population: [variable_params] %s has no prior", key);
    }
    for (int i = 0; status == GWS_OK && listed && i < p->n_laws; i++)
        if (!gws_ini_has(ini, "variable_params", p->name[p->laws[i].value]))
            status = gws_err_set(err, GWS_EFORMAT, "population: %s has a prior, but [variable_params] does not list it",
                                 p->name[p->laws[i].value]);
    return status == GWS_OK ? check(p, err) : status;
}

gws_population *gws_population_create(gws_ini *ini, gws_err *err)
{
    gws_ini *own = NULL;
    gws_population *p = calloc(1, sizeof *p);
    if (!p) {
        gws_err_set(err, GWS_ENOMEM, "population: no memory");
        return NULL;
    }
    p->mchirp = p->q = p->distance = -1;
    if (!ini) {
        own = gws_ini_parse(built_in, "built-in population", err);
        ini = own;
    }
    if (!ini || read_all(p, ini, err) != GWS_OK) {
        gws_population_destroy(p);
        p = NULL;
    }
    gws_ini_destroy(own);
    return p;
}

void gws_population_destroy(gws_population *p)
{
    free(p);
}

const char *gws_population_approximant(const gws_population *p)
{
    return p->approximant;
}

const gws_static_arg *gws_population_static(const gws_population *p, int i)
{
    return i >= 0 && i < p->n_statics ? &p->statics[i] : NULL;
}

const char *gws_population_column(const gws_population *p, int i)
{
    return i >= 0 && i < p->n_columns ? p->column_name[i] : NULL;
}
