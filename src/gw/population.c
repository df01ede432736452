#include "gw/population.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N_LAWS 40
#define N_VALUES 48
#define MAX_TRIES 1000

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

typedef enum law_kind { LAW_POWER, LAW_LOG, LAW_SIN, LAW_COS, LAW_SPHERE, LAW_SKY } law_kind;

typedef struct law {
    law_kind kind;
    int to[2];          /* values it sets; polar or dec first for the sphere and the sky, azimuth or ra second */
    double lo, hi, dim; /* LAW_POWER: density x^(dim-1) on lo..hi */
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
    int radial, polar, azimuthal, x, y, z;
} spherical;

struct gws_population {
    char name[N_VALUES][32];
    double fixed[N_VALUES];
    int is_set[N_VALUES]; /* by a law, the static section or a transform */
    int n_values;
    law laws[N_LAWS];
    constraint constraints[N_LAWS];
    spherical spheres[4];
    int n_laws, n_constraints, n_spheres, from_chirp_distance;
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

/* Index of a value, made when new; -1 when the table is full or the name too long. */
static int value_of(gws_population *p, const char *name)
{
    for (int i = 0; i < p->n_values; i++)
        if (strcmp(p->name[i], name) == 0)
            return i;
    if (p->n_values == N_VALUES || strlen(name) >= sizeof p->name[0])
        return -1;
    strcpy(p->name[p->n_values], name);
    return p->n_values++;
}

static double get(const gws_population *p, const double *values, const char *name, double fallback)
{
    for (int i = 0; i < p->n_values; i++)
        if (p->is_set[i] && strcmp(p->name[i], name) == 0)
            return values[i];
    return fallback;
}

static gws_status bounds(gws_ini *ini, const char *section, const char *name, law *l, gws_err *err)
{
    char key[64];
    snprintf(key, sizeof key, "min-%s", name);
    gws_status status = gws_ini_double(ini, section, key, (double)NAN, &l->lo, err);
    snprintf(key, sizeof key, "max-%s", name);
    if (status == GWS_OK)
        status = gws_ini_double(ini, section, key, (double)NAN, &l->hi, err);
    if (status == GWS_OK && !(l->lo <= l->hi))
        return gws_err_set(err, GWS_EFORMAT, "population: [%s] wants min-%s and max-%s", section, name, name);
    return status;
}

/* One prior section: its tag after "prior-" lists the values, joined by '+'. */
static gws_status read_prior(gws_population *p, gws_ini *ini, const char *section, gws_err *err)
{
    char tag[128];
    const char *name = gws_ini_string(ini, section, "name", ""), *parts[2] = {NULL, NULL};
    int n = 0;
    if (strlen(section) >= sizeof tag || p->n_laws == N_LAWS)
        return gws_err_set(err, GWS_EFORMAT, "population: [%s]: name too long or too many priors", section);
    strcpy(tag, section + strlen("prior-"));
    for (char *save = NULL, *part = strtok_r(tag, "+", &save); part; part = strtok_r(NULL, "+", &save)) {
        if (n < 2)
            parts[n] = part;
        n++;
    }
    law *l = &p->laws[p->n_laws++];
    *l = (law){.kind = LAW_POWER, .dim = 1, .to = {-1, -1}};
    int wanted = 1;
    gws_status status = GWS_OK;
    if (strcmp(name, "uniform") == 0 || strcmp(name, "uniform_radius") == 0 || strcmp(name, "uniform_power_law") == 0) {
        if (strcmp(name, "uniform") != 0)
            l->dim = 3;
        if (strcmp(name, "uniform_power_law") == 0)
            status = gws_ini_double(ini, section, "dim", 3, &l->dim, err);
        if (status == GWS_OK && !(l->dim > 0))
            status = gws_err_set(err, GWS_EFORMAT, "population: [%s] dim: want a positive number", section);
    } else if (strcmp(name, "uniform_log10") == 0) {
        l->kind = LAW_LOG;
    } else if (strcmp(name, "uniform_angle") == 0) {
        l->hi = 2 * M_PI;
    } else if (strcmp(name, "sin_angle") == 0) {
        l->kind = LAW_SIN;
    } else if (strcmp(name, "cos_angle") == 0) {
        l->kind = LAW_COS;
    } else if (strcmp(name, "uniform_sky") == 0) {
        l->kind = LAW_SKY;
        parts[0] = gws_ini_string(ini, section, "polar-angle", "dec");
        parts[1] = gws_ini_string(ini, section, "azimuthal-angle", "ra");
        wanted = 2;
    } else if (strcmp(name, "uniform_solidangle") == 0) {
        l->kind = LAW_SPHERE;
        parts[0] = gws_ini_string(ini, section, "polar-angle", "theta");
        parts[1] = gws_ini_string(ini, section, "azimuthal-angle", "phi");
        wanted = 2;
    } else {
        return gws_err_set(err, GWS_EFORMAT, "population: [%s] name = %s: unknown law", section, name);
    }
    if (status == GWS_OK && n != wanted)
        return gws_err_set(err, GWS_EFORMAT, "population: [%s]: %s is a law of %d values, the section names %d", section, name,
                           wanted, n);
    for (int i = 0; status == GWS_OK && i < wanted; i++) {
        l->to[i] = value_of(p, parts[i]);
        if (l->to[i] < 0)
            return gws_err_set(err, GWS_EFORMAT, "population: [%s]: too many values", section);
        p->is_set[l->to[i]] = 1;
    }
    int angle = strstr(name, "angle") != NULL || strcmp(name, "uniform_sky") == 0;
    char key[64];
    snprintf(key, sizeof key, "min-%s", parts[0]);
    if (status == GWS_OK && angle && gws_ini_has(ini, section, key))
        return gws_err_set(err, GWS_EFORMAT, "population: [%s] %s: bounds of an angle are not supported", section, key);
    if (status == GWS_OK && !angle)
        status = bounds(ini, section, parts[0], l, err);
    if (status == GWS_OK && l->kind == LAW_LOG && !(l->lo > 0))
        status = gws_err_set(err, GWS_EFORMAT, "population: [%s]: uniform_log10 wants positive bounds", section);
    return status;
}

static gws_status read_side(gws_population *p, const char *text, side *out, gws_err *err)
{
    char *end;
    out->value = -1;
    out->number = strtod(text, &end);
    if (end != text && *end == '\0')
        return GWS_OK;
    out->value = value_of(p, text);
    return out->value >= 0 ? GWS_OK : gws_err_set(err, GWS_EFORMAT, "population: constraint on %s: too many values", text);
}

static gws_status read_constraint(gws_population *p, gws_ini *ini, const char *section, gws_err *err)
{
    const char *name = gws_ini_string(ini, section, "name", ""), *text = gws_ini_string(ini, section, "constraint_arg", "");
    char a[32], op[3], b[32], rest[2];
    if (strcmp(name, "custom") != 0 || p->n_constraints == N_LAWS ||
        sscanf(text, " %31[A-Za-z0-9_.+-] %2[<>=] %31[A-Za-z0-9_.+-] %1s", a, op, b, rest) != 3 ||
        (strcmp(op, "<=") != 0 && strcmp(op, ">=") != 0 && strcmp(op, "<") != 0 && strcmp(op, ">") != 0))
        return gws_err_set(err, GWS_EFORMAT,
                           "population: [%s] constraint_arg = %s: want name = custom and `a <= b` with names or numbers", section,
                           text);
    constraint *c = &p->constraints[p->n_constraints++];
    strcpy(c->op, op);
    gws_status status = read_side(p, a, &c->a, err);
    return status == GWS_OK ? read_side(p, b, &c->b, err) : status;
}

static gws_status read_transform(gws_population *p, gws_ini *ini, const char *section, gws_err *err)
{
    const char *name = gws_ini_string(ini, section, "name", "");
    if (strcmp(name, "mass1_mass2_to_mchirp_q") == 0)
        return GWS_OK; /* both are derived wherever they are written */
    if (strcmp(name, "chirp_distance_to_distance") == 0) {
        p->from_chirp_distance = 1;
        return GWS_OK;
    }
    if (strcmp(name, "spherical_to_cartesian") == 0 && p->n_spheres < 4) {
        static const char *const keys[6] = {"radial", "polar", "azimuthal", "x", "y", "z"};
        int index[6];
        for (int i = 0; i < 6; i++) {
            const char *value = gws_ini_string(ini, section, keys[i], NULL);
            index[i] = value ? value_of(p, value) : -1;
            if (index[i] < 0)
                return gws_err_set(err, GWS_EFORMAT, "population: [%s] wants %s", section, keys[i]);
            if (i >= 3)
                p->is_set[index[i]] = 1;
        }
        p->spheres[p->n_spheres++] = (spherical){index[0], index[1], index[2], index[3], index[4], index[5]};
        return GWS_OK;
    }
    return gws_err_set(err, GWS_EFORMAT, "population: [%s] name = %s: unknown transform", section, name);
}

static gws_status read_static(gws_population *p, const char *key, const char *value, gws_err *err)
{
    if (strcmp(key, "approximant") == 0) {
        if (strlen(value) >= sizeof p->approximant)
            return gws_err_set(err, GWS_EFORMAT, "population: approximant %s: name too long", value);
        strcpy(p->approximant, value);
        return GWS_OK;
    }
    char *end;
    double number = strtod(value, &end);
    if (end == value || *end != '\0')
        return GWS_OK; /* words such as taper = start describe PyCBC's making, not the source */
    int i = value_of(p, key);
    if (i < 0)
        return gws_err_set(err, GWS_EFORMAT, "population: too many static parameters");
    p->fixed[i] = number;
    p->is_set[i] = 1;
    return GWS_OK;
}

static gws_status read_all(gws_population *p, gws_ini *ini, gws_err *err)
{
    const char *section, *key, *value, *last = "";
    gws_status status = GWS_OK;
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
        last = section;
    }
    for (int i = 0; status == GWS_OK && gws_ini_entry(ini, i, &section, &key, &value); i++) {
        int v = strcmp(section, "variable_params") == 0 ? value_of(p, key) : 0;
        if (strcmp(section, "variable_params") == 0 && (v < 0 || !p->is_set[v]))
            status = gws_err_set(err, GWS_EFORMAT, "population: [variable_params] %s has no prior", key);
    }
    static const char *const need[] = {"mass1", "mass2", "f_lower"};
    for (size_t i = 0; status == GWS_OK && i < sizeof need / sizeof need[0]; i++)
        if (isnan(get(p, p->fixed, need[i], (double)NAN)))
            status = gws_err_set(err, GWS_EFORMAT, "population: %s is neither drawn nor fixed", need[i]);
    if (status == GWS_OK && isnan(get(p, p->fixed, p->from_chirp_distance ? "chirp_distance" : "distance", (double)NAN)))
        status = gws_err_set(err, GWS_EFORMAT, "population: %s is neither drawn nor fixed",
                             p->from_chirp_distance ? "chirp_distance" : "distance");
    for (int i = 0; status == GWS_OK && i < p->n_constraints; i++) {
        const side *sides[2] = {&p->constraints[i].a, &p->constraints[i].b};
        for (int s = 0; s < 2; s++)
            if (sides[s]->value >= 0 && !p->is_set[sides[s]->value])
                status = gws_err_set(err, GWS_EFORMAT, "population: a constraint names %s, which nothing sets",
                                     p->name[sides[s]->value]);
    }
    return status;
}

gws_population *gws_population_create(gws_ini *ini, gws_err *err)
{
    gws_ini *own = NULL;
    gws_population *p = calloc(1, sizeof *p);
    if (!p) {
        gws_err_set(err, GWS_ENOMEM, "population: no memory");
        return NULL;
    }
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

static void apply(const law *l, gws_rng *rng, double *values)
{
    double u = gws_rng_uniform(rng);
    switch (l->kind) {
    case LAW_POWER:
        if (l->dim == 1)
            values[l->to[0]] = l->lo + (l->hi - l->lo) * u;
        else
            values[l->to[0]] = pow(pow(l->lo, l->dim) + u * (pow(l->hi, l->dim) - pow(l->lo, l->dim)), 1 / l->dim);
        return;
    case LAW_LOG: values[l->to[0]] = l->lo * pow(l->hi / l->lo, u); return;
    case LAW_SIN: values[l->to[0]] = acos(1 - 2 * u); return;
    case LAW_COS: values[l->to[0]] = asin(2 * u - 1); return;
    case LAW_SPHERE:
        values[l->to[0]] = acos(1 - 2 * u);
        values[l->to[1]] = gws_rng_range(rng, 0, 2 * M_PI);
        return;
    case LAW_SKY:
        values[l->to[0]] = asin(2 * u - 1);
        values[l->to[1]] = gws_rng_range(rng, 0, 2 * M_PI);
        return;
    }
}

static int holds(const constraint *c, const double *values)
{
    double a = c->a.value < 0 ? c->a.number : values[c->a.value], b = c->b.value < 0 ? c->b.number : values[c->b.value];
    if (c->op[0] == '<')
        return c->op[1] ? a <= b : a < b;
    return c->op[1] ? a >= b : a > b;
}

gws_status gws_population_draw(const gws_population *p, gws_rng *rng, gws_source *out, gws_err *err)
{
    double v[N_VALUES];
    int tries = 0, good = 0;
    for (; !good && tries < MAX_TRIES; tries++) {
        memcpy(v, p->fixed, sizeof v);
        for (int i = 0; i < p->n_laws; i++)
            apply(&p->laws[i], rng, v);
        good = 1;
        for (int i = 0; i < p->n_constraints; i++)
            good = good && holds(&p->constraints[i], v);
    }
    if (!good)
        return gws_err_set(err, GWS_EDATA, "population: no draw of %d met the constraints", MAX_TRIES);
    for (int i = 0; i < p->n_spheres; i++) {
        const spherical *s = &p->spheres[i];
        v[s->x] = v[s->radial] * sin(v[s->polar]) * cos(v[s->azimuthal]);
        v[s->y] = v[s->radial] * sin(v[s->polar]) * sin(v[s->azimuthal]);
        v[s->z] = v[s->radial] * cos(v[s->polar]);
    }
    *out = (gws_source){0};
    gws_binary *b = &out->binary;
    b->mass1_msun = get(p, v, "mass1", 0);
    b->mass2_msun = get(p, v, "mass2", 0);
    static const char *const axis[3] = {"x", "y", "z"};
    for (int i = 0; i < 3; i++) {
        char name[16];
        snprintf(name, sizeof name, "spin1%s", axis[i]);
        b->spin1[i] = get(p, v, name, 0);
        snprintf(name, sizeof name, "spin2%s", axis[i]);
        b->spin2[i] = get(p, v, name, 0);
    }
    b->incl_rad = get(p, v, "inclination", 0);
    b->coa_phase_rad = get(p, v, "coa_phase", 0);
    b->f_lower_hz = get(p, v, "f_lower", 20);
    b->f_ref_hz = get(p, v, "f_ref", 0);
    b->distance_mpc = get(p, v, "distance", 0);
    if (p->from_chirp_distance)
        b->distance_mpc = get(p, v, "chirp_distance", 0) / gws_chirp_distance(1, b->mass1_msun, b->mass2_msun);
    out->ra_rad = get(p, v, "ra", 0);
    out->dec_rad = get(p, v, "dec", 0);
    out->psi_rad = get(p, v, "polarization", 0);
    return GWS_OK;
}
