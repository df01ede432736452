#include "sim/population.h"
#include "sim/population_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_TRIES 1000
#define N_TEST 1000000 /* PyCBC's draws before the first row, and the most it draws at once */
#define N_TEST_WANTED 100

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
