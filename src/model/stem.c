#include "model/stem.h"

#include "base/arena.h"
#include "base/clock.h"
#include "nn/coherent.h"
#include "nn/filters.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    OF_ALL = 5, /* numbers of a row before those of the detectors */
    ROWS = 512, /* of x made at once: as many as the coherent statistic hands out */
    GROUP = 16,
};

struct gws_stem {
    const gws_kernels *K;
    gws_stem_shape shape;
    int n, of[GWS_MODEL_IFOS]; /* detectors that are there, and which of the shape's they are */
    int reach[GWS_MODEL_IFOS]; /* light travel from the first of them */
    int inputs;
    gws_filters *filters;
    gws_coherent *meeting;     /* none is pushed through it: it knows delay and history */
    float *log_weight, *place; /* (templates rounded up) */
};

struct gws_stemming {
    const gws_stem *s;
    gws_filtering *filtering;
    gws_coherent **coherent; /* (slides + 1) */
    int slides, now;         /* now: which one is pushed */
    float *x;                /* (ROWS, inputs) */
    float *part;             /* (templates rounded up) weights of the templates in one step */
    gws_stem_sink sink;
    void *const *user; /* (slides + 1) */
};

static int round_up(int n)
{
    return (n + GROUP - 1) / GROUP * GROUP;
}

/* Fill in what is known of the detectors: amplitudes, phases, delays, and the sample. */
static int of_ifos(int ifos)
{
    return ifos + 3 * (ifos - 1) + 1;
}

static int profile_at(int ifos)
{
    return round_up(OF_ALL + of_ifos(ifos));
}

int gws_stem_inputs(int ifos, int templates)
{
    return profile_at(ifos) + templates;
}

static gws_coherent *coherent_of(const gws_stem *s, gws_pool *pool, gws_err *err)
{
    return gws_coherent_create(s->K, &(gws_coherent_params){s->shape.templates, s->n, s->reach, s->shape.after, s->log_weight},
                               pool, err);
}

static void find_present(gws_stem *s)
{
    const gws_stem_shape *shape = &s->shape;
    for (int i = 0; i < shape->ifos; i++)
        if (!shape->present || shape->present >> i & 1)
            s->of[s->n++] = i;
    for (int k = 1; k < s->n; k++) {
        const int way = (s->of[0] ? shape->reach[s->of[0]] : 0) + shape->reach[s->of[k]];
        s->reach[k] = way < GWS_REACH_MAX ? way : GWS_REACH_MAX;
    }
}

gws_stem *gws_stem_create(const gws_kernels *K, const gws_stem_shape *shape, const float *filters, const float *log_weight,
                          const float *place, gws_err *err)
{
    const size_t row = (size_t)round_up(shape->templates > 0 ? shape->templates : 1);
    gws_stem *s = calloc(1, sizeof *s);
    if (!s)
        goto nomem;
    if (shape->ifos < 1 || shape->ifos > GWS_MODEL_IFOS) {
        gws_err_set(err, GWS_EARG, "a matched stem of %d detectors, wanted 1 to %d", shape->ifos, GWS_MODEL_IFOS);
        goto fail;
    }
    s->K = K;
    s->shape = *shape;
    find_present(s);
    s->inputs = gws_stem_inputs(shape->ifos, shape->templates);
    if (!(s->filters = gws_filters_create(K, shape->templates, shape->taps, filters, err)))
        goto fail;
    s->log_weight = gws_arena_alloc(row * sizeof *s->log_weight);
    s->place = gws_arena_alloc(row * sizeof *s->place);
    if (!s->log_weight || !s->place)
        goto nomem;
    memcpy(s->log_weight, log_weight, (size_t)shape->templates * sizeof *log_weight);
    memcpy(s->place, place, (size_t)shape->templates * sizeof *place);
    if (!(s->meeting = coherent_of(s, NULL, err)))
        goto fail;
    return s;
nomem:
    gws_err_set(err, GWS_ENOMEM, "no memory for a matched stem of %d templates", shape->templates);
fail:
    gws_stem_destroy(s);
    return NULL;
}

int64_t gws_stem_bytes(const gws_stem_shape *shape)
{
    return (int64_t)sizeof(gws_stem) + gws_filters_bytes(shape->templates, shape->taps) +
           gws_coherent_bytes(shape->templates, shape->ifos) + 2 * round_up(shape->templates) * (int64_t)sizeof(float);
}

void gws_stem_destroy(gws_stem *s)
{
    if (!s)
        return;
    gws_filters_destroy(s->filters);
    gws_coherent_destroy(s->meeting);
    gws_arena_free(s->log_weight);
    gws_arena_free(s->place);
    free(s);
}

int gws_stem_row(const gws_stem *s)
{
    return s->inputs;
}

const gws_filters *gws_stem_filters_of(const gws_stem *s)
{
    return s->filters;
}

static int most_reach(const gws_stem *s)
{
    int most = 0;
    for (int i = 1; i < s->n; i++)
        most = s->reach[i] > most ? s->reach[i] : most;
    return most;
}

int64_t gws_stem_reach(const gws_stem *s)
{
    return s->shape.after + most_reach(s);
}

gws_stem_steps gws_stem_steps_of(const gws_stem *s, int64_t begin, int64_t end)
{
    const int64_t rows = GWS_STEM_HOP / GWS_DECIMATE, most = most_reach(s), after = s->shape.after;
    gws_stem_steps out = {.first = gws_floor_div(begin + GWS_STEM_HOP - 1, GWS_STEM_HOP),
                          .end = gws_floor_div(gws_filters_ready(end) - after - most, rows),
                          .forgot = gws_floor_div(gws_filters_forgot(s->filters, begin) - after + most + rows - 1, rows)};
    out.end = out.end > out.first ? out.end : out.first;
    out.forgot = out.forgot > out.first ? out.forgot : out.first;
    return out;
}

int64_t gws_stem_delay(const gws_stem *s)
{
    return gws_coherent_delay(s->meeting);
}

static int64_t history_of(const gws_stem *s, int slides)
{
    return gws_coherent_history(s->meeting) + (int64_t)slides * (s->n - 1) * GWS_STEM_SLIDE;
}

gws_stemming *gws_stemming_create(const gws_stem *s, int block, gws_pool *pool, gws_err *err)
{
    return gws_stemming_create_slides(s, block, 0, pool, err);
}

gws_stemming *gws_stemming_create_slides(const gws_stem *s, int block, int slides, gws_pool *pool, gws_err *err)
{
    gws_stemming *m = calloc(1, sizeof *m);
    if (!m)
        goto nomem;
    m->s = s;
    m->slides = slides;
    if (!(m->coherent = calloc((size_t)slides + 1, sizeof *m->coherent)))
        goto nomem;
    for (int k = 0; k <= slides; k++)
        if (!(m->coherent[k] = coherent_of(s, pool, err)))
            goto fail;
    if (!(m->filtering = gws_filtering_create(s->filters, s->n, history_of(s, slides), block, pool, err)))
        goto fail;
    m->x = gws_arena_alloc((size_t)ROWS * (size_t)s->inputs * sizeof *m->x);
    m->part = gws_arena_alloc((size_t)round_up(s->shape.templates) * sizeof *m->part);
    if (!m->x || !m->part)
        goto nomem;
    return m;
nomem:
    gws_err_set(err, GWS_ENOMEM, "no memory for a stream through %d matched filters", s->shape.templates);
fail:
    gws_stemming_destroy(m);
    return NULL;
}

void gws_stemming_destroy(gws_stemming *m)
{
    if (!m)
        return;
    gws_filtering_destroy(m->filtering);
    for (int k = 0; k <= m->slides && m->coherent; k++)
        gws_coherent_destroy(m->coherent[k]);
    free(m->coherent);
    gws_arena_free(m->x);
    gws_arena_free(m->part);
    free(m);
}

void gws_stemming_reset(gws_stemming *m)
{
    gws_filtering_reset(m->filtering);
    for (int k = 0; k <= m->slides; k++)
        gws_coherent_reset(m->coherent[k]);
}

void gws_stemming_follow(gws_stemming *m, int ifo, const gws_gains *gains, int64_t offset)
{
    gws_filtering_follow(m->filtering, ifo, gains, offset);
}

/* Compute where in the bank the response of step i lies, and how far it spreads. */
static void of_all(gws_stemming *m, const gws_coherent_steps *c, int64_t i, float *x)
{
    const gws_stem *s = m->s;
    const int n = s->shape.templates;
    const float *row = c->c + i * c->c_row;
    float mean = 0.0f, squares = 0.0f;
    for (int k = 0; k < n; k++)
        m->part[k] = row[k] - c->y[i];
    s->K->exp(m->part, n);
    for (int k = 0; k < n; k++) {
        mean += m->part[k] * s->place[k];
        squares += m->part[k] * m->part[k];
    }
    x[0] = c->y[i] / GWS_STEM_UNIT;
    x[1] = c->bare[i] / 8.0f;
    x[2] = s->place[c->best[i]];
    x[3] = mean;
    x[4] = squares;
}

/* The loudest template in each detector; x is zero before. */
static void of_loudest(const gws_stemming *m, const gws_coherent_steps *c, int64_t i, float *x)
{
    const gws_stem *s = m->s;
    const int I = s->shape.ifos, n = s->n;
    float f[GWS_COHERENT_FEATURES(GWS_MODEL_IFOS)];
    gws_coherent_features(m->coherent[m->now], c, i, c->best[i], f);
    const float *amplitude = f + n, *product = f + 2 * n, *delay = f + 4 * n - 2;
    for (int d = 0; d < n; d++)
        x[s->of[d]] = amplitude[d] / 8.0f;
    for (int d = 1; d < n && s->of[0] == 0; d++) { /* phases and delays are those against detector 0 */
        const int place = s->of[d] - 1;
        const float size = amplitude[0] * amplitude[d];
        x[I + 2 * place] = size > 0.0f ? product[2 * (d - 1)] / size : 0.0f;
        x[I + 2 * place + 1] = size > 0.0f ? product[2 * (d - 1) + 1] / size : 0.0f;
        x[I + 2 * (I - 1) + place] = s->reach[d] > 0 ? delay[d - 1] / (float)s->reach[d] : 0.0f;
    }
    x[I + 3 * (I - 1)] = f[5 * n - 3] / 8.0f;
}

static void on_steps(void *user, const gws_coherent_steps *c)
{
    gws_stemming *m = user;
    const gws_stem *s = m->s;
    const int at = profile_at(s->shape.ifos);
    for (int64_t done = 0; done < c->n;) {
        const int64_t n = c->n - done < ROWS ? c->n - done : ROWS;
        memset(m->x, 0, (size_t)(n * s->inputs) * sizeof *m->x);
        for (int64_t i = 0; i < n; i++) {
            float *x = m->x + i * s->inputs;
            const float *row = c->c + (done + i) * c->c_row;
            of_all(m, c, done + i, x);
            of_loudest(m, c, done + i, x + OF_ALL);
            for (int k = 0; k < s->shape.templates; k++) {
                const float half = row[k] - s->log_weight[k];
                x[at + k] = half > 0.0f ? sqrtf(2.0f * half) / 8.0f : 0.0f; /* rounding alone can make it negative */
            }
        }
        m->sink(m->user[m->now], c->step + done, m->x, n);
        done += n;
    }
}

static void on_rho(void *user, int64_t t, const float *const *rho, int64_t n)
{
    gws_stemming *m = user;
    const int64_t row = gws_filters_row(m->s->filters);
    for (m->now = 0; m->now <= m->slides; m->now++) {
        const float *late[GWS_MODEL_IFOS];
        for (int i = 0; i < m->s->n; i++)
            late[i] = rho[i] - (int64_t)m->now * i * GWS_STEM_SLIDE * row;
        gws_coherent_push(m->coherent[m->now], t, late, n, on_steps, m);
    }
}

void gws_stemming_push(gws_stemming *m, int64_t sample, const float *const *w, int64_t n, gws_stem_sink sink, void *user)
{
    GWS_ASSERT(m->slides == 0);
    gws_stemming_push_slides(m, sample, w, n, sink, &user);
}

void gws_stemming_push_slides(gws_stemming *m, int64_t sample, const float *const *w, int64_t n, gws_stem_sink sink,
                              void *const *user)
{
    m->sink = sink;
    m->user = user;
    gws_filtering_push(m->filtering, sample, w, n, on_rho, m);
}

void gws_stemming_meet(gws_stemming *m, int64_t step, int64_t n, const float *const *rho, gws_stem_sink sink, void *user)
{
    const int64_t rows = GWS_STEM_HOP / GWS_DECIMATE;
    m->sink = sink;
    m->user = &user;
    m->now = 0;
    gws_coherent_reset(m->coherent[0]);
    gws_coherent_push(m->coherent[0], step * rows, rho, n * rows + gws_stem_reach(m->s), on_steps, m);
    gws_coherent_reset(m->coherent[0]);
}

int64_t gws_stemming_bytes(const gws_stem *s, int block, const gws_pool *pool)
{
    return gws_stemming_bytes_slides(s, block, 0, pool);
}

int64_t gws_stemming_bytes_slides(const gws_stem *s, int block, int slides, const gws_pool *pool)
{
    return (int64_t)sizeof(gws_stemming) + (slides + 1) * gws_coherent_bytes(s->shape.templates, s->n) +
           gws_filtering_bytes(s->filters, s->n, history_of(s, slides), block, pool) +
           ((int64_t)ROWS * s->inputs + round_up(s->shape.templates)) * (int64_t)sizeof(float);
}
