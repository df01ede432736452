#include "nn/coherent.h"

#include "base/arena.h"
#include "base/clock.h"
#include "nn/filters.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    HOP = GWS_COHERENT_HOP,
    CAP = 512,  /* steps worked on at once */
    PIECE = 32, /* steps of one task */
    AFTER_MAX = 4096,
};

#define NEVER -1e30f /* log weight of what pads the last group */

struct gws_coherent {
    const gws_kernels *K;
    gws_pool *pool;
    int templates, groups, inputs, after, reach[GWS_COHERENT_INPUTS], most; /* most: the largest reach */
    float *mem;
    float *log_weight, *ones; /* (16 groups) */
    float *c, *scratch;       /* (CAP, 16 groups) */
    float *y, *bare;          /* (CAP) */
    int *best;                /* (CAP) */
    int64_t next_row, step;   /* wanted next; next_row is -1 after a reset */
    const float *rho[GWS_COHERENT_INPUTS];
    int64_t now; /* steps of this batch */
};

static int64_t floats(int templates)
{
    const int64_t row = (templates + GWS_PANEL - 1) / GWS_PANEL * GWS_PANEL;
    return 2 * row + 2 * CAP * row + 3 * CAP;
}

int64_t gws_coherent_bytes(int templates, int inputs)
{
    return (int64_t)sizeof(gws_coherent) + floats(templates) * (int64_t)sizeof(float);
}

static gws_status check(const gws_coherent_params *p, gws_err *err)
{
    if (p->templates < 1 || p->templates > GWS_FILTERS_MAX || p->inputs < 1 || p->inputs > GWS_COHERENT_INPUTS)
        return gws_err_set(err, GWS_EARG, "coherent statistic of %d templates in %d detectors, wanted 1 to %d in 1 to %d",
                           p->templates, p->inputs, GWS_FILTERS_MAX, GWS_COHERENT_INPUTS);
    if (p->after < 0 || p->after > AFTER_MAX)
        return gws_err_set(err, GWS_EARG, "coherent statistic: filters keep %d samples behind the merger, wanted 0 to %d", p->after,
                           AFTER_MAX);
    for (int i = 1; i < p->inputs; i++)
        if (p->reach[i] < 0 || p->reach[i] > GWS_REACH_MAX)
            return gws_err_set(err, GWS_EARG, "coherent statistic: detector %d is %d samples away, wanted 0 to %d", i, p->reach[i],
                               GWS_REACH_MAX);
    for (int k = 0; k < p->templates; k++)
        if (!isfinite(p->log_weight[k]))
            return gws_err_set(err, GWS_EARG, "coherent statistic: log weight of template %d is %g, wanted a finite number", k,
                               (double)p->log_weight[k]);
    return GWS_OK;
}

gws_coherent *gws_coherent_create(const gws_kernels *K, const gws_coherent_params *params, gws_pool *pool, gws_err *err)
{
    const int templates = params->templates;
    gws_coherent *c = NULL;
    if (check(params, err) != GWS_OK)
        return NULL;
    c = calloc(1, sizeof *c);
    if (!c || !(c->mem = gws_arena_alloc((size_t)floats(templates) * sizeof *c->mem)))
        goto fail;
    c->K = K;
    c->pool = pool;
    c->templates = templates;
    c->groups = (templates + GWS_PANEL - 1) / GWS_PANEL;
    c->inputs = params->inputs;
    c->after = params->after;
    for (int i = 1; i < params->inputs; i++) {
        c->reach[i] = params->reach[i];
        c->most = c->reach[i] > c->most ? c->reach[i] : c->most;
    }
    const int64_t row = (int64_t)c->groups * GWS_PANEL;
    c->log_weight = c->mem;
    c->ones = c->log_weight + row;
    c->c = c->ones + row;
    c->scratch = c->c + CAP * row;
    c->y = c->scratch + CAP * row;
    c->bare = c->y + CAP;
    c->best = (int *)(void *)(c->bare + CAP);
    for (int64_t k = 0; k < row; k++) {
        c->log_weight[k] = k < templates ? params->log_weight[k] : NEVER;
        c->ones[k] = 1.0f;
    }
    gws_coherent_reset(c);
    return c;

fail:
    gws_err_set(err, GWS_ENOMEM, "no memory for the coherent statistic of %d templates", templates);
    gws_coherent_destroy(c);
    return NULL;
}

void gws_coherent_destroy(gws_coherent *c)
{
    if (!c)
        return;
    gws_arena_free(c->mem);
    free(c);
}

void gws_coherent_reset(gws_coherent *c)
{
    c->next_row = -1;
}

/* A step waits for `most` rows behind it, and then its own eight rows and `most` in front of them are wanted. */
int64_t gws_coherent_history(const gws_coherent *c)
{
    return HOP + 2 * (int64_t)c->most;
}

/* Row `last` of a step leaves with its block. */
int64_t gws_coherent_delay(const gws_coherent *c)
{
    const int64_t block = GWS_DECIMATE * GWS_FILTERS_HEAD, in_a_block = GWS_FILTERS_HEAD / HOP;
    int64_t delay = 0;
    for (int64_t s = 0; s < in_a_block; s++) {
        const int64_t last = HOP * s + HOP - 1 + c->after + c->most;
        const int64_t at = last / GWS_FILTERS_HEAD * block + block - GWS_DECIMATE + GWS_DECIMATE_HALF - s * HOP * GWS_DECIMATE;
        delay = at > delay ? at : delay;
    }
    return delay;
}

static void step_task(void *user, int task, int thread)
{
    gws_coherent *c = user;
    const int64_t from = (int64_t)task * PIECE, n = c->now - from < PIECE ? c->now - from : PIECE;
    const int64_t row = (int64_t)c->groups * GWS_PANEL, rho_row = 2 * row;
    for (int group = 0; group < c->groups; group++) {
        const float *rho[GWS_COHERENT_INPUTS];
        for (int i = 0; i < c->inputs; i++)
            rho[i] = c->rho[i] + from * HOP * rho_row + (int64_t)group * 2 * GWS_PANEL;
        c->K->coherent(n, c->inputs, rho, rho_row, c->reach, c->c + from * row + group * GWS_PANEL, row);
    }
    for (int64_t s = from; s < from + n; s++) {
        float *x = c->c + s * row, *e = c->scratch + s * row, bare = x[0], top = x[0] + c->log_weight[0];
        int best = 0;
        for (int k = 0; k < c->templates; k++)
            bare = x[k] > bare ? x[k] : bare;
        for (int64_t k = 0; k < row; k++)
            x[k] += c->log_weight[k];
        for (int k = 1; k < c->templates; k++)
            if (x[k] > top) {
                top = x[k];
                best = k;
            }
        for (int64_t k = 0; k < row; k++)
            e[k] = x[k] - top;
        c->bare[s] = sqrtf(2.0f * bare);
        c->y[s] = top;
        c->best[s] = best;
    }
    c->K->exp(c->scratch + from * row, n * row);
    float sum[PIECE];
    c->K->dots(n, row, c->scratch + from * row, row, c->ones, 0.0f, sum, 0);
    for (int64_t s = 0; s < n; s++)
        c->y[from + s] += logf(sum[s]);
}

void gws_coherent_push(gws_coherent *c, int64_t t, const float *const *rho, int64_t n, gws_coherent_sink sink, void *user)
{
    const int64_t rho_row = 2 * (int64_t)c->groups * GWS_PANEL;
    if (t != c->next_row)
        c->step = gws_floor_div(t + HOP - 1, HOP);
    c->next_row = t + n;
    int64_t ready = gws_floor_div(t + n - c->after - c->most, HOP) - c->step;
    for (; ready > 0; ready -= c->now) {
        c->now = ready < CAP ? ready : CAP;
        for (int i = 0; i < c->inputs; i++)
            c->rho[i] = rho[i] + (HOP * c->step + c->after - t) * rho_row;
        gws_pool_run(c->pool, (int)((c->now + PIECE - 1) / PIECE), step_task, c);
        const gws_coherent_steps steps = {.step = c->step,
                                          .n = c->now,
                                          .y = c->y,
                                          .bare = c->bare,
                                          .best = c->best,
                                          .c = c->c,
                                          .c_row = rho_row / 2,
                                          .rho = c->rho};
        sink(user, &steps);
        c->step += c->now;
    }
}

static float power(const float *z)
{
    return fmaf(z[0], z[0], z[GWS_PANEL] * z[GWS_PANEL]);
}

void gws_coherent_features(const gws_coherent *c, const gws_coherent_steps *steps, int64_t i, int k, float *out)
{
    const int64_t row = 2 * (int64_t)c->groups * GWS_PANEL, column = k / GWS_PANEL * 2 * GWS_PANEL + k % GWS_PANEL;
    const float *at[GWS_COHERENT_INPUTS] = {NULL};
    int delay[GWS_COHERENT_INPUTS] = {0}, sample = 0;
    float most = -1.0f;
    for (int t = 0; t < HOP; t++) {
        const float *here[GWS_COHERENT_INPUTS];
        int shift[GWS_COHERENT_INPUTS] = {0};
        float sum = 0.0f;
        for (int d = 0; d < c->inputs; d++) {
            const float *z = steps->rho[d] + (i * HOP + t) * row + column;
            const int reach = d ? c->reach[d] : 0;
            float largest = -1.0f;
            here[d] = z;
            for (int s = -reach; s <= reach; s++)
                if (power(z + s * row) > largest) {
                    largest = power(z + s * row);
                    here[d] = z + s * row;
                    shift[d] = s;
                }
            sum += largest;
        }
        if (sum > most) {
            most = sum;
            sample = t;
            memcpy(at, here, sizeof at);
            memcpy(delay, shift, sizeof delay);
        }
    }
    const int I = c->inputs;
    const float *a = at[0] ? at[0] : steps->rho[0] + i * HOP * row + column; /* nothing is larger when rho is no number */
    for (int d = 0; d < I; d++) {
        const float *b = at[d] ? at[d] : steps->rho[d] + i * HOP * row + column;
        out[d] = power(b);
        out[I + d] = sqrtf(out[d]);
        if (d > 0) {
            out[2 * I + 2 * (d - 1)] = fmaf(a[0], b[0], a[GWS_PANEL] * b[GWS_PANEL]);
            out[2 * I + 2 * (d - 1) + 1] = fmaf(a[GWS_PANEL], b[0], -(a[0] * b[GWS_PANEL]));
            out[4 * I - 2 + d - 1] = (float)delay[d];
        }
    }
    out[5 * I - 3] = (float)sample;
}
