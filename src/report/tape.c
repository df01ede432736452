/* tape.c - see tape.h. */
#include "report/tape.h"

#include "base/clock.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RING (1 << 19)      /* whitened samples of each detector: 256 s at 2048 Hz */
#define STEP_RING (1 << 15) /* 512 s */
#define MOST 200

/* The newest rows of a track, by absolute index. */
typedef struct ring {
    float *data;
    int64_t size, end; /* end: behind the newest; INT64_MIN when empty */
} ring;

struct gws_tape {
    const gws_model_meta *meta;
    int most, n;
    gws_taped *kept[MOST + 1]; /* by falling statistic */
    ring strain[GWS_MODEL_IFOS], logit[2];
    gws_gains gains[GWS_MODEL_IFOS]; /* of the strain that is held */
    int no_memory;
    float *envelope[2];
    int64_t first_step, last_step, bucket;
    int started;
};

static int ring_create(ring *r, int64_t size)
{
    r->data = malloc(sizeof *r->data * (size_t)size);
    r->size = size;
    r->end = INT64_MIN;
    return r->data ? 0 : -1;
}

static void ring_push(ring *r, int64_t at, const float *x, int64_t n)
{
    int64_t gap = r->end == INT64_MIN || at - r->end > r->size ? r->size : at - r->end;

    for (int64_t i = at - gap; i < at; i++)
        r->data[i & (r->size - 1)] = NAN;
    for (int64_t i = n > r->size ? n - r->size : 0; i < n; i++)
        r->data[(at + i) & (r->size - 1)] = x[i];
    r->end = at + n;
}

static void ring_copy(const ring *r, int64_t begin, int64_t n, float *out)
{
    for (int64_t i = begin; i < begin + n; i++)
        *out++ = r->end != INT64_MIN && i < r->end && i >= r->end - r->size ? r->data[i & (r->size - 1)] : NAN;
}

static void free_taped(gws_taped *k)
{
    if (!k)
        return;
    for (int i = 0; i < GWS_MODEL_IFOS; i++) {
        free(k->w[i]);
        gws_gains_clear(&k->gains[i]);
    }
    free(k->y[0]);
    free(k->y[1]);
    free(k);
}

gws_tape *gws_tape_create(const gws_model_meta *meta, int most, gws_err *err)
{
    gws_tape *t = calloc(1, sizeof *t);
    int bad = t == NULL;

    GWS_ASSERT(most >= 0);
    if (bad)
        goto fail;
    t->meta = meta;
    t->most = most < MOST ? most : MOST;
    t->bucket = 1;
    for (int i = 0; i < meta->n_ifo; i++)
        bad |= ring_create(&t->strain[i], RING) != 0;
    for (int k = 0; k < 2; k++) {
        bad |= ring_create(&t->logit[k], STEP_RING) != 0;
        bad |= !(t->envelope[k] = malloc(sizeof(float) * GWS_TAPE_ENVELOPE));
    }
    if (!bad)
        return t;
fail:
    gws_tape_destroy(t);
    gws_err_set(err, GWS_ENOMEM, "no memory for the triggers of a page");
    return NULL;
}

void gws_tape_destroy(gws_tape *t)
{
    if (!t)
        return;
    for (int i = 0; i < t->n; i++)
        free_taped(t->kept[i]);
    for (int i = 0; i < GWS_MODEL_IFOS; i++) {
        free(t->strain[i].data);
        gws_gains_clear(&t->gains[i]);
    }
    for (int k = 0; k < 2; k++) {
        free(t->logit[k].data);
        free(t->envelope[k]);
    }
    free(t);
}

/* The rows of `from` that hold from `begin` on, those later than the last of `to`, up to `end`; -1: no memory. */
static int add_gains(const gws_gains *from, int64_t begin, int64_t end, gws_gains *to)
{
    int bad = 0;

    to->width = from->width;
    for (int64_t i = from->n > 0 ? gws_gains_at(from, begin) : 0; i < from->n && from->from[i] < end && !bad; i++)
        if (to->n == 0 || from->from[i] > to->from[to->n - 1])
            bad = gws_gains_add(to, from->from[i], from->gain + i * from->width);
    return bad;
}

/* A trigger comes when its cluster is closed, and what is behind it later still: so each is filled until nothing new can come. */
static void fill(gws_tape *t, gws_taped *k)
{
    for (int i = 0; i < t->meta->n_ifo; i++) {
        ring_copy(&t->strain[i], k->sample, k->n_samples, k->w[i]);
        t->no_memory |= add_gains(&t->gains[i], k->sample, k->sample + k->n_samples, &k->gains[i]) != 0;
    }
    for (int h = 0; h < 2; h++)
        ring_copy(&t->logit[h], k->step, k->n_steps, k->y[h]);
}

/* New logits have come: an open trigger takes them, until all are there or the rings have lost its beginning. */
static void take_more(gws_tape *t, gws_taped *k)
{
    if (!k->open)
        return;
    if (t->logit[0].end - t->logit[0].size <= k->step)
        fill(t, k);
    k->open = t->logit[0].end - t->logit[0].size <= k->step && t->logit[0].end < k->step + k->n_steps;
}

void gws_tape_whitened(gws_tape *t, int ifo, int64_t sample, const float *w, int64_t n, const gws_gains *gains)
{
    ring_push(&t->strain[ifo], sample, w, n);
    if (!gains)
        return;
    t->no_memory |= add_gains(gains, sample, sample + n, &t->gains[ifo]) != 0;
    gws_gains_drop(&t->gains[ifo], sample + n - RING);
}

static void envelope_put(gws_tape *t, int64_t step, float y_spiking, float y_linear)
{
    const float y[2] = {y_spiking, y_linear};
    int64_t i = (step - t->first_step) / t->bucket;

    while (i >= GWS_TAPE_ENVELOPE) {
        for (int k = 0; k < 2; k++) {
            float *e = t->envelope[k];
            for (int64_t j = 0; j < GWS_TAPE_ENVELOPE; j++)
                e[j] = 2 * j + 1 < GWS_TAPE_ENVELOPE ? fmaxf(e[2 * j], e[2 * j + 1]) : NAN;
        }
        t->bucket *= 2;
        i = (step - t->first_step) / t->bucket;
    }
    for (int k = 0; k < 2; k++)
        t->envelope[k][i] = fmaxf(t->envelope[k][i], y[k]); /* fmaxf passes over NaN */
}

void gws_tape_logits(gws_tape *t, int64_t step, const float *y_spiking, const float *y_linear, int64_t n)
{
    if (!t->started) {
        t->started = 1;
        t->first_step = step;
        for (int i = 0; i < GWS_TAPE_ENVELOPE; i++)
            t->envelope[0][i] = t->envelope[1][i] = NAN;
    }
    for (int64_t i = 0; i < n; i++)
        envelope_put(t, step + i, y_spiking[i], y_linear[i]);
    t->last_step = step + n;
    ring_push(&t->logit[0], step, y_spiking, n);
    ring_push(&t->logit[1], step, y_linear, n);
    for (int k = 0; k < t->n; k++)
        take_more(t, t->kept[k]);
}

static gws_taped *make_taped(const gws_tape *t, const gws_trigger *trigger)
{
    const gws_model_meta *m = t->meta;
    gws_taped *k = calloc(1, sizeof *k);
    int bad = k == NULL;

    if (bad)
        return NULL;
    const int64_t at = gws_sample_of_ns(trigger->gps_ns, m->rate_hz);
    k->t = *trigger;
    k->open = 1;
    k->step = gws_floor_div(at - (int64_t)(GWS_TAPE_BEFORE_S * m->rate_hz), m->hop);
    k->n_steps = (int64_t)((GWS_TAPE_BEFORE_S + GWS_TAPE_AFTER_S) * m->rate_hz) / m->hop;
    k->sample = k->step * m->hop;
    k->n_samples = k->n_steps * m->hop;
    for (int i = 0; i < m->n_ifo; i++)
        bad |= !(k->w[i] = malloc(sizeof(float) * (size_t)k->n_samples));
    for (int h = 0; h < 2; h++)
        bad |= !(k->y[h] = malloc(sizeof(float) * (size_t)k->n_steps));
    if (!bad)
        return k;
    free_taped(k);
    return NULL;
}

gws_status gws_tape_trigger(gws_tape *t, const gws_trigger *trigger, gws_err *err)
{
    int at = t->n;

    while (at > 0 && t->kept[at - 1]->t.stat < trigger->stat)
        at--;
    if (at >= t->most)
        return GWS_OK;
    gws_taped *k = make_taped(t, trigger);
    if (!k || t->no_memory)
        return gws_err_set(err, GWS_ENOMEM, "no memory for the triggers of a page");
    fill(t, k);
    memmove(t->kept + at + 1, t->kept + at, (size_t)(t->n - at) * sizeof t->kept[0]);
    t->kept[at] = k;
    if (++t->n > t->most)
        free_taped(t->kept[--t->n]);
    return GWS_OK;
}

void gws_tape_finish(gws_tape *t)
{
    for (int k = 0; k < t->n; k++)
        if (t->kept[k]->open)
            fill(t, t->kept[k]);
}

int gws_tape_kept(const gws_tape *t)
{
    return t->n;
}

const gws_taped *gws_tape_at(const gws_tape *t, int i)
{
    return t->kept[i];
}

int gws_tape_envelope(const gws_tape *t, int64_t *step, int64_t *steps, const float *y[2])
{
    *step = t->first_step;
    *steps = t->bucket;
    y[0] = t->envelope[0];
    y[1] = t->envelope[1];
    return t->started ? (int)((t->last_step - t->first_step + t->bucket - 1) / t->bucket) : 0;
}
