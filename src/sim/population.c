#include "sim/population.h"

#include "base/clock.h"
#include "base/number.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_LAWS 40
#define N_VALUES 64
#define N_SPHERES 4
#define MAX_TRIES 1000
#define N_TEST 1000000 /* PyCBC's draws before the first row, and the most it draws at once */
#define N_TEST_WANTED 100

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

typedef enum law_kind { LAW_UNIFORM, LAW_POWER, LAW_LOG, LAW_GAUSS, LAW_SIN, LAW_COS } law_kind;

/* How one value is made of a number u, uniform on 0..1. */
typedef struct law {
    law_kind kind;
    int value;
    double lo, hi; /* infinite for a Gaussian without bounds */
    double dim;    /* LAW_POWER: density x^(dim-1) */
    double mean, var;
    int constrained; /* a constraint looks at it */
} law;

typedef struct side {
    int value; /* index, or -1: the number */
    double number;
} side;

typedef struct constraint {
    side a, b;
    char op[3];
} constraint;

typedef struct spherical {
    int from[3]; /* radial, polar, azimuthal */
    int to[3];   /* x, y, z */
} spherical;

typedef enum origin { UNSET, FIXED, DRAWN, MADE } origin;

struct gws_population {
    char name[N_VALUES][GWS_PARAM_NAME];
    double fixed[N_VALUES];
    origin from[N_VALUES];
    int law_of[N_VALUES]; /* index of the law of a drawn value */
    int n_values;
    law laws[N_LAWS]; /* in the order of the draws */
    constraint constraints[N_LAWS];
    spherical spheres[N_SPHERES];
    int mass1, mass2, chirp_distance; /* values */
    int mchirp;                       /* -1: it is not among them */
    int q, distance;                  /* -1: no transform makes them */
    int n_laws, n_constraints, n_spheres;
    char column_name[N_VALUES][GWS_PARAM_NAME];
    int columns[N_VALUES], n_columns; /* values */
    gws_static_arg statics[N_VALUES];
    int n_statics;
    char approximant[32];
};

double gws_chirp_mass(double mass1, double mass2)
{
    return pow(mass1 * mass2, 0.6) / pow(mass1 + mass2, 0.2);
}

double gws_chirp_distance(double distance_mpc, double mass1, double mass2)
{
    return distance_mpc * pow(1.4 * pow(2, -0.2) / gws_chirp_mass(mass1, mass2), 5.0 / 6);
}

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

/* PyCBC's names of what changes a waveform and that no waveform here takes, and the values at which they change nothing. */
static const struct {
    const char *name;
    double none;
} effects[] = {
    {"eccentricity", 0}, {"mean_per_ano", 0}, {"rel_anomaly", 0},  {"long_asc_nodes", 0},      {"dquad_mon1", 0},
    {"dquad_mon2", 0},   {"phase_order", -1}, {"spin_order", -1},  {"tidal_order", -1},        {"amplitude_order", -1},
    {"side_bands", 0},   {"frame_axis", 0},   {"modes_choice", 0}, {"eccentricity_order", -1}, {"numrel_data", 0},
};

/* Does a value of this name leave the waveform as it is made here? */
static int has_no_effect(const char *name, double value, int is_number)
{
    static const char *const of_tests[] = {"dchi", "dalpha", "dbeta", "dsigma",
                                           "dxi"}; /* deviations from relativity: dchi0, dalpha2 ... */
    for (size_t i = 0; i < sizeof effects / sizeof effects[0]; i++)
        if (strcmp(effects[i].name, name) == 0)
            return is_number && value == effects[i].none;
    for (size_t i = 0; i < sizeof of_tests / sizeof of_tests[0]; i++)
        if (strncmp(name, of_tests[i], strlen(of_tests[i])) == 0)
            return is_number && value == 0;
    return 1;
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
        int used = gws_source_takes(p->name[v]) || !has_no_effect(p->name[v], 0, 0) ||
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

/* Inverse of the error function on -1..1: Winitzki's closed form (2008), a few parts in a thousand off, and Halley's steps, each of which
 * triples the digits.  Towards the ends erfc keeps the difference from 1. */
static double erf_inverse(double y)
{
    const double a = 0.147;
    double tail = 1 - fabs(y);
    if (tail <= 0)
        return copysign(HUGE_VAL, y);
    double l = log1p(-y * y), t = 2 / (M_PI * a) + l / 2, x = sqrt(sqrt(t * t - l / a) - t);
    for (int i = 0; i < 3; i++) {
        double off = (tail < 0.5 ? tail - erfc(x) : erf(x) - fabs(y)) / (2 / sqrt(M_PI) * exp(-x * x));
        x -= off / (1 + x * off);
    }
    return copysign(x, y);
}

static double gauss_share(const law *l, double x)
{
    return 0.5 * (1 + erf((x - l->mean) / sqrt(2 * l->var)));
}

/* The value at u of the inverse cumulative distribution, in PyCBC's order of operations. */
static double apply(const law *l, double u)
{
    double scale, from, to, e;
    switch (l->kind) {
    case LAW_UNIFORM: return (l->hi - l->lo) * u + l->lo;
    case LAW_POWER: e = l->dim - 1 + 1; return pow((pow(l->hi, e) - pow(l->lo, e)) * u + pow(l->lo, e), 1 / e);
    case LAW_LOG: return pow(10, (log10(l->hi) - log10(l->lo)) * u + log10(l->lo));
    case LAW_GAUSS:
        from = isinf(l->lo) ? 0 : gauss_share(l, l->lo);
        to = isinf(l->hi) ? 1 : gauss_share(l, l->hi);
        return l->mean + sqrt(2 * l->var) * erf_inverse(2 * (from + u * (to - from)) - 1);
    case LAW_SIN: scale = cos(l->lo) - cos(l->hi); return acos(-scale * (u - (1 + cos(l->hi) / scale)));
    case LAW_COS: scale = sin(l->hi) - sin(l->lo); return asin((u - (1 - sin(l->hi) / scale)) * scale);
    }
    return 0;
}

static int holds(const constraint *c, double a, double b)
{
    if (c->op[0] == '<')
        return c->op[1] ? a <= b : a < b;
    return c->op[1] ? a >= b : a > b;
}

/* What transforms make of the values of one source. */
static void transform(const gws_population *p, double *v)
{
    for (int i = 0; i < p->n_spheres; i++) {
        const spherical *s = &p->spheres[i];
        double a = v[s->from[0]], theta = v[s->from[1]], phi = v[s->from[2]];
        v[s->to[0]] = a * cos(phi) * sin(theta);
        v[s->to[1]] = a * sin(phi) * sin(theta);
        v[s->to[2]] = a * cos(theta);
    }
    double m1 = v[p->mass1], m2 = v[p->mass2], total = m1 + m2, mchirp = pow(m1 * m2 / (total * total), 3.0 / 5) * total;
    if (p->q >= 0) {
        v[p->mchirp] = mchirp;
        v[p->q] = m1 / m2;
    }
    if (p->distance >= 0)
        v[p->distance] = v[p->chirp_distance] * pow(pow(2, -1.0 / 5) * 1.4 / (p->mchirp >= 0 ? v[p->mchirp] : mchirp), -5.0 / 6);
}

gws_status gws_population_draw(const gws_population *p, gws_rng *rng, gws_source *out, gws_err *err)
{
    double v[N_VALUES];
    int good = 0;
    *out = (gws_source){0};
    for (int tries = 0; !good && tries < MAX_TRIES; tries++) {
        memcpy(v, p->fixed, sizeof v);
        for (int i = 0; i < p->n_laws; i++)
            v[p->laws[i].value] = apply(&p->laws[i], gws_rng_uniform(rng));
        good = 1;
        for (int i = 0; i < p->n_constraints; i++) {
            const constraint *c = &p->constraints[i];
            good = good && holds(c, c->a.value < 0 ? c->a.number : v[c->a.value], c->b.value < 0 ? c->b.number : v[c->b.value]);
        }
    }
    if (!good)
        return gws_err_set(err, GWS_EDATA, "population: no draw of %d met the constraints", MAX_TRIES);
    transform(p, v);
    double values[N_VALUES];
    for (int i = 0; i < p->n_columns; i++)
        values[i] = v[p->columns[i]];
    return gws_source_of_values(p->column_name, values, p->n_columns, p->statics, p->n_statics, out, err);
}

/* Find the rows of n draws that meet the constraints; the draws of a law are a column, `stride` apart.  The indices of the first
 * `most` such rows go to keep.  Returns how many there are. */
static int64_t meet(const gws_population *p, const double *u, int64_t stride, int64_t n, int64_t most, int64_t *keep)
{
    int64_t kept = 0;
    for (int64_t k = 0; k < n; k++) {
        int good = 1;
        for (int i = 0; good && i < p->n_constraints; i++) {
            const constraint *c = &p->constraints[i];
            const side *sides[2] = {&c->a, &c->b};
            double x[2];
            for (int s = 0; s < 2; s++) {
                int v = sides[s]->value;
                x[s] = v < 0 ? sides[s]->number : p->from[v] == FIXED ? p->fixed[v] : u[p->law_of[v] * stride + k];
            }
            good = holds(c, x[0], x[1]);
        }
        if (good && kept < most)
            keep[kept] = k;
        kept += good;
    }
    return kept;
}

gws_status gws_population_begin(const gws_population *p, gws_mt *mt, gws_err *err)
{
    if (p->n_constraints == 0)
        return GWS_OK;
    double *u = malloc((size_t)p->n_laws * N_TEST * sizeof *u); /* only the columns of constrained values are ever touched */
    if (!u)
        return gws_err_set(err, GWS_ENOMEM, "population: no memory for %d draws", N_TEST);
    for (int i = 0; i < p->n_laws; i++) {
        double *column = u + (size_t)i * N_TEST;
        for (int k = 0; k < N_TEST; k++) {
            double x = gws_mt_uniform(mt);
            if (p->laws[i].constrained)
                column[k] = apply(&p->laws[i], x);
        }
    }
    int64_t kept = meet(p, u, N_TEST, N_TEST, 0, NULL);
    free(u);
    if (kept < N_TEST_WANTED)
        return gws_err_set(err, GWS_EDATA, "population: %lld of a million draws met the constraints; want at least %d",
                           (long long)kept, N_TEST_WANTED);
    return GWS_OK;
}

gws_status gws_population_rows(const gws_population *p, gws_mt *mt, int64_t n, double *const *columns, gws_err *err)
{
    GWS_ASSERT(n > 0 && n <= N_TEST);
    gws_status status = GWS_OK;
    double *u = NULL;
    int64_t *keep = malloc((size_t)n * sizeof *keep);
    int64_t done = 0, draw = n, capacity = 0;
    while (done < n) {
        if (draw > capacity) {
            free(u);
            u = malloc((size_t)p->n_laws * (size_t)draw * sizeof *u);
            capacity = draw;
        }
        if (!u || !keep) {
            status = gws_err_set(err, GWS_ENOMEM, "population: no memory for %lld draws", (long long)draw);
            goto fail;
        }
        for (int i = 0; i < p->n_laws; i++) {
            double *column = u + i * draw;
            for (int64_t k = 0; k < draw; k++)
                column[k] = gws_mt_uniform(mt);
            for (int64_t k = 0; p->laws[i].constrained && k < draw; k++)
                column[k] = apply(&p->laws[i], column[k]);
        }
        int64_t kept = meet(p, u, draw, draw, n - done, keep), take = kept < n - done ? kept : n - done;
        for (int i = 0; i < p->n_laws; i++)
            for (int64_t k = 0; k < take; k++) {
                double x = u[i * draw + keep[k]];
                columns[i][done + k] = p->laws[i].constrained ? x : apply(&p->laws[i], x);
            }
        done += take;
        draw = (int64_t)fmin(N_TEST, (double)draw * ceil((double)draw / ((double)kept + 1)));
    }
    double v[N_VALUES];
    memcpy(v, p->fixed, sizeof v);
    for (int64_t k = 0; k < n; k++) {
        for (int i = 0; i < p->n_laws; i++)
            v[p->laws[i].value] = columns[i][k];
        transform(p, v);
        for (int i = p->n_laws; i < p->n_columns; i++)
            columns[i][k] = v[p->columns[i]];
    }
fail:
    free(keep);
    free(u);
    return status;
}

static const char *const taken[] = {"mass1",   "mass2",   "distance",    "spin1x",    "spin1y", "spin1z",    "spin2x",
                                    "spin2y",  "spin2z",  "inclination", "coa_phase", "ra",     "dec",       "polarization",
                                    "lambda1", "lambda2", "f_lower",     "f_ref",     "tc",     "mode_array"};

int gws_source_takes(const char *name)
{
    for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
        if (strcmp(taken[i], name) == 0)
            return 1;
    return strcmp(name, "approximant") == 0 || strcmp(name, "taper") == 0;
}

gws_status gws_source_of_values(const char (*names)[GWS_PARAM_NAME], const double *values, int n, const gws_static_arg *statics,
                                int n_statics, gws_source *out, gws_err *err)
{
    gws_source s = {0};
    gws_binary *b = &s.binary;
    double tc = 0, modes = 0;
    const struct {
        double *to;
        int needed;
    } wanted[] = {
        {&b->mass1_msun, 1},    {&b->mass2_msun, 1}, {&b->distance_mpc, 1}, {&b->spin1[0], 0}, {&b->spin1[1], 0},
        {&b->spin1[2], 0},      {&b->spin2[0], 0},   {&b->spin2[1], 0},     {&b->spin2[2], 0}, {&b->incl_rad, 0},
        {&b->coa_phase_rad, 0}, {&s.ra_rad, 0},      {&s.dec_rad, 0},       {&s.psi_rad, 0},   {&b->lambda1, 0},
        {&b->lambda2, 0},       {&b->f_lower_hz, 0}, {&b->f_ref_hz, 0},     {&tc, 0},          {&modes, 0},
    };
    _Static_assert(sizeof wanted / sizeof wanted[0] == sizeof taken / sizeof taken[0], "one place for each name");
    *out = (gws_source){0};
    for (int i = 0; i < n; i++)
        if (!has_no_effect(names[i], values[i], 1))
            return gws_err_set(err, GWS_EFORMAT, "source: %s = %g: no waveform here takes it", names[i], values[i]);
    for (int i = 0; i < n_statics; i++)
        if (!has_no_effect(statics[i].name, statics[i].number, statics[i].is_number))
            return gws_err_set(err, GWS_EFORMAT, "source: %s = %s: no waveform here takes it", statics[i].name, statics[i].text);
    const gws_static_arg *mode_words = NULL;
    for (size_t w = 0; w < sizeof wanted / sizeof wanted[0]; w++) {
        int found = 0;
        for (int i = 0; !found && i < n; i++)
            if (strcmp(names[i], taken[w]) == 0) {
                *wanted[w].to = values[i];
                found = 1;
            }
        for (int i = 0; !found && i < n_statics; i++)
            if (strcmp(statics[i].name, taken[w]) == 0) {
                if (wanted[w].to == &modes)
                    mode_words = &statics[i];
                else if (!statics[i].is_number)
                    return gws_err_set(err, GWS_EFORMAT, "source: %s = %s: wanted a number", taken[w], statics[i].text);
                *wanted[w].to = statics[i].number;
                found = 1;
            }
        if (!found && wanted[w].needed)
            return gws_err_set(err, GWS_EFORMAT, "source: %s is missing", taken[w]);
        if (found && !isfinite(*wanted[w].to))
            return gws_err_set(err, GWS_EDATA, "source: %s is not a finite number", taken[w]);
    }
    char text[32];
    gws_text_print(text, sizeof text, "%g", modes);
    if (mode_words || modes != 0) {
        gws_status status = gws_modes_parse(mode_words ? mode_words->text : text, &b->modes, err);
        if (status != GWS_OK)
            return status;
    }
    if (fabs(tc) > 9e9)
        return gws_err_set(err, GWS_EDATA, "source: tc = %g is no GPS time", tc);
    s.tc_ns = gws_ns_of_s(tc);
    *out = s;
    return GWS_OK;
}
