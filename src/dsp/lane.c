#include "dsp/lane.h"

#include "base/arena.h"
#include "base/clock.h"
#include "dsp/resample.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RUNS_AT_FIRST 64
#define NEVER (INT64_MAX / 2) /* later than any sample, with room to add to it */

struct gws_lane {
    int in_hz, rate_hz;
    int factor; /* strain samples for each whitened one */
    gws_resample *resample;
    gws_condition *condition;
    int64_t held_back; /* most samples by which the conditioner's output is behind its input */

    int started;       /* a push has come since the last reset */
    int64_t in_next;   /* strain sample expected next */
    int64_t cond_next; /* lowest index that may still be given to the conditioner */
    int64_t out_next;  /* end of the last whitened run */
    int in_segment;    /* the conditioner's last sample was a valid one */
    int64_t low;

    float *w; /* [begin, begin + n) are held */
    int64_t capacity, begin, n;
    gws_lane_run *runs; /* [run_begin, run_begin + n_runs) */
    int64_t run_capacity, run_begin, n_runs;
    gws_gains gains; /* of no width without a reference */
    int lost;
};

gws_lane *gws_lane_create(const gws_condition_params *params, int in_hz, int rate_hz, int64_t hold, gws_err *err)
{
    gws_lane *l = calloc(1, sizeof *l);

    GWS_ASSERT(params && rate_hz > 0 && in_hz % rate_hz == 0 && hold >= 0);
    if (!l) {
        gws_err_set(err, GWS_ENOMEM, "no memory for a detector");
        return NULL;
    }
    l->in_hz = in_hz;
    l->rate_hz = rate_hz;
    l->factor = in_hz / rate_hz;
    if (!(l->resample = gws_resample_create(in_hz, rate_hz, err)) || !(l->condition = gws_condition_create(params, rate_hz, err)))
        goto fail;
    l->held_back = gws_condition_delay(l->condition) + (int64_t)ceil(params->first_s * rate_hz) + 1;
    l->capacity = l->held_back + hold;
    l->run_capacity = RUNS_AT_FIRST;
    l->w = gws_arena_alloc((size_t)l->capacity * sizeof *l->w);
    l->runs = gws_arena_alloc((size_t)l->run_capacity * sizeof *l->runs);
    if (!l->w || !l->runs) {
        gws_err_set(err, GWS_ENOMEM, "no memory for %.0f s of whitened strain", (double)l->capacity / rate_hz);
        goto fail;
    }
    l->gains.width = params->reference ? params->reference->filters : 0;
    gws_lane_reset(l);
    return l;
fail:
    gws_lane_destroy(l);
    return NULL;
}

void gws_lane_destroy(gws_lane *l)
{
    if (!l)
        return;
    gws_resample_destroy(l->resample);
    gws_condition_destroy(l->condition);
    gws_arena_free(l->w);
    gws_arena_free(l->runs);
    gws_gains_clear(&l->gains);
    free(l);
}

void gws_lane_reset(gws_lane *l)
{
    l->started = l->in_segment = 0;
    l->in_next = l->cond_next = l->out_next = l->low = INT64_MIN;
    l->begin = l->n = l->run_begin = l->n_runs = 0;
    gws_gains_clear(&l->gains);
}

/* ---- what is held ---- */

/* Room for n more samples and one more run: first by moving what is held to the front, then by growing. */
static int reserve(gws_lane *l, int64_t n)
{
    if (l->begin + l->n + n > l->capacity) {
        if (l->n + n <= l->capacity && l->begin >= l->n) {
            memcpy(l->w, l->w + l->begin, (size_t)l->n * sizeof *l->w);
        } else {
            int64_t capacity = 2 * l->capacity > l->n + n ? 2 * l->capacity : l->n + n;
            float *w = gws_arena_alloc((size_t)capacity * sizeof *w);
            if (!w)
                return -1;
            memcpy(w, l->w + l->begin, (size_t)l->n * sizeof *w);
            gws_arena_free(l->w);
            l->w = w;
            l->capacity = capacity;
        }
        l->begin = 0;
    }
    if (l->run_begin + l->n_runs + 1 > l->run_capacity) {
        if (l->n_runs + 1 <= l->run_capacity && l->run_begin >= l->n_runs) {
            memcpy(l->runs, l->runs + l->run_begin, (size_t)l->n_runs * sizeof *l->runs);
        } else {
            gws_lane_run *runs = gws_arena_alloc((size_t)(2 * l->run_capacity) * sizeof *runs);
            if (!runs)
                return -1;
            memcpy(runs, l->runs + l->run_begin, (size_t)l->n_runs * sizeof *runs);
            gws_arena_free(l->runs);
            l->runs = runs;
            l->run_capacity *= 2;
        }
        l->run_begin = 0;
    }
    return 0;
}

const gws_gains *gws_lane_gains(const gws_lane *l)
{
    return l->gains.width > 0 ? &l->gains : NULL;
}

void gws_lane_drop(gws_lane *l, int64_t n)
{
    GWS_ASSERT(n >= 0 && n <= l->n);
    l->begin += n;
    l->n -= n;
    while (n > 0) {
        gws_lane_run *r = &l->runs[l->run_begin];
        int64_t k = r->n < n ? r->n : n;
        r->sample += k;
        r->n -= k;
        n -= k;
        if (r->n == 0) {
            l->run_begin++;
            l->n_runs--;
        }
    }
    if (l->gains.n > 1)
        gws_gains_drop(&l->gains, (l->n > 0 ? l->runs[l->run_begin].sample : l->out_next) - l->rate_hz / 2);
}

gws_lane_held gws_lane_look(const gws_lane *l)
{
    return (gws_lane_held){.w = l->w + l->begin, .n = l->n, .runs = l->runs + l->run_begin, .n_runs = l->n_runs};
}

/* ---- strain to whitened strain ---- */

static void on_whitened(void *user, int64_t sample, const float *w, int64_t n)
{
    gws_lane *l = user;
    gws_lane_run *last;

    l->out_next = sample + n;
    if (reserve(l, n) != 0 || (l->gains.width > 0 && gws_gains_add(&l->gains, sample, gws_condition_gains(l->condition)) != 0)) {
        l->lost = 1;
        gws_lane_drop(l, l->n);
        return;
    }
    memcpy(l->w + l->begin + l->n, w, (size_t)n * sizeof *w);
    l->n += n;
    last = l->n_runs > 0 ? &l->runs[l->run_begin + l->n_runs - 1] : NULL;
    if (last && last->sample + last->n == sample)
        last->n += n;
    else
        l->runs[l->run_begin + l->n_runs++] = (gws_lane_run){sample, n};
}

static void on_resampled(void *user, int64_t sample, const double *h, int64_t n)
{
    gws_lane *l = user;

    gws_condition_push(l->condition, sample, h, n, on_whitened, l);
    l->cond_next = sample + n;
    l->in_segment = isfinite(h[n - 1]);
}

/* Tell the conditioner that nothing comes before strain sample `end`, by giving it one absent sample there.  The segment
 * it may be in ends now instead of at the next valid sample, with the same output; without this a detector that stays away for days
 * would hold up what it has and everyone else. */
static void absent(gws_lane *l, int64_t end)
{
    const double none = (double)NAN;
    int64_t last = gws_floor_div(end - 1, l->factor);

    if (last < l->cond_next)
        return;
    gws_condition_push(l->condition, last, &none, 1, on_whitened, l);
    l->cond_next = last + 1;
    l->in_segment = 0;
}

void gws_lane_push(gws_lane *l, int64_t sample, const double *h, int64_t n)
{
    const double none = (double)NAN;

    if (!l->started) {
        l->started = 1;
        l->in_next = sample;
        l->cond_next = l->out_next = gws_floor_div(sample + l->factor - 1, l->factor);
        l->in_segment = 0;
    }
    GWS_ASSERT(sample >= l->in_next && n >= 0);
    if (sample > l->in_next) {
        gws_resample_push(l->resample, sample - 1, &none, 1, on_resampled, l);
        absent(l, sample);
        l->in_next = sample;
    }
    if (n > 0) {
        gws_resample_push(l->resample, sample, h, n, on_resampled, l);
        l->in_next = sample + n;
        if (!isfinite(h[n - 1]))
            absent(l, sample + n);
    }
    l->low = l->in_segment ? l->cond_next - l->held_back : l->cond_next;
    if (l->low < l->out_next)
        l->low = l->out_next;
}

void gws_lane_finish(gws_lane *l)
{
    gws_resample_finish(l->resample, on_resampled, l);
    gws_condition_finish(l->condition, on_whitened, l);
    l->low = NEVER;
}

/* ---- what is known of it ---- */

int64_t gws_lane_low(const gws_lane *l)
{
    return l->low;
}

int64_t gws_lane_end(const gws_lane *l)
{
    return l->out_next;
}

double gws_lane_delay_s(const gws_lane *l)
{
    return (double)gws_resample_delay(l->resample) / l->in_hz + (double)gws_condition_delay(l->condition) / l->rate_hz;
}

int gws_lane_lost(gws_lane *l)
{
    const int lost = l->lost;

    l->lost = 0;
    return lost;
}

void gws_lane_get_stats(const gws_lane *l, gws_condition_stats *out)
{
    gws_condition_get_stats(l->condition, out);
}
