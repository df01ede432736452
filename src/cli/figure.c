/* figure.c - what a figure keeps of a search; see figure.h. */
#include "cli/figure.h"

#include "base/clock.h"
#include "cli/figure_kept.h"

#include <math.h>
#include <stdlib.h>

#define RING (1 << 19)      /* whitened samples kept of each detector: 256 s at 2048 Hz */
#define STEP_RING (1 << 15) /* steps kept: 512 s at 64 Hz */
#define MARKS_MAX 2000

/* ---- rings ---- */

static int ring_create(gws_figure_ring *r, int64_t size)
{
    r->data = malloc(sizeof *r->data * (size_t)size);
    r->size = size;
    r->end = INT64_MIN;
    return r->data ? 0 : -1;
}

static void ring_push(gws_figure_ring *r, int64_t at, const float *x, int64_t n)
{
    if (r->end == INT64_MIN || at - r->end > r->size) {
        for (int64_t i = 0; i < r->size; i++)
            r->data[i] = NAN;
    } else {
        for (int64_t i = r->end; i < at; i++)
            r->data[i & (r->size - 1)] = NAN;
    }
    for (int64_t i = n > r->size ? n - r->size : 0; i < n; i++)
        r->data[(at + i) & (r->size - 1)] = x[i];
    r->end = at + n;
}

/* Copy [begin, begin + n); NaN where the ring has nothing. */
static void ring_copy(const gws_figure_ring *r, int64_t begin, int64_t n, float *out)
{
    for (int64_t i = begin; i < begin + n; i++)
        *out++ = r->end != INT64_MIN && i < r->end && i >= r->end - r->size ? r->data[i & (r->size - 1)] : NAN;
}

gws_figure *gws_figure_create(const gws_model_meta *meta, gws_head head, double threshold, int64_t zero_ns, gws_err *err)
{
    gws_figure *f = calloc(1, sizeof *f);
    int bad = f == NULL;

    if (bad)
        goto fail;
    f->meta = meta;
    f->head = head;
    f->zero_ns = zero_ns;
    f->threshold = isnan(threshold) ? meta->calibration[head].threshold : threshold;
    f->strain_n = (int64_t)((GWS_FIGURE_STRAIN_BEFORE + GWS_FIGURE_STRAIN_AFTER) * meta->rate_hz) + GWS_FIGURE_TAPS;
    f->logit_n = (int64_t)(2 * GWS_FIGURE_LOGIT_AROUND * meta->rate_hz / meta->hop);
    for (int i = 0; i < meta->n_ifo; i++) {
        bad |= ring_create(&f->strain[i], RING) != 0;
        bad |= !(f->strain_shown[i] = malloc(sizeof(float) * (size_t)f->strain_n));
    }
    for (int k = 0; k < 2; k++) {
        bad |= ring_create(&f->logit[k], STEP_RING) != 0;
        bad |= !(f->envelope[k] = malloc(sizeof(float) * GWS_FIGURE_ENVELOPE));
        bad |= !(f->logit_shown[k] = malloc(sizeof(float) * (size_t)f->logit_n));
    }
    bad |= !(f->triggers = malloc(sizeof *f->triggers * MARKS_MAX));
    bad |= !(f->injection_ns = malloc(sizeof *f->injection_ns * MARKS_MAX));
    bad |= !(f->injection_found = malloc(sizeof *f->injection_found * MARKS_MAX));
    if (!bad)
        return f;
fail:
    gws_figure_destroy(f);
    gws_err_set(err, GWS_ENOMEM, "no memory for the figure");
    return NULL;
}

void gws_figure_destroy(gws_figure *f)
{
    if (!f)
        return;
    for (int i = 0; i < GWS_MODEL_IFOS; i++) {
        free(f->strain[i].data);
        free(f->strain_shown[i]);
    }
    for (int k = 0; k < 2; k++) {
        free(f->logit[k].data);
        free(f->envelope[k]);
        free(f->logit_shown[k]);
    }
    free(f->triggers);
    free(f->injection_ns);
    free(f->injection_found);
    free(f);
}

void gws_figure_whitened(gws_figure *f, int ifo, int64_t sample, const float *w, int64_t n)
{
    ring_push(&f->strain[ifo], sample, w, n);
}

/* ---- logits ---- */

static void envelope_put(gws_figure *f, int64_t step, const float *y[2])
{
    int64_t i = (step - f->first_step) / f->bucket;

    while (i >= GWS_FIGURE_ENVELOPE) {
        for (int k = 0; k < 2; k++) {
            float *e = f->envelope[k];
            for (int64_t j = 0; j < GWS_FIGURE_ENVELOPE; j++)
                e[j] = 2 * j + 1 < GWS_FIGURE_ENVELOPE ? fmaxf(e[2 * j], e[2 * j + 1]) : NAN;
        }
        f->bucket *= 2;
        i = (step - f->first_step) / f->bucket;
    }
    for (int k = 0; k < 2; k++)
        f->envelope[k][i] = fmaxf(f->envelope[k][i], *y[k]); /* fmaxf passes over NaN */
}

void gws_figure_take_logits(gws_figure *f)
{
    for (int k = 0; k < 2; k++)
        ring_copy(&f->logit[k], f->logit_begin, f->logit_n, f->logit_shown[k]);
}

void gws_figure_logits(gws_figure *f, int64_t step, const float *y_spiking, const float *y_linear, int64_t n)
{
    if (!f->started) {
        f->started = 1;
        f->first_step = step;
        f->bucket = 1;
        for (int i = 0; i < GWS_FIGURE_ENVELOPE; i++)
            f->envelope[0][i] = f->envelope[1][i] = NAN;
    }
    for (int64_t i = 0; i < n; i++)
        envelope_put(f, step + i, (const float *[2]){y_spiking + i, y_linear + i});
    f->last_step = step + n;
    ring_push(&f->logit[0], step, y_spiking, n);
    ring_push(&f->logit[1], step, y_linear, n);
    if (f->logits_pending && f->last_step >= f->logit_begin + f->logit_n) {
        gws_figure_take_logits(f);
        f->logits_pending = 0;
    }
}

void gws_figure_trigger(gws_figure *f, const gws_trigger *t)
{
    int64_t centre = gws_sample_of_ns(t->gps_ns, f->meta->rate_hz);

    if (f->n_triggers < MARKS_MAX)
        f->triggers[f->n_triggers++] = *t;
    if (f->has_loudest && t->stat <= f->loudest.stat)
        return;
    f->has_loudest = 1;
    f->loudest = *t;
    f->strain_begin = centre - (int64_t)(GWS_FIGURE_STRAIN_BEFORE * f->meta->rate_hz) - GWS_FIGURE_TAPS / 2;
    for (int i = 0; i < f->meta->n_ifo; i++)
        ring_copy(&f->strain[i], f->strain_begin, f->strain_n, f->strain_shown[i]);
    f->logit_begin = gws_floor_div(centre, f->meta->hop) - f->logit_n / 2;
    f->logits_pending = 1;
    gws_figure_take_logits(f);
}

void gws_figure_injection(gws_figure *f, int64_t merger_ns, int found)
{
    if (f->n_injections == MARKS_MAX)
        return;
    f->injection_ns[f->n_injections] = merger_ns;
    f->injection_found[f->n_injections++] = found;
}
