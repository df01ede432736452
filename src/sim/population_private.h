/* population_private.h - what a population is; private to sim/: population.c reads it, population_draw.c draws from it. */
#ifndef GWS_SIM_POPULATION_PRIVATE_H
#define GWS_SIM_POPULATION_PRIVATE_H

#include "sim/population.h"

#define N_LAWS 40
#define N_VALUES 64
#define N_SPHERES 4

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

#endif
